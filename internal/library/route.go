package library

import (
	"context"
	"fmt"
	"slices"
	"strings"
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
	"zhengshu/internal/rules"
	"zhengshu/internal/rules/sx2021"
)

// StageReview is the clock of one step of a review. It binds the unit whose
// posts review, never a person.
var StageReview = obligation.Kind{
	ID: "item_review", Name: "审核稿件", Clause: "S19.3a", Citation: "陕政公开办〔2021〕18号 第十九条（三）",
	Says: "在本环节时限内审核", Remind: []int{0}, Escalate: 1, Minutes: 5,
}

// Obligations are the clocks of the library.
func Obligations() []obligation.Kind {
	return []obligation.Kind{WaivedInterpretation, ColumnUpdate, StageReview, ItemConsultation, AfterReview}
}

// Who reviews at a step.
const (
	ByFirst  = "first"  // 初审人员
	ByFinal  = "final"  // 终审人员
	ByEither = "either" // either of them
)

// ReviewerName says who reviews at a step, in Chinese.
func ReviewerName(permit string) string {
	switch permit {
	case ByFirst:
		return "初审人员"
	case ByFinal:
		return "终审人员"
	}
	return "初审或终审人员"
}

// Step is one step of a review route.
type Step struct {
	No          int
	Stage       string // first, second, final
	Permit      string // ByFirst, ByFinal, ByEither
	Needed      int    // how many persons must pass it
	Gates       bool   // its reviewers stamp the gates
	Workdays    int
	VacantSince time.Time // of a running item: nobody may act here
}

// permits are the permissions of which one is needed at the step.
func (t Step) permits() []authz.Permission {
	switch t.Permit {
	case ByFirst:
		return []authz.Permission{authz.ItemFirstReview}
	case ByFinal:
		return []authz.Permission{authz.ItemFinalReview}
	}
	return []authz.Permission{authz.ItemFirstReview, authz.ItemFinalReview}
}

// Route is what an item of a level passes through (审核流程).
type Route struct {
	ID         string // empty: the house's own, by the province's settings
	Unit       org.UnitID
	UnitName   string // joined; empty: the province's
	Level      sx2021.Grade
	Version    int // 0: the house's own
	Reason     string
	PersonName string
	At         time.Time
	Steps      []Step
}

// LevelName is a level of content in Chinese.
func LevelName(g sx2021.Grade) string {
	if g == sx2021.Important {
		return "重要信息"
	}
	return "一般信息"
}

// ordinary is the route nobody has set: as many steps as the settings ask.
func ordinary(level sx2021.Grade, s sx2021.Settings) Route {
	r := Route{Level: level}
	n := s.OrdinaryReviews
	if level == sx2021.Important {
		n = s.ImportantReviews
	}
	return lifted(r, n, s)
}

// lifted is the route with at least n steps, of three at most.
func lifted(r Route, n int, s sx2021.Settings) Route {
	r.Steps = slices.Clone(r.Steps)
	for _, t := range []Step{{Stage: "final", Permit: ByFinal}, {Stage: "first", Permit: ByFirst}, {Stage: "second", Permit: ByEither}} {
		if len(r.Steps) >= n || slices.ContainsFunc(r.Steps, func(x Step) bool { return x.Stage == t.Stage }) {
			continue
		}
		t.Needed, t.Gates, t.Workdays = 1, true, s.ReviewWorkdays
		r.Steps = append(r.Steps, t)
	}
	order := []string{"first", "second", "final"}
	slices.SortFunc(r.Steps, func(a, b Step) int { return slices.Index(order, a.Stage) - slices.Index(order, b.Stage) })
	for i := range r.Steps {
		r.Steps[i].No = i + 1
	}
	return r
}

const routeSelect = `SELECT r.id, coalesce(r.unit_id, ''), coalesce(u.name, ''), r.level, r.version, r.reason, r.person_name, r.at FROM review_route r LEFT JOIN unit u ON u.id = r.unit_id`

func scanRoute(r db.Scanner) (Route, error) {
	var v Route
	return v, r.Scan(&v.ID, &v.Unit, &v.UnitName, &v.Level, &v.Version, &v.Reason, &v.PersonName, &v.At)
}

func scanStep(r db.Scanner) (Step, error) {
	var t Step
	return t, r.Scan(&t.No, &t.Stage, &t.Permit, &t.Needed, &t.Gates, &t.Workdays, &t.VacantSince)
}

func routeSteps(ctx context.Context, q db.Querier, id string) ([]Step, error) {
	return db.All(ctx, q, scanStep, `SELECT no, stage, permit, needed, gates, workdays, CAST(NULL AS TIMESTAMPTZ) FROM review_route_step WHERE route_id = $1 ORDER BY no`, id)
}

