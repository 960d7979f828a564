package assessment

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/notify"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
)

// OrderID identifies a rectification order.
type OrderID string

// States of an order.
const (
	OrderIssued   = "issued"
	OrderAnswered = "answered"
	OrderClosed   = "closed"
	OrderReopened = "reopened"
)

// RectifyObligation is the clock of an order (Article 30). Its period is a
// setting by severity; the law says 及时.
var RectifyObligation = obligation.Kind{
	ID: "order_rectify", Name: "整改", Clause: "S30.1", Citation: citation,
	Says: "发现问题及时通报、督促整改：按整改通知期限整改到位并经复测", Remind: []int{2, 0}, Escalate: 1,
}

const citation = "陕政公开办〔2021〕18号 第三十条"

// OrderMachine declares what may become of an order.
var OrderMachine = passage.Machine{
	Kind: "order", Noun: "整改通知",
	States: map[string]string{OrderIssued: "待整改", OrderAnswered: "已答复待复测", OrderClosed: "已办结", OrderReopened: "重新打开"},
	Moves: []passage.Move{
		{From: "", Act: "issue", To: OrderIssued, Says: "下发整改通知", Guard: "列入的问题尚未办结", Permit: string(authz.OrderIssue)},
		{From: OrderIssued, Act: "answer", To: OrderAnswered, Says: "答复整改情况", Guard: "写明整改情况", Permit: string(authz.OrderAnswer)},
		{From: OrderReopened, Act: "answer", To: OrderAnswered, Says: "答复整改情况", Guard: "写明整改情况", Permit: string(authz.OrderAnswer)},
		{From: OrderAnswered, Act: "answer", To: OrderAnswered, Says: "补充答复", Guard: "写明整改情况", Permit: string(authz.OrderAnswer)},
		{From: OrderIssued, Act: "close", To: OrderClosed, Says: "办结", Guard: "全部问题经复测或确认已改正", Permit: "system"},
		{From: OrderAnswered, Act: "close", To: OrderClosed, Says: "办结", Guard: "全部问题经复测或确认已改正", Permit: "system"},
		{From: OrderReopened, Act: "close", To: OrderClosed, Says: "办结", Guard: "全部问题经复测或确认已改正", Permit: "system"},
		{From: OrderClosed, Act: "reopen", To: OrderReopened, Says: "重新打开", Guard: "复测或检查再次发现", Permit: "system"},
	},
}

// Order is one rectification order (整改通知): findings of one site that its
// sponsor must put right by a day.
type Order struct {
	ID         OrderID
	Number     string // ZG-2026-0001
	Site       registry.SiteID
	SiteName   string // joined
	Host       string // joined
	Unit       org.UnitID
	UnitName   string // joined
	IssuerUnit org.UnitID
	IssuerName string // the person
	IssuedFrom string // joined: the issuing unit's name
	Says       string
	Severity   check.Severity
	Days       int // working days allowed
	IssuedAt   time.Time
	Due        calendar.Due
	State      string
	ReadAt     time.Time
	ReadBy     string
	AnsweredAt time.Time
	ClosedAt   time.Time
	ReopenedAt time.Time
	Reopenings int
	// Total and Standing count its findings and those not yet put right.
	Total, Standing    int
	areaPath, linePath string
}

// StateName is the state in Chinese.
func (o Order) StateName() string { return OrderMachine.Name(o.State) }

// Link is the order's page in the console.
func (o Order) Link() string { return "/console/orders/" + string(o.ID) }

// Overdue reports whether the order was not closed by its day.
func (o Order) Overdue(today calendar.Date) bool {
	if o.State == OrderClosed {
		today = calendar.DateOf(o.ClosedAt)
	}
	return o.Due.Missed(today)
}

// Target names the order in the trail.
func (o Order) Target() audit.Target {
	return audit.Target{Kind: "order", ID: string(o.ID), Name: o.Number + " " + o.SiteName, Unit: string(o.Unit)}
}

func (o Order) subject() obligation.Subject {
	return obligation.Subject{Kind: "order", ID: string(o.ID), Name: o.Number + " " + o.SiteName}
}

