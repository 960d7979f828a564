package lookalike

import (
	"slices"
	"strings"
	"testing"
)

func TestArticle23_2_CandidatesOfAHostAreNamesThatTheMatcherKnows(t *testing.T) {
	m := New([]string{"www.baishui.gov.cn"})
	list := Candidates("www.baishui.gov.cn", "白水县人民政府")
	if len(list) < 100 || len(list) > maxCandidates {
		t.Fatalf("%d candidates", len(list))
	}
	has := map[string]bool{}
	techniques := map[string]bool{}
	told, judged := 0, 0
	for _, c := range list {
		has[c.Host], techniques[c.Technique] = true, true
		if c.Host != strings.ToLower(c.Host) || strings.HasSuffix(c.Host, ".gov.cn") || strings.HasSuffix(c.Host, ".xn--zfr164b") {
			t.Errorf("%s cannot be had by an impostor", c.Host)
		}
		if TechniqueName(c.Technique) == c.Technique {
			t.Errorf("%s has no Chinese name", c.Technique)
		}
		if c.Technique == TechniqueAbbreviation || c.Technique == TechniquePinyin {
			continue // initials alone say nothing to a judge of names
		}
		judged++
		if m.Check(c.Host).Lookalike {
			told++
		}
	}
	for _, want := range []string{"baishui-gov.cn", "baishuigov.cn", "baishui.com.cn", "zwfw-baishui.com", "baishuizhengfu.cn", "bszf.cn", "xn--zfr164b"} {
		if !has[want] && !slices.ContainsFunc(list, func(c Candidate) bool { return strings.Contains(c.Host, strings.TrimPrefix(want, "xn--zfr164b")) }) {
			t.Errorf("%s is missing", want)
		}
	}
	for _, want := range []string{TechniqueIDN, TechniqueASCII, TechniqueChinese, TechniqueRestricted, TechniqueAbbreviation, TechniquePinyin, TechniqueGovTypo} {
		if !techniques[want] {
			t.Errorf("no candidate by %s", want)
		}
	}
	if told*10 < judged*8 {
		t.Errorf("the matcher knows %d of %d candidates", told, judged)
	}
	for _, nothing := range []string{"", "1.2.3.4", "gov.cn", "www.gov.cn"} {
		if list := Candidates(nothing, ""); len(list) != 0 {
			t.Errorf("%q gives %v", nothing, list)
		}
	}
}

func TestAbbreviationsTakeSyllablesApart(t *testing.T) {
	for in, want := range map[string]string{"baishui": "bs", "xian": "x", "shangluo": "sl", "weinan": "wn", "yanliang": "yl", "qishan": "qs", "ningqiang": "nq"} {
		if got := abbreviated(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}
