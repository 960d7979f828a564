package main

import (
	"context"
	"fmt"
	"time"

	"zhengshu/internal/app"
	"zhengshu/internal/calendar"
	"zhengshu/internal/demo"
)

var demoCommand = command{
	name: "demo", says: "生成与真实规模相当的演示省份，用来测量",
	help: `--scale 1 约为一个省：620 个站点、5000 个账号、6000 个单位、20000 个人（没有登录账号），两年的审批事项和义务，以及上一季度的检查：每月一次检查、发现的问题、整改通知、可用性和账号更新，可以从抽样办到印发通报。只写入空的数据目录，内容全部虚构。
--held 再把上一季度从抽样、评判、冻结、申诉办到公布，编好季度通报的草稿，另有一轮月检查在评判中。
--logins 给考核负责人、复核人和两名评判人登录账号，口令同演示，仅供测量时在界面上办理。`,
	run: func(ctx context.Context, c *call) error {
		store := c.store()
		scale := c.flags.Float64("scale", 1, "规模，1 为一个省")
		held := c.flags.Bool("held", false, "把上一季度的考核办到公布")
		logins := c.flags.Bool("logins", false, "给组织考核的人员登录账号")
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
			if _, err := fmt.Fprintf(c.stdout, "单位 %d，人员 %d，站点 %d，账号 %d，两年的审批事项 %d，义务 %d；上一季度发现问题 %d，整改通知 %d。\n", made.Units, made.People, made.Sites, made.Accounts, made.Cases, made.Obligations, made.Findings, made.Orders); err != nil {
				return err
			}
			if *held {
				if err := h.HoldQuarter(ctx); err != nil {
					return err
				}
				if _, err := fmt.Fprintln(c.stdout, "上一季度的考核已办到公布，季度通报已编好草稿。"); err != nil {
					return err
				}
			}
			if !*logins {
				return nil
			}
			if err := h.GiveLogins(ctx); err != nil {
				return err
			}
			for _, a := range demo.Appraisers {
				if _, err := fmt.Fprintf(c.stdout, "%s\t%s　%s\n", a.Name, a.Role, a.Does); err != nil {
					return err
				}
			}
			return nil
		})
	},
}
