package operatorweb

import (
	"net/http"
	"net/url"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/operator"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web"
)

// contractorView is GET /console/operators/{id}.
type contractorView struct{ web.RecordView }

func newContractorView(d operator.Dossier, manages, appoints bool, today calendar.Date) contractorView {
	c := d.Contractor
	base := c.Link()
	v := contractorView{web.RecordView{Heading: web.Heading{Above: "承办单位 · " + c.Kind.Name(), Title: c.Name, Tags: []web.Tag{stateTag(c.State)}},
		Trail: []web.Crumb{{Name: "承办单位", Href: listPath}}}}
	open := manages && c.State != operator.Ended
	v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "月度考评", Href: base + "/scorecard"})
	if open {
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "修改信息", Href: base + "/change"}, web.Act{Text: "终止承办", Href: base + "/end"})
	}

	// What the law asks for, and how this one stands to it.
	check := web.Breaches{Title: "承办条件（第六条）"}
	missing := map[string]string{}
	for _, b := range d.Breaches {
		missing[b.Rule.ID] = b.Detail
	}
	for _, rule := range conditions(c.Kind) {
		says, bad := missing[rule.ID]
		if !bad {
			says = subjects[rule.ID]
		}
		check.Items = append(check.Items, web.Breach{OK: !bad, ID: rule.ID, Citation: rule.Citation, Says: rule.Says, Note: says})
	}
	switch {
	case c.State == operator.Preparing && len(d.Breaches) == 0 && manages:
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Good, Title: "承办条件齐备", Text: "可以开始承办；开始后承办人员才能任命岗位。"})
	case c.State == operator.Lapsed:
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Danger, Title: "协议已到期，承办人员的登录已停止", Text: "续签前须先完成上一承办期的考核；续签后点“恢复承办”，再重新任命岗位。"})
	}
	if open && (c.State == operator.Preparing || c.State == operator.Lapsed) {
		label := "开始承办"
		if c.State == operator.Lapsed {
			label = "恢复承办"
		}
		v.Forms = append(v.Forms, web.Form{Action: base + "/begin", Buttons: []web.Button{{Label: label}}})
	}
	v.Main = append(v.Main, check, papersTable(d, open, today))
	if c.Kind == operator.Entrusted {
		v.Main = append(v.Main, reviewsTable(d, open), assessmentsTable(d, open))
	}
	v.Main = append(v.Main, staffTable(d, open, appoints), objectsTable(d, open))
	v.Side = append(v.Side, web.Summary{Title: "基本情况", Terms: []web.Term{
		{Name: "主办单位", Text: c.UnitName, Href: "/console/units/" + url.PathEscape(string(c.Unit))}, {Name: "承办方式", Text: c.Kind.Name()},
		{Name: "统一社会信用代码", Text: c.CreditCode}, {Name: "联系人", Text: c.Contact}, {Name: "联系电话", Text: c.Phone}, {Name: "承办内容", Text: c.Duties},
		{Name: "协议有效至", Text: c.ServesUntil.String()},
	}}, timelineOf(d), web.History(d.History))
	return v
}

// subjects say what a rule was held against, where its words do not.
var subjects = map[string]string{sx2021.OperatorAgreement.ID: "承办协议有效", sx2021.OperatorSecrecy.ID: "保密协议有效"}

// conditions are the rules that CheckOperator applies to the kind.
func conditions(k operator.Kind) []rules.Rule {
	if k == operator.Internal {
		return []rules.Rule{sx2021.OperatorAppointed}
	}
	return []rules.Rule{sx2021.OperatorQualified, sx2021.OperatorAgreement, sx2021.OperatorSecrecy, sx2021.OperatorDuties}
}

func fileLink(c operator.Contractor, id, name string) []web.Link {
	if id == "" {
		return nil
	}
	return []web.Link{{Text: name, Href: c.Link() + "/files/" + url.PathEscape(id)}}
}

