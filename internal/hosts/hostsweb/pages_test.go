package hostsweb

import (
	"strings"
	"testing"
	"time"

	"zhengshu/internal/fault"
	"zhengshu/internal/hosts"
	"zhengshu/internal/web/webtest"
)

func TestPages(t *testing.T) { webtest.CheckPages(t) }

// Address data that cannot be read are not called missing.
func TestUnusableAddressesAreNotCalledMissing(t *testing.T) {
	v := newList(nil, 0, hosts.Tally{}, 0, time.Time{})
	if got := v.Stats.Items[len(v.Stats.Items)-1].Note; !strings.Contains(got, "没有配置地址库") {
		t.Errorf("no file: %q", got)
	}
	v.unusable(fault.New(fault.Invalid, "地址库第 2 行不能识别。"))
	if got := v.Stats.Items[len(v.Stats.Items)-1].Note; strings.Contains(got, "没有配置") || !strings.Contains(v.Alert.Text, "第 2 行") {
		t.Errorf("a file that cannot be read: %q, %+v", got, v.Alert)
	}
}
