package appraisal_test

import (
	"context"
	"testing"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/appraisal"
	"zhengshu/internal/assessment"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/packs"
	"zhengshu/internal/rules/sx2021"
)

// Readings 1 gives an office's own site to the next office up; above the province
// stands none here. Its own people judge it only where the province says so, each
// with a reason that stays with the result, and never who has a hand in the site.
func TestArticle29_OwnSiteWithNoOfficeAbove(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := audit.System(context.Background(), "test")
		office := h.units["省政府办公厅"]
		people := map[string]*authz.Session{}
		h.must(h.db.Update(ctx, func(tx *db.Tx) error {
			for name, roles := range map[string][]authz.Role{"巡查": {authz.Inspector}, "编辑": {authz.Inspector, authz.Editor}} {
				p, err := h.org.AddPerson(ctx, tx, system, org.Person{Unit: office.ID, Name: name})
				if err != nil {
					return err
				}
				for _, r := range roles {
					if err := h.org.Appoint(ctx, tx, system, p.ID, office.ID, r); err != nil {
						return err
					}
				}
				posts, err := h.org.PostsOf(ctx, tx, p.ID)
				if err != nil {
					return err
				}
				people[name] = &authz.Session{PersonID: string(p.ID), Name: name, Posts: posts}
			}
			s, err := h.registry.EnterSite(ctx, tx, registry.Site{Unit: office.ID, Kind: registry.Portal, Name: "陕西省政府", Host: "www.shaanxi.gov.cn"})
			if err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `INSERT INTO inspection_run (id, site_id, kind, state, asked_at, started_at, finished_at, pages, links) VALUES ($1, $2, 'patrol', 'done', $3, $3, $3, 10, 10)`, ulid.Make().String(), s.ID, tx.Now()); err != nil {
				return err
			}
			return audit.Record(ctx, tx, audit.Entry{Act: "test.fill"})
		}))
		h.adopt()
		r, err := h.svc.Open(as(h.prov), manage(h.prov), appraisal.Opening{Unit: office.ID, Kind: "quarterly", Period: quarter, Pack: assessment.PackID + "@1", Plan: appraisal.Plan{SiteShare: 100}, Seed: "7"})
		h.must(err)
		_, err = h.svc.Collect(as(h.prov), manage(h.prov), r.ID)
		h.must(err)
		own, ok := h.objects(r)["陕西省政府"]
		if !ok {
			t.Fatal("the province's own portal is not in its sample")
		}
		line := []appraisal.Entry{{Indicator: "V-W-1.4", Outcome: packs.Kept}}
		judge := func(who, why string) error {
			s := people[who]
			_, err := h.svc.JudgeOwn(as(s), s.ScopeFor(authz.AppraisalJudge), s, r.ID, own.ID, line, nil, why)
			return err
		}
		const why = "上面没有其他主管单位，由不经手网站的督查人员评判"
		refused(t, judge("巡查", why), fault.Refused, "没有在设置中同意")
		// A city is always judged from above.
		refused(t, h.judge(h.a, r, h.objects(r)["西安市政府"], line...), fault.NotFound, "")

		h.svc.Settings = func() sx2021.Settings { s := sx2021.Defaults(); s.TopOwnJudged = true; return s }
		refused(t, judge("编辑", why), fault.Refused, "参与陕西省政府的采编")
		refused(t, judge("巡查", ""), fault.Invalid, "")
		s := people["巡查"]
		f, err := h.svc.Form(as(s), s.ScopeFor(authz.AppraisalJudge), s, r.ID, own.ID)
		if err != nil || !f.OwnUnit || f.Barred != "" {
			t.Errorf("the form: own %t, barred %q, %v", f.OwnUnit, f.Barred, err)
		}
		h.must(judge("巡查", why))
		if _, err = h.svc.Freeze(as(h.prov), manage(h.prov), r.ID, false); err != nil {
			t.Fatal(err)
		}
		d, err := h.svc.Result(as(h.prov), h.prov.ScopeFor(authz.AssessmentRead), h.prov, own.ID)
		if err != nil || len(d.Sheets) != 1 || d.Sheets[0].OwnReason != why {
			t.Errorf("the result does not say why its own people judged it: %+v, %v", d.Sheets, err)
		}
	})
}
