package crawl

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/netip"
	"path"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/html"

	"zhengshu/internal/egress"
)

// Plan says what to crawl. It holds values only, beside the callback and the parts shared with other crawls, so that it
// can travel as a file. Zero fields take the defaults.
type Plan struct {
	Start     string        `json:"start"`                // absolute URL
	Seeds     []string      `json:"seeds,omitempty"`      // further starting points, known to be pages: no trap and no budget of URLs holds for them
	Turns     []string      `json:"turns,omitempty"`      // known pages as well, each visited in turn with what the starting points lead to
	Hosts     []string      `json:"hosts,omitempty"`      // hosts of the site; empty: the host of Start, with and without "www."
	MaxPages  int           `json:"max_pages,omitempty"`  // pages visited; URLBudget
	MaxDepth  int           `json:"max_depth,omitempty"`  // links from a starting point; 8
	URLBudget int           `json:"url_budget,omitempty"` // URLs ever filed; 20,000
	PerHost   int           `json:"per_host,omitempty"`   // requests at once to a host; 2
	Delay     time.Duration `json:"delay,omitempty"`      // between the starts of two requests to a host; 250 ms; negative: none
	Robots    RobotsPolicy  `json:"robots,omitempty"`
	Agent     string        `json:"agent,omitempty"`
	Traps     Traps         `json:"traps"`
	MaxHTML   int64         `json:"max_html,omitempty"`  // bytes beyond which a page is handed on unparsed; 5 MB
	MaxWait   time.Duration `json:"max_wait,omitempty"`  // longest Retry-After obeyed before the host is given up; 60 s
	MaxBytes  int64         `json:"max_bytes,omitempty"` // bytes of all pages; 0: no bound
	MaxTime   time.Duration `json:"max_time,omitempty"`  // spent on the site from the first request on that a Keeper cannot answer; 0: no bound

	// Prepare is called once a page in the goroutine that fetched it, several at once, before its references are read:
	// for what is dear and rests on the page alone. What it returns is Page.Prepared. A tree that it has made of the
	// body, and of nothing but the body as it came, it may hand on, to spare a second reading; nil: none.
	Prepare func(Page) (prepared any, tree *html.Node) `json:"-"`
	Visit   func(Page) error                           `json:"-"` // called once a page, in order, from one goroutine; an error ends the crawl
	// Left is told of each URL that is left out, in the goroutine of Visit.
	Left     func(url string, why Why) `json:"-"`
	Manners  *Manners                  `json:"-"` // nil: made from PerHost, Delay, Robots and Agent
	Frontier Frontier                  `json:"-"` // nil: in memory
	Keeper   Keeper                    `json:"-"` // nil: nothing is remembered
	Rest     func() bool               `json:"-"` // asked before each page: true breaks the crawl off with ErrRest; nil: never
}

// ErrRest says that a crawl was broken off because its hours were over. With a Keeper it goes on later.
var ErrRest = errors.New("crawl: outside its hours")

// Page is one URL visited. Err is set when no complete answer came; the fields before it hold what did.
type Page struct {
	URL        string
	From       string // page it was found on
	Depth      int
	Status     int
	Header     http.Header
	Body       []byte // as sent, content encoding undone
	HTML       bool   // parsed: Links are set
	Links      []Link // in order of appearance, at most MaxLinks
	RedirectTo string // canonical target, when the answer is a redirect
	Like       string // earlier page whose text differs in figures at most; its links are not followed again
	Unchanged  bool   // the server confirmed that the page is as it was at an earlier crawl
	Replayed   bool   // answered before the crawl was broken off
	Refused    bool   // egress.Refuses: the server declines to be inspected, which is no dead link
	Err        *egress.Error
	RemoteAddr netip.AddrPort
	TLS        egress.TLSFacts
	Started    time.Time
	TTFB, Took time.Duration
	Prepared   any // by Plan.Prepare
	// Was is what the page answered at an earlier crawl, where it answers otherwise now, and WasType its type.
	Was     []byte
	WasType string
}

