package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/jobs"
	"zhengshu/internal/jobs/jobstest"
	"zhengshu/internal/library"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/portal"
	"zhengshu/internal/publishing"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/visits"
)

const (
	siteHost   = "www.yanta.example.gov.cn"
	readers    = 4    // connections that ask one page after another
	perReader  = 2000 // pages each
	encodingOf = "br" // what a browser of today asks for
)

// published is a portal over the release of one site with a dozen columns, and
// the store it reads.
func published(b *testing.B) (*portal.Handler, *publishing.Store, registry.SiteID) {
	ctx := audit.System(context.Background(), "bench")
	scope := authz.System("bench")
	d := dbtest.SQLite(b, nil)
	if err := passage.Declare(ctx, d, registry.SiteMachine, registry.AccountMachine, library.Machine); err != nil {
		b.Fatal(err)
	}
	units := org.New(d)
	ledger := registry.New(d, units)
	take(b, units.ImportUnits, "d.csv", []byte("code,level,name,parent_code\n610000,province,陕西省,\n610100,city,西安市,610000\n610113,county,雁塔区,610100\n"))
	take(b, ledger.ImportSites, "s.csv", []byte("id,name,level,code,province,url,host,sponsor,kind\ns1,雁塔区,county,610113,陕西省,,"+siteHost+",,portal\n"))
	site, err := ledger.SiteByHost(ctx, d, scope, siteHost)
	if err != nil {
		b.Fatal(err)
	}
	err = d.Update(ctx, func(tx *db.Tx) error {
		if _, err := ledger.SetIdentifiers(ctx, tx, scope, site.ID, registry.Identifiers{Name: "雁塔区人民政府", Host: siteHost, Slug: "yanta", Hosted: true, Contact: "029-00000000", Why: registry.Why{Says: "bench"}}); err != nil {
			return err
		}
		var people []org.PersonID
		for _, name := range []string{"甲某", "乙某"} {
			who, err := units.AddPerson(ctx, tx, scope, org.Person{Unit: site.Unit, Name: name})
			if err != nil {
				return err
			}
			people = append(people, who.ID)
		}
		for i, name := range registry.ColumnTypes {
			if _, err := ledger.AddColumn(ctx, tx, scope, registry.Column{Site: site.ID, Slug: fmt.Sprintf("c%d", i), Name: name, Type: name, Description: name + "栏目发布" + name, Keywords: name, Owner: people[0], A: people[0], B: people[1], CycleDays: 30}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	items := library.New(d, units, ledger, obligation.New(d, units, library.WaivedInterpretation), func(text string) []check.Span { return nil }, sx2021.Defaults())
	dir := b.TempDir()
	store, err := publishing.CreateStore(dir, b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	p := publishing.New(d, ledger, items, store, publishing.Config{})
	if err := p.Rebuild(ctx, site.ID); err != nil {
		b.Fatal(err)
	}
	w := jobs.NewWorkers()
	p.Work(w)
	jobstest.Work(b, d, w, jobs.Config{Wrap: func(ctx context.Context, kind string) context.Context { return audit.System(ctx, kind) }}) // the compressed forms
	reading, err := publishing.OpenStore(dir)
	if err != nil {
		b.Fatal(err)
	}
	return portal.New(portal.Config{Store: reading}), reading, site.ID
}

// answer is one answer of a server, body and the header fields that matter.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func ask(b *testing.B, base, encoding string) answer {
	req, err := http.NewRequest(http.MethodGet, base+"/", nil)
	if err != nil {
		b.Fatal(err)
	}
	req.Host = siteHost
	req.Header.Set("Accept-Encoding", encoding)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, body}
}

// bareServer is a handler of net/http that sends the very same header and bytes
// from memory, without looking at host, path or release.
func bareServer(b *testing.B, page answer) *httptest.Server {
	s := httptest.NewServer(bareHandler(page))
	b.Cleanup(s.Close)
	return s
}

func bareHandler(page answer) http.Handler {
	type field struct {
		name  string
		value []string
	}
	var fields []field
	for k, v := range page.header {
		if k != "Date" {
			fields = append(fields, field{k, v})
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		for i := range fields {
			h[fields[i].name] = fields[i].value
		}
		w.Write(page.body)
	})
}

// BenchmarkServe asks the portal for a home page over loopback, four
// connections kept open, beside a bare handler of net/http.
func BenchmarkServe(b *testing.B) {
	handler, _, _ := published(b)
	ours := httptest.NewServer(handler)
	b.Cleanup(ours.Close)
	page := ask(b, ours.URL, encodingOf)
	if page.status != http.StatusOK || page.header.Get("Content-Encoding") != encodingOf || len(page.body) < 500 {
		b.Fatalf("the portal answers %d, %v, %d bytes", page.status, page.header, len(page.body))
	}
	bare := bareServer(b, page)
	if same := ask(b, bare.URL, encodingOf); !bytes.Equal(same.body, page.body) {
		b.Fatal("the peer sends other bytes")
	}
	race(b, readers*perReader, "pages",
		timed("", func() { readAll(b, ours.Listener.Addr(), encodingOf, len(page.body), nil) }),
		timed("bare_net_http", func() { readAll(b, bare.Listener.Addr(), encodingOf, len(page.body), nil) }),
	)
	b.ReportMetric(float64(len(page.body)), "bytes/page")
}

// BenchmarkServePeers asks the portal and whole servers for the same page of the
// same exported tree in gzip: Caddy and nginx with their compressed files made
// before, no access log. p99 is of single pages as the reader waits for them.
func BenchmarkServePeers(b *testing.B) {
	const encoding = "gzip"
	_, store, site := published(b)
	tree := filepath.Join(b.TempDir(), "tree")
	if _, err := store.ExportFolder(b.Context(), site, tree); err != nil {
		b.Fatal(err)
	}
	for d := tree; strings.HasPrefix(d, os.TempDir()+"/"); d = filepath.Dir(d) { // the peers may be another user
		if err := os.Chmod(d, 0o755); err != nil {
			b.Fatal(err)
		}
	}
	ours := startSelf(b, "portal", store.Dir())
	page := ask(b, "http://"+ours.String(), encoding)
	if page.header.Get("Content-Encoding") != encoding {
		b.Fatalf("the portal answers %v", page.header)
	}
	kept, err := json.Marshal(struct {
		Header http.Header
		Body   []byte
	}{page.header, page.body})
	if err != nil {
		b.Fatal(err)
	}
	answerFile := filepath.Join(b.TempDir(), "answer.json")
	if err := os.WriteFile(answerFile, kept, 0o644); err != nil {
		b.Fatal(err)
	}
	bare, seen := startSelf(b, "bare", answerFile), startSelf(b, "observed", store.Dir())
	waits := map[string][]time.Duration{}
	var mu sync.Mutex
	side := func(name string, addr net.Addr) runner {
		return timed(name, func() {
			var took []time.Duration
			readAll(b, addr, encoding, len(page.body), &took)
			mu.Lock()
			waits[name] = append(waits[name], took...)
			mu.Unlock()
		})
	}
	peers := []runner{side("bare_net_http", bare), side("with_log_statistics_limits", seen)}
	for _, p := range []struct {
		name  string
		start func(*testing.B, string) (net.Addr, bool)
	}{{"caddy", startCaddy}, {"nginx", startNginx}} {
		addr, ok := p.start(b, tree)
		if !ok {
			b.Logf("LEFT OUT: %s is not installed: no ratio to it in this run", p.name)
			continue
		}
		if got := ask(b, "http://"+addr.String(), encoding); got.status != 200 || !bytes.Equal(got.body, page.body) {
			b.Fatalf("%s sends %d, %d bytes, %v", p.name, got.status, len(got.body), got.header)
		}
		peers = append(peers, side(p.name, addr))
	}
	race(b, readers*perReader, "pages", side("", ours), peers...)
	for name, list := range waits {
		slices.Sort(list)
		unit := "p99_µs"
		if name != "" {
			unit += "_" + name
		}
		b.ReportMetric(float64(list[len(list)*99/100].Microseconds()), unit)
	}
	b.ReportMetric(float64(len(page.body)), "bytes/page")
}

// envServe makes the process a server: what, where it reads, at which address.
const envServe = "ZHENGSHU_BENCH_SERVE"

// startSelf runs one of our servers in a process of its own, as the peers run.
func startSelf(b *testing.B, what, from string) net.Addr {
	addr := freeAddr(b)
	b.Setenv(envServe, what+"|"+from+"|"+addr+"|"+b.TempDir())
	return startPeer(b, addr, os.Args[0], "-test.run=^TestServeProcess$", "-test.timeout=0")
}

// TestServeProcess is the server's process of BenchmarkServePeers; run as a test
// it does nothing.
func TestServeProcess(t *testing.T) {
	what := strings.Split(os.Getenv(envServe), "|")
	if len(what) != 4 {
		t.Skip("only as a process of BenchmarkServePeers")
	}
	var h http.Handler
	switch what[0] {
	case "bare":
		raw, err := os.ReadFile(what[1])
		if err != nil {
			t.Fatal(err)
		}
		var x struct {
			Header http.Header
			Body   []byte
		}
		if err := json.Unmarshal(raw, &x); err != nil {
			t.Fatal(err)
		}
		h = bareHandler(answer{header: x.Header, body: x.Body})
	default:
		store, err := publishing.OpenStore(what[1])
		if err != nil {
			t.Fatal(err)
		}
		c := portal.Config{Store: store}
		if what[0] == "observed" {
			rec, err := visits.Record(visits.Config{Dir: what[3], Out: what[3], Log: true})
			if err != nil {
				t.Fatal(err)
			}
			c.Observe = rec.Observe
			limits := portal.DefaultLimits()
			h = portal.Server{Handler: portal.New(c), Limits: &limits}.Chain()
			break
		}
		h = portal.New(c)
	}
	l, err := net.Listen("tcp", what[2])
	if err != nil {
		t.Fatal(err)
	}
	t.Fatal(http.Serve(l, h)) // ends with the process
}

// startPeer runs a server until the benchmark ends, once it answers.
func startPeer(b *testing.B, addr string, name string, args ...string) net.Addr {
	var says bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Stderr, cmd.Stdout = &says, &says
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	for range 200 {
		if c, err := net.Dial("tcp", addr); err == nil {
			a := c.RemoteAddr()
			c.Close()
			return a
		}
		time.Sleep(25 * time.Millisecond)
	}
	b.Fatalf("%s does not answer: %s", name, says.String())
	return nil
}

func freeAddr(b *testing.B) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func startCaddy(b *testing.B, tree string) (net.Addr, bool) {
	caddy, err := exec.LookPath("caddy")
	if err != nil {
		return nil, false
	}
	addr, dir := freeAddr(b), b.TempDir()
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		b.Fatal(err)
	}
	file := filepath.Join(dir, "Caddyfile")
	conf := "{\n\tadmin off\n\tauto_https off\n\tpersist_config off\n\tlog {\n\t\toutput discard\n\t}\n}\nhttp://:" + port + " {\n\tbind 127.0.0.1\n\troot * " + tree + "\n\tfile_server {\n\t\tprecompressed gzip\n\t}\n}\n"
	if err := os.WriteFile(file, []byte(conf), 0o644); err != nil {
		b.Fatal(err)
	}
	return startPeer(b, addr, caddy, "run", "--config", file, "--adapter", "caddyfile"), true
}

func startNginx(b *testing.B, tree string) (net.Addr, bool) {
	nginx, err := exec.LookPath("nginx")
	if err != nil {
		return nil, false
	}
	addr, dir := freeAddr(b), b.TempDir()
	file := filepath.Join(dir, "nginx.conf")
	conf := fmt.Sprintf("daemon off; master_process off; worker_processes 1; pid %[1]s/pid; error_log %[1]s/error.log;\nevents {}\nhttp { access_log off; include /etc/nginx/mime.types; charset utf-8; sendfile on; tcp_nopush on; keepalive_requests 100000000; client_body_temp_path %[1]s/b; proxy_temp_path %[1]s/p; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;\n server { listen %[2]s; root %[3]s; gzip_static on; } }\n", dir, addr, tree)
	if err := os.WriteFile(file, []byte(conf), 0o644); err != nil {
		b.Fatal(err)
	}
	return startPeer(b, addr, nginx, "-c", file, "-p", dir), true
}

// readAll is a light client: one that costs as much as the server would hide the
// difference that is measured. took, when given, gets how long each page took.
func readAll(b *testing.B, addr net.Addr, encoding string, size int, took *[]time.Duration) {
	request := []byte("GET / HTTP/1.1\r\nHost: " + siteHost + "\r\nAccept-Encoding: " + encoding + "\r\n\r\n")
	var wg sync.WaitGroup
	var mu sync.Mutex
	for range readers {
		wg.Go(func() {
			var own []time.Duration
			if took != nil {
				own = make([]time.Duration, 0, perReader)
			}
			if err := readPages(addr, request, size, &own, took != nil); err != nil {
				b.Error(err)
			}
			if took != nil {
				mu.Lock()
				*took = append(*took, own...)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
}

func readPages(addr net.Addr, request []byte, size int, took *[]time.Duration, timing bool) error {
	c, err := net.Dial(addr.Network(), addr.String())
	if err != nil {
		return err
	}
	defer c.Close()
	r := bufio.NewReaderSize(c, 64<<10)
	for range perReader {
		var began time.Time
		if timing {
			began = time.Now()
		}
		if _, err := c.Write(request); err != nil {
			return err
		}
		length := -1
		for first := true; ; first = false {
			line, err := r.ReadSlice('\n')
			if err != nil {
				return err
			}
			if first && !bytes.HasPrefix(line, []byte("HTTP/1.1 200")) {
				return fmt.Errorf("answer %q", line)
			}
			if len(line) == 2 {
				break
			}
			if k, v, ok := bytes.Cut(line, []byte(": ")); ok && bytes.EqualFold(k, []byte("Content-Length")) {
				if length, err = strconv.Atoi(string(bytes.TrimSpace(v))); err != nil {
					return err
				}
			}
		}
		if length != size {
			return fmt.Errorf("a page of %d bytes, want %d", length, size)
		}
		if _, err := r.Discard(length); err != nil {
			return err
		}
		if timing {
			*took = append(*took, time.Since(began))
		}
	}
	return nil
}
