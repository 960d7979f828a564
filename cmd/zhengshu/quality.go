package main

import (
	"bytes"
	"context"
	"fmt"
	"os"

	"zhengshu/internal/fault"
	"zhengshu/internal/newmedia"
	"zhengshu/internal/quality"
)

var qualityCommand = command{
	name: "quality", args: "--data-set DIR", says: "用带标注的数据集实测各项检查，写出质量报告",
	help: `DIR 是含有 03_html_pages、05_typos 等子目录的数据目录。没有的数据集写明“left out”，不算失败。
报告是 Markdown：写到 --write 的文件，没有就写到标准输出；--json 输出同样的数字。同一份数据、同一个版本，结果逐字相同。不访问网络。`,
	run: func(ctx context.Context, c *call) error {
		dir := c.flags.String("data-set", "", "数据目录")
		file := c.flags.String("write", "", "报告写到这个文件")
		asJSON := c.flags.Bool("json", false, "输出 JSON")
		if err := c.parse(0, 0); err != nil {
			return err
		}
		if *dir == "" {
			return usage{"需要 --data-set DIR"}
		}
		rep, err := quality.Measure(ctx, *dir, quality.Options{Feeds: feedPosts})
		if err != nil {
			return err
		}
		var b bytes.Buffer
		if err := rep.WriteMarkdown(&b); err != nil {
			return err
		}
		if *file != "" {
			if err := os.WriteFile(*file, b.Bytes(), 0o644); err != nil {
				return fault.Newf(fault.Invalid, "报告 %s 写不进去，请核对路径和权限。", *file).From(err)
			}
			fmt.Fprintf(c.stderr, "报告已写到 %s。\n", *file)
		}
		switch {
		case *asJSON:
			return writeJSON(c.stdout, rep)
		case *file == "":
			_, err := c.stdout.Write(b.Bytes())
			return err
		}
		return nil
	},
}

// feedPosts reads a feed as the check of accounts does.
func feedPosts(body []byte) ([]quality.Post, error) {
	list, err := newmedia.ReadFeed(body)
	out := make([]quality.Post, 0, len(list))
	for _, e := range list {
		out = append(out, quality.Post{Title: e.Title, On: e.On})
	}
	return out, err
}
