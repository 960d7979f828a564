package libraryweb

import (
	"net/http"
	"net/url"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/library"
	"zhengshu/internal/media"
	"zhengshu/internal/web"
)

// typedOf is what stands in the form, without what the page itself put there.
func typedOf(r *http.Request) url.Values {
	kept := url.Values{}
	for k, v := range r.PostForm {
		if !strings.HasPrefix(k, "_") && k != "item" && k != "act" {
			kept[k] = v
		}
	}
	return kept
}

// toMedia keeps what was typed and leads to the page where a picture or an
// attachment is chosen; that page leads back.
func (h *Handler) toMedia(w http.ResponseWriter, r *http.Request, id library.ItemID) error {
	base, _ := number(r.PostForm.Get("base")) // a new item has none
	if err := h.lib.Autosave(r.Context(), authz.SessionFrom(r.Context()), id, base, typedOf(r).Encode()); err != nil {
		return err
	}
	to := "/console/media/choose"
	if id != "" {
		to += "?" + url.Values{"item": {string(id)}}.Encode()
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
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
	for _, id := range ids {
		a, err := h.media.Asset(r.Context(), authz.ScopeFrom(r.Context()), media.AssetID(id))
		if err != nil {
			return err
		}
		if strings.Contains(text, a.Line()) {
			continue // the page was loaded again
		}
		if text != "" {
			text += between
		}
		text += a.Line()
		p.Above = append(p.Above, web.Alert{Kind: web.Good, Text: "已在正文末尾插入“" + a.Name + "”，可以把这一行移到需要的地方；保存后生效。"})
	}
	field.Value = text
	return nil
}
