package check

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"zhengshu/internal/abridge"
	"zhengshu/internal/check/seek"
	"zhengshu/internal/dom"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Search is what a trial of a site's search came to: the titles of pages that stand
// on the site were asked for, one after another until one was found.
type Search struct {
	// Why says why nothing was asked; then there is nothing else.
	Why       string
	Questions []Question
	// Control is the answer to words that stand nowhere; nil when there was none.
	Control *Page
}

// Question is one question put to a search, and what came.
type Question struct {
	// Asked are the words, Title the title they are all or a long part of, Target
	// the address of its page.
	Asked, Title, Target string
	// Page is the answer; nil when there was none, and Why says why.
	Page   *Page
	Status int
	Why    string
}

// functionChecks ask whether a site does what it is there for: search,
// interaction, services, a way in for the elderly (Articles 11, 13, 14; the way in for the elderly by Article 32).
var functionChecks = []Check{
	{
		ID: "function.search", Articles: []string{"S13.1a", "S11.1"}, Severity: Error, AppliesTo: []string{OnSite},
		Says:     Says{Fine: "站内搜索可以使用", Wrong: "站内搜索不能使用", HowToFix: "请修复站内搜索，使其能够找到已发布的信息。"},
		Evidence: "检索词、搜索结果页快照和状态码", run: searchWorks,
	},
	homeFunction("function.interaction", []string{"V-W-5.1", "S11.1"}, Error, "首页有咨询、建议类互动渠道", "首页没有找到咨询、建议类互动渠道",
		"请在首页设置在线咨询、留言、信箱等互动渠道；网上信访、纪检举报不计在内。", []Object{Portal, DepartmentSite}, interactionName),
	homeFunction("function.services", []string{"V-W-6.1", "S13.1a"}, Error, "首页提供办事服务", "首页没有找到办事服务入口",
		"请在首页设置政务服务入口；没有对外服务职能的，在台账中注明。", []Object{Portal, DepartmentSite}, serviceName),
	doubted(homeFunction("function.elder", []string{"S32"}, Advice, "首页有无障碍或长者模式入口", "首页没有找到无障碍或长者模式入口",
		"请在首页显著位置设置“无障碍”“长者模式”入口。", []Object{Portal}, elderName),
		"管理细则没有直接规定无障碍和长者模式，依据互联网应用适老化及无障碍改造专项行动（工信部信管〔2020〕200号），未与正式文本核对"),
}

// A channel is named by its function and by whose or what kind it is, and by
// nothing else: “县长信箱”, “我要咨询”, “网上办事大厅”. With any other word it is
// something else: “建议提案”, “网上信访信箱”, “街道办事处”, a headline. V-W-5.1 does not
// count petitions and reports to the discipline inspection; no word of theirs is
// among these.
var (
	interactionName = channelName(
		`互动|咨询|留言|信箱|投诉|建议|写信|来信|问政|有问必答|诉求|建言|献策|提问|意见箱|公众参与|民意直通|12345|接诉即办|(?:书记|省长|市长|州长|县长|区长|镇长|厅长|局长|主任|政府|政务|民生|市民|便民|服务)热线`,
		`我要|我的|我有|给|向|在线|网上|网络|线上|统一|政民|民意|民生|公众|公民|市民|群众|百姓|人民|社会|领导|书记|省长|市长|州长|县长|区长|镇长|乡长|厅长|局长|部长|主任|政府|政务|政策|业务|办事|便民|意见|求助|反映|问题|提|答|交流|回应|回复|答复|反馈|办理|受理|查询|选登|选编|公开|统计|须知|板|簿|台|直通车|直达|服务|热线|平台|系统|中心|大厅|窗口|频道|栏目|专栏|专区|入口|选|常见|及|和|与|区`)
	serviceName = channelName(
		`政务服务|办事|服务大厅|政务大厅|我要办|服务事项|便民服务|惠民服务|一网通办|一网办|公共服务|公众服务|在线服务|网上服务|网上办理|在线办理|网上审批|在线审批|审批服务|一件事|个人服务|法人服务|企业服务|掌上办`,
		`我要|我的|在线|网上|网络|线上|统一|全国|国家|一体化|政务|行政|审批|公共|公众|公民|个人|法人|企业|部门|便民|惠民|利企|惠企|主题|场景|热门|常用|高效办成|服务|大厅|指南|事项|清单|目录|查询|办理|进度|预约|导航|入口|平台|系统|中心|网|门户|频道|栏目|专栏|专区|旗舰店|移动端|掌上|直通车|表格|下载|互动|政府|综合|窗口|及|和|与`)
	elderName = regexp.MustCompile(`长者|适老|关怀|无障碍|老年|大字`)
)

