package check

import (
	"errors"
	"net/url"
	"path"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"zhengshu/internal/check/css"
	"zhengshu/internal/check/encoded"
	"zhengshu/internal/check/seek"
	"zhengshu/internal/dom"
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
	// Offered says that the reader is led to it: it is no part of the page itself.
	Offered bool `json:"-"`
	// Framed says that it is a document shown within the page.
	Framed bool `json:"-"`
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
	Feeds       []string // addresses that the head offers as feeds
	// Tags holds the meta elements by name. Official names are spelt as in
	// the 指引 whatever case the page used; values keep document order.
	Tags map[string][]string
	Root *html.Node
	// Text is the decoded source.
	Text string
	// Verbatim says that it is the source byte for byte, and Root a tree of all
	// of it.
	Verbatim bool
	// Refresh is the header of that name that came with the page, where it is known.
	Refresh string

	at      *url.URL // where the page was read from
	base    *url.URL // what its addresses are completed with
	based   bool     // by a base element, of which the first counts
	scripts []string
	styles  []string
	rows    []labelled
	content *html.Node        // what BodyText is the text of
	hrefs   map[string]string // address as written to where it leads; made when asked
	// all are the elements in document order: some twenty checks walk them,
	// and a list costs a fraction of walking the tree.
	all []*html.Node
	// leading are the elements with an address, placeholders those a
	// demonstration marks as such, in document order.
	leading, placeholders []*html.Node
	refs                  []byte    // of leading: addresses and id in lower case, one line each
	refAt                 []int     // where each begins
	handlers              []handler // scripts in attributes that run without a click

	// What is asked of the same page again and again.
	leads    int                   // elements that may be links
	words    map[*html.Node]string // of links
	own      map[string]bool       // hosts of the page's own site
	targets  map[string]target     // addresses as judgedBy judges them
	judgedBy *Lexicon
	hiding   map[string]bool // style attributes that hide
	decls    map[string]css.Decls
	left     map[field]bool // whose values are left to a script
	lower    string         // Text with its ASCII letters in lower case
	roots    roots          // what relative addresses are completed with
	unspaced string         // VisibleText without its blanks
	seen     *letters       // of VisibleText
	listed   *[]datedRow    // listRows
	dated    *[]datedRow    // datedRows
	names    map[string]naming
}

// bare is the visible text without its blanks.
func (p *Page) bare() string {
	if p.unspaced == "" {
		p.unspaced = bareOf(p.VisibleText)
	}
	return p.unspaced
}

