package budget

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/rules/sx2021"
)

// LinesDue is the clock of Article 21: a year's lines by a day of that year.
var LinesDue = obligation.Kind{ID: "budget_lines", Name: "经费预算登记", Clause: "S21", Citation: sx2021.Instrument + " 第二十一条",
	Says: "登记本年度监管考核、日常运维、安全防护、人员培训经费", Remind: []int{30, 7}, Escalate: 7}

// Obligations are the clocks this module runs.
func Obligations() []obligation.Kind { return []obligation.Kind{LinesDue} }

// Line is one class of one unit's year.
type Line struct {
	ID        string
	Class     sx2021.BudgetClass
	Planned   Fen
	Approved  Fen
	Spent     Fen
	Document  string
	Note      string
	FileID    string
	FileName  string
	UpdatedBy string
	UpdatedAt time.Time
}

// Year is the lines of one unit in one year.
type Year struct {
	Unit       org.UnitID
	UnitName   string
	Year       int
	Lines      []Line // in the order of the four classes; those not entered are missing
	Supervises bool   // owes 监管考核 too
	area, line string
}

// In reports whether it lies in the scope.
func (y Year) In(scope authz.Scope) bool { return y.area != "" && scope.Covers(y.area, y.line) }

// Link is the page of the year.
func (y Year) Link() string { return fmt.Sprintf("/console/budgets/%s/%d", y.Unit, y.Year) }

// Line of a class; ok is false when it is not entered.
func (y Year) Line(c sx2021.BudgetClass) (Line, bool) {
	for _, l := range y.Lines {
		if l.Class == c {
			return l, true
		}
	}
	return Line{Class: c}, false
}

// Missing are the classes that are owed and not entered.
func (y Year) Missing() []sx2021.BudgetClass {
	have := map[sx2021.BudgetClass]bool{}
	for _, l := range y.Lines {
		have[l.Class] = true
	}
	return sx2021.MissingClasses(have, y.Supervises)
}

func (y Year) target() audit.Target {
	return audit.Target{Kind: "budget", ID: fmt.Sprintf("%s-%d", y.Unit, y.Year), Name: fmt.Sprintf("%s%d年度经费", y.UnitName, y.Year), Unit: string(y.Unit)}
}

func subject(u org.Unit) obligation.Subject {
	return obligation.Subject{Kind: "budget", ID: string(u.ID), Name: u.Name + "经费"}
}

// Parts are what the service works with.
type Parts struct {
	DB          *db.DB
	Org         *org.Service
	Obligations *obligation.Service
	Store       blob.Store
	Settings    func() sx2021.Settings
}

// Service is the door of budget.
type Service struct {
	db          *db.DB
	org         *org.Service
	obligations *obligation.Service
	store       blob.Store
	settings    func() sx2021.Settings
}

// New makes the service.
func New(p Parts) *Service {
	return &Service{db: p.DB, org: p.Org, obligations: p.Obligations, store: p.Store, settings: p.Settings}
}

// The years that may be entered.
const (
	firstYear = 2021 // of the regulation
	lastYear  = 2100
)

func checkYear(year int) error {
	if year < firstYear || year > lastYear {
		return fault.Newf(fault.Invalid, "年度应在 %d 至 %d 之间。", firstYear, lastYear).On("year", "请填写四位年度")
	}
	return nil
}

// supervises reports whether the unit is an office that supervises others.
func supervises(k org.Kind) bool {
	return k == org.Office || k == org.Committee || k == org.ZoneCommittee
}

// Year of a unit in scope; q may be nil outside a transaction.
func (s *Service) Year(ctx context.Context, q db.Querier, scope authz.Scope, unit org.UnitID, year int) (Year, error) {
	if err := checkYear(year); err != nil {
		return Year{}, err
	}
	if q == nil {
		q = s.db
	}
	u, err := s.org.UnitTx(ctx, q, scope, unit)
	if err != nil {
		return Year{}, err
	}
	y := Year{Unit: u.ID, UnitName: u.Name, Year: year, Supervises: supervises(u.Kind), area: u.AreaPath, line: u.LinePath}
	y.Lines, err = db.All(ctx, q, func(r db.Scanner) (Line, error) {
		var l Line
		err := r.Scan(&l.ID, &l.Class, &l.Planned, &l.Approved, &l.Spent, &l.Document, &l.Note, &l.FileID, &l.FileName, &l.UpdatedBy, &l.UpdatedAt)
		return l, err
	}, `SELECT id, class, planned, approved, spent, document, note, COALESCE(file_id, ''), file_name, updated_by, updated_at FROM budget_line WHERE unit_id = $1 AND year = $2
	     ORDER BY CASE class WHEN 'supervision' THEN 0 WHEN 'operation' THEN 1 WHEN 'security' THEN 2 ELSE 3 END`, unit, year)
	return y, err
}

