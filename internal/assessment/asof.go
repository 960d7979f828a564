package assessment

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
)

// OrdersAt are the orders of a filter as they stood at the end of a day: a paper
// about a quarter says the same whenever it is counted. What happened since is
// taken back: closing, reopening, more time. The filter is of what never
// changes, the period of issue, the place; its conditions on states and stages
// are those of today.
func (s *Service) OrdersAt(ctx context.Context, q db.Querier, scope authz.Scope, f OrderFilter, on calendar.Date) ([]Order, error) {
	list, _, err := s.Orders(ctx, q, scope, f)
	if err != nil || !on.Before(s.today()) {
		return list, err
	}
	at := make(map[OrderID]int, len(list))
	ids := make([]OrderID, len(list))
	for i, o := range list {
		at[o.ID], ids[i] = i, o.ID
	}
	for some := range slices.Chunk(ids, 500) {
		if err := s.unmove(ctx, q, some, on, func(id OrderID) *Order { return &list[at[id]] }); err != nil {
			return nil, err
		}
		if err := s.unextend(ctx, q, some, on, func(id OrderID) *Order { return &list[at[id]] }); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// unmove gives orders the state they had at the end of the day.
func (s *Service) unmove(ctx context.Context, q db.Querier, ids []OrderID, on calendar.Date, order func(OrderID) *Order) error {
	type moved struct {
		id    OrderID
		state string // before the first move since
		since time.Time
	}
	var w db.Where
	w.And("p.kind = ?", OrderMachine.Kind).And("p.at >= ?", on.End()).And("p.object_id IN " + db.Among(&w, ids))
	list, err := db.All(ctx, q, func(r db.Scanner) (moved, error) {
		var m moved
		return m, r.Scan(&m.id, &m.state, &m.since)
	}, `SELECT p.object_id, p.from_state, b.at FROM passage p LEFT JOIN passage b ON b.kind = p.kind AND b.object_id = p.object_id AND b.seq = p.prev_seq
	     WHERE `+w.SQL()+` ORDER BY p.object_id, p.seq`, w.Args()...)
	if err != nil {
		return err
	}
	seen := map[OrderID]bool{}
	var again []OrderID
	for _, m := range list {
		if seen[m.id] || m.state == "" { // later moves; one issued since stays what it is
			continue
		}
		seen[m.id] = true
		o := order(m.id)
		o.State, o.ClosedAt = m.state, time.Time{}
		if m.state == OrderClosed {
			o.ClosedAt = m.since
		}
		if !o.ReopenedAt.Before(on.End()) {
			again = append(again, m.id)
		}
	}
	return s.unreopen(ctx, q, again, on, order)
}

// unreopen gives orders that were opened again since the day they had before:
// counted from the opening before that, else from the issue.
func (s *Service) unreopen(ctx context.Context, q db.Querier, ids []OrderID, on calendar.Date, order func(OrderID) *Order) error {
	if len(ids) == 0 {
		return nil
	}
	type opened struct {
		id OrderID
		at time.Time
	}
	var w db.Where
	w.And("p.kind = ?", OrderMachine.Kind).And("p.act = 'reopen'").And("p.at < ?", on.End()).And("p.object_id IN " + db.Among(&w, ids))
	list, err := db.All(ctx, q, func(r db.Scanner) (opened, error) {
		var x opened
		return x, r.Scan(&x.id, &x.at)
	}, `SELECT p.object_id, max(p.at) FROM passage p WHERE `+w.SQL()+` GROUP BY p.object_id`, w.Args()...)
	if err != nil {
		return err
	}
	for _, id := range ids {
		order(id).ReopenedAt = time.Time{}
	}
	for _, x := range list {
		order(x.id).ReopenedAt = x.at
	}
	for _, id := range ids {
		o := order(id)
		from := o.ReopenedAt
		if from.IsZero() {
			from = o.IssuedAt
		}
		o.Due = calendar.WorkingDays(o.Days).From(calendar.DateOf(from), s.days)
	}
	return nil
}

// unextend takes back the time that was granted since, and gives a day that was
// granted before to an order whose own day a later reopening wrote over.
func (s *Service) unextend(ctx context.Context, q db.Querier, ids []OrderID, on calendar.Date, order func(OrderID) *Order) error {
	type extended struct {
		id           OrderID
		was, granted calendar.Date
		at           time.Time
	}
	var w db.Where
	w.And("e.verdict = 'granted'").And("e.order_id IN " + db.Among(&w, ids))
	list, err := db.All(ctx, q, func(r db.Scanner) (extended, error) {
		var x extended
		return x, r.Scan(&x.id, &x.was, &x.granted, &x.at)
	}, `SELECT e.order_id, e.was_due, e.granted_on, e.decided_at FROM order_extension e WHERE `+w.SQL()+` ORDER BY e.order_id, e.decided_at, e.id`, w.Args()...)
	if err != nil {
		return err
	}
	back := map[OrderID]bool{}
	for _, x := range list {
		o := order(x.id)
		switch {
		case !x.at.Before(on.End()):
			if !back[x.id] { // the first of them knows the day before it
				o.Due.On, back[x.id] = x.was, true
			}
		case x.granted.After(o.Due.On) && !x.at.Before(o.ReopenedAt):
			o.Due.On = x.granted
		}
	}
	return nil
}

// Unrecorded is, in short, what the results of a period rest on that leaves no
// entry in the trail: the days of probes, the looks at feeds. Together with a
// mark of the trail it says whether a result can have changed.
func (s *Service) Unrecorded(ctx context.Context, q db.Querier, p Period) (string, error) {
	on := s.checkPoint(p)
	if on == s.today() {
		on = on.AddDays(-1) // whole days count
	}
	probes, err := s.inspection.ProbesCounted(ctx, on.AddDays(-probesBack), on)
	if err != nil {
		return "", err
	}
	sum := fnv.New64a()
	_, err = db.All(ctx, q, func(r db.Scanner) (struct{}, error) {
		var id, says string
		var at time.Time
		err := r.Scan(&id, &says, &at)
		fmt.Fprintf(sum, "%s %s %d\n", id, says, at.UnixMicro())
		return struct{}{}, err
	}, `SELECT account_id, says, at FROM account_feed_look ORDER BY account_id`)
	return fmt.Sprint(probes, " ", sum.Sum64()), err
}

// probesBack is how many days of probes a result may look back on: the longest
// window of a pack and the days it may be moved back by what was offline.
const probesBack = 120
