package portal

import (
	"bytes"
	"compress/gzip"
	"container/list"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"

	"zhengshu/internal/publishing"
)

// maxCached is the largest page kept in memory, in bytes; larger files are
// streamed.
const maxCached = 2 << 20

// body is a page in its forms; gz and br are nil when there is none.
type body struct {
	hash          string
	plain, gz, br []byte
}

func (b *body) size() int64 { return int64(len(b.plain) + len(b.gz) + len(b.br)) }

// best is the form for an Accept-Encoding header, with its name.
func (b *body) best(accept string) ([]byte, string) {
	q := map[string]float64{}
	for part := range strings.SplitSeq(accept, ",") {
		name, params, _ := strings.Cut(part, ";")
		weight := 1.0
		if v, ok := strings.CutPrefix(strings.TrimSpace(params), "q="); ok {
			f, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
			if err != nil {
				f = 0
			}
			weight = f
		}
		q[strings.ToLower(strings.TrimSpace(name))] = weight
	}
	switch {
	case b.br != nil && q["br"] > 0 && q["br"] >= q["gzip"]:
		return b.br, "br"
	case b.gz != nil && q["gzip"] > 0:
		return b.gz, "gzip"
	}
	return b.plain, ""
}

// cache keeps pages by their hash, least recently used out first.
type cache struct {
	store *publishing.Store
	most  int64

	mu    sync.Mutex
	held  int64
	order *list.List
	by    map[string]*list.Element
	whole map[string]string // large files found whole: hash → size and time
}

func newCache(s *publishing.Store, most int64) *cache {
	return &cache{store: s, most: most, order: list.New(), by: map[string]*list.Element{}, whole: map[string]string{}}
}

func (c *cache) get(p publishing.Page) (*body, error) {
	c.mu.Lock()
	if e := c.by[p.Hash]; e != nil {
		c.order.MoveToFront(e)
		b := e.Value.(*body)
		c.mu.Unlock()
		// The compressed forms follow a moment after the switch.
		if b.br != nil || len(b.plain) < 600 {
			return b, nil
		}
		if gz, br := c.variants(p.Hash, b.plain); br != nil {
			return c.keep(&body{p.Hash, b.plain, gz, br}), nil
		}
		return b, nil
	}
	c.mu.Unlock()
	plain, err := c.store.Object(p.Hash, maxCached)
	if err != nil {
		return nil, err
	}
	gz, br := c.variants(p.Hash, plain)
	return c.keep(&body{p.Hash, plain, gz, br}), nil
}

func (c *cache) keep(b *body) *body {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.by[b.hash]; e != nil {
		c.held -= e.Value.(*body).size()
		c.order.Remove(e)
	}
	c.by[b.hash] = c.order.PushFront(b)
	c.held += b.size()
	for c.held > c.most && c.order.Len() > 1 {
		e := c.order.Back()
		old := e.Value.(*body)
		c.order.Remove(e)
		delete(c.by, old.hash)
		c.held -= old.size()
	}
	return b
}

// variants are the compressed forms that unpack to the page and are smaller.
// They are not signed themselves.
func (c *cache) variants(hash string, plain []byte) (gz, br []byte) {
	if b, err := c.store.Variant(hash, "br"); err == nil && len(b) < len(plain) && same(brotli.NewReader(bytes.NewReader(b)), plain) {
		br = b
	}
	if b, err := c.store.Variant(hash, "gz"); err == nil && len(b) < len(plain) {
		if z, err := gzip.NewReader(bytes.NewReader(b)); err == nil && same(z, plain) {
			gz = b
		}
	}
	return gz, br
}

func same(r io.Reader, plain []byte) bool {
	b, err := io.ReadAll(io.LimitReader(r, int64(len(plain))+1))
	return err == nil && bytes.Equal(b, plain)
}

// file opens a large file that was found whole: read through once, and again
// when it has changed on the disk.
func (c *cache) file(p publishing.Page) (*os.File, error) {
	f, err := c.store.OpenObject(p.Hash)
	if err != nil {
		return nil, err
	}
	st, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, err
	}
	mark := fmt.Sprint(st.Size(), st.ModTime().UnixNano())
	c.mu.Lock()
	ok := c.whole[p.Hash] == mark
	c.mu.Unlock()
	if !ok {
		h := sha256.New()
		if _, err = io.Copy(h, f); err == nil && hex.EncodeToString(h.Sum(nil)) != p.Hash {
			err = publishing.ErrForged
		}
		if err == nil {
			_, err = f.Seek(0, io.SeekStart)
		}
		if err != nil {
			f.Close()
			return nil, err
		}
		c.mu.Lock()
		c.whole[p.Hash] = mark
		c.mu.Unlock()
	}
	return f, nil
}
