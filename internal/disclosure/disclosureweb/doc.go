// Package disclosureweb is the console's door to disclosure: the board of
// units, the catalogue of one unit with its columns and clocks, and the small
// forms that set them.
//
// It decides nothing.
package disclosureweb
