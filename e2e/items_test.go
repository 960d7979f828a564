package e2e

import (
	"strings"
	"testing"
	"time"
)

// TestDocumentThatIsRepealed walks the record of a document without scripts:
// the form asks by type, the number is put right, what is not public says so;
// the final reviewer records that another document repeals it, and the label
// stands on its public page.
func TestDocumentThatIsRepealed(t *testing.T) {
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
}
