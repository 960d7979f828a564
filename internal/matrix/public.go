package matrix

import (
	"context"
	"slices"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
)

// Listed is one site or account as the public page shows it. No person is
// named.
type Listed struct {
	Name, Unit   string
	Address      string // host of a site, URL of an account
	Chinese      string // Chinese domain
	Platform     string
	Handle       string
	VerifiedAs   string // the subject the platform shows
	SiteCode     string
	Mark         bool // 党政机关网站标识 is held
	Head, Portal bool
	Line         string
}

// Page is the public page of one area: its own objects, and the areas below.
type Page struct {
	Path     string // /matrix/ or /matrix/610100/
	Area     string
	Sites    []Listed
	Accounts []Listed
	Below    []Below
	Above    []Below // pages above within the portal, from /matrix/ down
	Updated  time.Time
}

// Below is an area below with its page and its numbers, everything under it
// counted.
type Below struct {
	Name, Path      string
	Sites, Accounts int
}

// Pages are the public pages of a portal: of its area and each one below.
// Public: what is official is public.
func (s *Service) Pages(ctx context.Context, q db.Querier, site registry.SiteID) ([]Page, error) {
	st, err := s.registry.SiteTx(ctx, q, authz.System("matrix.public"), site)
	if err != nil {
		return nil, err
	}
	u, err := s.org.UnitTx(ctx, q, authz.System("matrix.public"), st.Unit)
	if err != nil {
		return nil, err
	}
	root, err := s.org.Area(ctx, q, u.Area)
	if err != nil {
		return nil, err
	}
	under := authz.Area("matrix.public", root.Path)
	var aw db.Where
	aw.And("a.level <> 'township' AND a.abolished_on IS NULL")
	paths := rangeOf(root.Path)
	aw.And("a.path >= ? AND a.path < ?", paths[0], paths[1])
	areas, err := db.All(ctx, q, func(r db.Scanner) (org.Area, error) {
		var a org.Area
		return a, r.Scan(&a.ID, &a.Level, &a.Code, &a.Name, &a.Parent, &a.Path)
	}, `SELECT a.id, a.level, a.code, a.name, COALESCE(a.parent_id, ''), a.path FROM area a WHERE `+aw.SQL()+` ORDER BY a.path`, aw.Args()...)
	if err != nil {
		return nil, err
	}
	at := map[org.AreaID]int{}
	pages := make([]Page, 0, len(areas))
	parent := map[org.AreaID]org.AreaID{}
	for _, a := range areas {
		p := Page{Path: "/matrix/" + a.Code[:6] + "/", Area: a.Name}
		if slices.ContainsFunc(pages, func(x Page) bool { return x.Path == p.Path }) {
			p.Path = "/matrix/" + a.Code[:6] + "-" + string(a.Level) + "/" // two areas of one code: 杨凌示范区, 杨陵区
		}
		if a.ID == root.ID {
			p.Path = "/matrix/"
		}
		at[a.ID], parent[a.ID] = len(pages), a.Parent
		pages = append(pages, p)
	}
	type row struct {
		Listed
		area  org.AreaID
		site  bool
		since time.Time
	}
	var w db.Where
	under.Where(&w, "u")
	scan := func(r db.Scanner) (row, error) {
		var x row
		return x, r.Scan(&x.site, &x.area, &x.Name, &x.Unit, &x.Address, &x.Chinese, &x.Platform, &x.Handle, &x.VerifiedAs, &x.SiteCode, &x.Mark, &x.Head, &x.Portal, &x.Line, &x.since)
	}
	var rows []row
	for _, query := range []string{
		`SELECT TRUE, CASE WHEN a.level = 'township' THEN COALESCE(a.parent_id, a.id) ELSE a.id END, s.name, u.name, s.host, s.chinese_domain, '', '', '', s.site_code, s.party_gov_mark <> '', n.standing = 'head', s.kind = 'portal', u.line, n.since
		   FROM media_matrix_node n JOIN site s ON s.id = n.object_id JOIN unit u ON u.id = s.unit_id JOIN area a ON a.id = u.area_id
		  WHERE n.object_kind = 'site' AND s.host <> '' AND ` + w.SQL() + ` ORDER BY CASE n.standing WHEN 'head' THEN 0 ELSE 1 END, s.kind DESC, u.line, s.name, s.id`,
		`SELECT FALSE, CASE WHEN a.level = 'township' THEN COALESCE(a.parent_id, a.id) ELSE a.id END, c.name, u.name, c.url, '', c.platform, c.handle, c.verified_as, '', FALSE, n.standing = 'head', FALSE, u.line, n.since
		   FROM media_matrix_node n JOIN account c ON c.id = n.object_id JOIN unit u ON u.id = c.unit_id JOIN area a ON a.id = u.area_id
		  WHERE n.object_kind <> 'site' AND ` + w.SQL() + ` ORDER BY CASE n.standing WHEN 'head' THEN 0 ELSE 1 END, CASE WHEN c.main THEN 0 ELSE 1 END, u.name, c.platform, c.name, c.id`,
	} {
		list, err := db.All(ctx, q, scan, query, w.Args()...)
		if err != nil {
			return nil, err
		}
		rows = append(rows, list...)
	}
	sites, accounts := map[org.AreaID]int{}, map[org.AreaID]int{}
	for _, x := range rows {
		i, ok := at[x.area]
		if !ok {
			continue
		}
		if x.Platform != "" {
			x.Platform = registry.Platforms[x.Platform]
		}
		if x.Line != "" {
			x.Line = org.LineName(x.Line)
		}
		if x.site {
			pages[i].Sites = append(pages[i].Sites, x.Listed)
		} else {
			pages[i].Accounts = append(pages[i].Accounts, x.Listed)
		}
		for a, ok := x.area, true; ok; a, ok = parent[a], a != root.ID {
			if x.site {
				sites[a]++
			} else {
				accounts[a]++
			}
			if j, ok := at[a]; ok && x.since.After(pages[j].Updated) {
				pages[j].Updated = x.since
			}
		}
	}
	for _, a := range areas {
		if a.ID == root.ID || sites[a.ID]+accounts[a.ID] == 0 {
			continue // where nothing stands there is no page
		}
		i, ok := at[a.Parent]
		if !ok {
			continue
		}
		me := at[a.ID]
		pages[i].Below = append(pages[i].Below, Below{pages[me].Area, pages[me].Path, sites[a.ID], accounts[a.ID]})
		for up := a.Parent; ; up = parent[up] {
			pages[me].Above = append([]Below{{Name: pages[at[up]].Area, Path: pages[at[up]].Path}}, pages[me].Above...)
			if up == root.ID {
				break
			}
		}
	}
	empty := map[string]bool{}
	for _, a := range areas {
		if a.ID != root.ID && sites[a.ID]+accounts[a.ID] == 0 {
			empty[pages[at[a.ID]].Path] = true
		}
	}
	return slices.DeleteFunc(pages, func(p Page) bool { return empty[p.Path] }), nil
}

func rangeOf(path string) [2]string { return [2]string{path, path[:len(path)-1] + "0"} }
