package e2e

import (
	"context"
	"encoding/json"
	"flag"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"zhengshu/internal/demo"
)

var every = flag.Bool("every", false, "look at every screen and every sample of every page, too (many minutes)")

// everyScreen leaves a test out, aloud, unless the long look was asked for.
func everyScreen(t *testing.T) {
	t.Helper()
	if !*every {
		t.Skip("left out: the look at every screen and sample takes many minutes; make screens does it")
	}
}

// examples is how many addresses of one pattern a person looks at.
const examples = 2

// unwalked are the doors whose pages a walk over links and forms of questions
// does not reach in the demo province, each with its reason. Every other page
// must be reached by somebody.
var unwalked = map[string]string{
	"GET /console/login":         "seen before signing in",
	"GET /console/login/second":  "the demo logins have no second factor",
	"GET /console/second-factor": "the demo logins have no second factor",
	"GET /console/{$}":           "another address of GET /console",
	"GET /console/inbox":         "another address of GET /console",
	"GET /console/feeds/{token}": "for programs that keep a calendar",
	"GET /console/matters/check": "asked by the form while it is filled in",
	"GET /console/queries":       "listed once somebody has kept a query",

	"GET /console/lists/{list}/queries/new": "offered once a list is narrowed",
	"GET /console/items/{id}/compare":       "every item of the demo has one version",

	"GET /console/fact-checks/{token}":                       "opened by a one-time link from outside",
	"GET /console/items/preview/page":                        "the frame of a preview",
	"GET /console/items/preview/print.css":                   "the sheet of a preview's print",
	"GET /console/front-pages/{id}/page":                     "the frame of a preview",
	"GET /console/layouts/{id}/preview/page":                 "the frame of a preview",
	"GET /console/sites/{id}/appearance/page":                "the frame of a preview",
	"GET /console/themes/page":                               "the frame of a preview",
	"GET /console/theme-files":                               "a sheet or picture of a preview",
	"GET /console/lexicon/import/check":                      "made by sending a file",
	"GET /console/findings/{id}/evidence/{proof}/picture":    "made by a patrol with a browser",
	"GET /console/inspection/sites/{id}/baseline":            "the demo's sites are hosted here and held against what was published",
	"GET /console/inspection/sites/{id}/baseline/bytes":      "the same",
	"GET /console/inspection/sites/{id}/baselines":           "the same",
	"GET /console/sites/{id}/arrivals":                       "comes with a whole site that another house handed over",
	"GET /console/duty/rosters/{unit}/{month}/editions/{no}": "made when a published roster is changed",
	"GET /console/move-outs/{id}":                            "made by asking for a whole site",
	"GET /console/move-outs/{id}/download":                   "made by asking for a whole site",
	"GET /console/incidents/{id}/files/{file}":               noFile,
	"GET /console/security-holes/{id}/files/{file}":          noFile,
	"GET /console/security-sheets/{id}/files/{file}":         noFile,
	"GET /console/takedowns/{id}":                            "the demo takes nothing down in an emergency",
	"GET /console/protected-periods/{id}/report":             "the demo's period has not begun",
	"GET /console/protected-periods/{id}/sheet":              "the demo's period has not begun",
	"GET /console/protected-periods/{id}/consents/new":       "the demo's period has not begun",
	"GET /console/blind-marks/{letter}":                      "offered to a judge once a test letter is answered",
	"GET /console/units/{id}/score":                          "behind the third tab of the scores; a walk opens two addresses of a door",
	"GET /console/merits/{id}/files/{file}":                  noFile,
	"GET /console/results/{object}/files/{file}":             noFile,
	"GET /console/orders/{id}/supervisions/{letter}":         "made when an order is escalated",
	"GET /console/packs/adopt":                               "the demo's office has adopted every edition",
	"GET /console/packs/rehearsal/export":                    "made by rehearsing an edition",
	"GET /console/packs/versions/{id}/edit":                  "offered to who drafts an edition",
	"GET /console/vantages/{id}/plan":                        "offered for a vantage on the other side of a wall",
	"GET /console/items/{id}/remarks":                        "offered where a check has something to say of a draft",
	"GET /console/media-files/{file}":                        "a picture, shown in pages",
	"GET /console/media/choose":                              "opened by the editor",
	"GET /console/item-batches/{id}":                         "made by choosing several items",
	"GET /console/item-batches/{id}/read":                    "made by choosing several items",
	"GET /console/batches/{id}":                              "made by choosing several cases",
	"GET /console/batches/{id}/read":                         "made by choosing several cases",
	"GET /console/import/{id}":                               "made by sending a file",
	"GET /console/import/{id}/columns":                       "made by sending a file",
	"GET /console/import/{id}/wrong":                         "made by sending a file",
	"GET /console/reconciliations/{id}":                      "made by sending a file",
	"GET /console/reconciliations/{id}/batch":                "made by sending a file",

	"GET /console/accounts/{id}/launch/{kind}":      "no account of the demo's logins is being prepared",
	"GET /console/accounts/{id}/versions/{file}":    "no login of the demo keeps an app",
	"GET /console/applications/{id}/amend":          "the demo's returned case is of a unit without login",
	"GET /console/operating-rules/{id}/change":      "the demo's rules are issued",
	"GET /console/operating-rules/{id}/issue":       "the demo's rules are issued",
	"GET /console/closings/{id}/archives/{archive}": noFile,
	"GET /console/filings/{id}/receipt":             noFile,

	"GET /console/accounts/{id}/launch-files/{file}":       noFile,
	"GET /console/assets/{id}/files/{file}":                noFile,
	"GET /console/budgets/{unit}/{year}/files/{file}":      noFile,
	"GET /console/closings/{id}/files/{file}":              noFile,
	"GET /console/coordination/{id}/files/{file}":          noFile,
	"GET /console/guidance/{id}/files/{file}":              noFile,
	"GET /console/hosting/{id}/files/{file}":               noFile,
	"GET /console/inquiries/{id}/files/{file}":             noFile,
	"GET /console/orders/{id}/files/{file}":                noFile,
	"GET /console/reorganisations/{id}/files/{file}":       noFile,
	"GET /console/selfchecks/{unit}/{period}/files/{file}": noFile,
	"GET /console/sites/{id}/launch-files/{file}":          noFile,
	"GET /console/training/{id}/files/{file}":              noFile,
}

