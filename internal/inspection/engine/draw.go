package engine

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/abridge"
	"zhengshu/internal/browser"
	"zhengshu/internal/check"
	"zhengshu/internal/egress"
)

// What a run looks at in a browser: it costs seconds of a core a page.
const (
	drawnPages = 2  // measured at every width
	shotPages  = 8  // of findings, each drawn once
	shotsMost  = 24 // pictures of places
	shotsOf    = 4  // of one page
)

// wide is the window that load, axe and pictures are of.
const wide = 1366

// noBrowser says why nothing was drawn where no browser was given.
const noBrowser = "本次检查没有使用浏览器"

// draw looks at pages in a browser: how they fit, how long they take, what axe
// finds, and pictures of what was found.
func (n *inspector) draw(ctx context.Context) error {
	measure := (n.o.wants("rendered") || n.o.wants("accessible")) && n.o.Draws >= 0
	shots := n.toShoot()
	if !measure && (len(shots) == 0 || n.o.Browser == nil) {
		return ctx.Err()
	}
	home := n.visits[n.home]
	if home == nil {
		n.undrawn = whyNoPage
		return ctx.Err()
	}
	why := noBrowser
	var child *browser.Child
	if n.o.Browser != nil {
		var err error
		if child, why, err = n.open(ctx); err != nil {
			return err
		}
	}
	if child == nil {
		n.undrawn = why
		if measure {
			return n.judgeDrawn(ctx, home, []check.Rendered{{Why: why}})
		}
		return ctx.Err()
	}
	err := n.drawWith(ctx, child, measure, shots)
	if cerr := child.Close(); cerr != nil && err == nil {
		err = fmt.Errorf("engine: browser: %w", cerr)
	}
	return err
}

// open starts the browser; the reason is for people where there is none.
func (n *inspector) open(ctx context.Context) (*browser.Child, string, error) {
	child, err := n.o.Browser.Open(ctx, func(ctx context.Context, address string, page bool, o egress.Options) (*egress.Response, error) {
		if page {
			resp, ok, why, err := n.o.Manners.Once(ctx, address, o)
			if err == nil && !ok {
				err = &browser.Denied{Says: why.Says()}
			}
			return resp, err
		}
		// One visitor's page view: its pictures, scripts and frames come as they come
		// to any visitor, a few at once, but only where their host lets us have them.
		ok, why, err := n.o.Manners.May(ctx, address)
		switch {
		case err != nil:
			return nil, err
		case !ok:
			return nil, &browser.Denied{Says: why.Says()}
		}
		return n.client.Get(ctx, address, o)
	})
	var none *browser.Unavailable
	if errors.As(err, &none) {
		return nil, none.Says, nil
	}
	return child, "", err
}

