// Package notice keeps the notices of Articles 7(4) and 8: who must hang which
// notice where and for how long, and whether it is there.
//
// A notice is owed by one publisher (sponsor, office of the same level or the
// office above) in the places of the readings' table. It is seen, not believed:
// every day each place's page and the home page that must show it are fetched,
// the bytes are kept, and the calendar day is judged: seen, absent (two fetches
// an hour or more apart, each proving that it is not there), or untested, which
// counts as hung. An absent day is a finding and moves the end of the period by
// one day. Accounts have no home page; where their page cannot be read a named
// person keeps a screenshot every seven days (人工留证).
//
// It decides what a fetched page proves (Judge), when a period is full and when
// a duty is done. It does not decide where notices hang or for how long
// (rules/sx2021), where a request may go (egress), or what follows for the
// object (lifecycle).
package notice