// latest is the newest route of a unit, or of the province for "".
func (s *Service) latest(ctx context.Context, q db.Querier, unit org.UnitID, level sx2021.Grade) (Route, bool, error) {
	r, err := db.One(ctx, q, scanRoute, routeSelect+` WHERE r.level = $1 AND coalesce(r.unit_id, '') = $2 ORDER BY r.version DESC LIMIT 1`, string(level), unit)
	if db.None(err) {
		return Route{}, false, nil
	}
	if err != nil {
		return Route{}, false, err
	}
	r.Steps, err = routeSteps(ctx, q, r.ID)
	return r, err == nil, err
}

// provincial is the route of the province: set, or by its settings.
func (s *Service) provincial(ctx context.Context, q db.Querier, level sx2021.Grade) (Route, error) {
	r, ok, err := s.latest(ctx, q, "", level)
	if err != nil {
		return r, err
	}
	own := ordinary(level, s.settings())
	if !ok {
		return own, nil
	}
	return lifted(r, len(own.Steps), s.settings()), nil // a setting raised since
}

// routeFor is the route an item of a unit would take today: the unit's own
// where it has one, and never less than the province's.
func (s *Service) routeFor(ctx context.Context, q db.Querier, unit org.UnitID, level sx2021.Grade) (Route, error) {
	p, err := s.provincial(ctx, q, level)
	if err != nil {
		return p, err
	}
	r, ok, err := s.latest(ctx, q, unit, level)
	if err != nil || !ok {
		return p, err
	}
	for _, t := range p.Steps { // the province may have asked for more since
		i := slices.IndexFunc(r.Steps, func(x Step) bool { return x.Stage == t.Stage })
		if i < 0 {
			r.Steps = append(r.Steps, t)
			continue
		}
		r.Steps[i].Needed = max(r.Steps[i].Needed, t.Needed)
		r.Steps[i].Gates = r.Steps[i].Gates || t.Gates
	}
	return lifted(r, len(r.Steps), s.settings()), nil
}

// RouteOf is the route an item of a unit in scope would take if it were
// submitted now.
func (s *Service) RouteOf(ctx context.Context, scope authz.Scope, unit org.UnitID, level sx2021.Grade) (Route, error) {
	if _, err := s.org.UnitTx(ctx, s.db, scope, unit); err != nil {
		return Route{}, err
	}
	return s.routeFor(ctx, s.db, unit, level)
}

// ProvinceRoute is the province's route of a level. It takes no scope: what the
// province asks of all is public.
func (s *Service) ProvinceRoute(ctx context.Context, level sx2021.Grade) (Route, error) {
	return s.provincial(ctx, s.db, level)
}

// Routes are the versions of a unit in scope, newest first; of the province for
// "".
func (s *Service) Routes(ctx context.Context, scope authz.Scope, unit org.UnitID) ([]Route, error) {
	if unit != "" {
		if _, err := s.org.UnitTx(ctx, s.db, scope, unit); err != nil {
			return nil, err
		}
	}
	list, err := db.All(ctx, s.db, scanRoute, routeSelect+` WHERE coalesce(r.unit_id, '') = $1 ORDER BY r.at DESC, r.id DESC LIMIT 100`, unit)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if list[i].Steps, err = routeSteps(ctx, s.db, list[i].ID); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// MaySetProvince reports whether the person sets the province's routes: a post
// of the provincial office that sets the province's choices.
func (s *Service) MaySetProvince(ctx context.Context, session *authz.Session) (bool, error) {
	if session == nil {
		return false, nil
	}
	for _, p := range session.Posts {
		one := authz.Session{Posts: []authz.Post{p}}
		if !p.Office || !one.May(authz.SettingsManage) {
			continue
		}
		u, err := s.org.UnitTx(ctx, s.db, authz.System("library.route"), org.UnitID(p.UnitID))
		if err != nil {
			return false, err
		}
		if u.Level == org.Province && u.Kind == org.Office {
			return true, nil
		}
	}
	return false, nil
}

// SetRoute sets a route: of a unit in scope, or of the province for "" by its
// office. A unit may ask for more than the province and never for less, and
// nobody for less than Article 19(3). What is under way keeps its route.
func (s *Service) SetRoute(ctx context.Context, scope authz.Scope, r Route) (Route, error) {
	session := authz.SessionFrom(ctx)
	if session == nil {
		return Route{}, fault.New(fault.SignIn, "请先登录。")
	}
	r.Reason = oneLine(r.Reason)
	if err := s.mayRoute(ctx, scope, session, r); err != nil {
		return Route{}, err
	}
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		p, err := s.provincial(ctx, tx, r.Level)
		if err != nil {
			return err
		}
		if r.Unit != "" {
			if err := notLess(r, p); err != nil {
				return err
			}
		}
		was, _, err := s.latest(ctx, tx, r.Unit, r.Level)
		if err != nil {
			return err
		}
		if slices.Equal(was.Steps, r.Steps) {
			return fault.New(fault.Conflict, "没有改动：所填与现行流程一致。")
		}
		r.ID, r.Version, r.PersonName, r.At = ulid.Make().String(), was.Version+1, session.Name, tx.Now()
		if _, err := tx.Exec(ctx, `INSERT INTO review_route (id, unit_id, level, version, reason, person_id, person_name, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			r.ID, db.Null(string(r.Unit)), string(r.Level), r.Version, r.Reason, session.PersonID, session.Name, r.At); err != nil {
			if _, dup := db.UniqueViolation(err); dup {
				return fault.New(fault.Conflict, "流程刚被别人修改，请刷新后再改。").From(err)
			}
			return fmt.Errorf("library: route: %w", err)
		}
		for _, t := range r.Steps {
			if _, err := tx.Exec(ctx, `INSERT INTO review_route_step (route_id, no, stage, permit, needed, gates, workdays) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
				r.ID, t.No, t.Stage, t.Permit, t.Needed, t.Gates, t.Workdays); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "library.route.set", Basis: "第十九条（三）", Target: audit.Target{Kind: "review_route", ID: r.ID, Name: LevelName(r.Level) + "审核流程", Unit: string(r.Unit)},
			Before: was.Steps, After: map[string]any{"steps": r.Steps, "version": r.Version, "reason": r.Reason}})
	})
	return r, err
}

