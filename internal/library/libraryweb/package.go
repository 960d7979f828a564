package libraryweb

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web"
)

// packagePage is GET /console/item-packages/{id}: the items that go as one,
// each with its gates, and one decision on all.
type packagePage struct {
	name    string
	Heading web.Heading
	Above   []web.Component
	Body    []web.Component
	Forms   []web.Form // of the author, or of the reviewer
}

func (p packagePage) Title() string { return p.name }
func (p packagePage) Crumbs() []web.Crumb {
	return crumbs(web.Crumb{Name: "成套报审", Href: "/console/item-packages"}, web.Crumb{Name: p.Heading.Title})
}

func (h *Handler) packages(w http.ResponseWriter, r *http.Request) error {
	p, err := h.packagesOf(r)
	if err != nil {
		return err
	}
	return packagesView.Render(w, r, p)
}

// packagesPage is GET /console/item-packages.
type packagesPage struct {
	Heading web.Heading
	Table   web.Table
	Open    bool
	Form    web.Form
}

func (packagesPage) Title() string       { return "成套报审" }
func (packagesPage) Crumbs() []web.Crumb { return crumbs(web.Crumb{Name: "成套报审"}) }

func (h *Handler) packagesOf(r *http.Request) (packagesPage, error) {
	ctx, scope, session := r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context())
	list, err := h.lib.Packages(ctx, scope, 100)
	if err != nil {
		return packagesPage{}, err
	}
	var free []library.Item
	if session.May(authz.ItemWrite) {
		for _, state := range []string{library.Draft, library.Returned} {
			found, _, err := h.lib.Items(ctx, session.ScopeFor(authz.ItemWrite), library.Filter{State: state, Limit: 40})
			if err != nil {
				return packagesPage{}, err
			}
			free = append(free, found...)
		}
	}
	return newPackages(list, free), nil
}

func newPackages(list []library.Package, free []library.Item) packagesPage {
	p := packagesPage{Heading: web.Heading{Title: "成套报审", Lead: "政策文件、解读和图片编成一套，一起送审、一起把关、同时发布；有一篇不行，全部不发。"},
		Table: web.Table{Caption: "成套报审", Quiet: true, Columns: []web.Column{{Head: "名称", Wide: true}, {Head: "单位"}, {Head: "篇数", Number: true}, {Head: "状态"}}, Empty: web.Empty{Title: "还没有成套报审", Text: "在下面选择几篇草稿编成一套。"}}}
	in := map[library.ItemID]bool{}
	for _, k := range list {
		kind := web.Info
		switch {
		case k.Outcome == "published":
			kind = web.Good
		case k.Outcome == "dissolved":
			kind = web.Neutral
		}
		for _, it := range k.Items {
			in[it.ID] = in[it.ID] || k.Outcome == ""
		}
		p.Table.Rows = append(p.Table.Rows, web.Row{Cells: []web.Cell{{Text: k.Title, Href: k.Link(), Note: k.PersonName + " " + web.Minute(k.MadeAt)}, web.Text(k.UnitName), web.Figure(len(k.Items)), web.Tagged(web.Tag{Kind: kind, Text: k.StateName()})}})
	}
	var options []web.Option
	for _, it := range free {
		if !in[it.ID] {
			options = append(options, web.Option{Value: string(it.ID), Label: it.Title, Hint: it.Type.Name() + "，" + it.UnitName})
		}
	}
	if p.Open = len(options) > 1; p.Open {
		p.Form = web.Form{Action: "/console/item-packages", Sections: []web.Section{{Legend: "编成一套", Fields: []web.Field{{Name: "title", Label: "名称", Required: true, Max: 100, Hint: "例如：优化营商环境条例及解读"},
			{Kind: web.Checks, Name: "item", Label: "稿件", Options: options}}}}, Buttons: []web.Button{{Label: "编成一套"}}}
	}
	return p
}

