package registry

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check/lookalike"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/rules"
	"zhengshu/internal/rules/gbh2018"
	"zhengshu/internal/rules/sx2021"
)

// DomainFields are the fields of a domain that staff fill in and mend.
type DomainFields struct {
	Purpose, Registrar, ICP, CertIssuer    string
	RegisteredOn, ExpiresOn, CertExpiresOn calendar.Date
	NS, Addresses, CNAME                   []string
}

// Fields are the domain's fields that staff mend.
func (d Domain) Fields() DomainFields {
	return DomainFields{Purpose: d.Purpose, Registrar: d.Registrar, ICP: d.ICP, CertIssuer: d.CertIssuer, RegisteredOn: d.RegisteredOn, ExpiresOn: d.ExpiresOn,
		CertExpiresOn: d.CertExpiresOn, NS: d.NS, Addresses: d.Addresses, CNAME: d.CNAME}
}

// Diff is what SetDomain would change, as the person reads it before saving.
func (d Domain) Diff(n DomainFields) []Change { return asChanges(d.pairs(n)) }

func (d Domain) pairs(n DomainFields) []pair {
	join := func(s []string) string { return strings.Join(s, " ") }
	return changedOf([]pair{
		{"purpose", d.Purpose, n.Purpose}, {"registrar", d.Registrar, n.Registrar}, {"icp", d.ICP, n.ICP}, {"registered_on", dateOr(d.RegisteredOn), dateOr(n.RegisteredOn)},
		{"expires_on", dateOr(d.ExpiresOn), dateOr(n.ExpiresOn)}, {"ns", join(d.NS), join(n.NS)}, {"addresses", join(d.Addresses), join(n.Addresses)}, {"cname", join(d.CNAME), join(n.CNAME)},
		{"cert_issuer", d.CertIssuer, n.CertIssuer}, {"cert_expires_on", dateOr(d.CertExpiresOn), dateOr(n.CertExpiresOn)},
	})
}

// SetDomain replaces a domain's fields; its name changes by ChangeDomain, or by
// the correction of the site's identifiers. A zero seen skips the check that
// nobody changed it meanwhile.
func (s *Service) SetDomain(ctx context.Context, tx *db.Tx, scope authz.Scope, id DomainID, n DomainFields, w Why, seen time.Time) (Domain, error) {
	d, err := s.Domain(ctx, tx, scope, id)
	if err != nil {
		return Domain{}, err
	}
	if !seen.IsZero() && !d.UpdatedAt.Equal(seen) {
		return Domain{}, fault.New(fault.Conflict, "您打开表单后，这个域名已被别人修改。您填写的内容还在下面，请对照变更记录核对后再保存。")
	}
	if d.State == DomainCancelled {
		return Domain{}, fault.New(fault.Conflict, "域名已注销，记录不再修改。")
	}
	if err := w.check(); err != nil {
		return Domain{}, err
	}
	list := d.pairs(n)
	if len(list) == 0 {
		return d, nil
	}
	before := d
	d.Purpose, d.Registrar, d.ICP, d.CertIssuer, d.RegisteredOn, d.ExpiresOn = n.Purpose, n.Registrar, n.ICP, n.CertIssuer, n.RegisteredOn, n.ExpiresOn
	d.NS, d.Addresses, d.CNAME = n.NS, n.Addresses, n.CNAME
	if d.CertExpiresOn != n.CertExpiresOn || d.CertIssuer != before.CertIssuer {
		d.CertSource = w.source()
	}
	d.CertExpiresOn = n.CertExpiresOn
	if err := d.check(); err != nil {
		return Domain{}, err
	}
	if _, err := tx.Exec(ctx, `
		UPDATE domain SET purpose = $2, registrar = $3, icp = $4, registered_on = $5, expires_on = $6, ns = $7, addresses = $8, cname = $9,
		       cert_issuer = $10, cert_expires_on = $11, cert_source = $12, updated_at = $13 WHERE id = $1`,
		id, d.Purpose, d.Registrar, d.ICP, d.RegisteredOn, d.ExpiresOn, strings.Join(d.NS, " "), strings.Join(d.Addresses, " "), strings.Join(d.CNAME, " "),
		d.CertIssuer, d.CertExpiresOn, d.CertSource, tx.Now()); err != nil {
		return Domain{}, err
	}
	if err := s.keep(ctx, tx, "domain", string(id), w, list...); err != nil {
		return Domain{}, err
	}
	if err := s.refollow(ctx, tx, before, d, w); err != nil {
		return Domain{}, err
	}
	d.UpdatedAt = tx.Now()
	return d, audit.Record(ctx, tx, audit.Entry{Act: "registry.domain.change", Basis: w.Document, Target: d.Target(), Before: before, After: d})
}

// SeeCertificate keeps the certificate as it was seen on the wire. Reality
// checks call it; the same as last time changes nothing.
func (s *Service) SeeCertificate(ctx context.Context, tx *db.Tx, scope authz.Scope, id DomainID, issuer string, expires calendar.Date, ref string) error {
	d, err := s.Domain(ctx, tx, scope, id)
	if err != nil || d.State == DomainCancelled || d.CertIssuer == issuer && d.CertExpiresOn == expires {
		return err
	}
	n := d.Fields()
	n.CertIssuer, n.CertExpiresOn = issuer, expires
	_, err = s.SetDomain(ctx, tx, scope, id, n, Why{Says: "观测到的证书", Source: Observed, Ref: ref}, time.Time{})
	return err
}

