package notify

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	netmail "net/mail"
	"net/textproto"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/wneessen/go-mail"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/seal"
)

// Channels is how messages leave the console; set by the system administrator.
// The zero value sends nothing.
type Channels struct {
	SMTPHost     string `json:"smtp_host"` // empty: no mail
	SMTPPort     int    `json:"smtp_port"`
	SMTPTLS      string `json:"smtp_tls"` // starttls, implicit, none
	SMTPUser     string `json:"smtp_user"`
	SMTPPassword string `json:"smtp_password"` // sealed
	From         string `json:"from"`
	Base         string `json:"base"` // https://… of the console, before links
	// Hooks allows webhooks; HookHosts are hosts inside that may be called too.
	Hooks     bool     `json:"hooks"`
	HookHosts []string `json:"hook_hosts"`
	QuietFrom int      `json:"quiet_from"` // hour of the day, 20
	QuietTo   int      `json:"quiet_to"`   // 8
	DigestAt  int      `json:"digest_at"`  // hour of the daily digest, 8
}

// DefaultChannels has quiet hours from eight in the evening to eight.
func DefaultChannels() Channels {
	return Channels{SMTPPort: 587, SMTPTLS: "starttls", QuietFrom: 20, QuietTo: 8, DigestAt: 8}
}

// Check names what cannot stand.
func (c Channels) Check() error {
	var f fault.Fields
	f.Check(c.SMTPHost == "" || c.SMTPPort > 0 && c.SMTPPort < 65536, "smtp_port", "端口要在 1 至 65535 之间，常用 587 或 465")
	f.Check(slices.Contains([]string{"starttls", "implicit", "none"}, c.SMTPTLS), "smtp_tls", "请选择加密方式")
	f.Check(c.SMTPTLS != "none" || c.SMTPUser == "", "smtp_tls", "不加密的连接不能带用户名和密码，请选择 STARTTLS 或 TLS")
	_, err := netmail.ParseAddress(c.From)
	f.Check(c.SMTPHost == "" || err == nil, "from", "发件地址不正确，例如 tixing@example.gov.cn")
	u, err := url.Parse(c.Base)
	f.Check(c.Base == "" || err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "", "base", "平台网址要以 https:// 开头")
	f.Check(c.QuietFrom >= 0 && c.QuietFrom < 24 && c.QuietTo >= 0 && c.QuietTo < 24 && c.DigestAt >= 0 && c.DigestAt < 24, "quiet_from", "时刻要在 0 至 23 之间")
	return f.Err()
}

// quietUntil is when quiet hours end, or now outside them.
func (c Channels) quietUntil(now time.Time) time.Time {
	if c.QuietFrom == c.QuietTo {
		return now
	}
	h := now.In(calendar.Shanghai).Hour()
	in := h >= c.QuietFrom || h < c.QuietTo
	if c.QuietFrom < c.QuietTo {
		in = h >= c.QuietFrom && h < c.QuietTo
	}
	if !in {
		return now
	}
	return c.next(now, c.QuietTo)
}

// next is the first moment after now at which the clock shows the hour.
func (c Channels) next(now time.Time, hour int) time.Time {
	at := calendar.DateOf(now).Start().Add(time.Duration(hour) * time.Hour)
	if !at.After(now) {
		at = calendar.DateOf(now).AddDays(1).Start().Add(time.Duration(hour) * time.Hour)
	}
	return at.UTC()
}

// Preference is how one person wants to be told outside the console.
type Preference struct {
	Email      string
	Proven     bool   // the code sent to it was entered
	Mail       string // off, each, digest
	HookURL    string
	Hook       string // off, each
	Quiet      bool
	UrgentOnly bool
	HasSecret  bool
	secret     string
}

// Outbox sends messages out of the console.
//
// Never twice: one row for each message, person and channel, and its id is the
// Message-ID and the Idempotency-Key of every attempt. A row is marked before
// it is sent and after; a process killed between the two leaves one that is
// asked again after Claim, with the same id, so a receiver that looks at it
// drops the second. Nothing else is ever sent again.
type Outbox struct {
	db       *db.DB
	client   *egress.Client
	keys     *seal.Keyring
	channels func() Channels
	posts    func(ctx context.Context, q db.Querier, person string) ([]authz.Post, error)
	need     func(link string) authz.Permission
}

