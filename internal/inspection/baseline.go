package inspection

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/check"
	"zhengshu/internal/crawl"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/registry"
)

// A site published here is held against what was published (integrity). Of other
// sites nobody here knows what they ought to show; a named person says so of
// their home page and of pages chosen beside it, and patrols tell what differs
// significantly. A patrol never sets a baseline: it would make the rule of a
// tampering nobody has looked at.

// watchedMost is how many pages of a site are watched.
const watchedMost = 20

// Held is a baseline as a run needs it.
type Held struct {
	Address string         `json:"address"`
	Ref     blob.Ref       `json:"ref,omitempty"`
	SHA256  string         `json:"sha256"`
	Size    int64          `json:"size"`
	SeenAt  time.Time      `json:"seen_at"`
	Sketch  check.Baseline `json:"sketch"`
}

func (h Held) beside() Beside {
	return Beside{As: AsBaseline, URL: h.Address, SHA256: h.SHA256, Size: h.Size, At: h.SeenAt, Ref: h.Ref}
}

// Watched is what a run saw of a watched page.
type Watched struct {
	Address     string         `json:"address"`
	Ref         blob.Ref       `json:"ref,omitempty"`
	SHA256      string         `json:"sha256"`
	Size        int64          `json:"size"`
	ContentType string         `json:"content_type"`
	At          time.Time      `json:"at"`
	Title       string         `json:"title"`
	Outcome     check.Outcome  `json:"outcome"`
	Grave       bool           `json:"grave"`
	Says        string         `json:"says"`
	Sketch      check.Baseline `json:"sketch"`
}

// unheld says why a page was not looked at for tampering: nobody has said what it
// ought to show. All pages of a run share the reason, so that it is told once.
const unheld = "没有确认过的基线，没有检查是否被篡改，请由专人核对页面后确认基线"

