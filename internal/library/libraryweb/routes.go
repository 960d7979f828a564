package libraryweb

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/org"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web"
)

// routesPage is GET /console/review-routes: what an item passes through, and
// how a unit asks for more.
type routesPage struct {
	Heading web.Heading
	Pick    web.Filter
	Now     []web.Component
	History web.Table
	Open    bool
	Form    web.Form
}

func (routesPage) Title() string       { return "审核流程" }
func (routesPage) Crumbs() []web.Crumb { return crumbs(web.Crumb{Name: "审核流程"}) }

const province = "province"

var levels = []sx2021.Grade{sx2021.Ordinary, sx2021.Important}

var reviewStages = []string{"first", "second", "final"}

func stepTable(caption string, list []library.Step) web.Table {
	t := web.Table{Caption: caption, Compact: true, Columns: []web.Column{{Head: "环节"}, {Head: "由谁办理", Wide: true}, {Head: "须通过"}, {Head: "五关"}, {Head: "时限"}}}
	for _, s := range list {
		gates := "不把关"
		if s.Gates {
			gates = "把关"
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{web.Text(library.StageName(s.Stage)), web.Text(library.ReviewerName(s.Permit)), web.Text(fmt.Sprintf("%d 人", s.Needed)), web.Text(gates), web.Text(fmt.Sprintf("%d 个工作日", s.Workdays))}})
	}
	return t
}

func whose(r library.Route) string {
	switch {
	case r.Version == 0:
		return "全省默认"
	case r.Unit == "":
		return fmt.Sprintf("全省第 %d 版", r.Version)
	}
	return fmt.Sprintf("%s第 %d 版", r.UnitName, r.Version)
}

func (h *Handler) routesOf(r *http.Request) (routesPage, error) {
	ctx, scope, session := r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context())
	var options []web.Option
	seen := map[string]bool{}
	for _, p := range session.Posts {
		one := authz.Session{Posts: []authz.Post{p}}
		if (one.May(authz.ItemRead) || one.May(authz.PostManage)) && !seen[p.UnitID] {
			seen[p.UnitID] = true
			options = append(options, web.Option{Value: p.UnitID, Label: p.UnitName})
		}
	}
	options = append(options, web.Option{Value: province, Label: "全省"})
	chosen := r.FormValue("unit")
	if chosen == "" {
		chosen = options[0].Value
	}
	level := sx2021.Grade(r.FormValue("level"))
	if level != sx2021.Important {
		level = sx2021.Ordinary
	}
	may := session.May(authz.PostManage)
	unit := org.UnitID(chosen)
	if chosen == province {
		unit = ""
		var err error
		if may, err = h.lib.MaySetProvince(ctx, session); err != nil {
			return routesPage{}, err
		}
	}
	var now []library.Route
	for _, g := range levels {
		var route library.Route
		var err error
		if unit == "" {
			route, err = h.lib.ProvinceRoute(ctx, g)
		} else {
			route, err = h.lib.RouteOf(ctx, scope, unit, g)
		}
		if err != nil {
			return routesPage{}, err
		}
		now = append(now, route)
	}
	history, err := h.lib.Routes(ctx, scope, unit)
	if err != nil {
		return routesPage{}, err
	}
	return newRoutes(now, history, options, chosen, level, may), nil
}

