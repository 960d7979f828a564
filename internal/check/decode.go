package check

import (
	"bytes"
	"fmt"
	"mime"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
)

// MaxBody is the largest page read, in bytes, by the crawler safety contract. A
// government page is some tens of kilobytes; five megabytes leave room for pages
// with embedded pictures.
const MaxBody = 5 << 20

// Charsets as Decode names them. GBK, GB2312 and CP936 are read as GB18030,
// which contains them.
const (
	CharsetUTF8    = "utf-8"
	CharsetGB18030 = "gb18030"
	// CharsetUTF16 is chosen by a byte order mark, or by markup of two bytes a letter.
	CharsetUTF16 = "utf-16"
	CharsetBig5  = "big5"
)

// TooLargeError says that a body is above MaxBody.
type TooLargeError struct{ Bytes int }

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("页面内容有 %d 字节，超过 %d 字节（5 MB）的上限，未作检查。请核对该地址是否为网页，或将大文件改作附件发布。", e.Bytes, MaxBody)
}

// The charset may stand in a meta element or in the first line of an XML
// document. Only a declaration is looked for, so attributes before it do not
// matter; the whole body is searched because old templates put it late.
var declared = regexp.MustCompile(`(?i)(?:charset|encoding)\s*=\s*["']?\s*([a-z0-9_\-]{2,20})`)

// What is read of one meta element, in bytes, and where at the latest in it, in
// characters, the declaration begins.
const (
	maxMeta  = 4 << 10
	lateMeta = 512
)

// Decode turns the bytes of a page into text and names the charset they were
// in. The bytes outrank what is said about them: a byte order mark, then
// whether they are valid UTF-8, then the Content-Type header, the meta element
// and the count of broken sequences. The only error is *TooLargeError.
func Decode(body []byte, contentType string) (text, charset string, err error) {
	if len(body) > MaxBody {
		return "", "", &TooLargeError{Bytes: len(body)}
	}
	switch {
	case bytes.HasPrefix(body, []byte{0xEF, 0xBB, 0xBF}):
		return cleanText(soundText(string(body[3:]))), CharsetUTF8, nil
	case bytes.HasPrefix(body, []byte{0x84, 0x31, 0x95, 0x33}):
		return fromGB(body[4:]), CharsetGB18030, nil
	case bytes.HasPrefix(body, []byte{0xFF, 0xFE}), bytes.HasPrefix(body, []byte{0xFE, 0xFF}):
		out, derr := unicode.UTF16(unicode.BigEndian, unicode.ExpectBOM).NewDecoder().Bytes(body)
		if derr == nil {
			return cleanText(string(out)), CharsetUTF16, nil
		}
	}
	if big, little := wideMarkup(body, 0), wideMarkup(body, 1); big || little {
		order := unicode.BigEndian
		if little {
			order = unicode.LittleEndian
		}
		if out, derr := unicode.UTF16(order, unicode.IgnoreBOM).NewDecoder().Bytes(body); derr == nil {
			return cleanText(string(out)), CharsetUTF16, nil
		}
	}
	said := saidCharset(body, contentType)
	if utf8.Valid(body) {
		wide, narrow := beyondASCII(body)
		switch {
		case !wide && !narrow:
			// Pure ASCII is the same in both; believe the page.
			if said == "" {
				said = CharsetUTF8
			}
			return cleanText(string(body)), said, nil
		case !wide && said == CharsetGB18030 && gbDamage(body) == 0:
			// Chinese in UTF-8 takes three bytes a character. Only two-byte
			// sequences and a GB declaration: a few GBK words that happen to
			// be valid UTF-8, as “联通” in Notepad.
			return fromGB(body), CharsetGB18030, nil
		}
		return cleanText(string(body)), CharsetUTF8, nil
	}
	if said == CharsetBig5 || looksBig5(body) {
		if out, derr := traditionalchinese.Big5.NewDecoder().Bytes(body); derr == nil && !bytes.ContainsRune(out, utf8.RuneError) {
			return cleanText(string(out)), CharsetBig5, nil
		}
	}
	// Both have broken sequences or the bytes are GB: the smaller damage wins,
	// and what was declared settles what is close.
	bad8, badGB := utf8Damage(body), gbDamage(body)
	gb := badGB < bad8
	if wideRunes(body) > 20*bad8 {
		// A few bytes cut or spoilt in a long UTF-8 text. GB text read as
		// UTF-8 breaks at nearly every character.
		gb = false
	}
	if said == CharsetUTF8 && bad8 <= badGB+2 && bad8*50 < len(body) {
		gb = false
	}
	if said == CharsetGB18030 && badGB == 0 && bad8 > 2 {
		gb = true
	}
	if gb {
		return fromGB(body), CharsetGB18030, nil
	}
	return cleanText(strings.ToValidUTF8(string(body), "\uFFFD")), CharsetUTF8, nil
}

