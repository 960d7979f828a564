package web

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
)

func TestRemaining(t *testing.T) {
	today := calendar.Date{Year: 2026, Month: 11, Day: 23}
	for days, want := range map[int]struct {
		says string
		kind Tone
	}{-3: {"超期 3 天", Danger}, -1: {"超期 1 天", Danger}, 0: {"今日到期", Warn}, 1: {"明日到期", Warn}, 2: {"还有 2 天", Neutral}, 40: {"还有 40 天", Neutral}} {
		tag := DueTag(today.AddDays(days), today)
		if tag.Text != want.says || tag.Kind != want.kind {
			t.Errorf("%d days: %+v, want %+v", days, tag, want)
		}
	}
	if got := DueTag(calendar.Date{}, today).Text; got != "无时限" {
		t.Errorf("no date: %q", got)
	}
}

func TestWording(t *testing.T) {
	for got, want := range map[string]string{
		Minute(time.Date(2026, 11, 22, 16, 5, 59, 0, time.UTC)): "2026-11-23 00:05",
		Minute(time.Time{}):          "",
		Took(40 * time.Second):       "不到 1 分钟",
		Took(90 * time.Minute):       "1 小时 30 分钟",
		Took(2 * time.Hour):          "2 小时",
		Took(74 * time.Hour):         "3 天 2 小时",
		Took(72*time.Hour + 1):       "3 天",
		MaskName("王秀兰"):              "王**",
		MaskName("李强"):               "李*",
		MaskName("迪丽热巴·迪力木拉提"):       "迪**",
		MaskName(" "):                "",
		MaskPhone("13812345678"):     "138****5678",
		MaskPhone("8723456"):         "*****56",
		MaskPhone("1"):               "1",
		MaskID("610102199001011234"): "6****************4",
		MaskID("12"):                 "**",
		MaskEmail("zhangsan@gov.cn"): "z***@gov.cn",
		MaskEmail("没有域名"):            "没**名",
		bytesText(20 << 20):          "20 MB",
		bytesText(1536 << 10):        "1.5 MB",
		bytesText(900):               "900 字节",
		dateText(calendar.Date{}):    "",
		cut("省人民政府办公厅信息公开办公室", 6): "省人民政府…",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestPager(t *testing.T) {
	at := func(q string) Pager {
		return PagerOf(httptest.NewRequest(http.MethodGet, "/console/sites?"+q, nil), 412, 20)
	}
	p := at("state=open&page=7")
	if p.Page != 7 || p.Pages != 21 || p.Offset() != 120 {
		t.Errorf("%+v offset %d", p, p.Offset())
	}
	if got := p.Href(8); got != "/console/sites?page=8&state=open" {
		t.Errorf("next %q", got)
	}
	var shown []int
	for _, s := range p.Steps() {
		shown = append(shown, s.Page)
	}
	if want := []int{1, 0, 5, 6, 7, 8, 9, 0, 21}; !equal(shown, want) {
		t.Errorf("steps %v, want %v", shown, want)
	}
	for q, want := range map[string]int{"": 1, "page=0": 1, "page=-4": 1, "page=x": 1, "page=999": 21, "page=99999999999999999999": 1} {
		if got := at(q).Page; got != want {
			t.Errorf("%q: page %d, want %d", q, got, want)
		}
	}
	if p := PagerOf(httptest.NewRequest(http.MethodGet, "/x", nil), 0, 0); p.Pages != 1 || p.Offset() != 0 {
		t.Errorf("nothing: %+v", p)
	}
}

func equal(a, b []int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// sides puts a diff back together.
func sides(d Diff) (before, after string) {
	var b, a strings.Builder
	for _, p := range d.Parts {
		if p.Kind != Added {
			b.WriteString(p.Text)
		}
		if p.Kind != Removed {
			a.WriteString(p.Text)
		}
	}
	return b.String(), a.String()
}

func TestDiff(t *testing.T) {
	d := DiffOf("x", "关于做好2025年度检查的通知", "关于开展2026年度检查的通知")
	var marked []string
	for _, p := range d.Parts {
		if p.Kind != Same {
			marked = append(marked, string(p.Kind)+" "+p.Text)
		}
	}
	if got := strings.Join(marked, "; "); got != "removed 做好2025; added 开展2026" {
		t.Errorf("marked %s", got)
	}
	for _, tt := range [][2]string{{"", ""}, {"", "新"}, {"旧", ""}, {"同", "同"}, {"aab", "ab"}} {
		if b, a := sides(DiffOf("x", tt[0], tt[1])); b != tt[0] || a != tt[1] {
			t.Errorf("%q → %q became %q → %q", tt[0], tt[1], b, a)
		}
	}
	long := strings.Repeat("甲乙丙丁", 1500)
	if b, a := sides(DiffOf("x", long+"x", "y"+strings.Repeat("戊己庚辛", 1500))); b != long+"x" || !strings.HasPrefix(a, "y戊") {
		t.Error("a comparison beyond the bound loses text")
	}
}

func FuzzDiff(f *testing.F) {
	f.Add("关于2025年", "关于2026年")
	f.Add("abc def", "abc xyz def")
	f.Fuzz(func(t *testing.T, before, after string) {
		if len(before) > 2000 || len(after) > 2000 {
			return
		}
		b, a := sides(DiffOf("x", before, after))
		if strings.ToValidUTF8(before, "\ufffd") == before && strings.ToValidUTF8(after, "\ufffd") == after && (b != before || a != after) {
			t.Errorf("%q → %q became %q → %q", before, after, b, a)
		}
	})
}

func TestFormShownAgain(t *testing.T) {
	f := Form{Sections: []Section{{Fields: []Field{
		{Name: "reason", Kind: TextArea}, {Name: "kind", Kind: Radios, Options: []Option{{Value: "a"}, {Value: "b"}}}, {Name: "cc", Kind: Checks, Options: []Option{{Value: "1"}, {Value: "2"}}},
		{Name: "agreed", Kind: Check}, {Name: "secret", Kind: Password, Value: "old"}, {Name: "untouched", Value: "kept"}}}}}
	f.Fill(url.Values{"reason": {"机房搬迁"}, "kind": {"b"}, "cc": {"1", "2"}, "agreed": {"on"}, "secret": {"Hush"}})
	f.Wrong(fault.New(fault.Invalid, "请改正。").On("elsewhere", "数据有变").On("kind", "请选择情形").On("reason", "太短"))
	if f.Field("reason").Value != "机房搬迁" || f.Field("kind").Value != "b" || len(f.Field("cc").Values) != 2 || !f.Field("agreed").Checked || f.Field("secret").Value != "" || f.Field("untouched").Value != "kept" {
		t.Errorf("filled %+v", f.Sections[0].Fields)
	}
	var hrefs []string
	for _, l := range f.Summary.Links {
		hrefs = append(hrefs, l.Href)
	}
	if got := strings.Join(hrefs, " "); got != "#f-reason #f-kind-0 " || f.Field("reason").Error != "太短" {
		t.Errorf("links %q, error %q", got, f.Field("reason").Error)
	}
	html, err := formHTML(Frame{FormToken: "tok", Once: "once"}, f)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`name="_form" value="tok"`, `name="_once" value="once"`, `aria-invalid="true"`, `aria-describedby="f-reason-error"`, `method="post"`, `role="alert"`} {
		if !strings.Contains(string(html), want) {
			t.Errorf("form lacks %s", want)
		}
	}
	get, err := formHTML(Frame{FormToken: "tok"}, Form{Method: "get"})
	if err != nil || strings.Contains(string(get), "tok") {
		t.Errorf("a form that only asks carries the token in the address: %v", err)
	}
	f.Wrong(errors.New("pq: down"))
	if strings.Contains(f.Summary.Says, "pq") {
		t.Error("shows the cause of an inner error")
	}
}

func TestHostileTextStaysText(t *testing.T) {
	for _, c := range []Component{
		Tag{Text: hostile}, Alert{Text: hostile, Title: hostile}, Link{Text: hostile, Href: "javascript:alert(1)"}, Receipt{Text: hostile},
		Field{Name: hostile, Label: hostile, Value: hostile, Hint: hostile, Error: hostile}, Field{Kind: TextArea, Name: "a", Value: "</textarea><script>x</script>"},
		Table{Caption: hostile, Columns: []Column{{Head: hostile, Sort: "javascript:alert(1)"}}, Rows: []Row{{Cells: []Cell{Text(hostile)}}}},
		Stat{Name: hostile, Value: hostile, Href: "data:text/html,x"}, States{Label: hostile, Boxes: []StateBox{{Key: "a", Name: hostile}, {Key: "b", Name: hostile, Col: 1}}, Moves: []StateMove{{From: "a", To: "b", N: 1}}}, Flow{Label: hostile, Items: []Step{{Name: hostile, Who: hostile}}}, DiffOf(hostile, hostile, "x"),
	} {
		html, err := Rendered(c)
		if err != nil {
			t.Errorf("%T: %v", c, err)
		}
		for _, bad := range []string{"<script", "javascript:", `data:text`} {
			if strings.Contains(string(html), bad) {
				t.Errorf("%T lets %q through: %s", c, bad, html)
			}
		}
	}
}

func TestFilterFromAddress(t *testing.T) {
	f := Filter{Action: "/console/sites", Fields: []Field{{Name: "q"}, {Name: "kind", Kind: Checks}}, More: []Field{{Name: "code"}}}
	f.Fill(url.Values{"q": {"教育"}, "kind": {"a", "b"}, "code": {"61"}})
	if f.Fields[0].Value != "教育" || len(f.Fields[1].Values) != 2 || !f.MoreOpen() || f.ResetHref() != "/console/sites" {
		t.Errorf("%+v", f)
	}
}

func TestTrendFitsItsBox(t *testing.T) {
	for _, trend := range [][]float64{nil, {1}, {1, 1, 1}, {5, -5, 100}} {
		for _, corner := range strings.Fields(Stat{Trend: trend}.Points()) {
			x, y, _ := strings.Cut(corner, ",")
			if len(x) > 5 || len(y) > 4 || strings.HasPrefix(y, "-") {
				t.Errorf("%v: corner %s", trend, corner)
			}
		}
	}
}

// TestPartsBeyondTheSixthAreFolded: a menu entry shows seven tabs at most; what
// is open behind 更多 is named on it.
func TestPartsBeyondTheSixthAreFolded(t *testing.T) {
	var all Tabs
	var groups []string
	for i, name := range []string{"一", "二", "三", "四", "五", "六", "七", "八", "九"} {
		if seven := all.folded(groups); len(seven.Items) != i || seven.More != nil {
			t.Errorf("of %d parts %d stand open", i, len(seven.Items))
		}
		if i == 7 {
			break
		}
		all.Items, groups = append(all.Items, Tab{Name: name}), append(groups, "甲")
	}
	all.Items = append(all.Items, Tab{Name: "八", Current: true}, Tab{Name: "九"})
	got := all.folded(append(groups, "乙", "甲"))
	if len(got.Items) != 6 || got.Items[5].Name != "六" || len(got.More) != 2 {
		t.Fatalf("folded: %+v", got)
	}
	if got.More[0].Name != "甲" || got.More[0].Items[0].Name != "七" || got.More[0].Items[1].Name != "九" || got.More[1].Items[0].Name != "八" || got.MoreHere() != "八" {
		t.Errorf("behind 更多: %+v", got.More)
	}
}

// A disk that is full while a large file comes in is named; so is a form cut
// off on its way.
func TestFormThatCouldNotBeReadSaysWhy(t *testing.T) {
	spool := &fs.PathError{Op: "write", Path: "multipart-1", Err: syscall.ENOSPC}
	for says, err := range map[string]error{
		"存储空间不足": fmt.Errorf("multipart: %w", spool), "磁盘": syscall.EDQUOT, "网络中断": io.ErrUnexpectedEOF,
		"超过 1 MB 的上限": &http.MaxBytesError{Limit: 1 << 20}, "作为附件上传": multipart.ErrMessageTooLarge,
	} {
		if got := fault.Of(formWrong(err, 1<<20)); !strings.Contains(got.Says, says) || got.Kind == fault.Internal {
			t.Errorf("%v: %s %q, want %q", err, got.Kind, got.Says, says)
		}
	}
}
