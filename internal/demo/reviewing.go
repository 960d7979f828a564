package demo

import (
	"context"
	"errors"
	"fmt"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/rules/sx2021"
)

// Items that show what a review is besides passing on.
const (
	consulted = "关于举办金秋消费季活动的通知（演示）"
	remarked  = "市博物馆延长开放时间（演示）"
	emergency = "关于做好强降雨天气安全防范的紧急通知（演示）"
	batched   = "便民信息（演示）"
	packed    = "西安市公共数据管理若干措施及解读（演示）"
)

// reviewing leaves items at the stations of a review: one that waits for
// another unit's opinion, one that came back with suggestions in the text, one
// that went out by the emergency lane, a few for a batch, and a package. Each
// part looks at what stands there already.
func (d *province) reviewing(ctx context.Context) error {
	for _, part := range []struct {
		name string
		do   func(context.Context) error
	}{{"consult", d.consulting}, {"remark", d.remarking}, {"emergency", d.hurry}, {"batch", d.queue}, {"package", d.bundle}} {
		if err := part.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	return nil
}

// draft is the demo's item of a title, written when there is none.
func (d *province) draft(ctx context.Context, column, title, text string, change func(*library.Writing)) (library.Item, bool, error) {
	author, scope, err := d.scoped(ctx, "shibian", authz.ItemWrite)
	if err != nil {
		return library.Item{}, false, err
	}
	site := d.sites["xian"]
	found, _, err := d.Library.Items(author, scope, library.Filter{Text: title, Unit: site.Unit})
	if err != nil || len(found) > 0 {
		return firstOf(found), false, err
	}
	w, err := d.writing(ctx, site, written{column: column, title: title}, text)
	if err != nil {
		return library.Item{}, false, err
	}
	if change != nil {
		change(&w)
	}
	it, err := d.Library.Create(author, scope, w)
	return it, true, err
}

func firstOf(list []library.Item) library.Item {
	if len(list) == 0 {
		return library.Item{}
	}
	return list[0]
}

func (d *province) forward(ctx context.Context, it library.Item, n library.Submission) (library.Item, error) {
	author, scope, err := d.scoped(ctx, "shibian", authz.ItemWrite)
	if err != nil {
		return it, err
	}
	n.Version = it.Version
	return d.Library.Submit(author, scope, it.ID, n)
}

func (d *province) first(ctx context.Context, it library.Item, act, opinion string) (library.Item, error) {
	reviewer, scope, err := d.scoped(ctx, "shichu", authz.ItemFirstReview)
	if err != nil {
		return it, err
	}
	return d.Library.Review(reviewer, scope, it.ID, library.Decision{Round: it.Round, Stage: it.Stage, Act: act, Opinion: opinion})
}

func (d *province) consulting(ctx context.Context) error {
	it, _, err := d.draft(ctx, "notices", consulted, "金秋消费季活动自下月起举办，为期三十天。\n\n活动期间由市商务局发放消费券，具体办法另行公布。", func(w *library.Writing) { w.Involves = "西安市商务局" })
	if err != nil {
		return err
	}
	if it.State == library.Draft {
		if it, err = d.forward(ctx, it, library.Submission{}); err != nil {
			return err
		}
	}
	if it.State != library.InReview || it.Stage != string(sx2021.FirstReview) {
		return nil
	}
	author, scope, err := d.scoped(ctx, "shibian", authz.ItemWrite)
	if err != nil {
		return err
	}
	have, err := d.Library.FactChecks(author, scope, it.ID)
	if err != nil {
		return err
	}
	if len(have) == 0 {
		_, token, err := d.Library.AskFact(author, scope, it.ID, it.Version, "活动承办单位 孙经理", "活动起止时间是否准确？")
		if err != nil {
			return err
		}
		if err := d.Library.AnswerFact(audit.Citizen(ctx), token, "demo", library.FactAnswer{Verdict: "correct", Name: "孙经理", Unit: "活动承办单位"}); err != nil {
			return err
		}
	}
	_, err = d.first(ctx, it, library.Pass, "同意")
	return err
}

func (d *province) remarking(ctx context.Context) error {
	it, _, err := d.draft(ctx, "news", remarked, "市博物馆自本周起延长开放时间，每日开放至晚上九点。\n\n请广大市民朋友们踊跃前往参观，届时将有精彩的讲解。", nil)
	if err != nil {
		return err
	}
	if it.State == library.Draft {
		if it, err = d.forward(ctx, it, library.Submission{}); err != nil {
			return err
		}
	}
	if it.State != library.InReview {
		return nil
	}
	reviewer, scope, err := d.scoped(ctx, "shichu", authz.ItemFirstReview)
	if err != nil {
		return err
	}
	have, err := d.Library.Comments(reviewer, scope, it.ID)
	if err != nil {
		return err
	}
	for i, n := range []library.Remarking{
		{Block: 0, Quote: "本周起", Suggests: true, Suggestion: "11月1日起", Says: "写明日期"},
		{Block: 1, Quote: "广大市民朋友们踊跃前往参观", Suggests: true, Suggestion: "市民有序参观"},
		{Block: 1, Quote: "精彩的讲解", Says: "写明讲解的场次和预约办法"},
	} {
		if i < len(have) {
			continue
		}
		n.Round = it.Round
		if _, err := d.Library.Comment(reviewer, scope, it.ID, n); err != nil {
			return err
		}
	}
	_, err = d.first(ctx, it, library.Return, "请按批注修改，文字再精炼一些。")
	return err
}

func (d *province) hurry(ctx context.Context) error {
	it, _, err := d.draft(ctx, "notices", emergency, "预计今晚到明天有强降雨，请各单位立即检查低洼地段和在建工地，做好人员转移准备。", nil)
	if err != nil {
		return err
	}
	if it.State == library.Draft {
		if it, err = d.forward(ctx, it, library.Submission{Emergency: "市气象台发布暴雨红色预警，须立即告知公众"}); err != nil {
			return err
		}
	}
	if it.State != library.InReview {
		return nil
	}
	if err := d.stamp(ctx, it, true); err != nil {
		return err
	}
	reviewer, scope, err := d.scoped(ctx, "shizhong", authz.ItemFinalReview)
	if err != nil {
		return err
	}
	_, err = d.Library.Review(reviewer, scope, it.ID, library.Decision{Round: it.Round, Stage: it.Stage, Act: library.Pass, Opinion: "情况紧急，同意立即发布",
		Declarations: sx2021.Declarations{InDuty: true, SourceKnown: true, NothingSensitive: true, NothingSecret: true, NoOpinion: true, NoAdvertising: true}})
	return err
}

func (d *province) queue(ctx context.Context) error {
	for _, n := range []struct{ title, text string }{{"社区食堂增加早餐供应", "三个社区食堂自本月起供应早餐。"}, {"公园步道维修完工", "城市公园步道维修完工，已恢复通行。"}} {
		it, _, err := d.draft(ctx, "news", n.title+"："+batched, n.text, nil)
		if err != nil {
			return err
		}
		if it.State == library.Draft {
			if _, err := d.forward(ctx, it, library.Submission{}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *province) bundle(ctx context.Context) error {
	author, scope, err := d.scoped(ctx, "shibian", authz.ItemWrite)
	if err != nil {
		return err
	}
	policy, _, err := d.draft(ctx, "policies", "西安市公共数据管理若干措施（演示）", "一、建立公共数据目录。\n\n二、各部门每季度更新一次目录。", func(w *library.Writing) {
		w.Type, w.DocNo, w.Issuer = library.Policy, "市政办发〔2026〕8号", "西安市人民政府办公厅"
	})
	if fault.Is(err, fault.NotFound) {
		return errors.New("the demo's portal has no column of policies")
	}
	if err != nil {
		return err
	}
	var ids []library.ItemID
	ids = append(ids, policy.ID)
	for _, n := range []struct{ form, title string }{{"文字", "《公共数据管理若干措施》解读（演示）"}, {"图解", "一图读懂公共数据管理若干措施（演示）"}} {
		it, fresh, err := d.draft(ctx, "interpretation", n.title, "这份措施规定了公共数据目录怎样建立、多久更新一次。", func(w *library.Writing) { w.Type = library.Interpretation })
		if err != nil {
			return err
		}
		if fresh {
			if err := d.Library.LinkInterpretation(author, scope, policy.ID, it.ID, n.form); err != nil {
				return err
			}
		}
		ids = append(ids, it.ID)
	}
	k, bound, err := d.Library.PackageOf(author, scope, policy.ID)
	if err != nil {
		return err
	}
	if !bound {
		if policy.State != library.Draft {
			return nil
		}
		if k, err = d.Library.Bundle(author, scope, packed, ids); err != nil {
			return err
		}
	}
	if state, _ := k.State(); state == library.Draft {
		_, err = d.Library.SubmitPackage(author, scope, k.ID, "", "")
	}
	return err
}
