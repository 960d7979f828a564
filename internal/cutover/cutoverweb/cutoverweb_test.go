package cutoverweb_test

import (
	"testing"

	_ "zhengshu/internal/cutover/cutoverweb"
	"zhengshu/internal/web/webtest"
)

func TestPages(t *testing.T) { webtest.CheckPages(t) }
