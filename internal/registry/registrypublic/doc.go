// Package registrypublic is the public's door of the ledger below /official/ of
// a hosted portal: what is official in the province, whether an address is, and
// the same as open data.
//
// It answers from a signed statement that a job writes and never reads the
// database. It decides how an address is judged for citizens: listed, below a
// listed one, given up, a look-alike, or not known; that a look-alike is an
// impostor is for a person to say. Every page works without script.
package registrypublic
