package reconciliation

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/abridge"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/jobs"
	"zhengshu/internal/registry"
)

// The checks of the ledger against what is to be seen.
const (
	CheckDNS         = "ledger.dns"
	CheckCertificate = "ledger.certificate"
	CheckTitle       = "ledger.title"
	CheckFooter      = "ledger.footer"
)

// Every is how often the monitored sites are held against the ledger.
const Every = 30 * 24 * time.Hour

// HoldSites is the periodic job over all monitored sites.
type HoldSites struct{}

// Kind names the job.
func (HoldSites) Kind() string { return "reconciliation.reality" }

// HoldSite is the job of one site.
type HoldSite struct {
	Site registry.SiteID `json:"site"`
}

// Kind names the job.
func (HoldSite) Kind() string { return "reconciliation.site" }

// Register gives the workers the module's jobs.
func (s *Service) Register(w *jobs.Workers) {
	jobs.Handle(w, func(ctx context.Context, _ HoldSites) error { _, err := s.HoldDue(ctx); return err })
	jobs.Handle(w, func(ctx context.Context, a HoldSite) error {
		ctx = audit.System(ctx, "reconciliation.reality")
		_, err := s.Hold(ctx, authz.System("reconciliation.reality"), a.Site)
		if fault.Is(err, fault.Refused) || fault.Is(err, fault.NotFound) {
			return nil // switched off, or gone, while it waited
		}
		return err
	})
	jobs.Handle(w, func(ctx context.Context, _ LookGone) error { _, err := s.LookGone(ctx); return err })
	jobs.Every(w, 24*time.Hour, HoldSites{})
	jobs.Every(w, 24*time.Hour, LookGone{})
}

// HoldDue queues every monitored site that was not held against the ledger for
// a month, and returns how many.
func (s *Service) HoldDue(ctx context.Context) (int, error) {
	ctx = audit.System(ctx, "reconciliation.reality")
	now := s.DB.Now()
	ids, err := db.All(ctx, s.DB, db.Value[registry.SiteID], `SELECT s.id FROM site s LEFT JOIN reconciliation_held h ON h.site_id = s.id
		WHERE s.monitored AND s.state = 'running' AND s.host <> '' AND (h.queued_at IS NULL OR h.queued_at <= $1) ORDER BY s.id LIMIT 5000`, now.Add(-Every))
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		err := s.DB.Update(ctx, func(tx *db.Tx) error {
			if _, err := tx.Quiet(ctx, `INSERT INTO reconciliation_held (site_id, queued_at) VALUES ($1, $2) ON CONFLICT (site_id) DO UPDATE SET queued_at = excluded.queued_at`, id, now); err != nil {
				return err
			}
			return jobs.Enqueue(ctx, tx, HoldSite{id}, jobs.Queue(inspection.Queue), jobs.MaxAttempts(3), jobs.Unique(string(id)))
		})
		if err != nil {
			return 0, err
		}
	}
	return len(ids), nil
}

// Outcome is what one check of a site came to.
type Outcome struct {
	Check string
	Wrong bool
	Says  string // "" when it could not be looked at for want of something to hold against
	Void  bool   // could not be looked at
}

// Hold looks at one site and settles its findings. A site whose monitoring is
// off is never contacted.
func (s *Service) Hold(ctx context.Context, scope authz.Scope, id registry.SiteID) ([]Outcome, error) {
	address, err := s.Inspection.Address(ctx, scope, id)
	if err != nil {
		return nil, err
	}
	site, err := s.Registry.Site(ctx, scope, id)
	if err != nil {
		return nil, err
	}
	domain, _, err := s.Registry.MainDomains(ctx, s.DB, scope, id)
	if err != nil {
		return nil, err
	}
	seen := s.look(ctx, address, site, domain)
	if err := s.seeCertificate(ctx, scope, seen.tls, domain); err != nil {
		return nil, err
	}
	for _, o := range seen.outcomes {
		if o.Void {
			continue
		}
		if err := s.Inspection.Settle(ctx, scope, id, seen.sighting(site, o), o.Wrong); err != nil {
			return nil, err
		}
	}
	return seen.outcomes, ctx.Err()
}

// look is one visit with what came of it.
type look struct {
	outcomes []Outcome
	evidence engine.Evidence
	tls      egress.TLSFacts
}

