package reporting

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/appraisal"
	"zhengshu/internal/assessment"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/inspection"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
)

// everything is the limit of lists of which no row may be missing.
const everything = 1_000_000

// counter counts one part of a paper into its content.
type counter func(ctx context.Context, scope authz.Scope, b Bulletin, c *Content) error

// counters of a kind, in the order of its figures.
func (s *Service) counters(k Kind) []counter {
	switch k {
	case MonthlyCheck:
		return []counter{s.countSheet, s.countFindings, s.countOrders}
	case AnnualAssessment:
		return []counter{s.countSites, s.countQuarters, s.countFindings, s.countOrders, s.countAreas, s.countLetters, s.countAnswered}
	case SupervisionReport:
		return []counter{s.countSites, s.countMonths, s.countQuarters, s.countFindings, s.countOrders, s.countLetters, s.countTraining, s.countAnswered}
	}
	return []counter{s.countSites, s.countLate, s.countFindings, s.countOrders, s.countAreas, s.countLetters, s.countIPv6, s.countInterpretations, s.countEmergencies, s.countBefore, s.countAnswered, s.countTrend}
}

// count gathers the rows of a paper as they stand now.
func (s *Service) count(ctx context.Context, b Bulletin) (Content, error) {
	c := Content{Kind: b.Kind, Area: b.Area, AreaName: b.AreaName, Office: b.UnitName, Period: b.Period.String(), PeriodName: b.Period.Chinese(), CheckPoint: b.Period.Last(), Complete: true}
	today := s.today()
	if !c.CheckPoint.Before(today) {
		c.CheckPoint, c.Complete = today, false
	}
	// What was put right is counted up to a day, which does not move with the day
	// on which somebody looks.
	c.CountedOn = c.CheckPoint
	if until := b.Outline.Until; until.After(c.CountedOn) && !until.After(today) {
		c.CountedOn = until
	}
	scope := authz.Area("reporting.bulletin", b.areaOf)
	for _, part := range s.counters(b.Kind) {
		if err := part(ctx, scope, b, &c); err != nil {
			return c, err
		}
	}
	for _, g := range s.given {
		if !slices.Contains(b.Kind.Sections(), g.section) {
			continue
		}
		if err := s.take(ctx, scope, g, b, &c); err != nil {
			return c, err
		}
	}
	for i := range c.Figures {
		c.Figures[i].Name = c.term(c.Figures[i].Name)
	}
	return c, nil
}

// term writes the words of a quarter in those of the paper's period.
func (c Content) term(text string) string {
	switch c.Kind {
	case MonthlyCheck:
		return strings.ReplaceAll(strings.ReplaceAll(text, "本季度", "本月"), "上季度", "上月")
	case AnnualAssessment, SupervisionReport:
		return strings.ReplaceAll(strings.ReplaceAll(text, "本季度", "本年度"), "上季度", "上年度")
	}
	return text
}

// Contribution is what another module tells of a period in a section of its
// own.
type Contribution struct {
	Figures []Figure // key and section are completed
	Tables  []Table
	Lines   []string // sentences; figures in them bound by name
}

// Contributor gives a contribution; ok is false when there is nothing to tell.
type Contributor func(ctx context.Context, q db.Querier, scope authz.Scope, area org.AreaID, p assessment.Period) (c Contribution, ok bool, err error)

type contribution struct {
	section string
	from    Contributor
}

// Contribute registers who tells of a section: blind test letters, special
// checks, commendation. At start only.
func (s *Service) Contribute(section string, from Contributor) {
	s.given = append(s.given, contribution{section, from})
}

func (s *Service) take(ctx context.Context, scope authz.Scope, g contribution, b Bulletin, c *Content) error {
	got, ok, err := g.from(ctx, s.db, scope, b.Area, b.Period)
	if err != nil || !ok {
		return err
	}
	for _, f := range got.Figures {
		if f.Rows == nil {
			f.Rows = []Row{}
		}
		f.Section = g.section
		c.Figures = append(c.Figures, f)
	}
	for _, t := range got.Tables {
		t.Section = g.section
		c.Tables = append(c.Tables, t)
	}
	if c.Given == nil {
		c.Given = map[string][]string{}
	}
	c.Given[g.section] = append(c.Given[g.section], got.Lines...)
	return nil
}

