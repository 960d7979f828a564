package duty

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
	"zhengshu/internal/passage"
)

// States of a swap.
const (
	Asked     = "asked"
	Agreed    = "agreed"
	Declined  = "declined"
	Withdrawn = "withdrawn"
)

// SwapMachine is what becomes of a wish to swap.
var SwapMachine = passage.Machine{Kind: "duty_swap", Noun: "换班", States: map[string]string{Asked: "待对方同意", Agreed: "已换班", Declined: "不同意", Withdrawn: "已撤回"},
	Moves: []passage.Move{
		{To: Asked, Act: "ask", Says: "申请换班", Guard: "班次还没有开始", Permit: string(authz.DutyServe)},
		{From: Asked, Act: "agree", To: Agreed, Says: "同意换班", Guard: "由被请的人答复", Permit: string(authz.DutyServe)},
		{From: Asked, Act: "decline", To: Declined, Says: "不同意换班", Permit: string(authz.DutyServe)},
		{From: Asked, Act: "withdraw", To: Withdrawn, Says: "撤回换班", Permit: string(authz.DutyServe)},
	}}

// Parts of a turn that are swapped, each by its own wish: to stand on it, and to
// lead it.
const (
	OnDuty = "duty"
	ToLead = "leader"
)

// Swap is one person's wish that another take a turn.
type Swap struct {
	Part                                string // OnDuty or ToLead
	ID, State, Reason, FromName, ToName string
	From, To                            org.PersonID
	Unit                                org.UnitID
	Shift                               Shift
	AskedAt                             time.Time
}

const swapSelect = `SELECT w.id, w.part, w.state, w.reason, w.from_id, w.from_name, w.to_id, w.to_name, w.unit_id, w.asked_at, x.id, x.roster_id, x.unit_id, x.from_at, x.until_at, x.lead_id, x.lead_name, x.second_id, x.second_name, x.leader_id, x.leader_name
	FROM duty_swap w JOIN duty_shift x ON x.id = w.shift_id`

func scanSwap(r db.Scanner) (Swap, error) {
	var w Swap
	x := &w.Shift
	err := r.Scan(&w.ID, &w.Part, &w.State, &w.Reason, &w.From, &w.FromName, &w.To, &w.ToName, &w.Unit, &w.AskedAt, &x.ID, &x.Roster, &x.Unit, &x.From, &x.Until, &x.Lead, &x.LeadName, &x.Second, &x.SecondName, &x.Leader, &x.LeaderName)
	return w, err
}

// Swaps of a unit in scope, those that wait first.
func (s *Service) Swaps(ctx context.Context, scope authz.Scope, unit org.UnitID) ([]Swap, error) {
	if _, err := s.Org.Unit(ctx, scope, unit); err != nil {
		return nil, err
	}
	return db.All(ctx, s.DB, scanSwap, swapSelect+` WHERE w.unit_id = $1 ORDER BY CASE w.state WHEN 'asked' THEN 0 ELSE 1 END, w.asked_at DESC, w.id LIMIT 20`, unit)
}

// Asking are the swaps of a unit in scope that wait for their answer, by their turn.
func (s *Service) Asking(ctx context.Context, scope authz.Scope, unit org.UnitID) ([]Swap, error) {
	if _, err := s.Org.Unit(ctx, scope, unit); err != nil {
		return nil, err
	}
	return db.All(ctx, s.DB, scanSwap, swapSelect+` WHERE w.unit_id = $1 AND w.state = 'asked' ORDER BY x.from_at, w.id`, unit)
}

// Waits says who is asked for what, and since when.
func (w Swap) Waits() string {
	does := "接这一班"
	if w.Part == ToLead {
		does = "接替带班"
	}
	return w.FromName + "请" + w.ToName + does + "，" + moment(w.AskedAt) + "起待" + w.ToName + "答复"
}

