package inspection

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"zhengshu/internal/check"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/rules/packs"
	"zhengshu/internal/rules/sx2021"
)

// RulesName is the signed statement that the public page of the rules reads: it
// stands on portals that hold no path to the house's database.
const RulesName = "rules"

// PublicRule is one rule of inspection as everybody may read it.
type PublicRule struct {
	ID       string   `json:"id"`
	Family   string   `json:"family"`
	Wrong    string   `json:"wrong"` // what it finds
	Fine     string   `json:"fine,omitempty"`
	Allowed  string   `json:"tolerated,omitempty"`
	Fix      string   `json:"how_to_fix,omitempty"`
	Evidence string   `json:"evidence,omitempty"`
	Basis    []string `json:"basis,omitempty"` // articles and indicators in words
	Severity string   `json:"severity,omitempty"`
	Doubt    string   `json:"unverified,omitempty"` // what of it is not verified
	Objects  []string `json:"objects,omitempty"`
	Draft    bool     `json:"at_author_time"` // put to drafts and previews as well
	Gone     bool     `json:"given_up,omitempty"`
	Edition  string   `json:"edition"`
	Raised   int      `json:"raised"`
	Closed   int      `json:"put_right"`
	Disputed int      `json:"disputed"`
	False    int      `json:"false_alarms"`
	Upheld   int      `json:"upheld"` // disputed, and found true
	// Right is the share that was not false, in hundredths of a per cent; −1 until
	// a dispute has been answered.
	Right int `json:"precision"`
}

// PublicRules is the statement.
type PublicRules struct {
	Made  time.Time    `json:"made"`
	Rules []PublicRule `json:"rules"`
}

// objectNames are what a rule is put to, in the order of people.
var objectNames = []struct {
	object check.Object
	name   string
}{{check.Portal, "政府门户网站"}, {check.DepartmentSite, "部门网站"}, {check.Zone, "开发区网站"}, {check.Account, "政务新媒体账号"}, {check.App, "移动客户端"}}

// BasisName is an article of the rules or an indicator in words.
func BasisName(clause string) string {
	if c, ok := sx2021.ClauseOf(clause); ok {
		return "管理细则" + c.Article
	}
	if name, ok := indicators()[clause]; ok {
		return name
	}
	return clause
}

// Unverified is what of a rule is not verified against the official text; empty:
// nothing.
func Unverified(id string) string {
	c, _ := check.ByID(id)
	return c.Doubt
}

// indicators are those of the national packs in words: the instrument and the
// name, as the instrument prints no numbers.
var indicators = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	list, err := packs.Embedded()
	if err != nil {
		return out // a broken build; the packs' own tests say where
	}
	for _, p := range list {
		for _, i := range p.Indicators {
			out[i.ID] = p.Source + "检查指标“" + i.Name + "”"
		}
	}
	return out
})

// Rules are all rules of inspection with how often each was right.
func (s *Service) Rules(ctx context.Context) ([]PublicRule, error) {
	counts, err := s.Precisions(ctx)
	if err != nil {
		return nil, err
	}
	return publicRules(counts), nil
}

func publicRules(counts []Precision) []PublicRule {
	var out []PublicRule
	for _, c := range check.Checks() {
		r := PublicRule{ID: c.ID, Wrong: c.Says.Wrong, Fine: c.Says.Fine, Allowed: c.Says.Tolerated, Fix: c.Says.HowToFix, Evidence: c.Evidence, Severity: string(c.Severity), Doubt: c.Doubt, Draft: !c.Live && (c.On(check.OnItem) || c.On(string(check.ClassContent)))}
		for _, a := range c.Articles {
			if name := BasisName(a); !slices.Contains(r.Basis, name) {
				r.Basis = append(r.Basis, name)
			}
		}
		for _, o := range objectNames {
			if c.Judges(o.object) {
				r.Objects = append(r.Objects, o.name)
			}
		}
		out = append(out, r)
	}
	known := func(id string) bool { return slices.ContainsFunc(out, func(r PublicRule) bool { return r.ID == id }) }
	for _, b := range engine.OtherRules {
		if known(b.ID) {
			continue
		}
		r := PublicRule{ID: b.ID, Wrong: b.Wrong, Fix: b.Fix, Evidence: b.Evidence, Severity: string(b.Severity), Draft: b.Draft}
		for _, clause := range b.Clauses {
			if name := BasisName(clause); !slices.Contains(r.Basis, name) {
				r.Basis = append(r.Basis, name)
			}
		}
		for _, o := range objectNames[:3] { // they are read on pages
			r.Objects = append(r.Objects, o.name)
		}
		out = append(out, r)
	}
	// A rule that has been given up still answers for what it once raised.
	for _, p := range counts {
		if !known(p.Check) && !strings.HasPrefix(p.Check, "focus.") {
			out = append(out, PublicRule{ID: p.Check, Wrong: engine.CheckName(p.Check), Gone: true})
		}
	}
	order := func(id string) int {
		family, _, _ := strings.Cut(id, ".")
		if i := slices.IndexFunc(engine.Families, func(f engine.Family) bool { return f.ID == family }); i >= 0 {
			return i
		}
		return len(engine.Families)
	}
	for i := range out {
		r := &out[i]
		r.Family, r.Edition, r.Right = engine.FamilyName(r.ID), check.RuleEdition(r.ID), -1
		if j := slices.IndexFunc(counts, func(p Precision) bool { return p.Check == r.ID }); j >= 0 {
			p := counts[j]
			r.Raised, r.Closed, r.Disputed, r.False, r.Upheld = p.Raised, p.Closed, p.Disputed, p.False, p.True
			if share, ok := p.Share(); ok {
				r.Right = share.Fine()
			}
		}
	}
	slices.SortFunc(out, func(a, b PublicRule) int {
		if d := order(a.ID) - order(b.ID); d != 0 {
			return d
		}
		return strings.Compare(a.ID, b.ID)
	})
	return out
}

// RulesStatement is what the house signs for the public page.
func (s *Service) RulesStatement(ctx context.Context) ([]byte, error) {
	list, err := s.Rules(ctx)
	if err != nil {
		return nil, err
	}
	return json.Marshal(PublicRules{Made: s.db.Now(), Rules: list})
}
