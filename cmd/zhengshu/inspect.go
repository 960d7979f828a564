package main

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"strings"

	"zhengshu/assets"
	"zhengshu/internal/browser"
	"zhengshu/internal/calendar"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/rules/packs"
)

var inspectCommand = command{
	name: "inspect", args: "URL", says: "检查一个网站：能否打开、链接、标签、页脚、更新、个人信息、错字、暗链",
	help: `输出（--json）：{"url","started","pages","findings","untested":[{"check","why"}]}。
遵守 robots，同一主机间隔访问；不访问内网和保留地址，除非用 --allow 明确放行。不需要数据库，不写入任何东西。`,
	run: func(ctx context.Context, c *call) error {
		asJSON := c.flags.Bool("json", false, "输出 JSON")
		pages := c.flags.Int("max-pages", 200, "最多看多少页")
		allow := c.flags.String("allow", "", "放行的监听地址 HOST:PORT（如 127.0.0.1:8080），多个用逗号分开")
		drawn := c.flags.Bool("browser", false, "用本机的 Chromium 查看页面显示（适应宽度、载入时间、无障碍）")
		delay := c.flags.Duration("delay", 0, "同一主机两次请求的间隔，0 为默认")
		if err := c.parse(1, 1); err != nil {
			return err
		}
		policy, err := allowing(*allow)
		if err != nil {
			return err
		}
		all, err := packs.Embedded()
		if err != nil {
			return err
		}
		today := calendar.Today(calendar.System())
		o := engine.Options{MaxPages: *pages, Today: today, Delay: *delay}
		if p, ok := packs.Pick(all, "gwb-2019-19", today); ok {
			o.Limits = engine.LimitsOf(p)
		}
		if o.Scanner, err = scanner(); err != nil {
			return err
		}
		if *drawn {
			o.Browser = browser.New(browser.Settings{Axe: assets.Axe()})
		}
		o.Progress = func(visited int, url string, _ bool) {
			if !*asJSON {
				fmt.Fprintf(c.stderr, "\r已看 %d 页", visited)
			}
		}
		client := egress.New(policy)
		defer client.Close()
		rep, err := engine.Inspect(ctx, client, nil, engine.Target{URL: c.args[0]}, o)
		if err != nil {
			return err
		}
		if *asJSON {
			return writeJSON(c.stdout, rep)
		}
		fmt.Fprintf(c.stdout, "\n%s：看了 %d 页，发现 %d 个问题，未能检查 %d 项。\n", rep.URL, rep.Pages, len(rep.Findings), len(rep.Untested))
		for _, f := range rep.Findings {
			fmt.Fprintf(c.stdout, "  [%s] %s\n      %s\n", f.Check, f.Says, cmp.Or(f.Near(), f.Where))
		}
		for _, u := range rep.Untested {
			fmt.Fprintf(c.stdout, "  未检查 %s：%s\n", u.Check, u.Why)
		}
		return nil
	},
}

// allowing is the strict policy with the named listeners added. A name under
// localhost goes to the first of them that is on this machine.
func allowing(list string) (egress.Policy, error) {
	var p egress.Policy
	for _, s := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' }) {
		host, port, ok := strings.Cut(s, ":")
		if ok && host == "localhost" {
			s = "127.0.0.1:" + port
		}
		a, err := netip.ParseAddrPort(s)
		if err != nil {
			return p, fault.Newf(fault.Invalid, "--allow 的“%s”应是 IP:端口，例如 127.0.0.1:8080。", s).From(err)
		}
		p.Allow = append(p.Allow, a)
		p.Ports = append(p.Ports, a.Port())
		if a.Addr().IsLoopback() && !p.Local.IsValid() {
			p.Local = a
		}
	}
	return p, nil
}
