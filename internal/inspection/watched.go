package inspection

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"

	"zhengshu/internal/abridge"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/check"
	"zhengshu/internal/crawl"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/registry"
)

// Watch is one watched page with its baseline and the last look at it.
type Watch struct {
	Site        registry.SiteID
	Address     string
	AddedBy     string
	Last        engine.Watched // of the last look; At is zero before the first
	Held        engine.Held    // SHA256 is empty while no baseline is confirmed
	HeldTitle   string
	SetBy       string
	SetAt       time.Time
	Reason      string
	contentType string
}

// Confirmed reports whether the page has a baseline.
func (w Watch) Confirmed() bool { return w.Held.SHA256 != "" }

// Confirmable reports whether what was last seen may become the baseline.
func (w Watch) Confirmable() bool { return w.Last.Ref != "" && w.Last.SHA256 != w.Held.SHA256 }

const watchSelect = `SELECT w.site_id, w.address, w.added_by, w.at, w.ref, w.sha256, w.size, w.content_type, w.title, w.outcome, w.grave, w.says, w.sketch,
	       COALESCE(b.ref, ''), COALESCE(b.sha256, ''), COALESCE(b.size, 0), b.seen_at, COALESCE(b.sketch, ''), COALESCE(b.title, ''), COALESCE(b.set_by, ''), b.set_at, COALESCE(b.reason, ''), COALESCE(b.content_type, '')
	  FROM page_watch w LEFT JOIN page_baseline b ON b.site_id = w.site_id AND b.address = w.address`

func scanWatch(r db.Scanner) (Watch, error) {
	var w Watch
	var last, held string
	err := r.Scan(&w.Site, &w.Address, &w.AddedBy, &w.Last.At, &w.Last.Ref, &w.Last.SHA256, &w.Last.Size, &w.Last.ContentType, &w.Last.Title, &w.Last.Outcome, &w.Last.Grave, &w.Last.Says, &last,
		&w.Held.Ref, &w.Held.SHA256, &w.Held.Size, &w.Held.SeenAt, &held, &w.HeldTitle, &w.SetBy, &w.SetAt, &w.Reason, &w.contentType)
	w.Last.Address, w.Held.Address = w.Address, w.Address
	if err == nil && last != "" {
		err = json.Unmarshal([]byte(last), &w.Last.Sketch)
	}
	if err == nil && held != "" {
		err = json.Unmarshal([]byte(held), &w.Held.Sketch)
	}
	return w, err
}

// Watches are the watched pages of a site in scope, the home page first.
func (s *Service) Watches(ctx context.Context, scope authz.Scope, id registry.SiteID) ([]Watch, error) {
	if _, err := s.registry.Site(ctx, scope, id); err != nil {
		return nil, err
	}
	return db.All(ctx, s.db, scanWatch, watchSelect+` WHERE w.site_id = $1 ORDER BY CASE w.added_by WHEN '' THEN 0 ELSE 1 END, w.address`, id)
}

// WatchedPage is one of them.
func (s *Service) WatchedPage(ctx context.Context, scope authz.Scope, id registry.SiteID, address string) (Watch, error) {
	if _, err := s.registry.Site(ctx, scope, id); err != nil {
		return Watch{}, err
	}
	w, err := db.One(ctx, s.db, scanWatch, watchSelect+` WHERE w.site_id = $1 AND w.address = $2`, id, address)
	if db.None(err) {
		return w, fault.Missing("页面")
	}
	return w, err
}

// PageBytes are the bytes of what was last seen of a watched page, or of its
// baseline.
func (s *Service) PageBytes(ctx context.Context, scope authz.Scope, id registry.SiteID, address string, baseline bool) ([]byte, error) {
	w, err := s.WatchedPage(ctx, scope, id, address)
	if err != nil {
		return nil, err
	}
	ref := w.Last.Ref
	if baseline {
		ref = w.Held.Ref
	}
	if ref == "" {
		return nil, fault.Missing("页面文件")
	}
	return s.readKept(ctx, ref, 0, "监看页面 "+w.Address+" ", "重新检查后确认新的基线", audit.Target{Kind: evidenceKind, ID: ref.Hash(), Name: w.Address})
}

