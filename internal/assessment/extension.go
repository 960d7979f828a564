package assessment

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/abridge"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/notify"
	"zhengshu/internal/obligation"
)

// ExtensionObligation is the clock of the office that answers a request for more
// time: a request must not lie until it is moot.
var ExtensionObligation = obligation.Kind{ID: "order_extension", Name: "答复整改延期申请", Clause: "S30.1", Citation: citation,
	Says: "对整改延期申请作出同意或不同意的答复", Remind: []int{0}, Escalate: 2, Minutes: 5}

// Extension is a unit's request for more time, and the office's answer.
type Extension struct {
	ID        string
	WasDue    calendar.Date
	Until     calendar.Date // asked for
	Reason    string
	AskedBy   string
	AskedAt   time.Time
	Verdict   string        // granted, refused, moot; empty: waits
	Granted   calendar.Date // the new day
	Answer    string
	DecidedBy string
	DecidedAt time.Time
}

// Waits reports whether nobody has answered it yet.
func (e Extension) Waits() bool { return e.Verdict == "" }

// VerdictName is the answer in Chinese.
func (e Extension) VerdictName() string {
	switch e.Verdict {
	case "granted":
		return "已同意"
	case "refused":
		return "未同意"
	case "moot":
		return "已办结，不再答复"
	}
	return "待答复"
}

func (s *Service) extensions(ctx context.Context, q db.Querier, id OrderID) ([]Extension, error) {
	return db.All(ctx, q, func(r db.Scanner) (Extension, error) {
		var e Extension
		err := r.Scan(&e.ID, &e.WasDue, &e.Until, &e.Reason, &e.AskedBy, &e.AskedAt, &e.Verdict, &e.Granted, &e.Answer, &e.DecidedBy, &e.DecidedAt)
		return e, err
	}, `SELECT id, was_due, until_on, reason, asked_by, asked_at, verdict, granted_on, answer, decided_by, decided_at FROM order_extension WHERE order_id = $1 ORDER BY asked_at, id`, id)
}

// latest is the last day to which an order may be extended in all: the
// setting's working days after the day it was first due.
func (s *Service) latest(first calendar.Date) calendar.Date {
	return s.days.Add(first, s.settings().OrderExtensionWorkdays).On
}

