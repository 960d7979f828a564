package security

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/abridge"
	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/jobs"
	"zhengshu/internal/notify"
	"zhengshu/internal/obligation"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

var citation = sx2021.Instrument + " 第二十三条（一）"

// The clocks of the yearly check.
var (
	YearKind = obligation.Kind{ID: "security_year", Name: "年度网络安全检查", Clause: "S23.1c", Citation: citation,
		Says: "网信部门每年对政府网站进行安全管理工作检查", Remind: []int{90, 30, 7, 0}, Escalate: 5, Minutes: 60}
	HoleKind = obligation.Kind{ID: "security_hole", Name: "安全漏洞整改", Clause: "S23.1c", Citation: citation,
		Says: "及时处置网络、数据库、防火墙、业务系统、应用服务器中可能存在的安全漏洞", Remind: []int{3, 0}, Escalate: 3, Minutes: 30}
	RetestKind = obligation.Kind{ID: "security_retest", Name: "安全漏洞复测", Clause: "S23.1c", Citation: citation,
		Says: "对报告已整改的安全漏洞进行复测", Remind: []int{1, 0}, Escalate: 3, Minutes: 20}
	DisputeKind = obligation.Kind{ID: "security_dispute", Name: "安全漏洞异议核实", Clause: "S23.1c", Citation: citation,
		Says: "核实主办单位对安全漏洞提出的异议", Remind: []int{1, 0}, Escalate: 3, Minutes: 20}
)

// RetestWorkdays is how long 网信 has to retest a hole reported as closed, and to
// answer a sponsor that says there is none, in working days.
const RetestWorkdays = 5

// Obligations are the clocks this module runs.
func Obligations() []obligation.Kind {
	return []obligation.Kind{YearKind, HoleKind, RetestKind, DisputeKind}
}

// States of a plan.
const (
	Open     = "open"
	Finished = "finished"
)

// PlanMachine is the states of a plan.
var PlanMachine = passage.Machine{Kind: "security_plan", Noun: "年度安全检查", States: map[string]string{Open: "检查中", Finished: "已完成"},
	Moves: []passage.Move{
		{To: Open, Act: "plan", Says: "制定计划", Permit: string(authz.SecurityPlan)},
		{From: Open, Act: "finish", To: Finished, Says: "完成", Guard: "范围内运行的网站都已检查，或写明了未能检查的原因；登记的漏洞都已下发", Permit: string(authz.SecurityPlan)},
	}}

// States of a hole.
const (
	HoleFound     = "found"
	HoleOrdered   = "ordered"
	HoleMended    = "mended"
	HoleClosed    = "closed"
	HoleDisputed  = "disputed"  // the sponsor says there is none
	HoleWithdrawn = "withdrawn" // entered by mistake: it counts nowhere
)

// HoleMachine is the states of a hole.
var HoleMachine = passage.Machine{Kind: "security_hole", Noun: "安全漏洞", States: map[string]string{HoleFound: "待下发", HoleOrdered: "整改中", HoleMended: "待复测", HoleDisputed: "有异议，待核实", HoleClosed: "已关闭", HoleWithdrawn: "已撤销"},
	Moves: []passage.Move{
		{To: HoleFound, Act: "find", Says: "登记漏洞", Permit: string(authz.SecurityPlan)},
		{From: HoleFound, Act: "withdraw", To: HoleWithdrawn, Says: "撤销登记", Guard: "写明撤销原因", Permit: string(authz.SecurityPlan)},
		{From: HoleFound, Act: "order", To: HoleOrdered, Says: "下发整改通知", Permit: string(authz.SecurityPlan)},
		{From: HoleOrdered, Act: "mend", To: HoleMended, Says: "报告已整改", Permit: string(authz.SecurityMend)},
		{From: HoleOrdered, Act: "dispute", To: HoleDisputed, Says: "提出异议", Guard: "写明理由", Permit: string(authz.SecurityMend)},
		{From: HoleDisputed, Act: "uphold", To: HoleOrdered, Says: "核实属实", Guard: "写明核实情况，整改期限重新起算", Permit: string(authz.SecurityPlan)},
		{From: HoleDisputed, Act: "void", To: HoleWithdrawn, Says: "核实不属实，撤销", Guard: "写明核实情况", Permit: string(authz.SecurityPlan)},
		{From: HoleMended, Act: "return", To: HoleOrdered, Says: "复测未通过", Permit: string(authz.SecurityPlan)},
		{From: HoleMended, Act: "close", To: HoleClosed, Says: "复测通过", Permit: string(authz.SecurityPlan)},
	}}

// Named is a value of a closed list with its name.
type Named struct{ Value, Name string }

// Layers are the five the article names.
var Layers = []Named{{"network", "网络"}, {"database", "数据库"}, {"firewall", "防火墙"}, {"system", "业务系统"}, {"server", "应用服务器"}}

// Verdicts on a layer.
var Verdicts = []Named{{"fine", "未发现漏洞"}, {"holes", "有漏洞"}, {"untested", "未能检查"}, {"none", "不涉及"}}

// Methods of looking.
var Methods = []Named{{"remote", "远程检测"}, {"onsite", "现场检查"}, {"scan", "工具扫描"}, {"papers", "查阅材料"}}

// Severities of a hole.
var Severities = []Named{{"serious", "严重"}, {"error", "一般"}, {"advice", "提示"}}

// NameOf is the name of a value in a list.
func NameOf(list []Named, v string) string {
	for _, n := range list {
		if n.Value == v {
			return n.Name
		}
	}
	return ""
}

// Plan is one year's check of one 网信 body.
type Plan struct {
	ID       string
	Unit     org.UnitID
	UnitName string // joined
	Year     int
	Area     org.AreaID
	AreaName string // joined
	Title    string
	Note     string
	BeginsOn calendar.Date
	DueOn    calendar.Date
	State    string
	MadeBy   string
	MadeAt   time.Time
	Summary  string
	EndedAt  time.Time
	Sites    int // running ones on the plan
	Checked  int
	Partial  int  // of Checked: a layer could not be tested
	Excused  int  // nothing of them could be tested, and a person said why
	Above    bool // a superior's: named, and counted in the reader's scope only
	Holes    int
	Closed   int
	Untold   int    // of Holes, on running sites: their sponsors were not told yet
	path     string // of the plan's area
	area     string
	line     string
}

// Left is how many sites still hold up the plan's end.
func (p Plan) Left() int { return p.Sites - p.Checked - p.Excused }

// Result is what the checking came to, in words.
func (p Plan) Result() string {
	says := fmt.Sprintf("检查 %d 个网站", p.Checked)
	if p.Partial > 0 {
		says += fmt.Sprintf("（其中 %d 个有层面未能检查）", p.Partial)
	}
	if p.Excused > 0 {
		says += fmt.Sprintf("，%d 个网站未能检查并说明了原因", p.Excused)
	}
	return says + fmt.Sprintf("，发现漏洞 %d 个，已关闭 %d 个", p.Holes, p.Closed)
}

// Link is the plan's page.
func (p Plan) Link() string { return "/console/security/" + p.ID }

// In reports whether it lies in the scope.
func (p Plan) In(scope authz.Scope) bool { return p.area != "" && scope.Covers(p.area, p.line) }

// Target names it in the trail.
func (p Plan) Target() audit.Target {
	return audit.Target{Kind: "security_plan", ID: p.ID, Name: p.Title, Unit: string(p.Unit)}
}

