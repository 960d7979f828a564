package publishing_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"zhengshu/internal/publishing"
)

func TestStatementIsSignedAndReplacedWhole(t *testing.T) {
	dir := t.TempDir()
	s, err := publishing.CreateStore(filepath.Join(dir, "releases"), filepath.Join(dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.ReadStatement("official"); !errors.Is(err, publishing.ErrNoStatement) {
		t.Fatalf("before there is one: %v", err)
	}
	for _, body := range []string{`{"a":1}`, "{\"a\":2}\n\n"} {
		was := s.StatementStamp("official")
		if err := s.PutStatement("official", []byte(body)); err != nil {
			t.Fatal(err)
		}
		reader, err := publishing.OpenStore(s.Dir())
		if err != nil {
			t.Fatal(err)
		}
		got, err := reader.ReadStatement("official")
		if err != nil || string(got.Body) != body {
			t.Errorf("read %q (%v)", got.Body, err)
		}
		if reader.StatementStamp("official") == was {
			t.Error("the stamp stayed")
		}
		if err := reader.PutStatement("official", nil); err == nil {
			t.Error("a portal signed")
		}
	}
	file := filepath.Join(s.Dir(), "statements", "official")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)-4] = '9'
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.ReadStatement("official"); !errors.Is(err, publishing.ErrForged) {
		t.Errorf("an altered statement: %v", err)
	}
	if err := s.PutStatement("../x", nil); err == nil {
		t.Error("a name with a path was taken")
	}
}
