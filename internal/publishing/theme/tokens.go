package theme

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"zhengshu/internal/fault"
)

// Tokens are what a site changes of its theme without touching a file: at most
// three colours, the roundness of boxes and how dense the page is.
type Tokens struct {
	Brand   string `json:"brand,omitempty"`   // #rrggbb: bands, buttons, titles, links
	Deep    string `json:"deep,omitempty"`    // darker, for menu and foot
	Mark    string `json:"mark,omitempty"`    // for what stands out
	Radius  string `json:"radius,omitempty"`  // square, soft, round; soft when empty
	Density string `json:"density,omitempty"` // loose, tight; the theme's when empty
}

// None says that the theme's own values stand.
func (k Tokens) None() bool { return k == Tokens{} }

// LeastContrast is that of text on its ground (WCAG 2.2, 1.4.3).
const LeastContrast = 4.5

var colourForm = regexp.MustCompile(`^#[0-9a-f]{6}$`)

type colour [3]float64 // 0…255

func parseColour(s string) (colour, bool) {
	if !colourForm.MatchString(s) {
		return colour{}, false
	}
	var c colour
	for i := range c {
		n, err := strconv.ParseUint(s[1+2*i:3+2*i], 16, 8)
		if err != nil {
			return colour{}, false
		}
		c[i] = float64(n)
	}
	return c, true
}

func (c colour) String() string {
	return fmt.Sprintf("#%02x%02x%02x", int(math.Round(c[0])), int(math.Round(c[1])), int(math.Round(c[2])))
}

// mix moves the colour towards another by a share of 0…1.
func (c colour) mix(o colour, share float64) colour {
	for i := range c {
		c[i] += (o[i] - c[i]) * share
	}
	return c
}

func (c colour) luminance() float64 {
	var l [3]float64
	for i, v := range c {
		if v /= 255; v <= 0.04045 {
			l[i] = v / 12.92
		} else {
			l[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	return 0.2126*l[0] + 0.7152*l[1] + 0.0722*l[2]
}

// Contrast of two colours (#rrggbb), 1 to 21; 0 when one is none.
func Contrast(a, b string) float64 {
	x, okX := parseColour(a)
	y, okY := parseColour(b)
	if !okX || !okY {
		return 0
	}
	hi, lo := x.luminance(), y.luminance()
	if hi < lo {
		hi, lo = lo, hi
	}
	return (hi + 0.05) / (lo + 0.05)
}

const white, paper = "#ffffff", "#f5f7fa"

// Clean is the tokens in their one form; the error names each that cannot be
// used and the contrast it has.
func (k Tokens) Clean() (Tokens, error) {
	var f fault.Fields
	for _, c := range []struct {
		field, name string
		value       *string
	}{{"brand", "主色", &k.Brand}, {"deep", "深色", &k.Deep}, {"mark", "强调色", &k.Mark}} {
		v := strings.ToLower(strings.TrimSpace(*c.value))
		if v != "" && !strings.HasPrefix(v, "#") {
			v = "#" + v
		}
		*c.value = v
		if v == "" {
			continue
		}
		if !colourForm.MatchString(v) {
			f.Add(c.field, c.name+"请写成 # 加六位十六进制数，例：#1259aa")
			continue
		}
		// White text stands on it and it stands as text on white and on the
		// ground of the page.
		if r := min(Contrast(v, white), Contrast(v, paper)); r < LeastContrast {
			f.Add(c.field, fmt.Sprintf("%s %s 与浅色底的对比度是 %.2f:1，低于 %.1f:1，看不清；请选深一些的颜色", c.name, v, math.Floor(r*100)/100, LeastContrast))
		}
	}
	if k.Deep != "" && k.Brand == "" {
		f.Add("brand", "选了深色就要同时选主色")
	}
	if k.Deep != "" && Contrast(k.Deep, white) < Contrast(k.Brand, white) {
		f.Add("deep", "深色要比主色更深")
	}
	f.Check(k.Radius == "" || k.Radius == "square" || k.Radius == "soft" || k.Radius == "round", "radius", "圆角只能选直角、小圆角、大圆角")
	f.Check(k.Density == "" || k.Density == "loose" || k.Density == "tight", "density", "疏密只能选宽松、紧凑")
	return k, f.Err()
}

// css is the end of the style sheet that carries the tokens.
func (k Tokens) css() string {
	if k.None() {
		return ""
	}
	var b strings.Builder
	put := func(name, value string) { fmt.Fprintf(&b, " --%s: %s;", name, value) }
	black, light := colour{}, colour{255, 255, 255}
	if c, ok := parseColour(k.Brand); ok {
		deep := c.mix(black, 0.45)
		if d, ok := parseColour(k.Deep); ok {
			deep = d
		}
		put("brand", c.String())
		put("brand-700", c.mix(black, 0.15).String())
		put("brand-900", deep.String())
		put("brand-100", c.mix(light, 0.82).String())
		put("brand-50", c.mix(light, 0.93).String())
		put("link", c.mix(black, 0.15).String())
	}
	if c, ok := parseColour(k.Mark); ok {
		put("mark", c.String())
	}
	if r := map[string]string{"square": "0", "soft": "4px", "round": "10px"}[k.Radius]; r != "" {
		put("radius", r)
	}
	switch k.Density {
	case "loose":
		put("density", "1.3")
		put("room", "12px")
	case "tight": // a line of a list stays 44 px high, so that a finger finds it
		put("density", ".65")
	}
	return "\n\n/* 本站选定 */\nbody[class] {" + b.String() + " }\n"
}
