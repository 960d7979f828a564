package inspection

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/abridge"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/jobs"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
)

// PlanID identifies a patrol plan.
type PlanID string

// States of a plan.
const (
	PlanActive = "active"
	PlanPaused = "paused"
	PlanEnded  = "ended"
)

// PlanMachine declares what may become of a plan.
var PlanMachine = passage.Machine{
	Kind: "patrol_plan", Noun: "巡检计划",
	States: map[string]string{PlanActive: "执行中", PlanPaused: "已暂停", PlanEnded: "已结束"},
	Moves: []passage.Move{
		{From: "", Act: "plan", To: PlanActive, Says: "制定计划", Guard: "范围内有开启监测的站点", Permit: string(authz.InspectionPlan)},
		{From: PlanActive, Act: "pause", To: PlanPaused, Says: "暂停计划", Guard: "无", Permit: string(authz.InspectionPlan)},
		{From: PlanPaused, Act: "resume", To: PlanActive, Says: "恢复计划", Guard: "无", Permit: string(authz.InspectionPlan)},
		{From: PlanActive, Act: "end", To: PlanEnded, Says: "结束计划", Guard: "无，或到期、一次性计划已检查完", Permit: string(authz.InspectionPlan)},
		{From: PlanPaused, Act: "end", To: PlanEnded, Says: "结束计划", Guard: "无", Permit: string(authz.InspectionPlan)},
	},
}

// Cadences of a plan, in the order of screens.
var Cadences = [][2]string{{"once", "一次"}, {"daily", "每天"}, {"weekly", "每周"}, {"monthly", "每月"}, {"quarterly", "每季度"}}

// after is the day of the next draw; zero when there is none. day is the day of
// the month that is wanted: where a month is shorter its last stands in for it,
// for that month alone.
func after(cadence string, d calendar.Date, day int) calendar.Date {
	months := func(n int) calendar.Date {
		next := d.AddMonths(n)
		next.Day = min(max(day, d.Day), calendar.DaysIn(next.Year, next.Month))
		return next
	}
	switch cadence {
	case "daily":
		return d.AddDays(1)
	case "weekly":
		return d.AddDays(7)
	case "monthly":
		return months(1)
	case "quarterly":
		return months(3)
	}
	return calendar.Date{}
}

// Plan is a standing wish to look at sites.
type Plan struct {
	ID       PlanID
	Unit     org.UnitID // that planned it
	UnitName string     // joined
	Name     string
	Area     org.AreaID
	AreaName string   // joined
	Levels   []string // empty: all
	Kinds    []registry.SiteKind
	Hosted   string // "", only, not
	Share    int    // per cent of each stratum in a round; 100 is a census
	Cadence  string
	Spec     Spec
	Seed     int64
	State    string
	Round    int // rounds drawn
	NextOn   calendar.Date
	monthDay int // that is wanted
	EndsOn   calendar.Date
	MadeBy   string
	MadeAt   time.Time
	areaPath string
	linePath string
}

// StateName is the state in Chinese.
func (p Plan) StateName() string { return PlanMachine.Name(p.State) }

// CadenceName is the cadence in Chinese.
func (p Plan) CadenceName() string { return named(Cadences, p.Cadence) }

func named(list [][2]string, key string) string {
	for _, k := range list {
		if k[0] == key {
			return k[1]
		}
	}
	return key
}

// Link is the plan's page in the console.
func (p Plan) Link() string { return "/console/inspection/plans/" + string(p.ID) }

// Target names the plan in the trail.
func (p Plan) Target() audit.Target {
	return audit.Target{Kind: "patrol_plan", ID: string(p.ID), Name: p.Name, Unit: string(p.Unit)}
}

const planSelect = `
	SELECT p.id, p.unit_id, u.name, p.name, p.area_id, COALESCE(a.name, ''), p.levels, p.kinds, p.hosted, p.share, p.cadence, p.spec, p.seed, p.state, p.round, p.next_on, p.ends_on, p.made_by, p.made_at, p.month_day,
	       u.area_path, u.line_path
	  FROM patrol_plan p JOIN unit u ON u.id = p.unit_id LEFT JOIN area a ON a.id = p.area_id`

func scanPlan(r db.Scanner) (Plan, error) {
	var p Plan
	var levels, kinds, spec string
	err := r.Scan(&p.ID, &p.Unit, &p.UnitName, &p.Name, &p.Area, &p.AreaName, &levels, &kinds, &p.Hosted, &p.Share, &p.Cadence, &spec, &p.Seed, &p.State, &p.Round, &p.NextOn, &p.EndsOn, &p.MadeBy, &p.MadeAt, &p.monthDay,
		&p.areaPath, &p.linePath)
	for _, x := range []struct {
		text string
		into any
	}{{levels, &p.Levels}, {kinds, &p.Kinds}, {spec, &p.Spec}} {
		if err == nil {
			err = json.Unmarshal([]byte(x.text), x.into)
		}
	}
	return p, err
}

