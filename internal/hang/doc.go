// Package hang is for tests that would hang where what they test is wrong: the one
// place that says how long is too long. It decides when a test has hung, never whether
// something is fast enough: that is measured in bench.
package hang
