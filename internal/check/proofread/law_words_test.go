package proofread_test

import (
	"testing"

	"zhengshu/internal/check/proofread"
)

// What the regulation says is right.
func TestWordsOfTheRegulationAreKnown(t *testing.T) {
	p, err := proofread.New(proofread.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"陕西省政府网站和政务新媒体矩阵", "网站和新媒体矩阵", "支撑的政府网站与政务新媒体两大矩阵。", "雁塔区政府网站和政务新媒体矩阵_陕西省人民政府", "做到应公开尽公开。", "群众写信后可以凭查询码随时查看办理进度。"} {
		if found := p.Scan(text); len(found) > 0 {
			t.Errorf("%s: %+v", text, found)
		}
	}
}
