package official

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/ledongthuc/pdf"
)

// Bounds of a PDF beyond its pages.
const (
	mostForms  = 2000 // drawings used by pages, each time it is used
	mostNotes  = 500  // annotations of a page
	formDepth  = 6
	treeDepth  = 32
	fewLetters = 20 // a page with a picture and no more than these is a scan with its number
	fewOdd     = 4  // a page of which this part of the letters has no meaning was not read
	openReads  = 8  // how often the bytes of a file may be read to open it
	pageReads  = 200
)

// pdf reads the text layer, with the annotations and the fields of forms. The
// library panics on some broken files, which is caught here; pages that are
// pictures are named.
func (w *wordReader) pdf(r io.ReaderAt, size int64, s source) (err error) {
	damaged := func(err error) *FileError {
		return refuse(err, "附件“%s”已损坏或加了密码，没有检查其中的文字；请重新导出不加密的 PDF 后上传。", s.name)
	}
	defer func() {
		if p := recover(); p != nil {
			err = damaged(fmt.Errorf("official: pdf: %v", p))
		}
	}()
	doc, err := w.openPDF(r, size)
	if errors.Is(err, errPassword) {
		return refuse(err, "附件“%s”要密码才能打开，没有检查其中的文字；请重新导出不加密的 PDF 后上传。", s.name)
	}
	if err != nil {
		return damaged(err)
	}
	n := doc.NumPage()
	if n > w.l.Pages {
		return refuse(nil, "附件“%s”有%d页，超过%d页，没有检查其中的文字；请拆分后上传，或人工核对。", s.name, n, w.l.Pages)
	}
	d := &pdfReader{most: w.l.Text - w.k.b.Len(), forms: mostForms}
	words := false
	var scans, lost, veiled []int
	for i := 1; i <= n; i++ {
		page := doc.Page(i).V
		if page.IsNull() {
			lost = append(lost, i)
			continue
		}
		d.b.Reset()
		d.picture = false
		d.page(page)
		text := d.b.String()
		letters, odd := 0, 0
		for _, c := range text {
			if unicode.IsSpace(c) {
				continue
			}
			letters++
			if c < ' ' || c == unicode.ReplacementChar || unicode.Is(unicode.Co, c) {
				odd++
			}
		}
		if odd*fewOdd > letters {
			veiled = append(veiled, i)
		}
		words = words || letters > 0
		if d.picture && letters <= fewLetters {
			scans = append(scans, i)
		}
		w.here(place{says: s.place(fmt.Sprintf("第%d页", i))})
		if d.b.Len() > d.most || !w.k.add(text+"\n") {
			return tooMuch(s.name, w.l)
		}
	}
	if !words {
		return refuse(nil, "附件“%s”没有可以复制的文字（可能是扫描件），没有检查到；请改用有文字的 PDF，或人工核对。", s.name)
	}
	if len(scans) > 0 {
		w.tell(fmt.Sprintf("附件“%s”的%s是图片（可能是扫描件），没有可以复制的文字，没有检查到；请改用有文字的 PDF，或人工核对。", s.name, pageList(scans)))
	}
	if len(veiled) > 0 {
		w.tell(fmt.Sprintf("附件“%s”的%s的字体没有写明对应的文字，认不出来，没有检查完；请重新导出 PDF 后上传，或人工核对。", s.name, pageList(veiled)))
	}
	if len(lost) > 0 || d.forms < 0 {
		w.tell(fmt.Sprintf("附件“%s”有内容没有读到（%s），没有检查完；请重新导出 PDF 后上传，或人工核对。", s.name, lostPages(lost)))
	}
	if names := doc.Trailer().Key("Root").Key("Names").Key("EmbeddedFiles"); !names.IsNull() {
		w.tell(fmt.Sprintf("附件“%s”内嵌的文件没有检查其中的文字；请取出后分别上传，或人工核对。", s.name))
	}
	return nil
}

// openPDF opens a file as it is or, where the library cannot, written anew.
func (w *wordReader) openPDF(r io.ReaderAt, size int64) (*pdf.Reader, error) {
	open := func(r io.ReaderAt, size int64) (*pdf.Reader, error) {
		in := &boundedReader{ctx: w.ctx, r: r, left: openReads*size + 4<<20}
		doc, err := pdf.NewReader(in, size)
		in.left = pageReads*size + 1<<30
		return doc, err
	}
	doc, err := open(r, size)
	if err == nil && doc.Trailer().Key("Encrypt").IsNull() && pagesOf(doc) > 0 {
		return doc, nil
	}
	b, err := io.ReadAll(io.NewSectionReader(r, 0, size))
	if err != nil {
		return nil, err
	}
	if b, err = mendPDF(b); err != nil {
		return nil, err
	}
	return open(bytes.NewReader(b), int64(len(b)))
}

