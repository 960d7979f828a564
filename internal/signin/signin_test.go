package signin_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/pquerna/otp/totp"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/seal"
	"zhengshu/internal/signin"
)

const (
	password = "Chang-an-2026"
	here     = "10.1.2.3"
)

// Passwords cost next to nothing here; TestCostOfAGuess holds the real price.
func TestMain(m *testing.M) {
	signin.Cheapen()
	os.Exit(m.Run())
}

// house is a province and a city with one login each kind: an editor, a
// security administrator and a demo supervisor in the province, an editor in
// the city.
type house struct {
	*signin.Service
	db             *db.DB
	org            *org.Service
	clock          *calendar.Manual
	province, city org.Unit
	login          map[string]signin.Login
}

func each(t *testing.T, fn func(t *testing.T, h *house)) {
	t.Helper()
	clock := calendar.NewManual(time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC))
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		clock.Set(time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC))
		fn(t, build(t, d, clock))
	})
}

func build(t testing.TB, d *db.DB, clock *calendar.Manual) *house {
	t.Helper()
	key, err := seal.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	o := org.New(d)
	h := &house{Service: signin.New(d, o, clock, key), db: d, org: o, clock: clock, login: map[string]signin.Login{}}
	h.update(t, func(ctx context.Context, tx *db.Tx) error {
		for _, a := range []org.Area{
			{Level: org.Province, Code: "610000", Name: "陕西省"},
			{Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"},
		} {
			if _, err := o.AddArea(ctx, tx, a); err != nil {
				return err
			}
		}
		for _, u := range []struct {
			to *org.Unit
			of org.Unit
		}{
			{&h.province, org.Unit{Area: "province-610000000000", Kind: org.Office, Name: "陕西省人民政府办公厅"}},
			{&h.city, org.Unit{Area: "city-610100000000", Kind: org.Office, Name: "西安市人民政府办公厅"}},
		} {
			if *u.to, _, err = o.AddUnit(ctx, tx, u.of); err != nil {
				return err
			}
		}
		for _, p := range []struct {
			name, off string
			unit      org.Unit
			role      authz.Role
		}{
			{"editor", "", h.province, authz.Editor},
			{"security", "", h.province, authz.SecurityAdmin},
			{"demo", signin.DemoSecondFactorOff, h.province, authz.Supervisor},
			{"neighbour", "", h.city, authz.Editor},
		} {
			who, err := o.AddPerson(ctx, tx, authz.System("test"), org.Person{Unit: p.unit.ID, Name: "张" + p.name})
			if err != nil {
				return err
			}
			if err := o.Appoint(ctx, tx, authz.System("test"), who.ID, p.unit.ID, p.role); err != nil {
				return err
			}
			l, err := h.CreateLogin(ctx, tx, authz.System("test"), who.ID, strings.ToUpper(p.name), password, signin.SecondFactor{Off: p.off})
			if err != nil {
				return err
			}
			h.login[p.name] = l
		}
		// Most tests begin after the first change of password.
		if _, err := tx.Exec(ctx, `UPDATE login SET change_password = FALSE`); err != nil {
			return err
		}
		return nil
	})
	return h
}

func (h *house) update(t testing.TB, fn func(ctx context.Context, tx *db.Tx) error) {
	t.Helper()
	ctx := audit.System(context.Background(), "test")
	if err := h.db.Update(ctx, func(tx *db.Tx) error { return fn(ctx, tx) }); err != nil {
		t.Fatal(err)
	}
}

func (h *house) acts(t *testing.T, act string) []audit.Row {
	t.Helper()
	rows, err := audit.Entries(context.Background(), h.db, audit.Filter{Act: act})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestSignInWithPasswordAlone(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		a, err := h.SignIn(ctx, " Editor ", password, "", here)
		if err != nil || a.Stage != signin.In || a.Session.Name != "张editor" || !a.Session.May(authz.ItemWrite) {
			t.Fatalf("%+v, %v", a, err)
		}
		for _, wrong := range [][2]string{{"editor", "chang-an-2026"}, {"nobody", password}, {"editor", strings.Repeat("长", 5000)}} {
			if _, err := h.SignIn(ctx, wrong[0], wrong[1], "", here); !fault.Is(err, fault.Invalid) || strings.Contains(fault.Of(err).Says, "没有这个") {
				t.Errorf("%q: %v", wrong[0], err)
			}
		}
		in, failed := h.acts(t, "signin.in"), h.acts(t, "signin.failed")
		if len(in) != 1 || in[0].Target.Name != "editor" || !strings.Contains(in[0].After, here) {
			t.Errorf("successes in the trail: %+v", in)
		}
		if len(failed) != 3 || failed[0].Actor.ID != "signin" {
			t.Errorf("failures in the trail: %+v", failed)
		}
		for _, r := range failed {
			if strings.Contains(r.Target.Name+r.After, "nobody") {
				t.Error("an unknown name is kept in the trail: it may be somebody's password")
			}
		}
		if a, err := h.SignIn(ctx, "demo", password, "", here); err != nil || a.Stage != signin.In || a.Login.SecondFactorOff != signin.DemoSecondFactorOff {
			t.Errorf("the demo supervisor: %+v %v", a.Stage, err)
		}
	})
}

