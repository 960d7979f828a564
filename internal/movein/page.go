package movein

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"zhengshu/internal/abridge"
	"zhengshu/internal/blob"
	"zhengshu/internal/check"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/prose"
)

// maxOriginal is the size of a page up to which it is kept as evidence beside
// what was made of it, in bytes.
const maxOriginal = 256 << 10

// Fetch gets a file that a page shows or attaches; address is as the page's
// base resolves it, or as written when it has none. A fault says why there is
// none.
type Fetch func(ctx context.Context, address string, picture bool) (name string, body []byte, err error)

// FromPage makes an item of a page: its article without the frame, its data
// from tags and from the tables in which old systems print them, its files
// fetched. A nil fetch leaves files out with a note.
func FromPage(ctx context.Context, store blob.Store, p *check.Page, fetch Fetch) (Found, error) {
	out := Found{}
	r := &out.Row
	r.Title, r.DocNo, r.IndexNo, r.Issuer, r.Topic, r.Written, r.Published = p.Title, p.DocNo, p.IndexNo, p.Issuer, p.Topic, p.Written, p.Published
	if r.Title == "" {
		r.Title = p.Heading
	}
	r.URL, r.Category, r.Keywords, r.Summary = p.URL, p.Tag("ColumnName"), p.Tag("Keywords"), p.Tag("Description")
	if r.Source = p.Tag("ContentSource"); r.Source == "" {
		r.Source = shownSource(p)
	}
	for _, f := range []struct {
		s    *string
		most int
	}{{&r.Title, 200}, {&r.DocNo, 60}, {&r.IndexNo, 60}, {&r.Issuer, 200}, {&r.Topic, 100}, {&r.Source, 100}, {&r.Category, 100}, {&r.Keywords, 200}, {&r.Summary, 500}} {
		if utf8.RuneCountInString(*f.s) > f.most {
			*f.s = abridge.Cut(*f.s, f.most)
			out.note("“%s…”太长，截到 %d 字，请核对。", abridge.Cut(*f.s, 12), f.most)
		}
	}
	if r.Title == "" {
		return out, fault.New(fault.Invalid, "没有认出标题，请核对这个网页是不是一篇文章。")
	}
	root := p.Content()
	w := pageWriter{ctx: ctx, store: store, page: p, fetch: fetch, found: &out, had: map[string]*library.RowFile{}}
	dropData(root)
	if err := w.files(root); err != nil {
		return out, err
	}
	var b bytes.Buffer
	if err := html.Render(&b, root); err != nil {
		return out, fault.New(fault.Invalid, "网页的正文无法读取，请核对文件。").From(err)
	}
	doc, err := prose.FromHTML(b.String())
	if err != nil {
		return out, err
	}
	doc.Content = w.attached(w.opening(doc.Content))
	if doc, err = prose.Parse(doc.JSON()); err != nil {
		return out, err
	}
	if doc.Blank() {
		return out, fault.New(fault.Invalid, "没有找到正文，请核对这个网页是不是一篇文章。")
	}
	if w.unsaid > 0 {
		out.note("%d 张图片没有替代文字，请补写图中的内容。", w.unsaid)
	}
	r.Doc = json.RawMessage(doc.JSON())
	if len(p.Text) <= maxOriginal {
		r.HTML = p.Text
	}
	return out, nil
}

var sourceForm = regexp.MustCompile(`(?:信息|文章|稿件|消息)?来\s*源\s*[：:]\s*([^\s|｜\[【]{2,40})`)

// shownSource is the source as the page shows it under its title.
func shownSource(p *check.Page) string {
	if m := sourceForm.FindStringSubmatch(p.VisibleText); m != nil {
		return m[1]
	}
	return ""
}

