package quality

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/text/encoding/htmlindex"

	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/crawl"
)

// Suite is one public test suite put to our software.
type Suite struct {
	Name string `json:"name"`
	// Asks says what a case asks of us, Left which cases were left out, and why.
	Asks  string `json:"asks"`
	Agree Share  `json:"agree"`
	Left  string `json:"left,omitempty"`
	// Exceptions name the cases judged otherwise, the first of each sort.
	Exceptions []string `json:"exceptions"`
	Why        string   `json:"why,omitempty"` // of the exceptions
	skipped    int
}

const suitesDir = "11_peer_suites/"

// mostExceptions are named of one suite.
const mostExceptions = 100

func (s *Suite) add(id string, same bool) {
	s.Agree.add(same)
	if !same && len(s.Exceptions) < mostExceptions {
		s.Exceptions = append(s.Exceptions, id)
	}
}

// suites puts every suite of set 11 that is there.
func (m *measuring) suites() error {
	for _, x := range []struct {
		file string
		run  func([]byte) ([]Suite, error)
	}{
		{"urltestdata.json", urlSuite}, {"IdnaTestV2.txt.gz", idnaSuite}, {"html5lib-tests.tar.gz", htmlSuites}, {"lychee_fixtures.tar.gz", linkSuite}, {"feedparser_tests.tar.gz", m.feedSuite},
	} {
		b, err := m.bytes(suitesDir + x.file)
		if errors.Is(err, fs.ErrNotExist) {
			m.leave(suitesDir+x.file, "public suite")
			continue
		}
		if err != nil {
			return err
		}
		list, err := x.run(b)
		if err != nil {
			return fmt.Errorf("quality: %s: %w", x.file, err)
		}
		m.report.Suites = append(m.report.Suites, list...)
	}
	return nil
}

// urlSuite asks of each case of the URL standard whether an address as met on a
// page leads where a browser goes. Ours is the one spelling of a page: what
// cannot differ in meaning is dropped on both sides.
func urlSuite(b []byte) ([]Suite, error) {
	s := Suite{Name: "URL (urltestdata.json)", Asks: "an address met on a page leads where the URL standard says, in the one spelling we keep of a page; or is refused as it says",
		Why: "a host in square brackets that is no IPv6 address is refused when it is dialled, not when it is read; “http:/name” without a base is read as a host."}
	var cases []json.RawMessage
	if err := json.Unmarshal(b, &cases); err != nil {
		return nil, err
	}
	for _, raw := range cases {
		var c struct {
			Input, Href, Protocol string
			Base                  *string
			Failure               bool
		}
		if len(raw) == 0 || raw[0] != '{' {
			continue // a heading
		}
		if err := json.Unmarshal(raw, &c); err != nil {
			return nil, err
		}
		base := ""
		if c.Base != nil {
			base = *c.Base
		}
		web := func(s string) bool {
			return strings.HasPrefix(strings.ToLower(s), "http:") || strings.HasPrefix(strings.ToLower(s), "https:")
		}
		if base != "" && !web(base) || base == "" && !web(strings.TrimSpace(c.Input)) {
			s.skipped++ // no page of ours
			continue
		}
		got, err := crawl.Canonical(base, c.Input)
		switch {
		case c.Failure:
			s.add(strconv.Quote(c.Input), err != nil)
		case c.Protocol != "http:" && c.Protocol != "https:":
			s.add(strconv.Quote(c.Input), err != nil)
		default:
			want, wantErr := crawl.Canonical("", c.Href)
			s.add(strconv.Quote(c.Input), wantErr == nil && err == nil && got == want || wantErr != nil && err != nil)
		}
	}
	s.Left = fmt.Sprintf("%d cases on pages of other schemes (file:, data:, about:)", s.skipped)
	return []Suite{s}, nil
}

