package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"zhengshu/internal/app"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/fault"
	"zhengshu/internal/intake"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
)

const reportHelp = `逐行报告（--json）：{"read","accepted","unchanged","refused":[{"row","field","says"}],"notes":[{"row","says"}]}。
row 从 1 起，第 1 行是表头。被拒的行不影响其他行；再导入一次同一文件不会重复。--dry-run 只报告，不写入。
文件可以是 .csv、.csv.gz、.xlsx。`

// importCommand is import units, import sites or import accounts.
func importCommand(what string) command {
	says := map[string]string{"units": "导入区划和单位", "sites": "导入站点台账", "accounts": "导入政务新媒体账号"}[what]
	return command{
		name: "import " + what, args: "FILE", says: says, help: reportHelp,
		run: func(ctx context.Context, c *call) error {
			store := c.store()
			asJSON := c.flags.Bool("json", false, "输出 JSON 报告")
			dry := c.flags.Bool("dry-run", false, "只报告，不写入")
			if err := c.parse(1, 1); err != nil {
				return err
			}
			return store.with(ctx, func(h *app.House) error {
				t, closer, err := openTable(c.args[0])
				if err != nil {
					return err
				}
				defer closer.Close()
				ctx := audit.System(ctx, "import."+what)
				scope := authz.System("import." + what)
				o := org.ImportOptions{DryRun: *dry, Source: filepath.Base(c.args[0])}
				var rep intake.Report
				switch what {
				case "units":
					rep, err = h.Org.ImportUnits(ctx, scope, t, o)
				case "sites":
					rep, err = h.Registry.ImportSites(ctx, scope, t, o)
				default:
					rep, err = h.Registry.ImportAccounts(ctx, scope, t, o)
				}
				if err != nil {
					return err
				}
				return c.report(rep, *asJSON)
			})
		},
	}
}

func openTable(name string) (*official.Table, io.Closer, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, nil, fault.Newf(fault.Invalid, "文件 %s 打不开，请核对路径。", name).From(err)
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	t, err := official.ReadTable(f, info.Size(), filepath.Base(name), official.Limits{})
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return t, f, nil
}

// report prints the outcome of an import; refused rows make the exit status 3.
func (c *call) report(rep intake.Report, asJSON bool) error {
	if asJSON {
		if err := writeJSON(c.stdout, rep); err != nil {
			return err
		}
	} else {
		word := "导入"
		if rep.DryRun {
			word = "试导入（没有写入）"
		}
		fmt.Fprintf(c.stdout, "%s：读 %d 行，接受 %d，未变 %d，拒绝 %d\n", word, rep.Read, rep.Accepted, rep.Unchanged, len(rep.Refused))
		for _, r := range rep.Refused {
			fmt.Fprintf(c.stdout, "  第 %d 行 %s：%s\n", r.Row, r.Field, r.Says)
		}
		for _, n := range rep.Notes {
			fmt.Fprintf(c.stdout, "  第 %d 行 注意：%s\n", n.Row, n.Says)
		}
	}
	if len(rep.Refused) > 0 {
		return errPartial
	}
	return nil
}
