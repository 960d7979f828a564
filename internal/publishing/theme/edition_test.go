package theme

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func TestEditionLiesUnderItsLanguage(t *testing.T) {
	for slug, want := range map[string]struct{ lang, href string }{
		"en": {"en", "/en/"}, "en-news": {"en", "/en/news/"}, "en-city-parks": {"en", "/en/city-parks/"},
		"news": {"", "/news/"}, "entry": {"", "/entry/"}, "zz-news": {"", "/zz-news/"},
	} {
		c := Column{Slug: slug}
		if c.Lang() != want.lang || c.Href() != want.href {
			t.Errorf("%s: %q %s", slug, c.Lang(), c.Href())
		}
	}
	if got := EditionPath("en", "/content/202611/a.html"); got != "/en/content/202611/a.html" {
		t.Error(got)
	}
	if got := EditionPath("tlh", "/content/202611/a.html"); got != "/content/202611/a.html" {
		t.Errorf("a language without words: %s", got)
	}
}

func TestEditionNamesItsTwinAndSpeaksOneLanguage(t *testing.T) {
	for _, sample := range editionSamples() {
		s := sampled(Site{})
		b, err := sample.Draw(s)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := html.Parse(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		for n := range doc.Descendants() {
			if n.Type != html.TextNode || strings.IndexFunc(n.Data, func(r rune) bool { return r >= 0x4e00 && r <= 0x9fff }) < 0 {
				continue
			}
			said := false
			for p := n.Parent; p != nil && !said; p = p.Parent {
				said = p.Data == "head" || slices.ContainsFunc(p.Attr, func(a html.Attribute) bool { return a.Key == "lang" && a.Val == "zh-CN" })
			}
			if !said {
				t.Errorf("%s: Chinese words without lang: %q", sample.Key, n.Data)
			}
		}
	}
	b, err := editionSamples()[2].Draw(sampled(Site{}))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`<html lang="en" dir="ltr">`, `hreflang="zh-CN" href="https://sample.example/content/202603/1.html"`, "2 March 2026, 09:30 (UTC&#43;8)", `"inLanguage":"en"`} {
		if !bytes.Contains(b, []byte(want)) {
			t.Errorf("lacks %s", want)
		}
	}
	s := sampled(Site{})
	s.Foreign = foreigners
	b, err = DrawArticle(s, Article{Title: "题", Column: s.Columns[0], Published: at}, "zh", "/content/202603/1.html", "/elder/content/202603/1.html", []Tongue{{Lang: "en", Href: "/en/content/202603/2.html"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`hreflang="en" href="https://sample.example/en/content/202603/2.html"`, `<a lang="en" hreflang="en" href="/en/content/202603/2.html">English</a>`} {
		if !bytes.Contains(b, []byte(want)) {
			t.Errorf("the Chinese page lacks %s", want)
		}
	}
}

func TestPaperIsSetAsGBT9704Says(t *testing.T) {
	var a Article
	a.Policy = &PolicyHead{Issuer: "云河县人民政府", Number: "云政发〔2026〕18号"}
	a.Write("<p>各乡镇人民政府：</p>\n<p>一、总体要求</p>\n<p>（一）压实责任</p>\n<p>一、这一句说完了，不是标题。</p>\n<p>云河县人民政府</p>\n<p>2026年11月18日</p>")
	for _, want := range []string{`<p class="doc-recipients">各乡镇`, `<p class="doc-level-1">一、总体`, `<p class="doc-level-2">（一）压`, `<p>一、这一句`, `<p class="doc-signature">云河县人民政府</p>`, `<p class="doc-signature doc-day">2026年11月18日</p>`} {
		if !strings.Contains(string(a.Body), want) {
			t.Errorf("lacks %s:\n%s", want, a.Body)
		}
	}
	if p := a.Paper(); p == nil || p.Issuers[0] != "云河县人民政府文件" || p.Kind != "" {
		t.Errorf("%+v", p)
	}
	a.Policy.Number = "云政函〔2026〕2号"
	if p := a.Paper(); p.Issuers[0] != "云河县人民政府" {
		t.Errorf("a letter bears no 文件: %+v", p)
	}
	a.Policy.Issuer = "甲局 乙局"
	a.Policy.Number = "甲发〔2026〕2号"
	if p := a.Paper(); len(p.Issuers) != 2 || p.Kind != "文件" {
		t.Errorf("%+v", p)
	}
	for _, body := range []string{`<div class="doc-head"></div>`} {
		a.Write(body)
		if a.Paper() != nil {
			t.Error("two heads")
		}
	}
	a.Policy = nil
	a.Write("<p>会议召开。</p><p>云河县人民政府</p><p>2026年11月18日</p>")
	if strings.Contains(string(a.Body), "doc-signature") || a.Paper() != nil {
		t.Error("news is set as a document")
	}
}
