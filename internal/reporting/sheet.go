package reporting

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"zhengshu/internal/assessment"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/merit"
	"zhengshu/internal/official"
	"zhengshu/internal/percent"
	"zhengshu/internal/registry"
)

// countSheet is the month's check of each site and account: looked at how
// often, what was found, what was ordered, what is still open.
func (s *Service) countSheet(ctx context.Context, scope authz.Scope, b Bulletin, c *Content) error {
	var w db.Where
	scope.Where(&w, "u")
	w.And("s.state IN ('running', 'temporarily_offline', 'exiting', 'closing')")
	start, end := w.Arg(b.Period.Start()), w.Arg(b.Period.End())
	type line struct {
		Row
		unit                             string
		runs, found, open, ordered, late int
	}
	day, until := w.Arg(c.CountedOn), w.Arg(c.CountedOn.End())
	sites, err := db.All(ctx, s.db, func(r db.Scanner) (line, error) {
		l := line{Row: Row{Kind: "site"}}
		err := r.Scan(&l.ID, &l.Text, &l.unit, &l.runs, &l.found, &l.open, &l.ordered, &l.late)
		l.Link = "/console/sites/" + l.ID
		return l, err
	}, `SELECT s.id, s.name, u.name, coalesce(r.n, 0), coalesce(f.n, 0), coalesce(f.open, 0), coalesce(o.n, 0), coalesce(o.late, 0)
	      FROM site s JOIN unit u ON u.id = s.unit_id JOIN area a ON a.id = u.area_id
	      LEFT JOIN (SELECT site_id, count(*) AS n FROM inspection_run WHERE state = 'done' AND finished_at >= `+start+` AND finished_at < `+end+` GROUP BY site_id) r ON r.site_id = s.id
	      LEFT JOIN (SELECT site_id, count(*) AS n, sum(CASE WHEN closed_at IS NULL OR closed_at >= `+until+` THEN 1 ELSE 0 END) AS open FROM finding WHERE first_seen >= `+start+` AND first_seen < `+end+` GROUP BY site_id) f ON f.site_id = s.id
	      LEFT JOIN (SELECT f.site_id, count(DISTINCT o.id) AS n, count(DISTINCT CASE WHEN (o.closed_at IS NULL OR o.closed_at >= `+until+`) AND o.due_on < `+day+` THEN o.id END) AS late FROM rectify_order o JOIN order_finding x ON x.order_id = o.id JOIN finding f ON f.id = x.finding_id
	                  WHERE o.issued_at >= `+start+` AND o.issued_at < `+end+` GROUP BY f.site_id) o ON o.site_id = s.id
	     WHERE `+w.SQL()+` ORDER BY a.code, s.kind DESC, s.name, s.id`, w.Args()...)
	if err != nil {
		return err
	}
	t := Table{Key: "sheet.sites", Section: SectionSheet, Name: "网站检查情况", Header: []string{"网站", "主办单位", "检查次数", "发现问题", "下发整改", "未整改", "超期"}, Widths: []int{5, 5, 2, 2, 2, 2, 2}, Apart: true}
	var all, looked, missed []Row
	for _, l := range sites {
		l.Note = l.unit + "　" + fmt.Sprintf("检查 %d 次", l.runs)
		all = append(all, l.Row)
		if l.runs > 0 {
			looked = append(looked, l.Row)
		} else {
			missed = append(missed, l.Row)
		}
		t.Rows = append(t.Rows, append([]string{l.Text, l.unit}, numbers(l.runs, l.found, l.ordered, l.open, l.late)...))
		t.Links = append(t.Links, l.Link)
	}
	c.add("sheet.sites", SectionSheet, "应检查网站", "个", all)
	c.add("sheet.looked", SectionSheet, "本月检查过的网站", "个", looked)
	c.add("sheet.missed", SectionSheet, "本月没有检查的网站", "个", missed)
	c.Shares = append(c.Shares, Share{"sheet.coverage", "网站检查覆盖率", "sheet.looked", "sheet.sites"})
	c.Tables = append(c.Tables, t)
	return s.countAccountSheet(ctx, scope, b, c)
}

func numbers(list ...int) []string {
	out := make([]string, len(list))
	for i, n := range list {
		out[i] = strconv.Itoa(n)
	}
	return out
}

