package packs

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
)

func TestGWB2019(t *testing.T) {
	p := gwb(t)
	var deduct, services, bonus Hundredths
	for _, i := range p.Indicators {
		switch i.Kind {
		case Deduct:
			deduct += i.Points.N
			if i.Group == "办事服务" {
				services += i.Points.N
			}
			// The points are a reconstruction until the official annex replaces them.
			if i.Points.Mark != Assumed {
				t.Errorf("%s: points marked %s", i.ID, i.Points.Mark)
			}
		case Bonus:
			bonus += i.Points.N
		}
	}
	if deduct != 100_00 || services != 25_00 || bonus != 30_00 {
		t.Errorf("deduct %v, services %v, bonus %v", deduct, services, bonus)
	}
	for _, tt := range []struct {
		id, param string
		want      Hundredths
		mark      Mark
	}{
		{"V-W-2", "", 5, Verified}, {"V-W-2", "probes_per_day", 2000, Verified}, {"V-W-2", "timeout_s", 1500, Verified},
		{"V-W-3", "", 1400, Verified}, {"V-W-4.1", "", 500, Verified}, {"V-W-4.1", "months", 600, Verified},
		{"V-W-4.2", "", 1000, Verified}, {"V-W-4.3", "", 500, Verified}, {"V-W-5.2", "months", 300, Verified},
		{"V-W-6.2", "", 500, Remembered}, {"V-M-2.1", "days", 1400, Verified}, {"D-16", "answer_workdays", 500, OnePage},
		{"D-19", "per_hit_other_pages", 10, Remembered},
	} {
		i, ok := p.Indicator(tt.id)
		v := i.Threshold
		if tt.param != "" {
			v = i.Params[tt.param]
		}
		if !ok || v.N != tt.want || v.Mark != tt.mark {
			t.Errorf("%s %s is %v [%s], want %v [%s]", tt.id, tt.param, v.N, v.Mark, tt.want, tt.mark)
		}
	}
	if len(p.Unverified()) == 0 || p.Confidence != "unverified-points" {
		t.Error("the pack hides that its points are not verified")
	}
}

func TestPickByDate(t *testing.T) {
	d := func(y int) calendar.Date { return calendar.Date{Year: y, Month: 6, Day: 1} }
	all := []Pack{{ID: "a", Version: 1, EffectiveFrom: d(2019), EffectiveTo: d(2024)}, {ID: "a", Version: 2, EffectiveFrom: d(2023)}}
	for year, want := range map[int]int{2018: 0, 2020: 1, 2023: 2, 2024: 2, 2026: 2} {
		if p, _ := Pick(all, "a", d(year)); p.Version != want {
			t.Errorf("%d: version %d, want %d", year, p.Version, want)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	good, err := os.ReadFile("gwb-2019-19.json")
	if err != nil {
		t.Fatal(err)
	}
	text := string(good)
	edit := func(old, new string) string {
		if !strings.Contains(text, old) {
			t.Fatalf("the pack has no %s", old)
		}
		return strings.Replace(text, old, new, 1)
	}
	for _, tt := range []struct{ name, in, field, says string }{
		{"not JSON", "{", "文件", "JSON"},
		{"empty", "", "文件", "JSON"},
		{"two documents", text + "{}", "文件", "JSON"},
		{"too large", text + strings.Repeat(" ", MaxBytes), "文件", "KB"},
		{"an unknown name", edit(`"version"`, `"verson"`), "文件", "verson"},
		{"a name twice", edit(`"version": 1`, `"version": 1, "version": 2`), "version", "重复"},
		{"a date that is none", edit(`2019-04-01`, `2019-02-30`), "文件", "2019"},
		{"a number with three places", edit(`"value": 0.05`, `"value": 0.055`), "文件", "两位小数"},
		{"a negative number", edit(`"value": 0.05`, `"value": -5`), "文件", "数值"},
		{"points no longer 100", edit(`"points": {"value": 10, "mark"`, `"points": {"value": 9, "mark"`), "totals.deduct", "99"},
		{"service group no longer 25", edit(`"group": "办事服务",
      "says": "未公开办事服务事项目录`, `"group": "功能设计",
      "says": "未公开办事服务事项目录`), "exemption.group", "20"},
		{"a veto without its threshold", edit(`"measure": "share",
      "threshold": {"value": 0.05, "mark": "V"},
      "warn": {"value": 0.03, "mark": "D"},`, ""), "V-W-2", "阈值"},
		{"a window missing", edit(`"days": {"value": 7, "mark": "V"},
        `, ""), "V-W-2", "时段"},
		{"an unknown mark", edit(`"value": 0.05, "mark": "V"`, `"value": 0.05, "mark": "X"`), "V-W-2", "核实标记"},
		{"an unknown class", edit(`"applies_to": ["website"]`, `"applies_to": ["webpage"]`), "V-W-1.1", "适用对象"},
		{"an indicator twice", edit(`"id": "D-02"`, `"id": "D-01"`), "D-01", "重复"},
		{"a hit dearer than the indicator", edit(`"per_hit": {"value": 3,`, `"per_hit": {"value": 7,`), "D-16", "超过"},
		{"early warning after the veto", edit(`"warn": {"value": 0.03`, `"warn": {"value": 0.05`), "V-W-2", "预警"},
		{"no source", edit(`"source": "国办秘函〔2019〕19号",`, `"source": " ",`), "source", "依据"},
		{"an exemption nobody knows", edit(`"mode": "scale"`, `"mode": "half"`), "exemption.mode", "half"},
		{"a factor that does not fit", edit(`"numerator": 4`, `"numerator": 5`), "exemption.group", "5/3"},
		{"null for a number", edit(`"value": 0.05`, `"value": null`), "文件", "数值"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Decode([]byte(tt.in))
			f := fault.Of(err)
			if err == nil || f.Kind != fault.Invalid {
				t.Fatalf("accepted, or not a fault.Invalid: %v", err)
			}
			for _, field := range f.Fields {
				if field.Name == tt.field && strings.Contains(field.Says, tt.says) {
					return
				}
			}
			t.Errorf("no field %s saying %s in %+v", tt.field, tt.says, f.Fields)
		})
	}
}

func TestHundredths(t *testing.T) {
	for in, want := range map[string]Hundredths{"0": 0, "100": 10000, "0.05": 5, "4.5": 450, "98.67": 9867} {
		got, err := ParseHundredths(in)
		if err != nil || got != want || got.String() != in {
			t.Errorf("%s: %d %v %s", in, got, err, got)
		}
	}
	for _, in := range []string{"", "-1", "+1", "1.", ".5", "1.234", "1e3", "1 ", "９", "99999999", "1.-1"} {
		if _, err := ParseHundredths(in); err == nil {
			t.Errorf("%q accepted", in)
		}
	}
	if (Hundredths(-150)).String() != "-1.5" {
		t.Error("negative differences print too")
	}
}

// What Decode accepts is written and read back the same.
func FuzzDecode(f *testing.F) {
	good, err := os.ReadFile("gwb-2019-19.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{}`))
	f.Add([]byte(`{"id":"a","id":"b"}`))
	f.Add([]byte(`[{"a":[1,2]},null]`))
	f.Add([]byte("\xff\xfe{"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := Decode(b)
		if err != nil {
			if fault.Of(err).Kind != fault.Invalid {
				t.Fatalf("refused without a fault.Invalid: %v", err)
			}
			return
		}
		Score(p, portal, []Observation{{Indicator: p.Indicators[0].ID, Outcome: Violated, Whole: true}})
		out, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Decode(out); err != nil {
			t.Fatalf("cannot read back what was written: %v", err)
		}
	})
}
