package signin

import (
	"context"
	"fmt"
	"slices"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
)

// DemoSecondFactorOff is the reason demo logins carry.
const DemoSecondFactorOff = "演示账号：未启用二次验证"

// SecondFactor says how a new login stands to the second factor.
type SecondFactor struct {
	// Off is the reason none is asked, shown on screens: DemoSecondFactorOff.
	// Real logins leave it empty.
	Off string
}

// Namesakes are the people of a unit in scope who have that name and no login
// in use: who is asked for a login may be one of them.
func (s *Service) Namesakes(ctx context.Context, q db.Querier, scope authz.Scope, unit org.UnitID, name string) ([]org.Person, error) {
	u, err := s.org.UnitTx(ctx, q, scope, unit)
	if err != nil {
		return nil, err
	}
	name, _ = org.Tidy(name)
	return db.All(ctx, q, func(r db.Scanner) (org.Person, error) {
		p := org.Person{Unit: u.ID, UnitName: u.Name, Name: name}
		return p, r.Scan(&p.ID, &p.Title)
	}, `SELECT p.id, p.title FROM person p WHERE p.unit_id = $1 AND p.name = $2 AND p.left_at IS NULL
	     AND NOT EXISTS (SELECT 1 FROM login l WHERE l.person_id = p.id AND l.disabled_at IS NULL) ORDER BY p.id LIMIT 20`, unit, name)
}

