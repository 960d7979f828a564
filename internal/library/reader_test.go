package library_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"zhengshu/internal/authz"
	"zhengshu/internal/check"
	"zhengshu/internal/library"
	"zhengshu/internal/org"
)

// TestArticle19_3_AUnitsOwnListReadsItsDrafts: what a unit enters into its own list
// is remarked while its people write, and not when others write the same words.
func TestArticle19_3_AUnitsOwnListReadsItsDrafts(t *testing.T) {
	each(t, func(h *house) {
		t := h.t
		edition := "1"
		h.lib.ExamineWith(library.Examining{Reader: func(_ context.Context, unit org.UnitID) (library.Inspector, string, error) {
			if unit != h.unit.ID {
				return inspector, "all", nil
			}
			return func(text string) []check.Span {
				out := inspector(text)
				if i := strings.Index(text, "旧称"); i >= 0 {
					at := len([]rune(text[:i]))
					out = append(out, check.Span{Kind: "wording.own", Start: at, End: at + 2, Wrong: "旧称", Right: []string{"新称"}, Says: "本单位词库：请用新称。", Confidence: 1})
				}
				return out
			}, "own" + edition, nil
		}})
		own := h.create(h.writing("用旧称的稿件", "文中没有别的。"))
		if got := kinds(h.results(own)); !slices.Contains(got, "wording.own") {
			t.Errorf("the unit's own list was not read: %v", got)
		}
		// Typed, not saved yet.
		w := h.writing("题目", "这里还是旧称。")
		list, err := h.lib.Check(h.author.ctx, h.author.scope(authz.ItemWrite), own.ID, w)
		if err != nil || !slices.Contains(kinds(list), "wording.own") {
			t.Errorf("while it is typed: %v, %v", kinds(list), err)
		}
		saved, err := h.lib.Save(h.author.ctx, h.author.scope(authz.ItemWrite), own.ID, own.Version, w)
		if err != nil || !slices.Contains(kinds(h.results(saved)), "wording.own") {
			t.Errorf("the next version: %v", err)
		}
		other := h.writing("用旧称的稿件", "文中没有别的。")
		other.Unit, other.Columns = org.UnitID(h.neighbour.session.Posts[0].UnitID), nil
		theirs, err := h.lib.Create(h.neighbour.ctx, h.neighbour.scope(authz.ItemWrite), other)
		if err != nil {
			t.Fatal(err)
		}
		if got := kinds(h.results(theirs)); slices.Contains(got, "wording.own") {
			t.Errorf("a neighbour's list was read: %v", got)
		}
	})
}
