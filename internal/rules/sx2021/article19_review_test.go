package sx2021

import "testing"

func allGates(passed bool) map[Gate]bool {
	out := map[Gate]bool{}
	for _, g := range Gates() {
		out[g] = passed
	}
	return out
}

func TestArticle19_3_Review(t *testing.T) {
	s := Defaults()
	first := Opinion{Stage: FirstReview, Person: "乙"}
	second := Opinion{Stage: SecondReview, Person: "丙"}
	final := Opinion{Stage: FinalReview, Person: "丁", Stamps: allGates(true)}
	byAuthor := Opinion{Stage: FinalReview, Person: "甲", Stamps: allGates(true)}
	fourGates := Opinion{Stage: FinalReview, Person: "丁", Stamps: map[Gate]bool{GatePolitical: true, GateLegal: true, GatePolicy: true, GateWording: true}}
	for _, tt := range []struct {
		name string
		in   Reviewed
		want []string
	}{
		{"ordinary, two steps", Reviewed{Author: "甲", Opinions: []Opinion{first, final}}, nil},
		{"important, three steps", Reviewed{Author: "甲", Grade: Important, Opinions: []Opinion{first, second, final}}, nil},
		{"important, two steps", Reviewed{Author: "甲", Grade: Important, Opinions: []Opinion{first, final}}, []string{"S19.3a.graded"}},
		{"not reviewed", Reviewed{Author: "甲"}, []string{"S19.3a.reviewed_first"}},
		{"no final review yet", Reviewed{Author: "甲", Opinions: []Opinion{first, second}}, []string{"S19.3a.reviewed_first"}},
		{"the author judges finally: his stamps count for nothing", Reviewed{Author: "甲", Opinions: []Opinion{first, byAuthor}}, []string{"S19.3a.author", "S19.3a.gates"}},
		{"one person does it all", Reviewed{Author: "甲", Opinions: []Opinion{{Stage: FirstReview, Person: "甲"}, byAuthor}}, []string{"S19.3a.author", "S19.3a.persons", "S19.3a.gates"}},
		{"secrecy gate open", Reviewed{Author: "甲", Opinions: []Opinion{first, fourGates}}, []string{"S19.3a.gates"}},
		{"a gate refused last", Reviewed{Author: "甲", Opinions: []Opinion{{Stage: FirstReview, Person: "乙", Stamps: allGates(true)}, {Stage: FinalReview, Person: "丁", Stamps: map[Gate]bool{GateSecrecy: false}}}}, []string{"S19.3a.gates"}},
		{"gates shared between reviewers", Reviewed{Author: "甲", Opinions: []Opinion{{Stage: FirstReview, Person: "乙", Stamps: map[Gate]bool{GateWording: true}}, {Stage: FinalReview, Person: "丁", Stamps: map[Gate]bool{GatePolitical: true, GateLegal: true, GatePolicy: true, GateSecrecy: true}}}}, nil},
		{"another unit's work, not consulted", Reviewed{Author: "甲", Opinions: []Opinion{first, final}, Involves: []string{"市水利局"}}, []string{"S19.3c.consulted"}},
		{"another unit's work, consulted", Reviewed{Author: "甲", Opinions: []Opinion{first, final}, Involves: []string{"市水利局"}, Consulted: []string{"市水利局"}}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) { wantRules(t, CheckReview(tt.in, s), tt.want...) })
	}
}

func TestArticle19_3_Reposts(t *testing.T) {
	wantRules(t, CheckRepost(Repost{Known: true, Name: "中国政府网", PartyOrGovernmentSite: true}))
	wantRules(t, CheckRepost(Repost{Known: true, Name: "新华社", Listed: true}))
	wantRules(t, CheckRepost(Repost{Known: true, Name: "某公众号"}), "S19.3b.source")
	wantRules(t, CheckRepost(Repost{Known: true, Name: "某公众号", SecondReviewer: "丙", SecondReason: "本省首发的防汛信息"}))
	// An unknown source is blocked whatever the reason.
	wantRules(t, CheckRepost(Repost{Name: "网络", SecondReviewer: "丙", SecondReason: "急"}), "S12.2a.source_known")
}

func TestArticle19_3_Routes(t *testing.T) {
	step := func(s Stage, needed int, gates bool) RouteStep {
		return RouteStep{Stage: s, Needed: needed, Gates: gates}
	}
	for _, tt := range []struct {
		name  string
		grade Grade
		steps []RouteStep
		want  []string
	}{
		{"two steps", Ordinary, []RouteStep{step(FirstReview, 1, false), step(FinalReview, 1, true)}, nil},
		{"one step", Ordinary, []RouteStep{step(FinalReview, 1, true)}, []string{"S19.3a.graded"}},
		{"two steps for what is important", Important, []RouteStep{step(FirstReview, 1, true), step(FinalReview, 1, true)}, []string{"S19.3a.graded"}},
		{"no final review", Ordinary, []RouteStep{step(FirstReview, 1, true), step(SecondReview, 1, true)}, []string{"S19.3a.reviewed_first"}},
		{"nobody for the gates", Ordinary, []RouteStep{step(FirstReview, 1, false), step(FinalReview, 1, false)}, []string{"S19.3a.gates"}},
		{"nothing", Ordinary, nil, []string{"S19.3a.reviewed_first", "S19.3a.graded", "S19.3a.gates"}},
	} {
		t.Run(tt.name, func(t *testing.T) { wantRules(t, CheckRoute(tt.steps, tt.grade, Defaults()), tt.want...) })
	}
}

func TestArticle19_3_RouteEmergencyAndConsultation(t *testing.T) {
	first, final := Opinion{Stage: FirstReview, Person: "乙"}, Opinion{Stage: FinalReview, Person: "丁", Stamps: allGates(true)}
	two := []RouteStep{{Stage: FirstReview, Needed: 2}, {Stage: FinalReview, Needed: 1}}
	for _, tt := range []struct {
		name string
		in   Reviewed
		want []string
	}{
		{"one of two persons", Reviewed{Author: "甲", Route: two, Opinions: []Opinion{first, final}}, []string{"S19.3a.graded"}},
		{"both persons", Reviewed{Author: "甲", Route: two, Opinions: []Opinion{first, {Stage: FirstReview, Person: "丙"}, final}}, nil},
		{"the same person twice", Reviewed{Author: "甲", Route: two, Opinions: []Opinion{first, first, final}}, []string{"S19.3a.graded"}},
		{"emergency", Reviewed{Author: "甲", Emergency: true, Opinions: []Opinion{final}}, nil},
		{"emergency by the author", Reviewed{Author: "丁", Emergency: true, Opinions: []Opinion{final}}, []string{"S19.3a.author", "S19.3a.persons", "S19.3a.gates"}},
		{"emergency without gates", Reviewed{Author: "甲", Emergency: true, Opinions: []Opinion{{Stage: FinalReview, Person: "丁"}}}, []string{"S19.3a.gates"}},
		{"a unit has not answered", Reviewed{Author: "甲", Opinions: []Opinion{first, final}, Involves: []string{"水务局"}, Awaited: []string{"水务局"}}, []string{"S19.3c.consulted"}},
	} {
		t.Run(tt.name, func(t *testing.T) { wantRules(t, CheckReview(tt.in, Defaults()), tt.want...) })
	}
}
