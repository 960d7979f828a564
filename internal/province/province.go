package province

import (
	"context"
	"encoding/json"
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
