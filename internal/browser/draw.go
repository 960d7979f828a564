package browser

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"image/png"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"zhengshu/internal/egress"
)

// mobile is the width up to which a page is drawn as on a telephone, with the
// agent of one: sites that have a layout of their own for it choose by that.
const mobile = 600

const phoneAgent = "Mozilla/5.0 (Linux; Android 14; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36"

// tab is one page in a context of its own: nothing it keeps outlives it.
type tab struct {
	c       *Child
	p       *process
	job     Job
	context string
	target  string
	session string
	frame   string
	world   int

	loaded chan struct{}
	held   map[string]*egress.Response // answers of this page, by address
	sem    chan struct{}
	wg     sync.WaitGroup

	mu      sync.Mutex
	asked   int
	waiting int       // requests that wait for their answer
	last    time.Time // when one was last made or answered
	refused int
	bytes   int64
	status  int
	final   string
	kept    []Kept
}

func (c *Child) draw(ctx context.Context, j Job) (s Sight, err error) {
	widths := j.Widths
	if len(widths) == 0 {
		widths = []int{1366}
	}
	t := &tab{c: c, p: c.p, job: j, held: map[string]*egress.Response{}, sem: make(chan struct{}, atOnce), final: j.URL}
	ctx, cancel := context.WithCancel(ctx)
	if err := t.open(ctx); err != nil {
		cancel()
		return s, err
	}
	defer func() {
		cancel()
		t.wg.Wait()
		c.p.unsubscribe(t.session)
		// A page that went on while it was looked at costs only itself.
		if refused := (*refusal)(nil); err == nil || errors.As(err, &refused) {
			if broken := t.close(); broken != nil {
				err = fmt.Errorf("browser: leave the page: %w", broken)
			}
		}
	}()
	for i, w := range widths {
		load, err := t.visit(ctx, w)
		if err != nil {
			return s, err
		}
		if i == 0 && j.Measure && load > slow {
			// A machine that is busy for a moment must not make a site slow.
			t.forget()
			again, err := t.visit(ctx, w)
			if err != nil {
				return s, err
			}
			load = min(load, again)
		}
		got := Width{Width: w}
		if i == 0 && j.Measure {
			got.Load = load
		}
		if got.Content, err = t.wide(ctx, w); err != nil {
			return s, err
		}
		s.Widths = append(s.Widths, got)
		if i > 0 {
			continue
		}
		if j.Source {
			if s.Source, s.Settled, err = t.source(ctx); err != nil {
				return s, err
			}
		}
		for _, m := range j.Marks {
			shot, err := t.shoot(ctx, w, m)
			if err != nil {
				return s, err
			}
			s.Shots = append(s.Shots, shot)
		}
		if j.Axe && c.b.set.Axe != "" {
			if s.Axe, err = t.audit(ctx); err != nil {
				return s, err
			}
			s.Audited = true
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	s.Final, s.Status, s.Asked, s.Refused, s.Bytes, s.Kept = t.final, t.status, t.asked, t.refused, t.bytes, t.kept
	return s, nil
}

// slow is the load time from which a page is measured twice.
const slow = 2500 * time.Millisecond

func (t *tab) open(ctx context.Context) error {
	var made struct {
		Context string `json:"browserContextId"`
	}
	if err := t.p.ask(ctx, "", "Target.createBrowserContext", map[string]any{"disposeOnDetach": true}, &made); err != nil {
		return err
	}
	t.context = made.Context
	var target struct {
		ID string `json:"targetId"`
	}
	if err := t.p.ask(ctx, "", "Target.createTarget", map[string]any{"url": "about:blank", "browserContextId": t.context}, &target); err != nil {
		return err
	}
	t.target = target.ID
	var session struct {
		ID string `json:"sessionId"`
	}
	if err := t.p.ask(ctx, "", "Target.attachToTarget", map[string]any{"targetId": t.target, "flatten": true}, &session); err != nil {
		return err
	}
	t.session = session.ID
	t.loaded = make(chan struct{}, 1)
	events := t.p.subscribe(t.session)
	t.wg.Go(func() { t.follow(ctx, events) })
	var tree struct {
		Tree struct {
			Frame struct {
				ID string `json:"id"`
			} `json:"frame"`
		} `json:"frameTree"`
	}
	if err := t.p.ask(ctx, t.session, "Page.getFrameTree", nil, &tree); err != nil {
		return err
	}
	t.frame = tree.Tree.Frame.ID
	for _, x := range []struct {
		method string
		params any
	}{
		{"Page.enable", nil},
		{"Runtime.enable", nil},
		{"Fetch.enable", map[string]any{"patterns": []map[string]string{{"urlPattern": "*"}}}},
		// The machine of the child has no network, which pages must not be told.
		{"Network.enable", nil},
		{"Network.emulateNetworkConditions", map[string]any{"offline": false, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}},
		{"Network.setBypassServiceWorker", map[string]any{"bypass": true}},
	} {
		if _, err := t.p.call(ctx, t.session, x.method, x.params); err != nil {
			return err
		}
	}
	return nil
}

func (t *tab) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), max(leaveTime, t.c.b.set.share(leaveTime)))
	defer cancel()
	_, err := t.p.call(ctx, "", "Target.disposeBrowserContext", map[string]any{"browserContextId": t.context})
	return err
}

