// Package lexicon keeps the offices' own wording lists (Article 19(3) 文字关,
// 政治关): wrong forms, terms of state with their right form, holders of posts
// with the days they hold them, sensitive words, and words that are never
// questioned. Lists come and go in packs, numbered for each keeper; a pack that
// adds or takes away an entry of the serious class waits for a second person: of
// the unit, or of the office above where the unit has none.
//
// It decides which entries hold for which unit on which day (a list of one unit,
// or of an office for its whole area), and reads texts with them beside the
// lists of the program (Service.For). Names of places, units and sites in the
// ledger are protected: no part of one is called wrong.
//
// It does not decide what a proofreader makes of a text (check/proofread), nor
// whether a finding blocks publication (library, inspection); it never changes a
// text.
package lexicon
