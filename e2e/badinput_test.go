package e2e

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"fmt"
	"html"
	"io"
	"log/slog"
	"mime/multipart"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"zhengshu/internal/app"
	"zhengshu/internal/db"
)

// movable is the real clock, which a test may put forward.
type movable struct{ ahead atomic.Int64 }

func (m *movable) Now() time.Time { return time.Now().UTC().Add(time.Duration(m.ahead.Load())) }

// serveMovable is serve with a clock that can be put forward, and without log.
func serveMovable(t *testing.T) (house, *movable) {
	t.Helper()
	clock := &movable{}
	return serveAs(t, app.Config{Dir: t.TempDir(), CrawlDelay: -1, Clock: clock, Log: slog.New(slog.DiscardHandler)}), clock
}

var (
	hanzi  = regexp.MustCompile(`\p{Han}{4}`)
	markup = regexp.MustCompile(`(?s)<(script|style)[^>]*>.*?</(script|style)>|<[^>]*>`)
)

// counts are the rows of what people make. Nothing refused changes them.
func (h house) counts(t testing.TB) map[string]int {
	t.Helper()
	out := map[string]int{}
	for _, table := range []string{"item", "letter", "approval_case", "intake_file", "unit", "person", "site", "account", "attachment", "site_column"} {
		n, err := db.One(context.Background(), h.DB, db.Value[int], `SELECT count(*) FROM `+table)
		if err != nil {
			t.Fatalf("%s: %v", table, err)
		}
		out[table] = n
	}
	return out
}

// unchanged runs act and fails when it left rows behind.
func (h house) unchanged(t *testing.T, what string, act func()) {
	t.Helper()
	before := h.counts(t)
	act()
	for table, n := range h.counts(t) {
		if n != before[table] {
			t.Errorf("%s: %s had %d rows and has %d", what, table, before[table], n)
		}
	}
}

// refused fails unless the answer is a refusal in a Chinese sentence that says
// want, and not a breakdown.
func (v *visitor) refused(what, want string) {
	v.t.Helper()
	said := strings.Join(strings.Fields(markup.ReplaceAllString(v.page, " ")), " ")
	if v.status < 400 || v.status >= 500 || !hanzi.MatchString(said) || !strings.Contains(said, want) {
		v.t.Errorf("%s: %d, want a refusal that says %q: %.400s", what, v.status, want, said)
	}
}

// send sends a raw request of its own making.
func (v *visitor) send(method, path, contentType string, body io.Reader, headers ...string) *visitor {
	v.t.Helper()
	r, err := http.NewRequest(method, v.base+path, body)
	if err != nil {
		v.t.Fatal(err)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
			continue
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	return v.take(v.client.Do(r))
}

// fields are the hidden fields of the page last read.
func (v *visitor) fields() url.Values {
	out := url.Values{}
	for _, m := range hidden.FindAllStringSubmatch(v.page, -1) {
		out.Set(m[1], html.UnescapeString(m[2]))
	}
	return out
}

// upload posts a multipart form with one file.
func (v *visitor) upload(path string, fields url.Values, field, name string, content []byte) *visitor {
	v.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for k, values := range fields {
		for _, value := range values {
			if err := m.WriteField(k, value); err != nil {
				v.t.Fatal(err)
			}
		}
	}
	if field != "" {
		head := textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf(`form-data; name=%q; filename="%s"`, field, name)}, "Content-Type": {"application/octet-stream"}}
		w, err := m.CreatePart(head)
		if err != nil {
			v.t.Fatal(err)
		}
		if _, err := w.Write(content); err != nil {
			v.t.Fatal(err)
		}
	}
	if err := m.Close(); err != nil {
		v.t.Fatal(err)
	}
	return v.send(http.MethodPost, path, m.FormDataContentType(), &b)
}

