package check

import (
	"bytes"
	"cmp"
	_ "embed"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"zhengshu/internal/abridge"
	"zhengshu/internal/check/seek"
	"zhengshu/internal/dom"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/text/width"
)

// footerPack is the minimum set of the page footer (国办发〔2017〕47号 附件《网页
// 设计规范》; the Chinese domain by Article 7(3) of the province). Each item stands
// in published findings; that these are all is not confirmed, so the set is data
// with its mark.
type footerPack struct {
	Version string       `json:"version"`
	Source  string       `json:"source"`
	Mark    string       `json:"mark"`
	Items   []footerItem `json:"items"`
}

type footerItem struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Articles []string `json:"articles"`
	Severity Severity `json:"severity"`
	Mark     string   `json:"mark"`
	Fix      string   `json:"fix"`
	// Issuer is who hands the item out; nil where the site writes it itself.
	Issuer *footerIssuer `json:"issuer"`
}

// footerIssuer says where an item of an issuer's leads: to one of its hosts or a
// host below them, and nowhere else.
type footerIssuer struct {
	Hosts  []string `json:"hosts"`
	Source string   `json:"source"`
	Mark   string   `json:"mark"`
}

//go:embed footer.json
var footerJSON []byte

// footerSet is the compiled-in pack; empty, so that no check is made of it, where
// it cannot be read.
var footerSet = func() (p footerPack) {
	if !readPack(footerJSON, &p) {
		return footerPack{}
	}
	return p
}()

// hosts are where an item leads; none where no issuer hands it out.
func (p footerPack) hosts(item string) []string {
	for _, i := range p.Items {
		if i.ID == item && i.Issuer != nil {
			return i.Issuer.Hosts
		}
	}
	return nil
}

// footerLooks are how each item is looked for, and what the ledger holds of it.
var footerLooks = map[string]struct {
	look   func(footing) shown
	ledger func(*Ledger) string
}{
	"party_gov_mark": {foundMark, func(l *Ledger) string { return MarkNumber(l.PartyGovMark) }},
	"error_report":   {foundErrorReport, func(l *Ledger) string { return l.SiteCode }},
	"site_code":      {foundSiteCode, func(l *Ledger) string { return l.SiteCode }},
	"sponsor":        {foundSponsor, func(l *Ledger) string { return l.Sponsor }},
	"contact":        {foundContact, nil},
	"icp":            {foundICP, func(l *Ledger) string { return l.ICPFiling }},
	"police":         {foundPolice, func(l *Ledger) string { return l.PoliceFiling }},
	"site_map":       {foundSiteMap, nil},
	"chinese_domain": {foundChineseDomain, func(l *Ledger) string { return l.ChineseDomain }},
}

// footerChecks are made of the compiled-in pack; a test holds that it is readable
// and names what can be looked for. Values drawn for a demonstration carry
// data-placeholder and are neither kept nor violated; on any other site they are
// missing.
var footerChecks = func() (out []Check) {
	for _, i := range footerSet.Items {
		at, ok := footerLooks[i.ID]
		if !ok {
			return nil
		}
		c := footerCheck(i, at.look, at.ledger)
		if c.Doubt = doubt(i.Mark, "是否必备未与正式文本核对"); c.Doubt == "" && i.Mark != "S" {
			c.Doubt = doubt(footerSet.Mark, "该项见于多份公开通报，页面底部必备项目的完整范围未与正式文本核对")
		}
		out = append(out, c)
	}
	return out
}()

// footing is what one look at a page's foot gives.
type footing struct {
	page *Page
	text string // all visible text, blanks kept
	// issuer are the hosts the item leads to.
	issuer []string
}

// shown is one item of the foot: its value and, when found in an element, the
// element.
type shown struct {
	value  string
	ok     bool
	flawed string // why the value cannot be right
	untold string // why nobody can tell from the page
	node   *html.Node
	// carried values are part of an address, named by what carries them and what they
	// are: that of the ledger may stand elsewhere on the page and proves nothing of it.
	carried carried
}

