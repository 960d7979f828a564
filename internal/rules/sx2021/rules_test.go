package sx2021

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"zhengshu/internal/rules"
)

func TestEveryRuleStandsInTheBook(t *testing.T) {
	if _, err := rules.NewBook(Rules()); err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for _, r := range Rules() {
		listed[r.ID] = true
		if _, ok := ClauseOf(r.Clause); !ok {
			t.Errorf("%s: no clause %s", r.ID, r.Clause)
		} else if c, _ := ClauseOf(r.Clause); c.Citation() != r.Citation {
			t.Errorf("%s cites %s, its clause %s", r.ID, r.Citation, c.Citation())
		}
	}
	for _, id := range declaredRules(t) {
		if !listed[id] {
			t.Errorf("rule %s is declared but not in Rules()", id)
		}
	}
}

// declaredRules reads the ids of every rule(…) and inPrinciple(…) in the package.
func declaredRules(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) != 3 {
				return true
			}
			if f, ok := call.Fun.(*ast.Ident); !ok || (f.Name != "rule" && f.Name != "inPrinciple") {
				return true
			}
			if lit, ok := call.Args[0].(*ast.BasicLit); ok {
				ids = append(ids, strings.Trim(lit.Value, `"`))
			}
			return true
		})
	}
	if len(ids) < 50 {
		t.Fatalf("only %d rules found in the source", len(ids))
	}
	return ids
}

// articles reads the kept text: article number in Chinese to its words.
func articles(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("../../../docs/law/sx2021.md")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, part := range strings.Split(string(text), "### ")[1:] {
		name, body, _ := strings.Cut(part, "\n")
		out[strings.TrimSpace(name)] = body
	}
	return out
}

// A rule quotes its own article word for word.
func TestRulesQuoteTheLaw(t *testing.T) {
	text := articles(t)
	article := regexp.MustCompile(`第[一二三四五六七八九十]+条`)
	paragraph := regexp.MustCompile(`[（(]([一二三四五六七八九十])[）)]`)
	for _, r := range Rules() {
		body := text[article.FindString(r.Citation)]
		if p := paragraph.FindStringSubmatch(strings.TrimPrefix(r.Citation, Instrument)); p != nil {
			body = part(body, p[1])
		}
		if body == "" {
			t.Errorf("%s: no such article: %s", r.ID, r.Citation)
			continue
		}
		for _, words := range strings.Split(r.Says, "……") {
			if !strings.Contains(body, words) {
				t.Errorf("%s: 「%s」 does not stand in %s", r.ID, words, r.Citation)
			}
		}
	}
}

// part cuts the paragraph （n） out of an article.
func part(body, n string) string {
	for _, line := range strings.Split(body, "\n") {
		if strings.HasPrefix(line, "（"+n+"）") || strings.HasPrefix(line, "("+n+")") {
			return line
		}
	}
	return ""
}

func TestTheTextHasThirtyFourArticles(t *testing.T) {
	if n := len(articles(t)); n != 34 {
		t.Errorf("docs/law/sx2021.md has %d articles, want 34", n)
	}
}

// 「原则上」 stands nine times: 7(1) three times, 8(3),
// 9, 10, 14(1), 19(3), 33. Only rules on those clauses may be lifted.
func TestOnlyInPrincipleIsLifted(t *testing.T) {
	var clauses []string
	for _, r := range Rules() {
		if r.InPrinciple && !slices.Contains(clauses, r.Clause) {
			clauses = append(clauses, r.Clause)
		}
		if r.InPrinciple && !strings.Contains(r.Says, "原则上") {
			t.Errorf("%s may be lifted but does not say 原则上", r.ID)
		}
	}
	want := []string{"S7.1b", "S7.1c", "S7.1d", "S8.3a", "S9.3", "S10.1", "S14.1d", "S19.3b", "S33"}
	if !slices.Equal(clauses, want) {
		t.Errorf("in principle: %v, want %v", clauses, want)
	}
	n := 0
	for _, body := range articles(t) {
		n += strings.Count(body, "原则上")
	}
	if n != 9 {
		t.Errorf("the text says 原则上 %d times, want 9", n)
	}
}
