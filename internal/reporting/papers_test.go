package reporting_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/assessment"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/reporting"
)

// part finds a part of the outline to change it.
func part(o *reporting.Outline, section string) *reporting.Part {
	for i := range o.Parts {
		if o.Parts[i].Section == section {
			return &o.Parts[i]
		}
	}
	return nil
}

func blocks(list []reporting.Problem) (out []string) {
	for _, p := range list {
		if p.Blocks {
			out = append(out, p.Says)
		}
	}
	return out
}

// Figures typed by hand are held against the rows: a contradiction is refused
// by name at the freeze, what nothing can prove is named.
func TestArticle29_TypedFiguresAgainstRows(t *testing.T) {
	rows := func(n int) []reporting.Row { return make([]reporting.Row, n) }
	c := reporting.Content{Figures: []reporting.Figure{{Key: "t", Name: "应检查政府网站", Unit: "个", Rows: rows(609)}, {Key: "q", Name: "合格网站", Unit: "个", Rows: rows(600)}, {Key: "u", Name: "不合格网站", Unit: "个", Rows: rows(9)}, {Key: "f", Name: "本季度发现问题", Unit: "个", Rows: rows(12)}},
		Shares: []reporting.Share{{Key: "r", Name: "检查合格率", Part: "q", Of: "t"}}}
	for _, tt := range []struct {
		text   string
		blocks int
		all    int
	}{
		{"应检查政府网站〔应检查政府网站〕，合格〔合格网站〕。", 0, 0},
		{"依据陕政公开办〔2021〕18号。", 0, 0},
		{"应检查政府网站610个。", 1, 1},
		{"应检查政府网站共６０９个。", 0, 1}, // right, and said to be better bound
		{"其中不合格网站8个，合格网站600个。", 1, 2},
		{"检查合格率达到99%。", 1, 1},
		{"检查合格率为98.5%。", 0, 1},
		{"全市共发现问题15个。", 1, 1},
		{"走访了3个单位。", 0, 1}, // nothing proves it: named
		{"〔没有这项〕。", 1, 1},
		{"联系人电话13800138000。", 1, 1},
	} {
		got := c.Problems(reporting.Outline{Parts: []reporting.Part{{On: true, Heading: "x", Text: tt.text}}})
		if len(got) != tt.all || len(blocks(got)) != tt.blocks {
			t.Errorf("%s: %+v", tt.text, got)
		}
	}
	if got := c.Fill("〔合格网站〕，〔检查合格率〕，〔2021〕，〔别的〕"); got != "600个，98.5%，〔2021〕，〔别的〕" {
		t.Error(got)
	}
}

