package check

import (
	"regexp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"zhengshu/internal/dom"
)

// Block is a group of links of a page: those of one list, table or paragraph.
type Block struct {
	// Bar is true of menus, breadcrumbs, heads and feet.
	Bar bool
	// Links are the addresses of the site's own pages and files, Outside those of
	// other sites, Media those of pictures, films and frames.
	Links, Outside, Media []string
	// Asks are the addresses of forms that want words or a choice, empty where a form
	// names none: what they lead to is seen by who fills them in.
	Asks []string
}

var (
	barName   = regexp.MustCompile(`(?i)(?:^|[\s_\-])(?:nav|navbar|navigation|menu|submenu|sidemenu|sidenav|leftnav|leftmenu|breadcrumbs?|crumbs?|position|location|path|weizhi|dqwz|header|footer|topbar)(?:$|[\s_\-0-9])`)
	barWords  = regexp.MustCompile(`^\s*(?:(?:您|你)?(?:当前|现在|所在|目前)?(?:的)?位置|您现在所在)`)
	noContent = regexp.MustCompile(`(?i)empty|nodata|no[-_]data|none|blank|zanwu|spacer|loading|icon|logo|banner|arrow|/bg|qrcode|ewm`)
)

// Blocks are the groups of links of a page, in page order.
func Blocks(p *Page) []Block {
	var out []Block
	at := map[*html.Node]int{}
	bars := map[*html.Node]bool{}
	for _, n := range p.elements() {
		ref := ""
		switch n.DataAtom {
		case atom.Form:
			if !asksWords(n) {
				continue
			}
			ref = dom.Attr(n, "action")
		case atom.A, atom.Area:
			ref = dom.Attr(n, "href")
		case atom.Img, atom.Video, atom.Audio, atom.Source, atom.Iframe, atom.Embed:
			ref = dom.Attr(n, "src")
		case atom.Object:
			ref = dom.Attr(n, "data")
		}
		var to aim
		if ref = strings.TrimSpace(ref); ref != "" {
			plain := false
			if to, plain = p.plainTarget(ref); !plain {
				to = p.parsedTarget(ref)
			}
		}
		if to.url == "" && n.DataAtom != atom.Form {
			continue
		}
		group := groupOf(n)
		i, known := at[group]
		if !known {
			i = len(out)
			at[group] = i
			out = append(out, Block{Bar: bar(group, bars)})
		}
		b := &out[i]
		switch {
		case n.DataAtom == atom.Form:
			b.Asks = append(b.Asks, to.url)
		case n.DataAtom != atom.A && n.DataAtom != atom.Area:
			if !noContent.MatchString(to.url) && !strings.Contains(dom.Attr(n, "alt"), "暂无") {
				b.Media = append(b.Media, to.url)
			}
		case to.kind == LinkPage, to.kind == LinkAttachment:
			b.Links = append(b.Links, to.url)
		case to.kind == LinkExternal:
			b.Outside = append(b.Outside, to.url)
		}
	}
	return out
}

// asksWords reports whether a form has something to fill in.
func asksWords(form *html.Node) bool {
	for n := dom.Following(form, form); n != nil; n = dom.Following(n, form) {
		switch n.DataAtom {
		case atom.Textarea, atom.Select:
			return true
		case atom.Input:
			switch strings.ToLower(dom.Attr(n, "type")) {
			case "", "text", "search", "url", "tel", "number", "date", "email":
				return true
			}
		}
	}
	return false
}

// groupOf is the list or table that an element stands in, else its block.
func groupOf(n *html.Node) *html.Node {
	var block *html.Node
	for a := n.Parent; a != nil; a = a.Parent {
		switch a.DataAtom {
		case atom.Ul, atom.Ol, atom.Dl, atom.Table, atom.Nav:
			return a
		case atom.Body, atom.Html:
			if block != nil {
				return block
			}
			return a
		}
		if block == nil && blockLike(a) {
			block = a
		}
	}
	return block
}

// bar reports whether a group is a menu, a breadcrumb, a head or a foot of the page,
// or stands in one. known are those told before.
func bar(group *html.Node, known map[*html.Node]bool) bool {
	if group == nil {
		return false
	}
	is, told := known[group]
	if !told {
		is = inBar(group) || group.DataAtom == atom.Footer || dom.Attr(group, "role") == "contentinfo" || barName.MatchString(dom.Attr(group, "class")) || barName.MatchString(dom.Attr(group, "id")) || barWords.MatchString(shortText(group, 200))
		is = is || group.DataAtom != atom.Body && bar(group.Parent, known)
		known[group] = is
	}
	return is
}