// workbook is an XLSX of the given parts; a part that begins with "zeros:" is
// that many million zero bytes.
func workbook(t testing.TB, parts map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, body := range parts {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		var millions int
		if n, _ := fmt.Sscanf(body, "zeros:%d", &millions); n == 1 {
			block := bytes.Repeat([]byte(" "), 1<<20)
			for range millions {
				if _, err := w.Write(block); err != nil {
					t.Fatal(err)
				}
			}
			continue
		}
		if _, err := io.WriteString(w, body); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestBadInput brings to a served house what people, broken programs and
// attackers bring. Every refusal is a sentence, nothing breaks, nothing is
// half done. It takes the seconds that filling the demo province takes.
func TestBadInput(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("left out by -short: serves the whole demo province")
	}
	h, clock := serveMovable(t)
	t.Run("files", func(t *testing.T) { badFiles(t, h) })
	t.Run("too much", func(t *testing.T) { tooMuch(t, h) })
	t.Run("strange text", func(t *testing.T) { strangeText(t, h, clock) })
	t.Run("twice", func(t *testing.T) { twice(t, h) })
	t.Run("edited elsewhere", func(t *testing.T) { editedElsewhere(t, h) })
	t.Run("addresses", func(t *testing.T) { strangeAddresses(t, h) })
	t.Run("hosts", func(t *testing.T) { strangeHosts(t, h) })
	t.Run("portal protocol", func(t *testing.T) { portalProtocol(t, h) })
	t.Run("hours later", func(t *testing.T) { hoursLater(t, h, clock) }) // last: the clock stays ahead
}

func badFiles(t *testing.T, h house) {
	v := newVisitor(t, h.addr).signIn("sheng")
	const types, rels, book = `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`,
		`<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		`<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>`
	const bookRels = `<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`
	sheet := func(body string) map[string]string {
		return map[string]string{"[Content_Types].xml": types, "_rels/.rels": rels, "xl/workbook.xml": book, "xl/_rels/workbook.xml.rels": bookRels, "xl/worksheets/sheet1.xml": body}
	}
	bomb := workbook(t, sheet("zeros:600"))
	if len(bomb) > 2<<20 {
		t.Fatalf("the bomb has %d bytes", len(bomb))
	}
	for _, f := range []struct {
		name, file string
		body       []byte
	}{
		{"empty", "a.csv", nil},
		{"only a mark", "a.csv", []byte("\xef\xbb\xbf")},
		{"no known column", "a.csv", []byte("foo,bar\n1,2\n")},
		{"unclosed quote", "a.csv", []byte("code,level,name\n610000,\"province,陕西省\n")},
		{"nothing but NUL", "a.csv", bytes.Repeat([]byte{0}, 4096)},
		{"a program", "a.csv", []byte("MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff")},
		{"a picture as table", "a.xlsx", []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")},
		{"an old workbook", "a.xls", []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 600))},
		{"a cut workbook", "a.xlsx", bomb[:len(bomb)/2]},
		{"an archive of nothing", "a.xlsx", workbook(t, nil)},
		{"a bomb", "a.xlsx", bomb},
		{"an outside entity", "a.xlsx", workbook(t, sheet(`<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&e;</t></is></c></row></sheetData></worksheet>`))},
		{"a paper", "a.pdf", []byte("%PDF-1.7\n")},
		{"a name out of the folder", "../../../../etc/passwd", []byte("foo,bar\n1,2\n")},
		{"no gzip", "a.csv.gz", []byte("\x1f\x8bnothing")},
	} {
		t.Run(f.name, func(t *testing.T) {
			v.t = t
			h.unchanged(t, f.name, func() {
				v.get("/console/import")
				fields := v.fields()
				fields.Set("kind", "units")
				start := time.Now()
				v.upload("/console/import", fields, "file", f.file, f.body)
				v.refused(f.name, "")
				if strings.Contains(v.page, "root:") {
					t.Error("a file of the server was read")
				}
				if took := time.Since(start); took > 10*time.Second {
					t.Errorf("refused after %v", took)
				}
			})
		})
	}
	v.t = t
	// What Excel writes in China is no error: UTF-16 and GB 18030 are read.
	for name, body := range map[string]string{"gb18030": "code,level,name,parent_code\n\x36\x31\x30\x31\x39\x38,county,\xd1\xdd\xca\xbe\xc7\xf8,610100\n", "utf-16": "\xff\xfe" + utf16("code,level,name,parent_code\n610199,county,测试区,610100\n")} {
		v.get("/console/import")
		fields := v.fields()
		fields.Set("kind", "units")
		before := h.counts(t)["unit"]
		v.upload("/console/import", fields, "file", "a.csv", []byte(body))
		if v.status != http.StatusOK && v.status < 400 || v.status >= 500 || strings.Contains(v.page, "\ufffd") {
			t.Errorf("%s: %d at %s", name, v.status, v.at)
		}
		if after := h.counts(t)["unit"]; after != before {
			t.Errorf("%s: a look made %d units", name, after-before)
		}
	}
	h.unchanged(t, "no file", func() {
		v.get("/console/import")
		fields := v.fields()
		fields.Set("kind", "units")
		v.upload("/console/import", fields, "", "", nil)
		v.refused("no file", "文件")
		v.get("/console/import")
		fields = v.fields()
		fields.Set("kind", "../../x")
		v.upload("/console/import", fields, "file", "a.csv", []byte("code\n1\n"))
		v.refused("an unknown kind", "")
	})
}

func utf16(s string) string {
	var b strings.Builder
	for _, r := range s {
		b.WriteByte(byte(r))
		b.WriteByte(byte(r >> 8))
	}
	return b.String()
}

// endless counts what was taken from it.
type endless struct {
	head  *strings.Reader
	left  int64
	taken atomic.Int64
}

func (e *endless) Read(p []byte) (int, error) {
	if e.head.Len() > 0 {
		return e.head.Read(p)
	}
	if e.left <= 0 {
		return 0, io.EOF
	}
	n := int64(min(len(p), 1<<16))
	for i := range p[:n] {
		p[i] = 'x'
	}
	e.left -= n
	e.taken.Add(n)
	return int(n), nil
}

// A gigabyte is refused before it is read: by the length it announces, or by
// the limit when it announces none.
func tooMuch(t *testing.T, h house) {
	v := newVisitor(t, h.addr).signIn("sheng")
	v.get("/console/import")
	token := v.fields().Get("_form")
	const gigabyte = 1 << 30
	jar := v.client.Jar.Cookies(must(url.Parse(v.base)))
	for _, tt := range []struct {
		name, path, kind string
		announced        bool
		limit            int64
	}{
		{"announced", "/console/import", "multipart/form-data; boundary=zs", true, 8 << 20},
		{"chunked", "/console/import", "multipart/form-data; boundary=zs", false, 80 << 20},
		{"chunked into a small form", "/console/units/new", "application/x-www-form-urlencoded", false, 16 << 20},
		{"announced to the login", "/console/login", "application/x-www-form-urlencoded", true, 8 << 20},
		{"chunked to the login", "/console/login", "application/x-www-form-urlencoded", false, 8 << 20},
	} {
		h.unchanged(t, tt.name, func() {
			head := "_form=" + token + "&name="
			if strings.HasPrefix(tt.kind, "multipart") {
				head = "--zs\r\nContent-Disposition: form-data; name=\"_form\"\r\n\r\n" + token + "\r\n--zs\r\nContent-Disposition: form-data; name=\"kind\"\r\n\r\nunits\r\n--zs\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n"
			}
			body := &endless{head: strings.NewReader(head), left: gigabyte}
			start := time.Now()
			status, page := rawPost(t, h.addr, tt.path, tt.kind, jar, body, tt.announced)
			said := strings.Join(strings.Fields(markup.ReplaceAllString(page, " ")), " ")
			if status != http.StatusRequestEntityTooLarge || !strings.Contains(said, "上限") {
				t.Errorf("%s: %d %.300s", tt.name, status, said)
			}
			if took, taken := time.Since(start), body.taken.Load(); took > 15*time.Second || taken > tt.limit {
				t.Errorf("%s: refused after %v and %d MB", tt.name, took, taken>>20)
			}
		})
	}
	// A field of 100 MB in a form that takes attachments of 80.
	w := newVisitor(t, h.addr).signIn("bumen")
	h.unchanged(t, "a field of 100 MB", func() {
		w.get("/console/matters/new?matter=opening")
		fields := w.fields()
		var b bytes.Buffer
		m := multipart.NewWriter(&b)
		for k := range fields {
			_ = m.WriteField(k, fields.Get(k)) // to memory
		}
		_ = m.WriteField("reason", strings.Repeat("长", 100<<20/3))
		_ = m.Close()
		status, page := rawPost(t, h.addr, "/console/matters/new?matter=opening", m.FormDataContentType(), w.client.Jar.Cookies(must(url.Parse(w.base))), &endless{head: strings.NewReader(b.String())}, false)
		if status != http.StatusRequestEntityTooLarge || !strings.Contains(page, "上限") {
			t.Errorf("a field of 100 MB: %d", status)
		}
	})
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// rawPost writes a request by hand and reads the answer while still writing,
// as browsers do.
func rawPost(t *testing.T, addr, path, kind string, cookies []*http.Cookie, body io.Reader, announced bool) (int, string) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(60 * time.Second)); err != nil {
		t.Fatal(err)
	}
	var jar []string
	for _, k := range cookies {
		jar = append(jar, k.Name+"="+k.Value)
	}
	head := "POST " + path + " HTTP/1.1\r\nHost: " + addr + "\r\nContent-Type: " + kind + "\r\nCookie: " + strings.Join(jar, "; ") + "\r\nSec-Fetch-Site: same-origin\r\n"
	if announced {
		head += "Content-Length: 1073741824\r\n\r\n"
	} else {
		head += "Transfer-Encoding: chunked\r\n\r\n"
	}
	if _, err := io.WriteString(c, head); err != nil {
		t.Fatal(err)
	}
	go func() {
		block := make([]byte, 1<<16)
		for {
			n, err := body.Read(block)
			if n > 0 {
				piece := block[:n]
				if !announced {
					piece = fmt.Appendf(nil, "%x\r\n%s\r\n", n, piece)
				}
				if _, err := c.Write(piece); err != nil {
					return // the server has hung up, as it should
				}
			}
			if err != nil {
				if !announced {
					_, _ = io.WriteString(c, "0\r\n\r\n")
				}
				return
			}
		}
	}()
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Errorf("%s: no answer: %v", path, err)
		return 0, ""
	}
	defer r.Body.Close()
	page, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20)) // cut short is enough to read
	return r.StatusCode, string(page)
}

// strange are texts that people and machines do type.
var strange = []string{"\x00", "𠮷祥路", "😀👩‍👩‍👧‍👦", "a\x00b", "\xff\xfe", "\u202e倒写", "<img src=x onerror=alert(1)>", "'; DROP TABLE item;--", "{{.}}", "%00", "\r\n\r\n", strings.Repeat("长", 5000)}

// Every field of the three forms most used is kept as typed or refused in a
// sentence.
func strangeText(t *testing.T, h house, clock *movable) {
	check := func(v *visitor, form, field, text string) {
		t.Helper()
		if v.status >= 500 || strings.Contains(v.page, "<img src=x onerror") || strings.Contains(v.page, "\x00") {
			t.Errorf("%s, %s %.12q: %d", form, field, text, v.status)
		}
		if v.status >= 400 {
			v.refused(form+" "+field, "")
		}
	}
	v := newVisitor(t, h.addr).signIn("bumen")
	openings := []string{"reason", "contact", "phone", "name", "host", "domain", "hosting", "principal", "building", "by_principal", "consent_on", "unit", "event"}
	h.unchanged(t, "an opening in strange words", func() {
		for _, field := range openings {
			for _, text := range strange {
				v.get("/console/matters/new?matter=opening")
				fields := v.fields()
				for k, s := range map[string]string{"reason": "公开商务政策", "contact": "周启明", "phone": "029-00000000", "name": "西安市商务局网站", "host": "swj.example.gov.cn", "building": "hosted", "principal": "王某", "by_principal": "principal", "consent_on": today()} {
					fields.Set(k, s)
				}
				fields.Set(field, text)
				v.upload("/console/matters/new?matter=opening", fields, "", "", nil) // without the consent it cannot be taken
				check(v, "opening", field, text)
			}
		}
	})
	v = newVisitor(t, h.addr).signIn("shibian")
	for _, field := range []string{"title", "text", "summary", "doc_no", "issuer", "written", "index_no", "category", "topic", "keywords", "source", "source_url", "note", "publish_at", "type", "origin", "column", "unit", "involves"} {
		for _, text := range strange {
			v.get("/console/items/new?type=news")
			fields := v.fields()
			written(fields, "关于集市开放时间的通告", "周末集市照常开放。")
			fields.Set(field, text)
			v.post("/console/items/new", fields)
			check(v, "item", field, text)
			if field == "title" && text == "𠮷祥路" && (v.status != http.StatusOK || !strings.Contains(v.page, text)) {
				t.Errorf("the title %q was not kept: %d at %s", text, v.status, v.at)
			}
		}
	}
	w := newVisitor(t, h.addr)
	for _, field := range []string{"title", "body", "name", "phone", "email", "type", "consent", "token", "website"} {
		for _, text := range strange {
			w.send(http.MethodGet, "/letters/new", "", nil, "Host", "xian.localhost")
			if w.status != http.StatusOK {
				t.Fatalf("the letter form: %d", w.status)
			}
			fields := w.fields()
			for k, s := range map[string]string{"type": "consult", "title": "集市几点开门", "body": "请问周末农贸市场几点开门？", "name": "欧阳秀兰", "phone": "13800138000"} {
				fields.Set(k, s)
			}
			fields.Set(field, text)
			clock.ahead.Add(int64(5 * time.Second))
			w.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
			w.send(http.MethodPost, "/letters/new", "application/x-www-form-urlencoded", strings.NewReader(fields.Encode()), "Host", "xian.localhost")
			check(w, "letter", field, text)
		}
	}
}

// written fills in the form of an item, to be kept as a draft.
func written(v url.Values, title, text string) url.Values {
	for name, s := range map[string]string{"title": title, "text": text, "type": "news", "origin": "original", "act": "save"} {
		v.Set(name, s)
	}
	return v
}

// A second click, and the same form sent from two windows at once, act once.
func twice(t *testing.T, h house) {
	v := newVisitor(t, h.addr).signIn("shibian")
	v.get("/console/items/new?type=news")
	fields := v.fields()
	if fields.Get("_once") == "" {
		t.Fatal("the form has no number")
	}
	written(fields, "双击只办一次", "正文。")
	before := h.counts(t)["item"]
	v.post("/console/items/new", fields)
	first := v.at
	for range 3 {
		v.post("/console/items/new", fields)
		if v.at != first || v.status != http.StatusOK {
			t.Errorf("the second click led to %s (%d), the first to %s", v.at, v.status, first)
		}
	}
	if n := h.counts(t)["item"] - before; n != 1 {
		t.Errorf("clicking four times made %d items", n)
	}
	// A real double click: the second arrives while the first is being done.
	v.get("/console/items/new?type=news")
	fields = v.fields()
	written(fields, "同时到达只办一次", "正文。")
	before = h.counts(t)["item"]
	places := make(chan string, 8)
	for range cap(places) {
		go func() {
			r, err := v.client.PostForm(v.base+"/console/items/new", fields)
			if err != nil {
				places <- err.Error()
				return
			}
			r.Body.Close()
			places <- fmt.Sprint(r.StatusCode, " ", r.Request.URL.Path)
		}()
	}
	seen := map[string]int{}
	for range cap(places) {
		seen[<-places]++
	}
	if n := h.counts(t)["item"] - before; n != 1 {
		t.Errorf("eight clicks at once made %d items: %v", n, seen)
	}
}

// Two people open one item; the second to save is told and loses no word.
func editedElsewhere(t *testing.T, h house) {
	a := newVisitor(t, h.addr).signIn("shibian")
	a.get("/console/items/new?type=news")
	a.post("/console/items/new", written(url.Values{}, "两人同时改", "原来的正文。"))
	edit := strings.TrimSuffix(a.at, "/edit") + "/edit"
	b := newVisitor(t, h.addr).signIn("shibian")
	a.get(edit)
	b.get(edit)
	if a.status != http.StatusOK || b.status != http.StatusOK {
		t.Fatalf("the item does not open: %d at %s", a.status, a.at)
	}
	a.post(edit, written(url.Values{}, "两人同时改", "甲先保存的正文。"))
	if a.status != http.StatusOK {
		t.Fatalf("the first save: %d", a.status)
	}
	const mine = "乙后保存的正文，写了很久𠮷。"
	h.unchanged(t, "a stale form", func() {
		b.post(edit, written(url.Values{}, "两人同时改", mine))
		if !strings.Contains(html.UnescapeString(b.page), mine) {
			t.Error("what the second one typed is lost")
		}
		b.refused("a stale form", "")
	})
	if a.get(strings.TrimSuffix(edit, "/edit")); !strings.Contains(a.page, "甲先保存的正文") || strings.Contains(a.page, mine) {
		t.Error("the stale form overwrote the item")
	}
}

func strangeAddresses(t *testing.T, h house) {
	v := newVisitor(t, h.addr).signIn("sheng")
	v.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for _, path := range []string{
		"/console/../../etc/passwd", "/console/%2e%2e/%2e%2e/etc/passwd", "//console/sites", "/console//sites", "/console/sites/..%2f..%2fetc%2fpasswd", "/console/sites/%00", "/console/sites/%ff", "/console/./sites",
		"/assets/../../../etc/passwd", "/assets/%2e%2e/%2e%2e/go.mod", "/assets/..%5c..%5cgo.mod", "/console/sites/" + strings.Repeat("a", 30000), "/console/sites?q=" + strings.Repeat("%E9%95%BF", 3000), "/" + strings.Repeat("x/", 8000),
		"/console;x=y", "/CONSOLE/sites", "/console/sites/", "/api/../console/sites", "/api/%2e%2e/console", "/.git/config", "/.env", "/console/sites%2f1",
	} {
		got := rawGet(t, h.addr, path, h.addr)
		if got.status >= 500 || got.status == 200 && (strings.Contains(got.page, "root:") || strings.Contains(got.page, "module zhengshu")) {
			t.Errorf("%.80s: %d %.100s", path, got.status, got.page)
		}
		if to := got.header.Get("Location"); strings.HasPrefix(to, "//") || strings.Contains(to, "://") {
			t.Errorf("%.80s leads away, to %s", path, to)
		}
		// A file the pages are made with is asked for by programs.
		asset := strings.HasPrefix(path, "/assets/") && got.status == http.StatusNotFound
		if got.status >= 400 && got.status != http.StatusBadRequest && !asset && !hanzi.MatchString(got.page) {
			t.Errorf("%.80s: %d without a sentence: %.200s", path, got.status, got.page)
		}
	}
	// Longer than the server reads at all.
	if got := rawGet(t, h.addr, "/console/sites?q="+strings.Repeat("a", 100_000), h.addr); got.status != http.StatusRequestHeaderFieldsTooLarge && got.status != http.StatusRequestURITooLong {
		t.Errorf("a very long address: %d", got.status)
	}
	for _, m := range []string{http.MethodPut, http.MethodDelete, http.MethodPatch, "BREW"} {
		for _, path := range []string{"/console/sites", "/console/login", "/"} {
			v.send(m, path, "", nil)
			if v.status != http.StatusMethodNotAllowed && v.status != http.StatusNotFound || v.status >= 500 {
				t.Errorf("%s %s: %d", m, path, v.status)
			}
		}
	}
	// The login leads back to this house only.
	for _, next := range []string{"https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "/console/../../evil", "/console\r\nSet-Cookie: a=b"} {
		w := newVisitor(t, h.addr)
		w.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		w.get("/console/login?next=" + url.QueryEscape(next))
		fields := w.fields()
		fields.Set("name", "sheng")
		fields.Set("password", demoPassword)
		r, err := w.client.PostForm(w.base+"/console/login?next="+url.QueryEscape(next), fields)
		if err != nil {
			t.Fatal(err)
		}
		to := r.Header.Get("Location")
		w.take(r, nil)
		if w.status != http.StatusSeeOther || strings.Contains(to, "evil") || !strings.HasPrefix(to, "/console") {
			t.Errorf("next=%q: %d to %q", next, w.status, to)
		}
	}
}

type raw struct {
	status int
	header http.Header
	page   string
}

// rawGet asks with the target and the host as they are: a client would clean
// them.
func rawGet(t *testing.T, addr, target, host string, headers ...string) raw {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	verb := "GET"
	head := ""
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] == ":method" {
			verb = headers[i+1]
			continue
		}
		head += headers[i] + ": " + headers[i+1] + "\r\n"
	}
	if _, err := fmt.Fprintf(c, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n%s\r\n", verb, target, host, head); err != nil {
		t.Fatal(err)
	}
	r, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: verb})
	if err != nil {
		t.Errorf("%.80s: no answer: %v", target, err)
		return raw{header: http.Header{}}
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Errorf("%.80s: %v", target, err)
	}
	return raw{r.StatusCode, r.Header, string(b)}
}

// The host of a request chooses a portal and nothing else.
func strangeHosts(t *testing.T, h house) {
	for _, host := range []string{"evil.example", "xian.localhost.evil.example", "evil.example:80", "XIAN.LOCALHOST", "xian.localhost.", "localhost@evil.example", "127.0.0.1", "[::1]", "a", strings.Repeat("a", 300) + ".example", "..", "xn--80ak6aa92e.com"} {
		for _, target := range []string{"/", "/console/login", "/console/sites", "/letters/new", "http://evil.example/console/login"} {
			got := rawGet(t, h.addr, target, host, "X-Forwarded-Host", "evil.example", "X-Original-URL", "/console/audit", "X-Forwarded-Proto", "https")
			if got.status >= 500 {
				t.Errorf("host %.40s, %s: %d", host, target, got.status)
			}
			if strings.Contains(got.page, "//evil.example") || strings.Contains(got.header.Get("Location"), "evil.example") || strings.Contains(strings.Join(got.header.Values("Set-Cookie"), " "), "evil") {
				t.Errorf("host %.40s, %s: the host of the request stands in the answer: %s", host, target, got.header.Get("Location"))
			}
		}
	}
	if got := rawGet(t, h.addr, "/", "a b"); got.status != http.StatusBadRequest {
		t.Errorf("a host with a blank: %d", got.status)
	}
}

// HEAD, ranges and conditions on a published page.
func portalProtocol(t *testing.T, h house) {
	const host = "xian.localhost"
	whole := rawGet(t, h.addr, "/", host)
	if whole.status != http.StatusOK || !strings.Contains(whole.page, "西安市人民政府") {
		t.Fatalf("the portal: %d", whole.status)
	}
	head := rawGet(t, h.addr, "/", host, ":method", "HEAD")
	if head.status != http.StatusOK || head.page != "" || head.header.Get("Content-Type") != whole.header.Get("Content-Type") || head.header.Get("ETag") != whole.header.Get("ETag") {
		t.Errorf("HEAD: %d, %d bytes, %v", head.status, len(head.page), head.header)
	}
	tag := whole.header.Get("ETag")
	if tag == "" {
		t.Fatal("the page has no ETag")
	}
	if got := rawGet(t, h.addr, "/", host, "If-None-Match", tag); got.status != http.StatusNotModified || got.page != "" {
		t.Errorf("If-None-Match: %d, %d bytes", got.status, len(got.page))
	}
	if got := rawGet(t, h.addr, "/", host, "If-None-Match", `"other"`); got.status != http.StatusOK {
		t.Errorf("If-None-Match of another: %d", got.status)
	}
	for _, bytes := range []string{"bytes=0-9", "bytes=-10", "bytes=999999999-", "bytes=0-0,2-2,4-4", "bytes=9-0", "bytes=x", "lines=1-2", "bytes=" + strings.Repeat("0-1,", 5000) + "0-1"} {
		got := rawGet(t, h.addr, "/", host, "Range", bytes)
		switch got.status {
		case http.StatusOK:
			if got.page != whole.page {
				t.Errorf("Range %.20s: another page", bytes)
			}
		case http.StatusPartialContent, http.StatusRequestedRangeNotSatisfiable:
		default:
			t.Errorf("Range %.20s: %d", bytes, got.status)
		}
	}
	for _, path := range []string{"/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fkeys", "//evil.example/", "/%00", "/content/../../../zhengshu.db", "/.release", "/index.html/", "/search?q=%00", "/search?q=%ff%fe&page=-1", "/search?q=" + strings.Repeat("%E9%95%BF", 5000), "/search?page=99999999999999999999", "/letters/query?code=%00"} {
		got := rawGet(t, h.addr, path, host)
		if got.status >= 500 || strings.Contains(got.page, "root:") || strings.Contains(got.page, "SQLite format") {
			t.Errorf("%.60s: %d", path, got.status)
		}
		if to := got.header.Get("Location"); strings.Contains(to, "evil.example") {
			t.Errorf("%.60s leads away, to %s", path, to)
		}
		if got.status >= 400 && got.status != http.StatusBadRequest && got.status != http.StatusRequestHeaderFieldsTooLarge && !hanzi.MatchString(got.page) {
			t.Errorf("%.60s: %d without a sentence", path, got.status)
		}
	}
	for _, m := range []string{"POST", "PUT", "DELETE", "BREW"} {
		if got := rawGet(t, h.addr, "/", host, ":method", m); got.status != http.StatusMethodNotAllowed && got.status != http.StatusNotFound {
			t.Errorf("%s on a page: %d", m, got.status)
		}
	}
}

// A form left open over lunch: the session is gone, the words are not, and
// nothing is done until the person signs in again.
func hoursLater(t *testing.T, h house, clock *movable) {
	v := newVisitor(t, h.addr).signIn("shibian")
	v.get("/console/items/new?type=news")
	fields := v.fields()
	written(fields, "放了几个小时的稿件", "写了很久的正文𠮷。")
	done := newVisitor(t, h.addr).signIn("shibian")
	done.get("/console/items/new?type=news")
	taken := done.fields()
	written(taken, "午饭前交的稿件", "正文。")
	done.post("/console/items/new", taken)
	if done.status != http.StatusOK {
		t.Fatalf("saving: %d", done.status)
	}
	clock.ahead.Add(int64(5 * time.Hour))
	h.unchanged(t, "forms sent after hours", func() {
		v.post("/console/items/new", fields)
		v.refused("a form after hours", "登录")
		if v.status != http.StatusUnauthorized || !strings.Contains(v.page, "写了很久的正文𠮷。") {
			t.Errorf("after hours: %d; what was typed is lost", v.status)
		}
		done.post("/console/items/new", taken)
		done.refused("a replay after hours", "登录")
		// Signed in again, the old form is of another session.
		done.signIn("shibian")
		done.page = "" // the hidden fields of the old page, not of the new one
		done.post("/console/items/new", taken)
		done.refused("a replay in a new session", "")
		if done.status != http.StatusConflict || !strings.Contains(done.page, "午饭前交的稿件") {
			t.Errorf("a replay in a new session: %d", done.status)
		}
	})
}
