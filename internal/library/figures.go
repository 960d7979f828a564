package library

import (
	"context"
	"fmt"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/registry"
)

// SiteMonth is what went live on a site in a month, what moved in left out
// (Articles 12(3), 12(4), 19(2)).
type SiteMonth struct {
	Site      registry.SiteID
	SiteName  string
	UnitName  string
	Shown     int
	First     int // 首发: originals that no page showed before this site did
	Originals int
	NonText   int // with a picture, a video or a sound
}

// Measures of a SiteMonth, for the rows behind a figure.
const (
	MeasureShown     = "shown"
	MeasureFirst     = "first"
	MeasureOriginals = "originals"
	MeasureNonText   = "nontext"
)

// MeasureNames are the measures in Chinese.
var MeasureNames = map[string]string{MeasureShown: "发布", MeasureFirst: "首发", MeasureOriginals: "原创", MeasureNonText: "非文字"}

var measureConds = map[string]string{
	MeasureShown:     "1 = 1",
	MeasureFirst:     "v.origin = 'original' AND p.live_at = i.first_published_at",
	MeasureOriginals: "v.origin = 'original'",
	MeasureNonText:   `v.doc LIKE '%"type":"figure"%'`,
}

// monthOf is a month as its first instant and that of the next.
func monthOf(month string) (from, to time.Time, err error) {
	t, perr := time.ParseInLocation("2006-01", month, calendar.Shanghai)
	if perr != nil || t.Year() < 1990 || t.Year() > 2200 {
		return from, to, fault.New(fault.Invalid, "月份请写成 2026-03。").On("month", "请写成 2026-03")
	}
	return t.UTC(), t.AddDate(0, 1, 0).UTC(), nil
}

const monthFrom = `
	  FROM item_placement p JOIN site s ON s.id = p.site_id JOIN unit u ON u.id = s.unit_id JOIN item i ON i.id = p.item_id
	  JOIN item_live l ON l.item_id = i.id JOIN item_version v ON v.item_id = i.id AND v.no = l.version_no
	 WHERE v.origin <> 'moved_in' AND p.state = 'live' AND `

// SiteMonths are the figures of the sites in scope in a month (2026-03), by
// name of the site.
func (s *Service) SiteMonths(ctx context.Context, scope authz.Scope, month string) ([]SiteMonth, error) {
	from, to, err := monthOf(month)
	if err != nil {
		return nil, err
	}
	var w db.Where
	scope.Where(&w, "u")
	w.And("p.live_at >= ? AND p.live_at < ?", from, to)
	sum := func(measure string) string {
		return fmt.Sprintf("sum(CASE WHEN %s THEN 1 ELSE 0 END)", measureConds[measure])
	}
	return db.All(ctx, s.db, func(r db.Scanner) (SiteMonth, error) {
		var m SiteMonth
		return m, r.Scan(&m.Site, &m.SiteName, &m.UnitName, &m.Shown, &m.First, &m.Originals, &m.NonText)
	}, `SELECT s.id, s.name, u.name, count(*), `+sum(MeasureFirst)+`, `+sum(MeasureOriginals)+`, `+sum(MeasureNonText)+monthFrom+w.SQL()+` GROUP BY s.id, s.name, u.name ORDER BY s.name, s.id LIMIT 2000`, w.Args()...)
}

// ShownItem is a row behind a figure.
type ShownItem struct {
	Item     ItemID
	Title    string
	UnitName string // of the item
	Origin   Origin
	Column   string
	LiveAt   time.Time
}

// MonthRows are the items behind one figure of a site in scope, newest first.
func (s *Service) MonthRows(ctx context.Context, scope authz.Scope, site registry.SiteID, month, measure string, limit, offset int) ([]ShownItem, int, error) {
	from, to, err := monthOf(month)
	if err != nil {
		return nil, 0, err
	}
	cond, ok := measureConds[measure]
	if !ok {
		return nil, 0, fault.New(fault.Invalid, "没有这个指标，请从统计表进入。")
	}
	var w db.Where
	scope.Where(&w, "u")
	w.And("p.live_at >= ? AND p.live_at < ?", from, to).And("p.site_id = ?", site).And(cond)
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*)`+monthFrom+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, s.db, func(r db.Scanner) (ShownItem, error) {
		var v ShownItem
		return v, r.Scan(&v.Item, &v.Title, &v.UnitName, &v.Origin, &v.Column, &v.LiveAt)
	}, `SELECT i.id, v.title, (SELECT name FROM unit WHERE id = i.unit_id), v.origin, (SELECT name FROM site_column WHERE id = p.column_id), p.live_at`+monthFrom+w.SQL()+`
		ORDER BY p.live_at DESC, p.id LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(offset), w.Args()...)
	return list, total, err
}
