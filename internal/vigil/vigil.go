package vigil

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/abridge"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/notify"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

const citation = sx2021.Instrument + " 第二十二条"

// The clocks of a protected period.
var (
	ZeroKind = obligation.Kind{ID: "zero_report", Name: "重要保障期零报告", Clause: "S22.1", Citation: citation,
		Says: "重要保障期内每日报告运行情况，没有异常也要报告", Remind: []int{0}, Escalate: 1, Gather: true, Minutes: 3}
	SummaryKind = obligation.Kind{ID: "vigil_summary", Name: "重要保障期总结", Clause: "S22.1", Citation: citation,
		Says: "重要保障期结束后写出总结", Remind: []int{1, 0}, Escalate: 3, Minutes: 30}
)

// Obligations are the clocks of the package.
func Obligations() []obligation.Kind { return []obligation.Kind{ZeroKind, SummaryKind} }

// States of a protected period.
const (
	Declared   = "declared"
	Over       = "over"
	Summarised = "summarised"
)

// Machine is what becomes of a protected period.
var Machine = passage.Machine{Kind: "protected_period", Noun: "重要保障期", States: map[string]string{Declared: "已声明", Over: "已结束，待总结", Summarised: "已总结"},
	Moves: []passage.Move{
		{To: Declared, Act: "declare", Says: "声明", Guard: "由省政府办公厅声明", Permit: string(authz.VigilDeclare)},
		{From: Declared, Act: "lift", To: Over, Says: "提前结束", Guard: "写明理由", Permit: string(authz.VigilDeclare)},
		{From: Declared, Act: "lapse", To: Over, Says: "到期结束", Permit: "system"},
		{From: Over, Act: "summarise", To: Summarised, Says: "总结", Permit: string(authz.VigilDeclare)},
	}}

// Freezing are the acts that wait for the end of a period.
const (
	Offline  = "offline"
	Closure  = "closure"
	Redesign = "redesign"
	Theme    = "theme"
)

// Acts are the frozen acts with their names, in screen order.
var Acts = []struct{ ID, Name string }{{Offline, "临时下线"}, {Closure, "关停、整合迁移"}, {Redesign, "改版上线"}, {Theme, "更改网站外观"}}

// ActName is a frozen act in Chinese.
func ActName(id string) string {
	for _, a := range Acts {
		if a.ID == id {
			return a.Name
		}
	}
	return id
}

// Period is one protected period.
type Period struct {
	ID         string
	Unit       org.UnitID
	UnitName   string // joined
	Area       org.AreaID
	AreaPath   string
	AreaName   string
	Name       string
	Reason     string
	Document   string
	From       calendar.Date
	Until      calendar.Date
	Factor     int
	State      string
	PersonID   string
	Person     string
	DeclaredAt time.Time
	EndedWhy   string
	Summary    string
	SummaryBy  string
	SummaryAt  time.Time
	askedOn    calendar.Date
}

// Link is its page.
func (p Period) Link() string { return "/console/protected-periods/" + p.ID }

// Runs reports whether it runs on the day.
func (p Period) Runs(on calendar.Date) bool {
	return p.State == Declared && !on.Before(p.From) && !on.After(p.Until)
}

// Last is the last day up to now whose reports are owed, the zero Date before the
// first. A period lifted early owes none of the days it no longer had.
func (p Period) Last(today calendar.Date) calendar.Date {
	last := today
	switch {
	case p.State != Declared:
		last = p.askedOn
	case p.Until.Before(today):
		last = p.Until
	}
	if last.Before(p.From) {
		return calendar.Date{}
	}
	return last
}

// StateName is the state on the day in Chinese.
func (p Period) StateName(on calendar.Date) string {
	switch {
	case p.State != Declared:
		return Machine.Name(p.State)
	case on.Before(p.From):
		return "未开始"
	case on.After(p.Until):
		return "已结束"
	}
	return "进行中"
}

func (p Period) target() audit.Target {
	return audit.Target{Kind: "protected_period", ID: p.ID, Name: p.Name, Unit: string(p.Unit)}
}

