package web

import (
	"net/url"
	"slices"
	"strings"

	"zhengshu/internal/fault"
)

// FieldKind is what a field is typed with.
type FieldKind string

// The kinds of field. TextLine is the default.
const (
	TextLine  FieldKind = ""
	TextArea  FieldKind = "textarea"
	Select    FieldKind = "select"
	Radios    FieldKind = "radio"
	Checks    FieldKind = "checks"   // several boxes of one name, see Values
	Check     FieldKind = "checkbox" // one box; Value is what it posts, default on
	DateField FieldKind = "date"     // value 2006-01-02; typed where the browser has no calendar
	File      FieldKind = "file"
	Hidden    FieldKind = "hidden"
	Password  FieldKind = "password"
	Number    FieldKind = "number"
	Email     FieldKind = "email"
	Phone     FieldKind = "tel"
	Address   FieldKind = "url"
	SearchBox FieldKind = "search"
)

// Option is one choice.
type Option struct {
	Value, Label, Hint string
	Disabled           bool
}

// Field is one question of a form.
type Field struct {
	Kind     FieldKind
	Name     string // form field name
	Label    string
	Value    string
	Values   []string // chosen values of Checks
	Options  []Option
	Checked  bool // of Check
	Hint     string
	Error    string // set by Form.Wrong
	Required bool
	ReadOnly bool
	Multiple bool // files
	Rows     int  // of TextArea, default 4
	Max      int  // length in characters, 0 for none
	Accept   string
	Complete string // autocomplete token, such as username
	Mode     string // inputmode, such as numeric
	Unit     string // after the box: 天
	Narrow   bool   // short values: numbers, dates, codes
	// Watch, when set, is a path asked by htmx with the field's value when it
	// changes; the answer replaces the element of id WatchInto.
	Watch, WatchInto string
	// WatchWith selects the other fields whose values go with it.
	WatchWith string
	// More are fields that belong to this one and are folded below it until they
	// hold something; Opens is the value of a Select that unfolds them.
	More      []Field
	MoreLabel string
	Opens     string
}

// MoreOpen reports whether a folded field holds something or is wrong.
func (f Field) MoreOpen() bool { return slices.ContainsFunc(f.More, Field.filled) }

// filled reports whether the field holds something or is wrong, itself or one
// folded below it.
func (f Field) filled() bool {
	return f.Error != "" || f.Checked || f.Value != "" || len(f.Values) > 0 || f.MoreOpen()
}

func (Field) partial() string { return "field" }

// ID is the element id.
func (f Field) ID() string { return "f-" + idText(f.Name) }

// IDAt is the element id of the nth option.
func (f Field) IDAt(n int) string { return f.ID() + "-" + numberText(n) }

// DescribedBy lists the ids of hint and error.
func (f Field) DescribedBy() string {
	var ids []string
	if f.Hint != "" {
		ids = append(ids, f.ID()+"-hint")
	}
	if f.Error != "" {
		ids = append(ids, f.ID()+"-error")
	}
	return strings.Join(ids, " ")
}

// Type is the type attribute of a one-line box.
func (f Field) Type() string {
	if f.Kind == TextLine {
		return "text"
	}
	return string(f.Kind)
}

// Chosen reports whether the option is selected.
func (f Field) Chosen(o Option) bool {
	if f.Kind == Checks {
		return slices.Contains(f.Values, o.Value)
	}
	return f.Value == o.Value
}

// Lines is the height of a text area.
func (f Field) Lines() int {
	if f.Rows > 0 {
		return f.Rows
	}
	return 4
}

// Posts is the value a single box posts.
func (f Field) Posts() string {
	if f.Value != "" {
		return f.Value
	}
	return "on"
}

// idText keeps letters, figures, "-" and "_" of a name.
func idText(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= 0x4e00 && r <= 0x9fff {
			return r
		}
		return '-'
	}, s)
}

// Section is a titled group of fields.
type Section struct {
	Legend string // "" shows the fields without a frame
	Hint   string
	Fields []Field
	Notes  []Component // shown above the fields: an alert, a table
	// Folded keeps a section of a long form closed until one of its fields holds
	// something; it needs a Legend. Unfold opens it all the same.
	Folded, Unfold bool
	// Usual says, in the line of a folded section, what holds where nothing in it
	// is changed.
	Usual string
}

// Open reports whether a folded section stands open.
func (s Section) Open() bool { return s.Unfold || slices.ContainsFunc(s.Fields, Field.filled) }

