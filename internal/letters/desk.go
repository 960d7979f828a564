package letters

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/mail"
	"strconv"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/intake"
	"zhengshu/internal/jobs"
	"zhengshu/internal/notify"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// How much one sender may send, and how often a query may be wrong. An address
// may stand for a whole village or school behind one line, a telephone for one
// person.
const (
	PerAddress    = 10
	AddressWindow = time.Hour
	PerPhone      = 5
	PhoneWindow   = 24 * time.Hour
	WrongQueries  = 10
	QueryWindow   = 15 * time.Minute
	// FloodPerHour letters at one site within an hour are told to the unit.
	FloodPerHour = 30
)

// The form must have been open for MinFill before it is sent, which programs
// do not wait for, and for no longer than MaxFill.
const (
	MinFill = 3 * time.Second
	MaxFill = 24 * time.Hour
)

// ReceiptFor is how long the receipt with the query code can be opened again.
const ReceiptFor = 30 * time.Minute

// codeAlphabet has no 0 O, 1 I L and no U V pair to mistake.
const (
	codeAlphabet = "23456789ABCDEFGHJKMNPQRSTWXYZ"
	codeLength   = 10
)

// Desk is the counter for the public: it writes letters and reads one by its
// query code, or what is published. It takes no scope because nobody is signed
// in; every method is held to one site.
type Desk struct{ s *Service }

// NewDesk opens the counter of the service.
func NewDesk(s *Service) *Desk { return &Desk{s} }

// duty is the scope of the counter itself.
func duty() authz.Scope { return authz.System("letters.desk") }

// Submission is a letter as typed.
type Submission struct {
	Type    Type
	Title   string
	Body    string
	Name    string
	Phone   string
	Email   string
	Consent bool   // to publish it de-identified
	Trap    string // of the hidden field: empty from people
	Token   string // of the form, see FormToken
	Address string // of the sender, for the rate limit only
}

// Receipt is what the citizen takes home. The code is shown here and kept
// nowhere in the clear.
type Receipt struct {
	Number  string        `json:"number"`
	Code    string        `json:"code"`
	Type    Type          `json:"type"`
	Due     calendar.Date `json:"due"`
	At      time.Time     `json:"at"`
	Expires time.Time     `json:"expires"` // of the page
}

// FormToken proves that our form of this site was opened, and when; one token
// sends one letter.
func (d *Desk) FormToken(site registry.SiteID) string {
	at := strconv.FormatInt(d.s.db.Now().Unix(), 36)
	nonce := strings.ToLower(rand.Text()[:20])
	return at + "." + nonce + "." + d.formMac(site, at, nonce)
}

func (d *Desk) formMac(site registry.SiteID, at, nonce string) string {
	return d.s.key.Mac(macForm, string(site)+"|"+at+"|"+nonce)
}

// checkToken returns the token's number. A fault on the field “token” asks for
// a new one; too quick keeps it.
func (d *Desk) checkToken(site registry.SiteID, token string, now time.Time) (string, error) {
	parts := strings.Split(token, ".")
	if len(token) > 200 || len(parts) != 3 || !hmac.Equal([]byte(parts[2]), []byte(d.formMac(site, parts[0], parts[1]))) {
		return "", fault.New(fault.Invalid, "写信页面已失效，本次没有提交。请核对下面的内容后再提交一次。").On("token", "请再提交一次")
	}
	sec, err := strconv.ParseInt(parts[0], 36, 64)
	if err != nil {
		return "", fault.New(fault.Invalid, "写信页面已失效，本次没有提交。请核对下面的内容后再提交一次。").On("token", "请再提交一次").From(err)
	}
	age := now.Sub(time.Unix(sec, 0))
	switch {
	case age < MinFill:
		return "", fault.Newf(fault.Invalid, "提交得太快，请核对内容，%d 秒后再提交。", int(MinFill/time.Second))
	case age > MaxFill:
		return "", fault.New(fault.Invalid, "写信页面打开已超过 24 小时，本次没有提交。请核对下面的内容后再提交一次。").On("token", "请再提交一次")
	}
	return parts[1], nil
}

