package css

import (
	"math"
	"strconv"
	"strings"

	"golang.org/x/image/colornames"
)

// seeThrough reports whether a colour lets everything through.
func seeThrough(c string) bool {
	if c == "transparent" {
		return true
	}
	if h, ok := strings.CutPrefix(c, "#"); ok {
		return len(h) == 8 && h[6:] == "00" || len(h) == 4 && h[3:] == "0"
	}
	name, _, _ := strings.Cut(c, "(")
	if name != "rgba" && name != "rgb" && name != "hsla" && name != "hsl" && name != "hwb" {
		return false
	}
	f := parts(c)
	return len(f) == 4 && zeroNumber(f[3])
}

// Colour reads a colour value; ok is false for inherit, gradients and pictures.
func Colour(v string) (rgb uint32, ok bool) {
	for f := range strings.FieldsSeq(v) {
		if c, known := colornames.Map[f]; known {
			return uint32(c.R)<<16 | uint32(c.G)<<8 | uint32(c.B), true
		}
		if h, isHex := strings.CutPrefix(f, "#"); isHex {
			if len(h) == 3 || len(h) == 4 {
				h = string([]byte{h[0], h[0], h[1], h[1], h[2], h[2]})
			}
			if len(h) >= 6 {
				if n, err := strconv.ParseUint(h[:6], 16, 32); err == nil {
					return uint32(n), true
				}
			}
		}
	}
	if _, hsl, has := strings.Cut(v, "hsl"); has {
		return hslColour(hsl)
	}
	if _, rgb, has := strings.Cut(v, "rgb("); has {
		return rgbColour("(" + rgb)
	}
	if _, rgb, has := strings.Cut(v, "rgba("); has {
		return rgbColour("(" + rgb)
	}
	return extremeColour(v)
}

// extremeColour reads white and black in the newer ways to write a colour; of others ok
// is false.
func extremeColour(v string) (rgb uint32, ok bool) {
	name, _, has := strings.Cut(v, "(")
	if !has {
		return 0, false
	}
	f := parts(v)
	var n []float64
	for _, s := range f {
		if one, plain := quantity(strings.TrimSuffix(s, "deg")); plain {
			n = append(n, one)
		}
	}
	if len(n) < 3 {
		return 0, false
	}
	light, most := n[0], 1.0
	switch strings.TrimSpace(name) {
	case "hwb":
		if n[1] > 1 || n[2] > 1 { // without the sign of a share
			n[1], n[2] = n[1]/100, n[2]/100
		}
		if n[1] >= 0.99 {
			return 0xffffff, true
		}
		return 0, n[2] >= 0.99
	case "lab", "lch":
		if !strings.HasSuffix(f[0], "%") {
			most = 100
		}
		if n[1] != 0 {
			return 0, false
		}
	case "oklab", "oklch":
		if n[1] != 0 {
			return 0, false
		}
	case "color":
		if n[0] != n[1] || n[1] != n[2] {
			return 0, false
		}
	default:
		return 0, false
	}
	switch {
	case light >= 0.99*most:
		return 0xffffff, true
	case light <= 0.01*most:
		return 0, true
	}
	return 0, false
}

// rgbColour reads the three parts of rgb(, in numbers or in shares.
func rgbColour(call string) (rgb uint32, ok bool) {
	f := parts(call)
	if len(f) < 3 {
		return 0, false
	}
	for _, s := range f[:3] {
		most := 255.0
		if share, is := strings.CutSuffix(s, "%"); is {
			s, most = share, 100
		}
		n, err := strconv.ParseFloat(s, 64)
		if err != nil || n < 0 || n > most {
			return 0, false
		}
		rgb = rgb<<8 | uint32(n*255/most)
	}
	return rgb, true
}

// hslColour reads a colour by its hue, in degrees, and the shares of colour and of
// light.
func hslColour(call string) (rgb uint32, ok bool) {
	f := parts(call)
	if len(f) < 3 {
		return 0, false
	}
	var n [3]float64
	for i, s := range f[:3] {
		var err error
		if n[i], err = strconv.ParseFloat(strings.TrimSuffix(strings.TrimSuffix(s, "%"), "deg"), 64); err != nil || i > 0 && (n[i] < 0 || n[i] > 100) {
			return 0, false
		}
	}
	hue := math.Mod(math.Mod(n[0], 360)+360, 360)
	full, light := n[1]/100, n[2]/100
	spread := full * min(light, 1-light)
	for _, at := range [3]float64{0, 8, 4} {
		k := math.Mod(at+hue/30, 12)
		rgb = rgb<<8 | uint32(math.Round(255*(light-spread*max(-1, min(k-3, 9-k, 1)))))
	}
	return rgb, true
}

// Alike reports whether two colours cannot be told apart by a reader.
func Alike(a, b uint32) bool {
	for shift := 0; shift < 24; shift += 8 {
		x, y := int(a>>shift&255), int(b>>shift&255)
		if x-y > 8 || y-x > 8 {
			return false
		}
	}
	return true
}
