package check

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/atom"

	"zhengshu/internal/abridge"
	"zhengshu/internal/dom"
)

// Ways of coming to a page, for Alternate.
const (
	AsBrowser  = "browser"  // a desktop's browser, as visitors have; patrols name themselves
	AsMobile   = "mobile"   // a telephone's browser
	AsSpider   = "spider"   // a search engine's robot
	AsSearcher = "searcher" // a browser sent by a search engine: Referer
	// AsMobileSearcher is a telephone's browser sent by a search engine: those who send
	// visitors away often ask for both.
	AsMobileSearcher = "mobile_searcher"
	// AsPatrol is the plain way, once more: its page is held against the others and not
	// judged.
	AsPatrol = "patrol"
)

// Alternate is a page fetched again as somebody else. Sites broken into often
// show their owner the old page, and everybody who comes from a search engine
// another.
type Alternate struct {
	As string
	// Page is what came; nil when nothing could be read.
	Page *Page
	// Fault is what came under a status of failure. Nobody compares such a page, but some
	// are planted ones.
	Fault *Page
	// Status and FinalURL are of the answer.
	Status   int
	FinalURL string
	// Why says in Chinese why nothing could be read.
	Why string
}

func (a Alternate) words() string {
	switch a.As {
	case AsBrowser:
		return "以普通浏览器访问"
	case AsMobile:
		return "以手机访问"
	case AsSpider:
		return "以搜索引擎身份访问"
	case AsSearcher:
		return "从搜索结果进入"
	case AsMobileSearcher:
		return "以手机从搜索结果进入"
	}
	return "换一种方式访问"
}

var cloakChecks = []Check{
	cloakCheck("cloaked.agent", "不同终端和搜索引擎看到同样的内容", "页面对不同终端或搜索引擎显示不同的违规内容", []string{AsBrowser, AsMobile, AsSpider}),
	cloakCheck("cloaked.referrer", "从搜索结果进入看到同样的内容", "从搜索结果进入的页面显示不同的违规内容", []string{AsSearcher, AsMobileSearcher}),
}

func cloakCheck(id, fine, wrong string, as []string) Check {
	return Check{
		ID: id, Articles: []string{"V-W-1.3", "S23.1a"}, Severity: Serious, AppliesTo: anyPage,
		Says: Says{
			Fine: fine, Tolerated: "不同终端的版面不同或转到可信网站，内容没有违规", Wrong: wrong,
			HowToFix: "请立即核查服务器程序和配置文件是否被植入按来路跳转的代码，清除后请搜索引擎更新快照，并按网络安全事件处置流程报告。",
		},
		Evidence: "各种身份访问得到的网页快照、状态码和跳转后的地址",
		run: pageOnly(func(c *Check, f *Facts) (out []Finding) {
			for _, a := range f.Alternates {
				if slices.Contains(as, a.As) {
					out = append(out, cloaked(c, f, a))
				}
			}
			return out
		}),
	}
}

