package intake

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"zhengshu/internal/abridge"
	"zhengshu/internal/official"
)

// Field is one thing a file may tell of each row.
type Field struct {
	Key  string // site_code
	Name string // 政府网站标识码
	// Names are further heads by which the column is known, lower case.
	Names []string
	Need  bool   // a file without it cannot be taken
	Code  bool   // a number, code or address: half width, blanks inside are never meant
	Apart bool   // of a code: a blank inside stays, for it may part two addresses
	Hint  string // for the screen
}

func (f Field) heads() []string {
	return append([]string{strings.ToLower(f.Key), strings.ToLower(f.Name)}, f.Names...)
}

// Columns says in which column, from 0, each field stands.
type Columns map[string]int

// Has reports whether any of the fields has a column.
func (c Columns) Has(keys ...string) bool {
	return slices.ContainsFunc(keys, func(k string) bool { _, ok := c[k]; return ok })
}

func plainHead(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// Recognise finds the columns whose head is exactly one a field is known by.
// A head that stands twice counts where it stands first.
func Recognise(header []string, fields []Field) Columns {
	at := map[string]int{}
	for i, h := range header {
		if key := plainHead(h); key != "" {
			if _, dup := at[key]; !dup {
				at[key] = i
			}
		}
	}
	out := Columns{}
	for _, f := range fields {
		for _, name := range f.heads() {
			if i, ok := at[name]; ok {
				out[f.Key] = i
				break
			}
		}
	}
	return out
}

// noise are words and signs that heads of the same meaning differ by.
var noise = strings.NewReplacer("（必填）", "", "(必填)", "", "*", "", "＊", "", " ", "", "　", "", "：", "", ":", "", "政府网站", "", "网站", "", "账号", "", "政务新媒体", "", "编号", "", "号码", "", "全称", "", "名称", "名", "所属", "", "的", "")

// Suggest proposes a column for fields that Recognise does not find, by
// likeness of the heads; a person confirms it. No column is proposed twice.
func Suggest(header []string, fields []Field) Columns {
	out := Recognise(header, fields)
	taken := map[int]bool{}
	for _, i := range out {
		taken[i] = true
	}
	type guess struct {
		key   string
		col   int
		score int
	}
	var all []guess
	for _, f := range fields {
		if _, done := out[f.Key]; done {
			continue
		}
		for i, h := range header {
			if taken[i] || plainHead(h) == "" {
				continue
			}
			best := 0
			for _, name := range f.heads() {
				best = max(best, likeness(noise.Replace(plainHead(h)), noise.Replace(name)))
			}
			if best >= 60 {
				all = append(all, guess{f.Key, i, best})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b guess) int { return b.score - a.score })
	for _, g := range all {
		if _, done := out[g.key]; !done && !taken[g.col] {
			out[g.key], taken[g.col] = g.col, true
		}
	}
	return out
}

// likeness is the share of common pairs of characters, in hundredths; a head
// that holds the other whole counts as 80 at least.
func likeness(a, b string) int {
	if a == "" || b == "" {
		return 0
	}
	if a == b {
		return 100
	}
	x, y := pairs(a), pairs(b)
	common := 0
	for p, n := range x {
		common += min(n, y[p])
	}
	score := 0
	if total := count(x) + count(y); total > 0 {
		score = 200 * common / total
	}
	if short := min(len([]rune(a)), len([]rune(b))); short >= 2 && (strings.Contains(a, b) || strings.Contains(b, a)) {
		score = max(score, 80)
	}
	return score
}

func pairs(s string) map[string]int {
	r := []rune(s)
	out := map[string]int{}
	for i := 0; i+1 < len(r); i++ {
		out[string(r[i:i+2])]++
	}
	return out
}

func count(m map[string]int) int {
	n := 0
	for _, v := range m {
		n += v
	}
	return n
}

// Signature names a header, so that a choice made for it is remembered for the
// next file of the same form.
func Signature(header []string) string {
	heads := make([]string, len(header))
	for i, h := range header {
		heads[i] = plainHead(h)
	}
	sum := sha256.Sum256([]byte(strings.Join(heads, "\x1f")))
	return hex.EncodeToString(sum[:])
}

// Missing are the fields a file cannot do without and does not have.
func (c Columns) Missing(fields []Field) []string {
	var out []string
	for _, f := range fields {
		if f.Need && !c.Has(f.Key) {
			out = append(out, f.Name)
		}
	}
	return out
}

// Reader takes the fields out of rows, tidied, and notes what was tidied.
type Reader struct {
	columns Columns
	fields  map[string]Field
	row     official.Row
	notes   []string
	wrong   string // the first field that cannot be read
	says    string
}

// NewReader reads rows of the columns.
func NewReader(columns Columns, fields []Field) *Reader {
	r := &Reader{columns: columns, fields: map[string]Field{}}
	for _, f := range fields {
		r.fields[f.Key] = f
	}
	return r
}

// Next goes to a row.
func (r *Reader) Next(row official.Row) {
	r.row, r.wrong, r.says = row, "", ""
	r.notes = append(r.notes[:0], row.Warnings...)
	if row.Hidden {
		r.notes = append(r.notes, "这一行在表格里是隐藏的，已读取，请核对是否应当登记。")
	}
	for _, w := range row.Wrong {
		r.refuse("", w)
	}
}

func (r *Reader) refuse(field, says string) {
	if r.says == "" {
		r.wrong, r.says = field, says
	}
}

// Has reports whether the file has the field's column.
func (r *Reader) Has(key string) bool { return r.columns.Has(key) }

// Get is the field's text, tidied.
func (r *Reader) Get(key string) string {
	i, ok := r.columns[key]
	if !ok || i >= len(r.row.Cells) {
		return ""
	}
	f := r.fields[key]
	clean, did := tidy(r.row.Cells[i], f.Code, f.Apart)
	if len(did) > 0 {
		r.notes = append(r.notes, "“"+f.Name+"”"+strings.Join(did, "、")+"，按“"+abridge.Text(clean, 40)+"”读取。")
	}
	return clean
}

// Refused is why the row cannot be taken whatever it says: a cell that is an
// error, a number that lost its end.
func (r *Reader) Refused() (field, says string, yes bool) { return r.wrong, r.says, r.says != "" }

// Notes are what a person should know of the row as it was read.
func (r *Reader) Notes() []string { return slices.Clone(r.notes) }

// Tidy cleans a cell and says what it did to it, in words that follow the name
// of the field. Outer blanks go without a word. In a code every blank goes; in
// words a blank between two Chinese characters.
func Tidy(s string, code bool) (clean string, did []string) { return tidy(s, code, false) }

func tidy(s string, code, apart bool) (clean string, did []string) {
	unseen, wide := 0, 0
	clean = strings.Map(func(c rune) rune {
		switch {
		case c >= '０' && c <= '９', c >= 'Ａ' && c <= 'Ｚ', c >= 'ａ' && c <= 'ｚ', c == '．', c == '－', c == '＿',
			code && (c == '：' || c == '／' || c == '＃' || c == '？' || c == '＝' || c == '＆'):
			wide++
			return c - 0xFEE0
		case code && c == '。':
			wide++
			return '.'
		case c == '\u3000', c == '\u00a0', c == '\u2002', c == '\u2003', c == '\u2009', c == '\u202f':
			return ' '
		case c >= '\u200b' && c <= '\u200f', c >= '\u202a' && c <= '\u202e', c >= '\u2060' && c <= '\u2064', c >= '\u2066' && c <= '\u2069', c == '\ufeff', c == '\u00ad', c == '\ufffe':
			unseen++
			return -1
		case c < ' ' && c != '\t' && c != '\n', c == 0x7f:
			unseen++
			return -1
		}
		return c
	}, s)
	clean = strings.TrimSpace(clean)
	inner := clean
	switch {
	case apart:
	case code:
		clean = strings.Join(strings.Fields(clean), "")
	default:
		clean = closeUp(clean)
	}
	if unseen > 0 {
		did = append(did, "有 "+strconv.Itoa(unseen)+" 个看不见的字符，已去掉")
	}
	if wide > 0 {
		did = append(did, "有 "+strconv.Itoa(wide)+" 个全角字符，已转为半角")
	}
	if inner != clean {
		did = append(did, "中间有多余的空格，已去掉")
	}
	return clean, did
}

// closeUp takes out blanks between two Chinese characters.
func closeUp(s string) string {
	r := []rune(s)
	out := r[:0:0]
	for i := 0; i < len(r); i++ {
		if r[i] == ' ' || r[i] == '\t' || r[i] == '\n' {
			j := i
			for j < len(r) && (r[j] == ' ' || r[j] == '\t' || r[j] == '\n') {
				j++
			}
			if i > 0 && j < len(r) && han(out[len(out)-1]) && han(r[j]) {
				i = j - 1
				continue
			}
		}
		out = append(out, r[i])
	}
	return string(out)
}

func han(r rune) bool { return r >= 0x4e00 && r <= 0x9fff }

// Unmatched is the fault for a file in which a needed column is missing.
func Unmatched(t *official.Table, missing []string, need string) error {
	return Unknown(t, fmt.Sprintf("缺少“%s”列。%s", strings.Join(missing, "”“"), need))
}
