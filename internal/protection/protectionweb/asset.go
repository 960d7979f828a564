package protectionweb

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/percent"
	"zhengshu/internal/protection"
	"zhengshu/internal/web"
	"zhengshu/internal/web/picker"
)

func yesNo(v bool) string {
	if v {
		return "是"
	}
	return "否"
}

func newAssetList(list []protection.Asset, total int, share protection.Share, manages bool, today calendar.Date) page {
	v := page{web.ListView{Heading: web.Heading{Title: "关键设备和安全专用产品", Lead: "使用的关键设备和安全专用产品要通过安全认证和安全检测，优先采购国产（第二十四条）。"},
		Filter: web.Filter{Action: assetsPath, Total: total, Fields: []web.Field{{Kind: web.SearchBox, Name: "q", Label: "名称、厂商、证书编号或单位"}, {Kind: web.Select, Name: "kind", Label: "类别", Options: options("全部", protection.AssetKinds)}, endsField("证书到期"), {Kind: web.Check, Name: "wrong", Label: "只看证书缺失或到期的"}},
			More: []web.Field{{Kind: web.Check, Name: "gone", Label: "包括已报废停用的"}}, Hidden: []web.Field{{Kind: web.Hidden, Name: "unit"}}},
		Table: web.Table{Caption: "设备和产品", Quiet: true, Columns: []web.Column{{Head: "名称", Wide: true}, {Head: "单位"}, {Head: "类别"}, {Head: "数量", Number: true}, {Head: "国产"}, {Head: "证书"}, {Head: "有效至"}, {Head: "状态"}},
			Empty: web.Empty{Title: "没有符合条件的设备或产品"}}}}
	if manages {
		v.Heading.Acts = []web.Act{{Text: "登记设备或产品", Href: assetsPath + "/new", Primary: true}}
	}
	if share.All > 0 {
		v.Stats = web.Stats{Label: "国产占比", Items: []web.Stat{{Name: "国产占比", Value: strconv.Itoa(percent.Of(share.Domestic, share.All).PerCent()), Unit: "%", Note: fmt.Sprintf("%d 台（套）中 %d 台（套）国产；优先采购国产是倡导，不作扣分", share.All, share.Domestic)}}}
	}
	for _, a := range list {
		name := web.Linked(a.Name, a.Link())
		name.Note = a.Maker + " " + a.Model
		cert := web.Cell{Text: a.Certificate, Note: a.ProofName(), Keep: true}
		if a.Certificate == "" {
			cert = web.Text("未登记")
		}
		state := wrongCell(a.Breaches(today))
		if !a.Retired.IsZero() {
			state = web.Tagged(web.Tag{Text: a.Retired.String() + " 停用"})
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{name, web.Text(a.UnitName), web.Text(a.KindName()), web.Figure(a.Pieces), web.Text(yesNo(a.Domestic)), cert, dueCell(a.Expires, today), state}})
	}
	return v
}

func (h *Handler) assets(w http.ResponseWriter, r *http.Request) error {
	f, err := filterOf(r)
	if err != nil {
		return err
	}
	list, total, share, err := h.protection.Assets(r.Context(), authz.ScopeFrom(r.Context()), f)
	if err != nil {
		return err
	}
	return h.renderList(w, r, newAssetList(list, total, share, manages(r), web.FrameOf(r).Today), assetsPath, total)
}

func (h *Handler) exportAssets(w http.ResponseWriter, r *http.Request) error {
	f, err := filterOf(r)
	if err != nil {
		return err
	}
	f.Limit, f.Offset = maxExport, 0
	list, total, _, err := h.protection.Assets(r.Context(), authz.ScopeFrom(r.Context()), f)
	if err == nil {
		err = web.MostExported(total, maxExport, "行")
	}
	if err != nil {
		return err
	}
	rows := make([][]any, len(list))
	for i, a := range list {
		rows[i] = []any{a.Name, a.UnitName, a.KindName(), a.Maker, a.Model, a.Pieces, a.Domestic, a.ProofName(), a.Certificate, a.Expires, a.Retired}
	}
	return web.SendSheet(w, r, official.Sheet{Title: "设备和产品", Columns: []official.Column{{Title: "名称", Width: 26}, {Title: "单位", Width: 24}, {Title: "类别", Width: 14}, {Title: "厂商", Width: 20}, {Title: "型号", Width: 16}, {Title: "数量"}, {Title: "国产"}, {Title: "证书类别"}, {Title: "证书编号", Width: 22}, {Title: "有效至", Width: 14}, {Title: "停用日期", Width: 14}}, Rows: slices.Values(rows)}, "关键设备和安全专用产品")
}

