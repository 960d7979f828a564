package cutover

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules"
	"zhengshu/internal/rules/sx2021"
)

// ClearancePlan is the clock of a plan to clear an existing breach.
var ClearancePlan = obligation.Kind{ID: "stock_clearance", Name: "存量清理", Clause: "S7.1c", Citation: sx2021.OneUnitOneSite.Citation,
	Says: "按计划清理存量网站、账号", Remind: []int{30, 7, 0}, Escalate: 5}

// Breach is the clock of an existing breach once the province's day has come:
// it counts like a new one, late from its first day, whatever was planned.
var Breach = obligation.Kind{ID: "stock_breach", Name: "存量问题未清理", Clause: "S7.1c", Citation: sx2021.OneUnitOneSite.Citation,
	Says: "省政府办公厅确定的截止日期已过，存量问题按新发生问题处理", Escalate: 0}

// Obligations are the clocks this package runs.
func Obligations() []obligation.Kind { return []obligation.Kind{ClearancePlan, Breach} }

// States of an entry of the list.
const (
	Listed  = "listed"
	Planned = "planned"
	Cleared = "cleared"
	Kept    = "kept" // the province granted an exception
)

// StateName is the state in Chinese.
func StateName(state string) string {
	return map[string]string{Listed: "待定计划", Planned: "按计划清理", Cleared: "已清理", Kept: "已批准保留"}[state]
}

// Ways are how an existing breach is cleared, in screen order.
var Ways = []struct{ ID, Name string }{{"close", "注销关停"}, {"merge", "整合迁移"}, {"transfer", "改由上级或本级政府承办"}, {"override", "申请保留（“原则上”例外）"}}

// WayName is the way in Chinese.
func WayName(id string) string {
	for _, w := range Ways {
		if w.ID == id {
			return w.Name
		}
	}
	return id
}

// Service is the door of cutover.
type Service struct {
	db          *db.DB
	org         *org.Service
	registry    *registry.Service
	obligations *obligation.Service
}

// New makes the service.
func New(d *db.DB, o *org.Service, r *registry.Service, b *obligation.Service) *Service {
	return &Service{db: d, org: o, registry: r, obligations: b}
}

// MaxBatch is how many objects are confirmed at once.
const MaxBatch = 200

// Result is what a confirmation came to.
type Result struct {
	Confirmed int
	Listed    int                    // new entries of the clearance list
	Refused   map[string]fault.Error // by object name, what could not be confirmed
}

// Confirm writes the same record for the selected objects and looks at each
// with the eyes of Article 7. It is all or nothing for a wrong record; an
// object that cannot be confirmed is named and left out.
func (s *Service) Confirm(ctx context.Context, scope authz.Scope, refs []registry.Ref, b registry.BaselineRecord) (Result, error) {
	if len(refs) == 0 || len(refs) > MaxBatch {
		return Result{}, fault.Newf(fault.Invalid, "请选择 1 到 %d 项。", MaxBatch).On("pick", "请勾选要认定的网站、账号")
	}
	if len(refs) > 1 && b.OfflineTimes > 0 {
		return Result{}, fault.New(fault.Invalid, "本年已用的下线次数要逐项填写，不能批量填写。").On("offline_times", "批量认定时请填 0")
	}
	var out Result
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		out = Result{Refused: map[string]fault.Error{}}
		for _, ref := range refs {
			b.Ref = ref
			o, err := s.registry.ConfirmBaseline(ctx, tx, scope, b)
			if len(refs) > 1 && o.ID != "" && (fault.Is(err, fault.Refused) || fault.Is(err, fault.Conflict)) {
				out.Refused[o.Name] = *fault.Of(err)
				continue
			}
			if err != nil {
				return err
			}
			out.Confirmed++
			n, err := s.list(ctx, tx, o)
			if err != nil {
				return err
			}
			out.Listed += n
		}
		if out.Confirmed == 0 {
			return fault.New(fault.Refused, "所选各项都不能认定，请逐项查看原因。")
		}
		return nil
	})
	return out, err
}