func TestFiveFailuresLockKnownAndUnknownAlike(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		for _, name := range []string{"editor", "nobody"} {
			for n := range signin.MaxFailures {
				_, err := h.SignIn(ctx, name, "wrong password", "", here)
				if want := map[bool]fault.Kind{false: fault.Invalid, true: fault.TooMany}[n == signin.MaxFailures-1]; !fault.Is(err, want) {
					t.Fatalf("%s, failure %d: %v", name, n+1, err)
				}
			}
			if _, err := h.SignIn(ctx, name, password, "", here); !fault.Is(err, fault.TooMany) || !strings.Contains(fault.Of(err).Says, "09:15") {
				t.Errorf("%s: the right password opened a lock, or the sentence lacks its end: %v", name, err)
			}
		}
		if got := len(h.acts(t, "signin.locked")); got != 2 {
			t.Errorf("%d locks in the trail, want 2", got)
		}
		h.clock.Advance(signin.LockFor)
		if _, err := h.SignIn(ctx, "editor", password, "", here); err != nil {
			t.Errorf("after the lock: %v", err)
		}
		// The back-off: nobody's second lock lasts twice as long.
		for range signin.MaxFailures {
			_, _ = h.SignIn(ctx, "nobody", "wrong password", "", here)
		}
		h.clock.Advance(signin.LockFor)
		if _, err := h.SignIn(ctx, "nobody", password, "", here); !fault.Is(err, fault.TooMany) {
			t.Errorf("the second lock was no longer than the first: %v", err)
		}
		h.clock.Advance(signin.LockFor)
		if _, err := h.SignIn(ctx, "nobody", password, "", here); !fault.Is(err, fault.Invalid) {
			t.Errorf("after the second lock: %v", err)
		}
	})
}

func TestGuessingInParallelGainsNothing(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		var wg sync.WaitGroup
		for range 3 * signin.MaxFailures {
			wg.Go(func() { _, _ = h.SignIn(context.Background(), "editor", "wrong password", "", here) })
		}
		wg.Wait()
		if n, err := db.One(t.Context(), h.db, db.Value[int], `SELECT count(*) FROM sign_in_attempt`); err != nil || n != signin.MaxFailures {
			t.Errorf("%d failures recorded (%v), want %d and then the lock", n, err, signin.MaxFailures)
		}
	})
}

func TestOneAddressIsClosedAfterManyNames(t *testing.T) {
	clock := calendar.NewManual(time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC))
	h := build(t, dbtest.SQLite(t, clock.Now), clock) // one database: the other differs in nothing here
	h.update(t, func(ctx context.Context, tx *db.Tx) error {
		for n := range signin.MaxAddressFailures {
			if _, err := tx.Quiet(ctx, `INSERT INTO sign_in_attempt (login, at, address) VALUES ($1, $2, $3)`, fmt.Sprint(n), tx.Now(), here); err != nil {
				return err
			}
		}
		return nil
	})
	if _, err := h.SignIn(t.Context(), "editor", password, "", here); !fault.Is(err, fault.TooMany) {
		t.Errorf("the spraying address: %v", err)
	}
	if _, err := h.SignIn(t.Context(), "editor", password, "", "10.9.9.9"); err != nil {
		t.Errorf("everybody else: %v", err)
	}
	h.clock.Advance(signin.FailureWindow)
	if _, err := h.SignIn(t.Context(), "editor", password, "", here); err != nil {
		t.Errorf("a quarter of an hour later: %v", err)
	}
}

