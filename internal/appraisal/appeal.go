package appraisal

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/abridge"
	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/notify"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/rules/packs"
)

// Appeal is a unit's objection to one line of its result.
type Appeal struct {
	ID         string
	Round      string
	Object     string
	ObjectName string // joined
	Unit       org.UnitID
	UnitName   string // joined
	Indicator  string
	Reason     string
	State      string
	PersonID   string
	PersonName string
	At         time.Time
	Answer     string
	AnsweredID string
	AnsweredBy string
	AnsweredAt time.Time
	Files      []approval.Attachment
}

// StateName is the state in Chinese.
func (a Appeal) StateName() string { return AppealMachine.Name(a.State) }

func (a Appeal) subject() obligation.Subject {
	return obligation.Subject{Kind: "appraisal_appeal", ID: a.ID, Name: a.ObjectName}
}

const appealSelect = `
	SELECT p.id, p.round_id, p.object_id, o.name, p.unit_id, v.name, p.indicator, p.reason, p.state, p.person_id, p.person_name, p.at, p.answer, p.answered_id, p.answered_by, p.answered_at
	  FROM appraisal_appeal p JOIN appraisal_object o ON o.id = p.object_id JOIN unit v ON v.id = p.unit_id`

func scanAppeal(r db.Scanner) (Appeal, error) {
	var a Appeal
	err := r.Scan(&a.ID, &a.Round, &a.Object, &a.ObjectName, &a.Unit, &a.UnitName, &a.Indicator, &a.Reason, &a.State, &a.PersonID, &a.PersonName, &a.At, &a.Answer, &a.AnsweredID, &a.AnsweredBy, &a.AnsweredAt)
	return a, err
}

// Appeals of a round in scope, those without an answer first, and how many
// there are.
func (s *Service) Appeals(ctx context.Context, scope authz.Scope, id string, limit, offset int) ([]Appeal, int, error) {
	if _, err := s.round(ctx, s.DB, scope, id); err != nil {
		return nil, 0, err
	}
	total, err := db.One(ctx, s.DB, db.Value[int], `SELECT count(*) FROM appraisal_appeal WHERE round_id = $1`, id)
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, s.DB, scanAppeal, appealSelect+` WHERE p.round_id = $1 ORDER BY CASE WHEN p.state = 'raised' THEN 0 ELSE 1 END, p.at, p.id LIMIT $2 OFFSET $3`, id, cmp.Or(limit, 50), offset)
	return list, total, err
}

// told is an object whose unit lies in the scope, of a round whose results were
// sent.
func (s *Service) told(ctx context.Context, q db.Querier, scope authz.Scope, objectID string) (Round, Object, error) {
	o, err := object(ctx, q, objectID)
	if err != nil {
		return Round{}, o, err
	}
	r, err := s.round(ctx, q, authz.System("appraisal"), o.Round)
	if err == nil && (!o.In(scope) || !r.Told() || !o.RemovedAt.IsZero()) {
		err = fault.Missing("考核结果")
	}
	return r, o, err
}

// inWindow refuses what comes after the last day. While the day is provisional
// nobody is late.
func (s *Service) inWindow(r Round, now time.Time) error {
	due := s.AppealUntil(r)
	switch {
	case r.State != Appealing:
		return fault.Newf(fault.Refused, "这一轮的申诉期到%s为止，现在是“%s”，不再受理申诉。如发现事实差错，请书面报%s，由其办理勘误。", due.On.Chinese(), r.StateName(), r.UnitName)
	case due.Missed(calendar.DateOf(now)) && !due.Provisional:
		return fault.Newf(fault.Refused, "申诉期到%s为止，已经期满，不再受理。如发现事实差错，请书面报%s，由其办理勘误。", due.On.Chinese(), r.UnitName)
	}
	return nil
}

