package calendar

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"time"
)

// Notice is what the State Council General Office made known about the holidays
// of one year, with every later document that changed it already worked in.
// The operator of the system adds the next year's as soon as it is published.
type Notice struct {
	Year      int        `json:"year"`
	Documents []Document `json:"documents"` // the notice, then those that changed it
	// Mark says how far the content is verified: V two or more published pages
	// agree, 1 one page, S stated by the law itself, M+ and M- from memory.
	// Days of an M notice are counted but stay provisional.
	Mark   string `json:"mark"`
	Source string `json:"source"` // where it was read and compared
	Off    []Span `json:"off"`    // 放假, weekends inside the span included
	Work   []Date `json:"work"`   // 上班: weekend days made working days
}

// Document is one document by number.
type Document struct {
	Number string `json:"number"` // 国办发明电〔2025〕7号
	Title  string `json:"title"`
	Dated  Date   `json:"dated"`
}

// Span is a holiday from its first to its last day.
type Span struct {
	Name string `json:"name"`
	From Date   `json:"from"`
	To   Date   `json:"to"`
}

// maxNotice bounds a notice file, in bytes; the embedded ones are under 3 KB.
const maxNotice = 64 << 10

// noticeMarks are the marks a notice may carry.
var noticeMarks = []string{"V", "1", "S", "M+", "M-"}

// ReadNotice reads a notice from JSON of at most 64 KB and checks it. Unknown
// fields are refused: a misspelt field would silently lose a holiday. The error
// is a Chinese sentence for the person who supplied the file.
func ReadNotice(r io.Reader) (Notice, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxNotice+1))
	if err != nil {
		return Notice{}, fmt.Errorf("read notice: %w", err)
	}
	if len(b) > maxNotice {
		return Notice{}, errors.New("节假日通知文件超过64KB，请只放一个年度的安排。")
	}
	dec := json.NewDecoder(strings.NewReader(string(b)))
	dec.DisallowUnknownFields()
	var n Notice
	if err := dec.Decode(&n); err != nil {
		var pe *ParseError
		if errors.As(err, &pe) {
			return Notice{}, pe
		}
		return Notice{}, fmt.Errorf("节假日通知文件不是规定的JSON格式，请对照往年的文件改正（%w）。", err)
	}
	if dec.More() {
		return Notice{}, errors.New("节假日通知文件在内容之后还有多余的文字，请删去。")
	}
	return n, n.Check()
}

// Check returns a Chinese sentence naming what is wrong with the notice, or nil.
func (n Notice) Check() error {
	says := func(format string, a ...any) error {
		return fmt.Errorf("%d年节假日通知有误：%s。", n.Year, fmt.Sprintf(format, a...))
	}
	if n.Year < 1949 || n.Year > 2999 {
		return says("年份不合理，请写四位年份")
	}
	if len(n.Documents) == 0 {
		return says("没有写发文字号（documents），请补上依据的文件")
	}
	for _, d := range n.Documents {
		if strings.TrimSpace(d.Number) == "" {
			return says("有一份依据没有写发文字号，请补上")
		}
	}
	if !slices.Contains(noticeMarks, n.Mark) {
		return says("核实标记（mark）“%s”不认识，应为%s之一", n.Mark, strings.Join(noticeMarks, "、"))
	}
	// A notice may reach into the last days of the year before (元旦) and no
	// further; anything else is a slip of the year.
	within := func(d Date) bool {
		return d.Valid() && (d.Year == n.Year || d.Year == n.Year-1 && d.Month == time.December)
	}
	off := map[Date]bool{}
	for _, s := range n.Off {
		if !within(s.From) || !within(s.To) {
			return says("“%s”的日期%s至%s不属于本年度，请核对年份", s.Name, s.From, s.To)
		}
		if s.To.Before(s.From) || s.To.Sub(s.From) > 30 {
			return says("“%s”的起止日期%s至%s不合理，请核对", s.Name, s.From, s.To)
		}
		for d := s.From; !d.After(s.To); d = d.AddDays(1) {
			if off[d] {
				return says("%s重复列入放假，请删去一处", d.Chinese())
			}
			off[d] = true
		}
	}
	work := map[Date]bool{}
	for _, d := range n.Work {
		switch {
		case !within(d):
			return says("上班日%s不属于本年度，请核对年份", d)
		case off[d]:
			return says("%s既列为放假又列为上班，请核对", d.Chinese())
		case work[d]:
			return says("%s重复列为上班，请删去一处", d.Chinese())
		case !weekend(d):
			return says("%s本来就是工作日（周%s），不应列为调休上班，请核对日期", d.Chinese(), weekdays[d.Weekday()])
		}
		work[d] = true
	}
	return nil
}

