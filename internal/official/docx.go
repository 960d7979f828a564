package official

import (
	"archive/zip"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// The measures of GB/T 9704-2012, in twentieths of a point (twips) unless said.
// 1 mm is 56.69 twips.
const (
	pageWidth    = 11906 // 210 mm
	pageHeight   = 16838 // 297 mm
	marginTop    = 2098  // 天头 37 mm
	marginLeft   = 1587  // 订口 28 mm
	marginRight  = 1474  // leaves a type area 156 mm wide
	marginBottom = 1984  // leaves a type area 225 mm high
	typeWidth    = pageWidth - marginLeft - marginRight
	footerEdge   = 1223 // sets the page number 7 mm under the type area
	linePitch    = 579  // 28.95 pt: 22 lines in 225 mm
	// 28 characters of 16 pt are 448 pt, the type area is 442 pt wide: every
	// character gives up 0.25 pt. A character grid would say the same, but
	// LibreOffice gives a character wider than its cell two of them.
	closer    = -5
	character = typeWidth / 28
)

// closerText is closer as it stands in the styles.
const closerText = "-5"

// Sizes of type, in half points.
const (
	size2      = 44 // 二号 22 pt
	size3      = 32 // 三号 16 pt
	size4      = 28 // 四号 14 pt
	sizeSmall4 = 24 // 小四 12 pt
	sizeBanner = 72 // 发文机关标志: the standard leaves it to the office, under 22 mm
)

// Faces. The office machines carry the GB2312 faces or their successors; the
// font table names the successors as substitutes.
const (
	faceBody   = "仿宋_GB2312"
	faceTitle  = "方正小标宋简体"
	faceLevel1 = "黑体"
	faceLevel2 = "楷体_GB2312"
	facePage   = "宋体"
)

// markup writes WordprocessingML.
type markup struct {
	strings.Builder
	charts []Chart // those met so far, each a part of its own
}

func (x *markup) f(format string, a ...any) { fmt.Fprintf(&x.Builder, format, a...) }

// text writes a string as XML text. Characters that XML cannot hold are dropped.
func (x *markup) text(s string) {
	s = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || r < ' ' && r != '\t' && r != '\n' || r == 0xFFFE || r == 0xFFFF {
			return -1
		}
		return r
	}, s)
	_ = xml.EscapeText(&x.Builder, []byte(s)) // a strings.Builder never fails
}

type style struct {
	face  string
	size  int // half points
	color string
}

// run writes a run of text; line breaks and tabs become their elements.
func (x *markup) run(s style, text string) {
	for i, line := range strings.Split(text, "\n") {
		for j, part := range strings.Split(line, "\t") {
			x.WriteString("<w:r>")
			x.props(s)
			if i > 0 && j == 0 {
				x.WriteString("<w:br/>")
			}
			if j > 0 {
				x.WriteString("<w:tab/>")
			}
			x.WriteString(`<w:t xml:space="preserve">`)
			x.text(part)
			x.WriteString("</w:t></w:r>")
		}
	}
}

func (x *markup) props(s style) {
	x.WriteString("<w:rPr>")
	// Every slot, so that Latin letters and digits keep the face too.
	x.f(`<w:rFonts w:ascii="%[1]s" w:eastAsia="%[1]s" w:hAnsi="%[1]s" w:cs="%[1]s"/>`, s.face)
	if s.color != "" {
		x.f(`<w:color w:val="%s"/>`, s.color)
	}
	x.f(`<w:sz w:val="%[1]d"/><w:szCs w:val="%[1]d"/></w:rPr>`, s.size)
}

// para holds the properties of a paragraph, indents in characters of the grid.
type para struct {
	align     string // left, center, right, both
	first     float64
	left      float64
	right     float64
	hanging   float64
	keepNext  bool
	line      int // exact pitch in twips; 0 is the pitch of the page
	tabRight  bool
	redRule   bool
	pageBreak bool
}

