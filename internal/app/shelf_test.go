package app

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"testing"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/library"
	"zhengshu/internal/org"
)

// A file that comes with an imported item is taken into the media library of
// the unit and opens from there as it came; taken twice it is kept once.
func TestImportedFilesStandInTheMediaLibrary(t *testing.T) {
	h, err := Open(t.Context(), Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := h.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	ctx, system := audit.System(t.Context(), "test"), authz.System("test")
	var unit org.Unit
	if err := h.DB.Update(ctx, func(tx *db.Tx) error {
		if _, err := h.Org.AddArea(ctx, tx, org.Area{Level: org.Province, Code: "610000", Name: "陕西省"}); err != nil {
			return err
		}
		var err error
		unit, _, err = h.Org.AddUnit(ctx, tx, org.Unit{Area: "province-610000000000", Kind: org.Office, Name: "陕西省人民政府办公厅"})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	body := []byte("%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n")
	ref, err := h.Blobs.Put(ctx, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	s := shelf{h}
	file := library.RowFile{SHA256: ref.Hash(), Name: "登记表.pdf", Type: "application/pdf", Size: int64(len(body))}
	src, err := s.Shelve(ctx, system, unit.ID, file)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := s.Shelve(ctx, system, unit.ID, file); err != nil || again != src {
		t.Errorf("taken again it lies at %q, not %q (%v)", again, src, err)
	}
	in, got, err := s.Open(ctx, src)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if read, err := io.ReadAll(in); err != nil || !bytes.Equal(read, body) || got.Name != "登记表.pdf" || got.SHA256 != ref.Hash() {
		t.Errorf("opened %d bytes of %+v (%v)", len(read), got, err)
	}
	for _, none := range []string{"/media/01ja0000000000000000000000.pdf", "/elsewhere/x.pdf", ""} {
		if _, _, err := s.Open(ctx, none); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q opens: %v", none, err)
		}
	}
	if _, err := s.Shelve(ctx, system, unit.ID, library.RowFile{SHA256: "x", Name: "x.pdf"}); err == nil {
		t.Error("a file without its bytes is taken")
	}
}
