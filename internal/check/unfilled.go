package check

import (
	"net/url"
	"path"
	"regexp"
	"strings"

	"zhengshu/internal/dom"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// A list that is fetched after the page was loaded.
var fetchesList = regexp.MustCompile(`(?i)\$\.(?:ajax|get|post|getJSON)\s*\(|XMLHttpRequest|\bfetch\s*\(|axios|new\s+Vue\b|createApp\s*\(|ReactDOM|v-for=|ng-repeat=`)

// One of these stands in whatever fetchesList matches; to look for them costs
// little.
var fetchWords = []string{"$.", "xmlhttprequest", "fetch", "axios", "vue", "createapp", "reactdom", "v-for", "ng-repeat"}

// Fetches reports whether a page fetches content of its own when it is opened.
func (p *Page) Fetches() bool {
	return p.Mentions(fetchWords...) && fetchesList.MatchString(p.Text)
}

var (
	// Script files that fill no list: libraries, and what counts or adorns.
	plainScript = regexp.MustCompile(`(?i)jquery|zepto|bootstrap|swiper|slick|superslide|html5|respond|modernizr|lodash|polyfill|echarts|layer|layui|qrcode|share|tongji|analytics|counter|stat|jiucuo|slh|wza|accessib|barrier|flash|video|player|scroll|carousel|banner|tab|nav|menu|search`)
	// Empty boxes that hold no list once they are filled.
	plainBox = regexp.MustCompile(`(?i)share|top|code|qr|map|player|video|float|search|nav|menu|foot|head|weather|tianqi|login|user|tool|page|mask|layer|dialog|pop|modal|tip|clear|line|time|date|count|wza|audio|ad$`)
)

// Unfilled reports whether a page has an empty list or box that a script of the site
// may fill: what a reader sees there is not in its bytes.
func (p *Page) Unfilled() bool {
	fills := p.Fetches()
	for _, l := range p.Links {
		if fills {
			break
		}
		if l.Kind == LinkScript {
			u, err := url.Parse(l.URL)
			fills = err == nil && u.Host != "" && p.ownHost(strings.ToLower(u.Hostname())) && !plainScript.MatchString(path.Base(u.Path))
		}
	}
	if !fills {
		return false
	}
	bars := map[*html.Node]bool{}
	for _, n := range p.elements() {
		if emptyBox(n) && !bar(groupOf(n), bars) {
			return true
		}
	}
	return false
}

// emptyBox reports whether an element is a list with nothing in it, or a box that
// has a name for scripts and nothing else.
func emptyBox(n *html.Node) bool {
	id := dom.Attr(n, "id")
	switch n.DataAtom {
	case atom.Ul, atom.Ol, atom.Dl, atom.Tbody:
	case atom.Div, atom.Section, atom.Main:
		if id == "" {
			return false
		}
	default:
		return dom.HasAttr(n, "v-for") || dom.HasAttr(n, "ng-repeat")
	}
	if dom.HasAttr(n, "v-for") || dom.HasAttr(n, "ng-repeat") {
		return true
	}
	if plainBox.MatchString(id) {
		return false
	}
	for c := range n.ChildNodes() {
		if c.Type == html.ElementNode || c.Type == html.TextNode && strings.TrimSpace(c.Data) != "" {
			return false
		}
	}
	return true
}
