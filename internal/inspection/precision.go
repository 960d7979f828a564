package inspection

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/db"
	"zhengshu/internal/percent"
)

// Precision is how often a rule was right, by its disputes and retests.
type Precision struct {
	Check    string
	Raised   int // findings there were
	Disputed int
	False    int // confirmed false
	True     int // disputed and upheld
	Waiting  int // disputes without an answer
	Closed   int // put right, seen by a retest
}

// Share is the part of the findings that were not false; ok is false until a dispute has been answered: nobody has judged before.
func (p Precision) Share() (share percent.Share, ok bool) {
	return percent.Of(p.Raised-p.False, p.Raised), p.Raised > 0 && p.True+p.False > 0
}

// Precisions of every rule that has found anything, over the whole house: no unit
// stands in it. They are counted as it happens; no finding is read for them.
func (s *Service) Precisions(ctx context.Context) ([]Precision, error) {
	return db.All(ctx, s.db, func(r db.Scanner) (Precision, error) {
		var p Precision
		err := r.Scan(&p.Check, &p.Raised, &p.Closed, &p.Disputed, &p.False, &p.True, &p.Waiting)
		return p, err
	}, `SELECT check_id, CAST(sum(raised) AS BIGINT), CAST(sum(closed) AS BIGINT), CAST(sum(disputed) AS BIGINT), CAST(sum(wrong) AS BIGINT), CAST(sum(upheld) AS BIGINT), CAST(sum(waiting) AS BIGINT)
	      FROM (SELECT check_id, raised, closed, disputed, wrong, upheld, waiting FROM rule_count UNION ALL SELECT check_id, raised, closed, disputed, wrong, upheld, waiting FROM rule_move) x
	     GROUP BY check_id HAVING sum(raised) > 0 ORDER BY check_id`)
}

// mended reports a finding that a look has closed.
func (f Finding) mended() bool {
	return f.State == FindingClosed && f.ClosedBy != ClosedByDispute && f.ClosedBy != ClosedByEnd
}

// ruleMove is what an act adds to the counts of a rule.
type ruleMove struct{ raised, closed, disputed, wrong, upheld, waiting int }

func (m ruleMove) plus(o ruleMove) ruleMove {
	return ruleMove{m.raised + o.raised, m.closed + o.closed, m.disputed + o.disputed, m.wrong + o.wrong, m.upheld + o.upheld, m.waiting + o.waiting}
}

// counted writes a move down beside the act.
func counted(ctx context.Context, tx *db.Tx, checkID string, m ruleMove) error {
	_, err := tx.Quiet(ctx, `INSERT INTO rule_move (id, check_id, raised, closed, disputed, wrong, upheld, waiting) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		ulid.Make().String(), checkID, m.raised, m.closed, m.disputed, m.wrong, m.upheld, m.waiting)
	return err
}

// foldCounts is the periodic job that adds the moves to the counts.
type foldCounts struct{}

// Kind names the job.
func (foldCounts) Kind() string { return "inspection.count" }

// movesAtOnce are folded in one transaction.
const movesAtOnce = 500

// FoldCounts adds the moves written since to the counts of the rules. Of two that
// fold at once one finds its moves gone and leaves the counts as they are.
func (s *Service) FoldCounts(ctx context.Context) error {
	ctx = audit.System(ctx, "inspection.count")
	for {
		n := 0
		err := s.db.Update(ctx, func(tx *db.Tx) error {
			type row struct {
				id, check string
				move      ruleMove
			}
			list, err := db.All(ctx, tx, func(r db.Scanner) (row, error) {
				var x row
				err := r.Scan(&x.id, &x.check, &x.move.raised, &x.move.closed, &x.move.disputed, &x.move.wrong, &x.move.upheld, &x.move.waiting)
				return x, err
			}, `SELECT id, check_id, raised, closed, disputed, wrong, upheld, waiting FROM rule_move ORDER BY id LIMIT $1`, movesAtOnce)
			if err != nil || len(list) == 0 {
				return err
			}
			n = len(list)
			sums, ids := map[string]ruleMove{}, make([]string, 0, n)
			for _, x := range list {
				sums[x.check] = sums[x.check].plus(x.move)
				ids = append(ids, x.id)
			}
			cond, args := db.In("id", ids)
			var w db.Where
			w.And(cond, args...)
			gone, err := tx.Quiet(ctx, `DELETE FROM rule_move WHERE `+w.SQL(), w.Args()...)
			if err != nil {
				return err
			}
			if gone != int64(n) {
				return fmt.Errorf("inspection: fold counts: %d of %d moves were there", gone, n)
			}
			for _, id := range slices.Sorted(maps.Keys(sums)) {
				m := sums[id]
				if _, err := tx.Quiet(ctx, `
					INSERT INTO rule_count (check_id, raised, closed, disputed, wrong, upheld, waiting) VALUES ($1, $2, $3, $4, $5, $6, $7)
					ON CONFLICT (check_id) DO UPDATE SET raised = rule_count.raised + excluded.raised, closed = rule_count.closed + excluded.closed, disputed = rule_count.disputed + excluded.disputed,
					       wrong = rule_count.wrong + excluded.wrong, upheld = rule_count.upheld + excluded.upheld, waiting = rule_count.waiting + excluded.waiting`,
					id, m.raised, m.closed, m.disputed, m.wrong, m.upheld, m.waiting); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || n < movesAtOnce {
			return err
		}
	}
}
