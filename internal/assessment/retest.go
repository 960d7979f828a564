package assessment

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"zhengshu/internal/abridge"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/jobs"
	"zhengshu/internal/notify"
	"zhengshu/internal/passage"
)

// Retested is what retesting an order came to, finding by finding.
type Retested struct {
	Order Order
	Looks []inspection.Retested
	// Points are those of an account, as they stand after the look.
	Points []Point
	// Out are those whose place only a crawler on the other network can fetch: it was
	// asked, and the order stands as its answers come.
	Out []inspection.Retested
	// Failed names the findings that could not be looked at, each with why.
	Failed []Failed
	Gone   int // of the looks and points, closed now
	// Left were not looked at: one press of the button has a bound.
	Left int
}

// Looked is how many findings and points were looked at.
func (r Retested) Looked() int { return len(r.Looks) + len(r.Points) }

// Failed is a finding whose place could not be fetched at all.
type Failed struct {
	Finding inspection.FindingID
	Says    string
	Why     string
}

// maxRetests bounds the looks of one press of the button: a person waits.
const maxRetests = 20

// How long the pictures of one retest may take: where a person waits, and where
// an answer asked for it. The verdicts come first and stand without.
const (
	waitedDrawing = 15 * time.Second
	aloneDrawing  = 3 * time.Minute
)

// stuck is after how long a retest that a person asked for and that did not end is
// taken for broken off. One that an answer asked for ends with its job.
const stuck = 10 * time.Minute

// retestOrder is the retest that an answer asks for.
type retestOrder struct {
	Order OrderID `json:"order"`
}

// Kind names the job.
func (retestOrder) Kind() string { return "assessment.retest" }

// Register gives the workers the module's jobs: an answer is retested at once.
func (s *Service) Register(w *jobs.Workers) {
	s.retestsByItself = true
	jobs.Handle(w, func(ctx context.Context, a retestOrder) error {
		ctx, end := engine.WithPictures(audit.System(ctx, "assessment.retest"), aloneDrawing)
		_, err := s.retest(ctx, systemScope(), a.Order, "", math.MaxInt, true)
		if ended := end(); err == nil {
			err = ended
		}
		if fault.Is(err, fault.NotFound) {
			return jobs.Cancel(err)
		}
		return err
	})
	jobs.GivenUp(w, s.retestGivenUp)
}

// retestGivenUp ends the retest of an order whose job is given up, in that act, and
// tells the unit, which waits for it.
func (s *Service) retestGivenUp(ctx context.Context, tx *db.Tx, a retestOrder, why error) error {
	ctx = audit.System(ctx, "assessment.retest")
	o, err := s.OrderTx(ctx, tx, systemScope(), a.Order)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil || o.State == OrderClosed || o.RetestBroken == "" && !o.RetestedAt.Before(o.RetestAt) {
		return err // looked at meanwhile, by a person's wish
	}
	if err := s.conclude(ctx, tx, &o, 1, jobs.Told(why)); err != nil {
		return err
	}
	_, err = notify.Send(ctx, tx, notify.Message{Key: fmt.Sprintf("order:%s:retest:%d", o.ID, o.RetestAt.UnixMilli()), Unit: string(o.Unit), Link: o.Link(),
		Title: "自动复测没有完成：" + o.Number + " " + o.SiteName, Body: jobs.Told(why) + "答复已收到，请打开整改通知点“复测”。"})
	return err
}

// RetestOrder looks again at every standing finding of the order, at most
// twenty, or only at the one named. The last one gone closes the order; what no
// machine can look at goes to a person of the office.
func (s *Service) RetestOrder(ctx context.Context, scope authz.Scope, id OrderID, only inspection.FindingID) (out Retested, err error) {
	ctx, end := engine.WithPictures(ctx, waitedDrawing)
	defer func() {
		if ended := end(); err == nil {
			err = ended
		}
	}()
	return s.retest(ctx, scope, id, only, maxRetests, false)
}

