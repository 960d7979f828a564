package org

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/rules"
	"zhengshu/internal/rules/sx2021"
)

// Change is a kind of reorganisation.
type Change string

// The kinds of 机构调整 and 行政区划调整.
const (
	Rename     Change = "rename"      // 更名
	Merge      Change = "merge"       // 合并
	Split      Change = "split"       // 分设
	Abolish    Change = "abolish"     // 撤销
	Restore    Change = "restore"     // 恢复: undoes an abolition
	Transfer   Change = "move"        // 改隶
	Upgrade    Change = "upgrade"     // 调整类别、级别
	AreaRename Change = "area_rename" // 区划更名
	AreaMove   Change = "area_move"   // 区划改隶
	AreaMerge  Change = "area_merge"  // 区划合并
)

// Changes is the closed list in screen order.
var Changes = []Change{Rename, Merge, Split, Abolish, Restore, Transfer, Upgrade, AreaRename, AreaMove, AreaMerge}

var changeNames = map[Change]string{
	Rename: "更名", Merge: "合并", Split: "分设", Abolish: "撤销", Restore: "恢复", Transfer: "改隶", Upgrade: "调整类别、级别",
	AreaRename: "区划更名", AreaMove: "区划改隶", AreaMerge: "区划合并",
}

// Name is the change in Chinese.
func (c Change) Name() string { return changeNames[c] }

// OfArea reports whether the change is about a division.
func (c Change) OfArea() bool { return c == AreaRename || c == AreaMove || c == AreaMerge }

// NewUnit is a unit an act founds.
type NewUnit struct {
	Name      string `json:"name"`
	ShortName string `json:"short_name,omitempty"`
	Kind      Kind   `json:"kind,omitempty"` // that of the unit it comes from when empty
}

// Plan is a reorganisation as it is rehearsed and then done.
type Plan struct {
	Kind Change `json:"kind"`
	Unit UnitID `json:"unit,omitempty"` // whom it is about
	Area AreaID `json:"area,omitempty"` // of an area's change

	Name      string `json:"name,omitempty"`       // new name: rename, area_rename
	ShortName string `json:"short_name,omitempty"` // new short name

	// Into takes over: of a merge or an abolition, an existing unit.
	Into UnitID `json:"into,omitempty"`
	// Others go under together with Unit in a merge.
	Others []UnitID `json:"others,omitempty"`
	// New are founded: one for a merge into a new unit, the parts of a split.
	New []NewUnit `json:"new,omitempty"`
	// Keep lets the unit that is split go on beside the new ones.
	Keep bool `json:"keep,omitempty"`
	// Assigned says which part takes a row: key of the row to "new:0" or "keep".
	Assigned map[string]string `json:"assigned,omitempty"`

	ToArea   AreaID `json:"to_area,omitempty"`   // move; area_move and area_merge: the new parent or the division that takes over
	ToParent UnitID `json:"to_parent,omitempty"` // move: the unit it belongs to from now on
	ToLine   string `json:"to_line,omitempty"`   // move: the line from now on, "-" for none
	ToKind   Kind   `json:"to_kind,omitempty"`   // upgrade
	ToLevel  Level  `json:"to_level,omitempty"`  // upgrade

	Document   string        `json:"document"` // 文号
	DocumentOn calendar.Date `json:"document_on,omitzero"`
	On         calendar.Date `json:"on"` // in force from
	Note       string        `json:"note,omitempty"`
	Undoes     string        `json:"undoes,omitempty"`
}

// TouchedRow is one thing a reorganisation touches.
type TouchedRow struct {
	Key  string // site:01J…
	Name string
	Note string
	Link string
	Unit UnitID
}

// Touched is what it touches of one kind.
type Touched struct {
	Kind  string // site
	Name  string // 网站
	Count int
	Rows  []TouchedRow // the first of them; all of those to be assigned
	// Assign: in a split each row is given to a named part.
	Assign bool
	// Ends: a row may end with the act, where the successor has its own: two
	// posts of one person, two leaders of one unit.
	Ends bool
}

// Carrying is one unit's belongings on the way to its successors.
type Carrying struct {
	Act      string
	Document string
	On       calendar.Date
	From     UnitID
	Main     UnitID            // takes what nobody named
	Named    map[string]UnitID // who takes a row, by key
}

// To is who takes the row.
func (c Carrying) To(key string) UnitID {
	if u, ok := c.Named[key]; ok {
		return u
	}
	return c.Main
}

// Module is a module's part in reorganisations. Touched says what of it belongs
// to the units now; Carry gives one unit's belongings to its successors in the
// act's transaction, without losing or doubling any.
type Module struct {
	Name string
	// Tables are the unit's columns it carries: budget_line.unit_id.
	Tables  []string
	Touched func(ctx context.Context, q db.Querier, units []UnitID) ([]Touched, error)
	Carry   func(ctx context.Context, tx *db.Tx, c Carrying) error
}

// OnReorganise registers a module; once, at start. Those registered first are
// carried first.
func (s *Service) OnReorganise(m Module) { s.modules = append(s.modules, m) }