// OrderFinding is a finding as it stands in an order.
type OrderFinding struct {
	inspection.Finding
	AddedAt time.Time
	// Confirmed by a person where no machine could look again.
	ConfirmedAt time.Time
	ConfirmedBy string
	Reason      string
	// Before is the first look, After the latest retest (no time: none yet).
	Before, After inspection.Proof
}

// Settled reports whether nothing is left to do about it.
func (f OrderFinding) Settled() bool {
	return f.State == inspection.FindingClosed || !f.ConfirmedAt.IsZero()
}

// Answer is what the unit said about an order.
type Answer struct {
	ID, Says, Person, Unit string
	At                     time.Time
	Files                  []approval.Attachment
}

// Issue is a supervisor's wish to order the rectification of findings.
type Issue struct {
	Findings []inspection.FindingID
	Says     string // the supervisor's words, at most 1,000 characters
}

// maxIssued bounds the findings of one issue.
const maxIssued = 500

// IssueOrders makes one order for each site among the findings, opens its
// obligation and tells the unit. Findings that are closed, disputed or already
// in an order are refused by name.
func (s *Service) IssueOrders(ctx context.Context, scope authz.Scope, n Issue) (out []Order, err error) {
	var wrong fault.Fields
	n.Findings = slices.Compact(slices.Sorted(slices.Values(n.Findings)))
	wrong.Check(len(n.Findings) > 0, "finding", "没有选择问题，请至少选择一个待整改的问题")
	wrong.Check(len(n.Findings) <= maxIssued, "finding", fmt.Sprintf("一次最多选择%d个问题，请分批下发", maxIssued))
	wrong.Check(len([]rune(n.Says)) <= 1000, "says", "整改要求超过1000字，请压缩后再填")
	if err := wrong.Err(); err != nil {
		return nil, err
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		out = nil
		bySite := map[registry.SiteID][]inspection.Finding{}
		var sites []registry.SiteID
		for _, id := range n.Findings {
			f, err := s.inspection.Finding(ctx, tx, scope, id)
			if err != nil {
				return err
			}
			if f.State != inspection.FindingOpen {
				return fault.Newf(fault.Conflict, "“%s”的问题“%s”现在是“%s”，不能再下发整改通知，请刷新列表后重新选择。", f.SiteName, clip(f.Says, 40), f.StateName())
			}
			if bySite[f.Site] == nil {
				sites = append(sites, f.Site)
			}
			bySite[f.Site] = append(bySite[f.Site], f)
		}
		for _, site := range sites {
			o, err := s.issue(ctx, tx, bySite[site], strings.TrimSpace(n.Says))
			if err != nil {
				return err
			}
			out = append(out, o)
		}
		return nil
	})
	return out, err
}

func (s *Service) issue(ctx context.Context, tx *db.Tx, list []inspection.Finding, says string) (Order, error) {
	actor, ok := audit.ActorFrom(ctx)
	if !ok {
		return Order{}, audit.ErrNoActor
	}
	number, err := approval.NextNumber(ctx, tx, "ZG")
	if err != nil {
		return Order{}, err
	}
	worst := slices.MinFunc(list, func(a, b inspection.Finding) int { return cmp.Compare(rank(a.Severity), rank(b.Severity)) })
	o := Order{ID: OrderID(ulid.Make().String()), Number: number, Site: worst.Site, SiteName: worst.SiteName, Host: worst.Host, Unit: worst.Unit, UnitName: worst.UnitName,
		IssuerUnit: org.UnitID(actor.Unit), IssuerName: actor.Name, Says: says, Severity: worst.Severity, Days: s.daysFor(worst.Severity), IssuedAt: tx.Now(), Total: len(list), Standing: len(list)}
	o.Due = calendar.WorkingDays(o.Days).From(calendar.DateOf(tx.Now()), s.days)
	if _, o.State, err = OrderMachine.Take(ctx, tx, string(o.ID), "issue", passage.Note{Says: clip(says, 200)}); err != nil {
		return o, err
	}
	person := ""
	if actor.Kind == "person" {
		person = actor.ID
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO rectify_order (id, number, site_id, unit_id, issuer_unit_id, issuer_id, issuer_name, says, severity, days, issued_at, due_on, provisional, state)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		o.ID, o.Number, o.Site, o.Unit, db.Null(o.IssuerUnit), db.Null(person), o.IssuerName, o.Says, o.Severity, o.Days, o.IssuedAt, o.Due.On, o.Due.Provisional, o.State); err != nil {
		return o, fmt.Errorf("assessment: issue order: %w", err)
	}
	for _, f := range list {
		if err := s.include(ctx, tx, o, f.ID); err != nil {
			return o, err
		}
	}
	if err := s.owe(ctx, tx, o, "整改通知", fmt.Sprintf("%s：“%s”有%d个问题，请于%s前整改到位并答复。", o.Number, o.SiteName, len(list), o.Due.On.Chinese())); err != nil {
		return o, err
	}
	return o, audit.Record(ctx, tx, audit.Entry{Act: "assessment.order.issue", Basis: citation, Target: o.Target(),
		After: map[string]any{"findings": len(list), "severity": o.Severity, "due": o.Due.On, "says": o.Says}})
}

