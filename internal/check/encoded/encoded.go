package encoded

import (
	"encoding/base64"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"zhengshu/internal/dom"
)

// DataText is the text of an address that is its own page.
func DataText(address string) string {
	head, text, ok := strings.Cut(strings.TrimSpace(address), ",")
	if !ok || !strings.HasPrefix(dom.Lowered(head), "data:") {
		return ""
	}
	if strings.HasSuffix(dom.Lowered(head), ";base64") {
		text, _ = Base64(text)
		return text
	}
	return Percent(text)
}

// Base64 decodes and accepts only readable text.
func Base64(s string) (string, bool) {
	s = strings.TrimRight(strings.NewReplacer(" ", "", "\n", "", "\r", "", "\t", "", "-", "+", "_", "/").Replace(s), "=")
	b, err := base64.RawStdEncoding.DecodeString(s)
	if err != nil || !utf8.Valid(b) {
		return "", false
	}
	odd := 0
	for _, c := range b {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' {
			odd++
		}
	}
	return string(b), odd == 0
}

var percentU = regexp.MustCompile(`%u([0-9a-fA-F]{4})`)

func Percent(s string) string {
	s = percentU.ReplaceAllStringFunc(s, func(m string) string {
		n, _ := strconv.ParseUint(m[2:], 16, 32)
		return string(rune(n))
	})
	if u, err := url.PathUnescape(s); err == nil {
		return u
	}
	return s
}
