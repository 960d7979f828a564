package official

import (
	"fmt"
	"io"
	"strings"

	"github.com/signintech/gopdf"
)

// WritePDF writes the document as PDF, in the measures of GB/T 9704. The faces of
// the standard (小标宋, 仿宋, 黑体, 楷体) are not free to embed: free ones of the same
// kind stand in for them role by role, unless the office named its own.
func (d *Document) WritePDF(w io.Writer, faces *Faces) error {
	if err := d.Check(); err != nil {
		return err
	}
	if faces == nil {
		return ErrNoFont
	}
	p := &sheetOfPaper{faces: faces, role: BodyFace, names: map[*Font]string{}, widths: map[glyph]float64{}}
	p.pdf.Start(gopdf.Config{PageSize: *gopdf.PageSizeA4})
	p.pdf.SetInfo(gopdf.PdfInfo{Title: strings.Join(strings.Fields(d.Title), ""), Author: d.Issuer})
	p.newPage()
	d.draw(p)
	p.number()
	if p.err != nil {
		return fmt.Errorf("write pdf: %w", p.err)
	}
	if _, err := p.pdf.WriteTo(w); err != nil {
		return fmt.Errorf("write pdf: %w", err)
	}
	return nil
}

// points of a twip.
const twip = 1.0 / 20

// sheetOfPaper sets lines on A4 pages. The first error stays; what is set after
// it is nothing.
type sheetOfPaper struct {
	pdf    gopdf.GoPdf
	faces  *Faces
	role   Role             // of the text being set
	names  map[*Font]string // fonts in the file
	pages  int
	y      float64 // top of the next line
	size   float64
	font   *Font
	widths map[glyph]float64 // of one point of type
	err    error
}

type glyph struct {
	font *Font
	r    rune
}

// fontOf is the font that sets a character: the role's face, or where that lacks
// it the one that lacks least.
func (p *sheetOfPaper) fontOf(r rune) *Font {
	f := p.faces.by[p.role]
	if r > ' ' && !f.has(r) && p.faces.whole.has(r) {
		return p.faces.whole
	}
	return f
}

// in sets fn's text in the face of a role.
func (p *sheetOfPaper) in(r Role, fn func()) {
	was := p.role
	p.role = r
	fn()
	p.role = was
}

const (
	paperLeft   = marginLeft * twip
	paperTop    = marginTop * twip
	paperWidth  = typeWidth * twip
	paperBottom = (pageHeight - marginBottom) * twip
	paperPitch  = linePitch * twip
	charWidth   = paperWidth / 28
)

func (p *sheetOfPaper) newPage() {
	p.pdf.AddPage()
	p.pages++
	p.y, p.size = paperTop, 0
}

func (p *sheetOfPaper) set(f *Font, size float64) {
	if p.err != nil || p.size == size && p.font == f {
		return
	}
	name, ok := p.names[f]
	if !ok {
		name = fmt.Sprintf("f%d", len(p.names))
		if p.err = p.pdf.AddTTFFontData(name, f.data); p.err != nil {
			return
		}
		p.names[f] = name
	}
	p.err, p.size, p.font = p.pdf.SetFont(name, "", size), size, f
}

// Marks within a paragraph from which on another face sets it.
const (
	toBody       = '\uE000'
	toHeading    = '\uE001'
	toSubheading = '\uE002'
)

// turn follows a mark.
func (p *sheetOfPaper) turn(r rune) bool {
	switch r {
	case toBody:
		p.role = BodyFace
	case toHeading:
		p.role = HeadingFace
	case toSubheading:
		p.role = SubheadingFace
	default:
		return false
	}
	return true
}

// width of text at the size.
func (p *sheetOfPaper) width(text string, size float64) float64 {
	total := 0.0
	for _, r := range text {
		if !p.turn(r) {
			total += p.advance(p.fontOf(r), r) * size
		}
	}
	return total
}

// advance of a character in a font, at one point.
func (p *sheetOfPaper) advance(f *Font, r rune) float64 {
	at := glyph{f, r}
	if one, ok := p.widths[at]; ok {
		return one
	}
	p.set(f, 100)
	if p.err != nil {
		return 0
	}
	one, err := p.pdf.MeasureTextWidth(string(r))
	if err != nil {
		p.err = err
		return 0
	}
	p.widths[at] = one / 100
	return one / 100
}

// room makes sure that height is left on the page.
func (p *sheetOfPaper) room(height float64) {
	if p.y+height > paperBottom+0.5 && p.y > paperTop {
		p.newPage()
	}
}

