package demo

import (
	"context"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/duty"
	"zhengshu/internal/inspection"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/vigil"
)

// standGuard lays this month's roster of the city, an incident that is being
// handled, and a protected period to come.
func (d *province) standGuard(ctx context.Context) error {
	for _, step := range []func(context.Context) error{d.rosters, d.incidents, d.protected} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (d *province) rosters(ctx context.Context) error {
	boss, scope, err := d.scoped(ctx, "shi", authz.DutyManage)
	if err != nil {
		return err
	}
	city, month := d.units[cityOffice].ID, duty.MonthOf(calendar.DateOf(d.DB.Now()))
	r, err := d.Duty.Roster(boss, scope, city, month)
	if err != nil || r.State != "" {
		return err
	}
	var people []org.PersonID
	for _, login := range []string{"xundu", "shi"} {
		people = append(people, d.persons[login].ID)
	}
	if _, err := d.Duty.Fill(boss, scope, city, month, duty.Rotation{Turns: "two", People: people}); err != nil {
		return err
	}
	_, err = d.Duty.Publish(boss, scope, city, month)
	return err
}

func (d *province) incidents(ctx context.Context) error {
	watch, scope, err := d.scoped(ctx, "xundu", authz.IncidentHandle)
	if err != nil {
		return err
	}
	city := d.units[cityOffice].ID
	if _, n, err := d.Duty.Incidents(watch, scope, "", city, 1, 0); err != nil || n > 0 {
		return err
	}
	x, err := d.Duty.OpenIncident(watch, scope, city, "门户网站访问缓慢（演示）", "群众来电反映首页打开慢，值班人员复核属实，部分图片超过 10 秒才显示。", "")
	if err != nil {
		return err
	}
	if _, err := d.Duty.Note(watch, scope, x.ID, "已请平台运维查看出口带宽，暂停了一个正在进行的批量下载。"); err != nil {
		return err
	}
	boss, wider, err := d.scoped(ctx, "shi", authz.IncidentHandle)
	if err != nil {
		return err
	}
	if _, err := d.Duty.Presence(boss, wider, x.ID, true); err != nil {
		return err
	}
	_, err = d.Duty.Assign(boss, wider, x.ID, "与平台核对缓存命中情况，今日内报告原因", d.persons["xundu"].ID)
	return err
}

// whyFalse is what the county's office says of a column that is called late.
const whyFalse = "这个栏目随文件发布，登记周期以来没有新的文件，不是漏更，请核实。（演示）"

// objections has the county's office say of a column called late that it is not:
// the last of them, so that the others stay to be mended.
func (d *province) objections(ctx context.Context, site registry.SiteID) error {
	unit, scope, err := d.scoped(ctx, "xian", authz.InspectionRead)
	if err != nil {
		return err
	}
	if _, n, err := d.Inspection.Objections(unit, scope, "", "", 1, 0); err != nil || n > 0 {
		return err
	}
	list, _, err := d.Inspection.Findings(unit, d.DB, scope, inspection.FindingFilter{Site: site, State: inspection.FindingOpen, Check: "column.overdue", Limit: 100})
	if err != nil || len(list) == 0 {
		return err
	}
	_, err = d.Inspection.Dispute(unit, scope, list[len(list)-1].ID, whyFalse)
	return err
}

// protected declares a period that begins after next month's roster: nothing is
// held back yet.
func (d *province) protected(ctx context.Context) error {
	boss, session, err := d.as(ctx, "sheng")
	if err != nil {
		return err
	}
	if list, err := d.Vigil.Periods(boss, session.ScopeFor(authz.InspectionRead), 1); err != nil || len(list) > 0 {
		return err
	}
	from := d.today().AddDays(65)
	_, err = d.Vigil.Declare(boss, session, vigil.Period{Name: "重要会议期间（演示）", Reason: "会议期间政府网站和政务新媒体安全保障", Document: "演示文件", From: from, Until: from.AddDays(6)})
	return err
}
