package quality

import (
	"fmt"
	"strings"
)

// Aim is a figure that was set for the product beforehand, with what was
// measured.
type Aim struct {
	Figure string `json:"figure"`
	Share  Share  `json:"share"`
	// Bound is the least share in hundredths of a per cent, or with AtMost the
	// greatest.
	Bound  int  `json:"bound"`
	AtMost bool `json:"at_most"`
}

// Met reports whether the measured share keeps to the bound; nothing measured
// meets nothing.
func (a Aim) Met() bool {
	share, bound := a.Share.Hits*10_000, a.Bound*a.Share.Of
	return a.Share.Of > 0 && (a.AtMost && share <= bound || !a.AtMost && share >= bound)
}

func (a Aim) bound() string {
	switch {
	case a.AtMost && a.Bound == 0:
		return "none 无"
	case a.AtMost:
		return "≤ " + perCent(a.Bound)
	}
	return "≥ " + perCent(a.Bound)
}

// perCent writes hundredths of a per cent as short as they are.
func perCent(hundredths int) string {
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.2f", float64(hundredths)/100), "0"), ".") + " %"
}

// Aims sets what was measured beside what was aimed at, of the parts that were
// measured.
func (r Report) Aims() (out []Aim) {
	least := func(figure string, s Share, bound int) { out = append(out, Aim{figure, s, bound, false}) }
	most := func(figure string, s Share, bound int) { out = append(out, Aim{figure, s, bound, true}) }
	if x := r.Extraction; x != nil {
		for _, n := range x.Fields {
			if name := map[string]string{"title": "title 标题", "doc_no": "document number 文号", "written": "date written 成文日期", "published": "date published 发布日期"}[n.Name]; name != "" {
				least(name+", exact", n.Share, 97_00)
			}
		}
		for _, n := range x.Variants {
			if n.Of > 0 {
				least("all fields, bytes "+n.Name, n.Share, 97_00)
			}
		}
	}
	if c := r.Concealed; c != nil {
		least("concealed links 暗链, recall", c.Recall, 95_00)
		most("concealed links, false alarms on honest look-alikes", c.Clean, 0)
		if c.Real != nil {
			most("concealed links, false alarms on real pages", *c.Real, 0)
		}
	}
	if p := r.Privacy; p != nil {
		least("personal data 个人信息, precision", p.Precision, 99_00)
		least("personal data, recall", p.Recall, 99_00)
	}
	if l := r.Lookalike; l != nil {
		least("look-alike hosts 仿冒域名, precision", l.Precision, 98_00)
		least("look-alike hosts, recall", l.Recall, 95_00)
	}
	for _, w := range r.Wording {
		if w.Set == wordingSets[0] || w.Set == wordingSets[1] {
			most("wording 错别字, "+w.Set+", false alarms", w.Alarms, 1_00)
			least("wording, "+w.Set+", recall", w.Recall, 50_00)
		}
	}
	return out
}

// writeAims writes the table that tells at a look whether the aims are met.
func writeAims(p *page, aims []Aim, r *Robots, suites []Suite) {
	if len(aims) == 0 && r == nil && len(suites) == 0 {
		return
	}
	p.head("Aims 目标与实测")
	var rows [][]string
	for _, a := range aims {
		met := "**missed 未达**"
		if a.Met() {
			met = "met 达到"
		}
		rows = append(rows, []string{a.Figure, a.Share.String(), a.bound(), met})
	}
	if r != nil {
		rows = append(rows, []string{"robots.txt", r.Agree.String(), "exceptions listed", excepted(r.Agree, len(r.Departures))})
	}
	for _, s := range suites {
		rows = append(rows, []string{s.Name, s.Agree.String(), "exceptions listed", excepted(s.Agree, len(s.Exceptions))})
	}
	p.table([]string{"figure", "measured", "aim", ""}, rows)
	p.line("- Of a public suite no share was aimed at: what is judged otherwise is listed with its reason.")
}

// excepted says how much of what was judged otherwise is listed.
func excepted(agree Share, named int) string {
	switch left := agree.Of - agree.Hits; {
	case left == 0:
		return "no exceptions 无例外"
	case named >= left:
		return fmt.Sprintf("%d exceptions, listed below", left)
	default:
		return fmt.Sprintf("%d exceptions, the first %d listed below", left, named)
	}
}
