package publishing

import (
	"encoding/base64"
	"fmt"
	"path/filepath"
	"time"
)

// Evidence is what a site shows of what it should serve: enough to compare every
// byte from outside. The signature is over the site and the manifest; the
// manifest names the lists, and the lists every address with its hash.
type Evidence struct {
	Site      string    `json:"site"`
	Host      string    `json:"host"`
	No        int       `json:"no"`
	Made      time.Time `json:"made"`
	Manifest  string    `json:"manifest"`
	Signature string    `json:"signature"`
	Key       string    `json:"key"`
	Lists     []string  `json:"lists"`
}

// PublicKey is the house's public key, base64.
func (s *Store) PublicKey() string { return base64.StdEncoding.EncodeToString(s.pub) }

// Signature is the house's signature of the release, while it is the current
// one.
func (r *Release) Signature() (string, error) {
	dir, err := r.store.siteDir(r.site)
	if err != nil {
		return "", err
	}
	b, err := readFile(filepath.Join(dir, "current"), maxCurrent)
	if err != nil {
		return "", err
	}
	p, err := parsePointer(b)
	if err != nil {
		return "", err
	}
	if p.Manifest != r.Hash {
		return "", fmt.Errorf("publishing: release %d is not the current one", r.No)
	}
	return p.Signature, nil
}
