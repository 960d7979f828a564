package official

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/ledongthuc/pdf"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/transform"
)

// TextLimits bounds what reading a file's words may cost. Zero fields take the
// default.
type TextLimits struct {
	File     int64 // bytes of the file; default 32 MB
	Unpacked int64 // bytes after decompression; default 128 MB
	Text     int   // bytes of text kept; default 8 MB
	Pages    int   // of a PDF; default 2,000
	Files    int   // in a ZIP, those in ZIPs within it too; default 200
	// Child lets formats of old office programs be turned into new ones by a
	// LibreOffice of the machine, in a child with no network and little of
	// everything else. It takes seconds, so that nobody who waits should ask.
	Child bool
}

func (l TextLimits) filled() TextLimits {
	if l.File <= 0 {
		l.File = 32 << 20
	}
	if l.Unpacked <= 0 {
		l.Unpacked = 128 << 20
	}
	if l.Text <= 0 {
		l.Text = 8 << 20
	}
	if l.Pages <= 0 {
		l.Pages = 2000
	}
	if l.Files <= 0 {
		l.Files = 200
	}
	return l
}

// Words are what was read in a file.
type Words struct {
	Text string
	// Unread says of each file within that it could not be read, and why: whole
	// Chinese sentences.
	Unread []string
}

// Text reads the words of a DOCX, XLSX, PDF, OFD, CSV or TXT file, or of all
// such files in a ZIP, for checks that look for what must not be public. It
// gives what a reader can come to see: hidden sheets, rows and columns,
// headers, footnotes, comments, tracked deletions and text boxes too. Its order
// and line breaks are near enough to read and no more. Errors are *FileError:
// the words, or a part of them, could not be read, and why.
func Text(r io.ReaderAt, size int64, name string, limits TextLimits) (string, error) {
	w, err := ReadWords(context.Background(), r, size, name, limits)
	if err == nil && len(w.Unread) > 0 {
		err = &FileError{Says: w.Unread[0]}
	}
	return w.Text, err
}

// ReadWords is Text for callers that can use a part: what stands in a ZIP and
// could not be read is told beside what could.
func ReadWords(ctx context.Context, r io.ReaderAt, size int64, name string, limits TextLimits) (Words, error) {
	l := limits.filled()
	w := &wordReader{ctx: ctx, l: l, files: l.Files, left: l.Unpacked, k: kept{most: l.Text}}
	if err := w.read(r, size, name, 0); err != nil {
		return Words{}, err
	}
	return Words{Text: w.k.b.String(), Unread: w.unread}, nil
}

// wordReader reads one file and what is packed in it.
type wordReader struct {
	ctx    context.Context
	l      TextLimits
	files  int   // still to be read
	left   int64 // bytes still to be unpacked from ZIPs
	k      kept
	unread []string
}

// Readable reports whether Text reads files of a name's kind, with the child or
// without.
func Readable(name string, child bool) bool {
	switch ext := strings.ToLower(path.Ext(name)); ext {
	case ".docx", ".xlsx", ".pdf", ".csv", ".txt", ".tsv", ".ofd", ".zip":
		return true
	default:
		return child && oldFormats[ext] != ""
	}
}

func (w *wordReader) read(r io.ReaderAt, size int64, name string, depth int) error {
	l := w.l
	switch {
	case size <= 0:
		return refuse(nil, "附件“%s”是空的，请重新上传。", name)
	case size > l.File:
		return refuse(nil, "附件“%s”超过%s，没有检查其中的文字；请拆分后上传，或人工核对。", name, sizeText(l.File))
	}
	var text string
	var err error
	switch ext := strings.ToLower(path.Ext(name)); ext {
	case ".docx":
		text, err = docxText(r, size, name, l)
	case ".xlsx":
		text, err = xlsxText(r, size, name, l)
	case ".pdf":
		text, err = pdfText(r, size, name, l)
	case ".csv", ".txt", ".tsv":
		text, err = tableText(r, size, name, l)
	case ".ofd":
		text, err = ofdText(r, size, name, l)
	case ".zip":
		return w.zip(r, size, name, depth)
	case "":
		return refuse(nil, "附件“%s”没有扩展名，不知道是什么格式，没有检查其中的文字；请改名后重新上传。", name)
	default:
		if oldFormats[ext] == "" || !l.Child {
			return refuse(nil, "附件“%s”是%s格式，没有检查其中的文字；请另存为 DOCX、XLSX 或 PDF，或人工核对。", name, strings.ToUpper(ext[1:]))
		}
		text, err = childText(w.ctx, r, size, name, l)
	}
	if err != nil {
		return err
	}
	if w.k.b.Len() > 0 && !w.k.add("\n") || !w.k.add(text) {
		return tooMuch(name, l)
	}
	return nil
}

