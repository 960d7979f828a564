package demo

import (
	"context"
	"fmt"
	"slices"

	"zhengshu/internal/assessment"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/org"
	"zhengshu/internal/reporting"
)

// papers leaves one of each paper: last quarter's bulletin of the city issued,
// opened to everybody and sent to each unit; last month's check sheet signed;
// the county's report of last year received; two good examples, of which one
// waits.
func (d *province) papers(ctx context.Context) error {
	as, scope, err := d.scoped(ctx, "shi", authz.BulletinCompose)
	if err != nil {
		return err
	}
	today := calendar.DateOf(d.DB.Now())
	const city, county = org.AreaID("city-610100000000"), org.AreaID("county-610113000000")
	month := assessment.MonthOf(today).Before()
	if _, n, err := d.Reporting.Bulletins(as, scope, reporting.Filter{Kind: reporting.MonthlyCheck, Period: month, Area: city}); err != nil || n > 0 {
		return err
	}
	good, err := d.examples(ctx)
	if err != nil {
		return err
	}
	quarter := assessment.QuarterOf(today).Before()
	b, err := d.Reporting.Compose(as, scope, reporting.QuarterlyBulletin, city, quarter)
	if err != nil {
		return err
	}
	o := reporting.Usual(reporting.QuarterlyBulletin)
	for i := range o.Parts {
		p := &o.Parts[i]
		switch p.Section {
		case reporting.SectionFindings:
			p.Text = "各单位要重视首页和栏目的更新。本季度发现问题〔本季度发现问题〕，已整改到位〔已整改到位〕，尚未整改到位〔尚未整改到位〕（演示）。"
		case reporting.SectionSpecial, reporting.SectionUrgent, reporting.SectionAnswered:
			p.On = false
		}
	}
	if b, err = d.Reporting.Edit(as, scope, b.ID, 0, o); err != nil {
		return err
	}
	_, session, err := d.as(ctx, "shi")
	if err != nil {
		return err
	}
	if b, err = d.Reporting.Tell(as, session, scope, b.ID, b.Revision, reporting.Case{Kind: reporting.ExperienceCase, ID: string(good.ID), Text: good.UnitName + "：" + good.Title + "。" + good.Body}); err != nil {
		return err
	}
	if err := d.pass(ctx, b.ID, "shi", "sheng", "市政办函〔"+fmt.Sprint(today.Year)+"〕5号"); err != nil {
		return err
	}
	if _, err := d.Reporting.Show(as, scope, b.ID, true); err != nil {
		return err
	}
	if _, err := d.Reporting.Send(as, scope, b.ID, reporting.UsualTemplate); err != nil {
		return err
	}
	if b, err = d.Reporting.Compose(as, scope, reporting.MonthlyCheck, city, month); err != nil {
		return err
	}
	if _, err := d.Reporting.Sign(as, scope, b.ID); err != nil {
		return err
	}
	own, reach, err := d.scoped(ctx, "xian", authz.BulletinCompose)
	if err != nil {
		return err
	}
	if b, err = d.Reporting.Compose(own, reach, reporting.SupervisionReport, county, assessment.YearOf(today).Before()); err != nil {
		return err
	}
	if err := d.pass(ctx, b.ID, "xian", "shi", "雁政办函〔"+fmt.Sprint(today.Year)+"〕2号"); err != nil {
		return err
	}
	_, err = d.Reporting.Receive(as, scope, b.ID)
	return err
}

// pass brings a draft past its second person and out of the house.
func (d *province) pass(ctx context.Context, id reporting.BulletinID, writer, second, number string) error {
	as, scope, err := d.scoped(ctx, writer, authz.BulletinCompose)
	if err != nil {
		return err
	}
	if _, err := d.Reporting.Submit(as, scope, id); err != nil {
		return err
	}
	other, wide, err := d.scoped(ctx, second, authz.BulletinCompose)
	if err != nil {
		return err
	}
	if _, err := d.Reporting.Agree(other, wide, id, "数字已核对，同意（演示）。"); err != nil {
		return err
	}
	if _, err := d.Reporting.Freeze(as, scope, id); err != nil {
		return err
	}
	_, err = d.Reporting.Issue(as, scope, id, number)
	return err
}

// examples are two good examples of the city's bureaus; the first is published.
func (d *province) examples(ctx context.Context) (reporting.Experience, error) {
	as, session, err := d.as(ctx, "bumen")
	if err != nil {
		return reporting.Experience{}, err
	}
	scope := session.ScopeFor(authz.ExperienceOffer)
	list, _, err := d.Reporting.Experiences(as, session, reporting.ExperienceFilter{State: reporting.ExperiencePublished})
	if err != nil {
		return reporting.Experience{}, err
	}
	if i := slices.IndexFunc(list, func(e reporting.Experience) bool { return e.UnitName == string(cityCommerce) }); i >= 0 {
		return list[i], nil
	}
	first, err := d.Reporting.Offer(as, scope, reporting.Experience{Unit: d.units[cityCommerce].ID, Topic: "办事服务", Title: "办事表单一次填写（演示）", Body: "把五张表并成一张，材料由系统从已有记录里带出，企业少填二十多项内容，办理时间明显缩短。"})
	if err != nil {
		return first, err
	}
	if _, err := d.Reporting.Offer(as, scope, reporting.Experience{Unit: d.units[cityCommerce].ID, Topic: "解读回应", Title: "政策解读配图、配音（演示）", Body: "重要政策公布当天同时发布文字解读、图解和音频，来电咨询明显减少。"}); err != nil {
		return first, err
	}
	as, scope, err = d.scoped(ctx, "shi", authz.BulletinCompose)
	if err != nil {
		return first, err
	}
	return d.Reporting.DecideExperience(as, scope, first.ID, "publish", first, "")
}
