package bench

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/library"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/prose"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// How many edit at once, how often each one's text is kept, how many times.
const (
	editors   = 300
	keepEvery = 5 * time.Second
	keepTimes = 5
)

// BenchmarkAutosave has 300 people type into an item each: every five seconds
// the form of each, 5,000 characters as a document, goes the way of the
// editor's request (the hold on the item, then the text). It reports the p95 of
// one such request and fails when a text that was answered is not there.
func BenchmarkAutosave(b *testing.B) {
	for _, at := range []struct {
		name string
		open func(testing.TB, func() time.Time) *db.DB
	}{{"sqlite", dbtest.SQLite}, {"postgres", dbtest.Postgres}} {
		b.Run(at.name, func(b *testing.B) {
			d := at.open(b, time.Now)
			for b.Loop() {
				autosaving(b, d)
			}
		})
	}
}

func autosaving(b *testing.B, d *db.DB) {
	ctx := audit.System(context.Background(), "bench")
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	must(passage.Declare(ctx, d, registry.SiteMachine, library.Machine))
	o := org.New(d)
	lib := library.New(d, o, registry.New(d, o), obligation.New(d, o, library.WaivedInterpretation, library.ColumnUpdate), func(string) []check.Span { return nil }, sx2021.Defaults())
	scope := authz.System("bench")
	var unit org.Unit
	must(d.Update(ctx, func(tx *db.Tx) error {
		for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"}} {
			if _, err := o.AddArea(ctx, tx, a); err != nil {
				return err
			}
		}
		var err error
		unit, _, err = o.AddUnit(ctx, tx, org.Unit{Area: "city-610100000000", Kind: org.Office, Name: "西安市人民政府办公厅"})
		return err
	}))
	text, err := prose.FromText(strings.Repeat("各单位要切实加强组织领导，压实工作责任，认真抓好落实。\n\n", 190))
	must(err)
	doc := string(text.JSON())
	type desk struct {
		session *authz.Session
		item    library.ItemID
		seq     int
		last    string
	}
	desks := make([]desk, editors)
	for i := range desks {
		it, err := lib.Create(ctx, scope, library.Writing{Meta: library.Meta{Type: library.News, Title: fmt.Sprintf("第%d篇", i)}, Doc: text, Unit: unit.ID})
		must(err)
		desks[i] = desk{session: &authz.Session{PersonID: fmt.Sprintf("person-%d", i), Name: fmt.Sprintf("编辑%d", i)}, item: it.ID}
	}
	var mu sync.Mutex
	var took []float64
	var wg sync.WaitGroup
	for i := range desks {
		wg.Add(1)
		go func() {
			defer wg.Done()
			at := &desks[i]
			time.Sleep(time.Duration(i) * keepEvery / editors)
			beat := time.NewTicker(keepEvery)
			defer beat.Stop()
			for n := range keepTimes {
				data := url.Values{"title": {"题"}, "doc": {doc}, "n": {fmt.Sprint(n)}}.Encode()
				start := time.Now()
				_, err := lib.Open(ctx, scope, at.session, at.item, library.HoldLive)
				if err == nil {
					at.seq, err = lib.Autosave(ctx, at.session, library.Unsaved{Form: library.FormOf(at.item), Seq: at.seq, Base: 1, Title: "题", Data: data}, false)
				}
				ms := float64(time.Since(start).Microseconds()) / 1000
				if err != nil {
					b.Error(err)
					return
				}
				at.last = data
				mu.Lock()
				took = append(took, ms)
				mu.Unlock()
				<-beat.C
			}
		}()
	}
	wg.Wait()
	for _, at := range desks {
		u, found, err := lib.Unsaved(ctx, at.session, library.FormOf(at.item), 0)
		if err != nil || !found || u.Data != at.last || u.Seq != keepTimes {
			b.Fatalf("a text that was answered is lost: %d %v (%v)", u.Seq, found, err)
		}
	}
	slices.Sort(took)
	b.ReportMetric(0, "ns/op") // the round as a whole says nothing
	b.ReportMetric(took[len(took)/2], "ms_median")
	b.ReportMetric(took[len(took)*95/100], "ms_p95")
	b.ReportMetric(took[len(took)-1], "ms_most")
}
