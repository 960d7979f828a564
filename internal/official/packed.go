package official

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/encoding/simplifiedchinese"

	"zhengshu/internal/abridge"
)

// mostNested is how deep ZIPs are opened within ZIPs.
const mostNested = 2

// Formats without words of their own. What pictures and recordings show or say
// nobody read, which is told; the rest holds nothing.
var (
	pictured = map[string]bool{".jpg": true, ".jpeg": true, ".png": true, ".gif": true, ".bmp": true, ".webp": true, ".svg": true, ".tif": true, ".tiff": true, ".emf": true, ".wmf": true, ".mp3": true, ".mp4": true, ".wav": true, ".avi": true, ".mov": true, ".flv": true}
	silent   = map[string]bool{".db": true, ".ini": true, ".ttf": true}
)

// zip reads the files of an archive. What cannot be read there is told and
// does not keep the rest from being read.
func (w *wordReader) zip(r io.ReaderAt, size int64, s source) error {
	z, err := parcel(r, size, s.name, w.l)
	if err != nil {
		return err
	}
	var files []*zip.File
	var pictures []string
	for _, f := range z.File {
		inner := entryName(f)
		base := path.Base(inner)
		switch ext := strings.ToLower(path.Ext(base)); {
		case strings.HasSuffix(inner, "/"), silent[ext], base == ".DS_Store", strings.HasPrefix(base, "._"), strings.HasPrefix(inner, "__MACOSX/"), strings.HasPrefix(base, "~$"):
		case pictured[ext]:
			pictures = append(pictures, base)
		default:
			files = append(files, f)
		}
	}
	if len(pictures) > 0 {
		w.leave(fmt.Sprintf("附件“%s”中有 %d 个图片或音视频文件（%s），没有检查其中的内容；请人工核对。", s.name, len(pictures), fewNames(pictures)))
	}
	return w.inside(files, s)
}

// fewNames are the first three of some names.
func fewNames(names []string) string {
	var few []string
	for _, n := range names[:min(len(names), 3)] {
		few = append(few, abridge.Text(n, 40))
	}
	if len(names) > 3 {
		return strings.Join(few, "、") + " 等"
	}
	return strings.Join(few, "、")
}

// inside reads files packed in another.
func (w *wordReader) inside(files []*zip.File, s source) error {
	if len(files) > 0 && s.depth > mostNested {
		return refuse(nil, "附件“%s”中的压缩包层数过多，没有检查其中的文字；请解压后分别上传。", s.name)
	}
	for _, f := range files {
		inner := entryName(f)
		if w.files--; w.files < 0 {
			w.tell(refuse(nil, "附件“%s”内含的文件超过%d个，其余没有检查；请拆分后上传，或人工核对。", s.name, w.l.Files).Says)
			return nil
		}
		if err := w.ctx.Err(); err != nil {
			return refuse(err, "附件“%s”没有检查完；请稍后重试。", s.name)
		}
		body, err := w.unpack(f, s.name, inner)
		if err == nil {
			err = w.read(bytes.NewReader(body), int64(len(body)), s.within(inner))
		}
		var bad *FileError
		switch {
		case errors.As(err, &bad):
			if w.k.b.Len() >= w.k.most-1 || w.left <= 0 {
				return bad
			}
			w.tell(bad.Says)
		case err != nil:
			return err
		}
	}
	return nil
}

// unpack reads one file of an archive within what is left, whatever the
// archive's directory says of its size.
func (w *wordReader) unpack(f *zip.File, name, inner string) ([]byte, error) {
	if f.Flags&1 != 0 {
		return nil, refuse(nil, "附件“%s”中的“%s”加了密码，没有检查其中的文字；请去掉密码后重新上传。", name, inner)
	}
	in, err := f.Open()
	if err != nil {
		return nil, refuse(err, "附件“%s”中的“%s”已损坏，没有检查其中的文字；请重新打包后上传。", name, inner)
	}
	defer in.Close()
	body, err := io.ReadAll(io.LimitReader(in, min(w.left, w.l.File)+1))
	if w.left -= int64(len(body)); w.left < 0 {
		return nil, refuse(nil, "附件“%s”解压后过大，没有检查其中的文字；请拆分或另存后重新上传。", name)
	}
	if err != nil {
		return nil, refuse(err, "附件“%s”中的“%s”已损坏，没有检查其中的文字；请重新打包后上传。", name, inner)
	}
	return body, nil
}

