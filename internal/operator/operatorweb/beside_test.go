package operatorweb

import (
	"testing"

	"zhengshu/internal/calendar"
	"zhengshu/internal/operator"
)

func TestArticle06_AnObjectsPageNamesItsOperator(t *testing.T) {
	c := operator.Contractor{ID: "c", Kind: operator.Entrusted, Name: "长安公司", Duties: "巡检", State: operator.Serving, ServesUntil: calendar.Date{Year: 2027, Month: 2, Day: 28}}
	terms := besideSummary(c).Terms
	if len(terms) != 3 || terms[0].Text != "长安公司" || terms[0].Href != c.Link() || terms[2].Text != "2027-02-28" {
		t.Errorf("of a contractor: %+v", terms)
	}
	// An appointment has no end.
	c.Kind, c.ServesUntil = operator.Internal, calendar.Date{}
	if terms = besideSummary(c).Terms; len(terms) != 2 {
		t.Errorf("of an internal body: %+v", terms)
	}
}