func (l look) sighting(site registry.Site, o Outcome) engine.Sighting {
	sg := engine.Sighting{Check: o.Check, Says: o.Says, URL: l.evidence.URL, Where: site.Host, OnHome: true, Pages: 1, Evidence: l.evidence}
	sg.Article, sg.Severity, sg.Fix, _ = engine.Grounds(o.Check)
	return sg
}

// look asks the DNS, then the home page, and holds each answer against the
// ledger.
func (s *Service) look(ctx context.Context, address string, site registry.Site, domain registry.Domain) look {
	l := look{evidence: engine.Evidence{URL: address, At: s.DB.Now()}}
	if len(domain.Addresses) == 0 {
		l.outcomes = append(l.outcomes, Outcome{Check: CheckDNS, Void: true, Says: "域名台账没有登记应有的解析地址。"})
	} else {
		l.outcomes = append(l.outcomes, s.dns(ctx, site, domain))
	}
	resp, ok, why, err := s.Manners.Fetch(ctx, address, egress.Options{RecordTLSFault: true})
	if resp != nil {
		l.evidence.Status = resp.Status
	}
	if err != nil || !ok || resp.Status >= 400 {
		says := "首页没有打开，未能核对。"
		var w *egress.Error
		if !ok {
			says = "首页没有打开，未能核对：" + why.Says()
		} else if errors.As(err, &w) {
			says = "首页没有打开，未能核对：" + w.Says
		}
		for _, id := range []string{CheckCertificate, CheckTitle, CheckFooter} {
			l.outcomes = append(l.outcomes, Outcome{Check: id, Void: true, Says: says})
		}
		return l
	}
	facts := resp.TLS
	if !facts.Used {
		// The page came in clear: the certificate is asked for by itself.
		if u, err := url.Parse(address); err == nil {
			u.Scheme = "https"
			if r, ok, _, err := s.Manners.Head(ctx, u.String(), egress.Options{RecordTLSFault: true}); err == nil && ok {
				facts = r.TLS
			}
		}
	}
	l.tls = facts
	l.outcomes = append(l.outcomes, certificate(facts, domain))
	page, err := check.ParsePage(resp.Body, resp.Header.Get("Content-Type"), resp.Final)
	if err != nil {
		for _, id := range []string{CheckTitle, CheckFooter} {
			l.outcomes = append(l.outcomes, Outcome{Check: id, Void: true, Says: "首页不是可以读取的网页，未能核对。"})
		}
		return l
	}
	l.evidence.Excerpt = abridge.Text(page.Title, 200)
	l.outcomes = append(l.outcomes, title(page.Title, site), footer(page, site))
	return l
}

func (s *Service) dns(ctx context.Context, site registry.Site, domain registry.Domain) Outcome {
	o := Outcome{Check: CheckDNS}
	got, err := s.Client.Addresses(ctx, domain.Host)
	if err != nil {
		var w *egress.Error
		if errors.As(err, &w) {
			o.Wrong, o.Void, o.Says = true, !w.Blames() && w.Kind != egress.RefusedAddress, w.Says
			return o
		}
		return Outcome{Check: CheckDNS, Void: true, Says: "域名解析没有得到答复。"}
	}
	var strange []string
	for _, a := range got {
		if !slices.Contains(domain.Addresses, a.String()) {
			strange = append(strange, a.String())
		}
	}
	if o.Wrong = len(strange) > 0; o.Wrong {
		o.Says = "域名 " + domain.Shown + " 解析到台账以外的地址 " + strings.Join(strange, "、") + "，台账登记的是 " + strings.Join(domain.Addresses, "、") + "。"
		return o
	}
	o.Says = "域名解析与台账一致。"
	return o
}

// certificate holds the certificate shown against the domain ledger.
func certificate(f egress.TLSFacts, domain registry.Domain) Outcome {
	o := Outcome{Check: CheckCertificate}
	switch {
	case !f.Used:
		o.Void, o.Says = true, "网站没有使用加密连接，没有证书可核对。"
		if domain.CertIssuer != "" || !domain.CertExpiresOn.IsZero() {
			o.Void, o.Wrong, o.Says = false, true, "台账登记了数字证书，网站却没有使用加密连接。"
		}
	case domain.CertIssuer == "" && domain.CertExpiresOn.IsZero():
		o.Void, o.Says = true, "域名台账没有登记证书；看到的证书已记入。"
	case domain.CertSource == registry.Observed && covers(f.Names, domain.Host) && f.Fault == "":
		o.Says = "证书与网站一致，到期日期 " + dateOf(f.NotAfter) + "，已记入台账。"
	case domain.CertIssuer != "" && !strings.Contains(strings.ToLower(f.Issuer), strings.ToLower(domain.CertIssuer)):
		o.Wrong, o.Says = true, "证书的颁发机构是“"+abridge.Text(f.Issuer, 60)+"”，台账登记的是“"+domain.CertIssuer+"”。"
	case !domain.CertExpiresOn.IsZero() && dateOf(f.NotAfter) != domain.CertExpiresOn.String():
		o.Wrong, o.Says = true, "证书到期日期是 "+dateOf(f.NotAfter)+"，台账登记的是 "+domain.CertExpiresOn.String()+"。"
	case !covers(f.Names, domain.Host):
		o.Wrong, o.Says = true, "证书不包含域名 "+domain.Shown+"。"
	default:
		o.Says = "证书与台账一致。"
	}
	return o
}

