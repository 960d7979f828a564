package assessmentweb

import (
	"fmt"
	"net/http"

	"zhengshu/internal/assessment"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/packs"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web"
)

// maxAhead bounds the forecast on a page.
const maxAhead = 8

// Beside shows on the record of a site, an account or an app how it would fare
// “若今天抽查” (registryweb.Beside).
func Beside(s *assessment.Service) func(r *http.Request, ref registry.Ref) ([]web.Component, error) {
	return func(r *http.Request, ref registry.Ref) ([]web.Component, error) {
		session := authz.SessionFrom(r.Context())
		if session == nil || !session.May(authz.AssessmentRead) {
			return nil, nil
		}
		today := web.FrameOf(r).Today
		scope := session.ScopeFor(authz.AssessmentRead)
		var sc assessment.Score
		var err error
		switch ref.Kind {
		case sx2021.Site:
			sc, err = s.ScoreSite(r.Context(), scope, registry.SiteID(ref.ID), assessment.OnDay(today))
		default:
			sc, err = s.ScoreAccount(r.Context(), scope, registry.AccountID(ref.ID), assessment.OnDay(today))
		}
		if fault.Is(err, fault.Conflict) || fault.Is(err, fault.NotFound) {
			return nil, nil // not running: nobody scores it
		}
		if err != nil {
			return nil, err
		}
		return []web.Component{besideScore(sc)}, nil
	}
}

func besideScore(s assessment.Score) web.Summary {
	v := web.Summary{Title: "若今天抽查"}
	result := web.Term{Name: "结果", Text: s.Words(), Href: s.Link(), Tags: []web.Tag{verdictTag(s.Verdict)}}
	if s.Scored {
		result.Note = s.Label()
	}
	if s.Unverified {
		result.Tags = append(result.Tags, web.Tag{Kind: web.Warn, Text: "未核实"})
	}
	v.Terms = append(v.Terms, result)
	for _, l := range s.Vetoes {
		v.Terms = append(v.Terms, web.Term{Name: "单项否决", Text: l.ID + " " + l.Name, Href: s.Link(), Note: l.Note})
	}
	if s.Verdict == assessment.Unqualified && len(s.Vetoes) == 0 {
		v.Terms = append(v.Terms, web.Term{Name: "原因", Text: vetoes(s)})
	}
	if n := nearest(s.NearestVeto); n != "" {
		t := web.Term{Name: "离否决最近", Text: n, Href: s.Link()}
		if s.NearestVeto.Warned {
			t.Tags = []web.Tag{{Kind: web.Danger, Text: "接近否决线"}}
		}
		v.Terms = append(v.Terms, t)
	} else if len(s.Vetoes) == 0 {
		v.Terms = append(v.Terms, web.Term{Name: "离否决最近", Text: "没有接近否决的指标"})
	}
	return v
}

// forecastTable lists what will stand against a site or unit unless it is done.
func forecastTable(list []assessment.Ahead, today calendar.Date) web.Table {
	t := web.Table{Caption: "两周内会出问题的", Compact: true, Columns: []web.Column{{Head: "事项", Wide: true}, {Head: "期限"}}}
	for _, a := range list {
		due := web.DueCell(a.Due.On, today)
		if a.Due.Provisional {
			due.Note = "暂定"
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{web.Linked(a.Says, a.Link), due}})
	}
	return t
}

// Bench shows a sponsor on its workbench how its sites and accounts would fare
// today, vetoes and forecast first. Of a unit without either it shows nothing.
func Bench(s *assessment.Service) func(r *http.Request) ([]web.Component, error) {
	return func(r *http.Request) ([]web.Component, error) {
		session := authz.SessionFrom(r.Context())
		if session == nil || !session.May(authz.AssessmentRead) {
			return nil, nil
		}
		today := web.FrameOf(r).Today
		var out []web.Component
		seen := map[string]bool{}
		for _, p := range session.Posts {
			one := authz.Session{PersonID: session.PersonID, Posts: []authz.Post{p}}
			if seen[p.UnitID] || !one.May(authz.OrderAnswer) || !one.May(authz.AssessmentRead) {
				continue
			}
			seen[p.UnitID] = true
			scope := session.ScopeFor(authz.AssessmentRead)
			f := assessment.ScoreFilter{Unit: org.UnitID(p.UnitID), Brief: true}
			sites, err := s.Scores(r.Context(), s.Reader(), scope, assessment.OnDay(today), f)
			if err != nil {
				return nil, err
			}
			accounts, err := s.ScoreAccounts(r.Context(), s.Reader(), scope, assessment.OnDay(today), f)
			if err != nil {
				return nil, err
			}
			if len(sites)+len(accounts) == 0 {
				continue
			}
			ahead, err := s.Forecast(r.Context(), scope, org.UnitID(p.UnitID), "", maxAhead)
			if err != nil {
				return nil, err
			}
			out = append(out, benchPanel(append(sites, accounts...), ahead, today))
		}
		return out, nil
	}
}

// maxOnBench bounds the rows; those with something against them come first.
const maxOnBench = 10

func benchPanel(all []assessment.Score, ahead []assessment.Ahead, today calendar.Date) web.Panel {
	t := web.Table{Caption: "网站和账号", Quiet: true, Compact: true, Columns: []web.Column{{Head: "名称", Wide: true}, {Head: "若今天抽查"}, {Head: "先处理", Wide: true}}}
	rank := func(s assessment.Score) int {
		switch {
		case s.Verdict == assessment.Unqualified:
			return 0
		case s.NearestVeto != nil && s.NearestVeto.Warned:
			return 1
		case s.Verdict == assessment.Untested:
			return 3
		}
		return 2
	}
	for want := range 4 {
		for _, s := range all {
			if rank(s) != want || len(t.Rows) == maxOnBench {
				continue
			}
			result := scoreCell(s)
			if s.Unverified {
				result.Note = "未核实"
			}
			row := web.Row{Cells: []web.Cell{{Text: s.Name, Href: s.Link(), Note: s.Host}, result, web.Text(firstThing(s))}}
			switch want {
			case 0:
				row.Kind = web.Danger
			case 1:
				row.Kind = web.Warn
			}
			t.Rows = append(t.Rows, row)
		}
	}
	p := web.Panel{Title: "若今天抽查", Links: []web.Link{{Text: fmt.Sprintf("全部 %d 个", len(all)), Href: scoresPath}}, Parts: []web.Component{t}}
	if len(ahead) > 0 {
		p.Parts = append(p.Parts, forecastTable(ahead, today))
	}
	return p
}

// firstThing is what to do about a score first: the veto, the veto ahead, what
// costs most.
func firstThing(s assessment.Score) string {
	if s.Verdict == assessment.Unqualified {
		return vetoes(s)
	}
	if n := nearest(s.NearestVeto); n != "" && s.NearestVeto.Warned {
		return n
	}
	var worst assessment.Line
	for _, l := range s.Lines {
		if l.Kind == packs.Deduct && l.Deducted > worst.Deducted {
			worst = l
		}
	}
	if worst.Deducted > 0 {
		return fmt.Sprintf("%s %s：%d 处，扣 %s 分", worst.ID, worst.Name, worst.Hits, worst.Deducted)
	}
	if s.Verdict == assessment.Untested {
		return "检查期内没有查看过"
	}
	return "没有要先处理的"
}
