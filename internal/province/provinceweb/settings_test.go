package provinceweb

import (
	"net/url"
	"strings"
	"testing"

	"zhengshu/internal/province"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web"
)

// Every choice stands once, under the clause that leaves it open, and the list on top
// leads to every group.
func TestChoicesStandUnderTheirClause(t *testing.T) {
	v := newSettingsView(sx2021.Defaults(), "", nil, true, sampleDay, "")
	n := 0
	for i, g := range v.Groups {
		if g.Title == "其他" {
			t.Errorf("choices under no clause: %v", g.Table.Rows)
		}
		if v.Outline.Items[i].Href != "#"+g.ID || !strings.HasPrefix(v.Outline.Items[i].Text, g.Title) {
			t.Errorf("%s is not led to: %+v", g.Title, v.Outline.Items[i])
		}
		n += len(g.Table.Rows)
	}
	if all := len(province.Choices(sx2021.Defaults())); n != all || v.Filter.Total != all {
		t.Errorf("%d of %d choices are shown, %d told", n, all, v.Filter.Total)
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
