package demo

import (
	"bytes"
	"context"

	"zhengshu/internal/approval"
	"zhengshu/internal/authz"
	"zhengshu/internal/budget"
	"zhengshu/internal/calendar"
	"zhengshu/internal/coordination"
	"zhengshu/internal/fault"
	"zhengshu/internal/official"
	"zhengshu/internal/operator"
	"zhengshu/internal/org"
	"zhengshu/internal/protection"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/tenancy"
)

// paper is an invented document as an upload.
func (d *province) paper(title, says string, issuer place) (*approval.Upload, error) {
	doc := official.Document{Title: title + "（演示）", Issuer: string(issuer), Dated: d.today().Chinese()}
	doc.Paragraph(says)
	var b bytes.Buffer
	if _, err := doc.WriteTo(&b); err != nil {
		return nil, err
	}
	return &approval.Upload{Name: title + "（演示）.docx", Content: &b}, nil
}

func (d *province) today() calendar.Date { return calendar.DateOf(d.DB.Now()) }

// keepOffices lays a little of every record: each part looks for what stands
// already.
func (d *province) keepOffices(ctx context.Context) error {
	for _, part := range []func(context.Context) error{d.entrust, d.rule, d.protect, d.coordinate, d.spend} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	return nil
}

// entrust gives the city's portal to an invented company, whose man then signs
// in as 承办单位人员.
func (d *province) entrust(ctx context.Context) error {
	ctx, scope, err := d.scoped(ctx, "shi", authz.RecordManage)
	if err != nil {
		return err
	}
	city, today := d.units[cityOffice], d.today()
	found, n, err := d.Operators.Contractors(ctx, scope, operator.Filter{Unit: city.ID, Kind: operator.Entrusted})
	if err != nil {
		return err
	}
	var c operator.Contractor
	if n > 0 {
		c = found[0]
	} else if c, err = d.Operators.Register(ctx, scope, operator.Contractor{Unit: city.ID, Kind: operator.Entrusted, Name: "长安数字服务（演示）有限公司", CreditCode: "91610100MA0EXA0001",
		Contact: "江一帆", Phone: "029-00000020", Duties: "门户网站日常巡检、信息发布和故障处置"}); err != nil {
		return err
	}
	dossier, err := d.Operators.Dossier(ctx, scope, c.ID)
	if err != nil {
		return err
	}
	if len(dossier.Reviews) == 0 {
		file, err := d.paper("承办单位资质审核表", "经核对营业执照、同类项目业绩和人员证书，符合承办要求。", cityOffice)
		if err != nil {
			return err
		}
		if _, err := d.Operators.AddReview(ctx, scope, operator.Review{Contractor: c.ID, Reviewer: d.persons["shi"].Name, On: today.AddDays(-320), Passed: true, Says: "营业执照、同类业绩和人员证书齐全。"}, file); err != nil {
			return err
		}
	}
	for _, p := range []operator.Paper{
		{Kind: operator.AgreementPaper, Number: "XA-CB-01", From: today.AddDays(-316), Until: today.AddDays(49), DutiesFixed: true},
		{Kind: operator.Secrecy, Number: "XA-BM-01", From: today.AddDays(-316), Until: today.AddDays(414)},
	} {
		have := false
		for _, old := range dossier.Papers {
			have = have || old.Kind == p.Kind
		}
		if have {
			continue
		}
		file, err := d.paper(p.Kind.Name(), "双方约定人员、责任、服务和安全要求。", cityOffice)
		if err != nil {
			return err
		}
		p.Contractor = c.ID
		if _, err := d.Operators.AddPaper(ctx, scope, p, file); err != nil {
			return err
		}
	}
	if len(dossier.Objects) == 0 {
		portal, err := d.portal(ctx, city.ID)
		if err != nil {
			return err
		}
		if portal.ID != "" {
			if _, err := d.Operators.Entrust(ctx, scope, c.ID, portal); err != nil {
				return err
			}
		}
	}
	if c.State == operator.Preparing {
		if _, err := d.Operators.Begin(ctx, scope, c.ID); err != nil {
			return err
		}
	}
	if len(dossier.Staff) == 0 {
		if _, err := d.Operators.Join(ctx, scope, operator.Member{Contractor: c.ID, Person: d.persons["chengban"].ID, Work: "日常巡检、信息发布", Phone: "029-00000020", Joined: today.AddDays(-310)}); err != nil {
			return err
		}
	}
	if dossier, err = d.Operators.Dossier(ctx, scope, c.ID); err != nil {
		return err
	}
	ctx, scope, err = d.scoped(ctx, "shi", authz.OrgManage)
	if err != nil {
		return err
	}
	for _, m := range dossier.Staff {
		if m.Left.IsZero() && m.Post == "" {
			if _, err := d.Operators.Appoint(ctx, scope, c.ID, m.ID); err != nil {
				return err
			}
		}
	}
	_, n, err = d.Operators.Contractors(ctx, scope, operator.Filter{Unit: d.units[countyOffice].ID})
	if err != nil || n > 0 {
		return err
	}
	_, err = d.Operators.Register(ctx, scope, operator.Contractor{Unit: d.units[countyOffice].ID, Kind: operator.Internal, Name: "雁塔区政务信息中心（演示）", Contact: "贺小满", Phone: "029-00000021", Duties: "区门户网站信息发布"})
	return err
}

