package quality

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"strings"
	"testing"

	"zhengshu/internal/calendar"
)

func packed(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for name, body := range files {
		if err := w.WriteHeader(&tar.Header{Name: name, Size: int64(len(body)), Mode: 0o644}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A case that is as the suite says counts for us, one that is not against us,
// and one that asks nothing of us not at all.
func TestSuites(t *testing.T) {
	var names bytes.Buffer
	z := gzip.NewWriter(&names)
	if _, err := z.Write([]byte("# head\nBücher.example; bücher.example; ; xn--bcher-kva.example; ; ;  # ok\nabc.example; ; ; wrong.example; ; ;\na b.example; ; ; ; ; ;\n")); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	m := &measuring{feeds: func(b []byte) ([]Post, error) {
		if !bytes.Contains(b, []byte("<rss")) {
			panic("hostile")
		}
		return []Post{{On: calendar.Date{Year: 2004, Month: 1, Day: 2}}}, nil
	}}
	for _, c := range []struct {
		name string
		run  func([]byte) ([]Suite, error)
		body []byte
		want []string
	}{
		{"urls", urlSuite, []byte(`["heading",{"input":"/a/../b","base":"http://x.cn/","href":"http://x.cn/b","protocol":"http:"},{"input":"mailto:a","base":"http://x.cn/","href":"mailto:a","protocol":"mailto:"},{"input":"c","base":"http://x.cn/","href":"http://x.cn/d","protocol":"http:"},{"input":"x","base":"file:///a","href":"file:///x","protocol":"file:"}]`), []string{"2/3"}},
		{"names", idnaSuite, names.Bytes(), []string{"1/2"}},
		{"html", htmlSuites, packed(t, map[string]string{"tokenizer/a.test": `{"tests":[{"description":"a","input":"<p a=1>x&amp;y</p><!--z-->","output":[["StartTag","p",{"a":"1"}],["Character","x&y"],["EndTag","p"],["Comment","z"]]},{"description":"b","input":"<p>","output":[["Character","<p>"]]},{"description":"c","input":"x","initialStates":["RCDATA state"],"output":[]}]}`,
			"encoding/a.dat": "#data\n<meta charset=gbk>\xd6\xd0\n#encoding\ngbk\n"}), []string{"1/2", "1/1"}},
		{"links", linkSuite, packed(t, map[string]string{"fixtures/a.html": `<link rel="home" href="/h"><a href="/x">a</a><!-- <a href="/no">n</a> --><img src='/i.png'>`}), []string{"2/2"}},
		{"feeds", m.feedSuite, packed(t, map[string]string{"tests/a.xml": "<!-- Expect: not bozo and entries[0]['published_parsed'] == (2004, 1, 1, 19, 48, 21, 3, 1, 0) --><rss/>", "tests/b.xml": "<x/>"}), []string{"1/1", "1/2"}},
	} {
		list, err := c.run(c.body)
		if err != nil || len(list) != len(c.want) {
			t.Errorf("%s: %+v %v", c.name, list, err)
			continue
		}
		for i, s := range list {
			if !strings.HasSuffix(s.Agree.String(), "("+c.want[i]+")") || len(s.Exceptions) != s.Agree.Of-s.Agree.Hits {
				t.Errorf("%s: %s %v, want %s", s.Name, s.Agree, s.Exceptions, c.want[i])
			}
		}
	}
}
