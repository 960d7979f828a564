package lexicon

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"reflect"
	"slices"
	"strings"

	"zhengshu/internal/abridge"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/intake"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
)

// Bounds of a file.
const (
	mostFile = 8 << 20
	mostRows = 20_000
	mostSaid = 50 // rows named one by one
)

// Fields are the columns of a list as a table.
var Fields = []intake.Field{
	{Key: "kind", Name: "类别", Need: true, Names: []string{"类型", "词条类别"}, Hint: "易错写法、规范表述、职务姓名、敏感词、允许使用"},
	{Key: "words", Name: "词语", Need: true, Names: []string{"错误写法", "错误表述", "职务", "敏感词", "词条"}, Hint: "2 至 40 个字"},
	{Key: "right", Name: "正确写法", Names: []string{"规范写法", "正确表述", "姓名", "建议"}, Hint: "多个用顿号分开"},
	{Key: "near", Name: "仅当附近有", Names: []string{"上下文"}},
	{Key: "unless", Name: "出现在其中不算", Names: []string{"例外"}},
	{Key: "serious", Name: "严重", Names: []string{"严重类", "级别"}, Hint: "是、否"},
	{Key: "wide", Name: "全地区适用", Names: []string{"适用范围"}, Hint: "是、否"},
	{Key: "from", Name: "开始日期", Names: []string{"任职开始", "生效日期"}},
	{Key: "until", Name: "结束日期", Names: []string{"任职结束", "失效日期"}},
	{Key: "source", Name: "来源", Names: []string{"依据", "出处"}},
}

// Row is what a rehearsal says of one row.
type Row struct {
	Number int
	Words  string
	Says   string
}

// Rehearsal is what a file would do.
type Rehearsal struct {
	Name    string
	Digest  string // of the file, by which it is taken afterwards
	Entries []Entry
	Same    int   // in force here already, word for word, by the unit's own list or one above: passed over
	Changed int   // of the entries, those that take the place of one in force
	Changes []Row // what is another in them; the first fifty
	Serious int
	Wrong   []Row // cannot be taken; the first fifty
	Bad     int   // how many cannot be taken
	Notes   []Row // read otherwise than written
	// replaced are the entries in force that others take the place of.
	replaced []Entry
}

// filed is the JSON form of a list, for exchange between houses.
type filed struct {
	Format  string      `json:"format"`
	Name    string      `json:"name"`
	Source  string      `json:"source"`
	Day     string      `json:"day"`
	Entries []filedLine `json:"entries"`
}

type filedLine struct {
	Kind    Kind     `json:"kind"`
	Words   string   `json:"words"`
	Right   []string `json:"right,omitempty"`
	Near    []string `json:"near,omitempty"`
	Unless  []string `json:"unless,omitempty"`
	Serious bool     `json:"serious,omitempty"`
	Wide    bool     `json:"wide,omitempty"`
	From    string   `json:"from,omitempty"`
	Until   string   `json:"until,omitempty"`
	Source  string   `json:"source,omitempty"`
}

const fileFormat = "zhengshu.lexicon.1"

// WriteJSON writes entries in the form that Rehearse reads.
func WriteJSON(w io.Writer, name string, day calendar.Date, list []Entry) error {
	f := filed{Format: fileFormat, Name: name, Day: day.String(), Entries: []filedLine{}}
	for _, e := range list {
		l := filedLine{Kind: e.Kind, Words: e.Words, Right: e.Right, Near: e.Near, Unless: e.Unless, Serious: e.Serious, Wide: e.Wide, Source: e.Source}
		if !e.From.IsZero() {
			l.From = e.From.String()
		}
		if !e.Until.IsZero() {
			l.Until = e.Until.String()
		}
		f.Entries = append(f.Entries, l)
	}
	j := json.NewEncoder(w)
	j.SetIndent("", " ")
	return j.Encode(f)
}

// ReadFile reads the entries of a list: JSON as WriteJSON writes it, or a table
// (XLSX, CSV) with the columns of Fields. What a row cannot be is told, not
// taken.
func ReadFile(name string, body []byte) (Rehearsal, error) {
	sum := sha256.Sum256(body)
	r := Rehearsal{Name: name, Digest: hex.EncodeToString(sum[:])}
	switch {
	case len(body) == 0:
		return r, fault.New(fault.Invalid, "文件是空的，请重新选择。").On("file", "空文件")
	case len(body) > mostFile:
		return r, fault.Newf(fault.TooLarge, "文件超过 %d MB，请拆分后分次导入。", mostFile>>20).On("file", "文件过大")
	}
	var err error
	switch low := strings.ToLower(name); {
	case strings.HasSuffix(low, ".json"):
		err = r.readJSON(body)
	case strings.HasSuffix(low, ".xlsx"), strings.HasSuffix(low, ".csv"), strings.HasSuffix(low, ".csv.gz"):
		err = r.readTable(name, body)
	default:
		err = fault.Newf(fault.Invalid, "不能识别文件“%s”的格式，请选择 XLSX、CSV 表格或从本系统导出的 JSON 文件。", clip(name)).On("file", "请更换文件")
	}
	return r, err
}

