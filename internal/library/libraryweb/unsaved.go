package libraryweb

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/authz"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/prose"
	"zhengshu/internal/web"
)

// Island is the editor over the plain form's text field: what its script
// needs. Without the script the form is whole.
type Island struct {
	Doc      string // ProseMirror JSON
	Item     string
	Draft    string // key of a new item
	Person   string
	Seq      int    // count of the unsaved text on the server
	Href     string // where this form is
	Pictures string // where pictures are sent, "" for nowhere
	Mended   bool   // Doc is not what was sent: a press put something in its place
}

// answer writes a small JSON answer for a script of the page.
func answer(w http.ResponseWriter, status int, v any) error {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	return json.NewEncoder(w).Encode(v)
}

type takenBy struct {
	By    string `json:"by"`
	Since string `json:"since"`
}

func taken(h *library.Hold) *takenBy {
	if h == nil {
		return nil
	}
	return &takenBy{h.Name, web.Minute(h.Since)}
}

// formName is the unsaved text's name of the posted or asked form.
func formName(item, draft string) string {
	if item != "" {
		return library.FormOf(library.ItemID(item))
	}
	return library.FormNew(draft)
}

// keptFields are the posted fields worth keeping.
func keptFields(posted url.Values) url.Values {
	kept := url.Values{}
	for k, v := range posted {
		switch {
		case strings.HasPrefix(k, "_"), k == "item", k == "act", k == "seq", k == "keep", k == "tool", k == "find", k == "replace", k == "paste":
		default:
			kept[k] = v
		}
	}
	return kept
}

// autosave keeps what stands in the form, sent by the page now and then: the
// form's own fields with “item”, or “draft” for a new one, and the count it
// goes on from.
func (h *Handler) autosave(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return fault.New(fault.Invalid, "表单无法读取，请刷新后重试。").From(err)
	}
	ctx, scope, session := r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context())
	id := library.ItemID(r.PostForm.Get("item"))
	var by *library.Hold
	if id != "" {
		var err error
		if by, err = h.lib.Open(ctx, scope, session, id, library.HoldLive); err != nil {
			return err
		}
	}
	u := library.Unsaved{Form: formName(string(id), r.PostForm.Get("draft")), Title: r.PostForm.Get("title"), Data: keptFields(r.PostForm).Encode()}
	u.Base, _ = number(r.PostForm.Get("base")) // a new item has none
	u.Seq, _ = number(r.PostForm.Get("seq"))   // the first has none
	seq, err := h.lib.Autosave(ctx, session, u, r.PostForm.Has("keep"))
	var over *library.Overtaken
	if errors.As(err, &over) {
		return answer(w, http.StatusConflict, struct {
			Seq    int    `json:"seq"`
			Detail string `json:"detail"`
		}{over.Seq, fault.Of(err).Says})
	}
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, struct {
		Seq   int      `json:"seq"`
		Taken *takenBy `json:"taken,omitempty"`
	}{seq, taken(by)})
}

// hold says that the form is still open, and hears whether another person took
// the item over.
func (h *Handler) hold(w http.ResponseWriter, r *http.Request) error {
	by, err := h.lib.Open(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), idOf(r), library.HoldLive)
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, struct {
		Taken *takenBy `json:"taken,omitempty"`
	}{taken(by)})
}

// takeOver makes the person the one who edits.
func (h *Handler) takeOver(w http.ResponseWriter, r *http.Request) error {
	if err := h.lib.TakeOver(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), idOf(r)); err != nil {
		return err
	}
	return web.Done(w, r, "/console/items/"+url.PathEscape(string(idOf(r)))+"/edit", "已由您接手编辑。对方输入的内容留在他自己的草稿里。")
}

// heldPage asks before another person's editing is taken over.
func heldPage(it library.Item, by library.Hold) actPage {
	return actPage{name: "正在编辑：" + it.Title, trail: itemCrumbs(it, "修改"), Heading: web.Heading{Title: "有人正在编辑", Above: it.Title, Tags: tags(it)},
		Above: []web.Component{web.Alert{Kind: web.Warn, Title: fmt.Sprintf("%s正在编辑这篇稿件，从 %s 开始", by.Name, web.Minute(by.Since)),
			Text: "接手后，对方的页面会立即提示，不能再保存；他已输入的内容留作他自己的草稿，不会丢失，也不会覆盖您的修改。最好先与对方联系。"}},
		Form: web.Form{Action: it.Link() + "/take-over", Buttons: []web.Button{{Label: "接手编辑"}}, Cancel: web.Link{Text: "不接手，只查看", Href: it.Link()}}}
}

