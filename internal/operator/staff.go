package operator

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/notify"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules"
)

// Member is one person of the contractor.
type Member struct {
	ID         string
	Contractor ID
	Person     org.PersonID
	Name       string // joined
	Login      string // joined; empty without one
	Work       string
	Phone      string
	Joined     calendar.Date
	Left       calendar.Date
	Post       org.PostID // joined: the operator's post held now
}

const memberSelect = `
	SELECT m.id, m.contractor_id, m.person_id, p.name, COALESCE(l.name, ''), m.work, m.phone, m.joined_on, m.left_on, COALESCE(o.id, '')
	  FROM contractor_staff m JOIN person p ON p.id = m.person_id JOIN contractor c ON c.id = m.contractor_id
	  LEFT JOIN login l ON l.person_id = p.id AND l.disabled_at IS NULL
	  LEFT JOIN post o ON o.person_id = p.id AND o.unit_id = c.unit_id AND o.role = 'operator' AND o.ended_at IS NULL`

func scanMember(r db.Scanner) (Member, error) {
	var m Member
	err := r.Scan(&m.ID, &m.Contractor, &m.Person, &m.Name, &m.Login, &m.Work, &m.Phone, &m.Joined, &m.Left, &m.Post)
	return m, err
}

func (s *Service) staff(ctx context.Context, q db.Querier, id ID) ([]Member, error) {
	return db.All(ctx, q, scanMember, memberSelect+` WHERE m.contractor_id = $1 ORDER BY CASE WHEN m.left_on IS NULL THEN 0 ELSE 1 END, p.name, m.id`, id)
}

// Join puts a person on the staff list: one of the sponsor's register when
// Person is set, else a new one by name. Being listed gives no right; the post
// does (Appoint).
func (s *Service) Join(ctx context.Context, scope authz.Scope, m Member) (Member, error) {
	m.Name, m.Work, m.Phone = strings.TrimSpace(m.Name), strings.TrimSpace(m.Work), strings.TrimSpace(m.Phone)
	if m.Person == "" && (m.Name == "" || len([]rune(m.Name)) > 30) {
		return m, fault.New(fault.Invalid, "姓名没有填写。").On("name", "请填写姓名，不超过 30 字")
	}
	if m.Work == "" || len([]rune(m.Work)) > 60 || len([]rune(m.Phone)) > 30 {
		return m, fault.New(fault.Invalid, "承担的工作没有填写。").On("work", "请填写承担的工作，如 日常巡检，不超过 60 字")
	}
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		c, err := s.Contractor(ctx, tx, scope, m.Contractor)
		if err != nil {
			return err
		}
		if c.State == Ended {
			return fault.New(fault.Conflict, "承办已经终止，不能再登记人员。")
		}
		if m.Person != "" {
			p, err := s.org.PersonByID(ctx, tx, scope, m.Person)
			if err != nil {
				return err
			}
			m.Name = p.Name
		} else {
			p, err := s.org.AddPerson(ctx, tx, scope, org.Person{Unit: c.Unit, Name: m.Name, Title: c.Name})
			if err != nil {
				return err
			}
			m.Person = p.ID
		}
		today := calendar.DateOf(tx.Now())
		if m.Joined.IsZero() {
			m.Joined = today
		}
		m.ID = ulid.Make().String()
		_, err = tx.Exec(ctx, `INSERT INTO contractor_staff (id, contractor_id, person_id, work, phone, joined_on) VALUES ($1, $2, $3, $4, $5, $6)`,
			m.ID, m.Contractor, m.Person, m.Work, m.Phone, m.Joined)
		if _, dup := db.UniqueViolation(err); dup {
			return fault.New(fault.Conflict, "此人已在一家承办单位的人员名单上。").On("name", "请先将其从原名单移出").From(err)
		}
		if err != nil {
			return fmt.Errorf("operator: join: %w", err)
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "operator.staff.add", Target: c.Target(), Basis: citation, After: m})
	})
	return m, err
}

// Appoint gives a listed person the operator's post at the sponsor. The guard
// of Article 6 is asked by org.
func (s *Service) Appoint(ctx context.Context, scope authz.Scope, id ID, member string) (Member, error) {
	var m Member
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		c, err := s.Contractor(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if m, err = s.member(ctx, tx, id, member); err != nil {
			return err
		}
		if m.Post != "" {
			return fault.New(fault.Conflict, "此人已经担任承办岗位。")
		}
		return s.org.Appoint(ctx, tx, scope, m.Person, c.Unit, authz.Operator)
	})
	return m, err
}