// Outgoing is what an Outbox is made of.
type Outgoing struct {
	DB       *db.DB
	Client   *egress.Client
	Keys     *seal.Keyring
	Channels func() Channels
	// Posts are those a person holds now.
	Posts func(ctx context.Context, q db.Querier, person string) ([]authz.Post, error)
	// Need is what the page at a link asks for; nil: nothing.
	Need func(link string) authz.Permission
}

// NewOutbox makes the outbox.
func NewOutbox(o Outgoing) *Outbox {
	return &Outbox{db: o.DB, client: o.Client, keys: o.Keys, channels: o.Channels, posts: o.Posts, need: o.Need}
}

const (
	// Claim is how long a process keeps a delivery it has begun.
	Claim = 10 * time.Minute
	// atOnce is how many go out on one claim: all of them are over before it
	// is, however slow the other side answers.
	atOnce = 10
	// slowest is how long a connection, and then a letter, may take.
	slowest = 20 * time.Second
	// mostDigest bounds one digest; more go into another.
	mostDigest = 500
	// tooOld is the age at which a message is no longer sent out.
	tooOld   = 48 * time.Hour
	maxTries = 8
)

// Dispatch hands waiting messages to the channels and sends what is due. It
// may run in any process, at any time.
func (o *Outbox) Dispatch(ctx context.Context) error {
	for {
		n, err := o.fanOut(ctx)
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
	}
	for range 500 {
		n, err := o.sendSome(ctx)
		if err != nil {
			return err
		}
		if n == 0 {
			return nil
		}
	}
	return nil
}

// Concerns reports whether a message to a unit is of use to a person who holds
// the session's posts; need is what its page asks for.
func Concerns(session *authz.Session, m Message, need authz.Permission) bool {
	switch {
	case need == authz.CaseRead && strings.Contains(m.Key, ":step:"):
		need = authz.CaseDecide // a case that arrived at the unit's step
	case strings.HasPrefix(m.Key, "matter:"):
		need = authz.CaseDecide // an act of a unit below, told to its supervisor
	case strings.HasPrefix(m.Key, "obligation:") && (strings.HasSuffix(m.Key, ":escalate") || strings.HasSuffix(m.Key, ":escalate:province")):
		need = authz.OrderIssue // another unit is late: its supervisor's matter
	}
	if need == "" || session == nil {
		return need == ""
	}
	// The post at the unit that was told counts, not one held elsewhere.
	here := authz.Session{PersonID: session.PersonID}
	for _, p := range session.Posts {
		if p.UnitID == m.Unit {
			here.Posts = append(here.Posts, p)
		}
	}
	return here.May(need)
}

type waiting struct {
	Message
	reader            string
	mail, hook, email string
	hookURL           string
	quiet, urgentOnly bool
}

