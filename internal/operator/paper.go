package operator

import (
	"context"
	"fmt"
	"io"
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
	"zhengshu/internal/obligation"
	"zhengshu/internal/rules"
	"zhengshu/internal/rules/sx2021"
)

// PaperKind is one of the papers that bind an operator.
type PaperKind string

// The papers: two agreements with an outside body, one appointment of an
// internal one.
const (
	AgreementPaper PaperKind = "service"
	Secrecy        PaperKind = "secrecy"
	Appointment    PaperKind = "appointment"
)

// Name is the paper in Chinese.
func (k PaperKind) Name() string {
	switch k {
	case AgreementPaper:
		return "承办协议"
	case Secrecy:
		return "保密协议"
	}
	return "书面指定"
}

// Papers are the kinds that a kind of contractor signs.
func (k Kind) Papers() []PaperKind {
	if k == Internal {
		return []PaperKind{Appointment}
	}
	return []PaperKind{AgreementPaper, Secrecy}
}

// Paper is one signed paper with its term.
type Paper struct {
	ID          string
	Contractor  ID
	Kind        PaperKind
	Number      string
	From, Until calendar.Date
	DutiesFixed bool
	Says        string
	FileID      string
	FileName    string
	AddedBy     string
	AddedAt     time.Time
}

// On reports whether the term covers the day.
func (p Paper) On(d calendar.Date) bool { return !d.Before(p.From) && !d.After(p.Until) }

func (p Paper) law() sx2021.Agreement {
	return sx2021.Agreement{File: p.FileID != "", From: p.From, Until: p.Until}
}

func (p Paper) subject(c Contractor) obligation.Subject {
	return obligation.Subject{Kind: "contractor_paper", ID: p.ID, Name: c.Name + p.Kind.Name()}
}

const paperSelect = `SELECT id, contractor_id, kind, number, from_on, until_on, duties_fixed, says, file_id, file_name, added_by, added_at FROM contractor_paper`

func scanPaper(r db.Scanner) (Paper, error) {
	var p Paper
	err := r.Scan(&p.ID, &p.Contractor, &p.Kind, &p.Number, &p.From, &p.Until, &p.DutiesFixed, &p.Says, &p.FileID, &p.FileName, &p.AddedBy, &p.AddedAt)
	return p, err
}

func (s *Service) papers(ctx context.Context, q db.Querier, id ID) ([]Paper, error) {
	return db.All(ctx, q, scanPaper, paperSelect+` WHERE contractor_id = $1 ORDER BY from_on, id`, id)
}

// bestOn is the paper of the kind that covers the day, else the latest one.
func bestOn(papers []Paper, kind PaperKind, on calendar.Date) (Paper, bool) {
	var best Paper
	for _, p := range papers {
		if p.Kind != kind {
			continue
		}
		if p.On(on) {
			return p, true
		}
		if best.ID == "" || p.From.After(best.From) {
			best = p
		}
	}
	return best, best.ID != ""
}

// coveredUntil is the last day that papers of the kind cover from on without a
// gap; zero when they do not cover on itself.
func coveredUntil(papers []Paper, kind PaperKind, on calendar.Date) calendar.Date {
	var end calendar.Date
	for at := on; ; {
		i := slices.IndexFunc(papers, func(p Paper) bool { return p.Kind == kind && p.On(at) })
		if i < 0 {
			return end
		}
		end = papers[i].Until
		at = end.AddDays(1)
	}
}

// servesUntil is the last day that both agreements cover from on without a gap;
// zero when they do not cover on itself.
func servesUntil(papers []Paper, on calendar.Date) calendar.Date {
	a, b := coveredUntil(papers, AgreementPaper, on), coveredUntil(papers, Secrecy, on)
	if a.IsZero() || b.IsZero() {
		return calendar.Date{}
	}
	if a.Before(b) {
		return a
	}
	return b
}

// until is how long the contractor may serve from today, by its papers; zero
// for an internal body, whose appointment has no end.
func (s *Service) until(ctx context.Context, q db.Querier, id ID) (calendar.Date, error) {
	papers, err := s.papers(ctx, q, id)
	return servesUntil(papers, calendar.DateOf(s.db.Now())), err
}

// longestTerm bounds a term: an agreement without end would never be assessed.
const longestTerm = 10 // years

