package demo

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"zhengshu/internal/approval"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/lifecycle"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// applications to open a site and how far each has come. The one of the city's
// commerce bureau is left for the visitor to make.
var applications = []struct {
	who  string // the login that applies
	unit place
	host string
	// stands is how far it has come: waiting at the city; returned by it; passed
	// on to the province; approved there.
	stands string
}{
	{"wenlv", cityCulture, "wenlv.xian.example", "approved"},
	{"jiaoyu", cityEducation, "jiaoyu.xian.example", "passed"},
	{"weijian", cityHealth, "weijian.xian.example", "returned"},
	{"minzheng", cityCivil, "minzheng.xian.example", "waiting"},
	{"sifa", cityJustice, "sifa.xian.example", "waiting"},
	{"renshe", cityLabour, "renshe.xian.example", "waiting"},
}

// apply brings the applications to where they shall stand, fills half of one
// launch checklist, and has the province grant an exception.
func (d *province) apply(ctx context.Context) error {
	for _, a := range applications {
		c, err := d.application(ctx, a.who, a.unit, a.host)
		if err != nil {
			return err
		}
		for c.State == approval.InReview && a.stands != "waiting" && (c.StepNo == 1 || a.stands == "approved") {
			n := approval.Decision{Act: "pass", Opinion: "材料齐全，同意上报。", StepNo: c.StepNo}
			login := "shi"
			switch {
			case c.StepNo > 1:
				login, n.Act, n.Opinion = "sheng", "approve", "同意开设。"
			case a.stands == "returned":
				n.Act, n.Reasons = "return", []string{"unneeded", "incomplete"}
				n.Opinion = "请补充网站与市政府门户网站已有栏目的关系，避免重复建设。"
			}
			ctx, scope, err := d.scoped(ctx, login, authz.CaseDecide)
			if err != nil {
				return err
			}
			if c, err = d.Approvals.Decide(ctx, scope, c.ID, n); err != nil {
				return fmt.Errorf("%s: %w", a.unit, err)
			}
		}
	}
	if err := d.consult(ctx); err != nil {
		return err
	}
	if err := d.fillChecklist(ctx); err != nil {
		return err
	}
	return d.except(ctx)
}

// consult has the province ask two co-regulators about the application that
// waits there; one has answered.
func (d *province) consult(ctx context.Context) error {
	askCtx, scope, err := d.scoped(ctx, "sheng", authz.CaseDecide)
	if err != nil {
		return err
	}
	u, err := d.unit(ctx, d.DB, d.Services, cityEducation)
	if err != nil {
		return err
	}
	list, _, err := d.Approvals.Cases(askCtx, scope, approval.Filter{Kind: lifecycle.OpeningMatter, Unit: u.ID, State: approval.InReview})
	if err != nil || len(list) == 0 {
		return err
	}
	c := list[0]
	if have, err := d.Approvals.Requests(askCtx, scope, c.ID); err != nil || len(have) > 0 || c.StepNo != 2 {
		return err
	}
	var units []org.UnitID
	for _, p := range []place{provinceCyber, provincePubl} {
		u, err := d.unit(ctx, d.DB, d.Services, p)
		if err != nil {
			return err
		}
		units = append(units, u.ID)
	}
	asked, err := d.Approvals.Ask(askCtx, scope, c.ID, approval.Question{StepNo: c.StepNo, Kind: approval.Advice, Units: units, Text: "请就网站名称和安全保障安排提出意见。"})
	if err != nil {
		return err
	}
	ctx, session, err := d.as(ctx, "wangxin")
	if err != nil {
		return err
	}
	for _, q := range asked {
		if q.UnitName == string(provinceCyber) {
			if _, err := d.Approvals.Answer(ctx, session, c.ID, q.ID, approval.Answer{Stance: "remarks", Text: "原则支持；请在上线前完成等级保护定级备案（演示）。"}); err != nil {
				return err
			}
		}
	}
	return nil
}

