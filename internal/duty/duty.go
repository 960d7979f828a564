package duty

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/library"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/vigil"
)

const citation = sx2021.Instrument + " 第十九条（四）"

// The clocks of the duty.
var (
	RosterKind = obligation.Kind{ID: "duty_roster", Name: "公布下月值班表", Clause: "S19.4", Citation: citation,
		Says: "按期公布下月24小时值班表，不得有空档", Remind: []int{5, 1, 0}, Escalate: 2, Gather: true, Minutes: 15}
	RecordKind = obligation.Kind{ID: "duty_record", Name: "每日巡检记录", Clause: "S19.4", Citation: citation,
		Says: "每日对运行、链接、栏目更新和内容质量进行巡检并确认记录", Remind: []int{0}, Hours: []int{16}, By: 18, Escalate: 1, Gather: true, Minutes: 15}
	HandoverKind = obligation.Kind{ID: "duty_handover", Name: "交接班", Clause: "S19.4", Citation: citation,
		Says: "交班人和接班人双方确认交接", Remind: []int{0}, Escalate: 1, Gather: true, Minutes: 5}
	GapKind = obligation.Kind{ID: "duty_gap", Name: "补齐值班空档", Clause: "S19.4", Citation: citation,
		Says: "已公布的值班表今后7天内每个小时都须有人值班", Remind: []int{0}, Escalate: 1, Gather: true, Minutes: 15}
	DoubleKind = obligation.Kind{ID: "duty_double", Name: "重要保障期双人值班", Clause: "S19.4", Citation: citation,
		Says: "重要保障期声明前已公布的单人班次，须改为双人", Remind: []int{2, 1, 0}, Escalate: 1, Gather: true, Minutes: 15}
	TakedownKind = obligation.Kind{ID: "takedown_review", Name: "应急撤下补审", Clause: "S19.4", Citation: citation,
		Says: "一人应急撤下的，由另一名有权人员补审", Remind: []int{0}, Escalate: 0, Minutes: 10} // by the hour: the office above is told when it passes
)

// Obligations are the clocks of the package.
func Obligations() []obligation.Kind {
	return []obligation.Kind{RosterKind, RecordKind, HandoverKind, GapKind, DoubleKind, TakedownKind}
}

// Machines are the states of what the package keeps.
func Machines() []passage.Machine {
	return []passage.Machine{RosterMachine, SwapMachine, HandoverMachine, RecordMachine, AlarmMachine, IncidentMachine, TakedownMachine}
}

// Cause is what several things seen have in common.
type Cause struct {
	Key  string // platform:01J…, site:01J…
	Name string // 平台“…”
	Of   string // before the number of sites in the title of an alarm; empty: 平台“…”上的
	Unit org.UnitID
}

// Down is the kind of fault that a site does not open; DownByName that its name leads
// nowhere, DownBySecret that no encryption came about.
const (
	Down         = "down"
	DownByName   = Down + ".dns"
	DownBySecret = Down + ".tls"
)

// Parts are what the service works with.
type Parts struct {
	DB          *db.DB
	Org         *org.Service
	Registry    *registry.Service
	Inspection  *inspection.Service
	Library     *library.Service
	Vigil       *vigil.Service
	Obligations *obligation.Service
	Store       blob.Store
	Days        calendar.Workdays
	Settings    func() sx2021.Settings
	// CauseOf says what a fault of a kind (Down and its sorts, or a check) of a site is
	// shared with: its name servers, its certificate, the platform it lives on, the
	// machine room or the provider. ok is false where it stands alone.
	CauseOf func(ctx context.Context, q db.Querier, site registry.Site, kind string) (Cause, bool, error)
	// Origin is where a site is reached when that is not http at its host; nil or
	// "": at its host.
	Origin func(registry.Site) string
	Log    *slog.Logger // slog.Default when nil
}

// Service is the door of duty.
type Service struct {
	Parts
	mu    sync.Mutex
	asked calendar.Date // the last day whose records this process asked for
	// watched is when this process last held the published turns to the law.
	watched time.Time
}

// New makes the service; it listens to what inspection finds.
func New(p Parts) *Service {
	if p.Log == nil {
		p.Log = slog.Default()
	}
	s := &Service{Parts: p}
	p.Inspection.OnMoved(s.findingMoved)
	p.Vigil.OnDeclared(s.declared)
	p.Obligations.HourFrom(RecordKind.ID, func() int { return s.Settings().RecordDueHour })
	p.Obligations.Recur(obligation.Recurring{Kind: RosterKind.ID, Every: obligation.Monthly, Link: "/console/duty?month={period}",
		Owes: func(ctx context.Context, q db.Querier) ([]obligation.Debtor, error) {
			list, err := s.points(ctx, q)
			out := make([]obligation.Debtor, len(list))
			for i, u := range list {
				out[i] = obligation.Debtor{Unit: u.ID, Name: u.Name, Link: "/console/duty?unit=" + string(u.ID)}
			}
			return out, err
		},
		About: func(p obligation.Period) string { return MonthName(NextMonth(p.Key)) },
		Due: func(p obligation.Period) calendar.Due {
			return s.rosterDue(p.First)
		}})
	return s
}

// rosterDue is by when the roster of the month after is published.
func (s *Service) rosterDue(first calendar.Date) calendar.Due {
	return calendar.Due{On: first.AddDays(s.Settings().RosterDueDay - 1)}
}

