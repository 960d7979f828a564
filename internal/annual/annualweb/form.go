package annualweb

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"zhengshu/internal/annual"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/official"
	"zhengshu/internal/web"
)

// shown is a value on screen: figures with thousands apart and their measure word.
func shown(c annual.Cell, v string) string {
	switch {
	case v == "":
		return "—"
	case c.Kind == annual.Count:
		return grouped(v) + " " + c.Unit
	case c.Unit != "":
		return v + " " + c.Unit
	}
	return v
}

func grouped(s string) string {
	if strings.Trim(s, "0123456789") != "" {
		return s
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func trailOf(d annual.Dossier) []web.Crumb {
	return []web.Crumb{{Name: "年度报表", Href: listPath}, {Name: d.ObjectName, Href: linkOf(d.ID)}}
}

func cellLink(d annual.Dossier, cell string) string {
	return linkOf(d.ID) + "/cells/" + url.PathEscape(cell)
}

// brief is the first sentence of a source; the page of the cell has the rest.
func brief(source string) string {
	first, _, _ := strings.Cut(source, "。")
	return first
}

// may is what the person can do with the form.
type may struct{ fill, review bool }

func mayOf(d annual.Dossier, s *authz.Session) may {
	return may{fill: s.MayAt(authz.AnnualFill, string(d.Unit)), review: d.MayReview(s) && d.SubmittedID != s.PersonID}
}

// newRecord is GET /console/annual/{id}.
func newRecord(d annual.Dossier, m may, today calendar.Date) record {
	at := linkOf(d.ID)
	v := record{web.RecordView{Heading: web.Heading{Above: fmt.Sprintf("%d 年度 %s", d.Year, d.Kind.Name()), Title: d.ObjectName, Tags: []web.Tag{stateTag(d.Form)}}, Trail: []web.Crumb{{Name: "年度报表", Href: listPath}}}}
	if d.Edition > 1 {
		v.Heading.Tags = append(v.Heading.Tags, web.Tag{Kind: web.Info, Text: fmt.Sprintf("第 %d 版", d.Edition)})
	}
	if d.Missed(today) {
		v.Heading.Tags = append(v.Heading.Tags, web.Tag{Kind: web.Danger, Text: "超过公开期限"})
	}
	if m.fill && d.Open() {
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "填报", Href: at + "/fill", Primary: true})
	}
	v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "下载 DOCX", Href: at + "/paper?as=docx"}, web.Act{Text: "下载 PDF", Href: at + "/paper?as=pdf"}, web.Act{Text: "导出 XLSX", Href: at + "/export?format=xlsx"}, web.Act{Text: "导出 CSV", Href: at + "/export?format=csv"})
	if d.State == annual.Returned && d.ReturnedWhy != "" {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Warn, Title: "已退回", Text: d.ReturnedWhy})
	}
	if d.Edition > 1 {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Info, Title: "更正版", Text: "更正原因：" + d.Why})
	}
	if d.Open() && d.Until.Year == d.Year && d.Until.Before(calendar.Date{Year: d.Year, Month: 12, Day: 31}) {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Info, Title: "本年还没有结束", Text: "数字统计到 " + d.Until.String() + "，年度结束以后才能报送。"})
	}
	if d.Open() {
		t := web.Table{Caption: fmt.Sprintf("需要处理的 %d 处", len(d.Problems)), Compact: true, Columns: []web.Column{{Head: "类别"}, {Head: "情况", Wide: true}}}
		gaps := 0
		for _, p := range d.Problems {
			if p.Rule == "missing" {
				gaps++
				continue
			}
			says := web.Cell{Text: p.Says}
			if len(p.Cells) > 0 {
				says.Href = cellLink(d, p.Cells[0])
			}
			t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{web.Tagged(problemTag(p)), says}, Kind: problemTag(p).Kind})
		}
		if gaps > 0 {
			t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{web.Tagged(web.Tag{Text: "未填"}), {Text: fmt.Sprintf("还有 %d 项没有填写，在下面各部分标为“未填”。", gaps)}}})
		}
		if len(d.Problems) > 0 {
			v.Alerts = append(v.Alerts, web.Alert{Kind: web.Warn, Title: fmt.Sprintf("还有 %d 处需要处理，处理后才能报送", len(d.Problems))})
			v.Main = append(v.Main, t)
		} else {
			v.Alerts = append(v.Alerts, web.Alert{Kind: web.Good, Title: "各项齐全，数字之间没有矛盾"})
		}
	}
	wrong := map[string]web.Tag{}
	for _, p := range d.Problems {
		for _, c := range p.Cells {
			if tag := problemTag(p); p.Rule != "missing" && wrong[c].Kind != web.Danger {
				wrong[c] = tag
			}
		}
	}
	for _, s := range d.Def.Sections {
		t := web.Table{Caption: s.Name, Columns: []web.Column{{Head: "指标"}, {Head: "数据", Number: true}, {Head: "上年", Number: true}, {Head: "来源", Wide: true}}}
		for _, l := range d.Lines {
			if l.Cell.Section != s.ID {
				continue
			}
			name := web.Cell{Text: l.Cell.Name(), Href: cellLink(d, l.Cell.ID)}
			value := web.Cell{Text: shown(l.Cell, l.Value)}
			if l.Fact.Rows > 0 && l.Cell.Counted() {
				value.Note = fmt.Sprintf("明细 %d 行", l.Fact.Rows)
			}
			if tag := wrong[l.Cell.ID]; tag.Text != "" {
				value.Tags = []web.Tag{tag}
			}
			from := web.Cell{Text: brief(l.Source), Tags: []web.Tag{originTag(l)}}
			if l.Cell.Plain {
				from = web.Cell{}
			}
			if l.Fact.Partial != "" && l.Origin == annual.Auto {
				from.Note = l.Fact.Partial
			}
			if l.Origin == annual.Instead {
				from.Note = "系统统计 " + shown(l.Cell, l.Fact.Value) + "；更改理由：" + l.Typed.Why
			}
			if l.Typed.Remark != "" {
				from.Note = strings.TrimPrefix(from.Note+"；说明："+l.Typed.Remark, "；")
			}
			row := web.Row{Cells: []web.Cell{name, value, web.Text(shown(l.Cell, l.Last)), from}}
			row.Kind = wrong[l.Cell.ID].Kind
			t.Rows = append(t.Rows, row)
		}
		v.Main = append(v.Main, t)
	}
	if d.Below != nil {
		v.Main = append(v.Main, belowTable(d))
	}
	v.Forms, v.ActsFirst = acts(d, m, today), true
	facts := web.Summary{Title: "办理", Terms: []web.Term{{Name: "填报单位", Text: d.UnitName}, {Name: "审核单位", Text: d.ReviewerName}}}
	add := func(name, text, note string) {
		if text != "" {
			facts.Terms = append(facts.Terms, web.Term{Name: name, Text: text, Note: note})
		}
	}
	if !d.DueOn.IsZero() {
		add("公开期限", d.DueOn.String(), "")
	}
	add("报送", d.SubmittedBy, web.Minute(d.SubmittedAt))
	add("审核通过", d.ApprovedBy, web.Minute(d.ApprovedAt))
	add("公开", d.PublishedBy, web.Minute(d.PublishedAt))
	add("填回全国系统的网址", d.Address, d.AddressSeen)
	if d.SHA256 != "" {
		add("内容校验值", d.SHA256[:min(16, len(d.SHA256))]+"…", "报送时留存的数字和明细以此为准")
	}
	add("表样", fmt.Sprintf("%s 第 %d 版", d.Def.Title, d.Def.Version), d.Def.Source+"。"+d.Def.Note)
	v.Side = append(v.Side, facts)
	if len(d.Editions) > 1 {
		t := web.Summary{Title: "各版"}
		for _, e := range d.Editions {
			t.Terms = append(t.Terms, web.Term{Name: fmt.Sprintf("第 %d 版", e.Edition), Text: e.StateName(), Href: linkOf(e.ID), Note: e.Why})
		}
		v.Side = append(v.Side, t)
	}
	line := web.Timeline{Title: "经过"}
	for _, s := range d.History {
		e := web.Event{At: s.At, Title: annual.Machine.ActName(s.Act), Who: s.ActorName}
		if s.Act == "return" || s.Act == "correct" || s.Act == "address" || s.Act == "end" {
			e.Text = s.Note
		}
		line.Events = append(line.Events, e)
	}
	v.Side = append(v.Side, line)
	return v
}

