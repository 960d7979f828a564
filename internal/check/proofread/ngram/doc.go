// Package ngram counts characters in sequence and says how likely a text is by
// those counts.
//
// A Model holds the vocabulary, exact bigrams, and trigrams and four-grams as
// short hashes with rounded counts: some four million sequences in a few
// megabytes. A hash may stand for a stranger (about one unseen sequence in a
// few hundred), which a proofreader bears and a lookup table would not.
//
// It does not know words, and does not decide that anything is wrong: that is
// proofread.
package ngram
