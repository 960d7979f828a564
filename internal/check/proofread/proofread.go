package proofread

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"

	"zhengshu/internal/check"
)

// Kinds of finding.
const (
	KindConfusion   = "wording.confusion"   // one character or word taken for another
	KindOmission    = "wording.omission"    // a character missing
	KindRepeat      = "wording.repeat"      // characters standing twice; the right form "" is to delete
	KindNumber      = "wording.number"      // numerals
	KindPunctuation = "wording.punctuation" // marks
	KindDate        = "wording.date"        // a day that does not exist
	KindDocNumber   = "wording.docnumber"   // 发文字号
	KindSensitive   = check.KindSensitive   // words of unlawful adverts
)

// MaxRunes bounds what Scan reads of one text; the rest is passed over.
const MaxRunes = 2 << 20

// Options adds an operator's own lists.
type Options struct {
	Allow     []string          // words never questioned, but for the serious class within them
	Agreed    []string          // words never questioned, by two persons or by the ledger: nor is the serious class
	Pairs     []Pair            // wrong forms beside the built-in ones
	Sensitive []string          // words reported as sensitive beside the built-in ones
	From      map[string]string // the list that such a word comes from
	NoLikely  bool              // leave out the statistical reading (saves some 40 MB)
}

// Pair is a wrong form and what it should be.
type Pair struct {
	Wrong  string   `json:"wrong"`
	Right  []string `json:"right"`
	Near   []string `json:"near,omitempty"`   // wrong only with one of these within twenty characters
	Unless []string `json:"unless,omitempty"` // innocent inside these
	Kind   string   `json:"kind,omitempty"`   // of the finding; "": KindConfusion
	Source string   `json:"source,omitempty"` // where it comes from; "": its pack
}

// Proofreader implements check.Scanner. It is safe for concurrent use.
type Proofreader struct {
	pairs      []Pair
	sensitive  []sensitiveWord
	listed     dictionary // of pairs, sensitive and allowed words
	likely     *likely
	words      wordSet
	judgements judgement
}

var _ check.Scanner = (*Proofreader)(nil)

// onNotices are words of notices to the public, which the texts that the model was
// counted from have hardly any of.
var onNotices = []string{"请勿", "切勿"}

// New makes a Proofreader. The large packs are decoded once in the process, on
// the first call that wants them. An error names a pair that cannot be used.
func New(o Options) (*Proofreader, error) {
	packs, err := loadPacks()
	if err != nil {
		return nil, err
	}
	p := &Proofreader{judgements: packs.judgement}
	for i, x := range o.Pairs {
		switch {
		case runeLen(x.Wrong) < 2 || runeLen(x.Wrong) > 40:
			return nil, fmt.Errorf("错别字表第 %d 条“%s”：错误写法应为 2 至 40 个字，请修改后再导入", i+1, x.Wrong)
		case slices.Contains(x.Right, x.Wrong):
			return nil, fmt.Errorf("错别字表第 %d 条“%s”：正确写法与错误写法相同，请修改后再导入", i+1, x.Wrong)
		}
	}
	// An operator's pairs come first: they win over the built-in ones.
	p.pairs = slices.Concat(o.Pairs, packs.pairs)
	for i, x := range p.pairs {
		p.listed.add(x.Wrong, x.list(), i)
	}
	for _, w := range o.Sensitive {
		if w = strings.TrimSpace(w); runeLen(w) >= 2 {
			p.sensitive = append(p.sensitive, sensitiveWord{w, "own", 0.9, o.From[w]})
		}
	}
	p.sensitive = append(p.sensitive, packs.sensitive...)
	for i, w := range p.sensitive {
		p.listed.add(w.word, listSensitive, i)
	}
	for i, w := range slices.Concat(onNotices, o.Allow, o.Agreed) {
		p.listed.add(w, listAllowed, i)
	}
	for i, w := range o.Agreed {
		p.listed.add(w, listAgreed, i)
	}
	p.listed.index()
	if !o.NoLikely {
		if p.likely, err = loadLikely(); err != nil {
			return nil, err
		}
		if p.words, err = loadWords(); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// desk is the room that a scan takes for the characters of its text and the places
// to look at: nothing of it is in what a scan returns, and the next one has it.
type desk struct {
	runes  []rune
	places []int32
}

var desks = sync.Pool{New: func() any { return new(desk) }}

// maxKept bounds what is kept of each, in elements; longer texts are seldom.
const maxKept = 1 << 18

// Scan reads a text and returns findings in order, none overlapping another of
// the same sort: a certain finding takes the place of a statistical one.
func (p *Proofreader) Scan(text string) []check.Span {
	room := desks.Get().(*desk)
	s := look(text, everyRule(), room.runes)
	rs := s.runes
	places := p.listed.places(rs, room.places)
	defer func() {
		if room.runes, room.places = rs, places; cap(rs) <= maxKept && cap(places) <= maxKept {
			desks.Put(room)
		}
	}()
	var out []check.Span
	// taken marks the runes that a finding or an allowed word already holds; most
	// texts have neither.
	var taken []bool
	take := func(start, end int) []bool {
		if taken == nil {
			taken = make([]bool, len(rs))
		}
		return taken[start:end]
	}
	add := func(s check.Span) {
		held := take(s.Start, s.End)
		if slices.Contains(held, true) {
			return
		}
		fill(held)
		s.Wrong = string(rs[s.Start:s.End])
		if s.Right == nil {
			s.Right = []string{}
		}
		out = append(out, s)
	}
	var (
		suspect   []check.Span
		protected int // up to where an allowed word reaches
		agreed    reach
		found     [lists]int // where the last pair of a list ends
		raked     int        // where the last sensitive word ends
	)
	for _, at := range places {
		i := int(at)
		words := p.listed.longest(rs, i)
		if w := words[listAllowed]; w.id > 0 {
			fill(take(i, w.end))
			protected = max(protected, w.end)
		}
		if w := words[listAgreed]; w.end > agreed.end {
			agreed = reach{i, w.end}
		}
		// The longer wins: an allowed word protects what lies within it.
		// A serious wrong form hides behind no ordinary one that begins as it does.
		for _, of := range [...]list{listSerious, listPairs} {
			w, held, busy := words[of], agreed.end, found[listSerious]
			if of == listPairs {
				held, busy = protected, max(busy, found[of])
			}
			if w.id == 0 || held >= w.end || busy > i {
				continue
			}
			if x := &p.pairs[w.id-1]; x.applies(rs, i, w.end) {
				found[of] = w.end
				clear(take(i, w.end))
				add(x.span(rs, i, w.end))
			}
		}
		if w := words[listSensitive]; w.id > 0 && raked <= i && !agreed.holds(i, w.end) {
			raked = w.end
			suspect = append(suspect, p.sensitive[w.id-1].span(rs, i, w.end))
		}
	}
	for _, s := range grammar(&s) {
		add(s)
	}
	if p.likely != nil {
		for _, s := range p.statistical(rs) {
			add(s)
		}
	}
	out = append(out, suspect...)
	slices.SortFunc(out, func(a, b check.Span) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End), cmp.Compare(a.Kind, b.Kind))
	})
	return out
}