func TestArticle29_OutlineOfTwoEditors(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.quarter()
		h.clock.Set(time.Date(2026, 4, 8, 1, 0, 0, 0, time.UTC))
		b := h.compose("2026-Q1")
		ctx, scope := h.as("city", authz.BulletinCompose)
		o := reporting.Usual(reporting.QuarterlyBulletin)
		part(&o, reporting.SectionFindings).Text = "本季度发现问题99个。"
		part(&o, reporting.SectionFindings).Chart = "findings.kinds"
		if _, err := h.svc.Edit(ctx, scope, b.ID, 0, o); err != nil {
			t.Fatal(err)
		}
		// The second began with the same text: nothing of either is lost.
		other, wide := h.as("colleague", authz.BulletinCompose)
		var stale *reporting.Stale
		if _, err := h.svc.Edit(other, wide, b.ID, 0, reporting.Usual(reporting.QuarterlyBulletin)); !errors.As(err, &stale) || !fault.Is(err, fault.Conflict) || part(&stale.Outline, reporting.SectionFindings).Text != "本季度发现问题99个。" {
			t.Errorf("%v %+v", err, stale)
		}
		h.agree(b.ID)
		if _, err := h.svc.Freeze(ctx, scope, b.ID); !fault.Is(err, fault.Refused) || !strings.Contains(fault.Of(err).Says, "本季度发现问题为6个") {
			t.Errorf("a typed figure against its rows: %v", err)
		}
		if _, err := h.svc.Edit(ctx, scope, b.ID, 1, o); !fault.Is(err, fault.Conflict) {
			t.Errorf("editing what was agreed to: %v", err)
		}
		if _, err := h.svc.Return(ctx, scope, b.ID, " "); !fault.Is(err, fault.Invalid) {
			t.Errorf("returned without a reason: %v", err)
		}
		if _, err := h.svc.Return(ctx, scope, b.ID, "数字不对"); err != nil {
			t.Fatal(err)
		}
		part(&o, reporting.SectionFindings).Text = "〔本季度发现问题〕问题，逐项整改。"
		o.Parts = append(o.Parts, reporting.Part{On: true, Heading: "自拟", Text: "自己写的一段。"})
		if _, err := h.svc.Edit(ctx, scope, b.ID, 1, o); err != nil {
			t.Fatal(err)
		}
		h.agree(b.ID)
		if _, err := h.svc.Freeze(ctx, scope, b.ID); err != nil {
			t.Fatal(err)
		}
		if b, err := h.svc.Issue(ctx, scope, b.ID, "市政办函〔2026〕5号"); err != nil || b.State != reporting.Issued {
			t.Fatal(err)
		}
		// What went out is corrected beside, never in place.
		if _, err := h.svc.Correct(ctx, scope, b.ID, reporting.Erratum{Was: "6个", Reads: "6个", Why: "x"}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%v", err)
		}
		if _, err := h.svc.Correct(ctx, scope, b.ID, reporting.Erratum{Was: "6个", Reads: "7个", Why: "漏计"}); err != nil {
			t.Fatal(err)
		}
		if _, err := h.svc.Show(ctx, scope, b.ID, true); err != nil {
			t.Fatal(err)
		}
		issued, err := h.svc.Bulletin(ctx, scope, b.ID)
		if err != nil {
			t.Fatal(err)
		}
		before := text(t, issued)
		if !strings.Contains(before, "6个问题，逐项整改。") || !strings.Contains(before, "自己写的一段。") || strings.Contains(before, "7个") {
			t.Error(before)
		}
		// The public reads the same paper, without the rows of the house.
		body, err := h.svc.Statement(ctx)
		if err != nil || bytes.Contains(body, []byte("/console/")) || bytes.Contains(body, []byte("LX-2026")) {
			t.Fatalf("%v %.300s", err, body)
		}
		var p reporting.Public
		if err := json.Unmarshal(body, &p); err != nil || len(p.Papers) != 1 || len(p.Papers[0].Errata) != 1 {
			t.Fatalf("%v %+v", err, p)
		}
		open, err := p.Papers[0].Bulletin()
		if err != nil || text(t, open) != before {
			t.Errorf("the public paper differs (%v)", err)
		}
	})
}

