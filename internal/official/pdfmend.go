package official

import (
	"bytes"
	"compress/zlib"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5"
	"crypto/rc4"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
)

// The library reads sound and plain files. What readers open all the same (ISO 32000-2:
// a version 2.0, bytes before the head or after the end, a broken cross-reference table,
// a file that is encrypted only so that nobody changes or prints it) is written anew for
// it here, object by object, with a cross-reference stream of its own.

var (
	errPassword = errors.New("official: pdf: wants a password to be opened")
	errMending  = errors.New("official: pdf: no objects to be read")
)

// Bounds of mending.
const (
	mostObjects  = 1_000_000
	mostRescans  = 8 // how often each byte may be looked at
	mostInflated = 64 << 20
)

// boundedReader ends the reading of a file whose tables lead in circles.
type boundedReader struct {
	ctx  context.Context
	r    io.ReaderAt
	left int64
}

var errCircles = errors.New("official: pdf: read over and over")

func (b *boundedReader) ReadAt(p []byte, off int64) (int, error) {
	if b.left -= int64(len(p)); b.left < 0 {
		return 0, errCircles
	}
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	return b.r.ReadAt(p, off)
}

// pdfObject is one object of the file.
type pdfObject struct {
	num, gen int
	body     []byte   // up to the stream or the end
	strs     [][2]int // strings in body
	stream   []byte
	streamed bool
	// within is the stream of objects it stands in, 0 for none, at is where there.
	within, at int
}

func (o *pdfObject) is(kind string) bool {
	m := pdfType.FindSubmatch(o.body)
	return m != nil && string(m[1]) == kind
}

var (
	pdfType    = regexp.MustCompile(`/Type\s*/(\w+)`)
	pdfLength  = regexp.MustCompile(`/Length\s+(\d+)(\s+\d+\s+R)?`)
	pdfRoot    = regexp.MustCompile(`/Root\s+(\d+)\s+(\d+)\s+R`)
	pdfEncrypt = regexp.MustCompile(`/Encrypt\s*(?:(\d+)\s+\d+\s+R|<<)`)
	pdfCount   = regexp.MustCompile(`/N\s+(\d+)`)
	pdfFirst   = regexp.MustCompile(`/First\s+(\d+)`)
)

// mendPDF writes a file anew as the library reads it.
func mendPDF(b []byte) ([]byte, error) {
	m := &pdfMender{b: b, left: mostRescans*len(b) + 1<<20, inflate: mostInflated, objects: map[int]*pdfObject{}}
	if err := m.scan(); err != nil {
		return nil, err
	}
	if err := m.decrypt(); err != nil {
		return nil, err
	}
	m.unfold()
	return m.write()
}

type pdfMender struct {
	b       []byte
	left    int // bytes that may still be looked at
	inflate int64
	order   []*pdfObject // as they stand
	heads   [][]byte     // trailers
	objects map[int]*pdfObject
}

// scan finds the objects and the trailers.
func (m *pdfMender) scan() error {
	// Where the next word stands is looked for once, not again at each object.
	next := func(word string, at, from int) int {
		if at >= from {
			return at
		}
		if i := bytes.Index(m.b[from:], []byte(word)); i >= 0 {
			return from + i
		}
		return len(m.b)
	}
	object, trailer := -1, -1
	for at := 0; at < len(m.b); {
		object, trailer = next("obj", object, at), next("trailer", trailer, at)
		if trailer < object {
			at = trailer + len("trailer")
			if end, _, word := m.body(at); word != "" {
				m.heads = append(m.heads, m.b[at:end])
				at = end
			}
			continue
		}
		if object == len(m.b) {
			break
		}
		at = object + len("obj")
		num, gen, ok := numbersBefore(m.b[:at-len("obj")])
		if !ok || num <= 0 || num > mostObjects {
			continue
		}
		end, strs, word := m.body(at)
		if m.left < 0 {
			return errMending
		}
		if word == "" {
			continue
		}
		o := &pdfObject{num: num, gen: gen, body: m.b[at:end], strs: strs}
		at = end + len(word)
		if word == "stream" {
			if at = m.streamOf(o, at); at < 0 {
				break
			}
		}
		if o.is("XRef") {
			m.heads = append(m.heads, o.body)
			continue
		}
		m.order = append(m.order, o)
	}
	if len(m.order) == 0 {
		return errMending
	}
	return nil
}