// problemTag is what kind of problem it is.
func problemTag(p annual.Problem) web.Tag {
	switch p.Rule {
	case "missing":
		return web.Tag{Text: "未填"}
	case "jump":
		return web.Tag{Kind: web.Warn, Text: "需说明变化"}
	case "source", "instead", "kind":
		return web.Tag{Kind: web.Warn, Text: "填写不全"}
	}
	return web.Tag{Kind: web.Danger, Text: "有矛盾"}
}

// belowTable sets the figures beside the sum of those below.
func belowTable(d annual.Dossier) web.Table {
	t := web.Table{Caption: fmt.Sprintf("与下级报表核对（下级监管年度报表 %d 份，已审核 %d 份；所辖网站报表 %d 份）", d.Below.Due, len(d.Below.Forms), d.Below.Sites), Columns: []web.Column{{Head: "指标", Wide: true}, {Head: "本表", Number: true}, {Head: "下级合计", Number: true}, {Head: "核对"}}, Empty: web.Empty{Title: "还没有审核通过的下级报表"}}
	for _, l := range d.Lines {
		sum := d.Below.Sum(l.Cell.ID)
		if sum == "" || l.Cell.Kind != annual.Count {
			continue
		}
		tag := web.Tag{Kind: web.Good, Text: "不少于下级合计"}
		own, err := strconv.ParseInt(l.Value, 10, 64)
		below, also := strconv.ParseInt(sum, 10, 64)
		if err != nil || also != nil {
			tag = web.Tag{Text: "本表还没有填"}
		} else if own < below {
			tag = web.Tag{Kind: web.Warn, Text: "少于下级合计"}
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{web.Linked(l.Cell.Name(), cellLink(d, l.Cell.ID)), web.Text(shown(l.Cell, l.Value)), web.Text(sum), web.Tagged(tag)}})
	}
	return t
}

