// Package blobtest is an S3-compatible store in memory for tests.
//
// It decides nothing; it answers as a store would, so that what speaks to one can
// be tested whole: missing and changed objects, a full store, one that is down.
package blobtest

import (
	"bufio"
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// S3 is as much of the S3 protocol as the stores speak: the bucket “blobs” under
// the key “key”, objects put whole, listings of a few keys at a time. Objects and
// Full may be changed while nobody asks; see Do.
type S3 struct {
	mu      sync.Mutex
	Objects map[string][]byte
	Full    bool // nothing more is taken
	Down    bool // every request fails
}

// New is an empty bucket.
func New() *S3 { return &S3{Objects: map[string][]byte{}} }

// Do changes the bucket between requests.
func (s *S3) Do(f func(*S3)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(s)
}

func (s *S3) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	fail := func(status int, code string) {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(status)
		if r.Method != http.MethodHead {
			fmt.Fprintf(w, `<Error><Code>%s</Code><Message>%s</Message><BucketName>%s</BucketName><Key>%s</Key></Error>`, code, code, bucket, key)
		}
	}
	switch {
	case s.Down:
		fail(http.StatusServiceUnavailable, "ServiceUnavailable")
	case !strings.Contains(r.Header.Get("Authorization"), "Credential=key/"):
		fail(http.StatusForbidden, "InvalidAccessKeyId")
	case bucket != "blobs":
		fail(http.StatusNotFound, "NoSuchBucket")
	case key == "" && r.Method == http.MethodHead:
	case key == "" && r.Method == http.MethodGet:
		s.list(w, r)
	case r.Method == http.MethodPut && r.Header.Get("X-Amz-Copy-Source") != "":
		from, err := url.PathUnescape(strings.TrimPrefix(r.Header.Get("X-Amz-Copy-Source"), "/"))
		b, ok := s.Objects[strings.TrimPrefix(from, "blobs/")]
		if err != nil || !ok {
			fail(http.StatusNotFound, "NoSuchKey")
			return
		}
		s.Objects[key] = b
		w.Header().Set("Content-Type", "application/xml")
		fmt.Fprintf(w, `<CopyObjectResult><LastModified>2026-03-01T00:00:00.000Z</LastModified><ETag>%s</ETag></CopyObjectResult>`, etag(b))
	case r.Method == http.MethodDelete:
		delete(s.Objects, key)
		w.WriteHeader(http.StatusNoContent)
	case r.Method == http.MethodPut:
		if s.Full {
			fail(http.StatusInsufficientStorage, "XMinioStorageFull")
			return
		}
		body := io.Reader(r.Body)
		if strings.HasPrefix(r.Header.Get("X-Amz-Content-Sha256"), "STREAMING-") {
			body = &chunked{r: bufio.NewReader(r.Body)}
		}
		b, err := io.ReadAll(body)
		want := r.Header.Get("X-Amz-Decoded-Content-Length")
		if want == "" {
			want = strconv.FormatInt(r.ContentLength, 10)
		}
		if err != nil || strconv.Itoa(len(b)) != want {
			fail(http.StatusBadRequest, "IncompleteBody")
			return
		}
		s.Objects[key] = b
		w.Header().Set("ETag", etag(b))
	case r.Method == http.MethodGet, r.Method == http.MethodHead:
		b, ok := s.Objects[key]
		if !ok {
			fail(http.StatusNotFound, "NoSuchKey")
			return
		}
		w.Header().Set("ETag", etag(b))
		http.ServeContent(w, r, "", time.Unix(1_700_000_000, 0), bytes.NewReader(b))
	default:
		fail(http.StatusMethodNotAllowed, "MethodNotAllowed")
	}
}

func etag(b []byte) string {
	sum := md5.Sum(b)
	return `"` + hex.EncodeToString(sum[:]) + `"`
}

func (s *S3) list(w http.ResponseWriter, r *http.Request) {
	type object struct {
		Key          string
		Size         int
		LastModified string
		ETag         string
	}
	var out struct {
		XMLName               xml.Name `xml:"ListBucketResult"`
		Name                  string
		KeyCount              int
		IsTruncated           bool
		NextContinuationToken string `xml:",omitempty"`
		Contents              []object
	}
	out.Name = "blobs"
	q := r.URL.Query()
	for _, k := range slices.Sorted(maps.Keys(s.Objects)) {
		if !strings.HasPrefix(k, q.Get("prefix")) || k <= q.Get("continuation-token") {
			continue
		}
		if len(out.Contents) == 7 {
			out.IsTruncated, out.NextContinuationToken = true, out.Contents[6].Key
			break
		}
		out.Contents = append(out.Contents, object{k, len(s.Objects[k]), "2026-03-01T00:00:00.000Z", etag(s.Objects[k])})
	}
	out.KeyCount = len(out.Contents)
	w.Header().Set("Content-Type", "application/xml")
	_ = xml.NewEncoder(w).Encode(out) // the client sees a broken answer
}

// chunked reads the signed chunks of a streaming upload.
type chunked struct {
	r    *bufio.Reader
	left int
	done bool
}

func (c *chunked) Read(p []byte) (int, error) {
	if c.done {
		return 0, io.EOF
	}
	if c.left == 0 {
		line, err := c.r.ReadString('\n')
		if err == nil && strings.TrimSpace(line) == "" {
			line, err = c.r.ReadString('\n')
		}
		if err != nil {
			return 0, err
		}
		size, _, _ := strings.Cut(strings.TrimSpace(line), ";")
		n, err := strconv.ParseInt(size, 16, 32)
		if err != nil {
			return 0, err
		}
		if c.left = int(n); n == 0 {
			c.done = true
			return 0, io.EOF
		}
	}
	n, err := c.r.Read(p[:min(len(p), c.left)])
	c.left -= n
	return n, err
}