func TestSecondFactorFromSetUpToReplay(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		a, err := h.SignIn(ctx, "security", password, "", here)
		if err != nil || a.Stage != signin.SetUp {
			t.Fatalf("a security administrator without second factor: %+v %v", a.Stage, err)
		}
		if len(h.acts(t, "signin.in")) != 0 {
			t.Error("counted as signed in before the second factor")
		}
		sec, err := h.NewSecret(a.Login, "cookie")
		if err != nil || !strings.HasPrefix(string(sec.PNG), "\x89PNG") {
			t.Fatalf("secret: %v", err)
		}
		if again, err := h.NewSecret(a.Login, "cookie"); err != nil || again.Key != sec.Key {
			t.Errorf("shown again: %v", err)
		}
		if other, err := h.NewSecret(a.Login, "another cookie"); err != nil || other.Key == sec.Key {
			t.Errorf("two sessions are shown one secret: %v", err)
		}
		code := func(at time.Duration) string {
			c, err := totp.GenerateCode(strings.ReplaceAll(sec.Key, " ", ""), h.clock.Now().Add(at))
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		if _, err := h.SetUpSecond(ctx, a.Login.ID, "cookie", "000000", here); !fault.Is(err, fault.Invalid) {
			t.Errorf("set up with a wrong code: %v", err)
		}
		first := code(0)
		if a, err = h.SetUpSecond(ctx, a.Login.ID, "cookie", first, here); err != nil || a.Stage != signin.In || !a.Second {
			t.Fatalf("set up: %+v %v", a.Stage, err)
		}
		stored, err := db.One(ctx, h.db, db.Value[string], `SELECT totp_secret FROM login WHERE name = 'security'`)
		if err != nil || !strings.HasPrefix(stored, "v1:") {
			t.Errorf("the secret is not sealed: %q %v", stored, err)
		}
		if _, err := h.SetUpSecond(ctx, a.Login.ID, "cookie", code(30*time.Second), here); !fault.Is(err, fault.Conflict) {
			t.Errorf("replaced a second factor without the old one: %v", err)
		}

		if a, err = h.SignIn(ctx, "security", password, "", here); err != nil || a.Stage != signin.Code {
			t.Fatalf("next sign-in: %+v %v", a.Stage, err)
		}
		if _, err := h.SecondFactor(ctx, a.Login.ID, first, here); !fault.Is(err, fault.Invalid) || !strings.Contains(fault.Of(err).Says, "用过") {
			t.Errorf("a used code: %v", err)
		}
		h.clock.Advance(90 * time.Second)
		for _, tt := range []struct {
			name string
			code string
			ok   bool
		}{
			{"two steps old", code(-60 * time.Second), false},
			{"one step ahead, with a gap", code(30 * time.Second)[:3] + " " + code(30 * time.Second)[3:], true},
			{"the present one after a later one", code(0), false},
		} {
			if _, err := h.SecondFactor(ctx, a.Login.ID, tt.code, here); (err == nil) != tt.ok {
				t.Errorf("%s: %v", tt.name, err)
			}
		}
		h.clock.Advance(5 * time.Minute)
		if a, err := h.SignIn(ctx, "security", password, code(0), here); err != nil || a.Stage != signin.In {
			t.Errorf("password and code at once: %+v %v", a.Stage, err)
		}
	})
}

func TestRoleGrantedLaterAsksForASecondFactorAtOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.login["editor"].ID
		if a, err := h.Visit(t.Context(), id, false); err != nil || a.Stage != signin.In {
			t.Fatalf("%+v %v", a.Stage, err)
		}
		h.update(t, func(ctx context.Context, tx *db.Tx) error {
			return h.Appoint(ctx, tx, authz.System("test"), h.login["editor"].PersonID, h.province.ID, authz.FinalReviewer)
		})
		if a, err := h.Visit(t.Context(), id, false); err != nil || a.Stage != signin.SetUp {
			t.Errorf("after the appointment: %+v %v", a.Stage, err)
		}
	})
}

func manager(h *house) *scs.SessionManager {
	m := scs.New()
	m.Store, m.Codec = h.Store(), signin.Codec{}
	return m
}

