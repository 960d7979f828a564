package letters

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/rules"
	"zhengshu/internal/rules/sx2021"
)

// note is what is kept with an act: words in the timeline, facts in the trail.
type note struct {
	says  string
	basis string
	after map[string]any
}

func (n note) passage() passage.Note { return passage.Note{Says: n.says} }

func (n note) facts(state string) map[string]any {
	out := map[string]any{"state": state}
	for k, v := range n.after {
		out[k] = v
	}
	if n.says != "" {
		out["says"] = n.says
	}
	return out
}

// reasoned checks a reason that goes to the writer or into the file.
func reasoned(name, label, reason string, c Contact) (string, error) {
	reason = clean(reason)
	var f fault.Fields
	f.Check(length(reason) >= 4, name, label+"没有写清楚，请至少用 4 个字写明。")
	f.Check(length(reason) <= 500, name, label+"超过 500 字，请精简。")
	refuseExposed(&f, name, label, reason, c, false)
	return reason, f.Err()
}

// own opens the contact to hold texts against.
func (s *Service) own(ctx context.Context, scope authz.Scope, id LetterID) (Contact, error) {
	l, err := s.raw(ctx, s.db, scope, id)
	if err != nil {
		return Contact{}, err
	}
	return s.contact(l.sealed)
}

// Accept takes the letter in as a valid one.
func (s *Service) Accept(ctx context.Context, scope authz.Scope, id LetterID) (Letter, error) {
	return s.act(ctx, scope, id, "accept", note{basis: sx2021.LettersOnTime.Citation}, func(tx *db.Tx, l *Letter) error {
		l.AcceptedAt = tx.Now()
		return nil
	})
}

// ProposeInvalid proposes not to accept the letter; a second person decides.
// The reason is told to the writer.
func (s *Service) ProposeInvalid(ctx context.Context, scope authz.Scope, id LetterID, reason string) (Letter, error) {
	c, err := s.own(ctx, scope, id)
	if err != nil {
		return Letter{}, err
	}
	if reason, err = reasoned("reason", "不予受理的理由", reason, c); err != nil {
		return Letter{}, err
	}
	who, err := audit.PersonFrom(ctx)
	if err != nil {
		return Letter{}, err
	}
	return s.act(ctx, scope, id, "propose_invalid", note{says: reason}, func(_ *db.Tx, l *Letter) error {
		l.Reason, l.ProposedBy = reason, who.ID
		return nil
	})
}

// DecideInvalid is the second person's word on a letter proposed as invalid:
// agreed, it ends; not agreed, it goes back to be accepted.
func (s *Service) DecideInvalid(ctx context.Context, scope authz.Scope, id LetterID, agree bool) (Letter, error) {
	who, err := audit.PersonFrom(ctx)
	if err != nil {
		return Letter{}, err
	}
	name := "overturn_invalid"
	if agree {
		name = "confirm_invalid"
	}
	return s.act(ctx, scope, id, name, note{}, func(tx *db.Tx, l *Letter) error {
		if who.ID == l.ProposedBy {
			return fault.New(fault.Refused, "不予受理须由两人办理：提出人不能自己复核，请由另一名审核人员办理。").
				Because(sx2021.LettersOnTime.Breach("复核人与提出人是同一人").Reason())
		}
		if !agree {
			l.Reason, l.ProposedBy = "", ""
			return nil
		}
		l.EndedAt = tx.Now()
		_, err := s.obligations.Annul(ctx, tx, ReplyKind.ID, l.subject(), "不予受理："+l.Reason)
		return err
	})
}

// Redirect ends a letter that belongs elsewhere (信访, 纪检, 诉讼, 仲裁) by telling
// the writer where; the advice is the answer to it.
func (s *Service) Redirect(ctx context.Context, scope authz.Scope, id LetterID, advice string) (Letter, error) {
	c, err := s.own(ctx, scope, id)
	if err != nil {
		return Letter{}, err
	}
	if advice, err = reasoned("advice", "应走的渠道", advice, c); err != nil {
		return Letter{}, err
	}
	return s.act(ctx, scope, id, "redirect", note{says: advice}, func(tx *db.Tx, l *Letter) error {
		l.Reason, l.EndedAt = advice, tx.Now()
		_, err := s.obligations.Annul(ctx, tx, ReplyKind.ID, l.subject(), "已告知其他渠道："+advice)
		return err
	})
}