// idnaSuite asks whether the name of a host comes to the form the DNS knows.
func idnaSuite(b []byte) ([]Suite, error) {
	s := Suite{Name: "IDNA (IdnaTestV2.txt)", Asks: "the name of a host comes to the ASCII form of UTS #46, non-transitional, or is refused",
		Why: "letters whose mapping changed in Unicode 15.1 and later (ẞ, Ⴀ and their like): the tables of x/net/idna are older."}
	r, err := gunzip(b)
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(r)) {
		line, _, _ = strings.Cut(line, "#")
		f := strings.Split(line, ";")
		if len(f) < 7 {
			continue
		}
		for i := range f {
			f[i] = unescaped(strings.TrimSpace(f[i]))
		}
		source := f[0]
		if source == `""` {
			source = ""
		}
		unicode := f[1]
		if unicode == "" {
			unicode = source
		}
		ascii, status := f[3], f[4]
		if ascii == "" {
			ascii = unicode
		}
		if status == "" {
			status = f[2]
		}
		if source == "" || !utf8.ValidString(source) || strings.ContainsAny(source, "/\\?#@:%<>^|[] \t\r\n") || strings.ContainsFunc(source, func(r rune) bool { return r < ' ' || r == 0x7f }) || numeric(ascii) {
			s.skipped++ // cannot stand in an address as a host, or means something else there
			continue
		}
		var wrong []string
		for _, x := range strings.Split(strings.Trim(status, "[]"), ",") {
			x = strings.TrimSpace(x)
			// What the URL standard does not ask: lengths and hyphens.
			if x != "" && !strings.HasPrefix(x, "A4") && x != "V2" && x != "V3" && x != "U1" && x != "X4_2" {
				wrong = append(wrong, x)
			}
		}
		got, err := crawl.Canonical("", "http://"+source+"/")
		host := ""
		if u, parseErr := url.Parse(got); parseErr == nil {
			host = u.Hostname()
		}
		same := err != nil
		if len(wrong) == 0 {
			same = err == nil && host == strings.TrimSuffix(strings.ToLower(ascii), ".")
			if err != nil && (len(status) > 2 || len(ascii) > 253) {
				s.skipped++ // refused for a length or a hyphen, as the case allows
				continue
			}
		}
		s.add(strconv.QuoteToASCII(source), same)
	}
	s.Left = fmt.Sprintf("%d names that cannot stand as a host in an address", s.skipped)
	return []Suite{s}, nil
}

func numeric(host string) bool {
	labels := strings.Split(strings.TrimSuffix(host, "."), ".")
	last := labels[len(labels)-1]
	_, err := strconv.ParseInt(last, 0, 64)
	return last != "" && err == nil
}

var escape = regexp.MustCompile(`\\u[0-9A-Fa-f]{4}|\\x\{[0-9A-Fa-f]+\}`)

func unescaped(s string) string {
	return escape.ReplaceAllStringFunc(s, func(e string) string {
		n, err := strconv.ParseUint(strings.Trim(e[2:], "{}"), 16, 32)
		if err != nil {
			return e
		}
		if n >= 0xd800 && n <= 0xdfff {
			return "\xff" // an unpaired surrogate is no text
		}
		return string(rune(n))
	})
}

func gunzip(b []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	defer z.Close()
	out, err := io.ReadAll(io.LimitReader(z, maxFile+1))
	if err == nil && len(out) > maxFile {
		err = errors.New("unpacked too large")
	}
	return out, err
}

// each calls do with every file of a packed archive.
func each(b []byte, do func(name string, body []byte) error) error {
	out, err := gunzip(b)
	if err != nil {
		return err
	}
	t := tar.NewReader(bytes.NewReader(out))
	for {
		h, err := t.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		body, err := io.ReadAll(t)
		if err != nil {
			return err
		}
		if err := do(h.Name, body); err != nil {
			return err
		}
	}
}

// htmlSuites ask how the bytes of a page become tokens and which encoding they
// are in.
func htmlSuites(b []byte) ([]Suite, error) {
	tokens := Suite{Name: "HTML tokens (html5lib tokenizer)", Asks: "text, tags, attributes and comments come out as the standard says, read from the beginning of a page",
		Why: "the tokenizer of x/net/html makes a comment of an empty end tag and keeps NUL and VT in the name of a document type; no check reads either."}
	names := Suite{Name: "Encodings (html5lib encoding)", Asks: "the text of a page is that of the encoding its bytes declare",
		Why: "where nothing that counts is declared the suite wants Windows-1252, the default of Western browsers; here what is declared nowhere is guessed as Chinese pages are written."}
	err := each(b, func(name string, body []byte) error {
		switch {
		case strings.HasPrefix(name, "tokenizer/") && strings.HasSuffix(name, ".test"):
			return tokenCases(&tokens, path.Base(name), body)
		case strings.HasPrefix(name, "encoding/") && strings.HasSuffix(name, ".dat") && !strings.Contains(name, "scripted"):
			encodingCases(&names, path.Base(name), body)
		}
		return nil
	})
	tokens.Left = fmt.Sprintf("%d cases that begin within a script, a title or a CDATA section, or hold lone surrogates", tokens.skipped)
	return []Suite{tokens, names}, err
}

