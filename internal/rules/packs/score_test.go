package packs

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"zhengshu/internal/calendar"
)

func gwb(t testing.TB) Pack {
	t.Helper()
	all, err := Embedded()
	if err != nil {
		t.Fatal(err)
	}
	p, ok := Pick(all, "gwb-2019-19", calendar.Date{Year: 2026, Month: 3, Day: 1})
	if !ok {
		t.Fatal("no pack in force")
	}
	return p
}

var portal = Subject{Class: PortalSite}

func hits(n int) []Hit {
	var out []Hit
	for i := range n {
		out = append(out, Hit{Key: fmt.Sprintf("k%d", i)})
	}
	return out
}

func violated(id string, n int) Observation {
	return Observation{Indicator: id, Outcome: Violated, Hits: hits(n)}
}

// clean is a portal on which everything was looked at and kept.
func clean(p Pack) []Observation {
	var out []Observation
	for _, i := range p.Indicators {
		out = append(out, Observation{Indicator: i.ID, Outcome: Kept})
	}
	return out
}

// lose makes observations that cost exactly n points, one by one, from
// indicators priced at one point a hit.
func lose(p Pack, n int) []Observation {
	var out []Observation
	for _, i := range p.Indicators {
		if n > 0 && i.Kind == Deduct && i.PerHit.N == 100 && !i.NoDoubleCount {
			k := min(n, i.Points.Int())
			o := Observation{Indicator: i.ID, Outcome: Violated}
			for h := range k {
				o.Hits = append(o.Hits, Hit{Key: fmt.Sprintf("%s/%d", i.ID, h)})
			}
			out = append(out, o)
			n -= k
		}
	}
	if n > 0 {
		panic("the pack has too few one-point indicators for this test")
	}
	return out
}

func TestThresholds(t *testing.T) {
	p := gwb(t)
	bonus := Observation{Indicator: "B-01", Outcome: Kept, Earned: 500}
	for _, tt := range []struct {
		lost      int
		qualified bool
		open      bool
		final     Hundredths
	}{
		{0, true, true, 105_00},
		{19, true, true, 86_00},
		{20, true, false, 80_00}, // strictly more than 80 opens the bonus
		{40, true, false, 60_00}, // less than 60 fails, 60 does not
		{41, false, false, 59_00},
	} {
		t.Run(fmt.Sprint(tt.lost), func(t *testing.T) {
			r := Score(p, portal, append(lose(p, tt.lost), bonus))
			if r.Qualified != tt.qualified || r.BonusOpen != tt.open || r.Final != tt.final || !r.Scored {
				t.Errorf("lost %d: qualified %v, bonus open %v, final %v", tt.lost, r.Qualified, r.BonusOpen, r.Final)
			}
			if tt.lost > 0 && !r.Provisional() {
				t.Error("points that are placeholders moved the score without a word")
			}
		})
	}
	if r := Score(p, portal, clean(p)); r.Provisional() || r.Final != 100_00 {
		t.Errorf("full marks rest on no placeholder: %v %v", r.Final, r.Unverified)
	}
}

