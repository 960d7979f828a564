package fault

import (
	"strings"
	"testing"
)

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
		var f Fields
		f.Text("name", "名称", tt.value, tt.must, 5)
		err := f.Err()
		if tt.says == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if !Is(err, Invalid) {
			t.Errorf("%s: got %v", name, err)
			continue
		}
		if got := Of(err).Fields; len(got) != 1 || got[0].Name != "name" || got[0].Says != tt.says {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
