package dashboard

import (
	"context"
	"strings"
	"time"

	"zhengshu/internal/assessment"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/jobs"
	"zhengshu/internal/org"
	"zhengshu/internal/workbench"
)

// Parts are what the service stands on.
type Parts struct {
	DB         *db.DB
	Org        *org.Service
	Assessment *assessment.Service
	Workbench  *workbench.Service // what waits for a person; nil: nothing
	Days       calendar.Workdays
}

// Service is the door of the dashboards.
type Service struct {
	db         *db.DB
	org        *org.Service
	assessment *assessment.Service
	workbench  *workbench.Service
	days       calendar.Workdays
}

// New makes the service.
func New(p Parts) *Service {
	return &Service{db: p.DB, org: p.Org, assessment: p.Assessment, workbench: p.Workbench, days: p.Days}
}

// CountEvery is how often the sums are counted again.
const CountEvery = 15 * time.Minute

type recount struct{}

// Kind names the job.
func (recount) Kind() string { return "dashboard.recount" }

// Register gives the workers the periodic duty.
func (s *Service) Register(w *jobs.Workers) {
	jobs.Handle(w, func(ctx context.Context, _ recount) error { return s.Recount(ctx) })
	jobs.Every(w, CountEvery, recount{})
}

func (s *Service) today() calendar.Date { return calendar.DateOf(s.db.Now()) }

// Today is the legal day of the house.
func (s *Service) Today() calendar.Date { return s.today() }

// Place is where a dashboard looks: a division or, below it, one unit.
type Place struct {
	Area   org.Area
	Unit   org.Unit // one unit alone; zero for the division
	Parent org.AreaID
}

// Name is the place in words.
func (p Place) Name() string {
	if p.Unit.ID != "" {
		return p.Unit.Name
	}
	return p.Area.Name
}

// PlaceOf is the division that was asked for, else the one of the person's own
// unit. A place of which nothing lies in scope is not found.
func (s *Service) PlaceOf(ctx context.Context, scope authz.Scope, session *authz.Session, area org.AreaID) (p Place, err error) {
	if area == "" {
		if session != nil {
			if id, _ := session.Unit(); id != "" {
				u, err := s.org.UnitTx(ctx, s.db, authz.System("dashboard.place"), org.UnitID(id))
				if err != nil {
					return p, err
				}
				area = u.Area
			}
		}
		if area == "" {
			return p, fault.Missing("区划")
		}
	}
	if p.Area, err = s.org.Area(ctx, s.db, area); err != nil {
		return p, err
	}
	if !scope.Covers(p.Area.Path, "") && !scope.Reaches(p.Area.Path) {
		return Place{}, fault.Missing("区划")
	}
	if scope.Covers(p.Area.Path, "") && p.Area.Parent != "" {
		up, err := s.org.Area(ctx, s.db, p.Area.Parent)
		if err != nil {
			return p, err
		}
		if scope.Covers(up.Path, "") {
			p.Parent = up.ID
		}
	}
	return p, nil
}

// monthOf is a month as it is kept: 2026-11.
func monthOf(d calendar.Date) string { return d.String()[:7] }

// months are the last n months up to the one of the day, oldest first.
func months(today calendar.Date, n int) []assessment.Period {
	out := make([]assessment.Period, n)
	p := assessment.MonthOf(today)
	for i := n - 1; i >= 0; i-- {
		out[i], p = p, p.Before()
	}
	return out
}

// below is the part of a unit's path under a division: the next division, or ""
// for units of the division itself.
func below(unitPath, areaPath string) string {
	rest := strings.TrimPrefix(unitPath, areaPath)
	next, _, ok := strings.Cut(rest, "/")
	if !ok || strings.HasPrefix(next, "@") {
		return ""
	}
	return areaPath + next + "/"
}
