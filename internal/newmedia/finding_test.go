package newmedia_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/newmedia"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/packs"
	"zhengshu/internal/rules/sx2021"
)

// What is wrong with an account is one finding from its first sight to its end: with
// the bytes it rests on, a dispute that one person answers by a day, and a memory
// of the case that was confirmed false.
func TestS19_4_WhatIsWrongWithAnAccountIsAFinding(t *testing.T) {
	start := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	clock := calendar.NewManual(start)
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		clock.Set(start)
		system := audit.System(context.Background(), "test")
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		must(passage.Declare(system, d, registry.SiteMachine, registry.AccountMachine, inspection.FindingMachine))
		newest := calendar.DateOf(start).AddDays(-20)
		body := func() string {
			return fmt.Sprintf(`<rss><channel><item><title>天气</title><link>https://weibo.example/yt/%s</link><pubDate>%s</pubDate></item></channel></rss>`, newest, newest.Start().Format(time.RFC1123Z))
		}
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/feed" {
				fmt.Fprint(w, body())
				return
			}
			http.NotFound(w, r)
		}))
		defer server.Close()
		at := netip.MustParseAddrPort(server.Listener.Addr().String())
		o := org.New(d)
		reg := registry.New(d, o)
		store, err := blob.Disk(t.TempDir())
		must(err)
		all, err := packs.Embedded()
		must(err)
		ob := obligation.New(d, o, append(newmedia.Obligations(), inspection.DisputeKind)...)
		client := egress.New(egress.Policy{Allow: []netip.AddrPort{at}, Ports: []uint16{at.Port()}})
		insp := inspection.New(d, d, reg, store, client, inspection.Settings{Delay: -1, Vantage: "西安"})
		days, err := calendar.Published()
		must(err)
		insp.AnswerWith(inspection.Desk{Org: o, Obligations: ob, Days: days})
		svc := newmedia.New(newmedia.Parts{DB: d, Registry: reg, Inspection: insp, Obligations: ob, Store: store, Client: client, Settings: sx2021.Defaults,
			Pack: func(on calendar.Date) (packs.Pack, bool) { return packs.Pick(all, "gwb-2019-19", on) }})
		var account registry.Account
		var mine, other authz.Scope
		must(d.Update(system, func(tx *db.Tx) error {
			for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市"}, {Level: org.County, Code: "610113", Name: "雁塔区"}, {Level: org.County, Code: "610114", Name: "阎良区"}} {
				if _, err := o.AddArea(system, tx, a); err != nil {
					return err
				}
				got, err := o.AreaByCode(system, tx, a.Code)
				if err != nil {
					return err
				}
				switch a.Code {
				case "610113":
					mine = authz.Area("test", got.Path)
				case "610114":
					other = authz.Area("test", got.Path)
				}
			}
			u, _, err := o.AddUnit(system, tx, org.Unit{Area: "county-610113000000", Kind: org.Office, Name: "雁塔区人民政府办公室"})
			if err != nil {
				return err
			}
			account, err = reg.EnterAccount(system, tx, authz.System("test"), registry.Account{Unit: u.ID, Platform: "weibo", Name: "雁塔发布", URL: "https://weibo.example/yt", Purpose: registry.Purposes[0], VerifiedAs: "雁塔区人民政府办公室", State: registry.Running}, registry.Why{Source: "import", Says: "试验"})
			return err
		}))
		me := &authz.Session{Name: "张三", PersonID: "P1"}
		ctx := audit.WithActor(context.Background(), audit.Actor{Kind: "person", ID: "P1", Name: "张三"})
		must(svc.SetFeed(ctx, mine, me, account.ID, server.URL+"/feed"))
		read := func() {
			t.Helper()
			clock.Advance(7 * time.Hour)
			if n, err := svc.ReadFeeds(system); err != nil || n != 1 {
				t.Fatalf("%d feeds, %v", n, err)
			}
		}
		list := func(state string) []inspection.Finding {
			t.Helper()
			got, n, err := insp.Findings(ctx, d, mine, inspection.FindingFilter{Of: "account", State: state})
			must(err)
			if n != len(got) {
				t.Fatalf("%d of %d", len(got), n)
			}
			return got
		}
		owed := func() int {
			t.Helper()
			n, err := ob.Obligations(ctx, mine, obligation.Filter{Kind: "account_mend"})
			must(err)
			return len(n)
		}
		count := func() inspection.Precision {
			t.Helper()
			all, err := insp.Precisions(ctx)
			must(err)
			for _, p := range all {
				if p.Check == "account.stale" {
					return p
				}
			}
			return inspection.Precision{}
		}
		read()
		found := list("standing")
		if len(found) != 1 || found[0].Check != "account.stale" || found[0].Account != account.ID || found[0].Site != "" || found[0].SiteName != "雁塔发布" || found[0].Unit != account.Unit {
			t.Fatalf("silent for 20 days: %+v", found)
		}
		f := found[0]
		// The proof is the feed as it came, and the trail holds its hash.
		proofs, err := insp.Proofs(ctx, d, mine, f.ID)
		must(err)
		if len(proofs) != 1 || proofs[0].URL != server.URL+"/feed" || proofs[0].Status != 200 || proofs[0].Vantage != "西安" || proofs[0].Edition != inspection.RuleEdition("account.stale") || proofs[0].Altered || proofs[0].Entry == "" || !strings.Contains(proofs[0].Excerpt, "天气") {
			t.Fatalf("%+v", proofs)
		}
		kept, err := store.Open(ctx, proofs[0].Ref)
		must(err)
		bytesOf, err := io.ReadAll(kept)
		must(err)
		kept.Close()
		if string(bytesOf) != body() {
			t.Errorf("kept %q", bytesOf)
		}
		if rep, err := insp.VerifyEvidence(system); err != nil || rep.Proofs != 1 || len(rep.Damage) > 0 {
			t.Errorf("%+v, %v", rep, err)
		}
		// Seen again, it is the same finding.
		clock.Advance(24 * time.Hour)
		read()
		if again := list("standing"); len(again) != 1 || again[0].ID != f.ID || !again[0].LastSeen.After(f.LastSeen) {
			t.Errorf("seen again: %+v", again)
		}
		x, err := svc.Sheet(ctx, mine, account.ID)
		must(err)
		for _, r := range x.Findings {
			if (r.Filed == f.ID) != (r.Check == "account.stale") {
				t.Errorf("the sheet links %s to %q", r.Check, r.Filed)
			}
		}
		// The neighbour sees nothing of it.
		if got, n, err := insp.Findings(ctx, d, other, inspection.FindingFilter{}); err != nil || n != 0 || len(got) != 0 {
			t.Errorf("the neighbour: %+v, %v", got, err)
		}
		if _, err := insp.Dispute(ctx, other, f.ID, "这不是我们的账号"); !fault.Is(err, fault.NotFound) {
			t.Errorf("the neighbour disputes: %v", err)
		}
		if _, err := insp.FalseAlarms(ctx, d, other, account.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("the neighbour's false alarms: %v", err)
		}
		// A retest reads the feed now.
		if got, err := insp.Retest(ctx, mine, f.ID); err != nil || got.After.Outcome != engine.Standing || got.Closed || got.After.Ref == "" {
			t.Fatalf("%+v, %v", got, err)
		}
		// Disputed: a clock runs, an answer ends it; what was confirmed false is owed no
		// more and not raised again.
		if owed() != 1 {
			t.Fatalf("%d owed", owed())
		}
		if _, err := insp.Dispute(ctx, mine, f.ID, "账号已按程序报停更，期间不发布。"); err != nil {
			t.Fatal(err)
		}
		waits, n, err := insp.Objections(ctx, mine, "waiting", "", 10, 0)
		if err != nil || n != 1 || waits[0].SiteName != "雁塔发布" || waits[0].Due.On.IsZero() {
			t.Fatalf("%+v, %v", waits, err)
		}
		answering := audit.WithActor(context.Background(), audit.Actor{Kind: "person", ID: "P2", Name: "李四"})
		if got, err := insp.Answer(answering, mine, f.ID, inspection.ItIsFalse, "停更已经备案，属实。"); err != nil || !got.False() {
			t.Fatalf("%+v, %v", got, err)
		}
		if owed() != 0 {
			t.Errorf("confirmed false, and %d owed", owed())
		}
		read()
		if _, err := svc.JudgeAll(system); err != nil {
			t.Fatal(err)
		}
		if again := list("standing"); len(again) != 0 {
			t.Errorf("raised again: %+v", again)
		}
		if p := count(); p.Raised != 1 || p.False != 1 || p.Disputed != 1 || p.Waiting != 0 {
			t.Errorf("%+v", p)
		}
		x, err = svc.Sheet(ctx, mine, account.ID)
		must(err)
		if i := indexOf(x.Findings, "account.stale"); x.Findings[i].Outcome != check.Tolerated || !strings.Contains(x.Findings[i].Why, "误报") {
			t.Errorf("the sheet says %+v", x.Findings[i])
		}
		// Another case: it posted, and fell silent anew.
		newest = calendar.DateOf(clock.Now())
		read()
		clock.Advance(16 * 24 * time.Hour)
		read()
		found = list("standing")
		if len(found) != 1 || found[0].ID == f.ID {
			t.Fatalf("silent anew: %+v", found)
		}
		f = found[0]
		newest = calendar.DateOf(clock.Now())
		got, err := insp.Retest(ctx, mine, f.ID)
		if err != nil || got.After.Outcome != engine.Gone || !got.Closed || owed() != 0 {
			t.Fatalf("posted again: %+v, %v, %d owed", got, err, owed())
		}
		if proofs, err = insp.Proofs(ctx, d, mine, f.ID); err != nil || len(proofs) != 2 || proofs[1].Look != "retest" {
			t.Errorf("%+v, %v", proofs, err)
		}
		// What a person saw rests on the file of the receipt; the same person's next look
		// closes it.
		shot := func(s string) *approval.Upload {
			return &approval.Upload{Name: "截图.pdf", Content: bytes.NewReader([]byte("%PDF-1.7\n" + s))}
		}
		today := calendar.DateOf(d.Now())
		must(svc.Record(ctx, mine, me, account.ID, newmedia.Receipt{SeenOn: today, Link: "https://weibo.example/yt/1", Interaction: "no"}, shot("1")))
		if found = list("standing"); len(found) != 1 || found[0].Check != "account.interaction" {
			t.Fatalf("%+v", found)
		}
		proofs, err = insp.Proofs(ctx, d, mine, found[0].ID)
		must(err)
		if len(proofs) != 1 || proofs[0].Ref == "" || proofs[0].URL != "https://weibo.example/yt/1" || !strings.Contains(proofs[0].Excerpt, "张三") {
			t.Errorf("%+v", proofs)
		}
		if cs, err := insp.Causes(ctx, d, mine); err != nil || len(cs) != 1 || cs[0].Objects != 1 {
			t.Errorf("%+v, %v", cs, err)
		}
		clock.Advance(time.Minute)
		must(svc.Record(ctx, mine, me, account.ID, newmedia.Receipt{SeenOn: today, Link: "https://weibo.example/yt/1", Interaction: "yes"}, shot("2")))
		if found = list("standing"); len(found) != 0 {
			t.Errorf("%+v", found)
		}
		if rep, err := insp.VerifyEvidence(system); err != nil || len(rep.Damage) > 0 {
			t.Errorf("%+v, %v", rep, err)
		}
		// Silent, disputed, and closed down: what was found ends with the account, by the
		// very act, and counts as nobody's mending.
		clock.Advance(20 * 24 * time.Hour)
		read()
		if found = list("standing"); len(found) != 1 || owed() != 1 {
			t.Fatalf("%+v, %d owed", found, owed())
		}
		if _, err := insp.Dispute(ctx, mine, found[0].ID, "账号正在办理注销。"); err != nil {
			t.Fatal(err)
		}
		before := count()
		must(d.Update(ctx, func(tx *db.Tx) error {
			for _, act := range []string{"begin_closing", "close"} {
				if _, err := reg.Move(ctx, tx, mine, registry.Ref{Kind: sx2021.Account, ID: string(account.ID)}, act, "", passage.Note{Says: "批准注销"}); err != nil {
					return err
				}
				if still := list("standing"); act == "begin_closing" && len(still) != 1 {
					t.Errorf("closing has only begun: %+v", still)
				}
			}
			return nil
		}))
		if still := list("standing"); len(still) != 0 || owed() != 0 {
			t.Errorf("the account is closed: %+v, %d owed", still, owed())
		}
		over, err := insp.Finding(ctx, d, mine, found[0].ID)
		if err != nil || over.State != inspection.FindingClosed || over.ClosedBy != inspection.ClosedByEnd || over.False() {
			t.Errorf("%+v, %v", over, err)
		}
		steps, err := inspection.FindingMachine.History(ctx, d, string(over.ID))
		must(err)
		if last := steps[len(steps)-1]; last.Act != "lapse" || last.Note != "账号已注销，问题随之终结" {
			t.Errorf("%+v", last)
		}
		if p := count(); p.Closed != before.Closed || p.Waiting != 0 || p.False != before.False || p.True != before.True {
			t.Errorf("after %+v: %+v", before, p)
		}
		if answered, n, err := insp.Objections(ctx, mine, inspection.ItIsMoot, "", 10, 0); err != nil || n != 1 || !strings.Contains(answered[0].Answer, "账号已注销") {
			t.Errorf("%+v, %v", answered, err)
		}
	})
}

func indexOf(list []newmedia.Result, id string) int {
	for i, r := range list {
		if r.Check == id {
			return i
		}
	}
	return -1
}
