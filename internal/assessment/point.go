package assessment

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/abridge"
	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// PointID identifies a point.
type PointID string

// Point is one thing wrong with an account: of its check sheet, or seen by a
// person. What is wrong with a site is a finding of inspection.
type Point struct {
	ID          PointID
	Order       OrderID // empty: not ordered yet
	Account     registry.AccountID
	AccountName string     // joined
	Platform    string     // joined
	Unit        org.UnitID // joined: the sponsor
	UnitName    string     // joined
	Check       string
	Severity    check.Severity
	Clause      string
	Says        string
	Place       string
	Fix         string
	SeenOn      calendar.Date
	SeenBy      string
	At          time.Time
	Outcome     string // of the last look: inspection.Standing, Gone, Unknown
	LookedAt    time.Time
	LookSays    string
	SettledAt   time.Time
	SettledBy   string
	Reason      string
	Files       []approval.Attachment
	areaPath    string
	linePath    string
}

// Manual reports whether only a person can look again.
func (p Point) Manual() bool { return ByPerson(p.Check) }

func (p Point) target() audit.Target {
	return audit.Target{Kind: "order_point", ID: string(p.ID), Name: p.AccountName + "：" + abridge.Text(p.Says, 60), Unit: string(p.Unit)}
}

const pointSelect = `
	SELECT p.id, COALESCE(p.order_id, ''), p.account_id, c.name, c.platform, c.unit_id, u.name, p.check_id, p.severity, p.clause, p.says, p.place, p.fix, p.seen_on, p.seen_by, p.at,
	       p.outcome, p.looked_at, p.look_says, p.settled_at, p.settled_by, p.reason, u.area_path, u.line_path
	  FROM order_point p JOIN account c ON c.id = p.account_id JOIN unit u ON u.id = c.unit_id`

func scanPoint(r db.Scanner) (Point, error) {
	var p Point
	err := r.Scan(&p.ID, &p.Order, &p.Account, &p.AccountName, &p.Platform, &p.Unit, &p.UnitName, &p.Check, &p.Severity, &p.Clause, &p.Says, &p.Place, &p.Fix, &p.SeenOn, &p.SeenBy, &p.At,
		&p.Outcome, &p.LookedAt, &p.LookSays, &p.SettledAt, &p.SettledBy, &p.Reason, &p.areaPath, &p.linePath)
	return p, err
}

// Point in scope.
func (s *Service) Point(ctx context.Context, q db.Querier, scope authz.Scope, id PointID) (Point, error) {
	p, err := db.One(ctx, q, scanPoint, pointSelect+` WHERE p.id = $1`, id)
	if db.None(err) || err == nil && !scope.Covers(p.areaPath, p.linePath) {
		return Point{}, fault.Missing("账号的问题")
	}
	return p, err
}

