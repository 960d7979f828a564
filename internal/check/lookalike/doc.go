// Package lookalike decides whether a host name pretends to be a government
// host: one of those it was given to protect, or a place's.
//
// It judges the name alone, offline, by general rules: a restricted suffix
// (gov.cn, 政务, 公益 and the like) cannot be had by an impostor and is never a
// look-alike; a name outside it is one when, read as a person reads it (glyphs
// folded, hyphens and service words dropped), it lies no more than one slip
// from a protected name, and the more it claims to be government the larger the
// slip it is forgiven.
//
// It does not decide that a host is an impostor: that takes a person looking at
// the page. It never resolves or contacts a name.
package lookalike