// numbersBefore reads the number and the generation that end b.
func numbersBefore(b []byte) (num, gen int, ok bool) {
	gen, b, ok = numberBefore(b)
	if !ok {
		return 0, 0, false
	}
	num, _, ok = numberBefore(b)
	return num, gen, ok
}

func numberBefore(b []byte) (n int, rest []byte, ok bool) {
	end := len(b)
	for end > 0 && len(b)-end < 16 && pdfBlank(b[end-1]) {
		end--
	}
	from := end
	for from > 0 && end-from < 8 && b[from-1] >= '0' && b[from-1] <= '9' {
		from--
	}
	if from == end {
		return 0, nil, false
	}
	n, err := strconv.Atoi(string(b[from:end]))
	return n, b[:from], err == nil
}

func pdfBlank(c byte) bool {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0
}

// body reads from a place to the word that ends an object's own text, past its strings.
func (m *pdfMender) body(from int) (end int, strs [][2]int, word string) {
	b := m.b
	for i := from; i < len(b); {
		if m.left--; m.left < 0 {
			return 0, nil, ""
		}
		switch c := b[i]; {
		case c == '(', c == '<' && i+1 < len(b) && b[i+1] != '<':
			to := stringEnd(b, i)
			if to < 0 { // looked at to the end
				m.left -= len(b) - i
				return 0, nil, ""
			}
			m.left -= to - i
			strs = append(strs, [2]int{i - from, to - from})
			i = to
		case c == '<':
			i += 2
		case c == '%':
			n := bytes.IndexAny(b[i:], "\r\n")
			if n < 0 {
				return 0, nil, ""
			}
			m.left -= n
			i += n
		case c == 'e' || c == 's':
			for _, w := range []string{"endobj", "stream", "startxref"} {
				if bytes.HasPrefix(b[i:], []byte(w)) {
					return i, strs, w
				}
			}
			i++
		default:
			i++
		}
	}
	return 0, nil, ""
}

// stringEnd is the place after the string that begins at a place; −1 for a broken one.
func stringEnd(b []byte, i int) int {
	if b[i] == '<' {
		if n := bytes.IndexByte(b[i:], '>'); n >= 0 {
			return i + n + 1
		}
		return -1
	}
	depth := 0
	for ; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return -1
}

// streamOf reads the bytes of an object's stream and returns the place after it; −1
// where it has no end.
func (m *pdfMender) streamOf(o *pdfObject, at int) int {
	b := m.b
	if bytes.HasPrefix(b[at:], []byte("\r\n")) {
		at += 2
	} else if at < len(b) && (b[at] == '\n' || b[at] == '\r') {
		at++
	}
	o.streamed = true
	if l := pdfLength.FindSubmatch(o.body); l != nil && len(l[2]) == 0 {
		if n, err := strconv.Atoi(string(l[1])); err == nil && n <= len(b)-at {
			if after := bytes.TrimLeft(b[at+n:min(len(b), at+n+32)], "\r\n \t"); bytes.HasPrefix(after, []byte("endstream")) {
				o.stream = b[at : at+n]
				return at + n
			}
		}
	}
	n := bytes.Index(b[at:], []byte("endstream"))
	if n < 0 {
		return -1
	}
	m.left -= n
	o.stream = b[at : at+n]
	for _, end := range []string{"\r\n", "\n", "\r"} {
		if cut, ok := bytes.CutSuffix(o.stream, []byte(end)); ok {
			o.stream = cut
			break
		}
	}
	return at + n
}

// unfold indexes the objects, those within streams of objects too; the last of a number
// counts.
func (m *pdfMender) unfold() {
	for _, o := range m.order {
		m.objects[o.num] = o
		if !o.is("ObjStm") {
			continue
		}
		count, first := pdfCount.FindSubmatch(o.body), pdfFirst.FindSubmatch(o.body)
		if count == nil || first == nil || bytes.Contains(o.body, []byte("/Predictor")) {
			continue
		}
		n, bad := strconv.Atoi(string(count[1]))
		head, err := strconv.Atoi(string(first[1]))
		if bad != nil || err != nil || head > mostInflated {
			continue
		}
		var in io.Reader = bytes.NewReader(o.stream)
		if bytes.Contains(o.body, []byte("/FlateDecode")) {
			if in, err = zlib.NewReader(in); err != nil {
				continue
			}
		}
		text, err := io.ReadAll(io.LimitReader(in, min(int64(head), m.inflate)))
		m.inflate -= int64(len(text))
		if err != nil && len(text) == 0 {
			continue
		}
		numbers := bytes.Fields(text)
		for i := 0; i < n && 2*i+1 < len(numbers); i++ {
			num, err := strconv.Atoi(string(numbers[2*i]))
			if err != nil || num <= 0 || num > mostObjects {
				break
			}
			m.objects[num] = &pdfObject{num: num, within: o.num, at: i}
		}
	}
}

