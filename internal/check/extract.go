package check

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"zhengshu/internal/check/seek"
	"zhengshu/internal/dom"
)

// field is one datum a page states beside a label.
type field int

const (
	fieldNone field = iota
	fieldIndex
	fieldTopic
	fieldIssuer
	fieldWritten
	fieldTitle
	fieldDocNo
	fieldPublished
	fieldDate // “时间：”, “日期：”, “更新时间：”: publication when nothing clearer is shown
	fieldSource
	fieldOther // labels that only end the value before them
)

// labels as government pages print them, blanks between the characters
// removed. The metadata tables of 政府信息公开 pages and the line under a
// heading use the same words.
var labels = map[string]field{
	"索引号": fieldIndex, "信息索引号": fieldIndex, "索引码": fieldIndex, "索取号": fieldIndex, "信息索取号": fieldIndex, "索引": fieldIndex, "索引编号": fieldIndex,
	"主题分类": fieldTopic, "信息分类": fieldTopic, "组配分类": fieldTopic, "主题类别": fieldTopic, "信息类别": fieldTopic, "公开类目": fieldTopic, "主题": fieldTopic, "分类": fieldTopic, "所属主题": fieldTopic, "主题类型": fieldTopic,
	"发文机关": fieldIssuer, "发文单位": fieldIssuer, "发文机构": fieldIssuer, "发布机构": fieldIssuer, "发布机关": fieldIssuer, "发布单位": fieldIssuer, "制发机关": fieldIssuer, "制定机关": fieldIssuer, "公布机关": fieldIssuer, "公开主体": fieldIssuer, "公开机构": fieldIssuer, "发文部门": fieldIssuer, "发布部门": fieldIssuer, "制文机关": fieldIssuer, "制文单位": fieldIssuer, "制定单位": fieldIssuer, "印发机关": fieldIssuer, "印发单位": fieldIssuer,
	"成文日期": fieldWritten, "成文时间": fieldWritten, "发文日期": fieldWritten, "发文时间": fieldWritten, "生成日期": fieldWritten, "生成时间": fieldWritten, "制发日期": fieldWritten, "签发日期": fieldWritten, "印发日期": fieldWritten, "印发时间": fieldWritten, "签发时间": fieldWritten, "制发时间": fieldWritten, "形成日期": fieldWritten, "形成时间": fieldWritten, "文件日期": fieldWritten, "成文日": fieldWritten,
	"标题": fieldTitle, "名称": fieldTitle,
	"发文字号": fieldDocNo, "文号": fieldDocNo, "发文文号": fieldDocNo, "文件编号": fieldDocNo, "文件字号": fieldDocNo, "发文号": fieldDocNo, "公文文号": fieldDocNo, "公文字号": fieldDocNo, "政策文号": fieldDocNo, "发文编号": fieldDocNo,
	"发布日期": fieldPublished, "发布时间": fieldPublished, "公开日期": fieldPublished, "公开时间": fieldPublished, "发表时间": fieldPublished, "发表日期": fieldPublished, "公布日期": fieldPublished, "公布时间": fieldPublished, "发稿时间": fieldPublished, "上网时间": fieldPublished, "上网日期": fieldPublished, "发布于": fieldPublished, "刊发日期": fieldPublished, "发布": fieldPublished, "上传日期": fieldPublished, "上传时间": fieldPublished, "上线时间": fieldPublished, "上线日期": fieldPublished, "发稿日期": fieldPublished, "刊登日期": fieldPublished, "刊发时间": fieldPublished,
	"时间": fieldDate, "日期": fieldDate, "更新时间": fieldDate, "更新日期": fieldDate, "添加时间": fieldDate, "添加日期": fieldDate, "录入时间": fieldDate, "录入日期": fieldDate,
	"来源": fieldSource, "稿源": fieldSource, "消息来源": fieldSource,
	"规范性文件编号": fieldOther, "统一编号": fieldOther, "统一登记号": fieldOther, "登记号": fieldOther, "文件类型": fieldOther, "发文类型": fieldOther, "主送单位": fieldOther, "颁布日期": fieldOther, "阅读量": fieldOther, "阅读数": fieldOther, "浏览数": fieldOther, "访问次数": fieldOther, "点击率": fieldOther,
	"主题词": fieldOther, "公文种类": fieldOther, "文种": fieldOther, "公开目录": fieldOther, "所属目录": fieldOther, "修改日期": fieldOther, "修订日期": fieldOther, "关键词": fieldOther, "作者": fieldOther, "责任编辑": fieldOther, "编辑": fieldOther, "浏览次数": fieldOther, "阅读次数": fieldOther, "点击次数": fieldOther, "点击数": fieldOther, "点击量": fieldOther, "浏览量": fieldOther, "浏览": fieldOther, "阅读": fieldOther, "点击": fieldOther, "访问量": fieldOther, "字体": fieldOther, "字号": fieldOther, "有效性": fieldOther, "时效性": fieldOther, "效力状态": fieldOther, "文件状态": fieldOther, "是否有效": fieldOther, "体裁分类": fieldOther, "体裁": fieldOther, "服务对象": fieldOther, "公开方式": fieldOther, "公开形式": fieldOther, "公开属性": fieldOther, "公开范围": fieldOther, "生效日期": fieldOther, "实施日期": fieldOther, "施行日期": fieldOther, "废止日期": fieldOther, "失效日期": fieldOther, "有效期": fieldOther, "分享": fieldOther, "分享到": fieldOther, "打印": fieldOther, "内容概述": fieldOther, "内容摘要": fieldOther, "审核": fieldOther, "供稿": fieldOther, "责编": fieldOther, "摄影": fieldOther, "记者": fieldOther, "语种": fieldOther, "信息格式": fieldOther, "载体类型": fieldOther, "公开时限": fieldOther, "公开责任部门": fieldOther, "责任部门": fieldOther, "联系电话": fieldOther,
}

// labelled things: a label may say whose it is, as 信息发布日期 and 文章来源 do.
var labelOwners = []string{"信息", "文件", "文章", "稿件", "网站", "网上", "本文"}