// open begins a paragraph. The order of the elements is that of the schema.
func (x *markup) open(p para) {
	x.WriteString("<w:p><w:pPr>")
	if p.keepNext {
		x.WriteString("<w:keepNext/>")
	}
	if p.pageBreak {
		x.WriteString("<w:pageBreakBefore/>")
	}
	if p.redRule {
		x.WriteString(`<w:pBdr><w:bottom w:val="single" w:sz="8" w:space="4" w:color="FF0000"/></w:pBdr>`)
	}
	if p.tabRight {
		x.f(`<w:tabs><w:tab w:val="right" w:pos="%d"/></w:tabs>`, typeWidth-character)
	}
	line := p.line
	if line == 0 {
		line = linePitch
	} else {
		// A line with a pitch of its own keeps it: LibreOffice would stretch it to
		// the lines of the page.
		x.WriteString(`<w:snapToGrid w:val="0"/>`)
	}
	x.f(`<w:spacing w:before="0" w:after="0" w:line="%d" w:lineRule="exact"/>`, line)
	if p.first != 0 || p.left != 0 || p.right != 0 || p.hanging != 0 {
		x.WriteString("<w:ind")
		for _, side := range []struct {
			name  string
			chars float64
		}{{"left", p.left}, {"right", p.right}, {"hanging", p.hanging}, {"firstLine", p.first}} {
			if side.chars != 0 {
				// Measured in characters as well, so that the indent follows the
				// type; not with a hanging indent, where word processors disagree
				// whether the left indent in characters includes it.
				if p.hanging == 0 {
					x.f(` w:%sChars="%d"`, side.name, int(side.chars*100))
				}
				x.f(` w:%s="%d"`, side.name, int(side.chars*character))
			}
		}
		x.WriteString("/>")
	}
	if p.align != "" {
		x.f(`<w:jc w:val="%s"/>`, p.align)
	}
	x.WriteString("</w:pPr>")
}

func (x *markup) line(p para, s style, text string) {
	x.open(p)
	if text != "" {
		x.run(s, text)
	}
	x.WriteString("</w:p>")
}

func (x *markup) blank(n int) {
	for range n {
		x.line(para{}, style{}, "")
	}
}

var body = style{face: faceBody, size: size3}

func (p paragraph) write(x *markup) { x.line(para{align: "both", first: 2}, body, p.text) }

func (h heading) write(x *markup) {
	s := body
	switch h.level {
	case 1:
		s.face = faceLevel1
	case 2:
		s.face = faceLevel2
	}
	x.open(para{align: "both", first: 2, keepNext: h.rest == ""})
	x.run(s, h.number+h.text)
	if h.rest != "" {
		x.run(body, h.rest)
	}
	x.WriteString("</w:p>")
}

func (l label) write(x *markup) {
	x.line(para{align: "left", keepNext: true}, style{face: faceLevel1, size: size3}, l.text)
	x.blank(1)
}

func (pageBreak) write(x *markup) {
	x.line(para{pageBreak: true, line: 20}, style{}, "")
}

const tableBorders = `<w:tblBorders><w:top w:val="single" w:sz="8" w:space="0" w:color="auto"/><w:left w:val="single" w:sz="8" w:space="0" w:color="auto"/><w:bottom w:val="single" w:sz="8" w:space="0" w:color="auto"/><w:right w:val="single" w:sz="8" w:space="0" w:color="auto"/><w:insideH w:val="single" w:sz="4" w:space="0" w:color="auto"/><w:insideV w:val="single" w:sz="4" w:space="0" w:color="auto"/></w:tblBorders>`

