package inspection

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"

	"zhengshu/internal/calendar"
	"zhengshu/internal/crawl"
	"zhengshu/internal/db"
	"zhengshu/internal/registry"
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

// leave counts pages that were not looked at.
func (c *Census) leave(why, where string, n int) {
	i := slices.IndexFunc(c.Left, func(l Left) bool { return l.Why == why })
	if i < 0 {
		i = len(c.Left)
		c.Left = append(c.Left, Left{Why: why, Where: where})
	}
	c.Left[i].Count += n
}

// Missed counts the pages that were not looked at.
func (c *Census) Missed() int { return c.Listed - c.Seen }

// PagesFrom registers who knows the pages of the release in force of a site that
// this house publishes: each is called with the path of every one, and with none
// where there is no release.
func (s *Service) PagesFrom(fn func(ctx context.Context, site registry.Site, each func(path string)) error) {
	s.pages = fn
}

// maxList bounds the paths of one list, in bytes: it travels in a plan.
const maxList = 4 << 20

// longestCensus ends a census early enough for what comes after its pages.
const longestCensus = longestRun * 3 / 4

// census has every page of the target's list looked at, and as many others as of
// any site; a plan's own bounds of bytes and time stay.
func (o *Options) census(t Target) {
	if len(t.Listed) == 0 {
		return
	}
	o.MaxPages = min(maxPlanPages, o.MaxPages+len(t.Listed))
	if o.MaxTime == 0 {
		o.MaxTime = longestCensus
	}
}

// list gives the target of a run the pages of the site's release: of a patrol and
// of a plan without a number of pages. A release that is larger than the budget of
// URLs of a site is looked at in parts, one each day. It returns the census as it is
// stored while the run is under way; empty where there is none.
func (s *Service) list(ctx context.Context, site registry.Site, r Run, t *Target) (string, error) {
	if s.pages == nil || !site.Hosted || r.Kind == Manual || r.Spec.Pages > 0 {
		return "", nil
	}
	all, n, size := []string{}, 0, 0
	fits := func() bool { return n <= maxPlanPages && size <= maxList }
	err := s.pages(ctx, site, func(path string) {
		n, size = n+1, size+len(path)
		if fits() {
			all = append(all, path)
		}
	})
	if err == nil && !fits() {
		lot := turn(n, min(maxPlanPages, n*maxList/size), calendar.DateOf(s.db.Now()))
		all, size = all[:0], 0
		err = s.pages(ctx, site, func(path string) {
			if (path == "/" || lot(path)) && len(all) < maxPlanPages && size+len(path) <= maxList {
				all, size = append(all, path), size+len(path)
			}
		})
	}
	if err != nil || n == 0 {
		return "", err
	}
	// The pages that lead to others first.
	slices.SortFunc(all, func(a, b string) int {
		return cmp.Or(strings.Count(a, "/")-strings.Count(b, "/"), strings.Compare(a, b))
	})
	t.Listed, t.Release = all, n
	b, err := json.Marshal(Census{Whole: true, Listed: n})
	return string(b), err
}

// turn says which of n pages have their turn on a day, at most so many: every page
// has one within as many days as there are parts.
func turn(n, most int, day calendar.Date) func(path string) bool {
	parts := uint64(n*10/(max(most, 1)*9) + 1) // the lot makes no equal parts
	today := uint64(day.Start().Unix()/(24*60*60)) % parts
	return func(path string) bool { return drawLot("", path)%parts == today }
}

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

