package moveout

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"time"
)

// Piece is one part of an archive that is made from what is at hand: one line
// of JSON for each of Lines, or the one thing that a file ending in .json holds.
type Piece struct {
	Name  string
	Lines []any
}

// Assemble writes an archive of the given parts, in the form every archive has,
// for who has a site's data in another system: Bring takes it in.
func Assemble(w io.Writer, site, host string, made time.Time, pieces []Piece) error {
	z := zip.NewWriter(w)
	m := Manifest{Format: format, Made: made, Site: site, Host: host, Parts: map[string]Part{}}
	for _, p := range pieces {
		var body []byte
		for _, l := range p.Lines {
			b, err := json.Marshal(l)
			if err != nil {
				return err
			}
			body = append(append(body, b...), '\n')
		}
		sum := sha256.Sum256(body)
		m.Parts[p.Name] = Part{Name: p.Name, SHA256: hex.EncodeToString(sum[:]), Size: int64(len(body)), Count: len(p.Lines)}
		if err := addBytes(z, p.Name, made, body); err != nil {
			return err
		}
	}
	body, err := json.MarshalIndent(m, "", " ")
	if err == nil {
		err = addBytes(z, manifestName, made, body)
	}
	return errors.Join(err, z.Close())
}
