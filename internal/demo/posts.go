package demo

import (
	"context"
	"fmt"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/cutover"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
)

// leaders are the posts of the law at the demo's units: who holds them, by the
// name under people.
var leaders = []struct {
	unit  place
	kind  org.PostKind
	who   string
	phone string
}{
	{provinceOffice, org.LeaderInCharge, "sheng", ""}, {provinceOffice, org.Overall, "shengzhong", ""}, {provinceOffice, org.Liaison, "shengbian", "029-00000001"},
	{cityOffice, org.LeaderInCharge, "shi", ""}, {cityOffice, org.Overall, "shizhong", ""}, {cityOffice, org.ChiefEditor, "shizhong", ""},
	{countyOffice, org.LeaderInCharge, "xian", ""},
	{cityCommerce, org.Overall, "bumenshen", ""},
}

// holders are the A and B posts of the demo's own sites.
var holders = []struct{ site, a, b string }{
	{"shaanxi", "shengbian", "shengchu"}, {"xian", "shibian", "shichu"}, {"yanta", "yanta-a", "yanta-b"},
}

// mergedUnit is a body that was merged: it shows what a reorganisation leaves.
const mergedUnit = "西安市商贸服务中心（演示）"

// post names the holders of the demo's posts, a deputy on leave, a merged body,
// and the first confirmations of the cut-over.
func (d *province) post(ctx context.Context) error {
	held, err := d.Org.NamedPosts(ctx, d.DB, authz.System("demo"), org.PostFilter{Limit: 1})
	if err != nil || len(held) > 0 {
		return err
	}
	scope := authz.System("demo")
	today := calendar.DateOf(d.DB.Now())
	if err := d.DB.Update(ctx, func(tx *db.Tx) error {
		for _, l := range leaders {
			if _, err := d.Roster.Assign(ctx, tx, scope, org.NamedPost{Unit: d.units[l.unit].ID, Person: d.persons[l.who].ID, Kind: l.kind, Phone: l.phone, Since: today.AddDays(-200), Document: "演示任命"}); err != nil {
				return fmt.Errorf("%s: %w", l.who, err)
			}
		}
		for _, h := range holders {
			site, ok := d.sites[h.site]
			if !ok {
				continue
			}
			for kind, who := range map[org.PostKind]string{org.PostA: h.a, org.PostB: h.b} {
				if _, err := d.Roster.Assign(ctx, tx, scope, org.NamedPost{Unit: site.Unit, Person: d.persons[who].ID, Kind: kind, ObjectKind: "site", ObjectID: string(site.ID), Since: today.AddDays(-100)}); err != nil {
					return fmt.Errorf("%s: %w", h.site, err)
				}
			}
		}
		return d.deputise(ctx, tx, today)
	}); err != nil {
		return err
	}
	if err := d.merge(ctx, today); err != nil {
		return err
	}
	return d.cutOver(ctx)
}

// deputise lets the city's editor be away with a deputy, from tomorrow on.
func (d *province) deputise(ctx context.Context, tx *db.Tx, today calendar.Date) error {
	ctx, session, err := d.as(ctx, "shibian")
	if err != nil {
		return err
	}
	x, err := d.Org.DelegateOwn(ctx, tx, session, org.Delegation{To: d.persons["xundu"].ID, On: today.AddDays(1), Until: today.AddDays(5), Reason: "出差"})
	if fault.Is(err, fault.Refused) {
		return nil // the person on duty judges already: nobody stands in today
	}
	if err != nil {
		return err
	}
	_, err = d.Org.RecordAbsence(ctx, tx, session, authz.Scope{}, org.Absence{Person: org.PersonID(session.PersonID), Kind: "trip", On: x.On, Until: x.Until, Delegation: x.ID})
	return err
}

// merge lets a body that was set up go under in the city's commerce bureau.
func (d *province) merge(ctx context.Context, today calendar.Date) error {
	ctx, scope, err := d.scoped(ctx, "shi", authz.OrgReorganise)
	if err != nil {
		return err
	}
	return d.DB.Update(ctx, func(tx *db.Tx) error {
		u, _, err := d.Org.AddUnit(ctx, tx, org.Unit{Area: "city-610100000000", Kind: org.InstitutionAdmin, Name: mergedUnit, ShortName: "商贸服务中心", Line: "commerce", Source: "演示"})
		if err != nil {
			return err
		}
		_, err = d.Org.Reorganise(ctx, tx, scope, org.Plan{Kind: org.Merge, Unit: u.ID, Into: d.units[cityCommerce].ID, Document: "演示编发〔2026〕1号", DocumentOn: today.AddDays(-40), On: today.AddDays(-30), Note: "演示数据"}, "")
		return err
	})
}

// cutOver confirms the first existing objects of the city and plans what the
// confirmation found.
func (d *province) cutOver(ctx context.Context) error {
	ctx, scope, err := d.scoped(ctx, "shi", authz.BaselineConfirm)
	if err != nil {
		return err
	}
	// A county department's site from before the regulation: Article 7(1) speaks
	// against it, so it goes to the list.
	if err := d.DB.Update(ctx, func(tx *db.Tx) error {
		_, err := d.Registry.EnterSite(ctx, tx, registry.Site{Unit: d.units[countyCulture].ID, Kind: registry.DepartmentSite, Name: "临潼区文化和旅游局（演示）", Host: "wenlv.lintong.example", Source: "演示"})
		return err
	}); err != nil {
		return err
	}
	rows, _, err := d.Registry.BaselineRows(ctx, scope, registry.BaselineFilter{State: "pending", Limit: 14})
	if err != nil || len(rows) == 0 {
		return err
	}
	var refs []registry.Ref
	for _, r := range rows {
		refs = append(refs, r.Ref)
	}
	if _, err := d.Cutover.Confirm(ctx, scope, refs[:1], registry.BaselineRecord{Basis: "national", OfflineTimes: 1, OfflineDays: 6, Note: "演示：本年已临时下线一次"}); err != nil {
		return err
	}
	if len(refs) > 1 {
		if _, err := d.Cutover.Confirm(ctx, scope, refs[1:], registry.BaselineRecord{Basis: "unknown", Note: "演示"}); err != nil {
			return err
		}
	}
	entries, _, err := d.Cutover.Entries(ctx, scope, cutover.EntryFilter{Limit: 1})
	if err != nil || len(entries) == 0 {
		return err
	}
	_, err = d.Cutover.Plan(ctx, scope, entries[0].ID, cutover.Intent{Way: "merge", Plan: "内容并入门户网站，年内整合。", By: calendar.DateOf(d.DB.Now()).AddDays(120)})
	return err
}
