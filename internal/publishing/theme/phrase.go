package theme

import (
	"html/template"
	"strings"
	"unicode/utf8"
)

// phrased is a title with the places where a line may end in it: between what
// belongs together, as the title of a document is broken (词意完整, GB/T 9704),
// not in the middle of 社区. Its style keeps all else together as long as a line
// holds it. Titles without such a place stay as they are.
func phrased(title string) template.HTML { return template.HTML(appendPhrased(nil, title)) }

// Lines end after the first and before the second; what stands between two of
// them goes with the one before.
const (
	closers = "的》）”，、：；。！？"
	openers = "（《“"
)

func appendPhrased(b []byte, title string) []byte {
	from := 0
	end := func(at int) {
		b = append(appendAs(b, title[from:at], asHTML), "<wbr>"...)
		from = at
	}
	var last rune
	for at := 0; at < len(title); {
		r, n := utf8.DecodeRuneInString(title[at:])
		if at > from && !strings.ContainsRune(openers, last) && (strings.ContainsRune(openers, r) || strings.HasPrefix(title[at:], "关于")) {
			end(at)
		}
		at += n
		last = r
		if at < len(title) && strings.ContainsRune(closers, r) {
			if next, _ := utf8.DecodeRuneInString(title[at:]); !strings.ContainsRune(closers, next) {
				end(at)
			}
		}
	}
	return appendAs(b, title[from:], asHTML)
}