func (g Grid) write(x *markup) {
	if g.Caption != "" {
		x.line(para{align: "center", keepNext: true}, style{face: faceLevel1, size: size4}, g.Caption)
	}
	widths := g.widths()
	x.f(`<w:tbl><w:tblPr><w:tblW w:w="%d" w:type="dxa"/><w:jc w:val="center"/>%s<w:tblLayout w:type="fixed"/><w:tblCellMar><w:left w:w="57" w:type="dxa"/><w:right w:w="57" w:type="dxa"/></w:tblCellMar></w:tblPr><w:tblGrid>`, typeWidth, tableBorders)
	for _, w := range widths {
		x.f(`<w:gridCol w:w="%d"/>`, w)
	}
	x.WriteString("</w:tblGrid>")
	row := func(at int, cells []string, head bool) {
		x.WriteString("<w:tr><w:trPr><w:cantSplit/>")
		if head {
			x.WriteString("<w:tblHeader/>")
		}
		x.WriteString("</w:trPr>")
		for i, w := range widths {
			text := ""
			if i < len(cells) {
				text = cells[i]
			}
			merge := ""
			if !head && g.yields(at, i) {
				continue
			}
			if !head && i > 0 && g.yields(at, i-1) {
				w, merge = w+widths[i-1], `<w:gridSpan w:val="2"/>`
			}
			switch {
			case head:
			case g.joins(at, i):
				merge, text = merge+`<w:vMerge/>`, ""
			case at+1 < len(g.Rows) && g.joins(at+1, i):
				merge += `<w:vMerge w:val="restart"/>`
			}
			x.f(`<w:tc><w:tcPr><w:tcW w:w="%d" w:type="dxa"/>%s<w:vAlign w:val="center"/></w:tcPr>`, w, merge)
			s, p := style{face: faceBody, size: sizeSmall4}, para{align: "left", line: 400}
			if head {
				s.face, p.align = faceLevel1, "center"
			}
			x.line(p, s, text)
			x.WriteString("</w:tc>")
		}
		x.WriteString("</w:tr>")
	}
	row(0, g.Header, true)
	for i, cells := range g.Rows {
		row(i, cells, false)
	}
	x.WriteString("</w:tbl>")
	// Two tables in a row would grow together without a paragraph between.
	x.blank(1)
}

// widths shares the type area among the columns, in twips; the last column
// takes what division leaves over.
func (g Grid) widths() []int {
	n := len(g.Header)
	total := 0
	weight := func(i int) int {
		if g.Widths == nil {
			return 1
		}
		return max(1, g.Widths[i])
	}
	for i := range n {
		total += weight(i)
	}
	out, used := make([]int, n), 0
	for i := range n {
		out[i] = typeWidth * weight(i) / total
		used += out[i]
	}
	out[n-1] += typeWidth - used
	return out
}

// signature places 发文机关署名 and 成文日期 (GB/T 9704 7.3.5), in half characters
// from the right edge. With a seal the date stands four characters in and the
// issuer is centred over it; without, the issuer stands two characters in and
// the date begins two characters to the right of it.
func signature(issuer, dated string, sealed bool) (issuerRight, datedRight float64) {
	wi, wd := measure(issuer), measure(dated)
	if sealed {
		ir := 8 + (wd-wi)/2
		if ir < 4 { // a long name would run into the margin: move both
			return 2, float64(4+(wi-wd)/2) / 2
		}
		return float64(ir) / 2, 4
	}
	dr := wi - wd // from: issuer 4 in, date starting 4 half characters later
	if dr >= 4 {
		return 2, float64(dr) / 2
	}
	return float64(4+wd+4-wi) / 2, 2
}