func papersTable(d operator.Dossier, open bool, today calendar.Date) web.Component {
	c := d.Contractor
	t := web.Table{Caption: "协议和文件", Quiet: true, Compact: true, Columns: []web.Column{{Head: "文件"}, {Head: "有效期"}, {Head: "权责条款"}, {Head: "附件", Wide: true}},
		Empty: web.Empty{Title: "还没有登记协议或书面指定"}}
	for i := len(d.Papers) - 1; i >= 0; i-- {
		p := d.Papers[i]
		tag := web.Tag{Kind: web.Good, Text: "有效"}
		term := p.From.String() + " 至 " + p.Until.String()
		switch {
		case p.Kind == operator.Appointment:
			term = p.From.String() + " 起"
		case p.Until.Before(today):
			tag = web.Tag{Text: "已到期"}
		case p.From.After(today):
			tag = web.Tag{Kind: web.Info, Text: "未开始"}
		default:
			if p.Until.Sub(today) <= 60 {
				tag = web.Tag{Kind: web.Warn, Text: web.Remaining(p.Until, today)}
			}
		}
		fixed := "不适用"
		if p.Kind == operator.AgreementPaper {
			fixed = "已约定"
			if !p.DutiesFixed {
				fixed = "未约定"
			}
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: p.Kind.Name(), Note: p.Number}, {Text: term, Tags: []web.Tag{tag}, Keep: true}, web.Text(fixed), {Links: fileLink(c, p.FileID, p.FileName), Note: p.AddedBy + " " + web.Minute(p.AddedAt)}}})
	}
	panel := web.Panel{Title: "协议和文件", Parts: []web.Component{t}}
	if open {
		for _, k := range c.Kind.Papers() {
			panel.Links = append(panel.Links, web.Link{Text: "登记" + k.Name(), Href: c.Link() + "/papers/new?kind=" + string(k)})
		}
	}
	return panel
}

func reviewsTable(d operator.Dossier, open bool) web.Component {
	t := web.Table{Caption: "资质审核", Quiet: true, Compact: true, Columns: []web.Column{{Head: "日期"}, {Head: "审核人"}, {Head: "结果"}, {Head: "意见", Wide: true}},
		Empty: web.Empty{Title: "还没有资质审核记录"}}
	for _, v := range d.Reviews {
		tag := web.Tag{Kind: web.Good, Text: "合格"}
		if !v.Passed {
			tag = web.Tag{Kind: web.Danger, Text: "不合格"}
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{web.Day(v.On), web.Text(v.Reviewer), web.Tagged(tag), {Text: v.Says, Links: fileLink(d.Contractor, v.FileID, v.FileName)}}})
	}
	panel := web.Panel{Title: "资质审核", Parts: []web.Component{t}}
	if open {
		panel.Links = []web.Link{{Text: "登记资质审核", Href: d.Contractor.Link() + "/review"}}
	}
	return panel
}

func assessmentsTable(d operator.Dossier, open bool) web.Component {
	t := web.Table{Caption: "承办期考核", Quiet: true, Compact: true, Columns: []web.Column{{Head: "承办期"}, {Head: "结果"}, {Head: "得分", Number: true}, {Head: "意见", Wide: true}},
		Empty: web.Empty{Title: "还没有承办期考核", Text: "承办期满前须考核；未考核不能续签。"}}
	for _, a := range d.Assessments {
		term := ""
		for _, p := range d.Papers {
			if p.ID == a.Paper {
				term = p.From.String() + " 至 " + p.Until.String()
			}
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: term, Keep: true, Note: a.Assessor + " " + a.On.String()}, web.Text(operator.ResultName(a.Result)), {Text: points(a.Score), Keep: true}, {Text: a.Says, Links: fileLink(d.Contractor, a.FileID, a.FileName)}}})
	}
	panel := web.Panel{Title: "承办期考核", Parts: []web.Component{t}}
	for _, p := range d.Papers {
		if open && p.Kind == operator.AgreementPaper && !d.Assessed(p.ID) {
			panel.Links = []web.Link{{Text: "登记承办期考核", Href: d.Contractor.Link() + "/assessment"}}
		}
	}
	return panel
}

