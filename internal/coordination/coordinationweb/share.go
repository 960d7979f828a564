package coordinationweb

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/coordination"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/web"
	"zhengshu/internal/web/picker"
)

var sampleList = coordination.List{ID: "sites", Name: "网站台账", Columns: []string{"名称", "域名", "主办单位"}, States: []coordination.Partner{{Value: "running", Name: "运行"}}}

func receiptTag(x coordination.Share) web.Tag {
	switch {
	case !x.ReceiptAt.IsZero():
		return web.Tag{Kind: web.Good, Text: "已签收"}
	case !x.OpenedAt.IsZero():
		return web.Tag{Kind: web.Info, Text: "已下载，未签收"}
	}
	return web.Tag{Kind: web.Warn, Text: "未签收"}
}

func newShares(list []coordination.Share, total int, gives bool) page {
	v := page{web.ListView{Heading: web.Heading{Title: "共享台账", Lead: "向协同监管单位共享台账的某日快照，由对方下载并签收；谁在何时看过，都有记录（第二十条（一））。"},
		Filter: web.Filter{Action: sharesPath, Total: total, Fields: []web.Field{{Kind: web.SearchBox, Name: "q", Label: "台账、单位或用途"}, {Kind: web.Check, Name: "unsigned", Label: "只看未签收的"}}, Hidden: []web.Field{{Kind: web.Hidden, Name: "unit"}}},
		Table: web.Table{Caption: "共享台账", Quiet: true, RowHead: 1, Columns: []web.Column{{Head: "日期"}, {Head: "台账", Wide: true}, {Head: "共享单位"}, {Head: "协同监管单位"}, {Head: "行数", Number: true}, {Head: "签收"}},
			Empty: web.Empty{Title: "没有共享台账", Text: "主管单位共享后，协同监管单位在这里下载和签收。"}}}}
	if gives {
		v.Heading.Acts = []web.Act{{Text: "共享台账", Href: sharesPath + "/new", Primary: true}, {Text: "定期共享", Href: sharesPath + "/schedules"}}
	}
	for _, x := range list {
		name := web.Linked(x.ListName, x.Link())
		name.Note = x.Purpose
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{web.When(x.SharedAt), name, web.Text(x.UnitName), web.Text(x.ToName), web.Figure(x.Rows), web.Tagged(receiptTag(x))}})
	}
	return v
}

func (h *Handler) shares(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	f := coordination.ShareFilter{Text: strings.TrimSpace(q.Get("q")), Unit: org.UnitID(q.Get("unit")), Unsigned: q.Has("unsigned"), Limit: perPage, Offset: (web.PageOf(r) - 1) * perPage}
	if len([]rune(f.Text)) > 100 {
		return fault.New(fault.Invalid, "查找的文字过长，请缩短到 100 字以内。").On("q", "请缩短")
	}
	list, total, err := h.coordination.Shares(r.Context(), authz.SessionFrom(r.Context()), f)
	if err != nil {
		return err
	}
	return h.renderList(w, r, newShares(list, total, may(r, authz.CoordinationManage)), sharesPath, total)
}

func newShareView(x coordination.Share, history []audit.Row, addressed bool) record {
	v := record{web.RecordView{Heading: web.Heading{Above: "共享台账 · " + web.Minute(x.SharedAt), Title: x.ListName, Tags: []web.Tag{receiptTag(x)}, Acts: []web.Act{{Text: "下载 XLSX", Href: x.Link() + "/file?format=xlsx", Primary: true}, {Text: "下载 CSV", Href: x.Link() + "/file?format=csv"}}},
		Trail: []web.Crumb{{Name: "共享台账", Href: sharesPath}}}}
	area := x.AreaName
	if area == "" {
		area = "共享单位管辖范围全部"
	}
	v.Main = append(v.Main, web.Summary{Terms: []web.Term{{Name: "共享单位", Text: x.UnitName, Note: x.SharedBy}, {Name: "协同监管单位", Text: x.ToName}, {Name: "用途", Text: x.Purpose}, {Name: "范围", Text: area}, {Name: "列", Text: strings.Join(x.Columns, "、")}, {Name: "行数", Text: fmt.Sprintf("%d 行", x.Rows)},
		{Name: "首次下载", Text: web.Minute(x.OpenedAt)}, {Name: "签收", Text: x.ReceiptBy, Note: web.Minute(x.ReceiptAt)}, {Name: "反馈", Text: x.ReceiptSays}}},
		web.Alert{Kind: web.Info, Title: "快照内容不再变化", Text: "内容是共享当时的台账；每次下载都记入下面的记录。"})
	if addressed && x.ReceiptAt.IsZero() {
		v.Forms = []web.Form{{Action: x.Link() + "/sign", Key: "share" + x.ID, Sections: []web.Section{{Legend: "签收", Fields: []web.Field{{Kind: web.TextArea, Name: "says", Label: "反馈", Max: 1000, Rows: 3, Hint: "与本单位掌握情况不一致的，可在此说明；没有可不填"}}}}, Buttons: []web.Button{{Label: "签收台账"}}}}
	}
	v.Side = append(v.Side, web.History(history))
	return v
}