func (d *Document) documentXML() (string, []Chart) {
	x := &markup{}
	x.WriteString(xml.Header + `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" xmlns:v="urn:schemas-microsoft-com:vml"><w:body>`)
	if d.Urgency != "" {
		x.line(para{align: "left"}, style{face: faceLevel1, size: size3}, d.Urgency)
	}
	if d.Authority != "" {
		x.line(para{align: "center", line: 1160}, style{face: faceTitle, size: sizeBanner, color: "FF0000"}, d.Authority)
		x.blank(2)
	}
	switch {
	case d.Signer != "":
		// A document to a superior: number left, signer right, one character in.
		x.open(para{align: "left", left: 1, right: 1, tabRight: true, redRule: d.Authority != ""})
		x.run(body, d.Number+"\t签发人：")
		x.run(style{face: faceLevel2, size: size3}, d.Signer)
		x.WriteString("</w:p>")
		x.blank(2)
	case d.Number != "":
		x.line(para{align: "center", redRule: d.Authority != ""}, body, d.Number)
		x.blank(2)
	}
	x.line(para{align: "center", line: 640}, style{face: faceTitle, size: size2}, titled(d.Title))
	x.blank(1)
	if d.To != "" {
		x.line(para{align: "left"}, body, strings.TrimRight(strings.TrimSpace(d.To), "：:")+"：")
	}
	main, attached := d.parted()
	signed := d.Issuer != "" || d.Dated != ""
	for i, b := range main {
		if p, ok := b.(paragraph); ok && signed && i == len(main)-1 {
			// Who signs never stands on a page without text (7.3.5.4).
			x.line(para{align: "both", first: 2, keepNext: true}, body, p.text)
			continue
		}
		b.write(x)
	}
	kept := func(n int) {
		for range n {
			x.line(para{keepNext: signed}, style{}, "")
		}
	}
	if len(d.Attachments) > 0 {
		kept(1)
		for i, name := range d.Attachments {
			switch {
			case len(d.Attachments) == 1:
				x.line(para{align: "left", left: 5, hanging: 3, keepNext: signed}, body, "附件："+name)
			case i == 0:
				x.line(para{align: "left", left: 6, hanging: 4, keepNext: signed}, body, "附件：1."+name)
			default:
				x.line(para{align: "left", left: 6, hanging: 1, keepNext: signed}, body, fmt.Sprintf("%d.%s", i+1, name))
			}
		}
	}
	if signed {
		kept(2)
		ir, dr := signature(d.Issuer, d.Dated, d.Sealed)
		if d.Issuer != "" {
			x.line(para{align: "right", right: ir, keepNext: true}, body, d.Issuer)
		}
		if d.Dated != "" {
			x.line(para{align: "right", right: dr}, body, d.Dated)
		}
	}
	if d.Note != "" {
		x.line(para{align: "left", first: 2}, body, "（"+strings.Trim(d.Note, "（）()")+"）")
	}
	for _, b := range attached {
		b.write(x)
	}
	if d.CopyTo != "" || d.Printer != "" {
		d.imprint(x)
	}
	x.f(`<w:sectPr><w:footerReference w:type="default" r:id="rId4"/><w:footerReference w:type="even" r:id="rId5"/><w:pgSz w:w="%d" w:h="%d"/><w:pgMar w:top="%d" w:right="%d" w:bottom="%d" w:left="%d" w:header="851" w:footer="%d" w:gutter="0"/><w:docGrid w:type="lines" w:linePitch="%d"/></w:sectPr></w:body></w:document>`,
		pageWidth, pageHeight, marginTop, marginRight, marginBottom, marginLeft, footerEdge, linePitch)
	return x.String(), x.charts
}

// imprint writes the 版记 as a box at the foot of the last page, its first and last
// rules 0.35 mm, the inner one 0.25 mm. Neither a table nor a frame that floats
// stays at the foot in LibreOffice; a drawn box, placed from the corner of the page,
// does so in it as in Word.
func (d *Document) imprint(x *markup) {
	const points = 20 // twips
	height := d.imprintLines()*linePitch + 2*points
	// The box lies over the page and pushes nothing away: as many blank lines go
	// before it, together with it, so that where it lies nothing else stands.
	for range d.imprintLines() {
		x.line(para{keepNext: true}, style{}, "")
	}
	x.open(para{line: points})
	x.f(`<w:r><w:pict><v:rect style="position:absolute;margin-left:%.2fpt;margin-top:%.2fpt;width:%.2fpt;height:%.2fpt;z-index:1;mso-position-horizontal-relative:page;mso-position-vertical-relative:page" filled="f" stroked="f"><v:textbox inset="0,0,0,0"><w:txbxContent>`,
		float64(marginLeft)/points, float64(pageHeight-marginBottom-height)/points, float64(typeWidth)/points, float64(height)/points)
	x.f(`<w:tbl><w:tblPr><w:tblW w:w="%d" w:type="dxa"/><w:tblBorders><w:top w:val="single" w:sz="8" w:space="0" w:color="auto"/><w:bottom w:val="single" w:sz="8" w:space="0" w:color="auto"/><w:insideH w:val="single" w:sz="6" w:space="0" w:color="auto"/></w:tblBorders><w:tblLayout w:type="fixed"/><w:tblCellMar><w:left w:w="0" w:type="dxa"/><w:right w:w="0" w:type="dxa"/></w:tblCellMar></w:tblPr><w:tblGrid><w:gridCol w:w="%d"/></w:tblGrid>`, typeWidth, typeWidth)
	cell := func(p para, text string) {
		x.f(`<w:tr><w:trPr><w:cantSplit/></w:trPr><w:tc><w:tcPr><w:tcW w:w="%d" w:type="dxa"/></w:tcPr>`, typeWidth)
		x.line(p, style{face: faceBody, size: size4}, text)
		x.WriteString("</w:tc></w:tr>")
	}
	if d.CopyTo != "" {
		cell(para{align: "left", left: 4, right: 1, hanging: 3}, "抄送："+strings.TrimRight(d.CopyTo, "。")+"。")
	}
	if d.Printer != "" {
		text := d.Printer
		if d.Printed != "" {
			text += "\t" + d.Printed + "印发"
		}
		cell(para{align: "left", left: 1, right: 1, tabRight: true}, text)
	}
	x.WriteString("</w:tbl>")
	x.line(para{line: points}, style{}, "")
	x.WriteString(`</w:txbxContent></v:textbox></v:rect></w:pict></w:r></w:p>`)
}

