package egress

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/andybalholm/brotli"
)

// ratioFloor is the size below which a body is never called a bomb: a short page of one repeated cell may compress a
// hundredfold in good faith, and this much memory harms nobody.
const ratioFloor = 256 << 10

// counter counts bytes as they come over the wire.
type counter struct {
	r io.Reader
	n atomic.Int64
}

func (c *counter) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n.Add(int64(n))
	return n, err
}

// decoded undoes Content-Encoding. Two layers are met in the field (a proxy compressing again); more is an attack.
func decoded(r io.Reader, encodings []string) (io.Reader, error) {
	var layers []string
	for _, h := range encodings {
		for e := range strings.SplitSeq(h, ",") {
			e = strings.ToLower(strings.TrimSpace(e))
			if e != "" && e != "identity" {
				layers = append(layers, e)
			}
		}
	}
	if len(layers) > 2 {
		return nil, fmt.Errorf("%d layers of content encoding", len(layers))
	}
	for i := len(layers) - 1; i >= 0; i-- {
		var err error
		switch layers[i] {
		case "gzip", "x-gzip":
			r, err = gzip.NewReader(r)
		case "br":
			r = brotli.NewReader(r)
		case "deflate":
			r, err = inflated(r)
		default:
			return nil, fmt.Errorf("content encoding %.40q", layers[i])
		}
		if err != nil {
			return nil, err
		}
	}
	return r, nil
}

// inflated accepts what servers mean by "deflate": zlib as the standard says, or bare deflate as some send.
func inflated(r io.Reader) (io.Reader, error) {
	b := bufio.NewReader(r)
	head, err := b.Peek(2)
	if err == nil && head[0]&0x0f == 8 && (uint16(head[0])<<8|uint16(head[1]))%31 == 0 {
		return zlib.NewReader(b)
	}
	return flate.NewReader(b), nil
}

// limits stops a body that grows past the policy.
type limits struct {
	host  string
	max   int64
	ratio int64
}

// read takes the body as far as it is allowed; what came before the stop is returned with the error.
// said is the length the server announced, −1 for none: it spares the room to grow, and is believed no further.
func (l limits) read(src *counter, encodings []string, said int64) ([]byte, error) {
	r, err := decoded(src, encodings)
	if err == io.EOF && src.n.Load() == 0 {
		return nil, nil // Content-Encoding on an empty body
	}
	if err != nil {
		return nil, err
	}
	if r == src && said >= 0 {
		return l.fill(make([]byte, 0, min(said+1, ratioFloor)), r, src) // the one more lets the end be seen
	}
	room := rooms.Get().(*[roomSize]byte)
	defer rooms.Put(room)
	body, err := l.fill(room[:0], r, src)
	if len(body) <= roomSize {
		body = bytes.Clone(body) // the room is for the next
	}
	return body, err
}

// roomSize holds most pages whole.
const roomSize = 64 << 10

var rooms = sync.Pool{New: func() any { return new([roomSize]byte) }}

// fill reads r to its end into the room of body, and into more where that is too small.
func (l limits) fill(body []byte, r io.Reader, src *counter) ([]byte, error) {
	for idle := 0; ; {
		if len(body) == cap(body) {
			body = append(body, 0)[:len(body)]
		}
		n, err := r.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		if idle++; n > 0 {
			idle = 0
		} else if err == nil && idle > 100 {
			err = io.ErrNoProgress // a decoder going in circles
		}
		if size := int64(len(body)); size > ratioFloor && size > l.ratio*src.n.Load() {
			return body[:min(len(body), ratioFloor)], wrong(Bomb, l.host, fmt.Errorf("%d bytes from %d", size, src.n.Load()),
				"%s 返回的压缩内容膨胀超过 %d 倍，疑似压缩炸弹，已中止，请核查服务器。", clip(l.host), l.ratio)
		}
		if int64(len(body)) > l.max {
			return body[:l.max:l.max], tooLarge(l.host, l.max)
		}
		if err == io.EOF {
			return body, nil
		}
		if err != nil {
			return body, err
		}
	}
}

func tooLarge(host string, max int64) *Error {
	size := fmt.Sprintf("%d KB", max>>10)
	if max >= 1<<20 {
		size = fmt.Sprintf("%d MB", max>>20)
	}
	return wrong(TooLarge, host, nil, "%s 返回的内容超过 %s，已中止读取，请检查该地址是否应为网页。", clip(host), size)
}

// watch cancels an exchange whose body comes slower than the policy allows. The returned function ends the watch.
func (c *Client) watch(n *atomic.Int64, cancel context.CancelCauseFunc) (stop func()) {
	if c.p.MinSpeed < 0 {
		return func() {}
	}
	// A timer that winds itself up again: most bodies end before it rings, and a
	// goroutine for each would cost more than reading a short page.
	least := max(1, int64(float64(c.p.MinSpeed)*c.p.SpeedWindow.Seconds()))
	var (
		mu     sync.Mutex
		over   bool
		before int64
		t      *time.Timer
	)
	mu.Lock()
	defer mu.Unlock()
	t = time.AfterFunc(c.p.SpeedWindow, func() {
		mu.Lock()
		defer mu.Unlock()
		now := n.Load()
		switch {
		case over:
		case now-before < least:
			cancel(errSlow)
		default:
			before = now
			t.Reset(c.p.SpeedWindow)
		}
	})
	return func() {
		mu.Lock()
		defer mu.Unlock()
		over = true
		t.Stop()
	}
}
