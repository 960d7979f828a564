package demo

import (
	"context"
	"fmt"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/letters"
	"zhengshu/internal/registry"
)

// letter is one invented letter and how far it has come.
type letter struct {
	site, name, phone string
	kind              letters.Type
	title, body       string
	consent           bool
	// handler drafts, at the office unless the letter is given to a bureau.
	handler string
	answer  string
	// says is the advice of a redirected letter, the reason of a refused one.
	says string
	want string
}

var mail = []letter{
	{site: "xian", name: "王秋实", phone: "15500000101", kind: letters.Consult, title: "社区助餐点周末是否营业", body: "请问社区老年助餐点周末和节假日是否正常营业，需要提前多久预约送餐？", consent: true,
		handler: "shibian", answer: "您好。社区老年助餐点周末正常营业，法定节假日由社区提前三天公告安排。送餐请于前一天下午五点前向助餐点预约。感谢您的关注。", want: letters.Published},
	{site: "xian", name: "李春和", phone: "15500000102", kind: letters.Suggest, title: "建议公园增设直饮水点", body: "城市公园晚间锻炼的人很多，建议在主要出入口增设直饮水点，并定期公布水质检测结果。", consent: true,
		handler: "shibian", answer: "您好。您的建议已转公园管理单位研究，首批直饮水点的选址将在公园公告栏公示，水质检测结果按月公布。感谢您的建议。", want: letters.Published},
	{site: "xian", name: "张一诺", phone: "15500000103", kind: letters.Help, title: "新店备案材料在哪里下载", body: "准备开办一家小商店，想了解需要向商务部门备案的材料清单和表格下载地址。", consent: true,
		handler: "bumen", answer: "您好。备案材料清单和表格可以在市政务服务网的办事指南中下载，也可以到就近的便民服务中心领取。如有疑问，可以拨打政务服务热线咨询。", want: letters.Published},
	{site: "xian", name: "陈雨桐", phone: "15500000104", kind: letters.Consult, title: "图书馆流动书车的行程", body: "想知道本月流动书车到我们社区的具体日期，在哪里可以查到完整的行程表？", consent: true,
		handler: "shibian", answer: "您好。本月流动书车的行程表已在社区公告栏和市图书馆网站公布，您可以按社区名称查询。", want: letters.Drafted},
	{site: "xian", name: "刘明远", phone: "15500000105", kind: letters.Complain, title: "道路施工绕行标志不清楚", body: "施工路段夜间绕行标志不够明显，容易走错路口，希望增加反光标志和照明。", consent: true,
		handler: "shibian", want: letters.Assigned},
	{site: "xian", name: "赵思齐", phone: "15500000106", kind: letters.Suggest, title: "建议公交站牌加大字号", body: "老人看不清公交站牌上的线路信息，建议分批更换为大字版站牌，并标明无障碍车辆班次。", consent: false, want: letters.Submitted},
	{site: "xian", name: "孙若谷", phone: "15500000107", kind: letters.Other, title: "对一审判决不服应该找哪里", body: "我的一件民事案件一审已经判决，我对判决结果不服，希望政府网站帮助协调改判。", consent: false,
		says: "对人民法院判决不服的，应在上诉期内向上一级人民法院提起上诉，政府网站不受理诉讼事项。", want: letters.Redirected},
	{site: "xian", name: "周乐天", phone: "15500000108", kind: letters.Other, title: "促销活动宣传稿请代为发布", body: "本店周年庆全场优惠，请在政府网站首页发布本店促销活动的宣传稿和购买链接。", consent: false,
		says: "来信内容为商业广告，不属于政府网站受理范围。", want: letters.Invalid},
	{site: "shaanxi", name: "吴清和", phone: "15500000109", kind: letters.Consult, title: "政务服务中心周六办理哪些事项", body: "想了解省政务服务中心周六上午延时服务可以办理哪些事项，是否需要提前预约。", consent: true,
		handler: "shengbian", answer: "您好。周六上午延时服务的办理事项清单在服务大厅公示，现场取号即可办理，不需要预约。", want: letters.Published},
	{site: "shaanxi", name: "郑佳音", phone: "15500000110", kind: letters.Report, title: "网站一处电话号码打不通", body: "办事指南页面上公布的咨询电话多次拨打无人接听，希望核对后更新。", consent: true, want: letters.Submitted},
}

// takeForms opens the letter forms early: a form counts only when it has been
// open for a while.
func (d *province) takeForms(context.Context) error {
	desk := letters.NewDesk(d.Letters)
	d.formsAt = d.DB.Now()
	for _, l := range mail {
		d.forms = append(d.forms, desk.FormToken(d.sites[l.site].ID))
	}
	return nil
}

