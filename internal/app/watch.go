package app

import (
	"context"
	"errors"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"

	"zhengshu/internal/appearance"
	"zhengshu/internal/appraisal"
	"zhengshu/internal/assessment"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/duty"
	"zhengshu/internal/duty/dutyweb"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/lifecycle"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/vigil"
	"zhengshu/internal/vigil/vigilweb"
	"zhengshu/internal/web"
)

// Watch are the modules of those who watch: protected periods (readings 21) and
// the duty (Article 19(4)).
type Watch struct {
	Vigil *vigil.Service
	Duty  *duty.Service
}

// frozenMatters are the matters that a protected period holds back.
var frozenMatters = map[string]string{
	lifecycle.OfflineMatter: vigil.Offline, lifecycle.GoOfflineMatter: vigil.Offline,
	lifecycle.ClosureMatter: vigil.Closure, lifecycle.MergeMatter: vigil.Closure, lifecycle.DeregisterMatter: vigil.Closure,
	lifecycle.RedesignMatter: vigil.Redesign,
}

// wireVigil makes the protected periods; before the modules whose acts wait for
// their end.
func (h *House) wireVigil() {
	h.Vigil = vigil.New(vigil.Parts{DB: h.DB, Org: h.Org, Registry: h.Registry, Obligations: h.Obligations, Days: h.Days, Settings: h.Province.Settings})
}

// wireFreeze lets the protected periods speak where something waits for them.
func (h *House) wireFreeze() {
	h.Inspection.TighterFrom(h.Vigil.Factor)
	h.Inspection.AnswerWith(inspection.Desk{Org: h.Org, Obligations: h.Obligations, Days: h.Days})
	h.Appearance.OnFreeze(func(ctx context.Context, q db.Querier, site registry.Site) (appearance.Freeze, bool, error) {
		p, documents, ok, err := h.Vigil.Frozen(ctx, q, site.AreaPath(), registry.Ref{Kind: sx2021.Site, ID: string(site.ID)}, vigil.Theme)
		return appearance.Freeze{Name: p.Name, Until: p.Until, Consents: documents}, ok, err
	})
}

// wireDuty makes the duty; after inspection, which it listens to.
func (h *House) wireDuty() {
	h.Duty = duty.New(duty.Parts{DB: h.DB, Org: h.Org, Registry: h.Registry, Inspection: h.Inspection, Library: h.Library, Vigil: h.Vigil, Obligations: h.Obligations,
		Store: h.Blobs, Days: h.Days, Settings: h.Province.Settings, Log: h.Config.Log, CauseOf: h.causeOf, Origin: h.origin})
	// What a person saw a person looks at again.
	h.Inspection.RetestFrom("duty", func(_ context.Context, _ registry.Site, f inspection.Finding) (engine.Look, error) {
		return engine.Look{Outcome: engine.Unknown, Says: "这是值班人员巡检时发现的，不能自动复测；改正后由值班人员在次日巡检中确认。", Evidence: engine.Evidence{URL: f.URL, At: h.DB.Now()}}, nil
	})
}

// causeOf is what a site shares with others: when its name fails, its name servers; when
// no encryption comes about, a certificate that is at fault; else the platform it lives
// on or, when it does not open, the machine room that its hosting record names, or the
// provider where it names none. All but the platform as far as the same people are on
// duty for them.
func (h *House) causeOf(ctx context.Context, q db.Querier, site registry.Site, kind string) (duty.Cause, bool, error) {
	system := authz.System("duty.cause")
	c := duty.Cause{}
	var err error
	switch kind {
	case duty.DownByName, "host.dns":
		c, err = h.serversOf(ctx, q, site)
	case duty.DownBySecret, "host.certificate":
		var cert, to string
		if cert, to, err = h.Hosts.BadCertificate(ctx, q, system, site.ID); cert != "" {
			c = duty.Cause{Key: "certificate:" + cert, Name: "证书“" + to + "”", Of: "使用同一张证书（" + to + "）的"}
		}
	}
	if err != nil || c.Key != "" {
		return h.within(ctx, q, site, c, err)
	}
	shared := func(statement string) (duty.Cause, bool, error) {
		c, err := db.One(ctx, q, func(r db.Scanner) (duty.Cause, error) {
			var c duty.Cause
			err := r.Scan(&c.Key, &c.Name, &c.Unit)
			return c, err
		}, statement, site.ID)
		if db.None(err) {
			return c, false, nil
		}
		return c, err == nil, err
	}
	c, ok, err := shared(`SELECT 'platform:' || p.id, p.name, p.unit_id FROM site_platform x JOIN platform p ON p.id = x.platform_id WHERE x.site_id = $1 AND p.retired_on IS NULL`)
	family, _, _ := strings.Cut(kind, ".")
	if err != nil || ok || family != duty.Down && kind != "host.provider" {
		return c, ok, err
	}
	c, ok, err = shared(`SELECT 'hosting:' || provider || '/' || location, CASE WHEN location = '' THEN provider ELSE provider || '（' || location || '）' END, unit_id FROM hosting
		WHERE object_kind = 'site' AND object_id = $1 AND ended_on IS NULL AND provider <> '' ORDER BY created_at DESC, id DESC LIMIT 1`)
	if err != nil || !ok {
		return c, ok, err
	}
	return h.within(ctx, q, site, c, nil)
}

