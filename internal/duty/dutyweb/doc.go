// Package dutyweb is the face of the duty in the console: the duty desk, the
// roster of a month, the hand-over, the daily record, alarms, incident rooms and
// emergency takedowns.
//
// It decides how they look and which grave acts ask for the identity again
// (hand-overs, takedowns). Who may do what and when is duty's.
package dutyweb
