package dashboard

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
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/integrity"
	"zhengshu/internal/letters"
	"zhengshu/internal/org"
)

// Query says which number, where and when.
type Query struct {
	Figure string
	Under  org.AreaID // a division and what lies below; empty: all in scope
	Own    bool       // of the division itself alone, not of those below (本级)
	Unit   org.UnitID // one unit alone
	// From and To are months (2026-11), both included; most figures of the
	// present need none.
	From, To string
	Check    string    // of figures of rules
	Severity string    // of findings by age
	Band     int       // of figures of age
	Since    time.Time // of figures of what is new
}

// Row is one thing that was counted.
type Row struct {
	Kind string // finding, order, site, obligation, letter, dispute, guidance
	ID   string
	Text string
	Note string
	Unit string
	At   time.Time
	Link string
}

// figure is what a number counts: rows of a source under a condition.
type figure struct {
	name   string
	source string // finding, order, life, site, verdict, obligation, letter, dispute, receipt
	unit   string // measure word
	cond   func(w *db.Where, n Query, today calendar.Date)
}

// Name and measure word of a figure; ok is false for an unknown one.
func FigureName(key string) (name, unit string, ok bool) {
	f, ok := figures[key]
	return f.name, f.unit, ok
}

// FigureKeys are all figures that open rows.
func FigureKeys() []string {
	out := make([]string, 0, len(figures))
	for k := range figures {
		out = append(out, k)
	}
	return out
}

// Bands of age in calendar days; the last has no end.
var Bands = []struct {
	Name     string
	From, To int
}{{"0—3 天", 0, 3}, {"4—7 天", 4, 7}, {"8—15 天", 8, 15}, {"16—30 天", 16, 30}, {"30 天以上", 31, -1}}

// band is the instants of an age, from the older to the younger end; no time
// for an open end.
func band(n int, today calendar.Date) (from, until time.Time) {
	b := Bands[n]
	if b.To >= 0 {
		from = today.AddDays(-b.To).Start()
	}
	if b.From > 0 {
		until = today.AddDays(-b.From).End()
	}
	return from, until
}

func aged(w *db.Where, column string, n Query, today calendar.Date) {
	from, until := band(n.Band, today)
	w.AndIf(!from.IsZero(), column+" >= ?", from).AndIf(!until.IsZero(), column+" < ?", until)
}

// within are the instants of the months of a query.
func (n Query) within() (from, until time.Time) {
	a, errA := assessment.ParsePeriod(n.From)
	b, errB := assessment.ParsePeriod(n.To)
	if errA != nil || errB != nil {
		return time.Time{}, time.Time{}
	}
	return a.Start(), b.End()
}

// standing is a finding that is not settled.
const (
	standing = "f.state <> 'closed'"
	notFalse = "f.closed_by <> '" + inspection.ClosedByDispute + "'"
	// mended leaves out what ended with its site or account.
	mended    = "f.state = 'closed' AND f.closed_by <> '" + inspection.ClosedByEnd + "' AND " + notFalse
	openOrder = "o.state <> 'closed'"
	// What tampering leaves on a site stands among the alarms of tampering.
	freshFinding = standing + " AND f.severity = 'serious' AND f.check_id <> '" + integrity.CheckTampered + "' AND f.first_seen >= ?"
)

func foundIn(w *db.Where, n Query, _ calendar.Date) {
	from, until := n.within()
	w.And("f.first_seen >= ? AND f.first_seen < ? AND "+notFalse, from, until)
}

func life(cond string) func(*db.Where, Query, calendar.Date) {
	return func(w *db.Where, n Query, _ calendar.Date) { w.And("d.month >= ? AND d.month <= ?"+cond, n.From, n.To) }
}

func judged(verdict string) func(*db.Where, Query, calendar.Date) {
	return func(w *db.Where, n Query, _ calendar.Date) {
		w.And("d.month = ?", n.To).AndIf(verdict != "", "d.verdict = ?", verdict)
	}
}

func yearOfRule(w *db.Where, n Query, today calendar.Date) {
	w.And("f.check_id = ? AND f.first_seen >= ?", n.Check, ruleSince(today))
}

