package newmedia

import (
	"testing"

	"zhengshu/internal/fault"
)

// FuzzFeedSight reads what a crawler may say of a feed: it is refused with a sentence,
// or is of the feed that was asked for, with its bytes or the reason why there are none.
func FuzzFeedSight(f *testing.F) {
	const address = "http://feed.example.com/1.xml"
	for _, s := range []string{`{"url":"http://feed.example.com/1.xml","status":200,"headers":"A: b\u0007\n","body":"sha256:` + "0000000000000000000000000000000000000000000000000000000000000000" + `"}`, `{"url":"http://feed.example.com/1.xml","says":"没有应答"}`, `{"url":"http://10.0.0.1/"}`, `[]`, `{"status":-1}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		x, err := readFeedSight(body, address)
		switch {
		case err != nil && !fault.Is(err, fault.Invalid):
			t.Fatal(err)
		case err == nil && (x.URL != address || (x.Says == "") == (x.Body == "")):
			t.Fatalf("%+v", x)
		case len([]rune(x.Says)) > 300:
			t.Fatalf("%d letters", len(x.Says))
		}
	})
}

// FuzzStoreSight reads what a crawler may say of download addresses: it is refused with a
// sentence, or is of addresses that were asked for.
func FuzzStoreSight(f *testing.F) {
	urls := []string{"https://store.example.com/1"}
	for _, s := range []string{`[{"url":"https://store.example.com/1","state":"alive"}]`, `[{"url":"http://10.0.0.1/","state":"dead"}]`, `[{"url":"https://store.example.com/1","state":"x"}]`, `[]`, `{}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		list, err := readStores(body, urls)
		if err != nil && !fault.Is(err, fault.Invalid) {
			t.Fatal(err)
		}
		for _, x := range list {
			if x.URL != urls[0] {
				t.Fatalf("%+v", x)
			}
		}
	})
}
