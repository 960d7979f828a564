package libraryweb

import (
	"fmt"
	"net/http"
	"slices"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/library"
	"zhengshu/internal/official"
	"zhengshu/internal/prose"
	"zhengshu/internal/web"
)

const (
	interpretationsPath = "/console/interpretations"
	waiversPath         = "/console/interpretations/waivers"
)

func (h *Handler) interpretationRoutes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/interpretations", Permit: authz.ItemRead, Handle: h.interpretations},
		{Pattern: "GET /console/interpretations/waivers", Permit: authz.ItemRead, Handle: h.waivers},
	}
}

// interpretationsView is the coverage of policy files with interpretations.
type interpretationsView struct{ web.ListView }

func interpretationTabs(here string) web.Tabs {
	t := web.Tabs{Label: "政策解读"}
	for _, x := range []struct{ name, href string }{{"解读覆盖", interpretationsPath}, {"缓发清单", waiversPath}} {
		t.Items = append(t.Items, web.Tab{Name: x.name, Href: x.href, Current: x.href == here})
	}
	return t
}

var coverTones = map[string]web.Tone{library.CoverFull: web.Good, library.CoverFew: web.Warn, library.CoverWaived: web.Warn, library.CoverMissing: web.Danger}

// newCoverage draws the list narrowed to a state and a unit, and the units'
// figures over all of it, each opening its rows.
func newCoverage(all []library.Covered, state, unit string, wanted, page int, today calendar.Date) interpretationsView {
	v := interpretationsView{web.ListView{Heading: web.Heading{Title: "政策解读", Lead: fmt.Sprintf("公开的重要政策文件要同步发布多角度、多形式的解读（不少于 %d 种），并与文件相互关联（第十四条（三））。", wanted)}, Trail: checkTrail, Tabs: interpretationTabs(interpretationsPath),
		Stats: web.Stats{Label: "覆盖情况"}, Table: web.Table{Caption: "重要政策文件", Columns: []web.Column{{Head: "政策文件", Wide: true}, {Head: "单位"}, {Head: "发布时间"}, {Head: "解读形式", Number: true}, {Head: "状态"}},
			Empty: web.Empty{Title: "没有符合条件的政策文件"}}}}
	counts := map[string]int{}
	type sum struct {
		id, name string
		n        map[string]int
		all      int
	}
	var units []*sum
	var shown []library.Covered
	for _, c := range all {
		st := c.State(wanted)
		counts[st]++
		i := slices.IndexFunc(units, func(u *sum) bool { return u.id == string(c.Unit) })
		if i < 0 {
			i = len(units)
			units = append(units, &sum{id: string(c.Unit), name: c.UnitName, n: map[string]int{}})
		}
		units[i].n[st]++
		units[i].all++
		if (state == "" || st == state) && (unit == "" || string(c.Unit) == unit) {
			shown = append(shown, c)
		}
	}
	v.Stats.Items = append(v.Stats.Items, web.Stat{Name: "重要政策文件", Value: fmt.Sprint(len(all)), Href: interpretationsPath})
	options := []web.Option{{Label: "全部状态"}}
	for _, st := range []string{library.CoverMissing, library.CoverWaived, library.CoverFew, library.CoverFull} {
		v.Stats.Items = append(v.Stats.Items, web.Stat{Name: library.CoverNames[st], Value: fmt.Sprint(counts[st]), Href: interpretationsPath + "?state=" + st})
		options = append(options, web.Option{Value: st, Label: library.CoverNames[st]})
	}
	v.Filter = web.Filter{Action: interpretationsPath, Total: len(shown), Reset: interpretationsPath, Fields: []web.Field{{Kind: web.Select, Name: "state", Label: "状态", Options: options, Value: state}}, Hidden: []web.Field{{Kind: web.Hidden, Name: "unit", Value: unit}}}
	for _, c := range shown[min(len(shown), (page-1)*perPage):min(len(shown), page*perPage)] {
		title := web.Linked(c.Title, "/console/items/"+string(c.Item))
		title.Note = c.DocNo
		st := c.State(wanted)
		tag := web.Tagged(web.Tag{Kind: coverTones[st], Text: library.CoverNames[st]})
		if !c.WaivedDue.IsZero() {
			tag.Note = "缓发至 " + c.WaivedDue.Chinese()
			if c.WaivedDue.Before(today) {
				tag.Tags = append(tag.Tags, web.Tag{Kind: web.Danger, Text: "已逾期"})
			}
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{title, web.Text(c.UnitName), web.When(c.Published), web.Figure(c.Forms), tag}})
	}
	t := web.Table{Caption: "各单位", Compact: true, Columns: []web.Column{{Head: "单位", Wide: true}, {Head: "重要文件", Number: true}, {Head: "已解读", Number: true}, {Head: "形式不足", Number: true}, {Head: "缓发中", Number: true}, {Head: "没有解读", Number: true}}}
	for _, u := range units {
		cell := func(st string) web.Cell {
			c := web.Figure(u.n[st])
			if u.n[st] > 0 {
				c.Href = interpretationsPath + "?state=" + st + "&unit=" + u.id
			}
			return c
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{web.Linked(u.name, interpretationsPath+"?unit="+u.id), web.Figure(u.all), cell(library.CoverFull), cell(library.CoverFew), cell(library.CoverWaived), cell(library.CoverMissing)}})
	}
	if len(units) > 0 {
		v.More = []web.Component{t}
	}
	return v
}

