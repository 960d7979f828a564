package css

import (
	"slices"
	"strconv"
	"strings"
)

// Length reads a CSS length in pixels; em and the like count 16. ok is false
// for anything that is not a plain length.
func Length(v string) (px float64, ok bool) {
	v = strings.TrimSpace(v)
	if strings.IndexByte(v, '(') >= 0 {
		return calculated(v)
	}
	if i := strings.IndexAny(v, " \t\n"); i > 0 {
		v = v[:i]
	}
	end := 0
	for end < len(v) && (v[end]-'0' <= 9 || v[end] == '.' || (end == 0 && (v[end] == '-' || v[end] == '+'))) {
		end++
	}
	n, err := strconv.ParseFloat(v[:end], 64)
	if err != nil {
		return 0, false
	}
	switch v[end:] {
	case "", "px":
		return n, true
	case "em", "rem", "ex", "ch":
		return n * 16, true
	case "pt":
		return n * 4 / 3, true
	case "%", "vw", "vh":
		return n * 10, true
	case "cm":
		return n * 38, true
	}
	return 0, n == 0
}

// calculated is what calc(, min(, max( or clamp( come to.
func calculated(v string) (px float64, ok bool) {
	c := calculation{rest: v}
	px, ok = c.factor()
	return px, ok
}

// calculation reads the functions of arithmetic, lengths in pixels.
type calculation struct {
	rest string
	deep int
}

func (c *calculation) next() byte {
	c.rest = strings.TrimLeft(c.rest, " \t\n")
	if c.rest == "" {
		return 0
	}
	return c.rest[0]
}

func (c *calculation) sum() (n float64, ok bool) {
	n, ok = c.product()
	for ok {
		sign := c.next()
		if sign != '+' && sign != '-' {
			break
		}
		c.rest = c.rest[1:]
		var by float64
		if by, ok = c.product(); sign == '-' {
			by = -by
		}
		n += by
	}
	return n, ok
}

func (c *calculation) product() (n float64, ok bool) {
	n, ok = c.factor()
	for ok {
		sign := c.next()
		if sign != '*' && sign != '/' {
			break
		}
		c.rest = c.rest[1:]
		var by float64
		if by, ok = c.factor(); !ok {
			break
		}
		if sign == '/' {
			if by == 0 {
				return 0, false
			}
			by = 1 / by
		}
		n *= by
	}
	return n, ok
}

func (c *calculation) factor() (n float64, ok bool) {
	if c.next() == 0 || c.deep > 8 {
		return 0, false
	}
	open := strings.IndexAny(c.rest, "( \t\n,)*/")
	if open < 0 || c.rest[open] != '(' {
		end := len(c.rest)
		if open > 0 {
			end = open
		}
		n, ok = Length(c.rest[:end])
		c.rest = c.rest[end:]
		return n, ok && end > 0
	}
	name := c.rest[:open]
	c.rest = c.rest[open+1:]
	c.deep++
	defer func() { c.deep-- }()
	var args []float64
	for {
		one, plain := c.sum()
		if !plain || len(args) > 8 {
			return 0, false
		}
		args = append(args, one)
		if c.next() != ',' {
			break
		}
		c.rest = c.rest[1:]
	}
	if c.next() == ')' {
		c.rest = c.rest[1:]
	}
	switch name {
	case "", "calc", "-webkit-calc", "-moz-calc":
		return args[0], len(args) == 1
	case "min":
		return slices.Min(args), true
	case "max":
		return slices.Max(args), true
	case "clamp":
		return max(args[0], min(args[1%len(args)], args[len(args)-1])), len(args) == 3
	}
	return 0, false
}

// closing is where the bracket that is open before s closes; the end where it does not.
func closing(s string) int {
	depth := 1
	for i := range len(s) {
		switch s[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return len(s)
}

// arguments are what stands between the commas of a function; where there are none,
// between its blanks.
func arguments(args string) (out []string) {
	by := byte(',')
	if strings.IndexByte(args, ',') < 0 && strings.IndexByte(args, '(') < 0 {
		by = ' '
	}
	depth, from := 0, 0
	for i := 0; i <= len(args); i++ {
		switch {
		case i == len(args) || args[i] == by && depth == 0:
			if one := strings.TrimSpace(args[from:i]); one != "" {
				out = append(out, one)
			}
			from = i + 1
		case args[i] == '(':
			depth++
		case args[i] == ')':
			depth--
		}
	}
	return out
}

// quarter reports whether an angle turns the edge to the reader.
func quarter(angle string) bool {
	switch angle {
	case "90deg", "-90deg", "270deg", ".25turn", "0.25turn", "100grad":
		return true
	}
	return false
}

func zeroLength(v string) bool {
	n, ok := Length(v)
	return v != "" && ok && n == 0
}

// quantity reads a number or a share of the whole; ok is false for anything else.
func quantity(v string) (n float64, ok bool) {
	v = strings.TrimSpace(v)
	if v == "" {
		return 0, false
	}
	if strings.IndexByte(v, '(') >= 0 {
		return calculated(v)
	}
	share, isShare := strings.CutSuffix(v, "%")
	n, err := strconv.ParseFloat(share, 64)
	if isShare {
		n /= 100
	}
	return n, err == nil
}

func zeroNumber(v string) bool {
	n, ok := quantity(v)
	return ok && n >= 0 && n <= 0.02
}

// parts are what stands in the brackets of a function, apart.
func parts(call string) []string {
	_, args, opened := strings.Cut(call, "(")
	args, _, closed := strings.Cut(args, ")")
	if !opened || !closed {
		return nil
	}
	return strings.FieldsFunc(args, func(r rune) bool { return r == ',' || r == ' ' || r == '/' })
}

func asciiLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
