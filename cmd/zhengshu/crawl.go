package main

import (
	"context"
	"fmt"
	"log/slog"

	"zhengshu/internal/app"
	"zhengshu/internal/inspection"
)

var crawlCommand = command{
	name: "crawl", says: "只做巡检：按平台签名的计划文件检查网站，把签名的结果文件交回，不连平台的数据库",
	help: `用于放在互联网一侧的巡检机。--plans 是计划文件的来处（平台数据目录下 exchange/patrol/plans，可经网闸或共享目录摆渡），--batches 是结果文件的去处（交到平台的 exchange/patrol/batches）。
--house 是平台公钥（exchange/patrol/house.pub）；本机公钥在 --data 下 crawler.pub，要先放进平台的 keys/crawlers。
有人在平台上点的检查和复测（urgent-*.plan）先做，各自交回一个结果文件。
中断后再次启动接着做，已经取回的页面不再访问。多个进程可以共用一个 --data，同一网站同时只由一个进程检查。`,
	run: func(ctx context.Context, c *call) error {
		plans := c.flags.String("plans", "", "计划文件所在的目录")
		batches := c.flags.String("batches", "", "结果文件放到哪个目录")
		data := c.flags.String("data", "crawler", "本进程的目录：待访问队列、已取回的页面、签名密钥")
		house := c.flags.String("house", "", "平台公钥，或存有公钥的文件")
		slots := c.flags.Int("sites", 8, "同时检查多少个网站")
		vantage := c.flags.String("vantage", "", "观察点名称，写入证据（默认本机名）")
		drawn := c.flags.Bool("browser", true, "用本机的 Chromium 查看页面显示和截图（没有安装则不做）")
		once := c.flags.Bool("once", false, "做完现有的计划就退出")
		allow := c.flags.String("allow", "", "放行的监听地址 HOST:PORT，多个用逗号分开")
		if err := c.parse(0, 0); err != nil {
			return err
		}
		if *plans == "" || *batches == "" || *house == "" {
			return usage{"需要 --plans、--batches 和 --house"}
		}
		policy, err := allowing(*allow)
		if err != nil {
			return err
		}
		return app.Crawl(ctx, app.CrawlConfig{Plans: *plans, Batches: *batches, Dir: *data, House: *house, Slots: *slots, Vantage: *vantage, Version: version(), Once: *once, Browser: *drawn, Policy: policy,
			Log: slog.New(slog.NewTextHandler(c.stderr, nil))}, func(public string) {
			fmt.Fprintf(c.stderr, "本机公钥：%s\n公钥指纹：%s\n", public, inspection.Fingerprint(public))
		})
	},
}
