package org

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/rules/sx2021"
)

// MaxDelegationDays is how long a deputy acts at most. The end is always a day.
const MaxDelegationDays = 365

// Delegation lets one person act in another's login posts until a day.
type Delegation struct {
	ID       string
	From     PersonID
	FromName string // joined
	To       PersonID
	ToName   string // joined
	Posts    []PostID
	Roles    []string // joined, in words
	On       calendar.Date
	Until    calendar.Date
	Reason   string
	MadeBy   string // name
	EndedAt  time.Time
	EndedBy  string
	EndedWhy string
}

// Running reports whether the deputy acts on the day.
func (d Delegation) Running(today calendar.Date) bool {
	return d.EndedAt.IsZero() && !today.Before(d.On) && !today.After(d.Until)
}

// undelegated are the roles that nobody holds for another: the three separated
// administrators and the auditor are appointed by name with the login.
func undelegated(r authz.Role) bool {
	return r == authz.Auditor || slices.Contains(authz.Separated, r)
}

// Delegable are the person's own login posts that a deputy may hold.
func (s *Service) Delegable(ctx context.Context, q db.Querier, scope authz.Scope, person PersonID) ([]authz.Post, error) {
	if _, err := s.PersonByID(ctx, q, scope, person); err != nil {
		return nil, err
	}
	posts, err := s.PostsOf(ctx, q, person)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(posts, func(p authz.Post) bool { return p.Delegated || undelegated(p.Role) }), nil
}

// Delegate lets d.To act in d.From's posts; the scope is where the actor may
// manage people. All delegable posts when none is named.
func (s *Service) Delegate(ctx context.Context, tx *db.Tx, scope authz.Scope, d Delegation) (Delegation, error) {
	if _, err := s.PersonByID(ctx, tx, scope, d.From); err != nil {
		return Delegation{}, err
	}
	return s.delegate(ctx, tx, d)
}

// DelegateOwn lets the signed-in person name a deputy for their own posts.
func (s *Service) DelegateOwn(ctx context.Context, tx *db.Tx, session *authz.Session, d Delegation) (Delegation, error) {
	if session == nil {
		return Delegation{}, fault.New(fault.SignIn, "请先登录。")
	}
	d.From = PersonID(session.PersonID)
	return s.delegate(ctx, tx, d)
}