// Save enters the lines of a unit's year, all in one act; a class that is not
// given stays as it is.
func (s *Service) Save(ctx context.Context, scope authz.Scope, unit org.UnitID, year int, lines []Line, file *approval.Upload) (Year, error) {
	if len(lines) == 0 {
		return Year{}, fault.New(fault.Invalid, "没有填写任何一类经费。")
	}
	for i := range lines {
		l := &lines[i]
		l.Document, l.Note = strings.TrimSpace(l.Document), strings.TrimSpace(l.Note)
		name := string(l.Class)
		switch {
		case l.Class.Name() == string(l.Class):
			return Year{}, fault.New(fault.Invalid, "经费类别不能识别。")
		case l.Planned < 0 || l.Approved < 0 || l.Spent < 0 || l.Planned > Most || l.Approved > Most || l.Spent > Most:
			return Year{}, fault.New(fault.Invalid, l.Class.Name()+"的金额超出范围。").On(name+"_planned", "请核对金额")
		case l.Spent > 0 && l.Approved == 0:
			return Year{}, fault.New(fault.Invalid, l.Class.Name()+"填写了支出，没有填写批复金额。").On(name+"_approved", "请填写批复金额")
		case len([]rune(l.Document)) > 100 || len([]rune(l.Note)) > 500:
			return Year{}, fault.New(fault.Invalid, "文号不超过 100 字，备注不超过 500 字。").On(name+"_document", "请缩短")
		}
	}
	taken, err := approval.TakeOne(ctx, s.store, file, "budget", "file")
	if err != nil {
		return Year{}, err
	}
	var y Year
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		before, err := s.Year(ctx, tx, scope, unit, year)
		if err != nil {
			return err
		}
		u, err := s.org.UnitTx(ctx, tx, scope, unit)
		if err != nil {
			return err
		}
		kept, err := approval.AttachTo(ctx, tx, "budget", before.target().ID, taken)
		if err != nil {
			return err
		}
		actor, _ := audit.ActorFrom(ctx)
		for _, l := range lines {
			if _, err := tx.Exec(ctx, `
				INSERT INTO budget_line (id, unit_id, year, class, planned, approved, spent, document, note, file_id, file_name, updated_by, created_at, updated_at)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)
				ON CONFLICT (unit_id, year, class) DO UPDATE SET planned = excluded.planned, approved = excluded.approved, spent = excluded.spent, document = excluded.document, note = excluded.note,
				       file_id = COALESCE(excluded.file_id, budget_line.file_id), file_name = CASE WHEN excluded.file_id IS NULL THEN budget_line.file_name ELSE excluded.file_name END,
				       updated_by = excluded.updated_by, updated_at = excluded.updated_at`,
				ulid.Make().String(), unit, year, l.Class, int64(l.Planned), int64(l.Approved), int64(l.Spent), l.Document, l.Note, db.Null(kept.ID), kept.Name, actor.Name, tx.Now()); err != nil {
				return fmt.Errorf("budget: save: %w", err)
			}
		}
		if y, err = s.Year(ctx, tx, scope, unit, year); err != nil {
			return err
		}
		if len(y.Missing()) == 0 {
			if _, err := s.obligations.DischargePeriod(ctx, tx, LinesDue.ID, subject(u), fmt.Sprint(year), fmt.Sprintf("%d年度各类经费已登记", year)); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "budget.lines.save", Target: y.target(), Basis: LinesDue.Citation, Before: amounts(before), After: amounts(y)})
	})
	return y, err
}

// amounts are the lines as the trail shows them.
func amounts(y Year) map[string]string {
	out := map[string]string{}
	for _, l := range y.Lines {
		out[l.Class.Name()] = fmt.Sprintf("预算 %s 元，批复 %s 元，支出 %s 元，%s", l.Planned, l.Approved, l.Spent, l.Document)
	}
	return out
}