// kept gathers text up to a limit.
type kept struct {
	b    strings.Builder
	most int
}

func (k *kept) add(s string) bool {
	if k.b.Len()+len(s) > k.most {
		return false
	}
	k.b.WriteString(s)
	return true
}

func tooMuch(name string, l TextLimits) *FileError {
	return refuse(nil, "附件“%s”的文字超过%s，没有检查完；请拆分后上传，或人工核对。", name, sizeText(int64(l.Text)))
}

// parcel opens a zip whose parts together stay under the limit, whatever its
// directory says of their sizes.
func parcel(r io.ReaderAt, size int64, name string, l TextLimits) (*zip.Reader, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, refuse(err, "附件“%s”已损坏或加了密码，没有检查其中的文字；请另存一份不加密的后重新上传。", name)
	}
	if len(z.File) > maxParts {
		return nil, refuse(nil, "附件“%s”内含%d个部件，超出正常范围，没有检查；请另存一份后重新上传。", name, len(z.File))
	}
	var total uint64
	for _, f := range z.File {
		total += min(f.UncompressedSize64, 1<<40)
		if total > uint64(l.Unpacked) || f.UncompressedSize64 > ratioFloor && f.UncompressedSize64/max(1, f.CompressedSize64) > 1000 {
			return nil, refuse(nil, "附件“%s”解压后过大，没有检查其中的文字；请拆分或另存后重新上传。", name)
		}
	}
	return z, nil
}

// docxText walks the words of every part of a document. No library at hand
// reads headers, comments, text boxes and tracked changes alike, so the parts
// are read as the XML they are: what stands in t, delText and instrText.
func docxText(r io.ReaderAt, size int64, name string, l TextLimits) (string, error) {
	z, err := parcel(r, size, name, l)
	if err != nil {
		return "", err
	}
	k := &kept{most: l.Text}
	read, left := false, l.Unpacked
	parts := slices.Clone(z.File)
	slices.SortStableFunc(parts, func(a, b *zip.File) int { return strings.Compare(partName(a.Name), partName(b.Name)) })
	for _, f := range parts {
		part := partName(f.Name)
		if !strings.HasPrefix(part, "word/") || path.Ext(part) != ".xml" || strings.Count(part, "/") != 1 {
			continue
		}
		switch base := strings.TrimRight(strings.TrimSuffix(path.Base(part), ".xml"), "0123456789"); base {
		case "document", "header", "footer", "footnotes", "endnotes", "comments":
			read = read || base == "document"
		default:
			continue
		}
		n, err := docxPart(f, k, left)
		if left -= n; err != nil {
			if errors.Is(err, errKept) {
				return "", tooMuch(name, l)
			}
			return "", refuse(err, "附件“%s”已损坏，没有检查其中的文字；请用文字处理软件打开，另存后重新上传。", name)
		}
	}
	if !read {
		return "", refuse(nil, "附件“%s”不是文字处理文件，没有检查其中的文字；请核对后重新上传。", name)
	}
	return k.b.String(), nil
}

var errKept = errors.New("official: more text than is kept")

func docxPart(f *zip.File, k *kept, left int64) (int64, error) {
	in, err := f.Open()
	if err != nil {
		return 0, err
	}
	defer in.Close()
	body := &io.LimitedReader{R: in, N: left + 1}
	d := xml.NewDecoder(body)
	d.CharsetReader = func(charset string, _ io.Reader) (io.Reader, error) {
		return nil, fmt.Errorf("official: charset %q", charset)
	}
	words, depth := false, 0
	for {
		tok, err := d.Token()
		n := left + 1 - body.N
		switch {
		case n > left:
			return n, errKept
		case errors.Is(err, io.EOF):
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
			case "t", "delText", "instrText":
				words = true
			case "tab":
				write = "\t"
			case "br", "cr":
				write = "\n"
			}
		case xml.EndElement:
			depth--
			switch t.Name.Local {
			case "t", "delText", "instrText":
				words = false
			case "p":
				write = "\n"
			case "tc":
				write = "\t"
			}
		case xml.CharData:
			if words {
				write = string(t)
			}
		case xml.Directive:
			return n, errors.New("official: a document type")
		}
		if write != "" && !k.add(write) {
			return n, errKept
		}
	}
}