// acts are the forms of what can be done now.
func acts(d annual.Dossier, m may, today calendar.Date) []web.Form {
	at := linkOf(d.ID)
	var out []web.Form
	one := func(act, legend, hint string, b web.Button, fields ...web.Field) {
		out = append(out, web.Form{Action: at + "/" + act, Sections: []web.Section{{Legend: legend, Hint: hint, Fields: fields}}, Buttons: []web.Button{b}})
	}
	switch {
	case m.fill && d.Open() && calendar.Date.Before(calendar.Date{Year: d.Year, Month: 12, Day: 31}, today):
		one("submit", "报送"+d.ReviewerName+"审核", "报送时按记录最后统计一次，数字和明细留存校验值，不再变动。", web.Button{Label: "报送审核"})
	case m.fill && d.State == annual.Approved:
		one("publish", "公开", "公开后在本平台承载的各门户网站“年度报表”栏目可查，并请在本网站首页显著位置放置链接。", web.Button{Label: "公开报表"})
	case m.fill && (d.State == annual.Published || d.State == annual.Addressed):
		on := d.AddressOn
		if on.IsZero() {
			on = today
		}
		one("address", "填回全国系统的网址", "在全国政府网站信息报送系统填回公开网址后，在这里登记。", web.Button{Label: "登记网址"}, web.Field{Kind: web.Address, Name: "address", Label: "公开网址", Value: d.Address, Required: true, Max: 500}, web.Field{Kind: web.DateField, Name: "on", Label: "填回日期", Value: on.String(), Required: true, Narrow: true})
		one("correct", "更正", "已公开的报表不能直接修改。更正会新建一版，审核公开后代替本版，更正原因一并公开。", web.Button{Label: "建更正版", Plain: true}, web.Field{Kind: web.TextArea, Name: "why", Label: "更正原因", Required: true, Rows: 2, Max: 300})
	}
	if m.review && d.State == annual.Submitted {
		one("approve", "审核", "审核的是报送时留存的内容。", web.Button{Label: "审核通过"})
	}
	if m.review && (d.State == annual.Submitted || d.State == annual.Approved) {
		one("return", "退回", "", web.Button{Label: "退回重填", Plain: true}, web.Field{Kind: web.TextArea, Name: "why", Label: "退回原因", Required: true, Rows: 2, Max: 500})
	}
	return out
}