// free says why a person cannot take a turn: gone from the duty, on leave, or on
// another turn at the time; "" where nothing stands against it. Taken all the same,
// the turn would be without anybody, or one person twice.
func (s *Service) free(ctx context.Context, q db.Querier, x Shift, unit org.UnitID, person org.PersonID, name string) (string, error) {
	people, err := s.Candidates(ctx, q, authz.System("duty.swap"), unit)
	if err != nil {
		return "", err
	}
	if !slices.ContainsFunc(people, func(p org.Person) bool { return p.ID == person }) {
		return name + "已不在本单位值班人员中，换给他这一班就没有人值班", nil
	}
	for day := calendar.DateOf(x.From); day.Start().Before(x.Until); day = day.AddDays(1) {
		away, err := s.Org.Away(ctx, q, authz.System("duty.swap"), person, day)
		if err != nil {
			return "", err
		}
		if away {
			return name + "已登记" + day.Chinese() + "请假，换给他这一班就没有人值班", nil
		}
	}
	other, err := db.All(ctx, q, scanShift, shiftSelect+` WHERE id <> $1 AND from_at < $3 AND until_at > $2 AND (lead_id = $4 OR second_id = $4) ORDER BY from_at, id LIMIT 1`, x.ID, x.From, x.Until, person)
	if err != nil || len(other) == 0 {
		return "", err
	}
	return name + "在" + other[0].Span() + "已有值班，同一时间不能值两个班", nil
}

// AskSwap asks a colleague to take one's own turn, or to lead it in one's place.
func (s *Service) AskSwap(ctx context.Context, scope authz.Scope, shift string, to org.PersonID, reason string) (Swap, error) {
	session, err := who(ctx)
	if err != nil {
		return Swap{}, err
	}
	reason = strings.TrimSpace(reason)
	var w Swap
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		x, u, err := s.ShiftOf(ctx, tx, scope, shift)
		if err != nil {
			return err
		}
		var f fault.Fields
		f.Check(to != "", "to", "请选择请谁接这一班")
		f.Text("reason", "换班理由", reason, true, 200)
		if err := f.Err(); err != nil {
			return err
		}
		part := OnDuty
		if x.Leads(session.PersonID) {
			part = ToLead
		}
		switch {
		case part == OnDuty && !x.Has(session.PersonID):
			return fault.New(fault.Refused, "只能申请换自己的班；替别人调整请由编排值班表的人办理。")
		case !x.From.After(tx.Now()):
			return fault.New(fault.Refused, "班次已经开始，不能再换；请当面交接。")
		case x.Has(string(to)) || x.Leads(string(to)):
			return fault.New(fault.Invalid, "对方已在这个班次上。").On("to", "请选择另一人")
		}
		// Whoever answers must be able to: those with a part in the duty.
		people, err := s.Candidates(ctx, tx, authz.System("duty.swap"), u.ID)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(people, func(p org.Person) bool { return p.ID == to })
		if i < 0 {
			return fault.New(fault.Invalid, "没有选择接班的人。").On("to", "请从本单位值班人员中选择")
		}
		if part == OnDuty {
			why, err := s.free(ctx, tx, x, u.ID, to, people[i].Name)
			if err != nil {
				return err
			}
			if why != "" {
				return fault.New(fault.Invalid, "对方不能接这一班。").On("to", why+"，请选择另一人")
			}
		}
		w = Swap{ID: ulid.Make().String(), Part: part, Reason: reason, From: org.PersonID(session.PersonID), FromName: session.Name, To: to, ToName: people[i].Name, Unit: u.ID, Shift: x, AskedAt: tx.Now()}
		if _, w.State, err = SwapMachine.Take(ctx, tx, w.ID, "ask", passage.Note{Says: reason}); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO duty_swap (id, part, shift_id, unit_id, from_id, from_name, to_id, to_name, reason, state, asked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			w.ID, w.Part, x.ID, u.ID, w.From, w.FromName, w.To, w.ToName, reason, w.State, tx.Now())
		if _, dup := db.UniqueViolation(err); dup {
			return fault.New(fault.Conflict, "这个班次已经申请换班，正在等对方答复；要另找人请先在值班台撤回。").From(err)
		}
		if err != nil {
			return err
		}
		if _, err := notify.Send(ctx, tx, notify.Message{Key: "swap:" + w.ID, Unit: string(u.ID), Person: string(to), Title: w.FromName + w.Asks(), Body: x.Span() + "。理由：" + reason, Link: "/console/duty?unit=" + string(u.ID)}); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "duty.swap.ask", Basis: citation, Target: w.target(), After: reason})
	})
	return w, err
}

