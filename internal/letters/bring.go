package letters

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// Former is a letter as it leaves with its site, or comes with one: whoever
// wrote it is not in it.
type Former struct {
	Number     string // in the house it was dealt with
	Type       Type
	Title      string
	Body       string
	State      string
	Reason     string
	Consent    bool
	ReceivedAt time.Time
	AnsweredAt time.Time
	EndedAt    time.Time
	Rounds     []FormerRound // oldest first
	Reply      *FormerReply  // what was public last
}

// FormerRound is one draft of an answer.
type FormerRound struct {
	Draft      Draft
	Drafter    string
	Reviewer   string
	Verdict    string
	Opinion    string
	At         time.Time
	ReviewedAt time.Time
}

// FormerReply is what the public read.
type FormerReply struct {
	Title       string    `json:"title"`
	Body        string    `json:"body"`
	Answer      string    `json:"answer"`
	PublishedAt time.Time `json:"published_at"`
}

// ReplyOf is what the public reads of a letter in scope; false when nothing is
// public.
func (s *Service) ReplyOf(ctx context.Context, scope authz.Scope, id LetterID) (FormerReply, bool, error) {
	if _, err := s.raw(ctx, s.db, scope, id); err != nil {
		return FormerReply{}, false, err
	}
	y, err := db.One(ctx, s.db, func(r db.Scanner) (FormerReply, error) {
		var y FormerReply
		return y, r.Scan(&y.Title, &y.Body, &y.Answer, &y.PublishedAt)
	}, `SELECT title, body, answer, published_at FROM letter_reply WHERE letter_id = $1 AND taken_down_at IS NULL`, string(id))
	if db.None(err) {
		return FormerReply{}, false, nil
	}
	return y, err == nil, err
}

// Arrived is what came of letters that came with a site.
type Arrived struct {
	Taken  int // now or at an earlier time
	Open   int // not dealt with: who wrote cannot be reached from here
	Hidden int // taken, but what was public of them names a person and stays in the house
}

// arrivals says by which act a letter in that state comes in.
var arrivals = map[string]string{Answered: "arrive", Published: "arrive", Concluded: "arrive", Invalid: "arrive_invalid", Redirected: "arrive_redirected"}

// FormerNumber is the number of a letter that came with a site: its own, with
// the site's short name, so that it never meets a number given here. It stays
// the same however often the site moves.
func FormerNumber(site registry.Site, number string) string {
	return strings.TrimSuffix(number, "-"+site.Slug) + "-" + site.Slug
}

// Bring takes letters that were dealt with in another house into the site they
// came with, sealed as every letter is: for the figures of their years and the
// replies the public reads. They owe nothing more. A letter still open there
// is not taken: who wrote it is not in it, so only the house it was sent to can
// answer. Repeating it changes nothing.
func (s *Service) Bring(ctx context.Context, tx *db.Tx, scope authz.Scope, site registry.SiteID, list []Former) (Arrived, error) {
	var out Arrived
	st, err := s.registry.SiteTx(ctx, tx, scope, site)
	if err != nil {
		return out, err
	}
	for _, f := range list {
		act := arrivals[f.State]
		if act == "" || f.ReceivedAt.IsZero() || f.AnsweredAt.IsZero() && act == "arrive" {
			out.Open++
			continue
		}
		if f.Type.Name() == "" || f.Number == "" || length(f.Number) > 60 || length(f.Title) > 10*MaxTitle || length(f.Body) > 10*MaxBody {
			return out, fault.Newf(fault.Invalid, "来信“%s”的类型、编号或长度不能识别，没有导入。", f.Number)
		}
		hidden, err := s.arrive(ctx, tx, st, f, act)
		if err != nil {
			return out, err
		}
		out.Taken++
		if hidden {
			out.Hidden++
		}
	}
	return out, audit.Record(ctx, tx, audit.Entry{Act: "letters.arrive", Target: st.Target(), Basis: sx2021.LettersOnTime.Citation, After: map[string]int{"taken": out.Taken, "open": out.Open, "hidden": out.Hidden}})
}

