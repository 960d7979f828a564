package notice

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/net/html"

	"zhengshu/internal/abridge"
	"zhengshu/internal/check"
	"zhengshu/internal/crawl"
	"zhengshu/internal/dom"
	"zhengshu/internal/rules/sx2021"
)

// Wanted is what a look is for.
type Wanted struct {
	Kind  sx2021.NoticeKind
	Title string // of the notice
	Name  string // of the object it is about
	URL   string // of its page
	// Home: a home page must show it too; Pinned: at its top.
	Home, Pinned bool
}

// Answer is what came when a page was asked for.
type Answer struct {
	URL    string // after redirects
	Status int    // 0: none
	Type   string
	Body   []byte
	Fault  string // why none came, in Chinese; empty when one did
}

// Verdict is what a look proves.
type Verdict struct {
	Outcome string // Seen, Absent, Untested
	Says    string
	// Pinned: the home page shows it at its top: the first entry of its notice
	// bar, or within its first PinnedRunes characters.
	Pinned bool
}

// PinnedRunes is how many visible characters of a home page are taken for its
// first screenful. A fetch sees no picture of the page, so this is a stand-in and
// is told as such.
const PinnedRunes = 800

// Bounds below which a page is taken for one that a script fills in: nothing can
// be said of it.
const (
	leastText  = 40  // visible characters of a page
	leastHome  = 120 // of a home page
	leastLinks = 8   // links of a home page
)

// Judge says what the notice's page, and the home page that must show it, prove.
// The absence is only proved by a page that answered and could be read; what did
// not answer proves nothing.
func Judge(w Wanted, page, home Answer) Verdict {
	v := judgePage(w, page)
	if !w.Home || v.Outcome == Absent {
		return v
	}
	h := judgeHome(w, home)
	switch {
	case h.Outcome == Absent:
		return h
	case v.Outcome == Untested:
		return v
	case h.Outcome == Untested:
		return h
	}
	return Verdict{Seen, v.Says + h.Says, h.Pinned}
}

// parsed is the page of an answer, or what the lack of one means.
func parsed(a Answer, what string) (*check.Page, Verdict) {
	switch {
	case a.Fault != "":
		return nil, Verdict{Outcome: Untested, Says: what + "未能打开：" + a.Fault}
	case a.Status == http.StatusNotFound || a.Status == http.StatusGone:
		return nil, Verdict{Outcome: Absent, Says: fmt.Sprintf("%s已不存在（状态码 %d）。", what, a.Status)}
	case a.Status < 200 || a.Status > 299:
		return nil, Verdict{Outcome: Untested, Says: fmt.Sprintf("%s返回状态码 %d，未能查看。", what, a.Status)}
	}
	ct := strings.ToLower(a.Type)
	if ct == "" {
		ct = http.DetectContentType(a.Body)
	}
	if !strings.Contains(ct, "html") {
		return nil, Verdict{Outcome: Untested, Says: what + "不是网页，未能查看。"}
	}
	p, err := check.ParsePage(a.Body, a.Type, a.URL)
	if err != nil {
		return nil, Verdict{Outcome: Untested, Says: what + "无法读取，未能查看。"}
	}
	return p, Verdict{}
}

func judgePage(w Wanted, a Answer) Verdict {
	p, v := parsed(a, "公告页面")
	if p == nil {
		return v
	}
	if w.mentions(p.Title+" "+p.Heading) || w.mentions(p.VisibleText) {
		return Verdict{Outcome: Seen, Says: "公告页面可以打开，内容是该公告。"}
	}
	if (check.LinkResult{Status: a.Status, Title: p.Title, Text: abridge.Cut(p.VisibleText, 400)}).State() == check.LinkSoft404 {
		return Verdict{Outcome: Absent, Says: "公告页面显示“页面不存在”。"}
	}
	if len([]rune(squeeze(p.VisibleText))) < leastText {
		return Verdict{Outcome: Untested, Says: "公告页面由脚本生成，读不到文字，未能查看。"}
	}
	return Verdict{Outcome: Absent, Says: "该网址可以打开，但内容不是这项公告。"}
}

func judgeHome(w Wanted, a Answer) Verdict {
	if a.Status == http.StatusNotFound || a.Status == http.StatusGone {
		return Verdict{Outcome: Untested, Says: fmt.Sprintf("首页返回状态码 %d，未能查看。", a.Status)}
	}
	p, v := parsed(a, "首页")
	if p == nil {
		return v
	}
	at, link := -1, ""
	text := []rune(p.VisibleText)
	for _, l := range p.Links {
		if l.URL != "" && samePage(l.URL, w.URL, p.URL) || w.titled(l.Text) {
			link = l.Href
			at = index(p.VisibleText, l.Text)
			break
		}
	}
	if link == "" {
		at = index(p.VisibleText, w.Title)
	}
	if link == "" && at < 0 {
		if len(text) < leastHome || len(p.Links) < leastLinks {
			return Verdict{Outcome: Untested, Says: "首页由脚本生成或内容过少，未能查看。"}
		}
		return Verdict{Outcome: Absent, Says: "首页上找不到这项公告的标题和链接。"}
	}
	out := Verdict{Outcome: Seen, Says: "首页上有该公告的标题或链接。"}
	switch first, bar := barOf(p.Root, link); {
	case bar && first:
		out.Pinned, out.Says = true, "首页公告栏第一条是该公告。"
	case at >= 0 && at <= PinnedRunes:
		out.Pinned, out.Says = true, fmt.Sprintf("该公告在首页前 %d 字内（按首屏计）。", PinnedRunes)
	case w.Pinned && bar:
		out.Says = "首页公告栏中有该公告，但不在第一条，未置顶。"
	case w.Pinned:
		out.Says = fmt.Sprintf("首页上有该公告，但不在公告栏第一条，也不在前 %d 字内，未置顶。", PinnedRunes)
	}
	return out
}

