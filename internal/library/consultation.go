package library

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/notify"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
)

// ItemConsultation is the clock of a unit asked for its opinion on an item.
var ItemConsultation = obligation.Kind{
	ID: "item_consultation", Name: "答复意见征询", Clause: "S19.3c", Citation: "陕政公开办〔2021〕18号 第十九条（三）",
	Says: "对稿件中涉及本单位的内容答复意见", Remind: []int{1, 0}, Escalate: 1, Minutes: 10,
}

// States of a consultation.
const (
	Asked    = "open"
	Answered = "answered"
	Waived   = "waived"
)

// Stances are what a unit may answer, in screen order.
var Stances = []struct{ ID, Name string }{{"agree", "同意"}, {"suggest", "建议"}, {"disagree", "不同意"}}

// StanceName is the stance in Chinese.
func StanceName(id string) string {
	for _, s := range Stances {
		if s.ID == id {
			return s.Name
		}
	}
	return ""
}

// Asking is what was asked of one unit about an item (意见征询).
type Asking struct {
	ID              string
	Item            ItemID
	ItemTitle       string // joined, of the newest version
	Version         int    // asked about
	Unit            org.UnitID
	UnitName        string // joined
	AskerUnit       org.UnitID
	AskerUnitName   string // joined
	AskerName       string
	Required        bool   // the final review waits for it
	Named           string // as the item names the unit among those it involves
	Question        string
	AskedAt         time.Time
	Due             calendar.Date
	State           string
	Stance          string
	Answer          string // or why it was waived
	AnsweredVersion int
	PersonName      string
	ForName         string
	EndedAt         time.Time
}

// Signed is who answered.
func (a Asking) Signed() string { return signed(a.PersonName, a.ForName) }

// StateName says how far it is.
func (a Asking) StateName() string {
	switch a.State {
	case Answered:
		return StanceName(a.Stance)
	case Waived:
		return "已免除"
	}
	return "待答复"
}

// Link is where the asked unit reads and answers.
func (a Asking) Link() string { return "/console/consultations/" + a.ID }

func (a Asking) subject() obligation.Subject {
	return obligation.Subject{Kind: "item_consultation", ID: a.ID, Name: a.ItemTitle}
}

const askingSelect = `
	SELECT c.id, c.item_id, v.title, c.version_no, c.unit_id, u.name, c.asker_unit, a.name, c.asker_name, c.required, c.named, c.question, c.asked_at, c.due_on,
	       c.state, c.stance, c.answer, c.answered_version, c.person_name, c.for_name, c.ended_at
	  FROM item_consultation c JOIN item i ON i.id = c.item_id JOIN item_version v ON v.item_id = i.id AND v.no = i.version
	  JOIN unit u ON u.id = c.unit_id JOIN unit a ON a.id = c.asker_unit`

func scanAsking(r db.Scanner) (Asking, error) {
	var a Asking
	return a, r.Scan(&a.ID, &a.Item, &a.ItemTitle, &a.Version, &a.Unit, &a.UnitName, &a.AskerUnit, &a.AskerUnitName, &a.AskerName, &a.Required, &a.Named, &a.Question, &a.AskedAt, &a.Due,
		&a.State, &a.Stance, &a.Answer, &a.AnsweredVersion, &a.PersonName, &a.ForName, &a.EndedAt)
}

func askings(ctx context.Context, q db.Querier, id ItemID) ([]Asking, error) {
	return db.All(ctx, q, scanAsking, askingSelect+` WHERE c.item_id = $1 ORDER BY c.asked_at, c.id`, id)
}

// Consultations are what was asked of other units about an item in scope.
func (s *Service) Consultations(ctx context.Context, scope authz.Scope, id ItemID) ([]Asking, error) {
	if _, err := s.Item(ctx, scope, id); err != nil {
		return nil, err
	}
	return askings(ctx, s.db, id)
}

// Consultation is what is asked of other units about an item.
type Consultation struct {
	Version  int
	Units    []org.UnitID
	Text     string
	Required bool
	Due      calendar.Date // zero: the province's setting
}

const (
	maxAsked   = 10 // units in one question
	maxAskDays = 60
)

