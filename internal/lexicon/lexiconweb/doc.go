// Package lexiconweb shows the wording lists: entries, packs that wait for a
// second person, import with rehearsal, export, and how the rules do at work.
//
// It decides nothing of the lists (lexicon).
package lexiconweb
