package check

import (
	_ "embed"
	"slices"
	"strings"

	"zhengshu/internal/dom"
)

// embeddedPack is what is commonly built into pages, from elsewhere: data with their
// mark. What stands here is no sign of an attack by itself; what does not is none either.
type embeddedPack struct {
	Version string `json:"version"`
	Source  string `json:"source"`
	Mark    string `json:"mark"`
	// HiddenClasses are the classes by which common frameworks hide an element.
	HiddenClasses []string `json:"hidden_classes"`
	// ScriptHosts are domains, or hosts, of services that many pages take scripts from.
	ScriptHosts []string `json:"script_hosts"`
	// Miners are names in scripts that let the visitor's machine count for somebody.
	Miners []string `json:"miners"`
}

//go:embed embedded.json
var embeddedJSON []byte

// embedded is the compiled-in pack; a test holds that it is readable.
var embedded = func() (p embeddedPack) {
	if !readPack(embeddedJSON, &p) {
		return embeddedPack{}
	}
	return p
}()

var frameworkHides = func() map[string]bool {
	m := map[string]bool{}
	for _, c := range embedded.HiddenClasses {
		m[c] = true
	}
	return m
}()

// hiddenByFramework is the class by which a framework hides an element on every
// screen; "" when another class of it may show it on some.
func hiddenByFramework(classes string) string {
	by := ""
	for c := range strings.FieldsSeq(classes) {
		switch {
		case frameworkHides[c]:
			by = c
		case strings.HasPrefix(c, "d-"), strings.HasPrefix(c, "visible"), strings.HasPrefix(c, "show"), strings.HasPrefix(c, "layui-show"), strings.Contains(c, ":"), strings.HasPrefix(c, "sr-only-focusable"):
			return ""
		}
	}
	return by
}

// miner is the name of a mining script in a text; "" when there is none.
func miner(text string) string {
	if !strings.ContainsAny(text, "CcJjDdWwMm") {
		return ""
	}
	low := dom.Lowered(text)
	for _, m := range embedded.Miners {
		if strings.Contains(low, m) {
			return m
		}
	}
	return ""
}

var scriptChecks = []Check{
	{
		ID: "script.foreign", Articles: []string{"S23.1a"}, Severity: Advice, AppliesTo: anyPage,
		Says: Says{Fine: "页面脚本来自本站或常用服务", Wrong: "页面载入来源不明的站外脚本",
			HowToFix: "请核实该域名是否由本单位或承办单位选用：是的，改为放在本站；不是的，立即删除引用并排查全站模板。站外脚本可以改写整个页面，对方域名过期或被入侵时本站随之失守。"},
		Doubt: doubt(embedded.Mark, "管理细则没有逐项规定可以引用哪些站外脚本，常用服务的名单未经核对"), Evidence: "引用该脚本的页面源代码、页面快照和抓取时间", run: foreignScripts,
	},
}

// foreignScripts names the hosts outside the site and government that a page takes
// scripts from, where no list knows them. Nothing is wrong with it by itself; every page
// of a site says it in the same words, so a site hears of a host once.
func foreignScripts(c *Check, f *Facts) (out []Finding) {
	if f.Page == nil {
		return nil
	}
	said := map[string]bool{}
	for _, link := range f.Page.Links {
		if link.Kind != LinkScript {
			continue
		}
		t := judge(f.Page, f.Lexicon, link.URL)
		if !t.foreign || t.trusted || said[t.host] || len(said) >= maxSightings || onList(t.host, embedded.ScriptHosts) || f.Ledger.knowsHost(t.host) {
			continue
		}
		said[t.host] = true
		w := c.wrong(t.host, t.host)
		if t.bad != "" {
			w.Severity = Serious
			w.Says = "页面载入疑似违规站点的脚本：" + t.host + "（域名含“" + t.bad + "”）。"
		}
		out = append(out, w)
	}
	if len(out) == 0 {
		return []Finding{c.fine("")}
	}
	return out
}

// knowsHost reports whether the ledger names a host, or its domain, as the site's own.
func (l *Ledger) knowsHost(host string) bool {
	return l != nil && slices.ContainsFunc([]string{l.SiteDomain, l.ChineseDomain}, func(own string) bool {
		own = hostOf(own)
		return own != "" && siteOf(own) == siteOf(host)
	})
}