// Consult asks other units for their opinion on the newest version: by who
// writes the item or reviews it, before the final review. A unit the item
// involves is always required.
func (s *Service) Consult(ctx context.Context, scope authz.Scope, id ItemID, n Consultation) ([]Asking, error) {
	session := authz.SessionFrom(ctx)
	if session == nil {
		return nil, fault.New(fault.SignIn, "请先登录。")
	}
	n.Text = manyLines(n.Text)
	slices.Sort(n.Units)
	n.Units = slices.Compact(n.Units)
	var out []Asking
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		out = nil
		it, err := s.ItemTx(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		post, ok := acting(session, it, authz.ItemWrite, authz.ItemFirstReview, authz.ItemFinalReview)
		if !ok {
			return fault.New(fault.Forbidden, "意见征询由采编或审核这篇稿件的人员发出。")
		}
		if it.State != Draft && it.State != Returned && it.State != InReview {
			return fault.New(fault.Conflict, "稿件现在是“"+it.StateName()+"”，不需要征询意见。请刷新后再看。")
		}
		if it.Version != n.Version {
			return fault.New(fault.Conflict, "稿件刚被保存为新版本，请刷新后再征询。")
		}
		today := calendar.DateOf(tx.Now())
		var f fault.Fields
		f.Check(len(n.Units) > 0, "unit", "请至少选择一个单位")
		f.Check(len(n.Units) <= maxAsked, "unit", fmt.Sprintf("一次最多征询 %d 个单位", maxAsked))
		f.Check(!slices.Contains(n.Units, it.Unit), "unit", "不能征询本单位的意见")
		f.Check(len([]rune(n.Text)) <= 1000, "question", "请压缩到 1000 字以内")
		f.Check(n.Due.IsZero() || !n.Due.Before(today), "due", "答复期限早于今天，请重新填写")
		f.Check(n.Due.IsZero() || !n.Due.After(today.AddDays(maxAskDays)), "due", fmt.Sprintf("答复期限不能超过 %d 天", maxAskDays))
		if err := f.Err(); err != nil {
			return err
		}
		for _, unit := range n.Units {
			u, err := s.org.UnitTx(ctx, tx, authz.System("library.consult"), unit)
			if err != nil {
				return err
			}
			a, err := s.ask(ctx, tx, it, u, post, session, n)
			if err != nil {
				return err
			}
			out = append(out, a)
		}
		return nil
	})
	return out, err
}

func (s *Service) ask(ctx context.Context, tx *db.Tx, it Item, u org.Unit, post authz.Post, session *authz.Session, n Consultation) (Asking, error) {
	if !u.AbolishedOn.IsZero() {
		return Asking{}, fault.Newf(fault.Invalid, "“%s”已撤销，不能征询其意见。", u.Name).On("unit", "请改选承接单位")
	}
	from, length, due, err := s.due(tx, s.settings().ConsultWorkdays)
	if err != nil {
		return Asking{}, err
	}
	if !n.Due.IsZero() {
		due, from, length = calendar.Due{On: n.Due}, calendar.Date{}, calendar.Period{}
	}
	a := Asking{ID: ulid.Make().String(), Item: it.ID, ItemTitle: it.Title, Version: it.Version, Unit: u.ID, UnitName: u.Name, AskerUnit: org.UnitID(post.UnitID), AskerUnitName: post.UnitName,
		AskerName: signed(session.Name, viaOf(post)), Required: n.Required, Question: n.Text, AskedAt: tx.Now(), Due: due.On, State: Asked}
	for _, name := range List(it.Involves) {
		if name == u.Name {
			a.Named, a.Required = name, true
		}
	}
	added, err := tx.Exec(ctx, `
		INSERT INTO item_consultation (id, item_id, version_no, unit_id, asker_unit, asker_id, asker_name, required, named, question, asked_at, due_on, state)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'open') ON CONFLICT (item_id, unit_id) WHERE state = 'open' DO NOTHING`,
		a.ID, a.Item, a.Version, a.Unit, a.AskerUnit, session.PersonID, a.AskerName, a.Required, a.Named, a.Question, a.AskedAt, a.Due)
	if err != nil {
		return a, fmt.Errorf("library: consult: %w", err)
	}
	if added == 0 {
		return a, fault.Newf(fault.Conflict, "已经在征询“%s”的意见，请等待答复。", u.Name).On("unit", "“"+u.Name+"”还没有答复上一次")
	}
	if err := s.obligations.Open(ctx, tx, obligation.Debt{Kind: ItemConsultation.ID, Unit: a.Unit, Subject: a.subject(), Link: a.Link(), Due: due, From: from, Length: length}); err != nil {
		return a, err
	}
	if _, err := notify.Send(ctx, tx, notify.Message{Key: "item_consultation:" + a.ID, Unit: string(a.Unit), Title: "意见征询：" + it.Title,
		Body: post.UnitName + "请您单位于 " + a.Due.Chinese() + " 前对稿件答复意见。" + a.Question, Link: a.Link()}); err != nil {
		return a, err
	}
	return a, audit.Record(ctx, tx, audit.Entry{Act: "library.item.consult", Basis: "第十九条（三）", Target: it.Target(), After: map[string]any{"unit": u.Name, "required": a.Required, "due": a.Due, "question": a.Question}})
}

