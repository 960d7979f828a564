package sx2021

import (
	"testing"
)

func TestArticle09_Names(t *testing.T) {
	good := Naming{Name: "某县发布", Sponsor: "某县人民政府办公室", Verification: "某县人民政府办公室官方账号", OtherNames: []string{"某县 发布"}}
	wantRules(t, CheckNaming(good))
	wantRules(t, CheckNaming(Naming{Name: "某县发布", Sponsor: "某县人民政府办公室"}), "S9.2.verified")
	wantRules(t, CheckNaming(Naming{Name: "某县发布", Sponsor: "某县人民政府办公室", Verification: "某传媒公司", OtherNames: []string{"某县之声"}}), "S9.2.verified", "S9.3.same_name")
}

// Platforms cut the sponsor's name; a text that is nearly it is verified.
func TestArticle09_VerificationIsReadWithTolerance(t *testing.T) {
	wantRules(t, CheckNaming(Naming{Name: "某县发布", Sponsor: "某县人民政府办公室综合处", Verification: "某县人民政府办公室综合科"}))
	wantRules(t, CheckNaming(Naming{Name: "某县发布", Sponsor: "某县人民政府办公室", Verification: "某县融媒体中心"}), "S9.2.verified")
}

func TestArticle09_WhatNamesTheSponsor(t *testing.T) {
	for _, tt := range []struct {
		shown, sponsor string
		want           bool
	}{
		{"陕西省政府办公厅", "陕西省人民政府办公厅", true}, {"陕西省人民政府办公厅", "陕西省政府办公厅", true}, {"西安市雁塔区人民政府办公室官方账号", "雁塔区人民政府办公室", true}, {"雁塔区人民政府办公室", "西安市雁塔区人民政府办公室", true},
		{"人民政府办公室", "西安市雁塔区人民政府办公室", false}, {"商务局", "西安市商务局", false}, {"宝鸡市商务局", "西安市商务局", false}, {"碑林区人民政府办公室", "西安市雁塔区人民政府办公室", false}, {"某传媒有限公司", "雁塔区人民政府办公室", false}, {"", "雁塔区人民政府办公室", false}, {"雁塔", "", false},
	} {
		if got := NamesSponsor(tt.shown, tt.sponsor); got != tt.want {
			t.Errorf("%q names %q: %v", tt.shown, tt.sponsor, got)
		}
	}
}

func TestArticle09_NameTellsAreaOrUnit(t *testing.T) {
	wantRules(t, TiedTo("雁塔发布", "雁塔", "区政府办"))
	wantRules(t, TiedTo("指尖 商务局", "雁塔", "商务局"))
	wantRules(t, TiedTo("指尖服务", "雁塔", "商务局"), "S9.1.tied")
	wantRules(t, TiedTo("指尖服务", "", ""))
	wantRules(t, TiedTo("陕政通", AreaWords("陕西省")...))
	for name, want := range map[string]string{"雁塔区": "雁塔", "陕西省": "陕西", "耀州区": "耀州", "户县": "户县", "西咸新区": "西咸", "杨凌农业高新技术产业示范区": "杨凌", "玉树藏族自治州": "玉树藏族"} {
		if got := ShortArea(name); got != want {
			t.Errorf("%s is short %s, want %s", name, got, want)
		}
	}
}

func TestLikeness(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want float64
	}{{"", "", 1}, {"雁塔", "雁塔", 1}, {"雁塔发布", "雁塔发佈", 0.75}, {"雁塔", "", 0}, {"雁塔发布", "雁塔", 0.5}, {"ab", "ba", 0}} {
		if got := Likeness(tt.a, tt.b); got != tt.want {
			t.Errorf("%s and %s: %v, want %v", tt.a, tt.b, got, tt.want)
		}
	}
}
