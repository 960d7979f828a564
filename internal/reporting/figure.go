package reporting

import (
	"fmt"
	"slices"

	"zhengshu/internal/calendar"
	"zhengshu/internal/org"
)

// Row is one thing that was counted.
type Row struct {
	Kind string `json:"kind"` // site, account, finding, order, letter
	ID   string `json:"id"`
	Text string `json:"text"`
	Note string `json:"note,omitempty"`
	Link string `json:"link,omitempty"` // path in the console
}

// Figure is a number of the bulletin: the count of its rows.
type Figure struct {
	Key     string `json:"key"` // sites.total
	Section string `json:"section"`
	Name    string `json:"name"`
	Unit    string `json:"unit"` // measure word: 个, 份, 件
	Rows    []Row  `json:"rows"`
}

// N is the number.
func (f Figure) N() int { return len(f.Rows) }

// Share is a figure that is one figure of another, in per cent.
type Share struct {
	Key  string `json:"key"`
	Name string `json:"name"`
	Part string `json:"part"` // key of a figure
	Of   string `json:"of"`
}

// Unqualified is an object of the list: why, and on what evidence.
type Unqualified struct {
	Site    string  `json:"site"`
	Name    string  `json:"name"`
	Unit    string  `json:"unit"`
	Reasons []Cause `json:"reasons"`
}

// Cause is one reason with the findings that prove it.
type Cause struct {
	Indicator string `json:"indicator"`
	Says      string `json:"says"`
	Evidence  []Row  `json:"evidence"`
}

// Content is everything a bulletin says.
type Content struct {
	Area       org.AreaID `json:"area"`
	AreaName   string     `json:"area_name"`
	Office     string     `json:"office"`
	Period     string     `json:"period"`
	PeriodName string     `json:"period_name"`
	// CheckPoint is the day on which sites were judged: the last of the quarter,
	// or the day of counting when that is earlier.
	CheckPoint calendar.Date `json:"check_point"`
	// CountedOn is the day until which rectification was counted.
	CountedOn calendar.Date `json:"counted_on"`
	// Complete is false while the quarter still runs.
	Complete bool   `json:"complete"`
	Pack     string `json:"pack"`
	Source   string `json:"source"`
	// Label is the adoption under which sites were judged, as assessment says it.
	Label      string `json:"label"`
	Unverified bool   `json:"unverified"` // some verdict rests on an unverified value
	// Letters is false when no figures of letters were at hand; then there are
	// none, rather than noughts.
	Letters     bool          `json:"letters"`
	Figures     []Figure      `json:"figures"`
	Shares      []Share       `json:"shares"`
	Unqualified []Unqualified `json:"unqualified"`
}

// Figure is the figure of a key; the empty one when there is none.
func (c Content) Figure(key string) Figure {
	i := slices.IndexFunc(c.Figures, func(f Figure) bool { return f.Key == key })
	if i < 0 {
		return Figure{}
	}
	return c.Figures[i]
}

// Has reports whether the content has a figure.
func (c Content) Has(key string) bool {
	return slices.ContainsFunc(c.Figures, func(f Figure) bool { return f.Key == key })
}

// Section is the figures of one section, in order.
func (c Content) Section(name string) []Figure {
	var out []Figure
	for _, f := range c.Figures {
		if f.Section == name {
			out = append(out, f)
		}
	}
	return out
}

// Percent writes a share with one decimal, rounded half up: 98.4%; a dash when
// there is nothing to take a share of.
func (c Content) Percent(s Share) string { return percent(c.Figure(s.Part).N(), c.Figure(s.Of).N()) }

func percent(part, of int) string {
	if of == 0 {
		return "—"
	}
	n := (part*2000 + of) / (2 * of)
	if n%10 == 0 {
		return fmt.Sprintf("%d%%", n/10)
	}
	return fmt.Sprintf("%d.%d%%", n/10, n%10)
}

// The sections of a bulletin, in order.
const (
	SectionSites    = "检查总体情况"
	SectionLaunch   = "同意开设后逾期未上线情况"
	SectionFindings = "发现的主要问题"
	SectionOrders   = "督促整改情况"
	SectionLetters  = "留言办理情况"
	SectionUrgent   = "应急发布情况"
	SectionBefore   = "上季度问题复查情况"
)

// Sections in order.
var Sections = []string{SectionSites, SectionLaunch, SectionFindings, SectionOrders, SectionLetters, SectionUrgent, SectionBefore}

// families are the kinds of finding a bulletin counts, by the family of the
// check; the last takes the rest.
var families = []struct{ key, name string }{
	{"access", "访问不畅"}, {"home", "首页更新不及时"}, {"column", "栏目不更新或空白"}, {"link", "链接不可用"}, {"footer", "网站标识不全"},
	{"tags", "网页标签不规范"}, {"wording", "错别字和表述不规范"}, {"sensitive", "疑似严重表述错误"}, {"privacy", "泄露个人信息"}, {"concealed", "疑似暗链"}, {"other", "其他问题"},
}