func (s *Service) delegate(ctx context.Context, tx *db.Tx, d Delegation) (Delegation, error) {
	system := authz.System("a delegation whose giver was checked")
	today := calendar.DateOf(tx.Now())
	if d.On.IsZero() {
		d.On = today
	}
	d.Reason = strings.TrimSpace(d.Reason)
	var f fault.Fields
	f.Check(d.To != "", "to", "请选择代理人")
	f.Check(d.To == "" || d.To != d.From, "to", "不能委托给自己，请另选一人")
	f.Check(!d.On.Before(today), "from", "开始日期已经过去，请填写今天或以后的日期")
	f.Check(!d.Until.IsZero(), "until", "请填写代理到哪一天")
	f.Check(d.Until.IsZero() || !d.Until.Before(d.On), "until", "结束日期早于开始日期，请核对")
	f.Check(d.Until.IsZero() || d.Until.Sub(d.On) < MaxDelegationDays, "until", fmt.Sprintf("代理最长 %d 天；长期不在岗请办理移交", MaxDelegationDays))
	f.Check(d.Reason != "" && len([]rune(d.Reason)) <= 200, "reason", "请填写原因，最多 200 个字")
	if err := f.Err(); err != nil {
		return Delegation{}, err
	}
	from, err := s.PersonByID(ctx, tx, system, d.From)
	if err != nil {
		return Delegation{}, err
	}
	to, err := s.PersonByID(ctx, tx, system, d.To)
	if fault.Is(err, fault.NotFound) {
		return Delegation{}, fault.New(fault.Invalid, "没有找到代理人。").On("to", "请从列表中选择")
	}
	if err != nil {
		return Delegation{}, err
	}
	if !from.LeftAt.IsZero() || !to.LeftAt.IsZero() {
		return Delegation{}, fault.New(fault.Conflict, "离岗人员不能委托，也不能代理。").On("to", "请选择在岗人员")
	}
	if ok, err := s.near(ctx, tx, from, to); err != nil || !ok {
		if err != nil {
			return Delegation{}, err
		}
		return Delegation{}, fault.Newf(fault.Refused, "%s不在本单位，也不在本单位的上级或下属机构，不能代理。", to.Name).On("to", "请选择本单位人员")
	}
	d.FromName, d.ToName = from.Name, to.Name
	own, err := s.Delegable(ctx, tx, system, d.From)
	if err != nil {
		return Delegation{}, err
	}
	if len(d.Posts) > 0 {
		for _, id := range d.Posts {
			if !slices.ContainsFunc(own, func(p authz.Post) bool { return p.ID == string(id) }) {
				return Delegation{}, fault.New(fault.Refused, "只能委托本人现任的岗位；代他人行使的岗位、三类管理员和审计岗位不能再委托。").On("posts", "请重新选择岗位")
			}
		}
		own = slices.DeleteFunc(own, func(p authz.Post) bool { return !slices.Contains(d.Posts, PostID(p.ID)) })
	}
	if len(own) == 0 {
		return Delegation{}, fault.Newf(fault.Refused, "%s没有可以委托的岗位。", from.Name).On("posts", "请先任命岗位")
	}
	if err := s.deputyFree(ctx, tx, d); err != nil {
		return Delegation{}, err
	}
	// Nobody judges what they operate, for another no more than for themselves.
	theirs, err := s.PostsOf(ctx, tx, d.To)
	if err != nil {
		return Delegation{}, err
	}
	if err := keptApart(d.To, append(theirs, own...)); err != nil {
		f := fault.Of(err)
		return Delegation{}, f.On("to", "此人代理后将既监管又运维同一网站或账号，请另选一人")
	}
	// What a post asks of its holder it asks of the deputy (Article 6: an
	// operator stands on a contractor's list).
	for _, p := range own {
		u, err := unitByID(ctx, tx, UnitID(p.UnitID))
		if err != nil {
			return Delegation{}, err
		}
		if err := s.askGuards(ctx, tx, d.To, u, p.Role); err != nil {
			if fault.Is(err, fault.Refused) {
				err = fault.Of(err).On("to", "此人不能担任所委托的岗位，请另选一人")
			}
			return Delegation{}, err
		}
	}
	d.ID = newID()
	actor, ok := audit.ActorFrom(ctx)
	if !ok {
		return Delegation{}, audit.ErrNoActor
	}
	d.MadeBy = actor.Name
	if _, err := tx.Exec(ctx, `INSERT INTO delegation (id, from_id, to_id, from_on, until_on, reason, made_by, made_by_name, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		d.ID, d.From, d.To, d.On, d.Until, d.Reason, actor.ID, actor.Name, tx.Now()); err != nil {
		return Delegation{}, fmt.Errorf("org: delegate: %w", err)
	}
	d.Posts, d.Roles = nil, nil
	for _, p := range own {
		if _, err := tx.Exec(ctx, `INSERT INTO delegated_post (delegation_id, post_id) VALUES ($1, $2)`, d.ID, p.ID); err != nil {
			return Delegation{}, err
		}
		info, _ := authz.Info(p.Role)
		d.Posts, d.Roles = append(d.Posts, PostID(p.ID)), append(d.Roles, info.Name)
	}
	return d, audit.Record(ctx, tx, audit.Entry{Act: "org.delegation.make", Target: personTarget(from), Basis: sx2021.ObjectAB.Citation,
		After: map[string]any{"from": from.Name, "to": to.Name, "on": d.On, "until": d.Until, "roles": d.Roles, "reason": d.Reason}})
}

// near reports whether the two work at one unit, or one at a body inside the
// other's.
func (s *Service) near(ctx context.Context, q db.Querier, a, b Person) (bool, error) {
	ua, err := unitByID(ctx, q, a.Unit)
	if err != nil {
		return false, err
	}
	ub, err := unitByID(ctx, q, b.Unit)
	if err != nil {
		return false, err
	}
	return strings.HasPrefix(ua.AreaPath, ub.AreaPath) || strings.HasPrefix(ub.AreaPath, ua.AreaPath), nil
}

// deputyFree refuses a second deputy over the same days, a chain of deputies,
// and a deputy who is away.
func (s *Service) deputyFree(ctx context.Context, q db.Querier, d Delegation) error {
	type other struct {
		from, to  PersonID
		name      string
		on, until calendar.Date
	}
	all, err := db.All(ctx, q, func(r db.Scanner) (other, error) {
		var o other
		err := r.Scan(&o.from, &o.to, &o.name, &o.on, &o.until)
		return o, err
	}, `SELECT d.from_id, d.to_id, p.name, d.from_on, d.until_on FROM delegation d JOIN person p ON p.id = d.to_id
	     WHERE d.ended_at IS NULL AND d.from_on <= $3 AND d.until_on >= $4 AND (d.from_id = $1 OR d.from_id = $2) ORDER BY d.id`, d.From, d.To, d.Until, d.On)
	if err != nil {
		return err
	}
	if len(all) > 0 {
		o := all[0]
		if o.from == d.From {
			return fault.Newf(fault.Conflict, "这段时间已由%s代理（%s 至 %s），请先结束原来的代理。", o.name, o.on, o.until).On("from", "时间重叠")
		}
		return fault.Newf(fault.Refused, "%s这段时间的岗位也委托给了%s，不能层层委托。", d.ToName, o.name).On("to", "请选择在岗的人")
	}
	away, err := db.One(ctx, q, db.Value[int], `SELECT count(*) FROM absence WHERE person_id = $1 AND ended_at IS NULL AND from_on <= $2 AND until_on >= $3`, d.To, d.Until, d.On)
	if err != nil {
		return err
	}
	if away > 0 {
		return fault.Newf(fault.Refused, "%s这段时间请假，不能代理。", d.ToName).On("to", "请选择在岗的人")
	}
	return nil
}

const delegationSelect = `
	SELECT d.id, d.from_id, p.name, d.to_id, q.name, d.from_on, d.until_on, d.reason, d.made_by_name, d.ended_at, d.ended_by_name, d.ended_why, u.area_path, u.line_path
	  FROM delegation d JOIN person p ON p.id = d.from_id JOIN person q ON q.id = d.to_id JOIN unit u ON u.id = p.unit_id`

type delegationRow struct {
	Delegation
	area, line string
}

func scanDelegation(r db.Scanner) (delegationRow, error) {
	var d delegationRow
	err := r.Scan(&d.ID, &d.From, &d.FromName, &d.To, &d.ToName, &d.On, &d.Until, &d.Reason, &d.MadeBy, &d.EndedAt, &d.EndedBy, &d.EndedWhy, &d.area, &d.line)
	return d, err
}

// EndDelegation ends it before its day: the giver, the deputy, or who manages
// people in the scope.
func (s *Service) EndDelegation(ctx context.Context, tx *db.Tx, session *authz.Session, scope authz.Scope, id, why string) (Delegation, error) {
	d, err := db.One(ctx, tx, scanDelegation, delegationSelect+` WHERE d.id = $1`, id)
	party := err == nil && session != nil && (session.PersonID == string(d.From) || session.PersonID == string(d.To))
	if db.None(err) || err == nil && !party && !scope.Covers(d.area, d.line) {
		return Delegation{}, fault.Missing("代理")
	}
	if err != nil {
		return Delegation{}, err
	}
	today := calendar.DateOf(tx.Now())
	if !d.EndedAt.IsZero() || today.After(d.Until) {
		return Delegation{}, fault.New(fault.Conflict, "这项代理已经结束，请刷新后再看。")
	}
	actor, ok := audit.ActorFrom(ctx)
	if !ok {
		return Delegation{}, audit.ErrNoActor
	}
	d.EndedAt, d.EndedBy, d.EndedWhy = tx.Now(), actor.Name, strings.TrimSpace(why)
	if len([]rune(d.EndedWhy)) > 200 {
		return Delegation{}, fault.New(fault.Invalid, "说明超过 200 个字。").On("why", "请压缩说明")
	}
	if _, err := tx.Exec(ctx, `UPDATE delegation SET ended_at = $2, ended_by_name = $3, ended_why = $4 WHERE id = $1 AND ended_at IS NULL`, id, d.EndedAt, d.EndedBy, d.EndedWhy); err != nil {
		return Delegation{}, err
	}
	return d.Delegation, audit.Record(ctx, tx, audit.Entry{Act: "org.delegation.end", Target: audit.Target{Kind: "person", ID: string(d.From), Name: d.FromName}, Basis: sx2021.ObjectAB.Citation,
		After: map[string]any{"from": d.FromName, "to": d.ToName, "why": d.EndedWhy}})
}

// DelegationFilter narrows Delegations.
type DelegationFilter struct {
	Person PersonID // as giver or deputy
	Unit   UnitID   // of the giver, and the bodies inside it
	Live   bool     // those that run or will
	Limit  int      // 100 when zero
}

// Delegations of a person or of the scope, the latest first. A person sees
// their own through the session.
func (s *Service) Delegations(ctx context.Context, q db.Querier, session *authz.Session, scope authz.Scope, f DelegationFilter) ([]Delegation, error) {
	var w db.Where
	if session == nil || f.Person == "" || session.PersonID != string(f.Person) {
		scope.Where(&w, "u")
	}
	if f.Unit != "" {
		u, err := s.UnitTx(ctx, q, scope, f.Unit)
		if err != nil {
			return nil, err
		}
		authz.Area("filter", u.AreaPath).Where(&w, "u")
	}
	w.AndIf(f.Person != "", "(d.from_id = ? OR d.to_id = ?)", f.Person, f.Person).
		AndIf(f.Live, "d.ended_at IS NULL AND d.until_on >= ?", calendar.DateOf(s.db.Now()))
	limit := f.Limit
	if limit == 0 {
		limit = 100
	}
	rows, err := db.All(ctx, q, scanDelegation, delegationSelect+` WHERE `+w.SQL()+` ORDER BY d.made_at DESC, d.id DESC LIMIT `+w.Arg(limit), w.Args()...)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	out := make([]Delegation, len(rows))
	at := map[string]int{}
	ids := make([]string, len(rows))
	for i, r := range rows {
		out[i], at[r.ID], ids[i] = r.Delegation, i, r.ID
	}
	type post struct {
		delegation string
		id         PostID
		role       authz.Role
	}
	var in db.Where
	cond, args := db.In("x.delegation_id", ids)
	in.And(cond, args...)
	posts, err := db.All(ctx, q, func(r db.Scanner) (post, error) {
		var p post
		err := r.Scan(&p.delegation, &p.id, &p.role)
		return p, err
	}, `SELECT x.delegation_id, o.id, o.role FROM delegated_post x JOIN post o ON o.id = x.post_id WHERE `+in.SQL()+` ORDER BY o.since, o.id`, in.Args()...)
	if err != nil {
		return nil, err
	}
	for _, p := range posts {
		info, _ := authz.Info(p.role)
		d := &out[at[p.delegation]]
		d.Posts, d.Roles = append(d.Posts, p.id), append(d.Roles, info.Name)
	}
	return out, nil
}

// AbsenceKinds are the kinds of leave, in screen order.
var AbsenceKinds = []struct{ ID, Name string }{{"trip", "出差"}, {"annual", "年休假"}, {"sick", "病假"}, {"study", "学习培训"}, {"other", "其他"}}

// AbsenceKindName is the kind in Chinese.
func AbsenceKindName(id string) string {
	for _, k := range AbsenceKinds {
		if k.ID == id {
			return k.Name
		}
	}
	return id
}

// Absence is leave with its days.
type Absence struct {
	ID         string
	Person     PersonID
	PersonName string // joined
	Kind       string
	On, Until  calendar.Date
	Note       string
	Delegation string // the deputy's, where one was named with it
	EndedAt    time.Time
}

// RecordAbsence enters leave of the signed-in person, or of somebody in the
// scope. A deputy named with it begins and ends on the same days.
func (s *Service) RecordAbsence(ctx context.Context, tx *db.Tx, session *authz.Session, scope authz.Scope, a Absence) (Absence, error) {
	if session == nil || session.PersonID != string(a.Person) {
		if _, err := s.PersonByID(ctx, tx, scope, a.Person); err != nil {
			return Absence{}, err
		}
	}
	p, err := s.PersonByID(ctx, tx, authz.System("the person of an absence"), a.Person)
	if err != nil {
		return Absence{}, err
	}
	a.PersonName, a.Note = p.Name, strings.TrimSpace(a.Note)
	today := calendar.DateOf(tx.Now())
	if a.On.IsZero() {
		a.On = today
	}
	var f fault.Fields
	f.Check(AbsenceKindName(a.Kind) != a.Kind, "kind", "请选择请假类别")
	f.Check(!a.Until.IsZero() && !a.Until.Before(a.On), "until", "请填写请假到哪一天，不早于开始日期")
	f.Check(a.Until.IsZero() || a.Until.Sub(a.On) < MaxDelegationDays, "until", fmt.Sprintf("请假最长 %d 天；长期不在岗请办理离岗和移交", MaxDelegationDays))
	f.Check(a.Until.IsZero() || !a.Until.Before(today), "until", "请假已经结束，不必登记")
	f.Check(len([]rune(a.Note)) <= 200, "note", "说明最多 200 个字")
	if err := f.Err(); err != nil {
		return Absence{}, err
	}
	n, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM absence WHERE person_id = $1 AND ended_at IS NULL AND from_on <= $2 AND until_on >= $3`, a.Person, a.Until, a.On)
	if err != nil {
		return Absence{}, err
	}
	if n > 0 {
		return Absence{}, fault.New(fault.Conflict, "这段时间已登记过请假。").On("from", "时间重叠，请核对")
	}
	acting, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM delegation WHERE to_id = $1 AND ended_at IS NULL AND from_on <= $2 AND until_on >= $3`, a.Person, a.Until, a.On)
	if err != nil {
		return Absence{}, err
	}
	if acting > 0 {
		return Absence{}, fault.Newf(fault.Refused, "%s这段时间正代理他人岗位，请先结束代理再请假。", p.Name).On("from", "请先结束代理")
	}
	actor, ok := audit.ActorFrom(ctx)
	if !ok {
		return Absence{}, audit.ErrNoActor
	}
	a.ID = newID()
	if _, err := tx.Exec(ctx, `INSERT INTO absence (id, person_id, kind, from_on, until_on, note, delegation_id, made_by_name, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		a.ID, a.Person, a.Kind, a.On, a.Until, a.Note, db.Null(a.Delegation), actor.Name, tx.Now()); err != nil {
		return Absence{}, err
	}
	return a, audit.Record(ctx, tx, audit.Entry{Act: "org.absence.record", Target: personTarget(p), After: map[string]any{"kind": a.Kind, "from": a.On, "until": a.Until}})
}

