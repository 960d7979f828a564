package lifecycle_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
)

var lives = flag.Int("lives", 6, "how many walking processes are killed on each database")

// The walking process finds its database, its files and its seed here.
const (
	envWalkAt   = "ZHENGSHU_WALK_AT"
	envWalkDir  = "ZHENGSHU_WALK_DIR"
	envWalkSeed = "ZHENGSHU_WALK_SEED"
)

// A process that does random acts is killed at random moments, again and again
// over one database. Whatever moment it was, every act stands whole or not at
// all: no guard is broken, no passage untold, no clock without what it counts,
// and no act that was answered is lost.
func TestKilledActsBreakNoGuard(t *testing.T) {
	if at := os.Getenv(envWalkAt); at != "" {
		walkUntilKilled(t, at)
		return
	}
	if testing.Short() {
		t.Skip("left out by -short: kills processes for some seconds")
	}
	clock := calendar.NewManual(start)
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		clock.Set(start)
		build(t, d, clock).objects()
		dir := t.TempDir()
		if d.Path() != "" {
			dir = filepath.Dir(d.Path())
		}
		t.Setenv(envWalkDir, dir)
		killWalkers(t, d, dbtest.Address(t, d))
	})
}

func killWalkers(t *testing.T, d *db.DB, at string) {
	random := rand.New(rand.NewPCG(*seed, 2))
	answered, most := 0, 0
	began := time.Now()
	killed := 0
	for ; killed < *lives && time.Since(began) < 30*time.Second*time.Duration(max(1, *lives/10)); killed++ {
		acked, acts := dbtest.Life(t, "TestKilledActsBreakNoGuard", []string{envWalkAt + "=" + at, envWalkSeed + "=" + strconv.FormatUint(*seed+uint64(killed), 10)}, 1, time.Duration(50+random.IntN(700))*time.Millisecond)
		answered += acts
		h, done := reopen(t, at)
		n, err := db.One(context.Background(), h.db, db.Value[int], `SELECT count(*) FROM passage`)
		if err != nil {
			t.Fatal(err)
		}
		if n < acked {
			t.Errorf("after life %d: %d passages, %d were answered for", killed, n, acked)
		}
		most = max(most, n)
		if wrong := (&walk{house: h, refs: h.known(), took: map[string]int{}}).broken(); wrong != "" {
			t.Fatalf("seed %d, after life %d: %s", *seed, killed, wrong)
		}
		if d.Path() != "" {
			var ok string
			if err := h.db.Writer().QueryRow(`PRAGMA integrity_check`).Scan(&ok); err != nil || ok != "ok" {
				t.Fatalf("integrity: %s %v", ok, err)
			}
		}
		done()
	}
	if killed < min(*lives, 6) || answered < 3*killed {
		t.Errorf("%d processes were killed, %d acts answered; want %d processes at work", killed, answered, *lives)
	}
	t.Logf("%d processes killed in %v, %d acts answered, %d passages stand", killed, time.Since(began).Round(time.Millisecond), answered, most)
}

// walkUntilKilled is the life of the process: every act that was let through is
// answered on standard output once it has committed.
func walkUntilKilled(t *testing.T, at string) {
	seed, err := strconv.ParseUint(os.Getenv(envWalkSeed), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	h, _ := reopen(t, at)
	w := &walk{house: h, refs: h.known(), r: rand.New(rand.NewPCG(seed, 3)), took: map[string]int{}}
	for {
		what, err := w.act()
		if err != nil && !allowed(err) {
			t.Fatalf("seed %d, %s: %v", seed, what, err)
		}
		n, err := db.One(context.Background(), w.db, db.Value[int], `SELECT count(*) FROM passage`)
		if err != nil {
			t.Fatal(err)
		}
		w.refs = h.known()
		// One write call a line: what is printed was committed.
		fmt.Printf("ack %d\n", n)
	}
}

// reopen is the house over a database somebody worked in, at the time of its
// last act.
func reopen(t *testing.T, at string) (*house, func()) {
	t.Helper()
	ctx := context.Background()
	clock := calendar.NewManual(start)
	d := dbtest.Reopen(t, at, clock.Now)
	last, err := db.One(ctx, d, db.Value[time.Time], `SELECT at FROM audit_entry ORDER BY at DESC LIMIT 1`)
	if err != nil {
		t.Fatal(err)
	}
	clock.Set(last.Add(time.Minute))
	h := wire(t, d, clock, filepath.Join(os.Getenv(envWalkDir), "blobs"))
	units, _, err := h.org.Units(ctx, authz.System("test"), org.UnitFilter{})
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]string{}
	for key, name := range map[string]string{"province": "陕西省人民政府办公厅", "provdept": "陕西省商务厅", "city": "西安市人民政府办公厅", "citydept": "西安市商务局", "county": "雁塔区人民政府办公室",
		"countydept": "雁塔区商务局", "yangling": "杨凌示范区管理委员会办公室", "yangdept": "杨凌示范区商务局", "hancheng": "韩城市人民政府办公室", "handept": "韩城市商务局"} {
		keys[name] = key
	}
	for _, u := range units {
		h.units[keys[u.Name]] = u
		people, err := h.org.People(ctx, d, authz.System("test"), u.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range people {
			posts, err := h.org.PostsOf(ctx, d, p.ID)
			if err != nil {
				t.Fatal(err)
			}
			h.people[p.Name] = &authz.Session{PersonID: string(p.ID), Name: p.Name, Posts: posts}
		}
	}
	return h, func() {
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// known are all sites, accounts and apps.
func (h *house) known() []registry.Ref {
	h.t.Helper()
	ctx, all := context.Background(), authz.System("test")
	list, _, err := h.registry.Sites(ctx, all, registry.SiteFilter{})
	if err != nil {
		h.t.Fatal(err)
	}
	var out []registry.Ref
	for _, s := range list {
		out = append(out, refOf(s))
	}
	for _, key := range []string{"citydept", "county"} {
		accounts, err := h.registry.AccountsOf(ctx, h.db, all, h.units[key].ID)
		if err != nil {
			h.t.Fatal(err)
		}
		for _, a := range accounts {
			out = append(out, a.Ref())
		}
	}
	return out
}
