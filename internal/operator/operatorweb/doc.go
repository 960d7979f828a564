// Package operatorweb is the console's door to operator: the list of 承办单位,
// the page of one with its papers, people and objects, the forms to review,
// sign, renew, assess and end, and the monthly scorecard with the rows behind
// each figure.
//
// It decides nothing of the law: what may not be done is refused by operator
// and shown with its article.
package operatorweb