// tidy cleans what was typed and names what is wrong with it.
func (n *Submission) tidy() error {
	n.Title, n.Body = line(n.Title), clean(n.Body)
	n.Name, n.Email = line(n.Name), line(intake.Clean(n.Email))
	n.Phone = phoneDigits(n.Phone)
	var f fault.Fields
	f.Check(n.Type.Name() != "", "type", "来信类型没有选择，请从列表中选一项。")
	f.Check(n.Title != "", "title", "标题没有填写，请用一句话写明事情。")
	f.Check(length(n.Title) <= MaxTitle, "title", fmt.Sprintf("标题超过 %d 字，请缩短，详情写在内容里。", MaxTitle))
	f.Check(length(n.Body) >= 10, "body", "内容太短，请写明时间、地点、事情和您的要求（不少于 10 个字）。")
	f.Check(length(n.Body) <= MaxBody, "body", fmt.Sprintf("内容有 %d 字，超过 %d 字的上限，请精简或分两封来信。", length(n.Body), MaxBody))
	f.Check(n.Name != "", "name", "姓名没有填写，请填写真实姓名，便于与您联系。")
	f.Check(length(n.Name) <= MaxName, "name", fmt.Sprintf("姓名超过 %d 字，请核对。", MaxName))
	f.Check(len(n.Phone) >= 7 && len(n.Phone) <= 15, "phone", "电话号码不正确，请填写 11 位手机号，或带区号的固定电话。")
	if n.Email != "" {
		a, err := mail.ParseAddress(n.Email)
		f.Check(err == nil && a.Address == n.Email && length(n.Email) <= MaxEmail, "email", "电子邮箱格式不正确，应像 name@example.com；也可以不填。")
	}
	return f.Err()
}

// phoneDigits keeps the figures of a telephone number and drops the country
// code; anything else in it makes it empty.
func phoneDigits(s string) string {
	s = strings.TrimSpace(intake.Clean(s))
	if len(s) > 40 {
		return ""
	}
	plus := strings.HasPrefix(s, "+86") || strings.HasPrefix(s, "0086")
	var b strings.Builder
	for _, r := range strings.TrimPrefix(s, "+") {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case strings.ContainsRune(" -－—（）()　", r):
		default:
			return ""
		}
	}
	out := b.String()
	if plus {
		out = strings.TrimPrefix(strings.TrimPrefix(out, "00"), "86")
	}
	return out
}

// Receive takes a letter in and returns where its receipt stands: a sealed
// text that OpenReceipt reads. The same form sent twice gives the first
// receipt and writes nothing.
func (d *Desk) Receive(ctx context.Context, site registry.SiteID, n Submission) (string, error) {
	ctx = audit.Citizen(ctx)
	if n.Trap != "" {
		return "", fault.New(fault.Invalid, "页面上有一个不需要填写的隐藏栏被填上了，可能是浏览器自动填充所致。请清空后再提交，或拨打网站公布的电话。").On("trap", "请清空此栏")
	}
	now := d.s.db.Now()
	nonce, err := d.checkToken(site, n.Token, now)
	if err != nil {
		return "", err
	}
	if err := n.tidy(); err != nil {
		return "", err
	}
	code, err := newCode()
	if err != nil {
		return "", err
	}
	var receipt string
	var full error
	err = d.s.db.Update(ctx, func(tx *db.Tx) error {
		receipt, full = "", nil
		st, err := d.s.registry.SiteTx(ctx, tx, duty(), site)
		if err != nil {
			return err
		}
		if !st.Live() {
			return fault.Newf(fault.Unavailable, "%s目前暂停受理来信，请改日再来，或拨打网站公布的电话。", st.Name)
		}
		l := d.s.newLetter(st, n, tx.Now())
		r := Receipt{Code: code, Type: n.Type, Due: l.Due.On, At: tx.Now(), Expires: tx.Now().Add(ReceiptFor)}
		if r.Number, err = nextNumber(ctx, tx, l.ReceivedAt); err != nil {
			return err
		}
		l.Number = r.Number
		if receipt, err = d.s.key.Seal(sealReceipt, encode(r)); err != nil {
			return err
		}
		// The form's number is taken first: a second click waits here and then
		// finds it taken.
		taken, err := tx.Quiet(ctx, `INSERT INTO form_receipt (key, location, at) VALUES ($1, $2, $3) ON CONFLICT (key) DO NOTHING`, "letters:"+nonce, receipt, tx.Now())
		if err != nil {
			return err
		}
		if taken == 0 {
			return errTaken
		}
		if full, err = d.limit(ctx, tx, n.Address, n.Phone); err != nil {
			return err
		}
		if full != nil {
			return errTaken // rolls the form's number back
		}
		return d.s.insert(ctx, tx, l, n, code)
	})
	switch {
	case full != nil:
		return "", full
	case err == errTaken:
		return db.One(ctx, d.s.db, db.Value[string], `SELECT location FROM form_receipt WHERE key = $1`, "letters:"+nonce)
	case err != nil:
		return "", err
	}
	return receipt, nil
}