// Raise objects to one line of a result.
func (s *Service) Raise(ctx context.Context, scope authz.Scope, objectID, indicator, reason string, files []approval.Upload) (Appeal, error) {
	reason = strings.TrimSpace(reason)
	if err := fault.ReasonFor("reason", "申诉理由", reason); err != nil {
		return Appeal{}, err
	}
	if _, _, err := s.told(ctx, s.DB, scope, objectID); err != nil {
		return Appeal{}, err
	}
	taken, err := approval.TakeAll(ctx, s.Store, files)
	if err != nil {
		return Appeal{}, err
	}
	var a Appeal
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		actor, err := audit.PersonFrom(ctx)
		if err != nil {
			return err
		}
		r, o, err := s.told(ctx, tx, scope, objectID)
		if err != nil {
			return err
		}
		if err := s.inWindow(r, tx.Now()); err != nil {
			return err
		}
		res, err := s.frozen(ctx, tx, objectID)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(res.Lines, func(l Line) bool { return l.Indicator == indicator })
		if i < 0 {
			return fault.New(fault.Invalid, "没有选择申诉的指标，请从结果的各项中选择。").On("indicator", "请选择指标")
		}
		earlier, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM appraisal_appeal WHERE object_id = $1 AND indicator = $2 AND state <> 'withdrawn'`, objectID, indicator)
		if err != nil {
			return err
		}
		if earlier > 0 {
			return fault.Newf(fault.Conflict, "“%s”已经申诉过，每项只受理一次，请查看答复。", res.Lines[i].Name).On("indicator", "这一项已经申诉过")
		}
		a = Appeal{ID: ulid.Make().String(), Round: r.ID, Object: objectID, ObjectName: o.Name, Unit: o.Unit, UnitName: o.UnitNow, Indicator: indicator, Reason: reason, PersonID: actor.ID, PersonName: actor.Name, At: tx.Now()}
		if _, a.State, err = AppealMachine.Take(ctx, tx, a.ID, "raise", passage.Note{}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO appraisal_appeal (id, round_id, object_id, unit_id, indicator, reason, state, person_id, person_name, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
			a.ID, a.Round, a.Object, a.Unit, a.Indicator, a.Reason, a.State, a.PersonID, a.PersonName, a.At); err != nil {
			return err
		}
		if err := approval.AttachAll(ctx, tx, "appraisal_appeal", a.ID, taken); err != nil {
			return err
		}
		days := s.Settings().AppealAnswerWorkdays
		from := calendar.DateOf(tx.Now())
		if err := s.Obligations.Open(ctx, tx, obligation.Debt{Kind: AppealDue.ID, Unit: r.Unit, Subject: a.subject(), Link: r.Link() + "/appeals", Due: s.Days.Add(from, days), From: from, Length: calendar.WorkingDays(days)}); err != nil {
			return err
		}
		if _, err := notify.Send(ctx, tx, notify.Message{Key: "appraisal:appeal:" + a.ID, Unit: string(r.Unit), Title: o.Name + "对考核结果提出申诉", Body: res.Lines[i].Name + "：" + abridge.Text(reason, 80), Link: r.Link() + "/appeals"}); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "appraisal.appeal.raise", Target: o.Target(), Basis: citation30, After: map[string]any{"round": r.Number, "indicator": indicator, "reason": reason, "files": len(taken)}})
	})
	return a, err
}

// TakeBack withdraws an appeal that nobody has answered.
func (s *Service) TakeBack(ctx context.Context, scope authz.Scope, id string) error {
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		a, err := db.One(ctx, tx, scanAppeal, appealSelect+` WHERE p.id = $1`, id)
		if db.None(err) {
			return fault.Missing("申诉")
		}
		if err != nil {
			return err
		}
		_, o, err := s.told(ctx, tx, scope, a.Object)
		if err != nil {
			return fault.Missing("申诉")
		}
		if _, _, err = AppealMachine.Take(ctx, tx, id, "withdraw", passage.Note{}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE appraisal_appeal SET state = 'withdrawn' WHERE id = $1`, id); err != nil {
			return err
		}
		if _, err := s.Obligations.Annul(ctx, tx, AppealDue.ID, a.subject(), "单位撤回申诉"); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "appraisal.appeal.withdraw", Target: o.Target(), Basis: citation30, After: map[string]any{"indicator": a.Indicator}})
	})
}