func (s *Service) mayRoute(ctx context.Context, scope authz.Scope, session *authz.Session, r Route) error {
	if r.Unit != "" {
		if _, err := s.org.UnitTx(ctx, s.db, scope, r.Unit); err != nil {
			return err
		}
	} else {
		may, err := s.MaySetProvince(ctx, session)
		if err != nil {
			return err
		}
		if !may {
			return fault.New(fault.Refused, "全省的审核流程只能由省政府办公厅设定；您可以为本单位设定更严的流程。")
		}
	}
	var f fault.Fields
	f.Check(r.Level == sx2021.Ordinary || r.Level == sx2021.Important, "level", "请选择一般信息或重要信息")
	f.Check(r.Reason != "" && len([]rune(r.Reason)) <= 200, "reason", "请写明设定或调整的原因，200 字以内")
	var steps []sx2021.RouteStep
	for i, t := range r.Steps {
		name := t.Stage + "_needed"
		f.Check(t.Needed >= 1 && t.Needed <= 5, name, StageName(t.Stage)+"通过人数要填 1 至 5")
		f.Check(t.Workdays >= 1 && t.Workdays <= 30, t.Stage+"_days", StageName(t.Stage)+"时限要填 1 至 30 个工作日")
		f.Check(t.Permit == ByFirst || t.Permit == ByFinal || t.Permit == ByEither, t.Stage+"_permit", "请选择由谁"+StageName(t.Stage))
		f.Check(t.Stage != "final" || t.Permit == ByFinal, t.Stage+"_permit", "终审只能由终审人员办理")
		f.Check(t.No == i+1, name, "环节的顺序不对")
		steps = append(steps, sx2021.RouteStep{Stage: sx2021.Stage(t.Stage), Needed: t.Needed, Gates: t.Gates})
	}
	if err := f.Err(); err != nil {
		return err
	}
	if breaches := sx2021.CheckRoute(steps, r.Level, s.settings()); len(breaches) > 0 {
		return fault.New(fault.Refused, "这样的流程达不到规定，请按下列依据调整。").Because(rules.Reasons(breaches)...)
	}
	return nil
}

// notLess refuses a unit's route that asks for less than the province's.
func notLess(r, p Route) error {
	var f fault.Fields
	for _, t := range p.Steps {
		i := slices.IndexFunc(r.Steps, func(x Step) bool { return x.Stage == t.Stage })
		if i < 0 {
			f.Add(t.Stage+"_on", "全省流程有"+StageName(t.Stage)+"环节，本单位不能减少")
			continue
		}
		f.Check(r.Steps[i].Needed >= t.Needed, t.Stage+"_needed", fmt.Sprintf("全省流程要求%s %d 人通过，本单位不能少于此数", StageName(t.Stage), t.Needed))
	}
	return f.Err()
}