// dropData takes the table of a document's data out of the article: it is
// metadata now.
func dropData(root *html.Node) {
	var gone []*html.Node
	for n := range root.Descendants() {
		if n.Type != html.ElementNode || n.DataAtom != atom.Table {
			continue
		}
		if s := textOf(n); utf8.RuneCountInString(s) < 1200 && check.Labels(s) >= 3 {
			gone = append(gone, n)
		}
	}
	for _, n := range gone {
		if n.Parent != nil {
			n.Parent.RemoveChild(n)
		}
	}
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		switch {
		case c.Type == html.TextNode:
			b.WriteString(c.Data)
		case c.DataAtom == atom.Td, c.DataAtom == atom.Th, c.DataAtom == atom.Tr, c.DataAtom == atom.P, c.DataAtom == atom.Br, c.DataAtom == atom.Div:
			b.WriteByte('\n')
		}
	}
	return b.String()
}

type pageWriter struct {
	ctx    context.Context
	store  blob.Store
	page   *check.Page
	fetch  Fetch
	found  *Found
	had    map[string]*library.RowFile
	unsaid int
}

// files fetches what the article shows and attaches, and lets it refer to the
// copies.
func (w *pageWriter) files(root *html.Node) error {
	var nodes []*html.Node
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && (n.DataAtom == atom.Img || n.DataAtom == atom.A) {
			nodes = append(nodes, n)
		}
	}
	for _, n := range nodes {
		key := "href"
		if n.DataAtom == atom.Img {
			key = "src"
		}
		ref := attribute(n, key)
		if ref == "" {
			continue
		}
		address := w.page.PageURL(ref)
		if address == "" {
			address = ref
		}
		if n.DataAtom == atom.A {
			if !attachment(address) {
				if u := w.page.PageURL(ref); u != "" {
					set(n, key, u)
				}
				continue
			}
			f, err := w.file(address, strings.TrimSpace(textOf(n)), false)
			if err != nil {
				return err
			}
			if f != nil {
				set(n, key, f.Src)
			} else {
				set(n, key, address)
			}
			continue
		}
		f, err := w.file(address, attribute(n, "alt"), true)
		if err != nil {
			return err
		}
		if f == nil {
			set(n, key, address)
			continue
		}
		set(n, key, f.Src)
		if alt := strings.TrimSpace(attribute(n, "alt")); alt == "" || madeUp.MatchString(alt) {
			if alt = strings.TrimSpace(attribute(n, "title")); alt == "" || madeUp.MatchString(alt) {
				alt = "图片（未附说明）"
				w.unsaid++
			}
			set(n, "alt", alt)
		}
	}
	return nil
}

func (w *pageWriter) file(address, name string, picture bool) (*library.RowFile, error) {
	if f, done := w.had[address]; done {
		return f, nil
	}
	kind := map[bool]string{true: "图片", false: "附件"}[picture]
	w.had[address] = nil
	if w.fetch == nil {
		w.found.note("%s“%s”没有收进，请另行上传。", kind, abridge.Cut(address, 200))
		return nil, nil
	}
	said, body, err := w.fetch(w.ctx, address, picture)
	if err == nil {
		if !picture && name != "" && typeByName(said) != "application/octet-stream" {
			// The words of the link say more than 20190301123.pdf.
			said = strings.TrimSuffix(name, path.Ext(said)) + path.Ext(said)
		}
		var f library.RowFile
		if f, err = keep(w.ctx, w.store, said, body, picture); err == nil {
			w.had[address] = &f
			w.found.Row.Files = append(w.found.Row.Files, f)
			return &f, nil
		}
	}
	switch ferr := fault.Of(err); ferr.Kind {
	case fault.Internal, fault.Unavailable:
		return nil, err
	default:
		w.found.note("%s“%s”没有收进：%s", kind, abridge.Cut(address, 200), ferr.Says)
	}
	return nil, nil
}

// attachment reports whether an address is that of a file to attach.
func attachment(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	kind := kinds[strings.ToLower(path.Ext(u.Path))]
	return kind != "" && !strings.HasPrefix(kind, "image/")
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return strings.TrimSpace(a.Val)
		}
	}
	return ""
}