// No outward services: 75 points, times 4/3, rounded once.
func TestExemption(t *testing.T) {
	p := gwb(t)
	quiet := Subject{Class: PortalSite, NoOutwardServices: true}
	for _, tt := range []struct {
		name  string
		seen  []Observation
		final Hundredths
		ok    bool
	}{
		{"nothing lost", nil, 100_00, true},
		{"services cost nothing", []Observation{{Indicator: "D-10", Outcome: Violated, Whole: true}, {Indicator: "V-W-6.1", Outcome: Violated}}, 100_00, true},
		{"one point lost is 98.67", []Observation{violated("D-01", 1)}, 98_67, true},
		{"two points lost is 97.33", []Observation{violated("D-01", 2)}, 97_33, true},
		{"fifteen lost is exactly 80", lose(p, 15), 80_00, true},
		{"thirty lost is exactly 60", lose(p, 30), 60_00, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := Score(p, quiet, tt.seen)
			if r.Final != tt.final || r.Qualified != tt.ok {
				t.Errorf("final %v qualified %v, want %v %v", r.Final, r.Qualified, tt.final, tt.ok)
			}
		})
	}
	// 74 × 4/3 = 98.666…, and 5 of bonus: 103.666… rounds once to 103.67.
	r := Score(p, quiet, []Observation{violated("D-01", 1), {Indicator: "B-01", Outcome: Kept, Earned: 500}})
	if r.Final != 103_67 {
		t.Errorf("final %v, want 103.67", r.Final)
	}
	p.Exemption.Mode = Redistribute
	if r := Score(p, quiet, []Observation{violated("D-01", 1)}); r.Final != 98_67 {
		t.Errorf("redistributed: %v, want 98.67", r.Final)
	}
	p.Exemption.Mode = NoExemption
	if r := Score(p, quiet, []Observation{{Indicator: "D-10", Outcome: Violated, Whole: true}}); r.Final != 90_00 {
		t.Errorf("not exempt: %v, want 90", r.Final)
	}
}

func TestCapsAndPrices(t *testing.T) {
	p := gwb(t)
	for _, tt := range []struct {
		name string
		seen []Observation
		want Hundredths
	}{
		{"three hits", []Observation{violated("D-01", 3)}, 97_00},
		{"fifty hits cost the indicator", []Observation{violated("D-01", 50)}, 95_00},
		{"the whole column absent", []Observation{{Indicator: "D-06", Outcome: Violated, Whole: true}}, 90_00},
		{"the same thing seen twice costs once", []Observation{violated("D-01", 1), violated("D-01", 1)}, 99_00},
		{"a link on another page costs a tenth", []Observation{{Indicator: "D-19", Outcome: Violated, Hits: []Hit{{"a", "per_hit_other_pages"}, {"b", "per_hit_other_pages"}, {"c", "per_hit_other_pages"}}}}, 99_70},
		{"the same link on home and other page costs the dearer", []Observation{{Indicator: "D-19", Outcome: Violated, Hits: []Hit{{"a", "per_hit_other_pages"}, {"a", ""}}}}, 99_00},
		{"a stale column deducted elsewhere is not deducted again", []Observation{
			{Indicator: "D-04", Outcome: Violated, Hits: []Hit{{"column/要闻", ""}}},
			{Indicator: "D-07", Outcome: Violated, Hits: []Hit{{"column/要闻", ""}, {"column/专题", ""}}}}, 94_00},
		{"could not be tested costs nothing", []Observation{{Indicator: "D-01", Outcome: Untested, Whole: true, Hits: hits(9)}}, 100_00},
		{"suspected costs nothing", []Observation{{Indicator: "D-06", Outcome: Suspected, Whole: true, Hits: hits(9)}}, 100_00},
		{"an outcome nobody knows costs nothing", []Observation{{Indicator: "D-06", Outcome: "?", Whole: true}}, 100_00},
		{"an indicator nobody knows costs nothing", []Observation{violated("D-99", 9)}, 100_00},
		{"more earned than the indicator has", []Observation{{Indicator: "B-01", Outcome: Kept, Earned: 9999}}, 105_00},
		{"bonus not yet confirmed", []Observation{{Indicator: "B-01", Outcome: Suspected, Earned: 500}}, 100_00},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if r := Score(p, portal, tt.seen); r.Final != tt.want {
				t.Errorf("final %v, want %v; lines %+v", r.Final, tt.want, r.Lines)
			}
		})
	}
}

