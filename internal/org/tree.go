package org

import (
	"context"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
)

// LineInfo is a line of business (条) by its identifier in paths.
type LineInfo struct{ ID, Name string }

// Lines is the closed list that forms offer, in screen order.
var Lines = []LineInfo{
	{"development", "发展改革"}, {"education", "教育"}, {"science", "科技"}, {"industry", "工业和信息化"}, {"police", "公安"}, {"civil", "民政"},
	{"justice", "司法行政"}, {"prison", "监狱管理"}, {"finance", "财政"}, {"labour", "人力资源社会保障"}, {"land", "自然资源"}, {"environment", "生态环境"},
	{"housing", "住房城乡建设"}, {"transport", "交通运输"}, {"water", "水利"}, {"agriculture", "农业农村"}, {"commerce", "商务"}, {"culture", "文化和旅游"},
	{"health", "卫生健康"}, {"veterans", "退役军人事务"}, {"emergency", "应急管理"}, {"audit", "审计"}, {"market", "市场监管"}, {"drug", "药品监管"},
	{"statistics", "统计"}, {"forestry", "林业"}, {"medical", "医疗保障"}, {"publicity", "宣传"}, {"cyberspace", "网信"}, {"establishment", "机构编制"},
	{"telecom", "通信管理"}, {"government", "政务服务"},
}

// LineName is the line in Chinese; an unknown one is shown as it is.
func LineName(id string) string {
	for _, l := range Lines {
		if l.ID == id {
			return l.Name
		}
	}
	return id
}

// Branch is an area with how many units stand in it and below, as far as the
// scope sees.
type Branch struct {
	Area
	Units int
}

// Branches are the areas directly below parent that lie in scope; with no
// parent, the tops of the scope's trees.
func (s *Service) Branches(ctx context.Context, scope authz.Scope, parent AreaID) ([]Branch, error) {
	areas, err := s.Areas(ctx, scope, parent)
	if err != nil || len(areas) == 0 {
		return nil, err
	}
	var w db.Where
	scope.Where(&w, "u")
	w.And("u.abolished_on IS NULL AND a.abolished_on IS NULL").AndIf(parent == "", "a.parent_id IS NULL").AndIf(parent != "", "a.parent_id = ?", parent)
	type tally struct {
		id AreaID
		n  int
	}
	// The upper bound of a subtree is its path with the last "/" made "0", as
	// in authz.
	tallies, err := db.All(ctx, s.db, func(r db.Scanner) (tally, error) {
		var t tally
		err := r.Scan(&t.id, &t.n)
		return t, err
	}, `SELECT a.id, count(*) FROM area a JOIN unit u ON u.area_path >= a.path AND u.area_path < substr(a.path, 1, length(a.path) - 1) || '0'
	     WHERE `+w.SQL()+` GROUP BY a.id`, w.Args()...)
	if err != nil {
		return nil, err
	}
	count := map[AreaID]int{}
	for _, t := range tallies {
		count[t.id] = t.n
	}
	out := make([]Branch, len(areas))
	for i, a := range areas {
		out[i] = Branch{Area: a, Units: count[a.ID]}
	}
	return out, nil
}

// Home is where the scope's tree begins: the lowest area that holds everything
// it sees. It is empty when the scope sees several tops, or nothing.
func (s *Service) Home(ctx context.Context, scope authz.Scope) (Area, error) {
	var home Area
	for {
		below, err := s.Areas(ctx, scope, home.ID)
		if err != nil || len(below) != 1 {
			return home, err
		}
		if home.ID != "" {
			_, own, err := s.Units(ctx, scope, UnitFilter{Area: home.ID, Limit: 1})
			if err != nil || own > 0 {
				return home, err
			}
		}
		home = below[0]
		if scope.Covers(home.Path, "") {
			return home, nil
		}
	}
}

// AreaInScope is an area that the scope covers or reaches into, with the areas
// above it from the top down.
func (s *Service) AreaInScope(ctx context.Context, scope authz.Scope, id AreaID) (Area, []Area, error) {
	a, err := s.Area(ctx, s.db, id)
	if err != nil {
		return Area{}, nil, err
	}
	if !scope.Covers(a.Path, "") && !scope.Reaches(a.Path) {
		return Area{}, nil, fault.Missing("区划")
	}
	var above []Area
	for up := a.Parent; up != ""; {
		p, err := areaByID(ctx, s.db, up)
		if err != nil {
			return Area{}, nil, err
		}
		above = append([]Area{p}, above...)
		up = p.Parent
	}
	return a, above, nil
}

