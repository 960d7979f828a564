package approval

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/notify"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
)

// CaseID identifies a case.
type CaseID string

// States of a case.
const (
	InReview  = "in_review"
	Returned  = "returned"
	Approved  = "approved"
	Refused   = "refused"
	Withdrawn = "withdrawn"
)

// Machine declares what may become of a case.
var Machine = passage.Machine{
	Kind: "case", Noun: "审批事项",
	States: map[string]string{InReview: "审核中", Returned: "退回补正", Approved: "已批准", Refused: "不予批准", Withdrawn: "已撤回"},
	Moves: []passage.Move{
		{From: "", Act: "submit", To: InReview, Says: "提交", Guard: "主要负责同志已同意；规则无阻止项", Permit: string(authz.OpeningApply)},
		{From: InReview, Act: "pass", To: InReview, Says: "同意上报", Guard: "轮到本单位；不是申请人本人", Permit: string(authz.CaseDecide)},
		{From: InReview, Act: "approve", To: Approved, Says: "批准", Guard: "最后一步；不是申请人本人；规则复核无阻止项", Permit: string(authz.CaseDecide)},
		{From: InReview, Act: "return", To: Returned, Says: "退回补正", Guard: "轮到本单位；写明理由", Permit: string(authz.CaseDecide)},
		{From: InReview, Act: "refuse", To: Refused, Says: "不予批准", Guard: "轮到本单位；写明理由", Permit: string(authz.CaseDecide)},
		{From: InReview, Act: "withdraw", To: Withdrawn, Says: "撤回", Guard: "申请单位", Permit: string(authz.OpeningApply)},
		{From: Returned, Act: "resubmit", To: InReview, Says: "重新提交", Guard: "申请单位；规则无阻止项", Permit: string(authz.OpeningApply)},
		{From: Returned, Act: "withdraw", To: Withdrawn, Says: "撤回", Guard: "申请单位", Permit: string(authz.OpeningApply)},
	},
}

// StepKind is what a step does.
type StepKind string

// The kinds of step.
const (
	Consent StepKind = "consent" // 主要负责同志同意: step 0, recorded with the application
	Review  StepKind = "review"
	Approve StepKind = "approve"
)

// Step is one station of the chain.
type Step struct {
	No         int
	Kind       StepKind
	Unit       org.UnitID
	UnitName   string // joined
	Name       string // 雁塔区人民政府办公室审核
	ArrivedAt  time.Time
	Due        calendar.Due
	DecidedAt  time.Time
	Decision   string // act of the machine
	Opinion    string
	PersonName string
}

// Case is one application on its way.
type Case struct {
	ID            CaseID
	Number        string
	Kind          string
	Title         string
	Unit          org.UnitID
	UnitName      string // joined
	Applicant     org.PersonID
	ApplicantName string // joined
	Subject       string
	Form          json.RawMessage
	State         string
	StepNo        int
	OpenedAt      time.Time
	EndedAt       time.Time
	areaPath      string
	linePath      string
}

// StateName is the state in Chinese.
func (c Case) StateName() string { return Machine.Name(c.State) }

// Opinion is one act on a case with its words.
type Opinion struct {
	StepNo     int
	Act        string
	Reasons    []string
	Text       string
	PersonName string
	UnitName   string
	At         time.Time
}

// ActName is the act in Chinese.
func (o Opinion) ActName() string { return Machine.ActName(o.Act) }

// Outcome runs in the transaction of the last approval.
type Outcome func(ctx context.Context, tx *db.Tx, c Case) error

// StepObligation is the clock of each step; its length is a province's
// setting, not law.
var StepObligation = obligation.Kind{
	ID: "case_step", Name: "审批事项办理", Clause: "S7.2a", Citation: "陕政公开办〔2021〕18号 第七条（二）",
	Says: "在办理时限内提出审核意见", Remind: []int{1, 0}, Escalate: 1,
}

// Service is the door of approval.
type Service struct {
	db          *db.DB
	org         *org.Service
	obligations *obligation.Service
	days        calendar.Workdays
	stepDays    int
	stepDaysNow func() int // the setting of the moment, where there is one
	outcomes    map[string]Outcome
	presenters  map[string]Presenter
}

