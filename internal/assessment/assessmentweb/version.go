package assessmentweb

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"zhengshu/internal/assessment"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/rules/packs"
	"zhengshu/internal/web"
)

const versionsPath = packsPath + "/versions"

type (
	formPage   struct{ web.FormView }
	recordPage struct{ web.RecordView }
	listPage   struct{ web.ListView }
)

var packTrail = []web.Crumb{{Name: "考核得分", Href: scoresPath}, {Name: "考核指标", Href: packsPath}}

// provinceOffice is the person's provincial office with the permission; the
// zero unit when there is none.
func (h *Handler) provinceOffice(r *http.Request, p authz.Permission) (org.Unit, error) {
	s := authz.SessionFrom(r.Context())
	if s == nil {
		return org.Unit{}, nil
	}
	for _, post := range s.Posts {
		one := authz.Session{Posts: []authz.Post{post}}
		if !post.Office || !one.May(p) {
			continue
		}
		u, err := h.org.Unit(r.Context(), s.ScopeFor(p), org.UnitID(post.UnitID))
		if err != nil {
			return org.Unit{}, err
		}
		if u.Level == org.Province {
			return u, nil
		}
	}
	return org.Unit{}, nil
}

// newDraftForm is GET /console/packs/new: from a version at hand, or a file.
func newDraftForm(unit string, list []assessment.PackStatus, today calendar.Date) formPage {
	var options []web.Option
	for _, p := range list {
		options = append(options, web.Option{Value: fmt.Sprintf("%s %d", p.Pack.ID, p.Pack.Version), Label: packName(p.Pack)})
	}
	return formPage{web.FormView{Trail: packTrail, Heading: web.Heading{Title: "起草指标包新版本", Lead: "以现有一版为底稿，逐项修改；改好后送另一人复核，通过后由省政府办公厅采用。采用以前不影响任何得分。"},
		Form: web.Form{Action: versionsPath, Key: "pack-draft", Sections: []web.Section{{Fields: []web.Field{
			{Kind: web.Hidden, Name: "unit", Value: unit},
			{Kind: web.Select, Name: "base", Label: "底稿", Required: true, Options: options},
			{Kind: web.DateField, Name: "from", Label: "生效日期", Required: true, Narrow: true, Hint: "一般从季度第一天起，例如 " + assessment.QuarterOf(today).Next().First().String()},
			{Kind: web.TextArea, Name: "note", Label: "起草缘由", Hint: "改什么、为什么，4至500字", Required: true, Max: 500, Rows: 3}}}},
			Buttons: []web.Button{{Label: "开始起草"}}, Cancel: web.Link{Text: "返回", Href: packsPath}}}}
}

func newImportForm(unit string) formPage {
	return formPage{web.FormView{Trail: packTrail, Heading: web.Heading{Title: "导入指标包", Lead: "导入其他地方导出的指标文件（JSON），作为草稿逐项核对。文件有一处不符合要求就整份不导入，并逐处说明。"},
		Form: web.Form{Action: packsPath + "/import", Upload: true, Key: "pack-import", Sections: []web.Section{{Fields: []web.Field{
			{Kind: web.Hidden, Name: "unit", Value: unit},
			{Kind: web.File, Name: "file", Label: "指标文件", Required: true, Accept: ".json,application/json", Hint: fmt.Sprintf("JSON 格式，不超过 %d KB", packs.MaxBytes>>10)},
			{Kind: web.TextArea, Name: "note", Label: "导入缘由", Required: true, Max: 500, Rows: 3}}}},
			Buttons: []web.Button{{Label: "导入为草稿"}}, Cancel: web.Link{Text: "返回", Href: packsPath}}}}
}

func packName(p packs.Pack) string {
	return fmt.Sprintf("%s《%s》第%d版", p.Source, p.Title, p.Version)
}

// mustOffice refuses those who do not sit at the provincial office.
func (h *Handler) mustOffice(r *http.Request) (org.Unit, error) {
	u, err := h.provinceOffice(r, authz.PackDraft)
	if err == nil && u.ID == "" {
		err = fault.New(fault.Refused, "考核指标由省政府办公厅制定；有意见请报省政府办公厅。")
	}
	return u, err
}

func (h *Handler) showDraft(w http.ResponseWriter, r *http.Request) error {
	v, err := h.draftForm(r)
	if err != nil {
		return err
	}
	return formScreen.Render(w, r, v)
}

func (h *Handler) draftForm(r *http.Request) (formPage, error) {
	u, err := h.mustOffice(r)
	if err != nil {
		return formPage{}, err
	}
	list, err := h.assessment.Packs(r.Context(), authz.ScopeFrom(r.Context()))
	return newDraftForm(string(u.ID), list, web.FrameOf(r).Today), err
}

func (h *Handler) draft(w http.ResponseWriter, r *http.Request) error {
	id, number, _ := strings.Cut(r.PostFormValue("base"), " ")
	n, _ := strconv.Atoi(number) // 0, the newest, when nothing was chosen
	from, err := dateOf(r, "from")
	var v assessment.PackVersion
	if err == nil {
		v, err = h.assessment.Draft(r.Context(), authz.ScopeFrom(r.Context()), org.UnitID(r.PostFormValue("unit")), id, n, from, r.PostFormValue("note"))
	}
	if web.Mendable(err) {
		f, shown := h.draftForm(r)
		if shown != nil {
			return shown
		}
		f.Again(r, err)
		return formScreen.RenderStatus(w, r, web.StatusOf(err), f)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, v.Link(), fmt.Sprintf("已起草第%d版，请逐项修改。", v.Pack.Version))
}

