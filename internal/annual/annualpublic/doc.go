// Package annualpublic is the public's door below /annual/ of every hosted
// portal: the published annual forms of all sites and supervisors of the
// province, also of sites that are hosted elsewhere, to read, to download and as
// open data with its dictionary.
//
// It decides nothing and holds no way to the database: it answers from the
// statements the house signs.
package annualpublic
