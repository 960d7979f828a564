package official

import (
	"encoding/xml"
	"errors"
	"io"
	"path"
	"strings"

	"zhengshu/internal/abridge"
)

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
	return inside(d, func(se xml.StartElement) error {
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
		return nil
	})
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
	return inside(d, func(se xml.StartElement) error {
		inResult := len(q.fields) == 0 || q.fields[len(q.fields)-1].result
		switch se.Name.Local {
		case "rPr":
			var err error
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
		return nil
	})
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
