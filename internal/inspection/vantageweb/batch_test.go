package vantageweb

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"

	"zhengshu/internal/fault"
	"zhengshu/internal/vantage"
)

// A file that the vantage cannot have written is refused with what it is and what to
// send in its place, on its own field.
func TestAWrongBatchSaysWhatItIs(t *testing.T) {
	of := func(id string) []byte {
		return []byte(`{"body":"` + base64.StdEncoding.EncodeToString([]byte(`{"vantage":"`+id+`"}`)) + `"}`)
	}
	if err := ofVantage(of("a"), "a"); err != nil {
		t.Errorf("its own: %v", err)
	}
	for says, wire := range map[string][]byte{"是空的": nil, "不是监测点写出的": []byte("\x89PNG"), "别的监测点": of("b"), "文件超过 32 MB": bytes.Repeat([]byte("x"), vantage.MaxWire+1)} {
		f := fault.Of(ofVantage(wire, "a"))
		if f.Kind != fault.Invalid || !strings.Contains(f.Says, says) || len(f.Fields) != 1 || f.Fields[0].Name != "batch_a" {
			t.Errorf("%s: %+v", says, f)
		}
	}
}
