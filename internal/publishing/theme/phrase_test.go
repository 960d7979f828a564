package theme

import "testing"

// TestTitlesBreakBetweenPhrases: a line of a title ends between what belongs
// together, and whatever is typed stays text.
func TestTitlesBreakBetweenPhrases(t *testing.T) {
	for title, want := range map[string]string{
		"西安市人民政府办公厅关于推进社区便民服务圈建设的通知（演示）": "西安市人民政府办公厅<wbr>关于推进社区便民服务圈建设的<wbr>通知<wbr>（演示）",
		"关于印发《陕西省政务公开办法》的通知":             "关于印发<wbr>《陕西省政务公开办法》的<wbr>通知",
		"问答：便民网点怎么申请":                    "问答：<wbr>便民网点怎么申请",
		"（演示）":                           "（演示）",
		"市政府常务会议召开":                      "市政府常务会议召开",
		"<b>的&关于":                        "&lt;b&gt;的<wbr>&amp;<wbr>关于",
		"":                               "",
		"\xff的\xff":                      "\xff的<wbr>\xff",
	} {
		if got := string(phrased(title)); got != want {
			t.Errorf("%q: %q, want %q", title, got, want)
		}
	}
}
