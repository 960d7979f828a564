// Package dashboard adds up what the other modules hold, for people who answer
// for many sites: what changed overnight, how places compare, how it goes from
// month to month, what lies how long, where orders wait, how often a rule was
// right, and what units are asked for (Articles 29 and 30).
//
// It decides nothing and changes no record of another module: it reads. Each
// number is a Figure, whose one condition both counts and lists, so that a
// number always opens exactly its rows. Sums over months are kept in tables of
// its own that one duty counts again from the rows (Recount); pages say when
// that was.
//
// It does not judge sites (assessment), does not find defects (inspection), sends
// nothing and ranks no person: places are ordered by what has become better, and
// neither readers nor likes are counted.
package dashboard
