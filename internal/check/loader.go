package check

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/atom"

	"zhengshu/internal/abridge"
	"zhengshu/internal/check/css"
	"zhengshu/internal/check/js"
	"zhengshu/internal/dom"
)

var writtenTag = regexp.MustCompile(`(?s)<(/?)([a-zA-Z][a-zA-Z0-9]*)([^>]*)>`)

var classAttr = regexp.MustCompile(`(?is)\bclass\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))`)

var styleAttr = regexp.MustCompile(`(?is)style\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))`)

// scriptWrites follows what document.write opens and closes around the markup
// that stands between two scripts.
func (w *walker) scriptWrites(src string) {
	if !strings.Contains(src, "write") && strings.IndexByte(src, '\\') < 0 {
		return
	}
	for _, ly := range w.unwrap(src) {
		for _, m := range ly.Written {
			if strings.Contains(m, "-->") && w.comment {
				w.written, w.open, w.comment = "", 0, false
			}
			if i := strings.LastIndex(m, "<!--"); i >= 0 && !strings.Contains(m[i:], "-->") && w.open == 0 {
				w.written, w.open, w.comment = "注释", 1, true
				continue
			}
			if w.comment {
				continue
			}
			for _, t := range writtenTag.FindAllStringSubmatch(m, 64) {
				name := strings.ToLower(t[2])
				switch {
				case name == "img" || name == "br" || name == "input" || name == "meta" || name == "link" || name == "hr" || strings.HasSuffix(t[3], "/"):
				case t[1] == "/":
					if w.open > 0 {
						if w.open--; w.open == 0 {
							w.written = ""
						}
					}
				default:
					wears := css.Attire{Tag: name, Anywhere: true}
					if s := styleAttr.FindStringSubmatch(t[3]); s != nil {
						wears.Style = s[1] + s[2] + s[3]
					}
					if s := classAttr.FindStringSubmatch(t[3]); s != nil {
						wears.Class = s[1] + s[2] + s[3]
					}
					how, _ := w.sheet.Declared(wears).Concealment()
					if how == "" && name == "marquee" && strings.Contains(strings.ReplaceAll(t[3], `"`, ""), "height=0") {
						how = "零尺寸滚动区"
					}
					if how != "" || w.open > 0 {
						w.open++
						if w.written == "" {
							w.written = how
						}
					}
				}
			}
		}
	}
}

// scriptLoaders reports scripts that write or fetch something foreign under a
// disguise, or write hidden foreign links.
func scriptLoaders(f *Facts) (out []sighting) {
	p, l := f.Page, f.Lexicon
	for _, link := range p.Links {
		if link.Kind == LinkScript {
			if m := miner(link.Href); m != "" {
				out = append(out, sighting{"载入挖矿脚本（" + m + "）", abridge.Text(link.Href, 80), true})
			}
		}
	}
	out = append(out, f.lateLoaders()...)
	for _, src := range p.allScripts() {
		ls := f.layersOf(src)
		if how := js.LettersGone(src); how != "" {
			out = append(out, sighting{"以" + how + "书写，不能直接读出内容", scriptPlace(src), false})
		}
		if m := miner(src); m != "" {
			out = append(out, sighting{"运行挖矿脚本（" + m + "）", scriptPlace(src), true})
		}
		if strings.Contains(src, "cookie") {
			for _, m := range js.CookieSent.FindAllStringSubmatch(src, 8) {
				if t := judge(p, l, m[1]); t.foreign && !t.trusted {
					out = append(out, sighting{"把访问者的 Cookie 送到 " + t.host, scriptPlace(src), t.bad != ""})
				}
			}
		}
		spider := js.AsksSpider(src)
		for _, ly := range ls {
			for _, h := range js.HostsIn(ly.Text) {
				t := judgeHost(p, l, h)
				if !t.foreign {
					continue
				}
				switch {
				case ly.How != "" && ly.How != js.JoinedHow && ly.How != "转义字符" && !t.trusted:
					out = append(out, sighting{"以" + ly.How + "掩饰，指向 " + h, scriptPlace(src), t.bad != ""})
				case ly.How == js.JoinedHow && !t.trusted && !plainlyThere(ls[0].Text, siteOf(h)) && !plainlyThere(js.Unescape(ls[0].Text), siteOf(h)):
					out = append(out, sighting{"以" + ly.How + "掩饰，指向 " + h, scriptPlace(src), t.bad != ""})
				case ly.How == "转义字符" && (t.bad != "" || !t.trusted && !plainlyThere(ls[0].Text, h)):
					out = append(out, sighting{"以转义字符掩饰，指向 " + h, scriptPlace(src), t.bad != ""})
				case t.bad != "" && (strings.Contains(ly.Text, "write") || strings.Contains(ly.Text, "innerHTML") || strings.Contains(ly.Text, "createElement") || strings.Contains(ly.Text, "append")):
					out = append(out, sighting{"写入指向 " + h + " 的内容", scriptPlace(src), true})
				}
			}
			if ly.How != "" && ly.How != js.JoinedHow {
				if word := l.spam(ly.Text); word != "" && utf8.RuneCountInString(word) > 1 && word[0] >= 0x80 {
					out = append(out, sighting{"以" + ly.How + "掩饰文字“" + word + "”", scriptPlace(src), true})
				}
			}
			for _, m := range slices.Concat(ly.Written, js.Puts(ly.Text), js.Makes(ly.Text)) {
				out = append(out, writtenMarkup(p, l, m, src)...)
				if !spider {
					continue
				}
				for _, h := range js.HostsIn(m) {
					if t := judgeHost(p, l, h); t.foreign && !t.trusted && strings.Contains(dom.Lowered(m), "href") {
						out = append(out, sighting{"按访问者是否搜索引擎写入指向 " + h + " 的链接", scriptPlace(src), t.bad != ""})
					}
				}
			}
		}
	}
	return out
}