// OnSuccessor registers what follows, in the same transaction, when a unit has
// been followed by another: a case on its way is sent on.
func (s *Service) OnSuccessor(f func(ctx context.Context, tx *db.Tx, from, to UnitID) error) {
	s.successors = append(s.successors, f)
}

// maxAssigned bounds the rows of one kind that a split assigns one by one.
const maxAssigned = 500

// Rehearsal is what an act would do.
type Rehearsal struct {
	Title   string
	Touched []Touched
	// Paths are the units whose place on an axis changes.
	Paths []PathChange
	// Names are units below that bear the old name in theirs.
	Names []Unit
	// Digest stands for all of it: the act is refused when it has changed.
	Digest string
	// Total is how many rows are touched.
	Total int
}

// PathChange is a unit that gets another place.
type PathChange struct{ Unit, From, To string }

// Act is a reorganisation that was done.
type Act struct {
	ID       string
	Kind     Change
	Title    string
	Unit     UnitID
	Area     AreaID
	Plan     Plan
	Counts   map[string]int    // kind of row to how many
	Nouns    map[string]string // kind of row to its name in Chinese; of Act only
	Undoes   string
	UndoneBy string // joined: the act that undid it
	By       string
	At       time.Time
}

var errRehearsed = errors.New("org: rehearsed")

// Rehearse does the plan, looks at what came of it, and takes it all back.
func (s *Service) Rehearse(ctx context.Context, scope authz.Scope, p Plan) (Rehearsal, error) {
	var r Rehearsal
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		w, err := s.prepare(ctx, tx, scope, p)
		if err != nil {
			return err
		}
		r = w.rehearsal
		// What must be assigned may still be open; all else must go through.
		if len(w.unassigned()) == 0 {
			if _, err := w.run(ctx, tx); err != nil {
				return err
			}
			if r.Paths, err = w.paths(ctx, tx); err != nil {
				return err
			}
		}
		return errRehearsed
	})
	if errors.Is(err, errRehearsed) {
		err = nil
	}
	return r, err
}

// Reorganise does the plan in one act. digest is the rehearsal's, so that
// nobody confirms what has changed meanwhile; empty for a caller without a
// person before it. What the modules count before and after must agree.
func (s *Service) Reorganise(ctx context.Context, tx *db.Tx, scope authz.Scope, p Plan, digest string) (Act, error) {
	w, err := s.prepare(ctx, tx, scope, p)
	if err != nil {
		return Act{}, err
	}
	if digest != "" && digest != w.rehearsal.Digest {
		return Act{}, fault.New(fault.Conflict, "预演之后清单有了变化，请重新预演再办理。")
	}
	if left := w.unassigned(); len(left) > 0 {
		return Act{}, fault.Newf(fault.Invalid, "还有 %d 项没有指定由哪个单位承接（如“%s”），请逐项选择。", len(left), left[0].Name).On("assign", "请逐项选择承接单位")
	}
	return w.run(ctx, tx)
}

// work is one plan being carried out.
type work struct {
	s         *Service
	plan      Plan
	unit      Unit   // of a unit's change
	area      Area   // of an area's change
	into      Unit   // existing successor
	others    []Unit // also going under
	all       []UnitID
	before    map[UnitID]string // place before, of the units that move
	act       string
	rehearsal Rehearsal
	founded   []Unit
}

func (s *Service) prepare(ctx context.Context, tx *db.Tx, scope authz.Scope, p Plan) (*work, error) {
	w := &work{s: s, plan: p, act: ulid.Make().String(), before: map[UnitID]string{}}
	if err := w.tidy(tx); err != nil {
		return nil, err
	}
	if err := w.hold(ctx, tx); err != nil {
		return nil, err
	}
	var err error
	if p.Kind.OfArea() {
		err = w.prepareArea(ctx, tx, scope)
	} else {
		err = w.prepareUnit(ctx, tx, scope)
	}
	if err != nil {
		return nil, err
	}
	w.rehearsal.Title = w.title()
	if err := w.touch(ctx, tx); err != nil {
		return nil, err
	}
	return w, nil
}

// tidy holds what every plan needs: a document, a day that has come, words of
// a length.
func (w *work) tidy(tx *db.Tx) error {
	p := &w.plan
	today := calendar.DateOf(tx.Now())
	p.Name, _ = Tidy(p.Name)
	p.ShortName, _ = Tidy(p.ShortName)
	for i := range p.New {
		p.New[i].Name, _ = Tidy(p.New[i].Name)
		p.New[i].ShortName, _ = Tidy(p.New[i].ShortName)
	}
	p.Document = strings.TrimSpace(p.Document)
	p.Note = strings.TrimSpace(p.Note)
	if p.On.IsZero() {
		p.On = today
	}
	var f fault.Fields
	f.Check(changeNames[p.Kind] != "", "kind", "请选择调整方式")
	f.Check(p.Document != "", "document", "请填写批准文号，例如陕编发〔2026〕12号")
	f.Check(len([]rune(p.Document)) <= 100, "document", "文号最多 100 个字")
	f.Check(!p.On.After(today), "on", "生效日期还没有到，请在生效当日或以后办理")
	f.Check(!p.DocumentOn.After(today), "document_on", "发文日期还没有到，请核对")
	f.Check(len([]rune(p.Note)) <= 1000, "note", "说明最多 1000 个字")
	f.Check(len([]rune(p.Name)) <= 100 && len([]rune(p.ShortName)) <= 40, "name", "单位全称最多 100 个字，简称最多 40 个字")
	return f.Err()
}

