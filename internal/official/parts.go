package official

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
)

// bundle is a document that is a ZIP of parts.
type bundle struct {
	w     *wordReader
	s     source
	parts map[string]*zip.File // by partName
	order []string
	own   int64 // bytes still to be unpacked of this document
}

func (w *wordReader) bundle(r io.ReaderAt, size int64, s source) (*bundle, error) {
	z, err := parcel(r, size, s.name, w.l)
	if err != nil {
		return nil, err
	}
	b := &bundle{w: w, s: s, parts: map[string]*zip.File{}, own: w.l.Unpacked}
	for _, f := range z.File {
		part := partName(f.Name)
		for b.parts[part] != nil {
			part += "+" // a second part of one name is read as well
			if ext := path.Ext(f.Name); ext != "" {
				part += strings.ToLower(ext)
			}
		}
		b.parts[part] = f
		b.order = append(b.order, part)
	}
	slices.SortFunc(b.order, naturally)
	return b, nil
}

// left are the bytes that may still be unpacked.
func (b *bundle) left() int64 { return max(0, min(b.own, b.w.parts)) }

func (b *bundle) spend(n int64) {
	b.own -= n
	b.w.parts -= n
}

// open opens a part; close it and spend what was read.
func (b *bundle) open(part string) (*io.LimitedReader, func(), error) {
	in, err := b.parts[part].Open()
	if err != nil {
		return nil, nil, err
	}
	most := b.left() + 1
	body := &io.LimitedReader{R: in, N: most}
	return body, func() {
		b.spend(most - body.N)
		_ = in.Close() // only read from
	}, nil
}

// newLine ends the line that was being written.
func (w *wordReader) newLine() error {
	if s := w.k.b.String(); s != "" && !strings.HasSuffix(s, "\n") && !w.k.add("\n") {
		return errKept
	}
	return nil
}

var errKept = errors.New("official: more text than is kept")

// spoken are the elements in which words stand: paragraphs, what was deleted
// and fields of a text; comments, drawings, charts and links of a workbook.
var spoken = map[string]bool{"t": true, "delText": true, "instrText": true, "v": true, "text": true}