// provinces without the word for one, as the names of their services begin.
const provinces = `北京|天津|河北|山西|内蒙古|辽宁|吉林|黑龙江|上海|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|广西|海南|重庆|四川|贵州|云南|西藏|陕西|甘肃|青海|宁夏|新疆`

// channelName matches the names made of the words of functions, of which there is
// one, and of some of those around them. A place may stand before them.
func channelName(functions, around string) *regexp.Regexp {
	words := `(?:` + around + `|` + functions + `){0,5}`
	return regexp.MustCompile(`^(?:进入|点击|更多)?(?:` + provinces + `|[\p{Han}]{1,8}(?:省|市|州|县|区|旗|镇|乡|街道|厅|局|委|人民政府))?` + words + `(?:` + functions + `)` + words + `$`)
}

// namesChannel reports whether one of the texts is the name of a channel. Letters and
// signs around it are ornament: “互动交流 Interaction >>”.
func namesChannel(name *regexp.Regexp, texts ...string) bool {
	for _, t := range texts {
		if t == "" || longer(t, 80) {
			continue
		}
		bare := strings.Map(func(r rune) rune {
			if unicode.Is(unicode.Han, r) || r >= '0' && r <= '9' {
				return r
			}
			return -1
		}, t)
		if bare != "" && name.MatchString(bare) {
			return true
		}
	}
	return false
}

// homeFunction looks on the home page for a link, a column or a button that names
// a function.
func homeFunction(id string, articles []string, sev Severity, fine, wrong, fix string, objects []Object, name *regexp.Regexp) Check {
	return Check{
		ID: id, Articles: articles, Severity: sev, AppliesTo: []string{string(ClassHome)}, Objects: objects,
		Says:     Says{Fine: fine, Tolerated: "该单位没有对外服务职能", Wrong: wrong, HowToFix: fix},
		Evidence: "首页快照",
		run: pageOnly(func(c *Check, f *Facts) []Finding {
			if f.Ledger == nil || f.Ledger.Object == "" {
				return nil // what is owed depends on whose site it is
			}
			if id == "function.services" && f.Ledger.NoServices {
				return []Finding{c.tolerated("台账注明没有对外服务职能", "首页")}
			}
			links := 0
			for _, n := range f.Page.leading {
				if n.DataAtom != atom.A && n.DataAtom != atom.Area {
					continue
				}
				links++
				if namesChannel(name, f.Page.linkText(n), dom.Attr(n, "title"), dom.Attr(n, "alt"), dom.Attr(n, "aria-label")) {
					return []Finding{c.fine("首页")}
				}
			}
			// Buttons and forms lead somewhere too, and columns stand under their names.
			for _, n := range f.Page.elements() {
				switch n.DataAtom {
				case atom.Button, atom.Img, atom.Label, atom.H1, atom.H2, atom.H3, atom.H4:
					if namesChannel(name, nodeText(n), dom.Attr(n, "alt"), dom.Attr(n, "title"), dom.Attr(n, "aria-label")) {
						return []Finding{c.fine("首页")}
					}
				}
			}
			if links < 5 {
				return []Finding{c.untested("首页由脚本生成或只是导航，没有可以识别的栏目", "首页")}
			}
			return []Finding{c.wrong("", "首页")}
		}),
	}
}

// SearchForm is the form of a page that searches the site.
type SearchForm struct {
	Action string
	// Field takes the words; Fixed are the values the form sends with them.
	Field string
	Fixed [][2]string
	// Post forms are sent as bodies.
	Post bool
	// charset is what the form sends its words in.
	charset string
}