// errTaken ends a transaction whose form was taken before.
var errTaken = fault.New(fault.Conflict, "这封来信已经收到，请勿重复提交。")

// OpenReceipt reads the sealed receipt while it lasts.
func (d *Desk) OpenReceipt(sealed string) (Receipt, error) {
	gone := fault.New(fault.Gone, "回执只能在提交后 30 分钟内打开。请用您记下的查询码和电话后四位查询办理进度；没有记下的，请拨打网站公布的电话。")
	if len(sealed) > 2000 {
		return Receipt{}, gone
	}
	b, err := d.s.key.Open(sealReceipt, sealed)
	if err != nil {
		return Receipt{}, gone.From(err)
	}
	var r Receipt
	if err := json.Unmarshal(b, &r); err != nil {
		return Receipt{}, gone.From(err)
	}
	if d.s.db.Now().After(r.Expires) {
		return Receipt{}, gone
	}
	return r, nil
}

func (s *Service) newLetter(st registry.Site, n Submission, now time.Time) Letter {
	on := calendar.DateOf(now)
	return Letter{
		ID: LetterID(ulid.Make().String()), Site: st.ID, SiteName: st.Name, Unit: st.Unit, UnitName: st.UnitName,
		HandlerUnit: st.Unit, Type: n.Type, PublicConsent: n.Consent, State: Submitted, Due: s.workdays.Add(on, ReplyDays), ReceivedAt: now,
		authorMac: s.key.Mac(macAuthor, n.Phone), textMac: s.key.Mac(macText, essence(n.Body)),
	}
}

func (s *Service) insert(ctx context.Context, tx *db.Tx, l Letter, n Submission, code string) error {
	sealed := make([]string, 5)
	for i, v := range []struct{ purpose, text string }{{sealText, n.Title}, {sealText, n.Body}, {sealContact, n.Name}, {sealContact, n.Phone}, {sealContact, n.Email}} {
		var err error
		if sealed[i], err = s.key.Seal(v.purpose, []byte(v.text)); err != nil {
			return err
		}
	}
	if _, _, err := Machine.Take(ctx, tx, string(l.ID), "submit", note{}.passage()); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO letter (id, number, site_id, unit_id, handler_unit_id, type, title_sealed, body_sealed, name_sealed, phone_sealed, email_sealed,
		       author_mac, text_mac, query_mac, public_consent, state, due_on, provisional, received_at, received_on, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)`,
		string(l.ID), l.Number, string(l.Site), string(l.Unit), string(l.HandlerUnit), string(l.Type), sealed[0], sealed[1], sealed[2], sealed[3], sealed[4],
		l.authorMac, l.textMac, s.queryMac(l.Site, code, lastFour(n.Phone)), l.PublicConsent, l.State, l.Due.On, l.Due.Provisional,
		l.ReceivedAt, calendar.DateOf(l.ReceivedAt), l.ReceivedAt)
	if err != nil {
		return fmt.Errorf("letters: insert: %w", err)
	}
	if err := s.obligations.Open(ctx, tx, obligation.Debt{Kind: ReplyKind.ID, Unit: l.Unit, Subject: l.subject(), Link: l.Link(), Due: l.Due,
		From: calendar.DateOf(l.ReceivedAt), Length: calendar.WorkingDays(ReplyDays)}); err != nil {
		return err
	}
	if err := tell(ctx, tx, l, "received", l.Unit, "", "收到"+l.Type.Name()+"来信 "+l.Number, "请于"+l.Due.On.Chinese()+"前答复。"); err != nil {
		return err
	}
	if err := s.watchFlood(ctx, tx, l); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "letters.submit", Target: l.target(), Basis: sx2021.LettersOnTime.Citation,
		After: map[string]any{"type": l.Type, "due": l.Due.On, "site": l.Site, "public": l.PublicConsent}})
}

// watchFlood tells the unit once an hour that letters come in masses, which
// may be meant to drown real ones.
func (s *Service) watchFlood(ctx context.Context, tx *db.Tx, l Letter) error {
	n, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM letter WHERE site_id = $1 AND received_at > $2`, string(l.Site), l.ReceivedAt.Add(-time.Hour))
	if err != nil || n < FloodPerHour {
		return err
	}
	_, err = notify.Send(ctx, tx, notify.Message{
		Key: "letters:flood:" + string(l.Site) + ":" + l.ReceivedAt.Format("2006010215"), Unit: string(l.Unit), Urgent: true, Link: "/console/letters",
		Title: fmt.Sprintf("一小时内收到来信超过 %d 封", FloodPerHour), Body: "数量异常，请留意是否有人集中投送相同内容；每封来信的页面会提示相同文字的来信。",
	})
	return err
}

