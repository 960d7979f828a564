package registry

import (
	"strings"
	"testing"
)

// FuzzPlatform reads addresses of accounts: what a platform's patterns take out of
// one stands in it.
func FuzzPlatform(f *testing.F) {
	for _, s := range []string{"", "https://weibo.com/u/2803301701", "https://www.douyin.com/user/MS4wLjABAAAA", "https://mp.weixin.qq.com/mp/profile_ext?__biz=MzA==", "weibo.com/%zz", "https://space.bilibili.com/1\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, address string) {
		for _, p := range AllPlatforms().Platforms {
			id, handle, ok := p.Read(address)
			if !ok && id+handle != "" || !strings.Contains(address, id) || !strings.Contains(address, handle) {
				t.Errorf("%s: %q, %q", p.ID, id, handle)
			}
		}
	})
}