// hold keeps other acts off the same units and divisions until this one is
// done: of two at once the second sees what the first did.
func (w *work) hold(ctx context.Context, tx *db.Tx) error {
	units := append([]UnitID{w.plan.Unit, w.plan.Into}, w.plan.Others...)
	slices.Sort(units)
	for _, u := range slices.Compact(units) {
		if u == "" {
			continue
		}
		if _, err := tx.Exec(ctx, `UPDATE unit SET source = source WHERE id = $1`, u); err != nil {
			return err
		}
	}
	areas := []AreaID{w.plan.Area, w.plan.ToArea}
	slices.Sort(areas)
	for _, a := range slices.Compact(areas) {
		if a == "" || !w.plan.Kind.OfArea() {
			continue
		}
		if _, err := tx.Exec(ctx, `UPDATE area SET note = note WHERE id = $1`, a); err != nil {
			return err
		}
	}
	return nil
}

// standing is a unit in scope that has not been abolished.
func (w *work) standing(ctx context.Context, q db.Querier, scope authz.Scope, id UnitID, field string) (Unit, error) {
	u, err := w.s.UnitTx(ctx, q, scope, id)
	if err != nil {
		if fault.Is(err, fault.NotFound) && field != "unit" {
			return u, fault.New(fault.Invalid, "所选单位没有登记，或不在您的管辖范围内。").On(field, "请重新选择单位")
		}
		return u, err
	}
	if !u.AbolishedOn.IsZero() && w.plan.Kind != Restore {
		return u, fault.Newf(fault.Conflict, "%s已于%s撤销，请刷新后再看。", u.Name, u.AbolishedOn.Chinese()).On(field, "单位已撤销")
	}
	if u.FoundedOn.After(w.plan.On) {
		return u, fault.Newf(fault.Invalid, "生效日期早于%s的成立日期（%s）。", u.Name, u.FoundedOn.Chinese()).On("on", "请填写成立日期以后的日期")
	}
	return u, nil
}

func (w *work) prepareUnit(ctx context.Context, tx *db.Tx, scope authz.Scope) error {
	p := &w.plan
	var err error
	if w.unit, err = w.standing(ctx, tx, scope, p.Unit, "unit"); err != nil {
		return err
	}
	w.all = []UnitID{w.unit.ID}
	root := w.unit.Kind == Office && w.unit.Level == Province && w.unit.Parent == ""
	switch p.Kind {
	case Rename:
		if p.Name == "" || p.Name == w.unit.Name && p.ShortName == w.unit.ShortName {
			return fault.New(fault.Invalid, "没有填写新名称，或与现名相同。").On("name", "请填写新的单位全称")
		}
		if p.Name != w.unit.Name {
			if err := w.free(ctx, tx, w.unit.Area, p.Name, "name"); err != nil {
				return err
			}
		}
	case Merge:
		if err := w.prepareMerge(ctx, tx, scope, root); err != nil {
			return err
		}
	case Split:
		if err := w.prepareSplit(ctx, tx, root); err != nil {
			return err
		}
	case Abolish:
		if root {
			return rules.Refuse(sx2021.CheckRoot(0))
		}
		if p.Into == w.unit.ID {
			return fault.New(fault.Invalid, "撤销的单位不能由自己承接。").On("into", "请选择另一个单位")
		}
		if p.Into != "" {
			if w.into, err = w.standing(ctx, tx, scope, p.Into, "into"); err != nil {
				return err
			}
			w.all = append(w.all, w.into.ID)
		}
		if err := w.supervised(ctx, tx); err != nil {
			return err
		}
	case Restore:
		if w.unit.AbolishedOn.IsZero() {
			return fault.Newf(fault.Conflict, "%s没有撤销，不必恢复。", w.unit.Name)
		}
		if err := w.free(ctx, tx, w.unit.Area, w.unit.Name, "unit"); err != nil {
			return err
		}
	case Transfer:
		return w.prepareMove(ctx, tx, scope, root)
	case Upgrade:
		if p.ToKind == "" {
			p.ToKind = w.unit.Kind
		}
		if p.ToLevel == "" {
			p.ToLevel = w.unit.Level
		}
		if kindNames[p.ToKind] == "" || levelNames[p.ToLevel] == "" {
			return fault.New(fault.Invalid, "类别或级别无法识别。").On("to_kind", "请从列表中选择")
		}
		if p.ToKind == w.unit.Kind && p.ToLevel == w.unit.Level {
			return fault.New(fault.Invalid, "类别和级别都没有变化。").On("to_kind", "请选择新的类别或级别")
		}
		if root {
			return rules.Refuse(sx2021.CheckRoot(0))
		}
		if p.ToKind != w.unit.Kind && (unique(p.ToKind) || unique(w.unit.Kind)) {
			return fault.New(fault.Refused, "人民政府和办公厅（室）每个行政区域只有一个，不能由其他单位改成，也不能改作其他单位。").On("to_kind", "请走合并或区划调整")
		}
		return w.ranked(ctx, tx, scope)
	}
	return nil
}

