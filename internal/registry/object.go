package registry

import (
	"context"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/rules/sx2021"
)

// Ref names one object of the regulation: a site, an account or an app. All
// lifecycles of Articles 7 to 9 work on it.
type Ref struct {
	Kind sx2021.ObjectKind
	ID   string
}

// Object is what every lifecycle needs to know of a site, account or app.
type Object struct {
	Ref
	Unit       org.UnitID // sponsor
	UnitName   string     // joined
	AreaCode   string     // joined, 12 digits
	SiteKind   SiteKind   // of a site
	Platform   string     // of an account or app
	Name       string
	Address    string // host of a site, URL of an account
	Hosted     bool   // published by this platform
	State      string
	LaunchedOn calendar.Date
	CaseID     string
	areaPath   string
	linePath   string
}

// Machine is the declared states of the object's kind.
func (r Ref) Machine() passage.Machine {
	if r.Kind == sx2021.Site {
		return SiteMachine
	}
	return AccountMachine
}

// Link is the object's page in the console.
func (r Ref) Link() string {
	if r.Kind == sx2021.Site {
		return "/console/sites/" + r.ID
	}
	return "/console/accounts/" + r.ID
}

// KindName is the kind in Chinese as lists show it.
func (o Object) KindName() string {
	switch o.Kind {
	case sx2021.Site:
		return o.SiteKind.Name()
	case sx2021.App:
		if o.Platform == MiniApp {
			return "小程序"
		}
		return "移动客户端（APP）"
	}
	return "政务新媒体账号"
}

// StateName is the state in Chinese.
func (o Object) StateName() string { return o.Machine().Name(o.State) }

// Target names the object in the trail.
func (o Object) Target() audit.Target {
	return audit.Target{Kind: auditKind(o.Kind), ID: o.ID, Name: o.Name, Unit: string(o.Unit)}
}

// In reports whether the object lies in the scope: for showing an act that
// needs another permission than the page.
func (o Object) In(scope authz.Scope) bool {
	return o.areaPath != "" && scope.Covers(o.areaPath, o.linePath)
}

// Ended reports whether the object has left the regulation's care.
func (o Object) Ended() bool { return o.State == Exited || o.State == Closed }

func auditKind(k sx2021.ObjectKind) string {
	if k == sx2021.Site {
		return "site"
	}
	return "account"
}

const (
	siteObjectSelect = `
	SELECT 'site', s.id, s.unit_id, u.name, a.code, s.kind, '', s.name, s.host, s.hosted, s.state, s.launched_on, s.case_id, u.area_path, u.line_path
	  FROM site s JOIN unit u ON u.id = s.unit_id JOIN area a ON a.id = u.area_id`
	accountObjectSelect = `
	SELECT c.kind, c.id, c.unit_id, u.name, a.code, '', c.platform, c.name, c.url, FALSE, c.state, c.launched_on, c.case_id, u.area_path, u.line_path
	  FROM account c JOIN unit u ON u.id = c.unit_id JOIN area a ON a.id = u.area_id`
)

func scanObject(r db.Scanner) (Object, error) {
	var o Object
	err := r.Scan(&o.Kind, &o.ID, &o.Unit, &o.UnitName, &o.AreaCode, &o.SiteKind, &o.Platform, &o.Name, &o.Address, &o.Hosted, &o.State,
		&o.LaunchedOn, &o.CaseID, &o.areaPath, &o.linePath)
	return o, err
}

// Object in scope.
func (s *Service) Object(ctx context.Context, q db.Querier, scope authz.Scope, ref Ref) (Object, error) {
	var o Object
	var err error
	switch ref.Kind {
	case sx2021.Site:
		o, err = db.One(ctx, q, scanObject, siteObjectSelect+` WHERE s.id = $1`, ref.ID)
	case sx2021.Account, sx2021.App:
		o, err = db.One(ctx, q, scanObject, accountObjectSelect+` WHERE c.id = $1`, ref.ID)
	default:
		return Object{}, fault.Missing("网站或账号")
	}
	if db.None(err) || err == nil && !scope.Covers(o.areaPath, o.linePath) {
		return Object{}, fault.Missing("网站或账号")
	}
	return o, err
}

// ObjectsOf are the objects a unit sponsors, sites first, those that have ended
// last.
func (s *Service) ObjectsOf(ctx context.Context, q db.Querier, scope authz.Scope, unit org.UnitID) ([]Object, error) {
	if _, err := s.org.UnitTx(ctx, q, scope, unit); err != nil {
		return nil, err
	}
	sites, err := db.All(ctx, q, scanObject, siteObjectSelect+` WHERE s.unit_id = $1
		ORDER BY CASE WHEN s.state IN ('exited', 'closed') THEN 1 ELSE 0 END, s.name, s.id`, unit)
	if err != nil {
		return nil, err
	}
	accounts, err := db.All(ctx, q, scanObject, accountObjectSelect+` WHERE c.unit_id = $1
		ORDER BY CASE WHEN c.state IN ('exited', 'closed') THEN 1 ELSE 0 END, c.name, c.id`, unit)
	return append(sites, accounts...), err
}

// Move performs one act of the object's machine, keeps its state and writes the
// trail. The module that calls it has checked the act's guard in the same
// transaction.
func (s *Service) Move(ctx context.Context, tx *db.Tx, scope authz.Scope, ref Ref, act, basis string, note passage.Note) (Object, error) {
	o, err := s.Object(ctx, tx, scope, ref)
	if err != nil {
		return Object{}, err
	}
	before := o
	if act == "launch" && o.Hosted {
		site, err := s.SiteTx(ctx, tx, scope, SiteID(o.ID))
		if err != nil {
			return Object{}, err
		}
		if err := s.askHosting(ctx, tx, site); err != nil {
			return Object{}, err
		}
	}
	tx.AfterCommit(s.forget)
	if _, o.State, err = o.Machine().Take(ctx, tx, o.ID, act, note); err != nil {
		return Object{}, err
	}
	table := tableOf(ref)
	if act == "launch" {
		o.LaunchedOn = calendar.DateOf(tx.Now())
	}
	if _, err := tx.Exec(ctx, `UPDATE `+table+` SET state = $2, launched_on = $3, updated_at = $4 WHERE id = $1`, o.ID, o.State, o.LaunchedOn, tx.Now()); err != nil {
		return Object{}, err
	}
	if o.Kind == sx2021.Site {
		if err := s.domainsFollow(ctx, tx, SiteID(o.ID), act, note); err != nil {
			return Object{}, err
		}
	}
	if err := audit.Record(ctx, tx, audit.Entry{Act: "registry." + auditKind(o.Kind) + "." + act, Target: o.Target(), Basis: basis,
		Before: map[string]any{"state": before.State}, After: map[string]any{"state": o.State, "note": note.Says, "case": note.CaseID}}); err != nil {
		return Object{}, err
	}
	if !o.Ended() {
		return o, nil
	}
	for _, f := range s.ended {
		if err := f(ctx, tx, o); err != nil {
			return Object{}, err
		}
	}
	return o, nil
}
