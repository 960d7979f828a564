package obligation

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
)

// Kind is one clock of the law.
type Kind struct {
	ID       string // launch
	Name     string // 正式上线
	Clause   string // S7.4a
	Citation string // 陕政公开办〔2021〕18号 第七条（四）
	Says     string // what is owed, in Chinese
	Remind   []int  // days before the due date; 0 is the due day itself
	// Hours are further reminders, at these hours of the due day; By is the hour
	// of that day at which it is overdue, 0 for its end.
	Hours    []int
	By       int
	Escalate int // days after the due date until the supervisor is told
	// Province is how many days after the due date the provincial office is
	// told too: for what it answers for itself; 0 for never.
	Province int
	// Gather tells a supervisor of all units that are late with the kind in one
	// message a day, and not as urgent: what every unit owes every day would
	// otherwise bury what is.
	Gather  bool
	Minutes int // how long the act usually takes, for the workbench; 10 when zero
}

// States of an obligation.
const (
	Open       = "open"
	Discharged = "discharged"
	Void       = "void" // what it was about ended otherwise
)

// Obligation is one debt of one unit.
type Obligation struct {
	ID          string
	Kind        string
	Unit        org.UnitID
	UnitName    string // joined
	Subject     Subject
	Period      string // 2026-Q3 for what returns, else empty
	Link        string
	OpenedAt    time.Time
	Due         calendar.Due
	State       string
	OverdueAt   time.Time
	EscalatedAt time.Time
	EndedAt     time.Time
	Evidence    string
	Person      org.PersonID // A 岗 who holds it; empty: the unit
	Deputy      org.PersonID // B 岗
	PersonName  string       // joined
	DeputyName  string       // joined
	From        calendar.Date
	Length      string // calendar.Period, empty for a fixed day
	PausedOn    calendar.Date
	ProvinceAt  time.Time
	AreaPath    string // joined, of the unit
	wound       int
	abolished   bool
	holder      org.PersonID // whom a reminder reaches: A, else B, when they still work there
}

// Subject is the thing it is about.
type Subject struct{ Kind, ID, Name string }

// Service is the door of obligation.
type Service struct {
	db    *db.DB
	org   *org.Service
	kinds []Kind
	hours map[string]func() int

	recurring []Recurring
	moved     []func(ctx context.Context, tx *db.Tx, o Obligation) error
}

// New makes the service over the declared kinds.
func New(d *db.DB, o *org.Service, kinds ...Kind) *Service {
	return &Service{db: d, org: o, kinds: kinds, hours: map[string]func() int{}}
}

// Kinds are the declared clocks.
func (s *Service) Kinds() []Kind { return s.kinds }

// KindOf describes a kind; ok is false for an undeclared one.
func (s *Service) KindOf(id string) (Kind, bool) {
	i := slices.IndexFunc(s.kinds, func(k Kind) bool { return k.ID == id })
	if i < 0 {
		return Kind{}, false
	}
	if hour := s.hours[id]; hour != nil {
		return s.kinds[i].by(hour()), true
	}
	return s.kinds[i], true
}

// Now is the moment by which it is told what is late.
func (s *Service) Now() time.Time { return s.db.Now() }

// HourFrom registers who says by which hour of its day a kind is owed; at start only.
func (s *Service) HourFrom(kind string, hour func() int) { s.hours[kind] = hour }

// by is the kind owed by another hour; its reminders keep their distance from it.
func (k Kind) by(hour int) Kind {
	hours := make([]int, len(k.Hours))
	for i, h := range k.Hours {
		hours[i] = h + hour - k.By
	}
	k.By, k.Hours = hour, hours
	return k
}

// Debt says what is owed.
type Debt struct {
	Kind    string
	Unit    org.UnitID
	Subject Subject
	Period  string
	Link    string
	Due     calendar.Due
	// From and Length say how Due was counted, so that it can be explained and
	// counted again when the holidays of its year are made known.
	From   calendar.Date
	Length calendar.Period
	// Person and Deputy hold it by name (A 岗, B 岗); empty: the whole unit.
	Person, Deputy org.PersonID
	// Told: whoever owes it is told of it with others like it. Opened late, it sends
	// no message of its own that it is late.
	Told bool
}