func (h *Handler) share(w http.ResponseWriter, r *http.Request) error {
	return h.renderShare(w, r, http.StatusOK, nil)
}

func (h *Handler) renderShare(w http.ResponseWriter, r *http.Request, status int, wrong error) error {
	s := authz.SessionFrom(r.Context())
	x, err := h.coordination.Share(r.Context(), h.db, s, r.PathValue("id"))
	if err != nil {
		return err
	}
	if x.Referred() {
		http.Redirect(w, r, x.Link(), http.StatusSeeOther)
		return nil
	}
	history, err := h.coordination.ShareHistory(r.Context(), s, x.ID)
	if err != nil {
		return err
	}
	v := newShareView(x, history, coordination.Addressed(s, x))
	if wrong != nil {
		var f web.Form
		f.Wrong(wrong)
		v.Wrong = f.Summary
	}
	return recordPage.RenderStatus(w, r, status, v)
}

func (h *Handler) shareFile(w http.ResponseWriter, r *http.Request) error {
	format := r.URL.Query().Get("format")
	x, size, content, err := h.coordination.Open(r.Context(), authz.SessionFrom(r.Context()), r.PathValue("id"), format)
	if err != nil {
		return err
	}
	defer content.Close()
	return web.SendFile(w, x.FileName(format), web.SheetKinds[format], size, content)
}