// askInvolved asks, at submission, the units the item involves that have not
// been asked and whose consent is not on record. Names that are no unit of the
// house stay as they are: their consent has to be entered by hand.
func (s *Service) askInvolved(ctx context.Context, tx *db.Tx, it Item) error {
	session := authz.SessionFrom(ctx)
	if session == nil {
		return nil // a duty of the house asks nobody
	}
	have, err := askings(ctx, tx, it.ID)
	if err != nil {
		return err
	}
	post, ok := acting(session, it, authz.ItemWrite)
	if !ok {
		return nil
	}
	for _, name := range List(it.Involves) {
		if slices.Contains(List(it.Consulted), name) || slices.ContainsFunc(have, func(a Asking) bool { return a.Named == name && a.State != Waived }) {
			continue
		}
		u, err := s.org.UnitByName(ctx, tx, authz.System("library.consult"), name)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if u.ID == it.Unit || !u.AbolishedOn.IsZero() {
			continue
		}
		if i := slices.IndexFunc(have, func(a Asking) bool { return a.Unit == u.ID && a.State != Waived }); i >= 0 {
			// Asked before the item named it: from now on it is waited for.
			if _, err := tx.Exec(ctx, `UPDATE item_consultation SET named = $2, required = TRUE WHERE id = $1`, have[i].ID, name); err != nil {
				return err
			}
			continue
		}
		a, err := s.ask(ctx, tx, it, u, post, session, Consultation{Required: true, Text: "稿件内容涉及你单位工作，请核对相关表述。"})
		if err != nil {
			return err
		}
		if a.Named == "" { // found under a former name
			if _, err := tx.Exec(ctx, `UPDATE item_consultation SET named = $2 WHERE id = $1`, a.ID, name); err != nil {
				return err
			}
		}
	}
	return nil
}

// heard are the names of units with an opinion on record, and of those still
// waited for.
func heard(list []Asking, m Meta) (consulted, awaited []string, against []Asking) {
	consulted = List(m.Consulted)
	last := map[org.UnitID]Asking{}
	for _, a := range list {
		if a.State != Waived {
			last[a.Unit] = a
		}
		if a.State == Answered {
			consulted = append(consulted, a.UnitName)
			if a.Named != "" {
				consulted = append(consulted, a.Named)
			}
		}
		if a.State == Asked && a.Required {
			awaited = append(awaited, a.UnitName)
			if a.Named != "" && a.Named != a.UnitName {
				consulted = append(consulted, a.Named) // named once, among those awaited
			}
		}
	}
	for _, a := range list {
		if last[a.Unit].ID == a.ID && a.State == Answered && a.Stance == "disagree" {
			against = append(against, a)
		}
	}
	return consulted, awaited, against
}

