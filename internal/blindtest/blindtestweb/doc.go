// Package blindtestweb is the console's door to the blind tests: the head's
// campaigns, the markers' queue, and what a unit is shown when a test has ended.
//
// It decides nothing: who sees what, and when, is blindtest's.
package blindtestweb
