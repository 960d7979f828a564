package main

import (
	"context"
	"fmt"
	"net"

	"zhengshu/internal/app"
)

var serveCommand = command{
	name: "serve", says: "启动：门户、管理台、接口和后台任务（一个进程）",
	help: `已登记站点的域名显示其门户；/console 是管理台；/api/v1 是接口。/healthz 在首页可用后答 200，/readyz 说明各部分状态，/metrics 在 --ops 地址上。
--demo 在空目录里建立演示省份，其他域名显示演示首页。同一数据库上可以启动多个进程（PostgreSQL），它们共用任务和会话，密钥目录 keys 要相同。`,
	run: func(ctx context.Context, c *call) error {
		store := c.store()
		addr := c.flags.String("addr", "127.0.0.1:8080", "监听地址")
		ops := c.flags.String("ops", "", "运行指标的监听地址，空为不开")
		demo := c.flags.Bool("demo", false, "演示省份和演示首页")
		reach := c.reach()
		drawn := c.flags.Bool("browser", true, "检查网站时用本机的 Chromium 查看页面显示和截图（没有安装则不做）")
		secure := c.flags.Bool("https", false, "前面有 HTTPS 代理：Cookie 只走 HTTPS")
		if err := c.parse(0, 0); err != nil {
			return err
		}
		cfg := store.config()
		cfg.Browser = *drawn
		cfg.Addr, cfg.Ops, cfg.Demo, cfg.Secure, cfg.Reach = *addr, *ops, *demo, *secure || len(reach.secured) > 0 && *reach.redirect, reach.config()
		h, err := app.Open(ctx, cfg)
		if err != nil {
			return err
		}
		err = h.Serve(ctx, func(a net.Addr) { fmt.Fprintf(c.stderr, "政枢正在监听 http://%s\n", a) })
		if closing := h.Close(context.WithoutCancel(ctx)); err == nil {
			err = closing
		}
		return err
	},
}

var workCommand = command{
	name: "work", says: "只做后台任务，不监听（与 serve 共用数据库）",
	run: func(ctx context.Context, c *call) error {
		store := c.store()
		drawn := c.flags.Bool("browser", true, "检查网站时用本机的 Chromium 查看页面显示和截图（没有安装则不做）")
		if err := c.parse(0, 0); err != nil {
			return err
		}
		cfg := store.config()
		cfg.Browser = *drawn
		return with(ctx, cfg, func(h *app.House) error { return h.Work(ctx) })
	},
}
