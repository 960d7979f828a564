package signin

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/seal"
)

// ID names a login.
type ID string

// Login is an account of one person. It never carries the password hash or
// the secret.
type Login struct {
	ID       ID
	PersonID org.PersonID
	Name     string // what is typed: lower case
	// HasSecret: a second factor is set up.
	HasSecret bool
	// SecondFactorOff says why no second factor is asked (演示账号：未启用二次验证);
	// screens show it. Empty for every real login.
	SecondFactorOff string
	// MustChange: the password was chosen by somebody else.
	MustChange  bool
	LockedUntil time.Time
	DisabledAt  time.Time
	CreatedAt   time.Time

	PersonName string   // joined
	UnitID     string   // joined
	UnitName   string   // joined
	Roles      []string // names on screen, where asked for

	hash   string
	sealed string
	step   int64
	left   time.Time
}

// Locked reports whether the login waits at the instant.
func (l Login) Locked(now time.Time) bool { return l.LockedUntil.After(now) }

// Disabled reports whether the login was disabled.
func (l Login) Disabled() bool { return !l.DisabledAt.IsZero() }

func (l *Login) target() audit.Target {
	return audit.Target{Kind: "login", ID: string(l.ID), Name: l.Name, Unit: l.UnitID}
}

// Stage is how far a sign-in has come.
type Stage string

// The stages, in the order they are climbed.
const (
	Code     Stage = "code"     // a code of the second factor is asked
	SetUp    Stage = "set_up"   // a second factor has to be set up first
	Password Stage = "password" // a password of one's own has to be chosen first
	In       Stage = "in"
)

// Admission is what a sign-in or a live session comes to at this moment.
type Admission struct {
	Login   Login
	Session *authz.Session
	Stage   Stage
	// Second: the second factor was given in this session; keep it there.
	Second bool
}

// Service is the door of signin. It is safe for concurrent use.
type Service struct {
	db    *db.DB
	org   *org.Service
	clock calendar.Clock
	key   *seal.Keyring

	mu        sync.Mutex
	idle      time.Duration
	idleUntil time.Time // when to read the setting again
}

// New makes the service.
func New(d *db.DB, o *org.Service, clock calendar.Clock, key *seal.Keyring) *Service {
	return &Service{db: d, org: o, clock: clock, key: key}
}