// portal is the first running site of a unit.
func (d *province) portal(ctx context.Context, unit org.UnitID) (registry.Ref, error) {
	list, err := d.Registry.ObjectsOf(ctx, d.DB, authz.System("demo"), unit)
	for _, o := range list {
		if o.Kind == sx2021.Site && o.State == registry.Running {
			return o.Ref, err
		}
	}
	return registry.Ref{}, err
}

// rule has the city draft the rules of its platform, hear its departments and
// issue them; one department has not yet signed.
func (d *province) rule(ctx context.Context) error {
	ctx, scope, err := d.scoped(ctx, "shi", authz.RecordManage)
	if err != nil {
		return err
	}
	_, n, err := d.Tenancy.Documents(ctx, scope, tenancy.Filter{Unit: d.units[cityOffice].ID})
	if err != nil || n > 0 {
		return err
	}
	file, err := d.paper("运维管理细则征求意见稿", "资源共享、分级管理、协同运维。", cityOffice)
	if err != nil {
		return err
	}
	o, err := d.Tenancy.Draft(ctx, scope, tenancy.Rules{Unit: d.units[cityOffice].ID, Platform: "西安市政府网站集约化平台", Title: "西安市政府网站集约化平台运维管理细则（演示）",
		OperatorDuties: "保障平台全天运行；每日备份；接到故障报告 30 分钟内响应；每季度通报运行情况。", ResidentDuties: "落实先审后发；确定值班人员；发现异常即时报告；按期整改。"}, file)
	if err != nil {
		return err
	}
	residents := []struct {
		login string
		unit  place
		says  string
	}{{"bumen", cityCommerce, "建议写明故障响应的联系电话。"}, {"wenlv", cityCulture, tenancy.NoComment}}
	var units []org.UnitID
	for _, r := range residents {
		units = append(units, d.units[r.unit].ID)
	}
	if _, err := d.Tenancy.Include(ctx, scope, o.ID, units); err != nil {
		return err
	}
	if _, err := d.Tenancy.Consult(ctx, scope, o.ID, d.today().AddDays(10)); err != nil {
		return err
	}
	for _, r := range residents {
		ctx, scope, err := d.scoped(ctx, r.login, authz.RecordManage)
		if err != nil {
			return err
		}
		if err := d.Tenancy.Comment(ctx, scope, o.ID, d.units[r.unit].ID, r.says); err != nil {
			return err
		}
	}
	dossier, err := d.Tenancy.Dossier(ctx, scope, o.ID)
	if err != nil {
		return err
	}
	for _, r := range dossier.Residents {
		if r.Unsettled() {
			if err := d.Tenancy.Settle(ctx, scope, o.ID, r.ID, "adopted", ""); err != nil {
				return err
			}
		}
	}
	issueCtx, issue, err := d.scoped(ctx, "shi", authz.RulesIssue)
	if err != nil {
		return err
	}
	if file, err = d.paper("运维管理细则", "现予印发，请遵照执行。", cityOffice); err != nil {
		return err
	}
	if _, err := d.Tenancy.Issue(issueCtx, issue, o.ID, "市政办函〔演示〕1号", calendar.Date{}, file); err != nil {
		return err
	}
	ctx, scope, err = d.scoped(ctx, "wenlv", authz.RecordManage)
	if err != nil {
		return err
	}
	return d.Tenancy.Sign(ctx, scope, o.ID, d.units[cityCulture].ID)
}

