package theme

import (
	"bytes"
	"html"
	"net/url"
	"path"
	"strings"

	"zhengshu/assets"
)

// ConsoleFiles is where the console serves the files of themes, for previews;
// its query names the theme (its id, or the hash of its bundle) and the file.
const ConsoleFiles = "/console/theme-files"

func consoleFile(key, file string, more url.Values) string {
	q := url.Values{"theme": {key}, "file": {file}}
	for k, v := range more {
		q[k] = v
	}
	return ConsoleFiles + "?" + q.Encode()
}

// key names the theme in addresses of the console.
func (t *Theme) key() string {
	if t.Hash != "" {
		return t.Hash
	}
	return t.ID
}

// How a page can be previewed beside as it is.
const (
	AsPrint    = "print"
	AsContrast = "contrast"
)

func (k Tokens) query() url.Values {
	q := url.Values{}
	for name, v := range map[string]string{"brand": k.Brand, "deep": k.Deep, "mark": k.Mark, "radius": k.Radius, "density": k.Density} {
		if v != "" {
			q.Set(name, v)
		}
	}
	return q
}

// TokensOf reads tokens from an address or form; Clean says what is wrong.
func TokensOf(q url.Values) Tokens {
	return Tokens{Brand: q.Get("brand"), Deep: q.Get("deep"), Mark: q.Get("mark"), Radius: q.Get("radius"), Density: q.Get("density")}
}

// InConsole points a drawn page of the site to the files that the console
// serves, so that it can stand in a frame of it; as is how it is looked at.
func (s Site) InConsole(page []byte, as string) []byte {
	t := s.Dress()
	q := s.Look.Tokens.query()
	if as != "" {
		q.Set("as", as)
	}
	at := func(path string, key, file string, more url.Values) {
		page = bytes.ReplaceAll(page, []byte(`"`+html.EscapeString(path)+`"`), []byte(`"`+html.EscapeString(consoleFile(key, file, more))+`"`))
	}
	at(t.StylePath(s.Look.Tokens), t.key(), "portal.css", q)
	at(t.ReadingPath(s.Look.Tokens), t.key(), "reading.css", q)
	at(t.ElderStylePath(), t.key(), "elder.css", q)
	for name := range t.files {
		at(t.Asset(name), t.key(), name, nil)
	}
	if script := ScriptPath(); script != "" {
		page = bytes.ReplaceAll(page, []byte(`"`+script+`"`), []byte(`"`+assets.URL("portal.js")+`"`))
	}
	if s.Look.Logo != "" {
		at(s.Look.Logo, "logo", path.Base(s.Look.Logo), nil)
	}
	return page
}

// LogoPath is the path on a site of a logo served by the console.
func LogoPath(name string) string { return "/theme/" + path.Base(name) }

// ConsoleFile is a file of the theme as InConsole names it.
func (t *Theme) ConsoleFile(name string, q url.Values) (File, bool) {
	k, err := TokensOf(q).Clean()
	if err != nil {
		k = Tokens{} // refused where it is chosen
	}
	for _, f := range t.Files(k) {
		rest, ok := strings.CutPrefix(f.Path, t.dir)
		if !ok {
			continue
		}
		for _, sheet := range []string{"portal", "reading"} {
			if strings.HasPrefix(rest, sheet+".") {
				rest = sheet + ".css"
			}
		}
		if rest != name {
			continue
		}
		if path.Ext(name) == ".css" {
			f.Body = cssURL.ReplaceAllFunc(f.Body, func(m []byte) []byte {
				at := string(cssURL.FindSubmatch(m)[2])
				if _, ok := t.files[at]; !ok {
					return m
				}
				return []byte("url(" + consoleFile(t.key(), at, nil) + ")")
			})
		}
		switch q.Get("as") {
		case AsPrint:
			f.Body = bytes.ReplaceAll(f.Body, []byte("@media print"), []byte("@media screen"))
		case AsContrast:
			f.Body = bytes.ReplaceAll(f.Body, []byte("@media (prefers-contrast: more)"), []byte("@media screen"))
		}
		return f, true
	}
	return File{}, false
}
