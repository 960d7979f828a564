package internal_test

import (
	"bytes"
	"context"

	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/duty"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/library"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/vigil"
)

// watch gives the county a protected period of its own, which has not begun.
func (n *neighbourhood) watch(c *county, province *authz.Session, site registry.Site) {
	t, h := n.t, n.h
	t.Helper()
	today := calendar.Today(n.clock)
	p := must(h.Vigil.Declare(as(province), province, vigil.Period{Area: c.area, Name: c.mark + "保障", Reason: c.mark + "保障", Document: "函", From: today.AddDays(40), Until: today.AddDays(45)}))(t)
	c.keep("/console/protected-periods/{id}", p.ID)

	sponsor, inspector := c.people[authz.Sponsor], c.people[authz.Inspector]
	month := duty.MonthOf(today)
	manage := sponsor.ScopeFor(authz.DutyManage)
	must(h.Duty.Fill(as(sponsor), manage, c.office.ID, month, duty.Rotation{Turns: "one", People: []org.PersonID{org.PersonID(inspector.PersonID), org.PersonID(sponsor.PersonID)}}))(t)
	must(h.Duty.Publish(as(sponsor), manage, c.office.ID, month))(t)
	must(h.Duty.Reopen(as(sponsor), manage, c.office.ID, month))(t) // which keeps an edition
	must(h.Duty.Publish(as(sponsor), manage, c.office.ID, month))(t)
	c.ids["/console/duty/rosters/{no}"] = []string{"1"}
	c.ids["/console/duty/rosters/{unit}"], c.ids["/console/duty/rosters/{month}"] = []string{string(c.office.ID)}, []string{month, duty.NextMonth(month)}
	c.ids["/console/duty/records/{unit}"], c.ids["/console/duty/records/{day}"] = []string{string(c.office.ID)}, []string{today.String()}
	now, next, err := h.Duty.OnDuty(as(sponsor), system, c.office.ID, n.clock.Now())
	if err != nil || now.Zero() || next.Zero() {
		t.Fatalf("nobody is on duty (%v)", err)
	}
	c.keep("/console/duty/shifts/{id}", next.ID)
	c.keep("/console/duty/handovers/{id}", now.ID)
	asker, to := inspector, sponsor
	if next.Has(sponsor.PersonID) {
		asker, to = sponsor, inspector
	}
	swap := must(h.Duty.AskSwap(as(asker), asker.ScopeFor(authz.DutyServe), next.ID, org.PersonID(to.PersonID), c.mark+"出差"))(t)
	c.keep("/console/duty/swaps/{id}", swap.ID)
	must(h.Duty.Look(as(inspector), inspector.ScopeFor(authz.DutyServe), c.office.ID, today, site.ID, duty.Pass, ""))(t)
	room := must(h.Duty.OpenIncident(as(inspector), inspector.ScopeFor(authz.IncidentHandle), c.office.ID, c.mark+"网站打不开", c.mark+"机房断电", ""))(t)
	c.keep("/console/incidents/{id}", room.ID)
	c.ids["/console/incidents/{act}"] = []string{"note", "presence", "assign", "finish", "propose"}
	must(h.Duty.Paper(as(inspector), inspector.ScopeFor(authz.IncidentHandle), room.ID, &approval.Upload{Name: c.mark + ".pdf", Content: bytes.NewReader(pdf)}))(t)
	for _, a := range must(approval.Attachments(as(inspector), h.DB, "incident", room.ID))(t) {
		c.keep("/console/incidents/{file}", a.ID)
	}
	live := must(h.Duty.ProposeTakedown(as(inspector), system, library.ItemID(c.live), c.mark+"有误", room.ID, false))(t)
	c.keep("/console/takedowns/{id}", live.ID)
	ctx := audit.System(context.Background(), "test")
	if err := h.DB.Update(ctx, func(tx *db.Tx) error {
		f, err := h.Inspection.Raise(ctx, tx, system, site.ID, engine.Sighting{Check: "sensitive.wording", Severity: check.Serious, Says: c.mark + "首页有严重表述错误。", Article: "S23.2", URL: "http://" + site.Host + "/", Where: "<div>"})
		c.own = append(c.own, string(f.ID))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	alarms, _, err := h.Duty.Alarms(as(inspector), system, duty.AlarmFilter{Unit: c.office.ID})
	if err != nil {
		t.Fatal(err)
	}
	if len(alarms) == 0 {
		t.Fatal("the county's serious finding raised no alarm")
	}
	for _, a := range alarms {
		c.keep("/console/alarms/{id}", a.ID)
	}
}
