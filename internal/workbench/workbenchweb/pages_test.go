package workbenchweb_test

import (
	"testing"

	"zhengshu/internal/web/webtest"
	_ "zhengshu/internal/workbench/workbenchweb"
)

func TestPages(t *testing.T) { webtest.CheckPages(t) }
