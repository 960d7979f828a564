package engine

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/fnv"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"

	"zhengshu/internal/abridge"
	"zhengshu/internal/blob"
	"zhengshu/internal/check"
	"zhengshu/internal/crawl"
	"zhengshu/internal/egress"
)

// Whoever breaks into a site often shows its owner, and a patrol that says who
// it is, the old page, and another to those who come from a search engine. So a
// few pages of each run are asked for again as others would.
const (
	guisePages = 6 // of a run, the home page first
	guiseHops  = 5 // redirects followed within the site
	guiseBody  = 2 << 20
)

// guise is one way of coming to a page.
type guise struct{ as, agent, referer string }

const browserAgent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"

const mobileAgent = "Mozilla/5.0 (Linux; Android 14; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36"

var guises = []guise{
	{as: check.AsBrowser, agent: browserAgent},
	{as: check.AsMobile, agent: mobileAgent},
	{as: check.AsSpider, agent: "Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)"},
	{as: check.AsSearcher, agent: browserAgent, referer: "https://www.baidu.com/s?wd="},
	{as: check.AsMobileSearcher, agent: mobileAgent, referer: "https://m.baidu.com/s?word="},
}

// Beside is a second answer that a finding rests on: the page as somebody else
// got it, or the page as it was accepted before.
type Beside struct {
	As      string    `json:"as"` // a way of coming of package check, or baseline
	URL     string    `json:"url"`
	Final   string    `json:"final,omitempty"` // where it led
	Status  int       `json:"status,omitempty"`
	Headers string    `json:"headers,omitempty"`
	SHA256  string    `json:"sha256,omitempty"`
	Size    int64     `json:"size,omitempty"`
	At      time.Time `json:"at"`
	Ref     blob.Ref  `json:"blob,omitempty"`
	Says    string    `json:"says,omitempty"` // of AsList: which list or rule; of AsPlace and AsNear: the place; of a look at a link: the print of the words
}

// AsBaseline marks the answer that a named person accepted before, AsList the list
// or rule that a word was prompted by, AsHop a redirect on the way to an address,
// AsDrawn the page as its scripts made it in a browser, AsFirst and AsSecond the two
// looks at a link, AsMadeUp what its host answers to an address that nobody gave a page
// to, AsPlace another place of the page that breaks the same rule, AsNear where a wrong word
// stands for a reader, AsSheet a style sheet that the page
// wears.
const (
	AsBaseline = "baseline"
	AsList     = "list"
	AsHop      = "hop"
	AsDrawn    = "drawn"
	AsFirst    = "first"
	AsSecond   = "second"
	AsMadeUp   = "madeup"
	AsPlace    = "place"
	AsNear     = "near"
	AsSheet    = "sheet"
)

// GuiseNames are the ways of coming in words.
var GuiseNames = map[string]string{check.AsBrowser: "普通浏览器", check.AsMobile: "手机浏览器", check.AsSpider: "搜索引擎", check.AsSearcher: "从搜索结果进入", check.AsMobileSearcher: "以手机从搜索结果进入", AsBaseline: "确认过的基线", AsHop: "跳转途中", AsDrawn: "浏览器中画出的页面", AsFirst: "第一次访问链接", AsSecond: "再次访问链接", AsMadeUp: "随机编造的网址", AsSheet: "页面引用的样式表"}

