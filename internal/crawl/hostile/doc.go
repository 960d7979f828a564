// Package hostile is the range of hostile sites: one listener that serves, by
// host name, every site that would hang, flood, mislead or misuse an inspector.
// Tests and benches crawl it; nothing else does.
//
// It decides how each site misbehaves and what an inspector may say of it: which
// links and accesses are wrong, and which addresses must never be asked for. It
// does not decide how an inspector protects itself (egress, crawl) or what else
// is wrong with such pages (check).
package hostile
