package registry

import (
	"context"
	"fmt"
	"strings"

	"zhengshu/internal/check/lookalike"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/intake"
)

// wary looks at hosts that come in with a file for those that are drawn to look
// like a government's.
type wary struct {
	field   string   // the file's name for them
	file    []string // the hosts of the file, as they stand in it
	matcher *lookalike.Matcher
}

// check refuses a host that is drawn to look like a government's, and notes one
// that is merely like it.
func (w *wary) check(ctx context.Context, tx *db.Tx, host string, row int, rep *intake.Report) error {
	gov := strings.HasSuffix(host, ".gov.cn")
	if DomainKindOf(host) == ChineseDomain || gov && !strings.Contains(host, "xn--") {
		return nil
	}
	if w.matcher == nil {
		hosts, err := db.All(ctx, tx, db.Value[string], `SELECT host FROM site WHERE host <> ''`)
		if err != nil {
			return err
		}
		for _, raw := range w.file {
			if h, err := NormalizeHost(raw); err == nil && strings.HasSuffix(h, ".gov.cn") {
				hosts = append(hosts, h)
			}
		}
		w.matcher = lookalike.New(hosts)
	}
	if gov {
		// Names under gov.cn are plain letters: others are drawn to look like them.
		label := strings.TrimSuffix(host, ".gov.cn")
		label = label[strings.LastIndex(label, ".")+1:]
		says := "域名 " + ShownHost(host) + " 里有不是英文字母、数字的字符"
		if v := w.matcher.Check(label + ".com"); v.Lookalike {
			says += "，与 " + v.Imitates + " 相像"
		}
		return fault.New(fault.Invalid, says+"，疑似仿冒，没有登记；.gov.cn 域名只用英文字母、数字和短横线，请重新手工输入域名。").On(w.field, "")
	}
	if v := w.matcher.Check(host); v.Lookalike {
		says := fmt.Sprintf("域名 %s 与 %s 相像", ShownHost(host), v.Imitates)
		if v.Technique == lookalike.TechniqueIDN || v.Technique == lookalike.TechniqueASCII {
			return fault.Newf(fault.Invalid, "%s，其中有冒充字母的字符，疑似仿冒，没有登记；请重新手工输入域名，确属仿冒的请报告网信部门。", says).On(w.field, "")
		}
		rep.Note(row, "%s，已登记，请核对是否为本单位的域名。", says)
	}
	return nil
}