// Breaches are what Article 7(1) and Article 2 say against an existing object.
func (s *Service) Breaches(ctx context.Context, q db.Querier, scope authz.Scope, o registry.Object) ([]rules.Breach, error) {
	u, err := s.org.UnitTx(ctx, q, scope, o.Unit)
	if err != nil {
		return nil, err
	}
	var parent org.Unit
	if u.Parent != "" {
		if parent, err = s.org.UnitTx(ctx, q, authz.System("the parent of a sponsor in scope"), u.Parent); err != nil {
			return nil, err
		}
	}
	earlier, err := s.registry.Earlier(ctx, q, authz.System("the quota of a sponsor in scope"), o)
	if err != nil {
		return nil, err
	}
	law := u.Law(parent.Kind)
	if u.Governs() {
		law.Kind = sx2021.Government
	}
	opening := sx2021.Opening{Unit: law, Object: o.Kind, SiteKind: sx2021.SiteKind(o.SiteKind), Platform: o.Platform}
	if o.Kind == sx2021.Site {
		opening.Sites = earlier
	} else {
		opening.Accounts = map[string]int{o.Platform: earlier}
	}
	out := sx2021.CheckScope(sx2021.Holding{Unit: law, Object: o.Kind, SiteKind: sx2021.SiteKind(o.SiteKind), HasParent: u.Parent != ""})
	return append(out, sx2021.CheckOpening(opening)...), nil
}

// list enters what speaks against an object, once per rule.
func (s *Service) list(ctx context.Context, tx *db.Tx, o registry.Object) (int, error) {
	breaches, err := s.Breaches(ctx, tx, authz.System("an object in scope"), o)
	if err != nil {
		return 0, err
	}
	added := 0
	for _, b := range breaches {
		n, err := tx.Exec(ctx, `
			INSERT INTO clearance (id, unit_id, object_kind, object_id, object_name, rule_id, says, state, found_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
			ON CONFLICT (object_kind, object_id, rule_id) WHERE ended_at IS NULL DO NOTHING`,
			ulid.Make().String(), o.Unit, o.Kind, o.ID, o.Name, b.Rule.ID, b.Detail, Listed, tx.Now())
		if err != nil {
			return added, fmt.Errorf("cutover: list: %w", err)
		}
		added += int(n)
	}
	if added == 0 {
		return 0, nil
	}
	return added, audit.Record(ctx, tx, audit.Entry{Act: "cutover.clearance.list", Target: o.Target(), Basis: breaches[0].Rule.Citation, After: map[string]any{"rules": rules.IDs(breaches)}})
}

// Entry is one line of the clearance list.
type Entry struct {
	ID       string
	Unit     org.UnitID
	UnitName string // joined
	AreaName string // joined
	Ref      registry.Ref
	Name     string
	Rule     string
	Says     string
	State    string
	Way      string
	Plan     string
	By       calendar.Date
	Evidence string
	FoundAt  time.Time
	EndedAt  time.Time
	area     string
	line     string
}

const entrySelect = `
	SELECT e.id, e.unit_id, u.name, a.name, e.object_kind, e.object_id, e.object_name, e.rule_id, e.says, e.state, e.way, e.plan, e.plan_by, e.evidence, e.found_at, e.ended_at, u.area_path, u.line_path
	  FROM clearance e JOIN unit u ON u.id = e.unit_id JOIN area a ON a.id = u.area_id`

func scanEntry(r db.Scanner) (Entry, error) {
	var e Entry
	err := r.Scan(&e.ID, &e.Unit, &e.UnitName, &e.AreaName, &e.Ref.Kind, &e.Ref.ID, &e.Name, &e.Rule, &e.Says, &e.State, &e.Way, &e.Plan, &e.By, &e.Evidence, &e.FoundAt, &e.EndedAt, &e.area, &e.line)
	return e, err
}

// In reports whether the entry's unit lies in the scope.
func (e Entry) In(scope authz.Scope) bool { return scope.Covers(e.area, e.line) }

// EntryFilter narrows Entries.
type EntryFilter struct {
	State  string // listed, planned, cleared, kept; the open ones when empty
	Unit   org.UnitID
	Under  org.AreaID
	Text   string
	Late   bool // planned, and the day has passed
	Limit  int  // 50 when zero
	Offset int
}

