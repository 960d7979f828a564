package web

import (
	"encoding/base64"
	"net/http"
	"unicode/utf8"
)

// maxSaid is the longest receipt, in bytes, that fits a cookie with room.
const maxSaid = 900

func saidName(r *http.Request) string {
	if q := requestFrom(r.Context()); q != nil && q.rt.c.Secure {
		return "__Host-said"
	}
	return "said"
}

// Done ends a form that succeeded: 303 to location, whose page shows said once
// as its receipt ("已送李某审核，一般 2 小时内办结"). Under htmx the browser is told
// to go there. An empty said shows nothing.
func Done(w http.ResponseWriter, r *http.Request, location, said string) error {
	for len(said) > maxSaid {
		_, n := utf8.DecodeLastRuneInString(said)
		said = said[:len(said)-n]
	}
	if said != "" {
		name := saidName(r)
		http.SetCookie(w, &http.Cookie{
			Name: name, Value: base64.RawURLEncoding.EncodeToString([]byte(said)), Path: "/", MaxAge: 60,
			HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: name != "said",
		})
	}
	if r.Header.Get("HX-Request") != "" {
		w.Header().Set("HX-Redirect", location)
		w.WriteHeader(http.StatusOK)
		return nil
	}
	http.Redirect(w, r, location, http.StatusSeeOther)
	return nil
}

// takeSaid reads the receipt and forgets it.
func takeSaid(w http.ResponseWriter, r *http.Request) string {
	name := saidName(r)
	c, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	http.SetCookie(w, &http.Cookie{Name: name, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: name != "said"})
	b, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil || len(b) > maxSaid || !utf8.Valid(b) {
		return ""
	}
	return string(b)
}
