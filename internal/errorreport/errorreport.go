package errorreport

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/intake"
	"zhengshu/internal/obligation"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
)

// Indicator is the line of the offices' pack that speaks of these reports: its
// parameter within_workdays is by when one is to be answered.
const Indicator = "J-D-1"

const citation = "国办秘函〔2019〕19号 监管工作年度考核指标"

// AnswerDue is the clock of a report that the list shows unanswered.
var AnswerDue = obligation.Kind{ID: "error_report", Name: "网民找错留言办理", Clause: "S19.5a", Citation: citation,
	Says: "“我为政府网站找错”的留言在全国平台按期办结（期限未核实，名单写明的从其期限）", Remind: []int{1, 0}, Escalate: 3, Minutes: 15}

// Obligations are the clocks this module runs.
func Obligations() []obligation.Kind { return []obligation.Kind{AnswerDue} }

// Report is one report of a reader.
type Report struct {
	Number     string
	Site       registry.SiteID
	SiteName   string // joined
	Unit       org.UnitID
	UnitName   string // joined
	ReceivedOn calendar.Date
	DueOn      calendar.Date // zero: nobody can tell
	LastOn     calendar.Date // DueOn, else a month on: before, nothing is late
	AnsweredOn calendar.Date
	Kind       string
	Says       string
	URL        string
	Result     string
	Void       bool
	FirstAt    time.Time
	AnsweredAt time.Time
	AreaPath   string // joined: of the unit
}

// Standing is how a report stands on a day.
type Standing string

// The standings.
const (
	InTime  Standing = "in_time" // answered by its day
	Late    Standing = "late"    // answered, after its day
	Waiting Standing = "waiting"
	Overdue Standing = "overdue" // not answered, and its day has passed
	Void    Standing = "void"
	Valid   Standing = "valid" // all but the void, for lists
)

// Standings in the order of screens, with their names.
var Standings = []struct {
	Standing
	Name string
}{{Overdue, "超期未办结"}, {Waiting, "办理中"}, {Late, "超期办结"}, {InTime, "按期办结"}, {Void, "重复或无效"}, {Valid, "全部有效的"}}

// Name is the standing in Chinese.
func (s Standing) Name() string {
	for _, x := range Standings {
		if x.Standing == s {
			return x.Name
		}
	}
	return ""
}

// On is how it stands on a day.
func (r Report) On(today calendar.Date) Standing {
	switch {
	case r.Void:
		return Void
	case r.AnsweredOn.IsZero() || r.AnsweredOn.After(today):
		if today.After(r.LastOn) {
			return Overdue
		}
		return Waiting
	case r.AnsweredOn.After(r.LastOn):
		return Late
	}
	return InTime
}

// Parts are what the service works with.
type Parts struct {
	DB          *db.DB
	Days        calendar.Workdays
	Obligations *obligation.Service
	// Within is in how many working days a report is to be answered, by the pack
	// in force on a day; ok is false where it does not say.
	Within func(on calendar.Date) (n int, ok bool)
}

// Service is the door of errorreport.
type Service struct{ Parts }

// New makes the service.
func New(p Parts) *Service { return &Service{p} }

// The heads by which the columns of a list are known.
var (
	headNumber   = []string{"留言编号", "编号", "序列号", "number"}
	headCode     = []string{"网站标识码", "政府网站标识码", "标识码", "site_code"}
	headHost     = []string{"网站域名", "域名", "首页网址", "host"}
	headSite     = []string{"网站名称", "网站", "被找错网站", "site"}
	headReceived = []string{"留言时间", "提交时间", "收到日期", "留言日期", "received_on"}
	headDue      = []string{"办理期限", "应办结日期", "截止日期", "due_on"}
	headAnswered = []string{"办结时间", "答复时间", "办结日期", "答复日期", "answered_on"}
	headKind     = []string{"问题类型", "留言类型", "类型", "kind"}
	headSays     = []string{"留言内容", "问题描述", "内容", "says"}
	headURL      = []string{"问题页面", "问题网址", "网址", "url"}
	headResult   = []string{"办理结果", "处理结果", "结果", "result"}
)

