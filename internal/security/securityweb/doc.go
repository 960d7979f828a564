// Package securityweb is the console's door to the yearly check by 网信: plans,
// the sheet of each site, holes with their orders and retests.
//
// It decides nothing: who may fill in a sheet, close a hole or finish a year is
// security's.
package securityweb
