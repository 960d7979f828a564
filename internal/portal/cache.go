package portal

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"container/list"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"zhengshu/internal/publishing"
)

// maxCached is the largest page kept in memory, in bytes; larger files are
// streamed.
const maxCached = 2 << 20

// Forms of a page, in the order in which one is chosen among equals.
const (
	plainForm = iota
	brForm
	zstdForm
	gzipForm
	formCount
)

var (
	formNames   = [formCount]string{"", "br", "zstd", "gzip"}
	formEndings = [formCount]string{"", "br", "zst", "gz"}
)

// forms are the bytes of a page; a form that there is none of is nil.
type forms [formCount][]byte

func (f *forms) size() int64 {
	n := int64(0)
	for _, b := range f {
		n += int64(len(b))
	}
	return n
}

// body is a page held by the cache. Its bytes go when it is put out, whoever
// still refers to it.
type body struct {
	hash  string
	bytes atomic.Pointer[forms]
	used  atomic.Bool  // asked for since the hand last passed
	next  atomic.Int64 // when to look for compressed forms again
	seen  atomic.Int64 // the store's squeezes when they were last looked for
}

// squeezed reports whether every compressed form is there, or it is not time to
// look for them again: they follow a moment after the switch.
func (b *body) squeezed(f *forms, s *publishing.Store) bool {
	return f[brForm] != nil || len(f[plainForm]) < 600 || b.seen.Load() == s.Squeezes() && time.Now().UnixNano() < b.next.Load()
}

func (b *body) looked(squeezes int64) {
	b.seen.Store(squeezes)
	b.next.Store(time.Now().Add(time.Second).UnixNano())
}

// accepted are the forms that an Accept-Encoding header takes, best first; the
// plain one is always taken.
func accepted(accept string) (order [formCount - 1]int8, n int) {
	switch accept {
	case "":
		return order, 0
	case "br":
		return [...]int8{brForm, 0, 0}, 1
	case "gzip":
		return [...]int8{gzipForm, 0, 0}, 1
	case "gzip, deflate, br":
		return [...]int8{brForm, gzipForm, 0}, 2
	case "gzip, deflate, br, zstd":
		return [...]int8{brForm, zstdForm, gzipForm}, 3
	}
	var q [formCount]float64
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
		name = strings.TrimSpace(name)
		for i := brForm; i < formCount; i++ {
			if strings.EqualFold(name, formNames[i]) {
				q[i] = weight
			}
		}
	}
	for i := brForm; i < formCount; i++ {
		if q[i] > 0 {
			order[n] = int8(i)
			n++
		}
	}
	slices.SortStableFunc(order[:n], func(a, b int8) int { return cmp.Compare(q[b], q[a]) })
	return order, n
}

// best is the form of a page for an Accept-Encoding header.
func (f *forms) best(accept string) int {
	order, n := accepted(accept)
	for _, i := range order[:n] {
		if f[i] != nil {
			return int(i)
		}
	}
	return plainForm
}

// cache keeps pages by their hash within a number of bytes. Who is asked for
// again stays; finding a page takes no lock once its answer is made.
type cache struct {
	store *publishing.Store
	most  int64

	mu    sync.Mutex
	held  int64
	order *list.List // a clock: the hand is at the back
	by    map[string]*list.Element
	whole map[string]string // large files found whole: hash → size and time
}

func newCache(s *publishing.Store, most int64) *cache {
	return &cache{store: s, most: most, order: list.New(), by: map[string]*list.Element{}, whole: map[string]string{}}
}

// get is the page's body with its bytes.
func (c *cache) get(p publishing.Page) (*body, *forms, error) {
	c.mu.Lock()
	e := c.by[p.Hash]
	c.mu.Unlock()
	if e != nil {
		b := e.Value.(*body)
		if f := b.bytes.Load(); f != nil {
			b.used.Store(true)
			if n := c.store.Squeezes(); !b.squeezed(f, c.store) {
				b.looked(n)
				if full := c.variants(p.Hash, f[plainForm]); full[brForm] != nil {
					c.swap(b, full)
					f = full
				}
			}
			return b, f, nil
		}
	}
	plain, err := c.store.Object(p.Hash, maxCached)
	if err != nil {
		return nil, nil, err
	}
	n := c.store.Squeezes()
	f := c.variants(p.Hash, plain)
	b := &body{hash: p.Hash}
	b.bytes.Store(f)
	b.looked(n)
	return c.keep(b, f), f, nil
}

func (c *cache) swap(b *body, f *forms) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old := b.bytes.Load(); old != nil {
		c.held += f.size() - old.size()
		b.bytes.Store(f)
	}
	c.shrink()
}

func (c *cache) keep(b *body, f *forms) *body {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.by[b.hash]; e != nil { // somebody was first
		return e.Value.(*body)
	}
	c.by[b.hash] = c.order.PushFront(b)
	c.held += f.size()
	c.shrink()
	return b
}

func (c *cache) shrink() {
	for c.held > c.most && c.order.Len() > 1 {
		e := c.order.Back()
		b := e.Value.(*body)
		if b.used.Swap(false) {
			c.order.MoveToFront(e)
			continue
		}
		c.order.Remove(e)
		delete(c.by, b.hash)
		if f := b.bytes.Swap(nil); f != nil {
			c.held -= f.size()
		}
	}
}

var unzstd = sync.OnceValues(func() (*zstd.Decoder, error) {
	return zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxCached+1))
})

// variants are the forms of a page: itself, and the compressed ones that unpack
// to it and are smaller. They are not signed themselves.
func (c *cache) variants(hash string, plain []byte) *forms {
	f := &forms{plainForm: plain}
	if len(plain) < 600 {
		return f
	}
	for i := brForm; i < formCount; i++ {
		b, err := c.store.Variant(hash, formEndings[i])
		if err != nil || len(b) >= len(plain) {
			if i == brForm && err != nil {
				return f // made last: without it there are none
			}
			continue
		}
		ok := false
		switch i {
		case brForm:
			ok = same(brotli.NewReader(bytes.NewReader(b)), plain)
		case gzipForm:
			if z, err := gzip.NewReader(bytes.NewReader(b)); err == nil {
				ok = same(z, plain)
			}
		case zstdForm:
			if z, err := unzstd(); err == nil {
				got, err := z.DecodeAll(b, nil)
				ok = err == nil && bytes.Equal(got, plain)
			}
		}
		if ok {
			f[i] = b
			continue
		}
		c.store.Tell(publishing.Damage{File: "objects/" + hash[:2] + "/" + hash + "." + formEndings[i], What: publishing.Changed, Detail: "compressed form does not unpack to the page; not served"})
	}
	return f
}

func same(r io.Reader, plain []byte) bool {
	b, err := io.ReadAll(io.LimitReader(r, int64(len(plain))+1))
	return err == nil && bytes.Equal(b, plain)
}

// file opens a large file that was found whole: read through once, and again
// when it has changed on the disk.
func (c *cache) file(p publishing.Page) (*os.File, error) { return c.open(p, true) }

func (c *cache) open(p publishing.Page, again bool) (*os.File, error) {
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
		if errors.Is(err, publishing.ErrForged) && again {
			if err = errors.Join(f.Close(), c.store.Restore(p.Hash)); err != nil {
				return nil, err
			}
			return c.open(p, false)
		}
		if err == nil {
			_, err = f.Seek(0, io.SeekStart)
		}
		if err != nil {
			f.Close()
			return nil, err
		}
		c.mu.Lock()
		if len(c.whole) > 10000 {
			clear(c.whole)
		}
		c.whole[p.Hash] = mark
		c.mu.Unlock()
	}
	return f, nil
}
