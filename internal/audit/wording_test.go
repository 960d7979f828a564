package audit_test

import (
	"reflect"
	"testing"

	"zhengshu/internal/audit"
)

func TestActName(t *testing.T) {
	for act, want := range map[string]string{
		"registry.site.change": "变更站点信息", "signin.in": "登录", "approval.approve": "审批事项：批准", "letters.reveal": "来信：查看个人信息", "inspection.order.issue": "整改通知：下发",
		"lamp.magic": "lamp.magic", "x": "x", "": "",
	} {
		if got := audit.ActName(act); got != want {
			t.Errorf("%s is %q, want %q", act, got, want)
		}
	}
}

func TestChanges(t *testing.T) {
	for _, tt := range []struct {
		before, after string
		want          []audit.Change
	}{
		{`{"A":"1","B":2,"C":null,"D":[1]}`, `{"A":"1","B":3,"C":null,"D":[1],"E":true}`, []audit.Change{{"B", "2", "3"}, {"E", "", "是"}}},
		{`false`, `true`, []audit.Change{{"", "否", "是"}}},
		{``, `{"A":"x"}`, []audit.Change{{"A", "", "x"}}},
		{``, ``, nil},
		{`not json`, `not json`, nil},
		{`[1]`, ``, []audit.Change{{"", "[1]", ""}}},
	} {
		if got := (audit.Row{Before: tt.before, After: tt.after}).Changes(); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s → %s: %v, want %v", tt.before, tt.after, got, tt.want)
		}
	}
}
