package web

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"zhengshu/internal/abridge"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
)

// Link is a place to go.
type Link struct {
	Text string
	Href string
	Note string // after the text, for readers of the screen only: of which row
}

func (Link) partial() string { return "link" }

// Act is a link that looks like a button.
type Act struct {
	Text    string
	Href    string
	Primary bool
}

func (Act) partial() string { return "act" }

// Heading is the head of a page: its only h1, a status and what can be done.
type Heading struct {
	Title string
	Whole string // the title before it was cut, shown when it is pointed at; "" when it was not
	Above string // a number or kind over the title
	Lead  string // one sentence below
	Tags  []Tag
	Acts  []Act
}

func (Heading) partial() string { return "heading" }

// Tag is a status in words and colour.
type Tag struct {
	Kind Tone
	Text string
}

func (Tag) partial() string { return "tag" }

// Badge is a number on something, such as 待办 3; zero shows nothing.
type Badge struct {
	N    int
	Says string // accessible name: 3 条待办
	Kind Tone
}

func (Badge) partial() string { return "badge" }

// Alert is a message in the flow of the page.
type Alert struct {
	Kind  Tone
	Title string
	Text  string
	Links []Link
}

func (Alert) partial() string { return "alert" }

// Receipt says that an act is done.
type Receipt struct {
	Text string
	Link Link
}

func (Receipt) partial() string { return "receipt" }

// Secrecy is the warning “严禁处理、传输国家秘密” of the login page and of the
// editor.
type Secrecy struct{}

func (Secrecy) partial() string { return "secrecy" }

// Empty says that there is nothing, why, and what to do.
type Empty struct {
	Title string
	Text  string
	Act   Act
}

func (Empty) partial() string { return "empty" }

// Column is one column of a table.
type Column struct {
	Head   string
	Number bool   // right-aligned figures
	Sort   string // address that sorts by it, "" when it does not
	Sorted string // ascending or descending when sorted by it
	Wide   bool   // takes what room is left
}

// Cell is one cell. Text, Linked, Tagged, Figure, When and Day make the
// common ones.
type Cell struct {
	Text  string
	Whole string // the text before it was cut, shown when it is pointed at; "" when it was not
	Href  string
	Note  string // second line, small
	Tags  []Tag
	Links []Link // row acts
	Parts []Component
	Keep  bool // the words stay on one line: dates, numbers, codes
}

// nameMost is how many characters of a name within a sentence stand in a list or a heading.
const nameMost = 36

// Shortened is a sentence for a list or a heading, the names in it cut in their middle, and
// the whole of it where something was cut: Whole of a Cell or a Heading.
func Shortened(s string) (short, whole string) {
	if short = abridge.Names(s, nameMost); short != s {
		return short, s
	}
	return s, ""
}

// verbMost is how long the words of a row act are; longer links are named things.
const verbMost = 10

// Listed reports whether the links name things, findings say, rather than acts:
// such links stand below one another and may break.
func (c Cell) Listed() bool {
	return slices.ContainsFunc(c.Links, func(l Link) bool { return utf8.RuneCountInString(l.Text) > verbMost })
}

// Blank reports whether the cell says nothing: it names no row then.
func (c Cell) Blank() bool {
	return c.Text == "" && c.Note == "" && len(c.Tags)+len(c.Links)+len(c.Parts) == 0
}

// Row is one row of a table.
type Row struct {
	Cells  []Cell
	Pick   string // value of the row's box when the table has PickName, "" for no box
	Picked bool   // the box is ticked from the start
	Name   string // name of the row for its box; default the first cell's text
	Kind   Tone   // Warn or Danger draws a bar at its side
}

// Table lists things. On a phone each row becomes a card.
type Table struct {
	Caption  string
	Quiet    bool // caption for readers of the screen only
	Columns  []Column
	Rows     []Row
	RowHead  int    // index of the column that names the row
	PickName string // form field of the boxes before the rows, "" for none
	Compact  bool
	Empty    Empty // shown without rows
}

func (Table) partial() string { return "table" }

// Folds are the parts of a long list. Wide screens show them one below the other;
// narrow ones fold each under its title but those that are open.
type Folds struct {
	Label string
	Items []Fold
}

func (Folds) partial() string { return "folds" }

