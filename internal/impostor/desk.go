package impostor

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"strconv"
	"strings"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/registry"
)

const (
	sealContact = "impostor.contact"
	macForm     = "impostor.form"
	macRate     = "impostor.rate"

	// PerAddress reports may come from one network address within Window.
	PerAddress = 10
	Window     = time.Hour
	// MinFill and MaxFill bound how long a form was open.
	MinFill = 3 * time.Second
	MaxFill = 24 * time.Hour
)

// Desk is the counter for the public: anybody may report what looks like a
// fake. It takes no scope because nobody is signed in, and it reads nothing
// back but the number of the report.
type Desk struct{ s *Service }

// NewDesk opens the counter of the service.
func NewDesk(s *Service) *Desk { return &Desk{s} }

// FormToken proves that our form of this site was opened, and when.
func (d *Desk) FormToken(site registry.SiteID) string {
	at := strconv.FormatInt(d.s.DB.Now().Unix(), 36)
	nonce := strings.ToLower(rand.Text()[:20])
	return at + "." + nonce + "." + d.s.Keys.Mac(macForm, string(site)+"|"+at+"|"+nonce)
}

func (d *Desk) checkToken(site registry.SiteID, token string) (nonce string, err error) {
	stale := func() *fault.Error {
		return fault.New(fault.Invalid, "举报页面已失效，本次没有提交。请核对下面的内容后再提交一次。").On("token", "请再提交一次")
	}
	parts := strings.Split(token, ".")
	if len(token) > 200 || len(parts) != 3 || !hmac.Equal([]byte(parts[2]), []byte(d.s.Keys.Mac(macForm, string(site)+"|"+parts[0]+"|"+parts[1]))) {
		return "", stale()
	}
	sec, err := strconv.ParseInt(parts[0], 36, 64)
	if err != nil {
		return "", stale().From(err)
	}
	switch age := d.s.DB.Now().Sub(time.Unix(sec, 0)); {
	case age < MinFill:
		return "", fault.Newf(fault.Invalid, "提交得太快，请核对内容，%d 秒后再提交。", int(MinFill/time.Second))
	case age > MaxFill:
		return "", stale()
	}
	return parts[1], nil
}

// Receipt is what the citizen gets: the number, and whether it was known.
type Receipt struct {
	Number string
	Due    calendar.Date // zero when it is being handled already
	Known  bool
}

// Tip is a report as typed.
type Tip struct {
	Clue
	Trap  string // of the hidden field: empty from people
	Token string
	From  string // network address, for the counters only
}

// Receive takes a report in. The same form sent twice is one report.
func (d *Desk) Receive(ctx context.Context, site registry.SiteID, n Tip) (r Receipt, err error) {
	ctx = audit.Citizen(ctx)
	if n.Trap != "" {
		return r, fault.New(fault.Invalid, "页面上有一个不需要填写的隐藏栏被填上了，可能是浏览器自动填充所致。请清空后再提交。").On("trap", "请清空此栏")
	}
	nonce, err := d.checkToken(site, n.Token)
	if err != nil {
		return r, err
	}
	n.Source, n.Reporter, n.Of = "public", "", registry.Ref{}
	key := "impostor:" + nonce
	before := func() (Receipt, bool, error) {
		number, err := db.One(ctx, d.s.DB, db.Value[string], `SELECT location FROM form_receipt WHERE key = $1`, key)
		if db.None(err) {
			return Receipt{}, false, nil
		}
		return Receipt{Number: number}, err == nil, err
	}
	if r, taken, err := before(); taken || err != nil {
		return r, err
	}
	var known string
	err = d.s.DB.Update(ctx, func(tx *db.Tx) error {
		r = Receipt{}
		if err := d.limit(ctx, tx, n.From); err != nil {
			return err
		}
		c, err := d.s.open(ctx, tx, n.Clue)
		if st, ok := err.(errStanding); ok { //nolint:errorlint // our own, never wrapped
			known = st.id
			return nil
		}
		if err != nil {
			return err
		}
		r = Receipt{Number: c.Number, Due: d.s.Days.Add(calendar.DateOf(tx.Now()), d.s.Settings().ImpostorVerifyWorkdays).On}
		_, err = tx.Quiet(ctx, `INSERT INTO form_receipt (key, location, at) VALUES ($1, $2, $3) ON CONFLICT (key) DO NOTHING`, key, r.Number, tx.Now())
		return err
	})
	if known != "" && err == nil {
		return Receipt{Known: true}, nil
	}
	return r, err
}

func (d *Desk) limit(ctx context.Context, tx *db.Tx, from string) error {
	if from == "" {
		return nil
	}
	key := "impostor:" + d.s.Keys.Mac(macRate, from)
	used, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM rate_limit WHERE key = $1 AND at > $2`, key, tx.Now().Add(-Window))
	if err != nil {
		return err
	}
	if used >= PerAddress {
		return fault.New(fault.TooMany, "您所在的网络在一小时内举报次数已达上限，请稍后再来；急事请拨打 12345 或 110。")
	}
	_, err = tx.Quiet(ctx, `INSERT INTO rate_limit (key, at) VALUES ($1, $2)`, key, tx.Now())
	return err
}