func cloaked(c *Check, f *Facts, a Alternate) Finding {
	away := sentAway(f, a)
	if away.host != "" && (!away.trusted || away.bad != "") {
		return strangeHost(c, f, a, away)
	}
	if a.Page == nil && away.host != "" {
		return c.tolerated(a.words()+"时转到 "+away.host, a.As)
	}
	if a.Fault != nil {
		w := planted(f.Page.DocumentTitle(), a.Fault.DocumentTitle(), f.Lexicon)
		if w == "" {
			w = planted(f.Page.VisibleText, a.Fault.VisibleText, f.Lexicon)
		}
		if w != "" {
			return c.wrong(fmt.Sprintf("%s时以状态码 %d 返回含有“%s”的网页", a.words(), a.Status, w), a.As)
		}
	}
	if a.Page == nil {
		why := a.Why
		if why == "" {
			why = fmt.Sprintf("状态码 %d", a.Status)
		}
		return c.untested(a.words()+"没有得到网页（"+strings.TrimSuffix(why, "。")+"）", a.As)
	}
	if w := planted(f.Page.DocumentTitle(), a.Page.DocumentTitle(), f.Lexicon); w != "" {
		return c.wrong(a.words()+"时标题含有“"+w+"”", a.As)
	}
	if w := planted(f.Page.VisibleText, a.Page.VisibleText, f.Lexicon); w != "" {
		return c.wrong(a.words()+"时正文含有“"+w+"”", a.As)
	}
	// Links to foreign hosts that the ordinary visitor does not see, with a sign, or
	// several of them where there is no other layout.
	strange := map[string]bool{}
	seen := map[string]bool{}
	for _, l := range f.Page.Links {
		seen[hostOf(l.URL)] = true
	}
	for _, b := range f.Alternates {
		if b.As == AsPatrol && b.Page != nil {
			for _, l := range b.Page.Links {
				seen[hostOf(l.URL)] = true
			}
		}
	}
	for _, l := range a.Page.Links {
		h := hostOf(l.URL)
		if h == "" || seen[h] {
			continue
		}
		t := judgeHost(f.Page, f.Lexicon, h)
		if t.foreign && !t.trusted && (t.bad != "" || f.Lexicon.suspicious(l.Text) != "") {
			return c.wrong(a.words()+"时出现指向 "+h+" 的链接", a.As)
		}
		if t.foreign && !t.trusted && l.Offered {
			strange[h] = true
		}
	}
	if away.host != "" {
		return c.tolerated(a.words()+"时转到 "+away.host, a.As)
	}
	if w := worse(f, a.Page); w != nil {
		out := c.wrong(a.words()+"时"+strings.TrimSuffix(w.Says, "。"), a.As)
		out.Severity = w.Severity
		return out
	}
	if why := a.Page.Barrier(); why != "" {
		return c.untested(a.words()+why, a.As)
	}
	// Nothing of it is wrong by itself, but it is not the page that others see. A
	// telephone may have a layout of its own, and a page that its script alone
	// fills is often handed to robots filled.
	if !a.mobile() && runes(f.Page.VisibleText) > enoughText && runes(a.Page.VisibleText) > 2*enoughText {
		says := ""
		switch {
		case !Alike(f.Page, a.Page):
			says = "得到的网页与正常访问完全不同"
		case otherTitle(f.Page, a.Page):
			says = "得到的标题是“" + abridge.Text(a.Page.DocumentTitle(), 40) + "”，与正常访问不同"
		}
		if says != "" {
			w := c.wrong(a.words()+says, a.As)
			w.Severity = Error
			return w
		}
	}
	if len(strange) >= severalHosts && !a.mobile() {
		w := c.wrong(fmt.Sprintf("%s时多出指向 %d 个站外网站的链接：%s", a.words(), len(strange), strings.Join(slices.Sorted(maps.Keys(strange))[:severalHosts], "、")), a.As)
		w.Severity = Error
		return w
	}
	if !Alike(f.Page, a.Page) {
		return c.tolerated(a.words()+"得到的版面不同", a.As)
	}
	return c.fine(a.As)
}

// sentAway is the host outside the site and the government that a visitor is led
// to; none where he stays.
func sentAway(f *Facts, a Alternate) target {
	from, to := f.Page.Host(), hostOf(a.FinalURL)
	if from == "" || to == "" || siteOf(from) == siteOf(to) {
		return target{}
	}
	if t := judgeHost(f.Page, f.Lexicon, to); t.foreign {
		return t
	}
	return target{}
}

// strangeHost judges that some visitors are led to a host nobody has vouched for.
// It may be a system of the unit's own: a break-in is told by a second sign, which
// is the host's name, what it shows, or what is concealed on either page.
func strangeHost(c *Check, f *Facts, a Alternate, to target) Finding {
	says := a.words() + "时转到 " + to.host
	if to.bad != "" {
		return c.wrong(says+"（“"+to.bad+"”）", a.As)
	}
	if a.Page != nil {
		landed := LinkResult{Link: Link{URL: f.Page.URL, Kind: LinkExternal}, FinalURL: a.FinalURL, Title: a.Page.DocumentTitle(), Text: a.Page.VisibleText}
		if state, sign := landed.Landing(f.Lexicon); state != "" {
			return c.wrong(says+"，见"+sign, a.As)
		}
		if w := worse(f, a.Page); w != nil {
			return c.wrong(says+"，"+strings.TrimSuffix(w.Says, "。"), a.As)
		}
	}
	if w := concealedOn(f, f.Page); len(w) > 0 {
		return c.wrong(says+"，"+strings.TrimSuffix(w[0].Says, "。"), a.As)
	}
	out := c.finding(Violated, "页面"+says+"，没有发现违规内容，请核实是否由本单位设置。", a.As, "")
	// A telephone, or a browser, may have a system of its own; that only a search engine
	// or who comes from one is led elsewhere has no such reason.
	out.Severity = Advice
	if a.As != AsBrowser && a.As != AsMobile && !f.ledElsewhere(a, to.host) {
		out.Severity = Error
	}
	out.Fix = "请核实该跳转是否由本单位设置：是的，告知检查人员列入可信网站；不是的，立即核查服务器程序和配置文件。"
	return out
}

