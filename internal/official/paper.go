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

	"zhengshu/internal/abridge"
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

// paperStyle is what a paragraph style says, its ancestors' word included.
type paperStyle struct {
	name, based string
	level       int // outline level plus one
	align       string
	indent      bool
	list        string // numId
	depth       int
}

// listLevel is one level of a numbering.
type listLevel struct {
	format, text string
	start        int
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

type relation struct {
	kind, target string
	outside      bool
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

// open reads a part under the limits.
func (p *paperReader) open(part string) (io.ReadCloser, error) {
	f := p.parts[part]
	if f == nil {
		return nil, fmt.Errorf("part %q is missing", part)
	}
	rc, err := f.Open()
	if err != nil {
		return nil, err
	}
	return struct {
		io.Reader
		io.Closer
	}{&watched{&guarded{r: rc, name: p.name, packed: int64(f.CompressedSize64), limits: p.limits, spent: &p.spent}, &p.stopped}, rc}, nil
}

// watched remembers that a limit ended the reading.
type watched struct {
	r    io.Reader
	stop **FileError
}

func (w *watched) Read(b []byte) (int, error) {
	n, err := w.r.Read(b)
	var fe *FileError
	if errors.As(err, &fe) {
		*w.stop = fe
	}
	return n, err
}

// each yields the start elements of a part, which must be well-formed to its
// end and free of a document type declaration.
func (p *paperReader) each(part string, do func(d *scanner, se xml.StartElement) error) error {
	if part == "" {
		return nil
	}
	rc, err := p.open(part)
	if err != nil {
		return err
	}
	defer rc.Close()
	if err := starts(rc, do); err == errDirective { //nolint:errorlint // our own, unwrapped
		return refuse(errDirective, "文档“%s”里有文档类型声明（DTD），正常的Word文档没有，未予读取；请用Word或WPS另存后再导入。", p.name)
	} else if err != nil {
		return err
	}
	return nil
}

// relations of a part, by id.
func (p *paperReader) relations(of string) (map[string]relation, error) {
	part := "_rels/.rels"
	if of != "" {
		part = path.Join(path.Dir(of), "_rels", path.Base(of)+".rels")
	}
	out := map[string]relation{}
	if p.parts[part] == nil {
		if of == "" {
			return nil, errors.New("no relations")
		}
		return out, nil
	}
	return out, p.each(part, func(_ *scanner, se xml.StartElement) error {
		if se.Name.Local != "Relationship" {
			return nil
		}
		r := relation{kind: path.Base(attr(se, "Type")), target: attr(se, "Target"), outside: attr(se, "TargetMode") == "External"}
		if !r.outside {
			if strings.HasPrefix(r.target, "/") {
				r.target = partName(r.target)
			} else {
				r.target = partName(path.Join(path.Dir(of), r.target))
			}
		}
		out[attr(se, "Id")] = r
		return nil
	})
}

func (p *paperReader) properties(part string) error {
	if p.parts[part] == nil {
		return nil
	}
	return p.each(part, func(d *scanner, se xml.StartElement) error {
		if se.Name.Local != "title" {
			return nil
		}
		s, err := words(d)
		p.out.Title = strings.TrimSpace(abridge.Text(s, 300))
		return err
	})
}

// words reads the character data to the end of the open element.
func words(d *scanner) (string, error) {
	var b strings.Builder
	for depth := len(d.stack); len(d.stack) >= depth; {
		tok, err := d.token()
		if err != nil {
			return "", noEOF(err)
		}
		if c, ok := tok.(xml.CharData); ok {
			b.Write(c)
		}
	}
	return b.String(), nil
}

// inside yields the start elements below the open element.
func inside(d *scanner, do func(se xml.StartElement) error) error {
	for depth := len(d.stack); len(d.stack) >= depth; {
		tok, err := d.token()
		if err != nil {
			return noEOF(err)
		}
		if se, ok := tok.(xml.StartElement); ok {
			if err := do(se); err != nil {
				return err
			}
		}
	}
	return nil
}

func whole(se xml.StartElement, name string) int {
	n, err := strconv.Atoi(attr(se, name))
	if err != nil {
		return 0
	}
	return n
}

// on reads a switch: absent value is on.
func on(se xml.StartElement) bool {
	switch attr(se, "val") {
	case "0", "false", "off", "none":
		return false
	}
	return true
}

func aligned(val string) string {
	switch val {
	case "center":
		return "center"
	case "right", "end":
		return "right"
	}
	return ""
}

func (p *paperReader) readStyles(part string) error {
	err := p.each(part, func(d *scanner, se xml.StartElement) error {
		if se.Name.Local != "style" || attr(se, "type") != "paragraph" {
			return nil
		}
		id, s := attr(se, "styleId"), paperStyle{}
		err := inside(d, func(se xml.StartElement) error {
			switch se.Name.Local {
			case "name":
				s.name = strings.ToLower(attr(se, "val"))
			case "basedOn":
				s.based = attr(se, "val")
			case "outlineLvl":
				s.level = whole(se, "val") + 1
			case "jc":
				s.align = aligned(attr(se, "val"))
			case "ind":
				s.indent = whole(se, "firstLine") > 0 || whole(se, "firstLineChars") > 0
			case "numId":
				s.list = attr(se, "val")
			case "ilvl":
				s.depth = whole(se, "val")
			}
			return nil
		})
		p.styles[id] = s
		return err
	})
	if err != nil {
		return err
	}
	for id := range p.styles {
		s := p.styles[id]
		for up, n := s.based, 0; up != "" && n < 20; n++ {
			b, ok := p.styles[up]
			if !ok {
				break
			}
			if s.level == 0 {
				s.level = b.level
			}
			if s.align == "" {
				s.align = b.align
			}
			if s.list == "" {
				s.list, s.depth = b.list, b.depth
			}
			s.indent = s.indent || b.indent
			up = b.based
		}
		for _, head := range []string{"heading ", "标题 "} {
			if n, err := strconv.Atoi(strings.TrimPrefix(s.name, head)); err == nil && strings.HasPrefix(s.name, head) && s.level == 0 {
				s.level = n
			}
		}
		if s.level < 0 || s.level > 9 { // ten is body text
			s.level = 0
		}
		p.styles[id] = s
	}
	return nil
}

func (p *paperReader) readNumbering(part string) error {
	level := func(d *scanner, se xml.StartElement, into map[int]listLevel) error {
		at, l := whole(se, "ilvl"), listLevel{start: 1}
		err := inside(d, func(se xml.StartElement) error {
			switch se.Name.Local {
			case "start":
				l.start = whole(se, "val")
			case "numFmt":
				l.format = attr(se, "val")
			case "lvlText":
				l.text = attr(se, "val")
			}
			return nil
		})
		if at >= 0 && at < 9 {
			into[at] = l
		}
		return err
	}
	return p.each(part, func(d *scanner, se xml.StartElement) error {
		switch se.Name.Local {
		case "abstractNum":
			into := map[int]listLevel{}
			p.levels["a"+attr(se, "abstractNumId")] = into
			return inside(d, func(se xml.StartElement) error {
				if se.Name.Local == "lvl" {
					return level(d, se, into)
				}
				return nil
			})
		case "num":
			id := attr(se, "numId")
			own, at := map[int]listLevel{}, 0
			err := inside(d, func(se xml.StartElement) error {
				switch se.Name.Local {
				case "abstractNumId":
					p.lists[id] = attr(se, "val")
				case "lvlOverride":
					at = whole(se, "ilvl")
				case "startOverride":
					l := p.levels["a"+p.lists[id]][at]
					l.start = whole(se, "val")
					own[at] = l
				case "lvl":
					return level(d, se, own)
				}
				return nil
			})
			if len(own) > 0 {
				p.levels[id] = own
			}
			return err
		}
		return nil
	})
}

func (p *paperReader) readNotes(part, mark, element string) error {
	if part == "" {
		return nil
	}
	var err error
	if p.links, err = p.relations(part); err != nil {
		return err
	}
	return p.each(part, func(d *scanner, se xml.StartElement) error {
		if se.Name.Local != element {
			return nil
		}
		id, kind := attr(se, "id"), attr(se, "type")
		blocks, err := p.blocks(d)
		if kind != "" && kind != "normal" { // the line above the notes
			return err
		}
		var lines []string
		for _, b := range blocks {
			if s := strings.TrimSpace(b.Text()); s != "" {
				lines = append(lines, s)
			}
		}
		p.notes[mark+id] = strings.Join(lines, " ")
		return err
	})
}

// blocks reads the paragraphs and tables of the open element to its end.
func (p *paperReader) blocks(d *scanner) ([]Passage, error) {
	var out []Passage
	for depth := len(d.stack); len(d.stack) >= depth; {
		tok, err := d.token()
		if err != nil {
			return nil, noEOF(err)
		}
		switch el := tok.(type) {
		case xml.Directive:
			return nil, errDirective
		case xml.StartElement:
			switch el.Name.Local {
			case "p":
				list, err := p.paragraph(d)
				if err != nil {
					return nil, err
				}
				out = append(out, list...)
			case "tbl":
				t, err := p.table(d)
				if err != nil {
					return nil, err
				}
				if len(t.Rows) > 0 {
					out = append(out, t)
				}
			case "del", "moveFrom":
				p.say("%d 处修订中的删除已按接受处理。")
				if err := d.skip(); err != nil {
					return nil, noEOF(err)
				}
			case "altChunk":
				p.say("%d 处嵌入的其他格式内容没有读取，请核对。")
			case "sectPr", "Fallback", "sdtPr", "sdtEndPr":
				if err := d.skip(); err != nil {
					return nil, noEOF(err)
				}
			}
		}
	}
	return out, nil
}

// paragraphReader is the paragraph being read.
type paragraphReader struct {
	Passage
	style   string
	list    string
	depth   int
	level   int
	set     bool // list said by the paragraph itself
	look    Run  // of the run being read
	href    []string
	fields  []field // open complex fields
	after   []Passage
	skipped bool
}

// field is a complex field: its instruction, then its result.
type field struct {
	says   strings.Builder
	result bool
	href   string
}

func (p *paperReader) paragraph(d *scanner) ([]Passage, error) {
	if p.passages++; p.passages > maxPassages {
		return nil, refuse(nil, "文档“%s”超过%d段，请拆成几个文件。", p.name, maxPassages)
	}
	q := &paragraphReader{}
	if err := p.inParagraph(d, q); err != nil {
		return nil, err
	}
	s := p.styles[q.style]
	if q.Align == "" {
		q.Align = s.align
	}
	q.Indent = q.Indent || s.indent
	q.Level = q.level
	if q.Level == 0 {
		q.Level = s.level
	}
	switch s.name {
	case "title", "标题":
		q.Title = true
	}
	if strings.HasPrefix(s.name, "toc ") || strings.HasPrefix(s.name, "目录 ") {
		p.say("目录的 %d 行已略去，网页按标题自动排列。")
		return q.after, nil
	}
	if !q.set {
		q.list, q.depth = s.list, s.depth
	}
	if q.list != "" && q.list != "0" && len(q.Runs) > 0 {
		q.Label, q.Bullet = p.number(q.list, q.depth)
		q.Depth = q.depth
	}
	return append([]Passage{q.Passage}, q.after...), nil
}

// inParagraph reads the content of an open element of a paragraph.
func (p *paperReader) inParagraph(d *scanner, q *paragraphReader) error {
	for depth := len(d.stack); len(d.stack) >= depth; {
		tok, err := d.token()
		if err != nil {
			return noEOF(err)
		}
		se, ok := tok.(xml.StartElement)
		if !ok {
			if _, bad := tok.(xml.Directive); bad {
				return errDirective
			}
			continue
		}
		switch se.Name.Local {
		case "pPr":
			if err := p.paragraphLook(d, q); err != nil {
				return err
			}
		case "r":
			q.look = Run{}
			if err := p.run(d, q); err != nil {
				return err
			}
		case "hyperlink":
			href := ""
			if rel := p.links[attr(se, "id")]; rel.outside && rel.kind == "hyperlink" {
				href = rel.target
			}
			q.href = append(q.href, href)
			err := p.inParagraph(d, q)
			q.href = q.href[:len(q.href)-1]
			if err != nil {
				return err
			}
		case "fldSimple":
			q.href = append(q.href, linkOf(attr(se, "instr")))
			err := p.inParagraph(d, q)
			q.href = q.href[:len(q.href)-1]
			if err != nil {
				return err
			}
		case "ins", "moveTo":
			p.say("%d 处修订中的增加已按接受处理。")
			if err := p.inParagraph(d, q); err != nil {
				return err
			}
		case "del", "moveFrom":
			p.say("%d 处修订中的删除已按接受处理。")
			if err := d.skip(); err != nil {
				return noEOF(err)
			}
		case "oMath", "oMathPara":
			p.say("%d 处公式按文字读取，请核对。")
			err := inside(d, func(se xml.StartElement) error {
				if se.Name.Local == "t" {
					s, err := words(d)
					q.text(s)
					return err
				}
				return nil
			})
			if err != nil {
				return err
			}
		case "Fallback", "sdtPr", "sdtEndPr", "rubyPr", "rt":
			if err := d.skip(); err != nil {
				return noEOF(err)
			}
		}
	}
	return nil
}

func (p *paperReader) paragraphLook(d *scanner, q *paragraphReader) error {
	return inside(d, func(se xml.StartElement) error {
		switch se.Name.Local {
		case "pStyle":
			q.style = attr(se, "val")
		case "jc":
			if q.Align = aligned(attr(se, "val")); q.Align == "" {
				q.Align = "left" // said here: the style's word does not count
			}
		case "ind":
			q.Indent = whole(se, "firstLine") > 0 || whole(se, "firstLineChars") > 0
		case "numId":
			q.list, q.set = attr(se, "val"), true
		case "ilvl":
			q.depth = min(max(whole(se, "val"), 0), 8)
		case "outlineLvl":
			if n := whole(se, "val") + 1; n >= 1 && n <= 9 {
				q.level = n
			}
		case "pPrChange", "rPr", "sectPr":
			return noEOF(d.skip())
		}
		return nil
	})
}

// text adds words in the look of the moment.
func (q *paragraphReader) text(s string) {
	if s == "" || q.skipped {
		return
	}
	r := q.look
	r.Text = s
	for _, h := range q.href {
		if h != "" {
			r.Href = h
		}
	}
	for i := range q.fields {
		if q.fields[i].href != "" {
			r.Href = q.fields[i].href
		}
	}
	if n := len(q.Runs); n > 0 {
		last := q.Runs[n-1]
		last.Text = r.Text
		if last == r {
			q.Runs[n-1].Text += s
			return
		}
	}
	q.Runs = append(q.Runs, r)
}

// linkOf is the address in the instruction of a field, empty for none.
func linkOf(says string) string {
	says = strings.TrimSpace(says)
	if len(says) < 10 || !strings.EqualFold(says[:9], "HYPERLINK") {
		return ""
	}
	rest := strings.TrimSpace(says[9:])
	if strings.HasPrefix(rest, `"`) {
		if href, _, ok := strings.Cut(rest[1:], `"`); ok {
			return href
		}
	}
	return ""
}

func (p *paperReader) run(d *scanner, q *paragraphReader) error {
	hidden := false
	for depth := len(d.stack); len(d.stack) >= depth; {
		tok, err := d.token()
		if err != nil {
			return noEOF(err)
		}
		se, ok := tok.(xml.StartElement)
		if !ok {
			if _, bad := tok.(xml.Directive); bad {
				return errDirective
			}
			continue
		}
		inResult := len(q.fields) == 0 || q.fields[len(q.fields)-1].result
		switch se.Name.Local {
		case "rPr":
			if hidden, err = p.runLook(d, q); err != nil {
				return err
			}
			if hidden {
				p.say("%d 处隐藏文字已略去。")
			}
		case "t":
			s, err := words(d)
			if err != nil {
				return err
			}
			if inResult && !hidden {
				q.text(s)
			}
		case "tab", "ptab":
			if inResult && !hidden {
				q.text("\u3000")
			}
		case "noBreakHyphen":
			q.text("-")
		case "br", "cr":
			if t := attr(se, "type"); t == "page" || t == "column" || hidden {
				break
			}
			if len(q.Runs) > 0 && !q.skipped {
				q.Runs = append(q.Runs, Run{Break: true})
			}
		case "sym":
			switch strings.ToUpper(attr(se, "char")) {
			case "F0FE", "F052", "F0FC":
				q.text("☑")
			case "F0A8", "F06F", "F0A3", "F071":
				q.text("□")
			default:
				p.say("%d 个符号字体的字符没有读取，请核对。")
			}
		case "fldChar":
			switch attr(se, "fldCharType") {
			case "begin":
				if len(q.fields) < 16 {
					q.fields = append(q.fields, field{})
				}
			case "separate":
				if n := len(q.fields); n > 0 {
					q.fields[n-1].result = true
					q.fields[n-1].href = linkOf(q.fields[n-1].says.String())
				}
			case "end":
				if n := len(q.fields); n > 0 {
					q.fields = q.fields[:n-1]
				}
			}
		case "instrText":
			s, err := words(d)
			if err != nil {
				return err
			}
			if n := len(q.fields); n > 0 && q.fields[n-1].says.Len() < 4000 {
				q.fields[n-1].says.WriteString(s)
			}
		case "footnoteReference", "endnoteReference":
			mark := map[string]string{"footnoteReference": "f", "endnoteReference": "e"}[se.Name.Local]
			if s := p.notes[mark+attr(se, "id")]; s != "" && !hidden {
				q.Runs = append(q.Runs, Run{Footnote: s})
			}
		case "commentReference":
			p.say("%d 条批注已略去。")
		case "drawing", "pict", "object":
			if err := p.drawing(d, q, se.Name.Local == "object", hidden); err != nil {
				return err
			}
		case "delText", "Fallback", "rt", "rPrChange":
			if err := d.skip(); err != nil {
				return noEOF(err)
			}
		}
	}
	return nil
}

func (p *paperReader) runLook(d *scanner, q *paragraphReader) (hidden bool, err error) {
	return hidden, inside(d, func(se xml.StartElement) error {
		switch se.Name.Local {
		case "b":
			q.look.Bold = on(se)
		case "i":
			q.look.Italic = on(se)
		case "u":
			q.look.Underline = on(se)
		case "vertAlign":
			q.look.Superscript, q.look.Subscript = attr(se, "val") == "superscript", attr(se, "val") == "subscript"
		case "vanish":
			hidden = on(se)
		case "rPrChange":
			return noEOF(d.skip())
		}
		return nil
	})
}

// drawing takes the picture of a drawing and the words of its text boxes.
func (p *paperReader) drawing(d *scanner, q *paragraphReader, object, hidden bool) error {
	alt, taken := "", false
	err := inside(d, func(se xml.StartElement) error {
		id := ""
		switch se.Name.Local {
		case "docPr":
			if alt = attr(se, "descr"); alt == "" {
				alt = attr(se, "title")
			}
		case "shape":
			if s := attr(se, "alt"); s != "" {
				alt = s
			}
		case "blip":
			if id = attr(se, "embed"); id == "" && attr(se, "link") != "" {
				p.say("%d 张图片只是外部链接，没有读取，请另行上传。")
			}
		case "imagedata":
			if id = attr(se, "id"); id == "" && attr(se, "href") != "" {
				p.say("%d 张图片只是外部链接，没有读取，请另行上传。")
			}
		case "txbxContent":
			blocks, err := p.blocks(d)
			if err == nil && len(blocks) > 0 && !hidden {
				p.say("%d 个文本框的文字已移到所在段落之后，请核对位置。")
				q.after = append(q.after, blocks...)
			}
			return err
		case "chart", "relIds":
			p.say("%d 个图表不能读取，请截成图片另行上传。")
		case "Fallback":
			return noEOF(d.skip())
		}
		if id == "" || hidden || taken {
			return nil
		}
		taken = true
		rel, ok := p.links[id]
		if !ok || rel.outside || p.parts[rel.target] == nil {
			p.say("%d 张图片不在文件里，没有读取，请另行上传。")
			return nil
		}
		if _, have := p.out.Pictures[rel.target]; !have {
			if p.parts[rel.target].UncompressedSize64 > maxPicture {
				p.say("%d 张图片超过 20 MB，没有读取，请压缩后另行上传。")
				return nil
			}
			rc, err := p.open(rel.target)
			if err != nil {
				return err
			}
			body, err := io.ReadAll(io.LimitReader(rc, maxPicture+1))
			if err := errors.Join(err, rc.Close()); err != nil {
				return err
			}
			if len(body) > maxPicture {
				p.say("%d 张图片超过 20 MB，没有读取，请压缩后另行上传。")
				return nil
			}
			p.out.Pictures[rel.target] = Picture{Name: path.Base(rel.target), Data: body}
		}
		q.Runs = append(q.Runs, Run{Picture: rel.target, Alt: strings.TrimSpace(abridge.Text(alt, 300))})
		return nil
	})
	if err == nil && object && !taken {
		p.say("%d 个嵌入对象没有读取，请作为附件另行上传。")
	}
	return err
}

func (p *paperReader) table(d *scanner) (Passage, error) {
	var t Passage
	if p.tables++; p.tables > maxPaperTables {
		p.tables--
		p.say("%d 个嵌套过深的表格没有读取，请核对。")
		return t, noEOF(d.skip())
	}
	defer func() { p.tables-- }()
	err := p.within(d, func(se xml.StartElement) (bool, error) {
		if se.Name.Local != "tr" {
			return false, nil
		}
		if len(t.Rows) >= maxPaperRows {
			return true, refuse(nil, "文档“%s”里有超过%d行的表格，请改用电子表格作为附件。", p.name, maxPaperRows)
		}
		row, err := p.row(d)
		if len(row.Cells) > 0 {
			t.Rows = append(t.Rows, row)
		}
		return true, err
	})
	if err != nil {
		return t, err
	}
	join(&t)
	return t, nil
}

// within walks down to elements that do takes; revisions that delete and
// alternatives for old programs are passed over.
func (p *paperReader) within(d *scanner, do func(se xml.StartElement) (bool, error)) error {
	return inside(d, func(se xml.StartElement) error {
		took, err := do(se)
		if err != nil || took {
			return err
		}
		switch se.Name.Local {
		case "tblPr", "tblGrid", "Fallback", "sdtPr", "tblPrEx":
			return noEOF(d.skip())
		}
		return nil
	})
}

func (p *paperReader) row(d *scanner) (PaperRow, error) {
	var r PaperRow
	deleted := false
	err := p.within(d, func(se xml.StartElement) (bool, error) {
		switch se.Name.Local {
		case "tblHeader":
			r.Header = on(se)
			return true, nil
		case "del":
			deleted = true
			return true, noEOF(d.skip())
		case "tc":
			c, err := p.cell(d)
			if len(r.Cells) < maxPaperCells {
				r.Cells = append(r.Cells, c)
			}
			return true, err
		}
		return false, nil
	})
	if deleted {
		p.say("%d 处修订中的删除已按接受处理。")
		r.Cells = nil
	}
	return r, err
}

func (p *paperReader) cell(d *scanner) (PaperCell, error) {
	c := PaperCell{Columns: 1, Rows: 1}
	for depth := len(d.stack); len(d.stack) >= depth; {
		tok, err := d.token()
		if err != nil {
			return c, noEOF(err)
		}
		se, ok := tok.(xml.StartElement)
		if !ok {
			continue
		}
		switch se.Name.Local {
		case "tcPr":
			err = inside(d, func(se xml.StartElement) error {
				switch se.Name.Local {
				case "gridSpan":
					c.Columns = min(max(whole(se, "val"), 1), maxPaperCells)
				case "vMerge":
					c.goes = attr(se, "val") != "restart"
				case "tcPrChange":
					return noEOF(d.skip())
				}
				return nil
			})
		case "p":
			var list []Passage
			list, err = p.paragraph(d)
			c.Blocks = append(c.Blocks, list...)
		case "tbl":
			var t Passage
			if t, err = p.table(d); len(t.Rows) > 0 {
				c.Blocks = append(c.Blocks, t)
			}
		}
		if err != nil {
			return c, err
		}
	}
	return c, nil
}

// join counts the rows of cells that go on below and takes those away.
func join(t *Passage) {
	type open struct {
		cell    *PaperCell
		columns int
	}
	above := map[int]open{} // by first column
	for i := range t.Rows {
		at, kept := 0, t.Rows[i].Cells[:0]
		next := map[int]open{}
		for _, c := range t.Rows[i].Cells {
			if o, ok := above[at]; c.goes && ok && o.columns == c.Columns && o.cell.Rows < 100 {
				o.cell.Rows++
				next[at] = o
			} else {
				c.goes = false
				kept = append(kept, c)
				next[at] = open{columns: c.Columns}
			}
			at += c.Columns
		}
		t.Rows[i].Cells = kept
		// The cells have their place now.
		at = 0
		k := 0
		for _, from := range sorted(next) {
			if o := next[from]; o.cell == nil && k < len(kept) {
				o.cell = &t.Rows[i].Cells[k]
				next[from] = o
				k++
			}
		}
		if len(kept) == 0 {
			for _, o := range next {
				o.cell.Rows--
			}
		}
		above = next
	}
	// A row of nothing but cells from above has no place in a table.
	t.Rows = slices.DeleteFunc(t.Rows, func(r PaperRow) bool { return len(r.Cells) == 0 })
}

func sorted[T any](m map[int]T) []int {
	out := make([]int, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// number is the next label of a list at a depth.
func (p *paperReader) number(list string, depth int) (label string, bullet bool) {
	abstract := p.lists[list]
	level := func(n int) (listLevel, bool) {
		if l, ok := p.levels[list][n]; ok && l.format+l.text != "" {
			return l, true
		}
		l, ok := p.levels["a"+abstract][n]
		if own, over := p.levels[list][n]; over {
			l.start = own.start
		}
		return l, ok
	}
	l, ok := level(depth)
	if !ok {
		return "", false
	}
	if l.format == "none" {
		return "", false
	}
	if l.format == "bullet" {
		return "•", true
	}
	key := "a" + abstract
	if _, own := p.levels[list]; own {
		key = list
	}
	counts := p.counts[key]
	if counts == nil {
		counts = map[int]int{}
		p.counts[key] = counts
	}
	if _, begun := counts[depth]; begun {
		counts[depth]++
	} else {
		counts[depth] = l.start
	}
	for n := range counts {
		if n > depth {
			delete(counts, n)
		}
	}
	text := l.text
	for n := 0; n <= depth; n++ {
		up, ok := level(n)
		if !ok {
			continue
		}
		have, begun := counts[n]
		if !begun {
			have = up.start
		}
		text = strings.ReplaceAll(text, "%"+strconv.Itoa(n+1), ordinal(up.format, have))
	}
	return abridge.Text(text, 30), false
}

// ordinal is a number as a numbering's format writes it.
func ordinal(format string, n int) string {
	switch format {
	case "chineseCounting", "chineseCountingThousand", "taiwaneseCounting", "taiwaneseCountingThousand", "japaneseCounting", "ideographTraditional", "chineseLegalSimplified":
		return Numeral(n)
	case "upperLetter", "lowerLetter":
		if n < 1 || n > 26 {
			return strconv.Itoa(n)
		}
		if format == "upperLetter" {
			return string(rune('A' + n - 1))
		}
		return string(rune('a' + n - 1))
	case "upperRoman", "lowerRoman":
		if s := roman(n); s != "" {
			if format == "lowerRoman" {
				return strings.ToLower(s)
			}
			return s
		}
	case "decimalEnclosedCircle", "decimalEnclosedCircleChinese":
		if n >= 1 && n <= 20 {
			return string(rune('①' + n - 1))
		}
	}
	return strconv.Itoa(n)
}

func roman(n int) string {
	if n < 1 || n > 399 {
		return ""
	}
	var b strings.Builder
	for _, d := range []struct {
		v int
		s string
	}{{100, "C"}, {90, "XC"}, {50, "L"}, {40, "XL"}, {10, "X"}, {9, "IX"}, {5, "V"}, {4, "IV"}, {1, "I"}} {
		for ; n >= d.v; n -= d.v {
			b.WriteString(d.s)
		}
	}
	return b.String()
}
