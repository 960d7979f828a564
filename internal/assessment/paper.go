package assessment

import (
	"context"
	"fmt"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/inspection"
	"zhengshu/internal/official"
	"zhengshu/internal/rules/sx2021"
)

// BasisOf is a clause or an indicator in words.
func BasisOf(clause string) string {
	if c, ok := sx2021.ClauseOf(clause); ok {
		return sx2021.Instrument + " " + c.Article
	}
	return inspection.BasisName(clause)
}

// Paper is an order in scope as an official document: each problem with the rule
// it broke, by the check that also warns the author of a draft.
func (s *Service) Paper(ctx context.Context, scope authz.Scope, id OrderID) (*official.Document, Order, error) {
	d, err := s.Order(ctx, scope, id)
	if err != nil {
		return nil, Order{}, err
	}
	issuer := d.IssuedFrom
	if issuer == "" {
		issuer = d.IssuerName
	}
	doc := &official.Document{Title: "关于限期整改“" + d.SiteName + "”有关问题的通知", To: d.UnitName, Issuer: issuer, Dated: calendar.DateOf(d.IssuedAt).Chinese(), Sealed: true, Note: "系统编号：" + d.Number}
	doc.Paragraph(fmt.Sprintf("经检查，“%s”存在%d个问题。根据"+sx2021.Named+"第三十条，请于%s前（%d个工作日内）整改到位并在平台答复；整改情况以复测或核实结果为准。", d.SiteName, d.Total, d.Due.On.Chinese(), d.Days))
	if d.Says != "" {
		doc.Paragraph("整改要求：" + strings.TrimRight(d.Says, "。；") + "。")
	}
	doc.Heading(1, "问题清单")
	line := func(n int, says, place, fix, clause, checkID string) {
		text := fmt.Sprintf("%d. %s", n, strings.TrimRight(says, "。")+"。")
		if place != "" {
			text += "位置：" + place + "。"
		}
		if fix != "" {
			text += "整改：" + strings.TrimRight(fix, "。") + "。"
		}
		var basis []string
		if clause != "" {
			basis = append(basis, BasisOf(clause))
		}
		if q, ok := QuoteOf(checkID); ok {
			basis = append(basis, "检查项“"+strings.TrimRight(q.Says, "。")+"”")
		}
		if len(basis) > 0 {
			text += "依据：" + strings.Join(basis, "；") + "。"
		}
		doc.Paragraph(text)
	}
	n := 0
	for _, f := range d.Findings {
		if f.Relapsed {
			continue // it stands in the list as what it came back as
		}
		n++
		says := f.Says
		if d.Site == "" {
			says = f.SiteName + "：" + says
		}
		line(n, says, f.URL, f.Fix, f.Clause, f.Check)
	}
	for _, p := range d.Points {
		n++
		line(n, p.Says, p.Place, p.Fix, p.Clause, p.Check)
	}
	return doc, d.Order, nil
}
