package approval

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
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
	Ended     = "ended" // the applicant's unit is gone
)

// Machine declares what may become of a case.
var Machine = passage.Machine{
	Kind: "case", Noun: "审批事项",
	States: map[string]string{InReview: "审核中", Returned: "退回补正", Approved: "已批准", Refused: "不予批准", Withdrawn: "已撤回", Ended: "已终止"},
	Moves: []passage.Move{
		{From: "", Act: "submit", To: InReview, Says: "提交", Guard: "主要负责同志已同意；规则无阻止项", Permit: string(authz.OpeningApply)},
		{From: InReview, Act: "pass", To: InReview, Says: "同意上报", Guard: "轮到本单位；不是申请人本人；会签已答复", Permit: string(authz.CaseDecide)},
		{From: InReview, Act: "approve", To: Approved, Says: "批准", Guard: "最后一步；不是申请人本人；会签已答复；规则复核无阻止项", Permit: string(authz.CaseDecide)},
		{From: InReview, Act: "return", To: Returned, Says: "退回补正", Guard: "轮到本单位；写明理由", Permit: string(authz.CaseDecide)},
		{From: InReview, Act: "send_back", To: InReview, Says: "退回前一环节", Guard: "轮到本单位；退回更早的环节；写明理由", Permit: string(authz.CaseDecide)},
		{From: InReview, Act: "refuse", To: Refused, Says: "不予批准", Guard: "轮到本单位；写明理由", Permit: string(authz.CaseDecide)},
		{From: InReview, Act: "record_pass", To: InReview, Says: "登记外部同意", Guard: "外部环节，后面还有环节；有文号、日期和扫描件", Permit: string(authz.CaseDecide)},
		{From: InReview, Act: "record", To: Approved, Says: "登记外部批准", Guard: "外部环节，最后一步；有文号、日期和扫描件；规则复核无阻止项", Permit: string(authz.CaseDecide)},
		{From: InReview, Act: "record_refuse", To: Refused, Says: "登记外部不予批准", Guard: "外部环节；有文号、日期和理由", Permit: string(authz.CaseDecide)},
		{From: InReview, Act: "withdraw", To: Withdrawn, Says: "撤回", Guard: "申请单位", Permit: string(authz.OpeningApply)},
		{From: InReview, Act: "end", To: Ended, Says: "终止", Guard: "申请单位已撤销；当前或批准环节的单位", Permit: string(authz.CaseDecide)},
		{From: Returned, Act: "resubmit", To: InReview, Says: "重新提交", Guard: "申请单位；规则无阻止项", Permit: string(authz.OpeningApply)},
		{From: Returned, Act: "withdraw", To: Withdrawn, Says: "撤回", Guard: "申请单位", Permit: string(authz.OpeningApply)},
		{From: Returned, Act: "end", To: Ended, Says: "终止", Guard: "申请单位已撤销；当前或批准环节的单位", Permit: string(authz.CaseDecide)},
	},
}

// StepKind is what a step does.
type StepKind string

// The kinds of step.
const (
	Consent StepKind = "consent" // 主要负责同志同意: step 0, recorded with the application
	Review  StepKind = "review"
	Approve StepKind = "approve"
	// External is decided outside the house (the State Council's office, for
	// one); the step's unit records what was decided there.
	External StepKind = "external"
)

// Step is one station of the chain.
type Step struct {
	No         int
	Kind       StepKind
	Unit       org.UnitID
	UnitName   string // joined
	Name       string // 雁塔区人民政府办公室审核
	Days       int    // working days it has; 0 is the province's setting
	ArrivedAt  time.Time
	Due        calendar.Due
	DecidedAt  time.Time
	Decision   string // act of the machine
	Opinion    string
	PersonName string
	ForName    string       // whose post it was decided through
	Expected   calendar.Due // when it should be decided, of a step still to come
	Vacant     bool         // the case waits here and nobody may decide: 审核岗位空缺
	Moved      string       // the unit it stood at before that was abolished
	// Of an external step: who decides, what the answer must bring beside a
	// document, and the answer.
	Body   string // 国务院办公厅
	Asks   string // 网站标识码
	Answer ExternalAnswer
}

// Signed is who decided, as shown: 李某（代 王某）.
func (t Step) Signed() string { return signed(t.PersonName, t.ForName) }

func signed(name, via string) string {
	if via == "" {
		return name
	}
	return name + "（代 " + via + "）"
}

// CasesOn is where the cases on a subject are, whatever became of them: tables
// and condition, with the subject's id as $1, for those who must not lose a
// record that cases speak of.
const CasesOn = `approval_case WHERE subject_id = $1`

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
	AtUnit        org.UnitID    // where it stands, while it is in review
	AtUnitName    string        // joined
	Body          string        // joined: who decides outside, when it stands at an external step
	Due           calendar.Date // by when the office there decides
	Gone          calendar.Date // the day the applicant's unit was abolished
	// External is the last answer of an outside body on the case; the outcome
	// of a chain that ends outside reads it.
	External ExternalAnswer
	areaPath string
	linePath string
}