func (h *Handler) bundle(w http.ResponseWriter, r *http.Request) error {
	title := r.PostFormValue("title")
	var ids []library.ItemID
	for _, id := range r.PostForm["item"] {
		ids = append(ids, library.ItemID(id))
	}
	k, err := h.lib.Bundle(r.Context(), authz.ScopeFrom(r.Context()), title, ids)
	if web.Mendable(err) {
		p, again := h.packagesOf(r)
		if again != nil {
			return again
		}
		p.Form.Fill(r.PostForm)
		p.Form.Wrong(err)
		return packagesView.RenderStatus(w, r, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, k.Link(), fmt.Sprintf("已编成一套，共 %d 篇。", len(k.Items)))
}

func (h *Handler) packageOf(r *http.Request) (packagePage, error) {
	ctx, scope, session := r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context())
	k, err := h.lib.Package(ctx, scope, library.PackageID(r.PathValue("id")))
	if err != nil {
		return packagePage{}, err
	}
	var desks []desk
	for _, it := range k.Items {
		v, err := h.lib.Version(ctx, scope, it.ID, 0)
		if err != nil {
			return packagePage{}, err
		}
		d, err := h.desk(r, it, v)
		if err != nil {
			return packagePage{}, err
		}
		desks = append(desks, d)
	}
	may := func(ask func(desk) bool) bool {
		return len(desks) > 0 && !slices.ContainsFunc(desks, func(d desk) bool { return !ask(d) })
	}
	stamps := may(func(d desk) bool {
		return h.lib.MayStamp(session, d.it, d.steps) && d.v.AuthorID != session.PersonID
	})
	speaks := may(func(d desk) bool {
		final := d.it.Stage == string(sx2021.FinalReview)
		return h.lib.MayReview(session, d.it, d.steps) && !(final && d.v.AuthorID == session.PersonID)
	})
	return newPackage(k, desks, session.May(authz.ItemWrite), stamps, speaks), nil
}

func newPackage(k library.Package, desks []desk, writes, stamps, speaks bool) packagePage {
	p := packagePage{name: "成套报审：" + k.Title, Heading: web.Heading{Title: k.Title, Above: "成套报审", Lead: fmt.Sprintf("%s，%d 篇，%s 编。", k.UnitName, len(k.Items), k.PersonName), Tags: []web.Tag{{Kind: web.Info, Text: k.StateName()}}}}
	t := web.Table{Caption: "本套稿件", Columns: []web.Column{{Head: "稿件", Wide: true}, {Head: "类型"}, {Head: "状态"}, {Head: "五关"}, {Head: "要留意"}}, Empty: web.Empty{Title: "没有稿件"}}
	var common []library.GateStamp
	var open []string // titles of those with open remarks
	for i, d := range desks {
		passed := 0
		for _, g := range d.gates {
			if g.Passed {
				passed++
			}
		}
		if i == 0 {
			common = d.gates
		} else {
			// Of the package a gate is passed when it is on every item.
			common = slices.DeleteFunc(slices.Clone(common), func(g library.GateStamp) bool {
				return !slices.ContainsFunc(d.gates, func(o library.GateStamp) bool { return o.Gate == g.Gate && o.Passed == g.Passed })
			})
		}
		note := web.Text("—")
		for _, b := range d.risks().Items {
			if !b.OK && note.Text == "—" && passed == 5 {
				note.Text = b.Says
			}
		}
		if n := len(d.results); n > 0 {
			note = web.Cell{Text: fmt.Sprintf("检查 %d 处提示", n)}
		}
		if n := library.Unsettled(d.results); n > 0 {
			note = openCell(d.it, n)
			open = append(open, d.it.Title)
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: d.it.Title, Href: d.it.Link() + "/review", Note: d.v.AuthorName}, web.Text(d.it.Type.Name()), web.Tagged(tags(d.it)...), web.Text(fmt.Sprintf("%d/5", passed)), note}})
	}
	p.Body = append(p.Body, t)
	if len(desks) > 0 {
		if s := stepsOf(desks[0]); len(s.Items) > 0 {
			p.Body = append(p.Body, s)
		}
	}
	if k.Outcome != "" {
		p.Above = append(p.Above, web.Alert{Kind: web.Info, Title: k.StateName(), Text: web.Minute(k.EndedAt)})
		return p
	}
	if len(open) > 0 {
		p.Above = append(p.Above, web.Alert{Kind: web.Warn, Title: "有检查提示没有处理，整套不能送审或通过", Text: strings.Join(open, "、")})
	}
	state, stage := k.State()
	seen := web.Field{Kind: web.Hidden, Name: "seen", Value: k.Seen()}
	if state != library.InReview {
		if writes {
			p.Forms = append(p.Forms, web.Form{Action: k.Link() + "/author", Sections: []web.Section{{Legend: "整套送审", Fields: []web.Field{{Name: "reason", Label: "给审核人的说明", Max: 500, Hint: "记入每一篇。"}, seen}}},
				Buttons: []web.Button{{Label: "整套送审", Name: "act", Value: "submit"}, {Label: "解散这一套", Name: "act", Value: "dissolve", Plain: true}}})
		}
		return p
	}
	if writes {
		p.Forms = append(p.Forms, web.Form{Action: k.Link() + "/author", Sections: []web.Section{{Fields: []web.Field{seen}}}, Buttons: []web.Button{{Label: "整套收回修改", Name: "act", Value: "take_back", Plain: true}}})
	}
	if stamps {
		f := gateForm(k.Link()+"/review", 0, common)
		f.Sections[0].Hint = "按一次，就由您对本套每一篇的这一关署名负责；每一篇单独记录。要逐篇区别的，请退回。"
		f.Sections[0].Fields = append(f.Sections[0].Fields, seen)
		p.Forms = append(p.Forms, f)
	}
	if speaks {
		f := web.Form{Action: k.Link() + "/review", Key: "package-" + string(k.ID), Sticky: true}
		waivable := slices.ContainsFunc(desks, func(d desk) bool { return d.it.Type == library.Policy && d.it.Important })
		decisionOn(&f, stage, []web.Field{seen}, waivable)
		f.Buttons[0].Label = "整套" + library.StageName(stage) + "通过"
		if stage == string(sx2021.FinalReview) {
			f.Buttons[0].Label = "整套终审通过并发布"
		}
		f.Buttons[1].Label = "整套退回"
		p.Forms = append(p.Forms, f)
	}
	return p
}

