package operatorweb

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/official"
	"zhengshu/internal/operator"
	"zhengshu/internal/org"
	"zhengshu/internal/web"
)

// contractorList is GET /console/operators.
type contractorList struct{ web.ListView }

// maxExport bounds one file.
const maxExport = 20000

func newContractorList(list []operator.Contractor, total int, manages bool, today calendar.Date) contractorList {
	v := contractorList{web.ListView{Heading: web.Heading{Title: "承办单位", Lead: "委托承办须审核资质、签订承办协议和保密协议；两份协议都有效，承办人员才能登录（第六条）。"},
		Filter: web.Filter{Action: listPath, Total: total, Fields: []web.Field{
			{Kind: web.SearchBox, Name: "q", Label: "承办或主办单位", Hint: "名称或拼音首字母"},
			{Kind: web.Select, Name: "state", Label: "状态", Options: stateOptions()},
			{Kind: web.Select, Name: "ends", Label: "协议到期", Options: []web.Option{{Label: "不限"}, {Value: "7", Label: "7 天内"}, {Value: "30", Label: "30 天内"}, {Value: "60", Label: "60 天内"}}},
		}, More: []web.Field{{Kind: web.Select, Name: "kind", Label: "承办方式", Options: []web.Option{{Label: "全部"}, {Value: string(operator.Entrusted), Label: operator.Entrusted.Name()}, {Value: string(operator.Internal), Label: operator.Internal.Name()}}}},
			Hidden: []web.Field{{Kind: web.Hidden, Name: "unit"}}},
		Table: web.Table{Caption: "承办单位", Quiet: true, Columns: []web.Column{{Head: "承办单位", Wide: true}, {Head: "主办单位"}, {Head: "方式"}, {Head: "状态"}, {Head: "协议有效至"}},
			Empty: web.Empty{Title: "没有符合条件的承办单位", Text: "主办单位自行运维的不需要登记；委托其他单位承办的，请先登记承办单位。"}}}}
	if manages {
		v.Heading.Acts = []web.Act{{Text: "登记承办单位", Href: listPath + "/new", Primary: true}}
	}
	for _, c := range list {
		until := web.Text("无")
		if !c.ServesUntil.IsZero() {
			until = web.Day(c.ServesUntil)
			if c.State == operator.Serving {
				until = web.DueCell(c.ServesUntil, today)
			}
		}
		name := web.Linked(c.Name, c.Link())
		name.Note = c.Duties
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{name, web.Text(c.UnitName), web.Text(c.Kind.Name()), web.Tagged(stateTag(c.State)), until}})
	}
	return v
}

func stateOptions() []web.Option {
	out := []web.Option{{Label: "全部"}}
	for _, s := range []string{operator.Preparing, operator.Serving, operator.Lapsed, operator.Ended} {
		out = append(out, web.Option{Value: s, Label: operator.Machine.Name(s)})
	}
	return out
}

func stateTag(state string) web.Tag {
	t := web.Tag{Text: operator.Machine.Name(state)}
	switch state {
	case operator.Serving:
		t.Kind = web.Good
	case operator.Preparing:
		t.Kind = web.Info
	case operator.Lapsed:
		t.Kind = web.Danger
	}
	return t
}

var (
	sampleToday      = calendar.Date{Year: 2026, Month: 11, Day: 23}
	sampleContractor = operator.Contractor{ID: "01JEOP", Unit: "u1", UnitName: "西安市商务局", Kind: operator.Entrusted, Name: "长安数字服务有限公司", CreditCode: "91610000MA6TEXT001", Contact: "江一帆", Phone: "029-00000000", Duties: "网站日常巡检、信息发布", State: operator.Serving, ServesUntil: sampleToday.AddDays(20)}
	hostile          = operator.Contractor{ID: `"><script>`, UnitName: "<b>", Name: "<script>alert(1)</script>", Contact: `"`, Duties: "</td><i>", State: "<u>"}
)

