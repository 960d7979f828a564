package lifecycle

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/filing"
	"zhengshu/internal/obligation"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules"
	"zhengshu/internal/rules/sx2021"
)

// The matters of Article 8(2) and (3).
const (
	ExitMatter       = "exit"
	ExitProofMatter  = "exit_proof"
	ExitDoneMatter   = "exit_done"
	ClosureMatter    = "closure"
	MergeMatter      = "merge"
	DeregisterMatter = "deregister"
	KeepMatter       = "keep"
	ClosureDone      = "closure_done"
	AbandonMatter    = "abandon"
)

// ExitChanges is the month of Article 8(2).
var ExitChanges = obligation.Kind{
	ID: "exit_changes", Name: "退出监管变更删除", Clause: "S8.2b", Citation: sx2021.ExitDomain.Citation,
	Says: "在1个月内变更域名、党政机关标识，删除政府网站标识码和我为政府网站找错", Remind: []int{14, 7, 3, 0}, Escalate: 1,
}

// ClosureSteps is the house's own clock on a closure that stands still: the
// article sets no last day for it as a whole.
var ClosureSteps = obligation.Kind{
	ID: "closure_steps", Name: "办结注销关停", Clause: "S8.3d", Citation: sx2021.ClosureDeregistration.Citation,
	Says: "迁移内容、悬挂公告满30天后逐项注销，并登记去向公告和变更状态", Remind: []int{30, 14, 7, 0}, Escalate: 3,
}

// States of an ending.
const (
	EndingOpen = "open"
	EndingDone = "done"
	EndingKept = "kept"
)

// Proof is what proves one end of an exit.
type Proof struct {
	Kind       string
	Value      string
	On         calendar.Date
	Attachment string
	By         string
	At         time.Time
}

// Ending is an exit or closure on its way.
type Ending struct {
	ID       string
	Object   registry.Ref
	Matter   string // exit, closure, merge
	Case     approval.CaseID
	Reason   string
	Document string // of the State Council office, for an exit
	Began    calendar.Date
	Into     string // the account a merged one goes into
	IntoName string // joined
	State    string
	Ended    calendar.Date
	Proofs   []Proof // of an exit
}

func (e Ending) proved(kind string) bool {
	return slices.ContainsFunc(e.Proofs, func(p Proof) bool { return p.Kind == kind })
}

func (e Ending) subject(o registry.Object) obligation.Subject {
	return obligation.Subject{Kind: "ending", ID: e.ID, Name: o.Name}
}

