package org

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/rules"
	"zhengshu/internal/rules/sx2021"
)

// Person works at a unit; a login is another thing (package signin).
type Person struct {
	ID       PersonID
	Unit     UnitID
	Name     string
	Title    string
	Phone    string
	UnitName string // joined
	// LeftAt is set once the person left the office (离岗), with the reason.
	LeftAt     time.Time
	LeftReason string
}

// Holder is a person with one post.
type Holder struct {
	Person Person
	Post   PostID
	Role   authz.Role
}

// AddPerson registers a person at a unit.
func (s *Service) AddPerson(ctx context.Context, tx *db.Tx, scope authz.Scope, p Person) (Person, error) {
	p.Name, _ = Tidy(p.Name)
	p.Title, _ = Tidy(p.Title)
	if p.Name == "" {
		return Person{}, fault.New(fault.Invalid, "姓名没有填写。").On("name", "请填写姓名")
	}
	u, err := s.UnitTx(ctx, tx, scope, p.Unit)
	if err != nil {
		return Person{}, err
	}
	if !u.AbolishedOn.IsZero() {
		return Person{}, fault.Newf(fault.Conflict, "%s已撤销，不能再登记人员。", u.Name)
	}
	p.ID, p.UnitName = PersonID(ulid.Make().String()), u.Name
	if _, err := tx.Exec(ctx, `INSERT INTO person (id, unit_id, name, title, phone, initials, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		p.ID, p.Unit, p.Name, p.Title, p.Phone, Initials(p.Name), tx.Now()); err != nil {
		return Person{}, fmt.Errorf("org: add person: %w", err)
	}
	return p, audit.Record(ctx, tx, audit.Entry{Act: "org.person.add", Target: audit.Target{Kind: "person", ID: string(p.ID), Name: p.Name, Unit: string(p.Unit)}, After: p})
}

// Appoint gives a person a role at a unit. One person never holds two of the
// three separated administrators; the database holds that too.
func (s *Service) Appoint(ctx context.Context, tx *db.Tx, scope authz.Scope, person PersonID, unit UnitID, role authz.Role) error {
	info, ok := authz.Info(role)
	if !ok {
		return fault.Newf(fault.Invalid, "岗位角色“%s”无法识别。", role).On("role", "请从角色中选择")
	}
	u, err := s.UnitTx(ctx, tx, scope, unit)
	if err != nil {
		return err
	}
	held, err := db.All(ctx, tx, db.Value[authz.Role], `SELECT role FROM post WHERE person_id = $1 AND ended_at IS NULL`, person)
	if err != nil {
		return err
	}
	if slices.Contains(authz.Separated, role) {
		for _, h := range held {
			if h != role && slices.Contains(authz.Separated, h) {
				return fault.New(fault.Refused, "系统、安全、审计三类管理员必须由不同的人担任，此人已担任其中一类。").On("role", "请另选一人")
			}
		}
	}
	if !u.AbolishedOn.IsZero() {
		return fault.Newf(fault.Conflict, "%s已撤销，不能再任命岗位。", u.Name)
	}
	name, err := db.One(ctx, tx, db.Value[string], `SELECT name FROM person WHERE id = $1 AND left_at IS NULL`, person)
	if db.None(err) {
		return fault.Missing("人员")
	}
	if err != nil {
		return err
	}
	if err := s.apart(ctx, tx, person, u, role); err != nil {
		return err
	}
	if err := s.askGuards(ctx, tx, person, u, role); err != nil {
		return err
	}
	id := PostID(ulid.Make().String())
	_, err = tx.Exec(ctx, `INSERT INTO post (id, person_id, unit_id, role, since) VALUES ($1, $2, $3, $4, $5)`, id, person, unit, role, tx.Now())
	if _, dup := db.UniqueViolation(err); dup {
		return fault.New(fault.Conflict, "此人已在该单位担任这一岗位，或已担任另一类管理员。").From(err)
	}
	if err != nil {
		return fmt.Errorf("org: appoint: %w", err)
	}
	return audit.Record(ctx, tx, audit.Entry{
		Act: "org.post.appoint", Target: audit.Target{Kind: "person", ID: string(person), Name: name, Unit: string(unit)},
		After: map[string]string{"unit": u.Name, "role": info.Name},
	})
}

// judging and operating are the roles that Article 3 keeps apart over one
// object.
var (
	judging   = []authz.Role{authz.Supervisor, authz.Reviewer}
	operating = []authz.Role{authz.Operator, authz.Sponsor, authz.Editor}
)

// apart holds 管办分离 (Article 3): nobody judges what they operate. An
// office's own objects are judged by the office above, so posts at one and the
// same unit do not collide (readings 1).
func (s *Service) apart(ctx context.Context, tx *db.Tx, person PersonID, unit Unit, role authz.Role) error {
	posts, err := s.PostsOf(ctx, tx, person)
	if err != nil {
		return err
	}
	posts = append(posts, authz.Post{Role: role, UnitID: string(unit.ID), AreaPath: unit.AreaPath, LinePath: unit.LinePath, Office: unit.Kind == Office || unit.Kind == Committee || unit.Kind == ZoneCommittee})
	return keptApart(person, posts)
}

// keptApart holds Article 3 over the posts one person would have.
func keptApart(person PersonID, posts []authz.Post) error {
	var charges []sx2021.Charge
	for _, judge := range posts {
		if !slices.Contains(judging, judge.Role) {
			continue
		}
		one := authz.Session{Posts: []authz.Post{judge}}
		reach := one.ScopeFor(authz.CaseRead)
		for _, operate := range posts {
			if slices.Contains(operating, operate.Role) && operate.UnitID != judge.UnitID && reach.Covers(operate.AreaPath, operate.LinePath) {
				charges = append(charges,
					sx2021.Charge{Person: string(person), Object: operate.UnitID, Part: sx2021.Judges},
					sx2021.Charge{Person: string(person), Object: operate.UnitID, Part: sx2021.Operates})
			}
		}
	}
	return rules.Refuse(sx2021.CheckSeparation(charges))
}

// Dismiss ends a post.
func (s *Service) Dismiss(ctx context.Context, tx *db.Tx, scope authz.Scope, post PostID) error {
	h, err := db.One(ctx, tx, scanHolder, holderSelect+` WHERE o.id = $1 AND o.ended_at IS NULL`, post)
	if db.None(err) {
		return fault.Missing("岗位")
	}
	if err != nil {
		return err
	}
	if _, err := s.UnitTx(ctx, tx, scope, h.Person.Unit); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE post SET ended_at = $2 WHERE id = $1`, post, tx.Now()); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "org.post.dismiss", Target: audit.Target{Kind: "person", ID: string(h.Person.ID), Name: h.Person.Name, Unit: string(h.Person.Unit)}, Before: h.Role})
}

