package moveout

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"testing"

	"zhengshu/internal/fault"
)

// zeros are so many bytes of nothing.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

// A part that is small on the wire and vast once unpacked is refused before a
// byte of it is written; one of the size that files have is not.
func TestPartThatGrowsBeyondReasonIsRefused(t *testing.T) {
	pack := func(size int64, honest bool) *zip.Reader {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		how := zip.Deflate
		if honest {
			how = zip.Store
		}
		w, err := z.CreateHeader(&zip.FileHeader{Name: "files.zip", Method: how})
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.New()
		if _, err := io.Copy(io.MultiWriter(w, sum), io.LimitReader(zeros{}, size)); err != nil {
			t.Fatal(err)
		}
		list, err := json.Marshal(Manifest{Format: format, Parts: map[string]Part{"files.zip": {Size: size, SHA256: hex.EncodeToString(sum.Sum(nil))}}})
		if err != nil {
			t.Fatal(err)
		}
		if w, err = z.Create(manifestName); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(list); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		r, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if _, err := openArchive(pack(spare+(256<<20), false)); !fault.Is(err, fault.TooLarge) {
		t.Errorf("a part that grows a thousand times: %v", err)
	}
	if _, err := openArchive(pack(spare+(1<<20), true)); err != nil {
		t.Errorf("a part that does not grow: %v", err)
	}
	if _, err := openArchive(pack(1<<20, false)); err != nil {
		t.Errorf("a small part of nothing but zeros: %v", err)
	}
}