// dateOf reads a date field; empty is zero.
func dateOf(r *http.Request, name string) (calendar.Date, error) {
	s := strings.TrimSpace(r.PostFormValue(name))
	if s == "" {
		return calendar.Date{}, nil
	}
	d, err := calendar.ParseLoose(s)
	if err != nil {
		return d, fault.New(fault.Invalid, "日期无法识别，请写成 2026-11-23。").On(name, "请写成 2026-11-23").From(err)
	}
	return d, nil
}

func (h *Handler) showPackImport(w http.ResponseWriter, r *http.Request) error {
	u, err := h.mustOffice(r)
	if err != nil {
		return err
	}
	return formScreen.Render(w, r, newImportForm(string(u.ID)))
}

func (h *Handler) packImport(w http.ResponseWriter, r *http.Request) error {
	files, done, err := web.Uploads(r, "file")
	defer done()
	var v assessment.PackVersion
	switch {
	case err != nil:
	case len(files) == 0:
		err = fault.New(fault.Invalid, "没有选择指标文件。").On("file", "请选择 JSON 文件")
	default:
		var b []byte
		if b, err = io.ReadAll(io.LimitReader(files[0].Content, packs.MaxBytes+1)); err != nil {
			return err
		}
		v, err = h.assessment.Import(r.Context(), authz.ScopeFrom(r.Context()), org.UnitID(r.PostFormValue("unit")), b, r.PostFormValue("note"))
	}
	if web.Mendable(err) {
		f := newImportForm(r.PostFormValue("unit"))
		f.Again(r, err)
		return formScreen.RenderStatus(w, r, web.StatusOf(err), f)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, v.Link(), fmt.Sprintf("已导入为第%d版草稿，请核对后送复核。", v.Pack.Version))
}

// packExport sends a pack as the file that import takes.
func (h *Handler) packExport(w http.ResponseWriter, r *http.Request) error {
	q, scope := r.URL.Query(), authz.ScopeFrom(r.Context())
	var p packs.Pack
	if id := q.Get("id"); id != "" {
		v, err := h.assessment.Version(r.Context(), h.db, scope, assessment.VersionID(id))
		if err != nil {
			return err
		}
		p = v.Pack
	} else {
		list, err := h.assessment.Packs(r.Context(), scope)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list, func(s assessment.PackStatus) bool {
			return s.Pack.ID == q.Get("pack") && fmt.Sprint(s.Pack.Version) == q.Get("version")
		})
		if i < 0 {
			return fault.Missing("指标包")
		}
		p = list[i].Pack
	}
	b, err := packs.Encode(p)
	if err != nil {
		return err
	}
	return web.SendList(w, r, p.Title, []string{"指标包"}, len(p.Indicators)+len(p.Special), fmt.Sprintf("%s-%d.json", p.ID, p.Version), "application/json", b)
}

// dossier is a version with what its page shows.
type dossier struct {
	assessment.PackVersion
	before  packs.Pack
	has     bool
	history []passage.Step
	wrong   []fault.Field
	drafts  bool // the reader may draft here
	mine    bool // the reader changed it last
	adopts  bool
}

func versionTone(state string) web.Tone {
	switch state {
	case assessment.VersionAdopted:
		return web.Good
	case assessment.VersionSubmitted:
		return web.Warn
	}
	return web.Neutral
}

