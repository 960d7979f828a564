package reporting_test

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/appraisal"
	"zhengshu/internal/assessment"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/reporting"
)

// above adds the province's office with two people.
func (h *house) above() {
	h.t.Helper()
	ctx := audit.System(context.Background(), "test")
	if err := h.db.Update(ctx, func(tx *db.Tx) error {
		u, _, err := h.org.AddUnit(ctx, tx, org.Unit{Area: "province-610000000000", Kind: org.Office, Name: "陕西省人民政府办公厅"})
		if err != nil {
			return err
		}
		for _, name := range []string{"province", "second"} {
			p, err := h.org.AddPerson(ctx, tx, authz.System("test"), org.Person{Unit: u.ID, Name: name})
			if err != nil {
				return err
			}
			if err := h.org.Appoint(ctx, tx, authz.System("test"), p.ID, u.ID, authz.Supervisor); err != nil {
				return err
			}
			posts, err := h.org.PostsOf(ctx, tx, p.ID)
			if err != nil {
				return err
			}
			h.sessions[name] = &authz.Session{PersonID: string(p.ID), Name: name, Posts: posts}
		}
		return nil
	}); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// publish holds a round of the city for the first quarter to its end.
func (h *house) publish() appraisal.Round {
	h.t.Helper()
	above, adopt := h.as("province", authz.PackAdopt)
	unit, _ := h.sessions["province"].Unit()
	_, err := h.assess.Adopt(above, adopt, org.UnitID(unit), assessment.PackID, 1, assessment.Adopted, "陕政办函〔2026〕1号")
	h.must(err)
	ctx, scope := h.as("city", authz.AppraisalManage)
	office, _ := h.sessions["city"].Unit()
	r, err := h.rounds.Open(ctx, scope, appraisal.Opening{Unit: org.UnitID(office), Kind: "quarterly", Period: "2026-Q1", Pack: assessment.PackID + "@1", Plan: appraisal.Plan{SiteShare: 100, AccountShare: 30}, Seed: "7"})
	h.must(err)
	_, err = h.rounds.Collect(ctx, scope, r.ID)
	h.must(err)
	_, err = h.rounds.Freeze(ctx, scope, r.ID, false)
	h.must(err)
	_, err = h.rounds.OpenAppeals(ctx, scope, r.ID)
	h.must(err)
	h.clock.Set(time.Date(2026, 5, 8, 1, 0, 0, 0, time.UTC))
	_, err = h.rounds.Decide(ctx, scope, r.ID)
	h.must(err)
	r, err = h.rounds.Publish(ctx, scope, r.ID)
	h.must(err)
	return r
}

// Articles 29 and 30: a paper tells what the published round of its quarter came
// to, accounts included, and not what the ledger would say today; the round's
// results are sent to each unit without any paper, once.
func TestArticle30_TheRoundSpeaksInPaperAndLetters(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.above()
		h.quarter()
		system := audit.System(context.Background(), "test")
		h.must(h.db.Update(system, func(tx *db.Tx) error {
			for _, unit := range []string{"county", "swj"} {
				id, _ := h.sessions[unit].Unit()
				if _, err := h.reg.EnterAccount(system, tx, authz.System("test"), registry.Account{Unit: org.UnitID(id), Platform: "weibo", Name: unit + "发布", URL: "https://weibo.example/" + unit, Purpose: "发布", State: registry.Running}, registry.Why{Source: registry.ByImport, Says: "测试"}); err != nil {
					return err
				}
			}
			return nil
		}))
		h.clock.Set(time.Date(2026, 4, 8, 1, 0, 0, 0, time.UTC))
		ctx, scope := h.as("city", authz.BulletinCompose)
		before := h.compose("2026-Q1")
		if before.Content.Round != "" || before.Content.Has("accounts.drawn") {
			t.Errorf("a paper before the round: %q", before.Content.Round)
		}
		if _, err := h.svc.SendRound(ctx, scope, "nothing", reporting.RoundTemplate); !fault.Is(err, fault.NotFound) {
			t.Errorf("%v", err)
		}
		r := h.publish()
		b, err := h.svc.Bulletin(ctx, scope, before.ID)
		h.must(err)
		c := b.Content
		// The city's own portal is the next office's to score (readings 1).
		if !strings.Contains(c.Round, r.Number) || c.Figure("sites.total").N() != 3 || c.Figure("accounts.total").N() != 2 || c.Figure("accounts.drawn").N() != 2 || c.Figure("accounts.untested").N() != 2 || !strings.Contains(c.Label, assessment.Adopted) {
			t.Errorf("%q %q: %d sites, %d of %d accounts", c.Round, c.Label, c.Figure("sites.total").N(), c.Figure("accounts.drawn").N(), c.Figure("accounts.total").N())
		}
		if says := text(t, b); !strings.Contains(says, "本季度抽查2个") || !strings.Contains(says, r.Number) {
			t.Error(says)
		}
		// What happens to the ledger afterwards moves nothing that was published.
		h.put("county", "home.stale", "serious", "V-W-3", time.Date(2026, 3, 1, 1, 0, 0, 0, time.UTC))
		again, err := h.svc.Bulletin(ctx, scope, b.ID)
		if err != nil || again.Content.Figure("sites.unqualified").N() != c.Figure("sites.unqualified").N() {
			t.Errorf("a published result moved with the ledger (%v)", err)
		}

		if _, err := h.svc.SendRound(ctx, scope, r.ID, "{没有这项}"); !fault.Is(err, fault.Invalid) {
			t.Errorf("a slot that is none: %v", err)
		}
		tong, far := h.as("tongchuan", authz.BulletinCompose)
		if _, err := h.svc.SendRound(tong, far, r.ID, reporting.RoundTemplate); !fault.Is(err, fault.NotFound) {
			t.Errorf("another's round: %v", err)
		}
		m, err := h.svc.SendRound(ctx, scope, r.ID, reporting.RoundTemplate)
		if err != nil || m.Round != r.ID || m.Sent != 3 || m.Failed != 0 {
			t.Fatalf("%+v %v", m, err)
		}
		if _, err := h.svc.SendRound(ctx, scope, r.ID, reporting.RoundTemplate); !fault.Is(err, fault.Conflict) {
			t.Errorf("a second run: %v", err)
		}
		mine, n, err := h.svc.ResultLetters(ctx, h.sessions["swj"], 10, 0)
		if err != nil || n != 1 || !strings.Contains(mine[0].Told.Text, "网站1个，其中合格0个、不合格1个") || !strings.Contains(mine[0].Told.Text, "政务新媒体1个") || strings.Contains(mine[0].Told.Text, "{") {
			t.Fatalf("%+v %v", mine, err)
		}
		if body, err := json.Marshal(mine[0].Told); err != nil || strings.Contains(string(body), "雁塔区") {
			t.Errorf("another's rows: %s %v", body, err)
		}
		as, _ := h.as("swj", authz.AssessmentRead)
		if l, err := h.svc.ResultLetter(as, h.sessions["swj"], mine[0].ID); err != nil || l.State != reporting.LetterRead {
			t.Errorf("%+v %v", l.State, err)
		}
		if n, err := h.svc.ResendRound(ctx, scope, r.ID); err != nil || n != 2 {
			t.Errorf("sent again to %d (%v)", n, err)
		}
		_, m, list, ok, err := h.svc.MailingOfRound(ctx, scope, r.ID, reporting.LetterRead, 10, 0)
		if err != nil || !ok || m.Read != 1 || m.Total() != 3 || len(list) != 1 {
			t.Errorf("%+v %+v %v", m, list, err)
		}
	})
}