// Layer is the verdict on one layer.
type Layer struct {
	Verdict string `json:"verdict"`
	Note    string `json:"note,omitempty"`
}

// Sheet is the check of one site.
type Sheet struct {
	ID        string
	Plan      string
	PlanTitle string
	PlanState string
	PlanUnit  org.UnitID
	BodyName  string // joined: the 网信 body
	Site      registry.SiteID
	SiteName  string
	Host      string
	Unit      org.UnitID // sponsor
	UnitName  string
	Running   bool // the site still runs
	State     string
	CheckedOn calendar.Date
	Checker   string
	Method    string
	Layers    map[string]Layer
	Excuse    string // why nothing of it could be tested
	Summary   string
	KeptBy    string
	KeptAt    time.Time
	Number    string
	OrderedAt time.Time
	OrderedBy string
	Holes     int
	Standing  int
	area      string
	line      string
}

// Outcomes of a sheet: what could not be tested is told as such and never
// counts as checked.
const (
	ToCheck  = "todo"
	Untested = "untested" // looked at; no layer could be tested, nobody said why
	Excused  = "excused"  // the same, with a person's reason
	Partial  = "partial"  // checked, but for a layer that could not be tested
	Whole    = "checked"
)

// Outcomes with their names.
var Outcomes = []Named{{ToCheck, "待检查"}, {Untested, "未能检查，待说明原因"}, {Excused, "未能检查（已说明原因）"}, {Partial, "已检查，部分层面未能检查"}, {Whole, "已检查"}}

// tested reports whether any layer was tested, and whether any could not be.
func tested(layers map[string]Layer) (some, not bool) {
	for _, l := range layers {
		some = some || l.Verdict == "fine" || l.Verdict == "holes"
		not = not || l.Verdict == "untested"
	}
	return some, not
}

// Outcome is how far the sheet has come.
func (s Sheet) Outcome() string {
	some, not := tested(s.Layers)
	switch {
	case s.State == Whole && not:
		return Partial
	case s.State == Whole:
		return Whole
	case s.Excuse != "":
		return Excused
	case not && !some:
		return Untested
	}
	return ToCheck
}

// Link is the sheet's page.
func (s Sheet) Link() string { return "/console/security-sheets/" + s.ID }

// In reports whether it lies in the scope.
func (s Sheet) In(scope authz.Scope) bool { return s.area != "" && scope.Covers(s.area, s.line) }

// Target names it in the trail.
func (s Sheet) Target() audit.Target {
	return audit.Target{Kind: "security_sheet", ID: s.ID, Name: s.SiteName, Unit: string(s.Unit)}
}

// Hole is one weakness of a site.
type Hole struct {
	ID         string
	Sheet      string
	Site       registry.SiteID
	SiteName   string
	Unit       org.UnitID
	UnitName   string
	Body       org.UnitID // 网信
	BodyName   string
	Layer      string
	Severity   string
	Title      string
	Says       string
	Fix        string
	State      string
	FoundAt    time.Time
	FoundBy    string
	Number     string
	ToldDueOn  calendar.Date // that the order named
	DueOn      calendar.Date
	MendedAt   time.Time
	MendedBy   string
	MendedAs   string
	RetestedAt time.Time
	RetestedBy string
	RetestSays string
	ClosedAt   time.Time
	area       string
	line       string
}

// Link is the hole's page.
func (h Hole) Link() string { return "/console/security-holes/" + h.ID }

// In reports whether it lies in the scope.
func (h Hole) In(scope authz.Scope) bool { return h.area != "" && scope.Covers(h.area, h.line) }

// Target names it in the trail; what is weak stays out of the name.
func (h Hole) Target() audit.Target {
	return audit.Target{Kind: "security_hole", ID: h.ID, Name: h.SiteName + "：" + NameOf(Layers, h.Layer) + "漏洞", Unit: string(h.Unit)}
}

func (h Hole) subject() obligation.Subject {
	return obligation.Subject{Kind: "security_hole", ID: h.ID, Name: h.SiteName + "：" + NameOf(Layers, h.Layer) + "漏洞"}
}

// Parts are what the service works with.
type Parts struct {
	DB          *db.DB
	Org         *org.Service
	Registry    *registry.Service
	Obligations *obligation.Service
	Days        calendar.Workdays
	Store       blob.Store
	Settings    func() sx2021.Settings
}

// Service is the door of security.
type Service struct{ Parts }

// New makes the service and registers what returns each year: the check of an
// area, by 31 December (readings 13).
func New(p Parts) *Service {
	s := &Service{p}
	p.Obligations.Recur(obligation.Recurring{Kind: YearKind.ID, Every: obligation.Yearly, Owes: s.debtors})
	return s
}

type coverRound struct{}

// Kind names the job.
func (coverRound) Kind() string { return "security.cover" }

// Register gives the workers the daily duty: sites launched meanwhile come
// onto the open plans, and a 网信 body named meanwhile bears the year.
func (s *Service) Register(w *jobs.Workers) {
	jobs.Handle(w, func(ctx context.Context, _ coverRound) error {
		if _, err := s.Cover(ctx); err != nil {
			return err
		}
		_, err := s.HandOn(ctx)
		return err
	})
	jobs.Every(w, 24*time.Hour, coverRound{})
}

// The outcomes in SQL, over security_sheet x. A note cannot look like a verdict:
// its quotes are escaped.
const (
	hasUntested = `x.layers LIKE '%"verdict":"untested"%'`
	isPartial   = `x.state = 'checked' AND ` + hasUntested
	isExcused   = `x.state = 'todo' AND x.excuse <> ''`
	isUntested  = `x.state = 'todo' AND ` + hasUntested + ` AND x.layers NOT LIKE '%"verdict":"fine"%' AND x.layers NOT LIKE '%"verdict":"holes"%'`
)

const planSelect = `
	SELECT p.id, p.unit_id, u.name, p.year, p.area_id, a.name, p.title, p.note, p.begins_on, p.due_on, p.state, p.made_by, p.made_at, p.summary, p.ended_at,
	       (SELECT count(*) FROM security_sheet x JOIN site s ON s.id = x.site_id WHERE x.plan_id = p.id AND s.state NOT IN ('exited', 'closed')),
	       (SELECT count(*) FROM security_sheet x JOIN site s ON s.id = x.site_id WHERE x.plan_id = p.id AND x.state = 'checked' AND s.state NOT IN ('exited', 'closed')),
	       (SELECT count(*) FROM security_sheet x JOIN site s ON s.id = x.site_id WHERE x.plan_id = p.id AND ` + isPartial + ` AND s.state NOT IN ('exited', 'closed')),
	       (SELECT count(*) FROM security_sheet x JOIN site s ON s.id = x.site_id WHERE x.plan_id = p.id AND ` + isExcused + ` AND s.state NOT IN ('exited', 'closed')),
	       (SELECT count(*) FROM security_hole h JOIN security_sheet x ON x.id = h.sheet_id WHERE x.plan_id = p.id AND h.state <> 'withdrawn'),
	       (SELECT count(*) FROM security_hole h JOIN security_sheet x ON x.id = h.sheet_id WHERE x.plan_id = p.id AND h.state = 'closed'),
	       (SELECT count(*) FROM security_hole h JOIN security_sheet x ON x.id = h.sheet_id JOIN site s ON s.id = h.site_id WHERE x.plan_id = p.id AND h.state = 'found' AND s.state NOT IN ('exited', 'closed')),
	       a.path, u.area_path, u.line_path
	  FROM security_plan p JOIN unit u ON u.id = p.unit_id JOIN area a ON a.id = p.area_id`