// New makes the service. stepDays is the working days each step has.
func New(d *db.DB, o *org.Service, ob *obligation.Service, days calendar.Workdays, stepDays int) *Service {
	return &Service{db: d, org: o, obligations: ob, days: days, stepDays: stepDays, outcomes: map[string]Outcome{}, presenters: map[string]Presenter{}}
}

// OnApproved registers what an approval of the kind does; once, at start.
func (s *Service) OnApproved(kind string, f Outcome) { s.outcomes[kind] = f }

// Application is what the module that opens a case hands over.
type Application struct {
	Kind      string
	Title     string
	Unit      org.UnitID
	Applicant org.PersonID
	Subject   string
	Form      any
	// Consent is step 0: who agreed and when. It is decided before submission.
	ConsentBy string
	ConsentOn calendar.Date
	Steps     []Step // from 1 on; Unit, Kind and Name are read
}

// Submit opens the case in the caller's transaction and puts it before the
// first office.
func (s *Service) Submit(ctx context.Context, tx *db.Tx, a Application) (Case, error) {
	if len(a.Steps) == 0 || a.Steps[len(a.Steps)-1].Kind != Approve {
		return Case{}, fmt.Errorf("approval: a chain must end in an approval, got %d steps", len(a.Steps))
	}
	if _, ok := s.outcomes[a.Kind]; !ok {
		return Case{}, fmt.Errorf("approval: no outcome registered for %q", a.Kind)
	}
	form, err := json.Marshal(a.Form)
	if err != nil {
		return Case{}, fmt.Errorf("approval: encode form: %w", err)
	}
	number, err := NextNumber(ctx, tx, "SP")
	if err != nil {
		return Case{}, err
	}
	c := Case{ID: CaseID(ulid.Make().String()), Number: number, Kind: a.Kind, Title: a.Title, Unit: a.Unit,
		Applicant: a.Applicant, Subject: a.Subject, Form: form, StepNo: 1, OpenedAt: tx.Now()}
	if _, c.State, err = Machine.Take(ctx, tx, string(c.ID), "submit", passage.Note{}); err != nil {
		return Case{}, err
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO approval_case (id, number, kind, title, unit_id, applicant_id, subject_id, form, state, step_no, opened_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		c.ID, c.Number, c.Kind, c.Title, c.Unit, c.Applicant, c.Subject, string(form), c.State, c.StepNo, c.OpenedAt); err != nil {
		return Case{}, fmt.Errorf("approval: submit: %w", err)
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO approval_step (case_id, no, kind, unit_id, name, arrived_at, decided_at, decision, opinion, person_name)
		VALUES ($1, 0, $2, $3, '主要负责同志同意', $4, $5, 'consent', $6, $7)`,
		c.ID, Consent, c.Unit, c.OpenedAt, c.OpenedAt, "同意申请（"+a.ConsentOn.Chinese()+"）", a.ConsentBy); err != nil {
		return Case{}, err
	}
	for i, st := range a.Steps {
		if _, err := tx.Exec(ctx, `INSERT INTO approval_step (case_id, no, kind, unit_id, name) VALUES ($1, $2, $3, $4, $5)`,
			c.ID, i+1, st.Kind, st.Unit, st.Name); err != nil {
			return Case{}, err
		}
	}
	if err := s.arrive(ctx, tx, c); err != nil {
		return Case{}, err
	}
	return c, s.note(ctx, tx, c, "submit", nil, "")
}

// StepDaysFrom takes the working days of a step from a setting; at start.
func (s *Service) StepDaysFrom(f func() int) { s.stepDaysNow = f }

// FollowDue keeps the step's own last day equal to its obligation's, when that
// is counted again or extended.
func (s *Service) FollowDue(ctx context.Context, tx *db.Tx, o obligation.Obligation) error {
	if o.Kind != StepObligation.ID {
		return nil
	}
	_, err := tx.Exec(ctx, `UPDATE approval_step SET due_on = $2, provisional = $3 WHERE case_id = $1 AND decided_at IS NULL AND no = (SELECT step_no FROM approval_case WHERE id = $1)`,
		o.Subject.ID, o.Due.On, o.Due.Provisional)
	return err
}

// arrive puts the case before its current step: clock and message.
func (s *Service) arrive(ctx context.Context, tx *db.Tx, c Case) error {
	length := calendar.WorkingDays(s.stepDays)
	if s.stepDaysNow != nil {
		length = calendar.WorkingDays(s.stepDaysNow())
	}
	due := length.From(calendar.DateOf(tx.Now()), s.days)
	if _, err := tx.Exec(ctx, `UPDATE approval_step SET arrived_at = $3, due_on = $4, provisional = $5, decided_at = NULL, decision = '', opinion = '' WHERE case_id = $1 AND no = $2`,
		c.ID, c.StepNo, tx.Now(), due.On, due.Provisional); err != nil {
		return err
	}
	unit, err := db.One(ctx, tx, db.Value[org.UnitID], `SELECT unit_id FROM approval_step WHERE case_id = $1 AND no = $2`, c.ID, c.StepNo)
	if err != nil {
		return err
	}
	if err := s.obligations.Open(ctx, tx, obligation.Debt{
		Kind: StepObligation.ID, Unit: unit, Subject: c.subject(), Link: c.Link(), Due: due, From: calendar.DateOf(tx.Now()), Length: length,
	}); err != nil {
		return err
	}
	_, err = notify.Send(ctx, tx, notify.Message{
		Key: fmt.Sprintf("case:%s:step:%d:%s", c.ID, c.StepNo, tx.Now().Format(time.RFC3339Nano)), Unit: string(unit),
		Title: "待办：" + c.Title, Body: c.Number + " 已到您单位审核，请于 " + due.On.Chinese() + " 前办理。", Link: c.Link(),
	})
	return err
}

// Link is the case's page in the console.
func (c Case) Link() string { return "/console/cases/" + string(c.ID) }

func (c Case) subject() obligation.Subject {
	return obligation.Subject{Kind: "case", ID: string(c.ID), Name: c.Number + " " + c.Title}
}

func (c Case) target() audit.Target {
	return audit.Target{Kind: "case", ID: string(c.ID), Name: c.Number + " " + c.Title, Unit: string(c.Unit)}
}

// note keeps the act with its words and writes the trail.
func (s *Service) note(ctx context.Context, tx *db.Tx, c Case, act string, reasons []string, text string) error {
	actor, ok := audit.ActorFrom(ctx)
	if !ok {
		return audit.ErrNoActor
	}
	list, err := json.Marshal(append([]string{}, reasons...))
	if err != nil {
		return err
	}
	unitName := ""
	var person any
	if sess := authz.SessionFrom(ctx); sess != nil {
		person = sess.PersonID
		_, unitName = sess.Unit()
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO approval_opinion (id, case_id, step_no, act, reasons, opinion, person_id, person_name, unit_name, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		ulid.Make().String(), c.ID, c.StepNo, act, string(list), text, person, actor.Name, unitName, tx.Now()); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "approval." + act, Target: c.target(), Basis: StepObligation.Citation,
		After: map[string]any{"step": c.StepNo, "state": c.State, "opinion": text, "reasons": reasons}})
}

// Decision is what an office says at its step.
type Decision struct {
	Act     string   // pass, approve, return, refuse
	Reasons []string // required to return or refuse
	Opinion string
	StepNo  int // the step the person was looking at, so a stale page decides nothing
}

// ReturnReasons are the reasons an office picks from when it returns or refuses.
var ReturnReasons = []string{"材料不齐全", "填写有误", "不符合开设条件", "安全要求未落实", "名称或域名不规范", "其他"}

// Decide records an office's decision on the case at its step. The last
// approval runs the registered outcome in the same transaction.
func (s *Service) Decide(ctx context.Context, scope authz.Scope, id CaseID, d Decision) (Case, error) {
	session := authz.SessionFrom(ctx)
	var c Case
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		var err error
		if c, err = s.caseTx(ctx, tx, scope, id); err != nil {
			return err
		}
		steps, err := s.steps(ctx, tx, id)
		if err != nil {
			return err
		}
		if c.State != InReview || c.StepNo != d.StepNo {
			return fault.New(fault.Conflict, "这件事项刚被别人处理过，现在是“"+c.StateName()+"”。请刷新后再看。")
		}
		step := steps[c.StepNo]
		if err := s.mayDecide(ctx, tx, session, c, step); err != nil {
			return err
		}
		if err := d.check(step); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE approval_step SET decided_at = $3, decision = $4, opinion = $5, person_id = $6, person_name = $7 WHERE case_id = $1 AND no = $2`,
			c.ID, c.StepNo, tx.Now(), d.Act, d.Opinion, session.PersonID, session.Name); err != nil {
			return err
		}
		if _, err := s.obligations.Discharge(ctx, tx, StepObligation.ID, c.subject(), Machine.ActName(d.Act)+"，"+session.Name); err != nil {
			return err
		}
		if _, c.State, err = Machine.Take(ctx, tx, string(c.ID), d.Act, passage.Note{Says: d.Opinion, CaseID: string(c.ID)}); err != nil {
			return err
		}
		if err := s.note(ctx, tx, c, d.Act, d.Reasons, d.Opinion); err != nil {
			return err
		}
		return s.after(ctx, tx, &c, d)
	})
	return c, err
}