// EndAbsence ends leave early, and the deputy named with it.
func (s *Service) EndAbsence(ctx context.Context, tx *db.Tx, session *authz.Session, scope authz.Scope, id string) (Absence, error) {
	a, err := db.One(ctx, tx, scanAbsence, absenceSelect+` WHERE x.id = $1`, id)
	if db.None(err) {
		return a, fault.Missing("请假")
	}
	if err != nil {
		return a, err
	}
	if session == nil || session.PersonID != string(a.Person) {
		if _, err := s.PersonByID(ctx, tx, scope, a.Person); err != nil {
			return Absence{}, fault.Missing("请假")
		}
	}
	n, err := tx.Exec(ctx, `UPDATE absence SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL`, id, tx.Now())
	if err != nil {
		return a, err
	}
	if n == 0 {
		return a, fault.New(fault.Conflict, "这次请假已经销假，请刷新后再看。")
	}
	if a.Delegation != "" {
		if _, err := s.EndDelegation(ctx, tx, session, scope, a.Delegation, "销假"); err != nil && !fault.Is(err, fault.Conflict) {
			return a, err
		}
	}
	return a, audit.Record(ctx, tx, audit.Entry{Act: "org.absence.end", Target: audit.Target{Kind: "person", ID: string(a.Person), Name: a.PersonName}})
}

