package official

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/signintech/gopdf/fontmaker/core"
)

// EnvFont names the font file that PDFs are set in throughout; an office that
// holds a licence for the faces of the standard names their files role by role:
// EnvFont with _TITLE (小标宋), _BODY (仿宋), _HEADING (黑体) or _SUBHEADING (楷体).
const EnvFont = "ZHENGSHU_FONT"

// Role is what a face is for in a document.
type Role string

// The roles, in the order of the standard.
const (
	TitleFace      Role = "title"
	BodyFace       Role = "body"
	HeadingFace    Role = "heading"    // of the first level
	SubheadingFace Role = "subheading" // of the second level
)

// Roles is the closed list.
var Roles = []Role{TitleFace, BodyFace, HeadingFace, SubheadingFace}

// face is a role's official face and what stands in for it.
type face struct {
	official string
	env      string
	places   []string // free fonts of the same kind, where Debian, Kylin and UOS keep them
}

// Fonts with CFF outlines (Noto CJK) cannot be taken.
var (
	songti = []string{"/usr/share/fonts/truetype/arphic-gbsn00lp/gbsn00lp.ttf", "/usr/share/fonts/truetype/arphic/uming.ttc"}
	heiti  = []string{"/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc", "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", "/usr/share/fonts/wqy-microhei/wqy-microhei.ttc"}
	kaiti  = []string{"/usr/share/fonts/truetype/arphic-gkai00mp/gkai00mp.ttf", "/usr/share/fonts/truetype/arphic/ukai.ttc", "/usr/share/fonts/truetype/lxgw-wenkai/LXGWWenKai-Regular.ttf"}
	faces  = map[Role]face{
		TitleFace:      {"方正小标宋简体", EnvFont + "_TITLE", songti},
		BodyFace:       {"仿宋_GB2312", EnvFont + "_BODY", songti},
		HeadingFace:    {"黑体", EnvFont + "_HEADING", heiti},
		SubheadingFace: {"楷体_GB2312", EnvFont + "_SUBHEADING", kaiti},
	}
)

// Official is the face that the standard asks for in the role.
func (r Role) Official() string { return faces[r].official }

// ErrNoFont: the machine has no Chinese font a PDF could be set in.
var ErrNoFont = errors.New("no Chinese TrueType font")

// Font is a TrueType font for PDFs.
type Font struct {
	path  string
	data  []byte
	chars map[int]uint
}

// Name of the file it came from.
func (f *Font) Name() string { return path.Base(f.path) }

// has reports whether the font can set a character.
func (f *Font) has(r rune) bool {
	_, ok := f.chars[int(r)]
	return ok
}

// Faces are the fonts of a document by role.
type Faces struct {
	by    map[Role]*Font
	given map[Role]bool // named by the office
	whole *Font         // sets what a face lacks
}

// OneFace sets everything in one font.
func OneFace(f *Font) *Faces {
	if f == nil {
		return nil
	}
	out := &Faces{by: map[Role]*Font{}, given: map[Role]bool{}, whole: f}
	for _, r := range Roles {
		out.by[r] = f
	}
	return out
}

// Substitute is a role whose official face another font stands in for.
type Substitute struct {
	Role     Role
	Official string
	Font     string // file name
}

// Substitutes are the roles that are not set in a font the office named.
func (f *Faces) Substitutes() []Substitute {
	var out []Substitute
	for _, r := range Roles {
		if !f.given[r] {
			out = append(out, Substitute{r, r.Official(), f.by[r].Name()})
		}
	}
	return out
}

// Says names the substitutes in a sentence for the console; "" when there are
// none.
func (f *Faces) Says() string {
	var b strings.Builder
	for i, s := range f.Substitutes() {
		if i > 0 {
			b.WriteString("、")
		}
		fmt.Fprintf(&b, "%s用 %s 代替", s.Official, s.Font)
	}
	if b.Len() == 0 {
		return ""
	}
	return "PDF 没有使用标准字体：" + b.String() + "。单位有字体授权的，请系统管理员用 " + EnvFont + "_TITLE、_BODY、_HEADING、_SUBHEADING 指定字体文件；DOCX 按标准字体名排版。"
}

var found = sync.OnceValues(func() (*Faces, error) { return LookForFaces(os.Getenv, os.ReadFile) })

// FindFaces are the fonts PDFs are set in on this machine, looked for once; with
// ErrNoFont when there is none.
func FindFaces() (*Faces, error) { return found() }

// LookForFaces looks for the fonts: the files the office named, else free ones
// of the same kind, else whatever Chinese font there is. A named file that is
// not there or no TrueType font is an error: it is never passed over in silence.
func LookForFaces(env func(string) string, read func(string) ([]byte, error)) (*Faces, error) {
	known := map[string]*Font{}
	open := func(p string) (*Font, error) {
		if f, ok := known[p]; ok {
			return f, nil
		}
		data, err := read(p)
		if err != nil {
			return nil, err
		}
		f, err := NewFont(p, data)
		if err == nil {
			known[p] = f
		}
		return f, err
	}
	first := func(places []string) (*Font, error) {
		for _, p := range places {
			f, err := open(p)
			if errors.Is(err, os.ErrNotExist) {
				continue
			}
			if err != nil {
				return nil, fmt.Errorf("read font: %w", err)
			}
			return f, nil
		}
		return nil, nil
	}
	out := &Faces{by: map[Role]*Font{}, given: map[Role]bool{}}
	all := env(EnvFont)
	for _, r := range Roles {
		p := cmp.Or(env(faces[r].env), all)
		if p == "" {
			continue
		}
		f, err := open(p)
		if err != nil {
			return nil, fmt.Errorf("read font: %w", err)
		}
		out.by[r], out.given[r] = f, env(faces[r].env) != ""
	}
	for _, r := range Roles {
		if out.by[r] != nil {
			continue
		}
		f, err := first(slices.Concat(faces[r].places, heiti, songti, kaiti))
		if err != nil {
			return nil, err
		}
		if f == nil {
			return nil, ErrNoFont
		}
		out.by[r] = f
	}
	// Free fonts of the old standard lack rare characters of names.
	whole, err := first(slices.Concat(songti[1:], heiti[1:], heiti[:1], kaiti[1:], songti[:1]))
	if err != nil {
		return nil, err
	}
	if whole == nil {
		whole = out.by[BodyFace]
	}
	out.whole = whole
	return out, nil
}

// NewFont takes a TrueType font, or the first face of a collection.
func NewFont(name string, data []byte) (*Font, error) {
	face, err := firstFace(data)
	if err != nil {
		return nil, fmt.Errorf("font %s: %w", name, err)
	}
	var parser core.TTFParser
	if err := parser.ParseFontData(face); err != nil {
		return nil, fmt.Errorf("font %s: %w", name, err)
	}
	return &Font{path: name, data: face, chars: parser.Chars()}, nil
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
