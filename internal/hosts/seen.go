package hosts

import (
	"cmp"
	"fmt"
	"strings"

	"zhengshu/internal/check"
)

// seen is what a look saw of that which a check is about, a line each: the
// evidence of its finding.
func seen(id string, facts check.Server) string {
	var lines []string
	line := func(name, value string) { lines = append(lines, name+"："+cmp.Or(value, "没有")) }
	said := func(untold string) bool {
		if untold != "" {
			line("没有查到", untold)
		}
		return untold != ""
	}
	yes := map[bool]string{true: "是", false: "否"}
	line("主机", facts.Host)
	switch v := facts; {
	case strings.HasPrefix(id, "host.ipv6") && v.IPv6 != nil && !said(v.IPv6.Untold):
		line("有IPv6地址", yes[v.IPv6.Addresses])
		switch six := v.IPv6; {
		case !six.Addresses:
		case !six.Reach:
			line("首页经IPv6打开", "未能检测，"+cmp.Or(six.Untried, "本机没有IPv6线路"))
		case !six.Opens:
			line("首页经IPv6打开", "否，"+six.Shut)
		case six.Strange != "":
			line("首页经IPv6打开", "是，但不是同一个页面，"+six.Strange)
		default:
			line("首页经IPv6打开", "是")
		}
		line("首页上的本站链接", fmt.Sprintf("%d个，其中%d个支持IPv6", v.IPv6.Second, v.IPv6.SecondOK))
		line("下一级页面上的本站链接", fmt.Sprintf("%d个，其中%d个支持IPv6", v.IPv6.Third, v.IPv6.ThirdOK))
	case (id == "host.tls" || id == "host.certificate") && v.TLS != nil && !said(v.TLS.Untold):
		line("提供加密连接", yes[v.TLS.Offered])
		line("最高版本", v.TLS.Best)
		line("仍接受的旧版本", strings.Join(v.TLS.Old, "、"))
		line("不再安全的算法", v.TLS.Weak)
		line("证书问题", v.TLS.Fault)
		line("证书到期", v.TLS.Until.String())
	case id == "host.dns" && v.Names != nil && !said(v.Names.Untold):
		line("解析到的地址", strings.Join(v.Names.Found, "、"))
		line("台账登记的地址", strings.Join(v.Names.Expected, "、"))
		for _, e := range v.Names.Elsewhere {
			line("“"+e.From+"”解析到的地址", strings.Join(e.Found, "、"))
			line("“"+e.From+"”实际连到", e.Dialled)
		}
		line("查到的域名服务器", strings.Join(v.Names.Servers, "、"))
		line("台账登记的域名服务器", strings.Join(v.Names.ServersDue, "、"))
	case id == "host.abroad" && v.Where != nil && !said(v.Where.Untold):
		for _, at := range v.Where.At {
			line(at.Host, at.Address+"，"+cmp.Or(at.Country, "数据中查不到"))
		}
		for _, h := range v.Where.Unknown {
			line("没有查到", h)
		}
		line("地址数据", v.Where.Source)
	case id == "host.provider" && v.Hosting != nil:
		line("服务商", v.Hosting.Provider)
		line("服务商所属", v.Hosting.ProviderName)
		line("服务器所在", v.Hosting.ServerAt)
	case id == "host.domain_expiry":
		line("台账登记的域名到期日", v.DomainUntil.String())
	}
	return strings.Join(lines, "\n")
}
