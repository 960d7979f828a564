package org

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/mozillazg/go-pinyin"
	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
)

// Identifiers.
type (
	AreaID   string // level-code12: county-610113000000
	UnitID   string
	PersonID string
	PostID   string
)

// Level is the rank of an area or unit.
type Level string

// The ranks.
const (
	Province Level = "province"
	City     Level = "city"
	County   Level = "county"
	Township Level = "township"
)

var levelNames = map[Level]string{Province: "省级", City: "市级", County: "县级", Township: "乡镇（街道）"}

// Name is the level in Chinese.
func (l Level) Name() string { return levelNames[l] }

var levelLetters = map[Level]string{Province: "p", City: "c", County: "d", Township: "t"}

// Kind is what a unit is in law (Article 2).
type Kind string

// The kinds.
const (
	Government       Kind = "government"        // 人民政府
	Office           Kind = "office"            // 办公厅（室）: the supervisor, Article 4
	Department       Kind = "department"        // 部门
	Dispatched       Kind = "dispatched"        // 派出机构
	InstitutionAdmin Kind = "institution_admin" // 承担行政职能的事业单位
	Institution      Kind = "institution"       // other 事业单位: not in scope of Article 2
	Internal         Kind = "internal"          // 内设机构
	TownshipUnit     Kind = "township"          // 乡镇政府、街道办事处
	ZoneCommittee    Kind = "zone_committee"    // 开发区管委会, Article 33
	Committee        Kind = "committee"         // 示范区管委会 and their like
)

var kindNames = map[Kind]string{
	Government: "人民政府", Office: "政府办公厅（室）", Department: "政府部门", Dispatched: "派出机构",
	InstitutionAdmin: "承担行政职能的事业单位", Institution: "事业单位", Internal: "内设机构",
	TownshipUnit: "乡镇政府、街道办", ZoneCommittee: "开发区管委会", Committee: "管委会",
}

// Name is the kind in Chinese.
func (k Kind) Name() string { return kindNames[k] }

// Kinds is the closed list in screen order.
var Kinds = []Kind{Government, Office, Department, Dispatched, InstitutionAdmin, Institution, Internal, TownshipUnit, ZoneCommittee, Committee}

// Area is an administrative division.
type Area struct {
	ID     AreaID
	Level  Level
	Code   string // 12 digits
	Name   string
	Parent AreaID
	Path   string
	Note   string
	// AbolishedOn is set when the division was merged into another.
	AbolishedOn calendar.Date
}

// Unit is an organ or body.
type Unit struct {
	ID        UnitID
	Area      AreaID
	Parent    UnitID
	Kind      Kind
	Level     Level
	Name      string
	ShortName string
	Initials  string
	Line      string
	AreaPath  string
	LinePath  string
	Direct    bool
	// NationalApproval is the document that makes a development zone national
	// (Article 33); empty means 待认定.
	NationalApproval string
	ZoneApprovedOn   calendar.Date // of NationalApproval
	FoundedOn        calendar.Date // zero where nobody wrote it down
	Source           string
	AbolishedOn      calendar.Date
	AreaName         string // joined
	AreaCode         string // joined, 12 digits
}

// Service is the door of org.
type Service struct {
	db         *db.DB
	modules    []Module
	successors []func(ctx context.Context, tx *db.Tx, from, to UnitID) error
	guards     []AppointGuard
}

// New makes the service.
func New(d *db.DB) *Service { return &Service{db: d} }

// AreaKey is the id of an area: its level and its code padded to 12 digits.
func AreaKey(level Level, code string) AreaID {
	return AreaID(string(level) + "-" + PadCode(code))
}

// PadCode pads a division code to 12 digits.
func PadCode(code string) string {
	return code + strings.Repeat("0", max(0, 12-len(code)))
}

