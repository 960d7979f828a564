package lifecycle

import (
	"context"
	"fmt"

	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/filing"
	"zhengshu/internal/notice"
	"zhengshu/internal/obligation"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// formerItems were rows of the launch checklist before registrations with
// outside bodies were filing's.
var formerItems = map[ItemKind]filing.Kind{
	"chinese_domain": filing.ChineseDomain, "mark": filing.Mark, "icp": filing.ICP, "police_filing": filing.PoliceFiling,
}

// CarryOver takes what earlier versions kept of openings into the modules that
// own it now: registrations of the checklist become filings, notices of opening
// become notices that are watched, each with its clock. At start; idempotent.
func (s *Service) CarryOver(ctx context.Context) (int, error) {
	ctx = audit.System(ctx, "lifecycle.carry")
	sites, err := db.All(ctx, s.db, db.Value[string], `
		SELECT object_id FROM opening_item WHERE object_kind = 'site' AND kind IN ('chinese_domain', 'mark', 'icp', 'police_filing')
		UNION SELECT site_id FROM launch_notice WHERE carried_at IS NULL
		UNION SELECT subject_id FROM obligation WHERE kind IN ('launch_notice', 'police_filing') AND subject_kind = 'site' AND state = 'open'
		ORDER BY 1`)
	if err != nil {
		return 0, err
	}
	for _, id := range sites {
		if err := s.db.Update(ctx, func(tx *db.Tx) error { return s.carryOver(ctx, tx, registry.Ref{Kind: sx2021.Site, ID: id}) }); err != nil {
			return 0, fmt.Errorf("lifecycle: carry over site %s: %w", id, err)
		}
	}
	return len(sites), nil
}

func (s *Service) carryOver(ctx context.Context, tx *db.Tx, ref registry.Ref) error {
	o, err := s.registry.Object(ctx, tx, authz.System("lifecycle.carry"), ref)
	if err != nil {
		return err
	}
	if err := s.carryItems(ctx, tx, o); err != nil {
		return err
	}
	return s.carryNotice(ctx, tx, o)
}

// formerClock is a clock that an earlier version ran on the site itself.
type formerClock struct {
	state    string
	due      calendar.Due
	evidence string
}

func (s *Service) formerClock(ctx context.Context, q db.Querier, kind string, ref registry.Ref) (formerClock, error) {
	c, err := db.One(ctx, q, func(r db.Scanner) (formerClock, error) {
		var c formerClock
		err := r.Scan(&c.state, &c.due.On, &c.due.Provisional, &c.evidence)
		return c, err
	}, `SELECT state, due_on, provisional, evidence FROM obligation WHERE kind = $1 AND subject_kind = 'site' AND subject_id = $2 ORDER BY opened_at DESC, id DESC LIMIT 1`, kind, ref.ID)
	if db.None(err) {
		return formerClock{}, nil
	}
	return c, err
}

// carryItems makes filings of what was registered, and of what still has to be:
// everything before the launch, after it the police filing alone.
func (s *Service) carryItems(ctx context.Context, tx *db.Tx, o registry.Object) error {
	clock, err := s.formerClock(ctx, tx, filing.PoliceClock.ID, o.Ref)
	if err != nil {
		return err
	}
	list, err := s.items(ctx, tx, o.Ref)
	if err != nil {
		return err
	}
	former := map[filing.Kind]LaunchItem{}
	for _, i := range list {
		if k, ok := formerItems[i.Kind]; ok {
			former[k] = i
		}
	}
	if len(former) == 0 && clock.state != obligation.Open {
		return nil
	}
	plannedBy := calendar.Due{On: calendar.DateOf(tx.Now()).AddDays(s.settings().CancelDays)}
	if c, err := s.approvals.CaseTx(ctx, tx, authz.System("lifecycle.carry"), approval.CaseID(o.CaseID)); err == nil && !c.EndedAt.IsZero() {
		plannedBy = calendar.Due{On: sx2021.LaunchBy(calendar.DateOf(c.EndedAt))}
	}
	if _, err := s.obligations.Annul(ctx, tx, filing.PoliceClock.ID, subjectOf(o), "转入注册和备案事项"); err != nil {
		return err
	}
	for _, k := range []filing.Kind{filing.ChineseDomain, filing.Mark, filing.EnglishDomain, filing.ICP, filing.PoliceFiling} {
		i := former[k]
		item := filing.Item{Object: o, Kind: k, Act: filing.Register, Case: approval.CaseID(o.CaseID), Due: plannedBy}
		owed := o.State == registry.Planned && k != filing.PoliceFiling
		if k == filing.PoliceFiling && clock.state == obligation.Open {
			owed, item.Due = true, clock.due
		}
		// A Chinese domain that the application only named was not registered.
		if i.Done() && i.Value != "" && i.DoneBy != "开设申请" {
			owed = true
			item.Number, item.On, item.RecordedBy, item.RecordedAt = i.Value, i.On, i.DoneBy, i.DoneAt
		}
		if !owed {
			continue
		}
		if err := s.filings.Carry(ctx, tx, item); err != nil {
			return err
		}
	}
	for k := range formerItems {
		if _, err := tx.Exec(ctx, `DELETE FROM opening_item WHERE object_kind = $1 AND object_id = $2 AND kind = $3`, o.Kind, o.ID, k); err != nil {
			return err
		}
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "lifecycle.launch.carry", Target: o.Target(), Before: former})
}

// carryNotice makes a notice of what was recorded of the opening, unless none
// was owed.
func (s *Service) carryNotice(ctx context.Context, tx *db.Tx, o registry.Object) error {
	clock, err := s.formerClock(ctx, tx, notice.LaunchNotice.ID, o.Ref)
	if err != nil {
		return err
	}
	places, err := db.All(ctx, tx, func(r db.Scanner) (notice.Carried, error) {
		var c notice.Carried
		err := r.Scan(&c.Place, &c.URL, &c.First, &c.By, &c.At)
		return c, err
	}, `SELECT place, url, first_on, recorded_by, recorded_at FROM launch_notice WHERE site_id = $1 AND carried_at IS NULL ORDER BY place`, o.ID)
	if err != nil || clock.state != obligation.Open && len(places) == 0 {
		return err
	}
	d, err := s.noticed(ctx, tx, o)
	if err != nil {
		return err
	}
	d.Kind, d.Case, d.By = sx2021.OpeningNotice, approval.CaseID(o.CaseID), o.LaunchedOn
	done := ""
	if clock.state == obligation.Discharged {
		done = clock.evidence
	}
	if _, err := s.obligations.Annul(ctx, tx, notice.LaunchNotice.ID, subjectOf(o), "转入公告悬挂"); err != nil {
		return err
	}
	if err := s.notices.Carry(ctx, tx, d, places, done); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE launch_notice SET carried_at = $2 WHERE site_id = $1`, o.ID, tx.Now())
	return err
}
