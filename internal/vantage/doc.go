// Package vantage is one place from which sites are looked at: the agent's side
// of availability (indicator V-W-2). It takes a signed list of targets from the
// house, probes them over fresh connections at the house's interval, tests its
// own line before each round, and gives back signed batches, over the network
// or as files (readings 22). With them it tells where its own resolver leads.
//
// It decides when its own line is down and that such a round says nothing. It
// does not decide when a site is down: the house does, from the votes of all
// vantages. It has no database and holds no more than one round that was not
// handed over.
package vantage
