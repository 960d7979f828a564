package obligationweb_test

import (
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/obligation"
	"zhengshu/internal/obligation/obligationweb"
	"zhengshu/internal/org"
	"zhengshu/internal/workbench"
)

// The inbox of who runs the platform, or audits, does not fill with what the unit of the
// post owes: others there do it. What is held by name, and what another post of the same
// person is for, stands there.
func TestWhoLooksOnHasNotTheClocksOfTheUnit(t *testing.T) {
	k := open(t)
	clock := calendar.NewManual(time.Date(2026, 2, 20, 2, 0, 0, 0, time.UTC))
	inbox := obligationweb.NewInbox(k.svc, clock)
	var owed obligation.Obligation
	for _, x := range k.clocks {
		if x.Unit > owed.Unit {
			owed = x
		}
	}
	tasks := func(person org.PersonID) int {
		t.Helper()
		posts, err := k.org.PostsOf(testCtx, k.db, person)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, tab := range []workbench.Tab{workbench.ToDo, workbench.Done} {
			list, err := inbox.Tasks(testCtx, &authz.Session{PersonID: string(person), Posts: posts}, tab, 50)
			if err != nil {
				t.Fatal(err)
			}
			n += len(list)
		}
		return n
	}
	do := func(fn func(tx *db.Tx) error) {
		t.Helper()
		if err := k.db.Update(testCtx, func(tx *db.Tx) error {
			if err := fn(tx); err != nil {
				return err
			}
			return audit.Record(testCtx, tx, audit.Entry{Act: "test"})
		}); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		role authz.Role
		want int
	}{{authz.PlatformOperator, 0}, {authz.Auditor, 0}, {authz.SystemAdmin, 0}, {authz.Sponsor, 1}} {
		var p org.Person
		do(func(tx *db.Tx) (err error) {
			if p, err = k.org.AddPerson(testCtx, tx, authz.System("test"), org.Person{Unit: owed.Unit, Name: string(c.role)}); err != nil {
				return err
			}
			return k.org.Appoint(testCtx, tx, authz.System("test"), p.ID, owed.Unit, c.role)
		})
		if got := tasks(p.ID); got != c.want {
			t.Errorf("%s has %d of the unit's clocks, want %d", c.role, got, c.want)
		}
		if c.role != authz.PlatformOperator {
			continue
		}
		do(func(tx *db.Tx) error {
			_, err := tx.Exec(testCtx, `UPDATE obligation SET person_id = $2 WHERE id = $1`, owed.ID, p.ID)
			return err
		})
		if got := tasks(p.ID); got != 1 {
			t.Errorf("what is held by name: %d", got)
		}
		do(func(tx *db.Tx) error {
			_, err := tx.Exec(testCtx, `UPDATE obligation SET person_id = '' WHERE id = $1`, owed.ID)
			return err
		})
	}
}
