// Package blueprintweb is the console's door to blueprint: the templates, and
// the form by which one site or a whole batch is set up, rehearsed first.
//
// It decides nothing.
package blueprintweb
