package fault_test

import (
	"testing"

	"zhengshu/internal/fault"
)

// Where no form shows the fields, a fault of fields says what they say.
func TestAlone(t *testing.T) {
	var f, bare fault.Fields
	f.Add("url", "请填写 http 开头的网址。")
	f.Add("name", "请填写名称")
	bare.Add("name", "")
	for want, err := range map[string]error{
		"请填写 http 开头的网址；请填写名称。": f.Err(),
		"有内容需要改正，请按提示修改后再提交。":   bare.Err(),
		"域名重复，请删去一行。":           fault.New(fault.Conflict, "域名重复，请删去一行。").On("host", "与别的重复"),
	} {
		if got := fault.Of(err).Alone(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