// countAccountSheet does the same for accounts, whose checks stand in their
// sheets.
func (s *Service) countAccountSheet(ctx context.Context, scope authz.Scope, b Bulletin, c *Content) error {
	var w db.Where
	scope.Where(&w, "u")
	w.And("x.state IN ('running', 'temporarily_offline', 'exiting', 'closing')")
	list, err := db.All(ctx, s.db, func(r db.Scanner) (accountLine, error) {
		l := accountLine{Row: Row{Kind: "account"}}
		err := r.Scan(&l.ID, &l.Text, &l.unit, &l.platform, &l.at, &l.wrong, &l.last)
		l.Link = "/console/accounts/" + l.ID
		return l, err
	}, `SELECT x.id, x.name, u.name, x.platform, h.at, coalesce(h.wrong, 0), h.last_post
	      FROM account x JOIN unit u ON u.id = x.unit_id JOIN area a ON a.id = u.area_id LEFT JOIN account_sheet h ON h.account_id = x.id
	     WHERE `+w.SQL()+` ORDER BY a.code, u.name, x.name, x.id`, w.Args()...)
	if err != nil {
		return err
	}
	t := Table{Key: "sheet.accounts", Section: SectionSheet, Name: "政务新媒体检查情况", Header: []string{"账号", "平台", "主办单位", "最近检查", "最近更新", "不合规项"}, Widths: []int{5, 2, 5, 3, 3, 2}, Apart: true}
	var all, looked, wrong, missed []Row
	for _, l := range list {
		l.Note = l.unit + "　" + registry.Platforms[l.platform]
		all = append(all, l.Row)
		on := "未检测"
		if !l.at.IsZero() && !l.at.Before(b.Period.Start()) {
			looked = append(looked, l.Row)
			on = calendar.DateOf(l.at).String()
			if l.wrong > 0 {
				wrong = append(wrong, l.Row)
			}
		} else {
			missed = append(missed, l.Row)
		}
		last := "未知"
		if !l.last.IsZero() {
			last = l.last.String()
		}
		t.Rows = append(t.Rows, []string{l.Text, registry.Platforms[l.platform], l.unit, on, last, strconv.Itoa(l.wrong)})
		t.Links = append(t.Links, l.Link)
	}
	c.add("sheet.accounts", SectionSheet, "应检查账号", "个", all)
	c.add("sheet.accounts_looked", SectionSheet, "本月检查过的账号", "个", looked)
	c.add("sheet.accounts_wrong", SectionSheet, "其中有不合规项的账号", "个", wrong)
	c.add("sheet.accounts_missed", SectionSheet, "本月没有检查的账号", "个", missed)
	c.Tables = append(c.Tables, t)
	return nil
}

type accountLine struct {
	Row
	unit     string
	platform string
	at       time.Time
	wrong    int
	last     calendar.Date
}

// countAreas compares the places below, in the order of their codes: no ranks.
func (s *Service) countAreas(ctx context.Context, _ authz.Scope, b Bulletin, c *Content) error {
	type below struct{ code, name, path string }
	list, err := db.All(ctx, s.db, func(r db.Scanner) (below, error) {
		var x below
		err := r.Scan(&x.code, &x.name, &x.path)
		return x, err
	}, `SELECT code, name, path FROM area WHERE parent_id = $1 ORDER BY code`, b.Area)
	if err != nil {
		return err
	}
	type sum struct{ total, checked, fine, bad, found, mended, orders, late int }
	sums := make([]sum, len(list)+1) // the first is the place's own level
	for _, r := range c.Sites {
		at := 0
		for i, x := range list {
			if strings.HasPrefix(r.path, x.path) {
				at = i + 1
				break
			}
		}
		n := &sums[at]
		n.total++
		switch assessment.Verdict(r.Verdict) {
		case assessment.Qualified:
			n.checked++
			n.fine++
		case assessment.Unqualified:
			n.checked++
			n.bad++
		}
		n.found, n.mended, n.orders, n.late = n.found+r.Found, n.mended+r.Mended, n.orders+r.Orders, n.late+r.Late
	}
	t := Table{Key: "areas", Section: SectionUnits, Name: "各地区检查情况", Header: []string{"地区", "应检查", "已检查", "合格", "不合格", "合格率", "发现问题", "已整改", "超期整改"}, Widths: []int{3, 2, 2, 2, 2, 2, 3, 2, 3}}
	rate := Chart{Key: "areas.rate", Section: SectionUnits, Name: "各地区检查合格率", Unit: "%", From: "areas"}
	for i, n := range sums {
		if n.total == 0 {
			continue
		}
		name := "本级"
		if i > 0 {
			name = list[i-1].name
		}
		t.Rows = append(t.Rows, append(append([]string{name}, numbers(n.total, n.checked, n.fine, n.bad)...), append([]string{percent.Of(n.fine, n.checked).Short()}, numbers(n.found, n.mended, n.late)...)...))
		if n.checked > 0 {
			rate.Labels, rate.Values = append(rate.Labels, name), append(rate.Values, float64((n.fine*2000+n.checked)/(2*n.checked))/10)
		}
	}
	if len(t.Rows) > 1 {
		c.Tables = append(c.Tables, t)
	}
	if len(rate.Labels) > 1 && len(rate.Labels) <= official.MostBars {
		c.Charts = append(c.Charts, rate)
	}
	return nil
}

