package assessment

import (
	"context"
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
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/notify"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
)

// ConfirmObligation is the clock of the office where no machine can look again.
var ConfirmObligation = obligation.Kind{ID: "order_confirm", Name: "确认整改", Clause: "S30.1", Citation: citation,
	Says: "对不能自动复测的问题，由答复人以外的人员核实是否整改到位", Remind: []int{0}, Escalate: 2, Minutes: 10}

// Confirmation is a person's word on one finding or point of an order.
type Confirmation struct {
	Object  string // of a finding or point
	Mended  bool
	Reason  string
	Person  string
	At      time.Time
	round   int
	person  string
	verdict string
}

// signatures is how many different persons settle a finding by their word: a
// serious one needs two.
func signatures(v check.Severity) int {
	if v == check.Serious {
		return 2
	}
	return 1
}

// AskConfirm puts an answered order before a person of the office: what stands
// in it no machine can judge.
func (s *Service) AskConfirm(ctx context.Context, scope authz.Scope, id OrderID) (o Order, err error) {
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		if o, err = s.OrderTx(ctx, tx, scope, id); err != nil {
			return err
		}
		switch {
		case o.State == OrderClosed:
			return fault.Newf(fault.Conflict, "整改通知 %s 已办结。", o.Number)
		case o.State != OrderAnswered:
			return fault.New(fault.Refused, "还没有答复整改情况，请先答复并附证明材料，再申请人工确认。").On("says", "请先答复")
		case !o.ConfirmAskedAt.IsZero():
			return fault.Newf(fault.Conflict, "已于%s申请人工确认，请等待核实。", calendar.DateOf(o.ConfirmAskedAt).Chinese())
		}
		standing, _, out, err := s.standing(ctx, tx, id)
		if err != nil {
			return err
		}
		if len(out) > 0 {
			return fault.Newf(fault.Refused, "还有%d个问题已交给外网巡检机复测，请等结果带回后再申请人工确认；%s", len(out), out[0].Waits())
		}
		if standing > 0 {
			return fault.Newf(fault.Refused, "还有%d个问题最近一次复测仍未改正，请改正并复测后再申请人工确认。", standing)
		}
		if err := s.askConfirm(ctx, tx, o); err != nil {
			return err
		}
		o, err = s.OrderTx(ctx, tx, scope, id)
		return err
	})
	return o, err
}

// office is who looks after an order: its issuer, else the unit's supervisor.
func (s *Service) office(ctx context.Context, q db.Querier, o Order) (org.Unit, error) {
	if o.IssuerUnit != "" {
		return s.org.UnitTx(ctx, q, systemScope(), o.IssuerUnit)
	}
	u, err := s.org.UnitTx(ctx, q, systemScope(), o.Unit)
	if err != nil {
		return org.Unit{}, err
	}
	office, _, err := s.org.SupervisorsOf(ctx, q, u, u.Governs())
	if err == nil && office.ID == "" {
		office = u
	}
	return office, err
}

func (s *Service) askConfirm(ctx context.Context, tx *db.Tx, o Order) error {
	if _, err := tx.Exec(ctx, `UPDATE rectify_order SET confirm_asked_at = $2 WHERE id = $1`, o.ID, tx.Now()); err != nil {
		return err
	}
	office, err := s.office(ctx, tx, o)
	if err != nil {
		return err
	}
	length := calendar.WorkingDays(s.settings().OrderConfirmWorkdays)
	today := calendar.DateOf(tx.Now())
	if err := s.obligations.Open(ctx, tx, obligation.Debt{Kind: ConfirmObligation.ID, Unit: office.ID, Subject: o.subject(), Link: o.Link(), Due: length.From(today, s.days), From: today, Length: length}); err != nil {
		return err
	}
	if _, err := notify.Send(ctx, tx, notify.Message{Key: fmt.Sprintf("order:%s:confirm:%d", o.ID, tx.Now().UnixMilli()), Unit: string(office.ID), Link: o.Link(),
		Title: "请确认整改：" + o.Number + " " + o.SiteName, Body: fmt.Sprintf("%s已答复，有%d个问题不能自动复测，请核实。", o.UnitName, o.Standing)}); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "assessment.order.ask_confirm", Basis: citation, Target: o.Target()})
}

// confirmed takes an order back from the office.
func (s *Service) confirmed(ctx context.Context, tx *db.Tx, o Order, evidence string) error {
	if _, err := tx.Exec(ctx, `UPDATE rectify_order SET confirm_asked_at = NULL WHERE id = $1`, o.ID); err != nil {
		return err
	}
	_, err := s.obligations.Discharge(ctx, tx, ConfirmObligation.ID, o.subject(), evidence)
	return err
}

