package check

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"
)

// Kinds of what Article 12(2) keeps out of a text.
const (
	KindAdvertising = "content.advertising"
	KindOffDuty     = "content.off_duty"
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
		at += runes + 1
	}
	return out
}

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
				checked, innocent = true, containsAny(line, l.Innocent)
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
	for _, c := range table() {
		fmt.Fprintf(h, "%s|%s|%v|%v\n", c.ID, c.Severity, c.Articles, c.Says)
	}
	for _, p := range itemPatterns {
		fmt.Fprintln(h, p)
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
})