func (n *inspector) drawWith(ctx context.Context, child *browser.Child, measure bool, shots []shooting) error {
	if measure {
		most := n.o.Draws
		if most == 0 {
			most = drawnPages
		}
		for _, v := range n.drawn(most) {
			seen, err := n.measure(ctx, child, v.url)
			if err != nil {
				return err
			}
			if err := n.judgeDrawn(ctx, v, seen); err != nil {
				return err
			}
		}
		// What does not fit is shown as it does not fit.
		for i := range n.report.Findings {
			if s := &n.report.Findings[i]; s.Check == "rendered.responsive" {
				if err := n.shootNarrow(ctx, child, s); err != nil {
					return err
				}
			}
		}
	}
	for _, x := range shots {
		if err := n.shoot(ctx, child, x); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// measure draws a page at every width.
func (n *inspector) measure(ctx context.Context, child *browser.Child, address string) ([]check.Rendered, error) {
	widths := slices.Clone(check.Widths)
	slices.Reverse(widths)
	s, err := child.Draw(ctx, browser.Job{URL: address, Widths: widths, Measure: true, Axe: true})
	var none *browser.Unavailable
	if errors.As(err, &none) {
		return []check.Rendered{{Why: none.Says}}, nil
	}
	if err != nil {
		return nil, err
	}
	if why := incomplete(s); why != "" {
		return []check.Rendered{{Why: why}}, nil
	}
	if s.Status != 200 || !sameDomain(address, s.Final) {
		return []check.Rendered{{Why: fmt.Sprintf("浏览器没有打开这个页面（状态码 %d）", s.Status)}}, nil
	}
	var out []check.Rendered
	for i, w := range s.Widths {
		r := check.Rendered{Width: w.Width, Content: w.Content, Load: w.Load}
		if i == 0 {
			r.Audited = s.Audited
			for _, v := range s.Axe {
				r.Axe = append(r.Axe, check.AxeViolation{Rule: v.ID, Impact: v.Impact, Help: v.Help, Nodes: v.Nodes, First: v.First})
			}
		}
		out = append(out, r)
	}
	if !s.Audited {
		out = append(out, check.Rendered{Why: "程序没有附带 axe 规则"})
	}
	return out, nil
}

// incomplete says what of a page we may not ask for; "" where nothing. What is
// drawn without it is not what a visitor sees, whether it looks well or ill.
func incomplete(s browser.Sight) string {
	if len(s.Kept) == 0 {
		return ""
	}
	why := fmt.Sprintf("页面所需的 %s 没有取得（%s）", abridge.Cut(s.Kept[0].URL, 200), strings.TrimSuffix(s.Kept[0].Says, "。"))
	if more := len(s.Kept) - 1; more > 0 {
		why += fmt.Sprintf("，另有 %d 个文件同样没有取得", more)
	}
	return why + "，画面不完整"
}

// judgeDrawn puts what was drawn of a page to the checks.
func (n *inspector) judgeDrawn(ctx context.Context, v *visit, seen []check.Rendered) error {
	page, err := n.pageOf(ctx, v)
	if err != nil || page == nil {
		return err
	}
	for _, f := range n.drawnFindings(page, seen) {
		if !n.o.wants(f.Check) {
			continue
		}
		switch f.Outcome {
		case check.Untested:
			n.skip(f.Check, f.Why, v.url, 1)
			continue
		case check.Violated:
			n.add(v, nil, Sighting{Check: f.Check, Severity: f.Severity, Says: f.Says, Article: f.Article, URL: v.url, Where: f.Where, Fix: f.Fix, OnHome: v.url == n.home})
		}
		if f.Check == "accessible.axe" {
			n.report.audited[v.url] = true
		} else {
			n.report.rendered[v.url] = true
		}
	}
	return ctx.Err()
}

func (n *inspector) drawnFindings(page *check.Page, seen []check.Rendered) (out []check.Finding) {
	for _, f := range check.RunFamily(check.Facts{Page: page, Class: n.class(page.URL), Ledger: n.target.Ledger, Lexicon: n.o.Lexicon, Today: n.o.Today, Rendered: seen}, "rendered", "accessible") {
		if f.Check == "accessible.axe" || strings.HasPrefix(f.Check, "rendered.") {
			out = append(out, f)
		}
	}
	return out
}

// shooting is one page of which pictures are wanted, with the findings on it.
type shooting struct {
	v     *visit
	found []int // in report.Findings
}

// toShoot are the pages with findings that a picture helps to see, the gravest
// first. What is known already has its picture; personal data get none.
func (n *inspector) toShoot() []shooting {
	order := make([]int, len(n.report.Findings))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return Rank(n.report.Findings[a].Severity) - Rank(n.report.Findings[b].Severity)
	})
	var out []shooting
	at := map[string]int{}
	shots := 0
	for _, i := range order {
		s := n.report.Findings[i]
		v := n.visits[s.URL]
		if _, ok := markOf(s); !ok || v == nil || v.sum == "" || shots >= shotsMost || n.o.Known[s.Fingerprint()] {
			continue
		}
		j, ok := at[s.URL]
		if !ok {
			if len(out) >= shotPages {
				continue
			}
			j = len(out)
			at[s.URL] = j
			out = append(out, shooting{v: v})
		}
		if len(out[j].found) < shotsOf {
			out[j].found = append(out[j].found, i)
			shots++
		}
	}
	return out
}

// markOf is where on its page a sighting stands; ok is false where a picture says
// nothing, or would show what must not be shown.
func markOf(s Sighting) (m browser.Mark, ok bool) {
	family, _, _ := strings.Cut(s.Check, ".")
	switch family {
	case "link":
		return browser.Mark{Link: s.Where}, true
	case "wording", "sensitive", "content", "focus":
		return browser.Mark{Text: s.Wrong}, true
	case "concealed":
		if strings.Contains(s.Where, "://") {
			return browser.Mark{Link: s.Where}, true
		}
		return browser.Mark{}, true
	case "footer":
		return browser.Mark{Selector: "footer, .footer, #footer, [class*=foot], [id*=foot]"}, true
	case "header":
		return browser.Mark{Selector: "header, .header, #header, [class*=head], [id*=head]"}, true
	case "home", "column", "change", "design", "cloaked":
		return browser.Mark{}, true
	}
	return m, false
}

// markOn is markOf; of a home page that is stale it is the newest dated entry.
func (n *inspector) markOn(s Sighting) (browser.Mark, bool) {
	if s.Check == "home.stale" {
		return n.newest, true
	}
	return markOf(s)
}

const noPicture = "页面含有个人信息，不截图。"

