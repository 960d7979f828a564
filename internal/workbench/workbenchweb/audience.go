package workbenchweb

import (
	"slices"

	"zhengshu/internal/authz"
	"zhengshu/internal/notify"
	"zhengshu/internal/workbench"
)

// openable keeps the tasks whose page the person may open: what an office owes
// waits for those of its people who can do something about it.
func openable(session *authz.Session, list []workbench.Task, need func(href string) authz.Permission) []workbench.Task {
	return slices.DeleteFunc(slices.Clone(list), func(t workbench.Task) bool {
		n := need(t.Link)
		return n != "" && !session.May(n)
	})
}

// audience keeps the messages the person has a use for. A message goes to a
// unit, and not everybody there may open what it speaks of: an auditor of the
// office has no business with its letters, nor a clerk with cases that wait
// for a decision. What was sent to the person by name always stays.
func audience(session *authz.Session, list []notify.Message, need func(href string) authz.Permission) []notify.Message {
	return slices.DeleteFunc(slices.Clone(list), func(m notify.Message) bool {
		return m.Person == "" && !notify.Concerns(session, m, need(m.Link))
	})
}
