package notice

import (
	"context"
	"slices"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/library"
	"zhengshu/internal/notify"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
)

func (p Place) page() library.Page { return library.Page{Site: p.Site, Address: p.URL} }

// shut are the places whose page is an item's that readers cannot open there.
func (s *Service) shut(ctx context.Context, q db.Querier, list []Place) (map[library.Page]bool, error) {
	if s.library == nil {
		return nil, nil
	}
	pages := make([]library.Page, len(list))
	for i, p := range list {
		pages[i] = p.page()
	}
	return s.library.Shut(ctx, q, pages)
}

// PageChanged follows an item whose page a notice is. While readers cannot open it
// the notice is linked nowhere; its publisher, its sponsor and who is on duty are
// told once of each time it went, and the watch looks at once, so that the days
// without it are proven. When the page is there again the notice is linked again.
func (s *Service) PageChanged(ctx context.Context, tx *db.Tx, c library.Change) error {
	var sites []registry.SiteID
	ended := map[registry.SiteID]time.Time{}
	for _, p := range c.Placements {
		if !slices.Contains(sites, p.Site) {
			sites = append(sites, p.Site)
		}
		if p.State == library.Ended {
			ended[p.Site] = later(ended[p.Site], p.EndedAt)
		}
	}
	for part := range slices.Chunk(sites, 200) {
		var w db.Where
		list, err := db.All(ctx, tx, scanPlace, placeSelect+` WHERE p.url <> '' AND p.site_id IN `+db.Among(&w, part)+` ORDER BY p.id`, w.Args()...)
		if err != nil {
			return err
		}
		list = slices.DeleteFunc(list, func(p Place) bool { return library.ItemAt(p.URL) != c.Item })
		shut, err := s.shut(ctx, tx, list)
		if err != nil {
			return err
		}
		for _, p := range list {
			if err := s.pageChanged(ctx, tx, p, shut[p.page()], ended[p.Site]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Service) pageChanged(ctx context.Context, tx *db.Tx, p Place, shut bool, since time.Time) error {
	for _, f := range s.shown {
		if err := f(ctx, tx, p.Site); err != nil {
			return err
		}
	}
	n, err := db.One(ctx, tx, scanNotice, noticeSelect+` WHERE n.id = $1`, p.Notice)
	if err != nil || !n.Active() {
		return err // it was owed no longer
	}
	if _, err := tx.Exec(ctx, `UPDATE notice_place SET look_at = $2 WHERE id = $1`, p.ID, tx.Now()); err != nil {
		return err
	}
	if err := audit.Record(ctx, tx, audit.Entry{Act: "notice.page", Target: n.Target(), Basis: clockOf(n.Kind).Citation, After: map[string]any{"place": p.Place, "url": p.URL, "shut": shut}}); err != nil {
		return err
	}
	if !shut || since.IsZero() {
		return nil
	}
	people := []org.Person{{Unit: n.PublisherID}}
	if n.Unit != n.PublisherID {
		people = append(people, org.Person{Unit: n.Unit})
	}
	if s.onDuty != nil {
		more, err := s.onDuty(ctx, tx, p.Site)
		if err != nil {
			return err
		}
		for _, x := range more {
			if x.ID != "" || !slices.ContainsFunc(people, func(o org.Person) bool { return o.Unit == x.Unit }) {
				people = append(people, x)
			}
		}
	}
	for _, x := range people {
		if _, err := notify.Send(ctx, tx, notify.Message{Key: "notice:" + string(p.ID) + ":shut:" + since.Format(time.RFC3339Nano) + ":" + string(x.Unit) + ":" + string(x.ID), Unit: string(x.Unit), Person: string(x.ID), Urgent: true, Link: n.Link(),
			Title: "依法悬挂的公告已不公开：" + n.Name() + "（" + p.Name() + "）",
			Body: "公告页面的稿件已于" + since.In(calendar.Shanghai).Format("1月2日15:04") + "从" + p.SiteName + "撤下，公告栏、公告列表不再链接。缺失的日期不计入悬挂期。" +
				"请恢复公开，或另发公告并登记新网址。依据：" + clockOf(n.Kind).Citation + "。"}); err != nil {
			return err
		}
	}
	return nil
}
