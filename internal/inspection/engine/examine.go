package engine

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"

	"zhengshu/internal/abridge"
	"zhengshu/internal/check"
	"zhengshu/internal/crawl"
	"zhengshu/internal/fault"
)

// examined is what can be said of a page by itself. It is made beside the
// crawl's one goroutine, several at once; only whether the page is the home
// page is not known before its turn comes.
type examined struct {
	page   *check.Page
	err    error // it could not be read
	soft   bool  // an error page
	onHome bool
	class  check.Class
	found  []check.Finding
	read   check.Reading // that was read for its wording
	spans  []check.Span  // of read
	sheets []string      // that may hide links of it, and how those stand
	like   uint64
}

// largePage is the size, in bytes, beyond which pages are examined one at a time
// in a process, whatever the number of runs: each may take a hundred megabytes.
const largePage = 512 << 10

var large = make(chan struct{}, 1)

// prepare examines an answer that is a page; nil when it is none. The tree is the
// page's, where it is of the body as it came.
func (n *inspector) prepare(p crawl.Page) (any, *html.Node) {
	contentType := p.Header.Get("Content-Type")
	if p.Err != nil || p.RedirectTo != "" || p.Status < 200 || p.Status > 299 || !isHTML(contentType, p.Body) {
		return nil, nil
	}
	if len(p.Body) > largePage {
		large <- struct{}{}
		defer func() { <-large }()
	}
	page, err := check.ParsePage(p.Body, contentType, p.URL)
	if err != nil {
		return &examined{err: err}, nil
	}
	page.Refresh = p.Header.Get("Refresh")
	var tree *html.Node
	if page.Verbatim {
		tree = page.Root
	}
	if softError(page) {
		return &examined{page: page, soft: true}, tree
	}
	before := ""
	if len(p.Was) > 0 && page.FirstPublished() != "" && check.Classify(page) == check.ClassContent && n.o.wants("dates.moved") {
		if was, err := check.ParsePage(p.Was, p.WasType, p.URL); err == nil {
			before = was.FirstPublished()
		}
	}
	return n.examineSince(page, false, before), tree
}

// examine is examineSince of a page that nothing is known of.
func (n *inspector) examine(page *check.Page, onHome bool) *examined {
	return n.examineSince(page, onHome, "")
}

// examineSince applies every page check to one page. It reads what a run is given
// and nothing that the run has learnt. before is the instant the page showed when
// it was looked at last.
func (n *inspector) examineSince(page *check.Page, onHome bool, before string) *examined {
	e := &examined{page: page, onHome: onHome}
	facts := check.Facts{Page: page, Staging: n.staging, ShownBefore: before, Ledger: n.target.Ledger, Lexicon: n.o.Lexicon, Today: n.o.Today, Limits: n.o.Limits}
	if onHome {
		facts.Class = check.ClassHome
	} else {
		facts.Class = check.Classify(page)
	}
	e.class = facts.Class
	if len(n.o.Acquitted) > 0 {
		facts.Pardoned = func(id, where string) bool { return n.pardoned(id, where, page.URL) }
	}
	if n.target.Hosted && facts.Class == check.ClassContent && !n.staging {
		facts.Item = page.Shown()
	}
	e.found = check.RunUnkept(facts)
	if len(n.o.Focus) > 0 {
		e.found = append(e.found, check.RunFocus(page, facts.Class, n.o.Focus)...)
	}
	if !n.staging && n.o.wants("concealed") {
		e.sheets, e.like = page.OwnSheets(n.o.Lexicon)
	}
	if n.o.Scanner == nil {
		return e
	}
	// Menus and feet are the home page's to answer for.
	e.read = page.Reading(onHome || page.BodyText == "")
	e.spans = e.read.Scan(check.ScannerOn(n.o.Scanner, dayOf(page.Published)))
	return e
}

// A refresh in the head or one line of script that sends the visitor on.
var sendsOn = regexp.MustCompile(`(?i)http-equiv\s*=\s*["']?refresh["']?[^>]{0,80}?url\s*=\s*['"]?([^"'>\s]{1,500})|location(?:\.href)?\s*=\s*["']([^"']{1,500})["']|location\.(?:replace|assign)\(\s*["']([^"']{1,500})["']`)

// signpostText is how many characters a page may show and still be taken for a
// signpost.
const signpostText = 60

// signpost returns where a page that only sends its visitors on leads to.
func signpost(p *check.Page) string {
	if text := strings.TrimSpace(p.VisibleText); len(text) > utf8.UTFMax*signpostText || utf8.RuneCountInString(text) > signpostText {
		return ""
	}
	m := sendsOn.FindStringSubmatch(p.Text)
	if m == nil {
		return ""
	}
	to, err := crawl.Canonical(p.URL, html.UnescapeString(m[1]+m[2]+m[3]))
	if err != nil || to == p.URL {
		return ""
	}
	return to
}

