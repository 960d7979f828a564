package signin

import (
	"context"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
)

// Lock-out (等保: 登录失败处理).
const (
	// MaxFailures within FailureWindow lock a login.
	MaxFailures   = 5
	FailureWindow = 15 * time.Minute
	// LockFor is the first lock of a day; each further one doubles, up to
	// MaxLock.
	LockFor = 15 * time.Minute
	MaxLock = 4 * time.Hour
	// MaxAddressFailures within FailureWindow close the door to one address.
	// An office of dozens shares one address, so this is not five.
	MaxAddressFailures = 30

	// memory of failures, which the back-off counts over.
	attemptMemory = 24 * time.Hour
)

// lockedUntil is when the lock ends that these failures, oldest first, led to;
// the zero time when they led to none. Failures during a lock are not
// recorded, so a lock ends whatever happens meanwhile.
func lockedUntil(failures []time.Time) time.Time {
	var until time.Time
	var window []time.Time
	lock := LockFor
	for _, at := range failures {
		for len(window) > 0 && at.Sub(window[0]) > FailureWindow {
			window = window[1:]
		}
		if window = append(window, at); len(window) == MaxFailures {
			until, window = at.Add(lock), nil
			lock = min(2*lock, MaxLock)
		}
	}
	return until
}

// attemptKey stands for a typed name: keyed, because people type their
// password into the wrong field and an unknown name must not be kept.
func (s *Service) attemptKey(name string) string { return s.key.Mac("signin.attempt", name) }

// lockOf is the lock on a name at present, known or not; zero when free.
func (s *Service) lockOf(ctx context.Context, q db.Querier, name string, now time.Time) (time.Time, error) {
	failures, err := db.All(ctx, q, instant, `SELECT at FROM sign_in_attempt WHERE login = $1 AND at > $2 ORDER BY at`,
		s.attemptKey(name), now.Add(-attemptMemory))
	if err != nil {
		return time.Time{}, err
	}
	if until := lockedUntil(failures); until.After(now) {
		return until, nil
	}
	return time.Time{}, nil
}

func instant(r db.Scanner) (time.Time, error) {
	var t time.Time
	err := r.Scan(&t)
	return t, err
}

// closed is the fault for a name or address that has to wait, nil when
// neither has.
func (s *Service) closed(ctx context.Context, q db.Querier, name, address string, now time.Time) error {
	until, err := s.lockOf(ctx, q, name, now)
	if err != nil {
		return err
	}
	if !until.IsZero() {
		return locked(until)
	}
	n, err := db.One(ctx, q, db.Value[int], `SELECT count(*) FROM sign_in_attempt WHERE address = $1 AND at > $2`, address, now.Add(-FailureWindow))
	if err != nil {
		return err
	}
	if n >= MaxAddressFailures {
		return fault.New(fault.TooMany, "您所在的网络在短时间内登录失败次数过多，请 15 分钟后再试；如不是本单位人员所为，请告知安全管理员。")
	}
	return nil
}

func locked(until time.Time) error {
	return fault.Newf(fault.TooMany, "连续输错次数过多，该账号暂停登录至 %s。请届时再试，或联系本单位安全管理员解锁。", until.In(calendar.Shanghai).Format("15:04"))
}

// failed records one failure and locks when it was one too many. l is nil for
// an unknown name.
func (s *Service) failed(ctx context.Context, l *Login, name, address, why string, says *fault.Error) error {
	ctx = asSignIn(ctx)
	var out error
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		out = nil
		if err := s.closed(ctx, tx, name, address, tx.Now()); err != nil {
			// Somebody guessing in parallel locked it meanwhile: no further row.
			out = err
			return nil
		}
		if _, err := tx.Quiet(ctx, `INSERT INTO sign_in_attempt (login, at, address) VALUES ($1, $2, $3)`, s.attemptKey(name), tx.Now(), address); err != nil {
			return err
		}
		target := audit.Target{Kind: "login", Name: "未登记的账号"}
		if l != nil {
			target = l.target()
		}
		facts := map[string]string{"address": address, "reason": why}
		if err := audit.Record(ctx, tx, audit.Entry{Act: "signin.failed", Target: target, After: facts}); err != nil {
			return err
		}
		until, err := s.lockOf(ctx, tx, name, tx.Now())
		if err != nil {
			return err
		}
		said := *says // callers may add to what they get
		out = &said
		if until.IsZero() {
			return nil
		}
		out = locked(until)
		if l != nil {
			if _, err := tx.Exec(ctx, `UPDATE login SET locked_until = $2 WHERE id = $1`, l.ID, until); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "signin.locked", Target: target, After: map[string]any{"address": address, "until": until}})
	})
	if err != nil {
		return err
	}
	return out
}

// asSignIn is the actor of an act nobody is signed in for yet.
func asSignIn(ctx context.Context) context.Context {
	return audit.WithActor(ctx, audit.Actor{Kind: "system", ID: "signin", Name: "系统（登录）"})
}
