package authz_test

import (
	"slices"
	"testing"

	"zhengshu/internal/authz"
)

// The two sides of Article 28 are apart: who operates the platform has nothing
// of a resident's content, and who keeps content has nothing of the platform.
func TestArticle28_OperatorAndResidentAreApart(t *testing.T) {
	operator, _ := authz.Info(authz.PlatformOperator)
	for _, p := range []authz.Permission{authz.ItemRead, authz.ItemWrite, authz.ItemFirstReview, authz.ItemFinalReview, authz.ItemWithdraw, authz.ColumnManage, authz.LetterRead, authz.LetterAnswer, authz.LetterPersonal, authz.SiteExport, authz.SiteBuild, authz.RegistryManage} {
		if slices.Contains(operator.Permits, p) {
			t.Errorf("the platform's operator may %s", p)
		}
	}
	for _, r := range []authz.Role{authz.Sponsor, authz.Editor, authz.FirstReviewer, authz.FinalReviewer, authz.Operator} {
		info, _ := authz.Info(r)
		if slices.Contains(info.Permits, authz.PlatformManage) {
			t.Errorf("%s manages the platform", info.Name)
		}
	}
}