func newVersionPage(d dossier) recordPage {
	at := d.Link()
	v := recordPage{web.RecordView{Trail: packTrail, Heading: web.Heading{Above: d.Pack.Source + " · 第" + fmt.Sprint(d.Pack.Version) + "版", Title: d.Pack.Title, Lead: d.Note,
		Tags: []web.Tag{{Kind: versionTone(d.State), Text: d.StateName()}},
		Acts: []web.Act{{Text: "导出 JSON", Href: packsPath + "/export?id=" + url.QueryEscape(string(d.ID))}}}}}
	edits := d.drafts && d.State == assessment.VersionDraft
	if len(d.wrong) == 0 {
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "试算影响", Href: packsPath + "/rehearsal?id=" + url.QueryEscape(string(d.ID)), Primary: d.State == assessment.VersionDraft})
	}
	if len(d.wrong) > 0 {
		t := web.Table{Caption: fmt.Sprintf("还有 %d 处不符合要求", len(d.wrong)), Columns: []web.Column{{Head: "位置"}, {Head: "问题", Wide: true}}}
		for _, f := range d.wrong {
			where := web.Text(f.Name)
			if _, ok := d.Pack.Indicator(f.Name); ok && edits {
				where.Href = at + "/edit?indicator=" + url.QueryEscape(f.Name)
			} else if edits {
				where.Href = at + "/edit"
			}
			t.Rows = append(t.Rows, web.Row{Kind: web.Danger, Cells: []web.Cell{where, web.Text(f.Says)}})
		}
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Warn, Title: "还不能送复核", Text: "改好下面列出的各处以后再送；没有改好也可以先保存。"})
		v.Main = append(v.Main, t)
	}
	if d.State == assessment.VersionDraft && d.CheckerSays != "" {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Warn, Title: d.Checker + "退回修改", Text: d.CheckerSays})
	}
	if d.has {
		v.Main = append(v.Main, diffTable(d.before, d.Pack))
	}
	list := web.Table{Caption: "指标", Compact: true, Columns: []web.Column{{Head: "指标", Wide: true}, {Head: "适用"}, {Head: "分值", Number: true}, {Head: "阈值", Number: true}, {Head: "核实程度"}, {Head: "判定"}}}
	unverified := d.Pack.Unverified()
	for _, group := range [][]packs.Indicator{d.Pack.Indicators, d.Pack.Special} {
		for _, i := range group {
			row := indicatorRow(i, slices.Contains(unverified, i.ID))
			row.Cells = slices.Insert(row.Cells, 1, web.Text(i.For()))
			if edits {
				row.Cells[0].Href = at + "/edit?indicator=" + url.QueryEscape(i.ID)
			}
			list.Rows = append(list.Rows, row)
		}
	}
	v.Main = append(v.Main, list)
	if edits {
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "改总分、日期和豁免", Href: at + "/edit"}, web.Act{Text: "增加指标", Href: at + "/edit?indicator=new"}, web.Act{Text: "增加专项检查", Href: at + "/edit?indicator=special"})
	}
	says := func(act, label, hint string, required bool) web.Section {
		return web.Section{Legend: label, Fields: []web.Field{{Kind: web.TextArea, Name: "says_" + act, Label: hint, Required: required, Max: 500, Rows: 2}}}
	}
	if d.drafts {
		switch d.State {
		case assessment.VersionDraft:
			v.Forms = append(v.Forms, web.Form{Action: at + "/submit", Sections: []web.Section{{Legend: "送复核", Hint: "送出后不能修改，由起草和修改过的人以外的同志复核。"}}, Buttons: []web.Button{{Label: "送另一人复核"}}},
				web.Form{Action: at + "/drop", Sections: []web.Section{{Legend: "作废", Hint: "作废后不能恢复，版本号可以重新使用。"}}, Buttons: []web.Button{{Label: "作废这一版", Kind: web.Danger}}})
		case assessment.VersionSubmitted:
			if !d.mine {
				v.Forms = append(v.Forms, web.Form{Action: at + "/agree", Sections: []web.Section{says("agree", "复核", "复核意见", false)}, Buttons: []web.Button{{Label: "复核通过"}}})
			} else {
				v.Alerts = append(v.Alerts, web.Alert{Kind: web.Info, Title: "等待另一人复核", Text: "起草和修改过这一版的人不能复核；请联系负责考核的其他同志。"})
			}
			v.Forms = append(v.Forms, web.Form{Action: at + "/return", Sections: []web.Section{says("return", "退回", "退回意见", true)}, Buttons: []web.Button{{Label: "退回修改", Plain: true}}})
		case assessment.VersionAgreed:
			v.Alerts = append(v.Alerts, web.Alert{Kind: web.Info, Title: "复核已通过", Text: "由省政府办公厅在“考核指标”页采用后才用于计分。", Links: []web.Link{{Text: "去采用", Href: packsPath}}})
			v.Forms = append(v.Forms, web.Form{Action: at + "/drop", Sections: []web.Section{{Legend: "作废", Hint: "还没有采用，可以作废。"}}, Buttons: []web.Button{{Label: "作废这一版", Kind: web.Danger}}})
		case assessment.VersionAdopted:
			if d.adopts {
				v.Forms = append(v.Forms, web.Form{Action: at + "/end", Sections: []web.Section{says("end", "停用", "停用理由", true)}, Buttons: []web.Button{{Label: "从今天起停用", Kind: web.Danger}}})
			}
		}
	}
	v.ActsFirst = true
	p := d.Pack
	until := "没有规定"
	if !p.EffectiveTo.IsZero() {
		until = p.EffectiveTo.String()
	}
	v.Side = append(v.Side, web.Summary{Title: "这一版", Terms: []web.Term{{Name: "生效", Text: p.EffectiveFrom.String()}, {Name: "失效", Text: until}, {Name: "起草单位", Text: d.UnitName}, {Name: "最近修改", Text: d.Author, Note: web.Minute(d.ChangedAt)},
		{Name: "复核", Text: orNone(d.Checker)}, {Name: "满分", Text: p.Totals.Deduct.N.String() + " 分", Note: "加分最多 " + p.Totals.Bonus.N.String() + " 分"}, {Name: "合格线", Text: p.Totals.FailBelow.N.String() + " 分", Note: "高于 " + p.Totals.BonusAbove.N.String() + " 分进入加分"},
		{Name: "校验值", Text: d.SHA256[:min(16, len(d.SHA256))], Note: "SHA-256 前 16 位"}}})
	story := web.Timeline{Title: "经过"}
	for _, s := range slices.Backward(d.history) {
		story.Events = append(story.Events, web.Event{At: s.At, Title: assessment.VersionMachine.ActName(s.Act), Who: s.ActorName, Text: s.Note})
	}
	v.Side = append(v.Side, story)
	return v
}

func orNone(s string) string {
	if s == "" {
		return "无"
	}
	return s
}