// include puts a finding into the order, and marks it so.
func (s *Service) include(ctx context.Context, tx *db.Tx, o Order, id inspection.FindingID) error {
	if _, err := tx.Exec(ctx, `INSERT INTO order_finding (order_id, finding_id, added_at) VALUES ($1, $2, $3) ON CONFLICT (order_id, finding_id) DO NOTHING`, o.ID, id, tx.Now()); err != nil {
		return err
	}
	_, err := s.inspection.Order(ctx, tx, systemScope(), id, passage.Note{Says: "列入整改通知 " + o.Number})
	return err
}

// owe opens the order's obligation and tells the unit.
func (s *Service) owe(ctx context.Context, tx *db.Tx, o Order, title, body string) error {
	if err := s.obligations.Open(ctx, tx, obligation.Debt{Kind: RectifyObligation.ID, Unit: o.Unit, Subject: o.subject(), Link: o.Link(), Due: o.Due,
		From: calendar.DateOf(tx.Now()), Length: calendar.WorkingDays(o.Days)}); err != nil {
		return err
	}
	_, err := notify.Send(ctx, tx, notify.Message{Key: fmt.Sprintf("order:%s:%d", o.ID, o.Reopenings), Unit: string(o.Unit), Title: title + "：" + o.SiteName, Body: body, Link: o.Link(), Urgent: o.Severity == check.Serious})
	return err
}

func rank(s check.Severity) int {
	return slices.Index([]check.Severity{check.Serious, check.Error, check.Advice}, s)
}

func (s *Service) daysFor(v check.Severity) int {
	switch v {
	case check.Serious:
		return s.set.SeriousDays
	case check.Error:
		return s.set.ErrorDays
	}
	return s.set.AdviceDays
}

const orderSelect = `
	SELECT o.id, o.number, o.site_id, s.name, s.host, o.unit_id, u.name, COALESCE(o.issuer_unit_id, ''), o.issuer_name, COALESCE(i.name, ''), o.says, o.severity, o.days,
	       o.issued_at, o.due_on, o.provisional, o.state, o.read_at, o.read_by, o.answered_at, o.closed_at, o.reopened_at, o.reopenings,
	       (SELECT count(*) FROM order_finding x WHERE x.order_id = o.id),
	       (SELECT count(*) FROM order_finding x JOIN finding f ON f.id = x.finding_id WHERE x.order_id = o.id AND f.state <> 'closed' AND x.confirmed_at IS NULL),
	       u.area_path, u.line_path
	  FROM rectify_order o JOIN site s ON s.id = o.site_id JOIN unit u ON u.id = o.unit_id LEFT JOIN unit i ON i.id = o.issuer_unit_id`

func scanOrder(r db.Scanner) (Order, error) {
	var o Order
	err := r.Scan(&o.ID, &o.Number, &o.Site, &o.SiteName, &o.Host, &o.Unit, &o.UnitName, &o.IssuerUnit, &o.IssuerName, &o.IssuedFrom, &o.Says, &o.Severity, &o.Days,
		&o.IssuedAt, &o.Due.On, &o.Due.Provisional, &o.State, &o.ReadAt, &o.ReadBy, &o.AnsweredAt, &o.ClosedAt, &o.ReopenedAt, &o.Reopenings,
		&o.Total, &o.Standing, &o.areaPath, &o.linePath)
	return o, err
}

