package libraryweb_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/library"
	"zhengshu/internal/library/libraryweb"
	"zhengshu/internal/registry"
	"zhengshu/internal/web/webtest"
)

const clipboard = `<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>l</span>备足物资</p><table><tr><td colspan=2>单位</td></tr><tr><td>甲</td><td><img src="file:///C:/a.png"></td></tr></table>`

func TestTheEditorsDocumentIsSaved(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := open(t, d)
		answer := r.as("王编").Post("/console/items/paste", url.Values{"html": {clipboard}}).Want(http.StatusOK)
		var got struct {
			Doc   json.RawMessage
			Text  string
			Notes []string
		}
		if err := json.Unmarshal([]byte(answer.Body), &got); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(got.Doc), `"bulletList"`) || !strings.Contains(string(got.Doc), `"colspan":2`) || len(got.Notes) != 1 {
			t.Fatalf("cleaned to %s, said %v", got.Doc, got.Notes)
		}
		edit := r.Post("/console/items/new", form("doc", string(got.Doc), "text", "这些字不作数")).Want(http.StatusSeeOther).Location()
		page := r.Get(edit).Want(http.StatusOK)
		if doc := page.Attr("#editor", "data-doc"); !strings.Contains(doc, `"bulletList"`) {
			t.Errorf("the editor is given %s", doc)
		}
		// A document outside the schema is refused with its place, and shown again.
		bad := r.Post(edit, form("base", "1", "doc", `{"type":"doc","content":[{"type":"paragraph","attrs":{"style":"x"}}]}`)).Want(http.StatusUnprocessableEntity)
		if !strings.Contains(bad.Text("#errors"), "不能带属性“style”") || !strings.Contains(bad.Attr("#editor", "data-doc"), "style") {
			t.Errorf("refused with %s", bad.Text("#errors"))
		}
		// What is wrong elsewhere costs the document nothing.
		again := r.Post(edit, form("base", "1", "title", "", "doc", string(got.Doc))).Want(http.StatusUnprocessableEntity)
		if !strings.Contains(again.Attr("#editor", "data-doc"), `"colspan":2`) || !strings.Contains(again.Text(`textarea[name="text"]`), "【表格") {
			t.Errorf("shown again: %s", again.Attr("#editor", "data-doc"))
		}
	})
}

func TestPicturesWithinPastedTextAreKept(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := open(t, d)
		kept := map[string]int{}
		h := libraryweb.New(r.lib).PicturesAt("/console/pictures").KeepPictures(func(_ context.Context, data []byte, kind string) (string, error) {
			kept[kind] += len(data)
			return "/media/a.png", nil
		})
		gate := r.Gate
		r.Site = webtest.Open(t, nil, nil, h.Routes()...)
		r.Gate.Context = gate.Context
		r.as("王编")
		got := r.Post("/console/items/paste", url.Values{"html": {`<p>甲</p><img src="data:image/png;base64,` + strings.Repeat("QUJD", 100) + `">`}}).Want(http.StatusOK)
		if kept["image/png"] != 300 || !strings.Contains(got.Body, `"src":"/media/a.png"`) || !strings.Contains(got.Body, "还没有替代文字") {
			t.Errorf("kept %v, answered %s", kept, got.Body)
		}
		if got := r.Get("/console/items/new?type=news").Attr("#editor", "data-pictures"); got != "/console/pictures" {
			t.Errorf("the editor sends pictures to %q", got)
		}
	})
}

func TestPlainFormHasTheEditorsTools(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := open(t, d).as("王编")
		text := func(more ...string) (string, string) {
			t.Helper()
			p := r.Post("/console/items/new", form(append([]string{"act", "tool", "text", "第一条　三日内\n\n第三条　三日后"}, more...)...)).Want(http.StatusOK)
			return p.Text(`textarea[name="text"]`), p.Text(".alert")
		}
		if got, says := text("tool", "replace", "find", "三日", "replace", "五日"); !strings.Contains(got, "五日内") || !strings.Contains(says, "共 2 处") {
			t.Errorf("%q, %q", got, says)
		}
		if got, says := text("tool", "renumber"); !strings.Contains(got, "第二条") || !strings.Contains(says, "改正 1 个") {
			t.Errorf("%q, %q", got, says)
		}
		if _, says := text("tool", "count"); !strings.Contains(says, "12 字") {
			t.Errorf("%q", says)
		}
		if got, says := text("tool", "paste", "paste", clipboard); !strings.Contains(got, "备足物资") || !strings.Contains(got, "第一条") || !strings.Contains(says, "在您的电脑上") {
			t.Errorf("%q, %q", got, says)
		}
		r.Post("/console/items/new", form("act", "tool")).Want(http.StatusUnprocessableEntity)
	})
}

