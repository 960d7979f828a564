package crawl

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"

	"zhengshu/internal/egress"
)

// Verdict is what became of a link.
type Verdict string

// longAway says of an answer that its server asks to come again later.
const longAway = "对方服务器答复暂停服务（状态码 503），请稍后再访问，未能检测，请人工打开核实。"

// The verdicts. Only Dead and Unreachable speak against the link; Unreachable should be confirmed later or elsewhere.
const (
	Alive       Verdict = "alive"
	Dead        Verdict = "dead"        // the server says 4xx or 5xx, or the redirects lead nowhere
	Unreachable Verdict = "unreachable" // DNS, TCP, TLS, time
	Refusing    Verdict = "refused"     // egress.Refuses, or 999: there, but not for us
	NotTested   Verdict = "untested"    // robots.txt, our own policy, or stopped
)

// LinkResult is the verdict on one URL.
type LinkResult struct {
	URL     string // canonical
	Verdict Verdict
	Status  int          // of the last answer
	Final   string       // where redirects led
	Type    string       // of what came, as its server says; empty: not known
	Empty   bool         // its server says that nothing came with it
	Fault   egress.Fault // certificate fault, which is recorded but does not make the link dead
	Kind    egress.Kind  // when no answer came
	Why     Why          // when NotTested by robots.txt
	Says    string       // Chinese sentence, empty when Alive
	At      time.Time
}

// LinkCheck verifies links, each URL once however many pages name it. It is safe for concurrent use.
type LinkCheck struct {
	client  *egress.Client
	manners *Manners
	keep    time.Duration
	most    int
	memory  LinkMemory

	mu    sync.Mutex
	known map[[16]byte]*verdict
}

// LinkMemory keeps verdicts beyond the process, for every crawl and every worker. It decides how old one may be.
type LinkMemory interface {
	Recall(ctx context.Context, url string) (LinkResult, bool)
	Remember(ctx context.Context, r LinkResult)
}

// Share makes the check look into a memory before it asks, and write there what it learnt. It returns the check.
func (l *LinkCheck) Share(m LinkMemory) *LinkCheck {
	l.memory = m
	return l
}

type verdict struct {
	done chan struct{}
	res  LinkResult
	void bool
}

// NewLinkCheck makes a LinkCheck that shares the manners of the crawls. Verdicts are kept for the given time (0: an
// hour) and at most 50,000 of them.
func NewLinkCheck(client *egress.Client, m *Manners, keep time.Duration) *LinkCheck {
	fill(&keep, time.Hour)
	return &LinkCheck{client: client, manners: m, keep: keep, most: 50_000, known: map[[16]byte]*verdict{}}
}

// Check verifies one URL: HEAD, and GET without the body when HEAD is not answered with success, for many servers treat
// HEAD badly. Callers asking for the same URL at the same time wait for one request.
func (l *LinkCheck) Check(ctx context.Context, rawURL string) LinkResult {
	return l.check(ctx, rawURL, time.Time{}, true)
}

// Again is Check by GET alone, as a visitor asks, and believes no verdict that was found before an instant: what answered
// wrongly once may have been busy.
func (l *LinkCheck) Again(ctx context.Context, rawURL string, since time.Time) LinkResult {
	return l.check(ctx, rawURL, since, false)
}

func (l *LinkCheck) check(ctx context.Context, rawURL string, since time.Time, head bool) LinkResult {
	u, err := Canonical("", rawURL)
	if err != nil {
		return LinkResult{URL: rawURL, Verdict: NotTested, Kind: egress.BadScheme, Says: "链接地址格式不正确，未检测，请核对链接。", At: time.Now().UTC()}
	}
	for {
		v, mine := l.claim(u, since)
		if mine {
			recalled := false
			if l.memory != nil {
				v.res, recalled = l.memory.Recall(ctx, u)
				recalled = recalled && !v.res.At.Before(since)
			}
			if !recalled {
				v.res = l.ask(ctx, u, head)
			}
			v.void = ctx.Err() != nil
			if l.memory != nil && !recalled && !v.void {
				l.memory.Remember(ctx, v.res)
			}
			if v.void {
				l.mu.Lock()
				delete(l.known, key(u))
				l.mu.Unlock()
			}
			close(v.done)
			return v.res
		}
		select {
		case <-v.done:
			if v.void && ctx.Err() == nil {
				continue // whoever asked was stopped; ask ourselves
			}
			return v.res
		case <-ctx.Done():
			return stopped(u)
		}
	}
}

func stopped(u string) LinkResult {
	return LinkResult{URL: u, Verdict: NotTested, Kind: egress.Cancelled, Why: Stopped, Says: Stopped.Says(), At: time.Now().UTC()}
}

