package reportingpublic

import (
	"math"
	"strconv"
	"strings"

	"zhengshu/internal/reporting"
)

// drawing is a chart as it stands on the page: measures in units of its own, which
// the page scales. Its numbers stand in the table beside it.
type drawing struct {
	Says          string // the chart in words
	Width, Height int
	Bars          []bar
	Dots          []bar  // of a line
	Points        string // of a line
	Base          int    // y of its ground
}

// bar is one value: a lying bar, or a point of a line with its label below.
type bar struct {
	Label, Says          string
	X, Y, Length         int
	TextX, TextY, LabelY int
}

const (
	drawnWidth  = 640
	labelWidth  = 170
	barPitch    = 28
	lineHeight  = 200
	labelLetter = 11 // letters of a label that fit
)

// drawn lays a chart out.
func drawn(c reporting.Chart) drawing {
	d := drawing{Width: drawnWidth}
	most := 0.0
	for _, v := range c.Values {
		most = max(most, v)
	}
	if c.Unit == "%" {
		most = 100
	}
	if most == 0 {
		most = 1
	}
	var words, points []string
	for i, l := range c.Labels {
		v := c.Values[i]
		says := strconv.FormatFloat(v, 'f', -1, 64) + c.Unit
		words = append(words, l+says)
		short := l
		if r := []rune(l); len(r) > labelLetter {
			short = string(r[:labelLetter-1]) + "…"
		}
		if !c.Line {
			y := i * barPitch
			n := int(math.Round((drawnWidth - labelWidth - 80) * v / most))
			d.Bars = append(d.Bars, bar{Label: short, Says: says, X: labelWidth, Y: y + 6, Length: n, TextX: labelWidth + n + 6, TextY: y + 19})
			continue
		}
		step := drawnWidth / len(c.Labels)
		x, y := step*i+step/2, lineHeight-30-int(math.Round((lineHeight-70)*v/most))
		points = append(points, strconv.Itoa(x)+","+strconv.Itoa(y))
		d.Dots = append(d.Dots, bar{Label: short, Says: says, X: x, Y: y, TextX: x, TextY: y - 10, LabelY: lineHeight - 8})
	}
	d.Says, d.Points, d.Base = c.Name+"："+strings.Join(words, "，"), strings.Join(points, " "), lineHeight-30
	d.Height = len(c.Labels)*barPitch + 4
	if c.Line {
		d.Height = lineHeight
	}
	return d
}