// AddArea writes one area under its parent; a known one with the same facts is
// unchanged, with another name it is renamed.
func (s *Service) AddArea(ctx context.Context, tx *db.Tx, a Area) (added bool, err error) {
	a.ID, a.Code = AreaKey(a.Level, a.Code), PadCode(a.Code)
	parentPath := "/"
	if a.Parent != "" {
		p, err := areaByID(ctx, tx, a.Parent)
		if db.None(err) {
			return false, fault.Newf(fault.Invalid, "上级区划 %s 不在台账中，请先导入上级。", a.Parent).On("parent_code", "上级区划还没有登记")
		}
		if err != nil {
			return false, err
		}
		parentPath = p.Path
	}
	a.Path = parentPath + levelLetters[a.Level] + shortCode(a.Level, a.Code) + "/"
	old, err := areaByID(ctx, tx, a.ID)
	switch {
	case err == nil && old.Name == a.Name && old.Path == a.Path:
		return false, nil
	case err == nil && old.Path != a.Path:
		return false, fault.Newf(fault.Conflict, "区划 %s 已登记在另一个上级之下。", a.Code).On("parent_code", "与已登记的上级不同；改隶请走机构调整")
	case err == nil:
		if _, err := tx.Exec(ctx, `UPDATE area SET name = $2 WHERE id = $1`, a.ID, a.Name); err != nil {
			return false, err
		}
		return false, audit.Record(ctx, tx, audit.Entry{Act: "org.area.rename", Target: audit.Target{Kind: "area", ID: string(a.ID), Name: a.Name}, Before: old, After: a})
	case !db.None(err):
		return false, err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO area (id, level, code, name, parent_id, path, note) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		a.ID, a.Level, a.Code, a.Name, db.Null(a.Parent), a.Path, a.Note); err != nil {
		return false, fmt.Errorf("org: add area %s: %w", a.ID, err)
	}
	return true, audit.Record(ctx, tx, audit.Entry{Act: "org.area.add", Target: audit.Target{Kind: "area", ID: string(a.ID), Name: a.Name}, After: a})
}

// shortCode drops the padding a level never uses, to keep paths short.
func shortCode(l Level, code string) string {
	if l == Township {
		return code[:9]
	}
	return code[:6]
}

// AddUnit writes one unit. The key is its area and name, present or former: a
// known one is returned unchanged with added false, so that a list that still
// bears the old name brings nothing twice.
func (s *Service) AddUnit(ctx context.Context, tx *db.Tx, u Unit) (Unit, bool, error) {
	u.Name, _ = Tidy(u.Name)
	u.ShortName, _ = Tidy(u.ShortName)
	if u.Name == "" {
		return Unit{}, false, fault.New(fault.Invalid, "单位名称没有填写。").On("name", "请填写单位全称")
	}
	if kindNames[u.Kind] == "" {
		return Unit{}, false, fault.Newf(fault.Invalid, "单位类别“%s”无法识别。", u.Kind).On("kind", "请从单位类别中选择")
	}
	a, err := areaByID(ctx, tx, u.Area)
	if db.None(err) {
		return Unit{}, false, fault.New(fault.Invalid, "单位所在的区划没有登记。").On("area", "请先导入区划")
	}
	if err != nil {
		return Unit{}, false, err
	}
	old, err := s.namedIn(ctx, tx, u.Area, u.Name)
	if err == nil {
		return old, false, nil
	}
	if !db.None(err) {
		return Unit{}, false, err
	}
	u, err = s.found(ctx, tx, a, u)
	return u, err == nil, err
}

