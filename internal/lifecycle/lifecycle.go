package lifecycle

import (
	"context"
	"slices"

	"zhengshu/internal/approval"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/closing"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/filing"
	"zhengshu/internal/notice"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules"
	"zhengshu/internal/rules/sx2021"
)

// The clocks around the launch. Reminders are the house's choice, the periods
// are not: they stand in sx2021.
var (
	LaunchObligation = obligation.Kind{
		ID: "launch", Name: "正式上线", Clause: "S7.4a", Citation: sx2021.LaunchInOneYear.Citation,
		Says: "最迟1年内上线正式运行", Remind: []int{90, 30, 7, 0}, Escalate: 1,
	}
)

// Obligations are the clocks this package opens.
func Obligations() []obligation.Kind {
	return []obligation.Kind{LaunchObligation, OfflineEnd, EmergencyReport, ExitChanges, ClosureSteps}
}

// Service is the door of lifecycle.
type Service struct {
	db          *db.DB
	org         *org.Service
	registry    *registry.Service
	approvals   *approval.Service
	obligations *obligation.Service
	store       blob.Store
	book        rules.Book
	days        calendar.Workdays
	settings    func() sx2021.Settings
	notices     *notice.Service
	filings     *filing.Service
	closings    *closing.Service
	frozen      func(ctx context.Context, q db.Querier, object registry.Object, matter string) error
	matters     []Matter
}

// Parts are what the service stands on.
type Parts struct {
	DB          *db.DB
	Org         *org.Service
	Registry    *registry.Service
	Approvals   *approval.Service
	Obligations *obligation.Service
	Store       blob.Store
	Book        rules.Book
	Days        calendar.Workdays
	Notices     *notice.Service
	Filings     *filing.Service
	Closings    *closing.Service
	// Settings are the province's, asked at each use: a person may change them
	// while the house stands.
	Settings func() sx2021.Settings
	// Frozen refuses a matter on an object while a protected period runs at its
	// place; nil for none (readings 21).
	Frozen func(ctx context.Context, q db.Querier, object registry.Object, matter string) error
}

// New makes the service and registers with approval, for every declared matter
// that climbs, what it looks like and what its approval brings about.
func New(p Parts) *Service {
	s := &Service{db: p.DB, org: p.Org, registry: p.Registry, approvals: p.Approvals, obligations: p.Obligations,
		store: p.Store, book: p.Book, days: p.Days, settings: p.Settings, notices: p.Notices, filings: p.Filings, closings: p.Closings, frozen: p.Frozen}
	s.matters = slices.Concat(openingMatters(), changeMatters(), offlineMatters(), endingMatters(), domainMatters())
	for _, m := range s.matters {
		if m.Way != AtOnce {
			p.Approvals.OnApproved(m.ID, s.decided)
			p.Approvals.OnShown(m.ID, s.present)
			p.Approvals.NameKind(m.ID, m.Name+"申请")
		}
	}
	return s
}

// lawUnit is the unit as the articles see it. The kinds and levels of org and
// of the instrument are the same words.
func (s *Service) lawUnit(ctx context.Context, q db.Querier, u org.Unit) (sx2021.Unit, error) {
	out := sx2021.Unit{Kind: sx2021.Kind(u.Kind), Level: sx2021.Level(u.Level), Direct: u.Direct, NationalZoneApproval: u.NationalApproval != ""}
	if u.Parent == "" {
		return out, nil
	}
	p, err := s.org.UnitTx(ctx, q, authz.System("lifecycle.parent"), u.Parent)
	out.Parent = sx2021.Kind(p.Kind)
	return out, err
}

// sameHolder are the units whose sites count as one unit's: a government and
// its office are one holder (Article 6: the office acts for the government), and
// so are, where an area has no people's government, the committee that governs
// it and its office (Yangling). Everybody else stands alone.
func (s *Service) sameHolder(ctx context.Context, q db.Querier, u org.Unit) ([]org.UnitID, error) {
	governing := []org.Kind{org.Government, org.Office}
	n, err := db.One(ctx, q, db.Value[int], `SELECT count(*) FROM unit WHERE area_id = $1 AND kind = 'government' AND abolished_on IS NULL`, u.Area)
	if err != nil {
		return nil, err
	}
	if n == 0 {
		governing = append(governing, org.Committee, org.ZoneCommittee)
	}
	if !slices.Contains(governing, u.Kind) || u.Parent != "" {
		return []org.UnitID{u.ID}, nil
	}
	var out []org.UnitID
	for _, k := range governing {
		some, err := db.All(ctx, q, db.Value[org.UnitID], `
			SELECT id FROM unit WHERE area_id = $1 AND kind = $2 AND parent_id IS NULL AND abolished_on IS NULL ORDER BY id`, u.Area, k)
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
	}
	return out, nil
}

