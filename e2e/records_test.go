package e2e

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"zhengshu/internal/official"
)

// TestRecordsComeInAndGoOut walks the tables of the ledger: a workbook with a
// wrong row is named row by row, mended, taken in and taken back; a list is
// kept as a query with chosen columns and goes out as it stands on screen; a
// national export is held against the ledger and each difference decided; and
// on a phone a citizen asks about a real, a look-alike and an unknown address.
func TestRecordsComeInAndGoOut(t *testing.T) {
	t.Parallel()
	h := serve(t)
	b := startBrowser(t, h.addr)
	shi := b.person("shi")

	heads := []string{"平台", "账号名称", "网址", "区划代码"}
	good := []any{"微博", "雁塔文旅（演示）", "https://weibo.example/yanta-wenlv", "610113"}
	shi.bring("政务新媒体账号", table(t, "账号.xlsx", heads, good, []any{"微博", "宝鸡文旅（演示）", "https://weibo.example/baoji-wenlv", "610399"}))
	shi.press("按这样预检")
	shi.sees("这是预检，台账还没有改动")
	shi.sees("不接受")
	shi.sees("610399")
	shi.both("import-wrong")
	shi.open("/console/accounts?q=" + "雁塔文旅")
	shi.sees("没有符合条件的账号")
	shi.bring("政务新媒体账号", table(t, "账号改正.xlsx", heads, good, []any{"微博", "阎良文旅（演示）", "https://weibo.example/yanliang-wenlv", "610114"}))
	shi.press("按这样预检")
	shi.press("确认导入 2 行")
	shi.sees("已导入")
	report := shi.location()

	// The list, kept and taken out.
	shi.open("/console/accounts?q=文旅（演示）&platform=weibo")
	shi.sees("阎良文旅（演示）")
	shi.press("存为常用查询")
	shi.fill("名称", "文旅微博")
	shi.press("保存这个查询")
	shi.open("/console/accounts")
	shi.press("文旅微博")
	shi.sees("雁塔文旅（演示）")
	shi.open("/console/accounts?q=文旅（演示）&platform=weibo&cols=name,url,platform")
	shi.sees("https://weibo.example/yanta-wenlv")
	shi.both("accounts-columns")
	out := eval[string](shi, `(() => { const x = new XMLHttpRequest(); x.open("GET", "/console/accounts/export?which=all&format=csv&cols=name,url,platform&platform=weibo&q=" + encodeURIComponent("文旅（演示）"), false); x.send(); return x.responseText; })()`)
	lines := strings.Split(strings.TrimSpace(strings.TrimPrefix(out, "\ufeff")), "\n")
	onScreen := eval[[]string](shi, `[...document.querySelectorAll("tbody tr")].map(r => r.innerText.split("\n").find(s => s.includes("（演示）")).replace("选择", "").trim())`)
	if len(lines) != len(onScreen)+1 || len(onScreen) < 2 {
		t.Fatalf("%d rows on screen, the file has %q", len(onScreen), lines)
	}
	for i, name := range onScreen {
		if !strings.Contains(lines[i+1], name) {
			t.Errorf("row %d is %q on screen and %q in the file", i, name, lines[i+1])
		}
	}

	// Taken back.
	shi.open(report)
	shi.fill("撤销原因", "演示用，不留")
	shi.press("撤销这次导入")
	shi.sees("已撤销 2 行")
	shi.open("/console/accounts?q=雁塔文旅")
	shi.sees("没有符合条件的账号")

	// A national export against the ledger.
	shi.bring("网站", table(t, "全国名单.xlsx", []string{"域名", "网站名称", "区划代码", "标识码", "联系方式"},
		[]any{"xian.localhost", "西安市人民政府网（演示）", "610100", "", "029-80000000"}, []any{"www.gaoling-new.gov.cn", "高陵区新站（演示）", "610117", "", ""}))
	shi.press("按这样预检")
	shi.press("只与台账核对")
	shi.fill("这是谁的名单", "全国政府网站信息报送系统")
	shi.tick("名单包含我管辖范围内的全部对象")
	shi.press("与台账核对")
	shi.sees("核对完成，台账没有改动")
	shi.sees("西安市人民政府网（演示）")
	shi.sees("办理变更名称")
	shi.both("reconciliation-differs")
	run := shi.location()
	shi.pick("029-80000000")
	shi.press("采用名单内容")
	shi.sees("已采用名单内容")
	shi.pick("西安市人民政府网（演示）")
	shi.press("保留台账内容")
	shi.sees("保留台账的内容要写明理由")
	shi.pick("西安市人民政府网（演示）")
	shi.fill("理由", "名单用的是简称")
	shi.press("保留台账内容")
	shi.sees("名单用的是简称")
	base, _, _ := strings.Cut(run, "?")
	shi.open(base + "?verdict=there")
	shi.pick("高陵区新站（演示）")
	shi.both("reconciliation-there")
	shi.pick("高陵区新站（演示）")
	shi.press("登记入台账")
	shi.sees("已登记入台账")
	shi.press("高陵区新站（演示）")
	shi.sees("www.gaoling-new.gov.cn")
	shi.open(base + "?verdict=here")
	shi.sees("办理退出监管")
	shi.both("reconciliation-here")

	citizen := b.person("", withoutScript)
	citizen.wide(390, 844)
	for address, says := range map[string]string{"https://xian.localhost/news/": "是官方的", "http://www.gaoling-new-gov.cn/": "不在官方名录里", "https://shop.example.com/": "不在官方名录里"} {
		citizen.portal("shaanxi.localhost", "/official/check?address="+address)
		citizen.sees(says)
		if w := eval[int](citizen, `document.documentElement.scrollWidth`); w > 390 {
			t.Errorf("the answer to %s is %d px wide", address, w)
		}
	}
	citizen.keep("official-answer")
}

// bring uploads a file to the ledger's import, up to the matching of columns.
func (p *tab) bring(kind, file string) {
	p.t.Helper()
	p.open("/console/import")
	p.tick(kind)
	p.attach("file", file)
	p.press("上传并预检")
	if !strings.Contains(p.text(), "按这样预检") { // a matching was remembered
		p.press("调整列的对应")
	}
}

// pick ticks the row that shows the text.
func (p *tab) pick(text string) {
	p.t.Helper()
	if !eval[bool](p, `(() => { const r = [...document.querySelectorAll("tbody tr")].find(r => r.innerText.includes(`+quoted(text)+`) && r.querySelector("input[type=checkbox]")); if (!r) return false; r.querySelector("input[type=checkbox]").checked = true; return true; })()`) {
		p.fail("no row to tick that says %q", text)
	}
}

// table writes a workbook to attach.
func table(t *testing.T, name string, heads []string, rows ...[]any) string {
	t.Helper()
	s := official.Sheet{Title: "名单", Rows: slices.Values(rows)}
	for _, head := range heads {
		s.Columns = append(s.Columns, official.Column{Title: head, Width: 20})
	}
	var b bytes.Buffer
	if err := official.WriteXLSX(&b, s); err != nil {
		t.Fatal(err)
	}
	return writeFile(t, name, b.String())
}
