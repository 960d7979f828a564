package demo

import (
	"image"
	"image/color"
	"math"
)

// Pictures of the demo are drawn, not taken: no place, no person, no rights of
// anybody. The same name gives the same bytes.

type rgb struct{ r, g, b float64 }

func hex(v int) rgb { return rgb{float64(v >> 16 & 255), float64(v >> 8 & 255), float64(v & 255)} }

func (c rgb) to(d rgb, t float64) rgb {
	t = max(0, min(1, t))
	return rgb{c.r + (d.r-c.r)*t, c.g + (d.g-c.g)*t, c.b + (d.b-c.b)*t}
}

func (c rgb) solid() color.RGBA { return color.RGBA{uint8(c.r), uint8(c.g), uint8(c.b), 255} }

// light is the hour of a scene: sky above, sky at the horizon, sun, the nearest
// ridge.
type light struct{ high, low, sun, near rgb }

var (
	dawn  = light{hex(0x4f7fb5), hex(0xf6d9b8), hex(0xfff2d0), hex(0x1d3550)}
	noon  = light{hex(0x3f86c9), hex(0xd9ecf7), hex(0xffffff), hex(0x1f4d3a)}
	dusk  = light{hex(0x2c3f6e), hex(0xf2a86b), hex(0xffdfa0), hex(0x2a2338)}
	mist  = light{hex(0x9fb6c4), hex(0xeef3f2), hex(0xffffff), hex(0x35564f)}
	night = light{hex(0x0b1c3a), hex(0x3c5a8c), hex(0xdfe8ff), hex(0x0a1526)}
)

// ridgeAt is the height of ridge k at x, both from 0 to 1, from the top.
func ridgeAt(x float64, k int, seed float64) float64 {
	f := float64(k)
	y := 0.42 + 0.10*f
	y += (0.055 - 0.004*f) * math.Sin(x*(5.1+1.3*f)+seed*1.7+f*2.1)
	y += 0.028 * math.Sin(x*(13.7+2.9*f)+seed*3.1+f)
	y += 0.010 * math.Sin(x*(41+7*f)+seed*5.3)
	y += 0.004 * math.Sin(x*(117+13*f)+seed)
	return y
}

// scenery draws ridges in the haze under a sky. over paints what stands in
// front: it says the cover (0 to 1) and colour at a place; nil for nothing.
func scenery(w, h int, l light, seed float64, over func(x, y float64) (float64, rgb)) image.Image {
	const ridges = 5
	p := image.NewRGBA(image.Rect(0, 0, w, h))
	tops := make([][ridges]float64, w)
	for x := range w {
		for k := range ridges {
			tops[x][k] = ridgeAt(float64(x)/float64(w), k, seed) * float64(h)
		}
	}
	sunX, sunY := 0.68, 0.30
	for y := range h {
		v := float64(y) / float64(h)
		for x := range w {
			u := float64(x) / float64(w)
			d := math.Hypot((u-sunX)*float64(w)/float64(h), v-sunY)
			c := l.high.to(l.low, v/0.55).to(l.sun, math.Exp(-d*d*26)*0.85)
			if d < 0.052 {
				c = c.to(l.sun, 0.9)
			}
			for k := range ridges {
				cover := float64(y) + 1 - tops[x][k]
				if cover <= 0 {
					continue
				}
				near := float64(k+1) / ridges
				rock := l.low.to(l.near, 0.18+0.82*near*near)
				// Haze gathers at the foot of each ridge.
				rock = rock.to(l.low, 0.34*(1-near)*min(1, (v-tops[x][k]/float64(h))*6))
				c = c.to(rock, cover)
			}
			if over != nil {
				if cover, front := over(u, v); cover > 0 {
					c = c.to(front, cover)
				}
			}
			p.SetRGBA(x, y, c.solid())
		}
	}
	return p
}

// pagoda is a tower of seven storeys, as old towns have them.
func pagoda(at, foot, size float64, c rgb) func(x, y float64) (float64, rgb) {
	return func(x, y float64) (float64, rgb) {
		t := (foot - y) / size // 0 at the foot, 1 at the top
		if t < -0.08 || t > 1.16 {
			return 0, c
		}
		half := 0.2 * size * (1 - 0.62*t)
		switch step := math.Mod(t*7, 1); {
		case t < 0:
			half = 0.34 * size
		case t > 1:
			half = 0.025 * size * (1.16 - t) / 0.16
		case step > 0.80: // eaves
			half += 0.035 * size
		}
		if math.Abs(x-at)*1.6 < half {
			return 1, c
		}
		return 0, c
	}
}

// town is a row of buildings with lit windows along the lower edge.
func town(seed float64, wall, lamp rgb, lit float64) func(x, y float64) (float64, rgb) {
	return func(x, y float64) (float64, rgb) {
		const wide = 0.052
		n := math.Floor(x / wide)
		r := math.Abs(math.Sin(n*12.9898+seed) * 43758.5453)
		r -= math.Floor(r)
		top := 0.60 + 0.22*r
		if y < top {
			return 0, wall
		}
		in, down := math.Mod(x, wide)/wide, (y-top)/0.034
		if in < 0.04 {
			return 1, wall.to(rgb{}, 0.25)
		}
		col, row := math.Floor(in*5), math.Floor(down)
		q := math.Abs(math.Sin(n*7.1+col*3.3+row*9.7+seed) * 1137.17)
		q -= math.Floor(q)
		if fx, fy := math.Mod(in*5, 1), math.Mod(down, 1); row > 0 && fx > 0.25 && fx < 0.75 && fy > 0.3 && fy < 0.8 {
			if q < lit {
				return 1, lamp
			}
			return 1, wall.to(rgb{255, 255, 255}, 0.12)
		}
		return 1, wall.to(rgb{255, 255, 255}, 0.06*r)
	}
}

// terraces are fields in steps.
func terraces(seed float64, a, b rgb) func(x, y float64) (float64, rgb) {
	return func(x, y float64) (float64, rgb) {
		top := 0.66 + 0.05*math.Sin(x*4+seed)
		if y < top {
			return 0, a
		}
		t := (y-top)*16 + 0.8*math.Sin(x*9+seed) + 0.4*math.Sin(x*23+seed*2)
		c := a.to(b, 0.5+0.5*math.Sin(math.Floor(t)*2.4+seed))
		if f := t - math.Floor(t); f < 0.14 {
			c = c.to(rgb{40, 50, 30}, 0.35)
		}
		return 1, c
	}
}

// river is water that comes out of the hills.
func river(seed float64, c, shine rgb) func(x, y float64) (float64, rgb) {
	return func(x, y float64) (float64, rgb) {
		if y < 0.78 {
			return 0, c
		}
		d := (y - 0.78) / 0.22
		mid, half := 0.46+0.16*math.Sin(d*3+seed), 0.02+0.42*d*d
		if math.Abs(x-mid) > half {
			return 0, c
		}
		return 1, c.to(shine, 0.5+0.5*math.Sin(x*60/(0.3+d)+y*340+seed))
	}
}

func both(a, b func(x, y float64) (float64, rgb)) func(x, y float64) (float64, rgb) {
	return func(x, y float64) (float64, rgb) {
		if cover, c := b(x, y); cover > 0 {
			return cover, c
		}
		return a(x, y)
	}
}
