package rules

import (
	"strings"
	"testing"

	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
)

func at(n int) calendar.Date { return calendar.Date{Year: 2026, Month: 1, Day: 1}.AddDays(n) }

func sample(id string, soft bool) Rule {
	return Rule{ID: id, Clause: id[:strings.LastIndexByte(id, '.')], Citation: "某文 第一条", Says: "不得如此", Effective: at(0), InPrinciple: soft}
}

func TestBookRefusesWhatIsNotARule(t *testing.T) {
	good := sample("S8.1a.days", false)
	change := func(f func(*Rule)) Rule { r := good; f(&r); return r }
	for _, tt := range []struct {
		name string
		list []Rule
		want string
	}{
		{"twice", []Rule{good, good}, "twice"},
		{"id of another clause", []Rule{change(func(r *Rule) { r.Clause = "S8.1b" })}, "clause"},
		{"id without a word", []Rule{change(func(r *Rule) { r.ID = "S8.1a" })}, "clause.word"},
		{"no words", []Rule{change(func(r *Rule) { r.Says = "" })}, "words"},
		{"no citation", []Rule{change(func(r *Rule) { r.Citation = "" })}, "citation"},
		{"no date", []Rule{change(func(r *Rule) { r.Effective = calendar.Date{} })}, "date"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := NewBook(tt.list); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("NewBook: %v, want an error about %q", err, tt.want)
			}
		})
	}
	b, err := NewBook([]Rule{good}, []Rule{sample("S8.1b.cause", false)})
	if err != nil {
		t.Fatal(err)
	}
	if len(b.All()) != 2 || len(b.Of("S8.1a")) != 1 {
		t.Errorf("book holds %d rules, %d of S8.1a", len(b.All()), len(b.Of("S8.1a")))
	}
	if _, ok := b.Rule("S9.9.none"); ok {
		t.Error("a rule nobody wrote was found")
	}
	if !good.Binds(at(0)) || good.Binds(at(-1)) {
		t.Error("a rule binds from its effective day on")
	}
}

func TestReasonShowsDetailThenTheLaw(t *testing.T) {
	r := sample("S8.1a.days", false).Breachf("申请%d天。", 31).Reason()
	if r.ID != "S8.1a.days" || r.Citation != "某文 第一条" || r.Says != "申请31天。规定：“不得如此”。" {
		t.Errorf("reason %+v", r)
	}
}

func TestRefuseSaysWhatToDo(t *testing.T) {
	one, two := sample("S8.1a.days", false).Breach("申请31天，请缩短。"), sample("S8.1a.once", false).Breach("今年已下线1次。")
	if err := Refuse(nil); err != nil {
		t.Errorf("nothing broken, yet %v", err)
	}
	if f := fault.Of(Refuse([]Breach{one})); f.Kind != fault.Refused || f.Says != one.Detail || len(f.Reasons) != 1 {
		t.Errorf("one breach: %+v", f)
	}
	if f := fault.Of(Refuse([]Breach{one, two})); !strings.Contains(f.Says, "2处") || len(f.Reasons) != 2 {
		t.Errorf("two breaches: %+v", f)
	}
	if got := Binding([]Breach{one, two}, at(-1)); len(got) != 0 {
		t.Errorf("the day before the instrument: %v", IDs(got))
	}
}

func TestOverrideLiftsOnlyWhatIsInPrinciple(t *testing.T) {
	soft, hard := sample("S7.1c.one_site", true), sample("S8.1a.days", false)
	leave := func(r Rule) Override {
		return Override{Rule: r.ID, Grantor: "省政府办公厅", ByProvince: true, Reason: "历史原因", From: at(0), Until: at(10)}
	}
	change := func(f func(*Override)) []Override { o := leave(soft); f(&o); return []Override{o} }
	both := []Breach{soft.Breach("一"), hard.Breach("二")}
	for _, tt := range []struct {
		name      string
		overrides []Override
		on        calendar.Date
		lifted    int
	}{
		{"granted", []Override{leave(soft)}, at(5), 1},
		{"on its last day", []Override{leave(soft)}, at(10), 1},
		{"the day after", []Override{leave(soft)}, at(11), 0},
		{"the day before", []Override{leave(soft)}, at(-1), 0},
		{"a hard rule is never lifted", []Override{leave(hard)}, at(5), 0},
		{"not by the province", change(func(o *Override) { o.ByProvince = false }), at(5), 0},
		{"no reason", change(func(o *Override) { o.Reason = " " }), at(5), 0},
		{"no end", change(func(o *Override) { o.Until = calendar.Date{} }), at(5), 0},
		{"no grantor", change(func(o *Override) { o.Grantor = "" }), at(5), 0},
		{"nothing granted", nil, at(5), 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			standing, lifted := Lift(both, tt.overrides, tt.on)
			if len(lifted) != tt.lifted || len(standing) != len(both)-tt.lifted {
				t.Errorf("standing %v, lifted %v", IDs(standing), IDs(lifted))
			}
		})
	}
	if w := leave(soft).Wrong(hard); w == "" {
		t.Error("an override of another rule was accepted")
	}
}
