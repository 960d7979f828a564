// Package visits counts how sites are read: the access log of a portal, and the
// figures of each site and day that the annual forms ask for (Article 19(6)).
//
// It decides what counts as a view and what as a machine's reading, how distinct
// visitors are told apart without cookies, what is kept of a reader and for how
// long. It does not decide what is served (portal) or what a form says
// (reporting).
//
// # Method
//
// A view (页面浏览量) is a GET of a page (HTML) answered 200 or 304 to a reader
// that does not call itself a machine. A machine is a reader whose agent is
// missing or names one of the words in machines; its requests are counted apart.
//
// A visitor (独立访客) is a network address cut to its network (IPv4 24 bits, IPv6
// 48) together with the agent, put through HMAC-SHA256 with a random key that is
// made anew each day and thrown away after the next. The same reader is counted
// once a day; on two days twice, since nothing ties one day to another. The
// number is estimated with HyperLogLog of 4,096 registers (standard error 1.6
// per cent; below some 10,000 by linear counting, where it errs less). The
// visitors of a year are the sum of its days.
//
// # What is kept
//
// The access log holds the cut address, the visitor's hash of that day, no query
// and no whole referrer; its files are kept for a stated number of days. Portals
// give the house sums only, in signed batches: no address and no hash leaves
// them; the sketches of visitors go after three days.
package visits
