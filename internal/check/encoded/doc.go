// Package encoded reads what pages and addresses write in another way: percent signs,
// base64 and addresses that are their own page (data:).
//
// It decides what the text is, and whether it is one. It does not decide why it was
// written so; the encodings of whole pages are check's (Decode).
package encoded
