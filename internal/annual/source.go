package annual

import (
	"context"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhengshu/internal/assessment"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/letters"
	"zhengshu/internal/registry"
)

// Row is one thing behind a figure. N is what it adds: 1 of a count.
type Row struct {
	Key  string    `json:"key"`
	Text string    `json:"text"`
	Note string    `json:"note,omitempty"`
	Link string    `json:"link,omitempty"` // path in the console
	N    int64     `json:"n"`
	At   time.Time `json:"at,omitzero"`
}

// Fact is what the house knows of a cell.
type Fact struct {
	Value   string
	Missing string // why there is none, as a sentence
	Says    string // from what it was counted
	Partial string // why it may be too low
	Rows    int    // how many rows stand behind it
	Sum     bool   // the value is the sum of the rows' N, not how many they are
}

// frame is one form while it is counted: whose, and of which time.
type frame struct {
	form   Form
	site   registry.Site // of a site's form
	path   string        // of a supervisor: the range of units it governs, on column
	column string
	from   time.Time // of the year
	until  time.Time // its end, or now when it still runs
	end    time.Time // its end
	since  time.Time // since when the house keeps records of the object
}

// lists are counted from rows of a query; the others in code.
type source struct {
	form  Kind
	count func(ctx context.Context, s *Service, q db.Querier, f frame) (Fact, error)
	rows  func(ctx context.Context, s *Service, q db.Querier, f frame, limit, offset int) ([]Row, int, error)
}

// bind replaces the names of a query by numbered places, in the order in which
// they stand, so that one statement serves both databases.
func (f frame) bind(query string) (string, []any) {
	last := calendar.DateOf(f.until.Add(-time.Second))
	values := map[string]any{"site": f.form.Object, "unit": f.form.Unit, "from": f.from, "until": f.until, "first": calendar.DateOf(f.from), "last": last, "low": f.path, "high": strings.TrimSuffix(f.path, "/") + "0", "year": f.form.Year}
	for n := 1; n <= 4; n++ {
		first := calendar.Date{Year: f.form.Year, Month: time.Month(3*n - 2), Day: 1}
		values[fmt.Sprintf("qfirst%d", n)], values[fmt.Sprintf("qlast%d", n)] = first, first.AddMonths(3).AddDays(-1)
	}
	query = strings.ReplaceAll(query, "{in}", "u."+f.column+" >= :low AND u."+f.column+" < :high")
	var b strings.Builder
	var args []any
	for i := 0; i < len(query); i++ {
		if query[i] != ':' {
			b.WriteByte(query[i])
			continue
		}
		j := i + 1
		for j < len(query) && (query[j] >= 'a' && query[j] <= 'z' || query[j] >= '0' && query[j] <= '9') {
			j++
		}
		v, ok := values[query[i+1:j]]
		if !ok {
			b.WriteByte(query[i])
			continue
		}
		args = append(args, v)
		b.WriteString("$" + strconv.Itoa(len(args)))
		i = j - 1
	}
	return b.String(), args
}

// recorded says whether the house kept records in the year, and since when.
func (f frame) recorded(fact *Fact) bool {
	switch {
	case !f.since.Before(f.end):
		fact.Missing = fmt.Sprintf("本系统从%s起才有记录，没有 %d 年的数据", calendar.DateOf(f.since).Chinese(), f.form.Year)
		return false
	case f.since.After(f.from):
		fact.Partial = "本系统的记录从" + calendar.DateOf(f.since).Chinese() + "开始，此前的没有计入"
	}
	return true
}

// listed is a source counted from the rows of one query. The query gives key,
// text, note, link, n and at; the value is how many rows there are or, with sum, the
// sum of their n: never anything else than what the list of rows shows.
func listed(form Kind, says, query string, sum bool) source {
	rows := func(ctx context.Context, s *Service, q db.Querier, f frame, limit, offset int) ([]Row, int, error) {
		text, args := f.bind(query)
		total, err := db.One(ctx, q, db.Value[int], `SELECT count(*) FROM (`+text+`) x`, args...)
		if err != nil || total == 0 {
			return nil, 0, err
		}
		args = append(args, limit, offset)
		list, err := db.All(ctx, q, scanRow, fmt.Sprintf(`SELECT x.key, x.text, x.note, x.link, x.n, x.at FROM (%s) x ORDER BY x.at, x.text, x.key LIMIT $%d OFFSET $%d`, text, len(args)-1, len(args)), args...)
		return list, total, err
	}
	count := func(ctx context.Context, s *Service, q db.Querier, f frame) (Fact, error) {
		fact := Fact{Says: says, Sum: sum}
		if !f.recorded(&fact) {
			return fact, nil
		}
		text, args := f.bind(query)
		sums, err := db.One(ctx, q, func(r db.Scanner) ([2]int64, error) {
			var n [2]int64
			return n, r.Scan(&n[0], &n[1])
		}, `SELECT count(*), CAST(COALESCE(sum(x.n), 0) AS BIGINT) FROM (`+text+`) x`, args...)
		if err != nil {
			return fact, err
		}
		fact.Rows, fact.Value = int(sums[0]), strconv.FormatInt(sums[0], 10)
		if sum {
			fact.Value = strconv.FormatInt(sums[1], 10)
		}
		return fact, nil
	}
	return source{form, count, rows}
}

