package closingweb_test

import (
	"testing"

	_ "zhengshu/internal/closing/closingweb"
	"zhengshu/internal/web/webtest"
)

func TestPages(t *testing.T) { webtest.CheckPages(t) }