// elements are the elements of the page in document order.
func (p *Page) elements() []*html.Node {
	if p.all == nil && p.Root != nil {
		p.all = make([]*html.Node, 0, 256)
		for n := dom.Following(p.Root, p.Root); n != nil; n = dom.Following(n, p.Root) {
			if n.Type != html.ElementNode {
				continue
			}
			p.all = append(p.all, n)
			switch n.DataAtom {
			case atom.A, atom.Img, atom.Script, atom.Link, atom.Area, atom.Iframe:
				p.leads++
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
		p.lower = dom.Lowered(p.Text)
	}
	return seek.Any(p.lower, words)
}

// Place is where words stand in the source, whatever the case of their ASCII
// letters; −1 when they do not.
func (p *Page) Place(words string) int {
	if p.lower == "" {
		p.lower = dom.Lowered(p.Text)
	}
	return strings.Index(p.lower, dom.Lowered(words))
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
	if p.at == nil {
		return ""
	}
	return strings.ToLower(p.at.Hostname())
}

// ErrUnreadable says that the bytes could not be read as a page at all.
var ErrUnreadable = errors.New("页面结构无法解析，未作检查。请核对该文件是否为网页。")

// ParsePage reads a page from its bytes. contentType is the response header or
// "", address the address it was read from or "". The errors are
// *TooLargeError, *ManyElementsError and ErrUnreadable; broken markup is not an
// error.
func ParsePage(body []byte, contentType, address string) (*Page, error) {
	text, charset, err := Decode(body, contentType)
	if err != nil {
		return nil, err
	}
	p := &Page{URL: address, Charset: charset, Text: text, Tags: map[string][]string{}}
	if u, uerr := url.Parse(strings.TrimSpace(address)); uerr == nil && u.Host != "" {
		p.at, p.base = u, u
	}
	flat := false
	if p.Root, flat, err = parseTree(text); err != nil {
		return nil, err
	}
	p.Verbatim = !flat && text == string(body)
	p.gather()
	p.extract()
	return p, nil
}

// depth of nesting above which a page is flattened before it is parsed. The
// parser refuses documents deeper than 512 and is slow near it.
const maxDepth = 256

func parseTree(text string) (root *html.Node, flat bool, err error) {
	if root, err = tryParse(text, mostElements); err == nil {
		return root, false, nil
	}
	many := (*ManyElementsError)(nil)
	if err != nil && !errors.As(err, &many) {
		root, err = tryParse(flatten(text), mostElements)
	}
	if err != nil && !errors.As(err, &many) {
		err = ErrUnreadable
	}
	return root, true, err
}

// tryParse parses a text that makes no more than most elements.
func tryParse(text string, most int) (root *html.Node, err error) {
	if tooHeavy(text, most) {
		return nil, &ManyElementsError{Most: most}
	}
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

// bytesOfRef is about what an element's address and name take.
const bytesOfRef = 32

// gather goes once through the elements for tags, links, scripts and style
// sheets.
func (p *Page) gather() {
	all := p.elements()
	if p.leads > 0 {
		p.Links, p.words = make([]Link, 0, p.leads), make(map[*html.Node]string, p.leads)
		p.leading, p.refAt, p.refs = make([]*html.Node, 0, p.leads), make([]int, 0, p.leads), make([]byte, 0, p.leads*bytesOfRef)
	}
	for _, n := range all {
		p.note(n)
		switch n.DataAtom {
		case atom.Base:
			if h := dom.Attr(n, "href"); h != "" {
				p.rebase(h)
			}
		case atom.Meta:
			name := strings.TrimSpace(dom.Attr(n, "name"))
			if name == "" || !dom.HasAttr(n, "content") {
				continue
			}
			if o := officialTags[strings.ToLower(name)]; o != "" {
				name = o
			}
			p.Tags[name] = append(p.Tags[name], squeeze(dom.Attr(n, "content")))
		case atom.Script:
			if s := dom.Attr(n, "src"); s != "" {
				p.addLink(s, "", LinkScript)
				if own := encoded.DataText(s); own != "" {
					p.scripts = append(p.scripts, own)
				}
			}
			if t := dom.RawText(n); strings.TrimSpace(t) != "" {
				p.scripts = append(p.scripts, t)
			}
		case atom.Style:
			p.styles = append(p.styles, dom.RawText(n))
		case atom.Link:
			if rel := strings.ToLower(dom.Attr(n, "rel")); strings.Contains(rel, "stylesheet") {
				p.addLink(dom.Attr(n, "href"), "", LinkStyle)
			} else if strings.Contains(rel, "icon") {
				p.addLink(dom.Attr(n, "href"), "", LinkImage)
			} else if strings.Contains(rel, "alternate") && feedTypes[strings.ToLower(strings.TrimSpace(dom.Attr(n, "type")))] {
				if to := p.parsedTarget(strings.TrimSpace(dom.Attr(n, "href"))); to.url != "" {
					p.Feeds = append(p.Feeds, to.url)
				}
			}
		case atom.A, atom.Area:
			if dom.HasAttr(n, "href") {
				p.addLink(dom.Attr(n, "href"), p.linkText(n), "")
			}
		case atom.Img:
			p.addLink(dom.Attr(n, "src"), dom.Attr(n, "alt"), LinkImage)
			p.addPictures(n)
		case atom.Iframe, atom.Frame:
			before := len(p.Links)
			if p.addLink(dom.Attr(n, "src"), "", ""); len(p.Links) > before {
				p.Links[before].Framed = true
			}
		case atom.Embed:
			if s := dom.Attr(n, "src"); s != "" {
				p.addLink(s, "", "")
			}
		case atom.Object:
			if s := dom.Attr(n, "data"); s != "" {
				p.addLink(s, "", "")
			}
		case atom.Video, atom.Audio, atom.Source:
			if s := dom.Attr(n, "src"); s != "" {
				p.addLink(s, "", LinkAttachment)
			}
			p.addPictures(n)
		}
	}
}

// addPictures files what an element shows beside its src: the pictures of its srcset,
// and those that the usual scripts show once the reader has come to them. Of these
// only whole addresses count: a script may put something before any other.
func (p *Page) addPictures(n *html.Node) {
	for _, a := range n.Attr {
		switch a.Key {
		case "srcset":
			for _, s := range sourcesOf(a.Val) {
				p.addLink(s, dom.Attr(n, "alt"), LinkImage)
			}
		case "data-src", "data-original", "data-lazy-src":
			if s := strings.TrimSpace(a.Val); (strings.HasPrefix(s, "/") || strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://")) && imageExt[strings.ToLower(path.Ext(s))] {
				p.addLink(s, dom.Attr(n, "alt"), LinkImage)
			}
		}
	}
}

// sourcesOf are the addresses of a srcset, by the standard's rule: an address may hold
// commas and ends with a blank, or with a comma where no size follows.
func sourcesOf(set string) (out []string) {
	for set != "" {
		set = strings.TrimLeft(set, ", \t\r\n\f")
		end := strings.IndexAny(set, " \t\r\n\f")
		if end < 0 {
			end = len(set)
		}
		address := strings.TrimRight(set[:end], ",")
		if sized := len(address) == end; sized {
			_, set, _ = strings.Cut(set[end:], ",")
		} else {
			set = set[end:]
		}
		if address != "" && len(out) < 20 {
			out = append(out, address)
		}
	}
	return out
}

// note files an element by its attributes.
func (p *Page) note(n *html.Node) {
	if len(n.Attr) == 0 {
		return
	}
	switch n.DataAtom {
	case atom.A, atom.Img, atom.Script, atom.Area, atom.Iframe:
		p.leading = append(p.leading, n)
		p.refAt = append(p.refAt, len(p.refs))
		for _, key := range []string{"href", "src", "id"} {
			p.refs = append(append(p.refs, strings.ToLower(dom.Attr(n, key))...), '\n')
		}
	}
	for _, a := range n.Attr {
		switch a.Key {
		case "data-placeholder":
			p.placeholders = append(p.placeholders, n)
		case "onload", "onerror", "onunload", "onmouseover", "onpageshow", "onbeforeunload", "ontoggle", "onscroll", "onmousemove", "onanimationstart", "onanimationend", "ontransitionend":
			if a.Val != "" {
				p.handlers = append(p.handlers, handler{a.Val, n.DataAtom})
			}
		case "onfocus", "onclick", "ontouchstart":
			if a.Val != "" && (n.DataAtom == atom.Body || a.Key == "onfocus" && dom.HasAttr(n, "autofocus")) {
				p.handlers = append(p.handlers, handler{a.Val, n.DataAtom})
			}
		}
	}
}

// handler is a script in an attribute of an element.
type handler struct {
	src string
	on  atom.Atom
}

func (p *Page) rebase(href string) {
	u, err := url.Parse(asRead(strings.TrimSpace(href)))
	if err != nil || p.based {
		return
	}
	p.based, p.roots = true, roots{}
	if p.at == nil {
		if u.Host != "" {
			p.at, p.base, p.own = u, u, nil
		}
		return
	}
	// A base changes where links lead, not whose page this is.
	if r := p.at.ResolveReference(u); r.Host != "" && (r.Scheme == "http" || r.Scheme == "https") {
		p.base = r
	}
}

var attachmentExt = map[string]bool{
	".pdf": true, ".doc": true, ".docx": true, ".xls": true, ".xlsx": true, ".ppt": true, ".pptx": true, ".wps": true, ".et": true, ".dps": true, ".ofd": true, ".ceb": true, ".csv": true, ".txt": true, ".rtf": true, ".zip": true, ".rar": true, ".7z": true, ".tar": true, ".gz": true,
	".mp3": true, ".mp4": true, ".wav": true, ".flv": true, ".avi": true, ".wmv": true, ".mov": true, ".m4v": true, ".m4a": true, ".webm": true, ".apk": true, ".exe": true, ".swf": true, ".epub": true, ".xml": true, ".json": true,
}

var feedTypes = map[string]bool{"application/rss+xml": true, "application/atom+xml": true, "application/rdf+xml": true, "application/feed+json": true}

var imageExt = map[string]bool{".jpg": true, ".jpeg": true, ".png": true, ".gif": true, ".bmp": true, ".webp": true, ".svg": true, ".ico": true, ".tif": true, ".tiff": true}

func (p *Page) addLink(href, text, kind string) {
	href = strings.TrimSpace(href)
	if href == "" {
		return
	}
	l := Link{Href: href, Text: squeeze(text), Kind: kind, Offered: kind == ""}
	to, plain := p.plainTarget(href)
	if !plain {
		to = p.parsedTarget(href)
	}
	if l.URL = to.url; l.Kind == "" {
		l.Kind = to.kind
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
	if kind := fileKind(u.Path); kind != "" {
		return kind
	}
	if p.at != nil && u.Host == p.at.Host && u.Path == p.at.Path && u.RawQuery == p.at.RawQuery && (u.Fragment != "" || strings.HasSuffix(href, "#")) {
		return LinkAnchor
	}
	return p.hostKind(strings.ToLower(u.Hostname()))
}

// fileKind tells attachments and pictures by the name of their file; "" for
// what may be a page.
func fileKind(file string) string {
	ext := strings.ToLower(path.Ext(file))
	switch {
	case attachmentExt[ext]:
		return LinkAttachment
	case imageExt[ext]:
		return LinkImage
	}
	return ""
}

// hostKind tells a page of the site from one elsewhere.
func (p *Page) hostKind(host string) string {
	if host != "" && !p.ownHost(host) {
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
		t = squeeze(dom.Attr(n, "title"))
	}
	if t == "" {
		for c := dom.Following(n, n); c != nil; c = dom.Following(c, n) {
			if c.DataAtom == atom.Img && dom.Attr(c, "alt") != "" {
				return dom.Attr(c, "alt")
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
	if c := n.FirstChild; c != nil && c.NextSibling == nil && c.Type == html.TextNode && !cellLike(n) {
		return c.Data // the words of a link, as nearly all are
	}
	return string(appendText(nil, n))
}

// appendText appends nodeText(root).
func appendText(b []byte, root *html.Node) []byte {
	empty := len(b)
	for n := root; n != nil; {
		switch {
		case n.Type == html.TextNode:
			b = append(b, n.Data...)
		case n.Type == html.ElementNode && blockLike(n):
			if len(b) > empty {
				b = append(b, '\n')
			}
		case n.DataAtom == atom.Td || n.DataAtom == atom.Th:
			b = append(b, '\t')
		}
		if n.FirstChild != nil && !(n != root && unseen(n)) {
			n = n.FirstChild
			continue
		}
		for n != root && n.NextSibling == nil {
			n = n.Parent
			if blockLike(n) && len(b) > empty {
				b = append(b, '\n')
			}
		}
		if n == root {
			return b
		}
		n = n.NextSibling
	}
	return b
}

func blockLike(n *html.Node) bool {
	switch n.DataAtom {
	case atom.P, atom.Div, atom.Br, atom.Tr, atom.Table, atom.Li, atom.Ul, atom.Ol, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Nav, atom.Dl, atom.Dt, atom.Dd, atom.Form, atom.Blockquote, atom.Hr, atom.Center, atom.Pre:
		return true
	}
	return false
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