const holderSelect = `
	SELECT p.id, o.unit_id, p.name, p.title, u.name, o.id, o.role
	  FROM post o JOIN person p ON p.id = o.person_id JOIN unit u ON u.id = o.unit_id`

func scanHolder(s db.Scanner) (Holder, error) {
	var h Holder
	err := s.Scan(&h.Person.ID, &h.Person.Unit, &h.Person.Name, &h.Person.Title, &h.Person.UnitName, &h.Post, &h.Role)
	return h, err
}

// Holders are the people who hold a post at the unit now; all roles when none
// is named.
func (s *Service) Holders(ctx context.Context, q db.Querier, scope authz.Scope, unit UnitID, roles ...authz.Role) ([]Holder, error) {
	if _, err := s.UnitTx(ctx, q, scope, unit); err != nil {
		return nil, err
	}
	all, err := db.All(ctx, q, scanHolder, holderSelect+` WHERE o.unit_id = $1 AND o.ended_at IS NULL AND p.left_at IS NULL ORDER BY o.role, p.name, o.id`, unit)
	if err != nil || len(roles) == 0 {
		return all, err
	}
	return slices.DeleteFunc(all, func(h Holder) bool { return !slices.Contains(roles, h.Role) }), nil
}

// mostKeepers bounds who is told of trouble with the system.
const mostKeepers = 20

// Keepers are the people who look after the system as a whole, wherever they sit.
func Keepers(ctx context.Context, q db.Querier) ([]Holder, error) {
	return db.All(ctx, q, scanHolder, holderSelect+` WHERE o.role = $1 AND o.ended_at IS NULL AND p.left_at IS NULL ORDER BY o.id LIMIT $2`, string(authz.SystemAdmin), mostKeepers)
}

// PostsOf are the posts a person holds now, as authz needs them: the person's
// own, and those held today for somebody else. It serves sign-in, which has no
// scope yet.
func (s *Service) PostsOf(ctx context.Context, q db.Querier, person PersonID) ([]authz.Post, error) {
	today := calendar.DateOf(s.db.Now())
	return db.All(ctx, q, func(r db.Scanner) (authz.Post, error) {
		var p authz.Post
		var kind Kind
		var since time.Time
		err := r.Scan(&p.ID, &p.Role, &p.UnitID, &p.UnitName, &p.AreaPath, &p.LinePath, &kind, &p.Via, &since)
		p.Office = kind == Office || kind == Committee || kind == ZoneCommittee
		p.Delegated = p.Via != ""
		return p, err
	}, `SELECT o.id, o.role, u.id, u.name, u.area_path, u.line_path, u.kind, '' AS via, o.since
	      FROM post o JOIN unit u ON u.id = o.unit_id
	     WHERE o.person_id = $1 AND o.ended_at IS NULL
	    UNION ALL
	    SELECT o.id, o.role, u.id, u.name, u.area_path, u.line_path, u.kind, p.name AS via, o.since
	      FROM delegation d JOIN delegated_post x ON x.delegation_id = d.id JOIN post o ON o.id = x.post_id JOIN unit u ON u.id = o.unit_id JOIN person p ON p.id = d.from_id
	     WHERE d.to_id = $1 AND d.ended_at IS NULL AND d.from_on <= $2 AND d.until_on >= $2 AND o.ended_at IS NULL AND p.left_at IS NULL
	     ORDER BY 8, 9, 1`, person, today)
}

// PersonByID is one person in scope.
func (s *Service) PersonByID(ctx context.Context, q db.Querier, scope authz.Scope, id PersonID) (Person, error) {
	p, err := db.One(ctx, q, func(r db.Scanner) (Person, error) {
		var p Person
		var area, line string
		err := r.Scan(&p.ID, &p.Unit, &p.Name, &p.Title, &p.Phone, &p.LeftAt, &p.LeftReason, &p.UnitName, &area, &line)
		if err == nil && !scope.Covers(area, line) {
			return Person{}, fault.Missing("人员")
		}
		return p, err
	}, `SELECT p.id, p.unit_id, p.name, p.title, p.phone, p.left_at, p.left_reason, u.name, u.area_path, u.line_path
	      FROM person p JOIN unit u ON u.id = p.unit_id WHERE p.id = $1`, id)
	if db.None(err) {
		return Person{}, fault.Missing("人员")
	}
	return p, err
}
