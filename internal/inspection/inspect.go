package inspection

import (
	"bytes"
	"cmp"
	"compress/flate"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/html"

	"zhengshu/internal/blob"
	"zhengshu/internal/browser"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/crawl"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/rules/packs"
)

// Checks that inspection itself makes, beside those of package check.
const (
	CheckHome        = "access.home"        // 首页无法打开
	CheckCertificate = "access.certificate" // 证书或加密协议有问题
	CheckListed      = "access.page"        // 发布清单中的网页打不开
)

// Target is the site a run looks at.
type Target struct {
	// URL is where a visitor begins.
	URL string
	// Ledger is what the register knows of the site; nil when it knows nothing.
	Ledger *check.Ledger
	// Columns are columns whose facts are known (sites hosted here). One with
	// Items −1 and no Latest only declares name, kind and cycle: its facts are
	// taken from the page of that name.
	Columns []check.Column
	// Hosts are further hosts of the site.
	Hosts []string
	// Hosted sites show items of the library: what was checked of them before
	// their final review is checked again on the page.
	Hosted bool
	// Watch are pages held against a baseline, the first the start; Baselines are
	// those that were confirmed.
	Watch     []string
	Baselines []Held
	// Listed are pages of the release in force, each of which is looked at; Release
	// counts all of them.
	Listed  []string `json:",omitempty"`
	Release int      `json:",omitempty"`
	// Stand are addresses that findings stand at, see askTaken.
	Stand []string `json:",omitempty"`
}

// Options vary a run. The zero value inspects politely with no thresholds.
type Options struct {
	MaxPages int           // pages visited; 200
	MaxLinks int           // link targets asked beyond the pages visited; 1,000
	Delay    time.Duration // between two requests to a host; 250 ms; negative: none
	Limits   check.Limits  // see LimitsOf
	Today    calendar.Date // zero: freshness is untested
	Scanner  check.Scanner // wording; nil: not looked at
	Lexicon  *check.Lexicon
	Manners  *crawl.Manners   // shared with other runs; nil: made from Delay
	Links    *crawl.LinkCheck // shared with other runs; nil: made for this one
	// Progress is told after each page.
	Progress func(visited int, url string)

	// Guises bounds the pages asked for again as others would; 6, negative: none.
	Guises int
	// Browser draws pages; nil: what needs one is untested. Draws bounds the pages
	// measured in it; 2, negative: none.
	Browser *browser.Browser
	Draws   int
	// Picture asks a second look for a picture of the place, which may take
	// PictureTime; 12 s.
	Picture     bool
	PictureTime time.Duration
	// Known are the fingerprints of findings that stand: they have their picture.
	Known    map[string]bool
	PerHost  int           // requests at once to a host, as Manners allows; 2
	MaxBytes int64         // of all pages; 0: no bound
	MaxTime  time.Duration // on the pages; 0: no bound
	// Journal remembers answers, so that a run that was broken off goes on where
	// it was; nil: nothing is remembered.
	Journal Journal
	// Rest is asked before each page; true breaks the run off with crawl.ErrRest.
	Rest func() bool
	// Families are the families of checks to put; empty: all.
	Families []string
	// Focus are the items to look for beside the checks.
	Focus []check.Focus
	// Vantage is where the run looks from, as evidence names it.
	Vantage string
	// Patience is how long the run waits before it asks once more for what did not
	// answer; 5 s, none where no Delay is kept.
	Patience time.Duration
}

// Journal keeps the answers of one run over one site.
type Journal interface {
	crawl.Keeper
	// Body is what a page of this run answered; nil when it was not kept.
	Body(ctx context.Context, url string) ([]byte, error)
}

// wants reports whether a check is among those to put.
func (o *Options) wants(id string) bool {
	family, _, _ := strings.Cut(id, ".")
	return family == "focus" || len(o.Families) == 0 || slices.Contains(o.Families, family)
}

func (o *Options) fill(client *egress.Client) {
	if o.MaxPages <= 0 {
		o.MaxPages = 200
	}
	if o.MaxLinks <= 0 {
		o.MaxLinks = 1000
	}
	if o.Patience == 0 && o.Delay >= 0 {
		o.Patience = 5 * time.Second
	}
	if o.Manners == nil {
		o.Manners = crawl.NewManners(client, crawl.Courtesy{Delay: o.Delay})
	}
	if o.Links == nil {
		o.Links = crawl.NewLinkCheck(client, o.Manners, 0)
	}
}

// LimitsOf are the thresholds of a pack, zero where the pack gives none.
func LimitsOf(p packs.Pack) check.Limits {
	param := func(indicator, name string) int {
		if i, ok := p.Indicator(indicator); ok {
			if v, ok := i.Param(name); ok {
				return v.Int()
			}
		}
		return 0
	}
	l := check.Limits{
		HomeStaleDays: param("V-W-3", "days"), NewsStaleDays: param("V-W-4.1", "days"), PolicyStaleMonths: param("V-W-4.1", "months"),
		GuideMissing: param("V-W-6.2", "missing_classes"), MinProbesPerDay: param("V-W-2", "probes_per_day"), AccessDays: param("V-W-2", "days"),
	}
	if i, ok := p.Indicator("V-W-2"); ok && i.Threshold.Given() {
		// Hundredths of one are per cent; the check counts hundredths of those.
		l.FailedShare = int(i.Threshold.N) * 100
	}
	return l
}

// EmbeddedLimits are the thresholds of the pack that comes with the program, as
// in force on the day; for callers without a service.
func EmbeddedLimits(on calendar.Date) check.Limits {
	p, ok := embedded(on)
	if !ok {
		return check.Limits{}
	}
	return LimitsOf(p)
}

func embedded(on calendar.Date) (packs.Pack, bool) {
	all, err := packs.Embedded()
	if err != nil {
		return packs.Pack{}, false // a broken build, which the tests of packs catch
	}
	return packs.Pick(all, "gwb-2019-19", on)
}

