package calendar

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/6tail/lunar-go/HolidayUtil"
)

func work(t *testing.T) Workdays {
	t.Helper()
	w, err := Published()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// The notices were written down from the documents; an independent table must
// agree with them on every day of every year.
func TestNoticesAgreeWithIndependentTable(t *testing.T) {
	w := work(t)
	for _, year := range w.Years() {
		seen := 0
		for d := (Date{year, 1, 1}); d.Year == year; d = d.AddDays(1) {
			want := !weekend(d)
			if h := HolidayUtil.GetHoliday(d.String()); h != nil {
				want = h.IsWork()
				seen++
			}
			if got, _ := w.Is(d); got != want {
				t.Errorf("%s: working = %t, the table says %t", d, got, want)
			}
		}
		if seen < 25 {
			t.Errorf("%d: the table names only %d days; nothing was compared", year, seen)
		}
	}
}

func TestPublishedNotices(t *testing.T) {
	w := work(t)
	years := w.Years()
	if len(years) != 8 || years[0] != 2019 || years[7] != 2026 {
		t.Fatalf("years %v", years)
	}
	for _, y := range years {
		n, ok := w.Notice(y)
		if !ok || n.Mark != "V" || n.Source == "" || n.Documents[0].Dated.IsZero() || !strings.Contains(n.Documents[0].Number, "国办发明电〔") {
			t.Errorf("%d: %+v", y, n)
		}
	}
}

func TestWorkdaysIs(t *testing.T) {
	w := work(t)
	for _, c := range []struct {
		day                  string
		working, provisional bool
		why                  string
	}{
		{"2026-01-04", true, false, "Sunday made up for New Year"},
		{"2026-02-16", false, false, "Spring Festival"},
		{"2026-03-02", true, false, "a Monday"},
		{"2026-03-07", false, false, "a Saturday"},
		{"2018-12-29", true, false, "settled by the notice for 2019"},
		{"2018-12-31", false, false, "settled by the notice for 2019"},
		{"2018-12-27", true, true, "no notice for 2018 here"},
		{"2020-02-01", false, false, "the holiday was lengthened over a make-up day"},
		{"2020-01-31", false, false, "the holiday was lengthened"},
		{"2022-12-31", false, false, "notice for 2023"},
		{"2026-12-24", true, false, "still settled"},
		{"2026-12-31", true, true, "the notice for 2027 may move it"},
		{"2027-01-04", true, true, "no notice yet"},
		{"2027-01-02", false, true, "no notice yet, a Saturday"},
	} {
		working, provisional := w.Is(date(t, c.day))
		if working != c.working || provisional != c.provisional {
			t.Errorf("%s (%s): %t, provisional %t", c.day, c.why, working, provisional)
		}
	}
	if working, provisional := (Workdays{}).Is(date(t, "2026-01-01")); !working || !provisional {
		t.Error("without notices a weekday works, provisionally")
	}
}

func TestWorkdaysAdd(t *testing.T) {
	w := work(t)
	for _, c := range []struct {
		from        string
		n           int
		want        string
		provisional bool
	}{
		{"2026-03-02", 5, "2026-03-09", false},  // an ordinary week; the day of receipt is not counted
		{"2026-03-07", 1, "2026-03-09", false},  // received on a Saturday
		{"2026-02-13", 1, "2026-02-14", false},  // the next day is a made-up Saturday
		{"2026-02-14", 3, "2026-02-26", false},  // over the Spring Festival
		{"2026-09-30", 1, "2026-10-08", false},  // over the National Day
		{"2026-09-30", 3, "2026-10-10", false},  // the made-up Saturday counts
		{"2026-03-09", -5, "2026-03-02", false}, // a reminder
		{"2026-03-07", 0, "2026-03-07", false},  // zero stays
		{"2026-12-18", 4, "2026-12-24", false},  // ends before the open days
		{"2026-12-18", 20, "2027-01-15", true},  // runs into the year without a notice
		{"2025-12-25", 20, "2026-01-23", false}, // both years known
	} {
		got := w.Add(date(t, c.from), c.n)
		if got.On.String() != c.want || got.Provisional != c.provisional {
			t.Errorf("%s + %d = %s provisional %t, want %s %t", c.from, c.n, got.On, got.Provisional, c.want, c.provisional)
		}
		if n, _ := w.Between(date(t, c.from), got.On); c.n > 0 && n != c.n {
			t.Errorf("Between(%s, %s) = %d, want %d", c.from, got.On, n, c.n)
		}
	}
	if n, p := w.Between(date(t, "2026-03-09"), date(t, "2026-03-02")); n != -5 || p {
		t.Errorf("backwards: %d %t", n, p)
	}
	if d := w.OnOrAfter(date(t, "2026-10-02")); d.On.String() != "2026-10-08" {
		t.Error(d)
	}
	if d := w.OnOrAfter(date(t, "2026-10-10")); d.On.String() != "2026-10-10" {
		t.Error(d)
	}
	if d := w.Add(Date{}, 3); !d.On.IsZero() {
		t.Error(d)
	}
}

func TestOverlay(t *testing.T) {
	base := work(t)
	day := date(t, "2027-01-04")
	n := Notice{Year: 2027, Documents: []Document{{Number: "国办发明电〔2026〕0号"}}, Mark: "1", Source: "示例",
		Off: []Span{{"元旦", date(t, "2026-12-31"), day}}, Work: []Date{date(t, "2026-12-27")}}
	w, err := base.With(n)
	if err != nil {
		t.Fatal(err)
	}
	if working, provisional := w.Is(day); working || provisional {
		t.Error("the overlay must settle 2027")
	}
	if working, provisional := w.Is(date(t, "2026-12-27")); !working || provisional {
		t.Error("the overlay reaches into December 2026")
	}
	if working, provisional := base.Is(day); !working || !provisional {
		t.Error("the overlay changed the value it was laid over")
	}
	n.Off, n.Work = nil, nil
	if w, err = w.With(n); err != nil {
		t.Fatal(err)
	}
	if working, provisional := w.Is(day); !working || provisional {
		t.Error("a notice replaces the earlier one of its year whole")
	}
	n.Mark = "M-"
	if w, err = w.With(n); err != nil {
		t.Fatal(err)
	}
	if _, provisional := w.Is(day); !provisional {
		t.Error("a notice from memory settles nothing")
	}
}

func TestNoticeRefusals(t *testing.T) {
	const good = `{"year":2027,"documents":[{"number":"国办发明电〔2026〕0号","title":"","dated":""}],"mark":"1","source":"","off":[%OFF%],"work":[%WORK%]}`
	for _, c := range []struct{ off, work, says string }{
		{`{"name":"元旦","from":"2027-01-03","to":"2027-01-01"}`, ``, "起止日期"},
		{`{"name":"元旦","from":"2026-01-01","to":"2026-01-03"}`, ``, "不属于本年度"},
		{`{"name":"元旦","from":"2027-01-01","to":"2027-01-03"}`, `"2027-01-02"`, "既列为放假又列为上班"},
		{`{"name":"元旦","from":"2027-01-01","to":"2027-01-03"},{"name":"又","from":"2027-01-03","to":"2027-01-03"}`, ``, "重复列入放假"},
		{``, `"2027-01-04"`, "本来就是工作日（周一）"},
		{``, `"2027-02-30"`, "2027年2月只有28天"},
		{`{"nam":"元旦"}`, ``, "不是规定的JSON格式"},
	} {
		in := strings.NewReplacer("%OFF%", c.off, "%WORK%", c.work).Replace(good)
		if _, err := ReadNotice(strings.NewReader(in)); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s %s: %v; want %q", c.off, c.work, err, c.says)
		}
	}
	for in, says := range map[string]string{
		strings.Repeat(" ", maxNotice+1): "超过64KB",
		`{}`:                             "年份不合理",
		`{"year":2027}`:                  "没有写发文字号",
		`{"year":2027,"documents":[{"number":"x","title":"","dated":""}],"mark":"?"}`: "核实标记",
	} {
		if _, err := ReadNotice(strings.NewReader(in)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%.40s: %v; want %q", in, err, says)
		}
	}
}

