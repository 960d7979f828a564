package columns

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/workbench"
)

// Level is how near a column is to its last day.
type Level string

// The levels.
const (
	Fresh Level = "fresh"
	Half  Level = "half" // half of the cycle is over
	Soon  Level = "soon" // four fifths of it, or SoonDays are left
	Late  Level = "late"
)

// SoonDays before its last day a column is called soon due, however long its
// cycle.
const SoonDays = 5

// Forecast is one open column with its last day.
type Forecast struct {
	Column     registry.ColumnID
	Name       string
	Type       string
	Site       registry.SiteID
	SiteName   string
	Unit       org.UnitID // the guaranteeing unit
	UnitName   string
	Cycle      int       // days
	Last       time.Time // newest displayed time; zero for an empty column
	Due        calendar.Date
	Link       string
	Obligation string
}

// Left are the days until the last day; below zero when it is over.
func (f Forecast) Left(today calendar.Date) int { return f.Due.Sub(today) }

// Level of the column today.
func (f Forecast) Level(today calendar.Date) Level {
	left := f.Left(today)
	switch {
	case left < 0:
		return Late
	case left <= SoonDays || left*5 <= f.Cycle:
		return Soon
	case left*2 <= f.Cycle:
		return Half
	}
	return Fresh
}

// Says is the forecast in words: 还有 5 天到期.
func (f Forecast) Says(today calendar.Date) string {
	switch left := f.Left(today); {
	case left < 0:
		return fmt.Sprintf("已超期 %d 天", -left)
	case left == 0:
		return "今天到期"
	default:
		return fmt.Sprintf("还有 %d 天到期", left)
	}
}

// ForecastFilter narrows Forecasts.
type ForecastFilter struct {
	Site   registry.SiteID
	Units  []org.UnitID  // the guaranteeing unit, or that of the site
	Until  calendar.Date // due on or before
	Light  Light         // on the day On; "" for all
	On     calendar.Date
	Text   string // column, site or guaranteeing unit
	Limit  int    // 50 when zero
	Offset int
}

const forecastFrom = `
	  FROM obligation o JOIN site_column c ON c.id = o.subject_id JOIN site st ON st.id = c.site_id JOIN unit u ON u.id = st.unit_id JOIN unit cu ON cu.id = c.unit_id`

func scanForecast(r db.Scanner) (Forecast, error) {
	var f Forecast
	return f, r.Scan(&f.Column, &f.Name, &f.Type, &f.Site, &f.SiteName, &f.Unit, &f.UnitName, &f.Cycle, &f.Due, &f.Obligation, &f.Last)
}

const forecastSelect = `SELECT c.id, c.name, c.type, st.id, st.name, cu.id, cu.name, c.cycle_days, o.due_on, o.id,
	       (SELECT max(p.shown_at) FROM item_placement p WHERE p.column_id = c.id AND p.state = 'live')` + forecastFrom

func (f ForecastFilter) where(scope authz.Scope) *db.Where {
	var w db.Where
	scope.WhereAny(&w, "u", "cu")
	w.And("o.kind = ? AND o.subject_kind = 'column' AND o.state = 'open' AND c.closed_at IS NULL", library.ColumnUpdate.ID).
		AndIf(f.Site != "", "c.site_id = ?", f.Site).
		AndIf(!f.Until.IsZero(), "o.due_on <= ?", f.Until)
	text := db.Contains(f.Text)
	w.AndIf(f.Text != "", `(lower(c.name) LIKE ? ESCAPE '\' OR lower(st.name) LIKE ? ESCAPE '\' OR lower(cu.name) LIKE ? ESCAPE '\')`, text, text, text)
	// As Level has it: near is SoonDays, or a fifth of the cycle.
	var near string
	var days []any
	if f.Light != "" {
		near, days = nearBy(f.On)
	}
	switch f.Light {
	case Red:
		w.And("o.due_on < ?", f.On)
	case Yellow:
		w.And("o.due_on >= ?", f.On).And(near, days...)
	case Green:
		w.And("o.due_on >= ?", f.On).And("NOT ("+near+")", days...)
	}
	if len(f.Units) > 0 {
		a, args := db.In("u.id", f.Units)
		b, more := db.In("cu.id", f.Units)
		w.And(a+" OR "+b, append(args, more...)...)
	}
	return &w
}

