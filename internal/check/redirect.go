package check

import (
	"regexp"
	"strings"

	"golang.org/x/net/html/atom"

	"zhengshu/internal/abridge"
	"zhengshu/internal/check/js"
	"zhengshu/internal/dom"
)

var refreshURL = regexp.MustCompile(`(?i)url\s*=\s*["']?([^"'\s;]+)`)

// asksWhom is how a script in any of its layers asks who the visitor is.
func asksWhom(ls []js.Layer) string {
	for _, ly := range ls {
		if asks := js.AsksVisitor(ly.Text); asks != "" {
			return asks
		}
	}
	return ""
}

// redirects reports scripts and refresh tags or headers that take the visitor off.
func redirects(f *Facts) (out []sighting) {
	p, l := f.Page, f.Lexicon
	if to := RefreshAddress(p.Refresh); to != "" {
		if t := judge(p, l, to); t.foreign && !t.trusted {
			out = append(out, sighting{"由应答头 Refresh 跳转到 " + t.host, "Refresh: " + abridge.Text(squeeze(p.Refresh), 80), t.bad != ""})
		}
	}
	for _, src := range p.allScripts() {
		ls := f.layersOf(src)
		asks, read := "", false
		for _, ly := range ls {
			for _, to := range js.Targets(ly.Text) {
				if !read { // few scripts send anybody anywhere
					asks, read = asksWhom(ls), true
				}
				t := judge(p, l, to.Address)
				disguised := ly.How != "" && ly.How != js.JoinedHow
				if !t.foreign || t.trusted && t.bad == "" || asks == "" && t.bad == "" && !disguised && !to.ByItself() {
					continue
				}
				how := "跳转到 " + t.host
				switch low := strings.ToLower(asks); {
				case strings.Contains(low, "referrer"):
					how = "按访问来路" + how
				case asks != "":
					how = "按访问终端" + how
				case disguised:
					how = "以" + ly.How + "掩饰，" + how
				}
				out = append(out, sighting{how, scriptPlace(src), t.bad != ""})
			}
			for _, m := range ly.Written {
				if !strings.Contains(dom.Lowered(m), "refresh") {
					continue
				}
				if to := refreshURL.FindStringSubmatch(m); to != nil {
					if t := judge(p, l, to[1]); t.foreign && !t.trusted {
						out = append(out, sighting{"由脚本写入的 refresh 标签跳转到 " + t.host, scriptPlace(src), t.bad != ""})
					}
				}
			}
		}
	}
	for _, n := range p.elements() {
		switch n.DataAtom {
		case atom.Base:
			if t := judge(p, l, dom.Attr(n, "href")); t.foreign && !t.trusted {
				out = append(out, sighting{"base 标签把本页的相对链接都引向 " + t.host, place(n), t.bad != ""})
			}
			continue
		case atom.Link:
			if says := leadsMachines(dom.Attr(n, "rel"), dom.Attr(n, "type")); says != "" {
				if t := judge(p, l, dom.Attr(n, "href")); t.foreign && !t.trusted {
					out = append(out, sighting{says + " " + t.host, place(n), t.bad != ""})
				}
			}
			continue
		}
		if n.DataAtom != atom.Meta {
			continue
		}
		says, to := "", []string(nil)
		switch kind := dom.Lowered(dom.Attr(n, "http-equiv") + dom.Attr(n, "name")); kind {
		case "refresh":
			says, to = "由 refresh 标签跳转到 ", refreshTo(dom.Attr(n, "content"))
		case "mobile-agent":
			says, to = "mobile-agent 标签把手机访问者引向 ", refreshURL.FindStringSubmatch(dom.Attr(n, "content"))
		}
		if len(to) > 1 {
			if t := judge(p, l, to[1]); t.foreign && !t.trusted {
				out = append(out, sighting{says + t.host, place(n), t.bad != ""})
			}
		}
	}
	return out
}

// refreshBare is a refresh that names its address without a word before it.
var refreshBare = regexp.MustCompile(`^\s*[\d.]*\s*[;,]\s*["']?((?i:https?:)?//[^"'\s]+)`)

// RefreshAddress is where a refresh, of a tag or of a header, leads; "" for one that leads
// nowhere else.
func RefreshAddress(content string) string {
	if to := refreshTo(content); len(to) > 1 {
		return to[1]
	}
	return ""
}

func refreshTo(content string) []string {
	if to := refreshURL.FindStringSubmatch(content); to != nil {
		return to
	}
	return refreshBare.FindStringSubmatch(content)
}
