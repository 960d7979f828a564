package web

import (
	"net/http"
	"strings"
)

// headers sets what every answer of the house carries. A handler with a need
// of its own (a download, a preview) overrides single headers.
func (rt *Router) headers(h http.Header, r *http.Request) {
	frames := "'none'"
	if rt.c.Preview != "" {
		frames = rt.c.Preview
	}
	policy := "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; font-src 'self'; connect-src 'self'; " +
		"media-src 'self'; frame-src " + frames + "; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
	if rt.c.Secure {
		policy += "; upgrade-insecure-requests"
		h.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
	}
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY") // for engines before frame-ancestors
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-site")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=(), interest-cohort=()")
	h.Set("Vary", "HX-Request")
	if r.URL.Path == rt.c.Prefix || strings.HasPrefix(r.URL.Path, rt.c.Prefix+"/") {
		// Not no-referrer: Chromium then sends "Origin: null", and engines that
		// know no Sec-Fetch-Site would fail the cross-origin check on every form.
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
	} else {
		h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
	}
}

// ReadersPolicy is the policy of a readers' page that a page of the console shows
// in a frame: nothing outside frames it, and no script runs in it.
const ReadersPolicy = "default-src 'none'; style-src 'self'; img-src 'self' data:; media-src 'self'; font-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'; sandbox allow-same-origin"

// SendFramed answers with a page as readers see it, for a frame of the console.
func SendFramed(w http.ResponseWriter, page []byte) error {
	h := w.Header()
	h.Set("Content-Security-Policy", ReadersPolicy)
	h.Set("X-Frame-Options", "SAMEORIGIN")
	h.Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(page) // the reader going away is not our error
	return nil
}
