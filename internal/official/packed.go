package official

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// mostNested is how deep ZIPs are opened within ZIPs.
const mostNested = 2

// silent are formats that hold no words of their own: pictures and sounds.
var silent = map[string]bool{".jpg": true, ".jpeg": true, ".png": true, ".gif": true, ".bmp": true, ".webp": true, ".svg": true, ".tif": true, ".tiff": true, ".mp3": true, ".mp4": true, ".wav": true, ".avi": true, ".mov": true, ".flv": true, ".db": true, ".ini": true, ".ttf": true}

// zip reads the files of an archive. What cannot be read there is told and
// does not keep the rest from being read.
func (w *wordReader) zip(r io.ReaderAt, size int64, name string, depth int) error {
	if depth > mostNested {
		return refuse(nil, "附件“%s”中的压缩包层数过多，没有检查其中的文字；请解压后分别上传。", name)
	}
	z, err := parcel(r, size, name, w.l)
	if err != nil {
		return err
	}
	for _, f := range z.File {
		inner := entryName(f)
		base := path.Base(inner)
		if strings.HasSuffix(inner, "/") || silent[strings.ToLower(path.Ext(base))] || strings.HasPrefix(base, ".") || strings.HasPrefix(inner, "__MACOSX/") || strings.HasPrefix(base, "~$") {
			continue
		}
		if w.files--; w.files < 0 {
			w.unread = append(w.unread, refuse(nil, "附件“%s”内含的文件超过%d个，其余没有检查；请拆分后上传，或人工核对。", name, w.l.Files).Says)
			return nil
		}
		if err := w.ctx.Err(); err != nil {
			return refuse(err, "附件“%s”没有检查完；请稍后重试。", name)
		}
		body, err := w.unpack(f, name, inner)
		if err == nil {
			err = w.read(bytes.NewReader(body), int64(len(body)), name+"/"+base, depth+1)
		}
		var bad *FileError
		switch {
		case errors.As(err, &bad):
			if w.k.b.Len() >= w.k.most-1 || w.left <= 0 {
				return bad
			}
			if len(w.unread) < 20 {
				w.unread = append(w.unread, bad.Says)
			}
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

// ofdText reads the words of an OFD (GB/T 33190): a ZIP of XML in which pages,
// templates and annotations hold TextCode elements, and CustomData and titles
// stand in the head.
func ofdText(r io.ReaderAt, size int64, name string, l TextLimits) (string, error) {
	z, err := parcel(r, size, name, l)
	if err != nil {
		return "", err
	}
	parts := slices.Clone(z.File)
	slices.SortStableFunc(parts, func(a, b *zip.File) int { return naturally(partName(a.Name), partName(b.Name)) })
	k := &kept{most: l.Text}
	read, left := false, l.Unpacked
	for _, f := range parts {
		part := strings.ToLower(partName(f.Name))
		if path.Ext(part) != ".xml" {
			continue
		}
		read = read || path.Base(part) == "ofd.xml"
		n, err := ofdPart(f, k, left)
		if left -= n; err != nil {
			if errors.Is(err, errKept) {
				return "", tooMuch(name, l)
			}
			return "", refuse(err, "附件“%s”已损坏，没有检查其中的文字；请重新导出 OFD 或改用 PDF 后上传。", name)
		}
	}
	if !read {
		return "", refuse(nil, "附件“%s”不是 OFD 文件，没有检查其中的文字；请核对后重新上传。", name)
	}
	return k.b.String(), nil
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
// character into its own, so that objects of one line that touch are joined.
func ofdPart(f *zip.File, k *kept, left int64) (int64, error) {
	in, err := f.Open()
	if err != nil {
		return 0, err
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
		n := left + 1 - body.N
		switch {
		case n > left:
			return n, errKept
		case errors.Is(err, io.EOF):
			if had && !k.add("\n") {
				return n, errKept
			}
			return n, nil
		case err != nil:
			return n, err
		}
		write := ""
		switch t := tok.(type) {
		case xml.StartElement:
			if depth++; depth > 256 {
				return n, errors.New("official: elements too deep")
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
			return n, errKept
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