// Fold is one part.
type Fold struct {
	ID    string // of the place on the page, which a link leads to and opens
	Title string
	Note  string
	Tags  []Tag
	Open  bool
	Table Table
}

// PickLabel is the accessible name of a row's box.
func (t Table) PickLabel(r Row) string {
	name := r.Name
	if name == "" && t.RowHead < len(r.Cells) {
		name = r.Cells[t.RowHead].Text
	}
	return "选择 " + name
}

// HeadOf is the column head of the nth cell, which a card shows beside it.
func (t Table) HeadOf(n int) string {
	if n < len(t.Columns) {
		return t.Columns[n].Head
	}
	return ""
}

// IsNumber reports whether the nth column holds figures.
func (t Table) IsNumber(n int) bool { return n < len(t.Columns) && t.Columns[n].Number }

// Text is a cell of words.
func Text(s string) Cell { return Cell{Text: s} }

// Linked is a cell that leads somewhere.
func Linked(text, href string) Cell { return Cell{Text: text, Href: href} }

// Tagged is a cell with a status.
func Tagged(tags ...Tag) Cell { return Cell{Tags: tags} }

// Figure is a cell with a whole number.
func Figure(n int) Cell { return Cell{Text: strconv.Itoa(n), Keep: true} }

// When is a cell with an instant.
func When(t time.Time) Cell { return Cell{Text: cmp.Or(Minute(t), "—"), Keep: true} }

// Day is a cell with a date; a dash where there is none.
func Day(d calendar.Date) Cell { return Cell{Text: cmp.Or(dateText(d), "—"), Keep: true} }

// DueCell is a cell with a last day and how far it is.
func DueCell(on, today calendar.Date) Cell {
	return Cell{Text: dateText(on), Tags: []Tag{DueTag(on, today)}, Keep: true}
}

// DueCellAt is DueCell of a period that may end at an hour.
func DueCellAt(d calendar.Due, now time.Time) Cell {
	c := Cell{Text: dateText(d.On), Tags: []Tag{DueTagAt(d, now)}, Keep: true}
	if !d.At.IsZero() {
		c.Note = d.At.In(calendar.Shanghai).Format("15:04") + " 前"
	}
	return c
}

// Acts is a cell of row acts; give each Link a Note naming the row.
func Acts(links ...Link) Cell { return Cell{Links: links} }

// Filter is a GET form above a list; its values stand in the address.
type Filter struct {
	Action string
	Fields []Field
	More   []Field // behind 更多条件
	Hidden []Field // kept as they are: tab, sort
	Total  int     // results, announced; below 0 is not shown
	Over   bool    // there are more than Total
	Reset  string  // address without conditions; default Action
}

func (Filter) partial() string { return "filter" }

// Fill sets the fields from the address.
func (f *Filter) Fill(q url.Values) {
	for _, list := range [][]Field{f.Fields, f.More, f.Hidden} {
		for i := range list {
			switch list[i].Kind {
			case Checks:
				list[i].Values = q[list[i].Name]
			case Check:
				list[i].Checked = q.Has(list[i].Name)
			default:
				list[i].Value = q.Get(list[i].Name)
			}
		}
	}
}

// ResetHref is where 重置 leads.
func (f Filter) ResetHref() string {
	if f.Reset != "" {
		return f.Reset
	}
	return f.Action
}

// MoreOpen reports whether a condition behind 更多条件 is set.
func (f Filter) MoreOpen() bool {
	for _, field := range f.More {
		if field.Kind == Check && !field.Checked {
			continue // its value is what a tick would send
		}
		if field.Value != "" || len(field.Values) > 0 || field.Checked {
			return true
		}
	}
	return false
}

// Pager leads through a long list; an empty list shows none.
type Pager struct {
	Page, Pages, Total, Per int  // Page counts from 1
	Over                    bool // there are more than Total; they are not counted
	path                    string
	query                   url.Values
}

func (Pager) partial() string { return "pager" }

// PagerOf reads ?page= of the request for a list of total rows, per on a
// page. A page beyond the end becomes the last.
func PagerOf(r *http.Request, total, per int) Pager {
	if per < 1 {
		per = 20
	}
	p := Pager{Total: total, Per: per, Pages: max(1, (total+per-1)/per), path: r.URL.Path, query: r.URL.Query()}
	p.Page = PageOf(r)
	p.Page = min(p.Page, p.Pages)
	return p
}