// forget drops the answers held, so that the next visit asks for all of it.
func (t *tab) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.held)
}

// follow answers what the page asks for until the tab ends.
func (t *tab) follow(ctx context.Context, events <-chan event) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.p.over:
			return
		case e := <-events:
			switch e.Method {
			case "Fetch.requestPaused":
				var r paused
				if json.Unmarshal(e.Params, &r) == nil {
					t.wg.Go(func() { t.serve(ctx, r) })
				}
			case "Page.loadEventFired":
				select {
				case t.loaded <- struct{}{}:
				default:
				}
			case "Page.javascriptDialogOpening":
				t.wg.Go(func() {
					// A page that is gone meanwhile needs no answer.
					_, _ = t.p.call(ctx, t.session, "Page.handleJavaScriptDialog", map[string]any{"accept": false})
				})
			}
		}
	}
}

// paused is one request that waits.
type paused struct {
	ID      string `json:"requestId"`
	Frame   string `json:"frameId"`
	Kind    string `json:"resourceType"`
	Request struct {
		URL     string            `json:"url"`
		Method  string            `json:"method"`
		Headers map[string]string `json:"headers"`
	} `json:"request"`
}

// unwanted are kinds of requests that a look does not need.
var unwanted = map[string]bool{"Media": true, "WebSocket": true, "EventSource": true, "Ping": true, "CSPViolationReport": true, "Manifest": true, "SignedExchange": true, "Preflight": true}

// serve answers one request: through the house's way out, or not at all.
func (t *tab) serve(ctx context.Context, r paused) {
	address, _, _ := strings.Cut(r.Request.URL, "#")
	main := r.Kind == "Document" && r.Frame == t.frame
	t.mu.Lock()
	t.asked++
	t.waiting, t.last = t.waiting+1, time.Now()
	defer func() {
		t.mu.Lock()
		t.waiting, t.last = t.waiting-1, time.Now()
		t.mu.Unlock()
	}()
	over := t.asked > maxRequests*max(1, len(t.job.Widths)) || t.bytes > maxPageSize
	known := t.held[address]
	t.mu.Unlock()
	web := strings.HasPrefix(address, "http://") || strings.HasPrefix(address, "https://")
	switch {
	case !web || r.Request.Method != http.MethodGet || unwanted[r.Kind] || over:
		t.refuse(ctx, r, "BlockedByClient")
	case main && t.job.Body != nil && address == strings.SplitN(t.job.URL, "#", 2)[0]:
		t.mu.Lock()
		t.status = http.StatusOK
		t.mu.Unlock()
		t.answer(ctx, r, &egress.Response{Status: http.StatusOK, Header: http.Header{"Content-Type": {t.job.ContentType}}, Body: t.job.Body})
	case known != nil:
		if main {
			t.mu.Lock()
			t.status, t.final = known.Status, address
			t.mu.Unlock()
		}
		t.answer(ctx, r, known)
	default:
		t.fetch(ctx, r, address, main)
	}
}

