// Package proofread reads Chinese text as a proofreader of official documents
// does: wrong words, characters missing or standing twice, document numbers,
// dates, numerals and punctuation, and words of unlawful adverts.
//
// Three ways of reading stand side by side. Pairs are forms known to be wrong.
// Grammar is what the rules of official writing fix (GB/T 9704 document
// numbers, GB/T 15834 punctuation, GB/T 15835 numerals). Likelihood asks of
// each place whether a character of like sound or shape, one more or one fewer,
// makes the text a great deal likelier by the counts of laws and official
// documents; what speaks for and against is weighed by small networks, fitted so
// that of a thousand clean sentences held out some seven at most are questioned.
// Of text stranger than what they were fitted on nothing is said.
//
// It does not judge politics, titles, names of people or the order of leaders:
// those are an operator's own lists (Options). It finds; whether a finding
// blocks publication is for package check and the gates to say.
package proofread
