package org

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/rules"
	"zhengshu/internal/rules/sx2021"
)

func newID() string { return ulid.Make().String() }

// PostKind is a post the regulation names. It says who answers for what; what a
// person may do in the console is the role of a login post.
type PostKind string

// The named posts.
const (
	Principal      PostKind = "principal"        // 主要负责同志, Article 7(2)
	LeaderInCharge PostKind = "leader_in_charge" // 分管领导, Article 18
	Overall        PostKind = "overall"          // 总负责人, Article 19(1)
	ChiefEditor    PostKind = "chief_editor"     // 总编辑, Article 19(1): encouraged
	Liaison        PostKind = "liaison"          // 专岗, Article 18
	PostA          PostKind = "post_a"           // A 岗 of an object, Article 19(2)
	PostB          PostKind = "post_b"           // B 岗 of an object
)

// PostKinds is the closed list in screen order.
var PostKinds = []PostKind{Principal, LeaderInCharge, Overall, ChiefEditor, Liaison, PostA, PostB}

// UnitPosts are those that belong to a unit, not to an object of it.
var UnitPosts = PostKinds[:5]

var postKindNames = map[PostKind]string{
	Principal: "主要负责同志", LeaderInCharge: "分管领导", Overall: "总负责人", ChiefEditor: "总编辑", Liaison: "专岗人员", PostA: "A 岗", PostB: "B 岗",
}

// Name is the post in Chinese.
func (k PostKind) Name() string { return postKindNames[k] }

// OfObject reports whether the post belongs to a site, account or app.
func (k PostKind) OfObject() bool { return k == PostA || k == PostB }

// Single reports whether a unit has one holder at most.
func (k PostKind) Single() bool { return !k.OfObject() && k != Liaison }

// Citation is the article that names the post.
func (k PostKind) Citation() string {
	switch k {
	case Principal:
		return sx2021.DepartmentConsent.Citation
	case LeaderInCharge:
		return sx2021.LeaderInCharge.Citation
	case Overall, ChiefEditor:
		return sx2021.ColumnOwner.Citation
	case Liaison:
		return sx2021.PostHolder.Citation
	}
	return sx2021.ObjectAB.Citation
}

// NamedPost is one holding of a named post, now or in the past.
type NamedPost struct {
	ID         string
	Unit       UnitID
	UnitName   string // joined
	Person     PersonID
	PersonName string // joined
	Title      string // joined, of the person
	Kind       PostKind
	ObjectKind string // site, account, app: of PostA and PostB
	ObjectID   string
	ObjectName string
	Phone      string
	Document   string
	Since      calendar.Date
	Ended      calendar.Date
	EndedWhy   string
}

// ObjectLink is the object's page in the console, empty for a unit's post.
func (n NamedPost) ObjectLink() string {
	switch n.ObjectKind {
	case "":
		return ""
	case "site":
		return "/console/sites/" + n.ObjectID
	}
	return "/console/accounts/" + n.ObjectID
}

const namedPostSelect = `
	SELECT n.id, n.unit_id, u.name, n.person_id, p.name, p.title, n.kind, n.object_kind, n.object_id, n.object_name, n.phone, n.document, n.since_on, n.ended_on, n.ended_why
	  FROM named_post n JOIN unit u ON u.id = n.unit_id JOIN person p ON p.id = n.person_id`

func scanNamedPost(r db.Scanner) (NamedPost, error) {
	var n NamedPost
	err := r.Scan(&n.ID, &n.Unit, &n.UnitName, &n.Person, &n.PersonName, &n.Title, &n.Kind, &n.ObjectKind, &n.ObjectID, &n.ObjectName, &n.Phone, &n.Document, &n.Since, &n.Ended, &n.EndedWhy)
	return n, err
}

