package demo

import (
	"context"
	"slices"
	"strings"

	"zhengshu/internal/appraisal"
	"zhengshu/internal/assessment"
	"zhengshu/internal/authz"
	"zhengshu/internal/blindtest"
	"zhengshu/internal/rules/packs"
)

// appraise holds one round of the last quarter from its sample to its published
// results, one of this quarter under way, and a blind test that has ended.
func (d *province) appraise(ctx context.Context) error {
	head, scope, err := d.scoped(ctx, "shi", authz.AppraisalManage)
	if err != nil {
		return err
	}
	if _, n, err := d.Rounds.Rounds(head, scope, appraisal.Filter{Limit: 1}); err != nil || n > 0 {
		return err
	}
	for _, step := range []func(context.Context, context.Context, authz.Scope) error{d.blindTest, d.lastRound, d.thisRound} {
		if err := step(ctx, head, scope); err != nil {
			return err
		}
	}
	return nil
}

func (d *province) openRound(head context.Context, scope authz.Scope, p assessment.Period) (appraisal.Round, []appraisal.Listed, error) {
	r, err := d.Rounds.Open(head, scope, appraisal.Opening{Unit: d.units[cityOffice].ID, Kind: "quarterly", Period: p.String(), Pack: assessment.PackID + "@1", Plan: appraisal.Plan{SiteShare: 100, AccountShare: 30}, Seed: "20261008"})
	if err != nil {
		return r, nil, err
	}
	if r, err = d.Rounds.Collect(head, scope, r.ID); err != nil {
		return r, nil, err
	}
	list, _, err := d.Rounds.Objects(head, scope, authz.SessionFrom(head), r.ID, appraisal.ObjectFilter{Limit: 1000})
	return r, list, err
}

// lastRound is published and open to everybody: the district appealed against two lines, one upheld.
func (d *province) lastRound(ctx, head context.Context, scope authz.Scope) error {
	r, list, err := d.openRound(head, scope, assessment.QuarterOf(d.today()).Before())
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(o appraisal.Listed) bool { return o.Kind == "site" && o.Of == string(d.sites["yanta"].ID) })
	if i < 0 {
		return nil // the district's portal is no longer run
	}
	yanta := list[i].Object
	kept := func(id string) appraisal.Entry { return appraisal.Entry{Indicator: id, Outcome: packs.Kept} }
	for _, o := range list {
		if o.Kind != "site" {
			continue
		}
		first := []appraisal.Entry{kept("V-W-1.2"), kept("V-W-1.4"), kept("V-W-1.6"), kept("V-W-5.1")}
		if o.Class == packs.PortalSite {
			first = append(first, kept("D-01"), kept("D-02"), kept("D-03"), kept("D-08"))
		}
		if o.ID == yanta.ID {
			first = append(first, appraisal.Entry{Indicator: "D-06", Outcome: packs.Violated, Hits: 2, Says: "两件关注度较高的政策没有解读（演示）"}, appraisal.Entry{Indicator: "D-15", Outcome: packs.Violated, Hits: 1, Says: "公开的留言没有写明答复单位（演示）"})
		}
		for login, entries := range map[string][]appraisal.Entry{"xundu": first, "shi": first[:4]} {
			judge, session, err := d.as(ctx, login)
			if err != nil {
				return err
			}
			if _, err := d.Rounds.Judge(judge, session.ScopeFor(authz.AppraisalJudge), session, r.ID, o.ID, entries, nil); err != nil {
				return err
			}
		}
	}
	if r, err = d.Rounds.Freeze(head, scope, r.ID, true); err != nil {
		return err
	}
	if r, err = d.Rounds.OpenAppeals(head, scope, r.ID); err != nil {
		return err
	}
	unit, own, err := d.scoped(ctx, "xian", authz.AppraisalAppeal)
	if err != nil {
		return err
	}
	answer, answering, err := d.scoped(ctx, "sheng", authz.AppraisalManage)
	if err != nil {
		return err
	}
	for _, a := range []struct {
		indicator, reason string
		says              appraisal.Answering
	}{
		{"D-06", "其中一件政策已在部门网站解读，并与原文相互链接。（演示）", appraisal.Answering{Upheld: true, Says: "经核对，一件已经解读，更正为一处。（演示）", Entry: appraisal.Entry{Outcome: packs.Violated, Hits: 1}}},
		{"D-15", "答复单位写在答复正文末尾。（演示）", appraisal.Answering{Says: "公开页面没有单列答复单位，维持原评判。（演示）"}},
	} {
		raised, err := d.Rounds.Raise(unit, own, yanta.ID, a.indicator, a.reason, nil)
		if err != nil {
			return err
		}
		if err := d.Rounds.Answer(answer, answering, raised.ID, a.says); err != nil {
			return err
		}
	}
	// The other units have nothing to object.
	for _, o := range list {
		if o.ID != yanta.ID {
			if err := d.Rounds.Accept(head, authz.System("demo"), o.ID); err != nil {
				return err
			}
		}
	}
	if _, err = d.Rounds.Decide(head, scope, r.ID); err != nil {
		return err
	}
	if _, err = d.Rounds.Publish(head, scope, r.ID); err != nil {
		return err
	}
	_, err = d.Rounds.Show(head, scope, r.ID, true)
	return err
}