// Evidence is the proof of a sighting: what was asked, when, and what came.
type Evidence struct {
	// Ref names the bytes in the blob store; empty when none were kept.
	Ref     blob.Ref  `json:"blob,omitempty"`
	URL     string    `json:"url"`
	Status  int       `json:"status"`
	Headers string    `json:"headers"` // "Name: value" lines, cookies left out
	SHA256  string    `json:"sha256"`  // of the bytes, hex
	Size    int64     `json:"size"`
	At      time.Time `json:"at"`
	// Excerpt is source text around the place, personal data masked.
	Excerpt string `json:"excerpt"`
	// Vantage is where it was looked from, Edition the rules it was judged by.
	Vantage string `json:"vantage,omitempty"`
	Edition string `json:"edition,omitempty"`
	// Screenshot is a picture of the page (PNG); Boxes are the place on it.
	Screenshot blob.Ref `json:"screenshot,omitempty"`
	Boxes      []Box    `json:"boxes,omitempty"`
	// Link is the target asked, for findings about links; LinkStatus is 0 when
	// no answer came.
	Link       string `json:"link,omitempty"`
	LinkStatus int    `json:"link_status,omitempty"`
	LinkFinal  string `json:"link_final,omitempty"`
	// Beside are further answers the finding rests on.
	Beside []Beside `json:"beside,omitempty"`
}

// refs are all the bytes kept as evidence.
func (e Evidence) refs() []blob.Ref {
	all := []blob.Ref{e.Ref, e.Screenshot}
	for _, b := range e.Beside {
		all = append(all, b.Ref)
	}
	return slices.DeleteFunc(all, func(r blob.Ref) bool { return r == "" })
}

// Sighting is what one look saw wrong.
type Sighting struct {
	Check    string         `json:"check"`
	Severity check.Severity `json:"severity"`
	Says     string         `json:"says"`
	Article  string         `json:"article"`
	// URL is the page, Where the place on it: a tag, a link, a column.
	URL   string `json:"url"`
	Where string `json:"where"`
	Fix   string `json:"fix"`
	// Wrong is the wrong wording; of an account the case, by which a false alarm is
	// known again; "" for other checks.
	Wrong string `json:"wrong,omitempty"`
	// OnHome says that it stands on the home page.
	OnHome bool `json:"on_home"`
	// Pages counts the pages that show the same defect, Also names some.
	Pages    int      `json:"pages"`
	Also     []string `json:"also,omitempty"`
	Evidence Evidence `json:"evidence"`
}

// Untested is something a run did not look at.
type Untested struct {
	Check string `json:"check"`
	Why   string `json:"why"`
	// Where is the first example, Count how many shared the reason.
	Where string `json:"where,omitempty"`
	Count int    `json:"count,omitempty"`
}

// Report is what a run came to, in the form of the command line's answer.
type Report struct {
	URL      string     `json:"url"`
	Started  time.Time  `json:"started"`
	Pages    int        `json:"pages"` // addresses that answered 2xx; what did not answer is no page that was looked at
	Findings []Sighting `json:"findings"`
	Untested []Untested `json:"untested"`
	// Census is how much of the release in force was looked at; nil where the target
	// lists none.
	Census *Census `json:"census,omitempty"`

	Finished time.Time `json:"-"`
	Links    int       `json:"-"` // targets judged
	// Reachable is false when the home page did not open; then nothing else was looked at.
	Reachable bool `json:"-"`

	visited map[string]bool     // pages that were checked
	looks   map[string]Evidence // of each, without the bytes
	met     map[string]bool     // link targets met, canonical
	unmet   bool                // there were more of them than are kept
	judged  map[string]bool     // of these, those that were judged
	columns map[string]bool     // columns judged, by where
	home    bool                // freshness of the home page was judged
	read    map[string]bool     // attachments whose text was judged
	dated   bool                // the instants of the pages were held together
	// disguised are the pages, with the guise, that were judged in one.
	disguised map[string]bool
	// compared are pages held against a baseline, rendered and audited those drawn
	// and put to axe.
	compared, rendered, audited map[string]bool
	watched                     []Watched
	// taken are addresses that findings stand at and that are no more, with the later
	// of the two looks that say so.
	taken map[string]Evidence
	// searched says that the site's search was tried.
	searched bool
	put      []string // families of checks that were put; empty: all
	focus    []string // focus items that were looked for
	partial  bool     // text was not scanned for wording
	hosted   bool     // pages show items of the library
	// unsure are the checks, each with a space and its page or link, that could not be
	// put to it, or not to all of it; cut says that more was found than is reported.
	// What is missing there is not gone.
	unsure map[string]bool
	cut    bool

	// Bytes of all pages; Replayed and Same count those that an interrupted run
	// had been answered before, and those the server confirmed to be unchanged.
	Bytes    int64 `json:"-"`
	Replayed int   `json:"-"`
	Same     int   `json:"-"`
}

// doubt notes that a check could not be put to the whole of a page.
func (r *Report) doubt(checkID, page string) {
	if r.unsure == nil {
		r.unsure = map[string]bool{}
	}
	r.unsure[checkID+" "+page] = true
}

// Fingerprint names the same defect through runs and retests of one site or
// account.
func (s Sighting) Fingerprint() string {
	wrong := s.Wrong
	if strings.HasPrefix(s.Check, "account.") {
		wrong = "" // the case: it may change while the defect stands
	}
	return printOf(s.Check, s.place(crawl.Template), wrong)
}

// place is the place of a defect as its fingerprint has it. template is
// crawl.Template, or comes to the same.
func (s *Sighting) place(template func(string) string) string {
	place := s.Where
	if s.Check == CheckDowngraded && place != atHome {
		return template(s.URL) // a server's rule for many pages is mended once
	}
	switch family, _, _ := strings.Cut(s.Check, "."); family {
	case "footer", "home", "access", "header", "function", "account":
		if s.Check == CheckListed {
			return s.URL
		}
		place = "" // one template makes the whole site's head and foot
	case "link", "column", "ledger", "cloaked":
	case "concealed":
		place = s.Where + " " + maskText(s.Says) // a place is often no more than “<div>”
	case "accessible":
		place = template(s.URL) // a template is mended once
		if s.Check == "accessible.axe" {
			place += " " + s.Where
		}
	case "tags", "design", "rendered":
		place = template(s.URL) + " " + s.Where
	case "attachment":
	case "dates":
		place = s.URL
	default:
		place = s.URL + " " + s.Where
	}
	return place
}

