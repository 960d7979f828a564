package packs

import (
	"cmp"
	"slices"
)

// Subject is what is scored.
type Subject struct {
	Class Class
	// NoOutwardServices: 没有对外服务职能, the exemption applies.
	NoOutwardServices bool
}

// Outcome is what became of looking.
type Outcome string

// The outcomes of an observation.
const (
	Kept      Outcome = "kept"
	Violated  Outcome = "violated"
	Suspected Outcome = "suspected" // a machine thinks so, nobody has confirmed it
	Untested  Outcome = "untested"  // could not be looked at: never deducts
)

// Ratio is an exact count or share; a plain count has Den 1.
type Ratio struct{ Num, Den int64 }

// Count is n as a Ratio.
func Count(n int) Ratio { return Ratio{int64(n), 1} }

// Hit is one thing found, by a stable key of what it was found on (column id,
// address of the page and link). Param names the pack parameter that prices it
// when that is not PerHit.
type Hit struct{ Key, Param string }

// Observation is what was seen under one indicator. Several observations of one
// indicator are joined; their order never matters.
type Observation struct {
	Indicator string
	Outcome   Outcome
	// Whole: the thing as a whole is absent (没有栏目), all points go.
	Whole bool
	Hits  []Hit
	// Measured is set against the threshold of a veto, and then decides, whatever
	// the outcome. Without it the number of distinct hits is.
	Measured *Ratio
	// Earned are bonus points given, at most those of the indicator.
	Earned Hundredths
}

// Line is one indicator that changed the result, or could have.
type Line struct {
	Indicator string
	Name      string
	Kind      Kind
	Hits      int
	// Points lost (deduct) or earned (bonus).
	Points Hundredths
	// Unverified: the value applied is not verified.
	Unverified bool
}

// Near is how close a veto is: Measured against Threshold.
type Near struct {
	Indicator, Name, Measure string
	Measured                 Ratio
	Threshold                Hundredths
	// Warned: the early-warning measure is reached.
	Warned bool
}

// Result is a score and what it rests on.
type Result struct {
	Pack    string
	Version int
	Subject Subject
	// Qualified is the verdict: 合格.
	Qualified bool
	// Vetoes are the single indicators that failed it. With a veto nothing else
	// is scored.
	Vetoes []Line
	// Scored is false where a veto fell and where the class has no points:
	// accounts and department sites pass or fail.
	Scored bool
	// Part2 is the deduct score after the exemption, Bonus what was added, Final
	// their sum, each rounded once from the exact value.
	Part2, Bonus, Final Hundredths
	BonusOpen           bool
	Lines               []Line
	// Unverified lists the indicators whose values moved this result and are not
	// verified; the verdict is then provisional.
	Unverified []string
	// Untested and Suspected could not be judged and cost nothing.
	Untested, Suspected []string
	// Nearest is the veto with the largest share of its threshold, below it.
	Nearest *Near
	// Near are all vetoes below their threshold with something against them, the
	// nearest first.
	Near []Near
}

// Provisional reports whether the result rests on a value not yet verified.
func (r Result) Provisional() bool { return len(r.Unverified) > 0 }

// Score applies a pack to a subject. Observations of indicators the pack does
// not have, or that are not for this class, are ignored. An indicator without
// any observation counts as untested.
func Score(p Pack, s Subject, seen []Observation) Result {
	r := Result{Pack: p.ID, Version: p.Version, Subject: s, Qualified: true}
	joined := join(seen)
	exempt := s.NoOutwardServices && p.Exemption.Mode != NoExemption
	var indicators []Indicator
	for _, i := range p.Indicators {
		if i.Applies(s.Class) && !(exempt && i.Group == p.Exemption.Group) {
			indicators = append(indicators, i)
		}
	}
	for _, i := range indicators {
		if i.Kind == Veto {
			r.veto(i, joined[i.ID])
		}
	}
	if len(r.Near) > 0 {
		slices.SortStableFunc(r.Near, nearer)
		r.Nearest = &r.Near[0]
	}
	hasPoints := slices.ContainsFunc(indicators, func(i Indicator) bool { return i.Kind == Deduct })
	if len(r.Vetoes) > 0 {
		r.Qualified = false
		r.note(r.Vetoes)
	} else if hasPoints {
		r.score(p, exempt, indicators, joined)
	}
	return r
}

