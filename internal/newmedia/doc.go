// Package newmedia looks after the accounts of new media in use: what they
// posted last, how much of it is their own, whether readers can answer, whose
// name and verification the platform shows. It knows from feeds, from files
// exported from a platform or a monitor, and from receipts that a person writes
// with a link and a screenshot.
//
// It keeps what was seen and the sheet of each account, files what is wrong as
// findings of inspection with their proof, and has the sponsor owe the mending.
// What is wrong is decided by package check; where nothing was seen the answer
// is "could not be tested", which costs nobody anything. It signs in to no
// platform.
package newmedia