// Accept says that the unit has nothing to object to one result.
func (s *Service) Accept(ctx context.Context, scope authz.Scope, objectID string) error {
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		actor, err := audit.PersonFrom(ctx)
		if err != nil {
			return err
		}
		r, o, err := s.told(ctx, tx, scope, objectID)
		if err != nil {
			return err
		}
		if r.State != Appealing {
			return fault.Newf(fault.Conflict, "这一轮现在是“%s”，不需要再确认。", r.StateName())
		}
		n, err := tx.Exec(ctx, `UPDATE appraisal_object SET accepted_at = $2, accepted_by = $3 WHERE id = $1 AND accepted_at IS NULL`, objectID, tx.Now(), actor.Name)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "结果已经确认过，不需要再确认。")
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "appraisal.result.accept", Target: o.Target(), Basis: citation30, After: map[string]any{"round": r.Number}})
	})
}

// Answering is the answer to an appeal: upheld, with what the line comes to, or
// rejected.
type Answering struct {
	Upheld bool
	Says   string
	Entry  // what the line comes to when upheld
}

// Answer answers an appeal; whoever judged the object, ruled on the line or
// raised the appeal does not answer it. What is upheld moves the standing by a
// record; the frozen row stays as it is.
func (s *Service) Answer(ctx context.Context, scope authz.Scope, id string, n Answering) error {
	n.Says = strings.TrimSpace(n.Says)
	if err := fault.ReasonFor("says", "答复意见", n.Says); err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		actor, err := audit.PersonFrom(ctx)
		if err != nil {
			return err
		}
		a, err := db.One(ctx, tx, scanAppeal, appealSelect+` WHERE p.id = $1`, id)
		if db.None(err) {
			return fault.Missing("申诉")
		}
		if err != nil {
			return err
		}
		r, o, err := s.ofRound(ctx, tx, scope, a.Round, a.Object)
		if err != nil {
			return fault.Missing("申诉")
		}
		judges, err := s.judgesOf(ctx, tx, r.ID, a.Object)
		if err != nil {
			return err
		}
		switch {
		case slices.Contains(judges, actor.ID):
			return fault.New(fault.Refused, "您参加过这个对象的评判或裁定，不能答复它的申诉，请由没有参加评判的人员答复。")
		case actor.ID == a.PersonID:
			return fault.New(fault.Refused, "不能答复自己提出的申诉，请由其他人员答复。")
		}
		act := "reject"
		if n.Upheld {
			act = "uphold"
		}
		if _, a.State, err = AppealMachine.Take(ctx, tx, id, act, passage.Note{Says: n.Says}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE appraisal_appeal SET state = $2, answer = $3, answered_id = $4, answered_by = $5, answered_at = $6 WHERE id = $1`, id, a.State, n.Says, actor.ID, actor.Name, tx.Now()); err != nil {
			return err
		}
		after := map[string]any{"round": r.Number, "indicator": a.Indicator, "verdict": a.State, "says": n.Says}
		if n.Upheld {
			n.Indicator = a.Indicator
			c := Correction{ID: ulid.Make().String(), Round: r.ID, Object: o.ID, Appeal: id, Entry: n.Entry, Reason: n.Says, ProposedID: a.PersonID, ProposedBy: a.PersonName, ProposedAt: a.At}
			if err := s.settle(ctx, tx, r, o, &c, actor); err != nil {
				return err
			}
			after["was"], after["becomes"] = c.Was, c.Becomes
		}
		if _, err := s.Obligations.Discharge(ctx, tx, AppealDue.ID, a.subject(), AppealMachine.Name(a.State)+"，"+actor.Name); err != nil {
			return err
		}
		if _, err := notify.Send(ctx, tx, notify.Message{Key: "appraisal:answer:" + id, Unit: string(a.Unit), Title: o.Name + "的申诉" + AppealMachine.Name(a.State), Body: abridge.Text(n.Says, 100), Link: o.Link()}); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "appraisal.appeal." + act, Target: o.Target(), Basis: citation30, After: after})
	})
}

// judgesOf are who judged or ruled on an object.
func (s *Service) judgesOf(ctx context.Context, q db.Querier, round, object string) ([]string, error) {
	list, err := db.All(ctx, q, db.Value[string], `SELECT judge_id FROM appraisal_sheet WHERE object_id = $1`, object)
	if err != nil {
		return nil, err
	}
	heads, err := db.All(ctx, q, db.Value[string], `SELECT head_id FROM appraisal_ruling WHERE object_id = $1 AND round_id = $2`, object, round)
	return append(list, heads...), err
}

// Correction is a record by which a decided result differs from the frozen one.
type Correction struct {
	ID     string
	Round  string
	Object string
	Appeal string // empty: an erratum
	Entry
	Reason      string
	State       string // proposed, stands, refused
	Was         Standing
	Becomes     Standing
	ProposedID  string
	ProposedBy  string
	ProposedAt  time.Time
	ConfirmedID string
	ConfirmedBy string
	ConfirmedAt time.Time
	Seq         int
	ObjectName  string // joined
}

// KindName says what kind of correction it is.
func (c Correction) KindName() string {
	if c.Appeal != "" {
		return "申诉裁定"
	}
	return "勘误"
}

// StateName is the state in Chinese.
func (c Correction) StateName() string {
	return map[string]string{"proposed": "待第二人确认", "stands": "已生效", "refused": "未通过"}[c.State]
}

func (c Correction) observation(i packs.Indicator) packs.Observation {
	return Mark{Outcome: c.Outcome, Hits: c.Hits, Whole: c.Whole, Earned: c.Earned}.observation(i)
}

const correctionSelect = `
	SELECT c.id, c.round_id, c.object_id, c.appeal_id, c.indicator, c.outcome, c.hits, c.whole, c.earned, c.reason, c.state, c.was, c.becomes, c.proposed_id, c.proposed_by, c.proposed_at, c.confirmed_id, c.confirmed_by, c.confirmed_at, c.seq, o.name
	  FROM appraisal_correction c JOIN appraisal_object o ON o.id = c.object_id`

func scanCorrection(r db.Scanner) (Correction, error) {
	var c Correction
	var was, becomes string
	err := r.Scan(&c.ID, &c.Round, &c.Object, &c.Appeal, &c.Indicator, &c.Outcome, &c.Hits, &c.Whole, &c.Earned, &c.Reason, &c.State, &was, &becomes, &c.ProposedID, &c.ProposedBy, &c.ProposedAt, &c.ConfirmedID, &c.ConfirmedBy, &c.ConfirmedAt, &c.Seq, &c.ObjectName)
	if err == nil && was != "" {
		err = json.Unmarshal([]byte(was), &c.Was)
	}
	if err == nil && becomes != "" {
		err = json.Unmarshal([]byte(becomes), &c.Becomes)
	}
	return c, err
}

// standingCorrections are those in force, by object, in their order.
func (s *Service) standingCorrections(ctx context.Context, q db.Querier, round string) (map[string][]Correction, error) {
	list, err := db.All(ctx, q, scanCorrection, correctionSelect+` WHERE c.round_id = $1 AND c.state = 'stands' ORDER BY c.object_id, c.seq`, round)
	out := map[string][]Correction{}
	for _, c := range list {
		out[c.Object] = append(out[c.Object], c)
	}
	return out, err
}

// frozen is the frozen result of an object.
func (s *Service) frozen(ctx context.Context, q db.Querier, object string) (Result, error) {
	var res Result
	text, err := db.One(ctx, q, db.Value[string], `SELECT result FROM appraisal_result WHERE object_id = $1`, object)
	if db.None(err) {
		return res, fault.New(fault.Conflict, "这个对象还没有冻结的结果。")
	}
	if err == nil {
		err = json.Unmarshal([]byte(text), &res)
	}
	return res, err
}

// settle puts a correction in force: what stands is worked out from the frozen
// facts and all corrections in their order.
func (s *Service) settle(ctx context.Context, tx *db.Tx, r Round, o Object, c *Correction, by audit.Actor) error {
	pack, err := r.Pack()
	if err != nil {
		return err
	}
	var f Facts
	text, err := db.One(ctx, tx, db.Value[string], `SELECT facts FROM appraisal_result WHERE object_id = $1`, o.ID)
	if err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(text), &f); err != nil {
		return err
	}
	if err := c.fits(pack, f.Class); err != nil {
		return err
	}
	all, err := s.standingCorrections(ctx, tx, r.ID)
	if err != nil {
		return err
	}
	before := all[o.ID]
	c.Seq = len(before) + 1
	c.Was = Evaluate(pack, r.Adopted(), f, before).Standing()
	if c.Was != o.Standing {
		return fault.Newf(fault.Refused, "%s的现行结果与冻结的事实和更正记录不符，可能被人手工改动，请先在“重算核对”中查明。", o.Name)
	}
	c.Becomes = Evaluate(pack, r.Adopted(), f, append(slices.Clone(before), *c)).Standing()
	was, err := encode(c.Was)
	if err != nil {
		return err
	}
	becomes, err := encode(c.Becomes)
	if err != nil {
		return err
	}
	c.State, c.ConfirmedID, c.ConfirmedBy, c.ConfirmedAt = "stands", by.ID, by.Name, tx.Now()
	if _, err := tx.Exec(ctx, `INSERT INTO appraisal_correction (id, round_id, object_id, appeal_id, indicator, outcome, hits, whole, earned, reason, state, was, becomes, proposed_id, proposed_by, proposed_at, confirmed_id, confirmed_by, confirmed_at, seq)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
		ON CONFLICT (id) DO UPDATE SET state = excluded.state, was = excluded.was, becomes = excluded.becomes, confirmed_id = excluded.confirmed_id, confirmed_by = excluded.confirmed_by, confirmed_at = excluded.confirmed_at, seq = excluded.seq`,
		c.ID, c.Round, c.Object, c.Appeal, c.Indicator, string(c.Outcome), c.Hits, c.Whole, int64(c.Earned), c.Reason, c.State, was, becomes, c.ProposedID, c.ProposedBy, c.ProposedAt, c.ConfirmedID, c.ConfirmedBy, c.ConfirmedAt, c.Seq); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE appraisal_object SET verdict = $2, scored = $3, points = $4 WHERE id = $1`, o.ID, string(c.Becomes.Verdict), c.Becomes.Scored, int64(c.Becomes.Points))
	return err
}