// HandlerUnits are the units the letter may be given to: the receiving unit,
// what lies in the caller's scope, and, where an office receives for its
// government, the departments of its area and below.
func (s *Service) HandlerUnits(ctx context.Context, scope authz.Scope, id LetterID) ([]org.Unit, error) {
	l, err := s.raw(ctx, s.db, scope, id)
	if err != nil {
		return nil, err
	}
	reach, err := s.reach(ctx, s.db, l)
	if err != nil {
		return nil, err
	}
	units, _, err := s.org.Units(ctx, reach, org.UnitFilter{Limit: 5000})
	return units, err
}

// Handlers are the people of a unit who may answer letters, for a letter in
// scope.
func (s *Service) Handlers(ctx context.Context, scope authz.Scope, id LetterID, unit org.UnitID) ([]org.Holder, error) {
	l, err := s.raw(ctx, s.db, scope, id)
	if err != nil {
		return nil, err
	}
	reach, err := s.reach(ctx, s.db, l)
	if err != nil {
		return nil, err
	}
	return s.org.Holders(ctx, s.db, reach, unit, answering()...)
}

// answering are the roles that may draft an answer.
func answering() []authz.Role { return authz.With(authz.LetterAnswer) }

// reach is where the letter may go: an office passes letters on within its
// area, any other unit within itself.
func (s *Service) reach(ctx context.Context, q db.Querier, l Letter) (authz.Scope, error) {
	u, err := s.org.UnitTx(ctx, q, authz.System("letters.reach"), l.Unit)
	if err != nil {
		return authz.Scope{}, err
	}
	if u.Kind == org.Office || u.Kind == org.Government {
		a, err := s.org.Area(ctx, q, u.Area)
		if err != nil {
			return authz.Scope{}, err
		}
		return authz.Area("letters.assign", a.Path), nil
	}
	return authz.Area("letters.assign", u.AreaPath), nil
}

// Assign gives the letter to a unit, and to a person of it where one is named.
// Assigning again re-assigns.
func (s *Service) Assign(ctx context.Context, scope authz.Scope, id LetterID, unit org.UnitID, person org.PersonID) (Letter, error) {
	n := note{after: map[string]any{"unit": string(unit), "person": string(person)}}
	return s.act(ctx, scope, id, "assign", n, func(tx *db.Tx, l *Letter) error {
		reach, err := s.reach(ctx, tx, *l)
		if err != nil {
			return err
		}
		u, err := s.org.UnitTx(ctx, tx, reach, unit)
		if fault.Is(err, fault.NotFound) {
			return fault.New(fault.Invalid, "承办单位不在可分办的范围内：请选择本单位、本级部门或下级单位。").On("unit", "请从列表中选择承办单位")
		}
		if err != nil {
			return err
		}
		l.HandlerUnit, l.HandlerUnitName, l.Handler, l.HandlerName = u.ID, u.Name, "", ""
		if person != "" {
			holders, err := s.org.Holders(ctx, tx, reach, unit, answering()...)
			if err != nil {
				return err
			}
			for _, h := range holders {
				if h.Person.ID == person {
					l.Handler, l.HandlerName = person, h.Person.Name
				}
			}
			if l.Handler == "" {
				return fault.Newf(fault.Invalid, "所选人员在%s没有起草答复的岗位，请改选。", u.Name).On("person", "请从该单位的经办人员中选择")
			}
		}
		return tell(ctx, tx, *l, "assigned:"+ulid.Make().String(), l.HandlerUnit, l.Handler, "分办来信 "+l.Number, "请于"+l.Due.On.Chinese()+"前答复。")
	})
}

// Draft is what a drafter proposes: the answer to the writer, and the text the
// public would read. Empty public fields are filled with the de-identified
// letter and answer.
type Draft struct {
	Answer       string `json:"answer"`
	PublicTitle  string `json:"public_title"`
	PublicBody   string `json:"public_body"`
	PublicAnswer string `json:"public_answer"`
}

func (d Draft) sha() string {
	sum := sha256.Sum256(encode(d))
	return hex.EncodeToString(sum[:])
}