// root is the catalogue as the last trailer names it, else as it calls itself.
func (m *pdfMender) root() string {
	for _, h := range slices.Backward(m.heads) {
		if r := pdfRoot.FindSubmatch(h); r != nil {
			return fmt.Sprintf("%s %s R", r[1], r[2])
		}
	}
	for _, o := range slices.Backward(m.order) {
		if o.is("Catalog") {
			return fmt.Sprintf("%d %d R", o.num, o.gen)
		}
	}
	return ""
}

func (m *pdfMender) write() ([]byte, error) {
	root := m.root()
	if root == "" {
		return nil, errMending
	}
	var out bytes.Buffer
	out.WriteString("%PDF-1.7\n")
	size := 1
	offsets := map[int]int{}
	for num := range m.objects {
		size = max(size, num+1)
	}
	for _, o := range m.order {
		if m.objects[o.num] != o && !o.is("ObjStm") {
			continue
		}
		offsets[o.num] = out.Len()
		fmt.Fprintf(&out, "%d %d obj", o.num, o.gen)
		if !o.streamed {
			out.Write(o.body)
			out.WriteString("\nendobj\n")
			continue
		}
		out.Write(pdfLength.ReplaceAll(o.body, fmt.Appendf(nil, "/Length %d", len(o.stream))))
		out.WriteString("stream\n")
		out.Write(o.stream)
		out.WriteString("\nendstream\nendobj\n")
	}
	rows := make([]byte, 7*(size+1))
	for num, o := range m.objects {
		row := rows[7*num:]
		switch {
		case o.within == 0:
			row[0] = 1
			binary.BigEndian.PutUint32(row[1:], uint32(offsets[num]))
			binary.BigEndian.PutUint16(row[5:], uint16(o.gen))
		case o.at <= 0xFFFF:
			row[0] = 2
			binary.BigEndian.PutUint32(row[1:], uint32(o.within))
			binary.BigEndian.PutUint16(row[5:], uint16(o.at))
		}
	}
	start := out.Len()
	fmt.Fprintf(&out, "%d 0 obj\n<</Type/XRef/Size %d/W[1 4 2]/Root %s/Length %d>>\nstream\n", size, size+1, root, len(rows))
	out.Write(rows)
	fmt.Fprintf(&out, "\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n", start)
	return out.Bytes(), nil
}

// pdfLock opens a file that anybody may open: its user password is empty.
type pdfLock struct {
	key    []byte
	method string // V2, AESV2, AESV3, None
}

var (
	pdfVersion  = regexp.MustCompile(`/V\s+(\d)`)
	pdfRevision = regexp.MustCompile(`/R\s+(\d)`)
	pdfRights   = regexp.MustCompile(`/P\s+(-?\d+)`)
	pdfBits     = regexp.MustCompile(`/Length\s+(\d+)`)
	pdfFilter   = regexp.MustCompile(`/StmF\s*/(\w+)`)
	pdfOpenMeta = regexp.MustCompile(`/EncryptMetadata\s+false`)
)

// passwordPad stands for an empty password (ISO 32000-1, 7.6.3.3).
var passwordPad = []byte("\x28\xBF\x4E\x5E\x4E\x75\x8A\x41\x64\x00\x4E\x56\xFF\xFA\x01\x08\x2E\x2E\x00\xB6\xD0\x68\x3E\x80\x2F\x0C\xA9\xFE\x64\x53\x69\x7A")

