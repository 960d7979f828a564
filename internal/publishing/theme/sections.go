package theme

import (
	"strings"
	"time"
)

// Pages of columns that are more than a list: people in charge, units, the
// policy library, interpretations, reports, and the sections that gather
// several columns.

// Aspect is one thing readers choose by.
type Aspect struct {
	Name  string // of the facet in the index and in the address
	Label string
}

// Catalogue is what can be chosen of one sort of item.
type Catalogue struct {
	Type    string // of the items
	Noun    string // what is counted
	Aspects []Aspect
	InForce bool // can be narrowed to what is in force
}

var catalogues = map[string]Catalogue{
	"政策文件": {"policy", "份文件", []Aspect{{"state", "有效性"}, {"issuer", "发文机关"}, {"topic", "主题分类"}, {"year", "年份"}, {"genre", "文种"}}, true},
	"政策解读": {"interpretation", "篇解读", []Aspect{{"form", "解读形式"}, {"year", "年份"}, {"issuer", "解读单位"}, {"topic", "主题分类"}}, false},
}

// CatalogueOf is what can be chosen in a column of a class; ok is false where
// its list is all there is.
func CatalogueOf(columnType string) (Catalogue, bool) {
	c, ok := catalogues[columnType]
	return c, ok
}

// FindPath is where a column's catalogue is searched; the portal answers there
// from the index of the release.
func FindPath(c Column) string { return c.Href() + "find" }

// InForce are the values of the facet “state” of what one may rely on.
var InForce = []string{"有效", "已修改"}

// FacetGroup is one aspect with its values.
type FacetGroup struct {
	Name, Label string
	All         string // address without a choice here; "" when nothing is chosen
	Options     []FacetOption
	More        []FacetOption // folded away
}

// FacetOption is one value.
type FacetOption struct {
	Text   string
	N      int
	Href   string
	Chosen bool
}

// Kept is a choice that the search form carries along.
type Kept struct{ Name, Value string }

// Holdings is a column with a catalogue: its newest entries, or what was asked
// for.
type Holdings struct {
	Column   Column
	Children []Column
	Siblings []Column
	Noun     string
	Total    int
	Action   string // of the search form
	Query    string
	Kept     []Kept
	Groups   []FacetGroup
	InForce  string // address of what is in force; "" where that is not asked, or is shown
	Any      string // address of everything, when only what is in force is shown
	Entries  []Entry
	Hits     []SearchHit
	Asked    bool // entries were asked for by words or choice
	Loose    bool
	Page     int
	Prev     string
	Next     string
	Older    string
	Oldest   string
}

// HoldingsFrame is the frame of a column with a catalogue.
func HoldingsFrame(s Site, h Holdings) Frame {
	f := ColumnFrame(s, ColumnPage{Column: h.Column})
	f.Class = "page-column page-holdings"
	if h.Asked {
		f.NoIndex, f.Elder, f.Feed = true, "", ""
		f.Path = FindPath(h.Column)
		f.Title = h.Column.Name + "查找"
	}
	return f
}

// PersonCard is a person in charge in the list.
type PersonCard struct {
	Name, Post, Href, Photo string
	Duties                  []string
}

// People is the page of the people in charge, in their order.
type People struct {
	Column   Column
	Siblings []Column
	People   []PersonCard
}

// Person is what the page of a person in charge says beside the résumé.
type Person struct {
	Name, Post, Photo string
	Duties            []string
	Since, Until      string
	Speeches          []Entry
}

// UnitCard is a unit in the uniform list.
type UnitCard struct {
	Name, Href, Duty, Address, Postcode, Hours, Phone, Principal string
	Bodies                                                       []string
}

// Units is the page of the units.
type Units struct {
	Column   Column
	Siblings []Column
	Units    []UnitCard
}

// ReportRow is one report of a year.
type ReportRow struct {
	Kind, Title, Href, Issuer string
	At                        time.Time
}

// ReportYear is the reports about one year.
type ReportYear struct {
	Year string
	Rows []ReportRow
}

// Reports is the page of annual reports, newest year first.
type Reports struct {
	Column   Column
	Siblings []Column
	Years    []ReportYear
}

// SectionFrame is the frame of a column that its own kind of page draws.
func SectionFrame(s Site, c Column, class string) Frame {
	f := ColumnFrame(s, ColumnPage{Column: c})
	f.Class = "page-column " + class
	return f
}

// StatutoryRow is one entry of the statutory catalogue.
type StatutoryRow struct {
	Name, Article, Text string
	State               string // disclosed, none, missing
	Why                 string // why there is none
	Link                Link   // the column; without address when it is on another site
	N                   int
	Newest              time.Time
}

// StateName is the state in Chinese.
func (r StatutoryRow) StateName() string {
	switch r.State {
	case "disclosed":
		return "已公开"
	case "none":
		return "无此类信息"
	}
	return "待公开"
}

// DisclosurePart is one of the five parts.
type DisclosurePart struct {
	ID, Name, Says string
	Entries        []Entry
	More           Link
	Statutory      []StatutoryRow
	Disclosed      int // of Statutory
	Steps          []string
	Doors          []Link
}

