package theme

import (
	"html/template"
	"strings"
	"time"
	"unicode/utf8"
)

// Block is one column on the home page.
type Block struct {
	Column  Column
	Entries []Entry
}

// Home is the home page.
type Home struct {
	Lead    Entry // the headline; empty for none
	Main    []Block
	Policy  []Block
	Others  []Block
	Updated time.Time
}

// ColumnPage is one page of a column. Archive pages are numbered from the
// oldest, so that a new item moves none.
type ColumnPage struct {
	Column   Column
	Children []Column
	Siblings []Column
	Entries  []Entry
	Page     int // 0 for the newest, which has no number
	Newer    string
	Older    string
	Oldest   string
}

// Article is one content page.
type Article struct {
	Title     string
	Column    Column
	Published time.Time // first publication, never rewritten
	Updated   time.Time // of a correction; zero for none
	Source    string
	SourceURL string
	Author    string
	Summary   string
	Keywords  string
	Body      template.HTML
	Policy    *PolicyHead
	Related   []Link // policy and interpretation, both ways
	RelatedAs string // 相关解读 or 解读文件
	News      bool
	Standing  *Standing  // where a document no longer, or not yet, holds
	Facts     []HeadCell // what its type says beside the text
	Affects   []Link     // what this document amends or repeals
}

// Standing is the label of a document that was amended or repealed, has lapsed
// or is not in force yet; it stands above the title.
type Standing struct {
	Ended bool
	Says  string
	By    []Link // what did it; without address where it stands elsewhere
}

// Body marks a text as HTML that may stand in a page as it is. Only what the
// document schema has written is (package prose).
//
// A text that opens with those it is sent to (“各市、县、区人民政府：”) has them
// flush left, as GB/T 9704 sets the 主送机关; other paragraphs are indented.
func Body(safe string) template.HTML {
	if first, rest, ok := strings.Cut(safe, "</p>"); ok && strings.HasPrefix(first, "<p>") && strings.HasSuffix(first, "：") && utf8.RuneCountInString(first) <= 120 {
		safe = `<p class="doc-recipients">` + first[len("<p>"):] + "</p>" + rest
	}
	return template.HTML(safe)
}

// PolicyHead is the block above a policy document.
type PolicyHead struct {
	IndexNo  string
	Topic    string
	Issuer   string
	Written  string
	Title    string
	Number   string
	Released string
	State    string // 有效, 失效 …; "" when it is not known
	From     string // day it takes effect
	Until    string // last day it holds
	Filing   string // number of a normative document's filing
}

// HeadCell is one name and value of the block; it spans the row when alone.
type HeadCell struct {
	Name, Value string
	Alone       bool
}

// Rows lays the block out, two to a row, in the order of 国办发〔2017〕47号's
// example; what is not known has no cell, so no box stands empty.
func (p PolicyHead) Rows() [][]HeadCell {
	var rows [][]HeadCell
	var open []HeadCell
	flush := func() {
		if len(open) == 1 {
			open[0].Alone = true
		}
		if len(open) > 0 {
			rows, open = append(rows, open), nil
		}
	}
	for _, c := range []HeadCell{{"索引号", p.IndexNo, false}, {"主题分类", p.Topic, false}, {"发文机关", p.Issuer, false}, {"成文日期", p.Written, false},
		{"标题", p.Title, true}, {"发文字号", p.Number, false}, {"发布日期", p.Released, false}, {"有效性", p.State, false},
		{"生效日期", p.From, false}, {"有效期至", p.Until, false}, {"登记号", p.Filing, false}} {
		switch {
		case c.Value == "":
			continue
		case c.Alone:
			flush()
		}
		if open = append(open, c); c.Alone || len(open) == 2 {
			flush()
		}
	}
	flush()
	return rows
}

// SearchHit is one result on the search page.
type SearchHit struct {
	Title  string
	Href   string
	Kind   string
	Number string
	At     time.Time
	Runs   []Run
}

// Run is a stretch of a snippet.
type Run struct {
	Text string
	Hit  bool
}