// trendBack is how many periods a trend goes back.
const trendBack = 5

// countTrend draws what kept papers said, up to this one.
func (s *Service) countTrend(ctx context.Context, _ authz.Scope, b Bulletin, c *Content) error {
	found := Chart{Key: "trend.findings", Section: SectionFindings, Name: "各季度发现问题", Unit: "个", Line: true}
	rate := Chart{Key: "trend.rate", Section: SectionSites, Name: "各季度检查合格率", Unit: "%", Line: true}
	p := b.Period
	for range trendBack {
		p = p.Before()
	}
	add := func(p assessment.Period, k numbered) {
		label := strings.Replace(p.String(), "-Q", "年第", 1) + "季"
		found.Labels, found.Values = append(found.Labels, label), append(found.Values, float64(k["findings.total"]))
		if of := k["sites.checked"]; of > 0 {
			rate.Labels, rate.Values = append(rate.Labels, label), append(rate.Values, float64((k["sites.qualified"]*2000+of)/(2*of))/10)
		}
	}
	for ; p != b.Period; p = p.Next() {
		k, ok, err := s.numbers(ctx, b.Kind, b.Area, p)
		if err != nil {
			return err
		}
		if ok {
			add(p, k)
		}
	}
	add(b.Period, c.numbers())
	for _, x := range []Chart{found, rate} {
		if len(x.Labels) > 1 {
			c.Charts = append(c.Charts, x)
		}
	}
	return nil
}

// countIPv6 counts the last looks at the machines behind the sites.
func (s *Service) countIPv6(ctx context.Context, scope authz.Scope, _ Bulletin, c *Content) error {
	var w db.Where
	scope.Where(&w, "u")
	w.And("s.state IN ('running', 'temporarily_offline', 'exiting', 'closing')")
	type look struct {
		Row
		ipv6 string
	}
	list, err := db.All(ctx, s.db, func(r db.Scanner) (look, error) {
		l := look{Row: Row{Kind: "site"}}
		var at time.Time
		err := r.Scan(&l.ID, &l.Text, &l.Note, &l.ipv6, &at)
		l.Link = "/console/sites/" + l.ID
		if !at.IsZero() {
			l.Note += "　" + calendar.DateOf(at).Chinese() + "检测"
		}
		return l, err
	}, `SELECT s.id, s.name, u.name, coalesce(h.ipv6, ''), h.at FROM site s JOIN unit u ON u.id = s.unit_id LEFT JOIN host_look h ON h.site_id = s.id WHERE `+w.SQL()+` ORDER BY s.name, s.id`, w.Args()...)
	if err != nil {
		return err
	}
	var looked, yes, no []Row
	for _, l := range list {
		switch l.ipv6 {
		case "kept", "tolerated":
			yes, looked = append(yes, l.Row), append(looked, l.Row)
		case "violated":
			no, looked = append(no, l.Row), append(looked, l.Row)
		}
	}
	c.add("ipv6.looked", SectionIPv6, "检测过IPv6的网站", "个", looked)
	c.add("ipv6.yes", SectionIPv6, "首页支持IPv6的网站", "个", yes)
	c.add("ipv6.no", SectionIPv6, "首页不支持IPv6的网站", "个", no)
	c.Shares = append(c.Shares, Share{"ipv6.rate", "IPv6支持率", "ipv6.yes", "ipv6.looked"})
	return nil
}

