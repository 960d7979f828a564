// Package prose is the document format of the house: ProseMirror JSON with a
// closed schema in which all looks are classes and never styles.
//
// It decides what a document may hold (the tables of nodes and marks), reads
// it strictly, makes it from plain text and from foreign HTML, writes it as
// HTML that is safe by construction, as plain text and as the text of a plain
// form field, and compares two documents block by block, then by character.
//
// It does not decide how a document looks (theme), where pictures are kept
// (blob), nor whether the words are right (check).
package prose