func diffTable(before, now packs.Pack) web.Table {
	t := web.Table{Caption: fmt.Sprintf("与第%d版的差别", before.Version), Compact: true, Columns: []web.Column{{Head: "指标", Wide: true}, {Head: "内容"}, {Head: "原来", Wide: true}, {Head: "现在", Wide: true}},
		Empty: web.Empty{Title: "没有差别", Text: "还没有改动任何一项。"}}
	for _, c := range packs.Diff(before, now) {
		name := "整个指标包"
		if c.Indicator != "" {
			name = c.Indicator + " " + c.Name
		}
		row := web.Row{Cells: []web.Cell{web.Text(name), web.Text(c.Field), web.Text(c.Was), web.Text(c.Now)}}
		if c.Moves {
			row.Kind = web.Warn
			row.Cells[1].Note = "影响得分"
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (h *Handler) versionDossier(r *http.Request) (dossier, error) {
	ctx := r.Context()
	s := authz.SessionFrom(ctx)
	scope := s.ScopeFor(authz.AssessmentRead)
	v, err := h.assessment.Version(ctx, h.db, scope, assessment.VersionID(r.PathValue("id")))
	if err != nil {
		return dossier{}, err
	}
	d := dossier{PackVersion: v, mine: v.AuthorID == s.PersonID}
	if d.before, d.has, err = h.assessment.Before(ctx, h.db, scope, v.Pack.ID, v.Pack.Version); err != nil {
		return d, err
	}
	if d.history, err = h.assessment.VersionHistory(ctx, scope, v.ID); err != nil {
		return d, err
	}
	d.wrong = v.Pack.Validate()
	u, err := h.provinceOffice(r, authz.PackDraft)
	if err != nil {
		return d, err
	}
	a, err := h.provinceOffice(r, authz.PackAdopt)
	d.drafts, d.adopts = u.ID == v.Unit, a.ID == v.Unit
	return d, err
}

func (h *Handler) version(w http.ResponseWriter, r *http.Request) error {
	d, err := h.versionDossier(r)
	if err != nil {
		return err
	}
	return recordScreen.Render(w, r, newVersionPage(d))
}

// versionAct makes the handler of one act on a version.
func (h *Handler) versionAct(said string, act func(*http.Request, authz.Scope, assessment.VersionID, string) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		id := assessment.VersionID(r.PathValue("id"))
		err := act(r, authz.ScopeFrom(r.Context()), id, r.PostFormValue("says_"+path.Base(r.URL.Path)))
		if web.Mendable(err) {
			d, shown := h.versionDossier(r)
			if shown != nil {
				return shown
			}
			v := newVersionPage(d)
			v.Wrong = summary(err)
			for i := range v.Forms {
				if strings.HasSuffix(r.URL.Path, v.Forms[i].Action) {
					v.Forms[i].Fill(r.PostForm)
				}
			}
			return recordScreen.RenderStatus(w, r, web.StatusOf(err), v)
		}
		if err != nil {
			return err
		}
		return web.Done(w, r, versionsPath+"/"+string(id), said)
	}
}

// The editor: one indicator at a time, in plain fields.

var markOptions = []web.Option{{Label: "没有这个值"}, {Value: string(packs.Verified), Label: packs.Verified.Name()}, {Value: string(packs.OnePage), Label: packs.OnePage.Name()}, {Value: string(packs.Statutory), Label: packs.Statutory.Name()},
	{Value: string(packs.Remembered), Label: packs.Remembered.Name()}, {Value: string(packs.Assumed), Label: packs.Assumed.Name()}, {Value: string(packs.Derived), Label: packs.Derived.Name()}}

func valueFields(name, label, hint string, v packs.Value) []web.Field {
	n := ""
	if v.Given() {
		n = v.N.String()
	}
	return []web.Field{{Name: name, Label: label, Hint: hint, Value: n, Narrow: true, Mode: "decimal", Max: 12}, {Kind: web.Select, Name: name + "_mark", Label: label + "的核实程度", Options: markOptions, Value: string(v.Mark), Narrow: true}}
}

// newIndicatorForm edits an indicator; one without an id is new.
func newIndicatorForm(v assessment.PackVersion, i packs.Indicator, was string) formPage {
	at := v.Link()
	title := "修改 " + i.ID + " " + i.Name
	if was == "" {
		title = "增加指标"
		if i.Kind == packs.Special {
			title = "增加专项检查"
		}
	}
	classes, measures := []web.Option{}, []web.Option{{Label: "不计量"}}
	for _, c := range packs.Classes {
		classes = append(classes, web.Option{Value: c.Word, Label: c.Name})
	}
	for _, m := range packs.Measures {
		measures = append(measures, web.Option{Value: m.Word, Label: m.Name})
	}
	kinds := []web.Option{}
	for _, k := range []packs.Kind{packs.Veto, packs.Deduct, packs.Bonus, packs.Special} {
		kinds = append(kinds, web.Option{Value: string(k), Label: k.Name()})
	}
	autos := []web.Option{}
	for _, a := range []packs.Auto{packs.Full, packs.Assisted, packs.Manual} {
		autos = append(autos, web.Option{Value: string(a), Label: a.Name()})
	}
	f := web.Form{Action: at + "/indicator", Sections: []web.Section{
		{Legend: "是什么", Fields: []web.Field{
			{Kind: web.Hidden, Name: "revision", Value: fmt.Sprint(v.Revision)}, {Kind: web.Hidden, Name: "was", Value: was},
			{Name: "id", Label: "编号", Required: true, Narrow: true, Max: 40, Value: i.ID, Hint: "例如 V-W-2、D-01、S-2026Q4-1", ReadOnly: was != ""},
			{Name: "name", Label: "名称", Required: true, Max: 100, Value: i.Name}, {Name: "group", Label: "组别", Max: 60, Value: i.Group},
			{Kind: web.TextArea, Name: "says", Label: "评分细则", Required: true, Max: 1000, Value: i.Says, Rows: 3},
			{Kind: web.Radios, Name: "kind", Label: "类型", Required: true, Options: kinds, Value: string(i.Kind)},
			{Kind: web.Checks, Name: "applies_to", Label: "适用对象", Required: true, Options: classes, Values: i.AppliesTo},
			{Kind: web.Radios, Name: "auto", Label: "判定方式", Required: true, Options: autos, Value: string(i.Auto)}}},
		{Legend: "阈值和预警", Hint: "否决指标用：计量达到阈值（含）即否决，达到预警值提前提醒。", Fields: slices.Concat([]web.Field{{Kind: web.Select, Name: "measure", Label: "计量", Options: measures, Value: i.Measure}},
			valueFields("threshold", "阈值", "占比写小数，5% 写 0.05", i.Threshold), valueFields("warn", "预警值", "须小于阈值", i.Warn))},
		{Legend: "分值", Hint: "扣分和加分指标用；专项检查不计分。", Fields: slices.Concat(valueFields("points", "分值", "", i.Points), valueFields("per_hit", "每处扣分", "", i.PerHit), valueFields("cap", "扣分上限", "不填即本项分值", i.Cap),
			[]web.Field{{Kind: web.Check, Name: "no_double_count", Label: "其他指标已经扣过的不再扣", Checked: i.NoDoubleCount}})},
		{Legend: "参数和检查项", Fields: []web.Field{
			{Kind: web.TextArea, Name: "params", Label: "参数", Value: paramLines(i.Params), Rows: 4, Max: 2000, Hint: "每行一个：名称 = 数值 核实标记，例如 days = 14 V。核实标记：V 多源印证，1 单一来源，S 细则明文，M+ 凭记忆，M- 占位值，D 推算"},
			{Kind: web.TextArea, Name: "checks", Label: "检查项", Value: strings.Join(i.Checks, "\n"), Rows: 3, Max: 2000, Hint: "每行一个检查编号，例如 link.dead；link.* 指整类"}}},
		{Legend: "依据", Fields: []web.Field{{Kind: web.Select, Name: "mark", Label: "核实程度", Required: true, Options: markOptions[1:], Value: string(i.Mark)}, {Name: "source", Label: "来源", Required: true, Max: 300, Value: i.Source}}}},
		Buttons: []web.Button{{Label: "保存这一项"}}, Cancel: web.Link{Text: "返回", Href: at}, Sticky: true}
	if was != "" {
		f.Buttons = append(f.Buttons, web.Button{Label: "删除这一项", Name: "remove", Value: "1", Kind: web.Danger, Skip: true})
	}
	return formPage{web.FormView{Trail: append(slices.Clone(packTrail), web.Crumb{Name: fmt.Sprintf("第%d版", v.Pack.Version), Href: at}), Heading: web.Heading{Title: title, Lead: "保存时只检查填写格式；合计、日期等在送复核时一并检查。"}, Form: f}}
}

func paramLines(p map[string]packs.Value) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(p)) {
		fmt.Fprintf(&b, "%s = %s %s\n", name, p[name].N, p[name].Mark)
	}
	return strings.TrimRight(b.String(), "\n")
}

