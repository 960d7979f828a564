package appearanceweb_test

import (
	"testing"

	_ "zhengshu/internal/appearance/appearanceweb"
	"zhengshu/internal/web/webtest"
)

func TestPages(t *testing.T) { webtest.CheckPages(t) }
