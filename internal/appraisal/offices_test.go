package appraisal_test

import (
	"context"
	"strings"
	"testing"

	"zhengshu/internal/appraisal"
	"zhengshu/internal/assessment"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/rules/packs"
)

// Articles 29 and 30: what no record of the house tells of a supervising office
// (what a national sample came to, whether the work was done at all, what was
// merged, what was taken up elsewhere) is judged by persons of the office above:
// two where it fails the whole, with evidence, appeal and erratum as everywhere.
// What they published is what the office's assessment says from then on.
func TestArticle29_OfficesAreJudgedByTheOfficeAbove(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.assessment.Observe(h.svc.Shares(), h.svc.Judged())
		province, city, county := h.units["省政府办公厅"], h.units["西安市政府办公厅"], h.units["雁塔区政府办公室"]
		judges := map[string]*authz.Session{}
		ctx := audit.System(context.Background(), "test")
		h.must(h.db.Update(ctx, func(tx *db.Tx) error {
			for name, role := range map[string]authz.Role{"省巡甲": authz.Inspector, "省巡乙": authz.Inspector, "省厅二": authz.Supervisor} {
				p, err := h.org.AddPerson(ctx, tx, system, org.Person{Unit: province.ID, Name: name})
				if err != nil {
					return err
				}
				if err := h.org.Appoint(ctx, tx, system, p.ID, province.ID, role); err != nil {
					return err
				}
				posts, err := h.org.PostsOf(ctx, tx, p.ID)
				if err != nil {
					return err
				}
				judges[name] = &authz.Session{PersonID: string(p.ID), Name: name, Posts: posts}
			}
			return audit.Record(ctx, tx, audit.Entry{Act: "test.fill"})
		}))
		h.adopt()
		_, err := h.assessment.Adopt(as(h.prov), h.prov.ScopeFor(authz.PackAdopt), province.ID, assessment.OfficePackID, 1, assessment.Adopted, "陕政办函〔2026〕2号")
		h.must(err)
		year := assessment.YearOf(calendar.Today(h.clock))
		score := func(office org.UnitID) (assessment.Score, map[string]assessment.Line) {
			t.Helper()
			list, err := h.assessment.ScoreOffices(context.Background(), h.db, system, year, assessment.ScoreFilter{Unit: office})
			h.must(err)
			lines := map[string]assessment.Line{}
			for _, l := range list[0].Lines {
				lines[l.ID] = l
			}
			return list[0], lines
		}
		byHand := []string{"J-V-1", "J-V-2", "J-V-3", "J-B-1", "J-B-2"}
		_, lines := score(city.ID)
		for _, id := range byHand {
			if l := lines[id]; l.Outcome != packs.Untested || !strings.Contains(l.Note, "组织监管工作考核") {
				t.Errorf("%s before anybody judged: %s %q", id, l.Outcome, l.Note)
			}
		}

		// A round is about sites and accounts or about offices, by a pack for it.
		opening := appraisal.Opening{Unit: province.ID, Kind: appraisal.Offices, Period: year.String(), Pack: assessment.OfficePackID + "@1", Seed: "7"}
		wrong := opening
		wrong.Pack = assessment.PackID + "@1"
		_, err = h.svc.Open(as(h.prov), manage(h.prov), wrong)
		refused(t, err, fault.Invalid, "不是考核主管单位的指标包")
		wrong = opening
		wrong.Kind, wrong.Plan = "annual", appraisal.Plan{SiteShare: 100}
		_, err = h.svc.Open(as(h.prov), manage(h.prov), wrong)
		refused(t, err, fault.Invalid, "只用于监管工作考核")
		wrong = opening
		wrong.Period = quarter
		_, err = h.svc.Open(as(h.prov), manage(h.prov), wrong)
		refused(t, err, fault.Invalid, "")

		r, err := h.svc.Open(as(h.prov), manage(h.prov), opening)
		h.must(err)
		objects := h.objects(r)
		o, ok := objects[city.Name]
		if !ok || len(objects) != 1 || o.Class != packs.OfficeWork || o.Drawn != "whole" {
			t.Fatalf("the province judges the offices directly below it: %+v", objects)
		}
		_, err = h.svc.Name(as(h.prov), manage(h.prov), r.ID, "office", county.Name, "县办由市里考核，这里只是试试")
		refused(t, err, fault.Invalid, "直接下级主管单位")
		_, err = h.svc.Collect(as(h.prov), manage(h.prov), r.ID)
		h.must(err)

		kept := func(id string) appraisal.Entry { return appraisal.Entry{Indicator: id, Outcome: packs.Kept} }
		bonus := appraisal.Entry{Indicator: "J-B-1", Outcome: packs.Kept, Earned: 500, Says: "全市网站均已迁入集约化平台（省集约化平台台账）"}
		h.must(h.judge(judges["省巡甲"], r, o, kept("J-V-1"), kept("J-V-2"), bonus))
		h.must(h.judge(judges["省巡乙"], r, o, kept("J-V-1"), appraisal.Entry{Indicator: "J-V-2", Outcome: packs.Violated, Says: "国办抽查通报中不合格比例超过规定"}))
		refused(t, h.judge(h.a, r, o, kept("J-V-1")), fault.NotFound, "") // the city's own
		// Two differ on what fails the whole: a third rules.
		_, err = h.svc.Freeze(as(h.prov), manage(h.prov), r.ID, false)
		refused(t, err, fault.Refused, "两人评判不一致")
		h.must(h.svc.Rule(as(h.prov), manage(h.prov), r.ID, o.ID, "J-V-2", packs.Kept, "核对国办通报原文，比例没有超过规定"))
		r, err = h.svc.Freeze(as(h.prov), manage(h.prov), r.ID, false)
		h.must(err)
		_, err = h.svc.OpenAppeals(as(h.prov), manage(h.prov), r.ID)
		h.must(err)
		if _, lines := score(city.ID); lines["J-B-1"].Outcome != packs.Untested {
			t.Error("what is not published counts already")
		}
		h.must(h.svc.Accept(as(h.head), system, o.ID))
		_, err = h.svc.Decide(as(h.prov), manage(h.prov), r.ID)
		h.must(err)
		r, err = h.svc.Publish(as(h.prov), manage(h.prov), r.ID)
		h.must(err)

		sc, lines := score(city.ID)
		for id, want := range map[string]packs.Outcome{"J-V-1": packs.Kept, "J-V-2": packs.Kept, "J-V-3": packs.Untested, "J-B-1": packs.Kept, "J-B-2": packs.Untested} {
			if l := lines[id]; l.Outcome != want {
				t.Errorf("%s: %s %q, want %s", id, l.Outcome, l.Note, want)
			}
		}
		if l := lines["J-B-1"]; l.Deducted != 500 || !strings.Contains(l.Note, r.Name) {
			t.Errorf("the bonus: %+v", l)
		}
		if sc.Verdict != assessment.Qualified || sc.Points != 105_00 {
			t.Errorf("the city: %s %s", sc.Verdict, sc.Points)
		}
		if lines["J-D-9"].Outcome != packs.Untested {
			t.Error("the result of an office counts among those of sites and accounts")
		}
		if _, lines := score(county.ID); lines["J-V-1"].Outcome != packs.Untested {
			t.Error("the county was judged with the city")
		}
		d, err := h.svc.Result(as(h.prov), system, h.prov, o.ID)
		h.must(err)
		if d.Now.Points != sc.Points || d.Now.Verdict != sc.Verdict {
			t.Errorf("the round says %s %s, the score %s %s", d.Now.Verdict, d.Now.Points, sc.Verdict, sc.Points)
		}
		if _, ok, err := h.svc.Results(context.Background(), h.db, system, province.Area, year); err != nil || ok {
			t.Errorf("a bulletin of sites takes the round about offices for its own: %t %v", ok, err)
		}
		if x, err := h.svc.Rescore(context.Background(), system, r.ID); err != nil || len(x.Damage) > 0 {
			t.Errorf("rescored: %+v %v", x.Damage, err)
		}

		// An erratum moves both.
		c, err := h.svc.Propose(as(h.prov), manage(h.prov), r.ID, o.ID, appraisal.Entry{Indicator: "J-V-1", Outcome: packs.Violated, Says: "国办通报了两个网站"}, "国办更正了抽查通报，两个网站因严重表述错误不合格")
		h.must(err)
		_, err = h.svc.Confirm(as(judges["省厅二"]), manage(judges["省厅二"]), c.ID, true)
		h.must(err)
		sc, lines = score(city.ID)
		if l := lines["J-V-1"]; sc.Verdict != assessment.Unqualified || l.Outcome != packs.Violated || !strings.Contains(l.Note, "勘误") || len(l.Findings) != 1 || l.Findings[0].Link() != o.Link() {
			t.Errorf("after the erratum: %s, %+v", sc.Verdict, l)
		}
	})
}