// Entries of the clearance list in scope, by division code, and how many.
func (s *Service) Entries(ctx context.Context, scope authz.Scope, f EntryFilter) ([]Entry, int, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.AndIf(f.State != "", "e.state = ?", f.State).AndIf(f.State == "", "e.ended_at IS NULL").AndIf(f.Unit != "", "e.unit_id = ?", f.Unit).
		AndIf(f.Late, "e.state = 'planned' AND e.plan_by < ?", calendar.DateOf(s.db.Now())).
		AndIf(f.Text != "", `(lower(e.object_name) LIKE ? ESCAPE '\' OR lower(u.name) LIKE ? ESCAPE '\' OR u.initials LIKE ? ESCAPE '\')`, db.Contains(f.Text), db.Contains(f.Text), db.Contains(f.Text))
	if f.Under != "" {
		a, err := s.org.Area(ctx, s.db, f.Under)
		if err != nil {
			return nil, 0, err
		}
		authz.Area("filter", a.Path).Where(&w, "u")
	}
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM clearance e JOIN unit u ON u.id = e.unit_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	limit := f.Limit
	if limit == 0 {
		limit = 50
	}
	list, err := db.All(ctx, s.db, scanEntry, entrySelect+` WHERE `+w.SQL()+` ORDER BY a.code, u.name, e.object_name, e.id LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	return list, total, err
}

// Entry in scope.
func (s *Service) Entry(ctx context.Context, q db.Querier, scope authz.Scope, id string) (Entry, error) {
	e, err := db.One(ctx, q, scanEntry, entrySelect+` WHERE e.id = $1`, id)
	if db.None(err) || err == nil && !e.In(scope) {
		return Entry{}, fault.Missing("清理事项")
	}
	return e, err
}

func (e Entry) subject() obligation.Subject {
	return obligation.Subject{Kind: "clearance", ID: e.ID, Name: e.Name}
}

func (e Entry) target() audit.Target {
	return audit.Target{Kind: "clearance", ID: e.ID, Name: e.Name, Unit: string(e.Unit)}
}

// Intent is how and until when an entry is to be cleared.
type Intent struct {
	Way  string
	Plan string
	By   calendar.Date
}

// Plan sets how and until when; the clock runs from then on. A new plan
// replaces the old one and its clock.
func (s *Service) Plan(ctx context.Context, scope authz.Scope, id string, n Intent) (Entry, error) {
	var e Entry
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		var err error
		if e, err = s.Entry(ctx, tx, scope, id); err != nil {
			return err
		}
		if !e.EndedAt.IsZero() {
			return fault.New(fault.Conflict, "这件清理事项已经办结，请刷新后再看。")
		}
		n.Plan = strings.TrimSpace(n.Plan)
		today := calendar.DateOf(tx.Now())
		var f fault.Fields
		f.Check(WayName(n.Way) != n.Way, "way", "请选择清理方式")
		f.Check(n.Plan != "" && len([]rune(n.Plan)) <= 1000, "plan", "请写明怎么清理，最多 1000 个字")
		f.Check(!n.By.IsZero() && !n.By.Before(today), "by", "请填写今天或以后的完成日期")
		f.Check(n.By.IsZero() || n.By.Sub(today) <= 3*366, "by", "完成日期太远，请填写三年以内的日期")
		if err := f.Err(); err != nil {
			return err
		}
		if _, err := s.obligations.Annul(ctx, tx, ClearancePlan.ID, e.subject(), "重新制定计划"); err != nil {
			return err
		}
		before := e
		e.State, e.Way, e.Plan, e.By = Planned, n.Way, n.Plan, n.By
		if _, err := tx.Exec(ctx, `UPDATE clearance SET state = $2, way = $3, plan = $4, plan_by = $5 WHERE id = $1`, id, e.State, e.Way, e.Plan, e.By); err != nil {
			return err
		}
		if err := s.obligations.Open(ctx, tx, obligation.Debt{Kind: ClearancePlan.ID, Unit: e.Unit, Subject: e.subject(), Link: "/console/cutover/clearance/" + e.ID, Due: calendar.Due{On: e.By}}); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "cutover.clearance.plan", Target: e.target(), Basis: ClearancePlan.Citation, Before: before, After: e})
	})
	return e, err
}

// Conclude ends an entry with its evidence: cleared, or kept under a granted
// exception. A cleared one must no longer be spoken against.
func (s *Service) Conclude(ctx context.Context, scope authz.Scope, id string, kept bool, evidence string) (Entry, error) {
	var e Entry
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		var err error
		if e, err = s.Entry(ctx, tx, scope, id); err != nil {
			return err
		}
		if !e.EndedAt.IsZero() {
			return fault.New(fault.Conflict, "这件清理事项已经办结，请刷新后再看。")
		}
		evidence = strings.TrimSpace(evidence)
		if evidence == "" || len([]rune(evidence)) > 500 {
			return fault.New(fault.Invalid, "办结要写明依据（文号、编号或网址），最多 500 个字。").On("evidence", "请填写办结依据")
		}
		if !kept {
			still, err := s.still(ctx, tx, e)
			if err != nil {
				return err
			}
			if still != "" {
				return fault.New(fault.Refused, "台账显示还没有清理："+still).On("evidence", "请先办理关停、整合，或变更主办单位")
			}
		}
		before := e
		e.State, e.Evidence, e.EndedAt = Cleared, evidence, tx.Now()
		if kept {
			e.State = Kept
			n, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM rule_override WHERE unit_id = $1 AND rule_id = $2 AND from_on <= $3 AND COALESCE(ended_on, until_on) >= $3`, e.Unit, e.Rule, calendar.DateOf(tx.Now()))
			if err != nil {
				return err
			}
			if n == 0 {
				return fault.New(fault.Refused, "没有查到省政府办公厅对这一条款批准的例外，不能按保留办结。").On("evidence", "请先在“例外”中登记批准")
			}
		}
		if _, err := tx.Exec(ctx, `UPDATE clearance SET state = $2, evidence = $3, ended_at = $4 WHERE id = $1`, id, e.State, e.Evidence, e.EndedAt); err != nil {
			return err
		}
		for _, k := range []obligation.Kind{ClearancePlan, Breach} {
			if _, err := s.obligations.Discharge(ctx, tx, k.ID, e.subject(), evidence); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "cutover.clearance.conclude", Target: e.target(), Basis: ClearancePlan.Citation, Before: before, After: e})
	})
	return e, err
}

