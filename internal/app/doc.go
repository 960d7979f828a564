// Package app is the hall: it opens the house in one place (database, keys,
// blobs, services), registers outcomes, clocks and work, and serves or works
// until told to stop.
//
// It decides the wiring and the order of start and stop; it has no business
// rule of its own.
package app
