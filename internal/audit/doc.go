// Package audit keeps the trail: who did what to which thing, when, on what
// basis. Transactions that change the house's records cannot commit without an
// entry (db.ErrUnaudited).
//
// An entry is written in the act's own transaction with its own hash. One
// leased sequencer links committed entries into a chain within a second, so
// writers never queue on the chain's head; the head (number, hash) also goes
// to a file outside the database and to the log, so a cut tail shows. Verify
// names each changed, removed, reordered or unlinked entry with its place.
//
// It does not decide what is worth an entry (every committed change is) and
// keeps no copy of the things themselves beyond the before and after given.
package audit
