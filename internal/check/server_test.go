package check

import (
	"strings"
	"testing"
)

// What was not told counts neither way.
func TestArticle22_DeepIPv6IsJudgedByWhatWasTold(t *testing.T) {
	for _, tt := range []struct {
		v    IPv6
		want Outcome
	}{
		{IPv6{}, Untested},
		{IPv6{Second: 20, SecondOK: 18}, Kept},
		{IPv6{Second: 20, SecondOK: 17}, Violated},
		{IPv6{Second: 20, SecondOK: 20, Third: 20, ThirdOK: 17}, Violated},
		{IPv6{Second: 20, SecondOK: 17, SecondUntold: 3}, Untested},
		{IPv6{Second: 20, SecondOK: 18, SecondUntold: 2}, Kept},
		{IPv6{Second: 20, SecondOK: 2, SecondUntold: 4}, Violated},
		{IPv6{Second: 20, SecondOK: 20, Third: 10, ThirdOK: 3, ThirdUntold: 7}, Untested},
		{IPv6{Second: 20, SecondUntold: 20}, Untested},
	} {
		if got, says := outcome(Facts{Server: &Server{Host: "www.a.gov.cn", IPv6: &tt.v}}, "host.ipv6_deep"); len(got) != 1 || got[0] != tt.want {
			t.Errorf("%+v: %v %v, want %s", tt.v, got, says, tt.want)
		}
	}
}

// An address of the sixth version that nobody opened proves nothing.
func TestArticle22_HomeOverIPv6(t *testing.T) {
	for _, tt := range []struct {
		v        IPv6
		want     Outcome
		severity Severity
		says     string
	}{
		{IPv6{Addresses: true, Reach: true, Opens: true}, Kept, Error, ""},
		{IPv6{Addresses: true, Reach: true}, Violated, Error, "打不开首页"},
		{IPv6{Addresses: true, Reach: true, Shut: "返回状态码 502"}, Violated, Error, "打不开首页（返回状态码 502）"},
		{IPv6{Addresses: true, Reach: true, Opens: true, Strange: "标题为“默认站点”"}, Violated, Advice, "不是同一个页面：标题为“默认站点”"},
		{IPv6{Addresses: true}, Untested, Error, "没有 IPv6 线路"},
		{IPv6{Addresses: true, Untried: "robots.txt 不允许"}, Untested, Error, "robots.txt 不允许"},
		{IPv6{Reach: true}, Violated, Error, "没有 IPv6 地址"},
		{IPv6{Untold: "域名没有解析"}, Untested, Error, "域名没有解析"},
	} {
		fs := ipv6Home(&Check{ID: "host.ipv6", Severity: Error}, &Facts{Server: &Server{Host: "www.a.gov.cn", Hosted: true, IPv6: &tt.v}})
		if len(fs) != 1 || fs[0].Outcome != tt.want || fs[0].Severity != tt.severity || !strings.Contains(fs[0].Says, tt.says) || tt.want == Untested && fs[0].Why == "" || tt.want == Violated && tt.v.Strange != "" && fs[0].Fix == "" {
			t.Errorf("%+v: %+v, want %s", tt.v, fs, tt.want)
		}
	}
}

func TestArticle24_WhereServersAre(t *testing.T) {
	home, lent := Place{Host: "www.a.gov.cn", Address: "1.2.3.4", Country: "CN"}, Place{Host: "cdn.b.com", Address: "5.6.7.8", Country: "US", Borrowed: true}
	for _, tt := range []struct {
		w    Where
		want Outcome
		sev  Severity
	}{
		{Where{At: []Place{home}}, Kept, Serious},
		{Where{At: []Place{home, lent}}, Violated, Error},
		{Where{At: []Place{{Host: "www.a.gov.cn", Country: "HK"}, lent}}, Violated, Serious},
		{Where{At: []Place{home}, Unknown: []string{"x：没有解析"}}, Untested, Serious},
		{Where{At: []Place{home, lent}, Unknown: []string{"x：没有解析"}}, Violated, Error},
	} {
		fs := serverAbroad(&Check{ID: "host.abroad", Severity: Serious}, &Facts{Server: &Server{Host: "www.a.gov.cn", Where: &tt.w}})
		if len(fs) != 1 || fs[0].Outcome != tt.want || fs[0].Severity != tt.sev {
			t.Errorf("%+v: %+v, want %s %s", tt.w, fs, tt.want, tt.sev)
		}
	}
}