// entryName is the name of a file in an archive; old programs wrote it in GBK
// and said nothing.
func entryName(f *zip.File) string {
	name := f.Name
	if f.NonUTF8 {
		if s, err := simplifiedchinese.GB18030.NewDecoder().String(name); err == nil {
			name = s
		}
	}
	return strings.ReplaceAll(name, "\\", "/")
}

// ofd reads the words of an OFD (GB/T 33190): a ZIP of XML in which pages,
// templates and annotations hold TextCode elements, and CustomData and titles
// stand in the head. Files attached to it are read as well.
func (w *wordReader) ofd(r io.ReaderAt, size int64, s source) error {
	b, err := w.bundle(r, size, s)
	if err != nil {
		return err
	}
	if b.parts["ofd.xml"] == nil && !slices.ContainsFunc(b.order, func(part string) bool { return path.Base(part) == "ofd.xml" }) {
		return refuse(nil, "附件“%s”不是 OFD 文件，没有检查其中的文字；请核对后重新上传。", s.name)
	}
	listed := b.ofdPages()
	slices.SortStableFunc(b.order, func(x, y string) int { return listed[x] - listed[y] })
	page := 0
	var scans []int
	var attached []*zip.File
	before := w.k.b.Len()
	for _, part := range b.order {
		f := b.parts[part]
		switch ext := path.Ext(part); {
		case ext == ".xml":
		case strings.Contains("/"+part, "/attachs/") || Readable(part, true):
			attached = append(attached, f)
			continue
		default:
			continue
		}
		says, body := "", strings.Contains("/"+part, "/pages/") && path.Base(part) == "content.xml"
		switch {
		case body:
			page++
			says = fmt.Sprintf("第%d页", page)
		case strings.Contains(part, "annot"):
			says = "批注"
		}
		w.here(place{says: s.place(says)})
		from := w.k.b.Len()
		picture, n, err := ofdPart(f, &w.k, b.left())
		if b.spend(n); err != nil {
			if errors.Is(err, errKept) {
				return tooMuch(s.name, w.l)
			}
			return refuse(err, "附件“%s”已损坏，没有检查其中的文字；请重新导出 OFD 或改用 PDF 后上传。", s.name)
		}
		if body && picture && len(strings.TrimSpace(w.k.b.String()[from:])) <= fewLetters {
			scans = append(scans, page)
		}
	}
	switch {
	case len(scans) > 0 && len(attached) == 0 && strings.TrimSpace(w.k.b.String()[before:]) == "":
		return refuse(nil, "附件“%s”没有可以复制的文字（可能是扫描件），没有检查到；请改用有文字的 OFD 或 PDF，或人工核对。", s.name)
	case len(scans) > 0:
		w.tell(fmt.Sprintf("附件“%s”的%s是图片（可能是扫描件），没有可以复制的文字，没有检查到；请改用有文字的 OFD 或 PDF，或人工核对。", s.name, pageList(scans)))
	}
	return w.inside(attached, s)
}

// mostListed bounds the pages whose order is read.
const mostListed = 10_000

