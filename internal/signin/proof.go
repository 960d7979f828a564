package signin

import (
	"context"
	"fmt"

	"zhengshu/internal/audit"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
)

// Prove checks again that it is the login's own person who acts: a code where
// the login has a second factor, else the password. What is wrong counts
// towards the lock as at sign-in.
func (s *Service) Prove(ctx context.Context, id ID, secret, address string) error {
	l, err := s.live(ctx, id)
	if err != nil {
		return err
	}
	if err := s.closed(ctx, s.db, l.Name, address, s.clock.Now()); err != nil {
		return err
	}
	how, step := "密码", int64(0)
	if l.HasSecret {
		how = "动态码"
		if step, err = s.stepOf(l, secret); err != nil {
			return err
		}
		if step == 0 {
			return s.failed(ctx, &l, l.Name, address, "再次验证时动态码不正确", onProof(wrongCode))
		}
	} else {
		ok, _, err := verify(ctx, l.hash, secret)
		if err != nil {
			return err
		}
		if !ok {
			return s.failed(ctx, &l, l.Name, address, "再次验证时密码不正确", onProof(fault.New(fault.Invalid, "密码不正确，没有办理。请重新输入；连续输错 5 次将暂停登录 15 分钟。")))
		}
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		if err := s.closed(ctx, tx, l.Name, address, tx.Now()); err != nil {
			return err
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
		return audit.Record(ctx, tx, audit.Entry{Act: "signin.prove", Target: l.target(), After: map[string]string{"address": address, "how": how}})
	})
	switch {
	case err == errUsed:
		return s.failed(ctx, &l, l.Name, address, "再次验证时动态码已用过", onProof(usedCode))
	case err != nil && !fault.Is(err, fault.TooMany):
		return fmt.Errorf("prove login %s: %w", l.ID, err)
	}
	return err
}

// onProof is the fault without the field of the sign-in page.
func onProof(f *fault.Error) *fault.Error { return fault.New(f.Kind, f.Says) }
