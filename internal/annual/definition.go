package annual

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"sync"

	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/rules/packs"
)

// Kind is which of the three forms.
type Kind string

// The forms.
const (
	SiteForm        Kind = "site"        // 政府网站工作年度报表
	SupervisionForm Kind = "supervision" // 政府网站监管年度报表
	MediaForm       Kind = "media"       // 政务新媒体年度报表
)

// Kinds in screen order.
var Kinds = []Kind{SiteForm, SupervisionForm, MediaForm}

var kindNames = map[Kind]string{SiteForm: "政府网站工作年度报表", SupervisionForm: "政府网站监管年度报表", MediaForm: "政务新媒体年度报表"}

// Name is the form in Chinese; "" for an unknown one.
func (k Kind) Name() string { return kindNames[k] }

// CellKind is what stands in a cell.
type CellKind string

// The kinds of cell.
const (
	Count  CellKind = "count"  // a whole number, not below nought
	Number CellKind = "number" // with at most two decimals
	Words  CellKind = "text"
	Choice CellKind = "choice" // one of Options
	Checks CellKind = "checks" // any of Options, joined by 、
	Day    CellKind = "date"
)

// Share makes a cell a share of two others, in per cent.
type Share struct {
	Percent []string `json:"percent"` // part, whole
}

// Cell is one place of a form.
type Cell struct {
	ID       string     `json:"id"`
	Section  string     `json:"section"`
	Group    string     `json:"group,omitempty"` // joins cells of a section
	Label    string     `json:"label"`           // as printed
	Full     string     `json:"full,omitempty"`  // understood by itself
	Kind     CellKind   `json:"kind"`
	Unit     string     `json:"unit,omitempty"` // measure word
	Source   string     `json:"source,omitempty"`
	Options  []string   `json:"options,omitempty"`
	Formula  *Share     `json:"formula,omitempty"`
	Required bool       `json:"required,omitempty"`
	Plain    bool       `json:"plain,omitempty"` // who signs: asks for no source
	Mark     packs.Mark `json:"mark"`
	Says     string     `json:"says,omitempty"`
}

// Name is the cell as understood by itself.
func (c Cell) Name() string {
	if c.Full != "" {
		return c.Full
	}
	return c.Label
}

// Counted reports whether the house counts the cell itself.
func (c Cell) Counted() bool { return c.Source != "" }

// Section is a part of a form.
type Section struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Below compares with the forms of those below: with their sum of a cell, or
// with how many there are when Cell is empty.
type Below struct {
	Kind Kind   `json:"kind"`
	Cell string `json:"cell,omitempty"`
}

// Rule is what must hold among the cells of a form. It is one of: a sum compared
// with a sum (Left, Op, Right), a sum compared with the forms below (Left, Op,
// Below), or what follows from one value (When, Equals with Any or Zero). A rule of which
// a figure is missing says nothing.
type Rule struct {
	ID     string   `json:"id"`
	Says   string   `json:"says"`
	Left   []string `json:"left,omitempty"`
	Op     string   `json:"op,omitempty"`
	Right  []string `json:"right,omitempty"`
	Below  *Below   `json:"below,omitempty"`
	When   string   `json:"when,omitempty"`
	Equals string   `json:"equals,omitempty"`
	Any    []string `json:"any,omitempty"`  // at least one is filled in
	Zero   []string `json:"zero,omitempty"` // all are nought
}

// Cells are the cells a rule names, each once.
func (r Rule) Cells() []string {
	var out []string
	for _, list := range [][]string{r.Left, r.Right, {r.When}, r.Any, r.Zero} {
		for _, id := range list {
			if id != "" && !slices.Contains(out, id) {
				out = append(out, id)
			}
		}
	}
	return out
}

