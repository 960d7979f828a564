package approvalweb

import (
	"net/http"
	"slices"
	"strings"

	"zhengshu/internal/approval"
	"zhengshu/internal/calendar"
	"zhengshu/internal/web"
)

// printView is GET /console/cases/{id}/print: the whole case as an 审批表 on A4.
type printView struct {
	Name    string // 开设网站申请审批表
	Number  string
	Unit    string
	State   string
	Rows    [][]printed // one or two to a line
	Signs   []signBlock
	Advice  []signBlock
	Story   []storyLine
	Back    web.Link
	Printed calendar.Date
}

// printed is one cell of the form with its name; a long one has the line to
// itself.
type printed struct {
	Name, Text string
	Long       bool
}

type signBlock struct{ Name, Opinion, Person, Date string }

type storyLine struct{ At, Who, What, Text string }

// Title of the document.
func (v printView) Title() string { return v.Name + "（打印）" }

func newPrintView(n whole, today calendar.Date) printView {
	v := printView{Name: strings.TrimSuffix(n.Shown.KindName, "申请") + "审批表", Number: n.Case.Number, Unit: n.Case.UnitName, State: n.Case.StateName(),
		Rows: sheet(n), Back: web.Link{Text: "返回", Href: n.Case.Link()}, Printed: today}
	for _, st := range n.Steps {
		b := signBlock{Name: st.Name, Opinion: st.Opinion, Person: st.Signed()}
		if !st.DecidedAt.IsZero() {
			b.Date = calendar.DateOf(st.DecidedAt).Chinese()
			if st.Kind == approval.Consent {
				b.Date = "见签字页" // the day it was signed, not the day it was submitted
			} else {
				b.Opinion = strings.Join(nonEmpty(approval.Machine.ActName(st.Decision), st.Opinion), "：")
			}
		}
		v.Signs = append(v.Signs, b)
	}
	for _, q := range n.Requests {
		b := signBlock{Name: q.UnitName + "（" + q.KindName() + "）", Opinion: strings.Join(nonEmpty(q.StateName(), q.Answer), "："), Person: q.Signed()}
		if !q.EndedAt.IsZero() {
			b.Date = calendar.DateOf(q.EndedAt).Chinese()
		}
		v.Advice = append(v.Advice, b)
	}
	for _, o := range n.Opinions {
		v.Story = append(v.Story, storyLine{web.Minute(o.At), strings.Join(nonEmpty(o.UnitName, o.Signed()), " "), o.ActName(),
			strings.Join(nonEmpty(strings.Join(approval.ReasonNames(o.Reasons), "、"), o.Text), "：")})
	}
	return v
}

// sheet lays the form out for A4.
func sheet(n whole) [][]printed {
	const short = 18 // characters that fit half a line
	cells := []printed{{"申请单位", n.Case.UnitName, len([]rune(n.Case.UnitName)) > short}, {"申请人", n.Case.ApplicantName, false}, {"提交时间", web.Minute(n.Case.OpenedAt), false}, {"办理状态", n.Case.StateName(), false}}
	for _, f := range n.Shown.Facts {
		if f.Name != "申请单位" {
			cells = append(cells, printed{f.Name, f.Text, len([]rune(f.Text)) > short})
		}
	}
	var names, kept, broken []string
	for _, a := range n.Files {
		names = append(names, n.paper(a.Kind)+"《"+a.Name+"》")
	}
	for _, v := range n.Shown.Verdicts {
		article := v.Citation[strings.LastIndexByte(v.Citation, ' ')+1:]
		switch {
		case !v.OK:
			broken = append(broken, "✗ "+article+" "+v.Note)
		case v.Lifted:
			broken = append(broken, "✓ "+article+"（例外）"+v.Note)
		case !slices.Contains(kept, "✓ "+article):
			kept = append(kept, "✓ "+article)
		}
	}
	if len(names) == 0 {
		names = []string{"无"}
	}
	cells = append(cells, printed{"附件", strings.Join(names, "；"), true}, printed{"规则核对", strings.Join(append(kept, broken...), "；"), true})
	var out [][]printed
	for _, c := range cells {
		last := len(out) - 1
		if !c.Long && last >= 0 && len(out[last]) == 1 && !out[last][0].Long {
			out[last] = append(out[last], c)
			continue
		}
		out = append(out, []printed{c})
	}
	for _, row := range out {
		if len(row) == 1 {
			row[0].Long = true // alone, it spans the line
		}
	}
	return out
}

var printPage = web.Define(views, "views/print.html", newPrintView(sampleWhole(approval.InReview), sampleDay), newPrintView(sampleAsked(), sampleDay), newPrintView(sampleWhole(approval.Approved), sampleDay),
	printView{Name: "<script>", Back: web.Link{Text: "返回", Href: casesPath}, Rows: [][]printed{{{Name: "<b>", Text: `"><script>`}}}, Story: []storyLine{{"", "<b>", `"><i>`, "<script>"}}})

func (h *Handler) print(w http.ResponseWriter, r *http.Request) error {
	n, err := h.whole(r, approval.CaseID(r.PathValue("id")))
	if err != nil {
		return err
	}
	return printPage.Render(w, r, newPrintView(n, web.FrameOf(r).Today))
}
