package impostor

import (
	"context"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/abridge"
	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check/lookalike"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/notify"
	"zhengshu/internal/obligation"
	"zhengshu/internal/official"
	"zhengshu/internal/passage"
	"zhengshu/internal/rules/sx2021"
)

// reasonOf checks what a person wrote as the ground of an act.
func reasonOf(field, what, text string) (string, error) {
	text = strings.TrimSpace(text)
	var f fault.Fields
	f.Text(field, what, text, true, 2000)
	f.Check(text == "" || len([]rune(text)) >= 4, field, what+"太短，请写清楚")
	return text, f.Err()
}

// move takes a case through its machine and stores what it becomes.
func (s *Service) move(ctx context.Context, tx *db.Tx, c Case, act, says string) (Case, error) {
	before := c.State
	var err error
	if _, c.State, err = Machine.Take(ctx, tx, c.ID, act, passage.Note{Says: says}); err != nil {
		return c, err
	}
	now := tx.Now()
	switch act {
	case "vanish":
		c.GoneAt = now
	case "return":
		c.GoneAt, c.ClosedAt, c.Conclusion = time.Time{}, time.Time{}, ""
	case "close", "dismiss":
		c.ClosedAt, c.Conclusion = now, says
	case "reopen":
		c.ClosedAt, c.Conclusion = time.Time{}, ""
	}
	if _, err := tx.Exec(ctx, `UPDATE impostor SET state = $2, verified_by = $3, verified_at = $4, verdict = $5, referred_at = $6, referred_to = $7, gone_at = $8, closed_at = $9, conclusion = $10, updated_at = $11 WHERE id = $1`,
		c.ID, c.State, c.VerifiedBy, instant(c.VerifiedAt), c.Verdict, instant(c.ReferredAt), c.ReferredTo, instant(c.GoneAt), instant(c.ClosedAt), c.Conclusion, now); err != nil {
		if _, dup := db.UniqueViolation(err); dup {
			return c, fault.New(fault.Conflict, "同一网址已有在办的线索，请到那一条中办理。").From(err)
		}
		return c, err
	}
	return c, audit.Record(ctx, tx, audit.Entry{Act: "impostor." + act, Target: c.Target(), Basis: citation, Before: before, After: map[string]string{"state": c.State, "says": says}})
}

func instant(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

// Verify is the word of a named person that it is a fake, and what that rests
// on. It opens the clock of the referral.
func (s *Service) Verify(ctx context.Context, scope authz.Scope, session *authz.Session, id, verdict string, files []approval.Upload) error {
	verdict, err := reasonOf("verdict", "核实依据", verdict)
	if err != nil {
		return err
	}
	kept, err := approval.TakeAll(ctx, s.Store, files)
	if err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		c, err := s.caseTx(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		c.VerifiedBy, c.VerifiedAt, c.Verdict = session.Name, tx.Now(), verdict
		if c, err = s.move(ctx, tx, c, "verify", verdict); err != nil {
			return err
		}
		if err := approval.AttachAll(ctx, tx, "impostor", c.ID, kept); err != nil {
			return err
		}
		if _, err := s.Obligations.Discharge(ctx, tx, VerifyDue.ID, c.subject(), session.Name+"核实为假冒"); err != nil {
			return err
		}
		return s.openReferral(ctx, tx, c)
	})
}

// openReferral starts the clock of asking 网信.
func (s *Service) openReferral(ctx context.Context, tx *db.Tx, c Case) error {
	n := s.Settings().ImpostorReferWorkdays
	today := calendar.DateOf(tx.Now())
	return s.Obligations.Open(ctx, tx, obligation.Debt{Kind: ReferDue.ID, Unit: c.Office, Subject: c.subject(), Link: c.Link(), Due: s.Days.Add(today, n), From: today, Length: calendar.WorkingDays(n)})
}