// point is a unit that keeps a duty.
type point struct {
	ID   org.UnitID
	Name string
	Area org.AreaID
	Path string
	Kind org.Kind
}

func scanPoint(r db.Scanner) (point, error) {
	var p point
	err := r.Scan(&p.ID, &p.Name, &p.Area, &p.Path, &p.Kind)
	return p, err
}

// points are who keeps a duty: the sponsors of running sites or, where the
// province lets them pool it, the offices of their areas; and whoever has
// published a roster of its own.
func (s *Service) points(ctx context.Context, q db.Querier) ([]point, error) {
	return db.All(ctx, q, scanPoint, `
		SELECT u.id, u.name, u.area_id, u.area_path, u.kind FROM unit u
		 WHERE u.abolished_on IS NULL AND (u.id IN (SELECT unit_id FROM duty_roster WHERE published_at IS NOT NULL)
		       OR $1 AND u.kind = 'office' AND u.area_id IN (SELECT x.area_id FROM unit x JOIN site s ON s.unit_id = x.id WHERE s.state IN ('running', 'temporarily_offline'))
		       OR NOT $1 AND u.id IN (SELECT unit_id FROM site WHERE state IN ('running', 'temporarily_offline')))
		 ORDER BY u.area_path, u.id`, s.Settings().DutyPooled)
}

// PointOf is the unit on whose duty a sponsor's sites are: its own where it
// keeps a roster or the province pools no duty, else the office of its area.
func (s *Service) PointOf(ctx context.Context, q db.Querier, unit org.UnitID) (org.UnitID, error) {
	own, err := db.One(ctx, q, db.Value[int], `SELECT count(*) FROM duty_roster WHERE unit_id = $1 AND published_at IS NOT NULL`, unit)
	if err != nil || own > 0 || !s.Settings().DutyPooled {
		return unit, err
	}
	u, err := s.Org.UnitTx(ctx, q, authz.System("duty.point"), unit)
	if err != nil {
		return unit, err
	}
	office, err := s.Org.SameLevelOffice(ctx, q, u)
	if fault.Is(err, fault.NotFound) {
		return unit, nil
	}
	return office.ID, err
}

// covered are the running sites on a unit's duty: all of them, for a day is
// confirmed when each was read.
func (s *Service) covered(ctx context.Context, q db.Querier, u org.Unit) ([]registry.SiteID, error) {
	office := u.Kind == org.Office && s.Settings().DutyPooled
	return db.All(ctx, q, db.Value[registry.SiteID], `
		SELECT s.id FROM site s JOIN unit x ON x.id = s.unit_id
		 WHERE s.state IN ('running', 'temporarily_offline')
		   AND (s.unit_id = $1 OR $2 AND x.area_id = $3 AND s.unit_id NOT IN (SELECT unit_id FROM duty_roster WHERE published_at IS NOT NULL AND unit_id <> $1))
		 ORDER BY CASE WHEN s.unit_id = $1 THEN 0 ELSE 1 END, s.name, s.id`, u.ID, office, u.Area)
}

// Sweep does what has come due: outages become alarms, alarms go on to the
// next, turns that ended ask for their hand-over, published turns are held to
// the law and days ask for their record.
func (s *Service) Sweep(ctx context.Context) (int, error) {
	var errs []error
	n := 0
	for _, part := range []func(context.Context) (int, error){s.sweepOutages, s.sweepAlarms, s.sweepShifts, s.sweepRosters, s.sweepRecords} {
		k, err := part(ctx)
		n += k
		errs = append(errs, err)
	}
	return n, errors.Join(errs...)
}

// serves reports whether a role stands on duty.
func serves(r authz.Role) bool {
	info, ok := authz.Info(r)
	return ok && slices.Contains(info.Permits, authz.DutyServe)
}

// Arrangers are the people of a unit who may arrange and publish its roster.
func (s *Service) Arrangers(ctx context.Context, scope authz.Scope, unit org.UnitID) ([]org.Person, error) {
	return s.holding(ctx, s.DB, scope, unit, func(r authz.Role) bool {
		info, ok := authz.Info(r)
		return ok && slices.Contains(info.Permits, authz.DutyManage)
	})
}

// Candidates are the people of a unit who may stand on its duty, by name.
func (s *Service) Candidates(ctx context.Context, q db.Querier, scope authz.Scope, unit org.UnitID) ([]org.Person, error) {
	return s.holding(ctx, q, scope, unit, serves)
}

// holding are the people of a unit with a role of a sort, by name.
func (s *Service) holding(ctx context.Context, q db.Querier, scope authz.Scope, unit org.UnitID, fit func(authz.Role) bool) ([]org.Person, error) {
	holders, err := s.Org.Holders(ctx, q, scope, unit)
	if err != nil {
		return nil, err
	}
	var out []org.Person
	for _, h := range holders {
		if fit(h.Role) && !slices.ContainsFunc(out, func(p org.Person) bool { return p.ID == h.Person.ID }) {
			out = append(out, h.Person)
		}
	}
	slices.SortFunc(out, func(a, b org.Person) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return out, nil
}

func who(ctx context.Context) (*authz.Session, error) {
	if s := authz.SessionFrom(ctx); s != nil {
		return s, nil
	}
	return nil, fault.New(fault.SignIn, "请先登录。")
}
