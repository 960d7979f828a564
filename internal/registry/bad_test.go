package registry_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/intake"
	"zhengshu/internal/org"
)

// Everything the ledger's files bring that is not as it should be is named,
// refused or normalised with a note.
func TestBadInputIsNamedRefusedOrNormalised(t *testing.T) {
	f := excelize.NewFile()
	set := func(cell string, v any) {
		if err := f.SetCellValue("Sheet1", cell, v); err != nil {
			t.Fatal(err)
		}
	}
	rows := [][]any{
		{"域名", "网站名称", "区划代码", "标识码", "上线日期"},
		{"www.a.gov.cn", "甲", "610113", "6101130001", "2021年2月3日"},
		{"www.b.gov.cn", "乙", "610113", "610113000000", ""},
		{"www.c.gov.cn", "丙", "610113", "6101130001", ""},
		{"www.d.gov.cn", "丁", "610113", "", "2021年2月30日"},
		{"www.yanta.com", "戊", "610113", "", ""},
		{"www.уаnta.gov.cn", "己", "610113", "", ""},
		{"ｗｗｗ．e.gov.cn", "庚\u200b 壬", "６１０１１３", "", ""},
		{"www.f.gov.cn www.g.gov.cn", "辛", "610113", "", ""},
		{"www.h.gov.cn", "癸", nil, "", ""},
		{"www.i.gov.cn", "子", "610113", "", ""},
		{"WWW.A.GOV.CN", "丑", "610113", "", ""},
		{"www.yanta.gov.cn", "寅", "610113", "", ""},
	}
	for i, row := range rows {
		for j, v := range row {
			cell, err := excelize.CoordinatesToCellName(j+1, i+1)
			if err != nil {
				t.Fatal(err)
			}
			set(cell, v)
		}
	}
	if err := f.MergeCell("Sheet1", "C9", "C10"); err != nil { // the code of row 9 goes on below
		t.Fatal(err)
	}
	if err := f.SetRowVisible("Sheet1", 11, false); err != nil {
		t.Fatal(err)
	}
	if err := f.SetCellFormula("Sheet1", "B2", `"甲"&""`); err != nil { // its result stays beside it
		t.Fatal(err)
	}
	if err := f.SetCellFormula("Sheet1", "B14", "A2"); err != nil { // never worked out
		t.Fatal(err)
	}
	set("A14", "www.j.gov.cn")
	set("C14", "610113")
	if _, err := f.NewSheet("内部"); err != nil {
		t.Fatal(err)
	}
	if err := f.SetSheetVisible("内部", false); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	tab := table(t, "台账.xlsx", b.Bytes())
	if says := strings.Join(tab.Notes, ""); !strings.Contains(says, "工作表“内部”是隐藏的，没有读取") || !strings.Contains(says, "有1处合并单元格") {
		t.Errorf("of the workbook is said %s", says)
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, _, r := open(t, d, []byte(divisions))
		rep := importSites(t, ctx, r, "台账.xlsx", b.Bytes())
		refused, notes := map[int]string{}, map[int]string{}
		for _, x := range rep.Refused {
			refused[x.Row] += x.Field + " " + x.Says
		}
		for _, n := range rep.Notes {
			notes[n.Row] += n.Says
		}
		for row, says := range map[int]string{3: "有 12 位，像是区划代码", 4: "与第 2 行重复", 5: "2021年2月30日", 7: "与 www.yanta.gov.cn 相像", 9: "域名“www.f.gov.cn www.g.gov.cn”不符合格式", 12: "与第 2 行重复", 14: "B14是公式但没有保存计算结果"} {
			if !strings.Contains(refused[row], says) {
				t.Errorf("row %d is refused with %q, want %s", row, refused[row], says)
			}
		}
		for row, says := range map[int]string{2: "B2是公式，已按文件里保存的计算结果读取", 6: "不是 .gov.cn 结尾", 8: "个全角字符，已转为半角", 11: "隐藏的"} {
			if refused[row] != "" || !strings.Contains(notes[row], says) {
				t.Errorf("row %d: refused %q, noted %q, want %s", row, refused[row], notes[row], says)
			}
		}
		if !strings.Contains(notes[8], "看不见的字符") || refused[10] != "" || rep.Accepted != 6 || len(rep.Refused) != 7 {
			t.Errorf("accepted %d, refused %v, notes %v", rep.Accepted, refused, notes)
		}
		again := importSites(t, ctx, r, "台账.xlsx", b.Bytes())
		if again.Accepted != 0 || again.Unchanged != 6 {
			t.Errorf("a second run accepts %d, leaves %d", again.Accepted, again.Unchanged)
		}
	})
}