func scanRow(r db.Scanner) (Row, error) {
	var x Row
	err := r.Scan(&x.Key, &x.Text, &x.Note, &x.Link, &x.N, &x.At)
	return x, err
}

// valued keeps the rows of a source and makes its value anew.
func (x source) valued(value func(ctx context.Context, s *Service, q db.Querier, f frame, fact Fact) (Fact, error)) source {
	count := x.count
	x.count = func(ctx context.Context, s *Service, q db.Querier, f frame) (Fact, error) {
		fact, err := count(ctx, s, q, f)
		if err != nil || fact.Missing != "" {
			return fact, err
		}
		return value(ctx, s, q, f, fact)
	}
	return x
}

// always are facts of the ledger or of a list from outside: they do not begin with
// the records of the house.
func (x source) always() source {
	count := x.count
	x.count = func(ctx context.Context, s *Service, q db.Querier, f frame) (Fact, error) {
		f.since = f.from
		return count(ctx, s, q, f)
	}
	return x
}

// most rows are read to join names or to make a mean.
const most = 100_000

// named joins the texts of the rows.
func (x source) named() source {
	rows := x.rows
	return x.always().valued(func(ctx context.Context, s *Service, q db.Querier, f frame, fact Fact) (Fact, error) {
		list, _, err := rows(ctx, s, q, f, most, 0)
		var names []string
		for _, r := range list {
			names = append(names, r.Text)
		}
		fact.Value = strings.Join(names, "、")
		return fact, err
	})
}

// yes answers 是 when there are rows.
func (x source) yes() source {
	return x.always().valued(func(_ context.Context, _ *Service, _ db.Querier, _ frame, fact Fact) (Fact, error) {
		fact.Value = "否"
		if fact.Rows > 0 {
			fact.Value = "是"
		}
		return fact, nil
	})
}

// where an account of the platforms exists; without one the cell is empty, and
// where the figure was never taken it is missing rather than nought.
func (x source) ofAccounts(where, missing string) source {
	return x.valued(func(ctx context.Context, s *Service, q db.Querier, f frame, fact Fact) (Fact, error) {
		text, args := f.bind(`SELECT count(*) FROM account a WHERE a.unit_id = :unit AND a.state IN (` + live + `)` + where)
		n, err := db.One(ctx, q, db.Value[int], text, args...)
		switch {
		case err != nil:
			return fact, err
		case n == 0:
			fact.Value, fact.Says = "", "台账中没有这类账号"
		case fact.Rows == 0:
			fact.Value, fact.Missing = "", missing
		}
		return fact, nil
	})
}

// known is a word of the ledger.
func known(form Kind, value func(f frame) string, link func(f frame) string) source {
	row := func(f frame) []Row {
		if value(f) == "" {
			return nil
		}
		return []Row{{Key: f.form.Object, Text: value(f), Note: "台账现在的登记", Link: link(f), N: 1}}
	}
	return source{form, func(_ context.Context, _ *Service, _ db.Querier, f frame) (Fact, error) {
		fact := Fact{Value: value(f), Says: "台账", Rows: len(row(f))}
		if fact.Value == "" {
			fact.Missing = "台账里没有登记，请先补登台账"
		}
		return fact, nil
	}, func(_ context.Context, _ *Service, _ db.Querier, f frame, limit, offset int) ([]Row, int, error) {
		list := row(f)
		return list[min(offset, len(list)):min(offset+limit, len(list))], len(list), nil
	}}
}

func siteWord(value func(registry.Site) string) source {
	return known(SiteForm, func(f frame) string { return value(f.site) }, func(f frame) string { return f.site.Link() })
}

func unitWord(form Kind) source {
	return known(form, func(f frame) string { return f.form.UnitName }, func(f frame) string { return "/console/units/" + string(f.form.Unit) })
}