func (r *Rehearsal) take(n int, e Entry) {
	if err := e.clean(); err != nil {
		r.bad(n, e.Words, reason(err))
		return
	}
	r.Serious += count(e.Serious)
	e.row = n
	r.Entries = append(r.Entries, e)
}

// reason is the first sentence of what is wrong with an entry.
func reason(err error) string {
	f := fault.Of(err)
	for _, x := range f.Fields {
		return x.Says
	}
	return f.Says
}

func (r *Rehearsal) bad(n int, words, says string) {
	if r.Bad++; len(r.Wrong) < mostSaid {
		r.Wrong = append(r.Wrong, Row{n, clip(words), says})
	}
}

func clip(s string) string { return abridge.Text(s, mostWords) }

func (r *Rehearsal) readJSON(body []byte) error {
	var f struct {
		filed
		Entries []json.RawMessage `json:"entries"`
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return fault.Newf(fault.Invalid, "文件不是本系统导出的词库文件：%s。请用“导出 JSON”得到的文件，或改用表格导入。", jsonSays(err)).On("file", "不能识别").From(err)
	}
	if _, err := d.Token(); err != io.EOF {
		return fault.New(fault.Invalid, "词库文件在词条之后还有别的内容，可能由几个文件拼成。请分成一个个文件，分次导入。").On("file", "末尾有多余的内容").From(err)
	}
	switch {
	case f.Format != fileFormat:
		return fault.Newf(fault.Invalid, "词库文件的格式是“%.40s”，本系统读取 %s。", f.Format, fileFormat).On("file", "格式不符")
	case len(f.Entries) > mostRows:
		return fault.Newf(fault.TooLarge, "文件有 %d 条，一次最多导入 %d 条，请拆分。", len(f.Entries), mostRows).On("file", "条数过多")
	}
	for i, raw := range f.Entries {
		var l filedLine
		d := json.NewDecoder(bytes.NewReader(raw))
		d.DisallowUnknownFields()
		if err := d.Decode(&l); err != nil {
			r.bad(i+1, l.Words, jsonSays(err)+"，请对照“导出 JSON”得到的文件改正")
			continue
		}
		e := Entry{Kind: l.Kind, Words: l.Words, Right: l.Right, Near: l.Near, Unless: l.Unless, Serious: l.Serious, Wide: l.Wide, Source: l.Source}
		if says := e.days(l.From, l.Until); says != "" {
			r.bad(i+1, l.Words, says)
			continue
		}
		r.take(i+1, e)
	}
	return nil
}

// jsonSays is what is wrong with a piece of JSON, in Chinese.
func jsonSays(err error) string {
	var kind *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &kind) && kind.Field != "":
		want := map[reflect.Kind]string{reflect.Slice: "写在方括号中的列表", reflect.String: "文字", reflect.Bool: "true 或 false", reflect.Struct: "对象"}[kind.Type.Kind()]
		return fmt.Sprintf("“%s”应为%s", clip(kind.Field[strings.LastIndexByte(kind.Field, '.')+1:]), want)
	case errors.As(err, &kind):
		return "应为用花括号括起的对象"
	case errors.As(err, &syntax):
		return fmt.Sprintf("第 %d 个字节处不符合 JSON 格式", syntax.Offset)
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return "没有名为“" + clip(strings.Trim(name, `"`)) + "”的项"
	}
	return "内容不完整"
}

// days sets the days on which the entry holds, and says which of them is none.
func (e *Entry) days(from, until string) string {
	for _, x := range []struct {
		name, typed string
		into        *calendar.Date
	}{{"开始日期", from, &e.From}, {"结束日期", until, &e.Until}} {
		s := strings.TrimSpace(x.typed)
		if s == "" {
			continue
		}
		var err error
		if *x.into, err = calendar.ParseLoose(s); err != nil {
			return x.name + "“" + clip(s) + "”不是有效的日期，应写作 2026-11-23"
		}
	}
	return ""
}

