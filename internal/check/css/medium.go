package css

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"zhengshu/internal/dom"
)

// everyScreen reports whether a rule holds on every screen.
func everyScreen(rule string) bool {
	rule = dom.Lowered(rule)
	for _, always := range []string{"@supports", "@layer", "@scope", "@starting-style"} {
		if strings.HasPrefix(rule, always) {
			return always != "@starting-style"
		}
	}
	if box, ok := strings.CutPrefix(rule, "@container"); ok {
		i := strings.IndexByte(box, '(')
		return i >= 0 && AnyMedium(box[i:])
	}
	media, ok := strings.CutPrefix(rule, "@media")
	return ok && AnyMedium(media)
}

// screenWidth is what a rule asks of the width of a screen, in pixels.
var screenWidth = regexp.MustCompile(`(?:min|max)-(?:device-)?width\s*:\s*(\d{3,4})(?:\.\d+)?px`)

// someWidth reports whether a rule is for the screens of some width that readers have:
// what it shows is shown to those.
func someWidth(rule string) bool {
	rule = dom.Lowered(rule)
	if !strings.HasPrefix(rule, "@media") || strings.Contains(rule, "print") || strings.Contains(rule, "not ") {
		return false
	}
	widths := screenWidth.FindAllStringSubmatch(rule, 8)
	for _, m := range widths {
		if px, err := strconv.Atoi(m[1]); err != nil || px < 320 || px > 1920 {
			return false
		}
	}
	return len(widths) > 0
}

// AnyMedium reports whether a condition of media, or one of a list of them, is met
// by every screen.
func AnyMedium(media string) bool {
	var all []string
	for one := range strings.SplitSeq(media, ",") {
		one = strings.TrimPrefix(strings.Join(strings.Fields(one), " "), "only ")
		switch one {
		case "screen", "all", "not print":
			return true
		case "":
			if media == one {
				return true
			}
			continue
		}
		if not, ok := strings.CutPrefix(one, "not all and "); ok {
			if noScreen(not) {
				return true
			}
			continue
		}
		for _, screen := range []string{"screen and ", "all and "} {
			one = strings.TrimPrefix(one, screen)
		}
		met := true
		for asks := range strings.SplitSeq(one, " and ") {
			met = met && metByAll(asks)
		}
		if met {
			return true
		}
		all = append(all, strings.ReplaceAll(one, " ", ""))
	}
	// Two that no screen escapes together.
	return slices.Contains(all, "(orientation:portrait)") && slices.Contains(all, "(orientation:landscape)") ||
		slices.Contains(all, "(hover:hover)") && slices.Contains(all, "(hover:none)")
}

// Sizes no screen is smaller than, or larger.
const (
	narrowest = 320
	lowest    = 200
	largest   = 10_000
)

// metByAll reports whether one condition in brackets is met by every screen.
func metByAll(asks string) bool {
	asks = strings.TrimSuffix(strings.TrimPrefix(strings.ReplaceAll(asks, " ", ""), "("), ")")
	switch asks {
	case "color", "min-color:1", "width", "height", "aspect-ratio", "resolution", "orientation":
		return true
	}
	for _, c := range []struct {
		begins string
		most   bool // else least
		px     float64
	}{{"min-width:", false, narrowest}, {"width>=", false, narrowest}, {"width>", false, narrowest - 1}, {"min-height:", false, lowest}, {"height>=", false, lowest}, {"height>", false, lowest - 1},
		{"max-width:", true, largest}, {"width<=", true, largest}, {"max-height:", true, largest}, {"height<=", true, largest}} {
		size, ok := strings.CutPrefix(asks, c.begins)
		if !ok {
			continue
		}
		if n, plain := Length(size); plain && (!c.most && n <= c.px || c.most && n >= c.px) {
			return true
		}
	}
	return false
}

// noScreen reports whether no screen meets a condition.
func noScreen(asks string) bool {
	asks = strings.TrimSuffix(strings.TrimPrefix(strings.ReplaceAll(asks, " ", ""), "("), ")")
	for begins, px := range map[string]float64{"max-width:": narrowest, "max-height:": lowest} {
		if size, ok := strings.CutPrefix(asks, begins); ok {
			n, plain := Length(size)
			return plain && n < px
		}
	}
	return false
}