// OrderTx is the order in scope alone, within a transaction or on the database.
func (s *Service) OrderTx(ctx context.Context, q db.Querier, scope authz.Scope, id OrderID) (Order, error) {
	o, err := db.One(ctx, q, scanOrder, orderSelect+` WHERE o.id = $1`, id)
	if db.None(err) || err == nil && !scope.Covers(o.areaPath, o.linePath) {
		return Order{}, fault.Missing("整改通知")
	}
	return o, err
}

// Dossier is an order with everything that belongs to it.
type Dossier struct {
	Order
	Findings []OrderFinding
	Answers  []Answer
	History  []passage.Step
}

// Order in scope with its findings, answers and history.
func (s *Service) Order(ctx context.Context, scope authz.Scope, id OrderID) (d Dossier, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		if d.Order, err = s.OrderTx(ctx, tx, scope, id); err != nil {
			return err
		}
		if d.Findings, err = s.findingsOf(ctx, tx, id); err != nil {
			return err
		}
		if d.Answers, err = db.All(ctx, tx, func(r db.Scanner) (Answer, error) {
			var a Answer
			err := r.Scan(&a.ID, &a.Says, &a.Person, &a.Unit, &a.At)
			return a, err
		}, `SELECT id, says, person_name, unit_name, at FROM order_answer WHERE order_id = $1 ORDER BY at, id`, id); err != nil {
			return err
		}
		for i := range d.Answers {
			if d.Answers[i].Files, err = approval.Attachments(ctx, tx, "order_answer", d.Answers[i].ID); err != nil {
				return err
			}
		}
		d.History, err = OrderMachine.History(ctx, tx, string(id))
		return err
	})
	return d, err
}

func (s *Service) findingsOf(ctx context.Context, q db.Querier, id OrderID) ([]OrderFinding, error) {
	out, err := db.All(ctx, q, func(r db.Scanner) (OrderFinding, error) {
		var f OrderFinding
		err := r.Scan(&f.ID, &f.AddedAt, &f.ConfirmedAt, &f.ConfirmedBy, &f.Reason)
		return f, err
	}, `SELECT finding_id, added_at, confirmed_at, confirmed_by, reason FROM order_finding WHERE order_id = $1 ORDER BY added_at, finding_id`, id)
	if err != nil {
		return nil, err
	}
	for i := range out {
		if out[i].Finding, err = s.inspection.Finding(ctx, q, systemScope(), out[i].ID); err != nil {
			return nil, err
		}
		proofs, err := s.inspection.Proofs(ctx, q, systemScope(), out[i].ID)
		if err != nil {
			return nil, err
		}
		for n, p := range proofs {
			if n == 0 {
				out[i].Before = p
			}
			if p.Look == "retest" {
				out[i].After = p
			}
		}
	}
	slices.SortStableFunc(out, func(a, b OrderFinding) int { return cmp.Compare(rank(a.Severity), rank(b.Severity)) })
	return out, nil
}

// OrderFilter narrows Orders.
type OrderFilter struct {
	State    string // "" for all; "open" for those not closed
	Severity check.Severity
	Unit     org.UnitID
	Site     registry.SiteID
	Under    string // area path: this area and everything below
	Overdue  bool   // not closed by its day
	Issued   Period // issued in
	Closed   Period // closed in
	Text     string // number, site, unit
	Limit    int    // 50 when zero
	Offset   int
}

