package packs

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"

	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
)

// MaxBytes bounds a pack document, MaxIndicators its lines, special ones
// included.
const (
	MaxBytes      = 1 << 20
	MaxIndicators = 300
)

//go:embed *.json
var embedded embed.FS

// Embedded returns the packs that come with the program, by id and version.
func Embedded() ([]Pack, error) {
	names, err := fs.Glob(embedded, "*.json")
	if err != nil {
		return nil, err
	}
	var out []Pack
	for _, name := range names {
		b, err := embedded.ReadFile(name)
		if err != nil {
			return nil, err
		}
		p, err := Decode(b)
		if err != nil {
			return nil, fmt.Errorf("packs: %s: %w", name, err)
		}
		out = append(out, p)
	}
	return out, nil
}

// Pick returns the newest version of a pack in force on the day, and whether
// there is one: the past is rescored with the rules of its day.
func Pick(all []Pack, id string, on calendar.Date) (Pack, bool) {
	var best Pack
	for _, p := range all {
		if p.ID == id && p.InForce(on) && p.Version > best.Version {
			best = p
		}
	}
	return best, best.Version > 0
}

// Contradicts lists what is wrong with the days of p beside the other versions
// of the same pack: versions follow one another, and no two bind on a day that
// both name.
func (p Pack) Contradicts(others []Pack) []fault.Field {
	var c complaints
	for _, o := range others {
		if o.ID != p.ID {
			continue
		}
		switch {
		case o.Version == p.Version:
			c.add(true, "version", "第%d版已经有了，请改用第%d版。", p.Version, p.Version+1)
		case o.Version < p.Version:
			c.add(!p.EffectiveFrom.After(o.EffectiveFrom), "effective_from", "第%d版自%s起生效，早于或等于第%d版的生效日期%s；后一版须更晚生效，请改写。", p.Version, p.EffectiveFrom, o.Version, o.EffectiveFrom)
			c.add(!o.EffectiveTo.IsZero() && !p.EffectiveFrom.After(o.EffectiveTo) && p.EffectiveFrom.After(o.EffectiveFrom), "effective_from", "与第%d版（%s至%s）的日期重叠，请将生效日期改为%s或以后。", o.Version, o.EffectiveFrom, o.EffectiveTo, o.EffectiveTo.AddDays(1))
		default:
			c.add(!p.EffectiveFrom.Before(o.EffectiveFrom), "effective_from", "第%d版自%s起生效，晚于或等于更新的第%d版（%s）；请改写。", p.Version, p.EffectiveFrom, o.Version, o.EffectiveFrom)
			c.add(!p.EffectiveTo.IsZero() && !p.EffectiveTo.Before(o.EffectiveFrom) && p.EffectiveFrom.Before(o.EffectiveFrom), "effective_to", "与第%d版（自%s起）的日期重叠，请将失效日期改为%s或以前。", o.Version, o.EffectiveFrom, o.EffectiveFrom.AddDays(-1))
		}
	}
	return c
}

// Decode reads a pack strictly: unknown and repeated names, trailing bytes and
// anything Validate complains of are refused with a fault.Invalid in Chinese.
func Decode(b []byte) (Pack, error) {
	p, err := Parse(b)
	if err != nil {
		return Pack{}, err
	}
	return p, p.Check()
}

// Check is Validate as an error: nil when the pack can be used.
func (p Pack) Check() error {
	wrong := p.Validate()
	if len(wrong) == 0 {
		return nil
	}
	return &fault.Error{Kind: fault.Invalid, Says: fmt.Sprintf("指标文件有%d处不符合要求，请按提示修改。", len(wrong)), Fields: wrong}
}

