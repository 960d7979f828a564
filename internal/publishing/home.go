package publishing

import (
	"context"
	"slices"

	"zhengshu/internal/publishing/theme"
)

func (d *drawing) home(ctx context.Context) error {
	var h theme.Home
	var feed []theme.Entry
	seen := map[string]bool{}
	block := func(c theme.Column, n int) (theme.Block, error) {
		e, err := d.newest(ctx, c, n)
		if err != nil {
			return theme.Block{}, err
		}
		return theme.Block{Column: c, Entries: e}, nil
	}
	main := map[string]int{"政务动态": 0, "通知公告": 0, "政策文件": 0, "政策解读": 0}
	for _, c := range d.site.Top() {
		used, special := main[c.Type]
		n := homeMore
		if special && used == 0 && (c.Type == "政务动态" || c.Type == "通知公告") {
			n = homeMain + 1
		}
		b, err := block(c, n)
		if err != nil {
			return err
		}
		for _, e := range b.Entries {
			if !seen[e.Href] {
				seen[e.Href] = true
				feed = append(feed, e)
			}
		}
		switch {
		case special && used == 0 && n > homeMain:
			h.Main = append(h.Main, b)
		case special && used == 0:
			h.Policy = append(h.Policy, b)
		case len(h.Others) < 6:
			h.Others = append(h.Others, b)
		}
		main[c.Type]++
	}
	for _, b := range h.Main {
		if b.Column.Type == "政务动态" && len(b.Entries) > 0 {
			h.Lead = b.Entries[0]
		}
	}
	for i, b := range h.Main {
		rest := b.Entries
		if h.Lead.Href != "" && len(rest) > 0 && rest[0].Href == h.Lead.Href {
			rest = rest[1:] // it stands above already
		}
		h.Main[i].Entries = rest[:min(len(rest), homeMain)]
	}
	slices.SortStableFunc(feed, func(a, b theme.Entry) int { return b.At.Compare(a.At) })
	if len(feed) > 0 {
		h.Updated = feed[0].At
	}
	b, err := theme.HomePage.Draw(theme.HomeFrame(d.site), h)
	if err := d.draw("/", htmlKind, b, err); err != nil {
		return err
	}
	b, err = theme.ElderHomePage.Draw(theme.ElderHomeFrame(d.site), theme.ElderHomeOf(d.site, feed[:min(len(feed), 6)]))
	if err := d.draw("/elder/", htmlKind, b, err); err != nil {
		return err
	}
	return d.feeds(ctx, theme.FeedOf{Title: d.site.Name, Path: "/", Description: d.site.Name + "最新信息", RSS: "/rss.xml", Entries: feed[:min(len(feed), feedItems)]}, true)
}