// after moves the case on, ends it, or hands it back.
func (s *Service) after(ctx context.Context, tx *db.Tx, c *Case, d Decision) error {
	var ended time.Time
	switch d.Act {
	case "pass":
		c.StepNo++
	case "approve", "refuse":
		ended = tx.Now()
		c.EndedAt = ended
	}
	if _, err := tx.Exec(ctx, `UPDATE approval_case SET state = $2, step_no = $3, ended_at = $4 WHERE id = $1`, c.ID, c.State, c.StepNo, ended); err != nil {
		return err
	}
	switch d.Act {
	case "pass":
		return s.arrive(ctx, tx, *c)
	case "approve":
		if err := s.outcomes[c.Kind](ctx, tx, *c); err != nil {
			return err
		}
	}
	_, err := notify.Send(ctx, tx, notify.Message{
		Key: fmt.Sprintf("case:%s:%s:%s", c.ID, d.Act, tx.Now().Format(time.RFC3339Nano)), Unit: string(c.Unit),
		Title: Machine.ActName(d.Act) + "：" + c.Title, Body: strings.Join(append(slices.Clone(d.Reasons), d.Opinion), "；"), Link: c.Link(),
	})
	return err
}

// mayDecide holds the act's own rule: it is this unit's turn, and nobody
// decides on what they asked for themselves, be it submitted or amended
// (Article 3, 管办分离 of persons).
func (s *Service) mayDecide(ctx context.Context, q db.Querier, session *authz.Session, c Case, step Step) error {
	if session == nil {
		return fault.New(fault.SignIn, "请先登录。")
	}
	if !holdsAt(session, step.Unit, authz.CaseDecide) {
		return fault.Newf(fault.Forbidden, "这件事项现在由“%s”办理，您不是该单位的审核人员。", step.UnitName)
	}
	asked, err := askedFor(ctx, q, c, session.PersonID)
	if err != nil {
		return err
	}
	if asked {
		return fault.New(fault.Refused, "申请人不能审批自己提出或补正的申请，请由本单位其他审核人员办理。")
	}
	return nil
}

