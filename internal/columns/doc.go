// Package columns is the library seen from a column of a site (Articles 19(2),
// 27): what it asked to be offered, what fits it, when it falls due and what is
// planned for it.
//
// It decides which public items a subscription meets and what becomes of a
// proposal, in what order things that would fit are laid before a column, and
// how near a column is to its last day. It does not decide what a column is
// (registry), how long its cycle is counted (library's clock, kept by
// obligation), nor whether an item may be shown (library.Adopt, which respects
// the share attribute).
package columns
