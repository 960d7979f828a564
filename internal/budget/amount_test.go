package budget

import (
	"strings"
	"testing"

	"zhengshu/internal/fault"
)

func TestAmountsAsPeopleWriteThem(t *testing.T) {
	for _, tt := range []struct {
		in    string
		want  Fen
		noted bool
	}{
		{"", 0, false}, {"0", 0, false}, {"1200000", 1_200_000_00, false}, {"12.5", 12_50, true}, {"12.50", 12_50, false}, {"1,200,000.50", 1_200_000_50, true},
		{"120万元", 1_200_000_00, true}, {"１２０．５万", 1_205_000_00, true}, {"0.0001万元", 1_00, true}, {"0.000001万", 1, true}, {"1.2亿元", 120_000_000_00, true}, {"￥ 3,000 元", 3_000_00, true}, {" 500 ", 500_00, false},
		{"99.99999999亿", 9_999_999_999_00, true}, {"100亿", Most, true},
	} {
		got, note, err := Parse(tt.in, "planned", "预算安排")
		if err != nil || got != tt.want || (note != "") != tt.noted {
			t.Errorf("%q: %d %q %v, want %d (note %v)", tt.in, got, note, err, tt.want, tt.noted)
		}
	}
	for _, in := range []string{"-1", "一百万", "1,20", "1200,000", ",1", "1.", "1.2.3", "0.001", "abc", "12万万", "101亿", "99999999999999999999", "1e9", "=1+1", strings.Repeat("9", 5000), "0.00000001万"} {
		if got, _, err := Parse(in, "planned", "预算安排"); !fault.Is(err, fault.Invalid) {
			t.Errorf("%.20q: %d, %v; want a refusal", in, got, err)
		}
	}
	if got := Fen(123_456_789_05).String(); got != "123,456,789.05" {
		t.Errorf("shown as %s", got)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"1,200.50", "120万元", "１２", "-1", "0.000001万"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, _, err := Parse(s, "f", "金额")
		if err != nil {
			return
		}
		if got < 0 || got > Most {
			t.Fatalf("%q: %d", s, got)
		}
		again, _, err := Parse(got.String(), "f", "金额")
		if err != nil || again != got {
			t.Fatalf("%q: %d is shown as %s and read as %d, %v", s, got, got, again, err)
		}
	})
}
