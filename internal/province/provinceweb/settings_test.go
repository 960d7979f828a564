package provinceweb

import (
	"fmt"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"zhengshu/internal/fault"
	"zhengshu/internal/province"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web"
)

// Every choice stands once, folded under the clause that leaves it open, and the way to
// set it leads to that clause, open and with its fields.
func TestChoicesStandUnderTheirClause(t *testing.T) {
	was := sx2021.Defaults()
	was.PoliceFilingDays = 60
	v := newSettingsView(was, "", nil, true, sampleDay, "")
	if v.Open || len(v.Form.Buttons) != 0 {
		t.Error("the whole page stands open, or every choice is a field of one form")
	}
	n, changed := 0, 0
	for _, g := range v.Groups {
		if g.Title == "其他" {
			t.Errorf("choices under no clause: %v", g.Table.Rows)
		}
		if want := fmt.Sprintf("%d 项", len(g.Table.Rows)); !strings.HasPrefix(g.Count, want) {
			t.Errorf("%s says %s, want %s", g.Title, g.Count, want)
		}
		if strings.HasSuffix(g.Count, "，已改 1 项") {
			changed++
		}
		n += len(g.Table.Rows)
		to, err := url.Parse(g.Set)
		if err != nil {
			t.Fatal(err)
		}
		one := newSettingsView(was, "", nil, true, sampleDay, to.Query().Get("q"))
		i := slices.IndexFunc(one.Groups, func(x choiceGroup) bool { return x.Title == g.Title })
		if !one.Open || i < 0 || len(one.Groups[i].Table.Rows) != len(g.Table.Rows) || len(one.Form.Sections[i].Fields) != len(g.Table.Rows) || one.Groups[i].Set != fmt.Sprintf("#section-%d", i) {
			t.Errorf("%s leads to %s, which does not set all of it", g.Title, g.Set)
		}
	}
	if changed != 1 {
		t.Errorf("%d groups say that a choice was changed", changed)
	}
	if all := len(province.Choices(sx2021.Defaults())); n != all || v.Filter.Total != all {
		t.Errorf("%d of %d choices are shown, %d told", n, all, v.Filter.Total)
	}
}

// A decision refused on the page that offers no form is still answered.
func TestARefusalIsShownWithoutAForm(t *testing.T) {
	v := newSettingsView(sx2021.Defaults(), "", nil, true, sampleDay, "")
	v.Form.Wrong(fault.New(fault.Invalid, "请写明调整原因").On("reason", "请写明调整原因"))
	r := httptest.NewRequest("POST", settingsPath, nil)
	w := httptest.NewRecorder()
	if err := settingsPage.RenderStatus(w, r, 422, v); err != nil || !strings.Contains(w.Body.String(), "请写明调整原因") {
		t.Errorf("%v\n%s", err, w.Body)
	}
}

// What a search leaves out of the form is posted as it stands, so that a decision made
// on the page found changes what was changed there and nothing else.
func TestSearchChangesOnlyWhatItShows(t *testing.T) {
	was := sx2021.Defaults()
	was.PoliceFilingDays = 60
	v := newSettingsView(was, "", nil, true, sampleDay, " 公安备案 ")
	if len(v.Groups) != 1 || len(v.Groups[0].Table.Rows) != 1 || v.Form.Action != "/console/settings?q="+url.QueryEscape("公安备案") {
		t.Fatalf("found: %+v, to %s", v.Groups, v.Form.Action)
	}
	posted := url.Values{}
	for _, s := range v.Form.Sections {
		for _, f := range s.Fields {
			if f.Kind != web.Check || f.Checked {
				posted.Set(f.Name, f.Value)
			}
			if f.Name == "police_filing_days" && f.Kind != web.Number {
				t.Errorf("what was found cannot be set: %+v", f)
			}
			if f.Name == "share_receipt_workdays" && f.Kind != web.Hidden {
				t.Errorf("what was not found is shown: %+v", f)
			}
		}
	}
	posted.Set("police_filing_days", "90")
	want := was
	want.PoliceFilingDays = 90
	if got, err := province.Read(was, posted.Get); err != nil || got != want {
		t.Errorf("read %+v, %v", got, err)
	}
}

// Nothing found says so and offers no form; nobody else than the office gets one.
func TestSearchFindsNothing(t *testing.T) {
	v := newSettingsView(sx2021.Defaults(), "", nil, true, sampleDay, "没有这样的事项")
	if len(v.Groups) != 0 || v.None.Title == "" || len(v.Form.Buttons) != 0 {
		t.Errorf("%+v", v)
	}
	v = newSettingsView(sx2021.Defaults(), "", nil, false, sampleDay, "第三十条 整改")
	if len(v.Groups) == 0 || v.Groups[0].Set != "" || len(v.Form.Buttons) != 0 {
		t.Errorf("a form for who may not: %+v", v)
	}
}

// The mark of a value that is not verified can be asked for and stays on its row.
func TestUnverifiedAreFound(t *testing.T) {
	v := newSettingsView(sx2021.Defaults(), "", nil, false, sampleDay, "未核实")
	if len(v.Groups) == 0 {
		t.Fatal("none")
	}
	for _, g := range v.Groups {
		for _, r := range g.Table.Rows {
			if !strings.Contains(r.Cells[3].Text, "未核实") {
				t.Errorf("without its mark: %+v", r)
			}
		}
	}
}