func scanPlan(r db.Scanner) (Plan, error) {
	var p Plan
	err := r.Scan(&p.ID, &p.Unit, &p.UnitName, &p.Year, &p.Area, &p.AreaName, &p.Title, &p.Note, &p.BeginsOn, &p.DueOn, &p.State, &p.MadeBy, &p.MadeAt, &p.Summary, &p.EndedAt,
		&p.Sites, &p.Checked, &p.Partial, &p.Excused, &p.Holes, &p.Closed, &p.Untold, &p.path, &p.area, &p.line)
	return p, err
}

// PlanByID in scope.
func (s *Service) PlanByID(ctx context.Context, q db.Querier, scope authz.Scope, id string) (Plan, error) {
	p, err := db.One(ctx, q, scanPlan, planSelect+` WHERE p.id = $1`, id)
	if db.None(err) || err == nil && !p.In(scope) {
		return Plan{}, fault.Missing("年度检查计划")
	}
	return p, err
}

// Plans in scope, and those of the 网信 bodies above that hold for it, the latest
// year first. Of a superior's plan its name is told and how far the reader's own
// sites have come; it is not opened.
func (s *Service) Plans(ctx context.Context, scope authz.Scope, limit, offset int) ([]Plan, int, error) {
	var w db.Where
	scope.WhereOrAbove(&w, "u", "TRUE")
	total, err := db.One(ctx, s.DB, db.Value[int], `SELECT count(*) FROM security_plan p JOIN unit u ON u.id = p.unit_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, s.DB, scanPlan, planSelect+` WHERE `+w.SQL()+` ORDER BY p.year DESC, u.area_path, p.id LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(offset), w.Args()...)
	for i := range list {
		if p := &list[i]; err == nil && !p.In(scope) {
			err = s.own(ctx, scope, p)
		}
	}
	return list, total, err
}

// own narrows the figures of a superior's plan to the sites in scope.
func (s *Service) own(ctx context.Context, scope authz.Scope, p *Plan) error {
	*p = Plan{ID: p.ID, Unit: p.Unit, UnitName: p.UnitName, Year: p.Year, Area: p.Area, AreaName: p.AreaName, Title: p.Title, BeginsOn: p.BeginsOn, DueOn: p.DueOn, State: p.State, Above: true}
	var w db.Where
	w.And("x.plan_id = ?", p.ID).And("s.state NOT IN ('exited', 'closed')")
	scope.Where(&w, "u")
	list, err := db.All(ctx, s.DB, func(r db.Scanner) (n [3]int, err error) { return n, r.Scan(&n[0], &n[1], &n[2]) }, `
		SELECT CASE WHEN x.state = 'checked' THEN 1 ELSE 0 END, CASE WHEN `+isPartial+` THEN 1 ELSE 0 END, CASE WHEN `+isExcused+` THEN 1 ELSE 0 END
		  FROM security_sheet x JOIN site s ON s.id = x.site_id JOIN unit u ON u.id = s.unit_id WHERE `+w.SQL(), w.Args()...)
	p.Sites = len(list)
	for _, n := range list {
		p.Checked, p.Partial, p.Excused = p.Checked+n[0], p.Partial+n[1], p.Excused+n[2]
	}
	return err
}

// NewPlan is what a person plans.
type NewPlan struct {
	Unit     org.UnitID
	Year     int
	Title    string
	Note     string
	BeginsOn calendar.Date
	DueOn    calendar.Date
}

// TitleOf is what the check of a year is called where nobody called it otherwise.
func TitleOf(year int) string { return fmt.Sprintf("%d 年政府网站安全管理工作检查", year) }

var namedYear = regexp.MustCompile(`(?:^|[^0-9])(20[0-9]{2}) ?年`)

// otherYear is the year that a title names where it names others and not this one.
func otherYear(title string, year int) (other string) {
	for _, m := range namedYear.FindAllStringSubmatch(title, -1) {
		if m[1] == fmt.Sprint(year) {
			return ""
		}
		other = m[1] + " 年"
	}
	return other
}

// NextYear is the first year from today's on for which a unit has no plan yet.
func (s *Service) NextYear(ctx context.Context, scope authz.Scope, unit org.UnitID) (int, error) {
	year := calendar.DateOf(s.DB.Now()).Year
	u, err := s.Org.UnitTx(ctx, s.DB, scope, unit)
	if err != nil {
		return year, err
	}
	n, err := db.One(ctx, s.DB, db.Value[int], `SELECT count(*) FROM security_plan WHERE unit_id = $1 AND year = $2`, u.ID, year)
	if n > 0 {
		year++
	}
	return year, err
}

// Plan makes the year's plan of a 网信 body over every running site of its area.
func (s *Service) Plan(ctx context.Context, scope authz.Scope, session *authz.Session, n NewPlan) (p Plan, err error) {
	n.Title, n.Note = strings.TrimSpace(n.Title), strings.TrimSpace(n.Note)
	if n.Title == "" {
		n.Title = TitleOf(n.Year)
	}
	last := calendar.Date{Year: n.Year, Month: time.December, Day: 31}
	if n.DueOn.IsZero() {
		n.DueOn = last
	}
	today := calendar.DateOf(s.DB.Now())
	var f fault.Fields
	f.Check(n.Year >= today.Year-1 && n.Year <= today.Year+1, "year", "年度只能是上一年、今年或明年")
	f.Text("title", "计划名称", n.Title, true, 100)
	if other := otherYear(n.Title, n.Year); other != "" {
		f.Add("title", fmt.Sprintf("计划名称写的是 %s，与年度 %d 不一致，请改名称或年度；名称不填的，按年度生成", other, n.Year))
	}
	f.Text("note", "检查内容和分工", n.Note, false, 4000)
	f.Check(!n.BeginsOn.IsZero(), "begins_on", "请填写开始日期")
	f.Check(!n.DueOn.Before(n.BeginsOn), "due_on", "完成日期不能早于开始日期")
	f.Check(!n.DueOn.After(last), "due_on", "每年检查，最迟 "+last.String()+" 完成（第二十三条（一））")
	if err := f.Err(); err != nil {
		return Plan{}, err
	}
	if !session.MayAt(authz.SecurityPlan, string(n.Unit)) {
		return Plan{}, fault.New(fault.Refused, "年度安全检查由网信部门本单位制定计划。")
	}
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		u, err := s.Org.UnitTx(ctx, tx, scope, n.Unit)
		if err != nil {
			return err
		}
		made, err := db.One(ctx, tx, db.Value[string], `SELECT title FROM security_plan WHERE unit_id = $1 AND year = $2`, u.ID, n.Year)
		if err == nil {
			return fault.Newf(fault.Invalid, "%s %d 年度的检查计划已制定，是“%s”；每个年度一个计划，请改为其他年度，或在该计划中办理。", u.Name, n.Year, made).On("year", "该年度已有计划")
		}
		if !db.None(err) {
			return err
		}
		p = Plan{ID: ulid.Make().String(), Unit: u.ID, Year: n.Year, Area: u.Area, Title: n.Title}
		if _, p.State, err = PlanMachine.Take(ctx, tx, p.ID, "plan", passage.Note{Says: n.Title}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO security_plan (id, unit_id, year, area_id, title, note, begins_on, due_on, state, made_by, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			p.ID, p.Unit, p.Year, p.Area, p.Title, n.Note, n.BeginsOn, n.DueOn, p.State, session.Name, tx.Now()); err != nil {
			if _, dup := db.UniqueViolation(err); dup {
				return fault.Newf(fault.Conflict, "%s已有 %d 年的检查计划。", u.Name, n.Year).On("year", "已有计划")
			}
			return fmt.Errorf("security: plan: %w", err)
		}
		if p, err = s.PlanByID(ctx, tx, authz.System("security.plan"), p.ID); err != nil {
			return err
		}
		added, err := s.cover(ctx, tx, p)
		if err != nil {
			return err
		}
		p.Sites = added
		if err := s.Obligations.Open(ctx, tx, obligation.Debt{Kind: YearKind.ID, Unit: u.ID, Subject: obligation.Subject{Kind: "unit", ID: string(u.ID), Name: u.Name}, Period: fmt.Sprint(n.Year), Link: p.Link(), Due: calendar.Due{On: last}, From: calendar.DateOf(tx.Now())}); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "security.plan.make", Basis: citation, Target: p.Target(), After: map[string]any{"year": n.Year, "sites": added, "due": n.DueOn}})
	})
	return p, err
}