// Asks says what is asked of the other.
func (w Swap) Asks() string {
	if w.Part == ToLead {
		return "请您接替带班"
	}
	return "请您换班"
}

func (w Swap) noun() string {
	if w.Part == ToLead {
		return "带班"
	}
	return ""
}

// holds reports whether the turn is still such that the wish can be granted.
func (w Swap) holds() bool {
	if w.Shift.Has(string(w.To)) || w.Shift.Leads(string(w.To)) {
		return false
	}
	if w.Part == ToLead {
		return w.Shift.Leads(string(w.From))
	}
	return w.Shift.Has(string(w.From))
}

func (w Swap) target() audit.Target {
	return audit.Target{Kind: "duty_swap", ID: w.ID, Name: w.Shift.Span() + w.noun() + "：" + w.FromName + "换" + w.ToName, Unit: string(w.Unit)}
}

// AnswerSwap agrees, declines or, by who asked, withdraws. Agreed, the turn is
// the other's at once.
func (s *Service) AnswerSwap(ctx context.Context, scope authz.Scope, id, act string) (Swap, error) {
	session, err := who(ctx)
	if err != nil {
		return Swap{}, err
	}
	var w Swap
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		if w, err = db.One(ctx, tx, scanSwap, swapSelect+` WHERE w.id = $1`, id); db.None(err) {
			return fault.Missing("换班申请")
		}
		if err != nil {
			return err
		}
		if _, err := s.Org.UnitTx(ctx, tx, scope, w.Unit); err != nil {
			return fault.Missing("换班申请").From(err)
		}
		asker := act == "withdraw"
		switch {
		case act != "agree" && act != "decline" && !asker:
			return fault.New(fault.Invalid, "没有选择同意或不同意。").On("act", "请选择")
		case asker && string(w.From) != session.PersonID:
			return fault.New(fault.Refused, "只有申请人能撤回换班。")
		case !asker && string(w.To) != session.PersonID:
			return fault.New(fault.Refused, "换班由"+w.ToName+"答复。")
		case act == "agree" && !w.Shift.From.After(tx.Now()):
			return fault.New(fault.Refused, "班次已经开始，不能再换；请当面交接。")
		case act == "agree" && !w.holds():
			return fault.New(fault.Conflict, "值班表已经变动，这个换班不再适用；请重新申请。")
		}
		if act == "agree" && w.Part == OnDuty { // much may have come since it was asked
			why, err := s.free(ctx, tx, w.Shift, w.Unit, w.To, w.ToName)
			if err != nil {
				return err
			}
			if why != "" {
				return fault.New(fault.Refused, why+"，不能同意换班；请不同意，由"+w.FromName+"另找人。")
			}
		}
		if _, w.State, err = SwapMachine.Take(ctx, tx, id, act, passage.Note{}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE duty_swap SET state = $2, answered_at = $3 WHERE id = $1`, id, w.State, tx.Now()); err != nil {
			return err
		}
		if w.State == Agreed {
			column := "lead"
			switch {
			case w.Part == ToLead:
				column = "leader"
			case w.Shift.Lead != w.From:
				column = "second"
			}
			if _, err := tx.Exec(ctx, `UPDATE duty_shift SET `+column+`_id = $2, `+column+`_name = $3 WHERE id = $1`, w.Shift.ID, w.To, w.ToName); err != nil {
				return err
			}
			if err := lookAgain(ctx, tx, w.Unit); err != nil {
				return err
			}
		}
		if !asker {
			if _, err := notify.Send(ctx, tx, notify.Message{Key: "swap:" + id + ":" + w.State, Unit: string(w.Unit), Person: string(w.From), Title: w.ToName + SwapMachine.ActName(act), Body: w.Shift.Span(), Link: "/console/duty?unit=" + string(w.Unit)}); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "duty.swap." + act, Basis: citation, Target: w.target(), Before: Asked, After: w.State})
	})
	return w, err
}

// States of a hand-over.
const (
	Given = "given"
	Taken = "taken"
)

// HandoverMachine is a hand-over with its two signatures.
var HandoverMachine = passage.Machine{Kind: "duty_handover", Noun: "交接班", States: map[string]string{Given: "交班人已签，待接班人签", Taken: "双方已签"},
	Moves: []passage.Move{
		{To: Given, Act: "give", Says: "交班", Guard: "由当班人员本人再次验证身份", Permit: string(authz.DutyServe)},
		{From: Given, Act: "take", To: Taken, Says: "接班", Guard: "由接班人员本人再次验证身份", Permit: string(authz.DutyServe)},
	}}

// Handover is what one turn leaves to the next.
type Handover struct {
	ID, State, Says, Open string
	Unit                  org.UnitID
	Shift, Next           Shift
	GiverID, Giver        string
	TakerID, Taker        string
	GivenAt, TakenAt      time.Time
}

// GoesOn reports that everybody of the next turn stands on this one: there is
// nobody to take over, and nothing is handed over.
func (h Handover) GoesOn() bool {
	return !h.Next.Zero() && h.Shift.Has(string(h.Next.Lead)) && (h.Next.Second == "" || h.Shift.Has(string(h.Next.Second)))
}

// comes is who of the next turn is asked to take over: the first who does not
// stand on the turn that ends.
func (h Handover) comes() org.PersonID {
	if h.Shift.Has(string(h.Next.Lead)) && h.Next.Second != "" {
		return h.Next.Second
	}
	return h.Next.Lead
}

// SwapLink is where a person asks another to take the turn.
func (x Shift) SwapLink() string { return "/console/duty/shifts/" + x.ID + "/swap" }

// HandoverFrom is the instant from which the turn may be handed over.
func (x Shift) HandoverFrom() time.Time { return x.Until.Add(-early) }

// HandoverLink is the page of the hand-over at its end.
func (x Shift) HandoverLink() string { return "/console/duty/handovers/" + x.ID }

func handoverSubject(x Shift, unit string) obligation.Subject {
	return obligation.Subject{Kind: "duty_shift", ID: x.ID, Name: unit + x.Span() + "交接班"}
}

// HandoverOf is the hand-over at the end of a turn in scope; without state when
// nobody has signed.
func (s *Service) HandoverOf(ctx context.Context, scope authz.Scope, shift string) (Handover, org.Unit, error) {
	return s.handover(ctx, s.DB, scope, shift)
}

func (s *Service) handover(ctx context.Context, q db.Querier, scope authz.Scope, shift string) (Handover, org.Unit, error) {
	x, u, err := s.ShiftOf(ctx, q, scope, shift)
	if err != nil {
		return Handover{}, u, err
	}
	h, err := db.One(ctx, q, func(r db.Scanner) (Handover, error) {
		var h Handover
		err := r.Scan(&h.ID, &h.State, &h.Says, &h.Open, &h.GiverID, &h.Giver, &h.GivenAt, &h.TakerID, &h.Taker, &h.TakenAt)
		return h, err
	}, `SELECT id, state, says, open_text, giver_id, giver, given_at, taker_id, taker, taken_at FROM duty_handover WHERE shift_id = $1`, shift)
	if err != nil && !db.None(err) {
		return h, u, err
	}
	h.Shift, h.Unit = x, u.ID
	next, err := db.All(ctx, q, scanShift, shiftSelect+` WHERE unit_id = $1 AND from_at >= $2 ORDER BY from_at, id LIMIT 1`, u.ID, x.Until)
	if err != nil {
		return h, u, err
	}
	if len(next) == 1 {
		h.Next = next[0]
	}
	return h, u, nil
}

// standing says in words what is open on a unit's duty.
func (s *Service) standing(ctx context.Context, q db.Querier, unit org.UnitID) (string, error) {
	var out []string
	for _, x := range []struct{ sql, noun string }{
		{`SELECT title FROM alarm WHERE unit_id = $1 AND state <> 'ended' ORDER BY raised_at LIMIT 20`, "未结告警"},
		{`SELECT number || ' ' || title FROM incident WHERE unit_id = $1 AND state <> 'closed' ORDER BY opened_at LIMIT 20`, "处置中的事件"},
	} {
		list, err := db.All(ctx, q, db.Value[string], x.sql, unit)
		if err != nil {
			return "", err
		}
		if len(list) > 0 {
			out = append(out, fmt.Sprintf("%s %d 个：%s。", x.noun, len(list), strings.Join(list, "；")))
		}
	}
	if len(out) == 0 {
		return "没有未结的告警和事件。", nil
	}
	return strings.Join(out, ""), nil
}

// Standing says in words what is open on a unit's duty, for the hand-over.
func (s *Service) Standing(ctx context.Context, scope authz.Scope, unit org.UnitID) (string, error) {
	if _, err := s.Org.Unit(ctx, scope, unit); err != nil {
		return "", err
	}
	return s.standing(ctx, s.DB, unit)
}

// early is how long before its end a turn may be handed over.
const early = 2 * time.Hour

// moment is an instant as people read it: 12月1日20:00.
func moment(at time.Time) string { return at.In(calendar.Shanghai).Format("1月2日15:04") }

// Give is the signature of who leaves; Take of who comes. The two are different
// persons of their turns.
func (s *Service) Give(ctx context.Context, scope authz.Scope, shift, says string) (Handover, error) {
	return s.sign(ctx, scope, shift, "give", strings.TrimSpace(says))
}

// Take is the signature of who takes over.
func (s *Service) Take(ctx context.Context, scope authz.Scope, shift string) (Handover, error) {
	return s.sign(ctx, scope, shift, "take", "")
}

func (s *Service) sign(ctx context.Context, scope authz.Scope, shift, act, says string) (Handover, error) {
	session, err := who(ctx)
	if err != nil {
		return Handover{}, err
	}
	var h Handover
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		var u org.Unit
		if h, u, err = s.handover(ctx, tx, scope, shift); err != nil {
			return err
		}
		target := audit.Target{Kind: "duty_handover", ID: h.ID, Name: u.Name + h.Shift.Span() + "交接班", Unit: string(u.ID)}
		switch {
		case act == "give" && !h.Shift.Has(session.PersonID):
			return fault.New(fault.Refused, "交班由当班人员（"+h.Shift.Names()+"）本人确认。")
		case h.Next.Zero():
			return fault.New(fault.Refused, "后面没有班次，不能交班；请先排好值班表。")
		case h.State != Taken && h.GoesOn():
			return fault.New(fault.Refused, "下一班仍由"+h.Next.Names()+"值班，不用交接。")
		case act == "take" && !h.Next.Has(session.PersonID):
			return fault.New(fault.Refused, "接班由下一班人员（"+h.Next.Names()+"）本人确认。")
		case act == "give" && h.State == "" && tx.Now().Before(h.Shift.HandoverFrom()):
			return fault.New(fault.Refused, "这一班"+moment(h.Shift.Until)+"交班，"+moment(h.Shift.HandoverFrom())+"起可以办理交班签字。中途要离开的，请编排值班表的人改动这个班次；已经开始的班次不能换班。")
		case act == "take" && h.GiverID == session.PersonID:
			return fault.New(fault.Refused, "交班和接班须由两个人分别确认。")
		}
		if act == "give" {
			var f fault.Fields
			f.Text("says", "交班事项", says, true, 1000)
			if err := f.Err(); err != nil {
				return err
			}
			if h.State == "" {
				h.ID = ulid.Make().String()
				target.ID = h.ID
			}
		} else if h.State == "" {
			return fault.New(fault.Conflict, "交班人还没有签字，请等"+h.Shift.Names()+"交班后再接班。")
		}
		if _, h.State, err = HandoverMachine.Take(ctx, tx, h.ID, act, passage.Note{Says: says}); err != nil {
			return err
		}
		if act == "give" {
			h.Says, h.GiverID, h.Giver, h.GivenAt = says, session.PersonID, session.Name, tx.Now()
			if h.Open, err = s.standing(ctx, tx, u.ID); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `INSERT INTO duty_handover (id, unit_id, shift_id, next_id, says, open_text, state, giver_id, giver, given_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
				h.ID, u.ID, h.Shift.ID, h.Next.ID, says, h.Open, h.State, session.PersonID, session.Name, tx.Now()); err != nil {
				return err
			}
			if _, err := notify.Send(ctx, tx, notify.Message{Key: "handover:" + h.ID, Unit: string(u.ID), Person: string(h.comes()), Title: "请接班：" + u.Name + h.Next.Span(), Body: "交班事项：" + says, Link: h.Shift.HandoverLink(), Urgent: true}); err != nil {
				return err
			}
		} else {
			h.TakerID, h.Taker, h.TakenAt = session.PersonID, session.Name, tx.Now()
			if _, err := tx.Exec(ctx, `UPDATE duty_handover SET state = $2, taker_id = $3, taker = $4, taken_at = $5 WHERE id = $1`, h.ID, h.State, session.PersonID, session.Name, tx.Now()); err != nil {
				return err
			}
			if _, err := s.Obligations.Discharge(ctx, tx, HandoverKind.ID, handoverSubject(h.Shift, u.Name), h.Giver+"交、"+h.Taker+"接"); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "duty.handover." + act, Basis: citation, Target: target, After: map[string]string{"says": h.Says, "open": h.Open}})
	})
	return h, err
}

