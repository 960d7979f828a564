package check

import (
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"zhengshu/internal/realdata"
)

func TestPrivacyCases(t *testing.T) {
	dir := realdata.Path(t, "12_privacy", "precision and recall of the privacy scan")
	type row struct {
		ID, Case, Text string
		Findings       [][2]string
	}
	var tp, fp, fn int
	readJSONL(t, filepath.Join(dir, "privacy_cases.jsonl"), func(r row) {
		want := map[string]bool{}
		for _, f := range r.Findings {
			want[f[0]+" privacy."+f[1]] = true
		}
		for _, s := range Privacy(r.Text) {
			k := s.Wrong + " " + s.Kind
			if want[k] {
				tp++
				delete(want, k)
			} else {
				fp++
				t.Logf("%s %s: unexpected %s in %s", r.ID, r.Case, k, r.Text)
			}
		}
		for k := range want {
			fn++
			t.Logf("%s %s: missed %s in %s", r.ID, r.Case, k, r.Text)
		}
	})
	p, rc := float64(tp)/float64(tp+fp), float64(tp)/float64(tp+fn)
	t.Logf("precision %.3f recall %.3f (tp %d fp %d fn %d)", p, rc, tp, fp, fn)
	if p < 0.99 || rc < 0.99 {
		t.Errorf("precision %.3f recall %.3f, bar 0.99", p, rc)
	}
}

