package reporting

import (
	"context"
	"fmt"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/registry"
	"zhengshu/internal/visits"
)

// Visits gives a hosted site's figures of a calendar year; see visits.Year.
type Visits func(ctx context.Context, scope authz.Scope, site registry.SiteID, year int) (visits.YearFigures, error)

// Yearly are the figures of the annual form of one site (政府网站工作年度报表,
// 国办发〔2017〕47号) that this house counts itself. What it cannot know is said
// to be missing and never guessed.
type Yearly struct {
	Site   registry.Site
	Year   int
	Until  calendar.Date // the last day counted, of a year that still runs
	Groups []YearGroup
}

// YearGroup is one block of the form.
type YearGroup struct {
	Name string
	Rows []YearRow
}

// YearRow is one cell of the form with where it comes from.
type YearRow struct {
	Name, Value, Unit, Source string
	Missing                   bool
}

// firstYear is the first year of annual forms.
const firstYear = 2017

// YearlyOf are the figures of a site in scope for a year.
func (s *Service) YearlyOf(ctx context.Context, scope authz.Scope, id registry.SiteID, year int) (Yearly, error) {
	today := s.today()
	if year < firstYear || year > today.Year {
		return Yearly{}, fault.Newf(fault.Invalid, "年度请填 %d 至 %d 之间。", firstYear, today.Year).On("year", "请核对年度")
	}
	site, err := s.registry.Site(ctx, scope, id)
	if err != nil {
		return Yearly{}, err
	}
	y := Yearly{Site: site, Year: year, Until: calendar.Date{Year: year, Month: time.December, Day: 31}}
	if y.Until.After(today) {
		y.Until = today
	}
	known := func(name, value string) YearRow {
		return YearRow{Name: name, Value: value, Source: "台账", Missing: value == ""}
	}
	y.Groups = append(y.Groups, YearGroup{"网站基本情况", []YearRow{known("网站名称", site.Name), known("首页网址", registry.ShownHost(site.Host)), known("主办单位", site.UnitName), known("政府网站标识码", site.SiteCode), known("ICP 备案号", site.ICP), known("公安机关备案号", site.PoliceFiling)}})
	read, err := s.readings(ctx, scope, site, year)
	if err != nil {
		return Yearly{}, err
	}
	y.Groups = append(y.Groups, read)
	from, until := calendar.Date{Year: year, Month: time.January, Day: 1}.Start(), calendar.Date{Year: year + 1, Month: time.January, Day: 1}.Start()
	count := func(g *YearGroup, name, unit, source, sql string, args ...any) error {
		n, err := db.One(ctx, s.db, db.Value[int], sql, append([]any{id, from, until}, args...)...)
		if err != nil {
			return fmt.Errorf("reporting: yearly %s: %w", name, err)
		}
		g.Rows = append(g.Rows, YearRow{Name: name, Value: fmt.Sprint(n), Unit: unit, Source: source})
		return nil
	}
	const out = `SELECT count(*) FROM item_placement p JOIN item i ON i.id = p.item_id JOIN site_column k ON k.id = p.column_id WHERE p.site_id = $1 AND p.live_at >= $2 AND p.live_at < $3`
	published, explained, topics, asked := YearGroup{Name: "信息发布"}, YearGroup{Name: "解读回应"}, YearGroup{Name: "专栏专题"}, YearGroup{Name: "互动交流"}
	for _, c := range []struct {
		g            *YearGroup
		name, unit   string
		source, more string
		args         []any
	}{
		{&published, "信息发布总数", "条", "稿件库：本年首次在本站公开的稿件", out, nil},
		{&published, "概况类信息更新量", "条", "“概况信息”类栏目", out + ` AND k.type = $4`, []any{"概况信息"}},
		{&published, "政务动态信息更新量", "条", "“政务动态”“通知公告”类栏目", out + ` AND k.type IN ($4, $5)`, []any{"政务动态", "通知公告"}},
		{&published, "信息公开目录信息更新量", "条", "“政策文件”和信息公开各类栏目", out + ` AND (k.type = $4 OR k.type LIKE $5)`, []any{"政策文件", "信息公开%"}},
		{&explained, "解读材料数量", "条", "“政策解读”类型的稿件", out + ` AND i.type = $4`, []any{library.Interpretation}},
		{&explained, "回应公众关注热点数量", "次", "“回应关切”“辟谣”类型的稿件", out + ` AND i.type IN ($4, $5)`, []any{library.Response, library.Rebuttal}},
		{&topics, "新开设数量", "个", "专题台账", `SELECT count(*) FROM topic WHERE site_id = $1 AND started_at >= $2 AND started_at < $3`, nil},
		{&topics, "维护数量", "个", "专题台账：本年在导航里的专题", `SELECT count(*) FROM topic WHERE site_id = $1 AND started_at < $3 AND (archived_at IS NULL OR archived_at >= $2)`, nil},
		{&asked, "收到留言数量", "条", "来信登记", `SELECT count(*) FROM letter WHERE site_id = $1 AND received_at >= $2 AND received_at < $3`, nil},
		{&asked, "办结留言数量", "条", "来信登记：本年收到、已经答复", `SELECT count(*) FROM letter WHERE site_id = $1 AND received_at >= $2 AND received_at < $3 AND answered_at IS NOT NULL`, nil},
	} {
		if err := count(c.g, c.name, c.unit, c.source, c.more, c.args...); err != nil {
			return Yearly{}, err
		}
	}
	y.Groups = append(y.Groups, published, explained, topics, asked)
	return y, nil
}

// readings are the two figures of visits. A site without any counted day has
// none, which is not nought.
func (s *Service) readings(ctx context.Context, scope authz.Scope, site registry.Site, year int) (YearGroup, error) {
	g := YearGroup{Name: "网站访问"}
	views, visitors := YearRow{Name: "网站总访问量", Unit: "次"}, YearRow{Name: "独立用户访问总量", Unit: "个"}
	switch {
	case !site.Hosted:
		views.Source, views.Missing = "不由本平台承载，请由承载单位提供", true
	case s.visits == nil:
		views.Source, views.Missing = "没有接入访问统计", true
	default:
		f, err := s.visits(ctx, scope, site.ID, year)
		if err != nil {
			return g, err
		}
		if f.Days == 0 {
			views.Source, views.Missing = "本年没有访问统计", true
			break
		}
		views.Value, visitors.Value = fmt.Sprint(f.Views), fmt.Sprint(f.Visitors)
		views.Source = fmt.Sprintf("访问统计，%s 至 %s，有统计的 %d 天。%s", f.First, f.Last, f.Days, f.Method)
	}
	visitors.Source, visitors.Missing = views.Source, views.Missing
	g.Rows = []YearRow{visitors, views}
	return g, nil
}