const (
	noTime = `CAST(NULL AS TIMESTAMPTZ)`
	live   = `'running', 'temporarily_offline', 'exiting', 'closing'`
	// shown is one row for each item at the moment it was first public on the site.
	shown = `SELECT p.id AS key, COALESCE(NULLIF(p.title, ''), v.title) AS text, k.name AS note, '/console/items/' || i.id AS link, 1 AS n, p.live_at AS at
		FROM item_placement p JOIN item i ON i.id = p.item_id JOIN item_version v ON v.item_id = i.id AND v.no = i.version JOIN site_column k ON k.id = p.column_id
		WHERE p.site_id = :site AND p.live_at >= :from AND p.live_at < :until
		AND NOT EXISTS (SELECT 1 FROM item_placement e WHERE e.item_id = p.item_id AND e.site_id = p.site_id AND (e.live_at < p.live_at OR e.live_at = p.live_at AND e.id < p.id))`
	explained = shown + ` AND i.type = 'interpretation'`
	byMedia   = `EXISTS (SELECT 1 FROM item_link l WHERE l.interpretation_id = i.id AND l.form = '媒体解读')`
	byProduct = `EXISTS (SELECT 1 FROM item_link l WHERE l.interpretation_id = i.id AND l.form IN ('图解', '图表', '动漫', '音频', '短视频'))`
	topics    = `SELECT t.id AS key, t.title AS text, '' AS note, '/console/topics/' || t.id AS link, 1 AS n, t.started_at AS at FROM topic t WHERE t.site_id = :site AND t.started_at < :until`
	mail      = `SELECT l.id AS key, l.number AS text, '' AS note, '/console/letters/' || l.id AS link, 1 AS n, l.received_at AS at FROM letter l WHERE l.site_id = :site AND ` + letters.Counted + ` AND l.received_at >= :from AND l.received_at < :until`
	// What is weak stays between 网信 and the sponsor: a row tells layer and number only.
	layer    = `CASE h.layer WHEN 'network' THEN '网络' WHEN 'database' THEN '数据库' WHEN 'firewall' THEN '防火墙' WHEN 'system' THEN '业务系统' ELSE '应用服务器' END`
	siteHole = `SELECT h.id AS key, ` + layer + ` || '漏洞' AS text, h.number AS note, '/console/security-holes/' || h.id AS link, 1 AS n, h.found_at AS at FROM security_hole h WHERE h.site_id = :site AND h.state NOT IN ('found', 'withdrawn') AND h.found_at >= :from AND h.found_at < :until`
	areaHole = `SELECT h.id AS key, s.name || '：' || ` + layer + ` || '漏洞' AS text, h.number AS note, '/console/security-holes/' || h.id AS link, 1 AS n, h.found_at AS at
		FROM security_hole h JOIN site s ON s.id = h.site_id JOIN unit u ON u.id = s.unit_id WHERE {in} AND h.state NOT IN ('found', 'withdrawn') AND h.found_at >= :from AND h.found_at < :until`
	account   = `SELECT a.id AS key, a.name AS text, a.platform AS note, '/console/accounts/' || a.id AS link, 1 AS n, ` + noTime + ` AS at FROM account a WHERE a.unit_id = :unit AND a.state IN (` + live + `)`
	following = `SELECT a.id AS key, a.name AS text, a.followers_source AS note, '/console/accounts/' || a.id AS link, a.followers AS n, ` + noTime + ` AS at FROM account a WHERE a.unit_id = :unit AND a.state IN (` + live + `) AND a.followers_on IS NOT NULL`
	posted    = `SELECT a.id AS key, a.name AS text, '本年发布记录' AS note, '/console/account-sheets/' || a.id AS link, (SELECT count(*) FROM account_post p WHERE p.account_id = a.id AND p.posted_on >= :first AND p.posted_on <= :last) AS n, ` + noTime + ` AS at
		FROM account a WHERE a.unit_id = :unit AND EXISTS (SELECT 1 FROM account_post p WHERE p.account_id = a.id AND p.posted_on >= :first AND p.posted_on <= :last)`
	weibo  = ` AND a.platform = 'weibo'`
	wechat = ` AND a.platform IN ('wechat', 'video')`
	clip   = ` AND a.platform IN ('douyin', 'kuaishou', 'bilibili')`
	press  = ` AND a.platform IN ('toutiao', 'baijia', 'dayu', 'penguin', 'netease', 'thepaper')`
	client = ` AND a.platform IN ('app', 'miniapp')`
	rest   = ` AND a.platform NOT IN ('weibo', 'wechat', 'video', 'douyin', 'kuaishou', 'bilibili', 'toutiao', 'baijia', 'dayu', 'penguin', 'netease', 'thepaper', 'app', 'miniapp')`
	// moved is what the history of sites says happened in the year.
	moved = `SELECT p.object_id AS key, s.name AS text, u.name AS note, '/console/sites/' || s.id AS link, 1 AS n, p.at AS at FROM passage p JOIN site s ON s.id = p.object_id JOIN unit u ON u.id = s.unit_id WHERE p.kind = 'site' AND {in} AND p.at >= :from AND p.at < :until`
	// ran are the sites that ran at the end of the year, or run now.
	ran = `SELECT s.id AS key, s.name AS text, u.name AS note, '/console/sites/' || s.id AS link, 1 AS n, ` + noTime + ` AS at FROM site s JOIN unit u ON u.id = s.unit_id WHERE {in}
		AND (SELECT p.to_state FROM passage p WHERE p.kind = 'site' AND p.object_id = s.id AND p.at < :until ORDER BY p.seq DESC LIMIT 1) IN (` + live + `)`
	accountMoved = `SELECT p.object_id AS key, a.name AS text, a.platform AS note, '/console/accounts/' || a.id AS link, 1 AS n, p.at AS at FROM passage p JOIN account a ON a.id = p.object_id WHERE p.kind = 'account' AND a.unit_id = :unit AND p.at >= :from AND p.at < :until`
	blamed       = `SELECT a.id AS key, u.name || '：' || a.number AS text, a.body || ' ' || a.document AS note, '/console/merits/' || a.id AS link, 1 AS n, a.entered_at AS at FROM merit a JOIN unit u ON u.id = a.unit_id WHERE {in} AND a.sort = 'account' AND a.person <> '' AND a.state = 'checked' AND NOT a.withdrawn`
	fakes        = `SELECT f.id AS key, f.number AS text, f.shown AS note, '/console/impostors/' || f.id AS link, 1 AS n, f.found_at AS at FROM impostor f JOIN unit u ON u.id = f.unit_id WHERE {in} AND f.kind = 'site' AND f.state <> 'dismissed' AND f.found_on >= :first AND f.found_on <= :last`
	// told are the valid error reports of the national platform, by the day the
	// reader wrote.
	told = `SELECT e.number AS key, s.name || '：' || e.number AS text, e.says AS note, '/console/error-reports?q=' || e.number AS link, 1 AS n, ` + noTime + ` AS at
		FROM error_report e JOIN site s ON s.id = e.site_id JOIN unit u ON u.id = s.unit_id WHERE {in} AND NOT e.void AND e.received_on >= :first AND e.received_on <= :last`
	courses = ` FROM training_course c JOIN unit u ON u.id = c.unit_id WHERE {in} AND c.state = 'held' AND c.held_on >= :first AND c.held_on <= :last`
)

