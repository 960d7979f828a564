package newmedia_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
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
	"zhengshu/internal/newmedia"
	"zhengshu/internal/obligation"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/packs"
	"zhengshu/internal/rules/sx2021"
)

func TestFeedsOfEveryKindAreRead(t *testing.T) {
	rss := `<?xml version="1.0"?><rss><channel><title>频道</title><item><title>一&amp;二</title><link>https://a.example/1</link><pubDate>Mon, 23 Nov 2026 10:00:00 +0800</pubDate></item><item><title>没有日期</title></item></channel></rss>`
	atom := `<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>三</title><link href="https://a.example/2"/><updated>2026-11-20T23:30:00Z</updated></entry></feed>`
	older := `<feed version="0.3" xmlns="http://purl.org/atom/ns#"><entry><title>四</title><link href="https://a.example/3"/><modified>2026-11-22T08:00:00+08:00</modified><issued>2026-11-19T08:00:00+08:00</issued></entry></feed>`
	json := `{"version":"https://jsonfeed.org/version/1.1","items":[{"title":"五\u0000","url":"https://a.example/4","date_published":"2026-11-18T23:30:00Z","date_modified":"2026-11-23T00:00:00Z"},{"title":"没有日期"}]}`
	for in, want := range map[string]string{rss: "2026-11-23 一&二 https://a.example/1", atom: "2026-11-21 三 https://a.example/2", older: "2026-11-19 四 https://a.example/3", json: "2026-11-19 五 https://a.example/4"} {
		list, err := newmedia.ReadFeed([]byte(in))
		if err != nil || len(list) != 1 || fmt.Sprintf("%s %s %s", list[0].On, list[0].Title, list[0].URL) != want {
			t.Errorf("%+v, %v, want %s", list, err, want)
		}
	}
	for _, bad := range []string{"", "<html><p>404", "not xml", "<rss><channel><item><title>", `{"items":[{"date_published":"2026-11-18"}]}`, `{"version":"https://jsonfeed.org/version/1"`} {
		if list, err := newmedia.ReadFeed([]byte(bad)); err == nil && len(list) > 0 {
			t.Errorf("%q: %+v", bad, list)
		}
	}
}