// cover brings the running sites of the plan's area onto it.
func (s *Service) cover(ctx context.Context, tx *db.Tx, p Plan) (int, error) {
	ids, err := db.All(ctx, tx, db.Value[string], `SELECT s.id FROM site s JOIN unit u ON u.id = s.unit_id
		 WHERE u.area_path >= $1 AND u.area_path < $2 AND s.state IN ('running', 'temporarily_offline') AND NOT EXISTS (SELECT 1 FROM security_sheet x WHERE x.plan_id = $3 AND x.site_id = s.id) ORDER BY s.id`,
		p.path, p.path[:len(p.path)-1]+"0", p.ID)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	rows := make([][]any, len(ids))
	for i, id := range ids {
		rows[i] = []any{ulid.Make().String(), p.ID, id, "todo"}
	}
	return len(ids), tx.InsertAll(ctx, "security_sheet", []string{"id", "plan_id", "site_id", "state"}, rows)
}

// Cover brings sites launched meanwhile onto every open plan and returns how
// many.
func (s *Service) Cover(ctx context.Context) (int, error) {
	ctx = audit.System(ctx, "security.cover")
	plans, err := db.All(ctx, s.DB, scanPlan, planSelect+` WHERE p.state = 'open'`)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, p := range plans {
		if err := s.DB.Update(ctx, func(tx *db.Tx) error {
			added, err := s.cover(ctx, tx, p)
			if err != nil || added == 0 {
				return err
			}
			n += added
			return audit.Record(ctx, tx, audit.Entry{Act: "security.plan.cover", Basis: citation, Target: p.Target(), After: added})
		}); err != nil {
			return n, err
		}
	}
	return n, nil
}

