package egress

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"sync"
	"time"
)

// knockRead is how much of a document a knock reads at once, knockMax how much
// of one it reads at most: what has come that far has opened. knockHints is how
// much may come before the answer.
const (
	knockRead  = 8 << 10
	knockMax   = 1 << 20
	knockHints = 64 << 10
)

var knockBuffers = sync.Pool{New: func() any { b := make([]byte, knockRead); return &b }}

var knockTail = []byte(" HTTP/1.1\r\nHost: ")

var knockHead = []byte("\r\nUser-Agent: " + Agent + "\r\nAccept: text/html,*/*;q=0.1\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n")

// Knock is Probe for many sites often: over a fresh connection each time, the
// head and the first document read to its end into a buffer that is used again,
// nothing kept and nothing decompressed. Redirects are followed and the
// certificate is verified, as a visitor's browser would. What counts as a
// failure is the same.
func (c *Client) Knock(ctx context.Context, rawURL string) ProbeResult {
	begun := time.Now()
	res := ProbeResult{At: c.p.Now().UTC()}
	caller := ctx
	ctx, cancel := context.WithTimeoutCause(ctx, c.p.ProbeLimit, limitError(c.p.ProbeLimit))
	defer cancel()
	u, err := parse(rawURL)
	host := ""
	for n := 0; err == nil; n++ {
		host = u.Hostname()
		var next *url.URL
		remote := (*netip.Addr)(nil)
		if n == 0 {
			remote = &res.Remote
		}
		next, res.Status, err = c.knock(ctx, u, remote)
		if err != nil || next == nil {
			break
		}
		if n == max(0, c.p.MaxRedirects) {
			err = wrong(TooManyRedirects, host, nil, "从 %s 开始的跳转超过 %d 次，请减少跳转。", clip(host), n)
		}
		u = next
	}
	res.Took = time.Since(begun)
	if err != nil {
		e := c.classify(ctx, host, err)
		if caller.Err() != nil {
			e = wrong(Cancelled, host, caller.Err(), "对 %s 的访问已由平台中止，未得出结论，可稍后重试。", clip(host))
		} else if cause := context.Cause(ctx); cause != nil && e.Kind != Timeout {
			e = c.classify(ctx, host, cause)
		}
		if e.Kind == TooManyRedirects || e.Kind == RedirectLoop {
			// Whether cookies would have led out of it, a knock cannot tell: Probe can.
			return c.Probe(caller, rawURL)
		}
		res.Kind, res.Says, res.Void = e.Kind, e.Says, !e.Blames()
		return res
	}
	res.judge()
	return res
}

var errShort = errors.New("the document ended before its length")

// knock asks one URL; next is where a redirect leads. Remote, where given, takes the
// address that was dialled.
func (c *Client) knock(ctx context.Context, u *url.URL, remote *netip.Addr) (next *url.URL, status int, err error) {
	host, port := u.Hostname(), portOf(u)
	if e := c.admit(host, port); e != nil {
		return nil, 0, e
	}
	addr := net.JoinHostPort(host, portText(port))
	var conn net.Conn
	if u.Scheme == "https" {
		conn, err = c.dialTLS(carriage{})(ctx, "tcp", addr)
	} else {
		conn, err = c.dialPlain(carriage{})(ctx, "tcp", addr)
	}
	if err != nil {
		return nil, 0, err
	}
	defer conn.Close()
	if a, ok := conn.RemoteAddr().(*net.TCPAddr); ok && remote != nil {
		*remote = a.AddrPort().Addr().Unmap()
	}
	if dl, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(dl); err != nil {
			return nil, 0, err
		}
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Now()) }) // ends the reading
	defer stop()
	held := knockBuffers.Get().(*[]byte)
	defer knockBuffers.Put(held)
	buf := *held

	req := append(buf[:0], "GET "...)
	req = append(req, u.RequestURI()...)
	req = append(req, knockTail...)
	req = append(req, u.Host...)
	req = append(req, knockHead...)
	if _, err := conn.Write(req); err != nil {
		return nil, 0, err
	}
	return answerTo(u, conn, buf)
}

