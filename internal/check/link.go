package check

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"zhengshu/internal/abridge"
	"zhengshu/internal/check/seek"
	"zhengshu/internal/dom"
	"zhengshu/internal/egress"
)

// LinkState is what a request for a link came to.
type LinkState string

// The states. Refused is neither alive nor dead: the other side would not
// answer a machine (403, 429), and a person has to look.
const (
	LinkAlive   LinkState = "alive"
	LinkDead    LinkState = "dead"
	LinkWrong   LinkState = "wrong"
	LinkRefused LinkState = "refused"
	LinkSoft404 LinkState = "soft404"
	// LinkIllegal opens gambling, porn and the like; LinkParked a domain that
	// is for sale or has expired: both changed hands.
	LinkIllegal LinkState = "illegal"
	LinkParked  LinkState = "parked"
)

// LinkResult is the outcome of fetching one link, as the crawler reports it.
type LinkResult struct {
	Link Link
	// Status is the HTTP status of the last answer, 0 when there was none.
	Status int
	// Err is the transport error in English, "" when an answer came.
	Err string
	// FinalURL is the address after redirects.
	FinalURL string
	// Title and Text are of the answer, when it was a page; Bytes its length,
	// −1 when unknown.
	Title string
	Text  string
	Bytes int64
	// ContentType is the header of the answer.
	ContentType string
	// Blank says that the answer is a page without a single character.
	Blank bool
	// OnHome says that the link stands on the home page, where every failure
	// costs more.
	OnHome bool
	// CatchAll says, for people, that the answer is what its host gives for every
	// address, whether or not there is a page; "" where it is not known to be.
	CatchAll string
}

// A page that says little else than that something is missing is an error page
// whatever its status; and so is one of more words whose title is that and nothing
// else, but for the name of the site behind it.
var soft404Title = regexp.MustCompile(`(?i)^\s*(?:404|error\s*404|not\s*found|页面?不存在|找不到(?:页面|文件|该页)|无法找到|(?:您|你)?访问的页面|页面(?:未找到|已删除|走丢了|没有找到|丢失)|出错了|系统错误|错误提示|文章不存在|信息不存在|内容不存在)|404\s*(?:错误|页面|not found|未找到)|页面(?:不存在|未找到|没有找到)|not found`)
var soft404Text = regexp.MustCompile(`(?i)(?:您|你)(?:要)?访问的(?:页面|网页|内容|信息|文件|栏目)?(?:不存在|已删除|已被删除|已下线|找不到|已过期)|页面不存在|页面未找到|找不到(?:您|你)?(?:要)?(?:访问的)?(?:页面|网页|文件)|404\s*not\s*found|该(?:信息|文章|页面|栏目)(?:不存在|已删除|已下线)|抱歉.{0,12}(?:不存在|找不到|已删除)`)

var soft404Whole = regexp.MustCompile(`(?i)^\s*(?:(?:http)?\s*(?:error|错误)?\s*[:：]?\s*404(?:\s*[-–—_:：|.,，]?\s*(?:error|错误|错误页面|错误提示|页面|not\s*found|(?:file|page)\s*not\s*found|未找到|(?:您|你)?(?:要)?访问的(?:页面|网页|内容)(?:不存在|未找到|找不到)|页面?(?:不存在|未找到|没有找到|找不到|丢失|走丢了)))?|(?:page\s*|file\s*)?not\s*found|(?:对不起|抱歉|很抱歉)?[，,]?(?:您|你)?(?:要)?(?:访问的|查找的|请求的)?(?:页面|网页|文章|信息|内容|文件|该页)(?:不存在|未找到|没有找到|已删除|已被删除|走丢了|丢失|找不到)(?:了|啦)?|找不到(?:页面|网页|文件|该页)|无法找到(?:页面|网页|文件|该页)|出错了|系统错误|错误提示)\s*[!！.。…]*\s*(?:$|[-–—_|｜].*$)`)

// One of these stands in whatever soft404Title matches.
var soft404Signs = []string{"404", "not", "页", "找", "出错", "错误", "不存在"}

// A domain nobody keeps any more says so, in a registrar's words.
var (
	parkedWords = regexp.MustCompile(`(?i)(?:this\s+)?domain(?:\s+name)?\s+(?:\S+\s+)?(?:is|may\s+be)\s+for\s+sale|buy\s+this\s+domain|domain\s+(?:name\s+)?(?:[\w.-]+\s+)?(?:has\s+)?expired|\b[\w-]+\.[a-z]{2,8}\s+(?:is|may\s+be)\s+for\s+sale|parked\s+(?:free|for\s+free|domain)|域名(?:正在|可以?|诚意|低价|现)?(?:出售|转让|拍卖)|域名米表|域名.{0,12}(?:暂停|停止)解析|(?:该|本|此)域名(?:可以?|可能)?(?:出售|转让)|域名(?:已|已经)过期|域名(?:停放|续费提醒)|您访问的域名.{0,12}(?:过期|到期|出售)|网站(?:暂时)?(?:无法访问).{0,20}(?:未备案|备案号.{0,6}注销)`)
	parkedHosts = []string{"sedoparking.com", "sedo.com", "dan.com", "afternic.com", "hugedomains.com", "bodis.com", "parkingcrew.net", "above.com", "22.cn", "ename.com", "juming.com", "4.cn", "undeveloped.com", "namebright.com", "domainmarket.com", "dropcatch.com"}
)