// claim returns the verdict on a URL, found at an instant or after, and whether the caller is the one to find it.
func (l *LinkCheck) claim(u string, since time.Time) (*verdict, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := key(u)
	if v := l.known[k]; v != nil {
		select {
		case <-v.done:
			if time.Since(v.res.At) < l.keep && !v.res.At.Before(since) {
				return v, false
			}
		default:
			return v, false
		}
	}
	if len(l.known) >= l.most {
		// Any tenth goes; what is asked for again is found again.
		n := l.most / 10
		for k, v := range l.known {
			select {
			case <-v.done:
				delete(l.known, k)
				n--
			default:
			}
			if n <= 0 {
				break
			}
		}
	}
	v := &verdict{done: make(chan struct{})}
	l.known[k] = v
	return v, true
}

// ask follows redirects itself, so that each hop is asked in its host's turn and with its host's leave.
func (l *LinkCheck) ask(ctx context.Context, u string, head bool) LinkResult {
	res := LinkResult{URL: u, Final: u, At: time.Now().UTC()}
	visited, cookies := map[string]bool{}, false
	for {
		visited[res.Final] = true
		ok, why, err := l.manners.allowed(ctx, res.Final)
		if err != nil {
			return stopped(u)
		}
		if !ok {
			if res.Final != u {
				// The link itself was answered with a redirect; its target asks not to be looked at.
				res.Verdict = Alive
				return res
			}
			res.Verdict, res.Why, res.Says = NotTested, why, why.Says()
			return res
		}
		next, sets := l.hop(ctx, &res, head)
		if next == "" {
			return res
		}
		cookies = cookies || sets
		if cookies && (visited[next] || len(visited) > maxHops) {
			res.Verdict, res.Kind, res.Why, res.Says = NotTested, egress.RedirectLoop, CookieWall, CookieWall.Says()
			return res
		}
		if visited[next] {
			res.Verdict, res.Kind, res.Says = Dead, egress.RedirectLoop, "该链接的跳转形成循环，浏览器无法打开，请更正或删除链接。"
			return res
		}
		if len(visited) > maxHops {
			// Browsers go on where we stop.
			res.Verdict, res.Kind, res.Why, res.Says = NotTested, egress.TooManyRedirects, ManyRedirects, ManyRedirects.Says()
			return res
		}
		res.Final = next
	}
}

// hop asks res.Final, its head first where that is to do; it returns the next URL of a redirect and whether the answer set cookies, or fills in the verdict.
func (l *LinkCheck) hop(ctx context.Context, res *LinkResult, head bool) (next string, cookies bool) {
	opt := egress.Options{RecordTLSFault: true, NoFollow: true, WantBody: func(int, http.Header) bool { return false }}
	var (
		resp *egress.Response
		err  error
	)
	asks := []bool{true, false}
	if !head {
		asks = asks[1:]
	}
	for _, head := range asks {
		resp, err = l.once(ctx, res.Final, opt, head)
		if ctx.Err() != nil {
			*res = stopped(res.URL)
			return "", false
		}
		var e *egress.Error
		if errors.As(err, &e) {
			res.Kind, res.Says = e.Kind, e.Says
			// A GET would fare no better.
			if e.Kind == egress.DNS || !e.Blames() {
				break
			}
			continue
		}
		res.Kind, res.Says = "", ""
		if resp.Status < 400 || resp.Status == http.StatusTooManyRequests {
			break
		}
	}
	return l.judge(res, resp, err), resp != nil && resp.Header.Get("Set-Cookie") != ""
}

func (l *LinkCheck) once(ctx context.Context, u string, o egress.Options, head bool) (*egress.Response, error) {
	leave, err := l.manners.enter(ctx, hostOf(u))
	if err != nil {
		return nil, err
	}
	defer leave()
	o.UserAgent = l.manners.agent
	if head {
		return l.client.Head(ctx, u, o)
	}
	return l.client.Get(ctx, u, o)
}

func (l *LinkCheck) judge(res *LinkResult, resp *egress.Response, err error) (next string) {
	if resp != nil {
		res.Status = resp.Status
		res.Fault = resp.TLS.Fault
	}
	var e *egress.Error
	if errors.As(err, &e) {
		res.Verdict = Unreachable
		// What is too much for us is there, and a browser may well show it.
		if !e.Blames() || e.Kind == egress.TooLarge || e.Kind == egress.Bomb {
			res.Verdict = NotTested
		}
		return ""
	}
	switch s := resp.Status; {
	case resp.Location != "":
		// As it stands: a session id dropped here would turn the greeting of many servers into a loop.
		return resp.Location
	case egress.Refuses(s) || s == 999:
		res.Verdict, res.Says = Refusing, Declined.Says()
		if d, ok := retryAfter(resp.Header.Get("Retry-After"), time.Now()); ok && s == 429 {
			l.manners.hold(hostOf(res.Final), min(d, time.Minute))
		}
	case s == http.StatusServiceUnavailable && resp.Header.Get("Retry-After") != "":
		res.Verdict, res.Says = NotTested, longAway
	case s >= 400:
		res.Verdict, res.Says = Dead, "该链接返回状态码 "+strconv.Itoa(s)+"，无法打开，请更正或删除链接。"
	default:
		res.Verdict, res.Type, res.Empty = Alive, resp.Header.Get("Content-Type"), resp.Header.Get("Content-Length") == "0"
	}
	return ""
}