var loginName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{1,31}$`)

// normal is a typed name as it is stored.
func normal(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

var wrong = fault.New(fault.Invalid, "账号或密码不正确，请检查大小写后重试；连续输错 5 次将暂停登录 15 分钟。")

// SignIn checks name and password, and the code where the login has a second
// factor and a code is given. Stage says what is still missing; only In is
// signed in. address is the client's, for lock-out and the trail.
func (s *Service) SignIn(ctx context.Context, name, password, code, address string) (Admission, error) {
	name = normal(name)
	if name == "" || password == "" {
		return Admission{}, fault.New(fault.Invalid, "账号和密码都要填写。")
	}
	if err := s.closed(ctx, s.db, name, address, s.clock.Now()); err != nil {
		return Admission{}, err
	}
	l, err := s.loginBy(ctx, s.db, "l.name = $1", name)
	if err != nil && !db.None(err) {
		return Admission{}, err
	}
	known, hash := err == nil, nobody
	if known {
		hash = l.hash
	}
	ok, stale, err := verify(ctx, hash, password)
	if err != nil {
		return Admission{}, err
	}
	switch {
	case !known:
		return Admission{}, s.failed(ctx, nil, name, address, "没有这个账号", wrong)
	case !ok:
		return Admission{}, s.failed(ctx, &l, name, address, "密码不正确", wrong)
	case l.Disabled() || !l.left.IsZero():
		// Said only to somebody who knows the password.
		why, err := s.whyDisabled(ctx, l)
		if err != nil {
			return Admission{}, err
		}
		return Admission{}, s.failed(ctx, &l, name, address, "账号已停用", fault.New(fault.Forbidden, "这个账号已停用"+why+"。如需恢复，请联系本单位安全管理员。"))
	}
	if stale {
		if err := s.rehash(ctx, &l, password); err != nil {
			return Admission{}, err
		}
	}
	a, err := s.admission(ctx, l, false)
	if err != nil {
		return Admission{}, err
	}
	switch {
	case a.Stage == Code && strings.TrimSpace(code) != "":
		return s.second(ctx, l, code, address)
	case a.Stage == Code || a.Stage == SetUp:
		// Still at the door: neither a success nor a failure yet. But whoever
		// raced past a lock is told now.
		return a, s.closed(ctx, s.db, name, address, s.clock.Now())
	}
	return a, s.succeeded(ctx, &l, address, 0)
}

// whyDisabled tells what ended the login, as the trail has it: "，原因：…" or
// nothing when an administrator shut it without saying.
func (s *Service) whyDisabled(ctx context.Context, l Login) (string, error) {
	if !l.Disabled() {
		return "", nil // the person left
	}
	t := l.target()
	rows, err := audit.Entries(ctx, s.db, audit.Filter{TargetKind: t.Kind, TargetID: t.ID, Act: "signin.login.disable", Limit: 1})
	if err != nil || len(rows) == 0 || rows[0].Basis == "" {
		return "", err
	}
	return "，原因：" + rows[0].Basis, nil
}

// SecondFactor goes on from stage Code.
func (s *Service) SecondFactor(ctx context.Context, id ID, code, address string) (Admission, error) {
	l, err := s.live(ctx, id)
	if err != nil {
		return Admission{}, err
	}
	if err := s.closed(ctx, s.db, l.Name, address, s.clock.Now()); err != nil {
		return Admission{}, err
	}
	return s.second(ctx, l, code, address)
}

func (s *Service) second(ctx context.Context, l Login, code, address string) (Admission, error) {
	step, err := s.stepOf(l, code)
	if err != nil {
		return Admission{}, err
	}
	if step == 0 {
		return Admission{}, s.failed(ctx, &l, l.Name, address, "动态码不正确", wrongCode)
	}
	switch err := s.succeeded(ctx, &l, address, step); {
	case err == errUsed:
		return Admission{}, s.failed(ctx, &l, l.Name, address, "动态码已用过", usedCode)
	case err != nil:
		return Admission{}, err
	}
	return s.admission(ctx, l, true)
}

// succeeded records the sign-in, forgets the failures and uses the code's
// step up. It is refused when the name was locked meanwhile.
func (s *Service) succeeded(ctx context.Context, l *Login, address string, step int64) error {
	ctx = asSignIn(ctx)
	var refused error
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		if refused = s.closed(ctx, tx, l.Name, address, tx.Now()); refused != nil {
			return nil
		}
		if step != 0 {
			n, err := tx.Exec(ctx, `UPDATE login SET totp_step = $2 WHERE id = $1 AND totp_step < $2`, l.ID, step)
			if err != nil {
				return err
			}
			if n == 0 {
				return errUsed
			}
		}
		if _, err := tx.Quiet(ctx, `DELETE FROM sign_in_attempt WHERE login = $1`, s.attemptKey(l.Name)); err != nil {
			return err
		}
		if !l.LockedUntil.IsZero() {
			if _, err := tx.Exec(ctx, `UPDATE login SET locked_until = NULL WHERE id = $1`, l.ID); err != nil {
				return err
			}
		}
		how := "密码"
		switch {
		case step != 0:
			how = "密码和动态码"
		case l.SecondFactorOff != "":
			how = "密码（" + l.SecondFactorOff + "）"
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "signin.in", Target: l.target(), After: map[string]string{"address": address, "how": how, "person": l.PersonName}})
	})
	if err != nil {
		return err
	}
	return refused
}

func (s *Service) rehash(ctx context.Context, l *Login, password string) error {
	hash, err := hashPassword(ctx, password)
	if err != nil {
		return err
	}
	ctx = asSignIn(ctx)
	return s.db.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE login SET password_hash = $2 WHERE id = $1 AND password_hash = $3`, l.ID, hash, l.hash); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "signin.password.rehash", Target: l.target()})
	})
}