// CreateLogin gives a person in scope a login. A real login's password has to
// hold CheckPassword and be changed at the first sign-in, since somebody else
// knows it; a demo login (second.Off) keeps the one it is given.
func (s *Service) CreateLogin(ctx context.Context, tx *db.Tx, scope authz.Scope, person org.PersonID, name, password string, second SecondFactor) (Login, error) {
	name = normal(name)
	if !loginName.MatchString(name) {
		return Login{}, fault.New(fault.Invalid, "登录名须为 2 至 32 位小写字母、数字、点、横线或下划线，以字母或数字开头。").On("name", "请改用字母和数字")
	}
	p, err := s.org.PersonByID(ctx, tx, scope, person)
	if err != nil {
		return Login{}, err
	}
	if second.Off == "" {
		if err := CheckPassword(name, password); err != nil {
			return Login{}, err
		}
	}
	hash, err := hashPassword(ctx, password)
	if err != nil {
		return Login{}, err
	}
	l := Login{ID: ID(ulid.Make().String()), PersonID: p.ID, Name: name, SecondFactorOff: second.Off, MustChange: second.Off == "",
		CreatedAt: tx.Now(), PersonName: p.Name, UnitID: string(p.Unit), UnitName: p.UnitName}
	// Looked up first: PostgreSQL gives up the whole transaction at a broken
	// constraint, and an import makes many logins in one.
	if n, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM login WHERE name = $1`, name); err != nil {
		return Login{}, err
	} else if n > 0 {
		return Login{}, fault.Newf(fault.Conflict, "登录名“%s”已有人使用，请换一个。", name).On("name", "请换一个登录名")
	}
	if n, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM login WHERE person_id = $1 AND disabled_at IS NULL`, person); err != nil {
		return Login{}, err
	} else if n > 0 {
		return Login{}, fault.Newf(fault.Conflict, "%s已有登录账号，一人只用一个账号。", p.Name).On("person", "请改用已有账号，或先停用它")
	}
	if _, err := tx.Exec(ctx, `INSERT INTO login (id, person_id, name, password_hash, totp_off, change_password, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		l.ID, l.PersonID, l.Name, hash, l.SecondFactorOff, l.MustChange, l.CreatedAt); err != nil {
		return Login{}, fmt.Errorf("signin: create login: %w", err)
	}
	return l, audit.Record(ctx, tx, audit.Entry{Act: "signin.login.create", Target: l.target(), After: map[string]string{"person": p.Name, "second_factor_off": second.Off}})
}

// ChangePassword replaces one's own password and ends the login's other
// sessions. token is the cookie of the session that stays.
func (s *Service) ChangePassword(ctx context.Context, id ID, old, fresh, token, address string) error {
	l, err := s.live(ctx, id)
	if err != nil {
		return err
	}
	if err := s.closed(ctx, s.db, l.Name, address, s.clock.Now()); err != nil {
		return err
	}
	ok, _, err := verify(ctx, l.hash, old)
	if err != nil {
		return err
	}
	if !ok {
		return s.failed(ctx, &l, l.Name, address, "修改密码时原密码不正确", fault.New(fault.Invalid, "原密码不正确，密码没有修改。").On("old", "请输入现在使用的密码"))
	}
	if old == fresh {
		return fault.New(fault.Invalid, "新密码与原密码相同，请换一个。").On("password", "请换一个与原密码不同的密码")
	}
	if err := CheckPassword(l.Name, fresh); err != nil {
		return err
	}
	hash, err := hashPassword(ctx, fresh)
	if err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		if err := s.closed(ctx, tx, l.Name, address, tx.Now()); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `UPDATE login SET password_hash = $2, change_password = FALSE WHERE id = $1 AND password_hash = $3`, l.ID, hash, l.hash)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "密码刚刚在别处修改过，请用新密码重新登录。")
		}
		if _, err := tx.Quiet(ctx, `DELETE FROM session WHERE login_id = $1 AND token <> $2`, l.ID, hashToken(token)); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "signin.password.change", Target: l.target(), After: map[string]string{"address": address}})
	})
}

// managed is a login in scope that somebody else than its owner acts on: the
// security administrator does not mend his own login (三员分立: self-granting
// is what the separation is against).
func (s *Service) managed(ctx context.Context, tx *db.Tx, scope authz.Scope, id ID) (Login, error) {
	l, err := s.loginBy(ctx, tx, "l.id = $1", id)
	if db.None(err) {
		return Login{}, fault.Missing("登录账号")
	}
	if err != nil {
		return Login{}, err
	}
	if _, err := s.org.PersonByID(ctx, tx, scope, l.PersonID); err != nil {
		if fault.Is(err, fault.NotFound) {
			return Login{}, fault.Missing("登录账号")
		}
		return Login{}, err
	}
	return l, notSelf(ctx, l.PersonID)
}

func notSelf(ctx context.Context, person org.PersonID) error {
	if a, ok := audit.ActorFrom(ctx); ok && a.Kind == "person" && a.ID == string(person) {
		return fault.New(fault.Refused, "不能管理自己的账号和授权，请由另一名安全管理员办理。")
	}
	return nil
}

// Disable ends a login: its sessions and tokens stop with the next request.
func (s *Service) Disable(ctx context.Context, tx *db.Tx, scope authz.Scope, id ID) error {
	l, err := s.managed(ctx, tx, scope, id)
	if err != nil {
		return err
	}
	if l.Disabled() {
		return fault.New(fault.Conflict, "这个账号已经停用。")
	}
	if _, err := tx.Exec(ctx, `UPDATE login SET disabled_at = $2 WHERE id = $1`, id, tx.Now()); err != nil {
		return err
	}
	if err := endAll(ctx, tx, id); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "signin.login.disable", Target: l.target(), After: map[string]string{"person": l.PersonName}})
}

// Enable gives a disabled login back; its sessions and tokens stay ended.
func (s *Service) Enable(ctx context.Context, tx *db.Tx, scope authz.Scope, id ID) error {
	l, err := s.managed(ctx, tx, scope, id)
	if err != nil {
		return err
	}
	if !l.Disabled() {
		return fault.New(fault.Conflict, "这个账号没有停用。")
	}
	if n, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM login WHERE person_id = $1 AND disabled_at IS NULL`, l.PersonID); err != nil {
		return err
	} else if n > 0 {
		return fault.New(fault.Conflict, "此人已有另一个在用账号，一人只用一个账号。")
	}
	if _, err := tx.Exec(ctx, `UPDATE login SET disabled_at = NULL WHERE id = $1`, id); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "signin.login.enable", Target: l.target(), After: map[string]string{"person": l.PersonName}})
}

// Unlock lifts a lock and forgets the failures that led to it.
func (s *Service) Unlock(ctx context.Context, tx *db.Tx, scope authz.Scope, id ID) error {
	l, err := s.managed(ctx, tx, scope, id)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE login SET locked_until = NULL WHERE id = $1`, id); err != nil {
		return err
	}
	if _, err := tx.Quiet(ctx, `DELETE FROM sign_in_attempt WHERE login = $1`, s.attemptKey(l.Name)); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "signin.login.unlock", Target: l.target(), Before: l.LockedUntil})
}

// ResetSecond takes a lost second factor away; a role that needs one sets up
// another at the next sign-in.
func (s *Service) ResetSecond(ctx context.Context, tx *db.Tx, scope authz.Scope, id ID) error {
	l, err := s.managed(ctx, tx, scope, id)
	if err != nil {
		return err
	}
	if !l.HasSecret {
		return fault.New(fault.Conflict, "这个账号没有设置二次验证。")
	}
	if _, err := tx.Exec(ctx, `UPDATE login SET totp_secret = '', totp_step = 0 WHERE id = $1`, id); err != nil {
		return err
	}
	if err := endAll(ctx, tx, id); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "signin.second.reset", Target: l.target(), After: map[string]string{"person": l.PersonName}})
}

// ResetPassword gives a login a password its owner must change at the next
// sign-in, and ends its sessions.
func (s *Service) ResetPassword(ctx context.Context, tx *db.Tx, scope authz.Scope, id ID, password string) error {
	l, err := s.managed(ctx, tx, scope, id)
	if err != nil {
		return err
	}
	if err := CheckPassword(l.Name, password); err != nil {
		return err
	}
	hash, err := hashPassword(ctx, password)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE login SET password_hash = $2, change_password = TRUE WHERE id = $1`, id, hash); err != nil {
		return err
	}
	if err := endAll(ctx, tx, id); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "signin.password.reset", Target: l.target(), After: map[string]string{"person": l.PersonName}})
}

