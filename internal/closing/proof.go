package closing

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"net/url"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/abridge"
	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/official"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/visits"
)

// maxCounted bounds the items of one count.
const maxCounted = 50_000

// Counted is what a count of the content came to.
type Counted struct {
	Complete bool
	Says     string
	Mapped   int // addresses the map did not know and now does
}

// article is one article of the old site with where it is now.
type article struct {
	old     string // path with query at the old host
	column  registry.ColumnID
	arrived bool
	address string // new; empty when not arrived
}

// CountContent counts, column by column, what there was to bring and what has
// arrived in the library and is public; enters the new addresses into the map;
// and proves the item when every column that was to be migrated has arrived.
func (s *Service) CountContent(ctx context.Context, scope authz.Scope, id ID) (Counted, error) {
	var out Counted
	if s.library == nil {
		return out, fault.New(fault.Refused, "没有连接信息资源库，请登记依据。")
	}
	err := s.after(ctx, scope, id, func(tx *db.Tx, c Closing) error {
		if c.Object.Kind != sx2021.Site || c.Host == "" {
			return fault.New(fault.Refused, "账号的历史内容由平台导出，请在“内容迁入”一项登记依据。")
		}
		site, err := s.registry.SiteTx(ctx, tx, authz.System("closing.count"), registry.SiteID(c.Object.ID))
		if err != nil {
			return err
		}
		list, err := s.articles(ctx, tx, c, site)
		if err != nil {
			return err
		}
		cols, err := db.All(ctx, tx, scanColumn, columnSelect+` WHERE closing_id = $1 ORDER BY id LIMIT $2`, id, maxColumns)
		if err != nil {
			return err
		}
		slugs := map[string]registry.ColumnID{}
		if site.Hosted {
			own, err := s.registry.Columns(ctx, tx, authz.System("closing.count"), site.ID)
			if err != nil {
				return err
			}
			for _, k := range own {
				slugs["/"+k.Slug+"/"] = k.ID
			}
		}
		has, came := tally(cols, list, slugs, c.Host)
		out.Complete = len(cols) > 0
		var short []string
		migrating, arrived := 0, 0
		for i, k := range cols {
			if _, err := tx.Exec(ctx, `UPDATE closing_column SET items = $2, arrived = $3, counted_at = $4 WHERE id = $1`, k.ID, has[i], came[i], tx.Now()); err != nil {
				return err
			}
			switch {
			case k.Decision == Undecided:
				out.Complete = false
				short = append(short, "“"+k.Name+"”没有确定去向")
			case k.Decision == Migrate:
				migrating++
				arrived += came[i]
				switch {
				case has[i] == 0:
					out.Complete = false
					short = append(short, "“"+k.Name+"”没有查到内容")
				case came[i] < has[i]:
					out.Complete = false
					short = append(short, fmt.Sprintf("“%s”有 %d 篇，已公开 %d 篇", k.Name, has[i], came[i]))
				}
			}
		}
		if out.Mapped, err = s.fillMap(ctx, tx, c, list); err != nil {
			return err
		}
		switch {
		case len(cols) == 0:
			out.Says = "还没有登记栏目，不能核对。"
		case out.Complete && migrating == 0:
			out.Says = "全部栏目归档或舍弃，没有需要迁入的内容。"
		case out.Complete:
			out.Says = fmt.Sprintf("按信息资源库核对：迁移的 %d 个栏目共 %d 篇，已全部迁入并公开。", migrating, arrived)
		default:
			if len(short) > 5 {
				short = append(short[:5], fmt.Sprintf("另有 %d 个栏目", len(short)-5))
			}
			out.Says = "还没有迁完：" + strings.Join(short, "；") + "。"
		}
		if out.Complete {
			return s.settle(ctx, tx, c, ContentMigration, out.Says, "")
		}
		return s.note(ctx, tx, c, ContentMigration, out.Says)
	})
	return out, err
}

