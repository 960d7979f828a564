package assessment

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/notify"
	"zhengshu/internal/obligation"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/rules/sx2021"
)

// SuperviseObligation is the clock of the office above an order that was not
// followed.
var SuperviseObligation = obligation.Kind{ID: "order_supervise", Name: "督办整改", Clause: "S30.1", Citation: citation,
	Says: "下级督促后仍超期未整改的，由上一级主管单位发函督办", Remind: []int{1, 0}, Escalate: 3, Province: 5, Minutes: 20}

// Obligations are the clocks of rectification.
func Obligations() []obligation.Kind {
	return []obligation.Kind{RectifyObligation, ConfirmObligation, ExtensionObligation, SuperviseObligation}
}

// Urging is one reminder by a person.
type Urging struct {
	Person string
	At     time.Time
}

// Supervision is a letter by which an office urges what was not done (督办函).
type Supervision struct {
	ID         string
	Number     string
	Office     org.UnitID
	OfficeName string
	Person     string
	Says       string
	Due        calendar.Date
	Letter     []string
	At         time.Time
}

func (s *Service) supervisions(ctx context.Context, q db.Querier, id OrderID) ([]Supervision, error) {
	return db.All(ctx, q, func(r db.Scanner) (Supervision, error) {
		var x Supervision
		var letter string
		err := r.Scan(&x.ID, &x.Number, &x.Office, &x.OfficeName, &x.Person, &x.Says, &x.Due, &letter, &x.At)
		if err == nil {
			err = json.Unmarshal([]byte(letter), &x.Letter)
		}
		return x, err
	}, `SELECT id, number, office_id, office_name, person_name, says, due_on, letter, at FROM order_supervision WHERE order_id = $1 ORDER BY at, id`, id)
}

// maxUrged bounds one press of the button.
const maxUrged = 500

// UrgeOrders reminds the units of the orders that the filter leaves and that
// they have not followed, each order once a day; it gives how many were told.
func (s *Service) UrgeOrders(ctx context.Context, scope authz.Scope, session *authz.Session, f OrderFilter) (n int, err error) {
	if f.State == "" {
		f.State = "open"
	}
	w := s.orderWhere(scope, f)
	w.And(owing)
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		n = 0
		list, err := db.All(ctx, tx, scanOrder, s.orderSelect()+` WHERE `+w.SQL()+` ORDER BY o.due_on, o.number LIMIT `+w.Arg(maxUrged+1), w.Args()...)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return fault.New(fault.Refused, "没有需要催办的整改通知：筛选出的都已办结，或正在复测、等待确认。")
		}
		if len(list) > maxUrged {
			return fault.Newf(fault.TooLarge, "一次最多催办%d件，请加上条件分次催办。", maxUrged)
		}
		today := calendar.DateOf(tx.Now())
		byUnit := map[org.UnitID][]Order{}
		var units []org.UnitID
		for _, o := range list {
			added, err := tx.Exec(ctx, `INSERT INTO order_urging (order_id, urged_on, person_name, at) VALUES ($1, $2, $3, $4) ON CONFLICT (order_id, urged_on) DO NOTHING`, o.ID, today, session.Name, tx.Now())
			if err != nil {
				return err
			}
			if added == 0 {
				continue
			}
			n++
			if byUnit[o.Unit] == nil {
				units = append(units, o.Unit)
			}
			byUnit[o.Unit] = append(byUnit[o.Unit], o)
		}
		if n == 0 {
			return fault.New(fault.Conflict, "这些整改通知今天都已催办过，明天可以再催。")
		}
		for _, u := range units {
			orders := byUnit[u]
			one := orders[0]
			m := notify.Message{Key: fmt.Sprintf("order:urge:%s:%s:%s", today, u, one.ID), Unit: string(u), Urgent: true, Title: "催办：" + one.Number + " " + one.SiteName,
				Body: "请于" + one.Due.On.Chinese() + "前整改到位。", Link: one.Link()}
			if one.Due.Missed(today) {
				m.Body = "整改期限" + one.Due.On.Chinese() + "已过，请立即整改并答复。"
			}
			if len(orders) > 1 {
				m.Title, m.Link = fmt.Sprintf("催办：%d份整改通知未办结", len(orders)), "/console/orders"
				m.Body = "最早的是" + one.Number + "（" + one.SiteName + "），期限" + one.Due.On.Chinese() + "。"
			}
			if _, err := notify.Send(ctx, tx, m); err != nil {
				return err
			}
			for _, o := range orders {
				if err := audit.Record(ctx, tx, audit.Entry{Act: "assessment.order.urge", Basis: citation, Target: o.Target()}); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return n, err
}

// Sweep tells the office above of every order that has been late for as many
// working days as the province sets, and ends retests that broke off. It is the
// part of rectification in the house's periodic sweep.
func (s *Service) Sweep(ctx context.Context) error {
	ctx = audit.System(ctx, "assessment.sweep")
	today, after := s.today(), s.settings().OrderSuperviseWorkdays
	late, err := db.All(ctx, s.db, scanOrder, s.orderSelect()+` WHERE o.due_on < $1 AND o.escalated_at IS NULL AND `+owing+` ORDER BY o.due_on, o.id LIMIT 500`, today)
	if err != nil {
		return err
	}
	for _, o := range late {
		if !s.days.Add(o.Due.On, after).On.Before(today) {
			continue
		}
		if err := s.db.Update(ctx, func(tx *db.Tx) error {
			return s.escalate(ctx, tx, o, fmt.Sprintf("超期%d个工作日仍未整改到位", after))
		}); err != nil {
			return err
		}
	}
	broken, err := db.All(ctx, s.db, db.Value[OrderID], `SELECT o.id FROM rectify_order o WHERE o.state <> 'closed' AND `+retesting+` AND NOT o.retest_alone AND o.retest_at < $1 ORDER BY o.id LIMIT 100`, s.db.Now().Add(-stuck))
	if err != nil {
		return err
	}
	for _, id := range broken {
		// What it did not come to is not known.
		if err := s.concluded(ctx, id, &Retested{Left: 1}, "承担复测的程序中途停止，没有完成。"); err != nil {
			return err
		}
	}
	return nil
}

// Escalate is the issuing office's own wish to have the office above urge an
// overdue order, before the setting's days are over.
func (s *Service) Escalate(ctx context.Context, scope authz.Scope, session *authz.Session, id OrderID, why string) error {
	why = strings.TrimSpace(why)
	var f fault.Fields
	f.Text("why", "上报理由", why, true, 500)
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
		switch {
		case !session.MayAt(authz.OrderIssue, string(office.ID)):
			return fault.New(fault.Forbidden, "由下发单位“"+office.Name+"”上报督办，您的岗位不在该单位。")
		case o.State == OrderClosed:
			return fault.Newf(fault.Conflict, "整改通知 %s 已办结。", o.Number)
		case !o.Due.Missed(calendar.DateOf(tx.Now())):
			return fault.Newf(fault.Refused, "整改期限%s还没有过，不能上报督办；可以先催办。", o.Due.On.Chinese())
		case o.Waits():
			return fault.New(fault.Refused, "主办单位已答复，正在复测或等待确认，不能上报督办。")
		case !o.EscalatedAt.IsZero():
			return fault.Newf(fault.Conflict, "已于%s上报%s。", calendar.DateOf(o.EscalatedAt).Chinese(), o.EscalatedName)
		}
		return s.escalate(ctx, tx, o, why)
	})
}