// AnswerRound is one draft with what was said of it.
type AnswerRound struct {
	Round      int
	Draft      Draft
	SHA256     string
	DrafterID  string
	Drafter    string
	At         time.Time
	Reviewer   string
	Verdict    string // "", pass, return
	Opinion    string
	ReviewedAt time.Time

	sealed string
}

// Propose fills the fields of a draft the way Write would.
func (s *Service) Propose(ctx context.Context, scope authz.Scope, id LetterID, d Draft) (Draft, error) {
	l, err := s.raw(ctx, s.db, scope, id)
	if err != nil {
		return Draft{}, err
	}
	d, _, err = s.fill(l, d)
	return d, err
}

func (s *Service) fill(l Letter, d Draft) (Draft, Contact, error) {
	c, err := s.contact(l.sealed)
	if err != nil {
		return d, c, err
	}
	d = Draft{clean(d.Answer), line(d.PublicTitle), clean(d.PublicBody), clean(d.PublicAnswer)}
	if !l.PublicConsent {
		d.PublicTitle, d.PublicBody, d.PublicAnswer = "", "", ""
		return d, c, nil
	}
	for _, f := range []struct {
		into   *string
		sealed string
	}{{&d.PublicTitle, l.sealed.title}, {&d.PublicBody, l.sealed.body}} {
		if *f.into != "" {
			continue
		}
		text, err := s.text(f.sealed)
		if err != nil {
			return d, c, err
		}
		*f.into = deidentify(text, c)
	}
	if d.PublicAnswer == "" {
		d.PublicAnswer = deidentify(d.Answer, c)
	}
	return d, c, nil
}

// Write drafts the answer.
func (s *Service) Write(ctx context.Context, scope authz.Scope, id LetterID, d Draft) (Letter, error) {
	who, err := audit.PersonFrom(ctx)
	if err != nil {
		return Letter{}, err
	}
	return s.act(ctx, scope, id, "draft", note{}, func(tx *db.Tx, l *Letter) error {
		d, c, err := s.fill(*l, d)
		if err != nil {
			return err
		}
		var f fault.Fields
		f.Check(length(d.Answer) >= 10, "answer", "答复内容太短，请写明办理结果或依据（不少于 10 个字）。")
		for _, t := range []struct{ name, label, text string }{
			{"answer", "答复内容", d.Answer}, {"public_body", "公开的来信内容", d.PublicBody}, {"public_answer", "公开的答复内容", d.PublicAnswer}} {
			f.Check(length(t.text) <= MaxAnswer, t.name, fmt.Sprintf("%s超过 %d 字，请精简。", t.label, MaxAnswer))
		}
		f.Check(length(d.PublicTitle) <= 2*MaxTitle, "public_title", fmt.Sprintf("公开的标题超过 %d 字，请精简。", 2*MaxTitle))
		// The answer greets its reader by name: only what would harm is refused.
		refuseExposed(&f, "answer", "答复内容", d.Answer, Contact{}, false)
		refuseExposed(&f, "public_title", "公开的标题", d.PublicTitle, c, true)
		refuseExposed(&f, "public_body", "公开的来信内容", d.PublicBody, c, true)
		refuseExposed(&f, "public_answer", "公开的答复内容", d.PublicAnswer, c, true)
		if err := f.Err(); err != nil {
			return err
		}
		sealed, err := s.key.Seal(sealAnswer, encode(d))
		if err != nil {
			return err
		}
		round, err := db.One(ctx, tx, db.Value[int], `SELECT COALESCE(max(round), 0) + 1 FROM letter_answer WHERE letter_id = $1`, string(id))
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO letter_answer (letter_id, round, text_sealed, sha256, drafter_id, drafter_name, at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			string(id), round, sealed, d.sha(), who.ID, who.Name, tx.Now()); err != nil {
			return err
		}
		return tell(ctx, tx, *l, fmt.Sprintf("drafted:%d", round), l.HandlerUnit, "", "答复待审 "+l.Number, "请于"+l.Due.On.Chinese()+"前审核并答复。")
	})
}

// Answers are the drafts of a letter in scope, newest first.
func (s *Service) Answers(ctx context.Context, scope authz.Scope, id LetterID) ([]AnswerRound, error) {
	if _, err := s.raw(ctx, s.db, scope, id); err != nil {
		return nil, err
	}
	return s.rounds(ctx, s.db, id)
}