// noFile: the demo starts quickly and brings few files.
const noFile = "the demo holds no file of this kind"

// TestEveryScreen lets every role of the demo follow all links of the console:
// none is broken. Each page of the route table is reached by somebody, and is
// looked at in a real browser at two addresses: axe finds nothing, nothing is
// wider than the window from a phone's to a wall's, at four times the size and
// on paper. Axe looks at the first address as a phone shows it, too; the phone's
// layout of every sample is TestEverySample's.
func TestEveryScreen(t *testing.T) {
	t.Parallel()
	everyScreen(t)
	axe, err := os.ReadFile(filepath.Join("..", "assets", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Log("axe-core is not installed (make assets, with Node, brings it): left out: what it finds; widths and reach are still looked at")
	}
	h := serve(t)
	h.settled(t)
	mux := http.NewServeMux()
	reached := map[string]int{}
	for _, r := range h.Routes() {
		if strings.HasPrefix(r.Pattern, "GET /console") {
			mux.HandleFunc(r.Pattern, func(http.ResponseWriter, *http.Request) {})
			reached[r.Pattern] = 0
		}
	}
	type sight struct {
		who, path string
		phone     bool // axe looks at the phone's layout too
	}
	var look []sight
	for _, login := range demo.Logins {
		t.Run("links of "+login.Name, func(t *testing.T) {
			w := &walk{visitor: newVisitor(t, h.addr).signIn(login.Name), who: login.Name, mux: mux, seen: map[string]int{}, known: map[string]bool{}}
			for _, path := range w.all("/console") {
				pattern := w.pattern(path)
				if reached[pattern] < examples {
					look = append(look, sight{login.Name, path, reached[pattern] == 0})
				}
				reached[pattern]++
			}
			for pattern := range w.seen {
				reached[pattern]++
			}
		})
	}
	var missed []string
	for pattern, n := range reached {
		switch why := unwalked[pattern]; {
		case n == 0 && why == "":
			missed = append(missed, pattern)
		case n > 0 && why != "":
			t.Errorf("%s is reached after all: take it off the list (%s)", pattern, why)
		}
	}
	slices.Sort(missed)
	if len(missed) > 0 {
		t.Errorf("no role of the demo comes to these pages over links; let the demo hold one, or list it with its reason:\n%s", strings.Join(missed, "\n"))
	}
	b := startBrowser(t, h.addr)
	b.patience = time.Hour
	var p *tab
	for _, at := range look {
		if p == nil || p.who != at.who {
			p = b.person(at.who)
		}
		p.look(at.path, string(axe), at.phone)
	}
	t.Logf("%d addresses looked at", len(look))
}

// walk is one person's way over all links.
type walk struct {
	*visitor
	who   string
	mux   *http.ServeMux
	seen  map[string]int // by pattern
	known map[string]bool
}

// all follows the links from start, at most so many of one door, and returns
// the addresses that show a page.
func (w *walk) all(start string) []string {
	var pages []string
	type link struct{ path, from string }
	queue := []link{{path: start}}
	for len(queue) > 0 {
		path, from := queue[0].path, queue[0].from
		queue = queue[1:]
		pattern := w.pattern(path)
		if pattern == "" || w.known[path] || w.seen[pattern] >= examples || strings.Contains(path, "logout") {
			continue
		}
		w.known[path] = true
		w.seen[pattern]++
		w.get(path)
		if w.status != http.StatusOK {
			w.t.Errorf("%s: a link of %s leads to %s, which answers %d", w.who, from, path, w.status)
			continue
		}
		if strings.HasPrefix(w.kind, "text/html") && !strings.HasPrefix(w.disposition, "attachment") {
			pages = append(pages, path)
			for _, to := range w.links(path) {
				queue = append(queue, link{to, path})
			}
		}
	}
	return pages
}

// pattern is the door a path goes to; "" for what is no page of the console.
func (w *walk) pattern(path string) string {
	u, err := url.Parse(path)
	if err != nil || !strings.HasPrefix(u.Path, "/console") {
		return ""
	}
	_, pattern := w.mux.Handler(&http.Request{Method: http.MethodGet, URL: u, Host: "x"})
	return pattern
}

// links are the addresses of this house that the page last read leads to.
func (w *walk) links(path string) []string {
	base, err := url.Parse(path)
	if err != nil {
		w.t.Fatal(err)
	}
	doc, err := html.Parse(strings.NewReader(w.page))
	if err != nil {
		w.t.Fatal(err)
	}
	var out []string
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode && n.DataAtom == atom.Form {
			if to := question(base, n); to != "" {
				out = append(out, to)
			}
		}
		if n.Type != html.ElementNode || n.DataAtom != atom.A {
			continue
		}
		for _, a := range n.Attr {
			if u, err := base.Parse(a.Val); err == nil && a.Key == "href" && u.Host == "" {
				u.Fragment = ""
				out = append(out, u.String())
			}
		}
	}
	return out
}

