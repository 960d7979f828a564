package jobs_test

import (
	"path/filepath"

	"zhengshu/internal/db"
)

func dirOf(d *db.DB) string { return filepath.Dir(d.Path()) }
