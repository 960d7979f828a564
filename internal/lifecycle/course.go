package lifecycle

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/closing"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/filing"
	"zhengshu/internal/notice"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules"
	"zhengshu/internal/rules/sx2021"
)

// CourseLink is the page of an object's lifecycle.
func CourseLink(r registry.Ref) string { return r.Link() + "/lifecycle" }

// Offer is a matter of the object as the person stands to it.
type Offer struct {
	Matter Matter
	// Why it cannot be asked for now; empty when it can.
	Why string
	// May: the person acts for the unit that acts.
	May bool
}

// Record is one act that needed no approval.
type Record struct {
	ID     string
	Number string
	Matter string
	Name   string // of the matter
	Person string
	Unit   string
	At     time.Time
	Says   []string // what was filled in, each with its label
	Files  []approval.Attachment
	form   string
}

// Course is the whole lifecycle of one object: where it stands, what may come,
// what runs, what it owes, what was.
type Course struct {
	Object     registry.Object
	Sponsor    org.Unit
	Supervisor org.Unit
	History    []passage.Step
	Offers     []Offer
	Cases      []OpenCase
	Records    []Record
	Windows    []Window
	// Charged is this calendar year's count, Rolling that of the last twelve
	// months, for the reader only.
	Charged, Rolling int
	// Before is what was used of a year before the system counted, as
	// registered at the baseline; its days are not known one by one.
	Before   registry.BaselineRecord
	Window   Window // under way or approved; zero when none
	OffDays  int    // days off the net so far
	Ending   Ending // under way; zero when none
	Lacks    []rules.Breach
	Notices  map[sx2021.NoticeKind]notice.Standing
	Filings  []filing.Item
	Progress closing.Progress
	Duties   []obligation.Obligation
	On       calendar.Date
}

// Course of an object in scope, for the person of the session.
func (s *Service) Course(ctx context.Context, scope authz.Scope, ref registry.Ref) (Course, error) {
	out := Course{On: s.today(), Notices: map[sx2021.NoticeKind]notice.Standing{}}
	var err error
	if out.Object, err = s.registry.Object(ctx, s.db, scope, ref); err != nil {
		return out, err
	}
	o := out.Object
	ref = o.Ref
	if out.Sponsor, err = s.org.UnitTx(ctx, s.db, authz.System("lifecycle.course"), o.Unit); err != nil {
		return out, err
	}
	if out.Supervisor, err = s.supervisorOf(ctx, s.db, o); err != nil {
		return out, err
	}
	if out.History, err = o.Machine().History(ctx, s.db, o.ID); err != nil {
		return out, err
	}
	if out.Cases, err = s.openCases(ctx, s.db, ref); err != nil {
		return out, err
	}
	if out.Records, err = s.records(ctx, s.db, ref); err != nil {
		return out, err
	}
	if err := s.courseOff(ctx, &out); err != nil {
		return out, err
	}
	if err := s.courseEnd(ctx, &out); err != nil {
		return out, err
	}
	for _, k := range []sx2021.NoticeKind{sx2021.OpeningNotice, sx2021.OfflineNotice, sx2021.ClosureNotice, sx2021.DestinationNotice} {
		st, err := s.notices.Standing(ctx, s.db, ref, k)
		if err != nil {
			return out, err
		}
		if st.Owed {
			out.Notices[k] = st
		}
	}
	if out.Filings, _, err = s.filings.Items(ctx, authz.System("lifecycle.course"), filing.Filter{Object: ref, State: "all", Limit: 100}); err != nil {
		return out, err
	}
	if err := s.courseDuties(ctx, &out); err != nil {
		return out, err
	}
	out.Offers, err = s.offers(ctx, o)
	return out, err
}