func sampleDossier(f annual.Form) annual.Dossier {
	all, err := annual.Definitions()
	if err != nil {
		panic(err) // a broken embedded file is a broken build
	}
	d := annual.Dossier{Form: f, Until: calendar.Date{Year: 2026, Month: 11, Day: 23}}
	for _, def := range all {
		if def.Kind == f.Kind {
			d.Def = def
		}
	}
	for i, c := range d.Def.Cells {
		l := annual.Line{Cell: c, Source: "信息资源库", Last: "12"}
		switch i % 4 {
		case 0:
			l.Value, l.Origin, l.Fact = "1203", annual.Auto, annual.Fact{Value: "1203", Rows: 1203, Partial: "本系统的记录从2026年3月1日开始"}
		case 1:
			l.Value, l.Origin, l.Typed = f.ObjectName, annual.ByHand, annual.Typed{Value: f.ObjectName, Source: "办事系统报表", Remark: f.Why}
		case 2:
			l.Value, l.Origin, l.Fact, l.Typed = "9", annual.Instead, annual.Fact{Value: "8"}, annual.Typed{Value: "9", Why: f.ReturnedWhy}
		}
		d.Lines = append(d.Lines, l)
	}
	return d
}

func withProblems(d annual.Dossier) annual.Dossier {
	d.Problems = []annual.Problem{{Rule: "parts", Cells: []string{d.Lines[0].Cell.ID}, Says: d.ObjectName + "：三项之和大于总数"}, {Rule: "x", Says: d.ObjectName}}
	d.Below = &annual.BelowSum{Due: 3, Sites: 12}
	return d
}

func state(f annual.Form, s string) annual.Form {
	f.State = s
	return f
}

var recordPage = web.Define(web.Plain, "pages/record.html",
	newRecord(annual.Dossier{Form: sampleForm}, may{}, sampleDay),
	newRecord(withProblems(sampleDossier(sampleForm)), may{true, true}, sampleDay),
	newRecord(sampleDossier(state(sampleForm, annual.Submitted)), may{true, true}, sampleDay),
	newRecord(sampleDossier(state(sampleForm, annual.Published)), may{true, true}, sampleDay),
	newRecord(withProblems(sampleDossier(hostile)), may{true, true}, sampleDay))

func (h *Handler) dossier(r *http.Request) (annual.Dossier, error) {
	return h.annual.Form(r.Context(), authz.ScopeFrom(r.Context()), idOf(r))
}

func (h *Handler) recordOf(r *http.Request) (record, error) {
	d, err := h.dossier(r)
	if err != nil {
		return record{}, err
	}
	return newRecord(d, mayOf(d, authz.SessionFrom(r.Context())), web.FrameOf(r).Today), nil
}

func (h *Handler) one(w http.ResponseWriter, r *http.Request) error {
	v, err := h.recordOf(r)
	if err != nil {
		return err
	}
	return recordPage.Render(w, r, v)
}

func (h *Handler) paper(w http.ResponseWriter, r *http.Request) error {
	d, err := h.dossier(r)
	if err != nil {
		return err
	}
	x := d.Sheet()
	return web.SendDocument(w, r, x.Paper(), "年度报表", x.FileName())
}

func (h *Handler) exportOne(w http.ResponseWriter, r *http.Request) error {
	d, err := h.dossier(r)
	if err != nil {
		return err
	}
	x := d.Sheet()
	return web.SendSheet(w, r, x.Table(), x.FileName())
}

// answer ends an act of the page.
func (h *Handler) answer(w http.ResponseWriter, r *http.Request, err error, act, said string) error {
	return recordPage.Answer(w, r, err, linkOf(idOf(r)), said, h.recordOf, func(v *record) *web.Form {
		for i := range v.Forms {
			if strings.HasSuffix(v.Forms[i].Action, "/"+act) {
				return &v.Forms[i]
			}
		}
		return nil
	})
}

func (h *Handler) submit(w http.ResponseWriter, r *http.Request) error {
	err := h.annual.Submit(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), idOf(r))
	return h.answer(w, r, err, "submit", "已报送审核。")
}

func (h *Handler) approve(w http.ResponseWriter, r *http.Request) error {
	if ok, err := web.Prove(w, r); !ok {
		return err
	}
	err := h.annual.Approve(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), idOf(r))
	return h.answer(w, r, err, "approve", "审核通过，已通知填报单位公开。")
}

func (h *Handler) giveBack(w http.ResponseWriter, r *http.Request) error {
	err := h.annual.Return(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), idOf(r), r.PostFormValue("why"))
	return h.answer(w, r, err, "return", "已退回，并通知填报单位。")
}

