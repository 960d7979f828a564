package seek

import "strings"

// Index is strings.Index for the words that checks look for in long Chinese
// texts. What strings.Index looks for first, the first byte of a word, begins
// every tenth character of such a text; the last byte of a character is that of
// every sixty-fourth, and the processor looks for one byte as fast as memory
// gives it.
func Index(s, word string) int {
	if len(word) < 3 || word[0] < 0xE0 || len(s) < 2*len(word) {
		return strings.Index(s, word)
	}
	const last = 2 // of the bytes of the first character
	for from := 0; from+last < len(s); {
		i := strings.IndexByte(s[from+last:], word[last])
		if i < 0 {
			break
		}
		if from += i; strings.HasPrefix(s[from:], word) {
			return from
		}
		from++
	}
	return -1
}

// Has reports whether a word stands in a text.
func Has(s, word string) bool { return Index(s, word) >= 0 }

func Any(s string, words []string) bool {
	for _, w := range words {
		if Has(s, w) {
			return true
		}
	}
	return false
}
