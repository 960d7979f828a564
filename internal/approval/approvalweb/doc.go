// Package approvalweb is the face of approval: the list of cases, one case with
// its form, rules, files, flow and opinions, its print, and the acts of the
// offices and of the applicant.
//
// It shows any kind of case through the presenter its module registered, and
// decides nothing: approval does.
package approvalweb