// Leave takes a person off the list; the post and the sessions end with it.
func (s *Service) Leave(ctx context.Context, scope authz.Scope, id ID, member string) (Member, error) {
	var m Member
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		c, err := s.Contractor(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if m, err = s.member(ctx, tx, id, member); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE contractor_staff SET left_on = $2 WHERE id = $1`, m.ID, calendar.DateOf(tx.Now())); err != nil {
			return err
		}
		if err := s.endPosts(ctx, tx, c, m, "离开承办人员名单"); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "operator.staff.end", Target: c.Target(), Basis: citation, Before: m})
	})
	return m, err
}

func (s *Service) member(ctx context.Context, q db.Querier, id ID, member string) (Member, error) {
	m, err := db.One(ctx, q, scanMember, memberSelect+` WHERE m.contractor_id = $1 AND m.id = $2 AND m.left_on IS NULL`, id, member)
	if db.None(err) {
		return m, fault.Missing("承办人员")
	}
	return m, err
}

// endPosts ends the operator's post of a member, and the sessions with it.
func (s *Service) endPosts(ctx context.Context, tx *db.Tx, c Contractor, m Member, why string) error {
	if m.Post == "" {
		return nil
	}
	if err := s.org.Dismiss(ctx, tx, authz.System("operator.end"), m.Post); err != nil {
		return err
	}
	if s.signin == nil {
		return nil
	}
	_, err := s.signin.EndFor(ctx, tx, m.Person, why+"（"+c.Name+"）")
	return err
}

// Guard refuses the operator's role to whoever does not work for a contractor
// that may serve the unit today (Article 6). App registers it with org.
func (s *Service) Guard(ctx context.Context, q db.Querier, person org.PersonID, unit org.Unit, role authz.Role) error {
	if role != authz.Operator {
		return nil
	}
	c, err := db.One(ctx, q, scanContractor, contractorSelect+`
		 WHERE c.unit_id = $1 AND c.state <> 'ended' AND EXISTS (SELECT 1 FROM contractor_staff m WHERE m.contractor_id = c.id AND m.person_id = $2 AND m.left_on IS NULL)
		 ORDER BY c.id LIMIT 1`, unit.ID, person)
	if db.None(err) {
		return fault.Newf(fault.Refused, "此人不在“%s”任何承办单位的人员名单上，不能担任承办岗位；请先登记承办单位、两份协议和人员名单。", unit.Name).
			On("role", "请先在承办单位的人员名单中登记").Because(OnList(unit.Name).Reason())
	}
	if err != nil {
		return err
	}
	breaches, err := s.breaches(ctx, q, c)
	if err != nil {
		return err
	}
	if err := rules.Refuse(breaches); err != nil {
		return err
	}
	// Only of one that serves does Sweep end the posts when its term ends.
	if c.State != Serving {
		return fault.Newf(fault.Refused, "“%s”现在的状态是“%s”，请先开始承办，再任命承办岗位。", c.Name, c.StateName()).On("role", "请先在承办单位的记录中开始承办")
	}
	return nil
}

// Unlisted are the people who hold an operator's post in the scope and stand on
// no contractor's list: posts given before agreements were asked for. At most
// 50 are named.
func (s *Service) Unlisted(ctx context.Context, scope authz.Scope) ([]org.Person, error) {
	var w db.Where
	scope.Where(&w, "u")
	return db.All(ctx, s.db, func(r db.Scanner) (org.Person, error) {
		var p org.Person
		err := r.Scan(&p.ID, &p.Unit, &p.Name, &p.UnitName)
		return p, err
	}, `SELECT p.id, u.id, p.name, u.name FROM post o JOIN person p ON p.id = o.person_id JOIN unit u ON u.id = o.unit_id
	     WHERE o.role = 'operator' AND o.ended_at IS NULL AND `+w.SQL()+`
	       AND NOT EXISTS (SELECT 1 FROM contractor_staff m JOIN contractor c ON c.id = m.contractor_id WHERE m.person_id = p.id AND c.unit_id = u.id AND m.left_on IS NULL)
	     ORDER BY u.area_path, p.name, p.id LIMIT 50`, w.Args()...)
}

// Sweep ends what has run out: a serving contractor whose agreements no longer
// cover today lapses, and its people's posts and sessions end. It may run at
// any time and twice at once; one that fails holds up no other. It returns how
// many lapsed.
func (s *Service) Sweep(ctx context.Context) (int, error) {
	ctx = audit.System(ctx, "operator.sweep")
	today := calendar.DateOf(s.db.Now())
	ids, err := db.All(ctx, s.db, db.Value[ID], `SELECT id FROM contractor WHERE state = 'serving' AND kind = 'entrusted' AND (serves_until IS NULL OR serves_until < $1) ORDER BY id LIMIT 500`, today)
	if err != nil {
		return 0, err
	}
	n := 0
	var errs []error
	for _, id := range ids {
		done := false
		if err := s.db.Update(ctx, func(tx *db.Tx) error {
			var err error
			done, err = s.lapse(ctx, tx, id)
			return err
		}); err != nil {
			errs = append(errs, fmt.Errorf("operator: sweep %s: %w", id, err))
		} else if done {
			n++
		}
	}
	return n, errors.Join(errs...)
}

func (s *Service) lapse(ctx context.Context, tx *db.Tx, id ID) (bool, error) {
	c, err := s.Contractor(ctx, tx, authz.System("operator.sweep"), id)
	if err != nil || c.State != Serving {
		return false, err // another sweep was here
	}
	today := calendar.DateOf(tx.Now())
	until, err := s.until(ctx, tx, id)
	if err != nil {
		return false, err
	}
	if !until.IsZero() {
		// A term that began in between covers today: only the date was stale.
		_, err := tx.Exec(ctx, `UPDATE contractor SET serves_until = $2 WHERE id = $1`, id, until)
		if err != nil {
			return false, err
		}
		return false, audit.Record(ctx, tx, audit.Entry{Act: "operator.contractor.change", Target: c.Target(), Before: map[string]any{"serves_until": c.ServesUntil}, After: map[string]any{"serves_until": until}})
	}
	if err := s.move(ctx, tx, &c, "lapse", "协议到期"); err != nil {
		return false, err
	}
	staff, err := s.staff(ctx, tx, id)
	if err != nil {
		return false, err
	}
	ended := 0
	for _, m := range staff {
		if m.Post != "" {
			ended++
		}
		if err := s.endPosts(ctx, tx, c, m, "协议到期"); err != nil {
			return false, err
		}
	}
	_, err = notify.Send(ctx, tx, notify.Message{
		Key: "operator:" + string(id) + ":lapse:" + today.String(), Unit: string(c.Unit), Urgent: true, Link: c.Link(),
		Title: "承办协议到期：" + c.Name, Body: fmt.Sprintf("协议已不再覆盖今天，%d 名承办人员的岗位和登录已停止。依据：%s。", ended, citation),
	})
	return true, err
}

// Operated is one object the contractor operates.
type Operated struct {
	registry.Ref
	Name  string
	Since calendar.Date
	Ended calendar.Date
}

// Entrust gives the contractor an object of the sponsor to operate. One object
// has one operator at a time.
func (s *Service) Entrust(ctx context.Context, scope authz.Scope, id ID, ref registry.Ref) (Operated, error) {
	var o Operated
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		c, err := s.Contractor(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if c.State == Ended {
			return fault.New(fault.Conflict, "承办已经终止。")
		}
		object, err := s.registry.Object(ctx, tx, scope, ref)
		if err != nil {
			return err
		}
		if object.Unit != c.Unit {
			return fault.New(fault.Invalid, "这个网站（账号）的主办单位不是"+c.UnitName+"，不能交由它的承办单位运维。").On("object", "请选择本单位主办的网站或账号")
		}
		if object.Ended() {
			return fault.New(fault.Conflict, object.Name+"已"+object.StateName()+"，不需要承办。").On("object", "请选择在运行的网站或账号")
		}
		o = Operated{Ref: object.Ref, Name: object.Name, Since: calendar.DateOf(tx.Now())}
		_, err = tx.Exec(ctx, `INSERT INTO contractor_object (contractor_id, object_kind, object_id, object_name, since) VALUES ($1, $2, $3, $4, $5)`, id, o.Kind, o.ID, o.Name, o.Since)
		if _, dup := db.UniqueViolation(err); dup {
			return fault.New(fault.Conflict, o.Name+"已有承办单位；请先在原承办单位的记录中解除。").On("object", "已有承办单位").From(err)
		}
		if err != nil {
			return fmt.Errorf("operator: entrust: %w", err)
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "operator.object.add", Target: c.Target(), Basis: citation, After: o})
	})
	return o, err
}

// Release takes an object back.
func (s *Service) Release(ctx context.Context, scope authz.Scope, id ID, ref registry.Ref) error {
	return s.db.Update(ctx, func(tx *db.Tx) error {
		c, err := s.Contractor(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `UPDATE contractor_object SET ended_on = $4 WHERE contractor_id = $1 AND object_kind = $2 AND object_id = $3 AND ended_on IS NULL`, id, ref.Kind, ref.ID, calendar.DateOf(tx.Now()))
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.Missing("承办的网站或账号")
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "operator.object.end", Target: c.Target(), Before: ref})
	})
}

func (s *Service) operated(ctx context.Context, q db.Querier, id ID) ([]Operated, error) {
	return db.All(ctx, q, func(r db.Scanner) (Operated, error) {
		var o Operated
		err := r.Scan(&o.Kind, &o.ID, &o.Name, &o.Since, &o.Ended)
		return o, err
	}, `SELECT object_kind, object_id, object_name, since, ended_on FROM contractor_object WHERE contractor_id = $1 ORDER BY CASE WHEN ended_on IS NULL THEN 0 ELSE 1 END, object_name, object_id`, id)
}

// OperatorOf is who operates an object now; ok is false when nobody does. The
// scope is of the object's sponsor.
func (s *Service) OperatorOf(ctx context.Context, q db.Querier, scope authz.Scope, ref registry.Ref) (c Contractor, ok bool, err error) {
	c, err = db.One(ctx, q, scanContractor, contractorSelect+`
		 JOIN contractor_object x ON x.contractor_id = c.id WHERE x.object_kind = $1 AND x.object_id = $2 AND x.ended_on IS NULL`, ref.Kind, ref.ID)
	if db.None(err) || err == nil && !c.In(scope) {
		return Contractor{}, false, nil
	}
	return c, err == nil, err
}

// Dossier is all there is of one contractor.
type Dossier struct {
	Contractor  Contractor
	Reviews     []Review
	Papers      []Paper
	Assessments []Assessment
	Staff       []Member
	Objects     []Operated
	Breaches    []rules.Breach // what keeps it from serving today
	History     []audit.Row
}

// Dossier in scope.
func (s *Service) Dossier(ctx context.Context, scope authz.Scope, id ID) (d Dossier, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		if d.Contractor, err = s.Contractor(ctx, tx, scope, id); err != nil {
			return err
		}
		if d.Papers, err = s.papers(ctx, tx, id); err != nil {
			return err
		}
		if d.Staff, err = s.staff(ctx, tx, id); err != nil {
			return err
		}
		if d.Objects, err = s.operated(ctx, tx, id); err != nil {
			return err
		}
		if d.Reviews, err = db.All(ctx, tx, func(r db.Scanner) (Review, error) {
			var v Review
			err := r.Scan(&v.ID, &v.Contractor, &v.Reviewer, &v.On, &v.Passed, &v.Says, &v.FileID, &v.FileName, &v.AddedBy, &v.AddedAt)
			return v, err
		}, `SELECT id, contractor_id, reviewer, reviewed_on, passed, says, file_id, file_name, added_by, added_at FROM contractor_review WHERE contractor_id = $1 ORDER BY reviewed_on, id`, id); err != nil {
			return err
		}
		if d.Assessments, err = db.All(ctx, tx, func(r db.Scanner) (Assessment, error) {
			var a Assessment
			err := r.Scan(&a.ID, &a.Contractor, &a.Paper, &a.Result, &a.Score, &a.Says, &a.On, &a.Assessor, &a.FileID, &a.FileName)
			return a, err
		}, `SELECT id, contractor_id, paper_id, result, score, says, assessed_on, assessor, COALESCE(file_id, ''), file_name FROM contractor_assessment WHERE contractor_id = $1 ORDER BY assessed_on, id`, id); err != nil {
			return err
		}
		if d.Breaches, err = s.breaches(ctx, tx, d.Contractor); err != nil {
			return err
		}
		d.History, err = audit.Entries(ctx, tx, audit.Filter{TargetKind: "contractor", TargetID: string(id), Limit: 40})
		return err
	})
	return d, err
}

// Assessed reports whether the term of a paper was assessed.
func (d Dossier) Assessed(paper string) bool {
	return slices.ContainsFunc(d.Assessments, func(a Assessment) bool { return a.Paper == paper })
}