func (s *Service) rounds(ctx context.Context, q db.Querier, id LetterID) ([]AnswerRound, error) {
	all, err := db.All(ctx, q, func(r db.Scanner) (AnswerRound, error) {
		var a AnswerRound
		err := r.Scan(&a.Round, &a.sealed, &a.SHA256, &a.DrafterID, &a.Drafter, &a.At, &a.Reviewer, &a.Verdict, &a.Opinion, &a.ReviewedAt)
		return a, err
	}, `SELECT round, text_sealed, sha256, drafter_id, drafter_name, at, reviewer_name, verdict, opinion, reviewed_at
	      FROM letter_answer WHERE letter_id = $1 ORDER BY round DESC`, string(id))
	if err != nil {
		return nil, err
	}
	for i := range all {
		b, err := s.key.Open(sealAnswer, all[i].sealed)
		if err != nil {
			return nil, fmt.Errorf("letters: open answer: %w", err)
		}
		if err := json.Unmarshal(b, &all[i].Draft); err != nil {
			return nil, fmt.Errorf("letters: read answer: %w", err)
		}
	}
	return all, nil
}

// Verdict is the reviewer's word on a draft. SHA256 is of the draft that was
// read: a newer one is a Conflict.
type Verdict struct {
	Pass    bool
	SHA256  string
	Opinion string // needed to return; and to answer late, where it says why
}

// Review passes the draft, which answers the letter, or returns it.
func (s *Service) Review(ctx context.Context, scope authz.Scope, id LetterID, v Verdict) (Letter, error) {
	who, err := audit.PersonFrom(ctx)
	if err != nil {
		return Letter{}, err
	}
	c, err := s.own(ctx, scope, id)
	if err != nil {
		return Letter{}, err
	}
	name, verdict := "return", "return"
	if v.Pass {
		name, verdict = "answer", "pass"
	}
	v.Opinion = clean(v.Opinion)
	if v.Opinion != "" || !v.Pass {
		if v.Opinion, err = reasoned("opinion", "审核意见", v.Opinion, c); err != nil {
			return Letter{}, err
		}
	}
	n := note{says: v.Opinion, basis: sx2021.LettersOnTime.Citation}
	return s.act(ctx, scope, id, name, n, func(tx *db.Tx, l *Letter) error {
		all, err := s.rounds(ctx, tx, id)
		if err != nil {
			return err
		}
		if len(all) == 0 {
			return fault.New(fault.Conflict, "还没有答复稿，请先起草。")
		}
		last := all[0]
		if last.DrafterID == who.ID {
			return fault.New(fault.Refused, "答复须由起草人以外的人审核：您是起草人，请由另一名审核人员办理。")
		}
		if v.SHA256 != "" && v.SHA256 != last.SHA256 {
			return fault.New(fault.Conflict, "答复稿在您打开页面后有改动，请刷新看过新稿再审核。")
		}
		if v.Pass {
			today := calendar.DateOf(tx.Now())
			if late := sx2021.CheckLetterReply(l.Due, today); len(late) > 0 && v.Opinion == "" {
				return fault.New(fault.Refused, "答复已超过时限，请在审核意见中说明原因后再答复。").On("opinion", "请说明超期原因").Because(rules.Reasons(late)...)
			}
			l.AnsweredAt, l.AnsweredOn = tx.Now(), today
			if _, err := s.obligations.Discharge(ctx, tx, ReplyKind.ID, l.subject(), fmt.Sprintf("%s 第%d稿答复", l.Number, last.Round)); err != nil {
				return err
			}
		} else if err := tell(ctx, tx, *l, fmt.Sprintf("returned:%d", last.Round), l.HandlerUnit, l.Handler, "答复被退回 "+l.Number, v.Opinion); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE letter_answer SET reviewer_id = $3, reviewer_name = $4, verdict = $5, opinion = $6, reviewed_at = $7 WHERE letter_id = $1 AND round = $2`,
			string(id), last.Round, who.ID, who.Name, verdict, v.Opinion, tx.Now())
		return err
	})
}

// Publish shows letter and answer to the public in the words that were
// reviewed, if the writer consented. What would give a person away is refused
// once more.
func (s *Service) Publish(ctx context.Context, scope authz.Scope, id LetterID) (Letter, error) {
	return s.act(ctx, scope, id, "publish", note{}, func(tx *db.Tx, l *Letter) error {
		if !l.PublicConsent {
			return fault.New(fault.Refused, "来信人不同意公开，这封来信只能答复本人，不能公开。")
		}
		c, err := s.contact(l.sealed)
		if err != nil {
			return err
		}
		all, err := s.rounds(ctx, tx, id)
		if err != nil {
			return err
		}
		if len(all) == 0 || all[0].Verdict != "pass" {
			return fault.New(fault.Conflict, "没有审核通过的答复稿，不能公开。")
		}
		d := all[0].Draft
		if found := exposed(d.PublicTitle+"\n"+d.PublicBody+"\n"+d.PublicAnswer, c, true); len(found) > 0 {
			return fault.New(fault.Refused, "公开文本含有未遮蔽的个人信息，不能公开。"+strings.Join(found, ""))
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO letter_reply (letter_id, round, title, body, answer, published_at) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (letter_id) DO UPDATE SET round = excluded.round, title = excluded.title, body = excluded.body, answer = excluded.answer,
			   published_at = excluded.published_at, taken_down_at = NULL`,
			string(id), all[0].Round, d.PublicTitle, d.PublicBody, d.PublicAnswer, tx.Now())
		return err
	})
}

