package library

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/rules/sx2021"
)

// Source is a body whose information may be reposted, on the days its list is
// in force (Article 19(3)).
type Source struct {
	ID        string
	Name      string
	Domain    string // its subdomains are meant too; empty: by name only
	ValidFrom calendar.Date
	ValidTo   calendar.Date // last day, zero: until further notice
	Basis     string        // which list, which edition
	Category  string
	Edition   string        // name of the edition it came with, empty for a single entry
	FrozenOn  calendar.Date // nothing of it from this day on; zero: not frozen
	FrozenWhy string
}

// State is how the entry stands on a day, in Chinese.
func (n Source) State(on calendar.Date) string {
	switch {
	case !n.FrozenOn.IsZero() && !n.FrozenOn.After(on):
		return "冻结"
	case n.ValidFrom.After(on):
		return "未生效"
	case !n.ValidTo.IsZero() && n.ValidTo.Before(on):
		return "已失效"
	}
	return "有效"
}

// keepsSources reports whether a scope reaches a whole province: the list is
// the province's.
func (s *Service) keepsSources(ctx context.Context, q db.Querier, scope authz.Scope) (bool, error) {
	paths, err := db.All(ctx, q, db.Value[string], `SELECT path FROM area WHERE level = 'province' ORDER BY path`)
	if err != nil {
		return false, err
	}
	return scope.Covers("/", "") || slices.ContainsFunc(paths, func(p string) bool { return scope.Covers(p, "") }), nil
}

func (s *Service) mustKeepSources(ctx context.Context, q db.Querier, scope authz.Scope) error {
	may, err := s.keepsSources(ctx, q, scope)
	if err == nil && !may {
		return fault.New(fault.Forbidden, "稿源名单由省级统一维护，请联系省政府办公厅。")
	}
	return err
}

// AddSource puts a body on the list, which is the province's.
func (s *Service) AddSource(ctx context.Context, tx *db.Tx, scope authz.Scope, n Source) (Source, error) {
	if err := s.mustKeepSources(ctx, tx, scope); err != nil {
		return Source{}, err
	}
	n.Name, n.Basis, n.Domain = oneLine(n.Name), oneLine(n.Basis), strings.ToLower(strings.TrimPrefix(oneLine(n.Domain), "www."))
	var f fault.Fields
	f.Check(n.Name != "", "name", "请填写稿源单位名称")
	f.Check(n.Basis != "", "basis", "请填写依据，例如名单名称和版次")
	f.Check(!n.ValidFrom.IsZero(), "valid_from", "请填写生效日期")
	f.Check(n.ValidTo.IsZero() || !n.ValidTo.Before(n.ValidFrom), "valid_to", "失效日期不能早于生效日期")
	if err := f.Err(); err != nil {
		return Source{}, err
	}
	n.ID = ulid.Make().String()
	if _, err := tx.Exec(ctx, `INSERT INTO repost_source (id, name, domain, valid_from, valid_to, basis, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		n.ID, n.Name, n.Domain, n.ValidFrom, n.ValidTo, n.Basis, tx.Now()); err != nil {
		if _, dup := db.UniqueViolation(err); dup {
			return Source{}, fault.New(fault.Conflict, "名单里已有这个稿源单位。").On("name", "请核对名称").From(err)
		}
		return Source{}, fmt.Errorf("library: add source: %w", err)
	}
	return n, audit.Record(ctx, tx, audit.Entry{Act: "library.source.add", Basis: "第十九条（三）", Target: audit.Target{Kind: "source", ID: n.ID, Name: n.Name}, After: n})
}

// SourcesOn are the bodies on the list on a day, frozen ones among them. Public: the list is published.
func (s *Service) SourcesOn(ctx context.Context, q db.Querier, on calendar.Date) ([]Source, error) {
	return db.All(ctx, q, scanSource, sourceSelect+` WHERE valid_from <= $1 AND (valid_to IS NULL OR valid_to >= $1) ORDER BY name, id`, on)
}

const sourceSelect = `SELECT id, name, domain, valid_from, valid_to, basis, category, edition, frozen_on, frozen_why FROM repost_source`

func scanSource(r db.Scanner) (Source, error) {
	var n Source
	return n, r.Scan(&n.ID, &n.Name, &n.Domain, &n.ValidFrom, &n.ValidTo, &n.Basis, &n.Category, &n.Edition, &n.FrozenOn, &n.FrozenWhy)
}

// repost says how the item's source stands to the list today.
func (s *Service) repost(ctx context.Context, tx *db.Tx, m Meta) (sx2021.Repost, error) {
	r := sx2021.Repost{Known: m.Source != "" && m.SourceURL != "", Name: m.Source}
	host := ""
	if u, err := url.Parse(m.SourceURL); err == nil {
		host = strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	}
	r.PartyOrGovernmentSite = under(host, "gov.cn")
	today := calendar.DateOf(tx.Now())
	list, err := s.SourcesOn(ctx, tx, today)
	if err != nil {
		return r, err
	}
	for _, n := range list {
		// A listed name on somebody else's address proves nothing.
		if n.Domain != "" && under(host, n.Domain) || n.Domain == "" && n.Name == m.Source {
			if n.State(today) == "冻结" {
				r.Frozen = true
			} else {
				r.Listed = true
			}
		}
	}
	return r, nil
}

func under(host, domain string) bool {
	return host == domain || strings.HasSuffix(host, "."+domain)
}
