package check

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"zhengshu/internal/abridge"
)

// SiteCodeForm is the form of a 政府网站标识码 (国办发〔2017〕47号) as codes in
// use show it: ten characters, a division code of GB/T 2260 and a sequence, or
// bm and eight digits for the State Council system.
var SiteCodeForm = regexp.MustCompile(`^(?:[1-8][0-9]{9}|bm[0-9]{8})$`)

// requiredTag is an official tag with the classes of page that owe it.
type requiredTag struct {
	Name     string  `json:"name"`
	Says     string  `json:"says"`
	Classes  []Class `json:"classes"`
	Multiple bool    `json:"multiple"`
}

// tagPack is the table of 国办发〔2017〕47号 附件《网页标签规范》. Which tags are
// owed is not confirmed against the official text, so the table is data with
// its mark.
type tagPack struct {
	Version string        `json:"version"`
	Source  string        `json:"source"`
	Mark    string        `json:"mark"`
	Tags    []requiredTag `json:"tags"`
}

//go:embed tags.json
var tagsJSON []byte

// requiredTags reads the compiled-in pack; a test holds that it is readable.
func requiredTags() tagPack {
	var p tagPack
	if !readPack(tagsJSON, &p) {
		return tagPack{}
	}
	return p
}

// ReadPack reads a compiled-in pack strictly.
func ReadPack(b []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

// readPack is ReadPack that reports whether it could.
func readPack(b []byte, into any) bool { return ReadPack(b, into) == nil }

// doubt is what is not verified of a rule, where its mark says so: from memory,
// or a placeholder.
func doubt(mark, says string) string {
	if strings.HasPrefix(mark, "M") {
		return says
	}
	return ""
}

var tagChecks = append(requiredTagChecks(), []Check{
	tagCheck("tags.site_code_form", "标识码标签符合编码规则", "标识码标签不符合编码规则",
		"请按国务院办公厅核发的10位标识码填写 SiteIDCode 标签。", Error, siteCodeForm),
	tagCheck("tags.site_code_ledger", "标识码标签与台账一致", "标识码标签与台账不一致",
		"请按台账核对 SiteIDCode 标签；台账有误的，先按程序更正台账。", Error, siteCodeLedger),
	tagCheck("tags.site_name_ledger", "网站名称标签与台账一致", "网站名称标签与台账不一致",
		"请将 SiteName 标签改为台账登记的网站名称，全站统一。", Error, siteNameLedger),
	tagCheck("tags.site_domain_address", "网站域名标签与访问地址一致", "网站域名标签与访问地址不一致",
		"请将 SiteDomain 标签改为本站英文域名；如该地址不是本站，请核查是否被仿冒或盗链。", Error, siteDomain),
	tagCheck("tags.pub_date_form", "发布时间标签格式规范", "发布时间标签格式不规范",
		"请按“YYYY-MM-DD HH:MM”填写 PubDate 标签，使用24小时制。", Error, pubDateForm),
	tagCheck("tags.pub_date_shown", "发布时间标签与页面显示一致", "发布时间标签与页面显示不一致",
		"请使 PubDate 标签与页面显示的发布时间一致（相差不超过1分钟），均取首次发布时间，不得改写。", Error, pubDateShown),
	tagCheck("tags.article_title_heading", "标题标签与页面标题一致", "标题标签与页面标题不一致",
		"请使 ArticleTitle 标签与页面标题完全一致。", Error, articleTitle),
	tagCheck("tags.column_description_meaning", "栏目描述已说明栏目内容", "栏目描述只是重复栏目名称",
		"请在 ColumnDescription 标签中说明该栏目发布什么内容。", Advice, columnDescription),
	tagCheck("tags.shown_time", "页面显示发布时间", "内容页未显示发布时间",
		"请在标题下方显示发布时间，格式为“YYYY-MM-DD HH:MM”。未显示时间的信息在检查中按未更新计。", Error, shownTime),
}...)

func tagCheck(id, fine, wrong, fix string, sev Severity, run func(*Check, *Facts) []Finding) Check {
	c := Check{ID: id, Says: Says{Fine: fine, Wrong: wrong, HowToFix: fix}, Articles: []string{"D-20"}, Severity: sev, AppliesTo: anyPage, Evidence: "页面 head 部分源代码", run: pageOnly(run)}
	switch id {
	case "tags.pub_date_form", "tags.pub_date_shown", "tags.article_title_heading", "tags.shown_time":
		c.AppliesTo = []string{string(ClassContent)}
	case "tags.column_description_meaning":
		c.AppliesTo = []string{string(ClassColumn)}
	case "tags.site_code_form", "tags.site_code_ledger":
		c.Articles = []string{"S7.3c", "D-18"}
	case "tags.site_domain_address":
		c.Articles = []string{"D-17", "S23.2"}
	case "tags.site_name_ledger":
		c.Articles = []string{"D-17"}
	}
	if id == "tags.pub_date_shown" {
		c.Articles = []string{"D-20", "V-W-1.5"}
	}
	return c
}

// pageOnly leaves a check out when there is no page or it is of another class.
func pageOnly(run func(*Check, *Facts) []Finding) func(*Check, *Facts) []Finding {
	return func(c *Check, f *Facts) []Finding {
		if f.Page == nil || !c.On(string(f.Class)) {
			return nil
		}
		return run(c, f)
	}
}

func requiredTagChecks() (out []Check) {
	p := requiredTags()
	for _, t := range p.Tags {
		c := Check{
			ID: "tags." + snake(t.Name),
			Says: Says{
				Fine: "页面有" + t.Says + "标签（" + t.Name + "）", Wrong: "页面缺少" + t.Says + "标签（" + t.Name + "）或内容为空",
				HowToFix: "请在页面 head 部分补充 <meta name=\"" + t.Name + "\" content=\"…\">，填写真实的" + t.Says + "。",
			},
			Articles: []string{"D-20"}, Severity: Error, Evidence: "页面 head 部分源代码",
			Doubt: doubt(p.Mark, "哪些页面必须设置该标签，未与正式文本核对"),
		}
		for _, cl := range t.Classes {
			c.AppliesTo = append(c.AppliesTo, string(cl))
		}
		c.run = pageOnly(func(c *Check, f *Facts) []Finding {
			values, has := f.Page.Tags[t.Name]
			switch v := f.Page.Tag(t.Name); {
			case !has:
				return []Finding{c.wrong("未设置该标签", t.Name)}
			case v == "":
				return []Finding{c.wrong("标签内容为空", t.Name)}
			case placeholder(v):
				return []Finding{c.wrong("标签内容是模板占位文字“"+abridge.Text(v, 20)+"”", t.Name)}
			case len(values) > 1 && !t.Multiple && distinct(values) > 1:
				return []Finding{c.wrong("同一标签出现多个不同的值", t.Name)}
			}
			return []Finding{c.fine(t.Name)}
		})
		out = append(out, c)
	}
	return out
}

func distinct(values []string) int {
	v := slices.Clone(values)
	slices.Sort(v)
	return len(slices.Compact(v))
}

// snake writes SiteIDCode as site_id_code.
func snake(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c >= 'A' && c <= 'Z' {
			if i > 0 && (s[i-1] >= 'a' && s[i-1] <= 'z' || i+1 < len(s) && s[i+1] >= 'a' && s[i+1] <= 'z') {
				b.WriteByte('_')
			}
			c += 32
		}
		b.WriteByte(c)
	}
	return b.String()
}