func (p Period) subject() obligation.Subject {
	return obligation.Subject{Kind: "protected_period", ID: p.ID, Name: "重要保障期" + abridge.Quoted(p.Name)}
}

// Service is the door of vigil.
type Service struct {
	Parts
	declared []func(ctx context.Context, tx *db.Tx, p Period) error
}

// Parts are what the service works with.
type Parts struct {
	DB          *db.DB
	Org         *org.Service
	Registry    *registry.Service
	Obligations *obligation.Service
	Days        calendar.Workdays
	Settings    func() sx2021.Settings
}

// New makes the service.
func New(p Parts) *Service { return &Service{Parts: p} }

// OnDeclared tells who listens of every period that is declared, in the
// transaction of its declaring.
func (s *Service) OnDeclared(f func(ctx context.Context, tx *db.Tx, p Period) error) {
	s.declared = append(s.declared, f)
}

const periodSelect = `
	SELECT p.id, p.unit_id, u.name, p.area_id, p.area_path, p.area_name, p.name, p.reason, p.document, p.from_on, p.until_on, p.factor, p.state, p.person_id, p.person_name, p.declared_at,
	       p.ended_why, p.summary, p.summary_by, p.summary_at, p.asked_on
	  FROM protected_period p JOIN unit u ON u.id = p.unit_id`

func scanPeriod(r db.Scanner) (Period, error) {
	var p Period
	err := r.Scan(&p.ID, &p.Unit, &p.UnitName, &p.Area, &p.AreaPath, &p.AreaName, &p.Name, &p.Reason, &p.Document, &p.From, &p.Until, &p.Factor, &p.State, &p.PersonID, &p.Person, &p.DeclaredAt,
		&p.EndedWhy, &p.Summary, &p.SummaryBy, &p.SummaryAt, &p.askedOn)
	return p, err
}

// concerns reports whether a period is the reader's: somebody of the scope lies
// under it, or it lies within the scope.
func concerns(scope authz.Scope, p Period) bool {
	if scope.Covers(p.AreaPath, "") || scope.Reaches(p.AreaPath) {
		return true
	}
	paths, _ := scope.Subtrees()
	for _, path := range paths {
		if strings.HasPrefix(path, p.AreaPath) {
			return true
		}
	}
	return false
}

// PeriodOf is one protected period that concerns the reader.
func (s *Service) PeriodOf(ctx context.Context, q db.Querier, scope authz.Scope, id string) (Period, error) {
	p, err := db.One(ctx, q, scanPeriod, periodSelect+` WHERE p.id = $1`, id)
	if db.None(err) || err == nil && !concerns(scope, p) {
		return Period{}, fault.Missing("重要保障期")
	}
	return p, err
}

// Periods that concern the reader, the latest first.
func (s *Service) Periods(ctx context.Context, scope authz.Scope, limit int) ([]Period, error) {
	all, err := db.All(ctx, s.DB, scanPeriod, periodSelect+` ORDER BY p.from_on DESC, p.id DESC LIMIT $1`, limit)
	if err != nil {
		return nil, err
	}
	var out []Period
	for _, p := range all {
		if concerns(scope, p) {
			out = append(out, p)
		}
	}
	return out, nil
}

// At are the periods that run at a place on the day: on its area path.
func (s *Service) At(ctx context.Context, q db.Querier, areaPath string, on calendar.Date) ([]Period, error) {
	all, err := s.running(ctx, q, on, on)
	if err != nil {
		return nil, err
	}
	var out []Period
	for _, p := range all {
		if strings.HasPrefix(areaPath, p.AreaPath) {
			out = append(out, p)
		}
	}
	return out, nil
}

// running are the declared periods with a day between the two.
func (s *Service) running(ctx context.Context, q db.Querier, from, until calendar.Date) ([]Period, error) {
	return db.All(ctx, q, scanPeriod, periodSelect+` WHERE p.state = 'declared' AND p.from_on <= $2 AND p.until_on >= $1 ORDER BY p.from_on, p.id`, from, until)
}

