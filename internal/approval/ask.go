package approval

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/notify"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
)

// What an office may ask of other units.
const (
	// Countersign is 会签: the step waits until every unit has answered.
	Countersign = "countersign"
	// Advice is optional and decides nothing (readings 5).
	Advice = "advice"
)

// States of a request.
const (
	Asked    = "open"
	Answered = "answered"
	Waived   = "waived"
	Lapsed   = "void" // the case went on without it
)

// Stances are what a unit may say, in screen order.
var Stances = []struct{ ID, Name string }{{"support", "支持"}, {"remarks", "有意见"}, {"none", "无意见"}}

// StanceName is the stance in Chinese.
func StanceName(id string) string {
	for _, s := range Stances {
		if s.ID == id {
			return s.Name
		}
	}
	return ""
}

// CountersignObligation is the clock of a unit asked to countersign; its length
// is the asker's choice.
var CountersignObligation = obligation.Kind{
	ID: "case_countersign", Name: "会签", Clause: "S7.2a", Citation: "陕政公开办〔2021〕18号 第七条（二）",
	Says: "在会签期限内答复意见", Remind: []int{1, 0}, Escalate: 1,
}

// Request is what was asked of one unit about a case.
type Request struct {
	ID         string
	Case       CaseID
	CaseNumber string // joined
	CaseTitle  string // joined
	StepNo     int
	Kind       string
	Unit       org.UnitID
	UnitName   string // joined
	AskerUnit  org.UnitID
	AskerName  string // the unit that asks, joined
	AskedBy    string
	Question   string
	AskedAt    time.Time
	Due        calendar.Date
	State      string
	Stance     string
	Answer     string // or why it was waived or lapsed
	PersonName string
	ForName    string
	EndedAt    time.Time
}

// KindName is 会签 or 征求意见.
func (r Request) KindName() string {
	if r.Kind == Countersign {
		return "会签"
	}
	return "征求意见"
}

// Signed is who answered: 李某（代 王某）.
func (r Request) Signed() string { return signed(r.PersonName, r.ForName) }

// StateName says how far it is.
func (r Request) StateName() string {
	switch r.State {
	case Answered:
		return StanceName(r.Stance)
	case Waived:
		return "已免除"
	case Lapsed:
		return "已终止"
	}
	return "待答复"
}

func (r Request) subject() obligation.Subject {
	return obligation.Subject{Kind: "case_request", ID: r.ID, Name: r.CaseNumber + " " + r.CaseTitle}
}

// Question is what an office asks of several units at once.
type Question struct {
	StepNo int
	Kind   string
	Units  []org.UnitID
	Text   string
	Due    calendar.Date // zero: the province's setting
}

const (
	maxAsked   = 20 // units in one question
	maxOnCase  = 60 // requests on one case
	maxAskDays = 60 // days until an answer is due
)