// endings of an object, newest first, with their proofs.
func (s *Service) endings(ctx context.Context, q db.Querier, ref registry.Ref) ([]Ending, error) {
	list, err := db.All(ctx, q, func(r db.Scanner) (Ending, error) {
		var e Ending
		err := r.Scan(&e.ID, &e.Object.Kind, &e.Object.ID, &e.Matter, &e.Case, &e.Reason, &e.Document, &e.Began, &e.Into, &e.IntoName, &e.State, &e.Ended)
		return e, err
	}, `SELECT e.id, e.object_kind, e.object_id, e.matter, e.case_id, e.reason, e.document, e.began_on, e.into_id, COALESCE(a.name, ''), e.state, e.ended_on
	      FROM ending e LEFT JOIN account a ON a.id = e.into_id WHERE e.object_kind = $1 AND e.object_id = $2 ORDER BY e.began_on DESC, e.id DESC`, ref.Kind, ref.ID)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if list[i].Proofs, err = db.All(ctx, q, func(r db.Scanner) (Proof, error) {
			var p Proof
			err := r.Scan(&p.Kind, &p.Value, &p.On, &p.Attachment, &p.By, &p.At)
			return p, err
		}, `SELECT kind, value, on_date, COALESCE(attachment_id, ''), done_by, done_at FROM ending_proof WHERE ending_id = $1 ORDER BY done_at`, list[i].ID); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// ending is the one under way.
func (s *Service) ending(ctx context.Context, q db.Querier, ref registry.Ref) (Ending, bool, error) {
	list, err := s.endings(ctx, q, ref)
	for _, e := range list {
		if e.State == EndingOpen {
			return e, true, err
		}
	}
	return Ending{}, false, err
}

func (s *Service) mustEnding(ctx context.Context, q db.Querier, ref registry.Ref) (Ending, error) {
	e, ok, err := s.ending(ctx, q, ref)
	if err == nil && !ok {
		err = fault.New(fault.Conflict, "没有正在办理的退出或关停，可能刚被别人办结，请刷新后再看。")
	}
	return e, err
}

const endSection = "申请事项"

// exitProofs are the five ends of an exit: what is changed, what is deleted.
var exitProofs = []struct {
	kind, name string
	objects    []sx2021.ObjectKind
}{
	{"domain", "英文域名已变更（不再使用 .gov.cn）", sites},
	{"chinese_domain", "中文域名已变更（不再使用 .政务）", sites},
	{"mark", "党政机关标识已变更", everything},
	{"site_code", "政府网站标识码已删除", sites},
	{"entrance", "“我为政府网站找错”入口已删除", everything},
}

// ProofName is an end in Chinese.
func ProofName(kind string) string {
	for _, p := range exitProofs {
		if p.kind == kind {
			return p.name
		}
	}
	return kind
}

// ExitProofs are the ends an exit of the kind of object has to prove.
func ExitProofs(k sx2021.ObjectKind) []string {
	var out []string
	for _, p := range exitProofs {
		if slices.Contains(p.objects, k) {
			out = append(out, p.kind)
		}
	}
	return out
}

func endingMatters() []Matter {
	live := []string{registry.Running, registry.TemporarilyOffline}
	closureFields := []Field{
		{Section: endSection, Name: "detail", Label: "具体情况", Kind: Paragraph, Max: 1000},
		{Section: endSection, Name: "destination", Label: "原有内容去向", Kind: Paragraph, Max: 500, Hint: "迁移到哪里、如何归档；批准后逐栏目确定"},
		contact, phone,
	}
	return []Matter{
		{
			ID: ExitMatter, Name: "退出监管", Group: EndGroup, Clause: "S8.2a", Citation: sx2021.ExitStateApproval.Citation, Objects: everything, From: live, Act: "begin_exit", Ends: true,
			Says: "因机构改革等不再具备行政职能的，附编制部门批复文件，逐级审核，报国务院办公厅审批同意；同意后1个月内完成变更和删除。",
			Way:  ToNation, By: Sponsor, Submit: "提交申请",
			Fields: []Field{
				{Section: endSection, Name: "functions_gone", Label: "主办单位不再具备行政职能", Kind: Yes, Judged: true},
				{Section: endSection, Name: "change", Label: "机构改革和职能变化情况", Kind: Paragraph, Max: 1000},
				{Section: endSection, Name: "document", Label: "编制部门批复文号", Max: 80},
				{Section: endSection, Name: "document_on", Label: "批复日期", Kind: DayField, Narrow: true},
				contact, phone,
			},
			Files: []File{{Kind: "establishment", Label: "编制部门批复文件"}, otherFile},
			judge: judgeExit, outcome: exitBegun,
		},
		{
			ID: ExitProofMatter, Name: "登记变更删除情况", Group: EndGroup, Clause: "S8.2b", Citation: sx2021.ExitDomain.Citation, Objects: everything, From: []string{registry.Exiting},
			Says: "国务院办公厅同意后1个月内，逐项登记域名、标识的变更和标识码、找错入口的删除，并附页面截图。",
			Way:  AtOnce, By: Sponsor, Submit: "登记",
			Fields: []Field{
				{Section: "变更删除", Name: "kind", Label: "事项", Kind: Choice, choices: exitProofChoices},
				{Section: "变更删除", Name: "value", Label: "变更结果", Max: 200, Hint: "变更的写明新的域名或标识；删除的写明删除位置"},
				{Section: "变更删除", Name: "on", Label: "完成日期", Kind: DayField, Narrow: true},
			},
			Files: []File{{Kind: "shot", Label: "前后对照截图", Must: true}}, ready: notAhead("on"), outcome: exitProved,
		},
		{
			ID: ExitDoneMatter, Name: "办结退出监管", Group: EndGroup, Clause: "S8.2b", Citation: sx2021.ExitDomain.Citation, Objects: everything, From: []string{registry.Exiting}, Act: "exit",
			Says: "主管单位核对各项变更删除后办结；办结后不再纳入检查和考核。",
			Way:  AtOnce, By: Supervisor, Submit: "办结退出监管", Warn: "办结后该网站（账号）不再纳入监管，不能恢复。",
			judge: judgeExitDone, outcome: exitDone,
		},
		{
			ID: ClosureMatter, Name: "注销关停", Group: EndGroup, Clause: "S8.3b", Citation: sx2021.ClosureConsent.Citation, Objects: everything, From: live, Act: "begin_closing", Ends: true,
			Says: "省政府办公厅同意后启动：迁移内容、悬挂公告不少于30天，随后逐项注销登记并公告内容去向。省市县三级政府门户网站和政务新媒体原则上不得关停。",
			Way:  ToProvince, By: Sponsor, Submit: "提交申请",
			Fields: append([]Field{{Section: endSection, Name: "reason", Label: "关停原因", Kind: Radio, Judged: true, Options: []Option{
				{string(sx2021.CannotMaintain), "无力维护", ""}, {string(sx2021.SponsorDissolved), "主办单位撤销合并", ""}, {string(sx2021.Consolidation), "按集约化要求", ""}}}}, closureFields...),
			Files: []File{otherFile}, judge: judgeClosure, outcome: closureBegun,
		},
		{
			ID: MergeMatter, Name: "整合到其他账号", Group: EndGroup, Clause: "S27.3", Citation: sx2021.Instrument + " 第二十七条", Objects: accounts, From: live, Act: "begin_closing", Ends: true,
			Says: "把功能相近、关注度和使用率低的账号整合到主账号：按集约化要求注销，内容并入主账号。",
			Way:  ToProvince, By: Sponsor, Submit: "提交申请",
			Fields: append([]Field{{Section: endSection, Name: "into", Label: "整合到", Kind: Choice, choices: mergeTargets, Hint: "本单位正在运行的其他账号（应用）"}}, closureFields...),
			Files:  []File{otherFile}, judge: judgeClosure, outcome: closureBegun,
		},
		{
			ID: DeregisterMatter, Name: "开始注销登记", Group: EndGroup, Clause: "S8.3d", Citation: sx2021.ClosureDeregistration.Citation, Objects: everything, From: []string{registry.Closing},
			Says: "内容处理完毕、关停迁移公告悬挂满30天后，向编制、通信、公安等部门和平台逐项注销。",
			Way:  AtOnce, By: Sponsor, Submit: "开始注销登记", judge: judgeDeregister, outcome: deregister,
			open: func(ctx context.Context, s *Service, q db.Querier, f *facts) (string, error) {
				e, ok, err := s.ending(ctx, q, f.object.Ref)
				if err != nil || !ok {
					return "没有正在办理的关停", err
				}
				st, err := s.filings.Standing(ctx, q, f.object.Ref, filing.Cancel, e.Case)
				if len(st.Items) > 0 {
					return "注销登记已经开始", err
				}
				return "", err
			},
		},
		{
			ID: KeepMatter, Name: "终止关停", Group: EndGroup, Clause: "S8.3b", Citation: sx2021.ClosureConsent.Citation, Objects: everything, From: []string{registry.Closing}, Act: "keep",
			Says: "尚未注销任何登记的，可以终止关停，恢复正常运行。",
			Way:  AtOnce, By: Sponsor, Submit: "终止关停",
			Fields: []Field{{Section: endSection, Name: "why", Label: "终止原因", Kind: Paragraph, Max: 500}}, ready: nothingCancelled, outcome: kept,
		},
		{
			ID: ClosureDone, Name: "办结注销关停", Group: EndGroup, Clause: "S8.3d", Citation: sx2021.ClosureDeregistration.Citation, Objects: everything, From: []string{registry.Closing}, Act: "close",
			Says: "迁移、公告、注销、变更状态和去向公告逐项有据，由主管单位核对后办结。",
			Way:  AtOnce, By: Supervisor, Submit: "办结注销关停", Warn: "办结后该网站（账号）列为已关停，不能恢复。",
			judge: judgeClosureDone, outcome: closed,
		},
		{
			ID: AbandonMatter, Name: "取消筹建", Group: OpenGroup, Clause: "S7.4a", Citation: sx2021.LaunchInOneYear.Citation, Objects: everything, From: []string{registry.Planned}, Act: "abandon",
			Says: "已批准但不再开设的，取消筹建；名额随之空出，上线期限终止。",
			Way:  AtOnce, By: Sponsor, Submit: "取消筹建", Warn: "取消后需要开设的，须重新申请。",
			Fields: []Field{{Section: endSection, Name: "why", Label: "取消原因", Kind: Paragraph, Max: 500}}, outcome: abandoned,
		},
	}
}

// notAhead keeps a date field from lying in the future.
func notAhead(name string) func(context.Context, *Service, db.Querier, *facts) error {
	return func(_ context.Context, _ *Service, _ db.Querier, f *facts) error {
		var w fault.Fields
		w.Check(!f.app.Day(name).After(f.on), name, "日期晚于今天，请核对")
		return w.Err()
	}
}

func judgeExit(_ context.Context, _ *Service, _ db.Querier, f *facts) (verdict, error) {
	var v verdict
	v.held = []rules.Rule{sx2021.ExitReason, sx2021.ExitEstablishment}
	if f.final {
		v.ask(sx2021.CheckExitApplication(sx2021.Exit{Object: f.object.Kind, FunctionsGone: f.app.Ticked("functions_gone"), EstablishmentDocument: f.has("establishment")}))
	}
	if f.caseID != "" {
		v.ask(sx2021.CheckExitApproved(sx2021.Exit{StateApproved: f.external.On}), sx2021.ExitStateApproval)
	}
	return v, nil
}

func exitBegun(ctx context.Context, s *Service, tx *db.Tx, f *facts) (string, error) {
	e := Ending{ID: ulid.Make().String(), Matter: f.matter.ID, Case: f.caseID, Reason: f.app.Text("change"), Document: f.external.Document, Began: f.external.On}
	if err := s.begin(ctx, tx, f.object, e, "begin_exit", "国务院办公厅同意退出监管："+e.Document); err != nil {
		return "", err
	}
	return "", s.obligations.Open(ctx, tx, obligation.Debt{Kind: ExitChanges.ID, Unit: f.object.Unit, Subject: e.subject(f.object), Link: CourseLink(f.object.Ref),
		Due: calendar.Due{On: sx2021.ExitBy(e.Began)}})
}

// begin opens an ending and moves the object into it; a window off the net ends
// with that.
func (s *Service) begin(ctx context.Context, tx *db.Tx, o registry.Object, e Ending, act, says string) error {
	if _, err := tx.Exec(ctx, `
		INSERT INTO ending (id, object_kind, object_id, matter, case_id, reason, document, began_on, into_id, state) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'open')`,
		e.ID, o.Kind, o.ID, e.Matter, e.Case, e.Reason, e.Document, e.Began, e.Into); err != nil {
		return fmt.Errorf("lifecycle: begin %s: %w", e.Matter, err)
	}
	if err := s.endWindow(ctx, tx, o, says); err != nil {
		return err
	}
	if w, ok, err := s.window(ctx, tx, o.Ref, approvedWindow); err != nil {
		return err
	} else if ok {
		if err := s.unused(ctx, tx, o, w, says); err != nil {
			return err
		}
	}
	_, err := s.registry.Move(ctx, tx, authz.System("lifecycle."+act), o.Ref, act, sx2021.Instrument, passage.Note{Says: says, CaseID: string(e.Case)})
	return err
}

func exitProofChoices(ctx context.Context, s *Service, q db.Querier, f *facts) ([]Option, error) {
	e, _, err := s.ending(ctx, q, f.object.Ref)
	var out []Option
	for _, k := range ExitProofs(f.object.Kind) {
		label := ProofName(k)
		if e.proved(k) {
			label += "（已登记，可更正）"
		}
		out = append(out, Option{Value: k, Label: label})
	}
	return out, err
}

func exitProved(ctx context.Context, s *Service, tx *db.Tx, f *facts) (string, error) {
	e, err := s.mustEnding(ctx, tx, f.object.Ref)
	if err != nil {
		return "", err
	}
	actor, _ := audit.ActorFrom(ctx)
	if _, err := tx.Exec(ctx, `
		INSERT INTO ending_proof (ending_id, kind, value, on_date, attachment_id, done_by, done_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (ending_id, kind) DO UPDATE SET value = excluded.value, on_date = excluded.on_date, attachment_id = excluded.attachment_id, done_by = excluded.done_by, done_at = excluded.done_at`,
		e.ID, f.app.Text("kind"), f.app.Text("value"), f.app.Day("on"), db.Null(f.kept["shot"]), actor.Name, tx.Now()); err != nil {
		return "", fmt.Errorf("lifecycle: prove exit: %w", err)
	}
	return "", nil
}

// lawExit is the exit as the article sees it.
func (e Ending) lawExit(o registry.Object) sx2021.Exit {
	return sx2021.Exit{Object: o.Kind, FunctionsGone: true, EstablishmentDocument: true, StateApproved: e.Began,
		DomainChanged: e.proved("domain") && e.proved("chinese_domain"), MarkChanged: e.proved("mark"), CodeDeleted: e.proved("site_code"), EntranceDeleted: e.proved("entrance")}
}

func judgeExitDone(ctx context.Context, s *Service, q db.Querier, f *facts) (verdict, error) {
	var v verdict
	e, err := s.mustEnding(ctx, q, f.object.Ref)
	if err != nil {
		return v, err
	}
	v.ask(sx2021.CheckExitDone(e.lawExit(f.object)), sx2021.ExitMark, sx2021.ExitReportEntrance)
	if f.object.Kind == sx2021.Site {
		v.held = append(v.held, sx2021.ExitDomain, sx2021.ExitSiteCode)
	}
	return v, nil
}

func exitDone(ctx context.Context, s *Service, tx *db.Tx, f *facts) (string, error) {
	return "", s.finish(ctx, tx, f, "exit", EndingDone, "域名、标识已变更，标识码和找错入口已删除", ExitChanges.ID)
}

// finish ends an ending and moves the object.
func (s *Service) finish(ctx context.Context, tx *db.Tx, f *facts, act, state, says, clock string) error {
	e, err := s.mustEnding(ctx, tx, f.object.Ref)
	if err != nil {
		return err
	}
	o, err := s.registry.Move(ctx, tx, authz.System("lifecycle."+act), f.object.Ref, act, sx2021.Instrument, passage.Note{Says: says, CaseID: string(e.Case)})
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE ending SET state = $2, ended_on = $3 WHERE id = $1`, e.ID, state, calendar.DateOf(tx.Now())); err != nil {
		return err
	}
	if state == EndingKept {
		_, err = s.obligations.Annul(ctx, tx, clock, e.subject(o), says)
		return err
	}
	if _, err = s.obligations.Discharge(ctx, tx, clock, e.subject(o), says); err != nil || o.Kind != sx2021.Site {
		return err
	}
	site, err := s.registry.SiteTx(ctx, tx, authz.System("lifecycle.end"), registry.SiteID(o.ID))
	if err != nil || !site.Monitored {
		return err
	}
	return s.registry.SetMonitored(ctx, tx, authz.System("lifecycle.end"), site.ID, false)
}

func judgeClosure(ctx context.Context, s *Service, q db.Querier, f *facts) (verdict, error) {
	var v verdict
	c := sx2021.Closure{Object: f.object.Kind, Unit: f.law, Reason: closureReason(f)}
	if !f.final && c.Reason == "" {
		c.Reason = sx2021.CannotMaintain // not chosen yet is no breach yet
	}
	v.ask(sx2021.CheckClosureApplication(c, s.settings()), sx2021.GovernmentStaysOpen, sx2021.ClosureReasonListed)
	return v, nil
}

func closureReason(f *facts) sx2021.ClosureReason {
	if f.matter.ID == MergeMatter {
		return sx2021.Consolidation
	}
	return sx2021.ClosureReason(f.app.Text("reason"))
}

// mergeTargets are the other accounts of the holder that run.
func mergeTargets(ctx context.Context, s *Service, q db.Querier, f *facts) ([]Option, error) {
	units, err := s.accountUnits(ctx, q, f.holder)
	if err != nil {
		return nil, err
	}
	held, err := s.heldAccounts(ctx, q, units, f.object.ID)
	var out []Option
	for _, h := range held {
		if h.state == registry.Running && h.kind == f.object.Kind {
			out = append(out, Option{Value: h.id, Label: registry.Platforms[h.platform] + " " + h.name})
		}
	}
	return out, err
}

func closureBegun(ctx context.Context, s *Service, tx *db.Tx, f *facts) (string, error) {
	e := Ending{ID: ulid.Make().String(), Matter: f.matter.ID, Case: f.caseID, Reason: string(closureReason(f)), Began: f.on, Into: f.app.Text("into")}
	says := "省政府办公厅同意关停"
	if e.Into != "" {
		into, err := s.registry.Account(ctx, tx, authz.System("lifecycle.merge"), registry.AccountID(e.Into))
		if err != nil {
			return "", err
		}
		says = "省政府办公厅同意整合到“" + into.Name + "”"
	}
	if err := s.begin(ctx, tx, f.object, e, "begin_closing", says); err != nil {
		return "", err
	}
	if _, err := s.closings.Begin(ctx, tx, f.object, f.caseID); err != nil {
		return "", err
	}
	if err := s.closings.Consent(ctx, tx, f.object.Ref, f.caseID); err != nil {
		return "", err
	}
	if err := s.owe(ctx, tx, sx2021.ClosureNotice, f.object, f.caseID, f.on); err != nil {
		return "", err
	}
	return "", s.obligations.Open(ctx, tx, obligation.Debt{Kind: ClosureSteps.ID, Unit: f.object.Unit, Subject: e.subject(f.object), Link: CourseLink(f.object.Ref),
		Due: calendar.Due{On: f.on.AddDays(s.settings().ClosureDays)}})
}

// lawClosure is the closure as the article sees it now.
func (s *Service) lawClosure(ctx context.Context, q db.Querier, o registry.Object, e Ending) (sx2021.Closure, error) {
	c := sx2021.Closure{Object: o.Kind, Reason: sx2021.ClosureReason(e.Reason), ProvinceConsented: e.Began}
	progress, err := s.closings.Progress(ctx, q, o.Ref)
	if err != nil {
		return c, err
	}
	c.MigrationComplete = progress.MigrationComplete
	hung, err := s.notices.Standing(ctx, q, o.Ref, sx2021.ClosureNotice)
	if err != nil {
		return c, err
	}
	c.NoticeFirst, c.NoticeAbsent = hung.First, hung.Absent
	st, err := s.filings.Standing(ctx, q, o.Ref, filing.Cancel, e.Case)
	if err != nil {
		return c, err
	}
	c.Needed, c.Cancelled = st.Deregistrations()
	national, err := s.filings.Standing(ctx, q, o.Ref, filing.Change, e.Case)
	if err != nil {
		return c, err
	}
	c.NationalStatus = national.Proved(filing.NationalStatus)
	destination, err := s.notices.Standing(ctx, q, o.Ref, sx2021.DestinationNotice)
	c.DestinationNotice = destination.Owed && destination.Seen
	return c, err
}

// noticeRule is the half of the sentence on the notice that can be judged now:
// one that does not hang has not hung thirty days either.
func noticeRule(c sx2021.Closure) rules.Rule {
	if c.NoticeFirst.IsZero() {
		return sx2021.ClosureNoticeHung
	}
	return sx2021.ClosureNoticeDays
}

func judgeDeregister(ctx context.Context, s *Service, q db.Querier, f *facts) (verdict, error) {
	var v verdict
	e, err := s.mustEnding(ctx, q, f.object.Ref)
	if err != nil {
		return v, err
	}
	c, err := s.lawClosure(ctx, q, f.object, e)
	if err != nil {
		return v, err
	}
	v.ask(sx2021.CheckDeregister(c, f.on), sx2021.ClosureConsent, sx2021.ClosureMigration, noticeRule(c))
	return v, nil
}

// deregister opens an item for everything the object has registered, and the
// notice of where the content went.
func deregister(ctx context.Context, s *Service, tx *db.Tx, f *facts) (string, error) {
	e, err := s.mustEnding(ctx, tx, f.object.Ref)
	if err != nil {
		return "", err
	}
	has, err := s.registered(ctx, tx, f.object)
	if err != nil {
		return "", err
	}
	due := calendar.Due{On: f.on.AddDays(s.settings().CancelDays)}
	for _, d := range sx2021.Deregistrations(f.object.Kind) {
		if !has[d] {
			continue
		}
		if _, err := s.filings.Open(ctx, tx, filing.Item{Object: f.object, Kind: filing.Kind(d), Act: filing.Cancel, Case: e.Case, Due: due}); err != nil {
			return "", err
		}
	}
	if f.object.Kind == sx2021.Site {
		if _, err := s.filings.Open(ctx, tx, filing.Item{Object: f.object, Kind: filing.NationalStatus, Act: filing.Change, Case: e.Case, Due: due}); err != nil {
			return "", err
		}
	}
	return "", s.oweDestination(ctx, tx, f.object, e)
}

// registered says which registrations the object has, by the ledger.
func (s *Service) registered(ctx context.Context, q db.Querier, o registry.Object) (map[sx2021.Deregistration]bool, error) {
	if o.Kind == sx2021.Account {
		return map[sx2021.Deregistration]bool{sx2021.CancelAccount: true}, nil
	}
	if o.Kind == sx2021.App {
		st, err := s.filings.Standing(ctx, q, o.Ref, filing.Register, "")
		return map[sx2021.Deregistration]bool{sx2021.CancelAccount: true, sx2021.CancelICP: st.Proved(filing.ICP)}, err
	}
	site, err := s.registry.SiteTx(ctx, q, authz.System("lifecycle.registered"), registry.SiteID(o.ID))
	return map[sx2021.Deregistration]bool{sx2021.CancelMark: site.PartyGovMark != "", sx2021.CancelChineseDomain: site.ChineseDomain != "", sx2021.CancelICP: site.ICP != "",
		sx2021.CancelPoliceFiling: site.PoliceFiling != "", sx2021.CancelEnglishDomain: site.Host != ""}, err
}

// oweDestination opens the notice of where the content went, once.
func (s *Service) oweDestination(ctx context.Context, tx *db.Tx, o registry.Object, e Ending) error {
	st, err := s.notices.Standing(ctx, tx, o.Ref, sx2021.DestinationNotice)
	if err != nil || st.Owed {
		return err
	}
	return s.owe(ctx, tx, sx2021.DestinationNotice, o, e.Case, calendar.DateOf(tx.Now()))
}

// nothingCancelled keeps a closure from ending once something is given up.
func nothingCancelled(ctx context.Context, s *Service, q db.Querier, f *facts) error {
	e, err := s.mustEnding(ctx, q, f.object.Ref)
	if err != nil {
		return err
	}
	st, err := s.filings.Standing(ctx, q, f.object.Ref, filing.Cancel, e.Case)
	if err != nil {
		return err
	}
	var gone []string
	for _, i := range st.Items {
		if i.Done() {
			gone = append(gone, i.Kind.Name())
		}
	}
	if len(gone) > 0 {
		return fault.Newf(fault.Conflict, "已注销%s，不能终止关停；需要继续开办的，请办结后重新申请开设。", strings.Join(gone, "、"))
	}
	return nil
}

func kept(ctx context.Context, s *Service, tx *db.Tx, f *facts) (string, error) {
	e, err := s.mustEnding(ctx, tx, f.object.Ref)
	if err != nil {
		return "", err
	}
	why := "终止关停：" + f.app.Text("why")
	if err := s.closings.Stop(ctx, tx, f.object.Ref, why); err != nil {
		return "", err
	}
	for _, k := range []sx2021.NoticeKind{sx2021.ClosureNotice, sx2021.DestinationNotice} {
		if _, err := s.notices.Annul(ctx, tx, f.object.Ref, k, why); err != nil {
			return "", err
		}
	}
	if err := s.filings.Annul(ctx, tx, f.object.Ref, e.Case, why); err != nil {
		return "", err
	}
	return "", s.finish(ctx, tx, f, "keep", EndingKept, why, ClosureSteps.ID)
}

func judgeClosureDone(ctx context.Context, s *Service, q db.Querier, f *facts) (verdict, error) {
	var v verdict
	e, err := s.mustEnding(ctx, q, f.object.Ref)
	if err != nil {
		return v, err
	}
	c, err := s.lawClosure(ctx, q, f.object, e)
	if err != nil {
		return v, err
	}
	// What the object has registered and nobody began to cancel is not cancelled.
	has, err := s.registered(ctx, q, f.object)
	if err != nil {
		return v, err
	}
	for _, d := range sx2021.Deregistrations(f.object.Kind) {
		if has[d] && !slices.Contains(c.Needed, d) {
			c.Needed = append(c.Needed, d)
		}
	}
	v.ask(sx2021.CheckClosureDone(c, f.on), sx2021.ClosureMigration, noticeRule(c), sx2021.ClosureDeregistration, sx2021.ClosureDestination)
	if f.object.Kind == sx2021.Site {
		v.held = append(v.held, sx2021.ClosureStatus)
	}
	return v, nil
}

func closed(ctx context.Context, s *Service, tx *db.Tx, f *facts) (string, error) {
	e, err := s.mustEnding(ctx, tx, f.object.Ref)
	if err != nil {
		return "", err
	}
	says := "迁移、公告、注销逐项办结"
	if e.IntoName != "" {
		says += "，已整合到“" + e.IntoName + "”"
	}
	if err := s.closings.Close(ctx, tx, f.object.Ref, says); err != nil {
		return "", err
	}
	return "", s.finish(ctx, tx, f, "close", EndingDone, says, ClosureSteps.ID)
}

func abandoned(ctx context.Context, s *Service, tx *db.Tx, f *facts) (string, error) {
	why := f.app.Text("why")
	o, err := s.registry.Move(ctx, tx, authz.System("lifecycle.abandon"), f.object.Ref, "abandon", sx2021.LaunchInOneYear.Citation, passage.Note{Says: why, CaseID: f.object.CaseID})
	if err != nil {
		return "", err
	}
	if _, err := s.obligations.Annul(ctx, tx, LaunchObligation.ID, subjectOf(o), "取消筹建："+why); err != nil {
		return "", err
	}
	return "", s.filings.Annul(ctx, tx, o.Ref, approval.CaseID(o.CaseID), "取消筹建："+why)
}
