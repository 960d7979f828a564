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
}

// Submit sends the newest version to its first review. Serious results of the
// checks, an unknown source, and units not consulted refuse it.
func (s *Service) Submit(ctx context.Context, scope authz.Scope, id ItemID, n Submission) (Item, error) {
	n.Reason, n.RepostReason = oneLine(n.Reason), oneLine(n.RepostReason)
	v, e, fresh, err := s.reinspect(ctx, scope, id)
	if err != nil {
		return Item{}, err
	}
	var it Item
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		if it, err = s.ItemTx(ctx, tx, scope, id); err != nil {
			return err
		}
		if err := s.stale(ctx, tx, it, n.Version); err != nil {
			return err
		}
		if v.No != it.Version {
			return fault.New(fault.Conflict, "稿件刚被保存为新版本，请刷新后再送审。")
		}
		if err := s.keepResults(ctx, tx, id, v.SHA256, e); err != nil {
			return err
		}
		if err := ready(v); err != nil {
			return err
		}
		if err := unfit(fresh); err != nil {
			return err
		}
		breaches, err := s.mayEnterReview(ctx, tx, v, n)
		if err != nil {
			return err
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
			return f
		}
		stages := s.settings().OrdinaryReviews
		if v.Important || n.RepostReason != "" {
			stages = max(stages, s.settings().ImportantReviews)
		}
		stages = min(max(stages, 2), 3)
		person, name, err := writer(ctx)
		if err != nil {
			return err
		}
		before := it.State
		if _, it.State, err = Machine.Take(ctx, tx, string(id), "submit", passage.Note{Says: n.Reason}); err != nil {
			return err
		}
		it.Round, it.Stage = it.Round+1, string(sx2021.FirstReview)
		if _, err := tx.Exec(ctx, `
			INSERT INTO item_submission (item_id, round, version_no, stages, reason, repost_reason, person_id, person_name, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			id, it.Round, it.Version, stages, n.Reason, n.RepostReason, person, name, tx.Now()); err != nil {
			return fmt.Errorf("library: submit: %w", err)
		}
		if err := s.askOutside(ctx, tx, v); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE item SET state = $2, stage = $3, round = $4, updated_at = $5 WHERE id = $1`, id, it.State, it.Stage, it.Round, tx.Now()); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "library.item.submit", Basis: "第十九条（三）", Target: it.Target(), Before: before,
			After: map[string]any{"version": it.Version, "sha256": v.SHA256, "round": it.Round, "stages": stages, "reason": n.Reason, "repost_reason": n.RepostReason}})
	})
	return it, err
}

// reinspect reads the newest version and checks it with today's lists, before
// the transaction: reading takes longer than a writer should wait. What the
// same rules said of the same text is used again.
func (s *Service) reinspect(ctx context.Context, scope authz.Scope, id ItemID) (Version, examined, []Result, error) {
	it, err := s.Item(ctx, scope, id)
	if err != nil {
		return Version{}, examined{}, nil, err
	}
	v, err := version(ctx, s.db, id, it.Version)
	if err != nil {
		return Version{}, examined{}, nil, err
	}
	e, list, err := s.resultsOf(ctx, s.db, it, v)
	return v, e, list, err
}

// ready refuses a text that is not finished.
func ready(v Version) error {
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
	for _, b := range sx2021.CheckReview(sx2021.Reviewed{Author: v.AuthorID, Opinions: []sx2021.Opinion{{Stage: sx2021.FinalReview}},
		Involves: List(v.Involves), Consulted: List(v.Consulted)}, s.settings()) {
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
		if _, it.State, err = Machine.Take(ctx, tx, string(id), "take_back", passage.Note{}); err != nil {
			return err
		}
		it.Stage = ""
		if _, err := tx.Exec(ctx, `UPDATE item SET state = $2, stage = '', updated_at = $3 WHERE id = $1`, id, it.State, tx.Now()); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "library.item.take_back", Target: it.Target(), Before: InReview, After: it.State})
	})
	return it, err
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
	// Gates the reviewer answers for; the final review needs all five passed.
	Gates map[sx2021.Gate]bool
	// Declarations of Article 12(2), all six at the final review.
	Declarations sx2021.Declarations
	// WaiverReason lets an important policy file go out before its
	// interpretation; it opens an obligation.
	WaiverReason string
}

