// Package egress is the only door through which the platform opens a connection to another machine.
//
// It decides where a request may go and how long and how large an answer may be: http and https only, ports 80 and 443
// plus those listed, a name resolved once, every address of the answer checked against the IANA special-purpose
// registries, the platform's own addresses and the metadata services of clouds, and the checked address dialled. The
// same check is made again at each redirect. A body is measured after decompression, and against what came over the
// wire, so that neither a large page nor a bomb fills the memory.
//
// It also answers one question of the national inspection indicators: whether a site opens ("站点无法访问", V-W-2).
//
// It does not decide which pages to visit, how often, or whether robots.txt allows it (package crawl), nor what a page
// says (package check). It keeps no cookies, reads no proxy variables, sends no credentials and runs no scripts.
//
// HTTP/1.1 is spoken on purpose: one request a connection at a time is what the limits on first byte, speed and
// per-host concurrency are counted in.
package egress
