package signin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
)

// Ends of a session.
const (
	// IdleTimeout is how long a session may rest, unless the setting
	// IdleSetting says otherwise.
	IdleTimeout = 30 * time.Minute
	// SessionLife is how long a session lasts whatever happens.
	SessionLife = 12 * time.Hour
	// IdleSetting names the row of table setting: whole minutes, 5 to 480.
	IdleSetting = "signin.idle_minutes"

	touchEvery  = time.Minute
	maxSession  = 16 << 10
	maxToken    = 128
	idDigits    = 24 // of the token's hash
	settingKept = time.Minute
)

// Keys of a session's values. All values are text.
const (
	KeyLogin   = "login"   // the login's ID; a session without one is not stored
	KeySecond  = "second"  // "1" once the second factor was given
	KeyAddress = "address" // where it began
	KeyAgent   = "agent"   // the browser, as it names itself
	KeyProved  = "proved"  // when the person last proved who it is, RFC 3339
)

// Codec writes a session's values as JSON: readable in the database by
// whoever must look into an incident.
type Codec struct{}

type sessionText struct {
	Deadline time.Time         `json:"deadline"`
	Values   map[string]string `json:"values"`
}

// Encode implements scs.Codec.
func (Codec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	t := sessionText{Deadline: deadline, Values: make(map[string]string, len(values))}
	for k, v := range values {
		text, ok := v.(string)
		if !ok {
			return nil, fmt.Errorf("signin: session value %s is no text", k)
		}
		t.Values[k] = text
	}
	return json.Marshal(t)
}

// Decode implements scs.Codec.
func (Codec) Decode(b []byte) (time.Time, map[string]any, error) {
	if len(b) > maxSession {
		return time.Time{}, nil, errors.New("signin: session is too large")
	}
	var t sessionText
	if err := json.Unmarshal(b, &t); err != nil {
		return time.Time{}, nil, fmt.Errorf("signin: read session: %w", err)
	}
	values := make(map[string]any, len(t.Values))
	for k, v := range t.Values {
		values[k] = v
	}
	return t.Deadline, values, nil
}

// Store keeps sessions in the database for scs. The token in the cookie is
// never stored, only its SHA-256. Both ends of a session are decided here, by
// the house's clock, and not by the expiry the session manager proposes.
type Store struct{ s *Service }

// Store is the session store of the service.
func (s *Service) Store() *Store { return &Store{s} }

func hashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// FindCtx implements scs.CtxStore. It notes that the session is alive, at most
// once a minute.
func (st *Store) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	if token == "" || len(token) > maxToken {
		return nil, false, nil
	}
	idle, err := st.s.IdleTime(ctx)
	if err != nil {
		return nil, false, err
	}
	now := st.s.clock.Now()
	type found struct {
		data []byte
		seen time.Time
	}
	f, err := db.One(ctx, st.s.db, func(r db.Scanner) (found, error) {
		var f found
		err := r.Scan(&f.data, &f.seen)
		return f, err
	}, `SELECT data, seen_at FROM session WHERE token = $1 AND expires_at > $2 AND seen_at > $3`, hashToken(token), now, now.Add(-idle))
	if db.None(err) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("signin: find session: %w", err)
	}
	if now.Sub(f.seen) >= touchEvery {
		err := st.s.db.Update(ctx, func(tx *db.Tx) error {
			_, err := tx.Quiet(ctx, `UPDATE session SET seen_at = $2 WHERE token = $1 AND seen_at < $2`, hashToken(token), now)
			return err
		})
		if err != nil {
			return nil, false, fmt.Errorf("signin: touch session: %w", err)
		}
	}
	return f.data, true, nil
}

// CommitCtx implements scs.CtxStore.
func (st *Store) CommitCtx(ctx context.Context, token string, b []byte, _ time.Time) error {
	_, values, err := Codec{}.Decode(b)
	if err != nil {
		return err
	}
	text := func(key string) string { v, _ := values[key].(string); return v }
	if text(KeyLogin) == "" {
		return errors.New("signin: a session without a login is not stored")
	}
	now := st.s.clock.Now()
	return st.s.db.Update(ctx, func(tx *db.Tx) error {
		_, err := tx.Quiet(ctx, `
			INSERT INTO session (token, login_id, data, address, agent, started_at, seen_at, expires_at)
			VALUES ($1, $2, $3, $4, $5, $6, $6, $7)
			ON CONFLICT (token) DO UPDATE SET data = excluded.data, seen_at = excluded.seen_at`,
			hashToken(token), text(KeyLogin), b, text(KeyAddress), text(KeyAgent), now, now.Add(SessionLife))
		return err
	})
}

// DeleteCtx implements scs.CtxStore.
func (st *Store) DeleteCtx(ctx context.Context, token string) error {
	return st.s.db.Update(ctx, func(tx *db.Tx) error {
		_, err := tx.Quiet(ctx, `DELETE FROM session WHERE token = $1`, hashToken(token))
		return err
	})
}