// newWholeForm edits what belongs to the pack as a whole.
func newWholeForm(v assessment.PackVersion) formPage {
	at, p := v.Link(), v.Pack
	until := ""
	if !p.EffectiveTo.IsZero() {
		until = p.EffectiveTo.String()
	}
	groups := []web.Option{{Label: "没有"}}
	seen := map[string]bool{}
	for _, i := range p.Indicators {
		if i.Kind == packs.Deduct && i.Group != "" && !seen[i.Group] {
			seen[i.Group] = true
			groups = append(groups, web.Option{Value: i.Group, Label: i.Group})
		}
	}
	return formPage{web.FormView{Trail: append(slices.Clone(packTrail), web.Crumb{Name: fmt.Sprintf("第%d版", p.Version), Href: at}), Heading: web.Heading{Title: "改总分、日期和豁免"},
		Form: web.Form{Action: at + "/whole", Sections: []web.Section{
			{Legend: "名称和日期", Fields: []web.Field{{Kind: web.Hidden, Name: "revision", Value: fmt.Sprint(v.Revision)}, {Name: "title", Label: "名称", Required: true, Max: 100, Value: p.Title}, {Name: "source", Label: "依据", Required: true, Max: 200, Value: p.Source},
				{Kind: web.DateField, Name: "from", Label: "生效日期", Required: true, Narrow: true, Value: p.EffectiveFrom.String()}, {Kind: web.DateField, Name: "until", Label: "失效日期", Narrow: true, Value: until, Hint: "不填即一直有效"},
				{Kind: web.Radios, Name: "confidence", Label: "核实情况", Required: true, Value: p.Confidence, Options: []web.Option{{Value: "verified", Label: "全部核实"}, {Value: "unverified-points", Label: "含未核实的分值"}}}}},
			{Legend: "总分", Fields: slices.Concat(valueFields("deduct", "扣分满分", "", p.Totals.Deduct), valueFields("bonus", "加分满分", "", p.Totals.Bonus), valueFields("fail_below", "合格线", "低于它不合格", p.Totals.FailBelow), valueFields("bonus_above", "加分门槛", "高于它才加分", p.Totals.BonusAbove))},
			{Legend: "没有对外服务职能的", Fields: []web.Field{{Kind: web.Radios, Name: "mode", Label: "怎么办", Required: true, Value: string(p.Exemption.Mode), Options: []web.Option{{Value: string(packs.Scale), Label: "不检查该组，其余得分乘以系数"}, {Value: string(packs.Redistribute), Label: "不检查该组，分值按比例分摊给其余指标"}, {Value: string(packs.NoExemption), Label: "照常检查"}}},
				{Kind: web.Select, Name: "egroup", Label: "不检查的组别", Options: groups, Value: p.Exemption.Group}, {Name: "numerator", Label: "系数分子", Narrow: true, Mode: "numeric", Max: 7, Value: fmt.Sprint(p.Exemption.Numerator)}, {Name: "denominator", Label: "系数分母", Narrow: true, Mode: "numeric", Max: 7, Value: fmt.Sprint(p.Exemption.Denominator), Hint: "不能为 0"},
				{Kind: web.Select, Name: "emark", Label: "核实程度", Options: markOptions, Value: string(p.Exemption.Mark)}, {Name: "esource", Label: "来源", Max: 300, Value: p.Exemption.Source}}}},
			Buttons: []web.Button{{Label: "保存"}}, Cancel: web.Link{Text: "返回", Href: at}}}}
}