// island is what the editor's script needs for the form; posted carries the
// document when it was sent by the editor before.
func (h *Handler) island(r *http.Request, it library.Item, d prose.Doc) (Island, error) {
	session := authz.SessionFrom(r.Context())
	i := Island{Doc: string(d.JSON()), Item: string(it.ID), Person: session.PersonID, Pictures: h.pictures, Href: it.Link() + "/edit"}
	if it.ID == "" {
		i.Draft = draftKey(r)
		i.Href = "/console/items/new?" + url.Values{"draft": {i.Draft}, "type": {string(kindOf(r, library.Version{}))}}.Encode()
	}
	u, found, err := h.lib.Unsaved(r.Context(), session, formName(i.Item, i.Draft), 0)
	if err != nil {
		return i, err
	}
	if found {
		i.Seq = u.Seq
	}
	return i, nil
}

// typeTyped is the type chosen in the unsaved text of a new item, empty for
// none.
func (h *Handler) typeTyped(r *http.Request, form string) (library.Type, error) {
	if form == "" {
		return "", nil
	}
	u, found, err := h.lib.Unsaved(r.Context(), authz.SessionFrom(r.Context()), form, 0)
	if err != nil || !found {
		return "", err
	}
	typed, err := url.ParseQuery(u.Data)
	if kind := library.Type(typed.Get("type")); err == nil && kind.Name() != "" {
		return kind, nil
	}
	return "", nil // the form asks for it
}

// keepTyped keeps what stands in the posted form and says as what.
func (h *Handler) keepTyped(r *http.Request, it library.Item) (form string, err error) {
	form = formName(string(it.ID), r.PostFormValue("draft"))
	base, _ := number(r.PostFormValue("base")) // a new item has none
	u := library.Unsaved{Form: form, Seq: h.standing(r, form), Base: base, Title: r.PostFormValue("title"), Data: keptFields(r.PostForm).Encode()}
	_, err = h.lib.Autosave(r.Context(), authz.SessionFrom(r.Context()), u, false)
	return form, err
}

// draftKey is the key of a new item's form: the one it was shown with, or a
// fresh one.
func draftKey(r *http.Request) string {
	for _, s := range []string{r.PostFormValue("draft"), r.URL.Query().Get("draft")} {
		if library.FormNew(s) != "" {
			return s
		}
	}
	return ulid.Make().String()
}

// recover offers what was typed and not saved, and fills it in when asked.
func (h *Handler) recover(r *http.Request, form string, p *editPage) error {
	session := authz.SessionFrom(r.Context())
	seq, _ := number(r.URL.Query().Get("recover")) // 0 and anything else: the newest
	if !r.URL.Query().Has("recover") {
		u, found, err := h.lib.Unsaved(r.Context(), session, form, 0)
		if err != nil || !found {
			return err
		}
		links := []web.Link{{Text: "恢复这些内容", Href: p.Island.with("recover", strconv.Itoa(u.Seq))}, {Text: "更早的内容", Href: "/console/items/drafts?form=" + url.QueryEscape(form)}}
		p.Above = append(p.Above, web.Alert{Kind: web.Info, Title: "有没保存的内容", Text: "自动保存于 " + web.Minute(u.At) + "。", Links: links})
		return nil
	}
	u, found, err := h.lib.Unsaved(r.Context(), session, form, seq)
	if err != nil {
		return err
	}
	if !found {
		p.Above = append(p.Above, web.Alert{Kind: web.Warn, Text: "这份没有保存的内容已经不在了：可能已经保存，或已被删除。"})
		return nil
	}
	typed, err := url.ParseQuery(u.Data)
	if err != nil {
		p.Above = append(p.Above, web.Alert{Kind: web.Warn, Text: "自动保存的内容无法读取，表单保持原样。"})
		return nil
	}
	base := p.Form.Field("base").Value
	p.Form.Fill(typed)
	p.Form.Field("base").Value = base
	if doc := typed.Get("doc"); doc != "" {
		if d, err := prose.Parse([]byte(doc)); err == nil {
			p.show(d)
		} else {
			p.Island.Doc = doc // the editor shows what it can; saving says what is wrong
		}
	}
	if err := h.insert(r, p); err != nil {
		return err
	}
	p.Above = append(p.Above, web.Alert{Kind: web.Info, Text: "已填入 " + web.Minute(u.At) + " 自动保存的内容，核对后请保存。"})
	if strconv.Itoa(u.Base) != base {
		p.Above = append(p.Above, web.Alert{Kind: web.Warn, Text: fmt.Sprintf("这些内容是在第 %d 版上输入的，现在是第 %s 版；保存前请与新版本核对。", u.Base, base)})
	}
	return nil
}

