package layout

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/registry"
)

// Kind is a kind of block.
type Kind string

// The kinds of block.
const (
	Notices     Kind = "notices"     // 公告栏
	Lead        Kind = "lead"        // 头条
	Pictures    Kind = "pictures"    // 图片新闻
	List        Kind = "list"        // 栏目列表
	Columns     Kind = "columns"     // 两栏、三栏
	Icons       Kind = "icons"       // 图标链接
	Search      Kind = "search"      // 搜索框
	Services    Kind = "services"    // 办事入口
	Interaction Kind = "interaction" // 互动交流
	Topics      Kind = "topics"      // 专题横幅
	Matrix      Kind = "matrix"      // 矩阵入口
	Figures     Kind = "figures"     // 信息统计
	Links       Kind = "links"       // 自选链接
	Leaders     Kind = "leaders"     // 领导信息
	Picked      Kind = "picked"      // 自选稿件
	Words       Kind = "words"       // 文字
)

// Link is an entrance that staff typed.
type Link struct {
	Text string `json:"text"`
	Href string `json:"href"`
	Note string `json:"note,omitempty"`
	Icon string `json:"icon,omitempty"`
}

// IconNames are the drawings a link may bear.
var IconNames = []struct{ Key, Name string }{
	{"doc", "文件"}, {"person", "人"}, {"home", "房屋"}, {"card", "证件"}, {"health", "医疗"}, {"school", "教育"}, {"work", "就业"}, {"money", "资金"}, {"car", "交通"}, {"phone", "电话"}, {"mail", "信件"}, {"map", "地图"},
}

// Block is one block with its settings.
type Block struct {
	ID       string              `json:"id"`
	Kind     Kind                `json:"kind"`
	Heading  string              `json:"heading,omitempty"` // instead of the usual one
	Text     string              `json:"text,omitempty"`    // of Words; the hint of Search
	Columns  []registry.ColumnID `json:"columns,omitempty"`
	Items    []library.ItemID    `json:"items,omitempty"` // of Picked
	Count    int                 `json:"count,omitempty"`
	Pictures bool                `json:"pictures,omitempty"`
	Briefs   bool                `json:"briefs,omitempty"`
	Links    []Link              `json:"links,omitempty"`
}

// Spec is what a kind of block may be told.
type Spec struct {
	Kind Kind
	Name string
	Says string // what it shows
	// Home and Topic are where it may stand; Once: not twice on a page.
	Home, Topic, Once bool
	// Columns it shows, at least and at most; Type narrows the choice.
	MinColumns, MaxColumns int
	Type                   string
	Items                  int // hand-picked items at most
	Usual, MaxCount        int // entries of each column; 0 for none
	Pictures, Briefs       bool
	Links                  int // at most
	Icons                  bool
	Heading                bool
	Text                   int // characters, 0 for none
	TextName               string
	// Height in pixels at a window of 1366: fixed, and for each row of entries.
	Fixed, Row int
}

