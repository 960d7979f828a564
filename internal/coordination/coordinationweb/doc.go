// Package coordinationweb is the console's door to coordination: the log, the
// directory of media contacts, and the shared ledgers with their receipts.
//
// It decides nothing: what a share holds and who may read it is coordination's.
package coordinationweb