// ruleSince is from when the quality of rules is told: twelve months.
func ruleSince(today calendar.Date) time.Time { return months(today, 12)[0].Start() }

var figures = map[string]figure{
	"finding.serious":  {"未办结的严重问题", "finding", "个", func(w *db.Where, _ Query, _ calendar.Date) { w.And(standing + " AND f.severity = 'serious'") }},
	"finding.standing": {"未办结的问题", "finding", "个", func(w *db.Where, _ Query, _ calendar.Date) { w.And(standing) }},
	"finding.age": {"未办结的问题", "finding", "个", func(w *db.Where, n Query, today calendar.Date) {
		w.And(standing).AndIf(n.Severity != "", "f.severity = ?", n.Severity)
		aged(w, "f.first_seen", n, today)
	}},
	"finding.found": {"发现的问题", "finding", "个", foundIn},
	"finding.mended": {"办结的问题", "finding", "个", func(w *db.Where, n Query, _ calendar.Date) {
		from, until := n.within()
		w.And("f.closed_at >= ? AND f.closed_at < ? AND "+mended, from, until)
	}},
	"finding.fresh":     {"新发现且未办结的严重问题（篡改另列）", "finding", "个", func(w *db.Where, n Query, _ calendar.Date) { w.And(freshFinding, n.Since) }},
	"finding.unordered": {"未下发整改通知的严重问题", "finding", "个", func(w *db.Where, _ Query, _ calendar.Date) { w.And("f.state = 'open' AND f.severity = 'serious'") }},

	"order.open":    {"未办结的整改通知", "order", "份", func(w *db.Where, _ Query, _ calendar.Date) { w.And(openOrder) }},
	"order.overdue": {"超期未办结的整改通知", "order", "份", func(w *db.Where, _ Query, today calendar.Date) { w.And(openOrder+" AND o.due_on < ?", today) }},
	"order.age":     {"未办结的整改通知", "order", "份", func(w *db.Where, n Query, today calendar.Date) { w.And(openOrder); aged(w, "o.issued_at", n, today) }},

	"life.issued":   {"下发的整改通知", "life", "份", life("")},
	"life.read":     {"已阅的整改通知", "life", "份", life(" AND d.read_days IS NOT NULL")},
	"life.answered": {"已答复的整改通知", "life", "份", life(" AND d.answer_days IS NOT NULL")},
	"life.retested": {"已复测的整改通知", "life", "份", life(" AND d.retest_days IS NOT NULL")},
	"life.closed":   {"已办结的整改通知", "life", "份", life(" AND d.close_days IS NOT NULL")},
	"life.ended": {"当期办结的整改通知", "life", "份", func(w *db.Where, n Query, _ calendar.Date) {
		w.And("d.closed_month >= ? AND d.closed_month <= ? AND d.closed_month <> ''", n.From, n.To)
	}},
	"life.timely": {"当期按期办结的整改通知", "life", "份", func(w *db.Where, n Query, _ calendar.Date) {
		w.And("d.closed_month >= ? AND d.closed_month <= ? AND d.closed_month <> '' AND NOT d.late", n.From, n.To)
	}},
	"life.missed": {"当期到期未按期办结的整改通知", "life", "份", func(w *db.Where, n Query, _ calendar.Date) {
		w.And("d.due_month >= ? AND d.due_month <= ? AND d.late", n.From, n.To)
	}},

	"site.running":     {"运行中的网站", "site", "个", func(w *db.Where, _ Query, _ calendar.Date) { w.And(runningSite) }},
	"site.qualified":   {"合格网站", "verdict", "个", judged("qualified")},
	"site.unqualified": {"不合格网站", "verdict", "个", judged("unqualified")},
	"site.untested":    {"未检测网站", "verdict", "个", judged("untested")},

	"letter.judged": {"已判定时限的留言", "letter", "件", func(w *db.Where, n Query, today calendar.Date) {
		letterIn(w, n)
		w.And("(("+letters.OnTime+") OR ("+letters.Late+"))", today)
	}},
	"letter.ontime": {"按时答复的留言", "letter", "件", func(w *db.Where, n Query, _ calendar.Date) { letterIn(w, n); w.And(letters.OnTime) }},
	"letter.late":   {"超期的留言", "letter", "件", func(w *db.Where, n Query, today calendar.Date) { letterIn(w, n); w.And(letters.Late, today) }},

	"obligation.overdue": {"超期的法定时限", "obligation", "项", func(w *db.Where, _ Query, today calendar.Date) {
		// What is owed by an hour is marked at that hour by the sweep.
		w.And("o.state = 'open' AND (o.due_on < ? OR o.overdue_at IS NOT NULL) AND NOT o.provisional", today)
	}},

	"rule.raised": {"检查项报出的问题", "finding", "个", yearOfRule},
	"rule.refuted": {"经核实为误报的问题", "finding", "个", func(w *db.Where, n Query, today calendar.Date) {
		yearOfRule(w, n, today)
		w.And("f.state = 'closed' AND f.closed_by = ?", inspection.ClosedByDispute)
	}},
	"rule.disputed": {"申辩", "dispute", "件", disputedIn("")},
	"rule.upheld":   {"维持的申辩", "dispute", "件", disputedIn(" AND d.verdict = 'true'")},

	"burden.order": {"整改通知", "order", "份", func(w *db.Where, n Query, _ calendar.Date) {
		from, until := n.within()
		w.And("o.issued_at >= ? AND o.issued_at < ?", from, until)
	}},
	"burden.return":  {"要求报送", "receipt", "次", func(w *db.Where, n Query, _ calendar.Date) { receiptIn(w, n); w.And(guidanceAsks) }},
	"burden.notice":  {"工作通知", "receipt", "次", func(w *db.Where, n Query, _ calendar.Date) { receiptIn(w, n); w.And("NOT " + guidanceAsks) }},
	"burden.confirm": {"法定时限事项", "obligation", "项", confirmIn},
}

