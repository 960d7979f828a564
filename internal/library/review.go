package library

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/notify"
	"zhengshu/internal/obligation"
	"zhengshu/internal/passage"
	"zhengshu/internal/prose"
	"zhengshu/internal/rules"
	"zhengshu/internal/rules/sx2021"
)

// WaivedInterpretation is the clock of a policy file let out before its
// interpretation (readings 20).
var WaivedInterpretation = obligation.Kind{
	ID: "waived_interpretation", Name: "缓发的政策解读", Clause: "S14.3a", Citation: "陕政公开办〔2021〕18号 第十四条（三）",
	Says: "发布政策解读并与政策文件相互关联", Remind: []int{0}, Escalate: 1,
}

// Submission is how an author sends an item to review.
type Submission struct {
	Version int // the version the author was looking at
	// Reason is a word to the reviewers. Why a remark of the checks stands is
	// said remark by remark (GiveReasons).
	Reason string
	// RepostReason asks for leave to repost from a known body that is on no
	// list; the second review decides (readings 14).
	RepostReason string
	// Emergency says why the item takes the emergency lane: one reviewer now,
	// another afterwards. Empty is the usual route.
	Emergency string
}

// lane is how a submission goes beside what its author says.
type lane struct {
	pack  string       // the package it goes with
	grade sx2021.Grade // of the package: its most important item's
}

// Submit sends the newest version to its first review. Serious results of the
// checks, an unknown source, and units not consulted refuse it.
func (s *Service) Submit(ctx context.Context, scope authz.Scope, id ItemID, n Submission) (Item, error) {
	v, e, err := s.reinspect(ctx, scope, id)
	if err != nil {
		return Item{}, err
	}
	var it Item
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		if it, err = s.ItemTx(ctx, tx, scope, id); err != nil {
			return err
		}
		if err := s.alone(ctx, tx, it); err != nil {
			return err
		}
		it, err = s.submit(ctx, tx, scope, id, n, v, e, lane{})
		return err
	})
	return it, err
}

