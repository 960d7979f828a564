package publishing

import (
	"context"
	"encoding/base64"
	"fmt"
	"path"
	"path/filepath"
	"strings"
	"time"

	"zhengshu/internal/registry"
)

// Evidence is what a site shows of what it should serve: enough to compare every
// byte from outside. The signature is over the site and the manifest; the
// manifest names the lists, and the lists every address with its hash.
type Evidence struct {
	Site      string    `json:"site"`
	Host      string    `json:"host"`
	No        int       `json:"no"`
	Made      time.Time `json:"made"`
	Manifest  string    `json:"manifest"` // SHA-256
	SM3       string    `json:"sm3"`      // of the same bytes
	Signature string    `json:"signature"`
	Key       string    `json:"key"`
	Lists     []string  `json:"lists"`
}

// PublicKey is the house's public key, base64.
func (s *Store) PublicKey() string { return base64.StdEncoding.EncodeToString(s.pub) }

// Signature is the house's signature of the release and the SM3 digest of its
// manifest, while it is the current one.
func (r *Release) Signature() (signature, sm3 string, err error) {
	dir, err := r.store.siteDir(r.site)
	if err != nil {
		return "", "", err
	}
	b, err := readFile(filepath.Join(dir, "current"), maxCurrent)
	if err != nil {
		return "", "", err
	}
	p, err := parsePointer(b)
	if err != nil {
		return "", "", err
	}
	if p.Manifest != r.Hash {
		return "", "", fmt.Errorf("publishing: release %d is not the current one", r.No)
	}
	return p.Signature, p.SM3, nil
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
