package check

import (
	"net/netip"
	"strings"

	"golang.org/x/net/html"

	"zhengshu/internal/abridge"
	"zhengshu/internal/check/encoded"
	"zhengshu/internal/check/js"
	"zhengshu/internal/dom"
)

// maxSightings bounds the findings of one check on one page; a page with a
// thousand dark links needs one decision, not a thousand rows.
const maxSightings = 20

// sighting is one place where something concealed was seen; sure when a spam
// phrase or spam host was seen with it.
type sighting struct {
	detail, where string
	sure          bool
}

// target judges an address a page points to: foreign means another site that
// is not government's; bad names the spam sign it carries.
type target struct {
	host    string
	foreign bool
	trusted bool
	bad     string // strong sign
	hint    string // weak sign
}

func judge(p *Page, l *Lexicon, address string) target {
	if !strings.Contains(address, "//") && strings.IndexByte(address, '\\') < 0 {
		return target{} // names no host, however it is written
	}
	if p.judgedBy != l {
		p.judgedBy, p.targets = l, map[string]target{}
	}
	t, known := p.targets[address]
	if !known {
		t = judgeAddress(p, l, address)
		p.targets[address] = t
	}
	return t
}

func judgeAddress(p *Page, l *Lexicon, address string) target {
	address = strings.TrimSpace(strings.ReplaceAll(address, `\/`, "/"))
	if strings.IndexByte(address, '\\') >= 0 || strings.ContainsAny(address, "\t\n\r") {
		address = browserSpelling.Replace(address)
	}
	if !strings.Contains(address, "//") {
		return target{}
	}
	if i := strings.Index(address, "//"); i > 0 && !strings.HasSuffix(strings.ToLower(address[:i]), "http:") && !strings.HasSuffix(strings.ToLower(address[:i]), "https:") && !strings.HasSuffix(strings.ToLower(address[:i]), "ftp:") {
		return target{}
	}
	return judgeHost(p, l, hostOf(address[strings.Index(address, "//"):]))
}

// browserSpelling makes of an address what a browser reads in it.
var browserSpelling = strings.NewReplacer(`\`, "/", "\t", "", "\n", "", "\r", "")

// judgeUnseen judges an address that nobody is meant to see: also the one that it
// carries in a script or hands on to somebody else.
func judgeUnseen(p *Page, l *Lexicon, address string) target {
	t := judge(p, l, address)
	if t.foreign && !t.trusted {
		return t
	}
	inner := address
	if !strings.HasPrefix(dom.Lowered(strings.TrimSpace(address)), "javascript:") {
		_, query, ok := strings.Cut(address, "?")
		if !ok {
			return t
		}
		inner = query
	}
	if strings.IndexByte(inner, '%') >= 0 {
		inner = encoded.Percent(inner)
	}
	for _, h := range js.HostsIn(inner) {
		if on := judgeHost(p, l, h); on.foreign && !on.trusted {
			return on
		}
	}
	return t
}

func judgeHost(p *Page, l *Lexicon, h string) target {
	number := h != "" && strings.Trim(h, "0123456789") == ""
	if h == "" || !number && !strings.ContainsAny(h, ".:") || strings.HasPrefix(h, ".") {
		return target{}
	}
	if h[0]-'0' <= 9 || strings.IndexByte(h, ':') >= 0 {
		if a, err := netip.ParseAddr(h); err == nil && (a.IsPrivate() || a.IsLoopback() || a.IsUnspecified() || a.IsLinkLocalUnicast()) {
			return target{} // left over from where the page was made: nobody gets there
		}
	}
	t := target{host: h}
	part, strong := l.shadyHost(h)
	if governmentHost(h) || p.ownHost(h) {
		return t
	}
	t.foreign = true
	t.trusted = l.trustedHost(h)
	if strong {
		t.bad = part
	} else {
		t.hint = part
	}
	return t
}

func about(word string) string {
	if word == "" {
		return ""
	}
	return "，含“" + word + "”"
}

func show(host, href string) string {
	if host != "" {
		return host
	}
	return abridge.Text(href, 60)
}

// place names an element so that an editor finds it: tag, id, class, address.
func place(n *html.Node) string {
	var b strings.Builder
	b.WriteString("<" + n.Data)
	for _, k := range []string{"id", "class", "href", "src", "name"} {
		if v := dom.Attr(n, k); v != "" {
			b.WriteString(" " + k + "=\"" + abridge.Text(squeeze(v), 80) + "\"")
		}
	}
	b.WriteByte('>')
	return b.String()
}

// leadsMachines says where a link in the head leads search engines or browsers, when it
// is of a kind that they follow by themselves.
func leadsMachines(rel, kind string) string {
	for word := range strings.FieldsSeq(dom.Lowered(rel)) {
		switch word {
		case "canonical":
			return "canonical 标签把搜索引擎引向"
		case "amphtml", "prerender", "next", "prev":
			return word + " 标签把搜索引擎或浏览器引向"
		case "alternate":
			if kind == "" || strings.Contains(dom.Lowered(kind), "text/html") {
				return "alternate 标签把搜索引擎或手机访问者引向"
			}
		}
	}
	return ""
}
