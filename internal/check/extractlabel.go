package check

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"zhengshu/internal/dom"
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

// labelled is a label with the value found beside it.
type labelled struct {
	field  field
	label  string
	value  string
	inBody bool
	at     int // index of its cell
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