// AskExtension is the unit's wish for more time, with its reason, before the day.
func (s *Service) AskExtension(ctx context.Context, scope authz.Scope, id OrderID, until calendar.Date, reason string) error {
	reason = strings.TrimSpace(strings.ToValidUTF8(reason, ""))
	var f fault.Fields
	f.Text("reason", "延期理由", reason, true, 500)
	f.Check(reason == "" || len([]rune(reason)) >= 4, "reason", "延期理由太短，请写明为什么不能按期改好")
	f.Check(!until.IsZero(), "until", "请填写申请延到哪一天")
	if err := f.Err(); err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		actor, ok := audit.ActorFrom(ctx)
		if !ok {
			return audit.ErrNoActor
		}
		o, err := s.OrderTx(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		today := calendar.DateOf(tx.Now())
		before, err := s.extensions(ctx, tx, id)
		if err != nil {
			return err
		}
		first, used := o.Due.On, 0
		for _, e := range before {
			switch {
			case e.Waits():
				return fault.Newf(fault.Conflict, "%s已于%s申请延期，正在等待答复。", e.AskedBy, calendar.DateOf(e.AskedAt).Chinese())
			case e.Verdict == "granted" && e.AskedAt.After(o.ReopenedAt):
				if used == 0 {
					first = e.WasDue
				}
				used++
			}
		}
		set := s.settings()
		switch last := s.latest(first); {
		case o.State == OrderClosed:
			return fault.Newf(fault.Conflict, "整改通知 %s 已办结，不需要延期。", o.Number)
		case o.Due.Missed(today):
			return fault.Newf(fault.Refused, "整改期限%s已过，不能再申请延期，请立即整改并答复；超期情况由主管单位处理。", o.Due.On.Chinese()).On("until", "期限已过")
		case used >= set.OrderExtensions:
			return fault.Newf(fault.Refused, "本通知已延期%d次，按本省设置不能再延。", used).On("until", "不能再延")
		case !until.After(o.Due.On):
			return fault.New(fault.Invalid, "申请的日期不晚于现在的期限。").On("until", "要晚于 "+o.Due.On.String())
		case until.After(last):
			return fault.Newf(fault.Refused, "最多延长%d个工作日，即到%s。", set.OrderExtensionWorkdays, last.Chinese()).On("until", "不能晚于 "+last.String())
		}
		e := ulid.Make().String()
		if _, err := tx.Exec(ctx, `INSERT INTO order_extension (id, order_id, was_due, until_on, reason, asked_id, asked_by, asked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			e, id, o.Due.On, until, reason, actor.ID, actor.Name, tx.Now()); err != nil {
			if _, dup := db.UniqueViolation(err); dup {
				return fault.New(fault.Conflict, "刚刚已有人申请延期，正在等待答复。").From(err)
			}
			return err
		}
		office, err := s.office(ctx, tx, o)
		if err != nil {
			return err
		}
		// It is answered before the day itself: an answer after it is none.
		length := calendar.WorkingDays(1)
		if err := s.obligations.Open(ctx, tx, obligation.Debt{Kind: ExtensionObligation.ID, Unit: office.ID, Subject: o.subject(), Link: o.Link(), Due: length.From(today, s.days), From: today, Length: length}); err != nil {
			return err
		}
		if _, err := notify.Send(ctx, tx, notify.Message{Key: "order:extension:" + e, Unit: string(office.ID), Link: o.Link(),
			Title: "申请延期：" + o.Number + " " + o.SiteName, Body: fmt.Sprintf("%s申请延到%s：%s", o.UnitName, until.Chinese(), abridge.Text(reason, 200))}); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "assessment.extension.ask", Basis: citation, Target: o.Target(), After: map[string]any{"until": until, "reason": reason}})
	})
}

// DecideExtension is the office's answer: of the office that issued the order,
// by somebody who did not ask. Granted may be a day before the one asked for.
func (s *Service) DecideExtension(ctx context.Context, scope authz.Scope, session *authz.Session, id OrderID, grant bool, until calendar.Date, answer string) error {
	answer = strings.TrimSpace(strings.ToValidUTF8(answer, ""))
	var f fault.Fields
	f.Text("answer", "答复意见", answer, !grant, 500)
	if err := f.Err(); err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		o, err := s.OrderTx(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		office, err := s.office(ctx, tx, o)
		if err != nil {
			return err
		}
		if !session.MayAt(authz.OrderIssue, string(office.ID)) {
			return fault.New(fault.Forbidden, "延期由下发单位“"+office.Name+"”答复，您的岗位不在该单位。")
		}
		list, err := s.extensions(ctx, tx, id)
		if err != nil {
			return err
		}
		if len(list) == 0 || !list[len(list)-1].Waits() {
			return fault.New(fault.Conflict, "没有等待答复的延期申请，请刷新后查看。")
		}
		e := list[len(list)-1]
		asked, err := db.One(ctx, tx, db.Value[string], `SELECT asked_id FROM order_extension WHERE id = $1`, e.ID)
		if err != nil {
			return err
		}
		if asked == session.PersonID {
			return fault.New(fault.Refused, "不能答复自己提出的延期申请，请由本单位其他人员答复。")
		}
		verdict, says := "refused", "未同意延期"
		var granted any
		if grant {
			if until.IsZero() {
				until = e.Until
			}
			if !until.After(o.Due.On) || until.After(e.Until) {
				return fault.New(fault.Invalid, "同意的日期要晚于原期限，且不晚于申请的日期。").On("until", fmt.Sprintf("应在 %s 至 %s 之间", o.Due.On.AddDays(1), e.Until))
			}
			verdict, granted, says = "granted", until, "同意延到"+until.Chinese()
		}
		n, err := tx.Exec(ctx, `UPDATE order_extension SET verdict = $2, granted_on = $3, answer = $4, decided_by = $5, decided_at = $6 WHERE id = $1 AND verdict = ''`, e.ID, verdict, granted, answer, session.Name, tx.Now())
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "这项申请刚刚已经答复，请刷新后查看。")
		}
		if grant {
			due := calendar.Due{On: until, Provisional: s.days.Add(o.Due.On, 1).Provisional}
			if _, err := tx.Exec(ctx, `UPDATE rectify_order SET due_on = $2, provisional = $3 WHERE id = $1`, id, due.On, due.Provisional); err != nil {
				return err
			}
			if _, err := s.obligations.Postpone(ctx, tx, RectifyObligation.ID, o.subject(), due, office.Name+"同意延期："+abridge.Text(e.Reason, 200)); err != nil {
				return err
			}
		}
		if _, err := s.obligations.Discharge(ctx, tx, ExtensionObligation.ID, o.subject(), session.Name+says); err != nil {
			return err
		}
		if _, err := notify.Send(ctx, tx, notify.Message{Key: "order:extension:" + e.ID + ":" + verdict, Unit: string(o.Unit), Link: o.Link(), Title: "延期申请" + says + "：" + o.Number, Body: answer}); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "assessment.extension." + verdict, Basis: citation, Target: o.Target(), Before: map[string]any{"due": o.Due.On}, After: map[string]any{"until": until, "answer": answer}})
	})
}