// labelOf is the field that a text without blanks is the label of.
func labelOf(text string) (f field, ok bool) {
	if f, ok = labels[text]; ok {
		return f, true
	}
	for _, o := range labelOwners {
		if rest, owned := strings.CutPrefix(text, o); owned && len(rest) >= len("来源") {
			f, ok = labels[rest]
			return f, ok
		}
	}
	return fieldNone, false
}

// longest label in characters; a longer run of text before a colon is prose.
const longestLabel = 8

// cell is one line or table cell of the page, in document order.
type cell struct {
	text   string
	inBody bool
}

// labelled is a label with the value found beside it.
type labelled struct {
	field  field
	label  string
	value  string
	inBody bool
	at     int // index of its cell
}

// room is what the texts of a page are put together in: pages come by the
// thousand, and their texts are of one size.
type room struct{ text, cells []byte }

var rooms = sync.Pool{New: func() any { return new(room) }}

// extract fills the fields of the page from what it shows, then from its tags.
func (p *Page) extract() {
	root := p.Root
	body := dom.Find(root, atom.Body)
	if body == nil {
		body = root
	}
	r := rooms.Get().(*room)
	defer rooms.Put(r)
	r.text = appendText(r.text[:0], body)
	p.VisibleText = string(tidy(r.text))
	p.bare = bareOf(p.VisibleText)
	content := p.contentNode(body)
	p.content = content
	if p.BodyText = p.VisibleText; content != body {
		r.text = appendText(r.text[:0], content)
		p.BodyText = string(tidy(r.text))
	}
	cells := cellsOf(body, content, r)
	p.rows = append(headedValues(body, content), readLabels(cells)...)

	pageTitle := ""
	if t := dom.Find(root, atom.Title); t != nil {
		pageTitle = squeeze(dom.RawText(t))
	}
	p.Heading = p.heading(p.elementsBelow(body), pageTitle, p.Tag("ArticleTitle"), p.Tag("SiteName"))

	if line := p.lineOfTag(cells); line != "" {
		p.Heading = line
	}
	trimmed := trimSite(pageTitle, p.Tag("SiteName"), p.Tag("ColumnName"))
	if p.Heading == "" {
		p.Heading = lineOfTitle(cells, pageTitle, trimmed)
	}
	if p.Heading == "" && p.Tag("ArticleTitle") == "" {
		p.Heading = p.lineAboveDate(cells, trimmed)
	}

	p.IndexNo = p.value(fieldIndex)
	p.Topic = p.value(fieldTopic)
	p.Issuer = p.value(fieldIssuer)
	p.DocNo = noBlanks(numberAlone(p.value(fieldDocNo)))
	p.Written = valueStamp(p.value(fieldWritten)).String()
	p.Title = p.chooseTitle(pageTitle)
	p.choosePublished(cells)
	p.readDocument(cells)
}

// value returns the first value of a field, outside the body text when it
// stands there, since the body may quote another document's labels.
func (p *Page) value(f field) string {
	for _, inBody := range []bool{false, true} {
		for _, r := range p.rows {
			if r.field == f && r.inBody == inBody && f.plausible(r.value) {
				return r.value
			}
		}
	}
	return ""
}

// plausible refuses what cannot be a value of the field: the words after an
// empty search field, a sentence of prose.
func (f field) plausible(v string) bool {
	n := utf8.RuneCountInString(v)
	if n == 0 {
		return false
	}
	digit := strings.ContainsAny(v, "0123456789〇一二三四五六七八九")
	switch f {
	case fieldDocNo:
		return n <= 60 && (digit || strings.Contains(v, "号"))
	case fieldIndex:
		return n <= 60 && strings.ContainsAny(v, "0123456789")
	case fieldIssuer:
		return n <= 120 && !strings.ContainsAny(v, "。；;？?")
	case fieldTopic:
		return n <= 80 && !strings.ContainsAny(v, "。？?")
	case fieldWritten, fieldPublished, fieldDate:
		return !valueStamp(v).zero()
	}
	return true
}

func (p *Page) chooseTitle(pageTitle string) string {
	for _, r := range p.rows {
		if r.field == fieldTitle && !r.inBody && utf8.RuneCountInString(r.value) >= 4 {
			// A search form has a “标题：” too; a document's title goes with
			// its other data, or stands again in the page's own title.
			if p.value(fieldIndex) != "" || p.value(fieldDocNo) != "" || p.value(fieldIssuer) != "" || strings.Contains(noBlanks(pageTitle), noBlanks(r.value)) {
				return r.value
			}
		}
	}
	if t := p.Tag("ArticleTitle"); t != "" && !placeholder(t) {
		return stripTags(t)
	}
	if p.Heading != "" {
		return p.Heading
	}
	return trimSite(pageTitle, p.Tag("SiteName"), p.Tag("ColumnName"))
}

func (p *Page) choosePublished(cells []cell) {
	tag := parseStamp(p.Tag("PubDate"))
	var strong, weak []stamp
	heading := p.headingInBody(cells)
	for _, r := range p.rows {
		if r.inBody && (heading < 0 || r.at <= heading || r.at > heading+closeBelow) {
			continue
		}
		s := valueStamp(r.value)
		if s.zero() {
			continue
		}
		switch r.field {
		case fieldPublished:
			strong = append(strong, s)
		case fieldDate:
			weak = append(weak, s)
		}
	}
	if len(strong) > 0 {
		p.setPublished(pickSameDay(strong, tag))
		return
	}
	bare := p.bareDates(cells)
	shown := append(weak, bare...)
	if !tag.zero() {
		// On a page of two sentences the content may be taken for all of the
		// article, its label of the publication with it; the tag's own day
		// under that label is shown and no quotation.
		for _, r := range p.rows {
			if s := valueStamp(r.value); r.inBody && r.field == fieldPublished && s.date == tag.date {
				strong = append(strong, s)
			}
		}
		for _, s := range shown {
			if s.date == tag.date {
				p.setPublished(s)
				return
			}
		}
		if len(strong) > 0 {
			p.setPublished(pickSameDay(strong, tag))
			return
		}
		p.Published = tag.String()
		return
	}
	switch {
	case len(weak) > 0:
		p.setPublished(weak[0])
	case len(bare) > 0 && p.Heading != "":
		p.setPublished(bare[0])
	case p.Heading != "":
		if s := p.boxedDate(); !s.zero() {
			p.setPublished(s)
			return
		}
		p.Published = p.toldPublished().String()
	}
}