// nextNumber is the letter's quotable number in its legal year.
func nextNumber(ctx context.Context, tx *db.Tx, at time.Time) (string, error) {
	year := calendar.DateOf(at).Year
	if _, err := tx.Exec(ctx, `INSERT INTO number_series (name, year, last) VALUES ('LX', $1, 1)
		ON CONFLICT (name, year) DO UPDATE SET last = number_series.last + 1`, year); err != nil {
		return "", err
	}
	n, err := db.One(ctx, tx, db.Value[int], `SELECT last FROM number_series WHERE name = 'LX' AND year = $1`, year)
	return fmt.Sprintf("LX-%d-%04d", year, n), err
}

func newCode() (string, error) {
	out := make([]byte, 0, codeLength)
	buf := make([]byte, 4*codeLength)
	for len(out) < codeLength {
		if _, err := rand.Read(buf); err != nil {
			return "", fmt.Errorf("letters: query code: %w", err)
		}
		for _, b := range buf {
			// Bytes beyond the last whole alphabet would favour its beginning.
			if int(b) < 256/len(codeAlphabet)*len(codeAlphabet) && len(out) < codeLength {
				out = append(out, codeAlphabet[int(b)%len(codeAlphabet)])
			}
		}
	}
	return string(out), nil
}

func lastFour(digits string) string { return digits[max(len(digits)-4, 0):] }

func (s *Service) queryMac(site registry.SiteID, code, last4 string) string {
	return s.key.Mac(macQuery, string(site)+"|"+code+"|"+last4)
}