// Result sums a crawl up.
type Result struct {
	Hosts    []string
	Pages    int // visited, whatever came
	Failed   int // no complete answer, or a status of 400 and above that is no refusal
	Refused  int
	Bytes    int64 // of all bodies, as sent
	Replayed int   // pages answered before the crawl was broken off
	Same     int   // pages the server confirmed to be unchanged
	Untested []Untested
	Started  time.Time
	Took     time.Duration
	Complete bool // nothing was left out
}

// Why is the reason something was not tested.
type Why string

// The reasons.
const (
	RobotsDenied      Why = "robots"
	RobotsUnavailable Why = "robots_unavailable"
	Declined          Why = "refused"
	HostGivenUp       Why = "host_given_up"
	URLBudget         Why = "url_budget"
	PageBudget        Why = "page_budget"
	ByteBudget        Why = "byte_budget"
	TimeBudget        Why = "time_budget"
	DepthBudget       Why = "depth"
	TemplateBudget    Why = "template_budget"
	FacetBudget       Why = "facet_budget"
	CalendarBudget    Why = "calendar_budget"
	DeepPath          Why = "deep_path"
	Alike             Why = "alike"
	LongURL           Why = "long_url"
	LargePage         Why = "large_page"
	ManyLinks         Why = "many_links"
	ManyRedirects     Why = "many_redirects"
	CookieWall        Why = "cookie_wall"
	OffSite           Why = "off_site"
	Stopped           Why = "stopped"
)

var whySays = map[Why]string{
	RobotsDenied:      "robots.txt 不允许访问，未检测。",
	RobotsUnavailable: "robots.txt 读取失败，按不允许访问处理，未检测，请检查服务器。",
	Declined:          "服务器拒绝访问，未能检测，请将巡检地址加入防护白名单。",
	HostGivenUp:       "该主机连续多次访问失败或被拒绝，其余页面未检测，请先检查服务器后重新巡检。",
	URLBudget:         "超过单站网址数量上限，其余页面未检测。",
	PageBudget:        "达到本次巡检的页面数量上限，其余页面未检测。",
	ByteBudget:        "达到本次巡检的流量上限，其余页面未检测。",
	TimeBudget:        "达到本次巡检的时间上限，其余页面未检测。",
	DepthBudget:       "超过链接层级上限，更深的页面未检测。",
	TemplateBudget:    "同一模式的网址过多，其余未检测。",
	FacetBudget:       "筛选条件组合的网址过多，其余未检测。",
	CalendarBudget:    "日历类网址过多，其余未检测。",
	DeepPath:          "网址路径过深或反复重复，疑似错误的相对链接，未检测。",
	Alike:             "同一模式的页面内容连续雷同，其余未检测。",
	LongURL:           "网址过长，未检测。",
	LargePage:         "页面超过解析上限，其中的链接未检测，请检查页面。",
	ManyLinks:         "单个页面的链接过多，其余链接未检测。",
	ManyRedirects:     "连续跳转次数过多，未继续访问，请减少跳转。",
	CookieWall:        "跳转依赖 Cookie，平台不保存 Cookie，未能核实，请人工打开确认。",
	OffSite:           "起始网址跳转到本站以外的主机，未继续访问，请核对网站地址或将该主机列入本站。",
	Stopped:           "巡检中止，尚未检测。",
}

// Says gives the sentence for a report.
func (w Why) Says() string { return whySays[w] }

// Untested is something left out. What is the first example; Count how many URLs of that host shared the reason.
type Untested struct {
	What  string
	Why   Why
	Count int
}

func (p *Plan) fill() {
	fill(&p.URLBudget, 20_000)
	fill(&p.MaxPages, p.URLBudget)
	fill(&p.MaxDepth, 8)
	fill(&p.PerHost, 2)
	fill(&p.MaxHTML, 5<<20)
	if p.MaxWait == 0 {
		p.MaxWait = time.Minute
	}
}

// Limits of patience.
const (
	maxHops     = 5   // redirects in a row
	maxRetries  = 2   // after Retry-After
	maxFailures = 8   // in a row, before a host is given up
	maxRefusals = 5   // in a row, before a host is given up
	maxUntested = 500 // lines of Result.Untested
)

