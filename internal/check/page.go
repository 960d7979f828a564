package check

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Class is the kind of page the tag rules of 《政府网站发展指引》 speak of.
type Class string

// The classes of page.
const (
	ClassHome    Class = "home"
	ClassColumn  Class = "column"
	ClassContent Class = "content"
)

// Kinds of Link.
const (
	LinkPage       = "page"
	LinkAttachment = "attachment"
	LinkImage      = "image"
	LinkExternal   = "external"
	LinkMail       = "mail"
	LinkScript     = "script"
	LinkStyle      = "style"
	LinkAnchor     = "anchor"
)

// Link is one reference of a page.
type Link struct {
	// Href is the address as written, without surrounding blanks.
	Href string `json:"href"`
	// Text is the visible words, or the alternative text of a picture.
	Text string `json:"text"`
	// Kind is one of the Link constants. A link to another site's page is
	// LinkExternal; files and pictures keep their kind wherever they lie.
	Kind string `json:"kind"`
	// URL is Href resolved against the page's base; empty when it cannot be.
	URL string `json:"-"`
}

// Page is what a page says about itself. Absent fields are empty.
type Page struct {
	URL     string
	Charset string
	Title   string
	DocNo   string
	IndexNo string
	Issuer  string
	Topic   string
	// Written and Published are as shown, in the form 2006-01-02, with 15:04
	// when the page shows the time of day.
	Written   string
	Published string
	// PublishedShown is false when Published came from a tag alone.
	PublishedShown bool
	Heading        string
	BodyText       string
	// VisibleText is everything a reader sees, footer and menus included.
	VisibleText string
	Links       []Link
	// Tags holds the meta elements by name. Official names are spelt as in
	// the 指引 whatever case the page used; values keep document order.
	Tags map[string][]string
	Root *html.Node
	// Text is the decoded source.
	Text string

	base    *url.URL
	scripts []string
	styles  []string
	rows    []labelled
	bare    string            // VisibleText without blanks
	hrefs   map[string]string // address as written to where it leads; made when asked
	// all are the elements in document order: some twenty checks walk them,
	// and a list costs a fraction of walking the tree.
	all []*html.Node
	// leading are the elements with an address, placeholders those a
	// demonstration marks as such, in document order.
	leading, placeholders []*html.Node
	refs                  []string // of leading: address and id in lower case
	handlers              []string // scripts in attributes that run without a click

	// What is asked of the same page again and again.
	words    map[*html.Node]string // of links
	own      map[string]bool       // hosts of the page's own site
	targets  map[string]target     // addresses as judgedBy judges them
	judgedBy *Lexicon
	hiding   map[string]bool // style attributes that hide
	lower    string          // Text with its ASCII letters in lower case
}

// elements are the elements of the page in document order.
func (p *Page) elements() []*html.Node {
	if p.all == nil && p.Root != nil {
		for n := range p.Root.Descendants() {
			if n.Type == html.ElementNode {
				p.all = append(p.all, n)
			}
		}
	}
	return p.all
}

// elementsBelow are the elements of the body, or of the whole page when that is
// given: whatever follows the body's beginning lies in it.
func (p *Page) elementsBelow(body *html.Node) []*html.Node {
	return p.elements()[slices.Index(p.elements(), body)+1:]
}

// Mentions reports whether the source holds one of the words, which are ASCII
// in lower case, whatever the case of its letters.
func (p *Page) Mentions(words ...string) bool {
	if p.lower == "" {
		p.lower = lowered(p.Text)
	}
	return containsAny(p.lower, words)
}

// Place is where words stand in the source, whatever the case of their ASCII
// letters; −1 when they do not.
func (p *Page) Place(words string) int {
	if p.lower == "" {
		p.lower = lowered(p.Text)
	}
	return strings.Index(p.lower, lowered(words))
}