// unique reports whether an area has one unit of the kind.
func unique(k Kind) bool { return k == Office || k == Government }

// ranked refuses a level that only an office above the actor gives: a unit's
// level decides how far its applications climb.
func (w *work) ranked(ctx context.Context, q db.Querier, scope authz.Scope) error {
	if w.plan.ToLevel == w.unit.Level {
		return nil
	}
	rank := func(l Level) int { return slices.Index([]Level{Province, City, County, Township}, l) }
	for id := w.unit.Area; id != ""; {
		a, err := areaByID(ctx, q, id)
		if err != nil {
			return err
		}
		if rank(a.Level) <= rank(w.plan.ToLevel) && scope.Covers(a.Path, "") {
			return nil
		}
		id = a.Parent
	}
	return fault.Newf(fault.Refused, "调整为%s要由上级办公厅（室）办理。", w.plan.ToLevel.Name()).On("to_level", "请报上级办公厅（室）")
}

// free refuses a name that a standing unit of the area bears.
func (w *work) free(ctx context.Context, q db.Querier, area AreaID, name, field string) error {
	taken, err := db.One(ctx, q, scanUnit, unitSelect+` WHERE u.area_id = $1 AND u.name = $2 AND u.abolished_on IS NULL`, area, name)
	if db.None(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return fault.Newf(fault.Conflict, "%s已有名为“%s”的单位。", taken.AreaName, name).On(field, "本区划已有同名单位，请核对文件")
}

func (w *work) prepareMerge(ctx context.Context, tx *db.Tx, scope authz.Scope, root bool) error {
	p := &w.plan
	if root {
		return rules.Refuse(sx2021.CheckRoot(0))
	}
	if p.Into == w.unit.ID || slices.Contains(p.Others, w.unit.ID) || p.Into != "" && slices.Contains(p.Others, p.Into) {
		return fault.New(fault.Invalid, "单位不能并入自己。").On("into", "请选择另一个单位")
	}
	if (p.Into == "") == (len(p.New) == 0) {
		return fault.New(fault.Invalid, "合并要么并入一个已有单位，要么组建一个新单位。").On("into", "请选择并入的单位，或填写新单位名称")
	}
	if len(p.New) > 1 {
		return fault.New(fault.Invalid, "合并只能组建一个新单位。").On("new_name", "请只填写一个名称")
	}
	if len(p.Others) > 50 {
		return fault.New(fault.Invalid, "一次最多合并 50 个单位。").On("others", "请分次办理")
	}
	var err error
	for _, id := range p.Others {
		o, err := w.standing(ctx, tx, scope, id, "others")
		if err != nil {
			return err
		}
		if o.Kind == Office && o.Level == Province {
			return rules.Refuse(sx2021.CheckRoot(0))
		}
		w.others = append(w.others, o)
		w.all = append(w.all, o.ID)
	}
	if p.Into != "" {
		if w.into, err = w.standing(ctx, tx, scope, p.Into, "into"); err != nil {
			return err
		}
		for _, u := range append([]Unit{w.unit}, w.others...) {
			if strings.HasPrefix(w.into.AreaPath, u.AreaPath) {
				return fault.Newf(fault.Invalid, "%s隶属于%s，不能把上级并入下级；请先改隶。", w.into.Name, u.Name).On("into", "请选择另一个单位")
			}
		}
		w.all = append(w.all, w.into.ID)
	} else if err := w.named(ctx, tx, p.New[0], 0); err != nil {
		return err
	}
	return w.supervised(ctx, tx)
}

// named holds what a unit to be founded needs.
func (w *work) named(ctx context.Context, tx *db.Tx, n NewUnit, i int) error {
	field := fmt.Sprintf("new_name_%d", i+1)
	if n.Name == "" || len([]rune(n.Name)) > 100 {
		return fault.New(fault.Invalid, "新单位的名称没有填写，或超过 100 个字。").On(field, "请填写新单位全称")
	}
	if n.Kind != "" && (kindNames[n.Kind] == "" || n.Kind == Office) {
		return fault.New(fault.Invalid, "新单位的类别不能选用。").On(field, "请从类别中选择")
	}
	// A part may bear the name of the unit that ends with the act.
	if n.Name == w.unit.Name && !w.plan.Keep {
		return nil
	}
	for _, o := range w.others {
		if n.Name == o.Name && o.Area == w.unit.Area {
			return nil
		}
	}
	return w.free(ctx, tx, w.unit.Area, n.Name, field)
}

func (w *work) prepareSplit(ctx context.Context, tx *db.Tx, root bool) error {
	p := &w.plan
	if w.unit.Kind == Office {
		if root {
			return rules.Refuse(sx2021.CheckRoot(0))
		}
		return fault.New(fault.Refused, "政府办公厅（室）是本行政区域的主管单位，不能分设。").On("unit", "请选择部门或其他机构")
	}
	least := 2
	if p.Keep {
		least = 1
	}
	if len(p.New) < least || len(p.New) > 10 {
		return fault.Newf(fault.Invalid, "分设要写明 %d 到 10 个新单位。", least).On("new_name_1", "请填写分设后的单位")
	}
	for i, n := range p.New {
		if err := w.named(ctx, tx, n, i); err != nil {
			return err
		}
		if slices.ContainsFunc(p.New[:i], func(o NewUnit) bool { return o.Name == n.Name }) {
			return fault.Newf(fault.Invalid, "两个新单位都叫“%s”。", n.Name).On(fmt.Sprintf("new_name_%d", i+1), "名称重复，请修改")
		}
	}
	for key, part := range p.Assigned {
		if _, err := w.part(part); err != nil {
			return fault.Newf(fault.Invalid, "承接单位“%s”不在分设后的单位之中。", part).On("assign", "请重新选择："+key)
		}
	}
	return nil
}

// part is the index of a named part: −1 for the unit itself.
func (w *work) part(name string) (int, error) {
	if name == "keep" && w.plan.Keep {
		return -1, nil
	}
	for i := range w.plan.New {
		if name == fmt.Sprintf("new:%d", i) {
			return i, nil
		}
	}
	return 0, fmt.Errorf("org: no part %q", name)
}

// supervised refuses an act that would leave an area without its office
// (Article 4): its sites and accounts would have no supervisor.
func (w *work) supervised(ctx context.Context, q db.Querier) error {
	for _, u := range append([]Unit{w.unit}, w.others...) {
		if u.Kind != Office || u.Parent != "" {
			continue
		}
		n, err := db.One(ctx, q, db.Value[int], `SELECT count(*) FROM unit WHERE area_id = $1 AND kind = 'office' AND abolished_on IS NULL AND id <> $2`, u.Area, u.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return rules.Refuse(sx2021.CheckSupervisor(u.AreaName, 0))
		}
	}
	return nil
}

func (w *work) prepareMove(ctx context.Context, tx *db.Tx, scope authz.Scope, root bool) error {
	p := &w.plan
	if root {
		return rules.Refuse(sx2021.CheckRoot(0))
	}
	if w.unit.Kind == Office || w.unit.Kind == Government {
		return fault.New(fault.Refused, "人民政府和办公厅（室）随区划，不能单独改隶；请走区划调整。").On("unit", "请选择区划调整")
	}
	if p.ToLine == "" {
		p.ToLine = w.unit.Line
	} else if p.ToLine == "-" {
		p.ToLine = ""
	}
	if p.ToLine != "" && LineName(p.ToLine) == p.ToLine {
		return fault.New(fault.Invalid, "业务条线无法识别。").On("to_line", "请从业务条线中选择")
	}
	if p.ToParent != "" {
		parent, err := w.standing(ctx, tx, scope, p.ToParent, "to_parent")
		if err != nil {
			return err
		}
		if strings.HasPrefix(parent.AreaPath, w.unit.AreaPath) {
			return fault.New(fault.Invalid, "单位不能隶属于自己或自己的下级。").On("to_parent", "请选择另一个单位")
		}
		p.ToArea = parent.Area
		w.into = parent
	} else if w.unit.Kind == Internal || w.unit.Kind == Dispatched {
		return fault.New(fault.Invalid, "内设机构、派出机构要写明隶属的单位。").On("to_parent", "请选择隶属单位")
	}
	if p.ToArea == "" {
		p.ToArea = w.unit.Area
	}
	a, err := areaByID(ctx, tx, p.ToArea)
	if db.None(err) || err == nil && !scope.Covers(a.Path, "") && p.ToArea != w.unit.Area {
		return fault.New(fault.Invalid, "改隶后的区划没有登记，或不在您的管辖范围内。").On("to_area", "请重新选择区划")
	}
	if err != nil {
		return err
	}
	if !a.AbolishedOn.IsZero() {
		return fault.Newf(fault.Conflict, "%s已并入其他区划。", a.Name).On("to_area", "请选择现有的区划")
	}
	w.area = a
	if p.ToArea == w.unit.Area && p.ToParent == w.unit.Parent && p.ToLine == w.unit.Line {
		return fault.New(fault.Invalid, "隶属关系没有变化。").On("to_area", "请选择新的区划、隶属单位或条线")
	}
	if p.ToArea != w.unit.Area {
		return w.free(ctx, tx, p.ToArea, w.unit.Name, "to_area")
	}
	return nil
}

func (w *work) prepareArea(ctx context.Context, tx *db.Tx, scope authz.Scope) error {
	p := &w.plan
	a, err := areaByID(ctx, tx, p.Area)
	if db.None(err) || err == nil && !scope.Covers(a.Path, "") {
		return fault.Missing("区划")
	}
	if err != nil {
		return err
	}
	if !a.AbolishedOn.IsZero() {
		return fault.Newf(fault.Conflict, "%s已于%s并入其他区划。", a.Name, a.AbolishedOn.Chinese())
	}
	w.area = a
	var into Area
	if p.Kind != AreaRename {
		into, err = areaByID(ctx, tx, p.ToArea)
		if db.None(err) || err == nil && (!scope.Covers(into.Path, "") && p.Kind == AreaMerge || !scope.Covers(into.Path, "") && !scope.Reaches(into.Path)) {
			return fault.New(fault.Invalid, "目标区划没有登记，或不在您的管辖范围内。").On("to_area", "请重新选择区划")
		}
		if err != nil {
			return err
		}
		if !into.AbolishedOn.IsZero() || strings.HasPrefix(into.Path, a.Path) {
			return fault.New(fault.Invalid, "目标区划不能是自己、自己的下级或已撤销的区划。").On("to_area", "请重新选择区划")
		}
	}
	switch p.Kind {
	case AreaRename:
		if p.Name == "" || p.Name == a.Name {
			return fault.New(fault.Invalid, "没有填写新名称，或与现名相同。").On("name", "请填写新的区划名称")
		}
		n, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM area WHERE COALESCE(parent_id, '') = $1 AND name = $2 AND id <> $3 AND abolished_on IS NULL`, string(a.Parent), p.Name, a.ID)
		if err != nil {
			return err
		}
		if n > 0 {
			return fault.Newf(fault.Conflict, "同一上级下已有名为“%s”的区划。", p.Name).On("name", "请核对文件")
		}
	case AreaMove:
		if into.ID == a.Parent {
			return fault.New(fault.Invalid, "上级区划没有变化。").On("to_area", "请选择新的上级区划")
		}
		if !slices.Contains(parentLevels[a.Level], into.Level) {
			return fault.Newf(fault.Invalid, "%s是%s区划，不能直接隶属于%s。", a.Name, a.Level.Name(), into.Name).On("to_area", "请选择上一级区划")
		}
	case AreaMerge:
		if into.Level != a.Level {
			return fault.New(fault.Invalid, "只能并入同级区划。").On("to_area", "请选择同级区划")
		}
		if a.Level == Province {
			return rules.Refuse(sx2021.CheckRoot(0))
		}
	}
	units, err := db.All(ctx, tx, scanUnit, unitSelect+` WHERE u.area_path >= $1 AND u.area_path < $2 AND u.abolished_on IS NULL ORDER BY u.area_path`, a.Path, a.Path[:len(a.Path)-1]+"0")
	if err != nil {
		return err
	}
	for _, u := range units {
		w.all = append(w.all, u.ID)
		if u.FoundedOn.After(p.On) {
			return fault.Newf(fault.Invalid, "生效日期早于%s的成立日期（%s）。", u.Name, u.FoundedOn.Chinese()).On("on", "请核对生效日期")
		}
	}
	if p.Kind == AreaMerge {
		return w.prepareAreaMerge(ctx, tx, units, into)
	}
	return nil
}

// prepareAreaMerge finds the units of the ending area whose name stands in the
// other already: government and office go into their counterparts, anything
// else has to be renamed first.
func (w *work) prepareAreaMerge(ctx context.Context, tx *db.Tx, units []Unit, into Area) error {
	there, err := db.All(ctx, tx, scanUnit, unitSelect+` WHERE u.area_id = $1 AND u.abolished_on IS NULL ORDER BY u.id`, into.ID)
	if err != nil {
		return err
	}
	var same []string
	for _, t := range there {
		w.all = append(w.all, t.ID)
		if i := slices.IndexFunc(units, func(u Unit) bool { return u.Area == w.area.ID && u.Name == t.Name }); i >= 0 && !counterparts(units[i], t) {
			same = append(same, t.Name)
		}
	}
	if len(same) > 0 {
		return fault.Newf(fault.Conflict, "两个区划有同名单位：%s；请先更名或合并。", strings.Join(same, "、")).On("to_area", "有同名单位")
	}
	return nil
}

func counterparts(a, b Unit) bool {
	return a.Kind == b.Kind && (a.Kind == Government || a.Kind == Office) && a.Parent == "" && b.Parent == ""
}

// title says the act in a sentence.
func (w *work) title() string {
	p := w.plan
	name := w.unit.Name
	switch p.Kind {
	case Rename:
		return name + "更名为" + p.Name
	case Merge:
		from := name
		for _, o := range w.others {
			from += "、" + o.Name
		}
		if w.into.ID != "" {
			return from + "并入" + w.into.Name
		}
		return from + "合并组建" + p.New[0].Name
	case Split:
		var parts []string
		for _, n := range p.New {
			parts = append(parts, n.Name)
		}
		if p.Keep {
			return "从" + name + "分设" + strings.Join(parts, "、")
		}
		return name + "分设为" + strings.Join(parts, "、")
	case Abolish:
		if w.into.ID != "" {
			return "撤销" + name + "，职能由" + w.into.Name + "承接"
		}
		return "撤销" + name
	case Restore:
		return "恢复" + name
	case Transfer:
		to := w.area.Name
		if w.into.ID != "" {
			to = w.into.Name
		}
		if p.ToLine != w.unit.Line && p.ToArea == w.unit.Area && p.ToParent == w.unit.Parent {
			line := LineName(p.ToLine)
			if line == "" {
				line = "无"
			}
			return name + "业务条线调整为" + line
		}
		return name + "改隶" + to
	case Upgrade:
		return name + "调整为" + p.ToLevel.Name() + p.ToKind.Name()
	case AreaRename:
		return w.area.Name + "更名为" + p.Name
	case AreaMove:
		return w.area.Name + "改隶"
	case AreaMerge:
		return w.area.Name + "并入同级区划"
	}
	return string(p.Kind)
}

// touch asks every module what it holds of the units, and puts it together.
func (w *work) touch(ctx context.Context, q db.Querier) error {
	r := &w.rehearsal
	var err error
	if r.Touched, err = w.s.touchedBy(ctx, q, w.all); err != nil {
		return err
	}
	for _, t := range r.Touched {
		r.Total += t.Count
		if w.plan.Kind == Split && t.Assign && t.Count > maxAssigned {
			return fault.Newf(fault.TooLarge, "%s有 %d 项，一次分设最多逐项指定 %d 项；请先把一部分改隶。", t.Name, t.Count, maxAssigned)
		}
	}
	if w.unit.ID != "" && w.plan.Kind == Rename {
		r.Names, err = db.All(ctx, q, scanUnit, unitSelect+` WHERE u.area_path >= $1 AND u.area_path < $2 AND u.id <> $3 AND u.abolished_on IS NULL AND u.name LIKE $4 ESCAPE '\' ORDER BY u.name LIMIT 50`,
			w.unit.AreaPath, w.unit.AreaPath[:len(w.unit.AreaPath)-1]+"0", w.unit.ID, strings.TrimPrefix(db.Contains(w.unit.Name), "%"))
	}
	if w.plan.Kind == AreaRename {
		r.Names, err = db.All(ctx, q, scanUnit, unitSelect+` WHERE u.area_id = $1 AND u.abolished_on IS NULL AND u.name LIKE $2 ESCAPE '\' ORDER BY u.name LIMIT 50`,
			w.area.ID, strings.TrimPrefix(db.Contains(w.area.Name), "%"))
	}
	if err != nil {
		return err
	}
	for _, id := range w.all {
		u, err := unitByID(ctx, q, id)
		if err != nil {
			return err
		}
		w.before[id] = place(u)
	}
	h := sha256.New()
	for _, t := range r.Touched {
		fmt.Fprintf(h, "%s %d\n", t.Kind, t.Count)
		for _, row := range t.Rows {
			fmt.Fprintf(h, "%s %s\n", row.Key, row.Unit)
		}
	}
	// Who stands where: another act in between changes it.
	for _, id := range w.all {
		fmt.Fprintf(h, "%s %s\n", id, w.before[id])
	}
	fmt.Fprintf(h, "%s %s %s", r.Title, w.unit.Name, w.area.Path)
	r.Digest = hex.EncodeToString(h.Sum(nil)[:16])
	return nil
}

