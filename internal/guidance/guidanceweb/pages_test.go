package guidanceweb_test

import (
	"testing"

	_ "zhengshu/internal/guidance/guidanceweb"
	"zhengshu/internal/web/webtest"
)

func TestPages(t *testing.T) { webtest.CheckPages(t) }