// thisRound is under way, with one sheet of one judge.
func (d *province) thisRound(ctx, head context.Context, scope authz.Scope) error {
	r, list, err := d.openRound(head, scope, assessment.QuarterOf(d.today()))
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(o appraisal.Listed) bool { return o.Class == packs.PortalSite })
	if i < 0 {
		return nil
	}
	judge, session, err := d.as(ctx, "xundu")
	if err != nil {
		return err
	}
	_, err = d.Rounds.Judge(judge, session.ScopeFor(authz.AppraisalJudge), session, r.ID, list[i].ID, []appraisal.Entry{{Indicator: "V-W-1.4", Outcome: packs.Kept}, {Indicator: "D-03", Outcome: packs.Violated, Hits: 1, Says: "一位领导的分工没有更新（演示）"}}, nil)
	return err
}

// blindTest is a campaign by hand that has ended: no letter leaves the demo.
func (d *province) blindTest(ctx, head context.Context, scope authz.Scope) error {
	c, err := d.BlindTests.Plan(head, scope, blindtest.Planning{Unit: d.units[cityOffice].ID, Period: assessment.QuarterOf(d.today()).Before().String(), Share: 100, Each: 1, Personas: "王平 15500000201\n李安 15500000202\n陈同 15500000203", Seed: "20261008"})
	if err != nil {
		return err
	}
	if _, err := d.BlindTests.Start(head, scope, c.ID); err != nil {
		return err
	}
	_, list, _, err := d.BlindTests.Sheet(head, scope, c.ID)
	if err != nil {
		return err
	}
	for n, l := range list {
		if l.Way == "hosted" || n%7 == 6 {
			if err := d.BlindTests.MakeVoid(head, scope, l.ID, "写信页面故障，当日无法提交（演示）"); err != nil {
				return err
			}
			continue
		}
		if err := d.BlindTests.RecordSent(head, scope, l.ID, d.today(), "YS"+strings.TrimPrefix(l.TextID, "T"), "网站写信页面（演示）"); err != nil {
			return err
		}
		text := "您好，请携带身份证原件到政务服务大厅相应窗口办理，材料清单可以在大厅公告栏查看。（演示）"
		off := n%5 == 4
		if off {
			text = "您好，您的来信已收到，感谢您对我们工作的关注和支持。（演示）"
		}
		if err := d.BlindTests.RecordAnswer(head, scope, l.ID, d.today(), text); err != nil {
			return err
		}
		for _, login := range []string{"xundu", "sheng"} {
			marker, marks, err := d.scoped(ctx, login, authz.AppraisalJudge)
			if err != nil {
				return err
			}
			says := ""
			if off {
				says = "没有回答问题（演示）"
			}
			if err := d.BlindTests.Give(marker, marks, l.ID, !off, !off, says); err != nil {
				return err
			}
		}
	}
	_, err = d.BlindTests.Close(head, scope, c.ID)
	return err
}