// closeBelow is how many lines below the heading those are that tell about the page
// when a short article is taken whole, its heading with it.
const closeBelow = 3

// headingInBody is the place of the heading among the cells when the content holds it;
// −1 when it does not.
func (p *Page) headingInBody(cells []cell) int {
	if i := lastCellOf(cells, noBlanks(p.Heading)); i >= 0 && cells[i].inBody {
		return i
	}
	return -1
}

// lastCellOf is where a text without blanks ends among the cells; −1 when it does not
// stand there. A heading with breaks is several of them.
func lastCellOf(cells []cell, want string) int {
	if want == "" {
		return -1
	}
	for i, c := range cells {
		rest, ok := cutBare(want, c.text)
		for k := i; ok; {
			if rest == "" {
				return k
			}
			if k++; k == len(cells) || k > i+mostBreaks {
				break
			}
			rest, ok = cutBare(rest, cells[k].text)
		}
	}
	return -1
}

// mostBreaks are those within one heading.
const mostBreaks = 4

func (p *Page) setPublished(s stamp) {
	p.Published, p.PublishedShown = s.String(), true
}

// pickSameDay prefers, among several shown dates, the one the tag confirms; a
// page often shows a form for wide and one for narrow screens, one without the
// time of day.
func pickSameDay(shown []stamp, tag stamp) stamp {
	best := shown[0]
	for _, s := range shown {
		if s.date == best.date && s.timed && !best.timed {
			best = s
		}
	}
	if !tag.zero() && best.date != tag.date {
		for _, s := range shown {
			if s.date == tag.date {
				return s
			}
		}
	}
	return best
}

// bareDates finds dates that stand alone under the heading, without a label.
func (p *Page) bareDates(cells []cell) (out []stamp) {
	want := noBlanks(p.Heading)
	if want == "" {
		want = noBlanks(p.Title)
	}
	at := lastCellOf(cells, want)
	if at < 0 {
		return nil
	}
	left, within, read := 25, cells[at].inBody, 0 // lines of the content
	for i, c := range cells[at+1:] {
		if left--; left < 0 || read >= closeBelow && !c.inBody {
			break // what comes after the article are other articles
		}
		if c.inBody {
			read++
		}
		s, from, to := lineStamp(c.text)
		// The first line of the text may be nothing but the day.
		if c.inBody && !(within && left >= 25-closeBelow) && (read != 1 || from > 0 || to < len(c.text)) {
			continue
		}
		if s.zero() || c.inBody && from > 0 || otherDate(c.text[:from], cells[at+i].text) {
			continue
		}
		rest := c.text[:from] + c.text[to:]
		if !longer(c.text[:from], 30) && !longer(rest, 60) {
			out = append(out, s)
		}
	}
	return out
}

// numberAlone is a document number without the date that stands behind it in one line.
func numberAlone(value string) string {
	if at := strings.Index(value, "号 "); at >= 0 {
		if s, _, _ := lineStamp(value[at:]); !s.zero() {
			return value[:at+len("号")]
		}
	}
	return value
}

// otherDate reports whether what stands before a date, in its line or else in the cell
// before, says that it is the date of something else: 成文日期, 征集时间.
func otherDate(line, cell string) bool {
	before := noBlanks(line)
	if before == "" {
		if before = noBlanks(cell); longer(before, longestLabel) {
			return false
		}
	}
	before = strings.TrimRight(before, "：:")
	if !strings.HasSuffix(before, "时间") && !strings.HasSuffix(before, "日期") {
		return false
	}
	f, ok := labelBefore(before, len(before))
	return !ok || f.field != fieldPublished && f.field != fieldDate
}

var (
	docNoAmong = regexp.MustCompile(`(?:^|[\s：:（(])(\p{Han}{1,16}[〔\[［（(【﹝「]\d{4}[〕\]］）)】﹞」](?:第)?\d{1,5}\s?号)(?:$|[\s（(）)|｜，,])`)
	// docNoDated is a number with the day of the document, in brackets or with the day in them.
	docNoDated = regexp.MustCompile(`^[（(]?(\p{Han}{1,16}[〔\[［（(【﹝「]\d{4}[〕\]］）)】﹞」](?:第)?\d{1,5}号)[\s，,　]*[（(]?(\d{4}年\d{1,2}月\d{1,2}日)[）)]{1,2}$`)
	docNoLine  = regexp.MustCompile(`^[\p{Han}]{1,16}[〔\[［（(【﹝「]\s*\d{4}\s*[〕\]］）)】﹞」]\s*(?:第\s*)?\d{1,5}\s*号$`)
	noticeLine = regexp.MustCompile(`^(?:[\p{Han}]{0,20}(?:公告|通告|令))?\d{4}年第\d{1,4}号$`)
	orderWhole = regexp.MustCompile(`^([\p{Han}]{2,20}令)[（(]?(第[\d〇一二三四五六七八九十百]{1,6}号)[）)]?$`)
	orderLine  = regexp.MustCompile(`^第\s*[\d〇一二三四五六七八九十百]{1,6}\s*号$`)
	orderTitle = regexp.MustCompile(`^[\p{Han}]{2,20}令$`)
	// An announcement has its number under its title, as an order has.
	noticeNumber = regexp.MustCompile(`^\d{4}年第\d{1,4}号$`)
	noticeTitle  = regexp.MustCompile(`^[\p{Han}]{2,20}(?:公告|通告)$`)
)

