// Package library is the information resource library (信息资源库): every item
// enters it before any site shows it (Article 27), passes review by named
// persons through five gates (Article 19(3)), and is shown by reference, as
// placements in columns.
//
// It decides: what an item is and which version of it is the public one, who
// may pass it on and when (author and final reviewer are two persons; the
// database holds that too), where it stands, and that a withdrawal takes it
// from every place in one transaction. Versions are immutable; the first
// publication is written once.
//
// It does not decide how a page looks or when it is on disk (publishing, told
// through OnChange in the act's own transaction), what is wrong in a text
// (check, handed in as an Inspector), nor whether a move-in is granted
// (approval; AdmitMoveIn records the approved case).
package library
