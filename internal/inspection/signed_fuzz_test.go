package inspection

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"slices"
	"testing"
)

// FuzzOpenSigned hands files of the exchange over that nobody signed, or that
// somebody else did: none is obeyed. What a known key signed is read whatever it
// holds, without a panic, and comes through the wire as it was.
func FuzzOpenSigned(f *testing.F) {
	_, own, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	trusted := map[string]bool{PublicKey(own): true}
	sealed := func(what string, body []byte) []byte {
		return slices.Concat([]byte(PublicKey(own)+" "+base64.StdEncoding.EncodeToString(ed25519.Sign(own, signed(what, body)))+"\n"), body)
	}
	for _, body := range []string{
		`{"run":"r","vantage":"甲","report":{"visited":["http://x/"],"looks":{"http://x/":{}},"findings":[{"Check":"link.dead"}]},"blobs":{"sha256:00":"AA=="}}`,
		`{"id":"p","until":"2026-11-23T02:00:00Z","tasks":[{"run":"r","target":{"URL":"http://x/"}}]}`, `{"id":"p","until":"2026-11-23T02:00:00Z","asks":[{"id":"a","kind":"host","host":"x","what":{"host":"10.0.0.1"}},{"errand":"e","kind":"","what":null}]}`, `{"ask":"a","vantage":"甲\u0000","answer":{"at":"2026-11-23T02:00:00Z","seen":{"host":"x"}},"blobs":{"../x":"AA=="}}`, `{"ask":"a","answer":{"at":"9999-01-01T00:00:00Z","seen":[1e999]}}`,
		`{"report":{"visited":null,"size":-1}}`, `[]`, "{\"run\":\"\u0000\"}",
	} {
		f.Add([]byte(body))
		f.Add(sealed("batch", []byte(body)))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for what, into := range map[string]any{"plan": &PlanFile{}, "batch": &BatchFile{}} {
			err := openSigned(b, what, trusted, into)
			if _, body, _ := bytes.Cut(b, []byte("\n")); err == nil && !bytes.HasPrefix(b, sealed(what, body)) {
				t.Fatalf("a %s nobody here signed was read: %q", what, b)
			}
			if err != nil && !errors.Is(err, errSeal) {
				t.Fatalf("%s: %v", what, err)
			}
		}
		var batch BatchFile
		if err := openSigned(sealed("batch", b), "batch", trusted, &batch); err != nil {
			return
		}
		was := batch.Report.Unpack()
		if again := was.Pack().Unpack(); len(again.Visited) != len(was.Visited) || again.Bytes != was.Bytes || len(again.Findings) != len(was.Findings) {
			t.Fatalf("%+v became %+v", was, again)
		}
		for _, sg := range was.Findings {
			_ = sg.Evidence.Refs()
			_ = sg.Fingerprint()
		}
		// A batch is not taken for a plan.
		if err := openSigned(sealed("batch", b), "plan", trusted, &PlanFile{}); !errors.Is(err, errSeal) {
			t.Fatalf("a batch was read as a plan: %v", err)
		}
	})
}