func (h *Handler) publish(w http.ResponseWriter, r *http.Request) error {
	if ok, err := web.Prove(w, r); !ok {
		return err
	}
	err := h.annual.Publish(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), idOf(r))
	return h.answer(w, r, err, "publish", "已公开。请把公开网址填回全国系统，再在这里登记。")
}

func (h *Handler) address(w http.ResponseWriter, r *http.Request) error {
	on, err := calendar.ParseLoose(r.PostFormValue("on"))
	if err != nil {
		err = fault.New(fault.Invalid, "填回日期不能识别。").On("on", "请填写日期，例如 2027-01-20").From(err)
	} else {
		err = h.annual.Address(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), idOf(r), r.PostFormValue("address"), on)
	}
	return h.answer(w, r, err, "address", "已登记填回的网址。")
}

func (h *Handler) correct(w http.ResponseWriter, r *http.Request) error {
	f, err := h.annual.Correct(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), idOf(r), r.PostFormValue("why"))
	if err == nil {
		return web.Done(w, r, f.Link(), "已建更正版，改好后重新报送审核。")
	}
	return h.answer(w, r, err, "correct", "")
}

// byHand reports whether the fast form asks for the cell: what is not counted,
// what is missing, what was typed before, and what needs a word on its jump.
func byHand(l annual.Line) bool {
	return l.Cell.Formula == nil && (!l.Cell.Counted() || l.Fact.Missing != "" || l.Typed.Value != "")
}

func valueField(l annual.Line) web.Field {
	c := l.Cell
	f := web.Field{Name: "v_" + c.ID, Label: c.Name(), Value: l.Typed.Value, Unit: c.Unit, Required: c.Required, Max: 300}
	if l.Fact.Missing != "" {
		f.Hint = l.Fact.Missing
	}
	if l.Last != "" {
		f.Hint = strings.TrimPrefix(f.Hint+"；上年 "+shown(c, l.Last), "；")
	}
	switch c.Kind {
	case annual.Count, annual.Number:
		f.Narrow, f.Mode, f.Max = true, "decimal", 15
	case annual.Choice:
		f.Kind = web.Radios
		for _, o := range c.Options {
			f.Options = append(f.Options, web.Option{Value: o, Label: o})
		}
	case annual.Checks:
		f.Kind = web.Checks
		for _, o := range c.Options {
			f.Options = append(f.Options, web.Option{Value: o, Label: o})
		}
		if l.Typed.Value != "" {
			f.Values = strings.Split(l.Typed.Value, "、")
		}
	case annual.Day:
		f.Kind, f.Narrow = web.DateField, true
	}
	return f
}

// newFill is GET /console/annual/{id}/fill.
func newFill(d annual.Dossier) asked {
	at := linkOf(d.ID)
	v := asked{web.FormView{Heading: web.Heading{Above: d.ObjectName, Title: fmt.Sprintf("填报%d 年度%s", d.Year, d.Kind.Name()), Lead: "只列要手工填的项；系统统计的项在报表页核对，要改填请点那一项。每部分写一次来源，适用于本部分新填的各项。"}, Trail: trailOf(d)}}
	v.Form = web.Form{Action: at + "/fill", Key: "annual-" + string(d.ID), Sticky: true, Buttons: []web.Button{{Label: "保存填报", Skip: true}}, Cancel: web.Link{Text: "返回报表", Href: at}}
	jumps := map[string]string{}
	for _, w := range d.Warnings {
		jumps[w.Cells[0]] = w.Says
	}
	for _, s := range d.Def.Sections {
		section := web.Section{Legend: s.Name}
		source, same, plain := "", true, true
		for _, l := range d.Lines {
			if l.Cell.Section != s.ID {
				continue
			}
			if byHand(l) {
				section.Fields = append(section.Fields, valueField(l))
				if !l.Cell.Plain {
					plain = false
				}
				if l.Typed.Source != "" {
					same = same && (source == "" || source == l.Typed.Source)
					source = l.Typed.Source
				}
			}
			if says, ok := jumps[l.Cell.ID]; ok || l.Typed.Remark != "" {
				section.Fields = append(section.Fields, web.Field{Name: "r_" + l.Cell.ID, Label: "“" + l.Cell.Name() + "”变化的原因", Value: l.Typed.Remark, Hint: says, Max: 300})
			}
		}
		if len(section.Fields) == 0 {
			continue
		}
		if !plain {
			f := web.Field{Name: "source_" + s.ID, Label: "本部分手工填报的来源", Value: source, Max: 200, Hint: "例如：政务服务平台 2026 年统计报表"}
			if !same {
				f.Value, f.Hint = "", "各项来源不同；这里留空则保持各项原来的来源，填写则用于新填的项"
			}
			section.Fields = append(section.Fields, f)
		}
		v.Form.Sections = append(v.Form.Sections, section)
	}
	v.Before = []web.Component{v.Form.Outline()}
	return v
}