// texts reads the words of a part as the XML it is: no library at hand reads
// headers, comments, text boxes, charts and tracked changes alike.
func (b *bundle) texts(part string) error {
	body, done, err := b.open(part)
	if err != nil {
		return err
	}
	defer done()
	d := newScanner(body)
	words := false
	for {
		tok, err := d.token()
		switch {
		case body.N == 0:
			return errKept
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
		write := ""
		switch t := tok.(type) {
		case xml.StartElement:
			switch words = spoken[t.Name.Local]; t.Name.Local {
			case "tab":
				write = "\t"
			case "br", "cr": // within a paragraph: no word ends there
				write = "\u2028"
			case "s", "n", "d": // what a pivot table keeps of the cells it was made from
				if v := attr(t, "v"); v != "" && strings.Contains(part, "/pivotcache/") {
					write = wholeNumber(v) + "\t"
				}
			}
		case xml.EndElement:
			words = false
			switch t.Name.Local {
			case "p", "v", "comment", "threadedComment", "r":
				if t.Name.Local != "r" || strings.Contains(part, "/pivotcache/") {
					write = "\n"
				}
			case "tc":
				write = "\t"
			}
		case xml.CharData:
			if words {
				write = string(t)
			}
		case xml.Directive:
			return errDirective
		}
		if write != "" && !b.w.k.add(write) {
			return errKept
		}
	}
}

// aside reads a part beside the body of a document: one that is broken is told
// and takes nothing from the rest.
func (b *bundle) aside(part, says string) error {
	err := b.w.newLine()
	b.w.here(place{says: b.s.place(says), paragraphs: path.Dir(part) == "word"})
	if err == nil {
		err = b.texts(part)
	}
	switch {
	case errors.Is(err, errKept):
		return tooMuch(b.s.name, b.w.l)
	case err != nil:
		b.w.tell(refuse(err, "附件“%s”的%s已损坏，没有检查其中的文字；请打开后另存，重新上传。", b.s.name, says).Says)
	}
	return nil
}

// scanBytes is the size from which a picture in a document is taken for one that
// may show words: a page or a table scanned so that it can be read is larger, an
// emblem or a line smaller.
const scanBytes = 16 << 10

// rest tells the pictures of a document and reads the files embedded in it.
// under is the folder of its parts, blank whether it has no words.
func (b *bundle) rest(under string, blank bool) error {
	var files []*zip.File
	var objects []string
	pictures, scans := 0, 0
	for _, part := range b.order {
		f := b.parts[part]
		ext := path.Ext(part)
		switch in, base := path.Split(strings.TrimPrefix(part, under)); {
		case !strings.HasPrefix(part, under) || base == "":
		case in == "media/" && pictured[ext]:
			if pictures++; f.UncompressedSize64 >= scanBytes {
				scans++
			}
		case in == "embeddings/" && ext == ".bin":
			objects = append(objects, path.Base(entryName(f)))
		case in == "embeddings/", in == "" && ext != ".xml" && ext != ".rels" && ext != ".bin":
			files = append(files, f)
		}
	}
	if blank && pictures > 0 && len(files) == 0 {
		return refuse(nil, "附件“%s”只有图片（可能是扫描件），没有可以复制的文字，没有检查到；请改用有文字的文件，或人工核对。", b.s.name)
	}
	if blank {
		scans = pictures
	}
	if scans > 0 {
		b.w.leave(fmt.Sprintf("附件“%s”中有 %d 张图片，没有检查其中的文字；请人工核对。", b.s.name, scans))
	}
	if len(objects) > 0 {
		b.w.tell(fmt.Sprintf("附件“%s”中有 %d 个嵌入的对象（%s），没有检查其中的文字；请另存为单独的文件上传，或人工核对。", b.s.name, len(objects), fewNames(objects)))
	}
	return b.w.inside(files, b.s)
}

// docxParts are the parts of a text beside its body, by what their names begin
// with; what is not named here is read as well.
var docxParts = []struct{ begins, says string }{
	{"header", "页眉"}, {"footer", "页脚"}, {"footnotes", "脚注"}, {"endnotes", "尾注"}, {"comments", "批注"}, {"charts/", "图表"}, {"diagrams/", "图示"}, {"drawings/", "图形"}, {"glossary/", "文档部件"},
}

// docx reads the words of every part of a document.
func (w *wordReader) docx(r io.ReaderAt, size int64, s source) error {
	b, err := w.bundle(r, size, s)
	if err != nil {
		return err
	}
	isBody := func(part string) bool {
		base, ok := strings.CutPrefix(part, "word/document")
		return ok && strings.TrimLeft(base, "0123456789") == ".xml"
	}
	read, from := false, w.k.b.Len()
	for _, part := range b.order {
		if !isBody(part) {
			continue
		}
		read = true
		w.here(place{says: s.place("正文"), paragraphs: true})
		if err := b.texts(part); errors.Is(err, errKept) {
			return tooMuch(s.name, w.l)
		} else if err != nil {
			return refuse(err, "附件“%s”已损坏，没有检查其中的文字；请用文字处理软件打开，另存后重新上传。", s.name)
		}
	}
	if !read {
		return refuse(nil, "附件“%s”不是文字处理文件，没有检查其中的文字；请核对后重新上传。", s.name)
	}
	for _, part := range b.order {
		inner, ok := strings.CutPrefix(part, "word/")
		if !ok || path.Ext(part) != ".xml" || isBody(part) || strings.HasPrefix(inner, "theme/") {
			continue
		}
		says := "其他部分"
		for _, p := range docxParts {
			if strings.HasPrefix(inner, p.begins) {
				says = p.says
				break
			}
		}
		if err := b.aside(part, says); err != nil {
			return err
		}
	}
	return b.rest("word/", strings.TrimSpace(w.k.b.String()[from:]) == "")
}