func isHTML(contentType string, body []byte) bool {
	ct := strings.ToLower(contentType)
	if ct == "" {
		ct = http.DetectContentType(body)
	}
	return strings.Contains(ct, "html")
}

// softError reports an error page that came with status 200.
func softError(p *check.Page) bool {
	return check.LinkResult{Status: 200, Title: p.Title, Text: abridge.Cut(p.VisibleText, 400)}.Soft404()
}

func sentence(err error) string {
	if f := (*fault.Error)(nil); errors.As(err, &f) {
		return f.Says
	}
	return err.Error()
}

func (n *inspector) class(address string) check.Class {
	if address == n.home || address == n.start && address != n.stub {
		return check.ClassHome
	}
	return ""
}

// pageSightings are what was found wrong with a page, until it is asked of the next.
func (n *inspector) pageSightings(e *examined) (out []Sighting) {
	page, onHome := e.page, e.onHome
	out = n.sightings[:0]
	defer func() { n.sightings = out }()
	for _, f := range e.found {
		if !n.o.wants(f.Check) {
			continue
		}
		switch f.Outcome {
		case check.Violated:
			s := Sighting{Check: f.Check, Severity: f.Severity, Says: f.Says, Article: f.Article, URL: page.URL, Where: f.Where, Fix: f.Fix, OnHome: onHome}
			if f.Check == "dates.moved" && n.o.Known[s.Fingerprint()] {
				continue // moved again, or back: the finding that stands names the first instant
			}
			for _, place := range f.More {
				s.Evidence.Beside = append(s.Evidence.Beside, Beside{As: AsPlace, URL: page.URL, Says: check.MaskText(place)})
			}
			out = append(out, s)
		case check.Untested:
			n.skip(f.Check, f.Why, page.URL, 1)
			n.report.doubt(f.Check, page.URL)
		}
	}
	// A hidden link to a shady host is one link, not two findings.
	hidden := map[string]bool{}
	for i := range out {
		if out[i].Check == "concealed.hidden_link" {
			hidden[out[i].Where] = true
		}
	}
	if len(hidden) > 0 {
		out = slices.DeleteFunc(out, func(s Sighting) bool { return s.Check == "concealed.spam_link" && hidden[s.Where] })
	}
	seen := map[string]bool{}
	for _, s := range e.spans {
		if seen[s.Kind+s.Wrong] || !n.o.wants(s.Kind) {
			continue
		}
		if len(seen) >= maxSpans {
			n.skip("wording", fmt.Sprintf("一页的用语问题过多，只列出前 %d 个。", maxSpans), page.URL, 1)
			n.report.doubt("wording.*", page.URL)
			n.report.doubt("sensitive.*", page.URL)
			break
		}
		seen[s.Kind+s.Wrong] = true
		out = append(out, wordingSighting(s, page.URL, e.read, onHome))
	}
	return out
}

// maxSpans bounds the wording findings of one page.
const maxSpans = 30

func wordingSighting(s check.Span, page string, read check.Reading, onHome bool) Sighting {
	rule := wordingRule(s.Kind)
	sev, fix := rule.Severity, rule.Fix
	if s.Confidence < 0.8 && sev != check.Serious {
		sev = check.Advice
	}
	if len(s.Right) > 0 && fix == mendWords {
		fix = "建议改为“" + s.Right[0] + "”，请核对后改正。"
	}
	return Sighting{Check: s.Kind, Severity: sev, Says: s.Says, Article: rule.Clauses[0], URL: page, Where: around(read.Text, s.Start, s.End), Fix: fix, Wrong: check.MaskText(s.Wrong), OnHome: onHome,
		Evidence: Evidence{Beside: []Beside{{As: AsList, Says: check.MaskText(promptedBy(s))}, {As: AsNear, Says: read.Near(s.Start, s.End)}}}}
}

// around is the text of a span with some words on either side, whatever they belong to: a
// finding is known again by it. Reading.Near is what people are shown.
func around(text string, from, to int) string {
	r := []rune(text)
	a, b := max(0, from-15), min(len(r), to+15)
	if a >= b {
		return ""
	}
	return strings.Join(strings.Fields(check.MaskText(string(r[a:b]))), " ")
}

// copyOf is the address a page names as its own (link rel=canonical) when that
// is another page of the same host: a print view, a layout for the elderly.
func copyOf(page *check.Page) string {
	of := page.Canonical()
	if of == "" {
		return ""
	}
	at, err := crawl.Canonical(page.URL, of)
	if err != nil || at == page.URL || host(at) != host(page.URL) {
		return ""
	}
	return at
}
