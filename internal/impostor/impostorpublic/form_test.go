package impostorpublic

import (
	"net/url"
	"strings"
	"testing"

	"zhengshu/internal/fault"
)

// What a browser filled in by itself stands where a person can see and clear it;
// otherwise the field stays hidden.
func TestTheTrapThatWasFilledCanBeCleared(t *testing.T) {
	const hidden = `<div hidden><label for="website">`
	for filled, want := range map[string]bool{"": true, "http://filled.example": false} {
		body, err := formView.Draw(newForm("t", url.Values{"website": {filled}}, fault.New(fault.Invalid, "请清空")))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(body), hidden) != want || !strings.Contains(string(body), `value="`+filled+`"`) {
			t.Errorf("filled with %q: %s", filled, body)
		}
	}
}
