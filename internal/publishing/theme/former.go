package theme

import (
	"fmt"
	"strconv"
)

// FormerPath is where a portal lists the closed sites whose old addresses it
// keeps.
const FormerPath = "/former/"

// FormerRows is how many old addresses stand on one page.
const FormerRows = 500

// Former is a closed site whose old addresses this portal keeps, and for whose
// host it answers until the day its domain is cancelled (Article 8(3)).
type Former struct {
	Host string `json:"host"` // ASCII, lower case
	Name string `json:"name"`
	// Until is the last day on which the host is answered for, as 2026-06-30;
	// empty while no day is known.
	Until string `json:"until,omitempty"`
}

// Path is the first page of its old addresses.
func (f Former) Path() string { return FormerPath + f.Host + "/" }

// PagePath is a page of its old addresses, from 1.
func (f Former) PagePath(n int) string {
	if n <= 1 {
		return f.Path()
	}
	return f.Path() + strconv.Itoa(n) + ".html"
}

// AnswersPath is the file of the release that says what is answered at each old
// address.
func (f Former) AnswersPath() string { return f.Path() + "answers.json" }

// FormerList is the page of all of them.
type FormerList struct{ Sites []FormerSite }

// FormerSite is a line of it.
type FormerSite struct {
	Name, Host, Href, Until string
	Rows                    int
}

// FormerMap is a page of the old addresses of one site.
type FormerMap struct {
	Name, Host, Until string
	Rows              []FormerRow
	Total, Page, Of   int
	Prev, Next        string
}

// FormerRow is an old address with where it leads, or what became of it.
type FormerRow struct{ Old, To, Says string }

// The pages.
var (
	FormerListPage = define[FormerList]("former.html", "portal")
	FormerMapPage  = define[FormerMap]("former_map.html", "portal")
)

// FormerListFrame is the frame of the list.
func FormerListFrame(s Site) Frame {
	f := PlainFrame(s, "关停网站旧网址", FormerPath, "通知公告", "已关停政府网站的旧网址对照，可以查到原有内容现在的网址。")
	f.Class = "page-former"
	f.Data = []any{breadcrumb(s, f.Crumbs, FormerPath)}
	return f
}

// FormerMapFrame is the frame of a page of old addresses.
func FormerMapFrame(s Site, m FormerMap, path string) Frame {
	title := m.Name + "旧网址对照"
	if m.Page > 1 {
		title += fmt.Sprintf("（第%d页）", m.Page)
	}
	f := PlainFrame(s, title, path, "通知公告", m.Name+"（"+m.Host+"）已关停，原有网址的去向。")
	f.Crumbs = []Link{{"关停网站旧网址", FormerPath}, {Text: title}}
	f.Class = "page-former"
	f.Data = []any{breadcrumb(s, f.Crumbs, path)}
	return f
}

// What a file of answers says in the place of an address.
const (
	FormerArchived = "archive" // kept in the archive
	FormerGone     = "gone"    // dropped
)
