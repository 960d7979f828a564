package inspection

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/abridge"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/notify"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// DisputeKind is the clock of a disputed finding.
var DisputeKind = obligation.Kind{ID: "finding_dispute", Name: "答复误报申辩", Clause: "S19.4", Citation: sx2021.Instrument + " 第十九条（四）",
	Says: "对报为误报的问题核实并答复", Remind: []int{2, 0}, Escalate: 2, Minutes: 10}

// Desk is what answering disputes takes.
type Desk struct {
	Org         *org.Service
	Obligations *obligation.Service
	Days        calendar.Workdays
}

// AnswerWith gives disputes their answerable person and their clock.
func (s *Service) AnswerWith(d Desk) { s.desk = &d }

// Verdicts on a dispute.
const (
	ItIsTrue  = "true"
	ItIsFalse = "false"
	ItIsGone  = "gone" // the finding closed before anybody answered
	ItIsMoot  = "moot" // its site or account ended before anybody answered
)

// ClosedByDispute stands where evidence else does: a person closed it as false.
const ClosedByDispute = "dispute"

// False reports that the finding was confirmed false.
func (f Finding) False() bool { return f.State == FindingClosed && f.ClosedBy == ClosedByDispute }

// VerdictNames in Chinese.
var VerdictNames = map[string]string{"": "待答复", ItIsTrue: "问题属实", ItIsFalse: "确认误报", ItIsGone: "问题已消除", ItIsMoot: "网站或账号已不在监管"}

// Objection is one dispute of a finding with its answer.
type Objection struct {
	ID         string
	Finding    FindingID
	Says       string // joined, of the finding
	SiteName   string // joined: of the site or the account
	Check      string
	Unit       org.UnitID // that answers
	UnitName   string     // joined
	Reason     string
	RaisedBy   string
	RaisedAt   time.Time
	Person     org.PersonID
	PersonName string
	Due        calendar.Due
	Verdict    string
	Answer     string
	AnsweredBy string
	AnsweredAt time.Time
	raisedID   string
}

// Late is how many days after its last day a person answered it; 0: in time, or nobody
// answered.
func (d Objection) Late() int {
	if d.Verdict != ItIsTrue && d.Verdict != ItIsFalse {
		return 0
	}
	return max(calendar.DateOf(d.AnsweredAt).Sub(d.Due.On), 0)
}

// MayAnswer reports whether a person may answer it, or take it up first: somebody
// of the office it was given to, never who raised it.
func (d Objection) MayAnswer(session *authz.Session) bool {
	return d.Verdict == "" && d.raisedID != session.PersonID && session.MayAt(authz.OrderIssue, string(d.Unit))
}

const objectionSelect = `
	SELECT d.id, d.finding_id, f.says, COALESCE(s.name, c.name), d.check_id, d.unit_id, o.name, d.reason, d.raised_id, d.raised_by, d.raised_at, d.person_id, d.person_name, d.due_on, d.provisional, d.verdict, d.answer, d.answered_by, d.answered_at
` + objectionFrom + ` JOIN unit o ON o.id = d.unit_id`

const objectionFrom = findingFrom + ` JOIN finding_dispute d ON d.finding_id = f.id`

func scanObjection(r db.Scanner) (Objection, error) {
	var d Objection
	err := r.Scan(&d.ID, &d.Finding, &d.Says, &d.SiteName, &d.Check, &d.Unit, &d.UnitName, &d.Reason, &d.raisedID, &d.RaisedBy, &d.RaisedAt, &d.Person, &d.PersonName, &d.Due.On, &d.Due.Provisional, &d.Verdict, &d.Answer, &d.AnsweredBy, &d.AnsweredAt)
	return d, err
}