// TakeDown ends the publication.
func (s *Service) TakeDown(ctx context.Context, scope authz.Scope, id LetterID, reason string) (Letter, error) {
	c, err := s.own(ctx, scope, id)
	if err != nil {
		return Letter{}, err
	}
	if reason, err = reasoned("reason", "撤下公开的理由", reason, c); err != nil {
		return Letter{}, err
	}
	return s.act(ctx, scope, id, "take_down", note{says: reason}, func(tx *db.Tx, _ *Letter) error {
		_, err := tx.Exec(ctx, `UPDATE letter_reply SET taken_down_at = $2 WHERE letter_id = $1`, string(id), tx.Now())
		return err
	})
}

// Conclude closes an answered letter; what is public stays public.
func (s *Service) Conclude(ctx context.Context, scope authz.Scope, id LetterID) (Letter, error) {
	return s.act(ctx, scope, id, "conclude", note{}, func(tx *db.Tx, l *Letter) error {
		l.EndedAt = tx.Now()
		return nil
	})
}

// RevealsPerDay is how many letters' contacts one person may open in a day: a
// phone call needs one, a copied list needs many (security.md §5.5b, case 6).
const RevealsPerDay = 30

// Reveal opens who wrote and the letter as written, for the reason given,
// which stays in the trail. It needs authz.LetterPersonal.
func (s *Service) Reveal(ctx context.Context, scope authz.Scope, id LetterID, reason string) (Letter, error) {
	who, err := audit.PersonFrom(ctx)
	if err != nil {
		return Letter{}, err
	}
	c, err := s.own(ctx, scope, id)
	if err != nil {
		return Letter{}, err
	}
	if reason, err = reasoned("reason", "查看理由", reason, c); err != nil {
		return Letter{}, err
	}
	var l Letter
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		var err error
		if l, err = s.raw(ctx, tx, scope, id); err != nil {
			return err
		}
		seen, err := audit.Entries(ctx, tx, audit.Filter{Act: "letters.reveal", ActorID: who.ID, From: calendar.DateOf(tx.Now()).Start(), Limit: RevealsPerDay})
		if err != nil {
			return err
		}
		if len(seen) >= RevealsPerDay {
			return fault.Newf(fault.TooMany, "您今天已查看 %d 封来信的个人信息，达到每日上限，请明天再查看；确有需要请由另一名有权限的人员办理。", RevealsPerDay)
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "letters.reveal", Target: l.target(), After: map[string]any{"reason": reason}})
	})
	if err != nil {
		return Letter{}, err
	}
	l.Contact = c
	if l.Title, err = s.text(l.sealed.title); err != nil {
		return Letter{}, err
	}
	l.Body, err = s.text(l.sealed.body)
	return l, err
}

// History is what happened to a letter in scope, oldest first.
func (s *Service) History(ctx context.Context, scope authz.Scope, id LetterID) ([]passage.Step, error) {
	if _, err := s.raw(ctx, s.db, scope, id); err != nil {
		return nil, err
	}
	return Machine.History(ctx, s.db, string(id))
}
