package signin

import (
	"bytes"
	"context"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
	"image/png"
	"strings"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"zhengshu/internal/audit"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
)

// Time-based codes (RFC 6238) as every authenticator program makes them: six
// digits, SHA-1, thirty seconds; one step either way for clocks that drift.
const (
	totpPeriod = 30
	totpSkew   = 1
	totpSeal   = "signin.totp"
	issuer     = "政枢"
	qrPixels   = 240
	// secretBytes is RFC 4226's recommended length.
	secretBytes = 20
)

var b32 = base32.StdEncoding.WithPadding(base32.NoPadding)

var (
	errUsed   = errors.New("signin: code was used before")
	wrongCode = fault.New(fault.Invalid, "动态码不正确。请查看验证器当前显示的 6 位数字，并确认手机时间准确。").On("code", "请输入验证器当前显示的 6 位数字")
	usedCode  = fault.New(fault.Invalid, "这个动态码已经用过，请等验证器换出下一个再输入。").On("code", "请等下一个动态码")
)

// stepOf is the time step a code belongs to, 0 when it is wrong.
func (s *Service) stepOf(l Login, code string) (int64, error) {
	secret, err := s.key.Open(totpSeal, l.sealed)
	if err != nil {
		return 0, fault.New(fault.Unavailable, "二次验证的密钥无法读取，请联系系统管理员核对主密钥文件。").From(fmt.Errorf("second factor of login %s: %w", l.ID, err))
	}
	return s.match(string(secret), code)
}

func (s *Service) match(secret, code string) (int64, error) {
	// People type the gap their phone shows: 123 456.
	code = strings.ReplaceAll(strings.TrimSpace(code), " ", "")
	if len(code) != 6 {
		return 0, nil
	}
	now := s.clock.Now().Unix() / totpPeriod
	for step := now - totpSkew; step <= now+totpSkew; step++ {
		ok, err := hotp.ValidateCustom(code, uint64(step), secret, hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err != nil {
			return 0, fmt.Errorf("signin: check code: %w", err)
		}
		if ok {
			return step, nil
		}
	}
	return 0, nil
}

// Secret is a second factor being set up, for the person's eyes alone.
type Secret struct {
	Key string // base32 in groups of four, for typing
	PNG []byte // the same as a QR code
}

// candidate is the secret a session may set up, in base32. It is derived from
// the session's token and the house key, so showing it stores nothing and
// another session is shown another one.
func (s *Service) candidate(token string) ([]byte, error) {
	raw, err := base64.RawURLEncoding.DecodeString(s.key.Mac("signin.totp.candidate", token))
	if err != nil || len(raw) < secretBytes || token == "" {
		return nil, errors.New("signin: no session to set up a second factor in")
	}
	return raw[:secretBytes], nil
}

// NewSecret is the second factor that a session of the login may set up; it
// counts once SetUpSecond has seen a code made from it. token is the
// session's cookie.
func (s *Service) NewSecret(l Login, token string) (Secret, error) {
	raw, err := s.candidate(token)
	if err != nil {
		return Secret{}, err
	}
	k, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: l.Name, Period: totpPeriod, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1, Secret: raw})
	if err != nil {
		return Secret{}, fmt.Errorf("signin: make second factor: %w", err)
	}
	return picture(k)
}

func picture(k *otp.Key) (Secret, error) {
	img, err := k.Image(qrPixels, qrPixels)
	if err != nil {
		return Secret{}, fmt.Errorf("signin: draw QR code: %w", err)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return Secret{}, fmt.Errorf("signin: draw QR code: %w", err)
	}
	var groups []string
	for text := k.Secret(); text != ""; {
		n := min(4, len(text))
		groups, text = append(groups, text[:n]), text[n:]
	}
	return Secret{Key: strings.Join(groups, " "), PNG: b.Bytes()}, nil
}

// SetUpSecond makes the session's secret the login's second factor once a code
// proves that the person's device holds it. A login that has one already
// keeps it: only ResetSecond by the security administrator takes it away.
func (s *Service) SetUpSecond(ctx context.Context, id ID, token, code, address string) (Admission, error) {
	l, err := s.live(ctx, id)
	if err != nil {
		return Admission{}, err
	}
	if l.HasSecret {
		return Admission{}, fault.New(fault.Conflict, "这个账号已设置二次验证。如更换手机，请联系安全管理员重置。")
	}
	if err := s.closed(ctx, s.db, l.Name, address, s.clock.Now()); err != nil {
		return Admission{}, err
	}
	raw, err := s.candidate(token)
	if err != nil {
		return Admission{}, err
	}
	secret := b32.EncodeToString(raw)
	step, err := s.match(secret, code)
	if err != nil {
		return Admission{}, err
	}
	if step == 0 {
		return Admission{}, s.failed(ctx, &l, l.Name, address, "设置二次验证时动态码不正确", wrongCode)
	}
	sealed, err := s.key.Seal(totpSeal, []byte(secret))
	if err != nil {
		return Admission{}, err
	}
	sys := asSignIn(ctx)
	err = s.db.Update(sys, func(tx *db.Tx) error {
		n, err := tx.Exec(sys, `UPDATE login SET totp_secret = $2, totp_step = $3 WHERE id = $1 AND totp_secret = ''`, id, sealed, step-1)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "这个账号刚刚在别处设置了二次验证，请重新登录。")
		}
		return audit.Record(sys, tx, audit.Entry{Act: "signin.second.set_up", Target: l.target(), After: map[string]string{"address": address, "person": l.PersonName}})
	})
	if err != nil {
		return Admission{}, err
	}
	l.sealed, l.HasSecret = sealed, true
	if err := s.succeeded(ctx, &l, address, step); err != nil {
		return Admission{}, err
	}
	return s.admission(ctx, l, true)
}