const absenceSelect = `SELECT x.id, x.person_id, p.name, x.kind, x.from_on, x.until_on, x.note, COALESCE(x.delegation_id, ''), x.ended_at FROM absence x JOIN person p ON p.id = x.person_id`

func scanAbsence(r db.Scanner) (Absence, error) {
	var a Absence
	err := r.Scan(&a.ID, &a.Person, &a.PersonName, &a.Kind, &a.On, &a.Until, &a.Note, &a.Delegation, &a.EndedAt)
	return a, err
}

// Absences of a person, running and coming ones first.
func (s *Service) Absences(ctx context.Context, q db.Querier, session *authz.Session, scope authz.Scope, person PersonID) ([]Absence, error) {
	if session == nil || session.PersonID != string(person) {
		if _, err := s.PersonByID(ctx, q, scope, person); err != nil {
			return nil, err
		}
	}
	return db.All(ctx, q, scanAbsence, absenceSelect+` WHERE x.person_id = $1 ORDER BY x.until_on DESC, x.id DESC LIMIT 30`, person)
}

// Away reports whether a person has leave on the day.
func (s *Service) Away(ctx context.Context, q db.Querier, scope authz.Scope, person PersonID, on calendar.Date) (bool, error) {
	if _, err := s.PersonByID(ctx, q, scope, person); err != nil {
		return false, err
	}
	n, err := db.One(ctx, q, db.Value[int], `SELECT count(*) FROM absence WHERE person_id = $1 AND ended_at IS NULL AND from_on <= $2 AND until_on >= $2`, person, on)
	return n > 0, err
}