// runningSite is a site that is governed and can be drawn, as assessment draws.
const runningSite = "s.state IN ('running', 'temporarily_offline', 'exiting', 'closing')"

func letterIn(w *db.Where, n Query) {
	w.And(letters.Counted)
	if a, err := assessment.ParsePeriod(n.From); err == nil {
		w.And("l.received_on >= ?", a.First())
	}
	if b, err := assessment.ParsePeriod(n.To); err == nil {
		w.And("l.received_on <= ?", b.Last())
	}
}

func disputedIn(cond string) func(*db.Where, Query, calendar.Date) {
	return func(w *db.Where, n Query, today calendar.Date) {
		w.And("d.check_id = ? AND d.raised_at >= ?"+cond, n.Check, ruleSince(today))
	}
}

// guidanceAsks is a notice that wants something back.
const guidanceAsks = "(g.wants_file OR g.fields NOT IN ('', 'null', '[]'))"

func receiptIn(w *db.Where, n Query) {
	from, until := n.within()
	w.And("g.issued_at >= ? AND g.issued_at < ?", from, until)
}

// elsewhere are the clocks that the burden counts under another head, or that
// ask nothing of a unit by themselves.
var elsewhere = []string{assessment.RectifyObligation.ID, "guidance_return", "letter_reply", "column_update"}

func confirmIn(w *db.Where, n Query, _ calendar.Date) {
	from, until := n.within()
	w.And("o.opened_at >= ? AND o.opened_at < ?", from, until)
	w.And("o.kind NOT IN ('" + strings.Join(elsewhere, "', '") + "')")
}

// source is where the rows of figures lie. Scope narrows by a list of units or
// of their sites, beside the rows: so an index alone counts them, and one that
// is in order gives the first without reading the rest.
type source struct {
	// Joined to a word rather than a column (|| ''), a site's findings are not
	// gathered site by site: the rows of half a million come in order of time.
	table   string // with its alias
	joins   string // what columns need besides
	within  string // {units} stands for the condition on unit u
	columns string
	order   string
	scan    func(db.Scanner) (Row, error)
}

