package internal_test

import (
	"bytes"
	"context"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/appraisal"
	"zhengshu/internal/approval"
	"zhengshu/internal/assessment"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/packs"
)

// appraise gives the county a round of its own with a sheet and an appeal, and a
// blind test of its site.
func (n *neighbourhood) appraise(c *county, site registry.Site) {
	t, h := n.t, n.h
	t.Helper()
	head, judge := c.people[authz.Supervisor], c.people[authz.Inspector]
	manage, look := head.ScopeFor(authz.AppraisalManage), judge.ScopeFor(authz.AppraisalJudge)
	period := assessment.QuarterOf(calendar.Today(n.clock)).String()
	r := must(h.Rounds.Open(as(head), manage, appraisal.Opening{Unit: c.office.ID, Kind: "quarterly", Period: period, Name: c.mark + "季检查", Pack: assessment.PackID + "@1", Plan: appraisal.Plan{SiteShare: 100, AccountShare: 100}}))(t)
	c.keep("/console/rounds/{id}", r.ID)
	must(h.Rounds.Collect(as(head), manage, r.ID))(t)
	list, _, err := h.Rounds.Objects(as(head), manage, head, r.ID, appraisal.ObjectFilter{Limit: 1000, Kind: "site"})
	if err != nil || len(list) == 0 {
		t.Fatalf("the county's round has %d sites (%v)", len(list), err)
	}
	o := list[0]
	c.keep("/console/rounds/{object}", o.ID)
	c.keep("/console/results/{object}", o.ID)
	c.ids["/console/rounds/{indicator}"] = []string{"V-W-1.4"}
	must(h.Rounds.Judge(as(judge), look, judge, r.ID, o.ID, []appraisal.Entry{{Indicator: "V-W-1.4", Outcome: packs.Violated, Says: c.mark + "网站被攻击"}}, []approval.Upload{{Name: c.mark + ".pdf", Content: bytes.NewReader(pdf)}}))(t)
	must(h.Rounds.Freeze(as(head), manage, r.ID, true))(t)
	must(h.Rounds.OpenAppeals(as(head), manage, r.ID))(t)
	a := must(h.Rounds.Raise(as(c.clerk), system, o.ID, "V-W-1.4", c.mark+"有异议", nil))(t)
	c.keep("/console/rounds/{appeal}", a.ID)
	c.keep("/console/results/{appeal}", a.ID)
	d := must(h.Rounds.Result(as(head), system, head, o.ID))(t)
	for _, s := range d.Sheets {
		for _, f := range s.Evidence {
			c.keep("/console/results/{file}", f.ID)
		}
	}

	// The county's own portal is tested by the city; its own campaign, of its
	// site, is written down as one would be.
	campaign, letter, erratum := ulid.Make().String(), ulid.Make().String(), ulid.Make().String()
	ctx := audit.System(context.Background(), "test")
	if err := h.DB.Update(ctx, func(tx *db.Tx) error {
		sealed, err := h.Keys.Seal("blindtest.persona", []byte(`[]`))
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO blind_campaign (id, number, name, period, area_id, unit_id, share, seed, stock, days, persona, state, head_id, head_name, made_at, started_at) VALUES ($1, $2, $3, $4, $5, $6, 100, 1, 1, 5, $7, 'running', $8, $9, $10, $10)`,
			campaign, "MC-"+c.latin, c.mark+"盲测", period, c.area, c.office.ID, sealed, head.PersonID, head.Name, tx.Now()); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO blind_letter (id, campaign_id, site_id, site_name, unit_id, area_name, area_code, way, text_id, title, body, persona_no, state) VALUES ($1, $2, $3, $4, $5, $6, '', 'manual', 'T01', $7, $7, 0, 'planned')`,
			letter, campaign, site.ID, site.Name, c.office.ID, c.mark, c.mark+"测试来信"); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO appraisal_correction (id, round_id, object_id, indicator, outcome, reason, state, proposed_id, proposed_by, proposed_at) VALUES ($1, $2, $3, 'V-W-1.4', 'kept', $4, 'refused', $5, $6, $7)`,
			erratum, r.ID, o.ID, c.mark+"勘误", head.PersonID, head.Name, tx.Now()); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "test.blind"})
	}); err != nil {
		t.Fatal(err)
	}
	c.keep("/console/rounds/{erratum}", erratum)
	c.keep("/console/blind-tests/{id}", campaign)
	for _, key := range []string{"/console/blind-tests/{letter}", "/console/blind-marks/{letter}", "/console/blind-letters/{letter}"} {
		c.keep(key, letter)
	}
}