// Filter narrows Units.
type Filter struct {
	Year   int
	Text   string
	Unit   org.UnitID
	Gap    bool // only units that owe lines
	Limit  int  // 50 when zero
	Offset int
}

// Sum is one unit's year in figures.
type Sum struct {
	Unit       org.UnitID
	UnitName   string
	Kind       org.Kind
	Planned    Fen
	Approved   Fen
	Spent      Fen
	Lines      int
	Supervised bool // has a line of 监管考核
}

// Owes reports how many classes are missing.
func (s Sum) Owes() int {
	want := 3
	if supervises(s.Kind) {
		want = 4
	}
	have := s.Lines
	if s.Supervised && want == 3 {
		have--
	}
	return max(0, want-have)
}

// Link is the page of the unit's year.
func (s Sum) Link(year int) string { return Year{Unit: s.Unit, Year: year}.Link() }

// owing is the condition on unit u: it supervises, or sponsors something that
// runs.
const owing = `u.abolished_on IS NULL AND (u.kind IN ('office', 'committee', 'zone_committee') OR u.id IN (SELECT x.unit_id FROM site x WHERE x.state IN ('running', 'temporarily_offline')) OR u.id IN (SELECT x.unit_id FROM account x WHERE x.state IN ('running', 'temporarily_offline')))`

// complete is the condition on unit u that its year is complete; ? is the year.
const complete = `(SELECT count(*) FROM budget_line b WHERE b.unit_id = u.id AND b.year = ? AND b.class <> 'supervision') >= 3 AND (u.kind NOT IN ('office', 'committee', 'zone_committee') OR EXISTS (SELECT 1 FROM budget_line b WHERE b.unit_id = u.id AND b.year = ? AND b.class = 'supervision'))`

func (s *Service) where(scope authz.Scope, f Filter) *db.Where {
	var w db.Where
	scope.Where(&w, "u")
	if f.Text != "" {
		like := db.Contains(f.Text)
		w.And(`lower(u.name) LIKE ? ESCAPE '\' OR u.initials LIKE ? ESCAPE '\'`, like, like)
	}
	w.AndIf(f.Unit != "", "u.id = ?", f.Unit)
	if f.Gap {
		w.And(owing).And("NOT ("+complete+")", f.Year, f.Year)
	} else {
		w.And("u.id IN (SELECT b.unit_id FROM budget_line b WHERE b.year = ?)", f.Year)
	}
	return &w
}

// Units are the sums of a year by unit, and how many units there are.
func (s *Service) Units(ctx context.Context, scope authz.Scope, f Filter) ([]Sum, int, error) {
	if err := checkYear(f.Year); err != nil {
		return nil, 0, err
	}
	w := s.where(scope, f)
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM unit u WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	year := w.Arg(f.Year)
	list, err := db.All(ctx, s.db, func(r db.Scanner) (Sum, error) {
		var x Sum
		var supervision int
		err := r.Scan(&x.Unit, &x.UnitName, &x.Kind, &x.Planned, &x.Approved, &x.Spent, &x.Lines, &supervision)
		x.Supervised = supervision > 0
		return x, err
	}, `SELECT p.id, p.name, p.kind, CAST(COALESCE(SUM(b.planned), 0) AS BIGINT), CAST(COALESCE(SUM(b.approved), 0) AS BIGINT), CAST(COALESCE(SUM(b.spent), 0) AS BIGINT), count(b.id),
	           CAST(COALESCE(SUM(CASE WHEN b.class = 'supervision' THEN 1 ELSE 0 END), 0) AS BIGINT)
	      FROM (SELECT u.id, u.name, u.kind, u.area_path FROM unit u WHERE `+w.SQL()+` ORDER BY u.area_path LIMIT `+w.Arg(cmp.Or(f.Limit, 50))+` OFFSET `+w.Arg(f.Offset)+`) p
	      LEFT JOIN budget_line b ON b.unit_id = p.id AND b.year = `+year+`
	     GROUP BY p.id, p.name, p.kind, p.area_path ORDER BY p.area_path`, w.Args()...)
	return list, total, err
}

