// Package closing closes a site or account without loss (Article 8(3)), and
// asks after disappearances that nobody reported (Article 8(1)).
//
// A closing is a project beside the approval: every column is decided (migrate
// to where, archive, drop with reason), the old site is kept as a WARC archive
// with hashes that can be read back, every old address has its answer in the
// redirect map, and what later capabilities will close (moving the content into
// the library, traffic figures, answering for the old host) stands as named open
// items that a person proves meanwhile.
//
// An outage of a day or more with no window opens an inquiry (核实单): the sponsor
// answers, the supervisor decides; unexplained it is a 自行下线, to which the
// records of accountability belong. They name the body that decided: a
// supervisor imposes no 处分.
//
// It does not decide whether an object may close or when it is closed
// (rules/sx2021, lifecycle), where requests may go (egress), or how politely a
// site is visited (crawl).
package closing
