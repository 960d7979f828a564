package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"zhengshu/internal/app"
	"zhengshu/internal/authz"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/movein"
)

var importItemsCommand = command{
	name: "import items", args: "FILE", says: "导入信息资源（JSONL、Word、网页、表格、归档），可把已公开的稿件按批准的迁入直接上线",
	help: `文件可以是 JSONL、.docx、.html、.xlsx、.csv、.txt、.zip（内含这些文件）或归档（见 export items）；JSONL 以外的先转成清单再导入，row 是清单的第几条。
JSONL 每行一个 {"ref","type","title","text" 或 "html","published","doc_no","issuer","source","category"}，null 等于没有；type 为 news notice policy interpretation 等，不认识的 category 作为文字保留。
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
			var list io.ReadSeeker = f
			var notes []string
			if foreign(c.args[0]) {
				made, err := os.CreateTemp("", "zhengshu-items-*.jsonl")
				if err != nil {
					return err
				}
				defer os.Remove(made.Name())
				defer made.Close()
				info, err := f.Stat()
				if err != nil {
					return err
				}
				if notes, err = h.MoveIn.Convert(ctx, []movein.Sent{{Name: filepath.Base(c.args[0]), Size: info.Size(), Content: f}}, made); err != nil {
					return err
				}
				list = made
			}
			rep, err := h.ImportItems(ctx, list, app.ItemsInto{Site: site, Column: column, DryRun: *dry})
			if err != nil {
				return err
			}
			for _, n := range notes {
				rep.Note(0, "%s", n)
			}
			return c.report(rep, *asJSON)
		})
	},
}

// foreign reports whether a file is to be made a list first; what has another
// name is read as a list, as ever.
func foreign(name string) bool {
	return slices.Contains([]string{".docx", ".html", ".htm", ".xlsx", ".csv", ".txt", ".zip", ".doc"}, strings.ToLower(filepath.Ext(name)))
}

var exportItemsCommand = command{
	name: "export items", args: "FILE", says: "导出信息资源：清单（.jsonl）或归档（.zip，含文件和摘要），可原样导入",
	help: `导出库里的全部稿件，各取最新一版。归档里有 items.jsonl、files/ 下的图片和附件、manifest.json（每个部件的 SHA-256）；导入时逐个核对。`,
	run: func(ctx context.Context, c *call) error {
		store := c.store()
		if err := c.parse(1, 1); err != nil {
			return err
		}
		archive := strings.EqualFold(filepath.Ext(c.args[0]), ".zip")
		return store.with(ctx, func(h *app.House) (err error) {
			f, err := os.OpenFile(c.args[0], os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
			if err != nil {
				return fault.Newf(fault.Invalid, "文件 %s 不能新建：已经有了，或者没有权限。", c.args[0]).From(err)
			}
			defer func() { err = errors.Join(err, f.Close()) }()
			items := func(each func(library.Outgoing) error) error {
				_, err := h.Library.Export(ctx, authz.System("export.items"), library.Filter{}, math.MaxInt, each)
				return err
			}
			n := 0
			if archive {
				n, err = h.MoveIn.WriteArchive(ctx, f, items)
			} else {
				n, err = h.MoveIn.WriteList(ctx, f, items)
			}
			if err != nil {
				return err
			}
			fmt.Fprintf(c.stdout, "导出 %d 篇到 %s\n", n, c.args[0])
			return nil
		})
	},
}
