package web

import (
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"zhengshu/internal/official"
)

// A long list is declared once: its columns say how a row looks on screen and
// what stands in an exported file, so that a file holds what the screen shows,
// in the same order, under the same heads. A person chooses the columns (in the
// address, or kept), narrows the list (in the address, or by a saved query) and
// takes out all of it, the page, or the rows ticked.
//
//	var siteList = web.List[registry.Site]{Key: "sites", Name: "站点台账", Path: "/console/sites", Params: []string{"q", "area"},
//		ID: func(s registry.Site) string { return string(s.ID) },
//		Columns: []web.ListColumn[registry.Site]{{Key: "name", Head: "站点", Fixed: true, Cell: …}, …}}

// ListColumn is one column of a List.
type ListColumn[T any] struct {
	Key, Head string
	Cell      func(T) Cell
	Value     func(T) any // in a file; nil: the text of the cell
	Title     string      // head in a file; Head when empty
	Width     float64     // in a file
	Wide      bool
	Number    bool
	Fixed     bool // always shown
	Off       bool // shown only when chosen
}

// List declares a list of T.
type List[T any] struct {
	Key     string // names the list in saved queries and kept columns
	Name    string // 站点台账
	Path    string
	Params  []string // the conditions in the address
	ID      func(T) string
	Columns []ListColumn[T]
	Empty   Empty
}

// ListInfo is what saving queries and choosing columns need to know of a list.
type ListInfo struct {
	Key, Name, Path string
	Params          []string
	Columns         []ListField
}

// ListField is a column by name.
type ListField struct {
	Key, Head  string
	Fixed, Off bool
}

// Info describes the list without its rows' type.
func (l List[T]) Info() ListInfo {
	i := ListInfo{Key: l.Key, Name: l.Name, Path: l.Path, Params: l.Params}
	for _, c := range l.Columns {
		i.Columns = append(i.Columns, ListField{c.Key, c.Head, c.Fixed, c.Off})
	}
	return i
}

// Conditions are the list's conditions in q, without page and columns.
func (i ListInfo) Conditions(q url.Values) url.Values {
	out := url.Values{}
	for _, p := range i.Params {
		if v := q.Get(p); v != "" {
			out.Set(p, v)
		}
	}
	return out
}

// Known keeps the keys that are columns, in the list's own order, with the
// fixed ones; nil when none is known.
func (i ListInfo) Known(keys []string) []string {
	var out []string
	some := false
	for _, c := range i.Columns {
		chosen := slices.Contains(keys, c.Key)
		if chosen || c.Fixed {
			out = append(out, c.Key)
		}
		some = some || chosen
	}
	if !some {
		return nil
	}
	return out
}

// Usual are the columns shown when nothing is chosen.
func (i ListInfo) Usual() []string {
	var out []string
	for _, c := range i.Columns {
		if !c.Off {
			out = append(out, c.Key)
		}
	}
	return out
}

// Chosen are the columns of a request: those of the address, else those kept,
// else the usual ones.
func (i ListInfo) Chosen(q url.Values, kept []string) []string {
	if keys := i.Known(strings.Split(q.Get("cols"), ",")); keys != nil {
		return keys
	}
	if keys := i.Known(kept); keys != nil {
		return keys
	}
	return i.Usual()
}

// Table shows the rows in the chosen columns, with a box before each.
func (l List[T]) Table(rows []T, chosen []string) Table {
	t := Table{Caption: l.Name, Quiet: true, Empty: l.Empty, PickName: "id"}
	for _, c := range l.Columns {
		if slices.Contains(chosen, c.Key) {
			t.Columns = append(t.Columns, Column{Head: c.Head, Wide: c.Wide, Number: c.Number})
		}
	}
	for _, row := range rows {
		r := Row{Pick: l.ID(row)}
		for _, c := range l.Columns {
			if slices.Contains(chosen, c.Key) {
				r.Cells = append(r.Cells, c.Cell(row))
			}
		}
		t.Rows = append(t.Rows, r)
	}
	return t
}