// Crawl visits the site of the plan. The error is the context's, the callback's or the frontier's; what sites do wrong
// stands in the pages. The Result holds with an error too.
func Crawl(ctx context.Context, client *egress.Client, plan Plan) (Result, error) {
	plan.fill()
	c := &crawl{plan: plan, client: client, manners: plan.Manners, frontier: plan.Frontier,
		snares: newSnares(plan.Traps), prints: map[[16]byte]string{}, similar: map[[16]byte]uint64{}, hosts: map[string]*health{},
		noted: map[[16]byte]struct{}{}, left: map[leftKey]int{}}
	if c.manners == nil {
		c.manners = NewManners(client, Courtesy{Agent: plan.Agent, PerHost: plan.PerHost, Delay: plan.Delay, Robots: plan.Robots})
	}
	if c.frontier == nil {
		c.frontier = NewMemory()
	}
	c.begun = time.Now()
	c.since = c.begun
	c.result.Started = c.begun.UTC()
	err := c.run(ctx)
	if err != nil {
		// Not Done: a frontier that outlives the run hands these out again.
		err = errors.Join(err, c.drain(context.WithoutCancel(ctx), Stopped))
	}
	c.result.Took = time.Since(c.begun)
	c.result.Complete = err == nil && len(c.result.Untested) == 0
	return c.result, err
}

// crawl is one run. Everything but fetch happens in one goroutine.
type crawl struct {
	plan     Plan
	client   *egress.Client
	manners  *Manners
	frontier Frontier
	snares   *snares
	begun    time.Time
	since    time.Time // when the first request of its own went out
	asked    bool      // one did
	filed    int
	prints   map[[16]byte]string   // text print to the first page that had it
	similar  map[[16]byte]uint64   // template to the similarity print of its last page
	hosts    map[string]*health    // hosts met, by host and port
	noted    map[[16]byte]struct{} // URLs left out, to count each once
	left     map[leftKey]int       // index into result.Untested
	result   Result
}

type health struct {
	failures, refusals int
	given              bool
}

type leftKey struct {
	host string
	why  Why
}

func (c *crawl) skip(what string, why Why, n int) {
	if c.plan.Left != nil {
		c.plan.Left(what, why)
	}
	k := leftKey{hostOf(what), why}
	if i, ok := c.left[k]; ok {
		c.result.Untested[i].Count += n
		return
	}
	if len(c.result.Untested) >= maxUntested {
		k.host = ""
		if i, ok := c.left[k]; ok {
			c.result.Untested[i].Count += n
			return
		}
	}
	c.left[k] = len(c.result.Untested)
	c.result.Untested = append(c.result.Untested, Untested{What: what, Why: why, Count: n})
}

// outcome is what a worker brings back.
type outcome struct {
	entry   Entry
	page    Page
	skipped Why
	over    int // links beyond MaxLinks
	long    int // links longer than MaxURL
	key     [16]byte
	similar uint64   // similarity print of the text, for near; 0: too short, or nobody asks
	like    [16]byte // key of the template of the address
	kind    class    // of that template
	giveUp  bool     // the host asked for a longer rest than we have
	broken  error    // of the keeper
}

func (c *crawl) run(ctx context.Context) error {
	if err := c.begin(ctx); err != nil {
		return err
	}
	// Results are handled in the order of dispatch, and as many are dispatched after each as keep the window full. So
	// what is known when an entry is chosen never depends on which answer came first, and every run is the same.
	window := c.plan.PerHost * min(len(c.result.Hosts), 4)
	var flying []chan outcome
	defer func() {
		for _, f := range flying {
			<-f
		}
	}()
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	for {
		over := c.over()
		for over == "" && len(flying) < window && c.result.Pages+len(flying) < c.plan.MaxPages {
			if c.plan.Rest != nil && c.plan.Rest() {
				return ErrRest
			}
			e, ok, err := c.next(ctx)
			if err != nil {
				return err
			}
			if !ok {
				break
			}
			f := make(chan outcome, 1)
			go func() {
				o := c.fetch(inner, e)
				if o.broken == nil {
					c.read(&o)
				}
				f <- o
			}()
			flying = append(flying, f)
		}
		if len(flying) == 0 {
			// Nothing waits, unless a budget was used up.
			return c.drain(ctx, cmp.Or(over, PageBudget))
		}
		o := <-flying[0]
		flying = flying[1:]
		if err := ctx.Err(); err != nil {
			c.skip(o.entry.URL, Stopped, 1+len(flying))
			return err
		}
		if o.broken != nil {
			return o.broken
		}
		if err := c.handle(ctx, o); err != nil {
			return err
		}
		if c.asked = c.asked || !o.page.Replayed; !c.asked {
			c.since = time.Now() // what was answered before takes none of the time
		}
		if err := c.frontier.Done(ctx, o.entry); err != nil {
			return err
		}
	}
}

