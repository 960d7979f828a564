package app

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"

	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/media"
	"zhengshu/internal/org"
)

// shelf keeps the files that come with imported items in the media library of
// the unit, and opens them for exports.
type shelf struct{ h *House }

// Where is not known before: the media library names what it keeps.
func (shelf) Where(library.RowFile) string { return "" }

// Shelve takes a file, whose bytes lie in the blobs, into the media library.
func (s shelf) Shelve(ctx context.Context, scope authz.Scope, unit org.UnitID, f library.RowFile) (string, error) {
	ref, err := blob.ParseRef("sha256:" + f.SHA256)
	if err != nil {
		return "", err
	}
	r, err := s.h.Blobs.Open(ctx, ref)
	if err != nil {
		return "", fmt.Errorf("app: file of an import: %w", err)
	}
	defer r.Close()
	content, err := io.ReadAll(r) // bounded when it was brought
	if err != nil {
		return "", fmt.Errorf("app: file of an import: %w", err)
	}
	kept, err := s.h.Media.Take(ctx, scope, unit, []media.Upload{{Name: f.Name, Content: bytes.NewReader(content)}}, media.About{Alt: f.Alt})
	if err != nil {
		return "", err
	}
	return kept[0].Src(), nil
}

// Open reads the original of an asset by its path; fs.ErrNotExist for none of
// the media library.
func (s shelf) Open(ctx context.Context, src string) (io.ReadCloser, library.RowFile, error) {
	id, ok := media.Named(src)
	if !ok {
		return nil, library.RowFile{}, fs.ErrNotExist
	}
	system := authz.System("movein")
	a, err := s.h.Media.Asset(ctx, system, id)
	if fault.Is(err, fault.NotFound) {
		return nil, library.RowFile{}, fs.ErrNotExist
	}
	if err != nil {
		return nil, library.RowFile{}, err
	}
	o, err := s.h.Media.OpenOriginal(ctx, system, id)
	return o.ReadCloser, library.RowFile{Src: src, SHA256: a.Blob.Hash(), Name: a.Name, Type: a.MediaType, Size: a.Size, Alt: a.Alt}, err
}
