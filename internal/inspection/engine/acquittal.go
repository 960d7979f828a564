package engine

import (
	"strings"

	"zhengshu/internal/check"
)

// OneCase reports whether an answer about a finding holds for what was judged and
// not for its place: the place outlives it. A file is replaced under its name, and
// the pages of one template each have a title and an instant of their own.
func OneCase(checkID string) bool {
	switch checkID {
	case "tags.pub_date_shown", "tags.article_title_heading":
		return true
	}
	return strings.HasPrefix(checkID, "attachment.")
}

// CaseOf is what was judged where OneCase holds: the bytes of the file, the two
// values; "" for all others.
func CaseOf(checkID, says, sha256 string) string {
	switch {
	case !OneCase(checkID):
		return ""
	case strings.HasPrefix(checkID, "attachment."):
		return sha256
	}
	return check.MaskText(says)
}

// Acquittal names one case of a fingerprint.
func Acquittal(fingerprint, judged string) string { return fingerprint + " " + judged }