// ledElsewhere reports whether a browser, or for a telephone a telephone, is led to the
// host as well, without a search engine having to do with it.
func (f *Facts) ledElsewhere(a Alternate, host string) bool {
	return slices.ContainsFunc(f.Alternates, func(b Alternate) bool {
		return (b.As == AsBrowser || b.As == AsMobile && a.As == AsMobileSearcher) && siteOf(hostOf(b.FinalURL)) == siteOf(host)
	})
}

// Barrier is what kind of page stands before the one that was asked for: a protection
// that wants proof of a person, or a sign-in; "" when none does.
func (p *Page) Barrier() string {
	title := squeeze(p.DocumentTitle())
	if barred.MatchString(title) || !longer(noBlanks(p.VisibleText), 600) && barred.MatchString(squeeze(p.VisibleText)) {
		return "得到的是防护系统的验证或拦截页面"
	}
	for _, n := range p.elements() {
		if n.DataAtom == atom.Input && strings.EqualFold(dom.Attr(n, "type"), "password") && signIn.MatchString(title) {
			return "得到的是登录页面"
		}
	}
	return ""
}

var (
	barred = regexp.MustCompile(`(?i)访问(?:被)?(?:拦截|拒绝|受限)|(?:安全|人机|滑动|身份)验证|(?:已)?被(?:网站|云|Web应用)?(?:防火墙|安全策略|防护系统)(?:拦截|阻断)|请求(?:存在|包含).{0,6}(?:风险|威胁|异常)|checking your browser|just a moment|access denied|attention required|captcha`)
	signIn = regexp.MustCompile(`登录|登陆|认证|(?i)log ?in|sign ?in`)
)

// severalHosts is how many hosts outside make more than chance of links that others do
// not get.
const severalHosts = 3

func (a Alternate) mobile() bool { return a.As == AsMobile || a.As == AsMobileSearcher }

// enoughText is how many characters a page must show for its text to be compared;
// what others got must show twice as many.
const enoughText = 100

func runes(s string) int { return utf8.RuneCountInString(s) }

// worse is what the checks of concealed things find on the other page and not on
// the ordinary one; nil when there is nothing.
func worse(f *Facts, other *Page) *Finding {
	known := map[string]bool{}
	for _, w := range concealedOn(f, f.Page) {
		known[w.Check+w.Says] = true
	}
	for _, w := range concealedOn(f, other) {
		if !known[w.Check+w.Says] {
			return &w
		}
	}
	return nil
}

// concealedOn are the violations of the concealed family on one page.
func concealedOn(f *Facts, p *Page) (out []Finding) {
	g := Facts{Page: p, Class: f.Class, Ledger: f.Ledger, Lexicon: f.Lexicon, Today: f.Today}
	for i := range concealedChecks {
		c := &concealedChecks[i]
		out = append(out, Violations(c.run(c, &g))...)
	}
	return out
}

// otherTitle reports titles that have hardly two characters in a row in common.
func otherTitle(a, b *Page) bool {
	x, y := noBlanks(a.DocumentTitle()), noBlanks(b.DocumentTitle())
	if runes(x) < 4 || runes(y) < 4 || strings.Contains(x, y) || strings.Contains(y, x) {
		return false
	}
	pairs := func(s string) map[string]bool {
		out := map[string]bool{}
		r := []rune(s)
		for i := 1; i < len(r); i++ {
			out[string(r[i-1:i+1])] = true
		}
		return out
	}
	px, py := pairs(x), pairs(y)
	common := 0
	for k := range px {
		if py[k] {
			common++
		}
	}
	return common*5 < min(len(px), len(py))
}

// planted is a spam phrase of the other text that the ordinary one lacks.
func planted(own, other string, l *Lexicon) string {
	w := l.spam(other)
	if w == "" || strings.Contains(plainLetters(own), w) {
		return ""
	}
	return w
}

// Alike reports whether two pages are of one make: the same title, or a good part
// of the text of one stands in the other.
func Alike(a, b *Page) bool {
	if t := a.DocumentTitle(); t != "" && t == b.DocumentTitle() {
		return true
	}
	return overlap(shingles(a.VisibleText), shingles(b.VisibleText)) >= 0.2
}
