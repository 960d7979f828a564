package check

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"zhengshu/internal/check/seek"
)

// Kinds of what Article 12(2) keeps out of a text, and of characters that other
// people's machines cannot show.
const (
	KindAdvertising = "content.advertising"
	KindOffDuty     = "content.off_duty"
	KindUnreadable  = "content.unreadable"
)

//go:embed content.json
var contentJSON []byte

// contentLists are the words of content.json.
type contentLists struct {
	Version     string   `json:"version"`
	Source      string   `json:"source"`
	Advertising []string `json:"advertising"`
	OffDuty     []string `json:"off_duty"`
	// Innocent words around a hit show that the text speaks about the thing:
	// a notice of the market regulator against an advert.
	Innocent []string `json:"innocent"`

	heads map[string][]contentWord
}

type contentWord struct{ word, kind string }

var contents = sync.OnceValue(func() *contentLists {
	l := &contentLists{}
	if err := json.Unmarshal(contentJSON, l); err != nil {
		return &contentLists{} // compiled in and read by a test
	}
	l.heads = map[string][]contentWord{}
	for kind, words := range map[string][]string{KindAdvertising: l.Advertising, KindOffDuty: l.OffDuty} {
		for _, w := range words {
			l.heads[head(w)] = append(l.heads[head(w)], contentWord{w, kind})
		}
	}
	return l
})

// Content finds what has no place on a government page whatever its grammar:
// commercial advertising and what no office has as its duty (Article 12(2)). A
// line that speaks against the thing, or regulates it, is no finding.
var Content Scanner = ScannerFunc(scanContent)

func scanContent(text string) []Span {
	l := contents()
	var out []Span
	at := 0 // runes before the line
	for line := range strings.SplitSeq(text, "\n") {
		runes := utf8.RuneCountInString(line)
		if runes > 1 {
			out = append(out, l.line(line, at)...)
		}
		if runes < len(line) { // not all ASCII
			out = append(out, unreadable(line, at)...)
		}
		at += runes + 1
	}
	return out
}

// unreadable finds what stands where a character was: the sign of bytes that
// were no text (GBK taken for UTF-8), and characters of the private use areas
// (自造字), which look right only where they were made. A private character at
// the edge of a run of Han is left alone: pages draw their icons with those.
func unreadable(line string, at int) []Span {
	if strings.IndexFunc(line, notText) < 0 {
		return nil
	}
	var out []Span
	runes := []rune(line)
	for i := 0; i < len(runes); i++ {
		if !notText(runes[i]) {
			continue
		}
		j := i + 1
		for j < len(runes) && notText(runes[j]) {
			j++
		}
		broken := slices.Contains(runes[i:j], utf8.RuneError)
		within := i > 0 && j < len(runes) && unicode.Is(unicode.Han, runes[i-1]) && unicode.Is(unicode.Han, runes[j])
		if broken || within {
			says := fmt.Sprintf("这里有%d个自造字，别人的电脑上显示不出来，请改用标准字（生僻字请用新版输入法输入）或写明读音。", j-i)
			if broken {
				says = fmt.Sprintf("这里有%d个字是乱码（粘贴或导入时编码不对），请对照原文重新输入。", j-i)
			}
			out = append(out, Span{Kind: KindUnreadable, Start: at + i, End: at + j, Wrong: string(runes[i:j]), Right: []string{}, Says: says, Confidence: 1})
		}
		i = j
	}
	return out
}

// notText are the private use areas and U+FFFD.
func notText(r rune) bool { return r == utf8.RuneError || unicode.Is(unicode.Co, r) }

func (l *contentLists) line(line string, at int) []Span {
	var out []Span
	checked, innocent := false, false
	n := 0
	for i := range line {
		for _, w := range l.heads[head(line[i:])] {
			if !strings.HasPrefix(line[i:], w.word) {
				continue
			}
			if !checked {
				checked, innocent = true, seek.Any(line, l.Innocent)
			}
			if innocent {
				return nil
			}
			says := fmt.Sprintf("疑似商业广告用语“%s”：政府网站和政务新媒体不得刊登商业广告，请删去；确系工作内容的，请写明理由。", w.word)
			if w.kind == KindOffDuty {
				says = fmt.Sprintf("“%s”疑似与职能没有直接关联，请核对是否属于本单位职责；确系工作内容的，请写明理由。", w.word)
			}
			out = append(out, Span{Kind: w.kind, Start: at + n, End: at + n + utf8.RuneCountInString(w.word), Wrong: w.word, Right: []string{}, Says: says, Confidence: 0.7})
		}
		n++
	}
	return out
}

// Edition names the rules, lists and texts that this package judges by. It
// changes when one of them does, so that what was judged by other rules is
// judged again.
func Edition() string { return edition() }

var edition = sync.OnceValue(func() string {
	h := sha256.New()
	h.Write(lexiconJSON)
	h.Write(contentJSON)
	fmt.Fprintln(h, KindUnreadable, readings)
	for _, c := range table() {
		fmt.Fprintf(h, "%s|%s|%v|%v\n", c.ID, c.Severity, c.Articles, c.Says)
	}
	for _, p := range itemPatterns {
		fmt.Fprintln(h, p)
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
})