// personal reports whether a page shows personal data: then no picture of it is
// kept, whatever the finding is about, since a picture cannot be masked. A page
// that cannot be read is taken to.
func personal(body []byte, v *visit) bool {
	p, err := check.ParsePage(body, v.contentType, v.url)
	return err != nil || len(check.Privacy(p.VisibleText)) > 0
}

// shoot draws the bytes that are evidence and keeps a picture of each place.
func (n *inspector) shoot(ctx context.Context, child *browser.Child, x shooting) error {
	if n.store == nil {
		return ctx.Err()
	}
	body, err := n.body(ctx, x.v)
	if err != nil {
		return err
	}
	if body == nil {
		n.unshot[x.v.url] = whyNoPage
		return nil
	}
	if personal(body, x.v) {
		n.unshot[x.v.url] = whyPersonal
		n.skip("rendered", noPicture, x.v.url, 1)
		return nil
	}
	j := browser.Job{URL: x.v.url, Body: body, ContentType: x.v.contentType, Widths: []int{wide}}
	for _, i := range x.found {
		m, _ := n.markOn(n.report.Findings[i])
		j.Marks = append(j.Marks, m)
	}
	seen, err := child.Draw(ctx, j)
	var none *browser.Unavailable
	if errors.As(err, &none) {
		n.unshot[x.v.url] = none.Says
		n.skip("rendered", "没有取得页面截图："+none.Says, x.v.url, 1)
		return nil
	}
	if err != nil {
		return err
	}
	if why := incomplete(seen); why != "" {
		n.skip("rendered", "页面截图中的画面不完整："+why+"。", x.v.url, 1)
	}
	if len(seen.Shots) < len(x.found) {
		n.unshot[x.v.url] = whyNotDrawn
	}
	for k, shot := range seen.Shots {
		if err := n.picture(ctx, &n.report.Findings[x.found[k]], shot); err != nil {
			return err
		}
	}
	return nil
}

// shootNarrow keeps a picture of a page at the width it does not fit.
func (n *inspector) shootNarrow(ctx context.Context, child *browser.Child, s *Sighting) error {
	width := 0
	if _, err := fmt.Sscanf(s.Where, "宽 %d 像素", &width); err != nil || n.store == nil || n.o.Known[s.Fingerprint()] {
		return ctx.Err()
	}
	if v := n.visits[s.URL]; v != nil {
		body, err := n.body(ctx, v)
		if err != nil {
			return err
		}
		if body != nil && personal(body, v) {
			n.unshot[s.URL] = whyPersonal
			n.skip("rendered", noPicture, s.URL, 1)
			return nil
		}
	}
	seen, err := child.Draw(ctx, browser.Job{URL: s.URL, Widths: []int{width}, Marks: []browser.Mark{{}}})
	var none *browser.Unavailable
	if errors.As(err, &none) {
		n.unshot[s.URL] = none.Says
		return nil
	}
	if err != nil {
		return err
	}
	if len(seen.Shots) == 0 {
		n.unshot[s.URL] = whyNotDrawn
		return nil
	}
	return n.picture(ctx, s, seen.Shots[0])
}

func (n *inspector) picture(ctx context.Context, s *Sighting, shot browser.Shot) error {
	ref, err := n.store.Put(ctx, bytes.NewReader(shot.PNG))
	if err != nil {
		return fmt.Errorf("engine: keep picture: %w", err)
	}
	s.Evidence.Screenshot, s.Evidence.Boxes = ref, nil
	for _, b := range shot.Boxes {
		s.Evidence.Boxes = append(s.Evidence.Boxes, Box(b))
	}
	return nil
}

type (
	PictureKey struct{}
	sharedKey  struct{}
)

// WithPicture asks a retest for a picture of the place as well, where a browser is
// at hand: it takes a few seconds more, for one finding that a person looks at.
func WithPicture(ctx context.Context) context.Context {
	return context.WithValue(ctx, PictureKey{}, true)
}

// WithPictures asks many retests one after another for pictures: one browser
// draws them all, until it has taken the time given; the verdicts stand without.
// The end lets the next begin.
func WithPictures(ctx context.Context, most time.Duration) (within context.Context, end func() error) {
	p := &sharedBrowser{left: most}
	return context.WithValue(WithPicture(ctx), sharedKey{}, p), p.close
}

// sharedBrowser is the one browser of many looks.
type sharedBrowser struct {
	left  time.Duration // for pictures
	child *browser.Child
	why   string // there is none
}

func (p *sharedBrowser) close() error {
	if p.child == nil {
		return nil
	}
	if err := p.child.Close(); err != nil {
		return fmt.Errorf("engine: browser: %w", err)
	}
	return nil
}

