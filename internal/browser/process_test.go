package browser

import (
	"encoding/json"
	"testing"
)

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