func printOf(id, place, wrong string) string {
	sum := sha256.Sum256([]byte(id + "\x00" + strings.ToLower(strings.Join(strings.Fields(place), " ")) + "\x00" + wrong))
	return hex.EncodeToString(sum[:16])
}

// prints remembers the fingerprints of a run: the pages of a template show the
// same defects one after another.
type prints struct {
	known         map[[3]string]string
	url, template string // of the last page
}

// mostPrints bounds what is remembered.
const mostPrints = 10_000

func (p *prints) of(s *Sighting) string {
	k := [3]string{s.Check, s.place(func(url string) string {
		if p.template == "" || url != p.url {
			p.url, p.template = url, crawl.Template(url)
		}
		return p.template
	}), s.Wrong}
	print, known := p.known[k]
	if !known {
		if p.known == nil || len(p.known) >= mostPrints {
			p.known = map[[3]string]string{}
		}
		print = printOf(k[0], k[1], k[2])
		p.known[k] = print
	}
	return print
}

// Bounds of one run.
const (
	maxAlso      = 20
	maxHeld      = 48 << 20 // bytes of pages held, compressed, until it is known which are evidence
	maxSightings = 2000
	linkWorkers  = 8
)

// Keeper keeps the bytes of what was seen: a blob.Store, or what a crawler
// carries home.
type Keeper interface {
	Put(ctx context.Context, r io.Reader) (blob.Ref, error)
	Open(ctx context.Context, ref blob.Ref) (io.ReadCloser, error)
}

// Inspect visits a site and returns what is wrong with it. store keeps the
// bytes of pages with findings and may be nil. What the site does wrong stands
// in the report; the error is of the address, of the store or the context's.
func Inspect(ctx context.Context, client *egress.Client, store Keeper, t Target, o Options) (Report, error) {
	start, err := crawl.Canonical("", t.URL)
	if err != nil {
		return Report{}, fault.Newf(fault.Invalid, "网址“%.200s”无法识别，请填写完整的网址，例如 http://www.example.gov.cn/。", t.URL).From(err)
	}
	o.fill(client)
	t.Columns = placed(start, t.Columns)
	n := &inspector{client: client, store: store, target: t, o: o, start: start, home: start,
		visits: map[string]*visit{}, links: map[string]*linked{}, byPrint: map[string]int{}, copies: map[string]string{}, untested: map[[2]string]int{},
		report: Report{URL: t.URL, Started: time.Now().UTC(), Findings: []Sighting{}, Untested: []Untested{}, visited: map[string]bool{}, looks: map[string]Evidence{}, met: map[string]bool{}, judged: map[string]bool{}, columns: map[string]bool{}, read: map[string]bool{}, disguised: map[string]bool{}, compared: map[string]bool{}, rendered: map[string]bool{}, audited: map[string]bool{}, put: o.Families, partial: o.Scanner == nil, hosted: t.Hosted}}
	for _, f := range o.Focus {
		n.report.focus = append(n.report.focus, f.ID())
	}
	var hosts []string
	if len(t.Hosts) > 0 {
		u, err := url.Parse(start)
		if err != nil {
			return Report{}, err
		}
		hosts = append([]string{u.Hostname()}, t.Hosts...)
	}
	listed := addresses(start, t.Listed)
	n.left = make(map[string]crawl.Why, len(listed))
	for _, u := range listed {
		n.left[u] = ""
	}
	for from := start; from != ""; {
		plan := crawl.Plan{Start: from, Seeds: n.unseen(listed), Left: n.leave, Hosts: hosts, MaxPages: o.MaxPages, MaxBytes: o.MaxBytes, MaxTime: o.MaxTime, PerHost: o.PerHost, Rest: o.Rest, Manners: o.Manners, Prepare: n.prepare, Visit: n.visit}
		if o.Journal != nil {
			plan.Keeper = o.Journal
		}
		res, err := crawl.Crawl(ctx, client, plan)
		n.report.Bytes, n.report.Replayed, n.report.Same = n.report.Bytes+res.Bytes, n.report.Replayed+res.Replayed, n.report.Same+res.Same
		if errors.Is(err, crawl.ErrRest) {
			return n.report, crawl.ErrRest
		}
		if err != nil {
			return n.report, fmt.Errorf("inspection: crawl %s: %w", from, err)
		}
		for _, u := range res.Untested {
			n.skip("crawl."+string(u.Why), u.Why.Says(), u.What, u.Count)
		}
		// A page of one line of script sends visitors on; a crawler that runs no
		// scripts would stop there.
		if from = ""; n.visits[n.home] == nil && n.sent && len(n.order) < 10 {
			from, n.sent = n.home, false
		}
	}
	if err := n.reach(ctx); err != nil {
		return n.report, err
	}
	n.downgrades()
	if err := n.takeCensus(ctx, listed); err != nil {
		return n.report, err
	}
	if n.report.Reachable {
		if err := n.askTaken(ctx); err != nil {
			return n.report, err
		}
		if o.wants("link") {
			if err := n.judgeLinks(ctx); err != nil {
				return n.report, err
			}
		}
		if o.wants("column") || o.wants("home") {
			missing := n.judgeFreshness()
			if o.wants("column") {
				n.tellMissing(missing)
			}
		}
		if err := n.deepen(ctx); err != nil {
			return n.report, err
		}
		if o.wants("change") {
			if err := n.compare(ctx); err != nil {
				return n.report, err
			}
		}
		if o.wants("cloaked") {
			if err := n.lookAsOthers(ctx); err != nil {
				return n.report, err
			}
		}
		if err := n.draw(ctx); err != nil {
			return n.report, err
		}
	}
	return n.finish(ctx)
}

