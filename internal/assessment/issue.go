package assessment

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/abridge"
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

// Issue is a supervisor's wish to order the rectification of findings.
type Issue struct {
	Findings []inspection.FindingID
	Points   []PointID // of accounts
	Says     string    // the supervisor's words, at most 1,000 characters
	// Together puts all of a unit's sites in one order, whatever the causes.
	Together bool
}

// maxIssued bounds the findings of one issue.
const maxIssued = 500

// Group is what one order would hold: the findings of one unit and one cause,
// or the points of one account.
type Group struct {
	Unit     org.UnitID
	UnitName string
	Account  registry.AccountID
	Subject  string // what it is about, in words
	Cause    string // empty: several
	Severity check.Severity
	Days     int
	Due      calendar.Due
	Findings []inspection.Finding
	Points   []Point
	site     registry.SiteID // when all are of one
}

// Count is how many findings and points it holds.
func (g Group) Count() int { return len(g.Findings) + len(g.Points) }

// Preview shows the orders that an issue would make, and issues none.
func (s *Service) Preview(ctx context.Context, q db.Querier, scope authz.Scope, n Issue) ([]Group, error) {
	if err := n.tidy(); err != nil {
		return nil, err
	}
	return s.group(ctx, q, scope, n)
}

func (n *Issue) tidy() error {
	var wrong fault.Fields
	n.Findings = slices.Compact(slices.Sorted(slices.Values(n.Findings)))
	n.Points = slices.Compact(slices.Sorted(slices.Values(n.Points)))
	n.Says = strings.TrimSpace(n.Says)
	count := len(n.Findings) + len(n.Points)
	wrong.Check(count > 0, "finding", "没有选择问题，请至少选择一个待整改的问题")
	wrong.Check(count <= maxIssued, "finding", fmt.Sprintf("一次最多选择%d个问题，请分批下发", maxIssued))
	wrong.Check(len([]rune(n.Says)) <= 1000, "says", "整改要求超过1000字，请压缩后再填")
	return wrong.Err()
}

// group sorts findings and points into orders, and refuses by name what cannot
// be ordered.
func (s *Service) group(ctx context.Context, q db.Querier, scope authz.Scope, n Issue) ([]Group, error) {
	type key struct{ unit, cause, account string }
	at := map[key]int{}
	var out []Group
	into := func(k key, g Group) *Group {
		i, ok := at[k]
		if !ok {
			i = len(out)
			at[k] = i
			out = append(out, g)
		}
		return &out[i]
	}
	for _, id := range n.Findings {
		f, err := s.inspection.Finding(ctx, q, scope, id)
		if err != nil {
			return nil, err
		}
		if f.Account != "" {
			return nil, fault.Newf(fault.Invalid, "“%s”是账号，它的问题请在“账号的问题”中选择后下发。", f.SiteName).On("finding", "请在“账号的问题”中选择")
		}
		if f.State != inspection.FindingOpen {
			return nil, fault.Newf(fault.Conflict, "“%s”的问题“%s”现在是“%s”，不能再下发整改通知，请刷新列表后重新选择。", f.SiteName, abridge.Text(f.Says, 40), f.StateName())
		}
		cause := CauseOf(f.Check).ID
		k := key{unit: string(f.Unit), cause: cause}
		if n.Together {
			k.cause = ""
		}
		g := into(k, Group{Unit: f.Unit, UnitName: f.UnitName, Cause: cause, site: f.Site, Subject: f.SiteName})
		g.Findings = append(g.Findings, f)
		if g.Cause != cause {
			g.Cause = ""
		}
	}
	for _, id := range n.Points {
		p, err := s.Point(ctx, q, scope, id)
		if err != nil {
			return nil, err
		}
		if p.Order != "" || !p.SettledAt.IsZero() {
			return nil, fault.Newf(fault.Conflict, "“%s”的问题“%s”已列入整改通知或已改正，请刷新列表后重新选择。", p.AccountName, abridge.Text(p.Says, 40))
		}
		g := into(key{string(p.Unit), "", string(p.Account)}, Group{Unit: p.Unit, UnitName: p.UnitName, Account: p.Account, Cause: CauseOf("account.").ID, Subject: p.AccountName})
		g.Points = append(g.Points, p)
	}
	for i := range out {
		g := &out[i]
		slices.SortStableFunc(g.Findings, func(a, b inspection.Finding) int {
			return cmp.Or(cmp.Compare(rank(a.Severity), rank(b.Severity)), cmp.Compare(a.SiteName, b.SiteName))
		})
		g.Severity = check.Advice
		sites := map[registry.SiteID]bool{}
		for _, f := range g.Findings {
			sites[f.Site] = true
			if rank(f.Severity) < rank(g.Severity) {
				g.Severity = f.Severity
			}
		}
		for _, p := range g.Points {
			if rank(p.Severity) < rank(g.Severity) {
				g.Severity = p.Severity
			}
		}
		if len(sites) > 1 {
			g.site, g.Subject = "", fmt.Sprintf("%s等%d个网站", g.Findings[0].SiteName, len(sites))
		}
		g.Days = s.daysFor(g.Severity)
		g.Due = calendar.WorkingDays(g.Days).From(s.today(), s.days)
	}
	slices.SortStableFunc(out, func(a, b Group) int {
		return cmp.Or(cmp.Compare(a.UnitName, b.UnitName), cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.Cause, b.Cause))
	})
	return out, nil
}