// steps are the steps of a submission, as it was submitted.
func steps(ctx context.Context, q db.Querier, id ItemID, round int) ([]Step, error) {
	return db.All(ctx, q, scanStep, `SELECT no, stage, permit, needed, gates, workdays, vacant_since FROM item_step WHERE item_id = $1 AND round = $2 ORDER BY no`, id, round)
}

// Steps are the steps of an item in scope that is or was in review, of its
// newest submission.
func (s *Service) Steps(ctx context.Context, scope authz.Scope, id ItemID) ([]Step, error) {
	it, err := s.Item(ctx, scope, id)
	if err != nil {
		return nil, err
	}
	return steps(ctx, s.db, id, it.Round)
}

// StepsOf are the steps of several items of the scope, each of its newest
// submission.
func (s *Service) StepsOf(ctx context.Context, scope authz.Scope, items []Item) (map[ItemID][]Step, error) {
	if len(items) == 0 {
		return nil, nil
	}
	ids := make([]ItemID, len(items))
	for i, it := range items {
		ids[i] = it.ID
	}
	var w db.Where
	scope.Where(&w, "u")
	w.And("t.item_id IN " + db.Among(&w, ids))
	type of struct {
		item ItemID
		step Step
	}
	list, err := db.All(ctx, s.db, func(r db.Scanner) (of, error) {
		var o of
		return o, r.Scan(&o.item, &o.step.No, &o.step.Stage, &o.step.Permit, &o.step.Needed, &o.step.Gates, &o.step.Workdays, &o.step.VacantSince)
	}, `SELECT t.item_id, t.no, t.stage, t.permit, t.needed, t.gates, t.workdays, t.vacant_since FROM item_step t JOIN item i ON i.id = t.item_id AND i.round = t.round JOIN unit u ON u.id = i.unit_id
	     WHERE `+w.SQL()+` ORDER BY t.item_id, t.no`, w.Args()...)
	out := make(map[ItemID][]Step, len(items))
	for _, o := range list {
		out[o.item] = append(out[o.item], o.step)
	}
	return out, err
}