func tokenCases(s *Suite, file string, body []byte) error {
	var f struct {
		Tests []struct {
			Description   string
			Input         string
			Output        [][]any
			InitialStates []string
			LastStartTag  string
			DoubleEscaped bool
		}
	}
	if err := json.Unmarshal(body, &f); err != nil {
		return err
	}
	for _, c := range f.Tests {
		if c.DoubleEscaped || strings.ContainsRune(c.Input, utf8.RuneError) || len(c.InitialStates) > 0 && !slices.Contains(c.InitialStates, "Data state") {
			s.skipped++
			continue
		}
		var want []string
		for _, o := range c.Output {
			want = appendToken(want, o)
		}
		s.add(file+": "+c.Description, slices.Equal(tokensOf(c.Input), want))
	}
	return nil
}

// appendToken writes an expected token as tokensOf does; neighbouring text is
// one.
func appendToken(list []string, o []any) []string {
	kind, _ := o[0].(string)
	word := func(i int) string {
		if i >= len(o) {
			return ""
		}
		s, _ := o[i].(string)
		return s
	}
	switch kind {
	case "Character":
		return text(list, word(1))
	case "StartTag":
		line := "<" + word(1)
		if len(o) > 2 {
			attrs, _ := o[2].(map[string]any)
			keys := make([]string, 0, len(attrs))
			for k := range attrs {
				keys = append(keys, k)
			}
			slices.Sort(keys)
			for _, k := range keys {
				v, _ := attrs[k].(string)
				line += " " + k + "=" + strconv.Quote(v)
			}
		}
		return append(list, line)
	case "EndTag":
		return append(list, "</"+word(1))
	case "Comment":
		return append(list, "<!--"+word(1))
	case "DOCTYPE":
		return append(list, "<!doctype "+strings.ToLower(word(1)))
	}
	return list
}

func text(list []string, s string) []string {
	if s == "" {
		return list
	}
	if n := len(list); n > 0 && strings.HasPrefix(list[n-1], "=") {
		list[n-1] += s
		return list
	}
	return append(list, "="+s)
}

func tokensOf(input string) []string {
	z := html.NewTokenizer(strings.NewReader(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(input)))
	var out []string
	for z.Next() != html.ErrorToken {
		t := z.Token()
		switch t.Type {
		case html.TextToken:
			out = text(out, t.Data)
		case html.StartTagToken, html.SelfClosingTagToken:
			line := "<" + t.Data
			slices.SortStableFunc(t.Attr, func(a, b html.Attribute) int { return strings.Compare(a.Key, b.Key) })
			last := ""
			for _, a := range t.Attr {
				if a.Key == last {
					continue // the first of two counts
				}
				last = a.Key
				line += " " + a.Key + "=" + strconv.Quote(a.Val)
			}
			out = append(out, line)
		case html.EndTagToken:
			out = append(out, "</"+t.Data)
		case html.CommentToken:
			out = append(out, "<!--"+t.Data)
		case html.DoctypeToken:
			name, _, _ := strings.Cut(strings.TrimSpace(t.Data), " ")
			out = append(out, "<!doctype "+strings.ToLower(name))
		}
	}
	return out
}

func encodingCases(s *Suite, file string, body []byte) {
	for n, c := range strings.Split(string(body), "#data\n")[1:] {
		data, want, ok := strings.Cut(c, "\n#encoding\n")
		if !ok {
			continue
		}
		want = strings.TrimSpace(strings.Split(want, "\n")[0])
		got, _, err := check.Decode([]byte(data), "")
		s.add(fmt.Sprintf("%s, case %d (%s)", file, n+1, want), err == nil && got == decodedAs(data, want))
	}
}

// decodedAs is the text of bytes in an encoding; "" when there is none of the
// name.
func decodedAs(data, name string) string {
	e, err := htmlindex.Get(name)
	if err != nil {
		return ""
	}
	out, err := e.NewDecoder().String(data)
	if err != nil {
		return ""
	}
	return out
}

// addresses are what a browser would follow or load, read by a pattern that
// knows nothing of HTML but tags and quotes.
var (
	addresses = regexp.MustCompile(`(?is)<(a|area|img|script|iframe|link|source|embed|object|video|audio)\b(?:[^>"']|"[^"]*"|'[^']*')*?\s(href|src|data)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+))`)
	comments  = regexp.MustCompile(`(?s)<!--.*?-->`)
)

