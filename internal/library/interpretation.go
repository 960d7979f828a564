package library

import (
	"context"
	"fmt"
	"slices"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/notify"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/prose"
)

// alarmWorkdays after a policy file went out alone everybody is told (domain
// §7.4: 3 working days).
const alarmWorkdays = 3

// Clause is what of a policy file an interpretation is about; the zero value is
// the whole.
type Clause struct{ Anchor, Label string }

// Clauses are the clauses of the newest version of an item in scope.
func (s *Service) Clauses(ctx context.Context, scope authz.Scope, id ItemID) ([]prose.ClauseRef, error) {
	v, err := s.Version(ctx, scope, id, 0)
	if err != nil {
		return nil, err
	}
	doc, err := prose.Parse([]byte(v.Doc))
	return doc.Clauses(), err
}

// LinkClause is LinkInterpretation to one clause of the policy file, by its
// anchor; empty for the whole.
func (s *Service) LinkClause(ctx context.Context, scope authz.Scope, policy, interpretation ItemID, form, anchor string) error {
	c := Clause{}
	if anchor != "" {
		list, err := s.Clauses(ctx, scope, policy)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list, func(r prose.ClauseRef) bool { return r.Anchor == anchor })
		if i < 0 {
			return fault.New(fault.Invalid, "政策文件里没有这一条款，可能刚改过。").On("clause", "请重新选择条款")
		}
		c = Clause{anchor, list[i].Label}
	}
	return s.link(ctx, scope, policy, interpretation, form, c)
}

// LinkedItem is the other end of a link between policy file and interpretation.
type LinkedItem struct {
	Item
	Form   string
	Clause Clause
}

// Interpretations are the items linked with an item in scope, public or not:
// both ends see the same link.
func (s *Service) Interpretations(ctx context.Context, scope authz.Scope, id ItemID) ([]LinkedItem, error) {
	if _, err := s.Item(ctx, scope, id); err != nil {
		return nil, err
	}
	return db.All(ctx, s.db, func(r db.Scanner) (LinkedItem, error) {
		var l LinkedItem
		return l, r.Scan(append(l.Item.fields(), &l.Form, &l.Clause.Anchor, &l.Clause.Label)...)
	}, `SELECT `+itemFields+`, k.form, k.clause, k.clause_name
		  FROM item_link k JOIN item i ON i.id = CASE WHEN k.policy_id = $1 THEN k.interpretation_id ELSE k.policy_id END
		  JOIN item_version v ON v.item_id = i.id AND v.no = i.version JOIN unit u ON u.id = i.unit_id
		 WHERE k.policy_id = $1 OR k.interpretation_id = $1 ORDER BY k.created_at, i.id`, id)
}

// LinkedClauses are the clauses by which the items of Linked are tied to an
// item, by the other end. Public: what is live is public.
func (s *Service) LinkedClauses(ctx context.Context, q db.Querier, id ItemID) (map[ItemID]Clause, error) {
	type row struct {
		id ItemID
		Clause
	}
	list, err := db.All(ctx, q, func(r db.Scanner) (row, error) {
		var v row
		return v, r.Scan(&v.id, &v.Anchor, &v.Label)
	}, `SELECT CASE WHEN policy_id = $1 THEN interpretation_id ELSE policy_id END, clause, clause_name FROM item_link WHERE (policy_id = $1 OR interpretation_id = $1) AND clause <> ''`, id)
	out := map[ItemID]Clause{}
	for _, v := range list {
		out[v.id] = v.Clause
	}
	return out, err
}

// Covered says how a public policy file that is important stands to Article
// 14(3).
type Covered struct {
	Item      ItemID
	Title     string
	DocNo     string
	Unit      org.UnitID
	UnitName  string
	Published time.Time
	Forms     int           // of public interpretations
	WaivedDue calendar.Date // of a waiver not settled; zero for none
}

// States of coverage.
const (
	CoverFull    = "full"
	CoverFew     = "few"
	CoverWaived  = "waived"
	CoverMissing = "missing"
)