// fits holds a correction to the pack.
func (c Correction) fits(p packs.Pack, class packs.Class) error {
	i, ok := p.Indicator(c.Indicator)
	var f fault.Fields
	f.Check(ok && i.Applies(class), "indicator", "这一项不在本轮的指标包中，请从结果的各项中选择")
	f.Check(c.Outcome == packs.Kept || c.Outcome == packs.Violated || c.Outcome == packs.Untested, "outcome", "没有选择更正为什么，请选择")
	if i.Kind == packs.Deduct && c.Outcome == packs.Violated && !c.Whole {
		f.Check(c.Hits >= 1 && c.Hits <= maxHits, "hits", "仍有问题的，请填写处数（1 至 1000）或选择整项缺失")
	}
	f.Check(c.Earned >= 0 && c.Earned <= i.Points.N, "earned", "加分不能超过这一项的分值")
	return f.Err()
}

// Propose begins an erratum of a published result: the first of two persons.
func (s *Service) Propose(ctx context.Context, scope authz.Scope, id, objectID string, e Entry, reason string) (Correction, error) {
	reason = strings.TrimSpace(reason)
	if err := fault.ReasonFor("reason", "勘误理由", reason); err != nil {
		return Correction{}, err
	}
	var c Correction
	err := s.DB.Update(ctx, func(tx *db.Tx) error {
		actor, err := audit.PersonFrom(ctx)
		if err != nil {
			return err
		}
		r, o, err := s.ofRound(ctx, tx, scope, id, objectID)
		if err != nil {
			return err
		}
		if r.State != Published {
			return fault.Newf(fault.Conflict, "这一轮现在是“%s”，公布以后才办理勘误；公布前请通过申诉更正。", r.StateName())
		}
		p, err := r.Pack()
		if err != nil {
			return err
		}
		c = Correction{ID: ulid.Make().String(), Round: id, Object: objectID, Entry: e, Reason: reason, State: "proposed", ProposedID: actor.ID, ProposedBy: actor.Name, ProposedAt: tx.Now(), ObjectName: o.Name}
		if err := c.fits(p, o.Class); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO appraisal_correction (id, round_id, object_id, indicator, outcome, hits, whole, earned, reason, state, proposed_id, proposed_by, proposed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
			c.ID, c.Round, c.Object, c.Indicator, string(c.Outcome), c.Hits, c.Whole, int64(c.Earned), c.Reason, c.State, c.ProposedID, c.ProposedBy, c.ProposedAt); err != nil {
			if _, dup := db.UniqueViolation(err); dup {
				return fault.New(fault.Conflict, "这一项已有一件勘误待确认，请先办理。").From(err)
			}
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "appraisal.erratum.propose", Target: o.Target(), Basis: citation30, After: map[string]any{"round": r.Number, "indicator": c.Indicator, "outcome": c.Outcome, "reason": reason}})
	})
	return c, err
}

