package provinceweb

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/province"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web"
	"zhengshu/internal/web/webtest"
)

// posted is a form as a browser would post it.
func posted(f web.Form) url.Values {
	out := url.Values{}
	for _, s := range f.Sections {
		for _, x := range s.Fields {
			switch {
			case x.Kind == web.Check && x.Checked:
				out.Set(x.Name, "on")
			case x.Kind != web.Check:
				out.Set(x.Name, x.Value)
			}
		}
	}
	return out
}

// Two open the settings and each changes another one, and both a third: the second is
// told what the first changed, keeps what was typed, has what was left alone brought up
// to date, and what is saved then holds the changes of both.
func TestTwoPersonsSetTheSameSettings(t *testing.T) {
	clock := calendar.NewManual(time.Date(2026, 11, 2, 2, 0, 0, 0, time.UTC))
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		o := org.New(d)
		shipped, err := calendar.Published()
		if err != nil {
			t.Fatal(err)
		}
		days, set := shipped.Live()
		svc := province.New(province.Parts{DB: d, Org: o, Obligations: obligation.New(d, o), Shipped: shipped, Days: days, Set: set, StepDays: 5})
		ctx := audit.System(context.Background(), "test")
		var office org.Unit
		if err := d.Update(ctx, func(tx *db.Tx) error {
			if _, err := o.AddArea(ctx, tx, org.Area{Level: org.Province, Code: "610000", Name: "陕西省"}); err != nil {
				return err
			}
			office, _, err = o.AddUnit(ctx, tx, org.Unit{Area: "province-610000000000", Kind: org.Office, Name: "陕西省人民政府办公厅"})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		session := &authz.Session{PersonID: "p", Name: "张某", Posts: []authz.Post{{Role: authz.Supervisor, UnitID: string(office.ID), AreaPath: office.AreaPath, Office: true}, {Role: authz.SystemAdmin, UnitID: string(office.ID), AreaPath: office.AreaPath, Office: true}}}
		site := webtest.Open(t, session, clock, New(svc, nil).Routes()...)
		site.Gate.Context = func(ctx context.Context) context.Context {
			return audit.WithActor(ctx, audit.Actor{Kind: "person", ID: session.PersonID, Name: session.Name, Unit: string(office.ID)})
		}
		page := settingsPath + "?q=" + url.QueryEscape("公安备案") // the others travel unseen
		opened := posted(newSettingsView(svc.Settings(), "", nil, true, calendar.Today(clock), "公安备案").Form)
		fill := func(police, reason string) url.Values {
			v := url.Values{}
			for k, x := range opened {
				v[k] = x
			}
			v.Set("police_filing_days", police)
			v.Set("reason", reason)
			return v
		}
		first := fill("60", "甲的理由")
		first.Set("takedown_review_hours", "12")
		first.Del("duty_pooled")
		if opened.Get("duty_pooled") == "" || opened.Get("takedown_review_hours") == "12" {
			t.Fatalf("%v", opened)
		}
		site.Post(page, first).Want(http.StatusSeeOther)
		clock.Advance(time.Minute)
		before := svc.Settings()
		again := site.Post(page, fill("90", "乙的理由")).Want(http.StatusUnprocessableEntity)
		for _, want := range []string{"本省规则选择已被别人修改", "改为12 小时", "改为60 天", "乙的理由"} {
			if !strings.Contains(again.Body, want) {
				t.Errorf("the page does not say %q", want)
			}
		}
		if svc.Settings() != before {
			t.Error("the first decision is overwritten")
		}
		now := url.Values{}
		if strings.Contains(again.Body, `name="duty_pooled"`) {
			t.Error("what the other said no to is said yes to unseen")
		}
		for name := range opened {
			if name == "duty_pooled" {
				continue
			}
			switch v := again.Attr(`form [name="`+name+`"]`, "value"); {
			case name == "reason":
				now.Set(name, "乙的理由")
			case v != "":
				now.Set(name, v)
			}
		}
		if now.Get("police_filing_days") != "90" || now.Get("takedown_review_hours") != "12" {
			t.Errorf("the form holds %v", now)
		}
		site.Post(page, now).Want(http.StatusSeeOther)
		want := sx2021.Defaults()
		want.PoliceFilingDays, want.TakedownReviewHours, want.DutyPooled = 90, 12, false
		if got := svc.Settings(); got != want {
			t.Errorf("%+v", got)
		}

		// The system's settings: by the same rule.
		const system = "/console/settings/system"
		base := posted(newSystemView(svc.System(), "").Form)
		one, two := url.Values{}, url.Values{}
		for k, x := range base {
			one[k], two[k] = x, x
		}
		one.Set("step_days", "7")
		two.Set("digest_at", "9")
		site.Post(system, one).Want(http.StatusSeeOther)
		clock.Advance(time.Minute)
		answer := site.Post(system, two).Want(http.StatusUnprocessableEntity)
		if !strings.Contains(answer.Body, "系统设置已被别人修改：每一步的审批时限") || answer.Attr(`[name="step_days"]`, "value") != "7" || answer.Attr(`[name="digest_at"]`, "value") != "9" {
			t.Error("what the other saved is not in the form, or what was typed is lost")
		}
		if got := svc.System(); got.StepDays != 7 || got.Channels.DigestAt == 9 {
			t.Errorf("%+v", got)
		}
		two.Set("step_days", "7")
		two.Set(baseField, answer.Attr(`[name="edition"]`, "value"))
		site.Post(system, two).Want(http.StatusSeeOther)
		if got := svc.System(); got.StepDays != 7 || got.Channels.DigestAt != 9 {
			t.Errorf("%+v", got)
		}
	})
}
