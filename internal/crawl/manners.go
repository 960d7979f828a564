package crawl

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jimsmart/grobotstxt"

	"zhengshu/internal/egress"
)

// RobotsPolicy says what robots.txt means for a crawl.
type RobotsPolicy string

// The policies. A site is crawled without regard to robots.txt only by agreement with the unit that runs it.
const (
	RespectRobots RobotsPolicy = ""
	IgnoreRobots  RobotsPolicy = "ignore"
)

// Token is the product name robots.txt knows us by.
const Token = "zhengshu"

// maxRobots is how much of a robots.txt is read; RFC 9309 asks for at least 500 KiB.
const maxRobots = 500 << 10

// Manners is how we behave towards hosts: so many requests at once, a pause between them, robots.txt with the pace it
// asks for (Crawl-delay), Retry-After; and towards the machines behind them, of which one may serve the names of a whole
// province: so many requests at once and a second to an address, whatever names they go to. It is shared by every crawl
// and link check that may meet the same host, and safe for concurrent use.
type Manners struct {
	client  *egress.Client
	agent   string
	perHost int
	delay   time.Duration
	policy  RobotsPolicy

	mu       sync.Mutex
	pace     Pace // towards an address
	lanes    map[string]*lane
	machines map[netip.Addr]*lane
	robots   map[string]*robots
}

// Pace is what one address is asked for, by all names that lead to it together. A zero field takes the default.
type Pace struct {
	AtOnce    int `json:"at_once,omitempty"`    // requests at once; 8
	PerSecond int `json:"per_second,omitempty"` // requests begun in a second; 20
}

func (p Pace) filled() Pace {
	if p.AtOnce <= 0 {
		p.AtOnce = 8
	}
	if p.PerSecond <= 0 {
		p.PerSecond = 20
	}
	return p
}

func (p Pace) delay() time.Duration { return time.Second / time.Duration(p.PerSecond) }

// Courtesy is what a Manners is made from; zero fields take the defaults.
type Courtesy struct {
	Agent   string        // User-Agent; "": egress.Agent
	PerHost int           // requests at once to a host; 2
	Delay   time.Duration // between the starts of two requests to a host; 250 ms; negative: none, and no pace towards addresses
	Robots  RobotsPolicy
	Pace    Pace
}

// NewManners makes a Manners that asks through client.
func NewManners(client *egress.Client, c Courtesy) *Manners {
	if c.PerHost <= 0 {
		c.PerHost = 2
	}
	if c.Delay == 0 {
		c.Delay = 250 * time.Millisecond
	}
	if c.Agent == "" {
		c.Agent = egress.Agent
	}
	return &Manners{client: client, agent: c.Agent, perHost: c.PerHost, delay: max(0, c.Delay), policy: c.Robots, pace: c.Pace.filled(),
		lanes: map[string]*lane{}, machines: map[netip.Addr]*lane{}, robots: map[string]*robots{}}
}

// KeepPace sets the pace towards addresses from now on. What is under way is not counted into it.
func (m *Manners) KeepPace(p Pace) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if p = p.filled(); p != m.pace {
		m.pace = p
		clear(m.machines)
	}
}

// lane is the queue before one host, or before one machine.
type lane struct {
	sem    chan struct{}
	kept   chan struct{} // one slot more, for requests that a person waits for
	next   time.Time     // no request starts before
	begun  time.Time     // when the last one did
	pace   time.Duration // between the starts of two, as its robots.txt asks
	urgent int           // requests waiting that a person waits for

	machine netip.Addr // of a host: where it lies; none: not known, or here
	asked   time.Time  // when that was asked
}

type urgentKey struct{}

// Urgent marks requests that a person waits for: at each host they go before those of patrols, at the host's pace. One
// slot is kept for them beside those of patrols, so that a slow host holds nobody up, and is asked by no crowd.
func Urgent(ctx context.Context) context.Context { return context.WithValue(ctx, urgentKey{}, true) }

