package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"slices"
	"strconv"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/media"
	"zhengshu/internal/official"
	"zhengshu/internal/registry"
)

// sectionColumns are the columns of the sections that each portal has beside
// its lists; the one before a deeper one is its parent.
var sectionColumns = []struct {
	column registry.Column
	below  string
}{
	{registry.Column{Slug: "leaders", Name: "负责人信息", Type: "负责人信息", Description: "政府负责人的职务、分工和简历", Keywords: "负责人;分工", CycleDays: 365}, "institution"},
	{registry.Column{Slug: "public", Name: "信息公开", Type: "信息公开目录", Description: "政府信息公开的指南和制度", Keywords: "信息公开;指南", CycleDays: 365}, ""},
	{registry.Column{Slug: "guide", Name: "公开指南", Type: "信息公开指南", Description: "怎样查阅和申请公开政府信息", Keywords: "指南;申请", CycleDays: 365}, "public"},
	{registry.Column{Slug: "system", Name: "公开制度", Type: "信息公开制度", Description: "政府信息公开的规定和工作制度", Keywords: "制度;规定", CycleDays: 365}, "public"},
	{registry.Column{Slug: "services", Name: "办事服务", Type: "办事服务", Description: "常办事项的说明和咨询电话", Keywords: "办事;服务", CycleDays: 180}, ""},
	{registry.Column{Slug: "datasets", Name: "数据发布", Type: "数据发布", Description: "可以下载的统计数据和数据集", Keywords: "数据;统计", CycleDays: 180}, "public"},
}

// made is one invented item of a section.
type made struct {
	column, ref, text string
	ago               int
	meta              library.Meta
	of                string // ref of the policy file it interprets
	form              string
}

// voice is how a portal's office speaks of itself.
type voice struct{ slug, office, unit, place, doc, phone string }

var voices = map[string]voice{
	"shaanxi": {"shaanxi", "陕西省人民政府办公厅", "省政府办公厅", "全省", "陕政办发", "029-00000000"},
	"xian":    {"xian", "西安市人民政府办公厅", "市政府办公厅", "全市", "市政办发", "029-00000001"},
	"yanta":   {"yanta", "雁塔区人民政府办公室", "区政府办公室", "全区", "雁政办发", "029-00000002"},
}

// sections fills the sections of every portal.
func (d *province) sections(ctx context.Context) error {
	for _, h := range hosted {
		site := d.sites[h.site.Slug]
		if err := d.sectionColumns(ctx, h.keeper, h.owner, h.a, h.b, site); err != nil {
			return err
		}
		portrait, sheet, err := d.sectionFiles(ctx, h.keeper, site)
		if err != nil {
			return err
		}
		v := voices[h.site.Slug]
		list := invented(v, d.today(), portrait, sheet)
		lists := map[string][]made{}
		var order []string
		for _, m := range list {
			if h.withhold && m.column == "reports" {
				continue
			}
			if lists[m.column] == nil {
				order = append(order, m.column)
			}
			lists[m.column] = append(lists[m.column], m)
		}
		for _, slug := range order {
			if err := d.bring(ctx, h.keeper, site, slug, lists[slug]); err != nil {
				return fmt.Errorf("%s/%s: %w", site.Slug, slug, err)
			}
		}
		if err := d.tie(ctx, h.keeper, site, list); err != nil {
			return err
		}
	}
	return d.endSome(ctx)
}