var weekdays = [...]string{"日", "一", "二", "三", "四", "五", "六"}

func weekend(d Date) bool {
	w := d.Weekday()
	return w == time.Saturday || w == time.Sunday
}

//go:embed notices/*.json
var noticeFiles embed.FS

// Published returns the working days of the notices shipped with this release.
// They are read once; a broken file is a broken build and is caught by the
// tests, so the error is for the start-up log.
func Published() (Workdays, error) { return published() }

var published = sync.OnceValues(func() (Workdays, error) {
	files, err := fs.Glob(noticeFiles, "notices/*.json")
	if err != nil {
		return Workdays{}, err
	}
	var w Workdays
	for _, name := range files {
		f, err := noticeFiles.Open(name)
		if err != nil {
			return Workdays{}, err
		}
		n, err := ReadNotice(f)
		f.Close()
		if err != nil {
			return Workdays{}, fmt.Errorf("%s: %w", name, err)
		}
		if w, err = w.With(n); err != nil {
			return Workdays{}, fmt.Errorf("%s: %w", name, err)
		}
	}
	return w, nil
})

// DayChange is a day that two notices of a year settle otherwise.
type DayChange struct {
	On      Date
	Working bool // by the later one
}

// Changes are the days that are working days by n and not by the notice before it,
// or the other way round, in order.
func (n Notice) Changes(before Notice) []DayChange {
	was, is := before.named(), n.named()
	on := map[Date]bool{}
	for _, days := range []map[Date]bool{was, is} {
		for d := range days {
			on[d] = true
		}
	}
	var out []DayChange
	for d := range on {
		if a, b := workingBy(was, d), workingBy(is, d); a != b {
			out = append(out, DayChange{d, b})
		}
	}
	slices.SortFunc(out, func(a, b DayChange) int { return a.On.Sub(b.On) })
	return out
}

// named are the days a notice speaks of; true are those worked on.
func (n Notice) named() map[Date]bool {
	out := map[Date]bool{}
	for _, s := range n.Off {
		for d := s.From; !d.After(s.To); d = d.AddDays(1) {
			out[d] = false
		}
	}
	for _, d := range n.Work {
		out[d] = true
	}
	return out
}

func workingBy(named map[Date]bool, d Date) bool {
	if working, ok := named[d]; ok {
		return working
	}
	return !weekend(d)
}

// SaysChanges are changed days in words, neighbours together.
func SaysChanges(list []DayChange) string {
	var out []string
	for i := 0; i < len(list); {
		j := i
		for j+1 < len(list) && list[j+1].Working == list[i].Working && list[j+1].On == list[j].On.AddDays(1) {
			j++
		}
		says := list[i].On.Chinese()
		if j > i {
			says += "至" + list[j].On.Chinese()
		}
		if list[i].Working {
			says += "改为上班"
		} else {
			says += "改为放假"
		}
		out = append(out, says)
		i = j + 1
	}
	return strings.Join(out, "，")
}

// SameNumber reports whether two document numbers are one, however their brackets
// and blanks were typed.
func SameNumber(a, b string) bool { return plainNumber(a) == plainNumber(b) }

var numberMarks = strings.NewReplacer(" ", "", "　", "", "[", "〔", "]", "〕", "［", "〔", "］", "〕", "(", "〔", ")", "〕", "（", "〔", "）", "〕", "【", "〔", "】", "〕")

func plainNumber(s string) string { return numberMarks.Replace(strings.TrimSpace(s)) }
