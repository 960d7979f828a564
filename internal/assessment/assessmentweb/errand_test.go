package assessmentweb

import (
	"testing"

	"zhengshu/internal/assessment"
	"zhengshu/internal/inspection"
)

// A look that a crawler was asked for is waited for: no button asks once more, for
// the unit or for its supervisor, as long as nothing else is left to look at.
func TestAWaitingErrandHasNoButton(t *testing.T) {
	d := sampleDossier(assessment.OrderAnswered, "")
	d.Findings, d.Points, d.Standing = d.Findings[:1], nil, 1
	for _, me := range []reader{{answers: true}, {issues: true}} {
		d.Findings[0].Errand = inspection.Errand{}
		if v := newOrderView(d, me, sampleDay); v.Test == "" || !v.Findings[0].MayTest {
			t.Errorf("%+v: nothing to press", me)
		}
		d.Findings[0].Errand.State = inspection.ErrandWaiting
		if v := newOrderView(d, me, sampleDay); v.Test != "" || v.Findings[0].MayTest {
			t.Errorf("%+v: asked once more by %q", me, v.Test)
		}
	}
}
