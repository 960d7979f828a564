// Package reporting composes what supervisors publish about a quarter: the
// bulletin of a place (季通报, Articles 29 and 30) as rows, as page and as official
// document.
//
// It decides which figures a bulletin has and which rows stand behind each: a
// figure is the count of its rows and never typed. A draft says at every look
// what the rows say then; freezing keeps figures and rows with their SHA-256, so
// that the paper and the page of an issued bulletin say the same for ever.
//
// It does not decide a verdict or what is overdue (assessment), what is wrong
// (inspection), how letters are counted (letters), or how a document is laid
// out (official).
package reporting
