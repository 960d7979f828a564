// Package jobs does work after an act: durably, at least once, in any process.
//
// A job is inserted in the transaction of the act that asks for it (Enqueue),
// so it exists exactly when the act does. It decides who works it, when it is
// tried again, how long a silent process keeps it, and when a periodic duty
// fires. It does not know what any kind of work means: arguments and handlers
// belong to the packages that do the work.
//
// Promises, on SQLite and on PostgreSQL alike:
//
//   - An acknowledged job is never lost: it waits, runs, or stands as failed
//     until somebody retries or removes it.
//   - Handle runs at least once. HandleTx commits its effect and the end of the
//     job together, so the effect happens exactly once.
//   - Unique(key) makes waiting jobs of one kind and key one job; the running
//     one does not count, since it may already have read what has just changed.
//     Two of one kind and key never run at the same time.
//   - A job of a process that died is taken up again after Config.Lease.
//   - What is told of a job given up for good (GivenUp) commits with that, also
//     when the job took its process down at each attempt.
//   - Every fires at start and then each period, in one process at a time.
//
// An idle process commits nothing: it looks through the read pool every 200 ms,
// and is woken at once by its own commits and, on PostgreSQL, by NOTIFY.
//
// Processes that share a PostgreSQL need clocks that agree to well within
// Config.Lease. The measurements behind the choice are in
// docs/decisions/0001-jobs.md.
package jobs