// open commits a session of the login and returns its token.
func open(t testing.TB, h *house, id signin.ID) string {
	t.Helper()
	m := manager(h)
	ctx, err := m.Load(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	m.Put(ctx, signin.KeyLogin, string(id))
	m.Put(ctx, signin.KeyAddress, here)
	token, _, err := m.Commit(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// holds reports whether the token still opens a session, as any process of
// the house would see it.
func holds(t *testing.T, h *house, token string) bool {
	t.Helper()
	m := manager(h)
	ctx, err := m.Load(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	return m.GetString(ctx, signin.KeyLogin) != ""
}

func TestSessionsRestAndEnd(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		id := h.login["editor"].ID
		token := open(t, h, id)
		if n, err := db.One(ctx, h.db, db.Value[int], `SELECT count(*) FROM session WHERE token = $1`, token); err != nil || n != 0 {
			t.Errorf("the cookie itself is stored (%v)", err)
		}
		commits := h.db.Commits()
		for range 5 {
			h.clock.Advance(5 * time.Second)
			if !holds(t, h, token) {
				t.Fatal("a fresh session is gone")
			}
		}
		if h.db.Commits() != commits {
			t.Error("reading within a minute wrote to the database")
		}
		for range 4 { // used every 29 minutes it lives
			h.clock.Advance(29 * time.Minute)
			if !holds(t, h, token) {
				t.Fatal("idle time does not start anew")
			}
		}
		idle := open(t, h, id)
		h.clock.Advance(signin.IdleTimeout)
		if holds(t, h, idle) || holds(t, h, token) {
			t.Error("a session rested longer than allowed")
		}
		long := open(t, h, id)
		for range 25 {
			h.clock.Advance(29 * time.Minute)
			holds(t, h, long)
		}
		if holds(t, h, long) {
			t.Error("a session outlived its twelve hours")
		}

		mine, other, third := open(t, h, id), open(t, h, id), open(t, h, id)
		list, err := h.Sessions(ctx, id, mine)
		if err != nil || len(list) != 3 {
			t.Fatalf("sessions %+v, %v", list, err)
		}
		person := audit.WithActor(ctx, audit.Actor{Kind: "person", ID: string(h.login["editor"].PersonID)})
		var one string
		for _, l := range list {
			if !l.Present {
				one = l.ID
			}
		}
		if n, err := h.EndOthers(person, h.login["neighbour"].ID, "", one); !fault.Is(err, fault.NotFound) {
			t.Errorf("ended %d of somebody else's sessions: %v", n, err)
		}
		if n, err := h.EndOthers(person, id, mine, one); err != nil || n != 1 {
			t.Errorf("ended %d, %v", n, err)
		}
		if n, err := h.EndOthers(person, id, mine, ""); err != nil || n != 1 || !holds(t, h, mine) || holds(t, h, other) || holds(t, h, third) {
			t.Errorf("ended %d others, %v", n, err)
		}
		if err := h.SignOut(person, id, mine); err != nil || holds(t, h, mine) {
			t.Errorf("signed out: %v", err)
		}
		if err := h.Sweep(ctx); err != nil {
			t.Error(err)
		}
		if n, err := db.One(ctx, h.db, db.Value[int], `SELECT count(*) FROM session`); err != nil || n != 0 {
			t.Errorf("%d sessions left after the sweep (%v)", n, err)
		}
	})
}

func TestIdleTimeIsASetting(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.update(t, func(ctx context.Context, tx *db.Tx) error {
			if _, err := tx.Exec(ctx, `INSERT INTO setting (name, value, changed_at) VALUES ($1, '10', $2)`, signin.IdleSetting, tx.Now()); err != nil {
				return err
			}
			return audit.Record(ctx, tx, audit.Entry{Act: "setting.change"})
		})
		token := open(t, h, h.login["editor"].ID)
		h.clock.Advance(10 * time.Minute)
		if holds(t, h, token) {
			t.Error("the setting of ten minutes is not followed")
		}
	})
}

