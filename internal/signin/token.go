package signin

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
)

// tokenPrefix makes a leaked token recognisable to whoever searches for one.
const tokenPrefix = "zst_"

// CreateToken makes an API token with the posts of a login; the token is
// returned this once and only its hash is kept. Programs give no second
// factor: whoever may create a token answers for where it lies. The context
// carries the actor.
func (s *Service) CreateToken(ctx context.Context, login string) (string, error) {
	raw := make([]byte, 32)
	if _, err := rand.Read(raw); err != nil {
		return "", fmt.Errorf("signin: draw token: %w", err)
	}
	token := tokenPrefix + base64.RawURLEncoding.EncodeToString(raw)
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		l, err := s.loginBy(ctx, tx, "l.name = $1", normal(login))
		if db.None(err) || err == nil && (l.Disabled() || !l.left.IsZero()) {
			return fault.Newf(fault.NotFound, "没有可用的登录账号“%s”，请核对账号名。", login)
		}
		if err != nil {
			return err
		}
		id := ulid.Make().String()
		if _, err := tx.Exec(ctx, `INSERT INTO api_token (id, login_id, hash, created_at) VALUES ($1, $2, $3, $4)`, id, l.ID, hashToken(token), tx.Now()); err != nil {
			return fmt.Errorf("signin: create token: %w", err)
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "signin.token.create", Target: l.target(), After: map[string]string{"token": id}})
	})
	if err != nil {
		return "", err
	}
	return token, nil
}

// ByToken is the session a token stands for, with the posts held now. A wrong,
// revoked or orphaned one is a SignIn fault.
func (s *Service) ByToken(ctx context.Context, token string) (*authz.Session, error) {
	refused := fault.New(fault.SignIn, "接口令牌无效或已撤销，请由系统管理员重新签发。")
	if !strings.HasPrefix(token, tokenPrefix) || len(token) > maxToken {
		return nil, refused
	}
	id, err := db.One(ctx, s.db, db.Value[ID], `SELECT login_id FROM api_token WHERE hash = $1 AND revoked_at IS NULL`, hashToken(token))
	if db.None(err) {
		return nil, refused
	}
	if err != nil {
		return nil, fmt.Errorf("signin: find token: %w", err)
	}
	a, err := s.Visit(ctx, id, true)
	if fault.Is(err, fault.SignIn) {
		return nil, refused
	}
	return a.Session, err
}

// RevokeTokens ends every API token of a login and says how many there were.
func (s *Service) RevokeTokens(ctx context.Context, login string) (int64, error) {
	var n int64
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		l, err := s.loginBy(ctx, tx, "l.name = $1", normal(login))
		if db.None(err) {
			return fault.Newf(fault.NotFound, "没有登录账号“%s”，请核对账号名。", login)
		}
		if err != nil {
			return err
		}
		if n, err = tx.Exec(ctx, `UPDATE api_token SET revoked_at = $2 WHERE login_id = $1 AND revoked_at IS NULL`, l.ID, tx.Now()); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "signin.token.revoke", Target: l.target(), After: map[string]int64{"revoked": n}})
	})
	return n, err
}