// borrow is the browser of the looks this one is among, or one of its own; back
// gives it back.
func (n *inspector) borrow(ctx context.Context) (child *browser.Child, back func() error, why string, err error) {
	p, ok := ctx.Value(sharedKey{}).(*sharedBrowser)
	if !ok {
		p = &sharedBrowser{}
		back = p.close
	} else {
		back = func() error { return nil }
	}
	if p.child == nil && p.why == "" {
		p.child, p.why, err = n.open(ctx)
	}
	return p.child, back, p.why, err
}

// pictureTime bounds the picture of a second look: a person waits for the verdict,
// which stands without it.
const pictureTime = 12 * time.Second

// pictured keeps a picture of the place as the second look found it, or says why there
// is none.
func (n *inspector) pictured(ctx context.Context, l *Look, spot Spot) (why string, err error) {
	s := Sighting{Check: spot.Check, URL: spot.URL, Where: spot.Where, Wrong: spot.Wrong}
	m, ok := n.markOn(s)
	switch why := Unpicturable(s.Check); {
	case why != "":
		return why, nil
	case !ok:
		return whyUnseen, nil
	case n.o.Browser == nil:
		return noBrowser, nil
	case n.store == nil:
		return whyNotKept, nil
	case n.last == nil || n.last.sum == "":
		return whyNoPage, nil
	case !isHTML(n.last.contentType, nil):
		return whyNotHTML, nil
	}
	most := cmp.Or(n.o.PictureTime, pictureTime)
	if p, ok := ctx.Value(sharedKey{}).(*sharedBrowser); ok {
		if most = min(most, p.left); most <= 0 {
			return "这一批复测留给截图的时间已用完", nil
		}
		begun := time.Now()
		defer func() { p.left -= time.Since(begun) }()
	}
	body, err := n.body(ctx, n.last)
	switch {
	case err != nil:
		return "", err
	case body == nil:
		return whyNoPage, nil
	case personal(body, n.last):
		return whyPersonal, nil
	}
	within, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	child, back, why, err := n.borrow(within)
	if err == nil && child != nil {
		var seen browser.Sight
		seen, err = child.Draw(within, browser.Job{URL: n.last.url, Body: body, ContentType: n.last.contentType, Widths: []int{wide}, Marks: []browser.Mark{m}})
		if berr := back(); berr != nil {
			return "", berr
		}
		if err == nil && len(seen.Shots) > 0 {
			if err := n.picture(ctx, &s, seen.Shots[0]); err != nil {
				return "", err
			}
			l.Evidence.Screenshot, l.Evidence.Boxes = s.Evidence.Screenshot, s.Evidence.Boxes
			return "", nil
		}
		why = whyNotDrawn
	}
	var none *browser.Unavailable
	switch {
	case ctx.Err() != nil:
		return "", cmp.Or(err, ctx.Err())
	case within.Err() != nil:
		return whySlow, nil
	case errors.As(err, &none):
		return none.Says, nil
	}
	return why, err
}

// recheckDrawn draws a page again.
func (n *inspector) recheckDrawn(ctx context.Context, spot Spot) (Look, error) {
	if spot.URL != n.start {
		if _, _, err := n.fetch(ctx, n.start); err != nil { // which page is the home page decides its class
			return Look{}, err
		}
	}
	v, page, err := n.fetch(ctx, spot.URL)
	if err != nil {
		return Look{}, err
	}
	if page == nil {
		outcome, says := v.absent()
		return n.look(ctx, v, outcome, says, Evidence{})
	}
	if n.o.Browser == nil {
		return n.look(ctx, v, Unknown, "未能复测："+noBrowser+"，请人工核实。", Evidence{})
	}
	child, back, why, err := n.borrow(ctx)
	if err != nil {
		return Look{}, err
	}
	if child == nil {
		return n.look(ctx, v, Unknown, "未能复测："+why+"，请人工核实。", Evidence{})
	}
	seen, err := n.measure(ctx, child, v.url)
	if berr := back(); err == nil {
		err = berr
	}
	if err != nil {
		return Look{}, err
	}
	said := false
	for _, f := range n.drawnFindings(page, seen) {
		if f.Check != spot.Check {
			continue
		}
		s := Sighting{Check: f.Check, URL: v.url, Where: f.Where}
		switch {
		case f.Outcome == check.Untested:
			return n.look(ctx, v, Unknown, f.Says, Evidence{})
		case f.Outcome == check.Violated && s.Fingerprint() == spot.Fingerprint:
			return n.look(ctx, v, Standing, f.Says, Evidence{})
		}
		said = true
	}
	if !said {
		return n.look(ctx, v, Unknown, "浏览器没有得出结论，未能复测，请稍后再试。", Evidence{})
	}
	return n.look(ctx, v, Gone, "浏览器中已符合要求，复测未再发现。", Evidence{})
}