func TestDisablingEndsSessionsAndTokens(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := audit.System(context.Background(), "test")
		l := h.login["editor"]
		cookie := open(t, h, l.ID)
		token, err := h.CreateToken(ctx, "editor")
		if err != nil {
			t.Fatal(err)
		}
		if s, err := h.ByToken(ctx, token); err != nil || s.Login != "editor" || !s.May(authz.ItemWrite) {
			t.Fatalf("by token: %+v %v", s, err)
		}
		if n, err := db.One(ctx, h.db, db.Value[int], `SELECT count(*) FROM api_token WHERE hash LIKE '%' || $1 || '%'`, token); err != nil || n != 0 {
			t.Errorf("the token itself is stored (%v)", err)
		}
		for _, bad := range []string{"", "zst_", token + "x", token[4:], strings.Repeat("zst_", 9999)} {
			if _, err := h.ByToken(ctx, bad); !fault.Is(err, fault.SignIn) {
				t.Errorf("token %.9q: %v", bad, err)
			}
		}
		scope := (&authz.Session{Posts: []authz.Post{{Role: authz.SecurityAdmin, AreaPath: h.city.AreaPath, Office: true}}}).ScopeFor(authz.LoginManage)
		err = h.db.Update(ctx, func(tx *db.Tx) error { return h.Disable(ctx, tx, scope, l.ID) })
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("the city's administrator disabled the province's editor: %v", err)
		}
		h.update(t, func(ctx context.Context, tx *db.Tx) error { return h.Disable(ctx, tx, authz.System("test"), l.ID) })
		if holds(t, h, cookie) {
			t.Error("the session lives on")
		}
		if _, err := h.ByToken(ctx, token); !fault.Is(err, fault.SignIn) {
			t.Errorf("the token lives on: %v", err)
		}
		if _, err := h.Visit(ctx, l.ID, true); !fault.Is(err, fault.SignIn) {
			t.Errorf("visit: %v", err)
		}
		if _, err := h.SignIn(ctx, "editor", password, "", here); !fault.Is(err, fault.Forbidden) {
			t.Errorf("sign in: %v", err)
		}
		if _, err := h.CreateToken(ctx, "editor"); !fault.Is(err, fault.NotFound) {
			t.Errorf("a token for a disabled login: %v", err)
		}
	})
}

func TestNobodyManagesHimself(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		me := h.login["security"]
		ctx := audit.WithActor(context.Background(), audit.Actor{Kind: "person", ID: string(me.PersonID), Name: me.PersonName})
		scope := authz.System("test")
		for name, act := range map[string]func(tx *db.Tx) error{
			"appoint": func(tx *db.Tx) error {
				return h.Appoint(ctx, tx, scope, me.PersonID, h.province.ID, authz.Supervisor)
			},
			"unlock":       func(tx *db.Tx) error { return h.Unlock(ctx, tx, scope, me.ID) },
			"reset second": func(tx *db.Tx) error { return h.ResetSecond(ctx, tx, scope, me.ID) },
		} {
			if err := h.db.Update(ctx, act); !fault.Is(err, fault.Refused) {
				t.Errorf("%s: %v", name, err)
			}
		}
		err := h.db.Update(ctx, func(tx *db.Tx) error {
			return h.Appoint(ctx, tx, scope, h.login["editor"].PersonID, h.province.ID, authz.AuditAdmin)
		})
		if err != nil {
			t.Errorf("appointing somebody else: %v", err)
		}
	})
}

func TestPasswordOfOnesOwn(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := audit.System(context.Background(), "test")
		l := h.login["editor"]
		h.update(t, func(ctx context.Context, tx *db.Tx) error {
			return h.ResetPassword(ctx, tx, authz.System("test"), l.ID, "given-by-2-admins")
		})
		a, err := h.SignIn(ctx, "editor", "given-by-2-admins", "", here)
		if err != nil || a.Stage != signin.Password {
			t.Fatalf("%+v %v", a.Stage, err)
		}
		mine, other := open(t, h, l.ID), open(t, h, l.ID)
		if err := h.ChangePassword(ctx, l.ID, "wrong", "Qujiang-2026-x", mine, here); !fault.Is(err, fault.Invalid) || fault.Of(err).Fields[0].Name != "old" {
			t.Errorf("a wrong old password: %v", err)
		}
		if err := h.ChangePassword(ctx, l.ID, "given-by-2-admins", "short", mine, here); !fault.Is(err, fault.Invalid) {
			t.Errorf("a weak password: %v", err)
		}
		if err := h.ChangePassword(ctx, l.ID, "given-by-2-admins", "Qujiang-2026-x", mine, here); err != nil {
			t.Fatal(err)
		}
		if !holds(t, h, mine) || holds(t, h, other) {
			t.Error("a change of password ends the other sessions and keeps this one")
		}
		if a, err := h.SignIn(ctx, "editor", "Qujiang-2026-x", "", here); err != nil || a.Stage != signin.In {
			t.Errorf("%+v %v", a.Stage, err)
		}
	})
}

func TestCostOfAGuess(t *testing.T) {
	if got, want := signin.RealCost(), "m=19456 KiB, t=2, p=1"; got != want {
		t.Errorf("argon2id runs at %s, want %s", got, want)
	}
}

