// Package lexiconweb shows the wording lists: entries, packs that wait for a
// second person, import with rehearsal, and export.
//
// It decides nothing of the lists (lexicon).
package lexiconweb