// Disclosure is the section of government information disclosure in its five
// fixed parts.
type Disclosure struct{ Parts []DisclosurePart }

// DisclosurePath is where the section lies.
const DisclosurePath = "/disclosure/"

// DisclosureFrame is the frame of the section.
func DisclosureFrame(s Site) Frame {
	f := PlainFrame(s, "政府信息公开", DisclosurePath, "信息公开目录", s.Sponsor+"的政府信息公开指南、制度、法定主动公开内容、年报和依申请公开。")
	f.Class, f.Elder = "page-disclosure", "/elder"+DisclosurePath
	f.Data = []any{breadcrumb(s, f.Crumbs, DisclosurePath)}
	return f
}

// Announcement is one notice of opening, offline or closing.
type Announcement struct {
	Kind, Title, Object string
	Href                string // where it hangs; "" when that is not on record
	From, Until         string
	Ended               string // how it ended; "" while it hangs
}

// Announcements is the page of notices about sites and accounts.
type Announcements struct{ Current, Past []Announcement }

// AnnouncementsPath is where the page lies.
const AnnouncementsPath = "/announcements/"

// AnnouncementsFrame is the frame of the page.
func AnnouncementsFrame(s Site) Frame {
	f := PlainFrame(s, "开办公告", AnnouncementsPath, "通知公告", "政府网站和政务新媒体的开通、临时下线、关停迁移公告和内容去向。")
	f.Class = "page-announcements"
	f.Data = []any{breadcrumb(s, f.Crumbs, AnnouncementsPath)}
	return f
}

// Dataset is one set of open data.
type Dataset struct {
	ID, Title, About, Href, Publisher, Licence, Cycle, Period, Fields, Keywords string
	Formats                                                                     []string
	Downloads                                                                   []DataFile
	Issued, Changed                                                             time.Time
}

// DataFile is one file of a set.
type DataFile struct{ Name, Href, Kind, Size, Hash string }

// OpenData is the list of open data.
type OpenData struct{ Sets []Dataset }

// OpenDataPath is where the list lies.
const OpenDataPath = "/open-data/"

// OpenDataFrame is the frame of the list.
func OpenDataFrame(s Site, d OpenData) Frame {
	f := PlainFrame(s, "开放数据", OpenDataPath, "数据发布", "可以下载和再利用的数据集：格式、大小、更新周期和使用许可。")
	f.Class = "page-open-data"
	f.Data = []any{breadcrumb(s, f.Crumbs, OpenDataPath), catalogueData(s, d)}
	return f
}

// Leave is the notice before a site that is not a government's.
type Leave struct{ Address, Host string }

// LeaveFrame is the frame of the notice.
func LeaveFrame(s Site, path string) Frame {
	f := PlainFrame(s, "即将离开本站", path, "", "")
	f.NoIndex, f.Crumbs, f.Class = true, nil, "page-leave"
	return f
}

// Kiosk is the page of a self-service terminal: groups of large targets.
type Kiosk struct {
	Groups []KioskGroup
}

// KioskGroup is one group.
type KioskGroup struct {
	Name    string
	Entries []Entry
}

// KioskPath is where the terminal begins.
const KioskPath = "/kiosk/"

// KioskFrame is the frame of the terminal's pages.
func KioskFrame(s Site, title, path string) Frame {
	f := PlainFrame(s, title, path, "办事服务", "自助终端：通知公告、政策文件、办事服务。")
	f.NoIndex, f.Elder, f.Class, f.Data = true, "", "page-kiosk", nil
	return f
}

// KioskItem is one item on the terminal.
type KioskItem struct {
	Rendition
	Paras []string
}

// KioskItemOf lays the plain text out in paragraphs.
func KioskItemOf(r Rendition) KioskItem {
	k := KioskItem{Rendition: r}
	for p := range strings.SplitSeq(r.Text, "\n") {
		if p = strings.TrimSpace(p); p != "" {
			k.Paras = append(k.Paras, p)
		}
	}
	return k
}

// The pages of sections.
var (
	HoldingsPage      = define[Holdings]("holdings.html", "portal")
	PeoplePage        = define[People]("people.html", "portal")
	PersonPage        = define[Article]("person.html", "portal")
	UnitsPage         = define[Units]("units.html", "portal")
	ReportsPage       = define[Reports]("reports.html", "portal")
	DisclosurePage    = define[Disclosure]("disclosure.html", "portal")
	AnnouncementsPage = define[Announcements]("announcements.html", "portal")
	OpenDataPage      = define[OpenData]("open_data.html", "portal")
	LeavePage         = define[Leave]("leave.html", "portal")
	HotlinePage       = define[HotlineGuide]("hotline.html", "portal")
	KioskHomePage     = define[Kiosk]("kiosk.html", "kiosk")
	KioskItemPage     = define[KioskItem]("kiosk_item.html", "kiosk")
	ElderPeoplePage   = define[People]("elder_people.html", "elder")
	ElderUnitsPage    = define[Units]("elder_units.html", "elder")
	ElderDisclosePage = define[Disclosure]("elder_disclosure.html", "elder")
)
