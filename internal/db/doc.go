// Package db opens either database and runs hand-written portable SQL on it.
//
// It decides how a transaction begins, retries and ends, what a write
// transaction must carry before it may commit (an audit entry, see
// ErrUnaudited), and how civil dates and instants travel. It does not know any
// table of the house except the closed list of quiet ones.
//
// SQL is written once in a PostgreSQL-style subset with $1 parameters.
// Identifiers are made in Go. Instants are UTC, truncated to the microsecond.
// SQLite runs with WAL, synchronous=FULL, one writer and a small read pool;
// PostgreSQL runs through native pgx. On both, no row is sql.ErrNoRows.
package db
