package healthweb

import (
	"strings"
	"testing"

	"zhengshu/internal/health"
	"zhengshu/internal/web"
	"zhengshu/internal/web/webtest"
)

func TestPages(t *testing.T) { webtest.CheckPages(t) }

// A figure leads to the list it counts, and a week without enough visits is no
// hundred per cent.
func TestFiguresAreThoseOfTheirLists(t *testing.T) {
	v := newList([]health.Row{sampleRow}, 1, "", sampleToday, sampleNow)
	found := false
	for _, c := range v.Table.Rows[0].Cells {
		found = found || c.Text == "4" && strings.Contains(c.Href, "state=standing")
	}
	if !found {
		t.Error("the list counts what stands and leads to all")
	}
	card := newCard(health.Card{Row: sampleRow}, sampleToday, sampleNow)
	for _, s := range card.Main[0].(web.Stats).Items {
		if s.Name == "未办结的问题" && !strings.Contains(s.Href, "state=standing") {
			t.Errorf("the card leads to %s", s.Href)
		}
	}
	few := sampleRow
	few.Up, few.Probes, few.Rate, few.Rated = 4, 4, 0, false
	for _, c := range []struct {
		row  health.Row
		want string
	}{{few, "数据不足"}, {sampleRow, "99.70%"}, {health.Row{}, "没有监测"}, {health.Row{Refuses: true}, "拒绝检测"}} {
		if got := up(c.row); got != c.want {
			t.Errorf("%d visits: %s, want %s", c.row.Probes, got, c.want)
		}
	}
}