// readDocument takes number, issuer and date from the document itself when the
// page has no metadata table: the number under the title, the signature at
// the end (GB/T 9704).
func (p *Page) readDocument(cells []cell) {
	if p.DocNo == "" {
		p.DocNo = docNoOf(p.Heading + "\n" + firstLines(p.BodyText, numberWithin))
	}
	if p.DocNo == "" {
		below := p.belowHeading(cells)
		if p.DocNo = docNoOf(below); p.DocNo == "" {
			// 某政函〔2026〕3号　2026-10-08　浏览：3次
			if m := docNoAmong.FindStringSubmatch(halfDigits(below)); m != nil && !strings.Contains(below, "《") {
				p.DocNo = noBlanks(m[1])
			}
		}
	}
	if m := docNoDated.FindStringSubmatch(p.datedNumber(cells)); m != nil && (p.DocNo == "" || p.DocNo == m[1]) {
		p.DocNo = m[1]
		if p.Written == "" {
			p.Written = stamp{date: parseStamp(m[2]).date}.String()
		}
	}
	if p.DocNo == "" || (p.Written != "" && p.Issuer != "") {
		return
	}
	lines := strings.Split(p.BodyText, "\n")
	i, s, within := p.signature(lines)
	if i < 0 {
		return
	}
	if p.Written == "" {
		p.Written = stamp{date: s.date}.String()
	}
	if p.Issuer != "" {
		return
	}
	if within != "" { // 某市人民政府 2024年5月6日
		p.Issuer = within
		return
	}
	by := squeeze(lines[i-1])
	switch m := orderNumber.FindStringSubmatch(p.DocNo); {
	case longer(by, 40) || strings.ContainsAny(by, "，。：；:;"):
	case m != nil && !organ(noBlanks(by)):
		p.Issuer = m[1] // a person signs an order
	default:
		p.Issuer = signatories(by)
		for j := i - 2; j > 0 && i-j < mostIssuers && organ(noBlanks(by)) && organ(noBlanks(lines[j])); j-- {
			p.Issuer = signatories(lines[j]) + "、" + p.Issuer
		}
	}
}

// datedNumber is the line close below the heading that holds number and day of the
// document; "" for none.
func (p *Page) datedNumber(cells []cell) string {
	at := lastCellOf(cells, noBlanks(p.Heading))
	if at < 0 {
		return ""
	}
	for _, c := range cells[at+1 : min(len(cells), at+1+numberWithin)] {
		if !longer(c.text, 60) && strings.Contains(c.text, "号") {
			if line := halfDigits(noBlanks(c.text)); docNoDated.MatchString(line) {
				return line
			}
		}
	}
	return ""
}

// signature finds the date under the signature of the document: the line, −1 for none,
// and the organ before it in the same line. The first that an organ stands above is
// the document's own, since what is annexed comes after; a date in brackets is one only
// there. Else the last date in a line of its own is taken.
func (p *Page) signature(lines []string) (line int, s stamp, within string) {
	line = -1
	for i := 1; i < len(lines); i++ {
		t := noBlanks(lines[i])
		if longer(t, 60) {
			continue
		}
		whole := bracketless(t)
		at, from, to := findStamp(whole)
		if at.zero() || to != len(whole) || from > 0 && !organ(whole[:from]) {
			continue
		}
		by := noBlanks(lines[i-1])
		if from > 0 || organ(by) || signer.MatchString(by) || organ(signatories(lines[i-1])) {
			return i, at, whole[:from]
		}
		if whole == t {
			line, s = i, at
		}
	}
	return line, s, ""
}

// signer is the person who signs an order.
var signer = regexp.MustCompile(`^(?:代)?(?:省长|市长|区长|县长|州长|盟长|旗长|主席|主任|部长|局长|厅长|署长|行长|总理)[\p{Han}·]{2,8}$`)

// signatories are the organs of one line of a signature. A short name is often spaced
// out, character by character.
func signatories(line string) string {
	names := strings.Fields(squeeze(line))
	if slices.ContainsFunc(names, func(n string) bool { return !longer(n, 1) }) {
		return strings.Join(names, "")
	}
	return strings.Join(names, "、")
}

// mostIssuers of one document stand below each other.
const mostIssuers = 12

var (
	orderNumber = regexp.MustCompile(`^([\p{Han}]{2,20})令第`)
	organName   = regexp.MustCompile(`^[\p{Han}、（）]{2,25}(?:政府|委员会|办公室|办公厅|指挥部|领导小组|联席会议|厅|局|部|委|院|署|社|会|中心|总队|支队|银行|分行|总站|处)$`)
)

// organ reports whether a text is the name of an organ and nothing else.
func organ(text string) bool { return organName.MatchString(text) }

// belowHeading are the heading and the lines outside the body that follow it.
func (p *Page) belowHeading(cells []cell) string {
	at := lastCellOf(cells, noBlanks(p.Heading))
	if at < 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString(p.Heading + "\n")
	left := 6
	for _, c := range cells[at+1:] {
		if left == 0 {
			break
		}
		if !c.inBody {
			left--
			b.WriteString(c.text + "\n")
		}
	}
	return b.String()
}

// numberWithin is how many lines a document's number stands within.
const numberWithin = 12

// firstLines are at most the first n lines of a text.
func firstLines(s string, n int) string {
	end := 0
	for ; n > 0; n-- {
		i := strings.IndexByte(s[end:], '\n')
		if i < 0 {
			return s
		}
		end += i + 1
	}
	return s[:end]
}

// docNoOf is the document number among the first lines of a text; "" for none.
func docNoOf(text string) string {
	before, left := "", numberWithin
	for l := range strings.SplitSeq(text, "\n") {
		if left--; left < 0 {
			break
		}
		if numbered := strings.TrimSuffix(strings.TrimSuffix(l, "）"), ")"); strings.HasSuffix(numbered, "号") {
			t := bracketless(noBlanks(l))
			half := halfDigits(t)
			if title := noBlanks(before); noticeNumber.MatchString(half) && noticeTitle.MatchString(title) && !strings.Contains(title, "关于") {
				return title + t
			}
			if docNoLine.MatchString(half) || noticeLine.MatchString(half) {
				return t
			}
			if m := orderWhole.FindStringSubmatch(t); m != nil {
				return m[1] + m[2]
			}
			if orderLine.MatchString(t) && orderTitle.MatchString(noBlanks(before)) {
				return noBlanks(before) + t
			}
		}
		before = l
	}
	return ""
}

