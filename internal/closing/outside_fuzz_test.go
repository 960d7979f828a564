package closing

import (
	"testing"

	"zhengshu/internal/fault"
)

// FuzzOldSight reads what a crawler may say that an old host answered: it is refused with
// a sentence, or is of the host that was asked, no more than was asked for.
func FuzzOldSight(f *testing.F) {
	a := OldAsk{Origin: "http://old.one.gov.cn", Paths: []string{"/a"}}
	for _, s := range []string{`{"origin":"http://old.one.gov.cn","replies":[{"old":"/a","status":301,"location":"https://www.xa.gov.cn/"}]}`, `{"origin":"http://127.0.0.1","replies":[]}`, `{"origin":"http://old.one.gov.cn","replies":[{"status":-5}]}`, `null`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		x, err := readOldSight(body, a)
		if err != nil && !fault.Is(err, fault.Invalid) {
			t.Fatal(err)
		}
		if err == nil && (x.Origin != a.Origin || len(x.Replies) > maxAsked) {
			t.Fatalf("%+v", x)
		}
	})
}
