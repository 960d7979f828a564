package org

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/intake"
	"zhengshu/internal/official"
)

// ImportOptions say how a file is taken in.
type ImportOptions struct {
	DryRun bool
	Source string // where the rows come from, kept with each record
	// SkipHidden leaves out rows that are hidden in the workbook.
	SkipHidden bool
	// File is the brought file that the rows' effects are kept under, so that
	// they can be undone; empty keeps none.
	File string
	// From is how many rows an import that was broken off had taken.
	From int
	// Resume is the report as it stood then.
	Resume *intake.Report
	// Kept is told in the transaction of every batch how many rows are taken.
	Kept func(ctx context.Context, tx *db.Tx, taken int, rep intake.Report) error
	// Seen is told how many rows are done with, after each batch.
	Seen func(rows int)
}

// batchRows is how many rows commit together: a kill loses at most one batch,
// and a second run completes the file.
const batchRows = 500

// division is one row of a divisions file, as recognised.
type division struct {
	row    int
	level  Level
	code   string // 12 digits
	name   string
	parent string // code of the parent, 12 digits, empty for a province
	self   bool   // the file names the row as its own parent
}

// special is a row of the file of units the statistics code does not show.
type special struct {
	row                          int
	name, kind, seat, stat, note string
}

var codePattern = regexp.MustCompile(`^[0-9]{2,12}$`)

var levelWords = map[string]Level{
	"province": Province, "city": City, "county": County, "township": Township, "town": Township,
	"省": Province, "省级": Province, "市": City, "地级": City, "市级": City, "县": County, "县级": County, "乡级": Township, "乡镇": Township,
}

// ImportUnits takes a file of divisions: each row makes an area; at county
// level and above also the people's government and its office, at township
// level the unit. A second run of the same file changes nothing. A row outside
// the scope is refused.
func (s *Service) ImportUnits(ctx context.Context, scope authz.Scope, t *official.Table, o ImportOptions) (intake.Report, error) {
	rep := intake.New(o.DryRun)
	h := intake.ReadHeader(t)
	var err error
	switch {
	case h.Has("seat_or_parent_code") && h.Has("name"):
		err = s.importSpecial(ctx, scope, t, h, o, &rep)
	case h.Has("code", "代码", "区划代码") && h.Has("name", "名称"):
		err = s.importDivisions(ctx, scope, t, h, o, &rep)
	default:
		err = intake.Unknown(t, "区划文件至少要有 code（区划代码）、name（名称）两列，最好还有 level（级别）和 parent_code（上级代码）。")
	}
	return rep, err
}

func (s *Service) importDivisions(ctx context.Context, scope authz.Scope, t *official.Table, h intake.Header, o ImportOptions, rep *intake.Report) error {
	var rows []division
	seen := map[AreaID]int{}
	for row, err := range t.Rows() {
		if err != nil {
			return err
		}
		rep.Read++
		d := division{
			row: row.Number, name: h.Get(row, "name", "名称"), code: h.Get(row, "code", "代码", "区划代码"),
			parent: h.Get(row, "parent_code", "county_code", "上级代码"), level: levelWords[h.Get(row, "level", "级别")],
		}
		if !h.Has("level", "级别") {
			d.level = levelOf(d.code)
		}
		if field, says := d.wrong(); field != "" {
			rep.Refuse(d.row, field, says)
			continue
		}
		d.self = d.parent == d.code
		d.code = PadCode(d.code)
		if d.parent != "" {
			d.parent = PadCode(d.parent)
		}
		key := AreaKey(d.level, d.code)
		if first, dup := seen[key]; dup {
			rep.Refuse(d.row, "code", "与第 "+strconv.Itoa(first)+" 行重复：同一级别、同一代码只能有一行，请删去一行。")
			continue
		}
		seen[key] = d.row
		rows = append(rows, d)
	}
	// Parents first, whatever the file's order.
	rank := map[Level]int{Province: 0, City: 1, County: 2, Township: 3}
	slices.SortStableFunc(rows, func(a, b division) int { return rank[a.level] - rank[b.level] })
	return s.inBatches(ctx, len(rows), o.DryRun, rep, func(tx *db.Tx, i int, rep *intake.Report) error {
		added, err := s.takeDivision(ctx, tx, scope, rows[i], o, rep)
		return count(rep, rows[i].row, added, err)
	})
}

// count books one row's outcome.
func count(rep *intake.Report, row int, added bool, err error) error {
	switch {
	case err != nil:
		return rep.RefuseFault(row, err)
	case added:
		rep.Accepted++
	default:
		rep.Unchanged++
	}
	return nil
}

var errDryRun = errors.New("org: dry run")

// inBatches runs take over n rows, batchRows to a transaction; a dry run does
// it all in one that is rolled back. A transaction that runs again starts its
// rows' bookkeeping afresh.
func (s *Service) inBatches(ctx context.Context, n int, dryRun bool, rep *intake.Report, take func(tx *db.Tx, i int, rep *intake.Report) error) error {
	return Batches(ctx, s.db, n, dryRun, rep, take)
}

