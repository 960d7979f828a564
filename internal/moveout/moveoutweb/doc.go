// Package moveoutweb is the console's export centre: everything of one's own
// site as one archive, asked for here, seen in progress, and fetched until it
// expires.
//
// It decides nothing. The right is the resident's (authz.SiteExport); the
// operator of the platform has it not.
package moveoutweb