func place(u Unit) string {
	s := u.AreaPath
	if u.LinePath != "" {
		s += " " + u.LinePath
	}
	if !u.AbolishedOn.IsZero() {
		s += " ended"
	}
	return s
}

// unassigned are the rows of a split that nobody takes yet.
func (w *work) unassigned() []TouchedRow {
	if w.plan.Kind != Split {
		return nil
	}
	var out []TouchedRow
	for _, t := range w.rehearsal.Touched {
		if !t.Assign {
			continue
		}
		for _, r := range t.Rows {
			if w.plan.Assigned[r.Key] == "" {
				out = append(out, r)
			}
		}
	}
	return out
}

// paths are the units whose place is another after the act.
func (w *work) paths(ctx context.Context, q db.Querier) ([]PathChange, error) {
	var out []PathChange
	for _, id := range w.all {
		u, err := unitByID(ctx, q, id)
		if err != nil {
			return nil, err
		}
		if now := place(u); now != w.before[id] && u.AbolishedOn.IsZero() {
			out = append(out, PathChange{Unit: u.Name, From: w.before[id], To: now})
		}
	}
	return out, nil
}

// run does the act in its transaction.
func (w *work) run(ctx context.Context, tx *db.Tx) (Act, error) {
	p := w.plan
	if err := w.write(ctx, tx); err != nil {
		return Act{}, err
	}
	var err error
	switch p.Kind {
	case Rename:
		err = w.rename(ctx, tx, w.unit, p.Name, p.ShortName)
	case Merge:
		err = w.merge(ctx, tx)
	case Split:
		err = w.split(ctx, tx)
	case Abolish:
		err = w.abolish(ctx, tx)
	case Restore:
		err = w.restore(ctx, tx)
	case Transfer:
		err = w.move(ctx, tx, w.unit, w.area, p.ToParent, p.ToLine)
	case Upgrade:
		_, err = tx.Exec(ctx, `UPDATE unit SET kind = $2, level = $3 WHERE id = $1`, w.unit.ID, p.ToKind, p.ToLevel)
	case AreaRename:
		err = w.renameArea(ctx, tx)
	case AreaMove:
		err = w.moveArea(ctx, tx, w.area, p.ToArea)
	case AreaMerge:
		err = w.mergeArea(ctx, tx)
	}
	if err != nil {
		return Act{}, err
	}
	if err := w.reckon(ctx, tx); err != nil {
		return Act{}, err
	}
	actor, ok := audit.ActorFrom(ctx)
	if !ok {
		return Act{}, audit.ErrNoActor
	}
	target := UnitTarget(w.unit)
	if p.Kind.OfArea() {
		target = audit.Target{Kind: "area", ID: string(w.area.ID), Name: w.area.Name}
	}
	entry := audit.Entry{Act: "org.reorganise." + string(p.Kind), Target: target, Basis: p.Document,
		Before: map[string]any{"place": w.before[w.unit.ID], "name": w.unit.Name}, After: map[string]any{"act": w.rehearsal.Title, "on": p.On, "rows": w.rehearsal.Total}}
	if err := audit.Record(ctx, tx, entry); err != nil {
		return Act{}, err
	}
	return Act{ID: w.act, Kind: p.Kind, Title: w.rehearsal.Title, Unit: w.unit.ID, Area: w.area.ID, Plan: p, Counts: w.counts(), Undoes: p.Undoes, By: actor.Name, At: tx.Now()}, nil
}

