// Package inspectionweb is the screens of inspection: the board of sites, one
// site's availability and runs, a run, the list of findings, and a finding with
// its evidence, retest and dispute.
//
// It decides how these are shown. What is wrong, what may be contacted and what
// closes a finding is decided by package inspection. Bytes fetched from other
// sites leave here as attachments only, never as a page of ours.
package inspectionweb
