package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"strings"
	"sync"

	"golang.org/x/image/vector"

	"zhengshu/internal/authz"
	"zhengshu/internal/media"
	"zhengshu/internal/org"
	"zhengshu/internal/prose"
)

// Plates explain without letters: what is to be said stands in the caption and
// the transcript, so they need no fonts.

const plateWidth, plateHeight = 1200, 720

// plate is a picture made of filled shapes.
type plate struct{ *image.RGBA }

func newPlate(ground int) plate {
	p := plate{image.NewRGBA(image.Rect(0, 0, plateWidth, plateHeight))}
	draw.Draw(p.RGBA, p.Bounds(), image.NewUniform(ink(ground)), image.Point{}, draw.Src)
	p.round(60, 620, 1080, 34, 17, 0xffffff) // the ground things stand on
	return p
}

func ink(c int) color.Color { return hex(c).solid() }

// poly fills a polygon: x, y, x, y …
func (p plate) poly(c int, at ...float32) {
	left, top, right, bottom := at[0], at[1], at[0], at[1]
	for i := 0; i < len(at); i += 2 {
		left, right, top, bottom = min(left, at[i]), max(right, at[i]), min(top, at[i+1]), max(bottom, at[i+1])
	}
	// Only as much of the picture as the shape covers is gone through.
	box := image.Rect(int(left), int(top), int(right)+2, int(bottom)+2)
	r := vector.NewRasterizer(box.Dx(), box.Dy())
	x, y := float32(box.Min.X), float32(box.Min.Y)
	r.MoveTo(at[0]-x, at[1]-y)
	for i := 2; i < len(at); i += 2 {
		r.LineTo(at[i]-x, at[i+1]-y)
	}
	r.ClosePath()
	r.Draw(p.RGBA, box, image.NewUniform(ink(c)), image.Point{})
}

// round fills a rectangle with round corners.
func (p plate) round(x, y, w, h, by float32, c int) {
	by = min(by, w/2, h/2)
	var at []float32
	for corner, mid := range [][2]float32{{x + w - by, y + h - by}, {x + by, y + h - by}, {x + by, y + by}, {x + w - by, y + by}} {
		const steps = 10
		for k := range steps + 1 {
			sin, cos := math.Sincos((float64(corner) + float64(k)/steps) * math.Pi / 2)
			at = append(at, mid[0]+by*float32(cos), mid[1]+by*float32(sin))
		}
	}
	p.poly(c, at...)
}

func (p plate) disc(x, y, radius float32, c int) {
	p.round(x-radius, y-radius, 2*radius, 2*radius, radius, c)
}

// stroke is a thick line with round ends.
func (p plate) stroke(c int, wide float32, at ...float32) {
	for i := 0; i+3 < len(at); i += 2 {
		x, y, u, v := at[i], at[i+1], at[i+2], at[i+3]
		d := float32(math.Hypot(float64(u-x), float64(v-y)))
		if d == 0 {
			continue
		}
		nx, ny := -(v-y)/d*wide/2, (u-x)/d*wide/2
		p.poly(c, x+nx, y+ny, u+nx, v+ny, u-nx, v-ny, x-nx, y-ny)
		p.disc(x, y, wide/2, c)
		p.disc(u, v, wide/2, c)
	}
}

// tick is the mark of what was done.
func (p plate) tick(x, y, size float32, c int) {
	p.stroke(c, size*0.24, x-size*0.42, y, x-size*0.1, y+size*0.32, x+size*0.46, y-size*0.36)
}

// openPlate: a service point that says when it is open, what it does and how it
// is reached.
func openPlate() image.Image {
	p := newPlate(0xe6eef6)
	p.round(120, 250, 620, 372, 10, 0xfbfaf5)
	for i := range 10 { // the awning
		c := 0x2f6fae
		if i%2 == 1 {
			c = 0xffffff
		}
		x := 96 + float32(i)*66.8
		p.round(x, 208, 66.8, 112, 33, c)
		p.poly(c, x, 180, x+66.8, 180, x+66.8, 280, x, 280)
	}
	p.round(96, 168, 668, 30, 15, 0x24578a)
	p.round(180, 374, 190, 250, 8, 0x9fc3e0) // the door
	p.stroke(0x24578a, 10, 338, 490, 338, 530)
	p.round(420, 374, 260, 150, 8, 0xbfd8ea) // the window, with somebody behind it
	p.disc(550, 436, 34, 0xe0b08a)
	p.round(496, 474, 108, 50, 26, 0xc8553d)
	p.round(400, 522, 300, 24, 12, 0x24578a)
	// When: a clock. What: a list. How: a telephone.
	for i, y := range []float32{84, 260, 436} {
		p.round(826, y, 290, 150, 18, 0xffffff)
		x, m := float32(906), y+75
		switch i {
		case 0:
			p.disc(x, m, 52, 0xc8553d)
			p.disc(x, m, 40, 0xffffff)
			p.stroke(0x333c48, 9, x, m-26, x, m, x+20, m+12)
		case 1:
			p.round(862, y+24, 88, 102, 8, 0x2f6fae)
			for k := range 3 {
				v := y + 50 + float32(k)*26
				p.tick(884, v, 16, 0xffffff)
				p.stroke(0xffffff, 6, 902, v, 934, v)
			}
		case 2:
			p.stroke(0x3f8a5f, 26, x-34, m-22, x-20, m+14, x+12, m+34)
			p.disc(x-36, m-30, 20, 0x3f8a5f)
			p.disc(x+22, m+36, 20, 0x3f8a5f)
			p.stroke(0xb9d9c6, 8, x+8, m-34, x+28, m-20, x+36, m+2)
		}
		for k := range 2 {
			v := m - 18 + float32(k)*36
			p.stroke(0xcbd3dc, 14, 988, v, 1078-float32(k)*36, v)
		}
	}
	return p.RGBA
}

