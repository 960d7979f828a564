package proofread

import (
	"math/rand/v2"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// noise makes texts of few parts, so that words, marks and numbers meet in every
// way.
func noise(rng *rand.Rand, n int, parts ...string) string {
	var b strings.Builder
	for range rng.IntN(n) {
		b.WriteString(parts[rng.IntN(len(parts))])
	}
	return b.String()
}

// TestLookKeepsTheText holds the walk to the plain conversion, for text of every
// width and for bytes that are no text.
func TestLookKeepsTheText(t *testing.T) {
	for _, text := range []string{
		"", "a", "中", "中a\n文", "é中🀄文", "\xff", "中\xe4\xb8", "\xed\xa0\x80中", "\xe0\x80\x80", "\xe0\xa4\x85", "中\xe4文\xf0\x9f", "\xef\xbf\xbd中", "\xc0\x80", "。\n。",
	} {
		s := look(text, everyRule(), nil)
		want := []rune(text)
		if !slices.Equal(s.runes, want) || s.text != string(want) || !utf8.ValidString(s.text) {
			t.Errorf("%q: %q, %q", text, s.text, string(s.runes))
		}
		for _, l := range s.lines {
			if strings.Contains(s.text[l.from:l.to], "\n") || utf8.RuneCountInString(s.text[:l.from]) != l.at {
				t.Errorf("%q: line %+v", text, l)
			}
		}
	}
}

func TestLookStopsAtTheBound(t *testing.T) {
	s := look(strings.Repeat("的", MaxRunes-1)+"，，，", everyRule(), nil)
	if len(s.runes) != MaxRunes || len(s.text) != 3*MaxRunes || len(s.marks) != 0 {
		t.Errorf("%d runes, %d bytes, marks %v", len(s.runes), len(s.text), s.marks)
	}
}

func TestEveryRuleHasASignOfItsOwn(t *testing.T) {
	if len(rules) > mostRules {
		t.Errorf("%d rules, room for %d", len(rules), mostRules)
	}
	numbers := map[uint8]rune{}
	for c, n := range telling {
		if n == 0 {
			continue
		}
		if other, twice := numbers[n]; twice {
			t.Fatalf("%c and %c have the same number", rune(c), other)
		}
		numbers[n] = rune(c)
	}
}

// TestRulesMissNothing reads noise with every rule's pattern alone and with what
// passes over places for it: the findings are the same.
func TestRulesMissNothing(t *testing.T) {
	parts := map[string][][]string{
		KindDocNumber: {{"国办发", "字", "〔2021〕", "[2021]", "（1999）", "〔21〕", "〔", "〕", "第", "05号", "5号", "123456号", "0", " ", "，"}, {"国办发", "〔2021年〕", "〔2021〕", "8", "号", "）", " "}},
		KindDate:      {{"2021年", "2024年", "0年", "2月", "4月", "11月", "12月", "13月", "0月", "29日", "30日", "31日", "0日", "星期", "周", "三", "天", "（", " ", "2"}, {"9月", "8日", "12日", "1", "至", "—", "上午", "凌晨", "14", ":", "75"}, {"2024年", "5月", "1日", "（", "星期", "周", "三", "天"}},
		KindNumber: {{"一", "一", "二", "0", "年", "二", "〇", "○", "0", "o", "０", "年", "10", "1.5", "约", "大", "大约", "万", "元", "左右", "上下", "减少", "下降了", "近", "倍", "余", "多", "超过", "至少", "以上", "人", "KG", "CM"},
			{"百分之", "2024", "二", "〇", "年", "五", "月", "%", "个百分点", "不超过", "30", "万元", "以内"}},
		KindPunctuation: {{"《", "》", "〈", "〉", "（", "）", "(", ")", "〔2021", "〕", "【", "】", "“", "”", "。", "，", ",", ";", "a", "人"}, {"附件：", "抄送：", "（一）", "、", "等", "...", "……", "…", "部门", "。", "1"}, {"《", "》", "“", "”", "人", "等", "、"}},
		KindRepeat:      {{"的", "确", "目", "士", "在", "建", "和", "谐", "与", "会", "参", "及", "时", "，", "原因是", "因为", "切忌", "不要"}},
		KindConfusion:   {{"防止", "避免", "再", "不再", "发生", "，", "事故"}},
	}
	for i := range rules {
		r := &rules[i]
		t.Run(r.kind, func(t *testing.T) {
			plain := *r
			plain.unless, plain.from = nil, nil
			plain.pattern = regexp.MustCompile(strings.TrimPrefix(r.pattern.String(), "^"))
			rng := rand.New(rand.NewPCG(uint64(i), 7))
			found := 0
			for n := range 12000 * len(parts[r.kind]) {
				line := noise(rng, 12, parts[r.kind][n%len(parts[r.kind])]...)
				want := plain.read(line, 3)
				// What look lets pass must be all that has a finding.
				s := look(line, 1<<i, nil)
				var got any = r.read(line, 3)
				if len(s.lines) == 0 {
					got = plain.read("", 3)
				}
				if !reflect.DeepEqual(got, any(want)) {
					t.Fatalf("%q: %+v, want %+v", line, got, want)
				}
				found += len(want)
			}
			if found == 0 {
				t.Error("the noise never breaks the rule")
			}
		})
	}
}

// TestDictionaryFindsWhatASearchFinds puts words that begin alike, one within
// another and in several lists, against a plain search.
func TestDictionaryFindsWhatASearchFinds(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	for round := range 40 {
		var d dictionary
		type entry struct {
			word []rune
			list list
			id   int
		}
		var all []entry
		for id := range rng.IntN(120) {
			w := noise(rng, 8, "甲", "乙", "丙", "丁")
			if round%4 > 0 && utf8.RuneCountInString(w) < 2 {
				continue // words of one character change the walk: with and without
			}
			l := list(rng.IntN(int(lists)))
			d.add(w, l, id)
			all = append(all, entry{[]rune(w), l, id})
		}
		d.index()
		text := []rune(noise(rng, 400, "甲", "乙", "丙", "丁", "戊"))
		places := d.places(text, nil)
		for i := range text {
			var want hits
			for _, e := range all {
				if end := i + len(e.word); len(e.word) > 0 && end <= len(text) && slices.Equal(e.word, text[i:end]) && end > want[e.list].end {
					want[e.list].end, want[e.list].id = end, e.id+1
				}
			}
			_, may := slices.BinarySearch(places, int32(i))
			if got := d.longest(text, i); got != want || want != (hits{}) && !may {
				t.Fatalf("round %d, %s: %+v, want %+v; a word may begin: %v", round, string(text[i:min(i+8, len(text))]), got, want, may)
			}
		}
	}
}
