// Package frontier is the crawler's own store: which sites wait to be looked at,
// who is looking at which, what each page answered, what became of links, and how
// hosts answer addresses that nobody gave a page to.
//
// It decides whose turn it is (what a person waits for before patrols, then the
// host that has rested longest; never one host twice at once), how long a worker
// may hold a site without a sign of life, which known addresses of a site have waited
// longest (Due), and how old the verdict on a link may be
// to serve another site. A crawl that was broken off goes on from the answers kept
// here: Journal satisfies crawl.Keeper.
//
// It does not decide how a site is visited (crawl), what is wrong with a page
// (check) or what is filed of it (inspection): a round's order and result are bytes
// to it.
//
// It stands in a file of its own beside the embedded database, in the directory of
// a crawler without any, or, on PostgreSQL, in the house database. Losing it costs
// a day of crawling, never a record.
package frontier