// quarterPlate: four leaves of a calendar, each with its check done.
func quarterPlate() image.Image {
	p := newPlate(0xf4ece0)
	for i, c := range []int{0x5f9e6e, 0xd08c2f, 0xc8553d, 0x2f6fae} {
		x := 90 + float32(i)*262
		p.round(x, 190, 234, 400, 18, 0xffffff)
		p.round(x, 190, 234, 92, 18, c)
		p.poly(c, x, 250, x+234, 250, x+234, 290, x, 290)
		for _, at := range []float32{64, 170} {
			p.stroke(0x6b5a48, 14, x+at, 166, x+at, 212)
		}
		for k := range i + 1 { // which of the four
			p.disc(x+117+float32(k)*34-float32(i)*17, 242, 11, 0xffffff)
		}
		for k := range 9 {
			u, v := x+32+float32(k%3)*62, 322+float32(k/3)*48
			p.round(u, v, 46, 32, 6, 0xece6dc)
		}
		p.disc(x+117, 516, 46, c)
		p.tick(x+117, 516, 46, 0xffffff)
		if i < 3 {
			p.poly(0x6b5a48, x+240, 372, x+258, 390, x+240, 408)
		}
	}
	return p.RGBA
}

// toldPlate: what the check found hangs on a board, and a loudspeaker says so.
func toldPlate() image.Image {
	p := newPlate(0xe8f0ea)
	p.stroke(0x6b5a48, 22, 210, 560, 210, 630)
	p.stroke(0x6b5a48, 22, 610, 560, 610, 630)
	p.round(130, 130, 560, 440, 16, 0x8a6b4a)
	p.round(156, 156, 508, 388, 8, 0xfffdf6)
	p.round(188, 186, 300, 26, 13, 0x2f6fae)
	for i, h := range []float32{92, 148, 206, 176} {
		p.round(196+float32(i)*66, 490-h, 44, h, 6, []int{0x5f9e6e, 0xd08c2f, 0x2f6fae, 0xc8553d}[i])
	}
	p.stroke(0x9aa4b0, 6, 184, 496, 470, 496)
	for k := range 4 {
		v := 290 + float32(k)*58
		p.tick(508, v, 26, 0x3f8a5f)
		p.stroke(0xcbd3dc, 14, 540, v, 628-float32(k%2)*30, v)
	}
	// The loudspeaker, and those who hear it.
	p.poly(0xc8553d, 800, 250, 960, 160, 960, 400, 800, 316)
	p.round(760, 244, 66, 78, 16, 0x9c3d2a)
	p.poly(0x9c3d2a, 790, 316, 840, 316, 858, 400, 812, 400)
	p.round(944, 146, 34, 268, 17, 0xe0765e)
	for i, y := range []float32{200, 280, 360} {
		p.stroke(0xe0a898, 14, 1010, y, 1070+float32(i%2)*30, y+(y-280)*0.3)
	}
	for i, c := range []int{0x2f6fae, 0x3f8a5f, 0xd08c2f} {
		x := 830 + float32(i)*112
		p.disc(x, 500, 34, 0xe0b08a)
		p.round(x-46, 540, 92, 84, 40, c)
	}
	return p.RGBA
}

// A sheet is one plate as the media library keeps it.
type sheet struct {
	name  string
	about media.About
	draw  func() image.Image
}

// sheets explain the three demands on service points, in their order.
var sheets = []sheet{
	{"图解之一 公布什么（演示）.png", drawn("便民服务点门口，旁边的三块牌子画着时钟、清单和电话", "第一项，公布开放时间、服务内容和电话"), openPlate},
	{"图解之二 多久检查（演示）.png", drawn("四张日历代表四个季度，每张下面都打了勾", "第二项，每季度检查一次"), quarterPlate},
	{"图解之三 检查之后（演示）.png", drawn("公告栏上挂着检查结果，旁边的喇叭向三位居民播报", "第三项，检查情况向社会公布"), toldPlate},
}

// drawSheets draws the plates once, beside the other work of the fill.
var drawSheets = sync.OnceValues(func() ([][]byte, error) {
	out := make([][]byte, len(sheets))
	for i, s := range sheets {
		var b bytes.Buffer
		if err := png.Encode(&b, s.draw()); err != nil {
			return nil, err
		}
		out[i] = b.Bytes()
	}
	return out, nil
})

// explainedInPictures is a text under its plates, which the unit's media library
// keeps.
func (d *province) explainedInPictures(ctx context.Context, scope authz.Scope, unit org.UnitID, text string) (json.RawMessage, error) {
	made, err := drawSheets()
	if err != nil {
		return nil, err
	}
	var lines strings.Builder
	for i, s := range sheets {
		have, err := d.Media.Take(ctx, scope, unit, []media.Upload{{Name: s.name, Content: bytes.NewReader(made[i])}}, s.about)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
		lines.WriteString(have[0].Line() + "\n\n")
	}
	doc, err := prose.FromText(lines.String() + text)
	if err != nil {
		return nil, err
	}
	if doc, err = d.Media.Place(ctx, scope, doc); err != nil {
		return nil, err
	}
	return doc.JSON(), nil
}
