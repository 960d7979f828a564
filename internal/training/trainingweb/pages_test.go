package trainingweb_test

import (
	"testing"

	_ "zhengshu/internal/training/trainingweb"
	"zhengshu/internal/web/webtest"
)

func TestPages(t *testing.T) { webtest.CheckPages(t) }
