package demo

import (
	"context"

	"zhengshu/internal/appearance"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/publishing/theme"
)

// adorn lets the city's portal wear the red theme, the province declare a
// day of mourning and end it (an exercise), and the city keep an emergency
// front page in its history.
func (d *province) adorn(ctx context.Context) error {
	if err := d.wearRed(ctx); err != nil {
		return err
	}
	if err := d.mourn(ctx); err != nil {
		return err
	}
	return d.warn(ctx)
}

func (d *province) wearRed(ctx context.Context) error {
	ctx, scope, err := d.scoped(ctx, "shibian", authz.AppearanceManage)
	if err != nil {
		return err
	}
	site := d.sites["xian"].ID
	s, err := d.Appearance.Of(ctx, scope, site)
	if err != nil || s.Now.No > 0 {
		return err
	}
	return d.Appearance.Choose(ctx, scope, site, appearance.Wish{Theme: theme.Red, Reason: "与市政府形象一致（演示）"})
}

func (d *province) mourn(ctx context.Context) error {
	ctx, scope, err := d.scoped(ctx, "sheng", authz.MourningDeclare)
	if err != nil {
		return err
	}
	_, n, err := d.Appearance.Mournings(ctx, scope, 1, 0)
	if err != nil || n > 0 {
		return err
	}
	today := calendar.DateOf(d.DB.Now())
	m, err := d.Appearance.Declare(ctx, scope, appearance.Mourning{Area: d.units[provinceOffice].Area, From: today, Until: today, Reason: "哀悼日灰度显示演练（演示）", Document: "演练方案（演示）"})
	if err != nil {
		return err
	}
	return d.Appearance.EndMourning(ctx, scope, m.ID, "演练完成，恢复原来的颜色")
}

func (d *province) warn(ctx context.Context) error {
	write, scope, err := d.scoped(ctx, "shibian", authz.ItemWrite)
	if err != nil {
		return err
	}
	site := d.sites["xian"].ID
	_, n, err := d.Appearance.Fronts(write, scope, site, 1, 0)
	if err != nil || n > 0 {
		return err
	}
	f, err := d.Appearance.Propose(write, scope, site, appearance.Front{Template: "flood", Title: "关于防汛应急响应的紧急公告（演示）", Hotline: "12345", Reason: "防汛演练（演示）", Until: d.DB.Now().AddDate(0, 0, 2),
		Body:  "受强降雨影响，市防汛指挥部已启动防汛二级应急响应（演练）。请沿河群众按照村（社区）通知转移。\n不要前往河道、沟口、低洼地带和山边。",
		Links: []theme.Link{{Text: "转移路线和安置点", Href: "/contact.html"}}})
	if err != nil {
		return err
	}
	final, scope, err := d.scoped(ctx, "shizhong", authz.ItemFinalReview)
	if err != nil {
		return err
	}
	if _, err := d.Appearance.Approve(final, scope, f.ID); err != nil {
		return err
	}
	if _, err := d.Appearance.Lift(final, scope, f.ID, "演练结束"); err != nil {
		return err
	}
	_, err = d.Appearance.ReviewAfter(final, scope, f.ID, "内容准确，从提出到公开 4 分钟；联系电话应再核对一遍（演示）。")
	return err
}