// Sheet is the rows in the chosen columns as a table going out.
func (l List[T]) Sheet(rows iter.Seq[T], chosen []string) official.Sheet {
	s := official.Sheet{Title: l.Name}
	var columns []ListColumn[T]
	for _, c := range l.Columns {
		if !slices.Contains(chosen, c.Key) {
			continue
		}
		columns = append(columns, c)
		title := c.Title
		if title == "" {
			title = c.Head
		}
		s.Columns = append(s.Columns, official.Column{Title: title, Width: c.Width})
	}
	s.Rows = func(yield func([]any) bool) {
		for row := range rows {
			cells := make([]any, len(columns))
			for i, c := range columns {
				if c.Value != nil {
					cells[i] = c.Value(row)
				} else {
					cells[i] = c.Cell(row).Plain()
				}
			}
			if !yield(cells) {
				return
			}
		}
	}
	return s
}

// Plain is the cell in words.
func (c Cell) Plain() string {
	out := []string{}
	if c.Text != "" {
		out = append(out, c.Text)
	}
	for _, t := range c.Tags {
		out = append(out, t.Text)
	}
	return strings.Join(out, "、")
}

// Chip is one condition in force.
type Chip struct {
	Name, Value string
	Href        string // the list without it
}

// Chips are the conditions in force, each with its way out.
type Chips struct{ Items []Chip }

func (Chips) partial() string { return "chips" }

// Chips are the conditions of the filter that are set, in words.
func (f Filter) Chips(r *http.Request) Chips {
	var out Chips
	q := r.URL.Query()
	for _, list := range [][]Field{f.Fields, f.More} {
		for _, field := range list {
			v := q.Get(field.Name)
			if v == "" {
				continue
			}
			shown := v
			for _, o := range field.Options {
				if o.Value == v {
					shown = strings.TrimLeft(o.Label, "　 ")
				}
			}
			rest := url.Values{}
			for k, vs := range q {
				if k != field.Name && k != "page" {
					rest[k] = vs
				}
			}
			href := r.URL.Path
			if len(rest) > 0 {
				href += "?" + rest.Encode()
			}
			out.Items = append(out.Items, Chip{field.Label, shown, href})
		}
	}
	return out
}

// SavedQuery is a query somebody saved, as the list offers it.
type SavedQuery struct {
	Name, Href string
	Shared     bool
	Current    bool
}

// ListTools stand over a list: its saved queries, the conditions in force, and
// ways to save this query and choose the columns.
type ListTools struct {
	Saved   []SavedQuery
	Chips   Chips
	Save    string // address where this query is saved
	Columns string // address where the columns are chosen
	Manage  string // address of the person's saved queries
}

func (ListTools) partial() string { return "listtools" }

// ListOut is the part under a list that takes it out as a file. The view puts
// the table inside the same form, so that its boxes go along.
type ListOut struct {
	Action  string
	Hidden  []Field
	Formats []Option
	Total   int
	Over    bool
	Rows    int // on the page
}

func (ListOut) partial() string { return "listout" }

// Out is the export of the list as the request shows it.
func (l List[T]) Out(r *http.Request, chosen []string, page Pager, rows int) ListOut {
	o := ListOut{Action: l.Path + "/export", Total: page.Total, Over: page.Over, Rows: rows,
		Formats: []Option{{Value: "xlsx", Label: "XLSX"}, {Value: "csv", Label: "CSV"}}}
	hide := func(name, value string) { o.Hidden = append(o.Hidden, Field{Kind: Hidden, Name: name, Value: value}) }
	q := l.Info().Conditions(r.URL.Query())
	for _, p := range l.Params {
		if v := q.Get(p); v != "" {
			hide(p, v)
		}
	}
	hide("cols", strings.Join(chosen, ","))
	hide("page", numberText(page.Page))
	return o
}

// Show reports whether there is anything to take out.
func (o ListOut) Show() bool { return o.Rows > 0 }