// text sets one line at x, with its top at y.
func (p *sheetOfPaper) text(x, y, size float64, text string) {
	var run []rune
	var font *Font
	flush := func() {
		if len(run) == 0 || p.err != nil {
			return
		}
		w := 0.0
		for _, r := range run {
			w += p.advance(font, r) * size
		}
		p.set(font, size)
		if p.err != nil {
			return
		}
		p.pdf.SetXY(x, y)
		p.err = p.pdf.Cell(nil, string(run))
		x += w
		run = run[:0]
	}
	for _, r := range text {
		if p.turn(r) {
			continue
		}
		if f := p.fontOf(r); f != font {
			flush()
			font = f
		}
		run = append(run, r)
	}
	flush()
}

// What may not begin or end a line.
const (
	noBegin = "，。、；：？！）》〉】〕”’…—,.;:?!)]}%％"
	noEnd   = "（《〈【〔“‘([{"
)

// wrap breaks text to lines of at most width; the first line is shorter by
// first. Runs of Latin letters and digits stay together where they fit.
func (p *sheetOfPaper) wrap(text string, size, width, first float64) []string {
	var lines []string
	var line []rune
	room, used := width-first, 0.0
	flush := func(keep int) {
		lines = append(lines, strings.TrimRight(string(line[:len(line)-keep]), " "))
		line = append([]rune{}, line[len(line)-keep:]...)
		room, used = width, p.width(string(line), size)
	}
	for _, r := range text {
		if r == '\n' {
			flush(0)
			continue
		}
		w := p.width(string(r), size)
		if used+w > room && len(line) > 0 && !strings.ContainsRune(noBegin, r) {
			keep := 0
			for keep < len(line)-1 && (strings.ContainsRune(noEnd, line[len(line)-1-keep]) || latin(r) && latin(line[len(line)-1-keep]) && keep < 40) {
				keep++
			}
			if keep >= len(line)-1 {
				keep = 0 // a word longer than the line
			}
			flush(keep)
		}
		line = append(line, r)
		used += w
	}
	if len(line) > 0 || len(lines) == 0 {
		flush(0)
	}
	return lines
}

func latin(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || strings.ContainsRune("-_./@", r)
}

// para sets a paragraph: indents in characters, align left, center or right.
func (p *sheetOfPaper) para(text string, size, first, left, right float64, align string, pitch float64) {
	x, width := paperLeft+left*charWidth, paperWidth-(left+right)*charWidth
	role := p.role
	lines := p.wrap(text, size, width, first*charWidth)
	p.role = role
	defer func() { p.role = role }()
	for i, line := range lines {
		p.room(pitch)
		at := x
		if i == 0 {
			at += first * charWidth
		}
		switch align {
		case "center":
			at = x + (width-p.width(line, size))/2
		case "right":
			at = x + width - p.width(line, size)
		}
		p.text(at, p.y+(pitch-size)/2, size, line)
		p.y += pitch
	}
}

func (p *sheetOfPaper) blank(n int) {
	for range n {
		p.y += paperPitch
	}
}

// number sets “— 1 —” under the type area, odd pages right, even ones left.
func (p *sheetOfPaper) number() {
	for n := 1; n <= p.pages && p.err == nil; n++ {
		if err := p.pdf.SetPage(n); err != nil {
			p.err = err
			return
		}
		p.size = 0
		text := fmt.Sprintf("— %d —", n)
		x := paperLeft + charWidth
		if n%2 == 1 {
			x = paperLeft + paperWidth - charWidth - p.width(text, size4/2)
		}
		p.text(x, paperBottom+7*72/25.4, size4/2, text)
	}
}

