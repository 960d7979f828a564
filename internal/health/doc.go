// Package health puts on one card what is true of a hosted site now: its
// release and the release's age, what waits, its columns, findings, domains and
// certificates, availability, tenancy, quota and backup; and, for Article 11,
// how much a site publishes, serves and answers.
//
// It decides only which number is a worry. Every number is read from where the
// fact is kept, and leads to the rows behind it; nothing is kept here.
package health
