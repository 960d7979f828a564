// Package meritweb are the screens of commendations and accountability: the
// list, a record with its history, and the forms by which one person enters it
// and another checks it. A person is named to the office that keeps the record
// and to the unit itself; to others only the unit.
package meritweb