type carried struct{ by, what string }

var (
	entranceCarries = carried{"入口", "网站标识码"}
	markCarries     = carried{"标识链接", "网站标识编号"}
)

func footerCheck(i footerItem, look func(footing) shown, ledger func(*Ledger) string) Check {
	name, id, issuer := i.Name, "footer."+i.ID, footerSet.hosts(i.ID)
	return Check{
		ID: id, Articles: i.Articles, Severity: i.Severity, AppliesTo: anyPage, Evidence: "页面底部功能区源代码和截图",
		Says: Says{Fine: "页面底部有" + name, Wrong: "页面底部的" + name + "缺失或不正确", HowToFix: i.Fix,
			Tolerated: map[string]string{"footer.police": "网站开通不久，公安备案尚在期限内"}[id]},
		run: pageOnly(func(c *Check, f *Facts) []Finding {
			foot := footing{page: f.Page, text: f.Page.VisibleText, issuer: issuer}
			if drawn(f.Page, strings.TrimPrefix(c.ID, "footer.")) {
				return []Finding{c.drawnOnly(f, name)}
			}
			s := look(foot)
			want := ""
			if f.Ledger != nil && ledger != nil {
				want = ledger(f.Ledger)
			}
			switch {
			case s.untold != "":
				return []Finding{c.untested(s.untold, name)}
			case s.ok && s.flawed == "" && s.carried != carried{} && s.value != "" && f.Ledger != nil && want == "":
				return []Finding{c.untested("台账没有登记"+s.carried.what+"，不能核对"+s.carried.by+"所带的“"+abridge.Text(s.value, 40)+"”", name)}
			case s.ok && s.flawed == "" && s.carried != carried{} && s.value != "" && want != "" && !strings.EqualFold(s.value, want):
				return []Finding{c.wrong(s.carried.by+"所带"+s.carried.what+"“"+abridge.Text(s.value, 40)+"”与台账“"+want+"”不一致", name)}
			case !s.ok && c.ID != "footer.error_report" && c.ID != "footer.party_gov_mark" && want != "" && foot.page.has(noBlanks(want)):
				// Shown without the usual words before it.
				return []Finding{c.fine(name)}
			case !s.ok && c.ID == "footer.chinese_domain" && want == "":
				return []Finding{c.untested("不掌握该站是否注册中文域名", name)}
			case !s.ok && c.ID == "footer.police" && f.policeOpen():
				return []Finding{c.tolerated("网站于 "+f.Ledger.Opened.String()+" 开通，公安备案应在 "+f.Ledger.PoliceBy.String()+" 前（含当日）完成", name)}
			case !s.ok:
				return []Finding{c.wrong("未找到", name)}
			case s.flawed != "":
				return []Finding{c.wrong(s.flawed, name)}
			case s.carried == carried{} && want != "" && !sameValue(s.value, want) && !foot.page.has(noBlanks(want)):
				return []Finding{c.wrong("页面为“"+abridge.Text(s.value, 40)+"”，台账为“"+want+"”", name)}
			}
			return []Finding{c.fine(name)}
		}),
	}
}

// policeOpen reports whether the filing with the public security organs may still
// be missing (readings 4).
func (f *Facts) policeOpen() bool {
	return f.Ledger != nil && !f.Ledger.PoliceBy.IsZero() && !f.Today.IsZero() && !f.Today.After(f.Ledger.PoliceBy)
}

// sameValue compares without blanks and the words around a number.
func sameValue(a, b string) bool {
	a, b = noBlanks(a), noBlanks(b)
	return a == b || strings.TrimSuffix(a, "号") == strings.TrimSuffix(b, "号") || strings.Contains(b, a) && len(a) >= 10 || strings.Contains(a, b) && len(b) >= 10
}