// One of these stands in whatever parkedWords matches; few texts have any.
var parkedSigns = []string{"domain", "parked", "for sale", "域名", "无法访问"}

// parked is how a text says that nobody keeps its domain; "" when it does not.
func parked(text string) string {
	if !seek.Any(dom.Lowered(text), parkedSigns) {
		return ""
	}
	return parkedWords.FindString(text)
}

// Outside reports whether the link leads to a site whose content nobody has
// vouched for: neither government nor a well-known service.
func (r LinkResult) Outside(l *Lexicon) bool {
	if l == nil {
		l = builtin()
	}
	h := hostOf(r.Link.URL)
	return r.Link.Kind == LinkExternal && h != "" && !governmentHost(h) && !l.trustedHost(h)
}

// Landing says whether the page an outside link opens shows that its domain
// changed hands; "" when it does not, or nothing was read of it.
func (r LinkResult) Landing(l *Lexicon) (state LinkState, sign string) {
	final := hostOf(r.FinalURL)
	if final == "" {
		final = hostOf(r.Link.URL)
	}
	if governmentHost(final) || r.Title == "" && r.Text == "" && siteOf(final) == siteOf(hostOf(r.Link.URL)) {
		return "", ""
	}
	if siteOf(final) != siteOf(hostOf(r.Link.URL)) && !l.trustedHost(final) {
		if part, strong := l.shadyHost(final); strong {
			return LinkIllegal, "域名中的“" + part + "”"
		}
	}
	title, text := squeeze(r.Title), squeeze(r.Text)
	if w := l.spam(title); w != "" && !l.lawful(plainLetters(title)) {
		return LinkIllegal, "“" + w + "”"
	}
	plain := plainLetters(text)
	var hits []string
	for rest := plain; len(hits) < 3; {
		w := l.words.first(rest)
		if w == "" {
			break
		}
		if !slices.Contains(hits, w) {
			hits = append(hits, w)
		}
		rest = rest[strings.Index(rest, w)+len(w):]
	}
	// One word may be anywhere; three different ones are what the page is about.
	if len(hits) >= 3 && !l.lawful(plain) {
		slices.Sort(hits)
		return LinkIllegal, "“" + strings.Join(hits, "”“") + "”"
	}
	if siteOf(final) != siteOf(hostOf(r.Link.URL)) && onList(final, parkedHosts) {
		return LinkParked, "转到域名交易网站 " + final
	}
	if r.Link.Kind == LinkPage {
		return "", "" // a page of the site itself may speak of such domains: its own is at work
	}
	if m := parked(title); m != "" {
		return LinkParked, "“" + abridge.Text(m, 40) + "”"
	}
	// A parked page says little else; an article on domains says a lot.
	if m := parked(text); m != "" && !longer(text, 599) {
		return LinkParked, "“" + abridge.Text(m, 40) + "”"
	}
	return "", ""
}

// State classifies the result.
func (r LinkResult) State() LinkState {
	switch {
	case r.Err != "" && r.Status == 0:
		return LinkDead
	case egress.Refuses(r.Status), r.Status == 999:
		return LinkRefused
	case r.Status >= 400, r.Status == 0, r.Status >= 300 && r.Status < 400:
		return LinkDead
	}
	if s, _ := r.Landing(builtin()); s != "" {
		return s
	}
	if r.CatchAll != "" || r.saysMissing() {
		return LinkSoft404
	}
	switch {
	case r.Link.Kind == LinkAttachment && strings.Contains(strings.ToLower(r.ContentType), "text/html"):
		// A file that comes as a page is an error page or a log-in.
		return LinkWrong
	case r.Link.Kind == LinkAttachment && r.Bytes == 0 && r.ContentType != "", r.Blank:
		return LinkWrong
	case r.Link.Kind == LinkImage && strings.Contains(strings.ToLower(r.ContentType), "text/html"):
		return LinkWrong
	case r.movedAway():
		return LinkWrong
	}
	return LinkAlive
}

// soft404Most is the length of a text, in characters, that says little else than
// that something is missing.
const soft404Most = 300