// Search is the search page.
type Search struct {
	Query string
	Hits  []SearchHit
	Total int
	Loose bool
	Page  int
	Prev  string
	Next  string
	Hot   []Link
}

// Message is a page that says why something is not there.
type Message struct {
	Status  int
	Heading string
	Says    string
	Links   []Link
}

// Map is the site map page.
type Map struct{ Blocks []MapBlock }

// MapBlock is a column with what is below it.
type MapBlock struct {
	Column Column
	Below  []Column
}

// Embedded is a body of another door shown in the site's frame. Body comes
// from that door's own typed template.
type Embedded struct {
	Title       string
	Description string // one sentence for the tags
	Body        template.HTML
	Crumbs      []Link // between 首页 and the title
	Kind        string // ColumnType, 互动交流 when empty
}

// Text is a plain page of the theme: accessibility, contact.
type Text struct {
	Title string
	Paras []string
	Facts []Fact
}

// Fact is one line of a summary.
type Fact struct{ Name, Value string }

// The pages of the theme.
var (
	HomePage         = define[Home]("home.html", "portal")
	ColumnListPage   = define[ColumnPage]("column.html", "portal")
	ArticlePage      = define[Article]("article.html", "portal")
	SearchPage       = define[Search]("search.html", "portal")
	MessagePage      = define[Message]("message.html", "portal")
	MapPage          = define[Map]("map.html", "portal")
	EmbeddedPage     = define[Embedded]("embedded.html", "portal")
	TextPage         = define[Text]("text.html", "portal")
	ElderHomePage    = define[ElderHome]("elder_home.html", "elder")
	ElderColumnPage  = define[ColumnPage]("elder_column.html", "elder")
	ElderArticlePage = define[Article]("elder_article.html", "elder")
	elderMessagePage = define[Message]("elder_message.html", "elder")
)

// ElderHome is the elder home: at most eight large cards.
type ElderHome struct {
	Cards  []Card
	Latest []Entry
}

// Card is a large card of the elder home.
type Card struct {
	Text string
	Note string
	Href string
}

// HomeFrame is the frame of the home page.
func HomeFrame(s Site) Frame {
	return Frame{
		Site: s, Path: "/", Elder: "/elder/", Feed: "/rss.xml", FeedTitle: s.Name, Class: "page-home",
		Tags: []Tag{{"Keywords", s.Name + ";政务公开;政策文件;政民互动"}, {"Description", s.Name + "：政务信息公开、政策文件和解读、政民互动。"}, {"Url", s.Origin() + "/"}},
		Data: []any{organisation(s), website(s)},
	}
}

// ColumnFrame is the frame of a column's page.
func ColumnFrame(s Site, p ColumnPage) Frame {
	c := p.Column
	f := Frame{
		Site: s, Title: c.Name, Path: c.Href(), Column: c.Slug, Elder: c.ElderHref(), Feed: c.Feed(), FeedTitle: c.Name,
		Tags: columnTags(c, true), Class: "page-column",
	}
	for _, parent := range s.Columns {
		if parent.ID == c.Parent && c.Parent != "" {
			f.Crumbs = append(f.Crumbs, Link{parent.Name, parent.Href()})
		}
	}
	f.Crumbs = append(f.Crumbs, Link{Text: c.Name})
	if p.Page > 0 {
		f.Path = ArchivePath(c, p.Page)
		f.Title = c.Name + "（往期第" + itoa(p.Page) + "页）"
	}
	f.Data = []any{breadcrumb(s, f.Crumbs, f.Path)}
	return f
}

// ArchivePath is where an archive page of a column lies.
func ArchivePath(c Column, page int) string { return c.Href() + "page-" + itoa(page) + ".html" }

func columnTags(c Column, whole bool) []Tag {
	t := []Tag{{"ColumnName", c.Name}, {"ColumnType", c.Type}}
	if !whole {
		return t
	}
	t = append(t, Tag{"ColumnDescription", c.Description})
	return append(t, Tag{"ColumnKeywords", orElse(semicolons(c.Keywords), c.Name+";"+c.Type)})
}