// drawn finds an element marked data-placeholder for an item: a demonstration
// shows where a real mark would stand.
func drawn(p *Page, item string) bool {
	for _, n := range p.placeholders {
		v := strings.ToLower(dom.Attr(n, "data-placeholder"))
		t := noBlanks(nodeText(n)) + dom.Attr(n, "alt") + dom.Attr(n, "title")
		match := v == item || strings.ReplaceAll(v, "-", "_") == item
		switch item {
		case "party_gov_mark":
			match = match || strings.Contains(t, "标识") && !strings.Contains(t, "标识码")
		case "error_report":
			match = match || strings.Contains(t, "找错")
		case "site_code":
			match = match || strings.Contains(t, "标识码")
		case "icp":
			match = match || strings.Contains(t, "ICP")
		case "police":
			match = match || strings.Contains(t, "公网安备") || strings.Contains(t, "公安备案")
		case "chinese_domain":
			match = match || strings.Contains(t, "中文域名") || strings.Contains(t, ".政务")
		}
		if match {
			return true
		}
	}
	return false
}

// drawnOnly judges an item that is drawn where the real one would stand.
func (c *Check) drawnOnly(f *Facts, name string) Finding {
	if f.demonstration() {
		return c.untested("演示站点的占位内容，不是核发的真实内容", name)
	}
	return c.wrong("只有占位内容，不是核发的真实内容", name)
}

// demonstration reports a site that the house itself made for show, or a page it
// has not published: by the address in the ledger, or that the page was read from.
// Names under localhost lead to the house's own listener and nowhere else. What a
// page says of itself does not count: any site could say it.
func (f *Facts) demonstration() bool {
	if f.Staging {
		return true
	}
	host := hostOf(f.Page.URL)
	if f.Ledger != nil && f.Ledger.SiteDomain != "" {
		host = hostOf(f.Ledger.SiteDomain)
	}
	return onList(host, []string{"localhost"})
}

// linked finds the first a, img or script whose address contains one of marks.
func (f footing) linked(marks ...string) *html.Node {
	first := -1
	for _, m := range marks {
		if i := bytes.Index(f.page.refs, []byte(m)); i >= 0 && (first < 0 || i < first) {
			first = i
		}
	}
	if first < 0 {
		return nil
	}
	at, here := slices.BinarySearch(f.page.refAt, first)
	if !here {
		at-- // within the addresses of the one before
	}
	return f.page.leading[at]
}

// scripted reports whether one of the page's own scripts writes an address of the
// issuer's: both marks are usually made by a line of script their issuers hand
// out.
func (f footing) scripted() bool {
	return slices.ContainsFunc(f.page.scripts, f.written)
}

// written reports whether a script holds a whole address of the issuer's. The
// host's name alone, or as a part of another host's, is none.
func (f footing) written(script string) bool {
	if !seek.Any(script, f.issuer) {
		return false
	}
	script = unescaped.Replace(script)
	for _, h := range f.issuer {
		for from := 0; ; {
			i := strings.Index(script[from:], h)
			if i < 0 {
				break
			}
			start, end := from+i, from+i+len(h)
			for start > 0 && hostByte(script[start-1]) {
				start--
			}
			if from = end; strings.HasSuffix(script[:start], "//") && onList(script[start:end], f.issuer) && (end == len(script) || !hostByte(script[end]) && script[end] != '@') {
				return true
			}
		}
	}
	return false
}

// unescaped writes the strokes of an address as a script may hide them.
var unescaped = strings.NewReplacer("%2F", "/", "%2f", "/", `\/`, "/")

// leads reports whether an element leads to the issuer: a link to its host, a
// script from it, or what opens an address of its when clicked.
func (f footing) leads(n *html.Node) bool {
	switch n.DataAtom {
	case atom.A, atom.Area:
		if onList(hostOf(f.page.resolve(dom.Attr(n, "href"))), f.issuer) {
			return true
		}
	case atom.Script:
		return onList(hostOf(f.page.resolve(dom.Attr(n, "src"))), f.issuer)
	case atom.Img:
	default:
		return false
	}
	click := dom.Attr(n, "onclick")
	return click != "" && f.written(click)
}

