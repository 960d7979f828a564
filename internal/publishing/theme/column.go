package theme

// ColumnPage is one page of a column. Archive pages are numbered from the
// oldest, so that a new item moves none.
type ColumnPage struct {
	Column   Column
	Children []Column
	Siblings []Column
	Entries  []Entry
	Page     int // 0 for the newest, which has no number
	Newer    string
	Older    string
	Oldest   string
}

// ColumnFrame is the frame of a column's page.
func ColumnFrame(s Site, p ColumnPage) Frame {
	c := p.Column
	f := Frame{
		Site: s, Title: c.Name, Path: c.Href(), Column: c.Slug, Elder: c.ElderHref(), Feed: c.Feed(), FeedTitle: c.Name,
		Tags: columnTags(c, true), Class: "page-column",
	}
	for _, parent := range s.Columns {
		if parent.ID == c.Parent && c.Parent != "" {
			f.Crumbs = append(f.Crumbs, Link{parent.Name, parent.Href()})
		}
	}
	f.Crumbs = append(f.Crumbs, Link{Text: c.Name})
	if p.Page > 0 {
		f.Path = ArchivePath(c, p.Page)
		f.Title = c.Name + "（往期第" + itoa(p.Page) + "页）"
	}
	f.Data = []any{breadcrumb(s, f.Crumbs, f.Path)}
	return f
}

// ArchivePath is where an archive page of a column lies.
func ArchivePath(c Column, page int) string { return c.Href() + "page-" + itoa(page) + ".html" }

func columnTags(c Column, whole bool) []Tag {
	t := []Tag{{"ColumnName", c.Name}, {"ColumnType", c.Type}}
	if !whole {
		return t
	}
	t = append(t, Tag{"ColumnDescription", c.Description})
	return append(t, Tag{"ColumnKeywords", orElse(semicolons(c.Keywords), c.Name+";"+c.Type)})
}
