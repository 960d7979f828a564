// Package inspection looks at sites from outside and keeps what it saw: probes
// of availability every five minutes, runs over whole sites, findings with
// their evidence, and retests that close them (Articles 19(4), 22, 23, 29).
//
// It decides when a site is contacted (only when a person has switched its
// monitoring on and it is running), which looks are the same defect seen again
// (Fingerprint), and when a finding is gone. Inspect and Recheck are the engine:
// they know no database and serve the command line, the runs and the retests
// alike.
//
// It does not decide what is wrong with a page (package check), where a request
// may go (egress), how politely a site is visited (crawl), what a finding costs
// or who must cure it by when (assessment). A finding that a person calls false
// stays on record until it is decided.
package inspection
