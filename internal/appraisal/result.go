package appraisal

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"zhengshu/internal/assessment"
	"zhengshu/internal/calendar"
	"zhengshu/internal/org"
	"zhengshu/internal/rules/packs"
)

// Snapshot is an object as it was at the freeze.
type Snapshot struct {
	Kind     string        `json:"kind"` // site, account, office
	ID       string        `json:"id"`
	Name     string        `json:"name"`
	Host     string        `json:"host"`
	Unit     org.UnitID    `json:"unit"`
	UnitName string        `json:"unit_name"`
	AreaCode string        `json:"area_code"`
	On       calendar.Date `json:"on"`
	// Ended: it was no longer run at the check point.
	Ended bool `json:"ended,omitempty"`
}

// Hit is one thing found, as packs counts it.
type Hit struct {
	Key   string `json:"k"`
	Param string `json:"p,omitempty"`
}

// Observation is what was seen under one line, as it is kept.
type Observation struct {
	Outcome packs.Outcome    `json:"outcome"`
	Whole   bool             `json:"whole,omitempty"`
	Hits    []Hit            `json:"hits,omitempty"`
	Num     int64            `json:"num,omitempty"` // measured: Num of Den
	Den     int64            `json:"den,omitempty"`
	Earned  packs.Hundredths `json:"earned,omitempty"`
}

func kept(o packs.Observation) Observation {
	out := Observation{Outcome: o.Outcome, Whole: o.Whole, Earned: o.Earned}
	for _, h := range o.Hits {
		out.Hits = append(out.Hits, Hit{h.Key, h.Param})
	}
	if o.Measured != nil {
		out.Num, out.Den = o.Measured.Num, o.Measured.Den
	}
	return out
}

func (o Observation) of(indicator string) packs.Observation {
	out := packs.Observation{Indicator: indicator, Outcome: o.Outcome, Whole: o.Whole, Earned: o.Earned}
	for _, h := range o.Hits {
		out.Hits = append(out.Hits, packs.Hit{Key: h.Key, Param: h.Param})
	}
	if o.Den > 0 {
		out.Measured = &packs.Ratio{Num: o.Num, Den: o.Den}
	}
	return out
}

// Mark is what one judge says of one line.
type Mark struct {
	Seat     string           `json:"seat"` // first, second, head
	Judge    string           `json:"judge"`
	JudgeID  string           `json:"judge_id"`
	Outcome  packs.Outcome    `json:"outcome"`
	Hits     int              `json:"hits,omitempty"`
	Whole    bool             `json:"whole,omitempty"`
	Earned   packs.Hundredths `json:"earned,omitempty"`
	Says     string           `json:"says,omitempty"`
	Evidence []string         `json:"evidence,omitempty"` // blobs of the sheet
}

// Seen is everything that speaks to one line.
type Seen struct {
	Indicator    string        `json:"indicator"`
	Observations []Observation `json:"observations,omitempty"`
	Findings     []string      `json:"findings,omitempty"`
	Marks        []Mark        `json:"marks,omitempty"`
	Note         string        `json:"note,omitempty"` // why it was not tested
}

// Facts are what a result is worked out from, and nothing else.
type Facts struct {
	Object Snapshot    `json:"object"`
	Class  packs.Class `json:"class"`
	// NoServices: the exemption of bodies without outward services.
	NoServices bool `json:"no_services,omitempty"`
	// Looked: a finished run or a person looked in the period.
	Looked bool   `json:"looked"`
	Lines  []Seen `json:"lines"`
}

// Line is one indicator and what it came to.
type Line struct {
	Indicator  string           `json:"indicator"`
	Name       string           `json:"name"`
	Kind       packs.Kind       `json:"kind"`
	Outcome    packs.Outcome    `json:"outcome"`
	Points     packs.Hundredths `json:"points,omitempty"` // lost or, of a bonus, earned
	Hits       int              `json:"hits,omitempty"`
	Unverified bool             `json:"unverified,omitempty"`
	NotUsed    bool             `json:"not_used,omitempty"` // its value is not verified and the pack not adopted
	Note       string           `json:"note,omitempty"`
}