// Objections of findings in scope, those that wait first by their day, and how
// many there are. verdict "waiting" keeps to those without an answer; mine to
// those the person answers.
func (s *Service) Objections(ctx context.Context, scope authz.Scope, verdict string, mine org.PersonID, limit, offset int) ([]Objection, int, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.AndIf(verdict == "waiting", "d.verdict = ''").AndIf(verdict != "" && verdict != "waiting", "d.verdict = ?", verdict).AndIf(mine != "", "d.person_id = ?", mine)
	n, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*)`+objectionFrom+` WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, s.db, scanObjection, objectionSelect+` WHERE `+w.SQL()+` ORDER BY CASE d.verdict WHEN '' THEN 0 ELSE 1 END, d.due_on, d.id DESC LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(offset), w.Args()...)
	return list, n, err
}

// ObjectionsOf are the disputes of a finding in scope, oldest first.
func (s *Service) ObjectionsOf(ctx context.Context, q db.Querier, scope authz.Scope, id FindingID) ([]Objection, error) {
	if _, err := s.Finding(ctx, q, scope, id); err != nil {
		return nil, err
	}
	return db.All(ctx, q, scanObjection, objectionSelect+` WHERE d.finding_id = $1 ORDER BY d.raised_at, d.id`, id)
}

func (f Finding) disputeSubject() obligation.Subject {
	return obligation.Subject{Kind: "finding", ID: string(f.ID), Name: f.SiteName + "：" + abridge.Cut(f.Says, 60)}
}

// carryOn raises again, on a finding that came back a short while after, the objection
// that nobody had answered when it was seen to be gone: who objected does not do it
// twice, and the rule counts it once.
func (s *Service) carryOn(ctx context.Context, tx *db.Tx, f Finding) (Finding, error) {
	var w db.Where
	w.And("f.fingerprint = ?", f.Fingerprint).AndIf(f.Account != "", "f.account_id = ?", f.Account).AndIf(f.Account == "", "f.site_id = ?", f.Site)
	d, err := db.One(ctx, tx, scanObjection, objectionSelect+` WHERE `+w.SQL()+` ORDER BY d.raised_at DESC, d.id DESC LIMIT 1`, w.Args()...)
	if db.None(err) || err == nil && (d.Verdict != ItIsGone || d.AnsweredAt.Before(s.RelapseSince())) {
		return f, nil
	}
	if err != nil {
		return f, err
	}
	if f, err = s.move(ctx, tx, f, "dispute", passage.Note{Says: abridge.Cut("接续此前没有答复的申辩："+d.Reason, mostReason)}, ""); err != nil {
		return f, err
	}
	return f, s.object(ctx, tx, f, d.Reason, audit.Actor{ID: d.raisedID, Name: d.RaisedBy}, ruleMove{waiting: 1})
}

// object opens the dispute of a finding, as raised by by, with its person and day.
func (s *Service) object(ctx context.Context, tx *db.Tx, f Finding, why string, by audit.Actor, move ruleMove) error {
	if s.desk == nil {
		return nil
	}
	system := authz.System("inspection.dispute")
	u, err := s.desk.Org.UnitTx(ctx, tx, system, f.Unit)
	if err != nil {
		return err
	}
	office, _, err := s.desk.Org.SupervisorsOf(ctx, tx, u, u.Governs())
	if err != nil {
		return err
	}
	if office.ID == "" {
		office = u
	}
	office, person, err := s.answerable(ctx, tx, office, by.ID)
	if err != nil {
		return err
	}
	from := calendar.DateOf(tx.Now())
	length := calendar.WorkingDays(s.set.Province().DisputeWorkdays)
	due := length.From(from, s.desk.Days)
	if _, err := tx.Exec(ctx, `
		INSERT INTO finding_dispute (id, finding_id, unit_id, check_id, reason, raised_id, raised_by, raised_at, person_id, person_name, due_on, provisional)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`, ulid.Make().String(), f.ID, office.ID, f.Check, why, by.ID, by.Name, tx.Now(), person.ID, person.Name, due.On, due.Provisional); err != nil {
		return fmt.Errorf("inspection: dispute: %w", err)
	}
	if err := counted(ctx, tx, f.Check, move); err != nil {
		return err
	}
	if err := s.desk.Obligations.Open(ctx, tx, obligation.Debt{Kind: DisputeKind.ID, Unit: office.ID, Subject: f.disputeSubject(), Link: f.Link(), Due: due, From: from, Length: length, Person: person.ID}); err != nil {
		return err
	}
	_, err = notify.Send(ctx, tx, notify.Message{Key: "dispute:" + string(f.ID) + ":" + tx.Now().Format(time.RFC3339), Unit: string(office.ID), Person: string(person.ID), Title: "请答复误报申辩：" + f.SiteName, Body: "问题：" + f.Says + "申辩：" + why, Link: f.Link()})
	return err
}

// answerable is the one person who answers a dispute, and their office: of its
// supervisors, without who raised it, the one with the fewest disputes waiting.
// An office in which nobody else can answer leaves it to the office above.
func (s *Service) answerable(ctx context.Context, q db.Querier, office org.Unit, raiser string) (org.Unit, org.Person, error) {
	for at, ok := office, true; ok; {
		holders, err := s.desk.Org.Holders(ctx, q, authz.System("inspection.dispute"), at.ID, authz.Supervisor)
		if err != nil {
			return office, org.Person{}, err
		}
		var best org.Person
		least := -1
		for _, h := range holders {
			if string(h.Person.ID) == raiser {
				continue
			}
			n, err := db.One(ctx, q, db.Value[int], `SELECT count(*) FROM finding_dispute WHERE person_id = $1 AND verdict = ''`, h.Person.ID)
			if err != nil {
				return office, best, err
			}
			if least < 0 || n < least {
				best, least = h.Person, n
			}
		}
		if least >= 0 {
			return at, best, nil
		}
		if at, ok, err = s.desk.Org.SuperiorOffice(ctx, q, at); err != nil {
			return office, best, err
		}
	}
	return office, org.Person{}, nil // nobody up to the top: the office as a whole owes it
}

// TakeUp makes the person who asks the one who answers, with a word why.
func (s *Service) TakeUp(ctx context.Context, session *authz.Session, scope authz.Scope, id FindingID) (Objection, error) {
	var d Objection
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		f, err := s.Finding(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if d, err = db.One(ctx, tx, scanObjection, objectionSelect+` WHERE d.finding_id = $1 AND d.verdict = ''`, id); db.None(err) {
			return fault.New(fault.Conflict, "这个问题没有待答复的申辩，请刷新后再看。")
		}
		if err != nil {
			return err
		}
		switch {
		case !session.MayAt(authz.OrderIssue, string(d.Unit)):
			return fault.New(fault.Refused, "误报申辩由"+d.UnitName+"答复。")
		case string(d.Person) == session.PersonID:
			return fault.New(fault.Conflict, "已由您答复，不用改派。")
		case d.raisedID == session.PersonID:
			return fault.New(fault.Refused, "申辩人不能自己答复，请另一人办理。")
		}
		was := d.PersonName
		d.Person, d.PersonName = org.PersonID(session.PersonID), session.Name
		if _, err := tx.Exec(ctx, `UPDATE finding_dispute SET person_id = $2, person_name = $3 WHERE id = $1`, d.ID, d.Person, d.PersonName); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "inspection.dispute.take_up", Target: f.Target(), Before: was, After: session.Name})
	})
	return d, err
}

// mostReason is how long the reason of a dispute or of its answer may be, in
// characters.
const mostReason = 500

// reasonOf refuses a reason that is none, and one that is too long, by how much.
func reasonOf(why, hint string) error {
	switch n := len([]rune(why)); {
	case n < 4:
		return fault.Newf(fault.Invalid, "没有写明理由，请用 4 到 %d 个字说明。", mostReason).On("reason", hint)
	case n > mostReason:
		return fault.Newf(fault.Invalid, "理由太长，共 %d 字，最多 %d 字，请减少 %d 字。", n, mostReason, n-mostReason).On("reason", fmt.Sprintf("请减少 %d 字", n-mostReason))
	}
	return nil
}

// Answer decides a dispute with its reason. Upheld, the finding stands open
// again; confirmed false, it is closed, remembered and not raised again on this
// site or account until the rules change.
func (s *Service) Answer(ctx context.Context, scope authz.Scope, id FindingID, verdict, why string) (f Finding, err error) {
	why = strings.TrimSpace(why)
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		if f, err = s.Finding(ctx, tx, scope, id); err != nil {
			return err
		}
		err := reasonOf(why, "请写明核实的情况")
		if verdict != ItIsTrue && verdict != ItIsFalse {
			none := fault.New(fault.Invalid, "没有选择结论。").On("verdict", "请选择问题属实或确认误报")
			if err != nil {
				none.Says, none.Fields = "没有选择结论，也没有写好理由。", append(none.Fields, fault.Of(err).Fields...)
			}
			return none
		}
		if err != nil {
			return err
		}
		if err := s.mayAnswer(ctx, tx, f); err != nil {
			return err
		}
		act, proof := "uphold", ""
		if verdict == ItIsFalse {
			act = "confirm_false"
			proof = ClosedByDispute
			if err := s.remember(ctx, tx, f); err != nil {
				return err
			}
		}
		f, err = s.moveAs(ctx, tx, f, act, passage.Note{Says: why}, proof, verdict)
		return err
	})
	return f, err
}

// mayAnswer holds an answer to the one person it was given to.
func (s *Service) mayAnswer(ctx context.Context, q db.Querier, f Finding) error {
	session := authz.SessionFrom(ctx)
	if s.desk == nil || session == nil {
		return nil
	}
	d, err := db.One(ctx, q, scanObjection, objectionSelect+` WHERE d.finding_id = $1 AND d.verdict = ''`, f.ID)
	if db.None(err) {
		return nil // older than the table
	}
	switch {
	case err != nil:
		return err
	case d.raisedID == session.PersonID:
		return fault.New(fault.Refused, "申辩人不能自己答复，请另一人办理。")
	case d.Person == "" && !session.MayAt(authz.OrderIssue, string(d.Unit)):
		return fault.New(fault.Refused, "误报申辩由"+d.UnitName+"答复。")
	case d.Person != "" && string(d.Person) != session.PersonID:
		return fault.New(fault.Refused, "这件申辩由"+d.PersonName+"答复；需要由您答复的，请先点“改由我答复”。")
	}
	return nil
}

// settleDispute ends the waiting dispute of a finding that moved on.
func (s *Service) settleDispute(ctx context.Context, tx *db.Tx, f Finding, verdict, why string) error {
	actor, _ := audit.ActorFrom(ctx)
	d, err := db.One(ctx, tx, scanObjection, objectionSelect+` WHERE d.finding_id = $1 AND d.verdict = ''`, f.ID)
	if db.None(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE finding_dispute SET verdict = $2, answer = $3, answered_by = $4, answered_at = $5 WHERE id = $1`, d.ID, verdict, abridge.Cut(why, 500), actor.Name, tx.Now()); err != nil {
		return err
	}
	move := ruleMove{waiting: -1}
	switch verdict {
	case ItIsFalse:
		move.wrong = 1
	case ItIsTrue:
		move.upheld = 1
	}
	if err := counted(ctx, tx, f.Check, move); err != nil {
		return err
	}
	if s.desk == nil {
		return nil
	}
	if _, err := s.desk.Obligations.Discharge(ctx, tx, DisputeKind.ID, f.disputeSubject(), VerdictNames[verdict]+"，"+actor.Name); err != nil {
		return err
	}
	_, err = notify.Send(ctx, tx, notify.Message{Key: "dispute:" + d.ID + ":" + verdict, Unit: string(f.Unit), Title: "误报申辩已答复：" + VerdictNames[verdict], Body: f.Says + "答复：" + why, Link: f.Link()})
	return err
}

