package disclosure_test

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/disclosure"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/prose"
	"zhengshu/internal/realdata"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// TestCatalogueIsTheRegulation holds every entry against the text in the data.
func TestCatalogueIsTheRegulation(t *testing.T) {
	c, err := disclosure.Statutory()
	if err != nil || c.Workdays != 20 {
		t.Fatalf("%+v, %v", c, err)
	}
	for _, x := range []struct {
		kind  org.Kind
		level org.Level
		n     int
	}{{org.Office, org.Province, 16}, {org.Department, org.Province, 16}, {org.Office, org.County, 23}, {org.Department, org.City, 23}, {org.TownshipUnit, org.Township, 24}, {org.Internal, org.County, 0}, {org.Institution, org.County, 0}} {
		if got := len(c.For(x.kind, x.level)); got != x.n {
			t.Errorf("%s at %s: %d entries, wants %d", x.kind, x.level, got, x.n)
		}
	}
	f, err := os.Open(filepath.Join(realdata.Path(t, "04_policy_docs", "the catalogue against the text of the regulation"), "laws_regulations.jsonl.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	in := bufio.NewScanner(z)
	in.Buffer(nil, 16<<20)
	for in.Scan() {
		var l struct{ Title, Text string }
		if err := json.Unmarshal(in.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		if l.Title != "中华人民共和国政府信息公开条例" {
			continue
		}
		for _, e := range c.Entries {
			if e.Mark == "verified" && !strings.Contains(l.Text, e.Text) {
				t.Errorf("%s: %q does not stand in the regulation", e.ID, e.Text)
			}
		}
		if !strings.Contains(l.Text, "自该政府信息形成或者变更之日起20个工作日内") {
			t.Error("the clock does not stand in the regulation")
		}
		return
	}
	t.Error("the regulation is not in the data")
}

func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestPlacesAndTheClockOfTwentyWorkingDays(t *testing.T) {
	clock := calendar.NewManual(time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC))
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		ctx, system := audit.System(context.Background(), "test"), authz.System("test")
		if err := passage.Declare(ctx, d, registry.SiteMachine, library.Machine); err != nil {
			t.Fatal(err)
		}
		o := org.New(d)
		reg := registry.New(d, o)
		ob := obligation.New(d, o, disclosure.Due, library.ColumnUpdate)
		lib := library.New(d, o, reg, ob, nil, sx2021.Defaults())
		days := must(calendar.Published())(t)
		s := disclosure.New(d, o, lib, ob, days)
		lib.OnChange(s.Follow)
		var unit, other org.Unit
		var site registry.Site
		var column registry.Column
		err := d.Update(ctx, func(tx *db.Tx) error {
			for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"}} {
				if _, err := o.AddArea(ctx, tx, a); err != nil {
					return err
				}
			}
			var err error
			if unit, _, err = o.AddUnit(ctx, tx, org.Unit{Area: "city-610100000000", Kind: org.Department, Name: "西安市商务局"}); err != nil {
				return err
			}
			if other, _, err = o.AddUnit(ctx, tx, org.Unit{Area: "city-610100000000", Kind: org.Department, Name: "西安市水务局"}); err != nil {
				return err
			}
			p := must(o.AddPerson(ctx, tx, system, org.Person{Unit: unit.ID, Name: "甲"}))(t)
			q := must(o.AddPerson(ctx, tx, system, org.Person{Unit: unit.ID, Name: "乙"}))(t)
			if site, err = reg.PlanSite(ctx, tx, registry.Site{Unit: unit.ID, Name: "西安市商务局网站", Slug: "xasw", Hosted: true}); err != nil {
				return err
			}
			column, err = reg.AddColumn(ctx, tx, system, registry.Column{Site: site.ID, Slug: "budget", Name: "预算", Type: "通知公告", Description: "预算决算", Owner: p.ID, A: p.ID, B: q.ID, CycleDays: 365})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		state := func(entry string) string {
			_, list, err := s.Places(ctx, system, unit.ID)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range list {
				if p.ID == entry {
					return p.State()
				}
			}
			t.Fatalf("no entry %s", entry)
			return ""
		}
		if got := state("20.7"); got != disclosure.Unplaced {
			t.Errorf("at first %s", got)
		}
		if err := s.Place(ctx, system, unit.ID, disclosure.Placed{Entry: "20.7"}); !fault.Is(err, fault.Invalid) {
			t.Errorf("neither column nor reason: %v", err)
		}
		if err := s.Place(ctx, system, unit.ID, disclosure.Placed{Entry: "21.t1", Column: column.ID}); !fault.Is(err, fault.Invalid) {
			t.Errorf("an entry that does not bind the unit: %v", err)
		}
		if err := s.Place(ctx, system, unit.ID, disclosure.Placed{Entry: "20.7", Column: column.ID}); err != nil {
			t.Fatal(err)
		}
		if got := state("20.7"); got != disclosure.Blank {
			t.Errorf("an empty column counts as %s", got)
		}
		if err := s.Place(ctx, system, unit.ID, disclosure.Placed{Entry: "20.6", NoneWhy: "本单位无行政处罚职能"}); err != nil {
			t.Fatal(err)
		}
		if got := state("20.6"); got != disclosure.None {
			t.Errorf("said to be none: %s", got)
		}
		it := must(lib.Create(ctx, system, library.Writing{Meta: library.Meta{Type: library.Disclosure, Title: "2026年部门预算"}, Doc: must(prose.FromText("预算如下。"))(t), Unit: unit.ID, Columns: []registry.ColumnID{column.ID}}))(t)
		if _, err := s.Register(ctx, system, unit.ID, disclosure.Form{Entry: "20.7", Title: "部门预算", Formed: calendar.DateOf(clock.Now()).AddDays(1)}); !fault.Is(err, fault.Invalid) {
			t.Errorf("formed tomorrow: %v", err)
		}
		p := must(s.Register(ctx, system, unit.ID, disclosure.Form{Entry: "20.7", Title: "2026年部门预算", Formed: calendar.DateOf(clock.Now()), Item: it.ID}))(t)
		if want := days.Add(calendar.DateOf(clock.Now()), 20).On; p.DueOn != want {
			t.Errorf("due on %v, wants %v", p.DueOn, want)
		}
		owed := func() int {
			return must(db.One(ctx, d, db.Value[int], `SELECT count(*) FROM obligation WHERE kind = 'active_disclosure' AND state = 'open'`))(t)
		}
		if owed() != 1 {
			t.Errorf("%d clocks run", owed())
		}
		board, n, err := s.Board(ctx, system, "商务", 10, 0)
		if err != nil || n != 1 || board[0].Entries != 23 || board[0].Open != 1 || board[0].None != 1 || board[0].Disclosed != 0 {
			t.Errorf("board %+v (%d), %v", board, n, err)
		}
		// What the item makes public ends the clock, in the same transaction.
		err = d.Update(ctx, func(tx *db.Tx) error {
			if _, err := tx.Exec(ctx, `INSERT INTO move_in_case (id, site_id, number, dated, person_id, person_name, created_at) VALUES ('m', $1, '1', $2, 'p', 'p', $3)`, site.ID, calendar.DateOf(tx.Now()), tx.Now()); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `INSERT INTO item_release (item_id, version_no, move_in_id, at) VALUES ($1, 1, 'm', $2)`, it.ID, tx.Now()); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `INSERT INTO item_live (item_id, version_no) VALUES ($1, 1)`, it.ID); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `UPDATE item_placement SET state = 'live', live_at = $2, shown_at = $2 WHERE item_id = $1`, it.ID, tx.Now()); err != nil {
				return err
			}
			return s.Follow(ctx, tx, library.Change{Item: it.ID})
		})
		if err != nil {
			t.Fatal(err)
		}
		if owed() != 0 || state("20.7") != disclosure.Disclosed {
			t.Errorf("after it is public: %d clocks, %s", owed(), state("20.7"))
		}
		pieces := must(s.Pieces(ctx, system, unit.ID, 10))(t)
		if len(pieces) != 1 || pieces[0].Disclosed.IsZero() || pieces[0].Late(calendar.DateOf(clock.Now())) {
			t.Errorf("pieces %+v", pieces)
		}
		if err := s.Attach(ctx, system, other.ID, p.ID, it.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("another unit's piece: %v", err)
		}
	})
}
