package web

import (
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"zhengshu/internal/fault"
)

// Handlers and what they call rely on text being text. Bytes that are none
// (NUL, broken UTF-8) reach a server only by a broken or a hostile program;
// PostgreSQL refuses them with an error, the embedded database stores them.

func isText(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }

// asText drops NUL and puts U+FFFD, which people see, for broken UTF-8.
func asText(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\x00", "")
}

// onlyText refuses an address that is no text, which no page has, and mends
// the query.
func onlyText(r *http.Request) (*http.Request, error) {
	if !isText(r.URL.Path) {
		return nil, fault.New(fault.NotFound, "没有这个页面。请检查网址，或回到首页从菜单进入。")
	}
	q := r.URL.Query()
	if !mend(q) {
		return r, nil
	}
	u := *r.URL
	u.RawQuery = q.Encode()
	r = r.WithContext(r.Context())
	r.URL = &u
	return r, nil
}

// mendForm mends what a parsed form says.
func mendForm(r *http.Request) {
	mend(r.Form)
	mend(r.PostForm)
	if r.MultipartForm != nil {
		mend(r.MultipartForm.Value)
	}
}

func mend(v url.Values) (changed bool) {
	for name, values := range v {
		for i, s := range values {
			if !isText(s) {
				values[i], changed = asText(s), true
			}
		}
		if !isText(name) {
			delete(v, name)
			changed = true
		}
	}
	return changed
}
