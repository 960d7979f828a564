// Package engine looks at one site like a careful person and tells what it saw: Inspect
// reads a site as far as its options reach, Recheck looks again at the place of one
// finding, Draft puts a page to the same checks before it is published. It knows no
// database: the command line, the runs of the house, a crawler that stands elsewhere
// and the retests use it alike.
//
// It decides what is asked for and in which order, which sightings are the same defect
// (Fingerprint), what could not be tested and why, and whether a run looked at the place
// of an earlier finding (Looked, Unlooked).
//
// It does not decide what is wrong with a page (check), where a request may go (egress),
// how politely a site is visited (crawl), or what becomes of a finding (inspection).
package engine
