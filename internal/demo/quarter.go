package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/assessment"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/signin"
)

// Appraisers are who holds a round of a province of true size: at the
// province's office a head and a second person, and two judges. Unless asked for
// they have no logins.
var Appraisers = []Login{
	{"kaohe", "顾长宁", provinceOffice, "考核负责人", "组织一轮、裁定、公布、编通报", []authz.Role{authz.Supervisor}},
	{"fuhe", "闻人清", provinceOffice, "复核人", "复核通报、答复申诉、确认勘误", []authz.Role{authz.Supervisor}},
	{"pingyi", "田守一", provinceOffice, "评判人甲", "填写评判表", []authz.Role{authz.Inspector}},
	{"pinger", "路远", provinceOffice, "评判人乙", "填写评判表", []authz.Role{authz.Inspector}},
}

// seen is what a site of the quarter may have: the checks of the national
// indicators, none of them a veto but the last two.
var seen = []engine.Sighting{
	{Check: "link.dead", Severity: check.Error, Says: "“办事指南”页面有一个链接打不开（演示）。", Article: "D-19", Where: "a[href]", Fix: "请更正或移除这个链接。"},
	{Check: "footer.icp", Severity: check.Error, Says: "页脚没有 ICP 备案编号（演示）。", Article: "D-18", Where: "页脚", Fix: "请在页脚补上备案编号。"},
	{Check: "tags.column_name", Severity: check.Advice, Says: "栏目页缺少 ColumnName 标签（演示）。", Article: "D-20", Where: "head", Fix: "请补上栏目名称标签。"},
	{Check: "wording.confusion", Severity: check.Advice, Says: "疑似错别字“布署”，应为“部署”（演示）。", Article: "S19.3a", Where: "正文", Fix: "请核对后更正。"},
	{Check: "column.blank", Severity: check.Error, Says: "“公告公示”栏目没有内容（演示）。", Article: "V-W-4.3", Where: "公告公示", Fix: "请补充内容或关闭栏目。"},
	{Check: "column.stale", Severity: check.Error, Says: "“政务动态”最近更新于半年以前（演示）。", Article: "V-W-4.1", Where: "政务动态", Fix: "请更新栏目。"},
	{Check: "privacy.identity", Severity: check.Serious, Says: "公示名单中有未遮蔽的身份证号（演示）。", Article: "S19.4", Where: "正文", Fix: "请立即遮蔽。"},
	{Check: "home.stale", Severity: check.Serious, Says: "首页超过两周没有更新（演示）。", Article: "V-W-3", Where: "首页", Fix: "请更新首页信息。"},
}

// ordered is how many sites get an order after each month's check, at scale 1.
const ordered = 40

// quarter lays the checks of the last whole quarter: each month one finished run
// of every site, what it found, what was mended since and what was ordered to be;
// the days of its probes; the last post of every account. What a run alone can
// write, runs and probes, is written as it would be; the rest goes through the
// doors that people use, at the time they would have used them.
func (l Ledger) quarter(ctx context.Context, scope authz.Scope, scale float64, now time.Time) (findings, orders int, err error) {
	staff, err := l.admit(ctx, scope)
	if err != nil {
		return 0, 0, err
	}
	sites, _, err := l.Registry.Sites(ctx, scope, registry.SiteFilter{Live: true, Limit: 100_000})
	if err != nil {
		return 0, 0, err
	}
	if err := chunks(ctx, l.DB, len(sites), func(tx *db.Tx, i int) error {
		return l.Registry.SetMonitored(ctx, tx, scope, sites[i].ID, true)
	}); err != nil {
		return 0, 0, err
	}
	period := assessment.QuarterOf(calendar.DateOf(now)).Before()
	for month := assessment.MonthOf(period.First()); period.Holds(month.First()); month = month.Next() {
		l.At(month.First().AddDays(9).Start().Add(10 * time.Hour))
		found, err := l.look(ctx, scope, sites, month.First().Month)
		if err != nil {
			return findings, orders, err
		}
		findings += len(found)
		l.At(month.First().AddDays(12).Start().Add(10 * time.Hour))
		n, err := l.order(ctx, staff, found, max(1, int(ordered*scale)))
		if err != nil {
			return findings, orders, err
		}
		orders += n
		l.At(month.First().AddDays(20).Start().Add(10 * time.Hour))
		if err := l.mend(ctx, scope, found); err != nil {
			return findings, orders, err
		}
	}
	l.At(now)
	if err := l.probed(ctx, sites, period.Last()); err != nil {
		return findings, orders, err
	}
	return findings, orders, l.posted(ctx, period.Last())
}