func TestVetoes(t *testing.T) {
	p := gwb(t)
	measured := func(id string, num, den int64) Observation {
		return Observation{Indicator: id, Outcome: Kept, Measured: &Ratio{num, den}}
	}
	dept, account, service := Subject{Class: DepartmentSite}, Subject{Class: PublishingAccount}, Subject{Class: ServiceAccount}
	for _, tt := range []struct {
		name  string
		who   Subject
		seen  []Observation
		vetos []string
	}{
		{"seven of 140 probes failed: five per cent, inclusive", portal, []Observation{measured("V-W-2", 7, 140)}, []string{"V-W-2"}},
		{"six of 140", portal, []Observation{measured("V-W-2", 6, 140)}, nil},
		{"home page last changed fourteen days ago", dept, []Observation{measured("V-W-3", 14, 1)}, []string{"V-W-3"}},
		{"thirteen days ago", dept, []Observation{measured("V-W-3", 13, 1)}, nil},
		{"five stale columns", dept, []Observation{violated("V-W-4.1", 5)}, []string{"V-W-4.1"}},
		{"four stale columns, one seen twice", dept, []Observation{violated("V-W-4.1", 4), violated("V-W-4.1", 2)}, nil},
		{"a misstatement the machine suspects", dept, []Observation{{Indicator: "V-W-1.1", Outcome: Suspected}}, nil},
		{"a misstatement a person confirmed", dept, []Observation{{Indicator: "V-W-1.1", Outcome: Violated}}, []string{"V-W-1.1"}},
		{"five poor guides, measured only", dept, []Observation{measured("V-W-6.2", 5, 1)}, nil},
		{"five poor guides, confirmed", dept, []Observation{violated("V-W-6.2", 5)}, []string{"V-W-6.2"}},
		{"an account asleep for two weeks", account, []Observation{measured("V-M-2.1", 14, 1)}, []string{"V-M-2.1"}},
		{"a service account has no stream", service, []Observation{measured("V-M-2.1", 99, 1)}, nil},
		{"a site's veto does not touch an account", account, []Observation{violated("V-W-4.1", 9)}, nil},
		{"untested vetoes nobody", dept, []Observation{{Indicator: "V-W-2", Outcome: Untested, Measured: &Ratio{140, 140}}}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := Score(p, tt.who, tt.seen)
			var got []string
			for _, v := range r.Vetoes {
				got = append(got, v.Indicator)
			}
			if !slices.Equal(got, tt.vetos) || r.Qualified != (len(tt.vetos) == 0) {
				t.Errorf("vetoes %v qualified %v, want %v", got, r.Qualified, tt.vetos)
			}
			if len(tt.vetos) > 0 && (r.Scored || r.Final != 0) {
				t.Error("a veto stops the scoring")
			}
			if tt.who != portal && r.Scored {
				t.Error("only portals have points")
			}
		})
	}
	r := Score(p, dept, []Observation{{Indicator: "V-W-1.1", Outcome: Suspected}, violated("V-W-4.1", 2), violated("V-W-4.3", 3), measured("V-W-2", 1, 140)})
	if r.Nearest == nil || r.Nearest.Indicator != "V-W-4.3" || !r.Nearest.Warned {
		t.Errorf("nearest veto: %+v", r.Nearest)
	}
	if !slices.Equal(r.Suspected, []string{"V-W-1.1"}) || !slices.Contains(r.Untested, "V-W-3") {
		t.Errorf("suspected %v, untested %v", r.Suspected, r.Untested)
	}
	if r := Score(p, dept, []Observation{violated("V-W-6.2", 5)}); !slices.Equal(r.Unverified, []string{"V-W-6.2"}) {
		t.Errorf("a veto on a number from memory must say so: %v", r.Unverified)
	}
}

// random observations over the whole pack, reproducible.
func random(rng *rand.Rand, p Pack) []Observation {
	var out []Observation
	for range rng.IntN(60) {
		i := p.Indicators[rng.IntN(len(p.Indicators))]
		if i.Kind == Veto && rng.IntN(4) > 0 {
			continue
		}
		o := Observation{Indicator: i.ID, Outcome: []Outcome{Kept, Violated, Suspected, Untested}[rng.IntN(4)], Whole: rng.IntN(8) == 0, Earned: Hundredths(rng.IntN(900))}
		for range rng.IntN(4) {
			o.Hits = append(o.Hits, Hit{Key: fmt.Sprint(rng.IntN(12)), Param: []string{"", "", "per_hit_other_pages"}[rng.IntN(3)]})
		}
		if rng.IntN(3) == 0 {
			o.Measured = &Ratio{int64(rng.IntN(20)), int64(1 + rng.IntN(140))}
		}
		out = append(out, o)
	}
	return out
}

