package demo

import (
	"embed"
	"fmt"
	"html"
	"regexp"
	"strconv"
	"strings"
	"time"

	"zhengshu/internal/calendar"
)

// The items of the demo portals, written for it: plausible, harmless, each
// marked （演示）. The county's carry the usual mistakes, for the inspection to
// find.
//
//go:embed content/*.txt
var content embed.FS

// piece is one item of a demo portal.
type piece struct {
	ref, column, kind, title, text, source, issuer, doc string
	of                                                  string // words in the title of the policy file it interprets
	published                                           time.Time
}

// link is a link in a piece's text: [words](address).
var link = regexp.MustCompile(`\[([^]]+)\]\(([^)\s]+)\)`)

// form is the field of the import that carries the piece: plain text, or HTML
// where it has a link.
func (p piece) form() string {
	if link.MatchString(p.text) {
		return "html"
	}
	return "text"
}

func (p piece) body() string {
	if p.form() == "text" {
		return p.text
	}
	var b strings.Builder
	for _, line := range strings.Split(p.text, "\n\n") {
		b.WriteString("<p>" + link.ReplaceAllString(html.EscapeString(line), `<a href="$2">$1</a>`) + "</p>")
	}
	return b.String()
}

var attribute = regexp.MustCompile(`(\w+)=(\S+)`)

// pieces reads the items of one site. A block begins with “@ column ago=DAYS
// key=value…”, then “# title”, then the text.
func pieces(site string, now time.Time) ([]piece, error) {
	b, err := content.ReadFile("content/" + site + ".txt")
	if err != nil {
		return nil, err
	}
	var out []piece
	for n, block := range strings.Split("\n"+string(b), "\n@ ") {
		if strings.TrimSpace(block) == "" {
			continue
		}
		head, rest, _ := strings.Cut(block, "\n")
		title, text, ok := strings.Cut(rest, "\n")
		if !ok || !strings.HasPrefix(title, "# ") {
			return nil, fmt.Errorf("demo: block %d of %s has no title", n, site)
		}
		p := piece{column: strings.Fields(head)[0], kind: "news", title: title[2:], text: strings.TrimSpace(text)}
		days := 0
		for _, m := range attribute.FindAllStringSubmatch(head, -1) {
			switch m[1] {
			case "ago":
				if days, err = strconv.Atoi(m[2]); err != nil {
					return nil, fmt.Errorf("demo: block %d of %s: %w", n, site, err)
				}
			case "source":
				p.source = m[2]
			case "issuer":
				p.issuer = m[2]
			case "doc":
				p.doc = m[2]
			case "of":
				p.of = m[2]
			case "type":
				p.kind = m[2]
			}
		}
		if p.kind == "news" && p.column == "notices" {
			p.kind = "notice"
		}
		p.ref = fmt.Sprintf("demo-%s-%02d", site, n)
		// Office hours, a few minutes apart, and never in the future.
		day := calendar.DateOf(now).AddDays(-days).Start()
		p.published = day.Add(8*time.Hour + time.Duration(5*n)*time.Minute)
		if p.published.After(now) {
			p.published = now.Add(-time.Duration(n) * time.Minute).Truncate(time.Minute)
		}
		out = append(out, p)
	}
	return out, nil
}
