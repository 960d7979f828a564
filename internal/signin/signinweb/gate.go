package signinweb

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/alexedwards/scs/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/seal"
	"zhengshu/internal/signin"
	"zhengshu/internal/web"
)

const (
	sessionCookie = "zs"
	formCookie    = "zsf"

	formBytes = 16
	maxCookie = 256
	maxAgent  = 200 // bytes of the browser's name that are kept
)

// Config is what the door needs to know of the house.
type Config struct {
	// Demo lists the demo logins on the login page, with DemoPassword.
	Demo         bool
	DemoPassword string
	// Secure is set when people reach the server through https.
	Secure bool
	// ProofAge is how old the last proof of identity may be at a grave act; nil
	// or 0 never asks again.
	ProofAge func() time.Duration
	// Address tells the client's address; behind a trusted proxy it reads the
	// proxy's header. Default: the peer of the connection.
	Address func(*http.Request) string
}

// Handler holds the screens and is the gate.
type Handler struct {
	signin  *signin.Service
	org     *org.Service
	db      *db.DB
	key     *seal.Keyring
	c       Config
	session *scs.SessionManager
}

// New makes the door.
func New(s *signin.Service, o *org.Service, d *db.DB, key *seal.Keyring, c Config) *Handler {
	if c.Address == nil {
		c.Address = peer
	}
	m := scs.New()
	m.Store, m.Codec, m.Lifetime = s.Store(), signin.Codec{}, signin.SessionLife
	m.Cookie.Name = cookieName(c, sessionCookie)
	m.Cookie.Secure = c.Secure
	m.Cookie.HttpOnly = true
	m.Cookie.SameSite = http.SameSiteLaxMode
	// The browser forgets it when closed; the server decides the rest.
	m.Cookie.Persist = false
	return &Handler{signin: s, org: o, db: d, key: key, c: c, session: m}
}

// cookieName adds the prefix by which browsers refuse the cookie from another
// host or without TLS.
func cookieName(c Config, name string) string {
	if c.Secure {
		return "__Host-" + name
	}
	return name
}

func peer(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// visit is a live session, whatever its stage.
type visit struct {
	signin.Admission
	token string
}

type contextKey int

const visitKey contextKey = iota

// visitOf is the live session of the request, nil when there is none.
func visitOf(r *http.Request) *visit {
	v, _ := r.Context().Value(visitKey).(*visit)
	return v
}

// Enter is web.Gate.
func (h *Handler) Enter(w http.ResponseWriter, r *http.Request) (context.Context, web.Visitor, error) {
	ctx := audit.WithRequest(r.Context(), web.RequestID(r.Context()))
	visitor := web.Visitor{Demo: h.c.Demo}
	var token string
	if c, err := r.Cookie(h.session.Cookie.Name); err == nil && len(c.Value) <= maxCookie {
		token = c.Value
	}
	ctx, err := h.session.Load(ctx, token)
	if err != nil {
		return nil, web.Visitor{}, fmt.Errorf("load session: %w", err)
	}
	if id := h.session.GetString(ctx, signin.KeyLogin); id != "" {
		a, err := h.signin.Visit(ctx, signin.ID(id), h.session.GetString(ctx, signin.KeySecond) == "1")
		switch {
		case err == nil:
			visitor.FormToken = h.formToken(token)
			ctx = context.WithValue(ctx, visitKey, &visit{Admission: a, token: token})
			unit, _ := a.Session.Unit()
			ctx = audit.WithActor(ctx, audit.Actor{Kind: "person", ID: a.Session.PersonID, Name: a.Session.Name, Unit: unit})
			if a.Stage == signin.In {
				visitor.Session = a.Session
				ctx = authz.WithSession(ctx, a.Session)
			}
			return ctx, visitor, nil
		case !fault.Is(err, fault.SignIn):
			return nil, web.Visitor{}, err
		}
	}
	visitor.FormToken, err = h.stranger(w, r)
	return ctx, visitor, err
}

// stranger is the form token of a visitor nobody knows; a new number is given
// with the first page.
func (h *Handler) stranger(w http.ResponseWriter, r *http.Request) (string, error) {
	name := cookieName(h.c, formCookie)
	if c, err := r.Cookie(name); err == nil && len(c.Value) <= maxCookie {
		number, mac, ok := strings.Cut(c.Value, ".")
		if ok && hmac.Equal([]byte(mac), []byte(h.key.Mac("signin.stranger", number))) {
			return h.key.Mac("signin.form", "stranger "+number), nil
		}
	}
	raw := make([]byte, formBytes)
	if _, err := rand.Read(raw); err != nil {
		return "", fmt.Errorf("draw form number: %w", err)
	}
	number := base64.RawURLEncoding.EncodeToString(raw)
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: number + "." + h.key.Mac("signin.stranger", number), Path: "/",
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: h.c.Secure,
	})
	return h.key.Mac("signin.form", "stranger "+number), nil
}

