package portal

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"zhengshu/internal/publishing"
)

// wellKnown is where a site shows what it should serve: anybody with the house's
// public key can compare.
const wellKnown = "/.well-known/zhengshu/"

// evidence answers below wellKnown: manifest (what is public now, signed), key
// (the public key) and object/HASH (the manifest, its folders and lists, word
// for word).
func (h *Handler) evidence(w http.ResponseWriter, r *http.Request, s *open) {
	var body []byte
	kind := "application/json; charset=utf-8"
	rest := strings.TrimPrefix(r.URL.Path, wellKnown)
	switch hash, isObject := strings.CutPrefix(rest, "object/"); {
	case rest == "manifest":
		shown, err := s.release.Evidence()
		if err == nil {
			body, err = json.MarshalIndent(shown, "", "  ")
		}
		if err != nil {
			h.fail(w, r, s.release.Site, err)
			return
		}
	case rest == "key":
		body, kind = []byte(h.store.PublicKey()+"\n"), "text/plain; charset=utf-8"
	case isObject:
		ours, err := s.release.Names(hash)
		if err == nil && !ours {
			h.message(w, r, s.release.Site, http.StatusNotFound, "")
			return
		}
		if err == nil {
			body, err = h.store.Object(hash, publishing.MaxObject)
		}
		if err != nil {
			h.fail(w, r, s.release.Site, err)
			return
		}
	default:
		h.message(w, r, s.release.Site, http.StatusNotFound, "")
		return
	}
	hd := w.Header()
	hd.Set("Content-Type", kind)
	hd.Set("Cache-Control", "no-cache")
	hd.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the reader going away is not our error
	}
}