// escalate puts an order before the office above the one that looks after it; at
// the top before that office itself.
func (s *Service) escalate(ctx context.Context, tx *db.Tx, o Order, why string) error {
	office, err := s.office(ctx, tx, o)
	if err != nil {
		return err
	}
	above, _, err := s.org.SupervisorsOf(ctx, tx, office, true)
	if err != nil {
		return err
	}
	if above.ID == "" {
		above = office
	}
	n, err := tx.Exec(ctx, `UPDATE rectify_order SET escalated_at = $2, escalated_unit_id = $3 WHERE id = $1 AND escalated_at IS NULL AND state <> 'closed'`, o.ID, tx.Now(), above.ID)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.Conflict, "刚刚已经上报或办结，请刷新后查看。")
	}
	length := calendar.WorkingDays(s.settings().OrderSuperviseReplyWorkdays)
	today := calendar.DateOf(tx.Now())
	if err := s.obligations.Open(ctx, tx, obligation.Debt{Kind: SuperviseObligation.ID, Unit: above.ID, Subject: o.subject(), Link: o.Link(), Due: length.From(today, s.days), From: today, Length: length}); err != nil {
		return err
	}
	for _, m := range []notify.Message{
		{Key: fmt.Sprintf("order:%s:escalated:%d", o.ID, o.Reopenings), Unit: string(above.ID), Link: o.Link(), Urgent: true, Title: "请督办：" + o.Number + " " + o.SiteName, Body: o.UnitName + why + "，期限是" + o.Due.On.Chinese() + "。"},
		{Key: fmt.Sprintf("order:%s:escalated:%d:unit", o.ID, o.Reopenings), Unit: string(o.Unit), Link: o.Link(), Urgent: true, Title: "已上报督办：" + o.Number + " " + o.SiteName, Body: "已报" + above.Name + "，请立即整改并答复。"},
	} {
		if _, err := notify.Send(ctx, tx, m); err != nil {
			return err
		}
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "assessment.order.escalate", Basis: citation, Target: o.Target(), After: map[string]any{"to": above.Name, "why": why}})
}