// sources are the closed list of what the house counts, by the name a
// definition gives.
var sources map[string]source

func init() {
	sources = map[string]source{
		"site.unit": unitWord(SiteForm),
		"site.name": siteWord(func(s registry.Site) string { return s.Name }),
		"site.home": siteWord(func(s registry.Site) string { return registry.ShownHost(s.Host) }),
		"site.class": siteWord(func(s registry.Site) string {
			if s.Kind == registry.Portal {
				return "政府门户网站"
			}
			return "部门网站"
		}),
		"site.code":              siteWord(func(s registry.Site) string { return s.SiteCode }),
		"site.icp":               siteWord(func(s registry.Site) string { return s.ICP }),
		"site.police":            siteWord(func(s registry.Site) string { return s.PoliceFiling }),
		"site.visitors":          visited(`d.visitors`, "个"),
		"site.views":             visited(`d.views`, "次"),
		"site.published":         listed(SiteForm, "信息资源库：本年首次在本站公开的稿件", shown, false).hosted(),
		"site.overview":          listed(SiteForm, "信息资源库：首次公开在“概况信息”类栏目的稿件", shown+` AND k.type = '概况信息'`, false).hosted(),
		"site.news":              listed(SiteForm, "信息资源库：首次公开在“政务动态”“通知公告”类栏目的稿件", shown+` AND k.type IN ('政务动态', '通知公告')`, false).hosted(),
		"site.directory":         listed(SiteForm, "信息资源库：首次公开在“政策文件”和信息公开各类栏目的稿件", shown+` AND (k.type = '政策文件' OR k.type LIKE '信息公开%')`, false).hosted(),
		"site.topics_kept":       listed(SiteForm, "专题台账：本年在导航里的专题", topics+` AND (t.archived_at IS NULL OR t.archived_at >= :from)`, false).hosted(),
		"site.topics_new":        listed(SiteForm, "专题台账：本年开设的专题", topics+` AND t.started_at >= :from`, false).hosted(),
		"site.explained":         listed(SiteForm, "信息资源库：本年首次公开的“政策解读”稿件", explained, false).hosted(),
		"site.explained_text":    listed(SiteForm, "“政策解读”稿件中的文字、问答、专家和负责人解读等", explained+` AND NOT `+byMedia+` AND NOT `+byProduct, false).hosted(),
		"site.explained_product": listed(SiteForm, "“政策解读”稿件中的图解、图表、动漫、音频、短视频", explained+` AND NOT `+byMedia+` AND `+byProduct, false).hosted(),
		"site.explained_media":   listed(SiteForm, "“政策解读”稿件中的媒体解读", explained+` AND `+byMedia, false).hosted(),
		"site.responded":         listed(SiteForm, "信息资源库：“回应关切”“辟谣”类型的稿件", shown+` AND i.type IN ('response', 'rebuttal')`, false).hosted(),
		"site.letters":           listed(SiteForm, "来信登记：本年收到", mail, false).hosted(),
		"site.letters_done":      listed(SiteForm, "来信登记：本年收到、已经答复", mail+` AND l.answered_at IS NOT NULL`, false).hosted(),
		"site.letters_public":    listed(SiteForm, "来信登记：本年收到、已经答复并公开的", mail+` AND l.answered_at IS NOT NULL AND EXISTS (SELECT 1 FROM letter_reply y WHERE y.letter_id = l.id AND y.taken_down_at IS NULL)`, false).hosted(),
		"site.letters_days":      letterDays(),
		"site.tests": listed(SiteForm, "年度网络安全检查和等级保护测评的登记", `SELECT x.id AS key, '年度网络安全检查' AS text, x.checker AS note, '/console/security-sheets/' || x.id AS link, 1 AS n, x.kept_at AS at FROM security_sheet x WHERE x.site_id = :site AND x.state = 'checked' AND x.checked_on >= :first AND x.checked_on <= :last
			UNION ALL SELECT a.id, '等级保护测评', a.agency, '/console/protection/' || a.grade_id, 1, a.added_at FROM protection_assessment a JOIN protection_grade g ON g.id = a.grade_id WHERE g.object_kind = 'site' AND g.object_id = :site AND a.assessed_on >= :first AND a.assessed_on <= :last`, false),
		"site.problems": listed(SiteForm, "年度网络安全检查中已下发整改通知的漏洞", siteHole, false),
		"site.mended":   listed(SiteForm, "其中复测通过、已经关闭的", siteHole+` AND h.state = 'closed'`, false),
		"site.watch":    listed(SiteForm, "台账：本站是否由本系统日常监测", `SELECT s.id AS key, s.name AS text, '日常监测' AS note, '/console/sites/' || s.id AS link, 1 AS n, `+noTime+` AS at FROM site s WHERE s.id = :site AND s.monitored`, false).yes(),
		"site.mobile":   listed(SiteForm, "台账：主办单位在用的账号和客户端", account, false).yes(),
		"site.weibo":    listed(SiteForm, "台账：主办单位在用的微博", account+weibo, false).named(),
		"site.wechat":   listed(SiteForm, "台账：主办单位在用的微信公众号、视频号", account+wechat, false).named(),
		"site.media_other": listed(SiteForm, "台账：主办单位在用的其他账号和客户端", account+` AND a.platform NOT IN ('weibo', 'wechat', 'video')`, false).
			named(),
		"site.weibo_posts":      listed(SiteForm, "账号发布记录：本年发布的条数", posted+weibo, true).ofAccounts(weibo, noPosts),
		"site.wechat_posts":     listed(SiteForm, "账号发布记录：本年发布的条数", posted+wechat, true).ofAccounts(wechat, noPosts),
		"site.weibo_followers":  listed(SiteForm, "台账：最近一次登记的关注数", following+weibo, true).ofAccounts(weibo, noFollowers),
		"site.wechat_followers": listed(SiteForm, "台账：最近一次登记的订阅数", following+wechat, true).ofAccounts(wechat, noFollowers),

		"area.unit":    unitWord(SupervisionForm),
		"area.running": listed(SupervisionForm, "台账：年末（本年未结束的为现在）在运行的网站，含临时下线和正在办理退出、关停的", ran, false),
		"area.checked": ofYear("sites.checked", "各季度通报中检查过的网站，每个网站计一次"),
		"area.failed":  ofYear("sites.unqualified", "各季度通报中不合格的网站，每个网站计一次"),
		"area.blamed":  listed(SupervisionForm, "表扬问责登记：本年作出、已复核的对个人的问责", blamed+` AND a.decided_on >= :first AND a.decided_on <= :last`, false),
		"area.secured": listed(SupervisionForm, "年度网络安全检查：本年检查过的网站", `SELECT s.id AS key, s.name AS text, x.checker AS note, '/console/security-sheets/' || x.id AS link, 1 AS n, x.kept_at AS at
			FROM security_sheet x JOIN site s ON s.id = x.site_id JOIN unit u ON u.id = s.unit_id WHERE {in} AND x.state = 'checked' AND x.checked_on >= :first AND x.checked_on <= :last
			AND NOT EXISTS (SELECT 1 FROM security_sheet e WHERE e.site_id = x.site_id AND e.state = 'checked' AND e.checked_on >= :first AND e.checked_on <= :last AND e.id < x.id)`, false),
		"area.holes":        listed(SupervisionForm, "年度网络安全检查中已下发整改通知的漏洞", areaHole, false),
		"area.holes_mended": listed(SupervisionForm, "其中复测通过、已经关闭的", areaHole+` AND h.state = 'closed'`, false),
		"area.opened":       listed(SupervisionForm, "台账：本年上线的网站", moved+` AND p.act = 'launch'`, false),
		"area.merged":       listed(SupervisionForm, "台账：本年注销关停的网站", moved+` AND p.act = 'close'`, false),
		"area.offline": listed(SupervisionForm, "下线登记：本年实际开始的临时下线", `SELECT w.id AS key, s.name AS text, w.cause AS note, '/console/sites/' || s.id AS link, 1 AS n, w.created_at AS at
			FROM offline_window w JOIN site s ON s.id = w.object_id JOIN unit u ON u.id = s.unit_id WHERE w.object_kind = 'site' AND {in} AND w.from_on >= :first AND w.from_on <= :last`, false),
		"area.fakes":          listed(SupervisionForm, "假冒登记：本年发现、没有被排除的假冒网站", fakes, false),
		"area.fakes_gone":     listed(SupervisionForm, "其中已经不能访问的", fakes+` AND f.gone_at IS NOT NULL`, false),
		"area.errors":         listed(SupervisionForm, "网民找错名单：本年收到的有效留言", told, false).always().reported(),
		"area.errors_in_time": listed(SupervisionForm, "网民找错名单：按期办结的", told+` AND e.answered_on <= e.last_on`, false).always().reported(),
		"area.errors_late":    listed(SupervisionForm, "网民找错名单：超期办结的", told+` AND e.answered_on > e.last_on`, false).always().reported(),
		"area.errors_open":    listed(SupervisionForm, "网民找错名单：没有办结的", told+` AND e.answered_on IS NULL`, false).always().reported(),
		"area.courses":        listed(SupervisionForm, "培训登记：本级和所辖单位本年已办的培训", `SELECT c.id AS key, c.title AS text, u.name AS note, '/console/training/' || c.id AS link, 1 AS n, `+noTime+` AS at`+courses, false),
		"area.trainees": listed(SupervisionForm, "培训签到：上述培训的签到人次", `SELECT c.id AS key, c.title AS text, u.name AS note, '/console/training/' || c.id AS link, (SELECT count(*) FROM training_attendance t WHERE t.course_id = c.id) AS n, `+noTime+` AS at`+courses, true).
			valued(func(_ context.Context, _ *Service, _ db.Querier, _ frame, fact Fact) (Fact, error) { return fact, nil }),

		"media.unit":      unitWord(MediaForm),
		"media.running":   listed(MediaForm, "台账：在用的账号和客户端", account, false).always(),
		"media.wechat":    listed(MediaForm, "台账：在用的微信公众号、视频号", account+wechat, false).always(),
		"media.weibo":     listed(MediaForm, "台账：在用的微博", account+weibo, false).always(),
		"media.clip":      listed(MediaForm, "台账：在用的抖音、快手、哔哩哔哩号", account+clip, false).always(),
		"media.news":      listed(MediaForm, "台账：在用的头条、百家号等", account+press, false).always(),
		"media.client":    listed(MediaForm, "台账：在用的移动客户端、小程序", account+client, false).always(),
		"media.others":    listed(MediaForm, "台账：在用的其他平台账号", account+rest, false).always(),
		"media.opened":    listed(MediaForm, "台账：本年开通的账号", accountMoved+` AND p.act = 'launch'`, false),
		"media.closed":    listed(MediaForm, "台账：本年注销的账号", accountMoved+` AND p.act = 'close'`, false),
		"media.checked":   listed(MediaForm, "账号检查：本年有检查结果的账号", checkedAccounts, false),
		"media.failed":    listed(MediaForm, "账号检查：14 天没有更新，或互动没有开通的账号", checkedAccounts+` AND (h.stale = 'violated' OR h.interaction = 'violated')`, false),
		"media.posts":     listed(MediaForm, "账号发布记录：本年发布的条数", posted, true).ofAccounts("", noPosts),
		"media.original":  listed(MediaForm, "账号发布记录：其中标明原创的", strings.ReplaceAll(posted, `p.posted_on <= :last)`, `p.posted_on <= :last AND p.original = 'yes')`), true).originals(),
		"media.followers": listed(MediaForm, "台账：最近一次登记的关注数", following, true).ofAccounts("", noFollowers),
	}
	for n := 1; n <= 4; n++ {
		q := fmt.Sprintf("area.q%d_", n)
		sources[q+"checked"] = ofQuarter(n, "sites.checked", "季度通报：检查过的网站")
		sources[q+"failed"] = ofQuarter(n, "sites.unqualified", "季度通报：不合格的网站")
		sources[q+"blamed"] = listed(SupervisionForm, "表扬问责登记：本季度作出、已复核的对个人的问责", blamed+fmt.Sprintf(` AND a.decided_on >= :qfirst%d AND a.decided_on <= :qlast%d`, n, n), false)
	}
}

