package demo

import (
	"bytes"
	"context"
	"fmt"

	"zhengshu/internal/approval"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/lifecycle"
	"zhengshu/internal/official"
	"zhengshu/internal/registry"
)

// courses shows accounts in the midst of their lifecycles: one taken off by an
// outage and not yet reported, one whose pause climbs, one being merged into its
// unit's main account.
func (d *province) courses(ctx context.Context) error {
	commerce, fresh, err := d.ownAccount(ctx, "bumen", cityCommerce, "weibo", "西安商务（演示）")
	if err != nil {
		return err
	}
	if fresh {
		if _, err := d.matter(ctx, "bumen", lifecycle.EmergencyMatter, commerce, map[string]string{"emergency": "force_majeure", "began": calendar.DateOf(d.DB.Now()).String(), "cause": "办公区停电，平台无法登录（演示）。"}); err != nil {
			return err
		}
	}
	justice, fresh, err := d.ownAccount(ctx, "sifa", cityJustice, "weibo", "西安司法（演示）")
	if err != nil {
		return err
	}
	if fresh {
		today := calendar.DateOf(d.DB.Now())
		if _, err := d.matter(ctx, "sifa", lifecycle.OfflineMatter, justice, map[string]string{"from": today.AddDays(10).String(), "until": today.AddDays(25).String(),
			"cause": "更换运维单位，整改发布流程（演示）。", "instead": "暂停期间请到市政府门户网站咨询。", "contact": "程正言", "phone": "029-00000011"}); err != nil {
			return err
		}
	}
	main, _, err := d.ownAccount(ctx, "renshe", cityLabour, "wechat", "西安人社（演示）")
	if err != nil {
		return err
	}
	small, fresh, err := d.ownAccount(ctx, "renshe", cityLabour, "weibo", "西安人社（演示）")
	if err != nil || !fresh {
		return err
	}
	got, err := d.matter(ctx, "renshe", lifecycle.MergeMatter, small, map[string]string{"into": main.ID, "detail": "关注少、与公众号内容重复，按集约化要求整合（演示）。", "destination": "历史内容归档，今后在公众号发布。",
		"contact": "宁致远", "phone": "029-00000012"})
	if err != nil {
		return err
	}
	return d.agree(ctx, got.Case.ID)
}

// agree has city and province agree to an application.
func (d *province) agree(ctx context.Context, id approval.CaseID) error {
	for _, n := range []struct {
		login string
		say   approval.Decision
	}{{"shi", approval.Decision{Act: "pass", Opinion: "情况属实，同意上报。", StepNo: 1}}, {"sheng", approval.Decision{Act: "approve", Opinion: "同意。", StepNo: 2}}} {
		ctx, scope, err := d.scoped(ctx, n.login, authz.CaseDecide)
		if err != nil {
			return err
		}
		if _, err := d.Approvals.Decide(ctx, scope, id, n.say); err != nil {
			return err
		}
	}
	return nil
}

// ownAccount is a unit's account, entered when it is not there yet.
func (d *province) ownAccount(ctx context.Context, who string, unit place, platform, name string) (registry.Ref, bool, error) {
	ctx, scope, err := d.scoped(ctx, who, authz.RegistryManage)
	if err != nil {
		return registry.Ref{}, false, err
	}
	u, err := d.unit(ctx, d.DB, d.Services, unit)
	if err != nil {
		return registry.Ref{}, false, err
	}
	list, err := d.Registry.AccountsOf(ctx, d.DB, scope, u.ID)
	if err != nil {
		return registry.Ref{}, false, err
	}
	for _, a := range list {
		if a.Platform == platform && a.Name == name {
			return a.Ref(), false, nil
		}
	}
	var a registry.Account
	err = d.DB.Update(ctx, func(tx *db.Tx) error {
		var err error
		a, err = d.Registry.EnterAccount(ctx, tx, scope, registry.Account{Unit: u.ID, Platform: platform, Name: name, URL: "https://" + platform + ".example/" + who, VerifiedAs: string(unit), Source: "演示"},
			registry.Why{Says: "存量登记（演示）", Source: registry.ByPerson})
		return err
	})
	return a.Ref(), true, err
}

// matter asks for, or does, a matter as a person.
func (d *province) matter(ctx context.Context, who, id string, ref registry.Ref, values map[string]string) (lifecycle.Receipt, error) {
	ctx, scope, err := d.scoped(ctx, who, authz.LaunchManage)
	if err != nil {
		return lifecycle.Receipt{}, err
	}
	a := lifecycle.Application{Matter: id, Object: ref, Values: values}
	var papers []approval.Upload
	if m, ok := d.Lifecycle.Matter(id); ok && m.Way != lifecycle.AtOnce {
		a.Principal, a.ByPrincipal, a.ConsentOn = "演示负责人", true, calendar.DateOf(d.DB.Now())
		paper := official.Document{Title: "关于" + m.Name + "的意见（演示）", Dated: a.ConsentOn.Chinese()}
		paper.Paragraph("经研究，同意提出申请。主要负责同志（签字）：演示签字")
		var page bytes.Buffer
		if _, err := paper.WriteTo(&page); err != nil {
			return lifecycle.Receipt{}, err
		}
		papers = append(papers, approval.Upload{Kind: lifecycle.ConsentFile, Field: "consent", Name: "主要负责同志签字页（演示）.docx", Content: &page})
	}
	got, err := d.Lifecycle.Apply(ctx, scope, a, papers)
	if err != nil {
		return got, fmt.Errorf("%s by %s: %w", id, who, err)
	}
	return got, nil
}
