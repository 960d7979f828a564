package layout

import (
	"fmt"
	"slices"

	"zhengshu/internal/registry"
)

// Template is a composition that a home page can begin from.
type Template struct {
	Key, Name, Says string
	make            func(k siteKind, columns []registry.Column) []Block
}

type siteKind = registry.SiteKind

// Templates are the compositions to begin from.
var Templates = []Template{
	{"portal", "综合门户", "公告、头条、动态与通知、政策、办事、互动、专题，信息齐全", portalHome},
	{"service", "服务优先", "公告、搜索、办事入口在前，信息在后", serviceHome},
	{"brief", "简明部门站", "公告、动态与通知、政策、互动，一屏半看完", briefHome},
}

// Default is what a site shows whose sponsor composed nothing.
func Default(kind registry.SiteKind, columns []registry.Column) []Block {
	if kind == registry.Portal {
		return portalHome(kind, columns)
	}
	return briefHome(kind, columns)
}

// maker finds the columns of a site by their class and numbers the blocks.
type maker struct {
	columns []registry.Column
	used    map[registry.ColumnID]bool
	out     []Block
}

func (m *maker) first(class string) registry.ColumnID {
	for _, c := range m.columns {
		if c.Type == class && !m.used[c.ID] && c.Parent == "" {
			m.used[c.ID] = true
			return c.ID
		}
	}
	return ""
}

func (m *maker) add(b Block) {
	b.ID = fmt.Sprintf("b%d", len(m.out)+1)
	m.out = append(m.out, b)
}

// lists puts the columns that are there side by side, at most three in a row.
func (m *maker) lists(count int, columns ...registry.ColumnID) {
	columns = slices.DeleteFunc(columns, func(c registry.ColumnID) bool { return c == "" })
	for len(columns) > 0 {
		n := min(3, len(columns))
		if len(columns) == 4 {
			n = 2
		}
		if n == 1 {
			m.add(Block{Kind: List, Columns: columns[:1:1], Count: count})
		} else {
			m.add(Block{Kind: Columns, Columns: columns[:n:n], Count: count})
		}
		columns = columns[n:]
	}
}

// pictured lets the block just added show pictures beside its lists.
func (m *maker) pictured() {
	if n := len(m.out); n > 0 && m.out[n-1].Kind == Columns {
		m.out[n-1].Pictures = true
	}
}

// rest are the columns of the first level that stand nowhere yet.
func (m *maker) rest(most int) []registry.ColumnID {
	var out []registry.ColumnID
	for _, c := range m.columns {
		if c.Parent == "" && !m.used[c.ID] && len(out) < most {
			m.used[c.ID] = true
			out = append(out, c.ID)
		}
	}
	return out
}

func begin(columns []registry.Column) *maker {
	return &maker{columns: columns, used: map[registry.ColumnID]bool{}}
}

func portalHome(_ siteKind, columns []registry.Column) []Block {
	m := begin(columns)
	m.add(Block{Kind: Notices})
	news, notices := m.first("政务动态"), m.first("通知公告")
	if news != "" {
		m.add(Block{Kind: Lead, Columns: []registry.ColumnID{news}, Briefs: true})
	}
	m.lists(7, news, notices)
	m.pictured()
	m.add(Block{Kind: Services})
	m.add(Block{Kind: Interaction})
	m.lists(5, m.first("政策文件"), m.first("政策解读"))
	m.add(Block{Kind: Topics})
	m.lists(5, m.rest(6)...)
	return m.out
}

func serviceHome(_ siteKind, columns []registry.Column) []Block {
	m := begin(columns)
	m.add(Block{Kind: Notices})
	m.add(Block{Kind: Search})
	m.add(Block{Kind: Services})
	news := m.first("政务动态")
	m.lists(6, m.first("通知公告"), m.first("办事服务"), news)
	m.add(Block{Kind: Interaction})
	m.lists(5, m.first("政策文件"), m.first("政策解读"))
	m.add(Block{Kind: Topics})
	return m.out
}

func briefHome(_ siteKind, columns []registry.Column) []Block {
	m := begin(columns)
	m.add(Block{Kind: Notices})
	m.lists(7, m.first("政务动态"), m.first("通知公告"))
	m.pictured()
	m.lists(5, m.first("政策文件"), m.first("政策解读"))
	m.add(Block{Kind: Services})
	m.add(Block{Kind: Interaction})
	m.add(Block{Kind: Topics})
	m.lists(5, m.rest(3)...)
	return m.out
}