func FuzzReadNotice(f *testing.F) {
	b, err := noticeFiles.ReadFile("notices/2020.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(b))
	f.Add(`{"year":2027,"documents":[{"number":"x","title":"","dated":""}],"mark":"1","source":"","off":[{"name":"","from":"2027-01-01","to":"2027-01-01"}],"work":[]}`)
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ReadNotice(strings.NewReader(s))
		if err != nil {
			return
		}
		if _, err := (Workdays{}).With(n); err != nil {
			t.Fatalf("read but not laid over: %v", err)
		}
	})
}

func TestPeriods(t *testing.T) {
	w := work(t)
	for _, c := range []struct {
		from string
		p    Period
		want string
		text string
	}{
		{"2026-03-01", Days(30), "2026-03-31", "30日"},
		{"2026-01-31", Months(1), "2026-02-28", "1个月"},
		{"2024-02-29", Years(1), "2025-02-28", "1年"},
		{"2026-03-02", WorkingDays(20), "2026-03-30", "20个工作日"},
	} {
		if got := c.p.From(date(t, c.from), w); got.On.String() != c.want || got.Provisional {
			t.Errorf("%s from %s = %+v, want %s", c.p, c.from, got, c.want)
		}
		if c.p.Chinese() != c.text {
			t.Errorf("%s reads %s", c.p, c.p.Chinese())
		}
		b, _ := json.Marshal(c.p)
		var back Period
		if err := json.Unmarshal(b, &back); err != nil || back != c.p {
			t.Errorf("%s: %v %v", b, back, err)
		}
	}
	for _, s := range []string{"", "30", "d", "-1d", "99999d", "3661wd", "1 m"} {
		if p, err := ParsePeriod(s); err == nil {
			t.Errorf("%q accepted as %s", s, p)
		}
	}
}

