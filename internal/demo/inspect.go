package demo

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/assessment"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/jobs"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/reporting"
)

// patience is how long the follow-up leaves the inspection before it looks
// again.
const patience = 3 * time.Second

// FollowUp is the job behind the inspection: once the county's run has ended,
// the city orders what was found to be put right, the county answers one of the
// two orders, and the city begins this quarter's bulletin.
type FollowUp struct{}

// Kind names the job.
func (FollowUp) Kind() string { return "demo.follow_up" }

// Work gives the workers the demo's job.
func Work(w *jobs.Workers, s Services) {
	jobs.Handle(w, func(ctx context.Context, _ FollowUp) error { return followUp(ctx, s) })
}

// inspectors are who starts the run of each portal.
var inspectors = map[string]string{"shaanxi": "sheng", "xian": "xundu", "yanta": "xundu"}

// inspect switches monitoring of the hosted portals on and starts one run of
// each. Nothing is contacted here: the runs are jobs. The portals are published
// by now, so the runs find them.
func (d *province) inspect(ctx context.Context) error {
	for _, h := range hosted {
		site := d.sites[h.site.Slug]
		if !site.Monitored {
			ctx, scope, err := d.scoped(ctx, "sheng", authz.MonitorSwitch)
			if err != nil {
				return err
			}
			if err := d.DB.Update(ctx, func(tx *db.Tx) error { return d.Registry.SetMonitored(ctx, tx, scope, site.ID, true) }); err != nil {
				return err
			}
		}
		ctx, scope, err := d.scoped(ctx, inspectors[site.Slug], authz.InspectionRun)
		if err != nil {
			return err
		}
		runs, err := d.Inspection.Runs(ctx, scope, site.ID, 1)
		if err != nil {
			return err
		}
		if len(runs) > 0 {
			continue
		}
		// The patrol may have come first: then its run is the one.
		if _, err := d.Inspection.Start(ctx, scope, site.ID); err != nil && !fault.Is(err, fault.Conflict) {
			return err
		}
	}
	return nil
}

// plan makes the city's plan of the coming month: every site of its counties,
// at night, for links and personal data, and for a name that is no longer used.
func (d *province) plan(ctx context.Context) error {
	ctx, session, err := d.as(ctx, "shi")
	if err != nil {
		return err
	}
	scope, units := session.ScopeFor(authz.InspectionPlan), session.UnitsFor(authz.InspectionPlan)
	if len(units) == 0 {
		return fmt.Errorf("shi may not %s", authz.InspectionPlan)
	}
	known, _, err := d.Inspection.Plans(ctx, scope, "", 1, 0)
	if err != nil || len(known) > 0 {
		return err
	}
	today := calendar.DateOf(d.DB.Now())
	next := calendar.Date{Year: today.Year, Month: today.Month, Day: 1}.AddMonths(1)
	_, err = d.Inspection.MakePlan(ctx, scope, inspection.Plan{Unit: org.UnitID(units[0]), Name: "县级网站月度抽查（演示）", Area: "city-610100000000", Share: 50, Cadence: "monthly", NextOn: next,
		Spec: inspection.Spec{Families: []string{"link", "privacy"}, Pages: 100, Hours: inspection.Hours{From: 22 * 60, To: 6 * 60},
			Focus: []check.Focus{{Name: "停用的旧称", Kind: check.FocusWords, Values: []string{"雁塔区便民服务网（旧）"}, Severity: check.Error, Fix: "请改用现在的名称。"}}}})
	if fault.Is(err, fault.Refused) { // monitoring was switched off by hand
		return nil
	}
	return err
}

// watch puts one more page of a site that is not published here among those that
// are held against a baseline; a person confirms it once a patrol has seen it.
func (d *province) watch(ctx context.Context) error {
	ctx, session, err := d.as(ctx, "shi")
	if err != nil {
		return err
	}
	scope := session.ScopeFor(authz.InspectionRun)
	sites, _, err := d.Registry.Sites(ctx, scope, registry.SiteFilter{Live: true, Limit: 200})
	if err != nil {
		return err
	}
	for _, site := range sites {
		if site.Hosted || site.Host == "" {
			continue
		}
		err := d.Inspection.WatchPage(ctx, scope, site.ID, "http://"+site.Host+"/zwgk/")
		if fault.Is(err, fault.Conflict) {
			return nil
		}
		return err
	}
	return nil
}

