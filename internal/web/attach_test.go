package web_test

import (
	"bytes"
	"embed"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"zhengshu/internal/approval"
	"zhengshu/internal/authz"
	"zhengshu/internal/fault"
	"zhengshu/internal/web"
	"zhengshu/internal/web/webtest"
)

//go:embed testdata/answer.html
var answerViews embed.FS

type answerPage struct{ Form web.Form }

// Title of the document.
func (answerPage) Title() string { return "办理" }

var answerShown = web.Define(answerViews, "testdata/answer.html", answerPage{})

// An act ends with its receipt, with the form as it was typed, or with the fault
// itself where the form cannot mend it or is no longer there.
func TestActOfAPageIsAnswered(t *testing.T) {
	form := web.Form{Sections: []web.Section{{Legend: "办理", Fields: []web.Field{{Name: "name", Label: "名称"}}}}, Buttons: []web.Button{{Label: "办理"}}}
	invalid := fault.New(fault.Invalid, "名称不完整，请补充。").On("name", "请填写全称")
	for _, tt := range []struct {
		name     string
		wrong    error
		view     func(*http.Request) (answerPage, error)
		status   int
		location string
		value    string // of the field, where the form is shown again
		says     string
	}{
		{"done", nil, nil, 303, "/console/things/1", "", ""},
		{"to mend", invalid, func(*http.Request) (answerPage, error) { return answerPage{form}, nil }, 422, "", "市商务", "请填写全称"},
		{"too large", fault.New(fault.TooLarge, "选中的单位过多，请分次办理。"), func(*http.Request) (answerPage, error) { return answerPage{form}, nil }, 422, "", "市商务", "请分次办理"},
		{"not to mend", fault.Missing("事项"), nil, 404, "", "", ""},
		{"the form is gone", fault.New(fault.Conflict, "他人已办结。"), func(*http.Request) (answerPage, error) { return answerPage{}, nil }, 409, "", "", "他人已办结"},
		{"the page is gone", invalid, func(*http.Request) (answerPage, error) { return answerPage{}, fault.Missing("事项") }, 404, "", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			site := webtest.Open(t, webtest.Session(authz.Supervisor, ""), nil, web.Route{Pattern: "POST /console/things", Permit: authz.SignedIn, Handle: func(w http.ResponseWriter, r *http.Request) error {
				return answerShown.Answer(w, r, tt.wrong, "/console/things/1", "已办理。", tt.view, func(p *answerPage) *web.Form { return &p.Form })
			}})
			a := site.Post("/console/things", url.Values{"name": {"市商务"}}).Want(tt.status)
			if a.Location() != tt.location || !strings.Contains(a.Body, tt.says) {
				t.Errorf("%q %.300s", a.Location(), a.Body)
			}
			if tt.value != "" && a.Attr("input[name=name]", "value") != tt.value {
				t.Errorf("what was typed is lost: %q", a.Attr("input[name=name]", "value"))
			}
		})
	}
}

func TestAttachmentsOfAForm(t *testing.T) {
	send := func(names ...string) *http.Request {
		var b bytes.Buffer
		m := multipart.NewWriter(&b)
		for _, name := range names {
			f, err := m.CreateFormFile("file", name)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.WriteString(f, "of "+name)
		}
		_ = m.Close()
		r := httptest.NewRequest(http.MethodPost, "/", &b)
		r.Header.Set("Content-Type", m.FormDataContentType())
		if err := r.ParseMultipartForm(1 << 20); err != nil {
			t.Fatal(err)
		}
		return r
	}
	list, done, err := web.Attachments(send("a.pdf", "b.pdf"), "material", "file")
	defer done()
	if err != nil || len(list) != 2 || list[1].Name != "b.pdf" || list[1].Kind != "material" || list[1].Field != "file" {
		t.Fatalf("%+v (%v)", list, err)
	}
	if b, err := io.ReadAll(list[0].Content); err != nil || string(b) != "of a.pdf" {
		t.Errorf("%q (%v)", b, err)
	}
	one, done, err := web.Attachment(send("a.pdf"), "file")
	defer done()
	if err != nil || one == nil || one.Name != "a.pdf" {
		t.Errorf("%+v (%v)", one, err)
	}
	for name, r := range map[string]*http.Request{"nothing chosen": send(), "another field": send("a.pdf"), "no form of files": httptest.NewRequest(http.MethodPost, "/", nil)} {
		field := "file"
		if name == "another field" {
			field = "other"
		}
		got, done, err := web.Attachment(r, field)
		defer done()
		if err != nil || got != nil {
			t.Errorf("%s: %+v (%v)", name, got, err)
		}
	}
}

type closer struct {
	io.Reader
	closed bool
}

func (c *closer) Close() error { c.closed = true; return nil }

func TestAttachmentIsHandedOutAndClosed(t *testing.T) {
	content := &closer{Reader: strings.NewReader("%PDF-")}
	rec := httptest.NewRecorder()
	if err := web.SendAttachment(rec, approval.Attachment{Name: "回执.pdf", MediaType: "application/pdf", Size: 5}, content, nil); err != nil {
		t.Fatal(err)
	}
	if rec.Body.String() != "%PDF-" || !content.closed || !strings.HasPrefix(rec.Header().Get("Content-Disposition"), "attachment") {
		t.Errorf("%q closed %v %v", rec.Body, content.closed, rec.Header())
	}
	gone := errors.New("gone")
	if err := web.SendAttachment(httptest.NewRecorder(), approval.Attachment{}, nil, gone); !errors.Is(err, gone) {
		t.Errorf("the fault of the service: %v", err)
	}
}
