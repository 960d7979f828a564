package internal_test

import (
	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/impostor"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/security"

	"bytes"
	"encoding/json"
	"image"
	"image/png"

	"github.com/oklog/ulid/v2"
)

// guard gives the county's portal a fake with its steps, a name like its own,
// and a hole of the yearly check.
func (n *neighbourhood) guard(c *county, site registry.Site) {
	t, h := n.t, n.h
	boss, cyber, sponsor := c.people[authz.Supervisor], c.people[authz.Cyberspace], c.people[authz.Sponsor]
	file := approval.Upload{Name: c.mark + "截图.pdf", Content: bytes.NewReader(pdf)}
	fake := must(h.Impostors.Report(as(sponsor), sponsor.ScopeFor(authz.ImpostorReport), impostor.Clue{Kind: "site", Address: c.latin + "-gov.cn", Name: c.mark + "人民政府", Of: registry.Ref{Kind: sx2021.Site, ID: string(site.ID)}, Says: c.mark + "冒充。", Contact: c.mark + "联系"}, []approval.Upload{file}))(t)
	scope := boss.ScopeFor(authz.ImpostorVerify)
	if err := h.Impostors.Verify(as(boss), scope, boss, fake.ID, c.mark+"核实属实", nil); err != nil {
		t.Fatal(err)
	}
	if err := h.Impostors.Refer(as(boss), scope, boss, fake.ID, c.mark); err != nil {
		t.Fatal(err)
	}
	c.keep("/console/impostors/{id}", fake.ID)
	// A look that set its page beside the genuine one, with both logos.
	var logo bytes.Buffer
	if err := png.Encode(&logo, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
	ref := must(h.Blobs.Put(t.Context(), bytes.NewReader(logo.Bytes())))(t)
	look := ulid.Make().String()
	if err := h.DB.Update(audit.System(t.Context(), "test"), func(tx *db.Tx) error {
		likeness := must(json.Marshal(impostor.Likeness{With: "http://" + site.Host + "/", Logo: ref, Ours: ref, Signs: []impostor.Sign{{Name: impostor.LogoSign, Alike: true, Fake: c.mark, Ours: c.mark}}}))(t)
		if _, err := tx.Exec(t.Context(), `INSERT INTO impostor_look (id, impostor_id, at, outcome, says, actor, title, status, addresses, ref, sha256, likeness) VALUES ($1, $2, $3, 'there', $4, '', $4, 200, '1.2.3.4', '', '', $5)`, look, fake.ID, tx.Now(), c.mark, string(likeness)); err != nil {
			return err
		}
		return audit.Record(audit.System(t.Context(), "test"), tx, audit.Entry{Act: "test.look"})
	}); err != nil {
		t.Fatal(err)
	}
	c.keep("/console/impostors/{look}", look)
	c.ids["/console/impostors/{whose}"] = []string{"ours", "suspect"}
	for _, a := range must(approval.Attachments(t.Context(), h.DB, "impostor", fake.ID))(t) {
		c.keep("/console/impostors/{file}", a.ID)
	}
	like := c.latin + ".com"
	if err := h.DB.Update(audit.System(t.Context(), "test"), func(tx *db.Tx) error {
		_, err := tx.Quiet(t.Context(), `INSERT INTO impostor_candidate (host, shown, imitates, technique, site_id, unit_id, addresses, state, first_seen, last_seen) VALUES ($1, $1, $2, 'tld_swap', $3, $4, '1.2.3.4', 'new', $5, $5)`, like, site.Host, site.ID, site.Unit, tx.Now())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	c.ids["/console/lookalikes/{host}"] = []string{like}

	today := calendar.Today(n.clock)
	plans := cyber.ScopeFor(authz.SecurityPlan)
	plan := must(h.Security.Plan(as(cyber), plans, cyber, security.NewPlan{Unit: c.office.ID, Year: today.Year, Title: c.mark + "检查", BeginsOn: today}))(t)
	sheets, _, err := h.Security.Sheets(t.Context(), plans, security.SheetFilter{Plan: plan.ID})
	if err != nil || len(sheets) == 0 {
		t.Fatalf("%d sheets, %v", len(sheets), err)
	}
	hole := must(h.Security.AddHole(as(cyber), plans, cyber, sheets[0].ID, security.Hole{Layer: "server", Severity: "error", Title: c.mark + "漏洞", Says: c.mark}))(t)
	must(h.Security.Order(as(cyber), plans, cyber, sheets[0].ID))(t)
	if err := h.Security.Mend(as(sponsor), sponsor.ScopeFor(authz.SecurityMend), sponsor, hole.ID, c.mark+"已整改", []approval.Upload{{Name: c.mark + "记录.pdf", Content: bytes.NewReader(pdf)}}); err != nil {
		t.Fatal(err)
	}
	c.keep("/console/security/{id}", plan.ID)
	c.keep("/console/security-sheets/{id}", sheets[0].ID)
	c.keep("/console/security-holes/{id}", hole.ID)
	for _, a := range must(approval.Attachments(t.Context(), h.DB, "security_hole", hole.ID))(t) {
		c.keep("/console/security-holes/{file}", a.ID)
	}
	c.ids["/console/security-sheets/{file}"] = c.ids["/console/security-holes/{file}"]
	c.ids["/console/hosts/{id}"] = []string{string(site.ID)}
	c.ids["/console/vantages/{id}"] = []string{"01J00000000000000000000000"}
	c.ids["/console/vantages/{mark}"] = []string{"0123456789ABCDEF01234567"}
	c.ids["/console/account-sheets/{id}"] = c.ids["/console/accounts/{id}"]
	c.ids["/console/account-sheets/{file}"] = c.ids["/console/accounts/{id}"]
}