// note lists the lines that rest on unverified values.
func (r *Result) note(lines []Line) {
	for _, l := range lines {
		if l.Unverified {
			r.Unverified = append(r.Unverified, l.Indicator)
		}
	}
}

// joinedObservation is all that was seen under one indicator.
type joinedObservation struct {
	Observation
	given bool
}

// join puts the observations of each indicator together. What was violated
// stays violated whatever else was kept; a suspicion outweighs what could not
// be tested, and that outweighs what was kept.
func join(seen []Observation) map[string]joinedObservation {
	rank := map[Outcome]int{Kept: 1, Untested: 2, Suspected: 3, Violated: 4}
	out := map[string]joinedObservation{}
	for _, o := range seen {
		o = o.proven()
		j := out[o.Indicator]
		if rank[o.Outcome] > rank[j.Outcome] {
			j.Outcome = o.Outcome
		}
		j.given = true
		j.Indicator = o.Indicator
		j.Whole = j.Whole || o.Whole
		j.Hits = append(j.Hits, o.Hits...)
		j.Earned = max(j.Earned, o.Earned)
		if o.Measured != nil && (j.Measured == nil || o.Measured.compare(*j.Measured) > 0) {
			j.Measured = o.Measured
		}
		out[o.Indicator] = j
	}
	return out
}

// proven keeps of an observation what its outcome allows to count: hits only
// when violated, points only when kept, measures only when really taken. An
// outcome nobody knows counts as untested.
func (o Observation) proven() Observation {
	out := Observation{Indicator: o.Indicator, Outcome: o.Outcome}
	measured := o.Measured
	if measured != nil && (measured.Den <= 0 || measured.Num < 0) {
		measured = nil
	}
	switch o.Outcome {
	case Violated:
		out.Whole, out.Hits, out.Measured = o.Whole, o.Hits, measured
	case Kept:
		out.Earned, out.Measured = o.Earned, measured
	case Suspected:
	default:
		out.Outcome = Untested
	}
	return out
}

// compare orders two ratios exactly; denominators are positive.
func (a Ratio) compare(b Ratio) int { return cmp.Compare(a.Num*b.Den, b.Num*a.Den) }

// reaches reports a ≥ t: 「超过(含)」.
func (a Ratio) reaches(t Hundredths) bool { return a.Den > 0 && a.Num*100 >= int64(t)*a.Den }

// veto judges one veto indicator.
func (r *Result) veto(i Indicator, o joinedObservation) {
	if !o.given || o.Outcome == Untested {
		r.Untested = append(r.Untested, i.ID)
		return
	}
	failed := o.Outcome == Violated
	if i.Threshold.Given() {
		m := o.Measured
		if m == nil && len(o.Hits) > 0 {
			c := Count(distinct(o.Hits))
			m = &c
		}
		if m != nil {
			failed = m.reaches(i.Threshold.N)
			// A measure that a person must confirm suspects until one has.
			if failed && i.Auto != Full && o.Outcome != Violated {
				o.Outcome, failed = Suspected, false
			}
			if !failed && o.Outcome != Suspected {
				r.near(i, *m)
			}
		}
	}
	switch {
	case failed:
		r.Vetoes = append(r.Vetoes, Line{Indicator: i.ID, Name: i.Name, Kind: Veto, Hits: distinct(o.Hits), Unverified: i.Mark.Unverified() || i.Threshold.Mark.Unverified()})
	case o.Outcome == Suspected:
		r.Suspected = append(r.Suspected, i.ID)
	}
}

// near keeps a veto that stands below its threshold.
func (r *Result) near(i Indicator, m Ratio) {
	if m.Num <= 0 {
		return
	}
	r.Near = append(r.Near, Near{Indicator: i.ID, Name: i.Name, Measure: i.Measure, Measured: m, Threshold: i.Threshold.N, Warned: i.Warn.Given() && m.reaches(i.Warn.N)})
}

// nearer orders by the share of the threshold reached, the larger first.
func nearer(a, b Near) int {
	// m1/t1 and m2/t2, crosswise.
	return cmp.Compare(b.Measured.Num*a.Measured.Den*int64(a.Threshold), a.Measured.Num*b.Measured.Den*int64(b.Threshold))
}

func distinct(hits []Hit) int {
	keys := map[string]bool{}
	for _, h := range hits {
		keys[h.Key] = true
	}
	return len(keys)
}