// PlanByID is a plan in scope.
func (s *Service) PlanByID(ctx context.Context, q db.Querier, scope authz.Scope, id PlanID) (Plan, error) {
	p, err := db.One(ctx, q, scanPlan, planSelect+` WHERE p.id = $1`, id)
	if db.None(err) || err == nil && !scope.Covers(p.areaPath, p.linePath) {
		return Plan{}, fault.Missing("巡检计划")
	}
	return p, err
}

// Plans in scope, those under way first, and how many there are.
func (s *Service) Plans(ctx context.Context, scope authz.Scope, state string, limit, offset int) ([]Plan, int, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.AndIf(state != "", "p.state = ?", state)
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM patrol_plan p JOIN unit u ON u.id = p.unit_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, s.db, scanPlan, planSelect+` WHERE `+w.SQL()+` ORDER BY CASE p.state WHEN 'active' THEN 0 WHEN 'paused' THEN 1 ELSE 2 END, p.made_at DESC, p.id LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(offset), w.Args()...)
	return list, total, err
}

// Refuse says everything of a plan that cannot be worked.
func (p *Plan) Refuse(today calendar.Date) error {
	p.Name = strings.TrimSpace(p.Name)
	var f fault.Fields
	if n := utf8.RuneCountInString(p.Name); n < 4 || n > 60 {
		f.Add("name", "计划名称请填写4到60个字，例如“2026年第四季度抽查”")
	}
	f.Check(!slices.ContainsFunc(p.Levels, func(l string) bool { return named(LevelNames, l) == l }), "level", "层级请从列表中选择")
	f.Check(!slices.ContainsFunc(p.Kinds, func(k registry.SiteKind) bool { return k != registry.Portal && k != registry.DepartmentSite }), "kind", "网站类型请从列表中选择")
	if p.Share < 1 || p.Share > 100 {
		f.Add("share", "抽查比例请填写1到100的整数，100为全部检查")
	}
	if named(Cadences, p.Cadence) == p.Cadence {
		f.Add("cadence", "请选择多久检查一次")
	}
	if p.Hosted != "" && p.Hosted != "only" && p.Hosted != "not" {
		f.Add("hosted", "请选择网站范围")
	}
	if !p.NextOn.IsZero() && p.NextOn.Before(today) {
		f.Add("starts", "开始日期请填写今天或以后的日期")
	}
	if !p.EndsOn.IsZero() && p.EndsOn.Before(cmpDate(p.NextOn, today)) {
		f.Add("ends", "结束日期请填写开始日期或以后的日期")
	}
	err := p.Spec.Check()
	if err == nil {
		return f.Err()
	}
	for _, w := range fault.Of(err).Fields {
		f.Add(w.Name, w.Says)
	}
	return cmp.Or(f.Err(), err)
}

func cmpDate(d, fallback calendar.Date) calendar.Date {
	if d.IsZero() {
		return fallback
	}
	return d
}

// frame are the sites a plan is drawn from: monitored, running, of its area,
// which lay in the scope of who planned it.
func (s *Service) frame(ctx context.Context, p Plan) ([]registry.Site, error) {
	return s.within(ctx, p, true)
}

// Unwatched counts the sites a plan means that nobody has switched the monitoring
// on for: they are never drawn.
func (s *Service) Unwatched(ctx context.Context, scope authz.Scope, p Plan) (int, error) {
	p, err := s.ready(ctx, scope, p)
	if err != nil {
		return 0, err
	}
	list, err := s.within(ctx, p, false)
	return len(slices.DeleteFunc(list, func(x registry.Site) bool { return x.Monitored })), err
}

// NothingToDraw says why a plan finds no site to draw, and what to do.
func (s *Service) NothingToDraw(ctx context.Context, scope authz.Scope, p Plan) (string, error) {
	n, err := s.Unwatched(ctx, scope, p)
	if err != nil {
		return "", err
	}
	if n > 0 {
		return fmt.Sprintf("符合条件的%d个网站都没有开启监测，请先在站点台账中开启，或者调整范围和条件", n), nil
	}
	return "范围内没有符合条件、正在运行的网站，请调整范围、层级、网站类型或在哪里运行", nil
}

func (s *Service) within(ctx context.Context, p Plan, monitored bool) ([]registry.Site, error) {
	list, _, err := s.registry.Sites(ctx, authz.System("inspection.plan"), registry.SiteFilter{Monitored: monitored, Live: true, Under: p.Area, Limit: 100_000})
	return slices.DeleteFunc(list, func(x registry.Site) bool {
		return x.Host == "" || len(p.Levels) > 0 && !slices.Contains(p.Levels, levelOf(x.AreaCode)) || len(p.Kinds) > 0 && !slices.Contains(p.Kinds, x.Kind) ||
			p.Hosted == "only" && !x.Hosted || p.Hosted == "not" && x.Hosted
	}), err
}

// Draft shows what a plan would draw first, without making it.
func (s *Service) Draft(ctx context.Context, scope authz.Scope, p Plan) ([]Pick, []registry.Site, error) {
	p, err := s.ready(ctx, scope, p)
	if err != nil {
		return nil, nil, err
	}
	sites, err := s.frame(ctx, p)
	if err != nil {
		return nil, nil, err
	}
	return Draw(FrameOf(sites), nil, p.Seed, p.Share), sites, nil
}

func (s *Service) ready(ctx context.Context, scope authz.Scope, p Plan) (Plan, error) {
	if err := p.Refuse(calendar.DateOf(s.db.Now())); err != nil {
		return p, err
	}
	type unit struct{ name, area, line string }
	u, err := db.One(ctx, s.db, func(r db.Scanner) (unit, error) {
		var u unit
		return u, r.Scan(&u.name, &u.area, &u.line)
	}, `SELECT name, area_path, line_path FROM unit WHERE id = $1`, p.Unit)
	if db.None(err) || err == nil && !scope.Covers(u.area, u.line) {
		return p, fault.Missing("单位")
	}
	if err != nil {
		return p, err
	}
	p.UnitName, p.areaPath, p.linePath = u.name, u.area, u.line
	path, err := db.One(ctx, s.db, db.Value[string], `SELECT path FROM area WHERE id = $1`, p.Area)
	if db.None(err) || err == nil && !scope.Covers(path, "") {
		return p, fault.New(fault.Invalid, "检查范围不在本单位管辖范围内，请重新选择。").On("area", "请从列表中选择")
	}
	return p, err
}

// NewSeed draws the seed of a plan.
func NewSeed() (int64, error) {
	var b [8]byte
	if _, err := rand.Read(b[:]); err != nil {
		return 0, fmt.Errorf("inspection: draw seed: %w", err)
	}
	return int64(binary.LittleEndian.Uint64(b[:]) >> 12), nil // so that it can be read out
}

// MakePlan starts a plan (Article 19(4)); its first round is drawn at once when
// it begins today.
func (s *Service) MakePlan(ctx context.Context, scope authz.Scope, p Plan) (Plan, error) {
	p, err := s.ready(ctx, scope, p)
	if err != nil {
		return p, err
	}
	sites, err := s.frame(ctx, p)
	if err != nil {
		return p, err
	}
	if len(sites) == 0 {
		why, err := s.NothingToDraw(ctx, scope, p)
		if err != nil {
			return p, err
		}
		return p, fault.New(fault.Invalid, "这个计划抽不到网站，没有启动。").On("area", why)
	}
	if p.Seed == 0 {
		if p.Seed, err = NewSeed(); err != nil {
			return p, err
		}
	}
	p.ID, p.State, p.MadeAt = PlanID(ulid.Make().String()), PlanActive, s.db.Now()
	p.NextOn = cmpDate(p.NextOn, calendar.DateOf(p.MadeAt))
	p.monthDay = p.NextOn.Day
	if a, ok := audit.ActorFrom(ctx); ok {
		p.MadeBy = a.Name
	}
	levels, err1 := json.Marshal(nonNil(p.Levels))
	kinds, err2 := json.Marshal(append([]registry.SiteKind{}, p.Kinds...))
	spec, err3 := json.Marshal(p.Spec)
	for _, err := range []error{err1, err2, err3} {
		if err != nil {
			return p, err
		}
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO patrol_plan (id, unit_id, name, area_id, levels, kinds, hosted, share, cadence, spec, seed, state, next_on, ends_on, made_by, made_at, month_day)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`,
			p.ID, p.Unit, p.Name, p.Area, string(levels), string(kinds), p.Hosted, p.Share, p.Cadence, string(spec), p.Seed, p.State, p.NextOn, p.EndsOn, p.MadeBy, p.MadeAt, p.monthDay)
		if err != nil {
			return fmt.Errorf("inspection: keep plan: %w", err)
		}
		if _, _, err := PlanMachine.Take(ctx, tx, string(p.ID), "plan", passage.Note{Says: p.Name}); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "inspection.patrol.plan", Basis: "第十九条（四）", Target: p.Target(), After: map[string]any{"share": p.Share, "cadence": p.Cadence, "seed": p.Seed, "sites": len(sites), "spec": p.Spec}})
	})
	if err != nil {
		return p, err
	}
	_, err = s.PlansDue(ctx)
	return p, err
}

