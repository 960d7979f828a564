package main

import (
	"context"
	"os"
	"strings"

	"zhengshu/internal/app"
	"zhengshu/internal/fault"
)

var importItemsCommand = command{
	name: "import items", args: "FILE", says: "导入信息资源（JSONL），可把已公开的稿件按批准的迁入直接上线",
	help: `每行一个 {"ref","type","title","text" 或 "html","published","doc_no","issuer","source","category"}，null 等于没有；type 为 news notice policy interpretation 等，不认识的 category 作为文字保留。
--publish 站点/栏目：按这个站点已批准的迁入事项上线（来源记为“迁入”，记录办理人和清单摘要）；检查结果作为提示，不拒绝；公开日期晚于迁入事项的不收。命令结束时页面已生成、可检索。
` + reportHelp,
	run: func(ctx context.Context, c *call) error {
		store := c.store()
		asJSON := c.flags.Bool("json", false, "输出 JSON 报告")
		dry := c.flags.Bool("dry-run", false, "只报告，不写入")
		publish := c.flags.String("publish", "", "上线到 站点/栏目，例如 shaanxi/policies")
		if err := c.parse(1, 1); err != nil {
			return err
		}
		site, column, ok := strings.Cut(*publish, "/")
		if *publish != "" && !ok {
			return usage{"--publish 要写成 站点/栏目，例如 shaanxi/policies"}
		}
		f, err := os.Open(c.args[0])
		if err != nil {
			return fault.Newf(fault.Invalid, "文件 %s 打不开，请核对路径。", c.args[0]).From(err)
		}
		defer f.Close()
		return store.with(ctx, func(h *app.House) error {
			rep, err := h.ImportItems(ctx, f, app.ItemsInto{Site: site, Column: column, DryRun: *dry})
			if err != nil {
				return err
			}
			return c.report(rep, *asJSON)
		})
	},
}