type visitorKey struct{}

// asVisitor marks what one visitor's page view asks for: whoever counts how long a
// page takes keeps our own pause and not the pace that robots.txt asks of machines.
func asVisitor(ctx context.Context) context.Context {
	return context.WithValue(ctx, visitorKey{}, true)
}

// maxLanes bounds what is remembered about hosts; link checks meet many.
const maxLanes = 10_000

func (m *Manners) lane(host string) *lane {
	m.mu.Lock()
	defer m.mu.Unlock()
	return laneOf(m.lanes, host, m.perHost)
}

func laneOf[K comparable](lanes map[K]*lane, key K, slots int) *lane {
	l := lanes[key]
	if l == nil {
		if len(lanes) >= maxLanes {
			now := time.Now()
			for k, l := range lanes {
				if len(l.sem) == 0 && len(l.kept) == 0 && l.urgent == 0 && l.next.Before(now) {
					delete(lanes, k)
				}
			}
		}
		l = &lane{sem: make(chan struct{}, slots), kept: make(chan struct{}, 1)}
		lanes[key] = l
	}
	return l
}

// machineAge is how long it is believed where a host lies, machineUnknown how long that nobody knows.
const (
	machineAge     = 5 * time.Minute
	machineUnknown = time.Minute
)

// machine is the lane of the address a host lies at; nil where there is none to keep a pace towards: courtesy is off,
// the site is served here, or its name leads nowhere. Where the name leads later is the dialler's matter: a name that
// is turned round meanwhile takes its turn once before the wrong address.
func (m *Manners) machine(ctx context.Context, host string, l *lane) *lane {
	if m.delay == 0 || m.client == nil {
		return nil
	}
	m.mu.Lock()
	at, age := l.machine, time.Since(l.asked)
	m.mu.Unlock()
	if age > machineAge || !at.IsValid() && age > machineUnknown {
		name, port := hostPort(host)
		at = m.client.Machine(ctx, name, port)
		m.mu.Lock()
		if ctx.Err() == nil {
			l.machine, l.asked = at, time.Now()
		}
		m.mu.Unlock()
	}
	if !at.IsValid() {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return laneOf(m.machines, at, m.pace.AtOnce)
}

// hostPort takes a host as hostOf gives it apart; 0 is the port of its scheme.
func hostPort(host string) (string, uint16) {
	h, p, err := net.SplitHostPort(host)
	if err != nil {
		return strings.Trim(host, "[]"), 0
	}
	n, err := strconv.ParseUint(p, 10, 16)
	if err != nil {
		return h, 0
	}
	return h, uint16(n)
}

// take waits for a slot. Slots go to those who wait for them in the order they came.
func (l *lane) take(ctx context.Context, urgent bool) (leave func(), err error) {
	var kept chan struct{} // nil: nobody gets it
	if urgent {
		kept = l.kept
	}
	select {
	case l.sem <- struct{}{}:
		return func() { <-l.sem }, nil
	case kept <- struct{}{}:
		return func() { <-kept }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// wait is how long it is until the lane's next request may start; zero or less: now.
func (l *lane) wait(now time.Time, visitor, urgent bool) time.Duration {
	wait := l.next.Sub(now)
	if !visitor && l.pace > 0 {
		wait = max(wait, l.begun.Add(l.pace).Sub(now))
	}
	if !urgent && l.urgent > 0 {
		wait = max(wait, 5*time.Millisecond)
	}
	return wait
}

// enter waits for the host's turn, and for that of its machine. The returned function must be called when the request
// is over. Nobody who has the machine's turn waits for a host's, so they cannot wait for each other; and since a host
// has no more than its own slots' worth in the machine's queue, all hosts there have their turn.
func (m *Manners) enter(ctx context.Context, host string) (leave func(), err error) {
	l := m.lane(host)
	urgent, visitor := ctx.Value(urgentKey{}) != nil, ctx.Value(visitorKey{}) != nil
	waiting := func(l *lane, n int) {
		if urgent {
			m.mu.Lock()
			l.urgent += n
			m.mu.Unlock()
		}
	}
	waiting(l, 1)
	defer waiting(l, -1)
	done, err := l.take(ctx, urgent)
	if err != nil {
		return nil, err
	}
	for {
		at := m.machine(ctx, host, l)
		if visitor {
			at = nil // whoever counts how long a page takes does not stand in a queue
		}
		if err := m.rest(ctx, l, visitor, urgent, at == nil); err != nil {
			done()
			return nil, err
		}
		if at == nil {
			return done, nil
		}
		waiting(at, 1)
		away, err := at.take(ctx, urgent)
		started := false
		if err == nil {
			if started, err = m.start(ctx, l, at, urgent); !started {
				away()
			}
		}
		waiting(at, -1)
		switch {
		case err != nil:
			done()
			return nil, err
		case started:
			return func() { away(); done() }, nil
		}
	}
}

// rest waits until the host's turn has come, and takes it where begin says so.
func (m *Manners) rest(ctx context.Context, l *lane, visitor, urgent, begin bool) error {
	for {
		m.mu.Lock()
		now := time.Now()
		wait := l.wait(now, visitor, urgent)
		if wait <= 0 {
			if begin {
				l.next, l.begun = now.Add(m.delay), now
			}
			m.mu.Unlock()
			return nil
		}
		m.mu.Unlock()
		// Asked again after the wait: Retry-After may have moved the turn meanwhile, or somebody urgent have come.
		if err := sleep(ctx, max(wait, 5*time.Millisecond)); err != nil {
			return err
		}
	}
}

// start waits for the machine's turn and takes it with the host's; false when the host's has passed meanwhile.
func (m *Manners) start(ctx context.Context, l, at *lane, urgent bool) (bool, error) {
	for {
		m.mu.Lock()
		now := time.Now()
		if l.wait(now, false, urgent) > 0 {
			m.mu.Unlock()
			return false, nil
		}
		wait := at.wait(now, false, urgent)
		if wait <= 0 {
			l.next, l.begun = now.Add(m.delay), now
			at.next, at.begun = now.Add(m.pace.delay()), now
			m.mu.Unlock()
			return true, nil
		}
		m.mu.Unlock()
		if err := sleep(ctx, wait); err != nil {
			return false, err
		}
	}
}

// keepPace takes what a host's robots.txt asks for.
func (m *Manners) keepPace(host string, d time.Duration) {
	l := m.lane(host)
	m.mu.Lock()
	defer m.mu.Unlock()
	l.pace = d
}

// hold keeps everybody from a host that asked to be left alone.
func (m *Manners) hold(host string, d time.Duration) {
	l := m.lane(host)
	m.mu.Lock()
	defer m.mu.Unlock()
	if t := time.Now().Add(d); t.After(l.next) {
		l.next = t
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// retryAfter reads seconds or a date; ok is false when there is none to read.
func retryAfter(value string, now time.Time) (d time.Duration, ok bool) {
	value = strings.TrimSpace(value)
	if n, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(n) * time.Second, true
	}
	for _, layout := range []string{time.RFC1123, time.RFC850, time.ANSIC} {
		if t, err := time.Parse(layout, value); err == nil {
			return max(0, t.Sub(now)), true
		}
	}
	return 0, false
}

// robots is the verdict of one origin, fetched once by whoever comes first.
type robots struct {
	once  sync.Once
	at    time.Time
	rules Robots
	pace  time.Duration
	void  bool
	told  bool         // the server said what holds; else it is asked again soon
	spent atomic.Int64 // nanoseconds spent reading the rules
}

// robotsAge is how long a robots.txt is believed (RFC 9309, 2.4), robotsFailed how
// long that there was none to have: a server's bad minute must not decide its day.
const (
	robotsAge    = 24 * time.Hour
	robotsFailed = 10 * time.Minute
)

// allowed asks the robots.txt of the URL's origin, fetching it when needed.
func (m *Manners) allowed(ctx context.Context, canonical string) (bool, Why, error) {
	if m.policy == IgnoreRobots {
		return true, "", nil
	}
	origin := originOf(canonical)
	for {
		r := m.robotsOf(origin)
		r.once.Do(func() {
			var told bool
			r.rules, told = m.fetchRobots(ctx, origin)
			m.mu.Lock()
			r.told = told
			m.mu.Unlock()
			r.pace = r.rules.CrawlDelay(Token)
			if r.void = ctx.Err() != nil; r.void { // an interrupted fetch is no verdict
				m.mu.Lock()
				delete(m.robots, origin)
				m.mu.Unlock()
			}
		})
		switch err := ctx.Err(); {
		case err != nil:
			return false, "", err
		case r.void: // interrupted by another crawl's end, not ours
			continue
		case r.rules.Unavailable:
			return false, RobotsUnavailable, nil
		case time.Duration(r.spent.Load()) > robotsPatience:
			return false, RobotsUnavailable, nil
		}
		begun := time.Now()
		ok := r.rules.Allows(Token, canonical)
		r.spent.Add(int64(time.Since(begun)))
		if !ok {
			return false, RobotsDenied, nil
		}
		m.keepPace(hostOf(canonical), r.pace)
		return true, "", nil
	}
}

// robotsPatience is the time spent on the rules of one origin. The parser reads the file anew for every URL, which an
// ordinary file of 10 KB makes a matter of microseconds; half a megabyte of wildcards takes a second a URL.
const robotsPatience = 30 * time.Second

func (m *Manners) robotsOf(origin string) *robots {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.robots[origin]
	age := robotsAge
	if r != nil && !r.told {
		age = robotsFailed // also while it is asked for, which takes less
	}
	if r == nil || time.Since(r.at) > age {
		if len(m.robots) >= maxLanes {
			clear(m.robots)
		}
		r = &robots{at: time.Now()}
		m.robots[origin] = r
	}
	return r
}

// fetchRobots also reports whether the server told what holds.
func (m *Manners) fetchRobots(ctx context.Context, origin string) (rules Robots, told bool) {
	leave, err := m.enter(ctx, hostOf(origin+"/"))
	if err != nil {
		return Robots{Unavailable: true}, false
	}
	defer leave()
	resp, err := m.client.Get(ctx, origin+"/robots.txt", egress.Options{
		UserAgent: m.agent, Accept: "text/plain,*/*;q=0.5", MaxBody: maxRobots, RecordTLSFault: true,
	})
	var e *egress.Error
	if errors.As(err, &e) && !(e.Kind == egress.TooLarge && len(resp.Body) > 0) {
		// Redirects that lead nowhere mean there is none (RFC 9309, 2.3.1.2); a host that cannot be reached is reported
		// with the page itself, which says more than a missing robots.txt.
		return Robots{Unavailable: e.Kind == egress.BadResponse && resp.Status == 0}, false
	}
	rules = ReadRobots(resp.Status, resp.Body)
	return rules, !rules.Unavailable
}

// Robots is a robots.txt as it was answered.
type Robots struct {
	Body        string // empty: no rules, everything is allowed
	Unavailable bool   // the server failed to say; RFC 9309 reads that as "disallow all"
}

// ReadRobots judges an answer to /robots.txt. A page of HTML, which many sites send for whatever does not exist, is no
// robots.txt. Statuses of 500 and above and 429 make it unavailable; every other failure means there is none. Of a file
// beyond 500 KiB the first part counts.
func ReadRobots(status int, body []byte) Robots {
	switch {
	case status >= 500 || status == 429:
		return Robots{Unavailable: true}
	case status < 200 || status > 299:
		return Robots{}
	}
	if len(body) > maxRobots {
		body = body[:maxRobots]
	}
	// Told by the first character and not by Content-Type: some servers send a true robots.txt as text/html.
	start := bytes.TrimLeft(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")), " \t\r\n")
	if bytes.HasPrefix(start, []byte("<")) {
		return Robots{}
	}
	return Robots{Body: string(body)}
}

// Allows reports whether the agent (a product name or a full User-Agent) may fetch the URL, by Google's reading of
// RFC 9309. A file that its parser cannot take counts as none.
func (r Robots) Allows(agent, url string) (ok bool) {
	if r.Unavailable {
		return false
	}
	if r.Body == "" {
		return true
	}
	// The parser is a port of C++ that indexes bytes; robots.txt is the work of strangers.
	defer func() {
		if p := recover(); p != nil {
			ok = true
		}
	}()
	return grobotstxt.AgentAllowed(r.Body, agent, url)
}

// maxPace is how far a Crawl-delay is followed: at this pace a run still looks at
// some thousands of pages before it is broken off, and no site keeps itself from
// being inspected by asking for an hour.
const maxPace = 2 * time.Second

// CrawlDelay is the pause between two requests that a robots.txt asks of the agent,
// by its own group or else by that of all; at most two seconds, zero where none is
// asked for. RFC 9309 leaves the line out; many files have it.
func (r Robots) CrawlDelay(agent string) (d time.Duration) {
	defer func() {
		if p := recover(); p != nil {
			d = 0
		}
	}()
	p := pacer{agent: agent}
	grobotstxt.Parse(r.Body, &p)
	if p.named {
		return p.own
	}
	return p.all
}

// pacer reads the Crawl-delay lines of a robots.txt.
type pacer struct {
	agent         string
	named         bool // a group names the agent
	forUs, forAll bool // of the group under way
	closed        bool // it has rules: the next User-agent begins another
	own, all      time.Duration
}

func (p *pacer) HandleRobotsStart()         {}
func (p *pacer) HandleRobotsEnd()           {}
func (p *pacer) HandleSitemap(int, string)  {}
func (p *pacer) HandleAllow(int, string)    { p.closed = true }
func (p *pacer) HandleDisallow(int, string) { p.closed = true }

func (p *pacer) HandleUserAgent(_ int, value string) {
	if p.closed {
		p.forUs, p.forAll, p.closed = false, false, false
	}
	product, _, _ := strings.Cut(value, "/")
	product, _, _ = strings.Cut(product, " ")
	switch {
	case product == "*":
		p.forAll = true
	case strings.EqualFold(product, p.agent):
		p.forUs, p.named = true, true
	}
}

func (p *pacer) HandleUnknownAction(_ int, action, value string) {
	if !strings.EqualFold(action, "crawl-delay") {
		return
	}
	p.closed = true
	n, err := strconv.ParseFloat(value, 64)
	if err != nil || !(n > 0) { // not a number is no pause
		return
	}
	d := time.Duration(min(n, maxPace.Seconds()) * float64(time.Second))
	if p.forUs {
		p.own = max(p.own, d)
	}
	if p.forAll {
		p.all = max(p.all, d)
	}
}

// Sitemaps are the site maps that the robots.txt of an address's origin names; none where
// robots.txt is not asked for or did not come.
func (m *Manners) Sitemaps(ctx context.Context, canonical string) ([]string, error) {
	if _, _, err := m.allowed(ctx, canonical); err != nil {
		return nil, err
	}
	if m.policy == IgnoreRobots {
		return nil, nil
	}
	return m.robotsOf(originOf(canonical)).rules.Sitemaps(), nil
}

// Sitemaps lists the sitemap URLs a robots.txt names, at most 100.
func (r Robots) Sitemaps() (urls []string) {
	defer func() {
		if p := recover(); p != nil {
			urls = nil
		}
	}()
	urls = grobotstxt.Sitemaps(r.Body)
	return urls[:min(len(urls), 100)]
}

func originOf(canonical string) string {
	scheme, rest, _ := strings.Cut(canonical, "://")
	host, _, _ := strings.Cut(rest, "/")
	return scheme + "://" + host
}
