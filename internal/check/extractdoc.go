package check

import (
	"regexp"
	"strings"
)

// numberAlone is a document number without the date that stands behind it in one line.
func numberAlone(value string) string {
	if at := strings.Index(value, "号 "); at >= 0 {
		if s, _, _ := lineStamp(value[at:]); !s.zero() {
			return value[:at+len("号")]
		}
	}
	return value
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
