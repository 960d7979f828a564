package main

import (
	"context"
	"fmt"
	"os"

	"zhengshu/internal/app"
	"zhengshu/internal/fault"
)

var importSiteCommand = command{
	name: "import site", args: "FILE", says: "把整站导出的压缩包导入本系统，按原网址公开",
	help: `FILE 是“导出中心”或另一套系统导出的 .zip。逐一核对各部分的摘要，有一处不符就不导入任何内容。
主办单位要先在单位台账中登记，并至少有两名人员。再导入一次同一文件不会重复。命令结束时页面已生成、可检索。`,
	run: func(ctx context.Context, c *call) error {
		store := c.store()
		unit := c.flags.String("unit", "", "主办单位全称")
		if err := c.parse(1, 1); err != nil {
			return err
		}
		if *unit == "" {
			return usage{"请用 --unit 写明主办单位全称"}
		}
		f, err := os.Open(c.args[0])
		if err != nil {
			return fault.Newf(fault.Invalid, "文件 %s 打不开，请核对路径。", c.args[0]).From(err)
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return err
		}
		return store.with(ctx, func(h *app.House) error {
			out, err := h.BringSite(ctx, f, info.Size(), *unit)
			if err != nil {
				return err
			}
			fmt.Fprintf(c.stdout, "%s：栏目 %d 个，稿件 %d 篇，附件 %d 个，已办结来信 %d 封。\n", out.Site.Name, out.Columns, out.Items, out.Files, out.Letters)
			if out.LettersOpen > 0 {
				fmt.Fprintf(c.stdout, "%d 封来信在原平台没有办结，没有迁入：来信人的联系方式不随包带走，请在原平台答复。\n", out.LettersOpen)
			}
			if out.LettersHidden > 0 {
				fmt.Fprintf(c.stdout, "%d 封来信的公开文本含有个人信息，已迁入、没有公开。\n", out.LettersHidden)
			}
			refused := 0
			for _, rep := range out.Reports {
				refused += len(rep.Refused)
				for _, x := range rep.Refused {
					fmt.Fprintf(c.stdout, "第 %d 篇没有导入：%s\n", x.Row, x.Says)
				}
			}
			if refused > 0 {
				return fault.Newf(fault.Invalid, "有 %d 篇稿件没有导入，其余已公开。", refused)
			}
			return nil
		})
	},
}