// StateName is the state in Chinese.
func (c Case) StateName() string { return Machine.Name(c.State) }

// AtName is who has the case: the body outside at an external step, whose
// answer the unit there only records, else the unit.
func (c Case) AtName() string {
	if c.Body != "" {
		return c.Body
	}
	return c.AtUnitName
}

// ApplicantGone reports whether the applicant's unit has been abolished.
func (c Case) ApplicantGone(today calendar.Date) bool {
	return !c.Gone.IsZero() && !c.Gone.After(today)
}

// Open reports whether the case may still move.
func (c Case) Open() bool { return c.State == InReview || c.State == Returned }

// Opinion is one act on a case with its words.
type Opinion struct {
	StepNo     int
	Act        string
	Reasons    []string // codes of Reasons, or words from before there were codes
	Text       string
	PersonName string
	ForName    string // whose post it was done through
	UnitName   string
	At         time.Time
	Batch      string // the batch it was given in
}

// Signed is who acted, as shown: 李某（代 王某）.
func (o Opinion) Signed() string { return signed(o.PersonName, o.ForName) }

// asides are what the file tells of beside the moves of the case.
var asides = map[string]string{"ask": "发起会签", "advise": "征求意见", "answer": "答复意见", "waive": "免除会签", "reroute": "环节改由承接单位办理", "vacant": "审核岗位空缺"}

// ActName is the act in Chinese.
func (o Opinion) ActName() string {
	if s := asides[o.Act]; s != "" {
		return s
	}
	return Machine.ActName(o.Act)
}

// Outcome runs in the transaction of the last approval.
type Outcome func(ctx context.Context, tx *db.Tx, c Case) error

// StepObligation is the clock of each step; its length is a province's
// setting, not law.
var StepObligation = obligation.Kind{
	ID: "case_step", Name: "审批事项办理", Clause: "S7.2a", Citation: "陕政公开办〔2021〕18号 第七条（二）",
	Says: "在办理时限内提出审核意见", Remind: []int{1, 0}, Escalate: 1,
}

// Obligations are the clocks of approval.
func Obligations() []obligation.Kind { return []obligation.Kind{StepObligation, CountersignObligation} }

// Choices are the province's own numbers; zero means the default.
type Choices struct {
	StepDays     int // working days of a step: 5
	ExternalDays int // working days until an outside body's answer is asked after: 30
	AdviceDays   int // working days a unit has to give its opinion: 5
	SampleOneIn  int // of a batch, one in so many is read first: 3
}

func (c Choices) filled(stepDays int) Choices {
	for _, n := range []struct {
		p  *int
		or int
	}{{&c.StepDays, stepDays}, {&c.ExternalDays, 30}, {&c.AdviceDays, 5}, {&c.SampleOneIn, SampleOneIn}} {
		if *n.p <= 0 {
			*n.p = n.or
		}
	}
	return c
}

// Successor names the unit that took over from an abolished one; ok is false
// when none did.
type Successor func(ctx context.Context, q db.Querier, unit org.UnitID) (successor org.UnitID, ok bool, err error)

// Service is the door of approval.
type Service struct {
	db          *db.DB
	org         *org.Service
	obligations *obligation.Service
	days        calendar.Workdays
	choices     func() Choices
	successor   Successor
	outcomes    map[string]Outcome
	presenters  map[string]Presenter
	names       map[string]string // of kinds, for filters
}

// New makes the service. stepDays is the working days each step has.
func New(d *db.DB, o *org.Service, ob *obligation.Service, days calendar.Workdays, stepDays int) *Service {
	return &Service{db: d, org: o, obligations: ob, days: days, choices: func() Choices { return Choices{}.filled(stepDays) },
		outcomes: map[string]Outcome{}, presenters: map[string]Presenter{}, names: map[string]string{}}
}

// OnApproved registers what an approval of the kind does; once, at start.
func (s *Service) OnApproved(kind string, f Outcome) { s.outcomes[kind] = f }

// OnChoices registers where the province's numbers stand; once, at start.
func (s *Service) OnChoices(f func() Choices) {
	stepDays := s.choices().StepDays
	s.choices = func() Choices { return f().filled(stepDays) }
}

// OnSuccessor registers who knows which unit took over from an abolished one;
// once, at start.
func (s *Service) OnSuccessor(f Successor) { s.successor = f }

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
	// Steps from 1 on: Kind, Unit, Name and, where set, Days, Body and Asks are
	// read. The last is an Approve or an External one.
	Steps []Step
}

