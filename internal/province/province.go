package province

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/jobs"
	"zhengshu/internal/notify"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/rules/sx2021"
)

// Service is the door of province.
type Service struct {
	db          *db.DB
	org         *org.Service
	obligations *obligation.Service
	shipped     calendar.Workdays
	set         func(calendar.Workdays)
	days        calendar.Workdays
	stepDays    int

	mu     sync.Mutex
	last   sx2021.Settings // served while the database does not answer
	system System
	seen   string // the last notice laid over the shipped ones
}

// Parts are what the service is made of.
type Parts struct {
	DB          *db.DB
	Org         *org.Service
	Obligations *obligation.Service
	Shipped     calendar.Workdays // of the release
	// Days are the live ones, Set their setter (calendar.Workdays.Live).
	Days     calendar.Workdays
	Set      func(calendar.Workdays)
	StepDays int // of an approval step, until the administrator sets another
}

// New makes the service.
func New(p Parts) *Service {
	s := &Service{db: p.DB, org: p.Org, obligations: p.Obligations, shipped: p.Shipped, days: p.Days, set: p.Set, stepDays: p.StepDays, last: sx2021.Defaults()}
	s.system = System{StepDays: p.StepDays, Channels: notify.DefaultChannels()}
	return s
}

// Decision is one setting of the province's choices.
type Decision struct {
	ID       string
	Settings sx2021.Settings
	From     calendar.Date
	Reason   string
	Document string
	UnitName string
	By       string
	At       time.Time
}

// patience is how long the settings are waited for. They are read in the middle
// of other acts, which may hold every connection of the pool.
const patience = 2 * time.Second

// Settings are the choices in force today. When the database does not answer,
// those that were in force when it last did.
func (s *Service) Settings() sx2021.Settings {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	d, err := s.inForce(ctx, s.db, calendar.DateOf(s.db.Now()))
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		slog.Error("the province's settings cannot be read; the last known hold", "cause", err)
		return s.last
	}
	s.last = d.Settings
	return s.last
}

func (s *Service) inForce(ctx context.Context, q db.Querier, on calendar.Date) (Decision, error) {
	d, err := db.One(ctx, q, scanDecision, decisionSelect+` WHERE p.from_on <= $1 ORDER BY p.from_on DESC, p.set_at DESC, p.id DESC LIMIT 1`, on)
	if db.None(err) {
		return Decision{Settings: sx2021.Defaults()}, nil
	}
	return d, err
}

const decisionSelect = `SELECT p.id, p.value, p.from_on, p.reason, p.document, u.name, p.set_by, p.set_at FROM province_setting p JOIN unit u ON u.id = p.unit_id`

func scanDecision(r db.Scanner) (Decision, error) {
	var d Decision
	var value string
	if err := r.Scan(&d.ID, &value, &d.From, &d.Reason, &d.Document, &d.UnitName, &d.By, &d.At); err != nil {
		return d, err
	}
	// A setting that came later than the row has its default.
	d.Settings = sx2021.Defaults()
	return d, json.Unmarshal([]byte(value), &d.Settings)
}

// History is every decision, the latest first; those whose day has not come
// stand in it too.
func (s *Service) History(ctx context.Context) ([]Decision, error) {
	return db.All(ctx, s.db, scanDecision, decisionSelect+` ORDER BY p.from_on DESC, p.set_at DESC, p.id DESC LIMIT 100`)
}

// office is the provincial office where the person holds a post that may.
func (s *Service) office(ctx context.Context, q db.Querier, session *authz.Session) (org.Unit, error) {
	if session != nil {
		for _, p := range session.Posts {
			one := authz.Session{Posts: []authz.Post{p}}
			if !p.Office || !one.May(authz.SettingsManage) {
				continue
			}
			u, err := s.org.UnitTx(ctx, q, authz.System("province.office"), org.UnitID(p.UnitID))
			if err != nil {
				return org.Unit{}, err
			}
			if u.Level == org.Province && u.Kind == org.Office {
				return u, nil
			}
		}
	}
	return org.Unit{}, fault.New(fault.Refused, "本省的规则选择和节假日安排只能由省政府办公厅设定；需要调整的，请报省政府办公厅。")
}

