// Package official reads and writes the papers an office exchanges: tables that
// come in as CSV or XLSX, tables that go out, and documents in the layout of
// GB/T 9704-2012 as DOCX and PDF. It is the only package that knows these file formats
// and the only one that imports their libraries.
//
// It decides how a file is opened safely (sizes, unpacking ratios, counts), how
// its characters and dates are read, and where each element of an official
// document stands on the page. It does not decide what a column means, whether
// a value is right, or what a document says: cells come back as the text a
// person sees, full-width digits and all, with a row number to point at.
//
// Every error about a file someone sent is a whole Chinese sentence naming the
// place, the cause and the cure.
//
// # Why the parts are written here
//
// DOCX: a GB/T 9704 page needs a character grid (28 by 22), exact line pitch,
// faces per East-Asian slot, odd and even footers with a page field, floating
// 版记 and repeating header rows. The library at hand (godocx) has no door to
// the grid, the footers or the even pages, so the ten small parts are written
// directly with archive/zip; nothing else imports it.
//
// PDF: gopdf embeds a subset of one TrueType font found on the machine; where
// lines break, and what may not begin one, is decided here.
//
// XLSX in: excelize read as a stream gives no cell types (a date is a number in
// a local format), stops without an error at broken XML, and loads the whole
// sheet to know the merged cells. A ledger that ends silently at row 300 is
// worse than one refused, so sheets are read here, row by row, with every limit
// in one place. XLSX out is excelize's stream writer.
//
// The words of a file, for checks (ReadWords), are read from all of its parts,
// of which no library at hand reads more than the body; each stretch of them
// knows where it stands.
package official
