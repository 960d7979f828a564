package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/vantage"
)

var agentCommand = command{
	name: "agent", says: "在别处探测网站能否访问，把结果签名交回",
	help: `在“监测点”页面登记后得到密钥，在那台机器上运行：
  zhengshu agent --house https://本系统网址 --key 密钥
不能直接访问本系统时用文件交换：从页面下载清单，运行
  zhengshu agent --key 密钥 --plan 清单.json --out 结果.json [--for 1h]
再把结果文件交回页面。清单和结果都有签名，内容被改动的不收。
主系统版本较低的，联网时自动改用较早的格式；用文件交换、提示内容不能识别的，加 --older-house。
密钥也可用环境变量 ZHENGSHU_AGENT_KEY 给出。`,
	run: runAgent,
}

func runAgent(ctx context.Context, c *call) error {
	house := c.flags.String("house", "", "本系统的网址")
	word := c.flags.String("key", os.Getenv("ZHENGSHU_AGENT_KEY"), "监测点密钥（也可用环境变量 ZHENGSHU_AGENT_KEY）")
	planFile := c.flags.String("plan", "", "清单文件：不联本系统，用文件交换")
	out := c.flags.String("out", "", "结果文件，与 --plan 同用")
	span := c.flags.Duration("for", 0, "用文件交换时连续探测多久；0 为一轮")
	older := c.flags.Bool("older-house", false, "主系统版本较低、提示内容不能识别而不收结果文件时用：按最早的格式写")
	atOnce := c.flags.Int("at-once", 64, "同时探测几个目标")
	if err := c.parse(0, 0); err != nil {
		return err
	}
	if (*house == "") == (*planFile == "") || (*planFile == "") != (*out == "") || *atOnce < 1 || *atOnce > 1000 {
		return usage{"需要 --house，或者 --plan 和 --out；--at-once 为 1 至 1000"}
	}
	key, err := vantage.ParseKey(*word)
	if err != nil {
		return err
	}
	client := egress.New(egress.Policy{})
	defer client.Close()
	a := &vantage.Agent{Key: key, Client: client, AtOnce: *atOnce, Version: version(), Older: *older}
	tell := func(format string, args ...any) {
		fmt.Fprintf(c.stderr, time.Now().Format("15:04:05 ")+format+"\n", args...)
	}
	if *planFile != "" {
		return agentByFile(ctx, a, *planFile, *out, *span, tell)
	}
	at := strings.TrimRight(*house, "/") + "/exchange/vantages"
	return a.Run(ctx, func(ctx context.Context, batch []byte) ([]byte, error) {
		// Named by the operator: the house often stands inside.
		r, err := client.PostUpTo(ctx, at, http.Header{"Content-Type": {"application/json"}}, batch, true, vantage.MaxWire)
		if err != nil {
			return nil, err
		}
		if r.Status != http.StatusOK {
			kind := fault.Unavailable
			switch r.Status {
			case http.StatusUnprocessableEntity:
				kind = fault.Invalid
			case http.StatusForbidden:
				kind = fault.Forbidden
			case http.StatusNotFound:
				kind = fault.NotFound
			case http.StatusConflict:
				c, err := vantage.OpenCount(key.House, r.Body)
				if err != nil {
					return nil, err
				}
				return r.Body, fault.New(fault.Conflict, c.Says)
			}
			return nil, fault.New(kind, strings.TrimSpace(string(r.Body[:min(len(r.Body), 300)])))
		}
		if r.Partial {
			return nil, errors.New("the list was cut")
		}
		return r.Body, nil
	}, tell)
}

// agentByFile reads a list, probes, and writes the signed results.
func agentByFile(ctx context.Context, a *vantage.Agent, planFile, out string, span time.Duration, tell func(string, ...any)) error {
	wire, err := os.ReadFile(planFile)
	if err != nil {
		return fault.Newf(fault.Invalid, "清单文件 %s 读不出来，请检查路径。", planFile).From(err)
	}
	p, err := vantage.OpenPlan(a.Key.House, wire)
	if err != nil {
		return err
	}
	if p.Vantage != a.Key.Vantage {
		return fault.New(fault.Forbidden, "清单是给别的监测点的，请核对密钥。")
	}
	a.CountFrom(p.Taken)
	if time.Now().After(p.Until) {
		return fault.New(fault.Invalid, "清单已过期（有效期 7 天），请重新下载。")
	}
	end := time.Now().Add(span)
	for {
		begun := time.Now()
		n := a.Round(ctx, p, span > 0)
		tell("探测 %d 个目标，用时 %s", n, time.Since(begun).Round(time.Millisecond))
		if ctx.Err() != nil || !time.Now().Add(p.Every-time.Since(begun)).Before(end) {
			break
		}
		select {
		case <-ctx.Done():
		case <-time.After(p.Every - time.Since(begun)):
		}
	}
	batch, err := a.Batch(time.Now())
	if err != nil {
		return err
	}
	if p.Format == 0 && !a.Older {
		tell("清单没有写明主系统的版本。主系统如提示内容不能识别而不收结果，请加 --older-house 再探测一次，并尽快把主系统更新到同一版本")
	}
	if err := os.WriteFile(out, batch, 0o600); err != nil {
		return fault.Newf(fault.Invalid, "结果文件 %s 写不进去，请检查路径和权限。", out).From(err)
	}
	return nil
}