// Accept is Attest of what has been put right.
func (s *Service) Accept(ctx context.Context, scope authz.Scope, id OrderID, finding inspection.FindingID, reason string) (Order, error) {
	return s.Attest(ctx, scope, id, string(finding), true, reason)
}

// Attest is a person's word on a finding or point that no machine can look at
// again: somebody other than who answered, for a serious one two persons. Not
// mended puts the order back to the unit. The finding itself stays as inspection
// has it, unless a person found it: then the person closes it.
func (s *Service) Attest(ctx context.Context, scope authz.Scope, id OrderID, object string, mended bool, reason string) (o Order, err error) {
	reason = strings.TrimSpace(reason)
	if n := len([]rune(reason)); n < 4 || n > 500 {
		return Order{}, fault.New(fault.Invalid, "人工确认需要写明核实情况（4至500字）。").On("reason", "请写明怎样核实、看到什么")
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		actor, ok := audit.ActorFrom(ctx)
		if !ok {
			return audit.ErrNoActor
		}
		if o, err = s.OrderTx(ctx, tx, scope, id); err != nil {
			return err
		}
		if o.State == OrderClosed {
			return fault.Newf(fault.Conflict, "整改通知 %s 已办结，请刷新后查看。", o.Number)
		}
		subject, err := s.unsettled(ctx, tx, id, object)
		if err != nil {
			return err
		}
		answered, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM order_answer WHERE order_id = $1 AND person_id = $2`, id, actor.ID)
		if err != nil {
			return err
		}
		if answered > 0 {
			return fault.New(fault.Refused, "您答复过本通知的整改情况，不能再由您确认，请由其他人员核实。").Because(fault.Reason{ID: "S30.1.independent", Citation: citation, Says: "整改情况由答复人以外的人员核实确认。"})
		}
		// A supervising office mends its own portal under the next office up
		// (readings 1): nobody of it vouches for the mending.
		office, err := s.office(ctx, tx, o)
		if err != nil {
			return err
		}
		if actor.Unit == string(o.Unit) && office.ID != o.Unit {
			return fault.Newf(fault.Refused, "这份整改通知由“%s”下发，整改情况由下发单位核实，本单位人员不能确认。", office.Name).Because(fault.Reason{ID: "S30.1.independent", Citation: citation, Says: "整改情况由答复人以外的人员核实确认。"})
		}
		verdict := "mended"
		if !mended {
			verdict = "standing"
		}
		if mended && subject.standing {
			return fault.New(fault.Refused, "这个问题最近一次复测仍未改正，不能人工确认；如果复测有误，请由主办单位报误报。")
		}
		given, err := s.wordsOn(ctx, tx, id)
		if err != nil {
			return err
		}
		var names []string
		for _, c := range given {
			if c.Object != object || c.round != o.Reopenings || c.verdict != "mended" || c.At.Before(o.FailedAt) {
				continue
			}
			if c.person == actor.ID && mended {
				return fault.Newf(fault.Conflict, "您已经确认过这个问题；严重问题须由%d人分别确认，请由另一人核实。", signatures(subject.severity))
			}
			names = append(names, c.Person)
		}
		if _, err := tx.Exec(ctx, `INSERT INTO order_confirmation (id, order_id, object_id, round, verdict, reason, person_id, person_name, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			ulid.Make().String(), id, object, o.Reopenings, verdict, reason, actor.ID, actor.Name, tx.Now()); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, audit.Entry{Act: "assessment.order." + verdict, Basis: citation, Target: o.Target(), After: map[string]any{"finding": object, "reason": reason}}); err != nil {
			return err
		}
		if !mended {
			if _, err := tx.Exec(ctx, `UPDATE rectify_order SET failed_at = $2 WHERE id = $1`, id, tx.Now()); err != nil {
				return err
			}
			if _, err := notify.Send(ctx, tx, notify.Message{Key: fmt.Sprintf("order:%s:standing:%d", o.ID, tx.Now().UnixMilli()), Unit: string(o.Unit), Link: o.Link(), Urgent: true,
				Title: "核实未通过：" + o.Number + " " + o.SiteName, Body: abridge.Text(reason, 200)}); err != nil {
				return err
			}
			if err := s.confirmed(ctx, tx, o, actor.Name+"核实未通过"); err != nil {
				return err
			}
			o, err = s.OrderTx(ctx, tx, systemScope(), id)
			return err
		}
		names = append(names, actor.Name)
		if len(names) < signatures(subject.severity) {
			o, err = s.OrderTx(ctx, tx, systemScope(), id)
			return err
		}
		if err := subject.settle(ctx, tx, strings.Join(names, "、"), reason); err != nil {
			return err
		}
		o, err = s.settle(ctx, tx, id, "人工确认："+reason)
		return err
	})
	return o, err
}

