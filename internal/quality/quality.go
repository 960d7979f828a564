package quality

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"zhengshu/internal/check"
	"zhengshu/internal/check/proofread"
)

// Options say how to measure. The zero value measures the product as shipped.
type Options struct {
	// Scanner reads the wording; nil: a proofreader without an operator's own
	// lists.
	Scanner check.Scanner
	// Feeds reads the posts of an RSS or Atom feed; nil leaves the feeds out.
	Feeds func(body []byte) ([]Post, error)
	// Named is how many cases of each sort of error are named by id; 0: 12.
	Named int
}

// Share counts hits among cases.
type Share struct {
	Hits int `json:"hits"`
	Of   int `json:"of"`
}

// add books one case.
func (s *Share) add(hit bool) {
	s.Of++
	if hit {
		s.Hits++
	}
}

// String gives the percentage with its counts: “98.40 % (123/125)”.
func (s Share) String() string {
	if s.Of == 0 {
		return "– (0)"
	}
	return fmt.Sprintf("%.2f %% (%d/%d)", 100*float64(s.Hits)/float64(s.Of), s.Hits, s.Of)
}

// Named is a share with what it is of: a field, a pattern, a technique.
type Named struct {
	Name string `json:"name"`
	Share
}

// tally is a list of named shares in the order they were first met.
type tally []Named

// at books one case under a name.
func (t *tally) at(name string, hit bool) {
	i := slices.IndexFunc(*t, func(n Named) bool { return n.Name == name })
	if i < 0 {
		i = len(*t)
		*t = append(*t, Named{Name: name})
	}
	(*t)[i].add(hit)
}

// sorted is the tally by name, for kinds whose order in a file says nothing.
func (t tally) sorted() []Named {
	slices.SortFunc(t, func(a, b Named) int { return cmp.Compare(a.Name, b.Name) })
	return t
}

// Report is what was measured. A nil part was left out; LeftOut says why.
type Report struct {
	// Manifest is the SHA-256 of the data's MANIFEST.tsv in hexadecimal, empty
	// when there is none.
	Manifest string `json:"manifest"`
	// Read counts the files read, Differing names those that are not as the
	// manifest lists them.
	Read      int      `json:"read"`
	Differing []string `json:"differing"`
	LeftOut   []string `json:"left_out"`

	Extraction *Extraction `json:"extraction,omitempty"`
	Concealed  *Concealed  `json:"concealed,omitempty"`
	Privacy    *Privacy    `json:"privacy,omitempty"`
	Lookalike  *Lookalike  `json:"lookalike,omitempty"`
	Wording    []Wording   `json:"wording,omitempty"`
	Robots     *Robots     `json:"robots,omitempty"`
	Suites     []Suite     `json:"suites,omitempty"`
}

// Measure runs the checks over every set found in dir, the folder that holds
// 03_html_pages and its like. Nothing is contacted. The error is the context's,
// or a fault that names the file and row that cannot be read.
func Measure(ctx context.Context, dir string, o Options) (Report, error) {
	if o.Named == 0 {
		o.Named = 12
	}
	if o.Scanner == nil {
		p, err := proofread.New(proofread.Options{})
		if err != nil {
			return Report{}, err
		}
		o.Scanner = p
	}
	m := &measuring{ctx: ctx, named: o.Named, feeds: o.Feeds, report: Report{Differing: []string{}, LeftOut: []string{}}}
	if err := m.open(dir); err != nil {
		return m.report, err
	}
	defer m.root.Close()
	for _, part := range []func() error{
		m.extraction, m.concealed, m.privacy, m.lookalikes,
		func() error { return m.wording(o.Scanner) },
		m.robots, m.suites,
	} {
		if err := part(); err != nil {
			return m.report, err
		}
	}
	return m.report, nil
}