// admit adds the appraisers; they are found again by their names.
func (l Ledger) admit(ctx context.Context, scope authz.Scope) (map[string]*authz.Session, error) {
	office, err := l.Org.UnitByName(ctx, l.DB, scope, string(provinceOffice))
	if err != nil {
		return nil, err
	}
	out := map[string]*authz.Session{}
	err = l.DB.Update(ctx, func(tx *db.Tx) error {
		for _, a := range Appraisers {
			who, err := l.Org.AddPerson(ctx, tx, scope, org.Person{Unit: office.ID, Name: a.Person, Title: a.Role})
			if err != nil {
				return err
			}
			for _, r := range a.roles {
				if err := l.Org.Appoint(ctx, tx, scope, who.ID, office.ID, r); err != nil {
					return err
				}
			}
			posts, err := l.Org.PostsOf(ctx, tx, who.ID)
			if err != nil {
				return err
			}
			out[a.Name] = &authz.Session{PersonID: string(who.ID), Login: a.Name, Name: who.Name, Posts: posts}
		}
		return nil
	})
	return out, err
}

// GiveLogins lets the appraisers of a populated province sign in, with the
// password of the demo.
func (l Ledger) GiveLogins(ctx context.Context, scope authz.Scope) error {
	office, err := l.Org.UnitByName(ctx, l.DB, scope, string(provinceOffice))
	if err != nil {
		return err
	}
	staff, err := l.Org.People(ctx, l.DB, scope, office.ID)
	if err != nil {
		return err
	}
	return l.DB.Update(ctx, func(tx *db.Tx) error {
		for _, a := range Appraisers {
			i := slices.IndexFunc(staff, func(p org.Person) bool { return p.Name == a.Person })
			if i < 0 {
				return fmt.Errorf("demo: nobody is called %s", a.Person)
			}
			if _, err := l.Signin.CreateLogin(ctx, tx, scope, staff[i].ID, a.Name, Password, signin.SecondFactor{Off: signin.DemoSecondFactorOff}); err != nil {
				return err
			}
		}
		return nil
	})
}

// foundOn is a finding with its severity.
type foundOn struct {
	id      inspection.FindingID
	serious bool
	site    int
}

// look is one month's check of all sites. Most sites show a few small things, one
// in thirty something that fails it.
func (l Ledger) look(ctx context.Context, scope authz.Scope, sites []registry.Site, month time.Month) ([]foundOn, error) {
	var out []foundOn
	for from := 0; from < len(sites); from += 50 {
		var some []foundOn
		err := l.DB.Update(ctx, func(tx *db.Tx) error {
			some = some[:0]
			var runs [][]any
			for i := from; i < min(from+50, len(sites)); i++ {
				s := sites[i]
				runs = append(runs, []any{ulid.Make().String(), string(s.ID), "patrol", "done", tx.Now(), tx.Now(), tx.Now().Add(time.Hour), 120 + i%400, 2400 + i%900})
				for n := range 1 + (i+int(month))%3 {
					at := (i*3 + n*5 + int(month)) % (len(seen) - 2)
					if n == 0 && (i+7*int(month))%30 == 0 {
						at = len(seen) - 1 - i%2
					}
					sg := seen[at]
					sg.URL = fmt.Sprintf("http://%s/%d.html", s.Host, 100*int(month)+n)
					sg.Where += fmt.Sprintf(" %d-%d", month, n)
					f, err := l.Inspection.Raise(ctx, tx, scope, s.ID, sg)
					if err != nil {
						return err
					}
					// What an order holds already, or what was seen twice, stays as it is.
					if f.State == inspection.FindingOpen && !slices.ContainsFunc(some, func(x foundOn) bool { return x.id == f.ID }) {
						some = append(some, foundOn{f.ID, sg.Severity == check.Serious, i})
					}
				}
			}
			if err := tx.InsertAll(ctx, "inspection_run", []string{"id", "site_id", "kind", "state", "asked_at", "started_at", "finished_at", "pages", "links"}, runs); err != nil {
				return err
			}
			return audit.Record(ctx, tx, audit.Entry{Act: "demo.runs", Target: audit.Target{Kind: "inspection_run", Name: fmt.Sprintf("%d月检查", month)}})
		})
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
	}
	return out, nil
}