// over names the budget that is used up.
func (c *crawl) over() Why {
	switch {
	case c.plan.MaxBytes > 0 && c.result.Bytes >= c.plan.MaxBytes:
		return ByteBudget
	case c.plan.MaxTime > 0 && time.Since(c.since) >= c.plan.MaxTime:
		return TimeBudget
	}
	return ""
}

// begin files the starting points and settles which hosts belong to the site.
func (c *crawl) begin(ctx context.Context) error {
	start, err := Canonical("", c.plan.Start)
	if err != nil {
		return fmt.Errorf("crawl: start %.200q: %w", c.plan.Start, err)
	}
	hosts := c.plan.Hosts
	if len(hosts) == 0 {
		h := nameOf(start)
		hosts = []string{h}
		if bare, ok := strings.CutPrefix(h, "www."); ok {
			hosts = append(hosts, bare)
		} else if _, err := netip.ParseAddr(h); err != nil {
			hosts = append(hosts, "www."+h)
		}
	}
	for _, h := range hosts {
		h, err := egress.Host(h)
		if err != nil {
			return fmt.Errorf("crawl: host: %w", err)
		}
		if !slices.Contains(c.result.Hosts, h) {
			c.result.Hosts = append(c.result.Hosts, h)
		}
	}
	if err := c.file(ctx, Entry{URL: start}); err != nil {
		return err
	}
	for i, s := range slices.Concat(c.plan.Seeds, c.plan.Turns) {
		u, err := Canonical(start, s)
		if err != nil || !slices.Contains(c.result.Hosts, nameOf(u)) {
			continue
		}
		fresh, err := c.frontier.Add(ctx, Entry{URL: u, Seed: true, Turn: i >= len(c.plan.Seeds)})
		if err != nil {
			return err
		}
		if fresh {
			c.filed++
		}
	}
	return nil
}

// file admits a URL to the frontier, or notes why not.
func (c *crawl) file(ctx context.Context, e Entry) error {
	if seen, err := c.frontier.Seen(ctx, e.URL); err != nil || seen {
		return err
	}
	if !slices.Contains(c.result.Hosts, nameOf(e.URL)) || download(e.URL) {
		return nil
	}
	var why Why
	switch {
	case e.Depth > c.plan.MaxDepth:
		why = DepthBudget
	case c.filed >= c.plan.URLBudget:
		why = URLBudget
	default:
		why = c.snares.admit(e.URL)
	}
	if why != "" {
		c.skipOnce(e.URL, why)
		return nil
	}
	fresh, err := c.frontier.Add(ctx, e)
	if err != nil || !fresh {
		return err
	}
	c.filed++
	return nil
}

// skipOnce counts a URL that may be met again on other pages; beyond a bound it may count twice.
func (c *crawl) skipOnce(u string, why Why) {
	k := key(u)
	if _, ok := c.noted[k]; ok {
		return
	}
	if len(c.noted) < 2*c.plan.URLBudget {
		c.noted[k] = struct{}{}
	}
	c.skip(u, why, 1)
}

// next takes the next entry worth fetching.
func (c *crawl) next(ctx context.Context) (Entry, bool, error) {
	for {
		e, ok, err := c.frontier.Next(ctx)
		if err != nil || !ok {
			return e, ok, err
		}
		var why Why
		switch {
		case c.health(e.URL).given:
			why = HostGivenUp
		case !e.Seed && c.snares.closed(e.URL):
			why = Alike
		default:
			return e, true, nil
		}
		c.skip(e.URL, why, 1)
		if err := c.frontier.Done(ctx, e); err != nil {
			return e, false, err
		}
	}
}