// write sends the letters and has them handled as far as each shall go.
func (d *province) write(ctx context.Context) error {
	for i, l := range mail {
		if err := d.send(ctx, i, l); err != nil {
			return fmt.Errorf("%s: %w", l.title, err)
		}
		for range 8 {
			done, err := d.handle(ctx, l)
			if err != nil {
				return fmt.Errorf("%s: %w", l.title, err)
			}
			if done {
				break
			}
		}
	}
	return nil
}

// clerks are those who answer the letters of a site, by its short name: who
// screens and who reviews.
var clerks = map[string][2]string{"xian": {"shibian", "shizhong"}, "shaanxi": {"shengbian", "shengzhong"}}

func (d *province) send(ctx context.Context, i int, l letter) error {
	if _, ok, err := d.sent(ctx, l); err != nil || ok {
		return err
	}
	// The token tells whole seconds.
	if left := letters.MinFill - d.DB.Now().Sub(d.formsAt.Truncate(time.Second)); left > 0 {
		select {
		case <-time.After(left):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	_, err := letters.NewDesk(d.Letters).Receive(ctx, d.sites[l.site].ID, letters.Submission{
		Type: l.kind, Title: l.title, Body: l.body, Name: l.name, Phone: l.phone, Consent: l.consent, Token: d.forms[i],
		// Addresses of the range for documentation (RFC 5737): nobody's.
		Address: fmt.Sprintf("192.0.2.%d", i+1),
	})
	return err
}

// sent is the letter of that title at its site.
func (d *province) sent(ctx context.Context, l letter) (letters.Letter, bool, error) {
	ctx, scope, err := d.scoped(ctx, clerks[l.site][0], authz.LetterScreen)
	if err != nil {
		return letters.Letter{}, false, err
	}
	list, _, err := d.Letters.Letters(ctx, scope, letters.Filter{Site: registry.SiteID(d.sites[l.site].ID), Limit: 100})
	for _, n := range list {
		if n.Title == l.title {
			return n, true, err
		}
	}
	return letters.Letter{}, false, err
}

// handle does the next act on the letter; its state says which.
func (d *province) handle(ctx context.Context, l letter) (done bool, err error) {
	now, ok, err := d.sent(ctx, l)
	if err != nil {
		return false, err
	}
	if !ok {
		return false, fmt.Errorf("the letter is not found by its title")
	}
	if now.State == l.want {
		return true, nil
	}
	screener, reviewer := clerks[l.site][0], clerks[l.site][1]
	switch now.State {
	case letters.Submitted:
		ctx, scope, err := d.scoped(ctx, screener, authz.LetterScreen)
		if err != nil {
			return false, err
		}
		switch l.want {
		case letters.Redirected:
			_, err = d.Letters.Redirect(ctx, scope, now.ID, l.says)
		case letters.Invalid:
			_, err = d.Letters.ProposeInvalid(ctx, scope, now.ID, l.says)
		default:
			_, err = d.Letters.Accept(ctx, scope, now.ID)
		}
		return false, err
	case letters.Accepted:
		ctx, scope, err := d.scoped(ctx, screener, authz.LetterScreen)
		if err != nil {
			return false, err
		}
		who := d.persons[l.handler]
		_, err = d.Letters.Assign(ctx, scope, now.ID, who.Unit, who.ID)
		return false, err
	case letters.Assigned:
		ctx, scope, err := d.scoped(ctx, l.handler, authz.LetterAnswer)
		if err != nil {
			return false, err
		}
		_, err = d.Letters.Write(ctx, scope, now.ID, letters.Draft{Answer: l.answer})
		return false, err
	}
	ctx, scope, err := d.scoped(ctx, reviewer, authz.LetterReview)
	if err != nil {
		return false, err
	}
	switch now.State {
	case letters.InvalidProposed:
		_, err = d.Letters.DecideInvalid(ctx, scope, now.ID, true)
	case letters.Drafted:
		rounds, err := d.Letters.Answers(ctx, scope, now.ID)
		if err != nil {
			return false, err
		}
		_, err = d.Letters.Review(ctx, scope, now.ID, letters.Verdict{Pass: true, SHA256: rounds[0].SHA256})
		return false, err
	case letters.Answered:
		_, err = d.Letters.Publish(ctx, scope, now.ID)
	default:
		err = fmt.Errorf("stands at %s, not on the way to %s", now.StateName(), l.want)
	}
	return false, err
}