// Finish ends a plan: every running site on it has been checked, or a person said
// why it could not be, and the sponsors were told of every hole.
func (s *Service) Finish(ctx context.Context, scope authz.Scope, session *authz.Session, id, summary string) error {
	summary = strings.TrimSpace(summary)
	var f fault.Fields
	f.Text("summary", "检查总结", summary, true, 4000)
	if err := f.Err(); err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		p, err := s.PlanByID(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if !session.MayAt(authz.SecurityPlan, string(p.Unit)) {
			return fault.New(fault.Refused, "由制定计划的网信部门完成。")
		}
		if _, err := s.cover(ctx, tx, p); err != nil {
			return err
		}
		if p, err = s.PlanByID(ctx, tx, scope, id); err != nil {
			return err
		}
		if p.State == Open && p.Left() > 0 {
			return fault.Newf(fault.Refused, "还有 %d 个网站没有检查，也没有写明未能检查的原因，不能完成。", p.Left()).Because(fault.Reason{ID: "S23.1c", Citation: citation, Says: "网信部门每年对全省政府网站进行安全管理工作检查"})
		}
		if p.State == Open && p.Untold > 0 {
			return fault.Newf(fault.Refused, "还有 %d 个漏洞没有下发整改通知，不能完成；请在检查单中下发，登记有误的在漏洞页面撤销。", p.Untold).Because(fault.Reason{ID: "S23.1c", Citation: citation, Says: "及时处置网络、数据库、防火墙、业务系统、应用服务器中可能存在的安全漏洞"})
		}
		_, to, err := PlanMachine.Take(ctx, tx, p.ID, "finish", passage.Note{Says: abridge.Text(summary, 200)})
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE security_plan SET state = $2, summary = $3, ended_at = $4 WHERE id = $1`, p.ID, to, summary, tx.Now()); err != nil {
			return err
		}
		if _, err := s.Obligations.DischargePeriod(ctx, tx, YearKind.ID, obligation.Subject{Kind: "unit", ID: string(p.Unit), Name: p.UnitName}, fmt.Sprint(p.Year), p.Title+"："+p.Result()); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "security.plan.finish", Basis: citation, Target: p.Target(), After: map[string]any{"sites": p.Sites, "checked": p.Checked, "partial": p.Partial, "untested": p.Excused, "holes": p.Holes}})
	})
}

// standing is a hole, security_hole h, that is still to be closed.
const standing = `h.state NOT IN ('closed', 'withdrawn')`

const sheetSelect = `
	SELECT x.id, x.plan_id, p.title, p.state, p.unit_id, b.name, x.site_id, s.name, s.host, s.unit_id, u.name, s.state NOT IN ('exited', 'closed'), x.state, x.checked_on, x.checker, x.method, x.layers, x.excuse, x.summary, x.kept_by, x.kept_at, x.number, x.ordered_at, x.ordered_by,
	       (SELECT count(*) FROM security_hole h WHERE h.sheet_id = x.id AND h.state <> 'withdrawn'), (SELECT count(*) FROM security_hole h WHERE h.sheet_id = x.id AND ` + standing + `), u.area_path, u.line_path
	  FROM security_sheet x JOIN security_plan p ON p.id = x.plan_id JOIN unit b ON b.id = p.unit_id JOIN site s ON s.id = x.site_id JOIN unit u ON u.id = s.unit_id`

func scanSheet(r db.Scanner) (Sheet, error) {
	var x Sheet
	var layers string
	err := r.Scan(&x.ID, &x.Plan, &x.PlanTitle, &x.PlanState, &x.PlanUnit, &x.BodyName, &x.Site, &x.SiteName, &x.Host, &x.Unit, &x.UnitName, &x.Running, &x.State, &x.CheckedOn, &x.Checker, &x.Method, &layers, &x.Excuse, &x.Summary, &x.KeptBy, &x.KeptAt, &x.Number, &x.OrderedAt, &x.OrderedBy,
		&x.Holes, &x.Standing, &x.area, &x.line)
	if err == nil {
		err = json.Unmarshal([]byte(layers), &x.Layers)
	}
	return x, err
}

// SheetFilter narrows Sheets.
type SheetFilter struct {
	Plan   string
	State  string // todo, checked; "untested" and "partial" outcomes; "holes" for those with standing holes
	Text   string
	Limit  int
	Offset int
}

// Sheets in scope, those not checked first.
func (s *Service) Sheets(ctx context.Context, scope authz.Scope, f SheetFilter) ([]Sheet, int, error) {
	var w db.Where
	scope.Where(&w, "u")
	like := db.Contains(f.Text)
	w.And("s.state NOT IN ('exited', 'closed')").AndIf(f.Plan != "", "x.plan_id = ?", f.Plan).AndIf(f.State == "todo" || f.State == "checked", "x.state = ?", f.State).
		AndIf(f.State == Untested, isUntested).AndIf(f.State == Partial, isPartial).
		AndIf(f.State == "holes", "EXISTS (SELECT 1 FROM security_hole h WHERE h.sheet_id = x.id AND "+standing+")").
		AndIf(f.Text != "", `lower(s.name) LIKE ? ESCAPE '\' OR s.host LIKE ? ESCAPE '\' OR lower(u.name) LIKE ? ESCAPE '\'`, like, like, like)
	total, err := db.One(ctx, s.DB, db.Value[int], `SELECT count(*) FROM security_sheet x JOIN site s ON s.id = x.site_id JOIN unit u ON u.id = s.unit_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, s.DB, scanSheet, sheetSelect+` WHERE `+w.SQL()+` ORDER BY x.state DESC, u.area_path, s.name, x.id LIMIT `+w.Arg(cmp.Or(f.Limit, 50))+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	return list, total, err
}

// Dossier is a sheet with its holes and files.
type Dossier struct {
	Sheet
	List  []Hole
	Files []approval.Attachment
}

func (s *Service) sheetTx(ctx context.Context, q db.Querier, scope authz.Scope, id string) (Sheet, error) {
	x, err := db.One(ctx, q, scanSheet, sheetSelect+` WHERE x.id = $1`, id)
	if db.None(err) || err == nil && !x.In(scope) {
		return Sheet{}, fault.Missing("检查单")
	}
	return x, err
}

// Sheet in scope, with those of its holes that the person sees.
func (s *Service) Sheet(ctx context.Context, scope authz.Scope, session *authz.Session, id string) (Dossier, error) {
	x, err := s.sheetTx(ctx, s.DB, scope, id)
	if err != nil {
		return Dossier{}, err
	}
	d := Dossier{Sheet: x}
	if d.List, err = db.All(ctx, s.DB, scanHole, holeSelect+` WHERE h.sheet_id = $1 ORDER BY `+bySeverity+`, h.id`, id); err != nil {
		return d, err
	}
	d.List = slices.DeleteFunc(d.List, func(h Hole) bool { return !Sees(session, h) })
	d.Files, err = approval.Attachments(ctx, s.DB, "security_sheet", id)
	return d, err
}

// Checked is what the looking at a site gave.
type Checked struct {
	On      calendar.Date
	Checker string
	Method  string
	Layers  map[string]Layer
	Excuse  string // why no layer could be tested; then the site is not held up by it
	Summary string
	Files   []approval.Upload
}

// checker refuses whoever is not of the 网信 body whose plan it is.
func (s *Service) checker(session *authz.Session, x Sheet) error {
	if !session.MayAt(authz.SecurityPlan, string(x.PlanUnit)) {
		return fault.New(fault.Refused, "检查单由组织检查的网信部门填写。")
	}
	return nil
}

// Check keeps the sheet of a site: a verdict on each of the five layers. A site of
// which no layer could be tested is not checked; it holds up the plan's end until
// a person says why or looks again.
func (s *Service) Check(ctx context.Context, scope authz.Scope, session *authz.Session, id string, n Checked) error {
	n.Checker, n.Summary, n.Excuse = strings.TrimSpace(n.Checker), strings.TrimSpace(n.Summary), strings.TrimSpace(n.Excuse)
	today := calendar.DateOf(s.DB.Now())
	var f fault.Fields
	f.Check(!n.On.IsZero() && !n.On.After(today), "on", "检查日期没有填写，或晚于今天")
	f.Text("checker", "检查人员或机构", n.Checker, true, 200)
	f.Check(NameOf(Methods, n.Method) != "", "method", "请选择检查方式")
	f.Text("summary", "检查结论", n.Summary, true, 4000)
	layers := map[string]Layer{}
	for _, l := range Layers {
		v := n.Layers[l.Value]
		v.Note = strings.TrimSpace(v.Note)
		f.Check(NameOf(Verdicts, v.Verdict) != "", "verdict_"+l.Value, l.Name+"还没有结论")
		f.Text("note_"+l.Value, l.Name+"的说明", v.Note, v.Verdict == "untested" || v.Verdict == "none", 1000)
		layers[l.Value] = v
	}
	f.Text("excuse", "整站未能检查的原因", n.Excuse, false, 1000)
	some, not := tested(layers)
	state := "checked"
	if !some {
		state = "todo"
		f.Check(not, "verdict_"+Layers[0].Value, "五个层面不能都是“不涉及”，网站至少运行在网络和服务器上")
	}
	f.Check(!some || n.Excuse == "", "excuse", "已有层面检查过，请删去整站未能检查的原因；个别层面未能检查的，原因写在该层面的说明中")
	if err := f.Err(); err != nil {
		return err
	}
	kept, err := approval.TakeAll(ctx, s.Store, n.Files)
	if err != nil {
		return err
	}
	body, err := json.Marshal(layers)
	if err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		x, err := s.sheetTx(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if err := s.checker(session, x); err != nil {
			return err
		}
		if x.PlanState == Finished {
			return fault.New(fault.Conflict, "年度检查已完成，检查单不再修改。")
		}
		for _, l := range Layers {
			n, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM security_hole WHERE sheet_id = $1 AND layer = $2 AND state <> 'withdrawn'`, id, l.Value)
			if err != nil {
				return err
			}
			if v := layers[l.Value].Verdict; v == "holes" && n == 0 || n > 0 && v != "holes" {
				says := "登记了漏洞，结论应为“有漏洞”"
				if n == 0 {
					says = "结论为“有漏洞”，请先登记漏洞"
				}
				return fault.New(fault.Invalid, l.Name+says+"。").On("verdict_"+l.Value, says)
			}
		}
		if _, err := tx.Exec(ctx, `UPDATE security_sheet SET state = $9, checked_on = $2, checker = $3, method = $4, layers = $5, summary = $6, kept_by = $7, kept_at = $8, excuse = $10 WHERE id = $1`,
			id, n.On, n.Checker, n.Method, string(body), n.Summary, session.Name, tx.Now(), state, n.Excuse); err != nil {
			return err
		}
		if err := approval.AttachAll(ctx, tx, "security_sheet", id, kept); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "security.sheet.keep", Basis: citation, Target: x.Target(),
			Before: map[string]any{"layers": x.Layers, "excuse": x.Excuse}, After: map[string]any{"layers": layers, "excuse": n.Excuse}})
	})
}

const bySeverity = `CASE h.severity WHEN 'serious' THEN 0 WHEN 'error' THEN 1 ELSE 2 END`

const holeSelect = `
	SELECT h.id, h.sheet_id, h.site_id, s.name, s.unit_id, u.name, p.unit_id, b.name, h.layer, h.severity, h.title, h.says, h.fix, h.state, h.found_at, h.found_by, h.number, h.told_due_on, h.due_on, h.mended_at, h.mended_by, h.mended_as, h.retested_at, h.retested_by, h.retest_says, h.closed_at, u.area_path, u.line_path
	  FROM security_hole h JOIN security_sheet x ON x.id = h.sheet_id JOIN security_plan p ON p.id = x.plan_id JOIN unit b ON b.id = p.unit_id JOIN site s ON s.id = h.site_id JOIN unit u ON u.id = s.unit_id`