// registrable are the kinds a person may register; governments and their
// offices come with the divisions.
var registrable = map[Kind]bool{Department: true, Dispatched: true, InstitutionAdmin: true, Institution: true, Internal: true, ZoneCommittee: true, Committee: true}

// Registrable are the kinds RegisterUnit takes, in screen order.
func Registrable() []Kind {
	var out []Kind
	for _, k := range Kinds {
		if registrable[k] {
			out = append(out, k)
		}
	}
	return out
}

// RegisterUnit enters a department or body in an area of the scope.
func (s *Service) RegisterUnit(ctx context.Context, tx *db.Tx, scope authz.Scope, u Unit) (Unit, error) {
	u.Name, _ = Tidy(u.Name)
	u.ShortName, _ = Tidy(u.ShortName)
	var f fault.Fields
	f.Check(u.Name != "", "name", "请填写单位全称")
	f.Check(len([]rune(u.Name)) <= 100 && len([]rune(u.ShortName)) <= 40, "name", "单位全称最多 100 个字，简称最多 40 个字")
	f.Check(registrable[u.Kind], "kind", "请从单位类别中选择；人民政府和办公厅（室）随区划一并登记")
	f.Check(u.Line == "" || LineName(u.Line) != u.Line, "line", "请从业务条线中选择")
	f.Check(u.Parent != "" || u.Kind != Internal && u.Kind != Dispatched, "parent", "派出机构、内设机构要选择所属单位")
	if err := f.Err(); err != nil {
		return Unit{}, err
	}
	a, err := areaByID(ctx, tx, u.Area)
	if db.None(err) {
		return Unit{}, fault.Missing("区划")
	}
	if err != nil {
		return Unit{}, err
	}
	under := a.Path
	if u.Parent != "" {
		p, err := s.UnitTx(ctx, tx, scope, u.Parent)
		if fault.Is(err, fault.NotFound) {
			return Unit{}, fault.New(fault.Invalid, "所属单位没有登记，或不在您的管辖范围内。").On("parent", "请从列表中选择")
		}
		if err != nil {
			return Unit{}, err
		}
		if p.Area != u.Area {
			return Unit{}, fault.New(fault.Invalid, "所属单位在另一个区划。").On("parent", "请选择同一区划的单位")
		}
		under = p.AreaPath
		if u.Line == "" {
			u.Line = p.Line
		}
	}
	line := ""
	if u.Line != "" {
		line = "/" + u.Line + under
	}
	if !scope.Covers(under, line) {
		return Unit{}, fault.Missing("区划")
	}
	if today := calendar.DateOf(tx.Now()); u.FoundedOn.After(today) {
		return Unit{}, fault.New(fault.Invalid, "成立日期还没有到。").On("founded_on", "请填写今天或以前的日期")
	}
	made, added, err := s.AddUnit(ctx, tx, u)
	if err != nil {
		return Unit{}, err
	}
	if !added && made.Name != u.Name {
		return Unit{}, fault.Newf(fault.Conflict, "“%s”是“%s”的曾用名，不必另行登记；确为新设单位的，请走机构调整。", u.Name, made.Name).On("name", "本区划已有单位用过这个名称")
	}
	if !added {
		return Unit{}, fault.Newf(fault.Conflict, "%s已登记“%s”，不必重复登记。", a.Name, u.Name).On("name", "本区划已有同名单位")
	}
	return made, nil
}

// People are those who work at the unit or at a body inside it, by name.
func (s *Service) People(ctx context.Context, q db.Querier, scope authz.Scope, unit UnitID) ([]Person, error) {
	u, err := s.UnitTx(ctx, q, scope, unit)
	if err != nil {
		return nil, err
	}
	var w db.Where
	authz.Area("people of a unit", u.AreaPath).Where(&w, "u")
	return db.All(ctx, q, func(r db.Scanner) (Person, error) {
		var p Person
		err := r.Scan(&p.ID, &p.Unit, &p.Name, &p.Title, &p.UnitName)
		return p, err
	}, `SELECT p.id, p.unit_id, p.name, p.title, u.name FROM person p JOIN unit u ON u.id = p.unit_id
	     WHERE `+w.SQL()+` AND p.left_at IS NULL ORDER BY u.area_path, p.name, p.id`, w.Args()...)
}
