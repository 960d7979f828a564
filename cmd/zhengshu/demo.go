package main

import (
	"context"
	"fmt"

	"zhengshu/internal/app"
)

var demoCommand = command{
	name: "demo", says: "生成与真实规模相当的演示省份，用来测量",
	help: `--scale 1 约为一个省：620 个站点、5000 个账号、6000 个单位、20000 个人（没有登录账号）。只写入空的数据目录，内容全部虚构。`,
	run: func(ctx context.Context, c *call) error {
		store := c.store()
		scale := c.flags.Float64("scale", 1, "规模，1 为一个省")
		if err := c.parse(0, 0); err != nil {
			return err
		}
		if *scale <= 0 || *scale > 10 {
			return usage{"--scale 应大于 0，不超过 10"}
		}
		return store.with(ctx, func(h *app.House) error {
			made, err := h.Populate(ctx, *scale)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.stdout, "单位 %d，人员 %d，站点 %d，账号 %d。\n", made.Units, made.People, made.Sites, made.Accounts)
			return err
		})
	},
}