// The same for the files of accounts and of domains.
func TestBadInputOfAccountsAndDomains(t *testing.T) {
	const accounts = "平台,账号名称,网址,区划代码,备案日期,主账号\n微博,甲,https://weibo.com/1,６１０１１３,2021年2月3日,是\n微博,乙,https://weibo.com/2,610113,2021年2月30日,\n微博,丙,https://weibo.com/1,610113,,\n微博,丁,weibo.com/4,610113,,\n没有的平台,戊,,610113,,\n微博,己,https://weibo.com/6,610113,,也许\n微博,庚,https://weibo.com/7,610113,,是\n微博,辛\u200b 壬, https://weibo.com/8 ,610113,,\n微博,癸,https://weibo.com/9,610199,,\n"
	const domains = "域名,区划代码,持有单位,到期日期\nwww.a.gov.cn,610113,雁塔区人民政府办公室,2027年2月28日\nwww.b.gov.cn,610113,雁塔区人民政府办公室,2027-02-30\nＷＷＷ．A.GOV.CN,610113,雁塔区人民政府办公室,\nwww.c.com,610113,雁塔区人民政府办公室,\nwww.уаnta.gov.cn,610113,雁塔区人民政府办公室,\nwww.yаnta.com,610113,雁塔区人民政府办公室,\nd.gov.cn e.gov.cn,610113,雁塔区人民政府办公室,\nwww.yanta.gov.cn,610113,雁塔区人民政府办公室,\n"
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, _, r := open(t, d, []byte(divisions))
		judge := func(rep intake.Report, refused, noted map[int]string) {
			t.Helper()
			no, notes := map[int]string{}, map[int]string{}
			for _, x := range rep.Refused {
				no[x.Row] += x.Says
			}
			for _, n := range rep.Notes {
				notes[n.Row] += n.Says
			}
			for row, says := range refused {
				if !strings.Contains(no[row], says) {
					t.Errorf("row %d is refused with %q, want %s", row, no[row], says)
				}
			}
			for row, says := range noted {
				if no[row] != "" || !strings.Contains(notes[row], says) {
					t.Errorf("row %d: refused %q, noted %q, want %s", row, no[row], notes[row], says)
				}
			}
			if len(no) != len(refused) || rep.Accepted+len(no) != rep.Read {
				t.Errorf("accepted %d of %d, refused %v", rep.Accepted, rep.Read, no)
			}
		}
		judge(importAccounts(t, ctx, r, accounts), map[int]string{3: "2021年2月30日", 4: "与第 2 行是同一个账号", 5: "http", 6: "无法识别", 7: "应填“是”或“否”", 8: "已有主账号", 10: "没有登记"},
			map[int]string{2: "个全角字符，已转为半角", 9: "看不见的字符"})
		rep, err := r.ImportDomains(ctx, system, table(t, "d.csv", []byte(domains)), org.ImportOptions{Source: "d.csv"})
		if err != nil {
			t.Fatal(err)
		}
		judge(rep, map[int]string{3: "2027-02-30", 4: "与第 2 行重复", 6: "疑似仿冒", 7: "疑似仿冒", 8: "不符合格式"}, map[int]string{5: "请核对（第十条）"})
	})
}