// Result is what the facts came to.
type Result struct {
	Verdict    assessment.Verdict `json:"verdict"`
	Scored     bool               `json:"scored"`
	Points     packs.Hundredths   `json:"points"`
	Part2      packs.Hundredths   `json:"part2"`
	Bonus      packs.Hundredths   `json:"bonus"`
	Vetoes     []string           `json:"vetoes,omitempty"`
	Unverified []string           `json:"unverified,omitempty"`
	Lines      []Line             `json:"lines"`
}

// Standing is a result in short.
type Standing struct {
	Verdict assessment.Verdict `json:"verdict"`
	Scored  bool               `json:"scored"`
	Points  packs.Hundredths   `json:"points"`
}

// Standing of the result.
func (r Result) Standing() Standing { return Standing{r.Verdict, r.Scored, r.Points} }

// Says is the standing in words: 合格 92 分.
func (s Standing) Says() string {
	if s.Scored {
		return s.Verdict.Name() + " " + s.Points.String() + " 分"
	}
	return s.Verdict.Name()
}

// Serious reports whether two judges must look: a veto fails the whole.
func Serious(i packs.Indicator) bool { return i.Kind == packs.Veto }

// ByHand reports whether a person may judge the line.
func ByHand(i packs.Indicator) bool { return i.Auto != packs.Full }

// decided is the observation that the marks of a line come to. ok is false when
// they come to none yet; why says what is missing.
func decided(i packs.Indicator, marks []Mark) (o packs.Observation, ok bool, why string) {
	var first, second, head *Mark
	for n := range marks {
		switch m := &marks[n]; m.Seat {
		case "first":
			first = m
		case "second":
			second = m
		case "head":
			head = m
		}
	}
	m := first
	switch {
	case head != nil:
		m = head
	case !Serious(i):
		if m == nil || m.Outcome == packs.Untested {
			m = cmp.Or(second, m)
		}
	case first == nil || second == nil:
		if first != nil || second != nil {
			return o, false, "只有一人评判，须两人独立评判，不计入"
		}
		return o, false, ""
	case first.Outcome != second.Outcome:
		return o, false, "两人评判不一致，待负责人裁定"
	}
	if m == nil || m.Outcome == packs.Untested {
		return o, false, ""
	}
	return m.observation(i), true, ""
}

// observation turns a mark into what packs counts.
func (m Mark) observation(i packs.Indicator) packs.Observation {
	o := packs.Observation{Indicator: i.ID, Outcome: m.Outcome}
	switch {
	case m.Outcome == packs.Kept:
		o.Earned = m.Earned
	case m.Outcome == packs.Violated && i.Kind != packs.Veto:
		o.Whole = m.Whole
		for n := range m.Hits {
			o.Hits = append(o.Hits, packs.Hit{Key: fmt.Sprintf("sheet %s %d", i.ID, n+1)})
		}
	}
	return o
}

// used is the pack without the lines that rest on a value nobody has verified,
// unless it was adopted.
func used(p packs.Pack, adopted bool) packs.Pack {
	if adopted {
		return p
	}
	doubtful := p.Unverified()
	var list []packs.Indicator
	for _, i := range p.Indicators {
		if !slices.Contains(doubtful, i.ID) {
			list = append(list, i)
		}
	}
	p.Indicators = list
	return p
}

