package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"zhengshu/internal/app"
	"zhengshu/internal/db/dbtest"
)

// binary builds the product once for the tests that need a process to kill.
func binary(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "zhengshu")
	cmd := exec.Command("go", "build", "-o", file, "../cmd/zhengshu")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return file
}

// A killed import leaves whole batches; the next run completes it; the trail is
// whole; nothing is there twice.
func TestKillNineDuringImport(t *testing.T) {
	t.Parallel()
	bin := binary(t)
	dir := t.TempDir()
	var rows strings.Builder
	rows.WriteString("code,level,name,parent_code\n610000,province,陕西省,\n610100,city,西安市,610000\n")
	const towns = 990
	rows.WriteString("610113,county,雁塔区,610100\n")
	for i := range towns {
		fmt.Fprintf(&rows, "610113%03d,township,第%d街道,610113\n", i+1, i+1)
	}
	list := filepath.Join(dir, "units.csv")
	if err := os.WriteFile(list, []byte(rows.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(dir, "data")
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	for range 6 {
		cmd := exec.Command(bin, "import", "units", list, "--data", data)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(50+random.IntN(900)) * time.Millisecond)
		_ = cmd.Process.Kill() // SIGKILL; it may have ended already
		_ = cmd.Wait()
	}
	out, err := exec.Command(bin, "import", "units", list, "--data", data, "--json").Output()
	if err != nil {
		t.Fatalf("the import after the kills: %v", err)
	}
	var rep struct{ Read, Accepted, Unchanged int }
	if err := json.Unmarshal(out, &rep); err != nil {
		t.Fatal(err)
	}
	if rep.Read != towns+3 || rep.Accepted+rep.Unchanged != towns+3 {
		t.Errorf("after the kills the import reads %d, accepts %d, leaves %d", rep.Read, rep.Accepted, rep.Unchanged)
	}
	verify := exec.Command(bin, "verify", "audit", "--data", data)
	var stderr bytes.Buffer
	verify.Stderr = &stderr
	if said, err := verify.Output(); err != nil {
		t.Errorf("verify audit after the kills: %v\n%s%s", err, said, stderr.String())
	}
}

// Two processes on one PostgreSQL share sessions: signing in at one opens the
// other.
func TestTwoProcessesShareSessions(t *testing.T) {
	t.Parallel()
	admin := os.Getenv(dbtest.EnvPostgres)
	if admin == "" {
		t.Skipf("left out: %s is not set; `make test` sets it", dbtest.EnvPostgres)
	}
	ctx, cancel := context.WithCancel(context.Background())
	name := fmt.Sprintf("zs_e2e_%d", os.Getpid())
	conn, err := pgx.Connect(ctx, admin)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := conn.Exec(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("drop: %v", err)
		}
		if err := conn.Close(context.Background()); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	base, query, _ := strings.Cut(admin, "?")
	dsn := base[:strings.LastIndex(base, "/")+1] + name
	if query != "" {
		dsn += "?" + query
	}
	dir := t.TempDir() // the keys are shared, as the processes of one house share them
	var addrs []string
	var ends []chan error
	var houses []*app.House
	for range 2 {
		h, err := app.Open(ctx, app.Config{Dir: dir, DSN: dsn, Addr: "127.0.0.1:0", Demo: true})
		if err != nil {
			t.Fatal(err)
		}
		at, done := make(chan net.Addr, 1), make(chan error, 1)
		go func() { done <- h.Serve(ctx, func(a net.Addr) { at <- a }) }()
		addr := (<-at).String()
		waitHealthy(t, addr, 60*time.Second)
		addrs, ends, houses = append(addrs, addr), append(ends, done), append(houses, h)
	}
	defer func() {
		cancel()
		for i, h := range houses {
			if err := <-ends[i]; err != nil {
				t.Errorf("serve: %v", err)
			}
			if err := h.Close(context.Background()); err != nil {
				t.Errorf("close: %v", err)
			}
		}
	}()
	v := newVisitor(t, addrs[0]).signIn("sheng")
	v.base = "http://" + addrs[1]
	if v.get("/console/sessions"); v.status != 200 || !strings.Contains(v.page, "林知远") {
		t.Errorf("the other process does not know the session: %d at %s", v.status, v.at)
	}
}
