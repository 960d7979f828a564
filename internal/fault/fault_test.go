package fault_test

import (
	"strings"
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

func TestTextIsCountedInCharacters(t *testing.T) {
	for name, tt := range map[string]struct {
		value string
		must  bool
		says  string
	}{
		"missing":         {"", true, "请填写名称"},
		"left out":        {"", false, ""},
		"as long as may":  {strings.Repeat("字", 5), true, ""},
		"one too many":    {strings.Repeat("字", 6), true, "名称不超过 5 字"},
		"long, not asked": {strings.Repeat("字", 6), false, "名称不超过 5 字"},
	} {
		var f fault.Fields
		f.Text("name", "名称", tt.value, tt.must, 5)
		err := f.Err()
		if tt.says == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: got %v", name, err)
			continue
		}
		if got := fault.Of(err).Fields; len(got) != 1 || got[0].Name != "name" || got[0].Says != tt.says {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
