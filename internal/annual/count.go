package annual

import (
	"context"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
)

// Origin is where the value of a cell comes from.
type Origin string

// The origins.
const (
	None     Origin = ""         // nothing stands in the cell
	Auto     Origin = "counted"  // the house's records
	ByHand   Origin = "typed"    // 手工填报, with its source
	Instead  Origin = "instead"  // typed instead of what was counted, with a reason
	Computed Origin = "computed" // a share of two other cells
)

var originNames = map[Origin]string{None: "未填", Auto: "系统统计", ByHand: "手工填报", Instead: "手工更改", Computed: "自动计算"}

// Name is the origin in Chinese.
func (o Origin) Name() string { return originNames[o] }

// Typed is what a person entered for a cell.
type Typed struct {
	Value   string
	Source  string
	Why     string
	Counted string
	Remark  string
	By      string
	At      time.Time
}

// Line is a cell with what stands in it.
type Line struct {
	Cell   Cell
	Value  string
	Origin Origin
	Source string // in words
	Fact   Fact   // what the house counts, for a counted cell
	Typed  Typed
	Last   string // of the year before, as published
}

// Dossier is a form with everything on it.
type Dossier struct {
	Form
	Def      Definition
	Lines    []Line
	Problems []Problem // contradictions and gaps: they bar the way
	Warnings []Problem // jumps: they ask for a remark
	History  []passage.Step
	Until    calendar.Date // the last day counted
	Editions []Form        // of the same object and year, newest first
	Below    *BelowSum     // of a supervisor's form
}

// Line of a cell.
func (d Dossier) Line(cell string) (Line, bool) {
	for _, l := range d.Lines {
		if l.Cell.ID == cell {
			return l, true
		}
	}
	return Line{}, false
}

// yearEnd is the last day of the year reported on.
func yearEnd(year int) calendar.Date {
	return calendar.Date{Year: year, Month: time.December, Day: 31}
}

// frameOf is what counting needs to know of a form.
func (s *Service) frameOf(ctx context.Context, q db.Querier, f Form) (frame, error) {
	x := frame{form: f, from: calendar.Date{Year: f.Year, Month: time.January, Day: 1}.Start(), end: yearEnd(f.Year).End(), since: f.since, path: f.areaPath, column: "area_path"}
	if x.until = s.DB.Now(); x.until.After(x.end) {
		x.until = x.end
	}
	if x.until.Before(x.from) {
		x.until = x.from
	}
	var err error
	switch f.Kind {
	case SiteForm:
		x.site, err = s.Registry.SiteTx(ctx, q, authz.System("annual.count"), registry.SiteID(f.Object))
		x.since = x.site.CreatedAt
	case SupervisionForm:
		switch {
		case f.unitKind == org.Office:
			x.path = strings.TrimSuffix(f.areaPath, "@"+string(f.Unit)+"/")
		case f.line != "":
			x.path, x.column = strings.TrimSuffix(f.linePath, "@"+string(f.Unit)+"/"), "line_path"
		}
	case MediaForm:
		var first time.Time
		first, err = db.One(ctx, q, db.Value[time.Time], `SELECT min(created_at) FROM account WHERE unit_id = $1`, f.Unit)
		if !first.IsZero() {
			x.since = first
		}
	}
	return x, err
}

// Form in scope with everything on it: counted now while it is filled in, as
// kept since it was submitted.
func (s *Service) Form(ctx context.Context, scope authz.Scope, id FormID) (Dossier, error) {
	f, err := s.load(ctx, s.DB, scope, id)
	if err != nil {
		return Dossier{}, err
	}
	d, err := s.fill(ctx, s.DB, f)
	if err != nil {
		return d, err
	}
	if d.History, err = Machine.History(ctx, s.DB, string(id)); err != nil {
		return d, err
	}
	d.Editions, err = db.All(ctx, s.DB, scanForm, formSelect+formFrom+` WHERE f.kind = $1 AND f.object_id = $2 AND f.year = $3 ORDER BY f.edition DESC`, f.Kind, f.Object, f.Year)
	return d, err
}

// fill puts the values into the cells.
func (s *Service) fill(ctx context.Context, q db.Querier, f Form) (Dossier, error) {
	d := Dossier{Form: f}
	var err error
	if d.Def, err = version(f.Definition, f.Version); err != nil {
		return d, err
	}
	if !f.Open() && f.State != Ended {
		return d, d.asKept()
	}
	x, err := s.frameOf(ctx, q, f)
	if err != nil {
		return d, err
	}
	d.Until = calendar.DateOf(x.until.Add(-time.Second))
	typed, err := typedOf(ctx, q, f.ID)
	if err != nil {
		return d, err
	}
	last, err := s.lastYear(ctx, q, f)
	if err != nil {
		return d, err
	}
	for _, c := range d.Def.Cells {
		l := Line{Cell: c, Typed: typed[c.ID], Last: last[c.ID]}
		if c.Counted() {
			if l.Fact, err = sources[c.Source].count(ctx, s, q, x); err != nil {
				return d, fmt.Errorf("annual: count %s: %w", c.Source, err)
			}
		}
		l.settle()
		d.Lines = append(d.Lines, l)
	}
	d.compute()
	if f.Kind == SupervisionForm {
		if d.Below, err = s.below(ctx, q, f); err != nil {
			return d, err
		}
	}
	d.examine()
	return d, nil
}