// question is where a form leads that asks with GET and is sent as it stands; ""
// for any other, and for one that wants something filled in.
func question(base *url.URL, form *html.Node) string {
	at := func(n *html.Node, key string) (string, bool) {
		for _, a := range n.Attr {
			if a.Key == key {
				return a.Val, true
			}
		}
		return "", false
	}
	if method, set := at(form, "method"); set && !strings.EqualFold(method, "get") {
		return ""
	}
	action, _ := at(form, "action")
	u, err := base.Parse(action)
	if err != nil || u.Host != "" {
		return ""
	}
	q, button := url.Values{}, false
	for n := range form.Descendants() {
		button = button || n.DataAtom == atom.Button
		name, _ := at(n, "name")
		if n.Type != html.ElementNode || name == "" {
			continue
		}
		value, _ := at(n, "value")
		kind, _ := at(n, "type")
		_, required := at(n, "required")
		_, checked := at(n, "checked")
		switch {
		case n.DataAtom == atom.Select:
			first := true
			for o := range n.Descendants() {
				if o.DataAtom != atom.Option {
					continue
				}
				v, _ := at(o, "value")
				if _, chosen := at(o, "selected"); chosen || first {
					q.Set(name, v)
				}
				first = false
			}
		case n.DataAtom != atom.Input, kind == "submit":
		case kind == "checkbox" || kind == "radio":
			if checked {
				q.Add(name, value)
			}
		case required && value == "":
			return ""
		default:
			q.Add(name, value)
		}
	}
	if !button {
		return ""
	}
	u.RawQuery, u.Fragment = q.Encode(), ""
	return u.String()
}

// widths are a phone, a tablet, the office's screen and a wide one; 340 is the
// office's screen at four times the size.
var widths = []int64{390, 768, 1366, 1920, 340}

// look opens the page and looks at it from all sides.
func (p *tab) look(path, axe string, phone bool) {
	p.t.Helper()
	p.wide(1366, 900)
	p.open(path)
	for _, width := range widths {
		p.wide(width, 900)
		if is := eval[int64](p, `document.documentElement.scrollWidth`); is > width {
			p.t.Errorf("%s at %s is %d px wide in a window of %d", p.who, path, is, width)
		}
		if axe != "" && (width == 1366 || width == 390 && phone) {
			p.audit(path, width, axe)
		}
	}
	p.wide(1366, 900)
	p.media("print")
	if is := eval[int64](p, `document.documentElement.scrollWidth`); is > 1366 {
		p.t.Errorf("%s at %s is %d px wide on paper", p.who, path, is)
	}
	if eval[bool](p, `(() => { const n = document.querySelector("nav"); return n !== null && n.offsetParent !== null && getComputedStyle(n).display !== "none"; })()`) {
		p.t.Errorf("%s at %s prints its menu", p.who, path)
	}
	p.media("")
}

func (p *tab) media(kind string) {
	p.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: kind})
		return err
	}))
}

// audit runs axe over the page.
func (p *tab) audit(path string, width int64, axe string) {
	p.t.Helper()
	if !eval[bool](p, `"axe" in window`) {
		eval[bool](p, axe+`; true`)
	}
	text := eval[string](p, `axe.run(document, {resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}).then(r => JSON.stringify(r.violations.map(v => ({id: v.id, help: v.help, at: v.nodes.slice(0, 3).map(n => n.html.slice(0, 160))}))))`, chromedp.EvalAwaitPromise)
	var wrongs []struct {
		ID, Help string
		At       []string
	}
	if err := json.Unmarshal([]byte(text), &wrongs); err != nil {
		p.t.Fatalf("axe at %s: %v in %.200s", path, err, text)
	}
	for _, x := range wrongs {
		p.t.Errorf("%s at %s (%d px): %s: %s\n%s", p.who, path, width, x.ID, x.Help, strings.Join(x.At, "\n"))
	}
}
