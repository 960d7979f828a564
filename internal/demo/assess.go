package demo

import (
	"context"
	"fmt"

	"zhengshu/internal/assessment"
	"zhengshu/internal/authz"
	"zhengshu/internal/rules/packs"
)

// draftPack has one person at the province's office draft the next version of
// the indicators, a stricter threshold and two special checks, and lay it before
// another: whoever signs in as that office may try it on the past, agree and
// adopt.
func (d *province) draftPack(ctx context.Context) error {
	ctx, scope, err := d.scoped(ctx, "kaohe", authz.PackDraft)
	if err != nil {
		return err
	}
	have, err := d.Assessment.Versions(ctx, d.DB, scope)
	if err != nil || len(have) > 0 {
		return err
	}
	next := assessment.QuarterOf(d.today()).Next()
	v, err := d.Assessment.Draft(ctx, scope, d.units[provinceOffice].ID, assessment.PackID, 1, next.First(), "下季度空白栏目从严掌握，增加两项专项检查（演示）")
	if err != nil {
		return err
	}
	v, err = d.Assessment.Change(ctx, scope, v.ID, v.Revision, "下季度调整", func(p *packs.Pack) error {
		for i := range p.Indicators {
			if p.Indicators[i].ID == "V-W-4.3" {
				p.Indicators[i].Threshold = packs.Value{N: 400, Mark: packs.OnePage, Source: "演示文件"}
				p.Indicators[i].Warn = packs.Value{N: 200, Mark: packs.Derived}
			}
		}
		for n, x := range []struct{ name, says string }{{"新版国徽图案", "页面使用的国徽图案是新版标准图案"}, {"重点推荐信息转发", "省政府门户网站重点推荐的信息在规定时间内转发"}} {
			p.Special = append(p.Special, packs.Indicator{ID: fmt.Sprintf("S-%dQ%d-%d", next.First().Year, (int(next.First().Month)+2)/3, n+1), Name: x.name, Group: "专项检查", Says: x.says, Kind: packs.Special, AppliesTo: []string{"website"}, Auto: packs.Manual, Mark: packs.OnePage, Source: "演示文件"})
		}
		return nil
	})
	if err != nil {
		return err
	}
	return d.Assessment.Submit(ctx, scope, v.ID)
}