func (r *Rehearsal) readTable(name string, body []byte) error {
	t, err := official.ReadTable(bytes.NewReader(body), int64(len(body)), name, official.Limits{})
	if err != nil {
		return err
	}
	columns := intake.Suggest(t.Header, Fields)
	if missing := columns.Missing(Fields); len(missing) > 0 {
		return fault.Newf(fault.Invalid, "表格缺少%s列，请对照模板补上表头。", strings.Join(missing, "、")).On("file", "缺少列")
	}
	in := intake.NewReader(columns, Fields)
	rows := 0
	for row, err := range t.Rows() {
		if err != nil {
			return err
		}
		if rows++; rows > mostRows {
			return fault.Newf(fault.TooLarge, "表格超过 %d 行，请拆分后分次导入。", mostRows).On("file", "行数过多")
		}
		in.Next(row)
		if _, says, refused := in.Refused(); refused {
			r.bad(row.Number, in.Get("words"), says)
			continue
		}
		kind, ok := KindOf(in.Get("kind"))
		if !ok {
			r.bad(row.Number, in.Get("words"), "类别“"+clip(in.Get("kind"))+"”不能识别，应为易错写法、规范表述、职务姓名、敏感词或允许使用")
			continue
		}
		e := Entry{Kind: kind, Words: in.Get("words"), Right: Split(in.Get("right")), Near: Split(in.Get("near")), Unless: Split(in.Get("unless")), Source: in.Get("source"), unsaid: map[string]bool{}}
		for _, f := range Fields {
			e.unsaid[f.Key] = strings.TrimSpace(in.Get(f.Key)) == ""
		}
		says := ""
		for _, x := range []struct {
			key, name string
			into      *bool
		}{{"serious", "严重", &e.Serious}, {"wide", "全地区适用", &e.Wide}} {
			var ok bool
			if *x.into, ok = yes(in.Get(x.key)); !ok {
				says = fmt.Sprintf("“%s”列的“%s”不能识别，请填写“是”或“否”", x.name, clip(in.Get(x.key)))
			}
		}
		if says != "" {
			r.bad(row.Number, e.Words, says)
			continue
		}
		if says := e.days(in.Get("from"), in.Get("until")); says != "" {
			r.bad(row.Number, e.Words, says)
			continue
		}
		for _, n := range in.Notes() {
			if len(r.Notes) < mostSaid {
				r.Notes = append(r.Notes, Row{row.Number, clip(e.Words), n})
			}
		}
		r.take(row.Number, e)
	}
	return nil
}

// yes reads a cell that says yes or no; an empty one says no.
func yes(s string) (yes, ok bool) {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "是", "有", "1", "y", "yes", "true", "严重", "严重类", "全地区", "√":
		return true, true
	case "", "否", "无", "0", "n", "no", "false", "一般", "一般类", "本单位", "×":
		return false, true
	}
	return false, false
}

