package jobs_test

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/jobs"
)

var kills = flag.Int("kills", 25, "how many processes TestDurability kills on each database")

// The child process finds its database here.
const (
	envDir = "ZHENGSHU_JOBS_CHILD_DIR"
	envDSN = "ZHENGSHU_JOBS_CHILD_DSN"
)

func TestMain(m *testing.M) {
	if os.Getenv(envDir)+os.Getenv(envDSN) != "" {
		child()
		return
	}
	flag.Parse()
	os.Exit(m.Run())
}

// exact has its effect in the transaction that ends it.
type exact struct {
	ID string `json:"id"`
}

func (exact) Kind() string { return "test.exact" }

// loose has its effect before its end is written.
type loose struct {
	ID string `json:"id"`
}

func (loose) Kind() string { return "test.loose" }

// wake brings seen up to what was asked, for one key.
type wake struct {
	Key string `json:"key"`
}

func (wake) Kind() string { return "test.wake" }

const wakeKeys = 4

var soakTables = []string{
	`CREATE TABLE act (id TEXT PRIMARY KEY)`,
	`CREATE TABLE effect (id TEXT NOT NULL, kind TEXT NOT NULL)`,
	`CREATE TABLE asked (wkey TEXT PRIMARY KEY, version INTEGER NOT NULL)`,
	`CREATE TABLE seen (wkey TEXT PRIMARY KEY, version INTEGER NOT NULL)`,
	`CREATE TABLE fired (at TEXT NOT NULL)`,
}

// set writes with a stand-in for the audit entry.
func set(ctx context.Context, tx *db.Tx, query string, args ...any) error {
	tx.Audited()
	_, err := tx.Exec(ctx, query, args...)
	return err
}

func soakWorkers(d *db.DB) *jobs.Workers {
	w := jobs.NewWorkers()
	jobs.HandleTx(w, func(ctx context.Context, tx *db.Tx, a exact) error {
		return set(ctx, tx, `INSERT INTO effect (id, kind) VALUES ($1, 'exact')`, a.ID)
	})
	jobs.Handle(w, func(ctx context.Context, a loose) error {
		time.Sleep(rand.N(20 * time.Millisecond))
		return d.Update(ctx, func(tx *db.Tx) error {
			return set(ctx, tx, `INSERT INTO effect (id, kind) VALUES ($1, 'loose')`, a.ID)
		})
	})
	jobs.Handle(w, func(ctx context.Context, a wake) error {
		v, err := db.One(ctx, d, db.Value[int], `SELECT version FROM asked WHERE wkey = $1`, a.Key)
		if err != nil {
			return err
		}
		time.Sleep(rand.N(20 * time.Millisecond))
		return d.Update(ctx, func(tx *db.Tx) error {
			return set(ctx, tx, `UPDATE seen SET version = $1 WHERE wkey = $2`, v, a.Key)
		})
	})
	jobs.Handle(w, func(ctx context.Context, _ tick) error {
		return d.Update(ctx, func(tx *db.Tx) error {
			return set(ctx, tx, `INSERT INTO fired (at) VALUES ($1)`, tx.Now().Format(time.RFC3339Nano))
		})
	})
	jobs.Every(w, 100*time.Millisecond, tick{})
	return w
}

var soakConfig = jobs.Config{
	Lease: 500 * time.Millisecond, Poll: 20 * time.Millisecond, Backoff: soon,
	Log: quiet, Queues: map[string]int{jobs.DefaultQueue: 6},
}

// act commits one act with its jobs and returns its id.
func act(ctx context.Context, d *db.DB, n int) (string, error) {
	id := fmt.Sprintf("%d-%d-%d", os.Getpid(), n, time.Now().UnixNano())
	err := d.Update(ctx, func(tx *db.Tx) error {
		if err := set(ctx, tx, `INSERT INTO act (id) VALUES ($1)`, id); err != nil {
			return err
		}
		switch n % 4 {
		case 0:
			return jobs.Enqueue(ctx, tx, exact{id})
		case 1:
			return jobs.Enqueue(ctx, tx, loose{id})
		case 2:
			key := strconv.Itoa(rand.N(wakeKeys))
			if err := set(ctx, tx, `UPDATE asked SET version = version + 1 WHERE wkey = $1`, key); err != nil {
				return err
			}
			return jobs.Enqueue(ctx, tx, wake{key}, jobs.Unique(key))
		}
		return nil // a writer beside the queue
	})
	return id, err
}

