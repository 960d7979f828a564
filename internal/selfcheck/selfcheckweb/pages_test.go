package selfcheckweb_test

import (
	"testing"

	_ "zhengshu/internal/selfcheck/selfcheckweb"
	"zhengshu/internal/web/webtest"
)

func TestPages(t *testing.T) { webtest.CheckPages(t) }
