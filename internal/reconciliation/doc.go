// Package reconciliation holds the ledger against what others say and against
// what is to be seen: a file of the national reporting system or a co-regulator,
// row by row, and each monitored site's DNS answers, certificate, title and
// footer.
//
// It decides which rows are the same object, which fields differ, and keeps what
// a person decides of each difference: theirs is taken over (through registry,
// with its source), ours is kept with a reason and remembered, the sponsor is
// asked to clear it (an obligation), or it becomes a candidate. It decides
// nothing about what may stand in the ledger (registry), where a request may go
// (egress) or whether a site may be contacted (inspection).
package reconciliation
