package visits

import (
	"net/netip"
	"time"
)

// Hit is one request that a portal answered for a site.
type Hit struct {
	Site    string
	Host    string // as asked for, clean
	Method  string
	Path    string // without what was asked after the question mark
	Asked   bool   // something was asked after it
	Status  int
	Bytes   int64
	Kind    string // content type of the answer
	Client  netip.Addr
	Agent   string
	Referer string
	Proto   string
	Own     []string // hosts of the site, to tell its own links from others'
	At      time.Time
	Took    time.Duration
}
