package protectionweb

import (
	"net/http"
	"slices"

	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/protection"
	"zhengshu/internal/web"
	"zhengshu/internal/web/picker"
)

func newHostingList(list []protection.Hosting, total int, manages bool, today calendar.Date) page {
	v := page{web.ListView{Heading: web.Heading{Title: "托管", Lead: "服务器不得部署在境外，禁止使用境外机构提供的物理服务器和虚拟主机（第二十四条）；境外包括香港、澳门和台湾。"},
		Filter: web.Filter{Action: hostingPath, Total: total, Fields: []web.Field{{Kind: web.SearchBox, Name: "q", Label: "对象、服务商或单位"}, {Kind: web.Select, Name: "kind", Label: "托管方式", Options: options("全部", protection.Forms)}, endsField("合同到期"), {Kind: web.Check, Name: "wrong", Label: "只看境外的"}},
			More: []web.Field{{Kind: web.Check, Name: "gone", Label: "包括已终止的"}}, Hidden: []web.Field{{Kind: web.Hidden, Name: "unit"}}},
		Table: web.Table{Caption: "托管", Quiet: true, Columns: []web.Column{{Head: "对象", Wide: true}, {Head: "单位"}, {Head: "服务商"}, {Head: "方式"}, {Head: "部署地"}, {Head: "合同至"}, {Head: "状态"}}, Empty: web.Empty{Title: "没有符合条件的托管记录"}}}}
	if manages {
		v.Heading.Acts = []web.Act{{Text: "登记托管", Href: hostingPath + "/new", Primary: true}}
	}
	for _, x := range list {
		name := web.Linked(x.Of.Name, x.Link())
		name.Note = x.Of.KindName()
		state := web.Tagged(web.Tag{Kind: web.Good, Text: "境内"})
		if len(x.Breaches()) > 0 {
			state = web.Tagged(web.Tag{Kind: web.Danger, Text: "境外"})
		}
		if !x.Ended.IsZero() {
			state = web.Tagged(web.Tag{Text: "已终止"})
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{name, web.Text(x.UnitName), {Text: x.Provider, Note: protection.NationName(x.ProviderNation)}, web.Text(x.FormName()), {Text: x.Location, Note: protection.NationName(x.ServerNation)}, dueCell(x.Until, today), state}})
	}
	return v
}

func (h *Handler) hostings(w http.ResponseWriter, r *http.Request) error {
	f, err := filterOf(r)
	if err != nil {
		return err
	}
	list, total, err := h.protection.Hostings(r.Context(), authz.ScopeFrom(r.Context()), f)
	if err != nil {
		return err
	}
	return h.renderList(w, r, newHostingList(list, total, manages(r), web.FrameOf(r).Today), hostingPath, total)
}

func (h *Handler) exportHostings(w http.ResponseWriter, r *http.Request) error {
	f, err := filterOf(r)
	if err != nil {
		return err
	}
	f.Limit, f.Offset = maxExport, 0
	list, total, err := h.protection.Hostings(r.Context(), authz.ScopeFrom(r.Context()), f)
	if err == nil {
		err = web.MostExported(total, maxExport, "行")
	}
	if err != nil {
		return err
	}
	rows := make([][]any, len(list))
	for i, x := range list {
		rows[i] = []any{x.Of.Name, x.UnitName, x.Provider, protection.NationName(x.ProviderNation), x.FormName(), protection.NationName(x.ServerNation), x.Location, x.Contract, x.From, x.Until, x.Ended}
	}
	return web.SendSheet(w, r, official.Sheet{Title: "托管", Columns: []official.Column{{Title: "对象", Width: 28}, {Title: "单位", Width: 24}, {Title: "服务商", Width: 24}, {Title: "服务商属地", Width: 14}, {Title: "方式"}, {Title: "部署地"}, {Title: "部署地点", Width: 24}, {Title: "合同编号", Width: 18}, {Title: "开始", Width: 14}, {Title: "截止", Width: 14}, {Title: "终止", Width: 14}}, Rows: slices.Values(rows)}, "托管")
}