// placed gives the columns their whole addresses.
func placed(start string, columns []check.Column) []check.Column {
	out := slices.Clone(columns)
	for i, c := range out {
		if c.URL == "" {
			continue
		}
		if u, err := crawl.Canonical(start, c.URL); err == nil {
			out[i].URL = u
		}
	}
	return out
}

// inspector is one run. Everything but the asking of links happens in one goroutine.
type inspector struct {
	client      *egress.Client
	store       Keeper
	target      Target
	o           Options
	start, home string
	report      Report
	visits      map[string]*visit
	order       []*visit
	files       []*visit // of these, what came and is no page
	links       map[string]*linked
	linkOrder   []string
	feeds       map[string]bool    // what a head offered as a feed
	spelt       map[string]*linked // by the whole address of the page it was met on first
	prints      prints
	byPrint     map[string]int    // fingerprint to index in report.Findings
	copies      map[string]string // page to the page it says it is a copy of
	untested    map[[2]string]int
	held        int
	stub        string          // a signpost met where the home page was looked for
	sent        bool            // the home page is only a signpost to another page
	staging     bool            // the page is not published yet
	homeLines   map[string]bool // lines of text on the home page
	truncated   int
	newest      browser.Mark         // the newest dated entry of the home page
	left        map[string]crawl.Why // why each listed page was left out
	last        *visit               // the page of the last look at a spot
	sightings   []Sighting           // of the last page; the room is used again
}

// visit is what is kept of a page.
type visit struct {
	url, from, redirect string
	depth, status       int
	headers             string
	contentType         string
	err                 string
	kind                egress.Kind
	says                string
	refused, denied     bool // denied by robots.txt
	long                bool // more than is read of a page
	soft                bool // an error page that came with status 200
	tls                 egress.Fault
	hops                []Beside // of a second look, where its way left https
	at                  time.Time
	size                int64
	sum                 string
	packed              []byte   // compressed body
	ref                 blob.Ref // set once kept
	title, text         string
	list                *listing // of a page that was read
	published           calendar.Date
	content             bool   // an article
	shown, column       string // when it says it was published, and where it stands
	targets             []string
}

// linked is one link target and where it was met.
type linked struct {
	link   check.Link
	page   string
	also   []string
	pages  int
	onHome bool
	last   *visit // the page it was met on last
}

func (n *inspector) visit(p crawl.Page) error {
	v := &visit{url: p.URL, from: p.From, redirect: p.RedirectTo, depth: p.Depth, status: p.Status, headers: headerText(p.Header),
		contentType: p.Header.Get("Content-Type"), refused: p.Refused, tls: p.TLS.Fault, at: p.Started, size: int64(len(p.Body))}
	if v.at.IsZero() {
		v.at = time.Now().UTC()
	}
	if p.Err != nil {
		v.err, v.kind, v.says = p.Err.Error(), p.Err.Kind, p.Err.Says
	}
	n.visits[p.URL] = v
	n.order = append(n.order, v)
	if n.o.Progress != nil {
		n.o.Progress(len(n.order), p.URL)
	}
	if p.URL == n.home && p.RedirectTo != "" && p.RedirectTo != p.URL && len(n.order) < 10 {
		n.home = p.RedirectTo
	}
	if p.Err != nil || p.RedirectTo != "" || p.Status < 200 || p.Status > 299 {
		return nil
	}
	n.report.Pages++
	e, ok := p.Prepared.(*examined)
	if !ok {
		n.files = append(n.files, v) // no page of text
		return nil
	}
	if e.err != nil {
		v.unread(e.err)
		n.skip("page", sentence(e.err), p.URL, 1)
		return nil
	}
	page := e.page
	if err := n.hold(v, p.Body, n.o.Journal); err != nil {
		return err
	}
	// Copies: a part of the text would keep all of it in memory as long as the run.
	v.title, v.text = strings.Clone(page.Title), strings.Clone(clipRunes(page.VisibleText, 400))
	if p.URL == n.stub {
		return nil // met again: a signpost owes nothing
	}
	if p.URL == n.home && !n.sent {
		if to := signpost(page); to != "" && n.own(to) {
			n.stub, n.home, n.sent = p.URL, to, true
			return nil
		}
	}
	if e.soft {
		v.soft = true
		return nil // an error page: the link to it is the finding
	}
	n.report.visited[p.URL] = true
	if n.report.looks != nil {
		n.report.looks[p.URL] = n.evidence(v)
	}
	n.gather(v, page, e.class)
	if of := copyOf(page); of != "" {
		n.copies[page.URL] = of
	}
	if n.class(page.URL) == check.ClassHome {
		e = n.examine(page, true)
	}
	for _, s := range n.pageSightings(e) {
		n.add(v, page, s)
	}
	return nil
}

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
	text   string       // that was read for its wording
	spans  []check.Span // of text
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
	if n.target.Hosted && facts.Class == check.ClassContent && !n.staging {
		facts.Item = page.Shown()
	}
	e.found = check.RunUnkept(facts)
	if len(n.o.Focus) > 0 {
		e.found = append(e.found, check.RunFocus(page, facts.Class, n.o.Focus)...)
	}
	if n.o.Scanner == nil {
		return e
	}
	// Menus and feet are the home page's to answer for.
	e.text = page.BodyText
	if onHome || e.text == "" {
		e.text = page.VisibleText
	}
	e.spans = check.ScannerOn(n.o.Scanner, dayOf(page.Published)).Scan(e.text)
	return e
}

// A refresh in the head or one line of script that sends the visitor on.
var sendsOn = regexp.MustCompile(`(?i)http-equiv\s*=\s*["']?refresh["']?[^>]{0,80}?url\s*=\s*['"]?([^"'>\s]{1,500})|location(?:\.href)?\s*=\s*["']([^"']{1,500})["']|location\.(?:replace|assign)\(\s*["']([^"']{1,500})["']`)

// signpostText is how many characters a page may show and still be taken for a
// signpost.
const signpostText = 60