func TestArticle30_MonthlySheetAndSupervisionReport(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.quarter()
		ctx, scope := h.as("city", authz.BulletinCompose)
		if _, err := h.owed.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		h.clock.Set(time.Date(2027, 1, 8, 1, 0, 0, 0, time.UTC))
		if _, err := h.owed.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		open := func(kind string) int {
			return h.count(`SELECT count(*) FROM obligation o JOIN unit u ON u.id = o.unit_id WHERE o.kind = $1 AND o.state = 'open' AND u.name = '西安市人民政府办公厅'`, kind)
		}
		if open(reporting.MonthlyDue.ID) != 11 || open(reporting.SupervisionDue.ID) != 2 || open(reporting.AssessmentDue.ID) != 0 {
			t.Errorf("owed: %d sheets, %d reports", open(reporting.MonthlyDue.ID), open(reporting.SupervisionDue.ID))
		}
		january := assessment.MonthOf(calendar.Date{Year: 2026, Month: 3, Day: 1})
		sheet, err := h.svc.Compose(ctx, scope, reporting.MonthlyCheck, city, january)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.svc.Submit(ctx, scope, sheet.ID); !fault.Is(err, fault.Refused) {
			t.Errorf("a sheet is signed by one person: %v", err)
		}
		if sheet, err = h.svc.Sign(ctx, scope, sheet.ID); err != nil || sheet.StateName() != "已签字确认" || open(reporting.MonthlyDue.ID) != 10 {
			t.Fatalf("%v, %d owed", err, open(reporting.MonthlyDue.ID))
		}
		if _, err := h.svc.Compose(ctx, scope, reporting.AnnualAssessment, city, assessment.YearOf(january.First())); !fault.Is(err, fault.Refused) {
			t.Errorf("a city assesses the year: %v", err)
		}
		// The county reports to the city, which receives or sends back.
		own, reach := h.as("county", authz.BulletinCompose)
		year := assessment.YearOf(january.First())
		r, err := h.svc.Compose(own, reach, reporting.SupervisionReport, "county-610113000000", year)
		if err != nil {
			t.Fatal(err)
		}
		pass := func() {
			t.Helper()
			if _, err := h.svc.Submit(own, reach, r.ID); err != nil {
				t.Fatal(err)
			}
			if _, err := h.svc.Agree(ctx, scope, r.ID, ""); err != nil {
				t.Fatal(err)
			}
			if _, err := h.svc.Freeze(own, reach, r.ID); err != nil {
				t.Fatal(err)
			}
			if _, err := h.svc.Issue(own, reach, r.ID, "雁政办函〔2027〕2号"); err != nil {
				t.Fatal(err)
			}
		}
		owed := func() int {
			return h.count(`SELECT count(*) FROM obligation WHERE kind = 'supervision_report' AND state = 'open' AND period_key = '2026' AND subject_name LIKE '雁塔%'`)
		}
		pass()
		if owed() != 0 {
			t.Error("sent, and still owed")
		}
		if _, err := h.svc.Receive(own, reach, r.ID); !fault.Is(err, fault.Refused) {
			t.Errorf("received by who sent it: %v", err)
		}
		if _, err := h.svc.SendBack(ctx, scope, r.ID, "请补充问责情况"); err != nil {
			t.Fatal(err)
		}
		if owed() != 1 {
			t.Error("sent back, and not owed")
		}
		pass()
		if r, err = h.svc.Receive(ctx, scope, r.ID); err != nil || r.Receipt != "JG-2026-610113000000" || h.count(`SELECT count(*) FROM message WHERE title LIKE '上级已接收%'`) != 1 {
			t.Errorf("%+v %v", r.Receipt, err)
		}
		if got, err := h.svc.Bulletin(ctx, scope, r.ID); err != nil || !strings.Contains(text(t, got), "没有编制") {
			t.Errorf("what was not sent is named: %v", err)
		}
		// A report of the city lists the sheet it signed.
		report, err := h.svc.Compose(ctx, scope, reporting.SupervisionReport, city, year)
		if err != nil {
			t.Fatal(err)
		}
		if report, err = h.svc.Bulletin(ctx, scope, report.ID); err != nil || report.Content.Figure("months.signed").N() != 1 || report.Content.Figure("findings.total").Name != "本年度发现问题" {
			t.Errorf("%+v %v", report.Content.Figure("months.signed"), err)
		}
	})
}

