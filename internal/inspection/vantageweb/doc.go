// Package vantageweb is the console's door to the vantages, the places from
// which availability is probed: which there are, how they stand, where they did
// not agree; and the agents' own door, where signed batches come in and signed
// lists go out.
//
// It decides nothing: whose signature counts and what the votes make of a site
// is inspection's.
package vantageweb
