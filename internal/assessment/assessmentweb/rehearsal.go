package assessmentweb

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"zhengshu/internal/assessment"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/official"
	"zhengshu/internal/web"
)

const rehearsalPath = packsPath + "/rehearsal"

// trialOf reads what the address asks; asked is false while nothing is chosen.
func trialOf(r *http.Request) (t assessment.Trial, asked bool, err error) {
	q := r.URL.Query()
	if id, n, ok := strings.Cut(q.Get("try"), " "); ok {
		t.Pack = id
		t.Number, _ = strconv.Atoi(n) // 0 is no version and is not found
	} else {
		t.Version = assessment.VersionID(q.Get("try"))
	}
	if q.Get("id") != "" && q.Get("try") == "" {
		t.Version = assessment.VersionID(q.Get("id"))
	}
	t.Base, _ = strconv.Atoi(q.Get("base")) // 0 is what judged then
	if q.Get("period") == "" || t.Version == "" && t.Pack == "" {
		return t, false, nil
	}
	t.Period, err = assessment.ParsePeriod(q.Get("period"))
	return t, err == nil, err
}

func scoreCell(s assessment.Score) web.Cell {
	c := web.Cell{Text: s.Words(), Tags: []web.Tag{verdictTag(s.Verdict)}}
	if !s.Scored {
		c.Text = ""
	}
	return c
}

func kindName(k assessment.Kind) string {
	return map[assessment.Kind]string{assessment.SiteKind: "网站", assessment.AccountKind: "新媒体", assessment.OfficeKind: "主管单位"}[k]
}

func deltaText(m assessment.Moved) string {
	switch d := m.Delta(); {
	case d > 0:
		return "+" + d.String() + " 分"
	case d < 0:
		return d.String() + " 分"
	case m.Flips():
		return m.Was.Verdict.Name() + " → " + m.Now.Verdict.Name()
	case m.Was.Scored != m.Now.Scored:
		return m.Was.Words() + " → " + m.Now.Words()
	}
	return "不变"
}

func movedLines(m assessment.Moved) string {
	var out []string
	for _, l := range m.Lines {
		out = append(out, fmt.Sprintf("%s %s：%s → %s", l.ID, l.Name, l.Was, l.Now))
	}
	return strings.Join(out, "；")
}

// rehearsalChoices are the versions that can be tried.
type rehearsalChoices struct {
	packs    []assessment.PackStatus
	versions []assessment.PackVersion
}

func newRehearsal(c rehearsalChoices, q url.Values, r *assessment.Rehearsal, wrong string, today calendar.Date, page int) listPage {
	tries, bases := []web.Option{{Label: "请选择"}}, []web.Option{{Label: "当时实际使用的"}}
	for _, p := range c.packs {
		tries = append(tries, web.Option{Value: fmt.Sprintf("%s %d", p.Pack.ID, p.Pack.Version), Label: packName(p.Pack)})
		if p.Pack.ID == assessment.PackID {
			bases = append(bases, web.Option{Value: fmt.Sprint(p.Pack.Version), Label: fmt.Sprintf("第%d版", p.Pack.Version)})
		}
	}
	for _, v := range c.versions {
		if v.State == assessment.VersionDraft || v.State == assessment.VersionSubmitted {
			tries = append(tries, web.Option{Value: string(v.ID), Label: packName(v.Pack) + "（" + v.StateName() + "）"})
		}
	}
	if q.Get("try") == "" && q.Get("id") != "" {
		q.Set("try", q.Get("id"))
	}
	if q.Get("period") == "" {
		q.Set("period", assessment.QuarterOf(today).Before().String())
	}
	v := listPage{web.ListView{Trail: packTrail, Heading: web.Heading{Title: "试算", Lead: "用另一版指标把过去的时段重算一遍，看谁的结果会变、变在哪一项。用的是当时留存的事实，结果不保存，不影响任何得分。"},
		Filter: web.Filter{Action: rehearsalPath, Total: -1, Fields: []web.Field{{Kind: web.Select, Name: "try", Label: "试算哪一版", Options: tries}, {Name: "period", Label: "时段", Hint: "例如 2026-Q3、2026-09", Max: 10, Narrow: true}, {Kind: web.Select, Name: "base", Label: "与哪一版比", Options: bases}}},
		Table: web.Table{Caption: "结果会变的", Columns: []web.Column{{Head: "对象", Wide: true}, {Head: "原来"}, {Head: "试算"}, {Head: "变化"}, {Head: "变在哪里", Wide: true}},
			Empty: web.Empty{Title: "还没有试算", Text: "选择版本和时段后点“查询”。"}}}}
	v.Filter.Fill(q)
	if wrong != "" {
		v.Alert = web.Alert{Kind: web.Danger, Title: "不能试算", Text: wrong}
	}
	if r == nil {
		return v
	}
	v.Table.Empty = web.Empty{Title: "没有结果变化", Text: fmt.Sprintf("%d 个对象的结果都不变。", r.Subjects)}
	up, down, flips := 0, 0, 0
	for _, m := range r.Moved {
		switch d := m.Delta(); {
		case d > 0:
			up++
		case d < 0:
			down++
		}
		if m.Flips() {
			flips++
		}
	}
	v.Stats = web.Stats{Label: "变化", Items: []web.Stat{{Name: "重算", Value: fmt.Sprint(r.Subjects), Unit: "个", Note: r.Period.Chinese()}, {Name: "结果会变", Value: fmt.Sprint(len(r.Moved)), Unit: "个"},
		{Name: "变为不合格", Value: fmt.Sprint(r.Flips(assessment.Unqualified)), Unit: "个", Kind: toneIf(r.Flips(assessment.Unqualified) > 0, web.Danger)}, {Name: "变为合格", Value: fmt.Sprint(r.Flips(assessment.Qualified)), Unit: "个", Kind: toneIf(r.Flips(assessment.Qualified) > 0, web.Good)},
		{Name: "得分升 / 降", Value: fmt.Sprintf("%d / %d", up, down), Unit: "个"}}}
	if len(r.Blind) > 0 {
		var names []string
		for _, i := range r.Blind {
			names = append(names, i.ID+" "+i.Name)
		}
		v.Alert = web.Alert{Kind: web.Warn, Title: "有的阈值调低了，试算可能少算", Text: "留存的检查结果只记到当时的阈值，低于它的情况没有记录：" + strings.Join(names, "、") + "。"}
	}
	v.Exports = web.ExportActs(rehearsalPath+"/export", q)
	from := min((page-1)*perPage, len(r.Moved))
	for _, m := range r.Moved[from:min(from+perPage, len(r.Moved))] {
		row := web.Row{Cells: []web.Cell{{Text: m.Now.Name, Href: m.Now.Link() + "?period=" + url.QueryEscape(r.Period.String()), Note: kindName(m.Now.Kind) + "　" + m.Now.UnitName}, scoreCell(m.Was), scoreCell(m.Now), web.Text(deltaText(m)), web.Text(movedLines(m))}}
		if m.Flips() && m.Now.Verdict == assessment.Unqualified {
			row.Kind = web.Danger
		}
		v.Table.Rows = append(v.Table.Rows, row)
	}
	v.More = append(v.More, web.Summary{Title: "比的是什么", Terms: []web.Term{{Name: "原来", Text: packName(r.Base), Note: r.Judged}, {Name: "试算", Text: packName(r.Tried), Note: "视同已采用，未核实的数值也参加计算"}, {Name: "截至", Text: r.On.Chinese()}, {Name: "结果翻转", Text: fmt.Sprintf("%d 个", flips)}}})
	return v
}