// answerTo reads what a server answers to a knock at u, through buf and no further
// than is needed to say whether it opened.
func answerTo(u *url.URL, conn io.Reader, buf []byte) (next *url.URL, status int, err error) {
	host := u.Hostname()
	var (
		head, line, fields []byte
		n, hints           int
	)
	// Hints of what is to come (100, 103) are no answer: the one that counts comes after them.
	for {
		if head, n, err = headOf(host, conn, buf, n); err != nil {
			return nil, 0, err
		}
		line, fields, _ = bytes.Cut(head, []byte("\r\n"))
		var ok bool
		if status, ok = statusOf(line); !ok {
			return nil, 0, errors.New("no HTTP status line")
		}
		if status >= 200 || status == http.StatusSwitchingProtocols {
			break
		}
		if hints += len(head); hints > knockHints {
			return nil, 0, longHead(host)
		}
		n = copy(buf, buf[len(head)+4:n])
	}
	if status >= 300 && status < 400 && status != 304 {
		if to := fieldOf(fields, "location"); len(to) > 0 {
			next, err := u.Parse(string(to))
			if err != nil {
				return nil, status, wrong(BadResponse, host, err, "%s 的跳转地址不正确，请检查跳转设置。", clip(host))
			}
			next, err = settle(next)
			return next, status, err
		}
	}
	length := int64(-1)
	if v := fieldOf(fields, "content-length"); len(v) > 0 {
		if length, err = strconv.ParseInt(string(v), 10, 64); err != nil || length < 0 {
			return nil, status, errors.New("content length is no number")
		}
	}
	if status < 200 || status == 204 || status == 304 {
		return nil, status, nil
	}
	// The document: counted, and of a chunked one the frame followed.
	var frame *chunks
	if bytes.EqualFold(fieldOf(fields, "transfer-encoding"), []byte("chunked")) {
		frame, length = new(chunks), -1 // a length beside it does not count (RFC 9112, 6.3)
	}
	got := int64(0)
	take := func(b []byte) error {
		got += int64(len(b))
		if frame == nil {
			return nil
		}
		return frame.follow(b)
	}
	if err := take(buf[len(head)+4 : n]); err != nil {
		return nil, status, err
	}
	done := func() bool {
		return length >= 0 && got >= length || frame != nil && frame.at == chunksOver || got >= knockMax
	}
	for !done() {
		m, err := conn.Read(buf)
		if err := take(buf[:m]); err != nil {
			return nil, status, err
		}
		if err == io.EOF || err == nil && m == 0 {
			if !done() && (length >= 0 || frame != nil) {
				return nil, status, errShort
			}
			return nil, status, nil
		}
		if err != nil {
			return nil, status, err
		}
	}
	return nil, status, nil
}

// headOf reads a head to its end into buf, of which n bytes are there already, and
// gives it with how many are there then: the four of its end follow it, and what
// came of the document. A head is as much as one buffer holds, which is more than
// any honest one.
func headOf(host string, conn io.Reader, buf []byte, n int) (head []byte, there int, err error) {
	for from := 0; ; {
		if i := bytes.Index(buf[from:n], []byte("\r\n\r\n")); i >= 0 {
			return buf[:from+i], n, nil
		}
		if err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return nil, n, err
		}
		if n == len(buf) {
			return nil, n, longHead(host)
		}
		var m int
		from = max(0, n-3)
		m, err = conn.Read(buf[n:])
		n += m
	}
}

func longHead(host string) error {
	return wrong(TooLarge, host, nil, "%s 返回的响应头过长，已中止，请检查服务器配置。", clip(host))
}

// statusOf reads HTTP/1.1 200 OK.
func statusOf(line []byte) (int, bool) {
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.")) || line[8] != ' ' {
		return 0, false
	}
	n := 0
	for _, b := range line[9:12] {
		if b < '0' || b > '9' {
			return 0, false
		}
		n = 10*n + int(b-'0')
	}
	return n, n >= 100 && (len(line) == 12 || line[12] == ' ')
}

// fieldOf is the value of the first field of the name, nil when there is none.
func fieldOf(fields []byte, name string) []byte {
	for len(fields) > 0 {
		var line []byte
		line, fields, _ = bytes.Cut(fields, []byte("\r\n"))
		if len(line) > len(name) && line[len(name)] == ':' && bytes.EqualFold(line[:len(name)], []byte(name)) {
			return bytes.TrimSpace(line[len(name)+1:])
		}
	}
	return nil
}
