package internal_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// floors lists every package under internal, lowest first. A package may
// import only packages listed above it in this list (docs/house.md). Test
// packages (…test) stand right after what they test.
var floors = []string{
	// ground: knows nothing of government
	"realdata", "hang", "abridge", "percent", "dom", "fault", "db", "db/dbtest", "blob", "blob/blobtest", "seal", "jobs", "jobs/jobstest", "egress", "browser", "crawl", "crawl/hostile", "vantage", "frontier", "warc", "official", "intake", "prose",
	// law and people
	"calendar", "audit", "passage", "rules", "rules/packs", "rules/sx2021", "rules/gbh2018", "authz", "org", "signin", "notify", "obligation", "province", "approval", "workbench", "queries",
	// checks: facts in, findings out, no database
	"check/checktest", "check/seek", "check/encoded", "check/css", "check/js", "check", "check/proofread/ngram", "check/proofread/corpus", "check/proofread", "check/proofread/lexicons", "check/lookalike/lexicons", "check/lookalike", "quality", "inspection/engine", "inspection/engine/enginetest",
	// records
	"search", "likeness", "registry", "roster", "cutover", "operator", "tenancy", "protection", "coordination", "budget", "lexicon", "vigil", "library", "columns", "media", "movein", "disclosure", "letters", "inspection", "impostor", "security", "hosts", "newmedia", "errorreport", "notice", "filing", "visits", "merit", "closing", "reconciliation", "matrix", "platform", "blueprint", "moveout", "layout",
	// conductors
	"guidance", "reposting", "training", "selfcheck",
	"publishing/theme", "publishing", "appearance", "integrity", "lifecycle", "duty", "assessment", "appraisal", "blindtest", "reporting", "dashboard", "annual", "health",
	// doors
	"web", "web/porch", "web/picker", "web/webtest", "web/browsertest", "portal",
	"signin/signinweb", "org/orgweb", "registry/registryweb", "registry/registrypublic", "cutover/cutoverweb", "operator/operatorweb", "tenancy/tenancyweb", "protection/protectionweb", "coordination/coordinationweb", "budget/budgetweb", "lexicon/lexiconweb", "approval/approvalweb", "obligation/obligationweb", "province/provinceweb", "guidance/guidanceweb", "reposting/repostingweb", "training/trainingweb", "selfcheck/selfcheckweb", "lifecycle/lifecycleweb",
	"library/libraryweb", "columns/columnsweb", "layout/layoutweb", "media/mediaweb", "movein/moveinweb", "disclosure/disclosureweb", "publishing/publishingweb", "appearance/appearanceweb", "integrity/integrityweb", "visits/visitsweb", "letters/lettersweb", "letters/letterspublic", "inspection/inspectionweb", "inspection/inspectionpublic", "impostor/impostorweb", "impostor/impostorpublic", "security/securityweb", "hosts/hostsweb", "newmedia/newmediaweb", "inspection/vantageweb",
	"notice/noticeweb", "filing/filingweb", "merit/meritweb", "errorreport/errorreportweb", "closing/closingweb", "reconciliation/reconciliationweb",
	"matrix/matrixweb", "platform/platformweb", "blueprint/blueprintweb", "moveout/moveoutweb", "health/healthweb",
	"vigil/vigilweb", "duty/dutyweb",
	"assessment/assessmentweb", "appraisal/appraisalweb", "appraisal/appraisalpublic", "blindtest/blindtestweb", "reporting/reportingweb", "reporting/reportingpublic", "dashboard/dashboardweb", "annual/annualweb", "annual/annualpublic", "audit/auditweb", "workbench/workbenchweb", "queries/queriesweb", "api",
	// hall
	"demo", "app", "app/apptest",
}

// file is one Go source file with what it imports and mentions.
type file struct {
	path string // relative to internal
	pkg  string // folder relative to internal
	test bool
	ast  *ast.File
}