// MayDecide says why the signed-in person cannot decide on the case now; nil
// when they can. It takes the session: it is a question about the person.
func (s *Service) MayDecide(ctx context.Context, session *authz.Session, c Case, steps []Step) error {
	if c.State != InReview || c.StepNo >= len(steps) {
		return fault.New(fault.Conflict, "这件事项现在是“"+c.StateName()+"”，不在审核中。")
	}
	return s.mayDecide(ctx, s.db, session, c, steps[c.StepNo])
}

// MayAmend reports whether the person may withdraw or resubmit for the
// applicant's unit.
func MayAmend(session *authz.Session, c Case) bool {
	return session != nil && holdsAt(session, c.Unit, authz.OpeningApply)
}

// holdsAt reports whether a post at the very unit permits p.
func holdsAt(session *authz.Session, unit org.UnitID, p authz.Permission) bool {
	return slices.ContainsFunc(session.Posts, func(post authz.Post) bool {
		one := authz.Session{Posts: []authz.Post{post}}
		return post.UnitID == string(unit) && one.May(p)
	})
}

// askedFor reports whether the person submitted or resubmitted the case.
func askedFor(ctx context.Context, q db.Querier, c Case, person string) (bool, error) {
	if person == string(c.Applicant) {
		return true, nil
	}
	n, err := db.One(ctx, q, db.Value[int], `
		SELECT count(*) FROM approval_opinion WHERE case_id = $1 AND person_id = $2 AND act IN ('submit', 'resubmit')`, c.ID, person)
	return n > 0, err
}

