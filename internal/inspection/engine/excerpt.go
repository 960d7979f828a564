package engine

import (
	"net/http"
	"regexp"
	"slices"
	"strings"

	"zhengshu/internal/abridge"
	"zhengshu/internal/check"
	"zhengshu/internal/crawl"
)

// HeaderText writes a header as lines, in order; cookies are nobody's evidence.
func HeaderText(h http.Header) string {
	var lines []string
	for name, values := range h {
		if name == "Set-Cookie" {
			continue
		}
		for _, v := range values {
			lines = append(lines, name+": "+abridge.Cut(v, 500))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// excerpt is source text around the place of a sighting.
func excerpt(p *check.Page, s Sighting) string {
	needle := s.Where
	switch family, _, _ := strings.Cut(s.Check, "."); family {
	case "link":
		needle = hrefOf(p, s.Where)
	case "wording", "sensitive":
		needle = s.Wrong
	case "tags":
		needle = `"` + s.Where + `"`
	case "footer":
		return check.MaskText(abridge.Cut(tail(p.VisibleText, 600), 600))
	case "privacy":
		return "" // the masked value stands in the finding itself
	}
	i := -1
	if needle != "" {
		i = strings.Index(p.Text, needle)
		if i < 0 {
			i = p.Place(needle)
		}
		if i < 0 && s.Wrong != "" {
			i = cutPlace(p.Text, s.Wrong)
		}
	}
	if i < 0 || i > len(p.Text) {
		if strings.HasPrefix(s.Check, "tags.") {
			return check.MaskText(abridge.Cut(headOf(p), 1500))
		}
		return ""
	}
	from, to := max(0, i-200), min(len(p.Text), i+len(needle)+200)
	return check.MaskText(strings.ToValidUTF8(p.Text[from:to], ""))
}

// betweenCut is what may stand in the source between two characters of a word: blanks,
// references, tags, comments and what takes no room.
const betweenCut = `(?:\s|[\x{A0}\x{3000}\x{AD}\x{200B}-\x{200F}\x{2060}\x{FEFF}]|&[#0-9A-Za-z]{1,8};|<[^<>]*>)*`

// longestCut is how many characters a word has that is looked for in pieces.
const longestCut = 24

// cutPlace is where a word begins that the source cuts in two; -1 where it does not stand.
func cutPlace(source, word string) int {
	letters := strings.Split(strings.Join(strings.Fields(word), ""), "")
	if len(letters) < 2 || len(letters) > longestCut {
		return -1
	}
	for i, l := range letters {
		letters[i] = regexp.QuoteMeta(l)
	}
	// The letters of a page are none that a pattern could be wrong by.
	at := regexp.MustCompile(strings.Join(letters, betweenCut)).FindStringIndex(source)
	if at == nil {
		return -1
	}
	return at[0]
}

func hrefOf(p *check.Page, target string) string {
	for _, l := range p.Links {
		if u, err := crawl.Canonical(p.URL, l.URL); l.URL != "" && err == nil && u == target {
			return l.Href
		}
	}
	return ""
}

func headOf(p *check.Page) string {
	if i := p.Place("</head"); i > 0 {
		return strings.ToValidUTF8(p.Text[:i], "")
	}
	return abridge.Cut(p.Text, 1500)
}

func tail(s string, n int) string {
	r := []rune(s)
	return string(r[max(0, len(r)-n):])
}
