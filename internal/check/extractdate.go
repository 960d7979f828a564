package check

import (
	"regexp"
	"slices"
	"strings"
)

func (p *Page) choosePublished(cells []cell) {
	tag := parseStamp(p.Tag("PubDate"))
	var strong, weak []stamp
	heading := p.headingInBody(cells)
	for _, r := range p.rows {
		if r.inBody && (heading < 0 || r.at <= heading || r.at > heading+closeBelow) {
			continue
		}
		s := valueStamp(r.value)
		if s.zero() {
			continue
		}
		switch r.field {
		case fieldPublished:
			strong = append(strong, s)
		case fieldDate:
			weak = append(weak, s)
		}
	}
	if len(strong) > 0 {
		p.setPublished(pickSameDay(strong, tag))
		return
	}
	bare := p.bareDates(cells)
	shown := append(weak, bare...)
	if !tag.zero() {
		// On a page of two sentences the content may be taken for all of the
		// article, its label of the publication with it; the tag's own day
		// under that label is shown and no quotation.
		for _, r := range p.rows {
			if s := valueStamp(r.value); r.inBody && r.field == fieldPublished && s.date == tag.date {
				strong = append(strong, s)
			}
		}
		for _, s := range shown {
			if s.date == tag.date {
				p.setPublished(s)
				return
			}
		}
		if len(strong) > 0 {
			p.setPublished(pickSameDay(strong, tag))
			return
		}
		p.Published = tag.String()
		return
	}
	switch {
	case len(weak) > 0:
		p.setPublished(weak[0])
	case len(bare) > 0 && p.Heading != "":
		p.setPublished(bare[0])
	case p.Heading != "":
		if s := p.boxedDate(); !s.zero() {
			p.setPublished(s)
			return
		}
		p.Published = p.toldPublished().String()
	}
}

// closeBelow is how many lines below the heading those are that tell about the page
// when a short article is taken whole, its heading with it.
const closeBelow = 3

// headingInBody is the place of the heading among the cells when the content holds it;
// −1 when it does not.
func (p *Page) headingInBody(cells []cell) int {
	if i := lastCellOf(cells, noBlanks(p.Heading)); i >= 0 && cells[i].inBody {
		return i
	}
	return -1
}

// lastCellOf is where a text without blanks ends among the cells; −1 when it does not
// stand there. A heading with breaks is several of them.
func lastCellOf(cells []cell, want string) int {
	if want == "" {
		return -1
	}
	for i, c := range cells {
		rest, ok := cutBare(want, c.text)
		for k := i; ok; {
			if rest == "" {
				return k
			}
			if k++; k == len(cells) || k > i+mostBreaks {
				break
			}
			rest, ok = cutBare(rest, cells[k].text)
		}
	}
	return -1
}

// mostBreaks are those within one heading.
const mostBreaks = 4

func (p *Page) setPublished(s stamp) {
	p.Published, p.PublishedShown = s.String(), true
}

// pickSameDay prefers, among several shown dates, the one the tag confirms; a
// page often shows a form for wide and one for narrow screens, one without the
// time of day.
func pickSameDay(shown []stamp, tag stamp) stamp {
	best := shown[0]
	for _, s := range shown {
		if s.date == best.date && s.timed && !best.timed {
			best = s
		}
	}
	if !tag.zero() && best.date != tag.date {
		for _, s := range shown {
			if s.date == tag.date {
				return s
			}
		}
	}
	return best
}

// bareDates finds dates that stand alone under the heading, without a label.
func (p *Page) bareDates(cells []cell) (out []stamp) {
	want := noBlanks(p.Heading)
	if want == "" {
		want = noBlanks(p.Title)
	}
	at := lastCellOf(cells, want)
	if at < 0 {
		return nil
	}
	left, within, read := 25, cells[at].inBody, 0 // lines of the content
	for i, c := range cells[at+1:] {
		if left--; left < 0 || read >= closeBelow && !c.inBody {
			break // what comes after the article are other articles
		}
		if c.inBody {
			read++
		}
		s, from, to := lineStamp(c.text)
		// The first line of the text may be nothing but the day.
		if c.inBody && !(within && left >= 25-closeBelow) && (read != 1 || from > 0 || to < len(c.text)) {
			continue
		}
		if s.zero() || c.inBody && from > 0 || otherDate(c.text[:from], cells[at+i].text) {
			continue
		}
		rest := c.text[:from] + c.text[to:]
		if !longer(c.text[:from], 30) && !longer(rest, 60) {
			out = append(out, s)
		}
	}
	return out
}

// otherDate reports whether what stands before a date, in its line or else in the cell
// before, says that it is the date of something else: 成文日期, 征集时间.
func otherDate(line, cell string) bool {
	before := noBlanks(line)
	if before == "" {
		if before = noBlanks(cell); longer(before, longestLabel) {
			return false
		}
	}
	before = strings.TrimRight(before, "：:")
	if !strings.HasSuffix(before, "时间") && !strings.HasSuffix(before, "日期") {
		return false
	}
	f, ok := labelBefore(before, len(before))
	return !ok || f.field != fieldPublished && f.field != fieldDate
}

// signature finds the date under the signature of the document: the line, −1 for none,
// and the organ before it in the same line. The first that an organ stands above is
// the document's own, since what is annexed comes after; a date in brackets is one only
// there. Else the last date in a line of its own is taken.
func (p *Page) signature(lines []string) (line int, s stamp, within string) {
	line = -1
	for i := 1; i < len(lines); i++ {
		t := noBlanks(lines[i])
		if longer(t, 60) {
			continue
		}
		whole := bracketless(t)
		at, from, to := findStamp(whole)
		if at.zero() || to != len(whole) || from > 0 && !organ(whole[:from]) {
			continue
		}
		by := noBlanks(lines[i-1])
		if from > 0 || organ(by) || signer.MatchString(by) || organ(signatories(lines[i-1])) {
			return i, at, whole[:from]
		}
		if whole == t {
			line, s = i, at
		}
	}
	return line, s, ""
}

// signer is the person who signs an order.
var signer = regexp.MustCompile(`^(?:代)?(?:省长|市长|区长|县长|州长|盟长|旗长|主席|主任|部长|局长|厅长|署长|行长|总理)[\p{Han}·]{2,8}$`)

// signatories are the organs of one line of a signature. A short name is often spaced
// out, character by character.
func signatories(line string) string {
	names := strings.Fields(squeeze(line))
	if slices.ContainsFunc(names, func(n string) bool { return !longer(n, 1) }) {
		return strings.Join(names, "")
	}
	return strings.Join(names, "、")
}