// Spans are the stretches between two instants in which a place wants two
// persons on duty.
func (s *Service) Spans(ctx context.Context, q db.Querier, areaPath string, from, until time.Time) ([]sx2021.DutySpan, error) {
	list, err := s.running(ctx, q, calendar.DateOf(from), calendar.DateOf(until))
	if err != nil {
		return nil, err
	}
	var out []sx2021.DutySpan
	for _, p := range list {
		if strings.HasPrefix(areaPath, p.AreaPath) {
			out = append(out, sx2021.DutySpan{From: p.From.Start(), Until: p.Until.End(), Name: p.Name})
		}
	}
	return out, nil
}

// Factor gives, for this day, how many times tighter a place is probed; 1 where
// nothing runs.
func (s *Service) Factor(ctx context.Context) (func(areaPath string) int, error) {
	today := calendar.DateOf(s.DB.Now())
	list, err := s.running(ctx, s.DB, today, today)
	if err != nil {
		return nil, err
	}
	return func(areaPath string) int {
		n := 1
		for _, p := range list {
			if strings.HasPrefix(areaPath, p.AreaPath) {
				n = max(n, p.Factor)
			}
		}
		return n
	}, nil
}

// office is the provincial office at which the person may declare.
func (s *Service) office(ctx context.Context, q db.Querier, session *authz.Session) (org.Unit, error) {
	for _, id := range session.UnitsFor(authz.VigilDeclare) {
		u, err := s.Org.UnitTx(ctx, q, authz.System("vigil.office"), org.UnitID(id))
		if err != nil {
			return u, err
		}
		if u.Level == org.Province && u.Kind == org.Office {
			return u, nil
		}
	}
	return org.Unit{}, fault.New(fault.Refused, "重要保障期由省政府办公厅声明、同意例外和结束；需要的请报省政府办公厅。")
}

// MayDeclare reports whether the person declares protected periods.
func (s *Service) MayDeclare(ctx context.Context, session *authz.Session) (bool, error) {
	if session == nil || !session.May(authz.VigilDeclare) {
		return false, nil
	}
	_, err := s.office(ctx, s.DB, session)
	if fault.Is(err, fault.Refused) {
		return false, nil
	}
	return err == nil, err
}

// longest a protected period may be, in days.
const longest = 92

// Declare begins a protected period on its first day, for the area and all
// below it. Everybody in it is told.
func (s *Service) Declare(ctx context.Context, session *authz.Session, n Period) (Period, error) {
	n.Name, n.Reason, n.Document = strings.TrimSpace(n.Name), strings.TrimSpace(n.Reason), strings.TrimSpace(n.Document)
	today := calendar.DateOf(s.DB.Now())
	if n.Factor == 0 {
		n.Factor = 2
	}
	var f fault.Fields
	f.Text("name", "名称", n.Name, true, 40)
	f.Text("reason", "事由", n.Reason, true, 300)
	f.Text("document", "依据文件", n.Document, true, 80)
	f.Check(!n.From.IsZero() && !n.From.Before(today), "from", "开始日期应为今天或以后")
	f.Check(!n.Until.IsZero() && !n.Until.Before(n.From), "until", "结束日期不能早于开始日期")
	f.Check(n.Until.IsZero() || n.From.IsZero() || n.Until.Sub(n.From) < longest, "until", fmt.Sprintf("一个重要保障期最长 %d 天，请分段声明", longest))
	f.Check(n.Factor >= 1 && n.Factor <= 5, "factor", "监测加密为 1 至 5 倍")
	if err := f.Err(); err != nil {
		return n, err
	}
	err := s.DB.Update(ctx, func(tx *db.Tx) error {
		office, err := s.office(ctx, tx, session)
		if err != nil {
			return err
		}
		if n.Area == "" {
			n.Area = office.Area
		}
		area, err := s.Org.Area(ctx, tx, n.Area)
		if err != nil {
			return err
		}
		same, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM protected_period WHERE state = 'declared' AND name = $1 AND from_on <= $3 AND until_on >= $2`, n.Name, n.From, n.Until)
		if err != nil {
			return err
		}
		if same > 0 {
			return fault.New(fault.Conflict, "同名的重要保障期已经声明，请打开原来的一条查看。").On("name", "已有同名的重要保障期")
		}
		n.ID, n.Unit, n.UnitName, n.AreaPath, n.AreaName, n.PersonID, n.Person, n.DeclaredAt = ulid.Make().String(), office.ID, office.Name, area.Path, area.Name, session.PersonID, session.Name, tx.Now()
		if _, n.State, err = Machine.Take(ctx, tx, n.ID, "declare", passage.Note{Says: n.Reason}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `
			INSERT INTO protected_period (id, unit_id, area_id, area_path, area_name, name, reason, document, from_on, until_on, factor, state, person_id, person_name, declared_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
			n.ID, n.Unit, n.Area, n.AreaPath, n.AreaName, n.Name, n.Reason, n.Document, n.From, n.Until, n.Factor, n.State, n.PersonID, n.Person, tx.Now()); err != nil {
			return fmt.Errorf("vigil: declare: %w", err)
		}
		if err := s.tell(ctx, tx, n, "declared", "重要保障期："+abridge.Quoted(n.Name),
			fmt.Sprintf("%s至%s。期间双人值班、每日零报告，临时下线、关停、改版和更改外观须经省政府办公厅同意。依据：%s。", n.From.Chinese(), n.Until.Chinese(), n.Document)); err != nil {
			return err
		}
		for _, f := range s.declared {
			if err := f(ctx, tx, n); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "vigil.declare", Basis: citation, Target: n.target(), After: n})
	})
	return n, err
}