// score adds up the second and third parts.
func (r *Result) score(p Pack, exempt bool, indicators []Indicator, joined map[string]joinedObservation) {
	r.Scored = true
	elsewhere := deductedKeys(indicators, joined)
	full := p.Totals.Deduct.N
	var lost Hundredths
	for _, i := range indicators {
		if i.Kind != Deduct {
			continue
		}
		o := joined[i.ID]
		switch {
		case !o.given || o.Outcome == Untested:
			r.Untested = append(r.Untested, i.ID)
			continue
		case o.Outcome == Suspected:
			r.Suspected = append(r.Suspected, i.ID)
			continue
		case o.Outcome != Violated:
			continue
		}
		var skip map[string]bool
		if i.NoDoubleCount {
			skip = elsewhere
		}
		l := i.cost(o.Observation, skip)
		if l.Points > 0 {
			lost += l.Points
			r.Lines = append(r.Lines, l)
		}
	}
	num, den := int64(1), int64(1)
	if exempt {
		for _, i := range p.Indicators {
			if i.Kind == Deduct && i.Group == p.Exemption.Group {
				full -= i.Points.N
			}
		}
		num, den = p.Exemption.Numerator, p.Exemption.Denominator
		if p.Exemption.Mode == Redistribute {
			num, den = int64(p.Totals.Deduct.N), int64(full)
		}
	}
	part2 := Ratio{int64(full-lost) * num, den} // in hundredths, exact
	r.Part2 = part2.round()
	r.Final = r.Part2
	if part2.compare(Ratio{int64(p.Totals.FailBelow.N), 1}) < 0 {
		r.Qualified = false
	} else if part2.compare(Ratio{int64(p.Totals.BonusAbove.N), 1}) > 0 {
		r.BonusOpen = true
		r.Bonus = min(r.bonus(indicators, joined), p.Totals.Bonus.N)
		r.Final = Ratio{part2.Num + int64(r.Bonus)*den, den}.round()
	}
	r.note(r.Lines)
}

// bonus adds the third part.
func (r *Result) bonus(indicators []Indicator, joined map[string]joinedObservation) Hundredths {
	var sum Hundredths
	for _, i := range indicators {
		o := joined[i.ID]
		if i.Kind != Bonus || !o.given || o.Outcome != Kept {
			continue
		}
		if earned := min(max(o.Earned, 0), i.cap()); earned > 0 {
			sum += earned
			r.Lines = append(r.Lines, Line{Indicator: i.ID, Name: i.Name, Kind: Bonus, Points: earned, Unverified: i.Mark.Unverified() || i.Points.Mark.Unverified()})
		}
	}
	return sum
}

// deductedKeys are the things that cost points under indicators without
// NoDoubleCount.
func deductedKeys(indicators []Indicator, joined map[string]joinedObservation) map[string]bool {
	out := map[string]bool{}
	for _, i := range indicators {
		o := joined[i.ID]
		if i.Kind != Deduct || i.NoDoubleCount || o.Outcome != Violated {
			continue
		}
		for _, h := range o.Hits {
			out[h.Key] = true
		}
	}
	return out
}

// cost prices an observation: the whole, or each distinct hit once, at most
// the cap.
func (i Indicator) cost(o Observation, skip map[string]bool) Line {
	l := Line{Indicator: i.ID, Name: i.Name, Kind: Deduct, Unverified: i.Mark.Unverified() || i.Points.Mark.Unverified()}
	if o.Whole {
		l.Points = i.cap()
		return l
	}
	// One key hit under two prices costs the dearer.
	price := map[string]Value{}
	for _, h := range o.Hits {
		if skip[h.Key] {
			continue
		}
		v := i.PerHit
		if p, ok := i.Params[h.Param]; ok && h.Param != "" {
			v = p
		}
		if v.N > price[h.Key].N || !price[h.Key].Given() {
			price[h.Key] = v
		}
	}
	for _, v := range price {
		l.Points += v.N
		l.Unverified = l.Unverified || v.Mark.Unverified()
	}
	l.Hits = len(price)
	l.Points = min(l.Points, i.cap())
	return l
}

// round gives whole hundredths, halves up; the ratio is not negative.
func (a Ratio) round() Hundredths { return Hundredths((2*a.Num + a.Den) / (2 * a.Den)) }