// found writes a new unit into the area.
func (s *Service) found(ctx context.Context, tx *db.Tx, a Area, u Unit) (Unit, error) {
	u.ID = UnitID(ulid.Make().String())
	if u.Level == "" {
		u.Level = a.Level
	}
	u.Initials = Initials(u.Name)
	own := "@" + string(u.ID) + "/"
	parentPath := a.Path
	if u.Parent != "" {
		p, err := unitByID(ctx, tx, u.Parent)
		if db.None(err) {
			return Unit{}, fault.Missing("上级单位")
		}
		if err != nil {
			return Unit{}, err
		}
		parentPath = p.AreaPath
		if u.Line == "" {
			u.Line = p.Line
		}
	}
	u.AreaPath = parentPath + own
	if u.Line != "" {
		u.LinePath = "/" + u.Line + parentPath + own
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO unit (id, area_id, parent_id, kind, level, name, short_name, initials, line, area_path, line_path,
		       direct, national_approval, source, created_at, founded_on, zone_approved_on)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`,
		u.ID, u.Area, db.Null(u.Parent), u.Kind, u.Level, u.Name, u.ShortName, u.Initials, u.Line, u.AreaPath, u.LinePath,
		u.Direct, u.NationalApproval, u.Source, tx.Now(), u.FoundedOn, u.ZoneApprovedOn); err != nil {
		return Unit{}, fmt.Errorf("org: add unit: %w", err)
	}
	u.AreaName, u.AreaCode = a.Name, a.Code
	return u, audit.Record(ctx, tx, audit.Entry{Act: "org.unit.add", Target: UnitTarget(u), After: u})
}

// UnitTarget names a unit in the trail.
func UnitTarget(u Unit) audit.Target {
	return audit.Target{Kind: "unit", ID: string(u.ID), Name: u.Name, Unit: string(u.ID)}
}

// Initials are the pinyin initials of a name, lower case: 商务局 → swj.
func Initials(name string) string {
	args := pinyin.NewArgs()
	args.Style = pinyin.FirstLetter
	args.Fallback = func(r rune, _ pinyin.Args) []string {
		if r < 128 && r != ' ' {
			return []string{strings.ToLower(string(r))}
		}
		return nil
	}
	var b strings.Builder
	for _, syllable := range pinyin.Pinyin(name, args) {
		if len(syllable) > 0 {
			b.WriteString(syllable[0])
		}
	}
	return b.String()
}

const unitSelect = `
	SELECT u.id, u.area_id, COALESCE(u.parent_id, ''), u.kind, u.level, u.name, u.short_name, u.initials, u.line,
	       u.area_path, u.line_path, u.direct, u.national_approval, u.zone_approved_on, u.founded_on, u.source, u.abolished_on, a.name, a.code
	  FROM unit u JOIN area a ON a.id = u.area_id`

func scanUnit(s db.Scanner) (Unit, error) {
	var u Unit
	err := s.Scan(&u.ID, &u.Area, &u.Parent, &u.Kind, &u.Level, &u.Name, &u.ShortName, &u.Initials, &u.Line,
		&u.AreaPath, &u.LinePath, &u.Direct, &u.NationalApproval, &u.ZoneApprovedOn, &u.FoundedOn, &u.Source, &u.AbolishedOn, &u.AreaName, &u.AreaCode)
	return u, err
}

func scanArea(s db.Scanner) (Area, error) {
	var a Area
	err := s.Scan(&a.ID, &a.Level, &a.Code, &a.Name, &a.Parent, &a.Path, &a.Note, &a.AbolishedOn)
	return a, err
}

const areaSelect = `SELECT a.id, a.level, a.code, a.name, COALESCE(a.parent_id, ''), a.path, a.note, a.abolished_on FROM area a`

func areaByID(ctx context.Context, q db.Querier, id AreaID) (Area, error) {
	return db.One(ctx, q, scanArea, areaSelect+` WHERE a.id = $1`, id)
}

func unitByID(ctx context.Context, q db.Querier, id UnitID) (Unit, error) {
	return db.One(ctx, q, scanUnit, unitSelect+` WHERE u.id = $1`, id)
}

// UnitFilter narrows Units.
type UnitFilter struct {
	Text   string // part of the name or pinyin initials
	Kind   Kind
	Level  Level
	Area   AreaID // this area only
	Under  AreaID // this area and everything below
	Line   string
	Ended  bool // the abolished ones instead of those that stand
	Limit  int  // 50 when zero
	Offset int
}

// letters is what pinyin initials are typed as.
var letters = regexp.MustCompile(`^[a-z]{3,12}$`)

// initialsLike is the pattern for typed initials: “sxsw” also finds 陕西省商务厅
// (sxsswt), whose letters stand in that order.
func initialsLike(text string) string {
	text = strings.ToLower(strings.TrimSpace(text))
	if !letters.MatchString(text) {
		return db.Contains(text)
	}
	return "%" + strings.Join(strings.Split(text, ""), "%") + "%"
}

// Units in scope, in order of division code, offices first, then name; and how
// many there are in all.
func (s *Service) Units(ctx context.Context, scope authz.Scope, f UnitFilter) ([]Unit, int, error) {
	var w db.Where
	scope.Where(&w, "u")
	f.Text, _ = Tidy(f.Text)
	w.AndIf(!f.Ended, "u.abolished_on IS NULL").AndIf(f.Ended, "u.abolished_on IS NOT NULL").
		AndIf(f.Text != "", `(lower(u.name) LIKE ? ESCAPE '\' OR lower(u.short_name) LIKE ? ESCAPE '\' OR u.initials LIKE ? ESCAPE '\'
		   OR EXISTS (SELECT 1 FROM unit_name n WHERE n.unit_id = u.id AND (lower(n.name) LIKE ? ESCAPE '\' OR n.initials LIKE ? ESCAPE '\'))
		   OR EXISTS (SELECT 1 FROM unit_succession x JOIN unit p ON p.id = x.unit_id WHERE x.successor_id = u.id AND x.ended_on IS NULL AND lower(p.name) LIKE ? ESCAPE '\'))`,
			db.Contains(f.Text), db.Contains(f.Text), initialsLike(f.Text), db.Contains(f.Text), initialsLike(f.Text), db.Contains(f.Text)).
		AndIf(f.Kind != "", "u.kind = ?", f.Kind).
		AndIf(f.Level != "", "u.level = ?", f.Level).
		AndIf(f.Area != "", "u.area_id = ?", f.Area).
		AndIf(f.Line != "", "u.line = ?", f.Line)
	if f.Under != "" {
		a, err := areaByID(ctx, s.db, f.Under)
		if db.None(err) {
			return nil, 0, fault.Missing("区划")
		}
		if err != nil {
			return nil, 0, err
		}
		authz.Area("filter", a.Path).Where(&w, "u")
	}
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM unit u WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	limit := f.Limit
	if limit == 0 {
		limit = 50
	}
	where := w.SQL()
	first := ""
	if f.Text != "" {
		// The name as typed stands first, what holds it next, what only has the
		// letters last.
		first = `CASE WHEN lower(u.name) = ` + w.Arg(strings.ToLower(f.Text)) + ` THEN 0 WHEN lower(u.name) LIKE ` + w.Arg(db.Contains(f.Text)) + ` ESCAPE '\' THEN 1 WHEN u.initials LIKE ` + w.Arg(db.Contains(f.Text)) + ` ESCAPE '\' THEN 2 ELSE 3 END, `
	}
	units, err := db.All(ctx, s.db, scanUnit, unitSelect+` WHERE `+where+`
		ORDER BY `+first+`a.code, CASE u.kind WHEN 'government' THEN 0 WHEN 'office' THEN 1 ELSE 2 END, u.name, u.id
		LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	return units, total, err
}

// Unit in scope.
func (s *Service) Unit(ctx context.Context, scope authz.Scope, id UnitID) (Unit, error) {
	return s.UnitTx(ctx, s.db, scope, id)
}

// UnitTx is Unit within a transaction or on the database.
func (s *Service) UnitTx(ctx context.Context, q db.Querier, scope authz.Scope, id UnitID) (Unit, error) {
	u, err := unitByID(ctx, q, id)
	if db.None(err) || err == nil && !scope.Covers(u.AreaPath, u.LinePath) {
		return Unit{}, fault.Missing("单位")
	}
	return u, err
}

// UnitNamed is the unit of that name in the area; of a former name, the unit
// that bears its successor's now.
func (s *Service) UnitNamed(ctx context.Context, q db.Querier, scope authz.Scope, area AreaID, name string) (Unit, error) {
	u, err := s.namedIn(ctx, q, area, name)
	if db.None(err) || err == nil && !scope.Covers(u.AreaPath, u.LinePath) {
		return Unit{}, fault.Missing("单位")
	}
	return u, err
}

// UnitsNamed are the standing units in scope with one of the names, by place.
func (s *Service) UnitsNamed(ctx context.Context, q db.Querier, scope authz.Scope, names []string) ([]Unit, error) {
	var w db.Where
	scope.Where(&w, "u")
	cond, args := db.In("u.name", names)
	w.And(cond, args...).And("u.abolished_on IS NULL")
	return db.All(ctx, q, scanUnit, unitSelect+` WHERE `+w.SQL()+` ORDER BY u.area_path`, w.Args()...)
}

// Area by id. Divisions are public facts and carry no scope.
func (s *Service) Area(ctx context.Context, q db.Querier, id AreaID) (Area, error) {
	a, err := areaByID(ctx, q, id)
	if db.None(err) {
		return Area{}, fault.Missing("区划")
	}
	return a, err
}

// AreaByCode finds the area of a 6- to 12-digit code; where one code stands for
// two levels the higher one wins.
func (s *Service) AreaByCode(ctx context.Context, q db.Querier, code string) (Area, error) {
	a, err := db.One(ctx, q, scanArea, areaSelect+` WHERE a.code = $1 ORDER BY length(a.path) LIMIT 1`, PadCode(code))
	if db.None(err) {
		return Area{}, fault.Missing("区划")
	}
	// A code that a merger ended stands for the division that took over.
	for n := 0; err == nil && !a.AbolishedOn.IsZero() && n < maxSuccession; n++ {
		next, e := db.One(ctx, q, scanArea, areaSelect+` JOIN area_succession x ON x.successor_id = a.id WHERE x.area_id = $1`, a.ID)
		if db.None(e) {
			break
		}
		a, err = next, e
	}
	return a, err
}

// Areas directly below parent that lie in scope, by code; with no parent, the
// tops of the scope's trees.
func (s *Service) Areas(ctx context.Context, scope authz.Scope, parent AreaID) ([]Area, error) {
	cond := `a.parent_id IS NULL AND a.abolished_on IS NULL`
	var args []any
	if parent != "" {
		cond, args = `a.parent_id = $1 AND a.abolished_on IS NULL`, []any{parent}
	}
	all, err := db.All(ctx, s.db, scanArea, areaSelect+` WHERE `+cond+` ORDER BY a.code, a.id`, args...)
	if err != nil {
		return nil, err
	}
	out := all[:0]
	for _, a := range all {
		if scope.Covers(a.Path, "") || scope.Reaches(a.Path) {
			out = append(out, a)
		}
	}
	return out, nil
}

// SameLevelOffice is the 办公厅（室） of the government of the unit's area
// (Article 7(2)): the supervisor on the area axis.
func (s *Service) SameLevelOffice(ctx context.Context, q db.Querier, u Unit) (Unit, error) {
	return s.officeOf(ctx, q, u.Area)
}

// SuperiorOffice is the office one area up; a unit that reports directly goes
// to the province. ok is false at the province.
func (s *Service) SuperiorOffice(ctx context.Context, q db.Querier, u Unit) (office Unit, ok bool, err error) {
	a, err := areaByID(ctx, q, u.Area)
	if err != nil {
		return Unit{}, false, err
	}
	for a.Parent != "" {
		if a, err = areaByID(ctx, q, a.Parent); err != nil {
			return Unit{}, false, err
		}
		if u.Direct && a.Parent != "" {
			continue
		}
		office, err = s.officeOf(ctx, q, a.ID)
		if fault.Is(err, fault.NotFound) {
			continue // an area without an office is passed over
		}
		return office, err == nil, err
	}
	return Unit{}, false, nil
}

// Supervising is the office that supervises a unit on the area axis: of its level,
// or one area up for what is that office itself (readings 1). ok is false where there
// is none.
func (s *Service) Supervising(ctx context.Context, q db.Querier, u Unit) (office Unit, ok bool, err error) {
	if u.Kind != Office {
		office, err = s.SameLevelOffice(ctx, q, u)
		if err == nil && office.ID != u.ID {
			return office, true, nil
		}
		if err != nil && !fault.Is(err, fault.NotFound) {
			return Unit{}, false, err
		}
	}
	return s.SuperiorOffice(ctx, q, u)
}

func (s *Service) officeOf(ctx context.Context, q db.Querier, area AreaID) (Unit, error) {
	u, err := db.One(ctx, q, scanUnit, unitSelect+` WHERE u.area_id = $1 AND u.kind = 'office' AND u.abolished_on IS NULL ORDER BY u.id LIMIT 1`, area)
	if db.None(err) {
		return Unit{}, fault.Missing("同级政府办公厅（室）")
	}
	return u, err
}

// rehome moves the units of one area to another: the county rows of a city the
// province addresses directly come before the row that says so.
func (s *Service) rehome(ctx context.Context, tx *db.Tx, from, to AreaID) error {
	units, err := db.All(ctx, tx, scanUnit, unitSelect+` WHERE u.area_id = $1 AND u.parent_id IS NULL ORDER BY u.id`, from)
	if err != nil || len(units) == 0 {
		return err
	}
	a, err := areaByID(ctx, tx, to)
	if err != nil {
		return err
	}
	for _, u := range units {
		before := u
		own := "@" + string(u.ID) + "/"
		u.Area, u.Level, u.Direct, u.AreaPath = to, City, true, a.Path+own
		if u.Line != "" {
			u.LinePath = "/" + u.Line + a.Path + own
		}
		if _, err := tx.Exec(ctx, `UPDATE unit SET area_id = $2, level = $3, direct = TRUE, area_path = $4, line_path = $5 WHERE id = $1`,
			u.ID, u.Area, u.Level, u.AreaPath, u.LinePath); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, audit.Entry{Act: "org.unit.rehome", Target: UnitTarget(u), Before: before, After: u}); err != nil {
			return err
		}
	}
	return nil
}

// ProvinceNamed finds a province by its name.
func (s *Service) ProvinceNamed(ctx context.Context, q db.Querier, name string) (Area, error) {
	a, err := db.One(ctx, q, scanArea, areaSelect+` WHERE a.level = 'province' AND a.name = $1`, name)
	if db.None(err) {
		return Area{}, fault.Missing("区划")
	}
	return a, err
}

// UnitByName is the one unit in scope with that name anywhere.
func (s *Service) UnitByName(ctx context.Context, q db.Querier, scope authz.Scope, name string) (Unit, error) {
	u, err := db.One(ctx, q, scanUnit, unitSelect+` WHERE u.name = $1 AND u.abolished_on IS NULL ORDER BY u.area_path LIMIT 1`, name)
	if db.None(err) {
		u, err = s.formerly(ctx, q, `n.name = $1`, name)
	}
	if db.None(err) || err == nil && !scope.Covers(u.AreaPath, u.LinePath) {
		return Unit{}, fault.Missing("单位")
	}
	return u, err
}