// sweepShifts asks for the hand-over of every turn that has ended without both
// signatures and that others follow; where the roster was changed since and the
// same people go on, it is no longer owed.
func (s *Service) sweepShifts(ctx context.Context) (int, error) {
	ctx = audit.System(ctx, "duty.sweep")
	list, err := db.All(ctx, s.DB, scanShift, shiftSelect+` WHERE NOT asked AND until_at <= $1 ORDER BY until_at, id LIMIT 500`, s.DB.Now())
	if err != nil || len(list) == 0 {
		return 0, err
	}
	for _, x := range list {
		if err := s.DB.Update(ctx, func(tx *db.Tx) error {
			h, u, err := s.handover(ctx, tx, authz.System("duty.sweep"), x.ID)
			if err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `UPDATE duty_shift SET asked = TRUE WHERE id = $1`, x.ID); err != nil {
				return err
			}
			published, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM duty_roster WHERE id = $1 AND published_at IS NOT NULL`, x.Roster)
			if err != nil {
				return err
			}
			switch {
			case published == 0 || h.State == Taken || h.Next.Zero():
			case h.GoesOn():
				if _, err := s.Obligations.Annul(ctx, tx, HandoverKind.ID, handoverSubject(x, u.Name), "下一班仍由"+h.Next.Names()+"值班，不用交接"); err != nil {
					return err
				}
			default:
				if err := s.Obligations.Open(ctx, tx, obligation.Debt{Kind: HandoverKind.ID, Unit: u.ID, Subject: handoverSubject(x, u.Name), Link: x.HandoverLink(), Person: h.comes(), Deputy: x.Lead,
					Due: calendar.Due{On: calendar.DateOf(x.Until)}, From: calendar.DateOf(x.Until)}); err != nil {
					return err
				}
			}
			return audit.Record(ctx, tx, audit.Entry{Act: "duty.shift.end", Basis: citation, Target: audit.Target{Kind: "duty_shift", ID: x.ID, Name: u.Name + x.Span(), Unit: string(u.ID)}})
		}); err != nil {
			return 0, err
		}
	}
	return len(list), nil
}

// lookAgain has the sweep look once more at the turn of a unit that ended last:
// who follows it was changed.
func lookAgain(ctx context.Context, tx *db.Tx, unit org.UnitID) error {
	_, err := tx.Exec(ctx, `UPDATE duty_shift SET asked = FALSE WHERE unit_id = $1 AND asked AND until_at = (SELECT max(until_at) FROM duty_shift WHERE unit_id = $1 AND until_at <= $2)`, unit, tx.Now())
	return err
}

func rosterSubject(u org.Unit) obligation.Subject {
	return obligation.Subject{Kind: "unit", ID: string(u.ID), Name: u.Name}
}