// Appoint is org.Appoint for the security administrator: never oneself.
func (s *Service) Appoint(ctx context.Context, tx *db.Tx, scope authz.Scope, person org.PersonID, unit org.UnitID, role authz.Role) error {
	if err := notSelf(ctx, person); err != nil {
		return err
	}
	if _, err := s.org.PersonByID(ctx, tx, scope, person); err != nil {
		return err
	}
	return s.org.Appoint(ctx, tx, scope, person, unit, role)
}

// Dismiss is org.Dismiss for the security administrator: never oneself.
func (s *Service) Dismiss(ctx context.Context, tx *db.Tx, scope authz.Scope, person org.PersonID, post org.PostID) error {
	if err := notSelf(ctx, person); err != nil {
		return err
	}
	held, err := s.org.PostsOf(ctx, tx, person)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(held, func(p authz.Post) bool { return p.ID == string(post) }) {
		return fault.Missing("岗位")
	}
	return s.org.Dismiss(ctx, tx, scope, post)
}

// Filter narrows Logins.
type Filter struct {
	Text          string // part of the login's, person's or unit's name
	Limit, Offset int    // 50 when Limit is zero
}

// Logins in scope by name, and how many there are in all.
func (s *Service) Logins(ctx context.Context, scope authz.Scope, f Filter) ([]Login, int, error) {
	var w db.Where
	scope.Where(&w, "u")
	text := db.Contains(f.Text)
	w.AndIf(f.Text != "", `(l.name LIKE ? ESCAPE '\' OR lower(p.name) LIKE ? ESCAPE '\' OR lower(u.name) LIKE ? ESCAPE '\')`, text, text, text)
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM login l JOIN person p ON p.id = l.person_id JOIN unit u ON u.id = p.unit_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	if f.Limit == 0 {
		f.Limit = 50
	}
	list, err := db.All(ctx, s.db, scanLogin, loginSelect+` WHERE `+w.SQL()+` ORDER BY l.name, l.id LIMIT `+w.Arg(f.Limit)+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	return list, total, s.addRoles(ctx, list)
}

// Login in scope with the posts its person holds now.
func (s *Service) Login(ctx context.Context, scope authz.Scope, id ID) (Login, []authz.Post, error) {
	l, err := s.loginBy(ctx, s.db, "l.id = $1", id)
	if db.None(err) {
		return Login{}, nil, fault.Missing("登录账号")
	}
	if err != nil {
		return Login{}, nil, err
	}
	if _, err := s.org.PersonByID(ctx, s.db, scope, l.PersonID); err != nil {
		if fault.Is(err, fault.NotFound) {
			return Login{}, nil, fault.Missing("登录账号")
		}
		return Login{}, nil, err
	}
	posts, err := s.org.PostsOf(ctx, s.db, l.PersonID)
	return l, posts, err
}

// DemoLogins are the logins without a second factor for a stated reason, which
// the login page of a demo lists; a house with real logins has none.
func (s *Service) DemoLogins(ctx context.Context) ([]Login, error) {
	list, err := db.All(ctx, s.db, scanLogin, loginSelect+` WHERE l.totp_off <> '' AND l.disabled_at IS NULL ORDER BY l.created_at, l.name LIMIT 60`)
	if err != nil {
		return nil, err
	}
	return list, s.addRoles(ctx, list)
}

func (s *Service) addRoles(ctx context.Context, list []Login) error {
	for i := range list {
		posts, err := s.org.PostsOf(ctx, s.db, list[i].PersonID)
		if err != nil {
			return err
		}
		for _, p := range posts {
			info, _ := authz.Info(p.Role)
			if !slices.Contains(list[i].Roles, info.Name) {
				list[i].Roles = append(list[i].Roles, info.Name)
			}
		}
	}
	return nil
}