func scanHole(r db.Scanner) (Hole, error) {
	var h Hole
	err := r.Scan(&h.ID, &h.Sheet, &h.Site, &h.SiteName, &h.Unit, &h.UnitName, &h.Body, &h.BodyName, &h.Layer, &h.Severity, &h.Title, &h.Says, &h.Fix, &h.State, &h.FoundAt, &h.FoundBy, &h.Number, &h.ToldDueOn, &h.DueOn, &h.MendedAt, &h.MendedBy, &h.MendedAs, &h.RetestedAt, &h.RetestedBy, &h.RetestSays, &h.ClosedAt, &h.area, &h.line)
	return h, err
}

// HoleByID in scope.
func (s *Service) HoleByID(ctx context.Context, q db.Querier, scope authz.Scope, id string) (Hole, error) {
	h, err := db.One(ctx, q, scanHole, holeSelect+` WHERE h.id = $1`, id)
	if db.None(err) || err == nil && !h.In(scope) {
		return Hole{}, fault.Missing("漏洞")
	}
	return h, err
}

// HoleFilter narrows Holes.
type HoleFilter struct {
	State    string // "standing" for all not closed
	Layer    string
	Severity string
	Text     string
	Told     bool // only those the sponsor was told of
	Limit    int
	Offset   int
}

// Holes in scope, those due first on top.
func (s *Service) Holes(ctx context.Context, scope authz.Scope, f HoleFilter) ([]Hole, int, error) {
	var w db.Where
	scope.Where(&w, "u")
	like := db.Contains(f.Text)
	w.AndIf(f.Told, "h.number <> ''").AndIf(f.State == "standing", standing).AndIf(f.State != "" && f.State != "standing", "h.state = ?", f.State).AndIf(f.Layer != "", "h.layer = ?", f.Layer).AndIf(f.Severity != "", "h.severity = ?", f.Severity).
		AndIf(f.Text != "", `lower(s.name) LIKE ? ESCAPE '\' OR lower(h.title) LIKE ? ESCAPE '\' OR lower(u.name) LIKE ? ESCAPE '\'`, like, like, like)
	total, err := db.One(ctx, s.DB, db.Value[int], `SELECT count(*) FROM security_hole h JOIN site s ON s.id = h.site_id JOIN unit u ON u.id = s.unit_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, s.DB, scanHole, holeSelect+` WHERE `+w.SQL()+` ORDER BY CASE WHEN `+standing+` THEN 0 ELSE 1 END, CASE WHEN h.due_on IS NULL THEN 1 ELSE 0 END, h.due_on, `+bySeverity+`, h.id LIMIT `+w.Arg(cmp.Or(f.Limit, 50))+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	return list, total, err
}

// AddHole enters a hole on a sheet; the sponsor sees it once it is ordered.
func (s *Service) AddHole(ctx context.Context, scope authz.Scope, session *authz.Session, sheet string, n Hole) (h Hole, err error) {
	for _, p := range []*string{&n.Title, &n.Says, &n.Fix} {
		*p = strings.TrimSpace(*p)
	}
	var f fault.Fields
	f.Check(NameOf(Layers, n.Layer) != "", "layer", "请选择漏洞所在的层面")
	f.Check(NameOf(Severities, n.Severity) != "", "severity", "请选择严重程度")
	f.Text("title", "漏洞名称", n.Title, true, 100)
	f.Text("says", "漏洞情况", n.Says, true, 4000)
	f.Text("fix", "整改建议", n.Fix, false, 2000)
	if err := f.Err(); err != nil {
		return h, err
	}
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		x, err := s.sheetTx(ctx, tx, scope, sheet)
		if err != nil {
			return err
		}
		if err := s.checker(session, x); err != nil {
			return err
		}
		if x.PlanState == Finished {
			return fault.New(fault.Conflict, "年度检查已完成，不能再登记漏洞。")
		}
		if _, err := tx.Exec(ctx, `UPDATE security_sheet SET state = 'todo', excuse = '' WHERE id = $1 AND layers NOT LIKE $2`, x.ID, `%"`+n.Layer+`":{"verdict":"holes"%`); err != nil {
			return err
		}
		h = n
		h.ID, h.Sheet, h.Site, h.SiteName, h.Unit, h.UnitName, h.FoundAt, h.FoundBy = ulid.Make().String(), x.ID, x.Site, x.SiteName, x.Unit, x.UnitName, tx.Now(), session.Name
		if _, h.State, err = HoleMachine.Take(ctx, tx, h.ID, "find", passage.Note{}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO security_hole (id, sheet_id, site_id, layer, severity, title, says, fix, state, found_at, found_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			h.ID, h.Sheet, h.Site, h.Layer, h.Severity, h.Title, h.Says, h.Fix, h.State, h.FoundAt, h.FoundBy); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "security.hole.find", Basis: citation, Target: h.Target(), After: map[string]string{"layer": h.Layer, "severity": h.Severity, "title": h.Title}})
	})
	return h, err
}

// Withdraw takes back a hole that was entered by mistake and that the sponsor was
// not told of. A layer without holes left is to be judged anew, and with it the
// sheet, unless the year is finished.
func (s *Service) Withdraw(ctx context.Context, scope authz.Scope, session *authz.Session, id, why string) error {
	why = strings.TrimSpace(why)
	var f fault.Fields
	f.Reason("why", "撤销原因", why)
	if err := f.Err(); err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		h, err := s.HoleByID(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		x, err := s.sheetTx(ctx, tx, scope, h.Sheet)
		if err != nil {
			return err
		}
		if err := s.checker(session, x); err != nil {
			return err
		}
		if h.State == HoleOrdered || h.State == HoleMended || h.State == HoleDisputed {
			return fault.New(fault.Conflict, "整改通知已经下发，漏洞不能撤销；主办单位认为没有的，可以提出异议，核实后处理。")
		}
		if _, h.State, err = HoleMachine.Take(ctx, tx, h.ID, "withdraw", passage.Note{Says: why}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE security_hole SET state = $2 WHERE id = $1`, h.ID, h.State); err != nil {
			return err
		}
		if err := emptied(ctx, tx, x, h.Layer); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "security.hole.withdraw", Basis: citation, Target: h.Target(), Before: HoleFound, After: map[string]string{"title": h.Title, "why": why}})
	})
}

// emptied lets a layer be judged anew, and with it the sheet, when a hole went that
// was its last, unless the year is finished.
func emptied(ctx context.Context, tx *db.Tx, x Sheet, layer string) error {
	left, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM security_hole WHERE sheet_id = $1 AND layer = $2 AND state <> 'withdrawn'`, x.ID, layer)
	if err != nil || left > 0 || x.PlanState != Open || x.Layers[layer].Verdict != "holes" {
		return err
	}
	delete(x.Layers, layer)
	body, err := json.Marshal(x.Layers)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE security_sheet SET state = 'todo', layers = $2 WHERE id = $1`, x.ID, string(body))
	return err
}

// days is how long a hole may stand by its severity.
func days(c sx2021.Settings, severity string) int {
	switch severity {
	case "serious":
		return c.HoleSeriousDays
	case "error":
		return c.HoleErrorDays
	}
	return c.HoleAdviceDays
}