// Total is one class of a year over the scope.
type Total struct {
	Class    sx2021.BudgetClass
	Units    int
	Planned  Fen
	Approved Fen
	Spent    Fen
}

// RollUp is the year by class over the scope, for the supervisor.
func (s *Service) RollUp(ctx context.Context, scope authz.Scope, year int) ([]Total, error) {
	if err := checkYear(year); err != nil {
		return nil, err
	}
	var w db.Where
	scope.Where(&w, "u")
	w.And("b.year = ?", year)
	got, err := db.All(ctx, s.db, func(r db.Scanner) (Total, error) {
		var t Total
		err := r.Scan(&t.Class, &t.Units, &t.Planned, &t.Approved, &t.Spent)
		return t, err
	}, `SELECT b.class, count(*), CAST(SUM(b.planned) AS BIGINT), CAST(SUM(b.approved) AS BIGINT), CAST(SUM(b.spent) AS BIGINT) FROM budget_line b JOIN unit u ON u.id = b.unit_id WHERE `+w.SQL()+` GROUP BY b.class`, w.Args()...)
	if err != nil {
		return nil, err
	}
	out := make([]Total, 0, 4)
	for _, c := range sx2021.BudgetClasses() {
		t := Total{Class: c}
		for _, g := range got {
			if g.Class == c {
				t = g
			}
		}
		out = append(out, t)
	}
	return out, nil
}

// History is the trail of a unit's year in scope.
func (s *Service) History(ctx context.Context, scope authz.Scope, unit org.UnitID, year int) ([]audit.Row, error) {
	y, err := s.Year(ctx, s.db, scope, unit, year)
	if err != nil {
		return nil, err
	}
	t := y.target()
	return audit.Entries(ctx, s.db, audit.Filter{TargetKind: t.Kind, TargetID: t.ID, Limit: 40})
}

// File opens a document of a unit's year in scope.
func (s *Service) File(ctx context.Context, scope authz.Scope, unit org.UnitID, year int, file string) (approval.Attachment, io.ReadCloser, error) {
	y, err := s.Year(ctx, s.db, scope, unit, year)
	if err != nil {
		return approval.Attachment{}, nil, err
	}
	return approval.OpenAttached(ctx, s.db, s.store, "budget", y.target().ID, file)
}

// dueOn is the day by which a year's lines are entered: the province's.
func (s *Service) dueOn(year int) calendar.Date {
	v := s.settings()
	return calendar.Date{Year: year, Month: time.Month(v.BudgetDueMonth), Day: v.BudgetDueDay}
}

// batch bounds one transaction of the sweep.
const batch = 200

// Sweep opens the year's clock for whoever owes lines and has none running. It
// may run at any time and twice at once; after the due day it opens nothing
// new: a house that begins later shows the gaps and owes from the next year.
// It returns how many it opened.
func (s *Service) Sweep(ctx context.Context) (int, error) {
	ctx = audit.System(ctx, "budget.sweep")
	today := calendar.DateOf(s.db.Now())
	due := s.dueOn(today.Year)
	if today.After(due) {
		return 0, nil
	}
	period := fmt.Sprint(today.Year)
	n := 0
	for {
		var w db.Where
		w.And(owing).And("NOT ("+complete+")", today.Year, today.Year).
			And("NOT EXISTS (SELECT 1 FROM obligation o WHERE o.subject_kind = 'budget' AND o.subject_id = u.id AND o.kind = ? AND o.period_key = ?)", LinesDue.ID, period)
		ids, err := db.All(ctx, s.db, db.Value[org.UnitID], `SELECT u.id FROM unit u WHERE `+w.SQL()+` ORDER BY u.id LIMIT `+w.Arg(batch), w.Args()...)
		if err != nil || len(ids) == 0 {
			return n, err
		}
		if err := s.db.Update(ctx, func(tx *db.Tx) error {
			for _, id := range ids {
				u, err := s.org.UnitTx(ctx, tx, authz.System("budget.sweep"), id)
				if err != nil {
					return err
				}
				if err := s.obligations.Open(ctx, tx, obligation.Debt{Kind: LinesDue.ID, Unit: id, Subject: subject(u), Period: period, Link: Year{Unit: id, Year: today.Year}.Link(), Due: calendar.Due{On: due}}); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return n, err
		}
		n += len(ids)
	}
}
