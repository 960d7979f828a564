package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/prose"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// spare is the number of the move-in that is approved and has no list yet: the
// next list imported into the provincial portal comes live under it.
const spare = "演示迁入-shaanxi-2"

// moveIn brings the written pieces live, column by column: each column has its
// own list and so its own approved case.
func (d *province) moveIn(ctx context.Context) error {
	for _, h := range hosted {
		site := d.sites[h.site.Slug]
		list, err := pieces(site.Slug, d.DB.Now())
		if err != nil {
			return err
		}
		lists := map[string]*bytes.Buffer{}
		for _, p := range list {
			if lists[p.column] == nil {
				lists[p.column] = &bytes.Buffer{}
			}
			row := map[string]any{"important": p.kind == string(library.Policy), "ref": p.ref, "type": p.kind, "title": p.title, p.form(): p.body(), "source": p.source, "issuer": p.issuer, "doc_no": p.doc,
				"published": p.published.In(calendar.Shanghai).Format("2006-01-02 15:04")}
			doc, err := d.pictured(ctx, site.Slug, p)
			if err != nil {
				return fmt.Errorf("%s: %w", p.ref, err)
			}
			if doc != nil {
				delete(row, p.form())
				row["doc"] = doc
			}
			if p.kind == string(library.News) {
				row["summary"] = firstSentence(p.text)
			}
			if p.doc != "" {
				row["written"] = calendar.DateOf(p.published).String()
				row["index_no"] = "演示" + strings.TrimPrefix(p.ref, "demo")
			}
			if err := json.NewEncoder(lists[p.column]).Encode(row); err != nil {
				return err
			}
		}
		for _, c := range portalColumns {
			if lists[c.Slug] == nil {
				continue
			}
			if err := d.moveColumn(ctx, h.keeper, site, c.Slug, lists[c.Slug].Bytes()); err != nil {
				return fmt.Errorf("%s/%s: %w", site.Slug, c.Slug, err)
			}
		}
	}
	return d.admit(ctx, "shengbian", d.sites["shaanxi"], spare)
}

// firstSentence is what a list says of a text.
func firstSentence(text string) string {
	s, _, ok := strings.Cut(text, "。")
	if ok {
		s += "。"
	}
	return strings.TrimSpace(s)
}

func (d *province) moveColumn(ctx context.Context, keeper string, site registry.Site, slug string, list []byte) error {
	number := "演示迁入-" + site.Slug + "-" + slug
	column, err := d.Registry.ColumnBySlug(ctx, d.DB, authz.System("demo"), site.ID, slug)
	if err != nil {
		return err
	}
	n, err := d.Library.LiveIn(ctx, d.DB, column.ID)
	if err != nil || n > 0 { // a list comes in within one transaction
		return err
	}
	if err := d.admit(ctx, keeper, site, number); err != nil {
		return err
	}
	ctx, scope, err := d.scoped(ctx, keeper, authz.ItemWrite)
	if err != nil {
		return err
	}
	rep, err := d.Library.ImportItems(ctx, scope, bytes.NewReader(list), library.ImportOptions{Publish: &library.Target{Site: site.ID, Column: column.ID, Case: number}})
	return whole(number, rep, err)
}

// admit records an approved move-in, once.
func (d *province) admit(ctx context.Context, keeper string, site registry.Site, number string) error {
	ctx, scope, err := d.scoped(ctx, keeper, authz.ItemWrite)
	if err != nil {
		return err
	}
	err = d.DB.Update(ctx, func(tx *db.Tx) error {
		_, err := d.Library.AdmitMoveIn(ctx, tx, scope, library.MoveIn{Site: site.ID, Number: number, Dated: calendar.DateOf(tx.Now())})
		return err
	})
	if fault.Is(err, fault.Conflict) {
		return nil
	}
	return err
}