// Definition is one version of a form.
type Definition struct {
	ID       string        `json:"id"`
	Version  int           `json:"version"`
	Kind     Kind          `json:"kind"`
	Title    string        `json:"title"`
	Source   string        `json:"source"`
	Mark     packs.Mark    `json:"mark"`
	Note     string        `json:"note"`
	From     calendar.Date `json:"from"`
	Sections []Section     `json:"sections"`
	Cells    []Cell        `json:"cells"`
	Rules    []Rule        `json:"rules"`
}

// Cell of an id.
func (d Definition) Cell(id string) (Cell, bool) {
	i := slices.IndexFunc(d.Cells, func(c Cell) bool { return c.ID == id })
	if i < 0 {
		return Cell{}, false
	}
	return d.Cells[i], true
}

// SectionName of an id.
func (d Definition) SectionName(id string) string {
	for _, s := range d.Sections {
		if s.ID == id {
			return s.Name
		}
	}
	return ""
}

//go:embed forms/*.json
var files embed.FS

// maxBytes bounds a definition.
const maxBytes = 256 << 10

// Definitions are the versions that come with the program, read once.
var Definitions = sync.OnceValues(func() ([]Definition, error) {
	names, err := fs.Glob(files, "forms/*.json")
	if err != nil {
		return nil, err
	}
	var out []Definition
	for _, name := range names {
		b, err := files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		d, err := Decode(b)
		if err != nil {
			return nil, fmt.Errorf("annual: %s: %w", name, err)
		}
		out = append(out, d)
	}
	return out, nil
})

// current is the newest version of a form in force at the end of the year
// reported on.
func current(k Kind, year int) (Definition, error) {
	all, err := Definitions()
	if err != nil {
		return Definition{}, err
	}
	last := calendar.Date{Year: year, Month: 12, Day: 31}
	var best Definition
	for _, d := range all {
		if d.Kind == k && !d.From.After(last) && d.Version > best.Version {
			best = d
		}
	}
	if best.Version == 0 {
		return best, fault.Newf(fault.Refused, "%d 年还没有%s，请选择以后的年度。", year, k.Name()).On("year", "请选择以后的年度")
	}
	return best, nil
}

// version of a form that an edition was filled in with.
func version(id string, no int) (Definition, error) {
	all, err := Definitions()
	if err != nil {
		return Definition{}, err
	}
	for _, d := range all {
		if d.ID == id && d.Version == no {
			return d, nil
		}
	}
	return Definition{}, fmt.Errorf("annual: definition %s version %d is gone", id, no)
}

