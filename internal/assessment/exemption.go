package assessment

import (
	"context"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
)

// Exemption records that a site has no outward services (没有对外服务职能): who
// said so, when, on what basis, and for which days.
type Exemption struct {
	ID        string
	Site      registry.SiteID
	From      calendar.Date
	Until     calendar.Date // the last day; zero while it holds
	Basis     string
	By        string
	UnitName  string
	At        time.Time
	EndedBy   string
	EndedSays string
	EndedAt   time.Time
}

const exemptionSelect = `SELECT e.id, e.site_id, e.from_on, e.until_on, e.basis, e.person_name, e.unit_name, e.at, e.ended_name, e.ended_says, e.ended_at FROM service_exemption e`

func scanExemption(r db.Scanner) (Exemption, error) {
	var e Exemption
	err := r.Scan(&e.ID, &e.Site, &e.From, &e.Until, &e.Basis, &e.By, &e.UnitName, &e.At, &e.EndedBy, &e.EndedSays, &e.EndedAt)
	return e, err
}

// exemptions are those that hold on the day, as known then.
func (s *Service) exemptions(ctx context.Context, q db.Querier, on calendar.Date, known time.Time) (map[registry.SiteID]Exemption, error) {
	list, err := db.All(ctx, q, scanExemption, exemptionSelect+` WHERE e.from_on <= $1 AND e.at < $2 AND (e.until_on IS NULL OR e.until_on >= $1 OR e.ended_at >= $2) ORDER BY e.from_on, e.id`, on, known)
	out := make(map[registry.SiteID]Exemption, len(list))
	for _, e := range list {
		out[e.Site] = e
	}
	return out, err
}

// exempt reports whether a site has an exemption today: the checks ask no services
// of it either.
func (s *Service) exempt(ctx context.Context, site registry.SiteID) (bool, error) {
	n, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM service_exemption WHERE site_id = $1 AND from_on <= $2 AND (until_on IS NULL OR until_on >= $2)`, site, s.today())
	return n > 0, err
}

// Exemptions are the records of a site in scope, the newest first.
func (s *Service) Exemptions(ctx context.Context, scope authz.Scope, site registry.SiteID) ([]Exemption, error) {
	if _, err := s.registry.Site(ctx, scope, site); err != nil {
		return nil, err
	}
	return db.All(ctx, s.db, scanExemption, exemptionSelect+` WHERE e.site_id = $1 ORDER BY e.from_on DESC, e.id DESC`, site)
}

// Exempt records that a site in scope has no outward services from a day on.
// Its supervisor says so, never the sponsor itself.
func (s *Service) Exempt(ctx context.Context, scope authz.Scope, site registry.SiteID, from calendar.Date, basis string) (e Exemption, err error) {
	basis = strings.TrimSpace(basis)
	today := s.today()
	var wrong fault.Fields
	wrong.Check(len([]rune(basis)) >= 4 && len([]rune(basis)) <= 500, "basis", "没有写明认定依据，请填写“三定”规定、文件名称和文号或理由（4至500字）")
	wrong.Check(!from.IsZero() && !from.After(today), "from", "起始日期没有填写或晚于今天，请重新填写")
	wrong.Check(from.IsZero() || !from.Before(today.AddYears(-1)), "from", "起始日期不能早于一年前，请重新填写")
	if err := wrong.Err(); err != nil {
		return e, err
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		actor, ok := audit.ActorFrom(ctx)
		if !ok {
			return audit.ErrNoActor
		}
		st, err := s.registry.SiteTx(ctx, tx, scope, site)
		if err != nil {
			return err
		}
		if actor.Unit == string(st.Unit) {
			return fault.New(fault.Refused, "有没有对外服务职能由主管单位认定，主办单位不能为自己认定；请报上级主管单位。")
		}
		unit := ""
		if actor.Unit != "" {
			if u, err := s.org.UnitTx(ctx, tx, systemScope(), org.UnitID(actor.Unit)); err == nil {
				unit = u.Name
			}
		}
		person := ""
		if actor.Kind == "person" {
			person = actor.ID
		}
		e = Exemption{ID: ulid.Make().String(), Site: site, From: from, Basis: basis, By: actor.Name, UnitName: unit, At: tx.Now()}
		_, err = tx.Exec(ctx, `INSERT INTO service_exemption (id, site_id, from_on, basis, person_id, person_name, unit_name, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			e.ID, e.Site, e.From, e.Basis, db.Null(person), e.By, e.UnitName, e.At)
		if _, dup := db.UniqueViolation(err); dup {
			return fault.New(fault.Conflict, "已经认定这个网站没有对外服务职能，不需要重复认定；请刷新后查看。").From(err)
		}
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "assessment.exempt", Basis: "国办秘函〔2019〕19号", Target: st.Target(), After: map[string]string{"from": from.String(), "basis": basis}})
	})
	return e, err
}

// EndExemption ends the record that holds for a site in scope: from today on the
// services are checked again.
func (s *Service) EndExemption(ctx context.Context, scope authz.Scope, site registry.SiteID, says string) error {
	says = strings.TrimSpace(says)
	if n := len([]rune(says)); n < 4 || n > 500 {
		return fault.New(fault.Invalid, "没有写明终止理由，请填写（4至500字）。").On("says", "没有写明终止理由，请填写（4至500字）")
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		actor, ok := audit.ActorFrom(ctx)
		if !ok {
			return audit.ErrNoActor
		}
		st, err := s.registry.SiteTx(ctx, tx, scope, site)
		if err != nil {
			return err
		}
		if actor.Unit == string(st.Unit) {
			return fault.New(fault.Refused, "有没有对外服务职能由主管单位认定，主办单位不能为自己变更；请报上级主管单位。")
		}
		// What began today has judged nobody: its last day is the day before.
		n, err := tx.Exec(ctx, `UPDATE service_exemption SET until_on = $2, ended_name = $3, ended_says = $4, ended_at = $5 WHERE site_id = $1 AND until_on IS NULL`,
			site, calendar.DateOf(tx.Now()).AddDays(-1), actor.Name, says, tx.Now())
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "这个网站现在没有免检认定，可能已被终止；请刷新后查看。")
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "assessment.exempt.end", Basis: "国办秘函〔2019〕19号", Target: st.Target(), After: says})
	})
}