// Find implements scs.Store.
func (st *Store) Find(token string) ([]byte, bool, error) {
	return st.FindCtx(context.Background(), token)
}

// Commit implements scs.Store.
func (st *Store) Commit(token string, b []byte, expiry time.Time) error {
	return st.CommitCtx(context.Background(), token, b, expiry)
}

// Delete implements scs.Store.
func (st *Store) Delete(token string) error { return st.DeleteCtx(context.Background(), token) }

// IdleTime is how long a session may rest: the setting, read at most once a
// minute, or IdleTimeout.
func (s *Service) IdleTime(ctx context.Context) (time.Duration, error) {
	now := s.clock.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Before(s.idleUntil) {
		return s.idle, nil
	}
	idle := IdleTimeout
	text, err := db.One(ctx, s.db, db.Value[string], `SELECT value FROM setting WHERE name = $1`, IdleSetting)
	if err != nil && !db.None(err) {
		return 0, fmt.Errorf("signin: read setting: %w", err)
	}
	if n, err := strconv.Atoi(text); err == nil && n >= 5 && n <= 480 {
		idle = time.Duration(n) * time.Minute
	}
	s.idle, s.idleUntil = idle, now.Add(settingKept)
	return idle, nil
}

// Live is one session as its owner sees it.
type Live struct {
	ID      string // names the session without opening it
	Address string
	Agent   string
	Started time.Time
	Seen    time.Time // to the minute
	Ends    time.Time
	Present bool // the session that asks
}

// Sessions are the live sessions of a login, the newest first. token is the
// cookie of the session that asks.
func (s *Service) Sessions(ctx context.Context, id ID, token string) ([]Live, error) {
	idle, err := s.IdleTime(ctx)
	if err != nil {
		return nil, err
	}
	now, own := s.clock.Now(), hashToken(token)
	return db.All(ctx, s.db, func(r db.Scanner) (Live, error) {
		var l Live
		err := r.Scan(&l.ID, &l.Address, &l.Agent, &l.Started, &l.Seen, &l.Ends)
		l.Present = l.ID == own
		l.ID = l.ID[:min(idDigits, len(l.ID))]
		return l, err
	}, `SELECT token, address, agent, started_at, seen_at, expires_at FROM session
	     WHERE login_id = $1 AND expires_at > $2 AND seen_at > $3 ORDER BY started_at DESC, token`, id, now, now.Add(-idle))
}

// EndOthers ends the login's other sessions: the one named, or all of them
// when session is empty. It returns how many ended.
func (s *Service) EndOthers(ctx context.Context, id ID, token, session string) (int64, error) {
	idle, err := s.IdleTime(ctx)
	if err != nil {
		return 0, err
	}
	var n int64
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		l, err := s.loginBy(ctx, tx, "l.id = $1", id)
		if err != nil {
			return err
		}
		// What has run out already is no session that somebody ends.
		if _, err := tx.Quiet(ctx, `DELETE FROM session WHERE login_id = $1 AND (expires_at <= $2 OR seen_at <= $3)`, id, tx.Now(), tx.Now().Add(-idle)); err != nil {
			return err
		}
		if session == "" {
			n, err = tx.Quiet(ctx, `DELETE FROM session WHERE login_id = $1 AND token <> $2`, id, hashToken(token))
		} else {
			n, err = tx.Quiet(ctx, `DELETE FROM session WHERE login_id = $1 AND token <> $2 AND substr(token, 1, $3) = $4`, id, hashToken(token), idDigits, session)
		}
		if err != nil || n == 0 {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "signin.session.end", Target: l.target(), After: map[string]int64{"ended": n}})
	})
	if err == nil && n == 0 && session != "" {
		return 0, fault.New(fault.NotFound, "这个登录已经结束，不用再退出。")
	}
	return n, err
}

// SignOut ends the session of the token and records it.
func (s *Service) SignOut(ctx context.Context, id ID, token string) error {
	return s.db.Update(ctx, func(tx *db.Tx) error {
		l, err := s.loginBy(ctx, tx, "l.id = $1", id)
		if err != nil {
			return err
		}
		n, err := tx.Quiet(ctx, `DELETE FROM session WHERE token = $1 AND login_id = $2`, hashToken(token), id)
		if err != nil || n == 0 {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "signin.out", Target: l.target()})
	})
}

// endAll ends every session and token of a login: whatever it could do stops
// with the next request.
func endAll(ctx context.Context, tx *db.Tx, id ID) error {
	if _, err := tx.Quiet(ctx, `DELETE FROM session WHERE login_id = $1`, id); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE api_token SET revoked_at = $2 WHERE login_id = $1 AND revoked_at IS NULL`, id, tx.Now())
	return err
}