// settle decides what stands in the cell: a typed value instead of a counted one
// only with its reason.
func (l *Line) settle() {
	switch {
	case l.Cell.Formula != nil:
		l.Origin, l.Source = Computed, "由本表其他单元格计算"
	case l.Typed.Value != "" && l.Cell.Counted() && l.Fact.Missing == "":
		l.Value, l.Origin, l.Source = l.Typed.Value, Instead, l.Typed.Source
	case l.Typed.Value != "":
		l.Value, l.Origin, l.Source = l.Typed.Value, ByHand, l.Typed.Source
	case l.Cell.Counted() && l.Fact.Missing == "":
		l.Value, l.Origin, l.Source = l.Fact.Value, Auto, l.Fact.Says
	default:
		l.Source = l.Fact.Missing
	}
}

// compute makes the shares.
func (d *Dossier) compute() {
	for i := range d.Lines {
		f := d.Lines[i].Cell.Formula
		if f == nil {
			continue
		}
		part, ok := d.number(f.Percent[0])
		whole, also := d.number(f.Percent[1])
		switch {
		case !ok || !also:
			d.Lines[i].Origin, d.Lines[i].Source = None, "要等“"+d.nameOf(f.Percent[0])+"”和“"+d.nameOf(f.Percent[1])+"”填好"
		case whole.Sign() == 0:
			d.Lines[i].Origin, d.Lines[i].Source = None, "“"+d.nameOf(f.Percent[1])+"”为 0，不计算比例"
		default:
			d.Lines[i].Value = decimal(new(big.Rat).Mul(big.NewRat(100, 1), new(big.Rat).Quo(part, whole)))
			d.Lines[i].Source = "“" + d.nameOf(f.Percent[0]) + "”除以“" + d.nameOf(f.Percent[1]) + "”"
		}
	}
}

func (d *Dossier) nameOf(cell string) string {
	c, _ := d.Def.Cell(cell)
	return c.Name()
}

// number is the exact figure of a cell; ok is false for none.
func (d *Dossier) number(cell string) (*big.Rat, bool) {
	l, ok := d.Line(cell)
	if !ok || l.Value == "" {
		return nil, false
	}
	return exact(l.Value)
}

func exact(s string) (*big.Rat, bool) {
	if len(s) > 20 || strings.Trim(s, "0123456789.") != "" {
		return nil, false
	}
	return new(big.Rat).SetString(s)
}

// asKept puts what was submitted into the cells.
func (d *Dossier) asKept() error {
	x, err := d.kept()
	if err != nil {
		return err
	}
	d.Until = x.Until
	for _, k := range x.Cells {
		c, ok := d.Def.Cell(k.Cell)
		if !ok {
			return fmt.Errorf("annual: form %s keeps cell %q, which its definition has not", d.ID, k.Cell)
		}
		l := Line{Cell: c, Value: k.Value, Origin: k.Origin, Source: k.Source, Last: k.Last, Fact: Fact{Value: k.Value, Says: k.Source, Rows: k.Rows, Sum: k.Sum, Partial: k.Partial, Missing: k.Missing}, Typed: Typed{Why: k.Why, Remark: k.Remark, Counted: k.Counted}}
		if k.Origin == Instead {
			l.Fact.Value = k.Counted
		}
		if k.Origin == ByHand || k.Origin == Instead {
			l.Typed.Value, l.Typed.Source = k.Value, k.Source
		}
		d.Lines = append(d.Lines, l)
	}
	return nil
}

func typedOf(ctx context.Context, q db.Querier, id FormID) (map[string]Typed, error) {
	type row struct {
		cell string
		Typed
	}
	list, err := db.All(ctx, q, func(r db.Scanner) (row, error) {
		var x row
		return x, r.Scan(&x.cell, &x.Value, &x.Source, &x.Why, &x.Counted, &x.Remark, &x.By, &x.At)
	}, `SELECT cell, value, source, why, counted, remark, kept_by, kept_at FROM annual_cell WHERE form_id = $1`, id)
	out := map[string]Typed{}
	for _, x := range list {
		out[x.cell] = x.Typed
	}
	return out, err
}