// unsettledSubject is a finding or point of an order that still stands.
type unsettledSubject struct {
	severity check.Severity
	standing bool // the last look saw it
	settle   func(ctx context.Context, tx *db.Tx, by, reason string) error
}

func (s *Service) unsettled(ctx context.Context, tx *db.Tx, id OrderID, object string) (out unsettledSubject, err error) {
	gone := fault.New(fault.Conflict, "这个问题不在本整改通知中，或已经改正、确认，请刷新后查看。")
	findings, err := s.findingsOf(ctx, tx, id)
	if err != nil {
		return out, err
	}
	if i := slices.IndexFunc(findings, func(f OrderFinding) bool { return string(f.ID) == object }); i >= 0 {
		f := findings[i]
		if f.Settled() {
			return out, gone
		}
		out.severity, out.standing = f.Severity, f.After.Outcome == engine.Standing && !ByPerson(f.Check)
		out.settle = func(ctx context.Context, tx *db.Tx, by, reason string) error {
			if _, err := tx.Exec(ctx, `UPDATE order_finding SET confirmed_at = $3, confirmed_by = $4, reason = $5 WHERE order_id = $1 AND finding_id = $2`, id, f.ID, tx.Now(), by, reason); err != nil {
				return err
			}
			if !ByPerson(f.Check) {
				return nil
			}
			return s.inspection.CloseSeen(ctx, tx, systemScope(), f.ID, by+"核实已改正："+reason)
		}
		return out, nil
	}
	points, err := s.pointsOf(ctx, tx, id)
	if err != nil {
		return out, err
	}
	i := slices.IndexFunc(points, func(p Point) bool { return string(p.ID) == object })
	if i < 0 || !points[i].SettledAt.IsZero() {
		return out, gone
	}
	p := points[i]
	out.severity, out.standing = p.Severity, p.Outcome == engine.Standing && !p.Manual()
	out.settle = func(ctx context.Context, tx *db.Tx, by, reason string) error {
		_, err := s.lookedAt(ctx, tx, p, engine.Gone, reason, by)
		return err
	}
	return out, nil
}

func (s *Service) wordsOn(ctx context.Context, q db.Querier, id OrderID) ([]Confirmation, error) {
	return db.All(ctx, q, func(r db.Scanner) (Confirmation, error) {
		var c Confirmation
		err := r.Scan(&c.Object, &c.round, &c.verdict, &c.Reason, &c.person, &c.Person, &c.At)
		c.Mended = c.verdict == "mended"
		return c, err
	}, `SELECT object_id, round, verdict, reason, person_id, person_name, at FROM order_confirmation WHERE order_id = $1 ORDER BY at, id`, id)
}

// follow fills what an order has beside its findings, answers and history.
func (s *Service) follow(ctx context.Context, q db.Querier, d *Dossier) (err error) {
	if d.History, err = OrderMachine.History(ctx, q, string(d.ID)); err != nil {
		return err
	}
	if d.Points, err = s.pointsOf(ctx, q, d.ID); err != nil {
		return err
	}
	if d.Readings, err = db.All(ctx, q, func(r db.Scanner) (Reading, error) {
		var x Reading
		return x, r.Scan(&x.Person, &x.Unit, &x.At)
	}, `SELECT person_name, unit_name, at FROM order_reading WHERE order_id = $1 ORDER BY at, person_id`, d.ID); err != nil {
		return err
	}
	if d.Extensions, err = s.extensions(ctx, q, d.ID); err != nil {
		return err
	}
	if d.Confirmations, err = s.wordsOn(ctx, q, d.ID); err != nil {
		return err
	}
	if d.Urgings, err = db.All(ctx, q, func(r db.Scanner) (Urging, error) {
		var x Urging
		return x, r.Scan(&x.Person, &x.At)
	}, `SELECT person_name, at FROM order_urging WHERE order_id = $1 ORDER BY at`, d.ID); err != nil {
		return err
	}
	d.Supervisions, err = s.supervisions(ctx, q, d.ID)
	return err
}