func (t *tab) fetch(ctx context.Context, r paused, address string, main bool) {
	select {
	case t.sem <- struct{}{}:
	case <-ctx.Done():
		return
	}
	resp, err := t.c.fetch(ctx, address, main, egress.Options{UserAgent: plainAgent(r.Request.Headers["User-Agent"]), Referer: r.Request.Headers["Referer"], Accept: r.Request.Headers["Accept"], NoFollow: true, RecordTLSFault: true})
	<-t.sem
	if ctx.Err() != nil {
		return
	}
	if main && resp != nil {
		t.mu.Lock()
		if t.status, t.final = resp.Status, address; resp.Location != "" {
			t.final = resp.Location
		}
		t.mu.Unlock()
	}
	if denied := (*Denied)(nil); errors.As(err, &denied) {
		t.keep(Kept{URL: address, Says: denied.Says})
		t.refuse(ctx, r, "BlockedByClient")
		return
	}
	if err != nil || resp == nil || resp.Status == 0 {
		t.refuse(ctx, r, "ConnectionFailed")
		return
	}
	t.mu.Lock()
	t.bytes += int64(len(resp.Body))
	if resp.Location == "" {
		t.held[address] = resp
	}
	t.mu.Unlock()
	t.answer(ctx, r, resp)
}

// keep notes an address that is kept from us, once for all widths.
func (t *tab) keep(k Kept) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.kept) < mostKept && !slices.Contains(t.kept, k) {
		t.kept = append(t.kept, k)
	}
}

func (t *tab) refuse(ctx context.Context, r paused, why string) {
	t.mu.Lock()
	t.refused++
	t.mu.Unlock()
	// A page that is gone meanwhile needs no answer.
	_, _ = t.p.call(ctx, t.session, "Fetch.failRequest", map[string]any{"requestId": r.ID, "errorReason": why})
}

// left are headers that tell of the way the answer came here, or keep something.
var left = map[string]bool{"Content-Encoding": true, "Content-Length": true, "Transfer-Encoding": true, "Connection": true, "Keep-Alive": true, "Set-Cookie": true, "Strict-Transport-Security": true, "Alt-Svc": true, "Report-To": true, "Nel": true}

func (t *tab) answer(ctx context.Context, r paused, resp *egress.Response) {
	headers := []map[string]string{}
	for name, values := range resp.Header {
		if left[name] {
			continue
		}
		for _, v := range values {
			headers = append(headers, map[string]string{"name": name, "value": strings.ToValidUTF8(v, "")})
		}
	}
	// As above.
	_, _ = t.p.call(ctx, t.session, "Fetch.fulfillRequest", map[string]any{"requestId": r.ID, "responseCode": resp.Status, "responseHeaders": headers, "body": base64.StdEncoding.EncodeToString(resp.Body)})
}

