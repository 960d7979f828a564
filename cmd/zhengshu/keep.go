package main

import (
	"context"
	"errors"
	"fmt"

	"zhengshu/internal/app"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
)

var versionCommand = command{
	name: "version", says: "版本",
	run: func(ctx context.Context, c *call) error {
		if err := c.parse(0, 0); err != nil {
			return err
		}
		_, err := fmt.Fprintln(c.stdout, version())
		return err
	},
}

var migrateCommand = command{
	name: "migrate", says: "把数据库结构升级到本版本（serve 启动时也会自动做）",
	run: func(ctx context.Context, c *call) error {
		store := c.store()
		if err := c.parse(0, 0); err != nil {
			return err
		}
		return store.with(ctx, func(h *app.House) error {
			_, err := fmt.Fprintf(c.stderr, "数据库结构已是最新（%s）。\n", h.DB.Dialect())
			return err
		})
	},
}

var verifyAuditCommand = verification("verify audit", "校验审计链：被改、被删、调换、未入链的记录和被截去的尾部",
	"输出（--json）：{\"entries\",\"links\",\"head\",\"damage\":[{\"kind\",\"seq\",\"entry\",\"says\"}]}。发现损坏时退出码 3。",
	func(ctx context.Context, h *app.House) (verified, error) {
		rep, err := h.VerifyAudit(ctx)
		v := verified{report: rep, says: fmt.Sprintf("审计记录 %d 条，链上 %d 号，损坏 %d 处。", rep.Entries, rep.Head.Seq, len(rep.Damage))}
		for _, d := range rep.Damage {
			v.damage = append(v.damage, fmt.Sprintf("[%s] %s", d.Kind, d.Says))
		}
		return v, err
	})

var verifyEvidenceCommand = verification("verify evidence", "校验检查证据：每个问题的内容、每条证据与审计记录中的摘要是否相符，文件是否完好",
	"输出（--json）：{\"findings\",\"old_findings\",\"proofs\",\"old\",\"bytes\",\"cleared\",\"damage\":[{\"kind\",\"proof\",\"finding\",\"says\"}]}；kind：changed 被改，removed 被删，unknown 来历不明，bytes 文件缺失或损坏；proof 为空的是问题本身的内容。old_findings、old 是早于入链的问题和证据，没有摘要可以核对。审计记录本身用 verify audit 校验。发现损坏时退出码 3。",
	func(ctx context.Context, h *app.House) (verified, error) {
		rep, err := h.Inspection.VerifyEvidence(ctx)
		v := verified{report: rep, says: fmt.Sprintf("问题 %d 个（其中 %d 个早于内容入链，无从核对），证据 %d 条（其中 %d 条早于证据入链，无从核对，%d 条的文件已按保存期限清除），读回文件 %d 个，损坏 %d 处。", rep.Findings, rep.OldFindings, rep.Proofs, rep.Old, rep.Cleared, rep.Bytes, len(rep.Damage))}
		for _, d := range rep.Damage {
			v.damage = append(v.damage, fmt.Sprintf("[%s] %s", d.Kind, d.Says))
		}
		return v, err
	})

var verifyBlobsCommand = verification("verify blobs", "校验附件和证据文件与其摘要是否相符",
	"逐个读出现存的文件；证据里登记了而文件已经不在的，由 verify evidence 指出。输出（--json）：[{\"ref\",\"says\"}]。发现损坏时退出码 3。",
	func(ctx context.Context, h *app.House) (verified, error) {
		list, err := blob.Verify(ctx, h.Blobs)
		if list == nil {
			list = []blob.Damage{} // [] rather than null
		}
		v := verified{report: list, says: fmt.Sprintf("损坏 %d 个。", len(list))}
		for _, d := range list {
			says := "读不出来"
			if errors.Is(d.Cause, blob.ErrDamaged) {
				says = "的内容与摘要不符，已被改动或损坏"
			}
			v.damage = append(v.damage, fmt.Sprintf("文件 %s %s。", d.Ref, says))
		}
		return v, err
	})

// verified is what a verification found: its report for a program, a line for a
// person, and a line for each damage.
type verified struct {
	report any
	says   string
	damage []string
}

// verification is a command that looks over what is kept, and ends with code 3 where
// anything is damaged.
func verification(name, says, help string, look func(context.Context, *app.House) (verified, error)) command {
	return command{name: name, says: says, help: help, run: func(ctx context.Context, c *call) error {
		store := c.store()
		asJSON := c.flags.Bool("json", false, "输出 JSON")
		if err := c.parse(0, 0); err != nil {
			return err
		}
		return store.with(ctx, func(h *app.House) error {
			v, err := look(ctx, h)
			if err != nil {
				return err
			}
			if *asJSON {
				if err := writeJSON(c.stdout, v.report); err != nil {
					return err
				}
			} else {
				fmt.Fprintln(c.stdout, v.says)
				for _, d := range v.damage {
					fmt.Fprintln(c.stdout, "  "+d)
				}
			}
			if len(v.damage) > 0 {
				return errPartial
			}
			return nil
		})
	}}
}

