package reporting

import (
	"slices"
	"strconv"

	"zhengshu/internal/calendar"
	"zhengshu/internal/org"
	"zhengshu/internal/percent"
)

// Row is one thing that was counted.
type Row struct {
	Kind string `json:"kind"` // site, account, app, finding, order, letter, item, bulletin …
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
	// Told is the number where the rows stay in the house: in what the public
	// reads.
	Told int `json:"told,omitempty"`
}

// N is the number.
func (f Figure) N() int {
	if f.Rows == nil {
		return f.Told
	}
	return len(f.Rows)
}

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

// Table is rows shown together: not a number of its own, but what numbers are
// compared by.
type Table struct {
	Key     string     `json:"key"`
	Section string     `json:"section"`
	Name    string     `json:"name"`
	Header  []string   `json:"header"`
	Widths  []int      `json:"widths,omitempty"`
	Rows    [][]string `json:"rows"`
	Links   []string   `json:"links,omitempty"` // of the rows, where they lead in the console
	// Apart tables are long: the document has them as an attachment.
	Apart bool `json:"apart,omitempty"`
	// Merge is how many columns from the left are joined where rows say the same.
	Merge int `json:"merge,omitempty"`
}

// Chart is drawn of figures: one value for each label.
type Chart struct {
	Key     string `json:"key"`
	Section string `json:"section"`
	Name    string `json:"name"`
	Unit    string `json:"unit"`
	Line    bool   `json:"line,omitempty"` // over time
	// From names the table of its section that has its numbers in a column; empty:
	// they stand in a table of their own beside it.
	From   string    `json:"from,omitempty"`
	Labels []string  `json:"labels"`
	Values []float64 `json:"values"`
}

// Result is one site's, as exports and the next period need it.
type Result struct {
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	Code       string   `json:"code,omitempty"`
	Host       string   `json:"host,omitempty"`
	Unit       string   `json:"unit"`
	UnitName   string   `json:"unit_name"`
	Area       string   `json:"area"` // code of the division
	AreaName   string   `json:"area_name"`
	Class      string   `json:"class"`
	Verdict    string   `json:"verdict"`
	Scored     bool     `json:"scored,omitempty"`
	Points     int      `json:"points,omitempty"` // hundredths
	Unverified bool     `json:"unverified,omitempty"`
	Vetoes     []string `json:"vetoes,omitempty"`
	Found      int      `json:"found"`
	Mended     int      `json:"mended"`
	Orders     int      `json:"orders"`
	Late       int      `json:"late"` // orders past their day

	path string
}

// Content is everything a paper says.
type Content struct {
	Kind Kind `json:"kind,omitempty"` // empty: a quarter's, kept before there were others
	// Round names the round whose published results these are; empty: counted
	// as things stood.
	Round      string              `json:"round,omitempty"`
	Tables     []Table             `json:"tables,omitempty"`
	Charts     []Chart             `json:"charts,omitempty"`
	Sites      []Result            `json:"sites,omitempty"`
	Given      map[string][]string `json:"given,omitempty"`   // sentences by section, of other modules
	Outline    *Outline            `json:"outline,omitempty"` // as frozen
	Area       org.AreaID          `json:"area"`
	AreaName   string              `json:"area_name"`
	Office     string              `json:"office"`
	Period     string              `json:"period"`
	PeriodName string              `json:"period_name"`
	// CheckPoint is the day on which sites were judged: the last of the quarter,
	// or the day of counting when that is earlier.
	CheckPoint calendar.Date `json:"check_point"`
	// CountedOn is the day up to which what was put right was counted: the check
	// point, unless the outline names a later day.
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

// TablesOf are the tables of a section.
func (c Content) TablesOf(section string) []Table {
	var out []Table
	for _, t := range c.Tables {
		if t.Section == section {
			out = append(out, t)
		}
	}
	return out
}

// ChartOf is a chart by its key.
func (c Content) ChartOf(key string) (Chart, bool) {
	i := slices.IndexFunc(c.Charts, func(x Chart) bool { return x.Key == key })
	if i < 0 {
		return Chart{}, false
	}
	return c.Charts[i], true
}

// Grid is the chart's numbers as a table: nothing is told by a drawing alone.
func (x Chart) Grid() Table {
	t := Table{Key: x.Key, Section: x.Section, Name: x.Name, Header: []string{"项目", "数值（" + x.Unit + "）"}, Widths: []int{6, 4}}
	for i, l := range x.Labels {
		t.Rows = append(t.Rows, []string{l, strconv.FormatFloat(x.Values[i], 'f', -1, 64)})
	}
	return t
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

// Percent writes a share with one decimal: 98.4%; a dash when there is nothing to
// take a share of.
func (c Content) Percent(s Share) string {
	return percent.Of(c.Figure(s.Part).N(), c.Figure(s.Of).N()).Short()
}

// The sections of papers.
const (
	SectionSites     = "检查总体情况"
	SectionImprove   = "改进情况"
	SectionUnits     = "各地区检查情况"
	SectionBefore    = "上季度问题复查情况"
	SectionLaunch    = "同意开设后逾期未上线情况"
	SectionFindings  = "发现的主要问题"
	SectionOrders    = "督促整改情况"
	SectionLetters   = "留言办理情况"
	SectionBlind     = "留言办理抽测情况"
	SectionIPv6      = "IPv6支持情况"
	SectionInterpret = "政策解读情况"
	SectionSpecial   = "专项检查情况"
	SectionUrgent    = "应急发布情况"
	SectionAnswered  = "表扬和问责情况"
	SectionSheet     = "检查开展情况"
	SectionMonths    = "月检查开展情况"
	SectionQuarters  = "季度通报情况"
	SectionTraining  = "业务培训情况"
)

// Sections of a quarterly bulletin, in order: improvement before any comparison.
var Sections = []string{SectionSites, SectionImprove, SectionUnits, SectionBefore, SectionLaunch, SectionFindings, SectionOrders, SectionLetters, SectionBlind, SectionIPv6, SectionInterpret, SectionSpecial, SectionUrgent, SectionAnswered}

// families are the kinds of finding a bulletin counts, by the family of the
// check; the last takes the rest.
var families = []struct{ key, name string }{
	{"access", "访问不畅"}, {"home", "首页更新不及时"}, {"column", "栏目不更新或空白"}, {"link", "链接不可用"}, {"footer", "网站标识不全"},
	{"tags", "网页标签不规范"}, {"wording", "错别字和表述不规范"}, {"sensitive", "疑似严重表述错误"}, {"privacy", "泄露个人信息"}, {"concealed", "疑似暗链"}, {"other", "其他问题"},
}
