package engine

import (
	"context"
	"net/http"
	"slices"

	"zhengshu/internal/crawl"
)

// Census is how much of the release in force a run looked at. Nothing of it is
// passed over in silence.
type Census struct {
	// Whole: every page of the release was to be looked at; otherwise the run had a
	// number of pages of its own.
	Whole  bool   `json:"whole,omitempty"`
	Listed int    `json:"listed"` // pages of the release
	Seen   int    `json:"seen"`   // of these, looked at
	Left   []Left `json:"left,omitempty"`
}

// Left are pages of a release that a run did not look at, for one reason.
type Left struct {
	Why   string `json:"why"`
	Where string `json:"where"` // the first
	Count int    `json:"count"`
}

// Leave counts pages that were not looked at.
func (c *Census) Leave(why, where string, n int) {
	i := slices.IndexFunc(c.Left, func(l Left) bool { return l.Why == why })
	if i < 0 {
		i = len(c.Left)
		c.Left = append(c.Left, Left{Why: why, Where: where})
	}
	c.Left[i].Count += n
}

// Missed counts the pages that were not looked at.
func (c *Census) Missed() int { return c.Listed - c.Seen }

// addresses are the whole, canonical addresses of paths of a site.
func addresses(start string, paths []string) []string {
	out := make([]string, 0, len(paths))
	for _, p := range paths {
		if u, err := crawl.Canonical(start, p); err == nil {
			out = append(out, u)
		}
	}
	return out
}

// unseen are the addresses that were not visited.
func (n *inspector) unseen(list []string) []string {
	if len(n.visits) == 0 {
		return list
	}
	return slices.DeleteFunc(slices.Clone(list), func(u string) bool { return n.visits[u] != nil })
}

// leave notes why a page was left out.
func (n *inspector) leave(url string, why crawl.Why) {
	n.pass(url, why)
	if _, listed := n.left[url]; listed {
		n.left[url] = why
	}
}

// takeCensus says what became of every page of the list. One that does not open is
// a finding of itself, whether or not a link leads to it, when a second look tells
// the same.
func (n *inspector) takeCensus(ctx context.Context, listed []string) error {
	if len(listed) == 0 {
		return nil
	}
	c := &Census{Whole: true, Listed: max(n.target.Release, len(listed))}
	n.report.Census = c
	var again []*visit
	for _, u := range listed {
		v := n.visits[u]
		for hops := 0; v != nil && v.redirect != "" && n.visits[v.redirect] != nil && hops < 10; hops++ {
			v = n.visits[v.redirect]
		}
		switch why := ""; {
		case v != nil && (n.report.Visited[v.url] || v.url == n.stub):
			c.Seen++
		case v == nil:
			if why = n.left[u].Says(); why == "" {
				why = crawl.Stopped.Says()
			}
			c.Leave(why, u, 1)
		case v.redirect != "":
			c.Leave("网页跳转到其他网址，未检查。", u, 1)
		case v.refused:
			c.Leave(crawl.Declined.Says(), u, 1)
		case v.err != "" || v.status >= 400 || v.soft:
			if says, shut := v.shut(); !shut && !v.soft {
				c.Leave(says, u, 1)
			} else if !n.report.Reachable {
				c.Leave("首页打不开，其余网页是否打不开未再核实。", u, 1)
			} else if len(again) >= mostAgain {
				c.Leave("没有正常应答的网页过多，其余未再核实。", u, 1)
			} else {
				again = append(again, v)
			}
		default:
			c.Leave("应答的不是可以读取的网页，未检查。", u, 1)
		}
	}
	if more := c.Listed - len(listed); more > 0 {
		c.Leave("超过单站网址数量上限，按日分批检查，今天没有轮到。", "", more)
	}
	return n.openAgain(ctx, c, again)
}

// openAgain asks once more, after a while, for the listed pages that did not open.
func (n *inspector) openAgain(ctx context.Context, c *Census, again []*visit) error {
	if len(again) == 0 {
		return nil
	}
	if err := n.wait(ctx); err != nil {
		return err
	}
	for _, first := range again {
		v, page, err := n.fetch(ctx, first.url)
		if err != nil {
			return err
		}
		says, wrong := n.closedPage(ctx, v, page != nil && softError(page))
		if !wrong {
			c.Leave("网页第一次没有打开，再次访问时已不再如此，内容留待下次检查。", first.url, 1)
			continue
		}
		c.Seen++
		clause, severity, fix, _ := Grounds(CheckListed)
		v.title, v.text, v.soft = first.title, first.text, first.soft
		n.visits[v.url] = v // the evidence is the later look
		n.add(v, nil, Sighting{Check: CheckListed, Severity: severity, Article: clause, Says: "发布清单中的网页打不开：" + says, Fix: fix, URL: first.url, Where: first.url})
	}
	return ctx.Err()
}

// closedPage says how a page did not open, and whether that is the site's doing.
func (n *inspector) closedPage(ctx context.Context, v *visit, soft bool) (says string, wrong bool) {
	switch {
	case soft:
		return "打开后是出错页面。", true
	case v.denied || v.refused:
		return "", false
	}
	says, wrong = v.shut()
	return says, wrong && n.online(ctx, v)
}

// recheckListed opens a page of the release again.
func (n *inspector) recheckListed(ctx context.Context, spot Spot) (Look, error) {
	v, page, err := n.fetch(ctx, spot.URL)
	if err != nil {
		return Look{}, err
	}
	soft := page != nil && softError(page)
	if says, wrong := n.closedPage(ctx, v, soft); wrong {
		return n.look(ctx, v, Standing, "网页仍打不开："+says, Evidence{})
	}
	if page != nil {
		return n.look(ctx, v, Gone, "网页已能打开。", Evidence{})
	}
	if v.status == http.StatusOK {
		return n.look(ctx, v, Gone, "该网址已有应答（状态码 200）。", Evidence{})
	}
	_, says := v.absent()
	return n.look(ctx, v, Unknown, says, Evidence{})
}
