// Package sx2021 is 《陕西省政府网站与政务新媒体管理细则》
// (陕政公开办〔2021〕18号, 7 June 2021), one file per article that can be broken
// by an act.
//
// It decides, from plain facts handed in, whether an act may be done: each
// Check function returns the breaches, none when the act is lawful. It also
// computes what the articles define: the chain of approval (Chain), the places
// and days of notices (Notice), and the last days of statutory periods
// (LaunchBy, ExitBy, FeedbackBy). Every rule quotes the text kept in
// docs/law/sx2021.md, and a test compares the words.
//
// It does not decide what was seen to be wrong on a page (check, inspection),
// who owes what by when (obligation), nor what a breach leads to. Where the
// text leaves a choice to the province, Settings holds it with its default.
// An act that only the words 原则上 forbid is lifted by rules.Lift, never here.
//
// Clauses lists every clause of the regulation; Matrix says what answers each.
package sx2021
