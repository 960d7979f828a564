package approvalweb_test

import (
	"testing"

	_ "zhengshu/internal/approval/approvalweb"
	"zhengshu/internal/web/webtest"
)

func TestPages(t *testing.T) { webtest.CheckPages(t) }