// Order tells the sponsor to close the holes of a sheet that it was not told
// yet; each has its own last day.
func (s *Service) Order(ctx context.Context, scope authz.Scope, session *authz.Session, sheet string) (number string, err error) {
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		x, err := s.sheetTx(ctx, tx, scope, sheet)
		if err != nil {
			return err
		}
		if err := s.checker(session, x); err != nil {
			return err
		}
		list, err := db.All(ctx, tx, scanHole, holeSelect+` WHERE h.sheet_id = $1 AND h.state = 'found' ORDER BY h.id`, sheet)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return fault.New(fault.Conflict, "没有待下发的漏洞。")
		}
		if number, err = approval.NextNumber(ctx, tx, "AQ"); err != nil {
			return err
		}
		today := calendar.DateOf(tx.Now())
		first := calendar.Date{}
		for _, h := range list {
			n := days(s.Settings(), h.Severity)
			h.DueOn = today.AddDays(n)
			if first.IsZero() || h.DueOn.Before(first) {
				first = h.DueOn
			}
			if _, h.State, err = HoleMachine.Take(ctx, tx, h.ID, "order", passage.Note{Says: number}); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `UPDATE security_hole SET state = $2, number = $3, due_on = $4, told_due_on = $4 WHERE id = $1`, h.ID, h.State, number, h.DueOn); err != nil {
				return err
			}
			if err := s.Obligations.Open(ctx, tx, obligation.Debt{Kind: HoleKind.ID, Unit: h.Unit, Subject: h.subject(), Link: h.Link(), Due: calendar.Due{On: h.DueOn}, From: today, Length: calendar.Days(n)}); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `UPDATE security_sheet SET number = $2, ordered_at = $3, ordered_by = $4 WHERE id = $1`, x.ID, number, tx.Now(), session.Name); err != nil {
			return err
		}
		if _, err := notify.Send(ctx, tx, notify.Message{Key: "security:" + number, Unit: string(x.Unit), Link: x.Link(), Urgent: true,
			Title: fmt.Sprintf("安全漏洞整改通知 %s：%s %d 个漏洞", number, x.SiteName, len(list)), Body: "最早的整改期限是" + first.Chinese() + "，请尽快整改并报告。"}); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "security.order", Basis: citation, Target: x.Target(), After: map[string]any{"number": number, "holes": len(list)}})
	})
	return number, err
}

// Orders are the numbers of the orders of a sheet that the reader sees, the first
// on top.
func (d Dossier) Orders() []string {
	var out []string
	for _, h := range d.List {
		if h.Number != "" && !slices.Contains(out, h.Number) {
			out = append(out, h.Number)
		}
	}
	slices.Sort(out)
	return out
}

// Paper is an order of a sheet in scope as a document, the latest where no number is
// given. It says of each hole what was seen, as the hole's page does, and goes to
// whoever may read that page.
func (s *Service) Paper(ctx context.Context, scope authz.Scope, session *authz.Session, sheet, number string) (*official.Document, string, error) {
	d, err := s.Sheet(ctx, scope, session, sheet)
	if err != nil {
		return nil, "", err
	}
	number = cmp.Or(number, d.Number)
	list := slices.DeleteFunc(slices.Clone(d.List), func(h Hole) bool { return h.Number != number })
	switch {
	case number == "":
		return nil, "", fault.New(fault.Conflict, "还没有下发整改通知。")
	case len(list) == 0:
		return nil, "", fault.Missing("整改通知")
	}
	at, by := d.OrderedAt, d.OrderedBy
	steps, err := HoleMachine.History(ctx, s.DB, list[0].ID)
	if err != nil {
		return nil, "", err
	}
	for _, step := range steps {
		if step.Act == "order" {
			at, by = step.At, step.ActorName
		}
	}
	doc := &official.Document{Title: "关于整改政府网站安全漏洞的通知", To: d.UnitName, Issuer: d.BodyName, Dated: calendar.DateOf(at).Chinese(), Sealed: true, Note: "系统编号：" + number + "；经办：" + by}
	doc.Paragraph("按照" + sx2021.Named + "第二十三条（一），经检查，你单位主办的“" + d.SiteName + "”存在以下安全漏洞，请按期整改，完成后在系统中报告，我单位组织复测。认为不属实的，在期限内在系统中提出异议。")
	for i, h := range list {
		doc.Paragraph(official.Numeral(i+1) + "、" + NameOf(Layers, h.Layer) + "：" + h.Title + "（" + NameOf(Severities, h.Severity) + "），" + h.ToldDueOn.Chinese() + "前整改。")
		doc.Paragraph("漏洞情况：" + ended(h.Says))
		if h.Fix != "" {
			doc.Paragraph("整改建议：" + ended(h.Fix))
		}
	}
	doc.Paragraph("本通知写有漏洞情况，请只交整改所需的人员，不得公开。")
	return doc, number, nil
}

// ended is a text as a paragraph: its lines one after another, a full stop at the end.
func ended(s string) string {
	s = strings.Join(strings.Fields(strings.ReplaceAll(s, "\n", " ")), " ")
	return strings.TrimRight(s, "。；") + "。"
}

// Dispute is the sponsor's word that a hole is none, with why; 网信 looks into it.
func (s *Service) Dispute(ctx context.Context, scope authz.Scope, session *authz.Session, id, why string) error {
	why = strings.TrimSpace(why)
	if err := fault.ReasonFor("why", "异议理由", why); err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		h, err := s.HoleByID(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if h.Number == "" {
			return fault.Missing("漏洞") // not told of it
		}
		if _, h.State, err = HoleMachine.Take(ctx, tx, h.ID, "dispute", passage.Note{Says: why}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE security_hole SET state = $2 WHERE id = $1`, h.ID, h.State); err != nil {
			return err
		}
		if _, err := s.Obligations.Discharge(ctx, tx, HoleKind.ID, h.subject(), session.Name+"提出异议，待核实"); err != nil {
			return err
		}
		today := calendar.DateOf(tx.Now())
		if err := s.Obligations.Open(ctx, tx, obligation.Debt{Kind: DisputeKind.ID, Unit: h.Body, Subject: h.subject(), Link: h.Link(), Due: s.Days.Add(today, RetestWorkdays), From: today, Length: calendar.WorkingDays(RetestWorkdays)}); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "security.hole.dispute", Basis: citation, Target: h.Target(), Before: HoleOrdered, After: why})
	})
}

// Settle answers a dispute: the hole stands, with a new last day, or there was none
// and it counts nowhere.
func (s *Service) Settle(ctx context.Context, scope authz.Scope, session *authz.Session, id string, stands bool, says string) error {
	says = strings.TrimSpace(says)
	if err := fault.ReasonFor("says", "核实情况", says); err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		h, err := s.HoleByID(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		x, err := s.sheetTx(ctx, tx, scope, h.Sheet)
		if err != nil {
			return err
		}
		disputer, err := whoLast(ctx, tx, h, "dispute")
		if err != nil {
			return err
		}
		switch {
		case !session.MayAt(authz.SecurityPlan, string(h.Body)):
			return fault.New(fault.Refused, "异议由组织检查的网信部门核实。")
		case session.PersonID == disputer:
			return fault.New(fault.Refused, "提出异议的人不能核实自己的异议。")
		}
		act, title, due, today := "void", "漏洞异议核实不属实，已撤销："+h.SiteName, h.DueOn, calendar.DateOf(tx.Now())
		n := days(s.Settings(), h.Severity)
		if stands {
			act, title, due = "uphold", "漏洞异议核实属实，请整改："+h.SiteName, today.AddDays(n)
		}
		if _, h.State, err = HoleMachine.Take(ctx, tx, h.ID, act, passage.Note{Says: says}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE security_hole SET state = $2, due_on = $3 WHERE id = $1`, h.ID, h.State, due); err != nil {
			return err
		}
		if _, err := s.Obligations.Discharge(ctx, tx, DisputeKind.ID, h.subject(), session.Name+"已答复异议"); err != nil {
			return err
		}
		if stands {
			if err := s.Obligations.Open(ctx, tx, obligation.Debt{Kind: HoleKind.ID, Unit: h.Unit, Subject: h.subject(), Link: h.Link(), Due: calendar.Due{On: due}, From: today, Length: calendar.Days(n)}); err != nil {
				return err
			}
		} else if err := emptied(ctx, tx, x, h.Layer); err != nil {
			return err
		}
		if _, err := notify.Send(ctx, tx, notify.Message{Key: "security:" + h.ID + ":settle:" + tx.Now().Format(time.RFC3339), Unit: string(h.Unit), Link: h.Link(), Title: title, Body: "核实情况见漏洞页面。"}); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "security.hole." + act, Basis: citation, Target: h.Target(), Before: HoleDisputed, After: says})
	})
}

