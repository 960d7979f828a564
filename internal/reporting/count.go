package reporting

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/assessment"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/registry"
)

// everything is the limit of lists of which no row may be missing.
const everything = 1_000_000

// count gathers the rows of a bulletin as they stand now.
func (s *Service) count(ctx context.Context, b Bulletin) (Content, error) {
	c := Content{Area: b.Area, AreaName: b.AreaName, Office: b.UnitName, Period: b.Period.String(), PeriodName: b.Period.Chinese(), CheckPoint: b.Period.Last(), CountedOn: s.today(), Complete: true}
	if today := s.today(); !c.CheckPoint.Before(today) {
		c.CheckPoint, c.Complete = today, false
	}
	scope := authz.Area("reporting.bulletin", b.areaOf)
	for _, part := range []func(context.Context, authz.Scope, Bulletin, *Content) error{s.countSites, s.countLate, s.countFindings, s.countOrders, s.countLetters, s.countEmergencies, s.countBefore} {
		if err := part(ctx, scope, b, &c); err != nil {
			return c, err
		}
	}
	return c, nil
}

func (c *Content) add(key, section, name, unit string, rows []Row) {
	if rows == nil {
		rows = []Row{}
	}
	c.Figures = append(c.Figures, Figure{key, section, name, unit, rows})
}

func siteRow(sc assessment.Score) Row {
	return Row{Kind: "site", ID: sc.ID, Text: sc.Name, Note: sc.UnitName + "　" + sc.Verdict.Name(), Link: "/console/sites/" + sc.ID + "/score"}
}

func (s *Service) countSites(ctx context.Context, scope authz.Scope, b Bulletin, c *Content) error {
	scores, err := s.assessment.Scores(ctx, s.db, scope, b.Period, assessment.ScoreFilter{})
	if err != nil {
		return err
	}
	rows := map[assessment.Verdict][]Row{}
	var all, checked []Row
	for _, sc := range scores {
		r := siteRow(sc)
		r.Link += "?period=" + c.Period
		all = append(all, r)
		rows[sc.Verdict] = append(rows[sc.Verdict], r)
		if sc.Verdict != assessment.Untested {
			checked = append(checked, r)
		}
		c.Pack, c.Source, c.Label = sc.Pack.Title, sc.Pack.Source, sc.Label()
		c.Unverified = c.Unverified || sc.Unverified
		if sc.Verdict == assessment.Unqualified {
			c.Unqualified = append(c.Unqualified, unqualified(sc))
		}
	}
	c.add("sites.total", SectionSites, "应检查政府网站", "个", all)
	c.add("sites.checked", SectionSites, "已检查政府网站", "个", checked)
	c.add("sites.qualified", SectionSites, "合格网站", "个", rows[assessment.Qualified])
	c.add("sites.unqualified", SectionSites, "不合格网站", "个", rows[assessment.Unqualified])
	c.add("sites.untested", SectionSites, "未检测网站", "个", rows[assessment.Untested])
	c.Shares = append(c.Shares, Share{"sites.coverage", "检查覆盖率", "sites.checked", "sites.total"}, Share{"sites.rate", "检查合格率", "sites.qualified", "sites.checked"})
	accounts, _, err := s.registry.Accounts(ctx, scope, registry.AccountFilter{Limit: everything})
	if err != nil {
		return err
	}
	var list []Row
	for _, a := range accounts {
		list = append(list, Row{Kind: "account", ID: string(a.ID), Text: a.Name, Note: a.UnitName + "　" + registry.Platforms[a.Platform] + "　未检测"})
	}
	c.add("accounts.total", SectionSites, "登记政务新媒体", "个", list)
	return nil
}

func unqualified(sc assessment.Score) Unqualified {
	u := Unqualified{Site: sc.ID, Name: sc.Name, Unit: sc.UnitName}
	if len(sc.Vetoes) == 0 {
		u.Reasons = append(u.Reasons, Cause{Indicator: "", Says: fmt.Sprintf("扣分后得%s分，低于%s分", sc.Points, sc.Pack.Totals.FailBelow.N)})
	}
	for _, v := range sc.Vetoes {
		cause := Cause{Indicator: v.ID, Says: "单项否决：" + v.Name}
		for _, f := range v.Findings {
			cause.Evidence = append(cause.Evidence, Row{Kind: "finding", ID: string(f.ID), Text: f.Says, Link: f.Link()})
		}
		u.Reasons = append(u.Reasons, cause)
	}
	return u
}