// ArticleFrame is the frame of a content page.
func ArticleFrame(s Site, a Article, path, elder string) Frame {
	f := Frame{Site: s, Title: a.Title, Path: path, Column: a.Column.Slug, Elder: elder, Class: "page-article"}
	for _, parent := range s.Columns {
		if parent.ID == a.Column.Parent && a.Column.Parent != "" {
			f.Crumbs = append(f.Crumbs, Link{parent.Name, parent.Href()})
		}
	}
	f.Crumbs = append(f.Crumbs, Link{a.Column.Name, a.Column.Href()}, Link{Text: "正文"})
	f.Tags = append(columnTags(a.Column, false),
		Tag{"ArticleTitle", a.Title}, Tag{"PubDate", Minute(a.Published)}, Tag{"ContentSource", orElse(a.Source, s.Sponsor)})
	for _, t := range []Tag{{"Keywords", semicolons(a.Keywords)}, {"Author", a.Author}, {"Description", a.Summary}, {"Url", s.Origin() + path}} {
		if t.Content != "" {
			f.Tags = append(f.Tags, t)
		}
	}
	f.Data = []any{article(s, a, path), breadcrumb(s, f.Crumbs, path)}
	return f
}

// PlainFrame is the frame of a page that is neither column nor content: search,
// site map, messages. Such a page carries column tags of its own, since readers
// of tags know only three classes.
func PlainFrame(s Site, title, path, kind, description string) Frame {
	return Frame{
		Site: s, Title: title, Path: path, Crumbs: []Link{{Text: title}},
		Tags: columnTags(Column{Name: title, Type: orElse(kind, "办事服务"), Description: orElse(description, s.Name+"的“"+title+"”页面。"), Keywords: title + ";" + s.Name}, true),
	}
}

// EmbeddedFrame is the frame around a body of another door.
func EmbeddedFrame(s Site, e Embedded, path string) Frame {
	f := PlainFrame(s, e.Title, path, orElse(e.Kind, "互动交流"), e.Description)
	f.Crumbs = append(append([]Link{}, e.Crumbs...), Link{Text: e.Title})
	f.Class = "page-embedded"
	f.NoIndex = true
	return f
}

// Elderly turns a frame into that of its elder twin.
func (f Frame) Elderly(path string) Frame {
	f.Plain, f.Path, f.Elder, f.Feed = f.Path, path, "", ""
	f.Class += " elder"
	f.Data = nil
	return f
}

func semicolons(s string) string {
	parts := strings.FieldsFunc(s, func(r rune) bool { return r == ';' || r == '；' || r == ',' || r == '，' || r == '、' })
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return strings.Join(parts, ";")
}

func orElse(s, other string) string {
	if strings.TrimSpace(s) == "" {
		return other
	}
	return s
}

// MessageFor is the message of a status. says replaces the usual sentence,
// for the notice of a site that is offline.
func MessageFor(status int, says string) Message {
	m := Message{Status: status, Links: []Link{{"网站地图", "/map.html"}}}
	switch status {
	case 403:
		m.Heading, m.Says = "不能这样访问", "服务器没有接受这次访问。请从首页重新进入；多次出现请打电话告诉我们。"
	case 404:
		m.Heading, m.Says = "没有找到这个页面", "网址可能有误，或者页面已经移走。请核对网址，或者从首页、网站地图查找。"
	case 410:
		m.Heading, m.Says = "这条信息已经撤下", "发布单位已撤下这条信息，本站不再提供。"
	case 503:
		m.Status, m.Heading, m.Says, m.Links = 0, "网站暂停服务", "网站正在维护，请稍后再来。", nil
	default:
		m.Heading, m.Says = "页面暂时打不开", "服务器出了问题，我们会尽快处理。请过几分钟再试。"
	}
	if says != "" {
		m.Says = says
	}
	return m
}

// MessageFrame is the frame of a message.
func MessageFrame(s Site, m Message, path string) Frame {
	f := PlainFrame(s, m.Heading, path, "", "")
	f.NoIndex, f.Crumbs, f.Class = true, nil, "page-message"
	return f
}