// MovePlan pauses, resumes or ends a plan; why is owed by whoever ends it. What a plan that is stopped has queued
// and nobody has begun gives its site back at once.
func (s *Service) MovePlan(ctx context.Context, scope authz.Scope, id PlanID, act, why string) (p Plan, err error) {
	if !slices.Contains([]string{"pause", "resume", "end"}, act) {
		return p, fault.Missing("办理事项")
	}
	why = strings.TrimSpace(strings.ToValidUTF8(why, ""))
	var f fault.Fields
	if act == "end" {
		f.Reason("why", "结束原因", why)
	} else {
		f.Text("why", "原因", why, false, 1000)
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		if p, err = s.PlanByID(ctx, tx, scope, id); err != nil {
			return err
		}
		if err := f.Err(); err != nil {
			return err
		}
		if act != "resume" {
			if err := withdraw(ctx, tx, p); err != nil {
				return err
			}
		}
		return s.movePlan(ctx, tx, &p, act, why)
	})
	if err == nil {
		_, err = s.PlansDue(ctx) // of this plan, or of those that wait for its sites
	}
	return p, err
}

// PlanOf is the plan whose run found a finding in scope, with its name; ok is false
// for what no plan found.
func (s *Service) PlanOf(ctx context.Context, scope authz.Scope, id FindingID) (plan Plan, ok bool, err error) {
	if _, err := s.Finding(ctx, s.db, scope, id); err != nil {
		return plan, false, err
	}
	plan, err = db.One(ctx, s.db, func(r db.Scanner) (Plan, error) {
		var p Plan
		return p, r.Scan(&p.ID, &p.Name)
	}, `SELECT p.id, p.name FROM finding f JOIN inspection_run r ON r.id = f.run_id JOIN patrol_plan p ON p.id = r.plan_id WHERE f.id = $1`, id)
	if db.None(err) {
		return plan, false, nil
	}
	return plan, err == nil, err
}

