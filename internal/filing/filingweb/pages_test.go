package filingweb_test

import (
	"testing"

	_ "zhengshu/internal/filing/filingweb"
	"zhengshu/internal/web/webtest"
)

func TestPages(t *testing.T) { webtest.CheckPages(t) }
