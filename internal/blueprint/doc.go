// Package blueprint sets sites up: from a template or by copying another site,
// one or a whole city's departments at once.
//
// It decides what a template holds (columns, look and what modules above keep
// of a site; never people, never items), which site of the ledger may be set up
// from it (one that was approved or runs: setting up opens nothing, Article 7),
// and that a batch is made whole or not at all. Who owns a column is named anew
// for every site. Whether a site may be hosted is platform's to say.
package blueprint
