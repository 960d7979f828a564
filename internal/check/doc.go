// Package check holds the page and text checks: facts in, findings out. It
// opens no database and no connection; what it needs to know (the ledger row
// of a site, the result of a request, today's date, the thresholds of a pack)
// is handed to it.
//
// It decides: how the bytes of a page become text (Decode), what a page says
// about itself (ParsePage), which personal data stand unmasked in a text
// (Privacy), and for every check in the table Checks whether a page or a fact
// keeps it, is tolerated, violates it, or could not be tested.
//
// It does not decide: what a finding costs (assessment), who must cure it by
// when (obligation, inspection), what a correct word is (check/proofread
// brings Spans through Scanner), nor which host is an impostor
// (check/lookalike). Thresholds are parameters: their values stand in
// versioned packs with source and mark.
package check