func (d *province) sectionColumns(ctx context.Context, keeper, owner, a, b string, site registry.Site) error {
	ctx, scope, err := d.scoped(ctx, keeper, authz.ColumnManage)
	if err != nil {
		return err
	}
	for i, s := range sectionColumns {
		if _, err := d.Registry.ColumnBySlug(ctx, d.DB, authz.System("demo"), site.ID, s.column.Slug); err == nil {
			continue
		} else if !fault.Is(err, fault.NotFound) {
			return err
		}
		c := s.column
		c.Site, c.Unit, c.Position = site.ID, site.Unit, len(portalColumns)+i+1
		c.Owner, c.A, c.B = d.persons[owner].ID, d.persons[a].ID, d.persons[b].ID
		if s.below != "" {
			parent, err := d.Registry.ColumnBySlug(ctx, d.DB, authz.System("demo"), site.ID, s.below)
			if err != nil {
				return err
			}
			c.Parent = parent.ID
		}
		if err := d.DB.Update(ctx, func(tx *db.Tx) error {
			_, err := d.Registry.AddColumn(ctx, tx, scope, c)
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

// sectionFiles keeps a portrait that is nobody and a data file in the media
// library of a portal's unit, and returns where they lie.
func (d *province) sectionFiles(ctx context.Context, keeper string, site registry.Site) (portrait, sheet string, err error) {
	ctx, scope, err := d.scoped(ctx, keeper, authz.ItemWrite)
	if err != nil {
		return "", "", err
	}
	var face, table bytes.Buffer
	if err := jpeg.Encode(&face, drawPortrait(300, 400, site.Slug), nil); err != nil {
		return "", "", err
	}
	if err := official.WriteXLSX(&table, official.Sheet{Title: "便民服务网点", Columns: []official.Column{{Title: "序号"}, {Title: "网点名称"}, {Title: "开放时间"}}, Rows: slices.Values([][]any{{1, "第一便民服务点（演示）", "9:00—17:00"}, {2, "第二便民服务点（演示）", "9:00—17:00"}})}); err != nil {
		return "", "", err
	}
	keep := func(name string, content []byte, about media.About) (string, error) {
		have, _, err := d.Media.Assets(ctx, scope, media.Filter{Text: name, Unit: site.Unit})
		if err == nil && len(have) == 0 {
			have, err = d.Media.Take(ctx, scope, site.Unit, []media.Upload{{Name: name, Content: bytes.NewReader(content)}}, about)
		}
		if err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
		return have[0].Src(), nil
	}
	if portrait, err = keep("负责人照片（演示占位）.jpg", face.Bytes(), media.About{Alt: "照片占位，不是真人", Source: "演示数据", Copyright: "演示数据", FocalX: 50, FocalY: 30}); err != nil {
		return "", "", err
	}
	sheet, err = keep("便民服务网点名录（演示）.xlsx", table.Bytes(), media.About{Source: "演示数据", FocalX: 50, FocalY: 50})
	return portrait, sheet, err
}

// drawPortrait draws the outline of nobody.
func drawPortrait(w, h int, of string) image.Image {
	ground := map[string]color.RGBA{"shaanxi": {214, 226, 240, 255}, "xian": {220, 230, 224, 255}, "yanta": {232, 226, 238, 255}}[of]
	p := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := ground
			dx, dy := x-w/2, y-h*2/5
			if dx*dx+dy*dy*3/4 < (w/5)*(w/5) {
				c = color.RGBA{128, 142, 160, 255}
			}
			if ey := y - h; ey > -h*2/5 && dx*dx*4/5+ey*ey < (w*2/5)*(w*2/5) {
				c = color.RGBA{104, 118, 138, 255}
			}
			p.SetRGBA(x, y, c)
		}
	}
	return p
}

// bring has a column's invented items come live by an approved move-in, once.
func (d *province) bring(ctx context.Context, keeper string, site registry.Site, slug string, list []made) error {
	who, scope, err := d.scoped(ctx, keeper, authz.ItemWrite)
	if err != nil {
		return err
	}
	have, _, err := d.Library.Items(who, scope, library.Filter{Text: list[0].meta.Title, Unit: site.Unit, Limit: 1})
	if err != nil || len(have) > 0 { // a list comes in within one transaction
		return err
	}
	column, err := d.Registry.ColumnBySlug(ctx, d.DB, authz.System("demo"), site.ID, slug)
	if err != nil {
		return err
	}
	var lines bytes.Buffer
	now := d.DB.Now()
	for i, m := range list {
		at := calendar.DateOf(now).AddDays(-m.ago).Start().Add(9*time.Hour + time.Duration(i)*7*time.Minute)
		if at.After(now) {
			at = now.Add(-time.Duration(i+1) * time.Minute).Truncate(time.Minute)
		}
		row := map[string]any{"ref": m.ref, "meta": m.meta, "published": at.In(calendar.Shanghai).Format("2006-01-02 15:04")}
		if m.form == "图解" {
			if row["doc"], err = d.explainedInPictures(who, scope, site.Unit, m.text); err != nil {
				return err
			}
		} else {
			row["text"] = m.text
		}
		if err := json.NewEncoder(&lines).Encode(row); err != nil {
			return err
		}
	}
	number := "演示迁入-" + site.Slug + "-" + slug + "-分区"
	if err := d.admit(ctx, keeper, site, number); err != nil {
		return err
	}
	rep, err := d.Library.ImportItems(who, scope, bytes.NewReader(lines.Bytes()), library.ImportOptions{Publish: &library.Target{Site: site.ID, Column: column.ID, Case: number}})
	return whole(number, rep, err)
}

// tie links interpretations to their files and lets one file repeal another.
func (d *province) tie(ctx context.Context, keeper string, site registry.Site, list []made) error {
	ctx, scope, err := d.scoped(ctx, keeper, authz.ItemWrite)
	if err != nil {
		return err
	}
	items := map[string]library.Item{}
	for _, t := range []library.Type{library.Policy, library.Interpretation} {
		found, _, err := d.Library.Items(ctx, scope, library.Filter{Type: t, Unit: site.Unit, Limit: 200})
		if err != nil {
			return err
		}
		for _, i := range found {
			items[i.Ref] = i
		}
	}
	for _, m := range list {
		if m.of == "" {
			continue
		}
		linked, err := d.Library.Linked(ctx, d.DB, items[m.ref].ID)
		if err != nil {
			return err
		}
		if len(linked) > 0 {
			continue
		}
		if err := d.Library.LinkInterpretation(ctx, scope, items[m.of].ID, items[m.ref].ID, m.form); err != nil {
			return err
		}
	}
	old, successor := items["sect-"+site.Slug+"-policy-2021"], items["sect-"+site.Slug+"-policy-2025"]
	on, _, err := d.Library.Effects(ctx, scope, old.ID)
	if err != nil || len(on) > 0 {
		return err
	}
	_, err = d.Library.AddEffect(ctx, scope, library.Effect{Target: old.ID, By: successor.ID, Effect: library.Repeals, EffectiveOn: d.today().AddDays(-180)})
	if fault.Is(err, fault.Conflict) {
		return nil
	}
	return err
}

// endSome archives one of the city's guides and has another replaced, so that
// the ends are seen.
func (d *province) endSome(ctx context.Context) error {
	ctx, scope, err := d.scoped(ctx, "shizhong", authz.ItemWithdraw)
	if err != nil {
		return err
	}
	found, _, err := d.Library.Items(ctx, scope, library.Filter{Type: library.Guide, Unit: d.sites["xian"].Unit, Limit: 50})
	if err != nil {
		return err
	}
	by := map[string]library.Item{}
	for _, it := range found {
		by[it.Ref] = it
	}
	for _, e := range []struct {
		ref string
		end library.Ending
	}{
		{"sect-xian-guide-card", library.Ending{Kind: library.EndReplaced, Target: by["sect-xian-guide-elder"].ID, Reason: "办理方式已经调整，以新指南为准（演示）"}},
		{"sect-xian-guide-2019", library.Ending{Kind: library.EndArchived, Reason: "历史资料，不再更新（演示）"}},
	} {
		if err := d.Library.EndItem(ctx, scope, by[e.ref].ID, e.end); err != nil && !fault.Is(err, fault.Conflict) {
			return err
		}
	}
	return nil
}

// invented are the items of a portal's sections: enough of each to see its
// page, none of them about anybody or anything that exists.
func invented(v voice, today calendar.Date, portrait, sheet string) []made {
	ref := func(s string) string { return "sect-" + v.slug + "-" + s }
	m := func(t library.Type, title string) library.Meta {
		return library.Meta{Type: t, Title: title, Source: v.unit}
	}
	leader := func(no int, name, post, duties, since, text string) made {
		x := m(library.Leader, name+"（演示）")
		x.Answers = library.Answers{"name": name + "（演示）", "post": post, "duties": duties, "photo": portrait, "order": strconv.Itoa(no), "since": since}
		return made{column: "leaders", ref: ref("leader-" + strconv.Itoa(no)), ago: 40, meta: x, text: text}
	}
	policy := func(year int, title, topic, genre string, no int, text string, change func(*library.Meta)) made {
		x := m(library.Policy, v.office+title+"（演示）")
		x.Issuer, x.Topic, x.Genre = v.office, topic, genre
		x.DocNo = fmt.Sprintf("%s〔%d〕演示%d号", v.doc, year, no)
		x.IndexNo = fmt.Sprintf("演示-%s-%d-%03d", v.slug, year, no)
		x.Written = calendar.Date{Year: year, Month: 4, Day: 12}
		if change != nil {
			change(&x)
		}
		return made{column: "policies", ref: ref("policy-" + strconv.Itoa(year)), ago: max(1, today.Sub(x.Written)), meta: x, text: text}
	}
	explained := func(form, of, title, text string) made {
		x := m(library.Interpretation, title+"（演示）")
		x.Answers = library.Answers{"form": form, "interpreter": v.unit}
		x.Issuer = v.office
		return made{column: "interpretation", ref: ref("explained-" + form), ago: max(1, today.Sub(calendar.Date{Year: 2025, Month: 4, Day: 12})), meta: x, text: text, of: ref(of), form: form}
	}
	report := func(year int, kind, title string) made {
		x := m(library.AnnualReport, title+"（演示）")
		x.Issuer = v.office
		x.Answers = library.Answers{"report_year": strconv.Itoa(year), "report_kind": kind}
		x.IndexNo = fmt.Sprintf("演示-%s-年报-%d-%d", v.slug, year, len([]rune(kind)))
		return made{column: "reports", ref: ref("report-" + strconv.Itoa(year) + "-" + kind), ago: max(1, today.Sub(calendar.Date{Year: year + 1, Month: 1, Day: 20})), meta: x,
			text: "本报告所列数据均为演示数据。\n\n一、总体情况\n\n全年主动公开政府信息，及时回应公众关切，按时办理依申请公开。\n\n二、存在的问题和改进措施\n\n部分栏目更新不够及时，将落实栏目责任人，按更新周期逐月检查。"}
	}
	disclosed := func(column, key, title, text string) made {
		return made{column: column, ref: ref(key), ago: 60, meta: m(library.Disclosure, title), text: text}
	}
	guide := func(key, title, text string) made {
		x := m(library.Guide, title)
		x.Answers = library.Answers{"contact": v.phone}
		return made{column: "services", ref: ref("guide-" + key), ago: 20, meta: x, text: text}
	}
	unit := m(library.Organisation, v.unit+"信息公开机构（演示）")
	unit.Summary = "负责推进、指导、协调、监督" + v.place + "政府信息公开工作。"
	unit.Answers = library.Answers{"unit_name": v.unit + "信息公开机构（演示）", "address": "演示路 1 号", "hours": "工作日 9:00—12:00，14:00—17:00", "phone": v.phone, "principal": "张演示", "bodies": "公开指导组\n依申请公开组"}
	question := m(library.QA, "老年人优待证丢了怎样补办（演示）")
	question.Answers = library.Answers{"question": "老年人优待证丢了怎样补办？", "similar": "优待证补办\n老年证丢失", "basis": "演示数据"}
	set := m(library.Data, v.place+"便民服务网点名录（演示）")
	set.Summary, set.Keywords = "便民服务网点的名称和开放时间，按季更新。", "便民服务;网点"
	set.Answers = library.Answers{"dataset_fields": "序号\n网点名称\n开放时间", "format": "XLSX", "cycle": "每季", "period": strconv.Itoa(today.Year-1) + "年", "licence": "无条件开放，可以自由使用", "file": sheet}
	out := []made{
		leader(1, "张演示", "主要负责人", "主持全面工作\n负责审计工作", "2023-02-01", "汉族，大学学历，长期在基层工作，历任乡镇负责人、部门负责人。以上内容为演示数据，与任何真实人员无关。"),
		leader(2, "李演示", "分管负责人（城乡建设）", "负责住房和城乡建设、交通运输工作\n分管供暖和防汛保障", "2023-06-01", "汉族，研究生学历，从事城乡建设工作多年。以上内容为演示数据，与任何真实人员无关。"),
		leader(3, "赵演示", "分管负责人（民生事务）", "负责民政、教育、医疗卫生工作\n分管便民服务", "2024-03-01", "汉族，大学学历，从事民生工作多年。以上内容为演示数据，与任何真实人员无关。"),
		{column: "institution", ref: ref("unit"), ago: 60, meta: unit, text: "负责推进、指导、协调、监督政府信息公开工作，受理公开申请，编制公开年报。"},
		disclosed("guide", "guide", v.unit+"政府信息公开指南（演示）", "一、公开内容\n\n主动公开法律法规规定的政府信息，可以在本站“信息公开”和“政策文件”栏目查阅。\n\n二、公开形式\n\n通过本站、政务服务大厅和公共查阅点公开。\n\n三、公开时限\n\n自信息形成或者变更之日起20个工作日内公开。\n\n四、依申请公开\n\n可以当面、邮寄提交申请，写明姓名、联系方式和所需信息的名称、文号或者特征。\n\n五、受理机构\n\n"+v.unit+"信息公开机构（演示），电话 "+v.phone+"。"),
		disclosed("system", "system-1", v.unit+"政府信息发布协调制度（演示）", "第一条　发布政府信息涉及其他单位的，应当事先沟通、确认，保证发布的信息准确一致。\n\n第二条　拟发布的信息依照规定需要批准的，未经批准不得发布。"),
		disclosed("system", "system-2", v.unit+"政府信息公开保密审查制度（演示）", "第一条　公开政府信息前，应当进行保密审查，谁公开、谁审查、谁负责。\n\n第二条　不能确定是否可以公开的，报主管部门或者保密工作部门确定。"),
		policy(2025, "关于规范便民服务点管理的通知", "综合政务", "通知", 3, "各有关单位：\n\n一、便民服务点应当公布开放时间、服务内容和咨询电话。\n\n二、主管单位每季度检查一次，检查情况向社会公布。\n\n三、本通知自印发之日起施行。", nil),
		policy(2021, "关于便民服务点管理的通知", "综合政务", "通知", 6, "各有关单位：\n\n一、便民服务点由所在街道管理。\n\n二、每半年检查一次。", nil),
		policy(2024, "关于做好供暖保障工作的意见", "城乡建设", "意见", 2, "各有关单位：\n\n一、供热单位应当在供暖期前完成设备检修。\n\n二、供暖期间公布值班电话，安排专人接听。\n\n三、困难家庭的供暖补助按规定及时发放。", nil),
		policy(2022, "关于开展夜间公交试点的通知", "交通运输", "通知", 9, "各有关单位：\n\n一、在主要客流走廊开行夜间公交线路。\n\n二、试点期满后总结评估。", func(x *library.Meta) { x.EndsOn = calendar.Date{Year: 2024, Month: 12, Day: 31} }),
		policy(2020, "关于推进政务公开标准化工作的方案", "综合政务", "方案", 11, "各有关单位：\n\n一、按照标准目录公开事项。\n\n二、公开内容准确、及时，方便查阅。", nil),
		explained("问答", "policy-2025", "问答：便民服务点怎么管", "问：便民服务点应当公布哪些内容？\n\n答：开放时间、服务内容和咨询电话。\n\n问：多久检查一次？\n\n答：主管单位每季度检查一次，结果向社会公布。"),
		explained("图解", "policy-2025", "图解：便民服务点的三项要求", "第一项，公布开放时间、服务内容和电话。\n\n第二项，每季度检查一次。\n\n第三项，检查情况向社会公布。"),
		report(2025, "政府信息公开工作年度报告", v.unit+"2025年政府信息公开工作年度报告"),
		report(2025, "政府网站工作年度报表", v.unit+"2025年政府网站工作年度报表"),
		report(2024, "政府信息公开工作年度报告", v.unit+"2024年政府信息公开工作年度报告"),
		{column: "datasets", ref: ref("data"), ago: 25, meta: set, text: "本数据集列出便民服务网点的名称和开放时间，按季更新。数据为演示数据。"},
		guide("elder", "办理老年人优待证（演示）", "一、带本人有效身份证件到就近的便民服务中心。\n\n二、工作人员当场核验，符合条件的当场领取。\n\n三、行动不便的，可以电话预约上门办理。"),
		guide("card", "申领助餐卡（演示）", "带本人有效身份证件到所在社区登记，三个工作日内领取。"),
		guide("2019", "2019年集中办证安排（演示）", "2019年各便民服务中心集中办理老年人优待证的时间安排，仅供查阅。"),
		{column: "services", ref: ref("qa"), ago: 15, meta: question, text: "带本人有效身份证件到原办理地点申请补办，当场领取新证，不收费。"},
	}
	return out
}
