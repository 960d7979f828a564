package engine

import (
	"slices"
	"strings"

	"zhengshu/internal/check"
)

// OneCase reports whether an answer about a finding holds for what was judged and
// not for its place: the place outlives it. A file is replaced under its name, and
// the pages of one template each have tags, an instant and pictures of their own. A rule
// of axe is of the template.
func OneCase(checkID string) bool {
	switch family, _, _ := strings.Cut(checkID, "."); family {
	case "attachment", "tags":
		return true
	case "accessible":
		return checkID != "accessible.axe"
	}
	return false
}

// ofThePage are the checks of which what is missing is one page's: the tags that an
// article has of its own, its instant, its title.
var ofThePage = []string{"tags.article_title", "tags.pub_date", "tags.content_source", "tags.keywords", "tags.author", "tags.description", "tags.image", "tags.url", "tags.shown_time", "accessible.title"}

// CaseOf is what was judged where OneCase holds: the bytes of the file, the values, the
// element, or what is missing and on which page; "" for all others.
func CaseOf(checkID, says, where, page, sha256 string) string {
	switch family, _, _ := strings.Cut(checkID, "."); {
	case !OneCase(checkID):
		return ""
	case family == "attachment":
		return sha256
	case slices.Contains(ofThePage, checkID):
		return check.MaskText(says) + " " + page
	case family == "accessible" && where != "":
		return check.MaskText(where)
	}
	return check.MaskText(says)
}

// pardoned reports whether one place of a page was confirmed to keep a check.
func (n *inspector) pardoned(checkID, where, page string) bool {
	if !OneCase(checkID) || slices.Contains(ofThePage, checkID) {
		return false // judged by what is said of the page
	}
	s := Sighting{Check: checkID, URL: page, Where: where}
	return n.o.Acquitted[Acquittal(s.Fingerprint(), CaseOf(checkID, "", where, page, ""))]
}

// Acquittal names one case of a fingerprint.
func Acquittal(fingerprint, judged string) string { return fingerprint + " " + judged }
