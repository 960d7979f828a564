package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestThemeFromFirstFileToBundle walks a designer's commands: new, key, sign,
// check; what is wrong is named with file and line.
func TestThemeFromFirstFileToBundle(t *testing.T) {
	dir := t.TempDir()
	src, key, zip := filepath.Join(dir, "src"), filepath.Join(dir, "theme.key"), filepath.Join(dir, "theme.zip")
	do := func(want int, args ...string) (string, string) {
		t.Helper()
		var out, says bytes.Buffer
		if got := run(context.Background(), args, strings.NewReader(""), &out, &says); got != want {
			t.Fatalf("%v: exit %d, want %d: %s", args, got, want, says.String())
		}
		return out.String(), says.String()
	}
	do(exitDone, "theme", "new", src)
	do(exitCould, "theme", "new", src) // not over somebody's work
	do(exitCould, "theme", "sign", src, key, zip)
	pub, _ := do(exitDone, "theme", "key", key)
	again, _ := do(exitDone, "theme", "key", key)
	if pub != again || len(strings.TrimSpace(pub)) != 44 {
		t.Errorf("keys %q and %q", pub, again)
	}
	if st, err := os.Stat(key); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("the private key: %v %v", st, err)
	}
	do(exitDone, "theme", "sign", src, key, zip)
	out, _ := do(exitDone, "theme", "check", zip)
	var rep struct {
		ID, Version, Key string
		OK               bool
	}
	if err := json.Unmarshal([]byte(out), &rep); err != nil || !rep.OK || rep.ID != "my-theme" || rep.Key != strings.TrimSpace(pub) {
		t.Errorf("check: %s %v", out, err)
	}
	view := filepath.Join(src, "views", "map.html")
	if err := os.WriteFile(view, []byte("{{define \"content\"}}\n<h1>a</h1>\n<script>1</script>{{end}}"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, says := do(exitCould, "theme", "sign", src, key, zip); !strings.Contains(says, "views/map.html 第 3 行：含有 <script> 标签") {
		t.Errorf("sign says %s", says)
	}
	if err := os.WriteFile(zip, []byte("PK nothing"), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, _ := do(exitPartial, "theme", "check", zip); !strings.Contains(out, "不是 zip 文件") {
		t.Errorf("check says %s", out)
	}
}
