package audit

import (
	"context"
	"time"

	"zhengshu/internal/db"
)

// Mark is where the trail stood at a moment. Every write transaction leaves an
// entry, so while the mark holds, nothing was written but the tables of
// db.QuietTables: what was counted of the rest still counts the same.
type Mark struct {
	since time.Time // entries after it are counted
	n     int
	but   []string
}

// MarkNow is the mark of this moment. The acts named in but are left out:
// nothing follows from them. An act that is not named counts, whatever it is
// called.
//
// Entries are told by their number, not by the newest: an entry carries the
// moment its transaction began, and one that began earlier may commit later. So
// the count begins as far back as the sequencer looks for such.
func MarkNow(ctx context.Context, q db.Querier, now time.Time, but ...string) (Mark, error) {
	m := Mark{since: now.Add(-settle), but: but}
	var err error
	m.n, err = db.One(ctx, q, db.Value[int], `SELECT count(*) FROM audit_entry e WHERE `+m.where().SQL(), m.where().Args()...)
	return m, err
}

// where are the entries that a mark counts.
func (m Mark) where() *db.Where {
	var w db.Where
	w.And("e.at > ?", m.since)
	if len(m.but) > 0 {
		w.And("e.act NOT IN " + db.Among(&w, m.but))
	}
	return &w
}

// Holds reports whether nothing was written since the mark was taken, and gives
// the mark of this moment, which counts from nearer.
func (m Mark) Holds(ctx context.Context, q db.Querier, now time.Time) (Mark, bool, error) {
	w := m.where()
	next := Mark{since: now.Add(-settle), but: m.but}
	if next.since.Before(m.since) {
		next.since = m.since // a clock that was set back
	}
	near := w.Arg(next.since)
	type counts struct{ all, near int }
	// One statement: nothing is written between the two counts.
	c, err := db.One(ctx, q, func(r db.Scanner) (counts, error) {
		var c counts
		return c, r.Scan(&c.all, &c.near)
	}, `SELECT count(*), COALESCE(sum(CASE WHEN e.at > `+near+` THEN 1 ELSE 0 END), 0) FROM audit_entry e WHERE `+w.SQL(), w.Args()...)
	next.n = c.near
	return next, err == nil && c.all == m.n, err
}
