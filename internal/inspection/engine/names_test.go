package engine

import (
	"slices"
	"strings"
	"testing"

	"zhengshu/internal/check"
)

// Every check that can raise a finding, and its group, has a name in words.
func TestEveryCheckHasAName(t *testing.T) {
	for _, c := range check.Checks() {
		if c.On(check.OnItem) {
			continue // of manuscripts: no finding
		}
		if CheckName(c.ID) == "" || FamilyName(c.ID) == c.ID {
			t.Errorf("%s: %q of %q", c.ID, CheckName(c.ID), FamilyName(c.ID))
		}
	}
	for _, b := range OtherRules {
		if FamilyName(b.ID) == b.ID {
			t.Errorf("%s has no group", b.ID)
		}
	}
	if slices.ContainsFunc(Families, func(f Family) bool { return strings.Contains(f.ID, ".") }) || CheckName("nobody.knows") != "nobody.knows" {
		t.Error("a group is no first part of an id")
	}
}

// Every hit says which list or rule prompted it, in words.
func TestArticle19_3_EveryHitNamesItsSource(t *testing.T) {
	for span, want := range map[*check.Span]string{
		{Kind: "wording.confusion", Source: "内置错别字表 2026.11"}:   "内置错别字表 2026.11",
		{Kind: "wording.confusion"}:                             "按前后文字推断，不在词表中",
		{Kind: "wording.punctuation"}:                           "内置规则：标点用法",
		{Kind: "sensitive.term", Source: "演示词库：来信 13991234567"}: "演示词库：来信 139****4567",
	} {
		b := wordingSighting(*span, "http://a.localhost/", check.Reading{}, false).Evidence.Beside
		if len(b) != 2 || b[0].As != AsList || b[0].Says != want {
			t.Errorf("%+v is prompted by %+v, want %q", *span, b, want)
		}
	}
}
