// Package passage takes an object through its declared states and nowhere
// else.
//
// Each kind of object declares one Machine: a table of moves (from, act, to)
// with the guard and the permission named beside it. The same table stands in
// the database; every row of an object's history must name a declared move and
// begin where the row before it ended, by foreign keys on both databases. So a
// state cannot be changed past the table, not even by hand-written SQL.
//
// It does not decide whether a move is lawful now: guards run in the module
// that owns the object.
package passage
