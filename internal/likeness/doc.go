// Package likeness finds texts that are copies of one another, whole or nearly,
// among a million: a notice entered twice, a repost with another title, the
// versions of one law.
//
// It decides: what a text is reduced to (Sketch: the MinHash signature of its
// runs of five characters, and its title without the words of an edition), how
// sketches are kept so that like ones are found by a few look-ups (bands of the
// signature, rows of one table), and how alike two sketches are. The index is
// written in the transaction that writes the version (Keep), so that it is never
// behind.
//
// It does not decide: who may see what was found, whether a copy is wrong, nor
// what a text is (library).
//
// Libraries were looked for: those for Go (ekzhu/minhash-lsh, dgryski/go-minhash,
// mfonda/simhash) have stood still since 2017 and keep their index in memory.
// Hashing is xxhash's; the signature is the textbook's sixty lines.
package likeness