// reach is how far a word reaches, in runes.
type reach struct{ start, end int }

// holds reports whether a word lies within the reach and is shorter.
func (r reach) holds(start, end int) bool {
	return r.start <= start && end <= r.end && end-start < r.end-r.start
}

func fill(b []bool) {
	for i := range b {
		b[i] = true
	}
}

// list is the list that the pair belongs in.
func (x *Pair) list() list {
	if strings.HasPrefix(x.Kind, KindSensitive) {
		return listSerious
	}
	return listPairs
}

func (x *Pair) span(rs []rune, start, end int) check.Span {
	says := fmt.Sprintf("“%s”疑为错误写法，请核对", string(rs[start:end]))
	if len(x.Right) > 0 {
		says = fmt.Sprintf("“%s”疑为“%s”之误，请核对改正", string(rs[start:end]), x.Right[0])
	}
	return check.Span{Kind: cmp.Or(x.Kind, KindConfusion), Start: start, End: end, Right: slices.Clone(x.Right), Says: says, Confidence: 0.95, Source: x.Source}
}

func (x *Pair) applies(rs []rune, start, end int) bool {
	const reach = 20
	if len(x.Near) > 0 {
		around := string(rs[max(start-reach, 0):min(end+reach, len(rs))])
		if !slices.ContainsFunc(x.Near, func(n string) bool { return strings.Contains(around, n) }) {
			return false
		}
	}
	if len(x.Unless) == 0 {
		return true
	}
	const wide = 8
	lo := max(start-wide, 0)
	around := rs[lo:min(end+wide, len(rs))]
	for _, u := range x.Unless {
		w := []rune(u)
		for i := 0; i+len(w) <= len(around); i++ {
			if lo+i <= start && lo+i+len(w) >= end && slices.Equal(around[i:i+len(w)], w) {
				return false
			}
		}
	}
	return true
}

type sensitiveWord struct {
	word, category string
	confidence     float64
	source         string
}

var categoryNames = map[string]string{
	"gambling": "赌博", "fraud": "诈骗或违法服务", "porn": "色情", "weapons": "枪爆物品", "own": "本单位词表",
}

func (w *sensitiveWord) span(rs []rune, start, end int) check.Span {
	return check.Span{Kind: KindSensitive, Start: start, End: end, Wrong: string(rs[start:end]), Right: []string{}, Confidence: w.confidence, Source: w.source,
		Says: fmt.Sprintf("疑似%s类敏感词，请核实是否被植入，确需使用的说明用途后放行", categoryNames[w.category])}
}