// countInterpretations counts important policy files first published in the
// period and those with an interpretation (Article 14(3)).
func (s *Service) countInterpretations(ctx context.Context, scope authz.Scope, b Bulletin, c *Content) error {
	var w db.Where
	scope.Where(&w, "u")
	w.And("i.first_published_at >= ? AND i.first_published_at < ?", b.Period.Start(), b.Period.End()).And("v.type = 'policy'").And("i.withdrawn_at IS NULL")
	type policy struct {
		Row
		important bool
		forms     int
	}
	list, err := db.All(ctx, s.db, func(r db.Scanner) (policy, error) {
		x := policy{Row: Row{Kind: "item"}}
		err := r.Scan(&x.ID, &x.Text, &x.Note, &x.important, &x.forms)
		x.Link = "/console/items/" + x.ID
		x.Note += fmt.Sprintf("　解读 %d 篇", x.forms)
		return x, err
	}, `SELECT i.id, v.title, u.name, v.important, (SELECT count(*) FROM item_link l WHERE l.policy_id = i.id)
	      FROM item i JOIN unit u ON u.id = i.unit_id JOIN item_version v ON v.item_id = i.id AND v.no = i.version WHERE `+w.SQL()+` ORDER BY u.name, i.first_published_at, i.id`, w.Args()...)
	if err != nil {
		return err
	}
	var important, done, several []Row
	var all []Row
	for _, x := range list {
		all = append(all, x.Row)
		if !x.important {
			continue
		}
		important = append(important, x.Row)
		if x.forms > 0 {
			done = append(done, x.Row)
		}
		if x.forms >= 2 {
			several = append(several, x.Row)
		}
	}
	c.add("interpret.policies", SectionInterpret, "本季度公开政策文件", "件", all)
	c.add("interpret.important", SectionInterpret, "其中应当解读的", "件", important)
	c.add("interpret.done", SectionInterpret, "已经解读的", "件", done)
	c.add("interpret.several", SectionInterpret, "有两种以上解读形式的", "件", several)
	c.Shares = append(c.Shares, Share{"interpret.rate", "解读率", "interpret.done", "interpret.important"})
	return nil
}

// countAnswered counts the commendations and the measures of accountability
// that were decided in the period and stand: by their kind, never by person.
func (s *Service) countAnswered(ctx context.Context, scope authz.Scope, b Bulletin, c *Content) error {
	list, err := merit.Decided(ctx, s.db, scope, b.Period.First(), b.Period.Last())
	if err != nil {
		return err
	}
	var praised, accounted []Row
	for _, m := range list {
		x := Row{Kind: "merit", ID: string(m.ID), Text: m.UnitName, Note: m.KindName() + "　" + m.DecidedOn.Chinese() + "由" + m.Body + "作出", Link: m.Link()}
		if m.Sort == merit.Commend {
			praised = append(praised, x)
		} else {
			accounted = append(accounted, x)
		}
	}
	c.add("answered.praised", SectionAnswered, "表扬和奖励", "次", praised)
	c.add("answered.accounted", SectionAnswered, "问责", "次", accounted)
	return nil
}

// countTraining counts the courses held in the year.
func (s *Service) countTraining(ctx context.Context, scope authz.Scope, b Bulletin, c *Content) error {
	var w db.Where
	scope.Where(&w, "u")
	w.And("x.state = 'held'").And("x.held_on >= ? AND x.held_on <= ?", b.Period.First(), b.Period.Last())
	rows, err := db.All(ctx, s.db, func(r db.Scanner) (Row, error) {
		x := Row{Kind: "course"}
		var on calendar.Date
		var n int
		err := r.Scan(&x.ID, &x.Text, &x.Note, &on, &n)
		x.Note, x.Link = x.Note+"　"+on.Chinese()+fmt.Sprintf("　参加 %d 人", n), "/console/training/"+x.ID
		return x, err
	}, `SELECT x.id, x.title, u.name, x.held_on, (SELECT count(*) FROM training_attendance t WHERE t.course_id = x.id) FROM training_course x JOIN unit u ON u.id = x.unit_id WHERE `+w.SQL()+` ORDER BY x.held_on, x.id`, w.Args()...)
	if err != nil {
		return err
	}
	c.add("training.held", SectionTraining, "举办业务培训", "次", rows)
	return nil
}