func staffTable(d operator.Dossier, open, appoints bool) web.Component {
	t := web.Table{Caption: "承办人员", Quiet: true, Compact: true, Columns: []web.Column{{Head: "姓名"}, {Head: "承担工作", Wide: true}, {Head: "登录账号"}, {Head: "承办岗位"}, {Head: "办理"}},
		Empty: web.Empty{Title: "还没有登记承办人员"}}
	for _, m := range d.Staff {
		post := web.Tag{Text: "未任命"}
		var acts []web.Link
		switch {
		case !m.Left.IsZero():
			post = web.Tag{Text: m.Left.String() + " 离开"}
		case m.Post != "":
			post = web.Tag{Kind: web.Good, Text: "在岗"}
		}
		if m.Left.IsZero() && (open || appoints) {
			acts = []web.Link{{Text: "办理", Href: d.Contractor.Link() + "/staff/" + url.PathEscape(m.ID), Note: m.Name}}
		}
		login := m.Login
		if login == "" {
			login = "无"
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: m.Name, Note: m.Phone}, {Text: m.Work, Note: m.Joined.String() + " 起"}, web.Text(login), web.Tagged(post), web.Acts(acts...)}})
	}
	panel := web.Panel{Title: "承办人员", Parts: []web.Component{t}}
	if open {
		panel.Links = []web.Link{{Text: "登记承办人员", Href: d.Contractor.Link() + "/staff/new"}}
	}
	return panel
}

func objectsTable(d operator.Dossier, open bool) web.Component {
	t := web.Table{Caption: "承办的网站和账号", Quiet: true, Compact: true, Columns: []web.Column{{Head: "名称", Wide: true}, {Head: "类别"}, {Head: "期间"}},
		Empty: web.Empty{Title: "还没有登记承办的网站或账号"}}
	for _, o := range d.Objects {
		term := o.Since.String() + " 起"
		if !o.Ended.IsZero() {
			term = o.Since.String() + " 至 " + o.Ended.String()
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{web.Linked(o.Name, o.Link()), web.Text(kindName(o.Kind)), {Text: term, Keep: true}}})
	}
	panel := web.Panel{Title: "承办的网站和账号", Parts: []web.Component{t}}
	if open {
		panel.Links = []web.Link{{Text: "增减承办对象", Href: d.Contractor.Link() + "/objects"}}
	}
	return panel
}

func kindName(k sx2021.ObjectKind) string {
	switch k {
	case sx2021.Site:
		return "网站"
	case sx2021.App:
		return "移动客户端"
	}
	return "账号"
}

// timelineOf tells the agreements in the order of their days.
func timelineOf(d operator.Dossier) web.Timeline {
	t := web.Timeline{Title: "协议经过"}
	for _, v := range d.Reviews {
		says := "资质审核合格"
		if !v.Passed {
			says = "资质审核不合格"
		}
		t.Events = append(t.Events, web.Event{On: v.On, Title: says, Who: v.Reviewer})
	}
	for _, p := range d.Papers {
		t.Events = append(t.Events, web.Event{On: p.From, Title: p.Kind.Name() + "生效", Text: p.Number})
		if !p.Until.IsZero() {
			t.Events = append(t.Events, web.Event{On: p.Until, Title: p.Kind.Name() + "到期"})
		}
	}
	for _, a := range d.Assessments {
		t.Events = append(t.Events, web.Event{On: a.On, Title: "承办期考核：" + operator.ResultName(a.Result), Who: a.Assessor})
	}
	sortEvents(t.Events)
	return t
}

func sortEvents(list []web.Event) {
	for i := 1; i < len(list); i++ {
		for j := i; j > 0 && list[j].On.Before(list[j-1].On); j-- {
			list[j], list[j-1] = list[j-1], list[j]
		}
	}
}

