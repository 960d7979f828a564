package integrityweb_test

import (
	"testing"

	_ "zhengshu/internal/integrity/integrityweb"
	"zhengshu/internal/web/webtest"
)

func TestPages(t *testing.T) { webtest.CheckPages(t) }
