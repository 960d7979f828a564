package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/app"
)

// TestMoveIn moves an old site in, rehearsed first and undone as a whole, and
// takes a document of LibreOffice in as a draft.
func TestMoveIn(t *testing.T) {
	t.Parallel()
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := filepath.Rel(wd, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	h := serveAs(t, app.Config{Dir: dir, CrawlDelay: -1})
	b := startBrowser(t, h.addr)
	p := b.person("shengbian")

	// The old site: another portal, visited from outside like any other.
	p.open("/console/items")
	p.press("导入")
	p.press("迁入旧网站")
	p.both("movein-site")
	p.fill("首页地址", "http://xian.localhost:"+b.port+"/")
	p.fill("最多访问多少页", "60")
	p.press("开始预演")
	p.seesSoon("这是预演，库里还没有改动", 120*time.Second)
	p.sees("清单摘要")
	p.both("movein-rehearsed")
	p.open(strings.Split(p.location(), "?")[0])
	p.tick("按已批准的迁入事项直接公开")
	p.fill("公开到栏目", "陕西省人民政府（演示） › 通知公告")
	p.fill("迁入事项", "演示迁入-shaanxi-2")
	p.press("入库")
	p.seesSoon("已入库", 120*time.Second)
	p.sees("公开中")
	p.both("movein-taken")
	p.fill("撤销原因", "迁错了站点")
	p.press("撤销这次导入")
	p.seesSoon("已撤销", 120*time.Second)
	p.lacks("公开中")

	// A document of the desk.
	p.open("/console/move-ins")
	p.both("movein-start")
	p.attach("files", noticeOf(t))
	p.press("上传并预演")
	p.sees("这是预演，库里还没有改动")
	p.sees("关于开展水源地巡查的通知")
	p.press("入库")
	p.sees("草稿")
	p.press("关于开展水源地巡查的通知")
	p.sees("雁水发〔2026〕7号")
	p.sees("巡查范围")
	p.both("movein-item")
}

// noticeOf is a document that LibreOffice has written of our own words.
func noticeOf(t testing.TB) string {
	t.Helper()
	soffice, err := exec.LookPath("soffice")
	if err != nil {
		t.Skip("no soffice here: the taking in of a LibreOffice document is not walked; install the package libreoffice-writer")
	}
	src := writeFile(t, "notice.html", `<html><head><meta charset="utf-8"></head><body><p align="center">西安市雁塔区水务局文件</p><p align="center">雁水发〔2026〕7号</p><h1 align="center">关于开展水源地巡查的通知</h1><p>各科室：</p><h2>一、巡查范围</h2><p>全区水源地及周边。</p><table border="1"><tr><td>黑河</td><td>上午</td></tr></table><p align="right">西安市雁塔区水务局</p><p align="right">2026年6月1日</p></body></html>`)
	dir := filepath.Dir(src)
	cmd := exec.Command(soffice, "-env:UserInstallation=file://"+dir+"/profile", "--headless", "--infilter=HTML (StarWriter)", "--convert-to", "docx:MS Word 2007 XML", "--outdir", dir, src)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return filepath.Join(dir, "notice.docx")
}
