// Package quality measures the checks of the product against labelled data and
// writes what it saw as a report that anyone can make again.
//
// It decides how each figure is counted: what an exact match is, what a false
// alarm, when an error counts as located. A set that is not there is left out
// aloud, a row that cannot be read is an error, never a silent gap; files that
// differ from the manifest of the data are named.
//
// What was aimed at beforehand stands beside what was measured (Report.Aims). It
// does not decide how good is good enough for a build (the tests of the checks
// hold their floors), and it learns nothing: what a check was fitted on is said in
// the report, so that a figure on familiar text is not read as a promise. Cases
// are named by their ids; their text stays in the data.
package quality
