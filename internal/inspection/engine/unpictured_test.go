package engine

import (
	"context"
	"io"
	"testing"

	"zhengshu/internal/blob"
	"zhengshu/internal/browser"
)

// kept keeps nothing, and says so to nobody.
type kept struct{ Keeper }

func (kept) Put(context.Context, io.Reader) (blob.Ref, error) { return "", nil }

// A finding without a picture says why: the first reason that holds.
func TestWhyThereIsNoPicture(t *testing.T) {
	const page, file, lost = "http://a.gov.cn/1.html", "http://a.gov.cn/1.pdf", "http://a.gov.cn/2.html"
	b := browser.New(browser.Settings{})
	for _, c := range []struct {
		name string
		s    Sighting
		set  func(*inspector)
		want string
	}{
		{"about a person", Sighting{Check: "privacy.mobile", URL: page}, nil, whyAboutPerson},
		{"in a file", Sighting{Check: "attachment.privacy", URL: page}, nil, whyInFile},
		{"nothing to see", Sighting{Check: "tags.missing", URL: page}, nil, whyUnseen},
		{"no page", Sighting{Check: "link.dead", URL: lost}, nil, whyNoPage},
		{"no document of HTML", Sighting{Check: "wording.term", URL: file}, nil, whyNotHTML},
		{"no browser given", Sighting{Check: "link.dead", URL: page}, func(n *inspector) { n.o.Browser = nil }, noBrowser},
		{"no browser installed", Sighting{Check: "link.dead", URL: page}, func(n *inspector) { n.undrawn = "检查机没有安装 Chromium 浏览器" }, "检查机没有安装 Chromium 浏览器"},
		{"personal data on the page", Sighting{Check: "link.dead", URL: page}, func(n *inspector) { n.unshot[page] = whyPersonal }, whyPersonal},
		{"the browser took too long", Sighting{Check: "link.dead", URL: page}, func(n *inspector) { n.unshot[page] = "页面在浏览器里 20 秒没有画完" }, "页面在浏览器里 20 秒没有画完"},
		{"known", Sighting{Check: "link.dead", URL: page}, func(n *inspector) {
			n.o.Known = map[string]bool{Sighting{Check: "link.dead", URL: page}.Fingerprint(): true}
		}, whyKnown},
		{"nothing is kept", Sighting{Check: "link.dead", URL: page}, func(n *inspector) { n.store = nil }, whyNotKept},
		{"enough", Sighting{Check: "link.dead", URL: page}, nil, whyMost},
	} {
		n := &inspector{store: kept{}, o: Options{Browser: b}, unshot: map[string]string{},
			visits: map[string]*visit{page: {url: page, sum: "x", contentType: "text/html"}, file: {url: file, sum: "y", contentType: "application/pdf"}}}
		if c.set != nil {
			c.set(n)
		}
		e := Evidence{}
		e.unpictured(n.unpictured(c.s))
		if got := e.Unshot; got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	e := Evidence{Screenshot: "sha256:x"}
	e.unpictured(whyMost)
	if e.Unshot != "" {
		t.Error("there is a picture, and a reason why there is none")
	}
}
