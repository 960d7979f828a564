package roster

import (
	"context"
	"fmt"
	"strings"

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

// The clocks of Article 18.
var (
	LeaderVacant = obligation.Kind{ID: "leader_vacant", Name: "明确分管领导", Clause: "S18.2", Citation: sx2021.LeaderInCharge.Citation,
		Says: "在领导班子中明确一名主管领导", Remind: []int{3, 0}, Escalate: 1}
	PostVacant = obligation.Kind{ID: "post_vacant", Name: "补齐专岗责任人", Clause: "S18.1", Citation: sx2021.PostHolder.Citation,
		Says: "为网站、账号明确专岗责任人", Remind: []int{3, 0}, Escalate: 1}
)

// Obligations are the clocks this package runs.
func Obligations() []obligation.Kind { return []obligation.Kind{LeaderVacant, PostVacant} }

// Source is a module whose things a person can hold: columns, letters.
type Source struct {
	Name string
	Held func(ctx context.Context, q db.Querier, person org.PersonID) (org.Holding, error)
	Pass func(ctx context.Context, tx *db.Tx, from, to org.PersonID, why string) (int, error)
}

// Parts are what the service stands on.
type Parts struct {
	DB          *db.DB
	Org         *org.Service
	Registry    *registry.Service
	Obligations *obligation.Service
	Days        calendar.Workdays
	Settings    func() sx2021.Settings
	Sources     []Source
}

// Service is the door of roster.
type Service struct{ Parts }

// New makes the service.
func New(p Parts) *Service { return &Service{p} }

// Gap is one unit's vacancies.
type Gap struct {
	Unit     org.Unit
	Leader   string // 分管领导, empty when vacant
	Overall  string // 总负责人
	Objects  int    // sites, accounts and apps that stand
	Unheld   int    // of them, without a post-holder
	Single   int    // with A and no B
	Urged    bool   // a clock runs
	Breaches []rules.Breach
}

// GapFilter narrows Gaps.
type GapFilter struct {
	Text   string
	Under  org.AreaID
	Kind   string // leader, holder; either when empty
	All    bool   // units without gaps too
	Limit  int    // 50 when zero
	Offset int
}

const objectsOf = `(SELECT 'site' AS kind, id, unit_id FROM site WHERE state NOT IN ('exited', 'closed') UNION ALL SELECT kind, id, unit_id FROM account WHERE state NOT IN ('exited', 'closed'))`

// Gaps are the supervisors and sponsors in scope to whom Article 18 still has
// something to say, by division code, and how many.
func (s *Service) Gaps(ctx context.Context, scope authz.Scope, f GapFilter) ([]Gap, int, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.And("u.abolished_on IS NULL").And("u.kind = 'office' OR COALESCE(o.total, 0) > 0").
		AndIf(f.Text != "", `(lower(u.name) LIKE ? ESCAPE '\' OR u.initials LIKE ? ESCAPE '\')`, db.Contains(f.Text), db.Contains(f.Text))
	switch {
	case f.All:
	case f.Kind == "leader":
		w.And("l.id IS NULL")
	case f.Kind == "holder":
		w.And("COALESCE(o.unheld, 0) > 0")
	default:
		w.And("l.id IS NULL OR COALESCE(o.unheld, 0) > 0")
	}
	if f.Under != "" {
		a, err := s.Org.Area(ctx, s.DB, f.Under)
		if err != nil {
			return nil, 0, err
		}
		authz.Area("filter", a.Path).Where(&w, "u")
	}
	from := ` FROM unit u JOIN area a ON a.id = u.area_id
	  LEFT JOIN named_post l ON l.unit_id = u.id AND l.kind = 'leader_in_charge' AND l.ended_on IS NULL
	  LEFT JOIN (SELECT x.unit_id, count(*) AS total, count(CASE WHEN p.id IS NULL AND q.id IS NULL THEN 1 END) AS unheld, count(CASE WHEN p.id IS NOT NULL AND q.id IS NULL THEN 1 END) AS single
	               FROM ` + objectsOf + ` x
	               LEFT JOIN named_post p ON p.object_kind = x.kind AND p.object_id = x.id AND p.kind = 'post_a' AND p.ended_on IS NULL
	               LEFT JOIN named_post q ON q.object_kind = x.kind AND q.object_id = x.id AND q.kind = 'post_b' AND q.ended_on IS NULL
	              GROUP BY x.unit_id) o ON o.unit_id = u.id
	 WHERE `
	total, err := db.One(ctx, s.DB, db.Value[int], `SELECT count(*)`+from+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	limit := f.Limit
	if limit == 0 {
		limit = 50
	}
	rows, err := db.All(ctx, s.DB, func(r db.Scanner) (Gap, error) {
		var g Gap
		err := r.Scan(&g.Unit.ID, &g.Unit.Name, &g.Unit.Kind, &g.Unit.Level, &g.Unit.AreaName, &g.Leader, &g.Overall, &g.Objects, &g.Unheld, &g.Single, &g.Urged)
		g.Breaches = sx2021.CheckLeader(sx2021.Roster{Supervises: g.Unit.Kind == org.Office, Sponsors: g.Objects > 0, LeaderInCharge: g.Leader})
		if g.Unheld > 0 {
			g.Breaches = append(g.Breaches, sx2021.CheckObjectPosts(sx2021.ObjectPosts{})...)
		}
		return g, err
	}, `SELECT u.id, u.name, u.kind, u.level, a.name,
	           COALESCE((SELECT p.name FROM person p WHERE p.id = l.person_id), ''),
	           COALESCE((SELECT p.name FROM named_post n JOIN person p ON p.id = n.person_id WHERE n.unit_id = u.id AND n.kind = 'overall' AND n.ended_on IS NULL), ''),
	           COALESCE(o.total, 0), COALESCE(o.unheld, 0), COALESCE(o.single, 0),
	           EXISTS (SELECT 1 FROM obligation b WHERE b.unit_id = u.id AND b.state = 'open' AND b.kind IN ('leader_vacant', 'post_vacant'))`+from+w.SQL()+`
		ORDER BY a.code, CASE u.kind WHEN 'office' THEN 0 ELSE 1 END, u.name, u.id LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	return rows, total, err
}

// Unheld are a unit's objects without a post-holder.
func (s *Service) Unheld(ctx context.Context, q db.Querier, scope authz.Scope, unit org.UnitID) ([]registry.Object, error) {
	all, err := s.Registry.ObjectsOf(ctx, q, scope, unit)
	if err != nil {
		return nil, err
	}
	posts, err := s.Org.NamedPosts(ctx, q, scope, org.PostFilter{Unit: unit, Limit: 5000})
	if err != nil {
		return nil, err
	}
	held := map[string]bool{}
	for _, p := range posts {
		held[p.ObjectID] = true
	}
	var out []registry.Object
	for _, o := range all {
		if !o.Ended() && !held[o.ID] {
			out = append(out, o)
		}
	}
	return out, nil
}

// Urge starts the clocks of the vacancies that units have; what a unit has not
// is left out. It returns how many clocks run from now on.
func (s *Service) Urge(ctx context.Context, scope authz.Scope, units []org.UnitID) (int, error) {
	if len(units) == 0 || len(units) > 200 {
		return 0, fault.New(fault.Invalid, "请选择 1 到 200 个单位。").On("unit", "请勾选单位")
	}
	n := 0
	err := s.DB.Update(ctx, func(tx *db.Tx) error {
		n = 0
		for _, id := range units {
			u, err := s.Org.UnitTx(ctx, tx, scope, id)
			if err != nil {
				return err
			}
			opened, err := s.vacancies(ctx, tx, u)
			if err != nil {
				return err
			}
			n += opened
		}
		if n == 0 {
			return fault.New(fault.Conflict, "所选单位没有空缺，不需要督促。")
		}
		return nil
	})
	return n, err
}

// vacancies opens the clocks of what is vacant at a unit.
func (s *Service) vacancies(ctx context.Context, tx *db.Tx, u org.Unit) (int, error) {
	system := authz.System("roster.vacancies")
	objects, err := s.Unheld(ctx, tx, system, u.ID)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, o := range objects {
		if err := s.openPost(ctx, tx, o); err != nil {
			return n, err
		}
		n++
	}
	posts, err := s.Org.NamedPosts(ctx, tx, system, org.PostFilter{Unit: u.ID, Kind: org.LeaderInCharge})
	if err != nil || len(posts) > 0 {
		return n, err
	}
	if u.Kind != org.Office {
		all, err := s.Registry.ObjectsOf(ctx, tx, system, u.ID)
		if err != nil {
			return n, err
		}
		standing := 0
		for _, o := range all {
			if !o.Ended() {
				standing++
			}
		}
		if standing == 0 {
			return n, nil
		}
	}
	return n + 1, s.openLeader(ctx, tx, u)
}

func (s *Service) due(tx *db.Tx) calendar.Due {
	return s.Days.Add(calendar.DateOf(tx.Now()), s.Settings().VacancyWorkdays)
}

func (s *Service) openLeader(ctx context.Context, tx *db.Tx, u org.Unit) error {
	return s.Obligations.Open(ctx, tx, obligation.Debt{Kind: LeaderVacant.ID, Unit: u.ID, Subject: leaderSubject(u), Link: "/console/units/" + string(u.ID) + "/named-posts/new?kind=leader_in_charge", Due: s.due(tx)})
}

func leaderSubject(u org.Unit) obligation.Subject {
	return obligation.Subject{Kind: "unit", ID: string(u.ID), Name: u.Name}
}

func (s *Service) openPost(ctx context.Context, tx *db.Tx, o registry.Object) error {
	return s.Obligations.Open(ctx, tx, obligation.Debt{Kind: PostVacant.ID, Unit: o.Unit, Subject: subjectOf(o.Ref, o.Name), Due: s.due(tx),
		Link: "/console/units/" + string(o.Unit) + "/named-posts/new?kind=post_a&object=" + string(o.Kind) + ":" + o.ID})
}

func subjectOf(ref registry.Ref, name string) obligation.Subject {
	kind := "account"
	if ref.Kind == sx2021.Site {
		kind = "site"
	}
	return obligation.Subject{Kind: kind, ID: ref.ID, Name: name}
}

// Assign names the holder of a post of a unit, or of an object of it; the
// clock of the vacancy ends with it.
func (s *Service) Assign(ctx context.Context, tx *db.Tx, scope authz.Scope, n org.NamedPost) (org.NamedPost, error) {
	if n.Kind.OfObject() && n.ObjectID != "" {
		o, err := s.Registry.Object(ctx, tx, scope, registry.Ref{Kind: sx2021.ObjectKind(n.ObjectKind), ID: n.ObjectID})
		if fault.Is(err, fault.NotFound) || err == nil && o.Unit != n.Unit {
			return n, fault.New(fault.Invalid, "所选网站或账号不是本单位主办的。").On("object", "请从列表中选择")
		}
		if err != nil {
			return n, err
		}
		if o.Ended() {
			return n, fault.Newf(fault.Conflict, "%s已%s，不再设岗。", o.Name, o.StateName()).On("object", "请选择在运行的网站或账号")
		}
		n.ObjectKind, n.ObjectName = string(o.Kind), o.Name
	}
	n, err := s.Org.AssignPost(ctx, tx, scope, n)
	if err != nil {
		return n, err
	}
	return n, s.filled(ctx, tx, n)
}

// filled ends the clock of the vacancy that a holding fills.
func (s *Service) filled(ctx context.Context, tx *db.Tx, n org.NamedPost) error {
	evidence := n.Kind.Name() + "：" + n.PersonName + "，自" + n.Since.String()
	if n.Document != "" {
		evidence += "（" + n.Document + "）"
	}
	switch {
	case n.Kind == org.LeaderInCharge:
		_, err := s.Obligations.Discharge(ctx, tx, LeaderVacant.ID, obligation.Subject{Kind: "unit", ID: string(n.Unit), Name: n.UnitName}, evidence)
		return err
	case n.Kind.OfObject():
		_, err := s.Obligations.Discharge(ctx, tx, PostVacant.ID, subjectOf(registry.Ref{Kind: sx2021.ObjectKind(n.ObjectKind), ID: n.ObjectID}, n.ObjectName), evidence)
		return err
	}
	return nil
}

// End ends a holding with its reason; what falls vacant with it gets its clock.
func (s *Service) End(ctx context.Context, tx *db.Tx, scope authz.Scope, id, why string) (org.NamedPost, error) {
	n, err := s.Org.EndNamedPost(ctx, tx, scope, id, why)
	if err != nil {
		return n, err
	}
	u, err := s.Org.UnitTx(ctx, tx, authz.System("the unit of a post in scope"), n.Unit)
	if err != nil {
		return n, err
	}
	_, err = s.fellVacant(ctx, tx, u, []org.NamedPost{n})
	return n, err
}

// fellVacant opens the clocks of what ended posts leave without a holder, and
// says what.
func (s *Service) fellVacant(ctx context.Context, tx *db.Tx, u org.Unit, ended []org.NamedPost) ([]string, error) {
	var out []string
	system := authz.System("roster.vacancies")
	for _, n := range ended {
		left, err := s.Org.NamedPosts(ctx, tx, system, org.PostFilter{Unit: n.Unit, Kind: n.Kind, ObjectID: n.ObjectID})
		if err != nil {
			return out, err
		}
		if len(left) > 0 {
			continue
		}
		name := n.Kind.Name()
		if n.ObjectName != "" {
			name += "（" + n.ObjectName + "）"
		}
		out = append(out, name)
		at := u
		if n.Unit != u.ID {
			if at, err = s.Org.UnitTx(ctx, tx, system, n.Unit); err != nil {
				return out, err
			}
		}
		switch {
		case !at.AbolishedOn.IsZero():
		case n.Kind == org.LeaderInCharge:
			if _, err := s.vacancies(ctx, tx, at); err != nil {
				return out, err
			}
		case n.Kind.OfObject():
			holders, err := s.Org.NamedPosts(ctx, tx, system, org.PostFilter{ObjectID: n.ObjectID})
			if err != nil {
				return out, err
			}
			o, err := s.Registry.Object(ctx, tx, system, registry.Ref{Kind: sx2021.ObjectKind(n.ObjectKind), ID: n.ObjectID})
			if fault.Is(err, fault.NotFound) || err == nil && (o.Ended() || len(holders) > 0) {
				continue
			}
			if err != nil {
				return out, err
			}
			if err := s.openPost(ctx, tx, o); err != nil {
				return out, err
			}
		}
	}
	return out, nil
}

// Holdings are what a person holds: named posts, and what each source tells.
// The person's own come through the session.
func (s *Service) Holdings(ctx context.Context, q db.Querier, session *authz.Session, scope authz.Scope, person org.PersonID) ([]org.Holding, error) {
	if session == nil || session.PersonID != string(person) {
		if _, err := s.Org.PersonByID(ctx, q, scope, person); err != nil {
			return nil, err
		}
	}
	own, err := s.Org.HeldPosts(ctx, q, person)
	if err != nil {
		return nil, err
	}
	out := []org.Holding{own}
	for _, src := range s.Sources {
		h, err := src.Held(ctx, q, person)
		if err != nil {
			return nil, fmt.Errorf("roster: what %s holds: %w", src.Name, err)
		}
		out = append(out, h)
	}
	return out, nil
}

// Passing is a hand-over for good.
type Passing struct {
	From, To org.PersonID
	Why      string
	Roles    bool // the login posts too: where the actor may manage them
	Leaders  bool // principal and leader in charge too
}

// HandOver moves all that one person holds to another in one act: by the person
// for what is theirs, or by who manages people in the scope. roles is where the
// actor may appoint: login posts move only there.
func (s *Service) HandOver(ctx context.Context, tx *db.Tx, session *authz.Session, scope, roles authz.Scope, p Passing) (org.HandOver, error) {
	h, err := s.handOver(ctx, tx, session, scope, roles, p)
	if err == nil && h.Rows == 0 {
		return h, fault.New(fault.Conflict, "没有需要移交的内容，可能刚办理过，请刷新后再看。")
	}
	return h, err
}

// handOver is HandOver; with nothing to move it is empty.
func (s *Service) handOver(ctx context.Context, tx *db.Tx, session *authz.Session, scope, roles authz.Scope, p Passing) (org.HandOver, error) {
	own := session != nil && session.PersonID == string(p.From)
	if !own {
		if _, err := s.Org.PersonByID(ctx, tx, scope, p.From); err != nil {
			return org.HandOver{}, err
		}
	}
	p.Why = strings.TrimSpace(p.Why)
	var f fault.Fields
	f.Check(p.To != "", "to", "请选择接手的人")
	f.Check(p.To == "" || p.To != p.From, "to", "不能移交给自己，请另选一人")
	f.Check(p.Why != "" && len([]rune(p.Why)) <= 200, "why", "请填写移交原因，最多 200 个字")
	if err := f.Err(); err != nil {
		return org.HandOver{}, err
	}
	near, err := s.Org.Deputies(ctx, tx, session, authz.System("who may take over"), p.From)
	if err != nil {
		return org.HandOver{}, err
	}
	found := false
	for _, d := range near {
		found = found || d.ID == p.To
	}
	if !found {
		return org.HandOver{}, fault.New(fault.Refused, "接手的人不在本单位，或已离岗。").On("to", "请从列表中选择")
	}
	if own && p.Roles {
		return org.HandOver{}, fault.New(fault.Refused, "不能移交自己的登录岗位，请由主管人员在人员页办理。").On("roles", "请由他人办理")
	}
	list, err := s.Holdings(ctx, tx, session, authz.System("a hand-over whose giver was checked"), p.From)
	if err != nil {
		return org.HandOver{}, err
	}
	moved, err := s.Org.PassPosts(ctx, tx, p.From, p.To, "移交："+p.Why, p.Leaders)
	if err != nil {
		return org.HandOver{}, err
	}
	for _, src := range s.Sources {
		n, err := src.Pass(ctx, tx, p.From, p.To, p.Why)
		if err != nil {
			return org.HandOver{}, fmt.Errorf("roster: pass %s: %w", src.Name, err)
		}
		moved += n
	}
	if p.Roles {
		n, err := s.Org.PassRoles(ctx, tx, roles, p.From, p.To)
		if err != nil {
			return org.HandOver{}, err
		}
		if n > 0 {
			list = append(list, org.Holding{Kind: "post", Name: "登录岗位", Rows: []org.HeldRow{{Name: fmt.Sprintf("%d 个登录岗位", n)}}})
		}
		moved += n
	}
	if moved == 0 {
		return org.HandOver{}, nil
	}
	return s.Org.KeepHandOver(ctx, tx, org.HandOver{From: p.From, To: p.To, Reason: p.Why, List: list, Rows: moved})
}

// Left is what a person's leaving brought about.
type Left struct {
	Person   org.Person
	HandOver org.HandOver // zero without a successor
	Vacant   []string     // posts without a holder from now on
}

// Leave ends a person's service: with a successor all is handed over first;
// without one, what falls vacant is listed and gets its clock. Columns are never
// without their people, so a person who has some needs a successor.
func (s *Service) Leave(ctx context.Context, tx *db.Tx, session *authz.Session, scope, roles authz.Scope, person, successor org.PersonID, why string) (Left, error) {
	p, err := s.Org.PersonByID(ctx, tx, scope, person)
	if err != nil {
		return Left{}, err
	}
	out := Left{Person: p}
	if successor == "" {
		list, err := s.Holdings(ctx, tx, session, scope, person)
		if err != nil {
			return out, err
		}
		for _, h := range list {
			if h.Kind != "named_post" && len(h.Rows) > 0 {
				return out, fault.Newf(fault.Refused, "%s名下还有%s %d 项（如“%s”），离岗前要选择接手的人。", p.Name, h.Name, len(h.Rows), h.Rows[0].Name).On("to", "请选择接手的人")
			}
		}
	} else if out.HandOver, err = s.handOver(ctx, tx, session, scope, roles, Passing{From: person, To: successor, Why: why, Roles: !roles.Empty()}); err != nil {
		return out, err
	}
	left, err := s.Org.Leave(ctx, tx, scope, person, why)
	if err != nil {
		return out, err
	}
	u, err := s.Org.UnitTx(ctx, tx, authz.System("the unit of a person in scope"), p.Unit)
	if err != nil {
		return out, err
	}
	out.Vacant, err = s.fellVacant(ctx, tx, u, left.Posts)
	return out, err
}

// LedgerHolds say why a record of the ledger stays that this module refers to.
func LedgerHolds() []registry.Hold {
	return []registry.Hold{registry.ObjectHold("已登记岗位，保留", "named_post", "ended_on IS NULL AND object_id <> ''")}
}