// RuleEdition is the edition of a check, by which a false alarm is remembered.
func RuleEdition(checkID string) string { return check.RuleEdition(checkID) }

// byWords are the families whose pattern is the wrong words themselves: words that
// are right once are right on every page. A serious word is not among them: its
// list took two persons, and one quotation of it excuses no other.
func byWords(checkID string) bool {
	family, _, _ := strings.Cut(checkID, ".")
	return family == "wording"
}

// lasting reports whether a check judges what stands on a page, which is the same
// until somebody changes it. All others judge a state: that it was told wrongly
// once says nothing of what becomes of it.
func lasting(checkID string) bool {
	switch family, _, _ := strings.Cut(checkID, "."); family {
	case "wording", "sensitive", "content", "privacy", "attachment", "concealed", "source", "tags", "item", "design", "accessible", "guide":
		return true
	}
	return false
}

// casesOf are those of a finding: of each page it names where it is about pages.
func casesOf(f Finding) (out []string) {
	for _, page := range append([]string{f.URL}, f.Also...) {
		if c := engine.CaseOf(f.Check, f.Says, f.Where, page, f.SHA256); !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}

// remember keeps a confirmed false alarm. Of an account the case is kept with it: an
// account that was silent on good grounds once may fall silent again on none.
func (s *Service) remember(ctx context.Context, tx *db.Tx, f Finding) error {
	cases := casesOf(f)
	if byWords(f.Check) || f.Account != "" {
		cases = []string{f.Wrong}
	} else if engine.OneCase(f.Check) {
		more, err := placesOf(ctx, tx, f)
		if err != nil {
			return err
		}
		for _, c := range more {
			if !slices.Contains(cases, c) {
				cases = append(cases, c)
			}
		}
	}
	for _, wrong := range cases {
		if err := s.rememberCase(ctx, tx, f, wrong); err != nil {
			return err
		}
	}
	return nil
}

// placesOf are the cases of the other places that a finding named: who answers it saw
// them all.
func placesOf(ctx context.Context, q db.Querier, f Finding) (out []string, err error) {
	proofs, err := db.All(ctx, q, scanProof, proofSelect+` WHERE finding_id = $1 ORDER BY at, id`, f.ID)
	if err != nil {
		return nil, err
	}
	for _, p := range proofs {
		for _, b := range p.Beside {
			if b.As == engine.AsPlace {
				out = append(out, engine.CaseOf(f.Check, f.Says, b.Says, f.URL, f.SHA256))
			}
		}
	}
	return out, nil
}

func (s *Service) rememberCase(ctx context.Context, tx *db.Tx, f Finding, wrong string) error {
	_, err := tx.Exec(ctx, `INSERT INTO finding_false (id, site_id, account_id, check_id, edition, fingerprint, wrong, finding_id, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		ulid.Make().String(), db.Null(f.Site), db.Null(f.Account), f.Check, RuleEdition(f.Check), f.Fingerprint, wrong, f.ID, tx.Now())
	return err
}

// forget ends what is remembered of states of a site that the run found in order:
// what is seen there from now on is another fact. It returns how many.
func (s *Service) forget(ctx context.Context, tx *db.Tx, site registry.SiteID, rep *engine.Report) (int64, error) {
	list, err := db.All(ctx, tx, scanFinding, findingSelect+` WHERE f.site_id = $1 AND f.id IN (SELECT finding_id FROM finding_false WHERE site_id = $1)`, site)
	if err != nil {
		return 0, err
	}
	seen := map[string]bool{}
	for _, sg := range rep.Findings {
		seen[sg.Fingerprint()] = true
	}
	var n int64
	for _, f := range list {
		if lasting(f.Check) || seen[f.Fingerprint] || len(rep.Unlooked(f.spot())) > 0 {
			continue
		}
		k, err := tx.Exec(ctx, `DELETE FROM finding_false WHERE finding_id = $1`, f.ID)
		if err != nil {
			return n, err
		}
		n += k
	}
	return n, nil
}

// errRemembered says that a sighting was confirmed false on this site or account
// before.
var errRemembered = errors.New("inspection: confirmed false before")

// remembered reports whether the same sighting, or the same words, were
// confirmed false on the site or account under the present edition of the rule; a
// state, not longer ago than the province holds such an answer good.
func (s *Service) remembered(ctx context.Context, tx *db.Tx, of subject, sg engine.Sighting, fp string) (bool, error) {
	if of.account != "" {
		cases, err := s.falseAlarms(ctx, tx, of.account)
		return slices.Contains(cases[sg.Check], sg.Wrong), err
	}
	wrong, same := "", `fingerprint = $4 AND $5 = ''`
	switch {
	case byWords(sg.Check):
		wrong, same = sg.Wrong, `fingerprint = $4 OR wrong = $5 AND wrong <> ''`
	case engine.OneCase(sg.Check):
		wrong, same = engine.CaseOf(sg.Check, sg.Says, sg.Where, sg.URL, sg.Evidence.SHA256), `fingerprint = $4 AND wrong = $5`
	}
	since := time.Unix(0, 0)
	if !lasting(sg.Check) {
		since = tx.Now().AddDate(0, 0, -s.set.Province().FalseAlarmDays)
	}
	n, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM finding_false WHERE site_id = $1 AND check_id = $2 AND edition = $3 AND at >= $6 AND (`+same+`)`, of.site, sg.Check, RuleEdition(sg.Check), fp, wrong, since)
	return n > 0, err
}

// acquitted are the cases of a site that were confirmed false under the present
// editions of the rules, as Options.Acquitted has them.
func (s *Service) acquitted(ctx context.Context, site registry.SiteID) (map[string]bool, error) {
	type alarm struct{ check, edition, fingerprint, wrong string }
	list, err := db.All(ctx, s.db, func(r db.Scanner) (alarm, error) {
		var a alarm
		return a, r.Scan(&a.check, &a.edition, &a.fingerprint, &a.wrong)
	}, `SELECT check_id, edition, fingerprint, wrong FROM finding_false WHERE site_id = $1 AND wrong <> ''`, site)
	out := map[string]bool{}
	for _, a := range list {
		if engine.OneCase(a.check) && a.edition == RuleEdition(a.check) {
			out[engine.Acquittal(a.fingerprint, a.wrong)] = true
		}
	}
	return out, err
}

// FalseAlarms are the cases of an account in scope that were confirmed false under
// the present editions of the rules, by check.
func (s *Service) FalseAlarms(ctx context.Context, q db.Querier, scope authz.Scope, id registry.AccountID) (map[string][]string, error) {
	if _, err := s.registry.Account(ctx, q, scope, id); err != nil {
		return nil, err
	}
	return s.falseAlarms(ctx, q, id)
}

func (s *Service) falseAlarms(ctx context.Context, q db.Querier, id registry.AccountID) (map[string][]string, error) {
	type alarm struct{ check, edition, wrong string }
	list, err := db.All(ctx, q, func(r db.Scanner) (alarm, error) {
		var a alarm
		return a, r.Scan(&a.check, &a.edition, &a.wrong)
	}, `SELECT check_id, edition, wrong FROM finding_false WHERE account_id = $1`, id)
	out := map[string][]string{}
	for _, a := range list {
		if a.edition == RuleEdition(a.check) {
			out[a.check] = append(out[a.check], a.wrong)
		}
	}
	return out, err
}

// Reorganise is inspection's part in a reorganisation: a dispute that waits and a
// plan that has not ended go to who follows the office; answered and ended ones
// stay as they are.
func Reorganise() org.Module {
	return org.Carries("inspection", org.Owned{Table: "finding_dispute", Kind: "finding_dispute", Noun: "待答复的误报申辩", Name: "reason", Link: "'/console/findings/' || finding_id", Where: `verdict = ''`},
		org.Owned{Table: "patrol_plan", Kind: "patrol_plan", Noun: "巡检计划", Name: "name", Link: "'/console/inspection/plans/' || id", Where: `state <> 'ended'`})
}
