package internal_test

import (
	"bytes"

	"zhengshu/internal/approval"
	"zhengshu/internal/assessment"
	"zhengshu/internal/authz"
	"zhengshu/internal/check"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// rectify gives the county what a person saw on one of its accounts, and an
// order of it.
func (n *neighbourhood) rectify(c *county, city *authz.Session) {
	t, h := n.t, n.h
	account := c.ids["/console/accounts/{id}"][0]
	file := approval.Upload{Kind: "proof", Field: "file", Name: c.mark + "截图.pdf", Content: bytes.NewReader(pdf)}
	must(h.Assessment.TypeSeen(as(city), city.ScopeFor(authz.InspectionRun), assessment.Saw{Object: registry.Ref{Kind: sx2021.Account, ID: account}, Cause: "text", Severity: check.Error, Says: c.mark + "推文有错字。"}, []approval.Upload{file}))(t)
	scope := city.ScopeFor(authz.OrderIssue)
	points, _, err := h.Assessment.OpenPoints(as(city), h.DB, scope, c.mark, 10)
	if err != nil || len(points) == 0 {
		t.Fatalf("%d points, %v", len(points), err)
	}
	list := must(h.Assessment.IssueOrders(as(city), scope, assessment.Issue{Points: []assessment.PointID{points[0].ID}, Says: c.mark}))(t)
	c.keep("/console/orders/{id}", string(list[0].ID))
	d := must(h.Assessment.Order(as(city), scope, list[0].ID))(t)
	c.keep("/console/orders/{file}", d.Points[0].Files[0].ID)
	c.ids["/console/orders/{letter}"] = []string{"01J00000000000000000000000"}
}
