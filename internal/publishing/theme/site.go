package theme

import "time"

// Site is what a release says about its site: enough for every page and for a
// portal without a database.
type Site struct {
	ID      string   `json:"id"`
	Slug    string   `json:"slug,omitempty"`
	Kind    string   `json:"kind"` // portal, department
	Name    string   `json:"name"`
	Sponsor string   `json:"sponsor"`
	Host    string   `json:"host"`  // for SiteDomain and addresses
	Hosts   []string `json:"hosts"` // all that lead here, ASCII, lower case
	// Moved are old hosts, among Hosts, that lead elsewhere as a whole.
	Moved         map[string]string `json:"moved,omitempty"`
	ChineseDomain string            `json:"chinese_domain,omitempty"`
	SiteCode      string            `json:"site_code,omitempty"`
	ICP           string            `json:"icp,omitempty"`
	PoliceFiling  string            `json:"police_filing,omitempty"`
	PartyGovMark  string            `json:"party_gov_mark,omitempty"`
	Contact       string            `json:"contact,omitempty"` // telephone
	Address       string            `json:"address,omitempty"`
	Look          Choice            `json:"look,omitzero"`
	// Demo marks a fictional site: a fixed bar, no indexing, drawn marks.
	Demo bool `json:"demo,omitempty"`
	// Grey is the mourning mode.
	Grey bool `json:"grey,omitempty"`
	// Emergency, when set, stands on the home page and as a bar on all others.
	Emergency *Emergency `json:"emergency,omitempty"`
	// Offline, when set, is the notice shown instead of every page.
	Offline string   `json:"offline,omitempty"`
	Columns []Column `json:"columns"`
	Foreign []Column `json:"foreign,omitempty"` // of editions in other languages
	Doors   Doors    `json:"doors"`
	Notices []Link   `json:"notices,omitempty"` // 公告置顶悬挂, on the home page
	// Matrix: the site has the pages of the two matrices below /matrix/.
	Matrix bool `json:"matrix,omitempty"`
	// Statistics are links of the foot: yearly work form, disclosure report.
	Statistics []Link `json:"statistics,omitempty"`
	// Sections are the sections that have content: 政府信息公开, 开放数据 ….
	Sections []Link `json:"sections,omitempty"`
	// Former are the closed sites whose old addresses this portal keeps.
	Former []Former `json:"former,omitempty"`
	// IPv6 says that the record of the site's domain has an IPv6 address.
	IPv6 bool `json:"ipv6,omitempty"`
	// Plain is set when the site is reached without TLS (a demonstration):
	// addresses then begin http:// and carry Port.
	Plain bool   `json:"plain,omitempty"`
	Port  string `json:"port,omitempty"`

	theme   *Theme        // that draws it, see Dressed
	trouble func(Trouble) // nil for nobody
	kept    *kept         // parts drawn once, see Keeping; nil draws them each time
}

// Column is a column as the navigation and the tags know it.
type Column struct {
	ID          string `json:"id"`
	Parent      string `json:"parent,omitempty"`
	Slug        string `json:"slug"`
	Name        string `json:"name"`
	Type        string `json:"type"`
	Description string `json:"description"`
	Keywords    string `json:"keywords,omitempty"`
}

// Href is the column's page.
func (c Column) Href() string {
	if lang := c.Lang(); lang != "" && lang != c.Slug {
		return "/" + lang + "/" + c.Slug[len(lang)+1:] + "/"
	}
	return "/" + c.Slug + "/"
}

// ElderHref is its page in the elder layout.
func (c Column) ElderHref() string { return "/elder/" + c.Slug + "/" }

// Feed is its RSS feed.
func (c Column) Feed() string { return "/" + c.Slug + "/rss.xml" }

// Doors are the dynamic places of a site; an empty one is not shown.
type Doors struct {
	Letters     string `json:"letters,omitempty"`      // 写信
	LetterQuery string `json:"letter_query,omitempty"` // 查询来信
	ErrorReport string `json:"error_report,omitempty"` // 我为政府网站找错
	Search      string `json:"search,omitempty"`
	Official    string `json:"official,omitempty"`  // 官方名录
	Impostors   string `json:"impostors,omitempty"` // 举报假冒, Article 23(3)
	Annual      string `json:"annual,omitempty"`    // 年度报表, Article 19(6)
	Services    string `json:"services,omitempty"`  // 政务服务网, Article 13(1)
}

// Link is a text that leads somewhere.
type Link struct {
	Text string `json:"text"`
	Href string `json:"href"`
}

// Top are the columns of the first level in their order.
func (s Site) Top() []Column {
	var out []Column
	for _, c := range s.Columns {
		if c.Parent == "" {
			out = append(out, c)
		}
	}
	return out
}

// Below are the columns below another.
func (s Site) Below(id string) []Column {
	var out []Column
	for _, c := range s.Columns {
		if c.Parent == id && id != "" {
			out = append(out, c)
		}
	}
	return out
}

// Column finds a column by its short name.
func (s Site) Column(slug string) (Column, bool) {
	for _, c := range s.Columns {
		if c.Slug == slug {
			return c, true
		}
	}
	return Column{}, false
}

// Origin is how addresses of the site begin.
func (s Site) Origin() string {
	if s.Plain {
		if s.Port != "" && s.Port != "80" {
			return "http://" + s.Host + ":" + s.Port
		}
		return "http://" + s.Host
	}
	return "https://" + s.Host
}

// Entry is one line of a list.
type Entry struct {
	Title  string
	Href   string
	Elder  string
	At     time.Time
	Number string
	Source string
	Brief  string
	Pinned bool
	Issuer string
	State  string // validity, 已归档 …; "" for none
	Ended  bool   // one may not rely on it any more
	Form   string // of an interpretation
	Of     []Link // what it interprets
	// Picture is the first picture of its text; nil for none.
	Picture *Picture
}

// Picture is one that stands in a page.
type Picture struct {
	Src, Srcset   string
	Sizes         string
	Width, Height int
	Alt           string
	Late          bool // below the first screen
}