// retest is RetestOrder with a bound of its own: nobody waits for the one that
// an answer asks for, which looks at all, alone.
func (s *Service) retest(ctx context.Context, scope authz.Scope, id OrderID, only inspection.FindingID, most int, alone bool) (out Retested, err error) {
	if _, err := s.OrderTx(ctx, s.db, scope, id); err != nil {
		return out, err
	}
	list, err := s.findingsOf(ctx, s.db, id)
	if err != nil {
		return out, err
	}
	points, err := s.pointsOf(ctx, s.db, id)
	if err != nil {
		return out, err
	}
	if only != "" && !slices.ContainsFunc(list, func(f OrderFinding) bool { return f.ID == only }) && !slices.ContainsFunc(points, func(p Point) bool { return string(p.ID) == string(only) }) {
		return out, fault.Missing("整改通知中的问题")
	}
	if err := s.retesting(ctx, id, alone); err != nil {
		return out, err
	}
	// However it goes, the retest has ended: the stage must not stay 复测中. What the
	// system's own stop breaks off goes on with its job.
	defer func() {
		if alone && ctx.Err() != nil {
			return
		}
		broken := ""
		if err != nil {
			broken = jobs.Told(err)
		}
		if ended := s.concluded(context.WithoutCancel(ctx), id, &out, broken); err == nil {
			err = ended
		}
	}()
	for _, f := range list {
		if only != "" && f.ID != only || only == "" && f.Settled() {
			if !f.Settled() && f.After.ID == "" {
				out.Left++
			}
			continue
		}
		if out.Looked()+len(out.Failed)+len(out.Out) >= most {
			out.Left++
			continue
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
		if look.Errand.Out() {
			out.Out = append(out.Out, look)
			continue
		}
		out.Looks = append(out.Looks, look)
		if look.Closed {
			out.Gone++
		}
	}
	out.Points, err = s.retestPoints(ctx, id, points, PointID(only))
	for _, p := range out.Points {
		if !p.SettledAt.IsZero() {
			out.Gone++
		}
	}
	return out, err
}

// retesting notes that a retest begins.
func (s *Service) retesting(ctx context.Context, id OrderID, alone bool) error {
	return s.db.Update(ctx, func(tx *db.Tx) error {
		o, err := s.OrderTx(ctx, tx, systemScope(), id)
		if err != nil || o.State == OrderClosed {
			return err // a look at a closed order changes nothing of its stage
		}
		if _, err := tx.Exec(ctx, `UPDATE rectify_order SET retest_at = $2, retest_alone = $3 WHERE id = $1`, id, tx.Now(), alone); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "assessment.order.retest", Basis: citation, Target: o.Target()})
	})
}

// concluded reads from the looks how the order stands after a retest; broken is why
// it did not come to the end.
func (s *Service) concluded(ctx context.Context, id OrderID, out *Retested, broken string) error {
	return s.db.Update(ctx, func(tx *db.Tx) error {
		o, err := s.OrderTx(ctx, tx, systemScope(), id)
		if err != nil {
			return err
		}
		if o.State != OrderClosed {
			if err := s.conclude(ctx, tx, &o, out.Left, broken); err != nil {
				return err
			}
		}
		out.Order, err = s.OrderTx(ctx, tx, systemScope(), id)
		return err
	})
}

// conclude writes what the looks came to; a person is asked only when nothing was
// left that a machine might still tell. That an earlier retest broke off is said
// until everything was looked at. While a crawler has looks that were asked for by the
// day the order is due, the retest goes on: the unit has done its part. After that
// day asking for one wins no time.
func (s *Service) conclude(ctx context.Context, tx *db.Tx, o *Order, left int, broken string) error {
	standing, unknown, out, err := s.standing(ctx, tx, o.ID)
	if err != nil {
		return err
	}
	left += len(out)
	if broken == "" && left > 0 {
		broken = o.RetestBroken
	}
	failed, ended, alone := time.Time{}, tx.Now(), false
	if standing > 0 {
		failed = tx.Now()
	}
	if slices.ContainsFunc(out, func(e inspection.Errand) bool { return !o.Due.Missed(calendar.DateOf(e.AskedAt)) }) {
		ended, alone = o.RetestedAt, true // its end comes with the answers, or with their clock
	}
	if _, err := tx.Exec(ctx, `UPDATE rectify_order SET retested_at = $2, failed_at = $3, retest_broken = $4, retest_alone = $5 WHERE id = $1`, o.ID, ended, failed, broken, alone); err != nil {
		return err
	}
	if err := audit.Record(ctx, tx, audit.Entry{Act: "assessment.order.retested", Basis: citation, Target: o.Target(), After: map[string]any{"standing": standing, "unknown": unknown, "out": len(out), "broken": broken}}); err != nil {
		return err
	}
	switch {
	case standing > 0 && !o.ConfirmAskedAt.IsZero():
		return s.confirmed(ctx, tx, *o, "复测仍有问题")
	case standing == 0 && unknown > 0 && left == 0 && broken == "" && o.ConfirmAskedAt.IsZero() && o.State == OrderAnswered:
		return s.askConfirm(ctx, tx, *o)
	}
	return nil
}

