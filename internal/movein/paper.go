package movein

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"zhengshu/internal/abridge"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/official"
	"zhengshu/internal/prose"
)

// Found is one item that a file or page holds, as a row of the list, with what
// a person should know of it.
type Found struct {
	Row   library.Row
	Notes []string
}

func (f *Found) note(format string, args ...any) {
	f.Notes = append(f.Notes, fmt.Sprintf(format, args...))
}

// FromPaper makes an item of a text document: styles become headings and
// clauses, numbering becomes numbers, the header block becomes metadata.
func FromPaper(ctx context.Context, store blob.Store, p *official.Paper) (Found, error) {
	out := Found{Notes: slices.Clone(p.Notes)}
	w := paperWriter{ctx: ctx, store: store, paper: p, found: &out, files: map[string]*library.RowFile{}}
	blocks := slices.Clone(p.Blocks)
	head, rest := w.header(blocks)
	if w.err != nil {
		return out, w.err
	}
	doc := prose.Doc{Content: head}
	doc.Content = append(doc.Content, w.blocks(rest)...)
	if w.err != nil {
		return out, w.err
	}
	w.ending(doc.Content)
	if out.Row.Title == "" {
		out.Row.Title = strings.TrimSpace(strings.TrimSuffix(path.Base(strings.ReplaceAll(p.Name, `\`, "/")), path.Ext(p.Name)))
		out.note("没有认出标题，暂用文件名，请核对。")
	}
	if w.unsaid > 0 {
		out.note("%d 张图片没有替代文字，请补写图中的内容。", w.unsaid)
	}
	doc, err := prose.Parse(doc.JSON())
	if err != nil {
		return out, err
	}
	if doc.Blank() {
		return out, fault.Newf(fault.Invalid, "文档“%s”里没有正文，请核对文件。", p.Name)
	}
	out.Row.Doc = json.RawMessage(doc.JSON())
	return out, nil
}

type paperWriter struct {
	ctx    context.Context
	store  blob.Store
	paper  *official.Paper
	found  *Found
	files  map[string]*library.RowFile // by picture name; nil: cannot be kept
	unsaid int
	err    error
}

var (
	docNoForm  = regexp.MustCompile(`^([\p{Han}A-Za-z（）()]{1,25}?)\s*[〔\[［【(（]\s*((?:19|20)\d{2})\s*[〕\]］】)）]\s*第?\s*(\d{1,5})\s*号`)
	dayForm    = regexp.MustCompile(`^((?:19|20)\d{2})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日$`)
	hanDayForm = regexp.MustCompile(`^([二一][〇○零ОO0一二三四五六七八九]{3})年([一二三四五六七八九十]{1,3})月([一二三四五六七八九十]{1,3})日$`)
	signerForm = regexp.MustCompile(`签发人[：:]\s*([\p{Han}·、 ]{2,20})`)
	bodyMark   = regexp.MustCompile(`(?:人民政府|办公厅|办公室|委员会|局|厅|部|院|署|中心|集团|大队|支队|管委会|党委|政协|人大常委会)(?:文件)?$`)
	titleTail  = regexp.MustCompile(`(?:通知|通报|决定|意见|办法|规定|公告|通告|报告|请示|批复|函|纪要|方案|规划|细则|条例|解读|公示|令|要点|总结|讲话|启事|声明|说明|简介)$`)
)

func bare(s string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '\u3000' || r == '\u00a0' || r == '\t' || r == '\n' {
			return -1
		}
		return r
	}, s)
}

func words(p official.Passage) string {
	return strings.TrimSpace(strings.Trim(p.Text(), " \u3000\u00a0\t\n"))
}

// header reads the head of a paper: the mark of the issuing body, the document
// number, the title. What it takes is no part of the text any more.
func (w *paperWriter) header(blocks []official.Passage) (head []prose.Node, rest []official.Passage) {
	r := &w.found.Row
	taken := map[int]bool{}
	mark, signer := -1, ""
	const deep = 14
	seen := 0
	for i := range blocks {
		if seen >= deep || len(blocks[i].Rows) > 0 {
			break
		}
		s := words(blocks[i])
		if s == "" {
			continue
		}
		seen++
		b := bare(s)
		if m := docNoForm.FindStringSubmatch(b); m != nil && r.DocNo == "" && utf8.RuneCountInString(b) <= 60 {
			n, _ := strconv.Atoi(m[3]) // at most five digits
			r.DocNo = m[1] + "〔" + m[2] + "〕" + strconv.Itoa(n) + "号"
			if r.DocNo != m[0] {
				w.found.note("发文字号“%s”按规范写作“%s”，请核对。", m[0], r.DocNo)
			}
			if g := signerForm.FindStringSubmatch(s); g != nil {
				signer = strings.TrimSpace(g[1])
			}
			taken[i] = true
			for j := i - 1; j >= 0 && mark < 0; j-- {
				if t := bare(blocks[j].Text()); t != "" {
					if bodyMark.MatchString(t) && utf8.RuneCountInString(t) <= 40 {
						mark = j
					}
					break
				}
			}
		}
	}
	if mark >= 0 {
		r.Issuer = strings.TrimSuffix(bare(blocks[mark].Text()), "文件")
		taken[mark] = true
	}
	title := w.title(blocks, taken)
	if len(title) > 0 {
		var b strings.Builder
		for _, i := range title {
			s := words(blocks[i])
			if blocks[i].Label != "" && !blocks[i].Bullet {
				s = blocks[i].Label + s
			}
			// A blank between Latin words of two lines; none between Chinese.
			if b.Len() > 0 && s != "" && s[0] < utf8.RuneSelf && b.String()[b.Len()-1] < utf8.RuneSelf {
				b.WriteByte(' ')
			}
			b.WriteString(strings.Join(strings.Fields(strings.ReplaceAll(s, "\u3000", " ")), " "))
			// Pictures beside the title stay.
			if !slices.ContainsFunc(blocks[i].Runs, func(r official.Run) bool { return r.Picture != "" }) {
				taken[i] = true
			}
		}
		r.Title = tightened(b.String())
	} else if t := strings.TrimSpace(w.paper.Title); utf8.RuneCountInString(t) >= 4 && !strings.EqualFold(t, "microsoft word") {
		r.Title = t
	}
	if r.DocNo != "" || mark >= 0 {
		attrs := map[string]any{}
		for k, v := range map[string]string{"issuer": r.Issuer, "docNo": r.DocNo, "signer": signer} {
			if v != "" {
				attrs[k] = v
			}
		}
		head = append(head, prose.Node{Type: prose.DocHead, Attrs: attrs})
	}
	for i, b := range blocks {
		if !taken[i] {
			rest = append(rest, b)
		}
	}
	return head, rest
}

// tightened takes out the blanks that typists set between Chinese characters.
func tightened(s string) string {
	r := []rune(s)
	out := r[:0:0]
	for i, c := range r {
		if c == ' ' && i > 0 && i+1 < len(r) && (r[i-1] > 0x2e80 || r[i+1] > 0x2e80) {
			continue
		}
		out = append(out, c)
	}
	return string(out)
}

// title finds the paragraphs that make the title.
func (w *paperWriter) title(blocks []official.Passage, taken map[int]bool) []int {
	var styled, first []int
	seen := 0
	for i, b := range blocks {
		if seen > 14 || len(b.Rows) > 0 {
			break
		}
		s := words(b)
		if s == "" || taken[i] {
			continue
		}
		seen++
		if b.Title && len(styled) < 3 {
			if len(styled) == 0 || styled[len(styled)-1] == i-1 {
				styled = append(styled, i)
			}
		}
		first = append(first, i)
	}
	if len(styled) > 0 {
		return styled
	}
	var out []int
	for _, i := range first {
		b, s := blocks[i], words(blocks[i])
		n := utf8.RuneCountInString(s)
		centred := b.Align == "center" && n <= 60 && !strings.HasSuffix(s, "。")
		if len(out) > 0 {
			if joined := w.joined(blocks, out); centred && !titleTail.MatchString(joined) && !dayForm.MatchString(bare(s)) && !strings.HasPrefix(s, "（") {
				out = append(out, i)
				if len(out) == 4 {
					return out
				}
				continue
			}
			return out
		}
		if centred && !dayForm.MatchString(bare(s)) {
			out = append(out, i)
		} else if b.Level > 0 && n <= 120 {
			return []int{i}
		}
	}
	if len(out) > 0 {
		return out
	}
	if len(first) > 0 {
		if s := words(blocks[first[0]]); utf8.RuneCountInString(s) <= 60 && !strings.ContainsAny(s, "。；") && !strings.HasSuffix(s, "：") && !strings.HasSuffix(s, ":") {
			if _, _, _, numbered := prose.Numbered(s); !numbered {
				return first[:1]
			}
		}
	}
	return nil
}

func (w *paperWriter) joined(blocks []official.Passage, list []int) string {
	var b strings.Builder
	for _, i := range list {
		b.WriteString(bare(blocks[i].Text()))
	}
	return b.String()
}

// ending reads date, signature and the parts around them at a paper's end, and
// the addressees at its beginning.
func (w *paperWriter) ending(list []prose.Node) {
	r := &w.found.Row
	plain := func(n prose.Node) string {
		var b strings.Builder
		for _, c := range n.Content {
			b.WriteString(c.Text)
		}
		return strings.TrimSpace(b.String())
	}
	for i := 0; i < len(list) && i < 4; i++ {
		if list[i].Type != prose.Paragraph {
			continue
		}
		if s := plain(list[i]); strings.HasSuffix(s, "：") && utf8.RuneCountInString(s) >= 4 && !strings.ContainsAny(s, "。；") && list[i].Word("align") == "" && !list[i].Flag("indent2") {
			list[i] = prose.Node{Type: prose.Recipients, Content: list[i].Content}
		}
		break
	}
	day := -1
	for i := len(list) - 1; i >= 0 && i > len(list)-30; i-- {
		if list[i].Type != prose.Paragraph {
			continue
		}
		s := plain(list[i])
		if strings.HasPrefix(s, "抄送") && utf8.RuneCountInString(s) > 3 {
			list[i] = prose.Node{Type: prose.Copies, Content: list[i].Content}
			continue
		}
		if d, ok := dayOf(bare(s)); ok && day < 0 {
			day = i
			r.Written = d.String()
			list[i] = prose.Node{Type: prose.Signature, Content: list[i].Content}
		}
	}
	if day > 0 && list[day-1].Type == prose.Paragraph {
		if s := bare(plain(list[day-1])); utf8.RuneCountInString(s) <= 40 && !strings.HasSuffix(s, "。") && (bodyMark.MatchString(s) || list[day-1].Word("align") == "right") {
			list[day-1] = prose.Node{Type: prose.Signature, Content: list[day-1].Content}
			if r.Issuer == "" && bodyMark.MatchString(s) {
				r.Issuer = s
			}
		}
	}
	for i := range list {
		if list[i].Type == prose.Paragraph {
			if s := plain(list[i]); (strings.HasPrefix(s, "附件：") || strings.HasPrefix(s, "附件:")) && utf8.RuneCountInString(s) < 200 {
				list[i] = prose.Node{Type: prose.AttachmentNote, Content: list[i].Content}
			}
		}
	}
}

// dayOf reads a date that stands alone in a paragraph.
func dayOf(s string) (calendar.Date, bool) {
	if m := dayForm.FindStringSubmatch(s); m != nil {
		d, err := calendar.ParseLoose(m[1] + "-" + m[2] + "-" + m[3])
		return d, err == nil
	}
	if hanDayForm.MatchString(s) {
		d, err := calendar.ParseLoose(s)
		return d, err == nil
	}
	return calendar.Date{}, false
}

func (w *paperWriter) blocks(list []official.Passage) []prose.Node {
	var out []prose.Node
	for i := 0; i < len(list); i++ {
		b := list[i]
		switch {
		case len(b.Rows) > 0:
			out = append(out, w.table(b)...)
		case w.listed(b):
			j := i
			for j < len(list) && len(list[j].Rows) == 0 && w.listed(list[j]) {
				j++
			}
			out = append(out, w.list(list[i:j], list[i].Depth)...)
			i = j - 1
		default:
			out = append(out, w.paragraph(b)...)
		}
	}
	return out
}

// listed reports whether a paragraph is an item of a list, and no clause.
func (w *paperWriter) listed(b official.Passage) bool {
	if b.Label == "" || b.Level > 0 || words(b) == "" {
		return false
	}
	if b.Bullet {
		return true
	}
	level, _, _, ok := prose.Numbered(strings.TrimSpace(b.Label) + words(b))
	if !ok && !strings.HasSuffix(b.Label, "\u3000") {
		level, _, _, ok = prose.Numbered(strings.TrimSpace(b.Label) + "\u3000" + words(b))
	}
	return !ok || level == prose.LevelThree
}

func (w *paperWriter) list(items []official.Passage, depth int) []prose.Node {
	const deepest = 7
	var out []prose.Node
	for i := 0; i < len(items); {
		bullet := items[i].Bullet
		node := prose.Node{Type: prose.BulletList}
		if !bullet {
			node.Type = prose.OrderedList
			if n, _ := strconv.Atoi(strings.Trim(items[i].Label, ".．、)）( （")); n > 1 && n <= 9999 {
				node.Attrs = map[string]any{"start": n}
			}
		}
		for i < len(items) {
			under := items[i].Depth > depth && len(node.Content) > 0 && depth < deepest
			if !under && items[i].Bullet != bullet {
				break
			}
			if !under {
				if content := w.paragraphs(items[i], ""); len(content) > 0 {
					node.Content = append(node.Content, prose.Node{Type: prose.ListItem, Content: content})
				}
				i++
				continue
			}
			j := i
			for j < len(items) && items[j].Depth > depth {
				j++
			}
			last := &node.Content[len(node.Content)-1]
			last.Content = append(last.Content, w.list(items[i:j], items[i].Depth)...)
			i = j
		}
		if len(node.Content) > 0 {
			out = append(out, node)
		}
	}
	return out
}

// paragraph is a block of its own: heading, clause or paragraph, with the
// pictures in it after it.
func (w *paperWriter) paragraph(b official.Passage) []prose.Node {
	label := ""
	if b.Label != "" && !b.Bullet {
		label = strings.TrimSpace(b.Label)
		if strings.HasPrefix(label, "第") && strings.HasSuffix(label, "条") {
			label += "\u3000"
		}
	}
	return w.paragraphs(b, label)
}

func (w *paperWriter) paragraphs(b official.Passage, label string) []prose.Node {
	var out, run []prose.Node
	first := label
	flush := func() {
		content := trimmed(run)
		lead := ""
		if len(run) > 0 {
			lead = run[0].Text
		}
		run = nil
		if len(content) == 0 {
			return
		}
		if first != "" {
			if content[0].Type == prose.TextNode && len(content[0].Marks) == 0 {
				content[0].Text = first + content[0].Text
			} else {
				content = append([]prose.Node{{Type: prose.TextNode, Text: first}}, content...)
			}
			first = ""
		}
		out = append(out, w.shaped(b, content, lead))
	}
	for _, r := range b.Runs {
		switch {
		case r.Picture != "":
			flush()
			if n, ok := w.picture(r); ok {
				out = append(out, n)
			}
		case r.Break:
			run = append(run, prose.Node{Type: prose.HardBreak})
		case r.Footnote != "":
			run = append(run, prose.Node{Type: prose.Footnote, Attrs: map[string]any{"text": abridge.Cut(r.Footnote, 2000)}})
		case r.Text != "":
			run = append(run, prose.Node{Type: prose.TextNode, Text: r.Text, Marks: marks(r)})
		}
	}
	flush()
	return out
}

func marks(r official.Run) []prose.Mark {
	var out []prose.Mark
	for _, m := range []struct {
		on   bool
		name string
	}{{r.Bold, prose.Bold}, {r.Italic, prose.Italic}, {r.Underline && r.Href == "", prose.Underline}, {r.Superscript, prose.Superscript}, {r.Subscript, prose.Subscript}} {
		if m.on {
			out = append(out, prose.Mark{Type: m.name})
		}
	}
	if r.Href != "" && prose.SafeHref(r.Href) && !strings.HasPrefix(r.Href, "/") {
		out = append(out, prose.Mark{Type: prose.LinkMark, Attrs: map[string]any{"href": r.Href}})
	}
	return out
}

// shaped gives a run of content its block.
func (w *paperWriter) shaped(b official.Passage, content []prose.Node, lead string) prose.Node {
	if content[0].Type == prose.TextNode {
		level, n, rest, ok := prose.Numbered(content[0].Text)
		if ok && (b.Level > 0 || b.Align != "center") {
			content[0].Text = rest
			return prose.Node{Type: prose.Clause, Attrs: map[string]any{"level": level, "number": n}, Content: content}
		}
	}
	if b.Level > 0 {
		for i := range content {
			content[i].Marks = slices.DeleteFunc(content[i].Marks, func(m prose.Mark) bool { return m.Type == prose.Bold })
		}
		return prose.Node{Type: prose.Heading, Attrs: map[string]any{"level": min(b.Level+1, 4)}, Content: content}
	}
	n := prose.Node{Type: prose.Paragraph, Content: content}
	switch {
	case b.Align == "center" || b.Align == "right":
		n.Attrs = map[string]any{"align": b.Align}
	case b.Indent || strings.HasPrefix(lead, "\u3000\u3000") || strings.HasPrefix(lead, "    "):
		n.Attrs = map[string]any{"indent2": true}
	}
	return n
}

const blanks = " \u3000\u00a0\t"

// trimmed takes blanks and breaks off both ends of a paragraph.
func trimmed(run []prose.Node) []prose.Node {
	for len(run) > 0 {
		n := &run[0]
		if n.Type == prose.Footnote {
			break
		}
		if n.Text = strings.TrimLeft(n.Text, blanks); n.Text != "" {
			break
		}
		run = run[1:]
	}
	for len(run) > 0 {
		n := &run[len(run)-1]
		if n.Type == prose.Footnote {
			break
		}
		if n.Text = strings.TrimRight(n.Text, blanks); n.Text != "" {
			break
		}
		run = run[:len(run)-1]
	}
	return run
}

var madeUp = regexp.MustCompile(`(?i)^(?:图片|图像|图形|picture|image|图)\s*\d*$|^[\w-]+\.(?:png|jpe?g|gif|bmp|webp)$|^(?:IMG|DSC|微信图片)[_\d]*`)

func (w *paperWriter) picture(r official.Run) (prose.Node, bool) {
	f, done := w.files[r.Picture]
	if !done {
		pic := w.paper.Pictures[r.Picture]
		kept, err := keep(w.ctx, w.store, pic.Name, pic.Data, true)
		switch ferr := fault.Of(err); {
		case err == nil:
			f = &kept
			w.found.Row.Files = append(w.found.Row.Files, kept)
		case ferr.Kind == fault.Invalid || ferr.Kind == fault.TooLarge:
			w.found.note("图片“%s”没有收进：%s", pic.Name, ferr.Says)
		default:
			w.err = err
		}
		w.files[r.Picture] = f
	}
	if f == nil {
		return prose.Node{}, false
	}
	alt := strings.Join(strings.Fields(r.Alt), " ")
	if alt == "" || madeUp.MatchString(alt) {
		alt = "图片（未附说明）"
		w.unsaid++
	}
	return prose.Node{Type: prose.Figure, Attrs: map[string]any{"kind": "image", "src": f.Src, "alt": abridge.Cut(alt, 300)}}, true
}

func (w *paperWriter) table(t official.Passage) []prose.Node {
	// A table of one cell is a frame around text.
	if len(t.Rows) == 1 && len(t.Rows[0].Cells) == 1 {
		return w.blocks(t.Rows[0].Cells[0].Blocks)
	}
	out := prose.Node{Type: prose.Table}
	for i, r := range t.Rows {
		row := prose.Node{Type: prose.TableRow}
		head := r.Header || i == 0 && !slices.ContainsFunc(t.Rows, func(r official.PaperRow) bool { return r.Header }) && allBold(r)
		for _, c := range r.Cells {
			cell := prose.Node{Type: prose.TableCell}
			if head {
				cell.Type = prose.TableHeader
			}
			for _, b := range w.blocks(c.Blocks) {
				if b.Type == prose.Table {
					cell.Content = append(cell.Content, flat(b)...)
					continue
				}
				cell.Content = append(cell.Content, b)
			}
			if len(cell.Content) == 0 {
				cell.Content = []prose.Node{{Type: prose.Paragraph}}
			}
			attrs := map[string]any{}
			if c.Columns > 1 {
				attrs["colspan"] = min(c.Columns, 100)
			}
			if c.Rows > 1 {
				attrs["rowspan"] = min(c.Rows, 100)
			}
			if len(attrs) > 0 {
				cell.Attrs = attrs
			}
			row.Content = append(row.Content, cell)
		}
		out.Content = append(out.Content, row)
	}
	return []prose.Node{out}
}

// flat lets a table within a table fall to its paragraphs.
func flat(n prose.Node) []prose.Node {
	var out []prose.Node
	for _, row := range n.Content {
		for _, cell := range row.Content {
			out = append(out, cell.Content...)
		}
	}
	return out
}

func allBold(r official.PaperRow) bool {
	said := false
	for _, c := range r.Cells {
		for _, b := range c.Blocks {
			for _, run := range b.Runs {
				if strings.TrimSpace(run.Text) != "" {
					if !run.Bold {
						return false
					}
					said = true
				}
			}
		}
	}
	return said
}
