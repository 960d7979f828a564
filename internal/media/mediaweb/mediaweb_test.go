package mediaweb_test

import (
	"testing"

	_ "zhengshu/internal/media/mediaweb"
	"zhengshu/internal/web/webtest"
)

func TestPages(t *testing.T) { webtest.CheckPages(t) }
