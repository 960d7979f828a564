package dashboardweb

import (
	"net/http"
	"net/url"
	"strconv"

	"zhengshu/internal/authz"
	"zhengshu/internal/dashboard"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/web"
)

// rowsView is the rows behind a number.
type rowsView struct{ web.ListView }

func (h *Handler) find(r *http.Request, limit, offset int) ([]dashboard.Row, int, dashboard.Query, error) {
	q, err := queryOf(r)
	if err != nil {
		return nil, 0, q, err
	}
	if _, _, ok := dashboard.FigureName(q.Figure); !ok {
		return nil, 0, q, fault.Missing("指标")
	}
	list, n, err := h.boards.Rows(r.Context(), authz.ScopeFrom(r.Context()), q, limit, offset)
	return list, n, q, err
}

func (h *Handler) rows(w http.ResponseWriter, r *http.Request) error {
	list, n, q, err := h.find(r, perPage, (web.PageOf(r)-1)*perPage)
	if err != nil {
		return err
	}
	where, err := h.where(r, q)
	if err != nil {
		return err
	}
	v := newRows(list, n, q, where)
	v.Exports = web.ExportActs(rowsPath+"/export", r.URL.Query())
	v.Pager = web.PagerOf(r, n, perPage)
	return rowsPage.Render(w, r, v)
}

// where says in words over what a number counts.
func (h *Handler) where(r *http.Request, q dashboard.Query) (string, error) {
	s := ""
	if q.Unit != "" {
		u, err := h.org.UnitTx(r.Context(), h.db, authz.ScopeFrom(r.Context()), q.Unit)
		if err != nil {
			return "", err
		}
		s = u.Name
	} else if q.Under != "" {
		a, err := h.org.Area(r.Context(), h.db, q.Under)
		if err != nil {
			return "", err
		}
		s = a.Name
		if q.Own {
			s += "本级"
		}
	}
	switch {
	case q.From != "" && q.From != q.To:
		s += "　" + monthName(q.From) + "至" + monthName(q.To)
	case q.From != "":
		s += "　" + monthName(q.From)
	case q.To != "":
		s += "　" + monthName(q.To)
	}
	if q.Figure == "finding.age" || q.Figure == "order.age" {
		s += "　" + dashboard.Bands[q.Band].Name
	}
	if q.Check != "" {
		s += "　" + engine.CheckName(q.Check)
	}
	if !q.Since.IsZero() {
		s += "　自 " + web.Minute(q.Since) + " 起"
	}
	return s, nil
}

func newRows(list []dashboard.Row, n int, q dashboard.Query, where string) rowsView {
	name, unit, _ := dashboard.FigureName(q.Figure)
	v := rowsView{web.ListView{Heading: web.Heading{Title: name, Above: where, Lead: "共 " + strconv.Itoa(n) + " " + unit + "。"}, Trail: []web.Crumb{{Name: "看板", Href: boardPath}},
		Table: web.Table{Caption: name, Quiet: true, Columns: []web.Column{{Head: "内容", Wide: true}, {Head: "情况"}, {Head: "单位"}, {Head: "时间"}}, Empty: web.Empty{Title: "没有" + name, Text: "数字为零，或明细在统计之后有了变化；请返回看板查看最新数字。", Act: web.Act{Text: "返回看板", Href: boardPath}}}}}
	for _, x := range list {
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{{Text: x.Text, Href: x.Link}, web.Text(x.Note), web.Text(x.Unit), {Text: day(x.At), Keep: true}}})
	}
	return v
}

func (h *Handler) exportRows(w http.ResponseWriter, r *http.Request) error {
	list, n, q, err := h.find(r, maxExport, 0)
	if err != nil {
		return err
	}
	if err := web.MostExported(n, maxExport, "行"); err != nil {
		return err
	}
	where, err := h.where(r, q)
	if err != nil {
		return err
	}
	v := newRows(list, n, q, where)
	return web.SendSheet(w, r, sheet(v.Heading.Title, v.Table), "明细-"+url.PathEscape(q.Figure))
}
