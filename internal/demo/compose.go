package demo

import (
	"context"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/layout"
	"zhengshu/internal/registry"
)

// compose arranges the city's home page, runs one topic, has archived another
// and hangs a notice. It looks for what stands already.
func (d *province) compose(ctx context.Context) error {
	if d.Layouts == nil {
		return nil
	}
	ctx, scope, err := d.scoped(ctx, "shibian", authz.SitePublish)
	if err != nil {
		return err
	}
	site := d.sites["xian"]
	today := calendar.DateOf(d.DB.Now())
	cols := map[string]registry.ColumnID{}
	list, err := d.Registry.ColumnsOf(ctx, scope, site.ID)
	if err != nil {
		return err
	}
	for _, c := range list {
		cols[c.Slug] = c.ID
	}
	b, err := d.Layouts.Board(ctx, scope, layout.BoardID(site.ID))
	if err != nil {
		return err
	}
	if b.LiveNo == 0 {
		for _, o := range b.Blocks {
			if o.Kind != layout.Services {
				continue
			}
			o.Links = []layout.Link{{Text: "办事指南", Href: "/policies/", Note: "按部门查办理条件", Icon: "doc"}, {Text: "便民电话", Href: "/contact.html", Note: "12345 政务服务热线", Icon: "phone"}, {Text: "办公地点", Href: "/contact.html", Note: "地址和工作时间", Icon: "map"}}
			if b, err = d.Layouts.SetBlock(ctx, scope, b.ID, b.Rev, o); err != nil {
				return err
			}
		}
		if b, err = d.Layouts.Publish(ctx, scope, b.ID, b.Rev, "补充常用办事入口"); err != nil {
			return err
		}
	}
	for _, t := range []struct {
		layout.Topic
		column string
		words  string
		over   bool
	}{
		{layout.Topic{Slug: "heating", Title: "冬季供暖保障（演示）", Intro: "供暖安排、服务监督和各区进展，供暖期结束后归档。", EndsOn: today.AddDays(45)}, "notices", "供暖期间的安排和服务监督方式，都在这里公布。以上内容为演示。", false},
		{layout.Topic{Slug: "flood", Title: "汛期安全（演示）", Intro: "汛期预警、避险常识和工作进展。", EndsOn: today.AddDays(5)}, "news", "汛期已经结束。以上内容为演示。", true},
	} {
		t.Site, t.Owner = site.ID, d.persons["shibian"].ID
		made, err := d.Layouts.PlanTopic(ctx, scope, t.Topic)
		if fault.Is(err, fault.Conflict) {
			continue // it stands already
		}
		if err != nil {
			return err
		}
		b, err := d.Layouts.Board(ctx, scope, layout.BoardID(made.ID))
		if err != nil {
			return err
		}
		for i, o := range []layout.Block{{Kind: layout.Words, Text: t.words}, {Kind: layout.List, Heading: "最新消息", Columns: []registry.ColumnID{cols[t.column]}, Count: 6}} {
			if b, _, err = d.Layouts.AddBlock(ctx, scope, b.ID, b.Rev, o, i); err != nil {
				return err
			}
		}
		if _, err := d.Layouts.Publish(ctx, scope, b.ID, b.Rev, ""); err != nil {
			return err
		}
		if t.over {
			if _, err := d.Layouts.Archive(ctx, scope, made.ID, "汛期结束"); err != nil {
				return err
			}
		}
	}
	_, _, hung, past, err := d.Layouts.BarOf(ctx, scope, site.ID)
	if err != nil || len(hung)+len(past) > 0 {
		return err
	}
	_, err = d.Layouts.Hang(ctx, scope, layout.Bar{Site: site.ID, Title: "供暖服务监督电话公布（演示）", Href: "/contact.html", StartsOn: today, EndsOn: today.AddDays(20)})
	return err
}