const (
	noPosts         = "没有取得账号的发布记录，请按平台后台的数据填写"
	noFollowers     = "台账没有登记关注数，请按平台后台的数据填写"
	checkedAccounts = `SELECT a.id AS key, a.name AS text, a.platform AS note, '/console/account-sheets/' || a.id AS link, 1 AS n, h.at AS at FROM account_sheet h JOIN account a ON a.id = h.account_id WHERE a.unit_id = :unit AND a.state IN (` + live + `) AND h.at >= :from AND h.at < :until`
)

// hosted are figures of what is published here: of a site elsewhere the house
// has none.
func (x source) hosted() source {
	count := x.count
	x.count = func(ctx context.Context, s *Service, q db.Querier, f frame) (Fact, error) {
		if !f.site.Hosted {
			return Fact{Missing: "不由本平台承载，请按承载系统的数据填写"}, nil
		}
		return count(ctx, s, q, f)
	}
	return x
}

// reported are figures of the list of error reports: nought only where the list
// was taken in for the area during or after the year, and too low, perhaps, where
// that was before the year's end.
func (x source) reported() source {
	return x.valued(func(ctx context.Context, _ *Service, q db.Querier, f frame, fact Fact) (Fact, error) {
		type list struct {
			path string
			on   calendar.Date
		}
		text, args := f.bind(`SELECT a.path, max(m.taken_on) FROM error_report_import m JOIN unit u ON u.id = m.unit_id JOIN area a ON a.id = u.area_id WHERE m.taken_on >= :first GROUP BY a.path`)
		lists, err := db.All(ctx, q, func(r db.Scanner) (list, error) {
			var l list
			return l, r.Scan(&l.path, &l.on)
		}, text, args...)
		if err != nil {
			return fact, err
		}
		var newest calendar.Date
		for _, l := range lists {
			if strings.HasPrefix(f.path, l.path) && l.on.After(newest) {
				newest = l.on
			}
		}
		switch last := calendar.DateOf(f.until.Add(-time.Second)); {
		case newest.IsZero():
			fact.Value, fact.Missing = "", "没有导入本年的“我为政府网站找错”名单，请按全国平台的数据填写"
		case newest.Before(last):
			fact.Partial = "名单最近一次于" + newest.Chinese() + "导入，此后的留言和办结没有计入"
		}
		return fact, nil
	})
}