// begin gives the browser a session of the login under a new token: at
// sign-in and at every step up, so that a token known before is worth nothing.
func (h *Handler) begin(w http.ResponseWriter, r *http.Request, a signin.Admission) error {
	ctx := r.Context()
	if err := h.session.RenewToken(ctx); err != nil {
		return fmt.Errorf("renew session: %w", err)
	}
	if err := h.session.Clear(ctx); err != nil {
		return fmt.Errorf("clear session: %w", err)
	}
	h.session.Put(ctx, signin.KeyLogin, string(a.Login.ID))
	h.session.Put(ctx, signin.KeyAddress, h.c.Address(r))
	h.session.Put(ctx, signin.KeyAgent, agent(r))
	h.session.Put(ctx, signin.KeyProved, h.db.Now().Format(time.RFC3339))
	if a.Second {
		h.session.Put(ctx, signin.KeySecond, "1")
	}
	token, expiry, err := h.session.Commit(ctx)
	if err != nil {
		return fmt.Errorf("save session: %w", err)
	}
	h.session.WriteSessionCookie(ctx, w, token, expiry)
	// The manager adds a weaker header of its own.
	w.Header().Set("Cache-Control", "no-store")
	return nil
}

// Proof is web.Prover: how lately the person of the session proved who it is.
func (h *Handler) Proof(r *http.Request) (web.Proof, error) {
	p, v := web.Proof{Fresh: true}, visitOf(r)
	if h.c.ProofAge == nil || v == nil {
		return p, nil
	}
	if p.After = h.c.ProofAge(); p.After <= 0 {
		return p, nil
	}
	p.Code = v.Login.HasSecret
	// A session of before this was kept has no instant: it proves itself anew.
	at, err := time.Parse(time.RFC3339, h.session.GetString(r.Context(), signin.KeyProved))
	since := h.db.Now().Sub(at)
	p.Fresh = err == nil && since >= -time.Minute && since < p.After
	return p, nil
}

// Prove is web.Prover: the session goes on under a new token.
func (h *Handler) Prove(w http.ResponseWriter, r *http.Request, secret string) (string, error) {
	ctx, v := r.Context(), visitOf(r)
	if err := h.signin.Prove(ctx, v.Login.ID, secret, h.c.Address(r)); err != nil {
		return "", err
	}
	if err := h.session.RenewToken(ctx); err != nil {
		return "", fmt.Errorf("renew session: %w", err)
	}
	h.session.Put(ctx, signin.KeyProved, h.db.Now().Format(time.RFC3339))
	token, expiry, err := h.session.Commit(ctx)
	if err != nil {
		return "", fmt.Errorf("save session: %w", err)
	}
	h.session.WriteSessionCookie(ctx, w, token, expiry)
	w.Header().Set("Cache-Control", "no-store")
	v.token = token
	return h.formToken(token), nil
}

// formToken is what the forms of a session carry.
func (h *Handler) formToken(token string) string {
	return h.key.Mac("signin.form", "session "+token)
}

// end takes the session away from browser and database.
func (h *Handler) end(w http.ResponseWriter, r *http.Request, v *visit) error {
	if err := h.signin.SignOut(r.Context(), v.Login.ID, v.token); err != nil {
		return err
	}
	http.SetCookie(w, &http.Cookie{Name: h.session.Cookie.Name, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: h.c.Secure})
	return nil
}

// agent is how the browser names itself, cut and without what PostgreSQL
// refuses as text.
func agent(r *http.Request) string {
	s := strings.ReplaceAll(strings.ToValidUTF8(r.UserAgent(), ""), "\x00", "")
	for len(s) > maxAgent {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	return s
}
