package web

import (
	"io/fs"
	"net/http"

	"zhengshu/internal/audit"
	"zhengshu/internal/fault"
)

// Plain holds the views of the plain pages: pages/list.html, pages/record.html
// and pages/form.html, for the types below and for what embeds them:
//
//	type contractors struct{ web.ListView }
//	var contractorsPage = web.Define(web.Plain, "pages/list.html", contractors{}, …)
var Plain fs.FS = views

// ListView is a page that lists things: a filter in the address, a table, and
// what leads on.
type ListView struct {
	Heading Heading
	Trail   []Crumb // between 工作台 and the page itself
	Tabs    Tabs
	Alert   Alert
	Stats   Stats
	Filter  Filter
	Exports []Act // the same list as a file
	Table   Table
	Pager   Pager
	More    []Component // below the list
}

// Title of the document.
func (v ListView) Title() string { return v.Heading.Title }

// Crumbs of the page.
func (v ListView) Crumbs() []Crumb { return trail(v.Trail, v.Heading.Title) }

// RecordView is the page of one record: its parts in a wide column, its facts
// and its history beside them.
type RecordView struct {
	Heading Heading
	Trail   []Crumb
	Tabs    Tabs
	Wrong   ErrorSummary // of a small form of the page
	Alerts  []Alert
	Main    []Component
	Forms   []Form // small acts, below Main
	// ActsFirst sets the acts on top of the facts, where a long Main would hide
	// them; narrow screens have a link to them below the title.
	ActsFirst bool
	Side      []Component
}

// Title of the document.
func (v RecordView) Title() string { return v.Heading.Title }

// Crumbs of the page.
func (v RecordView) Crumbs() []Crumb { return trail(v.Trail, v.Heading.Title) }

// FormView is a page with one form.
type FormView struct {
	Heading Heading
	Trail   []Crumb
	Alert   Alert
	Before  []Component
	Find    Filter // narrows what the form offers
	Form    Form
}

// Title of the document.
func (v FormView) Title() string { return v.Heading.Title }

// Crumbs of the page.
func (v FormView) Crumbs() []Crumb { return trail(v.Trail, v.Heading.Title) }

// Again fills the form as it was typed and says what is wrong with it; files
// have to be chosen again.
func (v *FormView) Again(r *http.Request, err error) {
	v.Form.Fill(r.PostForm)
	v.Form.Wrong(err)
	if r.MultipartForm != nil && len(r.MultipartForm.File) > 0 {
		v.Alert = Alert{Kind: Warn, Title: "附件需要重新选择", Text: "文字内容已保留；浏览器不保留已选的文件，改正后请重新选择附件。"}
	}
}

func trail(between []Crumb, last string) []Crumb {
	out := append([]Crumb{{Name: "工作台", Href: "/console"}}, between...)
	return append(out, Crumb{Name: last})
}

// Mendable reports whether the fault is for the person at the form to mend.
func Mendable(err error) bool {
	return fault.Is(err, fault.Invalid) || fault.Is(err, fault.Refused) || fault.Is(err, fault.Conflict) || fault.Is(err, fault.TooLarge)
}

// StatusOf is the status of a form shown again.
func StatusOf(err error) int {
	if fault.Is(err, fault.Invalid) {
		return http.StatusUnprocessableEntity
	}
	return fault.Of(err).Kind.Status()
}

// History shows the trail of one thing, newest first.
func History(rows []audit.Row) Timeline {
	t := Timeline{Title: "变更记录"}
	for _, e := range rows {
		t.Events = append(t.Events, Event{At: e.At, Title: audit.ActName(e.Act), Who: e.Actor.Name, Text: e.Basis})
	}
	return t
}
