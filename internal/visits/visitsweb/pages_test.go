package visitsweb_test

import (
	"testing"

	_ "zhengshu/internal/visits/visitsweb"
	"zhengshu/internal/web/webtest"
)

func TestPages(t *testing.T) { webtest.CheckPages(t) }
