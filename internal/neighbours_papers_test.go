package internal_test

import (
	"zhengshu/internal/assessment"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/org"
	"zhengshu/internal/reporting"

	"github.com/oklog/ulid/v2"
)

// furnishPapers gives the county an example that was not published yet, and a
// letter with its results.
func (n *neighbourhood) furnishPapers(c *county) {
	t, h := n.t, n.h
	supervisor := c.people[authz.Supervisor]
	unit, _ := supervisor.Unit()
	e := must(h.Reporting.Offer(as(supervisor), supervisor.ScopeFor(authz.ExperienceOffer), reporting.Experience{Unit: org.UnitID(unit), Topic: reporting.ExperienceTopics[0], Title: c.mark + "经验", Body: c.mark + "的做法。"}))(t)
	c.ids["/console/experiences/{id}"] = append(c.ids["/console/experiences/{id}"], string(e.ID))
	c.own = append(c.own, string(e.ID))
	letter := ulid.Make().String()
	p := must(h.Reporting.Compose(as(supervisor), supervisor.ScopeFor(authz.BulletinCompose), reporting.MonthlyCheck, c.area, assessment.MonthOf(calendar.Today(n.clock)).Before()))(t)
	if err := h.DB.Update(as(supervisor), func(tx *db.Tx) error {
		if _, err := tx.Exec(as(supervisor), `INSERT INTO mailing (id, bulletin_id, unit_id, template, sent_by, sent_at) VALUES ($1, $2, $3, 'x', 'x', $4)`, letter, p.ID, unit, tx.Now()); err != nil {
			return err
		}
		if _, err := tx.Exec(as(supervisor), `INSERT INTO mailing_letter (id, mailing_id, unit_id, content, state, sent_at) VALUES ($1, $1, $2, $3, 'sent', $4)`, letter, unit, `{"paper":"`+c.mark+`通报","text":"`+c.mark+`"}`, tx.Now()); err != nil {
			return err
		}
		return audit.Record(as(supervisor), tx, audit.Entry{Act: "test.letter", Target: audit.Target{Kind: "mailing", ID: letter, Unit: unit}})
	}); err != nil {
		t.Fatal(err)
	}
	c.ids["/console/result-letters/{id}"] = append(c.ids["/console/result-letters/{id}"], letter)
	c.own = append(c.own, letter)
}
