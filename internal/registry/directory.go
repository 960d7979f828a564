package registry

import (
	"context"
	"net/url"
	"strings"
	"time"

	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/rules/sx2021"
)

// DirectoryName is the statement under which the house signs the directory.
const DirectoryName = "official"

// Listed is one official site, account, app or domain as citizens see it. No
// person is named.
type Listed struct {
	Kind     string        `json:"kind"` // site, account, app, domain
	Name     string        `json:"name"`
	Address  string        `json:"address"` // host of a site or domain, URL of an account
	Shown    string        `json:"shown,omitempty"`
	Chinese  string        `json:"chinese_domain,omitempty"`
	Platform string        `json:"platform,omitempty"`
	Account  string        `json:"handle,omitempty"`
	Unit     string        `json:"unit"`
	Area     string        `json:"area"`
	AreaCode string        `json:"area_code"`
	SiteCode string        `json:"site_code,omitempty"`
	Main     bool          `json:"main,omitempty"`
	Since    calendar.Date `json:"since,omitzero"`
}

// Directory is everything official of the province at a moment: what the
// portal answers from, without the database.
type Directory struct {
	Made    time.Time `json:"made"`
	Entries []Listed  `json:"entries"`
	// Retired are given-up names still under watch: they are official no more.
	Retired []string `json:"retired,omitempty"`
}

// Directory collects the running sites, accounts and apps and the domains in
// use.
func (s *Service) Directory(ctx context.Context) (Directory, error) {
	d := Directory{Made: s.db.Now(), Entries: []Listed{}}
	scan := func(r db.Scanner) (Listed, error) {
		var l Listed
		err := r.Scan(&l.Kind, &l.Name, &l.Address, &l.Chinese, &l.Platform, &l.Account, &l.Unit, &l.Area, &l.AreaCode, &l.SiteCode, &l.Main, &l.Since)
		return l, err
	}
	for _, query := range []string{
		`SELECT 'site', s.name, s.host, s.chinese_domain, '', '', u.name, a.name, a.code, s.site_code, FALSE, s.launched_on
		   FROM site s JOIN unit u ON u.id = s.unit_id JOIN area a ON a.id = u.area_id WHERE s.state = 'running' AND s.host <> '' ORDER BY a.code, s.name, s.id`,
		`SELECT c.kind, c.name, c.url, '', c.platform, c.handle, u.name, a.name, a.code, '', c.main, c.launched_on
		   FROM account c JOIN unit u ON u.id = c.unit_id JOIN area a ON a.id = u.area_id WHERE c.state = 'running' ORDER BY a.code, c.platform, c.name, c.id`,
		`SELECT 'domain', COALESCE(s.name, d.shown), d.host, '', '', '', u.name, a.name, a.code, '', d.main, d.registered_on
		   FROM domain d JOIN unit u ON u.id = d.unit_id JOIN area a ON a.id = u.area_id LEFT JOIN site s ON s.id = d.site_id
		  WHERE d.state = 'active' AND d.host <> '' AND (s.id IS NULL OR s.state = 'running') ORDER BY a.code, d.host, d.id`,
	} {
		list, err := db.All(ctx, s.db, scan, query)
		if err != nil {
			return Directory{}, err
		}
		d.Entries = append(d.Entries, list...)
	}
	for i := range d.Entries {
		l := &d.Entries[i]
		if shown := ShownHost(l.Address); l.Kind == "domain" && shown != l.Address {
			l.Shown = shown
		}
		if l.Platform != "" {
			l.Platform = Platforms[l.Platform]
		}
	}
	var err error
	d.Retired, err = db.All(ctx, s.db, db.Value[string], `
		SELECT DISTINCT d.host FROM domain d
		 WHERE d.state = 'cancelled' AND d.host <> '' AND d.watch_until >= $1 AND NOT EXISTS (SELECT 1 FROM domain x WHERE x.host = d.host AND x.state <> 'cancelled') ORDER BY d.host`,
		calendar.DateOf(s.db.Now()))
	return d, err
}

// AddressKey is an address as it is compared: without scheme, www of a
// platform, trailing slash, query and fragment.
func AddressKey(address string) string {
	a := strings.TrimSpace(address)
	if !strings.Contains(a, "://") {
		a = "https://" + a
	}
	u, err := url.Parse(a)
	if err != nil || u.Host == "" {
		return ""
	}
	return strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.") + strings.TrimRight(u.EscapedPath(), "/")
}

// KindName is the kind in Chinese.
func (l Listed) KindName() string {
	switch l.Kind {
	case string(sx2021.Site):
		return "政府网站"
	case string(sx2021.App):
		if l.Platform == MiniApp {
			return "小程序"
		}
		return "移动客户端"
	case "domain":
		return "域名"
	}
	return "政务新媒体"
}