// mayAnswer is the post at the asked unit in which the person answers.
func mayAnswer(session *authz.Session, unit org.UnitID) (authz.Post, bool) {
	var found authz.Post
	ok := false
	if session == nil {
		return found, false
	}
	for _, p := range session.Posts {
		one := authz.Session{Posts: []authz.Post{p}}
		if p.UnitID != string(unit) || !one.May(authz.CaseAdvise) {
			continue
		}
		if !p.Delegated {
			return p, true
		}
		found, ok = p, true
	}
	return found, ok
}

func (s *Service) asking(ctx context.Context, q db.Querier, session *authz.Session, id string) (Asking, authz.Post, error) {
	a, err := db.One(ctx, q, scanAsking, askingSelect+` WHERE c.id = $1`, id)
	if err != nil && !db.None(err) {
		return a, authz.Post{}, err
	}
	post, ok := mayAnswer(session, a.Unit)
	if db.None(err) || !ok {
		return Asking{}, authz.Post{}, fault.Missing("意见征询") // it is not theirs to know of
	}
	return a, post, nil
}

// ConsultationFor is one consultation of the person's own unit with the version
// to read: the newest while it is open, the answered one afterwards. It takes
// the session: only what was asked of one's own unit is shown.
func (s *Service) ConsultationFor(ctx context.Context, session *authz.Session, id string) (Asking, Version, error) {
	a, _, err := s.asking(ctx, s.db, session, id)
	if err != nil {
		return a, Version{}, err
	}
	no := a.AnsweredVersion
	if no == 0 {
		if no, err = db.One(ctx, s.db, db.Value[int], `SELECT version FROM item WHERE id = $1`, a.Item); err != nil {
			return a, Version{}, err
		}
	}
	v, err := version(ctx, s.db, a.Item, no)
	return a, v, err
}

// ConsultationClock is the obligation to answer a consultation, for those who
// see the clock of the asked unit and not the item that was asked about.
func (s *Service) ConsultationClock(ctx context.Context, scope authz.Scope, id string) (string, error) {
	list, err := s.obligations.Obligations(ctx, scope, obligation.Filter{Kind: ItemConsultation.ID, Subject: Asking{ID: id}.subject(), State: "all", Limit: 1})
	if err != nil {
		return "", err
	}
	if len(list) == 0 {
		return "", fault.Missing("意见征询")
	}
	return list[0].ID, nil
}

// ConsultationsOf is what was asked of the person's units, open ones first. It
// takes the session: the list is the person's own.
func (s *Service) ConsultationsOf(ctx context.Context, session *authz.Session, limit int) ([]Asking, error) {
	var units []string
	if session != nil {
		for _, p := range session.Posts {
			if _, ok := mayAnswer(session, org.UnitID(p.UnitID)); ok && !slices.Contains(units, p.UnitID) {
				units = append(units, p.UnitID)
			}
		}
	}
	if len(units) == 0 {
		return nil, nil
	}
	var w db.Where
	cond, args := db.In("c.unit_id", units)
	w.And(cond, args...)
	return db.All(ctx, s.db, scanAsking, askingSelect+` WHERE `+w.SQL()+` ORDER BY CASE c.state WHEN 'open' THEN 0 ELSE 1 END, c.due_on, c.id LIMIT `+w.Arg(limit), w.Args()...)
}