var contractorListPage = web.Define(web.Plain, "pages/list.html",
	newContractorList(nil, 0, true, sampleToday),
	newContractorList([]operator.Contractor{sampleContractor, {ID: "2", Name: "信息中心", Kind: operator.Internal, State: operator.Preparing}}, 2, true, sampleToday),
	newContractorList([]operator.Contractor{hostile}, 1, false, sampleToday),
)

func filterOf(q url.Values) (operator.Filter, error) {
	f := operator.Filter{Text: strings.TrimSpace(q.Get("q")), Unit: org.UnitID(q.Get("unit")), State: q.Get("state"), Kind: operator.Kind(q.Get("kind"))}
	switch q.Get("ends") {
	case "":
	case "7":
		f.Ends = 7
	case "30":
		f.Ends = 30
	case "60":
		f.Ends = 60
	default:
		return f, fault.New(fault.Invalid, "到期天数只能选 7、30 或 60 天。").On("ends", "请从列表中选择")
	}
	if len([]rune(f.Text)) > 100 {
		return f, fault.New(fault.Invalid, "查找的文字过长，请缩短到 100 字以内。").On("q", "请缩短")
	}
	return f, nil
}

func (h *Handler) list(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	f, err := filterOf(q)
	if err != nil {
		return err
	}
	f.Limit, f.Offset = perPage, (web.PageOf(r)-1)*perPage
	list, total, err := h.operators.Contractors(r.Context(), authz.ScopeFrom(r.Context()), f)
	if err != nil {
		return err
	}
	v := newContractorList(list, total, authz.SessionFrom(r.Context()).May(authz.RecordManage), web.FrameOf(r).Today)
	v.Tabs = h.tabs(r, listPath)
	unlisted, err := h.operators.Unlisted(r.Context(), authz.ScopeFrom(r.Context()))
	if err != nil {
		return err
	}
	v.Alert = unlistedAlert(unlisted)
	v.Filter.Fill(q)
	v.Filter.Total, v.Pager = total, web.PagerOf(r, total, perPage)
	v.Exports = web.ExportActs(listPath+"/export", q)
	return contractorListPage.Render(w, r, v)
}

// unlistedAlert names posts that stand under no agreement.
func unlistedAlert(list []org.Person) web.Alert {
	if len(list) == 0 {
		return web.Alert{}
	}
	var names []string
	for i, p := range list {
		if i == 5 {
			names = append(names, "等")
			break
		}
		names = append(names, p.Name+"（"+p.UnitName+"）")
	}
	return web.Alert{Kind: web.Warn, Title: fmt.Sprintf("有 %d 个承办岗位没有列入任何承办单位的人员名单", len(list)), Text: strings.Join(names, "、") + "。请登记承办单位、协议和人员名单，或免去岗位。"}
}

func (h *Handler) export(w http.ResponseWriter, r *http.Request) error {
	f, err := filterOf(r.URL.Query())
	if err != nil {
		return err
	}
	f.Limit = maxExport
	list, total, err := h.operators.Contractors(r.Context(), authz.ScopeFrom(r.Context()), f)
	if err != nil {
		return err
	}
	if err := web.MostExported(total, maxExport, "家"); err != nil {
		return err
	}
	rows := make([][]any, len(list))
	for i, c := range list {
		rows[i] = []any{c.Name, c.UnitName, c.Kind.Name(), c.StateName(), c.ServesUntil, c.CreditCode, c.Contact, c.Phone, c.Duties}
	}
	return web.SendSheet(w, r, official.Sheet{Title: "承办单位", Columns: []official.Column{{Title: "承办单位", Width: 30}, {Title: "主办单位", Width: 24}, {Title: "方式"}, {Title: "状态"},
		{Title: "协议有效至", Width: 14}, {Title: "统一社会信用代码", Width: 22}, {Title: "联系人"}, {Title: "联系电话", Width: 16}, {Title: "承办内容", Width: 40}}, Rows: slices.Values(rows)}, "承办单位")
}
