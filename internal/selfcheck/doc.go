// Package selfcheck is the quarterly security self-check of a sponsor (Article
// 23(1): 每季度至少组织开展一次安全自查): a form whose items are versioned data
// with marks, the problems found with the day they are to be mended by, and the
// confirmation by the leader in charge.
//
// It decides when a self-check is complete and what it leaves owing. It does
// not look at any system itself: inspection and security do.
package selfcheck