// Article 29: the province's annual assessment goes from its draft to its issue,
// discharges what is owed, and leaves for the target assessment and the openness
// evaluation; Article 30: every office's report goes to its superior.
func TestArticle29_AnnualAssessmentIsIssued(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.above()
		h.quarter()
		ctx, scope := h.as("province", authz.BulletinCompose)
		if _, err := h.owed.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		h.clock.Set(time.Date(2027, 1, 8, 1, 0, 0, 0, time.UTC))
		if _, err := h.owed.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		owed := func(kind, unit string) int {
			return h.count(`SELECT count(*) FROM obligation o JOIN unit u ON u.id = o.unit_id WHERE o.kind = $1 AND o.state = 'open' AND o.period_key = '2026' AND u.name = $2`, kind, unit)
		}
		const office = "陕西省人民政府办公厅"
		if owed(reporting.AssessmentDue.ID, office) != 1 || owed(reporting.SupervisionDue.ID, office) != 1 {
			t.Fatal("nothing is owed for the year")
		}
		year := assessment.YearOf(calendar.Date{Year: 2026, Month: 1, Day: 1})
		pass := func(writer, second string, kind reporting.Kind, area org.AreaID, number string) reporting.Bulletin {
			t.Helper()
			as, reach := h.as(writer, authz.BulletinCompose)
			b, err := h.svc.Compose(as, reach, kind, area, year)
			h.must(err)
			_, err = h.svc.Submit(as, reach, b.ID)
			h.must(err)
			other, wide := h.as(second, authz.BulletinCompose)
			_, err = h.svc.Agree(other, wide, b.ID, "")
			h.must(err)
			_, err = h.svc.Freeze(as, reach, b.ID)
			h.must(err)
			_, err = h.svc.Issue(as, reach, b.ID, number)
			h.must(err)
			b, err = h.svc.Bulletin(as, reach, b.ID)
			h.must(err)
			return b
		}
		b := pass("province", "second", reporting.AnnualAssessment, "province-610000000000", "陕政公开办〔2027〕1号")
		if b.State != reporting.Issued || owed(reporting.AssessmentDue.ID, office) != 0 {
			t.Errorf("%s, %d owed", b.State, owed(reporting.AssessmentDue.ID, office))
		}
		says := text(t, b)
		for _, want := range []string{"关于陕西省2026年政府网站与政务新媒体考核评估情况的通报", "第二十九条", "考核结果纳入目标责任考核和政务公开评估", "应检查政府网站" + strconv.Itoa(h.count(`SELECT count(*) FROM site`)) + "个"} {
			if !strings.Contains(says, want) {
				t.Errorf("the paper does not say %q", want)
			}
		}
		for use, want := range map[reporting.Use]int{reporting.ForOpenness: 5, reporting.ForTarget: 5} {
			if rows := b.Content.Rows(use); len(rows) != want {
				t.Errorf("%s has %d rows", use, len(rows))
			}
			var open struct {
				Number string
				Fields []struct{ Name, Title, Says string }
				Rows   []map[string]any
			}
			body, err := b.OpenData(use)
			h.must(err)
			h.must(json.Unmarshal(body, &open))
			if open.Number != b.Number || len(open.Rows) != want || len(open.Fields) != len(reporting.Dictionary(use)) || len(open.Rows[0]) != len(open.Fields) {
				t.Errorf("%s as open data: %s, %d rows of %d fields", use, open.Number, len(open.Rows), len(open.Fields))
			}
		}
		if m, err := h.svc.Send(ctx, scope, b.ID, reporting.UsualTemplate); err != nil || m.Total() != 5 {
			t.Errorf("sent to each unit: %+v %v", m, err)
		}
		// The year's report: of the county to the city, of the city to the province,
		// of the province upwards, out of this house.
		for _, x := range []struct {
			writer, second, superior string
			area                     org.AreaID
			number, unit             string
		}{{"county", "city", "city", "county-610113000000", "雁政办函〔2027〕2号", "雁塔区人民政府办公室"}, {"city", "colleague", "province", city, "市政办函〔2027〕3号", "西安市人民政府办公厅"}, {"province", "second", "", "province-610000000000", "陕政公开办〔2027〕2号", office}} {
			r := pass(x.writer, x.second, reporting.SupervisionReport, x.area, x.number)
			if owed(reporting.SupervisionDue.ID, x.unit) != 0 {
				t.Errorf("%s reported and still owes", x.unit)
			}
			if x.superior == "" {
				if _, err := h.svc.Receive(ctx, scope, r.ID); !fault.Is(err, fault.Refused) {
					t.Errorf("received in this house: %v", err)
				}
				continue
			}
			as, reach := h.as(x.superior, authz.BulletinCompose)
			if r, err := h.svc.Receive(as, reach, r.ID); err != nil || r.Receipt == "" || r.State != reporting.Received {
				t.Errorf("%s: %+v %v", x.unit, r.Receipt, err)
			}
		}
	})
}

