// Package movein takes in what an office already has: documents from its
// desks (DOCX, HTML, XLSX, JSONL, an archive of another house), and the pages of
// an old site. And it lets items out in the same forms.
//
// It decides how a foreign document becomes a document of the house, what can
// be guessed of its metadata, which pages of an old site are articles, and in
// which order a taking in goes: a rehearsal that writes nothing into the
// library, then the taking in, then, for thirty days, the undoing of the whole.
// Whatever the source, the rehearsal ends in one list of items, kept by its
// hash: the list that is shown is the list that comes in, and the list a
// move-in case approves.
//
// It does not decide what a list's row means and whether it may come live
// (library), how files are opened safely (official), what a page says about
// itself (check), how a site is visited (crawl), or where pictures are kept for
// good (whoever stands behind Shelf).
package movein
