package moveout

import (
	"context"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/jobs"
	"zhengshu/internal/jobs/jobstest"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
)

// A run whose job is given up says so, to who asked for it too, and its site can be
// asked for again.
func TestARunEndsWithItsJob(t *testing.T) {
	now := time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC)
	dbtest.EachAt(t, func() time.Time { return now }, func(t *testing.T, d *db.DB) {
		ctx := audit.System(context.Background(), "test")
		if err := passage.Declare(ctx, d, registry.SiteMachine); err != nil {
			t.Fatal(err)
		}
		o := org.New(d)
		s := New(Parts{DB: d, Org: o, Registry: registry.New(d, o), Dir: t.TempDir()})
		var person org.Person
		var site registry.Site
		if err := d.Update(ctx, func(tx *db.Tx) error {
			if _, err := o.AddArea(ctx, tx, org.Area{Level: org.Province, Code: "610000", Name: "陕西省"}); err != nil {
				return err
			}
			unit, _, err := o.AddUnit(ctx, tx, org.Unit{Area: "province-610000000000", Kind: org.Office, Name: "陕西省人民政府办公厅"})
			if err != nil {
				return err
			}
			if person, err = o.AddPerson(ctx, tx, authz.System("test"), org.Person{Unit: unit.ID, Name: "管理员"}); err != nil {
				return err
			}
			site, err = s.Registry.EnterSite(ctx, tx, registry.Site{Unit: unit.ID, Kind: registry.Portal, Name: "陕西省人民政府", Host: "www.shaanxi.example.gov.cn", Hosted: true})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		session, scope := &authz.Session{PersonID: string(person.ID), Name: person.Name}, authz.System("test")
		r, err := s.Ask(ctx, session, scope, site.ID, false)
		if err != nil {
			t.Fatal(err)
		}
		w := jobs.NewWorkers()
		s.Register(w)
		jobstest.Silence[Work](t, d, 5)
		jobstest.Work(t, d, w, jobs.Config{})
		if r, err = s.Run(ctx, scope, r.ID); err != nil || r.State != Failed || !strings.Contains(r.Failure, "多次中途停止") {
			t.Errorf("%s %q (%v)", r.State, r.Failure, err)
		}
		told, err := db.All(ctx, d, db.Value[string], `SELECT title FROM message WHERE person_id = $1`, person.ID)
		if err != nil || len(told) != 1 || !strings.Contains(told[0], "没有完成") {
			t.Errorf("told %q (%v)", told, err)
		}
		if r, err = s.Ask(ctx, session, scope, site.ID, false); err != nil {
			t.Fatalf("asked again: %v", err)
		}
		// What lost its job before the schema that ends it, ends with that.
		before := dbtest.Up(t, "0581_lost_jobs.sql")
		dbtest.Write(t, d, before)
		if r, err = s.Run(ctx, scope, r.ID); err != nil || r.State != Waiting {
			t.Errorf("its job waits: %s (%v)", r.State, err)
		}
		dbtest.Write(t, d, `UPDATE job SET state = 'failed'; `+before)
		if r, err = s.Run(ctx, scope, r.ID); err != nil || r.State != Failed || r.Failure == "" {
			t.Errorf("lost: %s %q (%v)", r.State, r.Failure, err)
		}
	})
}