// countMonths lists the twelve check sheets of a year: signed when, by whom.
func (s *Service) countMonths(ctx context.Context, _ authz.Scope, b Bulletin, c *Content) error {
	first := assessment.MonthOf(b.Period.First())
	have, err := s.sent(ctx, MonthlyCheck, b.Area, first, assessment.MonthOf(b.Period.Last()))
	if err != nil {
		return err
	}
	by := map[string]Bulletin{}
	for _, x := range have {
		by[x.Period.String()] = x
	}
	t := Table{Key: "months", Section: SectionMonths, Name: "月检查表", Header: []string{"月份", "情况", "签字人", "日期"}, Widths: []int{3, 3, 3, 3}}
	var signed []Row
	for p := first; b.Period.Holds(p.First()) && !p.First().After(c.CheckPoint); p = p.Next() {
		x, ok := by[p.String()]
		row := []string{p.Chinese(), "没有编制", "", ""}
		link := ""
		if ok {
			link = x.Link()
			row[1] = x.StateName()
			if x.Out() {
				row[2], row[3] = x.AgreedBy, x.IssuedOn.Chinese()
				signed = append(signed, Row{Kind: "bulletin", ID: string(x.ID), Text: x.Title(), Note: x.AgreedBy + "　" + x.IssuedOn.Chinese(), Link: link})
			}
		}
		t.Rows, t.Links = append(t.Rows, row), append(t.Links, link)
	}
	c.add("months.signed", SectionMonths, "签字确认月检查表", "份", signed)
	c.Tables = append(c.Tables, t)
	return nil
}

// countQuarters lists the four bulletins of a year with what each said.
func (s *Service) countQuarters(ctx context.Context, _ authz.Scope, b Bulletin, c *Content) error {
	first := assessment.QuarterOf(b.Period.First())
	have, err := s.sent(ctx, QuarterlyBulletin, b.Area, first, assessment.QuarterOf(b.Period.Last()))
	if err != nil {
		return err
	}
	by := map[string]Bulletin{}
	for _, x := range have {
		by[x.Period.String()] = x
	}
	t := Table{Key: "quarters", Section: SectionQuarters, Name: "季度通报", Header: []string{"季度", "应检查", "合格", "不合格", "合格率", "发现问题", "整改办结率", "文号", "印发日期"}, Widths: []int{3, 2, 2, 2, 2, 2, 2, 4, 3}}
	rate := Chart{Key: "quarters.rate", Section: SectionQuarters, Name: "各季度检查合格率", Unit: "%", Line: true, From: "quarters"}
	var issued []Row
	for p := first; b.Period.Holds(p.First()) && !p.First().After(c.CheckPoint); p = p.Next() {
		x, ok := by[p.String()]
		name := strings.TrimPrefix(p.Chinese(), b.Period.Chinese())
		row, link := []string{name, "", "", "", "", "", "", "没有编制", ""}, ""
		if ok {
			link, row[7] = x.Link(), x.StateName()
		}
		if ok && x.Fixed() {
			k, kept, err := s.numbers(ctx, QuarterlyBulletin, b.Area, p)
			if err != nil {
				return err
			}
			if kept {
				n := func(key string) int { return k[key] }
				row = append(append([]string{name}, numbers(n("sites.total"), n("sites.qualified"), n("sites.unqualified"))...), percent.Of(n("sites.qualified"), n("sites.checked")).Short(), strconv.Itoa(n("findings.total")), percent.Of(n("orders.closed"), n("orders.issued")).Short(), x.Number, "")
				if of := n("sites.checked"); of > 0 {
					rate.Labels, rate.Values = append(rate.Labels, name), append(rate.Values, float64((n("sites.qualified")*2000+of)/(2*of))/10)
				}
			}
			if x.Out() {
				row[8] = x.IssuedOn.String()
				issued = append(issued, Row{Kind: "bulletin", ID: string(x.ID), Text: x.Title(), Note: x.Number + "　" + x.IssuedOn.Chinese(), Link: link})
			}
		}
		t.Rows, t.Links = append(t.Rows, row), append(t.Links, link)
	}
	c.add("quarters.issued", SectionQuarters, "印发季度通报", "份", issued)
	c.Tables = append(c.Tables, t)
	if len(rate.Labels) > 1 {
		c.Charts = append(c.Charts, rate)
	}
	return nil
}
