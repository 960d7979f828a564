package internal_test

import (
	"bytes"

	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/merit"
	"zhengshu/internal/registry"
)

// answered gives the county a commendation under way and a batch that its office
// handed over.
func (n *neighbourhood) answered(c *county) {
	t, h := n.t, n.h
	supervisor := c.people[authz.Supervisor]
	ctx := as(supervisor)
	file := approval.Upload{Kind: "decision", Field: "file", Name: c.mark + "决定.pdf", Content: bytes.NewReader(pdf)}
	r := must(h.Merits.Enter(ctx, supervisor.ScopeFor(authz.MeritRecord), supervisor, c.office.ID, merit.Entry{Unit: c.dept.ID, Kind: "praise", Capacity: "staff", Person: c.mark + "某", Body: c.mark + "办公室", Document: c.mark + "文号", DecidedOn: calendar.Today(n.clock), Says: c.mark + "成绩突出"}, []approval.Upload{file}))(t)
	c.keep("/console/merits/{id}", string(r.ID))
	full, _, err := h.Merits.Record(ctx, supervisor.ScopeFor(authz.MeritRecord), supervisor, r.ID)
	if err != nil {
		t.Fatal(err)
	}
	c.keep("/console/merits/{file}", full.Files[0].ID)

	site := registry.SiteID(c.ids["/console/sites/{id}"][0])
	var found inspection.Finding
	if err := h.DB.Update(audit.System(ctx, "test"), func(tx *db.Tx) error {
		var err error
		found, err = h.Inspection.Raise(ctx, tx, system, site, engine.Sighting{Check: "footer.icp", Severity: check.Error, Says: c.mark + "未见ICP备案号", Article: "S7.3b", URL: "http://" + c.mark + ".example/", Pages: 1, Evidence: engine.Evidence{At: tx.Now()}})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	batch := must(h.Coordination.Refer(ctx, supervisor.ScopeFor(authz.CoordinationManage), supervisor, c.office.ID, []string{"finding:" + string(found.ID)}, c.mark+"请尽快"))(t)
	c.keep("/console/referrals/{id}", batch[0].ID)
}
