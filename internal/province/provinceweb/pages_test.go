package provinceweb_test

import (
	"testing"

	_ "zhengshu/internal/province/provinceweb"
	"zhengshu/internal/web/webtest"
)

func TestPages(t *testing.T) { webtest.CheckPages(t) }
