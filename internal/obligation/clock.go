package obligation

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
)

func sortTallies(list []Tally) {
	slices.SortFunc(list, func(a, b Tally) int {
		return cmp.Or(cmp.Compare(b.Late, a.Late), cmp.Compare(b.Open, a.Open), cmp.Compare(a.Key, b.Key))
	})
}

// Event is one thing that happened to a clock after it was opened.
type Event struct {
	Act    string // extend, postpone, pause, resume, recount, hand, move, urge
	From   calendar.Date
	To     calendar.Date
	Basis  string
	Says   string
	Person string
	At     time.Time
}

// ActNames are the acts in Chinese.
var ActNames = map[string]string{"extend": "延期", "postpone": "依规顺延", "pause": "暂停计时", "resume": "恢复计时", "recount": "按节假日安排重算", "hand": "移交", "move": "转由承接单位", "urge": "催办"}

func (s *Service) note(ctx context.Context, tx *db.Tx, o Obligation, e Event) error {
	a, ok := audit.ActorFrom(ctx)
	if !ok {
		return audit.ErrNoActor
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO obligation_event (obligation_id, seq, act, due_from, due_to, basis, says, person_name, at)
		SELECT $1, coalesce(max(seq), 0) + 1, $2, $3, $4, $5, $6, $7, $8 FROM obligation_event WHERE obligation_id = $1`,
		o.ID, e.Act, e.From, e.To, e.Basis, e.Says, a.Name, tx.Now()); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "obligation." + e.Act, Basis: e.Basis,
		Target: audit.Target{Kind: o.Subject.Kind, ID: o.Subject.ID, Name: o.Subject.Name, Unit: string(o.Unit)},
		Before: e.From, After: map[string]any{"kind": o.Kind, "due": e.To, "says": e.Says}})
}

// Events of an obligation in scope, oldest first.
func (s *Service) Events(ctx context.Context, scope authz.Scope, id string) ([]Event, error) {
	if _, err := s.one(ctx, s.db, scope, id); err != nil {
		return nil, err
	}
	return db.All(ctx, s.db, scanEvent, eventSelect+` ORDER BY seq`, id)
}

const eventSelect = `SELECT act, due_from, due_to, basis, says, person_name, at FROM obligation_event WHERE obligation_id = $1`

func scanEvent(r db.Scanner) (Event, error) {
	var e Event
	err := r.Scan(&e.Act, &e.From, &e.To, &e.Basis, &e.Says, &e.Person, &e.At)
	return e, err
}

// OnMoved registers what follows when a due date is counted again: a module
// that keeps a copy of it (the step of a case) corrects it in the same
// transaction. At start only.
func (s *Service) OnMoved(f func(ctx context.Context, tx *db.Tx, o Obligation) error) {
	s.moved = append(s.moved, f)
}

// redue gives the obligation another last day and starts its reminders anew;
// one that stands still goes on standing.
func (s *Service) redue(ctx context.Context, tx *db.Tx, o *Obligation, due calendar.Due) error {
	k, _ := s.KindOf(o.Kind)
	o.Due = due
	var look time.Time
	if o.PausedOn.IsZero() {
		look = firstLook(k, due, tx.Now())
	}
	if _, err := tx.Exec(ctx, `UPDATE obligation SET due_on = $2, provisional = $3, paused_on = $4, overdue_at = NULL, escalated_at = NULL, province_at = NULL, look_at = $5, due_at = $6, wound = wound + 1
		WHERE id = $1 AND state = 'open'`, o.ID, due.On, due.Provisional, o.PausedOn, look, due.At); err != nil {
		return err
	}
	for _, f := range s.moved {
		if err := f(ctx, tx, *o); err != nil {
			return err
		}
	}
	return nil
}

// Extend moves the last day later on a basis in law or a superior's document.
// It runs in the transaction of the act that grants it.
func (s *Service) Extend(ctx context.Context, tx *db.Tx, scope authz.Scope, id string, due calendar.Due, basis, why string) error {
	o, err := s.one(ctx, tx, scope, id)
	if err != nil {
		return err
	}
	var f fault.Fields
	f.Check(strings.TrimSpace(basis) != "", "basis", "请写明延期依据（条款或文号）")
	f.Check(o.State == Open, "due", "已经办结，不必延期")
	f.Check(due.On.After(o.Due.On), "due", "新的期限要晚于原期限 "+o.Due.On.Chinese())
	if err := f.Err(); err != nil {
		return err
	}
	was := o.Due.On
	if err := s.redue(ctx, tx, &o, due); err != nil {
		return err
	}
	return s.note(ctx, tx, o, Event{Act: "extend", From: was, To: due.On, Basis: basis, Says: why})
}

// Pause stops the clock: what the unit waits for is not its own to do.
func (s *Service) Pause(ctx context.Context, tx *db.Tx, scope authz.Scope, id, basis, why string) error {
	o, err := s.one(ctx, tx, scope, id)
	if err != nil {
		return err
	}
	if strings.TrimSpace(basis) == "" {
		return fault.New(fault.Invalid, "暂停计时需要写明依据。").On("basis", "请写明条款或文号")
	}
	if o.State != Open || !o.PausedOn.IsZero() {
		return fault.New(fault.Conflict, "这个时限已经暂停或办结，请刷新后再看。")
	}
	if _, err := tx.Exec(ctx, `UPDATE obligation SET paused_on = $2, look_at = NULL WHERE id = $1`, id, calendar.DateOf(tx.Now())); err != nil {
		return err
	}
	return s.note(ctx, tx, o, Event{Act: "pause", From: o.Due.On, Basis: basis, Says: why})
}

// Resume sets a paused clock going; the last day moves by the days it stood.
func (s *Service) Resume(ctx context.Context, tx *db.Tx, scope authz.Scope, id string, days calendar.Workdays) error {
	o, err := s.one(ctx, tx, scope, id)
	if err != nil {
		return err
	}
	if o.State != Open || o.PausedOn.IsZero() {
		return fault.New(fault.Conflict, "这个时限没有暂停，请刷新后再看。")
	}
	was, due := o.Due.On, o.stood(o.Due, o.PausedOn, calendar.DateOf(tx.Now()), days)
	o.PausedOn = calendar.Date{}
	if err := s.redue(ctx, tx, &o, due); err != nil {
		return err
	}
	return s.note(ctx, tx, o, Event{Act: "resume", From: was, To: due.On})
}

// stood moves the last day by the days that the clock stood still: working days
// for a clock that counts those.
func (o Obligation) stood(due calendar.Due, from, to calendar.Date, days calendar.Workdays) calendar.Due {
	if !strings.HasSuffix(o.Length, "wd") {
		return calendar.Due{On: due.On.AddDays(max(0, to.Sub(from))), Provisional: due.Provisional}
	}
	n, unsure := days.Between(from, to)
	next := days.Add(due.On, max(0, n))
	next.Provisional = next.Provisional || due.Provisional || unsure
	return next
}

// counted is the last day by the days given: the period from its first day, and
// what moved it since. ok is false for a day counted from nothing on record.
func (s *Service) counted(ctx context.Context, tx *db.Tx, o Obligation, days calendar.Workdays) (due calendar.Due, ok bool, err error) {
	length, err := calendar.ParsePeriod(o.Length)
	if err != nil || o.From.IsZero() {
		return due, false, nil
	}
	due = length.From(o.From, days)
	moved, err := db.All(ctx, tx, scanEvent, eventSelect+` AND act IN ('extend', 'postpone', 'pause', 'resume') ORDER BY seq`, o.ID)
	var since calendar.Date
	for _, e := range moved {
		switch e.Act {
		case "pause":
			since = calendar.DateOf(e.At)
		case "resume":
			due = o.stood(due, since, calendar.DateOf(e.At), days)
		default:
			due = calendar.Due{On: e.To}
		}
	}
	return due, true, err
}

// Rearranged is a change of the working days that running clocks are counted again by.
type Rearranged struct {
	Days calendar.Workdays
	// Was are the working days as they stood before, each in its turn. A last day that
	// none of them gives was set otherwise and stays.
	Was         []calendar.Workdays
	First, Last calendar.Date // of the days that changed; zero where none did
	Basis       string
	// Moved is told of each last day that moved, in its transaction; nil: nobody is.
	Moved func(ctx context.Context, tx *db.Tx, o Obligation, was calendar.Date) error
}

// Recount counts again every open last day that rested on a year without a
// notice of holidays, and those counted in working days over days that changed. It
// returns how many moved. A day counted from nothing on record stays as it is and,
// provisional, stays so.
func (s *Service) Recount(ctx context.Context, r Rearranged) (int, error) {
	moved, after := 0, ""
	for {
		n := 0
		err := s.db.Update(ctx, func(tx *db.Tx) error {
			n = 0
			list, err := db.All(ctx, tx, scanObligation, obligationSelect+` WHERE o.state = 'open' AND o.id > $1
				AND (o.provisional = TRUE OR o.length LIKE '%wd' AND o.started_on < $3 AND o.due_on >= $4) ORDER BY o.id LIMIT $2`, after, batch, r.Last, r.First)
			if err != nil {
				return err
			}
			for _, o := range list {
				n, after = n+1, o.ID
				if !o.PausedOn.IsZero() {
					continue
				}
				due, ok, err := s.counted(ctx, tx, o, r.Days)
				if err != nil {
					return err
				}
				if !ok || due == o.Due {
					continue
				}
				if !o.Due.Provisional {
					if ok, err = s.gives(ctx, tx, o, r.Was); err != nil || !ok {
						if err != nil {
							return err
						}
						continue
					}
				}
				was := o.Due.On
				if due.On == was {
					if _, err := tx.Exec(ctx, `UPDATE obligation SET provisional = $2 WHERE id = $1`, o.ID, due.Provisional); err != nil {
						return err
					}
					o.Due = due
					for _, f := range s.moved {
						if err := f(ctx, tx, o); err != nil {
							return err
						}
					}
				} else {
					if err := s.redue(ctx, tx, &o, due); err != nil {
						return err
					}
					moved++
					if r.Moved != nil {
						if err := r.Moved(ctx, tx, o, was); err != nil {
							return err
						}
					}
				}
				if err := s.note(ctx, tx, o, Event{Act: "recount", From: was, To: due.On, Basis: r.Basis}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || n == 0 {
			return moved, err
		}
	}
}

// gives reports whether some of the working days give the last day as it stands.
func (s *Service) gives(ctx context.Context, tx *db.Tx, o Obligation, was []calendar.Workdays) (bool, error) {
	for _, days := range was {
		due, ok, err := s.counted(ctx, tx, o, days)
		if err != nil || ok && due.On == o.Due.On {
			return err == nil, err
		}
	}
	return false, nil
}

// Held are the open obligations a person holds as A 岗: what a hand-over moves.
func (s *Service) Held(ctx context.Context, q db.Querier, scope authz.Scope, person org.PersonID) ([]Obligation, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.And("o.person_id = ? AND o.state = 'open'", person)
	return db.All(ctx, q, scanObligation, obligationSelect+` WHERE `+w.SQL()+` ORDER BY o.due_on, o.id`, w.Args()...)
}

// HandOver moves what a person holds to another (A→B) and returns what moved.
func (s *Service) HandOver(ctx context.Context, tx *db.Tx, scope authz.Scope, from, to org.PersonID, toName string) ([]Obligation, error) {
	list, err := s.Held(ctx, tx, scope, from)
	if err != nil {
		return nil, err
	}
	for _, o := range list {
		if _, err := tx.Exec(ctx, `UPDATE obligation SET person_id = $2, deputy_id = CASE WHEN deputy_id = $2 THEN '' ELSE deputy_id END WHERE id = $1`, o.ID, to); err != nil {
			return nil, err
		}
		if err := s.note(ctx, tx, o, Event{Act: "hand", From: o.Due.On, To: o.Due.On, Says: "移交给" + toName}); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Move gives everything open of an abolished or merged unit to the unit that
// takes over, and lets the sweep speak again. It returns how many moved.
func (s *Service) Move(ctx context.Context, tx *db.Tx, scope authz.Scope, from, to org.UnitID) (int, error) {
	u, err := s.org.UnitTx(ctx, tx, scope, to)
	if err != nil {
		return 0, err
	}
	list, err := db.All(ctx, tx, scanObligation, obligationSelect+` WHERE o.unit_id = $1 AND o.state = 'open' ORDER BY o.id`, from)
	if err != nil {
		return 0, err
	}
	for _, o := range list {
		k, _ := s.KindOf(o.Kind)
		var look time.Time
		if o.PausedOn.IsZero() {
			look = firstLook(k, o.Due, tx.Now()) // the new holder of what is late is told at once
		}
		if _, err := tx.Exec(ctx, `UPDATE obligation SET unit_id = $2, person_id = '', deputy_id = '', look_at = $3, overdue_at = NULL, escalated_at = NULL, province_at = NULL, wound = wound + 1 WHERE id = $1`, o.ID, to, look); err != nil {
			return 0, err
		}
		if err := s.note(ctx, tx, o, Event{Act: "move", From: o.Due.On, To: o.Due.On, Says: o.UnitName + " → " + u.Name}); err != nil {
			return 0, err
		}
	}
	return len(list), nil
}

// Adjustment is what a supervisor does to a clock of another unit.
type Adjustment struct {
	Act   string // extend, pause, resume
	Due   calendar.Date
	Basis string
	Why   string
}

// Adjust extends, pauses or resumes in a transaction of its own.
func (s *Service) Adjust(ctx context.Context, scope authz.Scope, id string, a Adjustment, days calendar.Workdays) error {
	var f fault.Fields
	f.Check(len([]rune(a.Basis)) <= 200, "basis", "依据最多 200 个字")
	f.Check(len([]rune(a.Why)) <= 500, "why", "说明最多 500 个字")
	if err := f.Err(); err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		switch a.Act {
		case "extend":
			return s.Extend(ctx, tx, scope, id, calendar.Due{On: a.Due}, a.Basis, a.Why)
		case "pause":
			return s.Pause(ctx, tx, scope, id, a.Basis, a.Why)
		case "resume":
			return s.Resume(ctx, tx, scope, id, days)
		}
		return fault.New(fault.Invalid, "没有选择怎样调整时限。").On("act", "请选择延期、暂停或恢复")
	})
}