// Deputies are those whom a person may name: in service, of the unit, of the
// one above or of a body inside it; whoever is B to the person's A stands
// first.
func (s *Service) Deputies(ctx context.Context, q db.Querier, session *authz.Session, scope authz.Scope, person PersonID) ([]Person, error) {
	if session == nil || session.PersonID != string(person) {
		if _, err := s.PersonByID(ctx, q, scope, person); err != nil {
			return nil, err
		}
	}
	p, err := s.PersonByID(ctx, q, authz.System("deputies of a person"), person)
	if err != nil {
		return nil, err
	}
	u, err := unitByID(ctx, q, p.Unit)
	if err != nil {
		return nil, err
	}
	above := u.Parent
	return db.All(ctx, q, func(r db.Scanner) (Person, error) {
		var p Person
		err := r.Scan(&p.ID, &p.Unit, &p.Name, &p.Title, &p.UnitName)
		return p, err
	}, `SELECT p.id, p.unit_id, p.name, p.title, u.name FROM person p JOIN unit u ON u.id = p.unit_id
	     WHERE ((u.area_path >= $1 AND u.area_path < $2) OR u.id = $3) AND p.left_at IS NULL AND p.id <> $4
	     ORDER BY CASE WHEN EXISTS (SELECT 1 FROM named_post b JOIN named_post a ON a.object_id = b.object_id AND a.kind = 'post_a' AND a.ended_on IS NULL AND a.person_id = $4
	                    WHERE b.person_id = p.id AND b.kind = 'post_b' AND b.ended_on IS NULL AND b.object_id <> '') THEN 0 ELSE 1 END, p.name, p.id LIMIT 300`,
		u.AreaPath, u.AreaPath[:len(u.AreaPath)-1]+"0", string(above), person)
}

