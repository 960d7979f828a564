package annual

import (
	"context"
	"fmt"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
)

// firstYear is the first year of annual forms.
const firstYear = 2017

// lateDays is how long after the last day forms are still opened for a year: a
// house that begins in spring still asks for the year before.
const lateDays = 90

// dueOf is the day by which the forms of a year are public.
func (s *Service) dueOf(year int) calendar.Date {
	return calendar.Date{Year: year + 1, Month: 1, Day: s.Settings().AnnualFormDay}
}

// season is the year whose forms are being filled in on a day; ok is false
// outside the season.
func (s *Service) season(today calendar.Date) (year int, ok bool) {
	for _, y := range []int{today.Year, today.Year - 1} {
		due := s.dueOf(y)
		if !today.Before(due.AddDays(-s.Settings().AnnualFormDays)) && !today.After(due.AddDays(lateDays)) {
			return y, true
		}
	}
	return 0, false
}

// owed is a form that somebody owes.
type owed struct {
	kind         Kind
	object, name string
	unit         org.UnitID
	office       bool
	area         org.AreaID
	direct       bool
}

// owing are the forms of a year that nobody opened yet: of every site that ran at
// the end of the year, every unit with an account then and every supervisor.
const owing = `
	SELECT 'site', s.id, s.name, u.id, u.area_id, u.direct, CASE WHEN u.kind IN ('office', 'government') THEN TRUE ELSE FALSE END FROM site s JOIN unit u ON u.id = s.unit_id
	 WHERE s.state IN (` + live + `) AND u.abolished_on IS NULL AND (s.launched_on IS NULL OR s.launched_on <= $1)
	   AND NOT EXISTS (SELECT 1 FROM annual_form f WHERE f.kind = 'site' AND f.object_id = s.id AND f.year = $2)
	UNION ALL
	SELECT 'supervision', u.id, u.name, u.id, u.area_id, u.direct, CASE WHEN u.kind IN ('office', 'government') THEN TRUE ELSE FALSE END FROM unit u
	 WHERE u.abolished_on IS NULL AND u.level IN ('province', 'city', 'county')
	   AND (u.kind = 'office' OR EXISTS (SELECT 1 FROM post o WHERE o.unit_id = u.id AND o.role = 'supervisor' AND o.ended_at IS NULL))
	   AND NOT EXISTS (SELECT 1 FROM annual_form f WHERE f.kind = 'supervision' AND f.object_id = u.id AND f.year = $2)
	UNION ALL
	SELECT 'media', u.id, u.name, u.id, u.area_id, u.direct, CASE WHEN u.kind IN ('office', 'government') THEN TRUE ELSE FALSE END FROM unit u
	 WHERE u.abolished_on IS NULL AND EXISTS (SELECT 1 FROM account a WHERE a.unit_id = u.id AND a.state IN (` + live + `) AND (a.launched_on IS NULL OR a.launched_on <= $1))
	   AND NOT EXISTS (SELECT 1 FROM annual_form f WHERE f.kind = 'media' AND f.object_id = u.id AND f.year = $2)`

func scanOwed(r db.Scanner) (owed, error) {
	var o owed
	return o, r.Scan(&o.kind, &o.object, &o.name, &o.unit, &o.area, &o.direct, &o.office)
}

// batch bounds one transaction of opening.
const batch = 100

// OpenYear opens, in the season, the forms of the year that are owed, each with
// its obligation in the same transaction, and ends those of which the site is
// gone. It is done each day, so that whoever comes to owe one later gets it too.
func (s *Service) OpenYear(ctx context.Context) (int, error) {
	ctx = audit.System(ctx, "annual.open")
	today := calendar.DateOf(s.DB.Now())
	year, ok := s.season(today)
	if !ok {
		return 0, nil
	}
	if err := s.endGone(ctx, year); err != nil {
		return 0, err
	}
	list, err := db.All(ctx, s.DB, scanOwed, owing+` ORDER BY 1, 2`, yearEnd(year), year)
	if err != nil {
		return 0, err
	}
	reviewers := map[string]org.UnitID{}
	opened := 0
	for from := 0; from < len(list); from += batch {
		if err := s.DB.Update(ctx, func(tx *db.Tx) error {
			for _, o := range list[from:min(from+batch, len(list))] {
				f, err := s.open(ctx, tx, o, year, "open", reviewers)
				if err != nil {
					return err
				}
				if err := s.owe(ctx, tx, f); err != nil {
					return err
				}
				opened++
			}
			// Begun before the season by a person: it is owed from now on.
			return nil
		}); err != nil {
			return opened, err
		}
	}
	n, err := s.oweBegun(ctx, year)
	return opened + n, err
}