func TestArticle30_LettersToEachUnit(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.quarter()
		h.clock.Set(time.Date(2026, 4, 8, 1, 0, 0, 0, time.UTC))
		b := h.compose("2026-Q1")
		ctx, scope := h.as("city", authz.BulletinCompose)
		if _, err := h.svc.Send(ctx, scope, b.ID, reporting.UsualTemplate); !fault.Is(err, fault.Refused) {
			t.Errorf("results of a draft: %v", err)
		}
		h.agree(b.ID)
		if _, err := h.svc.Freeze(ctx, scope, b.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := h.svc.Issue(ctx, scope, b.ID, "市政办函〔2026〕5号"); err != nil {
			t.Fatal(err)
		}
		if _, err := h.svc.Send(ctx, scope, b.ID, "{没有这项}"); !fault.Is(err, fault.Invalid) {
			t.Errorf("a slot that is none: %v", err)
		}
		// Nobody at the bureau of education can read.
		if err := h.leave("jyj"); err != nil {
			t.Fatal(err)
		}
		m, err := h.svc.Send(ctx, scope, b.ID, reporting.UsualTemplate)
		if err != nil || m.Sent != 3 || m.Failed != 1 {
			t.Fatalf("%+v %v", m, err)
		}
		if _, err := h.svc.Send(ctx, scope, b.ID, reporting.UsualTemplate); !fault.Is(err, fault.Conflict) {
			t.Errorf("a second run: %v", err)
		}
		mine, n, err := h.svc.ResultLetters(ctx, h.sessions["swj"], 10, 0)
		if err != nil || n != 1 || !strings.Contains(mine[0].Told.Text, "不合格1个") || !strings.Contains(mine[0].Told.Text, "发现问题1个，已整改到位0个") {
			t.Fatalf("%+v %v", mine, err)
		}
		if body, err := json.Marshal(mine[0].Told); err != nil || bytes.Contains(body, []byte("雁塔区")) {
			t.Errorf("another's rows: %s %v", body, err)
		}
		for who, want := range map[string]fault.Kind{"tongchuan": fault.NotFound, "county": fault.NotFound} {
			other, _ := h.as(who, authz.AssessmentRead)
			if _, err := h.svc.ResultLetter(other, h.sessions[who], mine[0].ID); !fault.Is(err, want) {
				t.Errorf("%s reads it: %v", who, err)
			}
		}
		// The sender looking marks nothing; the unit does, once.
		if l, err := h.svc.ResultLetter(ctx, h.sessions["city"], mine[0].ID); err != nil || l.State != reporting.LetterSent {
			t.Errorf("%+v %v", l.State, err)
		}
		as, _ := h.as("swj", authz.AssessmentRead)
		for range 2 {
			if l, err := h.svc.ResultLetter(as, h.sessions["swj"], mine[0].ID); err != nil || l.State != reporting.LetterRead || l.ReadBy != "swj" {
				t.Errorf("%+v %v", l.State, err)
			}
		}
		if n, err := h.svc.Resend(ctx, scope, b.ID); err != nil || n != 2 {
			t.Errorf("resent to %d (%v)", n, err)
		}
		m, list, ok, err := h.svc.MailingOf(ctx, scope, b.ID, reporting.LetterFailed, 10, 0)
		if err != nil || !ok || m.Read != 1 || m.Sent != 2 || m.Failed != 1 || len(list) != 1 || !strings.Contains(list[0].Failure, "没有可以查看结果的人员") {
			t.Errorf("%+v %+v %v", m, list, err)
		}
		var out bytes.Buffer
		if _, err := mine[0].Paper().WriteTo(&out); err != nil || out.Len() == 0 {
			t.Errorf("the letter as a document: %v", err)
		}
	})
}