// errandEnded is told of every look that a crawler was asked for and that ended: the
// orders that hold the finding stand as it came out. It runs in that transaction.
func (s *Service) errandEnded(ctx context.Context, tx *db.Tx, f inspection.Finding, e inspection.Errand) error {
	ids, err := db.All(ctx, tx, db.Value[OrderID], `SELECT x.order_id FROM order_finding x JOIN rectify_order o ON o.id = x.order_id WHERE x.finding_id = $1 AND o.state <> 'closed' AND o.retest_at IS NOT NULL ORDER BY x.order_id`, f.ID)
	if err != nil {
		return err
	}
	for _, id := range ids {
		o, err := s.OrderTx(ctx, tx, systemScope(), id)
		if err != nil {
			return err
		}
		broken, left := "", 0
		if e.State != inspection.ErrandAnswered {
			broken, left = e.Says, 1
		}
		if err := s.conclude(ctx, tx, &o, left, broken); err != nil {
			return err
		}
	}
	return nil
}

// standing counts what is not settled: what the last look saw still wrong, and
// what no machine can tell; out are the looks that a crawler still has.
func (s *Service) standing(ctx context.Context, q db.Querier, id OrderID) (standing, unknown int, out []inspection.Errand, err error) {
	findings, err := s.findingsOf(ctx, q, id)
	if err != nil {
		return 0, 0, nil, err
	}
	for _, f := range findings {
		switch {
		case f.Settled():
		case f.Errand.Out():
			out = append(out, f.Errand)
		case f.After.Outcome == engine.Standing:
			standing++
		default:
			unknown++
		}
	}
	points, err := s.pointsOf(ctx, q, id)
	for _, p := range points {
		switch {
		case !p.SettledAt.IsZero():
		case p.Outcome == engine.Standing:
			standing++
		default:
			unknown++
		}
	}
	return standing, unknown, out, err
}

// retestPoints judges the account anew and settles what is right now.
func (s *Service) retestPoints(ctx context.Context, id OrderID, points []Point, only PointID) ([]Point, error) {
	var out []Point
	judged := map[string][]check.Finding{}
	for _, p := range points {
		if !p.SettledAt.IsZero() && only == "" || only != "" && p.ID != only || p.Manual() || s.accounts == nil {
			continue
		}
		found, ok := judged[string(p.Account)]
		if !ok {
			var err error
			if found, err = s.accounts(ctx, systemScope(), p.Account); err != nil {
				return out, err
			}
			judged[string(p.Account)] = found
		}
		outcome, says := engine.Unknown, "没有这项检查的最新情况，未能复测，请人工核实。"
		for _, f := range found {
			if f.Check != p.Check {
				continue
			}
			says = f.Says
			switch f.Outcome {
			case check.Violated:
				outcome = engine.Standing
			case check.Kept, check.Tolerated:
				outcome = engine.Gone
			default:
				says = f.Why
			}
		}
		if err := s.db.Update(ctx, func(tx *db.Tx) error {
			by := ""
			if outcome == engine.Gone {
				by = "复测"
			}
			var err error
			if p, err = s.lookedAt(ctx, tx, p, outcome, says, by); err != nil || outcome != engine.Gone {
				return err
			}
			_, err = s.settle(ctx, tx, id, "复测未再发现："+abridge.Text(p.Says, 100))
			return err
		}); err != nil {
			return out, err
		}
		out = append(out, p)
	}
	return out, nil
}

// settle closes the order when nothing of it stands.
func (s *Service) settle(ctx context.Context, tx *db.Tx, id OrderID, evidence string) (Order, error) {
	o, err := s.OrderTx(ctx, tx, systemScope(), id)
	if err != nil || o.State == OrderClosed || o.Standing > 0 {
		return o, err
	}
	if _, o.State, err = OrderMachine.Take(ctx, tx, string(id), "close", passage.Note{Says: abridge.Text(evidence, 200)}); err != nil {
		return o, err
	}
	o.ClosedAt, o.Stage, o.RetestBroken = tx.Now(), StageClosed, ""
	if _, err := tx.Exec(ctx, `UPDATE rectify_order SET state = $2, closed_at = $3, failed_at = NULL, confirm_asked_at = NULL, retest_broken = '' WHERE id = $1`, id, o.State, o.ClosedAt); err != nil {
		return o, err
	}
	if _, err := tx.Exec(ctx, `UPDATE order_extension SET verdict = 'moot', decided_at = $2 WHERE order_id = $1 AND verdict = ''`, id, tx.Now()); err != nil {
		return o, err
	}
	for _, k := range []string{RectifyObligation.ID, ConfirmObligation.ID, ExtensionObligation.ID, SuperviseObligation.ID} {
		if _, err := s.obligations.Discharge(ctx, tx, k, o.subject(), evidence); err != nil {
			return o, err
		}
	}
	return o, audit.Record(ctx, tx, audit.Entry{Act: "assessment.order.close", Basis: citation, Target: o.Target(), After: map[string]any{"evidence": evidence}})
}