var sources = map[string]source{
	"finding": {`finding f`, `LEFT JOIN site s ON s.id = (f.site_id || '') LEFT JOIN account c ON c.id = (f.account_id || '') JOIN unit u ON u.id = COALESCE(s.unit_id, c.unit_id)`,
		`COALESCE('s' || f.site_id, 'a' || f.account_id) IN (SELECT 's' || s.id FROM site s JOIN unit u ON u.id = s.unit_id WHERE {units} UNION ALL SELECT 'a' || c.id FROM account c JOIN unit u ON u.id = c.unit_id WHERE {units})`,
		`f.id, f.says, COALESCE(s.name, c.name), f.first_seen, u.name, f.state, f.severity`, `f.first_seen, f.id`,
		func(r db.Scanner) (Row, error) {
			x := Row{Kind: "finding"}
			var site, state, severity string
			err := r.Scan(&x.ID, &x.Text, &site, &x.At, &x.Unit, &state, &severity)
			x.Note, x.Link = site+"　"+severityName(severity)+"　"+inspection.FindingMachine.Name(state), "/console/findings/"+x.ID
			return x, err
		}},
	"order": {`rectify_order o`, orderAbout + ` JOIN unit u ON u.id = o.unit_id`, `o.unit_id IN (SELECT u.id FROM unit u WHERE {units})`, orderColumns, `o.due_on, o.number`, scanOrderRow},
	"life":  {`dashboard_order d`, `JOIN rectify_order o ON o.id = d.order_id ` + orderAbout + ` JOIN unit u ON u.id = d.unit_id`, `d.unit_id IN (SELECT u.id FROM unit u WHERE {units})`, orderColumns, `o.due_on, o.number`, scanOrderRow},
	"site": {`site s`, `JOIN unit u ON u.id = s.unit_id`, `s.unit_id IN (SELECT u.id FROM unit u WHERE {units})`, `s.id, s.name, s.host, u.name`, `u.area_path, s.name, s.id`, func(r db.Scanner) (Row, error) {
		x := Row{Kind: "site"}
		err := r.Scan(&x.ID, &x.Text, &x.Note, &x.Unit)
		x.Link = "/console/sites/" + x.ID
		return x, err
	}},
	"verdict": {`dashboard_verdict d`, `JOIN site s ON s.id = d.site_id JOIN unit u ON u.id = s.unit_id`, `d.site_id IN (SELECT s.id FROM site s JOIN unit u ON u.id = s.unit_id WHERE {units})`, `s.id, s.name, d.says, u.name, d.judged_on, d.month`, `u.area_path, s.name, s.id`, func(r db.Scanner) (Row, error) {
		x := Row{Kind: "site"}
		var on calendar.Date
		var month string
		err := r.Scan(&x.ID, &x.Text, &x.Note, &x.Unit, &on, &month)
		x.Note = strings.TrimSpace(x.Note + "　" + on.Chinese() + "判定")
		x.Link = "/console/sites/" + x.ID + "/score?period=" + month
		return x, err
	}},
	"obligation": {`obligation o`, `JOIN unit u ON u.id = o.unit_id`, `o.unit_id IN (SELECT u.id FROM unit u WHERE {units})`, `o.id, o.subject_name, o.kind, o.due_on, u.name, o.link, o.opened_at`, `o.due_on, o.id`, func(r db.Scanner) (Row, error) {
		x := Row{Kind: "obligation"}
		var due calendar.Date
		err := r.Scan(&x.ID, &x.Text, &x.Note, &due, &x.Unit, &x.Link, &x.At)
		x.Note = x.Note + "　限 " + due.String()
		return x, err
	}},
	"letter": {`letter l`, `JOIN unit u ON u.id = l.unit_id`, `l.unit_id IN (SELECT u.id FROM unit u WHERE {units})`, `l.id, l.number, l.due_on, u.name, l.received_at`, `l.due_on, l.number`, func(r db.Scanner) (Row, error) {
		x := Row{Kind: "letter"}
		var due calendar.Date
		err := r.Scan(&x.ID, &x.Text, &due, &x.Unit, &x.At)
		x.Note, x.Link = "限 "+due.String(), "/console/letters/"+x.ID
		return x, err
	}},
	"dispute": {`finding_dispute d JOIN finding f ON f.id = d.finding_id`, findingAbout, `COALESCE((SELECT unit_id FROM site WHERE id = f.site_id), (SELECT unit_id FROM account WHERE id = f.account_id)) IN (SELECT u.id FROM unit u WHERE {units})`, `d.finding_id, f.says, COALESCE(s.name, c.name), d.verdict, u.name, d.raised_at`, `d.raised_at, d.id`, func(r db.Scanner) (Row, error) {
		x := Row{Kind: "dispute"}
		var site, verdict string
		err := r.Scan(&x.ID, &x.Text, &site, &verdict, &x.Unit, &x.At)
		x.Note, x.Link = site+"　"+verdictName(verdict), "/console/findings/"+x.ID
		return x, err
	}},
	"receipt": {`guidance_receipt c JOIN guidance g ON g.id = c.guidance_id`, `JOIN unit u ON u.id = c.unit_id JOIN unit a ON a.id = g.unit_id`, `c.unit_id IN (SELECT u.id FROM unit u WHERE {units})`, `g.id, g.title, a.name, u.name, g.issued_at`, `g.issued_at, g.id`, func(r db.Scanner) (Row, error) {
		x := Row{Kind: "guidance"}
		err := r.Scan(&x.ID, &x.Text, &x.Note, &x.Unit, &x.At)
		x.Note, x.Link = x.Note+"发出", "/console/guidance/"+x.ID
		return x, err
	}},
}

