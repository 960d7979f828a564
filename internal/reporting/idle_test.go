package reporting

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// counting are the acts of modules that also have idle ones and after which
// papers are counted anew, looked at one by one. An act ending in a dot stands
// for those whose last word is a move of a machine.
var counting = []string{
	// What was sampled, judged, appealed against and published is what a paper says.
	"appraisal.appeal.", "appraisal.appeal.raise", "appraisal.appeal.withdraw", "appraisal.erratum.", "appraisal.erratum.propose", "appraisal.result.accept", "appraisal.round.", "appraisal.round.freeze", "appraisal.round.open", "appraisal.round.show",
	"appraisal.sample.name", "appraisal.sample.remove", "appraisal.sheet.keep", "appraisal.sheet.rule",
	// A finding, its dispute, and a run that is finished.
	"inspection.dispute.take_up", "inspection.finding.", "inspection.finding.find", "inspection.finding.retest", "inspection.finding.seen", "inspection.run.finish",
	// Rare, and not worth a reason.
	"inspection.baseline.advance", "inspection.baseline.unwatch", "inspection.baseline.watch", "inspection.patrol.", "inspection.patrol.draw", "inspection.patrol.missed", "inspection.patrol.plan", "inspection.patrol.send", "inspection.patrol.skip", "inspection.patrol.withdraw",
	"inspection.vantage.add", "inspection.vantage.line", "inspection.vantage.revoke", "inspection.vantage.set_right",
	"duty.alarm.", "duty.handover.", "duty.incident.", "duty.roster.", "duty.swap.", "duty.takedown.", "notice.", "annual.",
	// What was not launched within its year is told; a clock that is moved or handed on may be that one.
	"obligation.", "obligation.handover", "obligation.open", "obligation.put_off", "obligation.recur", "obligation.rewind",
	// Papers compare themselves with the one before.
	"reporting.bulletin.", "reporting.bulletin.compose", "reporting.bulletin.correct", "reporting.bulletin.show", "reporting.experience.", "reporting.experience.offer",
}

// Every act that the house writes into its trail either makes a draft be counted
// anew or is named as idle with its reason. In the modules that have idle acts
// each new one is looked at: until it stands in one of the two lists, this fails.
func TestEveryActCountsOrSaysWhyNot(t *testing.T) {
	acts, moves, unread := actsOf(t, "..")
	for _, at := range unread {
		t.Errorf("%s: what act is recorded cannot be read from the source", at)
	}
	if len(acts) < 300 || !slices.Contains(acts, "signin.in") {
		t.Fatalf("only %d acts are read from the source", len(acts))
	}
	quiet := map[string]string{}
	modules := map[string]bool{}
	for _, x := range idle {
		if len(x.why) < 20 {
			t.Errorf("%v are idle without a reason", x.acts)
		}
		for _, act := range x.acts {
			if quiet[act] != "" {
				t.Errorf("%s is idle twice", act)
			}
			quiet[act] = x.why
			if !slices.Contains(acts, act) {
				t.Errorf("%s is idle and nothing records it: an act that comes by that name later would not be looked at", act)
			}
			module, _, _ := strings.Cut(act, ".")
			modules[module] = true
		}
	}
	for _, act := range append(slices.Clone(acts), moves...) {
		module, _, _ := strings.Cut(act, ".")
		switch listed := slices.Contains(counting, act); {
		case listed && quiet[act] != "":
			t.Errorf("%s is idle and counts", act)
		case modules[module] && !listed && quiet[act] == "":
			t.Errorf("%s is new in a module that has idle acts: does a paper count what it changes? Name it in counting, or in idle with the reason", act)
		}
	}
	for _, act := range counting {
		if !slices.Contains(acts, act) && !slices.Contains(moves, act) {
			t.Errorf("%s counts and nothing records it", act)
		}
	}
}