// goes is where a link leads that is not the issuer's; "" where it leads nowhere.
func (f footing) goes(n *html.Node) string {
	key := "href"
	if n.DataAtom == atom.Script {
		key = "src"
	}
	ref := strings.TrimSpace(dom.Attr(n, key))
	if ref == "" || ref[0] == '#' || strings.HasPrefix(strings.ToLower(ref), "javascript:") {
		return ""
	}
	return cmp.Or(hostOf(f.page.resolve(ref)), abridge.Text(ref, 40))
}

// markSigns are of the addresses that the issuer of the marks hands out.
var markSigns = []string{"conac.cn", "_ideconac", "imgconac"}

// foundMark looks for the mark and where it leads: to its issuer's page, and
// nowhere else.
func foundMark(f footing) shown {
	elsewhere := ""
	var at *html.Node
	// Few pages have to be read link by link.
	worded := f.page.has("网站标识") || f.alt("标识", "党政机关")
	links, signed := f.page.leading, f.linked(markSigns...)
	if !worded && signed == nil {
		links = nil
	}
	script := false
	for _, n := range links {
		link := n.DataAtom == atom.A || n.DataAtom == atom.Area
		switch {
		case f.leads(n) && link:
			s := shown{ok: true, node: n, carried: markCarries}
			if m := markNumber.FindStringSubmatch(dom.Attr(n, "href")); m != nil {
				s.value = m[1]
			}
			return s
		case f.leads(n):
			script = true
		case link && elsewhere == "" && (seek.Any(strings.ToLower(dom.Attr(n, "href")), markSigns) || worded && markWords(n)):
			elsewhere, at = f.goes(n), n
		}
	}
	switch {
	case script || f.scripted():
		return shown{ok: true, carried: markCarries} // the issuer's script makes the link
	case elsewhere != "":
		return shown{ok: true, node: at, flawed: "标识链接到 " + elsewhere + "，应链接到核发机关的资格核验页面（bszs.conac.cn）"}
	case signed != nil || f.page.has("党政机关网站标识") || f.alt("党政机关", "事业单位标识"):
		return shown{ok: true, node: at, flawed: "标识有文字或图片，无链接，应链接到核发机关的资格核验页面（bszs.conac.cn）"}
	}
	return shown{}
}

// markNumber is the number that an address of the issuer's page carries.
var markNumber = regexp.MustCompile(`(?i)[?&](?:amp;)?id=([0-9a-z_-]+)`)

var bareMark = regexp.MustCompile(`^[0-9A-Za-z_-]+$`)

// MarkNumber is the number of a mark as the ledger keeps it: alone, or in the
// address of the issuer's page; "" where it holds none.
func MarkNumber(kept string) string {
	kept = strings.TrimSpace(kept)
	if bareMark.MatchString(kept) {
		return kept
	}
	if m := markNumber.FindStringSubmatch(kept); m != nil && onList(hostOf(kept), footerSet.hosts("party_gov_mark")) {
		return m[1]
	}
	return ""
}

// markWords reports whether a link is the mark by its words or its picture.
func markWords(a *html.Node) bool {
	for c := range a.Descendants() {
		if c.DataAtom == atom.Img && seek.Any(dom.Attr(c, "alt")+dom.Attr(c, "title"), []string{"党政机关标识", "党政机关网站标识", "事业单位标识", "事业单位网站标识"}) {
			return true
		}
	}
	return seek.Any(noBlanks(nodeText(a)), []string{"党政机关网站标识", "事业单位网站标识"})
}

// reportSigns are of the addresses of the entrance for reporting errors, and of
// what stands in for it.
var reportSigns = []string{"zfwzgl.www.gov.cn", "jiucuo", "kaipuyun.cn", "zhaocuo"}

// reportScript is the id of the script element that the entrance's issuer hands
// out; many sites load a copy that they keep themselves.
const reportScript = "_jiucuo_"

