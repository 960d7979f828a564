package portal

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhengshu/internal/publishing"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/search"
)

const (
	leavePath     = "/leave"
	holdingsPage  = 20
	maxChoices    = 12 // values of one aspect in an address
	maxChoice     = 100
	shownChoices  = 8
	holdingsPages = 500
)

// catalogueAt is the column whose catalogue is searched at a path.
func catalogueAt(site SiteInfo, path string) (theme.Column, bool) {
	slug, ok := strings.CutSuffix(path, "/find")
	if !ok || strings.Count(slug, "/") != 1 {
		return theme.Column{}, false
	}
	c, ok := site.Column(slug[1:])
	if !ok {
		return theme.Column{}, false
	}
	_, ok = theme.CatalogueOf(c.Type)
	return c, ok
}

// text is what a reader typed, bounded and whole.
func text(v string) string {
	v = strings.ToValidUTF8(strings.TrimSpace(v), "")
	if runes := []rune(v); len(runes) > search.MaxQuery {
		v = string(runes[:search.MaxQuery])
	}
	return v
}

func hitOf(x search.Hit) theme.SearchHit {
	hit := theme.SearchHit{Title: x.Title, Href: x.URL, Kind: x.Kind, Number: x.Number, At: x.Published, Issuer: x.Facets["issuer"], Form: x.Facets["form"]}
	for _, run := range x.Snippet {
		hit.Runs = append(hit.Runs, theme.Run(run))
	}
	if state := x.Facets["state"]; state != "" && state != theme.InForce[0] {
		hit.State, hit.Ended = state, !slices.Contains(theme.InForce, state)
	}
	if a := x.Facets["archived"]; a != "" {
		hit.State, hit.Ended = a, true
	}
	return hit
}

// holdings answers what is asked of a column's catalogue from the index of the
// release: the database has no part in it.
func (h *Handler) holdings(w http.ResponseWriter, r *http.Request, s *open, c theme.Column) {
	site := s.release.Site
	cat, _ := theme.CatalogueOf(c.Type)
	q := r.URL.Query()
	words := text(q.Get("q"))
	n, err := strconv.Atoi(q.Get("p"))
	if err != nil || n < 1 || n > holdingsPages {
		n = 1
	}
	ask := search.Query{Text: words, Limit: holdingsPage, Offset: (n - 1) * holdingsPage, Keep: s.live, Filter: map[string][]string{"type": {cat.Type}}}
	chosen := url.Values{}
	for _, a := range cat.Aspects {
		ask.Count = append(ask.Count, a.Name)
		for _, v := range q[a.Name] {
			if v = text(v); v != "" && len([]rune(v)) <= maxChoice && len(chosen[a.Name]) < maxChoices && !slices.Contains(chosen[a.Name], v) {
				chosen.Add(a.Name, v)
			}
		}
		if len(chosen[a.Name]) > 0 {
			ask.Filter[a.Name] = chosen[a.Name]
		}
	}
	var res search.Result
	x, first := s.opened(h.log)
	if first {
		h.rest()
	}
	if x != nil {
		ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
		defer cancel()
		if res, err = x.Search(ctx, ask); err != nil {
			h.fail(w, r, site, err)
			return
		}
	}
	address := func(change func(url.Values)) string {
		v := url.Values{}
		for k, list := range chosen {
			v[k] = slices.Clone(list)
		}
		if words != "" {
			v.Set("q", words)
		}
		change(v)
		if len(v) == 0 {
			return theme.FindPath(c)
		}
		return theme.FindPath(c) + "?" + v.Encode()
	}
	page := theme.Holdings{Column: c, Children: site.Below(c.ID), Noun: cat.Noun, Total: res.Total, Action: theme.FindPath(c), Query: words, Asked: true, Loose: res.Loose, Page: n}
	for _, x := range res.Hits {
		page.Hits = append(page.Hits, hitOf(x))
	}
	for _, a := range cat.Aspects {
		for _, v := range chosen[a.Name] {
			page.Kept = append(page.Kept, theme.Kept{Name: a.Name, Value: v})
		}
		g := theme.FacetGroup{Name: a.Name, Label: a.Label}
		if len(chosen[a.Name]) > 0 {
			g.All = address(func(v url.Values) { v.Del(a.Name) })
		}
		counts := res.Counts[a.Name]
		if a.Name == "year" {
			slices.SortFunc(counts, func(x, y search.Count) int { return strings.Compare(y.Value, x.Value) })
		}
		for _, v := range chosen[a.Name] { // a choice that leaves nothing can still be taken back
			if !slices.ContainsFunc(counts, func(n search.Count) bool { return n.Value == v }) {
				counts = append(counts, search.Count{Value: v})
			}
		}
		for _, n := range counts {
			is := slices.Contains(chosen[a.Name], n.Value)
			o := theme.FacetOption{Text: n.Value, N: n.N, Chosen: is, Href: address(func(v url.Values) {
				v.Del(a.Name)
				if !is {
					v.Set(a.Name, n.Value)
				}
			})}
			if is || len(g.Options) < shownChoices {
				g.Options = append(g.Options, o)
			} else {
				g.More = append(g.More, o)
			}
		}
		if len(g.Options) > 0 {
			page.Groups = append(page.Groups, g)
		}
	}
	if cat.InForce {
		if slices.Equal(slices.Sorted(slices.Values(chosen["state"])), slices.Sorted(slices.Values(theme.InForce))) {
			page.Any = address(func(v url.Values) { v.Del("state") })
		} else {
			page.InForce = address(func(v url.Values) { v["state"] = slices.Clone(theme.InForce) })
		}
	}
	turn := func(p int) string {
		return address(func(v url.Values) { v.Set("p", strconv.Itoa(p)) })
	}
	if n > 1 {
		page.Prev = turn(n - 1)
	}
	if n*holdingsPage < res.Total && n < holdingsPages {
		page.Next = turn(n + 1)
	}
	b, err := theme.HoldingsPage.Draw(theme.HoldingsFrame(site, page), page)
	if err != nil {
		h.fail(w, r, site, err)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	write(w, r, http.StatusOK, b)
}

// leave leads to the page of notice before an address outside. Only addresses
// to which the release itself links have one: this is no way to anywhere else.
func (h *Handler) leave(w http.ResponseWriter, r *http.Request, s *open) {
	page := publishing.LeavePath(r.URL.Query().Get("to"))
	if page == "" || !s.live(page) {
		h.message(w, r, s.release.Site, http.StatusNotFound, "本站没有通向这个网址的链接。")
		return
	}
	http.Redirect(w, r, page, http.StatusFound)
}