// articles are those of the old site, each once: what visits found there, what
// of it is live here, and, of a site hosted here, what stands on it.
func (s *Service) articles(ctx context.Context, tx *db.Tx, c Closing, site registry.Site) ([]article, error) {
	var rows []library.Migrated
	var err error
	bare := strings.TrimPrefix(strings.ToLower(c.Host), "www.")
	if site.Hosted {
		if rows, err = s.library.Leaving(ctx, tx, site.ID, maxCounted); err != nil {
			return nil, err
		}
	}
	came, err := s.library.Arrived(ctx, tx, bare, maxCounted)
	if err != nil {
		return nil, err
	}
	for _, m := range came {
		if m.Site != site.ID {
			rows = append(rows, m)
		}
	}
	origins := map[registry.SiteID]string{}
	at := map[string]int{}
	var out []article
	for _, m := range rows {
		old, says := oldPath(m.Old, c.Host)
		if says != "" {
			continue
		}
		a := article{old: old, column: m.Column, arrived: m.Site != ""}
		if a.arrived {
			if _, ok := origins[m.Site]; !ok {
				to, err := s.registry.SiteTx(ctx, tx, authz.System("closing.count"), m.Site)
				if err != nil {
					return nil, err
				}
				origins[m.Site] = s.at(to)
			}
			a.address = origins[m.Site] + m.Path
		}
		if i, ok := at[old]; ok {
			if !out[i].arrived {
				out[i].arrived, out[i].address = a.arrived, a.address
			}
			continue
		}
		at[old] = len(out)
		out = append(out, a)
	}
	if s.found == nil {
		return out, nil
	}
	found, err := s.found(ctx, tx, bare, maxCounted)
	if err != nil {
		return nil, err
	}
	for _, address := range found {
		old, says := oldPath(address, c.Host)
		if _, ok := at[old]; ok || says != "" {
			continue
		}
		at[old] = len(out)
		out = append(out, article{old: old})
	}
	return out, nil
}

// tally counts by column: of a site hosted here the column is known, of another
// one the address says it, the longest beginning first.
func tally(cols []Column, list []article, slugs map[string]registry.ColumnID, host string) (has, came []int) {
	has, came = make([]int, len(cols)), make([]int, len(cols))
	paths := make([]string, len(cols))
	for i, k := range cols {
		if p, says := oldPath(k.URL, host); says == "" {
			paths[i] = p
		}
	}
	for _, a := range list {
		best := -1
		for i, p := range paths {
			switch {
			case p == "":
			case a.column != "":
				if slugs[p] == a.column {
					best = i
				}
			case strings.HasPrefix(a.old, p) && (best < 0 || len(p) > len(paths[best])):
				best = i
			}
		}
		if best < 0 {
			continue
		}
		has[best]++
		if a.arrived {
			came[best]++
		}
	}
	return has, came
}

// fillMap enters the new addresses of what has arrived where the map says
// nothing yet.
func (s *Service) fillMap(ctx context.Context, tx *db.Tx, c Closing, list []article) (int, error) {
	known, err := db.All(ctx, tx, scanRedirect, `SELECT old_path, answer, target FROM closing_redirect WHERE closing_id = $1 LIMIT $2`, c.ID, MaxRedirects)
	if err != nil {
		return 0, err
	}
	has := make(map[string]bool, len(known))
	for _, r := range known {
		has[r.Old] = true
	}
	var rows []Redirect
	for _, a := range list {
		if a.address == "" || has[a.old] || len(known)+len(rows) >= MaxRedirects {
			continue
		}
		if u, err := url.Parse(a.address); err != nil || sameHost(u.Hostname(), c.Host) {
			continue
		}
		rows = append(rows, Redirect{Old: a.old, Reply: ToNew, Target: a.address})
	}
	if len(rows) == 0 {
		return 0, nil
	}
	if err := insertMap(ctx, tx, c.ID, rows); err != nil {
		return 0, err
	}
	if err := s.redrawn(ctx, tx, c.portal); err != nil {
		return 0, err
	}
	return len(rows), audit.Record(ctx, tx, audit.Entry{Act: "closing.map.fill", Target: c.Target(), Basis: sx2021.ClosureMigration.Citation, After: len(rows)})
}

