package protectionweb

import (
	"strings"
	"testing"

	"zhengshu/internal/calendar"
	"zhengshu/internal/protection"
	"zhengshu/internal/web"
)

func TestArticle24_AnObjectsPageSaysWhatItLacks(t *testing.T) {
	today := calendar.Date{Year: 2026, Month: 3, Day: 2}
	tags := func(s web.Summary) (out []string) {
		for _, term := range s.Terms {
			for _, tag := range term.Tags {
				out = append(out, term.Name+tag.Text)
			}
		}
		return out
	}
	if got := strings.Join(tags(besideSummary(protection.Grade{}, false, nil, today)), " "); got != "等级保护缺少 托管缺少" {
		t.Errorf("of a bare site: %q", got)
	}
	g := protection.Grade{ID: "g", Unit: "u", Level: 2}
	x := protection.Hosting{ID: "x", Unit: "u", Provider: "某云", ProviderNation: "CN", ServerNation: "CN", Form: "cloud", Location: "西安", Until: today.AddDays(30)}
	s := besideSummary(g, true, []protection.Hosting{x}, today)
	if got := tags(s); len(got) != 0 {
		t.Errorf("tags of a site at home: %q", got)
	}
	if s.Terms[0].Href != g.Link() || s.Terms[0].Note == "" {
		t.Errorf("a grade that is not filed: %+v", s.Terms[0])
	}
	if last := s.Terms[len(s.Terms)-1]; last.Href != assetsPath+"?unit=u" {
		t.Errorf("the way to the unit's devices: %+v", last)
	}
	x.ServerNation = "US"
	if got := strings.Join(tags(besideSummary(g, true, []protection.Hosting{x}, today)), " "); got != "托管境外" {
		t.Errorf("of a site abroad: %q", got)
	}
}
