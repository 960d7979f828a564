package official

import (
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Document is one official document (公文) in the layout of GB/T 9704. Fill the
// fields, add the body in order with Paragraph, Heading, Table and PageBreak,
// and write it with WriteTo. Empty elements are left out. The same document
// always gives the same bytes.
type Document struct {
	Authority   string   // 发文机关标志, in red above the number; empty for internal papers
	Urgency     string   // 紧急程度: 特急 or 加急; empty when ordinary
	Number      string   // 发文字号, as DocumentNumber makes it
	Signer      string   // 签发人, on a document to a superior (请示, 报告) only
	Title       string   // 标题; a line break in it breaks the line there
	To          string   // 主送机关, without the colon
	Attachments []string // 附件说明, the names without numbers or 《》
	Issuer      string   // 发文机关署名
	Dated       string   // 成文日期, in Arabic numerals without padding: 2026年3月1日
	Sealed      bool     // a seal will be set over the signature: it is placed for one
	Note        string   // 附注, without the brackets
	CopyTo      string   // 抄送机关, without the colon
	Printer     string   // 印发机关
	Printed     string   // 印发日期, without 印发

	body   []block
	tail   int    // where the attachments begin in the body; 0: nowhere
	counts [4]int // running numbers of the four heading levels
}

// block is one element of the body.
type block interface{ write(x *markup) }

type paragraph struct{ text string }

type heading struct {
	level  int
	number string
	text   string
	rest   string // body text running on in the same paragraph
}

type pageBreak struct{}

type label struct{ text string }

// Grid is a table in a document.
type Grid struct {
	Caption string     // above the table, centred; may be empty
	Header  []string   // repeated at the head of every page
	Widths  []int      // relative column widths; nil makes them equal
	Rows    [][]string // short rows are filled with empty cells
	// Merge is how many columns from the left are joined downwards where rows
	// that follow one another say the same in them and in all before. An empty one
	// of them, the first aside, leaves its room to the cell on its right.
	Merge int
}

// yields reports whether the cell leaves its room to its right neighbour.
func (g Grid) yields(row, column int) bool {
	return column > 0 && column < g.Merge && column+1 < len(g.Header) && column < len(g.Rows[row]) && g.Rows[row][column] == ""
}

// joins reports whether the cell of a row is one with the cell above it.
func (g Grid) joins(row, column int) bool {
	if row == 0 || column >= g.Merge || g.yields(row, column) {
		return false
	}
	for c := 0; c <= column; c++ {
		if c >= len(g.Rows[row]) || c >= len(g.Rows[row-1]) || g.Rows[row][c] != g.Rows[row-1][c] {
			return false
		}
	}
	return true
}

// Paragraph adds body text (三号仿宋, first line indented two characters). Line
// breaks in the text begin new paragraphs; blank lines are dropped.
func (d *Document) Paragraph(text string) {
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			d.body = append(d.body, paragraph{line})
		}
	}
}

// Heading adds a numbered heading: level 1 “一、” 黑体, 2 “（一）” 楷体, 3 “1.” and
// 4 “（1）” 仿宋. Numbers run on by themselves and start again under each
// heading above. Levels outside 1 to 4 are taken as the nearest of them.
func (d *Document) Heading(level int, text string) { d.Clause(level, text, "") }

// Clause adds a heading with the text that follows it in the same paragraph:
// “（一）落实属地责任。各市……”. The heading should end with its own full stop.
func (d *Document) Clause(level int, title, text string) {
	level = min(max(level, 1), 4)
	d.counts[level-1]++
	for i := level; i < len(d.counts); i++ {
		d.counts[i] = 0
	}
	n := d.counts[level-1]
	number := [...]string{Numeral(n) + "、", "（" + Numeral(n) + "）", strconv.Itoa(n) + ".", "（" + strconv.Itoa(n) + "）"}[level-1]
	d.body = append(d.body, heading{level, number, strings.TrimSpace(title), strings.TrimSpace(text)})
}

// Table adds a table with thin rules; its header row repeats on every page.
func (d *Document) Table(g Grid) { d.body = append(d.body, g) }

// Label marks an attachment at the head of its page: 附件1, in 黑体 at the left
// edge (GB/T 9704 7.3.7).
func (d *Document) Label(text string) { d.body = append(d.body, label{text}) }

// BeginAttachments says that what is added from here on are the attachments:
// they stand after the signature, before the 版记 (GB/T 9704 7.3.7).
func (d *Document) BeginAttachments() { d.tail = len(d.body) }

// parted is the body and the attachments.
func (d *Document) parted() (main, attached []block) {
	if d.tail == 0 {
		return d.body, nil
	}
	return d.body[:d.tail], d.body[d.tail:]
}

// PageBreak starts a new page (before an attachment, which stands on its own).
func (d *Document) PageBreak() { d.body = append(d.body, pageBreak{}) }

// DocumentNumber returns a 发文字号 such as 陕政公开办〔2021〕18号: hexagonal brackets,
// no 第, no leading zero.
func DocumentNumber(prefix string, year, serial int) string {
	return fmt.Sprintf("%s〔%d〕%d号", prefix, year, serial)
}

var numberForm = regexp.MustCompile(`^[^\s〔〕\[\]（）()【】第]+〔[0-9]{4}〕[1-9][0-9]*号$`)

// WellNumbered reports whether a number is written as a 发文字号 must be; any other
// does not stand at the head of a document.
func WellNumbered(number string) bool { return numberForm.MatchString(number) }