var fillPage = web.Define(web.Plain, "pages/form.html", newFill(annual.Dossier{Form: sampleForm}), newFill(sampleDossier(sampleForm)), newFill(sampleDossier(hostile)))

func (h *Handler) fillable(r *http.Request) (annual.Dossier, error) {
	d, err := h.dossier(r)
	if err != nil {
		return d, err
	}
	if !d.MayFill(authz.SessionFrom(r.Context())) {
		return d, fault.Newf(fault.Refused, "这份报表由%s填报，现在是“%s”，您不能填写。", d.UnitName, d.StateName())
	}
	return d, nil
}

func (h *Handler) showFill(w http.ResponseWriter, r *http.Request) error {
	d, err := h.fillable(r)
	if err != nil {
		return err
	}
	return fillPage.Render(w, r, newFill(d))
}

func (h *Handler) fill(w http.ResponseWriter, r *http.Request) error {
	d, err := h.fillable(r)
	if err != nil {
		return err
	}
	entries := map[string]annual.Entry{}
	for _, l := range d.Lines {
		e := annual.Entry{Value: l.Typed.Value, Source: l.Typed.Source, Why: l.Typed.Why, Remark: l.Typed.Remark}
		was := e
		if r.PostForm.Has("r_" + l.Cell.ID) {
			e.Remark = strings.TrimSpace(r.PostForm.Get("r_" + l.Cell.ID))
		}
		if byHand(l) {
			if e.Value = strings.TrimSpace(r.PostForm.Get("v_" + l.Cell.ID)); l.Cell.Kind == annual.Checks {
				e.Value = strings.Join(r.PostForm["v_"+l.Cell.ID], "、")
			}
			section := strings.TrimSpace(r.PostForm.Get("source_" + l.Cell.Section))
			switch {
			case l.Cell.Plain || e.Value == "":
				e.Source = ""
			case section != "" && (e.Value != was.Value || was.Source == ""):
				e.Source = section
			}
			if e.Value == "" {
				e.Why = ""
			}
		}
		if e != was {
			entries[l.Cell.ID] = e
		}
	}
	err = h.annual.Type(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), d.ID, entries)
	if err == nil {
		return web.Done(w, r, linkOf(d.ID), "已保存，尚未报送。")
	}
	if !web.Mendable(err) {
		return err
	}
	v := newFill(d)
	f := fault.Of(err)
	for i, x := range f.Fields { // what is wrong with a source is told at the section's
		if cell, ok := strings.CutPrefix(x.Name, "s_"); ok {
			if c, found := d.Def.Cell(cell); found {
				f.Fields[i].Name = "source_" + c.Section
			}
		}
	}
	v.Again(r, f)
	return fillPage.RenderStatus(w, r, http.StatusUnprocessableEntity, v)
}

