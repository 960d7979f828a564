package quality

import (
	"errors"
	"io/fs"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"zhengshu/internal/check"
)

const (
	pagesDir  = "03_html_pages"
	hiddenDir = "06_sensitive_hidden"
)

// plainURL is the address of a page nobody has said more of: the checks must
// judge a saved file without knowing where it came from.
const plainURL = "http://www.example.gov.cn/a.html"

// Extraction compares what is read off saved pages with what people read.
type Extraction struct {
	Pages int `json:"pages"`
	// Exact is over all fields of all pages that have the field; blanks do not
	// count.
	Exact    Share   `json:"exact"`
	Fields   []Named `json:"fields"`
	Variants []Named `json:"variants"` // by what was done to the bytes
	// Charset is whether the encoding was recognised.
	Charset         Share   `json:"charset"`
	CharsetVariants []Named `json:"charset_variants"`
	// Start is whether the body text begins with the expected sixty characters;
	// Length whether it is within a twentieth of the expected length.
	Start  Share    `json:"start"`
	Length Share    `json:"length"`
	Missed []string `json:"missed"` // file and field
}

// expectedPage is a row of pages.jsonl.
type expectedPage struct {
	File      string `json:"file"`
	Encoding  string `json:"encoding"`
	URL       string `json:"url"`
	Title     string `json:"title"`
	DocNo     string `json:"doc_no"`
	IndexNo   string `json:"index_no"`
	Issuer    string `json:"issuer"`
	Topic     string `json:"topic"`
	Written   string `json:"written"`
	Published string `json:"published"`
	First60   string `json:"first60"`
	BodyChars int    `json:"body_chars"`
}

// variant is what was done to a page's bytes, as its file name says:
// gov-1.gbk.html is the page gov-1 in GBK. Names of hosts have dots too.
func variant(file string) string {
	name := strings.TrimSuffix(path.Base(file), ".html")
	if strings.HasPrefix(name, "clone-") {
		return "tampered copy"
	}
	if _, v, ok := strings.Cut(name, "."); ok {
		return v
	}
	return "as published"
}

func blankless(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '\u3000' || r == '\u200b' || r == '\ufeff' {
			return -1
		}
		return r
	}, s)
}

func (m *measuring) extraction() error {
	x := &Extraction{Missed: []string{}}
	var fields, variants, charsets tally
	err := rowsOf(m, pagesDir+"/pages.jsonl", func(r expectedPage) error {
		body, err := m.page(path.Join(pagesDir, r.File))
		if err != nil {
			return err
		}
		x.Pages++
		p, err := check.ParsePage(body, "", r.URL)
		if err != nil {
			p = &check.Page{} // a page that cannot be read misses all its fields
		}
		v := variant(r.File)
		x.Charset.add(p.Charset == r.Encoding)
		charsets.at(v, p.Charset == r.Encoding)
		for _, f := range []struct{ name, want, got string }{
			{"title", r.Title, p.Title}, {"doc_no", r.DocNo, p.DocNo}, {"index_no", r.IndexNo, p.IndexNo}, {"issuer", r.Issuer, p.Issuer},
			{"topic", r.Topic, p.Topic}, {"written", r.Written, p.Written}, {"published", r.Published, p.Published},
		} {
			if f.want == "" {
				continue
			}
			hit := blankless(f.want) == blankless(f.got)
			x.Exact.add(hit)
			fields.at(f.name, hit)
			variants.at(v, hit)
			if !hit {
				m.name(&x.Missed, r.File+" "+f.name)
			}
		}
		got := blankless(p.BodyText)
		if want := blankless(r.First60); want != "" {
			x.Start.add(strings.HasPrefix(got, want))
		}
		if r.BodyChars > 0 {
			off := utf8.RuneCountInString(got) - r.BodyChars
			x.Length.add(20*max(off, -off) <= r.BodyChars)
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		m.leave(pagesDir, "extraction from saved pages, encodings, false alarms on real pages")
		return nil
	}
	x.Fields, x.Variants, x.CharsetVariants = fields, variants, charsets
	m.report.Extraction = x
	return err
}

// Concealed measures the search for hidden links and injected content.
type Concealed struct {
	Recall   Share   `json:"recall"`
	Patterns []Named `json:"patterns"`
	// Clean is false alarms on honest pages that hide things as attackers do.
	Clean         Share   `json:"clean"`
	CleanPatterns []Named `json:"clean_patterns"`
	// Real is false alarms on government pages, each judged at its own address
	// and at an unknown one; nil when the pages are not there.
	Real   *Share   `json:"real,omitempty"`
	Missed []string `json:"missed"`
	Alarms []string `json:"alarms"`
}

// concealments are the ids of concealed findings on a page.
func concealments(body []byte, url string) (ids []string) {
	p, err := check.ParsePage(body, "", url)
	if err != nil {
		return nil
	}
	for _, f := range check.Violations(check.Run(check.Facts{Page: p})) {
		if strings.HasPrefix(f.Check, "concealed.") {
			ids = append(ids, f.Check)
		}
	}
	return ids
}

func (m *measuring) concealed() error {
	c := &Concealed{Missed: []string{}, Alarms: []string{}}
	var patterns, clean tally
	err := rowsOf(m, hiddenDir+"/hidden_pages.jsonl", func(r struct{ File, Label, Pattern string }) error {
		body, err := m.page(path.Join(hiddenDir, r.File))
		if err != nil {
			return err
		}
		seen := len(concealments(body, plainURL)) > 0
		if r.Label == "clean" {
			c.Clean.add(seen)
			clean.at(r.Pattern, seen)
			if seen {
				m.name(&c.Alarms, r.File)
			}
			return nil
		}
		c.Recall.add(seen)
		patterns.at(r.Pattern, seen)
		if !seen {
			m.name(&c.Missed, r.File)
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		m.leave(hiddenDir, "recall of hidden links")
		return nil
	}
	if err != nil {
		return err
	}
	c.Patterns, c.CleanPatterns = patterns.sorted(), clean.sorted()
	real := &Share{}
	err = rowsOf(m, pagesDir+"/pages.jsonl", func(r expectedPage) error {
		body, err := m.page(path.Join(pagesDir, r.File))
		if err != nil {
			return err
		}
		for _, u := range []string{r.URL, plainURL} {
			seen := len(concealments(body, u)) > 0
			real.add(seen)
			if seen {
				m.name(&c.Alarms, r.File)
			}
		}
		return nil
	})
	if err == nil {
		c.Real = real
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	m.report.Concealed = c
	return nil
}
