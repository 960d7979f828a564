package errorreport_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/errorreport"
	"zhengshu/internal/fault"
	"zhengshu/internal/intake"
	"zhengshu/internal/obligation"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
)

var start = time.Date(2026, 3, 20, 1, 0, 0, 0, time.UTC) // a Friday

// A list is taken in row by row: what cannot be told is named and never guessed,
// a second list brings the first up to date, and nobody writes on another's site.
func TestAListIsTakenInAndBroughtUpToDate(t *testing.T) {
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
		must(passage.Declare(ctx, d, registry.SiteMachine))
		days, err := calendar.Published()
		must(err)
		o := org.New(d)
		reg := registry.New(d, o)
		owed := obligation.New(d, o, errorreport.Obligations()...)
		svc := errorreport.New(errorreport.Parts{DB: d, Days: days, Obligations: owed, Within: func(calendar.Date) (int, bool) { return 3, true }})
		people := map[string]*authz.Session{}
		must(d.Update(ctx, func(tx *db.Tx) error {
			for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"}, {Level: org.City, Code: "610200", Name: "铜川市", Parent: "province-610000000000"}} {
				if _, err := o.AddArea(ctx, tx, a); err != nil {
					return err
				}
			}
			for _, n := range []struct{ key, area, name, code, host string }{{"city", "city-610100000000", "西安市人民政府办公厅", "6101000001", "www.xian.gov.cn"}, {"tongchuan", "city-610200000000", "铜川市人民政府办公室", "6102000001", "www.tongchuan.gov.cn"}} {
				u, _, err := o.AddUnit(ctx, tx, org.Unit{Area: org.AreaID(n.area), Kind: org.Office, Name: n.name})
				if err != nil {
					return err
				}
				p, err := o.AddPerson(ctx, tx, authz.System("test"), org.Person{Unit: u.ID, Name: n.key})
				if err != nil {
					return err
				}
				if err := o.Appoint(ctx, tx, authz.System("test"), p.ID, u.ID, authz.Supervisor); err != nil {
					return err
				}
				posts, err := o.PostsOf(ctx, tx, p.ID)
				if err != nil {
					return err
				}
				people[n.key] = &authz.Session{PersonID: string(p.ID), Name: n.key, Posts: posts}
				if _, err := reg.EnterSite(ctx, tx, registry.Site{Unit: u.ID, Kind: registry.Portal, Name: n.name + "网站", Host: n.host, SiteCode: n.code}); err != nil {
					return err
				}
			}
			return nil
		}))
		take := func(who, body string) (intake.Report, error) {
			t.Helper()
			x, err := official.ReadTable(strings.NewReader(body), int64(len(body)), "名单.csv", official.Limits{})
			must(err)
			s := people[who]
			unit, _ := s.Unit()
			return svc.Import(audit.WithActor(context.Background(), audit.Actor{Kind: "person", ID: s.PersonID, Name: s.Name, Unit: unit}), s.ScopeFor(authz.AppraisalManage), s, x)
		}
		if _, err := take("city", "编号,内容\nA1,错字\n"); !fault.Is(err, fault.Invalid) {
			t.Errorf("a list without sites and days: %v", err)
		}
		const head = "留言编号,网站标识码,网站域名,留言时间,办理期限,办结时间,办理结果\n"
		wrong := map[string]string{"编号": ",6101000001,,2026-03-02,,,", "网站": "B2,6102000001,,2026-03-02,,,", "网站标识码": "B3,9999999999,www.xian.gov.cn,2026-03-02,,,", "不能识别": "B4,6101000001,,三月二日上午,,,",
			"晚于今天": "B5,6101000001,,2026-03-21,,,", "早于留言时间或晚于今天": "B6,6101000001,,2026-03-10,,2026-03-09,", "办理期限早于": "B7,6101000001,,2026-03-10,2026-03-01,,", "没有留言时间": "B8,6101000001,,,,,"}
		for says, row := range wrong {
			rep, err := take("city", head+row+"\n")
			must(err)
			if rep.Accepted != 0 || len(rep.Refused) != 1 || !strings.Contains(rep.Refused[0].Field+rep.Refused[0].Says, says) {
				t.Errorf("%s: %+v", row, rep)
			}
		}
		scope := people["city"].ScopeFor(authz.AssessmentRead)
		far := calendar.Date{Year: 2000, Month: 1, Day: 1}
		today := calendar.DateOf(start)
		if lists, err := svc.Lists(ctx, d, scope, far, today, clock.Now().Add(time.Hour), 10); err != nil || len(lists) != 0 {
			t.Errorf("a list without one good row proves something: %+v, %v", lists, err)
		}
		// In time, late by its own day, overdue, waiting, void, and of a year
		// without holidays entered: that one is held to a month.
		rep, err := take("city", head+"A1,6101000001,,2026-03-02,,2026-03-05,属实已改\nA2,,https://www.xian.gov.cn/a,2026-03-02,2026-03-04,2026-03-05,\nA3,6101000001,,2026-03-16,,,\nA4,6101000001,,2026-03-18,,,\nA5,6101000001,,2026-03-02,,,重复留言\nA6,6101000001,,2016-05-03,,2016-06-02,\nA0,6102000001,,2026-03-02,,,\n")
		must(err)
		if rep.Accepted != 6 || len(rep.Refused) != 1 {
			t.Fatalf("%+v", rep)
		}
		list, total, err := svc.Reports(ctx, scope, errorreport.Filter{})
		must(err)
		got := map[string]errorreport.Standing{}
		for _, r := range list {
			got[r.Number] = r.On(today)
		}
		for no, want := range map[string]errorreport.Standing{"A1": errorreport.InTime, "A2": errorreport.Late, "A3": errorreport.Overdue, "A4": errorreport.Waiting, "A5": errorreport.Void, "A6": errorreport.InTime} {
			if got[no] != want {
				t.Errorf("%s is %q, want %q", no, got[no], want)
			}
			if found, n, err := svc.Reports(ctx, scope, errorreport.Filter{Standing: want, Text: strings.ToLower(no)}); err != nil || n != 1 || found[0].Number != no {
				t.Errorf("%s by its standing: %d, %v", no, n, err)
			}
		}
		if total != 6 || list[0].Number != "A3" {
			t.Errorf("%d, first %s", total, list[0].Number)
		}
		if y, err := svc.Tally(ctx, scope, 2026); err != nil || y != (errorreport.Tally{All: 4, InTime: 1, Late: 1, Waiting: 1, Overdue: 1}) {
			t.Errorf("%+v, %v", y, err)
		}
		debts := func(state string) (out []string) {
			t.Helper()
			list, err := owed.Obligations(ctx, authz.System("test"), obligation.Filter{Kind: errorreport.AnswerDue.ID, State: state})
			must(err)
			for _, x := range list {
				out = append(out, x.Subject.ID+" "+x.Due.On.String())
			}
			return out
		}
		if got := debts(obligation.Open); !slices.Equal(got, []string{"A3 2026-03-19", "A4 2026-03-23"}) {
			t.Errorf("owed: %v", got)
		}
		// The next list: A3 was answered; A1 belongs to another's site.
		clock.Advance(time.Hour)
		rep, err = take("city", "留言编号,网站名称,留言时间,办结时间\nA3,西安市人民政府办公厅网站,2026-03-16,2026-03-20\n")
		if must(err); rep.Accepted != 1 {
			t.Fatalf("%+v", rep)
		}
		if rep, err = take("tongchuan", head+"A1,6102000001,,2026-03-02,,,\n"); err != nil || rep.Accepted != 0 || len(rep.Refused) != 1 || !strings.Contains(rep.Refused[0].Says, "另一个网站") {
			t.Errorf("%+v, %v", rep, err)
		}
		if found, n, err := svc.Reports(ctx, scope, errorreport.Filter{Text: "A3"}); err != nil || n != 1 || found[0].On(today) != errorreport.Late || found[0].DueOn.IsZero() {
			t.Errorf("%+v, %v", found, err)
		}
		if got := debts(obligation.Open); !slices.Equal(got, []string{"A4 2026-03-23"}) {
			t.Errorf("still owed: %v", got)
		}
		if _, n, err := svc.Reports(ctx, people["tongchuan"].ScopeFor(authz.AssessmentRead), errorreport.Filter{}); err != nil || n != 0 {
			t.Errorf("a neighbour sees %d, %v", n, err)
		}
		if lists, err := svc.Lists(ctx, d, scope, far, today, clock.Now().Add(time.Hour), 10); err != nil || len(lists) != 2 || lists[0].Accepted != 1 || lists[1].Refused != 1 {
			t.Errorf("%+v, %v", lists, err)
		}
	})
}
