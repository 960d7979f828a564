package protectionweb

import (
	"net/http"
	"net/url"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/protection"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web"
)

// Beside gives the page of a site or an app its 等级保护 and who hosts it
// (Articles 22, 24).
func Beside(s *protection.Service) func(r *http.Request, ref registry.Ref) ([]web.Component, error) {
	return func(r *http.Request, ref registry.Ref) ([]web.Component, error) {
		session := authz.SessionFrom(r.Context())
		if ref.Kind != sx2021.Site && ref.Kind != sx2021.App || !session.May(authz.RecordRead) {
			return nil, nil
		}
		g, graded, hosts, err := s.Of(r.Context(), session.ScopeFor(authz.RecordRead), ref)
		if err != nil {
			return nil, err
		}
		return []web.Component{besideSummary(g, graded, hosts, web.FrameOf(r).Today)}, nil
	}
}

func besideSummary(g protection.Grade, graded bool, hosts []protection.Hosting, today calendar.Date) web.Summary {
	grade := web.Term{Name: "等级保护", Text: "未登记", Tags: []web.Tag{{Kind: web.Warn, Text: "缺少"}}}
	var unit string
	terms := []web.Term{grade}
	if graded {
		unit = string(g.Unit)
		terms = []web.Term{{Name: "等级保护", Text: levelName(g.Level), Href: g.Link(), Note: lacks(g.Breaches(today))}, {Name: "备案证明编号", Text: g.Filing}, {Name: "最近测评", Text: g.AssessedOn.String(), Note: g.Agency}, {Name: "下次测评", Text: g.Next.String()}}
	}
	if len(hosts) == 0 {
		terms = append(terms, web.Term{Name: "托管", Text: "未登记", Tags: []web.Tag{{Kind: web.Warn, Text: "缺少"}}})
	}
	for _, x := range hosts {
		unit = string(x.Unit)
		term := web.Term{Name: "托管", Text: x.Provider, Href: x.Link(), Note: x.FormName() + "，" + x.Location}
		if !x.Until.IsZero() {
			term.Note += "，合同至 " + x.Until.String()
		}
		if len(x.Breaches()) > 0 {
			term.Tags = []web.Tag{{Kind: web.Danger, Text: "境外"}}
		}
		terms = append(terms, term)
	}
	if unit != "" {
		terms = append(terms, web.Term{Name: "设备和产品", Text: "查看主办单位的设备和产品", Href: assetsPath + "?unit=" + url.QueryEscape(unit)})
	}
	return web.Summary{Title: "等级保护和托管", Wide: true, Terms: terms}
}

// lacks are the breaches in words.
func lacks(list []rules.Breach) string {
	out := ""
	for _, b := range list {
		out += b.Detail
	}
	return out
}
