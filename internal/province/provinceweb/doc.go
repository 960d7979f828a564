// Package provinceweb is the face of province: the province's choices with
// their history, the holiday notices, and the settings of the system.
//
// It shows and takes forms; what may be chosen and by whom, province decides.
package provinceweb