// Parse reads the form of a pack as strictly as Decode, and leaves out what it
// must add up to: a draft is on its way there.
func Parse(b []byte) (Pack, error) {
	if len(b) > MaxBytes {
		return Pack{}, invalid("文件", fmt.Sprintf("指标文件超过%d KB，请删减后重新上传。", MaxBytes>>10), nil)
	}
	if name, err := repeatedName(b); err != nil {
		return Pack{}, invalid("文件", "指标文件不是有效的JSON，请检查括号、逗号和引号。", err)
	} else if name != "" {
		return Pack{}, invalid(name, fmt.Sprintf("“%s”重复出现，请只保留一处。", name), nil)
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	var p Pack
	if err := dec.Decode(&p); err != nil {
		return Pack{}, invalid("文件", "指标文件内容无法识别："+reason(err), err)
	}
	return p, nil
}

func invalid(field, says string, cause error) error {
	return &fault.Error{Kind: fault.Invalid, Says: says, Fields: []fault.Field{{Name: field, Says: says}}, Cause: cause}
}

// reason turns the decoder's English into a sentence that says where.
func reason(err error) string {
	var typ *json.UnmarshalTypeError
	var date *calendar.ParseError
	switch {
	case errors.As(err, &typ):
		return fmt.Sprintf("“%s”的类型不对，请核对。", typ.Field)
	case errors.As(err, &date):
		return date.Error()
	case strings.Contains(err.Error(), "unknown field"):
		_, name, _ := strings.Cut(err.Error(), "unknown field ")
		return fmt.Sprintf("未知字段%s，请删除或改正字段名。", name)
	case strings.Contains(err.Error(), "数值"):
		return err.Error()
	}
	return "请对照指标文件样例检查。"
}

// repeatedName walks the tokens once: encoding/json keeps the last of two equal
// names without a word, and a pack must not hide a value that way.
func repeatedName(b []byte) (string, error) {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	type level struct {
		object bool
		seen   map[string]bool
		name   bool // the next token is a name
	}
	var stack []level
	values := 0
	for {
		tok, err := dec.Token()
		if err == io.EOF {
			if len(stack) > 0 || values != 1 {
				return "", io.ErrUnexpectedEOF
			}
			return "", nil
		}
		if err != nil {
			return "", err
		}
		top := len(stack) - 1
		if d, ok := tok.(json.Delim); ok && (d == '}' || d == ']') {
			stack = stack[:top]
			continue
		}
		if top >= 0 && stack[top].object && stack[top].name {
			name := tok.(string)
			if stack[top].seen[name] {
				return name, nil
			}
			stack[top].seen[name] = true
			stack[top].name = false
			continue
		}
		switch {
		case top < 0:
			values++
		case stack[top].object:
			stack[top].name = true
		}
		if d, ok := tok.(json.Delim); ok {
			stack = append(stack, level{object: d == '{', seen: map[string]bool{}, name: d == '{'})
		}
	}
}

var (
	packID      = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,63}$`)
	indicatorID = regexp.MustCompile(`^[A-Z]+(-[A-Z0-9]+)*-[0-9]+(\.[0-9]+)?$`)
	checkID     = regexp.MustCompile(`^[a-z]+\.([a-z_]+|\*)$`)
	paramName   = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
)

// windowed are the measures that mean nothing without a window (days or months).
var windowed = map[string]bool{
	"share": true, "stale_days": true, "stale_columns": true, "unanswered": true,
}

// measures are the words allowed in measure.
var measures = map[string]bool{
	"share": true, "stale_days": true, "stale_columns": true, "overdue_columns": true, "blank_columns": true,
	"unanswered": true, "incomplete_guides": true, "hits": true,
}

// spans are the parameters that count days, months or times: none may be zero,
// for they are divided by or counted back from.
var spans = map[string]bool{"days": true, "months": true, "look_back_months": true, "probes_per_day": true, "timeout_s": true, "within_workdays": true, "letters": true}

// mostSpan is ten years in days.
const mostSpan Hundredths = 3660_00

// missing are the parameters that what feeds the indicator cannot do without.
func (i Indicator) missing() []string {
	var need []string
	if slices.Contains(i.Checks, "access.rate") {
		need = append(need, "days", "probes_per_day")
	}
	if i.Measure == "unanswered" {
		need = append(need, "months", "look_back_months")
	}
	if i.Measure == "incomplete_guides" {
		need = append(need, "missing_classes")
	}
	var out []string
	for _, name := range need {
		if _, ok := i.Params[name]; !ok {
			out = append(out, name)
		}
	}
	return out
}

// complaints gathers what is wrong, field by field.
type complaints []fault.Field

func (c *complaints) add(wrong bool, field, format string, args ...any) {
	if wrong {
		*c = append(*c, fault.Field{Name: field, Says: fmt.Sprintf(format, args...)})
	}
}

// Validate lists what is wrong with a pack, each field with cause and cure;
// empty when it can be used.
func (p Pack) Validate() []fault.Field {
	var c complaints
	c.add(!packID.MatchString(p.ID), "id", "标识“%s”不合规：只能用小写字母、数字和连字符；请改写。", p.ID)
	c.add(p.Version < 1, "version", "版本号须为1以上的整数，请填写。")
	c.add(strings.TrimSpace(p.Title) == "", "title", "缺少名称，请填写指标名称。")
	c.add(strings.TrimSpace(p.Source) == "", "source", "缺少依据，请填写文号。")
	c.add(strings.TrimSpace(p.Confidence) == "", "confidence", "缺少核实程度，请填写。")
	c.add(p.EffectiveFrom.IsZero(), "effective_from", "缺少生效日期，请填写。")
	c.add(len(p.Indicators)+len(p.Special) > MaxIndicators, "indicators", "指标超过%d项，请合并或删减。", MaxIndicators)
	c.add(!p.EffectiveTo.IsZero() && p.EffectiveTo.Before(p.EffectiveFrom), "effective_to", "失效日期早于生效日期，请核对。")
	p.validateTotals(&c)
	c.add(len(p.Indicators) == 0, "indicators", "没有任何指标，请至少填写一项。")
	seen := map[string]bool{}
	for _, list := range [][]Indicator{p.Indicators, p.Special} {
		for _, i := range list {
			c.add(seen[i.ID], i.ID, "指标编号重复，请改为不同编号。")
			seen[i.ID] = true
			i.validate(&c)
		}
	}
	for _, i := range p.Indicators {
		c.add(i.Kind == Special, i.ID, "专项检查应写在special中，请移动。")
	}
	for _, i := range p.Special {
		c.add(i.Kind != Special, i.ID, "special中只能是专项检查，请将kind改为special。")
	}
	p.validateSums(&c)
	return c
}

func (p Pack) validateTotals(c *complaints) {
	for _, v := range []struct {
		name string
		v    Value
	}{{"totals.deduct", p.Totals.Deduct}, {"totals.bonus", p.Totals.Bonus}, {"totals.fail_below", p.Totals.FailBelow}, {"totals.bonus_above", p.Totals.BonusAbove}} {
		c.add(!v.v.Mark.Known(), v.name, "缺少数值或核实标记，请填写value和mark（V、1、S、M+、M-、D）。")
	}
	c.add(p.Totals.FailBelow.N > p.Totals.BonusAbove.N, "totals.bonus_above", "加分门槛低于合格线，请核对。")
	c.add(p.Totals.BonusAbove.N > p.Totals.Deduct.N, "totals.bonus_above", "加分门槛高于满分，请核对。")
	e := p.Exemption
	switch e.Mode {
	case NoExemption:
		return
	case Scale:
		c.add(e.Numerator < 1 || e.Denominator < 1 || e.Numerator > maxWhole || e.Denominator > maxWhole, "exemption.numerator", "折算系数须为正的分数，请填写分子和分母。")
	case Redistribute:
	default:
		c.add(true, "exemption.mode", "豁免方式“%s”不认识，请填写scale、redistribute或none。", e.Mode)
		return
	}
	c.add(!e.Mark.Known(), "exemption.mark", "缺少核实标记，请填写（V、1、S、M+、M-、D）。")
	c.add(strings.TrimSpace(e.Source) == "", "exemption.source", "缺少来源，请填写。")
	c.add(!slices.ContainsFunc(p.Indicators, func(i Indicator) bool { return i.Kind == Deduct && i.Group == e.Group }),
		"exemption.group", "没有属于“%s”的扣分指标，请核对组名。", e.Group)
}

func (p Pack) validateSums(c *complaints) {
	var deduct, bonus, group Hundredths
	for _, i := range p.Indicators {
		switch i.Kind {
		case Deduct:
			deduct += i.Points.N
			if i.Group == p.Exemption.Group {
				group += i.Points.N
			}
		case Bonus:
			bonus += i.Points.N
		}
	}
	c.add(deduct != p.Totals.Deduct.N, "totals.deduct", "扣分指标合计%s分，应为%s分；请核对各项分值。", deduct, p.Totals.Deduct.N)
	c.add(bonus != p.Totals.Bonus.N, "totals.bonus", "加分指标合计%s分，应为%s分；请核对各项分值。", bonus, p.Totals.Bonus.N)
	rest := int64(deduct - group)
	e := p.Exemption
	// 4/3 of what is left must be the whole again: that is why the service
	// group is worth exactly 25.
	if e.Mode == Scale && e.Numerator > 0 && e.Denominator > 0 && e.Numerator <= maxWhole && e.Denominator <= maxWhole {
		c.add(rest*e.Numerator != int64(p.Totals.Deduct.N)*e.Denominator, "exemption.group",
			"“%s”合计%s分，与折算系数%d/%d不符；请核对该组分值或系数。", e.Group, group, e.Numerator, e.Denominator)
	}
	c.add(e.Mode == Redistribute && rest <= 0, "exemption.group", "“%s”占了全部分值，无法分摊；请核对。", e.Group)
}

func (i Indicator) validate(c *complaints) {
	f := i.ID
	if f == "" {
		f = "indicators"
	}
	c.add(!indicatorID.MatchString(i.ID), f, "指标编号“%s”不合规，请写成V-W-2、D-01这样的编号。", i.ID)
	c.add(strings.TrimSpace(i.Name) == "", f, "缺少指标名称，请填写。")
	c.add(strings.TrimSpace(i.Says) == "", f, "缺少评分细则，请填写。")
	c.add(!slices.Contains([]Auto{Full, Assisted, Manual}, i.Auto), f, "判定方式“%s”不认识，请填写full、assisted或manual。", i.Auto)
	c.add(!i.Mark.Known(), f, "核实标记“%s”不认识，请填写V、1、S、M+、M-或D。", i.Mark)
	c.add(strings.TrimSpace(i.Source) == "", f, "缺少来源，请填写。")
	c.add(len(i.AppliesTo) == 0, f, "缺少适用对象，请填写applies_to。")
	for _, a := range i.AppliesTo {
		c.add(!applicable[a], f, "适用对象“%s”不认识，请核对。", a)
	}
	for _, id := range i.Checks {
		c.add(!checkID.MatchString(id), f, "检查编号“%s”不合规，请写成“类别.名称”。", id)
	}
	for _, name := range slices.Sorted(maps.Keys(i.Params)) {
		v := i.Params[name]
		c.add(!paramName.MatchString(name), f, "参数名“%s”不合规，请用小写字母、数字和下划线。", name)
		c.add(!v.Mark.Known(), f, "参数“%s”缺少核实标记，请填写mark。", name)
	}
	for _, v := range []struct {
		name string
		v    Value
	}{{"threshold", i.Threshold}, {"warn", i.Warn}, {"points", i.Points}, {"per_hit", i.PerHit}, {"cap", i.Cap}} {
		c.add(v.v != Value{} && !v.v.Mark.Known(), f, "“%s”缺少核实标记，请填写mark。", v.name)
	}
	i.validateKind(c, f)
}

func (i Indicator) validateKind(c *complaints, f string) {
	switch i.Kind {
	case Veto:
		c.add(i.Points.Given() || i.PerHit.Given(), f, "单项否决指标不设分值，请删除points和per_hit。")
		c.add(i.Auto == Full && !i.Threshold.Given(), f, "自动判定的否决指标须有阈值，请填写measure和threshold。")
	case Deduct:
		c.add(i.Points.N <= 0, f, "扣分指标须有分值，请填写points。")
		c.add(i.PerHit.N <= 0, f, "扣分指标须有每处扣分，请填写per_hit。")
		c.add(i.PerHit.N > i.Points.N, f, "每处扣分%s超过本项分值%s，请核对。", i.PerHit.N, i.Points.N)
	case Bonus:
		c.add(i.Points.N <= 0, f, "加分指标须有分值，请填写points。")
	case Special:
		c.add(i.Points.Given() || i.PerHit.Given(), f, "专项检查不计分，请删除points和per_hit。")
	default:
		c.add(true, f, "指标类型“%s”不认识，请填写veto、deduct、bonus或special。", i.Kind)
	}
	c.add(i.Cap.Given() && i.Cap.N > i.Points.N, f, "扣分上限%s超过本项分值%s，请核对。", i.Cap.N, i.Points.N)
	c.add(i.Threshold.Given() != (i.Measure != ""), f, "measure和threshold须同时填写，请补全。")
	c.add(i.Measure != "" && !measures[i.Measure], f, "计量“%s”不认识，请核对measure。", i.Measure)
	c.add(i.Threshold.Given() && i.Threshold.N <= 0, f, "阈值须大于0，请核对。")
	c.add(i.Warn.Given() && i.Warn.N >= i.Threshold.N, f, "预警值应小于阈值，请核对。")
	for _, name := range i.missing() {
		c.add(true, f, "缺少参数“%s”，判定这项指标要用到；请在params中填写。", name)
	}
	for _, name := range slices.Sorted(maps.Keys(i.Params)) {
		v := i.Params[name]
		c.add(spans[name] && v.N < 100, f, "参数“%s”为%s，时段和次数须不小于1；请改写。", name, v.N)
		c.add(spans[name] && v.N > mostSpan, f, "参数“%s”为%s，超过%s；请核对。", name, v.N, mostSpan)
		c.add(i.Kind == Deduct && strings.HasPrefix(name, "per_hit") && v.N > i.Points.N, f, "每处扣分“%s”为%s，超过本项分值%s，请核对。", name, v.N, i.Points.N)
	}
	if windowed[i.Measure] {
		_, days := i.Params["days"]
		_, months := i.Params["months"]
		c.add(!days && !months, f, "按时段计量的指标须有时段，请在params中填写days或months。")
	}
}
