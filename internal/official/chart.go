package official

import (
	"encoding/xml"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Chart is a drawing of numbers in a document: bars, or a line over time. In
// DOCX it is a chart of the word processor's own, in its fonts; in PDF it is
// drawn. Every value stands beside its mark, so that nothing is lost in black
// and white.
type Chart struct {
	Caption string
	Unit    string
	Line    bool
	Labels  []string
	Values  []float64
}

// Chart adds a drawing.
func (d *Document) Chart(c Chart) { d.body = append(d.body, c) }

// MostBars keeps a chart on one page.
const MostBars = 24

func (c Chart) check() error {
	switch {
	case len(c.Labels) == 0 || len(c.Labels) != len(c.Values):
		return fmt.Errorf("图“%s”有%d个名称、%d个数值，应当一一对应，请核对。", c.Caption, len(c.Labels), len(c.Values))
	case len(c.Labels) > MostBars:
		return fmt.Errorf("图“%s”有%d项，一幅图最多画%d项，请改用表格。", c.Caption, len(c.Labels), MostBars)
	}
	for _, v := range c.Values {
		if math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
			return fmt.Errorf("图“%s”有不能画出的数值，请核对。", c.Caption)
		}
	}
	return nil
}

// says is the chart in words, for readers who do not see it.
func (c Chart) says() string {
	parts := make([]string, len(c.Labels))
	for i, l := range c.Labels {
		parts[i] = l + number(c.Values[i]) + c.Unit
	}
	return strings.Join(parts, "，")
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// height of the drawing in points: bars lie, one line of type each.
func (c Chart) height() float64 {
	if c.Line {
		return 170
	}
	return float64(len(c.Labels))*20 + 24
}

// emu are the units of drawings in a point.
const emu = 12700

func (c Chart) write(x *markup) {
	x.charts = append(x.charts, c)
	n := len(x.charts)
	if c.Caption != "" {
		x.line(para{align: "center", keepNext: true}, style{face: faceLevel1, size: size4}, c.Caption+c.measure())
	}
	width := int(typeWidth * twip * emu)
	// An exact pitch would cut the drawing off.
	x.f(`<w:p><w:pPr><w:spacing w:before="0" w:after="0" w:line="240" w:lineRule="auto"/><w:jc w:val="center"/></w:pPr><w:r><w:drawing><wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" distT="0" distB="0" distL="0" distR="0"><wp:extent cx="%d" cy="%d"/><wp:docPr id="%d" name="图%d" descr="`, width, int(c.height()*emu), n, n)
	x.text(c.Caption + "：" + c.says())
	x.f(`"/><a:graphic xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/chart"><c:chart xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" r:id="rIdChart%d"/></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>`, n)
	x.blank(1)
}

func (c Chart) measure() string {
	if c.Unit == "" {
		return ""
	}
	return "（单位：" + c.Unit + "）"
}

const chartText = `<c:txPr><a:bodyPr/><a:lstStyle/><a:p><a:pPr><a:defRPr sz="1050"><a:solidFill><a:srgbClr val="000000"/></a:solidFill><a:latin typeface="` + faceBody + `"/><a:ea typeface="` + faceBody + `"/></a:defRPr></a:pPr><a:endParaRPr lang="zh-CN"/></a:p></c:txPr>`

const chartInk = `<a:srgbClr val="1F4E79"/>`

// chartXML is the chart as a part of its own.
func (c Chart) chartXML() string {
	x := &markup{}
	x.WriteString(xml.Header + `<c:chartSpace xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><c:roundedCorners val="0"/><c:chart><c:autoTitleDeleted val="1"/><c:plotArea><c:layout/>`)
	if c.Line {
		x.WriteString(`<c:lineChart><c:grouping val="standard"/><c:varyColors val="0"/>`)
	} else {
		x.WriteString(`<c:barChart><c:barDir val="bar"/><c:grouping val="clustered"/><c:varyColors val="0"/>`)
	}
	x.WriteString(`<c:ser><c:idx val="0"/><c:order val="0"/><c:tx><c:strRef><c:f>A1</c:f><c:strCache><c:ptCount val="1"/><c:pt idx="0"><c:v>`)
	x.text(c.Caption)
	x.WriteString(`</c:v></c:pt></c:strCache></c:strRef></c:tx>`)
	if c.Line {
		x.WriteString(`<c:spPr><a:ln w="22225"><a:solidFill>` + chartInk + `</a:solidFill></a:ln></c:spPr><c:marker><c:symbol val="circle"/><c:size val="6"/><c:spPr><a:solidFill>` + chartInk + `</a:solidFill></c:spPr></c:marker><c:dLbls>` + chartText + `<c:dLblPos val="t"/>`)
	} else {
		x.WriteString(`<c:spPr><a:solidFill>` + chartInk + `</a:solidFill></c:spPr><c:invertIfNegative val="0"/><c:dLbls>` + chartText + `<c:dLblPos val="outEnd"/>`)
	}
	x.WriteString(`<c:showLegendKey val="0"/><c:showVal val="1"/><c:showCatName val="0"/><c:showSerName val="0"/><c:showPercent val="0"/><c:showBubbleSize val="0"/></c:dLbls>`)
	x.f(`<c:cat><c:strRef><c:f>B1</c:f><c:strCache><c:ptCount val="%d"/>`, len(c.Labels))
	for i, l := range c.Labels {
		x.f(`<c:pt idx="%d"><c:v>`, i)
		x.text(l)
		x.WriteString(`</c:v></c:pt>`)
	}
	x.f(`</c:strCache></c:strRef></c:cat><c:val><c:numRef><c:f>C1</c:f><c:numCache><c:formatCode>General</c:formatCode><c:ptCount val="%d"/>`, len(c.Values))
	for i, v := range c.Values {
		x.f(`<c:pt idx="%d"><c:v>%s</c:v></c:pt>`, i, number(v))
	}
	x.WriteString(`</c:numCache></c:numRef></c:val>`)
	if c.Line {
		x.WriteString(`<c:smooth val="0"/></c:ser><c:marker val="1"/><c:axId val="1"/><c:axId val="2"/></c:lineChart>`)
	} else {
		x.WriteString(`</c:ser><c:gapWidth val="60"/><c:axId val="1"/><c:axId val="2"/></c:barChart>`)
	}
	order, at, cross := "minMax", "b", "l"
	if !c.Line {
		order, at, cross = "maxMin", "l", "b" // the first bar on top
	}
	x.f(`<c:catAx><c:axId val="1"/><c:scaling><c:orientation val="%s"/></c:scaling><c:delete val="0"/><c:axPos val="%s"/><c:numFmt formatCode="General" sourceLinked="0"/><c:majorTickMark val="none"/><c:minorTickMark val="none"/><c:tickLblPos val="nextTo"/>%s<c:crossAx val="2"/><c:crosses val="autoZero"/></c:catAx>`, order, at, chartText)
	x.f(`<c:valAx><c:axId val="2"/><c:scaling><c:orientation val="minMax"/><c:min val="0"/></c:scaling><c:delete val="1"/><c:axPos val="%s"/><c:numFmt formatCode="General" sourceLinked="0"/><c:majorTickMark val="none"/><c:minorTickMark val="none"/><c:tickLblPos val="nextTo"/><c:crossAx val="1"/></c:valAx>`, cross)
	x.WriteString(`</c:plotArea><c:plotVisOnly val="1"/><c:dispBlanksAs val="gap"/></c:chart><c:spPr><a:noFill/><a:ln><a:noFill/></a:ln></c:spPr></c:chartSpace>`)
	return x.String()
}

// draw sets the chart on the page, whole on one page.
func (c Chart) draw(p *sheetOfPaper) {
	const size = 10.5
	p.room(c.height() + paperPitch)
	if c.Caption != "" {
		p.in(HeadingFace, func() {
			p.para(c.Caption+c.measure(), float64(size4)/2, 0, 0, 0, "center", paperPitch)
		})
	}
	most := 0.0
	for _, v := range c.Values {
		most = max(most, v)
	}
	if most == 0 {
		most = 1
	}
	p.pdf.SetFillColor(0x1F, 0x4E, 0x79)
	p.pdf.SetStrokeColor(0x1F, 0x4E, 0x79)
	if c.Line {
		c.drawLine(p, size, most)
	} else {
		c.drawBars(p, size, most)
	}
	p.pdf.SetFillColor(0, 0, 0)
	p.pdf.SetStrokeColor(0, 0, 0)
	p.y += paperPitch
}

func (c Chart) drawBars(p *sheetOfPaper, size, most float64) {
	left := 0.0
	for _, l := range c.Labels {
		left = max(left, p.width(p.cut(l, size, paperWidth*0.35), size))
	}
	room := paperWidth - left - 60
	for i, l := range c.Labels {
		l = p.cut(l, size, paperWidth*0.35)
		p.text(paperLeft+left-p.width(l, size), p.y+(20-size)/2, size, l)
		w := room * c.Values[i] / most
		if w > 0 {
			p.pdf.RectFromUpperLeftWithStyle(paperLeft+left+6, p.y+4, w, 12, "F")
		}
		p.text(paperLeft+left+10+w, p.y+(20-size)/2, size, number(c.Values[i]))
		p.y += 20
	}
}

func (c Chart) drawLine(p *sheetOfPaper, size, most float64) {
	const high = 120.0
	base := p.y + 20 + high
	step := paperWidth / float64(len(c.Labels))
	p.pdf.SetLineWidth(0.5)
	p.pdf.Line(paperLeft, base, paperLeft+paperWidth, base)
	p.pdf.SetLineWidth(1.4)
	lastX, lastY := 0.0, 0.0
	for i, v := range c.Values {
		x, y := paperLeft+step*(float64(i)+0.5), base-high*v/most
		if i > 0 {
			p.pdf.Line(lastX, lastY, x, y)
		}
		p.pdf.RectFromUpperLeftWithStyle(x-2.5, y-2.5, 5, 5, "F")
		says := number(v)
		p.text(x-p.width(says, size)/2, y-size-6, size, says)
		l := p.cut(c.Labels[i], size, step-4)
		p.text(x-p.width(l, size)/2, base+5, size, l)
		lastX, lastY = x, y
	}
	p.y = base + 22
}

// cut shortens a text to a width.
func (p *sheetOfPaper) cut(text string, size, width float64) string {
	if p.width(text, size) <= width {
		return text
	}
	r := []rune(text)
	for len(r) > 1 && p.width(string(r)+"…", size) > width {
		r = r[:len(r)-1]
	}
	return string(r) + "…"
}