// Batches is how imports walk their rows: batchRows to a transaction, a dry run
// in one transaction that is rolled back, the report rewound when a
// transaction runs again.
func Batches(ctx context.Context, d *db.DB, n int, dryRun bool, rep *intake.Report, take func(tx *db.Tx, i int, rep *intake.Report) error) error {
	size := batchRows
	if dryRun {
		size = max(1, n)
	}
	for from := 0; from < n; from += size {
		before := *rep
		err := d.Update(ctx, func(tx *db.Tx) error {
			*rep = before
			rep.Refused, rep.Notes = slices.Clone(before.Refused), slices.Clone(before.Notes)
			if rep.Refused == nil {
				rep.Refused = []intake.Refusal{}
			}
			if rep.Notes == nil {
				rep.Notes = []intake.Note{}
			}
			for i := from; i < min(n, from+size); i++ {
				if err := take(tx, i, rep); err != nil {
					return err
				}
			}
			if dryRun {
				return errDryRun
			}
			return nil
		})
		if err != nil && !errors.Is(err, errDryRun) {
			return err
		}
	}
	return nil
}

func (d division) wrong() (field, says string) {
	switch {
	case !codePattern.MatchString(d.code):
		return "code", "区划代码“" + d.code + "”应为 6、9 或 12 位数字，请核对。"
	case d.level == Township && len(strings.TrimRight(PadCode(d.code), "0")) > 9:
		return "code", "乡级代码“" + d.code + "”应为 9 位（或补 000 到 12 位），更长的是村级代码，不导入。"
	case d.level != Township && len(strings.TrimRight(PadCode(d.code), "0")) > 6:
		return "code", "区划代码“" + d.code + "”比县级更细，请核对级别。"
	case d.name == "":
		return "name", "名称没有填写，请补上区划名称。"
	case len([]rune(d.name)) > 60:
		return "name", "名称超过 60 个字，请核对这一行是否错位。"
	case d.level == "":
		return "level", "级别无法识别，应为 province、city、county、township 之一。"
	case d.parent == "" && d.level != Province:
		return "parent_code", "没有上级代码，省级以下的区划要写明上级。"
	case d.parent != "" && !codePattern.MatchString(d.parent):
		return "parent_code", "上级代码“" + d.parent + "”应为数字，请核对。"
	}
	return "", ""
}

// levelOf reads the level off a code's length and trailing zeros, for files
// without a level column.
func levelOf(code string) Level {
	switch {
	case len(code) == 9 || len(code) == 12 && !strings.HasSuffix(code, "000000"):
		return Township
	case len(code) < 6:
		return ""
	case code[2:6] == "0000":
		return Province
	case code[4:6] == "00":
		return City
	}
	return County
}

// parentLevels are where a row's parent may stand, nearest first.
var parentLevels = map[Level][]Level{City: {Province}, County: {City, Province}, Township: {County, City}}

func (s *Service) takeDivision(ctx context.Context, tx *db.Tx, scope authz.Scope, d division, o ImportOptions, rep *intake.Report) (bool, error) {
	a := Area{Level: d.level, Code: d.code, Name: d.name}
	under := "/"
	for _, l := range parentLevels[d.level] {
		if p, err := areaByID(ctx, tx, AreaKey(l, d.parent)); err == nil {
			a.Parent, under = p.ID, p.Path
			break
		} else if !db.None(err) {
			return false, err
		}
	}
	if a.Parent == "" && d.level != Province {
		return false, fault.Newf(fault.Invalid, "上级代码 %s 没有登记，请先导入上级区划。", d.parent).On("parent_code", "")
	}
	if !scope.Covers(under+levelLetters[d.level]+shortCode(d.level, d.code)+"/", "") {
		return false, outside(d.name)
	}
	if d.self {
		rep.Note(d.row, "%s（%s）写明自己是自己的上级，已按同代码的上一级区划处理。", d.name, d.code)
	}
	added, err := s.AddArea(ctx, tx, a)
	if err != nil {
		return false, err
	}
	// A county that the province treats as a city (省内计划单列) has its units
	// at that rank; its statistics row brings the area alone.
	if _, err := areaByID(ctx, tx, AreaKey(City, d.code)); err == nil && d.level == County && !d.self {
		return added, nil
	} else if err != nil && !db.None(err) {
		return false, err
	}
	for _, u := range unitsOf(d) {
		u.Area, u.Source = AreaKey(d.level, d.code), o.Source
		_, fresh, err := s.AddUnit(ctx, tx, u)
		if err != nil {
			return false, err
		}
		added = added || fresh
	}
	return added, nil
}

// groupings are rows of the statistics code that are no division with a
// government of its own.
var groupings = []string{"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"}

var zoneName = regexp.MustCompile(`开发区|工业园|产业园区|工业园区|化工园区|管理区|示范区|试验区|新城$|保税区|产业基地`)