// xlsxText reads every sheet, hidden ones too, with the numbers as they are
// kept: a telephone number shown as 1.38E+10 is one all the same.
func xlsxText(r io.ReaderAt, size int64, name string, l TextLimits) (string, error) {
	if _, err := parcel(r, size, name, l); err != nil {
		return "", err
	}
	damaged := func(err error) error {
		return refuse(err, "附件“%s”已损坏或加了密码，没有检查其中的文字；请用表格软件打开，另存为不加密的 XLSX 后重新上传。", name)
	}
	book, err := excelize.OpenReader(io.NewSectionReader(r, 0, size), excelize.Options{RawCellValue: true, UnzipSizeLimit: l.Unpacked, UnzipXMLSizeLimit: l.Unpacked})
	if err != nil {
		return "", damaged(err)
	}
	defer book.Close()
	k := &kept{most: l.Text}
	for _, sheet := range book.GetSheetList() {
		rows, err := book.Rows(sheet)
		if err != nil {
			var none excelize.ErrSheetNotExist
			if errors.As(err, &none) {
				continue // a chart has no cells
			}
			return "", damaged(err)
		}
		for rows.Next() {
			cells, err := rows.Columns()
			if err != nil {
				return "", errors.Join(damaged(err), rows.Close())
			}
			for i, c := range cells {
				if i > 0 && !k.add("\t") || !k.add(c) {
					return "", errors.Join(tooMuch(name, l), rows.Close())
				}
			}
			k.add("\n")
		}
		if err := errors.Join(rows.Error(), rows.Close()); err != nil {
			return "", damaged(err)
		}
		if comments, err := book.GetComments(sheet); err == nil {
			for _, c := range comments {
				k.add(c.Text + "\n")
			}
		}
	}
	return k.b.String(), nil
}

// pdfText reads the text layer. The library panics on some broken files, which
// is caught here; a scan has no text layer and is said to have none.
func pdfText(r io.ReaderAt, size int64, name string, l TextLimits) (text string, err error) {
	damaged := func(err error) *FileError {
		return refuse(err, "附件“%s”已损坏或加了密码，没有检查其中的文字；请重新导出不加密的 PDF 后上传。", name)
	}
	defer func() {
		if p := recover(); p != nil {
			text, err = "", damaged(fmt.Errorf("official: pdf: %v", p))
		}
	}()
	doc, err := pdf.NewReader(r, size)
	if err != nil {
		return "", damaged(err)
	}
	n := doc.NumPage()
	if n > l.Pages {
		return "", refuse(nil, "附件“%s”有%d页，超过%d页，没有检查其中的文字；请拆分后上传，或人工核对。", name, n, l.Pages)
	}
	k := &kept{most: l.Text}
	for i := 1; i <= n; i++ {
		page := doc.Page(i)
		if page.V.IsNull() {
			continue
		}
		s, err := page.GetPlainText(nil)
		if err != nil {
			return "", damaged(err)
		}
		if !k.add(s + "\n") {
			return "", tooMuch(name, l)
		}
	}
	if text = k.b.String(); strings.TrimSpace(text) == "" {
		return "", refuse(nil, "附件“%s”没有可以复制的文字（可能是扫描件），没有检查到；请改用有文字的 PDF，或人工核对。", name)
	}
	return text, nil
}

// tableText reads a text file in whatever Chinese encoding.
func tableText(r io.ReaderAt, size int64, name string, l TextLimits) (string, error) {
	if size > int64(l.Text) {
		return "", tooMuch(name, l)
	}
	b, err := io.ReadAll(io.NewSectionReader(r, 0, size))
	if err != nil {
		return "", refuse(err, "附件“%s”读不出来，没有检查其中的文字；请重新上传。", name)
	}
	seen, err := inspect(bytes.NewReader(b))
	if err != nil {
		return "", refuse(err, "附件“%s”的字符编码无法识别，没有检查其中的文字；请另存为 UTF-8 后重新上传。", name)
	}
	out, err := io.ReadAll(transform.NewReader(bytes.NewReader(b), seen.decoder()))
	if err != nil || bytes.IndexByte(out, 0) >= 0 {
		return "", refuse(err, "附件“%s”不是文本文件，没有检查其中的文字；请核对后重新上传。", name)
	}
	return string(out), nil
}