func TestScoreProperties(t *testing.T) {
	p := gwb(t)
	rng := rand.New(rand.NewPCG(2019, 19))
	classes := []Class{PortalSite, PortalSite, PortalSite, DepartmentSite, PublishingAccount, App}
	for n := range 1000 {
		s := Subject{Class: classes[rng.IntN(len(classes))], NoOutwardServices: rng.IntN(3) == 0}
		seen := random(rng, p)
		r := Score(p, s, seen)

		shuffled := slices.Clone(seen)
		rng.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if again := Score(p, s, shuffled); !reflect.DeepEqual(r, again) {
			t.Fatalf("case %d: order matters:\n%+v\n%+v", n, r, again)
		}
		if r.Part2 < 0 || r.Part2 > p.Totals.Deduct.N || r.Bonus < 0 || r.Bonus > p.Totals.Bonus.N || r.Final > p.Totals.Deduct.N+p.Totals.Bonus.N {
			t.Fatalf("case %d: out of bounds: %+v", n, r)
		}
		for _, l := range r.Lines {
			if i, _ := p.Indicator(l.Indicator); l.Points > i.Points.N || l.Points <= 0 {
				t.Fatalf("case %d: %s moved %v of %v", n, l.Indicator, l.Points, i.Points.N)
			}
		}
		if !r.BonusOpen && r.Bonus != 0 {
			t.Fatalf("case %d: bonus without the door open", n)
		}
		if r.Scored && r.Qualified != (r.Part2 >= p.Totals.FailBelow.N) && r.Part2 != p.Totals.FailBelow.N {
			t.Fatalf("case %d: %v qualified %v", n, r.Part2, r.Qualified)
		}
		// One more proven fault never helps; one more untested thing never harms.
		// A column moved from D-07 to D-04 can only cost more.
		i := p.Indicators[rng.IntN(len(p.Indicators))]
		if i.Kind == Deduct && !i.NoDoubleCount {
			worse := Score(p, s, append(slices.Clone(seen), Observation{Indicator: i.ID, Outcome: Violated, Hits: []Hit{{Key: "fresh"}}}))
			if r.Scored && worse.Part2 > r.Part2 {
				t.Fatalf("case %d: a fault raised the score from %v to %v", n, r.Part2, worse.Part2)
			}
		}
		dim := Score(p, s, append(slices.Clone(seen), Observation{Indicator: i.ID, Outcome: Untested, Whole: true, Hits: hits(5)}))
		if dim.Part2 < r.Part2 || (r.Qualified && !dim.Qualified) {
			t.Fatalf("case %d: what could not be tested cost points", n)
		}
	}
}

func TestAccess(t *testing.T) {
	i, _ := gwb(t).Indicator("V-W-2")
	week := func(total, failed int) []ProbeDay {
		out := make([]ProbeDay, 7)
		for d := range out {
			out[d].Total = total
		}
		out[3].Failed = failed
		return out
	}
	for _, tt := range []struct {
		name string
		in   []ProbeDay
		want Outcome
	}{
		{"six failures of 140", week(20, 6), Kept},
		{"seven failures of 140", week(20, 7), Violated},
		{"nineteen probes a day are too few", week(19, 19), Untested},
		{"six days are too few", week(20, 7)[1:], Untested},
		{"more failures than probes", week(20, 21), Untested},
		{"only the last week counts", append([]ProbeDay{{20, 20}}, week(20, 0)...), Kept},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if o := Access(i, tt.in); o.Outcome != tt.want {
				t.Errorf("%v, want %v", o.Outcome, tt.want)
			}
		})
	}
}
