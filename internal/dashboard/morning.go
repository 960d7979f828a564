package dashboard

import (
	"context"
	"fmt"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/letters"
	"zhengshu/internal/org"
	"zhengshu/internal/workbench"
)

// Item is one thing of the morning: what, whose, and what to do.
type Item struct {
	Kind     string // alarm, tamper, finding, order, answered, letter, dispute, case, arrived
	Text     string
	Note     string
	Unit     org.UnitID
	UnitName string
	At       time.Time
	Link     string
	Act      string // the verb on the link
	Site     string // its A post answers first
	// Person answers for it; empty when nobody was named.
	Person, Post, Phone string
}

// MostItems bounds each kind of item of a morning.
const MostItems = 30

// Kind of item with its heading.
type Part struct {
	Key, Name string
	Items     []Item
	N         int    // how many there are, shown or not
	Figure    string // opens all of them, "" when the page named by All does
	All       string
}

// Morning is what changed since a moment, the red things first.
type Morning struct {
	Since time.Time
	Red   []Part // wants an act today
	Calm  []Part // changed, and wants nothing yet
	// Behind are counts of what stood before already.
	Serious, Overdue, Late int
	ToDo                   []workbench.Task
	Found, Mended          int // findings since then
}

// Quiet reports whether nothing wants an act.
func (m Morning) Quiet() bool { return len(m.Red) == 0 }

// Evening is 18:00 of the day before: from when a morning counts.
func (s *Service) Evening() time.Time { return s.today().AddDays(-1).Start().Add(18 * time.Hour) }

// lookAgain is how long one look at the morning page lasts: reloading it does
// not make its news old.
const lookAgain = time.Hour

// Looked notes that the person looks at the morning page now, and tells when
// they last did before; no time for never.
func (s *Service) Looked(ctx context.Context, session *authz.Session) (before time.Time, err error) {
	if session == nil || session.PersonID == "" {
		return time.Time{}, nil
	}
	type look struct{ at, before time.Time }
	l, err := db.One(ctx, s.db, func(r db.Scanner) (look, error) {
		var l look
		err := r.Scan(&l.at, &l.before)
		return l, err
	}, `SELECT at, before_at FROM dashboard_look WHERE person_id = $1`, session.PersonID)
	if err != nil && !db.None(err) {
		return time.Time{}, err
	}
	if !l.at.IsZero() && s.db.Now().Sub(l.at) < lookAgain {
		return l.before, nil
	}
	return l.at, s.db.Update(ctx, func(tx *db.Tx) error {
		_, err := tx.Quiet(ctx, `INSERT INTO dashboard_look (person_id, at) VALUES ($1, $2)
			ON CONFLICT (person_id) DO UPDATE SET before_at = dashboard_look.at, at = excluded.at`, session.PersonID, tx.Now())
		return err
	})
}

