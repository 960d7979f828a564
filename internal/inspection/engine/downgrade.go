package engine

import (
	"context"
	"slices"
	"strings"

	"zhengshu/internal/abridge"
	"zhengshu/internal/egress"
)

// CheckDowngraded is a redirect from https to http: whoever came by the encrypted
// way is led off it. No indicator names it, so that it is advice.
const CheckDowngraded = "access.downgraded"

// atHome is the place of a finding about the way to the home page.
const atHome = "首页"

// mostHops bounds the hops of a way that are kept.
const mostHops = 12

// downgrades finds the ways of the crawl that leave https: that to the home page,
// which is the site's own affair, and those of single pages.
func (n *inspector) downgrades() {
	from := map[string]*visit{} // who leads to an address
	for _, v := range n.order {
		if v.redirect != "" && from[v.redirect] == nil {
			from[v.redirect] = v
		}
	}
	for _, v := range n.order {
		if !egress.Downgrades(v.url, v.redirect) {
			continue
		}
		way := []*visit{v}
		for b := from[v.url]; b != nil && len(way) < mostHops && !slices.Contains(way, b); b = from[b.url] {
			way = append([]*visit{b}, way...)
		}
		for f := n.visits[v.redirect]; f != nil && f.redirect != "" && len(way) < mostHops && !slices.Contains(way, f); f = n.visits[f.redirect] {
			way = append(way, f)
		}
		var hops []Beside
		for _, w := range way {
			hops = append(hops, Beside{As: AsHop, URL: w.url, Final: w.redirect, Status: w.status, Headers: w.headers, At: w.at})
		}
		n.downgraded(v, v.url, way[0].url == n.start, hops)
	}
}

// downgraded files one way that leaves https at an address.
func (n *inspector) downgraded(v *visit, address string, home bool, hops []Beside) {
	clause, severity, fix, _ := Grounds(CheckDowngraded)
	s := Sighting{Check: CheckDowngraded, Severity: severity, Article: clause, Says: "从加密地址（https）转到了未加密地址（http）：" + wayOf(hops), Fix: fix, URL: address, Where: address, Evidence: Evidence{URL: address, Beside: hops}}
	if len(hops) > 0 {
		s.Evidence.At, s.Evidence.Status, s.Evidence.Vantage = hops[0].At, hops[0].Status, n.o.Vantage
	}
	if home {
		s.Says, s.URL, s.Where, s.OnHome = "首页"+s.Says, n.start, atHome, true
	}
	n.add(v, nil, s)
}

// leavesTLS reports whether a way that begins under https ends without it.
func leavesTLS(from, to string) bool {
	return strings.HasPrefix(from, "https:") && strings.HasPrefix(to, "http:")
}

// hopsOf are the hops of an answer whose way left https; nil of every other.
func hopsOf(resp *egress.Response) (out []Beside) {
	if resp == nil || !resp.Downgraded {
		return nil
	}
	for i, at := range resp.Redirects {
		to := resp.Final
		if i+1 < len(resp.Redirects) {
			to = resp.Redirects[i+1]
		}
		out = append(out, Beside{As: AsHop, URL: at, Final: to, At: resp.Started})
	}
	return out[:min(len(out), mostHops)]
}

// wayOf is a way in words.
func wayOf(hops []Beside) string {
	var b strings.Builder
	for i, h := range hops {
		if i == 0 {
			b.WriteString(abridge.Cut(h.URL, 200))
		}
		b.WriteString(" → " + abridge.Cut(h.Final, 200))
	}
	return b.String() + "。"
}

// recheckDowngraded goes the way again.
func (n *inspector) recheckDowngraded(ctx context.Context, spot Spot) (Look, error) {
	address := spot.URL
	if spot.Where == atHome {
		address = n.start
	}
	v, page, err := n.fetch(ctx, address)
	switch {
	case err != nil:
		return Look{}, err
	case len(v.hops) > 0:
		return n.look(ctx, v, Standing, "仍从加密地址（https）转到未加密地址（http）："+wayOf(v.hops), Evidence{Beside: v.hops})
	case v.err != "":
		return n.look(ctx, v, Unknown, "未能复测："+v.says, Evidence{})
	case page == nil && v.status != 200:
		outcome, says := v.absent()
		return n.look(ctx, v, outcome, says, Evidence{})
	}
	return n.look(ctx, v, Gone, "访问途中没有再转到未加密地址。", Evidence{})
}
