package obligation

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
	Escalate int    // days after the due date until the supervisor is told
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
}

// Subject is the thing it is about.
type Subject struct{ Kind, ID, Name string }

// Service is the door of obligation.
type Service struct {
	db    *db.DB
	org   *org.Service
	kinds []Kind
}

// New makes the service over the declared kinds.
func New(d *db.DB, o *org.Service, kinds ...Kind) *Service {
	return &Service{db: d, org: o, kinds: kinds}
}

// Kinds are the declared clocks.
func (s *Service) Kinds() []Kind { return s.kinds }

// KindOf describes a kind; ok is false for an undeclared one.
func (s *Service) KindOf(id string) (Kind, bool) {
	i := slices.IndexFunc(s.kinds, func(k Kind) bool { return k.ID == id })
	if i < 0 {
		return Kind{}, false
	}
	return s.kinds[i], true
}

// Debt says what is owed.
type Debt struct {
	Kind    string
	Unit    org.UnitID
	Subject Subject
	Period  string
	Link    string
	Due     calendar.Due
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
	look := nextLook(k, n.Due.On, tx.Now().Add(-time.Second))
	added, err := tx.Exec(ctx, `
		INSERT INTO obligation (id, kind, unit_id, subject_kind, subject_id, subject_name, period_key, link, opened_at, due_on, provisional, state, look_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'open', $12)
		ON CONFLICT (kind, subject_kind, subject_id, period_key) WHERE state = 'open' DO NOTHING`,
		ulid.Make().String(), n.Kind, n.Unit, n.Subject.Kind, n.Subject.ID, n.Subject.Name, n.Period, n.Link, tx.Now(), n.Due.On, n.Due.Provisional, look)
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
	return s.end(ctx, tx, Discharged, kind, subject, evidence)
}

// Annul ends it without being done: what it was about ended otherwise.
func (s *Service) Annul(ctx context.Context, tx *db.Tx, kind string, subject Subject, why string) (bool, error) {
	return s.end(ctx, tx, Void, kind, subject, why)
}

func (s *Service) end(ctx context.Context, tx *db.Tx, state, kind string, subject Subject, evidence string) (bool, error) {
	n, err := tx.Exec(ctx, `
		UPDATE obligation SET state = $1, ended_at = $2, evidence = $3, look_at = NULL
		 WHERE kind = $4 AND subject_kind = $5 AND subject_id = $6 AND state = 'open'`,
		state, tx.Now(), evidence, kind, subject.Kind, subject.ID)
	if err != nil || n == 0 {
		return false, err
	}
	return true, audit.Record(ctx, tx, audit.Entry{
		Act:    "obligation." + state,
		Target: audit.Target{Kind: subject.Kind, ID: subject.ID, Name: subject.Name},
		After:  map[string]string{"kind": kind, "evidence": evidence},
	})
}

// nextLook is the first moment after t at which the sweep has something to do;
// zero when nothing is left.
func nextLook(k Kind, due calendar.Date, t time.Time) time.Time {
	var next time.Time
	for _, at := range looks(k, due) {
		if at.After(t) && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next
}

// looks are the reminders, the moment it is overdue and the escalation.
func looks(k Kind, due calendar.Date) []time.Time {
	var out []time.Time
	for _, d := range k.Remind {
		out = append(out, remindAt(due, d))
	}
	return append(out, overdueAt(due), escalateAt(k, due))
}

// Reminders come at eight in the morning, when offices open their mail.
func remindAt(due calendar.Date, days int) time.Time {
	return due.AddDays(-days).Start().Add(8 * time.Hour)
}
func overdueAt(due calendar.Date) time.Time { return due.AddDays(1).Start() }
func escalateAt(k Kind, due calendar.Date) time.Time {
	return due.AddDays(1 + k.Escalate).Start().Add(8 * time.Hour)
}

// Sweep does what has come due: reminds, marks overdue, escalates. It may run
// at any time, twice at once, and after an outage: each thing happens once, and
// of several reminders missed only the latest is sent. It returns how many
// obligations it handled.
func (s *Service) Sweep(ctx context.Context) (int, error) {
	ctx = audit.System(ctx, "obligation.sweep")
	total := 0
	for {
		n, err := s.sweepSome(ctx, 200)
		total += n
		if err != nil || n == 0 {
			return total, err
		}
	}
}

func (s *Service) sweepSome(ctx context.Context, limit int) (n int, err error) {
	now := s.db.Now()
	ids, err := db.All(ctx, s.db, db.Value[string], `SELECT id FROM obligation WHERE look_at <= $1 ORDER BY look_at, id LIMIT $2`, now, limit)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	for _, id := range ids {
		if err := s.db.Update(ctx, func(tx *db.Tx) error { return s.look(ctx, tx, id) }); err != nil {
			return n, fmt.Errorf("obligation: sweep %s: %w", id, err)
		}
		n++
	}
	return n, nil
}

func (s *Service) look(ctx context.Context, tx *db.Tx, id string) error {
	o, err := db.One(ctx, tx, scanObligation, obligationSelect+` WHERE o.id = $1 AND o.state = 'open' AND o.look_at <= $2`, id, tx.Now())
	if db.None(err) {
		return nil // another sweep was here
	}
	if err != nil {
		return err
	}
	k, ok := s.KindOf(o.Kind)
	if !ok {
		return fmt.Errorf("obligation: kind %q is not declared", o.Kind)
	}
	target := audit.Target{Kind: o.Subject.Kind, ID: o.Subject.ID, Name: o.Subject.Name, Unit: string(o.Unit)}
	now := tx.Now()
	switch {
	case !now.Before(escalateAt(k, o.Due.On)) && o.EscalatedAt.IsZero():
		if err := s.escalate(ctx, tx, k, o); err != nil {
			return err
		}
	case o.OverdueAt.IsZero() && now.Before(overdueAt(o.Due.On)):
		if err := s.remind(ctx, tx, k, o); err != nil {
			return err
		}
	}
	if o.OverdueAt.IsZero() && !now.Before(overdueAt(o.Due.On)) {
		if _, err := tx.Exec(ctx, `UPDATE obligation SET overdue_at = $2 WHERE id = $1`, id, now); err != nil {
			return err
		}
		if _, err := notify.Send(ctx, tx, notify.Message{
			Key: "obligation:" + id + ":overdue", Unit: string(o.Unit), Urgent: true, Link: o.Link,
			Title: "超期：" + k.Name + "（" + o.Subject.Name + "）", Body: "应于 " + o.Due.On.Chinese() + " 前完成。依据：" + k.Citation + "。",
		}); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, `UPDATE obligation SET look_at = $2 WHERE id = $1`, id, nextLook(k, o.Due.On, now)); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "obligation.look", Basis: k.Citation, Target: target, After: map[string]any{"kind": k.ID, "due": o.Due.On}})
}