// courseOff reads the windows off the net and counts them.
func (s *Service) courseOff(ctx context.Context, c *Course) error {
	var err error
	if c.Windows, err = s.windows(ctx, s.db, c.Object.Ref); err != nil {
		return err
	}
	law, err := carried(ctx, s.db, c.Object.Ref)
	if err != nil {
		return err
	}
	if len(law) > 0 {
		if c.Before, _, err = registry.Baseline(ctx, s.db, c.Object.Ref); err != nil {
			return err
		}
	}
	for _, w := range c.Windows {
		if w.State == WindowRunning || w.State == WindowApproved && c.Window.State == "" {
			c.Window = w
		}
		if w.State == WindowApproved || w.State == WindowUnused {
			continue
		}
		law = append(law, w.law())
		if w.Charged() && w.From.After(c.On.AddYears(-1)) {
			c.Rolling++
		}
	}
	c.Charged = sx2021.ChargedIn(c.On.Year, law)
	if c.Window.State == WindowRunning {
		c.OffDays = c.On.Sub(c.Window.From)
	}
	return nil
}

// courseEnd reads the ending under way and what it still lacks.
func (s *Service) courseEnd(ctx context.Context, c *Course) error {
	e, ok, err := s.ending(ctx, s.db, c.Object.Ref)
	if err != nil || !ok {
		return err
	}
	c.Ending = e
	id := ClosureDone
	if e.Matter == ExitMatter {
		id = ExitDoneMatter
	} else if c.Progress, err = s.closings.Progress(ctx, s.db, c.Object.Ref); err != nil {
		return err
	}
	m, _ := s.Matter(id)
	f, err := s.gather(ctx, s.db, authz.System("lifecycle.course"), &Application{Matter: id, Object: c.Object.Ref}, c.On)
	if err != nil {
		return err
	}
	v, err := m.judge(ctx, s, s.db, f)
	c.Lacks = v.breaches
	return err
}

// courseDuties are the obligations about the object, its windows and endings.
func (s *Service) courseDuties(ctx context.Context, c *Course) error {
	subjects := []obligation.Subject{subjectOf(c.Object)}
	for _, w := range c.Windows {
		subjects = append(subjects, w.subject(c.Object))
	}
	if c.Ending.ID != "" {
		subjects = append(subjects, c.Ending.subject(c.Object))
	}
	for _, n := range subjects {
		list, err := s.obligations.Obligations(ctx, authz.System("lifecycle.course"), obligation.Filter{State: "all", Subject: n, Limit: 20})
		if err != nil {
			return err
		}
		c.Duties = append(c.Duties, list...)
	}
	slices.SortStableFunc(c.Duties, func(a, b obligation.Obligation) int { return a.Due.On.Compare(b.Due.On) })
	return nil
}

// Clock describes a duty's clock.
func (s *Service) Clock(kind string) obligation.Kind {
	k, _ := s.obligations.KindOf(kind)
	return k
}

// offers are the matters of the object in its present state.
func (s *Service) offers(ctx context.Context, o registry.Object) ([]Offer, error) {
	session := authz.SessionFrom(ctx)
	var out []Offer
	for _, m := range s.matters {
		if m.Opens() || !m.On(o.Kind) || !slices.Contains(m.From, o.State) {
			continue
		}
		f, err := s.gather(ctx, s.db, authz.System("lifecycle.offers"), &Application{Matter: m.ID, Object: o.Ref}, s.today())
		if err != nil {
			return nil, err
		}
		n := Offer{Matter: m}
		if m.open != nil {
			if n.Why, err = m.open(ctx, s, s.db, f); err != nil {
				return nil, err
			}
		}
		if n.Why == "" {
			switch err := s.alone(ctx, s.db, f, ""); {
			case fault.Is(err, fault.Conflict):
				n.Why = "已有同类申请正在办理"
			case err != nil:
				return nil, err
			}
		}
		acting := f.unit
		if m.By == Supervisor {
			if acting, err = s.supervisorOf(ctx, s.db, o); err != nil {
				return nil, err
			}
			n.May = holdsAt(session, acting.ID, authz.CaseDecide)
		} else {
			if acting, err = s.applyingUnit(ctx, s.db, f.unit, sx2021.Chain(f.law)); err != nil {
				return nil, err
			}
			n.May = approval.MayAmend(session, approval.Case{Unit: acting.ID})
		}
		out = append(out, n)
	}
	return out, nil
}