// newCell is GET /console/annual/{id}/cells/{cell}.
func newCell(d annual.Dossier, l annual.Line, rows []annual.Row, total int, pager web.Pager, fills bool) record {
	c := l.Cell
	at := cellLink(d, c.ID)
	v := record{web.RecordView{Heading: web.Heading{Above: fmt.Sprintf("%s　%d 年度　%s", d.ObjectName, d.Year, d.Def.SectionName(c.Section)), Title: c.Name(), Tags: []web.Tag{originTag(l)}}, Trail: trailOf(d)}}
	switch {
	case c.Mark.Unverified():
		v.Heading.Tags = append(v.Heading.Tags, web.Tag{Kind: web.Warn, Text: "栏名未核实"})
	case c.Mark == "D":
		v.Heading.Tags = append(v.Heading.Tags, web.Tag{Kind: web.Warn, Text: "自拟栏目"})
	}
	if l.Fact.Rows > 0 && c.Counted() {
		v.Heading.Acts = web.ExportActs(at+"/export", nil)
	}
	for _, p := range append(slices.Clone(d.Problems), d.Warnings...) {
		if slices.Contains(p.Cells, c.ID) && !(p.Rule == "jump" && slices.ContainsFunc(v.Alerts, func(a web.Alert) bool { return strings.HasPrefix(a.Text, p.Says) })) {
			v.Alerts = append(v.Alerts, web.Alert{Kind: web.Warn, Title: "需要处理", Text: p.Says})
		}
	}
	switch {
	case c.Formula != nil:
		v.Main = append(v.Main, web.Empty{Title: "这一项由本表其他单元格计算", Text: l.Source})
	case !c.Counted():
		text := "这一项手工填报，并写明数据来源。"
		if c.Plain {
			text = "由填报人填写。"
		}
		v.Main = append(v.Main, web.Empty{Title: "本系统没有这一项的记录", Text: text})
	default:
		t := web.Table{Caption: "统计的明细", Columns: []web.Column{{Head: "内容", Wide: true}, {Head: "说明"}, {Head: "时间"}, {Head: "计数", Number: true}}, Empty: web.Empty{Title: "没有明细", Text: cmp.Or(l.Fact.Missing, "统计结果为零或为空，没有可列的内容。")}}
		for _, r := range rows {
			when := web.Cell{}
			if !r.At.IsZero() {
				when = web.When(r.At)
			}
			t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{web.Linked(r.Text, r.Link), web.Text(r.Note), when, web.Text(grouped(strconv.FormatInt(r.N, 10)))}})
		}
		v.Main = append(v.Main, t, pager)
	}
	facts := web.Summary{Title: "这一项", Terms: []web.Term{{Name: "填报的数据", Text: shown(c, l.Value)}}}
	add := func(name, text, note string) {
		if text != "" {
			facts.Terms = append(facts.Terms, web.Term{Name: name, Text: text, Note: note})
		}
	}
	if c.Counted() {
		says := l.Fact.Says
		if l.Fact.Missing != "" {
			add("系统统计", "没有数据", l.Fact.Missing)
		} else {
			add("系统统计", shown(c, l.Fact.Value), strings.TrimPrefix(says+"。"+l.Fact.Partial, "。"))
			how := fmt.Sprintf("%d 行", total)
			if l.Fact.Sum {
				how += "，数据为各行计数之和"
			}
			add("明细", how, "")
		}
	}
	if l.Typed.Value != "" {
		add("手工填报", shown(c, l.Typed.Value), strings.TrimSpace("来源："+cmp.Or(l.Typed.Source, "未写明")+"　"+l.Typed.By+" "+web.Minute(l.Typed.At)))
		if l.Typed.Why != "" {
			add("更改理由", l.Typed.Why, "填写时系统统计为 "+cmp.Or(l.Typed.Counted, "空"))
		}
	}
	add("说明", l.Typed.Remark, "")
	add("上年公开的数据", shown(c, l.Last), "")
	add("可信程度", c.Mark.Name(), d.Def.Source)
	v.Side = append(v.Side, facts)
	var rules web.Breaches
	rules.Title = "与其他项的关系"
	for _, r := range d.Def.Rules {
		if slices.Contains(r.Cells(), c.ID) {
			rules.Items = append(rules.Items, web.Breach{OK: !slices.ContainsFunc(d.Problems, func(p annual.Problem) bool { return p.Rule == r.ID }), ID: r.ID, Says: r.Says})
		}
	}
	if len(rules.Items) > 0 {
		v.Side = append(v.Side, rules)
	}
	if fills && c.Formula == nil {
		value := valueField(l)
		value.Label, value.Required = "数据", false
		section := web.Section{Legend: "填写这一项", Fields: []web.Field{value}}
		if c.Counted() && l.Fact.Missing == "" {
			section.Legend = "改填这一项"
			section.Hint = "系统统计的数字不会被悄悄代替：改填后两个数字和理由一起显示。数据留空即恢复系统统计。"
			section.Fields = append(section.Fields, web.Field{Kind: web.TextArea, Name: "w_" + c.ID, Label: "更改理由", Value: l.Typed.Why, Rows: 2, Max: 300})
		}
		if !c.Plain {
			section.Fields = append(section.Fields, web.Field{Name: "s_" + c.ID, Label: "数据来源", Value: l.Typed.Source, Max: 200, Hint: "手工填报必须写明来源"}, web.Field{Name: "r_" + c.ID, Label: "说明", Value: l.Typed.Remark, Max: 300, Hint: "与上年相差很大时写明原因，随报表公开"})
		}
		v.Forms = append(v.Forms, web.Form{Action: at, Sections: []web.Section{section}, Buttons: []web.Button{{Label: "保存这一项", Skip: true}}})
	}
	return v
}