// still is what the rule of an entry says today; empty when nothing.
func (s *Service) still(ctx context.Context, q db.Querier, e Entry) (string, error) {
	system := authz.System("an entry in scope")
	o, err := s.registry.Object(ctx, q, system, e.Ref)
	if fault.Is(err, fault.NotFound) || err == nil && o.Ended() {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	breaches, err := s.Breaches(ctx, q, system, o)
	if err != nil {
		return "", err
	}
	for _, b := range breaches {
		if b.Rule.ID == e.Rule {
			return b.Detail, nil
		}
	}
	return "", nil
}

// fromSetting names the row of table setting with the day from which existing
// breaches count as findings.
const fromSetting = "cutover.findings_from"

// FindingsFrom is the day the province has set from which an existing breach
// that is not cleared counts like a new one; zero while there is none.
func FindingsFrom(ctx context.Context, q db.Querier) (calendar.Date, error) {
	v, err := db.One(ctx, q, db.Value[string], `SELECT value FROM setting WHERE name = $1`, fromSetting)
	if db.None(err) || err == nil && v == "" {
		return calendar.Date{}, nil
	}
	if err != nil {
		return calendar.Date{}, err
	}
	return calendar.ParseDate(v)
}

// SetFindingsFrom sets the day, or takes it back when it is zero. Only the
// provincial office does, through a person whose post there may confirm.
func (s *Service) SetFindingsFrom(ctx context.Context, session *authz.Session, on calendar.Date) error {
	return s.db.Update(ctx, func(tx *db.Tx) error {
		if session == nil {
			return fault.New(fault.SignIn, "请先登录。")
		}
		var office org.Unit
		for _, p := range session.Posts {
			one := authz.Session{Posts: []authz.Post{p}}
			if !one.May(authz.BaselineConfirm) {
				continue
			}
			u, err := s.org.UnitTx(ctx, tx, authz.System("cutover.province"), org.UnitID(p.UnitID))
			if err != nil {
				return err
			}
			if u.Kind == org.Office && u.Level == org.Province {
				office = u
			}
		}
		if office.ID == "" {
			return fault.New(fault.Refused, "存量清理的截止日期由省政府办公厅确定。").On("on", "请报省政府办公厅")
		}
		if !on.IsZero() && on.Before(calendar.DateOf(tx.Now())) {
			return fault.New(fault.Invalid, "截止日期已经过去。").On("on", "请填写今天或以后的日期")
		}
		before, err := FindingsFrom(ctx, tx)
		if err != nil {
			return err
		}
		value := ""
		if !on.IsZero() {
			value = on.String()
		}
		if _, err := tx.Exec(ctx, `INSERT INTO setting (name, value, changed_at) VALUES ($1, $2, $3)
			ON CONFLICT (name) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at`, fromSetting, value, tx.Now()); err != nil {
			return err
		}
		// What an earlier day set going waits for the new one.
		running, err := db.All(ctx, tx, scanEntry, entrySelect+` WHERE e.id IN (SELECT o.subject_id FROM obligation o WHERE o.kind = $1 AND o.state = 'open')`, Breach.ID)
		if err != nil {
			return err
		}
		for _, e := range running {
			if _, err := s.obligations.Annul(ctx, tx, Breach.ID, e.subject(), "省政府办公厅调整存量清理截止日期"); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "setting.change", Target: audit.Target{Kind: "setting", ID: fromSetting, Name: "存量清理截止日期", Unit: string(office.ID)}, Before: before, After: on})
	})
}