// order has what is serious, and some of the rest, put right by order.
func (l Ledger) order(ctx context.Context, staff map[string]*authz.Session, found []foundOn, most int) (int, error) {
	var ids []inspection.FindingID
	for _, f := range found {
		if len(ids) < most && (f.serious || f.site%15 == 0) {
			ids = append(ids, f.id)
		}
	}
	head := staff["kaohe"]
	as := audit.WithActor(ctx, audit.Actor{Kind: "person", ID: head.PersonID, Name: head.Name})
	list, err := l.Assessment.IssueOrders(as, head.ScopeFor(authz.OrderIssue), assessment.Issue{Findings: ids})
	return len(list), err
}

// mend closes two findings in three that no order holds.
func (l Ledger) mend(ctx context.Context, scope authz.Scope, found []foundOn) error {
	return chunks(ctx, l.DB, len(found), func(tx *db.Tx, i int) error {
		if i%3 == 0 || found[i].serious || found[i].site%15 == 0 {
			return nil
		}
		return l.Inspection.CloseSeen(ctx, tx, scope, found[i].id, "复查时已更正（演示）")
	})
}

// probed writes the days of probes of the last month of the quarter, as they are
// rolled up; one site in sixty was hard to reach.
func (l Ledger) probed(ctx context.Context, sites []registry.Site, last calendar.Date) error {
	const days, perDay = 30, 288
	for from := 0; from < len(sites); from += 100 {
		var rows [][]any
		for i := from; i < min(from+100, len(sites)); i++ {
			failures := i % 4
			if i%60 == 17 {
				failures = 40
			}
			for d := range days {
				on := last.AddDays(-d)
				rows = append(rows, []any{string(sites[i].ID), on, perDay, failures, on.End().Add(-time.Minute), true})
			}
		}
		if err := l.Probes.Update(ctx, func(tx *db.Tx) error {
			return tx.InsertAll(ctx, "probe_day", []string{"site_id", "day", "probes", "failures", "last_at", "last_ok"}, rows)
		}); err != nil {
			return err
		}
	}
	return nil
}

// posted writes the last post of every account, as a feed would have told it: one
// in twelve has been silent for more than two weeks, of one in twenty nobody knows.
func (l Ledger) posted(ctx context.Context, last calendar.Date) error {
	ids, err := db.All(ctx, l.DB, db.Value[string], `SELECT id FROM account WHERE state = 'running' ORDER BY id`)
	if err != nil {
		return err
	}
	for from := 0; from < len(ids); from += chunk {
		var rows [][]any
		for i := from; i < min(from+chunk, len(ids)); i++ {
			on := last.AddDays(-(i % 10))
			switch {
			case i%20 == 3:
				continue
			case i%12 == 5:
				on = last.AddDays(-20)
			}
			rows = append(rows, []any{ids[i], "demo", on, "file", last.End().Add(-time.Hour)})
		}
		if err := l.DB.Update(ctx, func(tx *db.Tx) error {
			if err := tx.InsertAll(ctx, "account_post", []string{"account_id", "key", "posted_on", "source", "taken_at"}, rows); err != nil {
				return err
			}
			return audit.Record(ctx, tx, audit.Entry{Act: "demo.posts", Target: audit.Target{Kind: "account", Name: "最近发布"}})
		}); err != nil {
			return err
		}
	}
	return nil
}
