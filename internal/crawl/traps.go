package crawl

import (
	"slices"
	"strings"
)

// Traps are the budgets that end a part of a site which makes up pages as fast as they are asked for. A zero field
// takes the default.
type Traps struct {
	PerTemplate int // URLs alike but for numbers and ids, such as the articles of a column; 5,000
	PerFacets   int // URLs of one path with three query parameters and more; 300
	PerCalendar int // URLs alike whose parameters are dates; 120
	Segments    int // parts of a path; 16
	Repeats     int // times one part may stand in a path, which broken relative links repeat; 3
	Dull        int // pages of one template in a row whose text was seen before; 20
}

func (t Traps) filled() Traps {
	fill(&t.PerTemplate, 5000)
	fill(&t.PerFacets, 300)
	fill(&t.PerCalendar, 120)
	fill(&t.Segments, 16)
	fill(&t.Repeats, 3)
	fill(&t.Dull, 20)
	return t
}

func fill[T ~int | ~int64](v *T, fallback T) {
	if *v == 0 {
		*v = fallback
	}
}

// class is the kind of pattern a URL belongs to, which decides its budget.
type class int

const (
	ordinary class = iota
	facets
	calendar
)

// Template collapses a canonical URL to the pattern a site generates it from: numbers become 0, generated ids *, query
// values go and three parameters and more become one.
func Template(canonical string) string {
	t, _ := template(canonical)
	return t
}

func template(canonical string) (string, class) {
	head, query, _ := strings.Cut(canonical, "?")
	scheme, rest, _ := strings.Cut(head, "://")
	kind := ordinary
	var b strings.Builder
	b.WriteString(scheme)
	b.WriteString(":/")
	for i, seg := range strings.Split(rest, "/") {
		b.WriteByte('/')
		switch {
		case i == 0:
			b.WriteString(seg)
		case random(seg):
			b.WriteByte('*')
		default:
			if dateWord(seg) {
				kind = calendar
			}
			numberless(&b, seg)
		}
	}
	if query == "" {
		return b.String(), kind
	}
	var keys []string
	for part := range strings.SplitSeq(query, "&") {
		k, _, _ := strings.Cut(part, "=")
		if dateWord(k) {
			kind = calendar
		}
		keys = append(keys, k)
	}
	b.WriteByte('?')
	if len(keys) >= 3 {
		if kind == ordinary {
			kind = facets
		}
		b.WriteByte('*')
		return b.String(), kind
	}
	slices.Sort(keys)
	for i, k := range keys {
		if i > 0 {
			b.WriteByte('&')
		}
		numberless(&b, k)
	}
	return b.String(), kind
}

func numberless(b *strings.Builder, s string) {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			b.WriteByte(s[i])
		} else if i == 0 || s[i-1] < '0' || s[i-1] > '9' {
			b.WriteByte('0')
		}
	}
}

func dateWord(s string) bool {
	switch strings.ToLower(s) {
	case "calendar", "rili", "year", "month", "day", "date", "yyyy", "mm", "ym", "ymd", "yearmonth", "startdate", "enddate", "riqi":
		return true
	}
	return false
}

// snares keeps the count of every template of one crawl.
type snares struct {
	Traps
	used map[[16]byte]*pattern
}

type pattern struct {
	taken  int
	dull   int
	closed bool
}

func newSnares(t Traps) *snares { return &snares{t.filled(), map[[16]byte]*pattern{}} }

func (s *snares) pattern(t string) *pattern {
	k := key(t)
	p := s.used[k]
	if p == nil {
		p = &pattern{}
		s.used[k] = p
	}
	return p
}

// admit counts a new URL against its budgets; an empty reason lets it in.
func (s *snares) admit(canonical string) Why {
	head, _, _ := strings.Cut(canonical, "?")
	segs := strings.Split(head, "/")[3:]
	if len(segs) > s.Segments {
		return DeepPath
	}
	for i, seg := range segs {
		n := 1
		for _, other := range segs[:i] {
			if other == seg && seg != "" {
				n++
			}
		}
		if n > s.Repeats {
			return DeepPath
		}
	}
	t, kind := template(canonical)
	p := s.pattern(t)
	if p.closed {
		return Alike
	}
	p.taken++
	switch {
	case kind == calendar && p.taken > s.PerCalendar:
		return CalendarBudget
	case kind == facets && p.taken > s.PerFacets:
		return FacetBudget
	case p.taken > s.PerTemplate:
		return TemplateBudget
	}
	return ""
}

// closed reports whether a waiting URL's pattern was given up since it was filed.
func (s *snares) closed(canonical string) bool { return s.pattern(Template(canonical)).closed }

// saw notes whether a page repeated another one's text; a run of them closes the pattern.
func (s *snares) saw(canonical string, repeated bool) {
	p := s.pattern(Template(canonical))
	if !repeated {
		p.dull = 0
		return
	}
	if p.dull++; p.dull >= s.Dull {
		p.closed = true
	}
}