// Every chart says the numbers of its rows: those of the table that stands beside
// it, and those of the figures behind.
func TestChartsSayTheirRows(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.quarter()
		h.clock.Set(time.Date(2026, 4, 8, 1, 0, 0, 0, time.UTC))
		ctx, scope := h.as("city", authz.BulletinCompose)
		first := h.compose("2026-Q1")
		h.agree(first.ID)
		_, err := h.svc.Freeze(ctx, scope, first.ID)
		h.must(err)
		h.clock.Set(time.Date(2026, 6, 20, 1, 0, 0, 0, time.UTC))
		for _, s := range []string{"city", "county"} {
			h.ran(s, time.Date(2026, 6, 10, 1, 0, 0, 0, time.UTC))
		}
		h.put("county", "link.dead", "error", "D-19", time.Date(2026, 6, 11, 1, 0, 0, 0, time.UTC))
		b := h.compose("2026-Q2")
		c := b.Content
		drawn := map[string]bool{}
		for _, x := range c.Charts {
			drawn[x.Key] = true
			if len(x.Labels) != len(x.Values) || len(x.Labels) == 0 {
				t.Errorf("%s: %d labels, %d values", x.Key, len(x.Labels), len(x.Values))
			}
			for i, l := range x.Labels {
				v := strconv.FormatFloat(x.Values[i], 'f', -1, 64)
				if x.From == "" {
					if g := x.Grid(); g.Rows[i][0] != l || g.Rows[i][1] != v {
						t.Errorf("%s: %s is %s, its table says %v", x.Key, l, v, g.Rows[i])
					}
					continue
				}
				at := slices.IndexFunc(c.Tables, func(y reporting.Table) bool { return y.Key == x.From })
				if at < 0 || !slices.ContainsFunc(c.Tables[at].Rows, func(row []string) bool { return row[0] == l && slices.Contains(row, v+x.Unit) }) {
					t.Errorf("%s: %s is %s, which table %s does not say", x.Key, l, v+x.Unit, x.From)
				}
			}
		}
		for _, key := range []string{"findings.kinds", "areas.rate", "trend.findings", "trend.rate"} {
			if !drawn[key] {
				t.Errorf("no chart %s", key)
			}
		}
		kinds, _ := c.ChartOf("findings.kinds")
		sum := 0.0
		for i, l := range kinds.Labels {
			sum += kinds.Values[i]
			if !slices.ContainsFunc(c.Figures, func(f reporting.Figure) bool { return f.Name == l && float64(f.N()) == kinds.Values[i] }) {
				t.Errorf("no figure %s of %v", l, kinds.Values[i])
			}
		}
		if sum != float64(c.Figure("findings.total").N()) {
			t.Errorf("the kinds make %v of %d", sum, c.Figure("findings.total").N())
		}
		trend, _ := c.ChartOf("trend.findings")
		if n := len(trend.Values); n != 2 || trend.Values[0] != float64(first.Content.Figure("findings.total").N()) || trend.Values[1] != float64(c.Figure("findings.total").N()) {
			t.Errorf("%v", trend)
		}
		// The paper draws them without anybody's choosing, each with its numbers.
		told := 0
		for _, p := range b.Told() {
			if p.Chart == nil {
				continue
			}
			told++
			if p.Beside == nil && !slices.ContainsFunc(p.Tables, func(y reporting.Table) bool { return y.Key == p.Chart.From }) {
				t.Errorf("%s stands without its numbers", p.Chart.Key)
			}
		}
		if told != 3 {
			t.Errorf("%d charts are drawn", told)
		}
		text(t, b)
	})
}