func (o *Outbox) fanOut(ctx context.Context) (n int, err error) {
	c := o.channels()
	err = o.db.Update(ctx, func(tx *db.Tx) error {
		ids, err := db.All(ctx, tx, db.Value[string], `SELECT message_id FROM message_wait ORDER BY message_id LIMIT 500`)
		if err != nil || len(ids) == 0 {
			n = 0
			return err
		}
		n = len(ids)
		var w db.Where
		in := db.Among(&w, ids)
		list, err := db.All(ctx, tx, func(r db.Scanner) (waiting, error) {
			var x waiting
			err := r.Scan(&x.ID, &x.Key, &x.Unit, &x.Person, &x.Link, &x.Urgent, &x.At, &x.reader, &x.mail, &x.hook, &x.email, &x.hookURL, &x.quiet, &x.urgentOnly)
			return x, err
		}, `SELECT m.id, m.once_key, m.unit_id, coalesce(m.person_id, ''), m.link, m.urgent, m.at, f.person_id, f.mail, f.hook, CASE WHEN f.email_code = '' THEN f.email ELSE '' END, f.hook_url, f.quiet, f.urgent_only
		      FROM message m JOIN notify_preference f ON (f.person_id = m.person_id OR m.person_id IS NULL AND EXISTS (
		           SELECT 1 FROM post t WHERE t.person_id = f.person_id AND t.unit_id = m.unit_id AND t.ended_at IS NULL))
		     WHERE m.id IN `+in+` AND (f.mail <> 'off' OR f.hook <> 'off') ORDER BY m.id, f.person_id`, w.Args()...)
		if err != nil {
			return err
		}
		sessions := map[string]*authz.Session{}
		var rows [][]any
		add := func(x waiting, channel, batch string, at time.Time) {
			rows = append(rows, []any{ulid.Make().String(), x.ID, x.reader, channel, batch, "waiting", at})
		}
		for _, x := range list {
			if tx.Now().Sub(x.At) > tooOld || x.urgentOnly && !x.Urgent {
				continue
			}
			if x.Person == "" && o.need != nil {
				if sessions[x.reader] == nil {
					posts, err := o.posts(ctx, tx, x.reader)
					if err != nil {
						return err
					}
					sessions[x.reader] = &authz.Session{PersonID: x.reader, Posts: posts}
				}
				if !Concerns(sessions[x.reader], x.Message, o.need(x.Link)) {
					continue
				}
			}
			at := tx.Now()
			if x.quiet && !x.Urgent {
				at = c.quietUntil(at)
			}
			if c.SMTPHost != "" && x.email != "" {
				switch {
				case x.mail == "digest" && !x.Urgent:
					when := c.next(tx.Now(), c.DigestAt)
					add(x, "mail", "digest:"+calendar.DateOf(when).String(), when)
				case x.mail != "off":
					add(x, "mail", "", at)
				}
			}
			if c.Hooks && x.hook != "off" && x.hookURL != "" {
				add(x, "hook", "", at)
			}
		}
		if _, err := tx.InsertNew(ctx, "delivery", []string{"id", "message_id", "person_id", "channel", "batch", "state", "run_at"}, rows); err != nil {
			return err
		}
		var gone db.Where
		_, err = tx.Quiet(ctx, `DELETE FROM message_wait WHERE message_id IN `+db.Among(&gone, ids), gone.Args()...)
		return err
	})
	return n, err
}

// parcel is what goes out at once: one message, or a day's digest.
type parcel struct {
	ids      []string
	channel  string
	batch    string
	person   string
	tries    int
	messages []Message
	to       Preference
}

// key is the Message-ID and Idempotency-Key: of a digest that of its first
// message. What goes out together stays together, so each attempt has the same.
func (p parcel) key() string { return p.ids[0] }

func (o *Outbox) sendSome(ctx context.Context) (int, error) {
	list, err := o.claim(ctx)
	if err != nil {
		return 0, err
	}
	for _, p := range list {
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		err := o.send(ctx, p)
		if err != nil {
			slog.WarnContext(ctx, "a message did not go out", "channel", p.channel, "try", p.tries, "cause", err)
		}
		if err := o.mark(ctx, p, err); err != nil {
			return 0, err
		}
	}
	return len(list), nil
}

// claim marks what is due as being sent, by this process until Claim is over.
// A digest is claimed whole.
func (o *Outbox) claim(ctx context.Context) ([]parcel, error) {
	var out []parcel
	err := o.db.Update(ctx, func(tx *db.Tx) error {
		out = nil
		due := func(limit int, cond string, args ...any) ([]delivery, error) {
			var w db.Where
			w.And("d.state IN ('waiting', 'sending') AND d.run_at <= ?", tx.Now()).And(cond, args...)
			return db.All(ctx, tx, scanDelivery, deliverySelect+` WHERE `+w.SQL()+` ORDER BY d.run_at, d.id LIMIT `+w.Arg(limit), w.Args()...)
		}
		first, err := due(atOnce, "TRUE")
		if err != nil || len(first) == 0 {
			return err
		}
		var ids []string
		for _, x := range first {
			if slices.Contains(ids, x.id) {
				continue // went into a digest before
			}
			together := []delivery{x}
			if x.batch != "" {
				if together, err = due(mostDigest, "d.person_id = ? AND d.channel = ? AND d.batch = ?", x.person, x.channel, x.batch); err != nil {
					return err
				}
			}
			p := parcel{channel: x.channel, batch: x.batch, person: x.person, tries: x.tries + 1}
			if p.to, err = preference(ctx, tx, x.person); err != nil {
				return err
			}
			for _, t := range together {
				p.ids, p.messages = append(p.ids, t.id), append(p.messages, t.message)
			}
			ids, out = append(ids, p.ids...), append(out, p)
		}
		var w db.Where
		_, err = tx.Quiet(ctx, `UPDATE delivery SET state = 'sending', tries = tries + 1, run_at = `+w.Arg(tx.Now().Add(Claim))+` WHERE id IN `+db.Among(&w, ids), w.Args()...)
		return err
	})
	return out, err
}