// permitsOf are the permissions of which one is needed at a stage.
func permitsOf(stage string) []authz.Permission {
	switch stage {
	case string(sx2021.FirstReview):
		return []authz.Permission{authz.ItemFirstReview}
	case string(sx2021.SecondReview):
		return []authz.Permission{authz.ItemFirstReview, authz.ItemFinalReview}
	}
	return []authz.Permission{authz.ItemFinalReview}
}

// MayReview reports whether the signed-in person may speak at the item's
// present stage, apart from having written it.
func (s *Service) MayReview(session *authz.Session, it Item) bool {
	return it.State == InReview && slices.ContainsFunc(permitsOf(it.Stage), func(p authz.Permission) bool {
		return session.ScopeFor(p).Covers(it.areaPath, it.linePath)
	})
}

// Review records a reviewer's decision. Passing the final review releases the
// item in the same transaction.
func (s *Service) Review(ctx context.Context, scope authz.Scope, id ItemID, d Decision) (Item, error) {
	d.Opinion, d.Reason, d.WaiverReason = manyLines(d.Opinion), oneLine(d.Reason), oneLine(d.WaiverReason)
	session := authz.SessionFrom(ctx)
	if session == nil {
		return Item{}, fault.New(fault.SignIn, "请先登录。")
	}
	if d.Act != Pass && d.Act != Return {
		return Item{}, fault.New(fault.Invalid, "没有选择审核意见。").On("act", "请选择通过或退回")
	}
	if len([]rune(d.Opinion)) > 2000 {
		return Item{}, fault.New(fault.Invalid, "意见超过 2000 字。").On("opinion", "请压缩到 2000 字以内")
	}
	v, e, fresh, err := s.reinspect(ctx, scope, id)
	if err != nil {
		return Item{}, err
	}
	var it Item
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		if it, err = s.ItemTx(ctx, tx, scope, id); err != nil {
			return err
		}
		if it.State != InReview || it.Round != d.Round || it.Stage != d.Stage || it.Version != v.No {
			return fault.New(fault.Conflict, "这篇稿件刚被别人处理过，现在是“"+it.StateName()+"”。您的意见没有提交，请刷新后再看。")
		}
		if !s.MayReview(session, it) {
			return fault.Newf(fault.Forbidden, "您不担任“%s”的%s岗位，请由该单位%s人员办理。", it.UnitName, StageName(it.Stage), StageName(it.Stage))
		}
		if d.Act == Return {
			return s.turnBack(ctx, tx, &it, v, d, session)
		}
		if err := s.keepResults(ctx, tx, it.ID, v.SHA256, e); err != nil {
			return err
		}
		if err := unfit(fresh); err != nil {
			return err
		}
		if it.Stage == string(sx2021.FinalReview) {
			return s.approve(ctx, tx, &it, v, d, session)
		}
		return s.passOn(ctx, tx, &it, v, d, session)
	})
	return it, err
}

// opine writes the review row and its gates.
func (s *Service) opine(ctx context.Context, tx *db.Tx, it Item, v Version, d Decision, p *authz.Session) (string, error) {
	id := ulid.Make().String()
	_, unit := p.Unit()
	c := d.Declarations
	if _, err := tx.Exec(ctx, `
		INSERT INTO item_review (id, item_id, round, version_no, stage, verdict, author_id, reviewer_id, reviewer_name, reviewer_unit, opinion, reason,
		       in_duty, source_known, nothing_sensitive, nothing_secret, no_opinion, no_advertising, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)`,
		id, it.ID, it.Round, v.No, it.Stage, d.Act, v.AuthorID, p.PersonID, p.Name, unit, d.Opinion, d.Reason,
		c.InDuty, c.SourceKnown, c.NothingSensitive, c.NothingSecret, c.NoOpinion, c.NoAdvertising, tx.Now()); err != nil {
		if _, dup := db.UniqueViolation(err); dup {
			return "", fault.New(fault.Conflict, "这一步刚被别人办理过，请刷新后再看。").From(err)
		}
		return "", fmt.Errorf("library: review: %w", err)
	}
	for _, g := range sx2021.Gates() {
		passed, said := d.Gates[g]
		if !said {
			continue
		}
		if _, err := tx.Exec(ctx, `INSERT INTO item_gate (review_id, gate, passed, person_id, person_name, at) VALUES ($1, $2, $3, $4, $5, $6)`,
			id, g, passed, p.PersonID, p.Name, tx.Now()); err != nil {
			return "", fmt.Errorf("library: gate: %w", err)
		}
	}
	return id, nil
}

