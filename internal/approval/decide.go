package approval

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/notify"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
)

// maxText bounds opinions, questions and reasons, in characters.
const maxText = 2000

func tooLong(text, field string) error {
	if len([]rune(text)) > maxText {
		return fault.Newf(fault.Invalid, "意见或说明超过 %d 字。", maxText).On(field, fmt.Sprintf("请压缩到 %d 字以内", maxText))
	}
	return nil
}

// FollowDue keeps the last day of a step, and of its case, equal to that of the
// step's clock when it is counted again or extended.
func (s *Service) FollowDue(ctx context.Context, tx *db.Tx, o obligation.Obligation) error {
	if o.Kind != StepObligation.ID {
		return nil
	}
	if _, err := tx.Exec(ctx, `
		UPDATE approval_step SET due_on = $2, provisional = $3
		 WHERE case_id = $1 AND decided_at IS NULL AND no = (SELECT step_no FROM approval_case WHERE id = $1)`, o.Subject.ID, o.Due.On, o.Due.Provisional); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE approval_case SET due_on = $2 WHERE id = $1 AND state = 'in_review'`, o.Subject.ID, o.Due.On)
	return err
}

// arrive puts the case before its current step: clock and message. A step whose
// unit is gone goes to the unit that took over; one where nobody may decide is
// told to the office above.
func (s *Service) arrive(ctx context.Context, tx *db.Tx, c *Case, title string) error {
	if _, err := s.reroute(ctx, tx, *c); err != nil {
		return err
	}
	st, err := s.step(ctx, tx, c.ID, c.StepNo)
	if err != nil {
		return err
	}
	today, length := calendar.DateOf(tx.Now()), calendar.WorkingDays(s.daysOf(st))
	due := length.From(today, s.days)
	if _, err := tx.Exec(ctx, `
		UPDATE approval_step SET arrived_at = $3, due_on = $4, provisional = $5, decided_at = NULL, decision = '', opinion = '',
		       person_id = NULL, person_name = '', for_name = '',
		       ext_document = '', ext_on = NULL, ext_value = '', ext_attachment = '', ext_refused = FALSE
		 WHERE case_id = $1 AND no = $2`, c.ID, c.StepNo, tx.Now(), due.On, due.Provisional); err != nil {
		return err
	}
	c.AtUnit, c.AtUnitName, c.Body, c.Due = st.Unit, st.UnitName, st.Body, due.On
	if err := s.stand(ctx, tx, *c); err != nil {
		return err
	}
	if err := s.obligations.Open(ctx, tx, obligation.Debt{
		Kind: StepObligation.ID, Unit: st.Unit, Subject: c.subject(), Link: c.Link(), Due: due, From: today, Length: length,
	}); err != nil {
		return err
	}
	if err := s.tellOffice(ctx, tx, *c, st, title, due.On); err != nil {
		return err
	}
	return s.tellVacancy(ctx, tx, *c)
}

func (s *Service) tellOffice(ctx context.Context, tx *db.Tx, c Case, st Step, title string, due calendar.Date) error {
	body := c.Number + " 已到您单位审核，请于 " + due.Chinese() + " 前办理。"
	if st.Kind == External {
		body = c.Number + " 须报" + st.Body + "，请报送并登记答复，预计 " + due.Chinese() + " 前。"
	}
	_, err := notify.Send(ctx, tx, notify.Message{
		Key: fmt.Sprintf("case:%s:step:%d:%s:%s", c.ID, c.StepNo, st.Unit, tx.Now().Format(time.RFC3339Nano)), Unit: string(st.Unit),
		Title: title + "：" + c.Title, Body: body, Link: c.Link(),
	})
	return err
}

// stand writes where the case stands, beside it.
func (s *Service) stand(ctx context.Context, tx *db.Tx, c Case) error {
	_, err := tx.Exec(ctx, `UPDATE approval_case SET state = $2, step_no = $3, ended_at = $4, at_unit = $5, due_on = $6, vacant_since = NULL WHERE id = $1`,
		c.ID, c.State, c.StepNo, c.EndedAt, db.Null(c.AtUnit), c.Due)
	return err
}

// daysOf is how many working days the step has.
func (s *Service) daysOf(st Step) int {
	n := s.choices()
	switch {
	case st.Days > 0:
		return st.Days
	case st.Kind == External:
		return n.ExternalDays
	}
	return n.StepDays
}

// Decision is what an office says at its step.
type Decision struct {
	Act     string   // pass, approve, return, refuse
	Reasons []string // codes of Reasons; required to return or refuse
	Opinion string
	StepNo  int // the step the person was looking at, so a stale page decides nothing
	// ReturnTo is the earlier step a return goes to; 0 is the applicant.
	ReturnTo int
}

// act is the move of the machine.
func (d Decision) act() string {
	if d.Act == "return" && d.ReturnTo > 0 {
		return "send_back"
	}
	return d.Act
}

func (d Decision) check(step Step) error {
	if step.Kind == External && (d.Act == "pass" || d.Act == "approve" || d.Act == "refuse") {
		return fault.Newf(fault.Invalid, "这一步由%s决定，请登记其批复或不予批准的文件，或选择“退回补正”。", step.Body).On("act", "请登记外部答复")
	}
	switch d.Act {
	case "pass":
		if step.Kind != Review {
			return fault.New(fault.Invalid, "这是最后一步，请选择“批准”“退回补正”或“不予批准”。").On("act", "请重新选择办理意见")
		}
	case "approve":
		if step.Kind != Approve {
			return fault.New(fault.Invalid, "还没有到批准的一步，请选择“同意上报”“退回补正”或“不予批准”。").On("act", "请重新选择办理意见")
		}
	case "return", "refuse":
		if len(d.Reasons) == 0 || strings.TrimSpace(d.Opinion) == "" {
			return fault.New(fault.Invalid, "退回或不予批准要选择理由并写明意见。").On("opinion", "请选择理由并写明需要补正的内容")
		}
		if len(d.Reasons) > maxReasons {
			return fault.Newf(fault.Invalid, "理由超过 %d 条。", maxReasons).On("reason", "请合并理由，细节写在意见里")
		}
		if d.Act == "return" && (d.ReturnTo < 0 || d.ReturnTo >= step.No) {
			return fault.New(fault.Invalid, "只能退回申请单位或本步骤之前的环节。").On("to", "请重新选择退回到哪一环节")
		}
	default:
		return fault.New(fault.Invalid, "没有选择办理意见。").On("act", "请选择办理意见")
	}
	return tooLong(d.Opinion, "opinion")
}

// Decide records an office's decision on the case at its step. The last
// approval runs the registered outcome in the same transaction.
func (s *Service) Decide(ctx context.Context, scope authz.Scope, id CaseID, d Decision) (Case, error) {
	var c Case
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		var err error
		c, err = s.decide(ctx, tx, scope, id, d)
		return err
	})
	return c, err
}

// atStep is the case, its steps and the post through which the signed-in person
// may act at the step the page showed.
func (s *Service) atStep(ctx context.Context, tx *db.Tx, scope authz.Scope, id CaseID, no int) (Case, []Step, authz.Post, error) {
	c, err := s.caseTx(ctx, tx, scope, id)
	if err != nil {
		return c, nil, authz.Post{}, err
	}
	steps, err := s.steps(ctx, tx, id)
	if err != nil {
		return c, nil, authz.Post{}, err
	}
	if c.State != InReview || c.StepNo != no {
		return c, nil, authz.Post{}, fault.New(fault.Conflict, "这件事项刚被别人处理过，现在是“"+c.StateName()+"”。请刷新后再看。")
	}
	post, err := s.mayDecide(ctx, tx, authz.SessionFrom(ctx), c, steps[c.StepNo])
	return c, steps, post, err
}

func (s *Service) decide(ctx context.Context, tx *db.Tx, scope authz.Scope, id CaseID, d Decision) (Case, error) {
	c, steps, post, err := s.atStep(ctx, tx, scope, id, d.StepNo)
	if err != nil {
		return c, err
	}
	d.Reasons = codes(d.Reasons)
	if err := d.check(steps[c.StepNo]); err != nil {
		return c, err
	}
	if d.Act == "pass" || d.Act == "approve" {
		if err := s.allAnswered(ctx, tx, c); err != nil {
			return c, err
		}
	}
	return c, s.move(acting(ctx, post), tx, &c, steps, post, d.act(), d)
}

// move performs the act at the step and what follows from it.
func (s *Service) move(ctx context.Context, tx *db.Tx, c *Case, steps []Step, post authz.Post, act string, d Decision) error {
	session := authz.SessionFrom(ctx)
	if _, err := tx.Exec(ctx, `UPDATE approval_step SET decided_at = $3, decision = $4, opinion = $5, person_id = $6, person_name = $7, for_name = $8 WHERE case_id = $1 AND no = $2`,
		c.ID, c.StepNo, tx.Now(), act, d.Opinion, session.PersonID, session.Name, viaOf(post)); err != nil {
		return err
	}
	if _, err := s.obligations.Discharge(ctx, tx, StepObligation.ID, c.subject(), Machine.ActName(act)+"，"+signed(session.Name, viaOf(post))); err != nil {
		return err
	}
	var err error
	if _, c.State, err = Machine.Take(ctx, tx, string(c.ID), act, passage.Note{Says: d.Opinion, CaseID: string(c.ID)}); err != nil {
		return err
	}
	if err := s.note(ctx, tx, *c, act, d.Reasons, d.Opinion); err != nil {
		return err
	}
	step := steps[c.StepNo]
	step.PersonName, step.ForName = session.Name, viaOf(post)
	switch act {
	case "pass", "record_pass":
		if err := s.closeRequests(ctx, tx, *c, Countersign, "本环节已办结"); err != nil {
			return err
		}
		c.StepNo++
		return s.arrive(ctx, tx, c, "待办")
	case "send_back":
		return s.sendBack(ctx, tx, c, step, steps[d.ReturnTo], d)
	}
	return s.settle(ctx, tx, c, step, act, d)
}

// sendBack puts the case before an earlier office again. What was decided after
// that step is decided anew; the file keeps every opinion.
func (s *Service) sendBack(ctx context.Context, tx *db.Tx, c *Case, from, to Step, d Decision) error {
	if err := s.closeRequests(ctx, tx, *c, "", "事项已退回"); err != nil {
		return err
	}
	if err := s.letter(ctx, tx, *c, ReturnLetter, from, to.UnitName, d.Reasons, d.Opinion); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `
		UPDATE approval_step SET decided_at = NULL, arrived_at = NULL, due_on = NULL, provisional = FALSE, decision = '', opinion = '',
		       person_id = NULL, person_name = '', for_name = '' WHERE case_id = $1 AND no > $2`, c.ID, to.No); err != nil {
		return err
	}
	c.StepNo = to.No
	return s.arrive(ctx, tx, c, "退回重审")
}

// settle ends the case, or hands it back to the applicant, with a letter.
func (s *Service) settle(ctx context.Context, tx *db.Tx, c *Case, step Step, act string, d Decision) error {
	c.AtUnit, c.AtUnitName, c.Body, c.Due = "", "", "", calendar.Date{}
	kind := ApprovalLetter
	switch act {
	case "return":
		kind = letterFor(d.Reasons)
	case "refuse", "record_refuse":
		kind = RefusalLetter
	}
	if act != "return" {
		c.EndedAt = tx.Now()
	}
	if err := s.stand(ctx, tx, *c); err != nil {
		return err
	}
	if err := s.closeRequests(ctx, tx, *c, "", "事项"+c.StateName()); err != nil {
		return err
	}
	if c.State == Approved {
		if err := s.outcomes[c.Kind](ctx, tx, *c); err != nil {
			return err
		}
	}
	if err := s.letter(ctx, tx, *c, kind, step, c.UnitName, d.Reasons, d.Opinion); err != nil {
		return err
	}
	_, err := notify.Send(ctx, tx, notify.Message{
		Key: fmt.Sprintf("case:%s:%s:%s", c.ID, act, tx.Now().Format(time.RFC3339Nano)), Unit: string(c.Unit),
		Title: Machine.ActName(act) + "：" + c.Title, Body: strings.Join(append(ReasonNames(d.Reasons), d.Opinion), "；"), Link: c.Link(),
	})
	return err
}

// mayDecide holds the act's own rule: it is this unit's turn, and nobody
// decides on what they asked for themselves, be it submitted or amended
// (Article 3, 管办分离 of persons). A deputy is another person than the one
// whose post it is: what counts is who asked. It answers the post through which
// the person acts, the own one before a delegated one.
func (s *Service) mayDecide(ctx context.Context, q db.Querier, session *authz.Session, c Case, step Step) (authz.Post, error) {
	if session == nil {
		return authz.Post{}, fault.New(fault.SignIn, "请先登录。")
	}
	post, ok := postAt(session, step.Unit, authz.CaseDecide)
	if !ok {
		return post, fault.Newf(fault.Forbidden, "这件事项现在由“%s”办理，您不是该单位的审核人员。", step.UnitName)
	}
	asked, err := askedFor(ctx, q, c, session.PersonID)
	if err != nil {
		return post, err
	}
	if asked {
		return post, fault.New(fault.Refused, "申请人不能审批自己提出或补正的申请，请由本单位其他审核人员办理。")
	}
	return post, nil
}

// MayDecide says why the signed-in person cannot decide on the case now; nil
// when they can. It takes the session: it is a question about the person.
func (s *Service) MayDecide(ctx context.Context, session *authz.Session, c Case, steps []Step) error {
	if c.State != InReview || c.StepNo >= len(steps) {
		return fault.New(fault.Conflict, "这件事项现在是“"+c.StateName()+"”，不在审核中。")
	}
	_, err := s.mayDecide(ctx, s.db, session, c, steps[c.StepNo])
	return err
}

// MayAmend reports whether the person may withdraw or resubmit for the
// applicant's unit.
func MayAmend(session *authz.Session, c Case) bool {
	return session != nil && holdsAt(session, c.Unit, authz.OpeningApply)
}

// holdsAt reports whether a post at the very unit permits p.
func holdsAt(session *authz.Session, unit org.UnitID, p authz.Permission) bool {
	_, ok := postAt(session, unit, p)
	return ok
}

// postAt is a post at the very unit that permits p, the person's own first.
func postAt(session *authz.Session, unit org.UnitID, p authz.Permission) (authz.Post, bool) {
	var found authz.Post
	ok := false
	for _, post := range session.Posts {
		one := authz.Session{Posts: []authz.Post{post}}
		if post.UnitID != string(unit) || !one.May(p) {
			continue
		}
		if !post.Delegated {
			return post, true
		}
		if !ok {
			found, ok = post, true
		}
	}
	return found, ok
}

// askedFor reports whether the person submitted or resubmitted the case.
func askedFor(ctx context.Context, q db.Querier, c Case, person string) (bool, error) {
	if person == string(c.Applicant) {
		return true, nil
	}
	n, err := db.One(ctx, q, db.Value[int], `
		SELECT count(*) FROM approval_opinion WHERE case_id = $1 AND person_id = $2 AND act IN ('submit', 'resubmit')`, c.ID, person)
	return n > 0, err
}

// Withdraw takes the application back; the applicant's unit may, until it is
// decided. A letter confirms it.
func (s *Service) Withdraw(ctx context.Context, scope authz.Scope, id CaseID, why string) (Case, error) {
	var c Case
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		var err error
		var post authz.Post
		if c, post, err = s.byApplicant(ctx, tx, scope, id, "withdraw", why); err != nil {
			return err
		}
		ctx := acting(ctx, post)
		if err := s.stop(ctx, tx, &c, "申请撤回"); err != nil {
			return err
		}
		st, err := s.step(ctx, tx, c.ID, c.StepNo)
		if err != nil {
			return err
		}
		if err := s.letter(ctx, tx, c, WithdrawalLetter, st, c.UnitName, nil, why); err != nil {
			return err
		}
		_, err = notify.Send(ctx, tx, notify.Message{Key: "case:" + string(c.ID) + ":withdraw", Unit: string(st.Unit),
			Title: "申请已撤回：" + c.Title, Body: c.Number + " 由申请单位撤回，无需办理。原因：" + why, Link: c.Link()})
		return err
	})
	return c, err
}

// stop ends a case before it was decided: its clocks and what was asked on it.
func (s *Service) stop(ctx context.Context, tx *db.Tx, c *Case, why string) error {
	if _, err := s.obligations.Annul(ctx, tx, StepObligation.ID, c.subject(), why); err != nil {
		return err
	}
	if err := s.closeRequests(ctx, tx, *c, "", why); err != nil {
		return err
	}
	c.EndedAt, c.AtUnit, c.AtUnitName, c.Body, c.Due = tx.Now(), "", "", "", calendar.Date{}
	return s.stand(ctx, tx, *c)
}

// End ends a case whose applicant has been abolished; the office where it
// stands and the office that approves may.
func (s *Service) End(ctx context.Context, scope authz.Scope, id CaseID, why string) (Case, error) {
	var c Case
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		var err error
		if c, err = s.caseTx(ctx, tx, scope, id); err != nil {
			return err
		}
		steps, err := s.steps(ctx, tx, id)
		if err != nil {
			return err
		}
		post, err := mayEnd(authz.SessionFrom(ctx), c, steps, calendar.DateOf(tx.Now()))
		if err != nil {
			return err
		}
		if err := tooLong(why, "end_why"); err != nil {
			return err
		}
		ctx := acting(ctx, post)
		text := "申请单位已撤销"
		if why = strings.TrimSpace(why); why != "" {
			text += "：" + why
		}
		if _, c.State, err = Machine.Take(ctx, tx, string(c.ID), "end", passage.Note{Says: text, CaseID: string(c.ID)}); err != nil {
			return err
		}
		if err := s.note(ctx, tx, c, "end", nil, text); err != nil {
			return err
		}
		if err := s.stop(ctx, tx, &c, text); err != nil {
			return err
		}
		st := steps[c.StepNo]
		st.UnitName, st.PersonName, st.ForName = post.UnitName, authz.SessionFrom(ctx).Name, viaOf(post)
		return s.letter(ctx, tx, c, EndingLetter, st, c.UnitName, nil, text)
	})
	return c, err
}

// mayEnd answers the post through which the person may end the case.
func mayEnd(session *authz.Session, c Case, steps []Step, today calendar.Date) (authz.Post, error) {
	if session == nil {
		return authz.Post{}, fault.New(fault.SignIn, "请先登录。")
	}
	if !c.ApplicantGone(today) {
		return authz.Post{}, fault.New(fault.Refused, "申请单位仍在，不能终止；请退回、不予批准，或由申请单位撤回。")
	}
	for _, st := range []Step{steps[min(c.StepNo, len(steps)-1)], steps[len(steps)-1]} {
		if p, ok := postAt(session, st.Unit, authz.CaseDecide); ok {
			return p, nil
		}
	}
	return authz.Post{}, fault.New(fault.Forbidden, "只有当前办理单位或批准单位的审核人员可以终止。")
}

// MayEnd reports whether the person may end the case because its applicant is
// gone. It takes the session: it is a question about the person.
func (s *Service) MayEnd(session *authz.Session, c Case, steps []Step) bool {
	_, err := mayEnd(session, c, steps, calendar.DateOf(s.db.Now()))
	return c.Open() && err == nil
}

// Resubmit puts a returned application, amended, before the office that
// returned it, in the transaction of the module that owns the form and has
// checked its rules again.
func (s *Service) Resubmit(ctx context.Context, tx *db.Tx, scope authz.Scope, id CaseID, title string, form any, why string) (Case, error) {
	text, err := json.Marshal(form)
	if err != nil {
		return Case{}, fmt.Errorf("approval: encode form: %w", err)
	}
	c, _, err := s.byApplicant(ctx, tx, scope, id, "resubmit", why)
	if err != nil {
		return Case{}, err
	}
	c.Form, c.Title = text, title
	if _, err := tx.Exec(ctx, `UPDATE approval_case SET form = $2, title = $3, find = $4 WHERE id = $1`, c.ID, string(text), title, findable(c)); err != nil {
		return Case{}, err
	}
	return c, s.arrive(ctx, tx, &c, "已补正，重新提交")
}

func (s *Service) byApplicant(ctx context.Context, tx *db.Tx, scope authz.Scope, id CaseID, act, why string) (Case, authz.Post, error) {
	c, err := s.caseTx(ctx, tx, scope, id)
	if err != nil {
		return Case{}, authz.Post{}, err
	}
	session := authz.SessionFrom(ctx)
	if !MayAmend(session, c) {
		return Case{}, authz.Post{}, fault.New(fault.Forbidden, "只有申请单位的经办人员可以撤回或重新提交。")
	}
	post, _ := postAt(session, c.Unit, authz.OpeningApply)
	if err := tooLong(why, "why"); err != nil {
		return Case{}, post, err
	}
	if _, c.State, err = Machine.Take(ctx, tx, string(c.ID), act, passage.Note{Says: why, CaseID: string(c.ID)}); err != nil {
		return Case{}, post, err
	}
	return c, post, s.note(acting(ctx, post), tx, c, act, nil, why)
}

// reroute sends the current step to the unit that took over when its own is
// abolished: the successor, the office that stands in its place, or the next
// office up. It reports whether the step moved.
func (s *Service) reroute(ctx context.Context, tx *db.Tx, c Case) (bool, error) {
	st, err := s.step(ctx, tx, c.ID, c.StepNo)
	if err != nil {
		return false, err
	}
	today := calendar.DateOf(tx.Now())
	system := authz.System("approval.reroute")
	u, err := s.org.UnitTx(ctx, tx, system, st.Unit)
	if err != nil {
		return false, err
	}
	old := u
	for n := 0; !u.AbolishedOn.IsZero() && !u.AbolishedOn.After(today); n++ {
		next, ok, err := s.takesOver(ctx, tx, u)
		if err != nil {
			return false, err
		}
		if !ok || n == 10 {
			return false, nil // nobody: it stays where it is, as vacant
		}
		u = next
	}
	if u.ID == old.ID {
		return false, nil
	}
	name := strings.Replace(st.Name, old.Name, u.Name, 1)
	if _, err := tx.Exec(ctx, `UPDATE approval_step SET unit_id = $3, name = $4, moved = $5 WHERE case_id = $1 AND no = $2`, c.ID, st.No, u.ID, name, old.Name); err != nil {
		return false, err
	}
	return true, s.note(ctx, tx, c, "reroute", nil, "“"+old.Name+"”已撤销，本环节改由“"+u.Name+"”办理。")
}

func (s *Service) takesOver(ctx context.Context, tx *db.Tx, u org.Unit) (org.Unit, bool, error) {
	if s.successor != nil {
		id, ok, err := s.successor(ctx, tx, u.ID)
		if err != nil {
			return org.Unit{}, false, err
		}
		if ok && id != u.ID {
			next, err := s.org.UnitTx(ctx, tx, authz.System("approval.reroute"), id)
			return next, err == nil, err
		}
	}
	office, err := s.org.SameLevelOffice(ctx, tx, u)
	if err == nil {
		return office, true, nil
	}
	if !fault.Is(err, fault.NotFound) {
		return org.Unit{}, false, err
	}
	return s.org.SuperiorOffice(ctx, tx, u)
}

// tellVacancy tells the office above, and those who run the system, that the
// case waits where nobody may decide. The office's clock runs on; whoever is
// appointed finds the case on the work list.
func (s *Service) tellVacancy(ctx context.Context, tx *db.Tx, c Case) error {
	st, err := s.step(ctx, tx, c.ID, c.StepNo)
	if err != nil || !st.Vacant {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE approval_case SET vacant_since = $2 WHERE id = $1`, c.ID, tx.Now()); err != nil {
		return err
	}
	says := "“" + st.UnitName + "”现在没有可以办理本事项的审核人员，请尽快明确人选；办理时限照常计算。"
	m := notify.Message{Title: "审核岗位空缺：" + st.UnitName, Body: c.Number + " " + c.Title + "。" + says, Link: c.Link(), Urgent: true}
	key := fmt.Sprintf("case:%s:vacant:%d:%s", c.ID, st.No, st.ArrivedAt.Format(time.RFC3339Nano))
	u, err := s.org.UnitTx(ctx, tx, authz.System("approval.vacancy"), st.Unit)
	if err != nil {
		return err
	}
	above, ok, err := s.org.SuperiorOffice(ctx, tx, u)
	if err != nil {
		return err
	}
	if ok {
		m.Key, m.Unit = key, string(above.ID)
		if _, err := notify.Send(ctx, tx, m); err != nil {
			return err
		}
	}
	keepers, err := org.Keepers(ctx, tx)
	if err != nil {
		return err
	}
	for _, k := range keepers {
		m.Key, m.Unit, m.Person = key+":"+string(k.Person.ID), string(k.Person.Unit), string(k.Person.ID)
		if _, err := notify.Send(ctx, tx, m); err != nil {
			return err
		}
	}
	return s.note(ctx, tx, c, "vacant", nil, says)
}

