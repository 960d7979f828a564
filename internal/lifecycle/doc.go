// Package lifecycle carries sites, accounts, apps and their domains through
// Articles 7 to 10: opening, launch, redesign and release, name, domains, off the
// net and back, exit from supervision, closure and merging.
//
// It is one declared table of matters. A Matter says on which objects and in
// which states it is asked for, its questions and papers, the chain that decides
// it, the rules it is held against and what it brings about. One door serves
// them all: Check while the form is typed, Apply, Resubmit; an approval asks the
// rules again and runs the outcome in its own transaction, where quotas count.
// Matters that need no approval are done at once and leave a record with its
// papers. Course is the whole of one object: where it stands, what may come,
// what runs, what it owes, what was.
//
// It gathers the facts the rules ask for, refuses with their articles, and keeps
// windows off the net, endings and their proofs, and the province's exceptions
// from rules stated 原则上. It does not decide what the law says (rules/sx2021),
// whose turn it is (approval), what the ledger holds (registry), whether a
// notice hangs (notice), what bodies outside have registered (filing) or how
// content is kept (closing).
package lifecycle