// decrypt makes the strings and streams of a file plain.
func (m *pdfMender) decrypt() error {
	var dict, id []byte
	skip := 0
	for _, h := range m.heads {
		if s := stringOf(h, "ID", true); s != nil && id == nil {
			id = s
		}
		e := pdfEncrypt.FindSubmatchIndex(h)
		switch {
		case e == nil:
		case e[2] < 0:
			dict = h[e[0]:]
		default:
			num, err := strconv.Atoi(string(h[e[2]:e[3]]))
			if err != nil {
				return errMending
			}
			for _, o := range m.order {
				if o.num == num {
					dict, skip = o.body, num
				}
			}
		}
	}
	if dict == nil {
		return nil
	}
	lock, err := lockOf(dict, id)
	if err != nil {
		return err
	}
	kept := m.order[:0]
	for _, o := range m.order {
		if o.num == skip {
			continue
		}
		kept = append(kept, o)
		if o.streamed && !bytes.Contains(o.body, []byte("/Crypt")) {
			o.stream = lock.open(o.stream, o)
		}
		if len(o.strs) == 0 {
			continue
		}
		var plain []byte
		from := 0
		for _, s := range o.strs {
			plain = append(plain, o.body[from:s[0]]...)
			plain = append(plain, '<')
			plain = hex.AppendEncode(plain, lock.open(pdfStringAt(o.body, s[0]), o))
			plain = append(plain, '>')
			from = s[1]
		}
		o.body = append(plain, o.body[from:]...)
	}
	m.order = kept
	return nil
}

func firstNumber(re *regexp.Regexp, b []byte) int {
	if f := re.FindSubmatch(b); f != nil {
		if n, err := strconv.Atoi(string(f[1])); err == nil {
			return n
		}
	}
	return 0
}

func lockOf(dict, id []byte) (*pdfLock, error) {
	version, revision := firstNumber(pdfVersion, dict), firstNumber(pdfRevision, dict)
	owner, user := stringOf(dict, "O", false), stringOf(dict, "U", false)
	l := &pdfLock{method: "V2"}
	if version >= 4 {
		l.method = "None"
		if f := pdfFilter.FindSubmatch(dict); f != nil && string(f[1]) != "Identity" {
			how := regexp.MustCompile(`/` + string(f[1]) + `\s*<<[^>]*?/CFM\s*/(\w+)`).FindSubmatch(dict)
			if how == nil {
				return nil, errMending
			}
			l.method = string(how[1])
		}
	}
	switch {
	case version == 5 && len(user) >= 48:
		wrapped := stringOf(dict, "UE", false)
		if !bytes.Equal(hashOfPassword(revision, user[32:40]), user[:32]) {
			return nil, errPassword
		}
		if len(wrapped) < 32 {
			return nil, errMending
		}
		block, err := aes.NewCipher(hashOfPassword(revision, user[40:48]))
		if err != nil {
			return nil, err
		}
		l.key = make([]byte, 32)
		cipher.NewCBCDecrypter(block, make([]byte, aes.BlockSize)).CryptBlocks(l.key, wrapped[:32])
		return l, nil
	case version >= 1 && version <= 4 && len(owner) >= 32 && len(user) >= 16:
		n := 5
		if bits := firstNumber(pdfBits, dict); version == 4 {
			n = 16
		} else if version > 1 && bits >= 40 && bits <= 128 {
			n = bits / 8
		}
		h := md5.New()
		h.Write(passwordPad)
		h.Write(owner[:32])
		h.Write(binary.LittleEndian.AppendUint32(nil, uint32(int64(firstNumber(pdfRights, dict)))))
		h.Write(id)
		if revision >= 4 && pdfOpenMeta.Match(dict) {
			h.Write([]byte("\xFF\xFF\xFF\xFF"))
		}
		key := h.Sum(nil)
		if revision >= 3 {
			for range 50 {
				next := md5.Sum(key[:n])
				key = next[:]
			}
		}
		l.key = key[:n]
		if !l.fits(revision, user, id) {
			return nil, errPassword
		}
		return l, nil
	}
	return nil, errMending
}

// fits reports whether the key of the empty password is the file's.
func (l *pdfLock) fits(revision int, user, id []byte) bool {
	if revision < 3 {
		return bytes.Equal(byRC4(l.key, passwordPad)[:16], user[:16])
	}
	sum := md5.Sum(append(slices.Clone(passwordPad), id...))
	said := sum[:]
	for i := range 20 {
		key := slices.Clone(l.key)
		for k := range key {
			key[k] ^= byte(i)
		}
		said = byRC4(key, said)
	}
	return bytes.Equal(said, user[:16])
}

func byRC4(key, data []byte) []byte {
	out := make([]byte, len(data))
	if c, err := rc4.NewCipher(key); err == nil {
		c.XORKeyStream(out, data)
	}
	return out
}