// Decode reads a definition strictly: unknown and repeated names, trailing bytes
// and anything that does not fit together are refused.
func Decode(b []byte) (Definition, error) {
	if len(b) > maxBytes {
		return Definition{}, fault.Newf(fault.Invalid, "表样文件超过 %d KB，请删减。", maxBytes>>10)
	}
	if name, err := packs.RepeatedName(b); err != nil {
		return Definition{}, fault.New(fault.Invalid, "表样文件不是有效的 JSON，请检查括号、逗号和引号。").From(err)
	} else if name != "" {
		return Definition{}, fault.Newf(fault.Invalid, "“%s”重复出现，请只保留一处。", name)
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	var d Definition
	if err := dec.Decode(&d); err != nil {
		return Definition{}, fault.New(fault.Invalid, "表样文件的内容不能识别，请检查字段名和类型。").From(err)
	}
	if wrong := d.wrong(); len(wrong) > 0 {
		return Definition{}, &fault.Error{Kind: fault.Invalid, Says: fmt.Sprintf("表样文件有 %d 处不符合要求，请按提示修改。", len(wrong)), Fields: wrong}
	}
	return d, nil
}

var (
	nameForm = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)
	idForm   = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,63}$`)
	ops      = []string{"<=", "=", ">="}
)

// wrong says what does not fit together.
func (d Definition) wrong() []fault.Field {
	var out []fault.Field
	bad := func(wrong bool, at, says string) {
		if wrong {
			out = append(out, fault.Field{Name: at, Says: says})
		}
	}
	bad(!idForm.MatchString(d.ID) || d.Version < 1, "id", "表样要有标识和 1 以上的版本号")
	bad(d.Kind.Name() == "", "kind", "表样类别只能是 site、supervision、media")
	bad(d.Title == "" || d.Source == "" || d.Note == "" || d.From.IsZero(), "title", "表样要有名称、来源、说明和起用日期")
	bad(!d.Mark.Known(), "mark", "可信程度的标记不认识")
	sections := map[string]bool{}
	for _, s := range d.Sections {
		bad(!nameForm.MatchString(s.ID) || s.Name == "" || sections[s.ID], "sections."+s.ID, "部分的标识或名称缺失、重复")
		sections[s.ID] = true
	}
	cells := map[string]Cell{}
	for _, c := range d.Cells {
		at := "cells." + c.ID
		_, twice := cells[c.ID]
		bad(!nameForm.MatchString(c.ID) || twice, at, "单元格标识不合规范或重复")
		bad(c.Label == "" || !sections[c.Section], at, "单元格没有名称，或所属部分不存在")
		bad(!slices.Contains([]CellKind{Count, Number, Words, Choice, Checks, Day}, c.Kind), at, "单元格类型不认识")
		bad((c.Kind == Choice || c.Kind == Checks) != (len(c.Options) > 0), at, "选择类的单元格要有选项，其他类型不能有选项")
		bad(!c.Mark.Known(), at, "可信程度的标记不认识")
		bad(c.Source != "" && (sources[c.Source].count == nil || sources[c.Source].form != d.Kind), at, "数据来源不认识，或不属于这张表")
		bad(c.Source != "" && c.Formula != nil || c.Plain && c.Source != "", at, "一个单元格只能有一种来源")
		bad(c.Formula != nil && (c.Kind != Number || len(c.Formula.Percent) != 2), at, "比例要有分子和分母两个单元格，类型为 number")
		cells[c.ID] = c
	}
	known := func(at string, ids ...string) {
		for _, id := range ids {
			c, ok := cells[id]
			bad(!ok, at, "引用的单元格“"+id+"”不存在")
			bad(ok && c.Kind != Count && c.Kind != Number, at, "引用的单元格“"+id+"”不是数字")
		}
	}
	for _, c := range d.Cells {
		if c.Formula != nil {
			known("cells."+c.ID, c.Formula.Percent...)
			for _, id := range c.Formula.Percent {
				bad(cells[id].Formula != nil, "cells."+c.ID, "比例不能由比例计算")
			}
		}
	}
	rules := map[string]bool{}
	for _, r := range d.Rules {
		at := "rules." + r.ID
		bad(!nameForm.MatchString(r.ID) || r.Says == "" || rules[r.ID], at, "规则的标识或说明缺失、重复")
		rules[r.ID] = true
		known(at, r.Left...)
		known(at, r.Right...)
		known(at, r.Zero...)
		compares, follows := len(r.Left) > 0, r.When != ""
		bad(compares == follows, at, "规则要么比较数字，要么由一个值推出，不能都是或都不是")
		if compares {
			bad(!slices.Contains(ops, r.Op), at, "比较符只能是 <=、=、>=")
			bad((len(r.Right) > 0) == (r.Below != nil), at, "比较的另一边只能是单元格或下级报表中的一种")
			bad(len(r.Any)+len(r.Zero) > 0, at, "比较的规则不能再有结论")
		}
		if follows {
			_, ok := cells[r.When]
			bad(!ok || r.Equals == "", at, "由一个值推出的规则要写明单元格和值")
			bad(len(r.Any)+len(r.Zero) == 0, at, "由一个值推出的规则要有结论")
			for _, id := range r.Any {
				_, ok := cells[id]
				bad(!ok, at, "引用的单元格“"+id+"”不存在")
			}
		}
		if r.Below != nil {
			bad(r.Below.Kind.Name() == "" || r.Below.Cell != "" && !nameForm.MatchString(r.Below.Cell), at, "下级报表的类别或单元格不对")
		}
	}
	return out
}
