// Package intake is how a file of rows is taken in: what was accepted,
// refused, and why, row by row.
//
// It decides the form of the report and how a header is recognised. What a row
// means and whether it is right is decided by the module that takes it.
package intake

import (
	"errors"
	"fmt"
	"strings"

	"zhengshu/internal/fault"
	"zhengshu/internal/official"
)

// Report is the outcome of one file. Its JSON form is a stable contract.
type Report struct {
	Read      int       `json:"read"`
	Accepted  int       `json:"accepted"`
	Unchanged int       `json:"unchanged"`
	Refused   []Refusal `json:"refused"`
	Notes     []Note    `json:"notes"`
	DryRun    bool      `json:"dry_run,omitempty"`
}

// Refusal is one row that was not taken; the rest of the file goes on.
type Refusal struct {
	Row   int    `json:"row"` // 1 is the first line of the file
	Field string `json:"field"`
	Says  string `json:"says"` // field, cause and cure
}

// Note is something a person should know about a row that was taken.
type Note struct {
	Row  int    `json:"row"` // 0 for the whole file
	Says string `json:"says"`
}

// New is an empty report whose lists are never null in JSON.
func New(dryRun bool) Report {
	return Report{Refused: []Refusal{}, Notes: []Note{}, DryRun: dryRun}
}

// Refuse notes a row that was not taken.
func (r *Report) Refuse(row int, field, says string) {
	r.Refused = append(r.Refused, Refusal{row, field, says})
}

// RefuseFault notes a row by the fault that stopped it. An error that is no
// fault is returned: the file cannot go on.
func (r *Report) RefuseFault(row int, err error) error {
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind == fault.Internal || f.Kind == fault.Unavailable {
		return err
	}
	field, says := "", f.Alone()
	if len(f.Fields) > 0 {
		field = f.Fields[0].Name
	}
	for _, reason := range f.Reasons {
		says += "（依据：" + reason.Citation + "）"
	}
	r.Refuse(row, field, says)
	return nil
}

// Note notes something about a row that was taken.
func (r *Report) Note(row int, format string, args ...any) {
	r.Notes = append(r.Notes, Note{row, fmt.Sprintf(format, args...)})
}

// Header finds columns by any of their names.
type Header struct {
	at map[string]int
}

// ReadHeader indexes a table's header row.
func ReadHeader(t *official.Table) Header {
	h := Header{map[string]int{}}
	for i, name := range t.Header {
		key := strings.ToLower(strings.TrimSpace(name))
		if _, dup := h.at[key]; !dup && key != "" {
			h.at[key] = i
		}
	}
	return h
}

// Has reports whether a column of any of the names is there.
func (h Header) Has(names ...string) bool {
	_, ok := h.index(names)
	return ok
}

func (h Header) index(names []string) (int, bool) {
	for _, n := range names {
		if i, ok := h.at[n]; ok {
			return i, true
		}
	}
	return 0, false
}

// Get is the row's cell in the column of any of the names, cleaned: outer
// spaces off, full-width digits and letters made half-width, NUL removed.
func (h Header) Get(row official.Row, names ...string) string {
	i, ok := h.index(names)
	if !ok || i >= len(row.Cells) {
		return ""
	}
	return Clean(row.Cells[i])
}

// Clean takes off outer spaces and control characters and makes full-width
// ASCII half-width, except brackets and punctuation that Chinese text uses.
func Clean(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= '０' && r <= '９', r >= 'Ａ' && r <= 'Ｚ', r >= 'ａ' && r <= 'ｚ', r == '．', r == '－', r == '＿':
			return r - 0xFEE0
		case r == '　':
			return ' '
		case r < ' ' && r != '\t' && r != '\n', r == 0x7f, r == '\ufeff', r == '\u200b':
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

// Unknown is the fault for a header that nothing recognises.
func Unknown(t *official.Table, need string) error {
	return fault.Newf(fault.Invalid, "没有认出这个文件的表头（现有：%s）。%s", strings.Join(t.Header, "、"), need).On("header", need)
}