// delivery is a row of its table with its message.
type delivery struct {
	id, person, channel, batch string
	tries                      int
	message                    Message
}

const deliverySelect = `
	SELECT d.id, d.person_id, d.channel, d.batch, d.tries, m.title, m.body, m.link, m.urgent, m.at
	  FROM delivery d JOIN message m ON m.id = d.message_id`

func scanDelivery(r db.Scanner) (delivery, error) {
	var x delivery
	err := r.Scan(&x.id, &x.person, &x.channel, &x.batch, &x.tries, &x.message.Title, &x.message.Body, &x.message.Link, &x.message.Urgent, &x.message.At)
	return x, err
}

func (o *Outbox) mark(ctx context.Context, p parcel, failed error) error {
	return o.db.Update(ctx, func(tx *db.Tx) error {
		var w db.Where
		set := `state = 'sent', cause = '', sent_at = ` + w.Arg(tx.Now())
		if failed != nil {
			w = db.Where{}
			state := "waiting"
			if p.tries >= maxTries {
				state = "failed"
			}
			// One, two, four … minutes, at most six hours apart.
			wait := min(time.Minute<<min(p.tries-1, 9), 6*time.Hour)
			set = `state = ` + w.Arg(state) + `, run_at = ` + w.Arg(tx.Now().Add(wait)) + `, cause = ` + w.Arg(cut(failed.Error(), 300))
		}
		_, err := tx.Quiet(ctx, `UPDATE delivery SET `+set+` WHERE id IN `+db.Among(&w, p.ids), w.Args()...)
		return err
	})
}

func cut(s string, n int) string {
	r := []rune(strings.ToValidUTF8(s, ""))
	return string(r[:min(n, len(r))])
}

func (o *Outbox) send(ctx context.Context, p parcel) error {
	c := o.channels()
	if p.channel == "hook" {
		return o.call(ctx, c, p)
	}
	if p.to.Email == "" || !p.to.Proven {
		return errors.New("notify: no proven address")
	}
	subject, body := p.text(c)
	return o.Mail(ctx, c, p.to.Email, p.key(), subject, body)
}

func (p parcel) text(c Channels) (subject, body string) {
	var b strings.Builder
	subject = "[政枢] " + p.messages[0].Title
	if p.batch != "" {
		subject = fmt.Sprintf("[政枢] 今日消息 %d 条", len(p.messages))
	}
	for i, m := range p.messages {
		if len(p.messages) > 1 {
			fmt.Fprintf(&b, "%d. ", i+1)
		}
		b.WriteString(m.Title + "\n" + m.Body + "\n")
		if m.Link != "" && c.Base != "" {
			b.WriteString(strings.TrimSuffix(c.Base, "/") + m.Link + "\n")
		}
		b.WriteString("\n")
	}
	b.WriteString("本邮件由系统自动发出，请勿直接回复。接收方式可在平台“消息 — 接收设置”中修改。\n")
	return subject, b.String()
}

// Mail sends one letter through the operator's server.
func (o *Outbox) Mail(ctx context.Context, c Channels, to, key, subject, body string) error {
	if c.SMTPHost == "" {
		return fault.New(fault.Unavailable, "邮件服务器还没有设置，请系统管理员先填写。")
	}
	m := mail.NewMsg()
	if err := errors.Join(m.From(c.From), m.To(to)); err != nil {
		return err
	}
	m.SetMessageIDWithValue(key + "@zhengshu")
	m.SetGenHeader("Auto-Submitted", "auto-generated")
	m.SetDateWithValue(o.db.Now())
	m.Subject(strings.Join(strings.Fields(subject), " "))
	m.SetBodyString(mail.TypeTextPlain, body)
	options := []mail.Option{mail.WithPort(c.SMTPPort), mail.WithTimeout(slowest),
		mail.WithDialContextFunc(func(ctx context.Context, _, _ string) (net.Conn, error) {
			conn, err := o.client.Dial(ctx, c.SMTPHost, uint16(c.SMTPPort), true)
			if err != nil || c.SMTPTLS != "implicit" {
				return conn, err
			}
			secure := tls.Client(conn, &tls.Config{ServerName: c.SMTPHost, MinVersion: tls.VersionTLS12})
			if err := secure.HandshakeContext(ctx); err != nil {
				conn.Close()
				return nil, err
			}
			return secure, nil
		})}
	switch c.SMTPTLS {
	case "starttls":
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	default:
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	}
	if c.SMTPUser != "" {
		password, err := o.keys.Open("notify.smtp", c.SMTPPassword)
		if err != nil {
			return err
		}
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(c.SMTPUser), mail.WithPassword(string(password)))
	}
	client, err := mail.NewClient(c.SMTPHost, options...)
	if err != nil {
		return err
	}
	return client.DialAndSendWithContext(ctx, m)
}

