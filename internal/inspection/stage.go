package inspection

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/check"
	"zhengshu/internal/crawl"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/registry"
)

// Staged is what the page checks say of a page before it is published.
type Staged struct {
	Rules    string // where the site explains the rules: followed by the id of one
	Found    []engine.Sighting
	Untested []engine.Untested
}

// Stage puts a page of a site, drawn but not published, to the checks that the
// patrol puts to it afterwards, without those that need the live page. known are the
// rules by which the manuscript's own checks have spoken of it already: what they
// have said is not said twice. Words are theirs altogether.
func (s *Service) Stage(ctx context.Context, id registry.SiteID, path string, body []byte, known map[string]bool) (Staged, error) {
	site, err := s.registry.Site(ctx, authz.System("inspection.stage"), id)
	if err != nil {
		return Staged{}, err
	}
	o, err := s.options(ctx, site)
	if err != nil {
		return Staged{}, err
	}
	o.Scanner = nil
	t, err := s.target(ctx, site)
	if err != nil {
		return Staged{}, err
	}
	start, err := crawl.Canonical("", t.URL)
	if err != nil {
		return Staged{}, fault.New(fault.Refused, "站点没有登记可以识别的域名，页面没有检查。请先在站点台账登记域名。").From(err)
	}
	address, err := crawl.Canonical(start, path)
	if err != nil {
		return Staged{}, err
	}
	page, err := check.ParsePage(body, "text/html; charset=utf-8", address)
	if err != nil {
		return Staged{}, err
	}
	found, untested := engine.Draft(t, o, page, start)
	out := Staged{Rules: start + strings.TrimPrefix(rulesPath, "/"), Untested: untested}
	for _, f := range found {
		if spoken(f.Check, known) {
			continue
		}
		f.Says = check.MaskText(f.Says)
		out.Found = append(out.Found, f)
	}
	slices.SortStableFunc(out.Found, func(a, b engine.Sighting) int { return engine.Rank(a.Severity) - engine.Rank(b.Severity) })
	return out, nil
}

// rulesPath is where every site explains the rules of inspection.
const rulesPath = "/rules/"

// RulePage is the public page of a finding's rule: at the site itself where it is
// hosted here, else at the nearest portal that is, of its area or of one above;
// empty where there is none, and for what a plan alone looks for.
func (s *Service) RulePage(ctx context.Context, q db.Querier, scope authz.Scope, f Finding) (string, error) {
	if !scope.Covers(f.areaPath, f.linePath) || strings.HasPrefix(f.Check, "focus.") {
		return "", nil
	}
	path, _, _ := strings.Cut(f.areaPath, "@")
	var above []string
	for path != "/" && path != "" {
		above = append(above, path)
		path = path[:strings.LastIndex(strings.TrimSuffix(path, "/"), "/")+1]
	}
	if len(above) == 0 {
		return "", nil
	}
	var w db.Where
	own := w.Arg(f.Site)
	id, err := db.One(ctx, q, db.Value[registry.SiteID], `SELECT s.id FROM site s JOIN unit u ON u.id = s.unit_id JOIN area a ON a.id = u.area_id
		 WHERE s.hosted AND s.state = 'running' AND s.host <> '' AND (s.id = `+own+` OR s.kind = 'portal' AND a.path IN `+db.Among(&w, above)+`)
		 ORDER BY CASE WHEN s.id = `+own+` THEN 0 ELSE 1 END, length(a.path) DESC, s.id LIMIT 1`, w.Args()...)
	if db.None(err) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	site, err := s.registry.SiteTx(ctx, q, authz.System("inspection.rule_page"), id)
	if err != nil {
		return "", err
	}
	return s.address(site) + strings.TrimPrefix(rulesPath, "/") + url.PathEscape(f.Check), nil
}

// itemTwins are the rules of manuscripts that see the same defect as a rule of
// pages.
var itemTwins = map[string][]string{"accessible.alt": {"item.alt", "item.undescribed"}, "accessible.link_name": {"item.link"}}

// spoken reports whether a rule of pages says what the checks of the manuscript
// have said.
func spoken(id string, known map[string]bool) bool {
	return known[id] || slices.ContainsFunc(itemTwins[id], func(twin string) bool { return known[twin] }) || strings.HasPrefix(id, "item.")
}
