// Package picker offers the units of a scope in a form and reads the answer.
//
// It decides how a unit is chosen: from a list where it is short, by full name
// where it is long. It does not decide who may choose it: the scope does.
package picker

import (
	"context"
	"net/http"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/web"
)

// Longest is the longest list of units that a form offers.
const Longest = 120

// Field is the question for a unit, with the unit chosen before.
func Field(ctx context.Context, o *org.Service, scope authz.Scope, name, label string, chosen org.UnitID) (web.Field, error) {
	units, total, err := o.Units(ctx, scope, org.UnitFilter{Limit: Longest})
	if err != nil {
		return web.Field{}, err
	}
	if total > len(units) {
		f := web.Field{Name: name, Label: label, Required: true, Max: 60, Hint: "填写单位全称，如 西安市商务局"}
		if chosen != "" {
			u, err := o.Unit(ctx, scope, chosen)
			if err != nil {
				return f, err
			}
			f.Value = u.Name
		}
		return f, nil
	}
	f := web.Field{Kind: web.Select, Name: name, Label: label, Required: true, Value: string(chosen)}
	if len(units) != 1 {
		f.Options = append(f.Options, web.Option{Label: "请选择单位"})
	} else {
		f.Value = string(units[0].ID)
	}
	for _, u := range units {
		f.Options = append(f.Options, web.Option{Value: string(u.ID), Label: u.Name})
	}
	return f, nil
}

// offered is how many units an answer that fits several names.
const offered = 6

// Unit is the unit of the field as it was answered: an id, or a full name,
// which is followed by the division in brackets where several units bear it. An
// answer that fits none or several is never guessed: the field says which units
// come near.
func Unit(r *http.Request, o *org.Service, scope authz.Scope, name string) (org.Unit, error) {
	s := web.Typed(r, name)
	if s == "" {
		return org.Unit{}, fault.New(fault.Invalid, "没有选择单位。").On(name, "请选择单位")
	}
	u, err := o.Unit(r.Context(), scope, org.UnitID(s))
	if !fault.Is(err, fault.NotFound) {
		return u, err
	}
	near, err := like(r.Context(), o, scope, s)
	if err != nil {
		return org.Unit{}, err
	}
	fits := named(near, s, "")
	if before, area, ok := strings.Cut(strings.TrimSuffix(s, "）"), "（"); len(fits) == 0 && ok {
		within, err := like(r.Context(), o, scope, before)
		if err != nil {
			return org.Unit{}, err
		}
		fits = named(within, before, area)
	}
	switch {
	case len(fits) == 1:
		return fits[0], nil
	case len(fits) > 1:
		return org.Unit{}, fault.Newf(fault.Invalid, "有 %d 个单位叫“%s”，请在名称后用括号写明区划。", len(fits), s).On(name, "请填写其中一个："+list(fits))
	case len(near) > 0:
		return org.Unit{}, fault.Newf(fault.Invalid, "没有叫“%s”的单位，请填写单位台账中的全称。", s).On(name, "名称相近的有："+list(near))
	}
	return org.Unit{}, fault.New(fault.Invalid, "没有找到这个单位，请填写单位台账中的全称。").On(name, "单位台账中没有这个名称，或不在您的管辖范围内")
}

func like(ctx context.Context, o *org.Service, scope authz.Scope, text string) ([]org.Unit, error) {
	units, _, err := o.Units(ctx, scope, org.UnitFilter{Text: text, Limit: 20})
	return units, err
}

func named(units []org.Unit, name, area string) []org.Unit {
	var out []org.Unit
	for _, u := range units {
		if u.Name == name && (area == "" || u.AreaName == area) {
			out = append(out, u)
		}
	}
	return out
}

func list(units []org.Unit) string {
	var names []string
	for _, u := range units[:min(len(units), offered)] {
		names = append(names, u.Name+"（"+u.AreaName+"）")
	}
	return strings.Join(names, "、")
}