// openCell leads to the open remarks of an item that goes with others.
func openCell(it library.Item, n int) web.Cell {
	return web.Cell{Tags: []web.Tag{{Kind: web.Warn, Text: fmt.Sprintf("%d 处提示没有处理", n)}}, Links: []web.Link{{Text: "处理检查提示", Href: it.Link() + "/remarks", Note: it.Title}}}
}

func (h *Handler) pack(w http.ResponseWriter, r *http.Request) error {
	p, err := h.packageOf(r)
	if err != nil {
		return err
	}
	return packageView.Render(w, r, p)
}

// packageAgain shows the package with what is wrong above the last form.
func (h *Handler) packageAgain(w http.ResponseWriter, r *http.Request, err error) error {
	p, again := h.packageOf(r)
	if again != nil {
		return again
	}
	if len(p.Forms) == 0 {
		return err
	}
	f := &p.Forms[len(p.Forms)-1]
	f.Fill(r.PostForm)
	if s := f.Field("seen"); s != nil { // what the page shows now
		k, again := h.lib.Package(r.Context(), authz.ScopeFrom(r.Context()), library.PackageID(r.PathValue("id")))
		if again != nil {
			return again
		}
		s.Value = k.Seen()
	}
	f.Wrong(err)
	return packageView.RenderStatus(w, r, http.StatusUnprocessableEntity, p)
}

func (h *Handler) authorPackage(w http.ResponseWriter, r *http.Request) error {
	ctx, scope, id, seen := r.Context(), authz.ScopeFrom(r.Context()), library.PackageID(r.PathValue("id")), r.PostFormValue("seen")
	var err error
	said := ""
	switch r.PostFormValue("act") {
	case "submit":
		_, err = h.lib.SubmitPackage(ctx, scope, id, seen, r.PostFormValue("reason"))
		said = "整套已送审。"
	case "take_back":
		_, err = h.lib.TakeBackPackage(ctx, scope, id, seen)
		said = "整套已收回，可以继续修改。"
	case "dissolve":
		err = h.lib.Dissolve(ctx, scope, id)
		said = "已解散，各篇可以分别办理。"
	default:
		err = fault.New(fault.Invalid, "没有选择怎样办理，请按页面上的按钮。")
	}
	if web.Mendable(err) {
		return h.packageAgain(w, r, err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, "/console/item-packages/"+string(id), said)
}

func (h *Handler) reviewPackage(w http.ResponseWriter, r *http.Request) error {
	ctx, scope, id, seen := r.Context(), authz.ScopeFrom(r.Context()), library.PackageID(r.PathValue("id")), r.PostFormValue("seen")
	var err error
	said := ""
	if r.PostForm.Has("pass") || r.PostForm.Has("fail") {
		var n library.Stamping
		if n, err = stamping(r); err == nil {
			_, err = h.lib.StampPackage(ctx, scope, id, seen, n.Gate, n.Passed, n.Note)
			said = "本套每一篇的" + stamped(n)
		}
	} else {
		f := r.PostForm
		k, again := h.lib.Package(ctx, scope, id)
		if again != nil {
			return again
		}
		if _, stage := k.State(); stage == string(sx2021.FinalReview) && f.Get("act") == library.Pass {
			if ok, err := web.Prove(w, r); !ok {
				return err
			}
		}
		k, err = h.lib.ReviewPackage(ctx, scope, id, seen, library.Decision{Act: f.Get("act"), Opinion: f.Get("opinion"), Reason: f.Get("reason"), WaiverReason: f.Get("waiver"), Declarations: declared(f)})
		said = "整套" + k.StateName() + "。"
	}
	if web.Mendable(err) {
		return h.packageAgain(w, r, err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, "/console/item-packages/"+string(id), said)
}