// CoverNames are the states in Chinese.
var CoverNames = map[string]string{CoverFull: "已解读", CoverFew: "形式不足", CoverWaived: "缓发中", CoverMissing: "没有解读"}

// State is where it stands, given how many forms are wanted.
func (c Covered) State(wanted int) string {
	switch {
	case c.Forms >= wanted:
		return CoverFull
	case c.Forms > 0:
		return CoverFew
	case !c.WaivedDue.IsZero():
		return CoverWaived
	}
	return CoverMissing
}

// WantedForms is the number of forms under which an interpretation is thin.
// Public: the province's settings.
func (s *Service) WantedForms() int { return s.settings().InterpretationForms }

// mostCovered bounds the coverage list: a province has some thousands of
// important policy files.
const mostCovered = 20_000

// Coverage lists the public important policy files of the units in scope, those
// that lack most first, then newest.
func (s *Service) Coverage(ctx context.Context, scope authz.Scope) ([]Covered, error) {
	var w db.Where
	scope.Where(&w, "u")
	list, err := db.All(ctx, s.db, func(r db.Scanner) (Covered, error) {
		var c Covered
		return c, r.Scan(&c.Item, &c.Title, &c.DocNo, &c.Unit, &c.UnitName, &c.Published, &c.Forms, &c.WaivedDue)
	}, `SELECT i.id, v.title, v.doc_no, u.id, u.name, i.published_at,
	       (SELECT count(DISTINCT k.form) FROM item_link k JOIN item_live x ON x.item_id = k.interpretation_id WHERE k.policy_id = i.id),
	       (SELECT max(z.due_on) FROM interpretation_waiver z WHERE z.item_id = i.id AND z.settled_at IS NULL)
	  FROM item_version v JOIN item_live l ON l.item_id = v.item_id AND l.version_no = v.no JOIN item i ON i.id = v.item_id JOIN unit u ON u.id = i.unit_id
	 WHERE v.important AND v.type = 'policy' AND `+w.SQL()+` ORDER BY i.published_at DESC, i.id LIMIT `+w.Arg(mostCovered), w.Args()...)
	wanted := s.WantedForms()
	order := []string{CoverMissing, CoverWaived, CoverFew, CoverFull}
	slices.SortStableFunc(list, func(a, b Covered) int {
		return slices.Index(order, a.State(wanted)) - slices.Index(order, b.State(wanted))
	})
	return list, err
}

// Waiver is one waiver (readings 20).
type Waiver struct {
	Item       ItemID
	Title      string
	UnitName   string
	Version    int
	PersonName string
	Reason     string
	At         time.Time
	Due        calendar.Date
	Alarm      calendar.Date // three working days later everybody is told
	AlarmedAt  time.Time
	SettledAt  time.Time
	SettledBy  string
}

// Waivers lists the waivers of the units in scope, open ones first.
func (s *Service) Waivers(ctx context.Context, scope authz.Scope, limit, offset int) ([]Waiver, int, error) {
	var w db.Where
	scope.Where(&w, "u")
	const from = ` FROM interpretation_waiver z JOIN item i ON i.id = z.item_id JOIN item_version v ON v.item_id = z.item_id AND v.no = z.version_no JOIN unit u ON u.id = i.unit_id WHERE `
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*)`+from+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, s.db, func(r db.Scanner) (Waiver, error) {
		var v Waiver
		return v, r.Scan(&v.Item, &v.Title, &v.UnitName, &v.Version, &v.PersonName, &v.Reason, &v.At, &v.Due, &v.Alarm, &v.AlarmedAt, &v.SettledAt, &v.SettledBy)
	}, `SELECT z.item_id, v.title, u.name, z.version_no, z.person_name, z.reason, z.at, z.due_on, z.alarm_on, z.alarmed_at, z.settled_at, z.settled_by`+from+w.SQL()+`
		ORDER BY CASE WHEN z.settled_at IS NULL THEN 0 ELSE 1 END, z.at DESC, z.item_id LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(offset), w.Args()...)
	return list, total, err
}

