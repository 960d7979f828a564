package internal_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"zhengshu/internal/app"
	"zhengshu/internal/authz"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/rules/sx2021"
)

// openHouse is a house on a fresh embedded database.
func openHouse(t *testing.T) *app.House {
	t.Helper()
	h, err := app.Open(context.Background(), app.Config{Dir: dbtest.Folder(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(context.Background()); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return h
}

// TestRoutesGolden prints every door with the permission it asks for; a change
// shows in the diff of testdata/routes.golden.
func TestRoutesGolden(t *testing.T) {
	var lines []string
	public := 0
	for _, r := range openHouse(t).Routes() {
		if authz.Describe[r.Permit] == "" {
			t.Errorf("%s asks for %q, which is not a permission", r.Pattern, r.Permit)
		}
		if r.Permit == authz.Public {
			public++
		}
		method, path, _ := strings.Cut(r.Pattern, " ")
		lines = append(lines, fmt.Sprintf("%-48s %-5s %s", path, method, r.Permit))
	}
	slices.Sort(lines)
	got := strings.Join(lines, "\n") + "\n"
	file := filepath.Join("testdata", "routes.golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the doors have changed; look at the difference and run: go test ./internal -run TestRoutesGolden -update\n%s", got)
	}
}

// TestMatrixNamesWhatExists holds the clause matrix against the house itself:
// every screen is a door, every obligation a declared clock.
func TestMatrixNamesWhatExists(t *testing.T) {
	h := openHouse(t)
	doors := map[string]bool{}
	for _, r := range h.Routes() {
		doors[r.Pattern] = true
	}
	for _, a := range sx2021.Matrix() {
		for _, s := range a.Screens {
			if !doors[s] {
				t.Errorf("%s names the screen %s, which is no door", a.Clause.ID, s)
			}
		}
		for _, o := range a.Obligations {
			if _, ok := h.Obligations.KindOf(o); !ok {
				t.Errorf("%s names the obligation %s, which is not declared", a.Clause.ID, o)
			}
		}
	}
}
