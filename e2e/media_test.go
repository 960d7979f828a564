package e2e

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestMedia walks a picture and an attachment from an editor's machine to the
// reader: bad files are named and refused, the good ones stand in the item and
// on the portal from the release, and go with the item when it is withdrawn.
// The editor's browser runs no script.
func TestMedia(t *testing.T) {
	t.Parallel()
	h, clock := serveMovable(t)
	b := startBrowser(t, h.addr)
	const title = "防汛演练现场（演示）"

	editor := b.person("shibian", withoutScript)
	editor.open("/console/media")
	editor.sees("便民服务中心示意图（演示）.jpg")
	editor.both("media-library")
	editor.open("/console/media/new")
	photo := writeFile(t, "防汛演练.jpg", photograph(t))
	editor.attachAll("file", photo, writeFile(t, "图标.png", `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`), writeFile(t, "说明.jpg", "%PDF-1.7\n<script>alert(1)</script>"))
	editor.press("上传")
	editor.sees("“图标.png”是 SVG 图片")
	editor.sees("“说明.jpg”看起来是 PDF，里面还夹带了网页脚本")
	editor.sees("都没有保存")
	editor.both("media-refused")
	editor.attach("file", photo)
	editor.fill("替代文字", "消防员在河堤上传递沙袋")
	editor.fill("图注", "演练现场")
	editor.press("上传")
	editor.sees("已上传 1 个文件")
	editor.tick("上部")
	editor.press("保存")
	editor.sees("已保存")
	editor.both("media-asset")

	editor.open("/console/items/new?type=news")
	editor.fill("标题", title)
	editor.fill("正文", "市防汛办组织了演练。\n\n演练方案见附件。")
	editor.tick("要闻")
	editor.fill("来源", "市防汛办")
	editor.press("插入图片、附件")
	editor.sees("选用后回到稿件")
	editor.both("media-choose")
	editor.take(`a[href*="insert="]`)
	editor.sees("已在正文末尾插入“防汛演练.jpg”")
	editor.press("插入图片、附件")
	editor.attach("file", paper(t, "演练方案.pdf"))
	editor.press("上传并插入")
	editor.sees("已在正文末尾插入“演练方案.pdf”")
	editor.press("保存并送审")
	editor.press("处理检查提示") // a plan without words cannot be read by the checks
	editor.sees("附件的文字没有检查到")
	editor.fill("保留的理由", "方案为扫描件，已人工核对")
	editor.press("保存并送审")
	editor.sees("待初审")
	editor.both("media-in-item")
	at := editor.location()

	first := b.person("shichu")
	first.open(at + "/review")
	first.press("初审通过")
	first.sees("待终审")
	final := b.person("shizhong")
	final.open(at + "/review")
	final.stamp(gates...)
	final.tickAll(`input[name="declare"]`)
	final.press("终审通过并发布")
	final.sees("已发布")

	citizen := b.person("")
	citizen.portal("xian.localhost", "/news/")
	citizen.seesSoon(title, 10*time.Second)
	citizen.press(title)
	citizen.sees("演练现场")
	for what, ok := range map[string]bool{
		"the picture has a size, widths and words": eval[bool](citizen, `(() => { const i = document.querySelector(".prose img"); return i.getAttribute("width") === "960" && i.getAttribute("height") === "640" && i.srcset.includes("480w") && i.srcset.includes("1920w") && i.alt === "消防员在河堤上传递沙袋"; })()`),
		"the attachment says kind, size and hash":  eval[bool](citizen, `/PDF 文档，\d+ 字节/.test(document.querySelector(".attachment").innerText) && /[0-9a-f]{64}/.test(document.querySelector(".attachment").innerText)`),
	} {
		if !ok {
			citizen.fail("not so: %s", what)
		}
	}
	citizen.waits(`(() => { const i = document.querySelector(".prose img"); i.scrollIntoView(); return i.complete && i.naturalWidth > 0; })()`)
	citizen.both("media-portal")
	picture := eval[string](citizen, `document.querySelector(".prose img").src`)
	paperAt := eval[string](citizen, `document.querySelector(".attachment a").href`)

	for _, path := range []string{picture, paperAt} {
		b.answers(path, http.StatusOK)
	}
	final.open(at + "/withdraw")
	final.fill("撤稿理由", "演练信息有误")
	final.press("撤下这篇稿件")
	final.sees("已撤稿")
	for _, path := range []string{picture, paperAt, strings.Replace(picture, ".jpg", "-480.jpg", 1)} {
		b.answers(path, http.StatusGone)
	}

	// What nothing shows leaves after the grace: listed, by name, with a reason.
	// What a version shows, withdrawn or not, stays.
	editor.open("/console/media/new")
	editor.attach("file", writeFile(t, "备选方案.pdf", "%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\n% 备选\ntrailer<</Root 1 0 R>>\n%%EOF\n"))
	editor.fill("来源", "市防汛办")
	editor.press("上传")
	editor.open("/console/media/clearing")
	editor.lacks("备选方案.pdf")
	h.ahead(t, clock, 91)
	editor.again().open("/console/media")
	editor.press("清理未使用的文件")
	editor.sees("备选方案.pdf")
	editor.lacks("防汛演练.jpg")
	editor.both("media-clearing")
	editor.tick("备选方案.pdf")
	editor.careless()
	editor.press("清理所选文件")
	editor.sees("没有填写清理的理由")
	editor.fill("理由", "演练已结束，没有采用")
	editor.press("清理所选文件")
	editor.sees("已清理 1 个文件")
	editor.sees("待移出")
	h.ahead(t, clock, 2)
	h.ahead(t, clock, 2)
	editor.again().open("/console/media/clearing")
	editor.sees("已清除")
	editor.both("media-cleared")
}

// photograph is a JPEG of 2400×1600.
func photograph(t testing.TB) string {
	t.Helper()
	p := image.NewRGBA(image.Rect(0, 0, 2400, 1600))
	for y := range 1600 {
		for x := range 2400 {
			p.SetRGBA(x, y, color.RGBA{uint8(x / 10), uint8(y / 7), 120, 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, p, nil); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// attachAll chooses several files for one field.
func (p *tab) attachAll(name string, files ...string) {
	p.t.Helper()
	p.do(chromedp.SetUploadFiles(chromedp.CSS(`input[type="file"][name="`+name+`"]`), files))
}

// take opens the first link that the selector finds.
func (p *tab) take(selector string) {
	p.t.Helper()
	href := eval[string](p, `(document.querySelector(`+quoted(selector)+`) || {}).href || ""`)
	if href == "" {
		p.fail("no link %s", selector)
	}
	p.open(href)
}

// answers waits until a portal answers an address with the status.
func (b *browser) answers(address string, status int) {
	b.t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		b.t.Fatal(err)
	}
	got := 0
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		r, err := http.NewRequest(http.MethodGet, b.base+u.Path, nil)
		if err != nil {
			b.t.Fatal(err)
		}
		r.Host = u.Host
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			b.t.Fatal(err)
		}
		answer.Body.Close()
		if got = answer.StatusCode; got == status {
			return
		}
	}
	b.t.Fatalf("%s answers %d, want %d", address, got, status)
}

// waits asks the page until it says yes.
func (p *tab) waits(expression string) {
	p.t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if eval[bool](p, expression) {
			return
		}
	}
	p.fail("never so: %s", expression)
}
