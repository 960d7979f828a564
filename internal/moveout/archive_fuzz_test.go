package moveout

import (
	"archive/zip"
	"bytes"
	"testing"
)

// FuzzArchive opens the archives of sites that others hand in: what is opened
// fits its list.
func FuzzArchive(f *testing.F) {
	pack := func(members ...string) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for i := 0; i < len(members); i += 2 {
			w, err := z.Create(members[i])
			if err != nil {
				f.Fatal(err)
			}
			if _, err := w.Write([]byte(members[i+1])); err != nil {
				f.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			f.Fatal(err)
		}
		return b.Bytes()
	}
	f.Add(pack(manifestName, `{"format":"`+format+`","parts":{}}`))
	f.Add(pack(manifestName, `{"format":"`+format+`","parts":{"site.json":{"size":2,"sha256":"44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"}}}`, "site.json", "{}"))
	f.Add(pack(manifestName, `{"format":"`+format+`","parts":{"site.json":{"size":-9}}}`, "site.json", "{}"))
	f.Add([]byte("PK\x05\x06"))
	f.Fuzz(func(t *testing.T, body []byte) {
		z, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
		if err != nil {
			return
		}
		a, err := openArchive(z)
		if err != nil {
			return
		}
		for name, p := range a.manifest.Parts {
			b, err := a.read(name, maxSiteFile)
			if err == nil && int64(len(b)) != p.Size {
				t.Errorf("%s has %d bytes, not %d", name, len(b), p.Size)
			}
		}
	})
}
