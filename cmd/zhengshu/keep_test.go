package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"zhengshu/internal/blob"
)

// A stored file that was altered is named in a sentence, and no other is.
func TestVerifyBlobsNamesWhatWasAltered(t *testing.T) {
	dir := t.TempDir()
	do := func(want int, args ...string) string {
		t.Helper()
		var out, says bytes.Buffer
		if got := run(context.Background(), append(args, "--data", dir), strings.NewReader(""), &out, &says); got != want {
			t.Fatalf("%v: exit %d, want %d: %s %s", args, got, want, out.String(), says.String())
		}
		return out.String()
	}
	do(exitDone, "migrate")
	store, err := blob.Disk(filepath.Join(dir, "blobs"))
	if err != nil {
		t.Fatal(err)
	}
	var refs []blob.Ref
	for _, text := range []string{"一份附件", "另一份附件"} {
		ref, err := store.Put(context.Background(), strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		refs = append(refs, ref)
	}
	if out := do(exitDone, "verify", "blobs"); !strings.Contains(out, "损坏 0 个") {
		t.Errorf("whole: %s", out)
	}
	hash := refs[1].Hash()
	path := filepath.Join(dir, "blobs", hash[:2], hash[2:4], hash)
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("另一份附作"), 0o600); err != nil {
		t.Fatal(err)
	}
	out := do(exitPartial, "verify", "blobs")
	if !strings.Contains(out, "损坏 1 个") || !strings.Contains(out, "文件 "+string(refs[1])+" 的内容与摘要不符") || strings.Contains(out, refs[0].Hash()) {
		t.Errorf("altered: %s", out)
	}
}
