// Package errorreport keeps the list of 我为政府网站找错 that the national
// platform gives out: what a reader found wrong on which site, by when it was to
// be answered and when it was.
//
// It decides which site of the ledger a row belongs to, by when an answer was
// due where the list does not say, and what counts: what was doubled or void
// counts nowhere, and a row whose last day nobody can tell is overdue only once
// a month has gone by. The national platform is where reports are answered; here
// nothing is.
//
// It does not decide what a late answer costs an office (assessment), and knows
// nothing of the reports that come to sites hosted here as letters.
package errorreport