func TestPrivacy(t *testing.T) {
	// Identity numbers below use the unused area 619999 and a valid check
	// digit, cards a body of zeros: nobody's.
	tests := []struct {
		name, text string
		want       []string // kind without the prefix, a blank, the text
	}{
		{"identity number", "张某，身份证号619999184706267084。", []string{"id_card 619999184706267084"}},
		{"check letter", "61999918470209258X", []string{"id_card 61999918470209258X"}},
		{"lower-case check letter", "证件号码61999918470209258x，", []string{"id_card 61999918470209258x"}},
		{"in three groups", "身份证 619999 18470626 7084", []string{"id_card 619999 18470626 7084"}},
		{"check letter, in three groups", "身份证 619999 18470209 258X", []string{"id_card 619999 18470209 258X"}},
		{"check letter, by hyphens", "619999-18470209-258x。", []string{"id_card 619999-18470209-258x"}},
		{"check letter, in fours", "身份证号码：6199 9918 4702 0925 8Ｘ", []string{"id_card 6199 9918 4702 0925 8Ｘ"}},
		{"check letter, after a number of the row", "3 619999 18470209 258X 张某", []string{"id_card 619999 18470209 258X"}},
		{"check letter that does not agree", "619999 18470209 259X", nil},
		{"seventeen digits and a word", "619999 18470209 258XL号", nil},
		{"eleven digits and a letter after six", "610000 13800138000X", nil},
		{"wrong check digit", "身份证号619999184706267085", nil},
		{"impossible month", "619999184713267084", nil},
		{"old form with its word", "身份证号码：610102650305123", []string{"id_card 610102650305123"}},
		{"old form without", "批次610102650305123", nil},
		{"credit code with X", "统一社会信用代码：11610000016000007X的单位", nil},
		{"masked", "619999********067X，手机171****0308", nil},
		{"mobile", "手机：15500000389。", []string{"mobile 15500000389"}},
		{"mobile spaced", "电话：155 0000 0135", []string{"mobile 155 0000 0135"}},
		{"mobile hyphened", "联系人李某 155-0000-0135，", []string{"mobile 155-0000-0135"}},
		{"mobile with country code", "电话+86 15500000135", []string{"mobile 15500000135"}},
		{"mobile with country code joined", "电话8615500000135", []string{"mobile 15500000135"}},
		{"full-width digits", "手机１５５００００１３５７", []string{"mobile １５５００００１３５７"}},
		{"two mobiles", "15500000135、15500000136", []string{"mobile 15500000135", "mobile 15500000136"}},
		{"mobile after landline", "电话：029-63910009/15500000135", []string{"mobile 15500000135"}},
		{"mobile of a person in charge of a project", "项目负责人张三13800138000", []string{"mobile 13800138000"}},
		{"mobile of a party to a contract", "合同甲方联系李四 13800138000，地块位于城东", []string{"mobile 13800138000"}},
		{"mobile after a plot and a permit", "该地块许可证由王五（13800138000）办理", []string{"mobile 13800138000"}},
		{"mobile of a clerk of a bank", "农业银行客户经理赵六13800138000", []string{"mobile 13800138000"}},
		{"mobile spaced, of a project", "项目联络员 138 0013 8000", []string{"mobile 138 0013 8000"}},
		{"mobile with country code, of a project", "项目经理8613800138000", []string{"mobile 13800138000"}},
		{"mobile after a house number", "某路12号13800138000", []string{"mobile 13800138000"}},
		{"number of a telephone", "手机号码：13800138000，微信号13800138000", []string{"mobile 13800138000", "mobile 13800138000"}},
		{"mobile after a foreign word", "Tel13800138000，MOBILE13800138001", []string{"mobile 13800138000", "mobile 13800138001"}},
		{"code of letters and digits", "hotel13800138000 SN13800138000 A13800138000", nil},
		{"number of a project", "项目编号：13800138000；合同号 13800138000；许可证号码（13800138000）", nil},
		{"code of a plot", "地块代码为13800138000，No.13800138000，№13800138000", nil},
		{"number of a meter", "用电户号13800138000", nil},
		{"account of eleven digits", "账户：13800138000", nil},
		{"landline", "咨询电话：029-63910009（工作日8:30—17:30），热线12345", nil},
		{"landline eleven digits", "电话：0917-3260001", nil},
		{"service number", "400-810-0000，800-820-1234", nil},
		{"police filing", "陕公网安备 61011202000087号", nil},
		{"project code", "项目代码2021-610000-48-01-000008", nil},
		{"long numbers", "合同编号：202106070000000010，宗地编号610102000000000070。", nil},
		{"part of a longer number", "2024155000001350099999999", nil},
		{"decimal", "面积为3.15500000135公顷", nil},
		{"web address", "http://www.xa.gov.cn/xw/15500000135.html", nil},
		{"file name", "/upload/2024/15500000135.jpg", nil},
		{"bank card", "账户6222000000000063804。", []string{"bank_card 6222000000000063804"}},
		{"bank card grouped", "卡号：6222 0000 0000 0063 804", []string{"bank_card 6222 0000 0000 0063 804"}},
		{"not by Luhn", "账户6222000000000063805。", nil},
		{"card that is a contract", "合同编号6222000000000063804", nil},
		{"mail of a person", "个人邮箱 user4@mail.example 。", []string{"email user4@mail.example"}},
		{"mail of an office", "邮箱：xxgk@shaanxi.gov.cn", nil},
		{"mail of an office elsewhere", "投诉邮箱：xxgk@mail.example", nil},
		{"masked mail", "u***@mail.example", nil},
		{"at sign alone", "@陕西发布 @所有人", nil},
		{"plain", "各设区市人民政府要加强统筹协调。", nil},
		{"numbers in columns", "1500 2000 300 1800 4500", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			runes := []rune(tt.text)
			for _, s := range Privacy(tt.text) {
				got = append(got, strings.TrimPrefix(s.Kind, "privacy.")+" "+s.Wrong)
				if string(runes[s.Start:s.End]) != s.Wrong {
					t.Errorf("span %d–%d is not %q", s.Start, s.End, s.Wrong)
				}
				if strings.Contains(s.Says, s.Wrong) || len(s.Right) != 1 || strings.Contains(s.Right[0], s.Wrong) {
					t.Errorf("says or right shows the datum: %+v", s)
				}
			}
			if strings.Join(got, "|") != strings.Join(tt.want, "|") {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestMask(t *testing.T) {
	for _, tt := range []struct{ kind, in, want string }{
		{KindIDCard, "619999184706267084", "619999********7084"},
		{KindMobile, "155 0000 0135", "155****0135"},
		{KindMobile, "+8615500000135", "155****0135"},
		{KindBankCard, "6222000000000063804", "**** **** **** 3804"},
		{KindEmail, "user4@mail.example", "u***@mail.example"},
		{KindIDCard, "短", "*"},
		{"other", "张三", "**"},
	} {
		if got := Mask(tt.kind, tt.in); got != tt.want {
			t.Errorf("Mask(%s, %s) = %s, want %s", tt.kind, tt.in, got, tt.want)
		}
	}
}

func TestTextOrdersAndCombines(t *testing.T) {
	late := ScannerFunc(func(string) []Span { return []Span{{Kind: "wording.x", Start: 5, End: 6, Wrong: "某"}} })
	early := ScannerFunc(func(string) []Span { return []Span{{Kind: "wording.y", Start: 0, End: 1, Wrong: "电"}} })
	got := Text("电话：15500000135", late, nil, early, early)
	if len(got) != 3 || got[0].Kind != "wording.y" || got[1].Kind != KindMobile || got[2].Kind != "wording.x" {
		t.Fatalf("got %+v", got)
	}
	for _, s := range got {
		if s.Right == nil {
			t.Errorf("Right is nil: %+v", s)
		}
	}
	if got := Text(""); got == nil || len(got) != 0 {
		t.Errorf("empty text: %v", got)
	}
}

func FuzzPrivacy(f *testing.F) {
	for _, s := range []string{
		"姓名\t账号\n张\t2701000012345678", "家庭电话（029）8888000", "\t\n\t身份证\t1", "138.0013.8000＠邮箱.中国", "身份证 619999 18470626 7084", "155-0000-0135", "6222 0000 0000 0063 804", "a@b.cn", "１５５００００１３５", "61999918470209258Ｘ",
		"8615500000135", "\xff15500000135", "1-1-1-1 1 1 1 1", "@.@..@", strings.Repeat("1 ", 200), strings.Repeat("9", 500), "ï¼", "\xef\xbc",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 1<<20 {
			return
		}
		end := 0
		for _, sp := range Privacy(s) {
			if sp.Start < end || sp.End <= sp.Start || sp.End > utf8.RuneCountInString(s) {
				t.Fatalf("span %+v out of order or range in %q", sp, s)
			}
			end = sp.End
			if utf8.ValidString(s) && string([]rune(s)[sp.Start:sp.End]) != sp.Wrong {
				t.Fatalf("span %+v is not its text in %q", sp, s)
			}
		}
	})
}

func BenchmarkPrivacy(b *testing.B) {
	text := strings.Repeat("各设区市人民政府要加强统筹协调，确保2024年各项任务落实到位。咨询电话：029-63910009，手机15500000389。", 2000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		Privacy(text)
	}
}
