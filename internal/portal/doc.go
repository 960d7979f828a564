// Package portal delivers published sites to the public: bytes of the current
// release by host and path, the site's search, and the frame for other public
// doors.
//
// It decides which host leads to which site, how a request is answered
// (validators, ranges, compressed forms, security headers) and what stands in
// for a page that is not there. It opens the releases folder and nothing else:
// it works with the house database gone, or on another network, and serves
// nothing that the house has not signed.
//
// It does not decide what is live or what a page looks like.
package portal
