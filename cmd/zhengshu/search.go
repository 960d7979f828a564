package main

import (
	"context"
	"encoding/json"

	"zhengshu/internal/app"
	"zhengshu/internal/fault"
)

var searchCommand = command{
	name: "search", args: "", says: "站内搜索（从标准输入读）",
	help: `--jsonl：每行一个 {"qid","query"}，每行答一个 {"qid","hits":[{"ref","title","score"}]}，最好的在前，最多十条。
查的是各站点当前发布版本自带的索引，与门户上的搜索相同；撤下的查不到。`,
	run: func(ctx context.Context, c *call) error {
		_ = c.flags.Bool("jsonl", false, "成批：每行一个 JSON（唯一的方式）")
		store := c.store()
		if err := c.parse(0, 0); err != nil {
			return err
		}
		type hit struct {
			Ref   string  `json:"ref"`
			Title string  `json:"title"`
			Score float64 `json:"score"`
		}
		return store.with(ctx, func(h *app.House) error {
			return batch(ctx, c, func(in struct {
				QID   json.RawMessage `json:"qid"`
				Query *string         `json:"query"`
			}) (any, error) {
				if in.Query == nil {
					return nil, fault.New(fault.Invalid, "缺少 query 字段")
				}
				found, err := h.Search(ctx, *in.Query)
				if err != nil {
					return nil, err
				}
				hits := make([]hit, 0, len(found))
				for _, f := range found {
					hits = append(hits, hit{f.Ref, f.Title, f.Score})
				}
				return struct {
					QID  json.RawMessage `json:"qid"`
					Hits []hit           `json:"hits"`
				}{in.QID, hits}, nil
			})
		})
	},
}
