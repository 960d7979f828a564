package operatorweb

import (
	"net/http"

	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/operator"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
)

// Beside gives the page of a site, an account or an app the one that operates
// it (Article 6).
func Beside(d *db.DB, s *operator.Service) func(r *http.Request, ref registry.Ref) ([]web.Component, error) {
	return func(r *http.Request, ref registry.Ref) ([]web.Component, error) {
		session := authz.SessionFrom(r.Context())
		if !session.May(authz.RecordRead) {
			return nil, nil
		}
		c, ok, err := s.OperatorOf(r.Context(), d, session.ScopeFor(authz.RecordRead), ref)
		if err != nil || !ok {
			return nil, err
		}
		return []web.Component{besideSummary(c)}, nil
	}
}

func besideSummary(c operator.Contractor) web.Summary {
	terms := []web.Term{{Name: "承办单位", Text: c.Name, Href: c.Link(), Note: c.Kind.Name(), Tags: []web.Tag{stateTag(c.State)}}, {Name: "承办内容", Text: c.Duties}}
	if !c.ServesUntil.IsZero() {
		terms = append(terms, web.Term{Name: "协议有效至", Text: c.ServesUntil.String()})
	}
	return web.Summary{Title: "承办（第六条）", Wide: true, Terms: terms}
}
