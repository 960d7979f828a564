package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"zhengshu/internal/check"
	"zhengshu/internal/crawl"
	"zhengshu/internal/egress"
)

// linked is one link target and where it was met.
type linked struct {
	link   check.Link
	page   string
	also   []string
	pages  int
	onHome bool
	last   *visit    // the page it was met on last
	led    bool      // visitors are led to it; else it stands in frames alone
	at     time.Time // of the first look at it
	looks  []Beside  // the two looks at what was asked again
}

// shut says how a page did not open, and whether that is the site's doing.
func (v *visit) shut() (says string, shut bool) {
	if v.err != "" {
		return v.says, (&egress.Error{Kind: v.kind}).Blames()
	}
	if v.blank {
		return blankPage, true
	}
	return fmt.Sprintf("服务器返回状态码 %d。", v.status), v.status >= 400
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
		if check.Unfilled(l.Href) {
			n.skip("link.dead", "链接地址里有尚未填写的模板变量，可能由脚本填写，未检测，请人工核实。", page.URL, 1)
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
			k.link.Offered, k.led = k.link.Offered || l.Offered, k.led || !l.Framed
		}
		if l.Framed {
			v.frames = append(v.frames, target)
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
			k = &linked{link: l, page: page.URL, led: !l.Framed}
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
				if n.late() {
					whys[i] = outOfTime
					continue
				}
				k := n.links[n.linkOrder[i]]
				got := n.o.Links.Check(ctx, k.link.URL)
				k.at = got.At
				results[i], whys[i] = judged(k, got)
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
	if err := n.askWhole(ctx, ask, results, whys); err != nil {
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
	if err := n.judgeCatchAlls(ctx, results, whys); err != nil {
		return err
	}
	var facts []check.LinkResult
	for i, target := range n.linkOrder {
		if r := &results[i]; r.CatchAll != "" && r.FinalURL == target && n.visits[target] != nil {
			if n.noPages == nil {
				n.noPages = map[string]bool{}
			}
			n.noPages[target] = true
		}
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
		if f.Check == "link.dead" && !leavesTLS(f.Where, r.FinalURL) {
			if n.dead == nil {
				n.dead = map[string]bool{}
			}
			n.dead[f.Where] = true
		}
		s := Sighting{Check: f.Check, Severity: f.Severity, Says: f.Says, Article: f.Article, URL: k.page, Where: f.Where, Fix: f.Fix, OnHome: k.onHome, Pages: k.pages, Also: k.also,
			Evidence: Evidence{Link: f.Where, LinkStatus: r.Status, LinkFinal: r.FinalURL, Beside: k.looks}}
		n.add(v, n.read(ctx, v), s)
	}
	return nil
}

// sampled is how many files of a host are asked for by GET though HEAD found them.
const sampled = 3

// askWhole asks for some files and pictures of each host of the site as a visitor does.
// Where HEAD finds one that GET does not, HEAD is no proof there, and the others of the
// host are asked for as well. What is missing goes to the second look like all others.
func (n *inspector) askWhole(ctx context.Context, ask []int, results []check.LinkResult, whys []string) error {
	hosts := map[string][]int{}
	for _, i := range ask {
		k := n.links[n.linkOrder[i]]
		if file := k.link.Kind == check.LinkAttachment || k.link.Kind == check.LinkImage; file && whys[i] == "" && results[i].Status == http.StatusOK && n.own(k.link.URL) {
			hosts[host(k.link.URL)] = append(hosts[host(k.link.URL)], i)
		}
	}
	since := time.Now().UTC()
	get := func(list []int) (missing bool, err error) {
		err = n.eachAgain(list, func(i int) error {
			if n.late() {
				return nil
			}
			k := n.links[n.linkOrder[i]]
			var got crawl.LinkResult
			known, err := n.noted(ctx, wholeLook, k.link.URL, &got)
			if err != nil {
				return err
			}
			if !known {
				got = n.o.Links.Again(ctx, k.link.URL, since)
			}
			if r, why := judged(k, got); why == "" && gone(r.Status) {
				results[i], k.at = r, got.At
			}
			if known || ctx.Err() != nil {
				return nil
			}
			return n.note(ctx, wholeLook, k.link.URL, got)
		})
		return slices.ContainsFunc(list, func(i int) bool { return gone(results[i].Status) }), err
	}
	for _, list := range hosts {
		slices.SortFunc(list, func(a, b int) int {
			return cmp.Compare(DrawLot(n.o.Today.String(), n.linkOrder[a]), DrawLot(n.o.Today.String(), n.linkOrder[b]))
		})
		few := min(len(list), sampled)
		missing, err := get(list[:few])
		if err == nil && missing {
			_, err = get(list[few:min(len(list), mostGone)])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// mostAgain bounds the links that are asked once more because no answer, or none of
// use, came; mostGone those whose server says that there is nothing.
const (
	mostAgain = 100
	mostGone  = 500
)

// askAgain asks once more, after a while, for what did not answer, failed within the
// server or is said to be no more: a link is dead when it stays so. Where nothing came
// once is no proof; that there is nothing is an answer, which stands where there are
// too many to be asked again.
func (n *inspector) askAgain(ctx context.Context, order []int, results []check.LinkResult, whys []string) error {
	var failed, missing []int
	for _, i := range order {
		switch r := &results[i]; {
		case whys[i] != "":
		case r.Err != "" || r.Status >= 500 && r.Status < 600 || r.Blank:
			failed = append(failed, i)
		case gone(r.Status):
			missing = append(missing, i)
		}
	}
	for _, i := range failed[min(len(failed), mostAgain):] {
		whys[i] = "没有正常应答的链接过多，其余未再次核实。"
	}
	failed, missing = failed[:min(len(failed), mostAgain)], missing[:min(len(missing), mostGone)]
	if len(failed) > 0 {
		if err := n.wait(ctx); err != nil {
			return err
		}
		if err := n.eachAgain(failed, func(i int) (err error) {
			if n.late() {
				whys[i] = outOfTime
				return nil
			}
			results[i], whys[i], _, err = n.second(ctx, n.links[n.linkOrder[i]], results[i])
			return err
		}); err != nil {
			return err
		}
	}
	if len(missing) == 0 {
		return ctx.Err()
	}
	// Those seen first are asked first: most have waited long enough by then.
	slices.SortStableFunc(missing, func(a, b int) int { return n.links[n.linkOrder[a]].at.Compare(n.links[n.linkOrder[b]].at) })
	until := n.o.Until
	if !until.IsZero() {
		until = time.Now().Add(time.Until(until) / 2) // files are to be read, too
	}
	err := n.eachAgain(missing, func(i int) error {
		k := n.links[n.linkOrder[i]]
		if !until.IsZero() && time.Now().After(until) || pause(ctx, time.Until(k.at.Add(n.o.Patience))) != nil {
			return nil
		}
		r, why, looked, err := n.second(ctx, k, results[i])
		switch {
		case err != nil:
			return err
		case !looked, gone(r.Status):
		case why == "" && (r.Err != "" || r.Status >= 500):
			whys[i], k.looks = fmt.Sprintf("第一次返回状态码 %d，再次访问时没有正常应答，未能判定。", results[i].Status), nil
		default: // there after all, or not for us to see
			results[i], whys[i] = r, why
		}
		return nil
	})
	return cmp.Or(err, ctx.Err())
}

// eachAgain lets several workers do a thing for each of the links; after the first
// error no more is done.
func (n *inspector) eachAgain(list []int, do func(i int) error) error {
	var group errgroup.Group
	group.SetLimit(linkWorkers)
	var failed atomic.Bool
	for _, i := range list {
		if failed.Load() {
			break
		}
		group.Go(func() error {
			err := do(i)
			if err != nil {
				failed.Store(true)
			}
			return err
		})
	}
	return group.Wait()
}

// What the journal notes of links beside the answers of the crawl.
const (
	secondLook = "second look"
	wholeLook  = "whole"
	landLook   = "landing"
	fileLook   = "file"
)

// looked is what a second look at a link came to.
type looked struct {
	Result check.LinkResult
	Why    string
	Looks  []Beside
}

// noted gives back what this run found out about a link before it was broken off.
func (n *inspector) noted(ctx context.Context, what, link string, into any) (bool, error) {
	_, ok, err := n.notedBytes(ctx, what, link, into)
	return ok, err
}

// note remembers what was found out about a link, for a run that is broken off.
func (n *inspector) note(ctx context.Context, what, link string, is any) error {
	return n.noteBytes(ctx, what, link, is, nil)
}

// second looks at a link once more, as a visitor would, and notes both looks. It gives
// the first verdict back where it could not look. A run that was broken off after its
// second look does not look a third time.
func (n *inspector) second(ctx context.Context, k *linked, first check.LinkResult) (r check.LinkResult, why string, seen bool, err error) {
	var known looked
	if seen, err = n.noted(ctx, secondLook, k.link.URL, &known); err != nil || seen {
		known.Result.Link, known.Result.OnHome = first.Link, first.OnHome
		k.looks = known.Looks
		return known.Result, known.Why, seen, err
	}
	at := time.Now().UTC()
	if n.visits[k.link.URL] != nil {
		if r, seen = n.readAgain(ctx, k); !seen {
			return first, "", false, nil
		}
	} else {
		got := n.o.Links.Again(ctx, k.link.URL, at)
		at = got.At
		r, why = judged(k, got)
	}
	look := func(as string, r check.LinkResult, at time.Time) Beside {
		b := Beside{As: as, URL: k.link.URL, Status: r.Status, At: at}
		if r.FinalURL != k.link.URL {
			b.Final = r.FinalURL
		}
		return b
	}
	if why == "" {
		k.looks = []Beside{look(AsFirst, first, k.at), look(AsSecond, r, at)}
	}
	if ctx.Err() != nil {
		return r, why, true, nil // broken off: what came is no look
	}
	return r, why, true, n.note(ctx, secondLook, k.link.URL, looked{r, why, k.looks})
}

// readAgain asks for a page of the crawl whole, as the crawl did: what fails may
// be no more than its end. It is false where the second look says nothing.
func (n *inspector) readAgain(ctx context.Context, k *linked) (check.LinkResult, bool) {
	resp, ok, _, err := n.o.Manners.Fetch(ctx, k.link.URL, egress.Options{RecordTLSFault: true})
	if !ok || resp == nil {
		return check.LinkResult{}, false
	}
	r := check.LinkResult{Link: k.link, Status: resp.Status, FinalURL: resp.Final, Bytes: -1, OnHome: k.onHome}
	showing(&r, resp)
	if e := (*egress.Error)(nil); errors.As(err, &e) {
		if !e.Blames() || e.Kind == egress.TooLarge || e.Kind == egress.Bomb {
			return check.LinkResult{}, false
		}
		r.Status, r.Err = 0, e.Error()
	}
	return r, true
}

// wait lets what was busy come to rest.
func (n *inspector) wait(ctx context.Context) error { return pause(ctx, n.o.Patience) }

func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
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
	k.at = v.at
	r := check.LinkResult{Link: k.link, Status: v.status, FinalURL: v.url, Title: v.title, Text: v.text, Bytes: v.size, ContentType: v.contentType, OnHome: k.onHome, Blank: v.blank}
	if v.err != "" {
		if e := (&egress.Error{Kind: v.kind}); !e.Blames() || v.kind == egress.TooLarge || v.kind == egress.Bomb {
			return check.LinkResult{}, false
		}
		r.Err, r.Status = v.err, 0
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
	case crawl.Refusing: // the status says so
	default:
		return r, cmp.Or(got.Says, "未能检测。")
	}
	return r, ""
}

// Inside reports whether an address is of this machine or of the network it stands
// in: it is reached, or not, without the line to the public network.
func Inside(ctx context.Context, client *egress.Client, address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	host := u.Hostname()
	if host == "localhost" || strings.HasSuffix(host, ".localhost") || client.Serves(host) {
		return true
	}
	addrs, err := client.Addresses(ctx, host)
	if e := (*egress.Error)(nil); errors.As(err, &e) {
		return e.Kind == egress.RefusedAddress
	}
	return slices.ContainsFunc(addrs, func(a netip.Addr) bool { _, special := egress.Special(a); return special })
}

// lineTrusted is how long an answer from the public network proves that the line
// leads there.
const lineTrusted = 10 * time.Minute