func newRoutes(now, history []library.Route, options []web.Option, chosen string, level sx2021.Grade, may bool) routesPage {
	p := routesPage{Heading: web.Heading{Title: "审核流程", Lead: "分级分类审核、先审后发（第十九条（三））。单位可以比全省更严，不能更宽；已经送审的稿件按送审时的流程走完。"}, Open: may,
		Pick: web.Filter{Action: "/console/review-routes", Total: -1, Fields: []web.Field{{Kind: web.Select, Name: "unit", Label: "适用单位", Value: chosen, Options: options},
			{Kind: web.Select, Name: "level", Label: "内容等级", Value: string(level), Options: []web.Option{{Value: "ordinary", Label: "一般信息"}, {Value: "important", Label: "重要信息"}}}}}}
	for i, r := range now {
		p.Now = append(p.Now, stepTable(library.LevelName(levels[i])+"（"+whose(r)+"）", r.Steps))
	}
	p.History = web.Table{Caption: "历次设定", Compact: true, Columns: []web.Column{{Head: "版本"}, {Head: "环节", Wide: true}, {Head: "设定"}}, Empty: web.Empty{Title: "没有单独设定过", Text: "按全省流程审核。"}}
	for _, r := range history {
		var words []string
		for _, s := range r.Steps {
			words = append(words, fmt.Sprintf("%s %d 人", library.StageName(s.Stage), s.Needed))
		}
		p.History.Rows = append(p.History.Rows, web.Row{Cells: []web.Cell{{Text: library.LevelName(r.Level) + " 第 " + strconv.Itoa(r.Version) + " 版"}, {Text: strings.Join(words, " → "), Note: r.Reason}, {Text: r.PersonName, Note: web.Minute(r.At)}}})
	}
	if !may {
		return p
	}
	var route library.Route
	for i, g := range levels {
		if g == level && i < len(now) {
			route = now[i]
		}
	}
	p.Form = web.Form{Action: "/console/review-routes", Sections: []web.Section{}, Buttons: []web.Button{{Label: "设定" + library.LevelName(level) + "的流程"}}}
	for _, stage := range reviewStages {
		s, on := stepOf(route.Steps, stage)
		if !on {
			s = library.Step{Permit: library.ByEither, Needed: 1, Gates: true, Workdays: 1}
		}
		name := library.StageName(stage)
		sec := web.Section{Legend: name}
		if stage != "final" {
			sec.Fields = append(sec.Fields, web.Field{Kind: web.Check, Name: stage + "_on", Value: "1", Label: "设" + name + "环节", Checked: on})
			sec.Fields = append(sec.Fields, web.Field{Kind: web.Select, Name: stage + "_permit", Label: "由谁" + name, Value: s.Permit, Narrow: true, Options: []web.Option{
				{Value: library.ByFirst, Label: library.ReviewerName(library.ByFirst)}, {Value: library.ByFinal, Label: library.ReviewerName(library.ByFinal)}, {Value: library.ByEither, Label: library.ReviewerName(library.ByEither)}}})
		}
		sec.Fields = append(sec.Fields,
			web.Field{Name: stage + "_needed", Label: name + "须通过人数", Value: strconv.Itoa(s.Needed), Mode: "numeric", Unit: "人", Narrow: true, Max: 1},
			web.Field{Name: stage + "_days", Label: name + "时限", Value: strconv.Itoa(s.Workdays), Mode: "numeric", Unit: "个工作日", Narrow: true, Max: 2},
			web.Field{Kind: web.Check, Name: stage + "_gates", Value: "1", Label: name + "人员对五关把关", Checked: s.Gates})
		p.Form.Sections = append(p.Form.Sections, sec)
	}
	p.Form.Sections = append(p.Form.Sections, web.Section{Fields: []web.Field{{Name: "reason", Label: "设定或调整的原因", Required: true, Max: 200}, {Kind: web.Hidden, Name: "unit", Value: chosen}, {Kind: web.Hidden, Name: "level", Value: string(level)}}})
	return p
}

func (h *Handler) showRoutes(w http.ResponseWriter, r *http.Request) error {
	p, err := h.routesOf(r)
	if err != nil {
		return err
	}
	return routesView.Render(w, r, p)
}

func (h *Handler) setRoute(w http.ResponseWriter, r *http.Request) error {
	f := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	route := library.Route{Level: sx2021.Grade(f("level")), Unit: org.UnitID(f("unit")), Reason: f("reason")}
	if f("unit") == province {
		route.Unit = ""
	}
	var wrong fault.Fields
	whole := func(name, label string) int {
		n, err := number(f(name))
		wrong.Check(err == nil, name, label+"要填整数")
		return n
	}
	for _, stage := range reviewStages {
		if stage != "final" && f(stage+"_on") == "" {
			continue
		}
		s := library.Step{No: len(route.Steps) + 1, Stage: stage, Permit: f(stage + "_permit"), Gates: f(stage+"_gates") != ""}
		if stage == "final" {
			s.Permit = library.ByFinal
		}
		s.Needed, s.Workdays = whole(stage+"_needed", library.StageName(stage)+"须通过人数"), whole(stage+"_days", library.StageName(stage)+"时限")
		route.Steps = append(route.Steps, s)
	}
	err := wrong.Err()
	if err == nil {
		_, err = h.lib.SetRoute(r.Context(), authz.ScopeFrom(r.Context()), route)
	}
	if web.Mendable(err) {
		p, again := h.routesOf(r)
		if again != nil {
			return again
		}
		p.Form.Fill(r.PostForm)
		p.Form.Wrong(err)
		return routesView.RenderStatus(w, r, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, "/console/review-routes?unit="+f("unit")+"&level="+f("level"), "流程已设定，从现在起送审的稿件按新流程审核。")
}