// imprintLines are the lines of the 版记, at most: the addressees of copies stand
// in 四号 between four characters from the left and one from the right.
func (d *Document) imprintLines() int {
	n := 0
	if d.CopyTo != "" {
		const room = (typeWidth - 5*character) / (size4 * 10 / 2) // half characters of 14 pt a line
		n += (measure("抄送："+d.CopyTo+"。") - 6 + room - 1) / room
	}
	if d.Printer != "" {
		n++
	}
	return n
}

// footer is the page number “— 1 —” in 四号宋体, one character in from the outer
// edge: right on odd pages, left on even ones.
func footer(even bool) string {
	x := &markup{}
	x.WriteString(xml.Header + `<w:ftr xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">`)
	p := para{align: "right", right: 1}
	if even {
		p = para{align: "left", left: 1}
	}
	s := style{face: facePage, size: size4}
	x.open(p)
	x.run(s, "— ")
	field := func(inner string) {
		x.WriteString("<w:r>")
		x.props(s)
		x.WriteString(inner + "</w:r>")
	}
	field(`<w:fldChar w:fldCharType="begin"/>`)
	field(`<w:instrText xml:space="preserve"> PAGE </w:instrText>`)
	field(`<w:fldChar w:fldCharType="separate"/>`)
	field(`<w:t>1</w:t>`)
	field(`<w:fldChar w:fldCharType="end"/>`)
	x.run(s, " —")
	x.WriteString("</w:p></w:ftr>")
	return x.String()
}