// actsOf reads from the source below root which acts are recorded: by their whole
// name, or by how those begin whose last word is a move of a machine.
func actsOf(t *testing.T, root string) (acts, moves, unread []string) {
	t.Helper()
	set := token.NewFileSet()
	packages := map[string][]*ast.File{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		f, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		packages[filepath.Dir(path)] = append(packages[filepath.Dir(path)], f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	r := reading{acts: map[string]bool{}, moves: map[string]bool{}}
	for dir, files := range packages {
		r.files = files
		entry := func(t ast.Expr) bool {
			switch x := t.(type) {
			case *ast.SelectorExpr:
				of, ok := x.X.(*ast.Ident)
				return ok && of.Name == "audit" && x.Sel.Name == "Entry"
			case *ast.Ident:
				return filepath.Base(dir) == "audit" && x.Name == "Entry"
			}
			return false
		}
		for fn := range functions(files) {
			ast.Inspect(fn, func(n ast.Node) bool {
				lit, ok := n.(*ast.CompositeLit)
				if !ok {
					return true
				}
				var entries []*ast.CompositeLit
				if entry(lit.Type) {
					entries = append(entries, lit)
				}
				if list, ok := lit.Type.(*ast.ArrayType); ok && entry(list.Elt) {
					for _, e := range lit.Elts {
						if x, ok := e.(*ast.CompositeLit); ok && x.Type == nil {
							entries = append(entries, x)
						}
					}
				}
				for _, e := range entries {
					for _, field := range e.Elts {
						kv, ok := field.(*ast.KeyValueExpr)
						if !ok {
							unread = append(unread, set.Position(field.Pos()).String())
							continue
						}
						if name, ok := kv.Key.(*ast.Ident); ok && name.Name == "Act" && !r.read(fn, kv.Value, 0) {
							unread = append(unread, set.Position(kv.Pos()).String())
						}
					}
				}
				return true
			})
		}
	}
	for act := range r.acts {
		acts = append(acts, act)
	}
	for act := range r.moves {
		moves = append(moves, act)
	}
	slices.Sort(acts)
	slices.Sort(moves)
	slices.Sort(unread)
	return acts, moves, unread
}

func functions(files []*ast.File) func(func(*ast.FuncDecl) bool) {
	return func(yield func(*ast.FuncDecl) bool) {
		for _, f := range files {
			for _, d := range f.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok && !yield(fn) {
					return
				}
			}
		}
	}
}

// reading follows what an act is called from where it is recorded to where it is
// written: a constant, what a function sets, what its callers pass.
type reading struct {
	files       []*ast.File
	acts, moves map[string]bool
}

func (r reading) read(fn *ast.FuncDecl, e ast.Expr, depth int) bool {
	const deepest = 5
	if depth > deepest {
		return false
	}
	switch x := e.(type) {
	case *ast.ParenExpr:
		return r.read(fn, x.X, depth)
	case *ast.BasicLit:
		text, err := strconv.Unquote(x.Value)
		r.acts[text] = true
		return err == nil
	case *ast.BinaryExpr:
		first := x.X
		for {
			more, ok := first.(*ast.BinaryExpr)
			if !ok {
				break
			}
			first = more.X
		}
		lit, ok := first.(*ast.BasicLit)
		if !ok {
			return false
		}
		text, err := strconv.Unquote(lit.Value)
		r.moves[text] = true
		return err == nil && strings.HasSuffix(text, ".")
	case *ast.Ident:
		return r.named(fn, x.Name, depth+1)
	}
	return false
}

// named reads a name: what the function or the package sets it to, else, of a
// parameter, what is passed for it.
func (r reading) named(fn *ast.FuncDecl, name string, depth int) bool {
	found, all := false, true
	set := func(e ast.Expr) { found, all = true, r.read(fn, e, depth) && all }
	spec := func(v *ast.ValueSpec) {
		for i, id := range v.Names {
			if id.Name == name && i < len(v.Values) {
				set(v.Values[i])
			}
		}
	}
	ast.Inspect(fn, func(n ast.Node) bool {
		switch a := n.(type) {
		case *ast.AssignStmt:
			for i, l := range a.Lhs {
				if id, ok := l.(*ast.Ident); ok && id.Name == name {
					if len(a.Rhs) != len(a.Lhs) {
						all = false
						continue
					}
					set(a.Rhs[i])
				}
			}
		case *ast.ValueSpec:
			spec(a)
		}
		return true
	})
	for _, f := range r.files {
		for _, d := range f.Decls {
			if g, ok := d.(*ast.GenDecl); ok {
				for _, s := range g.Specs {
					if v, ok := s.(*ast.ValueSpec); ok {
						spec(v)
					}
				}
			}
		}
	}
	if found {
		return all
	}
	at, n := -1, 0
	for _, p := range fn.Type.Params.List {
		for _, id := range p.Names {
			if id.Name == name {
				at = n
			}
			n++
		}
	}
	if at < 0 {
		return false
	}
	for caller := range functions(r.files) {
		ast.Inspect(caller, func(n ast.Node) bool {
			c, ok := n.(*ast.CallExpr)
			if !ok || at >= len(c.Args) {
				return true
			}
			called := ""
			switch y := c.Fun.(type) {
			case *ast.Ident:
				called = y.Name
			case *ast.SelectorExpr:
				called = y.Sel.Name
			}
			if called == fn.Name.Name {
				found, all = true, r.read(caller, c.Args[at], depth) && all
			}
			return true
		})
	}
	return found && all
}