// withdraw takes back the runs of a plan that nobody has begun, been sent or
// hurried: their sites are drawn, and wait again.
func withdraw(ctx context.Context, tx *db.Tx, p Plan) error {
	// Marked first: of this and a worker that begins one, one has it.
	n, err := tx.Exec(ctx, `UPDATE inspection_run SET state = 'withdrawn' WHERE plan_id = $1 AND state = 'queued' AND sent_at IS NULL AND spec NOT LIKE '%"urgent":true%'`, p.ID)
	if err != nil || n == 0 {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE patrol_pick SET run_id = NULL WHERE plan_id = $1 AND run_id IN (SELECT id FROM inspection_run WHERE plan_id = $1 AND state = 'withdrawn')`, p.ID); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM inspection_run WHERE plan_id = $1 AND state = 'withdrawn'`, p.ID); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "inspection.patrol.withdraw", Target: p.Target(), After: map[string]any{"runs": n}})
}

func (s *Service) movePlan(ctx context.Context, tx *db.Tx, p *Plan, act, why string) error {
	before := p.State
	_, to, err := PlanMachine.Take(ctx, tx, string(p.ID), act, passage.Note{Says: why})
	if err != nil {
		return err
	}
	p.State = to
	if to == PlanEnded {
		p.NextOn = calendar.Date{}
		if _, err := tx.Exec(ctx, `UPDATE patrol_pick SET skipped = '计划已结束' WHERE plan_id = $1 AND run_id IS NULL AND skipped = ''`, p.ID); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, `UPDATE patrol_plan SET state = $2, next_on = $3 WHERE id = $1`, p.ID, p.State, p.NextOn); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "inspection.patrol." + act, Target: p.Target(), Before: before, After: map[string]string{"state": to, "why": why}})
}