// AddPaper keeps a signed paper. A second term of the service needs the
// assessment of the first; terms of one kind never overlap.
func (s *Service) AddPaper(ctx context.Context, scope authz.Scope, p Paper, file *approval.Upload) (Paper, error) {
	p.Number, p.Says = strings.TrimSpace(p.Number), strings.TrimSpace(p.Says)
	switch {
	case p.Kind != AgreementPaper && p.Kind != Secrecy && p.Kind != Appointment:
		return p, fault.New(fault.Invalid, "没有选择文件类别。").On("kind", "请选择承办协议、保密协议或书面指定")
	case p.From.IsZero():
		return p, fault.New(fault.Invalid, "开始日期没有填写。").On("from", "请填写开始日期")
	case p.Kind != Appointment && p.Until.IsZero():
		return p, fault.New(fault.Invalid, "截止日期没有填写。").On("until", "请填写截止日期")
	case p.Kind != Appointment && p.Until.Before(p.From):
		return p, fault.New(fault.Invalid, "截止日期早于开始日期。").On("until", "截止日期不能早于开始日期 "+p.From.String())
	case p.Kind != Appointment && p.Until.After(p.From.AddYears(longestTerm)):
		return p, fault.Newf(fault.Invalid, "协议期超过 %d 年，请核对日期。", longestTerm).On("until", "请核对年份")
	case len([]rune(p.Number)) > 60 || len([]rune(p.Says)) > 1000:
		return p, fault.New(fault.Invalid, "编号不超过 60 字，说明不超过 1000 字。").On("number", "请压缩")
	case p.Kind == AgreementPaper && !p.DutiesFixed:
		return p, fault.New(fault.Refused, "承办协议未约定双方权责，请补充权责条款后再登记。").On("duties_fixed", "请核对协议中的权责条款").
			Because(sx2021.OperatorDuties.Breach("承办协议未约定双方权责，请补充权责条款。").Reason())
	}
	if p.Kind == Appointment {
		p.Until = calendar.Date{}
	}
	// What the upload is does not depend on the database: it is looked at first.
	taken, err := s.take(ctx, file, string(p.Kind), p.Kind.Name()+"扫描件")
	if err != nil {
		return p, err
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		c, err := s.Contractor(ctx, tx, scope, p.Contractor)
		if err != nil {
			return err
		}
		if !slices.Contains(c.Kind.Papers(), p.Kind) {
			return fault.Newf(fault.Invalid, "%s不签%s。", c.Kind.Name(), p.Kind.Name()).On("kind", "请选择其他类别")
		}
		if c.State == Ended {
			return fault.New(fault.Conflict, "承办已经终止；重新承办请另行登记。")
		}
		// Two papers at once are one after the other.
		if _, err := tx.Exec(ctx, `UPDATE contractor SET updated_at = $2 WHERE id = $1`, c.ID, tx.Now()); err != nil {
			return err
		}
		papers, err := s.papers(ctx, tx, c.ID)
		if err != nil {
			return err
		}
		if err := s.fits(ctx, tx, c, papers, p); err != nil {
			return err
		}
		if taken, err = approval.AttachTo(ctx, tx, "contractor", string(c.ID), taken); err != nil {
			return err
		}
		actor, _ := audit.ActorFrom(ctx)
		p.ID, p.FileID, p.FileName, p.AddedBy, p.AddedAt = ulid.Make().String(), taken.ID, taken.Name, actor.Name, tx.Now()
		if _, err := tx.Exec(ctx, `
			INSERT INTO contractor_paper (id, contractor_id, kind, number, from_on, until_on, duties_fixed, says, file_id, file_name, added_by, added_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
			p.ID, p.Contractor, p.Kind, p.Number, p.From, p.Until, p.DutiesFixed, p.Says, p.FileID, p.FileName, p.AddedBy, tx.Now()); err != nil {
			return fmt.Errorf("operator: add paper: %w", err)
		}
		if err := audit.Record(ctx, tx, audit.Entry{Act: "operator.paper.add", Target: c.Target(), Basis: citation, After: p}); err != nil {
			return err
		}
		return s.owe(ctx, tx, c, append(papers, p), p)
	})
	return p, err
}

// fits refuses a paper that overlaps another of its kind, and a new term of
// service whose last one was not assessed.
func (s *Service) fits(ctx context.Context, q db.Querier, c Contractor, papers []Paper, p Paper) error {
	var last Paper
	for _, old := range papers {
		if old.Kind != p.Kind {
			continue
		}
		if p.Kind != Appointment && !p.Until.Before(old.From) && !p.From.After(old.Until) {
			return fault.Newf(fault.Invalid, "与已登记的%s（%s 至 %s）日期重叠。", p.Kind.Name(), old.From, old.Until).
				On("from", fmt.Sprintf("应在 %s 以后开始，或在 %s 以前截止", old.Until, old.From))
		}
		if old.Until.Before(p.From) && (last.ID == "" || old.Until.After(last.Until)) {
			last = old
		}
	}
	if p.Kind != AgreementPaper || last.ID == "" {
		return nil
	}
	n, err := db.One(ctx, q, db.Value[int], `SELECT count(*) FROM contractor_assessment WHERE paper_id = $1`, last.ID)
	if err != nil {
		return err
	}
	return rules.Refuse(sx2021.CheckRenewal(sx2021.Operator{InternalBody: c.Kind == Internal}, n > 0))
}

// owe opens the clocks of a new paper, ends those that it answers, and keeps
// how long the contractor may serve.
func (s *Service) owe(ctx context.Context, tx *db.Tx, c Contractor, papers []Paper, p Paper) error {
	if p.Kind == Appointment {
		return nil
	}
	for _, old := range papers {
		if old.Kind == p.Kind && old.ID != p.ID && old.Until.Before(p.From) {
			if _, err := s.obligations.Discharge(ctx, tx, AgreementObligation.ID, old.subject(c), "已续签至 "+p.Until.Chinese()); err != nil {
				return err
			}
		}
	}
	today := calendar.DateOf(tx.Now())
	if !p.Until.Before(today) { // one that has run out is kept for the record only
		if err := s.obligations.Open(ctx, tx, obligation.Debt{Kind: AgreementObligation.ID, Unit: c.Unit, Subject: p.subject(c), Link: c.Link(), Due: calendar.Due{On: p.Until}}); err != nil {
			return err
		}
		if p.Kind == AgreementPaper {
			if err := s.obligations.Open(ctx, tx, obligation.Debt{Kind: AssessmentObligation.ID, Unit: c.Unit, Subject: p.subject(c), Link: c.Link(), Due: calendar.Due{On: p.Until}}); err != nil {
				return err
			}
		}
	}
	_, err := tx.Exec(ctx, `UPDATE contractor SET serves_until = $2, updated_at = $3 WHERE id = $1`, c.ID, servesUntil(papers, today), tx.Now())
	return err
}

// Review is one 资质审核.
type Review struct {
	ID         string
	Contractor ID
	Reviewer   string
	On         calendar.Date
	Passed     bool
	Says       string
	FileID     string
	FileName   string
	AddedBy    string
	AddedAt    time.Time
}

// AddReview keeps a qualification review with its form.
func (s *Service) AddReview(ctx context.Context, scope authz.Scope, v Review, file *approval.Upload) (Review, error) {
	v.Reviewer, v.Says = strings.TrimSpace(v.Reviewer), strings.TrimSpace(v.Says)
	today := calendar.DateOf(s.db.Now())
	switch {
	case v.Reviewer == "" || len([]rune(v.Reviewer)) > 30:
		return v, fault.New(fault.Invalid, "审核人没有填写。").On("reviewer", "请填写审核人姓名，不超过 30 字")
	case v.On.IsZero():
		return v, fault.New(fault.Invalid, "审核日期没有填写。").On("on", "请填写审核日期")
	case v.On.After(today):
		return v, fault.New(fault.Invalid, "审核日期在今天以后。").On("on", "请填写今天或以前的日期")
	case v.Says == "" || len([]rune(v.Says)) > 1000:
		return v, fault.New(fault.Invalid, "审核意见没有填写。").On("says", "请写明核对了哪些资质，不超过 1000 字")
	}
	taken, err := s.take(ctx, file, "qualification", "资质审核表")
	if err != nil {
		return v, err
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		c, err := s.Contractor(ctx, tx, scope, v.Contractor)
		if err != nil {
			return err
		}
		if c.State == Ended {
			return fault.New(fault.Conflict, "承办已经终止，不能再审核资质。")
		}
		if c.Kind == Internal {
			return fault.New(fault.Invalid, "内设机构承办不需要资质审核，请登记书面指定。")
		}
		if taken, err = approval.AttachTo(ctx, tx, "contractor", string(c.ID), taken); err != nil {
			return err
		}
		actor, _ := audit.ActorFrom(ctx)
		v.ID, v.FileID, v.FileName, v.AddedBy, v.AddedAt = ulid.Make().String(), taken.ID, taken.Name, actor.Name, tx.Now()
		if _, err := tx.Exec(ctx, `
			INSERT INTO contractor_review (id, contractor_id, reviewer, reviewed_on, passed, says, file_id, file_name, added_by, added_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, v.ID, v.Contractor, v.Reviewer, v.On, v.Passed, v.Says, v.FileID, v.FileName, v.AddedBy, tx.Now()); err != nil {
			return fmt.Errorf("operator: add review: %w", err)
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "operator.review.add", Target: c.Target(), Basis: citation, After: v})
	})
	return v, err
}

