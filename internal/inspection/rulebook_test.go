package inspection

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/check/proofread"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
)

// Readings 9 and Article 33: the site of a development zone is held to the rules
// of portals once its national approval is on record, and never owes an emblem.
func TestArticle33_ZonesAreHeldToWhatTheyAre(t *testing.T) {
	for _, tt := range []struct {
		sponsor    sponsorOf
		kind       registry.SiteKind
		object     check.Object
		government bool
	}{
		{sponsorOf{kind: org.Office}, registry.Portal, check.Portal, true}, {sponsorOf{kind: org.Department}, registry.DepartmentSite, check.DepartmentSite, false},
		{sponsorOf{kind: org.ZoneCommittee}, registry.DepartmentSite, check.Zone, false}, {sponsorOf{kind: org.ZoneCommittee}, registry.Portal, check.Zone, false},
		{sponsorOf{org.ZoneCommittee, "国函〔2010〕1号"}, registry.DepartmentSite, check.Portal, false},
	} {
		if object, government := tt.sponsor.object(registry.Site{Kind: tt.kind}); object != tt.object || government != tt.government {
			t.Errorf("%+v with a %s: %s, government %v", tt.sponsor, tt.kind, object, government)
		}
	}
}

// Article 30: whoever is inspected may read of every rule on what it rests, how
// grave it is, what is wrong and how it is mended; and a rule stands there once.
func TestArticle30_EveryPublicRuleHasItsGrounds(t *testing.T) {
	list := publicRules(nil)
	seen := map[string]bool{}
	for _, r := range list {
		if len(r.Basis) == 0 || r.Severity == "" || r.Wrong == "" || r.Wrong == r.Family && r.ID != "wording.confusion" && r.ID != check.KindSensitive || r.Fix == "" || r.Evidence == "" || len(r.Objects) == 0 || r.Family == r.ID {
			t.Errorf("%s says too little: %+v", r.ID, r)
		}
		for _, b := range r.Basis {
			if b == "" || b == "检查指标 " || b[0] == 'S' || b[0] == 'V' || b[0] == 'D' {
				t.Errorf("%s rests on a code: %q", r.ID, b)
			}
		}
		if key := r.Family + r.Wrong; seen[key] {
			t.Errorf("%s stands there twice", key)
		} else {
			seen[key] = true
		}
	}
	for _, kind := range []string{proofread.KindConfusion, proofread.KindOmission, proofread.KindRepeat, proofread.KindNumber, proofread.KindPunctuation, proofread.KindDate, proofread.KindDocNumber, check.KindSensitive, check.KindAdvertising, check.KindUnreadable} {
		i := slices.IndexFunc(list, func(r PublicRule) bool { return r.ID == kind })
		if i < 0 || !list[i].Draft {
			t.Errorf("%s: is not told to be looked for in drafts", kind)
			continue
		}
		clause, severity, fix, _ := engine.Grounds(kind)
		if list[i].Basis[0] != BasisName(clause) || list[i].Severity != string(severity) || list[i].Fix != fix {
			t.Errorf("%s: the page and a finding differ: %+v, %s %s %s", kind, list[i], clause, severity, fix)
		}
	}
	// A rule that was given up is told with its counts.
	gone := publicRules([]Precision{{Check: "link.former", Raised: 3}})
	if i := slices.IndexFunc(gone, func(r PublicRule) bool { return r.ID == "link.former" }); i < 0 || !gone[i].Gone || gone[i].Raised != 3 {
		t.Error("a rule that was given up is not told")
	}
	if gone := publicRules([]Precision{{Check: "focus.标语", Raised: 3}}); len(gone) != len(list) {
		t.Error("the item of a plan is told as a rule")
	}
}

// A basis is told in words: the article, or the name of the indicator.
func TestABasisIsInWords(t *testing.T) {
	for clause, want := range map[string]string{"S12.4a": "管理细则第十二条（四）", "D-19": "〔2019〕19号检查指标“可用性”", "V-W-3": "〔2019〕19号检查指标“首页不更新”", "V-M-2.1": "〔2019〕19号检查指标“内容不更新”", "陕政办函〔2026〕9号": "陕政办函〔2026〕9号"} {
		if got := BasisName(clause); !strings.HasSuffix(got, want) || got == clause && strings.Contains(clause, "-") {
			t.Errorf("%s is told as %s", clause, got)
		}
	}
}

// A reason that is too long is not called missing.
func TestALongReasonIsCalledLong(t *testing.T) {
	for n, want := range map[int]string{0: "没有写明", 3: "没有写明", 4: "", 500: "", 900: "请减少 400 字"} {
		err := reasonOf(strings.Repeat("字", n), "请写明")
		if (err == nil) != (want == "") || err != nil && !strings.Contains(fault.Of(err).Says, want) {
			t.Errorf("%d characters: %v, want %q", n, err, want)
		}
	}
}

// Of a release that is larger than a site's budget every page has its turn, and no
// day more than the budget allows.
func TestLargeReleasesTakeTurns(t *testing.T) {
	const pages, most = 1000, 100
	seen, day := map[string]bool{}, calendar.Date{Year: 2026, Month: 3, Day: 20}
	for range pages*10/(most*9) + 1 {
		lot, n := turn(pages, most, day), 0
		for i := range pages {
			if path := fmt.Sprintf("/content/%d.html", i); lot(path) {
				seen[path] = true
				n++
			}
		}
		if n == 0 || n > most+most/4 {
			t.Errorf("%s: %d pages of at most %d", day, n, most)
		}
		day = day.AddDays(1)
	}
	if len(seen) != pages {
		t.Errorf("%d of %d pages had their turn", len(seen), pages)
	}
}
