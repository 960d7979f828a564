// Package migrations holds the numbered schema files, one text for both
// databases (see db.Migrate).
package migrations

import "embed"

// Files are the schema files in order of their numbers.
//
//go:embed *.sql
var Files embed.FS
