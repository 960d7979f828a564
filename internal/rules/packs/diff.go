package packs

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"zhengshu/internal/fault"
)

// Encode writes a pack as Decode reads it: the same pack gives the same bytes.
func Encode(p Pack) ([]byte, error) {
	b, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return nil, err
	}
	if len(b) > MaxBytes {
		return nil, fault.Newf(fault.Invalid, "指标文件超过%d KB，请删减。", MaxBytes>>10)
	}
	return append(b, '\n'), nil
}

// Digest is the SHA-256 of what Encode writes.
func Digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// Change is one value that differs between two versions.
type Change struct {
	Indicator, Name string // empty for the pack as a whole
	Field           string // in Chinese
	Was, Now        string
	// Moves: the value can change a verdict or points, not only words.
	Moves bool
}

// Diff lists what now says otherwise than before, in the order of now; what is
// gone stands at the end.
func Diff(before, now Pack) []Change {
	var out []Change
	add := func(i Indicator, field, was, is string, moves bool) {
		if was != is {
			out = append(out, Change{i.ID, i.Name, field, was, is, moves})
		}
	}
	whole := Indicator{}
	add(whole, "名称", before.Title, now.Title, false)
	add(whole, "依据", before.Source, now.Source, false)
	add(whole, "生效日期", before.EffectiveFrom.String(), now.EffectiveFrom.String(), true)
	add(whole, "失效日期", dayOr(before.EffectiveTo.IsZero(), before.EffectiveTo.String()), dayOr(now.EffectiveTo.IsZero(), now.EffectiveTo.String()), true)
	add(whole, "扣分满分", before.Totals.Deduct.shown(), now.Totals.Deduct.shown(), true)
	add(whole, "加分满分", before.Totals.Bonus.shown(), now.Totals.Bonus.shown(), true)
	add(whole, "合格线", before.Totals.FailBelow.shown(), now.Totals.FailBelow.shown(), true)
	add(whole, "加分门槛", before.Totals.BonusAbove.shown(), now.Totals.BonusAbove.shown(), true)
	add(whole, "豁免", before.Exemption.shown(), now.Exemption.shown(), true)
	old := map[string]Indicator{}
	for _, list := range [][]Indicator{before.Indicators, before.Special} {
		for _, i := range list {
			old[i.ID] = i
		}
	}
	for _, list := range [][]Indicator{now.Indicators, now.Special} {
		for _, i := range list {
			o, ok := old[i.ID]
			if !ok {
				add(i, "整项", "无", "新增："+i.Says, i.Kind != Special)
				continue
			}
			delete(old, i.ID)
			add(i, "名称", o.Name, i.Name, false)
			add(i, "组别", o.Group, i.Group, true)
			add(i, "评分细则", o.Says, i.Says, false)
			add(i, "类型", o.Kind.Name(), i.Kind.Name(), true)
			add(i, "适用对象", classNames(o.AppliesTo), classNames(i.AppliesTo), true)
			add(i, "判定方式", o.Auto.Name(), i.Auto.Name(), true)
			add(i, "计量", o.Measure, i.Measure, true)
			add(i, "阈值", o.Threshold.shown(), i.Threshold.shown(), true)
			add(i, "预警值", o.Warn.shown(), i.Warn.shown(), false)
			add(i, "分值", o.Points.shown(), i.Points.shown(), true)
			add(i, "每处", o.PerHit.shown(), i.PerHit.shown(), true)
			add(i, "上限", o.Cap.shown(), i.Cap.shown(), true)
			add(i, "不重复扣分", yes(o.NoDoubleCount), yes(i.NoDoubleCount), true)
			add(i, "检查项", strings.Join(o.Checks, "、"), strings.Join(i.Checks, "、"), true)
			for _, name := range slices.Sorted(maps.Keys(union(o.Params, i.Params))) {
				add(i, "参数 "+name, o.Params[name].shown(), i.Params[name].shown(), true)
			}
			add(i, "核实程度", o.Mark.Name(), i.Mark.Name(), false)
			add(i, "来源", o.Source, i.Source, false)
		}
	}
	for _, list := range [][]Indicator{before.Indicators, before.Special} {
		for _, i := range list {
			if _, gone := old[i.ID]; gone {
				add(i, "整项", i.Says, "删除", i.Kind != Special)
			}
		}
	}
	return out
}

func union(a, b map[string]Value) map[string]Value {
	out := maps.Clone(a)
	if out == nil {
		out = map[string]Value{}
	}
	maps.Copy(out, b)
	return out
}

func yes(b bool) string {
	if b {
		return "是"
	}
	return "否"
}

func dayOr(none bool, day string) string {
	if none {
		return "无"
	}
	return day
}

// shown is the value with its mark: a value verified since is a change too.
func (v Value) shown() string {
	if !v.Given() {
		return "无"
	}
	return v.N.String() + "（" + v.Mark.Name() + "）"
}

func (e Exemption) shown() string {
	switch e.Mode {
	case Scale:
		return fmt.Sprintf("%s 不检查，其余乘以 %d/%d", e.Group, e.Numerator, e.Denominator)
	case Redistribute:
		return e.Group + " 不检查，分值按比例分摊"
	}
	return "不豁免"
}

// Name is the kind in Chinese.
func (k Kind) Name() string {
	return map[Kind]string{Veto: "单项否决", Deduct: "扣分", Bonus: "加分", Special: "专项检查"}[k]
}

// Name is the way of judging in Chinese.
func (a Auto) Name() string {
	return map[Auto]string{Full: "机器判定", Assisted: "机器提示、人工确认", Manual: "人工判定"}[a]
}

// Classes are the words of applies_to with their names, in screen order.
var Classes = []struct{ Word, Name string }{
	{"website", "政府网站"}, {string(PortalSite), "门户网站"}, {string(DepartmentSite), "部门网站"},
	{"account", "账号"}, {string(PublishingAccount), "发布类账号"}, {string(ServiceAccount), "服务类账号"}, {string(InteractionAccount), "互动类账号"},
	{string(App), "移动客户端"}, {string(OfficeWork), "主管单位监管工作"},
}

// Measures are the words of measure with their names and units, in screen order.
var Measures = []struct{ Word, Name, Unit string }{
	{"share", "失败占比", ""}, {"stale_days", "未更新天数", "天"}, {"stale_columns", "未更新栏目", "个"}, {"overdue_columns", "逾期栏目", "个"}, {"blank_columns", "空白栏目", "个"},
	{"unanswered", "未答复留言", "件"}, {"incomplete_guides", "要素缺失的事项", "个"}, {"hits", "处数", "处"},
}

func classNames(words []string) string {
	var out []string
	for _, w := range words {
		name := w
		for _, c := range Classes {
			if c.Word == w {
				name = c.Name
			}
		}
		out = append(out, name)
	}
	return strings.Join(out, "、")
}

// For says in Chinese whom the indicator is for.
func (i Indicator) For() string { return classNames(i.AppliesTo) }