func TestOldHashesAreMadeAnew(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		weak := signin.HashWith(password, 32, 1)
		h.update(t, func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE login SET password_hash = $1 WHERE name = 'editor'`, weak)
			if err != nil {
				return err
			}
			return audit.Record(ctx, tx, audit.Entry{Act: "test"})
		})
		if _, err := h.SignIn(t.Context(), "editor", password, "", here); err != nil {
			t.Fatal(err)
		}
		got, err := db.One(t.Context(), h.db, db.Value[string], `SELECT password_hash FROM login WHERE name = 'editor'`)
		if err != nil || !strings.HasPrefix(got, "$argon2id$v=19$m=64,t=1,p=1$") {
			t.Errorf("hash %q, %v", got, err)
		}
	})
}

func TestLoginsStayInScope(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		scope := (&authz.Session{Posts: []authz.Post{{Role: authz.SecurityAdmin, AreaPath: h.city.AreaPath, Office: true}}}).ScopeFor(authz.LoginManage)
		list, total, err := h.Logins(ctx, scope, signin.Filter{})
		if err != nil || total != 1 || list[0].Name != "neighbour" || list[0].Roles[0] != "采编人员" {
			t.Errorf("the city sees %d: %+v %v", total, list, err)
		}
		if _, _, err := h.Login(ctx, scope, h.login["editor"].ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("a login out of scope: %v", err)
		}
		if list, total, err := h.Logins(ctx, authz.System("test"), signin.Filter{Text: "张SEC"}); err != nil || total != 1 || list[0].Name != "security" {
			t.Errorf("search: %d %v", total, err)
		}
		if list, err := h.DemoLogins(ctx); err != nil || len(list) != 1 || list[0].Name != "demo" {
			t.Errorf("demo logins: %+v %v", list, err)
		}
		if s, err := h.SessionOf(ctx, h.login["demo"].PersonID); err != nil || s.Login != "demo" || !s.Holds(authz.Supervisor) {
			t.Errorf("session of: %+v %v", s, err)
		}
	})
}

func TestLoginsAreCreatedOnceEach(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := audit.System(context.Background(), "test")
		scope := authz.System("test")
		for _, tt := range []struct {
			name, login, password string
			person                org.PersonID
			want                  fault.Kind
		}{
			{"a taken name", "editor", password, h.login["demo"].PersonID, fault.Conflict},
			{"a second login for one person", "editor2", password, h.login["editor"].PersonID, fault.Conflict},
			{"a name with spaces", "li si", password, h.login["editor"].PersonID, fault.Invalid},
			{"an unknown person", "lisi", password, "none", fault.NotFound},
			{"a weak password", "lisi", "1234567890", h.login["editor"].PersonID, fault.Invalid},
		} {
			err := h.db.Update(ctx, func(tx *db.Tx) error {
				_, err := h.CreateLogin(ctx, tx, scope, tt.person, tt.login, tt.password, signin.SecondFactor{})
				return err
			})
			if !fault.Is(err, tt.want) {
				t.Errorf("%s: %v", tt.name, err)
			}
		}
	})
}

func TestReceiptsAnswerForADay(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		r := h.Receipts()
		if err := r.Keep(ctx, "k", "/console/sites/1"); err != nil {
			t.Fatal(err)
		}
		if err := r.Keep(ctx, "k", "/console/sites/2"); err != nil {
			t.Fatal(err)
		}
		if to, ok := r.Taken(ctx, "k"); !ok || to != "/console/sites/1" {
			t.Errorf("%q %v", to, ok)
		}
		h.clock.Advance(signin.ReceiptsKept)
		if _, ok := r.Taken(ctx, "k"); ok {
			t.Error("a receipt is kept longer than a day")
		}
	})
}

func TestCheckPassword(t *testing.T) {
	for _, tt := range []struct {
		login, password string
		ok              bool
	}{
		{"lisi", "Chang-an-2026", true},
		{"lisi", "长安城里花正开2026", true},
		{"lisi", "correct horse battery", true},
		{"lisi", "correcthorsebatterystaple", true},
		{"lisi", "onlyletters", false},
		{"lisi", "short-1", false},
		{"lisi", "P@ssw0rd123", false},
		{"lisi", "1234567890", false},
		{"lisi", "abcdefghijklmnop", false},
		{"lisi", "a1a1a1a1a1a1", false},
		{"lisi", "my-LiSi-2026", false},
		{"lisi", strings.Repeat("长安-1", 40), false},
		{"lisi", "bad\xff\xfeutf8-2026", false},
	} {
		if err := signin.CheckPassword(tt.login, tt.password); (err == nil) != tt.ok {
			t.Errorf("%q: %v", tt.password, err)
		}
	}
}