func newHostingView(x protection.Hosting, history []audit.Row, manages bool, today calendar.Date) record {
	v := record{web.RecordView{Heading: web.Heading{Above: "托管 · " + x.FormName(), Title: x.Of.Name}, Trail: []web.Crumb{{Name: "托管", Href: hostingPath}}}}
	if !x.Ended.IsZero() {
		v.Heading.Tags = []web.Tag{{Text: "已终止"}}
	} else if manages {
		v.Heading.Acts = []web.Act{{Text: "修改", Href: x.Link() + "/change"}}
		v.Forms = []web.Form{{Action: x.Link() + "/end", Buttons: []web.Button{{Label: "终止托管", Plain: true}}}}
	}
	if list := x.Breaches(); len(list) > 0 && x.Ended.IsZero() {
		v.Main = append(v.Main, breachesOf("不符合规定", list))
	}
	until := web.Term{Name: "合同截止", Text: x.Until.String()}
	if !x.Until.IsZero() && x.Ended.IsZero() {
		until.Tags = []web.Tag{web.DueTag(x.Until, today)}
	}
	v.Main = append(v.Main, web.Summary{Title: "登记信息", Terms: append([]web.Term{{Name: "单位", Text: x.UnitName}, {Name: "服务商", Text: x.Provider, Note: protection.NationName(x.ProviderNation)}, {Name: "部署地", Text: x.Location, Note: protection.NationName(x.ServerNation)},
		{Name: "合同编号", Text: x.Contract}, {Name: "合同开始", Text: x.From.String()}, until}, fileTerm(x.Link(), "合同附件", x.FileID, x.FileName)...)})
	v.Side = append(v.Side, web.History(history))
	return v
}

func (h *Handler) hosting(w http.ResponseWriter, r *http.Request) error {
	scope := authz.ScopeFrom(r.Context())
	x, err := h.protection.HostingByID(r.Context(), h.db, scope, r.PathValue("id"))
	if err != nil {
		return err
	}
	history, err := h.protection.HostingHistory(r.Context(), scope, x.ID)
	if err != nil {
		return err
	}
	return recordPage.Render(w, r, newHostingView(x, history, x.In(scopeFor(r, authz.RecordManage)), web.FrameOf(r).Today))
}

func newHostingForm(unit, object web.Field, x protection.Hosting) formView {
	v := formView{web.FormView{Heading: web.Heading{Title: "登记托管"}, Trail: []web.Crumb{{Name: "托管", Href: hostingPath}}}}
	cancel := hostingPath
	var fields []web.Field
	if x.ID == "" {
		fields = append(fields, unit, object, web.Field{Name: "platform", Label: "平台名称", Max: 60, Hint: "登记集约化平台时填写"})
	} else {
		v.Heading, cancel = web.Heading{Title: "修改托管", Above: x.Of.Name}, x.Link()
		v.Trail = append(v.Trail, web.Crumb{Name: x.Of.Name, Href: x.Link()})
	}
	fields = append(fields, web.Field{Kind: web.Select, Name: "form", Label: "托管方式", Required: true, Options: options("请选择", protection.Forms), Value: x.Form},
		web.Field{Name: "provider", Label: "服务商", Required: true, Max: 100, Value: x.Provider, Hint: "自有机房填写本单位名称"}, web.Field{Kind: web.Select, Name: "provider_nation", Label: "服务商属地", Required: true, Options: options("请选择", protection.Nations), Value: x.ProviderNation},
		web.Field{Kind: web.Select, Name: "server_nation", Label: "服务器部署地", Required: true, Options: options("请选择", protection.Nations), Value: x.ServerNation}, web.Field{Name: "location", Label: "部署地点", Required: true, Max: 100, Value: x.Location, Hint: "机房或可用区所在地"},
		web.Field{Name: "contract", Label: "合同编号", Max: 100, Value: x.Contract, Narrow: true}, web.Field{Kind: web.DateField, Name: "from", Label: "合同开始", Value: x.From.String(), Narrow: true}, web.Field{Kind: web.DateField, Name: "until", Label: "合同截止", Value: x.Until.String(), Narrow: true, Hint: "自有机房可不填"},
		web.Field{Kind: web.Check, Name: "existing", Label: "该托管已在使用（存量）", Hint: "境外的新托管不予登记；已在使用的如实登记，限 30 天内迁回"},
		web.Field{Kind: web.File, Name: "file", Label: "合同附件", Accept: approval.Accept, Hint: fileHint})
	v.Form = web.Form{Upload: true, Key: "hosting" + x.ID, Sections: []web.Section{{Fields: fields}}, Buttons: []web.Button{{Label: "保存登记"}}, Cancel: web.Link{Text: "取消", Href: cancel}}
	return v
}