// signpost returns where a page that only sends its visitors on leads to.
func signpost(p *check.Page) string {
	if len([]rune(strings.TrimSpace(p.VisibleText))) > signpostText {
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
	return check.LinkResult{Status: 200, Title: p.Title, Text: clipRunes(p.VisibleText, 400)}.Soft404()
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
		out = append(out, wordingSighting(s, page.URL, e.text, onHome))
	}
	return out
}

// maxSpans bounds the wording findings of one page.
const maxSpans = 30

func wordingSighting(s check.Span, page, text string, onHome bool) Sighting {
	rule := wordingRule(s.Kind)
	sev, fix := rule.severity, rule.fix
	if s.Confidence < 0.8 && sev != check.Serious {
		sev = check.Advice
	}
	if len(s.Right) > 0 && fix == mendWords {
		fix = "建议改为“" + s.Right[0] + "”，请核对后改正。"
	}
	return Sighting{Check: s.Kind, Severity: sev, Says: s.Says, Article: rule.clauses[0], URL: page, Where: around(text, s.Start, s.End), Fix: fix, Wrong: maskText(s.Wrong), OnHome: onHome,
		Evidence: Evidence{Beside: []Beside{{As: AsList, Says: maskText(promptedBy(s))}}}}
}

// around is the text of a span with some words on either side.
func around(text string, from, to int) string {
	r := []rune(text)
	a, b := max(0, from-15), min(len(r), to+15)
	if a >= b {
		return ""
	}
	return strings.Join(strings.Fields(maskText(string(r[a:b]))), " ")
}