// lastYear are the published values of the year before.
func (s *Service) lastYear(ctx context.Context, q db.Querier, f Form) (map[string]string, error) {
	before, err := db.One(ctx, q, scanWhole, formSelect+`, f.content`+formFrom+` WHERE f.kind = $1 AND f.object_id = $2 AND f.year = $3 AND f.state IN ('published', 'addressed') ORDER BY f.edition DESC LIMIT 1`, f.Kind, f.Object, f.Year-1)
	if db.None(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	x, err := before.kept()
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, k := range x.Cells {
		out[k.Cell] = k.Value
	}
	return out, nil
}

// Rows behind a cell of a form in scope: as they are now while it is filled in, as
// they were since it was submitted; and how many.
func (s *Service) Rows(ctx context.Context, scope authz.Scope, id FormID, cell string, limit, offset int) ([]Row, int, error) {
	f, err := s.load(ctx, s.DB, scope, id)
	if err != nil {
		return nil, 0, err
	}
	def, err := version(f.Definition, f.Version)
	if err != nil {
		return nil, 0, err
	}
	c, ok := def.Cell(cell)
	if !ok {
		return nil, 0, fault.Missing("单元格")
	}
	if !c.Counted() {
		return nil, 0, nil
	}
	if !f.Open() && f.State != Ended {
		x, err := f.kept()
		if err != nil {
			return nil, 0, err
		}
		all, err := s.keptRows(ctx, f, x)
		list := all[cell]
		return list[min(offset, len(list)):min(offset+limit, len(list))], len(list), err
	}
	x, err := s.frameOf(ctx, s.DB, f)
	if err != nil {
		return nil, 0, err
	}
	return s.rows(ctx, s.DB, x, c, limit, offset)
}

func (s *Service) rows(ctx context.Context, q db.Querier, x frame, c Cell, limit, offset int) ([]Row, int, error) {
	// What has no figure has no rows, whatever lies about.
	fact, err := sources[c.Source].count(ctx, s, q, x)
	if err != nil || fact.Missing != "" {
		return nil, 0, err
	}
	list, total, err := sources[c.Source].rows(ctx, s, q, x, limit, offset)
	for i := range list {
		if name := registry.Platforms[list[i].Note]; name != "" {
			list[i].Note = name
		}
	}
	return list, total, err
}

// BelowSum are the forms of those below a supervisor, as far as they were
// approved.
type BelowSum struct {
	Sites int // work forms due of the area, all states but ended
	Forms []Form
	Sums  map[string]*big.Rat // by cell
	Due   int                 // supervisors directly below
}

// Sum of a cell, as text.
func (b *BelowSum) Sum(cell string) string {
	if b == nil || b.Sums[cell] == nil {
		return ""
	}
	return decimal(b.Sums[cell])
}

// below reads the supervision forms of the offices directly below and counts the
// work forms of the area.
func (s *Service) below(ctx context.Context, q db.Querier, f Form) (*BelowSum, error) {
	out := &BelowSum{Sums: map[string]*big.Rat{}}
	x, err := s.frameOf(ctx, q, f)
	if err != nil {
		return nil, err
	}
	text, args := x.bind(`SELECT count(*) FROM annual_form f JOIN unit u ON u.id = f.unit_id WHERE f.kind = 'site' AND f.year = :year AND f.edition = 1 AND f.state <> 'ended' AND {in}`)
	if out.Sites, err = db.One(ctx, q, db.Value[int], text, args...); err != nil {
		return nil, err
	}
	list, err := db.All(ctx, q, scanWhole, formSelect+`, f.content`+formFrom+` WHERE f.kind = 'supervision' AND f.year = $1 AND f.reviewer_id = $2 AND f.unit_id <> $2 AND f.state NOT IN ('replaced', 'ended') ORDER BY u.area_path, f.edition`, f.Year, f.Unit)
	if err != nil {
		return nil, err
	}
	out.Due = len(list)
	for _, b := range list {
		if b.State != Approved && b.State != Published && b.State != Addressed {
			continue
		}
		x, err := b.kept()
		if err != nil {
			return nil, err
		}
		for _, k := range x.Cells {
			n, ok := exact(k.Value)
			if c, found := cellOf(b, k.Cell); !ok || !found || c.Kind != Count {
				continue
			}
			if out.Sums[k.Cell] == nil {
				out.Sums[k.Cell] = new(big.Rat)
			}
			out.Sums[k.Cell].Add(out.Sums[k.Cell], n)
		}
		b.content = ""
		out.Forms = append(out.Forms, b)
	}
	return out, nil
}

func cellOf(f Form, id string) (Cell, bool) {
	d, err := version(f.Definition, f.Version)
	if err != nil {
		return Cell{}, false
	}
	return d.Cell(id)
}

func itoa(n int) string { return strconv.Itoa(n) }

func splitChecks(v string) []string {
	if v == "" {
		return nil
	}
	return strings.Split(v, "、")
}
