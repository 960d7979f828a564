package internal_test

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"zhengshu/internal/check"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/rules"
	"zhengshu/internal/rules/packs"
	"zhengshu/internal/rules/sx2021"
)

var update = flag.Bool("update", false, "write docs/law/matrix.md instead of comparing it")

// clauseIDs is every clause of the regulation: what nobody may drop from the
// matrix without changing this list too.
const clauseIDs = `
S1 S2.1 S2.2 S2.3 S3.1 S3.2 S4.1 S4.2 S5.1 S5.2 S5.3 S5.4 S5.5 S6.1 S6.2 S6.3 S6.4 S6.5
S7.1a S7.1b S7.1c S7.1d S7.2a S7.2b S7.3a S7.3b S7.3c S7.3d S7.3e S7.4a S7.4b S7.4c
S8.1a S8.1b S8.1c S8.1d S8.2a S8.2b S8.3a S8.3b S8.3c S8.3d S8.3e S8.3f
S9.1 S9.2 S9.3 S10.1 S10.2 S10.3 S10.4
S11.1 S11.2 S12.0 S12.1 S12.2a S12.2b S12.3 S12.4a S12.4b S13.1a S13.1b S13.2 S13.3 S13.4
S14.1a S14.1b S14.1c S14.1d S14.2a S14.2b S14.3a S14.3b S14.4a S14.4b S14.4c S15 S16 S17
S18.1 S18.2 S19.1 S19.2 S19.3a S19.3b S19.3c S19.4 S19.5a S19.5b S19.5c S19.6 S20.1 S20.2 S20.3 S21
S22.1 S22.2 S23.1a S23.1b S23.1c S23.2 S23.3a S23.3b S24.1 S24.2
S25 S26.1 S26.2 S27.1 S27.2 S27.3 S28.1 S28.2
S29.1 S29.2 S30.1 S30.2 S30.3 S31.1 S31.2 S31.3 S32 S33 S34`

var (
	word  = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z0-9_]+)?$`)
	route = regexp.MustCompile(`^(GET|POST) /`)
)

// Every clause of the regulation has an answer, every answer names things that
// exist, and docs/law/matrix.md says the same.
func TestMatrix(t *testing.T) {
	book, err := rules.NewBook(sx2021.Rules())
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, c := range check.Checks() {
		known[c.ID] = true
	}
	var have []string
	for _, a := range sx2021.Matrix() {
		id := a.Clause.ID
		have = append(have, id)
		if a.Empty() {
			t.Errorf("%s: nothing answers it", id)
		}
		for _, r := range a.Rules {
			if _, ok := book.Rule(r); !ok {
				t.Errorf("%s names rule %s, which does not exist", id, r)
			}
		}
		for _, w := range slices.Concat(a.Obligations, a.Jobs) {
			if !word.MatchString(w) {
				t.Errorf("%s: %q is no kind", id, w)
			}
		}
		for _, c := range a.Checks {
			if !known[c] {
				t.Errorf("%s names check %s, which does not exist", id, c)
			}
		}
		for _, s := range a.Screens {
			if !route.MatchString(s) {
				t.Errorf("%s: %q is no route", id, s)
			}
		}
		if a.NotYet != "" && !slices.Contains(sx2021.Capabilities(), a.NotYet) {
			t.Errorf("%s waits for %q, which nobody builds", id, a.NotYet)
		}
		if a.NotYet != "" && a.Outside != "" {
			t.Errorf("%s cannot both wait and be outside", id)
		}
	}
	if want := strings.Fields(clauseIDs); !slices.Equal(have, want) {
		for _, id := range want {
			if !slices.Contains(have, id) {
				t.Errorf("clause %s is missing", id)
			}
		}
		t.Errorf("the matrix has %d clauses in its order, want %d in the regulation's", len(have), len(want))
	}
	if extra := sx2021.UnknownAnswers(); len(extra) > 0 {
		t.Errorf("answers to no clause: %v", extra)
	}

	const path = "../docs/law/matrix.md"
	text := sx2021.MatrixMarkdown()
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(kept) != text {
		t.Errorf("%s is out of date: go test ./internal -run TestMatrix -update", path)
	}
	waiting := 0
	for _, a := range sx2021.Matrix() {
		if a.NotYet != "" {
			waiting++
		}
		if !strings.Contains(text, "\n| "+a.Clause.ID+" | ") {
			t.Errorf("no row for %s", a.Clause.ID)
		}
	}
	if n := strings.Count(text, "not yet"); n != waiting {
		t.Errorf("“not yet” stands %d times, for %d waiting clauses", n, waiting)
	}
}

// A scoring pack names checks that exist. Wording checks are scanners of their
// own and stand in no table: only their family is named. What offices are judged
// by are clocks (see app) and orders.
func TestPacksNameRealChecks(t *testing.T) {
	all, err := packs.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		for _, i := range p.Indicators {
			for _, named := range i.Checks {
				fed := func(c check.Check) bool { return packs.Indicator{Checks: []string{named}}.FedBy(c.ID) }
				// What a module sees for itself stands beside the checks.
				if _, _, _, beside := engine.Grounds(named); beside {
					continue
				}
				if named != "wording.*" && named != "order.overdue" && !strings.HasPrefix(named, "clock.") && !slices.ContainsFunc(check.Checks(), fed) {
					t.Errorf("%s %s names check %s, which does not exist", p.ID, i.ID, named)
				}
			}
		}
	}
}

// The regulation has one name, in letters as on screens: 管理细则, never 管理办法.
func TestTheRegulationIsNamedRight(t *testing.T) {
	if !strings.Contains(sx2021.Named, "政务新媒体管理细则》") {
		t.Errorf("letters name %s", sx2021.Named)
	}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") || (filepath.Ext(path) != ".go" && filepath.Ext(path) != ".html") {
			return err
		}
		body, err := os.ReadFile(path)
		if err == nil && strings.Contains(string(body), "政府网站与政务新媒体管理办法") {
			t.Errorf("%s names another regulation", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