func newAssetView(a protection.Asset, history []audit.Row, manages bool, today calendar.Date) record {
	v := record{web.RecordView{Heading: web.Heading{Above: a.KindName(), Title: a.Name}, Trail: []web.Crumb{{Name: "关键设备和安全专用产品", Href: assetsPath}}}}
	if !a.Retired.IsZero() {
		v.Heading.Tags = []web.Tag{{Text: "已停用"}}
	} else if manages {
		v.Heading.Acts = []web.Act{{Text: "修改", Href: a.Link() + "/change"}}
		v.Forms = []web.Form{{Action: a.Link() + "/retire", Buttons: []web.Button{{Label: "报废停用", Plain: true}}}}
	}
	if list := a.Breaches(today); len(list) > 0 && a.Retired.IsZero() {
		v.Main = append(v.Main, breachesOf("缺项", list))
	}
	v.Main = append(v.Main, web.Summary{Title: "登记信息", Terms: append([]web.Term{{Name: "单位", Text: a.UnitName}, {Name: "厂商", Text: a.Maker}, {Name: "型号", Text: a.Model}, {Name: "数量", Text: strconv.Itoa(a.Pieces) + " 台（套）"}, {Name: "国产", Text: yesNo(a.Domestic)},
		{Name: "证书类别", Text: a.ProofName()}, {Name: "证书编号", Text: a.Certificate}, {Name: "有效至", Text: a.Expires.String()}}, fileTerm(a.Link(), "证书附件", a.FileID, a.FileName)...)})
	v.Side = append(v.Side, web.History(history))
	return v
}

func (h *Handler) asset(w http.ResponseWriter, r *http.Request) error {
	scope := authz.ScopeFrom(r.Context())
	a, err := h.protection.Asset(r.Context(), h.db, scope, r.PathValue("id"))
	if err != nil {
		return err
	}
	history, err := h.protection.AssetHistory(r.Context(), scope, a.ID)
	if err != nil {
		return err
	}
	return recordPage.Render(w, r, newAssetView(a, history, a.In(scopeFor(r, authz.RecordManage)), web.FrameOf(r).Today))
}

func newAssetForm(unit web.Field, a protection.Asset) formView {
	v := formView{web.FormView{Heading: web.Heading{Title: "登记设备或产品", Lead: "没有证书的也要如实登记，列为缺项。"}, Trail: []web.Crumb{{Name: "关键设备和安全专用产品", Href: assetsPath}}}}
	cancel := assetsPath
	var fields []web.Field
	if a.ID == "" {
		fields = append(fields, unit)
	} else {
		v.Heading, cancel = web.Heading{Title: "修改设备或产品", Above: a.Name}, a.Link()
		v.Trail = append(v.Trail, web.Crumb{Name: a.Name, Href: a.Link()})
	}
	fields = append(fields, web.Field{Kind: web.Select, Name: "kind", Label: "类别", Required: true, Options: options("请选择", protection.AssetKinds), Value: a.Kind},
		web.Field{Name: "name", Label: "名称", Required: true, Max: 100, Value: a.Name, Hint: "如 网站应用防火墙"}, web.Field{Name: "maker", Label: "厂商", Required: true, Max: 100, Value: a.Maker}, web.Field{Name: "model", Label: "型号", Max: 100, Value: a.Model, Narrow: true},
		web.Field{Kind: web.Number, Name: "pieces", Label: "数量", Required: true, Value: strconv.Itoa(a.Pieces), Narrow: true, Unit: "台（套）", Mode: "numeric"}, web.Field{Kind: web.Check, Name: "domestic", Label: "国产", Checked: a.Domestic},
		web.Field{Kind: web.Select, Name: "proof", Label: "证书类别", Options: options("无", protection.Proofs), Value: a.Proof}, web.Field{Name: "certificate", Label: "证书编号", Max: 100, Value: a.Certificate}, web.Field{Kind: web.DateField, Name: "expires", Label: "证书有效至", Value: a.Expires.String(), Narrow: true},
		web.Field{Kind: web.File, Name: "file", Label: "证书附件", Accept: approval.Accept, Hint: fileHint})
	v.Form = web.Form{Upload: true, Key: "asset" + a.ID, Sections: []web.Section{{Fields: fields}}, Buttons: []web.Button{{Label: "保存登记"}}, Cancel: web.Link{Text: "取消", Href: cancel}}
	return v
}

