package publishing

import (
	"context"

	"zhengshu/internal/db"
	"zhengshu/internal/library"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/registry"
)

// family is one kind of pages of a site beside the items' own: what touches it
// and how it is drawn. Families are drawn in the order of the table, after the
// items, so that one may look at what was drawn before it.
type family struct {
	name    string // in the log
	says    string // what readers would call it, for the fan-out
	depends func(d *drawing) bool
	draw    func(d *drawing, ctx context.Context) error
}

// families is the one place that says which change draws which pages:
//
//	change                     pages
//	item out, corrected, gone  its own page and elder twin (410 when gone), files
//	                           nothing shows any more, the pages of what it is
//	                           linked with, then every family it touches below
//	column in or out of it     the column's and its parent's pages, home
//	redirect                   that address and those whose chain leads over it
//	site, theme, columns       everything
//
// A new kind of pages is a new row.
var families = []family{
	{"columns", "栏目页、往期页和栏目订阅", touched, (*drawing).columnFamily},
	{"home", "首页和首页订阅", touched, (*drawing).home},
	{"emergency", "应急首页", touched, (*drawing).emergency},
	{"sections", "信息公开、开放数据、公告、热线和自助终端", touched, (*drawing).gathered},
	{"editions", "外文版首页", touched, (*drawing).editions},
	{"topics", "专题页和专题列表", touched, (*drawing).topicFamily},
	{"matrix", "网站和新媒体矩阵页", touched, (*drawing).matrixPages},
	{"former", "关停网站旧网址对照", touched, (*drawing).formerPages},
	{"closed", "已关闭栏目的网址", wholly, (*drawing).closedFamily},
	{"fixed", "固定页面", wholly, (*drawing).fixed},
	{"arrived", "迁入前的网址", wholly, (*drawing).arrivedAddresses},
	{"redirects", "旧地址跳转", touched, (*drawing).redirects},
	{"hooked", "其他页面", touched, (*drawing).hooked},
	{"maps", "网站地图文件", touched, (*drawing).sitemaps},
}

// touched: any change draws the family.
func touched(*drawing) bool { return true }

// wholly: the family is drawn when the site itself has changed.
func wholly(d *drawing) bool { return d.whole || d.renewed }

// around draws every family that the changes touch.
func (d *drawing) around(ctx context.Context) error {
	for id := range d.columns {
		if c, ok := d.column(id); ok && c.Parent != "" {
			if _, drawn := d.columns[registry.ColumnID(c.Parent)]; !drawn {
				d.columns[registry.ColumnID(c.Parent)] = false
			}
		}
	}
	for _, f := range families {
		if err := d.pool.wait(); err != nil {
			return err
		}
		if f.depends(d) {
			if err := f.draw(d, ctx); err != nil {
				return err
			}
			d.timing.lap(f.name)
		}
	}
	return d.pool.wait()
}

// Touched is what a release in the making has changed, for those who draw
// pages of their own.
type Touched struct {
	Whole   bool // every page is drawn anew
	Items   []library.ItemID
	Types   map[library.Type]bool
	Columns map[registry.ColumnID]bool
}

// Leaf is a page that is not the house's own kind.
type Leaf struct {
	Path string
	Kind string // text/html; charset=utf-8 when empty
	Body []byte
	Gone bool // taken out; Body is not looked at
}

// OnPages registers who draws pages of a kind that stands above this package:
// called once for each release, in its snapshot, with what has changed. Each
// page goes through put.
func (p *Publisher) OnPages(f func(ctx context.Context, q db.Querier, site theme.Site, t Touched, put func(Leaf) error) error) {
	p.pages = append(p.pages, f)
}

func (d *drawing) hooked(ctx context.Context) error {
	if len(d.p.pages) == 0 {
		return nil
	}
	t := Touched{Whole: d.whole || d.renewed, Types: d.types, Columns: d.columns}
	for id := range d.seen {
		t.Items = append(t.Items, id)
	}
	put := func(l Leaf) error {
		if l.Gone {
			d.e.drop(l.Path)
			return nil
		}
		if l.Kind == "" {
			l.Kind = htmlKind
		}
		return d.draw(l.Path, l.Kind, l.Body, nil)
	}
	for _, f := range d.p.pages {
		if err := f(ctx, d.q, d.site, t, put); err != nil {
			return err
		}
	}
	return nil
}