// Assessment is the 结果考核 of one term.
type Assessment struct {
	ID         string
	Contractor ID
	Paper      string // the service agreement whose term it is about
	Result     string // good, fair, poor
	Score      int    // hundredths of a point
	Says       string
	On         calendar.Date
	Assessor   string
	FileID     string
	FileName   string
}

// Results are the grades of an assessment in order.
var Results = []struct{ Value, Name string }{{"good", "优秀"}, {"fair", "合格"}, {"poor", "不合格"}}

// ResultName is a grade in Chinese.
func ResultName(value string) string {
	for _, r := range Results {
		if r.Value == value {
			return r.Name
		}
	}
	return value
}

// Assess keeps the assessment of a term, once.
func (s *Service) Assess(ctx context.Context, scope authz.Scope, a Assessment, file *approval.Upload) (Assessment, error) {
	a.Says, a.Assessor = strings.TrimSpace(a.Says), strings.TrimSpace(a.Assessor)
	today := calendar.DateOf(s.db.Now())
	switch {
	case !slices.ContainsFunc(Results, func(r struct{ Value, Name string }) bool { return r.Value == a.Result }):
		return a, fault.New(fault.Invalid, "没有选择考核结果。").On("result", "请选择考核结果")
	case a.Score < 0 || a.Score > 100_00:
		return a, fault.New(fault.Invalid, "考核得分应在 0 至 100 分之间。").On("score", "请填写 0 至 100")
	case a.Says == "" || len([]rune(a.Says)) > 2000:
		return a, fault.New(fault.Invalid, "考核意见没有填写。").On("says", "请写明考核情况，不超过 2000 字")
	case a.Assessor == "" || len([]rune(a.Assessor)) > 30:
		return a, fault.New(fault.Invalid, "考核人没有填写。").On("assessor", "请填写考核人姓名")
	case a.On.IsZero() || a.On.After(today):
		return a, fault.New(fault.Invalid, "考核日期应为今天或以前。").On("on", "请填写今天或以前的日期")
	}
	taken, err := approval.TakeOne(ctx, s.store, file, "assessment", "file")
	if err != nil {
		return a, err
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		c, err := s.Contractor(ctx, tx, scope, a.Contractor)
		if err != nil {
			return err
		}
		papers, err := s.papers(ctx, tx, c.ID)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(papers, func(p Paper) bool { return p.ID == a.Paper && p.Kind == AgreementPaper })
		if i < 0 {
			return fault.New(fault.Invalid, "没有选择承办期。").On("paper", "请选择要考核的承办协议")
		}
		if a.On.Before(papers[i].From) {
			return fault.New(fault.Invalid, "考核日期早于承办期开始。").On("on", "承办期自 "+papers[i].From.String()+" 开始")
		}
		if taken, err = approval.AttachTo(ctx, tx, "contractor", string(c.ID), taken); err != nil {
			return err
		}
		a.ID, a.FileID, a.FileName = ulid.Make().String(), taken.ID, taken.Name
		_, err = tx.Exec(ctx, `
			INSERT INTO contractor_assessment (id, contractor_id, paper_id, result, score, says, assessed_on, assessor, file_id, file_name, added_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			a.ID, a.Contractor, a.Paper, a.Result, a.Score, a.Says, a.On, a.Assessor, db.Null(a.FileID), a.FileName, tx.Now())
		if _, dup := db.UniqueViolation(err); dup {
			return fault.New(fault.Conflict, "这一承办期已经考核过。").From(err)
		}
		if err != nil {
			return fmt.Errorf("operator: assess: %w", err)
		}
		if _, err := s.obligations.Discharge(ctx, tx, AssessmentObligation.ID, papers[i].subject(c), "考核结果："+ResultName(a.Result)); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "operator.assessment.add", Target: c.Target(), Basis: citation, After: a})
	})
	return a, err
}

// File opens one file of a contractor in scope.
func (s *Service) File(ctx context.Context, scope authz.Scope, id ID, file string) (approval.Attachment, io.ReadCloser, error) {
	if _, err := s.Contractor(ctx, s.db, scope, id); err != nil {
		return approval.Attachment{}, nil, err
	}
	return approval.OpenAttached(ctx, s.db, s.store, "contractor", string(id), file)
}
