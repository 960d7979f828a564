package e2e

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// TestDocumentThatIsRepealed walks the record of a document without scripts:
// the form asks by type, the number is put right, what is not public says so;
// the final reviewer records that another document repeals it, and the label
// stands on its public page.
func TestDocumentThatIsRepealed(t *testing.T) {
	t.Parallel()
	h := serve(t)
	b := startBrowser(t, h.addr)
	editor := b.person("shibian", withoutScript)
	editor.open("/console/items/new")
	editor.sees("采编什么信息？")
	editor.both("item-types")
	editor.press("政策文件")
	editor.fill("标题", "西安市便民服务点管理办法（演示）")
	editor.fill("正文", "第一条　便民服务点由街道办事处管理。")
	editor.fill("发文字号", "市政发[2026]第031号")
	editor.fill("生效日期", "2036-01-01")
	editor.both("item-policy-form")
	editor.press("保存草稿")
	editor.sees("已规范为“市政发〔2026〕31号”")
	editor.open(strings.TrimSuffix(editor.location(), "/edit"))
	editor.sees("尚未生效")
	editor.sees("首次发布时自动编号")
	editor.both("item-policy")
	editor.open("/console/items/new?type=leader")
	editor.sees("工作分工（送审前必填）")
	editor.lacks("规范性文件登记号")
	editor.both("item-leader-form")

	final := b.person("shizhong", withoutScript)
	final.open("/console/items?type=policy&validity=amended")
	final.sees("日常监测")
	final.both("item-list")
	final.press("西安市人民政府办公厅关于加强政府网站日常监测的通知")
	final.tick("废止")
	final.fill("库外文件的名称和文号", "《西安市政府网站监测办法（演示）》（市政令演示1号）")
	final.fill("自何日起", "2026-01-01")
	final.press("登记")
	final.sees("本文件被其废止")
	final.both("item-repealed")

	citizen := b.person("")
	citizen.portal("xian.localhost", "/policies/")
	citizen.open(eval[string](citizen, `[...document.querySelectorAll("main a")].find(a => a.textContent.includes("加强政府网站日常监测")).href`)) // its state stands before the title
	citizen.seesSoon("本文件已废止", 15*time.Second)
	citizen.sees("《西安市政府网站监测办法（演示）》")
	citizen.both("item-repealed-public")

	// Article 17: what lags behind its Chinese is found, its lag told in days, and
	// begun from there.
	t.Run("Article17_LagListOfForeignVersions", func(t *testing.T) {
		b := b.in(t)
		editor := b.person("shibian", withoutScript)
		editor.open("/console/items?state=live&q=" + url.QueryEscape("社区老年助餐点增至三百个"))
		editor.press("社区老年助餐点增至三百个")
		editor.press("外文版")
		editor.tick("日文")
		editor.press("保存")
		editor.sees("已保存")
		editor.open("/console/translations")
		editor.both("translations")
		editor.fill("语言", "ja")
		editor.fill("情况", "lag")
		editor.press("查询")
		editor.sees("没有外文版，落后 0 天")
		editor.press("社区老年助餐点增至三百个")
		editor.fill("语言", "ja")
		editor.fill("外文标题", "高齢者向け食堂が三百か所に（演示）")
		editor.fill("译者", "林译（演示）")
		editor.fill("译审", "林译（演示）")
		editor.press("建立草稿")
		editor.sees("两个人")
		editor.fill("译审", "周审（演示）")
		editor.press("建立草稿")
		editor.sees("已建立外文草稿")
		editor.open("/console/translations?only=lag&language=ja")
		editor.sees("外文稿件：草稿")
		editor.both("translations-lag")
	})
	// Every list of coverage leaves as a file that holds what the screen shows.
	t.Run("CoverageListsAsFiles", func(t *testing.T) {
		v := newVisitor(t, h.addr).signIn("shi")
		for path, want := range map[string]struct{ head, holds string }{
			"/console/translations/export?only=lag":               {"中文稿件,提供单位,语言,情况,落后天数,译者,译审,对应中文版本", "社区老年助餐点增至三百个"},
			"/console/translations/export?language=ja":            {"中文稿件,提供单位,语言,情况,落后天数,译者,译审,对应中文版本", "日文"},
			"/console/interpretations?":                           {"政策文件,发文字号,单位,发布时间,解读形式,状态", "关于"},
			"/console/disclosures?":                               {"单位,应公开,已公开,无此类信息,缺项,待公开,超期", "西安市"},
			"/console/disclosures?q=" + url.QueryEscape("没有这个单位"): {"单位,应公开,已公开,无此类信息,缺项,待公开,超期", ""},
		} {
			v.get(path + "&format=csv")
			head, rows, _ := strings.Cut(strings.TrimPrefix(strings.ReplaceAll(v.page, "\r\n", "\n"), "\ufeff"), "\n")
			if v.status != http.StatusOK || !strings.HasPrefix(v.kind, "text/csv") || !strings.HasPrefix(v.disposition, "attachment") || head != want.head || !strings.Contains(rows, want.holds) || want.holds == "" && rows != "" {
				t.Errorf("%s answers %d, %s, %s:\n%.600s", path, v.status, v.kind, v.disposition, v.page)
			}
			if v.get(path + "&format=xlsx"); !strings.HasPrefix(v.page, "PK") {
				t.Errorf("%s is no workbook", path)
			}
			if v.get(path + "&format=exe"); v.status != http.StatusUnprocessableEntity {
				t.Errorf("%s as exe answers %d", path, v.status)
			}
		}
	})
}
