package check

import (
	"regexp"
	"strings"

	"zhengshu/internal/abridge"
	"zhengshu/internal/check/seek"
)

// A content page names where its text comes from (《网页设计规范》, Article 19(3)).
var sourceChecks = []Check{
	{
		ID: "source.shown", Articles: []string{"D-20", "S19.3b"}, Severity: Error, AppliesTo: []string{string(ClassContent)},
		Says:     Says{Fine: "页面显示信息来源", Tolerated: "标签写明了来源，页面没有显示", Wrong: "内容页没有标明信息来源", HowToFix: "请在标题下方标明来源；转载的写明原发布单位，自采的写本单位名称。"},
		Evidence: "页面标题下方区域的源代码和截图", run: pageOnly(sourceShown),
	},
	{
		ID: "source.tag_shown", Articles: []string{"D-20"}, Severity: Error, AppliesTo: []string{string(ClassContent)},
		Says:     Says{Fine: "来源标签与页面显示一致", Wrong: "来源标签与页面显示的来源不一致", HowToFix: "请使 ContentSource 标签与页面显示的来源一致。"},
		Evidence: "页面 head 部分源代码和页面截图", run: pageOnly(sourceSame),
	},
}

var shownSource = regexp.MustCompile(`(?:信息|文章|稿件|内容)?来\s*源\s*(?:单位|部门)?\s*[：:][^\S\n]*([^\n\r\t　|｜【\[]{1,60})`)

// sourceOf is the source a page shows; found says that the label stands there,
// even with nothing behind it. What stands in the line below is taken where it is
// short and no sentence: it may be the article.
func sourceOf(p *Page) (value string, found bool) {
	if !seek.Has(p.VisibleText, "源") {
		return "", false // it is in all that is looked for
	}
	if value, found = sourceBeside(p); value != "" {
		return value, true
	}
	for _, r := range p.rows {
		if v := r.value; r.field == fieldSource && !r.inBody && v != "" && !longer(v, 20) && !strings.ContainsAny(v, "。，；！？：:") && !p.filledByScript(fieldSource) {
			return v, true
		}
	}
	return "", found
}

// sourceBeside is the source in the line of its label.
func sourceBeside(p *Page) (value string, found bool) {
	m := near(shownSource, p.VisibleText, 24, 260, "来源", "来 源", "来  源")
	if m == nil {
		for _, w := range []string{"来源：", "来源:", "来 源："} {
			if seek.Has(p.VisibleText, w) {
				return "", true
			}
		}
		return "", false
	}
	v := squeeze(m[1])
	for _, stop := range []string{"发布时间", "发布日期", "时间：", "日期：", "作者", "字体", "字号", "浏览", "点击", "访问量", "责任编辑", "编辑：", "分享", "打印", "阅读"} {
		if i := strings.Index(v, stop); i >= 0 {
			v = v[:i]
		}
	}
	return strings.TrimSpace(strings.Trim(v, "　 |｜,，;；（(")), true
}

func sourceShown(c *Check, f *Facts) []Finding {
	value, found := sourceOf(f.Page)
	switch {
	case found && value != "":
		return []Finding{c.fine("来源")}
	case !found && f.Page.DocNo != "" && f.Page.Issuer != "":
		return []Finding{c.fine("来源")} // a document names its issuer instead
	case !found && f.Page.Tag("ContentSource") != "" && !placeholder(f.Page.Tag("ContentSource")):
		return []Finding{c.tolerated("来源标签为“"+abridge.Text(f.Page.Tag("ContentSource"), 40)+"”", "来源")}
	case f.Page.filledByScript(fieldSource), !found && f.Page.writtenByScript("来源"):
		return []Finding{c.untested("来源由脚本填写，取到的源代码中没有", "来源")}
	case !found && f.Page.foreign():
		return []Finding{c.untested("外文页面，不识别其中的来源写法", "来源")}
	case found:
		return []Finding{c.wrong("“来源”之后是空的", "来源")}
	}
	return []Finding{c.wrong("", "来源")}
}

func sourceSame(c *Check, f *Facts) []Finding {
	tag := f.Page.Tag("ContentSource")
	if tag == "" || placeholder(tag) {
		return nil
	}
	value, _ := sourceOf(f.Page)
	if value == "" {
		return nil
	}
	a, b := bareName(tag), bareName(value)
	if a == b || shortOf(a, b) || shortOf(b, a) || f.sponsors(a) && f.sponsors(b) {
		return []Finding{c.fine("来源")}
	}
	return []Finding{c.wrong("标签为“"+abridge.Text(tag, 40)+"”，页面为“"+abridge.Text(value, 40)+"”", "来源")}
}

// shortOf reports whether a name may be another shortened: its characters stand in
// the other in their order (区政府办, 雁塔区人民政府办公室).
func shortOf(short, long string) bool {
	if !longer(short, 1) {
		return false
	}
	rest := []rune(short)
	for _, r := range long {
		if len(rest) > 0 && r == rest[0] {
			rest = rest[1:]
		}
	}
	return len(rest) == 0
}

// sponsors reports whether a name means the sponsor of the site, or the site.
func (f *Facts) sponsors(name string) bool {
	switch name {
	case "本站", "本网", "本网站", "本单位":
		return true
	}
	if f.Ledger == nil {
		return false
	}
	for _, own := range []string{f.Ledger.Sponsor, f.Ledger.SiteName} {
		if own = bareName(own); own != "" && (name == own || shortOf(name, own) || shortOf(own, name)) {
			return true
		}
	}
	return false
}