// MailTrouble says in words of the desk why a letter did not go out, and which of
// the settings to look at.
func MailTrouble(c Channels, err error) string {
	at := net.JoinHostPort(c.SMTPHost, strconv.Itoa(c.SMTPPort))
	code := 0
	var sent *mail.SendError
	var said *textproto.Error
	switch {
	case errors.As(err, &sent) && sent.ErrorCode() != 0:
		code = sent.ErrorCode()
	case errors.As(err, &said):
		code = said.Code
	}
	var dial *egress.Error
	var record tls.RecordHeaderError
	var certificate *tls.CertificateVerificationError
	text := strings.ToLower(err.Error())
	switch {
	case code == 530 || code == 534 || code == 535 || code == 538:
		return fmt.Sprintf("邮件服务器没有接受用户名和密码（回答 %d），请核对用户名、密码。", code)
	case code >= 550 && code <= 553:
		return fmt.Sprintf("邮件服务器不接受发件地址或收件邮箱（回答 %d），请核对这两个地址。", code)
	case code >= 400:
		return fmt.Sprintf("邮件服务器没有收下（回答 %d），请过几分钟再试，或询问邮件管理员。", code)
	case errors.As(err, &record), strings.Contains(text, "starttls"):
		return "邮件服务器 " + at + " 不支持所选的加密方式，请核对端口和加密。"
	case errors.As(err, &certificate), strings.Contains(text, "x509"):
		return "邮件服务器的证书不可信或与主机名不符，请核对主机名，或请邮件管理员换证书。"
	case strings.Contains(text, "auth"):
		return "邮件服务器不支持用户名密码登录，或没有接受，请核对用户名、密码和加密方式。"
	case errors.As(err, &dial):
		return "连不上邮件服务器 " + at + "（" + strings.TrimSuffix(dial.Says, "。") + "），请核对主机名和端口。"
	case errors.Is(err, context.DeadlineExceeded):
		return "邮件服务器 " + at + " 没有及时回答，请核对主机名和端口，或稍后再试。"
	}
	return "邮件没有发出，请核对收件邮箱、主机、端口、加密方式和密码。"
}

// SealPassword keeps the mail server's password.
func (o *Outbox) SealPassword(plain string) (string, error) {
	return o.keys.Seal("notify.smtp", []byte(plain))
}

// hookBody is what a webhook gets.
type hookBody struct {
	ID     string    `json:"id"`
	Title  string    `json:"title"`
	Body   string    `json:"body"`
	Link   string    `json:"link"`
	Urgent bool      `json:"urgent"`
	At     time.Time `json:"at"`
}

// Sign is the signature of a webhook's body: hex of HMAC-SHA256 over the time,
// a full stop and the body, as X-Zhengshu-Signature: t=…,v1=….
func Sign(secret string, at int64, body []byte) string {
	h := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(h, "%d.", at)
	h.Write(body)
	return fmt.Sprintf("t=%d,v1=%s", at, hex.EncodeToString(h.Sum(nil)))
}

func (o *Outbox) call(ctx context.Context, c Channels, p parcel) error {
	secret, err := o.keys.Open("notify.hook", p.to.secret)
	if err != nil {
		return err
	}
	m := p.messages[0]
	link := m.Link
	if c.Base != "" {
		link = strings.TrimSuffix(c.Base, "/") + link
	}
	body, err := json.Marshal(hookBody{ID: p.key(), Title: m.Title, Body: m.Body, Link: link, Urgent: m.Urgent, At: m.At})
	if err != nil {
		return err
	}
	u, err := url.Parse(p.to.HookURL)
	if err != nil {
		return err
	}
	h := http.Header{"Content-Type": {"application/json; charset=utf-8"}, "Idempotency-Key": {p.key()}, "X-Zhengshu-Signature": {Sign(string(secret), o.db.Now().Unix(), body)}}
	resp, err := o.client.Post(ctx, p.to.HookURL, h, body, slices.Contains(c.HookHosts, u.Hostname()))
	if err != nil {
		return err
	}
	if resp.Status < 200 || resp.Status > 299 {
		return fmt.Errorf("notify: webhook answered %d", resp.Status)
	}
	return nil
}