// Dismiss is the word of a named person that it is none.
func (s *Service) Dismiss(ctx context.Context, scope authz.Scope, session *authz.Session, id, why string) error {
	why, err := reasonOf("why", "理由", why)
	if err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		c, err := s.caseTx(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		c.VerifiedBy, c.VerifiedAt = session.Name, tx.Now()
		if c, err = s.move(ctx, tx, c, "dismiss", why); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE impostor_candidate SET state = 'set_aside', why = $2 WHERE host = $1`, c.Address, why); err != nil {
			return err
		}
		if _, err := s.Obligations.Discharge(ctx, tx, VerifyDue.ID, c.subject(), session.Name+"认定不是假冒："+why); err != nil {
			return err
		}
		_, err = s.Obligations.Annul(ctx, tx, ReferDue.ID, c.subject(), "认定不是假冒")
		return err
	})
}

// Reopen takes a dismissed case up again.
func (s *Service) Reopen(ctx context.Context, scope authz.Scope, id, why string) error {
	why, err := reasonOf("why", "新情况", why)
	if err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		c, err := s.caseTx(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if c, err = s.move(ctx, tx, c, "reopen", why); err != nil {
			return err
		}
		n := s.Settings().ImpostorVerifyWorkdays
		today := calendar.DateOf(tx.Now())
		return s.Obligations.Open(ctx, tx, obligation.Debt{Kind: VerifyDue.ID, Unit: c.Office, Subject: c.subject(), Link: c.Link(), Due: s.Days.Add(today, n), From: today, Length: calendar.WorkingDays(n)})
	})
}

// Refer asks 网信 to deal with it: the letter goes out, its clock begins. What still
// stands when all that was asked is answered, or has come back, is referred again.
func (s *Service) Refer(ctx context.Context, scope authz.Scope, session *authz.Session, id, request string) error {
	request = strings.TrimSpace(request)
	var f fault.Fields
	f.Text("request", "补充说明", request, false, 1000)
	if err := f.Err(); err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error { return s.refer(ctx, tx, scope, session, id, request) })
}

// refer is Refer in the transaction of the act.
func (s *Service) refer(ctx context.Context, tx *db.Tx, scope authz.Scope, session *authz.Session, id, request string) error {
	c, err := s.caseTx(ctx, tx, scope, id)
	if err != nil {
		return err
	}
	list, err := steps(ctx, tx, c.ID)
	if err != nil {
		return err
	}
	says := "商请"
	if c.State == Disposing {
		seen, err := looks(ctx, tx, c.ID, looksShown)
		if err != nil {
			return err
		}
		switch {
		case !answered(current(list)):
			return fault.New(fault.Conflict, "已商请的部门还没有都反馈结果，请催办或登记结果；都反馈后仍可访问的，再次商请。")
		case unseen(seen):
			return fault.New(fault.Conflict, "最近一次查看已无法访问，不用再次商请；又能访问的，请先登记看到的情况。")
		}
		says = "再次商请"
		// What was left to coordinate goes on with the new referral.
		for _, p := range current(list) {
			if _, err := s.Obligations.Annul(ctx, tx, StepDue.ID, p.subject(c), "再次商请，由新的商请继续"); err != nil {
				return err
			}
		}
	}
	round := 1
	if len(list) > 0 {
		round = list[len(list)-1].Round + 1
	}
	step, err := s.ask(ctx, tx, c, "cyberspace", round, wording(c, list, request))
	if err != nil {
		return err
	}
	c.ReferredAt, c.ReferredTo = tx.Now(), step.UnitName
	if c, err = s.move(ctx, tx, c, "refer", says+step.UnitName+"处理"); err != nil {
		return err
	}
	_, err = s.Obligations.Discharge(ctx, tx, ReferDue.ID, c.subject(), "商请函 "+c.Number+"，"+session.Name)
	return err
}

// wording is the letter to 网信, paragraph by paragraph; before are the steps of the
// referrals before it.
func wording(c Case, before []Step, request string) []string {
	what := "网站"
	if c.Kind == "account" {
		what = "账号"
	}
	called := ""
	if c.Name != "" {
		called = "（名称“" + abridge.Inner(c.Name) + "”）"
	}
	of := "我单位监管的政府网站与政务新媒体"
	if c.OfName != "" {
		of = "“" + abridge.Inner(c.OfName) + "”"
	}
	out := []string{
		"经" + SourceName(c.Source) + "并核实，互联网上的" + what + c.Shown + called + "冒用" + of + "名义，不是本省登记的政府网站或政务新媒体。核实人：" + c.VerifiedBy + "，核实时间：" + calendar.DateOf(c.VerifiedAt).Chinese() + "。",
		"核实情况：" + strings.TrimRight(abridge.Inner(c.Verdict), "。；") + "。",
		"根据" + sx2021.Named + "第二十三条（三），现商请贵单位予以处理，并协调电信主管、公安等部门及时对域名解析和互联网接入服务进行处置、对开办者等人员依法予以打击处理。",
	}
	if c.Bare() {
		out[2] = "该网站直接以 IP 地址访问，没有域名，不涉及域名解析。根据" + sx2021.Named + "第二十三条（三），现商请贵单位予以处理，并协调电信主管、公安等部门及时对互联网接入服务进行处置、对开办者等人员依法予以打击处理。"
	}
	if c.Kind == "account" {
		out[2] = "根据" + sx2021.Named + "第二十三条（三），现商请贵单位予以处理，并协调账号所在平台和公安等部门依法处置。"
	}
	if before = current(before); len(before) > 0 {
		var did []string
		for _, p := range before {
			if !p.Spared() {
				did = append(did, PartyName(p.Party)+MeasureName(p.Measure)+"（"+p.ResultOn.Chinese()+"）")
			}
		}
		out = slices.Insert(out, 2, "此前已于"+before[0].AskedOn.Chinese()+"商请处理，反馈的结果为："+strings.Join(did, "，")+"。该"+what+"现仍可访问。")
	}
	if request != "" {
		out = append(out, strings.TrimRight(request, "。；")+"。")
	}
	return append(out, "处理结果请反馈我单位。")
}

// ask opens the step of a party with its clock at the nearest body, or at the
// office where that body is not on the platform; letter is what goes out to it, by
// paragraph.
func (s *Service) ask(ctx context.Context, tx *db.Tx, c Case, party string, round int, letter []string) (Step, error) {
	i := slices.IndexFunc(Parties, func(p struct {
		Value, Name string
		Role        authz.Role
		Does        string
	}) bool {
		return p.Value == party
	})
	if i < 0 {
		return Step{}, fault.New(fault.Invalid, "请选择协调的部门。").On("party", "请选择")
	}
	u, err := s.Org.UnitTx(ctx, tx, authz.System("impostor.ask"), c.Unit)
	if err != nil {
		return Step{}, err
	}
	body, ok, err := s.Org.Nearest(ctx, tx, u, Parties[i].Role)
	if err != nil {
		return Step{}, err
	}
	n := s.Settings().ImpostorStepWorkdays
	today := calendar.DateOf(tx.Now())
	p := Step{ID: ulid.Make().String(), Case: c.ID, Round: round, Party: party, UnitName: Parties[i].Name, Letter: letter, AskedOn: today, Due: s.Days.Add(today, n)}
	debtor := c.Office
	if ok {
		p.Unit, p.UnitName, debtor = body.ID, body.Name, body.ID
	}
	// Who was spared before may still be asked.
	if _, err := tx.Exec(ctx, `DELETE FROM impostor_step WHERE impostor_id = $1 AND round = $2 AND party = $3 AND unit_id IS NULL AND unit_name = $4`, c.ID, round, party, spared); err != nil {
		return p, err
	}
	kept, err := json.Marshal(p.Letter)
	if err != nil {
		return p, err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO impostor_step (id, impostor_id, round, party, unit_id, unit_name, letter, asked_on, due_on, provisional) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		p.ID, p.Case, p.Round, p.Party, db.Null(p.Unit), p.UnitName, string(kept), p.AskedOn, p.Due.On, p.Due.Provisional); err != nil {
		if _, dup := db.UniqueViolation(err); dup {
			return p, fault.New(fault.Conflict, "已经协调过"+Parties[i].Name+"，请直接登记结果。").From(err)
		}
		return p, err
	}
	if err := s.Obligations.Open(ctx, tx, obligation.Debt{Kind: StepDue.ID, Unit: debtor, Subject: p.subject(c), Link: c.Link(), Due: p.Due, From: today, Length: calendar.WorkingDays(n)}); err != nil {
		return p, err
	}
	_, err = notify.Send(ctx, tx, notify.Message{Key: "impostor:" + c.ID + ":" + p.ID, Unit: string(debtor), Link: c.Link(), Urgent: true,
		Title: "请处置" + KindName(c.Kind) + "：" + c.Shown, Body: c.Does(party) + "，请于" + p.Due.On.Chinese() + "前办理并登记结果。"})
	return p, err
}

// HandOn is 网信 bringing in 通信 or 公安, or both.
func (s *Service) HandOn(ctx context.Context, scope authz.Scope, session *authz.Session, id string, parties []string) error {
	if len(parties) == 0 || slices.ContainsFunc(parties, func(p string) bool { return p != "telecom" && p != "police" }) {
		return fault.New(fault.Invalid, "没有选择要协调的部门。").On("party", "请选择通信管理部门、公安部门，或都选")
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		c, err := s.caseTx(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if !MayRecord(session, "cyberspace") {
			return fault.New(fault.Refused, "由网信部门协调通信、公安处置；收到书面反馈的，主管单位可以代为登记。")
		}
		list, err := steps(ctx, tx, c.ID)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return fault.New(fault.Conflict, "主管单位还没有商请网信部门，不能协调其他部门。")
		}
		var names []string
		for _, p := range parties {
			step, err := s.ask(ctx, tx, c, p, list[len(list)-1].Round, []string{})
			if err != nil {
				return err
			}
			names = append(names, step.UnitName)
		}
		if list, err = steps(ctx, tx, c.ID); err != nil {
			return err
		}
		if err := s.settle(ctx, tx, c, current(list), "cyberspace"); err != nil {
			return err
		}
		says := "协调" + strings.Join(names, "、") + "处置"
		if c.State == Disposing {
			return audit.Record(ctx, tx, audit.Entry{Act: "impostor.hand_on", Target: c.Target(), Basis: citation, After: says})
		}
		_, err = s.move(ctx, tx, c, "hand_on", says)
		return err
	})
}

// MayRecord reports whether the person may record the result of a party: its
// own people, 网信 for all that it coordinates, and the supervisor who holds a
// written reply.
func MayRecord(session *authz.Session, party string) bool {
	if session == nil {
		return false
	}
	if session.Holds(authz.Cyberspace) || session.Holds(authz.Supervisor) {
		return true
	}
	for _, p := range Parties {
		if p.Value == party {
			return session.Holds(p.Role)
		}
	}
	return false
}

// Outcome is what a party did.
type Outcome struct {
	Party    string
	Measure  string
	Result   string
	On       calendar.Date
	Document string
	File     *approval.Upload
}

// Record keeps the result of a party, with its date and document.
func (s *Service) Record(ctx context.Context, scope authz.Scope, session *authz.Session, id string, n Outcome) error {
	n.Result, n.Document = strings.TrimSpace(n.Result), strings.TrimSpace(n.Document)
	today := calendar.DateOf(s.DB.Now())
	var f fault.Fields
	is := func(m Measure) bool { return m.Value == n.Measure && (m.Party == "" || m.Party == n.Party) }
	f.Check(slices.ContainsFunc(Measures, is), "measure", "请选择采取的措施")
	f.Text("result", "处置结果", n.Result, true, 2000)
	f.Text("document", "文书编号", n.Document, false, 100)
	f.Check(!n.On.IsZero() && !n.On.After(today), "on", "处置日期没有填写，或晚于今天")
	if err := f.Err(); err != nil {
		return err
	}
	if !MayRecord(session, n.Party) {
		return fault.New(fault.Refused, "这一步的结果由"+PartyName(n.Party)+"登记；收到书面反馈的，由网信部门或主管单位登记。")
	}
	taken, err := approval.TakeOne(ctx, s.Store, n.File, "impostor_reply", "file")
	if err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		c, err := s.caseTx(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		switch fits := slices.ContainsFunc(c.Measures(n.Party), is); {
		case !fits && c.Kind == "account":
			return fault.New(fault.Invalid, "账号开在平台的网站上，没有自己的域名，没有解析可以停止。").On("measure", "请选择与账号相符的措施")
		case !fits:
			return fault.New(fault.Invalid, "这个网站直接以 IP 地址访问，没有域名，没有解析可以停止。").On("measure", "请选择停止互联网接入等措施")
		}
		list, err := steps(ctx, tx, c.ID)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(current(list), func(p Step) bool { return p.Party == n.Party })
		if i < 0 && n.Measure == "none" && len(list) > 0 {
			return s.spare(ctx, tx, session, c, n, list[len(list)-1].Round, taken)
		}
		if i < 0 {
			return fault.New(fault.Conflict, "还没有协调"+PartyName(n.Party)+"，不能登记结果。")
		}
		p := current(list)[i]
		if p.Done() {
			return fault.New(fault.Conflict, PartyName(n.Party)+"的结果已经登记。")
		}
		if n.On.Before(p.AskedOn) {
			return fault.New(fault.Invalid, "处置日期早于商请日期。").On("on", "不能早于 "+p.AskedOn.String())
		}
		kept, err := approval.AttachTo(ctx, tx, "impostor", c.ID, taken)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE impostor_step SET measure = $2, result = $3, result_on = $4, document = $5, file_id = $6, file_name = $7, recorded_by = $8, recorded_at = $9 WHERE id = $1`,
			p.ID, n.Measure, n.Result, n.On, n.Document, db.Null(kept.ID), kept.Name, session.Name, tx.Now()); err != nil {
			return err
		}
		if list, err = steps(ctx, tx, c.ID); err != nil {
			return err
		}
		if err := s.settle(ctx, tx, c, current(list), n.Party); err != nil {
			return err
		}
		told := MeasureName(n.Measure)
		if left := unasked(current(list)); n.Party == "cyberspace" && len(left) > 0 {
			told += "。还要协调" + strings.Join(left, "、") + "处置，或登记无需处置和理由，期限不变。"
		}
		if c.Kind == "account" && answered(current(list)) { // no watch looks at an account
			told += "。各部门的结果都已登记，账号要由人查看：请在平台上打开，登记看到的情况；相隔六小时以上两次都无法访问的，转入观察。"
		}
		if _, err := notify.Send(ctx, tx, notify.Message{Key: "impostor:" + c.ID + ":result:" + p.ID, Unit: string(c.Office), Link: c.Link(),
			Title: PartyName(n.Party) + "已反馈：" + c.Shown, Body: told}); err != nil {
			return err
		}
		if n.Party == "cyberspace" {
			for _, f := range s.results {
				if err := f(ctx, tx, c.ID, MeasureName(n.Measure)+"："+n.Result, n.On, n.Document, session.Name); err != nil {
					return err
				}
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "impostor.result", Target: c.Target(), Basis: citation, After: map[string]any{"party": n.Party, "measure": n.Measure, "on": n.On, "document": n.Document}})
	})
}