// heldSites counts the sites the holder has running or being opened.
func (s *Service) heldSites(ctx context.Context, q db.Querier, holder []org.UnitID) (int, error) {
	total := 0
	for _, id := range holder {
		n, err := s.registry.CountRunning(ctx, q, authz.System("lifecycle.quota"), id)
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

// rootOf is the unit an internal body belongs to, whose quota it uses
// (readings 9); anybody else is its own.
func (s *Service) rootOf(ctx context.Context, q db.Querier, u org.Unit) (org.Unit, error) {
	for n := 0; u.Kind == org.Internal && u.Parent != "" && n < 8; n++ {
		var err error
		if u, err = s.org.UnitTx(ctx, q, authz.System("lifecycle.root"), u.Parent); err != nil {
			return u, err
		}
	}
	return u, nil
}

// accountUnits are the holder's units and the internal bodies below them: their
// accounts count as one unit's.
func (s *Service) accountUnits(ctx context.Context, q db.Querier, holder []org.UnitID) ([]org.UnitID, error) {
	out := slices.Clone(holder)
	for i := 0; i < len(out) && i < 200; i++ {
		below, err := db.All(ctx, q, db.Value[org.UnitID], `SELECT id FROM unit WHERE parent_id = $1 AND kind = 'internal' AND abolished_on IS NULL ORDER BY id`, out[i])
		if err != nil {
			return nil, err
		}
		for _, id := range below {
			if !slices.Contains(out, id) {
				out = append(out, id)
			}
		}
	}
	return out, nil
}

// heldAccount is one account or app that counts.
type heldAccount struct {
	id, name, platform string
	kind               sx2021.ObjectKind
	state              string
}

// heldAccounts are the accounts and apps of the units that run or are being
// opened, without the one named.
func (s *Service) heldAccounts(ctx context.Context, q db.Querier, units []org.UnitID, but string) ([]heldAccount, error) {
	var out []heldAccount
	for _, id := range units {
		some, err := db.All(ctx, q, func(r db.Scanner) (heldAccount, error) {
			var h heldAccount
			err := r.Scan(&h.id, &h.name, &h.platform, &h.kind, &h.state)
			return h, err
		}, `SELECT id, name, platform, kind, state FROM account WHERE unit_id = $1 AND state NOT IN ('exited', 'closed') AND id <> $2 ORDER BY name, id`, id, but)
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
	}
	return out, nil
}

// applyingUnit is who submits: the body that set the unit up where Chain says
// so, a government's office for the government, else the unit itself.
func (s *Service) applyingUnit(ctx context.Context, q db.Querier, u org.Unit, chain []sx2021.Step) (org.Unit, error) {
	i := slices.IndexFunc(chain, func(st sx2021.Step) bool { return st.Act == sx2021.Apply })
	if i < 0 {
		return u, nil
	}
	switch chain[i].Body {
	case sx2021.TheParent:
		return s.org.UnitTx(ctx, q, authz.System("lifecycle.parent"), u.Parent)
	case sx2021.TheOffice:
		if u.Kind == org.Government {
			return s.org.SameLevelOffice(ctx, q, u)
		}
	}
	return u, nil
}

// steps are the offices of the chain, from the first review to the province's
// approval (Article 7(2)). asks is what the office outside gives beside its
// document.
func (s *Service) steps(ctx context.Context, q db.Querier, u org.Unit, chain []sx2021.Step, asks string) ([]approval.Step, error) {
	above, err := s.areasUp(ctx, q, u.Area)
	if err != nil {
		return nil, err
	}
	var out []approval.Step
	for _, st := range chain {
		if st.Act == sx2021.StateApprove && len(out) > 0 {
			last := out[len(out)-1] // the provincial office records what was decided outside
			out = append(out, approval.Step{Kind: approval.External, Unit: last.Unit, UnitName: last.UnitName, Name: st.Name(), Body: "国务院办公厅", Asks: asks})
			continue
		}
		if st.Act != sx2021.Review && st.Act != sx2021.Approve {
			continue
		}
		i := slices.IndexFunc(above, func(a org.Area) bool { return string(a.Level) == string(st.Level) })
		if i < 0 {
			if st.Act == sx2021.Review {
				continue // the county lies directly under the province
			}
			return nil, fault.New(fault.Refused, "省级区划没有登记，无法计算审批流程，请系统管理员先导入区划。")
		}
		office, err := s.org.SameLevelOffice(ctx, q, org.Unit{Area: above[i].ID})
		if fault.Is(err, fault.NotFound) {
			if st.Act == sx2021.Review && !governed(ctx, q, above[i].ID) {
				continue // a grouping of the statistics code, with no government of its own
			}
			return nil, fault.Newf(fault.Refused, "%s还没有登记政府办公厅（室），无法逐级审核；请上级在单位管理中补登记。", above[i].Name)
		}
		if err != nil {
			return nil, err
		}
		kind, does := approval.Review, "审核"
		if st.Act == sx2021.Approve {
			kind, does = approval.Approve, "批准"
		}
		out = append(out, approval.Step{Kind: kind, Unit: office.ID, UnitName: office.Name, Name: office.Name + does})
	}
	return out, nil
}

func governed(ctx context.Context, q db.Querier, area org.AreaID) bool {
	n, err := db.One(ctx, q, db.Value[int], `SELECT count(*) FROM unit WHERE area_id = $1 AND abolished_on IS NULL`, area)
	return err != nil || n > 0 // in doubt no level is passed over
}

// areasUp are the area and those above it, nearest first.
func (s *Service) areasUp(ctx context.Context, q db.Querier, id org.AreaID) ([]org.Area, error) {
	var out []org.Area
	for id != "" && len(out) < 8 {
		a, err := s.org.Area(ctx, q, id)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
		id = a.Parent
	}
	return out, nil
}

// today is the legal day of the database's clock.
func (s *Service) today() calendar.Date { return calendar.DateOf(s.db.Now()) }