// bracketless is a line without the brackets around all of it.
func bracketless(line string) string {
	for _, b := range [][2]string{{"（", "）"}, {"(", ")"}} {
		if inner, ok := strings.CutPrefix(line, b[0]); ok && strings.HasSuffix(inner, b[1]) {
			return strings.TrimSuffix(inner, b[1])
		}
	}
	return line
}

// cutter collects cells, the text of all in one piece.
type cutter struct {
	cells []cell
	text  []byte
	ends  []int // in text, of each cell
}

// cut makes a line or table cell a cell when anything stands in it.
func (c *cutter) cut(line []byte, inBody bool) {
	from := len(c.text)
	if c.text = appendSqueezed(c.text, line); len(c.text) > from {
		c.cells, c.ends = append(c.cells, cell{inBody: inBody}), append(c.ends, len(c.text))
	}
}

func (c *cutter) done() []cell {
	text, from := string(c.text), 0
	for i, end := range c.ends {
		c.cells[i].text, from = text[from:end], end
	}
	return c.cells
}

// cellsOf cuts the visible text below body into lines and table cells and
// notes which lie in the content node.
func cellsOf(body, content *html.Node, r *room) []cell {
	c := cutter{text: r.cells[:0]}
	defer func() { r.cells = c.text }()
	line := r.text[:0]
	in := false
	flush := func() {
		c.cut(line, in)
		line = line[:0]
	}
	for n := body; n != nil; {
		if n == content && content != body {
			flush()
			in = true
		}
		switch {
		case n.Type == html.TextNode:
			line = append(line, n.Data...)
		case n.Type == html.ElementNode && cellLike(n):
			flush()
		case n.Type == html.ElementNode && !in && labelAlone(n):
			line = append(line, ' ')
		}
		if n.FirstChild != nil && !(n != body && unseen(n)) {
			n = n.FirstChild
			continue
		}
		for {
			if n.Type == html.ElementNode && cellLike(n) {
				flush()
			}
			if n == content && in {
				flush()
				in = false
			}
			if n == body {
				flush()
				return c.done()
			}
			if n.NextSibling != nil {
				n = n.NextSibling
				break
			}
			n = n.Parent
		}
	}
	return c.done()
}

// labelAlone reports whether an element right behind another holds a label and nothing
// else: what stands before it is the value of another. A link is no label.
func labelAlone(n *html.Node) bool {
	if n.DataAtom == atom.A || n.PrevSibling == nil || n.PrevSibling.Type != html.ElementNode || n.FirstChild == nil || n.FirstChild.Type != html.TextNode {
		return false
	}
	text := n.FirstChild.Data
	if n.FirstChild.NextSibling != nil || len(text) > 60 {
		return false
	}
	_, known := labelOf(strings.TrimRight(noBlanks(text), "：:"))
	return known
}

func cellLike(n *html.Node) bool {
	return blockLike(n) || n.DataAtom == atom.Td || n.DataAtom == atom.Th
}

// readLabels pairs every known label with its value: in the same cell after
// the colon, else the next cell when that is no label itself.
func readLabels(cells []cell) (rows []labelled) {
	for i, c := range cells {
		found := labelsIn(c.text)
		for k, f := range found {
			end := len(c.text)
			if k+1 < len(found) {
				end = found[k+1].from
			}
			r := labelled{field: f.field, label: f.label, value: trimValue(c.text[f.to:end]), inBody: c.inBody, at: i}
			if r.value == "" && k == len(found)-1 && i+1 < len(cells) && cells[i+1].inBody == c.inBody {
				if next := cells[i+1].text; len(labelsIn(next)) == 0 {
					r.value = trimValue(next)
				}
			}
			rows = append(rows, r)
		}
	}
	return rows
}

type foundLabel struct {
	field    field
	label    string
	from, to int // bytes of the cell taken by label and colon
}

// labelsIn finds the labels of a cell. A label is followed by a colon, or is
// the whole cell; no Han character, letter or digit stands right before it.
func labelsIn(text string) (out []foundLabel) {
	if len(text) < 60 {
		if f, ok := labelOf(noBlanks(text)); ok {
			return []foundLabel{{f, noBlanks(text), 0, len(text)}}
		}
	}
	bracketed := strings.IndexByte(text, ']') >= 0 || strings.Contains(text, "】")
	for off := 0; off < len(text); {
		colon, size := nextColon(text, off, bracketed)
		if size == 0 {
			break
		}
		off = colon + size
		if f, ok := labelBefore(text, colon); ok && (text[colon] != ']' || f.from > 0 && text[f.from-1] == '[') {
			off += leadingColon(text[off:]) // 【索引号】：
			f.to = off
			out = append(out, f)
		}
	}
	return out
}

// nextColon is where the next colon stands, or the bracket that closes round a label
// in its stead where the text has any, and how many bytes it takes; 0 for none.
func nextColon(text string, off int, bracketed bool) (at, size int) {
	wide := strings.Index(text[off:], "：")
	if bracketed {
		if i := strings.Index(text[off:], "】"); i >= 0 && (wide < 0 || i < wide) {
			wide = i
		}
		if i := strings.IndexByte(text[off:], ']'); i >= 0 && (wide < 0 || i < wide) {
			if c := strings.IndexByte(text[off:off+i], ':'); c >= 0 {
				return off + c, 1
			}
			return off + i, 1
		}
	}
	end := len(text)
	if wide >= 0 {
		end = off + wide
	}
	if i := strings.IndexByte(text[off:end], ':'); i >= 0 {
		return off + i, 1
	}
	if wide < 0 {
		return 0, 0
	}
	return end, len("：")
}