func preference(ctx context.Context, q db.Querier, person string) (Preference, error) {
	p, err := db.One(ctx, q, func(r db.Scanner) (Preference, error) {
		var p Preference
		var code string
		err := r.Scan(&p.Email, &code, &p.Mail, &p.HookURL, &p.Hook, &p.Quiet, &p.UrgentOnly, &p.secret)
		p.Proven, p.HasSecret = p.Email != "" && code == "", p.secret != ""
		return p, err
	}, `SELECT email, email_code, mail, hook_url, hook, quiet, urgent_only, hook_secret FROM notify_preference WHERE person_id = $1`, person)
	if db.None(err) {
		return Preference{Mail: "off", Hook: "off", Quiet: true}, nil
	}
	return p, err
}

// Preference of the signed-in person.
func (o *Outbox) Preference(ctx context.Context, session *authz.Session) (Preference, error) {
	return preference(ctx, o.db, session.PersonID)
}

// Available says which channels the system has.
func (o *Outbox) Available() (mail, hook bool) {
	c := o.channels()
	return c.SMTPHost != "", c.Hooks
}

// Hours are the quiet hours and the hour of the daily digest, as the province
// has set them.
func (o *Outbox) Hours() (from, to, digest int) {
	c := o.channels()
	return c.QuietFrom, c.QuietTo, c.DigestAt
}

// SetPreference keeps how the person wants to be told. A new address must be
// proven by the code that is sent to it; a new webhook gets a new secret, which
// is returned once.
func (o *Outbox) SetPreference(ctx context.Context, session *authz.Session, p Preference) (secret string, err error) {
	p.Email, p.HookURL = strings.TrimSpace(p.Email), strings.TrimSpace(p.HookURL)
	var f fault.Fields
	addr, addrErr := netmail.ParseAddress(p.Email)
	f.Check(p.Email == "" || addrErr == nil && addr.Address == p.Email && len(p.Email) <= 200, "email", "邮箱地址不正确，例如 zhang@example.gov.cn")
	f.Check(p.Mail == "off" || p.Email != "", "email", "要收邮件，请填写邮箱")
	f.Check(slices.Contains([]string{"off", "each", "digest"}, p.Mail), "mail", "请选择邮件接收方式")
	f.Check(slices.Contains([]string{"off", "each"}, p.Hook), "hook", "请选择网络回调接收方式")
	u, urlErr := url.Parse(p.HookURL)
	f.Check(p.HookURL == "" || urlErr == nil && u.Scheme == "https" && u.Host != "" && u.User == nil && len(p.HookURL) <= 500, "hook_url", "回调网址要以 https:// 开头，最多 500 个字符")
	f.Check(p.Hook == "off" || p.HookURL != "", "hook_url", "要用网络回调，请填写网址")
	if err := f.Err(); err != nil {
		return "", err
	}
	number, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return "", err
	}
	code := fmt.Sprintf("%06d", number)
	raw := make([]byte, 24)
	if _, err := rand.Read(raw); err != nil {
		return "", err
	}
	fresh := base64.RawURLEncoding.EncodeToString(raw)
	sealed, err := o.keys.Seal("notify.hook", []byte(fresh))
	if err != nil {
		return "", err
	}
	prove := false
	err = o.db.Update(ctx, func(tx *db.Tx) error {
		old, err := preference(ctx, tx, session.PersonID)
		if err != nil {
			return err
		}
		kept, secretKept := "", old.secret
		prove = p.Email != "" && (p.Email != old.Email || !old.Proven)
		if prove {
			kept = o.keys.Mac("notify.code", session.PersonID+p.Email+code)
		}
		secret = ""
		if p.HookURL != old.HookURL || p.HookURL != "" && old.secret == "" {
			if secretKept = ""; p.HookURL != "" {
				secret, secretKept = fresh, sealed
			}
		}
		if _, err := tx.Exec(ctx, `INSERT INTO notify_preference (person_id, email, email_code, mail, hook_url, hook_secret, hook, quiet, urgent_only, changed_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (person_id) DO UPDATE SET email = excluded.email, email_code = excluded.email_code, email_tries = 0, mail = excluded.mail,
			hook_url = excluded.hook_url, hook_secret = excluded.hook_secret, hook = excluded.hook, quiet = excluded.quiet, urgent_only = excluded.urgent_only, changed_at = excluded.changed_at`,
			session.PersonID, p.Email, kept, p.Mail, p.HookURL, secretKept, p.Hook, p.Quiet, p.UrgentOnly, tx.Now()); err != nil {
			return err
		}
		unit, _ := session.Unit()
		return audit.Record(ctx, tx, audit.Entry{Act: "notify.preference", Target: audit.Target{Kind: "person", ID: session.PersonID, Name: session.Name, Unit: unit},
			After: map[string]any{"mail": p.Mail, "hook": p.Hook, "quiet": p.Quiet, "urgent_only": p.UrgentOnly}})
	})
	if mail, _ := o.Available(); err != nil || !prove || !mail {
		return secret, err // without mail the address waits unproven
	}
	if err := o.Mail(ctx, o.channels(), p.Email, ulid.Make().String(), "[政枢] 邮箱验证码", "您的邮箱验证码是 "+code+"。请在“接收设置”中填写。不是您本人设置的，请忽略本邮件。\n"); err != nil {
		return secret, fault.New(fault.Unavailable, "设置已保存，但验证码邮件没有发出，请核对邮箱，或请系统管理员检查邮件服务器。").On("email", "验证码没有发出").From(err)
	}
	return secret, nil
}

