package assessment_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/assessment"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/errorreport"
	"zhengshu/internal/newmedia"
	"zhengshu/internal/obligation"
	"zhengshu/internal/official"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/packs"
)

// line is what one indicator of a score came to.
func line(s assessment.Score, id string) assessment.Line {
	for _, l := range s.Lines {
		if l.ID == id {
			return l
		}
	}
	return assessment.Line{}
}

// J-D-1: an error report that is overdue and open costs three, one that was
// answered after more than a month two, one that was late by days nothing; where
// nobody took the list in, nobody looked and nothing is lost.
func TestJD1_ErrorReportsCostWhatTheListProves(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		days, err := calendar.Published()
		h.must(err)
		reports := errorreport.New(errorreport.Parts{DB: h.db, Days: days, Obligations: obligation.New(h.db, h.org, errorreport.Obligations()...), Within: func(on calendar.Date) (int, bool) {
			p, ok := h.svc.PackNamed(assessment.OfficePackID, on)
			i, _ := p.Indicator(errorreport.Indicator)
			v, given := i.Param("within_workdays")
			return v.Int(), ok && given
		}})
		h.svc.Observe(assessment.ErrorReports(reports))
		pctx, adopts := h.as("province.chief", authz.PackAdopt)
		_, err = h.svc.Adopt(pctx, adopts, h.units["province"].ID, assessment.OfficePackID, 1, assessment.AdoptedDemo, "演示省试行")
		h.must(err)
		year := assessment.YearOf(calendar.Today(h.clock))
		_, scope := h.as("province.chief", authz.AssessmentRead)
		office := func(key string, known time.Time) assessment.Line {
			t.Helper()
			list, err := h.svc.ScoreOffices(context.Background(), h.db, scope, year, assessment.ScoreFilter{Unit: h.units[key].ID, Known: known})
			h.must(err)
			return line(list[0], "J-D-1")
		}
		if l := office("city", time.Time{}); l.Outcome != packs.Untested || l.Deducted != 0 || !strings.Contains(l.Note, "没有导入") {
			t.Errorf("without a list: %+v", l)
		}
		take := func(who, body string) {
			t.Helper()
			x, err := official.ReadTable(strings.NewReader(body), int64(len(body)), "名单.csv", official.Limits{})
			h.must(err)
			ctx, may := h.as(who, authz.AppraisalManage)
			rep, err := reports.Import(ctx, may, h.people[who], x)
			if h.must(err); len(rep.Refused) > 0 {
				t.Fatalf("%+v", rep.Refused)
			}
		}
		// Today is Friday, 20 March: three working days after the 17th is the 20th.
		take("city.chief", "留言编号,网站域名,留言时间,办结时间\nA1,"+host+",2026-03-02,\nA2,https://"+host+"/x.html,2026-01-05,2026-02-20\nA3,swj.xian.gov.cn,2026-03-02,2026-03-12\nA4,swj.xian.gov.cn,2026-03-17,\nA5,swj.xian.gov.cn,2025-12-01,\n")
		known := h.clock.Now().Add(time.Minute)
		l := office("city", time.Time{})
		if l.Outcome != packs.Violated || l.Deducted != 500 || l.Hits != 2 || len(l.Findings) != 2 || l.Findings[0].Link() != "/console/error-reports?q=A2" || !strings.Contains(l.Note, "有效留言4条") {
			t.Errorf("city: %+v", l)
		}
		if l := office("county", time.Time{}); l.Deducted != 500 {
			t.Errorf("the county's own two: %+v", l)
		}
		if l := office("tongchuan", time.Time{}); l.Outcome != packs.Untested {
			t.Errorf("the list covers Xi'an only: %+v", l)
		}
		h.clock.Advance(time.Hour)
		take("province.chief", "留言编号,网站域名,留言时间,办结时间\nA1,"+host+",2026-03-02,2026-03-20\n")
		if l := office("tongchuan", time.Time{}); l.Outcome != packs.Untested || !strings.Contains(l.Note, "陕西省人民政府办公厅导入，没有本地区的留言") {
			t.Errorf("the province's list covers it: %+v", l)
		}
		if l := office("city", time.Time{}); l.Deducted != 200 {
			t.Errorf("answered since: %+v", l)
		}
		if l := office("city", known); l.Deducted != 500 {
			t.Errorf("as it was known before: %+v", l)
		}
	})
}

// V-M-2.2: a mobile client is judged by whether it could be fetched and used
// when a person tried; nobody tried is 未检测, with what to do.
func TestVM22_AClientIsJudgedByWhoTriedIt(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := audit.System(context.Background(), "test")
		h.must(passage.Declare(ctx, h.db, registry.AccountMachine))
		h.adopt()
		h.svc.Observe(assessment.AccountStandings(newmedia.New(newmedia.Parts{DB: h.db, Registry: h.registry, Inspection: h.inspection})))
		today := calendar.Today(h.clock)
		ids := map[string]registry.AccountID{}
		h.must(h.db.Update(ctx, func(tx *db.Tx) error {
			for _, usable := range []string{"", "yes", "no"} {
				a, err := h.registry.EnterAccount(ctx, tx, authz.System("test"), registry.Account{Unit: h.units["dept"].ID, Platform: "app", Name: "商务通" + usable, Necessity: "网站和公众号不能离线办理", State: registry.Running}, registry.Why{Source: "import", Says: "试验"})
				if err != nil {
					return err
				}
				ids[usable] = a.ID
				if usable == "" {
					continue
				}
				if _, err := tx.Exec(ctx, `INSERT INTO account_receipt (id, account_id, at, seen_on, usable, person) VALUES ($1, $2, $3, $4, $5, '甲')`, ulid.Make().String(), a.ID, tx.Now().Add(-time.Hour), today, usable); err != nil {
					return err
				}
			}
			return nil
		}))
		_, scope := h.as("province.chief", authz.AssessmentRead)
		for usable, want := range map[string]assessment.Verdict{"": assessment.Untested, "yes": assessment.Qualified, "no": assessment.Unqualified} {
			list, err := h.svc.ScoreAccounts(ctx, h.db, scope, assessment.OnDay(today), assessment.ScoreFilter{Account: ids[usable]})
			h.must(err)
			if l := line(list[0], "V-M-2.2"); list[0].Verdict != want || usable == "" && (l.Outcome != packs.Untested || !strings.Contains(l.Note, "账号检查单")) || usable == "no" && len(l.Findings) != 1 {
				t.Errorf("%q: %s, %+v", usable, list[0].Verdict, l)
			}
		}
	})
}
