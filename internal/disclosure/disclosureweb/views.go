package disclosureweb

import "embed"

//go:embed views/*.html
var views embed.FS