// Visit is the state of a live session's login at this moment: posts as held
// now, and the stage they ask for. A login that was disabled is a SignIn fault.
func (s *Service) Visit(ctx context.Context, id ID, second bool) (Admission, error) {
	l, err := s.live(ctx, id)
	if err != nil {
		return Admission{}, err
	}
	return s.admission(ctx, l, second)
}

func (s *Service) live(ctx context.Context, id ID) (Login, error) {
	l, err := s.loginBy(ctx, s.db, "l.id = $1", id)
	if db.None(err) || err == nil && (l.Disabled() || !l.left.IsZero()) {
		return Login{}, fault.New(fault.SignIn, "登录已失效，请重新登录。")
	}
	return l, err
}

func (s *Service) admission(ctx context.Context, l Login, second bool) (Admission, error) {
	posts, err := s.org.PostsOf(ctx, s.db, l.PersonID)
	if err != nil {
		return Admission{}, err
	}
	a := Admission{Login: l, Second: second, Stage: In, Session: &authz.Session{
		PersonID: string(l.PersonID), LoginID: string(l.ID), Login: l.Name, Name: l.PersonName, Posts: posts,
	}}
	switch asked := l.SecondFactorOff == ""; {
	case asked && l.HasSecret && !second:
		a.Stage = Code
	case asked && !l.HasSecret && DecidesOverOthers(posts):
		a.Stage = SetUp
	case l.MustChange:
		a.Stage = Password
	}
	return a, nil
}

// DecidesOverOthers reports whether a post asks for a second factor.
func DecidesOverOthers(posts []authz.Post) bool {
	return slices.ContainsFunc(posts, func(p authz.Post) bool {
		info, ok := authz.Info(p.Role)
		return ok && info.SecondFactor
	})
}

// SessionOf is the person with the posts held now, through the live login: for
// duties that act on somebody's behalf, and for tests.
func (s *Service) SessionOf(ctx context.Context, person org.PersonID) (*authz.Session, error) {
	l, err := s.loginBy(ctx, s.db, "l.person_id = $1 AND l.disabled_at IS NULL", person)
	if db.None(err) {
		return nil, fault.Missing("登录账号")
	}
	if err != nil {
		return nil, err
	}
	a, err := s.admission(ctx, l, true)
	return a.Session, err
}

const loginSelect = `
	SELECT l.id, l.person_id, l.name, l.password_hash, l.totp_secret, l.totp_off, l.totp_step, l.change_password,
	       l.locked_until, l.disabled_at, l.created_at, p.name, p.left_at, u.id, u.name
	  FROM login l JOIN person p ON p.id = l.person_id JOIN unit u ON u.id = p.unit_id`

func scanLogin(r db.Scanner) (Login, error) {
	var l Login
	err := r.Scan(&l.ID, &l.PersonID, &l.Name, &l.hash, &l.sealed, &l.SecondFactorOff, &l.step, &l.MustChange,
		&l.LockedUntil, &l.DisabledAt, &l.CreatedAt, &l.PersonName, &l.left, &l.UnitID, &l.UnitName)
	l.HasSecret = l.sealed != ""
	return l, err
}

func (s *Service) loginBy(ctx context.Context, q db.Querier, cond string, args ...any) (Login, error) {
	return db.One(ctx, q, scanLogin, loginSelect+` WHERE `+cond, args...)
}

// Sweep drops what has run out: sessions, failures older than a day, receipts.
// It may run at any time and in any process.
func (s *Service) Sweep(ctx context.Context) error {
	return s.db.Update(ctx, func(tx *db.Tx) error {
		idle, err := s.IdleTime(ctx)
		if err != nil {
			return err
		}
		now := tx.Now()
		for _, d := range []struct {
			statement string
			before    time.Time
		}{
			{`DELETE FROM session WHERE expires_at <= $1`, now},
			{`DELETE FROM session WHERE seen_at <= $1`, now.Add(-idle)},
			{`DELETE FROM sign_in_attempt WHERE at <= $1`, now.Add(-attemptMemory)},
			{`DELETE FROM form_receipt WHERE at <= $1`, now.Add(-ReceiptsKept)},
		} {
			if _, err := tx.Quiet(ctx, d.statement, d.before); err != nil {
				return fmt.Errorf("signin: sweep: %w", err)
			}
		}
		return nil
	})
}