// PlansDue draws the rounds that have come due and queues what was drawn: the
// periodic duty. It returns how many runs were queued.
func (s *Service) PlansDue(ctx context.Context) (int, error) {
	ctx = audit.System(ctx, "inspection.plan")
	today := calendar.DateOf(s.db.Now())
	plans, err := db.All(ctx, s.db, scanPlan, planSelect+` WHERE p.state = 'active' ORDER BY p.id`)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, p := range plans {
		over := !p.EndsOn.IsZero() && p.EndsOn.Before(today)
		switch {
		case p.NextOn.IsZero() || p.NextOn.After(today):
		case over: // resumed too late, or the house was off
			err = s.drawNoMore(ctx, &p)
		default:
			err = s.drawRound(ctx, &p, today)
		}
		if err != nil {
			return n, err
		}
		queued, waiting, err := s.queuePicks(ctx, p)
		n += queued
		if err != nil {
			return n, err
		}
		if waiting == 0 && p.NextOn.IsZero() {
			under, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM inspection_run WHERE plan_id = $1 AND state IN ('queued', 'running')`, p.ID)
			if err != nil {
				return n, err
			}
			if under > 0 {
				continue
			}
			err = s.db.Update(ctx, func(tx *db.Tx) error {
				now, err := db.One(ctx, tx, scanPlan, planSelect+` WHERE p.id = $1`, p.ID)
				if err != nil || now.State != PlanActive {
					return err
				}
				why := "各轮检查都已完成"
				if over {
					why = "结束日期已过，抽到的网站都已办理"
				}
				return s.movePlan(ctx, tx, &now, "end", why)
			})
			if err != nil {
				return n, err
			}
		}
	}
	return n, s.sendPlans(ctx)
}

// drawNoMore gives up the round of a plan that came due and was not drawn before
// the plan's last day had passed.
func (s *Service) drawNoMore(ctx context.Context, p *Plan) error {
	missed := p.NextOn
	return s.db.Update(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE patrol_plan SET next_on = NULL WHERE id = $1 AND state = 'active' AND round = $2`, p.ID, p.Round)
		if err != nil || n == 0 {
			return err
		}
		p.NextOn = calendar.Date{}
		return audit.Record(ctx, tx, audit.Entry{Act: "inspection.patrol.missed", Basis: "第十九条（四）", Target: p.Target(), After: map[string]string{"due": missed.String(), "ends": p.EndsOn.String()}})
	})
}

func (s *Service) drawRound(ctx context.Context, p *Plan, today calendar.Date) error {
	sites, err := s.frame(ctx, *p)
	if err != nil {
		return err
	}
	next := after(p.Cadence, p.NextOn, p.monthDay)
	for !next.IsZero() && !next.After(today) { // the house was off meanwhile; one round makes up for all
		next = after(p.Cadence, next, p.monthDay)
	}
	if !p.EndsOn.IsZero() && next.After(p.EndsOn) {
		next = calendar.Date{}
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		laps, err := lapsBefore(ctx, tx, p.ID, p.Round+1)
		if err != nil {
			return err
		}
		f := FrameOf(sites)
		frame, digest, err := f.kept()
		if err != nil {
			return err
		}
		// Of two processes one draws.
		n, err := tx.Exec(ctx, `UPDATE patrol_plan SET round = round + 1, next_on = $2 WHERE id = $1 AND state = 'active' AND round = $3`, p.ID, next, p.Round)
		if err != nil || n == 0 {
			return err
		}
		p.Round, p.NextOn = p.Round+1, next
		if _, err := tx.Exec(ctx, `INSERT INTO patrol_round (plan_id, round, drawn_at, frame, sha256) VALUES ($1, $2, $3, $4, $5)`, p.ID, p.Round, tx.Now(), frame, digest); err != nil {
			return err
		}
		picks := Draw(f, laps, p.Seed, p.Share)
		lines := make([][]any, 0, len(picks))
		for _, k := range picks {
			lines = append(lines, []any{p.ID, p.Round, k.Site, k.Stratum, k.Of, k.Lap})
		}
		if len(lines) > 0 {
			if err := tx.InsertAll(ctx, "patrol_pick", []string{"plan_id", "round", "site_id", "stratum", "size", "lap"}, lines); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: drawAct, Basis: "第十九条（四）", Target: p.Target(), After: map[string]any{"round": p.Round, "drawn": len(picks), "of": len(sites), "frame_sha256": digest, "seed": p.Seed, "share": p.Share, "next": next.String()}})
	})
}

// kept is a frame as it is stored, with its digest.
func (f Frame) kept() (text, digest string, err error) {
	body, err := json.Marshal(f)
	sum := sha256.Sum256(body)
	return string(body), hex.EncodeToString(sum[:]), err
}

// lapsBefore are the laps of a plan as they stood before a round.
func lapsBefore(ctx context.Context, q db.Querier, id PlanID, round int) (map[string]Lap, error) {
	list, err := db.All(ctx, q, func(r db.Scanner) (Pick, error) {
		var k Pick
		return k, r.Scan(&k.Stratum, &k.Site, &k.Lap)
	}, `SELECT k.stratum, k.site_id, k.lap FROM patrol_pick k
	      JOIN (SELECT stratum, max(lap) AS lap FROM patrol_pick WHERE plan_id = $1 AND round < $2 GROUP BY stratum) m ON m.stratum = k.stratum AND m.lap = k.lap
	     WHERE k.plan_id = $1 AND k.round < $2`, id, round)
	laps := map[string]Lap{}
	for _, k := range list {
		l, ok := laps[k.Stratum]
		if !ok {
			l = Lap{No: k.Lap, Drawn: map[registry.SiteID]bool{}}
			laps[k.Stratum] = l
		}
		l.Drawn[k.Site] = true
	}
	return laps, err
}