// MaySet reports whether the person sets the province's choices.
func (s *Service) MaySet(ctx context.Context, session *authz.Session) (bool, error) {
	_, err := s.office(ctx, s.db, session)
	if fault.Is(err, fault.Refused) {
		return false, nil
	}
	return err == nil, err
}

// Edition names the last decision that was made, whichever day it is for; empty
// before the first.
func (s *Service) Edition(ctx context.Context) (string, error) {
	return edition(ctx, s.db, "province_setting")
}

// SystemEdition names the last saving of the system's settings.
func (s *Service) SystemEdition(ctx context.Context) (string, error) {
	return edition(ctx, s.db, "system_setting")
}

func edition(ctx context.Context, q db.Querier, table string) (string, error) {
	id, err := db.One(ctx, q, db.Value[string], `SELECT id FROM `+table+` ORDER BY set_at DESC, id DESC LIMIT 1`)
	if db.None(err) {
		return "", nil
	}
	return id, err
}

// AsOf are the choices in force today as they were when an edition was the last.
func (s *Service) AsOf(ctx context.Context, edition string) (sx2021.Settings, error) {
	d, err := db.One(ctx, s.db, scanDecision, decisionSelect+` JOIN province_setting e ON e.id = $2
		WHERE p.from_on <= $1 AND (p.set_at < e.set_at OR p.set_at = e.set_at AND p.id <= e.id) ORDER BY p.from_on DESC, p.set_at DESC, p.id DESC LIMIT 1`, calendar.DateOf(s.db.Now()), edition)
	if db.None(err) {
		return sx2021.Defaults(), nil
	}
	return d.Settings, err
}

// SystemAsOf are the system's settings of an edition.
func (s *Service) SystemAsOf(ctx context.Context, edition string) (System, error) {
	return s.systemOf(ctx, ` WHERE id = $1`, edition)
}

// changed refuses what was decided on another edition than the last.
func changed(ctx context.Context, tx *db.Tx, table, base, what string) error {
	last, err := edition(ctx, tx, table)
	if err == nil && last != base {
		err = fault.New(fault.Conflict, "您打开表单后，"+what+"已被别人修改，请核对后再保存。")
	}
	return err
}