// Holding is what of one kind a person holds in a module, for a hand-over.
type Holding struct {
	Kind string // column
	Name string // 栏目
	Rows []HeldRow
}

// HeldRow is one thing a person holds.
type HeldRow struct{ Key, Name, Note, Link string }

// HandOver is what moved from one person to another for good.
type HandOver struct {
	ID       string
	From, To PersonID
	FromName string
	ToName   string
	Unit     UnitID
	Reason   string
	List     []Holding
	Rows     int
	By       string
	At       time.Time
}

// HeldPosts are the person's named posts as a holding.
func (s *Service) HeldPosts(ctx context.Context, q db.Querier, person PersonID) (Holding, error) {
	posts, err := s.NamedPosts(ctx, q, authz.System("posts of a person whose hand-over was checked"), PostFilter{Person: person, Limit: 1000})
	h := Holding{Kind: "named_post", Name: "法定岗位"}
	for _, n := range posts {
		name := n.Kind.Name()
		if n.ObjectName != "" {
			name += "：" + n.ObjectName
		}
		h.Rows = append(h.Rows, HeldRow{Key: "named_post:" + n.ID, Name: name, Note: n.UnitName, Link: n.ObjectLink()})
	}
	return h, err
}

// PassPosts gives a person's named posts to another. Where the other is B to
// the person's A (or A to B), the two change places and nobody holds both. The
// unit's principal and leader in charge are not clerks' posts and stay unless
// leaders says so.
func (s *Service) PassPosts(ctx context.Context, tx *db.Tx, from, to PersonID, why string, leaders bool) (int, error) {
	system := authz.System("a hand-over whose giver was checked")
	posts, err := s.NamedPosts(ctx, tx, system, PostFilter{Person: from, Limit: 1000})
	if err != nil {
		return 0, err
	}
	today := calendar.DateOf(tx.Now())
	moved := 0
	for _, n := range posts {
		if !leaders && (n.Kind == Principal || n.Kind == LeaderInCharge) {
			continue
		}
		if err := s.endPost(ctx, tx, n, today, why); err != nil {
			return moved, err
		}
		if n.ObjectID != "" {
			theirs, err := s.NamedPosts(ctx, tx, system, PostFilter{Person: to, ObjectID: n.ObjectID})
			if err != nil {
				return moved, err
			}
			if len(theirs) > 0 {
				// They hold the other post of the object already.
				if err := s.endPost(ctx, tx, theirs[0], today, why); err != nil {
					return moved, err
				}
				back := theirs[0]
				back.Person, back.Since, back.Document = from, today, ""
				left, err := s.PersonByID(ctx, tx, system, from)
				if err != nil {
					return moved, err
				}
				if left.LeftAt.IsZero() {
					if _, err := s.AssignPost(ctx, tx, system, back); err != nil {
						return moved, err
					}
				}
			}
		}
		taken := n
		taken.Person, taken.Since, taken.Document = to, today, ""
		if _, err := s.AssignPost(ctx, tx, system, taken); err != nil && !fault.Is(err, fault.Conflict) {
			return moved, err
		}
		moved++
	}
	return moved, nil
}

