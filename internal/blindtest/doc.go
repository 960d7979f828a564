// Package blindtest sends test letters to the mailboxes of sites and has the
// answers marked blind (Articles 19(5) and 30): plausible questions of a
// versioned stock, from a sender that is sealed and opened only by two, through
// the site's own form where the site is hosted here, by hand elsewhere.
//
// It decides which site gets which text, when an answer is in time and on the
// same day, that two markers see text and answer and neither the site nor each
// other, and that the unit learns of it when the campaign ends: then, and not
// before, its test letters leave its statistics.
//
// It does not decide how a unit handles a letter (letters): until the end a test
// letter is a letter like any other. Nor what it costs (rules/packs).
package blindtest