func saidCharset(body []byte, contentType string) string {
	if _, params, err := mime.ParseMediaType(contentType); err == nil {
		if c := knownCharset(params["charset"]); c != "" {
			return c
		}
	}
	head := body[:min(len(body), 64<<10)]
	for tried := 0; tried < 8; {
		i := bytes.IndexByte(head, '<')
		if i < 0 {
			break
		}
		head = head[i+1:]
		inside, ok := afterName(head, "meta", "?xml")
		if !ok {
			continue
		}
		inside = inside[:min(len(inside), maxMeta)]
		if end := bytes.IndexByte(inside, '>'); end >= 0 {
			inside = inside[:end]
		}
		m := declared.FindSubmatchIndex(inside)
		if m == nil || utf8.RuneCount(inside[:m[0]]) > lateMeta {
			continue
		}
		if c := knownCharset(string(inside[m[2]:m[3]])); c != "" {
			return c
		}
		tried++
		head = head[len("meta")+m[1]:]
	}
	return ""
}

// afterName cuts one of the names of four letters, in any case, off the front.
func afterName(b []byte, names ...string) ([]byte, bool) {
	for _, n := range names {
		if len(b) >= len(n) && bytes.EqualFold(b[:len(n)], []byte(n)) {
			return b[len(n):], true
		}
	}
	return nil, false
}

func knownCharset(name string) string {
	switch strings.ToLower(strings.Trim(strings.TrimSpace(name), `"'`)) {
	case "utf-8", "utf8", "unicode-1-1-utf-8":
		return CharsetUTF8
	case "gb18030", "gbk", "gb2312", "gb_2312-80", "gb-2312", "cp936", "ms936", "x-gbk", "chinese", "euc-cn", "hz-gb-2312":
		return CharsetGB18030
	case "big5", "big5-hkscs", "cn-big5", "x-x-big5", "csbig5":
		return CharsetBig5
	}
	return ""
}

// wideMarkup reports whether a body begins with markup in which every letter is two
// bytes, the empty one first (0) or second (1).
func wideMarkup(body []byte, empty int) bool {
	const letters = 8
	if len(body) < 2*letters || body[1-empty] != '<' {
		return false
	}
	for i := range letters {
		if c := body[2*i+1-empty]; body[2*i+empty] != 0 || c == 0 || c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// looksBig5 reports whether the pairs of bytes are spread as in Big5: a third of its
// common characters have a second byte below 0x7F, of which GB2312 has none, and none
// has a first byte below 0xA1, as the other characters of GBK have.
func looksBig5(body []byte) bool {
	pairs, low := 0, 0
	for i := 0; i+1 < len(body); i++ {
		if body[i] < utf8.RuneSelf {
			continue
		}
		second := body[i+1]
		if body[i] < 0xA1 || body[i] > 0xF9 || second < 0x40 || second == 0x7F {
			return false
		}
		pairs++
		if second < 0x7F {
			low++
		}
		i++
	}
	return pairs >= 20 && low*6 > pairs
}

// beyondASCII reports whether there are characters of three or more bytes and,
// when there are none, whether there are some of two.
func beyondASCII(b []byte) (wide, narrow bool) {
	for _, c := range b {
		if c >= 0xE0 {
			return true, narrow
		}
		narrow = narrow || c >= 0xC0
	}
	return false, narrow
}

// wideRunes counts the characters of three or more bytes.
func wideRunes(b []byte) (n int) {
	for _, c := range b {
		if c >= 0xE0 {
			n++
		}
	}
	return n
}

func utf8Damage(b []byte) (bad int) {
	for len(b) > 0 {
		if b[0] < utf8.RuneSelf {
			b = b[1:]
			continue
		}
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			bad++
		}
		b = b[n:]
	}
	return bad
}

// gbDamage counts sequences that are not GB18030.
func gbDamage(b []byte) (bad int) {
	for i := 0; i < len(b); {
		c := b[i]
		switch {
		case c < 0x80:
			i++
		case c == 0x80 || c == 0xFF || i+1 >= len(b):
			bad++
			i++
		case b[i+1] >= 0x40 && b[i+1] != 0x7F && b[i+1] != 0xFF:
			i += 2
		case b[i+1] >= 0x30 && b[i+1] <= 0x39 && i+3 < len(b) && b[i+2] >= 0x81 && b[i+2] <= 0xFE && b[i+3] >= 0x30 && b[i+3] <= 0x39:
			i += 4
		default:
			bad++
			i++
		}
	}
	return bad
}

func fromGB(b []byte) string {
	out, err := simplifiedchinese.GB18030.NewDecoder().Bytes(b)
	if err != nil {
		return cleanText(strings.ToValidUTF8(string(b), "\uFFFD"))
	}
	return cleanText(string(out))
}

// soundText replaces every byte that is part of no character.
func soundText(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return strings.Map(func(r rune) rune { return r }, s)
}

// cleanText drops NUL bytes: no browser shows them, and a word cut by them
// would escape every scan.
func cleanText(s string) string {
	if strings.IndexByte(s, 0) >= 0 {
		return strings.ReplaceAll(s, "\x00", "")
	}
	return s
}