func (s *Service) remind(ctx context.Context, tx *db.Tx, k Kind, o Obligation) error {
	left := o.Due.On.Sub(calendar.DateOf(tx.Now()))
	says := fmt.Sprintf("还有 %d 天", left)
	if left == 0 {
		says = "今日到期"
	}
	_, err := notify.Send(ctx, tx, notify.Message{
		Key:  fmt.Sprintf("obligation:%s:remind:%d", o.ID, left),
		Unit: string(o.Unit), Link: o.Link,
		Title: says + "：" + k.Name + "（" + o.Subject.Name + "）", Body: "应于 " + o.Due.On.Chinese() + " 前完成。依据：" + k.Citation + "。",
	})
	return err
}

// escalate tells the supervisor: the office of the same level, or, when the
// office itself owes it, the office above.
func (s *Service) escalate(ctx context.Context, tx *db.Tx, k Kind, o Obligation) error {
	u, err := s.org.UnitTx(ctx, tx, authz.System("obligation.escalate"), o.Unit)
	if err != nil {
		return err
	}
	to, err := s.org.SameLevelOffice(ctx, tx, u)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	if err != nil || to.ID == u.ID || u.Kind == org.Government {
		above, ok, err := s.org.SuperiorOffice(ctx, tx, u)
		if err != nil {
			return err
		}
		if ok {
			to = above
		}
	}
	if to.ID != "" {
		if _, err := notify.Send(ctx, tx, notify.Message{
			Key: "obligation:" + o.ID + ":escalate", Unit: string(to.ID), Urgent: true, Link: o.Link,
			Title: u.Name + "超期未办：" + k.Name + "（" + o.Subject.Name + "）",
			Body:  "应于 " + o.Due.On.Chinese() + " 前完成，至今没有办结依据。依据：" + k.Citation + "。",
		}); err != nil {
			return err
		}
	}
	_, err = tx.Exec(ctx, `UPDATE obligation SET escalated_at = $2 WHERE id = $1`, o.ID, tx.Now())
	return err
}

// Filter narrows Obligations.
type Filter struct {
	Unit    org.UnitID
	Kind    string
	State   string // open when empty; "all" for all
	Overdue bool
	Subject Subject
	Limit   int // 100 when zero
	Offset  int
}

// Obligations in scope, by due date.
func (s *Service) Obligations(ctx context.Context, scope authz.Scope, f Filter) ([]Obligation, error) {
	var w db.Where
	scope.Where(&w, "u")
	state := f.State
	if state == "" {
		state = Open
	}
	w.AndIf(state != "all", "o.state = ?", state).
		AndIf(f.Unit != "", "o.unit_id = ?", f.Unit).
		AndIf(f.Kind != "", "o.kind = ?", f.Kind).
		AndIf(f.Overdue, "o.due_on < ?", calendar.DateOf(s.db.Now())).
		AndIf(f.Subject.Kind != "", "o.subject_kind = ? AND o.subject_id = ?", f.Subject.Kind, f.Subject.ID)
	limit := f.Limit
	if limit == 0 {
		limit = 100
	}
	return db.All(ctx, s.db, scanObligation, obligationSelect+` WHERE `+w.SQL()+` ORDER BY o.due_on, o.id LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(f.Offset), w.Args()...)
}

const obligationSelect = `
	SELECT o.id, o.kind, o.unit_id, u.name, o.subject_kind, o.subject_id, o.subject_name, o.period_key, o.link, o.opened_at,
	       o.due_on, o.provisional, o.state, o.overdue_at, o.escalated_at, o.ended_at, o.evidence
	  FROM obligation o JOIN unit u ON u.id = o.unit_id`

func scanObligation(r db.Scanner) (Obligation, error) {
	var o Obligation
	err := r.Scan(&o.ID, &o.Kind, &o.Unit, &o.UnitName, &o.Subject.Kind, &o.Subject.ID, &o.Subject.Name, &o.Period, &o.Link, &o.OpenedAt,
		&o.Due.On, &o.Due.Provisional, &o.State, &o.OverdueAt, &o.EscalatedAt, &o.EndedAt, &o.Evidence)
	return o, err
}
