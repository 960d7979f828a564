package inspectionweb

import (
	"fmt"
	"strings"
	"testing"
)

// A finding's page leads to the public page of its rule, where there is one.
func TestAFindingsPageLeadsToItsRule(t *testing.T) {
	const page = "http://www.yanta.gov.cn/rules/link.dead"
	for _, at := range []string{page, ""} {
		v := newFinding(sampleFinding, nil, nil, "", true, false, none)
		v.ruled(at)
		if said := fmt.Sprint(v.Facts.Terms); strings.Contains(said, page) != (at != "") || strings.Contains(said, "检查规则") != (at != "") {
			t.Errorf("%q: %s", at, said)
		}
	}
}