// whySettled is why an act on a finding settles its part of an order.
var whySettled = map[string]string{"close": "复测未再发现：", "confirm_false": "经核实为误报：", "lapse": "网站或账号已注销关停或退出监管："}

// findingMoved is told of every move of a finding, in its own transaction.
func (s *Service) findingMoved(ctx context.Context, tx *db.Tx, f inspection.Finding, act string) error {
	if err := s.ownMoved(ctx, tx, f, act); err != nil {
		return err
	}
	if f.Account != "" {
		return s.accountMoved(ctx, tx, f, act)
	}
	switch act {
	case "close", "confirm_false", "lapse":
		why := whySettled[act]
		ids, err := db.All(ctx, tx, db.Value[OrderID], `SELECT x.order_id FROM order_finding x JOIN rectify_order o ON o.id = x.order_id WHERE x.finding_id = $1 AND o.state <> 'closed' ORDER BY x.order_id`, f.ID)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if _, err := s.settle(ctx, tx, id, why+abridge.Text(f.Says, 100)); err != nil {
				return err
			}
		}
		return nil
	case "reopen", "uphold":
		return s.comeBack(ctx, tx, f, `x.finding_id = $1`, f.ID)
	case "find":
		// The same defect soon after it was put right belongs to its order, whether
		// others of the order still stand or it was closed.
		return s.comeBack(ctx, tx, f, `(o.state <> 'closed' OR o.closed_at >= $1)
			AND x.finding_id IN (SELECT id FROM finding WHERE site_id = $2 AND fingerprint = $3 AND state = 'closed' AND closed_by NOT IN ($4, $5))`,
			tx.Now().AddDate(0, 0, -s.settings().OrderReopenDays), f.Site, f.Fingerprint, inspection.ClosedByDispute, inspection.ClosedByEnd)
	}
	return nil
}

// accountMoved is findingMoved of an account: its orders hold points. What was
// judged false is settled; what was found true, or stands again, is in the order
// that still holds it.
func (s *Service) accountMoved(ctx context.Context, tx *db.Tx, f inspection.Finding, act string) error {
	if act == "lapse" {
		return s.accountEnded(ctx, tx, f.Account)
	}
	if act != "confirm_false" && act != "uphold" && act != "reopen" {
		return nil // a retest of the order looks for itself
	}
	points, err := db.All(ctx, tx, scanPoint, pointSelect+` WHERE p.account_id = $1 AND p.check_id = $2 AND p.settled_at IS NULL ORDER BY p.at, p.id`, f.Account, f.Check)
	if err != nil {
		return err
	}
	for _, p := range points {
		if act == "confirm_false" {
			if err := s.settlePoint(ctx, tx, p, whySettled[act]+abridge.Text(f.Says, 100), "误报申辩的答复"); err != nil {
				return err
			}
			continue
		}
		if p.Order == "" {
			continue
		}
		o, err := s.OrderTx(ctx, tx, systemScope(), p.Order)
		if err != nil {
			return err
		}
		return s.orderedWith(ctx, tx, o, p)
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
	return s.reopen(ctx, tx, o, f.Says, string(f.ID))
}

// reopen opens a closed order again with a new day; an open one stays as it is.
func (s *Service) reopen(ctx context.Context, tx *db.Tx, o Order, what, object string) error {
	if o.State != OrderClosed {
		return nil
	}
	says := "再次发现：" + abridge.Text(what, 100)
	var err error
	if _, o.State, err = OrderMachine.Take(ctx, tx, string(o.ID), "reopen", passage.Note{Says: says}); err != nil {
		return err
	}
	o.ReopenedAt, o.Reopenings = tx.Now(), o.Reopenings+1
	o.Due = calendar.WorkingDays(o.Days).From(calendar.DateOf(tx.Now()), s.days)
	if _, err := tx.Exec(ctx, `UPDATE rectify_order SET state = $2, reopened_at = $3, reopenings = $4, due_on = $5, provisional = $6, closed_at = NULL, failed_at = NULL, confirm_asked_at = NULL, escalated_at = NULL, escalated_unit_id = NULL, supervised_at = NULL WHERE id = $1`,
		o.ID, o.State, o.ReopenedAt, o.Reopenings, o.Due.On, o.Due.Provisional); err != nil {
		return err
	}
	if err := s.owe(ctx, tx, o, "整改通知重新打开", fmt.Sprintf("%s %s 请于%s前整改到位。", o.Number, says, o.Due.On.Chinese())); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "assessment.order.reopen", Basis: citation, Target: o.Target(), After: map[string]any{"finding": object, "due": o.Due.On}})
}