// SeeTombstone keeps what the last look at a given-up name found, in words;
// alarm is set when somebody else uses it.
func (s *Service) SeeTombstone(ctx context.Context, tx *db.Tx, scope authz.Scope, id DomainID, says string, alarm bool) error {
	d, err := s.Domain(ctx, tx, scope, id)
	if err != nil {
		return err
	}
	if d.State != DomainCancelled || d.WatchUntil.IsZero() {
		return fault.New(fault.Conflict, "这个域名不在跟踪名单中。")
	}
	says = strings.TrimSpace(says)
	if says == "" || len([]rune(says)) > 300 {
		return fault.New(fault.Invalid, "请写明看到的情况，最多 300 个字。").On("says", "请写明看到的情况")
	}
	if _, err := tx.Exec(ctx, `UPDATE domain SET last_seen = $2, last_seen_at = $3, last_seen_alarm = $4, updated_at = $3 WHERE id = $1`, id, says, tx.Now(), alarm); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "registry.domain.look", Target: d.Target(), Before: d.LastSeen, After: map[string]any{"says": says, "alarm": alarm}})
}

// DomainHistory of a domain in scope, newest first.
func (s *Service) DomainHistory(ctx context.Context, q db.Querier, scope authz.Scope, id DomainID) ([]Change, error) {
	if _, err := s.Domain(ctx, q, scope, id); err != nil {
		return nil, err
	}
	return changes(ctx, q, "domain", string(id))
}

// DomainBreaches hold a name against 国办函〔2018〕55号 for the site and holder it
// is for: its suffix, the structure of a portal's name, a department's under
// the portal of its own government. An existing domain shows them as advice;
// a new one is refused with them.
func (s *Service) DomainBreaches(ctx context.Context, q db.Querier, scope authz.Scope, d Domain) ([]rules.Breach, error) {
	host, err := NormalizeHost(d.Host)
	if err != nil {
		return nil, err
	}
	u, err := s.org.UnitTx(ctx, q, scope, d.Unit)
	if err != nil {
		return nil, err
	}
	n := gbh2018.Name{Host: host, Institution: u.Kind == org.Kind(sx2021.Institution)}
	if d.Site != "" {
		site, err := s.SiteTx(ctx, q, scope, d.Site)
		if err != nil {
			return nil, err
		}
		n.Portal, n.Department = site.Kind == Portal, site.Kind == DepartmentSite
	}
	if n.Department {
		if n.Zones, err = s.zonesAbove(ctx, q, u); err != nil {
			return nil, err
		}
	}
	return gbh2018.CheckName(n), nil
}

// zonesAbove are the portal domains a unit's name may stand under: of its own
// area first, then of the areas above (the superior department's portal).
func (s *Service) zonesAbove(ctx context.Context, q db.Querier, u org.Unit) ([]string, error) {
	type row struct{ host, path string }
	rows, err := db.All(ctx, q, func(r db.Scanner) (row, error) {
		var v row
		err := r.Scan(&v.host, &v.path)
		return v, err
	}, `SELECT s.host, a.path FROM site s JOIN unit pu ON pu.id = s.unit_id JOIN area a ON a.id = pu.area_id
	     WHERE s.kind = 'portal' AND s.host <> '' AND s.state NOT IN ('exited', 'closed') AND substr($1, 1, length(a.path)) = a.path
	     ORDER BY length(a.path) DESC, s.host LIMIT 20`, u.AreaPath)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, r := range rows {
		if z := strings.TrimPrefix(r.host, "www."); gbh2018.KindOf(z) == gbh2018.English && !slices.Contains(out, z) {
			out = append(out, z)
		}
	}
	return out, nil
}

// guard is the matcher of the protected hosts, kept until a domain is touched.
type guard struct {
	stamp   time.Time
	matcher *lookalike.Matcher
}

// Lookalikes says which protected name of the ledger a host could be taken for,
// as advice. A host under a government suffix is never taken for another.
func (s *Service) Lookalikes(ctx context.Context, q db.Querier, host string) (lookalike.Verdict, error) {
	stamp, err := db.One(ctx, q, db.Value[time.Time], `SELECT max(updated_at) FROM domain`)
	if err != nil {
		return lookalike.Verdict{}, err
	}
	s.mu.Lock()
	g := s.guard
	s.mu.Unlock()
	if g == nil || !g.stamp.Equal(stamp) {
		hosts, err := s.ProtectedHosts(ctx, q)
		if err != nil {
			return lookalike.Verdict{}, err
		}
		g = &guard{stamp, lookalike.New(hosts)}
		s.mu.Lock()
		s.guard = g
		s.mu.Unlock()
	}
	return g.matcher.Check(host), nil
}

// ProtectedHosts are the government names of the ledger an impostor would
// imitate, portals first: of several names in one zone the first is the one
// told.
func (s *Service) ProtectedHosts(ctx context.Context, q db.Querier) ([]string, error) {
	return db.All(ctx, q, db.Value[string], `SELECT host FROM domain WHERE host <> '' AND kind <> 'other' AND state IN ('active', 'suspended', 'cancelling')
		ORDER BY CASE WHEN host LIKE 'www.%' THEN 0 ELSE 1 END, host`)
}

// Doubles are what Article 10 allows once and the site has more often: said as
// advice with what to do.
func Doubles(list []Domain) []string {
	held := map[DomainKind][]string{}
	for _, d := range list {
		if d.State != DomainCancelled && d.State != DomainCancelling {
			held[d.Kind] = append(held[d.Kind], d.Shown)
		}
	}
	var out []string
	for _, k := range []DomainKind{EnglishDomain, ChineseDomain} {
		if len(held[k]) > sx2021.MaxDomainsPerKind {
			out = append(out, fmt.Sprintf("有 %d 个%s（%s）。第十条：一个政府网站原则上只能注册一个中文和一个英文域名，请确定主域名，其余办理注销。", len(held[k]), k.Name(), strings.Join(held[k], "、")))
		}
	}
	return out
}