const (
	docxTypes = xml.Header + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/><Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/><Override PartName="/word/settings.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.settings+xml"/><Override PartName="/word/fontTable.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.fontTable+xml"/><Override PartName="/word/footer1.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"/><Override PartName="/word/footer2.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"/><Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>`

	docxRels = xml.Header + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>`

	docxDocumentRels = xml.Header + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/settings" Target="settings.xml"/><Relationship Id="rId3" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/fontTable" Target="fontTable.xml"/><Relationship Id="rId4" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/footer" Target="footer1.xml"/><Relationship Id="rId5" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/footer" Target="footer2.xml"/></Relationships>`

	// The grid of 28 characters is reckoned from the size of the default style,
	// so that size must be 三号.
	docxStyles = xml.Header + `<w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="` + faceBody + `" w:eastAsia="` + faceBody + `" w:hAnsi="` + faceBody + `" w:cs="` + faceBody + `"/><w:sz w:val="32"/><w:szCs w:val="32"/><w:lang w:val="en-US" w:eastAsia="zh-CN" w:bidi="ar-SA"/></w:rPr></w:rPrDefault><w:pPrDefault/></w:docDefaults><w:style w:type="paragraph" w:default="1" w:styleId="a"><w:name w:val="Normal"/><w:qFormat/><w:pPr><w:widowControl w:val="0"/><w:jc w:val="both"/></w:pPr><w:rPr><w:spacing w:val="` + closerText + `"/><w:sz w:val="32"/><w:szCs w:val="32"/></w:rPr></w:style></w:styles>`

	docxSettings = xml.Header + `<w:settings xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:evenAndOddHeaders/><w:characterSpacingControl w:val="compressPunctuation"/><w:compat><w:spaceForUL/><w:balanceSingleByteDoubleByteWidth/><w:doNotLeaveBackslashAlone/><w:ulTrailSpace/><w:doNotExpandShiftReturn/><w:adjustLineHeightInTable/><w:useFELayout/><w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat></w:settings>`
)

var docxFonts = func() string {
	x := &markup{}
	x.WriteString(xml.Header + `<w:fonts xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">`)
	for _, f := range []struct{ name, alt, family string }{
		{faceBody, "仿宋,FangSong", "modern"},
		{faceTitle, "方正小标宋_GBK,小标宋,宋体", "auto"},
		{faceLevel1, "SimHei", "modern"},
		{faceLevel2, "楷体,KaiTi", "modern"},
		{facePage, "SimSun", "auto"},
	} {
		x.f(`<w:font w:name="%s"><w:altName w:val="%s"/><w:charset w:val="86"/><w:family w:val="%s"/><w:pitch w:val="default"/></w:font>`, f.name, f.alt, f.family)
	}
	x.WriteString("</w:fonts>")
	return x.String()
}()

func (d *Document) coreXML() string {
	x := &markup{}
	x.WriteString(xml.Header + `<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>`)
	x.text(strings.Join(strings.Fields(d.Title), ""))
	x.WriteString("</dc:title><dc:creator>")
	x.text(d.Issuer)
	x.WriteString("</dc:creator></cp:coreProperties>")
	return x.String()
}

// packed is the date every part carries: a fixed one, so that the same document
// is the same file.
var packed = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

type part struct{ name, content string }

// withCharts adds the charts to the list of parts and to what the document
// refers to.
func withCharts(types, rels string, charts []Chart) (string, string, []part) {
	var parts []part
	var t, r strings.Builder
	for i, c := range charts {
		name := fmt.Sprintf("charts/chart%d.xml", i+1)
		fmt.Fprintf(&t, `<Override PartName="/word/%s" ContentType="application/vnd.openxmlformats-officedocument.drawingml.chart+xml"/>`, name)
		fmt.Fprintf(&r, `<Relationship Id="rIdChart%d" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/chart" Target="%s"/>`, i+1, name)
		parts = append(parts, part{"word/" + name, c.chartXML()})
	}
	return strings.Replace(types, "</Types>", t.String()+"</Types>", 1), strings.Replace(rels, "</Relationships>", r.String()+"</Relationships>", 1), parts
}

func writeDocx(w io.Writer, d *Document) (int64, error) {
	c := &counter{w: w}
	z := zip.NewWriter(c)
	document, charts := d.documentXML()
	types, rels, drawn := withCharts(docxTypes, docxDocumentRels, charts)
	for _, part := range append([]part{
		{"[Content_Types].xml", types},
		{"_rels/.rels", docxRels},
		{"docProps/core.xml", d.coreXML()},
		{"word/_rels/document.xml.rels", rels},
		{"word/document.xml", document},
		{"word/styles.xml", docxStyles},
		{"word/settings.xml", docxSettings},
		{"word/fontTable.xml", docxFonts},
		{"word/footer1.xml", footer(false)},
		{"word/footer2.xml", footer(true)},
	}, drawn...) {
		f, err := z.CreateHeader(&zip.FileHeader{Name: part.name, Method: zip.Deflate, Modified: packed})
		if err != nil {
			return c.n, fmt.Errorf("write docx: %w", err)
		}
		if _, err := io.WriteString(f, part.content); err != nil {
			return c.n, fmt.Errorf("write docx: %w", err)
		}
	}
	if err := z.Close(); err != nil {
		return c.n, fmt.Errorf("write docx: %w", err)
	}
	return c.n, nil
}