var datedForm = regexp.MustCompile(`^[0-9]{4}年([1-9]|1[0-2])月([1-9]|[12][0-9]|3[01])日$`)

// Check returns a Chinese sentence naming an element that breaks GB/T 9704 and
// how to set it right, or nil. WriteTo checks first.
func (d *Document) Check() error {
	switch {
	case strings.TrimSpace(d.Title) == "":
		return fmt.Errorf("公文没有标题，请填写标题。")
	case d.Urgency != "" && d.Urgency != "特急" && d.Urgency != "加急":
		return fmt.Errorf("紧急程度“%s”不合规范：应为“特急”或“加急”，一般文件不写。", d.Urgency)
	case d.Number != "" && !WellNumbered(d.Number):
		return fmt.Errorf("发文字号“%s”不合规范：应写作“机关代字〔年份〕序号号”，年份四位并用六角括号，序号不加“第”、不补零，如“陕政公开办〔2021〕18号”。", d.Number)
	}
	for _, f := range []struct{ name, value string }{{"成文日期", d.Dated}, {"印发日期", d.Printed}} {
		if f.value != "" && !datedForm.MatchString(f.value) {
			return fmt.Errorf("%s“%s”不合规范：应用阿拉伯数字写全年月日，月、日不补零，如“2026年3月1日”。", f.name, f.value)
		}
	}
	for _, b := range d.body {
		if c, ok := b.(Chart); ok {
			if err := c.check(); err != nil {
				return err
			}
		}
		if g, ok := b.(Grid); ok {
			if len(g.Header) == 0 {
				return fmt.Errorf("表格“%s”没有表头，请补上表头。", g.Caption)
			}
			if len(g.Header) > maxGridColumns {
				return fmt.Errorf("表格“%s”有%d列，纵向A4纸最多排%d列，请减少列数或改用电子表格。", g.Caption, len(g.Header), maxGridColumns)
			}
			for i, row := range g.Rows {
				if len(row) > len(g.Header) {
					return fmt.Errorf("表格“%s”第%d行有%d格，多于表头的%d列，请核对。", g.Caption, i+1, len(row), len(g.Header))
				}
			}
			if g.Widths != nil && len(g.Widths) != len(g.Header) {
				return fmt.Errorf("表格“%s”的列宽有%d个，表头有%d列，请核对。", g.Caption, len(g.Widths), len(g.Header))
			}
		}
	}
	return nil
}

// maxGridColumns keeps a column of an upright page at least two characters wide.
const maxGridColumns = 14

// WriteTo writes the document as DOCX.
func (d *Document) WriteTo(w io.Writer) (int64, error) {
	if err := d.Check(); err != nil {
		return 0, err
	}
	return writeDocx(w, d)
}

// Numeral returns n in Chinese numerals as headings write it: 一, 十, 十一, 二十,
// 一百零一. Numbers outside 1 to 999 come back in Arabic digits.
func Numeral(n int) string {
	if n < 1 || n > 999 {
		return strconv.Itoa(n)
	}
	digit := []string{"", "一", "二", "三", "四", "五", "六", "七", "八", "九"}
	var b strings.Builder
	h, t, o := n/100, n/10%10, n%10
	if h > 0 {
		b.WriteString(digit[h] + "百")
	}
	switch {
	case t == 0 && h > 0 && o > 0:
		b.WriteString("零")
	case t == 1 && h == 0:
		b.WriteString("十")
	case t > 0:
		b.WriteString(digit[t] + "十")
	}
	b.WriteString(digit[o])
	return b.String()
}

// measure returns the width of a line in half characters: Chinese two, the
// digits and letters of a date or name one.
func measure(s string) int {
	n := 0
	for _, r := range s {
		if r < utf8.RuneSelf {
			n++
		} else {
			n += 2
		}
	}
	return n
}

// titleLine is how many characters of a title fit in a line.
const titleLine = 20

// titled breaks a title that is longer than a line into lines of about the same
// length (GB/T 9704 7.3.1: 排列对称，长短适宜), by preference behind 的 and before
// 与 or the like. Breaks that the writer set stand.
func titled(title string) string {
	title = strings.TrimSpace(title)
	if strings.Contains(title, "\n") {
		return title
	}
	rest := []rune(title)
	width := func(r []rune) (w float64) {
		for _, c := range r {
			if c < 0x2000 {
				w += 0.5
			} else {
				w++
			}
		}
		return w
	}
	var lines []string
	for n := int(math.Ceil(width(rest) / titleLine)); n > 1; n-- {
		want, best, at := width(rest)/float64(n), math.Inf(1), 0
		for i := 1; i < len(rest); i++ {
			before, after, w := rest[i-1], rest[i], width(rest[:i])
			if w > titleLine || width(rest[i:]) > float64(n-1)*titleLine || strings.ContainsRune(noBegin, after) || strings.ContainsRune(noEnd, before) || latin(before) && latin(after) {
				continue
			}
			cost := math.Abs(w - want)
			if !strings.ContainsRune("的、，：》”）", before) && !strings.ContainsRune("与和及《“（", after) {
				cost += 4
			}
			if cost < best {
				best, at = cost, i
			}
		}
		if at == 0 {
			break // one word that is longer than a line
		}
		lines, rest = append(lines, string(rest[:at])), rest[at:]
	}
	return strings.Join(append(lines, string(rest)), "\n")
}
