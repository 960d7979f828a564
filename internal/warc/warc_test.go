package warc_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/realdata"
	"zhengshu/internal/warc"
)

func now() time.Time { return time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC) }

func written(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	w := warc.NewWriter(&b, now)
	for _, err := range []error{
		w.Info(warc.Field{Name: "software", Value: "zhengshu"}, warc.Field{Name: "format", Value: "WARC File Format 1.1"}),
		w.Response(warc.Answer{URL: "http://a.gov.cn/", At: now(), IP: "203.0.113.7", Status: 200,
			Header: http.Header{"Content-Type": {"text/html"}, "Content-Encoding": {"gzip"}, "Content-Length": {"9"}, "Set-Cookie": {"JSESSIONID=1"}, "X-Odd": {"a\r\nInjected: yes"}}, Body: []byte("<h1>首页</h1>")}),
		w.Response(warc.Answer{URL: "http://a.gov.cn/none", Status: 404, Body: nil, Cut: true}),
		w.Note("http://a.gov.cn/big.zip", now(), warc.Field{Name: "leftOut", Value: "超过大小上限"}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if w.Records() != 4 || w.Bytes() != int64(b.Len()) {
		t.Errorf("%d records, %d bytes of %d", w.Records(), w.Bytes(), b.Len())
	}
	return b.Bytes()
}

func TestWhatIsWrittenReadsBack(t *testing.T) {
	file := written(t)
	sum, err := warc.Verify(bytes.NewReader(file))
	if err != nil || sum.Records != 4 || sum.Responses != 2 || sum.Addresses != 2 || len(sum.Damaged) != 0 {
		t.Fatalf("%+v (%v)", sum, err)
	}
	r := warc.NewReader(bytes.NewReader(file))
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	rec, err := r.Next()
	if err != nil {
		t.Fatal(err)
	}
	resp, body, err := rec.HTTP()
	if err != nil || string(body) != "<h1>首页</h1>" || rec.Target() != "http://a.gov.cn/" || rec.Get("WARC-IP-Address") != "203.0.113.7" || rec.Get("WARC-Date") != "2026-03-09T01:00:00Z" {
		t.Fatalf("%+v %q (%v)", rec.Fields, body, err)
	}
	if resp.Header.Get("Set-Cookie") != "" || resp.Header.Get("Injected") != "" || resp.Header.Get("X-Archive-Orig-Content-Encoding") != "gzip" || resp.Header.Get("Content-Length") != "15" {
		t.Errorf("headers %v", resp.Header)
	}
	// One gzip member a record: each can be read by itself.
	n := 0
	for rest := file; len(rest) > 0; n++ {
		in := bytes.NewReader(rest)
		z, err := gzip.NewReader(in)
		if err != nil {
			t.Fatal(err)
		}
		z.Multistream(false)
		if _, err := io.Copy(io.Discard, z); err != nil {
			t.Fatal(err)
		}
		rest = rest[len(rest)-in.Len():]
	}
	if n != 4 {
		t.Errorf("%d gzip members, want 4", n)
	}
}

func TestChangedAndCutFilesAreNamed(t *testing.T) {
	file := written(t)
	z, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	sum, err := warc.Verify(bytes.NewReader(bytes.Replace(plain, []byte("<h1>首页</h1>"), []byte("<h1>他页</h1>"), 1)))
	if err != nil || len(sum.Damaged) != 1 || sum.Damaged[0].Target != "http://a.gov.cn/" {
		t.Errorf("changed: %+v (%v)", sum, err)
	}
	for name, bad := range map[string][]byte{
		"cut":          file[:len(file)-20],
		"cut plain":    plain[:len(plain)-200],
		"empty":        nil,
		"no warc file": []byte("PK\x03\x04 nothing of the kind"),
		"no length":    []byte("WARC/1.1\r\nWARC-Type: response\r\n\r\n"),
		"minus length": []byte("WARC/1.1\r\nContent-Length: -1\r\n\r\n"),
		"vast length":  []byte("WARC/1.1\r\nContent-Length: 99999999999999\r\n\r\n"),
		"endless line": []byte("WARC/1.1\r\n" + strings.Repeat("a", 1<<17)),
	} {
		if _, err := warc.Verify(bytes.NewReader(bad)); !errors.Is(err, warc.ErrBroken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFileOfAnotherWriter(t *testing.T) {
	sum, err := warc.Verify(bytes.NewReader(realdata.Read(t, "10_robots_feeds_warc/pages.warc.gz", "a WARC file of another writer")))
	if err != nil || sum.Responses == 0 || sum.Records != sum.Responses || len(sum.Damaged) != 0 {
		t.Errorf("%+v (%v)", sum, err)
	}
}

func FuzzReader(f *testing.F) {
	f.Add(written(f))
	f.Add([]byte("WARC/1.0\r\nWARC-Type: response\r\nContent-Length: 3\r\n\r\nabc\r\n\r\n"))
	f.Add([]byte("\x1f\x8b\x08\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := warc.NewReader(bytes.NewReader(b))
		for range 1000 {
			rec, err := r.Next()
			if err != nil && !errors.As(err, new(*warc.Damaged)) {
				return
			}
			if rec.Type() == warc.Response {
				_, _, _ = rec.HTTP() // must not panic
			}
		}
	})
}
