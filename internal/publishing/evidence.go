package publishing

import (
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/registry"
)

// Evidence is what a site shows of what it should serve: enough to compare every
// byte from outside. The signature is over the site and the manifest; the
// manifest names the lists, or the folders that name them, and the lists every
// address with its hash.
type Evidence struct {
	Site      string    `json:"site"`
	Host      string    `json:"host"`
	No        int       `json:"no"`
	Made      time.Time `json:"made"`
	Manifest  string    `json:"manifest"`      // SHA-256
	SM3       string    `json:"sm3,omitempty"` // of the same bytes
	Signature string    `json:"signature"`
	Key       string    `json:"key"`
	Lists     []string  `json:"lists"` // that the manifest names; folders name the others
	Folders   []string  `json:"folders,omitempty"`
}

// PublicKey is the house's public key, base64.
func (s *Store) PublicKey() string { return base64.StdEncoding.EncodeToString(s.pub) }

// Evidence of the release, while it is the current one.
func (r *Release) Evidence() (Evidence, error) {
	dir, err := r.store.siteDir(r.site)
	if err != nil {
		return Evidence{}, err
	}
	b, err := readFile(filepath.Join(dir, "current"), maxCurrent)
	if err != nil {
		return Evidence{}, err
	}
	p, err := parsePointer(b)
	if err != nil {
		return Evidence{}, err
	}
	if p.Manifest != r.Hash {
		return Evidence{}, fmt.Errorf("publishing: release %d is not the current one", r.No)
	}
	return Evidence{Site: r.Site.ID, Host: r.Site.Host, No: r.No, Made: r.Made, Manifest: r.Hash, SM3: p.SM3, Signature: p.Signature, Key: r.store.PublicKey(), Lists: slices.Sorted(maps.Values(r.Lists)), Folders: slices.Sorted(maps.Values(r.Folders))}, nil
}

// Nearest proposes the page of the site's release that somebody who asked for a
// missing address may have meant: the same name elsewhere, another ending, the
// folder above.
func (s *Store) Nearest(ctx context.Context, site registry.SiteID, address string) (string, bool) {
	r, err := s.Current(site)
	if err != nil || len(address) > 500 || !strings.HasPrefix(address, "/") {
		return "", false
	}
	there := func(p string) bool {
		x, ok, err := r.Page(p)
		return err == nil && ok && x.Status == 200
	}
	stem := strings.TrimSuffix(address, path.Ext(address))
	if name := strings.ToLower(path.Base(stem)); (name == "index" || name == "default" || name == "home") && there(strings.TrimSuffix(path.Dir(address), "/")+"/") {
		return strings.TrimSuffix(path.Dir(address), "/") + "/", true
	}
	for _, p := range []string{address + "/", strings.ToLower(address), stem + ".html", stem + "/", strings.TrimSuffix(address, "/") + ".html"} {
		if p != address && there(p) {
			return p, true
		}
	}
	if name := path.Base(stem); len(name) >= 6 {
		found := ""
		err := r.Each(func(p Page) error {
			if p.Status == 200 && strings.TrimSuffix(path.Base(p.Path), path.Ext(p.Path)) == name && (found == "" || len(p.Path) < len(found)) {
				found = p.Path
			}
			return ctx.Err()
		})
		if err == nil && found != "" {
			return found, true
		}
	}
	for dir := path.Dir(strings.TrimSuffix(address, "/")); dir != "/" && dir != "."; dir = path.Dir(dir) {
		if there(dir + "/") {
			return dir + "/", true
		}
	}
	return "", false
}