// unitsOf are the units a division row brings: the people's government and its
// office; a management committee and its office for a zone; one unit for a
// township.
func unitsOf(d division) []Unit {
	if slices.Contains(groupings, d.name) && d.level == City {
		return nil
	}
	if d.level == Township {
		name := d.name
		switch {
		case strings.HasSuffix(name, "街道"):
			name += "办事处"
		case strings.HasSuffix(name, "乡"), strings.HasSuffix(name, "镇"):
			name += "人民政府"
		}
		return []Unit{{Kind: TownshipUnit, Name: name, ShortName: d.name}}
	}
	if zoneName.MatchString(d.name) || strings.HasSuffix(d.name, "管委会") {
		name := strings.TrimSuffix(d.name, "管委会") + "管理委员会"
		return []Unit{{Kind: ZoneCommittee, Name: name, ShortName: d.name}, {Kind: Office, Name: name + "办公室", ShortName: d.name + "管委会办公室"}}
	}
	if strings.HasSuffix(d.name, "委员会") {
		return []Unit{{Kind: Committee, Name: d.name}, {Kind: Office, Name: d.name + "办公室"}}
	}
	office := "人民政府办公室"
	if d.level != County {
		office = "人民政府办公厅"
	}
	return []Unit{{Kind: Government, Name: d.name + "人民政府", ShortName: d.name + "政府"}, {Kind: Office, Name: d.name + office, ShortName: d.name + "政府办"}}
}

// importSpecial takes the rows the statistics code does not show as units of
// their own: a demonstration zone, a county the province treats as a city, a
// new area.
func (s *Service) importSpecial(ctx context.Context, scope authz.Scope, t *official.Table, h intake.Header, o ImportOptions, rep *intake.Report) error {
	var rows []special
	for row, err := range t.Rows() {
		if err != nil {
			return err
		}
		rep.Read++
		sp := special{row: row.Number, name: h.Get(row, "name"), kind: h.Get(row, "kind"), seat: h.Get(row, "seat_or_parent_code"), stat: h.Get(row, "stat_code"), note: h.Get(row, "note")}
		if sp.name == "" || len(sp.seat) < 6 || !codePattern.MatchString(sp.seat) {
			rep.Refuse(sp.row, "seat_or_parent_code", "要写明名称和驻地（或上级）的 6 位区划代码。")
			continue
		}
		rows = append(rows, sp)
	}
	return s.inBatches(ctx, len(rows), o.DryRun, rep, func(tx *db.Tx, i int, rep *intake.Report) error {
		added, err := s.takeSpecial(ctx, tx, scope, rows[i], o)
		return count(rep, rows[i].row, added, err)
	})
}

func (s *Service) takeSpecial(ctx context.Context, tx *db.Tx, scope authz.Scope, sp special, o ImportOptions) (bool, error) {
	if !scope.Covers("/"+levelLetters[Province]+sp.seat[:2]+"0000/", "") {
		return false, outside(sp.name)
	}
	province := AreaKey(Province, sp.seat[:2]+"0000")
	if _, err := areaByID(ctx, tx, province); db.None(err) {
		return false, fault.Newf(fault.Invalid, "省级区划 %s 没有登记，请先导入省市县区划。", sp.seat[:2]+"0000").On("seat_or_parent_code", "")
	} else if err != nil {
		return false, err
	}
	// A new area managed by a city is a unit of that city's area, at city rank.
	if strings.Contains(sp.kind, "新区") {
		_, added, err := s.AddUnit(ctx, tx, Unit{Area: AreaKey(City, sp.seat), Kind: ZoneCommittee, Level: City, Name: sp.name + "管理委员会", ShortName: sp.name, Source: o.Source})
		return added, err
	}
	code := sp.stat
	if code == "" {
		code = sp.seat
	}
	added, err := s.AddArea(ctx, tx, Area{Level: City, Code: code, Name: sp.name, Parent: province, Note: sp.note})
	if err != nil {
		return false, err
	}
	area := AreaKey(City, code)
	units := []Unit{{Kind: Committee, Name: sp.name + "管理委员会"}, {Kind: Office, Name: sp.name + "管理委员会办公室"}}
	if strings.Contains(sp.kind, "县级市") {
		units = []Unit{{Kind: Government, Name: sp.name + "人民政府"}, {Kind: Office, Name: sp.name + "人民政府办公室"}}
		if err := s.rehome(ctx, tx, AreaKey(County, code), area); err != nil {
			return false, err
		}
	}
	for _, u := range units {
		u.Area, u.Direct, u.Level, u.Source = area, true, City, o.Source
		_, fresh, err := s.AddUnit(ctx, tx, u)
		if err != nil {
			return false, err
		}
		added = added || fresh
	}
	return added, nil
}

func outside(name string) error {
	return fault.Newf(fault.Forbidden, "%s不在您的管辖范围内，请由有管辖权的单位导入。", name).On("code", "")
}
