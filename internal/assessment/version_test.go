package assessment_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/assessment"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/newmedia"
	"zhengshu/internal/obligation"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/packs"
)

// ran files a finished run of a site.
func (h *house) ran(site string, at time.Time) {
	h.t.Helper()
	ctx := audit.System(context.Background(), "test")
	err := h.db.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO inspection_run (id, site_id, kind, state, asked_at, finished_at, pages, links) VALUES ($1, $2, 'patrol', 'done', $3, $3, 20, 100)`, ulid.Make().String(), h.sites[site].ID, at); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "test.run", Target: h.sites[site].Target()})
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// second hires another person at the province's office.
func (h *house) second() {
	h.t.Helper()
	ctx := audit.System(context.Background(), "test")
	h.must(h.db.Update(ctx, func(tx *db.Tx) error {
		return h.hire(ctx, tx, "province.second", h.units["province"], authz.Supervisor)
	}))
}

// setThreshold gives an indicator another threshold.
func setThreshold(id string, n packs.Hundredths) func(*packs.Pack) error {
	return func(p *packs.Pack) error {
		for i := range p.Indicators {
			if p.Indicators[i].ID == id {
				p.Indicators[i].Threshold = packs.Value{N: n, Mark: packs.OnePage}
				p.Indicators[i].Warn = packs.Value{}
			}
		}
		return nil
	}
}

// A version is drafted, tried on the past, agreed to by another person, adopted;
// from its first day on it judges, and the past stays as it was judged.
func TestArticle29_TwoPersonsMakeAPack(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.adopt()
		h.second()
		h.ran("dept", morning.Add(-time.Hour))
		for range 3 {
			h.put("dept", "column.blank", "error", "V-W-4.3", "“公告”没有内容。", morning.Add(-2*time.Hour))
		}
		ctx, scope := h.as("province.chief", authz.PackDraft)
		office := h.units["province"].ID
		from := calendar.Date{Year: 2026, Month: 4, Day: 1}
		city, cityScope := h.as("city.chief", authz.PackDraft)
		if _, err := h.svc.Draft(city, cityScope, h.units["city"].ID, assessment.PackID, 1, from, "市里想改"); !fault.Is(err, fault.Refused) {
			t.Errorf("a city drafts: %v", err)
		}
		if _, err := h.svc.Draft(ctx, scope, office, assessment.PackID, 1, calendar.Date{}, ""); len(fault.Of(err).Fields) != 2 {
			t.Errorf("empty form: %v", err)
		}
		v, err := h.svc.Draft(ctx, scope, office, assessment.PackID, 1, from, "空白栏目从严掌握")
		h.must(err)
		if v.Pack.Version != 2 || v.State != assessment.VersionDraft || v.Pack.EffectiveFrom != from {
			t.Fatalf("%+v", v)
		}
		// What does not add up may be kept, not submitted; a form of another
		// revision is refused.
		broken, err := h.svc.Change(ctx, scope, v.ID, 1, "D-01", func(p *packs.Pack) error {
			p.Indicators = p.Indicators[:len(p.Indicators)-1]
			return nil
		})
		h.must(err)
		if err := h.svc.Submit(ctx, scope, v.ID); !fault.Is(err, fault.Invalid) || !strings.Contains(fault.Of(err).Fields[0].Says, "合计") {
			t.Errorf("a sum that does not fit: %v", err)
		}
		if _, err := h.svc.Change(ctx, scope, v.ID, 1, "D-01", setThreshold("V-W-4.3", 300)); !fault.Is(err, fault.Conflict) {
			t.Errorf("another changed it first: %v", err)
		}
		base, _, err := h.svc.Before(ctx, h.db, scope, assessment.PackID, 2)
		h.must(err)
		good, err := h.svc.Change(ctx, scope, v.ID, broken.Revision, "V-W-4.3", func(p *packs.Pack) error {
			p.Indicators = slices.Clone(base.Indicators)
			return setThreshold("V-W-4.3", 300)(p)
		})
		h.must(err)
		if d := packs.Diff(base, good.Pack); len(d) == 0 || d[len(d)-1].Indicator != "V-W-4.3" {
			t.Errorf("%+v", d)
		}
		// The rehearsal of the quarter under way finds the one site that would fail.
		period := assessment.QuarterOf(calendar.Today(h.clock))
		before := h.rows()
		r, err := h.svc.Rehearse(ctx, scope, assessment.Trial{Version: v.ID, Period: period})
		h.must(err)
		if len(r.Moved) != 1 || r.Moved[0].Now.ID != string(h.sites["dept"].ID) || r.Flips(assessment.Unqualified) != 1 || r.Moved[0].Lines[0].ID != "V-W-4.3" || r.Subjects != 4 {
			t.Errorf("%d of %d: %+v", len(r.Moved), r.Subjects, r.Moved)
		}
		if h.rows() != before {
			t.Error("a rehearsal left something behind")
		}
		if _, err := h.svc.Rehearse(ctx, scope, assessment.Trial{Version: v.ID, Period: period.Next()}); !fault.Is(err, fault.Invalid) {
			t.Errorf("a quarter to come: %v", err)
		}
		h.must(h.svc.Submit(ctx, scope, v.ID))
		if err := h.svc.Agree(ctx, scope, v.ID, ""); !fault.Is(err, fault.Refused) {
			t.Errorf("the author agrees with himself: %v", err)
		}
		if _, err := h.svc.Change(ctx, scope, v.ID, good.Revision, "x", setThreshold("V-W-4.3", 200)); !fault.Is(err, fault.Conflict) {
			t.Errorf("changed while submitted: %v", err)
		}
		if _, err := h.svc.Adopt(ctx, h.people["province.chief"].ScopeFor(authz.PackAdopt), office, assessment.PackID, 2, assessment.Adopted, "未经复核就采用"); !fault.Is(err, fault.NotFound) {
			t.Errorf("adopted before anybody agreed: %v", err)
		}
		if _, hidden := h.as("city.chief", authz.AssessmentRead); true {
			if _, err := h.svc.Version(ctx, h.db, hidden, v.ID); !fault.Is(err, fault.NotFound) {
				t.Errorf("a city sees a draft: %v", err)
			}
		}
		second, secondScope := h.as("province.second", authz.PackDraft)
		h.must(h.svc.Return(second, secondScope, v.ID, "请说明依据"))
		h.must(h.svc.Submit(ctx, scope, v.ID))
		h.must(h.svc.Agree(second, secondScope, v.ID, "同意"))
		if err := h.svc.Agree(second, secondScope, v.ID, "同意"); !fault.Is(err, fault.Conflict) {
			t.Errorf("agreed twice: %v", err)
		}
		if s := h.score("dept", assessment.OnDay(calendar.Today(h.clock))); s.Pack.Version != 1 || s.Verdict != assessment.Qualified {
			t.Errorf("agreed, not adopted: version %d, %s", s.Pack.Version, s.Verdict)
		}
		_, err = h.svc.Adopt(ctx, h.people["province.chief"].ScopeFor(authz.PackAdopt), office, assessment.PackID, 2, assessment.Adopted, "陕政公开办〔2026〕9号")
		h.must(err)
		h.clock.Set(time.Date(2026, 4, 2, 1, 0, 0, 0, time.UTC))
		today := calendar.Today(h.clock)
		h.ran("dept", h.clock.Now().Add(-time.Hour))
		if s := h.score("dept", assessment.OnDay(today)); s.Pack.Version != 2 || s.Verdict != assessment.Unqualified || s.Label() != assessment.Adopted {
			t.Errorf("from the first day on: version %d, %s, %s", s.Pack.Version, s.Verdict, s.Label())
		}
		if s := h.score("dept", assessment.QuarterOf(today).Before()); s.Pack.Version != 1 || s.Verdict != assessment.Qualified {
			t.Errorf("the past: version %d, %s", s.Pack.Version, s.Verdict)
		}
		// A later edition ships other words under the number of the province's own.
		days, err := calendar.Published()
		h.must(err)
		shipped, err := packs.Embedded()
		h.must(err)
		newer := base
		newer.Version, newer.EffectiveFrom = 2, from
		now := h.svc
		h.svc, err = assessment.New(assessment.Parts{DB: h.db, Org: h.org, Registry: h.registry, Inspection: h.inspection, Obligations: h.obligations, Days: days, Packs: append(shipped, newer)})
		h.must(err)
		if s := h.score("dept", assessment.OnDay(today)); s.Pack.Version != 2 || s.Verdict != assessment.Unqualified || s.Label() != assessment.Adopted {
			t.Errorf("judged by what was shipped later: version %d, %s, %s", s.Pack.Version, s.Verdict, s.Label())
		}
		if p, ok := h.svc.PackOn(today); !ok || len(packs.Diff(p, good.Pack)) != 0 {
			t.Errorf("looked at by what was shipped later: %+v", packs.Diff(p, good.Pack))
		}
		h.svc = now
		// What was sent out comes in again only as another version, whole.
		file, err := packs.Encode(good.Pack)
		h.must(err)
		if _, err := h.svc.Import(ctx, scope, office, file, "再次导入"); !fault.Is(err, fault.Invalid) || fault.Of(err).Fields[0].Name != "version" {
			t.Errorf("the same version again: %v", err)
		}
		if _, err := h.svc.Import(ctx, scope, office, []byte(strings.Replace(string(file), `"denominator": 3`, `"denominator": 0`, 1)), "除以零的"); !fault.Is(err, fault.Invalid) {
			t.Errorf("divided by zero: %v", err)
		}
		third := good.Pack
		third.Version, third.EffectiveFrom = 3, from.AddMonths(3)
		file, err = packs.Encode(third)
		h.must(err)
		in, err := h.svc.Import(ctx, scope, office, file, "下一季度的版本")
		if err != nil || in.Pack.Version != 3 || in.State != assessment.VersionDraft {
			t.Errorf("%+v (%v)", in.State, err)
		}
		h.must(h.svc.End(ctx, scope, v.ID, "文件已废止"))
		if s := h.score("dept", assessment.OnDay(today)); s.Pack.Version != 1 {
			t.Errorf("ended, and still judged by version %d", s.Pack.Version)
		}
	})
}

// rows is how much is written down, in the places a score might leave traces.
func (h *house) rows() (n int) {
	h.t.Helper()
	for _, table := range []string{"audit_entry", "scoring_pack", "pack_adoption", "confirmation", "finding", "obligation", "passage"} {
		x, err := db.One(context.Background(), h.db, db.Value[int], `SELECT count(*) FROM `+table)
		h.must(err)
		n += x
	}
	return n
}

// No outward services: recorded by the supervisor, never by the sponsor itself;
// from its first day to its last the services are not checked.
func TestExemptionIsRecordedAndApplied(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.adopt()
		h.ran("county", morning.Add(-time.Hour))
		today := calendar.Today(h.clock)
		site := h.sites["county"].ID
		own, ownScope := h.as("county.chief", authz.OrderIssue)
		if _, err := h.svc.Exempt(own, ownScope, site, today, "没有对外服务"); !fault.Is(err, fault.Refused) && !fault.Is(err, fault.NotFound) {
			t.Errorf("for itself: %v", err)
		}
		ctx, scope := h.as("city.chief", authz.OrderIssue)
		if _, err := h.svc.Exempt(ctx, scope, site, today.AddDays(1), ""); len(fault.Of(err).Fields) != 2 {
			t.Errorf("bad form: %v", err)
		}
		e, err := h.svc.Exempt(ctx, scope, site, today, "“三定”规定没有对外服务职能")
		h.must(err)
		if _, err := h.svc.Exempt(ctx, scope, site, today, "再认定一次"); !fault.Is(err, fault.Conflict) {
			t.Errorf("twice: %v", err)
		}
		neighbour, away := h.as("tongchuan.chief", authz.OrderIssue)
		if _, err := h.svc.Exempt(neighbour, away, site, today, "邻市来认定"); !fault.Is(err, fault.NotFound) {
			t.Errorf("a neighbour: %v", err)
		}
		s := h.score("county", assessment.OnDay(today))
		if s.Exempt == nil || s.Exempt.By != "city.chief" || s.Exempt.ID != e.ID || s.Points != s.Full() {
			t.Fatalf("%+v, %s", s.Exempt, s.Points)
		}
		spared := 0
		for _, l := range s.Lines {
			if l.Group == "办事服务" && strings.Contains(l.Note, "没有对外服务职能") {
				spared++
			}
		}
		if spared < 4 {
			t.Errorf("%d lines spared", spared)
		}
		if s := h.score("county", assessment.OnDay(today.AddDays(-1))); s.Exempt != nil {
			t.Error("exempt the day before")
		}
		h.clock.Advance(48 * time.Hour)
		h.must(h.svc.EndExemption(ctx, scope, site, "增加了服务职能"))
		if err := h.svc.EndExemption(ctx, scope, site, "再终止一次"); !fault.Is(err, fault.Conflict) {
			t.Errorf("ended twice: %v", err)
		}
		if s := h.score("county", assessment.OnDay(calendar.Today(h.clock))); s.Exempt != nil {
			t.Error("exempt after the end")
		}
		if s := h.score("county", assessment.OnDay(today)); s.Exempt == nil {
			t.Error("the day it held is told otherwise now")
		}
	})
}

// Accounts are judged by what somebody saw; offices by the clocks they owe.
// What will stand against a unit within two weeks is told before: accounts too.
func TestAccountsAreForecast(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := audit.System(context.Background(), "test")
		today := calendar.Today(h.clock)
		h.must(h.db.Update(ctx, func(tx *db.Tx) error {
			for kind, days := range map[string]int{newmedia.PostDue.ID: 4, newmedia.OriginalDue.ID: 7, newmedia.MendDue.ID: 2} {
				if err := h.obligations.Open(ctx, tx, obligation.Debt{Kind: kind, Unit: h.units["dept"].ID, Subject: obligation.Subject{Kind: "account", ID: "a1", Name: "西安商务"}, Link: newmedia.Link("a1"), Due: calendar.Due{On: today.AddDays(days)}}); err != nil {
					return err
				}
			}
			return nil
		}))
		_, scope := h.as("province.chief", authz.AssessmentRead)
		list, err := h.svc.Forecast(ctx, scope, h.units["dept"].ID, "", 10)
		h.must(err)
		var says []string
		for _, a := range list {
			says = append(says, a.Says)
		}
		if got := strings.Join(says, " "); got != "账号“西安商务”要发布新内容 账号“西安商务”要发布原创内容" {
			t.Errorf("forecast: %s", got)
		}
	})
}

func TestAccountsAndOffices(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := audit.System(context.Background(), "test")
		h.must(passage.Declare(ctx, h.db, registry.AccountMachine))
		h.adopt()
		today := calendar.Today(h.clock)
		ids := map[string]registry.AccountID{}
		h.must(h.db.Update(ctx, func(tx *db.Tx) error {
			for name, last := range map[string]calendar.Date{"新": today.AddDays(-3), "旧": today.AddDays(-40), "疑": today.AddDays(-40), "无": {}} {
				a, err := h.registry.EnterAccount(ctx, tx, authz.System("test"), registry.Account{Unit: h.units["dept"].ID, Platform: "weibo", Name: "西安商务" + name, URL: "https://weibo.example/" + ulid.Make().String(), Purpose: "发布", State: registry.Running}, registry.Why{Source: "import", Says: "试验"})
				if err != nil {
					return err
				}
				ids[name] = a.ID
				if last.IsZero() {
					continue
				}
				// Of 旧 somebody looked yesterday; of 疑 nobody since its post.
				taken := last.Start().Add(time.Hour)
				if name == "旧" {
					taken = today.AddDays(-1).Start()
				}
				if _, err := tx.Exec(ctx, `INSERT INTO account_post (account_id, key, posted_on, source, taken_at) VALUES ($1, 'a', $2, 'file', $3)`, a.ID, last, taken); err != nil {
					return err
				}
			}
			return nil
		}))
		o := h.issue(h.put("county", "footer.icp", "error", "D-18", "页脚没有备案编号。", morning.Add(-time.Hour)))
		h.svc.Observe(assessment.AccountStandings(newmedia.New(newmedia.Parts{DB: h.db, Registry: h.registry, Inspection: h.inspection})), assessment.OfficeDuties(h.obligations))
		_, scope := h.as("province.chief", authz.AssessmentRead)
		list, err := h.svc.ScoreAccounts(ctx, h.db, scope, assessment.OnDay(today), assessment.ScoreFilter{})
		h.must(err)
		got := map[registry.AccountID]assessment.Score{}
		for _, s := range list {
			got[registry.AccountID(s.ID)] = s
		}
		for name, want := range map[string]assessment.Verdict{"新": assessment.Qualified, "旧": assessment.Unqualified, "疑": assessment.Untested, "无": assessment.Untested} {
			if s := got[ids[name]]; s.Verdict != want || s.Scored {
				t.Errorf("%s: %s, scored %v", name, s.Verdict, s.Scored)
			}
		}
		if s := got[ids["旧"]]; len(s.Vetoes) != 1 || s.Vetoes[0].ID != "V-M-2.1" || len(s.Vetoes[0].Findings) != 1 || s.Vetoes[0].Findings[0].Link() != newmedia.Link(ids["旧"]) {
			t.Errorf("%+v", s.Vetoes)
		}
		if s := got[ids["新"]]; s.NearestVeto == nil || s.NearestVeto.Measured != packs.Count(2) || s.NearestVeto.Warned {
			t.Errorf("%+v", s.NearestVeto)
		}
		// As it stood three weeks ago 旧 had been seen by nobody after its post.
		past, err := h.svc.ScoreAccounts(ctx, h.db, scope, assessment.OnDay(today.AddDays(-21)), assessment.ScoreFilter{Account: ids["旧"]})
		if err != nil || past[0].Verdict == assessment.Qualified {
			t.Errorf("%+v (%v)", past, err)
		}
		page, total, err := h.svc.AccountScores(ctx, scope, registry.AccountFilter{Limit: 2})
		if err != nil || total != 4 || len(page) != 2 {
			t.Errorf("%d of %d (%v)", len(page), total, err)
		}
		// The order of the city runs over: its office loses the point, once the
		// province has adopted the office's pack.
		pctx, adopts := h.as("province.chief", authz.PackAdopt)
		_, err = h.svc.Adopt(pctx, adopts, h.units["province"].ID, assessment.OfficePackID, 1, assessment.AdoptedDemo, "演示省试行")
		h.must(err)
		h.clock.Set(o.Due.On.AddDays(2).Start().Add(9 * time.Hour))
		offices, err := h.svc.ScoreOffices(ctx, h.db, scope, assessment.YearOf(calendar.Today(h.clock)), assessment.ScoreFilter{Unit: h.units["city"].ID})
		h.must(err)
		if len(offices) != 1 || !offices[0].Scored || offices[0].Points != 99_00 {
			t.Fatalf("%+v", offices)
		}
		for _, l := range offices[0].Lines {
			if l.ID == "J-D-3" && (l.Deducted != 100 || len(l.Findings) != 1 || l.Findings[0].Link() != o.Link()) {
				t.Errorf("%+v", l)
			}
		}
		quiet, err := h.svc.ScoreOffices(ctx, h.db, scope, assessment.YearOf(today), assessment.ScoreFilter{Unit: h.units["tongchuan"].ID})
		if err != nil || quiet[0].Verdict != assessment.Untested {
			t.Errorf("an office that owed nothing: %+v (%v)", quiet, err)
		}
	})
}

// Scores are the same on both databases, and the same again from the moment
// they were known, whatever was learnt since.
func TestScoresAreReproducible(t *testing.T) {
	sums := map[db.Dialect]string{}
	each(t, func(t *testing.T, h *house) {
		h.adopt()
		period := assessment.QuarterOf(calendar.Today(h.clock))
		for i, site := range []string{"county", "city", "dept"} {
			h.ran(site, morning.Add(-time.Duration(i+1)*time.Hour))
			for n := range 4 + i {
				h.put(site, "column.blank", "error", "V-W-4.3", "“公告”没有内容。", morning.Add(-time.Duration(n+1)*time.Hour))
				h.put(site, "link.dead", "error", "D-19", "链接打不开。", morning.Add(-time.Duration(n+1)*time.Minute))
			}
		}
		suspicion := h.put("city", "sensitive", "error", "V-W-1.1", "疑似严重表述错误。", morning.Add(-time.Hour))
		ctx, scope := h.as("province.chief", authz.AssessmentRead)
		known := h.clock.Now().Add(time.Minute)
		sum := func(brief bool) string {
			list, err := h.svc.Scores(ctx, h.db, scope, period, assessment.ScoreFilter{Known: known, Brief: brief})
			h.must(err)
			type line struct {
				ID, Outcome string
				Cost        packs.Hundredths
				Hits, Total int
			}
			type row struct {
				Name, Verdict string
				Points        packs.Hundredths
				Lines         []line
			}
			var rows []row
			for _, s := range list {
				r := row{Name: s.Name, Verdict: string(s.Verdict), Points: s.Points}
				for _, l := range s.Lines {
					r.Lines = append(r.Lines, line{l.ID, string(l.Outcome), l.Deducted, l.Hits, l.Total})
					if brief != (l.Findings == nil) && l.Total > 0 {
						t.Errorf("%s %s carries %d findings", s.Name, l.ID, len(l.Findings))
					}
				}
				rows = append(rows, r)
			}
			b, err := json.Marshal(rows)
			h.must(err)
			d := sha256.Sum256(b)
			return hex.EncodeToString(d[:])
		}
		first := sum(false)
		if again := sum(true); again != first {
			t.Error("a brief score differs")
		}
		h.clock.Advance(time.Hour)
		cctx, issue := h.as("city.chief", authz.OrderIssue)
		h.must(h.svc.Confirm(cctx, issue, suspicion, "V-W-1.1", "已人工核对原文。"))
		if again := sum(false); again != first {
			t.Error("what was confirmed since changed the score as it was known")
		}
		sums[h.db.Dialect()] = first
	})
	if len(sums) == 2 && sums[db.SQLite] != sums[db.Postgres] {
		t.Errorf("SQLite %s, PostgreSQL %s", sums[db.SQLite], sums[db.Postgres])
	}
}
