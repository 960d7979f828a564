package calendar

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
)

func date(t *testing.T, s string) Date {
	t.Helper()
	d, err := ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDateForms(t *testing.T) {
	d := date(t, "2026-03-01")
	if d.String() != "2026-03-01" || d.Chinese() != "2026年3月1日" || d.Weekday() != time.Sunday {
		t.Errorf("forms: %s %s %s", d, d.Chinese(), d.Weekday())
	}
	var none Date
	if none.String() != "" || none.Chinese() != "" || !none.Start().IsZero() || none.Valid() || none.AddDays(3) != none || none.AddMonths(1) != none {
		t.Error("the zero date must stay silent and still")
	}
}

func TestDateArithmetic(t *testing.T) {
	for _, c := range []struct {
		from, want string
		add        func(Date) Date
	}{
		{"2026-01-31", "2026-02-28", func(d Date) Date { return d.AddMonths(1) }},
		{"2024-01-31", "2024-02-29", func(d Date) Date { return d.AddMonths(1) }},
		{"2026-03-31", "2026-02-28", func(d Date) Date { return d.AddMonths(-1) }},
		{"2026-11-30", "2027-02-28", func(d Date) Date { return d.AddMonths(3) }},
		{"2026-01-15", "2025-12-15", func(d Date) Date { return d.AddMonths(-1) }},
		{"2024-02-29", "2025-02-28", func(d Date) Date { return d.AddYears(1) }},
		{"2024-02-29", "2028-02-29", func(d Date) Date { return d.AddYears(4) }},
		{"2026-12-31", "2027-01-30", func(d Date) Date { return d.AddDays(30) }},
		{"2026-03-01", "2026-02-28", func(d Date) Date { return d.AddDays(-1) }},
	} {
		if got := c.add(date(t, c.from)); got.String() != c.want {
			t.Errorf("%s gave %s, want %s", c.from, got, c.want)
		}
	}
	if n := date(t, "2027-03-01").Sub(date(t, "2026-03-01")); n != 365 {
		t.Errorf("Sub = %d", n)
	}
	if n := date(t, "0001-01-01").Sub(date(t, "9999-12-31")); n != -3652058 {
		t.Errorf("Sub over the whole range = %d", n)
	}
	a, b := date(t, "2026-03-01"), date(t, "2026-02-28")
	if !b.Before(a) || !a.After(b) || a.Compare(a) != 0 || !(Date{}).Before(b) {
		t.Error("order")
	}
}

// A day begins in Shanghai, not in UTC: 16:00 UTC is already tomorrow.
func TestDateOfTurnsAtShanghaiMidnight(t *testing.T) {
	if d := DateOf(time.Date(2026, 3, 1, 15, 59, 59, 0, time.UTC)); d.String() != "2026-03-01" {
		t.Error(d)
	}
	if d := DateOf(time.Date(2026, 3, 1, 16, 0, 0, 0, time.UTC)); d.String() != "2026-03-02" {
		t.Error(d)
	}
	d := date(t, "2026-03-02")
	if got := d.Start().UTC(); got != time.Date(2026, 3, 1, 16, 0, 0, 0, time.UTC) {
		t.Error(got)
	}
	if got := d.End().Sub(d.Start()); got != 24*time.Hour {
		t.Error(got)
	}
}

func TestParseDateIsStrict(t *testing.T) {
	for _, s := range []string{"", "2026-3-1", "2026-02-30", "2026-13-01", " 2026-03-01", "2026-03-01T00:00:00Z", "0000-01-01", "２０２６-03-01"} {
		if d, err := ParseDate(s); err == nil {
			t.Errorf("%q accepted as %s", s, d)
		}
	}
}

func TestParseLoose(t *testing.T) {
	for in, want := range map[string]string{
		"2021年2月3日":              "2021-02-03",
		"2021年02月03日":            "2021-02-03",
		"2021 年 2 月 3 日":         "2021-02-03",
		"２０２１年２月３日":              "2021-02-03",
		"二〇二一年二月三日":              "2021-02-03",
		"二○二一年十二月三十一日":           "2021-12-31",
		"二零二一年十月二十日":             "2021-10-20",
		"2021/2/3":               "2021-02-03",
		"2021.2.3":               "2021-02-03",
		"２０２１．２．３":               "2021-02-03",
		"2021-2-3":               "2021-02-03",
		"2021—2—3":               "2021-02-03",
		"20210203":               "2021-02-03",
		"2021年2月3号":              "2021-02-03",
		"2021/2/3 0:00":          "2021-02-03",
		"2021-02-03 10:20:30":    "2021-02-03",
		"2021-02-03T10:20:30Z":   "2021-02-03",
		"\u3000 2021年2月3日\u3000": "2021-02-03",
		"2024年2月29日":             "2024-02-29",
	} {
		d, err := ParseLoose(in)
		if err != nil || d.String() != want {
			t.Errorf("%q gave %q, %v; want %s", in, d, err, want)
		}
	}
	for in, cause := range map[string]string{
		"2021年2月30日":               "2021年2月只有28天，没有30日",
		"2021年13月1日":               "没有13月",
		"2021年0月1日":                "没有0月",
		"2021年1月0日":                "没有0日",
		"21年2月3日":                  "年份须在最前并写四位",
		"3/2/2021":                 "年份须在最前并写四位",
		"2021年2月":                  "没有写到日",
		"2021":                     "看不出年、月、日",
		"2021/2.3":                 "分隔符不一致",
		"":                         "没有填写",
		"  ":                       "没有填写",
		"长期有效":                     "看不出年、月、日",
		"二〇二一年十十月三日":               "看不出年、月、日",
		"0000年1月1日":                "年份0不在",
		strings.Repeat("2021", 99): "内容过长",
	} {
		d, err := ParseLoose(in)
		var pe *ParseError
		if !errors.As(err, &pe) || !strings.Contains(err.Error(), cause) {
			t.Errorf("%q gave %q, %v; want a cause %q", in, d, err, cause)
		}
	}
}

func FuzzParseLoose(f *testing.F) {
	for _, s := range []string{"2021年2月3日", "２０２１．２．３", "二〇二一年十二月三十一日", "2021-02-03 10:20", "十年十月十日", "2021年2月30日", "20210203", "\xff\xfe年月日"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseLoose(s)
		if err != nil {
			if d != (Date{}) {
				t.Fatalf("%q: error with a date %v", s, d)
			}
			return
		}
		if !d.Valid() {
			t.Fatalf("%q gave %v, which does not exist", s, d)
		}
		for _, form := range []string{d.String(), d.Chinese()} {
			if len(form) == 0 || d.Year < 1000 {
				continue // the Chinese form writes early years unpadded
			}
			if again, err := ParseLoose(form); err != nil || again != d {
				t.Fatalf("%q: %q does not read back: %v %v", s, form, again, err)
			}
		}
	})
}