// Orders in scope, those not closed first, by due date; and how many there are.
func (s *Service) Orders(ctx context.Context, q db.Querier, scope authz.Scope, f OrderFilter) ([]Order, int, error) {
	var w db.Where
	scope.Where(&w, "u")
	text := db.Contains(f.Text)
	w.AndIf(f.State == "open", "o.state <> 'closed'").
		AndIf(f.State != "" && f.State != "open", "o.state = ?", f.State).
		AndIf(f.Severity != "", "o.severity = ?", f.Severity).
		AndIf(f.Unit != "", "o.unit_id = ?", f.Unit).
		AndIf(f.Site != "", "o.site_id = ?", f.Site).
		AndIf(f.Text != "", `(lower(o.number) LIKE ? ESCAPE '\' OR lower(s.name) LIKE ? ESCAPE '\' OR lower(u.name) LIKE ? ESCAPE '\')`, text, text, text)
	if f.Under != "" {
		authz.Area("assessment.orders", f.Under).Where(&w, "u")
	}
	if f.Overdue {
		w.And("o.state <> 'closed' AND o.due_on < ?", s.today())
	}
	if !f.Issued.IsZero() {
		w.And("o.issued_at >= ? AND o.issued_at < ?", f.Issued.Start(), f.Issued.End())
	}
	if !f.Closed.IsZero() {
		w.And("o.state = 'closed' AND o.closed_at >= ? AND o.closed_at < ?", f.Closed.Start(), f.Closed.End())
	}
	total, err := db.One(ctx, q, db.Value[int], `SELECT count(*) FROM rectify_order o JOIN site s ON s.id = o.site_id JOIN unit u ON u.id = o.unit_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	limit := f.Limit
	if limit == 0 {
		limit = 50
	}
	list, err := db.All(ctx, q, scanOrder, orderSelect+` WHERE `+w.SQL()+`
		ORDER BY CASE WHEN o.state = 'closed' THEN 1 ELSE 0 END, o.due_on, o.number LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	return list, total, err
}

// Read notes that the unit has opened the order: the first time counts. A
// reader from another unit leaves no receipt.
func (s *Service) Read(ctx context.Context, scope authz.Scope, session *authz.Session, id OrderID) error {
	o, err := s.OrderTx(ctx, s.db, scope, id)
	if err != nil {
		return err
	}
	if !o.ReadAt.IsZero() || session == nil || !slices.ContainsFunc(session.Posts, func(p authz.Post) bool { return p.UnitID == string(o.Unit) }) {
		return nil
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE rectify_order SET read_at = $2, read_by = $3 WHERE id = $1 AND read_at IS NULL`, id, tx.Now(), session.Name)
		if err != nil || n == 0 {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "assessment.order.read", Target: o.Target(), After: session.Name})
	})
}

// AnswerOrder takes the unit's account of what it has done, with files as
// proof. It closes nothing: the retest does.
func (s *Service) AnswerOrder(ctx context.Context, scope authz.Scope, id OrderID, says string, files []approval.Upload) (o Order, err error) {
	says = strings.TrimSpace(says)
	var wrong fault.Fields
	wrong.Check(len([]rune(says)) >= 4, "says", "没有写明整改情况，请写明改了什么、何时改好")
	wrong.Check(len([]rune(says)) <= 2000, "says", "整改情况超过2000字，请压缩，详细材料可作附件")
	wrong.Check(len(files) <= 5, "file", "附件最多5个，请合并后上传")
	if err := wrong.Err(); err != nil {
		return Order{}, err
	}
	if _, err := s.OrderTx(ctx, s.db, scope, id); err != nil {
		return Order{}, err
	}
	var kept []approval.Attachment
	for _, u := range files {
		a, err := approval.Take(ctx, s.store, u)
		if err != nil {
			return Order{}, err
		}
		kept = append(kept, a)
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
			return fault.Newf(fault.Conflict, "整改通知 %s 已于%s办结，不需要再答复。", o.Number, calendar.DateOf(o.ClosedAt).Chinese())
		}
		if _, o.State, err = OrderMachine.Take(ctx, tx, string(id), "answer", passage.Note{Says: clip(says, 200)}); err != nil {
			return err
		}
		person, unit := "", ""
		if actor.Kind == "person" {
			person = actor.ID
		}
		if actor.Unit != "" {
			u, err := s.org.UnitTx(ctx, tx, systemScope(), org.UnitID(actor.Unit))
			if err != nil {
				return err
			}
			unit = u.Name
		}
		answer := ulid.Make().String()
		if _, err := tx.Exec(ctx, `INSERT INTO order_answer (id, order_id, says, person_id, person_name, unit_name, at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			answer, id, says, db.Null(person), actor.Name, unit, tx.Now()); err != nil {
			return err
		}
		for _, a := range kept {
			a.OwnerKind, a.OwnerID = "order_answer", answer
			if _, err := approval.Attach(ctx, tx, a); err != nil {
				return err
			}
		}
		o.AnsweredAt = tx.Now()
		if _, err := tx.Exec(ctx, `UPDATE rectify_order SET state = $2, answered_at = $3 WHERE id = $1`, id, o.State, o.AnsweredAt); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "assessment.order.answer", Basis: citation, Target: o.Target(), After: map[string]any{"says": says, "files": len(kept)}})
	})
	return o, err
}