// Morning of the signed-in person's scope since a moment.
func (s *Service) Morning(ctx context.Context, session *authz.Session, scope authz.Scope, since time.Time) (m Morning, err error) {
	today, from := s.today(), calendar.DateOf(since)
	m.Since = since
	err = s.db.View(ctx, func(tx *db.Tx) error {
		for _, part := range []struct {
			Part
			calm  bool
			query string
			cond  string
			args  []any
			need  authz.Permission // beside that of the page
		}{
			{Part: Part{Key: "alarm", Name: "未处置的告警", All: "/console/alarms"}, query: `SELECT a.id, a.title, a.state, u.id, u.name, a.raised_at, '' FROM alarm a JOIN unit u ON u.id = a.unit_id`, cond: `a.state <> 'ended'`},
			{Part: Part{Key: "tamper", Name: "未解除的篡改告警", All: "/console/integrity"}, need: authz.InspectionRead, query: `SELECT s.id, a.place, s.name || CASE WHEN a.restored THEN '　已恢复为发布的内容，待复查' ELSE '　尚未恢复' END, u.id, u.name, a.last_at, s.id FROM tamper_alarm a JOIN site s ON s.id = a.site_id JOIN unit u ON u.id = s.unit_id`,
				cond: `a.settled_at IS NULL`},
			{Part: Part{Key: "finding", Name: "新发现的严重问题", Figure: "finding.fresh"}, query: `SELECT f.id, f.says, COALESCE(s.name, c.name), u.id, u.name, f.first_seen, COALESCE(s.id, '') FROM finding f ` + findingAbout,
				cond: freshFinding, args: []any{since}},
			{Part: Part{Key: "order", Name: "刚超期的整改通知", Figure: "order.overdue"}, query: `SELECT o.id, o.number, ` + orderName + `, u.id, u.name, o.issued_at, COALESCE(s.id, '') FROM rectify_order o ` + orderAbout + ` JOIN unit u ON u.id = o.unit_id`,
				cond: openOrder + ` AND o.due_on >= ? AND o.due_on < ?`, args: []any{from, today}},
			{Part: Part{Key: "letter", Name: "刚超期的留言", Figure: "letter.late"}, query: `SELECT l.id, l.number, '', u.id, u.name, l.received_at, l.site_id FROM letter l JOIN unit u ON u.id = l.unit_id`,
				cond: letters.Counted + ` AND NOT l.provisional AND l.answered_on IS NULL AND ` + letters.StillOpen + ` AND l.due_on >= ? AND l.due_on < ?`, args: []any{from, today}},
			{Part: Part{Key: "dispute", Name: "到期或超期未答复的申辩", All: "/console/disputes?verdict=waiting"}, query: `SELECT f.id, f.says, COALESCE(s.name, c.name), u.id, u.name, d.raised_at, COALESCE(s.id, '') FROM finding_dispute d JOIN finding f ON f.id = d.finding_id ` + findingAbout,
				cond: `d.verdict = '' AND d.due_on <= ?`, args: []any{today}},
			{Part: Part{Key: "case", Name: "刚超期的审批", All: "/console/cases"}, need: authz.CaseRead, query: `SELECT c.id, c.title, c.number, u.id, u.name, t.arrived_at, '' ` + caseAt,
				cond: `c.state = 'in_review' AND NOT t.provisional AND c.due_on >= ? AND c.due_on < ?`, args: []any{from, today}},
			{Part: Part{Key: "arrived", Name: "新送到的审批", All: "/console/cases"}, calm: true, need: authz.CaseRead, query: `SELECT c.id, c.title, c.number, u.id, u.name, t.arrived_at, '' ` + caseAt,
				cond: `c.state = 'in_review' AND t.arrived_at >= ? AND (c.due_on IS NULL OR c.due_on >= ?)`, args: []any{since, today}},
			{Part: Part{Key: "answered", Name: "已答复、等待复测的整改通知", All: "/console/orders?state=answered"}, calm: true, query: `SELECT o.id, o.number, ` + orderName + `, u.id, u.name, o.answered_at, COALESCE(s.id, '') FROM rectify_order o ` + orderAbout + ` JOIN unit u ON u.id = o.unit_id`,
				cond: `o.state = 'answered' AND o.answered_at >= ?`, args: []any{since}},
		} {
			if part.need != "" && (session == nil || !session.May(part.need)) {
				continue
			}
			var w db.Where
			scope.Where(&w, "u")
			w.And(part.cond, part.args...)
			order := map[string]string{"alarm": "a.raised_at DESC, a.id", "tamper": "a.last_at DESC, a.id", "case": "c.due_on, c.number", "arrived": "t.arrived_at DESC, c.number", "finding": "f.first_seen DESC, f.id", "order": "o.due_on, o.number", "letter": "l.due_on, l.number", "dispute": "d.due_on, d.id", "answered": "o.answered_at DESC, o.id"}[part.Key]
			limit := w.Arg(MostItems + 1)
			list, err := db.All(ctx, tx, func(r db.Scanner) (Item, error) {
				i := Item{Kind: part.Key}
				var id string
				err := r.Scan(&id, &i.Text, &i.Note, &i.Unit, &i.UnitName, &i.At, &i.Site)
				switch part.Key {
				case "alarm":
					i.Link, i.Act, i.Note = "/console/alarms/"+id, "去处置", map[string]string{"raised": "无人认领", "taken": "处置中"}[i.Note]
				case "tamper":
					i.Link, i.Act = "/console/sites/"+id+"/integrity", "去核查"
				case "case", "arrived":
					i.Link, i.Act = "/console/cases/"+id, "去办理"
				case "finding":
					i.Link, i.Act = "/console/findings/"+id, "查看并下发整改"
				case "order":
					i.Link, i.Act = "/console/orders/"+id, "去督促"
				case "letter":
					i.Link, i.Act = "/console/letters/"+id, "查看留言"
				case "dispute":
					i.Link, i.Act = "/console/findings/"+id, "去答复"
				case "answered":
					i.Link, i.Act = "/console/orders/"+id, "去复测"
				}
				return i, err
			}, part.query+` WHERE `+w.SQL()+` ORDER BY `+order+` LIMIT `+limit, w.Args()...)
			if err != nil {
				return fmt.Errorf("dashboard: morning %s: %w", part.Key, err)
			}
			if len(list) == 0 {
				continue
			}
			p := part.Part
			p.N, p.Items = len(list), list
			if len(list) > MostItems {
				p.Items = list[:MostItems]
				from := part.query[len("SELECT"):]
				at := indexFrom(from)
				var c db.Where
				scope.Where(&c, "u")
				c.And(part.cond, part.args...)
				if p.N, err = db.One(ctx, tx, db.Value[int], `SELECT count(*)`+from[at:]+` WHERE `+c.SQL(), c.Args()...); err != nil {
					return err
				}
			}
			if part.calm {
				m.Calm = append(m.Calm, p)
			} else {
				m.Red = append(m.Red, p)
			}
		}
		if err := s.answerable(ctx, tx, m.Red, m.Calm); err != nil {
			return err
		}
		if err := s.counts(ctx, tx, scope, wanted{Query{Figure: "finding.serious"}, &m.Serious}, wanted{Query{Figure: "order.overdue"}, &m.Overdue}, wanted{Query{Figure: "letter.late"}, &m.Late}); err != nil {
			return err
		}
		for _, c := range []struct {
			cond string
			at   *int
		}{{`f.first_seen >= ? AND ` + notFalse, &m.Found}, {`f.closed_at >= ? AND ` + mended, &m.Mended}} {
			var w db.Where
			scope.Where(&w, "u")
			w.And(c.cond, since)
			if *c.at, err = db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM finding f `+findingAbout+` WHERE `+w.SQL(), w.Args()...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || s.workbench == nil {
		return m, err
	}
	m.ToDo, err = s.workbench.Tasks(ctx, session, workbench.ToDo, 10)
	return m, err
}

// caseAt are the cases with the step they stand at and the office whose step it
// is: that office is asked, not the applicant.
const caseAt = `FROM approval_case c JOIN approval_step t ON t.case_id = c.id AND t.no = c.step_no JOIN unit u ON u.id = c.at_unit`

// indexFrom is where the FROM of a statement begins.
func indexFrom(q string) int {
	for i := range q {
		if len(q)-i > 6 && q[i:i+6] == " FROM " {
			return i
		}
	}
	return 0
}

// wanted is a figure and where its number goes.
type wanted struct {
	n  Query
	at *int
}

// counts are figures over a scope.
func (s *Service) counts(ctx context.Context, q db.Querier, scope authz.Scope, list ...wanted) error {
	units, err := s.unitsIn(ctx, q, scope, Place{})
	if err != nil {
		return err
	}
	for _, x := range list {
		sums, err := s.tally(ctx, q, x.n)
		if err != nil {
			return err
		}
		*x.at = 0
		for unit, n := range sums {
			if _, ok := units[unit]; ok {
				*x.at += n
			}
		}
	}
	return nil
}

// answerable puts to each item the person to call; the items are in scope, the office
// that a case stands at may be above it.
func (s *Service) answerable(ctx context.Context, q db.Querier, parts ...[]Part) error {
	var units []org.UnitID
	var sites []string
	for _, list := range parts {
		for _, p := range list {
			for _, i := range p.Items {
				units, sites = append(units, i.Unit), append(sites, i.Site)
			}
		}
	}
	who, err := s.org.Answerers(ctx, q, authz.System("dashboard.morning"), units, sites)
	if err != nil {
		return err
	}
	for _, list := range parts {
		for _, p := range list {
			for n := range p.Items {
				i := &p.Items[n]
				a := who.For(i.Unit, i.Site)
				i.Person, i.Phone, i.Post = a.Name, a.Phone, a.Post.Name()
			}
		}
	}
	return nil
}

// Leader is what a leader sees on a telephone: five numbers, and what wants a
// decision.
type Leader struct {
	Unqualified, Sites, Serious, Overdue, Late, Alarms int
	ToDo                                               []workbench.Task
	Month                                              string
	At                                                 time.Time
}

// Leader of the signed-in person's scope.
func (s *Service) Leader(ctx context.Context, session *authz.Session, scope authz.Scope) (l Leader, err error) {
	l.Month, l.At = s.ThisMonth(), s.db.Now()
	err = s.db.View(ctx, func(tx *db.Tx) error {
		if err := s.counts(ctx, tx, scope, wanted{Query{Figure: "site.running"}, &l.Sites}, wanted{Query{Figure: "site.unqualified", From: l.Month, To: l.Month}, &l.Unqualified},
			wanted{Query{Figure: "finding.serious"}, &l.Serious}, wanted{Query{Figure: "order.overdue"}, &l.Overdue}, wanted{Query{Figure: "letter.late"}, &l.Late}); err != nil {
			return err
		}
		var w db.Where
		scope.Where(&w, "u")
		l.Alarms, err = db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM alarm a JOIN unit u ON u.id = a.unit_id WHERE a.state <> 'ended' AND `+w.SQL(), w.Args()...)
		return err
	})
	if err != nil || s.workbench == nil || session == nil {
		return l, err
	}
	l.ToDo, err = s.workbench.Tasks(ctx, session, workbench.ToDo, 20)
	return l, err
}
