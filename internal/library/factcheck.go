package library

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/notify"
)

// FactCheck is one question to somebody outside, by a link that works once,
// for one version, until a day (事实核查).
type FactCheck struct {
	ID          string
	Item        ItemID
	Version     int
	Invited     string // to whom the link was given
	Question    string
	PersonName  string // who made it
	MadeAt      time.Time
	ExpiresAt   time.Time
	State       string // open, answered, revoked
	Verdict     string // correct, wrong
	Answer      string
	AnswerName  string // as given by who answered
	AnswerUnit  string
	AnsweredAt  time.Time
	newest      int
	title, unit string
	seenAt      time.Time // when it was read
}

// StateName says how far it was when it was read.
func (c FactCheck) StateName() string {
	switch {
	case c.State == Answered && c.Verdict == "correct":
		return "核实无误"
	case c.State == Answered:
		return "指出有误"
	case c.State == "revoked":
		return "已作废"
	case c.Version != c.newest:
		return "稿件已改，链接失效"
	case !c.seenAt.Before(c.ExpiresAt):
		return "已过期"
	}
	return "等待核查"
}

// Works reports whether the link still worked when it was read.
func (c FactCheck) Works() bool {
	return c.State == Asked && c.Version == c.newest && c.seenAt.Before(c.ExpiresAt)
}

func tokenHash(token string) string {
	sum := sha256.Sum256([]byte("fact-check:" + token))
	return hex.EncodeToString(sum[:])
}

const factCheckSelect = `
	SELECT f.id, f.item_id, f.version_no, f.invited, f.question, f.person_name, f.made_at, f.expires_at, f.state, f.verdict, f.answer, f.answer_name, f.answer_unit, f.answered_at,
	       i.version, v.title, u.name
	  FROM item_fact_check f JOIN item i ON i.id = f.item_id JOIN item_version v ON v.item_id = f.item_id AND v.no = f.version_no JOIN unit u ON u.id = i.unit_id`

func scanFactCheck(r db.Scanner) (FactCheck, error) {
	var c FactCheck
	return c, r.Scan(&c.ID, &c.Item, &c.Version, &c.Invited, &c.Question, &c.PersonName, &c.MadeAt, &c.ExpiresAt, &c.State, &c.Verdict, &c.Answer, &c.AnswerName, &c.AnswerUnit, &c.AnsweredAt,
		&c.newest, &c.title, &c.unit)
}

// FactChecks of an item in scope, oldest first.
func (s *Service) FactChecks(ctx context.Context, scope authz.Scope, id ItemID) ([]FactCheck, error) {
	if _, err := s.Item(ctx, scope, id); err != nil {
		return nil, err
	}
	list, err := db.All(ctx, s.db, scanFactCheck, factCheckSelect+` WHERE f.item_id = $1 ORDER BY f.made_at, f.id`, id)
	for i := range list {
		list[i].seenAt = s.db.Now()
	}
	return list, err
}

// maxFactChecks is how many links one item may have in force.
const maxFactChecks = 10