// PassRoles gives a person's login roles to another, where the scope may
// manage them. The separated administrators' are not passed.
func (s *Service) PassRoles(ctx context.Context, tx *db.Tx, scope authz.Scope, from, to PersonID) (int, error) {
	return s.takeRoles(ctx, tx, scope, from, to)
}

// KeepHandOver writes down what moved.
func (s *Service) KeepHandOver(ctx context.Context, tx *db.Tx, h HandOver) (HandOver, error) {
	system := authz.System("a hand-over whose giver was checked")
	from, err := s.PersonByID(ctx, tx, system, h.From)
	if err != nil {
		return HandOver{}, err
	}
	to, err := s.PersonByID(ctx, tx, system, h.To)
	if err != nil {
		return HandOver{}, err
	}
	actor, ok := audit.ActorFrom(ctx)
	if !ok {
		return HandOver{}, audit.ErrNoActor
	}
	list, err := json.Marshal(h.List)
	if err != nil {
		return HandOver{}, err
	}
	h.ID, h.FromName, h.ToName, h.Unit, h.By, h.At = newID(), from.Name, to.Name, from.Unit, actor.Name, tx.Now()
	if _, err := tx.Exec(ctx, `INSERT INTO hand_over (id, from_id, to_id, unit_id, reason, list, rows_moved, done_by_name, done_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		h.ID, h.From, h.To, h.Unit, h.Reason, string(list), h.Rows, h.By, h.At); err != nil {
		return HandOver{}, fmt.Errorf("org: keep hand-over: %w", err)
	}
	return h, audit.Record(ctx, tx, audit.Entry{Act: "org.handover", Target: personTarget(from), Basis: sx2021.ObjectAB.Citation,
		After: map[string]any{"from": from.Name, "to": to.Name, "rows": h.Rows, "reason": h.Reason}})
}

// HandOvers of a person in scope, either way, the latest first.
func (s *Service) HandOvers(ctx context.Context, q db.Querier, session *authz.Session, scope authz.Scope, person PersonID) ([]HandOver, error) {
	if session == nil || session.PersonID != string(person) {
		if _, err := s.PersonByID(ctx, q, scope, person); err != nil {
			return nil, err
		}
	}
	return db.All(ctx, q, func(r db.Scanner) (HandOver, error) {
		var h HandOver
		var list string
		err := r.Scan(&h.ID, &h.From, &h.FromName, &h.To, &h.ToName, &h.Unit, &h.Reason, &list, &h.Rows, &h.By, &h.At)
		if err != nil {
			return h, err
		}
		return h, json.Unmarshal([]byte(list), &h.List)
	}, `SELECT h.id, h.from_id, p.name, h.to_id, t.name, h.unit_id, h.reason, h.list, h.rows_moved, h.done_by_name, h.done_at
	      FROM hand_over h JOIN person p ON p.id = h.from_id JOIN person t ON t.id = h.to_id
	     WHERE h.from_id = $1 OR h.to_id = $1 ORDER BY h.done_at DESC, h.id DESC LIMIT 30`, person)
}
