package mediaweb_test

import (
	"bytes"
	"context"
	"encoding/json"
	"image"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/media"
	"zhengshu/internal/media/mediaweb"
	"zhengshu/internal/org"
	"zhengshu/internal/web/webtest"
)

func TestPages(t *testing.T) { webtest.CheckPages(t) }

func open(t *testing.T, d *db.DB) *webtest.Site {
	t.Helper()
	ctx := audit.System(context.Background(), "test")
	o := org.New(d)
	session := &authz.Session{PersonID: "p", Name: "王编"}
	err := d.Update(ctx, func(tx *db.Tx) error {
		for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"}, {Level: org.County, Code: "610113", Name: "雁塔区", Parent: "city-610100000000"}} {
			if _, err := o.AddArea(ctx, tx, a); err != nil {
				return err
			}
		}
		u, _, err := o.AddUnit(ctx, tx, org.Unit{Area: "county-610113000000", Kind: org.Office, Name: "雁塔区人民政府办公室"})
		session.Posts = []authz.Post{{Role: authz.Editor, UnitID: string(u.ID), UnitName: u.Name, AreaPath: u.AreaPath, LinePath: u.LinePath}}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	store, err := blob.Disk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := webtest.Open(t, session, nil, mediaweb.New(media.New(d, o, store)).Routes()...)
	s.Gate.Context = func(ctx context.Context) context.Context {
		return audit.WithActor(ctx, audit.Actor{Kind: "person", ID: session.PersonID, Name: session.Name})
	}
	return s
}

// sent is a program's upload: multipart, the form token in a header.
func sent(t *testing.T, name string, content []byte, fields ...string) *http.Request {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	w, err := m.CreateFormFile("file", name)
	if err == nil {
		_, err = w.Write(content)
	}
	for i := 0; err == nil && i < len(fields); i += 2 {
		err = m.WriteField(fields[i], fields[i+1])
	}
	if err == nil {
		err = m.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/console/media", &b)
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.Header.Set("Accept", "application/json")
	r.Header.Set("X-Form-Token", webtest.Token)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return r
}

// The editor's contract: a file goes in, what a figure needs comes back.
func TestProgramsUpload(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		var b bytes.Buffer
		if err := png.Encode(&b, image.NewRGBA(image.Rect(0, 0, 2000, 1000))); err != nil {
			t.Fatal(err)
		}
		got := s.Do(sent(t, "图.png", b.Bytes(), "alt", "防汛示意")).Want(http.StatusCreated)
		var k struct {
			ID, Src, Kind, Alt, Page string
			Width, Height            int
		}
		if err := json.Unmarshal([]byte(got.Body), &k); err != nil || k.Kind != "image" || k.Width != 960 || k.Height != 480 || k.Alt != "防汛示意" || !strings.HasPrefix(k.Src, media.Prefix) || !strings.HasSuffix(k.Src, ".png") {
			t.Fatalf("%s %v", got.Body, err)
		}
		shown := s.Get(mediaweb.Files + strings.TrimPrefix(k.Src, media.Prefix)).Want(http.StatusOK)
		if shown.Header.Get("Content-Type") != "image/png" || !strings.Contains(shown.Header.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("shown as %v", shown.Header)
		}
		bad := s.Do(sent(t, "图.png", []byte("<svg/>"))).Want(http.StatusUnprocessableEntity)
		if !strings.HasPrefix(bad.Header.Get("Content-Type"), "application/problem+json") || !strings.Contains(bad.Body, "SVG") {
			t.Errorf("refused with %s", bad.Body)
		}
		page := s.Get(k.Page).Want(http.StatusOK)
		if page.Attr(`input[name="focal"][checked]`, "value") != "center" {
			t.Error("the focal point is not shown")
		}
		// A form that cannot be taken comes back as it was typed.
		again := s.Post(k.Page+"/edit", url.Values{"alt": {"新的说明"}, "focal": {"own"}, "focal_x": {"130"}, "focal_y": {"5"}}).Want(http.StatusUnprocessableEntity)
		if len(again.All(".field-error")) != 1 || again.Attr(`input[name="focal_x"]`, "value") != "130" {
			t.Errorf("errors %v", again.All(".field-error"))
		}
		s.Post(k.Page+"/edit", url.Values{"alt": {"新的说明"}, "focal": {"own"}, "focal_x": {"13"}, "focal_y": {"5"}}).Want(http.StatusSeeOther)
		if page := s.Get(k.Page); !strings.Contains(page.Body, "“防汛示意”改为“新的说明”") || page.Attr(`input[name="focal_x"]`, "value") != "13" {
			t.Error("the change is not in the history")
		}
		s.Post(k.Page+"/remove", nil).Want(http.StatusSeeOther)
		s.Get(k.Page).Want(http.StatusNotFound)
	})
}
