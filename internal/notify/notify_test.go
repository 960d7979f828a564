package notify_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/textproto"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/notify"
	"zhengshu/internal/org"
	"zhengshu/internal/seal"
)

// post is a mail server that keeps what it is given.
type post struct {
	l     net.Listener
	mu    sync.Mutex
	mails []string
	// fail answers the next letters with a temporary refusal.
	fail int
}

func mailServer(t *testing.T) *post {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &post{l: l}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(c)
		}
	}()
	t.Cleanup(func() { l.Close() })
	return p
}

func (p *post) serve(c net.Conn) {
	defer c.Close()
	r := bufio.NewReader(c)
	say := func(s string) { fmt.Fprintf(c, "%s\r\n", s) }
	say("220 test")
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		switch verb := strings.ToUpper(strings.Fields(line + " x")[0]); verb {
		case "EHLO", "HELO":
			say("250 test")
		case "DATA":
			p.mu.Lock()
			refuse := p.fail > 0
			if refuse {
				p.fail--
			}
			p.mu.Unlock()
			if refuse {
				say("451 later")
				continue
			}
			say("354 go")
			var b strings.Builder
			for {
				l, err := r.ReadString('\n')
				if err != nil {
					return
				}
				if l == ".\r\n" {
					break
				}
				b.WriteString(l)
			}
			p.mu.Lock()
			p.mails = append(p.mails, b.String())
			p.mu.Unlock()
			say("250 kept")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func (p *post) letters() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.mails...)
}

func (p *post) port() int { return p.l.Addr().(*net.TCPAddr).Port }

type house struct {
	db      *db.DB
	clock   *calendar.Manual
	out     *notify.Outbox
	post    *post
	unit    org.Unit
	session *authz.Session
	c       *notify.Channels
}

// morning is a Tuesday at ten in Shanghai.
var morning = time.Date(2026, 3, 10, 2, 0, 0, 0, time.UTC)