func (d *Document) draw(p *sheetOfPaper) {
	const body = float64(size3) / 2
	if d.Urgency != "" {
		p.in(HeadingFace, func() { p.para(d.Urgency, body, 0, 0, 0, "left", paperPitch) })
	}
	if d.Authority != "" {
		p.pdf.SetTextColor(255, 0, 0)
		p.in(TitleFace, func() { p.para(d.Authority, float64(sizeBanner)/2, 0, 0, 0, "center", 58) })
		p.pdf.SetTextColor(0, 0, 0)
		p.blank(2)
	}
	if d.Number != "" || d.Signer != "" {
		if d.Signer != "" {
			p.room(paperPitch)
			signer := "签发人：" + d.Signer
			p.text(paperLeft+paperWidth-charWidth-p.width(signer, body), p.y+(paperPitch-body)/2, body, signer)
			p.para(d.Number, body, 0, 1, 1, "left", paperPitch)
		} else {
			p.para(d.Number, body, 0, 0, 0, "center", paperPitch)
		}
		if d.Authority != "" {
			p.pdf.SetStrokeColor(255, 0, 0)
			p.pdf.SetLineWidth(1)
			p.pdf.Line(paperLeft, p.y+4, paperLeft+paperWidth, p.y+4)
			p.pdf.SetStrokeColor(0, 0, 0)
		}
		p.blank(2)
	}
	p.in(TitleFace, func() { p.para(titled(d.Title), float64(size2)/2, 0, 0, 0, "center", 32) })
	p.blank(1)
	if d.To != "" {
		p.para(strings.TrimRight(strings.TrimSpace(d.To), "：:")+"：", body, 0, 0, 0, "left", paperPitch)
	}
	main, attached := d.parted()
	if last, ok := d.last(main); ok {
		at := len(main) - 1
		if at > 0 { // with its heading
			if _, ok := main[at-1].(heading); ok {
				at--
			}
		}
		p.blocks(main[:at])
		// Who signs never stands on a page without text (7.3.5.4).
		tail := 0.0
		if len(d.Attachments) > 0 {
			tail += float64(1 + len(d.Attachments))
		}
		lines := len(p.wrap(last.text, body, paperWidth, 2*charWidth))
		if need := (float64(lines+len(main)-1-at) + tail + 4) * paperPitch; need < paperBottom-paperTop {
			p.room(need)
		}
		main = main[at:]
	}
	p.blocks(main)
	if len(d.Attachments) > 0 {
		p.blank(1)
		for i, name := range d.Attachments {
			switch {
			case len(d.Attachments) == 1:
				p.para("附件："+name, body, 0, 2, 0, "left", paperPitch)
			case i == 0:
				p.para("附件：1."+name, body, 0, 2, 0, "left", paperPitch)
			default:
				p.para(fmt.Sprintf("%d.%s", i+1, name), body, 0, 5, 0, "left", paperPitch)
			}
		}
	}
	if d.Issuer != "" || d.Dated != "" {
		if p.y > paperTop {
			p.blank(2)
		}
		p.room(2 * paperPitch) // the date never stands alone on a page
		ir, dr := signature(d.Issuer, d.Dated, d.Sealed)
		p.para(d.Issuer, body, 0, 0, ir, "right", paperPitch)
		p.para(d.Dated, body, 0, 0, dr, "right", paperPitch)
	}
	if d.Note != "" {
		p.para("（"+d.Note+"）", body, 2, 0, 0, "left", paperPitch)
	}
	p.blocks(attached)
	if d.CopyTo != "" || d.Printer != "" {
		p.imprint(d)
	}
}

// last is the last paragraph before a signature.
func (d *Document) last(main []block) (paragraph, bool) {
	if len(main) == 0 || d.Issuer == "" && d.Dated == "" {
		return paragraph{}, false
	}
	p, ok := main[len(main)-1].(paragraph)
	return p, ok
}

// imprint sets the 版记 at the foot of the last page: its first and last rules
// 0.35 mm, the inner one 0.25 mm (GB/T 9704 7.4).
func (p *sheetOfPaper) imprint(d *Document) {
	const size, mm = float64(size4) / 2, 72 / 25.4
	// Lines after the first of those addressed stand under the first's text.
	const indent = 3
	var copies []string
	if d.CopyTo != "" {
		copies = p.wrap(strings.TrimRight(d.CopyTo, "。")+"。", size, paperWidth-2*charWidth-indent*size, 0)
	}
	height := float64(len(copies)) * paperPitch
	if d.Printer != "" {
		height += paperPitch
	}
	p.room(height)
	p.y = paperBottom - height
	rule := func(thick float64) {
		p.pdf.SetLineWidth(thick * mm)
		p.pdf.Line(paperLeft, p.y, paperLeft+paperWidth, p.y)
	}
	rule(0.35)
	for i, line := range copies {
		x := paperLeft + charWidth
		if i == 0 {
			p.text(x, p.y+(paperPitch-size)/2, size, "抄送：")
		}
		p.text(x+indent*size, p.y+(paperPitch-size)/2, size, line)
		p.y += paperPitch
	}
	if d.Printer != "" {
		if len(copies) > 0 {
			rule(0.25)
		}
		p.text(paperLeft+charWidth, p.y+(paperPitch-size)/2, size, d.Printer)
		if d.Printed != "" {
			date := d.Printed + "印发"
			p.text(paperLeft+paperWidth-charWidth-p.width(date, size), p.y+(paperPitch-size)/2, size, date)
		}
		p.y += paperPitch
	}
	rule(0.35)
}