// Ask puts the case before other units for their opinion. Only the office where
// it stands may, and never the unit that applies.
func (s *Service) Ask(ctx context.Context, scope authz.Scope, id CaseID, n Question) ([]Request, error) {
	var out []Request
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		out = nil
		c, steps, post, err := s.atStep(ctx, tx, scope, id, n.StepNo)
		if err != nil {
			return err
		}
		today := calendar.DateOf(tx.Now())
		if n.Due.IsZero() {
			n.Due = s.days.Add(today, s.choices().AdviceDays).On
		}
		n.Text = strings.TrimSpace(n.Text)
		slices.Sort(n.Units)
		n.Units = slices.Compact(n.Units)
		if err := n.check(c, steps[c.StepNo], today); err != nil {
			return err
		}
		have, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM approval_request WHERE case_id = $1`, c.ID)
		if err != nil {
			return err
		}
		if have+len(n.Units) > maxOnCase {
			return fault.Newf(fault.Invalid, "这件事项已征求 %d 个单位，最多 %d 个。", have, maxOnCase).On("unit", "请减少征求的单位")
		}
		ctx = acting(ctx, post)
		var names []string
		for _, unit := range n.Units {
			r, err := s.askOne(ctx, tx, c, post, unit, n)
			if err != nil {
				return err
			}
			out, names = append(out, r), append(names, r.UnitName)
		}
		act := "advise"
		if n.Kind == Countersign {
			act = "ask"
		}
		text := "请" + strings.Join(names, "、") + "于" + n.Due.Chinese() + "前答复。"
		if n.Text != "" {
			text += n.Text
		}
		return s.note(ctx, tx, c, act, nil, text)
	})
	return out, err
}

func (n Question) check(c Case, st Step, today calendar.Date) error {
	var f fault.Fields
	f.Check(n.Kind == Countersign || n.Kind == Advice, "kind", "请选择会签或征求意见")
	f.Check(len(n.Units) > 0, "unit", "请至少选择一个单位")
	f.Check(len(n.Units) <= maxAsked, "unit", fmt.Sprintf("一次最多选择 %d 个单位", maxAsked))
	f.Check(!slices.Contains(n.Units, c.Unit), "unit", "不能征求申请单位自己的意见")
	f.Check(!slices.Contains(n.Units, st.Unit), "unit", "不能征求本单位自己的意见")
	f.Check(len([]rune(n.Text)) <= maxText, "question", "请压缩到 2000 字以内")
	f.Check(!n.Due.Before(today), "due", "答复期限早于今天，请重新填写")
	f.Check(!n.Due.After(today.AddDays(maxAskDays)), "due", fmt.Sprintf("答复期限不能超过 %d 天", maxAskDays))
	return f.Err()
}

func (s *Service) askOne(ctx context.Context, tx *db.Tx, c Case, post authz.Post, unit org.UnitID, n Question) (Request, error) {
	u, err := s.org.UnitTx(ctx, tx, authz.System("approval.ask"), unit)
	if err != nil {
		return Request{}, err
	}
	if !u.AbolishedOn.IsZero() {
		return Request{}, fault.Newf(fault.Invalid, "“%s”已撤销，不能征求其意见。", u.Name).On("unit", "请改选承接单位")
	}
	r := Request{ID: ulid.Make().String(), Case: c.ID, CaseNumber: c.Number, CaseTitle: c.Title, StepNo: c.StepNo, Kind: n.Kind, Unit: unit, UnitName: u.Name,
		AskerUnit: org.UnitID(post.UnitID), AskerName: post.UnitName, AskedBy: authz.SessionFrom(ctx).Name, Question: n.Text, AskedAt: tx.Now(), Due: n.Due, State: Asked}
	added, err := tx.Exec(ctx, `
		INSERT INTO approval_request (id, case_id, step_no, kind, unit_id, asker_unit, asker_name, question, asked_at, due_on, state)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'open') ON CONFLICT (case_id, unit_id) WHERE state = 'open' DO NOTHING`,
		r.ID, r.Case, r.StepNo, r.Kind, r.Unit, r.AskerUnit, signed(r.AskedBy, viaOf(post)), r.Question, r.AskedAt, r.Due)
	if err != nil {
		return r, fmt.Errorf("approval: ask: %w", err)
	}
	if added == 0 {
		return r, fault.Newf(fault.Conflict, "已经在征求“%s”的意见，请等待答复或先免除。", u.Name).On("unit", "“"+u.Name+"”还没有答复上一次")
	}
	if r.Kind == Countersign {
		if err := s.obligations.Open(ctx, tx, obligation.Debt{Kind: CountersignObligation.ID, Unit: r.Unit, Subject: r.subject(), Link: c.Link(), Due: calendar.Due{On: r.Due}}); err != nil {
			return r, err
		}
	}
	_, err = notify.Send(ctx, tx, notify.Message{Key: "case_request:" + r.ID, Unit: string(r.Unit), Title: r.KindName() + "：" + c.Title,
		Body: post.UnitName + "请您单位于 " + r.Due.Chinese() + " 前答复意见。" + r.Question, Link: c.Link()})
	return r, err
}

// Answer is a unit's opinion.
type Answer struct {
	Stance string
	Text   string
}

// Answer gives the opinion of one of the person's units. It takes the session:
// only what was asked of the person's own unit can be answered.
func (s *Service) Answer(ctx context.Context, session *authz.Session, id CaseID, request string, a Answer) (Request, error) {
	var r Request
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		var err error
		if r, err = s.request(ctx, tx, id, request); err != nil {
			return err
		}
		post, ok := authz.Post{}, false
		if session != nil {
			post, ok = postAt(session, r.Unit, authz.CaseAdvise)
		}
		if !ok {
			return fault.Missing("征求意见") // it is not theirs to know of
		}
		c, err := s.caseTx(ctx, tx, authz.System("approval.answer"), r.Case)
		if err != nil {
			return err
		}
		if asked, err := askedFor(ctx, tx, c, session.PersonID); err != nil {
			return err
		} else if asked {
			return fault.New(fault.Refused, "申请人不能代其他单位对自己的申请发表意见，请由该单位其他人员答复。")
		}
		a.Text = strings.TrimSpace(a.Text)
		var f fault.Fields
		f.Check(StanceName(a.Stance) != "", "stance", "请选择支持、有意见或无意见")
		f.Check(a.Stance != "remarks" || a.Text != "", "answer", "有意见时请写明意见内容")
		f.Check(len([]rune(a.Text)) <= maxText, "answer", "请压缩到 2000 字以内")
		if err := f.Err(); err != nil {
			return err
		}
		r.State, r.Stance, r.Answer, r.PersonName, r.ForName, r.EndedAt = Answered, a.Stance, a.Text, session.Name, viaOf(post), tx.Now()
		n, err := tx.Exec(ctx, `UPDATE approval_request SET state = 'answered', stance = $2, answer = $3, person_id = $4, person_name = $5, for_name = $6, ended_at = $7 WHERE id = $1 AND state = 'open'`,
			r.ID, r.Stance, r.Answer, session.PersonID, r.PersonName, r.ForName, r.EndedAt)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "这项征求意见已经办结，不能再答复。请刷新后再看。")
		}
		if r.Kind == Countersign {
			if _, err := s.obligations.Discharge(ctx, tx, CountersignObligation.ID, r.subject(), StanceName(r.Stance)+"，"+r.Signed()); err != nil {
				return err
			}
		}
		c.StepNo = r.StepNo
		if err := s.note(acting(ctx, post), tx, c, "answer", nil, strings.TrimSuffix(StanceName(r.Stance)+"："+r.Answer, "：")); err != nil {
			return err
		}
		_, err = notify.Send(ctx, tx, notify.Message{Key: "case_request:" + r.ID + ":answered", Unit: string(r.AskerUnit),
			Title: r.UnitName + "已答复" + r.KindName() + "：" + c.Title, Body: StanceName(r.Stance) + "。" + r.Answer, Link: c.Link()})
		return err
	})
	return r, err
}

// Waive does without the answer of a unit, with a reason. Only the office that
// asked may, while the case stands there.
func (s *Service) Waive(ctx context.Context, scope authz.Scope, id CaseID, request, why string) (Request, error) {
	var r Request
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		var err error
		if r, err = s.request(ctx, tx, id, request); err != nil {
			return err
		}
		c, _, post, err := s.atStep(ctx, tx, scope, id, r.StepNo)
		if err != nil {
			return err
		}
		if why = strings.TrimSpace(why); why == "" {
			return fault.New(fault.Invalid, "免除会签要写明理由。").On("waive_why", "请写明为何不再等待答复")
		}
		if err := tooLong(why, "waive_why"); err != nil {
			return err
		}
		if r.State != Asked {
			return fault.New(fault.Conflict, "这项征求意见已经办结，无需免除。请刷新后再看。")
		}
		if err := s.closeRequest(ctx, tx, r, Waived, why); err != nil {
			return err
		}
		r.State, r.Answer = Waived, why
		return s.note(acting(ctx, post), tx, c, "waive", nil, r.UnitName+"："+why)
	})
	return r, err
}

func (s *Service) closeRequest(ctx context.Context, tx *db.Tx, r Request, state, why string) error {
	if _, err := tx.Exec(ctx, `UPDATE approval_request SET state = $2, answer = $3, ended_at = $4 WHERE id = $1 AND state = 'open'`, r.ID, state, why, tx.Now()); err != nil {
		return err
	}
	if r.Kind != Countersign {
		return nil
	}
	_, err := s.obligations.Annul(ctx, tx, CountersignObligation.ID, r.subject(), why)
	return err
}

// closeRequests ends what is still open on a case that goes on without it; of
// one kind, or all.
func (s *Service) closeRequests(ctx context.Context, tx *db.Tx, c Case, kind, why string) error {
	open, err := s.requests(ctx, tx, `r.case_id = $1 AND r.state = 'open'`, c.ID)
	if err != nil {
		return err
	}
	for _, r := range open {
		if kind != "" && r.Kind != kind {
			continue
		}
		if err := s.closeRequest(ctx, tx, r, Lapsed, why); err != nil {
			return err
		}
	}
	return nil
}

// allAnswered refuses a step that still waits for a countersignature.
func (s *Service) allAnswered(ctx context.Context, q db.Querier, c Case) error {
	open, err := s.requests(ctx, q, `r.case_id = $1 AND r.state = 'open' AND r.kind = 'countersign'`, c.ID)
	if err != nil || len(open) == 0 {
		return err
	}
	var names []string
	for _, r := range open {
		names = append(names, r.UnitName)
	}
	says := "会签还没有答复：" + strings.Join(names, "、") + "。请等待答复，或在会签栏写明理由免除。"
	return fault.New(fault.Refused, says).On("act", "会签还没有答复")
}

const requestSelect = `
	SELECT r.id, r.case_id, c.number, c.title, r.step_no, r.kind, r.unit_id, u.name, r.asker_unit, a.name, r.asker_name, r.question, r.asked_at, r.due_on,
	       r.state, r.stance, r.answer, r.person_name, r.for_name, r.ended_at
	  FROM approval_request r JOIN approval_case c ON c.id = r.case_id JOIN unit u ON u.id = r.unit_id JOIN unit a ON a.id = r.asker_unit`

func scanRequest(r db.Scanner) (Request, error) {
	var q Request
	err := r.Scan(&q.ID, &q.Case, &q.CaseNumber, &q.CaseTitle, &q.StepNo, &q.Kind, &q.Unit, &q.UnitName, &q.AskerUnit, &q.AskerName, &q.AskedBy, &q.Question, &q.AskedAt, &q.Due,
		&q.State, &q.Stance, &q.Answer, &q.PersonName, &q.ForName, &q.EndedAt)
	return q, err
}

func (s *Service) requests(ctx context.Context, q db.Querier, where string, args ...any) ([]Request, error) {
	return db.All(ctx, q, scanRequest, requestSelect+` WHERE `+where+` ORDER BY r.asked_at, r.id`, args...)
}

func (s *Service) request(ctx context.Context, q db.Querier, id CaseID, request string) (Request, error) {
	r, err := db.One(ctx, q, scanRequest, requestSelect+` WHERE r.id = $1 AND r.case_id = $2`, request, id)
	if db.None(err) {
		return r, fault.Missing("征求意见")
	}
	return r, err
}

// Requests are what was asked of other units about a case in scope.
func (s *Service) Requests(ctx context.Context, scope authz.Scope, id CaseID) ([]Request, error) {
	if _, err := s.caseTx(ctx, s.db, scope, id); err != nil {
		return nil, err
	}
	return s.requests(ctx, s.db, `r.case_id = $1`, id)
}

// Inbox is what waits for an opinion of one of the person's units, by due date.
// It takes the session: the work list is the person's own.
func (s *Service) Inbox(ctx context.Context, session *authz.Session, limit int) ([]Request, error) {
	units := unitsThat(session, authz.CaseAdvise)
	if len(units) == 0 {
		return nil, nil
	}
	n := len(units)
	return db.All(ctx, s.db, scanRequest, requestSelect+` WHERE r.state = 'open' AND r.unit_id IN (`+places(1, n)+`) ORDER BY r.due_on, r.id LIMIT `+places(n+1, 1), append(units, limit)...)
}

// AnsweredBy is what the person answered, newest first. It takes the session:
// the list is the person's own.
func (s *Service) AnsweredBy(ctx context.Context, session *authz.Session, limit int) ([]Request, error) {
	return db.All(ctx, s.db, scanRequest, requestSelect+` WHERE r.person_id = $1 ORDER BY r.ended_at DESC, r.id DESC LIMIT $2`, session.PersonID, limit)
}

// MayAnswer reports whether the request waits for one of the person's units.
func MayAnswer(session *authz.Session, r Request) bool {
	return session != nil && r.State == Asked && holdsAt(session, r.Unit, authz.CaseAdvise)
}

// CoRegulator is the nearest body that holds one of the five roles of Article 5
// for a case.
type CoRegulator struct {
	Role authz.Role
	Name string // of the role
	Unit org.UnitID
	Body string // the unit's name; empty when there is none
}

var coRegulators = []authz.Role{authz.Publicity, authz.Cyberspace, authz.Establishment, authz.Police, authz.Telecom}

// CoRegulators are the five, each with the nearest body that exists: in the
// applicant's area or else the next area up (readings 9: 通信管理 stands chiefly
// at the province).
func (s *Service) CoRegulators(ctx context.Context, scope authz.Scope, id CaseID) ([]CoRegulator, error) {
	c, err := s.caseTx(ctx, s.db, scope, id)
	if err != nil {
		return nil, err
	}
	// The areas above the unit, nearest first: /p610000/c610100/, /p610000/.
	var above []string
	path := c.areaPath
	if i := strings.Index(path, "@"); i >= 0 {
		path = path[:i]
	}
	for path != "/" && path != "" {
		above = append(above, path)
		path = path[:strings.LastIndex(strings.TrimSuffix(path, "/"), "/")+1]
	}
	var out []CoRegulator
	for _, role := range coRegulators {
		info, _ := authz.Info(role)
		found := CoRegulator{Role: role, Name: info.Name}
		args := []any{string(role), calendar.DateOf(s.db.Now())}
		for _, a := range above {
			args = append(args, a)
		}
		type body struct {
			id   org.UnitID
			name string
			path string
		}
		if len(above) > 0 {
			b, err := db.One(ctx, s.db, func(r db.Scanner) (body, error) {
				var b body
				return b, r.Scan(&b.id, &b.name, &b.path)
			}, `SELECT u.id, u.name, a.path FROM post o JOIN unit u ON u.id = o.unit_id JOIN area a ON a.id = u.area_id
			     WHERE o.role = $1 AND o.ended_at IS NULL AND (u.abolished_on IS NULL OR u.abolished_on > $2) AND a.path IN (`+places(3, len(above))+`)
			     ORDER BY length(a.path) DESC, u.id LIMIT 1`, args...)
			switch {
			case err == nil:
				found.Unit, found.Body = b.id, b.name
			case !db.None(err):
				return nil, err
			}
		}
		out = append(out, found)
	}
	return out, nil
}

// Askable are units a question may go to, by name: those whose people could
// answer, in the scope of the asker.
func (s *Service) Askable(ctx context.Context, scope authz.Scope, text string, limit int) ([]org.Unit, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	units, _, err := s.org.Units(ctx, scope, org.UnitFilter{Text: strings.TrimSpace(text), Limit: limit})
	return units, err
}