// AskFact makes a link for somebody outside. The token is returned once and
// kept as a hash alone: who has lost it gets another link.
func (s *Service) AskFact(ctx context.Context, scope authz.Scope, id ItemID, no int, invited, question string) (FactCheck, string, error) {
	session := authz.SessionFrom(ctx)
	if session == nil {
		return FactCheck{}, "", fault.New(fault.SignIn, "请先登录。")
	}
	invited, question = oneLine(invited), manyLines(question)
	var f fault.Fields
	f.Check(invited != "" && len([]rune(invited)) <= 60, "invited", "请写明请谁核查（姓名和单位），60 字以内")
	f.Check(len([]rune(question)) <= 500, "question", "请压缩到 500 字以内")
	if err := f.Err(); err != nil {
		return FactCheck{}, "", err
	}
	raw := make([]byte, 24)
	if _, err := rand.Read(raw); err != nil {
		return FactCheck{}, "", err
	}
	token := base64.RawURLEncoding.EncodeToString(raw)
	var c FactCheck
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		it, err := s.ItemTx(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		post, ok := acting(session, it, authz.ItemWrite, authz.ItemFirstReview, authz.ItemFinalReview)
		if !ok {
			return fault.New(fault.Forbidden, "事实核查由采编或审核这篇稿件的人员发起。")
		}
		if it.State != Draft && it.State != Returned && it.State != InReview {
			return fault.New(fault.Conflict, "稿件现在是“"+it.StateName()+"”，不需要核查。请刷新后再看。")
		}
		if it.Version != no {
			return fault.New(fault.Conflict, "稿件刚被保存为新版本，请刷新后再发起核查。")
		}
		open, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM item_fact_check WHERE item_id = $1 AND state = 'open' AND expires_at > $2`, id, tx.Now())
		if err != nil {
			return err
		}
		if open >= maxFactChecks {
			return fault.Newf(fault.Invalid, "一篇稿件同时最多有 %d 个核查链接，请先作废不用的。", maxFactChecks).On("invited", "请先作废不用的链接")
		}
		c = FactCheck{ID: ulid.Make().String(), Item: id, Version: no, Invited: invited, Question: question, PersonName: signed(session.Name, viaOf(post)), MadeAt: tx.Now(),
			ExpiresAt: tx.Now().AddDate(0, 0, s.settings().FactCheckDays), State: Asked, newest: no}
		if _, err := tx.Exec(ctx, `INSERT INTO item_fact_check (id, item_id, version_no, token_hash, invited, question, person_id, person_name, made_at, expires_at, state) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'open')`,
			c.ID, id, no, tokenHash(token), invited, question, session.PersonID, c.PersonName, c.MadeAt, c.ExpiresAt); err != nil {
			return fmt.Errorf("library: fact check: %w", err)
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "library.item.fact_ask", Target: it.Target(), After: map[string]any{"version": no, "invited": invited, "question": question, "expires": c.ExpiresAt}})
	})
	return c, token, err
}

// RevokeFact ends a link before its time.
func (s *Service) RevokeFact(ctx context.Context, scope authz.Scope, id ItemID, check string) error {
	return s.db.Update(ctx, func(tx *db.Tx) error {
		it, err := s.ItemTx(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if _, ok := acting(authz.SessionFrom(ctx), it, authz.ItemWrite, authz.ItemFirstReview, authz.ItemFinalReview); !ok {
			return fault.New(fault.Forbidden, "只有采编或审核这篇稿件的人员可以作废核查链接。")
		}
		n, err := tx.Exec(ctx, `UPDATE item_fact_check SET state = 'revoked' WHERE id = $1 AND item_id = $2 AND state = 'open'`, check, id)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "这个核查链接已经用过或作废，请刷新后再看。")
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "library.item.fact_revoke", Target: it.Target(), After: map[string]any{"check": check}})
	})
}

// Limits of the door for people outside: how often one address may look, and
// how often it may come with a link that is none.
const (
	factLooks  = 60
	factWindow = 10 * time.Minute
)

// gone is what every link that does not work says, so that nobody learns which
// ones once did.
func gone() error {
	return fault.New(fault.NotFound, "这个核查链接不存在、已经用过或已经失效。需要核查的，请向发给您链接的人索取新的链接。")
}

// looks are those of one process, by network address. They are counted in
// memory: a look writes nothing.
type looks struct {
	mu   sync.Mutex
	seen map[string][]time.Time
}

// maxAddresses is how many addresses are counted at once; beyond it those that
// have been quiet for a window are dropped.
const maxAddresses = 10_000

// admit counts one look of an address.
func (s *Service) admit(address string) error {
	now := s.db.Now()
	l := &s.looks
	l.mu.Lock()
	defer l.mu.Unlock()
	fresh := func(list []time.Time) []time.Time {
		return slices.DeleteFunc(list, func(t time.Time) bool { return !t.After(now.Add(-factWindow)) })
	}
	if l.seen == nil {
		l.seen = map[string][]time.Time{}
	}
	if len(l.seen) >= maxAddresses {
		for a, list := range l.seen {
			if len(fresh(slices.Clone(list))) == 0 {
				delete(l.seen, a)
			}
		}
		if len(l.seen) >= maxAddresses && l.seen[address] == nil {
			address = "" // the rest share one count
		}
	}
	list := fresh(l.seen[address])
	if len(list) >= factLooks {
		l.seen[address] = list
		return fault.New(fault.TooMany, "打开得太频繁，请十分钟后再试。")
	}
	l.seen[address] = append(list, now)
	return nil
}

// Brief is what a person outside is shown: this version, and who asks.
type Brief struct {
	Title, HTML, Unit string
	Question          string
	Invited           string
	ExpiresAt         time.Time
	Version           int
}

func (s *Service) factByToken(ctx context.Context, q db.Querier, token string, now time.Time) (FactCheck, error) {
	c, err := db.One(ctx, q, scanFactCheck, factCheckSelect+` WHERE f.token_hash = $1`, tokenHash(token))
	c.seenAt = now
	if db.None(err) || err == nil && !c.Works() {
		return FactCheck{}, gone()
	}
	return c, err
}

// FactBrief is what the holder of a link may read. The token is the proof;
// address is where the request came from, for the counter.
func (s *Service) FactBrief(ctx context.Context, token, address string) (Brief, error) {
	if err := s.admit(address); err != nil {
		return Brief{}, err
	}
	c, err := s.factByToken(ctx, s.db, token, s.db.Now())
	if err != nil {
		return Brief{}, err
	}
	v, err := version(ctx, s.db, c.Item, c.Version)
	if err != nil {
		return Brief{}, err
	}
	return Brief{Title: v.Title, HTML: v.HTML, Unit: c.unit, Question: c.Question, Invited: c.Invited, ExpiresAt: c.ExpiresAt, Version: c.Version}, nil
}

// FactAnswer is what somebody outside says of a version.
type FactAnswer struct {
	Verdict string // correct, wrong
	Text    string
	Name    string
	Unit    string
}

// AnswerFact records the answer; the link is used up. The token is the proof.
func (s *Service) AnswerFact(ctx context.Context, token, address string, a FactAnswer) error {
	if err := s.admit(address); err != nil {
		return err
	}
	a.Text, a.Name, a.Unit = manyLines(a.Text), oneLine(a.Name), oneLine(a.Unit)
	ctx = audit.WithActor(ctx, audit.Actor{Kind: "citizen", ID: "fact_check", Name: a.Unit + " " + a.Name + "（外部核查）"})
	return s.db.Update(ctx, func(tx *db.Tx) error {
		c, err := s.factByToken(ctx, tx, token, tx.Now())
		if err != nil {
			return err
		}
		var f fault.Fields
		f.Check(a.Verdict == "correct" || a.Verdict == "wrong", "verdict", "请选择无误或有误")
		f.Check(a.Verdict != "wrong" || a.Text != "", "answer", "请写明哪里有误、应当怎样")
		f.Check(len([]rune(a.Text)) <= 2000, "answer", "请压缩到 2000 字以内")
		f.Check(a.Name != "" && len([]rune(a.Name)) <= 40, "name", "请填写您的姓名")
		f.Check(a.Unit != "" && len([]rune(a.Unit)) <= 100, "unit", "请填写您的单位")
		if err := f.Err(); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `UPDATE item_fact_check SET state = 'answered', verdict = $2, answer = $3, answer_name = $4, answer_unit = $5, answered_at = $6 WHERE id = $1 AND state = 'open'`,
			c.ID, a.Verdict, a.Text, a.Name, a.Unit, tx.Now())
		if err != nil {
			return err
		}
		if n == 0 {
			return gone()
		}
		it, err := s.ItemTx(ctx, tx, authz.System("library.fact_check"), c.Item)
		if err != nil {
			return err
		}
		c.State, c.Verdict = Answered, a.Verdict
		if _, err := notify.Send(ctx, tx, notify.Message{Key: "item_fact_check:" + c.ID, Unit: string(it.Unit), Title: "事实核查" + c.StateName() + "：" + it.Title,
			Body: a.Unit + " " + a.Name + "：" + a.Text, Link: it.Link()}); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "library.item.fact_answer", Target: it.Target(), After: map[string]any{"version": c.Version, "verdict": a.Verdict, "answer": a.Text, "name": a.Name, "unit": a.Unit}})
	})
}
