// Package search is full-text search over Chinese texts in one file: the index
// a release carries and the portal opens read-only.
//
// Texts are cut into overlapping pairs of characters in Go, so that the index
// needs no dictionary and a fragment of a sentence is a phrase; SQLite's FTS5
// keeps the pairs. It decides how a query is read (document numbers, quoted and
// spaced parts), how hits are ranked (number, title, phrase, all pairs, best
// coverage, bm25 last) and what a snippet shows.
//
// It does not decide what is indexed, where the file lies, when it is switched
// (publishing) or who may search (whatever is in a release is public). Why an
// index file and not the database: docs/decisions/0002-release-search.md.
package search