// leadingColon is how many bytes the colon at the front of a text takes; 0 for none.
func leadingColon(text string) int {
	for _, c := range []string{":", "："} {
		if strings.HasPrefix(text, c) {
			return len(c)
		}
	}
	return 0
}

// labelBefore reads backwards from a colon for the longest known label.
func labelBefore(text string, colon int) (best foundLabel, ok bool) {
	var name [4 * longestLabel]byte // filled from behind
	from := len(name)
	for at, n := colon, 0; at > 0 && n < longestLabel; {
		r, size := utf8.DecodeLastRuneInString(text[:at])
		at -= size
		if r == ' ' || r == '\u00A0' || r == '\u3000' {
			continue
		}
		if !han(r) {
			break
		}
		n++
		from -= size
		copy(name[from:], text[at:at+size])
		f, known := labelOf(string(name[from:]))
		if !known {
			continue
		}
		prev, _ := utf8.DecodeLastRuneInString(text[:at])
		// “会议时间：” is not “时间：”.
		if at == 0 || !(han(prev) || prev >= '0' && prev <= '9' || prev < utf8.RuneSelf && letter(byte(prev))) {
			best, ok = foundLabel{field: f, label: string(name[from:]), from: at}, true
		}
	}
	return best, ok
}

func trimValue(s string) string {
	s = squeeze(s)
	s = strings.Trim(s, "|｜[]【】<>《 \t；;，,")
	if strings.Count(s, "《") != strings.Count(s, "》") && strings.HasSuffix(s, "》") {
		s = "《" + s
	}
	return strings.TrimSpace(s)
}

func han(r rune) bool {
	return r >= 0x4E00 && r <= 0x9FFF || r >= 0x3400 && r <= 0x4DBF || r == '〇' || r >= 0x20000 && r <= 0x323AF
}

func stripTags(s string) string {
	if !strings.ContainsRune(s, '<') {
		return squeeze(s)
	}
	n, err := tryParse(s, mostWritten)
	if err != nil {
		return squeeze(s)
	}
	return squeeze(strings.ReplaceAll(nodeText(n), "\n", ""))
}

var titleName = regexp.MustCompile(`(?i)(?:^|[\s_\-])(?:[a-z]{0,10}[_\-]?)?(?:title|tit|bt|headline|biaoti)\d{0,2}(?:$|[\s_\-])`)

var titleWords = []string{"tit", "bt", "headline", "biaoti"}

// naming is what an id or a class says of an element.
type naming struct{ title, content, float bool }

// named is what an element is called by its id and its class.
func (p *Page) named(n *html.Node) naming {
	id, class := p.naming(dom.Attr(n, "id")), p.naming(dom.Attr(n, "class"))
	return naming{id.title || class.title, id.content || class.content, id.float || class.float}
}

// naming is what one name says. Pages repeat the same few.
func (p *Page) naming(name string) naming {
	if name == "" {
		return naming{}
	}
	is, known := p.names[name]
	if !known {
		if p.names == nil {
			p.names = map[string]naming{}
		}
		is = naming{title: namedTitle(name), content: namedContent(name), float: namedFloat(name)}
		p.names[name] = is
	}
	return is
}

func namedTitle(name string) bool {
	return name != "" && seek.Any(dom.Lowered(name), titleWords) && titleName.MatchString(name)
}

// heading finds the visible heading of an article: an h1–h3 or an element
// named as a title, best one that the page's title or the ArticleTitle tag
// repeats.
func (p *Page) heading(elements []*html.Node, pageTitle, articleTitle, siteName string) string {
	whole := noBlanks(pageTitle)
	article := noBlanks(articleTitle)
	column := noBlanks(p.Tag("ColumnName"))
	cut := cutTitle(pageTitle)
	var repeated, last, first string
	for _, n := range elements {
		isH := n.DataAtom == atom.H1 || n.DataAtom == atom.H2 || n.DataAtom == atom.H3
		if !isH {
			if n.DataAtom == atom.Body || n.DataAtom == atom.A || n.DataAtom == atom.Img {
				continue
			}
			if !p.named(n).title {
				continue
			}
		}
		t := squeeze(shortText(n, 400))
		bare := noBlanks(t)
		if l := utf8.RuneCountInString(bare); l < 4 || l > 150 {
			continue
		}
		switch {
		case article != "" && bare == article:
			return t
		case article != "" && column != "" && bare == column: // the column's name above an article
		case repeated == "" && whole != "" && (strings.HasPrefix(whole, bare) || cut != "" && strings.HasPrefix(bare, cut)):
			repeated = t
		case last == "" && utf8.RuneCountInString(bare) >= shortestTitle && strings.HasSuffix(whole, bare) && !siteEnd.MatchString(bare):
			last = t // some sites put their name first
		case first == "" && n.DataAtom == atom.H1 && bare != noBlanks(siteName) && dom.Find(n, atom.A) == nil:
			first = t
		}
	}
	return cmp.Or(repeated, last, first)
}

// cutTitle is the beginning of a title that the page's own title shows with dots for the
// rest; "" when it has none.
func cutTitle(pageTitle string) string {
	for _, dots := range []string{"…", "..."} {
		if i := strings.Index(pageTitle, dots); i > 0 {
			if bare := noBlanks(pageTitle[:i]); utf8.RuneCountInString(bare) >= shortestTitle {
				return bare
			}
		}
	}
	return ""
}

// shortestTitle is the fewest characters by which a line is taken for the heading since
// the page's title has it too.
const shortestTitle = 8

// lineOfTag is the line above the content that the ArticleTitle tag repeats, where the
// heading found is another: titles stand in elements of any name. The name of the
// column or of the site, and the words of a link, are no title.
func (p *Page) lineOfTag(cells []cell) string {
	tag := stripTags(p.Tag("ArticleTitle"))
	if tag == "" || !longer(tag, 3) || sameTitle(p.Heading, tag) || sameTitle(tag, p.Tag("ColumnName")) || sameTitle(tag, p.Tag("SiteName")) {
		return ""
	}
	want := evenTitle(tag)
	for _, c := range cells {
		if evenTitle(c.text) == want && !slices.ContainsFunc(p.Links, func(l Link) bool { return evenTitle(l.Text) == want }) {
			return c.text
		}
		if c.inBody {
			return ""
		}
	}
	return ""
}