// Asked is the address at which the form asks for words.
func (s SearchForm) Asked(words string) string {
	u, err := url.Parse(s.Action)
	if err != nil {
		return s.Action
	}
	q := u.Query()
	for _, f := range s.Fixed {
		q.Set(inBytes(f[0], s.charset), inBytes(f[1], s.charset))
	}
	q.Set(inBytes(s.Field, s.charset), inBytes(words, s.charset))
	u.RawQuery = q.Encode()
	return u.String()
}

// FindSearch finds the search form of a page.
func FindSearch(p *Page) (SearchForm, bool) {
	for _, n := range p.elements() {
		if n.DataAtom != atom.Form {
			continue
		}
		s := SearchForm{Action: p.resolve(dom.Attr(n, "action")), Post: strings.EqualFold(dom.Attr(n, "method"), "post"), charset: p.Charset}
		for label := range strings.FieldsFuncSeq(strings.ToLower(dom.Attr(n, "accept-charset")), func(r rune) bool { return r == ',' || blank(r) }) {
			if known := knownCharset(label); known != "" {
				s.charset = known
				break
			}
		}
		hint := strings.ToLower(dom.Attr(n, "action") + " " + dom.Attr(n, "id") + " " + dom.Attr(n, "class") + " " + dom.Attr(n, "name") + " " + dom.Attr(n, "role"))
		named := seek.Any(hint, []string{"search", "sousuo", "query", "jiansuo", "搜"})
		fields := 0
		for c := range n.Descendants() {
			if c.Type != html.ElementNode || c.DataAtom != atom.Input || dom.Attr(c, "name") == "" {
				continue
			}
			switch strings.ToLower(dom.Attr(c, "type")) {
			case "", "text", "search":
				fields++
				if s.Field == "" {
					s.Field = dom.Attr(c, "name")
				}
				named = named || strings.EqualFold(dom.Attr(c, "type"), "search") || strings.Contains(dom.Attr(c, "placeholder")+dom.Attr(c, "title")+dom.Attr(c, "aria-label"), "搜") || strings.Contains(dom.Attr(c, "placeholder"), "检索")
			case "hidden":
				if len(s.Fixed) < 20 {
					s.Fixed = append(s.Fixed, [2]string{dom.Attr(c, "name"), dom.Attr(c, "value")})
				}
			case "password", "email", "tel", "file":
				fields += 2
			}
		}
		if named && s.Field != "" && fields <= 2 && s.Action != "" {
			return s, true
		}
	}
	return SearchForm{}, false
}

// searchTitles are the titles that must have been asked for in vain before a search
// that answers is said to find nothing: one page may have been left out of the index.
const searchTitles = 2

func searchWorks(c *Check, f *Facts) []Finding {
	s := f.Search
	if s == nil {
		return nil
	}
	const where = "站内搜索"
	if s.Why != "" {
		return []Finding{c.untested(strings.TrimSuffix(s.Why, "。"), where)}
	}
	var unclear, broken string
	failed := 0
	var titles []string // asked for in vain
	for _, q := range s.Questions {
		outcome, says := q.Came(s.Control)
		if outcome == Kept {
			return []Finding{c.fine(where)}
		}
		if outcome == Untested {
			unclear = cmp.Or(unclear, says)
			continue
		}
		if says != "" {
			failed++
			broken = says
		}
		if title := "“" + abridge.Text(q.Title, 30) + "”"; !slices.Contains(titles, title) {
			titles = append(titles, title)
		}
	}
	switch {
	case len(s.Questions) == 0:
		return []Finding{c.untested("没有得到搜索结果页", where)}
	case unclear != "":
		return []Finding{c.untested(unclear, where)}
	case failed == len(s.Questions) && failed > 1:
		return []Finding{c.wrong("先后检索"+strings.Join(titles, "")+"，都没有得到结果页："+broken, where)}
	case len(titles) < searchTitles:
		return []Finding{c.untested("只检索了"+titles[0]+"一条信息，没有找到，不足以认定，请人工核实", where)}
	}
	return []Finding{c.wrong("先后检索已发布的信息"+strings.Join(titles, "")+"，都没有找到", where)}
}

