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

// Where resolvers at other places lead elsewhere, it is a finding only for addresses
// that the ledger does not know, were told twice and no delivery network explains.
func TestArticle23_2_NamesThatLeadElsewhereForOthers(t *testing.T) {
	there := func(found, twice []string) []Elsewhere {
		return []Elsewhere{{From: "延安监测点", Found: found, Twice: twice, Dialled: found[0]}}
	}
	own, other := []string{"1.2.3.4"}, []string{"9.9.9.9"}
	for name, tt := range map[string]struct {
		n    Names
		want Outcome
		sev  Severity
		says string
	}{
		"the same":                           {Names{Found: own, Expected: own, Elsewhere: there(own, own)}, Kept, Serious, ""},
		"another that is on record":          {Names{Found: own, Expected: []string{"1.2.3.4", "9.9.9.9"}, Elsewhere: there(other, other)}, Kept, Serious, ""},
		"told once":                          {Names{Found: own, Expected: own, Elsewhere: there(other, nil)}, Untested, Serious, "“延安监测点”解析到 9.9.9.9"},
		"told twice":                         {Names{Found: own, Expected: own, Elsewhere: there(other, other)}, Violated, Error, "“延安监测点”两次解析到未登记的地址 9.9.9.9（并已连到 9.9.9.9）"},
		"a delivery network is on record":    {Names{Found: own, Expected: own, Spread: true, Elsewhere: there(other, other)}, Untested, Serious, "各地解析到的地址可以不同"},
		"the network of one on record":       {Names{Found: own, Expected: own, Elsewhere: there([]string{"1.2.3.9"}, []string{"1.2.3.9"})}, Untested, Serious, "同在一个网段"},
		"no address on record, and another":  {Names{Found: own, Elsewhere: there(other, other)}, Untested, Serious, "分不清是内容分发还是劫持"},
		"no address on record, and the same": {Names{Found: own, Elsewhere: there(own, own)}, Untested, Serious, "没有登记应有的解析地址"},
		"ours is strange too":                {Names{Found: other, Expected: own, Elsewhere: there(other, other)}, Violated, Serious, "解析到未登记的地址 9.9.9.9；“延安监测点”两次"},
		"ours could not be told":             {Names{Untold: "没有解析", Elsewhere: there(other, other)}, Untested, Serious, "没有解析"},
	} {
		fs := dnsDrift(&Check{ID: "host.dns", Severity: Serious, Says: Says{Wrong: "不一致"}}, &Facts{Server: &Server{Host: "www.a.gov.cn", Names: &tt.n}})
		if len(fs) != 1 || fs[0].Outcome != tt.want || fs[0].Severity != tt.sev || !strings.Contains(fs[0].Says+fs[0].Why, tt.says) {
			t.Errorf("%s: %+v, want %s %s", name, fs, tt.want, tt.sev)
		}
	}
	if beside("2400:3200::1", []string{"2400:3200:0:9::1"}) != true || beside("2400:3200:1::1", []string{"2400:3200::1"}) || beside("x", own) || beside("1.2.3.5", []string{"x"}) {
		t.Error("networks of the sixth version")
	}
}