// AssignPost names the holder of a post. A post with one holder passes to the
// new one on the day; A and B of an object are two people. The module that
// knows the object has checked it for a post of an object.
func (s *Service) AssignPost(ctx context.Context, tx *db.Tx, scope authz.Scope, n NamedPost) (NamedPost, error) {
	today := calendar.DateOf(tx.Now())
	if n.Since.IsZero() {
		n.Since = today
	}
	n.Phone, n.Document = strings.TrimSpace(n.Phone), strings.TrimSpace(n.Document)
	var f fault.Fields
	f.Check(postKindNames[n.Kind] != "", "kind", "请选择岗位")
	f.Check(n.Kind.OfObject() == (n.ObjectID != ""), "object", "A 岗、B 岗要选择网站或账号，其他岗位属于单位")
	f.Check(n.Person != "", "person", "请选择人员")
	f.Check(!n.Since.After(today), "since", "任岗日期还没有到，请在当日或以后办理")
	f.Check(len([]rune(n.Phone)) <= 40, "phone", "电话最多 40 个字")
	f.Check(len([]rune(n.Document)) <= 100, "document", "任命文号最多 100 个字")
	f.Check(n.Kind != Liaison || n.Phone != "", "phone", "专岗要登记办公电话")
	if err := f.Err(); err != nil {
		return NamedPost{}, err
	}
	u, err := s.UnitTx(ctx, tx, scope, n.Unit)
	if err != nil {
		return NamedPost{}, err
	}
	if !u.AbolishedOn.IsZero() {
		return NamedPost{}, fault.Newf(fault.Conflict, "%s已撤销，不能再任岗。", u.Name)
	}
	p, err := s.PersonByID(ctx, tx, scope, n.Person)
	if fault.Is(err, fault.NotFound) {
		return NamedPost{}, fault.New(fault.Invalid, "人员没有登记，或不在您的管辖范围内。").On("person", "请从列表中选择")
	}
	if err != nil {
		return NamedPost{}, err
	}
	if !p.LeftAt.IsZero() {
		return NamedPost{}, fault.Newf(fault.Conflict, "%s已离岗，不能再任岗。", p.Name).On("person", "请选择在岗人员")
	}
	n.UnitName, n.PersonName, n.Title = u.Name, p.Name, p.Title
	held, err := s.rivals(ctx, tx, n)
	if err != nil {
		return NamedPost{}, err
	}
	for _, h := range held {
		switch {
		case h.Kind == n.Kind && h.Person == n.Person:
			return NamedPost{}, fault.Newf(fault.Conflict, "%s已担任%s，不必重复登记。", p.Name, n.Kind.Name()).On("person", "已在岗")
		case h.Kind != n.Kind && h.Person == n.Person:
			return NamedPost{}, rules.Refuse(sx2021.CheckObjectPosts(sx2021.ObjectPosts{A: string(n.Person), B: string(n.Person)}))
		case h.Kind == n.Kind:
			if n.Since.Before(h.Since) {
				return NamedPost{}, fault.Newf(fault.Invalid, "任岗日期早于现任%s的任岗日期（%s）。", h.PersonName, h.Since.Chinese()).On("since", "请核对任岗日期")
			}
			if err := s.endPost(ctx, tx, h, n.Since, "由"+p.Name+"接任"); err != nil {
				return NamedPost{}, err
			}
		}
	}
	n.ID = newID()
	_, err = tx.Exec(ctx, `INSERT INTO named_post (id, unit_id, person_id, kind, object_kind, object_id, object_name, phone, document, since_on, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		n.ID, n.Unit, n.Person, n.Kind, n.ObjectKind, n.ObjectID, n.ObjectName, n.Phone, n.Document, n.Since, tx.Now())
	if _, dup := db.UniqueViolation(err); dup {
		return NamedPost{}, fault.New(fault.Conflict, "这个岗位刚被别人登记过，请刷新后再看。").From(err)
	}
	if err != nil {
		return NamedPost{}, fmt.Errorf("org: assign post: %w", err)
	}
	return n, audit.Record(ctx, tx, audit.Entry{Act: "org.post.assign", Target: personTarget(p), Basis: n.Kind.Citation(), After: n})
}

// rivals are the holders now that the new holding touches.
func (s *Service) rivals(ctx context.Context, q db.Querier, n NamedPost) ([]NamedPost, error) {
	if n.ObjectID != "" {
		return db.All(ctx, q, scanNamedPost, namedPostSelect+` WHERE n.object_id = $1 AND n.ended_on IS NULL ORDER BY n.id`, n.ObjectID)
	}
	if n.Kind.Single() {
		return db.All(ctx, q, scanNamedPost, namedPostSelect+` WHERE n.unit_id = $1 AND n.kind = $2 AND n.ended_on IS NULL ORDER BY n.id`, n.Unit, n.Kind)
	}
	return db.All(ctx, q, scanNamedPost, namedPostSelect+` WHERE n.unit_id = $1 AND n.kind = $2 AND n.person_id = $3 AND n.ended_on IS NULL ORDER BY n.id`, n.Unit, n.Kind, n.Person)
}

func personTarget(p Person) audit.Target {
	return audit.Target{Kind: "person", ID: string(p.ID), Name: p.Name, Unit: string(p.Unit)}
}

func (s *Service) endPost(ctx context.Context, tx *db.Tx, n NamedPost, on calendar.Date, why string) error {
	if _, err := tx.Exec(ctx, `UPDATE named_post SET ended_on = $2, ended_why = $3 WHERE id = $1 AND ended_on IS NULL`, n.ID, on, why); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "org.post.end", Basis: n.Kind.Citation(), Before: n, After: map[string]any{"on": on, "why": why},
		Target: audit.Target{Kind: "person", ID: string(n.Person), Name: n.PersonName, Unit: string(n.Unit)}})
}

// NamedPostByID is one holding in scope.
func (s *Service) NamedPostByID(ctx context.Context, q db.Querier, scope authz.Scope, id string) (NamedPost, error) {
	n, err := db.One(ctx, q, scanNamedPost, namedPostSelect+` WHERE n.id = $1`, id)
	if db.None(err) {
		return NamedPost{}, fault.Missing("岗位")
	}
	if err != nil {
		return NamedPost{}, err
	}
	if _, err := s.UnitTx(ctx, q, scope, n.Unit); err != nil {
		return NamedPost{}, fault.Missing("岗位")
	}
	return n, nil
}

// EndNamedPost ends a holding with its reason.
func (s *Service) EndNamedPost(ctx context.Context, tx *db.Tx, scope authz.Scope, id, why string) (NamedPost, error) {
	n, err := s.NamedPostByID(ctx, tx, scope, id)
	if err != nil {
		return NamedPost{}, err
	}
	if !n.Ended.IsZero() {
		return NamedPost{}, fault.New(fault.Conflict, "这个岗位已经免去，请刷新后再看。")
	}
	why = strings.TrimSpace(why)
	if why == "" || len([]rune(why)) > 200 {
		return NamedPost{}, fault.New(fault.Invalid, "免去岗位要写明原因，最多 200 个字。").On("why", "请填写原因")
	}
	on := calendar.DateOf(tx.Now())
	n.Ended, n.EndedWhy = on, why
	return n, s.endPost(ctx, tx, NamedPost{ID: n.ID, Unit: n.Unit, Person: n.Person, PersonName: n.PersonName, Kind: n.Kind, ObjectName: n.ObjectName, Since: n.Since}, on, why)
}

// PostFilter narrows NamedPosts.
type PostFilter struct {
	Unit     UnitID
	Person   PersonID
	Kind     PostKind
	ObjectID string
	Ended    bool // those of the past too
	Limit    int  // 200 when zero
}

// NamedPosts in scope: by unit, then the order of posts.
func (s *Service) NamedPosts(ctx context.Context, q db.Querier, scope authz.Scope, f PostFilter) ([]NamedPost, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.AndIf(f.Unit != "", "n.unit_id = ?", f.Unit).AndIf(f.Person != "", "n.person_id = ?", f.Person).AndIf(f.Kind != "", "n.kind = ?", f.Kind).
		AndIf(f.ObjectID != "", "n.object_id = ?", f.ObjectID).AndIf(!f.Ended, "n.ended_on IS NULL")
	limit := f.Limit
	if limit == 0 {
		limit = 200
	}
	return db.All(ctx, q, scanNamedPost, namedPostSelect+` WHERE `+w.SQL()+`
		ORDER BY CASE WHEN n.ended_on IS NULL THEN 0 ELSE 1 END, CASE n.kind WHEN 'principal' THEN 0 WHEN 'leader_in_charge' THEN 1 WHEN 'overall' THEN 2
		 WHEN 'chief_editor' THEN 3 WHEN 'liaison' THEN 4 ELSE 5 END, n.object_name, n.kind, n.since_on DESC, n.id LIMIT `+w.Arg(limit), w.Args()...)
}

// PersonFilter narrows PeopleLedger.
type PersonFilter struct {
	Text   string // part of the name or its initials
	Unit   UnitID // the unit and the bodies inside it
	Under  AreaID
	Post   PostKind   // holds it now
	Role   authz.Role // holds it now
	Left   bool       // those who left instead
	Idle   bool       // those without any post
	Limit  int        // 50 when zero
	Offset int
}

// PersonRow is a person of the ledger with the posts held now, in words.
type PersonRow struct {
	Person
	AreaName string
	Posts    []string // named posts, with their object
	Roles    []string // login roles
	Deputy   string   // who acts for the person today
}

// PeopleLedger are the people in scope, by unit and name, and how many.
func (s *Service) PeopleLedger(ctx context.Context, scope authz.Scope, f PersonFilter) ([]PersonRow, int, error) {
	var w db.Where
	scope.Where(&w, "u")
	f.Text, _ = Tidy(f.Text)
	w.AndIf(!f.Left, "p.left_at IS NULL").AndIf(f.Left, "p.left_at IS NOT NULL").
		AndIf(f.Text != "", `(lower(p.name) LIKE ? ESCAPE '\' OR p.initials LIKE ? ESCAPE '\')`, db.Contains(f.Text), db.Contains(f.Text)).
		AndIf(f.Post != "", `EXISTS (SELECT 1 FROM named_post n WHERE n.person_id = p.id AND n.ended_on IS NULL AND n.kind = ?)`, f.Post).
		AndIf(f.Role != "", `EXISTS (SELECT 1 FROM post o WHERE o.person_id = p.id AND o.ended_at IS NULL AND o.role = ?)`, f.Role).
		AndIf(f.Idle, `NOT EXISTS (SELECT 1 FROM named_post n WHERE n.person_id = p.id AND n.ended_on IS NULL) AND NOT EXISTS (SELECT 1 FROM post o WHERE o.person_id = p.id AND o.ended_at IS NULL)`)
	if f.Unit != "" {
		u, err := s.Unit(ctx, scope, f.Unit)
		if err != nil {
			return nil, 0, err
		}
		authz.Area("filter", u.AreaPath).Where(&w, "u")
	}
	if f.Under != "" {
		a, err := areaByID(ctx, s.db, f.Under)
		if db.None(err) {
			return nil, 0, fault.Missing("区划")
		}
		if err != nil {
			return nil, 0, err
		}
		authz.Area("filter", a.Path).Where(&w, "u")
	}
	from := ` FROM person p JOIN unit u ON u.id = p.unit_id JOIN area a ON a.id = u.area_id WHERE `
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*)`+from+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	limit := f.Limit
	if limit == 0 {
		limit = 50
	}
	rows, err := db.All(ctx, s.db, func(r db.Scanner) (PersonRow, error) {
		var p PersonRow
		err := r.Scan(&p.ID, &p.Unit, &p.Name, &p.Title, &p.Phone, &p.LeftAt, &p.LeftReason, &p.UnitName, &p.AreaName)
		return p, err
	}, `SELECT p.id, p.unit_id, p.name, p.title, p.phone, p.left_at, p.left_reason, u.name, a.name`+from+w.SQL()+`
		ORDER BY u.area_path, p.name, p.id LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	if err != nil || len(rows) == 0 {
		return rows, total, err
	}
	return rows, total, s.dress(ctx, rows)
}

// dressed is how many people are looked up in one statement.
const dressed = 500

// dress adds to each person the posts held now and today's deputy.
func (s *Service) dress(ctx context.Context, rows []PersonRow) error {
	for len(rows) > dressed {
		if err := s.dress(ctx, rows[:dressed]); err != nil {
			return err
		}
		rows = rows[dressed:]
	}
	at := map[PersonID]int{}
	ids := make([]PersonID, len(rows))
	for i, r := range rows {
		at[r.ID], ids[i] = i, r.ID
	}
	among := func(column string) *db.Where {
		var w db.Where
		cond, args := db.In(column, ids)
		return w.And(cond, args...)
	}
	type found struct {
		person             PersonID
		kind, object, unit string
	}
	scan := func(r db.Scanner) (found, error) {
		var x found
		err := r.Scan(&x.person, &x.kind, &x.object, &x.unit)
		return x, err
	}
	named := among("n.person_id").And("n.ended_on IS NULL")
	posts, err := db.All(ctx, s.db, scan, `SELECT n.person_id, n.kind, n.object_name, n.unit_id FROM named_post n WHERE `+named.SQL()+` ORDER BY n.person_id, n.kind, n.object_name`, named.Args()...)
	if err != nil {
		return err
	}
	for _, x := range posts {
		name := PostKind(x.kind).Name()
		if x.object != "" {
			name += "（" + x.object + "）"
		}
		rows[at[x.person]].Posts = append(rows[at[x.person]].Posts, name)
	}
	held := among("o.person_id").And("o.ended_at IS NULL")
	roles, err := db.All(ctx, s.db, scan, `SELECT o.person_id, o.role, '', o.unit_id FROM post o WHERE `+held.SQL()+` ORDER BY o.person_id, o.since, o.id`, held.Args()...)
	if err != nil {
		return err
	}
	for _, x := range roles {
		info, _ := authz.Info(authz.Role(x.kind))
		if r := &rows[at[x.person]]; !slices.Contains(r.Roles, info.Name) {
			r.Roles = append(r.Roles, info.Name)
		}
	}
	today := calendar.DateOf(s.db.Now())
	deputies := among("d.from_id").And("d.ended_at IS NULL AND d.from_on <= ? AND d.until_on >= ?", today, today)
	acting, err := db.All(ctx, s.db, scan, `SELECT d.from_id, p.name, '', '' FROM delegation d JOIN person p ON p.id = d.to_id WHERE `+deputies.SQL()+` ORDER BY d.id`, deputies.Args()...)
	if err != nil {
		return err
	}
	for _, x := range acting {
		rows[at[x.person]].Deputy = x.kind
	}
	return nil
}

// Amended are the facts of a person that are corrected.
type Amended struct{ Name, Title, Phone string }

// AmendPerson corrects a person's name, title and telephone.
func (s *Service) AmendPerson(ctx context.Context, tx *db.Tx, scope authz.Scope, id PersonID, n Amended) (Person, error) {
	p, err := s.PersonByID(ctx, tx, scope, id)
	if err != nil {
		return Person{}, err
	}
	n.Name, _ = Tidy(n.Name)
	n.Title, _ = Tidy(n.Title)
	n.Phone = strings.TrimSpace(n.Phone)
	var f fault.Fields
	f.Check(n.Name != "" && len([]rune(n.Name)) <= 40, "name", "请填写姓名，最多 40 个字")
	f.Check(len([]rune(n.Title)) <= 60, "title", "职务最多 60 个字")
	f.Check(len([]rune(n.Phone)) <= 40, "phone", "电话最多 40 个字")
	if err := f.Err(); err != nil {
		return Person{}, err
	}
	before := p
	p.Name, p.Title, p.Phone = n.Name, n.Title, n.Phone
	if p == before {
		return p, fault.New(fault.Conflict, "没有改动，不必保存。")
	}
	if _, err := tx.Exec(ctx, `UPDATE person SET name = $2, title = $3, phone = $4, initials = $5 WHERE id = $1`, id, p.Name, p.Title, p.Phone, Initials(p.Name)); err != nil {
		return Person{}, err
	}
	return p, audit.Record(ctx, tx, audit.Entry{Act: "org.person.change", Target: personTarget(p), Before: before, After: p})
}

// Leaving is what a person leaves behind.
type Leaving struct {
	Person Person
	Posts  []NamedPost  // vacant from now on
	Roles  []authz.Role // login roles that ended
}

// Leave ends all of a person's posts: named ones fall vacant, login roles end,
// deputies' powers with them. What else the person held is handed over by the
// caller first, or listed as vacant.
func (s *Service) Leave(ctx context.Context, tx *db.Tx, scope authz.Scope, id PersonID, why string) (Leaving, error) {
	p, err := s.PersonByID(ctx, tx, scope, id)
	if err != nil {
		return Leaving{}, err
	}
	why = strings.TrimSpace(why)
	if why == "" || len([]rune(why)) > 200 {
		return Leaving{}, fault.New(fault.Invalid, "离岗要写明原因（如调离、退休），最多 200 个字。").On("why", "请填写离岗原因")
	}
	if a, ok := audit.ActorFrom(ctx); ok && a.Kind == "person" && a.ID == string(id) {
		return Leaving{}, fault.New(fault.Refused, "不能办理自己的离岗，请由本单位其他人员或主管人员办理。").On("why", "请由他人办理")
	}
	n, err := tx.Exec(ctx, `UPDATE person SET left_at = $2, left_reason = $3 WHERE id = $1 AND left_at IS NULL`, id, tx.Now(), why)
	if err != nil {
		return Leaving{}, err
	}
	if n == 0 {
		return Leaving{}, fault.Newf(fault.Conflict, "%s已经离岗，请刷新后再看。", p.Name)
	}
	out := Leaving{Person: p}
	system := authz.System("posts of a person in scope")
	if out.Posts, err = s.NamedPosts(ctx, tx, system, PostFilter{Person: id, Limit: 1000}); err != nil {
		return out, err
	}
	today := calendar.DateOf(tx.Now())
	for _, post := range out.Posts {
		if err := s.endPost(ctx, tx, post, today, "离岗："+why); err != nil {
			return out, err
		}
	}
	if out.Roles, err = db.All(ctx, tx, db.Value[authz.Role], `SELECT role FROM post WHERE person_id = $1 AND ended_at IS NULL ORDER BY id`, id); err != nil {
		return out, err
	}
	if _, err := tx.Exec(ctx, `UPDATE post SET ended_at = $2 WHERE person_id = $1 AND ended_at IS NULL`, id, tx.Now()); err != nil {
		return out, err
	}
	if _, err := tx.Exec(ctx, `UPDATE delegation SET ended_at = $2, ended_why = $3 WHERE (from_id = $1 OR to_id = $1) AND ended_at IS NULL AND until_on >= $4`, id, tx.Now(), p.Name+"离岗", today); err != nil {
		return out, err
	}
	return out, audit.Record(ctx, tx, audit.Entry{Act: "org.person.leave", Target: personTarget(p), Basis: sx2021.PostHolder.Citation,
		After: map[string]any{"why": why, "posts": len(out.Posts), "roles": out.Roles}})
}

// takeRoles gives a person's login roles to another for good: of a hand-over.
func (s *Service) takeRoles(ctx context.Context, tx *db.Tx, scope authz.Scope, from, to PersonID) (int, error) {
	type held struct {
		id   PostID
		unit UnitID
		role authz.Role
	}
	posts, err := db.All(ctx, tx, func(r db.Scanner) (held, error) {
		var h held
		err := r.Scan(&h.id, &h.unit, &h.role)
		return h, err
	}, `SELECT id, unit_id, role FROM post WHERE person_id = $1 AND ended_at IS NULL ORDER BY id`, from)
	if err != nil {
		return 0, err
	}
	moved := 0
	for _, h := range posts {
		if undelegated(h.role) {
			continue
		}
		if err := s.Dismiss(ctx, tx, scope, h.id); err != nil {
			return moved, err
		}
		n, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM post WHERE person_id = $1 AND unit_id = $2 AND role = $3 AND ended_at IS NULL`, to, h.unit, h.role)
		if err != nil {
			return moved, err
		}
		if n == 0 {
			if err := s.Appoint(ctx, tx, scope, to, h.unit, h.role); err != nil {
				return moved, err
			}
		}
		moved++
	}
	return moved, nil
}
