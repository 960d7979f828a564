package impostor

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	_ "image/gif"  // the kinds of picture
	_ "image/jpeg" // that a logo
	"image/png"    // comes in
	"math/bits"
)

// Bounds of a picture that is decoded: it comes from whoever runs the fake.
const (
	maxPicture = 512 << 10 // bytes
	maxSide    = 4000      // pixels
	maxPixels  = 2 << 20
)

var errPicture = errors.New("impostor: picture is too large or none")

// decoded reads a picture within the bounds; its head is read before its pixels.
func decoded(body []byte) (image.Image, error) {
	if len(body) == 0 || len(body) > maxPicture {
		return nil, errPicture
	}
	c, _, err := image.DecodeConfig(bytes.NewReader(body))
	if err != nil {
		return nil, errors.Join(errPicture, err)
	}
	if c.Width < 1 || c.Height < 1 || c.Width > maxSide || c.Height > maxSide || c.Width*c.Height > maxPixels {
		return nil, errPicture
	}
	p, _, err := image.Decode(bytes.NewReader(body))
	if err != nil {
		return nil, errors.Join(errPicture, err)
	}
	return p, nil
}

// Bounds of the hash: the picture is drawn in hashWide × hashHigh grey squares, and
// each bit says whether one is lighter than its right neighbour.
const (
	hashWide = 9
	hashHigh = 8
	// plain is how much lighter than its darkest square the lightest must be: a
	// picture of one colour looks like any other.
	plain = 12
)

// looksOf is the hash of a picture by its look; ok is false for one that shows nothing
// to compare.
func looksOf(p image.Image) (hash uint64, ok bool) {
	b := p.Bounds()
	var grey [hashHigh][hashWide]int
	low, high := 255, 0
	for y := range hashHigh {
		for x := range hashWide {
			g := square(p, b.Min.X+b.Dx()*x/hashWide, b.Min.Y+b.Dy()*y/hashHigh, b.Min.X+b.Dx()*(x+1)/hashWide, b.Min.Y+b.Dy()*(y+1)/hashHigh)
			grey[y][x], low, high = g, min(low, g), max(high, g)
		}
	}
	for y := range hashHigh {
		for x := range hashWide - 1 {
			hash <<= 1
			if grey[y][x] > grey[y][x+1] {
				hash |= 1
			}
		}
	}
	return hash, high-low >= plain
}

// square is the mean grey of a part of a picture on white, of some sixty points of it.
func square(p image.Image, x0, y0, x1, y1 int) int {
	x1, y1 = max(x1, x0+1), max(y1, y0+1)
	sum, n := 0, 0
	for y := y0; y < y1; y += max(1, (y1-y0)/8) {
		for x := x0; x < x1; x += max(1, (x1-x0)/8) {
			c := color.NRGBAModel.Convert(p.At(x, y)).(color.NRGBA)
			g := (299*int(c.R) + 587*int(c.G) + 114*int(c.B)) / 1000
			sum, n = sum+(g*int(c.A)+255*(255-int(c.A)))/255, n+1
		}
	}
	return sum / n
}

// alikeLooks reports whether two pictures look the same.
func alikeLooks(a, b []byte) bool {
	if len(a) > 0 && bytes.Equal(a, b) {
		return true
	}
	p, err1 := decoded(a)
	q, err2 := decoded(b)
	if err1 != nil || err2 != nil {
		return false
	}
	x, ok1 := looksOf(p)
	y, ok2 := looksOf(q)
	return ok1 && ok2 && bits.OnesCount64(x^y) <= weights.Alike.Bits
}

// Redrawn is a picture drawn anew as PNG: nothing of the file it came in reaches a
// browser of the office.
func Redrawn(body []byte) ([]byte, error) {
	p, err := decoded(body)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := png.Encode(&out, p); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
