package lifecycleweb_test

import (
	"testing"

	_ "zhengshu/internal/lifecycle/lifecycleweb"
	"zhengshu/internal/web/webtest"
)

func TestPages(t *testing.T) { webtest.CheckPages(t) }