// Redrawn is a round drawn again from what was kept of it.
type Redrawn struct {
	Sites  int    // drawn from
	SHA256 string // of the list of them; empty: none was kept
	Same   bool   // the list is the one that was kept, and gives the sample that was kept
}

// drawn is what the trail says of the drawing of a round; entries of earlier editions
// name neither seed nor share.
type drawn struct {
	Round  int    `json:"round"`
	Digest string `json:"frame_sha256"`
	Seed   *int64 `json:"seed"`
	Share  *int   `json:"share"`
}

// drawnAs finds the entry of a round; the zero value when the trail has none.
func drawnAs(ctx context.Context, q db.Querier, p Plan, round int) (drawn, error) {
	const page = 200
	target := p.Target()
	for at := 0; ; at += page {
		list, err := audit.Entries(ctx, q, audit.Filter{TargetKind: target.Kind, TargetID: target.ID, Act: drawAct, Limit: page, Offset: at})
		if err != nil {
			return drawn{}, err
		}
		for _, e := range list {
			var d drawn
			if err := json.Unmarshal([]byte(e.After), &d); err != nil {
				return drawn{}, fmt.Errorf("inspection: entry %s of a drawing: %w", e.ID, err)
			}
			if d.Round == round {
				return d, nil
			}
		}
		if len(list) < page {
			return drawn{}, nil
		}
	}
}

// drawAct is the act of the trail under which a round is drawn.
const drawAct = "inspection.patrol.draw"

// Redraw draws a round of a plan in scope again and holds it against the trail, which
// names the list, the seed and the share as they were drawn; round 0 is the latest.
func (s *Service) Redraw(ctx context.Context, scope authz.Scope, id PlanID, round int) (Redrawn, error) {
	p, err := s.PlanByID(ctx, s.db, scope, id)
	if err != nil {
		return Redrawn{}, err
	}
	if round <= 0 {
		round = p.Round
	}
	type row struct{ frame, digest string }
	kept, err := db.One(ctx, s.db, func(r db.Scanner) (row, error) {
		var x row
		return x, r.Scan(&x.frame, &x.digest)
	}, `SELECT frame, sha256 FROM patrol_round WHERE plan_id = $1 AND round = $2`, id, round)
	if db.None(err) {
		return Redrawn{}, nil
	}
	if err != nil {
		return Redrawn{}, err
	}
	as, err := drawnAs(ctx, s.db, p, round)
	if err != nil {
		return Redrawn{}, err
	}
	out := Redrawn{SHA256: cmp.Or(as.Digest, kept.digest)}
	var f Frame
	if err := json.Unmarshal([]byte(kept.frame), &f); err != nil {
		return out, nil // altered: it is not the list that was kept
	}
	out.Sites = f.Sites()
	_, digest, err := f.kept()
	if err != nil {
		return out, err
	}
	laps, err := lapsBefore(ctx, s.db, id, round)
	if err != nil {
		return out, err
	}
	picks, err := db.All(ctx, s.db, func(r db.Scanner) (Pick, error) {
		var k Pick
		return k, r.Scan(&k.Site, &k.Stratum, &k.Of, &k.Lap)
	}, `SELECT site_id, stratum, size, lap FROM patrol_pick WHERE plan_id = $1 AND round = $2 ORDER BY stratum, site_id`, id, round)
	out.Same = digest == as.Digest && (as.Seed == nil || *as.Seed == p.Seed) && (as.Share == nil || *as.Share == p.Share) && slices.Equal(picks, Draw(f, laps, p.Seed, p.Share))
	return out, err
}

// picksAtOnce bounds the runs one duty queues.
const picksAtOnce = 500

// held are the picks whose site is being looked at by somebody else.
const held = `EXISTS (SELECT 1 FROM inspection_run o WHERE o.site_id = k.site_id AND o.state IN ('queued', 'running'))`