func (h *Handler) sign(w http.ResponseWriter, r *http.Request) error {
	err := h.coordination.Sign(r.Context(), authz.SessionFrom(r.Context()), r.PathValue("id"), web.Typed(r, "says"))
	if web.Mendable(err) {
		return h.renderShare(w, r, web.StatusOf(err), err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, sharesPath+"/"+r.PathValue("id"), "已签收共享台账。")
}

func newGiveForm(unit web.Field, lists []coordination.List, to []org.Unit, chosen coordination.List, areas []web.Option, x coordination.Share) formView {
	v := formView{web.FormView{Heading: web.Heading{Title: "共享台账", Lead: "按所选台账、范围和列，做一份当前快照发给协同监管单位；只能共享您管辖范围内的内容。"}, Trail: []web.Crumb{{Name: "共享台账", Href: sharesPath}}}}
	var find []web.Option
	for _, l := range lists {
		find = append(find, web.Option{Value: l.ID, Label: l.Name})
	}
	if len(find) > 0 {
		v.Find = web.Filter{Action: sharesPath + "/new", Total: -1, Fields: []web.Field{{Kind: web.Select, Name: "list", Label: "先选择台账", Options: find, Value: chosen.ID}}}
	}
	receivers := []web.Option{{Label: "请选择"}}
	for _, u := range to {
		receivers = append(receivers, web.Option{Value: string(u.ID), Label: u.Name})
	}
	if len(to) == 0 {
		v.Alert = web.Alert{Kind: web.Info, Title: "本级还没有协同监管人员", Text: "先由安全管理员为宣传、网信、编制、公安、通信管理部门的人员任命协同监管岗位，再共享台账。"}
	}
	var columns []web.Option
	for _, c := range chosen.Columns {
		columns = append(columns, web.Option{Value: c, Label: c})
	}
	v.Form = web.Form{Key: "share" + chosen.ID, Sections: []web.Section{{Legend: chosen.Name, Fields: []web.Field{{Kind: web.Hidden, Name: "chosen", Value: chosen.ID}, unit, {Kind: web.Select, Name: "to", Label: "协同监管单位", Required: true, Options: receivers, Value: string(x.To), Hint: "列出您管辖范围内有协同监管人员的单位"},
		{Kind: web.Select, Name: "area", Label: "区划", Options: append([]web.Option{{Label: "管辖范围全部"}}, areas...), Value: string(x.Area)}, {Kind: web.Select, Name: "state", Label: "状态", Options: options("全部", chosen.States), Value: x.State},
		{Kind: web.Checks, Name: "columns", Label: "列", Options: columns, Values: chosen.Columns}, {Kind: web.TextArea, Name: "purpose", Label: "用途", Required: true, Max: 300, Rows: 2, Value: x.Purpose}}}}, Buttons: []web.Button{{Label: "共享台账"}}, Cancel: web.Link{Text: "取消", Href: sharesPath}}
	return v
}

func (h *Handler) giveForm(r *http.Request, list string, x coordination.Share) (formView, error) {
	scope := authz.ScopeFrom(r.Context())
	lists := h.coordination.Lists()
	chosen := lists[0]
	for _, l := range lists {
		if l.ID == list {
			chosen = l
		}
	}
	unit, err := h.unitField(r, "共享单位")
	if err != nil {
		return formView{}, err
	}
	to, err := h.coordination.Receivers(r.Context(), scope)
	if err != nil {
		return formView{}, err
	}
	home, err := h.org.Home(r.Context(), scope)
	if err != nil {
		return formView{}, err
	}
	below, err := h.org.Areas(r.Context(), scope, home.ID)
	if err != nil {
		return formView{}, err
	}
	var areas []web.Option
	for _, a := range below {
		if scope.Covers(a.Path, "") {
			areas = append(areas, web.Option{Value: string(a.ID), Label: a.Name})
		}
	}
	return newGiveForm(unit, lists, to, chosen, areas, x), nil
}

func (h *Handler) showGive(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	v, err := h.giveForm(r, q.Get("list"), coordination.Share{To: org.UnitID(q.Get("to"))})
	if err != nil {
		return err
	}
	return formPage.Render(w, r, v)
}

func (h *Handler) give(w http.ResponseWriter, r *http.Request) error {
	scope := authz.ScopeFrom(r.Context())
	x := coordination.Share{To: org.UnitID(web.Typed(r, "to")), List: web.Typed(r, "chosen"), Area: org.AreaID(web.Typed(r, "area")), State: web.Typed(r, "state"), Columns: r.PostForm["columns"], Purpose: web.Typed(r, "purpose")}
	u, err := picker.Unit(r, h.org, scope, "unit")
	switch {
	case err != nil:
	case x.To == "":
		err = fault.New(fault.Invalid, "没有选择协同监管单位。").On("to", "请选择协同监管单位")
	case len(x.Columns) == 0:
		err = fault.New(fault.Invalid, "没有选择要共享的列。").On("columns", "请至少选择一列")
	default:
		x.Unit = u.ID
		x, err = h.coordination.Give(r.Context(), scope, x)
	}
	if web.Mendable(err) {
		v, formErr := h.giveForm(r, web.Typed(r, "chosen"), coordination.Share{})
		if formErr != nil {
			return formErr
		}
		v.Again(r, err)
		return formPage.RenderStatus(w, r, web.StatusOf(err), v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, x.Link(), fmt.Sprintf("已向%s共享%s，共 %d 行；对方签收后在这里显示。", x.ToName, x.ListName, x.Rows))
}

func newScheduleForm(unit web.Field, lists []coordination.List, to []org.Unit, list []coordination.Schedule) formView {
	v := formView{web.FormView{Heading: web.Heading{Title: "定期共享", Lead: "约定向协同监管单位按月或按年共享台账；到期前提醒，共享后自动转入下一期。"}, Trail: []web.Crumb{{Name: "共享台账", Href: sharesPath}}}}
	names := map[string]string{}
	lo := []web.Option{{Label: "请选择"}}
	for _, l := range lists {
		names[l.ID] = l.Name
		lo = append(lo, web.Option{Value: l.ID, Label: l.Name})
	}
	receivers := []web.Option{{Label: "请选择"}}
	for _, u := range to {
		receivers = append(receivers, web.Option{Value: string(u.ID), Label: u.Name})
	}
	t := web.Table{Caption: "已约定的定期共享", Columns: []web.Column{{Head: "台账", Wide: true}, {Head: "协同监管单位"}, {Head: "周期"}, {Head: "下一期"}, {Head: "办理"}}, Empty: web.Empty{Title: "还没有约定"}}
	ends := []web.Option{{Label: "请选择"}}
	for _, c := range list {
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: names[c.List], Note: c.UnitName}, web.Text(c.ToName), web.Text(coordination.Named(coordination.Every, c.Every)), web.Day(c.Next), web.Acts(web.Link{Text: "现在共享", Href: sharesPath + "/new?" + url.Values{"list": {c.List}, "to": {string(c.To)}}.Encode(), Note: c.ToName})}})
		ends = append(ends, web.Option{Value: c.ID, Label: names[c.List] + "（" + c.ToName + "）"})
	}
	v.Before = []web.Component{t}
	v.Form = web.Form{Action: sharesPath + "/schedules", Key: "schedule", Sections: []web.Section{{Legend: "新约定", Fields: []web.Field{unit, {Kind: web.Select, Name: "list", Label: "台账", Options: lo}, {Kind: web.Select, Name: "to", Label: "协同监管单位", Options: receivers},
		{Kind: web.Radios, Name: "every", Label: "周期", Options: options("", coordination.Every)[1:]}, {Kind: web.DateField, Name: "next", Label: "首次共享", Narrow: true}}}}, Buttons: []web.Button{{Label: "约定定期共享"}}, Cancel: web.Link{Text: "返回", Href: sharesPath}}
	if len(list) > 0 {
		v.Form.Sections = append(v.Form.Sections, web.Section{Legend: "终止约定", Fields: []web.Field{{Kind: web.Select, Name: "end", Label: "已约定的", Options: ends}}})
		v.Form.Buttons = append(v.Form.Buttons, web.Button{Label: "终止约定", Plain: true, Action: sharesPath + "/schedules/end", Skip: true})
	}
	return v
}