// OpenPoints in scope are those in no order yet, the gravest first; and how many
// there are.
func (s *Service) OpenPoints(ctx context.Context, q db.Querier, scope authz.Scope, text string, limit int) ([]Point, int, error) {
	var w db.Where
	scope.Where(&w, "u")
	like := db.Contains(text)
	w.And("p.order_id IS NULL AND p.settled_at IS NULL").AndIf(text != "", `(lower(c.name) LIKE ? ESCAPE '\' OR lower(u.name) LIKE ? ESCAPE '\' OR lower(p.says) LIKE ? ESCAPE '\')`, like, like, like)
	n, err := db.One(ctx, q, db.Value[int], `SELECT count(*) FROM order_point p JOIN account c ON c.id = p.account_id JOIN unit u ON u.id = c.unit_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, q, scanPoint, pointSelect+` WHERE `+w.SQL()+` ORDER BY CASE p.severity WHEN 'serious' THEN 0 WHEN 'error' THEN 1 ELSE 2 END, p.at DESC, p.id LIMIT `+w.Arg(limit), w.Args()...)
	return list, n, err
}

func (s *Service) pointsOf(ctx context.Context, q db.Querier, id OrderID) ([]Point, error) {
	out, err := db.All(ctx, q, scanPoint, pointSelect+` WHERE p.order_id = $1 ORDER BY p.at, p.id`, id)
	if err != nil {
		return nil, err
	}
	for i := range out {
		if out[i].Files, err = approval.Attachments(ctx, q, "order_point", string(out[i].ID)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// lookedAt keeps a look at a point; by settles it.
func (s *Service) lookedAt(ctx context.Context, tx *db.Tx, p Point, outcome, says, by string) (Point, error) {
	p.Outcome, p.LookedAt, p.LookSays = outcome, tx.Now(), abridge.Text(says, 500)
	if by != "" {
		p.SettledAt, p.SettledBy, p.Reason = tx.Now(), by, p.LookSays
	}
	n, err := tx.Exec(ctx, `UPDATE order_point SET outcome = $2, looked_at = $3, look_says = $4, settled_at = $5, settled_by = $6, reason = $7 WHERE id = $1 AND settled_at IS NULL`,
		p.ID, p.Outcome, p.LookedAt, p.LookSays, p.SettledAt, p.SettledBy, p.Reason)
	if err != nil {
		return p, err
	}
	if n == 0 {
		return p, fault.New(fault.Conflict, "这个问题已经确认改正，请刷新后查看。")
	}
	return p, audit.Record(ctx, tx, audit.Entry{Act: "assessment.point.look", Basis: citation, Target: p.target(), After: map[string]string{"outcome": outcome, "says": p.LookSays}})
}

// settlePoint settles a point that nobody has to mend any more, and its order with it
// when nothing else of that stands.
func (s *Service) settlePoint(ctx context.Context, tx *db.Tx, p Point, says, by string) error {
	p, err := s.lookedAt(ctx, tx, p, engine.Gone, says, by)
	if err != nil || p.Order == "" {
		return err
	}
	_, err = s.settle(ctx, tx, p.Order, says)
	return err
}

// ended settles what persons typed of an account that ends; what checks found goes
// with its findings.
func (s *Service) ended(ctx context.Context, tx *db.Tx, o registry.Object) error {
	if o.Kind == sx2021.Site {
		return nil
	}
	return s.accountEnded(ctx, tx, registry.AccountID(o.ID))
}

func (s *Service) accountEnded(ctx context.Context, tx *db.Tx, id registry.AccountID) error {
	points, err := db.All(ctx, tx, scanPoint, pointSelect+` WHERE p.account_id = $1 AND p.settled_at IS NULL ORDER BY p.at, p.id`, id)
	if err != nil {
		return err
	}
	for _, p := range points {
		if err := s.settlePoint(ctx, tx, p, whySettled["lapse"]+abridge.Text(p.Says, 100), "注销或退出监管"); err != nil {
			return err
		}
	}
	return nil
}

// Saw is what a person saw wrong on a site or an account: an inspector, the
// marker of a test letter, who reads a self-check.
type Saw struct {
	Object   registry.Ref
	Cause    string // of Causes
	Severity check.Severity
	Says     string
	Place    string // the page, the posting
	Fix      string
	Clause   string // S19.4, D-16; empty: Article 19(4)
	On       calendar.Date
	// From is where it was seen first, of a record that becomes a finding.
	From Origin
}

// ManualCauses are the causes under which a person may type what was seen.
func ManualCauses() []Cause {
	var out []Cause
	for _, c := range Causes {
		if c.ID != "access" && c.ID != "other" && c.ID != "account" {
			out = append(out, c)
		}
	}
	return append(out, Causes[len(Causes)-1])
}

// TypeSeen files what a person saw, with what shows it, and gives the page it
// stands on: a finding of the site, or a point of the account, that only a person
// looks at again.
func (s *Service) TypeSeen(ctx context.Context, scope authz.Scope, n Saw, files []approval.Upload) (link string, err error) {
	kept, err := approval.TakeAll(ctx, s.store, files)
	if err != nil {
		return "", err
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		link, err = s.TypeSeenTx(ctx, tx, scope, n, kept)
		return err
	})
	return link, err
}

// TypeSeenTx is TypeSeen in another's transaction.
func (s *Service) TypeSeenTx(ctx context.Context, tx *db.Tx, scope authz.Scope, n Saw, files []approval.Attachment) (link string, err error) {
	for _, p := range []*string{&n.Says, &n.Place, &n.Fix} {
		*p = strings.TrimSpace(strings.ToValidUTF8(*p, ""))
	}
	today := calendar.DateOf(tx.Now())
	if n.On.IsZero() {
		n.On = today
	}
	var f fault.Fields
	f.Check(n.Object.ID != "", "object", "请选择网站或账号")
	f.Check(slices.ContainsFunc(ManualCauses(), func(c Cause) bool { return c.ID == n.Cause }), "cause", "请选择问题类别")
	f.Check(rank(n.Severity) >= 0, "severity", "请选择严重程度")
	f.Text("says", "问题", n.Says, true, 500)
	f.Text("place", "位置", n.Place, false, 1000)
	f.Text("fix", "整改建议", n.Fix, false, 500)
	f.Check(!n.On.After(today) && n.On.After(today.AddDays(-366)), "on", "发现日期不能晚于今天，也不能早于一年前")
	f.Check(len(files) <= 5, "file", "附件最多5个，请合并后上传")
	if err := f.Err(); err != nil {
		return "", err
	}
	usual, _, fix, _ := engine.Grounds(manual + "." + n.Cause)
	if n.Clause == "" {
		n.Clause = usual
	}
	if n.Fix == "" {
		n.Fix = fix
	}
	o, err := s.registry.Object(ctx, tx, scope, n.Object)
	if err != nil {
		return "", err
	}
	var from Proposal
	if n.From.Kind != "" {
		if from, err = s.propose(ctx, tx, scope, n); err != nil {
			return "", err
		}
		if n.Clause == usual && from.Clause != "" {
			n.Clause = from.Clause
		}
	}
	if n.Object.Kind == sx2021.Site {
		at := n.Place
		if !strings.HasPrefix(at, "http://") && !strings.HasPrefix(at, "https://") {
			at = ""
		}
		found, err := s.inspection.Raise(ctx, tx, scope, registry.SiteID(n.Object.ID), engine.Sighting{Check: manual + "." + n.Cause, Severity: n.Severity, Says: n.Says, Article: n.Clause, URL: at, Where: abridge.Text(n.Place+" "+n.Says, 300), Fix: n.Fix, Pages: 1, Evidence: engine.Evidence{URL: at, At: tx.Now()}})
		if err != nil {
			return "", err
		}
		if found.ID == "" {
			return "", fault.New(fault.Refused, "同样的情形曾被确认为误报，不再登记；如情况不同，请在说明中写清区别。").On("says", "请写明与误报情形的区别")
		}
		if n.From.Kind != "" {
			if err := s.derived(ctx, tx, from, "finding", string(found.ID), "finding", found.Target()); err != nil {
				return "", err
			}
		}
		return found.Link(), approval.AttachAll(ctx, tx, "finding", string(found.ID), files)
	}
	actor, ok := audit.ActorFrom(ctx)
	if !ok {
		return "", audit.ErrNoActor
	}
	p := Point{ID: PointID(ulid.Make().String()), Account: registry.AccountID(n.Object.ID), AccountName: o.Name, Unit: o.Unit, Check: manual + "." + n.Cause, Severity: n.Severity, Clause: n.Clause, Says: n.Says, Place: n.Place, Fix: n.Fix, SeenOn: n.On, SeenBy: actor.Name}
	if err := s.insertPoint(ctx, tx, p); err != nil {
		return "", err
	}
	if n.From.Kind != "" {
		if err := s.derived(ctx, tx, from, "point", string(p.ID), "order_point", p.target()); err != nil {
			return "", err
		}
	}
	return "/console/orders/new?point=" + string(p.ID), approval.AttachAll(ctx, tx, "order_point", string(p.ID), files)
}

func (s *Service) insertPoint(ctx context.Context, tx *db.Tx, p Point) error {
	if _, err := tx.Exec(ctx, `INSERT INTO order_point (id, account_id, check_id, severity, clause, says, place, fix, seen_on, seen_by, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		p.ID, p.Account, p.Check, p.Severity, p.Clause, p.Says, p.Place, p.Fix, p.SeenOn, p.SeenBy, tx.Now()); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "assessment.point.find", Basis: citation, Target: p.target(), After: p.Says})
}

