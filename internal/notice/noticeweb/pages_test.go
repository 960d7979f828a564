package noticeweb_test

import (
	"testing"

	_ "zhengshu/internal/notice/noticeweb"
	"zhengshu/internal/web/webtest"
)

func TestPages(t *testing.T) { webtest.CheckPages(t) }