// followUp looks for what stands already at each of its acts, so it may be
// worked again.
func followUp(ctx context.Context, s Services) error {
	d := province{Services: s}
	var err error
	var found bool
	if d.people, found, err = called(ctx, s, "shi", "xian"); err != nil || !found {
		return err // nobody is there to act any more: nothing follows
	}
	site, err := s.Registry.SiteBySlug(ctx, s.DB, authz.System("demo"), "yanta")
	if fault.Is(err, fault.NotFound) {
		return jobs.Cancel(err)
	} else if err != nil {
		return err
	}
	shi, scope, err := d.scoped(ctx, "shi", authz.OrderIssue)
	if err != nil {
		return err
	}
	runs, err := s.Inspection.Runs(shi, scope, site.ID, 1)
	if err != nil {
		return err
	}
	if len(runs) == 0 || runs[0].UnderWay() {
		return jobs.Snooze(patience)
	}
	orders, _, err := s.Assessment.Orders(shi, s.DB, scope, assessment.OrderFilter{Site: site.ID})
	if err != nil {
		return err
	}
	if orders, err = d.order(shi, scope, site.ID, orders); err != nil {
		return err
	}
	for _, o := range orders {
		if o.State == assessment.OrderIssued && o.Says == textOrder {
			ctx, scope, err := d.scoped(ctx, "xian", authz.OrderAnswer)
			if err != nil {
				return err
			}
			if _, err := s.Assessment.AnswerOrder(ctx, scope, o.ID, "已通知栏目责任人逐条核对，错别字和未遮蔽的手机号码正在修改，完成后申请复测。", nil); err != nil {
				return err
			}
		}
	}
	if err := d.objections(ctx, site.ID); err != nil {
		return err
	}
	return d.bulletin(ctx)
}

// What the city's supervisor writes on the two orders.
const (
	textOrder = "请立即改正文字差错和未遮蔽的个人信息，并核查同一栏目的其他信息。"
	siteOrder = "请更新长期不更新的栏目，补齐空白栏目。"
)

// order puts what was found in texts in one order, stale and blank columns in
// another. The rest stays open, for the visitor to order.
// Orders that were issued before are not issued again.
func (d *province) order(ctx context.Context, scope authz.Scope, site registry.SiteID, out []assessment.Order) ([]assessment.Order, error) {
	findings, _, err := d.Inspection.Findings(ctx, d.DB, scope, inspection.FindingFilter{Site: site, State: inspection.FindingOpen, Limit: 100})
	if err != nil {
		return nil, err
	}
	texts, columns := assessment.Issue{Says: textOrder}, assessment.Issue{Says: siteOrder}
	for _, f := range findings {
		switch {
		case f.Wrong != "" || strings.HasPrefix(f.Check, "privacy."):
			texts.Findings = append(texts.Findings, f.ID)
		case f.Check == "home.stale" || f.Check == "column.stale" || f.Check == "column.blank":
			columns.Findings = append(columns.Findings, f.ID)
		}
	}
	for _, n := range []assessment.Issue{texts, columns} {
		if len(n.Findings) == 0 || slices.ContainsFunc(out, func(o assessment.Order) bool { return o.Says == n.Says }) {
			continue
		}
		made, err := d.Assessment.IssueOrders(ctx, scope, n)
		if err != nil {
			return nil, err
		}
		out = append(out, made...)
	}
	return out, nil
}

// bulletin begins the bulletin of this quarter. It stays a draft: a quarter is
// frozen when it is over.
func (d *province) bulletin(ctx context.Context) error {
	ctx, scope, err := d.scoped(ctx, "shi", authz.BulletinCompose)
	if err != nil {
		return err
	}
	_, err = d.Reporting.Compose(ctx, scope, reporting.QuarterlyBulletin, "city-610100000000", assessment.QuarterOf(calendar.DateOf(d.DB.Now())))
	if fault.Is(err, fault.Conflict) {
		return nil
	}
	return err
}
