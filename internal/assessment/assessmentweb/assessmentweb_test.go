package assessmentweb_test

import (
	"testing"

	_ "zhengshu/internal/assessment/assessmentweb"
	"zhengshu/internal/web/webtest"
)

func TestPages(t *testing.T) { webtest.CheckPages(t) }