// protect records the grade and the hosting of the city's portal and two
// devices, one of them without a certificate.
func (d *province) protect(ctx context.Context) error {
	ctx, scope, err := d.scoped(ctx, "shi", authz.RecordManage)
	if err != nil {
		return err
	}
	city, today := d.units[cityOffice].ID, d.today()
	_, n, err := d.Protection.Grades(ctx, scope, protection.Filter{Unit: city})
	if err != nil || n > 0 {
		return err
	}
	portal, err := d.portal(ctx, city)
	if err != nil || portal.ID == "" {
		return err
	}
	of := protection.Subject{Kind: portal.Kind, ID: portal.ID}
	g, err := d.Protection.SaveGrade(ctx, scope, protection.Grade{Unit: city, Of: of, Level: 3, Filing: "61010000000-00001", FiledOn: today.AddDays(-700)})
	if err != nil {
		return err
	}
	file, err := d.paper("等级保护测评报告", "测评结论：良。", cityOffice)
	if err != nil {
		return err
	}
	if _, err := d.Protection.Assess(ctx, scope, g.ID, protection.Assessment{On: today.AddDays(-310), Agency: "某测评中心（演示）", Result: "良"}, file); err != nil {
		return err
	}
	for _, a := range []protection.Asset{
		{Unit: city, Kind: "device", Name: "网站应用防火墙（演示）", Maker: "某安全公司", Model: "W-2", Pieces: 2, Domestic: true, Proof: "certified", Certificate: "YS-2024-0001", Expires: today.AddDays(80)},
		{Unit: city, Kind: "product", Name: "网页防篡改系统（演示）", Maker: "某软件公司", Model: "T-1", Pieces: 1},
	} {
		if _, err := d.Protection.SaveAsset(ctx, scope, a, nil); err != nil {
			return err
		}
	}
	_, err = d.Protection.SaveHosting(ctx, scope, protection.Hosting{Unit: city, Of: of, Provider: "西安市政务云（演示）", ProviderNation: sx2021.Mainland, Form: "cloud", ServerNation: sx2021.Mainland,
		Location: "西安市政务数据中心", Contract: "YS-ZWY-01", From: today.AddDays(-200), Until: today.AddDays(165)}, nil)
	return err
}

// coordinate logs two meetings, a media contact, and a ledger shared with 网信.
func (d *province) coordinate(ctx context.Context) error {
	ctx, scope, err := d.scoped(ctx, "sheng", authz.CoordinationManage)
	if err != nil {
		return err
	}
	office, today := d.units[provinceOffice].ID, d.today()
	_, n, err := d.Coordination.Entries(ctx, scope, coordination.Filter{Unit: office})
	if err != nil || n > 0 {
		return err
	}
	for _, e := range []coordination.Entry{
		{Unit: office, Partner: "cyberspace", PartnerName: string(provinceCyber), Form: "meeting", Title: "政府网站安全工作协调会（演示）", On: today.AddDays(-25), Participants: "双方各 3 人", Says: "通报三季度漏洞整改情况，核对域名台账。", Result: "形成会议纪要。", FollowUp: "共享最新网站台账", FollowDue: today.AddDays(5)},
		{Unit: office, Partner: "convergence", PartnerName: "某市融媒体中心（演示）", Form: "joint", Title: "惠民政策联合发布（演示）", On: today.AddDays(-12), Participants: "双方各 2 人", Says: "商定同步发布时间和解读形式。", Result: "按期同步发布。"},
	} {
		if _, err := d.Coordination.Log(ctx, scope, e, nil); err != nil {
			return err
		}
	}
	if _, err := d.Coordination.SaveContact(ctx, scope, coordination.Contact{Unit: office, Organ: "某日报（演示）", Kind: "news", Person: "演示联系人", Post: "时政部", Phone: "029-00000030"}); err != nil {
		return err
	}
	_, err = d.Coordination.Give(ctx, scope, coordination.Share{Unit: office, To: d.units[provinceCyber].ID, List: "sites", State: registry.Running, Purpose: "核对网站底数（演示）"})
	return err
}

// spend enters the city's budget and half of a department's.
func (d *province) spend(ctx context.Context) error {
	ctx, scope, err := d.scoped(ctx, "shi", authz.RecordManage)
	if err != nil {
		return err
	}
	year := d.today().Year
	y, err := d.Budgets.Year(ctx, d.DB, scope, d.units[cityOffice].ID, year)
	if err != nil || len(y.Lines) > 0 {
		if fault.Is(err, fault.Invalid) {
			return nil // a clock outside the years that are kept
		}
		return err
	}
	line := func(c sx2021.BudgetClass, planned, approved, spent budget.Fen) budget.Line {
		return budget.Line{Class: c, Planned: planned * 10_000_00, Approved: approved * 10_000_00, Spent: spent * 10_000_00, Document: "市财函〔演示〕1号"}
	}
	if _, err := d.Budgets.Save(ctx, scope, y.Unit, year, []budget.Line{line(sx2021.BudgetSupervision, 60, 55, 41), line(sx2021.BudgetOperation, 220, 210, 173), line(sx2021.BudgetSecurity, 120, 120, 96), line(sx2021.BudgetTraining, 15, 12, 9)}, nil); err != nil {
		return err
	}
	_, err = d.Budgets.Save(ctx, scope, d.units[cityCommerce].ID, year, []budget.Line{line(sx2021.BudgetOperation, 18, 16, 11)}, nil)
	return err
}