func (h *Handler) choices(r *http.Request) (c rehearsalChoices, err error) {
	scope := authz.ScopeFrom(r.Context())
	if c.packs, err = h.assessment.Packs(r.Context(), scope); err != nil {
		return c, err
	}
	c.versions, err = h.assessment.Versions(r.Context(), h.db, scope)
	return c, err
}

func (h *Handler) rehearse(w http.ResponseWriter, r *http.Request) error {
	c, err := h.choices(r)
	if err != nil {
		return err
	}
	t, asked, err := trialOf(r)
	var out *assessment.Rehearsal
	if asked {
		var got assessment.Rehearsal
		if got, err = h.assessment.Rehearse(r.Context(), authz.ScopeFrom(r.Context()), t); err == nil {
			out = &got
		}
	}
	status, wrong := http.StatusOK, ""
	if web.Mendable(err) {
		status, wrong = web.StatusOf(err), summary(err).Says
	} else if err != nil {
		return err
	}
	v := newRehearsal(c, r.URL.Query(), out, wrong, web.FrameOf(r).Today, web.PageOf(r))
	if out != nil {
		v.Pager = web.PagerOf(r, len(out.Moved), perPage)
	}
	return listScreen.RenderStatus(w, r, status, v)
}

// rehearsalExport is the whole of it as a sheet, a row for every subject and
// indicator that moves.
func (h *Handler) rehearsalExport(w http.ResponseWriter, r *http.Request) error {
	t, _, err := trialOf(r)
	if err != nil {
		return err
	}
	out, err := h.assessment.Rehearse(r.Context(), authz.ScopeFrom(r.Context()), t)
	if err != nil {
		return err
	}
	points := func(s assessment.Score) any {
		if !s.Scored {
			return ""
		}
		return s.Points.String()
	}
	rows := func(yield func([]any) bool) {
		for _, m := range out.Moved {
			lines := m.Lines
			if len(lines) == 0 {
				lines = []assessment.MovedLine{{}}
			}
			for _, l := range lines {
				if !yield([]any{kindName(m.Now.Kind), m.Now.Name, m.Now.UnitName, m.Was.Verdict.Name(), points(m.Was), m.Now.Verdict.Name(), points(m.Now), l.ID, l.Name, l.Was, l.Now}) {
					return
				}
			}
		}
	}
	return web.SendSheet(w, r, official.Sheet{Title: "指标试算", Columns: []official.Column{{Title: "类别", Width: 10}, {Title: "对象", Width: 28}, {Title: "单位", Width: 28}, {Title: "原来结果", Width: 10}, {Title: "原来得分", Width: 10}, {Title: "试算结果", Width: 10}, {Title: "试算得分", Width: 10}, {Title: "指标", Width: 12}, {Title: "指标名称", Width: 20}, {Title: "原来", Width: 16}, {Title: "试算", Width: 16}}, Rows: rows}, "指标试算")
}
