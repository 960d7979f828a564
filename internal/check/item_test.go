package check

import "testing"

func TestDocumentNumbers(t *testing.T) {
	for no, right := range map[string]string{
		"陕政发〔2026〕12号": "", "": "", "第12号": "", "陕西省人民政府令第230号": "",
		"陕政发[2026]12号": "陕政发〔2026〕12号", "陕政发（2026）12号": "陕政发〔2026〕12号", "陕政发【2026】第012号": "陕政发〔2026〕12号", "陕政发2026012号": "陕政发〔2026〕12号",
		"陕政发〔2026〕第12号": "陕政发〔2026〕12号", "陕政发〔2026〕012号": "陕政发〔2026〕12号",
	} {
		says, got := DocNoWrong(no)
		if got != right || (says == "") != (right == "") {
			t.Errorf("%s: %q, %q; wants %q", no, says, got, right)
		}
	}
}

func TestContent(t *testing.T) {
	for text, want := range map[string]string{"新品限时优惠，欢迎选购": KindAdvertising, "今日运势大公开": KindOffDuty, "市场监管部门查处“限时优惠”虚假宣传": "", "关于做好防汛工作的通知": "",
		"负责人张\ue0a1华到会": KindUnreadable, "\ufffd\ufffd关于防汛": KindUnreadable, "\ufffd": KindUnreadable, "\ue600首页": "", "更多\ue601": "", "喆堃䶮𠮷": "",
	} {
		got := ""
		for _, s := range Content.Scan("第一行\n" + text) {
			got = s.Kind
			if r := []rune("第一行\n" + text); string(r[s.Start:s.End]) != s.Wrong {
				t.Errorf("%s: the span is %q", text, string(r[s.Start:s.End]))
			}
		}
		if got != want {
			t.Errorf("%s: %q, wants %q", text, got, want)
		}
	}
}
