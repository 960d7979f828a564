package demo

import (
	"context"
	"fmt"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/guidance"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/selfcheck"
	"zhengshu/internal/training"
)

// supervise has the province issue a notice that one unit has returned and one
// only signed for, keeps a guidance document, holds a training, plans another
// for today, and leaves a self-check waiting for its leader.
func (d *province) supervise(ctx context.Context) error {
	today := calendar.DateOf(d.DB.Now())
	for _, step := range []func(context.Context, calendar.Date) error{d.notify, d.train, d.selfCheck} {
		if err := step(ctx, today); err != nil {
			return err
		}
	}
	return nil
}

func (d *province) notify(ctx context.Context, today calendar.Date) error {
	as, session, err := d.as(ctx, "sheng")
	if err != nil {
		return err
	}
	if _, n, err := d.Guidance.List(as, session, guidance.Filter{Box: guidance.Issued, Limit: 1}); err != nil || n > 0 {
		return err
	}
	scope := session.ScopeFor(authz.GuidanceIssue)
	if _, err := d.Guidance.Issue(as, scope, session, guidance.Issue{Kind: guidance.Document, Number: "陕政公开办（演示）〔2026〕1号", Title: "政府网站页脚标识规范指引（演示）",
		Body: "页脚应当列明网站标识码、ICP 备案编号、公安机关备案标识、主办单位、联系方式。\n党政机关网站标识应当指向本单位的核验页面。"}); err != nil {
		return err
	}
	names := []string{string(cityOffice), string(countyOffice), string(cityCommerce), "咸阳市农业农村局"}
	g, err := d.Guidance.Issue(as, scope, session, guidance.Issue{Kind: guidance.Notice, Number: "陕政公开办（演示）〔2026〕2号", Title: "关于核对政务新媒体管理员和绑定手机的通知（演示）",
		Body:  "请逐个核对本单位政务新媒体账号的管理员和绑定手机，离岗人员的权限要当日收回。\n核对结果按期报送。",
		DueOn: today.AddDays(5), Fields: "账号总数（数字）（必填）\n已核对数（数字）（必填）\n问题和处理（多行）", To: org.Choice{Names: names, Only: true}, Audience: fmt.Sprintf("指定的 %d 个单位", len(names))})
	if err != nil {
		return err
	}
	as, session, err = d.as(ctx, "shibian")
	if err != nil {
		return err
	}
	if err := d.Guidance.Sign(as, session, g.ID); err != nil {
		return err
	}
	if err := d.Guidance.Return(as, session, g.ID, map[string]string{guidance.FieldName(0): "6", guidance.FieldName(1): "6", guidance.FieldName(2): "1 个账号的管理员已调离，权限已收回。"}, nil); err != nil {
		return err
	}
	if as, session, err = d.as(ctx, "xian"); err != nil {
		return err
	}
	if err := d.Guidance.Sign(as, session, g.ID); err != nil {
		return err
	}
	return d.Guidance.Ask(as, session, g.ID, "内设机构开的账号也要报吗？")
}

func (d *province) train(ctx context.Context, today calendar.Date) error {
	as, session, err := d.as(ctx, "shi")
	if err != nil {
		return err
	}
	if _, n, err := d.Training.Courses(as, session.ScopeFor(authz.ObligationRead), training.Filter{Limit: 1}); err != nil || n > 0 {
		return err
	}
	unit := d.units[cityOffice].ID
	scope := session.ScopeFor(authz.TrainingManage)
	held, err := d.Training.Plan(as, session, training.Course{Unit: unit, Kind: training.Business, Title: "全市政府网站内容保障培训（演示）", HeldOn: today.AddDays(-20), Hours: 40, Place: "市政务中心三楼", Teacher: "演示讲师", Outline: "信息编发、政务服务、舆情研判、回应引导、应急处置。"}, nil)
	if err != nil {
		return err
	}
	if _, err := d.Training.Attend(as, scope, session, held.ID, "马会宁\n高翔宇\n冯雅琴\n周启明 "+string(cityCommerce)+"\n温书言 "+string(cityCulture)); err != nil {
		return err
	}
	if err := d.Training.Hold(as, scope, session, held.ID, nil); err != nil {
		return err
	}
	_, err = d.Training.Plan(as, session, training.Course{Unit: unit, Kind: training.Media, Title: "新闻编审人员专业技能培训（演示）", HeldOn: today, Hours: 25, Place: "市融媒体中心", Teacher: "演示讲师"}, nil)
	return err
}

func (d *province) selfCheck(ctx context.Context, today calendar.Date) error {
	as, session, err := d.as(ctx, "shibian")
	if err != nil {
		return err
	}
	unit, quarter := d.units[cityOffice].ID, obligation.PeriodOf(obligation.Quarterly, today).Key
	c, err := d.SelfChecks.Check(as, session.ScopeFor(authz.ObligationRead), unit, quarter)
	if err != nil || c.State != "" {
		return err
	}
	form, err := selfcheck.Form()
	if err != nil {
		return err
	}
	n := selfcheck.Filled{Answers: map[string]selfcheck.Answer{}, Submit: true, Summary: "本季度对门户网站和 6 个政务新媒体账号逐项自查，除一项外均符合要求（演示）。"}
	for _, i := range form.Items {
		n.Answers[i.ID] = selfcheck.Answer{Verdict: selfcheck.Fine}
	}
	n.Answers["accounts"] = selfcheck.Answer{Verdict: selfcheck.Problem, Note: "1 名离岗人员的管理账号没有及时停用", Due: today.AddDays(7)}
	return d.SelfChecks.Fill(as, session.ScopeFor(authz.SelfCheckFill), session, unit, quarter, n)
}
