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

func TestArticle09_NameTiedToAreaUnitOrDuties(t *testing.T) {
	ties := []string{"雁塔区", "雁塔", "商务局", "区"}
	wantRules(t, CheckName(NameOf{Name: "雁塔发布", Ties: ties}))
	wantRules(t, CheckName(NameOf{Name: "小 区之声", Ties: ties}), "S9.1.related") // one character ties nothing
	wantRules(t, CheckName(NameOf{Name: "丝路夜市", Ties: ties}), "S9.1.related")
	wantRules(t, CheckName(NameOf{Name: "丝路夜市", Ties: ties, Explained: "本局主管夜间经济。"}))
}