// countEmergencies counts what went out by the emergency lane in the period,
// and of it what nobody has looked at again.
func (s *Service) countEmergencies(ctx context.Context, scope authz.Scope, b Bulletin, c *Content) error {
	var w db.Where
	scope.Where(&w, "u")
	w.And("r.at >= ? AND r.at < ?", b.Period.Start(), b.Period.End())
	type lane struct {
		Row
		verdict string
	}
	list, err := db.All(ctx, s.db, func(r db.Scanner) (lane, error) {
		l := lane{Row: Row{Kind: "item"}}
		var unit, reason string
		var at time.Time
		err := r.Scan(&l.ID, &l.Text, &unit, &reason, &at, &l.verdict)
		l.Note, l.Link = unit+"　"+calendar.DateOf(at).Chinese()+"发布　"+reason, "/console/items/"+l.ID+"/after-review"
		return l, err
	}, `SELECT n.item_id, v.title, u.name, n.emergency, r.at, coalesce(a.verdict, '')
	      FROM item_submission n JOIN item i ON i.id = n.item_id JOIN unit u ON u.id = i.unit_id JOIN item_version v ON v.item_id = n.item_id AND v.no = n.version_no
	      JOIN item_review r ON r.item_id = n.item_id AND r.round = n.round AND r.stage = 'final' AND r.verdict = 'pass'
	      LEFT JOIN item_after_review a ON a.item_id = n.item_id AND a.round = n.round
	     WHERE n.emergency <> '' AND `+w.SQL()+` ORDER BY u.name, r.at, n.item_id`, w.Args()...)
	if err != nil {
		return err
	}
	var all, waiting, objected []Row
	for _, l := range list {
		all = append(all, l.Row)
		switch l.verdict {
		case "":
			waiting = append(waiting, l.Row)
		case "object":
			objected = append(objected, l.Row)
		}
	}
	c.add("emergency.total", SectionUrgent, "走应急通道发布", "篇", all)
	c.add("emergency.waiting", SectionUrgent, "尚未补审", "篇", waiting)
	c.add("emergency.objected", SectionUrgent, "补审不通过", "篇", objected)
	return nil
}

func (s *Service) countFindings(ctx context.Context, scope authz.Scope, b Bulletin, c *Content) error {
	var w db.Where
	scope.Where(&w, "u")
	w.And("f.first_seen >= ? AND f.first_seen < ?", b.Period.Start(), b.Period.End())
	type found struct {
		Row
		family string
		closed bool
	}
	list, err := db.All(ctx, s.db, func(r db.Scanner) (found, error) {
		f := found{Row: Row{Kind: "finding"}}
		var check, site, state string
		var seen time.Time
		err := r.Scan(&f.ID, &check, &f.Text, &site, &state, &seen)
		f.family, _, _ = strings.Cut(check, ".")
		f.closed = state == "closed"
		f.Note, f.Link = site+"　"+calendar.DateOf(seen).Chinese()+"发现", "/console/findings/"+f.ID
		return f, err
	}, `SELECT f.id, f.check_id, f.says, s.name, f.state, f.first_seen FROM finding f JOIN site s ON s.id = f.site_id JOIN unit u ON u.id = s.unit_id
	     WHERE `+w.SQL()+` ORDER BY s.name, f.first_seen, f.id`, w.Args()...)
	if err != nil {
		return err
	}
	byFamily := map[string][]Row{}
	var all, closed, open []Row
	for _, f := range list {
		all = append(all, f.Row)
		if f.closed {
			closed = append(closed, f.Row)
		} else {
			open = append(open, f.Row)
		}
		if !slices.ContainsFunc(families, func(k struct{ key, name string }) bool { return k.key == f.family }) {
			f.family = "other"
		}
		byFamily[f.family] = append(byFamily[f.family], f.Row)
	}
	c.add("findings.total", SectionFindings, "本季度发现问题", "个", all)
	c.add("findings.closed", SectionFindings, "已整改到位", "个", closed)
	c.add("findings.open", SectionFindings, "尚未整改到位", "个", open)
	for _, k := range families {
		if len(byFamily[k.key]) > 0 {
			c.add("findings."+k.key, SectionFindings, k.name, "个", byFamily[k.key])
		}
	}
	return nil
}

