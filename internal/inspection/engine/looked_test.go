package engine

import (
	"strings"
	"testing"

	"zhengshu/internal/check"
)

// Every check is either put by runs, or named as another watcher's: a run closes
// nothing that it did not look for, though it opened the page it is filed at.
func TestARunClosesOnlyWhatRunsLookFor(t *testing.T) {
	const page, place = "http://www.example.gov.cn/", "某处"
	all := map[string]bool{page: true}
	// A whole patrol that looked at everything there is for a run to look at.
	r := Report{Reachable: true, Visited: all, judged: map[string]bool{place: true}, columns: map[string]bool{place: true}, read: map[string]bool{place: true}, home: true, dated: true, searched: true,
		dressed: all, disguised: map[string]bool{page + " " + place: true}, compared: all, rendered: all, audited: all, hosted: true, focus: []string{"focus.某项"}}
	ids := []string{"focus.某项"}
	for _, c := range check.Checks() {
		ids = append(ids, c.ID)
	}
	for _, b := range OtherRules {
		ids = append(ids, b.ID)
	}
	named := map[string]bool{}
	for _, id := range ids {
		family, _, _ := strings.Cut(id, ".")
		for _, k := range []string{id, family} {
			named[k] = true
		}
		put, whose := lookOf(id) != nil, others[id]+others[family]
		if put == (whose != "") {
			t.Errorf("%s: put by a run: %v; another's: %q", id, put, whose)
		}
		if got := r.Looked(id, page, place); got != put {
			t.Errorf("%s: looked at %v, want %v", id, got, put)
		}
	}
	for k := range looks {
		if !named[k] || others[k] != "" {
			t.Errorf("%s is no check, or is another's as well", k)
		}
	}
	for k := range others {
		if !named[k] {
			t.Errorf("%s is no check", k)
		}
	}
	for _, f := range Families {
		if _, ok := looks[f.ID]; f.Patrol && !ok {
			t.Errorf("a plan may choose %s, which no run looks for", f.ID)
		}
	}
	if r.Looked("nobody.knows", page, place) {
		t.Error("a check that nobody knows was looked for")
	}

	// Words were not read; items of another's site are none; a list of links was cut.
	r.Partial, r.hosted, r.unmet, r.judged, r.read = true, false, true, nil, nil
	for _, id := range []string{"wording.confusion", check.KindAdvertising, "item.docno", "link.dead", "attachment.mobile"} {
		if r.Looked(id, page, place) {
			t.Errorf("%s was not looked for", id)
		}
	}
	if o := (Options{Families: []string{"content"}}); !o.Reads() {
		t.Error("advertising and unreadable text are found by reading")
	}
}