// ProveAddress takes the code that was sent; five wrong ones end it.
func (o *Outbox) ProveAddress(ctx context.Context, session *authz.Session, code string) error {
	wrong := false
	err := o.db.Update(ctx, func(tx *db.Tx) error {
		wrong = false
		type pending struct {
			email, code string
			tries       int
		}
		p, err := db.One(ctx, tx, func(r db.Scanner) (pending, error) {
			var p pending
			err := r.Scan(&p.email, &p.code, &p.tries)
			return p, err
		}, `SELECT email, email_code, email_tries FROM notify_preference WHERE person_id = $1`, session.PersonID)
		if db.None(err) || err == nil && (p.code == "" || p.email == "") {
			return fault.New(fault.Conflict, "没有等待验证的邮箱，请刷新后再看。")
		}
		if err != nil {
			return err
		}
		if p.tries >= 5 {
			return fault.New(fault.TooMany, "验证码已输错 5 次，请重新保存邮箱，取得新的验证码。").On("code", "请重新保存邮箱")
		}
		mac := o.keys.Mac("notify.code", session.PersonID+p.email+strings.TrimSpace(code))
		wrong = subtle.ConstantTimeCompare([]byte(mac), []byte(p.code)) != 1
		set := `email_code = '', email_tries = 0`
		if wrong {
			set = `email_tries = email_tries + 1`
		}
		if _, err := tx.Exec(ctx, `UPDATE notify_preference SET `+set+` WHERE person_id = $1`, session.PersonID); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "notify.address", Target: audit.Target{Kind: "person", ID: session.PersonID, Name: session.Name}, After: map[string]bool{"proven": !wrong}})
	})
	if err == nil && wrong {
		return fault.New(fault.Invalid, "验证码不正确，请核对邮件中的 6 位数字。").On("code", "请填写邮件中的 6 位数字")
	}
	return err
}

// Deliveries are the latest outgoing ones of the person.
func (o *Outbox) Deliveries(ctx context.Context, session *authz.Session, limit int) ([]Delivery, error) {
	return db.All(ctx, o.db, func(r db.Scanner) (Delivery, error) {
		var d Delivery
		err := r.Scan(&d.Title, &d.Channel, &d.State, &d.At, &d.SentAt, &d.Tries)
		return d, err
	}, `SELECT m.title, d.channel, d.state, d.run_at, d.sent_at, d.tries FROM delivery d JOIN message m ON m.id = d.message_id WHERE d.person_id = $1 ORDER BY d.run_at DESC LIMIT $2`, session.PersonID, limit)
}

// Delivery is one outgoing message as its reader sees it.
type Delivery struct {
	Title, Channel, State string
	At, SentAt            time.Time
	Tries                 int
}
