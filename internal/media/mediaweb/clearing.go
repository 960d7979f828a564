package mediaweb

import (
	"fmt"
	"net/http"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/media"
	"zhengshu/internal/web"
)

const clearingPath = path + "/clearing"

// newClearing lists what may be cleared, with the form that takes it out, and
// what was taken out before.
func newClearing(list []media.Clearable, n int, bytes int64, days int, past []media.Discard) gridView {
	v := gridView{last: "清理未使用的文件",
		Heading: web.Heading{Title: "清理未使用的文件", Lead: fmt.Sprintf("入库满 %d 天、没有任何稿件版本用到的文件，最早的在前。稿件的历史版本用到的文件一直保留，不在此列。", days)},
		Above:   []web.Component{web.Stats{Label: "未使用的文件", Items: []web.Stat{{Name: "文件", Value: fmt.Sprint(n)}, {Name: "占用", Value: media.Bytes(bytes)}}}},
		Empty:   web.Empty{Title: "没有可以清理的文件", Text: fmt.Sprintf("入库不满 %d 天的未使用文件，可以在媒体库里逐个删除。", days)}}
	var options []web.Option
	for _, c := range list {
		v.Cards = append(v.Cards, newCard(c.Asset))
		o := web.Option{Value: string(c.ID), Label: c.Name, Hint: fmt.Sprintf("%s，%s，%s，%s %s上传", c.Kind.Name(), media.Bytes(c.Size), c.UnitName, web.Minute(c.CreatedAt), c.CreatedName)}
		if c.Unsent {
			o.Disabled = true
			o.Hint += "；有人正在编辑的稿件插入了它，暂不能清理"
		}
		options = append(options, o)
	}
	if len(options) > 0 {
		v.Upload = web.Form{Action: clearingPath, Sections: []web.Section{{Legend: "清理", Hint: "清理后文件不能再选用；满一天移出，再满一天清除内容。其他地方保存着相同内容的，内容不清除。操作记入留痕。", Fields: []web.Field{
			{Kind: web.Checks, Name: "id", Label: "清理哪些文件", Options: options},
			{Kind: web.TextArea, Name: "reason", Label: "理由", Rows: 2, Max: 200, Required: true, Hint: "例：活动已结束，没有采用"}}}},
			Buttons: []web.Button{{Label: "清理所选文件", Kind: web.Danger}}, Cancel: web.Link{Text: "返回媒体库", Href: path}}
	}
	if len(past) > 0 {
		t := web.Table{Caption: "最近清理的文件", Columns: []web.Column{{Head: "文件", Wide: true}, {Head: "单位"}, {Head: "清理"}, {Head: "理由", Wide: true}, {Head: "内容"}}}
		for _, d := range past {
			name := web.Text(d.Name)
			name.Note = d.Kind.Name() + "，" + media.Bytes(d.Size)
			by := web.When(d.At)
			by.Note = d.By
			t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{name, web.Text(d.UnitName), by, web.Text(d.Reason), web.Tagged(discardTag(d))}})
		}
		v.Below = append(v.Below, t)
	}
	return v
}

func discardTag(d media.Discard) web.Tag {
	switch {
	case d.Kept:
		return web.Tag{Text: "别处仍有相同内容，保留"}
	case !d.Ended.IsZero():
		return web.Tag{Text: "已清除"}
	case !d.PutAway.IsZero():
		return web.Tag{Kind: web.Info, Text: "已移出，待清除"}
	}
	return web.Tag{Kind: web.Info, Text: "待移出"}
}

const pastShown = 50

func (h *Handler) clearingView(r *http.Request) (gridView, error) {
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	list, n, bytes, err := h.media.Unused(ctx, scope, perPage, (web.PageOf(r)-1)*perPage)
	if err != nil {
		return gridView{}, err
	}
	past, err := h.media.Discards(ctx, scope, pastShown)
	if err != nil {
		return gridView{}, err
	}
	v := newClearing(list, n, bytes, h.media.UnusedDays(), past)
	v.Pager = web.PagerOf(r, n, perPage)
	return v, nil
}

func (h *Handler) clearing(w http.ResponseWriter, r *http.Request) error {
	v, err := h.clearingView(r)
	if err != nil {
		return err
	}
	return gridPage.Render(w, r, v)
}

func (h *Handler) clear(w http.ResponseWriter, r *http.Request) error {
	var ids []media.AssetID
	for _, id := range r.PostForm["id"] {
		ids = append(ids, media.AssetID(id))
	}
	n, err := h.media.Clear(r.Context(), authz.ScopeFrom(r.Context()), ids, r.PostFormValue("reason"))
	return gridPage.Answer(w, r, err, clearingPath, fmt.Sprintf("已清理 %d 个文件。", n), h.clearingView, func(v *gridView) *web.Form { return &v.Upload })
}

func sampleClearing(words string) gridView {
	a := sampleAsset(words)
	a.Uses, a.ReplacedBy, a.Replaces = 0, "", ""
	b := a
	b.ID, b.Kind = "01J00000000000000000000003", media.File
	d := media.Discard{Kind: media.Picture, Name: words, UnitName: words, Size: 2_300_000, Reason: words, By: words, At: sampleAt}
	away, gone, kept := d, d, d
	away.PutAway, gone.Ended, kept.Ended, kept.Kept = sampleAt.Add(24*time.Hour), sampleAt.Add(48*time.Hour), sampleAt, true
	return newClearing([]media.Clearable{{Asset: a}, {Asset: b, Unsent: true}}, 2, 4_600_000, 90, []media.Discard{d, away, gone, kept})
}