// lowered is a text with its ASCII letters in lower case; all others stay.
func lowered(s string) string {
	for i := range len(s) {
		if c := s[i]; c >= 'A' && c <= 'Z' {
			b := []byte(s)
			for j := i; j < len(b); j++ {
				if c := b[j]; c >= 'A' && c <= 'Z' {
					b[j] = c + 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}

// Tag returns the first value of an official tag, without surrounding blanks.
func (p *Page) Tag(name string) string {
	for _, v := range p.Tags[name] {
		if v = strings.TrimSpace(v); v != "" {
			return v
		}
	}
	return ""
}

// Host returns the lower-case host the page was read from, or "".
func (p *Page) Host() string {
	if p.base == nil {
		return ""
	}
	return strings.ToLower(p.base.Hostname())
}

// ErrUnreadable says that the bytes could not be read as a page at all.
var ErrUnreadable = errors.New("页面结构无法解析，未作检查。请核对该文件是否为网页。")

// ParsePage reads a page from its bytes. contentType is the response header or
// "", address the address it was read from or "". The errors are
// *TooLargeError and ErrUnreadable; broken markup is not an error.
func ParsePage(body []byte, contentType, address string) (*Page, error) {
	text, charset, err := Decode(body, contentType)
	if err != nil {
		return nil, err
	}
	p := &Page{URL: address, Charset: charset, Text: text, Tags: map[string][]string{}}
	if u, uerr := url.Parse(strings.TrimSpace(address)); uerr == nil && u.Host != "" {
		p.base = u
	}
	if p.Root, err = parseTree(text); err != nil {
		return nil, err
	}
	p.gather()
	p.extract()
	p.bare = noBlanks(p.VisibleText)
	return p, nil
}

// depth of nesting above which a page is flattened before it is parsed. The
// parser refuses documents deeper than 512 and is slow near it.
const maxDepth = 256

func parseTree(text string) (*html.Node, error) {
	root, err := tryParse(text)
	if err == nil {
		return root, nil
	}
	if root, err = tryParse(flatten(text)); err != nil {
		return nil, fmt.Errorf("%w", ErrUnreadable)
	}
	return root, nil
}

func tryParse(text string) (root *html.Node, err error) {
	defer func() {
		// The parser answers some hostile input with a panic; for us that is
		// only one more unreadable page.
		if r := recover(); r != nil {
			root, err = nil, ErrUnreadable
		}
	}()
	return html.Parse(strings.NewReader(text))
}

// flatten drops every start tag that would open deeper than maxDepth, keeping
// links, scripts and text, so that a page padded with nesting is still read.
func flatten(text string) string {
	z := html.NewTokenizer(strings.NewReader(text))
	z.SetMaxBuf(MaxBody)
	var b strings.Builder
	b.Grow(len(text) / 2)
	depth := 0
	for {
		switch z.Next() {
		case html.ErrorToken:
			return b.String()
		case html.StartTagToken:
			raw := string(z.Raw())
			name, _ := z.TagName()
			switch atom.Lookup(name) {
			case atom.Html, atom.Head, atom.Body, atom.Script, atom.Style, atom.Title, atom.Meta, atom.Link, atom.Img, atom.Br, atom.Hr, atom.Input, atom.Base:
				b.WriteString(raw)
			case atom.A, atom.Iframe:
				b.WriteString(raw)
			default:
				if depth++; depth < maxDepth/4 {
					b.WriteString(raw)
				} else {
					b.WriteByte(' ')
				}
			}
		case html.EndTagToken:
			raw := string(z.Raw())
			if depth < maxDepth/4 {
				b.WriteString(raw)
			} else {
				name, _ := z.TagName()
				switch atom.Lookup(name) {
				case atom.A, atom.Script, atom.Style, atom.Title, atom.Iframe:
					b.WriteString(raw)
				}
			}
			depth = max(0, depth-1)
		default:
			b.Write(z.Raw())
		}
	}
}

// official spellings, by lower case.
var officialTags = func() map[string]string {
	m := map[string]string{}
	for _, t := range []string{
		"SiteName", "SiteDomain", "SiteIDCode",
		"ColumnName", "ColumnType", "ColumnDescription", "ColumnKeywords",
		"ArticleTitle", "PubDate", "ContentSource", "Keywords", "Author", "Description", "Image", "Url",
	} {
		m[strings.ToLower(t)] = t
	}
	return m
}()

// gather goes once through the elements for tags, links, scripts and style
// sheets.
func (p *Page) gather() {
	for _, n := range p.elements() {
		p.note(n)
		switch n.DataAtom {
		case atom.Base:
			if h := attr(n, "href"); h != "" {
				p.rebase(h)
			}
		case atom.Meta:
			name := strings.TrimSpace(attr(n, "name"))
			if name == "" || !hasAttr(n, "content") {
				continue
			}
			if o := officialTags[strings.ToLower(name)]; o != "" {
				name = o
			}
			p.Tags[name] = append(p.Tags[name], squeeze(attr(n, "content")))
		case atom.Script:
			if s := attr(n, "src"); s != "" {
				p.addLink(s, "", LinkScript)
			}
			if t := rawText(n); strings.TrimSpace(t) != "" {
				p.scripts = append(p.scripts, t)
			}
		case atom.Style:
			p.styles = append(p.styles, rawText(n))
		case atom.Link:
			if rel := strings.ToLower(attr(n, "rel")); strings.Contains(rel, "stylesheet") {
				p.addLink(attr(n, "href"), "", LinkStyle)
			} else if strings.Contains(rel, "icon") {
				p.addLink(attr(n, "href"), "", LinkImage)
			}
		case atom.A, atom.Area:
			if hasAttr(n, "href") {
				p.addLink(attr(n, "href"), p.linkText(n), "")
			}
		case atom.Img:
			p.addLink(attr(n, "src"), attr(n, "alt"), LinkImage)
		case atom.Iframe, atom.Frame, atom.Embed:
			if s := attr(n, "src"); s != "" {
				p.addLink(s, "", "")
			}
		case atom.Object:
			if s := attr(n, "data"); s != "" {
				p.addLink(s, "", "")
			}
		case atom.Video, atom.Audio, atom.Source:
			if s := attr(n, "src"); s != "" {
				p.addLink(s, "", LinkAttachment)
			}
		}
	}
}

// note files an element by its attributes.
func (p *Page) note(n *html.Node) {
	if len(n.Attr) == 0 {
		return
	}
	switch n.DataAtom {
	case atom.A, atom.Img, atom.Script, atom.Area, atom.Iframe:
		p.leading = append(p.leading, n)
		p.refs = append(p.refs, strings.ToLower(attr(n, "href")+" "+attr(n, "src")+" "+attr(n, "id")))
	}
	for _, a := range n.Attr {
		switch a.Key {
		case "data-placeholder":
			p.placeholders = append(p.placeholders, n)
		case "onload", "onerror", "onunload", "onmouseover":
			if a.Val != "" {
				p.handlers = append(p.handlers, a.Val)
			}
		}
	}
}

func (p *Page) rebase(href string) {
	u, err := url.Parse(strings.TrimSpace(href))
	if err != nil {
		return
	}
	if p.base != nil {
		// A base on another host changes where links lead, not whose page
		// this is: only the path is taken over.
		r := p.base.ResolveReference(u)
		if r.Host == p.base.Host {
			p.base = r
		}
	} else if u.Host != "" {
		p.base, p.own = u, nil
	}
}

var attachmentExt = map[string]bool{
	".pdf": true, ".doc": true, ".docx": true, ".xls": true, ".xlsx": true, ".ppt": true, ".pptx": true, ".wps": true, ".et": true, ".dps": true, ".ofd": true, ".ceb": true, ".csv": true, ".txt": true, ".rtf": true, ".zip": true, ".rar": true, ".7z": true, ".tar": true, ".gz": true,
	".mp3": true, ".mp4": true, ".wav": true, ".flv": true, ".avi": true, ".wmv": true, ".mov": true, ".m4v": true, ".m4a": true, ".webm": true, ".apk": true, ".exe": true, ".swf": true, ".epub": true, ".xml": true, ".json": true,
}

var imageExt = map[string]bool{".jpg": true, ".jpeg": true, ".png": true, ".gif": true, ".bmp": true, ".webp": true, ".svg": true, ".ico": true, ".tif": true, ".tiff": true}

func (p *Page) addLink(href, text, kind string) {
	href = strings.TrimSpace(href)
	if href == "" {
		return
	}
	l := Link{Href: href, Text: squeeze(text), Kind: kind}
	u, err := url.Parse(href)
	if err == nil && p.base != nil {
		u = p.base.ResolveReference(u)
	}
	if err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https" || u.Scheme == "ftp" || u.Scheme == "") {
		l.URL = u.String()
	}
	if l.Kind == "" {
		l.Kind = linkKind(href, u, p)
	}
	p.Links = append(p.Links, l)
}

func linkKind(href string, u *url.URL, p *Page) string {
	low := strings.ToLower(href)
	switch {
	case strings.HasPrefix(low, "mailto:"):
		return LinkMail
	case strings.HasPrefix(low, "#"), strings.HasPrefix(low, "javascript:"), strings.HasPrefix(low, "tel:"), strings.HasPrefix(low, "about:"):
		return LinkAnchor
	case strings.HasPrefix(low, "data:image"):
		return LinkImage
	case u == nil:
		return LinkPage
	}
	ext := strings.ToLower(path.Ext(u.Path))
	switch {
	case attachmentExt[ext]:
		return LinkAttachment
	case imageExt[ext]:
		return LinkImage
	}
	if p.base != nil && u.Host == p.base.Host && u.Path == p.base.Path && u.RawQuery == p.base.RawQuery && (u.Fragment != "" || strings.HasSuffix(href, "#")) {
		return LinkAnchor
	}
	if h := strings.ToLower(u.Hostname()); h != "" && !p.ownHost(h) {
		return LinkExternal
	}
	return LinkPage
}

// ownHost reports whether host belongs to the page's own site: the same
// registrable domain, by the address it was read from or, failing that, by the
// SiteDomain tag. A page read from a bare file with neither owns every
// relative link only.
func (p *Page) ownHost(host string) bool {
	if mine, known := p.own[host]; known {
		return mine
	}
	own := p.Host()
	if own == "" {
		if own = hostOf(p.Tag("SiteDomain")); own == "" {
			return false // the tag may follow
		}
	}
	if p.own == nil {
		p.own = map[string]bool{}
	}
	p.own[host] = siteOf(host) == siteOf(own)
	return p.own[host]
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func hasAttr(n *html.Node, key string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key })
}

// rawText joins the text children of a script, style or title.
func rawText(n *html.Node) string {
	if c := n.FirstChild; c != nil && c.NextSibling == nil && c.Type == html.TextNode {
		return c.Data
	}
	var b strings.Builder
	for c := range n.ChildNodes() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return b.String()
}

// linkText is what a link is called: its words, else its title, else those of
// its picture.
func (p *Page) linkText(n *html.Node) string {
	t, known := p.words[n]
	if !known {
		if p.words == nil {
			p.words = map[*html.Node]string{}
		}
		t = linkText(n)
		p.words[n] = t
	}
	return t
}

func linkText(n *html.Node) string {
	t := squeeze(nodeText(n))
	if t == "" {
		t = squeeze(attr(n, "title"))
	}
	if t == "" {
		for c := range n.Descendants() {
			if c.DataAtom == atom.Img && attr(c, "alt") != "" {
				return attr(c, "alt")
			}
		}
	}
	return t
}

func unseen(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Script, atom.Style, atom.Noscript, atom.Template, atom.Head, atom.Textarea, atom.Option:
		return true
	}
	return false
}

// nodeText returns the text below n, blocks parted by line feeds. It runs over
// the tree without recursion, so depth costs nothing.
func nodeText(n *html.Node) string {
	var b strings.Builder
	writeText(&b, n)
	return b.String()
}

func writeText(b *strings.Builder, root *html.Node) {
	line := func() {
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
	}
	for n := root; n != nil; {
		switch {
		case n.Type == html.TextNode:
			b.WriteString(n.Data)
		case n.Type == html.ElementNode && blockLike(n):
			line()
		case n.DataAtom == atom.Td || n.DataAtom == atom.Th:
			b.WriteByte('\t')
		}
		if n.FirstChild != nil && !(n != root && unseen(n)) {
			n = n.FirstChild
			continue
		}
		for n != root && n.NextSibling == nil {
			n = n.Parent
			if blockLike(n) {
				line()
			}
		}
		if n == root {
			return
		}
		n = n.NextSibling
	}
}

func blockLike(n *html.Node) bool {
	switch n.DataAtom {
	case atom.P, atom.Div, atom.Br, atom.Tr, atom.Table, atom.Li, atom.Ul, atom.Ol, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Nav, atom.Dl, atom.Dt, atom.Dd, atom.Form, atom.Blockquote, atom.Hr, atom.Center, atom.Pre:
		return true
	}
	return false
}

// blank reports whether r separates words on a page: white space, the
// ideographic space, and the characters of no width pages are littered with.
func blank(r rune) bool {
	if r > ' ' && r < 0x85 || r > 0x3000 && r < 0xFEFF {
		return false
	}
	switch r {
	case ' ', '\t', '\n', '\r', '\f', '\v', 0x85, 0xA0, 0x3000, 0x200B, 0x200C, 0x200D, 0xFEFF, 0x2002, 0x2003, 0x2009, 0x2028, 0x2029:
		return true
	}
	return false
}

// squeeze makes every run of blanks one space and trims.
func squeeze(s string) string {
	if s = strings.TrimFunc(s, blank); s == "" || squeezed(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	gap := false
	for _, r := range s {
		if blank(r) {
			gap = true
			continue
		}
		if gap && b.Len() > 0 {
			b.WriteByte(' ')
		}
		gap = false
		b.WriteRune(r)
	}
	return b.String()
}

// squeezed reports whether a trimmed text is sound and has single spaces as its
// only blanks.
func squeezed(s string) bool {
	gap := false
	for _, r := range s {
		if r == utf8.RuneError || blank(r) && (gap || r != ' ') {
			return false
		}
		gap = r == ' '
	}
	return true
}

// squeezedLen is the length of squeeze(s) in characters.
func squeezedLen(s string) int {
	n, gap := 0, false
	for _, r := range s {
		if blank(r) {
			gap = n > 0
			continue
		}
		if gap {
			n++
		}
		gap = false
		n++
	}
	return n
}

// noBlanks drops every blank.
func noBlanks(s string) string {
	if strings.IndexFunc(s, blank) < 0 {
		return s
	}
	return strings.Map(func(r rune) rune {
		if blank(r) {
			return -1
		}
		return r
	}, s)
}

// tidy keeps line breaks, trims each line and drops empty ones.
func tidy(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	begins, gap := true, false // of a line; blanks were met in it
	for _, r := range s {
		switch {
		case r == '\n':
			begins, gap = true, false
			continue
		case blank(r):
			gap = true
			continue
		case begins && b.Len() > 0:
			b.WriteByte('\n')
		case gap && !begins:
			b.WriteByte(' ')
		}
		begins, gap = false, false
		b.WriteRune(r)
	}
	return b.String()
}

// Canonical is the address the page names as its own (link rel=canonical), as
// written; "" for none.
func (p *Page) Canonical() string {
	if p.Root == nil {
		return ""
	}
	for _, n := range p.elements() {
		if n.Data != "link" {
			continue
		}
		var rel, href string
		for _, a := range n.Attr {
			switch a.Key {
			case "rel":
				rel = strings.ToLower(a.Val)
			case "href":
				href = strings.TrimSpace(a.Val)
			}
		}
		if rel == "canonical" {
			return href
		}
	}
	return ""
}