// pagesOf is how many pages a file says it has; 0 where that cannot be read.
func pagesOf(doc *pdf.Reader) (n int) {
	defer func() {
		if recover() != nil {
			n = 0 // the library panics on broken objects
		}
	}()
	return doc.NumPage()
}

func lostPages(pages []int) string {
	if len(pages) == 0 {
		return "图形对象过多"
	}
	return pageList(pages)
}

// pageList names pages, the first ten of many.
func pageList(pages []int) string {
	var b strings.Builder
	for i, n := range pages[:min(len(pages), 10)] {
		if i > 0 {
			b.WriteString("、")
		}
		fmt.Fprint(&b, n)
	}
	if len(pages) > 10 {
		return fmt.Sprintf("第%s等%d页", b.String(), len(pages))
	}
	return "第" + b.String() + "页"
}

// pdfReader gathers the words of a page.
type pdfReader struct {
	b       strings.Builder
	most    int
	forms   int // still to be drawn
	picture bool
}

func (d *pdfReader) page(page pdf.Value) {
	resources := page.Key("Resources")
	for up, i := page, 0; resources.IsNull() && i < treeDepth; i++ {
		up = up.Key("Parent")
		resources = up.Key("Resources")
	}
	if contents := page.Key("Contents"); !contents.IsNull() {
		d.draw(contents, resources, 0)
	}
	notes := page.Key("Annots")
	for i := range min(notes.Len(), mostNotes) {
		note := notes.Index(i)
		for _, key := range []string{"Contents", "V"} { // a field's value may stand in the field above its box
			said := note.Key(key)
			if key == "V" && said.IsNull() {
				said = note.Key("Parent").Key(key)
			}
			if s := said.Text(); strings.TrimSpace(s) != "" {
				d.write("\n" + s)
			}
		}
		if shown := note.Key("AP").Key("N"); shown.Kind() == pdf.Stream && note.Key("Contents").IsNull() && note.Key("V").IsNull() {
			d.form(shown, resources, 0)
		}
	}
	if notes.Len() > mostNotes {
		d.forms = -1
	}
}

func (d *pdfReader) write(s string) {
	if d.b.Len() <= d.most {
		d.b.WriteString(s)
	}
}

// form draws a drawing that a page or another drawing uses.
func (d *pdfReader) form(form, resources pdf.Value, depth int) {
	if d.forms--; d.forms < 0 || depth >= formDepth {
		d.forms = -1
		return
	}
	if own := form.Key("Resources"); !own.IsNull() {
		resources = own
	}
	d.draw(form, resources, depth+1)
}

// draw follows the operators that show text.
func (d *pdfReader) draw(stream, resources pdf.Value, depth int) {
	fonts := map[string]pdf.TextEncoding{}
	var font pdf.TextEncoding
	show := func(v pdf.Value) {
		if v.Kind() != pdf.String {
			return
		}
		if font == nil {
			d.write(v.RawString())
			return
		}
		d.write(strings.ToValidUTF8(font.Decode(v.RawString()), "\uFFFD"))
	}
	pdf.Interpret(stream, func(stack *pdf.Stack, op string) {
		args := make([]pdf.Value, stack.Len())
		for i := len(args) - 1; i >= 0; i-- {
			args[i] = stack.Pop()
		}
		if op == "BT" || op == "T*" {
			d.write("\n")
		}
		if op == "BI" || op == "EI" {
			d.picture = true
		}
		if len(args) == 0 {
			return
		}
		first, last := args[0], args[len(args)-1]
		switch op {
		case "Tf":
			name := first.Name()
			enc, ok := fonts[name]
			if v := resources.Key("Font").Key(name); !ok && !v.IsNull() {
				f := pdf.Font{V: v}
				enc = f.Encoder()
				fonts[name] = enc
			}
			font = enc
		case "'", "\"":
			d.write("\n")
			show(last)
		case "Tj":
			show(last)
		case "TJ":
			for i := range first.Len() {
				show(first.Index(i))
			}
		case "Do":
			switch x := resources.Key("XObject").Key(first.Name()); x.Key("Subtype").Name() {
			case "Image":
				d.picture = true
			case "Form":
				d.form(x, resources, depth)
			}
		}
	})
}
