package quality

import (
	"encoding/json"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"zhengshu/internal/check"
	"zhengshu/internal/check/lookalike"
	"zhengshu/internal/check/proofread/corpus"
	"zhengshu/internal/crawl"
	"zhengshu/internal/fault"
)

// Privacy measures the search for unmasked personal data.
type Privacy struct {
	Precision Share    `json:"precision"` // findings that are expected
	Recall    Share    `json:"recall"`    // expected data found, text and kind exact
	Cases     []Named  `json:"cases"`     // recall where there is something to find
	Clean     []Named  `json:"clean"`     // false alarms where there is nothing
	Missed    []string `json:"missed"`
	Alarms    []string `json:"alarms"`
}

func (m *measuring) privacy() error {
	const name = "12_privacy/privacy_cases.jsonl"
	p := &Privacy{Missed: []string{}, Alarms: []string{}}
	var cases, clean tally
	err := rowsOf(m, name, func(r struct {
		ID, Case, Text string
		Findings       [][2]string
	}) error {
		left := map[string]int{}
		for _, f := range r.Findings {
			left[f[0]+" privacy."+f[1]]++
		}
		alarm := false
		for _, s := range check.Privacy(r.Text) {
			k := s.Wrong + " " + s.Kind
			hit := left[k] > 0
			left[k]--
			p.Precision.add(hit)
			if !hit {
				alarm = true
				m.name(&p.Alarms, r.ID)
			}
		}
		if len(r.Findings) == 0 {
			clean.at(r.Case, alarm)
		}
		for _, f := range r.Findings {
			k := f[0] + " privacy." + f[1]
			missed := left[k] > 0
			if missed {
				left[k]--
				m.name(&p.Missed, r.ID)
			}
			p.Recall.add(!missed)
			cases.at(r.Case, !missed)
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		m.leave("12_privacy", "personal data")
		return nil
	}
	p.Cases, p.Clean = cases, clean
	m.report.Privacy = p
	return err
}

// Lookalike measures the judgement on host names.
type Lookalike struct {
	Protected int     `json:"protected"` // hosts on the protect list
	Precision Share   `json:"precision"`
	Recall    Share   `json:"recall"`
	Imitated  Share   `json:"imitated"` // of those recognised, the right original named
	Technique []Named `json:"technique"`
	// Honest is false alarms on the hosts that are no look-alikes, by label.
	Honest []Named  `json:"honest"`
	Missed []string `json:"missed"`
	Alarms []string `json:"alarms"`
}

func (m *measuring) lookalikes() error {
	const hosts, portals = "09_lookalike/hosts_labelled.jsonl", "02_gov_sites/portals.csv"
	list, err := m.bytes(portals)
	if errors.Is(err, fs.ErrNotExist) {
		m.leave("09_lookalike", "look-alike hosts: "+portals+" holds the hosts to protect")
		return nil
	}
	if err != nil {
		return err
	}
	protected, err := column(portals, list, "host")
	if err != nil {
		return err
	}
	l := &Lookalike{Protected: len(protected), Missed: []string{}, Alarms: []string{}}
	matcher := lookalike.New(protected)
	var techniques, honest tally
	err = rowsOf(m, hosts, func(r struct{ Host, Label, Imitates, Technique string }) error {
		v := matcher.Check(r.Host)
		is := r.Label == "lookalike"
		if v.Lookalike {
			l.Precision.add(is)
		}
		if !is {
			honest.at(r.Label, v.Lookalike)
			if v.Lookalike {
				m.name(&l.Alarms, r.Host)
			}
			return nil
		}
		l.Recall.add(v.Lookalike)
		techniques.at(r.Technique, v.Lookalike)
		if v.Lookalike {
			l.Imitated.add(strings.TrimPrefix(v.Imitates, "www.") == strings.TrimPrefix(r.Imitates, "www."))
		} else {
			m.name(&l.Missed, r.Host)
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		m.leave("09_lookalike", "look-alike hosts")
		return nil
	}
	l.Technique, l.Honest = techniques.sorted(), honest.sorted()
	m.report.Lookalike = l
	return err
}

// Reading is what the proofreader did with a list of sentences.
type Reading struct {
	// Alarms are clean sentences with a wording finding.
	Alarms Share `json:"alarms"`
	// Recall are wrong sentences with any wording finding; Located those with
	// one at the error; Cured those that the first proposals make right.
	Recall  Share `json:"recall"`
	Located Share `json:"located"`
	Cured   Share `json:"cured"`
}

// Wording measures the proofreader on one set of sentences.
type Wording struct {
	Set string `json:"set"`
	Reading
	// Familiar are sentences whose right form stands word for word in a text
	// the packs were counted from; Unseen is the reading of the others. Unseen
	// is nil when those texts are not in the folder.
	Familiar Share    `json:"familiar"`
	Unseen   *Reading `json:"unseen,omitempty"`
	// Kinds is the recall by kind of error, where the set names kinds, and
	// LocatedKinds the share located.
	Kinds        []Named `json:"kinds,omitempty"`
	LocatedKinds []Named `json:"located_kinds,omitempty"`
	// AlarmKinds counts the findings on clean sentences by kind of finding:
	// Hits of all the findings there.
	AlarmKinds []Named  `json:"alarm_kinds,omitempty"`
	AlarmIDs   []string `json:"alarm_ids"`
}

// wordingSets are the test sets, official writing first. ECSpell's training
// parts are not here: the packs were counted from them.
var wordingSets = []string{
	"official_text_injected", "ecspell_odw_test", "ecspell_law_test", "ecspell_med_test",
	"sighan13_test", "sighan14_test", "sighan15_test",
	"lemon_cot", "lemon_new", "lemon_enc", "lemon_mec", "lemon_car", "lemon_nov", "lemon_gam",
}

// sentence is a row of a set: Src as it stands, Tgt as it should.
type sentence struct {
	ID, Src, Tgt, Kind string
	Errors             [][]json.RawMessage
}

func (m *measuring) wording(scanner check.Scanner) error {
	sets := map[string][]sentence{}
	familiar := map[string]bool{}
	for _, set := range wordingSets {
		err := rowsOf(m, "05_typos/"+set+".jsonl", func(r sentence) error {
			sets[set] = append(sets[set], r)
			familiar[r.Tgt] = false
			return nil
		})
		if errors.Is(err, fs.ErrNotExist) {
			m.leave("05_typos/"+set, "wording")
		} else if err != nil {
			return err
		}
	}
	known, err := m.recall(familiar)
	if err != nil {
		return err
	}
	for _, set := range wordingSets {
		if sets[set] == nil {
			continue
		}
		w := Wording{Set: set, AlarmIDs: []string{}}
		if known {
			w.Unseen = &Reading{}
		}
		var kinds, located, alarms tally
		for _, r := range sets[set] {
			if err := m.ctx.Err(); err != nil {
				return err
			}
			found := slices.DeleteFunc(scanner.Scan(r.Src), func(s check.Span) bool { return !strings.HasPrefix(s.Kind, check.KindWording) })
			readings := []*Reading{&w.Reading}
			if known {
				w.Familiar.add(familiar[r.Tgt])
				if !familiar[r.Tgt] {
					readings = append(readings, w.Unseen)
				}
			}
			at := r.located(found)
			for _, x := range readings {
				if r.Src == r.Tgt {
					x.Alarms.add(len(found) > 0)
					continue
				}
				x.Recall.add(len(found) > 0)
				x.Located.add(at)
				x.Cured.add(cured(r.Src, found) == r.Tgt)
			}
			switch {
			case r.Src == r.Tgt:
				for _, s := range found {
					alarms.at(s.Kind, true)
				}
				if len(found) > 0 {
					m.name(&w.AlarmIDs, r.ID)
				}
			case r.Kind != "":
				kinds.at(r.Kind, len(found) > 0)
				located.at(r.Kind, at)
			}
		}
		w.Kinds, w.LocatedKinds, w.AlarmKinds = kinds.sorted(), located.sorted(), alarms.sorted()
		m.report.Wording = append(m.report.Wording, w)
	}
	return nil
}

// keyBytes is the length of the beginnings by which sentences are looked for.
const keyBytes = 24

// recall marks the sentences that stand word for word in the texts the packs
// were counted from: the official documents and ECSpell's training sentences.
// It is false when those are not in the folder.
func (m *measuring) recall(familiar map[string]bool) (known bool, err error) {
	if len(familiar) == 0 {
		return false, nil
	}
	counted, _, err := corpus.Documents(m.dir, 0)
	if errors.Is(err, fs.ErrNotExist) {
		m.leave("04_policy_docs", "which sentences were seen when the wording packs were counted")
		return false, nil
	}
	if err != nil {
		return false, fault.New(fault.Invalid, "数据集 04_policy_docs 读不懂，请核对它是否完整。").From(err)
	}
	begin := map[string][]string{}
	for s := range familiar {
		if len(s) >= keyBytes {
			begin[s[:keyBytes]] = append(begin[s[:keyBytes]], s)
		}
	}
	for _, d := range counted {
		if err := m.ctx.Err(); err != nil {
			return false, err
		}
		for i := 0; i+keyBytes <= len(d.Text); i++ {
			if !utf8.RuneStart(d.Text[i]) {
				continue
			}
			for _, s := range begin[d.Text[i:i+keyBytes]] {
				if strings.HasPrefix(d.Text[i:], s) {
					familiar[s] = true
				}
			}
		}
	}
	for _, name := range corpus.Inputs {
		if !strings.HasSuffix(name, "_train.jsonl") {
			continue
		}
		err := rowsOf(m, name, func(r sentence) error {
			if _, asked := familiar[r.Tgt]; asked {
				familiar[r.Tgt] = true
			}
			return nil
		})
		if errors.Is(err, fs.ErrNotExist) {
			m.leave(name, "which sentences were seen when the wording packs were counted")
			return false, nil
		}
		if err != nil {
			return false, err
		}
	}
	return true, nil
}

// located reports whether a finding stands at an error.
func (r sentence) located(found []check.Span) bool {
	if r.Src == r.Tgt {
		return false
	}
	wrong := r.stretches()
	return slices.ContainsFunc(found, func(s check.Span) bool {
		return slices.ContainsFunc(wrong, func(x stretch) bool { return x.touches(s.Start, s.End) })
	})
}

// stretch is where a sentence is wrong, in code points; from = to where
// something is missing.
type stretch struct{ from, to int }

func (x stretch) touches(start, end int) bool {
	if x.from == x.to {
		return start <= x.to && end >= x.from
	}
	return start < x.to && end > x.from
}

// stretches are the places that the set names or, where it names none because
// the lengths differ, the place where the two sentences part. “百头百头” may be
// cured by deleting either half: both belong to the stretch.
func (r sentence) stretches() (out []stretch) {
	for _, e := range r.Errors {
		var at int
		var wrong string
		if len(e) >= 2 && json.Unmarshal(e[0], &at) == nil && json.Unmarshal(e[1], &wrong) == nil {
			out = append(out, stretch{at, at + max(1, len([]rune(wrong)))})
		}
	}
	if out != nil {
		return out
	}
	src, tgt := []rune(r.Src), []rune(r.Tgt)
	head, tail := 0, 0
	for n := min(len(src), len(tgt)); head < n && src[head] == tgt[head]; head++ {
	}
	for n := min(len(src), len(tgt)); tail < n && src[len(src)-1-tail] == tgt[len(tgt)-1-tail]; tail++ {
	}
	return []stretch{{min(head, len(src)-tail, max(0, len(tgt)-tail)), max(head, len(src)-tail, min(len(src), head+len(src)-len(tgt)))}}
}

// cured applies the first proposal of every finding that has one, from the end;
// of overlapping findings the last counts.
func cured(src string, found []check.Span) string {
	rs := []rune(src)
	at := len(rs)
	for _, s := range slices.Backward(found) {
		if len(s.Right) == 0 || s.End > at || s.Start < 0 || s.Start > s.End {
			continue
		}
		rs = slices.Replace(rs, s.Start, s.End, []rune(s.Right[0])...)
		at = s.Start
	}
	return string(rs)
}

// Robots compares our reading of robots.txt with Google's published cases.
type Robots struct {
	Agree Share `json:"agree"`
	// Departures name the cases judged otherwise; Raw counts those that ask
	// about an address with characters that are not percent-encoded.
	Departures []string `json:"departures"`
	Raw        int      `json:"raw"`
}

func (m *measuring) robots() error {
	r := &Robots{Departures: []string{}}
	err := rowsOf(m, "10_robots_feeds_warc/robots_cases.jsonl", func(c struct {
		Test, Robots, Agent, URL string
		Allowed                  bool
	}) error {
		same := crawl.ReadRobots(200, []byte(c.Robots)).Allows(c.Agent, c.URL) == c.Allowed
		r.Agree.add(same)
		if !same {
			m.name(&r.Departures, c.Test)
			if strings.ContainsFunc(c.URL, func(x rune) bool { return x > unicode.MaxASCII }) {
				r.Raw++
			}
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		m.leave("10_robots_feeds_warc", "robots.txt")
		return nil
	}
	m.report.Robots = r
	return err
}
