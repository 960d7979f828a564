// Package rules holds the vocabulary in which the law speaks: a Rule is one
// prohibition or condition with its clause and its words; a Breach is one rule
// that speaks against an act; an Override is the province's dated leave from a
// rule that the text only states 原则上.
//
// It decides how a breach becomes the reason a person reads, and whether an
// override lifts it. It does not decide what the law says: that stands in one
// package per instrument (rules/sx2021), one file per article. Nor does it
// decide what happens next: the module that gathered the facts refuses, asks
// or opens a case. Nothing here reads a database, a clock or a network.
//
// Scoring packs (19号 and its like) are dated data in rules/packs.
package rules
