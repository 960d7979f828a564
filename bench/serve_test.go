package bench

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

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
)

const (
	siteHost   = "www.yanta.example.gov.cn"
	readers    = 4    // connections that ask one page after another
	perReader  = 2000 // pages each
	encodingOf = "br" // what a browser of today asks for
)

// published is a portal over the release of one site with a dozen columns.
func published(b *testing.B) *portal.Handler {
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
	return portal.New(portal.Config{Store: reading})
}

// answer is one answer of a server, body and the header fields that matter.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func ask(b *testing.B, base string) answer {
	req, err := http.NewRequest(http.MethodGet, base+"/", nil)
	if err != nil {
		b.Fatal(err)
	}
	req.Host = siteHost
	req.Header.Set("Accept-Encoding", encodingOf)
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

// BenchmarkServe asks the portal for a home page over loopback, four
// connections kept open. The peer is a handler of net/http that sends the very
// same header and bytes from memory, without looking at host, path or release.
func BenchmarkServe(b *testing.B) {
	ours := httptest.NewServer(published(b))
	b.Cleanup(ours.Close)
	page := ask(b, ours.URL)
	if page.status != http.StatusOK || page.header.Get("Content-Encoding") != encodingOf || len(page.body) < 500 {
		b.Fatalf("the portal answers %d, %v, %d bytes", page.status, page.header, len(page.body))
	}
	bare := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		for k, v := range page.header {
			if k != "Date" {
				h[k] = v
			}
		}
		w.Write(page.body)
	}))
	b.Cleanup(bare.Close)
	if same := ask(b, bare.URL); !bytes.Equal(same.body, page.body) {
		b.Fatal("the peer sends other bytes")
	}
	b.ReportMetric(float64(len(page.body)), "bytes/page")
	race(b, readers*perReader, "pages",
		timed("", func() { readAll(b, ours.Listener.Addr(), len(page.body)) }),
		timed("bare_net_http", func() { readAll(b, bare.Listener.Addr(), len(page.body)) }),
	)
	b.ReportMetric(float64(len(page.body)), "bytes/page")
}

// readAll is a light client: one that costs as much as the server would hide the
// difference that is measured.
func readAll(b *testing.B, addr net.Addr, size int) {
	request := []byte("GET / HTTP/1.1\r\nHost: " + siteHost + "\r\nAccept-Encoding: " + encodingOf + "\r\n\r\n")
	var wg sync.WaitGroup
	for range readers {
		wg.Go(func() {
			if err := readPages(addr, request, size); err != nil {
				b.Error(err)
			}
		})
	}
	wg.Wait()
}

func readPages(addr net.Addr, request []byte, size int) error {
	c, err := net.Dial(addr.Network(), addr.String())
	if err != nil {
		return err
	}
	defer c.Close()
	r := bufio.NewReaderSize(c, 64<<10)
	for range perReader {
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
			if k, v, ok := strings.Cut(string(line), ": "); ok && k == "Content-Length" {
				if length, err = strconv.Atoi(strings.TrimSpace(v)); err != nil {
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
	}
	return nil
}