// blank is the indicator that an empty form begins with.
func blank(v assessment.PackVersion, special bool) packs.Indicator {
	if !special {
		return packs.Indicator{Kind: packs.Deduct, Auto: packs.Manual, Mark: packs.OnePage}
	}
	q := assessment.QuarterOf(v.Pack.EffectiveFrom).String()
	return packs.Indicator{ID: fmt.Sprintf("S-%s-%d", strings.ReplaceAll(q, "-", ""), len(v.Pack.Special)+1), Group: "专项检查", Kind: packs.Special, Auto: packs.Manual, AppliesTo: []string{"website"}, Mark: packs.OnePage}
}

func (h *Handler) editForm(r *http.Request) (formPage, error) {
	s := authz.SessionFrom(r.Context())
	v, err := h.assessment.Version(r.Context(), h.db, s.ScopeFor(authz.PackDraft), assessment.VersionID(r.PathValue("id")))
	if err != nil {
		return formPage{}, err
	}
	if v.State != assessment.VersionDraft {
		return formPage{}, fault.Newf(fault.Conflict, "这一版现在的状态是“%s”，不能修改。", v.StateName())
	}
	id := r.URL.Query().Get("indicator")
	if r.Method == http.MethodPost {
		if strings.HasSuffix(r.URL.Path, "/whole") {
			return newWholeForm(v), nil
		}
		id = r.PostFormValue("was")
		if id == "" {
			id = "new"
		}
	}
	switch id {
	case "":
		return newWholeForm(v), nil
	case "new", "special":
		return newIndicatorForm(v, blank(v, id == "special"), ""), nil
	}
	i, ok := v.Pack.Indicator(id)
	if !ok {
		return formPage{}, fault.Missing("指标")
	}
	return newIndicatorForm(v, i, i.ID), nil
}

func (h *Handler) showEdit(w http.ResponseWriter, r *http.Request) error {
	f, err := h.editForm(r)
	if err != nil {
		return err
	}
	return formScreen.Render(w, r, f)
}

// readValue reads a number with its mark; both empty is no value.
func readValue(r *http.Request, wrong *fault.Fields, name, label string, old packs.Value) packs.Value {
	text, mark := strings.TrimSpace(r.PostFormValue(name)), packs.Mark(r.PostFormValue(name+"_mark"))
	if text == "" && mark == "" {
		return packs.Value{}
	}
	n, err := packs.ParseHundredths(text)
	wrong.Check(err == nil, name, label+"应为0以上、最多两位小数的数，请改写")
	wrong.Check(mark.Known(), name+"_mark", "请选择"+label+"的核实程度")
	v := packs.Value{N: n, Mark: mark}
	if n == old.N && mark == old.Mark {
		v.Source = old.Source
	}
	return v
}