func plainlyThere(text, host string) bool {
	return strings.Contains(strings.ToLower(strings.ReplaceAll(text, `\/`, "/")), host)
}

// writtenMarkup judges markup a script writes: foreign links that are hidden
// or carry a spam phrase.
func writtenMarkup(p *Page, l *Lexicon, markup, src string) (out []sighting) {
	if !strings.Contains(markup, "<") {
		return nil
	}
	n, err := tryParse(markup, mostWritten)
	if err != nil {
		return nil
	}
	inner := &Page{URL: p.URL, at: p.at, base: p.base, Tags: p.Tags, Root: n}
	v := look(inner, l, js.Layers)
	for _, s := range slices.Concat(v.links, v.frames, v.pixels, spamLinksOf(inner, l)) {
		out = append(out, sighting{"写入的内容" + s.detail, scriptPlace(src), s.sure})
	}
	return out
}

func scriptPlace(src string) string { return "<script> " + abridge.Text(squeeze(src), 80) }

// allScripts returns the script blocks and the handlers that run on load.
func (p *Page) allScripts() []string {
	all := slices.Clone(p.scripts)
	for _, h := range p.handlers {
		all = append(all, h.src)
	}
	return all
}

// lateLoaders reports handlers that run by themselves and fetch a script from elsewhere.
// What a page builds in it loads in its scripts; that a script or style sheet which did
// not come is fetched from another place is ordinary.
func (f *Facts) lateLoaders() (out []sighting) {
	for _, h := range f.Page.handlers {
		if h.on == atom.Script || h.on == atom.Link {
			continue
		}
		for _, ly := range f.layersOf(h.src) {
			for _, address := range loadedBy(ly) {
				if t := judge(f.Page, f.Lexicon, address); t.foreign && !t.trusted {
					out = append(out, sighting{"由 " + h.on.String() + " 标签的事件载入 " + t.host + " 的脚本", scriptPlace(h.src), t.bad != ""})
				}
			}
		}
	}
	return out
}

var (
	fetchesScript = regexp.MustCompile(`(?:\bgetScript|\bimport|\bimportScripts)\s*\(\s*["']([^"'\s]+)["']`)
	fetchesText   = regexp.MustCompile(`(?:\bfetch|\.\s*(?:get|ajax|open))\s*\(\s*(?:["'](?:GET|POST|get|post)["']\s*,\s*)?["']([^"'\s]+)["']`)
	makesScript   = regexp.MustCompile(`createElement\s*\(\s*["']script["']\s*\)`)
	sourceGiven   = regexp.MustCompile(`(?:\.\s*src\s*=|setAttribute\s*\(\s*["']src["']\s*,)\s*["']([^"'\s]+)["']`)
	runsText      = regexp.MustCompile(`\beval\b|\bFunction\s*\(`)
)

// loadedBy are the addresses of the scripts that a script fetches and runs.
func loadedBy(ly js.Layer) (out []string) {
	for _, m := range fetchesScript.FindAllStringSubmatch(ly.Text, 8) {
		out = append(out, m[1])
	}
	if runsText.MatchString(ly.Text) {
		for _, m := range fetchesText.FindAllStringSubmatch(ly.Text, 8) {
			out = append(out, m[1])
		}
	}
	if makesScript.MatchString(ly.Text) {
		for _, m := range sourceGiven.FindAllStringSubmatch(ly.Text, 8) {
			out = append(out, m[1])
		}
	}
	for _, markup := range slices.Concat(ly.Written, js.Puts(ly.Text)) {
		if !strings.Contains(dom.Lowered(markup), "<script") {
			continue
		}
		root, err := tryParse(markup, mostWritten)
		if err != nil {
			continue
		}
		for n := range root.Descendants() {
			if n.DataAtom == atom.Script {
				out = append(out, dom.Attr(n, "src"))
			}
		}
	}
	return out
}