// tell sends a word to every unit of the period.
func (s *Service) tell(ctx context.Context, tx *db.Tx, p Period, key, title, body string) error {
	units, err := s.debtors(ctx, tx, p)
	if err != nil {
		return err
	}
	list := make([]notify.Message, len(units))
	for i, u := range units {
		list[i] = notify.Message{Key: "vigil:" + p.ID + ":" + key + ":" + string(u.Unit), Unit: string(u.Unit), Title: title, Body: body, Link: p.Link(), Urgent: true}
	}
	return notify.SendAll(ctx, tx, list)
}

// Lift ends a period before its time.
func (s *Service) Lift(ctx context.Context, session *authz.Session, scope authz.Scope, id, why string) (Period, error) {
	why = strings.TrimSpace(why)
	var f fault.Fields
	f.Text("why", "提前结束的理由", why, true, 300)
	if err := f.Err(); err != nil {
		return Period{}, err
	}
	var p Period
	err := s.DB.Update(ctx, func(tx *db.Tx) error {
		var err error
		if p, err = s.PeriodOf(ctx, tx, scope, id); err != nil {
			return err
		}
		if _, err := s.office(ctx, tx, session); err != nil {
			return err
		}
		if p, err = s.end(ctx, tx, p, "lift", why); err != nil {
			return err
		}
		return s.tell(ctx, tx, p, "lifted", "重要保障期"+abridge.Quoted(p.Name)+"提前结束", why)
	})
	return p, err
}

// end closes the days of a period and opens the clock of its summary.
func (s *Service) end(ctx context.Context, tx *db.Tx, p Period, act, why string) (Period, error) {
	before := p.State
	var err error
	if _, p.State, err = Machine.Take(ctx, tx, p.ID, act, passage.Note{Says: why}); err != nil {
		return p, err
	}
	p.EndedWhy = why
	if _, err := tx.Exec(ctx, `UPDATE protected_period SET state = $2, ended_why = $3 WHERE id = $1`, p.ID, p.State, why); err != nil {
		return p, err
	}
	from := calendar.DateOf(tx.Now())
	if act == "lapse" {
		from = p.Until
	}
	length := calendar.WorkingDays(s.Settings().VigilSummaryWorkdays)
	if err := s.Obligations.Open(ctx, tx, obligation.Debt{Kind: SummaryKind.ID, Unit: p.Unit, Subject: p.subject(), Link: p.Link(), Due: length.From(from, s.Days), From: from, Length: length}); err != nil {
		return p, err
	}
	return p, audit.Record(ctx, tx, audit.Entry{Act: "vigil." + act, Basis: citation, Target: p.target(), Before: before, After: map[string]string{"state": p.State, "why": why}})
}