func readParams(r *http.Request, wrong *fault.Fields) map[string]packs.Value {
	var out map[string]packs.Value
	for _, line := range strings.Split(r.PostFormValue("params"), "\n") {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		name, rest, ok := strings.Cut(line, "=")
		parts := strings.Fields(rest)
		if !ok || len(parts) != 2 {
			wrong.Check(false, "params", fmt.Sprintf("“%.40s”无法识别，请写成 days = 14 V", line))
			continue
		}
		n, err := packs.ParseHundredths(parts[0])
		mark := packs.Mark(parts[1])
		name = strings.TrimSpace(name)
		_, twice := out[name]
		wrong.Check(err == nil && mark.Known(), "params", fmt.Sprintf("“%.40s”的数值或核实标记无法识别，请写成 days = 14 V", line))
		wrong.Check(!twice, "params", fmt.Sprintf("参数“%.40s”写了两次，请只保留一行", name))
		if out == nil {
			out = map[string]packs.Value{}
		}
		out[name] = packs.Value{N: n, Mark: mark}
	}
	return out
}

func (h *Handler) saveIndicator(w http.ResponseWriter, r *http.Request) error {
	was := r.PostFormValue("was")
	what := "修改 " + was
	remove := r.PostFormValue("remove") != ""
	err := h.change(r, &what, func(p *packs.Pack) error {
		old, _ := p.Indicator(was)
		drop := func(list []packs.Indicator) []packs.Indicator {
			return slices.DeleteFunc(list, func(i packs.Indicator) bool { return i.ID == was })
		}
		if remove {
			what = "删除 " + was
			p.Indicators, p.Special = drop(p.Indicators), drop(p.Special)
			return nil
		}
		var wrong fault.Fields
		i := packs.Indicator{ID: strings.TrimSpace(r.PostFormValue("id")), Name: strings.TrimSpace(r.PostFormValue("name")), Group: strings.TrimSpace(r.PostFormValue("group")), Says: strings.TrimSpace(r.PostFormValue("says")),
			Kind: packs.Kind(r.PostFormValue("kind")), AppliesTo: r.PostForm["applies_to"], Auto: packs.Auto(r.PostFormValue("auto")), Measure: r.PostFormValue("measure"), Mark: packs.Mark(r.PostFormValue("mark")), Source: strings.TrimSpace(r.PostFormValue("source")), NoDoubleCount: r.PostFormValue("no_double_count") != ""}
		if was != "" {
			i.ID = was
		}
		i.Threshold, i.Warn = readValue(r, &wrong, "threshold", "阈值", old.Threshold), readValue(r, &wrong, "warn", "预警值", old.Warn)
		i.Points, i.PerHit, i.Cap = readValue(r, &wrong, "points", "分值", old.Points), readValue(r, &wrong, "per_hit", "每处扣分", old.PerHit), readValue(r, &wrong, "cap", "扣分上限", old.Cap)
		i.Params = readParams(r, &wrong)
		for name, v := range i.Params {
			if o := old.Params[name]; o.N == v.N && o.Mark == v.Mark {
				i.Params[name] = o
			}
		}
		i.Checks = strings.Fields(r.PostFormValue("checks"))
		_, taken := p.Indicator(i.ID)
		wrong.Check(was != "" || !taken, "id", "这个编号已经有了，请改用另一个编号")
		wrong.Check(i.ID != "", "id", "没有填写编号，请填写")
		wrong.Check(i.Name != "", "name", "没有填写名称，请填写")
		wrong.Check(len(i.AppliesTo) > 0, "applies_to", "没有选择适用对象，请选择")
		wrong.Check(i.Kind.Name() != "", "kind", "没有选择类型，请选择")
		wrong.Check(i.Auto.Name() != "", "auto", "没有选择判定方式，请选择")
		wrong.Check(len(p.Indicators)+len(p.Special) < packs.MaxIndicators || was != "", "id", "指标已经太多，请合并或删减")
		if err := wrong.Err(); err != nil {
			return err
		}
		place := func(list []packs.Indicator, in bool) []packs.Indicator {
			at := slices.IndexFunc(list, func(x packs.Indicator) bool { return x.ID == i.ID })
			switch {
			case in && at >= 0:
				list[at] = i
			case in:
				list = append(list, i)
			case at >= 0:
				list = slices.Delete(list, at, at+1)
			}
			return list
		}
		p.Indicators, p.Special = place(p.Indicators, i.Kind != packs.Special), place(p.Special, i.Kind == packs.Special)
		if was == "" {
			what = "增加 " + i.ID
		}
		return nil
	})
	return h.changed(w, r, err, "已保存："+what+"。")
}

func (h *Handler) saveWhole(w http.ResponseWriter, r *http.Request) error {
	what := "修改总分、日期和豁免"
	err := h.change(r, &what, func(p *packs.Pack) error {
		var wrong fault.Fields
		p.Title, p.Source, p.Confidence = strings.TrimSpace(r.PostFormValue("title")), strings.TrimSpace(r.PostFormValue("source")), r.PostFormValue("confidence")
		var err error
		if p.EffectiveFrom, err = dateOf(r, "from"); err != nil {
			return err
		}
		if p.EffectiveTo, err = dateOf(r, "until"); err != nil {
			return err
		}
		t := &p.Totals
		t.Deduct, t.Bonus = readValue(r, &wrong, "deduct", "扣分满分", t.Deduct), readValue(r, &wrong, "bonus", "加分满分", t.Bonus)
		t.FailBelow, t.BonusAbove = readValue(r, &wrong, "fail_below", "合格线", t.FailBelow), readValue(r, &wrong, "bonus_above", "加分门槛", t.BonusAbove)
		e := &p.Exemption
		e.Mode, e.Group, e.Mark, e.Source = packs.ExemptionMode(r.PostFormValue("mode")), r.PostFormValue("egroup"), packs.Mark(r.PostFormValue("emark")), strings.TrimSpace(r.PostFormValue("esource"))
		for _, x := range []struct {
			name, label string
			to          *int64
		}{{"numerator", "系数分子", &e.Numerator}, {"denominator", "系数分母", &e.Denominator}} {
			n, err := strconv.ParseInt(strings.TrimSpace(r.PostFormValue(x.name)), 10, 32)
			wrong.Check(err == nil && n >= 0, x.name, x.label+"应为整数，请改写")
			*x.to = n
		}
		wrong.Check(e.Mode != packs.Scale || e.Denominator > 0, "denominator", "系数分母不能为0，请改写")
		wrong.Check(!p.EffectiveFrom.IsZero(), "from", "没有填写生效日期，请填写")
		wrong.Check(p.EffectiveTo.IsZero() || !p.EffectiveTo.Before(p.EffectiveFrom), "until", "失效日期早于生效日期，请核对")
		return wrong.Err()
	})
	return h.changed(w, r, err, "已保存。")
}

