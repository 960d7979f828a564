package portal_test

import (
	"html/template"
	"path/filepath"
	"strings"
	"testing"

	"zhengshu/assets"
	"zhengshu/internal/portal"
	"zhengshu/internal/publishing"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/web/browsertest"
)

// TestReaderInABrowser reads the pages of sections as a reader's browser shows
// them: nothing wider than the screen, legible, large enough to touch, no
// message of the policy; and the portal's script copies, keeps the size of the
// text and reads aloud, sentence by sentence.
func TestReaderInABrowser(t *testing.T) {
	info := site("01S")
	info.Hosts = append(info.Hosts, "127.0.0.1")
	info.Contact = "0999-0000000"
	info.Sections = []theme.Link{{Text: "政府信息公开", Href: theme.DisclosurePath}}
	c := theme.Column{ID: "2", Slug: "policies", Name: "政策文件", Type: "政策文件", Description: "发布文件。"}
	info.Columns = append(info.Columns, c)
	lines := []theme.Entry{{Title: "关于做好供暖工作的通知", Href: "/content/202611/a.html", Elder: "/elder/content/202611/a.html", At: made, Number: "云政发〔2026〕1号", Issuer: "云河县人民政府", State: "废止", Ended: true}, {Title: "图解供暖", Href: "/content/202611/a.html", At: made, Form: "图解", Of: []theme.Link{{Text: "供暖办法", Href: "/x"}}}}
	a := theme.Article{Title: "供暖通知", Column: c, Published: made, Updated: made, ChangeAs: "更正", Source: "县政府", Ends: []theme.Standing{{Ended: true, Says: "已归档，归档时间：2026-11-23 09:00。"}},
		Body: template.HTML(`<p>第一句在这里。第二句有<strong>重点</strong>也在这里！</p><p>第三句。</p>`)}
	var list []publishing.File
	page := func(path string, b []byte, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, publishing.File{Page: publishing.Page{Path: path, Status: 200, Kind: "text/html; charset=utf-8"}, Body: b})
	}
	frame := theme.ArticleFrame(info, a, "/content/202611/a.html", "/elder/content/202611/a.html")
	b, err := theme.ArticlePage.Draw(frame, a)
	page("/content/202611/a.html", b, err)
	b, err = theme.ElderArticlePage.Draw(frame.Elderly("/elder/content/202611/a.html"), a)
	page("/elder/content/202611/a.html", b, err)
	h := theme.Holdings{Column: c, Noun: "份文件", Total: 2, Action: theme.FindPath(c), Entries: lines, InForce: "/policies/find?state=x", Groups: []theme.FacetGroup{{Name: "state", Label: "有效性", Options: []theme.FacetOption{{Text: "有效", N: 2, Href: "/x", Chosen: true}, {Text: "废止", N: 1, Href: "/x"}}, More: []theme.FacetOption{{Text: "失效", Href: "/x"}}}}}
	b, err = theme.HoldingsPage.Draw(theme.HoldingsFrame(info, h), h)
	page("/policies/", b, err)
	people := theme.People{Column: c, People: []theme.PersonCard{{Name: "李某", Post: "副县长", Href: "/x", Duties: []string{"分管供暖"}}}}
	b, err = theme.PeoplePage.Draw(theme.SectionFrame(info, c, "page-people"), people)
	page("/people/", b, err)
	d := theme.Disclosure{Parts: []theme.DisclosurePart{{ID: "guide", Name: "政府信息公开指南", Says: "办法。", Entries: lines, More: theme.Link{Text: "进入", Href: "/x"}}, {ID: "statutory", Name: "法定主动公开内容", Statutory: []theme.StatutoryRow{{Name: "统计信息", Article: "第二十条（四）", State: "missing"}}}, {ID: "request", Name: "依申请公开", Steps: []string{"写明名称。"}, Doors: []theme.Link{{Text: "写信询问", Href: "/letters/"}}}}}
	b, err = theme.DisclosurePage.Draw(theme.DisclosureFrame(info), d)
	page(theme.DisclosurePath, b, err)
	b, err = theme.LeavePage.Draw(theme.LeaveFrame(info, "/leave/a.html"), theme.Leave{Address: "https://daily.example.com/a", Host: "daily.example.com"})
	page("/leave/a.html", b, err)
	b, err = theme.KioskHomePage.Draw(theme.KioskFrame(info, "自助终端", theme.KioskPath), theme.Kiosk{Groups: []theme.KioskGroup{{Name: "办事服务", Entries: lines}}})
	page(theme.KioskPath, b, err)
	b, err = theme.DrawMessage(info, theme.Ended("县住建局", "2026年11月20日", "依据已经调整", false), "/content/202611/gone.html")
	page("/gone.html", b, err)
	for _, key := range []string{"gallery", "player", "player-sound", "explained-picture", "explained-film", "elder-player", "column"} {
		sample, ok := theme.SampleOf(key)
		if !ok {
			t.Fatalf("no sample %s", key)
		}
		b, err = sample.Draw(info)
		page("/samples/"+key+".html", b, err)
	}
	for _, f := range info.Files() {
		list = append(list, publishing.File{Page: publishing.Page{Path: f.Path, Status: 200, Kind: f.Kind}, Body: f.Body})
	}
	dir := t.TempDir()
	s, err := publishing.CreateStore(filepath.Join(dir, "releases"), filepath.Join(dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Make(t.Context(), info, list, made); err != nil {
		t.Fatal(err)
	}
	tab := browsertest.Start(t, portal.New(portal.Config{Store: s}))
	for _, width := range []int64{390, 768, 1366} {
		tab.Wide(width, 800)
		for _, p := range list {
			if !strings.HasPrefix(p.Kind, "text/html") {
				continue
			}
			tab.Open(p.Path)
			for _, w := range tab.Wrongs() {
				if strings.HasSuffix(w, ": input.size") {
					continue // its label is what is touched
				}
				t.Errorf("%s at %d: %s", p.Path, width, w)
			}
		}
	}
	if assets.Content("portal.js") == nil {
		t.Log("the portal's script was not bundled (make assets): what it does is left out")
		return
	}
	const quick = `(() => { window.said = []; speechSynthesis.speak = (u) => { window.said.push(u.text); window.rate = u.rate; window.setTimeout(() => u.onend && u.onend(), 120); }; return true; })()`
	press := func(text string) {
		t.Helper()
		if !browsertest.Eval[bool](tab, `(() => { const b = [...document.querySelectorAll("button.tool")].find((b) => b.textContent.startsWith("`+text+`") && b.offsetWidth); if (b) b.click(); return !!b; })()`) {
			t.Fatalf("no button %s", text)
		}
	}
	for _, path := range []string{"/content/202611/a.html", "/elder/content/202611/a.html"} {
		tab.Open(path)
		browsertest.Eval[bool](tab, quick)
		press("朗读")
		tab.Until(`[...document.querySelectorAll(".being-read")].map((e) => e.textContent).join("") === "第二句有重点也在这里！"`)
		press("语速")
		tab.Until(`window.rate === 1.25 && window.said.length >= 3`)
		tab.Until(`!document.querySelector(".being-read") && window.said[window.said.length - 1] === "第三句。"`)
		browsertest.Eval[bool](tab, `(localStorage.removeItem("rate"), true)`)
		press("朗读")
		press("停止")
		tab.Until(`!document.querySelector(".being-read")`)
	}
	tab.Open("/content/202611/a.html")
	browsertest.Eval[bool](tab, `(document.querySelector("label[for=size-l]").click(), true)`)
	tab.Open("/content/202611/a.html")
	tab.Until(`document.getElementById("size-l").checked`)
	// High contrast goes along for the visit, on every layout, and back.
	const dark = `getComputedStyle(document.body).backgroundColor === "rgb(0, 0, 0)"`
	tab.Open("/policies/")
	tab.Until(`!(` + dark + `)`)
	browsertest.Eval[bool](tab, `(document.querySelector(".contrast-on a").click(), true)`)
	tab.Until(dark + ` && location.hash === "" && document.activeElement.textContent === "恢复配色"`)
	for _, path := range []string{"/content/202611/a.html", "/elder/content/202611/a.html", "/samples/gallery.html"} {
		tab.Open(path)
		tab.Until(dark)
	}
	// The sizes beside the button for reading aloud can be seen and touched, in
	// both colours, and say which is chosen.
	const size = `(() => { const l = document.querySelector("label[for=size-m]"); l.scrollIntoView({block: "center"}); const r = l.getBoundingClientRect(); return document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2) === l; })()`
	for _, width := range []int64{390, 1366} {
		tab.Wide(width, 800)
		tab.Open("/content/202611/a.html")
		tab.Until(size)
		tab.Until(`getComputedStyle(document.querySelector("label[for=size-l]")).backgroundColor === "rgb(255, 255, 255)" && getComputedStyle(document.querySelector("label[for=size-m]")).backgroundColor === "rgb(0, 0, 0)" && getComputedStyle(document.querySelector(".read-aloud")).backgroundColor === "rgba(0, 0, 0, 0)"`)
	}
	tab.Open("/policies/")
	browsertest.Eval[bool](tab, `(document.querySelector(".contrast-off a").click(), true)`)
	tab.Open("/content/202611/a.html")
	tab.Until(`!(` + dark + `)`)
	// Without the script the page's own link does it, on that page.
	tab.Open("/policies/#contrast")
	tab.Until(dark)
}
