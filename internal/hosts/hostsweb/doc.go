// Package hostsweb is the console's door to what was seen of the names and
// machines behind the sites: the list of all, and the sheet of one.
//
// It decides nothing: what is wrong is check's, when it is looked at hosts'.
package hostsweb