// File opens a file that an answer to the order carries; the caller closes it.
func (s *Service) File(ctx context.Context, scope authz.Scope, id OrderID, file string) (approval.Attachment, io.ReadCloser, error) {
	d, err := s.Order(ctx, scope, id)
	if err != nil {
		return approval.Attachment{}, nil, err
	}
	for _, a := range d.Answers {
		for _, f := range a.Files {
			if f.ID == file {
				body, err := s.store.Open(ctx, f.Blob)
				return f, body, err
			}
		}
	}
	return approval.Attachment{}, nil, fault.Missing("附件")
}

// Retested is what retesting an order came to, finding by finding.
type Retested struct {
	Order Order
	Looks []inspection.Retested
	// Failed names the findings that could not be looked at, each with why.
	Failed []Failed
	Gone   int // of the looks, closed now
}

// Failed is a finding whose place could not be fetched at all.
type Failed struct {
	Finding inspection.FindingID
	Says    string
	Why     string
}

// maxRetests bounds the looks of one press of the button: a person waits.
const maxRetests = 20

// RetestOrder looks again at every standing finding of the order, at most
// twenty, or only at the one named. The last one gone closes the order.
func (s *Service) RetestOrder(ctx context.Context, scope authz.Scope, id OrderID, only inspection.FindingID) (out Retested, err error) {
	if _, err := s.OrderTx(ctx, s.db, scope, id); err != nil {
		return out, err
	}
	list, err := s.findingsOf(ctx, s.db, id)
	if err != nil {
		return out, err
	}
	if only != "" && !slices.ContainsFunc(list, func(f OrderFinding) bool { return f.ID == only }) {
		return out, fault.Missing("整改通知中的问题")
	}
	for _, f := range list {
		if only != "" && f.ID != only || only == "" && f.Settled() {
			continue
		}
		if len(out.Looks)+len(out.Failed) >= maxRetests {
			break
		}
		look, err := s.inspection.Retest(ctx, systemScope(), f.ID)
		if ctx.Err() != nil {
			return out, ctx.Err()
		}
		if err != nil {
			w := fault.Of(err)
			if w.Kind == fault.Internal {
				return out, err
			}
			out.Failed = append(out.Failed, Failed{Finding: f.ID, Says: f.Says, Why: w.Says})
			continue
		}
		out.Looks = append(out.Looks, look)
		if look.Closed {
			out.Gone++
		}
	}
	out.Order, err = s.OrderTx(ctx, s.db, scope, id)
	return out, err
}

// Accept settles a finding of an order that no machine can look at again, on a
// person's word and reason. The finding itself stays as inspection has it.
func (s *Service) Accept(ctx context.Context, scope authz.Scope, id OrderID, finding inspection.FindingID, reason string) (o Order, err error) {
	reason = strings.TrimSpace(reason)
	if n := len([]rune(reason)); n < 4 || n > 500 {
		return Order{}, fault.New(fault.Invalid, "人工确认需要写明核实情况（4至500字）。").On("reason", "请写明怎样核实已改正")
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		actor, ok := audit.ActorFrom(ctx)
		if !ok {
			return audit.ErrNoActor
		}
		if o, err = s.OrderTx(ctx, tx, scope, id); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `UPDATE order_finding SET confirmed_at = $3, confirmed_by = $4, reason = $5 WHERE order_id = $1 AND finding_id = $2 AND confirmed_at IS NULL`,
			id, finding, tx.Now(), actor.Name, reason)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "这个问题不在本整改通知中，或已经确认，请刷新后查看。")
		}
		if err := audit.Record(ctx, tx, audit.Entry{Act: "assessment.order.accept", Basis: citation, Target: o.Target(), After: map[string]any{"finding": finding, "reason": reason}}); err != nil {
			return err
		}
		o, err = s.settle(ctx, tx, id, "人工确认："+reason)
		return err
	})
	return o, err
}

