package sx2021

import (
	"testing"

	"zhengshu/internal/calendar"
)

func TestArticle07_3_AccountFiling(t *testing.T) {
	w, err := calendar.Published()
	if err != nil {
		t.Fatal(err)
	}
	opened := calendar.Date{Year: 2026, Month: 3, Day: 2}
	due := AccountFilingBy(opened, w, Defaults())
	if due.On != (calendar.Date{Year: 2026, Month: 3, Day: 16}) || due.Provisional {
		t.Errorf("ten working days end on %v", due)
	}
	wantRules(t, CheckAccountFiling(opened, false, due.On, w, Defaults()))
	wantRules(t, CheckAccountFiling(opened, false, due.On.AddDays(1), w, Defaults()), "S7.3d.filed")
	wantRules(t, CheckAccountFiling(opened, true, due.On.AddDays(60), w, Defaults()))
	for _, tt := range []struct {
		u    Unit
		want bool
	}{
		{Unit{Kind: Office, Level: County}, true}, {Unit{Kind: Government, Level: City}, true}, {Unit{Kind: Department, Level: City}, false},
		{Unit{Kind: Office, Level: Province}, false}, {Unit{Kind: Internal, Level: County}, false},
	} {
		if got := FilesWithSuperior(tt.u); got != tt.want {
			t.Errorf("%+v files with the superior: %v", tt.u, got)
		}
	}
}
