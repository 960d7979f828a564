package engine

import (
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/crawl"
)

// row is an item of a list page, until it is known what its own page says of its day.
type row struct {
	date    calendar.Date // as the list prints it; zero when it could not be read
	guessed bool          // the year is not printed
	beside  bool          // something stands there that may be a date
	list    int
	printed string   // the date, as the list prints it
	text    string   // bare
	links   []string // canonical
}

// mostRows bounds what is kept of a list page.
const mostRows = 60

func (n *inspector) rowOf(page *check.Page, d check.Listed) row {
	r := row{date: d.Date, guessed: d.Guessed, beside: d.Beside, list: d.List}
	if !d.Date.IsZero() && !d.Guessed {
		return r // beyond doubt
	}
	r.printed, r.text = d.Text, d.Row
	for _, u := range d.Links {
		if l := n.spelt[u]; l != nil {
			u = l.link.URL // one text for all pages
		} else if c, err := crawl.Canonical(page.URL, u); err == nil {
			u = c
		}
		r.links = append(r.links, u)
	}
	return r
}

// ownItems are the links of a list page that are neither menu nor news beside the
// lists of several columns.
func (n *inspector) ownItems(v *visit, menu map[string]bool, shared func(string) int) map[string]bool {
	own := map[string]bool{}
	for _, b := range v.list.blocks {
		if shared(blockLinks(b)) > 2 {
			continue
		}
		for _, u := range b.links {
			own[u] = own[u] || !menu[u]
		}
	}
	return own
}

// unsettled are the articles of a list page whose rows print no whole date: what they
// say themselves is asked.
func (n *inspector) unsettled(v *visit, menu map[string]bool) (out []string) {
	in, _ := n.within(v)
	for _, w := range append([]*visit{v}, in...) {
		if w.list == nil {
			continue
		}
		for _, r := range w.list.rows {
			if !r.date.IsZero() && !r.guessed {
				continue
			}
			for _, u := range r.links {
				if !menu[u] && n.visits[u] == nil && n.own(u) && !n.leadsToList(u) {
					out = append(out, u)
				}
			}
		}
	}
	return out
}

// settle gives the newest day of the rows of a list page, by their own pages where the
// list prints no whole date, and how the list prints it. unread counts the rows whose
// day is not known although those of others are: as many as a second look reads stand
// for the rest below them.
func (n *inspector) settle(v *visit, menu map[string]bool) (latest calendar.Date, printed string, unread int) {
	type state struct {
		date    calendar.Date
		guessed bool
		open    bool
	}
	states := make([]state, len(v.list.rows))
	dated, size := map[int]bool{}, map[int]int{} // lists
	otherYear := false
	for i, r := range v.list.rows {
		s := state{date: r.date, guessed: r.guessed}
		if r.date.IsZero() || r.guessed {
			s.open = r.beside && len(r.links) == 0
			for _, u := range r.links {
				if menu[u] || u == n.home || u == n.start {
					continue
				}
				a := n.landed(u)
				switch {
				case a == nil || a.err != "" || a.refused || a.denied || a.status >= 500:
					s.open = s.open || !listAddress.MatchString(u)
				case a.content && !a.published.IsZero():
					if r.guessed && a.published.Year != r.date.Year && a.published.Month == r.date.Month && a.published.Day == r.date.Day {
						otherYear = true
					}
					s.date, s.guessed = later(calendar.Date{}, a.published, n.o.Today), false
				case a.content:
					s.open = s.open || r.beside
				}
			}
		}
		dated[r.list] = dated[r.list] || !s.date.IsZero()
		size[r.list]++
		states[i] = s
	}
	above := map[int]int{}
	for i, r := range v.list.rows {
		s := states[i]
		if s.guessed && otherYear {
			s.date, s.open = calendar.Date{}, true // the list is of another year
		}
		switch {
		case !s.date.IsZero():
			if later(latest, s.date, n.o.Today) != latest {
				latest, printed = s.date, r.printed
			}
			above[r.list]++
		case s.open && above[r.list] < datedArticles && (dated[r.list] || r.beside && size[r.list] > 1): // a row alone is a remark
			unread++
		}
	}
	return latest, printed, unread
}

// once keeps the first of each address.
func once(addresses []string) (out []string) {
	seen := map[string]bool{}
	for _, u := range addresses {
		if !seen[u] {
			seen[u] = true
			out = append(out, u)
		}
	}
	return out
}