// DrawMessage draws the message that stands at an address, in the elder layout
// for a reader who was in it.
func DrawMessage(s Site, m Message, path string) ([]byte, error) {
	f := MessageFrame(s, m, path)
	if path == "/elder" || strings.HasPrefix(path, "/elder/") {
		f.Class = "elder page-message"
		return elderMessagePage.Draw(f, m)
	}
	return MessagePage.Draw(f, m)
}

// MapOf is the site map page of a site.
func MapOf(s Site) Map {
	var m Map
	for _, c := range s.Top() {
		m.Blocks = append(m.Blocks, MapBlock{c, s.Below(c.ID)})
	}
	return m
}

// TextAt is a text page with its path.
type TextAt struct {
	Path string
	Text Text
}

// TextPages are the pages every site has: contact, about, accessibility.
func TextPages(s Site) []TextAt {
	contact := []Fact{{"主办单位", s.Sponsor}}
	for _, f := range []Fact{{"联系电话", s.Contact}, {"地址", s.Address}} {
		if f.Value != "" {
			contact = append(contact, f)
		}
	}
	about := []Fact{{"网站名称", s.Name}, {"主办单位", s.Sponsor}, {"英文域名", s.Host}}
	for _, f := range []Fact{{"中文域名", s.ChineseDomain}, {"网站标识码", s.SiteCode}, {"ICP备案编号", s.ICP}, {"公安备案", s.PoliceFiling}} {
		if f.Value != "" {
			about = append(about, f)
		}
	}
	paras := []string{"本站由" + s.Sponsor + "主办，发布本单位职责范围内的政务信息。"}
	if s.Demo {
		paras = append(paras, "这是演示系统，不是政府网站。页面上的单位、文件、编号、备案信息和标识均为虚构或占位，不能作为办事依据。")
	} else {
		paras = append(paras, "转载本站信息请注明来源。发现内容有误或链接失效，请通过页面底部的“我为政府网站找错”告诉我们。")
	}
	return []TextAt{
		{"/contact.html", Text{"联系我们", []string{"工作时间内可以打电话或者到访；也可以在网上写信。"}, contact}},
		{"/about.html", Text{"关于本站", paras, about}},
		{"/accessibility.html", Text{"无障碍声明", []string{
			"本站按照《Web内容无障碍指南》2.2 AA级的要求建设：全部页面可以只用键盘操作，放大到400%不丢失内容，不依赖脚本，图片有替代文字，颜色不单独表示含义。",
			"每页上方有“长辈版”入口。长辈版文字更大、一栏排列，没有浮动窗口。",
			"阅读或使用有困难，请打电话或写信告诉我们，我们会以您方便的方式提供信息。"}, contact}},
	}
}

// ElderHomeFrame is the frame of the elder home.
func ElderHomeFrame(s Site) Frame {
	f := PlainFrame(s, "长辈版", "/", "办事服务", s.Name+"的大字版首页：打电话、看通知、写信。")
	return f.Elderly("/elder/")
}

// ElderHomeOf is the elder home of a site: what older readers come for first,
// at most eight cards.
func ElderHomeOf(s Site, latest []Entry) ElderHome {
	h := ElderHome{Latest: latest}
	if s.Contact != "" {
		h.Cards = append(h.Cards, Card{"打电话问", s.Contact, "tel:" + funcs["digits"].(func(string) string)(s.Contact)})
	}
	for _, w := range []struct{ kind, text string }{{"办事服务", "办事情"}, {"通知公告", "看通知"}, {"政务动态", "看新闻"}, {"政策文件", "看政策"}, {"政策解读", "政策怎么说"}} {
		for _, c := range s.Columns {
			if c.Type == w.kind && len(h.Cards) < 5 {
				h.Cards = append(h.Cards, Card{w.text, c.Name, c.ElderHref()})
				break
			}
		}
	}
	if s.Doors.Letters != "" {
		h.Cards = append(h.Cards, Card{"写信提意见", "有回音", s.Doors.Letters})
	}
	h.Cards = append(h.Cards, Card{"办公地方在哪里", "地址和电话", "/contact.html"}, Card{"回到普通版", "", "/"})
	return h
}
