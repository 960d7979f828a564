package vigilweb_test

import (
	"testing"

	_ "zhengshu/internal/vigil/vigilweb"
	"zhengshu/internal/web/webtest"
)

func TestPages(t *testing.T) { webtest.CheckPages(t) }
