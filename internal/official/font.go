package official

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"sync"
)

// EnvFont names the font file PDFs are set in, where it is not in one of the
// usual places.
const EnvFont = "ZHENGSHU_FONT"

// fontPlaces are where Debian, Kylin and UOS keep a Chinese TrueType font.
// Fonts with CFF outlines (Noto CJK) cannot be taken.
var fontPlaces = []string{
	"/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
	"/usr/share/fonts/wqy-microhei/wqy-microhei.ttc",
	"/usr/share/fonts/truetype/arphic-gbsn00lp/gbsn00lp.ttf",
	"/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
	"/usr/share/fonts/truetype/lxgw-wenkai/LXGWWenKai-Regular.ttf",
}

// ErrNoFont: the machine has no Chinese font a PDF could be set in.
var ErrNoFont = errors.New("no Chinese TrueType font")

// Font is a TrueType font for PDFs.
type Font struct {
	path string
	data []byte
}

var found = sync.OnceValues(func() (*Font, error) {
	places := fontPlaces
	if p := os.Getenv(EnvFont); p != "" {
		places = []string{p}
	}
	for _, p := range places {
		data, err := os.ReadFile(p)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read font: %w", err)
		}
		return NewFont(p, data)
	}
	return nil, ErrNoFont
})

// FindFont is the font PDFs are set in on this machine, looked for once; with
// ErrNoFont when there is none.
func FindFont() (*Font, error) { return found() }

// NewFont takes a TrueType font, or the first face of a collection.
func NewFont(name string, data []byte) (*Font, error) {
	face, err := firstFace(data)
	if err != nil {
		return nil, fmt.Errorf("font %s: %w", name, err)
	}
	return &Font{path: name, data: face}, nil
}

// firstFace takes face 0 out of a .ttc: the PDF library reads single faces only.
func firstFace(b []byte) ([]byte, error) {
	const entry = 16
	bad := errors.New("not a TrueType font or collection")
	if len(b) < 12 {
		return nil, bad
	}
	switch string(b[:4]) {
	case "\x00\x01\x00\x00", "true":
		return b, nil
	case "ttcf":
	default:
		return nil, bad
	}
	if len(b) < 16 {
		return nil, bad
	}
	at := uint64(binary.BigEndian.Uint32(b[12:]))
	if at+12 > uint64(len(b)) {
		return nil, bad
	}
	n := int(binary.BigEndian.Uint16(b[at+4:]))
	dir := b[at:]
	if len(dir) < 12+entry*n || n == 0 {
		return nil, bad
	}
	out := append([]byte{}, dir[:12+entry*n]...)
	for i := range n {
		e := 12 + entry*i
		offset, length := uint64(binary.BigEndian.Uint32(dir[e+8:])), uint64(binary.BigEndian.Uint32(dir[e+12:]))
		if offset+length > uint64(len(b)) {
			return nil, bad
		}
		binary.BigEndian.PutUint32(out[e+8:], uint32(len(out)))
		out = append(out, b[offset:offset+length]...)
		for len(out)%4 != 0 {
			out = append(out, 0)
		}
	}
	return out, nil
}