// with is the form's address with one more parameter.
func (i Island) with(name, value string) string {
	sep := "?"
	if strings.Contains(i.Href, "?") {
		sep = "&"
	}
	return i.Href + sep + name + "=" + url.QueryEscape(value)
}

// show puts a document into both forms: the editor's and the plain one.
func (p *editPage) show(d prose.Doc) {
	p.Island.Doc = string(d.JSON())
	if f := p.Form.Field("text"); f != nil {
		f.Value = d.Source()
	}
}

// draftsPage lists what the person typed and did not save (C015).
type draftsPage struct {
	trail   []web.Crumb
	Heading web.Heading
	Person  string
	Table   web.Table
	Discard []web.Form
}

func (draftsPage) Title() string         { return "恢复草稿" }
func (p draftsPage) Crumbs() []web.Crumb { return p.trail }

func (h *Handler) drafts(w http.ResponseWriter, r *http.Request) error {
	session := authz.SessionFrom(r.Context())
	form := r.URL.Query().Get("form")
	list, err := h.lib.UnsavedTexts(r.Context(), session, form)
	if err != nil {
		return err
	}
	p := draftsPage{Person: session.PersonID, Heading: web.Heading{Title: "恢复草稿", Lead: "您输入过、还没有保存成版本的内容。断电、浏览器关闭、登录过期都不会丢；保存后自动从这里移走。"}, trail: crumbs(web.Crumb{Name: "恢复草稿"}),
		Table: unsavedTable(list)}
	if form != "" && len(list) > 0 {
		p.Discard = []web.Form{{Action: "/console/items/drafts", Sections: []web.Section{{Fields: []web.Field{{Kind: web.Hidden, Name: "form", Value: form}}}}, Buttons: []web.Button{{Label: "删除这份草稿的全部内容", Kind: web.Danger}}, Cancel: web.Link{Text: "全部草稿", Href: "/console/items/drafts"}}}
	}
	return draftsView.Render(w, r, p)
}

func unsavedTable(list []library.Unsaved) web.Table {
	t := web.Table{Caption: "没有保存的内容", Quiet: true, Columns: []web.Column{{Head: "标题", Wide: true}, {Head: "在哪里输入"}, {Head: "时间"}, {Head: ""}},
		Empty: web.Empty{Title: "没有未保存的内容", Text: "输入过的内容都已保存成版本。"}}
	for _, u := range list {
		i := Island{Item: string(u.Item()), Draft: u.Key(), Href: "/console/items/new?draft=" + u.Key()}
		where := web.Text("新稿件")
		if u.Item() != "" {
			i.Href = "/console/items/" + url.PathEscape(i.Item) + "/edit"
			where = web.Linked(fmt.Sprintf("第 %d 版之后", u.Base), "/console/items/"+url.PathEscape(i.Item))
		}
		title := u.Title
		if title == "" {
			title = "（没有标题）"
		}
		name := web.Linked(title, i.with("recover", strconv.Itoa(u.Seq)))
		if u.Past {
			name.Tags = []web.Tag{{Text: "较早"}}
		} else {
			name.Tags = []web.Tag{{Kind: web.Info, Text: "最新"}}
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{name, where, web.When(u.At), web.Acts(
			web.Link{Text: "恢复", Href: i.with("recover", strconv.Itoa(u.Seq)), Note: title}, web.Link{Text: "历次", Href: "/console/items/drafts?form=" + url.QueryEscape(u.Form), Note: title})}})
	}
	return t
}

func (h *Handler) discard(w http.ResponseWriter, r *http.Request) error {
	if err := h.lib.Discard(r.Context(), authz.SessionFrom(r.Context()), r.PostFormValue("form")); err != nil {
		return err
	}
	return web.Done(w, r, "/console/items/drafts", "草稿已删除。")
}

// standing is where the count of the person's unsaved text of a form stands.
func (h *Handler) standing(r *http.Request, form string) int {
	u, _, err := h.lib.Unsaved(r.Context(), authz.SessionFrom(r.Context()), form, 0)
	if err != nil {
		return 0 // keeping it will say what is wrong
	}
	return u.Seq
}
