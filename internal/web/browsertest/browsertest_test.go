package browsertest

import (
	"embed"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"zhengshu/assets"
	"zhengshu/internal/authz"
	"zhengshu/internal/fault"
	"zhengshu/internal/web"
	"zhengshu/internal/web/webtest"
)

// TestPartsOnEveryScreen takes some seconds: it lays the storybook out on three
// widths and in high contrast in a real browser.
func TestPartsOnEveryScreen(t *testing.T) {
	rt := web.NewRouter(web.Config{Demo: true})
	rt.Add(web.Storybook()...)
	b := Start(t, rt)
	var paths []string
	for i, p := range web.Pages() {
		for n := range p.Samples() {
			paths = append(paths, fmt.Sprintf("/dev/ui/pages/%d/%d", i, n))
		}
	}
	for _, path := range append(paths, "/dev/ui", "/nowhere") {
		b.Open(path)
		for _, width := range []int64{320, 768, 1366} {
			b.Wide(width, 900)
			for _, wrong := range b.Wrongs() {
				t.Errorf("%s at %d px: %s", path, width, wrong)
			}
		}
		Eval[string](b, `document.documentElement.dataset.contrast = "high"`)
		for _, wrong := range b.Wrongs() {
			t.Errorf("%s in high contrast: %s", path, wrong)
		}
	}
}

//go:embed views/*.html
var views embed.FS

var notePage = web.Define(views, "views/note.html", note{})

type note struct{ Form web.Form }

func (note) Title() string { return "意见" }

// TestScriptKeepsTextAndFocus walks through what the script promises.
func TestScriptKeepsTextAndFocus(t *testing.T) {
	if !assets.Has("console.js") {
		t.Skip("scripts not bundled: run npm ci in assets/ and go run ./assets/bundle; left out: drafts, focus and keyboard in the browser")
	}
	form := func() note {
		// It goes elsewhere than it stands, and a field is called as one of the form's
		// own properties: neither may lose a draft, nor leave one.
		return note{Form: web.Form{Action: "/console/note/send", Key: "note", Sections: []web.Section{{Legend: "意见", Fields: []web.Field{
			{Kind: web.TextArea, Name: "text", Label: "意见", Max: 50}, {Kind: web.Password, Name: "password", Label: "口令"}, {Name: "method", Label: "方式"}}}}, Buttons: []web.Button{{Label: "送审"}}}}
	}
	posts := 0
	gate := &webtest.Gate{Session: webtest.Session(authz.Supervisor, "")}
	rt := web.NewRouter(web.Config{Gate: gate, Links: web.Links{Home: "/console", Search: "/console/search", Logout: "/console/logout"}})
	rt.Add(
		web.Route{Pattern: "GET /console/note", Permit: authz.SignedIn, Handle: func(w http.ResponseWriter, r *http.Request) error {
			return notePage.Render(w, r, form())
		}},
		web.Route{Pattern: "POST /console/note/send", Permit: authz.SignedIn, Handle: func(w http.ResponseWriter, r *http.Request) error {
			posts++
			if posts == 1 {
				n := form()
				n.Form.Fill(r.PostForm)
				n.Form.Wrong(fault.New(fault.Invalid, "请改正。").On("text", "意见太短，请写 10 个字以上"))
				return notePage.RenderStatus(w, r, http.StatusUnprocessableEntity, n)
			}
			return web.Done(w, r, "/console/note", "已送李某审核。")
		}},
		web.Route{Pattern: "GET /console/part", Permit: authz.SignedIn, Handle: func(w http.ResponseWriter, _ *http.Request) error {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, err := io.WriteString(w, `<p role="status">共 2 条</p>`)
			return err
		}},
	)
	b := Start(t, rt)
	b.Open("/console/note")
	b.Do(chromedp.SendKeys("#f-text", "同意"), chromedp.SendKeys("#f-password", "Hush-123"))
	if got := Eval[string](b, `document.querySelector(".counter").textContent`); got != "已填 2 字，最多 50 字" {
		t.Errorf("counter %q", got)
	}
	b.Until(`Object.keys(sessionStorage).some((k) => k.startsWith("draft:"))`)
	if got := Eval[string](b, `JSON.stringify(sessionStorage)`); strings.Contains(got, "Hush") || !strings.Contains(got, "同意") {
		t.Errorf("draft %s", got)
	}

	// Leaving and coming back offers the text again.
	b.Open("/console/note")
	b.Do(chromedp.Click(".draft .button"))
	if got := Eval[string](b, `document.getElementById("f-text").value`); got != "同意" {
		t.Errorf("restored %q", got)
	}

	// A refused form takes the focus to the summary and says so in the title.
	b.Do(chromedp.Click(".actions .button"))
	b.Until(`!!document.querySelector(".errors")`)
	b.Until(`document.activeElement.id === "errors"`)
	if got := Eval[string](b, `document.title`); got != "错误：意见 - 政枢" {
		t.Errorf("title %q", got)
	}
	if Eval[bool](b, `!!document.querySelector(".draft")`) {
		t.Error("offers a draft that is on the form already")
	}

	// A taken form drops its draft and shows its receipt.
	b.Do(chromedp.SendKeys("#f-text", "，请按程序办理并报告"), chromedp.Click(".actions .button"))
	b.Until(`(document.querySelector(".receipt") || {}).textContent === "已送李某审核。"`)
	if got := Eval[string](b, `Object.keys(sessionStorage).filter((k) => k.startsWith("draft")).join()`); got != "" {
		t.Errorf("left in the browser: %s", got)
	}

	// Who comes after another person in the same window is not offered what that one
	// typed, however the first has left.
	b.Do(chromedp.SendKeys("#f-text", "不同意"))
	b.Until(`Object.keys(sessionStorage).some((k) => k.startsWith("draft:"))`)
	b.Open("/console/note")
	b.Until(`!!document.querySelector(".draft")`)
	next := *gate.Session
	next.PersonID = "another"
	gate.Session = &next
	b.Open("/console/note")
	b.Until(`sessionStorage.getItem("person") === "another"`)
	if Eval[bool](b, `!!document.querySelector(".draft") || JSON.stringify(sessionStorage).includes("不同意")`) {
		t.Error("the next person is offered what another typed")
	}

	// Keyboard: / to the search box, ? to the sheet, Esc out of it.
	b.Do(chromedp.KeyEvent("/"))
	b.Until(`document.activeElement.id === "top-q"`)
	Eval[bool](b, `(document.activeElement.blur(), true)`)
	b.Do(chromedp.KeyEvent("?"))
	b.Until(`!!document.querySelector("dialog[open]")`)
	Eval[bool](b, `(document.querySelector("dialog").close(), true)`)

	// htmx swaps a part under the policy and the live region says what came.
	b.Do(chromedp.Click("#more"))
	b.Until(`document.getElementById("part").textContent === "共 2 条"`)
	b.Until(`document.getElementById("live").textContent === "共 2 条"`)
}
