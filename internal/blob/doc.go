// Package blob keeps evidence and attachments by the hash of their content.
//
// It decides how bytes come to rest (whole or not at all, also when the machine
// stops) and that what is handed out is what was put in: a changed file is an
// error, never a file. It does not know what a blob is for, who may see it or
// which are still wanted; names, types and permissions belong to the records
// that hold a Ref.
package blob