// draw sets the table; the header repeats on every page, a row is never split
// unless it is taller than a page.
func (g Grid) draw(p *sheetOfPaper) {
	const size, pitch, pad = float64(sizeSmall4) / 2, 20.0, 3.0
	if g.Caption != "" {
		p.room(3 * paperPitch)
		p.para(g.Caption, float64(size4)/2, 0, 0, 0, "center", paperPitch)
	}
	widths := g.widths()
	fresh := true // nothing of the table stands above on this page
	var row func(at int, cells []string, head bool)
	row = func(at int, cells []string, head bool) {
		wrapped, lines := make([][]string, len(widths)), 1
		for i := range widths {
			if i < len(cells) {
				w := widths[i]
				if !head && i > 0 && g.yields(at, i-1) {
					w += widths[i-1]
				}
				wrapped[i] = p.wrap(cells[i], size, float64(w)*twip-2*pad, 0)
				if head || fresh || !g.joins(at, i) {
					lines = max(lines, len(wrapped[i]))
				}
			}
		}
		for from := 0; from < lines; {
			fit := int((paperBottom - p.y) / pitch)
			if fit < min(lines-from, 40) && p.y > paperTop {
				if !head && !fresh {
					p.pdf.Line(paperLeft, p.y, paperLeft+paperWidth, p.y)
				}
				p.newPage()
				if !head {
					row(0, g.Header, true)
				}
				fit = int((paperBottom - p.y) / pitch)
			}
			n := min(lines-from, max(fit, 1))
			x, height := paperLeft, float64(n)*pitch
			p.pdf.SetLineWidth(0.5)
			for i, w := range widths {
				width := float64(w) * twip
				if !head && g.yields(at, i) {
					continue
				}
				if !head && i > 0 && g.yields(at, i-1) {
					width += float64(widths[i-1]) * twip
				}
				if !head && !fresh && from == 0 && g.joins(at, i) {
					// One with the cell above: no rule between, nothing said again.
					p.pdf.Line(x, p.y, x, p.y+height)
					p.pdf.Line(x+width, p.y, x+width, p.y+height)
					if at+1 == len(g.Rows) || !g.joins(at+1, i) {
						p.pdf.Line(x, p.y+height, x+width, p.y+height)
					}
					x += width
					continue
				}
				if !head && at+1 < len(g.Rows) && g.joins(at+1, i) {
					p.pdf.Line(x, p.y, x+width, p.y)
					p.pdf.Line(x, p.y, x, p.y+height)
					p.pdf.Line(x+width, p.y, x+width, p.y+height)
				} else {
					p.pdf.RectFromUpperLeftWithStyle(x, p.y, width, height, "D")
				}
				down := 0.0 // in the middle of its row, when that is whole
				if n == lines {
					down = float64(n-len(wrapped[i])) * pitch / 2
				}
				for k := from; k < min(from+n, len(wrapped[i])); k++ {
					at := x + pad
					if head {
						at = x + (width-p.width(wrapped[i][k], size))/2
					}
					p.text(at, p.y+down+float64(k-from)*pitch+(pitch-size)/2, size, wrapped[i][k])
				}
				x += width
			}
			p.y += height
			from += n
			fresh = head
		}
	}
	row(0, g.Header, true)
	for i, cells := range g.Rows {
		row(i, cells, false)
	}
	p.blank(1)
}

// blocks sets elements of the body one after the other.
func (p *sheetOfPaper) blocks(list []block) {
	const body = float64(size3) / 2
	for _, b := range list {
		switch b := b.(type) {
		case paragraph:
			p.para(b.text, body, 2, 0, 0, "left", paperPitch)
		case heading:
			mark := string(toBody)
			switch b.level {
			case 1:
				mark = string(toHeading)
			case 2:
				mark = string(toSubheading)
			}
			p.room(2 * paperPitch) // a heading never stands last on a page
			p.para(mark+b.number+b.text+string(toBody)+b.rest, body, 2, 0, 0, "left", paperPitch)
		case pageBreak:
			p.newPage()
		case Grid:
			b.draw(p)
		case Chart:
			b.draw(p)
		case label:
			p.in(HeadingFace, func() { p.para(b.text, body, 0, 0, 0, "left", paperPitch) })
			p.blank(1)
		}
	}
}