func (h *Handler) showNewAsset(w http.ResponseWriter, r *http.Request) error {
	unit, err := picker.Field(r.Context(), h.org, authz.ScopeFrom(r.Context()), "unit", "单位", h.ownUnit(r))
	if err != nil {
		return err
	}
	return formPage.Render(w, r, newAssetForm(unit, protection.Asset{Pieces: 1}))
}

// ownUnit is the unit in the address where it is in scope, else the person's.
func (h *Handler) ownUnit(r *http.Request) org.UnitID {
	id := chosenUnit(r)
	if _, err := h.org.Unit(r.Context(), scopeFor(r, authz.RecordManage), id); err != nil {
		return ""
	}
	return id
}

func readAsset(r *http.Request) (protection.Asset, error) {
	a := protection.Asset{Kind: web.Typed(r, "kind"), Name: web.Typed(r, "name"), Maker: web.Typed(r, "maker"), Model: web.Typed(r, "model"), Domestic: r.PostForm.Has("domestic"), Proof: web.Typed(r, "proof"), Certificate: web.Typed(r, "certificate")}
	a.Pieces, _ = strconv.Atoi(web.Typed(r, "pieces")) // what is no number is refused as 0
	var err error
	a.Expires, err = web.DayOf(r, "expires", "证书有效至")
	return a, err
}

func (h *Handler) addAsset(w http.ResponseWriter, r *http.Request) error {
	scope := authz.ScopeFrom(r.Context())
	file, done, err := web.Attachment(r, "file")
	defer done()
	var a protection.Asset
	if err == nil {
		a, err = readAsset(r)
	}
	if err == nil {
		var u org.Unit
		if u, err = picker.Unit(r, h.org, scope, "unit"); err == nil {
			a.Unit = u.ID
			a, err = h.protection.SaveAsset(r.Context(), scope, a, file)
		}
	}
	if !web.Mendable(err) {
		return h.answer(w, r, formView{}, err, a.Link(), "设备或产品已登记。")
	}
	unit, formErr := picker.Field(r.Context(), h.org, scope, "unit", "单位", "")
	if formErr != nil {
		return formErr
	}
	return h.answer(w, r, newAssetForm(unit, protection.Asset{Pieces: 1}), err, "", "")
}

func (h *Handler) showAsset(w http.ResponseWriter, r *http.Request) error {
	a, err := h.protection.Asset(r.Context(), h.db, authz.ScopeFrom(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	return formPage.Render(w, r, newAssetForm(web.Field{}, a))
}

func (h *Handler) changeAsset(w http.ResponseWriter, r *http.Request) error {
	scope := authz.ScopeFrom(r.Context())
	a, err := h.protection.Asset(r.Context(), h.db, scope, r.PathValue("id"))
	if err != nil {
		return err
	}
	file, done, err := web.Attachment(r, "file")
	defer done()
	var n protection.Asset
	if err == nil {
		n, err = readAsset(r)
	}
	n.ID = a.ID
	if err == nil {
		_, err = h.protection.SaveAsset(r.Context(), scope, n, file)
	}
	return h.answer(w, r, newAssetForm(web.Field{}, a), err, a.Link(), "登记信息已更新。")
}

func (h *Handler) retire(w http.ResponseWriter, r *http.Request) error {
	if err := h.protection.Retire(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("id")); err != nil {
		return err
	}
	return web.Done(w, r, assetsPath+"/"+r.PathValue("id"), "已报废停用。")
}