func set(n *html.Node, name, value string) {
	for i := range n.Attr {
		if n.Attr[i].Key == name {
			n.Attr[i].Val = value
			return
		}
	}
	n.Attr = append(n.Attr, html.Attribute{Key: name, Val: value})
}

var frame = regexp.MustCompile(`^(?:扫一扫在手机打开当前页.*|【?打印.{0,10}】?|【?关闭.{0,6}】?|【?打印】?\s*【?关闭】?|分享到?[：:]?.{0,20}|字体?[号体大小]*[：:]?\s*【?大】?\s*【?中】?\s*【?小】?.{0,6}|上一[篇条][：:].*|下一[篇条][：:].*|返回顶部|您(?:当前|现在)?(?:所在)?的?位置[：:].*|当前位置[：:].*)$`)

// opening drops what stands around an article within its own box: the title
// once more, the line of date and source, the buttons.
func (w *pageWriter) opening(list []prose.Node) []prose.Node {
	title := bare(w.found.Row.Title)
	out := make([]prose.Node, 0, len(list))
	titled := false
	for i, n := range list {
		s := strings.TrimSpace(plain(n))
		short := utf8.RuneCountInString(s) <= 120
		switch {
		case s != "" && !titled && i < 8 && bare(s) == title:
			titled = true
			continue
		case i < 8 && short && (n.Type == prose.Paragraph || n.Type == prose.Heading) && (check.Labels(s) >= 2 || check.Labels(s) == 1 && (strings.Contains(s, "浏览") || strings.Contains(s, "字体") || strings.Contains(s, "打印"))):
			continue
		case short && n.Type == prose.Paragraph && frame.MatchString(s):
			continue
		}
		out = append(out, n)
	}
	return out
}

// plain is the text of a node and what is in it.
func plain(n prose.Node) string {
	if n.Type == prose.TextNode {
		return n.Text
	}
	var b strings.Builder
	for _, c := range n.Content {
		b.WriteString(plain(c))
	}
	return b.String()
}

// attached makes blocks of the links to fetched attachments: a paragraph that
// is nothing but one becomes it, others follow the article.
func (w *pageWriter) attached(list []prose.Node) []prose.Node {
	byPath := map[string]library.RowFile{}
	for _, f := range w.found.Row.Files {
		byPath[f.Src] = f
	}
	if len(byPath) == 0 {
		return list
	}
	placed := map[string]bool{}
	block := func(f library.RowFile) prose.Node {
		placed[f.Src] = true
		return prose.Node{Type: prose.Attachment, Attrs: map[string]any{"name": abridge.Cut(f.Name, 255), "type": f.Type, "size": int(f.Size), "hash": f.SHA256, "href": f.Src}}
	}
	var later []prose.Node
	var walk func(n *prose.Node, top bool) []string
	walk = func(n *prose.Node, top bool) (links []string) {
		for i := range n.Content {
			c := &n.Content[i]
			for k, m := range c.Marks {
				if m.Type != prose.LinkMark {
					continue
				}
				if _, ours := byPath[m.Word("href")]; ours {
					links = append(links, m.Word("href"))
					c.Marks = slices.Delete(slices.Clone(c.Marks), k, k+1)
					break
				}
			}
			links = append(links, walk(c, false)...)
		}
		return links
	}
	out := make([]prose.Node, 0, len(list))
	for _, n := range list {
		whole := plain(n)
		links := walk(&n, true)
		if len(links) == 1 && n.Type == prose.Paragraph && utf8.RuneCountInString(strings.Trim(whole, " 　0123456789.、附件：:")) <= utf8.RuneCountInString(byPath[links[0]].Name)+6 {
			out = append(out, block(byPath[links[0]]))
			continue
		}
		out = append(out, n)
		for _, l := range links {
			if !placed[l] {
				later = append(later, block(byPath[l]))
			}
		}
	}
	return append(out, later...)
}