// within keeps a cause to the sites on the same people's duty.
func (h *House) within(ctx context.Context, q db.Querier, site registry.Site, c duty.Cause, err error) (duty.Cause, bool, error) {
	if err != nil {
		return c, false, err
	}
	if c.Unit, err = h.Duty.PointOf(ctx, q, site.Unit); err != nil {
		return c, false, err
	}
	c.Key += "/" + string(c.Unit)
	return c, true, nil
}

// serversOf are the name servers that the ledger has for the name of a site; where it
// has none, those of its zone, whichever they are.
func (h *House) serversOf(ctx context.Context, q db.Querier, site registry.Site) (duty.Cause, error) {
	english, chinese, err := h.Registry.MainDomains(ctx, q, authz.System("duty.cause"), site.ID)
	if err != nil {
		return duty.Cause{}, err
	}
	record := english
	if english.Host != site.Host && chinese.Host == site.Host {
		record = chinese
	}
	if len(record.NS) > 0 {
		var list []string
		for _, s := range record.NS {
			list = append(list, strings.ToLower(strings.TrimSuffix(s, ".")))
		}
		slices.Sort(list)
		all := strings.Join(slices.Compact(list), "、")
		return duty.Cause{Key: "servers:" + all, Name: "域名服务器 " + all, Of: "由域名服务器 " + all + " 解析的"}, nil
	}
	zone, err := publicsuffix.EffectiveTLDPlusOne(site.Host)
	if err != nil {
		return duty.Cause{}, nil //nolint:nilerr // a name of no zone stands alone
	}
	return duty.Cause{Key: "zone:" + zone, Name: "域名 " + zone, Of: "域名 " + zone + " 之下的"}, nil
}

// frozen is lifecycle's question.
func (h *House) frozen(ctx context.Context, q db.Querier, o registry.Object, matter string) error {
	act := frozenMatters[matter]
	if act == "" {
		return nil
	}
	u, err := h.Org.UnitTx(ctx, q, authz.System("vigil.frozen"), o.Unit)
	if err != nil {
		return err
	}
	return h.Vigil.MayAct(ctx, q, u.AreaPath, o.Ref, act)
}

// watchDoors are the screens of the watch.
func (h *House) watchDoors() []web.Route {
	return slices.Concat(vigilweb.New(h.Vigil, h.Registry).Routes(), dutyweb.New(h.Duty, h.Org, itemLink).Routes())
}

// watchObligations are its clocks.
func watchObligations() []obligation.Kind {
	return slices.Concat(vigil.Obligations(), duty.Obligations(), []obligation.Kind{inspection.DisputeKind})
}

// watchMachines are the states of what it keeps.
func watchMachines() []passage.Machine { return append(duty.Machines(), vigil.Machine) }

// watchCarriers are its part in reorganisations.
func watchCarriers() []org.Module {
	return []org.Module{vigil.Reorganise(), duty.Reorganise(), inspection.Reorganise()}
}

// evidenceUnder is what keeps the evidence of findings beyond its days while it is
// under way.
func evidenceUnder() []inspection.Under {
	return []inspection.Under{assessment.EvidenceUnder, appraisal.EvidenceUnder, duty.EvidenceUnder}
}

// sweepWatch does what has come due.
func (h *House) sweepWatch(ctx context.Context) error {
	_, err := h.Vigil.Sweep(ctx)
	_, also := h.Duty.Sweep(ctx)
	_, evidence := h.Inspection.SweepEvidence(ctx)
	return errors.Join(err, also, evidence)
}