// Specs are the kinds of block in the order of the menu.
var Specs = []Spec{
	{Kind: Notices, Name: "公告栏", Says: "依法悬挂的公告和编辑发布的公告，没有公告时不占位置", Home: true, Once: true, Fixed: 56},
	{Kind: Lead, Name: "头条", Says: "一个栏目最新的一条，大字居中", Home: true, Topic: true, Once: true, MinColumns: 1, MaxColumns: 1, Briefs: true, Fixed: 150},
	{Kind: Pictures, Name: "图片新闻", Says: "一个栏目里带图片的最新稿件", Home: true, Topic: true, Heading: true, MinColumns: 1, MaxColumns: 1, Usual: 4, MaxCount: 8, Briefs: true, Fixed: 80, Row: 240},
	{Kind: List, Name: "栏目列表", Says: "一个栏目的最新标题，占整行", Home: true, Topic: true, Heading: true, MinColumns: 1, MaxColumns: 1, Usual: 8, MaxCount: 20, Pictures: true, Briefs: true, Fixed: 80, Row: 42},
	{Kind: Columns, Name: "并列栏目", Says: "两个或三个栏目并排，标题各一列", Home: true, Topic: true, Heading: true, MinColumns: 2, MaxColumns: 3, Usual: 6, MaxCount: 12, Pictures: true, Fixed: 80, Row: 42},
	{Kind: Search, Name: "搜索框", Says: "按文号、标题、原句查政策文件", Home: true, Heading: true, Once: true, Links: 8, Text: 40, TextName: "框里的提示", Fixed: 150},
	{Kind: Services, Name: "办事入口", Says: "政务服务网和常用办事入口（第十三条（一））", Home: true, Heading: true, Once: true, Links: 12, Icons: true, Fixed: 200},
	{Kind: Interaction, Name: "互动交流", Says: "写信、查询来信、网站找错和自选入口", Home: true, Heading: true, Once: true, Links: 6, Fixed: 170},
	{Kind: Icons, Name: "图标链接", Says: "带图标的入口，每行四个", Home: true, Topic: true, Heading: true, Links: 12, Icons: true, Fixed: 80, Row: 110},
	{Kind: Topics, Name: "专题横幅", Says: "正在进行的专题，先到期的在前；没有专题时不占位置", Home: true, Heading: true, Once: true, Usual: 3, MaxCount: 6, Fixed: 60, Row: 130},
	{Kind: Leaders, Name: "领导信息", Says: "领导姓名、职务，链接到各自页面", Home: true, Heading: true, MinColumns: 1, MaxColumns: 1, Type: "负责人信息", Usual: 8, MaxCount: 16, Fixed: 80, Row: 60},
	{Kind: Matrix, Name: "矩阵入口", Says: "政府网站和政务新媒体矩阵的入口", Home: true, Heading: true, Once: true, Links: 8, Fixed: 120},
	{Kind: Figures, Name: "信息统计", Says: "所选栏目现有信息的数量，随发布变化", Home: true, Heading: true, Once: true, MinColumns: 1, MaxColumns: 6, Fixed: 140},
	{Kind: Links, Name: "自选链接", Says: "一组文字链接", Home: true, Topic: true, Heading: true, Links: 40, Fixed: 110},
	{Kind: Picked, Name: "自选稿件", Says: "从信息资源库逐篇挑选，次序由您定", Topic: true, Home: true, Heading: true, Items: 30, Pictures: true, Briefs: true, Fixed: 80, Row: 42},
	{Kind: Words, Name: "文字", Says: "一段说明文字", Topic: true, Heading: true, Text: 1000, TextName: "文字", Fixed: 160},
}

// SpecOf a kind; ok is false for an unknown one.
func SpecOf(k Kind) (Spec, bool) {
	i := slices.IndexFunc(Specs, func(s Spec) bool { return s.Kind == k })
	if i < 0 {
		return Spec{}, false
	}
	return Specs[i], true
}

// Name of the block: its own heading, or that of its kind.
func (b Block) Name() string {
	s, _ := SpecOf(b.Kind)
	if b.Heading != "" {
		return s.Name + "“" + b.Heading + "”"
	}
	return s.Name
}

// Entries is how many the block shows of each column.
func (b Block) Entries() int {
	s, _ := SpecOf(b.Kind)
	if b.Count <= 0 {
		return s.Usual
	}
	return min(b.Count, s.MaxCount)
}

// Height is about how tall the block is, in pixels at a window of 1366.
func (b Block) Height() int {
	s, _ := SpecOf(b.Kind)
	rows := b.Entries()
	switch b.Kind {
	case Pictures:
		rows = (rows + 3) / 4
	case Leaders:
		rows = (rows + 7) / 8
	case Topics:
		rows = (rows + 2) / 3
	case Icons:
		rows = (len(b.Links) + 3) / 4
	case Picked:
		rows = len(b.Items)
	}
	h := s.Fixed + s.Row*rows
	if b.Briefs && s.Row > 0 {
		h += 30 * rows
	}
	return h
}

// Limits of a composition.
const (
	MaxBlocks = 24
	// ScreenHeight is one screen of an office computer, in pixels; a home page is
	// at most MaxScreens of them (首页不宜过长).
	ScreenHeight = 768
	MaxScreens   = 7
)

// Length of a page of these blocks, in hundredths of a screen.
func Length(blocks []Block) int {
	h := 330 // head and foot
	for _, b := range blocks {
		h += b.Height()
	}
	return h * 100 / ScreenHeight
}

// Board kinds.
const (
	HomeBoard  = "home"
	TopicBoard = "topic"
)