// queuePicks queues a run for every site drawn that has none; waiting is how
// many have still to wait, since their site is being looked at or may not be
// visited at this hour. A site is not kept from others before its hour has come.
func (s *Service) queuePicks(ctx context.Context, p Plan) (queued, waiting int, err error) {
	type row struct {
		round int
		site  registry.SiteID
	}
	waiting, err = db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM patrol_pick WHERE plan_id = $1 AND run_id IS NULL AND skipped = ''`, p.ID)
	if err != nil || waiting == 0 || !s.mayVisit(p) {
		return 0, waiting, err
	}
	rows, err := db.All(ctx, s.db, func(r db.Scanner) (row, error) {
		var x row
		return x, r.Scan(&x.round, &x.site)
	}, `SELECT k.round, k.site_id FROM patrol_pick k WHERE k.plan_id = $1 AND k.run_id IS NULL AND k.skipped = '' AND NOT `+held+` ORDER BY k.round, k.site_id LIMIT $2`, p.ID, picksAtOnce)
	if err != nil {
		return 0, 0, err
	}
	for _, r := range rows {
		_, err := s.queueWith(ctx, authz.System("inspection.plan"), r.site, Planned, p.ID, p.Spec, func(tx *db.Tx, run RunID) error {
			_, err := tx.Exec(ctx, `UPDATE patrol_pick SET run_id = $4 WHERE plan_id = $1 AND round = $2 AND site_id = $3`, p.ID, r.round, r.site, run)
			return err
		})
		switch {
		case err == nil:
			queued++
			waiting--
		case fault.Is(err, fault.Conflict): // somebody was faster
		case fault.Is(err, fault.Refused), fault.Is(err, fault.NotFound):
			says := fault.Of(err).Says
			err = s.db.Update(ctx, func(tx *db.Tx) error {
				if _, err := tx.Exec(ctx, `UPDATE patrol_pick SET skipped = $4 WHERE plan_id = $1 AND round = $2 AND site_id = $3`, p.ID, r.round, r.site, abridge.Cut(says, 200)); err != nil {
					return err
				}
				return audit.Record(ctx, tx, audit.Entry{Act: "inspection.patrol.skip", Target: p.Target(), After: map[string]string{"site": string(r.site), "why": says}})
			})
			if err != nil {
				return queued, waiting, err
			}
			waiting--
		default:
			return queued, waiting, err
		}
	}
	return queued, waiting, nil
}

// mayVisit reports whether the runs of a plan may be queued now. What goes to a
// crawler goes ahead of its hours: the exchange takes its time.
func (s *Service) mayVisit(p Plan) bool {
	return p.Spec.Remote && s.set.Exchange.On() || p.Spec.Hours.Open(s.db.Now())
}

// siteFreed lets the plans know, in the transaction that ends a run, that a site
// they wait for may be looked at.
func siteFreed(ctx context.Context, tx *db.Tx, site registry.SiteID) error {
	n, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM patrol_pick k JOIN patrol_plan p ON p.id = k.plan_id WHERE k.site_id = $1 AND k.run_id IS NULL AND k.skipped = '' AND p.state = 'active'`, site)
	if err != nil || n == 0 {
		return err
	}
	return jobs.Enqueue(ctx, tx, PlanSites{}, jobs.Unique("freed"))
}

// Drawn is one site of a round, with what became of it.
type Drawn struct {
	Round    int
	Site     registry.SiteID
	SiteName string
	Host     string
	UnitName string
	Stratum  string
	Of       int
	Run      RunID
	RunState string
	Pages    int
	Found    int
	Fresh    int
	Skipped  string
	Held     RunID  // the run of others that the site is still looked at by
	HeldBy   string // its kind
	Waits    string // why nothing has begun; empty when a run has
}

