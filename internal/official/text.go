package official

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"golang.org/x/text/transform"

	"zhengshu/internal/abridge"
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
	// Unread says of each file within, or part of one, that it could not be read,
	// and why: whole Chinese sentences.
	Unread []string
	// Unjudged says of each file what in it cannot be judged though all its words
	// were read: pictures that may show words, numbers that lost their last digits.
	Unjudged []string

	places []place
}

// At says where in the file the byte of Text at an offset stands, as whoever has
// to mend the file finds it: sheet and cell, page, line, file within a ZIP; ""
// where nothing more than the file is known.
func (w Words) At(at int) string {
	i, found := slices.BinarySearchFunc(w.places, at, func(p place, at int) int { return p.at - at })
	if !found {
		i--
	}
	if i < 0 || at > len(w.Text) {
		return ""
	}
	switch p := w.places[i]; {
	case p.row > 0:
		return fmt.Sprintf("%s!%s%d%s", p.says, columnLetters(int(p.col)), p.row, p.hidden)
	case p.paragraphs:
		return p.says + paragraphAt(w.Text[p.at:], at-p.at)
	case p.lines:
		return strings.TrimSpace(fmt.Sprintf("%s 第%d行", p.says, 1+strings.Count(w.Text[p.at:at], "\n")))
	default:
		return p.says
	}
}

// place is where a stretch of the text stands.
type place struct {
	at       int    // offset at which it begins
	says     string // sheet, page or part, with the file within before it
	hidden   string // how a cell is hidden, "" where it is not
	row, col int32  // of a cell, from 1
	lines    bool   // the lines from at on are counted
	// paragraphs says that the lines from at on are paragraphs, known by their number
	// and first words.
	paragraphs bool
}

// openingWords are the most of a paragraph's first words that its place gives.
const openingWords = 12

// paragraphAt names the paragraph of a text in which an offset lies: its number, without
// the blank ones, and the words it begins with, up to the first digit.
func paragraphAt(text string, at int) string {
	n := 0
	for line := range strings.SplitSeq(text[:at], "\n") {
		if strings.TrimSpace(line) != "" {
			n++
		}
	}
	from := 1 + strings.LastIndexByte(text[:at], '\n')
	if strings.TrimSpace(text[from:at]) == "" {
		n++
	}
	words := strings.TrimSpace(text[from:])
	if i := strings.IndexAny(words, "\n\u20280123456789０１２３４５６７８９"); i >= 0 {
		words = words[:i]
	}
	if words = strings.TrimSpace(words); words == "" {
		return fmt.Sprintf("第%d段", n)
	}
	return fmt.Sprintf("第%d段（“%s”）", n, abridge.Text(words, openingWords))
}

// mostPlaces bounds the memory of places; cells beyond it are known by their sheet.
const mostPlaces = 400_000

// Text reads the words of a DOCX, XLSX, PDF, OFD, CSV or TXT file, or of all
// such files in a ZIP, for checks that look for what must not be public. It
// gives what a reader can come to see: hidden sheets, rows and columns,
// headers, footnotes, comments, tracked deletions, text boxes, charts and
// embedded files too. Its order and line breaks are near enough to read and no
// more. Errors are *FileError: the words, or a part of them, could not be read,
// and why.
func Text(r io.ReaderAt, size int64, name string, limits TextLimits) (string, error) {
	w, err := ReadWords(context.Background(), r, size, name, limits)
	if untold := slices.Concat(w.Unread, w.Unjudged); err == nil && len(untold) > 0 {
		err = &FileError{Says: untold[0]}
	}
	return w.Text, err
}

// ReadWords is Text for callers that can use a part: what stands in a file and
// could not be read is told beside what could.
func ReadWords(ctx context.Context, r io.ReaderAt, size int64, name string, limits TextLimits) (Words, error) {
	l := limits.filled()
	w := &wordReader{ctx: ctx, l: l, files: l.Files, left: l.Unpacked, parts: 4 * l.Unpacked, k: kept{most: l.Text}}
	if err := w.read(r, size, source{name: name}); err != nil {
		return Words{}, err
	}
	return Words{Text: w.k.b.String(), Unread: w.unread, Unjudged: w.unjudged, places: w.places}, nil
}

// wordReader reads one file and what is packed in it.
type wordReader struct {
	ctx              context.Context
	l                TextLimits
	files            int   // still to be read
	left             int64 // bytes still to be unpacked from ZIPs
	parts            int64 // bytes still to be unpacked from parts of documents, of all of them
	k                kept
	unread, unjudged []string
	places           []place
}

// source is a file that is read: its name, with the files it is packed in before
// it, how it is called within the outermost ("" for that), and how deep it lies.
type source struct {
	name, in string
	depth    int
}

// within is the source of a file packed in another.
func (s source) within(inner string) source {
	inner = abridge.Text(inner, 100)
	return source{name: s.name + "/" + inner, in: strings.TrimPrefix(s.in+"/"+inner, "/"), depth: s.depth + 1}
}