func siteCodeForm(c *Check, f *Facts) []Finding {
	code := f.Page.Tag("SiteIDCode")
	if code == "" || placeholder(code) {
		return nil // that is tags.site_id_code's finding
	}
	if !SiteCodeForm.MatchString(code) {
		return []Finding{c.wrong("“"+abridge.Text(code, 20)+"”不是10位标识码", "SiteIDCode")}
	}
	return []Finding{c.fine("SiteIDCode")}
}

func siteCodeLedger(c *Check, f *Facts) []Finding {
	return sameAsLedger(c, f, "SiteIDCode", f.Page.Tag("SiteIDCode"), func(l *Ledger) string { return l.SiteCode })
}

func siteNameLedger(c *Check, f *Facts) []Finding {
	return sameAsLedger(c, f, "SiteName", f.Page.Tag("SiteName"), func(l *Ledger) string { return l.SiteName })
}

func sameAsLedger(c *Check, f *Facts, where, have string, of func(*Ledger) string) []Finding {
	if f.Ledger == nil || of(f.Ledger) == "" {
		return []Finding{c.untested("台账没有可比对的值", where)}
	}
	if have == "" {
		return nil
	}
	if want := of(f.Ledger); noBlanks(have) != noBlanks(want) {
		return []Finding{c.wrong("页面为“"+abridge.Text(have, 40)+"”，台账为“"+want+"”", where)}
	}
	return []Finding{c.fine(where)}
}

func siteDomain(c *Check, f *Facts) []Finding {
	tag := f.Page.Tag("SiteDomain")
	if tag == "" || placeholder(tag) {
		return nil
	}
	host := f.Page.Host()
	if f.Ledger != nil && f.Ledger.SiteDomain != "" {
		if hostOf(tag) != hostOf(f.Ledger.SiteDomain) {
			return []Finding{c.wrong("页面为“"+abridge.Text(tag, 60)+"”，台账为“"+f.Ledger.SiteDomain+"”", "SiteDomain")}
		}
		if host == "" {
			return []Finding{c.fine("SiteDomain")}
		}
	}
	if host == "" {
		return []Finding{c.untested("没有给出访问地址", "SiteDomain")}
	}
	declared := hostOf(tag)
	if declared != host && strings.TrimPrefix(declared, "www.") != strings.TrimPrefix(host, "www.") {
		return []Finding{c.wrong("标签为“"+abridge.Text(tag, 60)+"”，访问地址为“"+host+"”", "SiteDomain")}
	}
	return []Finding{c.fine("SiteDomain")}
}