// kindWords are the words of which a notice of the kind has at least one.
var kindWords = map[sx2021.NoticeKind][]string{
	sx2021.OpeningNotice:     {"开通", "上线", "开设", "正式运行", "启用"},
	sx2021.OfflineNotice:     {"下线", "暂停", "停止服务", "升级维护", "关闭", "停机"},
	sx2021.ClosureNotice:     {"关停", "注销", "停止", "迁移", "整合", "关闭", "停用"},
	sx2021.DestinationNotice: {"去向", "迁移", "迁至", "整合", "转移"},
}

// mentions reports whether a text is, or holds, the notice: its title in full, or
// the object's name with a word of the kind.
func (w Wanted) mentions(text string) bool {
	t := squeeze(text)
	if title := squeeze(w.Title); title != "" && strings.Contains(t, title) {
		return true
	}
	name := squeeze(w.Name)
	if name == "" || !strings.Contains(t, name) {
		return false
	}
	for _, word := range kindWords[w.Kind] {
		if strings.Contains(strings.ReplaceAll(t, name, ""), word) {
			return true
		}
	}
	return false
}

// titled reports whether a link's words name the notice; lists cut long titles
// off with dots.
func (w Wanted) titled(words string) bool {
	t := squeeze(words)
	if len([]rune(t)) < 6 {
		return false
	}
	title := squeeze(w.Title)
	cut := strings.HasSuffix(strings.TrimSpace(words), "…") || strings.HasSuffix(strings.TrimSpace(words), "...")
	return title != "" && (strings.Contains(t, title) || cut && strings.HasPrefix(title, t)) || len([]rune(t)) <= 80 && w.mentions(words)
}

// index is where the words stand in a text, in characters; −1 when they do not.
func index(text, words string) int {
	title := []rune(squeeze(words))
	if len(title) == 0 {
		return -1
	}
	n, kept := 0, []rune{}
	var where []int
	for _, r := range text {
		if k := squeezeRune(r); k >= 0 {
			kept, where = append(kept, k), append(where, n)
		}
		n++
	}
	if i := indexRunes(kept, title); i >= 0 {
		return where[i]
	}
	return -1
}

func indexRunes(in, what []rune) int {
	if len(what) == 0 {
		return -1
	}
	i := strings.Index(string(in), string(what))
	if i < 0 {
		return -1
	}
	return len([]rune(string(in)[:i]))
}

// squeeze keeps letters and figures, with full-width ones made plain.
func squeeze(s string) string {
	return strings.Map(squeezeRune, s)
}

func squeezeRune(r rune) rune {
	if r >= '！' && r <= '～' {
		r -= '！' - '!'
	}
	if unicode.IsLetter(r) || unicode.IsDigit(r) {
		return unicode.ToLower(r)
	}
	return -1
}

// samePage compares two addresses without their scheme.
func samePage(a, b, base string) bool {
	x, errA := crawl.Canonical(base, a)
	y, errB := crawl.Canonical("", b)
	if errA != nil || errB != nil {
		return false
	}
	u, errA := url.Parse(x)
	v, errB := url.Parse(y)
	return errA == nil && errB == nil && strings.TrimPrefix(u.Hostname(), "www.") == strings.TrimPrefix(v.Hostname(), "www.") && u.Path == v.Path && u.RawQuery == v.RawQuery
}

// noticeBar is how templates call the box of notices.
var noticeBar = regexp.MustCompile(`(?i)(^|[^a-z])(notice|notices|gonggao|gg|ggl|announce(ment)?s?|tzgg|marquee|alert)([^a-z]|$)|公告`)

// barOf reports whether the link stands in a notice bar, and whether it is the
// first link there.
func barOf(root *html.Node, href string) (first, bar bool) {
	if href == "" || root == nil {
		return false, false
	}
	var box, found *html.Node
	var walk func(n, in *html.Node)
	walk = func(n, in *html.Node) {
		if found != nil {
			return
		}
		if n.Type == html.ElementNode {
			for _, a := range n.Attr {
				if (a.Key == "class" || a.Key == "id") && noticeBar.MatchString(a.Val) {
					in = n
				}
			}
			if n.Data == "marquee" {
				in = n
			}
			if n.Data == "a" && strings.TrimSpace(dom.Attr(n, "href")) == href {
				found, box = n, in
				return
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c, in)
		}
	}
	walk(root, nil)
	if found == nil || box == nil {
		return false, false
	}
	return firstLink(box) == found, true
}

// firstLink is the first entry of a box; its heading and 更多 are no entries.
func firstLink(n *html.Node) *html.Node {
	if n.Type == html.ElementNode && n.Data == "a" && len([]rune(squeeze(textOf(n)))) >= 6 {
		return n
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if f := firstLink(c); f != nil {
			return f
		}
	}
	return nil
}

func textOf(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	var b strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		b.WriteString(textOf(c))
	}
	if t := dom.Attr(n, "title"); b.Len() == 0 && t != "" {
		return t
	}
	return b.String()
}