// Evaluate works a result out: the same facts, pack and corrections give the
// same result, whoever asks and on whichever database.
func Evaluate(p packs.Pack, adopted bool, f Facts, corrections []Correction) Result {
	seen := map[string]Seen{}
	for _, l := range f.Lines {
		seen[l.Indicator] = l
	}
	judged := used(p, adopted)
	doubtful := p.Unverified()
	out := Result{Verdict: assessment.Untested}
	looked := f.Looked
	var all []packs.Observation
	for _, list := range [][]packs.Indicator{p.Indicators, p.Special} {
		for _, i := range list {
			if !i.Applies(f.Class) {
				continue
			}
			l := Line{Indicator: i.ID, Name: i.Name, Kind: i.Kind, Outcome: packs.Untested, Unverified: slices.Contains(doubtful, i.ID), Note: seen[i.ID].Note}
			_, in := judged.Indicator(i.ID)
			l.NotUsed = !in
			obs, why := seen[i.ID].observations(i)
			if why != "" {
				l.Note = why
			}
			for _, c := range corrections {
				if c.Indicator == i.ID {
					obs, l.Note = []packs.Observation{c.observation(i)}, "按"+c.KindName()+"更正"
				}
			}
			for _, o := range obs {
				if rank(o.Outcome) > rank(l.Outcome) {
					l.Outcome = o.Outcome
				}
			}
			all = append(all, obs...)
			out.Lines = append(out.Lines, l)
		}
	}
	r := packs.Score(judged, packs.Subject{Class: f.Class, NoOutwardServices: f.NoServices}, all)
	cost := map[string]packs.Line{}
	for _, l := range append(slices.Clone(r.Vetoes), r.Lines...) {
		cost[l.Indicator] = l
	}
	for n := range out.Lines {
		l := &out.Lines[n]
		c, hit := cost[l.Indicator]
		switch {
		case hit:
			l.Points, l.Hits = c.Points, c.Hits
			if l.Kind == packs.Veto {
				l.Outcome = packs.Violated
				out.Vetoes = append(out.Vetoes, l.Indicator)
			}
		case l.Kind == packs.Veto && l.Outcome == packs.Violated:
			l.Outcome = packs.Kept // below its threshold
		}
	}
	out.Unverified = r.Unverified
	switch {
	case !r.Qualified:
		out.Verdict = assessment.Unqualified
	case looked:
		out.Verdict = assessment.Qualified
	}
	if out.Verdict != assessment.Untested {
		out.Scored, out.Points, out.Part2, out.Bonus = r.Scored, r.Final, r.Part2, r.Bonus
	}
	return out
}

// observations are what counts of a line: the machine's word, and the persons'
// where a machine only suspects or could not look. What is proven stays.
func (s Seen) observations(i packs.Indicator) (out []packs.Observation, why string) {
	for _, o := range s.Observations {
		out = append(out, o.of(i.ID))
	}
	o, ok, why := decided(i, s.Marks)
	if !ok {
		return out, why
	}
	out = slices.DeleteFunc(out, func(o packs.Observation) bool { return o.Outcome == packs.Suspected || o.Outcome == packs.Untested })
	return append(out, o), ""
}

func rank(o packs.Outcome) int {
	return slices.Index([]packs.Outcome{packs.Untested, packs.Kept, packs.Suspected, packs.Violated}, o)
}

func encode(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b), err
}

// digest is the hash of one frozen row.
func digest(facts, result string) string {
	sum := sha256.Sum256([]byte(facts + "\n" + result))
	return hex.EncodeToString(sum[:])
}

// sealed is one frozen row as the round's hash sees it.
type sealed struct{ kind, object, sha string }

// roundDigest is the hash over the pack, its adoption and every row, in an order
// no database decides.
func roundDigest(r Round, rows []sealed) string {
	rows = slices.Clone(rows)
	slices.SortFunc(rows, func(a, b sealed) int { return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.object, b.object)) })
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n%d\n%t\n%s\n", r.Period, r.PackID, r.PackVersion, r.Adopted(), r.packBody)
	for _, x := range rows {
		fmt.Fprintf(h, "%s %s %s\n", x.kind, x.object, x.sha)
	}
	return hex.EncodeToString(h.Sum(nil))
}