// Decide sets the choices from a day on. base is the edition that who decides has
// seen: a decision made meanwhile is not overwritten.
func (s *Service) Decide(ctx context.Context, session *authz.Session, base string, next sx2021.Settings, from calendar.Date, reason, document string) error {
	reason, document = strings.TrimSpace(reason), strings.TrimSpace(document)
	today := calendar.DateOf(s.db.Now())
	if from.IsZero() {
		from = today
	}
	if wrong := next.Wrong(); len(wrong) > 0 {
		return fault.New(fault.Invalid, strings.Join(wrong, ""))
	}
	var f fault.Fields
	f.Check(reason != "" && len([]rune(reason)) <= 500, "reason", "请写明调整原因，最多 500 个字")
	f.Check(len([]rune(document)) <= 100, "document", "文号最多 100 个字")
	f.Check(!from.Before(today), "from", "生效日期不能早于今天 "+today.Chinese())
	if err := f.Err(); err != nil {
		return err
	}
	body, err := json.Marshal(next)
	if err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		u, err := s.office(ctx, tx, session)
		if err != nil {
			return err
		}
		if err := changed(ctx, tx, "province_setting", base, "本省规则选择"); err != nil {
			return err
		}
		was, err := s.inForce(ctx, tx, from)
		if err != nil {
			return err
		}
		if was.Settings == next {
			return fault.New(fault.Conflict, "没有改动：所选与"+from.Chinese()+"起执行的一致。")
		}
		if _, err := tx.Exec(ctx, `INSERT INTO province_setting (id, value, from_on, reason, document, unit_id, set_by, set_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			ulid.Make().String(), string(body), from, reason, document, u.ID, session.Name, tx.Now()); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "province.settings", Basis: document, Target: audit.Target{Kind: "setting", ID: "province", Name: "本省规则选择", Unit: string(u.ID)},
			Before: was.Settings, After: map[string]any{"settings": next, "from": from, "reason": reason}})
	})
}

// System is what the system administrator has set.
type System struct {
	StepDays int             `json:"step_days"`
	Channels notify.Channels `json:"channels"`
}

// System settings of the moment; while the database does not answer, the last.
func (s *Service) System() System {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	now, err := s.systemNow(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		slog.Error("the system's settings cannot be read; the last known hold", "cause", err)
		return s.system
	}
	s.system = now
	return now
}

func (s *Service) systemNow(ctx context.Context) (System, error) {
	return s.systemOf(ctx, ` ORDER BY set_at DESC, id DESC LIMIT 1`)
}

func (s *Service) systemOf(ctx context.Context, which string, args ...any) (System, error) {
	out := System{StepDays: s.stepDays, Channels: notify.DefaultChannels()}
	value, err := db.One(ctx, s.db, db.Value[string], `SELECT value FROM system_setting`+which, args...)
	if db.None(err) {
		return out, nil
	}
	if err != nil {
		return out, err
	}
	return out, json.Unmarshal([]byte(value), &out)
}

// SetSystem keeps the system's settings; the route asks for system.manage. base is the
// edition that who sets them has seen.
func (s *Service) SetSystem(ctx context.Context, session *authz.Session, base string, next System) error {
	if next.StepDays < 1 || next.StepDays > 60 {
		return fault.New(fault.Invalid, "审批时限不正确。").On("step_days", "每一步的审批时限要在 1 至 60 个工作日之间")
	}
	if err := next.Channels.Check(); err != nil {
		return err
	}
	body, err := json.Marshal(next)
	if err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		if err := changed(ctx, tx, "system_setting", base, "系统设置"); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO system_setting (id, value, set_by, set_at) VALUES ($1, $2, $3, $4)`, ulid.Make().String(), string(body), session.Name, tx.Now()); err != nil {
			return err
		}
		unit, _ := session.Unit()
		open := next
		open.Channels.SMTPPassword = ""
		return audit.Record(ctx, tx, audit.Entry{Act: "province.system", Target: audit.Target{Kind: "setting", ID: "system", Name: "系统设置", Unit: unit}, After: open})
	})
}

// Entered is a holiday notice entered here.
type Entered struct {
	Notice calendar.Notice
	By     string
	At     time.Time
}

// Notices are the notices in force by year: of the release and entered here.
func (s *Service) Notices(ctx context.Context) ([]Entered, error) {
	entered, err := s.entered(ctx)
	if err != nil {
		return nil, err
	}
	by := map[int]Entered{}
	for _, e := range entered {
		by[e.Notice.Year] = e // the later one replaces the earlier
	}
	var out []Entered
	for _, y := range s.days.Years() {
		n, _ := s.days.Notice(y)
		if e, ok := by[y]; ok {
			out = append(out, e)
			continue
		}
		out = append(out, Entered{Notice: n})
	}
	return out, nil
}

func (s *Service) entered(ctx context.Context) ([]Entered, error) {
	return db.All(ctx, s.db, func(r db.Scanner) (Entered, error) {
		var e Entered
		var body string
		if err := r.Scan(&body, &e.By, &e.At); err != nil {
			return e, err
		}
		return e, json.Unmarshal([]byte(body), &e.Notice)
	}, `SELECT body, entered_by, entered_at FROM holiday_notice ORDER BY entered_at, id`)
}

// Refresh lays the entered notices over those of the release; at start, after
// one is entered, and every half minute for those entered by another process.
func (s *Service) Refresh(ctx context.Context) error {
	latest, err := db.One(ctx, s.db, db.Value[string], `SELECT coalesce(max(id), '') FROM holiday_notice`)
	if err != nil {
		return err
	}
	s.mu.Lock()
	same := s.seen == latest
	s.mu.Unlock()
	if same {
		return nil
	}
	list, err := s.entered(ctx)
	if err != nil {
		return err
	}
	days := s.shipped
	for _, e := range list {
		if days, err = days.With(e.Notice); err != nil {
			return fmt.Errorf("province: notice of %d: %w", e.Notice.Year, err)
		}
	}
	s.set(days)
	s.mu.Lock()
	s.seen = latest
	s.mu.Unlock()
	return nil
}