// Open opens the obligation in the act's transaction. One that is already open
// for the same subject and period is left as it is.
func (s *Service) Open(ctx context.Context, tx *db.Tx, n Debt) error {
	k, ok := s.KindOf(n.Kind)
	if !ok {
		return fmt.Errorf("obligation: kind %q is not declared", n.Kind)
	}
	if n.Due.On.IsZero() {
		return fmt.Errorf("obligation: %s without a due date", n.Kind)
	}
	look := firstLook(k, n.Due, tx.Now())
	var overdue any
	if n.Told && !tx.Now().Before(k.overdueAt(n.Due)) {
		overdue = tx.Now()
	}
	added, err := tx.Exec(ctx, `
		INSERT INTO obligation (id, kind, unit_id, subject_kind, subject_id, subject_name, period_key, link, opened_at, due_on, provisional, state, look_at, started_on, length, person_id, deputy_id, overdue_at, due_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'open', $12, $13, $14, $15, $16, $17, $18)
		ON CONFLICT (kind, subject_kind, subject_id, period_key) WHERE state = 'open' DO NOTHING`,
		ulid.Make().String(), n.Kind, n.Unit, n.Subject.Kind, n.Subject.ID, n.Subject.Name, n.Period, n.Link, tx.Now(), n.Due.On, n.Due.Provisional, look, n.From, lengthText(n.Length), n.Person, n.Deputy, overdue, n.Due.At)
	if err != nil || added == 0 {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{
		Act: "obligation.open", Basis: k.Citation,
		Target: audit.Target{Kind: n.Subject.Kind, ID: n.Subject.ID, Name: n.Subject.Name, Unit: string(n.Unit)},
		After:  map[string]any{"kind": n.Kind, "due": n.Due.On, "provisional": n.Due.Provisional},
	})
}

// Discharge ends the open obligation of the kind on the subject with its
// evidence and reports whether there was one.
func (s *Service) Discharge(ctx context.Context, tx *db.Tx, kind string, subject Subject, evidence string) (bool, error) {
	if evidence == "" {
		return false, fault.New(fault.Invalid, "办结时限需要写明依据（材料、网址或编号）。").On("evidence", "请填写办结依据")
	}
	return s.end(ctx, tx, Discharged, kind, subject, "", evidence)
}

// DischargePeriod ends what is owed for one period: 2026-Q3.
func (s *Service) DischargePeriod(ctx context.Context, tx *db.Tx, kind string, subject Subject, period, evidence string) (bool, error) {
	if evidence == "" || period == "" {
		return false, fault.New(fault.Invalid, "办结时限需要写明所属时期和依据（材料、网址或编号）。").On("evidence", "请填写办结依据")
	}
	return s.end(ctx, tx, Discharged, kind, subject, period, evidence)
}

// Annul ends it without being done: what it was about ended otherwise.
func (s *Service) Annul(ctx context.Context, tx *db.Tx, kind string, subject Subject, why string) (bool, error) {
	return s.end(ctx, tx, Void, kind, subject, "", why)
}

func (s *Service) end(ctx context.Context, tx *db.Tx, state, kind string, subject Subject, period, evidence string) (bool, error) {
	n, err := tx.Exec(ctx, `
		UPDATE obligation SET state = $1, ended_at = $2, evidence = $3, look_at = NULL
		 WHERE kind = $4 AND subject_kind = $5 AND subject_id = $6 AND state = 'open' AND ($7 = '' OR period_key = $7)`,
		state, tx.Now(), evidence, kind, subject.Kind, subject.ID, period)
	if err != nil || n == 0 {
		return false, err
	}
	return true, audit.Record(ctx, tx, audit.Entry{
		Act:    "obligation." + state,
		Target: audit.Target{Kind: subject.Kind, ID: subject.ID, Name: subject.Name},
		After:  map[string]string{"kind": kind, "evidence": evidence},
	})
}

// lengthText is the period as stored; empty for a fixed day.
func lengthText(p calendar.Period) string {
	if p == (calendar.Period{}) {
		return ""
	}
	return p.String()
}

const obligationSelect = `
	SELECT o.id, o.kind, o.unit_id, u.name, o.subject_kind, o.subject_id, o.subject_name, o.period_key, o.link, o.opened_at,
	       o.due_on, o.provisional, o.due_at, o.state, o.overdue_at, o.escalated_at, o.ended_at, o.evidence,
	       o.person_id, o.deputy_id, o.started_on, o.length, o.paused_on, o.province_at, o.wound, u.area_path, u.abolished_on,
	       coalesce((SELECT p.name FROM person p WHERE p.id = o.person_id), ''), coalesce((SELECT p.name FROM person p WHERE p.id = o.deputy_id), '')
	  FROM obligation o JOIN unit u ON u.id = o.unit_id`

func scanObligation(r db.Scanner) (Obligation, error) {
	var o Obligation
	var abolished calendar.Date
	err := r.Scan(&o.ID, &o.Kind, &o.Unit, &o.UnitName, &o.Subject.Kind, &o.Subject.ID, &o.Subject.Name, &o.Period, &o.Link, &o.OpenedAt,
		&o.Due.On, &o.Due.Provisional, &o.Due.At, &o.State, &o.OverdueAt, &o.EscalatedAt, &o.EndedAt, &o.Evidence,
		&o.Person, &o.Deputy, &o.From, &o.Length, &o.PausedOn, &o.ProvinceAt, &o.wound, &o.AreaPath, &abolished, &o.PersonName, &o.DeputyName)
	o.abolished = !abolished.IsZero()
	return o, err
}