func TestDateInDatabaseAndJSON(t *testing.T) {
	want := date(t, "2026-03-01")
	for _, src := range []any{"2026-03-01", []byte("2026-03-01"), time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), want.Start()} {
		var d Date
		if err := d.Scan(src); err != nil || d != want {
			t.Errorf("scan %v: %v %v", src, d, err)
		}
	}
	d := want
	if err := d.Scan(nil); err != nil || !d.IsZero() {
		t.Errorf("scan nil: %v %v", d, err)
	}
	for _, src := range []any{"2026-02-30", 7, time.Date(2026, 3, 1, 20, 0, 0, 0, time.UTC)} {
		if err := new(Date).Scan(src); err == nil {
			t.Errorf("scan %v accepted", src)
		}
	}
	if v, err := want.Value(); err != nil || v != "2026-03-01" {
		t.Errorf("value %v %v", v, err)
	}
	if v, err := (Date{}).Value(); err != nil || v != nil {
		t.Errorf("value of none %v %v", v, err)
	}
	if _, err := (Date{2026, 2, 30}).Value(); err == nil {
		t.Error("a day that does not exist was written")
	}

	type row struct{ On, Until Date }
	b, err := json.Marshal(row{On: want})
	if err != nil || string(b) != `{"On":"2026-03-01","Until":""}` {
		t.Errorf("%s %v", b, err)
	}
	var r row
	if err := json.Unmarshal(b, &r); err != nil || r.On != want || !r.Until.IsZero() {
		t.Errorf("%v %v", r, err)
	}
}

func TestClocks(t *testing.T) {
	at := time.Date(2026, 3, 1, 16, 0, 0, 0, time.UTC)
	if Today(Fixed(at)).String() != "2026-03-02" {
		t.Error("fixed")
	}
	m := NewManual(at)
	m.Advance(24 * time.Hour)
	if Today(m).String() != "2026-03-03" {
		t.Error("advance")
	}
	m.Set(at)
	if !m.Now().Equal(at) {
		t.Error("set")
	}
	if System().Now().Location() != time.UTC {
		t.Error("the system clock speaks UTC")
	}
}