func FuzzReadFeed(f *testing.F) {
	f.Add([]byte(`<rss><channel><item><title>a</title><pubDate>Mon, 23 Nov 2026 10:00:00 +0800</pubDate></item></channel></rss>`))
	f.Add([]byte(`<feed><entry><title>a</title><link href="b"/><updated>2026-11-20</updated></entry></feed>`))
	f.Add([]byte(`{"version":"https://jsonfeed.org/version/1.1","items":[{"title":"a\u0000","date_published":"2026-11-20"},null,{}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := newmedia.ReadFeed(b)
		for _, e := range list {
			if err != nil || strings.ContainsRune(e.Title+e.URL, 0) || e.On.IsZero() || len([]rune(e.Title)) > 200 || len(e.URL) > 500 {
				t.Fatalf("%+v, %v", e, err)
			}
		}
	})
}

func TestVM21_AccountsAreJudgedByFeedsFilesAndReceipts(t *testing.T) {
	start := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	clock := calendar.NewManual(start)
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		clock.Set(start)
		ctx := audit.System(context.Background(), "test")
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		must(passage.Declare(ctx, d, registry.AccountMachine, inspection.FindingMachine))
		today := calendar.DateOf(start)
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/feed":
			case "/robots.txt":
				fmt.Fprint(w, "User-agent: *\nDisallow: /closed\n")
				return
			case "/closed/feed":
				t.Error("a feed was asked for that robots.txt forbids")
				return
			case "/gone":
				http.Error(w, "no", http.StatusNotFound)
				return
			case "/shy":
				http.Error(w, "no", http.StatusForbidden)
				return
			default:
				fmt.Fprint(w, "下载")
				return
			}
			fmt.Fprintf(w, `<rss><channel><item><title>天气</title><link>https://weibo.example/wn/9</link><pubDate>%s</pubDate></item></channel></rss>`, clock.Now().Format(time.RFC1123Z))
		}))
		defer server.Close()
		at := netip.MustParseAddrPort(server.Listener.Addr().String())
		o := org.New(d)
		reg := registry.New(d, o)
		store, err := blob.Disk(t.TempDir())
		must(err)
		all, err := packs.Embedded()
		must(err)
		ob := obligation.New(d, o, newmedia.Obligations()...)
		client := egress.New(egress.Policy{Allow: []netip.AddrPort{at}, Ports: []uint16{at.Port()}})
		svc := newmedia.New(newmedia.Parts{DB: d, Registry: reg, Inspection: inspection.New(d, d, reg, store, client, inspection.Settings{}), Obligations: ob, Store: store, Client: client, Settings: sx2021.Defaults,
			Pack: func(on calendar.Date) (packs.Pack, bool) { return packs.Pick(all, "gwb-2019-19", on) }})
		must(d.Update(ctx, func(tx *db.Tx) error {
			if _, err := o.AddArea(ctx, tx, org.Area{Level: org.Province, Code: "610000", Name: "陕西省"}); err != nil {
				return err
			}
			_, _, err := o.AddUnit(ctx, tx, org.Unit{Area: "province-610000000000", Kind: org.Office, Name: "陕西省人民政府办公厅"})
			return err
		}))
		system := authz.System("test")
		table := func(name, body string) *official.Table {
			t.Helper()
			x, err := official.ReadTable(strings.NewReader(body), int64(len(body)), name, official.Limits{})
			must(err)
			return x
		}
		rep, err := reg.ImportAccounts(ctx, system, table("a.csv", "platform,account,url,code,sponsor,purpose,verified_as\n微博,陕西发布,https://weibo.example/sx,610000000000,陕西省人民政府办公厅,发布,陕西省人民政府办公厅\n"), org.ImportOptions{Source: "test"})
		if err != nil || rep.Accepted != 1 {
			t.Fatalf("%+v, %v", rep, err)
		}
		list, _, err := reg.Accounts(ctx, system, registry.AccountFilter{})
		must(err)
		id := list[0].ID
		outcome := func(check string) check.Outcome {
			t.Helper()
			x, err := svc.Sheet(ctx, system, id)
			must(err)
			for _, f := range x.Findings {
				if f.Check == check {
					return f.Outcome
				}
			}
			t.Fatalf("no %s", check)
			return ""
		}
		owed := func() int {
			t.Helper()
			n, err := ob.Obligations(ctx, system, obligation.Filter{Kind: "account_mend"})
			must(err)
			return len(n)
		}
		n, err := svc.JudgeAll(ctx)
		if err != nil || n != 1 {
			t.Fatalf("%d judged, %v", n, err)
		}
		for _, c := range newmedia.Columns() {
			if c.Check == "account.usable" {
				continue // of mobile clients alone
			}
			if got := outcome(c.Check); got != check.Untested {
				t.Errorf("%s without any source: %s", c.Check, got)
			}
		}
		me := &authz.Session{Name: "某甲"}
		shot := func() *approval.Upload {
			return &approval.Upload{Name: "截图.pdf", Content: bytes.NewReader([]byte("%PDF-1.7\n"))}
		}
		good := newmedia.Receipt{SeenOn: today, Link: "https://weibo.example/sx/1", LastPost: today.AddDays(-20), Interaction: "no", SeenName: "陕西发布", SeenSubject: "某公司"}
		for name, mend := range map[string]func(*newmedia.Receipt) *approval.Upload{
			"no screenshot": func(*newmedia.Receipt) *approval.Upload { return nil },
			"no link":       func(r *newmedia.Receipt) *approval.Upload { r.Link = "weibo"; return shot() },
			"tomorrow":      func(r *newmedia.Receipt) *approval.Upload { r.SeenOn = today.AddDays(1); return shot() },
			"nothing seen": func(r *newmedia.Receipt) *approval.Upload {
				*r = newmedia.Receipt{SeenOn: today, Link: r.Link}
				return shot()
			},
			"no client":    func(r *newmedia.Receipt) *approval.Upload { r.Usable = "no"; return shot() },
			"post to come": func(r *newmedia.Receipt) *approval.Upload { r.LastPost = today.AddDays(2); return shot() },
		} {
			r := good
			file := mend(&r)
			if err := svc.Record(ctx, system, me, id, r, file); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := svc.Record(ctx, authz.Scope{}, me, id, good, shot()); !fault.Is(err, fault.NotFound) {
			t.Errorf("a stranger records: %v", err)
		}
		must(svc.Record(ctx, system, me, id, good, shot()))
		for c, want := range map[string]check.Outcome{"account.stale": check.Violated, "account.interaction": check.Violated, "account.subject": check.Violated, "account.renamed": check.Kept, "account.original": check.Untested} {
			if got := outcome(c); got != want {
				t.Errorf("%s: %s, want %s", c, got, want)
			}
		}
		if owed() != 1 {
			t.Errorf("%d owed", owed())
		}
		for _, inside := range []string{"http://127.0.0.1/feed", "http://10.1.2.3/rss.xml", "http://[::1]/", "http://0x7f.1/", "http://169.254.169.254/latest/", "http://metadata.tencentyun.com/feed", "http://feeds.internal/", "https://www.weinan.gov.cn:22/"} {
			if err := svc.SetFeed(ctx, system, me, id, inside); !fault.Is(err, fault.Invalid) || !slices.ContainsFunc(fault.Of(err).Fields, func(f fault.Field) bool {
				return f.Name == "feed" && strings.Contains(f.Says, "请")
			}) {
				t.Errorf("%s: %v", inside, err)
			}
		}
		must(svc.SetFeed(ctx, system, me, id, server.URL+"/closed/feed"))
		if n, err := svc.ReadFeeds(ctx); err != nil || n != 1 {
			t.Fatalf("%d feeds, %v", n, err)
		}
		if says, err := db.One(ctx, d, db.Value[string], `SELECT says FROM account_feed_look WHERE account_id = $1`, id); err != nil || !strings.Contains(says, "robots.txt") {
			t.Errorf("of a feed that robots.txt forbids: %q %v", says, err)
		}
		// A feed shows a new post.
		must(svc.SetFeed(ctx, system, me, id, server.URL+"/feed"))
		if n, err := svc.ReadFeeds(ctx); err != nil || n != 1 {
			t.Fatalf("%d feeds, %v", n, err)
		}
		if got := outcome("account.stale"); got != check.Kept {
			t.Errorf("after the feed: %s", got)
		}
		// A file tells which are its own.
		rep, err = svc.Import(ctx, system, table("posts.csv", fmt.Sprintf("账号网址,发布日期,标题,网址,是否原创\nhttps://weibo.example/sx,%s,自己写的,https://weibo.example/wn/10,是\nhttps://weibo.example/sx,%s,转来的,https://weibo.example/wn/11,否\n谁也不认识,%s,x,,\nhttps://weibo.example/sx,不是日期,x,,\n", today.AddDays(-3), today.AddDays(-2), today)))
		if err != nil || rep.Accepted != 2 || len(rep.Refused) != 2 || !strings.Contains(rep.Refused[0].Says, "“谁也不认识”") || !strings.Contains(rep.Refused[1].Says, "“不是日期”") {
			t.Fatalf("%+v, %v", rep, err)
		}
		// The same once more is nothing new; a row that names no account says so.
		if rep, err := svc.Import(ctx, system, table("posts.csv", fmt.Sprintf("账号网址,发布日期,标题,网址,是否原创\nhttps://weibo.example/sx,%s,自己写的,https://weibo.example/wn/10,是\n,%s,x,,\n", today.AddDays(-3), today))); err != nil || rep.Accepted != 0 || rep.Unchanged != 1 || len(rep.Refused) != 1 || !strings.Contains(rep.Refused[0].Says, "没有写明账号") {
			t.Errorf("again: %+v, %v", rep, err)
		}
		if got := outcome("account.original"); got != check.Kept {
			t.Errorf("originals: %s", got)
		}
		if _, err := svc.Import(ctx, system, table("bad.csv", "a,b\n1,2\n")); !fault.Is(err, fault.Invalid) {
			t.Errorf("a table without its columns: %v", err)
		}
		good.Interaction, good.SeenSubject, good.LastPost = "yes", "陕西省人民政府办公厅", today
		must(svc.Record(ctx, system, me, id, good, shot()))
		if owed() != 0 {
			t.Errorf("%d still owed", owed())
		}
		lines, total, err := svc.Lines(ctx, system, newmedia.Filter{Limit: 10, Column: "stale", Outcome: "kept"})
		if err != nil || total != 1 || lines[0].Wrong != 0 {
			t.Errorf("%+v, %v", lines, err)
		}
		if tally, err := svc.Tally(ctx, system); err != nil || tally.Accounts != 1 || tally.Known != 1 || tally.Wrong != 0 {
			t.Errorf("%+v, %v", tally, err)
		}
		// V-M-2.2: a mobile client that cannot be fetched is owed; that it can is too
		// little to say of any other account.
		var app registry.Account
		must(d.Update(ctx, func(tx *db.Tx) error {
			var err error
			app, err = reg.EnterAccount(ctx, tx, system, registry.Account{Unit: list[0].Unit, Platform: "app", Name: "秦务通", Necessity: "网站和公众号不能离线办理", State: registry.Running}, registry.Why{Source: "import", Says: "试验"})
			return err
		}))
		clientAt := func(want check.Outcome) {
			t.Helper()
			x, err := svc.Sheet(ctx, system, app.ID)
			must(err)
			for _, f := range x.Findings {
				if f.Check == "account.usable" && f.Outcome != want {
					t.Errorf("the client is %s, want %s", f.Outcome, want)
				}
			}
		}
		clientAt(check.Untested)
		must(svc.Record(ctx, system, me, app.ID, newmedia.Receipt{SeenOn: today, Link: "https://app.example/d", Usable: "no"}, shot()))
		if clientAt(check.Violated); owed() != 1 {
			t.Errorf("a client out of use: %d owed", owed())
		}
		clock.Advance(time.Minute)
		must(svc.Record(ctx, system, me, app.ID, newmedia.Receipt{SeenOn: today, Link: "https://app.example/d", Usable: "yes"}, shot()))
		if clientAt(check.Kept); owed() != 0 {
			t.Errorf("back in use: %d owed", owed())
		}
		if got := outcome("account.usable"); got != check.Tolerated {
			t.Errorf("of an account that is no client: %s", got)
		}
		clock.Advance(16 * 24 * time.Hour)
		if _, err := svc.JudgeAll(ctx); err != nil {
			t.Fatal(err)
		}
		// Nobody has looked since: that nothing was posted is not known, neither here nor
		// to the score.
		if got := outcome("account.stale"); got != check.Untested || owed() != 0 {
			t.Errorf("a fortnight in which nobody looked: %s, %d owed", got, owed())
		}
		must(svc.Record(ctx, system, me, id, newmedia.Receipt{SeenOn: calendar.DateOf(d.Now()), Link: "https://weibo.example/sx/1", LastPost: today}, shot()))
		if got := outcome("account.stale"); got != check.Violated || owed() != 1 {
			t.Errorf("a fortnight of silence that somebody saw: %s, %d owed", got, owed())
		}
		// V-M-2.2: a client is had where the ledger says, and a person says that it
		// works.
		account := id
		var had registry.Account
		version := func(number string, stores ...string) {
			t.Helper()
			v := registry.Version{App: had.ID, Number: number, ReleasedOn: today, Tester: "测评中心", TestedOn: today.AddDays(-3), Passed: true}
			for _, path := range stores {
				v.Downloads = append(v.Downloads, registry.Download{Store: "市场" + path, URL: server.URL + path})
			}
			must(d.Update(ctx, func(tx *db.Tx) error {
				_, err := reg.AddVersion(ctx, tx, system, v, registry.Why{Says: "登记", Source: registry.ByPerson})
				return err
			}))
		}
		must(d.Update(ctx, func(tx *db.Tx) error {
			var err error
			had, err = reg.EnterAccount(ctx, tx, system, registry.Account{Unit: list[0].Unit, Platform: "app", Name: "秦办事", VerifiedAs: "陕西省人民政府办公厅", Necessity: "离线核验，网站不能实现"}, registry.Why{Says: "登记", Source: registry.ByPerson})
			return err
		}))
		id = had.ID
		try := func(usable string) {
			t.Helper()
			must(svc.Record(ctx, system, me, id, newmedia.Receipt{SeenOn: calendar.DateOf(d.Now()), Link: server.URL + "/ok", Usable: usable}, shot()))
		}
		for i, tt := range []struct {
			stores []string
			try    string
			want   check.Outcome
		}{
			{nil, "", check.Untested}, {[]string{"/ok"}, "", check.Untested}, {[]string{"/shy"}, "", check.Untested}, {[]string{"/gone"}, "", check.Violated}, {[]string{"/gone", "/ok"}, "", check.Tolerated},
			{[]string{"/ok", "/shy"}, "yes", check.Kept}, {[]string{"/ok"}, "no", check.Violated}, {[]string{"/gone"}, "yes", check.Violated},
		} {
			version(fmt.Sprint("1.", i), tt.stores...)
			if n, err := svc.LookAtStores(ctx); err != nil || n > len(tt.stores) {
				t.Fatalf("%d addresses asked for, %v", n, err)
			}
			if tt.try != "" {
				clock.Advance(time.Minute)
				try(tt.try)
			}
			if got := outcome("account.usable"); got != tt.want {
				t.Errorf("V-M-2.2 of %v, tried %q: %s, want %s", tt.stores, tt.try, got, tt.want)
			}
		}
		standing, err := svc.Standings(ctx, d, system, calendar.DateOf(d.Now()), d.Now().Add(time.Hour))
		if err != nil || standing[id].Usable != "yes" || standing[account].Usable != "" {
			t.Errorf("%+v, %v", standing[id], err)
		}
		if err := svc.Record(ctx, system, me, account, newmedia.Receipt{SeenOn: calendar.DateOf(d.Now()), Link: server.URL, Usable: "no"}, shot()); !fault.Is(err, fault.Invalid) {
			t.Errorf("an account that is no client: %v", err)
		}
		// T-ACCOUNT and T-ORIGINAL: the clocks of an account for publishing run from its
		// newest post and its newest own one, anew with each; where a check has found
		// it late, they end and the mending is owed.
		id = account
		clocks := func() string {
			t.Helper()
			var out []string
			for _, k := range []obligation.Kind{newmedia.PostDue, newmedia.OriginalDue, newmedia.MendDue} {
				list, err := ob.Obligations(ctx, system, obligation.Filter{Kind: k.ID})
				must(err)
				for _, o := range list {
					if o.Subject.ID == string(id) {
						out = append(out, fmt.Sprintf("%s %d", k.ID, o.Due.On.Sub(calendar.DateOf(d.Now()))))
					}
				}
			}
			return strings.Join(out, ", ")
		}
		told := func(own string) {
			t.Helper()
			clock.Advance(time.Minute)
			on := calendar.DateOf(d.Now())
			rep, err := svc.Import(ctx, system, table("more.csv", fmt.Sprintf("账号网址,发布日期,标题,网址,是否原创\nhttps://weibo.example/sx,%s,新的,https://weibo.example/wn/%d,%s\n", on, d.Now().Unix(), own)))
			if err != nil || rep.Accepted != 1 {
				t.Fatalf("%+v, %v", rep, err)
			}
		}
		told("是")
		if got := clocks(); got != "account_post 14, account_original 30" {
			t.Errorf("after a post of its own: %q", got)
		}
		clock.Advance(10 * 24 * time.Hour)
		if _, err := ob.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		warned, err := db.One(ctx, d, db.Value[int], `SELECT count(*) FROM message WHERE title LIKE '还有 4 天：账号更新%'`)
		if err != nil || warned != 1 {
			t.Errorf("%d warnings at ten days, %v", warned, err)
		}
		told("否")
		if got := clocks(); got != "account_post 14, account_original 20" {
			t.Errorf("after a post of another's: %q", got)
		}
		last := calendar.DateOf(d.Now())
		clock.Advance(15 * 24 * time.Hour)
		if _, err := svc.JudgeAll(ctx); err != nil {
			t.Fatal(err)
		}
		// The clock stands until somebody has looked.
		if got := clocks(); got != "account_post -1, account_original 5" {
			t.Errorf("after a fortnight in which nobody looked: %q", got)
		}
		must(svc.Record(ctx, system, me, id, newmedia.Receipt{SeenOn: calendar.DateOf(d.Now()), Link: "https://weibo.example/sx/1", LastPost: last}, shot()))
		if got := clocks(); !strings.Contains(got, "account_mend") || strings.Contains(got, "account_post") {
			t.Errorf("after a fortnight of silence: %q", got)
		}
		// Article 9: what the platform shows is held against the sponsor, by a name that it
		// bears or bore; what the ledger holds instead is told beside.
		must(d.Update(ctx, func(tx *db.Tx) error {
			if _, err := tx.Exec(ctx, `INSERT INTO reorganisation (id, kind, title, unit_id, document, effective_on, plan, touched, done_by, done_by_name, done_at) VALUES ('r', 'rename', '更名', $1, '文', $2, '{}', '{}', '', '', $3)`, list[0].Unit, today, d.Now()); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `INSERT INTO unit_name (id, unit_id, name, until_on, document, act_id) VALUES ('n', $1, '陕西省信息公开中心', $2, '文', 'r')`, list[0].Unit, today); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `UPDATE unit SET short_name = '省府办' WHERE id = $1`, list[0].Unit); err != nil {
				return err
			}
			return audit.Record(ctx, tx, audit.Entry{Act: "test", Target: audit.Target{Kind: "unit", ID: string(list[0].Unit)}})
		}))
		var sold registry.Account
		must(d.Update(ctx, func(tx *db.Tx) error {
			var err error
			sold, err = reg.EnterAccount(ctx, tx, system, registry.Account{Unit: list[0].Unit, Platform: "weibo", Name: "由人代办", URL: "https://weibo.example/sold", VerifiedAs: "某传媒有限公司", State: registry.Running}, registry.Why{Source: "import", Says: "试验"})
			return err
		}))
		id = sold.ID
		for _, tt := range []struct {
			shown string
			want  check.Outcome
			says  string
		}{
			{"某传媒有限公司", check.Violated, "平台显示“某传媒有限公司”，主办单位为“陕西省人民政府办公厅”。"}, {"陕西省政府办公厅", check.Kept, "台账登记的认证主体为“某传媒有限公司”"}, {"省府办", check.Kept, ""}, {"某市省府办", check.Violated, "“某市省府办”"}, {"陕西省信息公开中心", check.Tolerated, "主办单位现为“陕西省人民政府办公厅”"},
		} {
			clock.Advance(time.Minute)
			must(svc.Record(ctx, system, me, id, newmedia.Receipt{SeenOn: calendar.DateOf(d.Now()), Link: "https://weibo.example/sold", SeenSubject: tt.shown}, shot()))
			x, err := svc.Sheet(ctx, system, id)
			must(err)
			if f := x.Findings[indexOf(x.Findings, "account.subject")]; f.Outcome != tt.want || !strings.Contains(f.Says+f.Why, tt.says) {
				t.Errorf("shown %s: %+v", tt.shown, f)
			}
		}
		// Whom the ledger gives no purpose nobody holds to two weeks.
		var aimless registry.Account
		must(d.Update(ctx, func(tx *db.Tx) error {
			var err error
			aimless, err = reg.EnterAccount(ctx, tx, system, registry.Account{Unit: list[0].Unit, Platform: "weibo", Name: "没有用途", URL: "https://weibo.example/none", State: registry.Running}, registry.Why{Source: "import", Says: "试验"})
			return err
		}))
		id = aimless.ID
		seen := newmedia.Receipt{SeenOn: calendar.DateOf(d.Now()), Link: "https://weibo.example/none", LastPost: calendar.DateOf(d.Now()).AddDays(-40), Interaction: "no", SeenName: "改了名"}
		must(svc.Record(ctx, system, me, id, seen, shot()))
		if got := clocks(); strings.Contains(got, "account_post") {
			t.Errorf("without a purpose a clock runs: %q", got)
		}
		if got := outcome("account.stale"); got != check.Untested {
			t.Errorf("without a purpose: %s", got)
		}
		// Proof that has grown old discharges nothing: what was wrong is owed until it
		// is seen put right.
		mine := func() string {
			t.Helper()
			list, err := ob.Obligations(ctx, system, obligation.Filter{Kind: "account_mend"})
			must(err)
			x, err := svc.Sheet(ctx, system, id)
			must(err)
			for _, o := range list {
				if o.Subject.ID == string(id) {
					return "owed " + strings.Join(x.Unproven, " ")
				}
			}
			return "free " + strings.Join(x.Unproven, " ")
		}
		if got := mine(); got != "owed " {
			t.Errorf("wrong today: %q", got)
		}
		clock.Advance(100 * 24 * time.Hour)
		if _, err := svc.JudgeAll(ctx); err != nil {
			t.Fatal(err)
		}
		if got := outcome("account.interaction"); got != check.Untested {
			t.Fatalf("an old receipt still proves: %s", got)
		}
		if got := mine(); got != "owed 互动 名称" {
			t.Errorf("after the proof has expired: %q", got)
		}
		must(svc.Record(ctx, system, me, id, newmedia.Receipt{SeenOn: calendar.DateOf(d.Now()), Link: "https://weibo.example/none", Interaction: "yes"}, shot()))
		if got := mine(); got != "owed 名称" {
			t.Errorf("one of two put right: %q", got)
		}
		clock.Advance(time.Minute)
		must(svc.Record(ctx, system, me, id, newmedia.Receipt{SeenOn: calendar.DateOf(d.Now()), Link: "https://weibo.example/none", SeenName: "没有用途"}, shot()))
		if got := mine(); got != "free " {
			t.Errorf("both put right: %q", got)
		}
	})
}
