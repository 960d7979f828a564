// Package assets carries the console's and the portal's style sheets, scripts
// and marks inside the binary, under names that change with their content.
//
// The style sheets are written by hand and committed. The scripts are bundled
// into built/ by `go run ./assets/bundle`; without them the binary still
// builds, Has says no, and the pages link none: every screen works in its
// plain form. Nothing here is per site: a portal theme's files have their own
// path and policy.
package assets

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Path is where Handler expects to be mounted.
const Path = "/assets/"

//go:embed css/*.css img/*.svg built/*
var files embed.FS

type file struct {
	name   string // console.css
	hashed string // console.0f3a….css
	kind   string
	plain  []byte
	gzip   func() []byte // nil bytes when it would not be smaller; made when it is first asked for
}

var byName, byHashed = load()

var kinds = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

func load() (map[string]*file, map[string]*file) {
	names, hashes := map[string]*file{}, map[string]*file{}
	for _, dir := range []string{"css", "img", "built"} {
		entries, err := fs.ReadDir(files, dir)
		if err != nil {
			continue // an embedded folder is always readable
		}
		for _, e := range entries {
			kind, served := kinds[path.Ext(e.Name())]
			if !served {
				continue
			}
			b, err := files.ReadFile(dir + "/" + e.Name())
			if err != nil {
				continue
			}
			sum := sha256.Sum256(b)
			ext := path.Ext(e.Name())
			f := &file{
				name:   e.Name(),
				hashed: strings.TrimSuffix(e.Name(), ext) + "." + hex.EncodeToString(sum[:6]) + ext,
				kind:   kind,
				plain:  b,
				gzip:   sync.OnceValue(func() []byte { return squeeze(b) }),
			}
			names[f.name], hashes[f.hashed] = f, f
		}
	}
	return names, hashes
}

func squeeze(b []byte) []byte {
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil
	}
	if _, err := z.Write(b); err != nil {
		return nil
	}
	if err := z.Close(); err != nil || out.Len() >= len(b) {
		return nil
	}
	return out.Bytes()
}

// Has reports whether the file is in the binary; scripts are not until they
// have been bundled.
func Has(name string) bool { return byName[name] != nil }

// URL is the address of a file by its plain name, such as console.css, or ""
// when the binary carries none.
func URL(name string) string {
	f := byName[name]
	if f == nil {
		return ""
	}
	return Path + f.hashed
}

// Names lists the files carried, sorted.
func Names() []string {
	var names []string
	for name := range byName {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Size is the number of bytes of a file as it is in the binary and as it
// travels compressed; zero when there is none.
func Size(name string) (plain, gzipped int) {
	f := byName[name]
	if f == nil {
		return 0, 0
	}
	if small := f.gzip(); small != nil {
		return len(f.plain), len(small)
	}
	return len(f.plain), len(f.plain)
}

// Axe is the source of axe-core with its Chinese texts, which inspection runs in
// a browser of its own on other people's pages; "" until it has been bundled. It
// is not served.
func Axe() string {
	b, err := files.ReadFile("built/axe.audit")
	if err != nil {
		return ""
	}
	return string(b)
}

// Handler serves the files below Path. A hashed name never changes its
// content, so it may be kept for a year; any other name is not found.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f := byHashed[strings.TrimPrefix(r.URL.Path, Path)]
		if f == nil || (r.Method != http.MethodGet && r.Method != http.MethodHead) {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", f.kind)
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
		h.Set("Cross-Origin-Resource-Policy", "same-site")
		h.Set("Vary", "Accept-Encoding")
		body := f.plain
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			if small := f.gzip(); small != nil {
				h.Set("Content-Encoding", "gzip")
				body = small
			}
		}
		h.Set("Content-Length", strconv.Itoa(len(body)))
		if r.Method == http.MethodGet {
			_, _ = w.Write(body) // the reader going away is not our error
		}
	})
}
