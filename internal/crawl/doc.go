// Package crawl visits the pages of a site politely and hands them on as they came: bytes, header, links.
//
// It decides which URL is the same page as which (Canonical), in what order pages are visited (breadth first, hosts in
// turn, the same order on every run over the same site), how fast (at most so many requests to a host at once, a pause
// between them, Crawl-delay and Retry-After obeyed within bounds), what robots.txt forbids, and where a site that never
// ends is left: depth, number of URLs, calendars, facets, session ids, pages alike. Whatever is left out is reported with
// its reason, since an inspector must know what was not looked at.
//
// It does not decide which addresses may be dialled and how large an answer may be (package egress), what encoding a
// page is in or what is wrong with it (package check), or what a dead link costs a site (package assessment). It knows
// no database: a frontier that outlives the process satisfies Frontier.
//
// Links are taken from the raw bytes, before any decoding, or from the tree that Plan.Prepare has made of a page whose
// bytes are its text: the same links in the same order. That is sound for every encoding whose ASCII is ASCII, GBK
// and GB18030 included, for no second byte of theirs is a quotation mark or an angle bracket; UTF-16 is told by its
// byte order mark and decoded.
package crawl
