package publishing_test

import (
	"errors"
	"log/slog"
	"path/filepath"
	"testing"

	"zhengshu/internal/publishing"
)

// A door makes its pages of a statement once, keeps the last good one, and says
// when there is none yet.
func TestReadingKeepsTheLastGoodStatement(t *testing.T) {
	dir := t.TempDir()
	s, err := publishing.CreateStore(filepath.Join(dir, "releases"), filepath.Join(dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	var r publishing.Reading[string]
	made := 0
	read := func() (string, error) {
		return r.Read(s, "told", slog.New(slog.DiscardHandler), func(st publishing.Statement) (string, error) {
			made++
			if string(st.Body) == "broken" {
				return "", errors.New("not what a statement says")
			}
			return string(st.Body), nil
		})
	}
	if _, err := read(); !errors.Is(err, publishing.ErrNoStatement) {
		t.Fatalf("before there is one: %v", err)
	}
	for _, step := range []struct {
		put, want string
		made      int
	}{{"one", "one", 1}, {"", "one", 1}, {"another", "another", 2}, {"broken", "another", 3}, {"", "another", 3}, {"the third", "the third", 4}} {
		if step.put != "" {
			if err := s.PutStatement("told", []byte(step.put)); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := read(); err != nil || got != step.want || made != step.made {
			t.Errorf("after %q: %q, made %d times (%v); want %q, %d", step.put, got, made, err, step.want, step.made)
		}
	}
}