// lookAsOthers asks for a few pages again in every guise. The home page is always
// among them; the others are drawn by the day, so that each day has its own and
// whoever draws again draws the same.
func (n *inspector) lookAsOthers(ctx context.Context) error {
	most := n.o.Guises
	if most == 0 {
		most = guisePages
	}
	for _, v := range n.drawn(most) {
		page, err := n.pageOf(ctx, v)
		if err != nil {
			return err
		}
		if page == nil {
			continue
		}
		n.plainly = nil
		for _, g := range guises {
			if err := n.disguised(ctx, v, page, g); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// drawn are the home page and pages drawn by the day.
func (n *inspector) drawn(most int) []*visit {
	if most < 1 {
		return nil
	}
	var out, rest []*visit
	for _, v := range n.order {
		switch {
		case !n.report.Visited[v.url] || n.copies[v.url] != "":
		case v.url == n.home:
			out = append(out, v)
		default:
			rest = append(rest, v)
		}
	}
	day := n.o.Today.String()
	lots := make(map[*visit]uint64, len(rest))
	for _, v := range rest {
		lots[v] = DrawLot(day, v.url)
	}
	slices.SortFunc(rest, func(a, b *visit) int {
		return cmp.Or(cmp.Compare(lots[a], lots[b]), strings.Compare(a.url, b.url))
	})
	return append(out, rest[:min(len(rest), most-len(out))]...)
}

// DrawLot is the lot of an address on a day: as good as drawn by chance, and the same
// whoever draws it.
func DrawLot(day, address string) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s %s", day, address)
	x := h.Sum64()
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	return x ^ x>>33
}

// disguised asks for one page in one guise and judges what came. A difference
// counts only when a second look at both shows it again: pages change while they
// are looked at, and some never answer twice alike.
func (n *inspector) disguised(ctx context.Context, v *visit, page *check.Page, g guise) error {
	first, err := n.putOn(ctx, v.url, g)
	if err != nil {
		return err
	}
	if g.as == check.AsBrowser || g.as == check.AsMobile {
		n.plainly = append(n.plainly, first.alternate)
	}
	f, ok := n.cloaked(g, first.alternate, page)
	if !ok {
		return nil
	}
	if f.Outcome == check.Violated {
		again, fresh, err := n.fetchAgain(ctx, v.url)
		if err != nil {
			return err
		}
		second, err := n.putOn(ctx, v.url, g)
		if err != nil {
			return err
		}
		if fresh == nil || again.url != v.url {
			n.skip(f.Check, "再次核实时页面没有取得，未能判断。", v.url, 1)
			return nil
		}
		confirmed, ok := n.cloaked(g, second.alternate, fresh, page)
		away := first.alternate.FinalURL != "" && !sameDomain(v.url, first.alternate.FinalURL)
		if ok && confirmed.Outcome != check.Violated && (f.Severity == check.Serious || f.Severity == check.Error && away) {
			// What was shown is no chance. Some show it to each visitor once. That a
			// visitor was led away once may also be a system that asks who he is.
			confirmed, second = f, first
			confirmed.Severity, confirmed.Says = check.Error, strings.TrimSuffix(f.Says, "。")+"；再次访问时没有重现，可能只对首次来访者显示。"
			if f.Severity != check.Serious {
				confirmed.Severity = check.Advice
			}
		}
		if !ok || confirmed.Outcome != check.Violated {
			n.skip(f.Check, "两次访问的结果不一致，未能判断。", v.url, 1)
			return nil
		}
		// A page that is never twice the same differs in every guise.
		if f.Severity != check.Serious && !check.Alike(page, fresh) {
			n.skip(f.Check, "页面每次访问都不相同，未能判断。", v.url, 1)
			return nil
		}
		if f.Severity != check.Serious && !away {
			same, err := n.seenPlainly(ctx, v.url, g, second.alternate, page, fresh)
			if err != nil {
				return err
			}
			if same {
				n.skip(f.Check, "正常访问有时也得到同样的页面，网站可能有几个版本同时在用，未能判断。", v.url, 1)
				return nil
			}
		}
		f, first = confirmed, second
	}
	switch f.Outcome {
	case check.Untested:
		n.skip(f.Check, f.Why, v.url, 1)
		return nil
	case check.Violated:
		proof, err := first.keep(ctx, n.store)
		if err != nil {
			return err
		}
		n.add(v, nil, Sighting{Check: f.Check, Severity: f.Severity, Says: f.Says, Article: f.Article, URL: v.url, Where: f.Where, Fix: f.Fix, OnHome: v.url == n.home, Evidence: Evidence{Beside: []Beside{proof}}})
	}
	n.report.disguised[v.url+" "+g.as] = true
	return nil
}

// plainLooks is how many more times a page is asked for plainly before a difference that
// is no proof by itself is told.
const plainLooks = 2

// seenPlainly reports whether what came in a guise is what plain visits get at times as
// well: several servers may hold several editions, and links may take turns.
func (n *inspector) seenPlainly(ctx context.Context, address string, g guise, a check.Alternate, plain ...*check.Page) (bool, error) {
	for range plainLooks {
		_, p, err := n.fetchAgain(ctx, address)
		if err != nil {
			return false, err
		}
		if p != nil {
			plain = append(plain, p)
		}
	}
	for i, p := range plain {
		others := slices.Concat(plain[:i], plain[i+1:])
		if f, ok := n.cloaked(g, a, p, others...); ok && f.Outcome != check.Violated {
			return true, nil
		}
	}
	return false, nil
}

// cloaked puts what came in a guise to the checks of cloaking; others are what plain
// visits got besides.
func (n *inspector) cloaked(g guise, a check.Alternate, page *check.Page, others ...*check.Page) (check.Finding, bool) {
	facts := check.Facts{Page: page, Class: n.class(page.URL), Ledger: n.target.Ledger, Lexicon: n.o.Lexicon, Today: n.o.Today, Alternates: append([]check.Alternate{a}, n.plainly...)}
	for _, p := range others {
		facts.Alternates = append(facts.Alternates, check.Alternate{As: check.AsPatrol, Page: p})
	}
	for _, f := range check.RunFamily(facts, "cloaked") {
		if f.Where == g.as {
			return f, true
		}
	}
	return check.Finding{}, false
}

// answered is what came in a guise.
type answered struct {
	alternate check.Alternate
	proof     Beside
	body      []byte
}

// keep stores the bytes as evidence.
func (a answered) keep(ctx context.Context, store Keeper) (Beside, error) {
	if store == nil || len(a.body) == 0 {
		return a.proof, nil
	}
	ref, err := store.Put(ctx, bytes.NewReader(a.body))
	if err != nil {
		return a.proof, fmt.Errorf("engine: keep evidence: %w", err)
	}
	a.proof.Ref = ref
	return a.proof, nil
}

// putOn asks for a page in a guise, where robots.txt lets us ask for it under our
// own name. Redirects are followed within the site's own domain; where they leave it, that they do is all that is wanted: the other host
// is not contacted.
func (n *inspector) putOn(ctx context.Context, address string, g guise) (answered, error) {
	out := answered{alternate: check.Alternate{As: g.as}, proof: Beside{As: g.as, URL: address}}
	referer := g.referer
	if referer != "" {
		name := ""
		if n.target.Ledger != nil {
			name = n.target.Ledger.SiteName
		}
		referer += url.QueryEscape(name)
	}
	at := address
	for hop := 0; ; hop++ {
		_, resp, ok, why, err := n.hear(ctx, "as "+g.as, at, at, egress.Options{UserAgent: g.agent, Referer: referer, RecordTLSFault: true, NoFollow: true, MaxBody: guiseBody})
		if ctx.Err() != nil {
			return out, ctx.Err()
		}
		if !ok {
			out.alternate.Why, out.alternate.FinalURL = why.Says(), at
			return out, nil
		}
		if resp == nil {
			resp = &egress.Response{Requested: at}
		}
		out.alternate.Status, out.alternate.FinalURL = resp.Status, at
		out.proof.Status, out.proof.Final, out.proof.Headers, out.proof.At = resp.Status, at, HeaderText(resp.Header), resp.Started
		if e := (*egress.Error)(nil); errors.As(err, &e) {
			out.alternate.Why = e.Says
			return out, nil
		}
		if err != nil {
			return out, err
		}
		if resp.Location != "" {
			out.alternate.FinalURL, out.proof.Final = resp.Location, resp.Location
			if hop == guiseHops || !sameDomain(address, resp.Location) {
				out.alternate.Why = fmt.Sprintf("转到 %s", abridge.Cut(resp.Location, 200))
				return out, nil
			}
			at = resp.Location
			continue
		}
		sum := sha256.Sum256(resp.Body)
		out.body, out.proof.SHA256, out.proof.Size = resp.Body, hex.EncodeToString(sum[:]), int64(len(resp.Body))
		if to := check.RefreshAddress(resp.Header.Get("Refresh")); to != "" && strings.Contains(to, "//") && !sameDomain(address, to) {
			out.alternate.FinalURL, out.proof.Final = to, to
			out.alternate.Why = fmt.Sprintf("由 Refresh 响应头转到 %s", abridge.Cut(to, 200))
			return out, nil
		}
		if egress.Refuses(resp.Status) {
			out.alternate.Why = fmt.Sprintf("服务器拒绝这样访问，状态码 %d", resp.Status)
		}
		if !isHTML(resp.Header.Get("Content-Type"), resp.Body) {
			return out, nil
		}
		p, err := check.ParsePage(resp.Body, resp.Header.Get("Content-Type"), at)
		if err != nil {
			out.alternate.Why = "页面不能读取"
			return out, nil //nolint:nilerr // that it cannot be read is what was seen
		}
		if resp.Status != http.StatusOK {
			out.alternate.Fault = p
			return out, nil
		}
		if softError(p) {
			out.alternate.Why = "得到的是出错页面"
			return out, nil
		}
		out.alternate.Page = p
		return out, nil
	}
}

// sameDomain reports whether two addresses belong to one registered domain.
func sameDomain(a, b string) bool {
	x, err := url.Parse(a)
	if err != nil {
		return false
	}
	y, err := url.Parse(b)
	return err == nil && RegisteredDomain(x.Hostname()) == RegisteredDomain(y.Hostname())
}

// RegisteredDomain is the part of a host's name that was registered.
func RegisteredDomain(host string) string {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if d, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
		return d
	}
	return host
}

// fetchAgain gets a page of the run once more as the patrol does, without a word
// of it in the report.
func (n *inspector) fetchAgain(ctx context.Context, address string) (*visit, *check.Page, error) {
	_, resp, ok, _, err := n.hear(ctx, "again", address, address, egress.Options{RecordTLSFault: true})
	if ctx.Err() != nil {
		return nil, nil, ctx.Err()
	}
	if !ok {
		return &visit{url: address}, nil, nil // may not be looked at any more
	}
	v := &visit{url: address, status: resp.Status}
	if err != nil || resp.Status != http.StatusOK || !isHTML(resp.Header.Get("Content-Type"), resp.Body) {
		return v, nil, nil //nolint:nilerr // a page that does not come is no page
	}
	if resp.Final != "" {
		if v.url, err = crawl.Canonical("", resp.Final); err != nil {
			return v, nil, nil //nolint:nilerr // not the page that was asked for
		}
	}
	p, err := check.ParsePage(resp.Body, resp.Header.Get("Content-Type"), v.url)
	if err != nil {
		return v, nil, nil //nolint:nilerr // as above
	}
	return v, p, nil
}

// pageOf is a page of the run as it was read; where nothing was held, as it is now.
func (n *inspector) pageOf(ctx context.Context, v *visit) (*check.Page, error) {
	if p := n.read(ctx, v); p != nil {
		return p, nil
	}
	again, p, err := n.fetchAgain(ctx, v.url)
	if err != nil || p == nil || again.url != v.url {
		return nil, err
	}
	return p, nil
}

// recheckGuise looks again at a page that was shown differently.
func (n *inspector) recheckGuise(ctx context.Context, spot Spot) (Look, error) {
	i := slices.IndexFunc(guises, func(g guise) bool { return g.as == spot.Where })
	if i < 0 {
		return Look{}, fmt.Errorf("engine: no guise %q", spot.Where)
	}
	v, page, err := n.fetch(ctx, spot.URL)
	if err != nil {
		return Look{}, err
	}
	if page == nil {
		outcome, says := v.absent()
		return n.look(ctx, v, outcome, says, Evidence{})
	}
	got, err := n.putOn(crawl.Urgent(ctx), v.url, guises[i])
	if err != nil {
		return Look{}, err
	}
	proof, err := got.keep(ctx, n.store)
	if err != nil {
		return Look{}, err
	}
	e := Evidence{Beside: []Beside{proof}}
	f, ok := n.cloaked(guises[i], got.alternate, page)
	switch {
	case !ok || f.Outcome == check.Untested:
		return n.look(ctx, v, Unknown, "未能复测："+strings.TrimPrefix(f.Says, "未能检查："), e)
	case f.Outcome == check.Violated:
		return n.look(ctx, v, Standing, f.Says, e)
	}
	return n.look(ctx, v, Gone, GuiseNames[spot.Where]+"看到的页面与正常访问一致，复测未再发现。", e)
}
