// Package obligation keeps every statutory clock: who owes what, by when,
// under which clause, and with what evidence it was done.
//
// An obligation is opened by an act or by the calendar, in the act's own
// transaction, and is discharged only with evidence. One idempotent sweep, at
// start and every minute, looks at what has come due since it last ran:
// it reminds, marks overdue and escalates to the supervisor, each once, also
// after an outage.
//
// It does not decide what the law asks (rules do) nor what evidence proves (the
// module that opened the obligation does).
package obligation