// compare looks at the watched pages of a site that is not published here.
func (n *inspector) compare(ctx context.Context) error {
	if !n.target.Hosted && len(n.target.Watch) == 0 {
		n.skip("change.baseline", unheld, n.home, 1) // looked at without a ledger
	}
	for _, address := range n.target.Watch {
		v := n.visits[address]
		if address == n.start {
			v = n.visits[n.home]
		}
		for hops := 0; v != nil && v.redirect != "" && hops < 10; hops++ {
			v = n.visits[v.redirect]
		}
		var page *check.Page
		why := "页面没有取得，没有与基线比较。"
		switch {
		case v != nil && n.report.visited[v.url]:
			var err error
			if page, err = n.pageOf(ctx, v); err != nil {
				return err
			}
		case v == nil:
			// Beyond the pages of this run: asked for by itself.
			var err error
			if v, page, err = n.fetch(ctx, address); err != nil {
				return err
			}
			if page != nil {
				n.report.visited[v.url] = true
				n.visits[v.url] = v
			}
			if v.denied {
				why = "页面没有与基线比较：" + v.says
			}
		}
		if v != nil && v.tooLong() {
			why = "页面过长，没有与基线比较：" + v.says
		}
		if page == nil {
			n.skip("change.baseline", why, address, 1)
			continue
		}
		if err := n.compared(ctx, address, v, page); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (n *inspector) compared(ctx context.Context, address string, v *visit, page *check.Page) error {
	w := Watched{Address: address, SHA256: v.sum, Size: v.size, ContentType: v.contentType, At: v.at, Title: page.DocumentTitle(), Sketch: check.BaselineOf(page)}
	held, ok := n.target.heldOf(address)
	if !ok {
		n.skip("change.baseline", unheld, address, 1)
	} else {
		f := n.changed(page, held)
		w.Outcome, w.Says, w.Grave = f.Outcome, f.Says, f.Outcome == check.Violated && f.Severity == check.Serious
		if f.Why != "" {
			w.Says = f.Why
		}
		n.report.compared[v.url] = true
		if f.Outcome == check.Violated {
			n.add(v, nil, Sighting{Check: f.Check, Severity: f.Severity, Says: f.Says, Article: f.Article, URL: v.url, Where: f.Where, Fix: f.Fix, OnHome: address == n.start, Evidence: Evidence{Beside: []Beside{held.beside()}}})
		}
	}
	// Bytes are kept of what a person may have to look at.
	if !ok || w.Outcome == check.Violated {
		ref, err := n.keep(ctx, v)
		if err != nil {
			return err
		}
		w.Ref = ref
	}
	n.report.watched = append(n.report.watched, w)
	return ctx.Err()
}

func (n *inspector) changed(page *check.Page, held Held) check.Finding {
	found := check.RunFamily(check.Facts{Page: page, Class: n.class(page.URL), Ledger: n.target.Ledger, Lexicon: n.o.Lexicon, Today: n.o.Today, Baseline: &held.Sketch}, "change")
	if len(found) == 0 {
		return check.Finding{Outcome: check.Untested}
	}
	return found[0]
}

func (t Target) heldOf(address string) (Held, bool) {
	i := slices.IndexFunc(t.Baselines, func(h Held) bool { return h.Address == address })
	if i < 0 {
		return Held{}, false
	}
	return t.Baselines[i], true
}

// recheckChange holds a page against its baseline again.
func (n *inspector) recheckChange(ctx context.Context, spot Spot) (Look, error) {
	v, page, err := n.fetch(ctx, n.start)
	if err != nil {
		return Look{}, err
	}
	address := n.start
	if spot.URL != n.home && spot.URL != n.start {
		address = spot.URL
		if v, page, err = n.fetch(ctx, address); err != nil {
			return Look{}, err
		}
	}
	if page == nil {
		outcome, says := v.absent()
		return n.look(ctx, v, outcome, says, Evidence{})
	}
	held, ok := n.target.heldOf(address)
	if !ok {
		return n.look(ctx, v, Unknown, "这个页面没有确认过的基线，未能复测，请先确认基线。", Evidence{})
	}
	e := Evidence{Beside: []Beside{held.beside()}}
	switch f := n.changed(page, held); f.Outcome {
	case check.Violated:
		return n.look(ctx, v, Standing, f.Says, e)
	case check.Kept, check.Tolerated:
		return n.look(ctx, v, Gone, "页面与确认过的基线相比没有异常变化。", e)
	}
	return n.look(ctx, v, Unknown, "未能与基线比较，请稍后再试。", e)
}

// Watch is one watched page with its baseline and the last look at it.
type Watch struct {
	Site        registry.SiteID
	Address     string
	AddedBy     string
	Last        Watched // of the last look; At is zero before the first
	Held        Held    // SHA256 is empty while no baseline is confirmed
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
func (s *Service) PageBytes(ctx context.Context, scope authz.Scope, id registry.SiteID, address string, baseline bool) (io.ReadCloser, error) {
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
	f, err := s.blobs.Open(ctx, ref)
	if err != nil {
		return nil, fault.New(fault.Gone, "页面文件已不在存储中，请联系系统管理员核对备份。").From(err)
	}
	return f, nil
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
		if u, uerr := url.Parse(at); err != nil || uerr != nil || domainOf(u.Hostname()) != domainOf(site.Host) {
			return fault.New(fault.Invalid, "这个网址不是本网站的页面，请填写以 http:// 或 https:// 开头、属于本网站域名的完整网址。").On("address", "请填写本网站的完整网址")
		}
		n, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM page_watch WHERE site_id = $1`, id)
		if err != nil {
			return err
		}
		if n >= watchedMost {
			return fault.Newf(fault.Refused, "每个网站最多监看%d个页面，请先停止监看不需要的页面。", watchedMost).On("address", "已达上限")
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
func (s *Service) watching(ctx context.Context, site registry.Site, t *Target) error {
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
func keepWatched(ctx context.Context, tx *db.Tx, site registry.SiteID, run RunID, list []Watched) error {
	for _, w := range list {
		sketch, err := json.Marshal(w.Sketch)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `
			INSERT INTO page_watch (site_id, address, at, run_id, ref, sha256, size, content_type, title, outcome, grave, says, sketch) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
			ON CONFLICT (site_id, address) DO UPDATE SET at = excluded.at, run_id = excluded.run_id, ref = excluded.ref, sha256 = excluded.sha256, size = excluded.size, content_type = excluded.content_type,
			       title = excluded.title, outcome = excluded.outcome, grave = excluded.grave, says = excluded.says, sketch = excluded.sketch`,
			site, clipRunes(w.Address, 2000), w.At, db.Null(run), string(w.Ref), w.SHA256, w.Size, clipRunes(w.ContentType, 200), clipRunes(w.Title, 300), string(w.Outcome), w.Grave, clipRunes(w.Says, 500), string(sketch)); err != nil {
			return fmt.Errorf("inspection: watched page: %w", err)
		}
	}
	return nil
}

// Glance is the text of a page for a person to look at: what a reader sees of it,
// never the page itself.
func Glance(body []byte, contentType, address string) string {
	p, err := check.ParsePage(bytes.TrimSpace(body), contentType, address)
	if err != nil {
		return ""
	}
	return clipRunes(check.MaskText(strings.Join(strings.Fields(p.VisibleText), " ")), 1200)
}