func (h *Handler) scheduleForm(r *http.Request) (formView, error) {
	scope := authz.ScopeFrom(r.Context())
	unit, err := h.unitField(r, "共享单位")
	if err != nil {
		return formView{}, err
	}
	to, err := h.coordination.Receivers(r.Context(), scope)
	if err != nil {
		return formView{}, err
	}
	list, err := h.coordination.Schedules(r.Context(), scope)
	return newScheduleForm(unit, h.coordination.Lists(), to, list), err
}

func (h *Handler) schedules(w http.ResponseWriter, r *http.Request) error {
	v, err := h.scheduleForm(r)
	if err != nil {
		return err
	}
	return formPage.Render(w, r, v)
}

func (h *Handler) answerSchedule(w http.ResponseWriter, r *http.Request, err error, said string) error {
	if web.Mendable(err) {
		v, formErr := h.scheduleForm(r)
		if formErr != nil {
			return formErr
		}
		v.Again(r, err)
		return formPage.RenderStatus(w, r, web.StatusOf(err), v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, sharesPath+"/schedules", said)
}

func (h *Handler) promise(w http.ResponseWriter, r *http.Request) error {
	scope := authz.ScopeFrom(r.Context())
	c := coordination.Schedule{To: org.UnitID(web.Typed(r, "to")), List: web.Typed(r, "list"), Every: web.Typed(r, "every")}
	var err error
	if c.To == "" {
		err = fault.New(fault.Invalid, "没有选择协同监管单位。").On("to", "请选择协同监管单位")
	}
	if err == nil {
		var next calendar.Date
		if next, err = web.DayOf(r, "next", "首次共享"); err == nil {
			c.Next = next
			var u org.Unit
			if u, err = picker.Unit(r, h.org, scope, "unit"); err == nil {
				c.Unit = u.ID
				c, err = h.coordination.Promise(r.Context(), scope, c)
			}
		}
	}
	return h.answerSchedule(w, r, err, "已约定定期共享，首次 "+c.Next.Chinese()+"前。")
}

func (h *Handler) endSchedule(w http.ResponseWriter, r *http.Request) error {
	id := web.Typed(r, "end")
	var err error
	if id == "" {
		err = fault.New(fault.Invalid, "没有选择要终止的约定。").On("end", "请选择约定")
	} else {
		err = h.coordination.EndSchedule(r.Context(), authz.ScopeFrom(r.Context()), id)
	}
	return h.answerSchedule(w, r, err, "约定已终止。")
}
