package libraryweb

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/media"
	"zhengshu/internal/org"
	"zhengshu/internal/prose"
	"zhengshu/internal/web"
)

// Media lets the form take pictures and attachments from the media library,
// and keeps there what comes within pasted text and from the editor; at start.
func (h *Handler) Media(m *media.Service) *Handler {
	h.media = m
	return h.PicturesAt("/console/media").KeepPictures(func(ctx context.Context, data []byte, kind string) (string, error) {
		units := authz.SessionFrom(ctx).UnitsFor(authz.ItemWrite)
		if len(units) == 0 {
			return "", fault.New(fault.Forbidden, "您没有采编岗位，图片不能保存。")
		}
		_, ending, _ := strings.Cut(kind, "/")
		kept, err := m.Take(ctx, authz.ScopeFrom(ctx), org.UnitID(units[0]), []media.Upload{{Name: "粘贴的图片." + strings.ReplaceAll(ending, "jpeg", "jpg"), Content: bytes.NewReader(data)}}, media.About{})
		if err != nil {
			return "", err
		}
		return kept[0].Src(), nil
	})
}

// toMedia keeps what was typed and leads to the page where a picture or an
// attachment is chosen; that page leads back.
func (h *Handler) toMedia(w http.ResponseWriter, r *http.Request, it library.Item) error {
	if _, err := h.keepTyped(r, it); err != nil {
		return err
	}
	back := url.Values{"item": {string(it.ID)}}
	if it.ID == "" {
		back = url.Values{"draft": {r.PostFormValue("draft")}}
	}
	http.Redirect(w, r, "/console/media/choose?"+back.Encode(), http.StatusSeeOther)
	return nil
}

// insert puts the lines of the chosen assets at the end of the text.
func (h *Handler) insert(r *http.Request, p *editPage) error {
	ids := r.URL.Query()["insert"]
	field := p.Form.Field("text")
	if h.media == nil || field == nil || len(ids) > media.MaxTogether {
		return nil
	}
	text := strings.TrimRight(strings.ReplaceAll(field.Value, "\r\n", "\n"), "\n ")
	// A text without blank lines has one paragraph a line; a blank line would
	// make it one paragraph.
	between := "\n\n"
	if text != "" && strings.Contains(text, "\n") && !strings.Contains(text, "\n\n") {
		between = "\n"
	}
	var added []prose.Node
	for _, id := range ids {
		a, err := h.media.Asset(r.Context(), authz.ScopeFrom(r.Context()), media.AssetID(id))
		if err != nil {
			return err
		}
		if strings.Contains(text, a.Line()) || strings.Contains(p.Island.Doc, `"`+a.Src()+`"`) {
			continue // the page was loaded again
		}
		added = append(added, prose.Node{Type: prose.Paragraph, Content: []prose.Node{{Type: prose.TextNode, Text: a.Line()}}})
		if text != "" {
			text += between
		}
		text += a.Line()
		p.Above = append(p.Above, web.Alert{Kind: web.Good, Text: "已在正文末尾插入“" + a.Name + "”，可以把这一行移到需要的地方；保存后生效。"})
	}
	field.Value = text
	if p.Island.Doc == "" || len(added) == 0 {
		return nil
	}
	// The editor shows the files themselves.
	d, err := prose.Parse([]byte(p.Island.Doc))
	if err != nil {
		return nil // what is wrong in it is said when it is saved
	}
	if d.Blank() {
		d.Content = nil
	}
	d.Content = append(d.Content, added...)
	if d, err = h.media.Place(r.Context(), authz.ScopeFrom(r.Context()), d); err != nil {
		return err
	}
	p.Island.Doc = string(d.JSON())
	return nil
}
