package lifecycle

import "testing"

func TestChineseDomainIsChinese(t *testing.T) {
	for name, want := range map[string]bool{
		"某某市商务局.政务": true, "西安演示.政务": true,
		"swj.xa.gov.cn": false, "xn--zfr164b": false, "商务 局.政务": false, "": false,
	} {
		if got := isChineseDomain(name); got != want {
			t.Errorf("%q: %v, want %v", name, got, want)
		}
	}
}