// visit opens the page at a width and waits for it; the time is that to the load
// event, as the browser counts it.
func (t *tab) visit(ctx context.Context, width int) (time.Duration, error) {
	phone := width <= mobile
	height := 900
	if phone {
		height = 844
	}
	if _, err := t.p.call(ctx, t.session, "Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone}); err != nil {
		return 0, err
	}
	agent := ""
	if phone {
		agent = phoneAgent
	} else {
		var v struct {
			Agent string `json:"userAgent"`
		}
		if err := t.p.ask(ctx, "", "Browser.getVersion", nil, &v); err != nil {
			return 0, err
		}
		agent = plainAgent(v.Agent)
	}
	if _, err := t.p.call(ctx, t.session, "Emulation.setUserAgentOverride", map[string]any{"userAgent": agent, "acceptLanguage": "zh-CN,zh;q=0.9"}); err != nil {
		return 0, err
	}
	select {
	case <-t.loaded: // of about:blank, or of the visit before
	default:
	}
	var nav struct {
		Error string `json:"errorText"`
	}
	if err := t.p.ask(ctx, t.session, "Page.navigate", map[string]any{"url": t.job.URL}, &nav); err != nil {
		return 0, err
	}
	most := t.c.b.set.share(loadTime)
	limit := time.NewTimer(most)
	defer limit.Stop()
	late := false
	select {
	case <-t.loaded:
	case <-limit.C:
		late = true // what is there by now is drawn
		if _, err := t.p.call(ctx, t.session, "Page.stopLoading", nil); err != nil {
			return 0, err
		}
	case <-t.p.over:
		return 0, errGone
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	settle := time.NewTimer(settleTime)
	defer settle.Stop()
	select {
	case <-settle.C:
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	var world struct {
		ID int `json:"executionContextId"`
	}
	// A world of our own: what the page did to its functions is not seen in it.
	if err := t.p.ask(ctx, t.session, "Page.createIsolatedWorld", map[string]any{"frameId": t.frame, "worldName": "zhengshu"}, &world); err != nil {
		return 0, err
	}
	t.world = world.ID
	if late {
		return most, nil
	}
	var ms float64
	if err := t.eval(ctx, `(() => { const n = performance.getEntriesByType("navigation")[0]; return n ? n.loadEventStart || n.domComplete : 0; })()`, &ms); err != nil {
		return 0, err
	}
	return time.Duration(ms * float64(time.Millisecond)), nil
}

// source is the page as its scripts have made it, when they have been quiet for a while
// or the time is over.
func (t *tab) source(ctx context.Context) (html string, settled bool, err error) {
	end := time.Now().Add(t.c.b.set.share(quietMost))
	tick := time.NewTicker(quietTime / 4)
	defer tick.Stop()
	for !settled && time.Now().Before(end) {
		select {
		case now := <-tick.C:
			t.mu.Lock()
			settled = t.waiting == 0 && now.Sub(t.last) >= quietTime
			t.mu.Unlock()
		case <-t.p.over:
			return "", false, errGone
		case <-ctx.Done():
			return "", false, ctx.Err()
		}
	}
	err = t.eval(ctx, fmt.Sprintf(`(() => { const d = document.documentElement, h = d ? d.outerHTML : ""; return h.length > %d ? "" : h; })()`, mostSource), &html)
	return html, settled, err
}

// eval is the value of an expression in our world.
func (t *tab) eval(ctx context.Context, expression string, v any) error {
	var r struct {
		Result struct {
			Value json.RawMessage `json:"value"`
		} `json:"result"`
		Wrong *struct {
			Text      string `json:"text"`
			Exception struct {
				Description string `json:"description"`
			} `json:"exception"`
		} `json:"exceptionDetails"`
	}
	if err := t.p.ask(ctx, t.session, "Runtime.evaluate", map[string]any{"expression": expression, "contextId": t.world, "returnByValue": true, "awaitPromise": true, "timeout": max(scriptTime, t.c.b.set.share(scriptTime)).Milliseconds()}, &r); err != nil {
		return err
	}
	if r.Wrong != nil {
		return fmt.Errorf("browser: script: %s %s", r.Wrong.Text, r.Wrong.Exception.Description)
	}
	if v == nil || len(r.Result.Value) == 0 {
		return nil
	}
	if err := json.Unmarshal(r.Result.Value, v); err != nil {
		return fmt.Errorf("browser: script: %w", err)
	}
	return nil
}

// wide is how wide the page is drawn in a window of a width. A telephone that is
// told nothing draws a page 980 wide and makes it small.
func (t *tab) wide(ctx context.Context, width int) (int, error) {
	var w int
	err := t.eval(ctx, `(() => { const d = document.documentElement, b = document.body; return Math.round(Math.max(d ? d.scrollWidth : 0, b && getComputedStyle(b).overflowX === "visible" ? b.scrollWidth : 0)); })()`, &w)
	if w == 0 {
		w = width
	}
	return w, err
}

// locate finds places; what is not drawn is where its nearest drawn parent is.
const locate = `((m) => {
  const drawn = (e) => { for (; e && e !== document.body; e = e.parentElement) { const r = e.getBoundingClientRect(); if (r.width >= 2 && r.height >= 2 && r.right > 0 && r.bottom + scrollY > 0) return r; } return null; };
  const rects = [];
  const put = (r) => { if (r && r.width > 0 && r.height > 0 && rects.length < 5) rects.push([r.left + scrollX, r.top + scrollY, r.width, r.height].map(Math.round)); };
  const plain = (u) => { try { const x = new URL(u, document.baseURI); x.hash = ""; return x.href.replace(/\/$/, ""); } catch (e) { return u; } };
  if (m.link) {
    const want = plain(m.link);
    for (const e of document.querySelectorAll("a[href], area[href], img[src], iframe[src], embed[src], object[data]")) {
      const at = e.getAttribute("href") || e.getAttribute("src") || e.getAttribute("data");
      if (at && plain(at) === want) put(drawn(e));
    }
  }
  if (m.text && !rects.length && document.body) {
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let n = walk.nextNode(); n && rects.length < 5; n = walk.nextNode()) {
      const i = n.data.indexOf(m.text);
      if (i < 0) continue;
      const r = document.createRange(); r.setStart(n, i); r.setEnd(n, i + m.text.length);
      const b = r.getBoundingClientRect();
      put(b.width > 0 ? b : drawn(n.parentElement));
    }
  }
  if (m.selector && !rects.length) {
    try { for (const e of document.querySelectorAll(m.selector)) { if (rects.length) break; put(drawn(e)); } } catch (e) { /* no selector of this browser */ }
  }
  return { rects, height: Math.max(document.documentElement.scrollHeight, document.body ? document.body.scrollHeight : 0) };
})`

// shoot takes a picture of a place.
func (t *tab) shoot(ctx context.Context, width int, m Mark) (Shot, error) {
	arg, err := json.Marshal(map[string]string{"link": m.Link, "text": m.Text, "selector": m.Selector})
	if err != nil {
		return Shot{}, err
	}
	var found struct {
		Rects  [][4]int `json:"rects"`
		Height int      `json:"height"`
	}
	if err := t.eval(ctx, locate+"("+string(arg)+")", &found); err != nil {
		return Shot{}, err
	}
	height := min(shotHeight, max(found.Height, 200))
	top := 0
	if len(found.Rects) > 0 {
		top = min(max(0, found.Rects[0][1]-shotAbove), max(0, found.Height-height))
	}
	var got struct {
		Data string `json:"data"`
	}
	if err := t.p.ask(ctx, t.session, "Page.captureScreenshot", map[string]any{"format": "png", "captureBeyondViewport": true,
		"clip": map[string]any{"x": 0, "y": top, "width": width, "height": height, "scale": 1}}, &got); err != nil {
		return Shot{}, err
	}
	b, err := base64.StdEncoding.DecodeString(got.Data)
	if err != nil || len(b) > maxShot {
		return Shot{}, errors.Join(err, fmt.Errorf("browser: picture of %d bytes", len(b)))
	}
	size, err := png.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		return Shot{}, fmt.Errorf("browser: picture: %w", err)
	}
	s := Shot{PNG: b, Width: size.Width, Height: size.Height}
	for _, r := range found.Rects {
		// Within the picture, with the part of a place that it shows.
		x0, y0, x1, y1 := max(0, r[0]), max(0, r[1]-top), min(size.Width, r[0]+r[2]), min(size.Height, r[1]-top+r[3])
		if x1 > x0 && y1 > y0 {
			s.Boxes = append(s.Boxes, Box{x0, y0, x1 - x0, y1 - y0})
		}
	}
	return s, nil
}

// audit runs axe-core in our world.
func (t *tab) audit(ctx context.Context) ([]Violation, error) {
	if err := t.eval(ctx, t.c.b.set.Axe+"\n;0", nil); err != nil {
		return nil, err
	}
	var out []Violation
	err := t.eval(ctx, `axe.run(document, {resultTypes: ["violations"], elementRef: false, iframes: false, runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}).then((r) => r.violations.slice(0, 40).map((v) => ({
  id: v.id, impact: v.impact || "", help: String(v.help).slice(0, 200), nodes: v.nodes.length, first: String((v.nodes[0] && v.nodes[0].target || [""])[0]).slice(0, 300) })))`, &out)
	return out, err
}