// Rehearse says what a file would change in a unit's lists; nothing is stored.
func (s *Service) Rehearse(ctx context.Context, scope authz.Scope, unit org.UnitID, name string, body []byte) (Rehearsal, error) {
	u, err := s.org.Unit(ctx, scope, unit)
	if err != nil {
		return Rehearsal{}, err
	}
	r, err := ReadFile(name, body)
	if err != nil {
		return r, err
	}
	list, err := db.All(ctx, s.db, scanEntry, entrySelect+` WHERE e.unit_id = $1 AND e.state IN ('proposed', 'active')`, unit)
	if err != nil {
		return r, err
	}
	have := make(map[string]Entry, len(list))
	for _, e := range list {
		if old, ok := have[e.key()]; !ok || old.State != Active {
			have[e.key()] = e
		}
	}
	wide, err := db.All(ctx, s.db, scanEntry, entrySelect+` WHERE e.unit_id <> $1 AND e.wide AND e.state = 'active'`, unit)
	if err != nil {
		return r, err
	}
	above := map[string][]Entry{} // of the offices above, what holds here already
	for _, e := range wide {
		if e.applies(unit, u.AreaPath) {
			e.Unit = unit // as the file's own, to be found by the same key
			above[e.key()] = append(above[e.key()], e)
		}
	}
	fresh, seen := []Entry{}, map[string]int{} // seen: by key, the row
	grave := map[string]bool{}                 // of those replaced, the serious ones
	for _, e := range r.Entries {
		e.Unit = unit
		standing, stands := have[e.key()]
		differs := ""
		if stands {
			e.keep(standing)
			if err := e.clean(); err != nil {
				r.bad(e.row, e.Words, reason(err))
				continue
			}
			differs = strings.Join(e.differs(standing), "、")
		}
		switch {
		case seen[e.key()] > 0:
			r.bad(e.row, e.Words, fmt.Sprintf("与第 %d 行是同一词条，请只留一行", seen[e.key()]))
		case stands && !slices.Equal(standing.Right, e.Right):
			r.bad(e.row, e.Words, "词库中已有这一条而正确写法不同，请先停用原来的一条")
		case stands && differs == "", !stands && slices.ContainsFunc(above[e.key()], e.repeats):
			r.Same++
		case stands && (standing.State != Active || standing.Leaving != ""):
			r.bad(e.row, e.Words, "词库中已有这一条，正在等待另一人确认，而"+differs+"不同，请等确认后再导入")
		case stands:
			e.replaces = standing.ID
			if r.Changed++; len(r.Changes) < mostSaid {
				r.Changes = append(r.Changes, Row{e.row, clip(e.Words), "将替换词库中的一条，不同之处：" + differs})
			}
			r.replaced, grave[standing.ID] = append(r.replaced, standing), standing.Serious
			fresh = append(fresh, e)
		default:
			fresh = append(fresh, e)
		}
		if seen[e.key()] == 0 {
			seen[e.key()] = e.row
		}
	}
	if err := s.weigh(ctx, s.db, u, fresh); err != nil {
		return r, err
	}
	r.Serious = 0
	for _, e := range fresh {
		r.Serious += count(e.Serious || grave[e.replaces])
	}
	r.Entries = fresh
	slices.SortStableFunc(r.Wrong, func(a, b Row) int { return a.Number - b.Number })
	return r, nil
}

// repeats reports whether an entry says what another does, word for word.
func (e Entry) repeats(old Entry) bool {
	e.keep(old)
	return slices.Equal(e.Right, old.Right) && len(e.differs(old)) == 0
}

// keep takes from the entry in force what an empty cell of a table leaves unsaid.
func (e *Entry) keep(old Entry) {
	for key, take := range map[string]func(){
		"near": func() { e.Near = old.Near }, "unless": func() { e.Unless = old.Unless }, "serious": func() { e.Serious = old.Serious }, "wide": func() { e.Wide = old.Wide },
		"from": func() { e.From = old.From }, "until": func() { e.Until = old.Until }, "source": func() { e.Source = old.Source },
	} {
		if e.unsaid[key] {
			take()
		}
	}
}

// differs are the names of the fields, but for the right form, in which an entry is
// another than the one in force.
func (e Entry) differs(old Entry) (out []string) {
	for _, f := range Fields {
		same := true
		switch f.Key {
		case "near":
			same = slices.Equal(e.Near, old.Near)
		case "unless":
			same = slices.Equal(e.Unless, old.Unless)
		case "serious":
			same = e.Serious == old.Serious
		case "wide":
			same = e.Wide == old.Wide
		case "from":
			same = e.From == old.From
		case "until":
			same = e.Until == old.Until
		case "source":
			same = e.Source == old.Source
		}
		if !same {
			out = append(out, f.Name)
		}
	}
	return out
}

// Import takes a file as it was rehearsed: the digest is that of the rehearsal.
// Rows that cannot be taken are left out only when partly says so.
func (s *Service) Import(ctx context.Context, scope authz.Scope, unit org.UnitID, name string, body []byte, digest, source string, partly bool) (Pack, Rehearsal, error) {
	r, err := s.Rehearse(ctx, scope, unit, name, body)
	switch {
	case err != nil:
		return Pack{}, r, err
	case digest != r.Digest:
		return Pack{}, r, fault.New(fault.Conflict, "文件与预检时的不同，请重新预检。").On("file", "文件已改变")
	case r.Bad > 0 && !partly:
		return Pack{}, r, fault.Newf(fault.Invalid, "有 %d 行不能导入；改正后重新选择文件，或勾选“只导入没有问题的行”。", r.Bad).On("partly", "请选择")
	case len(r.Entries) == 0:
		return Pack{}, r, fault.New(fault.Invalid, "文件中没有新的词条。").On("file", "没有新词条")
	}
	c := Change{Name: fmt.Sprintf("导入 %s", clip(path.Base(name))), Source: source, Digest: r.Digest, Add: r.Entries}
	for _, e := range r.replaced {
		c.Withdraw, c.Note = append(c.Withdraw, e.ID), "由导入的文件替换"
	}
	p, err := s.Make(ctx, scope, unit, c)
	return p, r, err
}
