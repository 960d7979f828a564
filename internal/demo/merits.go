package demo

import (
	"context"
	"fmt"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/coordination"
	"zhengshu/internal/errorreport"
	"zhengshu/internal/impostor"
	"zhengshu/internal/merit"
	"zhengshu/internal/official"
	"zhengshu/internal/reporting"
)

// answers leaves a commendation and an accountability, each entered by one person
// and checked by another, the list of readers' error reports, and a batch that
// went to 网信 and came back.
func (d *province) answers(ctx context.Context) error {
	if err := d.merits(ctx); err != nil {
		return err
	}
	if err := d.errorReports(ctx); err != nil {
		return err
	}
	return d.handOver(ctx)
}

func (d *province) merits(ctx context.Context) error {
	enter, boss, err := d.as(ctx, "sheng")
	if err != nil {
		return err
	}
	scope := boss.ScopeFor(authz.MeritRecord)
	if _, n, err := d.Merits.Records(enter, scope, boss, merit.Filter{Limit: 1}); err != nil || n > 0 {
		return err
	}
	check, second, err := d.as(ctx, "kaohe")
	if err != nil {
		return err
	}
	issued, _, err := d.Reporting.Bulletins(enter, boss.ScopeFor(authz.AssessmentRead), reporting.Filter{Kind: reporting.QuarterlyBulletin, State: reporting.Issued, Limit: 1})
	if err != nil || len(issued) == 0 {
		return err
	}
	grounds := []merit.Ref{{Kind: "bulletin", ID: string(issued[0].ID)}}
	day := d.today().AddDays(-6)
	for _, n := range []merit.Entry{
		{Unit: d.units[cityCommerce].ID, Kind: "praise_notice", Body: string(provinceOffice), Document: "陕政办函〔演示〕12号", DecidedOn: day, Says: "季度检查无问题，网上办事指南准确完整。（演示）", Grounds: grounds},
		{Unit: d.units[countyCulture].ID, Kind: "talk", Capacity: "leader", Person: "演示人员 副局长", Body: string(provinceOffice), Document: "陕政办函〔演示〕15号", DecidedOn: day, Says: "账号长期不更新，经催办仍未整改。（演示）", Grounds: grounds},
	} {
		r, err := d.Merits.Enter(enter, scope, boss, d.units[provinceOffice].ID, n, nil)
		if err != nil {
			return err
		}
		if err := d.Merits.Check(check, second.ScopeFor(authz.MeritRecord), second, r.ID); err != nil {
			return err
		}
	}
	return nil
}

func (d *province) handOver(ctx context.Context) error {
	send, boss, err := d.as(ctx, "sheng")
	if err != nil {
		return err
	}
	if _, n, err := d.Coordination.Referrals(send, boss, coordination.ReferralFilter{Limit: 1}); err != nil || n > 0 {
		return err
	}
	cases, _, err := d.Impostors.Cases(send, boss.ScopeFor(authz.ImpostorVerify), impostor.Filter{State: impostor.Verified, Limit: 1})
	if err != nil || len(cases) == 0 {
		return err
	}
	out, err := d.Coordination.Refer(send, boss.ScopeFor(authz.CoordinationManage), boss, d.units[provinceOffice].ID, []string{"impostor:" + cases[0].ID}, "")
	if err != nil {
		return err
	}
	take, cyber, err := d.as(ctx, "wangxin")
	if err != nil {
		return err
	}
	if err := d.Coordination.Receive(take, cyber, out[0].ID, coordination.Receipt{Number: "网信收〔演示〕31号"}); err != nil {
		return err
	}
	return d.Impostors.Record(take, cyber.ScopeFor(authz.ImpostorDispose), cyber, cases[0].ID, impostor.Outcome{Party: "cyberspace", Measure: impostor.Measures[0].Value, Result: "已通知有关平台和接入服务单位处理。（演示）", On: d.today()})
}

// errorReports takes in the list of 我为政府网站找错: answered in time, late and
// after a month, and one that waits.
func (d *province) errorReports(ctx context.Context) error {
	take, boss, err := d.as(ctx, "sheng")
	if err != nil {
		return err
	}
	scope := boss.ScopeFor(authz.AppraisalManage)
	if _, n, err := d.ErrorReports.Reports(take, scope, errorreport.Filter{Limit: 1}); err != nil || n > 0 {
		return err
	}
	var b strings.Builder
	b.WriteString("留言编号,网站名称,留言时间,办结时间,问题类型,留言内容,办理结果\n")
	today := d.today()
	for i, x := range []struct {
		site           string
		back, answered int // days ago; no answer: 0
		kind, says     string
	}{{"xian", 20, 18, "错别字", "新闻标题中“登陆”应为“登录”。（演示）"}, {"yanta", 60, 20, "内容无法访问", "办事指南的附件打不开。（演示）"}, {"yanta", 16, 0, "信息不更新", "机构领导栏目还是上一任。（演示）"}, {"xian", 1, 0, "内容不准确", "咨询电话是空号。（演示）"}} {
		answered, result := "", ""
		if x.answered > 0 {
			answered, result = today.AddDays(-x.answered).String(), "属实已改"
		}
		fmt.Fprintf(&b, "ZC-演示-%03d,%s,%s,%s,%s,%s,%s\n", i+1, d.sites[x.site].Name, today.AddDays(-x.back), answered, x.kind, x.says, result)
	}
	t, err := official.ReadTable(strings.NewReader(b.String()), int64(b.Len()), "全国平台名单（演示）.csv", official.Limits{})
	if err != nil {
		return err
	}
	_, err = d.ErrorReports.Import(take, scope, boss, t)
	return err
}