// child enqueues and works until it is killed, acknowledging each act on
// standard output once it has committed.
func child() {
	ctx := context.Background()
	d, err := db.Open(ctx, db.Config{Dir: os.Getenv(envDir), DSN: os.Getenv(envDSN)})
	if err != nil {
		fmt.Println("error open:", err)
		os.Exit(1)
	}
	k, err := jobs.New(d, soakWorkers(d), soakConfig)
	if err == nil {
		err = k.Start(ctx)
	}
	if err != nil {
		fmt.Println("error start:", err)
		os.Exit(1)
	}
	fmt.Println("started")
	for g := range 2 {
		go func() {
			for n := g * 1_000_000; ; n++ {
				began := time.Now()
				id, err := act(ctx, d, n)
				took := time.Since(began).Microseconds()
				if err != nil {
					fmt.Println("error act:", err)
					continue
				}
				// One write call a line: what is printed was committed.
				fmt.Printf("ack %s %d %d\n", id, n%4, took)
				time.Sleep(rand.N(4 * time.Millisecond))
			}
		}()
	}
	select {}
}

// TestDurability kills working processes at random moments while another
// process goes on enqueuing, then checks that no acknowledged job was lost, no
// exact effect happened twice, and no wake-up was missed. It takes some seconds
// because each process must live for a while.
func TestDurability(t *testing.T) {
	if testing.Short() {
		t.Skip("durability left out: -short; it kills processes for some seconds")
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) { soak(t, d, *kills) })
}