// recount is the job that counts provisional days again.
type recount struct{ Year int }

// Kind names the job.
func (recount) Kind() string { return "province.recount" }

// Register says how the job is worked.
func Register(s *Service, w *jobs.Workers) {
	jobs.Handle(w, func(ctx context.Context, _ recount) error {
		if err := s.Refresh(ctx); err != nil {
			return err
		}
		_, err := s.obligations.Recount(audit.System(ctx, "province.recount"), s.days)
		return err
	})
}

// EnterNotice takes the holidays of a year as the State Council General Office
// made them known. Provisional days are counted again afterwards.
func (s *Service) EnterNotice(ctx context.Context, session *authz.Session, n calendar.Notice) error {
	if n.Mark == "" {
		n.Mark = "1" // one page: the person who entered it compared it with the document
	}
	if n.Source == "" {
		n.Source = "由 " + session.Name + " 对照文件录入"
	}
	if _, err := s.shipped.With(n); err != nil {
		return fault.New(fault.Invalid, err.Error()).On("off", err.Error())
	}
	body, err := json.Marshal(n)
	if err != nil {
		return err
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		u, err := s.office(ctx, tx, session)
		if err != nil {
			return err
		}
		before, _ := s.days.Notice(n.Year)
		if _, err := tx.Exec(ctx, `INSERT INTO holiday_notice (id, year, body, entered_by, entered_at) VALUES ($1, $2, $3, $4, $5)`, ulid.Make().String(), n.Year, string(body), session.Name, tx.Now()); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, audit.Entry{Act: "province.notice", Basis: n.Documents[0].Number, Target: audit.Target{Kind: "holiday_notice", ID: fmt.Sprint(n.Year), Name: fmt.Sprintf("%d年节假日安排", n.Year), Unit: string(u.ID)}, Before: before, After: n}); err != nil {
			return err
		}
		return jobs.Enqueue(ctx, tx, recount{Year: n.Year})
	})
	if err != nil {
		return err
	}
	return s.Refresh(ctx)
}

// ReadNotice reads the form: one holiday a line, “春节 2027-02-05 至 2027-02-11”;
// working days one a line.
func ReadNotice(year int, number, title string, dated calendar.Date, off, work string) (calendar.Notice, error) {
	n := calendar.Notice{Year: year, Documents: []calendar.Document{{Number: strings.TrimSpace(number), Title: strings.TrimSpace(title), Dated: dated}}}
	var f fault.Fields
	f.Check(year >= 2000 && year <= 2100, "year", "请填写四位年份，例如 2027")
	f.Check(n.Documents[0].Number != "" && len([]rune(number)) <= 100, "number", "请填写发文字号，最多 100 个字")
	f.Check(len([]rune(title)) <= 200, "title", "标题最多 200 个字")
	f.Check(len(off) <= 4000 && len(work) <= 4000, "off", "内容过长，请只放一个年度的安排")
	if err := f.Err(); err != nil {
		return n, err
	}
	for i, line := range strings.Split(off, "\n") {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		name, rest, _ := strings.Cut(strings.Join(strings.Fields(line), " "), " ")
		from, to, ok := strings.Cut(rest, "至")
		if !ok {
			to = from
		}
		a, err := calendar.ParseLoose(from)
		b, errB := calendar.ParseLoose(to)
		if err != nil || errB != nil {
			f.Add("off", fmt.Sprintf("第 %d 行“%s”看不出起止日期，应写作：春节 2027-02-05 至 2027-02-11", i+1, line))
			continue
		}
		n.Off = append(n.Off, calendar.Span{Name: name, From: a, To: b})
	}
	for i, line := range strings.Split(work, "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		d, err := calendar.ParseLoose(line)
		if err != nil {
			f.Add("work", fmt.Sprintf("第 %d 行“%s”看不出日期，应写作：2027-02-20", i+1, strings.TrimSpace(line)))
			continue
		}
		n.Work = append(n.Work, d)
	}
	f.Check(len(n.Off) > 0, "off", "请至少填写一个假期")
	return n, f.Err()
}