// sweepBatch is how many entries share a transaction of the sweep.
const sweepBatch = 200

// Sweep lets what is not cleared count like a new breach from the province's
// day on: each entry owes its clearance since the day before. It may run at any
// time; each entry is taken once. It returns how many it took.
func (s *Service) Sweep(ctx context.Context) (int, error) {
	ctx = audit.System(ctx, "cutover.sweep")
	from, err := FindingsFrom(ctx, s.db)
	if err != nil || from.IsZero() || calendar.DateOf(s.db.Now()).Before(from) {
		return 0, err
	}
	const waiting = ` WHERE e.ended_at IS NULL AND NOT EXISTS (SELECT 1 FROM obligation o WHERE o.kind = $1 AND o.subject_kind = 'clearance' AND o.subject_id = e.id AND o.state = 'open')`
	some, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM clearance e`+waiting, Breach.ID)
	total := 0
	for err == nil && some > total {
		n := 0
		err = s.db.Update(ctx, func(tx *db.Tx) error {
			list, err := db.All(ctx, tx, scanEntry, entrySelect+waiting+` ORDER BY e.id LIMIT $2`, Breach.ID, sweepBatch)
			if err != nil {
				return err
			}
			n = len(list)
			for _, e := range list {
				if err := s.obligations.Open(ctx, tx, obligation.Debt{Kind: Breach.ID, Unit: e.Unit, Subject: e.subject(), Link: "/console/cutover/clearance/" + e.ID, Due: calendar.Due{On: from.AddDays(-1)}}); err != nil {
					return err
				}
			}
			return audit.Record(ctx, tx, audit.Entry{Act: "cutover.breaches", Basis: Breach.Citation, Target: audit.Target{Kind: "setting", ID: fromSetting, Name: "存量清理截止日期"}, After: map[string]any{"from": from, "entries": n}})
		})
		if n == 0 {
			break
		}
		total += n
	}
	return total, err
}

// Reorganise is the list's part in a reorganisation: an entry follows its
// object.
func Reorganise() org.Module {
	return org.Module{Name: "cutover", Tables: []string{"clearance.unit_id"},
		Touched: func(ctx context.Context, q db.Querier, units []org.UnitID) ([]org.Touched, error) {
			t, err := org.Touches(ctx, q, org.Touched{Kind: "clearance", Name: "存量清理事项"}, units, `clearance e`,
				`'clearance:' || e.id, e.object_name, e.says, '/console/cutover/clearance/' || e.id, e.unit_id`, "e.unit_id", `e.ended_at IS NULL`)
			return []org.Touched{t}, err
		},
		Carry: func(ctx context.Context, tx *db.Tx, c org.Carrying) error {
			type row struct{ id, kind, object string }
			list, err := db.All(ctx, tx, func(r db.Scanner) (row, error) {
				var x row
				err := r.Scan(&x.id, &x.kind, &x.object)
				return x, err
			}, `SELECT id, object_kind, object_id FROM clearance WHERE unit_id = $1 AND ended_at IS NULL ORDER BY id`, c.From)
			if err != nil {
				return err
			}
			for _, x := range list {
				kind := x.kind
				if kind == "app" {
					kind = "account"
				}
				if _, err := tx.Exec(ctx, `UPDATE clearance SET unit_id = $2 WHERE id = $1`, x.id, c.To(kind+":"+x.object)); err != nil {
					return err
				}
			}
			return nil
		}}
}