// originals are nought only where posts were recorded with their origin.
func (x source) originals() source {
	return x.valued(func(ctx context.Context, _ *Service, q db.Querier, f frame, fact Fact) (Fact, error) {
		text, args := f.bind(`SELECT count(*) FROM account_post p JOIN account a ON a.id = p.account_id WHERE a.unit_id = :unit AND p.posted_on >= :first AND p.posted_on <= :last AND p.original <> ''`)
		n, err := db.One(ctx, q, db.Value[int], text, args...)
		if err == nil && n == 0 {
			fact.Value, fact.Missing = "", "发布记录没有标明是否原创，请按平台后台的数据填写"
		}
		return fact, err
	})
}

// visited are the figures of visits of the year, day by day. A site without any
// counted day has none, which is not nought.
func visited(column, unit string) source {
	x := listed(SiteForm, "访问统计："+unit, `SELECT CAST(d.day AS TEXT) AS key, CAST(d.day AS TEXT) AS text, '当日' AS note, '/console/visits/' || d.site_id AS link, `+column+` AS n, `+noTime+` AS at FROM visit_day d WHERE d.site_id = :site AND d.day >= :first AND d.day <= :last`, true)
	return x.always().hosted().valued(func(ctx context.Context, s *Service, _ db.Querier, f frame, fact Fact) (Fact, error) {
		if fact.Rows == 0 {
			fact.Value, fact.Missing = "", "本年没有访问统计"
			return fact, nil
		}
		if s.visits == nil {
			return fact, nil
		}
		y, err := s.visits(ctx, authz.System("annual.visits"), f.site.ID, f.form.Year)
		if err != nil {
			return fact, err
		}
		fact.Says = fmt.Sprintf("访问统计，%s 至 %s，有统计的 %d 天。%s", y.First, y.Last, y.Days, y.Method)
		return fact, nil
	})
}

