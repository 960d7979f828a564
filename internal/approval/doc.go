// Package approval carries an application up a chain of steps and remembers
// every opinion.
//
// It knows cases, steps, opinions and attachments, and is ignorant of what is
// approved: the module that opens a case hands over the steps and registers
// what happens in the transaction of the last approval (Outcome). Either all of
// that happened or the case is still open.
//
// It decides whose turn it is and that nobody decides on their own
// application. Whether an application is lawful is decided by rules in the
// module that opens it, and again by that module when the outcome runs.
package approval