// findingAbout is what a disputed finding is about: a site or an account.
const findingAbout = `LEFT JOIN site s ON s.id = f.site_id LEFT JOIN account c ON c.id = f.account_id JOIN unit u ON u.id = COALESCE(s.unit_id, c.unit_id)`

// What an order is about: one site, several of a unit, or an account.
const (
	orderAbout   = `LEFT JOIN site s ON s.id = o.site_id LEFT JOIN account c ON c.id = o.account_id`
	orderName    = `COALESCE(s.name, c.name, o.subject)`
	orderColumns = `o.id, o.number, ` + orderName + `, o.due_on, u.name, o.issued_at, o.state`
)

func scanOrderRow(r db.Scanner) (Row, error) {
	x := Row{Kind: "order"}
	var site, state string
	var due calendar.Date
	err := r.Scan(&x.ID, &x.Text, &site, &due, &x.Unit, &x.At, &state)
	x.Text += " " + site
	x.Note, x.Link = assessment.OrderMachine.Name(state)+"　限 "+due.String(), "/console/orders/"+x.ID
	return x, err
}

func severityName(s string) string {
	return map[string]string{"serious": "严重", "error": "一般", "advice": "提示"}[s]
}

func verdictName(v string) string {
	return inspection.VerdictNames[v]
}