// Columns says on the screen which columns a list has.
const Columns = "要有“留言编号”“留言时间”，和“网站标识码”“网站域名”“网站名称”中的一列；可以有“办理期限”“办结时间”“办理结果”“问题类型”“留言内容”“问题页面”"

// void are the results that count nowhere.
var void = []string{"重复", "无效"}

// Import takes a list in: new reports are added, known ones brought up to date.
// Rows that cannot be taken are named and leave the others alone.
func (s *Service) Import(ctx context.Context, scope authz.Scope, session *authz.Session, t *official.Table) (rep intake.Report, err error) {
	rep = intake.New(false)
	h := intake.ReadHeader(t)
	if !h.Has(headNumber...) || !h.Has(headReceived...) || !h.Has(headCode...) && !h.Has(headHost...) && !h.Has(headSite...) {
		return rep, fault.New(fault.Invalid, "表头没有编号、留言时间或网站。"+Columns+"。").On("file", "请核对表头")
	}
	units := session.UnitsFor(authz.AppraisalManage)
	if len(units) == 0 {
		return rep, fault.New(fault.Forbidden, "名单由主管单位导入，您的岗位不办理这件事。")
	}
	unit := units[0]
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		rep = intake.New(false)
		find, err := s.ledger(ctx, tx, scope)
		if err != nil {
			return err
		}
		id := ulid.Make().String()
		today := calendar.DateOf(tx.Now())
		for row, err := range t.Rows() {
			if err != nil {
				return err
			}
			r, field, says := s.read(h, row, find, today)
			if says != "" {
				rep.Refuse(row.Number, field, says)
				continue
			}
			if !r.AnsweredOn.IsZero() {
				r.AnsweredAt = tx.Now()
			}
			n, err := tx.Exec(ctx, `
				INSERT INTO error_report (number, site_id, received_on, due_on, last_on, answered_on, kind, says, url, result, void, import_id, first_at, answered_at)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
				ON CONFLICT (number) DO UPDATE SET received_on = excluded.received_on, due_on = COALESCE(excluded.due_on, error_report.due_on),
				       last_on = CASE WHEN excluded.due_on IS NULL AND error_report.due_on IS NOT NULL THEN error_report.last_on ELSE excluded.last_on END, answered_on = excluded.answered_on, kind = excluded.kind, says = excluded.says, url = excluded.url,
				       result = excluded.result, void = excluded.void, import_id = excluded.import_id,
				       answered_at = CASE WHEN excluded.answered_on IS NULL THEN NULL ELSE COALESCE(error_report.answered_at, excluded.answered_at) END
				 WHERE error_report.site_id = excluded.site_id`,
				r.Number, r.Site, r.ReceivedOn, r.DueOn, r.LastOn, r.AnsweredOn, r.Kind, r.Says, r.URL, r.Result, r.Void, id, tx.Now(), r.AnsweredAt)
			if err != nil {
				return fmt.Errorf("errorreport: import: %w", err)
			}
			if n == 0 {
				rep.Refuse(row.Number, "留言编号", "这个编号已登记在另一个网站，请核对编号和网站")
				continue
			}
			rep.Accepted++
			if err := s.follow(ctx, tx, r); err != nil {
				return err
			}
		}
		if rep.Accepted == 0 && len(rep.Refused) > 0 {
			return errNothing
		}
		if _, err := tx.Exec(ctx, `INSERT INTO error_report_import (id, unit_id, taken_on, file, accepted, refused, taken_by, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			id, unit, today, clip(t.Name, 200), rep.Accepted, len(rep.Refused), session.Name, tx.Now()); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "errorreport.import", Basis: citation, Target: audit.Target{Kind: "error_report", ID: id, Name: "“我为政府网站找错”留言名单", Unit: unit}, After: map[string]any{"file": t.Name, "accepted": rep.Accepted, "refused": len(rep.Refused)}})
	})
	if errors.Is(err, errNothing) {
		err = nil // the report says why; nothing was written
	}
	return rep, err
}

// follow has the site's sponsor owe the answer, or owe it no more.
func (s *Service) follow(ctx context.Context, tx *db.Tx, r Report) error {
	subject := obligation.Subject{Kind: "error_report", ID: r.Number, Name: clip(r.SiteName+" "+r.Number, 100)}
	if r.Void || !r.AnsweredOn.IsZero() {
		says := "名单显示于" + r.AnsweredOn.String() + "办结"
		if r.Void {
			says = "名单显示：" + r.Result
		}
		_, err := s.Obligations.Discharge(ctx, tx, AnswerDue.ID, subject, says)
		return err
	}
	return s.Obligations.Open(ctx, tx, obligation.Debt{Kind: AnswerDue.ID, Unit: r.Unit, Subject: subject, Link: r.Link(), Due: calendar.Due{On: r.LastOn}, From: r.ReceivedOn, Length: calendar.Days(r.LastOn.Sub(r.ReceivedOn))})
}

// errNothing takes back an import of which no row could be taken: it is no
// proof that the place has no reports.
var errNothing = errors.New("errorreport: no row taken")

// read is one row; says is why it cannot be taken.
func (s *Service) read(h intake.Header, row official.Row, find ledger, today calendar.Date) (r Report, field, says string) {
	if len(row.Wrong) > 0 {
		return r, "", row.Wrong[0]
	}
	r.Number = h.Get(row, headNumber...)
	if r.Number == "" || len(r.Number) > 64 {
		return r, "留言编号", "没有编号，或编号超过64个字符"
	}
	at, ok := find.site(h.Get(row, headCode...), h.Get(row, headHost...), h.Get(row, headSite...))
	if r.Site, r.SiteName, r.Unit = at.id, at.name, at.unit; !ok {
		return r, "网站", "台账中没有这个网站，或不在您的管辖范围内，或不止一个同名网站，请填写网站标识码"
	}
	day := func(name string, heads []string) calendar.Date {
		text := h.Get(row, heads...)
		if text == "" || says != "" {
			return calendar.Date{}
		}
		d, err := calendar.ParseLoose(text)
		if err != nil {
			field, says = name, name+"不能识别，应为 2026-11-23 这样的日期"
		}
		return d
	}
	r.ReceivedOn, r.DueOn, r.AnsweredOn = day("留言时间", headReceived), day("办理期限", headDue), day("办结时间", headAnswered)
	switch {
	case says != "":
		return r, field, says
	case r.ReceivedOn.IsZero():
		return r, "留言时间", "没有留言时间"
	case r.ReceivedOn.After(today):
		return r, "留言时间", "留言时间晚于今天"
	case !r.AnsweredOn.IsZero() && (r.AnsweredOn.Before(r.ReceivedOn) || r.AnsweredOn.After(today)):
		return r, "办结时间", "办结时间早于留言时间或晚于今天"
	case !r.DueOn.IsZero() && r.DueOn.Before(r.ReceivedOn):
		return r, "办理期限", "办理期限早于留言时间"
	}
	if r.DueOn.IsZero() && s.Within != nil {
		// A year without holidays entered gives no day anybody may be held to.
		if n, ok := s.Within(r.ReceivedOn); ok {
			if due := s.Days.Add(r.ReceivedOn, n); !due.Provisional {
				r.DueOn = due.On
			}
		}
	}
	if r.LastOn = r.DueOn; r.LastOn.IsZero() {
		r.LastOn = r.ReceivedOn.AddMonths(1)
	}
	r.Kind, r.Says, r.URL, r.Result = clip(h.Get(row, headKind...), 40), clip(h.Get(row, headSays...), 1000), clip(h.Get(row, headURL...), 500), clip(h.Get(row, headResult...), 200)
	for _, v := range void {
		r.Void = r.Void || strings.Contains(r.Result, v)
	}
	return r, "", ""
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

// Link is the report in the console.
func (r Report) Link() string { return "/console/error-reports?q=" + url.QueryEscape(r.Number) }

// place is a site of the ledger; an empty id stands for more than one.
type place struct {
	id   registry.SiteID
	name string
	unit org.UnitID
}

// ledger finds sites by what a list calls them.
type ledger struct{ code, host, name map[string]place }

func (s *Service) ledger(ctx context.Context, q db.Querier, scope authz.Scope) (ledger, error) {
	l := ledger{map[string]place{}, map[string]place{}, map[string]place{}}
	var w db.Where
	scope.Where(&w, "u")
	type row struct {
		place
		code, host, other string
	}
	list, err := db.All(ctx, q, func(r db.Scanner) (row, error) {
		var x row
		return x, r.Scan(&x.id, &x.name, &x.unit, &x.code, &x.host, &x.other)
	}, `SELECT s.id, s.name, s.unit_id, s.site_code, s.host, s.chinese_domain FROM site s JOIN unit u ON u.id = s.unit_id WHERE `+w.SQL(), w.Args()...)
	for _, x := range list {
		for _, k := range []struct {
			in  map[string]place
			key string
		}{{l.code, x.code}, {l.host, x.host}, {l.host, x.other}, {l.name, x.name}} {
			if k.key == "" {
				continue
			}
			if _, twice := k.in[k.key]; twice {
				k.in[k.key] = place{} // more than one: none
				continue
			}
			k.in[k.key] = x.place
		}
	}
	return l, err
}

// site by the surest word there is: a wrong code is not helped by a right name.
func (l ledger) site(code, host, name string) (at place, ok bool) {
	switch {
	case code != "":
		at = cmp.Or(l.code[code], l.code[strings.ToUpper(code)])
	case host != "":
		host = strings.ToLower(host)
		if _, rest, ok := strings.Cut(host, "://"); ok {
			host = rest
		}
		host, _, _ = strings.Cut(host, "/")
		at = l.host[host]
	default:
		at = l.name[name]
	}
	return at, at.id != ""
}

// Filter narrows Reports.
type Filter struct {
	Text     string // number, site, unit, words
	Standing Standing
	Year     int
	Limit    int // 50 when zero
	Offset   int
}

func (f Filter) where(w *db.Where, today calendar.Date) {
	like := db.Contains(f.Text)
	w.AndIf(f.Text != "", `lower(e.number) LIKE ? ESCAPE '\' OR lower(s.name) LIKE ? ESCAPE '\' OR lower(u.name) LIKE ? ESCAPE '\' OR lower(e.says) LIKE ? ESCAPE '\'`, like, like, like, like)
	if f.Year != 0 {
		w.And("e.received_on >= ? AND e.received_on <= ?", calendar.Date{Year: f.Year, Month: 1, Day: 1}, calendar.Date{Year: f.Year, Month: 12, Day: 31})
	}
	switch f.Standing {
	case Void:
		w.And("e.void")
	case Valid:
		w.And("NOT e.void")
	case Overdue:
		w.And("NOT e.void AND e.answered_on IS NULL AND e.last_on < ?", today)
	case Waiting:
		w.And("NOT e.void AND e.answered_on IS NULL AND e.last_on >= ?", today)
	case Late:
		w.And("NOT e.void AND e.answered_on > e.last_on")
	case InTime:
		w.And("NOT e.void AND e.answered_on <= e.last_on")
	}
}

const from = ` FROM error_report e JOIN site s ON s.id = e.site_id JOIN unit u ON u.id = s.unit_id WHERE `

func scan(r db.Scanner) (Report, error) {
	var x Report
	err := r.Scan(&x.Number, &x.Site, &x.SiteName, &x.Unit, &x.UnitName, &x.ReceivedOn, &x.DueOn, &x.LastOn, &x.AnsweredOn, &x.Kind, &x.Says, &x.URL, &x.Result, &x.Void, &x.FirstAt, &x.AnsweredAt, &x.AreaPath)
	return x, err
}

const selected = `SELECT e.number, e.site_id, s.name, s.unit_id, u.name, e.received_on, e.due_on, e.last_on, e.answered_on, e.kind, e.says, e.url, e.result, e.void, e.first_at, e.answered_at, u.area_path`

// Reports in scope, those overdue first, then the newest, and how many there
// are.
func (s *Service) Reports(ctx context.Context, scope authz.Scope, f Filter) ([]Report, int, error) {
	var w db.Where
	scope.Where(&w, "u")
	today := calendar.DateOf(s.DB.Now())
	f.where(&w, today)
	total, err := db.One(ctx, s.DB, db.Value[int], `SELECT count(*)`+from+w.SQL(), w.Args()...)
	if err != nil || total == 0 {
		return nil, total, err
	}
	late := w.Arg(today)
	list, err := db.All(ctx, s.DB, scan, selected+from+w.SQL()+` ORDER BY CASE WHEN NOT e.void AND e.answered_on IS NULL AND e.last_on < `+late+` THEN 0 ELSE 1 END, e.received_on DESC, e.number LIMIT `+w.Arg(cmp.Or(f.Limit, 50))+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	return list, total, err
}

// Tally is how the valid reports of a year in scope stand.
type Tally struct{ All, InTime, Late, Waiting, Overdue int }

// Tally of a year in scope; of all years when it is zero.
func (s *Service) Tally(ctx context.Context, scope authz.Scope, year int) (Tally, error) {
	var w db.Where
	scope.Where(&w, "u")
	Filter{Year: year}.where(&w, calendar.Date{})
	w.And("NOT e.void")
	today := w.Arg(calendar.DateOf(s.DB.Now()))
	return db.One(ctx, s.DB, func(r db.Scanner) (Tally, error) {
		var t Tally
		return t, r.Scan(&t.All, &t.InTime, &t.Late, &t.Waiting, &t.Overdue)
	}, `SELECT count(*), COALESCE(sum(CASE WHEN e.answered_on <= e.last_on THEN 1 ELSE 0 END), 0), COALESCE(sum(CASE WHEN e.answered_on > e.last_on THEN 1 ELSE 0 END), 0),
		COALESCE(sum(CASE WHEN e.answered_on IS NULL AND e.last_on >= `+today+` THEN 1 ELSE 0 END), 0), COALESCE(sum(CASE WHEN e.answered_on IS NULL AND e.last_on < `+today+` THEN 1 ELSE 0 END), 0)`+from+w.SQL(), w.Args()...)
}

// Received are the valid reports in scope received between two days, as the
// house knew them at a moment, oldest first.
func (s *Service) Received(ctx context.Context, q db.Querier, scope authz.Scope, first, last calendar.Date, known time.Time) ([]Report, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.And("NOT e.void AND e.received_on >= ? AND e.received_on <= ? AND e.first_at < ?", first, last, known)
	list, err := db.All(ctx, q, scan, selected+from+w.SQL()+` ORDER BY e.received_on, e.number`, w.Args()...)
	for i := range list {
		if !list[i].AnsweredAt.IsZero() && !list[i].AnsweredAt.Before(known) {
			list[i].AnsweredOn = calendar.Date{}
		}
	}
	return list, err
}

// Taken is a list that was taken in.
type Taken struct {
	On                calendar.Date
	File, By          string
	UnitName          string
	Accepted, Refused int
	AreaPath          string // of the office that took it: what it covers
}

// Lists are the lists in scope that were taken in between two days and before a
// moment, the newest first. The scope is of the offices that took them.
func (s *Service) Lists(ctx context.Context, q db.Querier, scope authz.Scope, first, last calendar.Date, known time.Time, limit int) ([]Taken, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.And("m.taken_on >= ? AND m.taken_on <= ? AND m.at < ?", first, last, known)
	return db.All(ctx, q, func(r db.Scanner) (Taken, error) {
		var t Taken
		return t, r.Scan(&t.On, &t.File, &t.By, &t.UnitName, &t.Accepted, &t.Refused, &t.AreaPath)
	}, `SELECT m.taken_on, m.file, m.taken_by, u.name, m.accepted, m.refused, a.path FROM error_report_import m JOIN unit u ON u.id = m.unit_id JOIN area a ON a.id = u.area_id WHERE `+w.SQL()+` ORDER BY m.at DESC, m.id DESC LIMIT `+w.Arg(limit), w.Args()...)
}
