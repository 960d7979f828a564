package official

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"

	"zhengshu/internal/abridge"
)

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

type relation struct {
	kind, target string
	outside      bool
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

// inside yields the start elements below the open element; a directive has no place there.
func inside(d *scanner, do func(se xml.StartElement) error) error {
	for depth := len(d.stack); len(d.stack) >= depth; {
		tok, err := d.token()
		if err != nil {
			return noEOF(err)
		}
		switch el := tok.(type) {
		case xml.Directive:
			return errDirective
		case xml.StartElement:
			if err := do(el); err != nil {
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