func (w *work) counts() map[string]int {
	out := map[string]int{}
	for _, t := range w.rehearsal.Touched {
		out[t.Kind] += t.Count
	}
	return out
}

// write puts the act down before what rests on it.
func (w *work) write(ctx context.Context, tx *db.Tx) error {
	actor, ok := audit.ActorFrom(ctx)
	if !ok {
		return audit.ErrNoActor
	}
	plan, err := json.Marshal(w.plan)
	if err != nil {
		return err
	}
	counts, err := json.Marshal(w.counts())
	if err != nil {
		return err
	}
	area := AreaID("")
	if w.plan.Kind.OfArea() {
		area = w.area.ID
	}
	if w.plan.Undoes != "" {
		n, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM reorganisation WHERE id = $1`, w.plan.Undoes)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.Missing("机构调整")
		}
		if n, err = db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM reorganisation WHERE undoes = $1`, w.plan.Undoes); err != nil {
			return err
		} else if n > 0 {
			return fault.New(fault.Conflict, "这次调整已被撤回过，请刷新后再看。")
		}
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO reorganisation (id, kind, title, unit_id, area_id, document, document_on, effective_on, note, plan, touched, undoes, done_by, done_by_name, done_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
		w.act, w.plan.Kind, w.rehearsal.Title, db.Null(w.unit.ID), db.Null(area), w.plan.Document, w.plan.DocumentOn, w.plan.On, w.plan.Note,
		string(plan), string(counts), db.Null(w.plan.Undoes), actor.ID, actor.Name, tx.Now()); err != nil {
		return fmt.Errorf("org: keep reorganisation: %w", err)
	}
	if w.unit.ID != "" {
		return w.concern(ctx, tx, w.unit.ID, "subject")
	}
	return nil
}

