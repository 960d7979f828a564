package web

import (
	"context"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"sync"

	"zhengshu/internal/authz"
)

// Need is the permission that the page at href asks for. It is empty for an
// address outside the route table, and outside the router.
func Need(ctx context.Context, href string) authz.Permission {
	q := requestFrom(ctx)
	u, err := url.Parse(href)
	if q == nil || err != nil || u.Host != "" || !strings.HasPrefix(u.Path, "/") {
		return ""
	}
	_, pattern := q.rt.mux.Handler(&http.Request{Method: http.MethodGet, URL: u})
	return q.rt.needs[pattern]
}

// MayOpen reports whether the visitor holds what the page at href asks for: a
// link nobody may follow is not shown. It knows nothing of scope. Every page is
// freed of such links before it is shown; asking is only needed where more than
// the link hangs on the answer.
func MayOpen(r *http.Request, href string) bool {
	need := Need(r.Context(), href)
	return need == "" || authz.SessionFrom(r.Context()).May(need)
}

// bar returns the page without the links that the visitor may not follow; the
// words of a cell, a term or a step stay. What the page shares with others is
// left as it is.
func bar[T any](r *http.Request, page T) T {
	v := reflect.ValueOf(&page).Elem()
	barIn(v, func(href string) bool { return href != "" && !MayOpen(r, href) })
	return page
}

var (
	linkType      = reflect.TypeFor[Link]()
	actType       = reflect.TypeFor[Act]()
	tabType       = reflect.TypeFor[Tab]()
	componentType = reflect.TypeFor[Component]()
	framePackage  = linkType.PkgPath()
	holding       sync.Map // reflect.Type to bool
)

func barIn(v reflect.Value, closed func(href string) bool) {
	t := v.Type()
	if !holdsLinks(t) {
		return
	}
	switch t.Kind() {
	case reflect.Struct:
		if t.PkgPath() == framePackage {
			if href := v.FieldByName("Href"); href.IsValid() && href.Kind() == reflect.String && closed(href.String()) {
				if t == linkType || t == actType {
					v.SetZero()
					return
				}
				href.SetString("")
			}
		}
		for i := range t.NumField() {
			if t.Field(i).IsExported() {
				barIn(v.Field(i), closed)
			}
		}
	case reflect.Slice:
		out := reflect.MakeSlice(t, 0, v.Len())
		for i := range v.Len() {
			if e := t.Elem(); (e == linkType || e == actType || e == tabType) && closed(v.Index(i).FieldByName("Href").String()) {
				continue
			}
			out = reflect.Append(out, v.Index(i))
			barIn(out.Index(out.Len()-1), closed)
		}
		if v.Len() > 0 {
			v.Set(out)
		}
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			return
		}
		e := v.Elem()
		if t.Kind() == reflect.Interface && e.Kind() == reflect.Pointer {
			if e.IsNil() {
				return
			}
			e = e.Elem()
		}
		own := reflect.New(e.Type())
		own.Elem().Set(e)
		barIn(own.Elem(), closed)
		if t.Kind() == reflect.Interface && v.Elem().Kind() != reflect.Pointer {
			v.Set(own.Elem())
		} else {
			v.Set(own)
		}
	}
}

// holdsLinks reports whether a value of the type can lead somewhere.
func holdsLinks(t reflect.Type) bool {
	if known, ok := holding.Load(t); ok {
		return known.(bool)
	}
	holds := holdsLinksBelow(t, map[reflect.Type]bool{})
	holding.Store(t, holds)
	return holds
}

func holdsLinksBelow(t reflect.Type, above map[reflect.Type]bool) bool {
	if above[t] {
		return false
	}
	above[t] = true
	switch t.Kind() {
	case reflect.Struct:
		if _, ok := t.FieldByName("Href"); ok && t.PkgPath() == framePackage {
			return true
		}
		for i := range t.NumField() {
			if t.Field(i).IsExported() && holdsLinksBelow(t.Field(i).Type, above) {
				return true
			}
		}
	case reflect.Slice, reflect.Pointer:
		return holdsLinksBelow(t.Elem(), above)
	case reflect.Interface:
		return t == componentType
	}
	return false
}
