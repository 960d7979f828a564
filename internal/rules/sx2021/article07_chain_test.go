package sx2021

import "testing"

func TestArticle07_2_Chain(t *testing.T) {
	for _, tt := range []struct {
		name string
		unit Unit
		want []string
	}{
		{"county government", Unit{Kind: Government, Level: County}, []string{"主要负责同志同意", "县政府办公厅（室）提出申请", "市政府办公厅（室）审核", "省政府办公厅批准"}},
		{"city government", Unit{Kind: Government, Level: City}, []string{"主要负责同志同意", "市政府办公厅（室）提出申请", "省政府办公厅批准"}},
		{"the province's own portal", Unit{Kind: Office, Level: Province}, []string{"主要负责同志同意", "省政府办公厅提出申请", "省政府办公厅批准"}},
		{"county department", Unit{Kind: Department, Level: County}, []string{"主要负责同志同意", "本单位提出申请", "县政府办公厅（室）审核", "市政府办公厅（室）审核", "省政府办公厅批准"}},
		{"city department", Unit{Kind: Department, Level: City}, []string{"主要负责同志同意", "本单位提出申请", "市政府办公厅（室）审核", "省政府办公厅批准"}},
		{"provincial department", Unit{Kind: Department, Level: Province}, []string{"主要负责同志同意", "本单位提出申请", "省政府办公厅批准"}},
		{"Hancheng", Unit{Kind: Government, Level: County, Direct: true}, []string{"主要负责同志同意", "县政府办公厅（室）提出申请", "省政府办公厅批准"}},
		{"a department of Hancheng", Unit{Kind: Department, Level: County, Direct: true}, []string{"主要负责同志同意", "本单位提出申请", "县政府办公厅（室）审核", "省政府办公厅批准"}},
		{"Yangling, ranked as a city", Unit{Kind: ZoneCommittee, Level: City, Direct: true, NationalZoneApproval: true}, []string{"主要负责同志同意", "市政府办公厅（室）提出申请", "省政府办公厅批准"}},
		{"a department of Yangling", Unit{Kind: Department, Level: City, Direct: true}, []string{"主要负责同志同意", "本单位提出申请", "市政府办公厅（室）审核", "省政府办公厅批准"}},
		{"a township through the county office", Unit{Kind: Township, Level: TownshipLevel}, []string{"主要负责同志同意", "本单位提出申请", "县政府办公厅（室）审核", "市政府办公厅（室）审核", "省政府办公厅批准"}},
		{"a dispatched body through the body that set it up", Unit{Kind: Dispatched, Level: City, Parent: Department}, []string{"主要负责同志同意", "由设立单位提出申请", "市政府办公厅（室）审核", "省政府办公厅批准"}},
		{"an internal body through its unit", Unit{Kind: Internal, Level: County, Parent: Department}, []string{"主要负责同志同意", "由设立单位提出申请", "县政府办公厅（室）审核", "市政府办公厅（室）审核", "省政府办公厅批准"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			chain := Chain(tt.unit)
			if len(chain) != len(tt.want) {
				t.Fatalf("%d steps, want %v", len(chain), tt.want)
			}
			for i, s := range chain {
				if s.Seq != i || s.Name() != tt.want[i] {
					t.Errorf("step %d is %q (seq %d), want %q", i, s.Name(), s.Seq, tt.want[i])
				}
			}
		})
	}
	national := ChainNational(Unit{Kind: Department, Level: Province})
	if n := len(national); national[n-1].Act != StateApprove || national[n-2].Act != Review || national[n-1].Seq != n-1 {
		t.Errorf("the national chain ends %+v", national[n-2:])
	}
}

// Every unit the regulation knows ends at the province, once, and begins with
// the principal.
func TestEveryChainEndsAtTheProvince(t *testing.T) {
	for _, k := range []Kind{Government, Office, Department, Dispatched, InstitutionAdmin, Internal, Township, ZoneCommittee, Committee} {
		for _, l := range []Level{Province, City, County, TownshipLevel} {
			for _, direct := range []bool{false, true} {
				for _, parent := range []Kind{"", Government, Department, Township} {
					c := Chain(Unit{Kind: k, Level: l, Direct: direct, Parent: parent})
					approvals := 0
					for _, s := range c {
						if s.Act == Approve {
							approvals++
						}
					}
					if c[0].Act != Consent || c[1].Act != Apply || c[len(c)-1].Act != Approve || approvals != 1 {
						t.Errorf("%s %s direct=%v of %q: %+v", k, l, direct, parent, c)
					}
				}
			}
		}
	}
}

func TestArticle07_2_NoStepIsSkipped(t *testing.T) {
	chain := Chain(Unit{Kind: Department, Level: County})
	taken := func(n int) []StepDone {
		var out []StepDone
		for _, s := range chain[:n] {
			out = append(out, StepDone{Act: s.Act, Body: s.Body, Level: s.Level, Name: "王某", On: day(s.Seq), File: true, ByPrincipal: true})
		}
		return out
	}
	change := func(n int, f func([]StepDone) []StepDone) []StepDone { return f(taken(n)) }
	for _, tt := range []struct {
		name string
		in   []StepDone
		want []string
	}{
		{"complete", taken(5), nil},
		{"on its way", taken(3), nil},
		{"the city office skipped", change(5, func(d []StepDone) []StepDone { return append(d[:3:3], d[4]) }), []string{"S7.2b.level_by_level"}},
		{"no consent", change(3, func(d []StepDone) []StepDone { return d[1:] }), []string{"S7.2b.level_by_level"}},
		{"the deputy signed", change(2, func(d []StepDone) []StepDone { d[0].ByPrincipal = false; return d }), []string{"S7.2b.principal"}},
		{"no signed page", change(2, func(d []StepDone) []StepDone { d[0].File = false; return d }), []string{"S7.2b.principal"}},
		{"no name", change(2, func(d []StepDone) []StepDone { d[0].Name = ""; return d }), []string{"S7.2b.principal"}},
		{"reviewed before it was applied for", change(3, func(d []StepDone) []StepDone { d[2].On = day(-5); return d }), []string{"S7.2b.level_by_level"}},
		{"one step too many", change(5, func(d []StepDone) []StepDone { return append(d, d[4]) }), []string{"S7.2b.level_by_level"}},
	} {
		t.Run(tt.name, func(t *testing.T) { wantRules(t, CheckChain(chain, tt.in), tt.want...) })
	}
}