func (s *Service) turnBack(ctx context.Context, tx *db.Tx, it *Item, v Version, d Decision, p *authz.Session) error {
	if d.Opinion == "" {
		return fault.New(fault.Invalid, "退回要写明理由。").On("opinion", "请写明需要修改的内容")
	}
	if slices.Contains([]string{v.AuthorID}, p.PersonID) && it.Stage == string(sx2021.FinalReview) {
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

func (s *Service) passOn(ctx context.Context, tx *db.Tx, it *Item, v Version, d Decision, p *authz.Session) error {
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
	stage := it.Stage
	if _, it.State, err = Machine.Take(ctx, tx, string(it.ID), "pass", passage.Note{Says: d.Opinion}); err != nil {
		return err
	}
	it.Stage = string(sx2021.FinalReview)
	if stage == string(sx2021.FirstReview) && sub.Stages > 2 {
		it.Stage = string(sx2021.SecondReview)
	}
	if _, err := tx.Exec(ctx, `UPDATE item SET stage = $2, updated_at = $3 WHERE id = $1`, it.ID, it.Stage, tx.Now()); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "library.item.pass", Basis: "第十九条（三）", Target: it.Target(), Before: stage, After: map[string]any{"round": it.Round, "stage": it.Stage, "opinion": d.Opinion}})
}

// approve is the final review: every bar of Articles 12(2), 14(3) and 19(3)
// at once, then the release.
func (s *Service) approve(ctx context.Context, tx *db.Tx, it *Item, v Version, d Decision, p *authz.Session) error {
	sub, err := submission(ctx, tx, it.ID, it.Round)
	if err != nil {
		return err
	}
	breaches, err := s.mayRelease(ctx, tx, *it, v, d, p, sub)
	if err != nil {
		return err
	}
	if len(breaches) > 0 {
		return fault.New(fault.Refused, "这篇稿件现在不能发布，请按下列依据办理。").Because(rules.Reasons(breaches)...)
	}
	review, err := s.opine(ctx, tx, *it, v, d, p)
	if err != nil {
		return err
	}
	if _, it.State, err = Machine.Take(ctx, tx, string(it.ID), "approve", passage.Note{Says: d.Opinion}); err != nil {
		return err
	}
	if err := audit.Record(ctx, tx, audit.Entry{Act: "library.item.approve", Basis: "第十九条（三）", Target: it.Target(),
		After: map[string]any{"version": v.No, "sha256": v.SHA256, "round": it.Round, "gates": d.Gates, "declarations": d.Declarations, "reason": d.Reason, "opinion": d.Opinion}}); err != nil {
		return err
	}
	if d.WaiverReason != "" && v.Type == Policy {
		if err := s.waive(ctx, tx, *it, v, d, p); err != nil {
			return err
		}
	}
	return s.release(ctx, tx, it, v, release{review: review})
}

func (s *Service) mayRelease(ctx context.Context, tx *db.Tx, it Item, v Version, d Decision, p *authz.Session, sub Submitted) ([]rules.Breach, error) {
	passed, err := reviews(ctx, tx, it.ID, it.Round)
	if err != nil {
		return nil, err
	}
	authors, err := db.All(ctx, tx, db.Value[string], `SELECT DISTINCT author_id FROM item_version WHERE item_id = $1 AND no > $2`, it.ID, it.LiveVersion)
	if err != nil {
		return nil, err
	}
	r := sx2021.Reviewed{Author: v.AuthorID, Grade: sx2021.Ordinary, Involves: List(v.Involves), Consulted: List(v.Consulted)}
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
		stamps := map[sx2021.Gate]bool{}
		for _, g := range o.Gates {
			stamps[g.Gate] = g.Passed
		}
		r.Opinions = append(r.Opinions, sx2021.Opinion{Stage: sx2021.Stage(o.Stage), Person: o.ReviewerID, On: calendar.DateOf(o.At), Stamps: stamps})
		if o.Stage == string(sx2021.SecondReview) {
			second = o.ReviewerName
			sub.RepostReason = o.Opinion
		}
	}
	// The final reviewer answers for all five, whoever stamped them before.
	stamps := map[sx2021.Gate]bool{}
	for _, g := range sx2021.Gates() {
		stamps[g] = d.Gates[g]
	}
	r.Opinions = append(r.Opinions, sx2021.Opinion{Stage: sx2021.FinalReview, Person: p.PersonID, On: today, Stamps: stamps})
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
	PersonID                         string
	At                               time.Time
	Opinions                         []Opinion // in order of time
}

