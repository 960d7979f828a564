package packs

import (
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
)

func TestShippedPacksAddUp(t *testing.T) {
	all, err := Embedded()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[Class]bool{}
	for _, p := range all {
		b, err := Encode(p)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Decode(b)
		if err != nil || len(Diff(p, again)) != 0 {
			t.Errorf("%s does not come back as it went: %v", p.ID, err)
		}
		for _, i := range p.Indicators {
			for _, c := range []Class{PortalSite, DepartmentSite, PublishingAccount, ServiceAccount, InteractionAccount, App, OfficeWork} {
				seen[c] = seen[c] || i.Applies(c)
			}
		}
	}
	if len(seen) != 7 {
		t.Errorf("not every class is judged: %v", seen)
	}
	p, ok := Pick(all, "gwb-2019-19-office", calendar.Date{Year: 2026, Month: 1, Day: 1})
	if !ok || p.Totals.Deduct.N != 100_00 || p.Totals.Bonus.N != 20_00 {
		t.Errorf("%+v", p.Totals)
	}
}

// What makes a pack unusable is named: where, why, and what to do.
func TestBadPacksAreNamed(t *testing.T) {
	p := gwb(t)
	at := func(p *Pack, id string) *Indicator {
		for i := range p.Indicators {
			if p.Indicators[i].ID == id {
				return &p.Indicators[i]
			}
		}
		t.Fatalf("no %s", id)
		return nil
	}
	for _, tt := range []struct {
		name, field, says string
		change            func(*Pack)
	}{
		{"a cap above the points", "D-19", "上限", func(p *Pack) { at(p, "D-19").Cap = Value{N: 900, Mark: OnePage} }},
		{"points above the total", "totals.deduct", "合计", func(p *Pack) { at(p, "D-19").Points.N = 900 }},
		{"a bonus above the total", "totals.bonus", "合计", func(p *Pack) { at(p, "B-01").Points.N += 100 }},
		{"a window of no days", "V-W-2", "days", func(p *Pack) { at(p, "V-W-2").Params["days"] = Value{N: 0, Mark: Verified} }},
		{"no window", "V-W-3", "时段", func(p *Pack) { at(p, "V-W-3").Params = nil }},
		{"a parameter the check needs", "V-W-2", "probes_per_day", func(p *Pack) { at(p, "V-W-2").Params = map[string]Value{"days": {N: 700, Mark: Verified}} }},
		{"an end before the start", "effective_to", "早于", func(p *Pack) { p.EffectiveTo = p.EffectiveFrom.AddDays(-1) }},
		{"division by zero", "exemption.numerator", "正的分数", func(p *Pack) { p.Exemption.Denominator = 0 }},
		{"a share of nothing", "exemption.group", "", func(p *Pack) {
			p.Exemption.Mode = Redistribute
			for i := range p.Indicators {
				p.Indicators[i].Group = p.Exemption.Group
			}
		}},
		{"a measure nobody knows", "V-W-3", "计量", func(p *Pack) { at(p, "V-W-3").Measure = "mood" }},
		{"too many lines", "indicators", "超过", func(p *Pack) {
			for len(p.Indicators) <= MaxIndicators {
				p.Indicators = append(p.Indicators, p.Indicators[0])
			}
		}},
	} {
		b, err := Encode(p)
		if err != nil {
			t.Fatal(err)
		}
		q, err := Parse(b)
		if err != nil {
			t.Fatal(err)
		}
		tt.change(&q)
		f := fault.Of(q.Check())
		found := false
		for _, x := range f.Fields {
			found = found || x.Name == tt.field && strings.Contains(x.Says, tt.says)
		}
		if f.Kind != fault.Invalid || !found {
			t.Errorf("%s: %+v", tt.name, f.Fields)
		}
	}
}

func TestVersionsFollowOneAnother(t *testing.T) {
	p := gwb(t)
	day := func(m, d int) calendar.Date {
		return calendar.Date{Year: 2026, Month: 1, Day: 1}.AddMonths(m - 1).AddDays(d - 1)
	}
	old := p
	old.Version, old.EffectiveFrom, old.EffectiveTo = 2, day(4, 1), day(6, 30)
	for _, tt := range []struct {
		name    string
		version int
		from    calendar.Date
		until   calendar.Date
		field   string
	}{
		{"the day after", 3, day(7, 1), calendar.Date{}, ""},
		{"within the other", 3, day(6, 30), calendar.Date{}, "effective_from"},
		{"before the other", 3, day(4, 1), calendar.Date{}, "effective_from"},
		{"the same number", 2, day(7, 1), calendar.Date{}, "version"},
		{"an older number, ended in time", 1, day(1, 1), day(3, 31), ""},
		{"an older number that runs into it", 1, day(1, 1), day(4, 1), "effective_to"},
		{"an older number that begins later", 1, day(5, 1), calendar.Date{}, "effective_from"},
	} {
		q := p
		q.Version, q.EffectiveFrom, q.EffectiveTo = tt.version, tt.from, tt.until
		got := q.Contradicts([]Pack{old})
		if tt.field == "" && len(got) > 0 || tt.field != "" && (len(got) == 0 || got[0].Name != tt.field) {
			t.Errorf("%s: %+v", tt.name, got)
		}
	}
}

// The exemption is exact: (75 − lost) × 4/3, rounded once, halves up; a veto
// leaves no points; the bonus opens only above 80.
func TestExactProperties(t *testing.T) {
	p := gwb(t)
	rng := rand.New(rand.NewPCG(4, 3))
	for n := range 600 {
		seen := random(rng, p)
		full, quiet := Score(p, portal, seen), Score(p, Subject{Class: PortalSite, NoOutwardServices: true}, seen)
		for _, r := range []Result{full, quiet} {
			if len(r.Vetoes) > 0 && (r.Qualified || r.Scored || r.Final != 0 || r.Bonus != 0 || len(r.Lines) > 0) {
				t.Fatalf("case %d: a veto left %+v", n, r)
			}
			if r.Bonus > 0 && r.Part2 < p.Totals.BonusAbove.N {
				t.Fatalf("case %d: bonus at %v", n, r.Part2)
			}
		}
		if !quiet.Scored {
			continue
		}
		lost := Hundredths(0)
		for _, l := range quiet.Lines {
			if l.Kind == Deduct {
				lost += l.Points
			}
		}
		exact := new(big.Rat).Mul(big.NewRat(int64(75_00-lost), 1), big.NewRat(4, 3))
		half := new(big.Rat).Add(exact, big.NewRat(1, 2))
		want := new(big.Int).Quo(half.Num(), half.Denom()).Int64()
		if int64(quiet.Part2) != want {
			t.Fatalf("case %d: lost %v of 75, %v, want %d hundredths", n, lost, quiet.Part2, want)
		}
	}
}
