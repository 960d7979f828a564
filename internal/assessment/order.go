package assessment

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
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

// Order is one rectification order (整改通知): what a unit must put right by a
// day, of one cause, on one or several of its sites or on one of its accounts.
type Order struct {
	ID         OrderID
	Number     string          // ZG-2026-0001
	Site       registry.SiteID // empty: of several sites, or of an account
	Account    registry.AccountID
	SiteName   string // joined: what it is about, in words
	Host       string // joined: of the site; the platform of an account
	Cause      string // of Causes; empty: of several
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
	// Stage is read from the facts as they stand today.
	Stage          Stage
	RetestAt       time.Time // the last retest began
	RetestedAt     time.Time // and ended
	RetestBroken   string    // why it ended before everything was looked at; empty: it was
	FailedAt       time.Time // something was last seen still wrong
	ConfirmAskedAt time.Time // it lies with a person of the office
	EscalatedAt    time.Time
	EscalatedTo    org.UnitID
	EscalatedName  string // joined
	SupervisedAt   time.Time
	// Total and Standing count its findings, one that came back once, and those not yet put right.
	Total, Standing    int
	areaPath, linePath string
}

// StateName is the state in Chinese.
func (o Order) StateName() string { return OrderMachine.Name(o.State) }

// StageName is the stage in Chinese.
func (o Order) StageName() string { return o.Stage.Name() }

// Waits reports whether the order lies with a machine or with the office: the
// unit itself owes nothing at this moment.
func (o Order) Waits() bool {
	return o.State == OrderClosed || !o.ConfirmAskedAt.IsZero() || !o.RetestAt.IsZero() && o.RetestedAt.Before(o.RetestAt)
}

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
	// Files are what shows it, of one that a person typed.
	Files []approval.Attachment
	// Before is the first look, After the latest retest (no time: none yet).
	Before, After inspection.Proof
	// Relapse: the same fault was put right in this order before and came back as this
	// one; Relapsed is that earlier one.
	Relapse, Relapsed bool
	// Errand is the look that a crawler has been asked for; zero where none is out.
	Errand inspection.Errand
}

// Settled reports whether nothing is left to do about it.
func (f OrderFinding) Settled() bool {
	return f.State == inspection.FindingClosed || !f.ConfirmedAt.IsZero()
}

// Answer is what the unit said about an order.
type Answer struct {
	ID, Says, Person, Unit string
	PersonID               string
	At                     time.Time
	Files                  []approval.Attachment
}

// orderFrom joins an order to what it is about.
const orderFrom = `
	  FROM rectify_order o JOIN unit u ON u.id = o.unit_id LEFT JOIN site s ON s.id = o.site_id LEFT JOIN account c ON c.id = o.account_id
	       LEFT JOIN unit i ON i.id = o.issuer_unit_id LEFT JOIN unit e ON e.id = o.escalated_unit_id`

// orderName is what the order is about, in words.
const orderName = `COALESCE(s.name, c.name, o.subject)`

// orderSelect reads orders as they stand today.
func (s *Service) orderSelect() string {
	return `
	SELECT o.id, o.number, COALESCE(o.site_id, ''), COALESCE(o.account_id, ''), ` + orderName + `, COALESCE(s.host, c.platform, ''), o.cause, o.unit_id, u.name, COALESCE(o.issuer_unit_id, ''), o.issuer_name, COALESCE(i.name, ''), o.says, o.severity, o.days,
	       o.issued_at, o.due_on, o.provisional, o.state, o.read_at, o.read_by, o.answered_at, o.closed_at, o.reopened_at, o.reopenings,
	       ` + stageSQL(s.today()) + `, o.retest_at, o.retested_at, o.retest_broken, o.failed_at, o.confirm_asked_at, o.escalated_at, COALESCE(o.escalated_unit_id, ''), COALESCE(e.name, ''), o.supervised_at,
	       (SELECT count(DISTINCT COALESCE(f.site_id, f.account_id) || ' ' || f.fingerprint) FROM order_finding x JOIN finding f ON f.id = x.finding_id WHERE x.order_id = o.id) + (SELECT count(*) FROM order_point p WHERE p.order_id = o.id),
	       (SELECT count(*) FROM order_finding x JOIN finding f ON f.id = x.finding_id WHERE x.order_id = o.id AND f.state <> 'closed' AND x.confirmed_at IS NULL)
	       + (SELECT count(*) FROM order_point p WHERE p.order_id = o.id AND p.settled_at IS NULL),
	       u.area_path, u.line_path` + orderFrom
}

func scanOrder(r db.Scanner) (Order, error) {
	var o Order
	err := r.Scan(&o.ID, &o.Number, &o.Site, &o.Account, &o.SiteName, &o.Host, &o.Cause, &o.Unit, &o.UnitName, &o.IssuerUnit, &o.IssuerName, &o.IssuedFrom, &o.Says, &o.Severity, &o.Days,
		&o.IssuedAt, &o.Due.On, &o.Due.Provisional, &o.State, &o.ReadAt, &o.ReadBy, &o.AnsweredAt, &o.ClosedAt, &o.ReopenedAt, &o.Reopenings,
		&o.Stage, &o.RetestAt, &o.RetestedAt, &o.RetestBroken, &o.FailedAt, &o.ConfirmAskedAt, &o.EscalatedAt, &o.EscalatedTo, &o.EscalatedName, &o.SupervisedAt,
		&o.Total, &o.Standing, &o.areaPath, &o.linePath)
	return o, err
}

// OrderTx is the order in scope alone, within a transaction or on the database.
func (s *Service) OrderTx(ctx context.Context, q db.Querier, scope authz.Scope, id OrderID) (Order, error) {
	o, err := db.One(ctx, q, scanOrder, s.orderSelect()+` WHERE o.id = $1`, id)
	if db.None(err) || err == nil && !scope.Covers(o.areaPath, o.linePath) {
		return Order{}, fault.Missing("整改通知")
	}
	return o, err
}