var pubDateExact = regexp.MustCompile(`^\d{4}-\d{2}-\d{2} \d{2}:\d{2}(:\d{2})?$`)

func pubDateForm(c *Check, f *Facts) []Finding {
	v := f.Page.Tag("PubDate")
	if v == "" {
		return nil
	}
	if s := parseStamp(v); s.zero() || !s.timed || !pubDateExact.MatchString(v) {
		return []Finding{c.wrong("“"+abridge.Text(v, 40)+"”", "PubDate")}
	}
	return []Finding{c.fine("PubDate")}
}

func pubDateShown(c *Check, f *Facts) []Finding {
	tag := parseStamp(f.Page.Tag("PubDate"))
	if tag.zero() {
		return nil
	}
	if !f.Page.PublishedShown {
		return []Finding{c.untested("页面未显示发布时间", "PubDate")}
	}
	shown := parseStamp(f.Page.Published)
	same := shown.date == tag.date
	if same && shown.timed && tag.timed {
		diff := shown.minutes() - tag.minutes()
		same = diff >= -1 && diff <= 1
	}
	if !same && shown.timed && tag.timed {
		// One minute apart across midnight is still one minute.
		diff := shown.minutes() - tag.minutes()
		same = diff >= -1 && diff <= 1
	}
	if !same {
		return []Finding{c.wrong("标签为 "+tag.String()+"，页面显示 "+shown.String(), "PubDate")}
	}
	return []Finding{c.fine("PubDate")}
}

func articleTitle(c *Check, f *Facts) []Finding {
	tag := f.Page.Tag("ArticleTitle")
	if tag == "" {
		return nil
	}
	if f.Page.Heading == "" {
		return []Finding{c.untested("未能识别页面标题", "ArticleTitle")}
	}
	// A subtitle follows the title behind a dash; between two numbers it is none.
	title, shown := evenTitle(stripTags(tag)), evenTitle(f.Page.Heading)
	if rest, ok := strings.CutPrefix(shown, title); !ok || rest != "" && (rest[0] != '-' || title == "" || isDigit(rune(title[len(title)-1]))) {
		return []Finding{c.wrong("标签为“"+abridge.Text(tag, 60)+"”，页面标题为“"+abridge.Text(f.Page.Heading, 60)+"”", "ArticleTitle")}
	}
	return []Finding{c.fine("ArticleTitle")}
}

func columnDescription(c *Check, f *Facts) []Finding {
	d, n := f.Page.Tag("ColumnDescription"), f.Page.Tag("ColumnName")
	if d == "" {
		return nil
	}
	if noBlanks(d) == noBlanks(n) {
		return []Finding{c.wrong("均为“"+abridge.Text(n, 30)+"”", "ColumnDescription")}
	}
	return []Finding{c.fine("ColumnDescription")}
}

func shownTime(c *Check, f *Facts) []Finding {
	if f.Page.Published != "" && f.Page.PublishedShown {
		return []Finding{c.fine("")}
	}
	switch {
	case f.Page.filledByScript(fieldPublished, fieldDate) || f.Page.writtenByScript("发布时间", "发布日期", "发表时间", "公开时间"):
		return []Finding{c.untested("发布时间由脚本填写，取到的源代码中没有", "")}
	case f.Page.foreign():
		return []Finding{c.untested("外文页面，不识别其中的时间写法", "")}
	}
	return []Finding{c.wrong("", "")}
}

// Classify guesses the class of a page from its tags, its address and its
// shape, for pages nobody has told us about.
func Classify(p *Page) Class {
	// A column has its name for heading, whatever numbers stand in the list below.
	column := p.Tag("ColumnName") != "" && sameTitle(p.Heading, p.Tag("ColumnName"))
	switch {
	case p.Tag("ArticleTitle") != "", p.Tag("PubDate") != "", !column && (p.IndexNo != "" || p.DocNo != ""):
		return ClassContent
	case p.at != nil && HomePath(p.at.Path) && p.at.RawQuery == "":
		return ClassHome
	case p.Tag("ColumnName") != "" && !p.article():
		return ClassColumn
	case p.PublishedShown && longer(p.BodyText, 200):
		return ClassContent
	case len(p.datedRows()) >= 3:
		return ClassColumn
	case longer(p.BodyText, 400):
		return ClassContent
	case p.at == nil && len(p.Links) == 0:
		return ClassContent
	}
	return ClassColumn
}

// article reports whether a page reads as an article, whatever its tags call it: the
// very tags that it owes may be what it lacks. A column that is one page has its
// name for heading.
func (p *Page) article() bool {
	return p.Heading != "" && !sameTitle(p.Heading, p.Tag("ColumnName")) && p.PublishedShown && longer(p.BodyText, 200) && len(p.datedRows()) < 3
}

// HomePath reports whether a path is one that servers give the home page.
func HomePath(path string) bool {
	switch strings.ToLower(strings.Trim(path, "/")) {
	case "", "index.html", "index.htm", "index.shtml", "index.jsp", "index.php", "index.aspx", "default.html", "default.htm", "default.aspx", "home.html":
		return true
	}
	return false
}
