package official

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Paper is a text document as it was found in a DOCX file: its blocks in
// reading order, the pictures they show, and in Chinese sentences what was left
// out on the way.
type Paper struct {
	Name     string
	Title    string // of the file's properties
	Blocks   []Passage
	Pictures map[string]Picture // by the name Run.Picture uses
	Notes    []string
}

// Picture is a picture that came within a document.
type Picture struct {
	Name string
	Data []byte
}

// Passage is one block of a Paper: a paragraph, or a table when Rows is set.
type Passage struct {
	Level  int    // of a heading, 1 to 9; 0 for a paragraph
	Title  bool   // set in the style of a document's title
	Align  string // left, center, right, justify or empty
	Indent bool   // the first line is indented
	Label  string // number that the program makes: 一、 第一条 1. •
	Bullet bool   // the label is a mark and no number
	Depth  int    // of an item of a list, from 0; meaningful with Label
	Runs   []Run
	Rows   []PaperRow
}

// Text is the words of the passage, without its label.
func (p Passage) Text() string {
	var b strings.Builder
	for _, r := range p.Runs {
		b.WriteString(r.Text)
		if r.Break {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// Run is a piece of a paragraph with one look; or a break, a note, a picture.
type Run struct {
	Text                          string
	Bold, Italic, Underline       bool
	Superscript, Subscript, Break bool
	Href                          string
	Footnote                      string
	Picture                       string // name in Paper.Pictures
	Alt                           string // of the picture
}

// PaperRow is one row of a table.
type PaperRow struct {
	Header bool // repeats at the head of each page
	Cells  []PaperCell
}

// PaperCell is one cell; Columns and Rows above 1 are merges.
type PaperCell struct {
	Columns, Rows int
	Blocks        []Passage
	goes          bool // continues the cell above
}

// Limits of a paper beside those of the file.
const (
	maxPaperParts  = 2000
	maxPassages    = 100_000 // paragraphs, in tables and notes too
	maxPaperRows   = 10_000  // of one table
	maxPaperCells  = 63      // of one row, as the program itself allows
	maxPicture     = 20 << 20
	maxPaperTables = 16 // tables within tables
)

// ReadPaper reads a DOCX file. Tracked changes count as accepted, comments and
// hidden words are dropped, and notes say so. Nothing outside the file is ever
// looked at. Errors are *FileError, unless reading r itself failed.
func ReadPaper(r io.ReaderAt, size int64, name string, limits Limits) (*Paper, error) {
	l := limits.filled()
	switch {
	case size <= 0:
		return nil, refuse(nil, "文件“%s”是空的，请选择有内容的文件。", name)
	case size > l.File:
		return nil, refuse(nil, "文件“%s”有%s，超过%s的上限，请压缩其中的图片或拆成几个文件。", name, sizeText(size), sizeText(l.File))
	}
	head := make([]byte, min(size, 8))
	n, err := r.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return nil, fmt.Errorf("read paper: %w", err)
	}
	head = head[:n]
	low := strings.ToLower(name)
	switch {
	case bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0")) && locked(r, size):
		return nil, refuse(nil, "文件“%s”设了打开密码，平台不读取加密的文件，请去掉密码并另存为.docx后再导入。", name)
	case bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0")):
		return nil, refuse(nil, "文件“%s”是旧版Word或WPS文档（.doc、.wps），请打开后另存为.docx再导入。", name)
	case strings.HasSuffix(low, ".docm"), strings.HasSuffix(low, ".dotm"):
		return nil, refuse(nil, "文件“%s”是可以带宏的文档，平台不接受宏，请另存为不带宏的.docx后再导入。", name)
	case bytes.HasPrefix(head, []byte("{\\rtf")):
		return nil, refuse(nil, "文件“%s”的内容是RTF，请用Word或WPS打开后另存为.docx再导入。", name)
	case !bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return nil, refuse(nil, "文件“%s”的内容不是Word文档，请用Word或WPS打开后另存为.docx再导入。", name)
	}
	p := &paperReader{name: name, limits: l, parts: map[string]*zip.File{}, out: &Paper{Name: name, Pictures: map[string]Picture{}},
		styles: map[string]paperStyle{}, lists: map[string]string{}, levels: map[string]map[int]listLevel{}, counts: map[string]map[int]int{}, notes: map[string]string{}, dropped: map[string]int{}}
	if err := p.read(r, size); err != nil {
		// A text cut in a character would be called broken.
		if fe := p.stopped; fe != nil || errors.As(err, &fe) {
			return nil, fe
		}
		return nil, refuse(err, "文档“%s”已损坏或不完整，请用Word或WPS打开并另存为.docx后再导入。", name)
	}
	return p.out, nil
}

type paperReader struct {
	name     string
	limits   Limits
	spent    int64
	stopped  *FileError // by a limit, while a part was read
	parts    map[string]*zip.File
	out      *Paper
	links    map[string]relation // of the part being read
	main     string              // part name of the text
	styles   map[string]paperStyle
	lists    map[string]string            // numId to abstract numbering
	levels   map[string]map[int]listLevel // of numId where overridden, of "a"+abstract otherwise
	counts   map[string]map[int]int
	notes    map[string]string // footnotes "f"+id, endnotes "e"+id
	passages int
	tables   int
	dropped  map[string]int // what was left out, by its sentence
	order    []string
}

// say counts something left out; the sentence has one %d.
func (p *paperReader) say(format string) {
	if p.dropped[format] == 0 {
		p.order = append(p.order, format)
	}
	p.dropped[format]++
}

func (p *paperReader) read(r io.ReaderAt, size int64) error {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return err
	}
	if len(z.File) > maxPaperParts {
		return refuse(nil, "文档“%s”内含%d个部件，超出正常范围，未予读取；请另存一份后再导入。", p.name, len(z.File))
	}
	var total uint64
	for _, f := range z.File {
		part := partName(f.Name)
		if _, dup := p.parts[part]; dup {
			return refuse(nil, "文档“%s”内有重名的部件，未予读取；请另存一份后再导入。", p.name)
		}
		p.parts[part] = f
		if total += min(f.UncompressedSize64, 1<<40); total > uint64(p.limits.Unpacked) {
			return refuse(nil, "文档“%s”解压后超过%s，请压缩其中的图片或拆成几个文件。", p.name, sizeText(p.limits.Unpacked))
		}
	}
	for part := range p.parts {
		if strings.HasSuffix(part, "vbaproject.bin") {
			return refuse(nil, "文档“%s”里有宏，平台不接受宏，请另存为不带宏的.docx后再导入。", p.name)
		}
	}
	top, err := p.relations("")
	if err != nil {
		return err
	}
	for _, rel := range top {
		if rel.kind == "officeDocument" && !rel.outside {
			p.main = rel.target
		}
		if rel.kind == "core-properties" && !rel.outside {
			if err := p.properties(rel.target); err != nil {
				return err
			}
		}
	}
	if p.main == "" || p.parts[p.main] == nil {
		return refuse(nil, "文件“%s”里没有正文，不是Word文档；请用Word或WPS打开后另存为.docx再导入。", p.name)
	}
	if p.links, err = p.relations(p.main); err != nil {
		return err
	}
	byKind := func(kind string) string {
		for _, rel := range p.links {
			if rel.kind == kind && !rel.outside && p.parts[rel.target] != nil {
				return rel.target
			}
		}
		return ""
	}
	if err := p.readStyles(byKind("styles")); err != nil {
		return err
	}
	if err := p.readNumbering(byKind("numbering")); err != nil {
		return err
	}
	main := p.links
	for _, n := range []struct{ kind, mark, element string }{{"footnotes", "f", "footnote"}, {"endnotes", "e", "endnote"}} {
		if err := p.readNotes(byKind(n.kind), n.mark, n.element); err != nil {
			return err
		}
	}
	p.links = main
	if err := p.each(p.main, func(d *scanner, se xml.StartElement) error {
		if se.Name.Local != "body" {
			return nil
		}
		blocks, err := p.blocks(d)
		p.out.Blocks = append(p.out.Blocks, blocks...)
		return err
	}); err != nil {
		return err
	}
	for _, says := range p.order {
		p.out.Notes = append(p.out.Notes, fmt.Sprintf(says, p.dropped[says]))
	}
	return nil
}