// application is the unit's case, made when it is not there yet.
func (d *province) application(ctx context.Context, who string, unit place, host string) (approval.Case, error) {
	ctx, scope, err := d.scoped(ctx, who, authz.OpeningApply)
	if err != nil {
		return approval.Case{}, err
	}
	u, err := d.unit(ctx, d.DB, d.Services, unit)
	if err != nil {
		return approval.Case{}, err
	}
	found, _, err := d.Approvals.Cases(ctx, scope, approval.Filter{Kind: lifecycle.OpeningMatter, Unit: u.ID})
	if err != nil {
		return approval.Case{}, err
	}
	if len(found) > 0 {
		return found[0], nil
	}
	today := calendar.DateOf(d.DB.Now())
	paper := official.Document{Title: "关于开设网站的意见（演示）", Issuer: string(unit), Dated: today.Chinese()}
	paper.Paragraph("经研究，同意申请开设网站，由办公室负责日常管理和信息审核。")
	paper.Paragraph("主要负责同志（签字）：演示签字")
	var page bytes.Buffer
	if _, err := paper.WriteTo(&page); err != nil {
		return approval.Case{}, err
	}
	got, err := d.Lifecycle.Apply(ctx, scope, lifecycle.Application{Matter: lifecycle.OpeningMatter, Unit: u.ID, Principal: "演示负责人", ByPrincipal: true, ConsentOn: today.AddDays(-3),
		Values: map[string]string{"name": string(unit) + "网站（演示）", "host": host, "domain": string(unit) + "演示.政务", "building": "hosted",
			"reason": "面向群众和企业公开本部门信息、提供办事指南，现有门户网站栏目不能满足需要。", "contact": d.persons[who].Name, "phone": "029-00000010"},
	}, []approval.Upload{{Kind: lifecycle.ConsentFile, Field: "consent", Name: "主要负责同志签字页（演示）.docx", Content: &page}})
	return got.Case, err
}

// fillChecklist fills in what the culture bureau has so far: the security
// report is missing, so the site cannot be launched.
func (d *province) fillChecklist(ctx context.Context) error {
	site, err := d.Registry.SiteByHost(ctx, d.DB, authz.System("demo"), "wenlv.xian.example")
	if err != nil || site.State != registry.Planned {
		return err
	}
	ctx, scope, err := d.scoped(ctx, "wenlv", authz.LaunchManage)
	if err != nil {
		return err
	}
	ref := registry.Ref{Kind: sx2021.Site, ID: string(site.ID)}
	list, err := d.Lifecycle.Checklist(ctx, scope, ref)
	if err != nil {
		return err
	}
	for _, n := range []lifecycle.LaunchItem{{Kind: lifecycle.SiteCode, Value: "6101009902"}} {
		if slices.ContainsFunc(list.Items, func(i lifecycle.LaunchItem) bool { return i.Kind == n.Kind && i.Done() }) {
			continue
		}
		if list, err = d.Lifecycle.FillLaunchItem(ctx, scope, ref, n, nil); err != nil {
			return err
		}
	}
	return nil
}

// except has the province lift one rule stated 原则上 for one county bureau.
func (d *province) except(ctx context.Context) error {
	ctx, scope, err := d.scoped(ctx, "sheng", authz.OverrideGrant)
	if err != nil {
		return err
	}
	u, err := d.unit(ctx, d.DB, d.Services, countyCulture)
	if err != nil {
		return err
	}
	_, n, err := d.Lifecycle.Overrides(ctx, scope, lifecycle.OverrideFilter{Unit: u.ID})
	if err != nil || n > 0 {
		return err
	}
	_, err = d.Lifecycle.GrantOverride(ctx, scope, lifecycle.Override{Rule: sx2021.CountyDeptNoSite.ID, Unit: u.ID,
		Reason: "辖区景区集中，游客咨询和应急信息量大，经省政府办公厅同意单独开设网站（演示）。", Until: calendar.DateOf(d.DB.Now()).AddDays(365)})
	return err
}
