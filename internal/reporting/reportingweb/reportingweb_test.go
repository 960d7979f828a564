package reportingweb_test

import (
	"testing"

	_ "zhengshu/internal/reporting/reportingweb"
	"zhengshu/internal/web/webtest"
)

func TestPages(t *testing.T) { webtest.CheckPages(t) }