// entranceCode is the site code that an address of the entrance carries.
var entranceCode = regexp.MustCompile(`(?i)[?&](?:site_?code|sitecode)=([^&#]*)`)

const leadsToReport = "，应链接到“我为政府网站找错”平台（zfwzgl.www.gov.cn）"

// foundErrorReport looks for the entrance and where it leads: to the national
// platform, by a link or by the issuer's script, and nowhere else.
func foundErrorReport(f footing) shown {
	// Few pages have to be read link by link.
	worded := f.page.has("政府网站找错") || f.alt("找错")
	links, signed := f.page.leading, f.linked(reportSigns...)
	if !worded && signed == nil {
		links = nil
	}
	s := shown{carried: entranceCarries}
	elsewhere, unread := "", ""
	var at *html.Node
	for _, n := range links {
		script := n.DataAtom == atom.Script
		to, own := "", false
		if script {
			to = f.goes(n)
			host := hostOf(f.page.resolve(dom.Attr(n, "src")))
			own = to != "" && (host == "" || f.page.ownHost(host))
		}
		switch {
		case f.leads(n), own && dom.Attr(n, "id") == reportScript:
			if s.node == nil {
				s.ok, s.node = true, n
			}
			code := cmp.Or(dom.Attr(n, "sitecode"), dom.Attr(n, "data-sitecode"))
			if m := entranceCode.FindStringSubmatch(dom.Attr(n, "href") + "\n" + dom.Attr(n, "src")); m != nil {
				code, _, _ = strings.Cut(m[1], "\n")
			}
			if code = strings.TrimSpace(code); code != "" && s.value == "" {
				s.value, s.node = code, n
			}
		case script && !seek.Any(strings.ToLower(dom.Attr(n, "src")), reportSigns):
		case own:
			unread = abridge.Text(dom.Attr(n, "src"), 40)
		case elsewhere != "":
		case script:
			elsewhere, at = to, n
		case n.DataAtom != atom.A && n.DataAtom != atom.Area:
		case seek.Any(strings.ToLower(dom.Attr(n, "href")), reportSigns) || worded && reportWords(n):
			elsewhere, at = f.goes(n), n
		}
	}
	switch {
	case s.ok:
	case f.scripted():
		return shown{ok: true, carried: entranceCarries}
	case elsewhere != "":
		return shown{ok: true, node: at, flawed: "入口链接到 " + elsewhere + leadsToReport}
	case unread != "":
		return shown{untold: "入口可能由本站脚本“" + unread + "”生成，没有读取其内容，不能判断链接到哪里"}
	case worded || signed != nil:
		return shown{ok: true, node: at, flawed: "入口有文字或图片，无链接" + leadsToReport}
	default:
		return shown{}
	}
	switch own := f.page.Tag("SiteIDCode"); {
	case s.value == "":
	case !SiteCodeForm.MatchString(s.value):
		s.flawed = "入口所带标识码“" + abridge.Text(s.value, 20) + "”不符合编码规则"
	case SiteCodeForm.MatchString(own) && own != s.value:
		s.flawed = "入口所带标识码“" + abridge.Text(s.value, 20) + "”与本页标签“" + own + "”不一致"
	}
	return s
}

// reportWords reports whether a link is the entrance by its words or its picture.
func reportWords(a *html.Node) bool {
	for c := range a.Descendants() {
		if c.DataAtom == atom.Img && strings.Contains(dom.Attr(c, "alt")+dom.Attr(c, "title"), "找错") {
			return true
		}
	}
	return strings.Contains(noBlanks(nodeText(a)), "政府网站找错")
}

func (f footing) alt(words ...string) bool {
	for _, l := range f.page.Links {
		if l.Kind == LinkImage {
			for _, w := range words {
				if strings.Contains(l.Text, w) {
					return true
				}
			}
		}
	}
	return false
}

