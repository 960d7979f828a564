// Package inspection looks at sites from outside and keeps what it saw: probes
// of availability every five minutes, runs over whole sites, findings with
// their evidence, and retests that close them (Articles 19(4), 22, 23, 29).
//
// It decides when a site is contacted (only when a person has switched its
// monitoring on and it is running), when a finding is opened, ordered, disputed and
// gone, and what of it is kept as proof.
//
// It does not decide how a site is looked at (engine), what is wrong with a page
// (check), where a request may go (egress), how politely a site is visited (crawl),
// what a finding costs or who must cure it by when (assessment). A finding that a
// person calls false stays on record until it is decided.
package inspection