func (c *Content) add(key, section, name, unit string, rows []Row) {
	if rows == nil {
		rows = []Row{}
	}
	c.Figures = append(c.Figures, Figure{Key: key, Section: section, Name: name, Unit: unit, Rows: rows})
}

func siteRow(sc assessment.Score) Row {
	return Row{Kind: "site", ID: sc.ID, Text: sc.Name, Note: sc.UnitName + "　" + sc.Verdict.Name(), Link: "/console/sites/" + sc.ID + "/score"}
}

func (s *Service) countSites(ctx context.Context, scope authz.Scope, b Bulletin, c *Content) error {
	held, ok, err := s.held(ctx, scope, b.Area, b.Period)
	if err != nil {
		return err
	}
	scores, err := s.siteScores(ctx, scope, b.Period, held, ok, false)
	if err != nil {
		return err
	}
	if ok {
		c.Round = "“" + held.Round.Name + "”（" + held.Round.Number + "）"
	}
	if c.Sites, err = s.results(ctx, scope, scores); err != nil {
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
		if ok {
			c.Label = fmt.Sprintf("%s，第%d版", sc.Label(), sc.Pack.Version)
		}
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
	return s.countAccounts(ctx, scope, b, c, held, ok)
}

// countAccounts counts accounts and apps: they pass or fail, and what nobody
// looked at is 未检测. Of a published round they are those it drew.
func (s *Service) countAccounts(ctx context.Context, scope authz.Scope, b Bulletin, c *Content, held appraisal.Held, ok bool) error {
	var list []assessment.Score
	var err error
	if ok {
		var all []Row
		if all, err = s.registered(ctx, scope); err != nil {
			return err
		}
		c.add("accounts.total", SectionSites, "登记政务新媒体", "个", all)
		list, err = scoresOf(held, "account")
	} else {
		list, err = s.assessment.ScoreAccounts(ctx, s.db, scope, b.Period, assessment.ScoreFilter{Brief: true})
	}
	if err != nil {
		return err
	}
	rows := map[assessment.Verdict][]Row{}
	var all, checked []Row
	for _, sc := range list {
		r := Row{Kind: "account", ID: sc.ID, Text: sc.Name, Note: sc.UnitName + "　" + sc.Host + "　" + sc.Verdict.Name(), Link: "/console/accounts/" + sc.ID}
		all = append(all, r)
		rows[sc.Verdict] = append(rows[sc.Verdict], r)
		if sc.Verdict != assessment.Untested {
			checked = append(checked, r)
		}
	}
	if ok {
		c.add("accounts.drawn", SectionSites, "本季度抽查政务新媒体", "个", all)
	} else {
		c.add("accounts.total", SectionSites, "登记政务新媒体", "个", all)
	}
	c.add("accounts.checked", SectionSites, "已检查政务新媒体", "个", checked)
	c.add("accounts.qualified", SectionSites, "合格政务新媒体", "个", rows[assessment.Qualified])
	c.add("accounts.unqualified", SectionSites, "不合格政务新媒体", "个", rows[assessment.Unqualified])
	c.add("accounts.untested", SectionSites, "未检测政务新媒体", "个", rows[assessment.Untested])
	return nil
}

// registered are the accounts and apps in use.
func (s *Service) registered(ctx context.Context, scope authz.Scope) ([]Row, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.And("x.state IN ('running', 'temporarily_offline', 'exiting', 'closing')")
	return db.All(ctx, s.db, func(r db.Scanner) (Row, error) {
		x := Row{Kind: "account"}
		var unit, platform string
		err := r.Scan(&x.ID, &x.Text, &unit, &platform)
		x.Note, x.Link = unit+"　"+registry.Platforms[platform], "/console/accounts/"+x.ID
		return x, err
	}, `SELECT x.id, x.name, u.name, x.platform FROM account x JOIN unit u ON u.id = x.unit_id JOIN area a ON a.id = u.area_id WHERE `+w.SQL()+` ORDER BY a.code, x.platform, x.name, x.id`, w.Args()...)
}

func unqualified(sc assessment.Score) Unqualified {
	u := Unqualified{Site: sc.ID, Name: sc.Name, Unit: sc.UnitName}
	switch {
	case len(sc.Vetoes) > 0:
	case sc.Unverified: // points that rest on a value nobody has verified stay in the house
		u.Reasons = append(u.Reasons, Cause{Says: fmt.Sprintf("扣分后低于%s分（部分分值未核实）", sc.Pack.Totals.FailBelow.N)})
	default:
		u.Reasons = append(u.Reasons, Cause{Says: fmt.Sprintf("扣分后得%s分，低于%s分", sc.Points, sc.Pack.Totals.FailBelow.N)})
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
	until := w.Arg(c.CountedOn.End())
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
	      LEFT JOIN item_after_review a ON a.item_id = n.item_id AND a.round = n.round AND a.at < `+until+`
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
		site   string
		closed bool
	}
	at := map[string]int{}
	for i, r := range c.Sites {
		at[r.ID] = i
	}
	again, err := s.reopenedSince(ctx, c.CountedOn)
	if err != nil {
		return err
	}
	list, err := db.All(ctx, s.db, func(r db.Scanner) (found, error) {
		f := found{Row: Row{Kind: "finding"}}
		var check, site string
		var seen, ended time.Time
		err := r.Scan(&f.ID, &check, &f.Text, &site, &ended, &seen, &f.site)
		f.family, _, _ = strings.Cut(check, ".")
		f.closed = !ended.IsZero() && ended.Before(c.CountedOn.End()) || again[f.ID]
		f.Note, f.Link = site+"　"+calendar.DateOf(seen).Chinese()+"发现", "/console/findings/"+f.ID
		return f, err
	}, `SELECT f.id, f.check_id, f.says, s.name, f.closed_at, f.first_seen, f.site_id FROM finding f JOIN site s ON s.id = f.site_id JOIN unit u ON u.id = s.unit_id
	     WHERE `+w.SQL()+` ORDER BY s.name, f.first_seen, f.id`, w.Args()...)
	if err != nil {
		return err
	}
	byFamily := map[string][]Row{}
	var all, closed, open []Row
	for _, f := range list {
		all = append(all, f.Row)
		i, judged := at[f.site]
		if judged {
			c.Sites[i].Found++
		}
		if f.closed {
			closed = append(closed, f.Row)
			if judged {
				c.Sites[i].Mended++
			}
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
	kinds := Chart{Key: "findings.kinds", Section: SectionFindings, Name: "发现问题按类别", Unit: "个"}
	for _, k := range families {
		if len(byFamily[k.key]) > 0 {
			c.add("findings."+k.key, SectionFindings, k.name, "个", byFamily[k.key])
			kinds.Labels, kinds.Values = append(kinds.Labels, k.name), append(kinds.Values, float64(len(byFamily[k.key])))
		}
	}
	if len(kinds.Labels) > 0 {
		c.Charts = append(c.Charts, kinds)
	}
	return nil
}

// reopenedSince are the findings that were put right by the end of the day and
// seen again after it: on that day they were in order.
func (s *Service) reopenedSince(ctx context.Context, on calendar.Date) (map[string]bool, error) {
	ids, err := db.All(ctx, s.db, db.Value[string], `SELECT r.object_id FROM passage r JOIN passage c ON c.kind = r.kind AND c.object_id = r.object_id AND c.seq = r.prev_seq
	     WHERE r.act = 'reopen' AND r.kind = $1 AND r.at >= $2 AND c.at < $2`, inspection.FindingMachine.Kind, on.End())
	out := make(map[string]bool, len(ids))
	for _, id := range ids {
		out[id] = true
	}
	return out, err
}

func orderRow(o assessment.Order) Row {
	return Row{Kind: "order", ID: string(o.ID), Text: o.Number + " " + o.SiteName, Note: o.UnitName + "　" + o.StateName() + "　限" + o.Due.On.Chinese(), Link: o.Link()}
}

func (s *Service) countOrders(ctx context.Context, scope authz.Scope, b Bulletin, c *Content) error {
	list, err := s.assessment.OrdersAt(ctx, s.db, scope, assessment.OrderFilter{Issued: b.Period, Limit: everything}, c.CountedOn)
	if err != nil {
		return err
	}
	var all, closed, open, overdue []Row
	at := map[string]int{}
	for i, r := range c.Sites {
		at[r.ID] = i
	}
	for _, o := range list {
		r := orderRow(o)
		all = append(all, r)
		if i, ok := at[string(o.Site)]; ok {
			c.Sites[i].Orders++
			if o.Overdue(c.CountedOn) {
				c.Sites[i].Late++
			}
		}
		if o.State == assessment.OrderClosed {
			closed = append(closed, r)
		} else {
			open = append(open, r)
		}
		if o.Overdue(c.CountedOn) {
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
	list, err := s.letters(ctx, scope, b.Period, c.CountedOn)
	if err != nil {
		return err
	}
	c.Letters = true
	for _, f := range list {
		c.add("letters."+f.Key, SectionLetters, f.Name, f.Unit, f.Rows)
	}
	return nil
}

// before are the results of the period before: as kept, else as they stand
// now for it.
func (s *Service) before(ctx context.Context, scope authz.Scope, b Bulletin) (list []Result, failed []Row, err error) {
	p := b.Period.Before()
	kept, known, err := s.kept(ctx, b.Kind, b.Area, p)
	if err != nil {
		return nil, nil, err
	}
	if known {
		return kept.Sites, kept.Figure("sites.unqualified").Rows, nil
	}
	held, ok, err := s.held(ctx, scope, b.Area, p)
	if err != nil {
		return nil, nil, err
	}
	scores, err := s.siteScores(ctx, scope, p, held, ok, true)
	if err != nil {
		return nil, nil, err
	}
	for _, sc := range scores {
		if sc.Verdict == assessment.Unqualified {
			failed = append(failed, siteRow(sc))
		}
	}
	list, err = s.results(ctx, scope, scores)
	return list, failed, err
}

// countBefore looks again at what the quarter before left: the sites it called
// unqualified and the orders it issued; and at what became better since.
func (s *Service) countBefore(ctx context.Context, scope authz.Scope, b Bulletin, c *Content) error {
	before := b.Period.Before()
	then, failed, err := s.before(ctx, scope, b)
	if err != nil {
		return err
	}
	now := map[string]Row{}
	for _, v := range []string{"sites.qualified", "sites.unqualified", "sites.untested"} {
		for _, r := range c.Figure(v).Rows {
			now[r.ID] = Row{Kind: r.Kind, ID: r.ID, Text: r.Text, Note: r.Note, Link: r.Link}
		}
	}
	well := map[string]bool{}
	for _, r := range c.Figure("sites.qualified").Rows {
		well[r.ID] = true
	}
	var was, mended []Row
	for _, r := range failed {
		if n, ok := now[r.ID]; ok {
			r = n
		} else if r.Note = "已不在运行"; c.Round != "" {
			r.Note = "本季度没有抽到，或已不在运行"
		}
		was = append(was, r)
		if well[r.ID] {
			mended = append(mended, r)
		}
	}
	c.add("before.unqualified", SectionBefore, "上季度不合格网站", "个", was)
	c.add("before.mended", SectionBefore, "其中本季度复查合格", "个", mended)
	list, err := s.assessment.OrdersAt(ctx, s.db, scope, assessment.OrderFilter{Issued: before, Limit: everything}, c.CountedOn)
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
	return s.countImproved(ctx, scope, b, c, then)
}

// countImproved compares with the period before: first what became better.
func (s *Service) countImproved(ctx context.Context, scope authz.Scope, b Bulletin, c *Content, then []Result) error {
	old := map[string]Result{}
	for _, r := range then {
		old[r.ID] = r
	}
	var turned, up, down []Row
	type gain struct {
		Result
		by int
	}
	var gains []gain
	for _, r := range c.Sites {
		o, ok := old[r.ID]
		if !ok {
			continue
		}
		row := Row{Kind: "site", ID: r.ID, Text: r.Name, Note: r.UnitName + "　上季度" + o.says() + "，本季度" + r.says(), Link: "/console/sites/" + r.ID + "/score?period=" + c.Period}
		failed, fails := o.Verdict == string(assessment.Unqualified), r.Verdict == string(assessment.Unqualified)
		switch {
		case failed && r.Verdict == string(assessment.Qualified):
			turned = append(turned, row)
		case o.Verdict == string(assessment.Qualified) && fails:
			down = append(down, row)
		}
		if o.Scored && r.Scored && o.Points != r.Points {
			if r.Points > o.Points {
				up = append(up, row)
				if !o.Unverified && !r.Unverified {
					gains = append(gains, gain{r, r.Points - o.Points})
				}
			} else if !slices.ContainsFunc(down, func(x Row) bool { return x.ID == r.ID }) {
				down = append(down, row)
			}
		}
	}
	c.add("improve.turned", SectionImprove, "由不合格转为合格的网站", "个", turned)
	c.add("improve.up", SectionImprove, "得分提高的网站", "个", up)
	c.add("improve.down", SectionImprove, "得分下降或转为不合格的网站", "个", down)
	slices.SortStableFunc(gains, func(a, b gain) int { return b.by - a.by })
	t := Table{Key: "improve.most", Section: SectionImprove, Name: "进步较大的网站", Header: []string{"网站", "主办单位", "上季度", "本季度", "提高"}, Widths: []int{4, 4, 2, 2, 2}}
	for _, g := range gains[:min(10, len(gains))] {
		t.Rows = append(t.Rows, []string{g.Name, g.UnitName, old[g.ID].says(), g.says(), points(g.by) + "分"})
	}
	if len(t.Rows) > 0 {
		c.Tables = append(c.Tables, t)
	}
	var w db.Where
	scope.Where(&w, "u")
	w.And("f.first_seen >= ? AND f.first_seen < ?", b.Period.Before().Start(), b.Period.Before().End())
	rows, err := db.All(ctx, s.db, func(r db.Scanner) (Row, error) {
		x := Row{Kind: "finding"}
		err := r.Scan(&x.ID, &x.Text, &x.Note)
		x.Link = "/console/findings/" + x.ID
		return x, err
	}, `SELECT f.id, f.says, s.name FROM finding f JOIN site s ON s.id = f.site_id JOIN unit u ON u.id = s.unit_id WHERE `+w.SQL()+` ORDER BY s.name, f.first_seen, f.id`, w.Args()...)
	if err != nil {
		return err
	}
	c.add("improve.findings", SectionImprove, "上季度发现问题", "个", rows)
	return nil
}

// says is a result in a word or its points.
func (r Result) says() string {
	if r.Scored && !r.Unverified {
		return points(r.Points) + "分"
	}
	return assessment.Verdict(r.Verdict).Name()
}

// points writes hundredths without needless noughts.
func points(n int) string {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	s := fmt.Sprintf("%s%d.%02d", sign, n/100, n%100)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// results are scores with what exports and comparisons need.
func (s *Service) results(ctx context.Context, scope authz.Scope, scores []assessment.Score) ([]Result, error) {
	var w db.Where
	scope.Where(&w, "u")
	type place struct{ id, code, area, name, path string }
	list, err := db.All(ctx, s.db, func(r db.Scanner) (place, error) {
		var p place
		err := r.Scan(&p.id, &p.code, &p.area, &p.name, &p.path)
		return p, err
	}, `SELECT s.id, s.site_code, a.code, a.name, a.path FROM site s JOIN unit u ON u.id = s.unit_id JOIN area a ON a.id = u.area_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, err
	}
	at := make(map[string]place, len(list))
	for _, p := range list {
		at[p.id] = p
	}
	out := make([]Result, 0, len(scores))
	for _, sc := range scores {
		p := at[sc.ID]
		r := Result{ID: sc.ID, Name: sc.Name, Code: p.code, Host: sc.Host, Unit: string(sc.Unit), UnitName: sc.UnitName, Area: p.area, AreaName: p.name, path: p.path, Class: string(sc.Class), Verdict: string(sc.Verdict), Scored: sc.Scored, Unverified: sc.Unverified}
		if sc.Scored {
			r.Points = int(sc.Points)
		}
		for _, v := range sc.Vetoes {
			r.Vetoes = append(r.Vetoes, v.Name)
		}
		out = append(out, r)
	}
	return out, nil
}
