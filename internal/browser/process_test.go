package browser

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

// The child draws what is looked at and nothing of Chromium's own, which would
// cost each page a second process.
func TestOnlyPagesAreDrawn(t *testing.T) {
	c, err := New(Settings{}).Open(t.Context(), nil)
	var none *Unavailable
	if errors.As(err, &none) {
		t.Skipf("no browser can be used here (%v); left out: what it draws", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}()
	var of struct {
		Context string `json:"browserContextId"`
	}
	if err := c.p.ask(t.Context(), "", "Target.createBrowserContext", nil, &of); err != nil {
		t.Fatal(err)
	}
	if err := c.p.ask(t.Context(), "", "Target.createTarget", map[string]any{"url": "about:blank", "browserContextId": of.Context}, &struct{}{}); err != nil {
		t.Fatal(err)
	}
	var drawn struct {
		Targets []struct{ Type, URL string } `json:"targetInfos"`
	}
	all := map[string]any{"filter": []map[string]any{{}}}
	if err := c.p.ask(t.Context(), "", "Target.getTargets", all, &drawn); err != nil {
		t.Fatal(err)
	}
	if len(drawn.Targets) == 0 {
		t.Error("the page that was made is not told of")
	}
	for _, x := range drawn.Targets {
		if strings.HasPrefix(x.URL, "chrome://") {
			t.Errorf("the child draws %s (%s) besides", x.URL, x.Type)
		}
	}
}

// FuzzTake reads any text as the child's: it may have been talked into it by the
// page it draws. Nothing panics, nobody is answered twice, and what belongs to
// nobody is dropped.
func FuzzTake(f *testing.F) {
	for _, s := range []string{`{"id":1,"result":{"x":1}}`, `{"id":1,"error":{"code":-32000,"message":"no"}}`, `{"method":"Fetch.requestPaused","sessionId":"s","params":{}}`, `{"id":-1}`, `{"id":1e9}`, `[]`, "{\"id\":\"1\"}", `{"sessionId":"s","method":null,"params":[[[[`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		ch, events := make(chan answer, 1), make(chan event, 2)
		p := &process{waiting: map[int]chan answer{1: ch}, events: map[string]chan event{"s": events}}
		for range 3 {
			p.take(text)
		}
		if len(ch) == 1 {
			if a := <-ch; a.Result != nil && !json.Valid(a.Result) {
				t.Fatalf("answered with %q", a.Result)
			}
			if p.waiting[1] != nil {
				t.Fatal("answered and still waited for")
			}
		}
	})
}