// Came judges the answer to one question. Kept: it leads to the page, or lists what
// the words stand in, and the answer to words that stand nowhere does not. Violated:
// it is an answer and has nothing, or the search is broken, which says says.
// Untested: it cannot be judged, for the reason given.
func (q *Question) Came(control *Page) (outcome Outcome, says string) {
	switch {
	case q.Why != "":
		return Untested, strings.TrimSuffix(q.Why, "。")
	case q.Refused():
		return Untested, fmt.Sprintf("搜索拒绝机器访问（状态码 %d），请人工核实", q.Status)
	case q.Status >= 400:
		return Violated, fmt.Sprintf("检索“%s”返回状态码 %d", abridge.Text(q.Asked, 30), q.Status)
	case q.Page == nil:
		return Untested, "没有得到搜索结果页"
	}
	switch mine, always := q.lists(q.Page), q.lists(control); {
	case mine > always:
		return Kept, ""
	case mine > 0:
		return Untested, "结果页对任何检索词都列出同样的内容，不能判断"
	case q.Scripted():
		return Untested, "搜索结果由脚本载入，请人工核实"
	case q.named(control):
		return Untested, "结果页有检索词，没有认出所指的信息，请人工核实"
	case !q.answered():
		return Untested, "应答的网页没有显示检索词，也没有说明没有结果，不能认定是搜索结果，请人工核实"
	}
	return Violated, ""
}

// Refused reports that the search does not want to be asked by a machine.
func (q *Question) Refused() bool {
	return q.Status == 401 || q.Status == 403 || q.Status == 405 || q.Status == 412 || q.Status == 429
}

// Scripted reports that scripts bring what was found into the answer.
func (q *Question) Scripted() bool {
	return q.Page != nil && (strings.Contains(q.Page.Text, "<script") && len(q.Page.Links) < 8 ||
		seek.Any(q.Page.Text, []string{"$.ajax", "XMLHttpRequest", "fetch(", "axios", "new Vue", "createApp", "v-for"}))
}

// lists counts the links of an answer that lead to the page the words were taken
// from, or that the words stand in; long lists cut titles short.
func (q *Question) lists(p *Page) (n int) {
	if p == nil {
		return 0
	}
	title, asked := noBlanks(q.Title), noBlanks(q.Asked)
	for _, l := range p.Links {
		if l.Kind != LinkPage && l.Kind != LinkExternal && l.Kind != LinkAttachment {
			continue
		}
		t := noBlanks(l.Text)
		cut := strings.TrimRight(t, "….")
		if q.Target != "" && l.URL == q.Target || asked != "" && strings.Contains(t, asked) || longer(cut, 7) && strings.Contains(title, cut) {
			n++
		}
	}
	return n
}

// Words of lines that repeat the question, and of those that say that nothing was
// found.
var (
	tellsQuestion = []string{"搜索", "检索", "查询", "关键词", "关键字", "结果"}
	tellsNothing  = regexp.MustCompile(`(?:没有|未|无法|暂未)(?:能)?(?:找到|检索到|搜索到|搜到|查到|查询到)|(?:没有|无|暂无)(?:任何|您要|符合条件的?|匹配的?)?(?:相关|结果|数据|记录|信息|内容)|(?:共|找到|检索到|搜索到)(?:约|相关)?[:：]?0(?:个|条|篇|项)`)
)

// named reports whether the words stand in the answer, but for the lines that repeat
// the question and those of every answer.
func (q *Question) named(control *Page) bool {
	asked := noBlanks(q.Asked)
	for line := range strings.Lines(q.Page.VisibleText) {
		line = noBlanks(line)
		if strings.Contains(line, asked) && !seek.Any(line, tellsQuestion) && !tellsNothing.MatchString(line) &&
			(control == nil || !strings.Contains(noBlanks(control.VisibleText), line)) {
			return true
		}
	}
	return false
}

// answered reports whether a page answers the question: it repeats the words, or
// says that nothing was found.
func (q *Question) answered() bool {
	text, asked := noBlanks(q.Page.VisibleText+q.Page.DocumentTitle()), noBlanks(q.Asked)
	if strings.Contains(text, asked) || tellsNothing.MatchString(text) {
		return true
	}
	for _, n := range q.Page.elements() {
		if n.DataAtom == atom.Input && strings.Contains(noBlanks(dom.Attr(n, "value")), asked) {
			return true
		}
	}
	return false
}
