package lexicon

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
)

// posts finds posts beside names of people who do not hold them.
type posts struct {
	day  calendar.Date
	head map[string][]string // posts by their first two characters
	held map[string][]holder
}

type holder struct {
	name   string
	entry  Entry
	source string
}

func newPosts(day calendar.Date) *posts {
	return &posts{day: day, head: map[string][]string{}, held: map[string][]holder{}}
}

func (p *posts) add(e Entry, source string) {
	if _, known := p.held[e.Words]; !known {
		h := string([]rune(e.Words)[:2])
		p.head[h] = append(p.head[h], e.Words)
		// The longest first: 副市长 is no 市长.
		slices.SortFunc(p.head[h], func(a, b string) int { return cmp.Or(len(b)-len(a), cmp.Compare(a, b)) })
	}
	for _, n := range e.Right {
		p.held[e.Words] = append(p.held[e.Words], holder{n, e, source})
	}
}

func (p *posts) scan(text string) []check.Span {
	if len(p.held) == 0 {
		return nil
	}
	if len(text) > mostText {
		text = text[:mostText]
	}
	var out []check.Span
	n := 0
	for i := 0; i < len(text); {
		post := p.begins(text[i:])
		if post == "" {
			_, size := utf8.DecodeRuneInString(text[i:])
			i, n = i+size, n+1
			continue
		}
		length := utf8.RuneCountInString(post)
		if s, ok := p.judge(text, i, post); ok {
			s.Start, s.End = n+length+s.Start, n+length+s.End
			out = append(out, s)
		}
		// What stands within a post is no other: 市长 in 副市长.
		i, n = i+len(post), n+length
	}
	return out
}

// begins is the longest post that a text begins with; empty: none.
func (p *posts) begins(text string) string {
	_, a := utf8.DecodeRuneInString(text)
	_, b := utf8.DecodeRuneInString(text[a:])
	for _, post := range p.head[text[:a+b]] {
		if strings.HasPrefix(text, post) {
			return post
		}
	}
	return ""
}

// judge judges who is named beside the post at a place of a text; the span counts
// from the end of the post.
func (p *posts) judge(text string, at int, post string) (check.Span, bool) {
	rest := text[at+len(post):]
	trimmed := strings.TrimLeft(rest, " 　：:")
	name := ""
	for _, h := range p.held[post] {
		if strings.HasPrefix(trimmed, h.name) && len(h.name) > len(name) {
			name = h.name
		}
	}
	if name == "" || goesOn(name, trimmed[len(name):]) || former(text[:at]) {
		return check.Span{}, false
	}
	spoken := days(text, at)
	var named holder
	right := []string{}
	for _, h := range p.held[post] {
		now := h.entry.Holds(p.day)
		if now && !slices.Contains(right, h.name) {
			right = append(right, h.name)
		}
		if h.name != name {
			continue
		}
		if now || slices.ContainsFunc(spoken, func(d span) bool { return d.meets(h.entry) }) {
			return check.Span{}, false
		}
		named = h
	}
	start := utf8.RuneCountInString(rest[:len(rest)-len(trimmed)])
	return check.Span{Kind: KindPost, Start: start, End: start + utf8.RuneCountInString(name), Wrong: name, Right: right, Confidence: 0.95, Source: named.source,
		Says: fmt.Sprintf("“%s%s”：登记的任职时间为%s，请核对职务和姓名。", post, name, named.entry.Term())}, true
}

var (
	// formerly is what stands before a post that makes it another one (副), or one that
	// is not said to be held now.
	formerly = regexp.MustCompile(`(?:副|时任|历任|曾任|首任|前任|离任|卸任|代理|第[一二三四五六七八九十百0-9]{1,4}[任届])$`)
	// 原, 前 and 代 do so too, but not as the end of another word: 太原, 目前, 时代.
	inWord   = regexp.MustCompile(`[原前代]$`)
	elseWord = regexp.MustCompile(`(?:[太固三平五中松开荥草高]原|[目日当会此之以年]前|[时现当近古年交]代)$`)
	// follows is what goes on with a sentence after a name; characters that are
	// common in given names stand in words.
	follows = regexp.MustCompile(`^(?:[出参指表在到率带同和与及的说讲签作一赴来向对就深调检视看听召介致发提要也还又曾将已等是任于从被把以并且或辞当受今应走接拜访见请批审部组负督考研观巡不没最再进入围绕写署称认担]` +
		`|主[持任]|强[调化]|会[见议谈]|会上|为[了民企此]|慰问|宣[布读讲]|前[往来去]|代表|先[后生]|女士|同志|陪同|兼任|亲自|多次|昨[日天]|近[日期]|专[程题]|建议|支持|总结|统筹|现[场任]|有关|重申|部署|命令|男|女)`)
	// doubled are the family names of two characters: their bearers' names go on.
	doubled = []string{"欧阳", "司马", "上官", "诸葛", "司徒", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "长孙", "宇文", "夏侯", "端木"}
	dated   = regexp.MustCompile(`([0-9]{4}|[〇零一二三四五六七八九]{4})年(?:([0-9]{1,2})月(?:([0-9]{1,2})日)?)?`)
)

// former reports whether what stands before a post makes it another, or one of the past.
func former(before string) bool {
	before = strings.TrimRight(before, " 　")
	return formerly.MatchString(before) || inWord.MatchString(before) && !elseWord.MatchString(before)
}

// goesOn reports whether a name may be the beginning of a longer one: 李四 of 李四光.
func goesOn(name, rest string) bool {
	most := 2
	if slices.ContainsFunc(doubled, func(f string) bool { return strings.HasPrefix(name, f) }) {
		most = 3
	}
	next, _ := utf8.DecodeRuneInString(rest)
	return utf8.RuneCountInString(name) <= most && unicode.Is(unicode.Han, next) && !follows.MatchString(rest)
}

// span is a stretch of days that a text speaks of.
type span struct{ from, until calendar.Date }

// meets reports whether an entry holds on one of the days.
func (d span) meets(e Entry) bool {
	return (e.From.IsZero() || !d.until.Before(e.From)) && (e.Until.IsZero() || !d.from.After(e.Until))
}

// days are those named in the sentence before a place of a text.
func days(text string, at int) (out []span) {
	before := text[:at]
	if i := strings.LastIndexAny(before, "。！？!?\n"); i >= 0 {
		before = before[i:]
	}
	for _, m := range dated.FindAllStringSubmatch(before, -1) {
		year, month, day := number(m[1]), number(m[2]), number(m[3])
		d := span{calendar.Date{Year: year, Month: 1, Day: 1}, calendar.Date{Year: year, Month: 12, Day: 31}}
		if m[2] != "" {
			d.from.Month, d.until.Month = time.Month(month), time.Month(month)
			d.until.Day = calendar.DaysIn(year, time.Month(month))
		}
		if m[3] != "" {
			d.from.Day, d.until.Day = day, day
		}
		if d.from.Valid() && d.until.Valid() {
			out = append(out, d)
		}
	}
	return out
}

// number reads a few digits, Arabic or Chinese; none is 0.
func number(s string) (n int) {
	for _, r := range s {
		if i := slices.Index([]rune("零一二三四五六七八九"), r); i >= 0 {
			n = n*10 + i
		} else if r == '〇' {
			n *= 10
		} else {
			n = n*10 + int(r-'0')
		}
	}
	return n
}