// letterDays is the mean time of an answer in calendar days, each letter one row.
func letterDays() source {
	rows := func(ctx context.Context, q db.Querier, f frame) ([]Row, error) {
		text, args := f.bind(`SELECT l.id, l.number, l.received_on, l.answered_on, l.received_at FROM letter l WHERE l.site_id = :site AND ` + letters.Counted + ` AND l.received_at >= :from AND l.received_at < :until AND l.answered_on IS NOT NULL ORDER BY l.received_at, l.id`)
		return db.All(ctx, q, func(r db.Scanner) (Row, error) {
			var x Row
			var received, answered calendar.Date
			err := r.Scan(&x.Key, &x.Text, &received, &answered, &x.At)
			x.Link, x.N, x.Note = "/console/letters/"+x.Key, int64(answered.Sub(received)), "从收到到答复的天数"
			return x, err
		}, text, args...)
	}
	x := source{SiteForm, func(ctx context.Context, _ *Service, q db.Querier, f frame) (Fact, error) {
		fact := Fact{Says: "来信登记：本年收到、已经答复的来信，从收到到答复的自然日，取平均"}
		if !f.recorded(&fact) {
			return fact, nil
		}
		list, err := rows(ctx, q, f)
		if err != nil || len(list) == 0 {
			fact.Says = "本年没有已经答复的来信，不填"
			return fact, err
		}
		sum := int64(0)
		for _, r := range list {
			sum += r.N
		}
		fact.Rows, fact.Value = len(list), decimal(big.NewRat(sum, int64(len(list))))
		return fact, nil
	}, func(ctx context.Context, _ *Service, q db.Querier, f frame, limit, offset int) ([]Row, int, error) {
		list, err := rows(ctx, q, f)
		return list[min(offset, len(list)):min(offset+limit, len(list))], len(list), err
	}}
	return x.hosted()
}