func sampleDossier() operator.Dossier {
	return operator.Dossier{Contractor: sampleContractor,
		Reviews:     []operator.Review{{ID: "r", Reviewer: "周启明", On: sampleToday.AddDays(-300), Passed: true, Says: "营业执照、等级保护测评报告齐全", FileID: "f1", FileName: "审核表.pdf"}},
		Papers:      []operator.Paper{{ID: "p", Kind: operator.AgreementPaper, Number: "CB-2026-1", From: sampleToday.AddDays(-345), Until: sampleToday.AddDays(20), DutiesFixed: true, FileID: "f2", FileName: "协议.pdf"}, {ID: "p2", Kind: operator.Secrecy, From: sampleToday.AddDays(-345), Until: sampleToday.AddDays(20)}},
		Assessments: []operator.Assessment{{ID: "a", Paper: "p", Result: "good", Score: 9250, Says: "响应及时", On: sampleToday, Assessor: "周启明"}},
		Staff:       []operator.Member{{ID: "m", Name: "江一帆", Login: "chengban", Work: "日常巡检", Joined: sampleToday.AddDays(-300), Post: "post"}},
		Objects:     []operator.Operated{{Ref: registry.Ref{Kind: sx2021.Site, ID: "s"}, Name: "西安市商务局网站", Since: sampleToday.AddDays(-300)}}}
}

func hostileDossier() operator.Dossier {
	return operator.Dossier{Contractor: hostile, Reviews: []operator.Review{{Reviewer: "<b>", Says: "<script>", FileID: `"`, FileName: "<i>"}},
		Papers: []operator.Paper{{Kind: operator.AgreementPaper, Number: "<script>", FileID: `"`, FileName: "</a><script>"}}, Staff: []operator.Member{{ID: `"`, Name: "<script>", Work: "<b>"}},
		Objects: []operator.Operated{{Ref: registry.Ref{ID: `"`}, Name: "<script>"}}, Breaches: sx2021.CheckOperator(sx2021.Operator{}, sampleToday)}
}

var contractorPage = web.Define(web.Plain, "pages/record.html",
	newContractorView(operator.Dossier{Contractor: operator.Contractor{ID: "e", Unit: "u", UnitName: "西安市商务局", Name: "新登记", Kind: operator.Entrusted, State: operator.Preparing}, Breaches: sx2021.CheckOperator(sx2021.Operator{}, sampleToday)}, true, true, sampleToday),
	newContractorView(sampleDossier(), true, true, sampleToday),
	newContractorView(hostileDossier(), true, false, sampleToday),
)

func (h *Handler) show(w http.ResponseWriter, r *http.Request) error {
	return h.render(w, r, authz.ScopeFrom(r.Context()), http.StatusOK, nil)
}

func (h *Handler) render(w http.ResponseWriter, r *http.Request, scope authz.Scope, status int, wrong error) error {
	d, err := h.operators.Dossier(r.Context(), scope, idOf(r))
	if err != nil {
		return err
	}
	v := newContractorView(d, d.Contractor.In(scopeFor(r, authz.RecordManage)), d.Contractor.In(scopeFor(r, authz.OrgManage)), web.FrameOf(r).Today)
	if wrong != nil {
		var f web.Form
		f.Wrong(wrong)
		v.Wrong = f.Summary
	}
	return contractorPage.RenderStatus(w, r, status, v)
}

func (h *Handler) begin(w http.ResponseWriter, r *http.Request) error {
	c, err := h.operators.Begin(r.Context(), authz.ScopeFrom(r.Context()), idOf(r))
	if web.Mendable(err) {
		return h.render(w, r, authz.ScopeFrom(r.Context()), web.StatusOf(err), err)
	}
	if err != nil {
		return err
	}
	said := "“" + c.Name + "”开始承办。"
	if !c.ServesUntil.IsZero() {
		said = "“" + c.Name + "”开始承办，协议有效至 " + c.ServesUntil.Chinese() + "。"
	}
	return web.Done(w, r, c.Link(), said)
}

func (h *Handler) file(w http.ResponseWriter, r *http.Request) error {
	a, content, err := h.operators.File(r.Context(), authz.ScopeFrom(r.Context()), idOf(r), r.PathValue("file"))
	return web.SendAttachment(w, a, content, err)
}

// unitOf is the sponsor chosen before, from the address.
func unitOf(r *http.Request) org.UnitID { return org.UnitID(r.URL.Query().Get("unit")) }