// PageOf is ?page= of the request, at least 1, for reading before the total is
// known.
func PageOf(r *http.Request) int {
	n, err := strconv.Atoi(r.URL.Query().Get("page"))
	if err != nil || n < 1 {
		return 1
	}
	return min(n, 1_000_000)
}

// Offset is how many rows come before the page.
func (p Pager) Offset() int { return (p.Page - 1) * p.Per }

// Href is the address of page n with the list's other conditions.
func (p Pager) Href(n int) string {
	q := url.Values{}
	for k, v := range p.query {
		q[k] = v
	}
	q.Set("page", strconv.Itoa(n))
	return p.path + "?" + q.Encode()
}

// PagerStep is one entry of the pager; Page 0 is a gap.
type PagerStep struct {
	Page    int
	Current bool
}

// Steps are the pages shown: first, last and the neighbours.
func (p Pager) Steps() []PagerStep {
	var out []PagerStep
	last := 0
	for n := 1; n <= p.Pages; n++ {
		if n != 1 && n != p.Pages && (n < p.Page-2 || n > p.Page+2) {
			continue
		}
		if n > last+1 {
			out = append(out, PagerStep{})
		}
		out = append(out, PagerStep{Page: n, Current: n == p.Page})
		last = n
	}
	return out
}

// Tab is one link of Tabs.
type Tab struct {
	Name    string
	Href    string
	N       int // shown when above zero
	Current bool
}

// Tabs are links to the parts of a page; each part has its address.
type Tabs struct {
	Label string // accessible name
	Items []Tab
	More  []TabGroup // behind 更多
}

// TabGroup are tabs behind 更多 under a name of theirs.
type TabGroup struct {
	Name  string // "" for none
	Items []Tab
}

// MoreHere is the tab behind 更多 that is open, "" for none.
func (t Tabs) MoreHere() string {
	for _, g := range t.More {
		for _, i := range g.Items {
			if i.Current {
				return i.Name
			}
		}
	}
	return ""
}

func (Tabs) partial() string { return "tabs" }

// Term is one line of a summary list.
type Term struct {
	Name  string
	Text  string
	Was   string // the former value, shown as 原值
	Href  string // of the text
	Note  string
	Tags  []Tag
	Parts []Component
	Edit  Link // 修改, with a Note naming the line
}

// Outline leads to the sections of a long form, see Form.Outlined.
type Outline struct {
	Label string // accessible name
	Items []Link
}

func (Outline) partial() string { return "outline" }

// Summary lists facts: name and value.
type Summary struct {
	Title string // h2, "" for none
	Terms []Term
	Wide  bool // two columns on wide screens
}

func (Summary) partial() string { return "summary" }

// Event is one entry of a timeline.
type Event struct {
	At    time.Time
	On    calendar.Date // instead of At when only the day is known
	Title string
	Who   string
	Unit  string
	Text  string // the opinion
	Took  time.Duration
	Kind  Tone
	Links []Link
}

// AtText is when, as shown.
func (e Event) AtText() string {
	if !e.At.IsZero() {
		return Minute(e.At)
	}
	return dateText(e.On)
}

// Timeline tells what happened, in the order given.
type Timeline struct {
	Title  string // h2, "" for none
	Events []Event
	Next   string // what is expected next, "" for none
}

func (Timeline) partial() string { return "timeline" }

// StepState is how far a step is.
type StepState string

// The states of a step.
const (
	StepDone    StepState = "done"
	StepNow     StepState = "now"
	StepWaiting StepState = "waiting"
	StepRefused StepState = "refused"
)

// Step is one step of a procedure.
type Step struct {
	Name  string
	Who   string // person or unit
	Note  string // when, or why
	State StepState
	Href  string
}

// Class is the state, waiting when none is set.
func (s Step) Class() StepState {
	if s.State == "" {
		return StepWaiting
	}
	return s.State
}

// StateText is the state in words.
func (s Step) StateText() string {
	switch s.State {
	case StepDone:
		return "已完成"
	case StepNow:
		return "进行中"
	case StepRefused:
		return "未通过"
	}
	return "未开始"
}

// Steps is a list of steps in order; Flow draws the same as a diagram.
type Steps struct {
	Label string
	Items []Step
}