func TestTwoPeopleOneItem(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := open(t, d)
		r.people["李编"] = &authz.Session{PersonID: "other", Name: "李编", Posts: r.people["王编"].Posts}
		edit := r.as("王编").Post("/console/items/new", form()).Want(http.StatusSeeOther).Location()
		id := strings.Split(edit, "/")[3]
		r.Get(edit).Want(http.StatusOK)
		if held := r.as("李编").Get(edit).Want(http.StatusOK); !strings.Contains(held.Text(".alert"), "王编正在编辑") {
			t.Fatalf("not told: %s", held.Body)
		}
		r.Post("/console/items/"+id+"/take-over", url.Values{}).Want(http.StatusSeeOther)
		if got := r.as("王编").Post("/console/items/"+id+"/hold", url.Values{}).Want(http.StatusOK); !strings.Contains(got.Body, `"by":"李编"`) {
			t.Errorf("the one before hears %s", got.Body)
		}
		// In the plain form he is told when he saves; his words stay as a draft.
		lost := r.Post(edit, form("base", "1", "text", "王编后来写的")).Want(http.StatusConflict)
		if !strings.Contains(lost.Text("#errors"), "李编正在编辑") || !strings.Contains(lost.Text(`textarea[name="text"]`), "王编后来写的") {
			t.Errorf("told %s", lost.Text("#errors"))
		}
		drafts := r.Get("/console/items/drafts").Want(http.StatusOK)
		if got := drafts.Text("table"); !strings.Contains(got, "关于防汛的通知") {
			t.Errorf("his drafts: %s", got)
		}
		if v, err := r.lib.Version(context.Background(), authz.System("test"), library.ItemID(id), 0); err != nil || v.No != 1 {
			t.Errorf("version %d (%v)", v.No, err)
		}
		r.Post("/console/items/drafts", url.Values{"form": {"item:" + id}}).Want(http.StatusSeeOther)
		if got := r.Get("/console/items/drafts"); strings.Contains(got.Text("main"), "关于防汛的通知") {
			t.Error("a discarded draft is still listed")
		}
	})
}

func TestPreviewAndRestore(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := open(t, d)
		var drawn library.Version
		var at registry.ColumnID
		h := libraryweb.New(r.lib).PreviewWith(func(_ context.Context, _ library.Item, v library.Version, _ registry.SiteID, c registry.ColumnID, elder bool) ([]byte, error) {
			drawn, at = v, c
			return []byte("<!DOCTYPE html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\"><title>页面</title></head><body><main><h1>页面</h1></main></body></html>"), nil
		})
		gate := r.Gate
		r.Site = webtest.Open(t, nil, nil, h.Routes()...)
		r.Gate.Context = gate.Context
		r.as("王编")
		// Nothing is saved by looking; what was typed stays as unsaved text.
		to := r.Post("/console/items/new", form("act", "preview", "text", "还没保存", "column", r.column, "draft", "01J8ZK3V5N8Q4Y7T2W6X9R1M0A")).Want(http.StatusSeeOther).Location()
		page := r.Get(to).Want(http.StatusOK)
		if csp := page.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "frame-src 'self'") || strings.Contains(csp, "unsafe") {
			t.Errorf("policy %s", csp)
		}
		frame := r.Get(page.Attr("iframe", "src")).Want(http.StatusOK)
		if csp := frame.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "sandbox allow-same-origin") || strings.Contains(csp, "script-src") || !strings.Contains(csp, "default-src 'none'") {
			t.Errorf("policy of the frame %s", csp)
		}
		if !strings.Contains(drawn.HTML, "还没保存") || string(at) != r.column {
			t.Errorf("drawn %q in %s", drawn.HTML, at)
		}
		r.Get("/console/items/preview?form=item:none").Want(http.StatusNotFound)

		edit := r.Post("/console/items/new", form("text", "第一版")).Want(http.StatusSeeOther).Location()
		r.Post(edit, form("base", "1", "text", "第二版")).Want(http.StatusSeeOther)
		item := strings.TrimSuffix(edit, "/edit")
		old := r.Get(item + "?version=1").Want(http.StatusOK)
		if len(old.All(`form[action$="/restore"]`)) != 1 {
			t.Fatal("no way back to the old version")
		}
		r.Post(item+"/restore", url.Values{"version": {"1"}, "base": {"2"}}).Want(http.StatusSeeOther)
		if got := r.Get(edit).Text(`textarea[name="text"]`); got != "第一版" {
			t.Errorf("restored %q", got)
		}
		r.Post(item+"/restore", url.Values{"version": {"1"}, "base": {"2"}}).Want(http.StatusConflict)
	})
}
