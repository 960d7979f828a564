package proofread_test

import (
	"strings"
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

// Words that ask are what pages for citizens are full of, most of all where a
// line begins.
func TestQuestionsAreRight(t *testing.T) {
	p, err := proofread.New(proofread.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"怎样查阅主动公开的信息，怎样申请公开。", "政府信息公开指南\n怎样查阅主动公开的信息", "怎样办理身份证", "怎么查询办理进度", "哪些材料可以容缺受理", "哪里可以办理", "多久可以办结", "为什么要实名认证", "能不能由他人代办", "去哪个窗口领取"} {
		if found := p.Scan(text); len(found) > 0 {
			t.Errorf("%s: %+v", text, found)
		}
	}
}

// What is said of a place quotes the line it stands in and no other.
func TestQuoteEndsWithItsLine(t *testing.T) {
	p, err := proofread.New(proofread.Options{})
	if err != nil {
		t.Fatal(err)
	}
	text := "工作动态\n各极人民政府要加强领导\n通知公告"
	found := p.Scan(text)
	if len(found) != 1 {
		t.Fatalf("found %+v, want one", found)
	}
	if strings.Contains(found[0].Says, "\n") {
		t.Errorf("quotes over the end of a line: %q", found[0].Says)
	}
	text = "工作动态\n极人民政府"
	for _, s := range p.Scan(text) {
		if strings.Contains(s.Says, "\n") {
			t.Errorf("quotes over the end of a line: %q", s.Says)
		}
	}
}