func sources(t *testing.T) []file {
	t.Helper()
	var out []file
	set := token.NewFileSet()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		parsed, err := parser.ParseFile(set, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		out = append(out, file{path, filepath.ToSlash(filepath.Dir(path)), strings.HasSuffix(path, "_test.go"), parsed})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestFloors(t *testing.T) {
	seen := map[string]bool{}
	names := map[string]string{}
	for _, f := range sources(t) {
		if f.pkg == "." {
			continue
		}
		own := slices.Index(floors, f.pkg)
		if own < 0 {
			if !seen[f.pkg] {
				t.Errorf("package %s has no floor: add it to the list where it belongs", f.pkg)
			}
			seen[f.pkg] = true
			continue
		}
		seen[f.pkg] = true
		if name := strings.TrimSuffix(f.ast.Name.Name, "_test"); name != "main" {
			if other := names[name]; other != "" && other != f.pkg {
				t.Errorf("packages %s and %s share the name %s", other, f.pkg, name)
			}
			names[name] = f.pkg
		}
		if f.test {
			continue // a test may look down from anywhere
		}
		for _, imp := range f.ast.Imports {
			path, err := strconv.Unquote(imp.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			rel, ours := strings.CutPrefix(path, "zhengshu/internal/")
			if !ours {
				continue
			}
			switch at := slices.Index(floors, rel); {
			case at < 0:
				t.Errorf("%s imports %s, which has no floor", f.path, rel)
			case at >= own && rel != f.pkg:
				t.Errorf("%s imports %s, which does not stand above it in the list", f.path, rel)
			}
			if isFace(f.pkg) && isFace(rel) {
				t.Errorf("%s imports another face, %s: faces do not know one another", f.path, rel)
			}
		}
	}
	for _, room := range []string{"util", "common", "models", "helpers", "types", "base", "core", "lib"} {
		if names[room] != "" {
			t.Errorf("package name %s says nothing: name it for what it handles", room)
		}
	}
}

// isFace reports whether the package is a module's web face.
func isFace(pkg string) bool {
	dir, name := filepath.Split(pkg)
	return dir != "" && (strings.HasSuffix(name, "web") || strings.HasSuffix(name, "public"))
}

// doors may serve HTTP.
func isDoor(pkg string) bool {
	return isFace(pkg) || slices.Contains([]string{"web", "web/porch", "web/picker", "web/webtest", "web/browsertest", "portal", "api", "app", "app/apptest", "crawl/hostile", "blob/blobtest", "inspection/engine/enginetest"}, pkg)
}

// TestSymbols keeps servers in the doors, outbound clients in egress, and
// templates in the doors, the theme and the letters people get.
func TestSymbols(t *testing.T) {
	rules := []struct {
		pkg   string
		names []string // nil for the import itself
		allow func(pkg string) bool
		why   string
	}{
		{"net/http", []string{"Handler", "HandlerFunc", "ResponseWriter", "Server", "ServeMux", "ListenAndServe", "NewServeMux"}, isDoor, "HTTP is served in the doors only"},
		{"net/http", []string{"Client", "Transport", "Get", "Post", "Head", "DefaultClient", "DefaultTransport", "RoundTripper"}, func(p string) bool { return p == "egress" }, "the only outbound dialler is egress"},
		{"html/template", nil, func(p string) bool { return isDoor(p) || p == "publishing/theme" || p == "notify" }, "templates live in the doors, the theme and notify"},
	}
	for _, f := range sources(t) {
		if f.test || f.pkg == "." {
			continue
		}
		for _, r := range rules {
			name := importName(f.ast, r.pkg)
			if name == "" || r.allow(f.pkg) {
				continue
			}
			if r.names == nil {
				t.Errorf("%s imports %s: %s", f.path, r.pkg, r.why)
				continue
			}
			ast.Inspect(f.ast, func(n ast.Node) bool {
				sel, ok := n.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				if x, ok := sel.X.(*ast.Ident); ok && x.Name == name && slices.Contains(r.names, sel.Sel.Name) {
					t.Errorf("%s uses %s.%s: %s", f.path, name, sel.Sel.Name, r.why)
				}
				return true
			})
		}
	}
}

func importName(f *ast.File, path string) string {
	for _, imp := range f.Imports {
		if p, err := strconv.Unquote(imp.Path.Value); err == nil && p == path {
			if imp.Name != nil {
				return imp.Name.Name
			}
			return path[strings.LastIndex(path, "/")+1:]
		}
	}
	return ""
}

// TestEveryPackageSaysWhatItDecides asks for a package comment.
func TestEveryPackageSaysWhatItDecides(t *testing.T) {
	said := map[string]bool{}
	all := map[string]bool{}
	for _, f := range sources(t) {
		if f.test || f.pkg == "." {
			continue
		}
		all[f.pkg] = true
		if f.ast.Doc != nil && len(f.ast.Doc.Text()) > 80 {
			said[f.pkg] = true
		}
	}
	for pkg := range all {
		if !said[pkg] {
			t.Errorf("package %s does not say what it decides and what it does not", pkg)
		}
	}
}

// TestScopeAccounting: every exported method of a Service takes a Scope or a
// session, or is listed with its reason.
func TestScopeAccounting(t *testing.T) {
	used := map[string]bool{}
	for _, f := range sources(t) {
		if f.test || f.pkg == "." {
			continue
		}
		for _, d := range f.ast.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv == nil || !fn.Name.IsExported() || receiver(fn) != "Service" {
				continue
			}
			name := f.ast.Name.Name + "." + fn.Name.Name
			if takesScope(fn) {
				continue
			}
			if unscoped[name] == "" {
				t.Errorf("%s takes neither a Scope nor a session: add one, or list it with its reason", name)
			}
			used[name] = true
		}
	}
	for name := range unscoped {
		if !used[name] {
			t.Errorf("%s is listed as unscoped but there is no such method", name)
		}
	}
}

func receiver(fn *ast.FuncDecl) string {
	switch x := fn.Recv.List[0].Type.(type) {
	case *ast.StarExpr:
		if id, ok := x.X.(*ast.Ident); ok {
			return id.Name
		}
	case *ast.Ident:
		return x.Name
	}
	return ""
}

func takesScope(fn *ast.FuncDecl) bool {
	return slices.ContainsFunc(fn.Type.Params.List, func(p *ast.Field) bool {
		typ := p.Type
		if star, ok := typ.(*ast.StarExpr); ok {
			typ = star.X
		}
		sel, ok := typ.(*ast.SelectorExpr)
		if !ok {
			return false
		}
		x, ok := sel.X.(*ast.Ident)
		return ok && x.Name == "authz" && (sel.Sel.Name == "Scope" || sel.Sel.Name == "Session")
	})
}

// TestMain lets the laws collect their garbage less often: they make more than a
// hundred thousand pages, and a fifth of the work was collecting.
func TestMain(m *testing.M) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	os.Exit(m.Run())
}
