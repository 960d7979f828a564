// Package moveinweb is the screens of taking in and letting out: choose files
// or an old site, read the rehearsal's report, take in, undo; and items as
// official documents, lists and archives.
//
// It decides nothing: what may come in and what an import means is asked of
// movein and library.
package moveinweb
