// Package obligationweb is the face of obligation: the list of who owes what
// by when, and its part of the workbench.
//
// It shows the clocks and changes none of them; what a clock is about is done
// where it links to.
package obligationweb