// IssueOrders makes one order for each unit and cause among the findings and for
// each account, opens its obligation and tells the unit. What is closed,
// disputed or already in an order is refused by name: nothing is half issued.
func (s *Service) IssueOrders(ctx context.Context, scope authz.Scope, n Issue) (out []Order, err error) {
	if err := n.tidy(); err != nil {
		return nil, err
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		out = nil
		groups, err := s.group(ctx, tx, scope, n)
		if err != nil {
			return err
		}
		for _, g := range groups {
			o, err := s.issue(ctx, tx, g, n.Says)
			if err != nil {
				return err
			}
			out = append(out, o)
		}
		return nil
	})
	return out, err
}

func (s *Service) issue(ctx context.Context, tx *db.Tx, g Group, says string) (Order, error) {
	actor, ok := audit.ActorFrom(ctx)
	if !ok {
		return Order{}, audit.ErrNoActor
	}
	number, err := approval.NextNumber(ctx, tx, orderMark)
	if err != nil {
		return Order{}, err
	}
	o := Order{ID: OrderID(ulid.Make().String()), Number: number, Site: g.site, Account: g.Account, SiteName: g.Subject, Cause: g.Cause, Unit: g.Unit, UnitName: g.UnitName,
		IssuerUnit: org.UnitID(actor.Unit), IssuerName: actor.Name, Says: says, Severity: g.Severity, Days: g.Days, IssuedAt: tx.Now(), Due: g.Due, Stage: StageIssued, Total: g.Count(), Standing: g.Count()}
	if len(g.Findings) > 0 && g.site != "" {
		o.Host = g.Findings[0].Host
	}
	if _, o.State, err = OrderMachine.Take(ctx, tx, string(o.ID), "issue", passage.Note{Says: abridge.Text(says, 200)}); err != nil {
		return o, err
	}
	person := ""
	if actor.Kind == "person" {
		person = actor.ID
	}
	subject := ""
	if g.site == "" && g.Account == "" {
		subject = g.Subject
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO rectify_order (id, number, site_id, account_id, subject, cause, unit_id, issuer_unit_id, issuer_id, issuer_name, says, severity, days, issued_at, due_on, provisional, state)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`,
		o.ID, o.Number, db.Null(o.Site), db.Null(o.Account), subject, o.Cause, o.Unit, db.Null(o.IssuerUnit), db.Null(person), o.IssuerName, o.Says, o.Severity, o.Days, o.IssuedAt, o.Due.On, o.Due.Provisional, o.State); err != nil {
		return o, fmt.Errorf("assessment: issue order: %w", err)
	}
	for _, f := range g.Findings {
		if err := s.include(ctx, tx, o, f.ID); err != nil {
			return o, err
		}
	}
	for _, p := range g.Points {
		n, err := tx.Exec(ctx, `UPDATE order_point SET order_id = $2 WHERE id = $1 AND order_id IS NULL`, p.ID, o.ID)
		if err != nil {
			return o, err
		}
		if n == 0 {
			return o, fault.Newf(fault.Conflict, "“%s”的问题“%s”刚刚已列入整改通知，请刷新列表后重新选择。", p.AccountName, abridge.Text(p.Says, 40))
		}
		if err := s.orderedWith(ctx, tx, o, p); err != nil {
			return o, err
		}
	}
	if err := s.owe(ctx, tx, o, "整改通知", fmt.Sprintf("%s：“%s”有%d个问题，请于%s前整改到位并答复。", o.Number, o.SiteName, g.Count(), o.Due.On.Chinese())); err != nil {
		return o, err
	}
	return o, audit.Record(ctx, tx, audit.Entry{Act: "assessment.order.issue", Basis: citation, Target: o.Target(),
		After: map[string]any{"findings": g.Count(), "cause": o.Cause, "severity": o.Severity, "due": o.Due.On, "says": o.Says}})
}

// include puts a finding into the order, and marks it so.
func (s *Service) include(ctx context.Context, tx *db.Tx, o Order, id inspection.FindingID) error {
	if _, err := tx.Exec(ctx, `INSERT INTO order_finding (order_id, finding_id, added_at) VALUES ($1, $2, $3) ON CONFLICT (order_id, finding_id) DO NOTHING`, o.ID, id, tx.Now()); err != nil {
		return err
	}
	_, err := s.inspection.Order(ctx, tx, systemScope(), id, passage.Note{Says: inspection.OrderedBy + o.Number})
	return err
}

// orderedWith marks the finding that a point of an account was taken from.
func (s *Service) orderedWith(ctx context.Context, tx *db.Tx, o Order, p Point) error {
	if p.Manual() {
		return nil // no look of inspection found it
	}
	standing, err := s.inspection.StandingOnAccount(ctx, tx, systemScope(), p.Account)
	if err != nil {
		return err
	}
	for _, f := range standing {
		if f.Check == p.Check && f.State == inspection.FindingOpen {
			if _, err := s.inspection.Order(ctx, tx, systemScope(), f.ID, passage.Note{Says: inspection.OrderedBy + o.Number}); err != nil {
				return err
			}
		}
	}
	return nil
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
	switch set := s.settings(); v {
	case check.Serious:
		return set.OrderSeriousWorkdays
	case check.Error:
		return set.OrderErrorWorkdays
	default:
		return set.OrderAdviceWorkdays
	}
}