// Sample is a round of a plan in scope, as drawn; round 0 is the latest.
func (s *Service) Sample(ctx context.Context, scope authz.Scope, id PlanID, round, limit, offset int) ([]Drawn, int, error) {
	p, err := s.PlanByID(ctx, s.db, scope, id)
	if err != nil {
		return nil, 0, err
	}
	if round <= 0 {
		round = p.Round
	}
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM patrol_pick WHERE plan_id = $1 AND round = $2`, id, round)
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, s.db, func(r db.Scanner) (Drawn, error) {
		var d Drawn
		return d, r.Scan(&d.Round, &d.Site, &d.SiteName, &d.Host, &d.UnitName, &d.Stratum, &d.Of, &d.Run, &d.RunState, &d.Pages, &d.Found, &d.Fresh, &d.Skipped, &d.Held, &d.HeldBy)
	}, `SELECT k.round, k.site_id, s.name, s.host, u.name, k.stratum, k.size, COALESCE(k.run_id, ''), COALESCE(r.state, ''), COALESCE(r.pages, 0), COALESCE(r.found, 0), COALESCE(r.fresh, 0), k.skipped,
	           COALESCE(o.id, ''), COALESCE(o.kind, '')
	      FROM patrol_pick k JOIN site s ON s.id = k.site_id JOIN unit u ON u.id = s.unit_id LEFT JOIN inspection_run r ON r.id = k.run_id
	      LEFT JOIN inspection_run o ON o.site_id = k.site_id AND o.state IN ('queued', 'running') AND k.run_id IS NULL AND k.skipped = ''
	     WHERE k.plan_id = $1 AND k.round = $2 ORDER BY `+downwards+`, k.site_id LIMIT $3 OFFSET $4`, id, round, limit, offset)
	for i := range list {
		list[i].Waits = s.waits(p, list[i])
	}
	return list, total, err
}

// waits says why a site that was drawn is not looked at yet.
func (s *Service) waits(p Plan, d Drawn) string {
	switch {
	case d.Run != "" || d.Skipped != "":
		return ""
	case p.State == PlanPaused:
		return "计划已暂停，恢复后检查。"
	case !s.mayVisit(p):
		return "不在检查时段（" + p.Spec.Hours.String() + "），到时段自动开始。"
	case d.Held != "":
		return "站点正在进行另一次检查（" + Run{Kind: d.HeldBy}.KindName() + "），完成后自动开始。"
	}
	return "排队中，几分钟内自动开始。"
}

// Layer sums up one stratum of a round of a plan.
type Layer struct {
	Stratum string
	Of      int // sites in it at the draw
	Drawn   int // in the round
	Done    int // of the round, looked at or skipped
	Blank   int // of those, where no page could be seen
	Found   int // findings of the round
	Seen    int // sites a page was seen of, from the plan's beginning to the round
}

// downwards orders strata as people read them: province, cities, counties.
const downwards = `CASE WHEN k.stratum LIKE '` + LevelProvince + `/%' THEN 0 WHEN k.stratum LIKE '` + LevelCity + `/%' THEN 1 ELSE 2 END, k.stratum`

// Layers of a round of a plan in scope; round 0 is the latest.
func (s *Service) Layers(ctx context.Context, scope authz.Scope, id PlanID, round int) ([]Layer, error) {
	p, err := s.PlanByID(ctx, s.db, scope, id)
	if err != nil {
		return nil, err
	}
	if round <= 0 {
		round = p.Round
	}
	return db.All(ctx, s.db, func(r db.Scanner) (Layer, error) {
		var l Layer
		return l, r.Scan(&l.Stratum, &l.Of, &l.Drawn, &l.Done, &l.Blank, &l.Found, &l.Seen)
	}, `SELECT k.stratum, max(CASE WHEN k.round = $2 THEN k.size ELSE 0 END), sum(CASE WHEN k.round = $2 THEN 1 ELSE 0 END),
	           sum(CASE WHEN k.round = $2 AND (r.state IN ('done', 'failed') OR k.skipped <> '') THEN 1 ELSE 0 END),
	           sum(CASE WHEN k.round = $2 AND (r.state IN ('done', 'failed') AND r.pages = 0 OR k.skipped <> '') THEN 1 ELSE 0 END),
	           sum(CASE WHEN k.round = $2 THEN COALESCE(r.found, 0) ELSE 0 END), count(DISTINCT CASE WHEN r.state = 'done' AND r.pages > 0 THEN k.site_id END)
	      FROM patrol_pick k LEFT JOIN inspection_run r ON r.id = k.run_id WHERE k.plan_id = $1 AND k.round <= $2 GROUP BY k.stratum ORDER BY `+downwards, id, round)
}

// focusNamed is the focus item of a name in the plans that drew a site.
func (s *Service) focusNamed(ctx context.Context, site registry.SiteID, name string) ([]check.Focus, error) {
	plans, err := db.All(ctx, s.db, scanPlan, planSelect+` WHERE p.id IN (SELECT plan_id FROM patrol_pick WHERE site_id = $1) ORDER BY p.made_at DESC LIMIT 50`, site)
	for _, p := range plans {
		for _, f := range p.Spec.Focus {
			if f.Name == name {
				return []check.Focus{f}, nil
			}
		}
	}
	return nil, err
}

// PlanArea is a division a unit may plan for.
type PlanArea struct {
	ID    org.AreaID
	Level org.Level
	Name  string
}

// PlanAreas are the divisions that lie in a scope as a whole, down to counties,
// each city before its own: the codes of one city's counties lie among another's.
func (s *Service) PlanAreas(ctx context.Context, scope authz.Scope) ([]PlanArea, error) {
	type row struct {
		PlanArea
		path string
	}
	list, err := db.All(ctx, s.db, func(r db.Scanner) (row, error) {
		var a row
		return a, r.Scan(&a.ID, &a.Level, &a.Name, &a.path)
	}, `SELECT id, level, name, path FROM area WHERE level IN ('province', 'city', 'county') AND abolished_on IS NULL ORDER BY path LIMIT 1000`)
	var out []PlanArea
	for _, a := range list {
		if scope.Covers(a.path, "") {
			out = append(out, a.PlanArea)
		}
	}
	return out, err
}