// Rows behind a number, and how many there are: the number itself.
func (s *Service) Rows(ctx context.Context, scope authz.Scope, n Query, limit, offset int) ([]Row, int, error) {
	f, ok := figures[n.Figure]
	if !ok {
		return nil, 0, fault.Missing("指标")
	}
	if err := n.check(); err != nil {
		return nil, 0, err
	}
	var u db.Where
	scope.Where(&u, "u")
	if n.Under != "" {
		a, err := s.org.Area(ctx, s.db, n.Under)
		if err != nil {
			return nil, 0, err
		}
		if !scope.Covers(a.Path, "") && !scope.Reaches(a.Path) {
			return nil, 0, fault.Missing("区划")
		}
		authz.Area("dashboard.rows", a.Path).Where(&u, "u")
		u.AndIf(n.Own, "u.area_id = ?", a.ID)
	}
	if n.Unit != "" {
		if _, err := s.org.UnitTx(ctx, s.db, scope, n.Unit); err != nil {
			return nil, 0, err
		}
		u.And("u.id = ?", n.Unit)
	}
	src := sources[f.source]
	var w db.Where
	f.cond(&w, n, s.today())
	w.And(strings.ReplaceAll(src.within, "{units}", "?"), slices.Repeat([]any{&u}, strings.Count(src.within, "{units}"))...)
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM `+src.table+` WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, fmt.Errorf("dashboard: count %s: %w", n.Figure, err)
	}
	rows, err := db.All(ctx, s.db, src.scan, `SELECT `+src.columns+` FROM `+src.table+` `+src.joins+` WHERE `+w.SQL()+` ORDER BY `+src.order+` LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(offset), w.Args()...)
	return rows, total, err
}

// check refuses what does not say when.
func (n Query) check() error {
	for _, p := range []string{n.From, n.To} {
		if p == "" {
			continue
		}
		if _, err := assessment.ParsePeriod(p); err != nil {
			return err
		}
	}
	if n.Band < 0 || n.Band >= len(Bands) {
		return fault.New(fault.Invalid, "没有这一档时长，请从积压时长页打开。").On("band", "请重新选择")
	}
	switch figures[n.Figure].source {
	case "life", "verdict", "receipt":
		if n.From == "" || n.To == "" {
			return fault.New(fault.Invalid, "缺少统计月份，请从看板上的数字打开。").On("from", "请选择月份")
		}
	}
	if strings.HasPrefix(n.Figure, "finding.found") || strings.HasPrefix(n.Figure, "finding.mended") || strings.HasPrefix(n.Figure, "burden.") {
		if n.From == "" || n.To == "" {
			return fault.New(fault.Invalid, "缺少统计月份，请从看板上的数字打开。").On("from", "请选择月份")
		}
	}
	return nil
}

// eachOf counts the findings of each site and account (n, with unit_id), by a further
// column of the finding where one is given. They are counted before it is asked whose
// they are: an index alone answers that.
func eachOf(cond, by string) string {
	grouped, out := "f.site_id, f.account_id", "COALESCE(s.unit_id, c.unit_id) AS unit_id"
	if by != "" {
		grouped, out = grouped+", f."+by, out+", g."+by
	}
	return `SELECT ` + out + `, g.n FROM (SELECT ` + grouped + `, count(*) AS n FROM finding f WHERE ` + cond + ` GROUP BY ` + grouped + `) g LEFT JOIN site s ON s.id = g.site_id LEFT JOIN account c ON c.id = g.account_id`
}

// tally counts a figure by the unit that answers for it. Units out of scope are
// counted along: the caller adds up those it knows.
func (s *Service) tally(ctx context.Context, q db.Querier, n Query) (map[org.UnitID]int, error) {
	f := figures[n.Figure]
	var w db.Where
	f.cond(&w, n, s.today())
	var query string
	switch f.source {
	case "finding":
		query = `SELECT x.unit_id, sum(x.n) FROM (` + eachOf(w.SQL(), "") + `) x GROUP BY x.unit_id`
	case "order", "obligation":
		query = `SELECT o.unit_id, count(*) FROM ` + map[string]string{"order": "rectify_order", "obligation": "obligation"}[f.source] + ` o WHERE ` + w.SQL() + ` GROUP BY o.unit_id`
	case "life":
		query = `SELECT d.unit_id, count(*) FROM dashboard_order d WHERE ` + w.SQL() + ` GROUP BY d.unit_id`
	case "site":
		query = `SELECT s.unit_id, count(*) FROM site s WHERE ` + w.SQL() + ` GROUP BY s.unit_id`
	case "verdict":
		query = `SELECT s.unit_id, count(*) FROM dashboard_verdict d JOIN site s ON s.id = d.site_id WHERE ` + w.SQL() + ` GROUP BY s.unit_id`
	case "letter":
		query = `SELECT l.unit_id, count(*) FROM letter l WHERE ` + w.SQL() + ` GROUP BY l.unit_id`
	default:
		return nil, fmt.Errorf("dashboard: %s cannot be tallied", f.source)
	}
	type one struct {
		unit org.UnitID
		n    int
	}
	list, err := db.All(ctx, q, func(r db.Scanner) (one, error) {
		var x one
		err := r.Scan(&x.unit, &x.n)
		return x, err
	}, query, w.Args()...)
	if err != nil {
		return nil, fmt.Errorf("dashboard: tally %s: %w", n.Figure, err)
	}
	out := make(map[org.UnitID]int, len(list))
	for _, x := range list {
		out[x.unit] = x.n
	}
	return out, nil
}
