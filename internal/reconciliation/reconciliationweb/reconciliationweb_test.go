package reconciliationweb_test

import (
	"testing"

	_ "zhengshu/internal/reconciliation/reconciliationweb" // defines the pages
	"zhengshu/internal/web/webtest"
)

func TestPages(t *testing.T) { webtest.CheckPages(t) }