// tidy checks what one block is told against its kind. known are the open
// columns of the site.
func (b Block) tidy(board string, known map[registry.ColumnID]registry.Column) (Block, error) {
	s, ok := SpecOf(b.Kind)
	if !ok || board == HomeBoard && !s.Home || board == TopicBoard && !s.Topic {
		return b, fault.New(fault.Invalid, "这里不能放这种版块，请从列表中选择。").On("kind", "请从列表中选择")
	}
	b.Heading, b.Text = strings.TrimSpace(b.Heading), strings.TrimSpace(b.Text)
	var f fault.Fields
	f.Text("heading", "版块标题", b.Heading, false, 20)
	f.Check(s.Heading || b.Heading == "", "heading", "这种版块没有标题")
	if s.Text > 0 {
		f.Text("text", s.TextName, b.Text, b.Kind == Words, s.Text)
	} else {
		f.Check(b.Text == "", "text", "这种版块没有文字")
	}
	seen := map[registry.ColumnID]bool{}
	b.Columns = slices.DeleteFunc(slices.Clone(b.Columns), func(c registry.ColumnID) bool {
		dup := c == "" || seen[c]
		seen[c] = true
		return dup
	})
	for i, c := range b.Columns {
		o, ok := known[c]
		f.Check(ok, fmt.Sprintf("column%d", i+1), "没有找到这个栏目，请从本站现有栏目中选择")
		f.Check(!ok || s.Type == "" || o.Type == s.Type, fmt.Sprintf("column%d", i+1), "请选择“"+s.Type+"”类的栏目")
	}
	switch n := len(b.Columns); {
	case s.MaxColumns == 0:
		f.Check(n == 0, "column1", "这种版块不选栏目")
	case n < s.MinColumns:
		f.Add(fmt.Sprintf("column%d", n+1), fmt.Sprintf("请选择栏目，至少 %d 个", s.MinColumns))
	case n > s.MaxColumns:
		f.Add("column1", fmt.Sprintf("最多选择 %d 个栏目", s.MaxColumns))
	}
	if s.MaxCount > 0 {
		f.Check(b.Count >= 0 && b.Count <= s.MaxCount, "count", fmt.Sprintf("条数请填 1 到 %d，不填为 %d", s.MaxCount, s.Usual))
	} else {
		b.Count = 0
	}
	b.Pictures, b.Briefs = b.Pictures && s.Pictures, b.Briefs && s.Briefs
	f.Check(len(b.Items) <= s.Items, "items", fmt.Sprintf("最多挑选 %d 篇", s.Items))
	f.Check(len(b.Links) <= s.Links, "links", fmt.Sprintf("最多 %d 个链接", s.Links))
	b.Links = slices.Clone(b.Links)
	for i := range b.Links {
		l := &b.Links[i]
		l.Text, l.Href, l.Note = strings.TrimSpace(l.Text), strings.TrimSpace(l.Href), strings.TrimSpace(l.Note)
		at := fmt.Sprintf("第 %d 个链接", i+1)
		f.Check(l.Text != "" && len([]rune(l.Text)) <= 30, "links", at+"的名称请写 1 到 30 个字")
		f.Check(len([]rune(l.Note)) <= 40, "links", at+"的说明最多 40 个字")
		f.Check(GoodHref(l.Href), "links", at+"的网址要以 https://、http:// 或 / 开头，例如 /letters/")
		l.Icon = iconOf(l.Icon)
	}
	if b.ID == "" {
		b.ID = strings.ToLower(ulid.Make().String())
	}
	return b, f.Err()
}

func iconOf(key string) string {
	for _, i := range IconNames {
		if i.Key == key {
			return key
		}
	}
	return ""
}

// GoodHref reports whether an address may stand on a public page: a page of the
// site itself, or one of the web.
func GoodHref(s string) bool {
	if len(s) > 500 || strings.ContainsAny(s, " \t\r\n\"'<>\\") {
		return false
	}
	u, err := url.Parse(s)
	if err != nil {
		return false
	}
	if u.Scheme == "" && u.Host == "" {
		return strings.HasPrefix(s, "/") && !strings.HasPrefix(s, "//")
	}
	return (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil
}

// maxJSON bounds what is kept of one composition.
const maxJSON = 256 << 10

func encode(blocks []Block) (string, error) {
	if blocks == nil {
		blocks = []Block{}
	}
	b, err := json.Marshal(blocks)
	if err == nil && len(b) > maxJSON {
		return "", fault.New(fault.Invalid, "版块内容太多，请减少自选链接、稿件或版块。")
	}
	return string(b), err
}

func decode(s string) ([]Block, error) {
	if s == "" {
		return nil, nil
	}
	d := json.NewDecoder(strings.NewReader(s))
	d.DisallowUnknownFields()
	var out []Block
	if err := d.Decode(&out); err != nil {
		return nil, fmt.Errorf("layout: blocks: %w", err)
	}
	if out == nil {
		out = []Block{}
	}
	return out, nil
}
