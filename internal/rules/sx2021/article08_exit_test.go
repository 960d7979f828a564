package sx2021

import (
	"testing"

	"zhengshu/internal/calendar"
)

func TestArticle08_2_Exit(t *testing.T) {
	wantRules(t, CheckExitApplication(Exit{FunctionsGone: true, EstablishmentDocument: true}))
	wantRules(t, CheckExitApplication(Exit{}), "S8.2a.reason", "S8.2a.establishment_document")
	wantRules(t, CheckExitApproved(Exit{}), "S8.2a.state_approval")
	wantRules(t, CheckExitApproved(Exit{StateApproved: day(0)}))

	// A calendar month, clamped to the end of the shorter one.
	if got := ExitBy(calendar.Date{Year: 2026, Month: 1, Day: 31}); got != (calendar.Date{Year: 2026, Month: 2, Day: 28}) {
		t.Errorf("a month from 31 January ends %v", got)
	}
	done := Exit{Object: Site, StateApproved: day(0), DomainChanged: true, MarkChanged: true, CodeDeleted: true, EntranceDeleted: true}
	wantRules(t, CheckExitDone(done))
	wantRules(t, CheckExitDone(Exit{Object: Site, StateApproved: day(0)}), "S8.2b.domain", "S8.2b.mark", "S8.2b.site_code", "S8.2b.report_entrance")
	wantRules(t, CheckExitDone(Exit{Object: Account, StateApproved: day(0)}), "S8.2b.mark", "S8.2b.report_entrance")
}