// Summarise keeps the closing summary.
func (s *Service) Summarise(ctx context.Context, session *authz.Session, scope authz.Scope, id, text string) (Period, error) {
	text = strings.TrimSpace(text)
	var f fault.Fields
	f.Text("summary", "总结", text, true, 4000)
	f.Check(len([]rune(text)) >= 20 || text == "", "summary", "总结过短，请写明值守、报告、异常和处置情况")
	if err := f.Err(); err != nil {
		return Period{}, err
	}
	var p Period
	err := s.DB.Update(ctx, func(tx *db.Tx) error {
		var err error
		if p, err = s.PeriodOf(ctx, tx, scope, id); err != nil {
			return err
		}
		if _, err := s.office(ctx, tx, session); err != nil {
			return err
		}
		if _, p.State, err = Machine.Take(ctx, tx, p.ID, "summarise", passage.Note{}); err != nil {
			return err
		}
		p.Summary, p.SummaryBy, p.SummaryAt = text, session.Name, tx.Now()
		if _, err := tx.Exec(ctx, `UPDATE protected_period SET state = $2, summary = $3, summary_by = $4, summary_at = $5 WHERE id = $1`, p.ID, p.State, text, session.Name, tx.Now()); err != nil {
			return err
		}
		if _, err := s.Obligations.Discharge(ctx, tx, SummaryKind.ID, p.subject(), "总结，"+session.Name); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "vigil.summarise", Basis: citation, Target: p.target(), After: text})
	})
	return p, err
}

// Sweep asks for the day's reports once a day and ends what has run out.
func (s *Service) Sweep(ctx context.Context) (int, error) {
	ctx = audit.System(ctx, "vigil.sweep")
	today := calendar.DateOf(s.DB.Now())
	list, err := db.All(ctx, s.DB, scanPeriod, periodSelect+` WHERE p.state = 'declared' AND p.from_on <= $1 ORDER BY p.id`, today)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, p := range list {
		last := today
		if p.Until.Before(last) {
			last = p.Until
		}
		if p.askedOn.IsZero() || p.askedOn.Before(last) {
			n++
			if err := s.ask(ctx, p, last); err != nil {
				return n, err
			}
		}
		if today.After(p.Until) {
			n++
			if err := s.DB.Update(ctx, func(tx *db.Tx) error {
				_, err := s.end(ctx, tx, p, "lapse", "")
				return err
			}); err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

// ask opens the reports of the days that were not asked for yet, up to one.
func (s *Service) ask(ctx context.Context, p Period, last calendar.Date) error {
	first := p.From
	if !p.askedOn.IsZero() {
		first = p.askedOn.AddDays(1)
	}
	for day := first; !day.After(last); day = day.AddDays(1) {
		if err := s.DB.Update(ctx, func(tx *db.Tx) error {
			units, err := s.debtors(ctx, tx, p)
			if err != nil {
				return err
			}
			for _, u := range units {
				if err := s.Obligations.Open(ctx, tx, obligation.Debt{Kind: ZeroKind.ID, Unit: u.Unit, Subject: zeroSubject(p, u, day), Period: day.String(), Link: ReportLink(p.ID, u.Unit, day), Due: calendar.Due{On: day}, From: day}); err != nil {
					return err
				}
			}
			if _, err := tx.Exec(ctx, `UPDATE protected_period SET asked_on = $2 WHERE id = $1`, p.ID, day); err != nil {
				return err
			}
			return audit.Record(ctx, tx, audit.Entry{Act: "vigil.ask", Basis: citation, Target: p.target(), After: map[string]any{"day": day, "units": len(units)}})
		}); err != nil {
			return err
		}
	}
	return nil
}
