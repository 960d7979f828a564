package engine

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
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"zhengshu/internal/abridge"
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
	// Progress is told after each page; replayed says that nothing was asked: it was
	// answered before the run was broken off.
	Progress func(visited int, url string, replayed bool)

	// Guises bounds the pages asked for again as others would; 6, negative: none.
	Guises int
	// Browser draws pages; nil: what needs one is untested. Draws bounds the pages
	// measured in it; 2, negative: none. Lists that scripts fill are drawn by themselves.
	Browser *browser.Browser
	Draws   int
	// Picture asks a second look for a picture of the place, which may take
	// PictureTime; 12 s.
	Picture     bool
	PictureTime time.Duration
	// Known are the fingerprints of findings that stand: they have their picture.
	Known map[string]bool
	// Acquitted are cases that a person confirmed to be false alarms, each a
	// fingerprint, a space and what was judged: where many pages share a fingerprint,
	// one of them must not speak for the others.
	Acquitted map[string]bool
	PerHost   int           // requests at once to a host, as Manners allows; 2
	MaxBytes  int64         // of all pages; 0: no bound
	MaxTime   time.Duration // on the pages; 0: no bound, or half the time to Until
	Until     time.Time     // when no more links and files are asked for; zero: no bound
	// Journal remembers answers, so that a run that was broken off goes on where
	// it was; nil: nothing is remembered.
	Journal Journal
	// Turns gives what is known of a site and did not come into the budget of the runs
	// before its turn; nil: every run begins at the home page and ends with its budget.
	Turns Turns
	// Hosts remembers how hosts answer addresses that nobody gave a page to, for who waits
	// for one link; nil: nothing is remembered.
	Hosts HostMemory
	// KnownShare is how much of MaxPages, in per cent, may be for what is known.
	KnownShare int
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
	// Note remembers what this run came to know of an address beside its answer, and
	// Noted gives it back.
	Note(ctx context.Context, what, url string, note []byte) error
	Noted(ctx context.Context, what, url string) (note []byte, ok bool, err error)
}

// wants reports whether a check is among those to put.
func (o *Options) wants(id string) bool {
	family, _, _ := strings.Cut(id, ".")
	return family == "focus" || len(o.Families) == 0 || slices.Contains(o.Families, family)
}

// Reads reports whether the words of pages are asked for.
func (o *Options) Reads() bool {
	return o.wants(check.KindWording) || o.wants(check.KindSensitive) || o.wants(check.KindAdvertising)
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
	p, ok := EmbeddedPack(on)
	if !ok {
		return check.Limits{}
	}
	return LimitsOf(p)
}