func (h *Handler) showNewHosting(w http.ResponseWriter, r *http.Request) error {
	who, what, find, err := h.parts(r, chosenUnit(r))
	if err != nil {
		return err
	}
	v := newHostingForm(who, what, protection.Hosting{})
	v.Find = find
	return formPage.Render(w, r, v)
}

func readHosting(r *http.Request) (protection.Hosting, error) {
	x := protection.Hosting{Of: subjectOf(r), Provider: web.Typed(r, "provider"), ProviderNation: web.Typed(r, "provider_nation"), Form: web.Typed(r, "form"), ServerNation: web.Typed(r, "server_nation"),
		Location: web.Typed(r, "location"), Contract: web.Typed(r, "contract"), Existing: r.PostForm.Has("existing")}
	var err error
	if x.From, err = web.DayOf(r, "from", "合同开始"); err == nil {
		x.Until, err = web.DayOf(r, "until", "合同截止")
	}
	return x, err
}

func (h *Handler) addHosting(w http.ResponseWriter, r *http.Request) error {
	scope := authz.ScopeFrom(r.Context())
	file, done, err := web.Attachment(r, "file")
	defer done()
	var x protection.Hosting
	if err == nil {
		x, err = readHosting(r)
	}
	if err == nil {
		var u org.Unit
		if u, err = picker.Unit(r, h.org, scope, "unit"); err == nil {
			x.Unit = u.ID
			x, err = h.protection.SaveHosting(r.Context(), scope, x, file)
		}
	}
	if !web.Mendable(err) {
		return h.answer(w, r, formView{}, err, x.Link(), "托管已登记。")
	}
	who, what, find, formErr := h.parts(r, org.UnitID(web.Typed(r, "unit")))
	if formErr != nil {
		return formErr
	}
	v := newHostingForm(who, what, protection.Hosting{})
	v.Find = find
	return h.answer(w, r, v, err, "", "")
}

func (h *Handler) showHosting(w http.ResponseWriter, r *http.Request) error {
	x, err := h.protection.HostingByID(r.Context(), h.db, authz.ScopeFrom(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	return formPage.Render(w, r, newHostingForm(web.Field{}, web.Field{}, x))
}

func (h *Handler) changeHosting(w http.ResponseWriter, r *http.Request) error {
	scope := authz.ScopeFrom(r.Context())
	x, err := h.protection.HostingByID(r.Context(), h.db, scope, r.PathValue("id"))
	if err != nil {
		return err
	}
	file, done, err := web.Attachment(r, "file")
	defer done()
	var n protection.Hosting
	if err == nil {
		n, err = readHosting(r)
	}
	n.ID = x.ID
	if err == nil {
		_, err = h.protection.SaveHosting(r.Context(), scope, n, file)
	}
	return h.answer(w, r, newHostingForm(web.Field{}, web.Field{}, x), err, x.Link(), "登记信息已更新。")
}

func (h *Handler) endHosting(w http.ResponseWriter, r *http.Request) error {
	if err := h.protection.EndHosting(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("id")); err != nil {
		return err
	}
	return web.Done(w, r, hostingPath+"/"+r.PathValue("id"), "托管已终止。")
}