func TestHanging(t *testing.T) {
	first := date(t, "2026-03-01")
	for _, c := range []struct {
		absent []string
		want   string
	}{
		{nil, "2026-03-31"},
		{[]string{"2026-03-10"}, "2026-04-01"},
		{[]string{"2026-03-10", "2026-03-10"}, "2026-04-01"},
		{[]string{"2026-04-01", "2026-03-10"}, "2026-04-02"}, // absent on the day added
		{[]string{"2026-03-01"}, "2026-03-31"},               // the first day was never counted
		{[]string{"2026-05-01"}, "2026-03-31"},               // after the end
	} {
		var absent []Date
		for _, s := range c.absent {
			absent = append(absent, date(t, s))
		}
		if got := Hanging(first, 30, absent...); got.String() != c.want {
			t.Errorf("absent %v: %s, want %s", c.absent, got, c.want)
		}
	}
}

func TestLapse(t *testing.T) {
	got := Lapse(date(t, "2026-03-01"), 14)
	if !got.Equal(time.Date(2026, 3, 14, 16, 0, 0, 0, time.UTC)) {
		t.Error(got)
	}
	if (Due{On: date(t, "2026-03-01")}).Missed(date(t, "2026-03-01")) || !(Due{On: date(t, "2026-03-01")}).Missed(date(t, "2026-03-02")) {
		t.Error("the last day is still in time")
	}
}

// The days in which two notices of a year differ are told together, those whose
// names alone differ not at all.
func TestChangesOfANotice(t *testing.T) {
	d := func(m time.Month, day int) Date { return Date{Year: 2026, Month: m, Day: day} }
	was := Notice{Off: []Span{{Name: "春节", From: d(2, 15), To: d(2, 23)}}, Work: []Date{d(2, 14), d(2, 28)}}
	for _, c := range []struct {
		is   Notice
		want string
	}{
		{Notice{Off: []Span{{Name: "新春", From: d(2, 16), To: d(2, 20)}, {Name: "春节", From: d(2, 23), To: d(2, 23)}}, Work: []Date{d(2, 14), d(2, 28)}}, ""},
		{Notice{Off: []Span{{Name: "春节", From: d(2, 15), To: d(2, 25)}}, Work: []Date{d(2, 14)}}, "2026年2月24日至2026年2月25日改为放假，2026年2月28日改为放假"},
		{Notice{}, "2026年2月14日改为放假，2026年2月16日至2026年2月20日改为上班，2026年2月23日改为上班，2026年2月28日改为放假"},
	} {
		if got := SaysChanges(c.is.Changes(was)); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	if !SameNumber("国办发明电〔2025〕7号", " 国办发明电[2025] 7号") || SameNumber("国办发明电〔2025〕7号", "国办发明电〔2025〕17号") {
		t.Error("document numbers are not compared by what they say")
	}
}
