package security

import (
	"cmp"
	"context"
	"slices"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
)

// debtors are who owes the year's check. Each 网信 body owes that of its area and
// all below it. Article 23(1) wants every site of the province checked and says
// nothing of a place without a 网信 body: the nearest above bears it, and where
// none stands above either, the office of the topmost government owes that one is
// named (house's reading, docs/law/readings.md 13).
func (s *Service) debtors(ctx context.Context, q db.Querier) ([]obligation.Debtor, error) {
	bodies, err := db.All(ctx, q, func(r db.Scanner) (obligation.Debtor, error) {
		d := obligation.Debtor{Link: "/console/security"}
		err := r.Scan(&d.Unit, &d.Name)
		return d, err
	}, `SELECT DISTINCT u.id, u.name FROM post o JOIN unit u ON u.id = o.unit_id WHERE o.role = 'cyberspace' AND o.ended_at IS NULL AND u.abolished_on IS NULL ORDER BY u.id`)
	if err != nil {
		return nil, err
	}
	tops, err := s.Org.Areas(ctx, authz.System("security.debtors"), "")
	if err != nil {
		return nil, err
	}
	for _, a := range tops {
		office, err := s.Org.SameLevelOffice(ctx, q, org.Unit{Area: a.ID})
		if fault.Is(err, fault.NotFound) {
			continue // an area that is still being filled
		}
		if err != nil {
			return nil, err
		}
		_, borne, err := s.Org.Nearest(ctx, q, office, authz.Cyberspace)
		if err != nil {
			return nil, err
		}
		done, err := db.One(ctx, q, db.Value[bool], `SELECT EXISTS (SELECT 1 FROM security_plan WHERE area_id = $1 AND year = $2 AND state = 'finished')`, a.ID, calendar.DateOf(s.DB.Now()).Year)
		if err != nil {
			return nil, err
		}
		if !borne && !done {
			bodies = append(bodies, obligation.Debtor{Unit: office.ID, Name: office.Name, Link: "/console/security", Subject: unborne(a)})
		}
	}
	return bodies, nil
}

// unborne is what an office owes in the place of a 网信 body.
func unborne(a org.Area) obligation.Subject {
	return obligation.Subject{Kind: "area", ID: string(a.ID), Name: a.Name + "登记网信部门并组织年度安全检查"}
}

// HandOn ends what an office owes in the place of a 网信 body once there is one,
// which owes the year from then on. It returns how many offices it relieved.
func (s *Service) HandOn(ctx context.Context) (int, error) {
	ctx = audit.System(ctx, "security.hand_on")
	tops, err := s.Org.Areas(ctx, authz.System("security.hand_on"), "")
	if err != nil {
		return 0, err
	}
	n := 0
	for _, a := range tops {
		body, ok, err := s.Org.Nearest(ctx, s.DB, org.Unit{AreaPath: a.Path}, authz.Cyberspace)
		if err != nil {
			return n, err
		}
		if !ok {
			continue
		}
		owed, err := s.Obligations.Count(ctx, authz.System("security.hand_on"), obligation.Filter{Kind: YearKind.ID, Subject: unborne(a)})
		if err != nil {
			return n, err
		}
		if owed == 0 {
			continue
		}
		if err := s.DB.Update(ctx, func(tx *db.Tx) error {
			_, err := s.Obligations.Annul(ctx, tx, YearKind.ID, unborne(a), "已登记网信部门，年度安全检查由"+body.Name+"承担")
			return err
		}); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// Bearing is who bears the year's check of an area that has no 网信 body.
type Bearing struct {
	AreaName string
	Body     org.Unit // the 网信 body above; without one the office of the topmost government
	Absent   bool     // there is no 网信 body above either
}

// Bearings are the areas of the person's posts that have no 网信 body of their
// own, with who bears the year's check there.
func (s *Service) Bearings(ctx context.Context, session *authz.Session) ([]Bearing, error) {
	var out []Bearing
	var seen []org.AreaID
	for _, p := range session.Posts {
		if !session.MayAt(authz.SecurityRead, p.UnitID) {
			continue
		}
		u, err := s.Org.UnitTx(ctx, s.DB, authz.System("security.bearings"), org.UnitID(p.UnitID))
		if err != nil {
			return nil, err
		}
		if slices.Contains(seen, u.Area) {
			continue
		}
		seen = append(seen, u.Area)
		body, ok, err := s.Org.Nearest(ctx, s.DB, u, authz.Cyberspace)
		switch {
		case err != nil:
			return nil, err
		case ok && body.Area == u.Area:
			continue
		case !ok:
			if body, err = s.topOffice(ctx, u); err != nil && !fault.Is(err, fault.NotFound) {
				return nil, err
			}
		}
		out = append(out, Bearing{AreaName: u.AreaName, Body: body, Absent: !ok})
	}
	slices.SortFunc(out, func(a, b Bearing) int { return cmp.Compare(a.AreaName, b.AreaName) })
	return out, nil
}

// topOffice is the office of the topmost government over a unit.
func (s *Service) topOffice(ctx context.Context, u org.Unit) (org.Unit, error) {
	for a := u.Area; ; {
		x, err := s.Org.Area(ctx, s.DB, a)
		if err != nil {
			return org.Unit{}, err
		}
		if x.Parent == "" {
			return s.Org.SameLevelOffice(ctx, s.DB, org.Unit{Area: x.ID})
		}
		a = x.Parent
	}
}
