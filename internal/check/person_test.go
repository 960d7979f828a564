package check

import (
	"strings"
	"testing"
)

// What the words beside a number make personal, and what only looks like it. All
// values are invented.
func TestPersonalByContext(t *testing.T) {
	for _, tt := range []struct {
		text string
		want string // "" for none
	}{
		// Papers and files.
		{"张某，护照号：E12345678，现予公示。", "paper E12345678"},
		{"护照号码EA1234567", "paper EA1234567"},
		{"护照E12345678", "paper E12345678"},
		{"护照：E12345678", "paper E12345678"},
		{"港澳居民来往内地通行证号（H1234567801）", "paper H1234567801"},
		{"军官证号：军字第1234567号", "paper 军字第1234567"},
		{"士兵证号 12345678", "paper 12345678"},
		{"社会保障号：1234567890", "paper 1234567890"},
		{"社保卡号为A12345678", "paper A12345678"},
		{"学籍号：G619999184706267084", "paper G619999184706267084"},
		{"学籍号G61999918470209258X。", "paper G61999918470209258X"},
		{"病历号：20240123", "paper 20240123"},
		{"住院号123456，门诊号：654321", "paper 123456|paper 654321"},
		{"残疾人证号61999918470626708443", "paper 61999918470626708443"},
		{"护照号：１２３４５６７８", "paper １２３４５６７８"},
		{"全年签发护照123456本", ""},
		{"护照 123456 本、通行证 234567 张", ""},
		{"办理社保卡1234567张", ""},
		{"社保：1234567人参保", ""},
		{"门诊1234567人次，住院234567人次", ""},
		{"住院号123456人", ""},
		{"护照号：E1234****", ""},
		{"护照号E12345***", ""},
		{"学籍号：G619999********7084", ""},
		{"病历号：000000", ""},
		{"学籍号2024级", ""},
		{"单位社会保障号：1234567890", ""},
		{"护照办理咨询：1234567", ""},
		{"社保经办12345678", ""},
		{"住院：1234567", ""},
		{"学籍1234567", ""},
		{"参合证A12345678", ""},
		{"门诊号源查询：029-63910009", ""},
		{"护照号码的编排规则见GB12345678", ""},
		{"通行证制发管理办法（2024123）", ""},
		{"已有军字第1234567号", ""},
		// An identity number stays what it is.
		{"社会保障号619999184706267084", "id_card 619999184706267084"},
		// Homes.
		{"家庭住址：云河县文昌路12号3栋2单元401室，已核实", "address 云河县文昌路12号3栋2单元401室"},
		{"住址：云河县城关镇南街5号。", "address 云河县城关镇南街5号"},
		{"户籍地址为云河县河口乡柳村3组15号", "address 云河县河口乡柳村3组15号"},
		{"现住址\t云河县文昌苑8栋302\t无", "address 云河县文昌苑8栋302"},
		{"李某家住云河县文昌路12号的平房", "address 云河县文昌路12号"},
		{"居住地址：云河县锦苑小区3-2-401", "address 云河县锦苑小区3-2-401"},
		{"家庭地址:云河县东街6号 电话见附件", "address 云河县东街6号"},
		{"家庭住址：某县某镇某村3组，电话另附", ""},
		{"家庭住址：云河县河口乡柳村3组", ""},
		{"家庭住址：云河县文昌路**号3单元", ""},
		{"家庭住址：某某小区3栋", ""},
		{"家庭住址：见附件第12号", ""},
		{"家庭住址，第12号表格", ""},
		{"办公地址：云河县文昌路12号", ""},
		{"地址：云河县文昌路12号", ""},
		{"单位住址：云河县文昌路12号", ""},
		{"住址：云河县建设公司家属区，文昌路12号", ""},
		{"居住地派出所3号窗口", ""},
		{"家住12号楼的有30户", ""},
		{"住址变更按县政发〔2024〕12号执行", ""},
		{"住址：云河县文昌路一带，乘坐3号线", ""},
		{"现住云河县的有12户", ""},
		{"住址：云河县按2024号文件办", ""},
		// Plates.
		{"车主：张三，号牌陕A12345", "plate 陕A12345"},
		{"陕A·B1234，驾驶人李某某", "plate 陕A·B1234"},
		{"驾驶员：王某 陕AD12345 超速", "plate 陕AD12345"},
		{"所有人姓名：赵某\t陕K 1C234", "plate 陕K 1C234"},
		{"陕A1B23C 司机刘某", "plate 陕A1B23C"},
		{"公务用车陕A12345", ""},
		{"请下列车辆的车主到场：陕A12345", ""},
		{"车主须知：陕A12345等车辆限行", ""},
		{"所有人：云河县运输公司 陕A12345", ""},
		{"所有人：金州客运公司 陕A12345", ""},
		{"车主：张三\n陕A12345", ""},
		{"车主：张三，陕A1234*", ""},
		{"车主：张三，陕A12***", ""},
		{"驾驶人李某，执勤车陕A1234警", ""},
		{"司机王某驶入陕A1234567", ""},
		{"车主：张三，型号FA12345", ""},
		{"车主：张三，陕123456", ""},
	} {
		privacyIs(t, tt.text, tt.want)
	}
}

// What is hidden, and what is left to tell one entry from another.
func TestMaskByContext(t *testing.T) {
	for _, tt := range []struct{ kind, in, want string }{
		{KindPaper, "E12345678", "E******78"},
		{KindPaper, "军字第1234567", "军字第*****67"},
		{KindPaper, "１２３４５６７８", "******７８"},
		{KindPaper, "E", "*"},
		{KindPlate, "陕A12345", "陕A***45"},
		{KindPlate, "陕A·B1234", "陕A****34"},
		{KindPlate, "陕", "*"},
		{KindAddress, "云河县文昌路12号3栋401室", "云河县文昌路**号*栋***室"},
	} {
		if got := Mask(tt.kind, tt.in); got != tt.want {
			t.Errorf("Mask(%s, %s) = %s, want %s", tt.kind, tt.in, got, tt.want)
		}
	}
}

// Pages and attachments tell of them, masked, each by its own check.
func TestPersonalByContextIsFound(t *testing.T) {
	const text = "护照号：E12345678。家庭住址：云河县文昌路12号。车主：张三，号牌陕A12345。"
	p := parse(t, page(goodHead, "<p>"+text+"</p>", goodFoot))
	for what, want := range map[string]Severity{"paper": Error, "address": Advice, "plate": Advice} {
		for id, f := range map[string]Facts{"privacy." + what: {Page: p}, "attachment." + what: {Attachments: []Attachment{{URL: "http://www.example.gov.cn/a.xlsx", Name: "a.xlsx", Text: text}}}} {
			n := 0
			for _, x := range Run(f) {
				if x.Check != id {
					continue
				}
				if n++; x.Outcome != Violated || x.Severity != want || strings.Contains(x.Says, "12345") || strings.Contains(x.Says, "12号") {
					t.Errorf("%s: %+v", id, x)
				}
			}
			if n != 1 {
				t.Errorf("%s: %d findings", id, n)
			}
		}
	}
}