// Opinion is one reviewer's word in the record.
type Opinion struct {
	ID, Stage, Verdict, ReviewerID, ReviewerName, ReviewerUnit, Opinion, Reason string
	Round, Version                                                              int
	Declarations                                                                sx2021.Declarations
	Gates                                                                       []GateStamp
	At                                                                          time.Time
}

// GateStamp is one gate with the person who answers for it.
type GateStamp struct {
	Gate       sx2021.Gate
	Passed     bool
	PersonName string
	At         time.Time
}

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
	return n, r.Scan(&n.Round, &n.Version, &n.Stages, &n.Reason, &n.RepostReason, &n.PersonID, &n.PersonName, &n.At)
}

const submissionSelect = `SELECT round, version_no, stages, reason, repost_reason, person_id, person_name, at FROM item_submission WHERE item_id = $1`

func submission(ctx context.Context, q db.Querier, id ItemID, round int) (Submitted, error) {
	return db.One(ctx, q, scanSubmitted, submissionSelect+` AND round = $2`, id, round)
}

// reviews of one round, or of all when round is 0, in order of time.
func reviews(ctx context.Context, q db.Querier, id ItemID, round int) ([]Opinion, error) {
	list, err := db.All(ctx, q, func(r db.Scanner) (Opinion, error) {
		var o Opinion
		c := &o.Declarations
		return o, r.Scan(&o.ID, &o.Round, &o.Version, &o.Stage, &o.Verdict, &o.ReviewerID, &o.ReviewerName, &o.ReviewerUnit, &o.Opinion, &o.Reason,
			&c.InDuty, &c.SourceKnown, &c.NothingSensitive, &c.NothingSecret, &c.NoOpinion, &c.NoAdvertising, &o.At)
	}, `SELECT id, round, version_no, stage, verdict, reviewer_id, reviewer_name, reviewer_unit, opinion, reason,
	           in_duty, source_known, nothing_sensitive, nothing_secret, no_opinion, no_advertising, at
	      FROM item_review WHERE item_id = $1 AND (round = $2 OR $2 = 0) ORDER BY at, id`, id, round)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if list[i].Gates, err = db.All(ctx, q, func(r db.Scanner) (GateStamp, error) {
			var g GateStamp
			return g, r.Scan(&g.Gate, &g.Passed, &g.PersonName, &g.At)
		}, `SELECT gate, passed, person_name, at FROM item_gate WHERE review_id = $1`, list[i].ID); err != nil {
			return nil, err
		}
		order := sx2021.Gates()
		slices.SortFunc(list[i].Gates, func(a, b GateStamp) int { return slices.Index(order, a.Gate) - slices.Index(order, b.Gate) })
	}
	return list, nil
}

// Record is the whole review record of an item in scope (三审三校), submission
// by submission.
func (s *Service) Record(ctx context.Context, scope authz.Scope, id ItemID) ([]Submitted, error) {
	if _, err := s.Item(ctx, scope, id); err != nil {
		return nil, err
	}
	subs, err := db.All(ctx, s.db, scanSubmitted, submissionSelect+` ORDER BY round`, id)
	if err != nil {
		return nil, err
	}
	all, err := reviews(ctx, s.db, id, 0)
	if err != nil {
		return nil, err
	}
	for i := range subs {
		for _, o := range all {
			if o.Round == subs[i].Round {
				subs[i].Opinions = append(subs[i].Opinions, o)
			}
		}
	}
	return subs, nil
}