// orderMark begins the numbers of orders: ZG-2026-0001.
const orderMark = "ZG"

// IsOrderNumber tells the number of an order from its id.
func IsOrderNumber(s string) bool { return strings.HasPrefix(s, orderMark+"-") }

// OrderNumbered is the order in scope that bears a number: what other records and
// papers name it by.
func (s *Service) OrderNumbered(ctx context.Context, scope authz.Scope, number string) (Order, error) {
	o, err := db.One(ctx, s.db, scanOrder, s.orderSelect()+` WHERE o.number = $1`, number)
	if db.None(err) || err == nil && !scope.Covers(o.areaPath, o.linePath) {
		return Order{}, fault.Missing("整改通知")
	}
	return o, err
}

// Dossier is an order with everything that belongs to it.
type Dossier struct {
	Order
	Findings      []OrderFinding
	Points        []Point
	Answers       []Answer
	History       []passage.Step
	Readings      []Reading
	Extensions    []Extension
	Confirmations []Confirmation
	Urgings       []Urging
	Supervisions  []Supervision
	// Origins are the records that findings and points were made of, by their ids.
	Origins map[string]Filed
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
			err := r.Scan(&a.ID, &a.Says, &a.Person, &a.Unit, &a.At, &a.PersonID)
			return a, err
		}, `SELECT id, says, person_name, unit_name, at, COALESCE(person_id, '') FROM order_answer WHERE order_id = $1 ORDER BY at, id`, id); err != nil {
			return err
		}
		for i := range d.Answers {
			if d.Answers[i].Files, err = approval.Attachments(ctx, tx, "order_answer", d.Answers[i].ID); err != nil {
				return err
			}
		}
		for i := range d.Findings {
			if f := &d.Findings[i]; ByPerson(f.Check) {
				if f.Files, err = approval.Attachments(ctx, tx, "finding", string(f.ID)); err != nil {
					return err
				}
			}
		}
		if err = s.follow(ctx, tx, &d); err != nil {
			return err
		}
		return s.originsOf(ctx, tx, &d)
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
	ids := make([]inspection.FindingID, len(out))
	for i := range out {
		ids[i] = out[i].ID
	}
	found, looks, err := s.inspection.Looks(ctx, q, systemScope(), ids)
	if err != nil {
		return nil, err
	}
	errands, err := s.inspection.ErrandsOut(ctx, q, systemScope(), ids)
	if err != nil {
		return nil, err
	}
	for i := range out {
		out[i].Errand = errands[out[i].ID]
		out[i].Finding = found[out[i].ID]
		for n, p := range looks[out[i].ID] {
			if n == 0 {
				out[i].Before = p
			}
			if p.Look == "retest" {
				out[i].After = p
			}
		}
	}
	last := map[string]int{} // of each fault of each site
	for i := range out {
		of := string(out[i].Site) + " " + string(out[i].Account) + " " + out[i].Fingerprint
		if before, again := last[of]; again {
			out[before].Relapsed, out[i].Relapse = true, true
		}
		last[of] = i
	}
	slices.SortStableFunc(out, func(a, b OrderFinding) int { return cmp.Compare(rank(a.Severity), rank(b.Severity)) })
	return out, nil
}

// OrderFilter narrows Orders.
type OrderFilter struct {
	State    string // "" for all; "open" for those not closed
	Stage    Stage
	Cause    string
	Account  registry.AccountID
	Issuer   org.UnitID
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
	w := s.orderWhere(scope, f)
	total, err := db.One(ctx, q, db.Value[int], `SELECT count(*)`+orderFrom+` WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	limit := f.Limit
	if limit == 0 {
		limit = 50
	}
	list, err := db.All(ctx, q, scanOrder, s.orderSelect()+` WHERE `+w.SQL()+`
		ORDER BY CASE WHEN o.state = 'closed' THEN 1 ELSE 0 END, o.due_on, o.number LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	return list, total, err
}

func (s *Service) orderWhere(scope authz.Scope, f OrderFilter) *db.Where {
	var w db.Where
	scope.Where(&w, "u")
	text := db.Contains(f.Text)
	w.AndIf(f.State == "open", "o.state <> 'closed'").
		AndIf(f.State != "" && f.State != "open", "o.state = ?", f.State).
		AndIf(f.Severity != "", "o.severity = ?", f.Severity).
		AndIf(f.Unit != "", "o.unit_id = ?", f.Unit).
		AndIf(f.Site != "", "(o.site_id = ? OR o.site_id IS NULL AND o.id IN (SELECT x.order_id FROM order_finding x JOIN finding y ON y.id = x.finding_id WHERE y.site_id = ?))", f.Site, f.Site).
		AndIf(f.Text != "", `(lower(o.number) LIKE ? ESCAPE '\' OR lower(`+orderName+`) LIKE ? ESCAPE '\' OR lower(u.name) LIKE ? ESCAPE '\')`, text, text, text).
		AndIf(f.Stage != "", "("+stageSQL(s.today())+") = ?", string(f.Stage)).
		AndIf(f.Cause != "", "o.cause = ?", f.Cause).
		AndIf(f.Account != "", "o.account_id = ?", f.Account).
		AndIf(f.Issuer != "", "o.issuer_unit_id = ?", f.Issuer)
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
	return &w
}

// EvidenceUnder are the orders under way, which keep the evidence of their findings.
const EvidenceUnder = inspection.Under(`order_finding x JOIN rectify_order o ON o.id = x.order_id WHERE x.finding_id = f.id AND o.state <> 'closed'`)
