// Package protectionweb is the console's door to protection: the board of gaps
// by unit, and the lists, pages and forms of 等级保护, of key devices and security
// products, and of hosting.
//
// It decides nothing: Articles 22 and 24 are applied by protection. A value
// that is not verified is shown as 未核实.
package protectionweb