// ofdPages are the places of pages as the documents list them, from 1: a page need not
// be named for its place. What is listed nowhere, or in a document that cannot be read,
// stays before them in the order of its name.
func (b *bundle) ofdPages() map[string]int {
	places := map[string]int{}
	for _, part := range b.order {
		if path.Base(part) != "document.xml" {
			continue
		}
		body, done, err := b.open(part)
		if err != nil {
			continue // told when it is read for its words
		}
		d := xml.NewDecoder(body)
		for len(places) < mostListed {
			t, err := d.Token()
			if err != nil {
				break
			}
			e, ok := t.(xml.StartElement)
			if !ok || e.Name.Local != "Page" {
				continue
			}
			if at := attr(e, "BaseLoc"); at != "" {
				name := partName(path.Join(path.Dir(part), at))
				if at[0] == '/' {
					name = partName(at)
				}
				if places[name] == 0 {
					places[name] = 1 + len(places)
				}
			}
		}
		done()
	}
	return places
}

// naturally orders Page_2 before Page_10.
func naturally(a, b string) int {
	for a != "" && b != "" {
		i, j := digits(a), digits(b)
		if i > 0 && j > 0 {
			x, errX := strconv.Atoi(a[:i])
			y, errY := strconv.Atoi(b[:j])
			if errX == nil && errY == nil && x != y {
				return x - y
			}
			a, b = a[i:], b[j:]
			continue
		}
		if a[0] != b[0] {
			return int(a[0]) - int(b[0])
		}
		a, b = a[1:], b[1:]
	}
	return len(a) - len(b)
}

func digits(s string) int {
	n := 0
	for n < len(s) && n < 9 && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

// ofdPart reads one part. Programs put a line into one object or every
// character into its own, so that objects of one line that touch are joined. It
// tells whether the part shows pictures.
func ofdPart(f *zip.File, k *kept, left int64) (picture bool, n int64, err error) {
	in, err := f.Open()
	if err != nil {
		return false, 0, err
	}
	defer in.Close()
	body := &io.LimitedReader{R: in, N: left + 1}
	d := xml.NewDecoder(body)
	d.CharsetReader = func(charset string, _ io.Reader) (io.Reader, error) {
		return nil, errors.New("official: charset " + charset)
	}
	var box, last [4]float64
	had, words, depth := false, false, 0
	for {
		tok, err := d.Token()
		n = left + 1 - body.N
		switch {
		case n > left:
			return picture, n, errKept
		case errors.Is(err, io.EOF):
			if had && !k.add("\n") {
				return picture, n, errKept
			}
			return picture, n, nil
		case err != nil:
			return picture, n, err
		}
		write := ""
		switch t := tok.(type) {
		case xml.StartElement:
			if depth++; depth > 256 {
				return picture, n, errors.New("official: elements too deep")
			}
			switch t.Name.Local {
			case "TextObject":
				box = boundary(t)
				switch {
				case !had:
				case box[1] == last[1] && box[0] >= last[0] && box[0]-(last[0]+last[2]) < last[3]/2:
				case box[1] == last[1]:
					write = "\t"
				default:
					write = "\n"
				}
			case "ImageObject":
				picture = true
			case "TextCode", "CustomData", "Title", "Subject", "Abstract", "Remark", "Keyword":
				words = true
				if t.Name.Local != "TextCode" && had {
					write = "\n"
				}
			}
		case xml.EndElement:
			depth--
			switch t.Name.Local {
			case "TextObject":
				last = box
			case "TextCode":
				words = false
			case "CustomData", "Title", "Subject", "Abstract", "Remark", "Keyword":
				words, write = false, "\n"
			}
		case xml.CharData:
			if words {
				write, had = string(t), true
			}
		}
		if write != "" && !k.add(write) {
			return picture, n, errKept
		}
	}
}

// boundary reads “x y width height” in millimetres.
func boundary(t xml.StartElement) (box [4]float64) {
	for _, a := range t.Attr {
		if a.Name.Local != "Boundary" {
			continue
		}
		for i, f := range strings.Fields(a.Value) {
			v, err := strconv.ParseFloat(f, 64)
			if i >= 4 || err != nil {
				break
			}
			box[i] = v
		}
	}
	return box
}