// decimal writes an exact share with at most two decimals, rounded once, half up.
func decimal(r *big.Rat) string {
	s := r.FloatString(2)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// ofQuarter takes a figure of the bulletin of a quarter once that is frozen: the
// form and the bulletin say the same.
func ofQuarter(n int, key, says string) source {
	read := func(ctx context.Context, s *Service, f frame) ([]Row, string, error) {
		p := assessment.QuarterOf(calendar.Date{Year: f.form.Year, Month: time.Month(3*n - 2), Day: 1})
		if s.quarters == nil || f.form.area == "" {
			return nil, "没有接入季度通报", nil
		}
		c, ok, err := s.quarters(ctx, authz.System("annual.quarters"), f.form.area, p)
		if err != nil {
			return nil, "", err
		}
		if !ok {
			return nil, p.Chinese() + "的通报还没有定稿，请按实际检查情况填写", nil
		}
		var out []Row
		for _, r := range c.Figure(key).Rows {
			out = append(out, Row{Key: r.ID, Text: r.Text, Note: r.Note, Link: r.Link, N: 1})
		}
		return out, "", nil
	}
	return bulletins(says, read)
}

// ofYear joins the quarters: each site once. It needs the bulletins of all.
func ofYear(key, says string) source {
	return bulletins(says, func(ctx context.Context, s *Service, f frame) ([]Row, string, error) {
		if s.quarters == nil || f.form.area == "" {
			return nil, "没有接入季度通报", nil
		}
		var out []Row
		for n := range 4 {
			p := assessment.QuarterOf(calendar.Date{Year: f.form.Year, Month: time.Month(3*n + 1), Day: 1})
			c, ok, err := s.quarters(ctx, authz.System("annual.quarters"), f.form.area, p)
			if err != nil {
				return nil, "", err
			}
			if !ok {
				return nil, p.Chinese() + "的通报还没有定稿，请按实际检查情况填写", nil
			}
			for _, r := range c.Figure(key).Rows {
				if !slices.ContainsFunc(out, func(o Row) bool { return o.Key == r.ID }) {
					out = append(out, Row{Key: r.ID, Text: r.Text, Note: p.Chinese(), Link: r.Link, N: 1})
				}
			}
		}
		return out, "", nil
	})
}

func bulletins(says string, read func(ctx context.Context, s *Service, f frame) ([]Row, string, error)) source {
	return source{SupervisionForm, func(ctx context.Context, s *Service, _ db.Querier, f frame) (Fact, error) {
		list, missing, err := read(ctx, s, f)
		fact := Fact{Says: says, Missing: missing, Rows: len(list)}
		if missing == "" {
			fact.Value = strconv.Itoa(len(list))
		}
		return fact, err
	}, func(ctx context.Context, s *Service, _ db.Querier, f frame, limit, offset int) ([]Row, int, error) {
		list, _, err := read(ctx, s, f)
		return list[min(offset, len(list)):min(offset+limit, len(list))], len(list), err
	}}
}
