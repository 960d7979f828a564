package packs

import (
	"strings"

	"zhengshu/internal/calendar"
)

// Kind is what an indicator does to a result.
type Kind string

// The kinds of indicator.
const (
	Veto    Kind = "veto"    // 单项否决
	Deduct  Kind = "deduct"  // 扣分
	Bonus   Kind = "bonus"   // 加分
	Special Kind = "special" // 专项检查: reported, never scored
)

// Auto is how far a machine may decide an indicator.
type Auto string

// The three ways.
const (
	Full     Auto = "full"     // the machine decides
	Assisted Auto = "assisted" // the machine suspects, a person confirms
	Manual   Auto = "manual"   // a person decides
)

// Class is what is scored.
type Class string

// The classes. An indicator that applies to "website" applies to every class
// that begins with "website.".
const (
	PortalSite         Class = "website.portal"
	DepartmentSite     Class = "website.department"
	PublishingAccount  Class = "account.publishing"
	ServiceAccount     Class = "account.service"
	InteractionAccount Class = "account.interaction"
	App                Class = "app"
	OfficeWork         Class = "office"
)

// applicable are the words allowed in applies_to.
var applicable = map[string]bool{
	"website": true, "account": true,
	string(PortalSite): true, string(DepartmentSite): true,
	string(PublishingAccount): true, string(ServiceAccount): true, string(InteractionAccount): true,
	string(App): true, string(OfficeWork): true,
}

// ExemptionMode is what happens to the service group where there are no
// outward services.
type ExemptionMode string

// The modes.
const (
	Scale        ExemptionMode = "scale"        // leave the group out, multiply the rest by the factor
	Redistribute ExemptionMode = "redistribute" // spread the group's points over the rest in proportion
	NoExemption  ExemptionMode = "none"         // score the group all the same
)

// Exemption spares a body without outward services one group of indicators.
type Exemption struct {
	Group string        `json:"group"`
	Mode  ExemptionMode `json:"mode"`
	// Numerator over Denominator is the factor of Scale: 4/3.
	Numerator   int64  `json:"numerator"`
	Denominator int64  `json:"denominator"`
	Mark        Mark   `json:"mark"`
	Source      string `json:"source"`
}

// Totals are the sums and thresholds of a pack.
type Totals struct {
	Deduct     Value `json:"deduct"`
	Bonus      Value `json:"bonus"`
	FailBelow  Value `json:"fail_below"`  // less than this is 不合格
	BonusAbove Value `json:"bonus_above"` // more than this opens the bonus
}

// Indicator is one line of a pack.
type Indicator struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Group string `json:"group"`
	// Says is the condition in Chinese.
	Says      string   `json:"says"`
	Kind      Kind     `json:"kind"`
	AppliesTo []string `json:"applies_to"`
	Auto      Auto     `json:"auto"`
	// Measure names what Threshold counts (columns, share, stale_days, …); the
	// indicator is met when the measure reaches it: 超过(含).
	Measure   string `json:"measure,omitempty"`
	Threshold Value  `json:"threshold,omitzero"`
	// Warn is the measure at which an early warning goes out.
	Warn Value `json:"warn,omitzero"`
	// Params are windows, sample sizes and the like, by name.
	Params map[string]Value `json:"params,omitempty"`
	// Points is the whole indicator, PerHit one hit, Cap the most it can cost;
	// without a Cap the points are the cap.
	Points Value `json:"points,omitzero"`
	PerHit Value `json:"per_hit,omitzero"`
	Cap    Value `json:"cap,omitzero"`
	// NoDoubleCount: what another indicator of the same part already deducted
	// is not deducted here again.
	NoDoubleCount bool `json:"no_double_count,omitempty"`
	// Checks are the check ids that feed the indicator: link.dead, or link.* for
	// the whole family.
	Checks []string `json:"checks,omitempty"`
	Mark   Mark     `json:"mark"`
	Source string   `json:"source"`
}

// Pack is one dated set of scoring rules.
type Pack struct {
	ID            string        `json:"id"`
	Version       int           `json:"version"`
	Title         string        `json:"title"`
	EffectiveFrom calendar.Date `json:"effective_from"`
	// EffectiveTo is the last day; empty while in force.
	EffectiveTo calendar.Date `json:"effective_to"`
	Source      string        `json:"source"`
	// Confidence sums the marks up in a word: verified, unverified-points.
	Confidence string      `json:"confidence"`
	Totals     Totals      `json:"totals"`
	Exemption  Exemption   `json:"exemption"`
	Indicators []Indicator `json:"indicators"`
	// Special are the checks of a quarter: seen, reported, never scored.
	Special []Indicator `json:"special"`
}

// Applies reports whether the indicator is for the class.
func (i Indicator) Applies(c Class) bool {
	for _, a := range i.AppliesTo {
		if a == string(c) || strings.HasPrefix(string(c), a+".") {
			return true
		}
	}
	return false
}

// FedBy reports whether findings of a check belong to the indicator.
func (i Indicator) FedBy(check string) bool {
	for _, c := range i.Checks {
		family, all := strings.CutSuffix(c, "*")
		if c == check || (all && strings.HasPrefix(check, family)) {
			return true
		}
	}
	return false
}

// cap is the most the indicator can cost.
func (i Indicator) cap() Hundredths {
	if i.Cap.Given() {
		return min(i.Cap.N, i.Points.N)
	}
	return i.Points.N
}

// Param returns a parameter, and whether the pack gives it.
func (i Indicator) Param(name string) (Value, bool) {
	v, ok := i.Params[name]
	return v, ok
}

// Indicator returns the indicator with this id, scored or special.
func (p Pack) Indicator(id string) (Indicator, bool) {
	for _, list := range [][]Indicator{p.Indicators, p.Special} {
		for _, i := range list {
			if i.ID == id {
				return i, true
			}
		}
	}
	return Indicator{}, false
}

// InForce reports whether the pack binds on the day.
func (p Pack) InForce(on calendar.Date) bool {
	return !on.Before(p.EffectiveFrom) && (p.EffectiveTo.IsZero() || !on.After(p.EffectiveTo))
}

// Unverified lists the ids of indicators that hold a value not yet verified.
func (p Pack) Unverified() []string {
	var out []string
	for _, i := range p.Indicators {
		if i.unverified() {
			out = append(out, i.ID)
		}
	}
	return out
}

func (i Indicator) unverified() bool {
	if i.Mark.Unverified() || i.Threshold.Mark.Unverified() || i.Points.Mark.Unverified() || i.PerHit.Mark.Unverified() || i.Cap.Mark.Unverified() {
		return true
	}
	for _, v := range i.Params {
		if v.Mark.Unverified() {
			return true
		}
	}
	return false
}