// saysMissing reports whether the answer is a page that says that there is none.
func (r LinkResult) saysMissing() bool {
	if r.ContentType != "" && !strings.Contains(strings.ToLower(r.ContentType), "html") {
		return false
	}
	long := squeezedLen(r.Text) >= soft404Most
	if t := squeeze(r.Title); seek.Any(dom.Lowered(t), soft404Signs) && (soft404Whole.MatchString(t) || !long && soft404Title.MatchString(t)) {
		return true
	}
	if long {
		return false
	}
	return soft404Text.MatchString(squeeze(r.Text))
}

// Soft404 reports whether the answer is an error page that came as a page.
func (r LinkResult) Soft404() bool { return r.saysMissing() && r.State() == LinkSoft404 }

// movedAway reports a redirect from a government host to one outside that is no
// well-known service: offices keep their accounts and programmes there.
func (r LinkResult) movedAway() bool {
	from, to := hostOf(r.Link.URL), hostOf(r.FinalURL)
	return from != "" && to != "" && governmentHost(from) && !governmentHost(to) && !builtin().trustedHost(to)
}

var linkChecks = []Check{
	linkCheck("link.dead", LinkDead, "链接可以打开", "链接无法打开", "请修正或删除该链接；属外部网站的，核实对方是否已迁移或关停。", Error),
	linkCheck("link.soft404", LinkSoft404, "链接打开的是所指内容", "链接没有打开所指的页面", "请修正链接，并使服务器对不存在的页面返回404状态。", Error),
	linkCheck("link.wrong", LinkWrong, "链接打开的是所指内容", "链接打开的内容与所指不符", "请核对链接地址：附件应能下载打开，图片应能显示，政府网站地址不应转到站外。", Error),
	landingCheck("link.illegal", LinkIllegal, "链接没有打开违法内容", "链接打开的是违法违规内容", "请立即删除该链接；原网站域名多已过期被他人注册，请一并排查全站同一域名的链接。", Serious),
	landingCheck("link.parked", LinkParked, "链接的域名仍由原单位使用", "链接的域名已过期或正在出售", "请删除该链接或改为对方现用地址；过期域名随时可能被他人注册用于违法内容。", Error),
	linkCheck("link.refused", LinkRefused, "链接可以正常检查", "对方拒绝机器检查", "请人工打开核实。", Advice),
}

// landingCheck judges where an outside link comes out.
func landingCheck(id string, state LinkState, fine, wrong, fix string, sev Severity) Check {
	c := linkCheck(id, state, fine, wrong, fix, sev)
	c.Articles = []string{"V-W-1.3", "S23.2"}
	c.Evidence = "跳转后的地址、网页标题和命中文字，网页快照"
	return c
}

func linkCheck(id string, state LinkState, fine, wrong, fix string, sev Severity) Check {
	return Check{
		ID: id, Articles: []string{"D-19", "S19.4"}, Severity: sev, AppliesTo: []string{OnLink},
		Says:     Says{Fine: fine, Wrong: wrong, HowToFix: fix},
		Evidence: "请求时间、状态码、跳转后的地址和链接所在页面",
		run: func(c *Check, f *Facts) []Finding {
			var out []Finding
			for i, s := range f.linkStates() {
				r := &f.Links[i]
				where := r.Link.URL
				if where == "" {
					where = r.Link.Href
				}
				switch {
				case s == LinkRefused && state == LinkRefused:
					out = append(out, c.untested("对方拒绝机器检查（"+r.reason()+"），请人工核实", where))
				case s == state:
					out = append(out, c.wrong(kindWord(r.Link.Kind)+label40(r.Link.Text)+r.reason(), where))
				}
			}
			return out
		},
	}
}

// linkStates classifies the links once for all checks of a run.
func (f *Facts) linkStates() []LinkState {
	if f.states == nil && len(f.Links) > 0 {
		f.states = make([]LinkState, len(f.Links))
		for i, r := range f.Links {
			f.states[i] = r.State()
		}
	}
	return f.states
}

func label40(text string) string {
	if text == "" {
		return ""
	}
	return "“" + abridge.Text(text, 40) + "”，"
}

func (r LinkResult) reason() string {
	switch s := r.State(); {
	case r.Err != "" && r.Status == 0:
		return "连接失败"
	case s == LinkSoft404 && r.CatchAll != "":
		return r.CatchAll
	case s == LinkSoft404:
		return "页面提示内容不存在"
	case s == LinkIllegal, s == LinkParked:
		_, sign := r.Landing(builtin())
		return "打开 " + hostOf(cmp.Or(r.FinalURL, r.Link.URL)) + "，见" + sign
	case r.movedAway():
		return "跳转到 " + hostOf(r.FinalURL)
	case s == LinkWrong && (r.Blank || r.Bytes == 0):
		return "打开后没有任何内容"
	case s == LinkWrong:
		return "返回的内容类型为 " + r.ContentType
	}
	return fmt.Sprintf("状态码 %d", r.Status)
}