func (c *crawl) drain(ctx context.Context, why Why) error {
	for {
		e, ok, err := c.frontier.Next(ctx)
		if err != nil || !ok {
			return err
		}
		c.skip(e.URL, why, 1)
	}
}

func (c *crawl) health(u string) *health {
	host := hostOf(u)
	h := c.hosts[host]
	if h == nil {
		h = &health{}
		c.hosts[host] = h
	}
	return h
}

// fetch runs in a goroutine of its own and touches nothing of the crawl but what is safe to share.
func (c *crawl) fetch(ctx context.Context, e Entry) outcome {
	o := outcome{entry: e, page: Page{URL: e.URL, From: e.From, Depth: e.Depth}}
	var before Answer
	known := false
	if c.plan.Keeper != nil {
		a, ok, err := c.plan.Keeper.Kept(ctx, e.URL)
		if err != nil {
			o.broken = err
			return o
		}
		if ok {
			o.take(a)
			o.page.Replayed = true
			return o
		}
		if before, known, o.broken = c.plan.Keeper.Before(ctx, e.URL); o.broken != nil {
			return o
		}
	}
	ok, why, err := c.manners.allowed(ctx, e.URL)
	if err != nil {
		return o
	}
	if !ok {
		o.skipped = why
		c.keep(ctx, &o, false)
		return o
	}
	target := e.URL
	opt := egress.Options{RecordTLSFault: true, NoFollow: true, WantBody: wantPage}
	if known && before.Status == http.StatusOK && before.Err == nil {
		opt.IfNoneMatch, opt.IfModifiedSince = before.Header.Get("ETag"), before.Header.Get("Last-Modified")
	}
	for try := 0; ; try++ {
		resp, wait, err := c.manners.get(ctx, target, opt)
		if resp != nil && resp.Status == http.StatusNotModified && (opt.IfNoneMatch != "" || opt.IfModifiedSince != "") {
			// The page is the one known; the line it came over is today's.
			o.take(before)
			p := &o.page
			p.Unchanged, p.Err = true, nil
			p.RemoteAddr, p.TLS, p.Started, p.TTFB, p.Took = resp.RemoteAddr, resp.TLS, resp.Started, resp.TTFB, resp.Took
			break
		}
		p := &o.page
		p.Err = nil
		errors.As(err, &p.Err)
		if resp != nil {
			p.Status, p.Header, p.Body, p.RemoteAddr, p.TLS = resp.Status, resp.Header, resp.Body, resp.RemoteAddr, resp.TLS
			p.Started, p.TTFB, p.Took = resp.Started, resp.TTFB, resp.Took
			p.RedirectTo = ""
			if resp.Location != "" {
				p.RedirectTo, _ = Canonical("", resp.Location)
			}
			// A redirect to itself with a session id is how servers greet a visitor without cookies. Asked once as it
			// stands, that URL gives the page.
			if p.RedirectTo == e.URL && resp.Location != target && target == e.URL {
				target = resp.Location
				continue
			}
		}
		if wait > c.plan.MaxWait {
			o.giveUp = true
		} else if wait > 0 && try < maxRetries {
			c.manners.hold(hostOf(e.URL), wait)
			continue
		}
		break
	}
	if p := &o.page; known && before.Status == http.StatusOK && before.Err == nil && p.Status == http.StatusOK && !p.Unchanged && !bytes.Equal(before.Body, p.Body) {
		p.Was, p.WasType = before.Body, before.Header.Get("Content-Type")
	}
	if ctx.Err() == nil { // what was cut off by our own stopping is no answer
		c.keep(ctx, &o, o.page.Unchanged)
	}
	return o
}

