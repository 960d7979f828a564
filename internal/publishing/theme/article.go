package theme

import (
	"html/template"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

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
	Ends      []Standing // replaced by, archived
	ChangeAs  string     // what Updated was: 更正 or 内容更新
	Image     string     // path of the lead picture
	Form      string     // of an interpretation
	By        string     // who interprets
	Person    *Person    // of a page about a person in charge
	Dataset   *Dataset   // of a page with open data
	Unit      *UnitCard  // of a page about a unit
	Question  string     // of a page that answers one
	Answer    string     // plain
	Service   bool       // a guide to a service
	Phone     string     // to ask
	Lang      string     // of the text; Chinese when empty
	Plates    []Plate    // of a set of pictures, or an interpretation by picture
	Player    *Player    // of a film or a recording
	// Interprets says that the page explains a policy file; Forms are it and the
	// others that explain the same one.
	Interprets bool
	Forms      []FormLink
}

// Plate is one picture of a set.
type Plate struct {
	No      int
	Picture Picture
	Caption string // what it shows, for everybody
	Source  string
}

// Thumb is the picture small, to choose by.
func (p Plate) Thumb() Picture {
	t := p.Picture
	t.Sizes, t.Late = "120px", true
	return t
}

// Player is a film or a recording with what stands in for it: a picture before
// it runs, captions, and the file itself. The browser's own player shows it.
type Player struct {
	Sound    bool
	Src      string
	Kind     string // media type
	Name     string // MP4 视频
	Size     string // 12 MB
	Poster   string
	Captions string // WebVTT
	Label    string
	Duration string // 03:25
	Caption  string
}

// Noun is what the thing is called.
func (p Player) Noun() string {
	if p.Sound {
		return "音频"
	}
	return "视频"
}

// FormLink is one interpretation of a policy file.
type FormLink struct {
	Form, Title, Href, Elder string
	Current                  bool
}

// Pictured says that a set of pictures, not a text, is the page's content.
func (a Article) Pictured() bool { return len(a.Plates) > 0 }

// Changed is how the page says that it was changed.
func (a Article) Changed() string { return orElse(a.ChangeAs, "更新") }

// Explained names the form of an interpretation for its class: text, picture,
// sound, film, qa.
func (a Article) Explained() string {
	switch a.Form {
	case "图解", "图表", "动漫":
		return "picture"
	case "音频":
		return "sound"
	case "短视频", "新闻发布会":
		return "film"
	case "问答":
		return "qa"
	case "":
		return ""
	}
	return "text"
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

// signedDate is the last line of a paper: the day it was written.
var signedDate = regexp.MustCompile(`^\s*\d{4}年\d{1,2}月\d{1,2}日\s*$`)

// level finds the headings of a paper that stand in lines of their own, by
// their numbers as GB/T 9704 sets them: 一、 and （一）.
var level = regexp.MustCompile(`<p(?: class="indent2")?>((?:[一二三四五六七八九十]{1,3}、|（[一二三四五六七八九十]{1,3}）)[^<。；：]{1,40})</p>`)

// Paper is the text of an official document (公文): the addressees flush left,
// headings of the first and second level, and under the text who signs and the
// day, to the right.
func Paper(safe string) template.HTML {
	safe = level.ReplaceAllStringFunc(safe, func(p string) string {
		text := p[strings.IndexByte(p, '>')+1:]
		class := "doc-level-1"
		if strings.HasPrefix(text, "（") {
			class = "doc-level-2"
		}
		return `<p class="` + class + `">` + text
	})
	// The last two lines: who signs, and the day.
	const open, end = "<p>", "</p>"
	if at := strings.LastIndex(safe, open); at >= 0 {
		if day, ok := strings.CutSuffix(strings.TrimSpace(safe[at+len(open):]), end); ok && signedDate.MatchString(day) {
			before := strings.TrimRight(safe[:at], "\n ")
			if who := strings.LastIndex(before, open); who >= 0 && strings.HasSuffix(before, end) {
				if name := before[who+len(open) : len(before)-len(end)]; !strings.ContainsAny(name, "<。；：，") && utf8.RuneCountInString(name) <= 40 {
					before = before[:who] + `<p class="doc-signature">` + name + end
				}
			}
			safe = before + `<p class="doc-signature doc-day">` + day + end
		}
	}
	return Body(safe)
}

// Write puts the text in: what prose made, which is safe by construction; an
// official document is set as one.
func (a *Article) Write(body string) {
	if a.Policy != nil {
		a.Body = Paper(body)
		return
	}
	a.Body = Body(body)
}

// PaperHead is the red head of an official document's page.
type PaperHead struct {
	Issuers []string
	Kind    string // 文件, beside several issuers; none for a letter (函)
	Number  string
	Long    bool // names that need a smaller size
}

// Paper is the head of an article that is an official document with a number;
// nil for any other, and for one whose text brings its own head.
func (a Article) Paper() *PaperHead {
	if a.Policy == nil || a.Policy.Number == "" || a.Policy.Issuer == "" || strings.Contains(string(a.Body), `class="doc-head"`) {
		return nil
	}
	p := &PaperHead{Issuers: strings.Fields(a.Policy.Issuer), Number: a.Policy.Number, Kind: "文件"}
	if strings.Contains(a.Policy.Number, "函") {
		p.Kind = ""
	}
	if len(p.Issuers) == 1 { // on one line: 某某人民政府文件
		p.Issuers[0], p.Kind = p.Issuers[0]+p.Kind, ""
	}
	for _, name := range p.Issuers {
		p.Long = p.Long || utf8.RuneCountInString(name) > 14
	}
	return p
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

// ArticleFrame is the frame of a content page.
func ArticleFrame(s Site, a Article, path, elder string) Frame {
	f := Frame{Site: s, Title: a.Title, Path: path, Column: a.Column.Slug, Elder: elder, Class: "page-article"}
	if a.Policy != nil {
		f.Class += " page-paper"
	}
	for _, parent := range s.Columns {
		if parent.ID == a.Column.Parent && a.Column.Parent != "" {
			f.Crumbs = append(f.Crumbs, Link{parent.Name, parent.Href()})
		}
	}
	if a.Column.Slug == "" { // the column is no more, the page is archived
		f.Crumbs = append(f.Crumbs, Link{Text: "正文"})
	} else {
		f.Crumbs = append(f.Crumbs, Link{a.Column.Name, a.Column.Href()}, Link{Text: "正文"})
	}
	f.Tags = append(columnTags(a.Column, false),
		Tag{"ArticleTitle", a.Title}, Tag{"PubDate", Minute(a.Published)}, Tag{"ContentSource", orElse(a.Source, s.Sponsor)})
	image := a.Image
	if strings.HasPrefix(image, "/") {
		image = s.Origin() + image
	}
	for _, t := range []Tag{{"Keywords", semicolons(a.Keywords)}, {"Author", a.Author}, {"Description", a.Summary}, {"Image", image}, {"Url", s.Origin() + path}} {
		if t.Content != "" {
			f.Tags = append(f.Tags, t)
		}
	}
	f.Data = append(articleThings(s, a, path), breadcrumb(s, f.Crumbs, path))
	if a.Person != nil {
		f.Class = "page-article page-person"
	}
	return f
}