// Confirm is the second person's word on an erratum.
func (s *Service) Confirm(ctx context.Context, scope authz.Scope, id string, agree bool) (Correction, error) {
	var c Correction
	err := s.DB.Update(ctx, func(tx *db.Tx) error {
		actor, err := audit.PersonFrom(ctx)
		if err != nil {
			return err
		}
		c, err = db.One(ctx, tx, scanCorrection, correctionSelect+` WHERE c.id = $1`, id)
		if db.None(err) {
			return fault.Missing("勘误")
		}
		if err != nil {
			return err
		}
		r, o, err := s.ofRound(ctx, tx, scope, c.Round, c.Object)
		if err != nil {
			return fault.Missing("勘误")
		}
		switch {
		case c.State != "proposed":
			return fault.Newf(fault.Conflict, "这件勘误已经办理（%s），请刷新后查看。", c.StateName())
		case c.ProposedID == actor.ID:
			return fault.New(fault.Refused, "勘误须由提出人以外的第二人确认，请由其他人确认。")
		}
		act := "refuse"
		if agree {
			act = "confirm"
			if err := s.settle(ctx, tx, r, o, &c, actor); err != nil {
				return err
			}
			if !r.PublicOn.IsZero() {
				if err := s.restate(ctx, tx); err != nil {
					return err
				}
			}
			if _, err := notify.Send(ctx, tx, notify.Message{Key: "appraisal:erratum:" + id, Unit: string(o.Unit), Title: o.Name + "的考核结果已勘误", Body: c.Was.Says() + "更正为" + c.Becomes.Says() + "：" + abridge.Text(c.Reason, 80), Link: o.Link()}); err != nil {
				return err
			}
		} else {
			c.State = "refused"
			if _, err := tx.Exec(ctx, `UPDATE appraisal_correction SET state = 'refused', confirmed_id = $2, confirmed_by = $3, confirmed_at = $4 WHERE id = $1`, id, actor.ID, actor.Name, tx.Now()); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "appraisal.erratum." + act, Target: o.Target(), Basis: citation30, Before: c.Was, After: map[string]any{"round": r.Number, "indicator": c.Indicator, "becomes": c.Becomes, "state": cmp.Or(c.State, "refused")}})
	})
	return c, err
}