// open writes a form with no figure in it.
func (s *Service) open(ctx context.Context, tx *db.Tx, o owed, year int, act string, reviewers map[string]org.UnitID) (Form, error) {
	def, err := current(o.kind, year)
	if err != nil {
		return Form{}, err
	}
	key := fmt.Sprint(o.area, o.office, o.direct)
	to, ok := reviewers[key]
	if !ok {
		if to, err = s.reviewer(ctx, tx, o); err != nil {
			return Form{}, err
		}
		reviewers[key] = to
	}
	if to == "" || to == o.unit && !o.office {
		to = o.unit
	}
	f := Form{ID: FormID(ulid.Make().String()), Kind: o.kind, Year: year, Object: o.object, ObjectName: o.name, Unit: o.unit, Reviewer: to, Edition: 1, Definition: def.ID, Version: def.Version}
	if act == "open" {
		f.DueOn = s.dueOf(year)
	}
	if _, f.State, err = Machine.Take(ctx, tx, string(f.ID), act, passage.Note{}); err != nil {
		return f, err
	}
	return f, s.insert(ctx, tx, f, "annual."+act)
}

func (s *Service) insert(ctx context.Context, tx *db.Tx, f Form, act string) error {
	_, err := tx.Exec(ctx, `INSERT INTO annual_form (id, kind, year, object_id, object_name, unit_id, reviewer_id, edition, why, definition, version, state, due_on, opened_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		f.ID, f.Kind, f.Year, f.Object, f.ObjectName, f.Unit, f.Reviewer, f.Edition, f.Why, f.Definition, f.Version, f.State, f.DueOn, tx.Now())
	if _, dup := db.UniqueViolation(err); dup {
		return fault.New(fault.Conflict, "这份年度报表刚刚有人建好了，请刷新后再看。").From(err)
	}
	if err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: act, Basis: citation, Target: f.Target(), After: map[string]any{"kind": f.Kind, "year": f.Year, "edition": f.Edition}})
}

// owe opens the obligation of a form.
func (s *Service) owe(ctx context.Context, tx *db.Tx, f Form) error {
	return s.Obligations.Open(ctx, tx, obligation.Debt{Kind: FormKind.ID, Unit: f.Unit, Subject: f.subject(), Period: itoa(f.Year), Link: f.Link(), Due: calendar.Due{On: f.DueOn}, From: calendar.DateOf(tx.Now())})
}

// reviewer is the office a form goes to: the same level's for a department, the
// one above for an office and its government (readings 1); the province's own
// forms stay with it and are approved by another person.
func (s *Service) reviewer(ctx context.Context, q db.Querier, o owed) (org.UnitID, error) {
	u := org.Unit{Area: o.area, Direct: o.direct}
	if !o.office {
		office, err := s.Org.SameLevelOffice(ctx, q, u)
		if err == nil {
			return office.ID, nil
		}
		if !fault.Is(err, fault.NotFound) {
			return "", err
		}
	}
	office, ok, err := s.Org.SuperiorOffice(ctx, q, u)
	if err != nil || !ok {
		return "", err
	}
	return office.ID, nil
}

// oweBegun opens the obligations of forms that were begun before the season.
func (s *Service) oweBegun(ctx context.Context, year int) (int, error) {
	list, err := db.All(ctx, s.DB, scanForm, formSelect+formFrom+` WHERE f.year = $1 AND f.due_on IS NULL AND f.edition = 1 AND f.state IN ('draft', 'returned', 'submitted', 'approved') ORDER BY f.id`, year)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	return len(list), s.DB.Update(ctx, func(tx *db.Tx) error {
		for _, f := range list {
			f.DueOn = s.dueOf(year)
			if _, err := tx.Exec(ctx, `UPDATE annual_form SET due_on = $2 WHERE id = $1 AND due_on IS NULL`, f.ID, f.DueOn); err != nil {
				return err
			}
			if err := s.owe(ctx, tx, f); err != nil {
				return err
			}
			if err := audit.Record(ctx, tx, audit.Entry{Act: "annual.owe", Basis: citation, Target: f.Target(), After: f.DueOn}); err != nil {
				return err
			}
		}
		return nil
	})
}

// endGone ends the forms of sites that were closed or left supervision before
// the year was over: they owe none.
func (s *Service) endGone(ctx context.Context, year int) error {
	list, err := db.All(ctx, s.DB, scanForm, formSelect+formFrom+` JOIN site x ON x.id = f.object_id WHERE f.kind = 'site' AND f.year = $1 AND f.edition = 1 AND f.state IN ('draft', 'returned') AND x.state NOT IN (`+live+`)
		AND NOT EXISTS (SELECT 1 FROM passage p WHERE p.kind = 'site' AND p.object_id = x.id AND p.to_state IN ('closed', 'exited', 'struck') AND p.at >= $2) ORDER BY f.id`, year, yearEnd(year).End())
	if err != nil || len(list) == 0 {
		return err
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		for _, f := range list {
			const why = "网站在年末前已不在运行"
			_, to, err := Machine.Take(ctx, tx, string(f.ID), "end", passage.Note{Says: why})
			if err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `UPDATE annual_form SET state = $2 WHERE id = $1`, f.ID, to); err != nil {
				return err
			}
			if _, err := s.Obligations.Annul(ctx, tx, FormKind.ID, f.subject(), why); err != nil {
				return err
			}
			if err := audit.Record(ctx, tx, audit.Entry{Act: "annual.end", Basis: citation, Target: f.Target(), After: why}); err != nil {
				return err
			}
		}
		return nil
	})
}

// Begin opens the form of a site or unit by hand: before the season of a year
// that still runs, or for a year before. It is owed only in its season.
func (s *Service) Begin(ctx context.Context, scope authz.Scope, session *authz.Session, k Kind, object string, year int) (f Form, err error) {
	today := calendar.DateOf(s.DB.Now())
	var wrong fault.Fields
	wrong.Check(k.Name() != "", "kind", "请选择报表")
	wrong.Check(year >= firstYear && year <= today.Year, "year", fmt.Sprintf("年度请填 %d 至 %d 之间，还没有到的年度不能填报", firstYear, today.Year))
	if err := wrong.Err(); err != nil {
		return f, err
	}
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		o := owed{kind: k, object: object}
		unit := org.UnitID(object)
		if k == SiteForm {
			site, err := s.Registry.SiteTx(ctx, tx, scope, registry.SiteID(object))
			if err != nil {
				return err
			}
			if site.State == registry.Planned {
				return fault.New(fault.Refused, "网站还没有上线，没有年度报表。")
			}
			if !site.LaunchedOn.IsZero() && site.LaunchedOn.After(yearEnd(year)) {
				return fault.Newf(fault.Refused, "网站%s才上线，没有 %d 年的年度报表。", site.LaunchedOn.Chinese(), year).On("year", "请选择上线以后的年度")
			}
			o.name, unit = site.Name, site.Unit
		}
		u, err := s.Org.UnitTx(ctx, tx, scope, unit)
		if err != nil {
			return err
		}
		if k != SiteForm {
			o.name = u.Name
		}
		o.unit, o.area, o.direct, o.office = u.ID, u.Area, u.Direct, u.Kind == org.Office || u.Kind == org.Government
		if !session.MayAt(authz.AnnualFill, string(u.ID)) {
			return fault.New(fault.Refused, "年度报表由主办单位或主管单位自己填报，不能代填。")
		}
		if k == SupervisionForm && u.Kind != org.Office && !session.MayAt(authz.AnnualReview, string(u.ID)) {
			return fault.New(fault.Refused, "监管年度报表由主管单位填报，本单位没有监管职责。")
		}
		if f, err = s.open(ctx, tx, o, year, "begin", map[string]org.UnitID{}); err != nil {
			return err
		}
		return nil
	})
	return f, err
}
