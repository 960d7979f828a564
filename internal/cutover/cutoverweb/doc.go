// Package cutoverweb is the screens of the cut-over (存量认定): the board with
// the progress of each area, the list with its batch confirmation, the record of
// one object, and the clearance list with its plans.
//
// It shows and asks; what may be confirmed and when an entry is cleared is
// cutover's and registry's to decide.
package cutoverweb
