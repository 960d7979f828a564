package workbenchweb

import (
	"slices"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/notify"
)

// audience keeps the messages the person has a use for. A message goes to a
// unit, and not everybody there may open what it speaks of: an auditor of the
// office has no business with its letters, nor a clerk with cases that wait
// for a decision. What was sent to the person by name always stays.
func audience(session *authz.Session, list []notify.Message, need func(href string) authz.Permission) []notify.Message {
	return slices.DeleteFunc(slices.Clone(list), func(m notify.Message) bool { return m.Person == "" && !concerns(session, m, need(m.Link)) })
}

// concerns takes what the page of the message asks for.
func concerns(session *authz.Session, m notify.Message, need authz.Permission) bool {
	switch {
	case need == authz.CaseRead && strings.Contains(m.Key, ":step:"):
		need = authz.CaseDecide // a case that arrived at the unit's step
	case strings.HasPrefix(m.Key, "obligation:") && strings.HasSuffix(m.Key, ":escalate"):
		need = authz.OrderIssue // another unit is late: its supervisor's matter
	}
	if need == "" || session == nil {
		return need == ""
	}
	// The post at the unit that was told counts, not one held elsewhere.
	here := authz.Session{PersonID: session.PersonID}
	for _, p := range session.Posts {
		if p.UnitID == m.Unit {
			here.Posts = append(here.Posts, p)
		}
	}
	return here.May(need)
}