func soak(t *testing.T, d *db.DB, kills int) {
	ctx := context.Background()
	for _, q := range soakTables {
		ddl(t, d, q)
	}
	for i := range wakeKeys {
		ddl(t, d, fmt.Sprintf(`INSERT INTO asked VALUES ('%d', 0)`, i))
		ddl(t, d, fmt.Sprintf(`INSERT INTO seen VALUES ('%d', 0)`, i))
	}

	acked := map[string]string{} // id: kind
	var latency []int
	troubles := map[string]int{}
	var mu sync.Mutex
	kindOf := []string{"exact", "loose", "", ""}

	// The command beside the server: it only enqueues.
	side, stopSide := context.WithCancel(ctx)
	sideDone := make(chan struct{})
	go func() {
		defer close(sideDone)
		for n := 0; side.Err() == nil; n++ {
			id, err := act(ctx, d, n)
			mu.Lock()
			if err != nil {
				troubles["beside: "+err.Error()]++
			} else if kind := kindOf[n%4]; kind != "" {
				acked[id] = kind
			}
			mu.Unlock()
			time.Sleep(5 * time.Millisecond)
		}
	}()

	began := time.Now()
	for range kills {
		c := exec.Command(os.Args[0])
		if p := d.Pool(); p != nil {
			c.Env = append(os.Environ(), envDSN+"="+p.Config().ConnString())
		} else {
			c.Env = append(os.Environ(), envDir+"="+filepath.Dir(d.Path()))
		}
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		started := make(chan struct{})
		read := make(chan struct{})
		go func() {
			defer close(read)
			readChild(out, started, func(id string, n, us int) {
				mu.Lock()
				defer mu.Unlock()
				latency = append(latency, us)
				if kind := kindOf[n]; kind != "" {
					acked[id] = kind
				}
			}, func(trouble string) {
				mu.Lock()
				defer mu.Unlock()
				troubles[trouble]++
			})
		}()
		if rand.N(8) > 0 { // one in eight dies while it opens and starts
			select {
			case <-started:
			case <-time.After(10 * time.Second):
			}
		}
		time.Sleep(rand.N(250 * time.Millisecond))
		if err := c.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		<-read
		_ = c.Wait() // killed: the error says so
	}
	took := time.Since(began)
	stopSide()
	<-sideDone

	left := count(t, d, `SELECT COUNT(*) FROM job WHERE state = 'running'`)
	recover := time.Now()
	k, err := jobs.New(d, soakWorkers(d), soakConfig)
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Start(ctx); err != nil {
		t.Fatal(err)
	}
	if err := k.Drain(ctx, 60*time.Second); err != nil {
		t.Error(err)
	}
	recovered := time.Since(recover)
	if err := k.Stop(ctx); err != nil {
		t.Error(err)
	}

	effects := map[string]int{}
	rows, err := db.All(ctx, d, db.Value[string], `SELECT id FROM effect`)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range rows {
		effects[id]++
	}
	lost, twice, again := 0, 0, 0
	for id, kind := range acked {
		switch n := effects[id]; {
		case n == 0:
			lost++
		case n > 1 && kind == "exact":
			twice++
		case n > 1:
			again++
		}
	}
	missed := count(t, d, `SELECT COUNT(*) FROM asked a JOIN seen s ON s.wkey = a.wkey WHERE s.version <> a.version`)
	asked := count(t, d, `SELECT SUM(version) FROM asked`)
	fired := count(t, d, `SELECT COUNT(*) FROM fired`)
	failures, err := jobs.Failures(ctx, d, 100)
	if err != nil {
		t.Fatal(err)
	}
	failed := len(failures)
	for _, f := range failures {
		t.Logf("failed: %+v", f)
	}
	slices.Sort(latency)
	at := func(p int) int { return latency[min(len(latency)*p/100, len(latency)-1)] }
	if len(latency) == 0 {
		t.Fatal("no child ever committed")
	}
	t.Logf("%d kills in %.1f s: %d jobs acknowledged, %d wake-ups, %d held at the end, all worked %.2f s later",
		kills, took.Seconds(), len(acked), asked, left, recovered.Seconds())
	t.Logf("lost %d, exact effect twice %d, wake-ups missed %d, failed %d; loose effect repeated after a kill %d; periodic fired %d",
		lost, twice, missed, failed, again, fired)
	t.Logf("busy writer: %d commits, p50 %d us, p99 %d us, longest %d us", len(latency), at(50), at(99), latency[len(latency)-1])
	if lost+twice+missed+failed > 0 {
		t.Error("the queue is not durable")
	}
	// Only the jobs at work at the moment of a kill may repeat.
	if most := kills * soakConfig.Queues[jobs.DefaultQueue]; again > most {
		t.Errorf("%d loose effects repeated, %d jobs were killed at work at most", again, most)
	}
	// A firing held by a killed process keeps the next one back for a lease,
	// which is several lives here.
	if fired < max(1, kills/20) {
		t.Errorf("periodic duty fired %d times in %d processes", fired, kills)
	}
	for _, s := range slices.Sorted(maps.Keys(troubles)) {
		t.Errorf("%d × %s", troubles[s], s)
	}
	if d.Dialect() == db.SQLite {
		var ok string
		if err := d.Writer().QueryRow(`PRAGMA integrity_check`).Scan(&ok); err != nil || ok != "ok" {
			t.Errorf("integrity: %s %v", ok, err)
		}
	}
}

func readChild(r io.Reader, started chan<- struct{}, ack func(id string, n, us int), trouble func(string)) {
	s := bufio.NewScanner(r)
	for s.Scan() {
		line := s.Text()
		switch {
		case line == "started":
			close(started)
		case strings.HasPrefix(line, "error"):
			trouble(line)
		default:
			f := strings.Fields(line)
			if len(f) != 4 || f[0] != "ack" {
				continue // the line the kill cut off
			}
			n, _ := strconv.Atoi(f[2])
			us, err := strconv.Atoi(f[3])
			if err == nil {
				ack(f[1], n, us)
			}
		}
	}
}

func count(t *testing.T, d *db.DB, query string) int {
	t.Helper()
	n, err := db.One(context.Background(), d, db.Value[int], query)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func ddl(t *testing.T, d *db.DB, query string) {
	t.Helper()
	ctx := context.Background()
	var err error
	if p := d.Pool(); p != nil {
		_, err = p.Exec(ctx, query)
	} else {
		_, err = d.Writer().ExecContext(ctx, query)
	}
	if err != nil {
		t.Fatal(err)
	}
}