func TestArticle30_GoodExamples(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		as, own := h.as("swj", authz.ExperienceOffer)
		unit, _ := h.sessions["swj"].Unit()
		e := reporting.Experience{Unit: org.UnitID(unit), Topic: reporting.ExperienceTopics[0], Title: "一次填表", Body: "做法。"}
		for field, bad := range map[string]reporting.Experience{"topic": {Unit: e.Unit, Topic: "x", Title: "a", Body: "b"}, "title": {Unit: e.Unit, Topic: e.Topic, Body: "b"}, "body": {Unit: e.Unit, Topic: e.Topic, Title: "a", Body: "电话13800138000"}} {
			if _, err := h.svc.Offer(as, own, bad); !fault.Is(err, fault.Invalid) || fault.Of(err).Fields[0].Name != field {
				t.Errorf("%s: %v", field, err)
			}
		}
		e, err := h.svc.Offer(as, own, e)
		if err != nil {
			t.Fatal(err)
		}
		tong, _ := h.as("tongchuan", authz.AssessmentRead)
		if _, err := h.svc.Experience(tong, h.sessions["tongchuan"], e.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("read before it is published: %v", err)
		}
		ctx, scope := h.as("city", authz.BulletinCompose)
		n := e
		n.Body = "改过的做法。"
		if _, err := h.svc.DecideExperience(ctx, scope, e.ID, "publish", n, ""); err != nil {
			t.Fatal(err)
		}
		if _, err := h.svc.DecideExperience(ctx, scope, e.ID, "publish", n, ""); !fault.Is(err, fault.Conflict) {
			t.Errorf("twice: %v", err)
		}
		if got, err := h.svc.Experience(tong, h.sessions["tongchuan"], e.ID); err != nil || got.Body != "改过的做法。" {
			t.Errorf("%+v %v", got, err)
		}
		b := h.compose("2026-Q1")
		if b, err = h.svc.Tell(ctx, h.sessions["city"], scope, b.ID, 0, reporting.Case{Kind: reporting.ExperienceCase, ID: string(e.ID), Text: "写进通报"}); err != nil || len(part(&b.Outline, reporting.SectionExperience).Cases) != 1 {
			t.Errorf("%v", err)
		}
		if _, err := h.svc.Tell(ctx, h.sessions["city"], scope, b.ID, 1, reporting.Case{Kind: "finding", ID: "nothing", Text: "x"}); !fault.Is(err, fault.NotFound) {
			t.Errorf("a case of no row: %v", err)
		}
	})
}

// Results leave for the target assessment by unit and for the openness
// evaluation by site, each with its dictionary.
func TestArticle29_ResultsForOtherAssessments(t *testing.T) {
	c := reporting.Content{Sites: []reporting.Result{{ID: "1", Name: "甲", Unit: "u", UnitName: "单位", Verdict: "qualified", Scored: true, Points: 9250, Found: 2}, {ID: "2", Name: "乙", Unit: "u", UnitName: "单位", Verdict: "unqualified", Scored: true, Points: 5000, Unverified: true, Late: 1}, {ID: "3", Name: "丙", Unit: "v", UnitName: "另一", Verdict: "untested"}}}
	unit := c.Rows(reporting.ForTarget)
	if len(unit) != 2 || unit[0][3] != 2 || unit[0][4] != 1 || unit[0][5] != 1 || unit[0][7] != "92.5" || unit[0][11] != 1 || unit[1][6] != 1 || unit[1][7] != "" {
		t.Errorf("%v", unit)
	}
	site := c.Rows(reporting.ForOpenness)
	if len(site) != 3 || site[0][8] != "92.5" || site[1][8] != "" { // an unverified score is not published
		t.Errorf("%v", site)
	}
	for _, u := range reporting.Uses {
		for _, row := range c.Rows(u.Use) {
			if len(row) != len(reporting.Dictionary(u.Use)) {
				t.Errorf("%s: %d cells of %d", u.Use, len(row), len(reporting.Dictionary(u.Use)))
			}
		}
	}
}

// leave ends the posts at a unit.
func (h *house) leave(name string) error {
	ctx := audit.System(context.Background(), "test")
	unit, _ := h.sessions[name].Unit()
	return h.db.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE post SET ended_at = $2 WHERE unit_id = $1`, unit, tx.Now()); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "test.leave", Target: audit.Target{Kind: "unit", ID: unit}})
	})
}