func (Steps) partial() string { return "steps" }

// Flow draws steps as boxes and arrows. It only repeats what the timeline or
// Steps say, so readers of the screen get its label and no more.
type Flow struct {
	Label string
	Items []Step
}

func (Flow) partial() string { return "flow" }

// The drawing, in units of the view box.
const (
	flowBox   = 148
	flowGap   = 40
	flowTall  = 56
	flowRoom  = 8
	flowRunes = 9
)

// FlowBox is a step with its place.
type FlowBox struct {
	Step
	X, Y, Mid, Right, Arrow int
	Last                    bool
}

// Short is the name cut to the box.
func (b FlowBox) Short() string { return cut(b.Name, flowRunes) }

// ShortWho is the person or unit cut to the box.
func (b FlowBox) ShortWho() string { return cut(b.Who, flowRunes+1) }

func cut(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}

// Boxes are the steps with their places.
func (f Flow) Boxes() []FlowBox {
	out := make([]FlowBox, len(f.Items))
	for i, s := range f.Items {
		x := flowRoom + i*(flowBox+flowGap)
		out[i] = FlowBox{Step: s, X: x, Y: flowRoom, Mid: x + flowBox/2, Right: x + flowBox, Arrow: x + flowBox + flowGap - 4, Last: i == len(f.Items)-1}
	}
	return out
}

// Width of the drawing.
func (f Flow) Width() int { return 2*flowRoom + len(f.Items)*(flowBox+flowGap) - flowGap }

// Height of the drawing.
func (f Flow) Height() int { return 2*flowRoom + flowTall }

// Stat is one number with its meaning, leading to what it counts.
type Stat struct {
	Name  string
	Value string
	Unit  string
	Note  string
	Href  string
	Kind  Tone
	Trend []float64 // drawn small; the note says it in words
}

func (Stat) partial() string { return "stat" }

// Points are the trend's corners in a box of 120 × 28.
func (s Stat) Points() string {
	if len(s.Trend) < 2 {
		return ""
	}
	lo, hi := s.Trend[0], s.Trend[0]
	for _, v := range s.Trend {
		lo, hi = min(lo, v), max(hi, v)
	}
	var b strings.Builder
	for i, v := range s.Trend {
		y := 14.0
		if hi > lo {
			y = 26 - 24*(v-lo)/(hi-lo)
		}
		fmt.Fprintf(&b, "%.1f,%.1f ", 1+118*float64(i)/float64(len(s.Trend)-1), y)
	}
	return strings.TrimSpace(b.String())
}

// Stats is a row of numbers.
type Stats struct {
	Label string
	Items []Stat
}

func (Stats) partial() string { return "stats" }

// Progress is how much of something is done.
type Progress struct {
	Label      string
	Value, Max int
	Text       string // default 14/60
	Bare       bool   // the label is told beside: for readers of the screen only
}

func (Progress) partial() string { return "progress" }

// Says is the amount in words.
func (p Progress) Says() string {
	if p.Text != "" {
		return p.Text
	}
	return fmt.Sprintf("%d/%d", p.Value, p.Max)
}

// Panel is a titled box around components.
type Panel struct {
	Title string
	Links []Link
	Parts []Component
}

func (Panel) partial() string { return "panel" }

// Reach is what an act would draw anew on sites, shown before it is confirmed;
// says is one sentence of publishing.Fan.
func Reach(says string) Summary {
	return Summary{Title: "影响范围", Terms: []Term{{Name: "页面", Text: says}, {Name: "期间", Text: "网站照常显示当前版本，新批准的稿件和撤稿不用等待；全部完成后一次切换。"}}}
}

// Breach is one clause and how the case stands to it.
type Breach struct {
	OK       bool
	ID       string // S8.1a.days
	Citation string
	Says     string
	Note     string
}

// Breaches lists clauses with ✓ or ✗, each with its article.
type Breaches struct {
	Title string
	Items []Breach
}

func (Breaches) partial() string { return "breaches" }

// BreachesOf is the panel of a fault's reasons.
func BreachesOf(f *fault.Error) Breaches {
	b := Breaches{Title: "依据"}
	for _, r := range f.Reasons {
		b.Items = append(b.Items, Breach{ID: r.ID, Citation: r.Citation, Says: r.Says})
	}
	return b
}