// evened are signs of a title that editors put differently in a tag, where quotation
// marks end the value, and on the page.
var evened = strings.NewReplacer("“", "", "”", "", "‘", "", "’", "", "\"", "", "'", "", "「", "", "」", "", "＂", "", "＇", "",
	"——", "-", "—", "-", "–", "-", "―", "-", "－", "-", "（", "(", "）", ")", "：", ":", "，", ",", "；", ";", "？", "?", "！", "!")

func evenTitle(s string) string { return evened.Replace(noBlanks(s)) }

// sameTitle reports whether two titles are the same but for blanks, quotation marks
// and the width of their signs.
func sameTitle(a, b string) bool { return evenTitle(a) == evenTitle(b) }

// lineOfTitle is the line that the page's title, with the site's name or without it,
// begins with: pages of old have no element that is named a heading.
func lineOfTitle(cells []cell, pageTitle, trimmed string) string {
	whole := noBlanks(pageTitle)
	within := 0 // lines of the content
	for _, c := range cells {
		if c.inBody {
			within++
		}
		if within > titleWithin || !strings.HasPrefix(whole, begin(c.text)) {
			continue
		}
		if bare := noBlanks(c.text); len(bare) <= len(whole) && utf8.RuneCountInString(bare) >= shortestTitle && strings.HasPrefix(whole, bare) && !siteEnd.MatchString(bare) && (bare != whole || noBlanks(trimmed) == whole) {
			return c.text
		}
	}
	return ""
}

// begin is the first character of a text that begins with no blank.
func begin(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	return s[:n]
}

// titleWithin is how many lines of the content may come until the title when it stands
// within.
const titleWithin = 2

// lineAboveDate is the line right above the one that says when the page was published,
// where the page's own title tells of no heading but only of the site or the column:
// pages of old have their title in a font element.
func (p *Page) lineAboveDate(cells []cell, trimmed string) string {
	if longer(noBlanks(trimmed), shortestTitle-1) && !siteEnd.MatchString(noBlanks(trimmed)) && !siteWords.MatchString(noBlanks(trimmed)) {
		return ""
	}
	for _, r := range p.rows {
		if r.field != fieldPublished && r.field != fieldDate || r.at < 1 || valueStamp(r.value).zero() || len(labelsIn(cells[r.at].text)) == 0 {
			continue
		}
		for i := r.at - 1; i >= max(0, r.at-2); i-- {
			t := cells[i].text
			if bare := noBlanks(t); longer(bare, shortestTitle-1) && !longer(bare, 100) && len(labelsIn(t)) == 0 && !strings.ContainsAny(bare, "。：:；;>＞") && !siteEnd.MatchString(bare) && !slices.ContainsFunc(p.Links, func(l Link) bool { return noBlanks(l.Text) == bare }) {
				return t
			}
		}
		return ""
	}
	return ""
}

// headedValues reads tables whose first row is labels and whose second is their values.
func headedValues(body, content *html.Node) (rows []labelled) {
	for n := dom.Following(body, body); n != nil; n = dom.Following(n, body) {
		if n.DataAtom != atom.Tr || n.Type != html.ElementNode {
			continue
		}
		heads := cellsOfRow(n)
		if len(heads) < fewestHeads {
			continue
		}
		fields := make([]labelled, len(heads))
		for i, h := range heads {
			label := strings.TrimRight(noBlanks(shortText(h, 60)), "：:")
			f, ok := labelOf(label)
			if !ok {
				fields = nil
				break
			}
			fields[i] = labelled{field: f, label: label, at: -1}
		}
		next := n.NextSibling
		for next != nil && next.Type != html.ElementNode {
			next = next.NextSibling
		}
		if fields == nil || next == nil && n.Parent.DataAtom == atom.Thead {
			if fields != nil {
				next = firstRow(n.Parent.NextSibling)
			}
		}
		if fields == nil || next == nil || next.DataAtom != atom.Tr {
			continue
		}
		values := cellsOfRow(next)
		if len(values) != len(heads) || isListed(next, len(heads)) {
			continue
		}
		for i, v := range values {
			fields[i].value = trimValue(shortText(v, 300))
			fields[i].inBody = content != body && below(v, content)
			if _, label := labelOf(strings.TrimRight(noBlanks(fields[i].value), "：:")); label {
				fields = nil // a table of labels without values
				break
			}
		}
		rows = append(rows, fields...)
	}
	return rows
}

// isListed reports whether the first row below a head is one of a list of documents
// and no document's own: it leads to one, or another row like it follows.
func isListed(row *html.Node, cells int) bool {
	for n := dom.Following(row, row); n != nil; n = dom.Following(n, row) {
		if n.DataAtom == atom.A && n.Type == html.ElementNode && dom.Attr(n, "href") != "" {
			return true
		}
	}
	next := row.NextSibling
	for next != nil && next.Type != html.ElementNode {
		next = next.NextSibling
	}
	if next == nil || next.DataAtom != atom.Tr {
		return false
	}
	more := cellsOfRow(next)
	if len(more) != cells {
		return false
	}
	_, label := labelOf(strings.TrimRight(noBlanks(shortText(more[0], 60)), "：:"))
	return !label // else a second row of labels
}

// fewestHeads are the columns from which on a row of labels is the head of a table: two
// are a label beside a label whose value is missing.
const fewestHeads = 3

func cellsOfRow(tr *html.Node) (out []*html.Node) {
	for c := tr.FirstChild; c != nil; c = c.NextSibling {
		if c.DataAtom == atom.Td || c.DataAtom == atom.Th {
			out = append(out, c)
		}
	}
	return out
}

// firstRow is the first row below an element or one that follows it.
func firstRow(n *html.Node) *html.Node {
	for ; n != nil; n = n.NextSibling {
		if n.DataAtom == atom.Tbody {
			return dom.Find(n, atom.Tr)
		}
	}
	return nil
}

