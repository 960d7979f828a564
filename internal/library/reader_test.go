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
	"zhengshu/internal/prose"
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

// TestArticle19_3_ADraftIsReadAcrossCutWords: a word that a format or an end of line cuts in a
// manuscript or an attachment is the word its readers see; one press mends it.
func TestArticle19_3_ADraftIsReadAcrossCutWords(t *testing.T) {
	each(t, func(h *house) {
		t := h.t
		listed := check.ScannerFunc(func(text string) (out []check.Span) {
			if i := strings.Index(text, "旧称"); i >= 0 {
				at := len([]rune(text[:i]))
				out = append(out, check.Span{Kind: check.KindSensitive + ".own", Start: at, End: at + 2, Wrong: "旧称", Right: []string{"新称"}, Says: "请用新称。", Source: "词库", Confidence: 1})
			}
			return out
		})
		h.lib.ExamineWith(library.Examining{
			Reader: func(context.Context, org.UnitID) (library.Inspector, string, error) {
				return func(text string) []check.Span { return check.Text(text, listed) }, "1", nil
			},
			Words: func(context.Context, string, string) (string, error) {
				return "名单\t旧" + prose.LineBreak + "称", nil
			},
		})
		w := h.writing("题目", "")
		w.Doc = parse(t, `{"type":"doc","content":[
			{"type":"paragraph","content":[{"type":"text","text":"甲乙"},{"type":"text","text":"旧","marks":[{"type":"bold"}]},{"type":"hardBreak"},{"type":"text","text":"称丙"}]},
			{"type":"paragraph","content":[{"type":"text","text":"这里的旧"}]},{"type":"paragraph","content":[{"type":"text","text":"称谓不算"}]},
			{"type":"attachment","attrs":{"name":"名单.docx","href":"/files/a","hash":"a"}}]}`)
		list, err := h.lib.Check(h.author.ctx, h.author.scope(authz.ItemWrite), "", w)
		if err != nil || len(list) != 2 {
			t.Fatalf("%+v, %v", list, err)
		}
		in, attached := list[0], list[1]
		if in.Near != "【旧称】称丙" && in.Near != "甲乙【旧称】称丙" && in.Near != "甲乙【旧称】丙" || attached.FieldName() != "附件“名单.docx”" {
			t.Errorf("%q of %s, %q of %s", in.Near, in.FieldName(), attached.Near, attached.FieldName())
		}
		if attached.Mends() || !in.Mends() {
			t.Error("what stands in a file cannot be mended here; what stands in the text can")
		}
		mended, ok := in.Mend(w, "新称")
		if got := mended.Doc.Text(); !ok || !strings.HasPrefix(got, "甲乙新称丙\n这里的旧\n称谓不算") {
			t.Errorf("mended: %v %q", ok, got)
		}
	})
}
