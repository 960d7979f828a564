package demo

import (
	"context"
	"fmt"

	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/media"
	"zhengshu/internal/registry"
)

// The English edition of the city's portal: a root named as the site is in
// English, and its columns.
var englishColumns = []registry.Column{
	{Slug: "en", Name: "Xi'an Municipal Government (Demo)", Type: "概况信息", Description: "This is a demonstration. It shows how a government portal speaks to readers who do not read Chinese.", Keywords: "Xi'an;government", CycleDays: 365},
	{Slug: "en-news", Name: "News", Type: "政务动态", Description: "What the city government is doing", Keywords: "news", CycleDays: 60},
	{Slug: "en-policies", Name: "Policies", Type: "政策文件", Description: "Policies of interest to residents and visitors from abroad", Keywords: "policies", CycleDays: 365},
	{Slug: "en-city", Name: "The City", Type: "概况信息", Description: "Where Xi'an is and how it is governed", Keywords: "city", CycleDays: 365},
}

const (
	wallPicture = "城墙黄昏（演示英文）.jpg"
	riverside   = "河畔晨光（演示英文）.jpg"
)

// english are the items of the edition; of is the title of the Chinese text it
// renders, where there is one.
var english = []written{
	{column: "en-news", language: "en", of: "城市公园延长开放时间（演示）", title: "City parks stay open longer (demo)", with: []string{riverside}, want: library.Approved,
		text: "From this month on, city parks open an hour earlier and close an hour later.\n\nOpening hours are shown at every gate and on this website. Please keep to the paths after dark."},
	{column: "en-news", language: "en", of: "社区老年助餐点增至三百个（演示）", title: "Three hundred canteens for older residents (demo)", want: library.Approved,
		text: "The number of neighbourhood canteens that serve meals to older residents has grown to three hundred.\n\nResidents over sixty may register at any canteen with an identity document. Foreign residents may use their passport."},
	{column: "en-news", language: "en", of: "图书馆推出流动书车进社区（演示）", title: "The library comes by bus (demo)", with: []string{wallPicture}, want: library.Approved,
		text: "A bus with two thousand books now visits thirty neighbourhoods in the evening, one each day.\n\nBooks in English, Japanese and Korean are on board. Borrowing is free; books may be returned at any branch."},
	{column: "en-policies", language: "en", of: "西安市人民政府办公厅关于推进社区便民服务圈建设的通知（演示）", title: "Notice on services within a fifteen-minute walk (demo)", want: library.Approved,
		text: "This notice asks every sub-district to make sure that daily services can be reached within fifteen minutes on foot.\n\nServices include a clinic, a market, a canteen, a library corner and a service counter. Counters publish their hours, address and telephone number."},
	{column: "en-city", language: "en", of: "城市概况（演示）", title: "Xi'an at a glance (demo)", want: library.Approved,
		text: "Xi'an lies on the Guanzhong Plain, between the Qinling Mountains to the south and the Wei River to the north.\n\nIt is the capital of Shaanxi Province. The figures in this demonstration are invented."},
}

// translate lays the English edition of the city's portal.
func (d *province) translate(ctx context.Context) error {
	site := d.sites["xian"]
	keeper, scope, err := d.scoped(ctx, keeperOf("xian"), authz.ColumnManage)
	if err != nil {
		return err
	}
	if _, err := d.Registry.ColumnBySlug(ctx, d.DB, authz.System("demo"), site.ID, "en"); fault.Is(err, fault.NotFound) {
		err = d.DB.Update(ctx, func(tx *db.Tx) error {
			var root registry.ColumnID
			for i, c := range englishColumns {
				c.Site, c.Unit, c.Parent, c.Position = site.ID, site.Unit, root, 50+i
				c.Owner, c.A, c.B = d.persons["shizhong"].ID, d.persons["shibian"].ID, d.persons["shichu"].ID
				made, err := d.Registry.AddColumn(keeper, tx, scope, c)
				if err != nil {
					return fmt.Errorf("%s: %w", c.Slug, err)
				}
				if root == "" {
					root = made.ID
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	for _, w := range english {
		for range 12 {
			done, err := d.advance(ctx, site, w)
			if err != nil {
				return fmt.Errorf("%s: %w", w.title, err)
			}
			if done {
				break
			}
		}
	}
	return nil
}

// renders is the content that a text in another language says.
func (d *province) renders(ctx context.Context, site registry.Site, title string) (library.ContentID, error) {
	at, scope, err := d.scoped(ctx, keeperOf(site.Slug), authz.ItemWrite)
	if err != nil || title == "" {
		return "", err
	}
	found, _, err := d.Library.Items(at, scope, library.Filter{Text: title, Unit: site.Unit})
	if err != nil || len(found) == 0 {
		return "", err
	}
	return found[0].Content, nil
}

func foreignScene(name, alt, caption string, draw scene) scene {
	draw.site, draw.name = "xian", name
	draw.about = media.About{Alt: alt, Caption: caption, Source: "演示绘图", Copyright: "演示数据", FocalX: 50, FocalY: 60}
	return draw
}