// keepRoute copies the route of a submission.
func keepRoute(ctx context.Context, tx *db.Tx, id ItemID, round int, list []Step) error {
	for _, t := range list {
		if _, err := tx.Exec(ctx, `INSERT INTO item_step (item_id, round, no, stage, permit, needed, gates, workdays) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			id, round, t.No, t.Stage, t.Permit, t.Needed, t.Gates, t.Workdays); err != nil {
			return fmt.Errorf("library: keep route: %w", err)
		}
	}
	return nil
}

func stepAt(list []Step, stage string) (Step, bool) {
	i := slices.IndexFunc(list, func(t Step) bool { return t.Stage == stage })
	if i < 0 {
		return Step{}, false
	}
	return list[i], true
}

// due counts working days from the transaction's day.
func (s *Service) due(tx *db.Tx, n int) (from calendar.Date, length calendar.Period, due calendar.Due, err error) {
	days, err := calendar.Published()
	if err != nil {
		return from, length, due, fmt.Errorf("library: working days: %w", err)
	}
	from, length = calendar.DateOf(tx.Now()), calendar.WorkingDays(n)
	return from, length, length.From(from, days), nil
}

func (i Item) subject() obligation.Subject {
	return obligation.Subject{Kind: "item", ID: string(i.ID), Name: i.Title}
}

// owe starts the clock of the stage where the item now stands.
func (s *Service) owe(ctx context.Context, tx *db.Tx, it Item, t Step) error {
	from, length, due, err := s.due(tx, t.Workdays)
	if err != nil {
		return err
	}
	return s.obligations.Open(ctx, tx, obligation.Debt{Kind: StageReview.ID, Unit: it.Unit, Subject: it.subject(), Period: fmt.Sprintf("%d-%s", it.Round, t.Stage),
		Link: it.Link() + "/review", Due: due, From: from, Length: length})
}

// done ends the clock of a stage that was passed or returned.
func (s *Service) done(ctx context.Context, tx *db.Tx, it Item, stage, evidence string) error {
	_, err := s.obligations.DischargePeriod(ctx, tx, StageReview.ID, it.subject(), fmt.Sprintf("%d-%s", it.Round, stage), evidence)
	return err
}

// rolesThat are the roles that permit one of ps, as an SQL list of constants.
func rolesThat(ps []authz.Permission) string {
	var out []string
	for _, r := range authz.Roles {
		if slices.ContainsFunc(r.Permits, func(p authz.Permission) bool { return slices.Contains(ps, p) }) {
			out = append(out, "'"+string(r.Role)+"'")
		}
	}
	return strings.Join(out, ", ")
}

// vacant reports whether nobody may act at the step: no post in force over the
// item's unit whose holder, or whose holder's deputy, works there and, at the
// final review, did not write the version.
func (s *Service) vacant(ctx context.Context, q db.Querier, it Item, t Step) (bool, error) {
	var author string
	if t.Stage == string(sx2021.FinalReview) {
		var err error
		if author, err = db.One(ctx, q, db.Value[string], `SELECT author_id FROM item_version WHERE item_id = $1 AND no = $2`, it.ID, it.Version); err != nil {
			return false, err
		}
	}
	// Reviewers reach their own unit and what hangs below it.
	held := `FROM post o JOIN unit pu ON pu.id = o.unit_id WHERE o.ended_at IS NULL AND o.role IN (` + rolesThat(t.permits()) + `) AND substr($1, 1, length(pu.area_path)) = pu.area_path`
	n, err := db.One(ctx, q, db.Value[int], `SELECT
		(SELECT count(*) `+strings.Replace(held, "WHERE", "JOIN person h ON h.id = o.person_id WHERE h.left_at IS NULL AND h.id <> $2 AND", 1)+`) +
		(SELECT count(*) `+strings.Replace(held, "WHERE", "JOIN delegated_post g ON g.post_id = o.id JOIN delegation d ON d.id = g.delegation_id WHERE d.ended_at IS NULL AND d.from_on <= $3 AND d.until_on >= $3 AND d.to_id <> $2 AND", 1)+`)`,
		it.areaPath, author, calendar.DateOf(s.db.Now()))
	return n == 0, err
}

// KeepReviews looks after items in review: a step where nobody may act any
// more is marked as vacant and told, once, to the office above; one that is
// filled again loses the mark. A duty of the house, idempotent.
func (s *Service) KeepReviews(ctx context.Context) (int, error) {
	ctx = audit.System(ctx, "library.reviews")
	list, err := db.All(ctx, s.db, scanItem, itemSelect+` WHERE i.state = 'in_review' ORDER BY i.id LIMIT 2000`)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, it := range list {
		changed, err := s.keepReview(ctx, it)
		if err != nil {
			return n, fmt.Errorf("library: look after %s: %w", it.ID, err)
		}
		if changed {
			n++
		}
	}
	return n, nil
}

func (s *Service) keepReview(ctx context.Context, it Item) (bool, error) {
	list, err := steps(ctx, s.db, it.ID, it.Round)
	if err != nil {
		return false, err
	}
	t, ok := stepAt(list, it.Stage)
	if !ok {
		return false, nil
	}
	empty, err := s.vacant(ctx, s.db, it, t)
	if err != nil || empty == !t.VacantSince.IsZero() {
		return false, err
	}
	return true, s.db.Update(ctx, func(tx *db.Tx) error {
		now, err := s.ItemTx(ctx, tx, authz.System("library.reviews"), it.ID)
		if err != nil || now.State != InReview || now.Stage != it.Stage || now.Round != it.Round {
			return err
		}
		if empty, err = s.vacant(ctx, tx, now, t); err != nil {
			return err
		}
		var since time.Time
		act := "library.item.filled"
		if empty {
			since, act = tx.Now(), "library.item.vacant"
			if err := s.tellVacancy(ctx, tx, now); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `UPDATE item_step SET vacant_since = $4 WHERE item_id = $1 AND round = $2 AND stage = $3`, now.ID, now.Round, now.Stage, since); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: act, Target: now.Target(), After: map[string]any{"stage": now.Stage}})
	})
}

func (s *Service) tellVacancy(ctx context.Context, tx *db.Tx, it Item) error {
	u, err := s.org.UnitTx(ctx, tx, authz.System("library.reviews"), it.Unit)
	if err != nil {
		return err
	}
	says := "“" + it.UnitName + "”现在没有可以" + StageName(it.Stage) + "的人员，请尽快明确人选；办理时限照常计算。"
	to := []org.UnitID{it.Unit}
	above, ok, err := s.org.SuperiorOffice(ctx, tx, u)
	if err != nil {
		return err
	}
	if ok {
		to = append(to, above.ID)
	}
	for _, unit := range to {
		if _, err := notify.Send(ctx, tx, notify.Message{Key: fmt.Sprintf("item:%s:vacant:%d:%s:%s", it.ID, it.Round, it.Stage, unit), Unit: string(unit),
			Title: "审核岗位空缺：" + it.UnitName, Body: it.Title + "。" + says, Link: it.Link(), Urgent: true}); err != nil {
			return err
		}
	}
	return nil
}
