package main

import (
	"context"
	"fmt"
	"time"

	"zhengshu/internal/app"
	"zhengshu/internal/calendar"
)

var demoCommand = command{
	name: "demo", says: "生成与真实规模相当的演示省份，用来测量",
	help: `--scale 1 约为一个省：620 个站点、5000 个账号、6000 个单位、20000 个人（没有登录账号），以及两年的审批事项和义务。只写入空的数据目录，内容全部虚构。`,
	run: func(ctx context.Context, c *call) error {
		store := c.store()
		scale := c.flags.Float64("scale", 1, "规模，1 为一个省")
		if err := c.parse(0, 0); err != nil {
			return err
		}
		if *scale <= 0 || *scale > 10 {
			return usage{"--scale 应大于 0，不超过 10"}
		}
		config := store.config()
		config.Clock = calendar.NewManual(time.Now()) // two years are lived through in a minute
		return with(ctx, config, func(h *app.House) error {
			made, err := h.Populate(ctx, *scale)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.stdout, "单位 %d，人员 %d，站点 %d，账号 %d，两年的审批事项 %d，义务 %d。\n", made.Units, made.People, made.Sites, made.Accounts, made.Cases, made.Obligations)
			return err
		})
	},
}