// place says where a part of a file stands.
func (s source) place(part string) string { return strings.TrimSpace(s.in + " " + part) }

// mostTold bounds the sentences about one file.
const mostTold = 20

func (w *wordReader) tell(says string) {
	if len(w.unread) < mostTold {
		w.unread = append(w.unread, says)
	}
}

func (w *wordReader) leave(says string) {
	if len(w.unjudged) < mostTold {
		w.unjudged = append(w.unjudged, says)
	}
}

// here notes that what is added next stands at a place.
func (w *wordReader) here(p place) {
	p.at = w.k.b.Len()
	if n := len(w.places); p.row > 0 && n >= mostPlaces {
		p = place{at: p.at, says: p.says}
		if w.places[n-1].says == p.says && w.places[n-1].row == 0 {
			return
		}
	}
	if n := len(w.places); n > 0 && w.places[n-1].at == p.at {
		w.places = w.places[:n-1]
	}
	w.places = append(w.places, p)
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

func (w *wordReader) read(r io.ReaderAt, size int64, s source) error {
	l, name := w.l, s.name
	switch {
	case size <= 0:
		return refuse(nil, "附件“%s”是空的，请重新上传。", name)
	case size > l.File:
		return refuse(nil, "附件“%s”超过%s，没有检查其中的文字；请拆分后上传，或人工核对。", name, sizeText(l.File))
	}
	if w.k.b.Len() > 0 && !w.k.add("\n") {
		return tooMuch(name, l)
	}
	switch ext := strings.ToLower(path.Ext(name)); ext {
	case ".docx":
		return w.docx(r, size, s)
	case ".xlsx":
		return w.xlsx(r, size, s)
	case ".pdf":
		return w.pdf(r, size, s)
	case ".csv", ".txt", ".tsv":
		return w.table(r, size, s)
	case ".ofd":
		return w.ofd(r, size, s)
	case ".zip":
		return w.zip(r, size, s)
	case "":
		return refuse(nil, "附件“%s”没有扩展名，不知道是什么格式，没有检查其中的文字；请改名后重新上传。", name)
	default:
		if oldFormats[ext] == "" || !l.Child {
			return refuse(nil, "附件“%s”是%s格式，没有检查其中的文字；请另存为 DOCX、XLSX 或 PDF，或人工核对。", name, strings.ToUpper(ext[1:]))
		}
		return w.child(r, size, s)
	}
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

// byTabs writes a table with a line for each row and a tab between its cells, as the
// checks read tables; what is no table stays as it is.
func byTabs(text string, separator rune) string {
	in := csv.NewReader(strings.NewReader(text))
	in.Comma, in.FieldsPerRecord, in.LazyQuotes, in.ReuseRecord = separator, -1, true, true
	var b strings.Builder
	flat := strings.NewReplacer("\r\n", " ", "\n", " ", "\t", " ")
	next := 1 // line of the file, where the last row ended
	for {
		row, err := in.Read()
		if err == io.EOF {
			return b.String()
		}
		if err != nil {
			return text
		}
		// Blank lines count, as they do where the file is opened.
		line := next
		if len(row) > 0 {
			line, _ = in.FieldPos(0)
		}
		b.WriteString(strings.Repeat("\n", max(0, line-next)))
		for i, cell := range row {
			if i > 0 {
				b.WriteByte('\t')
			}
			b.WriteString(flat.Replace(cell))
			line += strings.Count(cell, "\n")
		}
		b.WriteByte('\n')
		next = line + 1
	}
}

// table reads a text file in whatever Chinese encoding.
func (w *wordReader) table(r io.ReaderAt, size int64, s source) error {
	name := s.name
	if size > int64(w.l.Text) {
		return tooMuch(name, w.l)
	}
	b, err := io.ReadAll(io.NewSectionReader(r, 0, size))
	if err != nil {
		return refuse(err, "附件“%s”读不出来，没有检查其中的文字；请重新上传。", name)
	}
	seen, err := inspect(bytes.NewReader(b))
	if err != nil {
		return refuse(err, "附件“%s”的字符编码无法识别，没有检查其中的文字；请另存为 UTF-8 后重新上传。", name)
	}
	out, err := io.ReadAll(transform.NewReader(bytes.NewReader(b), seen.decoder()))
	if err != nil || bytes.IndexByte(out, 0) >= 0 {
		return refuse(err, "附件“%s”不是文本文件，没有检查其中的文字；请核对后重新上传。", name)
	}
	w.here(place{says: s.place(""), lines: true})
	text := string(out)
	if strings.ToLower(path.Ext(name)) == ".csv" && seen.separator != 0 && seen.separator != '\t' {
		text = byTabs(text, seen.separator)
	}
	if !w.k.add(text) {
		return tooMuch(name, w.l)
	}
	return nil
}
