// Package libraryweb holds the screens of the library: the list of items, the
// editor's form, the item with its versions and places, the review page and
// the printable review record.
//
// It decides how these look and what a form's fields mean. It does not decide
// who may pass an item on or what bars a release: library does.
package libraryweb
