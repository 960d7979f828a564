// Package bench sets the speeds of Zhengshu beside those of a peer or of what
// the machine can do at all, in the same run: an absolute figure tells of the
// machine, a ratio of the product.
//
// It is a module of its own, so that peers never become dependencies of the
// product. It decides how the two are paired (race), not how fast is fast
// enough. Everything stays on loopback.
package bench