func (h *Handler) interpretations(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	list, err := h.lib.Coverage(r.Context(), authz.ScopeFrom(r.Context()))
	if err != nil {
		return err
	}
	wanted := h.lib.WantedForms()
	if q.Get("format") != "" {
		s := official.Sheet{Title: "政策解读覆盖", Columns: []official.Column{{Title: "政策文件", Width: 50}, {Title: "发文字号"}, {Title: "单位", Width: 30}, {Title: "发布时间"}, {Title: "解读形式"}, {Title: "状态"}}}
		var rows [][]any
		for _, c := range list {
			if st := c.State(wanted); (q.Get("state") == "" || st == q.Get("state")) && (q.Get("unit") == "" || string(c.Unit) == q.Get("unit")) {
				rows = append(rows, []any{c.Title, c.DocNo, c.UnitName, web.Minute(c.Published), c.Forms, library.CoverNames[st]})
			}
		}
		s.Rows = slices.Values(rows)
		return web.SendSheet(w, r, s, "政策解读覆盖")
	}
	v := newCoverage(list, q.Get("state"), q.Get("unit"), wanted, web.PageOf(r), web.FrameOf(r).Today)
	v.Exports = web.ExportActs(interpretationsPath, q)
	v.Pager = web.PagerOf(r, v.Filter.Total, perPage)
	return interpretationList.Render(w, r, v)
}

func newWaivers(list []library.Waiver, total int, today calendar.Date) interpretationsView {
	v := interpretationsView{web.ListView{Heading: web.Heading{Title: "解读缓发清单", Lead: "终审时批准缓发解读的政策文件：批准人、理由、期限；发布三个工作日后仍没有解读的，提醒单位和主管单位。"}, Trail: checkTrail, Tabs: interpretationTabs(waiversPath),
		Filter: web.Filter{Action: waiversPath, Total: total},
		Table: web.Table{Caption: "缓发清单", Quiet: true, Columns: []web.Column{{Head: "政策文件", Wide: true}, {Head: "单位"}, {Head: "批准"}, {Head: "期限"}, {Head: "结果"}},
			Empty: web.Empty{Title: "没有缓发的解读"}}}}
	for _, x := range list {
		title := web.Linked(x.Title, "/console/items/"+string(x.Item))
		title.Note = "理由：" + x.Reason
		by := web.When(x.At)
		by.Note = x.PersonName
		state := web.Tagged(web.Tag{Kind: web.Warn, Text: "缓发中"})
		due := web.DueCell(x.Due, today)
		switch {
		case !x.SettledAt.IsZero():
			state, due = web.Tagged(web.Tag{Kind: web.Good, Text: "已补发"}), web.Day(x.Due)
			state.Note = web.Minute(x.SettledAt) + " " + x.SettledBy
		case !x.AlarmedAt.IsZero():
			state = web.Tagged(web.Tag{Kind: web.Danger, Text: "逾期，已通报主管单位"})
			state.Note = web.Minute(x.AlarmedAt)
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{title, web.Text(x.UnitName), by, due, state}})
	}
	return v
}

func (h *Handler) waivers(w http.ResponseWriter, r *http.Request) error {
	list, total, err := h.lib.Waivers(r.Context(), authz.ScopeFrom(r.Context()), perPage, (web.PageOf(r)-1)*perPage)
	if err != nil {
		return err
	}
	v := newWaivers(list, total, web.FrameOf(r).Today)
	v.Pager = web.PagerOf(r, total, perPage)
	return interpretationList.Render(w, r, v)
}

// linkedTable shows both ends of a link on either page of the console.
func linkedTable(it library.Item, list []library.LinkedItem) web.Table {
	t := web.Table{Caption: "政策解读", Compact: true, Columns: []web.Column{{Head: "稿件", Wide: true}, {Head: "形式"}}}
	if it.Type == library.Interpretation {
		t.Caption = "解读的政策文件"
	} else {
		t.Empty = web.Empty{Title: "还没有关联解读", Text: "在下方选择解读稿件，可以关联到条款。"}
	}
	for _, l := range list {
		c := web.Linked(l.Title, l.Link())
		c.Note = l.StateName()
		if l.Clause.Label != "" {
			c.Note += "，针对" + l.Clause.Label
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{c, web.Text(l.Form)}})
	}
	return t
}

// clauseField offers the clauses of a policy file.
func clauseField(list []prose.ClauseRef) web.Field {
	f := web.Field{Kind: web.Select, Name: "clause", Label: "针对的条款", Options: []web.Option{{Label: "整个文件"}}}
	for i, c := range list {
		if i == 300 {
			break
		}
		f.Options = append(f.Options, web.Option{Value: c.Anchor, Label: c.Label + " " + c.Words})
	}
	return f
}

var interpretationList = web.Define(web.Plain, "pages/list.html", newCoverage(nil, "", "", 2, 1, sampleDay), sampleCoverage("雁塔区供暖办法"), sampleCoverage(hostile),
	newWaivers([]library.Waiver{{Item: "i", Title: hostile, UnitName: hostile, PersonName: "张终", Reason: hostile, At: sampleAt, Due: sampleDay}, {Title: "办法", At: sampleAt, Due: sampleDay, SettledAt: sampleAt, SettledBy: "图解"}, {Title: "办法", At: sampleAt, Due: sampleDay.AddDays(-9), AlarmedAt: sampleAt}}, 3, sampleDay))

func sampleCoverage(words string) interpretationsView {
	return newCoverage([]library.Covered{{Item: "a", Title: words, DocNo: "某政发〔2026〕3号", Unit: "u", UnitName: words, Published: sampleAt}, {Item: "b", Title: words, Unit: "u", UnitName: words, Published: sampleAt, Forms: 1},
		{Item: "c", Title: words, Unit: "w", UnitName: "乙", Published: sampleAt, WaivedDue: sampleDay.AddDays(-2)}, {Item: "d", Title: words, Unit: "w", UnitName: "乙", Published: sampleAt, Forms: 3}}, "", "", 2, 1, sampleDay)
}