// TakeSheet files what is wrong on the check sheet of an account now, as points
// that may be ordered. What stands in a point already is not filed again; an
// order that was closed within the setting's days opens again.
func (s *Service) TakeSheet(ctx context.Context, scope authz.Scope, id registry.AccountID) (out []Point, err error) {
	a, err := s.registry.Account(ctx, s.db, scope, id)
	if err != nil {
		return nil, err
	}
	if s.accounts == nil {
		return nil, fault.New(fault.Unavailable, "账号检查暂时不能使用。")
	}
	found, err := s.accounts(ctx, scope, id)
	if err != nil {
		return nil, err
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		out = nil
		standing := map[string]bool{}
		for _, f := range found {
			if f.Outcome != check.Violated {
				continue
			}
			standing[f.Check] = true
			p, err := db.One(ctx, tx, scanPoint, pointSelect+` WHERE p.account_id = $1 AND p.check_id = $2 AND p.settled_at IS NULL ORDER BY p.at LIMIT 1`, id, f.Check)
			if err == nil {
				if p.Order == "" {
					out = append(out, p)
				}
				continue
			}
			if !db.None(err) {
				return err
			}
			p = Point{ID: PointID(ulid.Make().String()), Account: id, AccountName: a.Name, Unit: a.Unit, UnitName: a.UnitName, Check: f.Check, Severity: f.Severity, Clause: f.Article, Says: f.Says, Place: f.Where, Fix: f.Fix, SeenOn: calendar.DateOf(tx.Now()), SeenBy: "账号检查", At: tx.Now()}
			if err := s.insertPoint(ctx, tx, p); err != nil {
				return err
			}
			back, err := s.pointCameBack(ctx, tx, p)
			if err != nil {
				return err
			}
			if !back {
				out = append(out, p)
			}
		}
		if len(standing) == 0 {
			return fault.Newf(fault.Refused, "“%s”的账号检查现在没有发现问题，不需要整改。", a.Name)
		}
		if len(out) == 0 {
			return fault.Newf(fault.Conflict, "“%s”的问题都已列入整改通知，请在整改列表中查看。", a.Name)
		}
		return nil
	})
	return out, err
}

// pointCameBack puts what an account shows again into the order that had it, when
// that was closed a short while ago.
func (s *Service) pointCameBack(ctx context.Context, tx *db.Tx, p Point) (bool, error) {
	id, err := db.One(ctx, tx, db.Value[OrderID], `SELECT o.id FROM order_point x JOIN rectify_order o ON o.id = x.order_id WHERE x.account_id = $1 AND x.check_id = $2 AND o.state = 'closed' AND o.closed_at >= $3 ORDER BY o.closed_at DESC LIMIT 1`,
		p.Account, p.Check, tx.Now().AddDate(0, 0, -s.settings().OrderReopenDays))
	if db.None(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	o, err := s.OrderTx(ctx, tx, systemScope(), id)
	if err != nil {
		return false, err
	}
	if _, err := tx.Exec(ctx, `UPDATE order_point SET order_id = $2 WHERE id = $1`, p.ID, id); err != nil {
		return false, err
	}
	return true, s.reopen(ctx, tx, o, p.Says, string(p.ID))
}
