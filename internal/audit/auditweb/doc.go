// Package auditweb is the screens of the trail: what was done, by whom, to what
// and when, as far as the reader's scope goes; one entry with what it changed;
// and the verification of the whole chain, told in words.
//
// It decides what a reader of the trail sees. What is recorded and what counts
// as damage is audit's to decide. Each verification is itself in the trail.
package auditweb