func dateOf(t time.Time) string { return calendar.DateOf(t).String() }

func covers(names []string, host string) bool {
	return slices.ContainsFunc(names, func(n string) bool {
		n = strings.ToLower(n)
		if rest, wild := strings.CutPrefix(n, "*."); wild {
			_, parent, ok := strings.Cut(host, ".")
			return ok && parent == rest
		}
		return n == host
	})
}

// words that names and titles carry beside what they name.
var beside = strings.NewReplacer("门户网站", "", "人民政府", "", "政府网站", "", "政府网", "", "官方网站", "", "网站", "", "首页", "", "欢迎访问", "", " ", "", "　", "", "-", "", "_", "", "|", "", "—", "")

func title(shown string, site registry.Site) Outcome {
	o := Outcome{Check: CheckTitle, Says: "首页标题与台账名称一致。"}
	a, b := beside.Replace(shown), beside.Replace(site.Name)
	if strings.TrimSpace(shown) == "" {
		o.Wrong, o.Says = true, "首页没有标题，台账名称是“"+site.Name+"”。"
	} else if b != "" && !strings.Contains(a, b) && !(a != "" && strings.Contains(b, a)) {
		o.Wrong, o.Says = true, "首页标题是“"+abridge.Text(shown, 60)+"”，台账名称是“"+site.Name+"”。"
	}
	return o
}

// footer holds the numbers at the foot of the page against the ledger, with the
// very checks of the patrol; only those the ledger knows.
func footer(page *check.Page, site registry.Site) Outcome {
	o := Outcome{Check: CheckFooter}
	known := map[string]string{"footer.site_code": site.SiteCode, "footer.icp": site.ICP, "footer.police": site.PoliceFiling}
	some := false
	var says []string
	for _, f := range check.Run(check.Facts{Page: page, Ledger: &check.Ledger{SiteName: site.Name, SiteDomain: site.Host, SiteCode: site.SiteCode, Sponsor: site.UnitName, ICPFiling: site.ICP, PoliceFiling: site.PoliceFiling, ChineseDomain: site.ChineseDomain}}) {
		if known[f.Check] == "" {
			continue
		}
		switch f.Outcome {
		case check.Violated:
			some = true
			says = append(says, f.Says)
		case check.Kept:
			some = true
		}
	}
	switch {
	case !some:
		o.Void, o.Says = true, "台账没有登记标识码和备案编号，或页面是演示占位，没有可核对的编号。"
	case len(says) > 0:
		o.Wrong, o.Says = true, strings.Join(says, " ")
	default:
		o.Says = "页面底部的编号与台账一致。"
	}
	return o
}

// retest looks again at a finding of this module, for inspection.
func (s *Service) retest(ctx context.Context, site registry.Site, f inspection.Finding) (engine.Look, error) {
	begun := time.Now()
	scope := authz.System("reconciliation.retest")
	address, err := s.Inspection.Address(ctx, scope, site.ID)
	if err != nil {
		return engine.Look{}, err
	}
	domain, _, err := s.Registry.MainDomains(ctx, s.DB, scope, site.ID)
	if err != nil {
		return engine.Look{}, err
	}
	seen := s.look(ctx, address, site, domain)
	out := engine.Look{Outcome: engine.Unknown, Says: "未能复测。", Evidence: seen.evidence, Took: time.Since(begun)}
	for _, o := range seen.outcomes {
		if o.Check != f.Check {
			continue
		}
		out.Says = o.Says
		switch {
		case o.Void:
		case o.Wrong:
			out.Outcome = engine.Standing
		default:
			out.Outcome = engine.Gone
		}
	}
	return out, ctx.Err()
}
