package registry

import (
	"context"
	"fmt"
	"slices"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
)

func isMissing(err error) bool { return fault.Is(err, fault.NotFound) }

// Entry is one record of a unit as it is confirmed once a year.
type Entry struct {
	Kind        string // site, account, domain
	ID          string
	Name        string
	Address     string
	StateName   string
	Link        string
	Gaps        []string
	ConfirmedOn calendar.Date
}

// Key names the entry in a form.
func (e Entry) Key() string { return e.Kind + ":" + e.ID }

// Confirmed reports whether the entry was confirmed in the year.
func (e Entry) Confirmed(year int) bool { return e.ConfirmedOn.Year == year }

// EntriesOf are the records a unit answers for: sites, accounts, apps and
// domains that have not ended.
func (s *Service) EntriesOf(ctx context.Context, q db.Querier, scope authz.Scope, unit org.UnitID) ([]Entry, error) {
	if _, err := s.org.UnitTx(ctx, q, scope, unit); err != nil {
		return nil, err
	}
	sites, err := db.All(ctx, q, scanSite, siteSelect+` WHERE s.unit_id = $1 AND s.state NOT IN ('exited', 'closed') ORDER BY s.name, s.id`, unit)
	if err != nil {
		return nil, err
	}
	var out []Entry
	for _, v := range sites {
		out = append(out, Entry{"site", string(v.ID), v.Name, v.Host, v.StateName(), v.Link(), v.Gaps(), v.ConfirmedOn})
	}
	accounts, err := db.All(ctx, q, scanAccount, accountSelect+` WHERE c.unit_id = $1 AND c.state NOT IN ('exited', 'closed') ORDER BY c.platform, c.name, c.id`, unit)
	if err != nil {
		return nil, err
	}
	for _, v := range accounts {
		out = append(out, Entry{"account", string(v.ID), Platforms[v.Platform] + " " + v.Name, v.URL, v.StateName(), v.Link(), v.Gaps(), v.ConfirmedOn})
	}
	domains, err := db.All(ctx, q, scanDomain, domainSelect+` WHERE d.unit_id = $1 AND d.state <> 'cancelled' ORDER BY d.host, d.id`, unit)
	for _, v := range domains {
		out = append(out, Entry{"domain", string(v.ID), v.Kind.Name() + " " + v.Shown, v.SiteName, v.StateName(), v.Link(), nil, v.ConfirmedOn})
	}
	return out, err
}

// RecertifyBy is the day of the year by which records are confirmed.
func (s *Service) RecertifyBy(year int) calendar.Date {
	v := s.settings()
	return calendar.Date{Year: year, Month: time.Month(v.RecertifyMonth), Day: v.RecertifyDay}
}

func recertifySubject(u org.Unit) obligation.Subject {
	return obligation.Subject{Kind: "unit", ID: string(u.ID), Name: u.Name}
}

// RecertifyLink is the page on which a unit confirms its records.
func RecertifyLink(unit org.UnitID) string { return "/console/recertify/" + string(unit) }

// MayRecertify reports whether the person confirms for the unit: those of the
// unit itself and the A and B managers of its accounts do; a supervisor who
// looks from above does not.
func (s *Service) MayRecertify(ctx context.Context, q db.Querier, session *authz.Session, unit org.UnitID) (bool, error) {
	if session == nil {
		return false, nil
	}
	if slices.ContainsFunc(session.Posts, func(p authz.Post) bool { return p.UnitID == string(unit) }) {
		return true, nil
	}
	n, err := db.One(ctx, q, db.Value[int], `SELECT count(*) FROM account WHERE unit_id = $1 AND (a_id = $2 OR b_id = $2)`, unit, session.PersonID)
	return n > 0, err
}