// AnswerConsultation gives the opinion of one of the person's units on the
// version that was read. It takes the session: only what was asked of one's own
// unit can be answered.
func (s *Service) AnswerConsultation(ctx context.Context, session *authz.Session, id string, seen int, stance, text string) (Asking, error) {
	text = manyLines(text)
	var a Asking
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		var post authz.Post
		var err error
		if a, post, err = s.asking(ctx, tx, session, id); err != nil {
			return err
		}
		var f fault.Fields
		f.Check(StanceName(stance) != "", "stance", "请选择同意、建议或不同意")
		f.Check(stance == "agree" || text != "", "answer", "不同意或有建议时，请写明具体内容")
		f.Check(len([]rune(text)) <= 2000, "answer", "请压缩到 2000 字以内")
		if err := f.Err(); err != nil {
			return err
		}
		it, err := s.ItemTx(ctx, tx, authz.System("library.consult"), a.Item)
		if err != nil {
			return err
		}
		v, err := version(ctx, tx, a.Item, it.Version)
		if err != nil {
			return err
		}
		if v.AuthorID == session.PersonID {
			return fault.New(fault.Refused, "您是稿件作者，不能代其他单位答复自己的稿件，请由该单位其他人员答复。")
		}
		if it.Version != seen {
			return fault.New(fault.Conflict, "稿件刚被修改为新的版本。您的意见没有提交，请刷新后对新版本答复。")
		}
		a.State, a.Stance, a.Answer, a.AnsweredVersion, a.PersonName, a.ForName, a.EndedAt = Answered, stance, text, it.Version, session.Name, viaOf(post), tx.Now()
		n, err := tx.Exec(ctx, `UPDATE item_consultation SET state = 'answered', stance = $2, answer = $3, answered_version = $4, person_id = $5, person_name = $6, for_name = $7, ended_at = $8 WHERE id = $1 AND state = 'open'`,
			a.ID, stance, text, it.Version, session.PersonID, session.Name, a.ForName, a.EndedAt)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "这项征询已经办结，不能再答复。请刷新后再看。")
		}
		if _, err := s.obligations.Discharge(ctx, tx, ItemConsultation.ID, a.subject(), StanceName(stance)+"，"+a.Signed()); err != nil {
			return err
		}
		if _, err := notify.Send(ctx, tx, notify.Message{Key: "item_consultation:" + a.ID + ":answered", Unit: string(it.Unit), Title: a.UnitName + "已答复意见征询：" + it.Title,
			Body: strings.TrimSuffix(StanceName(stance)+"。"+text, "。"), Link: it.Link()}); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "library.item.consult_answer", Basis: "第十九条（三）", Target: it.Target(),
			After: map[string]any{"unit": a.UnitName, "stance": stance, "answer": text, "version": it.Version, "for": a.ForName}})
	})
	return a, err
}

// WaiveConsultation goes on without an answer, with a reason. Of a unit the
// item involves it cannot be waived.
func (s *Service) WaiveConsultation(ctx context.Context, scope authz.Scope, id ItemID, asking, why string) error {
	why = oneLine(why)
	if why == "" || len([]rune(why)) > 200 {
		return fault.New(fault.Invalid, "不再等待答复要写明理由。").On("why", "请写明理由，200 字以内")
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		it, err := s.ItemTx(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if _, ok := acting(authz.SessionFrom(ctx), it, authz.ItemWrite, authz.ItemFirstReview, authz.ItemFinalReview); !ok {
			return fault.New(fault.Forbidden, "只有采编或审核这篇稿件的人员可以免除征询。")
		}
		list, err := askings(ctx, tx, id)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list, func(a Asking) bool { return a.ID == asking })
		if i < 0 {
			return fault.Missing("意见征询")
		}
		a := list[i]
		if a.State != Asked {
			return fault.New(fault.Conflict, "这项征询已经办结，不需要免除。请刷新后再看。")
		}
		if a.Named != "" && slices.Contains(List(it.Involves), a.Named) {
			return fault.Newf(fault.Refused, "稿件写明涉及“%s”，须有其意见，不能免除（第十九条（三））。不涉及的，请收回稿件后修改“涉及其他单位”。", a.Named)
		}
		if _, err := tx.Exec(ctx, `UPDATE item_consultation SET state = 'waived', answer = $2, ended_at = $3 WHERE id = $1 AND state = 'open'`, a.ID, why, tx.Now()); err != nil {
			return err
		}
		if _, err := s.obligations.Annul(ctx, tx, ItemConsultation.ID, a.subject(), why); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "library.item.consult_waive", Target: it.Target(), After: map[string]any{"unit": a.UnitName, "why": why}})
	})
}

// Askable are the standing units of these full names, to ask for an opinion:
// of whatever area, since it is named and not looked through. It takes the
// session: who stands where is open to whoever signs in.
func (s *Service) Askable(ctx context.Context, session *authz.Session, names string) ([]org.Unit, error) {
	list := List(names)
	if len(list) == 0 || len(list) > maxAsked || session == nil {
		return nil, nil
	}
	return s.org.UnitsNamed(ctx, s.db, authz.System("library.consult"), list)
}
