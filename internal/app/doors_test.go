package app

import (
	"context"
	"slices"
	"strings"
	"testing"

	"zhengshu/internal/authz"
)

// Nobody's menu has more than nine entries, whatever one role they hold, and
// every tab leads to a page of the house.
func TestMenuIsShortAndLeadsToPages(t *testing.T) {
	h, err := Open(context.Background(), Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(context.Background()); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	pages := map[string]bool{}
	for _, r := range h.Routes() {
		pages[r.Pattern] = true
	}
	seen := map[string]string{}
	for _, n := range navigation() {
		hrefs := slices.Concat([]string{n.Href}, n.Also)
		for _, p := range n.Parts {
			if at := seen[p.Href]; at != "" {
				t.Errorf("%s is a tab of %s and of %s", p.Href, at, n.Name)
			}
			seen[p.Href] = n.Name
			if !pages["GET "+p.Href] {
				t.Errorf("the tab %s of %s leads to %s, which is no page", p.Name, n.Name, p.Href)
			}
			for _, also := range p.Also {
				if !strings.HasSuffix(also, "/") && !pages["GET "+also] {
					t.Errorf("the tab %s of %s belongs to %s, which is no page", p.Name, n.Name, also)
				}
			}
		}
		if len(n.Parts) > 0 && n.Parts[0].Href != n.Href {
			t.Errorf("%s opens %s, its first tab is %s", n.Name, hrefs[0], n.Parts[0].Href)
		}
	}
	for _, role := range authz.Roles {
		s := authz.Session{Posts: []authz.Post{{Role: role.Role}}}
		shown := 0
		for _, n := range navigation() {
			if n.Permit == "" || s.May(n.Permit) {
				shown++
			}
		}
		if shown > 9 {
			t.Errorf("%s has %d menu entries", role.Name, shown)
		}
	}
}