var copyBlobsCommand = command{
	name: "copy blobs", says: "把附件和图片在数据目录与对象存储之间复制（--blobs 指定对象存储）",
	help: "默认从数据目录复制到对象存储；--back 从对象存储复制回数据目录。已有的不重复复制，可以反复执行；读出时核对摘要，损坏的不复制并列出，退出码 3。复制完再用 --blobs 启动，最后用 verify blobs 校验。",
	run: func(ctx context.Context, c *call) error {
		store := c.store()
		back := c.flags.Bool("back", false, "从对象存储复制回数据目录")
		if err := c.parse(0, 0); err != nil {
			return err
		}
		if *store.blobs == "" {
			return usage{"需要 --blobs 对象存储地址"}
		}
		return store.with(ctx, func(h *app.House) error {
			disk, err := blob.Disk(app.BlobFolder(*store.data))
			if err != nil {
				return err
			}
			to, from := h.Blobs, blob.Store(disk)
			if *back {
				to, from = from, to
			}
			n, damage, err := blob.Copy(ctx, to, from)
			if err != nil {
				return err
			}
			fmt.Fprintf(c.stdout, "复制 %d 个，损坏 %d 个。\n", n, len(damage))
			for _, d := range damage {
				fmt.Fprintf(c.stdout, "  %v\n", d)
			}
			if len(damage) > 0 {
				return errPartial
			}
			return nil
		})
	},
}

var backupCommand = command{
	name: "backup", args: "FILE", says: "备份数据库和附件（可在运行中做；不含密钥）",
	help: "备份是一个 tar.gz：数据库的一致快照、全部附件、清单和审计链尾。密钥目录 keys 不在其中，请另行保管；没有密钥，信件中的个人信息无法解密。",
	run: func(ctx context.Context, c *call) error {
		store := c.store()
		if err := c.parse(1, 1); err != nil {
			return err
		}
		return store.with(ctx, func(h *app.House) error {
			if err := h.Settle(ctx); err != nil {
				return err
			}
			return h.Backup(ctx, c.args[0])
		})
	},
}

var restoreCommand = command{
	name: "restore", args: "FILE", says: "把备份恢复到空目录并校验",
	run: func(ctx context.Context, c *call) error {
		store := c.store()
		if err := c.parse(1, 1); err != nil {
			return err
		}
		if err := app.Restore(ctx, c.args[0], *store.data); err != nil {
			return err
		}
		_, err := fmt.Fprintf(c.stderr, "已恢复到 %s 并通过校验；请把密钥目录 keys 放回去。\n", *store.data)
		return err
	},
}

var tokenCommand = command{
	name: "token create", says: "为一个登录账号生成接口令牌，只显示一次",
	run: func(ctx context.Context, c *call) error {
		store := c.store()
		login := c.flags.String("login", "", "登录名")
		if err := c.parse(0, 0); err != nil {
			return err
		}
		if *login == "" {
			return usage{"需要 --login 登录名"}
		}
		return store.with(ctx, func(h *app.House) error {
			token, err := h.Signin.CreateToken(audit.System(ctx, "token.create"), *login)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(c.stdout, token)
			return err
		})
	},
}

var firstLoginCommand = command{
	name: "login first", says: "在还没有登录账号的系统里，为第一位安全管理员建立账号，密码只显示一次",
	help: `单位要先用 import units 导入。首次登录须改密码并设置二次验证；其他人员的岗位和登录账号由这位安全管理员登录后建立。`,
	run: func(ctx context.Context, c *call) error {
		store := c.store()
		unit := c.flags.String("unit", "", "单位全称")
		person := c.flags.String("person", "", "姓名")
		login := c.flags.String("login", "", "登录名")
		if err := c.parse(0, 0); err != nil {
			return err
		}
		if *unit == "" || *person == "" || *login == "" {
			return usage{"需要 --unit 单位全称、--person 姓名和 --login 登录名"}
		}
		return store.with(ctx, func(h *app.House) error {
			l, password, err := h.Signin.First(audit.System(ctx, "login.first"), authz.System("login.first"), *unit, *person, *login)
			if err != nil {
				return err
			}
			fmt.Fprintf(c.stderr, "已为%s%s建立安全管理员账号 %s，密码只显示这一次：\n", l.UnitName, l.PersonName, l.Name)
			_, err = fmt.Fprintln(c.stdout, password)
			return err
		})
	},
}