// Sweep looks after cases in review: a step whose unit was abolished meanwhile
// goes to whoever took over, and a post that fell vacant is told of, once. It
// may run at any time; it returns how many cases it handled.
func (s *Service) Sweep(ctx context.Context) (int, error) {
	ctx = audit.System(ctx, "approval.sweep")
	today := calendar.DateOf(s.db.Now())
	ids, err := db.All(ctx, s.db, db.Value[CaseID], `
		SELECT c.id FROM approval_case c JOIN unit u ON u.id = c.at_unit
		 WHERE c.state = 'in_review' AND (u.abolished_on <= $1 OR (c.vacant_since IS NULL) = `+s.nobody("c.at_unit")+`) ORDER BY c.id LIMIT 500`, today)
	if err != nil {
		return 0, err
	}
	done := 0
	for _, id := range ids {
		err := s.db.Update(ctx, func(tx *db.Tx) error {
			n, err := s.lookAfter(ctx, tx, id)
			done += n
			return err
		})
		if err != nil {
			return done, fmt.Errorf("approval: look after %s: %w", id, err)
		}
	}
	return done, nil
}

func (s *Service) lookAfter(ctx context.Context, tx *db.Tx, id CaseID) (int, error) {
	c, err := s.caseTx(ctx, tx, authz.System("approval.sweep"), id)
	if err != nil || c.State != InReview {
		return 0, err
	}
	if moved, err := s.moved(ctx, tx, c); err != nil || moved {
		return 1, err
	}
	told, err := db.One(ctx, tx, db.Value[bool], `SELECT vacant_since IS NOT NULL FROM approval_case WHERE id = $1`, c.ID)
	if err != nil {
		return 0, err
	}
	st, err := s.step(ctx, tx, c.ID, c.StepNo)
	if err != nil || st.Vacant == told {
		return 0, err
	}
	if st.Vacant {
		return 1, s.tellVacancy(ctx, tx, c)
	}
	if _, err := tx.Exec(ctx, `UPDATE approval_case SET vacant_since = NULL WHERE id = $1`, c.ID); err != nil {
		return 0, err
	}
	return 1, audit.Record(ctx, tx, audit.Entry{Act: "case.filled", Target: c.target()})
}

// moved re-routes the current step of a case and takes its clock along, with
// the day it had.
func (s *Service) moved(ctx context.Context, tx *db.Tx, c Case) (bool, error) {
	moved, err := s.reroute(ctx, tx, c)
	if err != nil || !moved {
		return false, err
	}
	st, err := s.step(ctx, tx, c.ID, c.StepNo)
	if err != nil {
		return false, err
	}
	c.AtUnit, c.Due = st.Unit, st.Due.On
	if err := s.stand(ctx, tx, c); err != nil {
		return false, err
	}
	if _, err := s.obligations.Annul(ctx, tx, StepObligation.ID, c.subject(), "“"+st.Moved+"”已撤销"); err != nil {
		return false, err
	}
	if err := s.obligations.Open(ctx, tx, obligation.Debt{Kind: StepObligation.ID, Unit: st.Unit, Subject: c.subject(), Link: c.Link(), Due: st.Due}); err != nil {
		return false, err
	}
	if err := s.tellOffice(ctx, tx, c, st, "承接办理", st.Due.On); err != nil {
		return false, err
	}
	return true, s.tellVacancy(ctx, tx, c)
}