// concern notes that the act is part of a unit's history.
func (w *work) concern(ctx context.Context, tx *db.Tx, unit UnitID, part string) error {
	_, err := tx.Exec(ctx, `INSERT INTO reorganisation_unit (act_id, unit_id, part) VALUES ($1, $2, $3) ON CONFLICT (act_id, unit_id) DO NOTHING`, w.act, unit, part)
	return err
}

// reckon holds the counts of every kind against those before: nothing may be
// lost or doubled on the way.
func (w *work) reckon(ctx context.Context, tx *db.Tx) error {
	all := slices.Clone(w.all)
	for _, f := range w.founded {
		all = append(all, f.ID)
	}
	after := map[string]int{}
	held, err := w.s.touchedBy(ctx, tx, all)
	if err != nil {
		return err
	}
	for _, t := range held {
		after[t.Kind] += t.Count
	}
	ends := map[string]bool{}
	for _, t := range w.rehearsal.Touched {
		ends[t.Kind] = ends[t.Kind] || t.Ends
	}
	for kind, n := range w.counts() {
		if after[kind] != n && !(ends[kind] && after[kind] < n) {
			return fmt.Errorf("org: %s: %d rows of %s before, %d after", w.rehearsal.Title, n, kind, after[kind])
		}
	}
	return nil
}