// Mend is the sponsor's word that a hole is closed, with what was done.
func (s *Service) Mend(ctx context.Context, scope authz.Scope, session *authz.Session, id, as string, files []approval.Upload) error {
	as = strings.TrimSpace(as)
	var f fault.Fields
	f.Text("as", "整改情况", as, true, 2000)
	if err := f.Err(); err != nil {
		return err
	}
	kept, err := approval.TakeAll(ctx, s.Store, files)
	if err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		h, err := s.HoleByID(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if h.Number == "" {
			return fault.Missing("漏洞") // not told of it
		}
		if _, h.State, err = HoleMachine.Take(ctx, tx, h.ID, "mend", passage.Note{Says: abridge.Text(as, 500)}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE security_hole SET state = $2, mended_at = $3, mended_by = $4, mended_as = $5 WHERE id = $1`, h.ID, h.State, tx.Now(), session.Name, as); err != nil {
			return err
		}
		if err := approval.AttachAll(ctx, tx, "security_hole", h.ID, kept); err != nil {
			return err
		}
		if _, err := s.Obligations.Discharge(ctx, tx, HoleKind.ID, h.subject(), session.Name+"报告已整改"); err != nil {
			return err
		}
		today := calendar.DateOf(tx.Now())
		if err := s.Obligations.Open(ctx, tx, obligation.Debt{Kind: RetestKind.ID, Unit: h.Body, Subject: h.subject(), Link: h.Link(), Due: s.Days.Add(today, RetestWorkdays), From: today, Length: calendar.WorkingDays(RetestWorkdays)}); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "security.hole.mend", Basis: citation, Target: h.Target(), After: as})
	})
}

// whoLast is who did an act on a hole last; empty: nobody did.
func whoLast(ctx context.Context, tx *db.Tx, h Hole, act string) (who string, err error) {
	steps, err := HoleMachine.History(ctx, tx, h.ID)
	for _, p := range steps {
		if p.Act == act {
			who = p.ActorID
		}
	}
	return who, err
}

// Retest is the word of 网信 after looking again: closed, or back to the
// sponsor with a new last day.
func (s *Service) Retest(ctx context.Context, scope authz.Scope, session *authz.Session, id string, gone bool, says string) error {
	says = strings.TrimSpace(says)
	var f fault.Fields
	f.Text("says", "复测情况", says, true, 2000)
	if err := f.Err(); err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		h, err := s.HoleByID(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		mender, err := whoLast(ctx, tx, h, "mend")
		if err != nil {
			return err
		}
		switch {
		case !session.MayAt(authz.SecurityPlan, string(h.Body)):
			return fault.New(fault.Refused, "漏洞由组织检查的网信部门复测。")
		case session.PersonID == mender:
			return fault.New(fault.Refused, "整改人不能复测自己的整改。")
		}
		act := "return"
		var closed any
		today := calendar.DateOf(tx.Now())
		if gone {
			act, closed = "close", tx.Now()
		} else {
			h.DueOn = today.AddDays(days(s.Settings(), h.Severity))
		}
		if _, h.State, err = HoleMachine.Take(ctx, tx, h.ID, act, passage.Note{Says: abridge.Text(says, 500)}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE security_hole SET state = $2, retested_at = $3, retested_by = $4, retest_says = $5, closed_at = $6, due_on = $7 WHERE id = $1`, h.ID, h.State, tx.Now(), session.Name, says, closed, h.DueOn); err != nil {
			return err
		}
		if _, err := s.Obligations.Discharge(ctx, tx, RetestKind.ID, h.subject(), session.Name+"已复测"); err != nil {
			return err
		}
		title := "漏洞复测通过：" + h.SiteName
		if !gone {
			title = "漏洞复测未通过：" + h.SiteName
			n := days(s.Settings(), h.Severity)
			if err := s.Obligations.Open(ctx, tx, obligation.Debt{Kind: HoleKind.ID, Unit: h.Unit, Subject: h.subject(), Link: h.Link(), Due: calendar.Due{On: h.DueOn}, From: today, Length: calendar.Days(n)}); err != nil {
				return err
			}
		}
		if _, err := notify.Send(ctx, tx, notify.Message{Key: "security:" + h.ID + ":retest:" + tx.Now().Format(time.RFC3339), Unit: string(h.Unit), Link: h.Link(), Title: title, Body: "复测情况见漏洞页面。"}); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "security.hole." + act, Basis: citation, Target: h.Target(), After: says})
	})
}

// HoleDossier is a hole with its history and files.
type HoleDossier struct {
	Hole
	History []passage.Step
	Files   []approval.Attachment
}

// Sees reports whether the person may read a hole: 网信 always, the others once
// the sponsor was told.
func Sees(session *authz.Session, h Hole) bool {
	return h.Number != "" || session.May(authz.SecurityPlan)
}

// Hole in scope, that the person sees.
func (s *Service) Hole(ctx context.Context, scope authz.Scope, session *authz.Session, id string) (HoleDossier, error) {
	h, err := s.HoleByID(ctx, s.DB, scope, id)
	if err == nil && !Sees(session, h) {
		err = fault.Missing("漏洞")
	}
	if err != nil {
		return HoleDossier{}, err
	}
	d := HoleDossier{Hole: h}
	if d.History, err = HoleMachine.History(ctx, s.DB, id); err != nil {
		return d, err
	}
	d.Files, err = approval.Attachments(ctx, s.DB, "security_hole", id)
	return d, err
}

// File opens an attachment of a sheet or a hole in scope.
func (s *Service) File(ctx context.Context, scope authz.Scope, what, id, file string) (approval.Attachment, io.ReadCloser, error) {
	var err error
	switch what {
	case "security_sheet":
		_, err = s.sheetTx(ctx, s.DB, scope, id)
	case "security_hole":
		_, err = s.HoleByID(ctx, s.DB, scope, id)
	default:
		err = fault.Missing("附件")
	}
	if err != nil {
		return approval.Attachment{}, nil, err
	}
	return approval.OpenAttached(ctx, s.DB, s.Store, what, id, file)
}

// Untold reports whether the list holds a hole its sponsor was not told of.
func (d Dossier) Untold() bool {
	return slices.ContainsFunc(d.List, func(h Hole) bool { return h.State == HoleFound })
}
