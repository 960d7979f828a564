package sx2021

import "zhengshu/internal/rules"

// AppNecessity is the planning Article 27 asks for before an app is built.
var AppNecessity = rule("S27.3.necessity", "第二十七条", "严格按照集约节约的原则统筹移动客户端等应用系统建设")

// AppPlan is why an app is to be built.
type AppPlan struct {
	// Necessity says why what exists does not serve.
	Necessity string
	// Apps is the number of apps the unit has running or being opened.
	Apps int
}

// CheckApp applies Article 27 to a wish to open an app: without a word on why
// what exists does not serve, nothing was planned.
func CheckApp(p AppPlan) []rules.Breach {
	switch {
	case blank(p.Necessity) && p.Apps > 0:
		return []rules.Breach{AppNecessity.Breachf("本单位已有%d个移动客户端（小程序），没有填写必要性说明；请写明为什么不能在已有应用中实现。", p.Apps)}
	case blank(p.Necessity):
		return []rules.Breach{AppNecessity.Breach("没有填写必要性说明，请写明为什么不能用已有网站、账号或应用实现。")}
	}
	return nil
}