var (
	footCode      = regexp.MustCompile(`(?:网站|站点)?标识码[：:]?([0-9A-Za-z０-９]{4,20})`)
	footCodeApart = regexp.MustCompile(`标识码\s*[：:]?\s*([0-9A-Za-z]{4,20})`)
	footSponsor   = regexp.MustCompile(`主办(?:单位|方)?\s*[：:]\s*([^\s，,;；|｜：:]{3,40}(?:[\s　]+(?:[\p{Han}]{2,20}(?:人民政府|委员会|办公室|厅|局))){0,3})`)
	footSponsor2  = regexp.MustCompile(`([\p{Han}（）()]{4,40}?)主办(?:$|[^单方理的了法人])`)
	footICP       = regexp.MustCompile(`([京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵黔粤青藏川蜀宁琼滇秦陇])ICP(?:备|证)?(?:案号?)?(\d{5,12})号?(-\d{1,3})?`)
	footPolice    = regexp.MustCompile(`(?:公网安备|公安(?:机关)?(?:联网)?备案号?)[：:]?(?:[\p{Han}]公网安备)?(\d{10,16})号?`)
	footPhone     = regexp.MustCompile(`^0\d{2,3}[-—－ ()（）]{0,3}\d{7,8}(?:[^\d]|$)`)
	footHotline   = regexp.MustCompile(`(?:电话|Tel|TEL|热线)[：:\s]*[0-9]{3}`)
	footDomain    = regexp.MustCompile(`[\p{Han}]{2,20}\.(?:政务|公益)(?:\.cn)?`)
)

var hotlineWords = []string{"电话", "Tel", "TEL", "热线"}

// telephone is a number with its area code, or three digits beside one of the words
// for a telephone; "" when the text has neither.
func telephone(text string, hotline ...string) string {
	for i := 0; ; i++ {
		zero := strings.IndexByte(text[i:], '0')
		if zero < 0 {
			break
		}
		if i += zero; i > 0 && text[i-1] >= '0' && text[i-1] <= '9' {
			continue
		}
		if m := footPhone.FindString(text[i:]); m != "" {
			return m
		}
	}
	if m := near(footHotline, text, 0, 60, hotline...); m != nil {
		return m[0]
	}
	return ""
}

// near is the first match of re that holds one of the words, with its groups,
// or nil. Only the text around each word is read: before and after bound, in
// bytes, how far a match reaches from the word's beginning; re has no ^ or $. A
// page is long and the words are rare.
func near(re *regexp.Regexp, text string, before, after int, words ...string) []string {
	for from := 0; ; {
		at := -1
		for _, w := range words {
			if i := seek.Index(text[from:], w); i >= 0 && (at < 0 || from+i < at) {
				at = from + i
			}
		}
		if at < 0 {
			return nil
		}
		start, end := max(0, at-before), min(len(text), at+after)
		for start > 0 && !utf8.RuneStart(text[start]) {
			start--
		}
		for end < len(text) && !utf8.RuneStart(text[end]) {
			end++
		}
		if m := re.FindStringSubmatchIndex(text[start:end]); m != nil && start+m[0] <= at && at < start+m[1] {
			out := make([]string, len(m)/2)
			for i := range out {
				if m[2*i] >= 0 {
					out[i] = text[start+m[2*i] : start+m[2*i+1]]
				}
			}
			return out
		}
		from = at + 1
	}
}

func foundSiteCode(f footing) shown {
	m := f.page.near(footCode, 6, 90, "标识码")
	if m == nil {
		return shown{}
	}
	m[1] = halfDigits(m[1])
	if !SiteCodeForm.MatchString(m[1]) { // what stands in the next line may run into it
		if apart := near(footCodeApart, f.text, 0, 90, "标识码"); apart != nil && SiteCodeForm.MatchString(apart[1]) {
			m = apart
		}
	}
	s := shown{ok: true, value: m[1]}
	switch {
	case !SiteCodeForm.MatchString(m[1]):
		s.flawed = "“" + m[1] + "”不是10位标识码"
	case m[1] == "1234567890" || strings.Count(m[1], m[1][:1]) == len(m[1]):
		s.flawed = "“" + m[1] + "”是占位数字"
	case SiteCodeForm.MatchString(f.page.Tag("SiteIDCode")) && f.page.Tag("SiteIDCode") != m[1]:
		s.flawed = "页面底部为“" + m[1] + "”，标签为“" + f.page.Tag("SiteIDCode") + "”"
	}
	return s
}