// Supervise sends the letter of the office above, with a new last day.
func (s *Service) Supervise(ctx context.Context, scope authz.Scope, session *authz.Session, id OrderID, says string, due calendar.Date) (x Supervision, err error) {
	says = strings.TrimSpace(strings.ToValidUTF8(says, ""))
	var f fault.Fields
	f.Text("says", "督办要求", says, true, 1000)
	f.Check(due.After(s.today()), "due", "请填写今天以后的日期")
	f.Check(!due.After(s.today().AddDays(60)), "due", "督办期限最长60天")
	if err := f.Err(); err != nil {
		return x, err
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		o, err := s.OrderTx(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		switch {
		case o.State == OrderClosed:
			return fault.Newf(fault.Conflict, "整改通知 %s 已办结，不需要督办。", o.Number)
		case o.EscalatedAt.IsZero():
			return fault.New(fault.Refused, "这份整改通知还没有上报督办，请由下发单位先催办或上报。")
		case !session.MayAt(authz.OrderIssue, string(o.EscalatedTo)):
			return fault.New(fault.Forbidden, "督办函由“"+o.EscalatedName+"”发出，您的岗位不在该单位。")
		}
		x = Supervision{ID: ulid.Make().String(), Office: o.EscalatedTo, OfficeName: o.EscalatedName, Person: session.Name, Says: says, Due: due, At: tx.Now()}
		if x.Number, err = approval.NextNumber(ctx, tx, "DB"); err != nil {
			return err
		}
		x.Letter = supervisionWords(o, says, due)
		letter, err := json.Marshal(x.Letter)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO order_supervision (id, order_id, round, number, office_id, office_name, person_name, says, due_on, letter, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			x.ID, id, o.Reopenings, x.Number, x.Office, x.OfficeName, x.Person, x.Says, x.Due, string(letter), x.At); err != nil {
			if _, dup := db.UniqueViolation(err); dup {
				return fault.New(fault.Conflict, "督办函已经发出，请刷新后查看。").From(err)
			}
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE rectify_order SET supervised_at = $2 WHERE id = $1`, id, tx.Now()); err != nil {
			return err
		}
		if _, err := s.obligations.Discharge(ctx, tx, SuperviseObligation.ID, o.subject(), "督办函 "+x.Number+"，"+session.Name); err != nil {
			return err
		}
		if _, err := notify.Send(ctx, tx, notify.Message{Key: "order:supervision:" + x.ID, Unit: string(o.Unit), Link: o.Link(), Urgent: true, Title: "督办函 " + x.Number + "：" + o.SiteName, Body: "请于" + due.Chinese() + "前整改到位并书面报告。"}); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "assessment.order.supervise", Basis: citation, Target: o.Target(), After: map[string]any{"number": x.Number, "due": due, "says": says}})
	})
	return x, err
}

func supervisionWords(o Order, says string, due calendar.Date) []string {
	return []string{
		fmt.Sprintf("%s下发的整改通知%s（%s），要求你单位于%s前就“%s”的%d个问题整改到位。期限已过，尚有%d个问题没有改正。", o.IssuedFrom, o.Number, calendar.DateOf(o.IssuedAt).Chinese(), o.Due.On.Chinese(), o.SiteName, o.Total, o.Standing),
		"根据" + sx2021.Named + "第三十条“发现问题及时通报、督促整改”的规定，现予督办：" + strings.TrimRight(says, "。；") + "。",
		"请于" + due.Chinese() + "前整改到位，并将整改情况书面报告我单位。",
	}
}

// SupervisionPaper is a 督办函 of an order in scope, as it went out.
func (s *Service) SupervisionPaper(ctx context.Context, scope authz.Scope, id OrderID, letter string) (*official.Document, Supervision, error) {
	o, err := s.OrderTx(ctx, s.db, scope, id)
	if err != nil {
		return nil, Supervision{}, err
	}
	list, err := s.supervisions(ctx, s.db, id)
	if err != nil {
		return nil, Supervision{}, err
	}
	for _, x := range list {
		if x.ID == letter {
			d := &official.Document{Title: "关于督办“" + o.SiteName + "”整改的函", To: o.UnitName, Issuer: x.OfficeName, Dated: calendar.DateOf(x.At).Chinese(), Sealed: true, Note: "系统编号：" + x.Number + "；整改通知：" + o.Number}
			for _, p := range x.Letter {
				d.Paragraph(p)
			}
			return d, x, nil
		}
	}
	return nil, Supervision{}, fault.Missing("督办函")
}