// waive lets a policy file out before its interpretation: dated, named, owed.
func (s *Service) waive(ctx context.Context, tx *db.Tx, it Item, v Version, d Decision, p *authz.Session) error {
	today := calendar.DateOf(tx.Now())
	days, err := calendar.Published()
	if err != nil {
		return fmt.Errorf("library: working days: %w", err)
	}
	due := calendar.Due{On: today}
	if n := s.settings().WaiverWorkdays; n > 0 {
		due = days.Add(today, n)
	}
	if _, err := tx.Exec(ctx, `INSERT INTO interpretation_waiver (item_id, version_no, person_id, person_name, reason, at, due_on, alarm_on) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		it.ID, v.No, p.PersonID, p.Name, d.WaiverReason, tx.Now(), due.On, days.Add(today, alarmWorkdays).On); err != nil {
		return fmt.Errorf("library: waiver: %w", err)
	}
	return s.obligations.Open(ctx, tx, obligation.Debt{Kind: WaivedInterpretation.ID, Unit: it.Unit,
		Subject: obligation.Subject{Kind: "item", ID: string(it.ID), Name: it.Title}, Link: it.Link(), Due: due})
}

// AlarmInterpretations tells the unit and its supervisors of policy files that
// stand without their interpretation three working days after a waiver; a duty
// of the house, idempotent.
func (s *Service) AlarmInterpretations(ctx context.Context) (int, error) {
	ctx = audit.System(ctx, "library.interpretations")
	today := calendar.DateOf(s.db.Now())
	type late struct {
		item    ItemID
		version int
		title   string
		unit    org.UnitID
		due     calendar.Date
	}
	list, err := db.All(ctx, s.db, func(r db.Scanner) (late, error) {
		var l late
		return l, r.Scan(&l.item, &l.version, &l.title, &l.unit, &l.due)
	}, `SELECT z.item_id, z.version_no, v.title, i.unit_id, z.due_on
	      FROM interpretation_waiver z JOIN item i ON i.id = z.item_id JOIN item_version v ON v.item_id = z.item_id AND v.no = z.version_no JOIN item_live l ON l.item_id = i.id
	     WHERE z.settled_at IS NULL AND z.alarmed_at IS NULL AND z.alarm_on < $1 ORDER BY z.at LIMIT 200`, today)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	return len(list), s.db.Update(ctx, func(tx *db.Tx) error {
		for _, l := range list {
			unit, err := s.org.UnitTx(ctx, tx, authz.System("library.interpretations"), l.unit)
			if err != nil {
				return err
			}
			area, line, err := s.org.SupervisorsOf(ctx, tx, unit, false)
			if err != nil {
				return err
			}
			told := []string{string(l.unit)}
			for _, id := range []org.UnitID{area.ID, line.ID} {
				if id != "" && !slices.Contains(told, string(id)) {
					told = append(told, string(id))
				}
			}
			for _, unit := range told {
				if _, err := notify.Send(ctx, tx, notify.Message{Key: fmt.Sprintf("interpretation:%s:%d:%s", l.item, l.version, unit), Unit: unit, Urgent: true,
					Title: "政策解读逾期：" + l.title, Body: fmt.Sprintf("政策文件发布后 %d 个工作日仍没有解读（缓发期限 %s）。请尽快发布解读并关联。", alarmWorkdays, l.due.Chinese()), Link: "/console/interpretations?state=waived"}); err != nil {
					return err
				}
			}
			if _, err := tx.Exec(ctx, `UPDATE interpretation_waiver SET alarmed_at = $3 WHERE item_id = $1 AND version_no = $2`, l.item, l.version, tx.Now()); err != nil {
				return err
			}
			if err := audit.Record(ctx, tx, audit.Entry{Act: "library.interpretation.alarm", Basis: "第十四条（三）", Target: audit.Target{Kind: "item", ID: string(l.item), Name: l.title, Unit: string(l.unit)}, After: map[string]any{"told": told}}); err != nil {
				return err
			}
		}
		return nil
	})
}