// CountTraffic keeps the last year's figures of a site hosted here as a file and
// proves the item when the map answers for its most read pages; otherwise it
// says which it does not.
func (s *Service) CountTraffic(ctx context.Context, scope authz.Scope, id ID) (says string, ok bool, err error) {
	c, err := s.Closing(ctx, s.db, scope, id)
	if err != nil {
		return "", false, err
	}
	const paper = "请上传原网站的访问量统计材料，登记依据。"
	if c.Object.Kind != sx2021.Site || s.figures == nil {
		return "", false, fault.New(fault.Refused, "没有可用的访问统计，"+paper)
	}
	today := calendar.DateOf(s.db.Now())
	f, err := s.figures(ctx, registry.SiteID(c.Object.ID), today.AddDays(-365), today)
	if err != nil {
		return "", false, err
	}
	if len(f.Days) == 0 {
		return "", false, fault.New(fault.Refused, "这个网站没有由本平台统计的访问量，"+paper)
	}
	known, err := db.All(ctx, s.db, scanRedirect, `SELECT old_path, answer, target FROM closing_redirect WHERE closing_id = $1 LIMIT $2`, id, MaxRedirects)
	if err != nil {
		return "", false, err
	}
	answered := map[string]bool{"/": true} // leads to the page of old addresses
	for _, r := range known {
		bare, _, _ := strings.Cut(r.Old, "?")
		answered[bare] = true
	}
	var lacking []string
	for _, p := range f.Pages {
		if key := (&url.URL{Path: p.Name}).EscapedPath(); !answered[key] && p.Name != "/search" {
			lacking = append(lacking, p.Name)
		}
	}
	first, last := f.Days[len(f.Days)-1].On, f.Days[0].On
	says = fmt.Sprintf("近一年（%s至%s）页面浏览量 %d 次，独立访客 %d 人次", first.Chinese(), last.Chinese(), f.Sum.Views, f.Sum.Visitors)
	if len(lacking) > 0 {
		shown := lacking[:min(5, len(lacking))]
		says += fmt.Sprintf("；访问最多的 %d 个网址中有 %d 个不在跳转表里：%s，请补登后再核对。", len(f.Pages), len(lacking), abridge.Cut(strings.Join(shown, "、"), 300))
		return says, false, s.after(ctx, scope, id, func(tx *db.Tx, c Closing) error { return s.note(ctx, tx, c, Traffic, says) })
	}
	says += fmt.Sprintf("；访问最多的 %d 个网址都在跳转表里。统计表已留存。", len(f.Pages))
	var b bytes.Buffer
	if err := official.WriteXLSX(&b, trafficSheets(f)...); err != nil {
		return "", false, err
	}
	file, err := approval.Take(ctx, s.store, approval.Upload{Kind: "closing_" + string(Traffic), Name: "访问量统计.xlsx", Content: &b})
	if err != nil {
		return "", false, err
	}
	return says, true, s.after(ctx, scope, id, func(tx *db.Tx, c Closing) error {
		open, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM closing_item WHERE closing_id = $1 AND kind = $2 AND state = 'open'`, id, Traffic)
		if err != nil {
			return err
		}
		if open == 0 {
			return fault.New(fault.Conflict, "这一项已经办结，或不在清单中。")
		}
		file.OwnerKind, file.OwnerID = "closing", string(id)
		kept, err := approval.Attach(ctx, tx, file)
		if err != nil {
			return err
		}
		return s.settle(ctx, tx, c, Traffic, says, kept.ID)
	})
}

func trafficSheets(f visits.Figures) []official.Sheet {
	days := func(yield func([]any) bool) {
		for _, d := range f.Days {
			if !yield([]any{d.On, d.Views, d.Visitors, d.Machines, d.NotFound, d.Searches, d.Phones}) {
				return
			}
		}
	}
	pages := func(yield func([]any) bool) {
		for _, p := range f.Pages {
			if !yield([]any{p.Name, p.Hits, p.Last}) {
				return
			}
		}
	}
	return []official.Sheet{
		{Title: "按日统计", Columns: []official.Column{{Title: "日期"}, {Title: "页面浏览量"}, {Title: "独立访客"}, {Title: "自动程序请求"}, {Title: "打不开的网址请求"}, {Title: "站内搜索"}, {Title: "手机浏览量"}}, Rows: iter.Seq[[]any](days)},
		{Title: "访问最多的网址", Columns: []official.Column{{Title: "网址", Width: 60}, {Title: "浏览量"}, {Title: "最近访问"}}, Rows: iter.Seq[[]any](pages)},
	}
}

// Facts is the periodic duty to look at what closings still have open.
type Facts struct{}

// Kind names the job.
func (Facts) Kind() string { return "closing.facts" }

const factsEvery = 6 * time.Hour

// LookAtFacts counts and asks for every closing that has an item open; how many
// it looked at.
func (s *Service) LookAtFacts(ctx context.Context) (int, error) {
	ctx = audit.System(ctx, "closing.facts")
	system := authz.System("closing.facts")
	list, err := db.All(ctx, s.db, scanClosing, closingSelect+` WHERE c.state IN ('closing', 'closed') AND c.object_kind = 'site' AND EXISTS (SELECT 1 FROM closing_item i WHERE i.closing_id = c.id AND i.state = 'open' AND i.kind <> 'static_map') ORDER BY c.opened_at LIMIT 200`)
	if err != nil {
		return 0, err
	}
	for _, c := range list {
		items, err := s.Items(ctx, s.db, system, c.ID)
		if err != nil {
			return 0, err
		}
		open := func(k ItemKind) bool {
			return slices.ContainsFunc(items, func(i Item) bool { return i.Kind == k && !i.Proved })
		}
		if open(ContentMigration) && s.library != nil {
			_, err = s.CountContent(ctx, system, c.ID)
		}
		if err == nil && open(Traffic) && c.portal != "" {
			_, _, err = s.CountTraffic(ctx, system, c.ID)
		}
		if quiet(err) && open(OldHost) && c.portal != "" {
			_, _, err = s.askOldHost(ctx, system, c.ID, false)
		}
		if !quiet(err) {
			return 0, err
		}
	}
	return len(list), nil
}

// quiet: a person will read on the page why it could not be.
func quiet(err error) bool {
	return err == nil || fault.Is(err, fault.Refused) || fault.Is(err, fault.Conflict)
}
