// Package warc writes and reads WARC/1.1 files (ISO 28500): the record of what a
// website answered, one gzip member a record, each with the SHA-256 of its block
// and of its payload, so that anybody can read it back and see that nothing was
// changed.
//
// It decides the form of the records and whether a file is whole. It does not
// decide what is fetched (crawl) or kept (the modules that archive).
package warc

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Bounds of what is read.
const (
	maxHeader = 64 << 10  // bytes of a record's header
	MaxBlock  = 256 << 20 // bytes of a record's block
)

// Types of record that are written.
const (
	Info     = "warcinfo"
	Response = "response"
	Metadata = "metadata"
)

// Field is one line of a record's header.
type Field struct{ Name, Value string }

// Record is one record as read.
type Record struct {
	Version string // WARC/1.1
	Fields  []Field
	Block   []byte
}

// Get is the first value of a header field.
func (r Record) Get(name string) string {
	for _, f := range r.Fields {
		if strings.EqualFold(f.Name, name) {
			return f.Value
		}
	}
	return ""
}

// Type is the record's type.
func (r Record) Type() string { return r.Get("WARC-Type") }

// Target is the address it is about.
func (r Record) Target() string { return strings.Trim(r.Get("WARC-Target-URI"), "<>") }

// HTTP is the answer in a response record.
func (r Record) HTTP() (*http.Response, []byte, error) {
	resp, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(r.Block)), nil)
	if err != nil {
		return nil, nil, fmt.Errorf("warc: read answer: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, nil, fmt.Errorf("warc: read answer: %w", err)
	}
	return resp, body, nil
}

// Writer writes records.
type Writer struct {
	w       *counter
	records int
	now     func() time.Time
}

type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// NewWriter writes to w; now dates the records that have no date of their own.
func NewWriter(w io.Writer, now func() time.Time) *Writer {
	return &Writer{w: &counter{w: w}, now: now}
}

// Records and Bytes count what was written.
func (w *Writer) Records() int { return w.records }

// Bytes is how many compressed bytes were written.
func (w *Writer) Bytes() int64 { return w.w.n }

// Info writes the record that says who made the file, first of all.
func (w *Writer) Info(fields ...Field) error {
	return w.write(Info, "", "application/warc-fields", w.now(), nil, lines(fields))
}

// Note writes a metadata record about an address: why it was left out.
func (w *Writer) Note(target string, at time.Time, fields ...Field) error {
	return w.write(Metadata, target, "application/warc-fields", at, nil, lines(fields))
}

func lines(fields []Field) []byte {
	var b bytes.Buffer
	for _, f := range fields {
		fmt.Fprintf(&b, "%s: %s\r\n", f.Name, plain(f.Value))
	}
	return b.Bytes()
}

// plain keeps a value on its line.
func plain(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s))
}

// Answer is what a server answered, with the content encoding undone.
type Answer struct {
	URL    string
	At     time.Time
	IP     string
	Status int
	Header http.Header
	Body   []byte
	// Cut: the body is only its first part.
	Cut bool
}

// Response writes an answer. Its headers stand as they came, but for those of
// the transfer: the body is kept as it reads, and says its own length.
func (w *Writer) Response(a Answer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "HTTP/1.1 %03d %s\r\n", a.Status, http.StatusText(a.Status))
	names := make([]string, 0, len(a.Header))
	for name := range a.Header {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		as := http.CanonicalHeaderKey(name)
		switch as {
		case "Content-Encoding", "Transfer-Encoding", "Content-Length":
			as = "X-Archive-Orig-" + as
		case "Set-Cookie":
			continue // of no use to a reader, and possibly somebody's
		}
		for _, v := range a.Header[name] {
			fmt.Fprintf(&b, "%s: %s\r\n", plain(as), plain(v))
		}
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n", len(a.Body))
	b.Write(a.Body)
	extra := []Field{{"WARC-Payload-Digest", Digest(a.Body)}}
	if a.IP != "" {
		extra = append(extra, Field{"WARC-IP-Address", a.IP})
	}
	if a.Cut {
		extra = append(extra, Field{"WARC-Truncated", "length"})
	}
	return w.write(Response, a.URL, "application/http; msgtype=response", a.At, extra, b.Bytes())
}

