package libraryweb

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/prose"
	"zhengshu/internal/web"
)

// pasteBody is the largest pasted text: pictures come in it as data.
const pasteBody = 32 << 20

// postedDoc is the document of a posted form: the editor's own, or what the
// plain field makes of the version it was typed over.
func postedDoc(posted url.Values, base library.Version) (prose.Doc, error) {
	if doc := posted.Get("doc"); doc != "" {
		return prose.Parse([]byte(doc))
	}
	if base.No == 0 {
		return prose.FromText(posted.Get("text"))
	}
	d, err := prose.Parse([]byte(base.Doc))
	if err != nil {
		return d, err
	}
	return d.Edit(posted.Get("text"))
}

// typed shows the posted text again in both forms.
func (p *editPage) typed(posted url.Values, base library.Version) {
	d, err := postedDoc(posted, base)
	switch {
	case err == nil && posted.Get("doc") != "":
		p.show(d)
	case err == nil:
		p.Island.Doc = string(d.JSON()) // the plain field stays as it was typed
	case posted.Get("doc") != "":
		p.Island.Doc = posted.Get("doc") // with what is wrong in it, to be put right
	}
}

// toolSection does in the plain form what the editor does at the cursor.
func toolSection() web.Section {
	return web.Section{Legend: "文字工具", Hint: "选一项，再按“执行文字工具”。", Fields: []web.Field{
		{Kind: web.Select, Name: "tool", Label: "工具", Narrow: true, Options: []web.Option{{Label: "不用"}, {Value: "replace", Label: "查找替换"}, {Value: "renumber", Label: "重排条款编号"}, {Value: "count", Label: "数字数"}, {Value: "paste", Label: "加入粘贴的网页内容"}}},
		{Name: "find", Label: "查找", Max: 200}, {Name: "replace", Label: "替换为", Max: 200},
		{Kind: web.TextArea, Name: "paste", Label: "网页内容", Rows: 4, Hint: "粘贴网页源文件（HTML）或 Word、WPS“另存为网页”的内容，整理后加到正文末尾。"}}}
}

// tool changes the text of the plain form as asked and shows the form again.
func (h *Handler) tool(r *http.Request, d prose.Doc, again func(int, error, func(*editPage)) error) error {
	says, notes := "", []string(nil)
	f := r.PostFormValue
	switch f("tool") {
	case "replace":
		if f("find") == "" {
			return again(http.StatusUnprocessableEntity, fault.New(fault.Invalid, "请填写要查找的文字。").On("find", "请填写要查找的文字"), nil)
		}
		n := 0
		d, n = d.Replace(f("find"), f("replace"))
		says = fmt.Sprintf("已把“%s”替换为“%s”，共 %d 处。", f("find"), f("replace"), n)
	case "renumber":
		n := 0
		d, n = d.Renumber()
		says = fmt.Sprintf("已重排条款编号，改正 %d 个。", n)
	case "count":
		says = fmt.Sprintf("正文 %d 字，%d 段。", d.Words(), len(d.Content))
	case "paste":
		added, report, err := prose.FromPaste(f("paste"), h.keeper(r.Context()))
		if err != nil {
			return again(http.StatusUnprocessableEntity, fault.New(fault.Invalid, fault.Of(err).Says).On("paste", strings.TrimSuffix(fault.Of(err).Says, "。")), nil)
		}
		if d.Blank() {
			d = added
		} else {
			d.Content = append(append([]prose.Node(nil), d.Content...), added.Content...)
		}
		says, notes = fmt.Sprintf("已加入 %d 段。", len(added.Content)), report
	default:
		return again(http.StatusUnprocessableEntity, fault.New(fault.Invalid, "请先选择一项文字工具。").On("tool", "请选择一项"), nil)
	}
	return again(http.StatusOK, nil, func(p *editPage) {
		p.show(d)
		p.Form.Field("paste").Value = ""
		p.Above = append(p.Above, web.Alert{Kind: web.Info, Text: strings.Join(append([]string{says}, notes...), " ") + "核对后请保存。"})
	})
}

// paste cleans what was pasted into the editor and answers the document, its
// plain text and what was changed.
func (h *Handler) paste(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return fault.New(fault.Invalid, "粘贴的内容无法读取，请重试或改为粘贴纯文字。").From(err)
	}
	d, notes, err := prose.FromPaste(r.PostForm.Get("html"), h.keeper(r.Context()))
	if err != nil {
		return err
	}
	if notes == nil {
		notes = []string{}
	}
	return answer(w, http.StatusOK, struct {
		Doc   prose.Node `json:"doc"`
		Text  string     `json:"text"`
		Notes []string   `json:"notes"`
	}{prose.Node{Type: "doc", Content: d.Content}, d.Text(), notes})
}

// KeepPictures sets where pictures go that come within pasted text: k stores
// one and returns its path on this system. Without it they are left out and
// said; at start.
func (h *Handler) KeepPictures(k func(ctx context.Context, data []byte, kind string) (path string, err error)) *Handler {
	h.keep = k
	return h
}

func (h *Handler) keeper(ctx context.Context) prose.Keeper {
	if h.keep == nil {
		return nil
	}
	return func(data []byte, kind string) (string, error) { return h.keep(ctx, data, kind) }
}

// bothTexts shows what somebody else saved beside what was typed here, block
// by block.
func bothTexts(theirs library.Version, mine library.Writing) web.Component {
	head := fmt.Sprintf("%s保存的第 %d 版", theirs.AuthorName, theirs.No)
	t, err := changes(head, "您填写的内容", theirs, library.Version{Meta: mine.Meta, Doc: string(mine.Doc.JSON())})
	if err != nil { // their document does not read: the words alone
		return web.Panel{Title: head + "与您填写的内容对照（删除线为对方有、您没有的文字）", Parts: []web.Component{diff("对照", theirs.Text, mine.Doc.Text())}}
	}
	return web.Panel{Title: head + "与您填写的内容对照", Parts: []web.Component{t}}
}

// restore makes a new version of the words of an old one.
func (h *Handler) restore(w http.ResponseWriter, r *http.Request) error {
	no, err := number(r.PostFormValue("version"))
	base, err2 := number(r.PostFormValue("base"))
	if err != nil || err2 != nil || no < 1 || base < 1 {
		return fault.New(fault.Invalid, "请从版本列表中选择要恢复的版本。")
	}
	it, err := h.lib.Restore(r.Context(), authz.ScopeFrom(r.Context()), idOf(r), base, no)
	if err != nil {
		return err
	}
	return web.Done(w, r, it.Link()+"/edit", "已用第 "+strconv.Itoa(no)+" 版的内容新建第 "+strconv.Itoa(it.Version)+" 版草稿。")
}
