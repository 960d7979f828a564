// Package newmediaweb is the console's door to the check sheets of new-media
// accounts: the list of all, the sheet of one with its receipts and feed, and
// the import of posts.
//
// It decides nothing: what is wrong is check's, what is owed newmedia's.
package newmediaweb
