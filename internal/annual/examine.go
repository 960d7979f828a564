package annual

import (
	"fmt"
	"math/big"
	"strings"
	"unicode/utf8"

	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
)

// Problem is what is wrong with a form, in words, and at which cells.
type Problem struct {
	Rule  string
	Cells []string
	Says  string
}

// jump is by which factor a figure may change from year to year without a word.
const jump = 5

// examine holds the cells against one another. Contradictions and gaps bar the
// submission; a great jump against last year asks for a remark.
func (d *Dossier) examine() {
	d.Problems, d.Warnings = nil, nil
	bad := func(rule, says string, cells ...string) {
		d.Problems = append(d.Problems, Problem{rule, cells, says})
	}
	for _, l := range d.Lines {
		if l.Value == "" {
			// What exists nowhere (no account of the platform) stays empty.
			if l.Cell.Required {
				bad("missing", "“"+l.Cell.Name()+"”还没有填写", l.Cell.ID)
			}
			continue
		}
		if says := l.Cell.refuses(l.Value); says != "" {
			bad("kind", "“"+l.Cell.Name()+"”"+says, l.Cell.ID)
		}
		if l.Origin == ByHand && !l.Cell.Plain && l.Source == "" {
			bad("source", "“"+l.Cell.Name()+"”是手工填报，要写明数据来源", l.Cell.ID)
		}
		if l.Origin == Instead && l.Typed.Why == "" {
			bad("instead", "“"+l.Cell.Name()+"”改动了系统统计的数字，要写明理由", l.Cell.ID)
		}
		// A year that still runs is no measure of the one before.
		if l.Cell.Kind == Count && d.Until == yearEnd(d.Year) && leaps(l.Value, l.Last) {
			w := Problem{"jump", []string{l.Cell.ID}, fmt.Sprintf("“%s”由上年的 %s 变为 %s，相差 %d 倍以上", l.Cell.Name(), l.Last, l.Value, jump)}
			d.Warnings = append(d.Warnings, w)
			if l.Typed.Remark == "" {
				d.Problems = append(d.Problems, Problem{w.Rule, w.Cells, w.Says + "，请写明变化的原因"})
			}
		}
	}
	for _, r := range d.Def.Rules {
		if says := d.breaks(r); says != "" {
			bad(r.ID, says, r.Cells()...)
		}
	}
}

// leaps reports a change by more than jump, up or down; small figures and a
// beginning from nought are no leap.
func leaps(now, last string) bool {
	a, ok := exact(now)
	b, also := exact(last)
	if !ok || !also || b.Sign() == 0 {
		return false
	}
	by := big.NewRat(jump, 1)
	few := big.NewRat(20, 1)
	if a.Cmp(few) < 0 && b.Cmp(few) < 0 {
		return false
	}
	return a.Cmp(new(big.Rat).Mul(b, by)) > 0 || new(big.Rat).Mul(a, by).Cmp(b) < 0
}

// breaks says how a rule is broken, "" when it holds or a figure is missing.
func (d *Dossier) breaks(r Rule) string {
	if r.When != "" {
		l, _ := d.Line(r.When)
		if l.Value != r.Equals {
			return ""
		}
		for _, id := range r.Zero {
			if n, ok := d.number(id); ok && n.Sign() != 0 {
				return fmt.Sprintf("%s：“%s”为“%s”，而“%s”为 %s", r.Says, d.nameOf(r.When), l.Value, d.nameOf(id), decimal(n))
			}
		}
		if len(r.Any) > 0 {
			for _, id := range r.Any {
				if x, _ := d.Line(id); x.Value != "" {
					return ""
				}
			}
			return fmt.Sprintf("%s：“%s”为“%s”", r.Says, d.nameOf(r.When), l.Value)
		}
		return ""
	}
	left, leftSays, ok := d.sum(r.Left)
	if !ok {
		return ""
	}
	var right *big.Rat
	var rightSays string
	switch {
	case r.Below == nil:
		if right, rightSays, ok = d.sum(r.Right); !ok {
			return ""
		}
	case d.Below == nil:
		return ""
	case r.Below.Cell == "":
		right = big.NewRat(int64(d.Below.Sites), 1)
		rightSays = "所辖地区的" + r.Below.Kind.Name() + " " + itoa(d.Below.Sites) + " 份"
	default:
		if right = d.Below.Sums[r.Below.Cell]; right == nil {
			return ""
		}
		rightSays = fmt.Sprintf("%d 份下级报表之和 %s", len(d.Below.Forms), decimal(right))
	}
	n := left.Cmp(right)
	if r.Op == "<=" && n <= 0 || r.Op == ">=" && n >= 0 || r.Op == "=" && n == 0 {
		return ""
	}
	return r.Says + "：现为" + leftSays + "，" + rightSays
}

// sum adds cells; ok is false when one of them is missing.
func (d *Dossier) sum(cells []string) (*big.Rat, string, bool) {
	total := new(big.Rat)
	var says []string
	for _, id := range cells {
		n, ok := d.number(id)
		if !ok {
			return nil, "", false
		}
		total.Add(total, n)
		says = append(says, "“"+d.nameOf(id)+"”"+decimal(n))
	}
	text := strings.Join(says, "、")
	if len(cells) > 1 {
		text += "，合计 " + decimal(total)
	}
	return total, text, true
}

// maxWords is the longest text of a cell, in characters.
const maxWords = 300

// refuses says what is wrong with a value for the cell, "" for nothing.
func (c Cell) refuses(v string) string {
	switch c.Kind {
	case Count:
		if n, ok := exact(v); !ok || !n.IsInt() || strings.Contains(v, ".") || len(v) > 15 {
			return "应填 0 以上的整数，不带单位、逗号和小数"
		}
	case Number:
		_, frac, _ := strings.Cut(v, ".")
		if _, ok := exact(v); !ok || len(frac) > 2 || len(v) > 15 {
			return "应填数字，最多两位小数，不带单位"
		}
	case Choice:
		for _, o := range c.Options {
			if v == o {
				return ""
			}
		}
		return "请选择“" + strings.Join(c.Options, "”或“") + "”"
	case Checks:
		for part := range strings.SplitSeq(v, "、") {
			known := false
			for _, o := range c.Options {
				known = known || part == o
			}
			if !known {
				return "只能从给出的选项中选择"
			}
		}
	case Day:
		if _, err := calendar.ParseDate(v); err != nil {
			return "应填日期，例如 2027-01-15"
		}
	default:
		if utf8.RuneCountInString(v) > maxWords {
			return fmt.Sprintf("最多 %d 个字", maxWords)
		}
	}
	return ""
}

// reasons are the problems as a fault that names each cell.
func (d *Dossier) refusal() error {
	if len(d.Problems) == 0 {
		return nil
	}
	f := &fault.Error{Kind: fault.Invalid, Says: fmt.Sprintf("还有 %d 处需要处理，处理后才能报送。", len(d.Problems))}
	for _, p := range d.Problems {
		name := p.Rule
		if len(p.Cells) > 0 {
			name = "v_" + p.Cells[0]
		}
		f.Fields = append(f.Fields, fault.Field{Name: name, Says: p.Says})
	}
	return f
}
