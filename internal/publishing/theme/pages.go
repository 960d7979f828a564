package theme

import (
	"html/template"
	"strings"
	"time"
)

// SearchHit is one result on the search page.
type SearchHit struct {
	Title  string
	Href   string
	Kind   string
	Number string
	At     time.Time
	Runs   []Run
	State  string // validity, 已归档 …
	Ended  bool
	Issuer string
	Form   string
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

// Map is the site map page.
type Map struct {
	Blocks []MapBlock
	Topics bool // the site has, or had, topics
}

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

// The pages of the theme.
var (
	HomePage           = define[Home]("home.html", "portal")
	ColumnListPage     = define[ColumnPage]("column.html", "portal")
	ArticlePage        = define[Article]("article.html", "portal")
	GalleryPage        = define[Article]("gallery.html", "portal")
	PlayerPage         = define[Article]("player.html", "portal")
	InterpretationPage = define[Article]("interpretation.html", "portal")
	SearchPage         = define[Search]("search.html", "portal")
	MessagePage        = define[Message]("message.html", "portal")
	MapPage            = define[Map]("map.html", "portal")
	EmbeddedPage       = define[Embedded]("embedded.html", "portal")
	TopicPage          = define[Topic]("topic.html", "portal")
	TopicsPage         = define[Topics]("topics.html", "portal")
	MatrixPage         = define[Matrix]("matrix.html", "portal")
	TextPage           = define[Text]("text.html", "portal")
	ElderHomePage      = define[ElderHome]("elder_home.html", "elder")
	ElderColumnPage    = define[ColumnPage]("elder_column.html", "elder")
	ElderArticlePage   = define[Article]("elder_article.html", "elder")
	ElderTopicPage     = define[Topic]("elder_topic.html", "elder")
	ElderTopicsPage    = define[Topics]("elder_topics.html", "elder")
	elderMessagePage   = define[Message]("elder_message.html", "elder")
)

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

// MapOf is the site map page of a site.
func MapOf(s Site) Map {
	var m Map
	for _, c := range s.Top() {
		m.Blocks = append(m.Blocks, MapBlock{c, s.Below(c.ID)})
	}
	return m
}
