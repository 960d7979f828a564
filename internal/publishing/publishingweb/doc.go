// Package publishingweb is the screen of a hosted site's releases: what was
// published when, how long it took, and the button that draws every page anew.
//
// It decides what a person sees of publishing. What goes into a release and
// when it is switched is publishing's to decide.
package publishingweb