// settle closes the order when nothing of it stands.
func (s *Service) settle(ctx context.Context, tx *db.Tx, id OrderID, evidence string) (Order, error) {
	o, err := s.OrderTx(ctx, tx, systemScope(), id)
	if err != nil || o.State == OrderClosed || o.Standing > 0 {
		return o, err
	}
	if _, o.State, err = OrderMachine.Take(ctx, tx, string(id), "close", passage.Note{Says: clip(evidence, 200)}); err != nil {
		return o, err
	}
	o.ClosedAt = tx.Now()
	if _, err := tx.Exec(ctx, `UPDATE rectify_order SET state = $2, closed_at = $3 WHERE id = $1`, id, o.State, o.ClosedAt); err != nil {
		return o, err
	}
	if _, err := s.obligations.Discharge(ctx, tx, RectifyObligation.ID, o.subject(), evidence); err != nil {
		return o, err
	}
	return o, audit.Record(ctx, tx, audit.Entry{Act: "assessment.order.close", Basis: citation, Target: o.Target(), After: map[string]any{"evidence": evidence}})
}

// findingMoved is told of every move of a finding, in its own transaction.
func (s *Service) findingMoved(ctx context.Context, tx *db.Tx, f inspection.Finding, act string) error {
	switch act {
	case "close", "confirm_false":
		why := "复测未再发现："
		if act == "confirm_false" {
			why = "经核实为误报："
		}
		ids, err := db.All(ctx, tx, db.Value[OrderID], `SELECT x.order_id FROM order_finding x JOIN rectify_order o ON o.id = x.order_id WHERE x.finding_id = $1 AND o.state <> 'closed' ORDER BY x.order_id`, f.ID)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if _, err := s.settle(ctx, tx, id, why+clip(f.Says, 100)); err != nil {
				return err
			}
		}
		return nil
	case "reopen", "uphold":
		return s.comeBack(ctx, tx, f, `x.finding_id = $1`, f.ID)
	case "find":
		// The same defect soon after its order was closed belongs to that order.
		return s.comeBack(ctx, tx, f, `o.site_id = $1 AND o.state = 'closed' AND o.closed_at >= $2
			AND x.finding_id IN (SELECT id FROM finding WHERE site_id = $3 AND fingerprint = $4)`,
			f.Site, tx.Now().AddDate(0, 0, -s.set.ReopenWithin), f.Site, f.Fingerprint)
	}
	return nil
}

// comeBack puts a finding that stands again into its latest order, and opens
// the order again when it was closed.
func (s *Service) comeBack(ctx context.Context, tx *db.Tx, f inspection.Finding, cond string, args ...any) error {
	id, err := db.One(ctx, tx, db.Value[OrderID], `SELECT o.id FROM order_finding x JOIN rectify_order o ON o.id = x.order_id WHERE `+cond+` ORDER BY o.issued_at DESC, o.id DESC LIMIT 1`, args...)
	if db.None(err) {
		return nil
	}
	if err != nil {
		return err
	}
	o, err := s.OrderTx(ctx, tx, systemScope(), id)
	if err != nil {
		return err
	}
	if err := s.include(ctx, tx, o, f.ID); err != nil {
		return err
	}
	// Somebody's word that it was well does not outlive seeing it again.
	if _, err := tx.Exec(ctx, `UPDATE order_finding SET confirmed_at = NULL WHERE order_id = $1 AND finding_id = $2`, id, f.ID); err != nil {
		return err
	}
	if o.State != OrderClosed {
		return nil
	}
	says := "再次发现：" + clip(f.Says, 100)
	if _, o.State, err = OrderMachine.Take(ctx, tx, string(id), "reopen", passage.Note{Says: says}); err != nil {
		return err
	}
	o.ReopenedAt, o.Reopenings = tx.Now(), o.Reopenings+1
	o.Due = calendar.WorkingDays(o.Days).From(calendar.DateOf(tx.Now()), s.days)
	if _, err := tx.Exec(ctx, `UPDATE rectify_order SET state = $2, reopened_at = $3, reopenings = $4, due_on = $5, provisional = $6, closed_at = NULL WHERE id = $1`,
		id, o.State, o.ReopenedAt, o.Reopenings, o.Due.On, o.Due.Provisional); err != nil {
		return err
	}
	if err := s.owe(ctx, tx, o, "整改通知重新打开", o.Number+" "+says+" 请于"+o.Due.On.Chinese()+"前整改到位。"); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "assessment.order.reopen", Basis: citation, Target: o.Target(), After: map[string]any{"finding": f.ID, "due": o.Due.On}})
}