// Digest names bytes by their SHA-256.
func Digest(b []byte) string {
	sum := sha256.Sum256(b)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// newID is a random UUID (version 4).
func newID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func (w *Writer) write(kind, target, media string, at time.Time, extra []Field, block []byte) error {
	if at.IsZero() {
		at = w.now()
	}
	var h bytes.Buffer
	field := func(name, value string) { fmt.Fprintf(&h, "%s: %s\r\n", name, plain(value)) }
	h.WriteString("WARC/1.1\r\n")
	field("WARC-Type", kind)
	field("WARC-Record-ID", "<urn:uuid:"+newID()+">")
	field("WARC-Date", at.UTC().Format("2006-01-02T15:04:05Z"))
	if target != "" {
		field("WARC-Target-URI", target)
	}
	for _, f := range extra {
		field(f.Name, f.Value)
	}
	field("WARC-Block-Digest", Digest(block))
	field("Content-Type", media)
	field("Content-Length", strconv.Itoa(len(block)))
	h.WriteString("\r\n")
	z := gzip.NewWriter(w.w)
	for _, part := range [][]byte{h.Bytes(), block, []byte("\r\n\r\n")} {
		if _, err := z.Write(part); err != nil {
			return fmt.Errorf("warc: write: %w", err)
		}
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("warc: write: %w", err)
	}
	w.records++
	return nil
}

// Reader reads records, from a file compressed record by record or plain.
type Reader struct {
	in     *bufio.Reader // compressed or plain input
	z      *gzip.Reader  // nil: plain
	plain  *bufio.Reader
	begun  bool
	record int
}

// NewReader reads from r.
func NewReader(r io.Reader) *Reader { return &Reader{in: bufio.NewReaderSize(r, 64<<10)} }

// ErrBroken says that the file is not a whole WARC file, or not one at all.
var ErrBroken = errors.New("warc: not a whole WARC file")

func broken(record int, format string, a ...any) error {
	return fmt.Errorf("%w: record %d: %s", ErrBroken, record, fmt.Sprintf(format, a...))
}

// Next is the next record, or io.EOF after the last. A record whose digest does
// not match its bytes is a *Damaged beside the record.
func (r *Reader) Next() (Record, error) {
	if !r.begun {
		r.begun = true
		head, err := r.in.Peek(2)
		if err != nil {
			return Record{}, broken(1, "empty or too short")
		}
		if head[0] == 0x1f && head[1] == 0x8b {
			if r.z, err = gzip.NewReader(r.in); err != nil {
				return Record{}, broken(1, "%v", err)
			}
			r.z.Multistream(false)
			r.plain = bufio.NewReader(r.z)
		} else {
			r.plain = r.in
		}
	}
	for {
		rec, err := r.one()
		if err != io.EOF || r.z == nil {
			return rec, err
		}
		// The end of one member: the next begins a record.
		if err := r.z.Reset(r.in); err == io.EOF {
			return Record{}, io.EOF
		} else if err != nil {
			return Record{}, broken(r.record+1, "%v", err)
		}
		r.z.Multistream(false)
		r.plain.Reset(r.z)
	}
}

// one reads a record from the present member; io.EOF when it holds no more.
func (r *Reader) one() (Record, error) {
	var line string
	var err error
	for {
		if line, err = r.line(); err != nil {
			if err == io.EOF && line == "" {
				return Record{}, io.EOF
			}
			return Record{}, broken(r.record+1, "%v", err)
		}
		if line != "" {
			break // blank lines end the record before
		}
	}
	r.record++
	if !strings.HasPrefix(line, "WARC/") {
		return Record{}, broken(r.record, "begins with %.40q", line)
	}
	rec := Record{Version: line}
	length, total := int64(-1), 0
	for {
		if line, err = r.line(); err != nil {
			return rec, broken(r.record, "header is cut off")
		}
		if line == "" {
			break
		}
		if total += len(line); total > maxHeader {
			return rec, broken(r.record, "header is over %d bytes", maxHeader)
		}
		if (line[0] == ' ' || line[0] == '\t') && len(rec.Fields) > 0 {
			rec.Fields[len(rec.Fields)-1].Value += " " + strings.TrimSpace(line)
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return rec, broken(r.record, "header line %.40q", line)
		}
		rec.Fields = append(rec.Fields, Field{strings.TrimSpace(name), strings.TrimSpace(value)})
		if strings.EqualFold(strings.TrimSpace(name), "Content-Length") {
			if length, err = strconv.ParseInt(strings.TrimSpace(value), 10, 64); err != nil || length < 0 || length > MaxBlock {
				return rec, broken(r.record, "content length %.40q", value)
			}
		}
	}
	if length < 0 {
		return rec, broken(r.record, "no content length")
	}
	var b bytes.Buffer
	if n, err := io.CopyN(&b, r.plain, length); err != nil {
		return rec, broken(r.record, "block has %d of %d bytes", n, length)
	}
	rec.Block = b.Bytes()
	return rec, rec.check(r.record)
}

func (r *Reader) line() (string, error) {
	var b []byte
	for {
		part, err := r.plain.ReadSlice('\n')
		b = append(b, part...)
		if len(b) > maxHeader {
			return "", fmt.Errorf("line over %d bytes", maxHeader)
		}
		switch {
		case err == bufio.ErrBufferFull:
			continue
		case err != nil:
			return strings.TrimRight(string(b), "\r\n"), err
		}
		return strings.TrimRight(string(b), "\r\n"), nil
	}
}

// Damaged says that a record's bytes are not those its digest names.
type Damaged struct {
	Record int
	Target string
	Field  string // which digest
}

func (d *Damaged) Error() string {
	return fmt.Sprintf("warc: record %d (%s) does not match its %s", d.Record, d.Target, d.Field)
}

// check compares the digests that are SHA-256; others are not judged.
func (r Record) check(n int) error {
	if want := r.Get("WARC-Block-Digest"); strings.HasPrefix(want, "sha256:") && want != Digest(r.Block) {
		return &Damaged{n, r.Target(), "WARC-Block-Digest"}
	}
	want := r.Get("WARC-Payload-Digest")
	if r.Type() != Response || !strings.HasPrefix(want, "sha256:") {
		return nil
	}
	if i := bytes.Index(r.Block, []byte("\r\n\r\n")); i >= 0 && want != Digest(r.Block[i+4:]) {
		return &Damaged{n, r.Target(), "WARC-Payload-Digest"}
	}
	return nil
}

// Summary is what a file holds.
type Summary struct {
	Records   int
	Responses int
	Addresses int // distinct ones answered
	Bytes     int64
	Damaged   []Damaged
}

// Verify reads a file to its end. Damaged records are counted, and the error is
// of a file that is no whole WARC file.
func Verify(r io.Reader) (Summary, error) {
	var s Summary
	seen := map[string]bool{}
	reader := NewReader(r)
	for {
		rec, err := reader.Next()
		if d := (*Damaged)(nil); errors.As(err, &d) {
			s.Damaged, err = append(s.Damaged, *d), nil
		}
		if err == io.EOF {
			s.Addresses = len(seen)
			return s, nil
		}
		if err != nil {
			return s, err
		}
		s.Records++
		s.Bytes += int64(len(rec.Block))
		if rec.Type() == Response {
			s.Responses++
			seen[rec.Target()] = true
		}
	}
}