// records of an object, newest first, with their papers.
func (s *Service) records(ctx context.Context, q db.Querier, ref registry.Ref) ([]Record, error) {
	list, err := db.All(ctx, q, func(r db.Scanner) (Record, error) {
		var n Record
		err := r.Scan(&n.ID, &n.Number, &n.Matter, &n.Person, &n.Unit, &n.At, &n.form)
		return n, err
	}, `SELECT id, number, matter, person_name, unit_name, at, form FROM matter_record WHERE object_kind = $1 AND object_id = $2 ORDER BY at DESC, id DESC LIMIT 200`, ref.Kind, ref.ID)
	if err != nil {
		return nil, err
	}
	for i := range list {
		m, _ := s.Matter(list[i].Matter)
		list[i].Name = m.Name
		var said Application
		if err := json.Unmarshal([]byte(list[i].form), &said); err != nil {
			return nil, fmt.Errorf("lifecycle: record %s: %w", list[i].Number, err)
		}
		for _, f := range m.Fields {
			switch text := said.Text(f.Name); {
			case text == "" || f.Kind == Choice || f.Kind == Radio:
			case f.Kind == Yes:
				list[i].Says = append(list[i].Says, f.Label)
			default:
				list[i].Says = append(list[i].Says, f.Label+"："+text)
			}
		}
		if list[i].Files, err = approval.Attachments(ctx, q, "record", list[i].ID); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Sweep does what has come due in the lifecycles: approvals nobody used lapse,
// and a closure whose columns are all decided owes the notice of where the
// content went. It may run at any time and twice at once.
func (s *Service) Sweep(ctx context.Context) (int, error) {
	ctx = audit.System(ctx, "lifecycle.sweep")
	n := 0
	lapsed, err := db.All(ctx, s.db, scanWindow, windowSelect+` WHERE state = 'approved' AND planned_until < $1 ORDER BY id LIMIT 200`, s.today())
	if err != nil {
		return n, err
	}
	for _, w := range lapsed {
		err := s.db.Update(ctx, func(tx *db.Tx) error {
			now, ok, err := s.window(ctx, tx, w.Object, approvedWindow)
			if err != nil || !ok || now.ID != w.ID {
				return err
			}
			o, err := s.registry.Object(ctx, tx, authz.System("lifecycle.sweep"), w.Object)
			if err != nil {
				return err
			}
			return s.unused(ctx, tx, o, now, "批准的下线时段已过，未下线，不计入当年次数")
		})
		if err != nil {
			return n, err
		}
		n++
	}
	open, err := db.All(ctx, s.db, func(r db.Scanner) (registry.Ref, error) {
		var ref registry.Ref
		err := r.Scan(&ref.Kind, &ref.ID)
		return ref, err
	}, `SELECT object_kind, object_id FROM ending WHERE state = 'open' AND matter <> 'exit' AND NOT EXISTS (
		SELECT 1 FROM notice n WHERE n.object_kind = ending.object_kind AND n.object_id = ending.object_id AND n.case_id = ending.case_id AND n.kind = 'destination') ORDER BY id LIMIT 500`)
	if err != nil {
		return n, err
	}
	for _, ref := range open {
		progress, err := s.closings.Progress(ctx, s.db, ref)
		if err != nil {
			return n, err
		}
		if !progress.MigrationComplete {
			continue
		}
		err = s.db.Update(ctx, func(tx *db.Tx) error {
			e, ok, err := s.ending(ctx, tx, ref)
			if err != nil || !ok {
				return err
			}
			o, err := s.registry.Object(ctx, tx, authz.System("lifecycle.sweep"), ref)
			if err != nil {
				return err
			}
			return s.oweDestination(ctx, tx, o, e)
		})
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
