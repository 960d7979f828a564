// Package vigilweb is the face of protected periods in the console: the list,
// one period with its day, the 零报告 of a unit, consents and the summary.
//
// It decides how they look. What is frozen and who owes what is vigil's.
package vigilweb
