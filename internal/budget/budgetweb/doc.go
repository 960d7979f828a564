// Package budgetweb is the console's door to budget: the year's roll-up by
// class, the units with their sums and gaps, and the form of a unit's year.
//
// It decides nothing. Amounts are read as people write them, and a page says
// how they were understood.
package budgetweb
