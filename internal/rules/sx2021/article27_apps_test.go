package sx2021

import "testing"

func TestArticle27_AppNecessity(t *testing.T) {
	wantRules(t, CheckApp(AppPlan{Necessity: "现有平台没有移动执法功能。", Apps: 2}))
	wantRules(t, CheckApp(AppPlan{Necessity: "  "}), "S27.3.necessity")
	wantRules(t, CheckApp(AppPlan{Apps: 1}), "S27.3.necessity")
}