// linkSuite asks whether every address of a page is found.
func linkSuite(b []byte) ([]Suite, error) {
	s := Suite{Name: "Links (lychee fixtures, HTML)", Asks: "every address that a tag of the page names is found; the suite has no list of them, so that they are read by a pattern beside",
		Why: "a pattern knows less of HTML than a browser does: what stands in scripts or broken tags."}
	err := each(b, func(name string, body []byte) error {
		if ext := path.Ext(name); ext != ".html" && ext != ".htm" {
			return nil
		}
		p, err := check.ParsePage(body, "text/html; charset=utf-8", "https://example.org/")
		if err != nil {
			s.add(name, false)
			return nil
		}
		have := map[string]bool{}
		for _, l := range p.Links {
			have[l.Href] = true
		}
		for _, m := range addresses.FindAllStringSubmatch(comments.ReplaceAllString(string(body), ""), -1) {
			href := strings.TrimSpace(html.UnescapeString(m[3] + m[4] + m[5]))
			rel := strings.ToLower(m[0])
			if href == "" || strings.EqualFold(m[1], "link") && !strings.Contains(rel, "stylesheet") && !strings.Contains(rel, "icon") {
				s.skipped++
				continue
			}
			s.add(path.Base(name)+" "+href, have[href])
		}
		return nil
	})
	s.Left = fmt.Sprintf("%d empty addresses and links of the head that no reader follows (rel=home, preconnect, dns-prefetch)", s.skipped)
	return []Suite{s}, err
}

// Post is a post of a feed as a reader of feeds gives it.
type Post struct {
	Title string
	On    calendar.Date
}

var feedDay = regexp.MustCompile(`entries\[0\]\['(published|updated)_parsed'\] == \((\d{4}), (\d{1,2}), (\d{1,2}), (\d{1,2}), (\d{1,2}), (\d{1,2})`)

// feedSuite asks a reader of feeds for the day of the first post; every other
// file of the suite must be read or refused, whatever stands in it.
func (m *measuring) feedSuite(b []byte) ([]Suite, error) {
	if m.feeds == nil {
		m.leave(suitesDir+"feedparser_tests.tar.gz", "feeds: no reader given")
		return nil, nil
	}
	days := Suite{Name: "Feeds, day of the first post (feedparser)", Asks: "the day of the first post, in Beijing time, is the one the suite expects",
		Why: "spellings of a day beyond RFC 822, RFC 3339 and ISO days are not read: a post without a day proves nothing and is left out."}
	whole := Suite{Name: "Feeds, every file (feedparser)", Asks: "is read or refused with a sentence, without a fault of the reader"}
	err := each(b, func(name string, body []byte) error {
		if path.Ext(name) != ".xml" {
			return nil
		}
		posts, ok := m.readFeed(body)
		whole.add(name, ok)
		d := feedDay.FindStringSubmatch(string(body))
		if d == nil {
			return nil
		}
		var n [6]int
		for i := range n {
			v, err := strconv.Atoi(d[i+2])
			if err != nil {
				return nil
			}
			n[i] = v
		}
		want := calendar.DateOf(time.Date(n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], 0, time.UTC))
		days.add(strings.TrimPrefix(name, "tests/"), len(posts) > 0 && posts[0].On == want)
		return nil
	})
	return []Suite{days, whole}, err
}

func (m *measuring) readFeed(body []byte) (posts []Post, ok bool) {
	defer func() {
		if recover() != nil {
			posts, ok = nil, false
		}
	}()
	posts, err := m.feeds(body)
	return posts, err == nil || err.Error() != ""
}

func writeSuites(p *page, list []Suite) {
	if len(list) == 0 {
		return
	}
	p.head("Public suites 公开测试集")
	p.line("Suites that others use for their own software (set 11), put to ours as it is. What is judged otherwise is named below each.")
	p.line("")
	p.line("| suite | agreement | what a case asks |")
	p.line("| --- | --- | --- |")
	for _, s := range list {
		p.line("| %s | %s | %s |", s.Name, s.Agree, s.Asks)
	}
	for _, s := range list {
		if len(s.Exceptions) == 0 && (s.Left == "" || s.skipped == 0) {
			continue
		}
		p.line("")
		p.line("**%s**", s.Name)
		p.line("")
		if s.skipped > 0 {
			p.line("- left out: %s.", s.Left)
		}
		if n := s.Agree.Of - s.Agree.Hits; n > 0 {
			p.examples(fmt.Sprintf("%d judged otherwise, the first", n), s.Exceptions)
			if s.Why != "" {
				p.line("- why: %s", s.Why)
			}
		}
	}
}