// settle ends the clock of a party that has answered. That of 网信 runs on until it has also
// asked the others or recorded that there is nothing for them to do: to bring them in is its
// part of the clause.
func (s *Service) settle(ctx context.Context, tx *db.Tx, c Case, list []Step, party string) error {
	i := slices.IndexFunc(list, func(p Step) bool { return p.Party == party })
	if i < 0 || !list[i].Done() || party == "cyberspace" && len(unasked(list)) > 0 {
		return nil
	}
	_, err := s.Obligations.Discharge(ctx, tx, StepDue.ID, list[i].subject(c), MeasureName(list[i].Measure)+"："+abridge.Text(list[i].Result, 200))
	return err
}

// unasked names the parties that nobody has asked or spared in these steps.
func unasked(list []Step) (names []string) {
	for _, party := range Parties {
		if !slices.ContainsFunc(list, func(p Step) bool { return p.Party == party.Value }) {
			names = append(names, party.Name)
		}
	}
	return names
}

// spare keeps that a party is not asked because there is nothing for it to do,
// and why: the word of 网信, which brings the others in, or of the supervisor.
func (s *Service) spare(ctx context.Context, tx *db.Tx, session *authz.Session, c Case, n Outcome, round int, taken approval.Attachment) error {
	if n.Party == "cyberspace" || c.State != Referred && c.State != Disposing && c.State != Gone {
		return fault.New(fault.Conflict, "还没有协调"+PartyName(n.Party)+"，不能登记结果。")
	}
	if !MayRecord(session, "cyberspace") {
		return fault.New(fault.Refused, "是否无需"+PartyName(n.Party)+"处置，由网信部门或主管单位认定。")
	}
	if len([]rune(n.Result)) < 4 {
		return fault.New(fault.Invalid, "没有写明为什么无需"+PartyName(n.Party)+"处置。").On("result", "请写明理由")
	}
	kept, err := approval.AttachTo(ctx, tx, "impostor", c.ID, taken)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO impostor_step (id, impostor_id, round, party, unit_name, asked_on, due_on, measure, result, result_on, document, file_id, file_name, recorded_by, recorded_at)
		VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8, $6, $9, $10, $11, $12, $13)`,
		ulid.Make().String(), c.ID, round, n.Party, spared, n.On, n.Measure, n.Result, n.Document, db.Null(kept.ID), kept.Name, session.Name, tx.Now()); err != nil {
		return err
	}
	list, err := steps(ctx, tx, c.ID)
	if err != nil {
		return err
	}
	if err := s.settle(ctx, tx, c, current(list), "cyberspace"); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "impostor.spare", Target: c.Target(), Basis: citation, After: map[string]any{"party": n.Party, "why": n.Result, "on": n.On, "document": n.Document}})
}

// Close ends a case: every party has answered or, with the reason on record, had
// nothing to do, and the fake has been gone for as long as the province watches.
func (s *Service) Close(ctx context.Context, scope authz.Scope, id, conclusion string) error {
	conclusion, err := reasonOf("conclusion", "办结意见", conclusion)
	if err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		c, err := s.caseTx(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if c.State == Gone {
			list, err := steps(ctx, tx, c.ID)
			if err != nil {
				return err
			}
			list = current(list)
			for _, party := range Parties {
				because := fault.Reason{ID: "S23.3b", Citation: citation, Says: "网信部门要协调电信主管、公安等部门及时处置"}
				i := slices.IndexFunc(list, func(p Step) bool { return p.Party == party.Value })
				switch {
				case i < 0:
					return fault.New(fault.Refused, "还没有协调"+party.Name+"，不能办结；无需其处置的，请登记“无需处置”和理由。").Because(because)
				case !list[i].Done():
					return fault.New(fault.Refused, party.Name+"的处置结果还没有登记，不能办结。").Because(because)
				}
			}
			if until := s.watchedUntil(c); calendar.DateOf(tx.Now()).Before(until) {
				return fault.Newf(fault.Refused, "无法访问后要观察 %d 天，到 %s 没有恢复再办结。", s.Settings().ImpostorWatchDays, until)
			}
		}
		_, err = s.move(ctx, tx, c, "close", conclusion)
		return err
	})
}

// watchedUntil is the day from which a fake that is gone may be closed.
func (s *Service) watchedUntil(c Case) calendar.Date {
	return calendar.DateOf(c.GoneAt).AddDays(s.Settings().ImpostorWatchDays)
}

// File opens an attachment of a case in scope.
func (s *Service) File(ctx context.Context, scope authz.Scope, id, file string) (approval.Attachment, io.ReadCloser, error) {
	c, err := s.caseTx(ctx, s.DB, scope, id)
	if err != nil {
		return approval.Attachment{}, nil, err
	}
	return approval.OpenAttached(ctx, s.DB, s.Store, "impostor", c.ID, file)
}

// Paper is the letter to 网信 of a case in scope, as it went out; round is which
// referral, 0 the last.
func (s *Service) Paper(ctx context.Context, scope authz.Scope, id string, round int) (*official.Document, Case, error) {
	c, err := s.caseTx(ctx, s.DB, scope, id)
	if err != nil {
		return nil, c, err
	}
	list, err := steps(ctx, s.DB, c.ID)
	if err != nil {
		return nil, c, err
	}
	for _, p := range slices.Backward(list) {
		if p.Party == "cyberspace" && (round == 0 || p.Round == round) {
			return document(c, p), c, nil
		}
	}
	return nil, c, fault.New(fault.Conflict, "还没有商请网信部门，没有商请函。")
}

// Figures are what the annual form asks of a year (readings 12 and 15).
type Figures struct {
	Year                                                                        int
	Found, Monitor, Public, Unit, Verified, Dismissed, Referred, Disposed, Gone int
	Sites, Accounts                                                             int // of the verified ones
	OnTime                                                                      int // referred within the time given, each time
}

// Figures of a year in scope: over the same cases as Cases.
func (s *Service) Figures(ctx context.Context, scope authz.Scope, year int) (Figures, error) {
	f := Figures{Year: year}
	w := Filter{Year: year}.where(scope, "u", "f")
	type row struct {
		kind, source, state string
		n                   int
	}
	rows, err := db.All(ctx, s.DB, func(r db.Scanner) (row, error) {
		var x row
		err := r.Scan(&x.kind, &x.source, &x.state, &x.n)
		return x, err
	}, `SELECT i.kind, i.source, i.state, count(*) FROM impostor i JOIN unit u ON u.id = i.unit_id JOIN unit f ON f.id = i.office_id WHERE `+w.SQL()+` GROUP BY i.kind, i.source, i.state`, w.Args()...)
	if err != nil {
		return f, err
	}
	for _, x := range rows {
		f.Found += x.n
		switch x.source {
		case "monitor":
			f.Monitor += x.n
		case "public":
			f.Public += x.n
		default:
			f.Unit += x.n
		}
		if x.state == Dismissed {
			f.Dismissed += x.n
		}
		if slices.Contains(Reached["confirmed"], x.state) {
			f.Verified += x.n
			if x.kind == "site" {
				f.Sites += x.n
			} else {
				f.Accounts += x.n
			}
		}
		if slices.Contains(Reached["consulted"], x.state) {
			f.Referred += x.n
		}
		if slices.Contains(Reached["unreachable"], x.state) {
			f.Gone += x.n
		}
	}
	w = Filter{Year: year}.where(scope, "u", "f")
	f.Disposed, err = db.One(ctx, s.DB, db.Value[int], `SELECT count(DISTINCT i.id) FROM impostor i JOIN unit u ON u.id = i.unit_id JOIN unit f ON f.id = i.office_id JOIN impostor_step p ON p.impostor_id = i.id AND p.party = 'cyberspace' AND p.recorded_at IS NOT NULL WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return f, err
	}
	w = Filter{Year: year}.where(scope, "u", "f")
	const owed = ` (SELECT 1 FROM obligation o WHERE o.kind = 'impostor_refer' AND o.subject_kind = 'impostor' AND o.subject_id = i.id AND o.state = 'discharged' AND o.overdue_at IS `
	w.And(`EXISTS` + owed + `NULL)`).And(`NOT EXISTS` + owed + `NOT NULL)`)
	f.OnTime, err = db.One(ctx, s.DB, db.Value[int], `SELECT count(*) FROM impostor i JOIN unit u ON u.id = i.unit_id JOIN unit f ON f.id = i.office_id WHERE `+w.SQL(), w.Args()...)
	return f, err
}

// TechniqueName is how the name imitates, in Chinese.
func (c Case) TechniqueName() string { return lookalike.TechniqueName(c.Technique) }
