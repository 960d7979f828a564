package gbh2018

import "testing"

func TestNamesOfGovernmentWebsites(t *testing.T) {
	for _, tt := range []struct {
		name Name
		want string // rule id, "" for none
	}{
		{Name{Host: "www.xianyang.gov.cn", Portal: true}, ""},
		{Name{Host: "www.qindu.xianyang.gov.cn", Portal: true}, ""},
		{Name{Host: "xianyang.gov.cn", Portal: true}, "S10.1.portal_name"},
		{Name{Host: "swj.xianyang.gov.cn", Department: true, Zones: []string{"xianyang.gov.cn"}}, ""},
		{Name{Host: "swj.weinan.gov.cn", Department: true, Zones: []string{"xianyang.gov.cn"}}, "S10.1.department_name"},
		{Name{Host: "swj.weinan.gov.cn", Department: true}, ""},
		{Name{Host: "fakexianyang.gov.cn", Department: true, Zones: []string{"xianyang.gov.cn"}}, "S10.1.department_name"},
		{Name{Host: "www.xianyang.com", Portal: true}, "S10.1.suffix"},
		{Name{Host: "www.xianyang.com.cn"}, "S10.1.suffix"},
		{Name{Host: "xianyang.gov.cn.com"}, "S10.1.suffix"},
		{Name{Host: "xn--55qx5d.xn--zfr164b", Portal: true}, ""},
		{Name{Host: "yy.weinan.gov.cn", Institution: true}, "S10.1.institution"},
		{Name{Host: "xn--55qx5d.xn--55qw42g", Institution: true}, ""},
	} {
		got := ""
		if b := CheckName(tt.name); len(b) > 0 {
			got = b[0].Rule.ID
			if b[0].Detail == "" {
				t.Errorf("%s: %s says nothing", tt.name.Host, got)
			}
		}
		if got != tt.want {
			t.Errorf("%+v: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestKindBySuffix(t *testing.T) {
	for host, want := range map[string]Kind{"a.gov.cn": English, "a.xn--zfr164b": Chinese, "a.xn--55qw42g": Chinese, "gov.cn.com": Other, "localhost": Other, "": Other} {
		if got := KindOf(host); got != want {
			t.Errorf("%s is %s, want %s", host, got, want)
		}
	}
}