func firstLine(d annual.Dossier) annual.Line { return d.Lines[0] }

var (
	sampleRows = []annual.Row{{Key: "1", Text: "关于做好供暖工作的通知", Note: "政策文件", Link: "/console/items/01I", N: 1}, {Key: "2", Text: "访问 1 日", N: 1203}}
	cellPage   = web.Define(web.Plain, "pages/record.html",
		newCell(sampleDossier(sampleForm), annual.Line{}, nil, 0, web.Pager{}, false),
		newCell(withProblems(sampleDossier(sampleForm)), firstLine(sampleDossier(sampleForm)), sampleRows, 2, web.Pager{}, true),
		newCell(sampleDossier(hostile), firstLine(sampleDossier(hostile)), []annual.Row{{Text: "<script>", Note: "<b>", Link: `javascript:"><b>`}}, 1, web.Pager{}, true))
)

func (h *Handler) cellOf(r *http.Request) (record, error) {
	d, err := h.dossier(r)
	if err != nil {
		return record{}, err
	}
	l, ok := d.Line(r.PathValue("cell"))
	if !ok {
		return record{}, fault.Missing("单元格")
	}
	rows, total, err := h.annual.Rows(r.Context(), authz.ScopeFrom(r.Context()), d.ID, l.Cell.ID, perPage, (web.PageOf(r)-1)*perPage)
	if err != nil {
		return record{}, err
	}
	return newCell(d, l, rows, total, web.PagerOf(r, total, perPage), d.MayFill(authz.SessionFrom(r.Context()))), nil
}

func (h *Handler) cell(w http.ResponseWriter, r *http.Request) error {
	v, err := h.cellOf(r)
	if err != nil {
		return err
	}
	return cellPage.Render(w, r, v)
}

func (h *Handler) exportCell(w http.ResponseWriter, r *http.Request) error {
	d, err := h.dossier(r)
	if err != nil {
		return err
	}
	l, ok := d.Line(r.PathValue("cell"))
	if !ok {
		return fault.Missing("单元格")
	}
	list, total, err := h.annual.Rows(r.Context(), authz.ScopeFrom(r.Context()), d.ID, l.Cell.ID, maxExport, 0)
	if err != nil {
		return err
	}
	if err := web.MostExported(total, maxExport, "行"); err != nil {
		return err
	}
	rows := make([][]any, len(list))
	for i, x := range list {
		rows[i] = []any{x.Text, x.Note, web.Minute(x.At), x.N}
	}
	name := fmt.Sprintf("%s%d年%s明细", d.ObjectName, d.Year, l.Cell.Name())
	return web.SendSheet(w, r, official.Sheet{Title: name, Columns: []official.Column{{Title: "内容", Width: 50}, {Title: "说明", Width: 24}, {Title: "时间", Width: 18}, {Title: "计数"}}, Rows: slices.Values(rows)}, name)
}

func (h *Handler) typeCell(w http.ResponseWriter, r *http.Request) error {
	cell := r.PathValue("cell")
	d, err := h.dossier(r)
	if err != nil {
		return err
	}
	l, ok := d.Line(cell)
	if !ok {
		return fault.Missing("单元格")
	}
	e := annual.Entry{Value: r.PostForm.Get("v_" + cell), Source: r.PostForm.Get("s_" + cell), Why: r.PostForm.Get("w_" + cell), Remark: r.PostForm.Get("r_" + cell)}
	if l.Cell.Kind == annual.Checks {
		e.Value = strings.Join(r.PostForm["v_"+cell], "、")
	}
	if strings.TrimSpace(e.Value) == "" {
		e.Source, e.Why = "", ""
	}
	err = h.annual.Type(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), d.ID, map[string]annual.Entry{cell: e})
	return cellPage.Answer(w, r, err, cellLink(d, cell), "已保存这一项。", h.cellOf, func(v *record) *web.Form {
		if len(v.Forms) == 0 {
			return nil
		}
		return &v.Forms[0]
	})
}
