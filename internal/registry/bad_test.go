package registry_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
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
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
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
		for row, says := range map[int]string{3: "有 12 位，像是区划代码", 4: "与第 2 行重复", 5: "2021年2月30日", 7: "与 www.yanta.gov.cn 相像", 9: "域名“www.f.gov.cn www.g.gov.cn”不符合格式", 12: "与第 2 行重复"} {
			if !strings.Contains(refused[row], says) {
				t.Errorf("row %d is refused with %q, want %s", row, refused[row], says)
			}
		}
		for row, says := range map[int]string{6: "不是 .gov.cn 结尾", 8: "个全角字符，已转为半角", 11: "隐藏的"} {
			if refused[row] != "" || !strings.Contains(notes[row], says) {
				t.Errorf("row %d: refused %q, noted %q, want %s", row, refused[row], notes[row], says)
			}
		}
		if !strings.Contains(notes[8], "看不见的字符") || refused[10] != "" || rep.Accepted != 6 || len(rep.Refused) != 6 {
			t.Errorf("accepted %d, refused %v, notes %v", rep.Accepted, refused, notes)
		}
		again := importSites(t, ctx, r, "台账.xlsx", b.Bytes())
		if again.Accepted != 0 || again.Unchanged != 6 {
			t.Errorf("a second run accepts %d, leaves %d", again.Accepted, again.Unchanged)
		}
	})
}