// EmbeddedPack is the pack that comes with the program for portals and department sites,
// as in force on the day.
func EmbeddedPack(on calendar.Date) (packs.Pack, bool) {
	all, err := packs.Embedded()
	if err != nil {
		return packs.Pack{}, false // a broken build, which the tests of packs catch
	}
	return packs.Pick(all, "gwb-2019-19", on)
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
	if !o.Until.IsZero() && o.MaxTime == 0 {
		o.MaxTime = max(time.Second, time.Until(o.Until)/2) // the other half is for links and files
	}
	t.Columns = placed(start, t.Columns)
	n := &inspector{client: client, store: store, target: t, o: o, start: start, home: start,
		visits: map[string]*visit{}, links: map[string]*linked{}, byPrint: map[string]int{}, unshot: map[string]string{}, copies: map[string]string{}, untested: map[[2]string]int{},
		report: Report{URL: t.URL, Started: time.Now().UTC(), Findings: []Sighting{}, Untested: []Untested{}, Visited: map[string]bool{}, Looks: map[string]Evidence{}, met: map[string]bool{}, judged: map[string]bool{}, columns: map[string]bool{}, read: map[string]bool{}, disguised: map[string]bool{}, dressed: map[string]bool{}, compared: map[string]bool{}, rendered: map[string]bool{}, audited: map[string]bool{}, put: o.Families, Partial: o.Scanner == nil, hosted: t.Hosted}}
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
	if err := n.giveTurns(ctx); err != nil {
		return n.report, err
	}
	mapped, err := n.mapped(ctx)
	if err != nil {
		return n.report, fmt.Errorf("engine: site maps of %s: %w", start, err)
	}
	n.turns = append(n.turns, mapped...)
	n.left = make(map[string]crawl.Why, len(listed))
	for _, u := range listed {
		n.left[u] = ""
	}
	for from := start; from != ""; {
		plan := crawl.Plan{Start: from, Seeds: n.unseen(listed), Turns: n.unseen(n.turns), Left: n.leave, Hosts: hosts, MaxPages: o.MaxPages, MaxBytes: o.MaxBytes, MaxTime: o.MaxTime, PerHost: o.PerHost, Rest: o.Rest, Manners: o.Manners, Prepare: n.prepare, Visit: n.visit}
		if o.Journal != nil {
			plan.Keeper = o.Journal
		}
		res, err := crawl.Crawl(ctx, client, plan)
		n.report.Bytes, n.report.Replayed, n.report.Same = n.report.Bytes+res.Bytes, n.report.Replayed+res.Replayed, n.report.Same+res.Same
		if errors.Is(err, crawl.ErrRest) {
			return n.report, crawl.ErrRest
		}
		if err != nil {
			return n.report, fmt.Errorf("engine: crawl %s: %w", from, err)
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
	n.leftOver(ctx)
	if err := n.reach(ctx); err != nil {
		return n.report, err
	}
	n.downgrades()
	if err := n.tookTurns(ctx); err != nil {
		return n.report, err
	}
	if err := n.takeCensus(ctx, listed); err != nil {
		return n.report, err
	}
	if n.report.Reachable {
		if err := n.askTaken(ctx); err != nil {
			return n.report, err
		}
		if err := n.readDresses(ctx); err != nil {
			return n.report, err
		}
		if o.wants("link") {
			if err := n.judgeLinks(ctx); err != nil {
				return n.report, err
			}
		}
		if o.wants("column") || o.wants("home") {
			if err := n.drawLists(ctx); err != nil {
				return n.report, err
			}
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

// outOfTime is why what is left of links and files is not looked at then.
const outOfTime = "网站响应很慢，本次检查的时间已用完，其余未检测。"

// late reports whether the run is so near to its end.
func (n *inspector) late() bool { return !n.o.Until.IsZero() && time.Now().After(n.o.Until) }

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
	plainly     []check.Alternate  // a page as a browser and a telephone got it
	prints      prints
	byPrint     map[string]int    // fingerprint to index in report.Findings
	unshot      map[string]string // pages of which there is no picture, and why
	undrawn     string            // why nothing was drawn at all
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
	turns       []string             // known addresses whose turn it is
	beyond      map[string]bool      // addresses met that did not come into the budget
	last        *visit               // the page of the last look at a spot
	noPages     map[string]bool      // addresses visited that turned out to have no page
	catchAlls   map[string]*catchAll // by host and folder, of those asked for what cannot be there
	recalls     bool                 // what is remembered of them is believed
	most, asked int                  // how often a host may be and was asked for one link; 0: no bound
	dead        map[string]bool      // link targets that do not open
	mu          sync.Mutex
	times       map[string]int // askings of one kind at one place, see nth
	sightings   []Sighting     // of the last page; the room is used again
	dressing    []toDress      // pages to be judged by their style sheets
	likeDressed map[uint64]int // of these, by how their links stand
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
	blank               bool // a page without a character
	tls                 egress.Fault
	hops                []Beside // of a second look, where its way left https
	at                  time.Time
	size                int64
	sum                 string
	packed              []byte   // compressed body
	ref                 blob.Ref // set once kept
	title, text         string
	list                *listing // of a page that was read
	drawnAs             []Beside // the page as a browser drew it, where its list was read from that
	published           calendar.Date
	content             bool   // an article
	shown, column       string // when it says it was published, and where it stands
	targets             []string
	frames              []string // documents shown within it
	framed              bool     // it is shown within another page and nowhere else
}

func (n *inspector) visit(p crawl.Page) error {
	v := &visit{url: p.URL, from: p.From, redirect: p.RedirectTo, depth: p.Depth, status: p.Status, headers: HeaderText(p.Header),
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
		n.o.Progress(len(n.order), p.URL, p.Replayed)
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
	if v.blank = len(bytes.TrimSpace(p.Body)) == 0; v.blank {
		return nil // there is nothing to judge: the link to it is the finding
	}
	if err := n.hold(v, p.Body, n.o.Journal); err != nil {
		return err
	}
	// Copies: a part of the text would keep all of it in memory as long as the run.
	v.title, v.text = strings.Clone(page.Title), strings.Clone(abridge.Cut(page.VisibleText, 400))
	if p.URL == n.stub {
		return nil // met again: a signpost owes nothing
	}
	if p.URL == n.home && !n.sent {
		if to := signpost(page); to != "" && n.own(to) {
			n.stub, n.home, n.sent = p.URL, to, true
			return nil
		}
	}
	if p.Like == n.home && p.URL != n.home && samePath(p.URL, n.home) {
		n.gather(v, page, check.ClassHome)
		return nil // the home page once more, under a query that changes nothing
	}
	if e.soft {
		v.soft = true
		return nil // an error page: the link to it is the finding
	}
	n.report.Visited[p.URL] = true
	if n.report.Looks != nil {
		n.report.Looks[p.URL] = n.evidence(v)
	}
	n.gather(v, page, e.class)
	n.embed(v, page)
	n.wears(v, e)
	if of := copyOf(page); of != "" {
		n.copies[page.URL] = of
	}
	if n.class(page.URL) == check.ClassHome {
		e = n.examine(page, true)
	}
	for _, s := range n.pageSightings(e) {
		if !v.framed || !ofWhole(s) {
			n.add(v, page, s)
		}
	}
	return nil
}

// samePath reports whether two addresses differ in their queries at most.
func samePath(a, b string) bool {
	a, _, _ = strings.Cut(a, "?")
	b, _, _ = strings.Cut(b, "?")
	return a == b
}

// add files a sighting under its fingerprint; the same defect on another page
// only counts there.
func (n *inspector) add(v *visit, page *check.Page, s Sighting) {
	if !n.o.wants(s.Check) {
		return
	}
	fp := n.prints.of(&s)
	if len(n.o.Acquitted) > 0 && OneCase(s.Check) && n.o.Acquitted[Acquittal(fp, CaseOf(s.Check, s.Says, s.Where, s.URL, s.Evidence.SHA256))] {
		return
	}
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
	s.Pages, s.Says = max(s.Pages, 1), check.MaskText(s.Says)
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

func host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

// foldCopies leaves a defect of a text to the page that owns it, when that page
// shows the same defect: mending it there mends every copy. A copy that says
// something of its own keeps its finding. A page of the layout for the elderly is a copy
// by its address, whatever it says of itself.
func (n *inspector) foldCopies() {
	all := slices.Clone(n.report.Findings)
	n.report.Findings = slices.DeleteFunc(n.report.Findings, func(s Sighting) bool {
		of := cmp.Or(n.copies[s.URL], plainLayout(s.URL))
		if of == "" {
			return false
		}
		owner := s
		owner.URL = of
		if s.Where == s.URL { // a column is its own place
			owner.Where = of
		}
		return slices.ContainsFunc(all, func(o Sighting) bool {
			// The words around a wrong word are those of the layout.
			return o.URL == of && o.Check == s.Check && o.Wrong == s.Wrong && (s.Wrong != "" || o.Fingerprint() == owner.Fingerprint())
		})
	})
}

// elderly names the layout for the elderly in an address.
var elderly = regexp.MustCompile(`(?i)^(?:elder(?:ly)?|older|aged|shilao|slh|slban|zlb|zhangzhe|changzhe|laonian|guanhuai|ghb|wza|wzagh)$`)

// plainLayout is the address of the page of which this is the layout for the elderly, by
// a part of its path or of its query; "" where it has none such.
func plainLayout(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	parts := strings.Split(u.EscapedPath(), "/")
	kept := slices.DeleteFunc(slices.Clone(parts), elderly.MatchString)
	query := u.Query()
	for name, values := range u.Query() {
		if elderly.MatchString(name) || len(values) == 1 && elderly.MatchString(values[0]) {
			query.Del(name)
		}
	}
	if len(kept) == len(parts) && len(query) == len(u.Query()) {
		return ""
	}
	at := url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/"}
	plain, err := crawl.Canonical(at.String(), cmp.Or(strings.Join(kept, "/"), "/")+"?"+query.Encode())
	if err != nil || plain == address {
		return ""
	}
	return plain
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
	p, err := Deflate(body, flate.BestSpeed)
	if err != nil {
		return err
	}
	if n.held+len(p) > maxHeld {
		ref, err := n.store.Put(context.Background(), bytes.NewReader(body))
		if err != nil {
			return fmt.Errorf("engine: keep evidence: %w", err)
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
			return "", fmt.Errorf("engine: keep evidence: %w", err)
		}
		return v.ref, nil
	}
	if v.packed == nil {
		return "", nil
	}
	ref, err := n.store.Put(ctx, flate.NewReader(bytes.NewReader(v.packed)))
	if err != nil {
		return "", fmt.Errorf("engine: keep evidence: %w", err)
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
	case v.err != "" || v.status >= 400 || v.blank:
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

// online reports whether a failure to reach a site is the site's own: it has
// answered something, it lies in our own network, or others do answer.
func (n *inspector) online(ctx context.Context, v *visit) bool {
	return v.err == "" || time.Since(n.client.Outside()) < lineTrusted || Inside(ctx, n.client, v.url)
}

// finish keeps the evidence of what was found and orders the report.
func (n *inspector) finish(ctx context.Context) (Report, error) {
	for i := range n.report.Findings {
		s := &n.report.Findings[i]
		s.Evidence.unpictured(n.unpictured(*s))
		v := n.visits[s.Evidence.URL]
		if v == nil {
			continue
		}
		ref, err := n.keep(ctx, v)
		if err != nil {
			return n.report, err
		}
		if ref != "" { // a file that was met as a page is kept by who read it
			s.Evidence.Ref = ref
		}
	}
	if n.truncated > 0 {
		n.skip("findings", fmt.Sprintf("问题过多，只列出前 %d 个。", maxSightings), n.start, n.truncated)
	}
	n.foldCopies()
	n.leaveNoPages()
	slices.SortStableFunc(n.report.Findings, func(a, b Sighting) int { return cmp.Compare(Rank(a.Severity), Rank(b.Severity)) })
	n.report.Finished = time.Now().UTC()
	return n.report, nil
}