// WatchPage adds a page of a site that is not published here to those that are
// held against a baseline.
func (s *Service) WatchPage(ctx context.Context, scope authz.Scope, id registry.SiteID, address string) error {
	person, err := audit.PersonFrom(ctx)
	if err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		site, err := s.registry.SiteTx(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if site.Hosted {
			return errPublishedHere
		}
		at, err := crawl.Canonical("", strings.TrimSpace(address))
		if u, uerr := url.Parse(at); err != nil || uerr != nil || engine.RegisteredDomain(u.Hostname()) != engine.RegisteredDomain(site.Host) {
			return fault.New(fault.Invalid, "这个网址不是本网站的页面，请填写以 http:// 或 https:// 开头、属于本网站域名的完整网址。").On("address", "请填写本网站的完整网址")
		}
		n, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM page_watch WHERE site_id = $1`, id)
		if err != nil {
			return err
		}
		if n >= engine.WatchedMost {
			return fault.Newf(fault.Refused, "每个网站最多监看%d个页面，请先停止监看不需要的页面。", engine.WatchedMost).On("address", "已达上限")
		}
		added, err := tx.Exec(ctx, `INSERT INTO page_watch (site_id, address, added_by) VALUES ($1, $2, $3) ON CONFLICT (site_id, address) DO NOTHING`, id, at, person.Name)
		if err != nil {
			return err
		}
		if added == 0 {
			return fault.New(fault.Conflict, "这个页面已在监看之列。").On("address", "已在监看")
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "inspection.baseline.watch", Basis: "第二十三条（一）", Target: site.Target(), After: map[string]string{"address": at}})
	})
}

var errPublishedHere = fault.New(fault.Refused, "这个网站由本平台发布，页面按发布内容逐字核对，不需要另设基线。")

// UnwatchPage ends the watching of a page that a person added; its baseline goes.
func (s *Service) UnwatchPage(ctx context.Context, scope authz.Scope, id registry.SiteID, address string) error {
	if _, err := audit.PersonFrom(ctx); err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		site, err := s.registry.SiteTx(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `DELETE FROM page_watch WHERE site_id = $1 AND address = $2 AND added_by <> ''`, id, address)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Refused, "首页始终监看；其他页面可能已停止监看，请刷新后再看。")
		}
		if _, err := tx.Exec(ctx, `DELETE FROM page_baseline WHERE site_id = $1 AND address = $2`, id, address); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "inspection.baseline.unwatch", Basis: "第二十三条（一）", Target: site.Target(), Before: map[string]string{"address": address}})
	})
}

// AdvanceBaseline makes what was last seen of a page its baseline: the act of a
// named person who has looked at exactly these bytes (sha256) and says why. What
// looks like the work of an intruder is confirmed by the supervising office alone.
func (s *Service) AdvanceBaseline(ctx context.Context, scope authz.Scope, id registry.SiteID, address, sha256, reason string) error {
	person, err := audit.PersonFrom(ctx)
	if err != nil || person.Kind != "person" {
		return fault.New(fault.Refused, "基线只能由具名的人员确认。").From(err)
	}
	reason = strings.TrimSpace(reason)
	if err := reasonOf(reason, "请写明是改版、更新还是首次确认，以及向谁核实"); err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		site, err := s.registry.SiteTx(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if site.Hosted {
			return errPublishedHere
		}
		w, err := db.One(ctx, tx, scanWatch, watchSelect+` WHERE w.site_id = $1 AND w.address = $2`, id, address)
		if db.None(err) {
			return fault.Missing("页面")
		}
		if err != nil {
			return err
		}
		switch session := authz.SessionFrom(ctx); {
		case w.Last.SHA256 != sha256:
			return fault.New(fault.Conflict, "您查看之后页面又被抓取，内容已不同，请重新查看后再确认。")
		case w.Last.SHA256 == w.Held.SHA256:
			return fault.New(fault.Conflict, "这个版本已经是基线，不用再次确认。")
		case w.Last.Ref == "":
			return fault.New(fault.Refused, "页面与现有基线没有重大变化，不需要重新确认。")
		case w.Last.Grave && session != nil && !session.May(authz.OrderIssue):
			return fault.New(fault.Refused, "这次变化像是被篡改，须由主管单位核实后确认新的基线；请先核对网站内容并报告。")
		}
		sketch, err := json.Marshal(w.Last.Sketch)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `
			INSERT INTO page_baseline (site_id, address, ref, sha256, size, content_type, title, sketch, seen_at, set_by, set_by_id, set_at, reason)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
			ON CONFLICT (site_id, address) DO UPDATE SET ref = excluded.ref, sha256 = excluded.sha256, size = excluded.size, content_type = excluded.content_type, title = excluded.title, sketch = excluded.sketch,
			       seen_at = excluded.seen_at, set_by = excluded.set_by, set_by_id = excluded.set_by_id, set_at = excluded.set_at, reason = excluded.reason`,
			id, address, string(w.Last.Ref), w.Last.SHA256, w.Last.Size, w.Last.ContentType, w.Last.Title, string(sketch), w.Last.At, person.Name, person.ID, tx.Now(), reason); err != nil {
			return fmt.Errorf("inspection: baseline: %w", err)
		}
		if _, err := tx.Exec(ctx, `UPDATE page_watch SET outcome = $3, grave = FALSE, says = '' WHERE site_id = $1 AND address = $2`, id, address, string(check.Kept)); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "inspection.baseline.advance", Basis: "第二十三条（一）", Target: site.Target(),
			Before: map[string]string{"address": address, "sha256": w.Held.SHA256, "set_by": w.SetBy}, After: map[string]string{"address": address, "sha256": w.Last.SHA256, "reason": reason, "change": w.Last.Says}})
	})
}

// watching fills in what a run over a site that is not published here compares.
func (s *Service) watching(ctx context.Context, site registry.Site, t *engine.Target) error {
	if site.Hosted {
		return nil
	}
	start, err := crawl.Canonical("", t.URL)
	if err != nil {
		return nil //nolint:nilerr // the run itself says that the address is none
	}
	list, err := db.All(ctx, s.db, scanWatch, watchSelect+` WHERE w.site_id = $1 ORDER BY w.address`, site.ID)
	if err != nil {
		return err
	}
	t.Watch = []string{start}
	for _, w := range list {
		if w.Address != start && w.AddedBy == "" {
			continue // the home page of a former address
		}
		if w.Address != start {
			t.Watch = append(t.Watch, w.Address)
		}
		if w.Confirmed() {
			t.Baselines = append(t.Baselines, w.Held)
		}
	}
	return nil
}

// keepWatched writes down what a run saw of the watched pages.
func keepWatched(ctx context.Context, tx *db.Tx, site registry.SiteID, run RunID, list []engine.Watched) error {
	for _, w := range list {
		sketch, err := json.Marshal(w.Sketch)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `
			INSERT INTO page_watch (site_id, address, at, run_id, ref, sha256, size, content_type, title, outcome, grave, says, sketch) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
			ON CONFLICT (site_id, address) DO UPDATE SET at = excluded.at, run_id = excluded.run_id, ref = excluded.ref, sha256 = excluded.sha256, size = excluded.size, content_type = excluded.content_type,
			       title = excluded.title, outcome = excluded.outcome, grave = excluded.grave, says = excluded.says, sketch = excluded.sketch`,
			site, abridge.Cut(w.Address, 2000), w.At, db.Null(run), string(w.Ref), w.SHA256, w.Size, abridge.Cut(w.ContentType, 200), abridge.Cut(w.Title, 300), string(w.Outcome), w.Grave, abridge.Cut(w.Says, 500), string(sketch)); err != nil {
			return fmt.Errorf("inspection: watched page: %w", err)
		}
	}
	return nil
}