func foundSponsor(f footing) shown {
	if !f.page.has("主办") {
		return shown{}
	}
	if m := near(footSponsor, f.text, 0, 600, "主办"); m != nil {
		return shown{ok: true, value: squeeze(m[1])}
	}
	for line := range strings.SplitSeq(f.text, "\n") {
		if !seek.Has(line, "主") {
			continue
		}
		if line = noBlanks(line); !strings.Contains(line, "主办") {
			continue
		}
		if m := footSponsor2.FindStringSubmatch(line); m != nil {
			return shown{ok: true, value: m[1]}
		}
	}
	return shown{}
}

func foundContact(f footing) shown {
	for _, l := range f.page.Links {
		if t := noBlanks(l.Text); seek.Has(t, "联系我们") || seek.Has(t, "联系方式") {
			return shown{ok: true, value: l.Text}
		}
	}
	// The contact stands near the sponsor, in the last part of the page.
	tail := f.text
	if len(tail) > 6000 {
		tail = tail[len(tail)-6000:]
	}
	if m := telephone(tail, f.page.maybe(hotlineWords...)...); m != "" {
		return shown{ok: true, value: m}
	}
	return shown{}
}

func foundICP(f footing) shown {
	m := f.page.near(footICP, 4, 60, "ICP")
	if m == nil {
		m = f.page.wideICP("ICP", "ＩＣＰ")
	}
	if m == nil {
		return shown{}
	}
	s := shown{ok: true, value: m[1] + "ICP备" + m[2] + "号" + m[3]}
	if strings.Trim(m[2], "0") == "" {
		s.flawed = "“" + m[0] + "”是占位数字"
	}
	return s
}

// wideICP finds the number beside one of the words where its letters or figures are of full
// width.
func (p *Page) wideICP(words ...string) []string {
	for _, word := range p.maybe(words...) {
		bare := p.bare()
		for from := 0; ; from++ {
			i := seek.Index(bare[from:], word)
			if i < 0 {
				break
			}
			from += i
			// Four times 60 bytes hold the same in the widest letters.
			around := strings.ToValidUTF8(bare[max(0, from-4):min(len(bare), from+240)], "")
			if m := near(footICP, width.Narrow.String(around), 4, 60, "ICP"); m != nil {
				return m
			}
		}
	}
	return nil
}

func foundPolice(f footing) shown {
	if m := f.page.near(footPolice, 0, 120, "公网安备", "公安"); m != nil {
		s := shown{ok: true, value: m[1]}
		if len(m[1]) != 14 {
			s.flawed = "“" + m[1] + "”不是14位备案编号"
		}
		return s
	}
	if n := f.linked("beian.gov.cn/portal/registersysteminfo", "beian.mps.gov.cn"); n != nil {
		return shown{ok: true, node: n}
	}
	return shown{}
}

func foundSiteMap(f footing) shown {
	for _, l := range f.page.Links {
		t := noBlanks(l.Text)
		if strings.Contains(t, "网站地图") || strings.Contains(t, "站点地图") || strings.Contains(t, "网站导航") && seek.Any(strings.ToLower(l.Href), []string{"map", "wzdt", "zddt"}) || strings.Contains(strings.ToLower(l.Href), "sitemap") {
			return shown{ok: true, value: l.Href}
		}
	}
	return shown{}
}

func foundChineseDomain(f footing) shown {
	if m := f.page.near(footDomain, 80, 20, ".政务", ".公益"); m != nil {
		return shown{ok: true, value: m[0]}
	}
	return shown{}
}
