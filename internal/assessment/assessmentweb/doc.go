// Package assessmentweb is the console's door of assessment: orders with their
// answers and retests, the score of a site with the findings behind each
// point, and the packs with their marks and adoption.
//
// It decides what is on a screen and which button is offered; what an order,
// a deadline or a point is, package assessment decides.
package assessmentweb