func each(t *testing.T, p egress.Policy, fn func(t *testing.T, h house)) {
	t.Helper()
	clock := calendar.NewManual(morning)
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		clock.Set(morning)
		keys, err := seal.Open(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		h := house{db: d, clock: clock, post: mailServer(t)}
		c := notify.DefaultChannels()
		c.SMTPHost, c.SMTPPort, c.SMTPTLS, c.From, c.Base = "127.0.0.1", h.post.port(), "none", "zs@example.gov.cn", "https://zs.example"
		h.c = &c
		client := egress.New(p)
		t.Cleanup(client.Close)
		o := org.New(d)
		ctx := audit.System(context.Background(), "test")
		if err := d.Update(ctx, func(tx *db.Tx) error {
			if _, err := o.AddArea(ctx, tx, org.Area{Level: org.City, Code: "610100", Name: "西安市"}); err != nil {
				return err
			}
			if h.unit, _, err = o.AddUnit(ctx, tx, org.Unit{Area: "city-610100000000", Kind: org.Department, Name: "西安市商务局"}); err != nil {
				return err
			}
			person, err := o.AddPerson(ctx, tx, authz.System("test"), org.Person{Unit: h.unit.ID, Name: "李某"})
			if err != nil {
				return err
			}
			if err := o.Appoint(ctx, tx, authz.System("test"), person.ID, h.unit.ID, authz.Sponsor); err != nil {
				return err
			}
			posts, err := o.PostsOf(ctx, tx, person.ID)
			h.session = &authz.Session{PersonID: string(person.ID), Name: "李某", Posts: posts}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		h.out = notify.NewOutbox(notify.Outgoing{DB: d, Client: client, Keys: keys, Channels: func() notify.Channels { return *h.c },
			Posts: func(ctx context.Context, q db.Querier, p string) ([]authz.Post, error) {
				return o.PostsOf(ctx, q, org.PersonID(p))
			},
			Need: func(link string) authz.Permission {
				if strings.HasPrefix(link, "/console/logins") {
					return authz.LoginManage
				}
				return authz.ObligationRead
			}})
		fn(t, h)
	})
}

func (h house) ctx() context.Context {
	return authz.WithSession(audit.WithActor(context.Background(), audit.Actor{Kind: "person", ID: h.session.PersonID, Name: h.session.Name}), h.session)
}

var sixDigits = regexp.MustCompile(`[0-9]{6}`)

// prefer sets the preference and proves the address by the code in the mail.
func (h house) prefer(t *testing.T, p notify.Preference) {
	t.Helper()
	p.Email, p.Hook = "li@example.gov.cn", "off"
	if _, err := h.out.SetPreference(h.ctx(), h.session, p); err != nil {
		t.Fatal(err)
	}
	mails := h.post.letters()
	if len(mails) == 0 {
		t.Fatal("no code was mailed")
	}
	_, body, _ := strings.Cut(decode(mails[len(mails)-1]), "验证码是 ")
	if err := h.out.ProveAddress(h.ctx(), h.session, sixDigits.FindString(body)); err != nil {
		t.Fatal(err)
	}
	h.post.mu.Lock()
	h.post.mails = nil
	h.post.mu.Unlock()
}

// decode undoes quoted-printable enough to read.
func decode(mail string) string {
	mail = strings.ReplaceAll(mail, "=\r\n", "")
	var b []byte
	for i := 0; i < len(mail); i++ {
		var n byte
		if mail[i] == '=' && i+2 < len(mail) {
			if _, err := fmt.Sscanf(mail[i+1:i+3], "%02X", &n); err == nil {
				b = append(b, n)
				i += 2
				continue
			}
		}
		b = append(b, mail[i])
	}
	return string(b)
}

func (h house) tell(t *testing.T, key string, urgent bool, link string) {
	t.Helper()
	ctx := audit.System(context.Background(), "test")
	if err := h.db.Update(ctx, func(tx *db.Tx) error {
		_, err := notify.Send(ctx, tx, notify.Message{Key: key, Unit: string(h.unit.ID), Title: "标题" + key, Body: "正文", Link: link, Urgent: urgent})
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func (h house) dispatch(t *testing.T) {
	t.Helper()
	for range 2 { // again in the same minute: nothing more
		if err := h.out.Dispatch(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestMailIsSentOnceToWhoWantsIt(t *testing.T) {
	each(t, egress.Policy{}, func(t *testing.T, h house) {
		h.prefer(t, notify.Preference{Mail: "each", Quiet: true})
		h.tell(t, "a", false, "/console/obligations")
		h.tell(t, "a", false, "/console/obligations") // told already
		h.tell(t, "b", false, "/console/logins")      // not for a sponsor
		h.dispatch(t)
		got := h.post.letters()
		if len(got) != 1 || !strings.Contains(decode(got[0]), "https://zs.example/console/obligations") {
			t.Fatalf("%d letters: %q", len(got), got)
		}
	})
}

func TestQuietHoursHoldAllButTheUrgent(t *testing.T) {
	each(t, egress.Policy{}, func(t *testing.T, h house) {
		h.prefer(t, notify.Preference{Mail: "each", Quiet: true})
		h.clock.Set(time.Date(2026, 3, 10, 13, 0, 0, 0, time.UTC)) // nine in the evening
		h.tell(t, "calm", false, "")
		h.tell(t, "fire", true, "")
		h.dispatch(t)
		if n := len(h.post.letters()); n != 1 {
			t.Fatalf("%d letters at night, want the urgent one", n)
		}
		h.clock.Set(time.Date(2026, 3, 11, 0, 0, 1, 0, time.UTC)) // eight in the morning
		h.dispatch(t)
		if n := len(h.post.letters()); n != 2 {
			t.Fatalf("%d letters in the morning, want both", n)
		}
	})
}

func TestDigestIsOneLetterADay(t *testing.T) {
	each(t, egress.Policy{}, func(t *testing.T, h house) {
		h.prefer(t, notify.Preference{Mail: "digest", Quiet: true})
		keys := []string{"one", "two", "three"}
		for i := range 120 {
			keys = append(keys, fmt.Sprintf("more%d.", i))
		}
		for _, k := range keys {
			h.tell(t, k, false, "")
		}
		h.dispatch(t)
		if n := len(h.post.letters()); n != 0 {
			t.Fatalf("%d letters before the digest", n)
		}
		h.clock.Set(time.Date(2026, 3, 11, 0, 0, 1, 0, time.UTC))
		h.dispatch(t)
		got := h.post.letters()
		if len(got) != 1 {
			t.Fatalf("%d letters, want one digest", len(got))
		}
		for _, k := range keys {
			if !strings.Contains(decode(got[0]), "标题"+k) {
				t.Errorf("the digest lacks %s", k)
			}
		}
	})
}

var messageID = regexp.MustCompile(`(?mi)^Message-ID: (\S+)`)

// A refusal is tried again later; a process killed between sending and marking
// asks again with the same Message-ID, so that the receiver can drop it.
func TestEveryAttemptHasTheSameMessageID(t *testing.T) {
	each(t, egress.Policy{}, func(t *testing.T, h house) {
		h.prefer(t, notify.Preference{Mail: "each", Quiet: true})
		h.post.mu.Lock()
		h.post.fail = 1
		h.post.mu.Unlock()
		h.tell(t, "a", false, "")
		h.dispatch(t)
		if n := len(h.post.letters()); n != 0 {
			t.Fatalf("%d letters went through a refusal", n)
		}
		h.clock.Advance(2 * time.Minute)
		h.dispatch(t)
		if n := len(h.post.letters()); n != 1 {
			t.Fatalf("%d letters after the retry", n)
		}
		// As kill -9 after sending leaves it: begun, not marked.
		if err := h.db.Update(context.Background(), func(tx *db.Tx) error {
			_, err := tx.Quiet(context.Background(), `UPDATE delivery SET state = 'sending', run_at = $1`, tx.Now().Add(notify.Claim))
			return err
		}); err != nil {
			t.Fatal(err)
		}
		h.dispatch(t)
		if n := len(h.post.letters()); n != 1 {
			t.Fatalf("asked again before the claim ended: %d", n)
		}
		h.clock.Advance(notify.Claim + time.Second)
		h.dispatch(t)
		got := h.post.letters()
		if len(got) != 2 {
			t.Fatalf("%d letters, want the second asking", len(got))
		}
		a, b := messageID.FindStringSubmatch(got[0]), messageID.FindStringSubmatch(got[1])
		if len(a) != 2 || len(b) != 2 || a[1] != b[1] {
			t.Errorf("Message-IDs differ: %v %v", a, b)
		}
	})
}

func TestAddressMustBeProven(t *testing.T) {
	each(t, egress.Policy{}, func(t *testing.T, h house) {
		if _, err := h.out.SetPreference(h.ctx(), h.session, notify.Preference{Email: "li@example.gov.cn", Mail: "each", Hook: "off"}); err != nil {
			t.Fatal(err)
		}
		h.tell(t, "a", true, "")
		h.dispatch(t)
		if n := len(h.post.letters()); n != 1 { // the code alone
			t.Fatalf("%d letters to an unproven address", n)
		}
		for range 5 {
			if err := h.out.ProveAddress(h.ctx(), h.session, "x"); !fault.Is(err, fault.Invalid) {
				t.Fatalf("a wrong code: %v", err)
			}
		}
		if err := h.out.ProveAddress(h.ctx(), h.session, "x"); !fault.Is(err, fault.TooMany) {
			t.Errorf("the sixth wrong code: %v", err)
		}
		if _, err := h.out.SetPreference(h.ctx(), h.session, notify.Preference{Email: "no address", Mail: "each", Hook: "ftp", HookURL: "http://x"}); !fault.Is(err, fault.Invalid) {
			t.Errorf("nonsense accepted: %v", err)
		}
	})
}

func TestWebhookIsSignedAndIdempotent(t *testing.T) {
	var mu sync.Mutex
	var seen []*http.Request
	var bodies [][]byte
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		seen, bodies = append(seen, r), append(bodies, b)
		if len(seen) == 1 {
			w.WriteHeader(http.StatusBadGateway)
		}
	}))
	defer srv.Close()
	u, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	roots := srv.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	if roots == nil {
		t.Fatal("no roots", tls.VersionTLS12)
	}
	address := netip.MustParseAddrPort(u.Host)
	each(t, egress.Policy{Allow: []netip.AddrPort{address}, Roots: roots}, func(t *testing.T, h house) {
		mu.Lock()
		seen, bodies = nil, nil
		mu.Unlock()
		h.c.Hooks = true
		secret, err := h.out.SetPreference(h.ctx(), h.session, notify.Preference{Mail: "off", Hook: "each", HookURL: srv.URL + "/hook"})
		if err != nil || secret == "" {
			t.Fatalf("no secret: %v", err)
		}
		h.tell(t, "a", true, "/console/obligations")
		h.dispatch(t)
		h.clock.Advance(2 * time.Minute)
		h.dispatch(t)
		mu.Lock()
		defer mu.Unlock()
		if len(seen) != 2 {
			t.Fatalf("%d calls, want a failed one and its retry", len(seen))
		}
		if a, b := seen[0].Header.Get("Idempotency-Key"), seen[1].Header.Get("Idempotency-Key"); a == "" || a != b {
			t.Errorf("keys %q %q", a, b)
		}
		got := seen[1].Header.Get("X-Zhengshu-Signature")
		var at int64
		if _, err := fmt.Sscanf(got, "t=%d,", &at); err != nil || got != notify.Sign(secret, at, bodies[1]) {
			t.Errorf("signature %q does not hold", got)
		}
		var body struct{ Title string }
		if err := json.Unmarshal(bodies[1], &body); err != nil || body.Title != "标题a" {
			t.Errorf("body %s", bodies[1])
		}
	})
}

// A webhook is a person's own address: what lies inside is refused unless the
// operator named the host.
func TestWebhookDoesNotReachInside(t *testing.T) {
	called := false
	srv := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true }))
	defer srv.Close()
	each(t, egress.Policy{}, func(t *testing.T, h house) {
		h.c.Hooks = true
		if _, err := h.out.SetPreference(h.ctx(), h.session, notify.Preference{Mail: "off", Hook: "each", HookURL: srv.URL}); err != nil {
			t.Fatal(err)
		}
		h.tell(t, "a", true, "")
		h.dispatch(t)
		if called {
			t.Error("a private address was called")
		}
		d, err := h.out.Deliveries(h.ctx(), h.session, 5)
		if err != nil || len(d) != 1 || d[0].State != "waiting" || d[0].Tries != 1 {
			t.Errorf("deliveries %+v (%v)", d, err)
		}
	})
}

// Whoever sets the mail server reads what is wrong with it, not an error of the
// machine.
func TestMailTroubleSaysWhatToLookAt(t *testing.T) {
	c := notify.Channels{SMTPHost: "smtp.example.gov.cn", SMTPPort: 587}
	for name, tt := range map[string]struct {
		err  error
		want string
	}{
		"wrong password":  {fmt.Errorf("dial failed: %w", &textproto.Error{Code: 535, Msg: "no"}), "用户名、密码"},
		"unknown reader":  {&textproto.Error{Code: 550, Msg: "no such user"}, "收件邮箱"},
		"later":           {&textproto.Error{Code: 451, Msg: "later"}, "过几分钟"},
		"nobody there":    {&egress.Error{Kind: egress.TCP, Host: c.SMTPHost, Says: "连接不上。"}, "连不上邮件服务器 smtp.example.gov.cn:587（连接不上）"},
		"no TLS":          {tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}, "加密方式"},
		"other name":      {x509.HostnameError{Certificate: &x509.Certificate{}, Host: c.SMTPHost}, "证书"},
		"no answer":       {context.DeadlineExceeded, "没有及时回答"},
		"something other": {io.ErrUnexpectedEOF, "请核对收件邮箱、主机"},
	} {
		if got := notify.MailTrouble(c, tt.err); !strings.Contains(got, tt.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}