// nearBy is the condition that a column's last day is near on a day: at most
// SoonDays away, or a fifth of its cycle, which is at most 400 days.
func nearBy(on calendar.Date) (string, []any) {
	parts, args := []string{"o.due_on <= ?"}, []any{on.AddDays(SoonDays)}
	for left := SoonDays + 1; left*5 <= maxCycle; left++ {
		parts, args = append(parts, "(o.due_on = ? AND c.cycle_days >= ?)"), append(args, on.AddDays(left), left*5)
	}
	return strings.Join(parts, " OR "), args
}

// maxCycle is the longest cycle a column may have, in days.
const maxCycle = 400

func (s *Service) count(ctx context.Context, scope authz.Scope, f ForecastFilter) (int, error) {
	w := f.where(scope)
	return db.One(ctx, s.db, db.Value[int], `SELECT count(*)`+forecastFrom+` WHERE `+w.SQL(), w.Args()...)
}

// Forecasts of the open columns in scope of running sites published here, what
// is due first coming first, and how many there are. The last day is that of
// the library's clock.
func (s *Service) Forecasts(ctx context.Context, scope authz.Scope, f ForecastFilter) ([]Forecast, int, error) {
	w := f.where(scope)
	total, err := s.count(ctx, scope, f)
	if err != nil {
		return nil, 0, err
	}
	if f.Limit == 0 {
		f.Limit = 50
	}
	list, err := db.All(ctx, s.db, scanForecast, forecastSelect+` WHERE `+w.SQL()+` ORDER BY o.due_on, o.id LIMIT `+w.Arg(f.Limit)+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	return list, total, err
}

// Forecast of one column in scope; ok is false for one whose clock does not
// run: its site is not running or not published here.
func (s *Service) Forecast(ctx context.Context, scope authz.Scope, column registry.ColumnID) (Forecast, bool, error) {
	w := ForecastFilter{}.where(scope)
	w.And("c.id = ?", column)
	f, err := db.One(ctx, s.db, scanForecast, forecastSelect+` WHERE `+w.SQL(), w.Args()...)
	if db.None(err) {
		return Forecast{}, false, nil
	}
	return f, err == nil, err
}

// typesOf are the types of item that belong into a column of a class of the
// page tags.
var typesOf = map[string][]library.Type{
	"政务动态": {library.News, library.Response, library.Pictures, library.Media}, "通知公告": {library.Notice}, "政策文件": {library.Policy}, "政策解读": {library.Interpretation},
	"概况信息": {library.Overview}, "机构职能": {library.Organisation}, "负责人信息": {library.Leader}, "信息公开指南": {library.Disclosure}, "信息公开年报": {library.AnnualReport, library.Disclosure},
	"数据发布": {library.Data}, "办事服务": {library.Guide}, "互动交流": {library.Interaction, library.QA, library.Response}, "专题": {library.Topic, library.News},
}

// Candidate is a public item that would fit a column and is not there yet.
type Candidate struct {
	Item  library.Item
	Why   string // in words: 本单位发布
	Helps bool   // newer than anything there: adopting it moves the last day
	// AskFirst: the owner's leave is needed.
	AskFirst bool
}

// freshness is how old a candidate may be at most.
const freshness = 180 * 24 * time.Hour

// Candidates are public items that would fit a column in scope, not there yet
// and not withheld from its unit: of its own unit, its area, and the offices
// above, those with the column's keywords first, then the newest.
func (s *Service) Candidates(ctx context.Context, scope authz.Scope, column registry.ColumnID, limit int) ([]Candidate, error) {
	c, err := s.registry.Column(ctx, s.db, scope, column)
	if err != nil {
		return nil, err
	}
	site, err := s.registry.SiteTx(ctx, s.db, scope, c.Site)
	if err != nil || !site.Hosted {
		return nil, err
	}
	unit, err := s.org.UnitTx(ctx, s.db, authz.System("columns.candidates"), site.Unit) // the unit of a site that was found
	if err != nil {
		return nil, err
	}
	area, err := s.org.Area(ctx, s.db, unit.Area)
	if err != nil {
		return nil, err
	}
	last, err := s.library.LastPublished(ctx, s.db, column)
	if err != nil {
		return nil, err
	}
	types := typesOf[c.Type]
	if types == nil {
		return nil, nil
	}
	wish := library.Wish{Types: types, Since: s.db.Now().Add(-freshness), Column: column, Own: site.Unit}
	var out []Candidate
	add := func(w library.Wish, why string) error {
		found, err := s.library.Fitting(ctx, s.db, w, limit)
		for _, it := range found {
			if !slices.ContainsFunc(out, func(o Candidate) bool { return o.Item.ID == it.ID }) {
				out = append(out, Candidate{Item: it, Why: why, Helps: it.PublishedAt.After(last), AskFirst: it.Share == library.Conditional && it.Unit != site.Unit})
			}
		}
		return err
	}
	own := wish
	own.Unit = c.Unit
	if err := add(own, c.UnitName+"发布"); err != nil {
		return nil, err
	}
	near := wish
	near.Area = area.Path
	if err := add(near, area.Name+"范围内发布"); err != nil {
		return nil, err
	}
	above := unit
	for range 3 { // city, province
		office, ok, err := s.org.SuperiorOffice(ctx, s.db, above)
		if err != nil {
			return nil, err
		}
		if !ok {
			break
		}
		up := wish
		up.Unit = office.ID
		if err := add(up, "上级"+office.Name+"发布"); err != nil {
			return nil, err
		}
		above = office
	}
	proposed, err := db.All(ctx, s.db, db.Value[library.ItemID], `SELECT item_id FROM column_proposal WHERE column_id = $1 ORDER BY at DESC LIMIT 1000`, column)
	if err != nil {
		return nil, err
	}
	// What a subscription laid before the column stands there, or was declined.
	out = slices.DeleteFunc(out, func(c Candidate) bool { return slices.Contains(proposed, c.Item.ID) })
	words := library.List(c.Keywords)
	hits := func(it library.Item) int {
		n := 0
		for _, k := range words {
			if strings.Contains(it.Title+";"+it.Keywords, k) {
				n++
			}
		}
		return min(n, 1)
	}
	slices.SortStableFunc(out, func(a, b Candidate) int {
		if n := hits(b.Item) - hits(a.Item); n != 0 {
			return n
		}
		return b.Item.PublishedAt.Compare(a.Item.PublishedAt)
	})
	for i := range out {
		if hits(out[i].Item) > 0 {
			out[i].Why += "，符合栏目关键词"
		}
	}
	return out[:min(len(out), limit)], nil
}

// Plan is a placement that waits: for its final review, or for its time.
type Plan struct {
	library.Placement
	ItemTitle string
	ItemState string // of the item's newest version, in words
	UnitName  string // who provides it
}

// Title is what the list will show.
func (p Plan) Shown() string {
	if p.Title != "" {
		return p.Title
	}
	return p.ItemTitle
}

// mostPlans are shown of a month.
const mostPlans = 500

// Plans of the columns in scope with a time within [from, to), by time, and
// those without one, which go out with their final review. column narrows to
// one.
func (s *Service) Plans(ctx context.Context, scope authz.Scope, column registry.ColumnID, from, to time.Time) (timed, untimed []Plan, err error) {
	read := func(cond, order string, args ...any) ([]Plan, error) {
		var w db.Where
		scope.WhereAny(&w, "u", "cu")
		w.AndIf(column != "", "p.column_id = ?", column).And(cond, args...)
		return db.All(ctx, s.db, func(r db.Scanner) (Plan, error) {
			var p Plan
			var state, stage string
			err := r.Scan(&p.ID, &p.Item, &p.Site, &p.Column, &p.Title, &p.Top, &p.PublishAt, &p.State, &p.SiteName, &p.ColumnName, &p.ItemTitle, &state, &stage, &p.UnitName)
			p.ItemState = library.Item{State: state, Stage: stage}.StateName()
			return p, err
		}, `SELECT p.id, p.item_id, p.site_id, p.column_id, p.title, p.top, p.publish_at, p.state, st.name, c.name, v.title, i.state, i.stage, iu.name
		      FROM item_placement p JOIN site_column c ON c.id = p.column_id JOIN site st ON st.id = p.site_id JOIN unit u ON u.id = st.unit_id JOIN unit cu ON cu.id = c.unit_id
		      JOIN item i ON i.id = p.item_id JOIN item_version v ON v.item_id = i.id AND v.no = i.version JOIN unit iu ON iu.id = i.unit_id
		     WHERE `+w.SQL()+` ORDER BY `+order+` LIMIT `+w.Arg(mostPlans), w.Args()...)
	}
	if timed, err = read("p.state IN ('planned', 'scheduled') AND p.publish_at >= ? AND p.publish_at < ?", "p.publish_at, p.id", from, to); err != nil {
		return nil, nil, err
	}
	untimed, err = read("p.state = 'planned' AND p.publish_at IS NULL", "p.id")
	return timed, untimed, err
}

// Gone are the items lately taken from a column in scope, with the reason when
// the whole item was withdrawn.
type Gone struct {
	Title, Reason, UnitName string
	At                      time.Time
}

// Gone of a column in scope, newest first.
func (s *Service) Gone(ctx context.Context, scope authz.Scope, column registry.ColumnID, limit int) ([]Gone, error) {
	if _, err := s.registry.Column(ctx, s.db, scope, column); err != nil {
		return nil, err
	}
	return db.All(ctx, s.db, func(r db.Scanner) (Gone, error) {
		var g Gone
		return g, r.Scan(&g.Title, &g.Reason, &g.UnitName, &g.At)
	}, `SELECT v.title, i.withdraw_reason, u.name, p.ended_at FROM item_placement p JOIN item i ON i.id = p.item_id JOIN item_version v ON v.item_id = i.id AND v.no = i.version JOIN unit u ON u.id = i.unit_id
	     WHERE p.column_id = $1 AND p.state = 'withdrawn' AND p.ended_at IS NOT NULL ORDER BY p.ended_at DESC, p.id LIMIT $2`, column, limit)
}

// Tasks is the columns' part of the workbench: those soon due or late, with
// what could be adopted, for the units of the person's own posts.
func (s *Service) Tasks(ctx context.Context, session *authz.Session, tab workbench.Tab, limit int) ([]workbench.Task, error) {
	if session == nil || tab != workbench.ToDo || !session.May(authz.ItemWrite) && !session.May(authz.ColumnManage) {
		return nil, nil
	}
	var units []org.UnitID
	for _, p := range session.Posts {
		if u := org.UnitID(p.UnitID); !slices.Contains(units, u) {
			units = append(units, u)
		}
	}
	today := calendar.DateOf(s.db.Now())
	list, _, err := s.Forecasts(ctx, session.ScopeFor(authz.SignedIn), ForecastFilter{Units: units, Until: today.AddDays(90), Limit: 200})
	if err != nil {
		return nil, err
	}
	var out []workbench.Task
	for _, f := range list {
		if l := f.Level(today); l != Late && l != Soon || len(out) == limit {
			continue
		}
		waits, err := s.waiting(ctx, f.Column)
		if err != nil {
			return nil, err
		}
		state := f.Says(today)
		if waits > 0 {
			state += fmt.Sprintf("，%d 篇建议采用", waits)
		}
		out = append(out, workbench.Task{Key: "column:" + string(f.Column), Kind: "栏目更新", Title: f.Name + " " + f.Says(today), From: f.SiteName, At: f.Last, Due: calendar.Due{On: f.Due}, State: state, Link: Link(f.Column), Act: "去更新", Minutes: 10})
	}
	return out, nil
}

func (s *Service) waiting(ctx context.Context, column registry.ColumnID) (int, error) {
	return db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM column_proposal WHERE column_id = $1 AND state = 'open'`, column)
}

// Column in scope of either its site's unit or its guaranteeing unit.
func (s *Service) Column(ctx context.Context, scope authz.Scope, id registry.ColumnID) (registry.Column, registry.Site, error) {
	c, err := s.registry.Column(ctx, s.db, scope, id)
	if err != nil {
		return registry.Column{}, registry.Site{}, err
	}
	site, err := s.registry.SiteTx(ctx, s.db, scope, c.Site)
	if fault.Is(err, fault.NotFound) {
		return registry.Column{}, registry.Site{}, fault.Missing("栏目")
	}
	return c, site, err
}
