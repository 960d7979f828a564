package moveinweb_test

import (
	"testing"

	_ "zhengshu/internal/movein/moveinweb"
	"zhengshu/internal/web/webtest"
)

func TestPages(t *testing.T) { webtest.CheckPages(t) }