// keep remembers an answer; a store that fails ends the crawl.
func (c *crawl) keep(ctx context.Context, o *outcome, same bool) {
	if c.plan.Keeper == nil || o.broken != nil {
		return
	}
	p := &o.page
	o.broken = c.plan.Keeper.Keep(ctx, Answer{URL: p.URL, Status: p.Status, Header: p.Header, Body: p.Body, RedirectTo: p.RedirectTo, Err: p.Err, RemoteAddr: p.RemoteAddr, TLS: p.TLS,
		Started: p.Started, TTFB: p.TTFB, Took: p.Took, GiveUp: o.giveUp, Skipped: o.skipped}, same)
}

// take makes an answer remembered the outcome.
func (o *outcome) take(a Answer) {
	p := &o.page
	p.Status, p.Header, p.Body, p.RedirectTo, p.Err, p.RemoteAddr, p.TLS = a.Status, a.Header, a.Body, a.RedirectTo, a.Err, a.RemoteAddr, a.TLS
	p.Started, p.TTFB, p.Took = a.Started, a.TTFB, a.Took
	o.giveUp, o.skipped = a.GiveUp, a.Skipped
}

// read takes out of a page what it refers to and what it says.
func (c *crawl) read(o *outcome) {
	p := &o.page
	var tree *html.Node
	if c.plan.Prepare != nil {
		p.Prepared, tree = c.plan.Prepare(*p)
	}
	if p.Err != nil || p.RedirectTo != "" || !isHTML(p.Header, p.Body) {
		return
	}
	if int64(len(p.Body)) > c.plan.MaxHTML {
		o.skipped = LargePage
		return
	}
	// Within a frame of navigation all articles look near to each other, so nearness counts only where the URL already
	// speaks of a calendar or of filters.
	t, kind := template(p.URL)
	o.like, o.kind = key(t), kind
	var s scanned
	if tree != nil {
		s = walk(p.URL, tree, p.Body, kind != ordinary)
	} else {
		s = scan(p.URL, p.Body, kind != ordinary)
	}
	p.HTML, p.Links = true, s.links
	o.over, o.long, o.key, o.similar = s.over, s.long, s.text.key, s.text.sim
}

// handle takes one outcome in: callback, then the links.
func (c *crawl) handle(ctx context.Context, o outcome) error {
	p := &o.page
	if o.skipped == RobotsDenied || o.skipped == RobotsUnavailable {
		c.skip(p.URL, o.skipped, 1)
		return nil
	}
	c.result.Pages++
	c.result.Bytes += int64(len(p.Body))
	if p.Replayed {
		c.result.Replayed++
	}
	if p.Unchanged {
		c.result.Same++
	}
	h := c.health(p.URL)
	switch {
	case egress.Refuses(p.Status):
		p.Refused = true
		c.result.Refused++
		c.skip(p.URL, Declined, 1)
		if p.Status != http.StatusMethodNotAllowed { // of one address, not of the host
			h.refusals++
		}
	case p.Err != nil || p.Status >= 400:
		c.result.Failed++
		if p.Status == http.StatusServiceUnavailable || p.Err != nil && p.Err.Kind != egress.TooLarge && p.Err.Kind != egress.Bomb {
			h.failures++
		}
	default:
		h.failures, h.refusals = 0, 0
	}
	if o.giveUp || h.failures >= maxFailures || h.refusals >= maxRefusals {
		h.given = true
	}

	follow := p.HTML && p.Status < 400
	if follow {
		if first, ok := c.prints[o.key]; ok {
			p.Like, follow = first, false
		} else {
			c.prints[o.key] = p.URL
		}
		c.snares.saw(p.URL, p.Like != "" || near(c.similar[o.like], o.similar))
		if o.kind != ordinary {
			c.similar[o.like] = o.similar
		}
	}
	loop := p.RedirectTo != "" && (p.RedirectTo == p.URL || slices.Contains(o.entry.Chain, p.RedirectTo))
	if loop {
		if p.Header.Get("Set-Cookie") != "" {
			p.Err = egress.Wall(egress.RedirectLoop, nameOf(p.URL))
			c.skip(p.URL, CookieWall, 1)
		} else {
			p.Err = &egress.Error{Kind: egress.RedirectLoop, Host: nameOf(p.URL), Says: "该网址的跳转形成循环，浏览器无法打开，请检查跳转设置。"}
			c.result.Failed++
		}
	}
	if c.plan.Visit != nil {
		if err := c.plan.Visit(*p); err != nil {
			return err
		}
	}

	switch {
	case o.skipped == LargePage || p.Err != nil && (p.Err.Kind == egress.TooLarge || p.Err.Kind == egress.Bomb):
		c.skip(p.URL, LargePage, 1)
	case p.RedirectTo != "" && !loop:
		if o.entry.From == "" && !slices.Contains(c.result.Hosts, nameOf(p.RedirectTo)) {
			c.skip(p.RedirectTo, OffSite, 1)
			return nil
		}
		if len(o.entry.Chain) >= maxHops {
			c.skip(p.RedirectTo, ManyRedirects, 1)
			return nil
		}
		return c.file(ctx, Entry{URL: p.RedirectTo, From: p.From, Depth: p.Depth, Chain: append(slices.Clone(o.entry.Chain), p.URL)})
	}
	if o.over > 0 {
		c.skip(p.URL, ManyLinks, o.over)
	}
	if !follow {
		return nil
	}
	if o.long > 0 {
		c.skip(p.URL, LongURL, o.long)
	}
	for _, l := range p.Links {
		if !l.Page {
			continue
		}
		if err := c.file(ctx, Entry{URL: l.URL, From: p.URL, Depth: p.Depth + 1}); err != nil {
			return err
		}
	}
	return nil
}

