// Package registry is the ledger (台账): websites and new-media accounts,
// hosted here or elsewhere, the columns of sites, and the numbers and marks by
// which the law knows them.
//
// It decides what the ledger says now and keeps how it came to say so (passage
// for states, audit for every field). Whether a site may be opened or taken
// offline is decided by lifecycle and the rules; registry carries it out.
package registry