// Submit opens the case in the caller's transaction and puts it before the
// first office.
func (s *Service) Submit(ctx context.Context, tx *db.Tx, a Application) (Case, error) {
	if err := checkChain(a.Steps); err != nil {
		return Case{}, err
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
	u, err := s.org.UnitTx(ctx, tx, authz.System("approval.submit"), a.Unit)
	if err != nil {
		return Case{}, err
	}
	c.UnitName = u.Name
	if _, err := tx.Exec(ctx, `
		INSERT INTO approval_case (id, number, kind, title, unit_id, applicant_id, subject_id, form, state, step_no, opened_at, find)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		c.ID, c.Number, c.Kind, c.Title, c.Unit, c.Applicant, c.Subject, string(form), c.State, c.StepNo, c.OpenedAt, findable(c)); err != nil {
		return Case{}, fmt.Errorf("approval: submit: %w", err)
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO approval_step (case_id, no, kind, unit_id, name, arrived_at, decided_at, decision, opinion, person_name)
		VALUES ($1, 0, $2, $3, '主要负责同志同意', $4, $5, 'consent', $6, $7)`,
		c.ID, Consent, c.Unit, c.OpenedAt, c.OpenedAt, "同意申请（"+a.ConsentOn.Chinese()+"）", a.ConsentBy); err != nil {
		return Case{}, err
	}
	for i, st := range a.Steps {
		if _, err := tx.Exec(ctx, `INSERT INTO approval_step (case_id, no, kind, unit_id, name, days, body, asks) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			c.ID, i+1, st.Kind, st.Unit, st.Name, st.Days, st.Body, st.Asks); err != nil {
			return Case{}, err
		}
	}
	if err := s.note(ctx, tx, c, "submit", nil, ""); err != nil {
		return Case{}, err
	}
	return c, s.arrive(ctx, tx, &c, "待办")
}

// findable is what a case is looked for by.
func findable(c Case) string {
	return strings.ToLower(c.Title + " " + c.Number + " " + c.UnitName + " " + org.Initials(c.UnitName))
}

// checkChain: reviews, then at most one approval, then outside bodies.
func checkChain(steps []Step) error {
	if len(steps) == 0 || steps[len(steps)-1].Kind != Approve && steps[len(steps)-1].Kind != External {
		return fmt.Errorf("approval: a chain must end in an approval or outside, got %d steps", len(steps))
	}
	outside := false
	for i, st := range steps {
		switch {
		case st.Kind == External:
			outside = true
			if st.Body == "" {
				return fmt.Errorf("approval: step %d is outside and names no body", i+1)
			}
		case outside, st.Kind != Review && st.Kind != Approve, st.Kind == Approve && i < len(steps)-1:
			return fmt.Errorf("approval: step %d of %d cannot be a %s", i+1, len(steps), st.Kind)
		}
	}
	return nil
}

// Link is the case's page in the console.
func (c Case) Link() string { return "/console/cases/" + string(c.ID) }

func (c Case) subject() obligation.Subject {
	return obligation.Subject{Kind: "case", ID: string(c.ID), Name: c.Number + " " + c.Title}
}

func (c Case) target() audit.Target {
	return audit.Target{Kind: "case", ID: string(c.ID), Name: c.Number + " " + c.Title, Unit: string(c.Unit)}
}

// note keeps the act with its words and writes the trail. Moves of the case are
// entered as approval.<act>, what is told beside them as case.<act>.
func (s *Service) note(ctx context.Context, tx *db.Tx, c Case, act string, reasons []string, text string) error {
	actor, ok := audit.ActorFrom(ctx)
	if !ok {
		return audit.ErrNoActor
	}
	list, err := json.Marshal(append([]string{}, reasons...))
	if err != nil {
		return err
	}
	name, unitName, via := actor.Name, "", ""
	var person any
	if sess := authz.SessionFrom(ctx); sess != nil {
		person = sess.PersonID
		_, unitName = sess.Unit()
	}
	if p, ok := actingFrom(ctx); ok {
		unitName, via = p.UnitName, viaOf(p)
	}
	// For whom a deputy acts has its own column; the actor's name says both.
	if sess := authz.SessionFrom(ctx); sess != nil && via != "" {
		name = sess.Name
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO approval_opinion (id, case_id, step_no, act, reasons, opinion, person_id, person_name, for_name, unit_name, at, batch_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		ulid.Make().String(), c.ID, c.StepNo, act, string(list), text, person, name, via, unitName, tx.Now(), batchFrom(ctx)); err != nil {
		return err
	}
	kind := "approval." + act
	if asides[act] != "" {
		kind = "case." + act
	}
	after := map[string]any{"step": c.StepNo, "state": c.State, "opinion": text, "reasons": reasons}
	if via != "" {
		after["for"] = via
	}
	return audit.Record(ctx, tx, audit.Entry{Act: kind, Target: c.target(), Basis: StepObligation.Citation, After: after})
}

type contextKey int

const (
	actingKey contextKey = iota
	batchKey
)

// acting remembers the post through which the person acts, for the file.
func acting(ctx context.Context, p authz.Post) context.Context {
	return context.WithValue(ctx, actingKey, p)
}

func actingFrom(ctx context.Context) (authz.Post, bool) {
	p, ok := ctx.Value(actingKey).(authz.Post)
	return p, ok
}

func batchFrom(ctx context.Context) string {
	id, _ := ctx.Value(batchKey).(string)
	return id
}

// viaOf is whose post it is, when it is held in their place.
func viaOf(p authz.Post) string {
	if !p.Delegated {
		return ""
	}
	return p.Via
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