func (s *Service) arrive(ctx context.Context, tx *db.Tx, st registry.Site, f Former, act string) (hidden bool, err error) {
	number := FormerNumber(st, f.Number)
	// It came before, or was never away: an archive of this very house.
	have, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM letter WHERE number = $1 OR number = $2 AND site_id = $3 AND received_at = $4`, number, f.Number, string(st.ID), f.ReceivedAt)
	if err != nil || have > 0 {
		return false, err
	}
	id := ulid.Make().String()
	_, state, err := Machine.Take(ctx, tx, id, act, note{says: "原编号 " + f.Number}.passage())
	if err != nil {
		return false, err
	}
	var sealed [3]string
	for i, v := range []struct{ purpose, text string }{{sealText, line(f.Title)}, {sealText, clean(f.Body)}, {sealContact, ""}} {
		if sealed[i], err = s.key.Seal(v.purpose, []byte(v.text)); err != nil {
			return false, err
		}
	}
	// Nobody looks it up by a code, and no two of them have one writer.
	var dice [32]byte
	if _, err := rand.Read(dice[:]); err != nil {
		return false, fmt.Errorf("letters: arrive: %w", err)
	}
	nobody := s.key.Mac(macQuery, string(st.ID)+"|former|"+hex.EncodeToString(dice[:]))
	on := calendar.DateOf(f.ReceivedAt)
	due := s.workdays.Add(on, ReplyDays)
	ended := f.EndedAt
	if ended.IsZero() {
		ended = f.AnsweredAt
	}
	answered := calendar.Date{}
	if !f.AnsweredAt.IsZero() {
		answered = calendar.DateOf(f.AnsweredAt)
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO letter (id, number, site_id, unit_id, handler_unit_id, type, title_sealed, body_sealed, name_sealed, phone_sealed, email_sealed,
		       author_mac, text_mac, query_mac, public_consent, state, due_on, provisional, received_at, received_on, answered_at, answered_on, ended_at, reason, updated_at)
		VALUES ($1, $2, $3, $4, $4, $5, $6, $7, $8, $8, $8, $9, $10, $9, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)`,
		id, number, string(st.ID), string(st.Unit), string(f.Type), sealed[0], sealed[1], sealed[2], nobody, s.key.Mac(macText, essence(f.Body)),
		f.Consent, state, due.On, due.Provisional, f.ReceivedAt, on, f.AnsweredAt, answered, ended, clean(f.Reason), tx.Now()); err != nil {
		return false, fmt.Errorf("letters: arrive: %w", err)
	}
	passed := 0
	for i, r := range f.Rounds {
		body, err := s.key.Seal(sealAnswer, encode(r.Draft))
		if err != nil {
			return false, err
		}
		reviewer := ""
		if r.Verdict == "pass" || r.Verdict == "return" {
			reviewer = "former:reviewer"
		} else {
			r.Verdict = ""
		}
		if r.Verdict == "pass" {
			passed = i + 1
		}
		if _, err := tx.Exec(ctx, `INSERT INTO letter_answer (letter_id, round, text_sealed, sha256, drafter_id, drafter_name, at, reviewer_id, reviewer_name, verdict, opinion, reviewed_at)
			VALUES ($1, $2, $3, $4, 'former:drafter', $5, $6, $7, $8, $9, $10, $11)`,
			id, i+1, body, r.Draft.sha(), line(r.Drafter), r.At, reviewer, line(r.Reviewer), r.Verdict, clean(r.Opinion), r.ReviewedAt); err != nil {
			return false, fmt.Errorf("letters: arrive: %w", err)
		}
	}
	if f.Reply == nil || passed == 0 || !f.Consent {
		return false, nil
	}
	y := *f.Reply
	if len(exposed(y.Title+"\n"+y.Body+"\n"+y.Answer, Contact{}, true)) > 0 {
		return true, nil
	}
	_, err = tx.Exec(ctx, `INSERT INTO letter_reply (letter_id, round, title, body, answer, published_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		id, passed, line(y.Title), clean(y.Body), clean(y.Answer), y.PublishedAt)
	return false, err
}
