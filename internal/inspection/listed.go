package inspection

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"zhengshu/internal/calendar"
	"zhengshu/internal/crawl"
	"zhengshu/internal/db"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/registry"
)

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

// censusOf has every page of the target's list looked at, and as many others as of
// any site; a plan's own bounds of bytes and time stay.
func censusOf(o *engine.Options, t engine.Target) {
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
func (s *Service) list(ctx context.Context, site registry.Site, r Run, t *engine.Target) (string, error) {
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
	b, err := json.Marshal(engine.Census{Whole: true, Listed: n})
	return string(b), err
}

// turn says which of n pages have their turn on a day, at most so many: every page
// has one within as many days as there are parts.
func turn(n, most int, day calendar.Date) func(path string) bool {
	parts := uint64(n*10/(max(most, 1)*9) + 1) // the lot makes no equal parts
	today := uint64(day.Start().Unix()/(24*60*60)) % parts
	return func(path string) bool { return engine.DrawLot("", path)%parts == today }
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
func (s *Service) held(ctx context.Context, site registry.Site, rep *engine.Report) (census string, withdrawn map[string]bool, err error) {
	if s.pages == nil || !site.Hosted {
		return "", nil, nil
	}
	// A page that the release names was not taken down, though it does not open.
	down, err := s.withdrawn(ctx, site, slices.Collect(maps.Keys(rep.Taken)))
	if err != nil {
		return "", nil, err
	}
	maps.DeleteFunc(rep.Taken, func(u string, _ engine.Evidence) bool { return !down[u] })
	urls, err := db.All(ctx, s.db, db.Value[string], `SELECT page_url FROM finding WHERE site_id = $1 AND check_id = $2 AND state <> 'closed'`, site.ID, engine.CheckListed)
	if err != nil {
		return "", nil, err
	}
	for _, f := range rep.Findings {
		if f.Check == engine.CheckListed {
			urls = append(urls, f.URL)
		}
	}
	if withdrawn, err = s.withdrawn(ctx, site, urls); err != nil {
		return "", nil, err
	}
	rep.Findings = slices.DeleteFunc(rep.Findings, func(f engine.Sighting) bool { return f.Check == engine.CheckListed && withdrawn[f.URL] })
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
func (s *Service) sampled(ctx context.Context, site registry.Site, rep *engine.Report) (*engine.Census, error) {
	c, base, first := &engine.Census{}, s.address(site), ""
	err := s.pages(ctx, site, func(path string) {
		c.Listed++
		if u, err := crawl.Canonical(base, path); err == nil && rep.Visited[u] {
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
			if slices.ContainsFunc(rep.Untested, func(u engine.Untested) bool { return u.Check == "crawl."+string(w) }) {
				why = w.Says()
				break
			}
		}
		c.Leave(why, first, n)
	}
	return c, nil
}
