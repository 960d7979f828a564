package registry_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/intake"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
)

// The work is broken off in the middle of a batch or just after one, several
// times; each time it goes on from where it is known to have come.
func TestAnImportThatIsBrokenOffLosesNothingAndDoesNothingTwice(t *testing.T) {
	const rows = 2600
	var body strings.Builder
	body.WriteString("platform,account,url,code\n")
	for i := range rows {
		fmt.Fprintf(&body, "微博,第%d号发布,https://weibo.com/%d,610113\n", i, 1000000+i)
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, _, r := open(t, d, []byte(listDivisions))
		died := errors.New("died")
		done, kept := 0, intake.Report{}
		resumed := false
		for deaths := 0; ; deaths++ {
			if deaths > 50 {
				t.Fatal("never done")
			}
			work, stop := context.WithCancel(ctx)
			batch, at := 0, rand.IntN(3)
			inside := rand.IntN(2) == 0
			pending, pendingRep := done, kept
			o := org.ImportOptions{Source: "a.csv", From: done, Kept: func(_ context.Context, _ *db.Tx, to int, rep intake.Report) error {
				if batch++; batch-1 == at && inside && deaths < 6 {
					return died // before it commits
				}
				pending, pendingRep = to, rep
				return nil
			}, Seen: func(int) {
				done, kept = pending, pendingRep
				if batch-1 == at && deaths < 6 {
					stop() // after it has committed
				}
			}}
			if resumed {
				o.Resume = &kept
			}
			_, err := r.ImportAccounts(work, system, table(t, "a.csv", []byte(body.String())), o)
			stop()
			resumed = done > 0
			if err == nil {
				if deaths == 0 {
					t.Fatal("nothing was broken off")
				}
				break
			}
		}
		for what, query := range map[string]string{"accounts": `SELECT count(*) FROM account`, "names": `SELECT count(DISTINCT name) FROM account`, "histories": `SELECT count(*) FROM record_change WHERE kind = 'account'`, "passages": `SELECT count(*) FROM passage WHERE kind = 'account'`,
			"texts": `SELECT count(*) FROM ledger_text WHERE kind = 'account'`, "entries": `SELECT count(*) FROM audit_entry WHERE act = 'registry.account.enter'`} {
			if n, err := db.One(ctx, d, db.Value[int], query); err != nil || n != rows {
				t.Errorf("%d %s, %v", n, what, err)
			}
		}
		if kept.Accepted != rows || kept.Read != rows {
			t.Errorf("the report says %d of %d", kept.Accepted, kept.Read)
		}
		p, err := r.AccountList(ctx, system, registry.ListQuery{})
		if err != nil || p.Total != rows {
			t.Errorf("listed %d, %v", p.Total, err)
		}
	})
}
