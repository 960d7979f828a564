package seal_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"zhengshu/internal/seal"
)

func ring(t testing.TB, dir string) *seal.Keyring {
	t.Helper()
	k, err := seal.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestSealedTextOpensOnlyForItsPurpose(t *testing.T) {
	k := ring(t, t.TempDir())
	plain := []byte("13800000000 张某")
	sealed, err := k.Seal("letters.contact", plain)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(sealed, "v1:"+k.ID()+":") || strings.Contains(sealed, "13800000000") {
		t.Fatalf("envelope %q", sealed)
	}
	again, err := k.Seal("letters.contact", plain)
	if err != nil || again == sealed {
		t.Errorf("the same text sealed twice looks the same (%v)", err)
	}
	if got, err := k.Open("letters.contact", sealed); err != nil || !bytes.Equal(got, plain) {
		t.Fatalf("opened %q, %v", got, err)
	}
	flipped := []byte(sealed)
	if i := len(flipped) - 2; flipped[i] == 'A' {
		flipped[i] = 'B'
	} else {
		flipped[i] = 'A'
	}
	for _, tt := range []struct {
		name, purpose, sealed string
		want                  error
	}{
		{"another purpose", "signin.totp", sealed, seal.ErrAltered},
		{"one bit changed", "letters.contact", string(flipped), seal.ErrAltered},
		{"another house", "letters.contact", mustSeal(t, ring(t, t.TempDir()), plain), seal.ErrUnknownKey},
		{"plain text", "letters.contact", "13800000000", seal.ErrMalformed},
		{"empty", "letters.contact", "", seal.ErrMalformed},
		{"cut off", "letters.contact", "v1:" + k.ID() + ":AAAA", seal.ErrMalformed},
		{"a later version", "letters.contact", "v2" + sealed[2:], seal.ErrMalformed},
		{"a line end inside", "letters.contact", sealed[:30] + "\n" + sealed[30:], seal.ErrMalformed},
		{"too long", "letters.contact", sealed + strings.Repeat("A", seal.MaxSealed), seal.ErrMalformed},
	} {
		if _, err := k.Open(tt.purpose, tt.sealed); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
}

func mustSeal(t *testing.T, k *seal.Keyring, plain []byte) string {
	t.Helper()
	s, err := k.Seal("letters.contact", plain)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestKeyFileIsPrivateAndSurvivesRotation(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	old := ring(t, dir)
	path := filepath.Join(dir, seal.FileName)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("key file mode %v, %v", info.Mode(), err)
	}
	sealed, mac := mustSeal(t, old, []byte("甲")), old.Mac("letters.phone", "13800000000")

	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	second := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32))
	if err := os.WriteFile(path, append(text, second+"\n"...), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	k := ring(t, dir)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("a key file readable by others was left so: %v %v", info.Mode(), err)
	}
	if k.ID() == old.ID() {
		t.Error("the new key does not seal")
	}
	if got, err := k.Open("letters.contact", sealed); err != nil || string(got) != "甲" {
		t.Errorf("after rotation: %q %v", got, err)
	}
	if k.Mac("letters.phone", "13800000000") != mac {
		t.Error("look-ups do not survive a rotation")
	}
	if k.Mac("letters.phone", "13800000001") == mac || k.Mac("signin.form", "13800000000") == mac || len(mac) != 43 {
		t.Error("digests do not tell data or purpose apart")
	}
}

func TestTwoProcessesAgreeOnOneKey(t *testing.T) {
	dir := t.TempDir()
	ids := make([]string, 8)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			if k, err := seal.Open(dir); err == nil {
				ids[i] = k.ID()
			}
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id == "" || id != ids[0] {
			t.Fatalf("keys %q", ids)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestBrokenKeyFileIsRefused(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "", "no base64": "not a key\n", "short": "AAAA\n", "too large": strings.Repeat("#\n", 20<<10),
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, seal.FileName), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := seal.Open(dir); err == nil {
			t.Errorf("%s: taken as a key file", name)
		}
	}
}

func FuzzOpen(f *testing.F) {
	dir := f.TempDir()
	if err := os.WriteFile(filepath.Join(dir, seal.FileName), []byte(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{1}, 32))), 0o600); err != nil {
		f.Fatal(err)
	}
	k := ring(f, dir)
	good, err := k.Seal("p", []byte("text"))
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{good, "", "v1::", "v1:" + k.ID() + ":", good[:len(good)-1], strings.ToUpper(good), good + "=", good + "\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, sealed string) {
		// Fuzz workers seal anew, so seeds differ from their good by the nonce.
		plain, err := k.Open("p", sealed)
		if err == nil && (len(sealed) != len(good) || string(plain) != "text") {
			t.Fatalf("%q opened to %q", sealed, plain)
		}
	})
}