// Recertify confirms the named records of a unit as true today. When none is
// left that was not confirmed this year, the year's duty is discharged. It
// returns how many are still to be confirmed.
func (s *Service) Recertify(ctx context.Context, tx *db.Tx, session *authz.Session, scope authz.Scope, unit org.UnitID, keys []string) (left int, err error) {
	u, err := s.org.UnitTx(ctx, tx, scope, unit)
	if err != nil {
		return 0, err
	}
	may, err := s.MayRecertify(ctx, tx, session, unit)
	if err != nil {
		return 0, err
	}
	if !may {
		return 0, fault.Newf(fault.Forbidden, "台账由%s自己的人员核对确认，请联系该单位办理。", u.Name)
	}
	if len(keys) == 0 {
		return 0, fault.New(fault.Invalid, "没有勾选记录。").On("keys", "请至少勾选一条核对无误的记录")
	}
	entries, err := s.EntriesOf(ctx, tx, scope, unit)
	if err != nil {
		return 0, err
	}
	today := calendar.DateOf(tx.Now())
	tables := map[string]string{"site": "site", "account": "account", "domain": "domain"}
	var done []string
	for i := range entries {
		e := &entries[i]
		if !slices.Contains(keys, e.Key()) || e.ConfirmedOn == today {
			continue
		}
		// updated_at stays: a confirmation changes nothing that another form shows.
		if _, err := tx.Exec(ctx, `UPDATE `+tables[e.Kind]+` SET confirmed_on = $2 WHERE id = $1`, e.ID, today); err != nil {
			return 0, err
		}
		if err := s.keep(ctx, tx, e.Kind, e.ID, Why{Says: "年度核对：记录属实"}, pair{"confirmed_on", dateOr(e.ConfirmedOn), today.String()}); err != nil {
			return 0, err
		}
		e.ConfirmedOn = today
		done = append(done, e.Name)
	}
	for _, e := range entries {
		if !e.Confirmed(today.Year) {
			left++
		}
	}
	if len(done) > 0 {
		if err := audit.Record(ctx, tx, audit.Entry{Act: "registry.recertify", Basis: "第十条", Target: audit.Target{Kind: "unit", ID: string(unit), Name: u.Name, Unit: string(unit)},
			After: map[string]any{"confirmed": done, "left": left}}); err != nil {
			return 0, err
		}
	}
	if left == 0 && s.clocks != nil {
		_, err = s.clocks.Discharge(ctx, tx, Recertification.ID, recertifySubject(u), fmt.Sprintf("%s 核对确认 %d 条记录，确认人：%s。", today, len(entries), session.Name))
	}
	return left, err
}

// OpenRecertification opens the year's duty for every unit that has records,
// from RecertifyDays before the day until the day itself; a unit that entered
// its first record later begins next year. Idempotent; it returns how many it
// opened.
func (s *Service) OpenRecertification(ctx context.Context) (int, error) {
	if s.clocks == nil {
		return 0, nil
	}
	today := calendar.DateOf(s.db.Now())
	due := s.RecertifyBy(today.Year)
	if today.Before(due.AddDays(-s.settings().RecertifyDays)) || today.After(due) {
		return 0, nil
	}
	// Once a day in a process: what the day brings is opened tomorrow.
	s.mu.Lock()
	seen := s.recertified
	s.mu.Unlock()
	if seen == today {
		return 0, nil
	}
	ctx = audit.System(ctx, "registry.recertification")
	period := fmt.Sprint(today.Year)
	total := 0
	for {
		n := 0
		err := s.db.Update(ctx, func(tx *db.Tx) error {
			n = 0
			type row struct {
				id   org.UnitID
				name string
			}
			units, err := db.All(ctx, tx, func(r db.Scanner) (row, error) {
				var v row
				err := r.Scan(&v.id, &v.name)
				return v, err
			}, `SELECT u.id, u.name FROM unit u
			     WHERE u.abolished_on IS NULL
			       AND (EXISTS (SELECT 1 FROM site s WHERE s.unit_id = u.id AND s.state NOT IN ('exited', 'closed') AND (s.confirmed_on IS NULL OR s.confirmed_on < $2))
			         OR EXISTS (SELECT 1 FROM account c WHERE c.unit_id = u.id AND c.state NOT IN ('exited', 'closed') AND (c.confirmed_on IS NULL OR c.confirmed_on < $2))
			         OR EXISTS (SELECT 1 FROM domain d WHERE d.unit_id = u.id AND d.state <> 'cancelled' AND (d.confirmed_on IS NULL OR d.confirmed_on < $2)))
			       AND NOT EXISTS (SELECT 1 FROM obligation o WHERE o.subject_kind = 'unit' AND o.subject_id = u.id AND o.kind = 'recertification' AND o.period_key = $1)
			     ORDER BY u.id LIMIT 300`, period, calendar.Date{Year: today.Year, Month: 1, Day: 1})
			if err != nil {
				return err
			}
			for _, u := range units {
				if err := s.clocks.Open(ctx, tx, obligation.Debt{Kind: Recertification.ID, Unit: u.id, Subject: obligation.Subject{Kind: "unit", ID: string(u.id), Name: u.name},
					Period: period, Link: RecertifyLink(u.id), Due: calendar.Due{On: due}}); err != nil {
					return err
				}
				n++
			}
			return nil
		})
		total += n
		if err != nil {
			return total, err
		}
		if n == 0 {
			break
		}
	}
	s.mu.Lock()
	s.recertified = today
	s.mu.Unlock()
	return total, nil
}