// add files a sighting under its fingerprint; the same defect on another page
// only counts there.
func (n *inspector) add(v *visit, page *check.Page, s Sighting) {
	if !n.o.wants(s.Check) {
		return
	}
	fp := n.prints.of(&s)
	if i, ok := n.byPrint[fp]; ok {
		known := &n.report.Findings[i]
		if known.URL != s.URL && !slices.Contains(known.Also, s.URL) {
			known.Pages++
			if len(known.Also) < maxAlso {
				known.Also = append(known.Also, s.URL)
			}
		}
		known.OnHome = known.OnHome || s.OnHome
		return
	}
	if len(n.report.Findings) >= maxSightings {
		n.truncated++
		n.report.cut = true
		return
	}
	s.Pages, s.Says = max(s.Pages, 1), maskText(s.Says)
	if v != nil {
		was := s.Evidence
		s.Evidence = n.evidence(v)
		s.Evidence.Link, s.Evidence.LinkStatus, s.Evidence.LinkFinal, s.Evidence.Beside = was.Link, was.LinkStatus, was.LinkFinal, was.Beside
		if page != nil {
			s.Evidence.Excerpt = excerpt(page, s)
		}
	}
	if s.Evidence.Edition = check.RuleEdition(s.Check); s.Evidence.Vantage == "" {
		s.Evidence.Vantage = n.o.Vantage
	}
	n.byPrint[fp] = len(n.report.Findings)
	n.report.Findings = append(n.report.Findings, s)
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

func host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

// foldCopies leaves a defect of a text to the page that owns it, when that page
// shows the same defect: mending it there mends every copy. A copy that says
// something of its own keeps its finding.
func (n *inspector) foldCopies() {
	if len(n.copies) == 0 {
		return
	}
	all := slices.Clone(n.report.Findings)
	n.report.Findings = slices.DeleteFunc(n.report.Findings, func(s Sighting) bool {
		of := n.copies[s.URL]
		if of == "" {
			return false
		}
		owner := s
		owner.URL = of
		return slices.ContainsFunc(all, func(o Sighting) bool {
			// The words around a wrong word are those of the layout.
			return o.URL == of && o.Check == s.Check && o.Wrong == s.Wrong && (s.Wrong != "" || o.Fingerprint() == owner.Fingerprint())
		})
	})
}

func (n *inspector) evidence(v *visit) Evidence {
	e := v.evidence()
	e.Vantage, e.Edition = n.o.Vantage, check.Edition()
	return e
}

func (v *visit) evidence() Evidence {
	return Evidence{URL: v.url, Status: v.status, Headers: v.headers, SHA256: v.sum, Size: v.size, At: v.at}
}

func (n *inspector) skip(id, why, where string, count int) {
	k := [2]string{id, why}
	if i, ok := n.untested[k]; ok {
		n.report.Untested[i].Count += count
		return
	}
	n.untested[k] = len(n.report.Untested)
	n.report.Untested = append(n.report.Untested, Untested{Check: id, Why: why, Where: where, Count: count})
}

// hold keeps the bytes of a page until it is known whether they are evidence;
// beyond what memory allows they go to the store at once. What the journal has is
// held there.
func (n *inspector) hold(v *visit, body []byte, journal Journal) error {
	sum := sha256.Sum256(body)
	v.sum = hex.EncodeToString(sum[:])
	if n.store == nil || journal != nil {
		return nil
	}
	p, err := packed(body, flate.BestSpeed)
	if err != nil {
		return err
	}
	if n.held+len(p) > maxHeld {
		ref, err := n.store.Put(context.Background(), bytes.NewReader(body))
		if err != nil {
			return fmt.Errorf("inspection: keep evidence: %w", err)
		}
		v.ref = ref
		return nil
	}
	n.held += len(p)
	v.packed = p
	return nil
}

// keep moves the held bytes of a page into the store and returns their name.
func (n *inspector) keep(ctx context.Context, v *visit) (blob.Ref, error) {
	if n.store == nil || v.ref != "" {
		return v.ref, nil
	}
	if v.packed == nil && n.o.Journal != nil {
		body, err := n.o.Journal.Body(ctx, v.url)
		if err != nil || body == nil {
			return "", err
		}
		if sum := sha256.Sum256(body); hex.EncodeToString(sum[:]) != v.sum {
			return "", nil // not the bytes that were judged
		}
		if v.ref, err = n.store.Put(ctx, bytes.NewReader(body)); err != nil {
			return "", fmt.Errorf("inspection: keep evidence: %w", err)
		}
		return v.ref, nil
	}
	if v.packed == nil {
		return "", nil
	}
	ref, err := n.store.Put(ctx, flate.NewReader(bytes.NewReader(v.packed)))
	if err != nil {
		return "", fmt.Errorf("inspection: keep evidence: %w", err)
	}
	v.ref, v.packed = ref, nil
	return ref, nil
}

// body is what a page held earlier answered; nil when it is not held.
func (n *inspector) body(ctx context.Context, v *visit) (body []byte, err error) {
	switch {
	case v.packed == nil && v.ref == "" && n.o.Journal != nil:
		body, err = n.o.Journal.Body(ctx, v.url)
	case v.packed != nil:
		body, err = io.ReadAll(flate.NewReader(bytes.NewReader(v.packed)))
	case v.ref != "" && n.store != nil:
		var f io.ReadCloser
		if f, err = n.store.Open(ctx, v.ref); err == nil {
			body, err = io.ReadAll(f)
			f.Close()
		}
	}
	return body, err
}

// read unpacks and parses a page held earlier; nil when it is not held.
func (n *inspector) read(ctx context.Context, v *visit) *check.Page {
	body, err := n.body(ctx, v)
	if err != nil || body == nil {
		return nil
	}
	p, err := check.ParsePage(body, v.contentType, v.url)
	if err != nil {
		return nil
	}
	return p
}

// reach judges whether the home page opened. That it did not is told by two
// looks, and by a machine whose own line is good.
func (n *inspector) reach(ctx context.Context) error {
	v := n.visits[n.home]
	if v == nil {
		v = n.visits[n.start]
	}
	add := func(id, says string) {
		clause, severity, fix, _ := Grounds(id)
		n.add(v, nil, Sighting{Check: id, Severity: severity, Article: clause, Says: says, Fix: fix, URL: n.home, Where: atHome, OnHome: true})
	}
	switch {
	case v == nil:
		n.skip(CheckHome, "首页没有访问", n.home, 1)
	case v.refused || egress.Refuses(v.status):
		n.skip(CheckHome, crawl.Declined.Says(), n.home, 1)
	case v.err != "" || v.status >= 400:
		says, shut := v.shut()
		if !shut {
			n.skip(CheckHome, v.says, n.home, 1)
			return nil
		}
		if err := n.wait(ctx); err != nil {
			return err
		}
		w, page, err := n.fetch(ctx, n.home)
		if err != nil {
			return err
		}
		later, still := w.shut()
		if page != nil || w.refused || !still {
			n.skip(CheckHome, "首页第一次没有打开（"+says+"），再次访问时不再如此，其余页面留待下次检查。", n.home, 1)
			return nil
		}
		v, says = w, later
		if !n.online(ctx, v) {
			n.skip(CheckHome, "首页没有打开，但检测机此时也连不上其他网站，不能判定是网站的问题。", n.home, 1)
			return nil
		}
		// One look is no measure of the share of time a site is shut (V-W-2):
		// that is for the probes.
		add(CheckHome, "首页无法打开："+says)
	case v.redirect != "" && n.visits[n.home] == nil:
		// The crawl has said why it did not follow.
		n.skip(CheckHome, "首页跳转后的地址没有访问", v.redirect, 1)
	default:
		n.report.Reachable = true
	}
	if v != nil && v.tls != "" {
		add(CheckCertificate, "网站的加密证书或协议不符合要求："+v.tls.Says())
	}
	return ctx.Err()
}

// shut says how a page did not open, and whether that is the site's doing.
func (v *visit) shut() (says string, shut bool) {
	if v.err != "" {
		return v.says, (&egress.Error{Kind: v.kind}).Blames()
	}
	return fmt.Sprintf("服务器返回状态码 %d。", v.status), v.status >= 400
}

// online reports whether a failure to reach a site is the site's own: it has
// answered something, it lies in our own network, or others do answer.
func (n *inspector) online(ctx context.Context, v *visit) bool {
	return v.err == "" || time.Since(n.client.Outside()) < lineTrusted || inside(ctx, n.client, v.url)
}

// gather notes the links and dates of a page.
func (n *inspector) gather(v *visit, page *check.Page, class check.Class) {
	onHome := n.class(page.URL) == check.ClassHome
	seen := map[string]bool{} // of those that are kept nowhere
	if n.spelt == nil {
		n.spelt, n.feeds = map[string]*linked{}, map[string]bool{}
	}
	for _, address := range page.Feeds {
		if target, err := crawl.Canonical(page.URL, address); err == nil {
			n.feeds[target] = true
		}
	}
	for _, l := range page.Links {
		switch l.Kind {
		case check.LinkPage, check.LinkAttachment, check.LinkImage, check.LinkExternal:
		default:
			continue
		}
		if l.URL == "" {
			continue
		}
		k := n.spelt[l.URL]
		target := ""
		if k != nil {
			target = k.link.URL
		} else {
			var err error
			if target, err = crawl.Canonical(page.URL, l.URL); err != nil {
				continue
			}
			k = n.links[target]
		}
		if k != nil {
			k.link.Offered = k.link.Offered || l.Offered
		}
		if k != nil && k.last == v || k == nil && seen[target] {
			continue
		}
		spelling := l.URL
		if l.Kind == check.LinkPage || l.Kind == check.LinkAttachment {
			if v.targets == nil {
				v.targets = make([]string, 0, len(page.Links))
			}
			v.targets = append(v.targets, target)
		}
		if k == nil {
			if len(n.links) >= 20*n.o.MaxLinks {
				n.skip("link.dead", "链接过多，其余链接未检测。", target, 1)
				seen[target] = true
				n.report.unmet = true
				continue
			}
			l.URL = target
			k = &linked{link: l, page: page.URL}
			n.links[target] = k
			n.report.met[target] = true
			n.linkOrder = append(n.linkOrder, target)
			n.spelt[spelling] = k
		} else if len(k.also) < maxAlso && k.page != page.URL {
			k.also = append(k.also, page.URL)
		}
		k.last = v
		k.pages++
		k.onHome = k.onHome || onHome
	}
	n.survey(v, page, class)
}

// judgeLinks asks every target that was not visited and judges all.
func (n *inspector) judgeLinks(ctx context.Context) error {
	results := make([]check.LinkResult, len(n.linkOrder))
	whys := make([]string, len(n.linkOrder))
	var ask []int
	order := make([]int, len(n.linkOrder))
	for i := range order {
		order[i] = i
	}
	// Home first: every failure there costs more.
	slices.SortStableFunc(order, func(a, b int) int {
		x, y := n.links[n.linkOrder[a]], n.links[n.linkOrder[b]]
		switch {
		case x.onHome == y.onHome:
			return 0
		case x.onHome:
			return -1
		}
		return 1
	})
	for _, i := range order {
		k := n.links[n.linkOrder[i]]
		if r, ok := n.visited(k); ok {
			results[i] = r
			continue
		}
		if len(ask) >= n.o.MaxLinks {
			whys[i] = "超过本次检测的链接数量上限，未检测。"
			continue
		}
		ask = append(ask, i)
	}
	var wg sync.WaitGroup
	next := make(chan int)
	for range min(linkWorkers, len(ask)) {
		wg.Go(func() {
			for i := range next {
				k := n.links[n.linkOrder[i]]
				results[i], whys[i] = judged(k, n.o.Links.Check(ctx, k.link.URL))
			}
		})
	}
	for _, i := range ask {
		next <- i
	}
	close(next)
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := n.askAgain(ctx, order, results, whys); err != nil {
		return err
	}
	n.doubt(results, whys, ask, n.client.Outside().After(n.report.Started))
	if err := n.verify(ctx, results, whys); err != nil {
		return err
	}
	if err := n.landings(ctx, results, whys); err != nil {
		return err
	}
	var facts []check.LinkResult
	for i, target := range n.linkOrder {
		if whys[i] != "" {
			n.skip("link.dead", whys[i], target, 1)
			continue
		}
		facts = append(facts, results[i])
	}
	n.report.Links = len(facts)
	byURL := map[string]check.LinkResult{}
	for _, r := range facts {
		byURL[r.Link.URL] = r
		n.report.judged[r.Link.URL] = true
	}
	for _, f := range check.Run(check.Facts{Links: facts, Limits: n.o.Limits, Today: n.o.Today}) {
		k := n.links[f.Where]
		if k == nil {
			continue
		}
		if f.Outcome == check.Untested {
			n.skip(f.Check, f.Why, f.Where, 1)
			delete(n.report.judged, f.Where)
			continue
		}
		if f.Outcome != check.Violated {
			continue
		}
		v, r := n.visits[k.page], byURL[f.Where]
		s := Sighting{Check: f.Check, Severity: f.Severity, Says: f.Says, Article: f.Article, URL: k.page, Where: f.Where, Fix: f.Fix, OnHome: k.onHome, Pages: k.pages, Also: k.also,
			Evidence: Evidence{Link: f.Where, LinkStatus: r.Status, LinkFinal: r.FinalURL}}
		n.add(v, n.read(ctx, v), s)
	}
	return nil
}

// mostAgain bounds the links that are asked once more.
const mostAgain = 100

// askAgain asks once more, after a while, for what did not answer or failed
// within the server: a link is dead when it stays so.
func (n *inspector) askAgain(ctx context.Context, order []int, results []check.LinkResult, whys []string) error {
	var again []int
	for _, i := range order {
		if r := &results[i]; whys[i] == "" && (r.Err != "" || r.Status >= 500 && r.Status < 600) {
			again = append(again, i)
		}
	}
	if len(again) == 0 {
		return nil
	}
	if err := n.wait(ctx); err != nil {
		return err
	}
	since := time.Now().UTC()
	var wg sync.WaitGroup
	next := make(chan int)
	for range min(linkWorkers, len(again)) {
		wg.Go(func() {
			for i := range next {
				k := n.links[n.linkOrder[i]]
				if n.visits[k.link.URL] != nil {
					results[i] = n.readAgain(ctx, k, results[i])
				} else {
					results[i], whys[i] = judged(k, n.o.Links.Again(ctx, k.link.URL, since))
				}
			}
		})
	}
	for at, i := range again {
		if at >= mostAgain {
			whys[i] = "没有正常应答的链接过多，其余未再次核实。"
			continue
		}
		next <- i
	}
	close(next)
	wg.Wait()
	return ctx.Err()
}

// readAgain asks for a page of the crawl whole, as the crawl did: what fails may
// be no more than its end. It gives the first verdict back where the second look
// says no more.
func (n *inspector) readAgain(ctx context.Context, k *linked, first check.LinkResult) check.LinkResult {
	resp, ok, _, err := n.o.Manners.Fetch(ctx, k.link.URL, egress.Options{RecordTLSFault: true})
	if !ok || resp == nil {
		return first
	}
	r := check.LinkResult{Link: k.link, Status: resp.Status, FinalURL: resp.Final, Bytes: -1, OnHome: k.onHome}
	showing(&r, resp)
	if e := (*egress.Error)(nil); errors.As(err, &e) {
		if !e.Blames() || e.Kind == egress.TooLarge || e.Kind == egress.Bomb {
			return first
		}
		r.Status, r.Err = 0, e.Error()
	} else if egress.Refuses(resp.Status) {
		r.Status = http.StatusForbidden
	}
	return r
}

// wait lets what was busy come to rest.
func (n *inspector) wait(ctx context.Context) error {
	t := time.NewTimer(n.o.Patience)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// doubt takes back verdicts on other sites when not one of them could be
// reached: then it is more likely that we are cut off than that all of them are.
// Of one or two that is likely only where nothing on the public network, the site
// itself included, has answered since the inspection began (outside is false).
func (n *inspector) doubt(results []check.LinkResult, whys []string, ask []int, outside bool) {
	hosts := map[string]bool{}
	var lost []int
	for _, i := range ask {
		if whys[i] != "" || n.own(results[i].Link.URL) {
			continue
		}
		if results[i].Err == "" {
			return
		}
		u, err := url.Parse(results[i].Link.URL)
		if err == nil {
			hosts[u.Hostname()] = true
		}
		lost = append(lost, i)
	}
	if len(hosts) < 3 && outside {
		return
	}
	for _, i := range lost {
		whys[i] = "外部网站无一能够连接，检测机可能不能访问外网，未能检测。"
	}
}

// own reports whether an address is of the site inspected.
func (n *inspector) own(address string) bool {
	a, err := url.Parse(address)
	if err != nil {
		return false
	}
	b, err := url.Parse(n.home)
	return err == nil && (strings.TrimPrefix(a.Hostname(), "www.") == strings.TrimPrefix(b.Hostname(), "www.") || slices.Contains(n.target.Hosts, a.Hostname()))
}

// visited turns the visit of a link's target, redirects followed, into its result.
func (n *inspector) visited(k *linked) (check.LinkResult, bool) {
	v := n.visits[k.link.URL]
	for hops := 0; v != nil && v.redirect != "" && hops < 10; hops++ {
		v = n.visits[v.redirect]
	}
	if v == nil || v.redirect != "" {
		return check.LinkResult{}, false
	}
	r := check.LinkResult{Link: k.link, Status: v.status, FinalURL: v.url, Title: v.title, Text: v.text, Bytes: v.size, ContentType: v.contentType, OnHome: k.onHome}
	if v.err != "" {
		if e := (&egress.Error{Kind: v.kind}); !e.Blames() || v.kind == egress.TooLarge || v.kind == egress.Bomb {
			return check.LinkResult{}, false
		}
		r.Err, r.Status = v.err, 0
	}
	if v.refused || egress.Refuses(v.status) || v.status == 999 {
		r.Status = http.StatusForbidden // there, but not for us: as the link check has it
	}
	return r, true
}

// judged turns a verdict on a link into facts, or says why there are none.
func judged(k *linked, got crawl.LinkResult) (check.LinkResult, string) {
	r := check.LinkResult{Link: k.link, Status: got.Status, FinalURL: got.Final, Bytes: -1, OnHome: k.onHome}
	switch got.Verdict {
	case crawl.Alive:
		r.Status, r.ContentType = http.StatusOK, got.Type
		if got.Empty {
			r.Bytes = 0
		}
	case crawl.Dead:
		if r.Status < 400 {
			r.Status, r.Err = 0, string(got.Kind)
		}
	case crawl.Unreachable:
		r.Status, r.Err = 0, cmp.Or(string(got.Kind), "unreachable")
	case crawl.Refusing:
		r.Status = http.StatusForbidden
	default:
		return r, cmp.Or(got.Says, "未能检测。")
	}
	return r, ""
}

// finish keeps the evidence of what was found and orders the report.
func (n *inspector) finish(ctx context.Context) (Report, error) {
	for i := range n.report.Findings {
		s := &n.report.Findings[i]
		v := n.visits[s.Evidence.URL]
		if v == nil {
			continue
		}
		ref, err := n.keep(ctx, v)
		if err != nil {
			return n.report, err
		}
		s.Evidence.Ref = ref
	}
	if n.truncated > 0 {
		n.skip("findings", fmt.Sprintf("问题过多，只列出前 %d 个。", maxSightings), n.start, n.truncated)
	}
	n.foldCopies()
	slices.SortStableFunc(n.report.Findings, func(a, b Sighting) int { return cmp.Compare(rank(a.Severity), rank(b.Severity)) })
	n.report.Finished = time.Now().UTC()
	return n.report, nil
}

func rank(s check.Severity) int {
	return slices.Index([]check.Severity{check.Serious, check.Error, check.Advice}, s)
}

// headerText writes a header as lines, in order; cookies are nobody's evidence.
func headerText(h http.Header) string {
	var lines []string
	for name, values := range h {
		if name == "Set-Cookie" {
			continue
		}
		for _, v := range values {
			lines = append(lines, name+": "+clipRunes(v, 500))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func clipRunes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	i := 0
	for at := range s {
		if i == n {
			return s[:at]
		}
		i++
	}
	return s
}

// maskText hides the personal data of a text that is stored or shown.
func maskText(s string) string {
	spans := check.Privacy(s)
	if len(spans) == 0 {
		return s
	}
	r := []rune(s)
	var b strings.Builder
	at := 0
	for _, p := range spans {
		if p.Start < at || p.End > len(r) {
			continue
		}
		b.WriteString(string(r[at:p.Start]))
		b.WriteString(check.Mask(p.Kind, p.Wrong))
		at = p.End
	}
	b.WriteString(string(r[at:]))
	return b.String()
}

// excerpt is source text around the place of a sighting.
func excerpt(p *check.Page, s Sighting) string {
	needle := s.Where
	switch family, _, _ := strings.Cut(s.Check, "."); family {
	case "link":
		needle = hrefOf(p, s.Where)
	case "wording", "sensitive":
		needle = s.Wrong
	case "tags":
		needle = `"` + s.Where + `"`
	case "footer":
		return maskText(clipRunes(tail(p.VisibleText, 600), 600))
	case "privacy":
		return "" // the masked value stands in the finding itself
	}
	i := -1
	if needle != "" {
		i = strings.Index(p.Text, needle)
		if i < 0 {
			i = p.Place(needle)
		}
	}
	if i < 0 || i > len(p.Text) {
		if strings.HasPrefix(s.Check, "tags.") {
			return maskText(clipRunes(headOf(p), 1500))
		}
		return ""
	}
	from, to := max(0, i-200), min(len(p.Text), i+len(needle)+200)
	return maskText(strings.ToValidUTF8(p.Text[from:to], ""))
}

func hrefOf(p *check.Page, target string) string {
	for _, l := range p.Links {
		if u, err := crawl.Canonical(p.URL, l.URL); l.URL != "" && err == nil && u == target {
			return l.Href
		}
	}
	return ""
}

func headOf(p *check.Page) string {
	if i := p.Place("</head"); i > 0 {
		return strings.ToValidUTF8(p.Text[:i], "")
	}
	return clipRunes(p.Text, 1500)
}

func tail(s string, n int) string {
	r := []rune(s)
	return string(r[max(0, len(r)-n):])
}
