// Package publishing turns what is live in the library into releases: for each
// site an immutable set of pages, redirects and a search index, switched whole.
//
// It decides which pages depend on a change, where a page lies (an address once
// given never changes), when a release replaces the one before, and how a
// portal can tell that a release is the house's own (it is signed). Pages are
// kept once, by their content; a release is a tree of lists that share what did
// not change. A withdrawn item's page becomes 410 in the release that takes it
// from columns, feeds, maps and search.
//
// It does not decide what is live (library), what a page looks like (theme), or
// how it travels to readers (portal). A portal needs the releases folder and
// the public key, and no database: Store is all it opens.
//
// Layout of the folder:
//
//	release.pub                     public key of the house
//	objects/ab/abcdef…[.gz|.br]     pages, lists and manifests by SHA-256
//	sites/<id>/current              the manifest that is public now, signed
//	sites/<id>/search.a.db, .b.db   the search index of the release and the one being made
//	sites/<id>/lock                 held while a release is made
//
// A crash at any point leaves the old release or the new one: objects are
// written first, all are on the disk before anything names them, and current
// is renamed last.
package publishing
