package vantageweb

import (
	"strings"
	"testing"
	"time"

	"zhengshu/internal/inspection"
	"zhengshu/internal/web"
)

// With no vantage the form that registers one stands open; later what comes in by
// file does, and ending one is never open beside it.
func TestTheNextActOfVantagesStandsOpen(t *testing.T) {
	for name, tt := range map[string]struct {
		list []inspection.Vantage
		open string
	}{
		"none":    {nil, vantagesPath},
		"revoked": {[]inspection.Vantage{{ID: "c", Revoked: sampleNow}}, vantagesPath},
		"by file": {[]inspection.Vantage{{ID: "a"}, {ID: "b", ByFile: true}}, vantagesPath + "/b/batch"},
		"on line": {[]inspection.Vantage{{ID: "a"}}, ""},
	} {
		var open []string
		for _, f := range newView(tt.list, nil, inspection.Gap{}, nil, nil, false, sampleNow, true).Forms {
			if !f.Folded {
				open = append(open, f.Action)
			}
		}
		if got := strings.Join(open, " "); got != tt.open {
			t.Errorf("%s: %q stands open, want %q", name, got, tt.open)
		}
	}
}

// A clock that is off is told with how far and what to do, and such a vantage is none
// of those that confirm.
func TestAClockThatIsOffIsTold(t *testing.T) {
	for ahead, want := range map[time.Duration]string{-90 * time.Second: "慢90秒", 11 * time.Minute: "快11分钟", -8 * time.Hour: "慢8小时", 72 * time.Hour: "快3天", 30 * time.Second: ""} {
		v := newView([]inspection.Vantage{{ID: "a", Name: "西安监测点", SeenAt: sampleNow, LineOK: true, Ahead: ahead}}, nil, inspection.Gap{}, nil, nil, false, sampleNow, false)
		tag := v.Main[0].(web.Table).Rows[0].Cells[2].Tags[0].Text
		if want == "" {
			if tag != "正常" || len(v.Alerts) != 0 {
				t.Errorf("%s: %q, %+v", ahead, tag, v.Alerts)
			}
			continue
		}
		if tag != "时钟"+want+"，不计票" || len(v.Alerts) != 2 || !strings.Contains(v.Alerts[0].Text, "比本系统"+want) || !strings.Contains(v.Alerts[1].Title, "只由本系统探测") {
			t.Errorf("%s: %q, %+v", ahead, tag, v.Alerts)
		}
	}
}

// Readings 22: the page of a house without a way to the Internet says who looks for what
// and does not say that this system probes.
func TestReadings22_WhoLooksIsTold(t *testing.T) {
	v := newView([]inspection.Vantage{{ID: inspection.OwnVantage, Name: "本系统"}}, nil, inspection.Gap{Title: "没有监测点在探测"}, nil, nil, true, sampleNow, true)
	if tag := v.Main[0].(web.Table).Rows[0].Cells[2].Tags[0].Text; tag != "不能访问互联网，不计票" {
		t.Errorf("%q", tag)
	}
	if who := v.Main[1].(web.Table); !strings.Contains(who.Caption, "由谁检测") || len(who.Rows) < 5 {
		t.Errorf("%+v", who)
	}
	for _, a := range v.Alerts {
		if strings.Contains(a.Title, "只由本系统探测") {
			t.Errorf("%+v", a)
		}
	}
}