func (s *Service) submit(ctx context.Context, tx *db.Tx, scope authz.Scope, id ItemID, n Submission, v Version, e examined, l lane) (Item, error) {
	n.Reason, n.RepostReason, n.Emergency = oneLine(n.Reason), oneLine(n.RepostReason), oneLine(n.Emergency)
	if len([]rune(n.Emergency)) > 200 {
		return Item{}, fault.New(fault.Invalid, "应急发布的理由超过 200 字。").On("emergency", "请压缩到 200 字以内")
	}
	it, err := s.ItemTx(ctx, tx, scope, id)
	if err != nil {
		return it, err
	}
	if err := s.stale(ctx, tx, it, n.Version); err != nil {
		return it, err
	}
	if v.No != it.Version {
		return it, fault.New(fault.Conflict, "稿件刚被保存为新版本，请刷新后再送审。")
	}
	if err := s.keepResults(ctx, tx, id, v.SHA256, e); err != nil {
		return it, err
	}
	if err := ready(v); err != nil {
		return it, err
	}
	if err := s.translated(ctx, tx, it); err != nil {
		return it, err
	}
	if err := unfit(e.stand); err != nil {
		return it, err
	}
	if err := s.askInvolved(ctx, tx, it); err != nil {
		return it, err
	}
	breaches, err := s.mayEnterReview(ctx, tx, v, n)
	if err != nil {
		return it, err
	}
	if len(breaches) > 0 {
		f := fault.New(fault.Refused, "这篇稿件现在不能送审，请按下列依据改正。").Because(rules.Reasons(breaches)...)
		for _, b := range breaches {
			switch b.Rule {
			case sx2021.RepostSource, sx2021.ContentSourceKnown:
				f.On("source", b.Detail)
			case sx2021.ConsultedBefore:
				f.On("consulted", b.Detail)
			}
		}
		return it, f
	}
	route, err := s.routeOf(ctx, tx, it, v, n, l)
	if err != nil {
		return it, err
	}
	person, name, err := writer(ctx)
	if err != nil {
		return it, err
	}
	before := it.State
	if _, it.State, err = Machine.Take(ctx, tx, string(id), "submit", passage.Note{Says: n.Reason}); err != nil {
		return it, err
	}
	it.Round, it.Stage = it.Round+1, route.Steps[0].Stage
	if _, err := tx.Exec(ctx, `
		INSERT INTO item_submission (item_id, round, version_no, stages, reason, repost_reason, emergency, route_id, package_id, person_id, person_name, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		id, it.Round, it.Version, len(route.Steps), n.Reason, n.RepostReason, n.Emergency, db.Null(route.ID), l.pack, person, name, tx.Now()); err != nil {
		return it, fmt.Errorf("library: submit: %w", err)
	}
	if err := keepRoute(ctx, tx, id, it.Round, route.Steps); err != nil {
		return it, err
	}
	if _, err := tx.Exec(ctx, `UPDATE item SET state = $2, stage = $3, round = $4, updated_at = $5 WHERE id = $1`, id, it.State, it.Stage, it.Round, tx.Now()); err != nil {
		return it, err
	}
	if err := s.owe(ctx, tx, it, route.Steps[0]); err != nil {
		return it, err
	}
	doc, err := prose.Parse([]byte(v.Doc))
	if err != nil {
		return it, err
	}
	if err := s.askOutside(ctx, tx, id, v.No, doc); err != nil {
		return it, err
	}
	if n.Emergency != "" {
		if _, err := notify.Send(ctx, tx, notify.Message{Key: fmt.Sprintf("item:%s:emergency:%d", id, it.Round), Unit: string(it.Unit), Urgent: true, Title: "应急发布请审核：" + it.Title, Body: n.Emergency, Link: it.Link() + "/review"}); err != nil {
			return it, err
		}
	}
	return it, audit.Record(ctx, tx, audit.Entry{Act: "library.item.submit", Basis: "第十九条（三）", Target: it.Target(), Before: before,
		After: map[string]any{"version": it.Version, "sha256": v.SHA256, "round": it.Round, "steps": route.Steps, "route": route.ID, "reason": n.Reason, "repost_reason": n.RepostReason, "emergency": n.Emergency, "package": l.pack}})
}

// routeOf is the route of a submission.
func (s *Service) routeOf(ctx context.Context, tx *db.Tx, it Item, v Version, n Submission, l lane) (Route, error) {
	if n.Emergency != "" {
		if n.RepostReason != "" {
			return Route{}, fault.New(fault.Refused, "稿源名单外的转载要经复审同意，不能走应急通道。").On("emergency", "请改用一般流程")
		}
		return Route{Steps: urgent()}, nil
	}
	grade := sx2021.Ordinary
	if v.Important || l.grade == sx2021.Important {
		grade = sx2021.Important
	}
	r, err := s.routeFor(ctx, tx, it.Unit, grade)
	if err == nil && n.RepostReason != "" { // the second review decides on it
		r = lifted(r, max(3, s.settings().ImportantReviews), s.settings())
	}
	return r, err
}

// reinspect reads the newest version and checks it with today's lists, before
// the transaction: reading takes longer than a writer should wait. What the
// same rules said of the same text is used again.
func (s *Service) reinspect(ctx context.Context, scope authz.Scope, id ItemID) (Version, examined, error) {
	it, err := s.Item(ctx, scope, id)
	if err != nil {
		return Version{}, examined{}, err
	}
	v, err := version(ctx, s.db, id, it.Version)
	if err != nil {
		return Version{}, examined{}, err
	}
	e, err := s.resultsOf(ctx, s.db, it, v)
	return v, e, err
}

// ready refuses a text that is not finished, and questions of its type that
// are not answered.
func ready(v Version) error {
	if err := v.unanswered(); err != nil {
		return err
	}
	d, err := prose.Parse([]byte(v.Doc))
	if err != nil {
		return err
	}
	if d.Blank() {
		return fault.New(fault.Invalid, "正文还是空的，不能送审。").On("text", "请填写正文")
	}
	if d.Unsettled() {
		return fault.New(fault.Invalid, "正文里还有未处理的批注或修订，不能送审。").On("text", "请接受或拒绝全部修订，并删除批注")
	}
	return nil
}

func (s *Service) mayEnterReview(ctx context.Context, tx *db.Tx, v Version, n Submission) ([]rules.Breach, error) {
	var out []rules.Breach
	if v.Origin == Repost {
		if v.SourceAt.IsZero() || v.SourceAt.After(tx.Now()) {
			return nil, fault.New(fault.Invalid, "转载要注明原文的发布时间，不能晚于现在。").On("source_at", "请填写原文发布时间，例如 2026-03-01 09:00")
		}
		r, err := s.repost(ctx, tx, v.Meta)
		if err != nil {
			return nil, err
		}
		if n.RepostReason != "" { // the second review will say yes or no
			r.SecondReviewer, r.SecondReason = "待复审", n.RepostReason
		}
		out = sx2021.CheckRepost(r)
	}
	asked, err := askings(ctx, tx, v.Item)
	if err != nil {
		return nil, err
	}
	consulted, awaited, _ := heard(asked, v.Meta)
	// Those that are being asked need not have answered yet.
	for _, b := range sx2021.CheckReview(sx2021.Reviewed{Author: v.AuthorID, Opinions: []sx2021.Opinion{{Stage: sx2021.FinalReview}},
		Involves: List(v.Involves), Consulted: append(consulted, awaited...)}, s.settings()) {
		if b.Rule == sx2021.ConsultedBefore {
			out = append(out, b)
		}
	}
	return out, nil
}

// TakeBack returns an item in review to its author's desk.
func (s *Service) TakeBack(ctx context.Context, scope authz.Scope, id ItemID) (Item, error) {
	var it Item
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		var err error
		if it, err = s.ItemTx(ctx, tx, scope, id); err != nil {
			return err
		}
		if err := s.alone(ctx, tx, it); err != nil {
			return err
		}
		return s.takeBack(ctx, tx, &it)
	})
	return it, err
}

func (s *Service) takeBack(ctx context.Context, tx *db.Tx, it *Item) error {
	stage := it.Stage
	var err error
	if _, it.State, err = Machine.Take(ctx, tx, string(it.ID), "take_back", passage.Note{}); err != nil {
		return err
	}
	it.Stage = ""
	if _, err := tx.Exec(ctx, `UPDATE item SET state = $2, stage = '', updated_at = $3 WHERE id = $1`, it.ID, it.State, tx.Now()); err != nil {
		return err
	}
	if _, err := s.obligations.Annul(ctx, tx, StageReview.ID, it.subject(), "作者收回修改"); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "library.item.take_back", Target: it.Target(), Before: stage, After: it.State})
}

// Acts of a reviewer.
const (
	Pass   = "pass"
	Return = "return"
)

// Decision is what a reviewer says of an item at its stage.
type Decision struct {
	Round int    // the submission the reviewer was looking at
	Stage string // and its stage, so that a stale page decides nothing
	Act   string // Pass or Return
	// Opinion is required to return an item, and of the second review of a
	// repost from a body that is on no list.
	Opinion string
	// Reason is a further word on the remarks of the checks.
	Reason string
	// Declarations of Article 12(2), all six at the final review.
	Declarations sx2021.Declarations
	// WaiverReason lets an important policy file go out before its
	// interpretation; it opens an obligation.
	WaiverReason string

	batch string // the batch it belongs to
}

// MayReview reports whether the signed-in person may speak at the item's
// present stage of these steps, apart from having written it.
func (s *Service) MayReview(session *authz.Session, it Item, list []Step) bool {
	t, ok := stepAt(list, it.Stage)
	if !ok || it.State != InReview {
		return false
	}
	_, ok = acting(session, it, t.permits()...)
	return ok
}

// Review records a reviewer's decision. Passing the final review releases the
// item in the same transaction.
func (s *Service) Review(ctx context.Context, scope authz.Scope, id ItemID, d Decision) (Item, error) {
	v, e, err := s.reinspect(ctx, scope, id)
	if err != nil {
		return Item{}, err
	}
	var it Item
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		if it, err = s.ItemTx(ctx, tx, scope, id); err != nil {
			return err
		}
		if err := s.alone(ctx, tx, it); err != nil {
			return err
		}
		it, err = s.review(ctx, tx, it, d, v, e)
		return err
	})
	return it, err
}

// reviewer is who decides, in which post and for which batch.
type reviewer struct {
	*authz.Session
	post  authz.Post
	batch string
}

// review decides on one item within a transaction.
func (s *Service) review(ctx context.Context, tx *db.Tx, it Item, d Decision, v Version, e examined) (Item, error) {
	d.Opinion, d.Reason, d.WaiverReason = manyLines(d.Opinion), oneLine(d.Reason), oneLine(d.WaiverReason)
	session := authz.SessionFrom(ctx)
	if session == nil {
		return it, fault.New(fault.SignIn, "请先登录。")
	}
	if d.Act != Pass && d.Act != Return {
		return it, fault.New(fault.Invalid, "没有选择审核意见。").On("act", "请选择通过或退回")
	}
	if len([]rune(d.Opinion)) > 2000 {
		return it, fault.New(fault.Invalid, "意见超过 2000 字。").On("opinion", "请压缩到 2000 字以内")
	}
	if it.State != InReview || it.Round != d.Round || it.Stage != d.Stage || it.Version != v.No {
		return it, fault.New(fault.Conflict, "这篇稿件刚被别人处理过，现在是“"+it.StateName()+"”。您的意见没有提交，请刷新后再看。")
	}
	list, err := steps(ctx, tx, it.ID, it.Round)
	if err != nil {
		return it, err
	}
	t, ok := stepAt(list, it.Stage)
	post, may := acting(session, it, t.permits()...)
	if !ok || !may {
		return it, fault.Newf(fault.Forbidden, "您不担任“%s”的%s岗位，请由该单位%s人员办理。", it.UnitName, StageName(it.Stage), ReviewerName(t.Permit))
	}
	p := reviewer{session, post, d.batch}
	if d.Act == Return {
		err = s.turnBack(ctx, tx, &it, v, d, p)
		return it, err
	}
	if err := s.keepResults(ctx, tx, it.ID, v.SHA256, e); err != nil {
		return it, err
	}
	if err := unfit(e.stand); err != nil {
		return it, err
	}
	if it.Stage == string(sx2021.FinalReview) {
		err = s.approve(ctx, tx, &it, v, d, p, list)
	} else {
		err = s.passOn(ctx, tx, &it, v, d, p, list)
	}
	return it, err
}

// opine writes the review row.
func (s *Service) opine(ctx context.Context, tx *db.Tx, it Item, v Version, d Decision, p reviewer) (string, error) {
	id := ulid.Make().String()
	c := d.Declarations
	if _, err := tx.Exec(ctx, `
		INSERT INTO item_review (id, item_id, round, version_no, stage, verdict, author_id, reviewer_id, reviewer_name, reviewer_unit, for_name, batch_id, opinion, reason,
		       in_duty, source_known, nothing_sensitive, nothing_secret, no_opinion, no_advertising, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)`,
		id, it.ID, it.Round, v.No, it.Stage, d.Act, v.AuthorID, p.PersonID, p.Name, p.post.UnitName, viaOf(p.post), p.batch, d.Opinion, d.Reason,
		c.InDuty, c.SourceKnown, c.NothingSensitive, c.NothingSecret, c.NoOpinion, c.NoAdvertising, tx.Now()); err != nil {
		if _, dup := db.UniqueViolation(err); dup {
			return "", fault.New(fault.Conflict, "您已经办理过这一步，还要等其他人通过；请刷新后再看。").From(err)
		}
		return "", fmt.Errorf("library: review: %w", err)
	}
	return id, nil
}

func (s *Service) turnBack(ctx context.Context, tx *db.Tx, it *Item, v Version, d Decision, p reviewer) error {
	if d.Opinion == "" {
		return fault.New(fault.Invalid, "退回要写明理由。").On("opinion", "请写明需要修改的内容")
	}
	if v.AuthorID == p.PersonID && it.Stage == string(sx2021.FinalReview) {
		return fault.New(fault.Refused, "终审人不能是作者本人；需要修改的，请收回稿件。")
	}
	d.Declarations = sx2021.Declarations{}
	if _, err := s.opine(ctx, tx, *it, v, d, p); err != nil {
		return err
	}
	stage := it.Stage
	var err error
	if _, it.State, err = Machine.Take(ctx, tx, string(it.ID), "return", passage.Note{Says: d.Opinion}); err != nil {
		return err
	}
	it.Stage = ""
	if _, err := tx.Exec(ctx, `UPDATE item SET state = $2, stage = '', updated_at = $3 WHERE id = $1`, it.ID, it.State, tx.Now()); err != nil {
		return err
	}
	if _, err := notify.Send(ctx, tx, notify.Message{
		Key: fmt.Sprintf("item:%s:return:%d", it.ID, it.Round), Unit: string(it.Unit), Person: personOf(v.AuthorID, it.CreatedBy),
		Title: "退回修改：" + it.Title, Body: StageName(stage) + "意见：" + d.Opinion, Link: it.Link(),
	}); err != nil {
		return err
	}
	if err := s.done(ctx, tx, *it, stage, StageName(stage)+"退回，"+signed(p.Name, viaOf(p.post))); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "library.item.return", Basis: "第十九条（三）", Target: it.Target(), Before: stage, After: map[string]any{"round": it.Round, "opinion": d.Opinion}})
}

// personOf is the author when that is a person's id (a ULID), else nobody: a
// message without a person goes to the unit.
func personOf(ids ...string) string {
	for _, id := range ids {
		if _, err := ulid.ParseStrict(id); err == nil {
			return id
		}
	}
	return ""
}

func (s *Service) passOn(ctx context.Context, tx *db.Tx, it *Item, v Version, d Decision, p reviewer, list []Step) error {
	sub, err := submission(ctx, tx, it.ID, it.Round)
	if err != nil {
		return err
	}
	if it.Stage == string(sx2021.SecondReview) && sub.RepostReason != "" && d.Opinion == "" {
		return fault.New(fault.Invalid, "这篇转载的来源不在稿源名单内，同意转载要写明理由。").On("opinion", "请写明同意转载的理由")
	}
	d.Declarations = sx2021.Declarations{}
	if _, err := s.opine(ctx, tx, *it, v, d, p); err != nil {
		return err
	}
	return s.passed(ctx, tx, it, d, p, list)
}

// passed moves the item on when enough persons have passed its stage.
func (s *Service) passed(ctx context.Context, tx *db.Tx, it *Item, d Decision, p reviewer, list []Step) error {
	stage := it.Stage
	var err error
	if _, it.State, err = Machine.Take(ctx, tx, string(it.ID), "pass", passage.Note{Says: d.Opinion}); err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(t Step) bool { return t.Stage == stage })
	n, err := passes(ctx, tx, *it)
	if err != nil {
		return err
	}
	if n >= list[i].Needed && i+1 < len(list) {
		it.Stage = list[i+1].Stage
		if err := s.done(ctx, tx, Item{ID: it.ID, Round: it.Round, Meta: Meta{Title: it.Title}}, stage, StageName(stage)+"通过，"+signed(p.Name, viaOf(p.post))); err != nil {
			return err
		}
		if err := s.owe(ctx, tx, *it, list[i+1]); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, `UPDATE item SET stage = $2, updated_at = $3 WHERE id = $1`, it.ID, it.Stage, tx.Now()); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "library.item.pass", Basis: "第十九条（三）", Target: it.Target(), Before: stage,
		After: map[string]any{"round": it.Round, "stage": it.Stage, "passed": n, "needed": list[i].Needed, "opinion": d.Opinion, "for": viaOf(p.post)}})
}

// passes is how many persons have passed the present stage.
func passes(ctx context.Context, q db.Querier, it Item) (int, error) {
	return db.One(ctx, q, db.Value[int], `SELECT count(DISTINCT reviewer_id) FROM item_review WHERE item_id = $1 AND round = $2 AND stage = $3 AND verdict = 'pass'`, it.ID, it.Round, it.Stage)
}

// approve is the final review: every bar of Articles 12(2), 14(3) and 19(3)
// at once, then the release. Where several must pass it, the last one releases.
func (s *Service) approve(ctx context.Context, tx *db.Tx, it *Item, v Version, d Decision, p reviewer, list []Step) error {
	sub, err := submission(ctx, tx, it.ID, it.Round)
	if err != nil {
		return err
	}
	t, _ := stepAt(list, it.Stage)
	before, err := passes(ctx, tx, *it)
	if err != nil {
		return err
	}
	last := before+1 >= t.Needed
	asked, err := askings(ctx, tx, it.ID)
	if err != nil {
		return err
	}
	if _, _, against := heard(asked, v.Meta); len(against) > 0 && d.Opinion == "" {
		return fault.Newf(fault.Invalid, "“%s”不同意这篇稿件。", against[0].UnitName).On("opinion", "请写明怎样处理对方的意见")
	}
	breaches, err := s.mayRelease(ctx, tx, *it, v, d, p, sub, list, asked)
	if err != nil {
		return err
	}
	if !last { // what only the last of them can have
		breaches = slices.DeleteFunc(breaches, func(b rules.Breach) bool { return b.Rule == sx2021.GradedReview })
	}
	if len(breaches) > 0 {
		return fault.New(fault.Refused, "这篇稿件现在不能发布，请按下列依据办理。").Because(rules.Reasons(breaches)...)
	}
	review, err := s.opine(ctx, tx, *it, v, d, p)
	if err != nil {
		return err
	}
	if !last {
		return s.passed(ctx, tx, it, d, p, list)
	}
	if _, it.State, err = Machine.Take(ctx, tx, string(it.ID), "approve", passage.Note{Says: d.Opinion}); err != nil {
		return err
	}
	if err := s.done(ctx, tx, *it, string(sx2021.FinalReview), "终审通过，"+signed(p.Name, viaOf(p.post))); err != nil {
		return err
	}
	if sub.Emergency != "" {
		if err := s.oweAfterReview(ctx, tx, *it); err != nil {
			return err
		}
	}
	if err := audit.Record(ctx, tx, audit.Entry{Act: "library.item.approve", Basis: "第十九条（三）", Target: it.Target(),
		After: map[string]any{"version": v.No, "sha256": v.SHA256, "round": it.Round, "declarations": d.Declarations, "for": viaOf(p.post), "emergency": sub.Emergency, "reason": d.Reason, "opinion": d.Opinion}}); err != nil {
		return err
	}
	if d.WaiverReason != "" && v.Type == Policy {
		if err := s.waive(ctx, tx, *it, v, d, p.Session); err != nil {
			return err
		}
	}
	return s.release(ctx, tx, it, v, release{review: review})
}

func (s *Service) mayRelease(ctx context.Context, tx *db.Tx, it Item, v Version, d Decision, p reviewer, sub Submitted, list []Step, asked []Asking) ([]rules.Breach, error) {
	passed, err := reviews(ctx, tx, it.ID, it.Round)
	if err != nil {
		return nil, err
	}
	authors, err := db.All(ctx, tx, db.Value[string], `SELECT DISTINCT author_id FROM item_version WHERE item_id = $1 AND no > $2`, it.ID, it.LiveVersion)
	if err != nil {
		return nil, err
	}
	r := sx2021.Reviewed{Author: v.AuthorID, Grade: sx2021.Ordinary, Involves: List(v.Involves), Emergency: sub.Emergency != ""}
	r.Consulted, r.Awaited, _ = heard(asked, v.Meta)
	for _, t := range list {
		r.Route = append(r.Route, sx2021.RouteStep{Stage: sx2021.Stage(t.Stage), Needed: t.Needed, Gates: t.Gates})
	}
	if slices.Contains(authors, p.PersonID) {
		r.Author = p.PersonID // wrote an earlier version of what is now to be released
	}
	if v.Important || sub.Stages > 2 {
		r.Grade = sx2021.Important
	}
	today := calendar.DateOf(tx.Now())
	second := ""
	for _, o := range passed {
		if o.Verdict != Pass {
			continue
		}
		r.Opinions = append(r.Opinions, sx2021.Opinion{Stage: sx2021.Stage(o.Stage), Person: o.ReviewerID, On: calendar.DateOf(o.At)})
		if o.Stage == string(sx2021.SecondReview) {
			second = o.ReviewerName
			sub.RepostReason = o.Opinion
		}
	}
	// Each gate has its own stamp by whoever answers for it; the author of the
	// version never does, in the database either.
	all, err := stamps(ctx, tx, it.ID, it.Round)
	if err != nil {
		return nil, err
	}
	gates := map[sx2021.Gate]bool{}
	for _, g := range standing(all) {
		gates[g.Gate] = g.Passed
	}
	r.Opinions = append(r.Opinions, sx2021.Opinion{Stage: sx2021.FinalReview, Person: p.PersonID, On: today, Stamps: gates})
	out := sx2021.CheckReview(r, s.settings())
	out = append(out, sx2021.CheckDeclarations(d.Declarations)...)
	if v.Origin == Repost {
		src, err := s.repost(ctx, tx, v.Meta)
		if err != nil {
			return nil, err
		}
		if second != "" {
			src.SecondReviewer, src.SecondReason = second, sub.RepostReason
		}
		out = append(out, sx2021.CheckRepost(src)...)
	}
	if v.Type == Policy {
		forms, err := readyForms(ctx, tx, it.ID)
		if err != nil {
			return nil, err
		}
		// Linked both ways by construction: one row serves both pages.
		file := sx2021.PolicyFile{MarkedImportant: v.Important, Forms: forms, LinkedBoth: true}
		if d.WaiverReason != "" {
			file.Waiver = &sx2021.Waiver{Reviewer: p.Name, Reason: d.WaiverReason}
		}
		out = append(out, sx2021.CheckInterpretation(file)...)
	}
	return out, nil
}

// Submitted is one submission as it stands in the review record.
type Submitted struct {
	Round, Version, Stages           int
	Reason, RepostReason, PersonName string
	Emergency                        string // why it took the emergency lane
	Package                          string // the package it went with
	RouteVersion                     int    // 0: the house's own
	RouteUnit                        string // whose route; empty: the province's
	PersonID                         string
	At                               time.Time
	Steps                            []Step
	Opinions                         []Opinion   // in order of time
	Stamps                           []GateStamp // every one, in order of time
	Comments                         []Remark
}

// Opinion is one reviewer's word in the record.
type Opinion struct {
	ID, Stage, Verdict, ReviewerID, ReviewerName, ReviewerUnit, Opinion, Reason string
	Round, Version                                                              int
	ForName, Batch                                                              string
	Declarations                                                                sx2021.Declarations
	At                                                                          time.Time
}

// Signed is who spoke: 李某（代 王某）.
func (o Opinion) Signed() string { return signed(o.ReviewerName, o.ForName) }

// GateName is a gate in Chinese.
func GateName(g sx2021.Gate) string {
	switch g {
	case sx2021.GatePolitical:
		return "政治关"
	case sx2021.GateLegal:
		return "法律关"
	case sx2021.GatePolicy:
		return "政策关"
	case sx2021.GateSecrecy:
		return "保密关"
	}
	return "文字关"
}

func scanSubmitted(r db.Scanner) (Submitted, error) {
	var n Submitted
	return n, r.Scan(&n.Round, &n.Version, &n.Stages, &n.Reason, &n.RepostReason, &n.Emergency, &n.Package, &n.RouteVersion, &n.RouteUnit, &n.PersonID, &n.PersonName, &n.At)
}

const submissionSelect = `
	SELECT n.round, n.version_no, n.stages, n.reason, n.repost_reason, n.emergency, n.package_id, coalesce(r.version, 0), coalesce(u.name, ''), n.person_id, n.person_name, n.at
	  FROM item_submission n LEFT JOIN review_route r ON r.id = n.route_id LEFT JOIN unit u ON u.id = r.unit_id WHERE n.item_id = $1`

func submission(ctx context.Context, q db.Querier, id ItemID, round int) (Submitted, error) {
	return db.One(ctx, q, scanSubmitted, submissionSelect+` AND n.round = $2`, id, round)
}

// reviews of one round, or of all when round is 0, in order of time.
func reviews(ctx context.Context, q db.Querier, id ItemID, round int) ([]Opinion, error) {
	return db.All(ctx, q, func(r db.Scanner) (Opinion, error) {
		var o Opinion
		c := &o.Declarations
		return o, r.Scan(&o.ID, &o.Round, &o.Version, &o.Stage, &o.Verdict, &o.ReviewerID, &o.ReviewerName, &o.ReviewerUnit, &o.ForName, &o.Batch, &o.Opinion, &o.Reason,
			&c.InDuty, &c.SourceKnown, &c.NothingSensitive, &c.NothingSecret, &c.NoOpinion, &c.NoAdvertising, &o.At)
	}, `SELECT id, round, version_no, stage, verdict, reviewer_id, reviewer_name, reviewer_unit, for_name, batch_id, opinion, reason,
	           in_duty, source_known, nothing_sensitive, nothing_secret, no_opinion, no_advertising, at
	      FROM item_review WHERE item_id = $1 AND (round = $2 OR $2 = 0) ORDER BY at, id`, id, round)
}

// Record is the whole review record of an item in scope (三审三校), submission
// by submission.
func (s *Service) Record(ctx context.Context, scope authz.Scope, id ItemID) ([]Submitted, error) {
	if _, err := s.Item(ctx, scope, id); err != nil {
		return nil, err
	}
	subs, err := db.All(ctx, s.db, scanSubmitted, submissionSelect+` ORDER BY n.round`, id)
	if err != nil {
		return nil, err
	}
	all, err := reviews(ctx, s.db, id, 0)
	if err != nil {
		return nil, err
	}
	gates, err := stamps(ctx, s.db, id, 0)
	if err != nil {
		return nil, err
	}
	notes, err := remarks(ctx, s.db, id)
	if err != nil {
		return nil, err
	}
	for i := range subs {
		if subs[i].Steps, err = steps(ctx, s.db, id, subs[i].Round); err != nil {
			return nil, err
		}
		for _, g := range gates {
			if g.Round == subs[i].Round {
				subs[i].Stamps = append(subs[i].Stamps, g)
			}
		}
		for _, c := range notes {
			if c.Round == subs[i].Round {
				subs[i].Comments = append(subs[i].Comments, c)
			}
		}
		for _, o := range all {
			if o.Round == subs[i].Round {
				subs[i].Opinions = append(subs[i].Opinions, o)
			}
		}
	}
	return subs, nil
}
