// Package annualweb is the console's door to the annual forms: the list of all
// that are in reach, one form with the source of each figure, the rows behind a
// figure, filling in, and the acts of its way to the public.
//
// It shows and takes; what a figure is, what contradicts and who may do what,
// annual decides.
package annualweb
