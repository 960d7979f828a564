// Package platformweb is the console's door to platform: the platforms with
// their record (standard, technology, security, operation, 等保, IPv6, domestic
// products), the board of migration, the page of one site's way aboard, and the
// tenants with their quotas.
//
// It decides nothing. The stages it shows are facts that platform read; nobody
// ticks them.
package platformweb
