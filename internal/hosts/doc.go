// Package hosts looks at the names and machines behind the sites of the ledger
// (Articles 22 to 24): IPv6 of the home page and of the links below it, the
// versions of TLS, the certificate, the expiry of the domain, whether the DNS
// says what the ledger expects, in which country the servers stand, and where
// the provider on record is at home.
//
// It decides when a site is looked at and keeps the last look. What is wrong is
// decided by package check and becomes a finding through package inspection;
// where a request may go is egress's. The data that say which country an address
// belongs to are a file of the operator's: without it the place is not tested.
// No registrar is asked: expiry and expected answers stand in the ledger.
package hosts
