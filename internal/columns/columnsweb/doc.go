// Package columnsweb is the screens of columns: when each falls due, what would
// fit it, its subscriptions, and the calendar of what is planned. It decides
// nothing; the columns package does.
package columnsweb