// limit counts a letter of this address and telephone. full is the fault for
// one too many.
func (d *Desk) limit(ctx context.Context, tx *db.Tx, address, phone string) (full, err error) {
	for _, l := range []struct {
		key    string
		most   int
		window time.Duration
		says   string
	}{
		{"address|" + address, PerAddress, AddressWindow, "您所在的网络在一小时内来信已达上限"},
		{"phone|" + phone, PerPhone, PhoneWindow, "这个电话号码在 24 小时内来信已达上限"},
	} {
		if l.key == "address|" {
			continue
		}
		key := d.rateKey(l.key)
		again, err := spent(ctx, tx, key, l.most, l.window, tx.Now())
		if err != nil {
			return nil, err
		}
		if !again.IsZero() {
			return fault.Newf(fault.TooMany, "%s，请于%s后再来；急事请拨打网站公布的电话或 12345。", l.says, moment(again)), nil
		}
		if err := spend(ctx, tx, key); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

func (d *Desk) rateKey(what string) string { return "letters:" + d.s.key.Mac(macRate, what) }

// spent is when the key may be used again; zero when it may be now.
func spent(ctx context.Context, q db.Querier, key string, most int, window time.Duration, now time.Time) (time.Time, error) {
	used, err := db.All(ctx, q, instant, `SELECT at FROM rate_limit WHERE key = $1 AND at > $2 ORDER BY at DESC LIMIT `+strconv.Itoa(most), key, now.Add(-window))
	if err != nil || len(used) < most {
		return time.Time{}, err
	}
	return used[most-1].Add(window), nil
}

func spend(ctx context.Context, tx *db.Tx, key string) error {
	_, err := tx.Quiet(ctx, `INSERT INTO rate_limit (key, at) VALUES ($1, $2)`, key, tx.Now())
	return err
}

// moment is an instant in words of the day: 9月30日 14:05.
func moment(t time.Time) string {
	return t.Add(time.Minute).In(calendar.Shanghai).Format("1月2日 15:04")
}

// Follow is a letter as its writer may see it.
type Follow struct {
	Number     string
	Type       Type
	Title      string
	State      string // in words for the public
	ReceivedAt time.Time
	Due        calendar.Due
	Unit       string
	Steps      []FollowStep
	Answer     string
	AnsweredAt time.Time
	Reason     string // why it was not accepted, or where it belongs
	Published  bool
}

// FollowStep is one thing the writer is told of.
type FollowStep struct {
	At   time.Time
	Says string
}

// publicActs are the acts a writer is told of, in their words.
var publicActs = map[string]string{
	"submit": "来信已收到", "accept": "已受理", "confirm_invalid": "不予受理", "redirect": "已告知应走的渠道",
	"answer": "已答复", "publish": "已公开（已隐去个人信息）", "take_down": "已撤下公开", "conclude": "已办结",
}

var publicStates = map[string]string{
	Submitted: "等待受理", InvalidProposed: "等待受理", Invalid: "不予受理", Redirected: "已告知应走的渠道", Accepted: "已受理，正在分办",
	Assigned: "办理中", Drafted: "办理中", Answered: "已答复", Published: "已答复", Concluded: "已办结",
}

// Find opens a letter to whoever knows its query code and the last four
// figures of the telephone. Wrong is the same sentence whichever was wrong;
// wrong ones are counted by address.
func (d *Desk) Find(ctx context.Context, site registry.SiteID, code, last4, address string) (Follow, error) {
	code = strings.ToUpper(strings.ReplaceAll(line(intake.Clean(code)), " ", ""))
	last4 = strings.TrimSpace(intake.Clean(last4))
	key := d.rateKey("query|" + address)
	again, err := spent(ctx, d.s.db, key, WrongQueries, QueryWindow, d.s.db.Now())
	if err != nil {
		return Follow{}, err
	}
	if !again.IsZero() {
		return Follow{}, fault.Newf(fault.TooMany, "查询出错次数过多，请于%s后再试。", moment(again))
	}
	// One digest over both fields and one look-up by it: neither the answer
	// nor its time tells which of the two was wrong.
	var w db.Where
	w.And("l.query_mac = ?", d.s.queryMac(site, cut(code), cut(last4)))
	l, err := db.One(ctx, d.s.db, scanLetter, `SELECT `+letterColumns+letterFrom+` WHERE `+w.SQL(), w.Args()...)
	if db.None(err) {
		if err := d.s.db.Update(ctx, func(tx *db.Tx) error { return spend(ctx, tx, key) }); err != nil {
			return Follow{}, err
		}
		return Follow{}, fault.New(fault.NotFound, "没有查到：请核对查询码和来信时所留电话的后四位。")
	}
	if err != nil {
		return Follow{}, err
	}
	return d.s.follow(ctx, l)
}

func cut(s string) string { return s[:min(len(s), 40)] }

func (s *Service) follow(ctx context.Context, l Letter) (Follow, error) {
	title, err := s.text(l.sealed.title)
	if err != nil {
		return Follow{}, err
	}
	out := Follow{Number: l.Number, Type: l.Type, Title: title, State: publicStates[l.State], ReceivedAt: l.ReceivedAt, Due: l.Due, Unit: l.UnitName,
		AnsweredAt: l.AnsweredAt, Published: l.State == Published}
	if l.State == Invalid || l.State == Redirected {
		out.Reason = l.Reason
	}
	steps, err := Machine.History(ctx, s.db, string(l.ID))
	if err != nil {
		return Follow{}, err
	}
	for _, st := range steps {
		if says := publicActs[st.Act]; says != "" {
			out.Steps = append(out.Steps, FollowStep{st.At, says})
		}
	}
	if !l.AnsweredAt.IsZero() {
		rounds, err := s.rounds(ctx, s.db, l.ID)
		if err != nil {
			return Follow{}, err
		}
		for _, r := range rounds {
			if r.Verdict == "pass" {
				out.Answer = r.Draft.Answer
				break
			}
		}
	}
	return out, nil
}

// Reply is a letter with its answer as published.
type Reply struct {
	ID          LetterID
	Number      string
	Type        Type
	Title       string
	Body        string
	Answer      string
	Unit        string // that answered
	ReceivedOn  calendar.Date
	AnsweredOn  calendar.Date
	PublishedAt time.Time
}

const replySelect = `SELECT l.id, l.number, l.type, y.title, y.body, y.answer, u.name, l.received_on, l.answered_on, y.published_at
	FROM letter_reply y JOIN letter l ON l.id = y.letter_id JOIN unit u ON u.id = l.handler_unit_id
	WHERE y.taken_down_at IS NULL AND l.site_id = $1`

func scanReply(r db.Scanner) (Reply, error) {
	var y Reply
	err := r.Scan(&y.ID, &y.Number, &y.Type, &y.Title, &y.Body, &y.Answer, &y.Unit, &y.ReceivedOn, &y.AnsweredOn, &y.PublishedAt)
	return y, err
}

// Replies are the published letters of a site, newest first, and how many
// there are.
func (d *Desk) Replies(ctx context.Context, site registry.SiteID, limit, offset int) ([]Reply, int, error) {
	total, err := db.One(ctx, d.s.db, db.Value[int], `SELECT count(*) FROM letter_reply y JOIN letter l ON l.id = y.letter_id WHERE y.taken_down_at IS NULL AND l.site_id = $1`, string(site))
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, d.s.db, scanReply, replySelect+` ORDER BY y.published_at DESC, l.id DESC LIMIT $2 OFFSET $3`, string(site), limit, offset)
	return list, total, err
}

// Reply is one published letter of a site.
func (d *Desk) Reply(ctx context.Context, site registry.SiteID, id LetterID) (Reply, error) {
	y, err := db.One(ctx, d.s.db, scanReply, replySelect+` AND l.id = $2`, string(site), string(id))
	if db.None(err) {
		return Reply{}, fault.Missing("公开答复")
	}
	return y, err
}

// Figures are the site's statistics at this moment, 「公开留言受理反馈情况统计数据」.
func (d *Desk) Figures(ctx context.Context, site registry.SiteID) (Figures, error) {
	var w db.Where
	return d.s.count(ctx, &w, Filter{Site: site}, false)
}

// Site is the name and sponsor of the site the counter stands in.
func (d *Desk) Site(ctx context.Context, site registry.SiteID) (name string, unit org.UnitID, err error) {
	st, err := d.s.registry.SiteTx(ctx, d.s.db, duty(), site)
	return st.Name, st.Unit, err
}

// Prune drops counters of public forms that no window reaches any more, and
// returns how many; a periodic duty.
func (d *Desk) Prune(ctx context.Context) (int64, error) {
	var n int64
	err := d.s.db.Update(ctx, func(tx *db.Tx) error {
		var err error
		n, err = tx.Quiet(ctx, `DELETE FROM rate_limit WHERE key LIKE 'letters:%' AND at < $1`, tx.Now().Add(-PhoneWindow))
		return err
	})
	return n, err
}

func instant(r db.Scanner) (time.Time, error) {
	var t time.Time
	err := r.Scan(&t)
	return t, err
}

// PruneCounters is the hourly duty behind Prune.
type PruneCounters struct{}

// Kind of the job.
func (PruneCounters) Kind() string { return "letters.prune_counters" }

// Register adds the duties of letters to the workers.
func (d *Desk) Register(w *jobs.Workers) {
	jobs.Handle(w, func(ctx context.Context, _ PruneCounters) error {
		_, err := d.Prune(ctx)
		return err
	})
	jobs.Every(w, time.Hour, PruneCounters{})
}