func (d Decision) check(step Step) error {
	switch d.Act {
	case "pass":
		if step.Kind != Review {
			return fault.New(fault.Invalid, "这是最后一步，请选择“批准”“退回补正”或“不予批准”。").On("act", "请重新选择办理意见")
		}
	case "approve":
		if step.Kind != Approve {
			return fault.New(fault.Invalid, "还没有到批准的一步，请选择“同意上报”“退回补正”或“不予批准”。").On("act", "请重新选择办理意见")
		}
	case "return", "refuse":
		if len(d.Reasons) == 0 || strings.TrimSpace(d.Opinion) == "" {
			return fault.New(fault.Invalid, "退回或不予批准要选择理由并写明意见。").On("opinion", "请选择理由并写明需要补正的内容")
		}
	default:
		return fault.New(fault.Invalid, "没有选择办理意见。").On("act", "请选择办理意见")
	}
	if len([]rune(d.Opinion)) > 2000 {
		return fault.New(fault.Invalid, "意见超过 2000 字。").On("opinion", "请压缩到 2000 字以内")
	}
	return nil
}

// Withdraw takes the application back; the applicant's unit may, until it is
// decided.
func (s *Service) Withdraw(ctx context.Context, scope authz.Scope, id CaseID, why string) (Case, error) {
	var c Case
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		var err error
		if c, err = s.byApplicant(ctx, tx, scope, id, "withdraw", why); err != nil {
			return err
		}
		if _, err := s.obligations.Annul(ctx, tx, StepObligation.ID, c.subject(), "申请撤回"); err != nil {
			return err
		}
		c.EndedAt = tx.Now()
		_, err = tx.Exec(ctx, `UPDATE approval_case SET state = $2, ended_at = $3 WHERE id = $1`, c.ID, c.State, c.EndedAt)
		return err
	})
	return c, err
}

// Resubmit puts a returned application, amended, before the office that
// returned it, in the transaction of the module that owns the form and has
// checked its rules again.
func (s *Service) Resubmit(ctx context.Context, tx *db.Tx, scope authz.Scope, id CaseID, title string, form any, why string) (Case, error) {
	text, err := json.Marshal(form)
	if err != nil {
		return Case{}, fmt.Errorf("approval: encode form: %w", err)
	}
	c, err := s.byApplicant(ctx, tx, scope, id, "resubmit", why)
	if err != nil {
		return Case{}, err
	}
	c.Form, c.Title = text, title
	if _, err := tx.Exec(ctx, `UPDATE approval_case SET state = $2, form = $3, title = $4 WHERE id = $1`, c.ID, c.State, string(text), title); err != nil {
		return Case{}, err
	}
	return c, s.arrive(ctx, tx, c)
}

func (s *Service) byApplicant(ctx context.Context, tx *db.Tx, scope authz.Scope, id CaseID, act, why string) (Case, error) {
	c, err := s.caseTx(ctx, tx, scope, id)
	if err != nil {
		return Case{}, err
	}
	if !MayAmend(authz.SessionFrom(ctx), c) {
		return Case{}, fault.New(fault.Forbidden, "只有申请单位的经办人员可以撤回或重新提交。")
	}
	if len([]rune(why)) > 2000 {
		return Case{}, fault.New(fault.Invalid, "说明超过 2000 字。").On("why", "请压缩到 2000 字以内")
	}
	if _, c.State, err = Machine.Take(ctx, tx, string(c.ID), act, passage.Note{Says: why, CaseID: string(c.ID)}); err != nil {
		return Case{}, err
	}
	return c, s.note(ctx, tx, c, act, nil, why)
}

// NextNumber is the next quotable number of a series: SP-2026-0007.
func NextNumber(ctx context.Context, tx *db.Tx, series string) (string, error) {
	year := calendar.DateOf(tx.Now()).Year
	if _, err := tx.Exec(ctx, `
		INSERT INTO number_series (name, year, last) VALUES ($1, $2, 1)
		ON CONFLICT (name, year) DO UPDATE SET last = number_series.last + 1`, series, year); err != nil {
		return "", err
	}
	n, err := db.One(ctx, tx, db.Value[int], `SELECT last FROM number_series WHERE name = $1 AND year = $2`, series, year)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s-%d-%04d", series, year, n), nil
}