func (h *Handler) change(r *http.Request, what *string, edit func(*packs.Pack) error) error {
	revision, err := strconv.Atoi(r.PostFormValue("revision"))
	if err != nil {
		return fault.New(fault.Invalid, "表单不完整，请返回这一版的页面重新进入。").From(err)
	}
	_, err = h.assessment.Change(r.Context(), authz.ScopeFrom(r.Context()), assessment.VersionID(r.PathValue("id")), revision, *what, edit)
	return err
}

func (h *Handler) changed(w http.ResponseWriter, r *http.Request, err error, said string) error {
	if web.Mendable(err) {
		f, shown := h.editForm(r)
		if shown != nil {
			return err // the version itself is out of reach now: what was refused is the answer
		}
		f.Again(r, err)
		return formScreen.RenderStatus(w, r, web.StatusOf(err), f)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, versionsPath+"/"+r.PathValue("id"), said)
}

// versionRoutes are the doors of drafting.
func (h *Handler) versionRoutes() []web.Route {
	s := h.assessment
	act := func(name, said string, permit authz.Permission, fn func(*http.Request, authz.Scope, assessment.VersionID, string) error) web.Route {
		return web.Route{Pattern: "POST /console/packs/versions/{id}/" + name, Permit: permit, Handle: h.versionAct(said, fn), MaxBody: smallBody}
	}
	return []web.Route{
		{Pattern: "GET /console/packs/new", Permit: authz.PackDraft, Handle: h.showDraft},
		{Pattern: "GET /console/packs/import", Permit: authz.PackDraft, Handle: h.showPackImport},
		{Pattern: "POST /console/packs/import", Permit: authz.PackDraft, Handle: h.packImport, MaxBody: packs.MaxBytes + 1<<20},
		{Pattern: "GET /console/packs/export", Permit: authz.AssessmentRead, Handle: h.packExport},
		{Pattern: "POST /console/packs/versions", Permit: authz.PackDraft, Handle: h.draft, MaxBody: smallBody},
		{Pattern: "GET /console/packs/versions/{id}", Permit: authz.AssessmentRead, Handle: h.version},
		{Pattern: "GET /console/packs/versions/{id}/edit", Permit: authz.PackDraft, Handle: h.showEdit},
		{Pattern: "POST /console/packs/versions/{id}/indicator", Permit: authz.PackDraft, Handle: h.saveIndicator, MaxBody: smallBody},
		{Pattern: "POST /console/packs/versions/{id}/whole", Permit: authz.PackDraft, Handle: h.saveWhole, MaxBody: smallBody},
		act("submit", "已送复核。", authz.PackDraft, func(r *http.Request, sc authz.Scope, id assessment.VersionID, _ string) error {
			return s.Submit(r.Context(), sc, id)
		}),
		act("agree", "复核通过，可以采用。", authz.PackDraft, func(r *http.Request, sc authz.Scope, id assessment.VersionID, says string) error {
			return s.Agree(r.Context(), sc, id, says)
		}),
		act("return", "已退回修改。", authz.PackDraft, func(r *http.Request, sc authz.Scope, id assessment.VersionID, says string) error {
			return s.Return(r.Context(), sc, id, says)
		}),
		{Pattern: "POST /console/packs/versions/{id}/drop", Permit: authz.PackDraft, Handle: h.dropVersion, MaxBody: smallBody},
		act("end", "已停用，从今天起不再用于计分。", authz.PackAdopt, func(r *http.Request, sc authz.Scope, id assessment.VersionID, says string) error {
			return s.End(r.Context(), sc, id, says)
		}),
		{Pattern: "GET /console/packs/rehearsal", Permit: authz.PackDraft, Handle: h.rehearse},
		{Pattern: "GET /console/packs/rehearsal/export", Permit: authz.PackDraft, Handle: h.rehearsalExport},
	}
}

func (h *Handler) dropVersion(w http.ResponseWriter, r *http.Request) error {
	if err := h.assessment.Drop(r.Context(), authz.ScopeFrom(r.Context()), assessment.VersionID(r.PathValue("id"))); err != nil {
		return err
	}
	return web.Done(w, r, packsPath, "已作废。")
}