// shortText returns the text below n, or "" when it is longer than limit bytes.
func shortText(n *html.Node, limit int) string {
	var b strings.Builder
	for c := dom.Following(n, n); c != nil; c = dom.Following(c, n) {
		if c.Type == html.TextNode && !unseen(c.Parent) {
			if c.Parent == n && c.NextSibling == nil && b.Len() == 0 && c.PrevSibling == nil {
				return short(c.Data, limit)
			}
			if b.Len()+len(c.Data) > limit*3 {
				return ""
			}
			b.WriteString(c.Data)
		}
	}
	return short(b.String(), limit)
}

// short is a text, or "" when it is longer than limit bytes.
func short(s string, limit int) string {
	if len(s) > limit*3 || len(squeeze(s)) > limit {
		return ""
	}
	return s
}

var siteWords = regexp.MustCompile(`政府|门户|网$|网站|厅$|局$|委$|委员会$|部$|办公室$|中心$|专栏$|公开|频道|首页|平台$|在线$`)

// siteEnd ends the name of a site, and no title.
var siteEnd = regexp.MustCompile(`(?:政府|门户|网|网站|首页|平台|在线|频道)$`)

// trimSite cuts the site's and column's names off the end of a page title.
func trimSite(title, siteName, columnName string) string {
	// “某市人民政府-信息公开指南”: some sites put their name first.
	if rest, ok := strings.CutPrefix(title, siteName); ok && siteName != "" {
		if r, size := utf8.DecodeRuneInString(strings.TrimSpace(rest)); size > 0 && strings.ContainsRune("_|-－—–｜", r) {
			title = strings.Trim(strings.TrimSpace(rest), "_|-－—–｜ ")
		}
	}
	for {
		i := strings.LastIndexAny(title, "_|-－—–｜")
		if i <= 0 {
			return strings.TrimSpace(title)
		}
		_, size := utf8.DecodeRuneInString(title[i:])
		tail := strings.TrimSpace(title[i+size:])
		sep := title[i : i+size]
		cut := tail == "" || tail == siteName || tail == columnName || sep == "_" || sep == "|" || sep == "｜" || siteWords.MatchString(tail)
		if !cut || strings.TrimSpace(strings.TrimRight(title[:i], "_|-－—–｜ ")) == "" {
			return strings.TrimSpace(title)
		}
		title = strings.TrimRight(title[:i], "_|-－—–｜ ")
	}
}

var contentName = regexp.MustCompile(`(?i)ucap-?content|trs_editor|trs_preappend|^zoom$|zoomcon|(?:^|[\s_\-])(?:article|art|news|info|detail|text|txt|xl|view|con|main|pages?)?[_\-]?(?:content|article|zoom|conter|neirong|zhengwen)(?:$|[\s_\-0-9])|txt-article|articlecon|contentbox|printcontent`)

var contentWords = []string{"content", "trs_", "zoom", "article", "conter", "neirong", "zhengwen"}

func namedContent(name string) bool {
	return name != "" && seek.Any(dom.Lowered(name), contentWords) && contentName.MatchString(name)
}

// contentNode finds the element that holds the article: a named container with
// the most text, else the block with the most text outside links.
func (p *Page) contentNode(body *html.Node) *html.Node {
	own := map[*html.Node]int{}
	for n := dom.Following(body, body); n != nil; n = dom.Following(n, body) {
		if n.Type != html.TextNode || unseen(n.Parent) {
			continue
		}
		l := squeezedLen(n.Data)
		if l == 0 {
			continue
		}
		inLink := false
		c := n.Parent
		for c != nil && c != body && !container(c) {
			inLink = inLink || c.DataAtom == atom.A || c.DataAtom == atom.Script || c.DataAtom == atom.Style
			c = c.Parent
		}
		if c == nil || inLink {
			continue
		}
		own[c] += l
		// Paragraph blocks below one parent count half for the parent, so that
		// an article made of div paragraphs is found whole.
		if up := c.Parent; c != body && up != nil {
			for up != body && !container(up) {
				up = up.Parent
			}
			own[up] += l / 2
		}
	}
	var named, densest *html.Node
	namedScore, best := 0, 0
	tried := 0
	for _, n := range p.elementsBelow(body) {
		if !container(n) {
			continue // nothing else has text of its own
		}
		if s := own[n]; s > best {
			best, densest = s, n
		}
		if tried > 60 {
			continue
		}
		if !p.named(n).content {
			continue
		}
		tried++
		s := textOutsideLinks(n)
		// An outer named frame is left for the inner one that has most of it.
		if s > namedScore*5/4 || (s >= namedScore*4/5 && s > 0 && named != nil && below(n, named)) {
			named, namedScore = n, s
		}
	}
	if named != nil && namedScore*3 >= best {
		return named
	}
	if densest != nil {
		return densest
	}
	return body
}

func container(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Div, atom.Td, atom.Article, atom.Section, atom.Main, atom.Body, atom.Form, atom.Center:
		return true
	}
	return n.Type == html.ElementNode && strings.Contains(n.Data, "-")
}

func below(n, ancestor *html.Node) bool {
	for a := n.Parent; a != nil; a = a.Parent {
		if a == ancestor {
			return true
		}
	}
	return false
}

func textOutsideLinks(n *html.Node) int {
	total := 0
	for c := dom.Following(n, n); c != nil; c = dom.Following(c, n) {
		if c.Type == html.TextNode && !unseen(c.Parent) && c.Parent.DataAtom != atom.A {
			total += utf8.RuneCountInString(strings.TrimSpace(c.Data))
		}
	}
	return total
}

var unfilled = []string{"网站名称", "网站域名", "政府网站标识码", "栏目名称", "文章标题", "描述", "关键词", "标题", "站点名称"}

// placeholder reports whether a tag value is the template's own word.
func placeholder(v string) bool {
	v = strings.TrimSpace(v)
	return slices.Contains(unfilled, v) || Unfilled(v) || strings.HasPrefix(v, "$")
}