// link ties interpretations to their policy files (Article 14(3)).
func (d *province) link(ctx context.Context) error {
	for _, h := range hosted {
		ctx, scope, err := d.scoped(ctx, h.keeper, authz.ItemWrite)
		if err != nil {
			return err
		}
		list, err := pieces(h.site.Slug, d.DB.Now())
		if err != nil {
			return err
		}
		items := map[string]library.Item{}
		for _, t := range []library.Type{library.Policy, library.Interpretation} {
			found, _, err := d.Library.Items(ctx, scope, library.Filter{Type: t, Unit: d.units[h.sponsor].ID, Limit: 100})
			if err != nil {
				return err
			}
			for _, i := range found {
				items[i.Ref] = i
			}
		}
		for _, p := range list {
			if p.of == "" {
				continue
			}
			for _, policy := range list {
				if policy.kind != "policy" || !strings.Contains(policy.title, p.of) {
					continue
				}
				form := "文字"
				if strings.Contains(p.title, "图") {
					form = "图解"
				}
				linked, err := d.Library.Linked(ctx, d.DB, items[p.ref].ID)
				if err != nil {
					return err
				}
				if len(linked) > 0 {
					continue
				}
				if err := d.Library.LinkInterpretation(ctx, scope, items[policy.ref].ID, items[p.ref].ID, form); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// written is an item that goes through review at the city's portal.
type written struct {
	column, title, text, mended string
	returned                    string // what the first reviewer said in the first round
	want                        string // where it shall stand: a state, or a stage of the review
	terms                       string // 有条件共享: the condition
	kind                        library.Type
	answers                     library.Answers
	openness                    library.Openness
	with                        []string      // files of the media library that it shows
	language, of                string        // of a text in another language, and the title of the Chinese one it renders
	later                       time.Duration // becomes public then, counted from the first start
}

var drafts = []written{
	{column: "notices", title: "关于元旦假期办事窗口安排的通知（演示）", text: "元旦假期政务服务大厅留有值班窗口。\n\n受理时间为每天9:00至12:00，咨询电话照常接听。", want: library.Approved, later: 5*24*time.Hour + 40*time.Minute},
	{column: "news", title: "图集：城区的清晨、午后和夜晚（演示）", text: "一天里的四个时刻，画面均为演示绘图。", want: library.Approved, kind: library.Pictures,
		answers: library.Answers{"photographer": "演示绘图", "place": "西安市城区"}, with: []string{"街区清晨（演示）.jpg", "公园远山（演示）.jpg", hallPicture, "城市夜色（演示）.jpg"}},
	{column: "news", title: "网传“下月起停止使用旧版公交卡”不实（演示）", text: "近日有信息称下月起停止使用旧版公交卡。经核实，这一说法不实。\n\n旧版公交卡可以继续使用，补登和换卡在各公交服务点免费办理。", want: library.Approved,
		kind: library.Rebuttal, answers: library.Answers{"rumour": "下月起停止使用旧版公交卡，余额作废。", "fact": "旧版公交卡继续使用，余额有效；换卡自愿、免费。", "verified_by": "市交通运输局（演示）", "seen_at": "网络群组转发信息"}},
	{column: "institution", title: "西安市政务公开办公室（演示）", text: "负责推进、指导、协调、监督全市政务公开工作。", want: library.Approved,
		kind: library.Organisation, answers: library.Answers{"unit_name": "西安市政务公开办公室（演示）", "address": "西安市未央区凤城八路演示号", "postcode": "710007", "hours": "工作日 9:00—12:00，14:00—17:00", "phone": "029-00000000", "bodies": "综合组\n网站组"}},
	{title: "重点项目征求意见情况汇总（演示，依申请公开）", text: "各单位对重点项目安排的意见已经汇总，逐条记录采纳情况。", want: library.Approved, kind: library.Disclosure, openness: library.OnRequest},
	{column: "news", title: "全市便民服务中心统一延长办事时间（演示）", text: "自下周起，各区县便民服务中心工作日中午不休息，周六上午照常办理。\n\n办理事项和咨询电话在各中心门口公示。", want: library.Approved, with: []string{hallPicture, hoursPaper}},
	{column: "notices", title: "关于开展冬季供暖服务监督的公告（演示）", text: "供暖期间，市民对供暖温度和服务有意见的，可以通过本网站“互动交流”栏目反映。",
		mended: "供暖期间，市民对供暖温度和服务有意见的，可以通过本网站“互动交流”栏目反映，承办单位在五个工作日内答复。\n\n各供暖单位应当公布值班电话，安排专人接听。", returned: "请补充答复时限和供暖单位的责任。", want: library.Approved, terms: "转发时注明来源为市政府办公厅"},
	{column: "news", title: "市图书馆开设银发读者服务日（演示）", text: "每月第一个星期三为银发读者服务日，馆内安排志愿者协助借阅和使用自助设备。\n\n读者可以凭有效身份证件到一楼服务台登记。",
		want: string(sx2021.FirstReview)},
	{column: "news", title: "全市背街小巷路灯补装完成（演示）", text: "路灯补装覆盖三百余条背街小巷，由各街道办事处逐条验收。\n\n发现路灯不亮的，可以拨打服务热线反映。",
		want: string(sx2021.FinalReview)},
	{column: "notices", title: "关于公共自行车调整还车点的公告（演示）", text: "因道路施工，部分公共自行车还车点临时调整，请市民按照现场指引还车。",
		returned: "请写明调整的起止日期和具体还车点。", want: library.Returned},
}

// review takes the drafts through their review as far as each shall go. The
// state of an item says what is to be done next, so it goes on from anywhere.
func (d *province) review(ctx context.Context) error {
	site := d.sites["xian"]
	for _, w := range drafts {
		for range 12 {
			done, err := d.advance(ctx, site, w)
			if err != nil {
				return fmt.Errorf("%s: %w", w.title, err)
			}
			if done {
				break
			}
		}
	}
	return d.halfWritten(ctx)
}

// halfWritten leaves a text that the city's editor typed and did not save, as a
// power cut would.
func (d *province) halfWritten(ctx context.Context) error {
	ctx, session, err := d.as(ctx, "shibian")
	if err != nil {
		return err
	}
	doc, err := prose.FromText("　　为方便市民冬季出行，全市公交线路自下月起调整首末班时间（演示）。\n\n一、调整范围\n\n二、执行时间")
	if err != nil {
		return err
	}
	data := url.Values{"title": {"冬季公交首末班时间调整（演示）"}, "type": {string(library.Notice)}, "origin": {string(library.Original)}, "doc": {string(doc.JSON())}}
	_, err = d.Library.Autosave(ctx, session, library.Unsaved{Form: library.FormNew("01KB0000000000000000000000"), Title: data.Get("title"), Data: data.Encode()}, false)
	if fault.Is(err, fault.Conflict) {
		return nil // it lies there already
	}
	return err
}

func (d *province) advance(ctx context.Context, site registry.Site, w written) (done bool, err error) {
	author, scope, err := d.scoped(ctx, "shibian", authz.ItemWrite)
	if err != nil {
		return false, err
	}
	found, _, err := d.Library.Items(author, scope, library.Filter{Text: w.title, Unit: site.Unit})
	if err != nil {
		return false, err
	}
	if len(found) == 0 {
		writing, err := d.writing(ctx, site, w, w.text)
		if err != nil {
			return false, err
		}
		_, err = d.Library.Create(author, scope, writing)
		return false, err
	}
	it := found[0]
	switch {
	case it.State == w.want || it.State == library.InReview && it.Stage == w.want:
		return true, nil
	case it.State == library.Returned && it.Version == 1:
		writing, err := d.writing(ctx, site, w, w.mended)
		if err != nil {
			return false, err
		}
		writing.Note = "按初审意见修改"
		_, err = d.Library.Save(author, scope, it.ID, it.Version, writing)
		return false, err
	case it.State == library.Draft || it.State == library.Returned:
		if w.language != "" {
			if err := d.Library.RecordTranslation(author, scope, it.ID, library.Translation{Translator: "孟译（演示）", Reviewer: "郝审（演示）"}); err != nil {
				return false, err
			}
		}
		_, err = d.Library.Submit(author, scope, it.ID, library.Submission{Version: it.Version})
		return false, err
	case it.State == library.InReview && it.Stage == string(sx2021.FirstReview):
		n := library.Decision{Round: it.Round, Stage: it.Stage, Act: library.Pass}
		if w.returned != "" && it.Round == 1 {
			n.Act, n.Opinion = library.Return, w.returned
		}
		reviewer, scope, err := d.scoped(ctx, "shichu", authz.ItemFirstReview)
		if err != nil {
			return false, err
		}
		_, err = d.Library.Review(reviewer, scope, it.ID, n)
		return false, err
	case it.State == library.InReview && it.Stage == string(sx2021.FinalReview):
		if err := d.stamp(ctx, it, false); err != nil {
			return false, err
		}
		reviewer, scope, err := d.scoped(ctx, "shizhong", authz.ItemFinalReview)
		if err != nil {
			return false, err
		}
		_, err = d.Library.Review(reviewer, scope, it.ID, library.Decision{Round: it.Round, Stage: it.Stage, Act: library.Pass,
			Declarations: sx2021.Declarations{InDuty: true, SourceKnown: true, NothingSensitive: true, NothingSecret: true, NoOpinion: true, NoAdvertising: true}})
		return false, err
	}
	return false, fmt.Errorf("stands at %s, not on the way to %s", it.StateName(), w.want)
}

// stamp stamps the gates nobody has stamped: the first reviewer the words, the
// final one the rest, and all of them in the emergency lane.
func (d *province) stamp(ctx context.Context, it library.Item, urgent bool) error {
	have, err := d.Library.Gates(ctx, authz.System("demo"), it.ID)
	if err != nil {
		return err
	}
	for _, g := range sx2021.Gates() {
		if slices.ContainsFunc(have, func(s library.GateStamp) bool { return s.Gate == g }) {
			continue
		}
		login, permit := "shizhong", authz.ItemFinalReview
		if g == sx2021.GateWording && !urgent {
			login, permit = "shichu", authz.ItemFirstReview
		}
		reviewer, scope, err := d.scoped(ctx, login, permit)
		if err != nil {
			return err
		}
		if _, err := d.Library.Stamp(reviewer, scope, it.ID, library.Stamping{Round: it.Round, Gate: g, Passed: true}); err != nil {
			return err
		}
	}
	return nil
}

func (d *province) writing(ctx context.Context, site registry.Site, w written, text string) (library.Writing, error) {
	files, err := d.lines(ctx, w.with)
	if err != nil {
		return library.Writing{}, err
	}
	doc, err := prose.FromText(text + files)
	if err != nil {
		return library.Writing{}, err
	}
	if doc, err = d.Media.Place(ctx, authz.System("demo"), doc); err != nil {
		return library.Writing{}, err
	}
	kind := w.kind
	switch {
	case kind != "":
	case w.column == "notices":
		kind = library.Notice
	default:
		kind = library.News
	}
	out := library.Writing{Meta: library.Meta{Type: kind, Origin: library.Original, Title: w.title, Source: "市政府办公厅", Keywords: "演示", Region: "610100", Answers: w.answers, Openness: w.openness},
		Doc: doc, Unit: site.Unit}
	if w.later > 0 {
		out.PublishAt = d.DB.Now().Add(w.later)
	}
	if w.terms != "" {
		out.Share, out.ShareTerms = library.Conditional, w.terms
	}
	if w.column != "" {
		column, err := d.Registry.ColumnBySlug(ctx, d.DB, authz.System("demo"), site.ID, w.column)
		if err != nil {
			return library.Writing{}, err
		}
		out.Columns = []registry.ColumnID{column.ID}
	}
	if w.language != "" {
		out.Language, out.Keywords, out.Source = w.language, "", "General Office of the City Government (demo)"
		if out.Content, err = d.renders(ctx, site, w.of); err != nil {
			return library.Writing{}, err
		}
	}
	return out, nil
}

// publish makes the releases now, so that the first visitor finds the portals,
// and has addresses of the old city portal lead on.
func (d *province) publish(ctx context.Context) error {
	city := d.sites["xian"]
	_, known, err := d.Publisher.Redirects(ctx, authz.System("demo"), city.ID, "", 1, 0)
	if err != nil {
		return err
	}
	if known == 0 {
		ctx, scope, err := d.scoped(ctx, "shizhong", authz.ColumnManage)
		if err != nil {
			return err
		}
		for _, x := range [][3]string{{"", "/ptl/trs_ci_id_101.html", "/notices/"}, {"", "/gk/zcwj/", "/policies/"}, {"", "/gk/old/", "/gk/zcwj/"}, {"old.xian.localhost", "", "http://xian.localhost"}} {
			if err := d.Publisher.SetRedirect(ctx, scope, city.ID, x[0], x[1], x[2]); err != nil {
				return err
			}
		}
	}
	for _, h := range hosted {
		if err := d.Publisher.Publish(ctx, d.sites[h.site.Slug].ID); err != nil {
			return err
		}
	}
	return nil
}
