package dutyweb_test

import (
	"testing"

	_ "zhengshu/internal/duty/dutyweb"
	"zhengshu/internal/web/webtest"
)

func TestPages(t *testing.T) { webtest.CheckPages(t) }
