package app

import (
	"net"
	"strings"
	"testing"

	"zhengshu/internal/fault"
)

// An address that cannot be listened on says which of its faults it has.
func TestAnAddressSaysWhyItIsNotListenedOn(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := taken.Close(); err != nil {
			t.Error(err)
		}
	})
	for addr, want := range map[string]string{
		"127.0.0.1:99999":     "端口“99999”不存在",
		"127.0.0.1:-1":        "端口“-1”不存在",
		"127.0.0.1:x y":       "端口“x y”不存在",
		"127.0.0.1":           "请写成 主机:端口",
		"::1:80":              "请写成 主机:端口",
		"192.0.2.7:0":         "不是本机的地址",
		taken.Addr().String(): "已被另一个程序占用",
	} {
		l, err := net.Listen("tcp", addr)
		if err == nil {
			if err := l.Close(); err != nil {
				t.Error(err)
			}
			t.Errorf("%s is listened on", addr)
			continue
		}
		f := fault.Of(cannotListen(addr, "--addr", err))
		if !strings.Contains(f.Says, want) || !strings.Contains(f.Says, "--addr") || strings.Contains(want, "占用") != strings.Contains(f.Says, "占用") {
			t.Errorf("%s: %s", addr, f.Says)
		}
		if syntax := addressWrong(addr, "--addr"); (syntax != nil) != (f.Kind == fault.Invalid) {
			t.Errorf("%s before listening: %v", addr, syntax)
		}
	}
	if err := addressWrong("[::]:8080", "--addr"); err != nil {
		t.Error(err)
	}
}