// leave notes why a listed page was left out.
func (n *inspector) leave(url string, why crawl.Why) {
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
		case v != nil && (n.report.visited[v.url] || v.url == n.stub):
			c.Seen++
		case v == nil:
			if why = n.left[u].Says(); why == "" {
				why = crawl.Stopped.Says()
			}
			c.leave(why, u, 1)
		case v.redirect != "":
			c.leave("网页跳转到其他网址，未检查。", u, 1)
		case v.refused:
			c.leave(crawl.Declined.Says(), u, 1)
		case v.err != "" || v.status >= 400 || v.soft:
			if says, shut := v.shut(); !shut && !v.soft {
				c.leave(says, u, 1)
			} else if !n.report.Reachable {
				c.leave("首页打不开，其余网页是否打不开未再核实。", u, 1)
			} else if len(again) >= mostAgain {
				c.leave("没有正常应答的网页过多，其余未再核实。", u, 1)
			} else {
				again = append(again, v)
			}
		default:
			c.leave("应答的不是可以读取的网页，未检查。", u, 1)
		}
	}
	if more := c.Listed - len(listed); more > 0 {
		c.leave("超过单站网址数量上限，按日分批检查，今天没有轮到。", "", more)
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
			c.leave("网页第一次没有打开，再次访问时已不再如此，内容留待下次检查。", first.url, 1)
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

// withdrawn are those of some addresses of a site that its release in force does
// not name: what has been taken down since a run began.
func (s *Service) withdrawn(ctx context.Context, site registry.Site, urls []string) (map[string]bool, error) {
	if s.pages == nil || len(urls) == 0 {
		return nil, nil
	}
	gone := make(map[string]bool, len(urls))
	for _, u := range urls {
		gone[u] = true
	}
	base := s.address(site)
	err := s.pages(ctx, site, func(path string) {
		if u, err := crawl.Canonical(base, path); err == nil {
			delete(gone, u)
		}
	})
	return gone, err
}

// held holds a report against the release in force: pages that were taken down
// meanwhile are no findings, and a run with a number of pages of its own learns of
// how many it saw. It returns the census as it is stored.
func (s *Service) held(ctx context.Context, site registry.Site, rep *Report) (census string, withdrawn map[string]bool, err error) {
	if s.pages == nil || !site.Hosted {
		return "", nil, nil
	}
	// A page that the release names was not taken down, though it does not open.
	down, err := s.withdrawn(ctx, site, slices.Collect(maps.Keys(rep.taken)))
	if err != nil {
		return "", nil, err
	}
	maps.DeleteFunc(rep.taken, func(u string, _ Evidence) bool { return !down[u] })
	urls, err := db.All(ctx, s.db, db.Value[string], `SELECT page_url FROM finding WHERE site_id = $1 AND check_id = $2 AND state <> 'closed'`, site.ID, CheckListed)
	if err != nil {
		return "", nil, err
	}
	for _, f := range rep.Findings {
		if f.Check == CheckListed {
			urls = append(urls, f.URL)
		}
	}
	if withdrawn, err = s.withdrawn(ctx, site, urls); err != nil {
		return "", nil, err
	}
	rep.Findings = slices.DeleteFunc(rep.Findings, func(f Sighting) bool { return f.Check == CheckListed && withdrawn[f.URL] })
	c := rep.Census
	if c == nil {
		if c, err = s.sampled(ctx, site, rep); err != nil || c == nil {
			return "", withdrawn, err
		}
	}
	b, err := json.Marshal(c)
	return string(b), withdrawn, err
}

// sampled counts the pages of the release among those a run with a number of its
// own looked at; nil where there is no release.
func (s *Service) sampled(ctx context.Context, site registry.Site, rep *Report) (*Census, error) {
	c, base, first := &Census{}, s.address(site), ""
	err := s.pages(ctx, site, func(path string) {
		c.Listed++
		if u, err := crawl.Canonical(base, path); err == nil && rep.visited[u] {
			c.Seen++
		} else if first == "" {
			first = u
		}
	})
	if err != nil || c.Listed == 0 {
		return nil, err
	}
	if n := c.Missed(); n > 0 {
		why := "从首页起的链接没有到达。"
		for _, w := range []crawl.Why{crawl.PageBudget, crawl.ByteBudget, crawl.TimeBudget} {
			if slices.ContainsFunc(rep.Untested, func(u Untested) bool { return u.Check == "crawl."+string(w) }) {
				why = w.Says()
				break
			}
		}
		c.leave(why, first, n)
	}
	return c, nil
}
