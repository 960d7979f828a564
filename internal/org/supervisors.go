package org

import (
	"context"

	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/rules/sx2021"
)

// SupervisorsOf are the two supervisors of a unit's objects (Article 4): on
// the area axis (块) exactly one office approves and takes filings, on the line
// axis (条) the provincial department of the unit's line guides, where there is
// one. ofGovernment is true for the objects of a government itself, which the
// next office up supervises (readings 1). The root supervises itself.
func (s *Service) SupervisorsOf(ctx context.Context, q db.Querier, u Unit, ofGovernment bool) (area, line Unit, err error) {
	if !ofGovernment {
		area, err = s.SameLevelOffice(ctx, q, u)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return Unit{}, Unit{}, err
		}
	}
	if area.ID == "" || area.ID == u.ID {
		above, ok, err := s.SuperiorOffice(ctx, q, u)
		if err != nil {
			return Unit{}, Unit{}, err
		}
		switch {
		case ok:
			area = above
		case area.ID == "":
			if area, err = s.SameLevelOffice(ctx, q, u); err != nil && !fault.Is(err, fault.NotFound) {
				return Unit{}, Unit{}, err
			}
		}
	}
	if u.Line != "" && u.Level != Province {
		line, err = db.One(ctx, q, scanUnit, unitSelect+` WHERE u.line = $1 AND u.level = 'province' AND u.kind = 'department' AND u.parent_id IS NULL AND u.abolished_on IS NULL ORDER BY u.id LIMIT 1`, u.Line)
		if err != nil && !db.None(err) {
			return Unit{}, Unit{}, err
		}
	}
	return area, line, nil
}

// Governs reports whether the unit stands for a government: its objects are
// supervised by the next office up, and Article 7(1) asks for a portal and an
// account. A committee that reports directly to the province governs its area
// (Yangling); a zone does once its national approval is on file (Article 33).
func (u Unit) Governs() bool {
	switch u.Kind {
	case Government, Office:
		return true
	case Committee:
		return u.Direct
	case ZoneCommittee:
		return u.NationalApproval != ""
	}
	return false
}

// Law is the unit as the articles see it; parent is the kind of the unit it
// belongs to, empty where there is none.
func (u Unit) Law(parent Kind) sx2021.Unit {
	return sx2021.Unit{Kind: sx2021.Kind(u.Kind), Level: sx2021.Level(u.Level), Direct: u.Direct, NationalZoneApproval: u.NationalApproval != "", Parent: sx2021.Kind(parent)}
}
