package obligationweb_test

import (
	"testing"

	_ "zhengshu/internal/obligation/obligationweb"
	"zhengshu/internal/web/webtest"
)

func TestPages(t *testing.T) { webtest.CheckPages(t) }
