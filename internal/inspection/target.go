package inspection

import (
	"context"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

func (s *Service) options(ctx context.Context, site registry.Site) (engine.Options, error) {
	today := calendar.DateOf(s.db.Now())
	o := engine.Options{MaxPages: s.set.MaxPages, Delay: s.set.Delay, Today: today, Manners: s.manners, Links: s.links, Vantage: s.set.Vantage, Limits: s.limits(today), Browser: s.set.Browser}
	if s.set.Scanner != nil {
		sc, err := s.set.Scanner(ctx, site.Unit)
		if err != nil {
			return o, err
		}
		o.Scanner = sc
	}
	var err error
	o.Acquitted, err = s.acquitted(ctx, site.ID)
	return o, err
}

// limits are the thresholds in force on a day.
func (s *Service) limits(on calendar.Date) check.Limits {
	if p, ok := s.set.Pack(on); ok {
		return engine.LimitsOf(p)
	}
	return check.Limits{}
}

// target is what the ledger knows of a site.
func (s *Service) target(ctx context.Context, site registry.Site) (engine.Target, error) {
	sponsor, err := db.One(ctx, s.db, func(r db.Scanner) (sponsorOf, error) {
		var p sponsorOf
		err := r.Scan(&p.kind, &p.national)
		return p, err
	}, `SELECT kind, national_approval FROM unit WHERE id = $1`, site.Unit)
	if err != nil {
		return engine.Target{}, err
	}
	object, government := sponsor.object(site)
	exempt := false
	if s.exempt != nil {
		if exempt, err = s.exempt(ctx, site.ID); err != nil {
			return engine.Target{}, err
		}
	}
	t := engine.Target{URL: s.address(site), Ledger: &check.Ledger{SiteName: site.Name, SiteDomain: site.Host, SiteCode: site.SiteCode, Sponsor: site.UnitName, ICPFiling: site.ICP,
		PoliceFiling: site.PoliceFiling, ChineseDomain: site.ChineseDomain, PartyGovMark: site.PartyGovMark,
		Object: object, Government: government, NoServices: exempt, Opened: site.LaunchedOn}, Hosted: site.Hosted}
	if !site.LaunchedOn.IsZero() {
		t.Ledger.PoliceBy = sx2021.PoliceFilingBy(site.LaunchedOn, s.set.Province())
	}
	if err := s.watching(ctx, site, &t); err != nil {
		return t, err
	}
	if site.Contact != "" {
		t.Ledger.OfficialPhones = []string{site.Contact}
	}
	if site.Hosted && s.columns != nil {
		cols, err := s.columns(ctx, site)
		t.Columns = cols
		return t, err
	}
	cols, err := s.registry.Columns(ctx, s.db, authz.System("inspection.run"), site.ID)
	for _, c := range cols {
		t.Columns = append(t.Columns, check.Column{Name: c.Name, Kind: check.ListingKind(c.Name, c.Type), Items: -1, CycleDays: c.CycleDays})
	}
	return t, err
}

// turnsOf lets a run over a site of which no list of pages is known read what earlier
// ones did not come to. A run of a few checks gives no page its turn.
func turnsOf(o *engine.Options, t engine.Target, turns engine.Turns) {
	if len(t.Listed) == 0 && len(o.Families) == 0 {
		o.Turns = turns
	}
}

// obey narrows the options to what a spec asks for.
func obey(o *engine.Options, sp Spec) {
	if sp.Pages > 0 {
		o.MaxPages = sp.Pages
	}
	o.MaxBytes, o.MaxTime = int64(sp.MB)<<20, time.Duration(sp.Minutes)*time.Minute
	o.Families, o.Focus = sp.Families, sp.Focus
	if !o.Reads() {
		o.Scanner = nil
	}
}

// without takes from the minutes of a run what it has spent before it was broken off.
func without(o *engine.Options, spent time.Duration) {
	if o.MaxTime > 0 {
		o.MaxTime = max(time.Second, o.MaxTime-spent)
	}
}

// sponsorOf is what of a sponsor decides what its site is held to.
type sponsorOf struct {
	kind     org.Kind
	national string // approval of a national zone
}

// object is what the checks know a site as. The rules of portals hold for the site
// of a development zone that has its national approval (Article 33), which shows
// no emblem for all that: the committee is no people's government.
func (p sponsorOf) object(site registry.Site) (o check.Object, government bool) {
	zone := p.kind == org.ZoneCommittee
	switch {
	case zone && p.national == "":
		return check.Zone, false
	case zone || site.Kind == registry.Portal:
		return check.Portal, !zone
	}
	return check.DepartmentSite, false
}
