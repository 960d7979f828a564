package egress

import "errors"

// chunks follows the frame of a chunked body (RFC 9112, 7.1) as the bytes go by
// and keeps none of them. It accepts all that net/http accepts, extensions and
// trailers too.
type chunks struct {
	at     chunksAt
	left   uint64 // of the chunk under way
	digits int    // of its size
	line   int    // bytes since the size or the trailer began
	before byte   // the byte before this one, within a line
	empty  bool   // nothing stands yet in this line of the trailer
}

// chunksAt is where in the frame the next byte stands.
type chunksAt int

const (
	chunksSize      chunksAt = iota // in the digits of a size
	chunksExtension                 // in what follows them in the line
	chunksData
	chunksClosing // after the data, before its end of line
	chunksTrailer
	chunksOver // behind the end: nothing more belongs to the body
)

// maxChunkLine bounds the line of a size, and the trailer.
const maxChunkLine = 4 << 10

var errChunks = errors.New("malformed chunked encoding")

// follow takes the next bytes.
func (k *chunks) follow(b []byte) error {
	for len(b) > 0 && k.at != chunksOver {
		if k.at == chunksData {
			n := min(uint64(len(b)), k.left)
			b, k.left = b[n:], k.left-n
			if k.left == 0 {
				k.at, k.before = chunksClosing, 0
			}
			continue
		}
		c := b[0]
		b = b[1:]
		if k.line++; k.line > maxChunkLine || c == '\n' && k.before != '\r' {
			return errChunks
		}
		if err := k.framed(c); err != nil {
			return err
		}
		k.before = c
	}
	return nil
}

// framed takes one byte of the frame; a line's end stands behind its \r.
func (k *chunks) framed(c byte) error {
	switch k.at {
	case chunksSize, chunksExtension:
		v, hex := digit(c)
		switch {
		case c == '\n' && k.digits == 0:
			return errChunks
		case c == '\n' && k.left == 0:
			k.at, k.line, k.empty = chunksTrailer, 0, true
		case c == '\n':
			k.at = chunksData
		case k.at == chunksExtension:
		case hex && k.digits < 16:
			k.left, k.digits = k.left<<4|v, k.digits+1
		case c == ';' || c == ' ' || c == '\t' || c == '\r':
			k.at = chunksExtension
		default:
			return errChunks
		}
	case chunksClosing:
		switch {
		case c == '\n':
			*k = chunks{}
		case c != '\r' || k.before == '\r':
			return errChunks
		}
	case chunksTrailer:
		switch {
		case c == '\n' && k.empty:
			k.at = chunksOver
		case c == '\n':
			k.empty = true
		case c != '\r':
			k.empty = false
		}
	}
	return nil
}

// digit reads a hexadecimal one.
func digit(c byte) (v uint64, ok bool) {
	switch {
	case c >= '0' && c <= '9':
		return uint64(c - '0'), true
	case c >= 'a' && c <= 'f':
		return uint64(c-'a') + 10, true
	case c >= 'A' && c <= 'F':
		return uint64(c-'A') + 10, true
	}
	return 0, false
}
