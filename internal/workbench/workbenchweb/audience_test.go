package workbenchweb

import (
	"testing"

	"zhengshu/internal/authz"
	"zhengshu/internal/notify"
	"zhengshu/internal/workbench"
)

func TestAudience(t *testing.T) {
	at := func(unit string, roles ...authz.Role) *authz.Session {
		s := &authz.Session{PersonID: "p"}
		for _, r := range roles {
			s.Posts = append(s.Posts, authz.Post{UnitID: unit, Role: r})
		}
		return s
	}
	letter := notify.Message{Key: "letter:1:received", Unit: "u", Link: "/console/letters/1"}
	arrived := notify.Message{Key: "case:1:step:2:2026", Unit: "u", Link: "/console/cases/1"}
	decided := notify.Message{Key: "case:1:approve:2026", Unit: "u", Link: "/console/cases/1"}
	late := notify.Message{Key: "obligation:1:escalate", Unit: "u", Link: "/console/letters/1"}
	mine := notify.Message{Key: "letter:1:assigned", Unit: "u", Person: "p", Link: "/console/letters/1"}
	plain := notify.Message{Key: "x", Unit: "u"}
	need := func(href string) authz.Permission {
		return map[string]authz.Permission{"/console/letters/1": authz.LetterRead, "/console/cases/1": authz.CaseRead}[href]
	}
	for _, c := range []struct {
		name string
		who  *authz.Session
		m    notify.Message
		want bool
	}{
		{"clerk reads of a letter", at("u", authz.Sponsor), letter, true},
		{"security administrator does not", at("u", authz.SecurityAdmin), letter, false},
		{"nor one whose post is elsewhere", at("v", authz.Sponsor), letter, false},
		{"reviewer reads of an arrived case", at("u", authz.Reviewer), arrived, true},
		{"clerk of the reviewing office does not", at("u", authz.Sponsor), arrived, false},
		{"applicant reads the decision", at("u", authz.Sponsor), decided, true},
		{"supervisor reads who is late", at("u", authz.Supervisor), late, true},
		{"clerk does not", at("u", authz.Sponsor), late, false},
		{"by name", at("u", authz.Operator), mine, true},
		{"without a link", at("u", authz.Operator), plain, true},
		{"nobody", nil, letter, false},
	} {
		if got := len(audience(c.who, []notify.Message{c.m}, need)) == 1; got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// What a person of the office may not open waits for another of its people.
func TestOnlyWhatMayBeOpenedWaits(t *testing.T) {
	need := func(href string) authz.Permission {
		return map[string]authz.Permission{"/console/columns/1": authz.ColumnManage, "/console/findings/1": authz.InspectionRead}[href]
	}
	list := []workbench.Task{{Key: "a", Link: "/console/columns/1"}, {Key: "b", Link: "/console/findings/1"}, {Key: "c", Link: "/console/me"}}
	for role, want := range map[authz.Role]string{authz.Inspector: "bc", authz.FinalReviewer: "abc", authz.SecurityAdmin: "c"} {
		got := ""
		for _, x := range openable(&authz.Session{PersonID: "p", Posts: []authz.Post{{UnitID: "u", Role: role}}}, list, need) {
			got += x.Key
		}
		if got != want {
			t.Errorf("%s: %q waits, want %q", role, got, want)
		}
	}
	if list[0].Key != "a" {
		t.Error("the list of the others was changed")
	}
}