// Button ends a form. The words say the act: 送审, 退回, 发布.
type Button struct {
	Label string
	Name  string // posts Name=Value, for forms with several acts
	Value string
	Kind  Tone // Info (default) primary; Danger; Neutral via Plain
	Plain bool
	// Action posts the form elsewhere (formaction).
	Action string
	// Skip lets the act through without the browser's own field check.
	Skip bool
	// Of is the ID of the form that the button posts from outside it.
	Of string
	// Note, after the label, is for readers of the screen only: of which row.
	Note string
}

func (Button) partial() string { return "button" }

// Form is a form of sections with buttons; views show it with
// {{form .Frame .Page.Form}}.
type Form struct {
	ID       string // for buttons outside it, "" for none
	Action   string // "" posts to the page's own address
	Method   string // post (default) or get
	Upload   bool   // multipart
	Sections []Section
	Buttons  []Button
	Cancel   Link // shown beside the buttons
	Sticky   bool // buttons stay in view on long forms
	Outlined bool // the sections have addresses of their own, see Outline; one form of a page
	Folded   bool // stands closed under the first legend until it is opened or was refused; for an act that is seldom the next
	Summary  ErrorSummary
	// Key names the draft that the browser keeps while the form is typed, so
	// that a failed or expired submission loses nothing; "" keeps none.
	Key string

	refused bool
}

// Open reports whether a folded form stands open.
func (f Form) Open() bool { return f.refused }

// Fill sets the fields from posted values, so that the form can be shown
// again as it was typed. Passwords and files are left empty.
func (f *Form) Fill(posted url.Values) {
	f.each(func(field *Field) {
		switch field.Kind {
		case Password, File:
			field.Value = ""
		case Check:
			field.Checked = posted.Has(field.Name)
		case Checks:
			field.Values = posted[field.Name]
		default:
			if posted.Has(field.Name) {
				field.Value = posted.Get(field.Name)
			}
		}
	})
}

// Wrong puts the fault inside err on the form: the summary above it, each
// wrong field beside its box. The summary goes down the form, in whatever order
// the fields were found wrong; what the form has not comes last.
func (f *Form) Wrong(err error) {
	if err == nil {
		return
	}
	ft := fault.Of(err)
	f.refused = true
	f.Summary = ErrorSummary{Title: titles[ft.Kind], Says: ft.Says}
	if len(ft.Reasons) > 0 {
		f.Summary.Breaches = BreachesOf(ft)
	}
	var names []string
	f.each(func(field *Field) { names = append(names, field.Name) })
	place := func(w fault.Field) int {
		if i := slices.Index(names, w.Name); i >= 0 {
			return i
		}
		return len(names)
	}
	wrongs := slices.Clone(ft.Fields)
	slices.SortStableFunc(wrongs, func(a, b fault.Field) int { return place(a) - place(b) })
	for _, wrong := range wrongs {
		link := Link{Text: wrong.Says}
		f.each(func(field *Field) {
			// A hidden field has no box to lead to: its wrong stands above.
			if field.Name != wrong.Name || link.Href != "" || field.Kind == Hidden {
				return
			}
			if field.Error == "" {
				field.Error = wrong.Says
			}
			link.Href = "#" + field.ID()
			if field.Kind == Radios || field.Kind == Checks {
				link.Href += "-0"
			}
		})
		f.Summary.Links = append(f.Summary.Links, link)
	}
}

// Field is the field of a name, to change before showing; nil when the form
// has none.
func (f *Form) Field(name string) *Field {
	var found *Field
	f.each(func(field *Field) {
		if field.Name == name && found == nil {
			found = field
		}
	})
	return found
}

func (f *Form) each(do func(*Field)) {
	for i := range f.Sections {
		eachOf(f.Sections[i].Fields, do)
	}
}

func eachOf(list []Field, do func(*Field)) {
	for i := range list {
		do(&list[i])
		eachOf(list[i].More, do)
	}
}

// Outline gives the titled sections addresses and leads to them.
func (f *Form) Outline() Outline {
	f.Outlined = true
	o := Outline{Label: "表单各部分"}
	for i, s := range f.Sections {
		if s.Legend != "" {
			o.Items = append(o.Items, Link{Text: s.Legend, Href: "#section-" + numberText(i)})
		}
	}
	return o
}

// ErrorSummary stands above a form that was refused and takes the focus.
type ErrorSummary struct {
	Title    string
	Says     string
	Links    []Link // to the wrong fields
	Breaches Breaches
}

func (ErrorSummary) partial() string { return "errors" }

// Empty reports whether there is nothing to show.
func (e ErrorSummary) Empty() bool { return e.Says == "" }