func orderRow(o assessment.Order) Row {
	return Row{Kind: "order", ID: string(o.ID), Text: o.Number + " " + o.SiteName, Note: o.UnitName + "　" + o.StateName() + "　限" + o.Due.On.Chinese(), Link: o.Link()}
}

func (s *Service) countOrders(ctx context.Context, scope authz.Scope, b Bulletin, c *Content) error {
	list, _, err := s.assessment.Orders(ctx, s.db, scope, assessment.OrderFilter{Issued: b.Period, Limit: everything})
	if err != nil {
		return err
	}
	var all, closed, open, overdue []Row
	for _, o := range list {
		r := orderRow(o)
		all = append(all, r)
		if o.State == assessment.OrderClosed {
			closed = append(closed, r)
		} else {
			open = append(open, r)
		}
		if o.Overdue(s.today()) {
			overdue = append(overdue, r)
		}
	}
	c.add("orders.issued", SectionOrders, "下发整改通知", "份", all)
	c.add("orders.closed", SectionOrders, "已办结", "份", closed)
	c.add("orders.open", SectionOrders, "未办结", "份", open)
	c.add("orders.overdue", SectionOrders, "超期（含超期办结）", "份", overdue)
	c.Shares = append(c.Shares, Share{"orders.rate", "整改办结率", "orders.closed", "orders.issued"})
	return nil
}

func (s *Service) countLetters(ctx context.Context, scope authz.Scope, b Bulletin, c *Content) error {
	if s.letters == nil {
		return nil
	}
	list, err := s.letters(ctx, scope, b.Period)
	if err != nil {
		return err
	}
	c.Letters = true
	for _, f := range list {
		c.add("letters."+f.Key, SectionLetters, f.Name, f.Unit, f.Rows)
	}
	return nil
}

// countBefore looks again at what the quarter before left: the sites it called
// unqualified and the orders it issued.
func (s *Service) countBefore(ctx context.Context, scope authz.Scope, b Bulletin, c *Content) error {
	before := b.Period.Before()
	var failed []Row
	if kept, ok, err := s.kept(ctx, b.Area, before); err != nil {
		return err
	} else if ok {
		failed = kept.Figure("sites.unqualified").Rows
	} else {
		scores, err := s.assessment.Scores(ctx, s.db, scope, before, assessment.ScoreFilter{Verdict: assessment.Unqualified})
		if err != nil {
			return err
		}
		for _, sc := range scores {
			failed = append(failed, siteRow(sc))
		}
	}
	now := map[string]Row{}
	for _, v := range []string{"sites.qualified", "sites.unqualified", "sites.untested"} {
		for _, r := range c.Figure(v).Rows {
			now[r.ID] = Row{Kind: r.Kind, ID: r.ID, Text: r.Text, Note: r.Note, Link: r.Link}
		}
	}
	var was, well []Row
	for _, r := range failed {
		if n, ok := now[r.ID]; ok {
			r = n
		} else {
			r.Note = "已不在运行"
		}
		was = append(was, r)
		if slices.ContainsFunc(c.Figure("sites.qualified").Rows, func(q Row) bool { return q.ID == r.ID }) {
			well = append(well, r)
		}
	}
	c.add("before.unqualified", SectionBefore, "上季度不合格网站", "个", was)
	c.add("before.mended", SectionBefore, "其中本季度复查合格", "个", well)
	list, _, err := s.assessment.Orders(ctx, s.db, scope, assessment.OrderFilter{Issued: before, Limit: everything})
	if err != nil {
		return err
	}
	var all, done []Row
	for _, o := range list {
		all = append(all, orderRow(o))
		if o.State == assessment.OrderClosed {
			done = append(done, orderRow(o))
		}
	}
	c.add("before.orders", SectionBefore, "上季度整改通知", "份", all)
	c.add("before.closed", SectionBefore, "其中已办结", "份", done)
	return nil
}