// wantPage reads bodies that may be pages; the rest is known by its header.
func wantPage(status int, h http.Header) bool {
	t := h.Get("Content-Type")
	if t == "" {
		return true
	}
	if strings.HasPrefix(t, "text/") {
		return true
	}
	media, _, err := mime.ParseMediaType(t)
	return err != nil || media == "" || strings.HasPrefix(media, "text/") || strings.Contains(media, "html") || strings.Contains(media, "xml") || media == "application/octet-stream"
}

func isHTML(h http.Header, body []byte) bool {
	said := h.Get("Content-Type")
	media, _, _ := strings.Cut(said, ";")
	if media != "text/html" { // as nearly all say it
		media, _, _ = mime.ParseMediaType(said)
	}
	switch media {
	case "text/html", "application/xhtml+xml":
		return true
	case "", "text/plain", "application/octet-stream":
		// Sent without a type, or with a wrong one; browsers look, and so do we.
		start := bytes.ToLower(bytes.TrimLeft(body[:min(len(body), 512)], " \t\r\n\xef\xbb\xbf"))
		return bytes.HasPrefix(start, []byte("<!doctype html")) || bytes.HasPrefix(start, []byte("<html")) || media == "" && bytes.HasPrefix(start, []byte("<"))
	}
	return false
}

// download tells by its name what is no page: such a URL is verified as a link, not visited.
func download(u string) bool {
	head, _, _ := strings.Cut(u, "?")
	_, rest, _ := strings.Cut(head, "://")
	_, rest, _ = strings.Cut(rest, "/")
	switch strings.ToLower(path.Ext(rest)) {
	case ".pdf", ".doc", ".docx", ".xls", ".xlsx", ".ppt", ".pptx", ".wps", ".et", ".dps", ".ofd", ".ceb", ".csv", ".rtf",
		".zip", ".rar", ".7z", ".gz", ".tar", ".bz2", ".exe", ".msi", ".apk", ".ipa", ".iso", ".dmg",
		".jpg", ".jpeg", ".png", ".gif", ".bmp", ".ico", ".svg", ".webp", ".tif", ".tiff",
		".mp3", ".mp4", ".avi", ".wmv", ".flv", ".mov", ".m4a", ".m4v", ".wav", ".webm", ".swf", ".rm", ".rmvb", ".m3u8", ".ts",
		".css", ".js", ".json", ".map", ".woff", ".woff2", ".ttf", ".eot":
		return true
	}
	return false
}

// nameOf takes the host without its port out of a canonical URL.
func nameOf(canonical string) string {
	h := hostOf(canonical)
	if i := strings.LastIndexByte(h, ':'); i >= 0 && !strings.Contains(h[i:], "]") {
		h = h[:i]
	}
	return strings.Trim(h, "[]")
}
