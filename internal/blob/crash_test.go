package blob_test

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"

	"zhengshu/internal/blob"
)

const envCrash = "ZHENGSHU_BLOB_CHILD_DIR"

func TestMain(m *testing.M) {
	dir := os.Getenv(envCrash)
	if dir == "" {
		os.Exit(m.Run())
	}
	s, err := blob.Disk(dir)
	for i := 0; err == nil; i++ {
		var ref blob.Ref
		content := fill(rand.N(200_000))
		ref, err = s.Put(ctx, newReader(fmt.Sprintf("%d %d ", os.Getpid(), i), content))
		fmt.Println(ref)
	}
	fmt.Println("error", err)
	os.Exit(1)
}

// TestKilledWriters kills writers at random moments: what was acknowledged is
// there, and nothing that is there is damaged. It takes most of a second
// because each writer must live for a while.
func TestKilledWriters(t *testing.T) {
	s, dir := disk(t)
	var acked []blob.Ref
	for range 10 {
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), envCrash+"="+dir)
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		first := lines.Scan() // it lives
		end := time.AfterFunc(rand.N(40*time.Millisecond), func() { _ = c.Process.Kill() })
		for ok := first; ok; ok = lines.Scan() {
			ref, err := blob.ParseRef(lines.Text())
			if err != nil {
				t.Errorf("writer said %q", lines.Text())
				continue
			}
			acked = append(acked, ref)
		}
		end.Stop()
		_ = c.Wait() // killed: the error says so
	}
	if len(acked) < 10 {
		t.Fatalf("only %d blobs acknowledged", len(acked))
	}
	for _, ref := range acked {
		if _, err := s.Stat(ctx, ref); err != nil {
			t.Errorf("acknowledged and gone: %v", err)
		}
	}
	if damage, err := blob.Verify(ctx, s); err != nil || len(damage) != 0 {
		t.Errorf("damaged after the kills: %v, %v", damage, err)
	}
	t.Logf("%d blobs acknowledged by 10 killed writers", len(acked))
}
