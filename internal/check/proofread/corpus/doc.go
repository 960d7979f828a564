// Package corpus reads the reference data that the wording packs are derived
// from, and decides what may be read: works under an open licence, official
// texts and our own; never a test set, nor a document that test sentences were
// taken from.
//
// It serves the generator and the tests; the product itself carries only packs.
package corpus
