package sx2021

import (
	"testing"
)

func TestArticle12_2_Declarations(t *testing.T) {
	wantRules(t, CheckDeclarations(Declarations{true, true, true, true, true, true}))
	wantRules(t, CheckDeclarations(Declarations{}), "S12.2a.duty", "S12.2a.source_known", "S12.2a.sensitive", "S12.2a.secret", "S12.2b.opinion", "S12.2b.advertising")
}