// hashOfPassword is the hash of an empty password and a salt: the key of AES-256, by
// revision 5 or 6 (ISO 32000-2, 7.6.4.3.4).
func hashOfPassword(revision int, salt []byte) []byte {
	first := sha256.Sum256(salt)
	k := first[:]
	if revision < 6 {
		return k
	}
	for round := 0; ; round++ {
		k1 := bytes.Repeat(k, 64)
		block, err := aes.NewCipher(k[:16])
		if err != nil {
			return nil
		}
		cipher.NewCBCEncrypter(block, k[16:32]).CryptBlocks(k1, k1)
		sum := 0
		for _, c := range k1[:16] {
			sum += int(c)
		}
		switch sum % 3 {
		case 0:
			h := sha256.Sum256(k1)
			k = h[:]
		case 1:
			h := sha512.Sum384(k1)
			k = h[:]
		default:
			h := sha512.Sum512(k1)
			k = h[:]
		}
		if done := round + 1; done >= 64 && int(k1[len(k1)-1]) <= done-32 {
			return k[:32]
		}
	}
}

// open makes a string or a stream of an object plain; what is none comes back empty.
func (l *pdfLock) open(data []byte, o *pdfObject) []byte {
	key := l.key
	switch l.method {
	case "None":
		return data
	case "V2", "AESV2":
		h := md5.New()
		h.Write(key)
		h.Write([]byte{byte(o.num), byte(o.num >> 8), byte(o.num >> 16), byte(o.gen), byte(o.gen >> 8)})
		if l.method == "AESV2" {
			h.Write([]byte("sAlT"))
		}
		key = h.Sum(nil)[:min(16, len(key)+5)]
		if l.method == "V2" {
			return byRC4(key, data)
		}
	}
	block, err := aes.NewCipher(key)
	if n := len(data) / aes.BlockSize * aes.BlockSize; err == nil && n >= 2*aes.BlockSize {
		out := make([]byte, n-aes.BlockSize)
		cipher.NewCBCDecrypter(block, data[:aes.BlockSize]).CryptBlocks(out, data[aes.BlockSize:n])
		if pad := int(out[len(out)-1]); pad <= aes.BlockSize && pad <= len(out) {
			out = out[:len(out)-pad]
		}
		return out
	}
	return nil
}

// stringOf is the string under a key of a dictionary, the first of an array where listed;
// nil for none.
func stringOf(dict []byte, key string, listed bool) []byte {
	for at := 0; ; {
		i := bytes.Index(dict[at:], []byte("/"+key))
		if i < 0 {
			return nil
		}
		at += i + 1 + len(key)
		rest := bytes.TrimLeft(dict[at:], "\r\n\t ")
		if listed {
			in, ok := bytes.CutPrefix(rest, []byte("["))
			if !ok {
				continue
			}
			rest = bytes.TrimLeft(in, "\r\n\t ")
		}
		if len(rest) > 1 && (rest[0] == '(' || rest[0] == '<' && rest[1] != '<') && stringEnd(rest, 0) > 0 {
			return pdfStringAt(rest, 0)
		}
	}
}

// pdfStringAt reads the string at a place, which has an end.
func pdfStringAt(b []byte, at int) []byte {
	end := stringEnd(b, at)
	out := make([]byte, 0, end-at)
	if b[at] == '<' {
		half, odd := byte(0), false
		for _, c := range b[at+1 : end-1] {
			v, ok := hexDigit(c)
			switch {
			case !ok:
			case odd:
				out, odd = append(out, half<<4|v), false
			default:
				half, odd = v, true
			}
		}
		if odd {
			out = append(out, half<<4)
		}
		return out
	}
	for i := at + 1; i < end-1; i++ {
		c := b[i]
		if c == '\r' { // an end of line is one sign
			if b[i+1] == '\n' {
				i++
			}
			c = '\n'
		} else if c == '\\' {
			i++
			switch e := b[i]; {
			case e == 'n':
				c = '\n'
			case e == 'r':
				c = '\r'
			case e == 't':
				c = '\t'
			case e == 'b':
				c = '\b'
			case e == 'f':
				c = '\f'
			case e == '\r' || e == '\n':
				if e == '\r' && b[i+1] == '\n' {
					i++
				}
				continue
			case e >= '0' && e <= '7':
				v := 0
				for n := 0; n < 3 && b[i] >= '0' && b[i] <= '7'; n++ {
					v = v<<3 | int(b[i]-'0')
					i++
				}
				i--
				c = byte(v)
			default:
				c = e
			}
		}
		out = append(out, c)
	}
	return out
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}
