// Package filingweb is the face of filing: the sponsor's list of registrations
// and deregistrations, the work list of the bodies that receive them, the page
// of one item, and their part of the workbench.
//
// It decides nothing: the sponsor records, the body confirms or says what is
// missing.
package filingweb
