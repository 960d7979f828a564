package securityweb

import (
	"slices"
	"testing"

	"zhengshu/internal/official"
	"zhengshu/internal/security"
)

// The table of a plan says of each layer why it could not be checked, and that of
// the holes what was seen, what was done and what the retest saw.
func TestTheTablesSayWhatThePagesSay(t *testing.T) {
	cell := func(heads []official.Column, rows [][]any, head string) any {
		i := slices.IndexFunc(heads, func(c official.Column) bool { return c.Title == head })
		if i < 0 || len(rows) != 1 || len(rows[0]) != len(heads) {
			t.Fatalf("no column %s, or %d cells under %d heads", head, len(rows[0]), len(heads))
		}
		return rows[0][i]
	}
	heads, rows := sheetRows([]security.Sheet{{SiteName: "某县人民政府", Layers: map[string]security.Layer{"database": {Verdict: "untested", Note: "主办单位没有提供账号"}}}})
	for head, want := range map[string]string{"网站": "某县人民政府", "数据库": "未能检查", "数据库的说明": "主办单位没有提供账号", "网络的说明": ""} {
		if got := cell(heads, rows, head); got != want {
			t.Errorf("%s is %v, want %s", head, got, want)
		}
	}
	heads, rows = holeRows([]security.Hole{{Title: "放行远程桌面", Says: "端口对互联网开放", Fix: "关闭端口", BodyName: "某市网信办", MendedAs: "已关闭", RetestSays: "不再应答", State: security.HoleClosed}})
	for head, want := range map[string]string{"漏洞": "放行远程桌面", "漏洞情况": "端口对互联网开放", "整改建议": "关闭端口", "组织单位": "某市网信办", "整改情况": "已关闭", "复测情况": "不再应答"} {
		if got := cell(heads, rows, head); got != want {
			t.Errorf("%s is %v, want %s", head, got, want)
		}
	}
}
